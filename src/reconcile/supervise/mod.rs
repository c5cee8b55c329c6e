//! The controller of a cluster: watches feed the tenants' caches, and each tenant reconciles by itself.
//!
//! Guarantees: a tenant is reconciled only after everything of its scope was listed, and only while [`Permit::Work`] is
//! given; when the permit is taken away, a pass that is under way is cut off. The end of any task is the end of
//! [`Supervisor::run`]. What is kept is bounded by the objects that there are: each is kept once, without what nobody
//! asks for, and of people nothing.

mod facts;
mod feed;
mod inbox;
mod queue;
mod tenant;
pub mod witness;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use kube::Client;
use thiserror::Error;
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::task::JoinSet;

pub use tenant::Permit;
use witness::Witness;

use super::{Memory, Seen, SeenKind};
use crate::cluster::guard::Guard;
use crate::cluster::watch::Extent;
use crate::cluster::{Clock, SystemClock};
use crate::reconcile::watched::WATCHED;
use feed::{Happened, News, Outlet};
use inbox::{Arrival, Inbox};
use tenant::{PASSES, Shared, SupervisedTenant};

/// News that wait for the dispatcher; the watches behind them wait then, too.
const NEWS: usize = 256;

/// Why the controller ended.
#[derive(Debug, Error)]
pub enum SuperviseError {
    /// A part of it ended that never should.
    #[error("a task of the controller ended: {0}")]
    TaskEnded(String),
}

/// What can be seen of the loop from outside.
#[derive(Debug, Default)]
pub struct Pulse {
    beat: AtomicU64,
    synced: AtomicBool,
}

impl Pulse {
    /// Whether the loop has gone round within the last `window`.
    #[must_use]
    pub fn beats(&self, window: Duration) -> bool {
        let now = millis(SystemClock.elapsed());
        now.saturating_sub(self.beat.load(Ordering::Relaxed)) < millis(window)
    }

    /// Whether everything of a scope was listed. A namespace that cannot be listed keeps nobody else waiting: each scope is worked on
    /// once its own things were listed.
    #[must_use]
    pub fn is_synced(&self) -> bool {
        self.synced.load(Ordering::Relaxed)
    }

