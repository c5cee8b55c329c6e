//! Running many cases on all cores.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::fault::Fault;
use super::oracle;
use super::scenario::{Scenario, play};

/// One case.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    /// What is played.
    pub scenario: &'static Scenario,
    /// What goes wrong.
    pub fault: Fault,
    /// With which request.
    pub k: u64,
}

/// Runs `cases` on all cores; gives what was wrong with each.
pub fn sweep(cases: &[Case], baselines: &[(&'static str, oracle::Outcome)]) -> Vec<String> {
    let next = AtomicUsize::new(0);
    let wrong = Mutex::new(Vec::new());
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let baseline =
                        &baselines.iter().find(|(name, _)| *name == case.scenario.name).expect("every scenario has a baseline").1;
                    let played = std::panic::catch_unwind(|| play(case.scenario, Some((case.fault, case.k))));
                    let found = match played {
                        Ok(outcome) => baseline.differences(&outcome),
                        Err(_) => vec!["the program panicked".to_owned()],
                    };
                    if !found.is_empty() {
                        wrong.lock().expect("no other thread panicked").push(format!(
                            "{}/{:?}/{}: {}",
                            case.scenario.name,
                            case.fault,
                            case.k,
                            found.join("; ")
                        ));
                    }
                }
            });
        }
    });
    let mut wrong = wrong.into_inner().expect("no thread panicked");
    wrong.sort();
    wrong
}
