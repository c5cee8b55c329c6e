//! One namespace: takes in what was seen, and reconciles one key after the other, Workflows some at a time, while this
//! process may.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::{Semaphore, watch};

use super::facts;
use super::inbox::{Arrival, Inbox};
use super::queue::Queue;
use super::witness::Witness;
use crate::cluster::guard::Guard;
use crate::cluster::{Cluster, SystemClock};
use crate::domain::timing::{GRAIN, Timing};
use crate::reconcile::judged::{Unjudged, has_patterns};
use crate::reconcile::{self, Cache, Key, Memory, Next, ReconcileError, Seen, workflow};

/// Passes of all tenants at the same time: what one process asks of an API server at once.
pub(super) const PASSES: usize = 32;
/// Workflows of one tenant that passes are made over at the same time. A pass that makes a version mostly waits: the API
/// server answers a consistent read of a kind that nobody writes when its store next says how far it is, after up to
/// 100 ms. Half of all places: who edits many at once leaves as many to others.
const WORKFLOWS_AT_ONCE: usize = PASSES / 2;

/// What a controller process may do.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Permit {
    /// Watch only.
    Watch,
    /// Reconcile.
    Work,
    /// End the passes that are under way and begin none.
    Finish,
}

/// What all tenants of a process share.
#[derive(Clone)]
pub(super) struct Shared {
    pub witness: Arc<dyn Witness>,
    pub guard: Arc<Guard>,
    pub permit: watch::Receiver<Permit>,
    /// Everything of the tenant's scope has been listed.
    pub synced: watch::Receiver<bool>,
    /// Bounds the passes at the same time.
    pub passes: Arc<Semaphore>,
    /// Whose rules are compiled: one Workflow's at a time, each tenant in its turn.
    pub rules: Arc<Semaphore>,
}

/// A tenant's loop.
pub(super) struct SupervisedTenant {
    cluster: Cluster,
    inbox: Arc<Inbox>,
    shared: Shared,
    cache: Cache,
    memory: Memory,
    queue: Queue,
}

impl SupervisedTenant {
    pub fn new(client: kube::Client, namespace: &str, memory: Memory, inbox: Arc<Inbox>, shared: Shared) -> Self {
        let cluster = Cluster::new(client, namespace, Arc::new(SystemClock)).with_timing(memory.timing);
        Self { cluster, inbox, shared, cache: Cache::default(), memory, queue: Queue::default() }
    }

    fn now(&self) -> DateTime<Utc> {
        self.cluster.clock().now()
    }

    fn may_work(&self) -> bool {
        *self.shared.permit.borrow() == Permit::Work && *self.shared.synced.borrow()
    }

    /// Ends when nothing is left of the tenant (true), or when whoever gives the permit is gone (false).
    pub async fn run(mut self) -> bool {
        loop {
            self.take_in();
            let keys = if self.may_work() {
                self.queue.ring(self.now());
                next(&mut self.queue)
            } else {
                Vec::new()
            };
            if !keys.is_empty() {
                self.pass(keys).await;
            } else if self.is_over() {
                return true;
            } else if self.wait().await.is_err() {
                return false;
            }
        }
    }

    /// Whether nothing is left of the tenant, so that nobody needs to remember it. Of a namespace that is deleted everything
    /// is seen to go.
    fn is_over(&self) -> bool {
        if !*self.shared.synced.borrow() || !self.cache.is_empty() {
            return false;
        }
        // Before the inbox is closed: whoever comes after tells of the namespace anew.
        self.shared.witness.forgotten(self.cluster.namespace());
        self.inbox.close_if_empty()
    }

    fn take_in(&mut self) {
        let letters = self.inbox.take();
        if letters.lists.is_empty() && letters.changes.is_empty() {
            return;
        }
        for (kind, seen) in letters.lists {
            for seen in &seen {
                self.complain(seen);
            }
            let keys = self.cache.replace_all(kind, seen);
            self.push(keys);
        }
        for change in letters.changes.into_values() {
            let keys = match change {
                Arrival::Put(seen) => {
                    self.complain(&seen);
                    self.tell(&seen);
                    self.cache.apply(seen)
                }
                Arrival::Gone(seen) => {
                    let keys = reconcile::keys_for_gone(&seen, &self.cache);
                    self.cache.remove(&seen);
                    keys
                }
            };
            self.push(keys);
        }
        if self.may_work() {
            self.shared.witness.tenant(self.cluster.namespace(), facts::tenant(&self.cache));
        }
    }

    fn push(&mut self, keys: Vec<Key>) {
        for key in keys {
            self.queue.push(key);
        }
    }

    /// Says that an object cannot be read, once for each version of it.
    fn complain(&self, seen: &Seen) {
        if let Seen::Broken(broken) = seen
            && !self.cache.knows(broken)
        {
            let (namespace, kind, uid, version, error) =
                (self.cluster.namespace(), broken.kind, &broken.uid, &broken.version, &broken.error);
            tracing::warn!(namespace, ?kind, uid, version, %error, "the object cannot be read; what depends on it waits until it is mended");
        }
    }

    /// Tells what came to its end with this change.
    fn tell(&self, seen: &Seen) {
        if self.may_work() {
            facts::tell(self.shared.witness.as_ref(), self.cluster.namespace(), &self.cache, seen);
        }
    }

