//! The state of the model: what is in the API server, what every process knows, what the person's account looks like, and a little
//! that only the properties look at.

use std::hash::{Hash, Hasher};

use super::config::{Config, MAX_EPOCHS, Weakening};

/// The two pieces of work that exist for the person.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Work {
    /// Enables the account: a joiner occurrence, or an on-demand Run of a joiner workflow.
    Joiner,
    /// Disables the account.
    Leaver,
}

impl Work {
    /// Both, in the order in which rows are written.
    pub const ALL: [Self; 2] = [Self::Joiner, Self::Leaver];
}

/// What a row of the ledger says about its key.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Kind {
    /// Consumed; a slice of the same epoch has the subject.
    Planned,
    /// A leaver has precedence.
    Superseded,
    /// Due again.
    Released,
    /// The window was over.
    Missed,
}

/// The rows of the ledger, one bit per (epoch, work, kind).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Rows(pub u32);

impl Rows {
    /// The set with exactly this row.
    pub fn one(epoch: u8, row: Row) -> Self {
        Self(1 << ((u32::from(epoch) - 1) * 8 + row.work as u32 * 4 + row.kind as u32))
    }

    /// All rows of an epoch.
    pub fn of_epoch(epoch: u8) -> Self {
        Self(0xff << ((u32::from(epoch) - 1) * 8))
    }

    /// Whether the row is there.
    pub fn has(self, epoch: u8, work: Work, kind: Kind) -> bool {
        self.0 & Self::one(epoch, Row { work, kind }).0 != 0
    }

    /// What an epoch says about a key. An evaluation writes at most one row per key.
    pub fn kind(self, epoch: u8, work: Work) -> Option<Kind> {
        [Kind::Superseded, Kind::Planned, Kind::Released, Kind::Missed].into_iter().find(|kind| self.has(epoch, work, *kind))
    }
}

/// One row without its epoch.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Row {
    /// The key.
    pub work: Work,
    /// What it says.
    pub kind: Kind,
}

/// The head of the tenant.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Head {
    /// The last allocated epoch.
    pub epoch: u8,
    /// The last sealed epoch.
    pub sealed: u8,
    /// The abandoned epochs, one bit each.
    pub abandoned: u8,
}

/// What a slice says about the subject.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Status {
    /// Not started.
    Queued,
    /// Claimed by this attempt.
    InProgress(u8),
    /// Finished.
    Done,
    /// Marked by a leaver, or found superseded before start.
    Superseded,
    /// Canceled with a reason that an evaluation releases.
    Canceled,
    /// Canceled by a person.
    CanceledByPerson,
}

impl Status {
    /// Whether nothing follows any more.
    pub fn is_final(self) -> bool {
        !matches!(self, Self::Queued | Self::InProgress(_))
    }
}

/// A slice with the one subject.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Slice {
    /// The subject's result.
    pub status: Status,
    /// Number of writes since creation: what a PUT is compared with.
    pub writes: u8,
    /// Whether an attempt ever claimed the subject (extended configurations only).
    pub started: bool,
    /// The workflow version that the Run is pinned to.
    pub pinned: u8,
    /// The UID of the on-demand Run that was planned, 0 otherwise.
    pub uid: u8,
    /// Whether a person asked for this by name after the off-boarding was sealed.
    pub permitted: bool,
    /// Somebody else made it: it has the name and nothing of what was planned.
    pub foreign: bool,
}

impl Slice {
    /// What somebody else made under the name of a slice.
    pub const FOREIGN: Self = Self { status: Status::Done, writes: 0, started: false, pinned: 0, uid: 0, permitted: false, foreign: true };
}

/// Where an evaluator is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Phase {
    /// It has its epoch and will read.
    Read,
    /// It will mark what it is about to release.
    Marks,
    /// It will create the slices.
    Slices,
    /// It writes rows one by one.
    Entries,
    /// It will seal.
    Seal,
    /// It has nothing left to do.
    End,
}

