//! Who is due: every workflow, every person, as of one instant. Pure: from what was read to what is written.

use std::collections::BTreeMap;

use crate::api::run::ExecutionType;
use crate::api::tenant_ledger::{DirectoryHead, Unreadable, WorkflowHead};
use crate::api::workflow::DeletionPolicy;
use crate::api::{EntryState, LedgerEntry};
use crate::domain::decision::{Books, Decision, Facts, View};
use crate::domain::subject::{DateReading, Person};
use crate::domain::trigger::Occurrence;

use super::draft::Draft;
use super::on_demand;
use super::place::{self, Wanted};
use super::snapshot::{self, Seen};
use super::tenant::{Reading, Tenant, Usable};

/// Most attributes of a directory of which the head says that they have unreadable values: its schema's bound.
const MOST_UNREADABLE: usize = 100;

/// Decides everything. `released`: rows that are written in any case; the tenant's ledger has them already.
pub(super) fn decide(tenant: &mut Tenant, released: Vec<LedgerEntry>) -> Draft {
    let mut draft = Draft { rows: released, ..Draft::default() };
    let mut wanted = Vec::new();
    if !tenant.runs_only {
        let (seen, buckets) = snapshot::take(tenant);
        draft.buckets = buckets;
        consider(tenant, &seen, &mut draft, &mut wanted);
    }
    on_demand::want(tenant, &mut draft, &mut wanted);
    place::place(tenant, &wanted, &mut draft);
    heads(tenant, &mut draft);
    draft
}

/// Asks every workflow about every person of its directory. One person after the other, so that what is known of them is
/// read from memory once; what is found is taken in the order of the workflows.
fn consider(tenant: &Tenant, seen: &BTreeMap<&str, Vec<Seen<'_>>>, draft: &mut Draft, wanted: &mut Vec<Wanted>) {
    let books = Books { keys: &tenant.keys, ledger: &tenant.ledger };
    let mut found = Vec::new();
    for (directory, seen) in seen {
        let Some(Reading::People(people)) = tenant.readings.get(*directory) else { continue };
        let facts = facts(tenant, directory);
        draft.restless |= facts.iter().any(|(usable, _)| usable.compiled.scope.as_ref().is_some_and(crate::rule::Rule::depends_on_time));
        for (person, seen) in people.iter().zip(seen) {
            let view = View { now: &seen.now, before: seen.before, has_released: seen.has_released };
            for (usable, facts) in &facts {
                for decided in facts.decide(person, view, books, draft.next) {
                    if let Some(next) = decided.next {
                        draft.wake(next);
                    }
                    match decided.decision {
                        Decision::Due { .. } | Decision::Missed { .. } => found.push((*usable, person, decided.decision)),
                        Decision::History => draft.history += 1,
                        Decision::Later | Decision::NotYet { .. } | Decision::Consumed | Decision::OutOfScope => {}
                    }
                }
            }
        }
    }
    found.sort_by_key(|(usable, ..)| usable.compiled.name.as_str());
    for (usable, person, decision) in found {
        match decision {
            Decision::Due { occurrence, key } => wanted.push(Wanted::scheduled(usable, person, occurrence, key)),
            Decision::Missed { occurrence, key, reason } => miss(tenant, usable, person, &occurrence, &key, reason, draft),
            _ => {}
        }
    }
}

/// The workflows that are evaluated over a directory, each with what is the same for all its people.
pub(super) fn facts<'a>(tenant: &'a Tenant, directory: &str) -> Vec<(&'a Usable, Facts<'a>)> {
    let of = |usable: &'a Usable| {
        let moment = usable.moment?;
        let old_rule = tenant.workflow_head(&usable.compiled.name).and_then(|head| head.due_rule.as_deref());
        let moved = moment.last_sealed_at.is_some() && old_rule != Some(usable.compiled.due_rule.as_str());
        Some((usable, Facts::new(&usable.compiled, moment, moved)))
    };
    tenant.usable.values().filter(|usable| usable.directory == directory).filter_map(of).collect()
}

fn miss(tenant: &Tenant, usable: &Usable, person: &Person, occurrence: &Occurrence, key: &str, reason: String, draft: &mut Draft) {
    let workflow = &usable.compiled;
    let mut row =
        tenant.row(key, &person.key, &occurrence.attribute, &workflow.name, workflow.category, EntryState::Missed, occurrence.due);
    row.reason = Some(reason);
    row.sequence = occurrence.sequence();
    draft.rows.push(row);
    *draft.missed_by_workflow.entry(workflow.name.clone()).or_default() += 1;
}

/// What the head remembers: every workflow name that was ever seen, with its highest number.
fn heads(tenant: &Tenant, draft: &mut Draft) {
    let mut heads = tenant.head.workflows.clone();
    for version in &tenant.versions {
        let name = &version.spec.workflow;
        let index = heads.iter().position(|head| &head.name == name).unwrap_or_else(|| {
            heads.push(WorkflowHead {
                name: name.clone(),
                lineage: version.spec.lineage.clone(),
                highest_version: 0,
                activated_at: None,
                last_sealed_at: None,
                due_rule: None,
                deleted_at: None,
                deletion_policy: DeletionPolicy::default(),
            });
            heads.len() - 1
        });
        let head = &mut heads[index];
        head.highest_version = head.highest_version.max(version.spec.number);
    }
    if !tenant.runs_only {
        for head in &mut heads {
            match tenant.workflows.get(&head.name) {
                Some(workflow) => (head.deleted_at, head.deletion_policy) = (None, workflow.spec.deletion_policy),
                None => drop(head.deleted_at.get_or_insert(tenant.as_of)),
            }
            let Some((usable, moment)) = tenant.usable.get(&head.name).and_then(|usable| Some((usable, usable.moment?))) else { continue };
            head.activated_at = Some(moment.activated_at);
            head.last_sealed_at = Some(tenant.as_of);
            head.due_rule = Some(usable.compiled.due_rule.clone());
        }
    }
    heads.sort_by(|left, right| left.name.cmp(&right.name));
    draft.workflows = heads;
    draft.directories.clone_from(&tenant.head.directories);
    for (name, reading) in &tenant.readings {
        let Reading::People(people) = reading else { continue };
        draft.directories.retain(|head| &head.name != name);
        draft.directories.push(directory_head(name, people));
    }
    draft.directories.sort_by(|left, right| left.name.cmp(&right.name));
}

/// What is remembered of a directory that was read in full.
fn directory_head(name: &str, people: &[Person]) -> DirectoryHead {
    let mut counts: BTreeMap<&str, i64> = BTreeMap::new();
    for (attribute, _) in people.iter().flat_map(|person| person.dates.iter()).filter(|(_, reading)| *reading == DateReading::Unknown) {
        *counts.entry(attribute).or_default() += 1;
    }
    let unreadable = counts.into_iter().map(|(attribute, count)| Unreadable { attribute: attribute.to_owned(), count });
    DirectoryHead {
        name: name.to_owned(),
        subjects: i64::try_from(people.len()).unwrap_or(i64::MAX),
        unreadable: unreadable.take(MOST_UNREADABLE).collect(),
    }
}

/// Whether a Run was made by an evaluation.
pub(super) fn is_scheduled(run: &crate::api::Run) -> bool {
    run.spec.execution_type == ExecutionType::Scheduled
}
