//! What a runner decides by, as it is before each claim: head, ledger, Workflow, newest version, Directories.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use futures::future::{try_join, try_join_all, try_join3};
use kube::ResourceExt;

use crate::api::meta::{DEFAULT_NAME, LABEL_WORKFLOW};
use crate::api::reasons::Reason;
use crate::api::run::ExecutionType;
use crate::api::tenant_ledger::TenantLedgerData;
use crate::api::tenant_schedule::MailSettings;
use crate::api::{
    Category, Directory as DirectoryObject, EntryState, LedgerEntry, OccurrenceLedger, SubjectResult, TenantLedger, TenantSchedule,
    Workflow, WorkflowVersion,
};
use crate::cluster::client::Selector;
use crate::cluster::{Cluster, ClusterError};
use crate::domain::ledger::LedgerIndex;
use crate::domain::person::Who;
use crate::domain::trigger::{CompiledWorkflow, DEFAULT_LEAVER_WINDOW, is_state};
use crate::domain::version::version_name;
use crate::runner::RunnerError;
use crate::runner::compile;

/// Requests that a Directory bears at the same time, unless it says otherwise (design-directories 2.2).
const REQUESTS: i32 = 8;

/// Most subjects whose mails or calls the crash of an attempt leaves uncertain.
const UNCERTAIN: i32 = 8;

/// What decides, as of the last look.
pub(super) struct Policy {
    name: String,
    /// The directory that the pinned version names, if it names one.
    pinned_directory: Option<String>,
    workflow: Option<Workflow>,
    versions: Vec<WorkflowVersion>,
    directories: BTreeMap<String, DirectoryObject>,
    schedule: Option<TenantSchedule>,
    head: TenantLedgerData,
    ledger: LedgerIndex,
    /// The newest version, compiled, or why it cannot be.
    newest: Result<CompiledWorkflow, String>,
}

impl Policy {
    /// Looks at everything for the first time. `directory`: the one that the pinned version names.
    pub async fn look(cluster: &Cluster, workflow: &str, directory: Option<&str>) -> Result<Self, RunnerError> {
        let mut policy = Self {
            name: workflow.to_owned(),
            pinned_directory: directory.map(str::to_owned),
            workflow: None,
            versions: Self::all_versions(cluster, workflow).await?,
            directories: BTreeMap::new(),
            schedule: None,
            head: TenantLedgerData { sealed_epoch: -1, ..TenantLedgerData::default() },
            ledger: LedgerIndex::default(),
            newest: Err("nobody has looked yet".to_owned()),
        };
        policy.refresh(cluster).await?;
        Ok(policy)
    }

    /// Looks again: by name only, for a list waits until the server's cache has seen what this process wrote last. The ledger
    /// is read anew only if another epoch was sealed.
    pub async fn refresh(&mut self, cluster: &Cluster) -> Result<(), RunnerError> {
        let (workflow, schedule, head) =
            try_join3(cluster.find(&self.name), cluster.find(DEFAULT_NAME), cluster.find::<TenantLedger>(DEFAULT_NAME)).await?;
        (self.workflow, self.schedule) = (workflow, schedule);
        let head = head.ok_or(RunnerError::HeadMissing)?.spec;
        let names = [self.directory_of_workflow(), self.pinned_directory.clone().or_else(|| self.default_directory())];
        let names: BTreeSet<String> = names.into_iter().flatten().collect();
        let directories = try_join_all(names.iter().map(|name| cluster.find::<DirectoryObject>(name)));
        let (directories, versions) = try_join(directories, self.later_versions(cluster, &head)).await?;
        self.directories = directories.into_iter().flatten().map(|object| (object.name_any(), object)).collect();
        self.versions.extend(versions);
        if head.sealed_epoch != self.head.sealed_epoch {
            let mut chunks: Vec<OccurrenceLedger> = cluster.list(&Selector::all()).await?;
            chunks.sort_by_key(|chunk| chunk.name_any().rsplit('-').next().and_then(|number| number.parse::<i64>().ok()));
            self.ledger = LedgerIndex::build(&head, chunks.iter().flat_map(|chunk| &chunk.spec.entries));
        }
        self.head = head;
        self.newest = self.compile();
        Ok(())
    }

