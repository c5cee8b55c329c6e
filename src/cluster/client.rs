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
use kube::api::{Api, DeleteParams, ListParams, Patch, PatchParams, PostParams, Preconditions, VersionMatch};
use kube::{Client, Resource, ResourceExt};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::clock::SharedClock;
use super::error::ClusterError;
use crate::domain::timing::{REQUEST_TRIES, Timing};

/// What a kind must offer.
pub trait Kind: Resource<DynamicType = (), Scope = NamespaceResourceScope> + Clone + Debug + DeserializeOwned + Serialize {}

impl<K> Kind for K where K: Resource<DynamicType = (), Scope = NamespaceResourceScope> + Clone + Debug + DeserializeOwned + Serialize {}

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

    fn api<K: Kind>(&self) -> Api<K> {
        Api::namespaced(self.client.clone(), &self.namespace)
    }

    fn learn(&self, version: Option<&str>) -> Option<u64> {
        let version = version?.parse().ok()?;
        self.floor.fetch_max(version, Ordering::Relaxed);
        Some(version)
    }

    /// Every object that matches, as of a state that is not older than anything this process has seen.
    ///
    /// # Errors
    /// [`ClusterError`] when the API server does not answer, refuses, or keeps answering from an older state.
    pub async fn list<K: Kind>(&self, selector: &Selector) -> Result<Vec<K>, ClusterError> {
        let mut seen = 0;
        for attempt in 0..REQUEST_TRIES {
            self.pause(attempt).await;
            let floor = self.floor.load(Ordering::Relaxed);
            let mut params =
                ListParams { label_selector: selector.labels.clone(), field_selector: selector.fields.clone(), ..ListParams::default() };
            if floor > 0 {
                params = params.at(&floor.to_string()).matching(VersionMatch::NotOlderThan);
            }
            let list = self
                .retry::<K, _, _, _>("list", "", || {
                    let api = self.api::<K>();
                    let params = params.clone();
                    async move { api.list(&params).await }
                })
                .await?;
            match self.learn(list.metadata.resource_version.as_deref()) {
                Some(version) if version < floor => seen = version,
                _ => return Ok(list.items),
            }
        }
        Err(ClusterError::Stale { kind: K::kind(&()).into_owned(), seen, floor: self.floor.load(Ordering::Relaxed) })
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
        self.retry::<K, _, _, _>("get", name, || {
            let api = self.api::<K>();
            async move { api.get_opt(name).await }
        })
        .await
    }

    /// Creates the object.
    ///
    /// # Errors
    /// [`ClusterError`] when the API server does not answer or refuses for another reason than that it exists.
    pub async fn create<K: Kind>(&self, object: &K) -> Result<Created<K>, ClusterError> {
        let name = object.name_any();
        let result = self
            .retry::<K, _, _, _>("create", &name, || {
                let api = self.api::<K>();
                async move { api.create(&PostParams::default(), object).await }
            })
            .await;
        match result {
            Ok(object) => {
                self.learn(object.meta().resource_version.as_deref());
                Ok(Created::New(Box::new(object)))
            }
            Err(ClusterError::Refused { code: 409, .. }) => Ok(Created::Exists),
            Err(error) => Err(error),
        }
    }

    /// Replaces the object if it still has the resource version in `object`.
    ///
    /// # Errors
    /// [`ClusterError`] when the API server does not answer or refuses for another reason.
    pub async fn replace<K: Kind>(&self, object: &K) -> Result<Replaced<K>, ClusterError> {
        let name = object.name_any();
        let result = self
            .retry::<K, _, _, _>("replace", &name, || {
                let (api, name) = (self.api::<K>(), name.clone());
                async move { api.replace(&name, &PostParams::default(), object).await }
            })
            .await;
        match result {
            Ok(object) => {
                self.learn(object.meta().resource_version.as_deref());
                Ok(Replaced::Done(Box::new(object)))
            }
            Err(ClusterError::Refused { code: 409, .. }) => Ok(Replaced::Conflict),
            Err(ClusterError::Refused { code: 404, .. }) => Ok(Replaced::Gone),
            Err(error) => Err(error),
        }
    }

    /// Merges `status` into the object's status; None if the object is gone.
    ///
    /// # Errors
    /// [`ClusterError`] when the API server does not answer or refuses for another reason.
    pub async fn patch_status<K: Kind>(&self, name: &str, status: &impl Serialize) -> Result<Option<K>, ClusterError> {
        let patch = Patch::Merge(serde_json::json!({ "status": status }));
        let patch = &patch;
        let result = self
            .retry::<K, _, _, _>("patch", name, || {
                let api = self.api::<K>();
                async move { api.patch_status(name, &PatchParams::default(), patch).await }
            })
            .await;
        self.present(result)
    }

    /// Merges `patch` into the object; None if it is gone.
    ///
    /// # Errors
    /// [`ClusterError`] when the API server does not answer or refuses for another reason.
    pub async fn patch<K: Kind>(&self, name: &str, patch: &serde_json::Value) -> Result<Option<K>, ClusterError> {
        let patch = &Patch::Merge(patch);
        let result = self
            .retry::<K, _, _, _>("patch", name, || {
                let api = self.api::<K>();
                async move { api.patch(name, &PatchParams::default(), patch).await }
            })
            .await;
        self.present(result)
    }

    /// Deletes the object if it is still the one with `uid`, in the background; gone already is fine.
    ///
    /// # Errors
    /// [`ClusterError`] when the API server does not answer or refuses for another reason.
    pub async fn delete<K: Kind>(&self, name: &str, uid: Option<String>) -> Result<(), ClusterError> {
        let params = DeleteParams {
            preconditions: uid.map(|uid| Preconditions { uid: Some(uid), resource_version: None }),
            ..DeleteParams::background()
        };
        let params = &params;
        let result = self
            .retry::<K, _, _, _>("delete", name, || {
                let api = self.api::<K>();
                async move { api.delete(name, params).await.map(|_| ()) }
            })
            .await;
        match result {
            Ok(()) | Err(ClusterError::Refused { code: 404 | 409, .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// What a patch gave; None if the object is gone.
    fn present<K: Kind>(&self, result: Result<K, ClusterError>) -> Result<Option<K>, ClusterError> {
        match result {
            Ok(object) => {
                self.learn(object.meta().resource_version.as_deref());
                Ok(Some(object))
            }
            Err(ClusterError::Refused { code: 404, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn pause(&self, attempt: u32) {
        if attempt > 0 {
            self.clock.sleep(self.timing.before_request(attempt)).await;
        }
    }

    /// Tries again after passing failures; says the rest in our own words.
    async fn retry<K, T, F, Fut>(&self, verb: &'static str, name: &str, request: F) -> Result<T, ClusterError>
    where
        K: Kind,
        F: Fn() -> Fut,
        Fut: Future<Output = Result<T, kube::Error>>,
    {
        let kind = K::kind(&()).into_owned();
        let mut message = String::new();
        for attempt in 0..REQUEST_TRIES {
            self.pause(attempt).await;
            match request().await {
                Ok(answer) => return Ok(answer),
                Err(kube::Error::Api(status)) if is_passing_conflict(verb, &status.reason) => message = status.message,
                Err(kube::Error::Api(status)) if !matches!(status.code, 408 | 410 | 429 | 500 | 502 | 503 | 504) => {
                    return Err(ClusterError::Refused {
                        verb,
                        kind,
                        name: name.to_owned(),
                        code: status.code,
                        reason: status.reason,
                        message: status.message,
                    });
                }
                Err(error) => message = error.to_string(),
            }
        }
        Err(ClusterError::Unavailable { verb, kind, name: name.to_owned(), attempts: REQUEST_TRIES, message })
    }
}

/// Whether a conflict is nobody's decision: a create that is told `Conflict` and not `AlreadyExists` met one inside of the
/// server (with a quota, for example), and so did a patch that names no version.
fn is_passing_conflict(verb: &str, reason: &str) -> bool {
    reason == "Conflict" && matches!(verb, "create" | "patch")
}
