//! The extensions of the core, each for itself and, with the larger bounds, combined: release, cancel, on-demand Runs, new versions,
//! and reads that are answered from an older state.

use super::super::checker::full_sweep;
use super::config::{Cause, Config, Enabling, Weakening};
use super::properties::{
    CANCEL_CONSUMES, CANCELED_UNTOUCHED, EXECUTED_ONCE, IN_SCOPE, NO_FOREIGN_RESUME, NOT_BEFORE_SEAL, NOT_UNDONE, PINNED_TASKS,
    PLANNED_ONCE, STAYS_DISABLED, joiner_owed, leaver_owed,
};
use super::{holds, holds_and_finishes, loses_work, violates};

/// A joiner workflow is disabled and enabled again.
const RELEASE: Config = Config { leaver: false, release: Some(Cause::Disabled), flips: [2, 0], ..Config::core("release", 3) };

/// The joiner's value is cleared and set again.
const CHANGED: Config = Config { name: "release of a changed value", release: Some(Cause::Changed), ..RELEASE };

/// The leave date of a person who is due from the start is cleared: the joiner that was superseded becomes due again.
const TAKEN_BACK: Config = Config { release: Some(Cause::Disabled), start: 1, flips: [0, 1], ..Config::core("leaver taken back", 3) };

/// A person cancels the joiner's run.
const CANCEL: Config = Config { leaver: false, cancels: 1, ..Config::core("cancel", 3) };

/// An on-demand Run is created, deleted and created again.
const ON_DEMAND: Config = Config { enabling: Enabling::OnDemand { named: false }, leaver: false, ..Config::core("on demand", 3) };

/// The same for a group that has a leaver in it.
const ON_DEMAND_LEAVER: Config = Config { leaver: true, ..Config { epochs: 2, name: "on demand and leaver", ..ON_DEMAND } };

/// The same for a Run that names the leaver.
const NAMED: Config = Config { enabling: Enabling::OnDemand { named: true }, name: "on demand by name", ..ON_DEMAND_LEAVER };

/// The joiner workflow gets a version without the person, and one with the person again.
const VERSIONS: Config = Config { leaver: false, versions: 3, ..Config::core("versions", 3) };

/// Somebody makes an object with the name of a slice before the evaluation does.
const PLANTED: Config = Config { plants: 1, start: 1, ..Config::core("a stranger's object", 2) };

/// Somebody deletes a slice before its subject has begun.
const DELETED: Config = Config { deletes: 1, start: 1, ..Config::core("a deleted slice", 3) };

/// Every read may be stale.
const STALE: Config = Config { stale: true, ..Config::core("stale reads", 2) };

#[test]
fn release_holds() {
    holds_and_finishes(RELEASE, &[joiner_owed]);
    holds(CHANGED);
    holds_and_finishes(TAKEN_BACK, &[joiner_owed, leaver_owed]);
}

#[test]
fn release_holds_within_larger_bounds() {
    if !full_sweep() {
        return holds_small_window();
    }
    holds_and_finishes(Config { name: "release with a window", window: true, ..RELEASE }, &[joiner_owed]);
    holds_and_finishes(Config { epochs: 4, stale: true, name: "release, stale reads", ..RELEASE }, &[joiner_owed]);
    holds(Config { epochs: 4, stale: true, name: "changed value, stale reads", ..CHANGED });
    holds_and_finishes(Config { start: 0, name: "leaver due later, taken back", ..TAKEN_BACK }, &[joiner_owed, leaver_owed]);
    holds_and_finishes(Config { start: 0, flips: [0, 2], name: "leaver taken back and brought back", ..TAKEN_BACK }, &[leaver_owed]);
    holds(Config { release: Some(Cause::Changed), start: 0, flips: [0, 2], name: "leave date cleared and set again", ..TAKEN_BACK });
    holds_and_finishes(Config { epochs: 4, name: "leaver taken back, four epochs", ..TAKEN_BACK }, &[joiner_owed, leaver_owed]);
}

/// The window in two epochs, as far as a debug build gets quickly; being missed after a release takes three.
fn holds_small_window() {
    holds(Config { name: "release with a window", window: true, epochs: 2, ..RELEASE });
}

#[test]
fn a_release_marks_first() {
    violates(RELEASE, Weakening::ReleaseBeforeMark, PLANNED_ONCE);
    violates(CHANGED, Weakening::ReleaseBeforeMark, PLANNED_ONCE);
    violates(RELEASE, Weakening::BlindReleaseMark, CANCELED_UNTOUCHED);
}

#[test]
fn a_release_that_does_not_mark_first_executes_twice() {
    violates(RELEASE, Weakening::ReleaseBeforeMark, EXECUTED_ONCE);
}

