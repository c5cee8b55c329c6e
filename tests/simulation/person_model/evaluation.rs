//! An evaluation: it looks, lets go of what no longer holds, and plans what is due.

use super::config::{Config, Weakening};
use super::properties;
use super::reading::{Due, Reading, Relation};
use super::state::{Account, Row, State, Status, Work};

/// The state after today's evaluation.
pub fn evaluate(config: &Config, state: &State) -> State {
    let mut next = *state;
    properties::remember(&mut next);
    let reading = Reading::of(config, state);
    if reading.relation == Relation::Withdrawn {
        next.withdrawn = Some(state.dates);
    }
    next.evaluated = true;
    next.unsettled = release(config, &reading, &mut next);
    plan(config, &reading, &mut next);
    next.seen = Some(reading.seen);
    next
}

/// Releases what is due again, and says whether there was anything.
fn release(config: &Config, reading: &Reading<'_>, next: &mut State) -> bool {
    let mut released = false;
    for work in Work::ALL {
        let Some(row) = next.row(work) else { continue };
        let is_another = reading.value(work) != Some(row.value);
        // A withdrawn hire counts as no hire date.
        let is_of_withdrawn = work == Work::Join && reading.relation == Relation::Withdrawn;
        let is_of_earlier = work.is_of_leave() && reading.has_returned() && !config.drops(Weakening::RowsOfEarlierStay);
        let lets_go = match row.status {
            Status::Queued(planned) => is_another || reading.forbids(work, row.value, planned),
            Status::Canceled => true,
            Status::Superseded => is_another || is_of_withdrawn || !gives_way(config, reading, next, false),
            Status::Done | Status::Missed => is_another || is_of_earlier || is_of_withdrawn,
        };
        if lets_go {
            next.rows[work as usize] = None;
            released = true;
        }
    }
    released
}

/// Plans what is due and was not dealt with.
fn plan(config: &Config, reading: &Reading<'_>, next: &mut State) {
    let due = |state: &State, work: Work| {
        let value = reading.value(work).filter(|_| state.row(work).is_none() && (work != Work::CleanUp || state.switched_on));
        value.map_or(Due::No, |value| reading.due(work, value))
    };
    let joins = due(next, Work::Join) == Due::Yes;
    for work in Work::ALL {
        let is_planned = match due(next, work) {
            _ if next.account == Account::Gone => false,
            Due::No => false,
            Due::TooLate => {
                write(reading, next, work, Status::Missed);
                false
            }
            // What was done before the return was let go when it came, and is not done again.
            Due::BeforeJoin => joins && next.closed.is_none_or(|(of, _)| reading.dates.leave != Some(of)),
            Due::Yes => true,
        };
        if is_planned && work == Work::Join && gives_way(config, reading, next, true) {
            write(reading, next, work, Status::Superseded);
        } else if is_planned {
            write(reading, next, work, Status::Queued(reading.day));
            if work == Work::Close {
                next.closed = reading.dates.leave.map(|leave| (leave, reading.day));
            }
        }
    }
    // Work that was planned before, and has not begun, gives way as well.
    if next.queued(Work::Join).is_some() && gives_way(config, reading, next, true) {
        next.set(Work::Join, Status::Superseded);
    }
}

fn write(reading: &Reading<'_>, next: &mut State, work: Work, status: Status) {
    next.rows[work as usize] = reading.value(work).map(|value| Row { value, status });
}

/// Whether the joiner's work gives way: the person has left, or work that closes the account stands. `planned`: what is due
/// has been planned already.
fn gives_way(config: &Config, reading: &Reading<'_>, state: &State, planned: bool) -> bool {
    let stands = |work: Work| match state.row(work).map(|row| row.status) {
        Some(Status::Queued(_)) => true,
        // It stands until the account is found enabled afterwards.
        Some(Status::Done) => !planned || state.account != Account::On,
        _ => false,
    };
    if config.drops(Weakening::AnyLeaverSupersedes) && stands(Work::Remind) {
        return true;
    }
    let is_closed = Work::ALL.into_iter().any(|work| work.closes() && stands(work));
    // Work of a return is not what the leave date ends.
    let has_left = reading.relation != Relation::Return && (reading.has_left() || is_closed);
    has_left || stands(Work::CleanUp) && is_older_than_the_clean_up(reading, state)
}

/// What inactivity closed stays closed against what was due before.
fn is_older_than_the_clean_up(reading: &Reading<'_>, state: &State) -> bool {
    let due = |work: Work| state.row(work).or(reading.value(work).map(|value| Row { value, status: Status::Canceled }));
    let on = |work: Work| due(work).map(|row| reading.due_on(work, row.value));
    on(Work::Join).zip(on(Work::CleanUp)).is_some_and(|(join, clean_up)| join < clean_up)
}
