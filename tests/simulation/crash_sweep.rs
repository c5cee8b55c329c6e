//! The crash sweep: for every scenario, every fault and every k, the k-th request of a simulated tenant goes wrong in
//! that way; afterwards everything has converged to what the undisturbed run comes to.
//!
//! The undisturbed run says which requests a fault can change; with the others nothing would be tried. Of each scenario
//! and fault ten of them are taken, or all if there are fewer, and each of these has to be seen to strike. `TENURE_SWEEP=30`
//! takes thirty, `TENURE_SWEEP=full` all. `TENURE_SWEEP_ONLY=scenario` takes only that scenario, and
//! `TENURE_SWEEP_ONE=scenario/fault/k` tries one case and prints the requests around it.
#![expect(clippy::expect_used, clippy::panic, reason = "a test ends where it cannot go on")]

mod choice;
mod fault;
mod only;
mod oracle;
mod planted;
pub mod rows;
mod scenario;
mod stranger;
mod strikes;
mod sweep;

use std::time::Instant;

use choice::{SAMPLE, Target, spread, targets};
use fault::Fault;
use only::{only, printed};
use scenario::{Disturbance, Played, SCENARIOS, Scenario, play};
use sweep::{Case, sweep};
use tenure::sim::api::Strike;

/// Scenarios in which a fault can do nothing that it is for, and why. No other pair may be without a strike, and none of these
/// may have one.
const NOTHING_TO_STRIKE: [(&str, Fault, &str); 1] = [("race", Fault::Coalesce, NEVER_TWICE)];

/// Why an event of a watch never hides an earlier one.
const NEVER_TWICE: &str = "every answer takes 250 ms, so that the controller looks between any two changes of an object that it watches";

/// How many requests of each scenario and fault are tried; none: all.
fn wanted() -> Option<usize> {
    match std::env::var("TENURE_SWEEP").as_deref() {
        Ok("full") => None,
        Ok(number) => Some(number.parse().ok().filter(|number| *number > 0).expect("TENURE_SWEEP is a number from 1 or full")),
        Err(_) => Some(SAMPLE),
    }
}

/// A scenario and a fault: the requests that the fault can change, and those that are tried.
struct Pair {
    scenario: &'static Scenario,
    fault: Fault,
    full: usize,
    slight: usize,
    chosen: Vec<Target>,
}

impl Pair {
    fn new(scenario: &'static Scenario, fault: Fault, baseline: &Played, salt: u64) -> Self {
        let all = targets(&baseline.seen, fault);
        let full: Vec<Target> = all.iter().filter(|target| target.strike == Strike::Full).cloned().collect();
        let (count, slight) = (full.len(), all.len() - full.len());
        let chosen = wanted().map_or(all, |wanted| spread(&full, wanted, salt));
        Self { scenario, fault, full: count, slight, chosen }
    }

    /// What is wrong with the choice, given [`NOTHING_TO_STRIKE`].
    fn complaint(&self) -> Option<String> {
        let is_excused = NOTHING_TO_STRIKE.iter().any(|(name, fault, _)| *name == self.scenario.name && *fault == self.fault);
        let what = match (self.full, is_excused) {
            (0, false) => "strikes nothing, and no reason is given",
            (1.., true) => "strikes, though a reason is given why it cannot",
            _ => return None,
        };
        Some(format!("{}/{:?} {what}", self.scenario.name, self.fault))
    }
}

