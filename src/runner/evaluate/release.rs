//! Releasing: what is final, or is marked canceled in its slice first (design 3.1 rule 4).

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use kube::ResourceExt;

use crate::api::conditions::{COMPLETE, is_true};
use crate::api::reasons::Reason;
use crate::api::run::RunPlan;
use crate::api::{EntryState, LedgerEntry, Run, RunSlice, SubjectResult, WorkflowVersion};
use crate::cluster::Replaced;
use crate::domain::epochs::is_valid;
use crate::domain::gate::{self, Gate, Held};
use crate::domain::release::{KnownRow, Release, Superseder, closes_again, decide, frees, was_done};
use crate::domain::source::Source;
use crate::domain::standing::{self, Standing};
use crate::domain::subject::{DateReading, LEAVE_DATE};
use crate::domain::trigger::{CompiledWorkflow, is_state};
use crate::rule::Truth;
use crate::runner::{Context, RunnerError};

use super::departure::People;
use super::plan::plan_without;
use super::snapshot::Looks;
use super::tenant::Tenant;

/// Why queued work of the workflow is not started any more.
fn stopped(tenant: &Tenant, workflow: &str) -> Option<Reason> {
    let Some(workflow) = tenant.workflows.get(workflow) else { return Some(Reason::WorkflowDeleted) };
    (!workflow.spec.is_enabled || !workflow.spec.is_scheduled()).then_some(Reason::WorkflowDisabled)
}

/// Finds what is to be released, cancels what must be canceled first, and gives the rows. The tenant's ledger and
/// slices are brought up to date with them.
/// `lost`: rows of which nothing says any more how far their work has come.
pub(super) async fn release(
    context: &Context,
    tenant: &mut Tenant,
    looks: &Looks<'_>,
    lost: &[LedgerEntry],
) -> Result<Vec<LedgerEntry>, RunnerError> {
    if tenant.runs_only {
        return Ok(Vec::new());
    }
    cancel_superseded(context, tenant).await?;
    // What people asked for has no instant at which it would be due again.
    let mut rows: Vec<LedgerEntry> =
        lost.iter().filter(|row| !row.attribute.is_empty()).map(|row| released(tenant, row, Reason::ResultLost)).collect();
    for row in &rows {
        tenant.ledger.add(row.clone());
    }
    let decisions = decisions(tenant, looks);
    let canceled = cancel(context, tenant, &decisions).await?;
    for (row, release) in decisions {
        let reason = match release {
            Release::Release(reason) => reason,
            Release::CancelAndRelease(reason) if canceled.contains(&row.key) => reason,
            Release::CancelAndRelease(_) | Release::Keep => continue,
        };
        rows.push(released(tenant, &row, reason));
    }
    for row in &rows {
        tenant.ledger.add(row.clone());
    }
    let again = closed_again(tenant, looks);
    for row in &again {
        tenant.ledger.add(row.clone());
    }
    rows.extend(again);
    let freed = free(context, tenant, looks).await?;
    for row in &freed {
        tenant.ledger.add(row.clone());
    }
    rows.extend(freed);
    Ok(rows)
}

fn is_of(result: &SubjectResult, key: &str) -> bool {
    result.occurrence == key || result.also.iter().any(|also| also == key)
}

fn released(tenant: &Tenant, row: &LedgerEntry, reason: Reason) -> LedgerEntry {
    LedgerEntry {
        epoch: tenant.epoch,
        at: tenant.as_of,
        state: EntryState::Released,
        reason: Some(reason.to_string()),
        by: None,
        done: was_done(row, tenant.result(row.slice.as_deref(), &row.key)).then_some(row.at),
        ..row.clone()
    }
}

