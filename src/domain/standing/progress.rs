//! How much of the work on one person was done, as far as the result says. Whoever asks whether somebody was begun asks here,
//! whether the work is still open, came to its end, or was called off.

use crate::api::reasons::Reason;
use crate::api::{ProcessingStatus, SubjectResult, TaskResult};

/// How much of the work was done.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Progress {
    /// Nobody has claimed it.
    NeverBegun,
    /// An attempt has claimed it, and no task has its result: what was written down and what is there of the person tell
    /// (`domain::change::is_begun`).
    MayHaveBegun,
    /// A task has its result, or may have left the house.
    Begun,
}

impl Progress {
    /// How much of the result's work was done.
    #[must_use]
    pub fn of(result: &SubjectResult) -> Self {
        if result.tasks.iter().any(is_tried) {
            Self::Begun
        } else if result.attempt.is_some() {
            Self::MayHaveBegun
        } else {
            Self::NeverBegun
        }
    }

    /// Whether something is known to be done, or may have left the house. A claim alone is no beginning.
    #[must_use]
    pub const fn is_begun(self) -> bool {
        match self {
            Self::Begun => true,
            Self::NeverBegun | Self::MayHaveBegun => false,
        }
    }

    /// Whether an attempt has claimed it.
    #[must_use]
    pub const fn is_claimed(self) -> bool {
        match self {
            Self::MayHaveBegun | Self::Begun => true,
            Self::NeverBegun => false,
        }
    }
}

/// Whether the task was tried: it has its result, or nobody knows what came of it.
fn is_tried(task: &TaskResult) -> bool {
    match task.processing_status {
        ProcessingStatus::Completed | ProcessingStatus::CompletedWithErrors | ProcessingStatus::Failed | ProcessingStatus::InProgress => {
            true
        }
        // Called off after it had been written down as begun.
        ProcessingStatus::Canceled => Reason::of(task.reason.as_deref()) == Some(Reason::Uncertain),
        ProcessingStatus::Queued | ProcessingStatus::Canceling | ProcessingStatus::Quarantined => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn how_much_was_done() {
        use Progress::{Begun, MayHaveBegun, NeverBegun};
        // (what, whether an attempt has claimed it, its tasks, how much was done)
        let cases = [
            ("planned", false, json!([{"name": "a"}]), NeverBegun),
            ("nobody was planned to do anything", false, json!([]), NeverBegun),
            ("refused when it was planned", false, json!([{"name": "a", "processingStatus": "canceled"}]), NeverBegun),
            ("claimed by an older release", true, json!([{"name": "a"}]), MayHaveBegun),
            ("claimed", true, json!([{"name": "a", "changes": ["disable the account"]}]), MayHaveBegun),
            ("claimed, and called off", true, json!([{"name": "a", "changes": [], "processingStatus": "canceled"}]), MayHaveBegun),
            (
                "called off after another task had failed",
                true,
                json!([{"name": "a", "processingStatus": "canceled", "reason": "EarlierTaskFailed"}]),
                MayHaveBegun,
            ),
            ("a task is done", true, json!([{"name": "a", "processingStatus": "completed"}, {"name": "b"}]), Begun),
            ("a task has failed", true, json!([{"name": "a", "processingStatus": "failed"}]), Begun),
            (
                "half done, and called off",
                true,
                json!([{"name": "a", "processingStatus": "completed"}, {"name": "b", "processingStatus": "canceled"}]),
                Begun,
            ),
            ("a mail may have left", true, json!([{"name": "a"}, {"name": "b", "processingStatus": "inProgress"}]), Begun),
            (
                "a mail may have left, and the rest was called off",
                true,
                json!([{"name": "a", "processingStatus": "canceled"}, {"name": "b", "processingStatus": "canceled", "reason": "Uncertain"}]),
                Begun,
            ),
        ];
        for (what, is_claimed, tasks, expected) in cases {
            let tasks = serde_json::from_value(tasks).expect("tasks");
            let result = SubjectResult { attempt: is_claimed.then_some(1), tasks, ..SubjectResult::default() };
            let found = Progress::of(&result);
            assert_eq!(found, expected, "{what}");
            assert_eq!((found.is_claimed(), found.is_begun()), (is_claimed, expected == Begun), "{what}");
        }
    }
}
