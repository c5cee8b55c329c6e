//! What evaluations remove: rows of abandoned epochs, and history past its time.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use kube::ResourceExt;

use crate::api::conditions::{COMPLETE, is_true};
use crate::api::meta::{LABEL_EPOCH, LABEL_RUN};
use crate::api::reasons::Reason;
use crate::api::tenant_ledger::{TenantLedgerData, WorkflowHead};
use crate::api::{DirectorySnapshot, LedgerEntry, OccurrenceLedger, Run, RunSlice, SnapshotRow, WorkflowVersion};
use crate::cluster::Replaced;
use crate::cluster::client::{Kind, Selector};
use crate::cluster::events::Notice;
use crate::domain::epochs::is_abandoned;
use crate::domain::release::has_changed;
use crate::domain::retention::{
    EndedRun, HISTORY_DAYS, RUNS_PER_WORKFLOW, expired, forget_at, is_row_expired, next_expiry, next_row_expiry,
};
use crate::domain::snapshot::withdrawn_key;
use crate::domain::source::Source;
use crate::domain::trigger::is_state;
use crate::runner::{Context, RunnerError};

use super::draft::Draft;
use super::snapshot::Looks;
use super::tenant::{Reading, Tenant};

/// Abandoned epochs whose objects are looked for, newest first: a zombie that is older than that many crashes is past
/// every deadline of its Job.
const EPOCHS: usize = 50;

async fn delete_all<K: Kind>(context: &Context, selector: &Selector, keep: impl Fn(&K) -> bool) -> Result<(), RunnerError> {
    for object in context.cluster.list::<K>(selector).await? {
        if !keep(&object) {
            context.cluster.delete::<K>(&object.name_any(), object.uid()).await?;
        }
    }
    Ok(())
}

/// Removes slices and scheduled Runs of abandoned epochs, slices first.
pub(super) async fn remove_abandoned(context: &Context, tenant: &Tenant) -> Result<(), RunnerError> {
    let epochs: Vec<String> = tenant
        .head
        .abandoned
        .iter()
        .rev()
        .flat_map(|range| (range.from..=range.to).rev())
        .take(EPOCHS)
        .map(|epoch| epoch.to_string())
        .collect();
    if epochs.is_empty() {
        return Ok(());
    }
    let selector = Selector::labels(format!("{LABEL_EPOCH} in ({})", epochs.join(",")));
    delete_all::<RunSlice>(context, &selector, |_| false).await?;
    delete_all::<Run>(context, &selector, |run| !run.spec.is_scheduled()).await
}

/// After the commit: Events, retention, rows of abandoned epochs in the ledger. Nothing here decides about people, and
/// what a crash leaves is done by the next evaluation. Gives the next instant at which something expires.
pub(super) async fn after_seal(
    context: &Context,
    tenant: &Tenant,
    (looks, snapshots): (&Looks<'_>, &[DirectorySnapshot]),
    head: &TenantLedgerData,
    draft: &Draft,
) -> Result<Option<DateTime<Utc>>, RunnerError> {
    for (workflow, count) in &draft.missed_by_workflow {
        let message = format!("{count} occurrences were not processed within their window");
        context.cluster.publish(&of_workflow(tenant, workflow, Reason::Missed, message, "missed")).await?;
    }
    tell_what_is_owed(context, tenant, draft).await?;
    if tenant.runs_only {
        return Ok(None);
    }
    prune_sightings(context, tenant, snapshots).await?;
    let next_row = prune_rows(context, tenant, looks, head).await?;
    let next_run = prune_runs(context, tenant, head).await?;
    prune_versions(context, tenant, head).await?;
    let next_name = head.workflows.iter().filter_map(forget_at).filter(|at| *at > tenant.as_of).min();
    Ok([next_row, next_run, next_name].into_iter().flatten().min())
}

/// What an evaluation has to say of a Workflow, once.
fn of_workflow<'a>(tenant: &Tenant, workflow: &'a str, reason: Reason, message: String, word: &str) -> Notice<'a> {
    let uid = tenant.workflows.get(workflow).and_then(ResourceExt::uid);
    Notice { kind: "Workflow", name: workflow, uid, warning: true, reason, message, id: format!("{word}-e{}", tenant.epoch) }
}

