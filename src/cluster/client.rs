//! Typed reads and writes of one tenant, with a floor under what may be believed.
//!
//! Guarantees: a list is never older than the newest state that this process has seen in any answer; a replacement goes
//! through only on the version that was read; a request that may or may not have taken effect is tried again, and the
//! caller learns `Conflict` or `Exists` where it had. Assumption: resource versions are whole numbers that grow over all
//! kinds of one API server (Kubernetes 1.35 promises to compare them); where they are not numbers there is no floor.

use std::fmt::Debug;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use k8s_openapi::NamespaceResourceScope;
use kube::api::{DeleteParams, GetParams, Patch, PatchParams, PostParams, Preconditions, Request};
use kube::{Client, Resource, ResourceExt};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::clock::SharedClock;
use super::error::ClusterError;
use super::object::decode;
use super::request::Target;
use crate::domain::timing::Timing;

/// What a kind must offer.
pub trait Kind: Resource<DynamicType = (), Scope = NamespaceResourceScope> + Clone + Debug + DeserializeOwned + Send + Serialize {}

impl<K> Kind for K where K: Resource<DynamicType = (), Scope = NamespaceResourceScope> + Clone + Debug + DeserializeOwned + Send + Serialize {}

/// Which objects a list has.
#[derive(Clone, Debug, Default)]
pub struct Selector {
    /// Label selector.
    pub labels: Option<String>,
    /// Field selector.
    pub fields: Option<String>,
}

impl Selector {
    /// Everything of the namespace.
    #[must_use]
    pub fn all() -> Self {
        Self::default()
    }

    /// By labels, in the API's syntax.
    #[must_use]
    pub fn labels(labels: impl Into<String>) -> Self {
        Self { labels: Some(labels.into()), fields: None }
    }

    /// The one object of that name.
    #[must_use]
    pub fn name(name: &str) -> Self {
        Self { labels: None, fields: Some(format!("metadata.name={name}")) }
    }

    /// Events of one type about one object.
    #[must_use]
    pub fn events(kind: &str, name: &str, type_: &str) -> Self {
        Self { labels: None, fields: Some(format!("involvedObject.kind={kind},involvedObject.name={name},type={type_}")) }
    }
}

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

/// One tenant's API, as one process sees it.
#[derive(Clone)]
pub struct Cluster {
    client: Client,
    namespace: String,
    clock: SharedClock,
    timing: Arc<Timing>,
    floor: Arc<AtomicU64>,
}

impl Cluster {
    /// The namespace's API by `client`, with the times of production.
    #[must_use]
    pub fn new(client: Client, namespace: &str, clock: SharedClock) -> Self {
        let timing = Arc::new(Timing::PRODUCTION);
        Self { client, namespace: namespace.to_owned(), clock, timing, floor: Arc::new(AtomicU64::new(0)) }
    }

    /// The same with other times.
    #[must_use]
    pub fn with_timing(self, timing: Timing) -> Self {
        Self { timing: Arc::new(timing), ..self }
    }

    /// The tenant's namespace.
    #[must_use]
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// The clock.
    #[must_use]
    pub fn clock(&self) -> &SharedClock {
        &self.clock
    }

    /// How long whoever works here waits for what.
    #[must_use]
    pub fn timing(&self) -> &Timing {
        &self.timing
    }

    /// For one request.
    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    /// The newest version that this process has seen; 0: none.
    pub(super) fn floor(&self) -> u64 {
        self.floor.load(Ordering::Relaxed)
    }

    pub(super) fn learn(&self, version: Option<&str>) -> Option<u64> {
        let version = version?.parse().ok()?;
        self.floor.fetch_max(version, Ordering::Relaxed);
        Some(version)
    }

    fn target<K: Kind>(&self, verb: &'static str) -> Target {
        let api = Request::new(K::url_path(&(), Some(&self.namespace)));
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

    /// The object, from a state that is not older than anything this process has seen. For decisions that no
    /// compare-and-swap on the same object follows.
    ///
    /// # Errors
    /// As [`Self::list`].
    pub async fn find<K: Kind>(&self, name: &str) -> Result<Option<K>, ClusterError> {
        Ok(self.list::<K>(&Selector::name(name)).await?.pop())
    }

    /// The object, perhaps from an older state: for a compare-and-swap that follows.
    ///
    /// # Errors
    /// [`ClusterError`] when the API server does not answer or refuses.
    pub async fn get<K: Kind>(&self, name: &str) -> Result<Option<K>, ClusterError> {
        let target = self.target::<K>("get").of(name);
        let answer = self.ask_opt(&target, target.api.get(name, &GetParams::default())).await?;
        answer.map(|answer| typed(&target, &answer)).transpose()
    }

    /// Creates the object.
    ///
    /// # Errors
    /// [`ClusterError`] when the API server does not answer or refuses for another reason than that it exists.
    pub async fn create<K: Kind>(&self, object: &K) -> Result<Created<K>, ClusterError> {
        let target = self.target::<K>("create").of(&object.name_any());
        match self.ask(&target, target.api.create(&PostParams::default(), body(object))).await {
            Ok(answer) => Ok(Created::New(Box::new(self.newest(&target, &answer)?))),
            Err(ClusterError::Refused { code: 409, .. }) => Ok(Created::Exists),
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
            Err(ClusterError::Refused { code: 409, .. }) => Ok(Replaced::Conflict),
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
            Ok(_) | Err(ClusterError::Refused { code: 404 | 409, .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// The same, after a write: nothing is newer.
    fn newest<K: Kind>(&self, target: &Target, answer: &str) -> Result<K, ClusterError> {
        let object: K = typed(target, answer)?;
        self.learn(object.meta().resource_version.as_deref());
        Ok(object)
    }

    pub(super) async fn pause(&self, attempt: u32) {
        if attempt > 0 {
            self.clock.sleep(self.timing.before_request(attempt)).await;
        }
    }
}

/// What the API server answered, as its type.
fn typed<K: Kind>(target: &Target, answer: &str) -> Result<K, ClusterError> {
    decode(answer).map_err(|why| target.unreadable(&target.name, &why))
}

/// The object as text. None of our kinds has a map with keys other than text, so that it always serializes.
fn body<K: Kind>(object: &K) -> Vec<u8> {
    serde_json::to_vec(object).unwrap_or_default()
}
