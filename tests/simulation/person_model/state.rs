//! The state of the model: the record and the account, what evaluations saw and planned, and a little that only the properties look at.

use super::config::Config;

/// What is in the person's record.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Dates {
    /// The first day of work.
    pub hire: Option<u8>,
    /// The last day of work.
    pub leave: Option<u8>,
}

/// What workflows do.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Work {
    /// Reminds somebody of the last day: leaver work that closes nothing.
    Remind,
    /// Disables who has left.
    Close,
    /// Deletes who has left.
    Delete,
    /// Disables the account that nobody uses.
    CleanUp,
    /// Enables whoever begins.
    Join,
}

impl Work {
    /// All, in the order in which one person's work is done.
    pub const ALL: [Self; 5] = [Self::Remind, Self::Close, Self::Delete, Self::CleanUp, Self::Join];

    /// Whether it is work of the leave date.
    pub fn is_of_leave(self) -> bool {
        matches!(self, Self::Remind | Self::Close | Self::Delete)
    }

    /// Whether it closes the account of who has left.
    pub fn closes(self) -> bool {
        matches!(self, Self::Close | Self::Delete)
    }
}

/// What has become of an occurrence.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Status {
    /// Planned on this day, and not begun.
    Queued(u8),
    /// Carried out.
    Done,
    /// Canceled before its start: due again once an evaluation has seen it.
    Canceled,
    /// It gave way.
    Superseded,
    /// Its window was over.
    Missed,
}

/// The newest row of one workflow. A row of another value is released as soon as an evaluation sees that it is another.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Row {
    /// The day that made the occurrence: first day, last day, or the one that inactivity counts from.
    pub value: u8,
    /// What has become of it.
    pub status: Status,
}

/// What evaluations saw of the person: the snapshot.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Seen {
    /// The first day on which one saw the person.
    pub first: u8,
    /// The record as it was seen last.
    pub dates: Dates,
    /// When the first day of work was seen to change.
    pub hire_changed: Option<u8>,
    /// When the last day of work was seen to change.
    pub leave_changed: Option<u8>,
    /// The day on which an evaluation saw that the person has begun.
    pub begun: Option<u8>,
    /// The account was enabled.
    pub enabled: bool,
    /// When the account was seen to become enabled.
    pub enabled_since: Option<u8>,
}

/// The account.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Account {
    /// Disabled.
    Off,
    /// Enabled.
    On,
    /// Deleted.
    Gone,
}

/// What may still happen.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Budget {
    /// The record is written anew.
    pub writes: u8,
    /// A day passes without an evaluation.
    pub outages: u8,
    /// A day passes and planned work is not done.
    pub delays: u8,
    /// The snapshot is lost.
    pub losses: u8,
    /// The account is enabled by hand.
    pub openings: u8,
}

/// By what the account was closed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ClosedBy {
    /// By this last day.
    Leave(u8),
    /// As nobody used it.
    CleanUp,
}

/// Work that must not be done.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Wrong {
    /// Somebody was let in whose hire was taken back.
    LetInTakenBack,
    /// Somebody was deleted who comes back, or is back.
    DeletedReturn,
    /// Somebody was closed for not using an account that they had not had for long.
    ClosedTooEarly,
}

/// What only the properties look at.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct History {
    /// The day of the first evaluation that took place when the person was at work, or knew of an employment before.
    pub came: Option<u8>,
    /// The record of which an evaluation knew that the hire was taken back.
    pub taken_back: Option<Dates>,
    /// By what the account was closed since it was last opened.
    pub closed_by: Option<ClosedBy>,
    /// When the account was last opened, if an evaluation had seen it disabled.
    pub opened: Option<u8>,
    /// What was done that must not be, by [`Wrong`].
    pub wrongs: [bool; 3],
}

/// A state of the model.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct State {
    /// Today.
    pub day: u8,
    /// The record.
    pub dates: Dates,
    /// The account.
    pub account: Account,
    /// The day of the last sign-in.
    pub signed_in: u8,
    /// The clean-up is switched on.
    pub switched_on: bool,
    /// Today's evaluation is done.
    pub evaluated: bool,
    /// Something has changed that no evaluation has seen, or one has let something go that the next one will plan.
    pub unsettled: bool,
    /// What evaluations saw; None: nothing, or it was lost.
    pub seen: Option<Seen>,
    /// The ledger's row that the hire of these dates was withdrawn.
    pub withdrawn: Option<Dates>,
    /// The ledger, by work.
    pub rows: [Option<Row>; 5],
    /// For which last day the closing workflow was last planned, and when.
    pub closed: Option<(u8, u8)>,
    /// What may still happen.
    pub budget: Budget,
    /// What the properties look at.
    pub history: History,
}

impl State {
    /// Day 0: every record that may be, and the account that goes with it.
    pub fn initial(config: &Config) -> Vec<Self> {
        let dates = config.hires.iter().flat_map(|hire| config.leaves.iter().map(|leave| Dates { hire: *hire, leave: *leave }));
        dates.map(|dates| Self::of(config, dates)).collect()
    }

    fn of(config: &Config, dates: Dates) -> Self {
        // Whoever has an end before the beginning is still in the earlier employment.
        let works = dates.hire.is_none_or(|hire| dates.leave.is_some_and(|leave| leave < hire));
        Self {
            day: 0,
            dates,
            account: if works { Account::On } else { Account::Off },
            signed_in: 0,
            switched_on: false,
            evaluated: false,
            unsettled: true,
            seen: None,
            withdrawn: None,
            rows: [None; 5],
            closed: None,
            budget: Budget {
                writes: config.writes,
                outages: config.outages,
                delays: config.delays,
                losses: config.losses,
                openings: config.openings,
            },
            history: History::default(),
        }
    }

    /// The newest row of a workflow.
    pub fn row(&self, work: Work) -> Option<Row> {
        self.rows[work as usize]
    }

    /// When it was planned, if it waits for its start.
    pub fn queued(&self, work: Work) -> Option<u8> {
        match self.row(work) {
            Some(Row { status: Status::Queued(day), .. }) => Some(day),
            _ => None,
        }
    }

    /// Writes what has become of an occurrence.
    pub fn set(&mut self, work: Work, status: Status) {
        if let Some(row) = &mut self.rows[work as usize] {
            row.status = status;
        }
    }

    /// Whether everything that is known has been planned and carried out.
    pub fn is_settled(&self) -> bool {
        self.evaluated && !self.unsettled && Work::ALL.into_iter().all(|work| self.queued(work).is_none())
    }
}
