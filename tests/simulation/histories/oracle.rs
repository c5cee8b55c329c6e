//! Who must be able to work when, in words of its own: days, not instants; a person, not occurrences.

use std::fmt;

/// Days for which somebody who came is still let in late, and for which somebody who left is still closed late.
const LATE_JOINER: i64 = 3;
const LATE_LEAVER: i64 = 30;
/// Days after the last one on which an account is deleted.
const CLEAN_UP: i64 = 30;

/// One writing of the record, at nine in the morning; on day 0 it is there from the start.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Write {
    /// The day.
    pub day: i64,
    /// The first day of work.
    pub hire: Option<i64>,
    /// The last day of work.
    pub leave: Option<i64>,
}

impl Write {
    pub fn of(day: i64, (hire, leave): (Option<i64>, Option<i64>)) -> Self {
        Self { day, hire, leave }
    }
}

/// What the account is at noon.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum State {
    Enabled,
    Disabled,
    Deleted,
}

/// A person's record over time.
#[derive(Clone, Debug)]
pub struct History {
    pub writes: Vec<Write>,
}

impl fmt::Display for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let day = |day: Option<i64>| day.map_or("-".to_owned(), |day| day.to_string());
        let words: Vec<String> =
            self.writes.iter().map(|write| format!("day {}: {} to {}", write.day, day(write.hire), day(write.leave))).collect();
        f.write_str(&words.join(", "))
    }
}

/// What is remembered of a person from day to day.
struct Person {
    state: State,
    record: Write,
    hire_written: Option<i64>,
    leave_written: Option<i64>,
    /// A first day of work stands, or stood, in the record.
    had_hire: bool,
    /// Since which half-day they have been at work, or were known as somebody who had been.
    worked: Option<i64>,
    /// The first day of work by which they were let in, or could have been.
    let_in: bool,
    /// The last day of work by which they were closed, or could have been.
    closed: bool,
}

/// Before nine in the morning, or after.
fn half_day(day: i64, at_nine: bool) -> i64 {
    2 * day + i64::from(at_nine)
}

impl History {
    /// Whether they are at work when the house begins to use workflows.
    pub fn works_at_first(&self) -> bool {
        let Write { hire, leave, .. } = self.writes[0];
        hire.is_none_or(|hire| hire <= 0) && leave.is_none_or(|leave| leave >= 0)
    }

    /// The state at noon of each day.
    pub fn states(&self, days: i64) -> Vec<State> {
        let first = self.writes[0];
        let mut person = Person {
            state: if self.works_at_first() { State::Enabled } else { State::Disabled },
            record: first,
            hire_written: None,
            leave_written: None,
            had_hire: first.hire.is_some(),
            worked: first.hire.zip(first.leave).filter(|(hire, leave)| leave < hire).map(|_| 0),
            // What lies before the start is none of the workflows' business.
            let_in: first.hire.is_some_and(|hire| hire <= -LATE_JOINER),
            closed: first.leave.is_some_and(|leave| leave < -LATE_LEAVER),
        };
        (0..days).map(|day| person.live(day, self.writes.iter().find(|write| write.day == day && day > 0))).collect()
    }
}

impl Person {
    fn live(&mut self, day: i64, write: Option<&Write>) -> State {
        if self.state == State::Deleted {
            return State::Deleted;
        }
        let before_write = self.record;
        // The morning before nine belongs to the old record: whoever was to be let in or closed at midnight was.
        self.act(day, false);
        if let Some(write) = write {
            if write.hire != before_write.hire {
                (self.hire_written, self.let_in) = (Some(day), false);
            }
            if write.leave != before_write.leave {
                (self.leave_written, self.closed) = (Some(day), false);
            }
            self.record = *write;
            self.had_hire |= write.hire.is_some();
            self.act(day, true);
        }
        self.state
    }

    /// The offer was taken back: an end was written that is not after the first day of somebody who never came.
    fn was_taken_back(&self) -> bool {
        let (Some(hire), Some(leave)) = (self.record.hire, self.record.leave) else { return false };
        let one_day = hire == leave && self.hire_written == self.leave_written;
        leave <= hire && self.worked.is_none() && self.leave_written.is_some() && !one_day
    }

    /// The end is that of an earlier employment.
    fn comes_back(&self) -> bool {
        let (Some(hire), Some(leave)) = (self.record.hire, self.record.leave) else { return false };
        // Whoever only begins with this first day comes back from nowhere, and so does who is known by its end alone.
        let had_worked = self
            .worked
            .zip(self.hire_written)
            .is_some_and(|(since, written)| since < half_day(written, true) && since < half_day(leave + 1, false));
        let moved_here = hire == leave && had_worked && self.hire_written > self.leave_written;
        !self.was_taken_back() && (leave < hire || moved_here)
    }

    fn act(&mut self, day: i64, at_nine: bool) {
        let Write { hire, leave, .. } = self.record;
        let back = self.comes_back();
        let is_back = back && hire.is_some_and(|hire| hire <= day);
        if is_back {
            // Should the end count again, it is a new one.
            self.closed = false;
        }
        let has_left = leave.is_some_and(|leave| leave < day) && !is_back;
        // Whoever has left and never had a first day must have been at work.
        if has_left && !self.had_hire {
            self.worked = self.worked.or(Some(half_day(day, at_nine)));
        }
        if let Some(leave) = leave.filter(|_| has_left) {
            self.close(day, leave, at_nine, back);
        }
        let comes = hire.is_some_and(|hire| hire <= day) && !self.was_taken_back();
        if let Some(hire) = hire.filter(|_| comes) {
            self.worked = self.worked.or(Some(half_day(day, at_nine)));
            // Who has left by now is not let in.
            if !has_left && !self.let_in {
                self.let_in = true;
                if day < hire + LATE_JOINER || (day == hire + LATE_JOINER && !at_nine) {
                    self.state = State::Enabled;
                }
            }
        }
    }

    /// The last day is over.
    fn close(&mut self, day: i64, leave: i64, at_nine: bool, back: bool) {
        // The one employment goes over into the other.
        let goes_over = back && self.record.hire.is_some_and(|hire| hire - leave <= 1) && !self.was_known_late(leave);
        if !self.closed && !goes_over {
            self.closed = true;
            // The last day ends a day after it began.
            if day <= leave + LATE_LEAVER || (day == leave + 1 + LATE_LEAVER && !at_nine) {
                self.state = State::Disabled;
            }
        }
        let is_clean_up = day > leave + CLEAN_UP;
        let is_too_late = day > leave + CLEAN_UP + LATE_LEAVER + i64::from(!at_nine);
        if is_clean_up && !back && !is_too_late {
            self.state = State::Deleted;
        }
    }

    /// The dates were written when the last day was over.
    fn was_known_late(&self, leave: i64) -> bool {
        self.hire_written.max(self.leave_written).is_some_and(|written| written > leave)
    }
}
