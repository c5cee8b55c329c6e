//! The hire date and the leave date of one person, read together, and who has left by them (design 3.1.1).
//!
//! A leave date that lies before the hire date is the end of an earlier employment, or an offer that was taken back: what
//! evaluations saw of the two dates tells which. Everything that is asked here is in the parameters.

use chrono::{DateTime, NaiveDate, Utc};

use crate::api::{AttributeMark, Sighting};

use super::subject::{DateReading, DatedValue, HIRE_DATE, LEAVE_DATE, Person};

/// What the two dates are to each other.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Relation {
    /// One date is missing or unknown, or the leave date ends the employment that the hire date began.
    Ordinary,
    /// The leave date ended an earlier employment: the hire is a return.
    Return,
    /// The hire was taken back before it began: it counts as no hire date.
    Withdrawn,
}

/// What evaluations saw of a person's two dates.
#[derive(Clone, Copy, Debug, Default)]
pub struct DatesSeen {
    /// As-of of the first evaluation that saw the person; None: nobody did before.
    pub first_seen_at: Option<DateTime<Utc>>,
    /// When the hire date was seen to change; None: it is as it was at the first sight.
    pub hire_changed_at: Option<DateTime<Utc>>,
    /// When the leave date was seen to change; None: it is as it was at the first sight.
    pub leave_changed_at: Option<DateTime<Utc>>,
    /// As-of of the first evaluation that saw that the person had begun; None: no earlier one did.
    pub begun_at: Option<DateTime<Utc>>,
    /// No evaluation has seen a hire date: there never was one, or none that could be read.
    pub never_hired: bool,
    /// The ledger has the row that says of these two values that the hire was withdrawn.
    pub was_withdrawn: bool,
}

impl DatesSeen {
    /// What stands in a sighting. `was_withdrawn`: as the ledger has it.
    #[must_use]
    pub fn of(sighting: &Sighting, was_withdrawn: bool) -> Self {
        let mark = |name: &str| sighting.marks.iter().find(|mark| &*mark.name == name);
        let changed_at = |name: &str| mark(name).and_then(|mark| mark.changed_at);
        // A date that is cleared, or cannot be read any more, was there all the same.
        let is_none = |mark: &AttributeMark| mark.changed_at.is_none() && (mark.digest.is_empty() || mark.is_unknown());
        Self {
            first_seen_at: Some(sighting.first_seen_at),
            hire_changed_at: changed_at(HIRE_DATE),
            leave_changed_at: changed_at(LEAVE_DATE),
            begun_at: sighting.begun_at,
            never_hired: mark(HIRE_DATE).is_some_and(is_none),
            was_withdrawn,
        }
    }
}

/// The two dates of one person, read together as of one evaluation.
#[derive(Clone, Copy, Debug)]
pub struct Employment {
    /// The hire date.
    pub hire: DateReading,
    /// The leave date.
    pub leave: DateReading,
    /// What they are to each other.
    pub relation: Relation,
    /// Since when the hire date is known to be what it is; None: since now.
    pub hire_seen_at: Option<DateTime<Utc>>,
    /// Since when both dates are known to be what they are; None: since now.
    known_since: Option<DateTime<Utc>>,
    begun_at: Option<DateTime<Utc>>,
    first_sight: bool,
    never_hired: bool,
    was_withdrawn: bool,
}

/// Work of a leaver workflow that is timed by the leave date.
#[derive(Clone, Copy, Debug)]
pub struct LeaveWork {
    /// It deletes the account.
    pub deletes: bool,
    /// Its due instant.
    pub due: DateTime<Utc>,
    /// The workflow has done it for another value of this leave date since the hire date was seen, or the person was let in
    /// for the return since: what comes now would take away what they are to have.
    pub was_done: bool,
}

/// Whether work of an earlier employment's leave date is not due any more.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Rehired {
    /// It is due as any.
    No,
    /// It is not due.
    Yes,
    /// It is not due, unless work of the hire that enables the account is due in the same evaluation, and runs after it.
    UnlessOpenedAgain,
}

impl Employment {
    /// Reads the two dates together.
    #[must_use]
    pub fn read(hire: DateReading, leave: DateReading, seen: &DatesSeen) -> Self {
        let hire_seen_at = seen.hire_changed_at.or(seen.first_seen_at);
        let leave_seen_at = seen.leave_changed_at.or(seen.first_seen_at);
        Self {
            hire,
            leave,
            relation: relation(hire, leave, seen),
            hire_seen_at,
            known_since: hire_seen_at.zip(leave_seen_at).map(|(hire, leave)| hire.max(leave)),
            begun_at: seen.begun_at,
            first_sight: seen.first_seen_at.is_none(),
            never_hired: seen.never_hired,
            was_withdrawn: seen.was_withdrawn,
        }
    }

    /// The person's dates, read together.
    #[must_use]
    pub fn of(person: &Person, seen: &DatesSeen) -> Self {
        Self::read(person.date(HIRE_DATE), person.date(LEAVE_DATE), seen)
    }

