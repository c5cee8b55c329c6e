//! One person's dates read together, and what is due by them.

use super::config::{Config, DELETION, IDLE, WINDOW, Weakening};
use super::state::{Account, Dates, Seen, State, Work};

/// What the two dates are to each other.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Relation {
    /// One is missing, or the leave date ends what the hire date began.
    Ordinary,
    /// The leave date ended an earlier employment.
    Return,
    /// The hire was taken back.
    Withdrawn,
}

/// How the day of the evaluation stands to the day on which work is due.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Due {
    /// It is not due.
    No,
    /// It is due.
    Yes,
    /// It is due if work that enables the account is due as well, and runs after it.
    BeforeJoin,
    /// Its window is over.
    TooLate,
}

/// What one process knows when it has read record, snapshot and ledger.
#[derive(Clone, Copy, Debug)]
pub struct Reading<'a> {
    config: &'a Config,
    /// Today.
    pub day: u8,
    /// The record.
    pub dates: Dates,
    /// What has been seen up to now, today's look included.
    pub seen: Seen,
    /// What the dates are to each other.
    pub relation: Relation,
    signed_in: u8,
    closed: Option<(u8, u8)>,
}

impl Seen {
    /// What has been seen when today's look is included.
    pub fn now(state: &State) -> (Self, bool) {
        let enabled = state.account == Account::On;
        let Some(before) = state.seen else {
            let seen = Self {
                first: state.day,
                dates: state.dates,
                hire_changed: None,
                leave_changed: None,
                begun: None,
                enabled,
                enabled_since: None,
            };
            return (seen, true);
        };
        let today = |changed: bool, before: Option<u8>| if changed { Some(state.day) } else { before };
        let seen = Self {
            dates: state.dates,
            hire_changed: today(before.dates.hire != state.dates.hire, before.hire_changed),
            leave_changed: today(before.dates.leave != state.dates.leave, before.leave_changed),
            enabled,
            enabled_since: today(enabled && !before.enabled, before.enabled_since),
            ..before
        };
        (seen, false)
    }

    /// Whether nobody ever saw a first day.
    pub fn never_hired(&self) -> bool {
        self.dates.hire.is_none() && self.hire_changed.is_none()
    }
}

impl<'a> Reading<'a> {
    /// Reads everything as it is now.
    pub fn of(config: &'a Config, state: &State) -> Self {
        let (mut seen, is_first) = Seen::now(state);
        let was_withdrawn = state.withdrawn == Some(state.dates) && !config.drops(Weakening::WithdrawalForgotten);
        let relation = match relation(state.dates, &seen, was_withdrawn) {
            _ if config.drops(Weakening::LeaveDateAlone) => Relation::Ordinary,
            Relation::Withdrawn if config.drops(Weakening::WithdrawnIsReturn) => Relation::Return,
            relation => relation,
        };
        let has_come = relation != Relation::Withdrawn && state.dates.hire.is_some_and(|hire| hire <= state.day);
        let is_earlier = state.dates.hire.zip(state.dates.leave).is_some_and(|(hire, leave)| leave < hire);
        // An end that came without any beginning is that of an employment.
        let has_ended = seen.never_hired() && state.dates.leave.is_some_and(|leave| leave < state.day);
        let begins = has_come || is_first && !was_withdrawn && is_earlier || has_ended;
        seen.begun = seen.begun.or(begins.then_some(state.day));
        Self { config, day: state.day, dates: state.dates, seen, relation, signed_in: state.signed_in, closed: state.closed }
    }

    /// Whether the leave date ended an earlier employment.
    pub fn is_return(&self) -> bool {
        self.relation == Relation::Return
    }

    /// Whether a return has come.
    pub fn has_returned(&self) -> bool {
        self.is_return() && self.dates.hire.is_some_and(|hire| hire <= self.day)
    }

    /// Whether the person has left by the leave date. The last day is over when the next one begins.
    pub fn has_left(&self) -> bool {
        self.dates.leave.is_some_and(|leave| leave < self.day) && !self.has_returned()
    }

    /// The value that makes the occurrence of a workflow; None: there is none.
    pub fn value(&self, work: Work) -> Option<u8> {
        match work {
            Work::Join => self.dates.hire,
            Work::CleanUp => self.config.clean_up.then(|| self.counts_from()),
            Work::Remind => self.dates.leave.filter(|_| self.config.reminder.is_some()),
            Work::Close => self.dates.leave,
            Work::Delete => self.dates.leave.filter(|_| self.config.deletes),
        }
    }

    /// The day that inactivity counts from.
    fn counts_from(&self) -> u8 {
        if self.config.drops(Weakening::CountsFromSignInAlone) {
            return self.signed_in;
        }
        let hired = self.dates.hire.filter(|hire| *hire <= self.day && self.relation != Relation::Withdrawn);
        self.signed_in.max(hired.unwrap_or(0)).max(self.seen.enabled_since.unwrap_or(0))
    }

