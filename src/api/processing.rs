//! How far something is: the words of Lifecycle Workflows, for subjects, tasks and runs alike.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where a subject, a task or a run stands, in the words of Microsoft Entra Lifecycle Workflows.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum ProcessingStatus {
    /// Selected, not started.
    #[default]
    Queued,
    /// Started.
    InProgress,
    /// All tasks succeeded.
    Completed,
    /// A task failed that lets the next one run.
    CompletedWithErrors,
    /// Not run, or stopped before the end, for the reason given.
    Canceled,
    /// A task failed that stops.
    Failed,
    /// On the way to canceled.
    Canceling,
    /// Held by a limit.
    Quarantined,
}

impl ProcessingStatus {
    /// The word that stands for it in objects.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::InProgress => "inProgress",
            Self::Completed => "completed",
            Self::CompletedWithErrors => "completedWithErrors",
            Self::Canceled => "canceled",
            Self::Failed => "failed",
            Self::Canceling => "canceling",
            Self::Quarantined => "quarantined",
        }
    }

    /// Whether nothing more happens.
    #[must_use]
    pub fn is_final(self) -> bool {
        matches!(self, Self::Completed | Self::CompletedWithErrors | Self::Canceled | Self::Failed)
    }
}

impl fmt::Display for ProcessingStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::ProcessingStatus::{self, Canceled, Canceling, Completed, CompletedWithErrors, Failed, InProgress, Quarantined, Queued};

    #[test]
    fn its_word_is_that_of_objects() {
        for status in [Queued, InProgress, Completed, CompletedWithErrors, Canceled, Failed, Canceling, Quarantined] {
            assert_eq!(serde_json::to_value(status).expect("a word"), status.to_string());
            assert_eq!(serde_json::from_value::<ProcessingStatus>(status.as_str().into()).expect("a status"), status);
        }
    }
}
