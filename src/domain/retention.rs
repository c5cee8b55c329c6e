//! What may be forgotten, and when (design 2.3 and 3.1 rule 4).

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use crate::api::LedgerEntry;
use crate::api::tenant_ledger::WorkflowHead;
use crate::api::workflow::DeletionPolicy;

use super::trigger::is_state;

/// Days for which the history of runs is kept by default.
pub const HISTORY_DAYS: i32 = 90;
/// Days for which the history of a deleted workflow is kept, unless it says that it goes at once: those for which Lifecycle
/// Workflows keeps a deleted one.
pub const DELETED_DAYS: i64 = 30;
/// Runs of one workflow that are kept by default.
pub const RUNS_PER_WORKFLOW: i32 = 1_000;
/// Days for which a ledger row is kept.
pub const LEDGER_DAYS: i64 = 400;

/// A terminal Run.
#[derive(Clone, Debug)]
pub struct EndedRun {
    /// Name of the Run.
    pub name: String,
    /// Whether a person asked for it.
    pub on_demand: bool,
    /// Name of the workflow.
    pub workflow: String,
    /// When it ended.
    pub completed_at: DateTime<Utc>,
    /// When the history of its workflow goes, if that is deleted.
    pub forget_at: Option<DateTime<Utc>>,
}

/// When the history of a workflow goes; None: it is there.
#[must_use]
pub fn forget_at(head: &WorkflowHead) -> Option<DateTime<Utc>> {
    let days = match head.deletion_policy {
        DeletionPolicy::Retain => DELETED_DAYS,
        DeletionPolicy::Delete => 0,
    };
    head.deleted_at.map(|at| at + TimeDelta::days(days))
}

/// The Runs to delete: older than `days`, more than `runs_per_workflow` of a workflow, or of a workflow that is gone. Those that
/// people asked for are counted apart, so that they cannot push out what evaluations have done.
#[must_use]
pub fn expired(runs: &[EndedRun], days: i32, runs_per_workflow: i32, now: DateTime<Utc>) -> Vec<String> {
    let oldest = now - TimeDelta::days(i64::from(days));
    let keep = usize::try_from(runs_per_workflow).unwrap_or(usize::MAX);
    let mut by_workflow: BTreeMap<(&str, bool), Vec<&EndedRun>> = BTreeMap::new();
    for run in runs {
        by_workflow.entry((&run.workflow, run.on_demand)).or_default().push(run);
    }
    let mut names = Vec::new();
    for list in by_workflow.values_mut() {
        list.sort_by(|left, right| right.completed_at.cmp(&left.completed_at).then_with(|| right.name.cmp(&left.name)));
        let is_over = |index: usize, run: &EndedRun| {
            index >= keep || run.completed_at < oldest || run.forget_at.is_some_and(|forget_at| forget_at <= now)
        };
        names.extend(list.iter().enumerate().filter(|(index, run)| is_over(*index, run)).map(|(_, run)| run.name.clone()));
    }
    names.sort();
    names
}

/// The earliest instant at which [`expired`] names another Run without a newer one.
#[must_use]
pub fn next_expiry(runs: &[EndedRun], days: i32) -> Option<DateTime<Utc>> {
    let aged = |run: &EndedRun| run.completed_at + TimeDelta::days(i64::from(days)) + TimeDelta::seconds(1);
    runs.iter().map(|run| run.forget_at.map_or(aged(run), |forget_at| forget_at.min(aged(run)))).min()
}

/// Whether a ledger row need not be kept: it is older than [`LEDGER_DAYS`], and nobody can become due by its key again. The rows
/// of a date stay for as long as the person has that date, all of them: the newest decides, so that a release must not go
/// before the plan that it takes back. `has_changed`: the person has another value; asked for old rows only. A change has a
/// number of its own, and the subjects of an on-demand Run are kept by the Run's row, which has no subject.
#[must_use]
pub fn is_row_expired(row: &LedgerEntry, has_changed: impl FnOnce() -> bool, now: DateTime<Utc>) -> bool {
    let is_old = row.at < now - TimeDelta::days(LEDGER_DAYS);
    let is_on_demand = row.attribute.is_empty() && !row.subject.is_empty();
    let is_change = row.sequence.is_some() && !is_state(&row.attribute);
    is_old && (is_change || is_on_demand || has_changed())
}

