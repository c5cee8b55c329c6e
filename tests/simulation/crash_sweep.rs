//! The crash sweep: for every scenario, every fault and every k, the k-th request of a simulated tenant goes wrong in
//! that way; afterwards everything has converged to what the undisturbed run comes to.
//!
//! `cargo test` takes a seeded sample, with `TENURE_SWEEP=3` three of each; with `TENURE_SWEEP=full` every k is tried. `TENURE_SWEEP_ONLY=scenario`
//! takes only that scenario, and `TENURE_SWEEP_ONE=scenario/fault/k` tries one case and prints the requests around it.
#![expect(clippy::expect_used, clippy::panic, reason = "a test ends where it cannot go on")]

pub mod fault;
mod oracle;
pub mod scenario;
pub mod sweep;

use fault::Fault;
use scenario::{SCENARIOS, Scenario, play};
use sweep::{Case, sweep};

/// Cases of each scenario and fault that the sample takes, unless `TENURE_SWEEP` is another number.
const SAMPLE: usize = 1;

fn sample() -> usize {
    std::env::var("TENURE_SWEEP").ok().and_then(|value| value.parse().ok()).unwrap_or(SAMPLE)
}

fn is_full() -> bool {
    std::env::var("TENURE_SWEEP").is_ok_and(|value| value == "full")
}

/// Which requests of `count` are tried: all of them, or a spread that depends on scenario and fault.
fn chosen(count: u64, salt: u64) -> Vec<u64> {
    if is_full() {
        return (1..=count).collect();
    }
    // A linear congruential step (Knuth's constants) spreads the sample; it need not be random, only other for each salt.
    let mut state = salt.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (0..sample())
        .map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % count + 1
        })
        .collect()
}

#[test]
fn every_fault_converges() {
    if let Ok(one) = std::env::var("TENURE_SWEEP_ONE") {
        return try_one(&one);
    }
    let mut cases = Vec::new();
    let mut baselines = Vec::new();
    println!("scenario x requests (recorded) x faults");
    let only = std::env::var("TENURE_SWEEP_ONLY").ok();
    let is_wanted = |scenario: &Scenario| only.as_ref().is_none_or(|only| only == scenario.name);
    for (index, scenario) in SCENARIOS.iter().enumerate().filter(|(_, scenario)| is_wanted(scenario)) {
        let baseline = play(scenario, None);
        assert!(baseline.faults().is_empty(), "{}: undisturbed: {}", scenario.name, baseline.faults().join("; "));
        println!("  {:<18} {:>5} ({:>5}) x {}", scenario.name, baseline.requests, scenario.requests, Fault::ALL.len());
        assert!(
            baseline.requests >= scenario.requests,
            "{}: {} requests are covered, {} were recorded",
            scenario.name,
            baseline.requests,
            scenario.requests
        );
        for (number, fault) in Fault::ALL.iter().enumerate() {
            let salt = u64::try_from(index * 100 + number).expect("small");
            cases.extend(chosen(baseline.requests, salt).into_iter().map(|k| Case { scenario, fault: *fault, k }));
        }
        baselines.push((scenario.name, baseline));
    }
    let wrong = sweep(&cases, &baselines);
    println!(
        "{} cases: {} scenarios x {} faults{}",
        cases.len(),
        baselines.len(),
        Fault::ALL.len(),
        if is_full() { " x every k" } else { ", a sample" }
    );
    assert!(
        wrong.is_empty(),
        "{} of {} cases went wrong, among them:\n{}",
        wrong.len(),
        cases.len(),
        wrong.iter().take(20).cloned().collect::<Vec<_>>().join("\n")
    );
}

fn try_one(one: &str) {
    let parts: Vec<&str> = one.split('/').collect();
    let [name, fault, k] = parts[..] else { panic!("TENURE_SWEEP_ONE is scenario/fault/k") };
    let scenario = SCENARIOS.iter().find(|scenario| scenario.name == name).expect("no such scenario");
    let fault = *Fault::ALL.iter().find(|candidate| format!("{candidate:?}") == fault).expect("no such fault");
    let k: u64 = k.parse().expect("k is a number");
    let baseline = play(scenario, None);
    let outcome = play(scenario, Some((fault, k)));
    for line in outcome.log.iter().skip(usize::try_from(k).expect("small").saturating_sub(15)).take(60) {
        println!("{line}");
    }
    println!("{}", serde_json::to_string_pretty(&outcome.objects).expect("objects serialize"));
    let differences = baseline.differences(&outcome);
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}
