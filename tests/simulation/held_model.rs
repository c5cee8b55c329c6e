//! Plans that limits hold back, as a model whose states are all visited: some people in whom a state begins and ends, evaluations that
//! plan for whoever is due, and somebody who looks at a held plan and raises the limit so that it is carried out.
//!
//! What is proved: a held plan keeps its people, so that whoever lets it go has seen everybody in it, and whoever becomes due later
//! is in a plan of their own, which the held one does not delay. Each of the two sentences is left out once.

use std::fmt;

use stateright::{Model, Property};

use super::checker::{self, Graph};

/// Nobody is in a plan who was not in it when it was sealed.
const TAKES_NOBODY_IN: &str = "a held plan takes nobody in";
/// Who looked at a held plan, and let it go, has seen everybody who is in it.
const AS_SEEN: &str = "a held plan is what was looked at";
/// Nobody waits in two plans, and nobody is touched by two.
const ONE_PLAN: &str = "everybody is in one plan";

/// The people, one bit each. The last one is the late one of `late_is_owed`.
const LATE: u8 = 0b1000;
const EVERYBODY: [u8; 4] = [0b0001, 0b0010, 0b0100, LATE];
const PLANS: usize = 4;
/// The most people of a plan, unless somebody raises it.
const LIMIT: u32 = 1;

/// One sentence that a checked model leaves out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Weakening {
    /// Drops "a held Run keeps its people": who becomes due later joins it, as long as it has not begun.
    HeldPlanGrows,
    /// Drops "who becomes due later forms another Run, judged by itself": while one is held all are.
    OneHoldsAll,
    /// Drops "an entry that is planned is consumed" for plans that are held: they are planned anew beside it.
    HeldIsPlannedAgain,
}

/// The bounds.
#[derive(Clone, Copy, Debug)]
struct Config {
    name: &'static str,
    /// How often a limit is raised.
    raises: u8,
    /// Whether a state can end before it was acted on.
    ends: bool,
    weakening: Option<Weakening>,
}

/// A Run.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
struct Plan {
    /// Who was in it when it was sealed.
    sealed: u8,
    /// Who waits in it: what its hash is about.
    people: u8,
    /// Who was in it when somebody looked at it, and raised the limit.
    looked_at: Option<u8>,
    /// Whom it has touched.
    touched: u8,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
struct State {
    /// In whom the state holds.
    holds: u8,
    /// In whom it has ended; it does not begin again.
    ended: u8,
    limit: u32,
    raises: u8,
    plans: [Option<Plan>; PLANS],
}

impl State {
    fn plans(&self) -> impl Iterator<Item = &Plan> {
        self.plans.iter().flatten()
    }

    /// Who is in a plan, or was touched by one.
    fn planned(&self) -> u8 {
        self.plans().fold(0, |all, plan| all | plan.people | plan.touched)
    }

    fn touched(&self) -> u8 {
        self.plans().fold(0, |all, plan| all | plan.touched)
    }

    fn is_held(&self, plan: Plan) -> bool {
        plan.people.count_ones() > self.limit
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Step {
    what: &'static str,
    next: State,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plans: Vec<String> = self.next.plans().map(|plan| format!("{:04b}, did {:04b}", plan.people, plan.touched)).collect();
        write!(f, "{}: plans {plans:?}, limit {}", self.what, self.next.limit)
    }
}

#[derive(Clone, Copy, Debug)]
struct Held(Config);

impl Held {
    fn drops(&self, weakening: Weakening) -> bool {
        self.0.weakening == Some(weakening)
    }

    /// An evaluation: whose state has ended leaves the plan that has not begun, and who is due and in no plan gets one.
    fn evaluate(&self, state: &State) -> State {
        let mut next = *state;
        for plan in next.plans.iter_mut().flatten() {
            plan.people &= state.holds;
        }
        let waits_only = next.plans().filter(|plan| self.drops(Weakening::HeldIsPlannedAgain) && state.is_held(**plan));
        let not_counted = waits_only.fold(0, |all, plan| all | plan.people);
        let due = state.holds & !(next.planned() & !not_counted);
        if due == 0 {
            return next;
        }
        let grows = self.drops(Weakening::HeldPlanGrows);
        if let Some(plan) = next.plans.iter_mut().flatten().find(|plan| grows && plan.people != 0) {
            plan.people |= due;
        } else if let Some(free) = next.plans.iter_mut().find(|plan| plan.is_none()) {
            *free = Some(Plan { sealed: due, people: due, looked_at: None, touched: 0 });
        }
        next
    }

