//! What one run of the checker looks at: the bounds, the extensions that are switched on, and the sentence of the protocol that is
//! left out, if any.

/// Number of epochs for which a state has room. A configuration may use fewer.
pub const MAX_EPOCHS: usize = 4;

/// What makes an occurrence that was planned due again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cause {
    /// The workflow was disabled (or deleted) and came back. What was started is never released.
    Disabled,
    /// The person's attribute was cleared and set again to the same value. What was finished counts again, too.
    Changed,
}

/// Where the enabling work of the person comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Enabling {
    /// A joiner workflow with a schedule; the occurrence is due from the start.
    Scheduled,
    /// A Run that a person creates. `named`: its subjects are `users[]`, so it may bring a person back who was off-boarded.
    OnDemand {
        /// Whether the Run names the person instead of a group or a scope.
        named: bool,
    },
}

/// What the leaver's tasks do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ending {
    /// They close the account.
    Closes,
    /// They remind somebody, or take some groups away.
    Reminds,
}

/// One sentence of the protocol that a checked model leaves out. Every one of them must lead to a violation; one that does not would
/// say that the sentence is superfluous, or that the model cannot see what the sentence is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Weakening {
    /// Drops "a row is valid if and only if its epoch is sealed and not abandoned": readers take the rows of any epoch.
    RowsWithoutSeal,
    /// Drops "on a conflict the evaluator retries only if `epoch` is still its own": it seals without looking at the head.
    BlindSeal,
    /// Drops "before its first effect a leaver's runner settles the older work": it neither marks nor waits.
    NoSettling,
    /// Drops "a claim is a PUT with the resourceVersion that was read": the runner claims whatever the slice has become.
    BlindClaim,
    /// Drops "marks **first**, then waits": the leaver's runner waits for the owner and marks afterwards.
    MarkAfterWaiting,
    /// Drops "an epoch belongs to one process": two evaluators share one, the second having read before anybody was due.
    SharedEpoch,
    /// Drops "an evaluation releases only what is final in its slice": it releases first and marks after the seal.
    ReleaseBeforeMark,
    /// Drops "on a conflict it reads again" for the mark of a release: the mark overwrites a claim.
    BlindReleaseMark,
    /// Drops "the newest valid row of a key decides" for runners: a released `superseded` row goes on deciding.
    SupersededForEver,
    /// Drops "releasing a leaver's entry releases the unstarted `superseded` rows that name it".
    NamesNotReleased,
    /// Drops "`planned` means consumed whatever the outcome, also cancelled by a person": a cancelled subject is released.
    CancelReleases,
    /// Drops the resourceVersion of the PUT with which the controller cancels: it overwrites a claim.
    BlindCancel,
    /// Drops "is sealed by the same PUT": the controller starts an on-demand Run as soon as its slices are there.
    OnDemandOutsideSeal,
    /// Drops "the key is (Run name, spec hash, subject)": the UID is made part of the key, so that a re-created Run has a new one.
    UidInKey,
    /// Drops "kept with the Run's UID": nobody can tell a re-created Run from the one whose work is unfinished.
    UidForgotten,
    /// Drops "and the Run was created after that leaver was sealed" from the exception for Runs that name the person.
    NamedRunAlways,
    /// Drops "on-demand joiner work for a person whose newest occurrence is a leaver is skipped".
    OffBoardedNotSkipped,
    /// Drops "an entry names the older slice that it waits for": later enabling work starts while the leaver executes.
    LaterWorkDoesNotWait,
    /// Drops "the pinned version's tasks run": the runner takes the tasks of the newest version.
    NewestTasks,
    /// Drops "scope and trigger are re-checked immediately before start".
    NoRecheck,
    /// Drops "planner and runner read consistently" for the re-check: it may see any version since the one that was planned.
    StaleRecheck,
    /// Drops "the re-check may only shrink a plan": a later attempt takes up again whom an earlier one found out of scope.
    RecheckGrows,
    /// Drops "the PUT that allocates the epoch is the evaluator's floor": its LIST of the ledger may be older than that.
    EvaluatorWithoutFloor,
    /// Drops "leaver work that closes nothing supersedes nobody": it gets the same precedence as an off-boarding.
    AnyLeaverSupersedes,
    /// Drops "nothing held may delay an off-boarding": the leaver's runner waits for older work that has not begun.
    WaitsForHeldWork,
    /// Drops "it marks the subject superseded in **each** such slice": what is held is taken for stopped, and left as it is.
    HeldIsNotMarked,
    /// Drops "a process refuses answers older than what it has seen": the LIST with which a leaver settles may be older than its claim.
    RunnerWithoutFloor,
    /// Drops "finishes its effects" before a claim is given back: one goes on that nobody knows of.
    GivesBackInTheMiddle,
    /// Drops "what exists already is ours only with equal content and our own writer": a name is enough, whatever is in it.
    NameIsEnough,
    /// Drops "a planned row whose slice is gone before its result is final is released": it stays consumed.
    LostStaysConsumed,
}