    /// The versions that were made since the last look: their numbers follow the highest that was ever seen, and who finds a
    /// name taken takes the next one.
    async fn later_versions(&self, cluster: &Cluster, head: &TenantLedgerData) -> Result<Vec<WorkflowVersion>, ClusterError> {
        let own = |version: &&WorkflowVersion| version.name_any() == version_name(&self.name, version.spec.number);
        let known = self.versions.iter().filter(own).map(|version| version.spec.number).max().unwrap_or_default();
        let highest = |head: &TenantLedgerData| {
            head.workflows.iter().find(|workflow| workflow.name == self.name).map_or(0, |workflow| workflow.highest_version)
        };
        let remembered = highest(head);
        if remembered > known.max(highest(&self.head)) {
            // An evaluation has seen what this process has not.
            return Self::all_versions(cluster, &self.name).await;
        }
        let mut later = Vec::new();
        for number in known.max(remembered).saturating_add(1)..i32::MAX {
            let Some(version) = cluster.find::<WorkflowVersion>(&version_name(&self.name, number)).await? else { break };
            // A stranger's is passed over.
            if version.spec.workflow == self.name && version.spec.number == number {
                later.push(version);
            }
        }
        Ok(later)
    }

    async fn all_versions(cluster: &Cluster, workflow: &str) -> Result<Vec<WorkflowVersion>, ClusterError> {
        cluster.list(&Selector::labels(format!("{LABEL_WORKFLOW}={workflow}"))).await
    }

    fn directory_of_workflow(&self) -> Option<String> {
        self.workflow.as_ref().and_then(|workflow| workflow.spec.directory.clone()).or_else(|| self.default_directory())
    }

    /// The Directory of that name.
    pub fn directory(&self, name: &str) -> Option<&DirectoryObject> {
        self.directories.get(name)
    }

    /// The tenant's default directory.
    pub fn default_directory(&self) -> Option<String> {
        self.schedule.as_ref()?.spec.directory.clone()
    }

    /// The window of the workflow's occurrences, as the newest version has it.
    pub fn window(&self) -> TimeDelta {
        self.newest.as_ref().map_or(DEFAULT_LEAVER_WINDOW, |workflow| workflow.window)
    }

    /// How many subjects of a Run of that category are worked on at the same time.
    pub fn parallel(&self, directory: &str, category: Category, is_once_only: bool) -> usize {
        let requests = self.directory(directory).and_then(|directory| directory.spec.max_concurrent_requests);
        let runs = self.schedule.as_ref().map(|schedule| schedule.spec.max_concurrent_runs);
        parallel(requests, runs, category, is_once_only)
    }

    /// The tenant's time zone, as the schedule says it.
    pub fn time_zone(&self) -> Option<&str> {
        self.schedule.as_ref()?.spec.time_zone.as_deref()
    }

    /// How the tenant's mails leave.
    pub fn mail(&self) -> MailSettings {
        self.schedule.as_ref().and_then(|schedule| schedule.spec.mail.clone()).unwrap_or_default()
    }

    /// Why nothing of the workflow is started any more.
    pub fn stopped(&self, execution: ExecutionType) -> Option<Reason> {
        let Some(workflow) = &self.workflow else { return Some(Reason::WorkflowDeleted) };
        let spec = &workflow.spec;
        let unscheduled = execution == ExecutionType::Scheduled && !spec.is_scheduled();
        (!spec.is_enabled || unscheduled || spec.is_idle()).then_some(Reason::WorkflowDisabled)
    }

    /// The newest version, compiled; an error leaves the re-check unknown.
    pub fn newest(&self) -> Result<&CompiledWorkflow, &str> {
        self.newest.as_ref().map_err(String::as_str)
    }

    fn compile(&self) -> Result<CompiledWorkflow, String> {
        let version = compile::newest(&self.versions, &self.name, None).ok_or("there is no version")?;
        let workflow = self.workflow.as_ref().ok_or("there is no Workflow")?;
        let name = self.directory_of_workflow().ok_or("there is no directory")?;
        let directory = self.directories.get(&name).ok_or("there is no Directory of that name")?;
        compile::compile(version, &workflow.spec, &directory.spec, self.schedule.as_ref().map(|schedule| &schedule.spec))
    }

    /// Whether the ledger gave the occurrence to somebody else: superseded, or released. A row that is not there is no
    /// such word: the slice itself says that it is planned.
    pub fn taken(&self, result: &SubjectResult, run: &str) -> Option<Reason> {
        let row = self.ledger.get(&result.occurrence)?;
        match row.state {
            EntryState::Planned if row.run.as_deref() == Some(run) => None,
            EntryState::Released => Some(Reason::Changed),
            EntryState::Planned | EntryState::Superseded | EntryState::Missed => Some(Reason::Superseded),
        }
    }

