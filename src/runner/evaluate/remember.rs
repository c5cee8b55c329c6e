//! What the head remembers of workflows: one entry a name, for as long as anything of it is left.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};

use crate::api::tenant_ledger::{TriggerAttribute, WorkflowHead};
use crate::api::{LedgerEntry, WorkflowSpec, WorkflowVersion};
use crate::domain::due::activation;
use crate::domain::names::MOST_WORKFLOWS;
use crate::domain::source::Source;
use crate::domain::trigger::watched;
use crate::runner::compile::window_of;

use super::tenant::Tenant;

/// The entries after this evaluation, which writes these rows.
pub(super) fn workflows(tenant: &Tenant, rows: &[LedgerEntry]) -> Vec<WorkflowHead> {
    let mut heads: BTreeMap<String, WorkflowHead> = tenant.head.workflows.iter().map(|head| (head.name.clone(), head.clone())).collect();
    let has_place = |name: &str| tenant.workflows.contains_key(name) && !tenant.placeless.workflows.contains(name);
    if !tenant.runs_only {
        for name in tenant.workflows.keys().filter(|name| has_place(name)) {
            head_of(&mut heads, name);
        }
    }
    let (there, gone): (Vec<&WorkflowVersion>, Vec<_>) = tenant.versions.iter().partition(|version| has_place(&version.spec.workflow));
    for version in there.into_iter().chain(gone) {
        let name = version.spec.workflow.as_str();
        // A version that came back without its Workflow, or whose Workflow has no place, remembers itself.
        if !heads.contains_key(name) && !has_place(name) && heads.len() >= MOST_WORKFLOWS {
            continue;
        }
        let head = head_of(&mut heads, name);
        if head.lineage.is_empty() {
            head.lineage.clone_from(&version.spec.lineage);
        }
        head.highest_version = head.highest_version.max(version.spec.number);
    }
    if !tenant.runs_only {
        for head in heads.values_mut() {
            bring_up_to_date(tenant, head);
        }
        forget(tenant, rows, &mut heads);
    }
    heads.into_values().collect()
}

/// A name is forgotten when its Workflow is gone, and no version, no Run and no row of the ledger is left of it: then nobody can
/// be taken for processed who was not, or the other way round.
fn forget(tenant: &Tenant, rows: &[LedgerEntry], heads: &mut BTreeMap<String, WorkflowHead>) {
    if heads.values().all(|head| head.deleted_at.is_none()) {
        return;
    }
    let versions = tenant.versions.iter().map(|version| version.spec.workflow.as_str());
    let runs = tenant.runs.iter().filter_map(Source::of).map(Source::name);
    let slices = tenant.slices.values().map(|slice| slice.spec.workflow.as_str());
    let written = tenant.chunks.iter().flat_map(|chunk| &chunk.spec.entries).chain(rows).map(|row| row.workflow.as_str());
    let left: BTreeSet<&str> = versions.chain(runs).chain(slices).chain(written).collect();
    heads.retain(|name, head| head.deleted_at.is_none() || left.contains(name.as_str()));
}

fn head_of<'a>(heads: &'a mut BTreeMap<String, WorkflowHead>, name: &str) -> &'a mut WorkflowHead {
    heads.entry(name.to_owned()).or_insert_with(|| WorkflowHead::named(name))
}

/// What this evaluation has seen of the workflow. One that asks to be scheduled counts as activated from the first
/// evaluation on that found it so, Ready or not: it must miss nothing.
fn bring_up_to_date(tenant: &Tenant, head: &mut WorkflowHead) {
    let workflow = tenant.workflows.get(&head.name);
    match workflow {
        Some(workflow) => {
            (head.deleted_at, head.deletion_policy) = (None, workflow.spec.deletion_policy);
            // Without room for what it looks at by now, what it looked at before is not forgotten either.
            if !tenant.placeless.workflows.contains(&head.name) {
                head.trigger = trigger_since(&head.trigger, &workflow.spec, tenant.as_of);
            }
        }
        None => drop(head.deleted_at.get_or_insert(tenant.as_of)),
    }
    match workflow.filter(|workflow| is_scheduled_workflow(&workflow.spec)) {
        Some(workflow) => {
            // A window that cannot be read is none that the Workflow could have been idle for.
            let window = window_of(&workflow.spec, tenant.schedule.as_ref().map(|schedule| &schedule.spec)).unwrap_or(TimeDelta::MAX);
            head.activated_at = Some(activation(head.activated_at, head.idle_since, window, tenant.as_of));
            head.idle_since = None;
        }
        None => drop(head.idle_since.get_or_insert(tenant.as_of)),
    }
    if let Some((usable, _)) = tenant.usable.get(&head.name).and_then(|usable| Some((usable, usable.moment?))) {
        head.last_sealed_at = Some(tenant.as_of);
        head.due_rule = Some(usable.compiled.due_rule.clone());
    }
}

/// Whether the Workflow itself asks to be evaluated.
fn is_scheduled_workflow(spec: &WorkflowSpec) -> bool {
    spec.is_enabled && spec.is_scheduled()
}

/// What the trigger looks at for changes, each with the instant since which it does.
fn trigger_since(known: &[TriggerAttribute], spec: &WorkflowSpec, as_of: DateTime<Utc>) -> Vec<TriggerAttribute> {
    let since = |name: String| {
        let since = known.iter().find(|entry| entry.name == name).map_or(as_of, |entry| entry.since);
        TriggerAttribute { name, since }
    };
    watched(spec).into_iter().map(since).collect()
}
