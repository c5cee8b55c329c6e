//! The rules for one person's dates and states as a model whose states are all visited.
//!
//! A record with a first and a last day is written anew on any day; evaluations look once a day or not, what they plan is carried out
//! at once or late, and everything that they have seen may be lost. A joiner's workflow lets in; a leaver's closes, another deletes,
//! one reminds before the end, and a clean-up closes what nobody uses. `properties` says who must be able to sign in when, without
//! keys and rows. Each sentence that `config::Weakening` names is left out once, and the checker then has to find a violation.
//!
//! Three things are promised by no rule, and lie outside the bounds: whoever was let in before the first day of a return, which is taken
//! back then, is closed by nothing but the deletion; so long before that day an earlier end that is written only then closes them,
//! and nothing lets them in again; and a first day that is written on a known last day is a return once it has come.
//!
//! How work is planned and executed without being lost or done twice is the business of `protocol_model`.

mod config;
mod evaluation;
mod model;
mod properties;
mod reading;
mod state;
mod steps;

use super::checker::{self, full_sweep};
use config::{Config, Weakening};
use model::Person;
use properties::{BACK, CLEANED_UP, GONE, KEPT, LET_IN, NOT_LET_IN, NOT_TOO_EARLY};

/// First and last days in every order.
const DATES: Config = Config::dates("dates");

/// Somebody is reminded two days before the end, which is before the beginning of a short contract.
const REMINDER: Config =
    Config { name: "reminder", hires: &[None, Some(2), Some(3)], leaves: &[None, Some(3), Some(4)], days: 6, reminder: Some(3), ..DATES };

/// Whoever begins is let in three days before.
const EARLY: Config = Config { name: "let in early", hires: &[None, Some(1), Some(5)], lead: 3, ..DATES };

/// Nobody is deleted, so that whoever is not closed stays.
const KEPT_FOR_EVER: Config =
    Config { name: "nobody is deleted", hires: &[None, Some(4)], leaves: &[None, Some(1), Some(3)], deletes: false, ..DATES };

/// All that was seen is lost.
const LOSS: Config = Config { name: "lost snapshot", losses: 1, outages: 0, delays: 0, ..DATES };

/// Accounts that nobody uses are closed, from any day on.
const CLEAN_UP: Config =
    Config { name: "clean-up", hires: &[None, Some(1), Some(4)], leaves: &[None], clean_up: true, openings: 1, ..DATES };

/// Visits all states and fails if a property is violated.
fn holds(config: Config) {
    checker::holds(config.name, Person(config));
}

/// Leaves a sentence out and fails unless the checker finds the property violated.
fn violates(config: Config, weakening: Weakening, property: &'static str) {
    checker::violates(&format!("{} without {weakening:?}", config.name), Person(config.without(weakening)), property);
}

#[test]
fn dates_hold() {
    holds(DATES);
    holds(REMINDER);
    holds(EARLY);
    holds(LOSS);
    holds(KEPT_FOR_EVER);
    if full_sweep() {
        holds(Config { name: "dates, written twice", writes: 2, ..DATES });
        holds(Config { name: "lost snapshot, written twice", writes: 2, ..LOSS });
        holds(Config { name: "reminder, written twice", writes: 2, ..REMINDER });
        holds(Config { name: "dates, two outages and delays", outages: 2, delays: 2, ..DATES });
    }
}

#[test]
fn states_hold() {
    holds(CLEAN_UP);
    if full_sweep() {
        holds(Config { name: "clean-up and leave dates", leaves: &[None, Some(1), Some(3)], openings: 0, ..CLEAN_UP });
    }
}

#[test]
fn what_closes_nothing_supersedes_nobody() {
    violates(REMINDER, Weakening::AnyLeaverSupersedes, LET_IN);
}

#[test]
fn the_dates_of_one_person_are_read_together() {
    violates(DATES, Weakening::LeaveDateAlone, BACK);
    violates(DATES, Weakening::LeaveDateAlone, KEPT);
    violates(DATES, Weakening::DeletesBeforeReturn, KEPT);
    violates(EARLY, Weakening::EarlyJoinerStripped, BACK);
    violates(EARLY, Weakening::DoneIsForgotten, BACK);
    violates(DATES, Weakening::RecheckWithoutDates, KEPT);
    violates(KEPT_FOR_EVER, Weakening::RowsOfEarlierStay, GONE);
}

#[test]
fn a_withdrawn_hire_is_no_return() {
    violates(DATES, Weakening::WithdrawnIsReturn, NOT_LET_IN);
    violates(EARLY, Weakening::RecheckWithoutDates, NOT_LET_IN);
    violates(LOSS, Weakening::WithdrawalForgotten, NOT_LET_IN);
}

#[test]
fn a_state_is_not_an_event() {
    violates(CLEAN_UP, Weakening::StateHasWindow, CLEANED_UP);
    violates(CLEAN_UP, Weakening::CountsFromSignInAlone, NOT_TOO_EARLY);
}
