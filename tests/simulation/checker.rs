//! What the models share: visiting all states, finding what a sentence is for by leaving it out, and what can still be reached.

use std::collections::HashMap;
use std::fmt::{Debug, Display};
use std::hash::{DefaultHasher, Hash, Hasher};

use stateright::{Checker, HasDiscoveries, Model};

/// Whether the larger bounds are asked for.
pub fn full_sweep() -> bool {
    std::env::var("TENURE_SWEEP").is_ok_and(|value| value == "full")
}

/// A model whose steps can be told.
pub trait Told: Model<State: Seen, Action: Display + Clone + Debug + PartialEq> + Copy + Send + Sync + 'static {}

impl<M> Told for M where M: Model<State: Seen, Action: Display + Clone + Debug + PartialEq> + Copy + Send + Sync + 'static {}

/// A state that can be told from others.
pub trait Seen: Hash + Copy + Debug + PartialEq + Send + Sync + 'static {}

impl<S> Seen for S where S: Hash + Copy + Debug + PartialEq + Send + Sync + 'static {}

/// Visits all states and fails if a property is violated. Returns the number of states.
pub fn holds<M: Told>(name: &str, model: M) -> usize {
    let checker = model.checker().finish_when(HasDiscoveries::AnyFailures).spawn_bfs().join();
    let states = checker.unique_state_count();
    println!("{name}: states explored: {states}");
    for (property, path) in checker.discoveries() {
        println!("violated: {property}");
        for step in path.into_actions() {
            println!("  {step}");
        }
    }
    assert!(checker.is_done() && checker.discoveries().is_empty(), "{name}: a property is violated");
    states
}

/// Fails unless the checker finds the property violated. The name says what was left out.
pub fn violates<M: Told>(name: &str, model: M, property: &'static str) {
    let checker = model.checker().finish_when(HasDiscoveries::AnyOf([property].into())).spawn_bfs().join();
    let states = checker.unique_state_count();
    let steps = checker.discovery(property).map(|path| path.into_actions().len());
    println!("{name}: states explored: {states}, steps to the violation of \"{property}\": {steps:?}");
    assert!(steps.is_some(), "{name}: the checker does not find \"{property}\" violated");
}

/// "From every state ... can still be reached" is a statement about branches, which the checker has no property for. It is decided
/// on the explicit graph of all states and who leads to whom, walked backwards from the goal.
pub struct Graph<M: Told> {
    model: M,
    states: Vec<M::State>,
    before: Vec<Vec<usize>>,
}

/// The states are told apart by 64 bits, as the checker does it: comparing whole states would take most of the time.
fn fingerprint(state: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    state.hash(&mut hasher);
    hasher.finish()
}

/// A predicate on states.
pub type Predicate<M> = fn(&M, &<M as Model>::State) -> bool;

impl<M: Told> Graph<M> {
    /// Walks through all states.
    pub fn of(model: M) -> Self {
        let mut states = model.init_states();
        let mut before = vec![Vec::new(); states.len()];
        let mut known: HashMap<u64, usize> = states.iter().map(fingerprint).zip(0..).collect();
        let mut steps = Vec::new();
        let mut at = 0;
        while at < states.len() {
            let state = states[at];
            model.actions(&state, &mut steps);
            for step in steps.drain(..) {
                let Some(next) = model.next_state(&state, step) else { continue };
                let index = *known.entry(fingerprint(&next)).or_insert_with(|| {
                    states.push(next);
                    before.push(Vec::new());
                    states.len() - 1
                });
                before[index].push(at);
            }
            at += 1;
        }
        Self { model, states, before }
    }

    /// The number of states.
    pub fn len(&self) -> usize {
        self.states.len()
    }

    /// How many states meet a predicate.
    pub fn count(&self, predicate: Predicate<M>) -> usize {
        self.states.iter().filter(|state| predicate(&self.model, state)).count()
    }

    /// The states that owe the goal but cannot reach it.
    pub fn stuck(&self, owes: Predicate<M>, goal: Predicate<M>) -> Vec<&M::State> {
        let mut reaches: Vec<bool> = self.states.iter().map(|state| goal(&self.model, state)).collect();
        let mut open: Vec<usize> = (0..reaches.len()).filter(|index| reaches[*index]).collect();
        while let Some(index) = open.pop() {
            for &before in &self.before[index] {
                if !reaches[before] {
                    reaches[before] = true;
                    open.push(before);
                }
            }
        }
        self.states.iter().zip(reaches).filter(|(state, reaches)| !reaches && owes(&self.model, state)).map(|(state, _)| state).collect()
    }
}
