//! Typed reads and writes of one tenant, with a floor under what may be believed.
//!
//! Guarantees: a list is never older than the newest state that this process has seen in any answer; a replacement goes
//! through only on the version that was read; a request that may or may not have taken effect is tried again, and the
//! caller learns `Conflict` or `Exists` where it had; an object is not there only where the API server says so of that very
//! object. Assumption: resource versions are whole numbers that grow over all
//! kinds of one API server (Kubernetes 1.35 promises to compare them); where they are not numbers there is no floor.

use kube::ResourceExt;
use kube::api::{DeleteParams, GetParams, ListParams, Patch, PatchParams, PostParams, Preconditions, Request};
use serde_json::Value;

use super::error::ClusterError;
use super::object::read;
use super::target::Target;

pub use super::target::{Kind, Selector};
pub use super::view::Cluster;
use crate::api::conditions::{self, Condition};

/// The API server's word for who wrote meanwhile, or for another object under the name.
const CONFLICT: &str = "Conflict";

/// The outcome of a creation.
#[derive(Clone, Debug)]
pub enum Created<K> {
    /// It is there now.
    New(Box<K>),
    /// It was there, perhaps by an earlier try of this very request.
    Exists,
}

/// The outcome of a replacement.
#[derive(Clone, Debug)]
pub enum Replaced<K> {
    /// It is in force.
    Done(Box<K>),
    /// Somebody else wrote, or an earlier try of this very request did: read again.
    Conflict,
    /// The object is gone.
    Gone,
}

impl Cluster {
    fn target<K: Kind>(&self, verb: &'static str) -> Target {
        let api = Request::new(K::url_path(&(), Some(self.namespace())));
        Target { verb, kind: K::kind(&()).into_owned(), name: String::new(), api }
    }

    /// Every object that matches, as of a state that is not older than anything this process has seen.
    ///
    /// # Errors
    /// [`ClusterError`] when the API server does not answer, refuses, or keeps answering from an older state, or when one
    /// of the objects is not what this program knows.
    pub async fn list<K: Kind>(&self, selector: &Selector) -> Result<Vec<K>, ClusterError> {
        let mut found = Vec::new();
        self.collect(&self.target::<K>("list"), selector, &mut found).await?;
        Ok(found)
    }

    /// The object as it is now: a request for one object that names no version is answered by the store, not by a cache, so
    /// that it needs no floor. What cannot be the name of an object, as records may say, certainly is none's, and is not asked for.
    ///
    /// # Errors
    /// [`ClusterError`] when the API server does not answer or refuses, or when the object is not what this program knows.
    pub async fn find<K: Kind>(&self, name: &str) -> Result<Option<K>, ClusterError> {
        if !is_name(name) {
            return Ok(None);
        }
        let target = self.target::<K>("get").of(name);
        let answer = self.ask_opt(&target, target.api.get(name, &GetParams::default())).await?;
        answer.map(|answer| self.newest(&target, &answer)).transpose()
    }

    /// Creates the object.
    ///
    /// # Errors
    /// [`ClusterError`] when the API server does not answer or refuses for another reason than that it exists.
    pub async fn create<K: Kind>(&self, object: &K) -> Result<Created<K>, ClusterError> {
        let target = self.target::<K>("create").of(&object.name_any());
        match self.ask(&target, target.api.create(&PostParams::default(), body(object))).await {
            Ok(answer) => Ok(Created::New(Box::new(self.newest(&target, &answer)?))),
            Err(error) if is_there_already(&error) => Ok(Created::Exists),
            Err(error) => Err(error),
        }
    }

    /// Replaces the object if it still has the resource version in `object`.
    ///
    /// # Errors
    /// [`ClusterError`] when the API server does not answer or refuses for another reason.
    pub async fn replace<K: Kind>(&self, object: &K) -> Result<Replaced<K>, ClusterError> {
        let target = self.target::<K>("replace").of(&object.name_any());
        match self.ask(&target, target.api.replace(&target.name, &PostParams::default(), body(object))).await {
            Ok(answer) => Ok(Replaced::Done(Box::new(self.newest(&target, &answer)?))),
            // A conflict of another kind was tried again: see `is_passing_conflict`.
            Err(ClusterError::Refused { code: 409, reason, .. }) if reason == CONFLICT => Ok(Replaced::Conflict),
            Err(ClusterError::Refused { code: 404, .. }) => Ok(Replaced::Gone),
            Err(error) => Err(error),
        }
    }

    /// Merges `status` into the object's status; None if the object is gone.
    ///
    /// # Errors
    /// [`ClusterError`] when the API server does not answer or refuses for another reason.
    pub async fn patch_status<K: Kind>(&self, name: &str, status: &Value) -> Result<Option<K>, ClusterError> {
        let target = self.target::<K>("patch").of(name);
        let patch = Patch::Merge(serde_json::json!({ "status": status }));
        let request = target.api.patch_subresource("status", name, &PatchParams::default(), &patch);
        let answer = self.ask_opt(&target, request).await?;
        answer.map(|answer| self.newest(&target, &answer)).transpose()
    }

    /// Puts conditions into the status of an object that need not be what this program knows of its kind: of its own only the
    /// conditions are read, and everything else stays as it is. One that says the same already is not written; where somebody
    /// else writes at the same time nothing is.
    ///
    /// # Errors
    /// [`ClusterError`] when the API server does not answer or refuses for another reason.
    pub async fn put_conditions<K: Kind>(&self, name: &str, wanted: &[Condition]) -> Result<(), ClusterError> {
        self.mark(&self.target::<K>("list"), &self.target::<K>("patch").of(name), wanted).await
    }

