//! Which consumed occurrences become due again (design 3.1 rule 4): level-triggered, of what is final only.

use chrono::{DateTime, Utc};

use crate::api::reasons::Reason;
use crate::api::{Category, EntryState, LedgerEntry, SubjectResult};

use super::employment::{Employment, LeaveWork, Rehired, Relation};
use super::keys::Keyring;
use super::standing::{Outcome, Progress, Standing};
use super::subject::{DateReading, HIRE_DATE, LEAVE_DATE, Person};
use super::trigger::INACTIVITY;

/// What an evaluation knows about one newest row.
#[derive(Clone, Copy, Debug)]
pub struct KnownRow<'a> {
    /// The row.
    pub row: &'a LedgerEntry,
    /// Identity of the workflow that the row belongs to, if the head knows it.
    pub lineage: Option<&'a str>,
    /// The person and their dates, read together, if the directory was read in full and has them.
    pub person: Option<(&'a Person, &'a Employment)>,
    /// The tasks of the row's workflow delete the account.
    pub deletes: bool,
    /// The result in the row's slice, if the slice is there and was read.
    pub result: Option<&'a SubjectResult>,
    /// Why the workflow runs nothing that is queued: `WorkflowDisabled` or `WorkflowDeleted`.
    pub stopped: Option<Reason>,
    /// Why the person leaves a plan that is held: nobody looks at them again before a start.
    pub leaves: Option<Reason>,
    /// The instant of the evaluation.
    pub as_of: DateTime<Utc>,
}

/// What to do about a row.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Release {
    /// Nothing.
    Keep,
    /// Mark the unstarted subject canceled in its slice first, for this reason, then release.
    CancelAndRelease(Reason),
    /// It is final: release, for this reason.
    Release(Reason),
}

/// Whether the directory has another value now than the one that made the row's occurrence, or none. A person who is away, a
/// value that is unknown and a workflow that the head does not know say nothing; what is no date has no value to compare.
#[must_use]
pub fn has_changed(row: &LedgerEntry, person: Option<&Person>, lineage: Option<&str>, keys: &Keyring) -> bool {
    let (Some(person), Some(lineage)) = (person, lineage) else { return false };
    if row.sequence.is_some() || row.attribute.is_empty() || row.attribute == INACTIVITY {
        return false;
    }
    // An unknown value is no other value.
    let Some(value) = person.tracked_value(&row.attribute) else { return false };
    value.is_empty() || keys.time_occurrence(lineage, &person.key, &row.attribute, &value) != row.key
}

/// Why queued work is not started, for what the person's dates have come to be to each other (design 3.1.1).
#[must_use]
pub fn forbids(row: &LedgerEntry, deletes: bool, employment: &Employment, as_of: DateTime<Utc>) -> Option<Reason> {
    match row.category {
        Category::Joiner if employment.relation == Relation::Withdrawn => Some(Reason::HireWithdrawn),
        Category::Leaver if row.attribute == LEAVE_DATE => {
            let work = LeaveWork { deletes, due: row.due, was_done: false };
            match employment.rehired(&work, as_of) {
                Rehired::No => None,
                // What was planned after the return had come runs before the work that opens the account again.
                Rehired::UnlessOpenedAgain if employment.has_returned(row.at) => None,
                Rehired::Yes | Rehired::UnlessOpenedAgain => Some(Reason::Rehired),
            }
        }
        Category::Joiner | Category::Mover | Category::Leaver => None,
    }
}

/// Decides about a row that consumes its occurrence.
#[must_use]
pub fn decide(facts: &KnownRow<'_>, keys: &Keyring) -> Release {
    let row = facts.row;
    if row.state == EntryState::Released || row.subject.is_empty() || row.attribute.is_empty() {
        return Release::Keep;
    }
    let changed = has_changed(row, facts.person.map(|(person, _)| person), facts.lineage, keys);
    let ended = changed.then_some(Reason::Changed).or_else(|| ended_by_dates(facts));
    let again = || ended.map_or(Release::Keep, Release::Release);
    match (row.state, facts.result.map(Standing::of)) {
        (EntryState::Planned, Some(Standing::Queued)) => {
            let forbidden = facts.person.and_then(|(_, employment)| forbids(row, facts.deletes, employment, facts.as_of));
            match facts.stopped.or(changed.then_some(Reason::Changed)).or(forbidden).or(facts.leaves) {
                Some(reason) => Release::CancelAndRelease(reason),
                None => Release::Keep,
            }
        }
        (EntryState::Planned, Some(Standing::Claimed | Standing::Begun)) => Release::Keep,
        (EntryState::Planned, Some(Standing::Done(Outcome::Canceled(Some(reason))))) if reason.is_releasable() => Release::Release(reason),
        (EntryState::Planned, Some(Standing::Superseded { .. } | Standing::Done(_)) | None)
        | (EntryState::Missed | EntryState::Superseded | EntryState::Released, _) => again(),
    }
}

