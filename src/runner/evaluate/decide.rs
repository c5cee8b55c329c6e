//! Who is due: every workflow, every person, as of one instant. Pure: from what was read to what is written.

use std::collections::BTreeMap;

use crate::api::reasons::Reason;
use crate::api::tenant_ledger::{DateConcern, DirectoryHead, UnreadableCount};
use crate::api::{Category, DirectorySnapshot, EntryState, LedgerEntry};
use crate::domain::concern::{Concern, concerns};
use crate::domain::decision::{About, Books, Decision, Facts, PersonView};
use crate::domain::employment::Relation;
use crate::domain::snapshot::withdrawn_key;
use crate::domain::subject::{DateReading, HIRE_DATE, Person};
use crate::domain::trigger::{Occurrence, Trigger};

use super::departure::People;
use super::draft::Draft;
use super::on_demand;
use super::place;
use super::release;
use super::remember;
use super::snapshot::{Looks, Seen};
use super::tenant::{Reading, Tenant, Usable};
use super::wanted::WantedSubject;

/// Most attributes of a directory of which the head says that they have unreadable values: its schema's bound.
const MOST_UNREADABLE: usize = 100;
/// The same for all directories of a tenant: the head stays one object that can be written.
const MOST_FINDINGS: usize = 300;

/// Decides everything. `released`: rows that are written in any case; the tenant's ledger has them already.
pub(super) fn decide(tenant: &Tenant, looks: &Looks<'_>, buckets: Vec<DirectorySnapshot>, released: Vec<LedgerEntry>) -> Draft {
    let mut draft = Draft { rows: released, ..Draft::default() };
    let mut wanted = Vec::new();
    let people = People::new(tenant, looks);
    if !tenant.runs_only {
        draft.buckets = buckets;
        consider(tenant, looks, &mut draft, &mut wanted);
    }
    on_demand::want(tenant, &people, &mut draft, &mut wanted);
    place::place(tenant, &people, &wanted, &mut draft);
    let plans = release::plans_of_those_who_stay(tenant, &draft.rows);
    draft.plans.extend(plans);
    for end in release::ends_of_held(tenant) {
        draft.wake(end);
    }
    draft.workflows = remember::workflows(tenant, &draft.rows);
    directory_heads(tenant, looks, &mut draft);
    draft
}

/// Asks every workflow about every person of its directory. One person after the other, so that what is known of them is
/// read from memory once; what is found is taken in the order of the workflows.
fn consider(tenant: &Tenant, looks: &Looks<'_>, draft: &mut Draft, wanted: &mut Vec<WantedSubject>) {
    let books = Books { keys: &tenant.keys, ledger: &tenant.ledger };
    let mut found = Vec::new();
    for directory in tenant.readings.keys() {
        let facts = facts(tenant, directory);
        draft.restless |= facts.iter().any(|(usable, _)| usable.compiled.scope.as_ref().is_some_and(crate::rule::Rule::depends_on_time));
        for (person, seen) in looks.people(tenant, directory) {
            note_dates(tenant, person, seen, draft);
            let from = found.len();
            let view = view(tenant, person, seen);
            for (usable, facts) in &facts {
                let is_leaver = usable.compiled.category == Category::Leaver;
                // Of leavers the first is to be known, also where something else comes before.
                let horizon = if is_leaver { draft.next_leaver } else { draft.next };
                for decided in facts.decide(person, view, books, horizon) {
                    if let Some(next) = decided.next {
                        draft.wake(next);
                    }
                    if let (true, Decision::NotYet { at }) = (is_leaver, &decided.decision) {
                        draft.next_leaver = Some(draft.next_leaver.map_or(*at, |next| next.min(*at)));
                    }
                    match decided.decision {
                        Decision::Due { occurrence, key } if usable.is_forbidden_for(person) => {
                            put_off(tenant, usable, person, &occurrence, &key, draft);
                        }
                        Decision::Due { .. } | Decision::DueBeforeReturn { .. } | Decision::Missed { .. } => {
                            found.push((*usable, person, decided.decision));
                        }
                        Decision::History => draft.history += 1,
                        Decision::NotYet { at } if decided.about.is_some_and(|about| is_still(usable, &about)) => draft.look_again(at),
                        _ => {}
                    }
                }
            }
            settle_returns(&mut found, from);
        }
    }
    found.sort_by_key(|(usable, ..)| usable.compiled.name.as_str());
    for (usable, person, decision) in found {
        match decision {
            Decision::Due { occurrence, key } => wanted.push(WantedSubject::scheduled(usable, person, occurrence, key)),
            Decision::Missed { occurrence, key, reason } => miss(tenant, usable, person, &occurrence, &key, reason, draft),
            _ => {}
        }
    }
}

