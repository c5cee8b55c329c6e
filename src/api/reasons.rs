//! Reasons of results, ledger rows and conditions: one word for programs.

/// A leaver's work took the place of this.
pub const SUPERSEDED: &str = "Superseded";
/// The workflow or its schedule was disabled, or all its tasks were.
pub const WORKFLOW_DISABLED: &str = "WorkflowDisabled";
/// The workflow is gone.
pub const WORKFLOW_DELETED: &str = "WorkflowDeleted";
/// The subject no longer met the conditions when it was looked at again before the start.
pub const OUT_OF_SCOPE: &str = "OutOfScope";
/// The value that made the subject due is another one now.
pub const CHANGED: &str = "Changed";
/// A person canceled the Run.
pub const CANCELED_BY_REQUEST: &str = "CanceledByRequest";
/// The person has left; an on-demand Run would have to name them.
pub const OFF_BOARDED: &str = "OffBoarded";
/// The person is hired again: the leave date is that of an earlier employment.
pub const REHIRED: &str = "Rehired";
/// The hire was taken back before it began.
pub const HIRE_WITHDRAWN: &str = "HireWithdrawn";
/// The hire date cannot be read, and it may be that of a return: nobody is deleted.
pub const HIRE_DATE_UNKNOWN: &str = "HireDateUnknown";
/// The record is another person's than the account, or may be, and nobody has said yet whose the account is.
pub const NAME_REUSED: &str = "NameReused";
/// Two subjects of one directory have the same correlation value.
pub const DUPLICATE_CORRELATION: &str = "DuplicateCorrelation";
/// The window of the occurrence ended before the subject could be started.
pub const PLAN_EXPIRED: &str = "PlanExpired";
/// There is no such subject.
pub const SUBJECT_NOT_FOUND: &str = "SubjectNotFound";
/// The Run was applied again under its name; its subjects were processed before.
pub const ALREADY_PROCESSED: &str = "AlreadyProcessed";
/// The Run came back, with another UID, while its subjects were not finished.
pub const RESTORED_WHILE_RUNNING: &str = "RestoredWhileRunning";
/// This release does not do that yet.
pub const NOT_AVAILABLE: &str = "NotAvailable";
/// An earlier task of the subject failed.
pub const EARLIER_TASK_FAILED: &str = "EarlierTaskFailed";
/// The Directory protects the person.
pub const PROTECTED: &str = "Protected";
/// It is not known whether an earlier attempt did it, and it is not to be done twice.
pub const UNCERTAIN: &str = "Uncertain";
/// The directory could not say.
pub const UNKNOWN: &str = "Unknown";

/// Whether an occurrence whose subject was canceled unstarted for `reason` becomes due again (design 3.1 rule 4).
#[must_use]
pub fn is_releasable(reason: &str) -> bool {
    matches!(
        reason,
        WORKFLOW_DISABLED | WORKFLOW_DELETED | OUT_OF_SCOPE | CHANGED | PLAN_EXPIRED | REHIRED | HIRE_WITHDRAWN | OFF_BOARDED | NAME_REUSED
    )
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

/// What a reason says, for people; none for a word that is not among these.
#[must_use]
pub fn in_words(reason: &str) -> Option<&'static str> {
    Some(match reason {
        SUPERSEDED => "a leaver's work took its place",
        WORKFLOW_DISABLED => "the workflow was disabled before it began",
        WORKFLOW_DELETED => "the workflow was deleted before it began",
        OUT_OF_SCOPE => "the person was not in scope any more",
        CHANGED => "the value that made it due is another one now",
        CANCELED_BY_REQUEST => "somebody canceled the run",
        OFF_BOARDED => "the person has left",
        REHIRED => "the person is hired again",
        HIRE_WITHDRAWN => "the hire was taken back",
        HIRE_DATE_UNKNOWN => "the hire date cannot be read, and nobody is deleted who may return",
        NAME_REUSED => "the account may be another person's: tenure account keep, or release, says whose it is",
        PLAN_EXPIRED => "its window ended before it began",
        SUBJECT_NOT_FOUND => "there is no such person",
        ALREADY_PROCESSED => "the same run was here before",
        EARLIER_TASK_FAILED => "an earlier task failed",
        "WindowEnded" => "it was known too late",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::with_text;

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
