//! What Kubernetes itself does with a Job: a pod, a process in it, the report of its end, and the removal.
//!
//! It acts on the API directly. The process is the runner's own entry point, called in this process, with the arguments
//! that the Job's container has.

mod death;
mod objects;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use clap::Parser;
use futures::{StreamExt, TryStreamExt};
use k8s_openapi::api::batch::v1::Job;
use kube::api::{Api, ApiResource, WatchEvent, WatchParams};
use kube::{Client, Resource, ResourceExt};
use serde_json::Value;
use sha2::{Digest, Sha256};
use tokio::sync::{Notify, oneshot};
use tokio::task::AbortHandle;

use super::api::MemoryApi;
use super::clock::VirtualClock;
use super::hook::{Hook, own_client};
use super::outbox::Outbox;
use super::timing::{grace, start_delay};
use crate::cluster::object::Raw;
use crate::cluster::{Clock, Cluster};
use crate::runner::args::{EvaluateArgs, ExecuteArgs};
use crate::runner::{self, Context, Planted, Stop};

use objects::{End, Pod};

pub use death::Death;

/// What a Job's container does: the subcommands that the Jobs of Tenure run.
#[derive(Debug, Parser)]
#[command(no_binary_name = true)]
enum Command {
    Evaluate(EvaluateArgs),
    Execute(ExecuteArgs),
}

impl Command {
    fn process(&self, job: &str) -> String {
        match self {
            Self::Evaluate(_) => format!("evaluate/{job}"),
            // What its Job is called says nothing to people.
            Self::Execute(execute) => format!("execute/{}-a{}", execute.run, execute.attempt),
        }
    }
}

/// What a full evaluation that ended well said, and what it had to go on.
#[derive(Clone, Debug)]
pub(super) struct Evaluated {
    /// What [`MemoryApi`] held when it began, as [`Fingerprint`] sums it up.
    pub before: u64,
    /// Nothing becomes due, ends or is to be removed before, if no object changes.
    pub quiet_until: Option<DateTime<Utc>>,
}

/// Sums up what an evaluation of a namespace could read.
pub(super) type Fingerprint = fn(&MemoryApi, &str) -> u64;

/// A process, as a task of its own; it ends with this unless it is let go.
struct Running {
    task: Option<tokio::task::JoinHandle<i32>>,
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

struct Living {
    uid: String,
    process: String,
    /// Wakes the task when the Job changed.
    changed: Arc<Notify>,
    kill: Option<oneshot::Sender<Death>>,
    task: Option<AbortHandle>,
    is_finished: bool,
}

/// The simulated cluster's Job controller and its one node.
#[derive(Clone)]
pub(super) struct Kubelet {
    shared: Arc<Shared>,
}

struct Shared {
    api: MemoryApi,
    clock: Arc<VirtualClock>,
    seed: u64,
    hook: Arc<Hook>,
    fingerprint: Fingerprint,
    /// By namespace and name.
    jobs: Mutex<BTreeMap<(String, String), Living>>,
    evaluated: Mutex<BTreeMap<String, Evaluated>>,
    finished: Notify,
    outbox: Outbox,
    planted: Mutex<Planted>,
}

impl Kubelet {
    pub(super) fn new(api: MemoryApi, clock: Arc<VirtualClock>, seed: u64, hook: Arc<Hook>, fingerprint: Fingerprint) -> Self {
        let jobs = Mutex::new(BTreeMap::new());
        let evaluated = Mutex::new(BTreeMap::new());
        let planted = Mutex::new(Planted::NONE);
        let (finished, outbox) = (Notify::new(), Outbox::default());
        let shared = Shared { api, clock, seed, hook, fingerprint, jobs, evaluated, finished, outbox, planted };
        Self { shared: Arc::new(shared) }
    }

    /// Every process that starts from now on has this error.
    pub(super) fn set_planted(&self, planted: Planted) {
        *lock(&self.shared.planted) = planted;
    }

    /// Follows the Jobs of all namespaces for as long as it is polled.
    pub(super) async fn run(&self) {
        let client = self.shared.api.client(&own_client("kubelet"));
        let jobs: Api<Raw> = Api::all_with(client, &ApiResource::erase::<Job>(&()));
        // Only the simulation's own watch: it is never refused, and it is polled too often to fall behind the history.
        loop {
            let Ok(mut events) = jobs.watch(&WatchParams::default().timeout(0), "0").await.map(StreamExt::boxed) else { return };
            while let Ok(Some(event)) = events.try_next().await {
                let (WatchEvent::Added(object) | WatchEvent::Modified(object) | WatchEvent::Deleted(object)) = &event else { continue };
                let Ok(job) = object.decode::<Job>() else { continue };
                if let WatchEvent::Deleted(_) = event { self.shared.forget(&job) } else { self.shared.see(&job) }
            }
        }
    }

