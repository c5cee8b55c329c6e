//! The tenant as a runner sees it before each claim: head, ledger, Workflow, newest version.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use kube::ResourceExt;

use crate::api::meta::DEFAULT_NAME;
use crate::api::reasons::{WORKFLOW_DELETED, WORKFLOW_DISABLED};
use crate::api::run::ExecutionType;
use crate::api::tenant_ledger::TenantLedgerData;
use crate::api::tenant_schedule::MailSettings;
use crate::api::{
    Directory as DirectoryObject, EntryState, LedgerEntry, OccurrenceLedger, SubjectResult, TenantLedger, TenantSchedule, Workflow,
    WorkflowVersion,
};
use crate::cluster::Cluster;
use crate::cluster::client::Selector;
use crate::domain::ledger::LedgerIndex;
use crate::domain::trigger::{CompiledWorkflow, is_state};
use crate::runner::RunnerError;
use crate::runner::compile;

/// The tenant as of the last look.
pub(super) struct Mind {
    name: String,
    workflow: Option<Workflow>,
    versions: Vec<WorkflowVersion>,
    directories: BTreeMap<String, DirectoryObject>,
    schedule: Option<TenantSchedule>,
    head: TenantLedgerData,
    ledger: LedgerIndex,
}

impl Mind {
    /// Looks at everything for the first time.
    pub async fn look(cluster: &Cluster, workflow: &str) -> Result<Self, RunnerError> {
        let mut mind = Self {
            name: workflow.to_owned(),
            workflow: None,
            versions: Vec::new(),
            directories: BTreeMap::new(),
            schedule: None,
            head: TenantLedgerData { sealed_epoch: -1, ..TenantLedgerData::default() },
            ledger: LedgerIndex::default(),
        };
        mind.refresh(cluster).await?;
        Ok(mind)
    }

    /// Looks again; the ledger is read anew only if another epoch was sealed.
    pub async fn refresh(&mut self, cluster: &Cluster) -> Result<(), RunnerError> {
        self.workflow = cluster.find(&self.name).await?;
        self.versions = cluster.list(&Selector::labels(format!("{}={}", crate::api::meta::LABEL_WORKFLOW, self.name))).await?;
        self.schedule = cluster.find(DEFAULT_NAME).await?;
        self.directories =
            cluster.list::<DirectoryObject>(&Selector::all()).await?.into_iter().map(|object| (object.name_any(), object)).collect();
        let head: TenantLedger = cluster.find(DEFAULT_NAME).await?.ok_or(RunnerError::HeadMissing)?;
        if head.spec.sealed_epoch != self.head.sealed_epoch {
            let mut chunks: Vec<OccurrenceLedger> = cluster.list(&Selector::all()).await?;
            chunks.sort_by_key(|chunk| chunk.name_any().rsplit('-').next().and_then(|number| number.parse::<i64>().ok()));
            self.ledger = LedgerIndex::build(&head.spec, chunks.iter().flat_map(|chunk| &chunk.spec.entries));
        }
        self.head = head.spec;
        Ok(())
    }

    /// The Directory of that name.
    pub fn directory(&self, name: &str) -> Option<&DirectoryObject> {
        self.directories.get(name)
    }

    /// The tenant's default directory.
    pub fn default_directory(&self) -> Option<String> {
        self.schedule.as_ref()?.spec.directory.clone()
    }

    /// The tenant's time zone, as the schedule says it.
    pub fn time_zone(&self) -> Option<&str> {
        self.schedule.as_ref()?.spec.time_zone.as_deref()
    }

    /// Name of the Workflow.
    pub fn workflow(&self) -> &str {
        &self.name
    }

    /// How the tenant's mails leave.
    pub fn mail(&self) -> MailSettings {
        self.schedule.as_ref().and_then(|schedule| schedule.spec.mail.clone()).unwrap_or_default()
    }

    /// Why nothing of the workflow is started any more.
    pub fn stopped(&self, execution: ExecutionType) -> Option<&'static str> {
        let Some(workflow) = &self.workflow else { return Some(WORKFLOW_DELETED) };
        let spec = &workflow.spec;
        let unscheduled = execution == ExecutionType::Scheduled && !spec.is_scheduled();
        (!spec.is_enabled || unscheduled || spec.is_idle()).then_some(WORKFLOW_DISABLED)
    }

    /// The newest version, compiled; an error leaves the re-check unknown.
    pub fn newest(&self) -> Result<CompiledWorkflow, String> {
        let version = compile::newest(&self.versions, &self.name, None).ok_or("there is no version")?;
        let workflow = self.workflow.as_ref().ok_or("there is no Workflow")?;
        let name = workflow.spec.directory.clone().or_else(|| self.default_directory()).ok_or("there is no directory")?;
        let directory = self.directories.get(&name).ok_or("there is no Directory of that name")?;
        compile::compile(version, &workflow.spec, &directory.spec, self.schedule.as_ref().map(|schedule| &schedule.spec))
    }

    /// Whether the ledger gave the occurrence to somebody else: superseded, or released. A row that is not there is no
    /// such word: the slice itself says that it is planned.
    pub fn taken(&self, result: &SubjectResult, run: &str) -> Option<&'static str> {
        let row = self.ledger.get(&result.occurrence)?;
        match row.state {
            EntryState::Planned if row.run.as_deref() == Some(run) => None,
            EntryState::Released => Some(crate::api::reasons::CHANGED),
            EntryState::Planned | EntryState::Superseded | EntryState::Missed => Some(crate::api::reasons::SUPERSEDED),
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

    /// Slices of work for the subject that a newer epoch planned, and that closes the account.
    pub fn newer_leavers(&self, result: &SubjectResult, epoch: i64) -> Vec<String> {
        let newer = |row: &&LedgerEntry| {
            row.closes.is_some() && row.state == EntryState::Planned && row.epoch > epoch && row.key != result.occurrence
        };
        self.ledger.of_subject(&result.subject_key).filter(newer).filter_map(|row| row.slice.clone()).collect()
    }

    /// Whether there is such work.
    pub fn has_newer_leaver(&self, result: &SubjectResult, epoch: i64) -> bool {
        !self.newer_leavers(result, epoch).is_empty()
    }
}
