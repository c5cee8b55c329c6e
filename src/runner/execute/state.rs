//! What an attempt knows: its Run, its slices as last seen, and the tenant as of the last claim.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use kube::ResourceExt;

use crate::api::meta::{DEFAULT_NAME, LABEL_RUN};
use crate::api::run::RunPlan;
use crate::api::{
    Directory as DirectoryObject, DirectorySnapshot, Run, RunSlice, Sighting, SubjectResult, Task, TenantLedger, WorkflowVersion,
};
use crate::cluster::Cluster;
use crate::cluster::client::Selector;
use crate::directory::Embedded;
use crate::domain::employment::Employment;
use crate::domain::epochs::is_valid;
use crate::domain::keys::Keyring;
use crate::domain::snapshot::{Tracked, bucket_name, employment, look, sealed_sighting};
use crate::domain::subject::Person;
use crate::runner::args::ExecuteArgs;
use crate::runner::{Context, RunnerError};

use super::lease::Lease;
use super::mind::Mind;

/// What is known of one person.
pub(super) struct Seen {
    /// The sighting, as of now.
    pub now: Sighting,
    /// The dates, read together.
    pub employment: Employment,
}

/// One attempt.
pub(super) struct Attempt {
    pub context: Context,
    pub number: i32,
    pub run: Run,
    pub plan: RunPlan,
    pub keys: Keyring,
    pub directory: Embedded,
    directory_name: String,
    /// The tasks of the pinned version that are enabled, in order.
    pub tasks: Vec<Task>,
    pub lease: Lease,
    slices: Mutex<BTreeMap<String, RunSlice>>,
    /// Results that this process has claimed and not yet seen written in full, by occurrence.
    held: Mutex<BTreeMap<String, SubjectResult>>,
    /// Occurrences whose effects may be under way.
    active: Mutex<BTreeSet<String>>,
    /// Occurrences that a leaver has marked while they were held.
    marked: Mutex<BTreeSet<String>>,
    /// Occurrences that another process had claimed, and may have begun.
    inherited: Mutex<BTreeSet<String>>,
    /// Processes that had claims when this one began, and that are known to have ended.
    pub dead: BTreeSet<String>,
    pub mind: Mind,
    pub reported: Option<std::time::Duration>,
}

fn missing(what: &str, name: &str) -> RunnerError {
    RunnerError::Invalid(format!("{what} {name:?} is gone"))
}

impl Attempt {
    /// Reads the Run and everything it needs, and checks that its plan counts.
    pub async fn load(context: &Context, args: &ExecuteArgs) -> Result<Self, RunnerError> {
        let cluster = &context.cluster;
        let lease = Lease::new(cluster.clock().clone(), cluster.timing().trust);
        let run: Run = cluster.find(&args.run).await?.ok_or_else(|| RunnerError::Overtaken(format!("Run {:?} is gone", args.run)))?;
        let head: TenantLedger = cluster.find(DEFAULT_NAME).await?.ok_or(RunnerError::HeadMissing)?;
        let plan = run.status.as_ref().and_then(|status| status.plan.clone());
        let plan = plan
            .filter(|plan| is_valid(&head.spec, plan.epoch))
            .ok_or_else(|| RunnerError::Overtaken(format!("the plan of Run {:?} does not count", args.run)))?;
        let keys = Keyring::of(&head.spec).map_err(|error| RunnerError::Invalid(error.to_string()))?;
        let source =
            run.spec.source.workflow.clone().ok_or_else(|| RunnerError::Invalid(format!("Run {:?} names no workflow", args.run)))?;
        let version = format!("{}-v{}", source.name, plan.version);
        let version: WorkflowVersion = cluster.find(&version).await?.ok_or_else(|| missing("WorkflowVersion", &version))?;
        let mind = Mind::look(cluster, &source.name).await?;
        let name = version.spec.template.directory.clone().or_else(|| mind.default_directory());
        let name = name.ok_or_else(|| RunnerError::Invalid(format!("workflow {:?} has no directory", source.name)))?;
        let object: DirectoryObject = cluster.find(&name).await?.ok_or_else(|| missing("Directory", &name))?;
        let directory = Embedded::new(cluster.clone(), keys.clone(), &name, &object.spec, mind.time_zone());
        let slices = Self::read_slices(cluster, &args.run, plan.epoch).await?;
        Ok(Self {
            context: context.clone(),
            number: args.attempt,
            run,
            plan,
            keys,
            directory,
            directory_name: name,
            tasks: version.spec.template.tasks.iter().filter(|task| task.is_enabled).cloned().collect(),
            lease,
            slices: Mutex::new(slices),
            held: Mutex::default(),
            active: Mutex::default(),
            marked: Mutex::default(),
            inherited: Mutex::default(),
            dead: BTreeSet::new(),
            mind,
            reported: None,
        })
    }

    async fn read_slices(cluster: &Cluster, run: &str, epoch: i64) -> Result<BTreeMap<String, RunSlice>, RunnerError> {
        let slices: Vec<RunSlice> = cluster.list(&Selector::labels(format!("{LABEL_RUN}={run}"))).await?;
        Ok(slices.into_iter().filter(|slice| slice.spec.epoch == epoch).map(|slice| (slice.name_any(), slice)).collect())
    }

