//! A simulated cluster, from the first document to the last result.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use serde_json::Value;
use tokio::runtime::Runtime;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::JoinHandle;

use super::api::{Interceptor, MemoryApi};
use super::clock::{self, VirtualClock};
use super::hook::{CONTROLLER, Hook, own_client};
use super::kubelet::{Death, Kubelet};
use super::load::{Document, Problem};
use super::outbox::SentMail;
use super::report::{Observer, Timeline};
use super::script::{Action, Intervention, Period, Script};
use super::tenant::{SimulatedTenant, fingerprint};
use super::timing::{CONTROLLER_RESTART, LONGEST_AFTERMATH, SETTLE};
use crate::cluster::{Clock, Cluster};
use crate::runner::evaluate::explain::Explanation;
use crate::runner::{self, Planted, PlantedError, RunnerError};

/// How to simulate.
#[derive(Clone, Debug)]
pub struct Options {
    /// The beginning, instead of what the documents say.
    pub from: Option<DateTime<Utc>>,
    /// The end, instead of what the documents say.
    pub until: Option<DateTime<Utc>>,
    /// The beginning where nobody says.
    pub now: DateTime<Utc>,
    /// Decides everything that is left to chance: names, delays, the order of reconciling.
    pub seed: u64,
    /// The time zone of reports, instead of the tenants'.
    pub time_zone: Option<Tz>,
    /// Whether ticks in which nothing can happen are left out.
    pub skip_quiet: bool,
    /// What becomes of the pod of a process that an interceptor lets die.
    pub death: Death,
    /// How long every answer of the API is on its way.
    pub latency: std::time::Duration,
    /// Called now and then with how far the simulation is.
    pub progress: Option<fn(DateTime<Utc>, Period)>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            from: None,
            until: None,
            now: DateTime::UNIX_EPOCH,
            seed: 0,
            time_zone: None,
            skip_quiet: true,
            death: Death::Reported,
            latency: std::time::Duration::ZERO,
            progress: None,
        }
    }
}

/// What a simulation has come to.
#[derive(Clone, Debug)]
pub struct Finished {
    /// What was played.
    pub period: Period,
    /// The time zone of reports: the one that was asked for, else the tenants' if they have one in common, else UTC.
    pub zone: Tz,
    /// Every object at the end, in order of kind, namespace and name.
    pub objects: Vec<Value>,
    /// What happened, in order of time.
    pub timeline: Timeline,
    /// The mails that were sent, in order of time.
    pub mails: Vec<SentMail>,
    /// What is not as it should be: Workflows that are not Ready, subjects that failed, work that did not end.
    pub problems: Vec<String>,
}

/// A simulated cluster that has not begun yet.
///
/// It has a runtime of its own and cannot be made or run within another one.
pub struct Simulation {
    runtime: Runtime,
    world: World,
}

struct World {
    period: Period,
    options: Options,
    clock: Arc<VirtualClock>,
    api: MemoryApi,
    hook: Arc<Hook>,
    deaths: UnboundedReceiver<Arc<str>>,
    kubelet: Kubelet,
    tenants: Vec<SimulatedTenant>,
    script: Script,
    /// When a controller that died is back.
    restart_at: Option<DateTime<Utc>>,
    /// When to look whether everything has settled.
    settle_at: Option<DateTime<Utc>>,
    observer: Observer,
}

impl Simulation {
    /// A cluster in which the documents will be applied in order of their times.
    ///
    /// # Errors
    /// Everything that is wrong with the documents: they are played on an API of their own first.
    pub fn new(documents: Vec<Document>, options: Options) -> Result<Self, Vec<Problem>> {
        let fail = |problem: Problem| vec![problem];
        let period = Period::choose((options.from, options.until), &documents, options.now, options.time_zone).map_err(fail)?;
        let script = Script::new(documents, period);
        let runtime = clock::runtime().map_err(|error| fail(Problem { place: String::new(), message: format!("no runtime: {error}") }))?;
        let guard = runtime.enter();
        let clock = Arc::new(VirtualClock::begin(period.from));
        drop(guard);
        let now = Arc::clone(&clock);
        let problems = script.rehearse(&MemoryApi::tenure(Arc::new(move || now.now())));
        if !problems.is_empty() {
            return Err(problems);
        }
        let now = Arc::clone(&clock);
        let api = MemoryApi::tenure(Arc::new(move || now.now())).with_seed(options.seed).with_latency(options.latency);
        let (hook, deaths) = Hook::new();
        api.set_interceptor(Some(Arc::clone(&hook) as Arc<dyn Interceptor>));
        let kubelet = Kubelet::new(api.clone(), Arc::clone(&clock), options.seed, Arc::clone(&hook), fingerprint);
        let tenants = script.namespaces().into_iter().map(SimulatedTenant::new).collect();
        let observer = Observer::new(api.clone(), Arc::clone(&clock));
        let (restart_at, settle_at) = (None, None);
        let world = World { period, options, clock, api, hook, deaths, kubelet, tenants, script, restart_at, settle_at, observer };
        Ok(Self { runtime, world })
    }

