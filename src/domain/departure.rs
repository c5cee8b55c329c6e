//! By what a person has left: the leave date, or work that closes the account and stands (design 3.1.1).

use chrono::{DateTime, Utc};

use crate::api::{Closing, EntryState, LedgerEntry, SubjectResult};

use super::employment::{Employment, Relation};
use super::standing::{Outcome, Progress, Standing};
use super::subject::{DateReading, DatedValue, LEAVE_DATE};

/// The dates of one person in one directory.
#[derive(Clone, Copy, Debug)]
pub struct Dated<'a> {
    /// They are read together.
    pub employment: &'a Employment,
    /// Digest of the hire date.
    pub hire: Option<&'a str>,
}

/// What is known of the person of a row that closes their account.
#[derive(Clone, Copy, Debug)]
pub struct ClosedPerson<'a> {
    /// The result in the row's slice; None: it is not kept any more.
    pub result: Option<&'a SubjectResult>,
    /// The attribute or the membership that it is about has another value now.
    pub has_changed: bool,
    /// The person's dates, read together.
    pub employment: &'a Employment,
    /// Digest of the person's hire date.
    pub hire: Option<&'a str>,
    /// The person's dates as other directories have them.
    pub elsewhere: &'a [Dated<'a>],
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
pub fn stands(row: &LedgerEntry, facts: &ClosedPerson<'_>) -> bool {
    let Some(closing) = row.closes.filter(|_| row.state == EntryState::Planned) else { return false };
    if facts.result.is_some_and(was_never_begun) || was_opened_again(row, facts) {
        return false;
    }
    closing == Closing::State || !(facts.has_changed || has_returned(row, facts))
}

/// Canceled, or denied, before its first task.
fn was_never_begun(result: &SubjectResult) -> bool {
    Standing::of(result).is_called_off() && !Progress::of(result).is_begun()
}

/// An evaluation after its success finds the account enabled.
fn was_opened_again(row: &LedgerEntry, facts: &ClosedPerson<'_>) -> bool {
    if facts.is_enabled != Some(true) {
        return false;
    }
    let ended = |result: &SubjectResult| {
        let succeeded = Standing::of(result) == Standing::Done(Outcome::Completed);
        succeeded && result.completed_date_time.is_some_and(|completed| completed < facts.as_of)
    };
    // Whoever saw it disabled, and then enabled, need not know how its tasks ended.
    facts.result.is_none_or(ended) || facts.enabled_since.is_some_and(|enabled| enabled > row.at)
}

/// A return has come. Where it was not the leave date that closed the account, a return is another hire date than the row
/// carries, later than its due instant.
fn has_returned(row: &LedgerEntry, facts: &ClosedPerson<'_>) -> bool {
    let has_come = |hire: DatedValue| hire.instant <= facts.as_of;
    let is_back = if row.attribute == LEAVE_DATE {
        facts.employment.has_returned(facts.as_of)
    } else {
        hired_later(row, facts).is_some_and(has_come)
    };
    is_back || hired_elsewhere(row, facts).any(has_come)
}

fn hired_later(row: &LedgerEntry, facts: &ClosedPerson<'_>) -> Option<DatedValue> {
    another_hire(row, Dated { employment: facts.employment, hire: facts.hire }).filter(|hire| hire.instant > row.due)
}

/// Returns that other directories know of. The leave date that made the row is the end before them.
fn hired_elsewhere<'a>(row: &'a LedgerEntry, facts: &'a ClosedPerson<'_>) -> impl Iterator<Item = DatedValue> {
    let leave = match facts.employment.leave {
        DateReading::Known(leave) if row.attribute == LEAVE_DATE => Some(leave.instant),
        DateReading::Known(_) | DateReading::Absent | DateReading::Unknown => None,
    };
    let end = leave.map_or(row.due, |leave| leave.max(row.due));
    facts.elsewhere.iter().filter_map(|dated| another_hire(row, *dated)).filter(move |hire| hire.instant > end)
}

/// A hire date that is not the one that the row carries.
fn another_hire(row: &LedgerEntry, dated: Dated<'_>) -> Option<DatedValue> {
    dated.employment.hired().filter(|_| dated.hire.is_some() && dated.hire != row.hire.as_deref())
}

/// What a row that stands keeps from being done.
#[must_use]
pub fn closer(row: &LedgerEntry, facts: &ClosedPerson<'_>) -> Option<Closer> {
    let closing = row.closes.filter(|_| stands(row, facts))?;
    let own = if row.attribute == LEAVE_DATE { is_return(facts.employment) } else { hired_later(row, facts).is_some() };
    let spares_the_hire = own || hired_elsewhere(row, facts).next().is_some();
    Some(Closer { key: row.key.clone(), due: row.due, closing, spares_the_hire })
}

/// Whether the hire is a return: its joiner work is not kept from being done by the leave date.
#[must_use]
pub fn is_return(employment: &Employment) -> bool {
    employment.relation == Relation::Return
}

/// A leave date by which somebody has left.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Left {
    /// Its canonical text.
    pub value: String,
    /// Since when.
    pub at: DateTime<Utc>,
    /// The hire is a return: its joiner work is not kept from being done.
    pub spares_the_hire: bool,
}

/// The leave date of one directory by which the person has left, if so. `elsewhere`: their dates as other directories have
/// them; a hire date there that is not before this end is a return from it.
#[must_use]
pub fn left_by<'a>(employment: &Employment, elsewhere: impl IntoIterator<Item = &'a Employment>, as_of: DateTime<Utc>) -> Option<Left> {
    let DateReading::Known(leave) = employment.leave else { return None };
    let at = employment.left_at(as_of)?;
    let returns: Vec<DatedValue> =
        elsewhere.into_iter().filter_map(Employment::hired).filter(|hire| hire.instant >= leave.instant).collect();
    if returns.iter().any(|hire| hire.instant <= as_of) {
        return None;
    }
    Some(Left { value: leave.value.canonical(), at, spares_the_hire: is_return(employment) || !returns.is_empty() })
}

#[cfg(test)]
mod tests;