/// One configuration of the model.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "what may happen in the world, each switched on by itself")]
pub struct Config {
    /// Its name in the output.
    pub name: &'static str,
    /// How many epochs may be allocated, 1 to [`MAX_EPOCHS`].
    pub epochs: u8,
    /// Where the enabling work comes from.
    pub enabling: Enabling,
    /// Whether the person has a leave date that becomes due at time 1.
    pub leaver: bool,
    /// What the leaver's tasks do.
    pub ending: Ending,
    /// Whether the enabling Runs are held from the first, so that none of their attempts begins, and how often people change the limits
    /// then: the Runs are let go, or held again.
    pub held: Option<u8>,
    /// What releases occurrences, if anything does.
    pub release: Option<Cause>,
    /// The instant at which it starts: 1 with a leaver who is due from the first.
    pub start: u8,
    /// How often the joiner's and the leaver's occurrence may be taken back or brought back.
    pub flips: [u8; 2],
    /// Whether the joiner's window ends (at time 2).
    pub window: bool,
    /// How many Runs a person may cancel.
    pub cancels: u8,
    /// How many versions the joiner workflow gets; the second one leaves the person out of scope.
    pub versions: u8,
    /// How often somebody may make an object with the name of a slice, just before the evaluation does.
    pub plants: u8,
    /// How often somebody may delete a slice whose subject has not begun.
    pub deletes: u8,
    /// Whether reads may be answered from an older state.
    pub stale: bool,
    /// Whether attempts may be asked to end, and give back what they have claimed.
    pub asked: bool,
    /// The sentence that is left out.
    pub weakening: Option<Weakening>,
}

impl Config {
    /// The core of the protocol: one person, one joiner, one leaver, nothing else happens.
    pub const fn core(name: &'static str, epochs: u8) -> Self {
        Self {
            name,
            epochs,
            enabling: Enabling::Scheduled,
            leaver: true,
            ending: Ending::Closes,
            held: None,
            release: None,
            start: 0,
            flips: [0, 0],
            window: false,
            cancels: 0,
            versions: 1,
            plants: 0,
            deletes: 0,
            stale: false,
            asked: false,
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

    /// Whether anything beyond the core is switched on. Only then a state remembers what the core has no use for, so that the core has
    /// exactly the states of the core.
    pub fn extended(&self) -> bool {
        self.release.is_some()
            || !self.closes()
            || self.window
            || self.cancels > 0
            || self.versions > 1
            || self.plants + self.deletes > 0
            || matches!(self.enabling, Enabling::OnDemand { .. })
    }

    /// Whether the leaver's tasks close the account.
    pub fn closes(&self) -> bool {
        self.ending == Ending::Closes
    }

    /// Whether the leaver has precedence over the joiner.
    pub fn off_boards(&self) -> bool {
        self.closes() || self.drops(Weakening::AnyLeaverSupersedes)
    }

    /// Whether the person is in the scope of a version of the joiner workflow.
    pub fn in_scope(version: u8) -> bool {
        version != 1
    }

    /// The last instant of the model's clock.
    pub fn last_time(&self) -> u8 {
        if self.window { 2 } else { u8::from(self.leaver) }
    }
}
