//! The protocol of heads, epochs, rows, slices and claims as a model whose states are all visited.
//!
//! One person has a joiner and a leaver occurrence. Evaluators and attempts take their steps one at a time and in every order, each
//! may stop for ever between any two of them and be replaced, and people change their minds meanwhile. `properties` says what has to
//! hold in every state; `graph` adds that the work which is owed can still be finished from everywhere. Each sentence of the protocol
//! that `config::Weakening` names is left out once, and the checker then has to find a violation of the property that it is for.
//!
//! Without further ado the bounds are small enough for a debug build, and every violation is found within them. With
//! `TENURE_SWEEP=full` the larger bounds are visited as well, and the extensions are combined: a minute in the profile `ci`.

mod config;
mod core;
mod evaluator;
mod extensions;
mod graph;
mod model;
mod properties;
mod runner;
mod state;
mod world;

use stateright::{Checker, HasDiscoveries, Model};

use config::{Config, Weakening};
use graph::{Graph, Predicate};
use model::Protocol;
use properties::{joiner_done, joiner_owed, leaver_done, leaver_owed};

/// Whether the larger bounds are asked for.
fn full_sweep() -> bool {
    std::env::var("TENURE_SWEEP").is_ok_and(|value| value == "full")
}

/// Visits all states and fails if a property is violated. Returns the number of states.
fn holds(config: Config) -> usize {
    let checker = Protocol(config).checker().finish_when(HasDiscoveries::AnyFailures).spawn_bfs().join();
    let states = checker.unique_state_count();
    println!("{}, {} epochs: states explored: {states}", config.name, config.epochs);
    for (property, path) in checker.discoveries() {
        println!("violated: {property}");
        for step in path.into_actions() {
            println!("  {:?} {}", step.actor, step.what);
        }
    }
    assert!(checker.is_done() && checker.discoveries().is_empty(), "{}: a property is violated", config.name);
    states
}

/// As [`holds`], and from every state that owes the leaver's or the joiner's work it can still be finished. `owed` says which of the
/// two the configuration is about: there have to be such states.
fn holds_and_finishes(config: Config, owed: &[Predicate]) -> usize {
    let states = holds(config);
    let graph = Graph::of(config);
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
fn obligations() -> [(&'static str, Predicate, Predicate); 2] {
    [("leaver", leaver_owed, leaver_done), ("joiner", joiner_owed, joiner_done)]
}

/// Leaves a sentence out and fails unless the checker finds the property violated.
fn violates(config: Config, weakening: Weakening, property: &'static str) {
    let model = Protocol(config.without(weakening));
    let checker = model.checker().finish_when(HasDiscoveries::AnyOf([property].into())).spawn_bfs().join();
    let states = checker.unique_state_count();
    let path = checker.discovery(property);
    let steps = path.map(|path| path.into_actions().len());
    println!("{} without {weakening:?}: states explored: {states}, steps to the violation: {steps:?}", config.name);
    assert!(steps.is_some(), "{}: without {weakening:?} the checker does not find \"{property}\" violated", config.name);
}

/// Leaves a sentence out and fails unless the joiner's or leaver's work can be lost for ever.
fn loses_work(config: Config, weakening: Weakening) {
    let graph = Graph::of(config.without(weakening));
    let stuck: usize = obligations().into_iter().map(|(_, owes, goal)| graph.stuck(owes, goal).len()).sum();
    println!("{} without {weakening:?}: states explored: {}, work lost in {stuck}", config.name, graph.len());
    assert!(stuck > 0, "{}: without {weakening:?} no work is lost", config.name);
}