    /// Ends the process, if it runs.
    pub(super) fn kill(&self, process: &str, death: Death) {
        let mut jobs = self.shared.jobs();
        if let Some(kill) = jobs.values_mut().find(|living| living.process == process).and_then(|living| living.kill.take()) {
            // Nobody listens if the process ended by itself in this instant.
            let _ = kill.send(death);
        }
    }

    /// Whether a Job of the namespace is not finished.
    pub(super) fn is_busy(&self, namespace: &str) -> bool {
        self.shared.jobs().iter().any(|((found, _), living)| found == namespace && !living.is_finished)
    }

    /// What the newest full evaluation of the namespace said.
    pub(super) fn evaluated(&self, namespace: &str) -> Option<Evaluated> {
        lock(&self.shared.evaluated).get(namespace).cloned()
    }

    /// The mails that processes have sent.
    pub(super) fn outbox(&self) -> &Outbox {
        &self.shared.outbox
    }

    /// Ends when the next Job is finished.
    pub(super) async fn job_finished(&self) {
        self.shared.finished.notified().await;
    }

    /// How long after its Job a pod's process begins: a function of the seed and the process.
    pub(super) fn start_delay(&self, process: &str) -> Duration {
        let hash = Sha256::digest(format!("start\0{}\0{process}", self.shared.seed).as_bytes());
        start_delay(hash[0])
    }
}

impl Shared {
    fn jobs(&self) -> MutexGuard<'_, BTreeMap<(String, String), Living>> {
        lock(&self.jobs)
    }

    fn see(self: &Arc<Self>, job: &Job) {
        let key = (job.namespace().unwrap_or_default(), job.name_any());
        let uid = job.uid().unwrap_or_default();
        let mut jobs = self.jobs();
        if let Some(living) = jobs.get(&key).filter(|living| living.uid == uid) {
            living.changed.notify_one();
            return;
        }
        if let Some(task) = jobs.remove(&key).and_then(|replaced| replaced.task) {
            task.abort();
        }
        let changed = Arc::new(Notify::new());
        let (kill, killed) = oneshot::channel();
        let command = job_args(job).and_then(|args| Command::try_parse_from(args).map_err(|error| error.to_string()));
        let process = command.as_ref().map_or_else(|_| key.1.clone(), |command| command.process(&key.1));
        let living = Living {
            uid: uid.clone(),
            process: process.clone(),
            changed: Arc::clone(&changed),
            kill: Some(kill),
            task: None,
            is_finished: false,
        };
        jobs.insert(key.clone(), living);
        let life = Arc::new(Life { shared: Arc::clone(self), key: key.clone(), uid, process, command, changed, stop: Stop::default() });
        let task = tokio::spawn(life.run(killed));
        if let Some(living) = jobs.get_mut(&key) {
            living.task = Some(task.abort_handle());
        }
    }

    fn forget(&self, job: &Job) {
        let key = (job.namespace().unwrap_or_default(), job.name_any());
        let mut jobs = self.jobs();
        let is_same = jobs.get(&key).is_some_and(|living| Some(&living.uid) == job.meta().uid.as_ref());
        if is_same && let Some(task) = jobs.remove(&key).and_then(|living| living.task) {
            task.abort();
        }
    }
}

fn job_args(job: &Job) -> Result<Vec<String>, String> {
    let pod = job.spec.as_ref().and_then(|spec| spec.template.spec.as_ref());
    let container = pod.and_then(|pod| pod.containers.first()).ok_or("the Job has no container")?;
    Ok(container.args.clone().unwrap_or_default())
}

/// One Job from its creation to its removal.
struct Life {
    shared: Arc<Shared>,
    key: (String, String),
    uid: String,
    process: String,
    command: Result<Command, String>,
    changed: Arc<Notify>,
    stop: Stop,
}

impl Life {
    async fn run(self: Arc<Self>, killed: oneshot::Receiver<Death>) {
        let Some(job) = self.job() else { return };
        if !objects::is_finished(&job) {
            let delay = Kubelet { shared: Arc::clone(&self.shared) }.start_delay(self.process.rsplit('/').next().unwrap_or_default());
            tokio::time::sleep(delay).await;
            let Some(pod) = self.start() else { return };
            // A Job of that name may have been there before, and its process may have died.
            self.shared.hook.revive(&self.process);
            let end = self.work(&pod, killed).await;
            self.end(&pod, end);
        }
        if let Some(living) = self.shared.jobs().get_mut(&self.key) {
            living.is_finished = true;
        }
        self.shared.finished.notify_one();
        self.expire().await;
    }

