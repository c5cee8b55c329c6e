//! What an attempt knows: its Run, its slices as last seen, and the tenant as of the last claim.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures::future::try_join;
use kube::ResourceExt;

use crate::api::meta::{DEFAULT_NAME, LABEL_RUN};
use crate::api::run::RunPlan;
use crate::api::{
    Directory as DirectoryObject, DirectorySnapshot, Run, RunSlice, Sighting, SubjectResult, Task, TenantLedger, WorkflowVersion,
};
use crate::cluster::Cluster;
use crate::cluster::client::Selector;
use crate::directory::{Directory, Embedded, HeldEntry};
use crate::domain::change::{GroupFacts, Needs, Observed, Planned};
use crate::domain::employment::Employment;
use crate::domain::epochs::is_valid;
use crate::domain::fault::Fault;
use crate::domain::keys::Keyring;
use crate::domain::snapshot::{Tracked, bucket_name, employment, look, sealed_sighting};
use crate::domain::source::Source;
use crate::domain::standing::{Begun, Standing};
use crate::domain::subject::{Person, SubjectRef};
use crate::runner::args::ExecuteArgs;
use crate::runner::keyring::keyring;
use crate::runner::{Context, RunnerError};

use super::dead::{self, Dead};
use super::lease::Lease;
use super::policy::Policy;

/// What is known of one person.
pub(super) struct Seen {
    /// The sighting, as of now.
    pub now: Sighting,
    /// The dates, read together.
    pub employment: Employment,
}

/// What was observed of one subject before its claim, and what its tasks do.
#[derive(Clone)]
pub(super) struct Planning {
    /// What was observed.
    pub observed: Observed,
    /// The entry, for the first write.
    pub held: Option<HeldEntry>,
    /// Its tasks.
    pub planned: Vec<Planned>,
    /// Whether an earlier attempt had done something of what it wrote down, or this one may have.
    pub begun: Begun,
    /// The result as it was before this claim.
    pub before: SubjectResult,
    /// Whether something may be done by this claim, or a task has its result: what is there may be its work.
    pub is_tried: bool,
}

impl Planning {
    /// Something may be done.
    pub fn begin(&mut self) {
        (self.begun, self.is_tried) = (Begun::Yes, true);
    }
}

/// One subject that this process has claimed and not yet seen written in full.
struct Claimed {
    result: SubjectResult,
    planning: Planning,
    /// Its effects may be under way.
    is_active: bool,
    /// Its turn has come.
    had_turn: bool,
    /// A leaver has marked it, as far as this process has seen.
    is_marked: bool,
}

/// The slices as last seen, and what this process holds of them.
#[derive(Default)]
struct Book {
    slices: BTreeMap<String, RunSlice>,
    /// By occurrence.
    claimed: BTreeMap<String, Claimed>,
    /// Buckets of the snapshot, as they were when that epoch was the last sealed one: only evaluations write them.
    buckets: BTreeMap<String, Arc<Option<DirectorySnapshot>>>,
    buckets_of: i64,
    /// The groups, and when they were read.
    groups: Option<(DateTime<Utc>, Groups)>,
}

/// The groups that tasks need to know of, or why they cannot be read.
type Groups = Arc<Result<BTreeMap<String, GroupFacts>, Fault>>;

