//! Reasons of results, ledger rows, plans, conditions, tasks, mails and events: one word for programs.
//!
//! Each word is a variant of [`Reason`], and it stands nowhere else. In the kinds a reason is a text, because a later version
//! may have written a word that this one does not know: who writes one takes a [`Reason`], who decides upon one parses it
//! first, and who only passes it on or shows it leaves it as it stands.

use std::fmt;

macro_rules! reasons {
    ($($(#[$doc:meta])+ $word:ident,)+) => {
        /// One word for programs: why something is as it is.
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub enum Reason {
            $($(#[$doc])+ $word,)+
        }

        impl Reason {
            /// Every reason.
            pub const ALL: &'static [Self] = &[$(Self::$word,)+];

            /// The word.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$word => stringify!($word),)+
                }
            }

            /// The reason that a word is; none for a word that this version does not know.
            #[must_use]
            pub fn parse(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|reason| reason.as_str() == word)
            }
        }
    };
}

reasons! {
    // Results of subjects and tasks, rows of the ledger, and plans.

    /// A leaver's work took the place of this.
    Superseded,
    /// The workflow or its schedule was disabled, or all its tasks were.
    WorkflowDisabled,
    /// The workflow is gone.
    WorkflowDeleted,
    /// The subject no longer met the conditions when it was looked at again before the start.
    OutOfScope,
    /// The value that made the subject due is another one now.
    Changed,
    /// A person canceled the Run.
    CanceledByRequest,
    /// The person has left; an on-demand Run would have to name them.
    OffBoarded,
    /// The person is hired again: the leave date is that of an earlier employment.
    Rehired,
    /// The hire was taken back before it began.
    HireWithdrawn,
    /// The hire date cannot be read, and it may be that of a return: nobody is deleted.
    HireDateUnknown,
    /// The record is another person's than the account, or may be, and nobody has said yet whose the account is.
    NameReused,
    /// Two subjects of one directory have the same correlation value.
    DuplicateCorrelation,
    /// The window of the occurrence ended before the subject could be started.
    PlanExpired,
    /// The Run or the slice was gone before there was a result.
    ResultLost,
    /// The window of the occurrence had ended when it was first known.
    WindowEnded,
    /// There is no such subject.
    SubjectNotFound,
    /// The Run was applied again under its name; its subjects were processed before.
    AlreadyProcessed,
    /// The Run came back, with another UID, while its subjects were not finished.
    RestoredWhileRunning,
    /// Nobody was due, so that nobody was planned.
    NobodyDue,
    /// An on-demand Run names a version that is not the newest one.
    VersionNotCurrent,
    /// The workflow has a task of an effect class that the Run does not acknowledge.
    NotAcknowledged,
    /// This release does not do that yet.
    NotAvailable,
    /// An earlier task of the subject failed.
    EarlierTaskFailed,
    /// The Directory protects the person.
    Protected,
    /// It is not known whether an earlier attempt did it, and it is not to be done twice.
    Uncertain,
    /// The directory could not say.
    Unknown,

    // What a directory answers to a task.

    /// There is no account of the subject's name.
    AccountNotFound,
    /// An account that was there is not made anew.
    AccountNotMade,
    /// The account is deleted.
    AccountDeleted,
    /// There is no record of the subject's name.
    UserNotFound,
    /// There is no such group.
    GroupNotFound,
    /// The group is no team.
    NotATeam,
    /// Another system manages the members of the group.
    ManagedElsewhere,
    /// A licence needs the country in which it is used.
    UsageLocationMissing,
    /// The person has no manager, or none who can be found.
    ManagerMissing,
    /// Others wrote the same object at the same time, each time that it was tried.
    Conflict,
    /// The directory did not answer.
    DirectoryUnavailable,
    /// The directory said no.
    DirectoryRefused,
    /// No answer came in time.
    TimedOut,
    /// Something that is there cannot be read, until somebody mends it.
    Unreadable,

    // What is in the way of a task.

    /// This release does not do the task, or no task is set.
    TaskUnavailable,
    /// What was there before the first attempt was not written down.
    BeforeImageMissing,
    /// A value is longer than the directory allows.
    ValueTooLong,
    /// There is no such variable.
    VariableUnknown,
    /// A variable has no value.
    VariableEmpty,
    /// A variable is a date that cannot be read.
    DateUnreadable,
    /// There is no such recipient.
    RecipientMissing,
    /// A recipient's account is disabled.
    RecipientDisabled,
    /// A recipient has no mail address.
    MailAddressMissing,
    /// What should be a mail address is none.
    MailAddressInvalid,
    /// The sender of the tenant is no mail address.
    SenderInvalid,
    /// The mail could not be put together.
    MailInvalid,
    /// The mail server did not answer.
    MailServerUnavailable,
    /// The mail server said no.
    MailRefused,
    /// No mail server is configured.
    MailUnavailable,

    // What is wrong with an object, so that it cannot do its work.

    /// Not exactly one member of a union is set.
    ExactlyOne,
    /// The category does not allow the task.
    TaskNotAllowed,
    /// A rule cannot be read.
    InvalidRule,
    /// The rules of the tenant are too large together.
    RulesTooLarge,
    /// A trigger cannot be used.
    InvalidTrigger,
    /// An attribute is not known.
    UnknownAttribute,
    /// A duration cannot be read.
    InvalidDuration,
    /// A schedule cannot be read.
    InvalidSchedule,
    /// A time zone is none.
    UnknownTimeZone,
    /// There is no such Directory.
    DirectoryNotFound,
    /// The Directory cannot do what a task or a trigger needs.
    DirectoryIncapable,
    /// A task writes what others decide by, and the Directory does not list the workflow for it.
    WriterNotListed,
    /// A mail would go to an address that is neither a record's nor in a domain of the tenant.
    AddressNotAllowed,
    /// What should come on a day comes after it.
    ComesLate,
    /// The tenant's head has no place for another name.
    TooManyNames,

    // Conditions of Workflows and Directories.

    /// A version of the Workflow is in force.
    VersionInForce,
    /// A version is in force beside which there are versions that the Workflow did not make.
    ForeignVersion,
    /// Everything that is named is there.
    Resolved,
    /// Something that is named is not there.
    ReferenceMissing,
    /// Nothing keeps the object from its work.
    NotStalled,
    /// The Directory can be read.
    Usable,
    /// Every value can be read.
    Readable,
    /// Nobody has dates that somebody should look at.
    Plausible,
    /// The person is in the scope of no leaver workflow that is timed by the leave date and disables or deletes the account.
    LeaveDateUncovered,
    /// A leaver workflow closes the account before the hire date comes.
    ContractTooShort,
    /// The leave date lies before a hire date that has come.
    LeaveBeforeHire,
    /// The leave date lies before the hire date.
    DatesContradict,
    /// The account was deleted before the hire date.
    ReturnsAfterDeletion,

    // Conditions of TenantSchedules.

    /// Evaluations start as scheduled.
    Scheduled,
    /// No evaluation starts.
    Suspended,
    /// There is history, but the head is gone.
    HeadMissing,
    /// There are rows of an epoch that the head never allocated.
    TornRestore,
    /// The tenant's key is missing, or another one than the head knows.
    KeyMissing,
    /// The head has keys that this version cannot read.
    KeyVersionUnknown,
    /// The clock of a node is off.
    ClockOff,
    /// The clock is before the instant of the last evaluation.
    ClockBehind,
    /// A Job that is not ours has the name of the next evaluation's.
    JobNameTaken,
    /// The API server does not take what an evaluation writes.
    SealRefused,
    /// Evaluations fail one after the other.
    EvaluationFailing,

    // Conditions of Runs, and Events.

    /// The next evaluation plans the Run.
    AwaitingEvaluation,
    /// The Run waits for its workflow: there is none of that name.
    WorkflowNotFound,
    /// The Run waits for its workflow, which is not Ready.
    WorkflowNotReady,
    /// A sealed evaluation planned the Run.
    Sealed,
    /// Nothing holds the Run any more.
    Open,
    /// The Run has more people than a limit allows.
    LimitExceeded,
    /// An attempt at the Run has ended before its end, and the next one starts in a while.
    AwaitingAttempt,
    /// An attempt at the Run is under way.
    Executing,
    /// The first attempt at the Run has begun.
    Started,
    /// An attempt at the Run has ended before its end.
    AttemptEndedEarly,
    /// People of the Run failed.
    PeopleFailed,
    /// A version of the Workflow was made.
    VersionMade,
    /// The container of a Job does not run.
    JobNotStarting,
    /// The Job has started after all.
    JobStarted,
    /// Every subject of the Run succeeded.
    Completed,
    /// Every subject of the Run has a final result, and not all of them succeeded.
    CompletedWithErrors,
    /// The Run failed.
    Failed,
    /// The Run was canceled.
    Canceled,
    /// Somebody was not processed because their window had ended.
    Missed,
    /// Somebody was planned, has no result, and was not on the way to one.
    WithoutResult,
}

impl Reason {
    /// The reason in a field of a kind; none for a word that this version does not know.
    #[must_use]
    pub fn of(field: Option<&str>) -> Option<Self> {
        field.and_then(Self::parse)
    }

    /// Whether an occurrence whose subject was canceled unstarted for this reason becomes due again (design 3.1 rule 4).
    #[must_use]
    pub const fn is_releasable(self) -> bool {
        matches!(
            self,
            Self::WorkflowDisabled
                | Self::WorkflowDeleted
                | Self::OutOfScope
                | Self::Changed
                | Self::PlanExpired
                | Self::Rehired
                | Self::HireWithdrawn
                | Self::OffBoarded
                | Self::NameReused
        )
    }

    /// Whether a Run that has come to its end for this reason is not done as it was asked for: nobody was planned, and nobody would
    /// be if it were asked for again in the same way.
    #[must_use]
    pub const fn refuses_a_run(self) -> bool {
        matches!(self, Self::NotAcknowledged | Self::NotAvailable | Self::WorkflowDisabled | Self::VersionNotCurrent | Self::InvalidRule)
    }

    /// What it says, for people; none where the text beside it says it.
    #[must_use]
    pub const fn in_words(self) -> Option<&'static str> {
        Some(match self {
            Self::Superseded => "a leaver's work took its place",
            Self::WorkflowDisabled => "the workflow was disabled before it began",
            Self::WorkflowDeleted => "the workflow was deleted before it began",
            Self::OutOfScope => "the person was not in scope any more",
            Self::Changed => "the value that made it due has changed",
            Self::CanceledByRequest => "somebody canceled the run",
            Self::OffBoarded => "the person has left",
            Self::Rehired => "the person is hired again",
            Self::HireWithdrawn => "the hire was taken back",
            Self::HireDateUnknown => "the hire date cannot be read, and nobody is deleted who may return",
            Self::NameReused => "the account may be another person's: tenure account keep, or release, says whose it is",
            Self::PlanExpired => "its window ended before it began",
            Self::ResultLost => "its run or its slice was gone before there was a result",
            Self::WindowEnded => "it was known too late",
            Self::SubjectNotFound => "there is no such person",
            Self::AlreadyProcessed => "the same run was here before",
            Self::NotAcknowledged => "the workflow has a task of a class that spec.acknowledges of the Run does not name",
            Self::EarlierTaskFailed => "an earlier task failed",
            _ => return None,
        })
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A word, with what it says for people: alone if this version does not know it, or if the text beside it says it.
#[must_use]
pub fn with_words(word: &str) -> String {
    match Reason::parse(word).and_then(Reason::in_words) {
        Some(words) => format!("{word}: {words}"),
        None => word.to_owned(),
    }
}

/// A reason and the text beside it. Most texts begin with their reason, which is said once.
#[must_use]
pub fn with_text(reason: &str, text: &str) -> String {
    let begins = text.strip_prefix(reason).is_some_and(|rest| rest.is_empty() || rest.starts_with(':'));
    match (reason.is_empty() || begins, text.is_empty()) {
        (true, _) => text.to_owned(),
        (false, true) => reason.to_owned(),
        (false, false) => format!("{reason}: {text}"),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{Reason, with_text, with_words};

    /// Each word is another one, is `UpperCamelCase` as the API server asks of a condition's reason, and is read as what it was
    /// written for.
    #[test]
    fn each_reason_has_a_word_of_its_own() {
        let words: BTreeSet<&str> = Reason::ALL.iter().map(|reason| reason.as_str()).collect();
        assert_eq!(words.len(), Reason::ALL.len());
        for reason in Reason::ALL {
            let word = reason.as_str();
            assert!(word.starts_with(|first: char| first.is_ascii_uppercase()), "{word}");
            assert!(word.chars().all(|letter| letter.is_ascii_alphanumeric()), "{word}");
            assert!(word.len() <= 40, "{word}: what a result has room for");
            assert_eq!((Reason::parse(word), Reason::of(Some(word))), (Some(*reason), Some(*reason)));
            assert_eq!((reason.to_string().as_str(), format!("{reason:>70}").len()), (word, 70));
            let words = reason.in_words().map_or_else(String::new, |words| format!(": {words}"));
            assert_eq!(with_words(word), format!("{word}{words}"));
        }
    }

    /// A word of a later version is none of ours, and neither is one that only looks like ours.
    #[test]
    fn what_is_no_reason() {
        for word in ["", "superseded", "SUPERSEDED", "Superseded ", " Superseded", "Superseded: x", "OfALaterVersion"] {
            assert_eq!((Reason::parse(word), Reason::of(Some(word)), with_words(word).as_str()), (None, None, word), "{word:?}");
        }
        assert_eq!(Reason::of(None), None);
    }

    /// What is let go of is due again; what a person decided, or a leaver's work took, is not.
    #[test]
    fn what_becomes_due_again() {
        let releasable: Vec<&str> = Reason::ALL.iter().filter(|reason| reason.is_releasable()).map(|reason| reason.as_str()).collect();
        let expected = [
            "WorkflowDisabled",
            "WorkflowDeleted",
            "OutOfScope",
            "Changed",
            "OffBoarded",
            "Rehired",
            "HireWithdrawn",
            "NameReused",
            "PlanExpired",
        ];
        assert_eq!(releasable, expected);
    }

    #[test]
    fn what_refuses_a_run() {
        let refuse: Vec<&str> = Reason::ALL.iter().filter(|reason| reason.refuses_a_run()).map(|reason| reason.as_str()).collect();
        let expected = ["WorkflowDisabled", "VersionNotCurrent", "NotAcknowledged", "NotAvailable", "InvalidRule"];
        assert_eq!(refuse.iter().collect::<BTreeSet<_>>(), expected.iter().collect::<BTreeSet<_>>());
    }

    #[test]
    fn a_reason_is_said_once() {
        for (reason, text, said) in [
            ("VariableEmpty", "VariableEmpty: the variable x has no value", "VariableEmpty: the variable x has no value"),
            ("VariableEmpty", "the variable x has no value", "VariableEmpty: the variable x has no value"),
            ("Unknown", "UnknownHost: no answer", "Unknown: UnknownHost: no answer"),
            ("Canceled", "Canceled", "Canceled"),
            ("Canceled", "", "Canceled"),
            ("", "it is so already", "it is so already"),
            ("", "", ""),
        ] {
            assert_eq!(with_text(reason, text), said);
        }
    }
}
