//! What must hold in every state, and what must be seen in some state so that the former says something.

use stateright::Property;

use super::config::{Cause, Config, Enabling};
use super::model::Protocol;
use super::state::{Account, Kind, Slice, State, Status, Work, bit};

/// Nothing is planned twice, unless it was released in between and nothing can happen in the older run any more.
pub const PLANNED_ONCE: &str = "nothing is planned twice";
/// Once an off-boarding is done the person is not enabled, unless somebody asked for it by name afterwards or it was taken back.
pub const STAYS_DISABLED: &str = "never enabled after off-boarding was done";
/// Nothing has effects in two runs, unless the value was cleared and set again in between.
pub const EXECUTED_ONCE: &str = "nothing is executed twice";
/// Nothing has an effect before its epoch is sealed.
pub const NOT_BEFORE_SEAL: &str = "no effect outside a sealed epoch";
/// Whoever is shown as canceled was not touched.
pub const CANCELED_UNTOUCHED: &str = "canceled means untouched";
/// What a person cancelled is not planned again.
pub const CANCEL_CONSUMES: &str = "a cancelled occurrence stays consumed";
/// An object that was created again does not go on with the work of another one.
pub const NO_FOREIGN_RESUME: &str = "a re-created run resumes nothing";
/// A subject gets the tasks of the version that its run was planned with.
pub const PINNED_TASKS: &str = "the pinned version's tasks run";
/// Nobody is started who was out of scope all the time.
pub const IN_SCOPE: &str = "nobody out of scope is started";
/// What was asked for after an off-boarding is not undone by it.
pub const NOT_UNDONE: &str = "later work is not undone by older work";

/// A person has one thing at a time: leaver work that closes nothing, and joiner work, wait for each other.
pub const ONE_AT_A_TIME: &str = "one thing at a time";

/// A condition that every state has to meet.
type Condition = fn(&Config, &State) -> bool;

/// The safety properties.
pub const SAFETY: [(&str, Condition); 11] = [
    (PLANNED_ONCE, planned_once),
    (STAYS_DISABLED, stays_disabled),
    (EXECUTED_ONCE, executed_once),
    (NOT_BEFORE_SEAL, |config, state| worked(state).all(|(epoch, _)| epoch <= state.head.sealed && state.is_valid(config, epoch))),
    (CANCELED_UNTOUCHED, |_, state| {
        worked(state).all(|(epoch, work)| {
            let status = state.slice(epoch, work).map(|slice| slice.status);
            !matches!(status, Some(Status::Canceled | Status::CanceledByPerson))
        })
    }),
    (CANCEL_CONSUMES, cancel_consumes),
    (NO_FOREIGN_RESUME, |_, state| !state.history.resumed_by_other),
    (PINNED_TASKS, |_, state| {
        (1..)
            .zip(state.history.ran)
            .filter(|(_, ran)| *ran > 0)
            .all(|(epoch, ran)| state.slice(epoch, Work::Joiner).is_some_and(|slice| slice.pinned + 1 == ran))
    }),
    (IN_SCOPE, |_, state| !state.history.started_out_of_scope),
    (NOT_UNDONE, not_undone),
    (ONE_AT_A_TIME, |config, state| {
        let is_claimed = |work: Work| planned(config, state, work).any(|epoch| is_in_progress(state, epoch, work));
        config.closes() || !Work::ALL.into_iter().all(is_claimed)
    }),
];

/// The properties of a configuration for the checker.
pub fn all(config: &Config) -> Vec<Property<Protocol>> {
    let mut all = vec![
        Property::always(PLANNED_ONCE, |model: &Protocol, state: &State| SAFETY[0].1(&model.0, state)),
        Property::always(STAYS_DISABLED, |model: &Protocol, state: &State| SAFETY[1].1(&model.0, state)),
    ];
    if config.extended() {
        all.extend([
            Property::always(EXECUTED_ONCE, |model: &Protocol, state: &State| SAFETY[2].1(&model.0, state)),
            Property::always(NOT_BEFORE_SEAL, |model: &Protocol, state: &State| SAFETY[3].1(&model.0, state)),
            Property::always(CANCELED_UNTOUCHED, |model: &Protocol, state: &State| SAFETY[4].1(&model.0, state)),
            Property::always(CANCEL_CONSUMES, |model: &Protocol, state: &State| SAFETY[5].1(&model.0, state)),
            Property::always(NO_FOREIGN_RESUME, |model: &Protocol, state: &State| SAFETY[6].1(&model.0, state)),
            Property::always(PINNED_TASKS, |model: &Protocol, state: &State| SAFETY[7].1(&model.0, state)),
            Property::always(IN_SCOPE, |model: &Protocol, state: &State| SAFETY[8].1(&model.0, state)),
            Property::always(NOT_UNDONE, |model: &Protocol, state: &State| SAFETY[9].1(&model.0, state)),
            Property::always(ONE_AT_A_TIME, |model: &Protocol, state: &State| SAFETY[10].1(&model.0, state)),
        ]);
    }
    all
}

/// The work that has had an effect.
fn worked(state: &State) -> impl Iterator<Item = (u8, Work)> {
    (1..=4).flat_map(|epoch| Work::ALL.map(|work| (epoch, work))).filter(|(epoch, work)| state.history.effects & bit(*epoch, *work) != 0)
}

