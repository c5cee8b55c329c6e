//! The controller process of one tenant: it watches through a client, and reconciles one key at a time.
//!
//! The library's own controller takes keys in an order that it draws anew each time; here the order is a function of
//! the seed. To stop the controller is to drop the future of [`Driver::run`]: all that it knew is gone with it.

mod feed;
mod queue;

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;

use chrono::{DateTime, TimeDelta, Utc};
use futures::FutureExt;
use kube::Client;
use tokio::time::Instant;

use super::clock::VirtualClock;
use super::timing::END_LOOK;
use crate::cluster::{Clock, Cluster};
use crate::reconcile::{self, Cache, Key, Memory};

use feed::{Feed, News};
use queue::Queue;

/// What can be seen of a controller from outside.
#[derive(Clone, Debug, Default)]
pub(super) struct Activity {
    /// It has seen everything, has nothing to do, and waits.
    pub is_idle: bool,
    /// What it will look at again, and when.
    pub wakes: BTreeMap<Key, DateTime<Utc>>,
    /// From then on no evaluation is started.
    pub no_evaluation_from: Option<DateTime<Utc>>,
}

/// The activity, shared with who looks at it.
pub(super) type SharedActivity = Arc<Mutex<Activity>>;

/// Locks it.
pub(super) fn look(activity: &SharedActivity) -> MutexGuard<'_, Activity> {
    activity.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One tenant's controller.
pub(super) struct Driver {
    client: Client,
    namespace: String,
    clock: Arc<VirtualClock>,
    cluster: Cluster,
    feeds: Vec<Feed>,
    cache: Cache,
    memory: Memory,
    queue: Queue,
    /// Failures in a row.
    failures: BTreeMap<Key, u32>,
    activity: SharedActivity,
}

impl Driver {
    /// A controller that has seen nothing yet.
    pub(super) fn new(client: Client, namespace: &str, clock: Arc<VirtualClock>, seed: u64, activity: SharedActivity) -> Self {
        let shared: Arc<dyn Clock> = Arc::clone(&clock) as Arc<dyn Clock>;
        Self {
            cluster: Cluster::new(client.clone(), namespace, shared),
            client,
            namespace: namespace.to_owned(),
            clock,
            feeds: Feed::all(),
            cache: Cache::default(),
            memory: Memory::default(),
            queue: Queue::new(seed),
            failures: BTreeMap::new(),
            activity,
        }
    }

    /// Reconciles for as long as it is polled.
    pub(super) async fn run(mut self) -> Infallible {
        loop {
            self.list().await;
            while let Some(news) = poll_fn(|context| self.poll_feeds(context)).now_or_never() {
                self.take(news);
            }
            self.queue.ring(self.clock.now());
            let has_seen_all = self.feeds.iter().all(Feed::has_listed);
            match if has_seen_all { self.queue.pop() } else { None } {
                Some(key) => self.reconcile(key).await,
                None => self.wait().await,
            }
        }
    }

    /// Lists the kinds that have to be and may be.
    async fn list(&mut self) {
        for index in 0..self.feeds.len() {
            if self.feeds[index].wants_list().is_some_and(|at| at <= Instant::now())
                && let Some(news) = self.feeds[index].list(&self.client, &self.namespace).await
            {
                self.take(news);
            }
        }
    }

    fn poll_feeds(&mut self, context: &mut std::task::Context<'_>) -> Poll<News> {
        for feed in &mut self.feeds {
            if let Poll::Ready(news) = feed.poll(context) {
                return Poll::Ready(news);
            }
        }
        Poll::Pending
    }

    fn take(&mut self, news: News) {
        let keys = match news {
            News::All(kind, seen) => self.cache.replace_all(kind, seen),
            News::Put(seen) => self.cache.apply(seen),
            News::Gone(seen) => {
                let keys = reconcile::keys_for_gone(&seen, &self.cache);
                self.cache.remove(&seen);
                keys
            }
        };
        for key in keys {
            self.queue.push(key);
        }
    }

    async fn reconcile(&mut self, key: Key) {
        let no_evaluation_from = look(&self.activity).no_evaluation_from;
        if matches!(key, Key::TenantSchedule) && no_evaluation_from.is_some_and(|from| self.clock.now() >= from) {
            // Until it is said whether what began before may still ask for one.
            self.queue.wake(&key, Some(self.clock.now() + END_LOOK));
            return;
        }
        let result = reconcile::reconcile(&self.cache, &self.cluster, &mut self.memory, &key).await;
        let soon = self.clock.now() + TimeDelta::seconds(1);
        let wake_at = match result {
            Ok(next) => {
                self.failures.remove(&key);
                // Not again within this second, or time would never go on.
                next.wake_at.map(|at| at.max(soon))
            }
            Err(error) => {
                tracing::debug!(?key, %error, "reconciling failed, trying again");
                let failures = self.failures.entry(key.clone()).or_default();
                let pause = self.memory.timing.after_failed_passes(*failures);
                *failures = failures.saturating_add(1);
                Some(self.clock.now() + pause)
            }
        };
        self.queue.wake(&key, wake_at);
    }

    /// Ends at the next event, or when something is to be done by time.
    async fn wait(&mut self) {
        {
            let mut activity = look(&self.activity);
            activity.is_idle = self.feeds.iter().all(|feed| feed.wants_list().is_none());
            activity.wakes.clone_from(self.queue.later());
        }
        let clock = Arc::clone(&self.clock);
        let wake = self.queue.later().values().min().copied();
        let relist = self.feeds.iter().filter_map(Feed::wants_list).min();
        let timer = async move {
            let wake = async { if let Some(at) = wake { clock.sleep_until(at).await } else { std::future::pending().await } };
            let relist = async { if let Some(at) = relist { tokio::time::sleep_until(at).await } else { std::future::pending().await } };
            tokio::select! { biased; () = wake => {}, () = relist => {} }
        };
        let mut timer = pin!(timer);
        let news = poll_fn(|context| {
            if let Poll::Ready(news) = self.poll_feeds(context) {
                return Poll::Ready(Some(news));
            }
            // A watch that has just ended left a time at which to list; the timer does not know it yet.
            let has_lost = self.feeds.iter().filter_map(Feed::wants_list).min() != relist;
            if has_lost { Poll::Ready(None) } else { timer.as_mut().poll(context).map(|()| None) }
        });
        let news = news.await;
        look(&self.activity).is_idle = false;
        if let Some(news) = news {
            self.take(news);
        }
    }
}
