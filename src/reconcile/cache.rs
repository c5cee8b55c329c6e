//! What the controller has seen of one tenant through its watches.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt as _;

use super::jobs::{self, is_finished};
use super::kept::{self, Newest};
use super::key::Key;
use super::progress::was_planned;
use super::room::{self, Room, SayIn, Share, plan_in_force};
use super::verdicts::Verdicts;
use super::watched::{Broken, Seen, SeenKind};
use crate::api::meta::{DEFAULT_NAME, LABEL_EVALUATION, LABEL_RUN};
use crate::api::tenant_ledger::UsersSeen;
use crate::api::{Directory, Run, TenantLedger, TenantSchedule, Workflow, WorkflowVersion};
use crate::domain::authority::{self, Readers};
use crate::domain::gate::has_begun;
use crate::domain::job;
use crate::domain::names::Placeless;
use crate::domain::references::Referred;
use crate::domain::source::Source;
use crate::domain::version;

/// What was seen, by kind and name, with the look-ups that reconcilers need.
#[derive(Clone, Debug, Default)]
pub struct Cache {
    workflows: BTreeMap<String, Workflow>,
    /// What there is to say of them, as far as somebody has found it.
    judged: Verdicts,
    /// What they delete people or make passes by.
    readers: Readers,
    versions: BTreeMap<String, WorkflowVersion>,
    versions_of: BTreeMap<String, BTreeSet<String>>,
    /// Those of them that are kept whole.
    newest: Newest,
    schedules: BTreeMap<String, TenantSchedule>,
    directories: BTreeMap<String, Directory>,
    open_runs: BTreeMap<String, Run>,
    open_runs_of: BTreeMap<String, BTreeSet<String>>,
    /// Who of them takes a place among those that execute, and who waits for one.
    room: Room,
    /// The same of leavers.
    leaving: Room,
    /// The same of those of them that people ask for.
    asked_leaving: Room,
    /// Of each Run that has ended, its UID, and whether an evaluation made or planned it.
    ended_runs: BTreeMap<String, (String, bool)>,
    heads: BTreeMap<String, TenantLedger>,
    jobs: BTreeMap<String, Job>,
    jobs_of_run: BTreeMap<String, BTreeSet<String>>,
    /// Those of them that have not ended.
    unfinished_of_run: BTreeMap<String, BTreeSet<String>>,
    evaluations: BTreeSet<String>,
    pods: BTreeMap<String, Pod>,
    /// By the UID of the Job.
    pods_of_job: BTreeMap<String, BTreeSet<String>>,
    /// What cannot be read, in place of what it was.
    broken: BTreeMap<(SeenKind, String), Broken>,
    /// The names of everything to which Workflows refer, by what it is.
    referred: BTreeSet<(Referred, String)>,
    changes: u64,
    /// The Users as they were listed last, and how many changes had been seen by then.
    listed: Option<(UsersSeen, u64)>,
    /// How many changes had been seen when a scheduled Run went before it had ended: that one, too.
    gone: Option<u64>,
    /// Who has no place in the head, once somebody has asked since the last change that has a say in it.
    placeless: OnceLock<Placeless>,
    /// Who has no room for its rule, likewise.
    roomless: OnceLock<BTreeSet<String>>,
}

impl Cache {
    /// Takes in an object that was added or changed.
    pub fn put(&mut self, seen: Seen) {
        let (kind, name) = (seen.kind(), seen.name());
        self.broken.remove(&(kind, name.clone()));
        let weighed = name.clone();
        match seen.shortened() {
            Seen::Workflow(object) => {
                self.readers.put(&name, &object.spec);
                self.workflows.insert(name, *object);
            }
            Seen::WorkflowVersion(object) => {
                self.forget_version(&name);
                self.versions_of.entry(object.spec.workflow.clone()).or_default().insert(name.clone());
                let older = self.newest.note(&object);
                self.versions.insert(name, *object);
                older.and_then(|name| self.versions.get_mut(&name)).into_iter().for_each(kept::older_version);
            }
            Seen::TenantSchedule(object) => drop(self.schedules.insert(name, *object)),
            Seen::Directory(object) => drop(self.directories.insert(name, *object)),
            Seen::Run(object) => {
                self.forget_run(&name);
                if let Some(source) = Source::of(&object) {
                    self.open_runs_of.entry(source.name().to_owned()).or_default().insert(name.clone());
                }
                self.open_runs.insert(name, *object);
            }
            Seen::EndedRun { uid, planned, .. } => {
                self.forget_run(&name);
                self.ended_runs.insert(name, (uid, planned));
            }
            Seen::TenantLedger(object) => drop(self.heads.insert(name, *object)),
            Seen::Job(object) => {
                self.forget_job(&name);
                if let Some(run) = object.labels().get(LABEL_RUN) {
                    self.jobs_of_run.entry(run.clone()).or_default().insert(name.clone());
                    if !is_finished(&object) {
                        self.unfinished_of_run.entry(run.clone()).or_default().insert(name.clone());
                    }
                }
                if object.labels().contains_key(LABEL_EVALUATION) {
                    self.evaluations.insert(name.clone());
                }
                self.jobs.insert(name, *object);
            }
            Seen::Pod(object) => {
                self.forget_pod(&name);
                if let Some(job) = jobs::job_of(&object) {
                    self.pods_of_job.entry(job.to_owned()).or_default().insert(name.clone());
                }
                self.pods.insert(name, *object);
            }
            Seen::Referred { referred, name } => drop(self.referred.insert((referred, name))),
            Seen::UserChanged => self.changes += 1,
            Seen::Users(users) => {
                self.changes += 1;
                self.listed = users.map(|users| (users, self.changes));
            }
            Seen::Broken(broken) => {
                self.forget(broken.kind, &name);
                self.broken.insert((broken.kind, name), *broken);
            }
        }
        self.weigh(kind, &weighed);
    }

