//! The model as the checker wants it. A step carries the state that it leads to, so that every actor is one function from a state to
//! its possible steps.

use std::fmt;

use stateright::{Model, Property};

use super::config::Config;
use super::state::{State, Work};
use super::{evaluator, properties, runner, world};

/// Who takes a step.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Actor {
    /// Virtual time.
    Clock,
    /// Somebody who edits objects that people own.
    Person,
    /// The controller.
    Controller,
    /// The evaluator of an epoch (0 the first, 1 the second that shares it).
    Evaluator(u8, usize),
    /// An attempt (epoch, work, number).
    Runner(u8, Work, u8),
}

/// One step.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Step {
    /// Who.
    pub actor: Actor,
    /// What.
    pub what: &'static str,
    /// The state afterwards.
    pub next: State,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {}", self.actor, self.what)
    }
}

/// The protocol under one configuration.
#[derive(Clone, Copy, Debug)]
pub struct Protocol(pub Config);

impl Model for Protocol {
    type State = State;
    type Action = Step;

    fn init_states(&self) -> Vec<State> {
        vec![State::initial(&self.0)]
    }

    fn actions(&self, state: &State, steps: &mut Vec<Step>) {
        world::steps(&self.0, state, steps);
        evaluator::steps(&self.0, state, steps);
        runner::steps(&self.0, state, steps);
    }

    fn next_state(&self, _: &State, step: Step) -> Option<State> {
        Some(step.next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        properties::all(&self.0)
    }
}