/// One attempt.
pub(super) struct Attempt {
    pub context: Context,
    pub number: i32,
    pub run: Run,
    pub plan: RunPlan,
    pub keys: Keyring,
    pub directory: Box<dyn Directory>,
    pub directory_name: String,
    /// The tasks of the pinned version that are enabled, in order.
    pub tasks: Vec<Task>,
    /// What must be known of a person before it can be said what they do.
    pub needs: Needs,
    pub lease: Lease,
    /// Claims of processes before this one.
    pub dead: Dead,
    pub policy: Policy,
    pub reported: Option<Duration>,
    /// How many writes of slices have begun.
    pub writes_begun: AtomicU64,
    /// One write at a time; the number of the last one that succeeded.
    pub written: tokio::sync::Mutex<u64>,
    book: Mutex<Book>,
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
        let keys = keyring(cluster, &head.spec).await?;
        let source = Source::of(&run).ok_or_else(|| RunnerError::Invalid(format!("Run {:?} names no workflow", args.run)))?;
        let version = source.pinned(plan.version);
        let version: WorkflowVersion = cluster.find(&version).await?.ok_or_else(|| missing("WorkflowVersion", &version))?;
        let policy = Policy::look(cluster, source.name(), version.spec.template.directory.as_deref()).await?;
        let name = version.spec.template.directory.clone().or_else(|| policy.default_directory());
        let name = name.ok_or_else(|| RunnerError::Invalid(format!("workflow {:?} has no directory", source.name())))?;
        let object: DirectoryObject = cluster.find(&name).await?.ok_or_else(|| missing("Directory", &name))?;
        let directory = Box::new(Embedded::new(cluster.clone(), keys.clone(), &name, &object.spec, policy.time_zone()));
        let slices = Self::read_slices(cluster, &args.run, plan.epoch).await?;
        let tasks: Vec<Task> = version.spec.template.tasks.iter().filter(|task| task.is_enabled).cloned().collect();
        Ok(Self {
            context: context.clone(),
            number: args.attempt,
            run,
            plan,
            keys,
            directory,
            directory_name: name,
            needs: Needs::of(&tasks),
            tasks,
            lease,
            dead: Dead::default(),
            policy,
            reported: None,
            writes_begun: AtomicU64::new(0),
            written: tokio::sync::Mutex::new(0),
            book: Mutex::new(Book { slices, ..Book::default() }),
        })
    }

    async fn read_slices(cluster: &Cluster, run: &str, epoch: i64) -> Result<BTreeMap<String, RunSlice>, RunnerError> {
        let slices: Vec<RunSlice> = cluster.list(&Selector::labels(format!("{LABEL_RUN}={run}"))).await?;
        Ok(slices.into_iter().filter(|slice| slice.spec.epoch == epoch).map(|slice| (slice.name_any(), slice)).collect())
    }

    /// Looks at the tenant again: what the runner decides by, and the Directory as it is now.
    pub async fn look_around(&mut self) -> Result<(), RunnerError> {
        let cluster = &self.context.cluster;
        let name = self.run.name_any();
        let ((), run) = try_join(self.policy.refresh(cluster), async { Ok(cluster.find::<Run>(&name).await?) }).await?;
        self.run = run.ok_or_else(|| RunnerError::Overtaken(format!("Run {name:?} is gone")))?;
        if let Some(object) = self.policy.directory(&self.directory_name) {
            let zone = self.policy.time_zone();
            self.directory = Box::new(Embedded::new(cluster.clone(), self.keys.clone(), &self.directory_name, &object.spec, zone));
        }
        Ok(())
    }

    /// Waits until no other process can still be acting on these slices, unless it is known to have ended: `take_over`.
    pub async fn wait_for_the_dead(&mut self, take_over: bool) -> Result<(), RunnerError> {
        let life = self.context.cluster.timing().claim_life;
        loop {
            let now = self.context.cluster.clock().now();
            let claims: Vec<_> =
                self.slices().filter_map(|slice| slice.spec.claim).filter(|claim| claim.holder != self.context.holder).collect();
            let ended = take_over.then_some(self.number - 1);
            let Some(left) = dead::silence(&claims, ended, life, now) else {
                self.dead = Dead::of(claims, ended);
                return Ok(());
            };
            // What these claims have begun may still be at work: nobody is told that they are over.
            self.sleep(left).await?;
            let slices = Self::read_slices(&self.context.cluster, &self.run.name_any(), self.plan.epoch).await?;
            self.book().slices = slices;
        }
    }

    /// Waits, unless the process is asked to end.
    pub async fn sleep(&self, time: Duration) -> Result<(), RunnerError> {
        let slept = async {
            self.context.cluster.clock().sleep(time).await;
            Ok(())
        };
        self.context.stop.cuts(slept).await
    }

    /// What is known of a person's dates and account as they are now, given what evaluations saw; None: it cannot be read.
    pub async fn see(&self, person: &Person) -> Option<Seen> {
        let bucket = self.bucket(&bucket_name(&self.directory_name, &person.key)).await?;
        let row = bucket.as_ref().as_ref().and_then(|bucket| bucket.spec.rows.iter().find(|row| row.subject == person.key));
        let before = row.and_then(|row| sealed_sighting(self.policy.head(), row));
        let before = before.filter(|before| person.identity.is_theirs(before.first_seen_at));
        let (ledger, now) = (self.policy.ledger(), self.context.cluster.clock().now());
        let sighting = look(person, before, &Tracked::default(), &self.keys, ledger, self.plan.epoch, now).into_owned();
        let employment = employment(person, &sighting, before, &self.keys, ledger);
        Some(Seen { now: sighting, employment })
    }

    /// A bucket of the snapshot, read once as long as no other epoch is sealed; None: it cannot be read.
    async fn bucket(&self, name: &str) -> Option<Arc<Option<DirectorySnapshot>>> {
        let sealed = self.policy.head().sealed_epoch;
        if let Some(known) = self.book().buckets_of(sealed).get(name) {
            return Some(Arc::clone(known));
        }
        let read: Arc<Option<DirectorySnapshot>> = Arc::new(self.context.cluster.find(name).await.ok()?);
        self.book().buckets_of(sealed).insert(name.to_owned(), Arc::clone(&read));
        Some(read)
    }

    /// The groups that tasks need to know of: what is known of them is believed for as long as what was seen of a person.
    pub async fn groups(&self) -> Groups {
        let (now, sight) = (self.context.cluster.clock().now(), self.context.cluster.timing().sight);
        if let Some((_, known)) = self.book().groups.as_ref().filter(|(at, known)| known.is_ok() && now <= *at + sight) {
            return Arc::clone(known);
        }
        let read = Arc::new(self.directory.groups(&self.needs).await);
        self.book().groups = Some((now, Arc::clone(&read)));
        read
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The slices as last seen.
    fn slices(&self) -> impl Iterator<Item = RunSlice> + use<> {
        self.book().slices.values().cloned().collect::<Vec<_>>().into_iter()
    }

    /// A slice as last seen.
    pub fn slice(&self, name: &str) -> Option<RunSlice> {
        self.book().slices.get(name).cloned()
    }

    /// Remembers a slice as it was read or written.
    pub fn keep(&self, slice: RunSlice) {
        self.book().slices.insert(slice.name_any(), slice);
    }

    /// The subject of a result.
    pub fn subject(&self, result: &SubjectResult) -> SubjectRef {
        SubjectRef::of_result(&self.directory_name, result)
    }

    /// A claim is written: these are held from now on, and nothing of the one before.
    pub fn claim(&self, claimed: Vec<(SubjectResult, Planning)>) {
        let held = |(result, planning): (SubjectResult, Planning)| {
            (result.occurrence.clone(), Claimed { result, planning, is_active: false, had_turn: false, is_marked: false })
        };
        self.book().claimed = claimed.into_iter().map(held).collect();
    }

    /// A result that this process holds.
    pub fn held(&self, occurrence: &str) -> Option<SubjectResult> {
        self.book().claimed.get(occurrence).map(|claimed| claimed.result.clone())
    }

    /// Whether it holds results that may not be written yet.
    pub fn holds_any(&self) -> bool {
        !self.book().claimed.is_empty()
    }

    /// Holds a result in place of the one before.
    pub fn hold(&self, result: SubjectResult) {
        if let Some(claimed) = self.book().claimed.get_mut(&result.occurrence) {
            claimed.result = result;
        }
    }

    /// What was observed of the occurrence's subject before its claim.
    pub fn planning(&self, occurrence: &str) -> Option<Planning> {
        self.book().claimed.get(occurrence).map(|claimed| claimed.planning.clone())
    }

    /// Whether a leaver has marked the occurrence, as far as this process has seen.
    pub fn is_marked(&self, occurrence: &str) -> bool {
        self.book().claimed.get(occurrence).is_some_and(|claimed| claimed.is_marked)
    }

    /// Remembers that a leaver has marked the occurrence; whether its effects may be under way.
    pub fn mark(&self, occurrence: &str) -> bool {
        self.book().claimed.get_mut(occurrence).is_some_and(|claimed| {
            claimed.is_marked = true;
            claimed.is_active
        })
    }

    /// Effects of the occurrence may be under way from now on, or no more.
    pub fn set_active(&self, occurrence: &str, active: bool) {
        if let Some(claimed) = self.book().claimed.get_mut(occurrence) {
            claimed.is_active = active;
            claimed.had_turn |= active;
        }
    }

    /// Whose turn has not come is as before the claim: what was only written down was done by nobody.
    pub fn put_back(&self) {
        for claimed in self.book().claimed.values_mut().filter(|claimed| !claimed.had_turn) {
            claimed.result = claimed.planning.before.clone();
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
        self.results().iter().filter(|result| Standing::of(result).is_open()).count()
    }

    /// Whether some open subject waits for other work, and not for a directory that does not answer.
    pub fn is_waiting(&self) -> bool {
        let waits = |result: &SubjectResult| !result.waits_for.is_empty() || self.policy.has_newer_leaver(result, self.plan.epoch);
        self.results().iter().any(|result| Standing::of(result).is_open() && waits(result))
    }

    /// Every result as last seen.
    pub fn results(&self) -> Vec<SubjectResult> {
        self.slices().flat_map(|slice| slice.spec.results).collect()
    }
}

impl Book {
    /// The buckets as of that sealed epoch.
    fn buckets_of(&mut self, sealed: i64) -> &mut BTreeMap<String, Arc<Option<DirectorySnapshot>>> {
        if self.buckets_of != sealed {
            self.buckets.clear();
            self.buckets_of = sealed;
        }
        &mut self.buckets
    }
}
