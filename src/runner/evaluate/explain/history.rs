//! What happened to a person: results in slices, and rows of the ledger.

use std::collections::BTreeMap;

use kube::ResourceExt;
use serde::Serialize;

use crate::api::conditions::{self, Condition};
use crate::api::run::ExecutionType;
use crate::api::{ConditionStatus, EntryState, LedgerEntry, RunSlice, SubjectResult, TaskResult};
use crate::cluster::Cluster;
use crate::cluster::client::Selector;
use crate::domain::epochs::is_valid;
use crate::domain::standing::Standing;
use crate::runner::RunnerError;
use crate::runner::evaluate::tenant::Tenant;

use super::report::{Became, Past, PastTask, WorkStatus};

/// What happened, by workflow.
pub(super) struct History {
    by_workflow: BTreeMap<String, Vec<Past>>,
    /// Work that has not ended.
    open: BTreeMap<String, Open>,
}

/// Work of one workflow that has not ended for the person.
pub(super) struct Open {
    pub run: String,
    pub standing: Standing,
    /// Key of the occurrence.
    pub occurrence: String,
}

impl History {
    /// Reads every slice; the ledger is in the tenant.
    pub async fn read(cluster: &Cluster, tenant: &Tenant, subject: &str) -> Result<Self, RunnerError> {
        let slices: Vec<RunSlice> = cluster.list(&Selector::all()).await?;
        let mut history = Self { by_workflow: BTreeMap::new(), open: BTreeMap::new() };
        for slice in slices.iter().filter(|slice| is_valid(&tenant.head, slice.spec.epoch)) {
            for result in slice.spec.results.iter().filter(|result| result.subject == subject) {
                history.add(&slice.spec.workflow, run(slice, result, tenant));
                let standing = Standing::of(result);
                if standing.is_open() {
                    let (run, occurrence) = (slice.spec.run.clone(), result.occurrence.clone());
                    let open = Open { run, standing, occurrence };
                    history.open.insert(slice.spec.workflow.clone(), open);
                }
            }
        }
        let keys: Vec<String> = tenant.directories.keys().map(|directory| tenant.keys.subject(directory, subject)).collect();
        let rows = tenant.chunks.iter().flat_map(|chunk| &chunk.spec.entries);
        // A row without a workflow says something of the person's dates, and nothing that happened.
        for row in rows.filter(|row| keys.contains(&row.subject) && !row.workflow.is_empty() && is_valid(&tenant.head, row.epoch)) {
            let is_told = row.state == EntryState::Planned && slices.iter().any(|slice| row.slice.as_deref() == Some(&slice.name_any()));
            if !is_told {
                history.add(&row.workflow, entry(row, tenant));
            }
        }
        for past in history.by_workflow.values_mut() {
            past.sort_by_key(|past| past.at);
        }
        Ok(history)
    }

    fn add(&mut self, workflow: &str, past: Past) {
        self.by_workflow.entry(workflow.to_owned()).or_default().push(past);
    }

    /// Takes what happened under a workflow.
    pub fn take(&mut self, workflow: &str) -> Vec<Past> {
        self.by_workflow.remove(workflow).unwrap_or_default()
    }

    /// The workflows whose history nobody has taken.
    pub fn rest(&self) -> Vec<String> {
        self.by_workflow.keys().cloned().collect()
    }

    /// Whether anything happened at all.
    pub fn is_empty(&self) -> bool {
        self.by_workflow.is_empty()
    }

    /// What has not ended for the person.
    pub fn open(&self, workflow: &str) -> Option<&Open> {
        self.open.get(workflow)
    }

    /// What became of the person in a Run of the workflow.
    pub fn in_run(&self, workflow: &str, run: &str) -> Option<&Past> {
        self.by_workflow.get(workflow)?.iter().find(|past| past.what == Became::Run && past.run.as_deref() == Some(run))
    }
}

/// Why a Run is held, if it is.
pub(super) fn held<'a>(tenant: &'a Tenant, run: &str) -> Option<&'a Condition> {
    let status = tenant.runs.iter().find(|found| found.name_any() == run)?.status.as_ref()?;
    status.conditions.iter().find(|condition| condition.type_ == conditions::HELD && condition.status == ConditionStatus::True)
}

fn run(slice: &RunSlice, result: &SubjectResult, tenant: &Tenant) -> Past {
    let data = &slice.spec;
    let planned = || tenant.runs.iter().find(|run| run.name_any() == data.run)?.status.as_ref()?.scheduled_date_time;
    let is_held = Standing::of(result) == Standing::Queued && held(tenant, &data.run).is_some();
    let ends = [result.completed_date_time, result.superseded_date_time, result.started_date_time];
    Past {
        at: ends.into_iter().flatten().next().or_else(planned).unwrap_or(result.due),
        what: Became::Run,
        run: Some(data.run.clone()),
        by: None,
        version: Some(data.version),
        cause: (data.execution_type != ExecutionType::Scheduled).then(|| wire(&data.execution_type)),
        status: Some(if is_held { WorkStatus::Held } else { WorkStatus::Result(result.processing_status) }),
        reason: result.reason.clone(),
        due: result.due,
        tasks: result.tasks.iter().map(task).collect(),
    }
}

fn task(task: &TaskResult) -> PastTask {
    PastTask { name: task.name.clone(), status: task.processing_status, reason: task.reason.clone(), info: task.processing_info.clone() }
}

/// A row; a planned one only where its slice is gone.
fn entry(row: &LedgerEntry, tenant: &Tenant) -> Past {
    let (what, status) = match row.state {
        EntryState::Planned => (Became::Run, Some(WorkStatus::NoLongerKept)),
        EntryState::Missed => (Became::Missed, None),
        EntryState::Superseded => (Became::Superseded, None),
        EntryState::Released => (Became::Released, None),
    };
    Past {
        at: row.at,
        what,
        run: row.run.clone(),
        by: row.by.as_deref().and_then(|key| tenant.ledger.get(key)).map(|leaver| leaver.workflow.clone()),
        version: None,
        cause: None,
        status,
        reason: row.reason.clone(),
        due: row.due,
        tasks: Vec::new(),
    }
}

/// The word that stands for the value in objects.
#[expect(clippy::disallowed_methods, reason = "a word of a report, which identifies nothing")]
fn wire<T: Serialize>(value: &T) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        _ => String::new(),
    }
}
