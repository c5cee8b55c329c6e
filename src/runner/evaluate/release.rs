//! Releasing: what is final, or is marked canceled in its slice first (design 3.1 rule 4).

use crate::api::reasons::{CHANGED, WORKFLOW_DELETED, WORKFLOW_DISABLED};
use crate::api::{EntryState, LedgerEntry, ProcessingStatus, RunSlice};
use crate::cluster::Replaced;
use crate::domain::release::{Facts, Release, decide, frees};
use crate::runner::{Context, RunnerError};

use super::tenant::Tenant;

/// Why queued work of the workflow is not started any more.
fn stopped(tenant: &Tenant, workflow: &str) -> Option<&'static str> {
    let Some(workflow) = tenant.workflows.get(workflow) else { return Some(WORKFLOW_DELETED) };
    let spec = &workflow.spec;
    let idle = spec.tasks.iter().all(|task| !task.is_enabled);
    (!spec.is_enabled || !spec.is_scheduling_enabled || spec.execution_conditions.is_none() || idle).then_some(WORKFLOW_DISABLED)
}

/// Finds what is to be released, cancels what must be canceled first, and gives the rows. The tenant's ledger and
/// slices are brought up to date with them.
pub(super) async fn release(context: &Context, tenant: &mut Tenant) -> Result<Vec<LedgerEntry>, RunnerError> {
    if tenant.runs_only {
        return Ok(Vec::new());
    }
    let mut rows = Vec::new();
    for (row, release) in decisions(tenant) {
        let reason = match release {
            Release::Keep => continue,
            Release::Release(reason) => reason,
            Release::CancelAndRelease(reason) => {
                if !cancel(context, tenant, &row, &reason).await? {
                    continue;
                }
                reason
            }
        };
        rows.push(released(tenant, &row, &reason));
    }
    for row in &rows {
        tenant.ledger.add(row.clone());
    }
    let freed = freed(tenant);
    for row in &freed {
        tenant.ledger.add(row.clone());
    }
    rows.extend(freed);
    Ok(rows)
}

fn released(tenant: &Tenant, row: &LedgerEntry, reason: &str) -> LedgerEntry {
    LedgerEntry {
        epoch: tenant.epoch,
        at: tenant.as_of,
        state: EntryState::Released,
        reason: Some(reason.to_owned()),
        by: None,
        ..row.clone()
    }
}

fn decisions(tenant: &Tenant) -> Vec<(LedgerEntry, Release)> {
    let people = tenant.people_by_key();
    let judge = |row: &LedgerEntry| {
        let facts = Facts {
            row,
            lineage: tenant.lineage(&row.workflow),
            person: people.get(row.subject.as_str()).copied(),
            result: tenant.result(row.slice.as_deref(), &row.key),
            stopped: stopped(tenant, &row.workflow),
        };
        decide(&facts, &tenant.keys)
    };
    tenant.ledger.rows().map(|row| (row.clone(), judge(row))).filter(|(_, release)| *release != Release::Keep).collect()
}

/// Rows that a released leaver had superseded.
fn freed(tenant: &Tenant) -> Vec<LedgerEntry> {
    let is_freed = |row: &&LedgerEntry| {
        let leaver = row.by.as_deref().and_then(|key| tenant.ledger.get(key));
        frees(leaver, row, tenant.result(row.slice.as_deref(), &row.key))
    };
    tenant.ledger.rows().filter(is_freed).map(|row| released(tenant, row, CHANGED)).collect()
}

/// Marks an unstarted subject canceled; false if it has begun, or ended, in the meantime.
async fn cancel(context: &Context, tenant: &mut Tenant, row: &LedgerEntry, reason: &str) -> Result<bool, RunnerError> {
    let Some(name) = row.slice.clone() else { return Ok(false) };
    let mut slice: Option<RunSlice> = tenant.slices.get(&name).cloned();
    loop {
        let Some(mut object) = slice else { return Ok(false) };
        let Some(result) = object.spec.results.iter_mut().find(|result| result.occurrence == row.key) else { return Ok(false) };
        if result.processing_status == ProcessingStatus::Canceled && result.reason.as_deref() == Some(reason) {
            tenant.slices.insert(name, object);
            return Ok(true);
        }
        if result.processing_status != ProcessingStatus::Queued {
            return Ok(false);
        }
        result.processing_status = ProcessingStatus::Canceled;
        result.reason = Some(reason.to_owned());
        result.completed_date_time = Some(tenant.as_of);
        for task in &mut result.tasks {
            task.processing_status = ProcessingStatus::Canceled;
        }
        slice = match context.cluster.replace(&object).await? {
            Replaced::Done(object) => {
                tenant.slices.insert(name, *object);
                return Ok(true);
            }
            Replaced::Conflict => context.cluster.find::<RunSlice>(&name).await?,
            Replaced::Gone => return Ok(false),
        };
    }
}
