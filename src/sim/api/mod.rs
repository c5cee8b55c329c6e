//! An in-memory Kubernetes API, spoken to by the ordinary client library.
//!
//! It has the verbs that Tenure uses: get, list, watch, create, PUT, merge patch, delete, and the status subresource.
//! What it answers is meant to be what a real API server answers: one conformance table runs against both. It has no
//! authorization, no server-side apply, and no namespaces that must exist before their objects; Events do not expire.
//! Uids and generated names are functions of the seed and of what they name, time comes from the given clock, and
//! nothing runs in the background, so that the same requests give the same answers, byte for byte.
//!
//! The simulated parts of a cluster (who runs Jobs, who applies manifests) do not go through a client: they use
//! [`MemoryApi::get`], [`MemoryApi::put`], [`MemoryApi::apply`] and so on, which no [`Interceptor`] sees.

mod call;
mod collect;
mod direct;
mod fault;
mod http;
mod judged;
mod list;
pub(crate) mod meta;
mod resource;
mod select;
mod shared;
mod state;
mod status;
mod strike;
mod watch;
mod write;
mod writer;

#[cfg(test)]
mod tests;

use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError};

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use tokio::sync::Notify;

pub use fault::{Interceptor, RequestInfo, Strike, Verb, Verdict};
pub use shared::Clock;
pub use status::Refusal;

use resource::Resource;
use shared::Shared;
use state::{HistoryLimit, State};

/// How many changes of a resource type can be watched again unless said otherwise.
const HISTORY_CHANGES: usize = 4096;

/// How many bytes of JSON the history of a resource type may hold unless said otherwise.
const HISTORY_BYTES: usize = 16 * 1024 * 1024;

/// The API. Clones are the same API.
#[derive(Clone)]
pub struct MemoryApi {
    shared: Arc<Shared>,
}

impl MemoryApi {
    /// An empty API that serves the given kinds besides the built-in ones (Jobs, Pods, Events, Leases, `ConfigMaps`,
    /// Secrets, Namespaces, `ServiceAccounts`).
    #[must_use]
    pub fn new(crds: &[CustomResourceDefinition], clock: Clock) -> Self {
        Self::serving(resource::catalogue(crds).into(), clock)
    }

    /// An empty API that serves Tenure's kinds. Their schemas are compiled once in the life of the process.
    #[must_use]
    pub fn tenure(clock: Clock) -> Self {
        static CATALOGUE: std::sync::OnceLock<Arc<[Resource]>> = std::sync::OnceLock::new();
        Self::serving(Arc::clone(CATALOGUE.get_or_init(|| resource::catalogue(&crate::api::crds()).into())), clock)
    }

    fn serving(resources: Arc<[Resource]>, clock: Clock) -> Self {
        let limit = HistoryLimit { changes: HISTORY_CHANGES, bytes: HISTORY_BYTES };
        let shared = Shared {
            clock,
            state: Mutex::new(State::new(resources.len(), limit)),
            notify: std::iter::repeat_with(Notify::new).take(resources.len()).collect(),
            resources,
            latency: AtomicU64::new(0),
            sequence: AtomicU64::new(0),
            interceptor: Mutex::new(None),
        };
        Self { shared: Arc::new(shared) }
    }

    /// Another seed (0 at first) gives other uids and generated names.
    #[must_use]
    pub fn with_seed(self, seed: u64) -> Self {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner).seed = seed;
        self
    }

    /// Bounds the history of each resource type: at most `changes` changes and `bytes` bytes of JSON (at first 4,096
    /// and 16 `MiB`). Who asks for something older gets 410.
    #[must_use]
    pub fn with_history(self, changes: usize, bytes: usize) -> Self {
        let limit = HistoryLimit { changes, bytes };
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner).limit_history(limit);
        self
    }

    /// How long every answer but a watch's is on its way; at first no time at all. What a request does, it does when it is
    /// sent, so that requests of several processes mix as they do on a wire. Needs a tokio clock around the clients.
    #[must_use]
    pub fn with_latency(self, latency: std::time::Duration) -> Self {
        let nanoseconds = u64::try_from(latency.as_nanos()).unwrap_or(u64::MAX);
        self.shared.latency.store(nanoseconds, std::sync::atomic::Ordering::Relaxed);
        self
    }

    /// A client, named so that an [`Interceptor`] can tell whose request it sees. Needs a tokio runtime around it.
    #[must_use]
    pub fn client(&self, process: &str) -> kube::Client {
        let endpoint = call::Endpoint { shared: Arc::clone(&self.shared), process: Arc::from(process) };
        kube::Client::new(endpoint, "default")
    }

    /// Puts an interceptor into the way of all requests of all clients, or takes it away.
    pub fn set_interceptor(&self, interceptor: Option<Arc<dyn Interceptor>>) {
        *self.shared.interceptor.lock().unwrap_or_else(PoisonError::into_inner) = interceptor;
    }
}

impl std::fmt::Debug for MemoryApi {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MemoryApi").field("revision", &self.revision()).finish_non_exhaustive()
    }
}
