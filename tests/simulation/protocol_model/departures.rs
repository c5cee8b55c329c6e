//! Leaver work that closes nothing, and enabling work that limits hold back: the one has no precedence, the other delays nobody's
//! off-boarding.

use super::super::checker::full_sweep;
use super::config::{Config, Ending, Weakening};
use super::properties::{ONE_AT_A_TIME, STAYS_DISABLED, joiner_owed, leaver_owed};
use super::{holds, holds_and_finishes, loses_work, violates};

/// The leaver workflow only reminds, or takes some groups away.
const REMINDER: Config = Config { ending: Ending::Reminds, ..Config::core("a leaver that closes nothing", 2) };

/// The newcomers' Runs are held, and nobody ever decides.
const HELD: Config = Config { held: Some(0), ..Config::core("held for ever", 2) };

/// The limits of the newcomers' Runs are raised, and lowered again.
const DECIDED: Config = Config { name: "let go, and held again", held: Some(2), ..HELD };

#[test]
fn what_closes_nothing_holds() {
    holds_and_finishes(REMINDER, &[joiner_owed, leaver_owed]);
    if full_sweep() {
        holds_and_finishes(Config { epochs: 3, ..REMINDER }, &[joiner_owed, leaver_owed]);
    }
}

#[test]
fn what_closes_nothing_supersedes_nobody() {
    loses_work(REMINDER, Weakening::AnyLeaverSupersedes);
    violates(REMINDER, Weakening::LaterWorkDoesNotWait, ONE_AT_A_TIME);
}

#[test]
fn what_is_held_holds() {
    holds_and_finishes(HELD, &[leaver_owed]);
    holds(DECIDED);
    if full_sweep() {
        holds_and_finishes(Config { epochs: 3, ..HELD }, &[leaver_owed]);
        holds_and_finishes(Config { epochs: 3, ..DECIDED }, &[leaver_owed]);
    }
}

#[test]
fn nothing_held_delays_an_off_boarding() {
    loses_work(HELD, Weakening::WaitsForHeldWork);
    violates(DECIDED, Weakening::HeldIsNotMarked, STAYS_DISABLED);
}