/// One evaluator. One that stops for ever is one that takes no more steps.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Evaluator {
    /// Where it is.
    pub phase: Phase,
    /// The instant of its epoch.
    pub as_of: u8,
    /// What it will write, in order.
    pub plan: [Option<Row>; 2],
    /// Per work the epoch of the slice that has to be final before the release is written, 0 for none.
    pub marks: [u8; 2],
    /// What was in the ledger when its PUT of the head was answered: it never sees less.
    pub floor: Rows,
    /// The newest version when it read.
    pub version: u8,
    /// The UID of the on-demand Run that it plans, 0 for none.
    pub uid: u8,
    /// Whether that Run may bring the person back.
    pub permitted: bool,
}

/// Where a runner is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Stage {
    /// It will look at head, ledger and slice.
    Check,
    /// It will claim the subject.
    Claim,
    /// A leaver: it marks older work and waits for its owner.
    Settle,
    /// It will act on the account.
    Effect,
    /// It will write the result.
    Record,
    /// It has given its claim back, and acts on the account all the same: only where a sentence is left out.
    Astray,
    /// It has nothing left to do.
    End,
}

/// One attempt.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Runner {
    /// Where it is.
    pub stage: Stage,
    /// The slice's `writes` when it last read or wrote it.
    pub seen: u8,
    /// Whether it has stopped for ever, and is known to have.
    pub dead: bool,
    /// The joiner slices that existed when its claim was answered, one bit per epoch: it never sees fewer.
    pub floor: u8,
    /// The newest workflow version when the attempt began.
    pub born: u8,
    /// The UID of the Run object for which the attempt was started.
    pub uid: u8,
}

/// The person's account.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Account {
    /// Disabled.
    Off,
    /// Enabled by ordinary work.
    On,
    /// Enabled because somebody asked for it by name after the off-boarding.
    OnByPermission,
}

/// An on-demand Run.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct RunObject {
    /// 1 for the first, 2 for the one that was created under the same name afterwards.
    pub uid: u8,
    /// The sealed epoch when it was created.
    pub created: u8,
}

/// What people decide.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct World {
    /// Per work whether workflow and attribute are there.
    pub wanted: [bool; 2],
    /// How often that may still be changed.
    pub flips: [u8; 2],
    /// The Runs that a person has cancelled, one bit per (epoch, work).
    pub canceled: u8,
    /// Whether the enabling Runs are held.
    pub held: bool,
    /// How often that may still be changed.
    pub gates: u8,
    /// The newest version of the joiner workflow.
    pub version: u8,
    /// The on-demand Run, if there is one.
    pub run: Option<RunObject>,
    /// The last UID that was given out.
    pub uids: u8,
    /// How often somebody may still make an object with the name of a slice.
    pub plants: u8,
    /// How often somebody may still delete a slice.
    pub deletes: u8,
}

/// What only the properties look at.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct History {
    /// The slices whose work has had an effect, one bit per (epoch, work).
    pub effects: u8,
    /// Per epoch 1 + the version whose joiner tasks have run, 0 for none.
    pub ran: [u8; MAX_EPOCHS],
    /// Per work how often the value was cleared.
    pub cleared: [u8; 2],
    /// An attempt claimed a subject who had been out of scope for as long as the attempt lived.
    pub started_out_of_scope: bool,
    /// An attempt for another Run object worked on this one's subject.
    pub resumed_by_other: bool,
}

/// A state of the model.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct State {
    /// 0 joiner due, 1 leaver due as well, 2 the joiner's window is over.
    pub time: u8,
    /// The head.
    pub head: Head,
    /// The ledger.
    pub rows: Rows,
    /// The slices by epoch and work.
    pub slices: [[Option<Slice>; 2]; MAX_EPOCHS],
    /// The evaluators by epoch; the second one exists only where an epoch is shared.
    pub evaluators: [[Option<Evaluator>; 2]; MAX_EPOCHS],
    /// The attempts by epoch, work and number.
    pub runners: [[[Option<Runner>; 2]; 2]; MAX_EPOCHS],
    /// The account.
    pub account: Account,
    /// What people decide.
    pub world: World,
    /// What the properties look at.
    pub history: History,
}

