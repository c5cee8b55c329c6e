//! What may be forgotten, and when (design 2.3 and 3.1 rule 4).

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

/// Days for which the history of scheduled runs is kept by default.
pub const HISTORY_DAYS: i32 = 90;
/// Runs of one workflow that are kept by default.
pub const RUNS_PER_WORKFLOW: i32 = 1_000;
/// Days for which a ledger row is kept.
pub const LEDGER_DAYS: i64 = 400;

/// A terminal Run that an evaluation created.
#[derive(Clone, Debug)]
pub struct EndedRun {
    /// Name of the Run.
    pub name: String,
    /// Name of the workflow.
    pub workflow: String,
    /// When it ended.
    pub completed_at: DateTime<Utc>,
}

/// The Runs to delete: older than `days`, or more than `runs_per_workflow` of a workflow, oldest first.
#[must_use]
pub fn expired(runs: &[EndedRun], days: i32, runs_per_workflow: i32, now: DateTime<Utc>) -> Vec<String> {
    let oldest = now - TimeDelta::days(i64::from(days));
    let keep = usize::try_from(runs_per_workflow).unwrap_or(usize::MAX);
    let mut by_workflow: BTreeMap<&str, Vec<&EndedRun>> = BTreeMap::new();
    for run in runs {
        by_workflow.entry(&run.workflow).or_default().push(run);
    }
    let mut names = Vec::new();
    for list in by_workflow.values_mut() {
        list.sort_by(|left, right| right.completed_at.cmp(&left.completed_at).then_with(|| right.name.cmp(&left.name)));
        names.extend(
            list.iter().enumerate().filter(|(index, run)| *index >= keep || run.completed_at < oldest).map(|(_, run)| run.name.clone()),
        );
    }
    names.sort();
    names
}

/// The earliest instant at which [`expired`] names another Run by age.
#[must_use]
pub fn next_expiry(runs: &[EndedRun], days: i32) -> Option<DateTime<Utc>> {
    runs.iter().map(|run| run.completed_at).min().map(|oldest| oldest + TimeDelta::days(i64::from(days)) + TimeDelta::seconds(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(name: &str, day: i64) -> EndedRun {
        EndedRun { name: name.to_owned(), workflow: "w".to_owned(), completed_at: DateTime::UNIX_EPOCH + TimeDelta::days(day) }
    }

    #[test]
    fn by_age_and_by_number() {
        let runs = [run("a", 1), run("b", 50), run("c", 99), run("d", 100)];
        let now = DateTime::UNIX_EPOCH + TimeDelta::days(100);
        assert_eq!(expired(&runs, 90, 1_000, now), ["a"]);
        assert_eq!(expired(&runs, 90, 2, now), ["a", "b"]);
        assert_eq!(expired(&runs, 99, 10, now), Vec::<String>::new(), "exactly as old as the limit stays");
        assert_eq!(next_expiry(&runs, 99), Some(now + TimeDelta::seconds(1)));
    }
}
