//! The runner: it checks, claims, a leaver settles what is older, then the effect and its record. The first attempt may stop for ever
//! at any step; once that is known a second one takes over.

use super::config::{Config, Enabling, Weakening};
use super::model::{Actor, Step};
use super::state::{Account, Kind, Row, Rows, Runner, Slice, Stage, State, Status, Work, bit};

/// The steps of all attempts.
pub fn steps(config: &Config, state: &State, steps: &mut Vec<Step>) {
    for epoch in 1..=config.epochs {
        for work in Work::ALL {
            let Some(slice) = state.slice(epoch, work).filter(|slice| !slice.foreign) else {
                continue;
            };
            begin(config, state, (epoch, work, slice), steps);
            for attempt in 1..=2_u8 {
                let Some(runner) = state.attempts(epoch, work)[usize::from(attempt) - 1] else {
                    continue;
                };
                if !runner.dead && runner.stage != Stage::End {
                    Own { config, state, epoch, work, attempt, runner, slice }.steps(steps);
                }
            }
        }
    }
}

/// The controller starts an attempt for a sealed run, a second one once the first is known to have stopped.
fn begin(config: &Config, state: &State, (epoch, work, slice): (u8, Work, Slice), steps: &mut Vec<Step>) {
    let sealed = state.is_valid(config, epoch) && (epoch <= state.head.sealed || config.drops(Weakening::RowsWithoutSeal))
        || work == Work::Joiner && config.drops(Weakening::OnDemandOutsideSeal);
    if !sealed || work == Work::Joiner && state.world.held {
        return;
    }
    let uid = if slice.uid == 0 { Some(0) } else { state.world.run.map(|run| run.uid) };
    let Some(uid) = uid.filter(|uid| *uid == slice.uid || config.drops(Weakening::UidForgotten)) else {
        return;
    };
    for attempt in 0..2 {
        let free = state.attempts(epoch, work)[attempt].is_none();
        // A run has other subjects, too: a second attempt may come for their sake although the first is done with this one.
        let ended = |first: Runner| {
            first.dead
                || first.stage == Stage::Astray
                || config.versions > 1 && first.stage == Stage::End && slice.status == Status::Canceled
        };
        if free && (attempt == 0 || state.attempts(epoch, work)[0].is_some_and(ended)) {
            let mut next = *state;
            let runner = Runner { stage: Stage::Check, seen: 0, dead: false, floor: 0, born: state.world.version, uid };
            next.runners[usize::from(epoch) - 1][work as usize][attempt] = Some(runner);
            let number = u8::from(attempt == 1) + 1;
            steps.push(Step { actor: Actor::Runner(epoch, work, number), what: "begins", next });
        }
    }
}

/// One attempt in one state.
struct Own<'a> {
    config: &'a Config,
    state: &'a State,
    epoch: u8,
    work: Work,
    attempt: u8,
    runner: Runner,
    slice: Slice,
}