/// Hashing is most of the work. What belongs to epochs that are not allocated is empty and left out.
impl Hash for State {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        let Head { epoch, sealed, abandoned } = self.head;
        let small = [self.time, epoch, sealed, abandoned, self.account as u8];
        hasher.write(&small);
        hasher.write_u32(self.rows.0);
        self.world.hash(hasher);
        self.history.hash(hasher);
        for index in 0..usize::from(epoch) {
            self.slices[index].hash(hasher);
            self.evaluators[index].hash(hasher);
            self.runners[index].hash(hasher);
        }
    }
}

/// The bit of a slice in [`World::canceled`] and [`History::effects`].
pub fn bit(epoch: u8, work: Work) -> u8 {
    1 << ((epoch - 1) * 2 + work as u8)
}

impl State {
    /// Nothing has happened yet.
    pub fn initial(config: &Config) -> Self {
        Self {
            time: config.start,
            head: Head::default(),
            rows: Rows::default(),
            slices: Default::default(),
            evaluators: Default::default(),
            runners: Default::default(),
            account: Account::Off,
            world: World {
                wanted: [true, true],
                flips: config.flips,
                canceled: 0,
                held: config.held.is_some(),
                gates: config.held.unwrap_or(0),
                version: 0,
                run: None,
                uids: 0,
                plants: config.plants,
                deletes: config.deletes,
            },
            history: History::default(),
        }
    }

    /// Whether the rows and slices of an epoch count.
    pub fn is_valid(&self, config: &Config, epoch: u8) -> bool {
        config.drops(Weakening::RowsWithoutSeal) || (epoch <= self.head.sealed && self.head.abandoned & (1 << epoch) == 0)
    }

    /// The valid epochs, oldest first.
    pub fn valid_epochs(&self, config: &Config) -> impl DoubleEndedIterator<Item = u8> {
        (1..=config.epochs).filter(|epoch| self.is_valid(config, *epoch))
    }

    /// The newest valid row of a key, as far as a reader sees the ledger.
    pub fn newest(&self, config: &Config, seen: Rows, work: Work) -> Option<(u8, Kind)> {
        self.valid_epochs(config).rev().find_map(|epoch| seen.kind(epoch, work).map(|kind| (epoch, kind)))
    }

    /// The slice of an epoch.
    pub fn slice(&self, epoch: u8, work: Work) -> Option<Slice> {
        self.slices[usize::from(epoch) - 1][work as usize]
    }

    /// The place of the slice of an epoch.
    pub fn slice_mut(&mut self, epoch: u8, work: Work) -> &mut Option<Slice> {
        &mut self.slices[usize::from(epoch) - 1][work as usize]
    }

    /// The attempts at a slice.
    pub fn attempts(&self, epoch: u8, work: Work) -> &[Option<Runner>; 2] {
        &self.runners[usize::from(epoch) - 1][work as usize]
    }

    /// A PUT of a slice: a new status and one write more.
    pub fn put(&mut self, epoch: u8, work: Work, status: Status) {
        if let Some(slice) = self.slice_mut(epoch, work) {
            slice.status = status;
            slice.writes += 1;
        }
    }

    /// The epoch in which a key was last planned, unless it was released since.
    pub fn live_plan(&self, config: &Config, seen: Rows, work: Work) -> Option<u8> {
        self.valid_epochs(config)
            .rev()
            .find_map(|epoch| match seen.kind(epoch, work) {
                Some(Kind::Planned) => Some(Some(epoch)),
                Some(Kind::Released) => Some(None),
                _ => None,
            })
            .flatten()
    }
}
