//! The clock, the people, and the controller with its answers to them.

use super::config::{Cause, Config, Enabling, Weakening};
use super::model::{Actor, Step};
use super::state::{Evaluator, Head, Phase, Rows, RunObject, Slice, State, Status, Work, bit};

/// The steps of everything that is neither evaluator nor attempt.
pub fn steps(config: &Config, state: &State, steps: &mut Vec<Step>) {
    if state.time < config.last_time() {
        let mut next = *state;
        next.time += if config.leaver { 1 } else { config.last_time() };
        steps.push(Step { actor: Actor::Clock, what: "time passes", next });
    }
    allocate(config, state, steps);
    flips(config, state, steps);
    cancels(config, state, steps);
    runs(config, state, steps);
    strangers(config, state, steps);
    if state.world.gates > 0 {
        let mut next = *state;
        next.world.gates -= 1;
        next.world.held = !state.world.held;
        steps.push(Step { actor: Actor::Person, what: if state.world.held { "raises the limit" } else { "lowers the limit" }, next });
    }
    if state.world.version + 1 < config.versions {
        let mut next = *state;
        next.world.version += 1;
        steps.push(Step { actor: Actor::Person, what: "changes the workflow", next });
    }
}

/// The controller starts an evaluation, whose first act is the PUT that allocates its epoch. The last one may have stopped at any
/// point, and may go on at any point.
fn allocate(config: &Config, state: &State, steps: &mut Vec<Step>) {
    let Head { epoch, sealed, .. } = state.head;
    let asked = config.extended() || state.time == 1 || epoch == 0 || sealed < epoch;
    if epoch == config.epochs || !asked {
        return;
    }
    let mut next = *state;
    if sealed < epoch {
        next.head.abandoned |= 1 << epoch;
    }
    next.head.epoch += 1;
    let floor = if config.stale && !config.drops(Weakening::EvaluatorWithoutFloor) { state.rows } else { Rows::default() };
    let evaluator =
        Evaluator { phase: Phase::Read, as_of: state.time, plan: [None; 2], marks: [0; 2], floor, version: 0, uid: 0, permitted: false };
    next.evaluators[usize::from(epoch)][0] = Some(evaluator);
    if config.drops(Weakening::SharedEpoch) {
        next.evaluators[usize::from(epoch)][1] = Some(evaluator);
    }
    steps.push(Step { actor: Actor::Evaluator(epoch + 1, 0), what: "allocates its epoch", next });
}

/// A workflow is disabled and enabled, or a value is cleared and set again.
fn flips(config: &Config, state: &State, steps: &mut Vec<Step>) {
    for work in Work::ALL {
        let index = work as usize;
        if state.world.flips[index] == 0 {
            continue;
        }
        let mut next = *state;
        next.world.flips[index] -= 1;
        next.world.wanted[index] = !state.world.wanted[index];
        let mut what = "brings the occurrence back";
        if state.world.wanted[index] {
            what = "takes the occurrence back";
            next.history.cleared[index] += u8::from(config.release == Some(Cause::Changed));
        }
        steps.push(Step { actor: Actor::Person, what, next });
    }
}

/// A person cancels a Run; the controller then cancels what has not been started.
fn cancels(config: &Config, state: &State, steps: &mut Vec<Step>) {
    for epoch in 1..=state.head.sealed {
        for work in Work::ALL {
            let Some(slice) = state.slice(epoch, work) else {
                continue;
            };
            if !state.is_valid(config, epoch) || slice.status.is_final() {
                continue;
            }
            let canceled = state.world.canceled & bit(epoch, work) != 0;
            if !canceled && state.world.canceled.count_ones() < u32::from(config.cancels) {
                let mut next = *state;
                next.world.canceled |= bit(epoch, work);
                steps.push(Step { actor: Actor::Person, what: "cancels the run", next });
            }
            if canceled && (slice.status == Status::Queued || config.drops(Weakening::BlindCancel)) {
                let mut next = *state;
                next.put(epoch, work, Status::CanceledByPerson);
                steps.push(Step { actor: Actor::Controller, what: "cancels the subject", next });
            }
        }
    }
}

/// Somebody makes an object with the name of a slice that the newest evaluation has yet to make, or deletes a slice before its
/// subject has begun.
fn strangers(config: &Config, state: &State, steps: &mut Vec<Step>) {
    let newest = state.head.epoch;
    for work in Work::ALL {
        if state.world.plants > 0 && newest > 0 && state.slice(newest, work).is_none() {
            let mut next = *state;
            next.world.plants -= 1;
            *next.slice_mut(newest, work) = Some(Slice::FOREIGN);
            steps.push(Step { actor: Actor::Person, what: "makes an object of that name", next });
        }
        for epoch in (1..=state.head.sealed).filter(|epoch| state.world.deletes > 0 && state.is_valid(config, *epoch)) {
            if state.slice(epoch, work).is_some_and(|slice| slice.status == Status::Queued && !slice.started) {
                let mut next = *state;
                next.world.deletes -= 1;
                *next.slice_mut(epoch, work) = None;
                steps.push(Step { actor: Actor::Person, what: "deletes the slice", next });
            }
        }
    }
}

/// A person creates an on-demand Run, deletes it, and creates it again under its name.
fn runs(config: &Config, state: &State, steps: &mut Vec<Step>) {
    if !matches!(config.enabling, Enabling::OnDemand { .. }) {
        return;
    }
    let mut next = *state;
    let what = if state.world.run.is_some() {
        next.world.run = None;
        "deletes the run"
    } else if state.world.uids < 2 {
        next.world.uids += 1;
        next.world.run = Some(RunObject { uid: next.world.uids, created: state.head.sealed });
        "creates the run"
    } else {
        return;
    };
    steps.push(Step { actor: Actor::Person, what, next });
}
