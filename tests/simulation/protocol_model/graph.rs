//! "From every state ... can still be reached" is a statement about branches, which the checker has no property for. It is decided
//! here on the explicit graph of all states, walked backwards from the goal.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use stateright::Model;

use super::config::Config;
use super::model::Protocol;
use super::state::State;

/// All states of a configuration and who leads to whom.
pub struct Graph {
    config: Config,
    states: Vec<State>,
    before: Vec<Vec<usize>>,
}

/// The states are told apart by 64 bits, as the checker does it: comparing whole states would take most of the time.
fn fingerprint(state: &State) -> u64 {
    let mut hasher = DefaultHasher::new();
    state.hash(&mut hasher);
    hasher.finish()
}

/// A predicate on states.
pub type Predicate = fn(&Config, &State) -> bool;

impl Graph {
    /// Walks through all states.
    pub fn of(config: Config) -> Self {
        let model = Protocol(config);
        let mut states = model.init_states();
        let mut before = vec![Vec::new(); states.len()];
        let mut known: HashMap<u64, usize> = states.iter().map(fingerprint).zip(0..).collect();
        let mut steps = Vec::new();
        let mut at = 0;
        while at < states.len() {
            let state = states[at];
            steps.clear();
            model.actions(&state, &mut steps);
            for step in &steps {
                let index = *known.entry(fingerprint(&step.next)).or_insert_with(|| {
                    states.push(step.next);
                    before.push(Vec::new());
                    states.len() - 1
                });
                before[index].push(at);
            }
            at += 1;
        }
        Self { config, states, before }
    }

    /// The number of states.
    pub fn len(&self) -> usize {
        self.states.len()
    }

    /// How many states meet a predicate.
    pub fn count(&self, predicate: Predicate) -> usize {
        self.states.iter().filter(|state| predicate(&self.config, state)).count()
    }

    /// The states that owe the goal but cannot reach it.
    pub fn stuck(&self, owes: Predicate, goal: Predicate) -> Vec<&State> {
        let mut reaches: Vec<bool> = self.states.iter().map(|state| goal(&self.config, state)).collect();
        let mut open: Vec<usize> = (0..reaches.len()).filter(|index| reaches[*index]).collect();
        while let Some(index) = open.pop() {
            for &before in &self.before[index] {
                if !reaches[before] {
                    reaches[before] = true;
                    open.push(before);
                }
            }
        }
        self.states.iter().zip(reaches).filter(|(state, reaches)| !reaches && owes(&self.config, state)).map(|(state, _)| state).collect()
    }
}
