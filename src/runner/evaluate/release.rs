//! Releasing: what is final, or is marked canceled in its slice first (design 3.1 rule 4).

use std::collections::BTreeSet;

use kube::ResourceExt;

use crate::api::conditions::{COMPLETE, is_true};
use crate::api::reasons::{CHANGED, NAME_REUSED, OUT_OF_SCOPE, PLAN_EXPIRED, WORKFLOW_DELETED, WORKFLOW_DISABLED};
use crate::api::run::RunPlan;
use crate::api::{EntryState, LedgerEntry, ProcessingStatus, Run, RunSlice, SubjectResult, WorkflowVersion};
use crate::cluster::Replaced;
use crate::domain::epochs::is_valid;
use crate::domain::gate::{self, Gate};
use crate::domain::release::{Facts, Release, Superseder, closes_again, decide, frees, was_done};
use crate::domain::subject::{DateReading, LEAVE_DATE};
use crate::domain::trigger::is_state;
use crate::rule::Truth;
use crate::runner::{Context, RunnerError};

use super::departure::People;
use super::place::plan_of;
use super::snapshot::Looks;
use super::tenant::Tenant;

/// Why queued work of the workflow is not started any more.
fn stopped(tenant: &Tenant, workflow: &str) -> Option<&'static str> {
    let Some(workflow) = tenant.workflows.get(workflow) else { return Some(WORKFLOW_DELETED) };
    (!workflow.spec.is_enabled || !workflow.spec.is_scheduled()).then_some(WORKFLOW_DISABLED)
}