    /// Takes out an object that was removed. Only its kind and name matter.
    pub fn remove(&mut self, seen: &Seen) {
        match seen {
            Seen::UserChanged => self.changes += 1,
            other => self.forget(other.kind(), &other.name()),
        }
    }

    /// The names of everything of a kind that was seen.
    pub(super) fn names(&self, kind: SeenKind) -> Vec<String> {
        let broken = self.broken.keys().filter(|(of, _)| *of == kind).map(|(_, name)| name.clone());
        let mut names: Vec<String> = match kind {
            SeenKind::Workflow => self.workflows.keys().cloned().collect(),
            SeenKind::WorkflowVersion => self.versions.keys().cloned().collect(),
            SeenKind::TenantSchedule => self.schedules.keys().cloned().collect(),
            SeenKind::Directory => self.directories.keys().cloned().collect(),
            SeenKind::Run => self.open_runs.keys().chain(self.ended_runs.keys()).cloned().collect(),
            SeenKind::TenantLedger => self.heads.keys().cloned().collect(),
            SeenKind::Job => self.jobs.keys().cloned().collect(),
            SeenKind::Pod => self.pods.keys().cloned().collect(),
            SeenKind::Group => self.names_of(Referred::Group),
            SeenKind::CustomTaskExtension => self.names_of(Referred::Extension),
            SeenKind::User => Vec::new(),
        };
        names.extend(broken);
        names
    }

    fn names_of(&self, wanted: Referred) -> Vec<String> {
        self.referred.iter().filter(|(referred, _)| *referred == wanted).map(|(_, name)| name.clone()).collect()
    }

    /// Takes out the object of that kind and name.
    pub(super) fn forget(&mut self, kind: SeenKind, name: &str) {
        self.broken.remove(&(kind, name.to_owned()));
        match kind {
            SeenKind::Workflow => {
                self.workflows.remove(name);
                self.judged.forget(name);
                self.readers.forget(name);
            }
            SeenKind::WorkflowVersion => self.forget_version(name),
            SeenKind::TenantSchedule => drop(self.schedules.remove(name)),
            SeenKind::Directory => drop(self.directories.remove(name)),
            SeenKind::Run => {
                // What is owed and gone is found by an evaluation: at once, as if a record had changed.
                let is_owed =
                    self.open_runs.get(name).is_some_and(|run| run.spec.is_scheduled() && plan_in_force(run, self.head()).is_some());
                if is_owed {
                    self.changes += 1;
                    self.gone = Some(self.changes);
                }
                self.forget_run(name);
            }
            SeenKind::TenantLedger => drop(self.heads.remove(name)),
            SeenKind::Job => self.forget_job(name),
            SeenKind::Pod => self.forget_pod(name),
            SeenKind::Group => drop(self.referred.remove(&(Referred::Group, name.to_owned()))),
            SeenKind::CustomTaskExtension => drop(self.referred.remove(&(Referred::Extension, name.to_owned()))),
            SeenKind::User => {}
        }
        self.weigh(kind, name);
    }

