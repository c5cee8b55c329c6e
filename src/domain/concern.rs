//! What about a person's two dates somebody should look at (design 3.1.1). Nothing acts on it: the dates are read as they are,
//! and what follows from them is hardly meant.

use std::borrow::Cow;

use chrono::{DateTime, Utc};

use crate::api::reasons::Reason;
use crate::rule::Truth;

use super::employment::{Employment, LeaveWork, Rehired, Relation};
use super::subject::{ACCOUNT_ENABLED, DateReading, LEAVE_DATE, Person};
use super::trigger::CompiledWorkflow;

/// What somebody should look at.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Concern {
    /// The person is in the scope of no leaver workflow that is timed by the leave date and disables or deletes the account.
    LeaveDateUncovered,
    /// A leaver workflow closes the account before the hire date comes: it is never opened.
    ContractTooShort,
    /// The leave date lies before a hire date that has come, which reads as a return. The leave date of somebody who never
    /// came is their first day.
    LeaveBeforeHire,
    /// The leave date lies before the hire date, and that is neither a return nor an offer that was taken back: nobody can leave
    /// first. Both on one day are a contract of one day, unless the end is the earlier instant.
    DatesContradict,
    /// The account was deleted before the hire date: it is nobody's any more, and no workflow lets the person in.
    ReturnsAfterDeletion,
}

impl Concern {
    /// Each, in the order in which they are told.
    pub const ALL: [Self; 5] =
        [Self::LeaveDateUncovered, Self::ContractTooShort, Self::LeaveBeforeHire, Self::DatesContradict, Self::ReturnsAfterDeletion];

    /// One word for programs.
    #[must_use]
    pub const fn reason(self) -> Reason {
        match self {
            Self::LeaveDateUncovered => Reason::LeaveDateUncovered,
            Self::ContractTooShort => Reason::ContractTooShort,
            Self::LeaveBeforeHire => Reason::LeaveBeforeHire,
            Self::DatesContradict => Reason::DatesContradict,
            Self::ReturnsAfterDeletion => Reason::ReturnsAfterDeletion,
        }
    }

    /// What it means, for people.
    #[must_use]
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::LeaveDateUncovered => {
                "no leaver workflow that is timed by the leave date and closes the account has this person in its scope"
            }
            Self::ContractTooShort => "a leaver workflow closes the account before the hire date comes, so that it is never opened",
            Self::LeaveBeforeHire => {
                "the leave date lies before a hire date that has come: it reads as a return; clear an old leave date, and give somebody who \
                 never came the first day as the leave date"
            }
            Self::DatesContradict => "the leave date lies before the hire date",
            Self::ReturnsAfterDeletion => {
                "the account was deleted before the hire date, and no workflow lets the person in; delete the Account, and another is made"
            }
        }
    }
}

/// What is known of a person who leaves.
#[derive(Clone, Copy, Debug)]
struct LeavingPerson<'a> {
    employment: &'a Employment,
    /// Whether the account can be used, if that is known.
    is_enabled: Option<bool>,
    /// When closing work of the leave date is due: one instant for each workflow that has the person in its scope.
    closings: &'a [DateTime<Utc>],
    as_of: DateTime<Utc>,
}

/// What about the person's dates somebody should look at. `workflows`: those of the person's directory that evaluations
/// evaluate.
#[must_use]
pub fn concerns<'a>(
    person: &Person,
    employment: &Employment,
    workflows: impl IntoIterator<Item = &'a CompiledWorkflow>,
    as_of: DateTime<Utc>,
) -> Vec<Concern> {
    if !matches!(employment.leave, DateReading::Known(_)) {
        return Vec::new();
    }
    let closings = closings(person, workflows, as_of);
    decide(&LeavingPerson { employment, is_enabled: person.is_enabled(), closings: &closings, as_of })
}

/// Whoever cannot sign in yet is asked for as who they will be on their last day: many rules leave out disabled accounts.
fn closings<'a>(person: &Person, workflows: impl IntoIterator<Item = &'a CompiledWorkflow>, as_of: DateTime<Utc>) -> Vec<DateTime<Utc>> {
    let mut subject = Cow::Borrowed(person);
    if person.is_enabled() == Some(false) {
        subject.to_mut().attributes.set(ACCOUNT_ENABLED, true);
    }
    let closes = |workflow: &&CompiledWorkflow| workflow.closing().is_some() && workflow.is_timed_by(LEAVE_DATE);
    let covers = |workflow: &&CompiledWorkflow| workflow.in_scope(&subject, as_of) == Truth::True;
    workflows.into_iter().filter(closes).filter(covers).filter_map(|workflow| workflow.date_due(person)).collect()
}

fn decide(facts: &LeavingPerson<'_>) -> Vec<Concern> {
    let found = [
        (is_uncovered(facts), Concern::LeaveDateUncovered),
        (is_too_short(facts), Concern::ContractTooShort),
        (is_before_hire(facts), Concern::LeaveBeforeHire),
        (is_contradiction(facts), Concern::DatesContradict),
    ];
    found.into_iter().filter_map(|(holds, concern)| holds.then_some(concern)).collect()
}

/// A disabled account that nobody will enable any more needs no workflow, and neither does the end before a return that has
/// come or follows at once.
fn is_uncovered(facts: &LeavingPerson<'_>) -> bool {
    let DateReading::Known(leave) = facts.employment.leave else { return false };
    let is_ahead = leave.instant > facts.as_of && facts.employment.relation != Relation::Withdrawn;
    let can_be_used = facts.is_enabled != Some(false) || is_ahead;
    let work = LeaveWork { deletes: false, due: leave.instant, was_done: false };
    can_be_used && facts.closings.is_empty() && facts.employment.rehired(&work, facts.as_of) == Rehired::No
}

/// Only while the contract lasts: afterwards nobody can do anything about it.
fn is_too_short(facts: &LeavingPerson<'_>) -> bool {
    let (DateReading::Known(hire), DateReading::Known(leave)) = (facts.employment.hire, facts.employment.leave) else { return false };
    let is_contract = facts.employment.relation == Relation::Ordinary && leave.instant > facts.as_of;
    is_contract && facts.closings.iter().any(|due| *due <= hire.instant)
}

fn is_before_hire(facts: &LeavingPerson<'_>) -> bool {
    facts.employment.has_returned(facts.as_of) && is_reversed(facts.employment)
}

/// With the hire ahead, somebody who works here now leaves and returns. Whoever does not cannot leave first, and no contract of
/// one day ends before it begins.
fn is_contradiction(facts: &LeavingPerson<'_>) -> bool {
    let (DateReading::Known(hire), DateReading::Known(leave)) = (facts.employment.hire, facts.employment.leave) else { return false };
    let works_nowhere = leave.instant > facts.as_of && facts.is_enabled == Some(false);
    let contradicts = match facts.employment.relation {
        Relation::Return => works_nowhere && is_reversed(facts.employment),
        Relation::Ordinary => leave.instant < hire.instant,
        Relation::Withdrawn => false,
    };
    hire.instant > facts.as_of && contradicts
}

/// The leave date is before the day of the hire date.
fn is_reversed(employment: &Employment) -> bool {
    matches!((employment.hire, employment.leave), (DateReading::Known(hire), DateReading::Known(leave)) if leave.day() < hire.day())
}

#[cfg(test)]
mod tests;
