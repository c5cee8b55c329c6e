//! The core: one joiner, one leaver, three epochs, evaluators and attempts that stop or are replaced.

use super::super::checker::full_sweep;
use super::config::{Config, Weakening};
use super::properties::{PLANNED_ONCE, STAYS_DISABLED, leaver_owed};
use super::{holds, holds_and_finishes, violates};

const CORE: Config = Config::core("core", 3);

/// Attempts may be asked to end.
const ASKED: Config = Config { asked: true, ..Config::core("core, asked to end", 2) };

/// Two epochs are enough for what goes wrong between one joiner and one leaver.
const SMALL: Config = Config::core("core", 2);

#[test]
fn the_core_holds_and_the_leaver_gets_done() {
    let states = holds_and_finishes(CORE, &[leaver_owed]);
    // The number of states of the executable model with which the protocol was designed. A different one means a different protocol.
    assert_eq!(states, 79_026);
    if full_sweep() {
        holds(Config { epochs: 4, ..CORE });
    }
}

#[test]
fn rows_count_only_when_sealed() {
    violates(CORE, Weakening::RowsWithoutSeal, PLANNED_ONCE);
}

#[test]
fn a_stopped_evaluator_cannot_seal() {
    violates(CORE, Weakening::BlindSeal, PLANNED_ONCE);
}

#[test]
fn a_leaver_settles_older_work() {
    violates(SMALL, Weakening::NoSettling, STAYS_DISABLED);
}

#[test]
fn a_claim_is_compared_with_what_was_read() {
    violates(SMALL, Weakening::BlindClaim, STAYS_DISABLED);
}

#[test]
fn a_leaver_marks_before_it_waits() {
    violates(SMALL, Weakening::MarkAfterWaiting, STAYS_DISABLED);
}

#[test]
fn an_epoch_belongs_to_one_process() {
    violates(SMALL, Weakening::SharedEpoch, PLANNED_ONCE);
}

#[test]
fn an_attempt_that_is_asked_to_end_gives_back_what_it_has_not_begun() {
    holds_and_finishes(ASKED, &[leaver_owed]);
    if full_sweep() {
        holds_and_finishes(Config { epochs: 3, ..ASKED }, &[leaver_owed]);
    }
    violates(ASKED, Weakening::GivesBackInTheMiddle, STAYS_DISABLED);
}
