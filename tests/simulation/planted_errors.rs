//! Four errors of the protocol, built in on purpose: the crash sweep must find each of them. Needs the feature
//! `planted-errors`, which no other build has.
#![expect(clippy::expect_used, clippy::panic, reason = "a test ends where it cannot go on")]

use super::crash_sweep::fault::Fault;
use super::crash_sweep::scenario::{SCENARIOS, Scenario, play};
use super::crash_sweep::sweep::{Case, sweep};
use tenure::runner::{Planted, plant};

fn scenario(name: &str) -> &'static Scenario {
    SCENARIOS.iter().find(|scenario| scenario.name == name).expect("there is such a scenario")
}

/// Which scenario shows which error, and by which faults.
const ERRORS: [(Planted, &str, &[Fault]); 4] = [
    (Planted::CommitBeforeEntries, "joiner", &[Fault::Die, Fault::DieAfter]),
    (Planted::SnapshotOutsideTheEpoch, "mover", &[Fault::Die, Fault::DieAfter]),
    (Planted::ClaimWithoutResourceVersion, "joiner", &[Fault::Zombie]),
    (Planted::BeforeImageAfterTheEffect, "leaver", &[Fault::Die, Fault::DieAfter, Fault::Lose]),
];

/// One test, one after the other: what is planted is planted in the whole process.
#[test]
fn the_sweep_finds_every_planted_error() {
    for (error, name, faults) in ERRORS {
        let scenario = scenario(name);
        plant(None);
        let baseline = play(scenario, None);
        assert!(baseline.faults().is_empty(), "{name} is sound without a planted error");
        let count = baseline.requests;
        plant(Some(error));
        let cases: Vec<Case> = faults.iter().flat_map(|fault| (1..=count).map(|k| Case { scenario, fault: *fault, k })).collect();
        let wrong = sweep(&cases, &[(scenario.name, baseline)]);
        println!(
            "{error:?}: found in {} of {} cases of {name}, for example {}",
            wrong.len(),
            cases.len(),
            wrong.first().map_or("", |line| line.lines().next().unwrap_or(""))
        );
        assert!(!wrong.is_empty(), "{error:?} is not found");
    }
    plant(None);
}