/// What is due for somebody of whom nobody knows whose the account is waits for that, within its window: the rows say that
/// it was seen, so that it is missed afterwards and not forgotten.
fn put_off(tenant: &Tenant, usable: &Usable, person: &Person, occurrence: &Occurrence, key: &str, draft: &mut Draft) {
    let workflow = &usable.compiled;
    let own = (key, occurrence.attribute.as_str(), occurrence.sequence());
    let also = occurrence.also.iter().map(|change| (change.key.as_str(), change.attribute.as_str(), Some(change.sequence)));
    for (key, attribute, sequence) in std::iter::once(own).chain(also) {
        if tenant.ledger.get(key).is_some_and(|row| Reason::of(row.reason.as_deref()) == Some(Reason::NameReused)) {
            continue;
        }
        let mut row = tenant.row(key, person.who(), attribute, &workflow.name, workflow.category, EntryState::Released, occurrence.due);
        row.reason = Some(Reason::NameReused.to_string());
        row.sequence = sequence;
        draft.rows.push(row);
    }
}

/// Whether what is due later waits for changes to be still.
fn is_still(usable: &Usable, about: &About) -> bool {
    matches!(usable.compiled.trigger, Some(Trigger::Change { .. } | Trigger::Membership { .. })) && !about.attribute.is_empty()
}

/// What is known of one person for every decision about them.
pub(super) fn view<'a>(tenant: &Tenant, person: &Person, seen: &'a Seen<'_>) -> PersonView<'a> {
    let has_released = tenant.ledger.of_subject(&person.key).any(|row| row.state == EntryState::Released);
    let is_let_in =
        seen.employment.relation == Relation::Return && tenant.ledger.of_subject(&person.key).any(|row| lets_in(tenant, person, row));
    PersonView { now: &seen.now, before: seen.before, employment: &seen.employment, has_released, is_let_in }
}

/// Whether a row is work of the present hire date that enables the account.
fn lets_in(tenant: &Tenant, person: &Person, row: &LedgerEntry) -> bool {
    let DateReading::Known(hire) = person.date(HIRE_DATE) else { return false };
    let enables = || tenant.usable.get(&row.workflow).is_some_and(|usable| usable.compiled.tasks.enables);
    let key = |lineage: &str| tenant.keys.time_occurrence(lineage, &person.key, HIRE_DATE, &hire.value.canonical());
    let is_planned = row.state == EntryState::Planned && row.category == Category::Joiner && row.attribute == HIRE_DATE;
    is_planned && enables() && tenant.lineage(&row.workflow).is_some_and(|lineage| key(lineage) == row.key)
}

/// Leaver work of an earlier employment is due only if the account is opened again by work that is due with it.
pub(super) fn settle_returns<U: std::borrow::Borrow<Usable>>(found: &mut [(U, &Person, Decision)], from: usize) {
    let opens = |usable: &Usable| usable.compiled.is_timed_by(HIRE_DATE) && usable.compiled.tasks.enables;
    let is_opened = found[from..].iter().any(|(usable, _, decision)| {
        usable.borrow().compiled.category == Category::Joiner && opens(usable.borrow()) && matches!(decision, Decision::Due { .. })
    });
    for (.., decision) in &mut found[from..] {
        if let Decision::DueBeforeReturn { occurrence, key } = decision {
            *decision = if is_opened {
                Decision::Due { occurrence: occurrence.clone(), key: std::mem::take(key) }
            } else {
                Decision::NotDue { reason: Reason::Rehired }
            };
        }
    }
}

/// What follows from a person's two dates whatever the workflows are: a row that says that the hire was taken back, so
/// that a lost snapshot enables nobody, and instants at which they leave or return.
fn note_dates(tenant: &Tenant, person: &Person, seen: &Seen<'_>, draft: &mut Draft) {
    let employment = &seen.employment;
    if employment.relation == Relation::Withdrawn
        && let Some(key) = withdrawn_key(person, &tenant.keys).filter(|key| !tenant.ledger.is_consumed(key))
    {
        let mut row = tenant.row(&key, person.who(), HIRE_DATE, "", Category::Joiner, EntryState::Superseded, tenant.as_of);
        row.reason = Some(Reason::HireWithdrawn.to_string());
        draft.rows.push(row);
    }
    for reading in [employment.hire, employment.leave] {
        if let DateReading::Known(date) = reading
            && date.instant > tenant.as_of
        {
            draft.wake(date.instant);
        }
    }
}