/// Events about what was planned and was not on its way: one for each workflow with what was found now, and one for each Run of
/// which nothing is heard, however often it is found.
async fn tell_what_is_owed(context: &Context, tenant: &Tenant, draft: &Draft) -> Result<(), RunnerError> {
    let of_workflows = draft.without_result.iter().map(|(workflow, count)| {
        let message =
            format!("the Run or slice of {count} occurrences was gone before their result was final: they are on their way again");
        of_workflow(tenant, workflow, Reason::WithoutResult, message, "owed")
    });
    let of_run = draft.silent.iter().map(|(run, count)| Notice {
        kind: "Run",
        name: run,
        uid: tenant.runs.iter().find(|other| other.name_any() == *run).and_then(ResourceExt::uid),
        warning: true,
        reason: Reason::WithoutResult,
        message: format!("{count} subjects wait, nothing holds them, and nothing was heard of the Run for longer than an attempt lives"),
        id: "silent".to_owned(),
    });
    for notice in of_workflows.chain(of_run) {
        context.cluster.publish(&notice).await?;
    }
    Ok(())
}

/// Sightings of people whom a complete reading does not have any more: who returns is seen for the first time.
async fn prune_sightings(context: &Context, tenant: &Tenant, snapshots: &[DirectorySnapshot]) -> Result<(), RunnerError> {
    // Once for all buckets of a directory.
    let mut keys: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for bucket in snapshots {
        let Some(Reading::People(people)) = tenant.readings.get(&bucket.spec.directory) else { continue };
        let known = keys.entry(&bucket.spec.directory).or_insert_with(|| people.iter().map(|person| person.key.as_str()).collect());
        let is_gone = |row: &SnapshotRow| !known.contains(row.subject.as_str());
        if !bucket.spec.rows.iter().any(is_gone) {
            continue;
        }
        let Some(mut fresh) = context.cluster.find::<DirectorySnapshot>(&bucket.name_any()).await? else { continue };
        if fresh.spec.rows.iter().any(|row| row.current.epoch > tenant.epoch) {
            break;
        }
        fresh.spec.rows.retain(|row| !is_gone(row));
        match context.cluster.replace(&fresh).await? {
            Replaced::Done(_) | Replaced::Conflict | Replaced::Gone => {}
        }
    }
    Ok(())
}

async fn prune_runs(context: &Context, tenant: &Tenant, head: &TenantLedgerData) -> Result<Option<DateTime<Utc>>, RunnerError> {
    let limits = tenant.schedule.as_ref().and_then(|schedule| schedule.spec.history_limits.clone()).unwrap_or_default();
    let days = limits.days.unwrap_or(HISTORY_DAYS);
    let forget: BTreeMap<&str, DateTime<Utc>> =
        head.workflows.iter().rev().filter_map(|entry| Some((entry.name.as_str(), forget_at(entry)?))).collect();
    let ended: Vec<EndedRun> = tenant.runs.iter().filter_map(|run| ended(run, &forget)).collect();
    // Who has made a Run may delete it, and make another one of that name: that one stays, with what a later evaluation wrote for it.
    let uids: BTreeMap<String, Option<String>> = tenant.runs.iter().map(|run| (run.name_any(), run.uid())).collect();
    let names = expired(&ended, days, limits.runs_per_workflow.unwrap_or(RUNS_PER_WORKFLOW), tenant.as_of);
    for name in &names {
        let of_run = Selector::labels(format!("{LABEL_RUN}={name}"));
        delete_all::<RunSlice>(context, &of_run, |slice| slice.spec.epoch > tenant.epoch).await?;
        context.cluster.delete::<Run>(name, uids.get(name).cloned().flatten()).await?;
    }
    let gone: BTreeSet<&str> = names.iter().map(String::as_str).collect();
    let left: Vec<EndedRun> = ended.into_iter().filter(|run| !gone.contains(run.name.as_str())).collect();
    Ok(next_expiry(&left, days))
}

