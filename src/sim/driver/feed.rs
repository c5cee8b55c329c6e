//! One kind, listed and then watched.

use std::task::{Context, Poll};

use futures::FutureExt;
use futures::future::BoxFuture;
use futures::stream::{BoxStream, StreamExt};
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::Pod;
use kube::Client;
use kube::api::{Api, ListParams, WatchEvent, WatchParams};
use tokio::time::Instant;

use super::backoff::Backoff;
use crate::api::{Directory, Run, TenantLedger, TenantSchedule, User, Workflow, WorkflowVersion};
use crate::cluster::client::Kind;
use crate::reconcile::{Seen, SeenKind};

/// Everything of a kind, and the version as of which it was.
type Listed = (Vec<Seen>, String);
type Events = BoxStream<'static, Result<WatchEvent<Seen>, kube::Error>>;
type Answer<T> = BoxFuture<'static, Result<T, kube::Error>>;

/// How a kind is listed and watched.
#[derive(Clone, Copy)]
struct Source {
    kind: SeenKind,
    list: fn(Client, String) -> Answer<Listed>,
    watch: fn(Client, String, String) -> Answer<Events>,
}

macro_rules! source {
    ($kind:ident) => {
        Source { kind: SeenKind::$kind, list: list::<$kind>, watch: watch::<$kind> }
    };
}

/// The kinds that the controller watches, in the order in which their events are taken.
const SOURCES: [Source; 9] = [
    source!(TenantLedger),
    source!(TenantSchedule),
    source!(Directory),
    source!(Workflow),
    source!(WorkflowVersion),
    source!(Run),
    source!(Job),
    source!(Pod),
    Source { kind: SeenKind::User, list: list_users, watch: watch_users },
];

fn list<K: Kind + Into<Seen> + Send + 'static>(client: Client, namespace: String) -> Answer<Listed> {
    async move {
        let list = Api::<K>::namespaced(client, &namespace).list(&ListParams::default()).await?;
        let version = list.metadata.resource_version.unwrap_or_default();
        Ok((list.items.into_iter().map(Into::into).collect(), version))
    }
    .boxed()
}

fn watch<K: Kind + Into<Seen> + Send + 'static>(client: Client, namespace: String, version: String) -> Answer<Events> {
    async move {
        let events = Api::<K>::namespaced(client, &namespace).watch(&unlimited(), &version).await?;
        Ok(events.map(|event| event.map(|event| convert(event, K::into))).boxed())
    }
    .boxed()
}

fn list_users(client: Client, namespace: String) -> Answer<Listed> {
    async move {
        let list = Api::<User>::namespaced(client, &namespace).list_metadata(&ListParams::default()).await?;
        let version = list.metadata.resource_version.unwrap_or_default();
        // The controller keeps nothing of people; that they were listed is one change.
        Ok((Vec::new(), version))
    }
    .boxed()
}

fn watch_users(client: Client, namespace: String, version: String) -> Answer<Events> {
    async move {
        let events = Api::<User>::namespaced(client, &namespace).watch_metadata(&unlimited(), &version).await?;
        Ok(events.map(|event| event.map(|event| convert(event, |_| Seen::UserChanged))).boxed())
    }
    .boxed()
}

/// A watch that the server does not end by itself: the many renewals in virtual years would show nothing.
fn unlimited() -> WatchParams {
    WatchParams::default().timeout(0)
}

fn convert<K>(event: WatchEvent<K>, seen: impl Fn(K) -> Seen) -> WatchEvent<Seen> {
    match event {
        WatchEvent::Added(object) => WatchEvent::Added(seen(object)),
        WatchEvent::Modified(object) => WatchEvent::Modified(seen(object)),
        WatchEvent::Deleted(object) => WatchEvent::Deleted(seen(object)),
        WatchEvent::Bookmark(bookmark) => WatchEvent::Bookmark(bookmark),
        WatchEvent::Error(error) => WatchEvent::Error(error),
    }
}

/// What a feed has to say.
pub(super) enum News {
    /// Everything of the kind, as it is now.
    All(SeenKind, Vec<Seen>),
    /// An object that came or changed.
    Put(Seen),
    /// An object that is gone, as it was last.
    Gone(Seen),
}

/// A kind, as far as it has been followed.
pub(super) struct Feed {
    source: Source,
    events: Option<Events>,
    /// When it may be listed again after a failure.
    retry_at: Option<Instant>,
    backoff: Backoff,
    has_listed: bool,
}

impl Feed {
    /// One feed a kind.
    pub(super) fn all() -> Vec<Self> {
        let feed = |source| Self { source, events: None, retry_at: None, backoff: Backoff::default(), has_listed: false };
        SOURCES.into_iter().map(feed).collect()
    }

    /// Whether it has ever been listed.
    pub(super) fn has_listed(&self) -> bool {
        self.has_listed
    }

    /// When it is to be listed again; `None` while it is being watched.
    pub(super) fn wants_list(&self) -> Option<Instant> {
        if self.events.is_some() { None } else { Some(self.retry_at.unwrap_or_else(Instant::now)) }
    }

    /// Lists the kind and opens the watch that goes on from there.
    pub(super) async fn list(&mut self, client: &Client, namespace: &str) -> Option<News> {
        let answer = async {
            let (seen, version) = (self.source.list)(client.clone(), namespace.to_owned()).await?;
            let events = (self.source.watch)(client.clone(), namespace.to_owned(), version).await?;
            Ok::<_, kube::Error>((seen, events))
        };
        match answer.await {
            Ok((seen, events)) => {
                self.events = Some(events);
                self.retry_at = None;
                self.has_listed = true;
                Some(News::All(self.source.kind, seen))
            }
            Err(error) => {
                tracing::debug!(kind = ?self.source.kind, %error, "cannot be followed, trying again");
                self.fail();
                None
            }
        }
    }

    fn fail(&mut self) {
        self.events = None;
        self.retry_at = Some(Instant::now() + self.backoff.next());
    }

    /// The next event; pending when there is none, or when the feed waits to be listed again.
    pub(super) fn poll(&mut self, context: &mut Context<'_>) -> Poll<News> {
        while let Some(events) = &mut self.events {
            match events.poll_next_unpin(context) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Some(Ok(event))) => {
                    let news = match event {
                        WatchEvent::Added(seen) | WatchEvent::Modified(seen) => News::Put(seen),
                        WatchEvent::Deleted(seen) => News::Gone(seen),
                        WatchEvent::Bookmark(_) => continue,
                        WatchEvent::Error(_) => {
                            // 410 most of all: what was missed is only to be had from a list.
                            self.fail();
                            continue;
                        }
                    };
                    self.backoff.reset();
                    return Poll::Ready(news);
                }
                Poll::Ready(Some(Err(_)) | None) => self.fail(),
            }
        }
        Poll::Pending
    }
}