    /// The loop goes round.
    pub fn beat(&self) {
        self.beat.store(millis(SystemClock.elapsed()), Ordering::Relaxed);
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// What a controller is started with.
pub struct Supervisor {
    /// For watches.
    pub watches: Client,
    /// For everything else; its fence falls with the lease.
    pub requests: Client,
    /// The namespaces; none: all.
    pub namespaces: BTreeSet<String>,
    /// What every tenant's memory begins as: image and times.
    pub memory: Memory,
    /// Around both clients.
    pub guard: Arc<Guard>,
    /// Who is told.
    pub witness: Arc<dyn Witness>,
    /// Who looks.
    pub pulse: Arc<Pulse>,
}

/// What is followed together.
struct Followed {
    scope: Extent,
    /// Kinds that were not listed yet.
    missing: BTreeSet<SeenKind>,
    synced: watch::Sender<bool>,
}

/// The loop's own.
struct Dispatcher {
    supervisor: Supervisor,
    permit: watch::Receiver<Permit>,
    passes: Arc<Semaphore>,
    rules: Arc<Semaphore>,
    followed: Vec<Followed>,
    tenants: BTreeMap<String, (usize, Arc<Inbox>)>,
    tasks: JoinSet<TaskEnd>,
}

/// A task that has ended.
enum TaskEnd {
    /// A tenant that had nothing left: its namespace is gone.
    LetGo(String),
    /// One that never should.
    Broken(String),
}

impl Supervisor {
    /// Works as the permit says. After [`Permit::Finish`] it returns when no pass is under way, at the latest after
    /// [`Timing::drain`].
    ///
    /// # Errors
    /// [`SuperviseError`] when a task ends.
    pub async fn run(self, mut permit: watch::Receiver<Permit>) -> Result<(), SuperviseError> {
        let patience = self.memory.timing.drain;
        let passes = Arc::new(Semaphore::new(PASSES));
        let (sender, news) = mpsc::channel(NEWS);
        let scopes: Vec<Extent> = if self.namespaces.is_empty() {
            vec![Extent::Cluster]
        } else {
            self.namespaces.iter().cloned().map(Extent::Namespace).collect()
        };
        let mut tasks = JoinSet::new();
        let mut followed = Vec::new();
        for (index, scope) in scopes.into_iter().enumerate() {
            for watched in WATCHED {
                let outlet = Outlet { scope: index, news: sender.clone() };
                let watch = feed::follow(watched, self.watches.clone(), scope.clone(), outlet);
                tasks.spawn(async move {
                    watch.await;
                    TaskEnd::Broken(format!("the watch of {:?}", watched.kind))
                });
            }
            let missing = WATCHED.iter().map(|watched| watched.kind).collect();
            followed.push(Followed { scope, missing, synced: watch::Sender::new(false) });
        }
        let finishing = permit.clone();
        let (places, rules) = (Arc::clone(&passes), Arc::new(Semaphore::new(1)));
        let mut dispatcher =
            Dispatcher { supervisor: self, permit: finishing, passes: places, rules, followed, tenants: BTreeMap::new(), tasks };
        tokio::select! {
            biased;
            error = dispatcher.run(news) => Err(error),
            _ = permit.wait_for(|permit| *permit == Permit::Finish) => {
                let all = u32::try_from(PASSES).unwrap_or(u32::MAX);
                if tokio::time::timeout(patience, passes.acquire_many(all)).await.is_err() {
                    tracing::warn!("passes were cut off in the middle");
                }
                Ok(())
            }
        }
    }
}

impl Dispatcher {
    async fn run(&mut self, mut news: mpsc::Receiver<News>) -> SuperviseError {
        let mut beat = tokio::time::interval(self.supervisor.memory.timing.beat);
        loop {
            tokio::select! {
                Some(news) = news.recv() => self.take(news),
                Some(end) = self.tasks.join_next() => match end {
                    Ok(TaskEnd::LetGo(namespace)) => self.let_go(&namespace),
                    Ok(TaskEnd::Broken(what)) => return SuperviseError::TaskEnded(what),
                    Err(error) => return SuperviseError::TaskEnded(error.to_string()),
                },
                _ = beat.tick() => self.supervisor.pulse.beat(),
            }
        }
    }

    fn take(&mut self, News { scope, kind, what }: News) {
        match what {
            Happened::Put(namespace, seen) => self.change(scope, &namespace, &Arrival::Put(seen)),
            Happened::Gone(namespace, seen) => self.change(scope, &namespace, &Arrival::Gone(seen)),
            Happened::All(mut listed) => self.list(scope, kind, &mut listed),
        }
    }

    /// One object, to whoever is the namespace's tenant when it arrives.
    fn change(&mut self, scope: usize, namespace: &str, change: &Arrival) {
        while !self.inbox(scope, namespace.to_owned()).change(change.clone()) {}
    }

    /// Forgets a tenant that has ended, unless the namespace has another one by now.
    fn let_go(&mut self, namespace: &str) {
        if self.tenants.get(namespace).is_some_and(|(_, inbox)| inbox.is_closed()) {
            self.tenants.remove(namespace);
        }
        tracing::info!(namespace, "nothing is left of the tenant");
    }

    /// Everything of a kind; a tenant without any has none.
    fn list(&mut self, scope: usize, kind: SeenKind, listed: &mut BTreeMap<String, Vec<Seen>>) {
        for namespace in listed.keys().cloned().collect::<Vec<_>>() {
            self.inbox(scope, namespace);
        }
        let own: Vec<String> = self.tenants.iter().filter(|(_, (of, _))| *of == scope).map(|(namespace, _)| namespace.clone()).collect();
        for namespace in own {
            let mut seen = listed.remove(&namespace).unwrap_or_default();
            // A tenant that has ended had nothing: another one is there for what is listed now.
            while let Err(back) = self.inbox(scope, namespace.clone()).list(kind, seen) {
                seen = back;
            }
        }
        let followed = &mut self.followed[scope];
        if followed.missing.remove(&kind) && followed.missing.is_empty() {
            tracing::info!(scope = ?followed.scope, tenants = self.tenants.len(), "everything was listed");
            followed.synced.send_replace(true);
            self.supervisor.pulse.synced.store(true, Ordering::Relaxed);
        }
    }

    /// The namespace's inbox, of a tenant that is started if there is none.
    fn inbox(&mut self, scope: usize, namespace: String) -> Arc<Inbox> {
        if let Some((_, inbox)) = self.tenants.get(&namespace).filter(|(_, inbox)| !inbox.is_closed()) {
            return Arc::clone(inbox);
        }
        let inbox = Arc::new(Inbox::default());
        let shared = Shared {
            witness: Arc::clone(&self.supervisor.witness),
            guard: Arc::clone(&self.supervisor.guard),
            permit: self.permit.clone(),
            synced: self.followed[scope].synced.subscribe(),
            passes: Arc::clone(&self.passes),
            rules: Arc::clone(&self.rules),
        };
        let client = self.supervisor.requests.clone();
        let tenant = SupervisedTenant::new(client, &namespace, self.supervisor.memory.clone(), Arc::clone(&inbox), shared);
        let name = namespace.clone();
        self.tasks
            .spawn(async move { if tenant.run().await { TaskEnd::LetGo(name) } else { TaskEnd::Broken(format!("the tenant {name}")) } });
        self.tenants.insert(namespace, (scope, Arc::clone(&inbox)));
        inbox
    }
}