fn decisions(tenant: &Tenant, looks: &Looks<'_>) -> Vec<(LedgerEntry, Release)> {
    let people = People::new(tenant, looks);
    let judge = |row: &LedgerEntry| {
        let facts = KnownRow {
            row,
            lineage: tenant.lineage(&row.workflow),
            person: people.get(&row.subject).map(|(person, seen)| (person, &seen.employment)),
            deletes: tenant.usable.get(&row.workflow).is_some_and(|usable| usable.compiled.tasks.deletes),
            result: tenant.result(row.slice.as_deref(), &row.key),
            stopped: stopped(tenant, &row.workflow),
            leaves: row.run.as_ref().filter(|run| tenant.held.contains(*run)).and_then(|_| leaves(tenant, &people, row)),
            as_of: tenant.as_of,
        };
        decide(&facts, &tenant.keys)
    };
    tenant.ledger.rows().map(|row| (row.clone(), judge(row))).filter(|(_, release)| *release != Release::Keep).collect()
}

/// The names of the Runs that are held, as this evaluation sees it.
pub(super) fn held_runs(tenant: &Tenant) -> BTreeSet<String> {
    let versions = tenant.versions.iter().rev().map(|version| ((version.spec.workflow.as_str(), version.spec.number), version)).collect();
    tenant.runs.iter().filter(|run| is_held(tenant, &versions, run)).map(ResourceExt::name_any).collect()
}

/// Whether a limit stands between a Run's plan and its first effect.
fn is_held(tenant: &Tenant, versions: &BTreeMap<(&str, i32), &WorkflowVersion>, run: &Run) -> bool {
    let Some(status) = run.status.as_ref().filter(|status| !is_true(&status.conditions, COMPLETE)) else { return false };
    let Some((plan, source)) = status.plan.as_ref().zip(Source::of(run)) else { return false };
    let facts = gate::PlanAndLimits {
        plan,
        execution: run.spec.execution_type,
        is_canceled: run.spec.cancel,
        has_begun: gate::has_begun(status),
        version: versions.get(&(source.name(), plan.version)).map(|version| &version.spec.template),
        workflow: tenant.workflows.get(source.name()).and_then(|workflow| workflow.spec.execution_limits.as_ref()),
        tenant: tenant.schedule.as_ref().and_then(|schedule| schedule.spec.limits.as_ref()),
    };
    is_valid(&tenant.head, plan.epoch) && matches!(gate::gate(&facts), Gate::Held { reason: Held::LimitExceeded, .. })
}

/// Why somebody leaves a plan that is held: the trigger or the scope does not hold any more, or the window is over. A
/// runner would find it before the start.
fn leaves(tenant: &Tenant, people: &People<'_>, row: &LedgerEntry) -> Option<Reason> {
    let (usable, (person, seen)) = (tenant.usable.get(&row.workflow)?, people.get(&row.subject)?);
    let compiled = &usable.compiled;
    if usable.is_forbidden_for(person) {
        return Some(Reason::NameReused);
    }
    let key = (row.key.as_str(), &tenant.keys);
    let holds = compiled.still_holds(person, &seen.now, &seen.employment, &attributes(tenant, row), key, tenant.as_of);
    if holds == Some(false) {
        Some(Reason::Changed)
    } else if compiled.in_scope(person, tenant.as_of) == Truth::False {
        Some(Reason::OutOfScope)
    } else {
        (window_end(compiled, row) < tenant.as_of).then_some(Reason::PlanExpired)
    }
}

/// What the occurrences are about that are done with a row's: while one of them holds, so do all.
fn attributes(tenant: &Tenant, row: &LedgerEntry) -> Vec<String> {
    let Some(result) = tenant.result(row.slice.as_deref(), &row.key) else { return vec![row.attribute.clone()] };
    let keys = std::iter::once(&result.occurrence).chain(&result.also);
    keys.filter_map(|key| tenant.ledger.get(key)).map(|row| row.attribute.clone()).collect()
}

/// The last instant at which what a row planned may begin. A state is due for as long as it holds, but its plan has a window.
fn window_end(compiled: &CompiledWorkflow, row: &LedgerEntry) -> DateTime<Utc> {
    let from = if is_state(&row.attribute) { row.at } else { row.due };
    from + compiled.window
}