    async fn mark(&self, list: &Target, patch: &Target, wanted: &[Condition]) -> Result<(), ClusterError> {
        // Every kind that has conditions may be listed by who writes them.
        let one = ListParams::default().fields(&format!("metadata.name={}", patch.name));
        let answer: Value = serde_json::from_str(&self.ask(list, list.api.list(&one)).await?).unwrap_or_default();
        let Some(object) = answer["items"].get(0) else { return Ok(()) };
        let there = object["status"]["conditions"].as_array().map(Vec::as_slice).unwrap_or_default();
        let Some(conditions) = conditions::beside(there, wanted) else { return Ok(()) };
        let version = &object["metadata"]["resourceVersion"];
        let body = Patch::Merge(serde_json::json!({"metadata": {"resourceVersion": version}, "status": {"conditions": conditions}}));
        let request = patch.api.patch_subresource("status", &patch.name, &PatchParams::default(), &body);
        match self.ask_opt(patch, request).await {
            Ok(_) | Err(ClusterError::Refused { code: 409, .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Merges `patch` into the object; None if it is gone.
    ///
    /// # Errors
    /// [`ClusterError`] when the API server does not answer or refuses for another reason.
    pub async fn patch<K: Kind>(&self, name: &str, patch: &Value) -> Result<Option<K>, ClusterError> {
        let target = self.target::<K>("patch").of(name);
        let request = target.api.patch(name, &PatchParams::default(), &Patch::Merge(patch));
        let answer = self.ask_opt(&target, request).await?;
        answer.map(|answer| self.newest(&target, &answer)).transpose()
    }

    /// Deletes the object if it is still the one with `uid`, in the background; gone already is fine.
    ///
    /// # Errors
    /// [`ClusterError`] when the API server does not answer or refuses for another reason.
    pub async fn delete<K: Kind>(&self, name: &str, uid: Option<String>) -> Result<(), ClusterError> {
        let target = self.target::<K>("delete").of(name);
        let params = DeleteParams {
            preconditions: uid.map(|uid| Preconditions { uid: Some(uid), resource_version: None }),
            ..DeleteParams::background()
        };
        match self.ask(&target, target.api.delete(name, &params)).await {
            Ok(_) | Err(ClusterError::Refused { code: 404, .. }) => Ok(()),
            Err(ClusterError::Refused { code: 409, reason, .. }) if reason == CONFLICT => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// The same, and remembered as the newest state that was seen.
    fn newest<K: Kind>(&self, target: &Target, answer: &str) -> Result<K, ClusterError> {
        let object: K = typed(target, answer)?;
        self.learn(object.meta().resource_version.as_deref());
        Ok(object)
    }
}

/// What the API server answered, as its type.
fn typed<K: Kind>(target: &Target, answer: &str) -> Result<K, ClusterError> {
    read(answer).map_err(|why| target.unreadable(&target.name, &why))
}

/// The object as text. None of our kinds has a map with keys other than text, so that it always serializes.
fn body<K: Kind>(object: &K) -> Vec<u8> {
    serde_json::to_vec(object).unwrap_or_default()
}

/// Whether a creation was refused because the object is there. There are other conflicts, with a quota or of something on the
/// way, and then nobody knows of an object.
fn is_there_already(error: &ClusterError) -> bool {
    matches!(error, ClusterError::Refused { code: 409, reason, .. } if reason == "AlreadyExists")
}

/// Whether an object can have that name: a DNS subdomain (RFC 1123), as the API server demands of every kind that is used here.
fn is_name(name: &str) -> bool {
    let is_inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let is_label = |label: &str| {
        let bytes = label.as_bytes();
        let ends = bytes.first().copied().is_some_and(is_inner) && bytes.last().copied().is_some_and(is_inner);
        ends && bytes.iter().all(|byte| is_inner(*byte) || *byte == b'-')
    };
    name.len() <= 253 && name.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use super::{ClusterError, is_name, is_there_already};

    #[test]
    fn which_conflict_says_that_an_object_is_there() {
        let refused = |code, reason: &str| {
            let (kind, name, reason) = ("Run".to_owned(), "now".to_owned(), reason.to_owned());
            ClusterError::Refused { verb: "create", kind, name, code, reason, message: String::new() }
        };
        let cases =
            [(409, "AlreadyExists", true), (409, "Conflict", false), (409, "Failed to parse error data", false), (403, "Forbidden", false)];
        for (code, reason, expected) in cases {
            assert_eq!(is_there_already(&refused(code, reason)), expected, "{code} {reason}");
        }
    }

    #[test]
    fn what_an_object_can_be_called() {
        let (longest, longer) = ("x".repeat(253), "x".repeat(254));
        let names = ["ann", "a", "7", "a.b-1", "tenure-eval-3", longest.as_str()];
        let none = [
            "",
            "Max Muster",
            "ANN",
            "a/b",
            "a%20b",
            "50%",
            "..",
            ".",
            "a.",
            ".a",
            "-a",
            "a-",
            "a-.b",
            "ann?x",
            "ann#x",
            "a_b",
            "j\u{fc}rgen",
            " ann",
            "ann\n",
            longer.as_str(),
        ];
        for name in names {
            assert!(is_name(name), "{name:?}");
        }
        for name in none {
            assert!(!is_name(name), "{name:?}");
        }
    }
}
