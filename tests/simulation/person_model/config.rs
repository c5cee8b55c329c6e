//! What one run of the checker looks at: which dates a person may have, how much may go wrong, and the sentence that is left out.

/// One sentence of the rules for a person's dates and states that a checked model leaves out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Weakening {
    /// Drops "leaver work that closes nothing supersedes nobody": any work of a leaver workflow does.
    AnyLeaverSupersedes,
    /// Drops "the dates of one person are read together": who has left, and what is due, says the leave date alone.
    LeaveDateAlone,
    /// Drops "leaver work of that earlier leave date is not due if it deletes".
    DeletesBeforeReturn,
    /// Drops "joiner work of a return is due at its own instant or at the leave date, whichever is later".
    EarlyJoinerStripped,
    /// Drops "or that workflow has done it for another value of this leave date since the hire date was seen".
    DoneIsForgotten,
    /// Drops "once the return has come, the rows of the leave date are released".
    RowsOfEarlierStay,
    /// Drops "a withdrawn hire counts as no hire date": it is read as a return.
    WithdrawnIsReturn,
    /// Drops "`HireWithdrawn` is a ledger row of the two values": a lost snapshot forgets it.
    WithdrawalForgotten,
    /// Drops "the dates read together are re-checked immediately before start": the plan is carried out as it was made.
    RecheckWithoutDates,
    /// Drops "a state is not an event": what is older than the window is never due.
    StateHasWindow,
    /// Drops "counts from the latest of": inactivity counts from the last sign-in alone.
    CountsFromSignInAlone,
}

/// The bounds of one walk. Days are numbers; an account that is there on day 0 belongs to somebody who is at work, or is not yet used.
#[derive(Clone, Copy, Debug)]
pub struct Config {
    /// Its name in the output.
    pub name: &'static str,
    /// First days of work that may be written.
    pub hires: &'static [Option<u8>],
    /// Last days of work that may be written.
    pub leaves: &'static [Option<u8>],
    /// The last day.
    pub days: u8,
    /// How often the record is written anew.
    pub writes: u8,
    /// On how many days nothing is evaluated.
    pub outages: u8,
    /// On how many days what is planned is not carried out: it is held, queued, or its runner stopped.
    pub delays: u8,
    /// How often all that evaluations have seen is lost.
    pub losses: u8,
    /// How often somebody enables the account by hand.
    pub openings: u8,
    /// Days before the first one on which the joiner's work is due.
    pub lead: u8,
    /// Days before the end on which somebody is reminded of it, if anybody is.
    pub reminder: Option<u8>,
    /// Whether the account is deleted after the end.
    pub deletes: bool,
    /// Whether there is a clean-up of the accounts that nobody uses. It is switched on on any day.
    pub clean_up: bool,
    /// The sentence that is left out.
    pub weakening: Option<Weakening>,
}

/// Days for which joiner work may be done late. What closes and deletes is never too late within the bounds.
pub const WINDOW: u8 = 2;
/// Days after the end on which the account is deleted.
pub const DELETION: u8 = 1;
/// Days without a sign-in after which an account is closed.
pub const IDLE: u8 = 2;

impl Config {
    /// A joiner's, a closing and a deleting workflow; one writing, and once nobody looks or acts for a day.
    pub const fn dates(name: &'static str) -> Self {
        Self {
            name,
            hires: &[None, Some(1), Some(4)],
            leaves: &[None, Some(1), Some(3), Some(4)],
            days: 7,
            writes: 1,
            outages: 1,
            delays: 1,
            losses: 0,
            openings: 0,
            lead: 0,
            reminder: None,
            deletes: true,
            clean_up: false,
            weakening: None,
        }
    }

    /// Whether the model leaves this sentence out.
    pub fn drops(&self, weakening: Weakening) -> bool {
        self.weakening == Some(weakening)
    }

    /// The same configuration without one sentence.
    pub fn without(mut self, weakening: Weakening) -> Self {
        self.weakening = Some(weakening);
        self
    }
}