/// When the windows of those end who wait in plans that are held: then an evaluation finds something to do.
pub(super) fn ends_of_held(tenant: &Tenant) -> Vec<DateTime<Utc>> {
    let is_held = |row: &&LedgerEntry| row.run.as_ref().is_some_and(|run| tenant.held.contains(run));
    // On demand nothing has a window.
    let waiting = tenant.ledger.rows().filter(|row| row.state == EntryState::Planned && !row.attribute.is_empty()).filter(is_held);
    let ends = waiting.filter_map(|row| Some(window_end(&tenant.usable.get(&row.workflow)?.compiled, row) + TimeDelta::seconds(1)));
    ends.filter(|end| *end > tenant.as_of).collect()
}

/// Marks those in their slices whose place in a plan that is held was taken by a leaver's work: no runner looks at them.
async fn cancel_superseded(context: &Context, tenant: &mut Tenant) -> Result<(), RunnerError> {
    let results = tenant.slices.values().filter(|slice| tenant.held.contains(&slice.spec.run)).flat_map(|slice| &slice.spec.results);
    let waiting = results.filter(|result| Standing::of(result) == Standing::Queued);
    let rows = waiting.filter_map(|result| tenant.ledger.get(&result.occurrence));
    let superseded = rows.filter(|row| row.state == EntryState::Superseded);
    let canceled: Vec<_> = superseded.map(|row| (row.clone(), Release::CancelAndRelease(Reason::Superseded))).collect();
    cancel(context, tenant, &canceled).await?;
    Ok(())
}

/// The plans of held Runs that somebody has left: the same evaluation's, of those who stay. `rows`: what this evaluation
/// writes, of which the ledger may not have everything yet.
pub(super) fn plans_of_those_who_stay(tenant: &Tenant, rows: &[LedgerEntry]) -> Vec<(String, RunPlan)> {
    let newest: BTreeMap<&str, &LedgerEntry> = rows.iter().map(|row| (row.key.as_str(), row)).collect();
    let slices_of = tenant.slices_by_run();
    let plan = |run: &Run| {
        let (name, before) = (run.name_any(), run.status.as_ref()?.plan.as_ref()?);
        let of_run = slices_of.get(name.as_str()).into_iter().flatten().copied();
        let mut slices: Vec<&RunSlice> = of_run.filter(|slice| slice.spec.epoch == before.epoch).collect();
        slices.sort_by_key(|slice| slice.spec.index);
        // As a runner sees it: what the ledger has taken away, or planned elsewhere.
        let has_left = |result: &SubjectResult| {
            let row = newest.get(result.occurrence.as_str()).copied().or_else(|| tenant.ledger.get(&result.occurrence));
            row.is_some_and(|row| row.state != EntryState::Planned || row.run.as_ref() != Some(&name))
        };
        let plan = plan_without(&slices, before.reason.as_deref(), has_left);
        // A Run of nobody is complete at once: the next evaluation says in the slices first what became of them.
        let mut results = slices.iter().flat_map(|slice| &slice.spec.results);
        let is_too_soon = plan.subjects == 0 && results.any(|result| Standing::of(result) == Standing::Queued);
        (plan.slices == before.slices && plan.hash != before.hash && !is_too_soon).then_some((name, plan))
    };
    tenant.runs.iter().filter(|run| tenant.held.contains(&run.name_any())).filter_map(plan).collect()
}

/// Off-boardings that are due once more: whoever was let in early for a return does not come.
fn closed_again(tenant: &Tenant, looks: &Looks<'_>) -> Vec<LedgerEntry> {
    let people = People::new(tenant, looks);
    let is_due = |row: &&LedgerEntry| {
        let Some((_, seen)) = people.get(&row.subject) else { return false };
        let result = tenant.result(row.slice.as_deref(), &row.key);
        closes_again(row, result, &seen.employment, tenant.ledger.of_subject(&row.subject), tenant.as_of)
    };
    tenant.ledger.rows().filter(is_due).map(|row| released(tenant, row, Reason::Changed)).collect()
}