    /// Decides anew who of the Runs takes a place and who waits for one, where an object of that kind and name has a say in it.
    fn weigh(&mut self, kind: SeenKind, name: &str) {
        if matches!(kind, SeenKind::Workflow | SeenKind::Directory | SeenKind::TenantLedger) {
            self.placeless = OnceLock::new();
        }
        if matches!(kind, SeenKind::Workflow | SeenKind::Directory | SeenKind::TenantLedger | SeenKind::TenantSchedule) {
            self.roomless = OnceLock::new();
        }
        let of_workflow = |name: &str| self.open_runs_of.get(name).into_iter().flatten().cloned().collect();
        let runs: Vec<String> = match kind {
            SeenKind::Run => vec![name.to_owned()],
            SeenKind::Workflow => of_workflow(name),
            SeenKind::WorkflowVersion => version::workflow_of(name).map(of_workflow).unwrap_or_default(),
            SeenKind::TenantSchedule | SeenKind::TenantLedger => self.open_runs.keys().cloned().collect(),
            SeenKind::Job => self.jobs.get(name).and_then(|job| job.labels().get(LABEL_RUN)).cloned().into_iter().collect(),
            SeenKind::Directory | SeenKind::Pod | SeenKind::Group | SeenKind::CustomTaskExtension | SeenKind::User => Vec::new(),
        };
        for name in runs {
            self.weigh_run(&name);
        }
    }