impl Own<'_> {
    /// The steps of this attempt.
    fn steps(&self, steps: &mut Vec<Step>) {
        if self.attempt == 1 {
            self.go(steps, "stops for ever", *self.state, Runner { dead: true, ..self.runner });
            self.give_back(steps);
        }
        match self.runner.stage {
            Stage::Check => self.check(steps),
            Stage::Claim => self.claim(steps),
            Stage::Settle => self.settle(steps),
            Stage::Effect | Stage::Astray => self.effect(steps),
            Stage::Record => self.record(steps),
            Stage::End => {}
        }
    }

    /// It is asked to end before its effect: the subject is as before its claim, and it is known to have ended. An effect that is
    /// under way is finished and recorded.
    fn give_back(&self, steps: &mut Vec<Step>) {
        if !self.config.asked || !self.owns() || !matches!(self.runner.stage, Stage::Settle | Stage::Effect) {
            return;
        }
        let mut next = *self.state;
        next.put(self.epoch, self.work, Status::Queued);
        if let Some(slice) = next.slice_mut(self.epoch, self.work) {
            slice.started = false;
        }
        let is_cut = self.config.drops(Weakening::GivesBackInTheMiddle) && self.runner.stage == Stage::Effect;
        let runner = if is_cut { Runner { stage: Stage::Astray, ..self.runner } } else { Runner { dead: true, ..self.runner } };
        self.go(steps, "gives its claim back", next, runner);
    }

    /// Adds a step that leaves the attempt as given.
    fn go(&self, steps: &mut Vec<Step>, what: &'static str, mut next: State, runner: Runner) {
        next.runners[usize::from(self.epoch) - 1][self.work as usize][usize::from(self.attempt) - 1] = Some(runner);
        steps.push(Step { actor: Actor::Runner(self.epoch, self.work, self.attempt), what, next });
    }

    /// Adds a step that changes nothing but the attempt's stage.
    fn to(&self, steps: &mut Vec<Step>, what: &'static str, stage: Stage) {
        self.go(steps, what, *self.state, Runner { stage, ..self.runner });
    }

    /// Adds a last step that writes a result.
    fn finish(&self, steps: &mut Vec<Step>, what: &'static str, status: Status) {
        let mut next = *self.state;
        next.put(self.epoch, self.work, status);
        self.go(steps, what, next, Runner { stage: Stage::End, ..self.runner });
    }

    /// Whether it holds the subject.
    fn owns(&self) -> bool {
        self.slice.status == Status::InProgress(self.attempt)
    }

    /// It looks at head, ledger and slice. At this point it has no floor: where reads may be stale, the ledger may lack every row but
    /// its own plan, and the slice may look as it was created, each for itself.
    fn check(&self, steps: &mut Vec<Step>) {
        let untouched = Slice { status: Status::Queued, writes: 0, started: false, ..self.slice };
        let own = Rows::one(self.epoch, Row { work: self.work, kind: Kind::Planned });
        let ledgers = if self.config.stale { vec![self.state.rows, own] } else { vec![self.state.rows] };
        let slices = if self.config.stale { vec![self.slice, untouched] } else { vec![self.slice] };
        let oldest = if self.config.drops(Weakening::StaleRecheck) { self.slice.pinned } else { self.state.world.version };
        for ledger in &ledgers {
            for slice in &slices {
                for version in oldest..=self.state.world.version {
                    self.decide(steps, *ledger, *slice, version);
                }
            }
        }
    }

    /// What it does after the check. A write after a stale look at the slice is refused, and it looks again.
    fn decide(&self, steps: &mut Vec<Step>, ledger: Rows, seen: Slice, version: u8) {
        let fresh = seen.writes == self.slice.writes;
        let out_of_scope = self.config.versions > 1 && self.work == Work::Joiner && !Config::in_scope(version);
        let revives = self.config.drops(Weakening::RecheckGrows) && seen.status == Status::Canceled && !out_of_scope;
        let newest = self.state.newest(self.config, ledger, self.work);
        let once_superseded = self.config.drops(Weakening::SupersededForEver)
            && self.state.valid_epochs(self.config).any(|epoch| ledger.has(epoch, self.work, Kind::Superseded));
        if seen.status.is_final() && !revives {
            self.to(steps, "finds nothing left", Stage::End);
        } else if once_superseded || matches!(newest, Some((_, Kind::Superseded))) {
            if fresh {
                self.finish(steps, "finds itself superseded", Status::Superseded);
            }
        } else if self.waits() {
            // It looks again later.
        } else if self.config.extended() && self.moved_on(newest) && !revives {
            self.to(steps, "finds a newer row", Stage::End);
        } else if seen.status == Status::Queued && self.state.world.canceled & bit(self.epoch, self.work) != 0 {
            if fresh {
                self.finish(steps, "finds the run cancelled", Status::CanceledByPerson);
            }
        } else if seen.status == Status::Queued && out_of_scope && !self.config.drops(Weakening::NoRecheck) {
            if fresh {
                self.finish(steps, "finds the person out of scope", Status::Canceled);
            }
        } else {
            self.go(steps, "has checked", *self.state, Runner { stage: Stage::Claim, seen: seen.writes, ..self.runner });
        }
    }

    /// Whether the newest valid row of the key is not this run's any more.
    fn moved_on(&self, newest: Option<(u8, Kind)>) -> bool {
        !self.config.drops(Weakening::OnDemandOutsideSeal) && newest != Some((self.epoch, Kind::Planned))
    }

    /// Whether older work is still to be waited for. After an off-boarding only a person who asked by name gets later enabling work at
    /// all. Leaver work that closes nothing comes first in its own evaluation, and waits for what an older one planned.
    fn waits(&self) -> bool {
        if self.config.drops(Weakening::LaterWorkDoesNotWait) {
            return false;
        }
        let (other, newest) = match (self.work, self.config.enabling) {
            (Work::Joiner, Enabling::OnDemand { .. }) => (Work::Leaver, self.epoch - 1),
            (Work::Joiner, Enabling::Scheduled) if !self.config.off_boards() => (Work::Leaver, self.epoch),
            (Work::Leaver, _) if !self.config.off_boards() => (Work::Joiner, self.epoch - 1),
            _ => return false,
        };
        let is_open = |epoch: u8| self.state.slice(epoch, other).is_some_and(|slice| !slice.status.is_final());
        self.state.valid_epochs(self.config).filter(|epoch| *epoch <= newest).any(is_open)
    }

    /// The PUT that takes the subject, compared with what was read.
    fn claim(&self, steps: &mut Vec<Step>) {
        if self.slice.writes != self.runner.seen && !self.config.drops(Weakening::BlindClaim) {
            return self.to(steps, "loses the claim", Stage::Check);
        }
        let mut next = *self.state;
        next.put(self.epoch, self.work, Status::InProgress(self.attempt));
        if self.config.extended() {
            if let Some(slice) = next.slice_mut(self.epoch, self.work) {
                slice.started = true;
            }
            let version = self.state.world.version;
            next.history.started_out_of_scope |= self.config.versions > 1
                && self.work == Work::Joiner
                && !self.slice.started
                && self.runner.born == version
                && !Config::in_scope(version);
        }
        let stage = if self.work == Work::Leaver && self.config.off_boards() { Stage::Settle } else { Stage::Effect };
        let keeps = self.config.stale && self.work == Work::Leaver && !self.config.drops(Weakening::RunnerWithoutFloor);
        let floor = if keeps { self.older(|_| true).fold(0, |mask, epoch| mask | 1 << epoch) } else { 0 };
        self.go(steps, "claims", next, Runner { stage, seen: self.slice.writes + 1, floor, ..self.runner });
    }

    /// The older joiner slices that a reader sees.
    fn older(&self, sees: impl Fn(u8) -> bool) -> impl Iterator<Item = u8> {
        self.state
            .valid_epochs(self.config)
            .filter(move |epoch| *epoch < self.epoch && sees(*epoch))
            .filter(|epoch| self.state.slice(*epoch, Work::Joiner).is_some())
    }

    /// A leaver's runner marks older work by PUT first, then waits until its owner has stopped. Where reads may be stale, its LIST may
    /// lack every slice that is newer than its floor. A mark after a stale look is refused and repeated.
    fn settle(&self, steps: &mut Vec<Step>) {
        self.settle_as_seen(steps, |_| true);
        if self.config.stale && self.older(|_| true).any(|epoch| self.runner.floor & (1 << epoch) == 0) {
            self.settle_as_seen(steps, |epoch| self.runner.floor & (1 << epoch) != 0);
        }
    }

    /// What it does after the LIST.
    fn settle_as_seen(&self, steps: &mut Vec<Step>, sees: impl Fn(u8) -> bool + Copy) {
        let unsettled = self.config.drops(Weakening::NoSettling);
        let late = self.config.drops(Weakening::MarkAfterWaiting);
        let status = |epoch: u8| self.state.slice(epoch, Work::Joiner).map(|slice| slice.status);
        let open = |epoch: &u8| !unsettled && status(*epoch).is_some_and(|status| !status.is_final());
        if self.config.drops(Weakening::HeldIsNotMarked) && self.state.world.held {
            return self.to(steps, "finds the older work held", Stage::Effect);
        }
        if !self.older(sees).any(|epoch| open(&epoch)) && (unsettled || late || !self.older(sees).any(|epoch| self.is_busy(epoch))) {
            self.to(steps, "has settled", Stage::Effect);
        }
        for epoch in self.older(sees).filter(open) {
            if self.config.drops(Weakening::WaitsForHeldWork) && status(epoch) == Some(Status::Queued) {
                continue;
            }
            let mut next = *self.state;
            next.put(epoch, Work::Joiner, Status::Superseded);
            let waited = late && matches!(status(epoch), Some(Status::InProgress(_)));
            self.go(steps, if waited { "marks after waiting" } else { "marks older work" }, next, self.runner);
        }
    }

    /// Whether a live attempt at the joiner of this epoch may still act on the account.
    fn is_busy(&self, epoch: u8) -> bool {
        self.state
            .attempts(epoch, Work::Joiner)
            .iter()
            .flatten()
            .any(|other| !other.dead && matches!(other.stage, Stage::Effect | Stage::Record))
    }

    /// The effect. An owner that has lost its subject either finds the mark in time, or its request was under way already.
    fn effect(&self, steps: &mut Vec<Step>) {
        let mut next = *self.state;
        let joiner = self.work == Work::Joiner;
        next.account = match (joiner, self.slice.permitted) {
            (false, _) if self.config.closes() => Account::Off,
            (false, _) => self.state.account,
            (true, false) => Account::On,
            (true, true) => Account::OnByPermission,
        };
        if self.config.extended() {
            next.history.effects |= bit(self.epoch, self.work);
            next.history.resumed_by_other |= self.runner.uid != self.slice.uid;
            if joiner && self.config.versions > 1 {
                let newest = self.config.drops(Weakening::NewestTasks);
                next.history.ran[usize::from(self.epoch) - 1] = 1 + if newest { self.state.world.version } else { self.slice.pinned };
            }
        }
        let late = joiner && !self.owns();
        if late {
            self.to(steps, "finds the mark", Stage::End);
        }
        let what = if late { "acts late" } else { "acts" };
        self.go(steps, what, next, Runner { stage: Stage::Record, ..self.runner });
    }

    /// The result, if the subject is still its own.
    fn record(&self, steps: &mut Vec<Step>) {
        if self.owns() {
            self.finish(steps, "records", Status::Done);
        } else {
            self.to(steps, "has lost its subject", Stage::End);
        }
    }
}
