//! Work that is owed and not on its way (design 3.1 rule 4). A row that is planned consumes its occurrence: what its Run does
//! not do nobody does, and nothing else would ever say so.

use chrono::{DateTime, TimeDelta, Utc};

use super::standing::Standing;
use crate::api::run::RunStatus;
use crate::api::{EntryState, LedgerEntry};

/// How far back Runs are looked for that no head remembers as open: as long as leavers are caught up with.
const LOOKED_BACK: TimeDelta = TimeDelta::days(30);

/// How the Run of a planned row stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum RunStands {
    /// It had not ended when it was last seen, and is gone.
    Gone,
    /// It has not ended.
    Open {
        /// It waits for a person to decide.
        is_held: bool,
        /// How long nothing was heard of it.
        silent: TimeDelta,
    },
    /// It has ended.
    Ended,
}

/// What is owed, and how it gets on its way.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Owed {
    /// Nothing says how far the work has come: its result is gone. It is released, and due again.
    Released,
    /// The result is there and not final, and nobody works on it: the Run is made again from its slices.
    MadeAgain,
    /// Nothing is gone, and nothing was done for longer than an attempt lives. Somebody has to look.
    Silent,
}

/// Whether the work of a planned row is owed and not on its way. `result`: where its result stands; none: it is in no slice.
/// `life`: how long an attempt lives.
#[must_use]
pub fn owed(run: RunStands, result: Option<Standing>, life: TimeDelta) -> Option<Owed> {
    match (run, result) {
        (_, None) => Some(Owed::Released),
        (RunStands::Gone, Some(standing)) => standing.is_open().then_some(Owed::MadeAgain),
        (RunStands::Open { is_held, silent }, Some(standing)) => (standing.is_open() && !is_held && silent > life).then_some(Owed::Silent),
        (RunStands::Ended, Some(_)) => None,
    }
}

/// Whether the Run of a row is looked for where the head does not say which Runs were open: an evaluation planned it lately. What
/// people ask for they may delete.
#[must_use]
pub fn is_looked_for(row: &LedgerEntry, now: DateTime<Utc>) -> bool {
    row.state == EntryState::Planned && row.run_uid.is_none() && now - row.at <= LOOKED_BACK
}

/// Whether a Run has ended with fewer results than it had subjects: a slice was gone before.
#[must_use]
pub fn lacks_results(status: &RunStatus) -> bool {
    // What stands in a status may be any number.
    let reported: i64 = status.shards.iter().map(|shard| i64::from(shard.counts.total_users_count)).sum();
    !status.shards.is_empty() && status.plan.as_ref().is_some_and(|plan| reported < i64::from(plan.subjects))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::standing::Outcome;

    #[test]
    fn a_run_that_lacks_results() {
        let shard = |total: i32| serde_json::json!({"index": 0, "attempt": 1, "updatedDateTime": "2026-03-10T00:00:00Z", "finished": true, "counts": {"totalUsersCount": total}});
        let plan = serde_json::json!({"epoch": 1, "hash": "", "version": 1, "subjects": 3, "slices": 1});
        let cases = [
            ("all of them", serde_json::json!({"plan": plan, "shards": [shard(3)]}), false),
            ("those who were let go as well", serde_json::json!({"plan": plan, "shards": [shard(4)]}), false),
            ("one less", serde_json::json!({"plan": plan, "shards": [shard(2)]}), true),
            ("more than there are people", serde_json::json!({"plan": plan, "shards": [shard(i32::MAX), shard(i32::MAX)]}), false),
            ("no attempt", serde_json::json!({"plan": plan}), false),
            ("no plan", serde_json::json!({"shards": [shard(0)]}), false),
        ];
        for (what, status, expected) in cases {
            assert_eq!(lacks_results(&serde_json::from_value(status).expect("a status")), expected, "{what}");
        }
    }

    #[test]
    fn whose_run_is_looked_for_where_no_head_says_which_were_open() {
        let row = |more: serde_json::Value| {
            let mut row = serde_json::json!({"epoch": 1, "key": "k", "subject": "s", "workflow": "w", "category": "leaver",
                "state": "planned", "due": "2026-01-01T00:00:00Z", "at": "2026-03-10T00:00:00Z", "run": "r"});
            row.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
            serde_json::from_value(row).expect("a row")
        };
        let now = "2026-03-20T00:00:00Z".parse().expect("an instant");
        let cases = [
            ("planned lately, however long ago it was due", serde_json::json!({}), true),
            ("planned 30 days ago", serde_json::json!({"at": "2026-02-18T00:00:00Z"}), true),
            ("planned longer ago", serde_json::json!({"at": "2026-02-17T23:59:59Z"}), false),
            ("what people asked for", serde_json::json!({"runUid": "u"}), false),
            ("released", serde_json::json!({"state": "released"}), false),
        ];
        for (what, more, expected) in cases {
            assert_eq!(is_looked_for(&row(more), now), expected, "{what}");
        }
    }

    #[test]
    fn what_is_owed_and_not_on_its_way() {
        use Owed::{MadeAgain, Released, Silent};
        use RunStands::{Ended, Gone, Open};
        let open = |is_held, hours| Open { is_held, silent: TimeDelta::hours(hours) };
        let (queued, claimed, begun) = (Some(Standing::Queued), Some(Standing::Claimed), Some(Standing::Begun));
        let (done, failed) = (Some(Standing::Done(Outcome::Completed)), Some(Standing::Done(Outcome::Failed)));
        let superseded = Some(Standing::Superseded { stopped: true });
        // (what, the Run, the result, what is owed)
        let cases = [
            ("under way", open(false, 1), queued, None),
            ("held, however long", open(true, 1_000), queued, None),
            ("not held, and silent", open(false, 7), queued, Some(Silent)),
            ("claimed, and silent", open(false, 7), claimed, Some(Silent)),
            ("done, while others of the Run are not", open(false, 7), done, None),
            ("its slice is gone", open(false, 1), None, Some(Released)),
            ("the slice of a held Run is gone", open(true, 1), None, Some(Released)),
            ("the Run is gone before anybody began", Gone, queued, Some(MadeAgain)),
            ("the Run is gone after a claim", Gone, claimed, Some(MadeAgain)),
            ("the Run is gone in the middle", Gone, begun, Some(MadeAgain)),
            ("the Run is gone, and the work was done", Gone, done, None),
            ("the Run is gone, and the work had failed", Gone, failed, None),
            ("the Run is gone, and a leaver took its place", Gone, superseded, None),
            ("Run and slice are gone", Gone, None, Some(Released)),
            ("it has ended", Ended, done, None),
            ("it has ended without the slice", Ended, None, Some(Released)),
        ];
        for (what, run, result, expected) in cases {
            assert_eq!(owed(run, result, TimeDelta::hours(6)), expected, "{what}");
        }
    }
}