/// Rows that gave way to what was released, or stands no longer. Who is still queued in the older plan is marked there first: a
/// claim of it may be on its way, and then it is not planned anew.
async fn free(context: &Context, tenant: &mut Tenant, looks: &Looks<'_>) -> Result<Vec<LedgerEntry>, RunnerError> {
    let freed = freed(tenant, looks);
    let is_queued =
        |row: &LedgerEntry| tenant.result(row.slice.as_deref(), &row.key).is_some_and(|result| Standing::of(result) == Standing::Queued);
    let (queued, others): (Vec<_>, Vec<_>) = freed.into_iter().partition(|(row, _)| is_queued(row));
    let marks: Vec<(LedgerEntry, Release)> =
        queued.iter().map(|(row, _)| (row.clone(), Release::CancelAndRelease(Reason::Superseded))).collect();
    let marked = cancel(context, tenant, &marks).await?;
    let free = others.into_iter().chain(queued.into_iter().filter(|(row, _)| marked.contains(&row.key)));
    Ok(free.map(|(row, reason)| released(tenant, &row, reason)).collect())
}

fn freed(tenant: &Tenant, looks: &Looks<'_>) -> Vec<(LedgerEntry, Reason)> {
    let people = People::new(tenant, looks);
    let free = |row: &LedgerEntry| {
        let by = superseder(tenant, &people, row)?;
        let reason = frees(row, by, tenant.result(row.slice.as_deref(), &row.key))?;
        Some((row.clone(), reason))
    };
    tenant.ledger.rows().filter(|row| row.state == EntryState::Superseded).filter_map(free).collect()
}

/// What a superseded row gave way to; None: it gave way to nobody, or the person is not known today.
fn superseder(tenant: &Tenant, people: &People<'_>, row: &LedgerEntry) -> Option<Superseder> {
    let (by, (_, seen)) = (row.by.as_deref()?, people.get(&row.subject)?);
    let work = tenant.ledger.get(by);
    // What cannot be read today stands as it was known.
    let is_unread = seen.employment.leave == DateReading::Unknown || seen.employment.hire == DateReading::Unknown;
    let is_unknown = work.is_none() && (is_unread || people.is_hidden(row));
    Some(Superseder {
        stands: is_unknown || work.map_or_else(|| people.has_left_by(row, by), |work| people.stands(row, work)),
        is_leave_date: work.is_none_or(|work| work.closes.is_some() && work.attribute == LEAVE_DATE),
        has_returned: seen.employment.has_returned(tenant.as_of),
        is_hired_anew: people.hire(&row.subject) != row.hire,
    })
}

/// Marks unstarted subjects canceled, with one PUT a slice, and gives the keys of those that are: not of who has begun, or
/// ended, in the meantime.
async fn cancel(context: &Context, tenant: &mut Tenant, decisions: &[(LedgerEntry, Release)]) -> Result<BTreeSet<String>, RunnerError> {
    let mut by_slice: BTreeMap<&str, Vec<(&str, Reason)>> = BTreeMap::new();
    for (row, release) in decisions {
        if let (Some(slice), Release::CancelAndRelease(reason)) = (&row.slice, release) {
            by_slice.entry(slice).or_default().push((&row.key, *reason));
        }
    }
    let mut canceled = BTreeSet::new();
    for (name, wanted) in by_slice {
        let mut slice: Option<RunSlice> = tenant.slices.get(name).cloned();
        while let Some(mut object) = slice.take() {
            let (keys, is_new) = mark(&mut object, &wanted, tenant.as_of);
            if keys.is_empty() {
                break;
            }
            let stored = if is_new { context.cluster.replace(&object).await? } else { Replaced::Done(Box::new(object)) };
            match stored {
                Replaced::Done(object) => {
                    tenant.slices.insert(name.to_owned(), *object);
                    canceled.extend(keys);
                }
                Replaced::Conflict => slice = context.cluster.find::<RunSlice>(name).await?,
                Replaced::Gone => {}
            }
        }
    }
    Ok(canceled)
}

