//! How this process reaches the API server.

use std::sync::Arc;
use std::time::Duration;

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::Api;
use kube::client::ClientBuilder;
use kube::{Client, Config, ResourceExt};
use thiserror::Error;

use super::guard::{Fence, Guard, GuardLayer};
use super::paged::{REQUEST_ROOM, WATCH_ROOM, paged};
use crate::api::meta::ANNOTATION_SCHEMA_HASH;
use crate::domain::timing::Timing;

/// Why there is no way to an API server.
#[derive(Debug, Error)]
pub enum ConnectError {
    /// Neither a kubeconfig nor a service account.
    #[error("no way to an API server: {0}")]
    Config(#[from] kube::config::InferConfigError),
    /// The configuration cannot be used.
    #[error("no way to an API server: {0}")]
    Client(#[from] kube::Error),
}

/// Where the API server is, and with whose word.
#[derive(Clone)]
pub struct Connection {
    config: Config,
    guard: Arc<Guard>,
    timing: Timing,
}

impl Connection {
    /// What the kubeconfig or the pod's service account says.
    ///
    /// # Errors
    /// [`ConnectError::Config`].
    pub async fn infer(guard: &Arc<Guard>, timing: Timing) -> Result<Self, ConnectError> {
        let mut config = Config::infer().await?;
        config.connect_timeout = Some(timing.connect_timeout);
        // Who asks decides what is tried again, and for how long.
        config.default_retry = false;
        Ok(Self { config, guard: Arc::clone(guard), timing })
    }

    /// Each page of a list is a request of its own at the guard and the fence.
    fn client(&self, read_timeout: Duration, layer: &GuardLayer, room: usize) -> Result<Client, ConnectError> {
        let mut config = self.config.clone();
        config.read_timeout = Some(read_timeout);
        Ok(paged(ClientBuilder::try_from(config)?.with_layer(layer).build(), room))
    }

    /// For requests.
    ///
    /// # Errors
    /// [`ConnectError::Client`].
    pub fn requests(&self) -> Result<Client, ConnectError> {
        self.client(self.timing.request_timeout, &GuardLayer::open(&self.guard), REQUEST_ROOM)
    }

    /// For requests that leave only while `fence` says so.
    ///
    /// # Errors
    /// [`ConnectError::Client`].
    pub fn fenced(&self, fence: Fence) -> Result<Client, ConnectError> {
        self.client(self.timing.request_timeout, &GuardLayer::fenced(&self.guard, fence), REQUEST_ROOM)
    }

    /// For watches.
    ///
    /// # Errors
    /// [`ConnectError::Client`].
    pub fn watches(&self) -> Result<Client, ConnectError> {
        self.client(self.timing.watch_timeout, &GuardLayer::open(&self.guard), WATCH_ROOM)
    }
}

/// Names of the definitions that are not served as this build has them.
///
/// # Errors
/// [`kube::Error`] when the API server does not answer or refuses.
pub async fn differing_schemas(client: &Client) -> Result<Vec<String>, kube::Error> {
    let served: Api<CustomResourceDefinition> = Api::all(client.clone());
    let mut differing = Vec::new();
    for expected in crate::api::crds() {
        let name = expected.name_any();
        let found = served.get_metadata_opt(&name).await?;
        let hash = found.as_ref().and_then(|found| found.annotations().get(ANNOTATION_SCHEMA_HASH));
        if hash.is_none() || hash != expected.annotations().get(ANNOTATION_SCHEMA_HASH) {
            differing.push(name);
        }
    }
    Ok(differing)
}
