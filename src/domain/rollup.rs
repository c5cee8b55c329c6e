//! What many results come to: the roll-ups of Lifecycle Workflows as functions of counts.

use crate::api::ProcessingStatus;
use crate::api::run::Counts;

/// How the tasks of one subject ended. Tasks that are switched off are in none of these.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct TaskCounts {
    /// Succeeded.
    pub succeeded: u32,
    /// Failed, and let the next one run.
    pub failed_and_went_on: u32,
    /// Failed, and stopped.
    pub failed_and_stopped: u32,
    /// Canceled before they began.
    pub canceled: u32,
    /// Running or not begun.
    pub open: u32,
}

/// Where a subject stands: failed if a task stopped it; with errors if one failed that did not; canceled if what was
/// left was canceled.
#[must_use]
pub fn subject_status(tasks: TaskCounts) -> ProcessingStatus {
    let begun = tasks.succeeded + tasks.failed_and_went_on > 0;
    match tasks {
        TaskCounts { failed_and_stopped: 1.., .. } => ProcessingStatus::Failed,
        TaskCounts { open: 1.., .. } if begun => ProcessingStatus::InProgress,
        TaskCounts { open: 1.., .. } => ProcessingStatus::Queued,
        TaskCounts { canceled: 1.., .. } => ProcessingStatus::Canceled,
        TaskCounts { failed_and_went_on: 1.., .. } => ProcessingStatus::CompletedWithErrors,
        TaskCounts { .. } => ProcessingStatus::Completed,
    }
}

/// What is known of a run that has ended: no subject is open.
#[derive(Clone, Debug)]
pub struct EndedRun<'a> {
    /// Its counts.
    pub counts: &'a Counts,
    /// A person asked to cancel it.
    pub cancel: bool,
    /// Some subject had begun.
    pub started: bool,
}

/// Where a run stands that has ended.
///
/// Completed: it worked for everybody. Failed: no task worked for anybody, canceled subjects aside. Canceled: it was
/// stopped while in progress. Everything between is completed with errors, as is a run whose subjects were all
/// canceled before they began.
#[must_use]
pub fn run_status(ended: &EndedRun<'_>) -> ProcessingStatus {
    let counts = ended.counts;
    let nothing_worked = counts.failed_tasks_count.saturating_add(counts.total_unprocessed_tasks_count) >= counts.total_tasks_count;
    if ended.cancel && ended.started && counts.canceled_users_count > 0 {
        ProcessingStatus::Canceled
    } else if counts.failed_users_count == 0 && counts.canceled_users_count == 0 {
        ProcessingStatus::Completed
    } else if counts.failed_users_count > 0 && counts.successful_users_count == 0 && nothing_worked {
        ProcessingStatus::Failed
    } else {
        ProcessingStatus::CompletedWithErrors
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ProcessingStatus::{Canceled, Completed, CompletedWithErrors, Failed, InProgress, Queued};

    #[test]
    fn subjects() {
        // succeeded, failed and went on, failed and stopped, canceled, open
        let rows = [
            ([0, 0, 0, 0, 0], Completed),
            ([2, 0, 0, 0, 0], Completed),
            ([1, 1, 0, 0, 0], CompletedWithErrors),
            ([0, 2, 0, 0, 0], CompletedWithErrors),
            ([1, 0, 1, 0, 0], Failed),
            ([0, 1, 1, 1, 0], Failed),
            ([0, 0, 0, 2, 0], Canceled),
            ([1, 0, 0, 1, 0], Canceled),
            ([0, 0, 0, 0, 2], Queued),
            ([1, 0, 0, 0, 1], InProgress),
            ([0, 1, 0, 0, 1], InProgress),
        ];
        for ([succeeded, failed_and_went_on, failed_and_stopped, canceled, open], expected) in rows {
            let tasks = TaskCounts { succeeded, failed_and_went_on, failed_and_stopped, canceled, open };
            assert_eq!(subject_status(tasks), expected, "{tasks:?}");
        }
    }

    #[test]
    fn runs() {
        // users: ok, failed, canceled; tasks: total, failed, unprocessed; cancel, started
        let rows = [
            ("nobody", [0, 0, 0], [0, 0, 0], false, false, Completed),
            ("everybody", [3, 0, 0], [6, 0, 0], false, true, Completed),
            ("some failed", [2, 1, 0], [6, 1, 1], false, true, CompletedWithErrors),
            ("all failed at the first task", [0, 3, 0], [6, 3, 3], false, true, Failed),
            ("all failed, but a task worked", [0, 3, 0], [6, 3, 2], false, true, CompletedWithErrors),
            ("all failed, canceled ones aside", [0, 2, 1], [6, 2, 4], false, true, Failed),
            ("all canceled before the start", [0, 0, 3], [6, 0, 6], false, false, CompletedWithErrors),
            ("all canceled by request before the start", [0, 0, 3], [6, 0, 6], true, false, CompletedWithErrors),
            ("canceled by request under way", [1, 0, 2], [6, 0, 4], true, true, Canceled),
            ("request came too late", [3, 0, 0], [6, 0, 0], true, true, Completed),
            ("one superseded", [2, 0, 1], [6, 0, 2], false, true, CompletedWithErrors),
        ];
        for (what, [ok, failed, canceled], [tasks, failed_tasks, unprocessed], cancel, started, expected) in rows {
            let counts = Counts {
                total_users_count: ok + failed + canceled,
                successful_users_count: ok,
                failed_users_count: failed,
                canceled_users_count: canceled,
                total_tasks_count: tasks,
                failed_tasks_count: failed_tasks,
                total_unprocessed_tasks_count: unprocessed,
            };
            assert_eq!(run_status(&EndedRun { counts: &counts, cancel, started }), expected, "{what}");
        }
    }
}