    /// The row of an occurrence.
    pub fn row(&self, occurrence: &str) -> Option<&LedgerEntry> {
        self.ledger.get(occurrence)
    }

    /// The attributes that a result's occurrences are about, as the ledger has them.
    pub fn attributes(&self, result: &SubjectResult) -> Vec<String> {
        let keys = std::iter::once(&result.occurrence).chain(&result.also);
        keys.filter_map(|key| self.row(key)).map(|row| row.attribute.clone()).collect()
    }

    /// When a result's window ends. A state has none: its plan is tried for as long.
    pub fn window_end(&self, result: &SubjectResult, window: TimeDelta) -> DateTime<Utc> {
        let planned = self.row(&result.occurrence).filter(|row| is_state(&row.attribute)).map(|row| row.at);
        planned.unwrap_or(result.due) + window
    }

    /// The head, as of the last look.
    pub fn head(&self) -> &TenantLedgerData {
        &self.head
    }

    /// The ledger, as of the last sealed epoch that was looked at.
    pub fn ledger(&self) -> &LedgerIndex {
        &self.ledger
    }

    /// Whom a result is about: as the ledger says by now, where a value was entered after it had been planned, else as it was
    /// planned.
    pub fn who<'a>(&'a self, result: &'a SubjectResult) -> Who<'a> {
        self.row(&result.occurrence).filter(|row| row.person.is_some()).map_or_else(|| Who::of_result(result), Who::of_row)
    }

    /// Slices of work for the person, in any directory, that a newer epoch planned, and that closes the account.
    pub fn newer_leavers(&self, result: &SubjectResult, epoch: i64) -> Vec<String> {
        let newer = |row: &&LedgerEntry| {
            row.closes.is_some() && row.state == EntryState::Planned && row.epoch > epoch && row.key != result.occurrence
        };
        self.ledger.of(self.who(result)).filter(newer).filter_map(|row| row.slice.clone()).collect()
    }

    /// Whether there is such work.
    pub fn has_newer_leaver(&self, result: &SubjectResult, epoch: i64) -> bool {
        !self.newer_leavers(result, epoch).is_empty()
    }
}

/// How many subjects of one attempt are worked on at the same time: what the Directory bears, shared by the Runs that may
/// execute. Leaver Runs take no place among those, and share with nobody.
/// Of what is done once only no more are begun at the same time than may be left uncertain when the attempt crashes. Attempts at
/// several Runs do not know of each other: where all of them crash at once, as when a node is lost, each may leave as many.
fn parallel(requests: Option<i32>, runs: Option<i32>, category: Category, is_once_only: bool) -> usize {
    let (requests, runs) = (requests.unwrap_or(REQUESTS), runs.unwrap_or(1).max(1));
    let share = match category {
        Category::Leaver => requests,
        Category::Joiner | Category::Mover => requests / runs,
    };
    let share = if is_once_only { share.min(UNCERTAIN) } else { share };
    usize::try_from(share.max(1)).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_many_are_worked_on_at_the_same_time() {
        use Category::{Joiner, Leaver, Mover};
        // (requests that the Directory bears, Runs that may execute, the category, how many, and of what is done once only)
        let cases = [
            // No schedule yet, and the default of each.
            (None, None, Joiner, 8, 8),
            (None, Some(5), Joiner, 1, 1),
            (None, Some(5), Mover, 1, 1),
            (None, Some(5), Leaver, 8, 8),
            // More than a crash may leave uncertain.
            (Some(50), Some(5), Joiner, 10, 8),
            (Some(50), Some(1), Mover, 50, 8),
            (Some(50), Some(5), Leaver, 50, 8),
            // Somebody is always worked on.
            (Some(1), Some(5), Joiner, 1, 1),
            (Some(4), Some(5), Mover, 1, 1),
            (Some(1), Some(1), Leaver, 1, 1),
            (Some(0), Some(0), Leaver, 1, 1),
            (Some(-1), Some(-1), Joiner, 1, 1),
        ];
        for (requests, runs, category, expected, of_once_only) in cases {
            let what = format!("{requests:?} requests, {runs:?} Runs, {category:?}");
            assert_eq!(parallel(requests, runs, category, false), expected, "{what}");
            assert_eq!(parallel(requests, runs, category, true), of_once_only, "{what}, once only");
            assert!(of_once_only <= 8, "{what}");
        }
    }
}
