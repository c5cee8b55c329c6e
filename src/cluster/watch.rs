//! Watches as the controller needs them: everything of a kind, then what changes, without end.

use std::fmt::Debug;

use futures::StreamExt;
use futures::stream::BoxStream;
use kube::runtime::WatchStreamExt;
use kube::runtime::watcher::{self, Config, Event, watcher};
use kube::{Api, Client};
use serde::de::DeserializeOwned;

use super::client::Kind;

/// Objects a page of a list: a page of Runs stays below a few megabytes.
const PAGE: u32 = 250;

/// Where is watched.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Scope {
    /// One namespace.
    Namespace(String),
    /// All of them.
    Cluster,
}

impl Scope {
    fn api<K: Kind>(&self, client: Client) -> Api<K> {
        match self {
            Self::Namespace(namespace) => Api::namespaced(client, namespace),
            Self::Cluster => Api::all(client),
        }
    }
}

/// What a watch says. It never ends; after an error it goes on by itself, with growing pauses.
pub type Events<K> = BoxStream<'static, Result<Event<K>, watcher::Error>>;

fn config(labels: Option<&str>) -> Config {
    let config = Config::default().page_size(PAGE);
    labels.map_or_else(|| config.clone(), |labels| config.clone().labels(labels))
}

/// Everything of the kind that has the labels; of a `PartialObjectMeta` only the metadata travels.
#[must_use]
pub fn objects<K>(client: Client, scope: &Scope, labels: Option<&str>) -> Events<K>
where
    K: Kind + DeserializeOwned + Debug + Send + 'static,
{
    watcher(scope.api::<K>(client), config(labels)).default_backoff().boxed()
}