    /// A runner carries out the plans that are not held. It looks once more at whom it touches.
    fn execute(&self, state: &State, steps: &mut Vec<Step>) {
        let any_held = self.drops(Weakening::OneHoldsAll) && state.plans().any(|plan| state.is_held(*plan));
        for (index, plan) in state.plans.iter().enumerate() {
            let Some(plan) = plan.filter(|plan| plan.people != 0 && !state.is_held(*plan) && !any_held) else { continue };
            let mut next = *state;
            next.plans[index] = Some(Plan { people: 0, touched: plan.touched | plan.people & state.holds, ..plan });
            steps.push(Step { what: "a plan is carried out", next });
        }
    }

    /// Somebody looks at a held plan and raises the limit to what it has.
    fn raise(state: &State, steps: &mut Vec<Step>) {
        for (index, plan) in state.plans.iter().enumerate() {
            let Some(plan) = plan.filter(|plan| state.raises > 0 && state.is_held(*plan)) else { continue };
            let mut next = State { limit: plan.people.count_ones(), raises: state.raises - 1, ..*state };
            next.plans[index] = Some(Plan { looked_at: Some(plan.people), ..plan });
            steps.push(Step { what: "the limit is raised", next });
        }
    }
}

impl Model for Held {
    type State = State;
    type Action = Step;

    fn init_states(&self) -> Vec<State> {
        vec![State { holds: 0, ended: 0, limit: LIMIT, raises: self.0.raises, plans: [None; PLANS] }]
    }

    fn actions(&self, state: &State, steps: &mut Vec<Step>) {
        for person in EVERYBODY {
            if (state.holds | state.ended) & person == 0 {
                steps.push(Step { what: "a state begins", next: State { holds: state.holds | person, ..*state } });
            } else if self.0.ends && state.holds & person != 0 {
                let next = State { holds: state.holds & !person, ended: state.ended | person, ..*state };
                steps.push(Step { what: "a state ends", next });
            }
        }
        steps.push(Step { what: "evaluates", next: self.evaluate(state) });
        self.execute(state, steps);
        Self::raise(state, steps);
    }

    fn next_state(&self, _: &State, step: Step) -> Option<State> {
        Some(step.next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always(TAKES_NOBODY_IN, |_, state: &State| {
                state.plans().all(|plan| (plan.people | plan.touched) & !plan.sealed == 0)
            }),
            Property::always(AS_SEEN, |_, state: &State| {
                state.plans().all(|plan| plan.looked_at.is_none_or(|seen| plan.touched & !seen == 0))
            }),
            Property::always(ONE_PLAN, |_, state: &State| {
                EVERYBODY.iter().all(|person| state.plans().filter(|plan| (plan.people | plan.touched) & person != 0).count() <= 1)
            }),
        ]
    }
}

/// People leave a held plan, others become due, and the limit is raised once.
const DECIDED: Config = Config { name: "held plans", raises: 1, ends: true, weakening: None };

/// Nobody ever decides, and no state ends by itself.
const UNDECIDED: Config = Config { name: "held plans, undecided", raises: 0, ends: false, weakening: None };

/// The late one is due, alone, and not in a plan yet.
fn late_is_owed(_: &Held, state: &State) -> bool {
    state.holds & !state.planned() == LATE && state.plans.iter().any(Option::is_none)
}

fn late_is_done(_: &Held, state: &State) -> bool {
    state.touched() & LATE != 0
}

/// In how many states the late one waits for ever, and whether one of them has a held plan.
fn waiting(config: Config) -> usize {
    let graph = Graph::of(Held(config));
    assert!(graph.count(late_is_owed) > 0, "{}: nobody is owed anything", config.name);
    let stuck = graph.stuck(late_is_owed, late_is_done).len();
    println!("{}, {:?}: states explored: {}, the late one waits for ever in {stuck}", config.name, config.weakening, graph.len());
    stuck
}

fn violates(weakening: Weakening, property: &'static str) {
    let model = Held(Config { weakening: Some(weakening), ..DECIDED });
    checker::violates(&format!("{} without {weakening:?}", DECIDED.name), model, property);
}

#[test]
fn held_plans_hold() {
    checker::holds(DECIDED.name, Held(DECIDED));
    checker::holds(UNDECIDED.name, Held(UNDECIDED));
    assert_eq!(waiting(UNDECIDED), 0, "who becomes due later is not delayed by a held plan");
}

#[test]
fn a_held_plan_takes_nobody_in() {
    violates(Weakening::HeldPlanGrows, TAKES_NOBODY_IN);
    violates(Weakening::HeldPlanGrows, AS_SEEN);
    violates(Weakening::HeldIsPlannedAgain, ONE_PLAN);
}

#[test]
fn a_held_plan_delays_no_later_one() {
    for weakening in [Weakening::OneHoldsAll, Weakening::HeldPlanGrows] {
        assert!(waiting(Config { weakening: Some(weakening), ..UNDECIDED }) > 0, "without {weakening:?} nobody waits");
    }
}
