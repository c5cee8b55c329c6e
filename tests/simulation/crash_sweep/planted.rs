//! Four errors of the protocol, planted on purpose: the sweep must find each of them. As long as nothing goes wrong none shows.

use tenure::runner::PlantedError;

use super::choice::targets;
use super::fault::Fault;
use super::scenario::{Disturbance, Played, SCENARIOS, play};
use super::sweep::{Case, sweep};

/// Which scenario shows which error, and by which fault: at the first of its requests that does.
const ERRORS: [(PlantedError, &str, Fault); 4] = [
    (PlantedError::CommitBeforeEntries, "joiner", Fault::Die),
    (PlantedError::SnapshotWithoutPredecessor, "mover", Fault::Die),
    (PlantedError::ClaimWithoutResourceVersion, "joiner", Fault::Zombie),
    (PlantedError::BeforeImageTakenAgain, "leaver", Fault::DieAfter),
];

#[test]
fn the_sweep_finds_every_planted_error() {
    for (error, name, fault) in ERRORS {
        let scenario = SCENARIOS.iter().find(|scenario| scenario.name == name).expect("there is such a scenario");
        let sound = play(scenario, Disturbance::default());
        assert!(sound.outcome.faults().is_empty(), "{name} is sound without a planted error");
        let planted = play(scenario, Disturbance { planted: Some(error), ..Disturbance::default() });
        assert_eq!(sound.outcome.differences(&planted.outcome), Vec::<String>::new(), "only a fault shows {error:?}");
        // What counts is what comes of it when nothing is wrong; what the fault can change, the planted error may have moved.
        let baseline = Played { seen: planted.seen, ..sound };
        let case = |target| Case { scenario, fault, target, planted: Some(error), baseline: &baseline };
        let cases: Vec<Case> = targets(&baseline.seen, fault).into_iter().map(case).collect();
        let verdicts = sweep(&cases, true);
        let first = verdicts.iter().find_map(|verdict| verdict.wrong.as_ref());
        let first = first.unwrap_or_else(|| panic!("{error:?} is not found in {} cases of {name}", cases.len()));
        println!("{error:?}: found after {} of {} cases: {}", verdicts.len(), cases.len(), first.lines().next().unwrap_or(""));
    }
}