#[test]
fn every_fault_converges() {
    let names: Vec<String> = SCENARIOS.iter().map(|scenario| scenario.name.to_owned()).collect();
    if let [name, fault, k] = &only("TENURE_SWEEP_ONE", &[names.clone(), printed(&Fault::ALL)])[..] {
        return try_one(name, fault, k);
    }
    let only = only("TENURE_SWEEP_ONLY", &[names]);
    let scenarios = SCENARIOS.iter().filter(|scenario| only.first().is_none_or(|only| only == scenario.name));
    let baselines: Vec<(&Scenario, Played)> = scenarios.map(|scenario| (scenario, undisturbed(scenario))).collect();
    let mut pairs = Vec::new();
    let mut cases = Vec::new();
    for (scenario, baseline) in &baselines {
        for fault in Fault::ALL {
            let pair = Pair::new(scenario, fault, baseline, u64::try_from(pairs.len()).expect("small"));
            cases.extend(pair.chosen.iter().map(|target| Case { scenario, fault, target: target.clone(), planted: None, baseline }));
            pairs.push(pair);
        }
    }
    let fewer = fewer(&baselines);
    assert!(fewer.is_empty(), "{}", fewer.join("\n"));
    let complaints: Vec<String> = pairs.iter().filter_map(Pair::complaint).collect();
    let started = Instant::now();
    let verdicts = sweep(&cases, false);
    let mut struck = verdicts.iter().map(|verdict| verdict.struck);
    let struck: Vec<usize> = pairs.iter().map(|pair| struck.by_ref().take(pair.chosen.len()).filter(|struck| *struck).count()).collect();
    print_table(&baselines, &pairs, &struck);
    println!("{} cases, {} of them struck: {} s", cases.len(), struck.iter().sum::<usize>(), started.elapsed().as_secs());
    let missed = cases.iter().zip(&verdicts).filter(|(_, verdict)| !verdict.struck).map(|(case, _)| case.to_string());
    let wrong = verdicts.iter().filter_map(|verdict| verdict.wrong.clone());
    let (missed, wrong): (Vec<_>, Vec<_>) = (missed.collect(), wrong.collect());
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
    assert!(missed.is_empty(), "{} cases did not strike as they were to, among them {:?}", missed.len(), &missed[..missed.len().min(20)]);
    let some = wrong[..wrong.len().min(20)].join("\n");
    assert!(wrong.is_empty(), "{} of {} cases went wrong, among them:\n{some}", wrong.len(), cases.len());
}

/// A scenario as it goes when nothing goes wrong.
fn undisturbed(scenario: &Scenario) -> Played {
    let played = play(scenario, Disturbance::default());
    let faults = played.outcome.faults();
    assert!(faults.is_empty(), "{}: undisturbed: {}", scenario.name, faults.join("; "));
    played
}

/// The scenarios that cover fewer requests than was recorded.
fn fewer(baselines: &[(&Scenario, Played)]) -> Vec<String> {
    let counted = baselines.iter().map(|(scenario, played)| (scenario.name, played.outcome.requests, scenario.requests));
    let fewer = counted.filter(|(_, requests, recorded)| requests < recorded);
    fewer.map(|(name, requests, recorded)| format!("{name}: {requests} requests are covered, {recorded} were recorded")).collect()
}

fn print_table(baselines: &[(&Scenario, Played)], pairs: &[Pair], struck: &[usize]) {
    println!("Of each scenario and fault: the cases that struck / the requests that the fault can change + those that it changes");
    println!("slightly. With the other requests it does nothing, and they are not tried.");
    print!("{:<18} {:>8}", "", "requests");
    for fault in Fault::ALL {
        print!(" {:>11}", format!("{fault:?}"));
    }
    println!();
    let rows = pairs.chunks(Fault::ALL.len()).zip(struck.chunks(Fault::ALL.len()));
    for ((scenario, baseline), (pairs, struck)) in baselines.iter().zip(rows) {
        print!("{:<18} {:>8}", scenario.name, baseline.outcome.requests);
        for (pair, struck) in pairs.iter().zip(struck) {
            let slight = if pair.slight > 0 { format!("+{}", pair.slight) } else { String::new() };
            print!(" {:>11}", format!("{struck}/{}{slight}", pair.full));
        }
        println!();
    }
    for (scenario, fault, reason) in NOTHING_TO_STRIKE {
        println!("{scenario}/{fault:?} can strike nothing: {reason}");
    }
}

fn try_one(name: &str, fault: &str, k: &str) {
    let scenario = SCENARIOS.iter().find(|scenario| scenario.name == name).expect("no such scenario");
    let fault = *Fault::ALL.iter().find(|candidate| format!("{candidate:?}") == fault).expect("no such fault");
    let k: u64 = k.parse().expect("k is a number");
    let baseline = play(scenario, Disturbance::default());
    // With another request nothing would be tried.
    let may_be: Vec<u64> = targets(&baseline.seen, fault).iter().map(|target| target.k).collect();
    assert!(may_be.contains(&k), "{name}/{fault:?} does nothing to request {k}; k may be one of {may_be:?}");
    let played = play(scenario, Disturbance { fault: Some((fault, k)), ..Disturbance::default() });
    for (number, line) in (1..).zip(&played.outcome.log).skip(usize::try_from(k).expect("small").saturating_sub(15)).take(60) {
        println!("{number} {line}");
    }
    println!("{}", serde_json::to_string_pretty(&played.outcome.objects).expect("objects serialize"));
    println!("how the fault struck: {:?}", played.struck);
    let differences = baseline.outcome.differences(&played.outcome);
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}