/// Marks those of a slice that have not begun; the keys of who is marked now, and whether that is to be written.
fn mark(slice: &mut RunSlice, wanted: &[(&str, Reason)], as_of: DateTime<Utc>) -> (Vec<String>, bool) {
    let (mut keys, mut is_new) = (Vec::new(), false);
    for (key, reason) in wanted {
        let Some(result) = slice.spec.results.iter_mut().find(|result| is_of(result, key)) else { continue };
        let standing = Standing::of(result);
        let is_marked = standing.called_off_for() == Some(*reason);
        if !is_marked && standing != Standing::Queued {
            continue;
        }
        keys.push((*key).to_owned());
        if is_marked {
            continue;
        }
        is_new = true;
        // Whoever was left for another attempt keeps what was done.
        if *reason == Reason::Superseded {
            standing::supersede(result, as_of, Some(as_of), as_of);
        } else {
            standing::cancel(result, *reason, as_of);
        }
    }
    (keys, is_new)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::api::ProcessingStatus;

    /// What is asked for of which keys, which of them are marked then, and whether that is to be written.
    type Case = (&'static [(&'static str, Reason)], &'static [&'static str], bool);

    #[test]
    fn who_is_marked_in_a_slice() {
        let result = |subject: &str, status: &str, reason: Option<&str>, also: &[&str]| {
            json!({"subject": subject, "subjectKey": subject, "occurrence": format!("{subject}1"), "also": also, "due": "2026-01-01T00:00:00Z",
                "processingStatus": status, "reason": reason, "tasks": [{"name": "all", "processingStatus": status}]})
        };
        let slice = || -> RunSlice {
            let results = [
                result("ann", "queued", None, &["ann2"]),
                result("bob", "queued", None, &[]),
                result("cid", "inProgress", None, &[]),
                result("dan", "canceled", Some("Changed"), &[]),
                result("eve", "canceled", Some("CanceledByPerson"), &[]),
                json!({"subject": "fay", "subjectKey": "fay", "occurrence": "fay1", "due": "2026-01-01T00:00:00Z", "processingStatus": "queued",
                    "tasks": [{"name": "all", "processingStatus": "completed"}, {"name": "more"}]}),
            ];
            serde_json::from_value(json!({"apiVersion": "tenure.dev/v1alpha1", "kind": "RunSlice", "metadata": {"name": "w-v1-e1-0"},
                "run": "w-v1-e1", "runUid": "u", "executionType": "scheduled", "workflow": "w", "category": "mover", "lineage": "l", "version": 1, "epoch": 1,
                "index": 0, "results": results}))
            .expect("a slice")
        };
        let cases: [Case; 6] = [
            (&[("ann1", Reason::Changed), ("bob1", Reason::OutOfScope)], &["ann1", "bob1"], true),
            (&[("ann1", Reason::Changed), ("ann2", Reason::Changed)], &["ann1", "ann2"], true),
            (&[("cid1", Reason::Changed), ("bob1", Reason::Changed)], &["bob1"], true),
            (&[("dan1", Reason::Changed)], &["dan1"], false),
            (&[("dan1", Reason::OutOfScope), ("eve1", Reason::Changed), ("cid1", Reason::Changed)], &[], false),
            (&[("zoe1", Reason::Changed)], &[], false),
        ];
        for (wanted, expected, is_written) in cases {
            let mut marked = slice();
            let (keys, is_new) = mark(&mut marked, wanted, DateTime::UNIX_EPOCH);
            assert_eq!((keys.iter().map(String::as_str).collect::<Vec<_>>(), is_new), (expected.to_vec(), is_written), "{wanted:?}");
            for (before, after) in slice().spec.results.iter().zip(&marked.spec.results).take(5) {
                let of = wanted.iter().find(|(key, _)| keys.iter().any(|marked| marked == key) && is_of(after, key));
                match of {
                    Some((_, reason)) => {
                        assert_eq!((after.processing_status, after.reason.as_deref()), (ProcessingStatus::Canceled, Some(reason.as_str())));
                        assert_eq!(after.tasks[0].processing_status, ProcessingStatus::Canceled);
                    }
                    None => assert_eq!(before, after, "{wanted:?}"),
                }
            }
        }
        let mut half = slice();
        assert_eq!(mark(&mut half, &[("fay1", Reason::WorkflowDisabled)], DateTime::UNIX_EPOCH), (vec!["fay1".to_owned()], true));
        let statuses: Vec<_> = half.spec.results[5].tasks.iter().map(|task| task.processing_status).collect();
        assert_eq!(statuses, [ProcessingStatus::Completed, ProcessingStatus::Canceled], "what was done stays done");
    }
}
