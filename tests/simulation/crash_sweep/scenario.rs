//! The scenarios, and how one is played.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tenure::runner::PlantedError;
use tenure::sim::api::Strike;
use tenure::sim::load::parse;
use tenure::sim::{Death, Options, Simulation};

use super::fault::{Fault, Seen, Spoiler};
use super::oracle::Outcome;
use super::stranger::{self, Stranger};

/// What of the undisturbed run a fault must not change, beside what must hold of every run; the most first.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Compare {
    /// Who was processed by what and how, the ledger, the accounts and how often each was changed.
    Everything,
    /// How the accounts end: who comes first depends on when, and a fault may move it.
    Ends,
    /// Nothing: what a person does in the middle comes earlier for some and later for others.
    Nothing,
}

/// A scenario: documents over the common base.
#[derive(Debug)]
pub struct Scenario {
    /// Its name.
    pub name: &'static str,
    documents: &'static str,
    /// Milliseconds that every answer takes.
    pub latency: u64,
    /// What of the undisturbed run a fault must not change.
    pub compare: Compare,
    /// Requests that were covered when this was recorded: covering fewer means that the sweep sees less than it did.
    pub requests: u64,
}

macro_rules! scenarios {
    ($($name:literal: $requests:literal, $latency:literal ms, $compare:ident;)+) => {
        /// All of them.
        pub const SCENARIOS: &[Scenario] = &[$(Scenario {
            name: $name,
            documents: include_str!(concat!("scenarios/", $name, ".yaml")),
            requests: $requests,
            latency: $latency,
            compare: Compare::$compare,
        }),+];
    };
}

scenarios! {
    "joiner": 219, 0 ms, Everything;
    "leaver": 294, 0 ms, Everything;
    "mover": 321, 0 ms, Everything;
    "reapply": 213, 0 ms, Everything;
    "release": 274, 0 ms, Everything;
    "on-demand": 300, 0 ms, Everything;
    "disabled": 265, 0 ms, Everything;
    "many": 447, 0 ms, Everything;
    "race": 404, 250 ms, Ends;
    "licences-and-teams": 198, 0 ms, Everything;
    "leaver-deletes": 242, 0 ms, Everything;
    "mover-version": 265, 250 ms, Ends;
    "cancel-mid-run": 334, 250 ms, Nothing;
    "mails": 260, 0 ms, Everything;
    "stranger": 150, 0 ms, Ends;
}

/// From here on nothing goes wrong: two ticks and every retry lie between this and the end.
fn calm() -> DateTime<Utc> {
    "2026-01-06T00:00:00Z".parse().expect("an instant")
}

/// What is not as it should be in a play.
#[derive(Clone, Copy, Debug, Default)]
pub struct Disturbance {
    /// What goes wrong, with which request.
    pub fault: Option<(Fault, u64)>,
    /// An error of the protocol in the runners.
    pub planted: Option<PlantedError>,
}

/// A scenario, played.
pub struct Played {
    /// What it came to.
    pub outcome: Outcome,
    /// The requests before the calm.
    pub seen: Vec<Seen>,
    /// How the fault struck; none: it did nothing.
    pub struck: Option<Strike>,
}

/// Plays a scenario.
pub fn play(scenario: &Scenario, disturbance: Disturbance) -> Played {
    let mut documents = parse("base.yaml", include_str!("scenarios/base.yaml")).expect("the base is sound");
    documents.extend(parse(scenario.name, scenario.documents).expect("the scenario is sound"));
    let death = disturbance.fault.map_or(Death::Reported, |(fault, _)| fault.death());
    let latency = Duration::from_millis(scenario.latency);
    let options = Options { seed: 1, skip_quiet: false, death, latency, ..Options::default() };
    let spoiler = Arc::new(Spoiler::new(disturbance.fault));
    let calm_down = Arc::clone(&spoiler);
    let mut simulation = Simulation::new(documents, options).unwrap_or_else(|problems| panic!("{}: {problems:?}", scenario.name));
    if let Some(error) = disturbance.planted {
        simulation = simulation.with_planted_error(error);
    }
    let api = simulation.api();
    let simulation = if scenario.name == stranger::SCENARIO {
        simulation.with_interceptor(Arc::new(Stranger::before(Arc::clone(&spoiler), api)))
    } else {
        simulation.with_interceptor(Arc::clone(&spoiler) as _)
    };
    let finished = simulation.with_action(calm(), Box::new(move |_| calm_down.calm())).run();
    let seen = spoiler.seen();
    let log = seen.iter().map(Seen::to_string).collect();
    let outcome = Outcome::new(finished, scenario.compare, u64::try_from(seen.len()).expect("few requests"), log);
    Played { outcome, seen, struck: spoiler.struck() }
}
