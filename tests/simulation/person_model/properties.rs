//! What must hold, in words of its own: days, a person and an account. Nothing here knows of rows, windows or keys, but for what was
//! missed, and for what was done.

use stateright::Property;

use super::config::{Config, IDLE};
use super::model::Person;
use super::state::{Account, ClosedBy, History, Row, Seen, State, Status, Work, Wrong};

/// Who has left cannot sign in, once all that is known has been carried out.
pub const GONE: &str = "who has left cannot sign in";
/// Who begins can sign in from the first day on, whatever else is due before the last one.
pub const LET_IN: &str = "who begins is let in";
/// Who has come back can sign in: the end of the earlier employment does not close the account of the present one.
pub const BACK: &str = "who has come back can sign in";
/// An account is not deleted if its person comes back, or is back.
pub const KEPT: &str = "who comes back is not deleted";
/// Who is not coming is not let in.
pub const NOT_LET_IN: &str = "whose hire was taken back is not let in";
/// An account that nobody uses is closed, however long nobody has.
pub const CLEANED_UP: &str = "a state is acted on for as long as it holds";
/// An account is not closed for want of use that its person has not had for long, or does not use before the first day.
pub const NOT_TOO_EARLY: &str = "nobody is closed who was just let in";

/// The properties of a configuration. Once a snapshot is lost nobody knows any more when a date was written: only what the ledger
/// keeps is promised then.
pub fn all(config: &Config) -> Vec<Property<Person>> {
    let mut all = vec![Property::always(NOT_LET_IN, |_: &Person, state: &State| !has_done(state, Wrong::LetInTakenBack))];
    if config.losses == 0 {
        all.extend([
            Property::always(GONE, |_: &Person, state: &State| gone(state)),
            Property::always(LET_IN, |_: &Person, state: &State| let_in(state)),
            Property::always(BACK, |_: &Person, state: &State| back(state)),
            Property::always(KEPT, |_: &Person, state: &State| !has_done(state, Wrong::DeletedReturn)),
        ]);
    }
    if config.clean_up {
        all.extend([
            Property::always(CLEANED_UP, |_: &Person, state: &State| cleaned_up(state)),
            Property::always(NOT_TOO_EARLY, |_: &Person, state: &State| !has_done(state, Wrong::ClosedTooEarly)),
        ]);
    }
    all
}

/// The hire was taken back: a last day that is not after the first one was written for somebody who never came. Both on one day,
/// written at once, are a contract of one day.
fn is_taken_back(state: &State, seen: &Seen) -> bool {
    let Some((hire, leave)) = state.dates.hire.zip(state.dates.leave) else { return false };
    let one_day = hire == leave && seen.hire_changed == seen.leave_changed;
    let is_new = seen.leave_changed.is_some() && !one_day;
    state.history.came.is_none() && leave <= hire && (is_new || state.history.taken_back == Some(state.dates))
}

/// The last day is that of an earlier employment.
fn comes_back(state: &State, seen: &Seen) -> bool {
    let Some((hire, leave)) = state.dates.hire.zip(state.dates.leave) else { return false };
    let moved_here = hire == leave && state.history.came.is_some_and(|came| came <= leave) && seen.hire_changed > seen.leave_changed;
    !is_taken_back(state, seen) && (leave < hire || moved_here)
}

/// What an evaluation knows from now on.
pub fn remember(state: &mut State) {
    let seen = look(state);
    let is_first = state.seen.is_none();
    if is_taken_back(state, &seen) {
        state.history.taken_back = Some(state.dates);
    } else {
        let is_earlier = state.dates.hire.zip(state.dates.leave).is_some_and(|(hire, leave)| leave < hire);
        // Whoever has left, and of whose first day nothing is known, was at work.
        let has_left = seen.never_hired() && state.dates.leave.is_some_and(|leave| leave < state.day);
        let comes = state.dates.hire.is_some_and(|hire| hire <= state.day) || is_first && is_earlier || has_left;
        state.history.came = state.history.came.or(comes.then_some(state.day));
    }
}

