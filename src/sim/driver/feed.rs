//! One kind, listed and then watched.

use std::task::{Context, Poll};

use futures::stream::{BoxStream, StreamExt};
use kube::Client;
use kube::api::{Api, ListParams, PartialObjectMeta, WatchEvent, WatchParams};
use tokio::time::Instant;

use crate::api::tenant_ledger::UsersSeen;
use crate::cluster::object::Raw;
use crate::reconcile::watched::{WATCHED, Watched};
use crate::reconcile::{Seen, SeenKind};
use crate::sim::timing::before_list;

type Events = BoxStream<'static, Result<WatchEvent<Raw>, kube::Error>>;

/// A watch that the server does not end by itself: the many renewals in virtual years would show nothing.
fn unlimited() -> WatchParams {
    WatchParams::default().timeout(0)
}

/// The event of an object that has metadata only.
fn whole(event: WatchEvent<PartialObjectMeta<Raw>>) -> WatchEvent<Raw> {
    match event {
        WatchEvent::Added(object) => WatchEvent::Added(object.into()),
        WatchEvent::Modified(object) => WatchEvent::Modified(object.into()),
        WatchEvent::Deleted(object) => WatchEvent::Deleted(object.into()),
        WatchEvent::Bookmark(bookmark) => WatchEvent::Bookmark(bookmark),
        WatchEvent::Error(error) => WatchEvent::Error(error),
    }
}

/// Lists the kind, and opens the watch that goes on from there.
async fn open(watched: Watched, client: &Client, namespace: &str) -> Result<(Vec<Seen>, Events), kube::Error> {
    let subject = watched.subject();
    let api = Api::<Raw>::namespaced_with(client.clone(), namespace, &subject.resource);
    let list = ListParams { label_selector: subject.labels.clone(), ..ListParams::default() };
    let watch = WatchParams { label_selector: subject.labels, ..unlimited() };
    if subject.metadata {
        let listed = api.list_metadata(&list).await?;
        let events = api.watch_metadata(&watch, &listed.metadata.resource_version.unwrap_or_default()).await?;
        // The controller keeps nothing of people but how many there are, and how new.
        let items = if watched.kind == SeenKind::User {
            vec![Seen::Users(UsersSeen::of(listed.items.iter().map(|user| user.metadata.resource_version.as_deref())))]
        } else {
            listed.items.into_iter().map(|object| watched.see(&Raw::from(object)).1).collect()
        };
        return Ok((items, events.map(|event| event.map(whole)).boxed()));
    }
    let listed = api.list(&list).await?;
    let events = api.watch(&watch, &listed.metadata.resource_version.unwrap_or_default()).await?;
    Ok((listed.items.iter().map(|object| watched.see(object).1).collect(), events.boxed()))
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
    watched: Watched,
    events: Option<Events>,
    /// When it may be listed again after a failure.
    retry_at: Option<Instant>,
    /// Failures in a row.
    failures: u32,
    has_listed: bool,
}

impl Feed {
    /// One feed a kind.
    pub(super) fn all() -> Vec<Self> {
        let feed = |watched| Self { watched, events: None, retry_at: None, failures: 0, has_listed: false };
        WATCHED.into_iter().map(feed).collect()
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
        match open(self.watched, client, namespace).await {
            Ok((seen, events)) => {
                self.events = Some(events);
                self.retry_at = None;
                self.has_listed = true;
                Some(News::All(self.watched.kind, seen))
            }
            Err(error) => {
                tracing::debug!(kind = ?self.watched.kind, %error, "cannot be followed, trying again");
                self.fail();
                None
            }
        }
    }

    fn fail(&mut self) {
        self.events = None;
        self.retry_at = Some(Instant::now() + before_list(self.failures));
        self.failures = self.failures.saturating_add(1);
    }

    /// The next event; pending when there is none, or when the feed waits to be listed again.
    pub(super) fn poll(&mut self, context: &mut Context<'_>) -> Poll<News> {
        while let Some(events) = &mut self.events {
            match events.poll_next_unpin(context) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Some(Ok(event))) => {
                    let news = match event {
                        WatchEvent::Added(object) | WatchEvent::Modified(object) => News::Put(self.watched.see(&object).1),
                        WatchEvent::Deleted(object) => News::Gone(self.watched.see(&object).1),
                        WatchEvent::Bookmark(_) => continue,
                        WatchEvent::Error(_) => {
                            // 410 most of all: what was missed is only to be had from a list.
                            self.fail();
                            continue;
                        }
                    };
                    self.failures = 0;
                    return Poll::Ready(news);
                }
                Poll::Ready(Some(Err(_)) | None) => self.fail(),
            }
        }
        Poll::Pending
    }
}