    /// One pass over each key; more than one only over Workflows.
    async fn pass(&mut self, keys: Vec<Key>) {
        let mut permit = self.shared.permit.clone();
        self.memory.clock_skew = self.shared.guard.is_clock_off().then(|| self.shared.guard.skew_seconds());
        let work = async {
            judge(&self.cache, &self.shared.rules, &keys).await;
            work(&self.cache, &self.cluster, &mut self.memory, &self.shared.passes, &keys).await
        };
        let lost = permit.wait_for(|permit| *permit == Permit::Watch);
        let ended = tokio::select! {
            biased;
            // At once, in the middle of whatever it is: every pass can be cut off anywhere.
            _ = lost => None,
            ended = work => Some(ended),
        };
        match ended {
            Some(ended) => ended.into_iter().for_each(|ended| self.conclude(ended)),
            None => self.push(keys),
        }
    }

    fn conclude(&mut self, PassEnd { key, result, took }: PassEnd) {
        self.shared.witness.passed(self.cluster.namespace(), &key, result.as_ref().err(), took);
        let now = self.now();
        match result {
            // Not again within this second.
            Ok(next) => self.queue.done(&key, next.wake_at.map(|at| at.max(now + GRAIN))),
            Err(error) => {
                let pause = self.queue.failed(&key, now, &self.memory.timing, rand::random());
                let (namespace, seconds) = (self.cluster.namespace(), pause.as_secs());
                tracing::warn!(namespace, ?key, %error, seconds, "the pass failed and is tried again");
            }
        }
    }

    /// Ends when something has arrived, the permit has changed, or it is time for a key.
    async fn wait(&mut self) -> Result<(), watch::error::RecvError> {
        let Timing { longest_sleep, shortest_sleep, .. } = self.memory.timing;
        let sleep = match self.queue.next_wake() {
            Some(at) if self.may_work() => (at - self.now()).to_std().unwrap_or_default().min(longest_sleep).max(shortest_sleep),
            _ => longest_sleep,
        };
        let clock = Arc::clone(self.cluster.clock());
        tokio::select! {
            biased;
            changed = self.shared.permit.changed() => changed,
            changed = self.shared.synced.changed() => changed,
            () = self.inbox.arrival() => Ok(()),
            () = clock.sleep(sleep) => Ok(()),
        }
    }
}

/// Compiles the rules that passes over these keys ask for, on a thread beside the loop: a tenant that has many, and costly ones,
/// waits for itself, and another one for a single Workflow of it.
async fn judge(cache: &Cache, rules: &Semaphore, keys: &[Key]) {
    // Whether there is room for one rule depends on those of all.
    let asks = |key: &Key| match key {
        Key::TenantSchedule => true,
        Key::Workflow(name) => cache.workflow(name).is_some_and(has_patterns),
        Key::Directory(_) | Key::Run(_) => false,
    };
    if !keys.iter().any(asks) {
        return;
    }
    let names: Vec<String> = cache.workflows().map(kube::ResourceExt::name_any).collect();
    for name in names {
        let Some(unjudged) = Unjudged::of(cache, &name) else { continue };
        // The semaphore is never closed.
        let _turn = rules.acquire().await;
        let judged = cache.judged().clone();
        if let Err(error) = tokio::task::spawn_blocking(move || unjudged.judge(&judged)).await {
            tracing::warn!(%error, "a rule could not be looked at beside the loop");
        }
    }
}

/// A pass that has ended.
struct PassEnd {
    key: Key,
    result: Result<Next, ReconcileError>,
    took: Duration,
}

/// The passes, those over Workflows at the same time.
async fn work(cache: &Cache, cluster: &Cluster, memory: &mut Memory, passes: &Semaphore, keys: &[Key]) -> Vec<PassEnd> {
    if let [key] = keys {
        // The semaphore is never closed.
        let _place = passes.acquire().await;
        let began = cluster.clock().elapsed();
        let result = reconcile::reconcile(cache, cluster, memory, key).await;
        return vec![PassEnd { key: key.clone(), result, took: cluster.clock().elapsed().saturating_sub(began) }];
    }
    let workflows: Vec<(&str, Option<String>)> = keys
        .iter()
        .filter_map(|key| match key {
            Key::Workflow(name) => Some((name.as_str(), memory.settled.remove(name))),
            _ => None,
        })
        .collect();
    let ended = futures::future::join_all(workflows.into_iter().map(async |(name, mut settled)| {
        let _place = passes.acquire().await;
        let began = cluster.clock().elapsed();
        let result = workflow::pass(cache, cluster, &mut settled, name).await;
        let key = Key::Workflow(name.to_owned());
        (name, PassEnd { key, result, took: cluster.clock().elapsed().saturating_sub(began) }, settled)
    }));
    let settle = |(name, ended, settled): (&str, PassEnd, Option<String>)| {
        memory.settled.extend(settled.map(|settled| (name.to_owned(), settled)));
        ended
    };
    ended.await.into_iter().map(settle).collect()
}

/// What passes are made over now.
fn next(queue: &mut Queue) -> Vec<Key> {
    queue.pop(WORKFLOWS_AT_ONCE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_edits_many_workflows_leaves_places_to_others() {
        let mut queue = Queue::default();
        for number in 0..200 {
            queue.push(Key::Workflow(format!("workflow-{number}")));
        }
        assert_eq!(next(&mut queue).len(), PASSES / 2);
    }
}
