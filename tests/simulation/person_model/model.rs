//! The model as the checker wants it.

use std::fmt;

use stateright::{Model, Property};

use super::config::Config;
use super::state::State;
use super::{properties, steps};

/// One step, with the state that it leads to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Step {
    /// What happens.
    pub what: &'static str,
    /// The state afterwards.
    pub next: State,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let day = |day: Option<u8>| day.map_or("-".to_owned(), |day| day.to_string());
        let dates = self.next.dates;
        write!(f, "day {}, {} to {}, {:?}: {}", self.next.day, day(dates.hire), day(dates.leave), self.next.account, self.what)
    }
}

/// One person's dates and states under one configuration.
#[derive(Clone, Copy, Debug)]
pub struct Person(pub Config);

impl Model for Person {
    type State = State;
    type Action = Step;

    fn init_states(&self) -> Vec<State> {
        State::initial(&self.0)
    }

    fn actions(&self, state: &State, steps: &mut Vec<Step>) {
        steps::all(&self.0, state, steps);
    }

    fn next_state(&self, _: &State, step: Step) -> Option<State> {
        Some(step.next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        properties::all(&self.0)
    }
}