/// Versions of workflows whose history goes, once no Run needs them. The head keeps lineage and highest number, so that who
/// applies the Workflow again goes on where it ended.
async fn prune_versions(context: &Context, tenant: &Tenant, head: &TenantLedgerData) -> Result<(), RunnerError> {
    let is_gone = |entry: &&WorkflowHead| forget_at(entry).is_some_and(|at| at <= tenant.as_of);
    let gone: Vec<&WorkflowHead> = head.workflows.iter().filter(is_gone).collect();
    if gone.is_empty() {
        return Ok(());
    }
    let open = tenant.runs.iter().filter(|run| completed_at(run).is_none());
    let needed: BTreeSet<&str> = open.filter_map(Source::of).map(Source::name).collect();
    let mut versions: BTreeMap<&str, Vec<&WorkflowVersion>> = BTreeMap::new();
    for version in &tenant.versions {
        versions.entry(&version.spec.workflow).or_default().push(version);
    }
    for entry in gone.into_iter().filter(|entry| !needed.contains(entry.name.as_str())) {
        for version in versions.get(entry.name.as_str()).into_iter().flatten() {
            context.cluster.delete::<WorkflowVersion>(&version.name_any(), version.uid()).await?;
        }
    }
    Ok(())
}

/// When the Run ended, if it has.
fn completed_at(run: &Run) -> Option<DateTime<Utc>> {
    let status = run.status.as_ref().filter(|status| is_true(&status.conditions, COMPLETE))?;
    status.completed_date_time
}

/// A Run that has ended. `forget`: when the history of a workflow goes, by its name.
fn ended(run: &Run, forget: &BTreeMap<&str, DateTime<Utc>>) -> Option<EndedRun> {
    let completed_at = completed_at(run)?;
    let workflow = Source::of(run)?.name().to_owned();
    let forget_at = forget.get(workflow.as_str()).copied();
    Some(EndedRun { name: run.name_any(), on_demand: !run.spec.is_scheduled(), workflow, completed_at, forget_at })
}

/// Removes rows that need not be kept: of abandoned epochs, and expired ones.
async fn prune_rows(
    context: &Context,
    tenant: &Tenant,
    looks: &Looks<'_>,
    head: &TenantLedgerData,
) -> Result<Option<DateTime<Utc>>, RunnerError> {
    let people = looks.by_key(tenant);
    let changed = |row: &LedgerEntry| {
        let Some((person, seen)) = people.get(row.subject.as_str()) else { return false };
        if Reason::of(row.reason.as_deref()) == Some(Reason::HireWithdrawn) && row.workflow.is_empty() {
            return withdrawn_key(person, &tenant.keys).as_ref() != Some(&row.key);
        }
        if !is_state(&row.attribute) {
            return has_changed(row, Some(person), tenant.lineage(&row.workflow), &tenant.keys);
        }
        // A state is due for as long as it holds: only another one may go.
        let Some(usable) = tenant.usable.get(&row.workflow) else { return false };
        let workflow = &usable.compiled;
        let found = workflow.occurrences(person, &seen.now, &seen.employment, tenant.as_of);
        !found.iter().any(|occurrence| occurrence.key(&tenant.keys, &workflow.lineage, &person.key) == row.key)
    };
    let drop = |row: &LedgerEntry| is_abandoned(head, row.epoch) || is_row_expired(row, || changed(row), tenant.as_of);
    for chunk in tenant.chunks.iter().filter(|chunk| chunk.spec.entries.iter().any(drop)) {
        let Some(mut fresh) = context.cluster.find::<OccurrenceLedger>(&chunk.name_any()).await? else { continue };
        if fresh.spec.entries.iter().any(|row| row.epoch > tenant.epoch) {
            break;
        }
        fresh.spec.entries.retain(|row| !drop(row));
        match context.cluster.replace(&fresh).await? {
            Replaced::Done(_) | Replaced::Conflict | Replaced::Gone => {}
        }
    }
    Ok(next_row_expiry(tenant.chunks.iter().flat_map(|chunk| &chunk.spec.entries), tenant.as_of))
}
