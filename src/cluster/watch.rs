//! Watches as the controller needs them: everything of a kind, then what changes, without end.

use futures::StreamExt;
use futures::stream::BoxStream;
use kube::api::{ApiResource, PartialObjectMeta};
use kube::core::DynamicResourceScope;
use kube::runtime::WatchStreamExt;
use kube::runtime::watcher::{self, Config, Event, watcher};
use kube::{Api, Client, Resource};

use super::object::Raw;

/// Objects a page of a list; fewer where they are large, see [`super::paged`].
const PAGE: u32 = 250;

/// Where is watched.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Extent {
    /// One namespace.
    Namespace(String),
    /// All of them.
    Cluster,
}

impl Extent {
    fn api<K: Resource<DynamicType = ApiResource, Scope = DynamicResourceScope>>(&self, client: Client, resource: &ApiResource) -> Api<K> {
        match self {
            Self::Namespace(namespace) => Api::namespaced_with(client, namespace, resource),
            Self::Cluster => Api::all_with(client, resource),
        }
    }
}

/// What is watched.
#[derive(Clone, Debug)]
pub struct Subject {
    /// Objects of which kind.
    pub resource: ApiResource,
    /// Only those with these labels.
    pub labels: Option<String>,
    /// Whether only the metadata travels.
    pub metadata: bool,
}

/// What a watch says. It never ends; after an error it goes on by itself, with growing pauses. The objects are not
/// decoded, so that one which cannot be is no error of the stream.
pub type Events = BoxStream<'static, Result<Event<Raw>, watcher::Error>>;

/// Everything that the subject names.
#[must_use]
pub fn objects(client: Client, scope: &Extent, subject: &Subject) -> Events {
    let config = Config::default().page_size(PAGE);
    let config = subject.labels.as_deref().map_or_else(|| config.clone(), |labels| config.clone().labels(labels));
    let events: Events = if subject.metadata {
        let api = scope.api::<PartialObjectMeta<Raw>>(client, &subject.resource);
        watcher(api, config).map(|event| event.map(whole)).boxed()
    } else {
        watcher(scope.api::<Raw>(client, &subject.resource), config).boxed()
    };
    events.default_backoff().boxed()
}

/// The event of an object that has metadata only.
fn whole(event: Event<PartialObjectMeta<Raw>>) -> Event<Raw> {
    match event {
        Event::Apply(object) => Event::Apply(object.into()),
        Event::Delete(object) => Event::Delete(object.into()),
        Event::Init => Event::Init,
        Event::InitApply(object) => Event::InitApply(object.into()),
        Event::InitDone => Event::InitDone,
    }
}