#[test]
fn a_leaver_that_is_taken_back_loses_no_joiner() {
    loses_work(TAKEN_BACK, Weakening::NamesNotReleased);
    loses_work(TAKEN_BACK, Weakening::SupersededForEver);
}

#[test]
fn cancel_holds() {
    holds(CANCEL);
    holds_and_finishes(Config { leaver: true, epochs: 2, name: "cancel and leaver", ..CANCEL }, &[leaver_owed]);
    if full_sweep() {
        holds_and_finishes(Config { leaver: true, cancels: 2, name: "two cancels and leaver", ..CANCEL }, &[leaver_owed]);
        holds(Config { release: Some(Cause::Disabled), flips: [2, 0], stale: true, name: "cancel and release, stale reads", ..CANCEL });
    }
}

#[test]
fn what_a_person_cancels_is_consumed() {
    violates(CANCEL, Weakening::CancelReleases, CANCEL_CONSUMES);
    violates(CANCEL, Weakening::BlindCancel, CANCELED_UNTOUCHED);
}

#[test]
fn on_demand_holds() {
    holds(ON_DEMAND);
    holds_and_finishes(ON_DEMAND_LEAVER, &[leaver_owed]);
    holds_and_finishes(NAMED, &[leaver_owed]);
    if full_sweep() {
        holds(Config { epochs: 3, ..ON_DEMAND_LEAVER });
        holds(Config { epochs: 3, ..NAMED });
        holds(Config { stale: true, name: "on demand by name, stale reads", ..NAMED });
    }
}

#[test]
fn an_on_demand_run_goes_through_the_seal() {
    violates(ON_DEMAND, Weakening::OnDemandOutsideSeal, NOT_BEFORE_SEAL);
    violates(Config { epochs: 2, ..ON_DEMAND }, Weakening::OnDemandOutsideSeal, EXECUTED_ONCE);
}

#[test]
fn a_re_created_run_repeats_nothing() {
    violates(ON_DEMAND, Weakening::UidInKey, PLANNED_ONCE);
    violates(ON_DEMAND, Weakening::UidForgotten, NO_FOREIGN_RESUME);
}

#[test]
fn an_off_boarded_person_comes_back_only_by_name_and_afterwards() {
    violates(ON_DEMAND_LEAVER, Weakening::OffBoardedNotSkipped, STAYS_DISABLED);
    violates(NAMED, Weakening::NamedRunAlways, STAYS_DISABLED);
    violates(NAMED, Weakening::LaterWorkDoesNotWait, NOT_UNDONE);
}

#[test]
fn versions_hold() {
    holds_and_finishes(Config { epochs: 2, ..VERSIONS }, &[joiner_owed]);
    if full_sweep() {
        holds_and_finishes(VERSIONS, &[joiner_owed]);
        holds(Config { epochs: 4, ..VERSIONS });
        holds(Config { stale: true, name: "versions, stale reads of rows and slices", ..VERSIONS });
        holds(Config { leaver: true, epochs: 2, name: "versions and leaver", ..VERSIONS });
    }
}

#[test]
fn the_plan_is_pinned_and_the_re_check_shrinks_it() {
    violates(VERSIONS, Weakening::NewestTasks, PINNED_TASKS);
    violates(VERSIONS, Weakening::NoRecheck, IN_SCOPE);
    violates(VERSIONS, Weakening::StaleRecheck, IN_SCOPE);
    violates(VERSIONS, Weakening::RecheckGrows, PLANNED_ONCE);
}

#[test]
fn stale_reads_hold() {
    holds_and_finishes(STALE, &[leaver_owed]);
    if full_sweep() {
        holds_and_finishes(Config { epochs: 3, ..STALE }, &[leaver_owed]);
    }
}

#[test]
fn what_was_seen_once_is_a_floor() {
    violates(STALE, Weakening::EvaluatorWithoutFloor, PLANNED_ONCE);
    violates(STALE, Weakening::RunnerWithoutFloor, STAYS_DISABLED);
    violates(STALE, Weakening::BlindClaim, STAYS_DISABLED);
}

#[test]
fn a_stranger_s_object_costs_an_epoch_and_nobody() {
    holds_and_finishes(PLANTED, &[leaver_owed]);
    if full_sweep() {
        holds_and_finishes(Config { plants: 2, start: 0, epochs: 3, name: "two objects of a stranger", ..PLANTED }, &[leaver_owed]);
    }
}

#[test]
fn a_name_alone_is_not_taken_for_our_own() {
    loses_work(PLANTED, Weakening::NameIsEnough);
}

#[test]
fn what_is_deleted_before_it_begins_is_done_all_the_same() {
    holds_and_finishes(DELETED, &[leaver_owed]);
}

#[test]
fn what_is_gone_does_not_stay_consumed() {
    loses_work(DELETED, Weakening::LostStaysConsumed);
}
