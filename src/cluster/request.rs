//! One request and its answer, the same for every kind: nothing here is generic, so that it is compiled once.

use std::fmt;

use futures::FutureExt;
use futures::future::BoxFuture;
use kube::api::{ListParams, VersionMatch};
use kube::core::Status;
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::error::ClusterError;
use super::object::{Identified, Undecodable, decode, trim};
use super::target::{Kind, Selector, Target};
use super::view::Cluster;
use crate::domain::timing::REQUEST_TRIES;

/// Takes objects out of an answer, one by one, so that none is there twice.
pub(super) trait Basket: Send {
    /// How many there are.
    fn count(&self) -> usize;
    /// Keeps so many of them: what came after is asked for again.
    fn keep(&mut self, count: usize);
    /// One more, as it came.
    fn put(&mut self, item: &str) -> Result<(), Undecodable>;
}

impl<K: Kind> Basket for Vec<K> {
    fn count(&self) -> usize {
        self.len()
    }

    fn keep(&mut self, count: usize) {
        self.truncate(count);
    }

    fn put(&mut self, item: &str) -> Result<(), Undecodable> {
        let mut object: K = decode(item)?;
        trim(object.meta_mut(), REPLACED.contains(&K::plural(&()).as_ref()));
        self.push(object);
        Ok(())
    }
}

/// What is done with the text of an answer.
type Read<'a> = &'a mut (dyn FnMut(String) -> serde_json::Result<()> + Send);
/// A request that could be built.
type Built = Result<http::Request<Vec<u8>>, kube::core::request::Error>;

impl Cluster {
    /// The answer, whole.
    pub(super) fn ask<'a>(&'a self, target: &'a Target, request: Built) -> BoxFuture<'a, Result<String, ClusterError>> {
        async move {
            let mut answer = String::new();
            let mut read = |text: String| {
                serde_json::from_str::<IgnoredAny>(&text)?;
                answer = text;
                Ok(())
            };
            self.exchange(target, request, &mut read).await?;
            Ok(answer)
        }
        .boxed()
    }

    /// The same, where the object may not be there.
    pub(super) fn ask_opt<'a>(&'a self, target: &'a Target, request: Built) -> BoxFuture<'a, Result<Option<String>, ClusterError>> {
        async move {
            match self.ask(target, request).await {
                Ok(answer) => Ok(Some(answer)),
                Err(ClusterError::Refused { code: 404, .. }) => Ok(None),
                Err(error) => Err(error),
            }
        }
        .boxed()
    }