    /// The cluster's API, before and after.
    #[must_use]
    pub fn api(&self) -> MemoryApi {
        self.world.api.clone()
    }

    /// What is played.
    #[must_use]
    pub fn period(&self) -> Period {
        self.world.period
    }

    /// Lets an interceptor decide about every request of the controller (process [`CONTROLLER`]), of evaluations
    /// (`evaluate/<Job>`) and of executions (`execute/<Job>`). A verdict that lets a process die ends it: the
    /// controller comes back after ten seconds and knows nothing, the pod of a Job becomes what
    /// [`Options::death`] says.
    #[must_use]
    pub fn with_interceptor(self, interceptor: Arc<dyn Interceptor>) -> Self {
        self.world.hook.install(Some(interceptor));
        self
    }

    /// Does something to the cluster at `at`, after the documents of that instant.
    #[must_use]
    pub fn with_action(mut self, at: DateTime<Utc>, action: Action) -> Self {
        self.world.script.add(at, action);
        self
    }

    /// Ends a process at `at` in the middle of whatever it does.
    #[must_use]
    pub fn with_death(self, at: DateTime<Utc>, process: &str) -> Self {
        let (hook, process) = (Arc::clone(&self.world.hook), process.to_owned());
        self.with_action(at, Box::new(move |_| hook.kill(&process)))
    }

    /// Plants an error of the protocol into every runner: for tests, which show that they would find it.
    #[must_use]
    pub fn with_planted_error(self, error: PlantedError) -> Self {
        self.world.kubelet.set_planted(Planted::error(error));
        self
    }

    /// Plays up to `at`, with the documents of that instant, and no further; and says of one person in the tenant
    /// `namespace` what every workflow makes of them then, with instants on the clock of `zone`, or else of the tenant. None:
    /// nobody has that name.
    ///
    /// # Errors
    /// What keeps the tenant from being read.
    pub fn explain(self, namespace: &str, subject: &str, at: DateTime<Utc>, zone: Option<Tz>) -> Result<Option<Explanation>, RunnerError> {
        let Self { runtime, mut world } = self;
        runtime.block_on(world.explain(namespace, subject, at, zone))
    }

    /// Plays it all.
    #[must_use]
    pub fn run(self) -> Finished {
        let Self { runtime, mut world } = self;
        runtime.block_on(world.play());
        world.finish()
    }
}

impl World {
    /// Plays up to `end`.
    async fn begin(&mut self, end: DateTime<Utc>) -> JoinHandle<()> {
        let kubelet = self.kubelet.clone();
        let kubelet = tokio::spawn(async move { kubelet.run().await });
        self.follow_script();
        for tenant in &mut self.tenants {
            tenant.end_evaluations(self.period.until);
            tenant.start(&self.api, &self.clock, self.options.seed);
        }
        self.play_until(end, false).await;
        kubelet
    }

    async fn explain(
        &mut self,
        namespace: &str,
        subject: &str,
        at: DateTime<Utc>,
        zone: Option<Tz>,
    ) -> Result<Option<Explanation>, RunnerError> {
        self.begin(at).await.abort();
        let client = self.api.client(&own_client("explain"));
        let cluster = Cluster::new(client, namespace, Arc::clone(&self.clock) as Arc<dyn Clock>);
        runner::evaluate::explain::explain(&cluster, subject, zone).await
    }

    async fn play(&mut self) {
        let observer = tokio::spawn(self.observer.clone().run());
        let kubelet = self.begin(self.period.until).await;
        let now = self.clock.now();
        for tenant in &self.tenants {
            // A tick at the end is not played any more.
            let first = tenant.next_tick(&self.api, now - TimeDelta::seconds(1));
            tenant.end_evaluations(first.unwrap_or(now));
        }
        self.settle_at = Some(now + SETTLE);
        self.play_until(now + LONGEST_AFTERMATH, true).await;
        self.observer.settle().await;
        observer.abort();
        kubelet.abort();
    }

