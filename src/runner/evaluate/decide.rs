//! Who is due: every workflow, every person, as of one instant. Pure: from what was read to what is written.

use chrono::TimeDelta;

use crate::api::run::ExecutionType;
use crate::api::tenant_ledger::{DirectoryHead, WorkflowHead};
use crate::api::{EntryState, LedgerEntry};
use crate::domain::due::{Moment, Verdict, judge};
use crate::domain::snapshot::is_news;
use crate::domain::subject::Person;
use crate::domain::trigger::Occurrence;
use crate::rule::Truth;

use super::draft::Draft;
use super::on_demand;
use super::place::{self, Wanted};
use super::snapshot::{self, Seen};
use super::tenant::{Reading, Tenant, Usable};

/// Decides everything. `released`: rows that are written in any case; the tenant's ledger has them already.
pub(super) fn decide(tenant: &mut Tenant, released: Vec<LedgerEntry>) -> Draft {
    let mut draft = Draft { rows: released, ..Draft::default() };
    let mut wanted = Vec::new();
    if !tenant.runs_only {
        let (seen, buckets) = snapshot::take(tenant);
        draft.buckets = buckets;
        for usable in tenant.usable.values() {
            let (Some(moment), Some(Reading::People(people))) = (usable.moment, tenant.readings.get(&usable.directory)) else { continue };
            draft.restless |= usable.compiled.scope.as_ref().is_some_and(crate::rule::Rule::depends_on_time);
            let old_rule = tenant.workflow_head(&usable.compiled.name).and_then(|head| head.due_rule.as_deref());
            let moved = moment.last_sealed_at.is_some() && old_rule != Some(usable.compiled.due_rule.as_str());
            let facts = Facts { usable, moment, moved };
            let Some(seen) = seen.get(&usable.directory) else { continue };
            for (person, seen) in people.iter().zip(seen) {
                consider(tenant, &facts, person, seen, &mut draft, &mut wanted);
            }
        }
    }
    on_demand::want(tenant, &mut draft, &mut wanted);
    place::place(tenant, wanted, &mut draft);
    heads(tenant, &mut draft);
    draft
}

/// What is the same for all people of one workflow.
struct Facts<'a> {
    usable: &'a Usable,
    moment: Moment,
    /// The trigger, its offset or its zone is another one than at the last sealed evaluation.
    moved: bool,
}

/// One workflow and one person. What is cheap to tell comes first: most people are not due.
fn consider(tenant: &Tenant, facts: &Facts<'_>, person: &Person, seen: &Seen, draft: &mut Draft, wanted: &mut Vec<Wanted>) {
    let (moment, workflow) = (&facts.moment, &facts.usable.compiled);
    for occurrence in workflow.occurrences(person, &seen.now) {
        let window_end = occurrence.due + moment.window + TimeDelta::seconds(1);
        let next = if occurrence.due > moment.as_of { occurrence.due } else { window_end };
        let news = facts.moved || is_news(&seen.now, seen.before.as_ref(), &occurrence.attribute, moment.last_sealed_at);
        let verdict = judge(occurrence.due, news, moment);
        if (verdict == Verdict::History && !seen.has_released) || workflow.in_scope(person, moment.as_of) != Truth::True {
            draft.history += usize::from(verdict == Verdict::History);
            continue;
        }
        if next > moment.as_of {
            draft.wake(next);
        }
        if verdict == Verdict::NotYet {
            continue;
        }
        let key = occurrence.key(&tenant.keys, &workflow.lineage, &person.key);
        let row = tenant.ledger.get(&key);
        if row.is_some_and(|row| row.state != EntryState::Released) {
            continue;
        }
        match (verdict, row) {
            (Verdict::Due, _) => wanted.push(Wanted::scheduled(facts.usable, person, occurrence, key)),
            (Verdict::Missed, None) => miss(tenant, facts.usable, person, &occurrence, &key, None, draft),
            // What was released and not done in time is missed, for the reason of the release.
            (Verdict::Missed | Verdict::History, Some(row)) => {
                miss(tenant, facts.usable, person, &occurrence, &key, row.reason.clone(), draft)
            }
            (Verdict::History, None) => draft.history += 1,
            (Verdict::NotYet, _) => {}
        }
    }
}

fn miss(tenant: &Tenant, usable: &Usable, person: &Person, occurrence: &Occurrence, key: &str, reason: Option<String>, draft: &mut Draft) {
    let workflow = &usable.compiled;
    let mut row =
        tenant.row(key, &person.key, &occurrence.attribute, &workflow.name, workflow.category, EntryState::Missed, occurrence.due);
    row.reason = Some(reason.unwrap_or_else(|| "WindowEnded".to_owned()));
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
            });
            heads.len() - 1
        });
        let head = &mut heads[index];
        head.highest_version = head.highest_version.max(version.spec.number);
    }
    if !tenant.runs_only {
        for head in &mut heads {
            let Some((usable, moment)) = tenant.usable.get(&head.name).and_then(|usable| Some((usable, usable.moment?))) else { continue };
            head.activated_at = Some(moment.activated_at);
            head.last_sealed_at = Some(tenant.as_of);
            head.due_rule = Some(usable.compiled.due_rule.clone());
        }
    }
    heads.sort_by(|left, right| left.name.cmp(&right.name));
    draft.workflows = heads;
    draft.directories = tenant.head.directories.clone();
    for (name, reading) in &tenant.readings {
        let Reading::People(people) = reading else { continue };
        let subjects = i64::try_from(people.len()).unwrap_or(i64::MAX);
        match draft.directories.iter_mut().find(|head| &head.name == name) {
            Some(head) => head.subjects = subjects,
            None => draft.directories.push(DirectoryHead { name: name.clone(), subjects }),
        }
    }
    draft.directories.sort_by(|left, right| left.name.cmp(&right.name));
}

/// Whether a Run was made by an evaluation.
pub(super) fn is_scheduled(run: &crate::api::Run) -> bool {
    run.spec.execution_type == ExecutionType::Scheduled
}