    /// Fills the basket with a list that is not older than anything this process has seen. It comes in pages of one state, so that
    /// the text of a large one is never there as a whole.
    pub(super) fn collect<'a>(
        &'a self,
        target: &'a Target,
        selector: &'a Selector,
        basket: &'a mut dyn Basket,
    ) -> BoxFuture<'a, Result<(), ClusterError>> {
        async move {
            let mut failure = None;
            for attempt in 0..REQUEST_TRIES {
                self.pause(attempt).await;
                basket.keep(0);
                match self.pages(target, selector, &mut *basket).await {
                    Ok(None) => return Ok(()),
                    Ok(Some((name, why))) => return Err(target.unreadable(&name, &why)),
                    Err(error @ (ClusterError::Stale { .. } | ClusterError::Refused { code: EXPIRED, .. })) => failure = Some(error),
                    Err(error) => return Err(error),
                }
            }
            Err(failure.unwrap_or_else(|| ClusterError::Stale { kind: target.kind.clone(), seen: 0, floor: self.floor() }))
        }
        .boxed()
    }

    /// All pages of a list; gives the first item that is not what this program knows.
    async fn pages(&self, target: &Target, selector: &Selector, basket: &mut dyn Basket) -> Result<Option<Broken>, ClusterError> {
        let floor = self.floor();
        let (mut broken, mut next) = (None, None::<String>);
        loop {
            let mut params = ListParams {
                label_selector: selector.labels.clone(),
                field_selector: selector.fields.clone(),
                limit: Some(PAGE),
                continue_token: next.clone(),
                ..ListParams::default()
            };
            let is_first = next.is_none();
            if is_first && floor > 0 {
                params = params.at(&floor.to_string()).matching(VersionMatch::NotOlderThan);
            }
            let mut list = List { head: ListHead::default(), broken: None, from: basket.count(), basket: &mut *basket };
            self.exchange(target, target.api.list(&params), &mut |text| list.read(&text)).await?;
            let List { head, broken: found, .. } = list;
            broken = broken.or(found);
            let version = self.learn(head.resource_version.as_deref());
            if let Some(seen) = version.filter(|version| is_first && *version < floor) {
                return Err(ClusterError::Stale { kind: target.kind.clone(), seen, floor: self.floor() });
            }
            next = head.next.filter(|next| !next.is_empty());
            if next.is_none() {
                return Ok(broken);
            }
        }
    }

    /// Tries again after passing failures; says the rest in our own words.
    fn exchange<'a>(&'a self, target: &'a Target, request: Built, read: Read<'a>) -> BoxFuture<'a, Result<(), ClusterError>> {
        async move {
            let Target { verb, kind, name, .. } = target;
            let unavailable = |attempts, may_be_done, message| {
                Err(ClusterError::Unavailable { verb, kind: kind.clone(), name: name.clone(), attempts, may_be_done, message })
            };
            let request = match request {
                Ok(request) => request,
                Err(error) => return unavailable(0, false, error.to_string()),
            };
            let (mut message, mut may_be_done) = (String::new(), false);
            for attempt in 0..REQUEST_TRIES {
                self.pause(attempt).await;
                match self.client().request_text(request.clone()).await {
                    Ok(text) => match read(text) {
                        Ok(()) => {
                            self.learn_right(verb, kind, true);
                            return Ok(());
                        }
                        // Half an answer, or a proxy's page: not our JSON.
                        Err(error) => {
                            may_be_done |= is_write(verb);
                            message = error.to_string();
                        }
                    },
                    Err(kube::Error::Api(status)) if is_passing_conflict(verb, name, &status) => message = status.message,
                    Err(kube::Error::Api(status)) if is_no_answer(verb, name, &status) => {
                        may_be_done |= is_write(verb);
                        message = status.message;
                    }
                    // Nothing was done, and the server may only not know yet who we are.
                    Err(kube::Error::Api(status))
                        if is_denied(status.code) && attempt + 1 < REQUEST_TRIES && self.bears_denial(verb, kind) =>
                    {
                        message = status.message;
                    }
                    // The pages of a list are of one state, which is not kept for ever: from the beginning.
                    Err(kube::Error::Api(status)) if !matches!(status.code, 408 | 429 | 500 | 502 | 503 | 504) => {
                        self.learn_right(verb, kind, !is_denied(status.code));
                        return Err(ClusterError::Refused {
                            verb,
                            kind: kind.clone(),
                            name: name.clone(),
                            code: status.code,
                            reason: status.reason,
                            message: status.message,
                        });
                    }
                    Err(error) => {
                        may_be_done |= is_write(verb) && !says_that_nothing_was_done(&error);
                        message = error.to_string();
                    }
                }
            }
            unavailable(REQUEST_TRIES, may_be_done, message)
        }
        .boxed()
    }
}

/// Whether the request changes something.
fn is_write(verb: &str) -> bool {
    !matches!(verb, "get" | "list")
}

/// Whether somebody was told that they may not, or that nobody knows them.
const fn is_denied(code: u16) -> bool {
    matches!(code, 401 | 403)
}

/// Whether an answer is certain to come from before the request was looked at: the client asks too often. Any other one may come
/// from something between us and the API server, which had been asked already.
fn says_that_nothing_was_done(error: &kube::Error) -> bool {
    matches!(error, kube::Error::Api(status) if status.code == 429)
}

/// Whether a conflict is nobody's decision: a create that is told `Conflict` and not `AlreadyExists` met one inside of the
/// server (with a quota, for example), and so did a patch that names no version, and any request where the API server names
/// another object than the one that was asked about.
fn is_passing_conflict(verb: &str, name: &str, status: &Status) -> bool {
    let details = status.details.as_ref().map_or(("", ""), |details| (details.kind.as_str(), details.name.as_str()));
    let is_of_another = details.0 == "resourcequotas" || !details.1.is_empty() && details.1 != name;
    status.reason == "Conflict" && (is_of_another || matches!(verb, "create" | "patch"))
}

