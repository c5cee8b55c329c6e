//! The evaluator: it reads, marks what it will release, creates slices, writes rows one by one, and seals with one PUT of the head.

use super::config::{Cause, Config, Enabling, Weakening};
use super::model::{Actor, Step};
use super::state::{Evaluator, Kind, Phase, Row, Rows, Slice, State, Status, Work};

/// The steps of all evaluators.
pub fn steps(config: &Config, state: &State, steps: &mut Vec<Step>) {
    for epoch in 1..=state.head.epoch {
        for twin in 0..2 {
            let Some(evaluator) = state.evaluators[usize::from(epoch) - 1][twin] else {
                continue;
            };
            let own = Own { config, state, epoch, twin, evaluator };
            match evaluator.phase {
                Phase::Read => own.read(steps),
                Phase::Marks => own.mark(steps),
                Phase::Slices => own.create_slices(steps),
                Phase::Entries => own.write_entry(steps),
                Phase::Seal => own.seal(steps),
                Phase::End => {}
            }
        }
    }
}

/// One evaluator in one state.
struct Own<'a> {
    config: &'a Config,
    state: &'a State,
    epoch: u8,
    twin: usize,
    evaluator: Evaluator,
}

/// A release that an evaluator wants to write, and the epoch of the slice that has to be final for it (0 for none).
type Release = Option<u8>;