    /// Plays until `end`; with `is_aftermath` only until everything has settled.
    async fn play_until(&mut self, end: DateTime<Utc>, is_aftermath: bool) {
        loop {
            let now = self.clock.now();
            if now >= end || (is_aftermath && self.settle_at.is_none()) {
                return;
            }
            let next = self.next_at(end);
            let Self { deaths, tenants, kubelet, clock, .. } = self;
            let controllers = poll_fn(|context| {
                for tenant in &mut *tenants {
                    tenant.poll(context);
                }
                Poll::<()>::Pending
            });
            let mut has_finished = false;
            let mut died = None;
            tokio::select! {
                biased;
                process = deaths.recv() => died = process,
                () = controllers => {}
                () = kubelet.job_finished() => has_finished = true,
                () = clock.sleep_until(next) => {}
            }
            if let Some(process) = died {
                self.bury(&process);
            }
            if has_finished && !is_aftermath {
                self.settle_at = Some(self.clock.now() + SETTLE);
            }
            self.pass_time(is_aftermath);
        }
    }

    fn next_at(&self, end: DateTime<Utc>) -> DateTime<Utc> {
        let rests = self.tenants.iter().filter_map(SimulatedTenant::rests_until);
        let others = [self.script.next_at(), self.restart_at, self.settle_at];
        others.into_iter().flatten().chain(rests).fold(end, DateTime::min)
    }

    /// Does what is to be done by now.
    fn pass_time(&mut self, is_aftermath: bool) {
        let now = self.clock.now();
        for tenant in &mut self.tenants {
            if tenant.rests_until().is_some_and(|until| until <= now) {
                tenant.awake(&self.api);
            }
        }
        self.follow_script();
        if self.restart_at.is_some_and(|at| at <= now) {
            self.restart_at = None;
            self.hook.revive(CONTROLLER);
            for tenant in &mut self.tenants {
                tenant.start(&self.api, &self.clock, self.options.seed);
            }
        }
        if self.settle_at.is_some_and(|at| at <= now) {
            self.settle_at = None;
            if is_aftermath {
                let is_over = |tenant: &SimulatedTenant| tenant.is_idle(&self.kubelet) && !tenant.has_open_runs(&self.api);
                if !self.tenants.iter().all(is_over) {
                    self.settle_at = Some(now + SETTLE);
                }
            } else {
                self.rest(now);
            }
        }
        if let Some(progress) = self.options.progress {
            progress(now, self.period);
        }
    }

    /// Lets quiet ticks go by.
    fn rest(&mut self, now: DateTime<Utc>) {
        if !self.options.skip_quiet || self.restart_at.is_some() {
            return;
        }
        let horizon = self.script.next_at().unwrap_or(self.period.until).min(self.period.until);
        for tenant in &mut self.tenants {
            if tenant.rests_until().is_none() {
                tenant.rest(&self.api, &self.kubelet, now, horizon, self.period.until);
            }
        }
    }

    fn follow_script(&mut self) {
        while let Some(step) = self.script.take(self.clock.now()) {
            match step {
                Intervention::Apply(document) => {
                    let (kind, namespace, name) = document.key();
                    let before = self.api.get(kind, namespace, name);
                    let result = self.api.apply(&document.object);
                    self.observer.applied(&document, before.as_deref(), result.err());
                }
                Intervention::Delete(document) => {
                    let (kind, namespace, name) = document.key();
                    let result = self.api.delete(kind, namespace, name);
                    self.observer.applied(&document, None, result.err());
                }
                Intervention::Act(action) => action(&self.api),
            }
        }
        self.observer.examine_records();
    }

    /// Ends what a dead process leaves behind.
    fn bury(&mut self, process: &str) {
        if process == CONTROLLER {
            for tenant in &mut self.tenants {
                tenant.stop();
            }
            self.restart_at = Some(self.clock.now() + CONTROLLER_RESTART);
        } else {
            self.kubelet.kill(process, self.options.death);
        }
    }

    fn finish(self) -> Finished {
        let mut objects: Vec<Value> = self.api.dump().iter().map(|object| (**object).clone()).collect();
        for object in &mut objects {
            for tenant in &self.tenants {
                tenant.complete(object);
            }
        }
        let mut problems = super::report::problems(&objects);
        for tenant in self.tenants.iter().filter(|tenant| !tenant.is_idle(&self.kubelet)) {
            problems.push(format!("{}: work had not ended {} hours after the end", tenant.namespace, LONGEST_AFTERMATH.num_hours()));
        }
        Finished {
            period: self.period,
            zone: self.options.time_zone.unwrap_or_else(|| super::report::common_zone(objects.iter())),
            timeline: self.observer.timeline(&objects),
            mails: self.kubelet.outbox().mails(),
            problems,
            objects,
        }
    }
}