/// Whether a conflict comes from something on the way: the API server has two words for one.
fn is_unknown_conflict(status: &Status) -> bool {
    status.code == 409 && !matches!(status.reason.as_str(), "AlreadyExists" | "Conflict")
}

/// Whether something on the way has answered, or the API server does not serve the path just now: that says nothing about an
/// object. One that is not there is named by the API server; who creates is told of the namespace instead.
fn is_no_answer(verb: &str, name: &str, status: &Status) -> bool {
    let about = status.details.as_ref().map_or("", |details| details.name.as_str());
    let is_absence = status.reason == "NotFound" && !about.is_empty() && (about == name || verb == "create");
    // Without a code it is somebody else's JSON.
    status.code == 0 || status.code == 404 && !is_absence || is_unknown_conflict(status)
}

/// Objects of a page; fewer where they are large, see [`super::paged`].
const PAGE: u32 = 250;
/// The kinds whose objects are replaced by our programs, as they were listed.
const REPLACED: [&str; 5] = ["accounts", "directorysnapshots", "occurrenceledgers", "runslices", "tenantledgers"];
/// The code of the answer to who goes on with a list whose state is not kept any more.
const EXPIRED: u16 = 410;

/// An item that is not what this program knows: its name, and why.
type Broken = (String, Undecodable);

/// What is said of a list.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct ListHead {
    resource_version: Option<String>,
    /// How to go on with it.
    #[serde(rename = "continue")]
    next: Option<String>,
}

/// A page of a list as it is read.
struct List<'a> {
    head: ListHead,
    /// The first item that is not what this program knows.
    broken: Option<Broken>,
    /// How many there were before it.
    from: usize,
    basket: &'a mut dyn Basket,
}

impl List<'_> {
    fn read(&mut self, text: &str) -> serde_json::Result<()> {
        (self.head, self.broken) = (ListHead::default(), None);
        self.basket.keep(self.from);
        serde_json::Deserializer::from_str(text).deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for &mut List<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let (mut is_list, mut has_items) = (false, false);
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "kind" => is_list = map.next_value::<String>()?.ends_with("List"),
                "metadata" => self.head = map.next_value()?,
                "items" => {
                    map.next_value_seed(Items(&mut *self))?;
                    has_items = true;
                }
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        // Nobody is gone because something on the way has answered.
        let has_version = self.head.resource_version.as_deref().is_some_and(|version| !version.is_empty());
        if is_list && has_items && has_version { Ok(()) } else { Err(A::Error::custom("this is no list of the API server")) }
    }
}

/// The items of a list.
struct Items<'a, 'b>(&'a mut List<'b>);

