//! The protocol of heads, epochs, rows, slices and claims as a model whose states are all visited.
//!
//! One person has a joiner and a leaver occurrence. Evaluators and attempts take their steps one at a time and in every order, each
//! may stop for ever between any two of them and be replaced, and people change their minds meanwhile. `properties` says what has to
//! hold in every state; the graph of all states adds that the work which is owed can still be finished from everywhere. Each sentence of
//! the protocol that `config::Weakening` names is left out once, and the checker then has to find a violation of the property that it is
//! for.
//!
//! Without further ado the bounds are small enough for a debug build, and every violation is found within them. With
//! `TENURE_SWEEP=full` the larger bounds are visited as well, and the extensions are combined: a minute in the profile `ci`.

mod config;
mod core;
mod departures;
mod evaluator;
mod extensions;
mod model;
mod properties;
mod runner;
mod state;
mod world;

use super::checker::{self, Graph, Predicate};
use config::{Config, Weakening};
use model::Protocol;
use properties::{joiner_done, joiner_owed, leaver_done, leaver_owed};

/// Visits all states and fails if a property is violated. Returns the number of states.
fn holds(config: Config) -> usize {
    checker::holds(&format!("{}, {} epochs", config.name, config.epochs), Protocol(config))
}

/// As [`holds`], and from every state that owes the leaver's or the joiner's work it can still be finished. `owed` says which of the
/// two the configuration is about: there have to be such states.
fn holds_and_finishes(config: Config, owed: &[Predicate<Protocol>]) -> usize {
    let states = holds(config);
    let graph = Graph::of(Protocol(config));
    assert_eq!(graph.len(), states, "{}: both walks visit the same states", config.name);
    for (what, owes, goal) in obligations() {
        let stuck = graph.stuck(owes, goal);
        println!("  {what} done in {} states, owed in {}, out of reach in {}", graph.count(goal), graph.count(owes), stuck.len());
        assert!(stuck.is_empty(), "{}: {what} cannot be finished from {:?}", config.name, stuck[0]);
    }
    for owes in owed {
        assert!(graph.count(*owes) > 0, "{}: nothing is owed anywhere", config.name);
    }
    states
}

/// What may be owed, where, and when it is done.
fn obligations() -> [(&'static str, Predicate<Protocol>, Predicate<Protocol>); 2] {
    [("leaver", leaver_owed, leaver_done), ("joiner", joiner_owed, joiner_done)]
}

/// Leaves a sentence out and fails unless the checker finds the property violated.
fn violates(config: Config, weakening: Weakening, property: &'static str) {
    checker::violates(&format!("{} without {weakening:?}", config.name), Protocol(config.without(weakening)), property);
}

/// Leaves a sentence out and fails unless the joiner's or leaver's work can be lost for ever.
fn loses_work(config: Config, weakening: Weakening) {
    let graph = Graph::of(Protocol(config.without(weakening)));
    let stuck: usize = obligations().into_iter().map(|(_, owes, goal)| graph.stuck(owes, goal).len()).sum();
    println!("{} without {weakening:?}: states explored: {}, work lost in {stuck}", config.name, graph.len());
    assert!(stuck > 0, "{}: without {weakening:?} no work is lost", config.name);
}