    /// The Job, if it is still this one.
    fn job(&self) -> Option<Arc<Value>> {
        let job = self.shared.api.get("Job", &self.key.0, &self.key.1)?;
        (job["metadata"]["uid"] == self.uid.as_str()).then_some(job)
    }

    fn start(&self) -> Option<Pod> {
        let now = self.shared.clock.now();
        let pod = objects::start_pod(&self.shared.api, &*self.job()?, now)?;
        // The Job may have been changed by what the pod's creation set off; it is read again.
        let job = self.job()?;
        objects::update_job(&self.shared.api, &job, |status| objects::started(status, now));
        Some(pod)
    }

    /// Runs the process until it ends, is killed, or is out of time.
    async fn work(self: &Arc<Self>, pod: &Pod, killed: oneshot::Receiver<Death>) -> End {
        let deadline = self.job().and_then(|job| job["spec"]["activeDeadlineSeconds"].as_u64());
        let deadline = async {
            match deadline {
                Some(seconds) => tokio::time::sleep(Duration::from_secs(seconds)).await,
                None => std::future::pending().await,
            }
        };
        let (life, own) = (Arc::clone(self), pod.clone());
        let mut running = Running { task: Some(tokio::spawn(async move { life.process(&own).await })) };
        let mut process = Box::pin(async {
            match running.task.as_mut() {
                // A process that panics ends as one that is aborted.
                Some(task) => task.await.unwrap_or(134),
                None => std::future::pending().await,
            }
        });
        let end = tokio::select! {
            biased;
            Ok(death) = killed => End::Died(death),
            code = &mut process => End::Exited(code),
            () = deadline => End::OutOfTime,
        };
        if end == End::Died(Death::Asked) {
            self.stop.ask();
            // Whoever takes longer is ended.
            drop(tokio::time::timeout(grace(), &mut process).await);
        }
        drop(process);
        if end == End::Died(Death::Zombie) {
            running.task = None;
        }
        end
    }

    /// The process itself: the runner's entry point, with its own client, and what it would exit with.
    async fn process(&self, pod: &Pod) -> i32 {
        let command = match &self.command {
            Ok(command) => command,
            Err(message) => {
                tracing::warn!(job = self.key.1, message, "the container's arguments are not understood");
                return 2;
            }
        };
        let context = self.context(pod, self.shared.api.client(&self.process));
        let result = match command {
            Command::Evaluate(args) => {
                let before = (self.shared.fingerprint)(&self.shared.api, &self.key.0);
                let outcome = context.stop.cuts(runner::evaluate(&context, args)).await;
                outcome.map(|outcome| {
                    if !args.runs_only {
                        let evaluated = Evaluated { before, quiet_until: outcome.quiet_until };
                        lock(&self.shared.evaluated).insert(self.key.0.clone(), evaluated);
                    }
                })
            }
            Command::Execute(args) => runner::execute(&context, args).await.map(|_| ()),
        };
        match result {
            Ok(()) => 0,
            Err(error) => {
                tracing::warn!(job = self.key.1, %error, "the process failed");
                error.exit_code()
            }
        }
    }

    fn context(&self, pod: &Pod, client: Client) -> Context {
        let clock: Arc<dyn Clock> = Arc::clone(&self.shared.clock) as Arc<dyn Clock>;
        let seed = self.shared.seed;
        let process = format!("{}/{}", self.key.0, self.process);
        let drawn = Mutex::new(0_u64);
        let random = move || {
            let mut drawn = lock(&drawn);
            *drawn += 1;
            Sha256::digest(format!("random\0{seed}\0{process}\0{drawn}").as_bytes()).into()
        };
        Context {
            cluster: Cluster::new(client, &self.key.0, clock).bearing_denials(),
            holder: format!("{}_{}", pod.name, pod.uid),
            random: Arc::new(random),
            post: self.shared.outbox.of(&self.key.0),
            stop: self.stop.clone(),
            planted: *lock(&self.shared.planted),
        }
    }

    fn end(&self, pod: &Pod, end: End) {
        let now = self.shared.clock.now();
        objects::end_pod(&self.shared.api, &self.key.0, pod, end, now);
        if let Some(job) = self.job() {
            objects::update_job(&self.shared.api, &job, |status| objects::ended(status, end, now));
        }
    }

    /// Removes the finished Job when its time to live is over, once it has one.
    async fn expire(&self) {
        loop {
            let Some(job) = self.job() else { return };
            let expiry = objects::expiry(&job);
            let expired = async {
                match expiry {
                    Some(at) => self.shared.clock.sleep_until(at).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                () = self.changed.notified() => {}
                () = expired => {
                    // Gone already is fine.
                    let _ = self.shared.api.delete("Job", &self.key.0, &self.key.1);
                    return;
                }
            }
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