    /// Looks at the tenant again: what the runner decides by, and the Directory as it is now.
    pub async fn look_around(&mut self) -> Result<(), RunnerError> {
        let cluster = &self.context.cluster;
        self.mind.refresh(cluster).await?;
        if let Some(object) = self.mind.directory(&self.directory_name) {
            self.directory = Embedded::new(cluster.clone(), self.keys.clone(), &self.directory_name, &object.spec, self.mind.time_zone());
        }
        let name = self.run.name_any();
        self.run = cluster.find::<Run>(&name).await?.ok_or_else(|| RunnerError::Overtaken(format!("Run {name:?} is gone")))?;
        Ok(())
    }

    /// Waits until no other process can still be acting on these slices, unless it is known to have ended.
    pub async fn wait_for_the_dead(&mut self, take_over: bool) -> Result<(), RunnerError> {
        let life = self.context.cluster.timing().claim_life;
        loop {
            let now = self.context.cluster.clock().now();
            let claims: Vec<_> =
                self.slices().filter_map(|slice| slice.spec.claim).filter(|claim| claim.holder != self.context.holder).collect();
            let left = claims.iter().map(|claim| claim.renewed_date_time + life - now).max().and_then(|left| left.to_std().ok());
            let Some(left) = left.filter(|left| !left.is_zero() && !take_over) else {
                self.dead = claims.into_iter().map(|claim| claim.holder).collect();
                return Ok(());
            };
            self.context.cluster.clock().sleep(left).await;
            self.slices = Mutex::new(Self::read_slices(&self.context.cluster, &self.run.name_any(), self.plan.epoch).await?);
        }
    }

    /// What is known of a person's dates and account as they are now, given what evaluations saw; None: it cannot be read.
    pub async fn see(&self, person: &Person) -> Option<Seen> {
        let bucket = bucket_name(&self.directory_name, &person.key);
        let bucket: Option<DirectorySnapshot> = self.context.cluster.find(&bucket).await.ok()?;
        let row = bucket.as_ref().and_then(|bucket| bucket.spec.rows.iter().find(|row| row.subject == person.key));
        let before = row.and_then(|row| sealed_sighting(self.mind.head(), row));
        let before = before.filter(|before| person.identity.is_theirs(before.first_seen_at));
        let (ledger, now) = (self.mind.ledger(), self.context.cluster.clock().now());
        let sighting = look(person, before, &Tracked::default(), &self.keys, ledger, self.plan.epoch, now).into_owned();
        let employment = employment(person, &sighting, before, &self.keys, ledger);
        Some(Seen { now: sighting, employment })
    }

    /// The slices as last seen.
    fn slices(&self) -> impl Iterator<Item = RunSlice> + use<> {
        lock(&self.slices).values().cloned().collect::<Vec<_>>().into_iter()
    }

    /// A slice as last seen.
    pub fn slice(&self, name: &str) -> Option<RunSlice> {
        lock(&self.slices).get(name).cloned()
    }

    /// Remembers a slice as it was read or written.
    pub fn keep(&self, slice: RunSlice) {
        lock(&self.slices).insert(slice.name_any(), slice);
    }

    /// A result that this process holds.
    pub fn held(&self, occurrence: &str) -> Option<SubjectResult> {
        lock(&self.held).get(occurrence).cloned()
    }

    /// Whether it holds results that may not be written yet.
    pub fn holds_any(&self) -> bool {
        !lock(&self.held).is_empty()
    }

    /// Holds a result in place of the one before.
    pub fn hold(&self, result: SubjectResult) {
        lock(&self.held).insert(result.occurrence.clone(), result);
    }

    /// Holds nothing any more: it is all written.
    pub fn let_go(&self) {
        lock(&self.held).clear();
    }

    /// Whether a leaver has marked the occurrence, as far as this process has seen.
    pub fn is_marked(&self, occurrence: &str) -> bool {
        lock(&self.marked).contains(occurrence)
    }

    /// Remembers that a leaver has marked the occurrence.
    pub fn mark(&self, occurrence: &str) {
        lock(&self.marked).insert(occurrence.to_owned());
    }

    /// Whether another process had claimed the occurrence, and may have begun.
    pub fn is_inherited(&self, occurrence: &str) -> bool {
        lock(&self.inherited).contains(occurrence)
    }

    /// Remembers that another process had claimed the occurrence.
    pub fn inherit(&self, occurrence: &str) {
        lock(&self.inherited).insert(occurrence.to_owned());
    }

    /// Whether effects of the occurrence may be under way.
    pub fn is_active(&self, occurrence: &str) -> bool {
        lock(&self.active).contains(occurrence)
    }

    /// Effects of the occurrence may be under way from now on, or no more.
    pub fn set_active(&self, occurrence: &str, active: bool) {
        if active {
            lock(&self.active).insert(occurrence.to_owned());
        } else {
            lock(&self.active).remove(occurrence);
        }
    }

    /// Names of the slices in the order of the plan.
    pub fn slice_names(&self) -> Vec<String> {
        let mut slices: Vec<RunSlice> = self.slices().collect();
        slices.sort_by_key(|slice| slice.spec.index);
        slices.iter().map(ResourceExt::name_any).collect()
    }

    /// Subjects without a final result.
    pub fn open(&self) -> usize {
        self.results().iter().filter(|result| !result.processing_status.is_final()).count()
    }

    /// Whether some open subject waits for other work, and not for a directory that does not answer.
    pub fn is_waiting(&self) -> bool {
        let waits = |result: &SubjectResult| !result.waits_for.is_empty() || self.mind.has_newer_leaver(result, self.plan.epoch);
        self.results().iter().any(|result| !result.processing_status.is_final() && waits(result))
    }

    /// Every result as last seen.
    pub fn results(&self) -> Vec<SubjectResult> {
        self.slices().flat_map(|slice| slice.spec.results).collect()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