/// The earliest instant at which a row becomes older than [`LEDGER_DAYS`].
#[must_use]
pub fn next_row_expiry<'a>(rows: impl Iterator<Item = &'a LedgerEntry>, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let kept = TimeDelta::days(LEDGER_DAYS);
    rows.filter(|row| row.at >= now - kept).map(|row| row.at).min().map(|at| at + kept + TimeDelta::seconds(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::EntryState;
    use crate::domain::ledger::row;

    fn run(name: &str, day: i64) -> EndedRun {
        EndedRun { name: name.to_owned(), on_demand: false, workflow: "w".to_owned(), completed_at: day_of(day), forget_at: None }
    }

    fn day_of(day: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::days(day)
    }

    #[test]
    fn the_history_of_a_deleted_workflow_goes_after_its_time() {
        let head = |deleted_at, deletion_policy| WorkflowHead {
            name: "w".to_owned(),
            lineage: String::new(),
            highest_version: 1,
            activated_at: None,
            last_sealed_at: None,
            due_rule: None,
            idle_since: None,
            trigger: Vec::new(),
            deleted_at,
            deletion_policy,
        };
        for (deleted_at, policy, wanted) in [
            (None, DeletionPolicy::Retain, None),
            (None, DeletionPolicy::Delete, None),
            (Some(50), DeletionPolicy::Retain, Some(80)),
            (Some(50), DeletionPolicy::Delete, Some(50)),
        ] {
            assert_eq!(forget_at(&head(deleted_at.map(day_of), policy)), wanted.map(day_of), "{deleted_at:?} {policy:?}");
        }
        let gone = EndedRun { forget_at: Some(day_of(60)), ..run("gone", 50) };
        assert_eq!(expired(&[gone.clone(), run("b", 50)], 90, 1_000, day_of(59)), Vec::<String>::new());
        assert_eq!(expired(&[gone.clone(), run("b", 50)], 90, 1_000, day_of(60)), ["gone"]);
        assert_eq!(next_expiry(&[gone, run("b", 50)], 90), Some(day_of(60)));
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

    #[test]
    fn what_people_asked_for_pushes_out_nothing_else() {
        let asked = |name: &str, day| EndedRun { on_demand: true, ..run(name, day) };
        let runs = [run("a", 1), run("b", 2), asked("m", 3), asked("n", 4), asked("o", 5)];
        // (days, Runs of a workflow, those that go by day 10)
        let cases: [(i32, i32, &[&str]); 4] = [(90, 1_000, &[]), (90, 2, &["m"]), (90, 1, &["a", "m", "n"]), (6, 2, &["a", "b", "m"])];
        for (days, kept, gone) in cases {
            assert_eq!(expired(&runs, days, kept, day_of(10)), gone, "{days} days, {kept} Runs");
        }
    }

    #[test]
    fn a_row_goes_when_it_is_old_and_no_key_needs_it() {
        let date = |state| row(1, "k", state);
        let change = LedgerEntry { sequence: Some(3), ..date(EntryState::Planned) };
        let on_demand = LedgerEntry { attribute: String::new(), ..date(EntryState::Planned) };
        let own = LedgerEntry { subject: String::new(), ..on_demand.clone() };
        // (what, the row, the person has another value, it goes)
        let cases = [
            ("a date that the person still has", date(EntryState::Planned), false, false),
            ("a date that the person no longer has", date(EntryState::Planned), true, true),
            ("missed, and the date still stands", date(EntryState::Missed), false, false),
            ("superseded, and the date still stands", date(EntryState::Superseded), false, false),
            ("released, and the date still stands", date(EntryState::Released), false, false),
            ("released, and the date is another", date(EntryState::Released), true, true),
            ("a change", change, false, true),
            ("a subject of an on-demand Run", on_demand, false, true),
            ("an on-demand Run itself", own, false, false),
        ];
        for (what, row, changed, goes) in cases {
            assert_eq!(is_row_expired(&row, || changed, day_of(400) + TimeDelta::seconds(1)), goes, "{what}");
            let unasked = || panic!("{what}: asked for a row that is not old");
            assert!(!is_row_expired(&row, unasked, day_of(400)), "{what}: exactly as old as the limit stays");
        }
    }

    #[test]
    fn the_next_row_to_become_old() {
        let at = |day| LedgerEntry { at: day_of(day), ..row(1, "k", EntryState::Planned) };
        let rows = [at(0), at(7), at(5)];
        let cases = [(0, Some(400)), (400, Some(400)), (401, Some(405)), (406, Some(407)), (408, None)];
        for (now, wanted) in cases {
            let wanted = wanted.map(|day| day_of(day) + TimeDelta::seconds(1));
            assert_eq!(next_row_expiry(rows.iter(), day_of(now)), wanted, "at day {now}");
        }
    }
}