/// The workflows that are evaluated over a directory, each with what is the same for all its people.
pub(super) fn facts<'a>(tenant: &'a Tenant, directory: &str) -> Vec<(&'a Usable, Facts<'a>)> {
    let of = |usable: &'a Usable| {
        let moment = usable.moment?;
        let head = tenant.workflow_head(&usable.compiled.name);
        let old_rule = head.and_then(|head| head.due_rule.as_deref());
        let moved = moment.last_sealed_at.is_some() && old_rule != Some(usable.compiled.due_rule.as_str());
        let since = head.map(|head| head.trigger.as_slice()).unwrap_or_default();
        Some((usable, Facts::new(&usable.compiled, moment, moved, since)))
    };
    tenant.usable.values().filter(|usable| usable.directory == directory).filter_map(of).collect()
}

fn miss(tenant: &Tenant, usable: &Usable, person: &Person, occurrence: &Occurrence, key: &str, reason: String, draft: &mut Draft) {
    let workflow = &usable.compiled;
    let mut row =
        tenant.row(key, person.who(), &occurrence.attribute, &workflow.name, workflow.category, EntryState::Missed, occurrence.due);
    row.reason = Some(reason);
    row.sequence = occurrence.sequence();
    draft.rows.push(row);
    *draft.missed_by_workflow.entry(workflow.name.clone()).or_default() += 1;
}

/// What the head remembers of the directories: of those that are there, what their last full reading has found.
fn directory_heads(tenant: &Tenant, looks: &Looks<'_>, draft: &mut Draft) {
    draft.directories.clone_from(&tenant.head.directories);
    draft.directories.retain(|head| tenant.directories.contains_key(&head.name));
    let room = (MOST_FINDINGS / tenant.directories.len().max(1)).clamp(1, MOST_UNREADABLE);
    for (name, reading) in &tenant.readings {
        let Reading::People(people) = reading else { continue };
        draft.directories.retain(|head| &head.name != name);
        let mut head = directory_head(name, people, tenant.reused_and_deleted.get(name).copied().unwrap_or(0), room);
        head.date_concerns = date_concerns(tenant, looks, name);
        draft.directories.push(head);
    }
    draft.directories.sort_by(|left, right| left.name.cmp(&right.name));
}

fn number(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// What is remembered of a directory that was read in full.
fn directory_head(name: &str, people: &[Person], reused_and_deleted: usize, room: usize) -> DirectoryHead {
    let unknown = people.iter().flat_map(|person| person.dates.iter()).filter(|(_, reading)| *reading == DateReading::Unknown);
    let odd = || people.iter().filter_map(|person| person.dates.oddities());
    DirectoryHead {
        name: name.to_owned(),
        subjects: number(people.len()),
        unreadable: counted(unknown.map(|(attribute, _)| attribute), room),
        fillers: counted(odd().flat_map(|odd| odd.fillers.iter().map(|name| &**name)), room),
        zones: counted(odd().flat_map(|odd| odd.zones.iter().map(|name| &**name)), room),
        name_reused: number(reused_and_deleted + people.iter().filter(|person| person.identity.is_reused).count()),
        duplicate_correlation: number(people.iter().filter(|person| person.identity.is_shared).count()),
        date_concerns: Vec::new(),
    }
}

/// What about the dates of a directory's people somebody should look at, as the evaluated workflows are today.
fn date_concerns(tenant: &Tenant, looks: &Looks<'_>, directory: &str) -> Vec<DateConcern> {
    let is_here = |usable: &&Usable| usable.directory == directory && usable.moment.is_some();
    let workflows: Vec<_> = tenant.usable.values().filter(is_here).map(|usable| &usable.compiled).collect();
    let of = |(person, seen): (&Person, &Seen<'_>)| concerns(person, &seen.employment, workflows.iter().copied(), tenant.as_of);
    let deleted = tenant.returning_and_deleted.get(directory).copied().unwrap_or(0);
    let deleted = std::iter::repeat_n(Concern::ReturnsAfterDeletion, deleted);
    let found: Vec<Concern> = looks.people(tenant, directory).flat_map(of).chain(deleted).collect();
    let counted = Concern::ALL.map(|concern| (concern, number(found.iter().filter(|found| **found == concern).count())));
    let counted = counted.into_iter().filter(|(_, count)| *count > 0);
    counted.map(|(concern, count)| DateConcern { reason: concern.reason().to_string(), count }).collect()
}

/// How often each attribute is named: of so many of them at most.
fn counted<'a>(attributes: impl Iterator<Item = &'a str>, room: usize) -> Vec<UnreadableCount> {
    let mut counts: BTreeMap<&str, i64> = BTreeMap::new();
    for attribute in attributes {
        *counts.entry(attribute).or_default() += 1;
    }
    let counts = counts.into_iter().map(|(attribute, count)| UnreadableCount { attribute: attribute.to_owned(), count });
    counts.take(room).collect()
}
