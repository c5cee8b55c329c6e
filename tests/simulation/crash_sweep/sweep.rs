//! Running many cases on all cores.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use tenure::runner::PlantedError;

use super::choice::Target;
use super::fault::{Fault, Seen};
use super::scenario::{Disturbance, Played, Scenario, play};

/// One case.
pub struct Case<'a> {
    /// What is played.
    pub scenario: &'static Scenario,
    /// What goes wrong.
    pub fault: Fault,
    /// With which request, and what comes of it.
    pub target: Target,
    /// What the runners do wrong.
    pub planted: Option<PlantedError>,
    /// What comes of the scenario when nothing goes wrong.
    pub baseline: &'a Played,
}

/// What came of a case.
pub struct Verdict {
    /// Whether the fault struck as it was to.
    pub struck: bool,
    /// What is wrong, if anything.
    pub wrong: Option<String>,
}

impl Case<'_> {
    /// Plays it.
    fn run(&self) -> Verdict {
        let disturbance = Disturbance { fault: Some((self.fault, self.target.k)), planted: self.planted };
        let (struck, found) = match std::panic::catch_unwind(|| play(self.scenario, disturbance)) {
            Ok(played) => (self.has_struck(&played), self.baseline.outcome.differences(&played.outcome)),
            // A fault that makes it panic has struck.
            Err(_) => (true, vec!["the program panicked".to_owned()]),
        };
        let wrong = (!found.is_empty()).then(|| format!("{self}: {}", found.join("; ")));
        Verdict { struck, wrong }
    }

    /// Whether the fault did what it was to, and to the request that was meant.
    fn has_struck(&self, played: &Played) -> bool {
        let spoilt = |seen: &[Seen]| seen.get(usize::try_from(self.target.k - 1).expect("small")).map(|seen| seen.request.clone());
        played.struck == Some(self.target.strike) && spoilt(&played.seen) == spoilt(&self.baseline.seen)
    }
}

impl std::fmt::Display for Case<'_> {
    /// As `TENURE_SWEEP_ONE` takes it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{:?}/{}", self.scenario.name, self.fault, self.target.k)
    }
}

/// Runs the cases on all cores, in order; with `until_wrong` none is begun after one that went wrong. What came of each,
/// as far as they were run.
pub fn sweep(cases: &[Case], until_wrong: bool) -> Vec<Verdict> {
    let next = AtomicUsize::new(0);
    let is_over = AtomicBool::new(false);
    let verdicts = Mutex::new(Vec::new());
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while !is_over.load(Ordering::Relaxed) {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(case) = cases.get(index) else { return };
                    let verdict = case.run();
                    is_over.fetch_or(until_wrong && verdict.wrong.is_some(), Ordering::Relaxed);
                    verdicts.lock().expect("no other thread panicked").push((index, verdict));
                }
            });
        }
    });
    let mut verdicts = verdicts.into_inner().expect("no thread panicked");
    verdicts.sort_by_key(|(index, _)| *index);
    verdicts.into_iter().map(|(_, verdict)| verdict).collect()
}
