//! By what a person has left: the leave date, or work that closes the account and stands (design 3.1.1).

use chrono::{DateTime, Utc};

use crate::api::{Closing, EntryState, LedgerEntry, ProcessingStatus, SubjectResult};

use super::employment::{Employment, Relation};
use super::subject::{DateReading, LEAVE_DATE};

/// What is known of the person of a row that closes their account.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// The result in the row's slice; None: it is not kept any more.
    pub result: Option<&'a SubjectResult>,
    /// The attribute or the membership that it is about has another value now.
    pub has_changed: bool,
    /// The person's dates, read together.
    pub employment: &'a Employment,
    /// Digest of the person's hire date.
    pub hire: Option<&'a str>,
    /// Whether the account can be used, if that is known.
    pub is_enabled: Option<bool>,
    /// When an evaluation saw the account become enabled.
    pub enabled_since: Option<DateTime<Utc>>,
    /// The instant of the evaluation.
    pub as_of: DateTime<Utc>,
}

/// What keeps joiner and mover work from being done.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Closer {
    /// Key of the occurrence.
    pub key: String,
    /// Its due instant.
    pub due: DateTime<Utc>,
    /// How it closes.
    pub closing: Closing,
    /// Work of the present hire date is not its business: it is that of a return.
    pub spares_the_hire: bool,
}

/// Whether a row's work closes the account, and stands.
#[must_use]
pub fn stands(row: &LedgerEntry, facts: &Facts<'_>) -> bool {
    let Some(closing) = row.closes.filter(|_| row.state == EntryState::Planned) else { return false };
    if facts.result.is_some_and(was_never_begun) || was_opened_again(row, facts) {
        return false;
    }
    closing == Closing::State || !(facts.has_changed || has_returned(row, facts))
}

/// Canceled, or denied, before its first task.
fn was_never_begun(result: &SubjectResult) -> bool {
    let done = |status: ProcessingStatus| status.is_final() && status != ProcessingStatus::Canceled;
    result.processing_status == ProcessingStatus::Canceled && !result.tasks.iter().any(|task| done(task.processing_status))
}

/// An evaluation after its success finds the account enabled.
fn was_opened_again(row: &LedgerEntry, facts: &Facts<'_>) -> bool {
    if facts.is_enabled != Some(true) {
        return false;
    }
    let ended = |result: &SubjectResult| {
        let succeeded = result.processing_status == ProcessingStatus::Completed;
        succeeded && result.completed_date_time.is_some_and(|completed| completed < facts.as_of)
    };
    // Whoever saw it disabled, and then enabled, need not know how its tasks ended.
    facts.result.is_none_or(ended) || facts.enabled_since.is_some_and(|enabled| enabled > row.at)
}

/// A return has come. Where it was not the leave date that closed the account, a return is another hire date than the row
/// carries, later than its due instant.
fn has_returned(row: &LedgerEntry, facts: &Facts<'_>) -> bool {
    if row.attribute == LEAVE_DATE {
        return facts.employment.has_returned(facts.as_of);
    }
    is_hired_later(row, facts) && facts.employment.hired().is_some_and(|hire| hire.instant <= facts.as_of)
}

fn is_hired_later(row: &LedgerEntry, facts: &Facts<'_>) -> bool {
    let is_another = facts.hire.is_some() && facts.hire != row.hire.as_deref();
    is_another && facts.employment.hired().is_some_and(|hire| hire.instant > row.due)
}

/// What a row that stands keeps from being done.
#[must_use]
pub fn closer(row: &LedgerEntry, facts: &Facts<'_>) -> Option<Closer> {
    let closing = row.closes.filter(|_| stands(row, facts))?;
    let spares_the_hire = if row.attribute == LEAVE_DATE { is_return(facts.employment) } else { is_hired_later(row, facts) };
    Some(Closer { key: row.key.clone(), due: row.due, closing, spares_the_hire })
}

/// Whether the hire is a return: its joiner work is not kept from being done by the leave date.
#[must_use]
pub fn is_return(employment: &Employment) -> bool {
    employment.relation == Relation::Return
}

/// The canonical text of the leave date by which the person has left, if so.
#[must_use]
pub fn left_by(employment: &Employment, as_of: DateTime<Utc>) -> Option<String> {
    let DateReading::Known(leave) = employment.leave else { return None };
    employment.left_at(as_of).map(|_| leave.value.canonical())
}

#[cfg(test)]
mod tests;