    /// The hire date, if it is known and was not withdrawn.
    #[must_use]
    pub fn hired(&self) -> Option<DatedValue> {
        match (self.hire, self.relation) {
            (DateReading::Known(hire), Relation::Ordinary | Relation::Return) => Some(hire),
            (DateReading::Known(_), Relation::Withdrawn) | (DateReading::Absent | DateReading::Unknown, _) => None,
        }
    }

    /// Whether the hire is a return that has come.
    #[must_use]
    pub fn has_returned(&self, at: DateTime<Utc>) -> bool {
        self.relation == Relation::Return && self.hired().is_some_and(|hire| hire.instant <= at)
    }

    /// Since when the person has left by the leave date, if so.
    #[must_use]
    pub fn left_at(&self, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let DateReading::Known(leave) = self.leave else { return None };
        (leave.instant <= at && !self.has_returned(at)).then_some(leave.instant)
    }

    /// Since when the person is known to have begun, as of an evaluation at that instant: kept in the snapshot.
    #[must_use]
    pub fn begun_at(&self, as_of: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let has_come = self.hired().is_some_and(|hire| hire.instant <= as_of);
        let earlier = || match (self.hire, self.leave) {
            (DateReading::Known(hire), DateReading::Known(leave)) => leave.day() < hire.day(),
            _ => false,
        };
        // An end that came without any beginning is that of an employment.
        let has_ended = || matches!(self.leave, DateReading::Known(leave) if self.never_hired && leave.instant <= as_of);
        let begins = has_come || (self.first_sight && !self.was_withdrawn && earlier()) || has_ended();
        self.begun_at.or(begins.then_some(as_of))
    }

    /// Whether deleting the account waits: the hire date cannot be read, and it may be a return.
    #[must_use]
    pub fn forbids_deletion(&self) -> bool {
        self.hire == DateReading::Unknown
    }

    /// The due instant of joiner work that is timed by the hire date: work of a return is not due before the leave date,
    /// unless both are on one day.
    #[must_use]
    pub fn joiner_due(&self, own: DateTime<Utc>) -> DateTime<Utc> {
        match (self.relation, self.hire, self.leave) {
            (Relation::Return, DateReading::Known(hire), DateReading::Known(leave)) if hire.day() != leave.day() => own.max(leave.instant),
            _ => own,
        }
    }

    /// The due instant of mover work that had to give way to the leave date until the return came.
    #[must_use]
    pub fn mover_due(&self, own: DateTime<Utc>, as_of: DateTime<Utc>) -> DateTime<Utc> {
        match self.hired() {
            Some(hire) if self.has_returned(as_of) => own.max(hire.instant),
            _ => own,
        }
    }

    /// Whether work of the leave date is not due because the person is hired again.
    #[must_use]
    pub fn rehired(&self, work: &LeaveWork, as_of: DateTime<Utc>) -> Rehired {
        let (Relation::Return, DateReading::Known(hire), DateReading::Known(leave)) = (self.relation, self.hire, self.leave) else {
            return Rehired::No;
        };
        let is_conversion = (hire.day() - leave.day()).num_days() <= 1 && self.known_since.is_some_and(|known| known < work.due);
        if work.deletes || is_conversion || work.due >= hire.instant || work.was_done {
            return Rehired::Yes;
        }
        if hire.instant <= as_of { Rehired::UnlessOpenedAgain } else { Rehired::No }
    }
}

fn relation(hire: DateReading, leave: DateReading, seen: &DatesSeen) -> Relation {
    let (DateReading::Known(hire), DateReading::Known(leave)) = (hire, leave) else { return Relation::Ordinary };
    let (hire_day, leave_day) = (hire.day(), leave.day());
    if leave_day <= hire_day && seen.begun_at.is_none() && (seen.was_withdrawn || was_taken_back(hire_day, leave_day, seen)) {
        return Relation::Withdrawn;
    }
    // Who begins by this hire, or is known by this end alone, has begun no earlier employment: leave date first, hire date
    // then, is a contract of one day.
    let had_begun = |hire: DateTime<Utc>| seen.begun_at.is_some_and(|begun| begun < hire && begun < leave.instant);
    let follows = |hire: DateTime<Utc>| had_begun(hire) && seen.leave_changed_at.is_none_or(|leave| leave < hire);
    // Within one day the instants say nothing: a contract of one day may end as it begins, and then nobody is let in.
    if leave_day < hire_day || (leave_day == hire_day && seen.hire_changed_at.is_some_and(follows)) {
        return Relation::Return;
    }
    Relation::Ordinary
}

/// Whether the leave date was put before a hire that nobody had begun. Both dates on one day, written at one time, are a
/// contract of one day.
fn was_taken_back(hire: NaiveDate, leave: NaiveDate, seen: &DatesSeen) -> bool {
    let Some(changed) = seen.leave_changed_at else { return false };
    let together = hire == leave && seen.hire_changed_at == Some(changed);
    !together
}

#[cfg(test)]
mod tests;