/// Why what is final is due again by the person's dates: the return has come, and the earlier employment's leave date has
/// nothing more to do; or the hire was taken back, which counts as no hire date until it stands again.
fn ended_by_dates(facts: &KnownRow<'_>) -> Option<Reason> {
    let (_, employment) = facts.person?;
    match facts.row.category {
        Category::Leaver if facts.row.attribute == LEAVE_DATE => employment.has_returned(facts.as_of).then_some(Reason::Rehired),
        // The row that says that the hire was taken back is no workflow's.
        Category::Joiner if facts.row.attribute == HIRE_DATE && facts.lineage.is_some() => {
            (employment.relation == Relation::Withdrawn).then_some(Reason::HireWithdrawn)
        }
        Category::Joiner | Category::Mover | Category::Leaver => None,
    }
}

/// Whether what a row planned was begun, and ended: a slice that is not read any more has ended without a cancellation.
#[must_use]
pub fn was_done(row: &LedgerEntry, result: Option<&SubjectResult>) -> bool {
    row.state == EntryState::Planned && result.is_none_or(|result| Standing::of(result).has_ended())
}

/// Whether the end of an employment closes the account once more: somebody was let in early for a return that is none any
/// more. `rows`: the newest ones of the person.
#[must_use]
pub fn closes_again<'a>(
    row: &LedgerEntry,
    result: Option<&SubjectResult>,
    employment: &Employment,
    mut rows: impl Iterator<Item = &'a LedgerEntry>,
    as_of: DateTime<Utc>,
) -> bool {
    let is_closed_by_date = row.closes.is_some() && row.attribute == LEAVE_DATE && was_done(row, result);
    let has_left = employment.left_at(as_of).is_some() && employment.relation != Relation::Return;
    let was_let_in = |other: &LedgerEntry| {
        let is_of_hire = other.category == Category::Joiner && other.attribute == HIRE_DATE;
        is_of_hire && other.state == EntryState::Released && other.done.is_some_and(|done| done > row.at)
    };
    is_closed_by_date && has_left && employment.hire != DateReading::Unknown && rows.any(was_let_in)
}

/// What is known of what a superseded row gave way to.
#[expect(clippy::struct_excessive_bools, reason = "four facts, each found by itself")]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Superseder {
    /// It stands: the person has left by it.
    pub stands: bool,
    /// It is the leave date itself, or work that is timed by it.
    pub is_leave_date: bool,
    /// The return has come.
    pub has_returned: bool,
    /// The person has another hire date than when the row was written.
    pub is_hired_anew: bool,
}

/// Whether a superseded row becomes due again, and why: what it gave way to was released, or stands no longer. Only if its
/// own work had not begun. `result`: the result in the slice that it had been planned in, if any.
#[must_use]
pub fn frees(row: &LedgerEntry, by: Superseder, result: Option<&SubjectResult>) -> Option<Reason> {
    // A claim alone is no beginning: without a task that was tried nothing is known to have been done.
    let begun = result.is_some_and(|result| Progress::of(result).is_begun());
    // What took its place was over before it stopped this: whoever holds it, or takes it over, carries it through.
    let goes_on = result.is_some_and(|result| Standing::of(result).is_claimed());
    // A slice that is not read any more has ended without a cancellation.
    let begun = begun || result.is_none() && row.slice.is_some();
    if row.state != EntryState::Superseded || by.stands || begun || goes_on {
        return None;
    }
    // Movements of the time between are due when the person is back.
    if by.is_leave_date && by.has_returned && row.category == Category::Mover {
        return Some(Reason::Rehired);
    }
    (!by.is_hired_anew).then_some(Reason::Changed)
}

#[cfg(test)]
mod tests;