impl<'de> DeserializeSeed<'de> for Items<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Items<'_, '_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("items")
    }

    /// No items at all, as some servers write it.
    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while let Some(item) = items.next_element::<&RawValue>()? {
            if let Err(why) = self.0.basket.put(item.get()) {
                let name = serde_json::from_str::<Identified>(item.get()).ok().and_then(|item| item.metadata.name);
                self.0.broken.get_or_insert((name.unwrap_or_default(), why));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn what_says_nothing_about_an_object() {
        let status = |code: u16, reason: &str, details: Value| -> Status {
            let text = json!({"status": "Failure", "code": code, "reason": reason, "message": "not found", "details": details});
            serde_json::from_value(text).expect("a Status")
        };
        let ann = || json!({"name": "ann", "group": "tenure.dev", "kind": "users"});
        let namespace = || json!({"name": "t", "kind": "namespaces"});
        let page = || status(404, "Failed to parse error data", Value::Null);
        // (what, the verb, the answer, it says nothing)
        let cases = [
            ("it is not there", "get", status(404, "NotFound", ann()), false),
            ("it is gone by now", "replace", status(404, "NotFound", ann()), false),
            ("it is gone already", "delete", status(404, "NotFound", ann()), false),
            ("a proxy's page", "get", page(), true),
            ("a proxy's page", "replace", page(), true),
            ("a proxy's page", "create", page(), true),
            ("a proxy's JSON", "get", status(0, "", Value::Null), true),
            ("the kind is not served just now", "get", status(404, "NotFound", json!({})), true),
            ("the same in fewer words", "patch", status(404, "NotFound", Value::Null), true),
            ("something else is not there", "replace", status(404, "NotFound", namespace()), true),
            ("nothing can be created in that namespace", "create", status(404, "NotFound", namespace()), false),
            ("another reason", "get", status(404, "Gone", ann()), true),
            ("a refusal", "get", status(403, "Forbidden", ann()), false),
            ("somebody else wrote", "replace", status(409, "Conflict", ann()), false),
            ("it is there", "create", status(409, "AlreadyExists", ann()), false),
            ("a proxy's conflict", "replace", status(409, "Failed to parse error data", Value::Null), true),
            ("a proxy's conflict", "delete", status(409, "", Value::Null), true),
        ];
        for (what, verb, status, expected) in cases {
            assert_eq!(is_no_answer(verb, "ann", &status), expected, "{what}: {verb}");
        }
        assert!(is_no_answer("list", "", &status(404, "NotFound", json!({}))), "a list has no name");
    }

    #[test]
    fn which_conflict_passes() {
        let conflict = |reason: &str, kind: &str, name: &str| -> Status {
            let details = json!({"kind": kind, "name": name});
            serde_json::from_value(json!({"status": "Failure", "code": 409, "reason": reason, "message": "", "details": details}))
                .expect("a Status")
        };
        // (what, the verb, the answer, it passes)
        let cases = [
            ("somebody else wrote", "replace", conflict("Conflict", "users", "ann"), false),
            ("in fewer words", "replace", conflict("Conflict", "", ""), false),
            ("another UID", "delete", conflict("Conflict", "users", "ann"), false),
            ("a quota is counted", "replace", conflict("Conflict", "resourcequotas", "tenure"), true),
            ("a quota that is called the same", "delete", conflict("Conflict", "resourcequotas", "ann"), true),
            ("a quota is counted", "create", conflict("Conflict", "resourcequotas", "tenure"), true),
            ("no version was named", "patch", conflict("Conflict", "users", "ann"), true),
            ("it is there", "create", conflict("AlreadyExists", "users", "ann"), false),
        ];
        for (what, verb, status, expected) in cases {
            assert_eq!(is_passing_conflict(verb, "ann", &status), expected, "{what}: {verb}");
        }
    }

    #[test]
    fn what_is_a_list() {
        let whole = || json!({"kind": "GroupList", "metadata": {"resourceVersion": "7"}, "items": []});
        let without = |member: &str| {
            let mut list = whole();
            list.as_object_mut().expect("an object").remove(member);
            list
        };
        let with = |member: &str, value: Value| {
            let mut list = whole();
            list[member] = value;
            list
        };
        let group =
            json!({"apiVersion": "tenure.dev/v1alpha1", "kind": "Group", "metadata": {"name": "lab"}, "spec": {"displayName": "Lab"}});
        // (what, the answer, how many it has; None: it is no list)
        let cases = [
            ("an empty one", whole(), Some(0)),
            ("as some servers write it", with("items", Value::Null), Some(0)),
            ("one of one", with("items", json!([group])), Some(1)),
            ("a health page", json!({}), None),
            ("a gateway's", json!({"message": "ok"}), None),
            ("without items", without("items"), None),
            ("without a version", without("metadata"), None),
            ("with none", with("metadata", json!({"resourceVersion": ""})), None),
            ("without a kind", without("kind"), None),
            ("something else", with("kind", json!("Status")), None),
        ];
        for (what, answer, expected) in cases {
            let mut found: Vec<crate::api::Group> = Vec::new();
            let mut list = List { head: ListHead::default(), broken: None, from: 0, basket: &mut found };
            let read = list.read(&answer.to_string());
            assert_eq!(read.ok().map(|()| found.len()), expected, "{what}");
        }
    }
}
