//! Which consumed occurrences become due again (design 3.1 rule 4): level-triggered, of what is final only.

use crate::api::reasons::{self, CHANGED};
use crate::api::{Category, EntryState, LedgerEntry, ProcessingStatus, SubjectResult};

use super::keys::Keyring;
use super::subject::Person;

/// What an evaluation knows about one newest row.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// The row.
    pub row: &'a LedgerEntry,
    /// Identity of the workflow that the row belongs to, if the head knows it.
    pub lineage: Option<&'a str>,
    /// The person, if the directory was read in full and has them.
    pub person: Option<&'a Person>,
    /// The result in the row's slice, if the slice is there and was read.
    pub result: Option<&'a SubjectResult>,
    /// Why the workflow runs nothing that is queued: `WorkflowDisabled` or `WorkflowDeleted`.
    pub stopped: Option<&'static str>,
}

/// What to do about a row.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Release {
    /// Nothing.
    Keep,
    /// Mark the unstarted subject canceled in its slice first, for this reason, then release.
    CancelAndRelease(String),
    /// It is final: release, for this reason.
    Release(String),
}

/// Whether the directory has another value now than the one that made the row's occurrence, or none. A person who is away, a
/// value that is unknown and a workflow that the head does not know say nothing; what is no date has no value to compare.
#[must_use]
pub fn has_changed(row: &LedgerEntry, person: Option<&Person>, lineage: Option<&str>, keys: &Keyring) -> bool {
    let (Some(person), Some(lineage)) = (person, lineage) else { return false };
    if row.sequence.is_some() || row.attribute.is_empty() {
        return false;
    }
    // An unknown value is no other value.
    let Some(value) = person.tracked_value(&row.attribute) else { return false };
    value.is_empty() || keys.time_occurrence(lineage, &person.key, &row.attribute, &value) != row.key
}

/// Decides about a row that consumes its occurrence.
#[must_use]
pub fn decide(facts: &Facts<'_>, keys: &Keyring) -> Release {
    let row = facts.row;
    if row.state == EntryState::Released || row.subject.is_empty() || row.attribute.is_empty() {
        return Release::Keep;
    }
    let changed = has_changed(row, facts.person, facts.lineage, keys);
    match (row.state, facts.result) {
        (EntryState::Planned, Some(result)) if !result.processing_status.is_final() => {
            if result.processing_status != ProcessingStatus::Queued {
                return Release::Keep;
            }
            match facts.stopped {
                Some(reason) => Release::CancelAndRelease(reason.to_owned()),
                None if changed => Release::CancelAndRelease(CHANGED.to_owned()),
                None => Release::Keep,
            }
        }
        (EntryState::Planned, Some(result)) => match result.reason.as_deref() {
            Some(reason) if result.processing_status == ProcessingStatus::Canceled && reasons::is_releasable(reason) => {
                Release::Release(reason.to_owned())
            }
            _ if changed => Release::Release(CHANGED.to_owned()),
            _ => Release::Keep,
        },
        _ if changed => Release::Release(CHANGED.to_owned()),
        _ => Release::Keep,
    }
}

/// Whether a superseded row becomes due again because the leaver's row that it names was released: only if its own work
/// had not begun. `result`: the result in the slice that it had been planned in, if any.
#[must_use]
pub fn frees(leaver: Option<&LedgerEntry>, superseded: &LedgerEntry, result: Option<&SubjectResult>) -> bool {
    let released = leaver.is_some_and(|row| row.state == EntryState::Released && row.category == Category::Leaver);
    // A claim alone is no beginning: without a finished task nothing is known to have been done.
    let begun = result.is_some_and(|result| {
        result.tasks.iter().any(|task| task.processing_status.is_final() && task.processing_status != ProcessingStatus::Canceled)
    });
    released && superseded.state == EntryState::Superseded && !begun
}

#[cfg(test)]
mod tests;
