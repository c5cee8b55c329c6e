//! The scenarios, and how one is played.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tenure::sim::load::parse;
use tenure::sim::{Options, Simulation};

use super::fault::{Fault, Spoiler};
use super::oracle::Outcome;

/// A scenario: documents over the common base.
#[derive(Debug)]
pub struct Scenario {
    /// Its name.
    pub name: &'static str,
    documents: &'static str,
    /// Milliseconds that every answer takes. Where it is not zero, who comes first depends on when, and a fault may move
    /// it: then only what must always hold is compared, and how the accounts end.
    pub latency: u64,
    /// Requests that were covered when this was recorded: covering fewer means that the sweep sees less than it did.
    pub requests: u64,
}

macro_rules! scenarios {
    ($($name:literal: $requests:literal, $latency:literal ms;)+) => {
        /// All of them.
        pub const SCENARIOS: &[Scenario] = &[$(Scenario { name: $name, documents: include_str!(concat!("scenarios/", $name, ".yaml")), requests: $requests, latency: $latency }),+];
    };
}

scenarios! {
    "joiner": 219, 0 ms;
    "leaver": 298, 0 ms;
    "mover": 321, 0 ms;
    "reapply": 213, 0 ms;
    "release": 274, 0 ms;
    "on-demand": 311, 0 ms;
    "disabled": 265, 0 ms;
    "many": 521, 0 ms;
    "race": 519, 250 ms;
}

/// From here on nothing goes wrong: two ticks and every retry lie between this and the end.
fn calm() -> DateTime<Utc> {
    "2026-01-06T00:00:00Z".parse().expect("an instant")
}

/// Plays a scenario, with one fault or with none.
pub fn play(scenario: &Scenario, spoil: Option<(Fault, u64)>) -> Outcome {
    let mut documents = parse("base.yaml", include_str!("scenarios/base.yaml")).expect("the base is sound");
    documents.extend(parse(scenario.name, scenario.documents).expect("the scenario is sound"));
    let death = spoil.map_or(tenure::sim::Death::Reported, |(fault, _)| fault.death());
    let latency = Duration::from_millis(scenario.latency);
    let options = Options { seed: 1, skip_quiet: false, death, latency, ..Options::default() };
    let spoiler = Arc::new(Spoiler::new(spoil));
    let calm_down = Arc::clone(&spoiler);
    let simulation = Simulation::new(documents, options).unwrap_or_else(|problems| panic!("{}: {problems:?}", scenario.name));
    let finished = simulation.with_interceptor(Arc::clone(&spoiler) as _).with_action(calm(), Box::new(move |_| calm_down.calm())).run();
    Outcome::new(finished, scenario.latency == 0, spoiler.count(), spoiler.log())
}