/// What has been written when, as far as anybody looked.
fn look(state: &State) -> Seen {
    Seen::now(state).0
}

/// Looks at work that is about to be done.
pub fn watch(state: &State, seen: &Seen, work: Work, history: &mut History) {
    match work {
        Work::Join => history.wrongs[Wrong::LetInTakenBack as usize] |= is_taken_back(state, seen),
        Work::Delete => history.wrongs[Wrong::DeletedReturn as usize] |= comes_back(state, seen),
        Work::CleanUp => {
            history.wrongs[Wrong::ClosedTooEarly as usize] |= is_ahead(state, seen) || used_until(state, seen) + IDLE > state.day;
        }
        Work::Remind | Work::Close => {}
    }
}

fn has_done(state: &State, wrong: Wrong) -> bool {
    state.history.wrongs[wrong as usize]
}

/// Whether the first day is still to come.
fn is_ahead(state: &State, seen: &Seen) -> bool {
    state.dates.hire.is_some_and(|hire| hire > state.day) && !is_taken_back(state, seen)
}

/// The last day of which it is known that the account was used, or could not have been used before.
fn used_until(state: &State, seen: &Seen) -> u8 {
    let hired = state.dates.hire.filter(|hire| *hire <= state.day && !is_taken_back(state, seen));
    state.signed_in.max(hired.unwrap_or(0)).max(state.history.opened.unwrap_or(0))
}

/// Whether the joiner's work could not be done in time.
fn is_missed(state: &State) -> bool {
    matches!(state.row(Work::Join), Some(Row { status: Status::Missed, .. }))
}

fn is_done(state: &State, work: Work) -> bool {
    matches!(state.row(work), Some(Row { status: Status::Done, .. }))
}

fn gone(state: &State) -> bool {
    let seen = look(state);
    let is_over = state.dates.leave.is_some_and(|leave| leave < state.day);
    let comes = comes_back(state, &seen);
    let is_back = comes && state.dates.hire.is_some_and(|hire| hire <= state.day);
    // Who was let in before the first day of the next employment may use the account.
    let is_let_in_early = comes && is_done(state, Work::Join);
    !state.is_settled() || !is_over || is_back || is_let_in_early || state.account != Account::On
}

/// Whether somebody who ought to be able to sign in cannot, though the work was not missed, and what closed the account afterwards,
/// if anything did, was not something else.
fn is_shut_out(state: &State, closed_by_right: impl Fn(ClosedBy) -> bool) -> bool {
    let was_let_in = is_done(state, Work::Join) && state.history.closed_by.is_none_or(closed_by_right);
    // What nobody used stays closed against what was due before.
    let was_unused = state.history.closed_by == Some(ClosedBy::CleanUp);
    state.account == Account::Off && !is_missed(state) && !was_let_in && !was_unused
}

fn let_in(state: &State) -> bool {
    let seen = look(state);
    let is_ahead = state.dates.leave.is_none_or(|leave| leave >= state.day);
    let at_work = state.dates.hire.is_some_and(|hire| hire <= state.day) && is_ahead;
    let is_ordinary = !is_taken_back(state, &seen) && !comes_back(state, &seen);
    !state.is_settled() || !at_work || !is_ordinary || !is_shut_out(state, |_| true)
}

fn back(state: &State) -> bool {
    let seen = look(state);
    let is_back = comes_back(state, &seen) && state.dates.hire.is_some_and(|hire| hire <= state.day);
    let leave = state.dates.leave;
    !state.is_settled() || !is_back || !is_shut_out(state, |by| !matches!(by, ClosedBy::Leave(by) if Some(by) == leave))
}

fn cleaned_up(state: &State) -> bool {
    let seen = look(state);
    let since = used_until(state, &seen).max(seen.enabled_since.unwrap_or(0));
    // Who was closed for it and let in by a person is not closed for the same days again.
    let was_closed = is_done(state, Work::CleanUp);
    let is_unused = state.switched_on && since + IDLE <= state.day && !is_ahead(state, &seen) && !was_closed;
    !state.is_settled() || !is_unused || state.account != Account::On
}
