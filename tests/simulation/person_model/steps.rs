//! Who takes which step: people, the clock, evaluations, and the runners with what was planned.

use super::config::{Config, Weakening};
use super::evaluation::evaluate;
use super::model::Step;
use super::properties;
use super::reading::Reading;
use super::state::{Account, ClosedBy, Dates, State, Status, Work};

/// All steps from a state.
pub fn all(config: &Config, state: &State, steps: &mut Vec<Step>) {
    if !state.evaluated {
        steps.push(Step { what: "evaluates", next: evaluate(config, state) });
    }
    for work in Work::ALL {
        if may_start(state, work) {
            steps.push(start(config, state, work));
        }
    }
    people(config, state, steps);
    if state.day < config.days {
        steps.extend(next_day(state));
    }
}

/// The night. A day on which nobody evaluated was an outage, one with work left over a delay.
fn next_day(state: &State) -> Option<Step> {
    let mut next = *state;
    if !state.evaluated {
        next.budget.outages = next.budget.outages.checked_sub(1)?;
    }
    if Work::ALL.into_iter().any(|work| state.queued(work).is_some()) {
        next.budget.delays = next.budget.delays.checked_sub(1)?;
    }
    next.day += 1;
    next.evaluated = false;
    Some(Step { what: "a day passes", next })
}

/// What people do.
fn people(config: &Config, state: &State, steps: &mut Vec<Step>) {
    let mut person = |what: &'static str, change: &dyn Fn(&mut State)| {
        let mut next = *state;
        change(&mut next);
        next.unsettled = true;
        steps.push(Step { what, next });
    };
    if state.budget.writes > 0 && state.day > 0 {
        for hire in config.hires {
            for leave in config.leaves {
                let dates = Dates { hire: *hire, leave: *leave };
                if dates != state.dates {
                    person("the record is written anew", &|next| {
                        next.dates = dates;
                        next.budget.writes -= 1;
                    });
                }
            }
        }
    }
    if state.budget.losses > 0 && state.seen.is_some() {
        person("the snapshot is lost", &|next| {
            next.seen = None;
            next.budget.losses -= 1;
        });
    }
    if config.clean_up && !state.switched_on {
        person("the clean-up is switched on", &|next| next.switched_on = true);
    }
    if config.clean_up && state.account == Account::On && state.signed_in < state.day {
        person("the person signs in", &|next| next.signed_in = next.day);
    }
    if state.budget.openings > 0 && state.account == Account::Off {
        person("the account is enabled by hand", &|next| {
            next.budget.openings -= 1;
            open(next);
        });
    }
}

/// Whether work waits for its start, and for no other work of the person. Nothing delays what closes the account.
fn may_start(state: &State, work: Work) -> bool {
    let Some(planned) = state.queued(work) else { return false };
    let before = |other: Work| state.queued(other);
    match work {
        Work::Join => Work::ALL.into_iter().filter(|other| *other != work).filter_map(before).all(|other| other > planned),
        Work::Remind => before(Work::Join).is_none_or(|other| other >= planned),
        Work::Close | Work::Delete | Work::CleanUp => true,
    }
}

/// A runner looks once more, and then acts: the look and the effect are one step, as no property is about what lies between.
fn start(config: &Config, state: &State, work: Work) -> Step {
    let mut next = *state;
    let reading = Reading::of(config, state);
    let is_gone = state.account == Account::Gone;
    if is_gone || state.row(work).is_some_and(|row| !still_holds(config, &reading, work, row.value, state)) {
        next.set(work, Status::Canceled);
        next.unsettled = true;
        return Step { what: "finds that it no longer holds", next };
    }
    next.set(work, Status::Done);
    properties::watch(state, &reading.seen, work, &mut next.history);
    if next.account == Account::Gone {
        return Step { what: "finds nobody", next };
    }
    let leave = state.dates.leave.unwrap_or_default();
    let what = match work {
        Work::Remind => "reminds",
        Work::Join => {
            open(&mut next);
            "lets in"
        }
        Work::Close => {
            close(&mut next, Account::Off, ClosedBy::Leave(leave));
            "closes"
        }
        Work::Delete => {
            close(&mut next, Account::Gone, ClosedBy::Leave(leave));
            "deletes"
        }
        Work::CleanUp => {
            close(&mut next, Account::Off, ClosedBy::CleanUp);
            "closes what is not used"
        }
    };
    Step { what, next }
}

fn open(next: &mut State) {
    if next.account == Account::Off {
        next.account = Account::On;
        // Only what an evaluation can tell counts: that it saw the account disabled.
        if next.seen.is_some_and(|seen| !seen.enabled) {
            next.history.opened = Some(next.day);
        }
    }
    next.history.closed_by = None;
}

fn close(next: &mut State, account: Account, by: ClosedBy) {
    // What finds the account closed did not close it.
    if next.account == Account::On || next.history.closed_by.is_none() {
        next.history.closed_by = Some(by);
    }
    next.account = account;
}

/// Whether what was planned is still due, by the dates as they are now.
fn still_holds(config: &Config, reading: &Reading<'_>, work: Work, value: u8, state: &State) -> bool {
    if config.drops(Weakening::RecheckWithoutDates) {
        return true;
    }
    let planned = state.queued(work).unwrap_or_default();
    let has_left = work == Work::Join && reading.has_left() && !reading.is_return();
    reading.value(work) == Some(value) && !reading.forbids(work, value, planned) && !has_left
}