    /// What has a say in the Run.
    pub(super) fn say_in(&self, run: &Run) -> SayIn<'_> {
        let source = Source::of(run);
        let number = run.status.as_ref().and_then(|status| status.plan.as_ref()).map(|plan| plan.version);
        let version = source.zip(number).and_then(|(source, number)| self.version(&source.pinned(number)));
        let workflow = source.and_then(|source| self.workflow(source.name()));
        SayIn { head: self.head(), version, workflow, schedule: self.schedule() }
    }

    fn weigh_run(&mut self, name: &str) {
        if let Some(run) = self.open_runs.get(name) {
            let say = self.say_in(run);
            let (weight, share) = (room::weigh(&say, run, self.is_under_way(name)), say.share(run));
            for room in [&mut self.room, &mut self.leaving, &mut self.asked_leaving] {
                room.forget(run);
            }
            let own = match share {
                Share::Others => &mut self.room,
                Share::Leavers => &mut self.leaving,
                Share::AskedLeavers => &mut self.asked_leaving,
            };
            own.note(run, share, weight);
        }
    }

    fn forget_version(&mut self, name: &str) {
        if let Some(version) = self.versions.remove(name) {
            self.newest.forget(&version);
            unlink(&mut self.versions_of, &version.spec.workflow, name);
        }
    }

    fn forget_run(&mut self, name: &str) {
        self.ended_runs.remove(name);
        if let Some(run) = self.open_runs.remove(name) {
            self.room.forget(&run);
            self.leaving.forget(&run);
            self.asked_leaving.forget(&run);
            if let Some(source) = Source::of(&run) {
                unlink(&mut self.open_runs_of, source.name(), name);
            }
        }
    }

    fn forget_job(&mut self, name: &str) {
        if let Some(job) = self.jobs.remove(name) {
            self.evaluations.remove(name);
            if let Some(run) = job.labels().get(LABEL_RUN) {
                unlink(&mut self.jobs_of_run, run, name);
                unlink(&mut self.unfinished_of_run, run, name);
                self.weigh_run(run);
            }
        }
    }

    fn forget_pod(&mut self, name: &str) {
        if let Some(job) = self.pods.remove(name).as_ref().and_then(jobs::job_of) {
            unlink(&mut self.pods_of_job, job, name);
        }
    }

    /// The Workflow of that name.
    #[must_use]
    pub fn workflow(&self, name: &str) -> Option<&Workflow> {
        self.workflows.get(name)
    }

    /// All Workflows, by name.
    pub fn workflows(&self) -> impl Iterator<Item = &Workflow> {
        self.workflows.values()
    }

    /// What there is to say of them.
    pub(super) fn judged(&self) -> &Verdicts {
        &self.judged
    }

    /// What Workflows delete people or make passes by.
    pub(super) fn readers(&self) -> &Readers {
        &self.readers
    }

    /// The Workflows that write attributes.
    pub(super) fn writers(&self) -> impl Iterator<Item = Key> {
        self.workflows.values().filter(|workflow| authority::writes(&workflow.spec)).map(|workflow| Key::Workflow(workflow.name_any()))
    }

    /// The version of that name.
    #[must_use]
    pub fn version(&self, name: &str) -> Option<&WorkflowVersion> {
        self.versions.get(name)
    }

    /// The versions that name a workflow.
    pub fn versions_of(&self, workflow: &str) -> impl Iterator<Item = &WorkflowVersion> {
        self.versions_of.get(workflow).into_iter().flatten().filter_map(|name| self.versions.get(name))
    }

    /// The tenant's schedule.
    #[must_use]
    pub fn schedule(&self) -> Option<&TenantSchedule> {
        self.schedules.get(DEFAULT_NAME)
    }

    /// The Directory of that name.
    #[must_use]
    pub fn directory(&self, name: &str) -> Option<&Directory> {
        self.directories.get(name)
    }

    /// All Directories, by name.
    #[must_use]
    pub fn directories(&self) -> &BTreeMap<String, Directory> {
        &self.directories
    }

    fn placeless(&self) -> &Placeless {
        self.placeless.get_or_init(|| Placeless::of(self.head().map(|head| &head.spec), &self.workflows, &self.directories))
    }

    /// Whether the head has no place for the Workflow of that name.
    #[must_use]
    pub fn is_workflow_placeless(&self, name: &str) -> bool {
        self.placeless().workflows.contains(name)
    }

    /// Whether the head has no place for the Directory of that name.
    #[must_use]
    pub fn is_directory_placeless(&self, name: &str) -> bool {
        self.placeless().directories.contains(name)
    }

    /// The Workflows for whose rules there is no room: those that somebody found since the last change that has a say in it, else
    /// those that `find` finds.
    pub(super) fn roomless(&self, find: impl FnOnce() -> BTreeSet<String>) -> &BTreeSet<String> {
        self.roomless.get_or_init(find)
    }

    /// The Run of that name, if it is not complete.
    #[must_use]
    pub fn open_run(&self, name: &str) -> Option<&Run> {
        self.open_runs.get(name)
    }

    /// The Runs that are not complete, by name.
    pub fn open_runs(&self) -> impl Iterator<Item = &Run> {
        self.open_runs.values()
    }

    /// Those of one workflow.
    pub fn open_runs_of(&self, workflow: &str) -> impl Iterator<Item = &Run> {
        self.open_runs_of.get(workflow).into_iter().flatten().filter_map(|name| self.open_runs.get(name))
    }

    /// Who of them takes a place among those that execute, and who waits for one, of those that share places.
    pub(super) fn room(&self, share: Share) -> &Room {
        match share {
            Share::Others => &self.room,
            Share::Leavers => &self.leaving,
            Share::AskedLeavers => &self.asked_leaving,
        }
    }

    /// Whether the Run of that name is complete.
    #[must_use]
    pub fn has_ended(&self, name: &str) -> bool {
        self.ended_runs.contains_key(name)
    }

    /// Whether an evaluation has made or planned any Run.
    #[must_use]
    pub fn was_anything_planned(&self) -> bool {
        self.ended_runs.values().any(|(_, planned)| *planned) || self.open_runs.values().any(was_planned)
    }

    /// The tenant's head.
    #[must_use]
    pub fn head(&self) -> Option<&TenantLedger> {
        self.heads.get(DEFAULT_NAME)
    }

    /// The Job of that name.
    #[must_use]
    pub fn job(&self, name: &str) -> Option<&Job> {
        self.jobs.get(name)
    }

    /// The UID of the Run of that name, open or not.
    fn run_uid(&self, name: &str) -> Option<&str> {
        let ended = || self.ended_runs.get(name).map(|(uid, _)| uid.as_str());
        self.open_runs.get(name).and_then(|run| run.metadata.uid.as_deref()).or_else(ended)
    }

    /// Whether the Job goes with the tenant's schedule, or with the very Run of which it has the label. Anybody may write names and
    /// labels.
    #[must_use]
    pub fn is_ours(&self, job: &Job) -> bool {
        let of_schedule = || self.schedule().and_then(|schedule| schedule.metadata.uid.as_deref());
        let owner = match job.labels().get(LABEL_RUN) {
            Some(run) => self.run_uid(run),
            None => of_schedule(),
        };
        owner.is_some_and(|uid| job::is_controlled_by(job, uid))
    }

    /// The Jobs that carry the label of a Run, whosever they are.
    pub fn jobs_of_run(&self, run: &str) -> impl Iterator<Item = &Job> {
        self.jobs_of_run.get(run).into_iter().flatten().filter_map(|name| self.jobs.get(name))
    }

    /// Whether the Run of that name, open or not, has a Job that has not ended.
    #[must_use]
    pub fn is_under_way(&self, run: &str) -> bool {
        let unfinished = self.unfinished_of_run.get(run).into_iter().flatten();
        unfinished.filter_map(|name| self.jobs.get(name)).any(|job| self.is_ours(job))
    }

    /// The Jobs that evaluate.
    pub fn evaluations(&self) -> impl Iterator<Item = &Job> {
        self.evaluations.iter().filter_map(|name| self.jobs.get(name)).filter(|job| self.is_ours(job))
    }

    /// The pod of that name.
    #[must_use]
    pub fn pod(&self, name: &str) -> Option<&Pod> {
        self.pods.get(name)
    }

    /// The pods of a Job: those that the cluster made for this very one. Labels and names prove nothing, anybody may write them,
    /// and owners prove something of runners only, see [`jobs::job_of`].
    pub fn pods_of_job(&self, job: &Job) -> impl Iterator<Item = &Pod> {
        let names = job.metadata.uid.as_ref().and_then(|uid| self.pods_of_job.get(uid));
        names.into_iter().flatten().filter_map(|name| self.pods.get(name))
    }

    /// Whether the cluster made the pod for a Job that evaluates.
    #[must_use]
    pub fn evaluates(&self, pod: &Pod) -> bool {
        jobs::job_of(pod).is_some_and(|uid| self.evaluations().any(|job| job.metadata.uid.as_deref() == Some(uid)))
    }

    /// What cannot be read.
    pub fn broken(&self) -> impl Iterator<Item = &Broken> {
        self.broken.values()
    }

    /// Whether an object cannot be read that stands in for this one: the same, at the same version.
    #[must_use]
    pub fn knows(&self, broken: &Broken) -> bool {
        self.broken.get(&(broken.kind, broken.name.clone())) == Some(broken)
    }

    /// Whether what decides over the key cannot be read: the object itself, or what the whole tenant goes by. Then it
    /// stays as it is; nobody takes it for deleted.
    #[must_use]
    pub fn is_blind(&self, key: &Key) -> bool {
        use SeenKind::{Directory, TenantLedger, TenantSchedule, Workflow, WorkflowVersion};
        self.broken.keys().any(|(kind, name)| match key {
            Key::Directory(of) => *kind == TenantLedger || *kind == Directory && name == of,
            Key::Workflow(of) => {
                matches!(kind, TenantLedger | TenantSchedule | Directory | WorkflowVersion) || *kind == Workflow && name == of
            }
            Key::Run(of) => {
                // Its limits are not known: what has begun goes on without them.
                let is_first = |run: &Run| !run.status.as_ref().is_some_and(has_begun);
                let is_of = |run: &&Run| Source::of(run).is_some_and(|source| source.name() == name);
                let is_of_it = || self.open_run(of).filter(is_of).is_some_and(is_first);
                matches!(kind, TenantLedger | TenantSchedule) || *kind == SeenKind::Run && name == of || *kind == Workflow && is_of_it()
            }
            Key::TenantSchedule => matches!(kind, TenantLedger | TenantSchedule | Directory),
        })
    }

    /// Whether there is an object of that name to which Workflows may refer.
    #[must_use]
    pub fn is_there(&self, referred: Referred, name: &str) -> bool {
        self.referred.contains(&(referred, name.to_owned()))
    }

    /// Whether there is nothing at all: the namespace is gone, or no tenant's any more.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let Self {
            workflows,
            judged: _,
            readers: _,
            versions,
            versions_of: _,
            newest: _,
            schedules,
            directories,
            open_runs,
            open_runs_of: _,
            room: _,
            leaving: _,
            asked_leaving: _,
            ended_runs,
            heads,
            jobs,
            jobs_of_run: _,
            unfinished_of_run: _,
            evaluations: _,
            pods,
            pods_of_job: _,
            referred,
            broken,
            changes: _,
            listed: _,
            gone: _,
            placeless: _,
            roomless: _,
        } = self;
        let ours = workflows.is_empty() && versions.is_empty() && schedules.is_empty() && directories.is_empty() && referred.is_empty();
        ours && broken.is_empty() && open_runs.is_empty() && ended_runs.is_empty() && heads.is_empty() && jobs.is_empty() && pods.is_empty()
    }

    /// The Users as they were listed, if none has changed since.
    pub(super) fn listed_users(&self) -> Option<UsersSeen> {
        self.listed.filter(|(_, changes)| *changes == self.changes).map(|(users, _)| users)
    }

    /// The number of the change with which a scheduled Run went before it had ended: the last such one.
    pub(super) const fn gone(&self) -> Option<u64> {
        self.gone
    }

    /// How many changes of Users were seen, and of scheduled Runs that went before they had ended.
    #[must_use]
    pub fn changes(&self) -> u64 {
        self.changes
    }
}

fn unlink(index: &mut BTreeMap<String, BTreeSet<String>>, key: &str, name: &str) {
    if let Some(names) = index.get_mut(key) {
        names.remove(name);
        if names.is_empty() {
            index.remove(key);
        }
    }
}