/// Finds what is to be released, cancels what must be canceled first, and gives the rows. The tenant's ledger and
/// slices are brought up to date with them.
pub(super) async fn release(context: &Context, tenant: &mut Tenant, looks: &Looks<'_>) -> Result<Vec<LedgerEntry>, RunnerError> {
    if tenant.runs_only {
        return Ok(Vec::new());
    }
    let mut rows = Vec::new();
    for (row, release) in decisions(tenant, looks) {
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
    let again = closed_again(tenant, looks);
    for row in &again {
        tenant.ledger.add(row.clone());
    }
    rows.extend(again);
    let freed = freed(tenant, looks);
    for row in &freed {
        tenant.ledger.add(row.clone());
    }
    rows.extend(freed);
    Ok(rows)
}

fn is_of(result: &SubjectResult, key: &str) -> bool {
    result.occurrence == key || result.also.iter().any(|also| also == key)
}

fn released(tenant: &Tenant, row: &LedgerEntry, reason: &str) -> LedgerEntry {
    LedgerEntry {
        epoch: tenant.epoch,
        at: tenant.as_of,
        state: EntryState::Released,
        reason: Some(reason.to_owned()),
        by: None,
        done: was_done(row, tenant.result(row.slice.as_deref(), &row.key)).then_some(row.at),
        ..row.clone()
    }
}

fn decisions(tenant: &Tenant, looks: &Looks<'_>) -> Vec<(LedgerEntry, Release)> {
    let people = People::new(tenant, looks);
    let held = held_runs(tenant);
    let judge = |row: &LedgerEntry| {
        let facts = Facts {
            row,
            lineage: tenant.lineage(&row.workflow),
            person: people.get(&row.subject).map(|(person, seen)| (person, &seen.employment)),
            deletes: tenant.usable.get(&row.workflow).is_some_and(|usable| usable.compiled.tasks.deletes),
            result: tenant.result(row.slice.as_deref(), &row.key),
            stopped: stopped(tenant, &row.workflow),
            leaves: row.run.as_ref().filter(|run| held.contains(*run)).and_then(|_| leaves(tenant, &people, row)),
            as_of: tenant.as_of,
        };
        decide(&facts, &tenant.keys)
    };
    tenant.ledger.rows().map(|row| (row.clone(), judge(row))).filter(|(_, release)| *release != Release::Keep).collect()
}

/// The names of the Runs that are held, as this evaluation sees it.
fn held_runs(tenant: &Tenant) -> BTreeSet<String> {
    tenant.runs.iter().filter(|run| is_held(tenant, run)).map(ResourceExt::name_any).collect()
}

/// Whether something stands between a Run's plan and its first effect.
fn is_held(tenant: &Tenant, run: &Run) -> bool {
    let status = run.status.as_ref().filter(|status| !is_true(&status.conditions, COMPLETE));
    let Some((plan, source)) = status.and_then(|status| status.plan.as_ref()).zip(run.spec.source.workflow.as_ref()) else { return false };
    let is_pinned = |version: &&WorkflowVersion| version.spec.workflow == source.name && version.spec.number == plan.version;
    let facts = gate::Facts {
        plan,
        execution: run.spec.execution_type,
        version: tenant.versions.iter().find(is_pinned).map(|version| &version.spec.template),
        workflow: tenant.workflows.get(&source.name).and_then(|workflow| workflow.spec.execution_limits.as_ref()),
        tenant: tenant.schedule.as_ref().and_then(|schedule| schedule.spec.limits.as_ref()),
    };
    is_valid(&tenant.head, plan.epoch) && gate::gate(&facts) != Gate::Open
}

/// Why somebody leaves a plan that is held: the trigger or the scope does not hold any more, or the window is over. A
/// runner would find it before the start.
fn leaves(tenant: &Tenant, people: &People<'_>, row: &LedgerEntry) -> Option<&'static str> {
    let (usable, (person, seen)) = (tenant.usable.get(&row.workflow)?, people.get(&row.subject)?);
    let compiled = &usable.compiled;
    if usable.is_forbidden_for(person) {
        return Some(NAME_REUSED);
    }
    let key = (row.key.as_str(), &tenant.keys);
    let attributes = [row.attribute.clone()];
    let holds = compiled.still_holds(person, &seen.now, &seen.employment, &attributes, key, tenant.as_of);
    let from = if is_state(&row.attribute) { row.at } else { row.due };
    if holds == Some(false) {
        Some(CHANGED)
    } else if compiled.in_scope(person, tenant.as_of) == Truth::False {
        Some(OUT_OF_SCOPE)
    } else {
        (from + compiled.window < tenant.as_of).then_some(PLAN_EXPIRED)
    }
}

/// The plans of held Runs that somebody has left: the same evaluation's, of those who stay.
pub(super) fn plans_of_those_who_stay(tenant: &Tenant, rows: &[LedgerEntry]) -> Vec<(String, RunPlan)> {
    let left: BTreeSet<&String> = rows.iter().filter(|row| row.state == EntryState::Released).filter_map(|row| row.run.as_ref()).collect();
    let held = tenant.runs.iter().filter(|run| left.contains(&run.name_any()) && is_held(tenant, run));
    let plan = |run: &Run| {
        let name = run.name_any();
        let epoch = run.status.as_ref()?.plan.as_ref()?.epoch;
        let mut slices: Vec<RunSlice> =
            tenant.slices.values().filter(|slice| slice.spec.run == name && slice.spec.epoch == epoch).cloned().collect();
        slices.sort_by_key(|slice| slice.spec.index);
        Some((name, plan_of(&slices, None)))
    };
    held.filter_map(plan).collect()
}

/// Off-boardings that are due once more: whoever was let in early for a return does not come.
fn closed_again(tenant: &Tenant, looks: &Looks<'_>) -> Vec<LedgerEntry> {
    let people = People::new(tenant, looks);
    let is_due = |row: &&LedgerEntry| {
        let Some((_, seen)) = people.get(&row.subject) else { return false };
        let result = tenant.result(row.slice.as_deref(), &row.key);
        closes_again(row, result, &seen.employment, tenant.ledger.of_subject(&row.subject), tenant.as_of)
    };
    tenant.ledger.rows().filter(is_due).map(|row| released(tenant, row, CHANGED)).collect()
}

/// Rows that gave way to what was released, or stands no longer.
fn freed(tenant: &Tenant, looks: &Looks<'_>) -> Vec<LedgerEntry> {
    let people = People::new(tenant, looks);
    let free = |row: &LedgerEntry| {
        let by = superseder(tenant, &people, row)?;
        let reason = frees(row, by, tenant.result(row.slice.as_deref(), &row.key))?;
        Some(released(tenant, row, reason))
    };
    tenant.ledger.rows().filter(|row| row.state == EntryState::Superseded).filter_map(free).collect()
}

/// What a superseded row gave way to; None: it gave way to nobody, or the person is not known today.
fn superseder(tenant: &Tenant, people: &People<'_>, row: &LedgerEntry) -> Option<Superseder> {
    let (by, (_, seen)) = (row.by.as_deref()?, people.get(&row.subject)?);
    let work = tenant.ledger.get(by);
    // What cannot be read today stands as it was known.
    let is_unknown = work.is_none() && (seen.employment.leave == DateReading::Unknown || seen.employment.hire == DateReading::Unknown);
    Some(Superseder {
        stands: is_unknown || work.map_or_else(|| people.has_left_by(&row.subject, by), |work| people.closer(work).is_some()),
        is_leave_date: work.is_none_or(|work| work.closes.is_some() && work.attribute == LEAVE_DATE),
        has_returned: seen.employment.has_returned(tenant.as_of),
        is_hired_anew: people.hire(&row.subject) != row.hire,
    })
}

/// Marks an unstarted subject canceled; false if it has begun, or ended, in the meantime.
async fn cancel(context: &Context, tenant: &mut Tenant, row: &LedgerEntry, reason: &str) -> Result<bool, RunnerError> {
    let Some(name) = row.slice.clone() else { return Ok(false) };
    let mut slice: Option<RunSlice> = tenant.slices.get(&name).cloned();
    loop {
        let Some(mut object) = slice else { return Ok(false) };
        let Some(result) = object.spec.results.iter_mut().find(|result| is_of(result, &row.key)) else { return Ok(false) };
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