    /// The day on which work of that value is due.
    pub fn due_on(&self, work: Work, value: u8) -> u8 {
        match work {
            Work::Join => self.join_on(value),
            Work::CleanUp => value + IDLE,
            Work::Remind => (value + 1).saturating_sub(self.config.reminder.unwrap_or(0)),
            Work::Close => value + 1,
            Work::Delete => value + 1 + DELETION,
        }
    }

    fn join_on(&self, hire: u8) -> u8 {
        let own = hire.saturating_sub(self.config.lead);
        match self.dates.leave {
            Some(leave) if self.relation == Relation::Return && leave != hire && !self.config.drops(Weakening::EarlyJoinerStripped) => {
                own.max(leave + 1)
            }
            _ => own,
        }
    }

    /// Whether work is due today, whatever was done before.
    pub fn due(&self, work: Work, value: u8) -> Due {
        let on = self.due_on(work, value);
        if on > self.day {
            return Due::No;
        }
        match work {
            Work::Join if self.relation == Relation::Withdrawn => Due::No,
            Work::Join if on + WINDOW < self.day => Due::TooLate,
            Work::CleanUp => self.clean_up_due(on),
            Work::Remind | Work::Close | Work::Delete => self.leaver_due(work, value),
            Work::Join => Due::Yes,
        }
    }

    fn clean_up_due(&self, on: u8) -> Due {
        let is_ahead = self.dates.hire.is_some_and(|hire| hire > self.day) && self.relation != Relation::Withdrawn;
        let is_over = self.config.drops(Weakening::StateHasWindow) && on + WINDOW < self.day;
        if !self.seen.enabled || is_ahead && !self.config.drops(Weakening::CountsFromSignInAlone) {
            Due::No
        } else if is_over {
            Due::TooLate
        } else {
            Due::Yes
        }
    }

    /// Work of the leave date, which may be that of an earlier employment.
    fn leaver_due(&self, work: Work, leave: u8) -> Due {
        let Some(hire) = self.dates.hire.filter(|_| self.relation == Relation::Return) else { return Due::Yes };
        let on = self.due_on(work, leave);
        let deletes = work == Work::Delete && !self.config.drops(Weakening::DeletesBeforeReturn);
        let known = self.seen.hire_changed.unwrap_or(self.seen.first).max(self.seen.leave_changed.unwrap_or(self.seen.first));
        let is_conversion = hire.saturating_sub(leave) <= 1 && known < on;
        if deletes || is_conversion || on >= hire || work == Work::Close && self.was_done(leave) {
            return Due::No;
        }
        if hire <= self.day { Due::BeforeJoin } else { Due::Yes }
    }

    /// Whether the account was closed by another value of the leave date since the hire date was seen.
    fn was_done(&self, leave: u8) -> bool {
        let since = self.seen.hire_changed.unwrap_or(self.seen.first);
        !self.config.drops(Weakening::DoneIsForgotten) && self.closed.is_some_and(|(of, planned)| of != leave && planned >= since)
    }

    /// Whether what was planned on that day must not begin, for what the dates have come to be to each other.
    pub fn forbids(&self, work: Work, value: u8, planned: u8) -> bool {
        match work {
            Work::Join => self.relation == Relation::Withdrawn,
            Work::CleanUp => self.clean_up_due(self.due_on(work, value)) != Due::Yes,
            // That it was done for another value is a reason not to plan it, and says nothing of what is planned.
            Work::Remind | Work::Close | Work::Delete => match (Self { closed: None, ..*self }).leaver_due(work, value) {
                Due::Yes => false,
                // What was planned after the return had come runs before the work that opens the account again.
                Due::BeforeJoin => self.dates.hire.is_none_or(|hire| planned < hire),
                Due::No | Due::TooLate => true,
            },
        }
    }
}

fn relation(dates: Dates, seen: &Seen, was_withdrawn: bool) -> Relation {
    let (Some(hire), Some(leave)) = (dates.hire, dates.leave) else { return Relation::Ordinary };
    let together = hire == leave && seen.hire_changed == seen.leave_changed;
    let was_taken_back = seen.leave_changed.is_some() && !together;
    if leave <= hire && seen.begun.is_none() && (was_withdrawn || was_taken_back) {
        return Relation::Withdrawn;
    }
    // Nothing is older than anything, a change in one evaluation is not.
    let hire_follows = seen.hire_changed > seen.leave_changed;
    let had_begun = seen.begun.is_some_and(|begun| begun <= leave);
    if leave < hire || leave == hire && had_begun && hire_follows { Relation::Return } else { Relation::Ordinary }
}