impl Own<'_> {
    /// Adds a step that leaves the evaluator as given.
    fn go(&self, steps: &mut Vec<Step>, what: &'static str, mut next: State, evaluator: Evaluator) {
        next.evaluators[usize::from(self.epoch) - 1][self.twin] = Some(evaluator);
        steps.push(Step { actor: Actor::Evaluator(self.epoch, self.twin), what, next });
    }

    /// It reads ledger, slices and directory. Where reads may be stale, every row that is newer than the floor may be missing from the
    /// answer, each for itself: that is more than any real server would do.
    fn read(&self, steps: &mut Vec<Step>) {
        let valid = self.state.valid_epochs(self.config).fold(0, |rows, epoch| rows | Rows::of_epoch(epoch).0);
        let seen = self.state.rows.0 & valid;
        let mut hidden = 0;
        loop {
            let (what, evaluator) = self.plan(Rows(seen & !hidden));
            self.go(steps, what, *self.state, evaluator);
            let may_hide = if self.config.stale { seen & !self.evaluator.floor.0 } else { 0 };
            hidden = (hidden | !may_hide).wrapping_add(1) & may_hide;
            if hidden == 0 {
                return;
            }
        }
    }

    /// What it will write, given the rows that it sees.
    fn plan(&self, seen: Rows) -> (&'static str, Evaluator) {
        let newest = Work::ALL.map(|work| self.state.newest(self.config, seen, work));
        let kind = |work: Work| newest[work as usize].map(|(_, kind)| kind);
        let mut next = self.evaluator;
        next.floor = Rows::default();
        next.version = self.state.world.version;
        next.phase = Phase::Slices;
        let releases = self.releases(seen, newest);
        let leaver_released = releases[1].is_some();
        let blind = (self.epoch, self.twin) == (1, 1);
        let due = Work::ALL.map(|work| {
            !blind
                && self.is_due(work, kind(work))
                // While its leaver is being released, the joiner waits for the next evaluation.
                && !(work == Work::Joiner && leaver_released)
        });
        let leaver_counts = self.config.off_boards() && (due[1] || kind(Work::Leaver) == Some(Kind::Planned));
        let mut rows = Vec::with_capacity(2);
        if due[0] {
            let (kind, permitted) = self.joiner_row(newest[1], due[1], leaver_counts);
            rows.push(Row { work: Work::Joiner, kind });
            next.permitted = permitted;
            next.uid = self.state.world.run.map_or(0, |run| run.uid);
        }
        if due[1] {
            rows.push(Row { work: Work::Leaver, kind: Kind::Planned });
        }
        if due[1] && leaver_counts && kind(Work::Joiner) == Some(Kind::Planned) {
            rows.push(Row { work: Work::Joiner, kind: Kind::Superseded });
        }
        self.add_releases(releases, &mut rows, &mut next);
        for (place, row) in next.plan.iter_mut().zip(&rows) {
            *place = Some(*row);
        }
        (if rows.is_empty() { "finds nobody" } else { "reads and plans" }, next)
    }

    /// Adds the rows of what it releases. Whoever is superseded in this evaluation is not released as well: a key has one row per
    /// epoch.
    fn add_releases(&self, releases: [Release; 2], rows: &mut Vec<Row>, next: &mut Evaluator) {
        for work in [Work::Leaver, Work::Joiner] {
            if let Some(epoch) = releases[work as usize]
                && rows.iter().all(|row| row.work != work)
            {
                rows.push(Row { work, kind: Kind::Released });
                next.marks[work as usize] = epoch;
            }
        }
        if next.marks != [0; 2] && !self.config.drops(Weakening::ReleaseBeforeMark) {
            next.phase = Phase::Marks;
        }
    }

    /// Whether a key is due, given its newest valid row.
    fn is_due(&self, work: Work, newest: Option<Kind>) -> bool {
        let open = matches!(newest, None | Some(Kind::Released));
        let wanted = self.state.world.wanted[work as usize];
        match (work, self.config.enabling) {
            (Work::Leaver, _) => open && wanted && self.config.leaver && self.evaluator.as_of >= 1,
            (Work::Joiner, Enabling::Scheduled) => open && wanted,
            (Work::Joiner, Enabling::OnDemand { .. }) => self.state.world.run.is_some_and(|run| {
                let same_key = !self.config.drops(Weakening::UidInKey) || !self.planned_for(run.uid);
                if self.config.drops(Weakening::UidInKey) { same_key } else { open }
            }),
        }
    }

    /// Whether a valid slice was planned for this UID.
    fn planned_for(&self, uid: u8) -> bool {
        self.state.valid_epochs(self.config).any(|epoch| self.state.slice(epoch, Work::Joiner).is_some_and(|slice| slice.uid == uid))
    }

    /// What becomes of a due joiner, and whether a person may bring back who was off-boarded by it.
    fn joiner_row(&self, leaver: Option<(u8, Kind)>, leaver_due: bool, leaver_counts: bool) -> (Kind, bool) {
        if self.config.window && self.evaluator.as_of == 2 {
            return (Kind::Missed, false);
        }
        if !leaver_counts {
            return (Kind::Planned, false);
        }
        if let (Enabling::OnDemand { named }, Some((sealed, _)), Some(run)) = (self.config.enabling, leaver, self.state.world.run)
            && !leaver_due
        {
            let permitted = named && run.created >= sealed;
            let excepted = named && self.config.drops(Weakening::NamedRunAlways);
            if permitted || excepted || self.config.drops(Weakening::OffBoardedNotSkipped) {
                return (Kind::Planned, permitted);
            }
        }
        (Kind::Superseded, false)
    }

    /// What it would release: per work the epoch of the slice concerned, 0 if there is none. This is level-triggered: it looks at what
    /// is there, not at what happened.
    fn releases(&self, seen: Rows, newest: [Option<(u8, Kind)>; 2]) -> [Release; 2] {
        let planned = |work: Work| match newest[work as usize] {
            Some((epoch, Kind::Planned)) if self.is_releasable(epoch, work) => Some(epoch),
            // Nothing says how far it has come, and there is nothing to mark.
            Some((epoch, Kind::Planned)) if self.is_lost(epoch, work) => Some(0),
            _ => None,
        };
        let leaver = planned(Work::Leaver);
        let leaver_gone = leaver.is_some() || matches!(newest[1], Some((_, Kind::Released)));
        let joiner = match newest[0] {
            // A row that names a released leaver is released with it, unless the work was started.
            Some((_, Kind::Superseded)) if leaver_gone && self.config.release.is_some() => {
                if self.config.drops(Weakening::NamesNotReleased) {
                    return [None, leaver];
                }
                let epoch = self.state.live_plan(self.config, seen, Work::Joiner).unwrap_or(0);
                let slice = (epoch > 0).then(|| self.state.slice(epoch, Work::Joiner)).flatten();
                slice.is_none_or(|slice| !slice.started && slice.status != Status::CanceledByPerson).then_some(epoch)
            }
            _ => planned(Work::Joiner),
        };
        [joiner, leaver]
    }

    /// Whether the slice of a planned row is gone.
    fn is_lost(&self, epoch: u8, work: Work) -> bool {
        self.config.deletes > 0 && !self.config.drops(Weakening::LostStaysConsumed) && self.state.slice(epoch, work).is_none()
    }

    /// Whether the result in a slice is one that a release follows, or an unstarted one whose occurrence was taken back.
    fn is_releasable(&self, epoch: u8, work: Work) -> bool {
        let Some(slice) = self.state.slice(epoch, work) else {
            return false;
        };
        let wanted = self.state.world.wanted[work as usize];
        match slice.status {
            Status::Queued => !wanted && self.config.release.is_some(),
            Status::Canceled => true,
            Status::Done => !wanted && self.config.release == Some(Cause::Changed),
            Status::CanceledByPerson => self.config.drops(Weakening::CancelReleases),
            Status::Superseded | Status::InProgress(_) => false,
        }
    }

    /// It marks the unstarted subjects that it releases, leaver first; whoever has been started meanwhile is not released.
    fn mark(&self, steps: &mut Vec<Step>) {
        let Some(work) = [Work::Leaver, Work::Joiner].into_iter().find(|work| self.evaluator.marks[*work as usize] > 0) else {
            let mut evaluator = self.evaluator;
            evaluator.phase = if self.config.drops(Weakening::ReleaseBeforeMark) { Phase::End } else { Phase::Slices };
            return self.go(steps, "marks done", *self.state, evaluator);
        };
        let epoch = self.evaluator.marks[work as usize];
        let mut next = *self.state;
        let mut evaluator = self.evaluator;
        evaluator.marks[work as usize] = 0;
        let Some(slice) = self.state.slice(epoch, work) else {
            return;
        };
        let overwrite = self.config.drops(Weakening::BlindReleaseMark) && !slice.status.is_final();
        let what = if slice.status == Status::Queued || overwrite {
            next.put(epoch, work, Status::Canceled);
            "marks before it releases"
        } else if self.stays_releasable(slice) {
            "finds it final"
        } else {
            // Without the leaver's release the joiner's row still names a leaver that counts.
            for place in &mut evaluator.plan {
                if place.is_some_and(|row| row.work == work || work == Work::Leaver && row.kind == Kind::Released) {
                    *place = None;
                }
            }
            if work == Work::Leaver {
                evaluator.marks[0] = 0;
            }
            "finds it started"
        };
        self.go(steps, what, next, evaluator);
    }

    /// Whether what the evaluator finds at the mark is still something that it may release.
    fn stays_releasable(&self, slice: Slice) -> bool {
        match slice.status {
            Status::Canceled => true,
            Status::Superseded => !slice.started,
            Status::Done => self.config.release == Some(Cause::Changed),
            Status::CanceledByPerson => self.config.drops(Weakening::CancelReleases),
            Status::Queued | Status::InProgress(_) => false,
        }
    }

    /// It creates the slices of its plan; one that is there already stays, and is its own only if it has its content.
    fn create_slices(&self, steps: &mut Vec<Step>) {
        let mut next = *self.state;
        let planned = || self.evaluator.plan.into_iter().flatten().filter(|row| row.kind == Kind::Planned);
        let is_taken = planned().any(|row| self.state.slice(self.epoch, row.work).is_some_and(|slice| slice.foreign));
        if is_taken && !self.config.drops(Weakening::NameIsEnough) {
            let evaluator = Evaluator { phase: Phase::End, version: 0, uid: 0, permitted: false, ..self.evaluator };
            return self.go(steps, "finds a stranger's object and stops", next, evaluator);
        }
        for row in planned() {
            let joiner = row.work == Work::Joiner;
            next.slice_mut(self.epoch, row.work).get_or_insert(Slice {
                status: Status::Queued,
                writes: 0,
                started: false,
                pinned: self.evaluator.version,
                uid: if joiner { self.evaluator.uid } else { 0 },
                permitted: joiner && self.evaluator.permitted,
                foreign: false,
            });
        }
        let evaluator = Evaluator { phase: Phase::Entries, version: 0, uid: 0, permitted: false, ..self.evaluator };
        self.go(steps, "creates slices", next, evaluator);
    }

    /// It writes the next row that is not there.
    fn write_entry(&self, steps: &mut Vec<Step>) {
        let mut missing = self.evaluator.plan.into_iter().flatten().filter(|row| !self.state.rows.has(self.epoch, row.work, row.kind));
        let mut next = *self.state;
        if let Some(row) = missing.next() {
            next.rows.0 |= Rows::one(self.epoch, row).0;
            self.go(steps, "writes a row", next, self.evaluator);
        } else {
            self.go(steps, "has written all rows", next, Evaluator { phase: Phase::Seal, ..self.evaluator });
        }
    }

    /// The PUT of the head. On a conflict it reads again, and gives up once the epoch is not its own any more.
    fn seal(&self, steps: &mut Vec<Step>) {
        let blind = self.config.drops(Weakening::BlindSeal);
        let mut next = *self.state;
        let mut what = "finds a newer epoch and stops";
        let mut phase = Phase::End;
        if self.state.head.epoch == self.epoch || blind {
            what = "seals";
            next.head.sealed = next.head.sealed.max(self.epoch);
            if blind {
                next.head.abandoned &= !(1 << self.epoch);
            }
            if self.evaluator.marks != [0; 2] {
                phase = Phase::Marks;
            }
        }
        self.go(steps, what, next, Evaluator { phase, ..self.evaluator });
    }
}