/// The valid epochs that have a slice with this work.
fn planned<'a>(config: &'a Config, state: &'a State, work: Work) -> impl Iterator<Item = u8> + 'a {
    let is_ours = move |epoch: u8| state.slice(epoch, work).is_some_and(|slice| !slice.foreign);
    (1..=state.head.sealed).filter(move |epoch| state.is_valid(config, *epoch) && is_ours(*epoch))
}

/// Whether an attempt has claimed the subject.
fn is_in_progress(state: &State, epoch: u8, work: Work) -> bool {
    state.slice(epoch, work).is_some_and(|slice| matches!(slice.status, Status::InProgress(_)))
}

fn planned_once(config: &Config, state: &State) -> bool {
    Work::ALL.into_iter().all(|work| {
        let mut last = None;
        planned(config, state, work).all(|epoch| {
            let before = last.replace(epoch);
            before.is_none_or(|before| {
                state.slice(before, work).is_some_and(|slice| slice.status.is_final())
                    && (before + 1..epoch).any(|between| state.is_valid(config, between) && state.rows.has(between, work, Kind::Released))
            })
        })
    })
}

fn stays_disabled(config: &Config, state: &State) -> bool {
    let counts = |epoch: u8| {
        !(epoch + 1..=config.epochs)
            .any(|later| state.is_valid(config, later) && later <= state.head.sealed && state.rows.has(later, Work::Leaver, Kind::Released))
    };
    let done = |epoch: u8| state.slice(epoch, Work::Leaver).is_some_and(|slice| slice.status == Status::Done);
    !config.closes() || state.account != Account::On || !planned(config, state, Work::Leaver).any(|epoch| done(epoch) && counts(epoch))
}

fn executed_once(_: &Config, state: &State) -> bool {
    Work::ALL
        .into_iter()
        .all(|work| worked(state).filter(|(_, other)| *other == work).count() <= 1 + usize::from(state.history.cleared[work as usize]))
}

fn cancel_consumes(config: &Config, state: &State) -> bool {
    Work::ALL.into_iter().all(|work| {
        let canceled = |epoch: u8| state.slice(epoch, work).is_some_and(|slice| slice.status == Status::CanceledByPerson);
        let first = planned(config, state, work).find(|epoch| canceled(*epoch));
        first.is_none_or(|first| planned(config, state, work).all(|epoch| epoch <= first))
    })
}

fn not_undone(config: &Config, state: &State) -> bool {
    let done = |epoch: u8, work: Work| state.slice(epoch, work).is_some_and(|slice| slice.status == Status::Done);
    !planned(config, state, Work::Joiner).any(|later| {
        let permitted = state.slice(later, Work::Joiner).is_some_and(|slice| slice.permitted);
        permitted
            && done(later, Work::Joiner)
            && state.account == Account::Off
            && planned(config, state, Work::Leaver).any(|older| older < later && done(older, Work::Leaver))
    })
}

/// Whether the leaver has been finished in some run.
pub fn leaver_done(_: &Protocol, state: &State) -> bool {
    let is_done = |slice: Slice| slice.status == Status::Done && !slice.foreign;
    state.slices.iter().any(|of_epoch| of_epoch[Work::Leaver as usize].is_some_and(is_done))
}

/// Whether the joiner has been finished in some run.
pub fn joiner_done(_: &Protocol, state: &State) -> bool {
    let is_done = |slice: Slice| slice.status == Status::Done && !slice.foreign;
    state.slices.iter().any(|of_epoch| of_epoch[Work::Joiner as usize].is_some_and(is_done))
}

/// Whether the leaver must be possible to finish from here.
pub fn leaver_owed(Protocol(config): &Protocol, state: &State) -> bool {
    // An epoch that meets a stranger's object is lost, and what is deleted is released by one epoch and planned by the next.
    let trouble = state.world.plants + 2 * state.world.deletes;
    let room = trouble + if config.release.is_some() || config.deletes > 0 { 2 } else { 1 };
    let canceled = state.world.canceled & leaver_bits() != 0;
    config.leaver && state.head.epoch + room <= config.epochs && state.world.wanted[1] && !canceled
}

/// The bits of all leaver slices.
fn leaver_bits() -> u8 {
    (1..=4).fold(0, |bits, epoch| bits | bit(epoch, Work::Leaver))
}

/// Whether the joiner must be possible to finish from here: it is wanted, it was never started, no person has cancelled it, and the
/// leaver that would have precedence has not come or has been taken back before it was started. Leaver work that closes nothing has
/// no precedence.
pub fn joiner_owed(Protocol(config): &Protocol, state: &State) -> bool {
    let scheduled = config.enabling == Enabling::Scheduled;
    let room = if config.release.is_some() || config.versions > 1 { 2 } else { 1 };
    let started =
        Work::ALL.into_iter().any(|work| state.slices.iter().any(|of_epoch| of_epoch[work as usize].is_some_and(|slice| slice.started)));
    scheduled
        && config.extended()
        && config.release != Some(Cause::Changed)
        && !(started && config.closes())
        && state.head.epoch + room <= config.epochs
        && state.world.wanted[0]
        && state.world.canceled == 0
        && Config::in_scope(state.world.version)
        && !(config.window && (state.time == 2 || missed(config, state)))
        && (!config.leaver || !config.closes() || !state.world.wanted[1] && state.world.flips[1] == 0)
}

/// Whether the joiner's newest valid row says that its window was over.
fn missed(config: &Config, state: &State) -> bool {
    matches!(state.newest(config, state.rows, Work::Joiner), Some((_, Kind::Missed)))
}
