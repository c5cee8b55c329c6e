//! What a later attempt does of what an earlier one has written down.
//!
//! What stays in the house can be looked at: what is missing of it is done, and is written down before. What leaves the house
//! cannot. Whoever wrote it down may have sent it, and then it goes again to those who were written down, and to nobody beside
//! them. Where there is no longer anything to tell, nobody is told. What is done once only is written down as begun before it
//! begins: where it is not, nobody has got it, and what would be done now is written down like any other and counts.

use super::record::{Record, recorded};
use super::tasks::{Planned, Work};
use super::{Change, digest};
use crate::api::reasons::Reason;
use crate::api::task::OnUncertain;
use crate::api::{SubjectResult, Task, TaskResult};
use crate::domain::fault::Fault;

/// Holds what leaves the house to what an earlier attempt has written down of it. `result`: as that attempt has left it.
pub fn resume(tasks: &[Task], result: &SubjectResult, planned: &mut [Planned]) {
    for one in planned {
        let repeats = tasks.iter().any(|task| task.name == one.task && task.on_uncertain == OnUncertain::Repeat);
        let Some(entry) = result.tasks.iter().find(|entry| repeats && entry.name == one.task) else { continue };
        if let Ok(work) = &one.work {
            one.work = resumed(entry, work);
        }
    }
}

fn resumed(entry: &TaskResult, work: &Work) -> Result<Work, Fault> {
    let leaves = work.changes.iter().any(Change::leaves_the_house);
    let Some(record) = recorded(entry).filter(|_| leaves) else { return Ok(work.clone()) };
    let is_written = |change: &Change| record.changes().contains(change);
    if work.changes.iter().all(is_written) {
        return Ok(work.clone());
    }
    match record {
        // A task has one Change that leaves the house at most; the newest one is of whoever was here last.
        Record::Changes(written) => {
            let newest = written.into_iter().rfind(Change::leaves_the_house);
            Ok(newest.map_or_else(|| work.clone(), |change| Work { changes: vec![change], ..work.clone() }))
        }
        // There was no room to say it, or a newer release said it: it is done if it is certainly the same.
        Record::Digest(written) => {
            let all: Vec<Change> = written.into_iter().chain(work.changes.iter().cloned()).collect();
            if entry.changes_digest.as_deref() == Some(digest(&all).as_str()) {
                return Ok(work.clone());
            }
            let message = "it may have been done, and what was written down of it is not what would be done now";
            Err(Fault::permanent(Reason::Uncertain, message.to_owned()))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::domain::change::{Observed, works};

    const MAIL: &str = r#"send sendEmailOnLastDay to "Manager""#;
    const OLDER_PASS: &str = r#"issue a temporary access pass for 480 minutes, once to "Manager""#;
    const OTHER: &str = r#"send sendEmailOnLastDay to "hr@acme.example""#;

    /// (what, the task, what stands in its result, what is done)
    type Row<'a> = (&'a str, &'a Value, Value, Result<&'a [&'a str], Reason>);

    fn sent(to: &[&str]) -> Vec<Change> {
        to.iter().filter_map(|to| Change::parse(to)).collect()
    }

    /// What is done of a task after an earlier attempt has left this entry of it, or the reason why nothing is.
    fn done(task: &Value, entry: &Value) -> Result<Vec<String>, Reason> {
        let (mut task, mut entry) = (task.clone(), entry.clone());
        (task["name"], entry["name"]) = (json!("t"), json!("t"));
        let tasks: Vec<Task> = vec![serde_json::from_value(task).expect("a task")];
        let result = SubjectResult { tasks: vec![serde_json::from_value(entry).expect("a result")], ..SubjectResult::default() };
        let mut planned = works(&tasks, &Observed::default(), |_| false);
        resume(&tasks, &result, &mut planned);
        let work = planned.remove(0).work.map_err(|fault| fault.reason)?;
        Ok(work.changes.iter().map(Change::text).collect())
    }

    #[test]
    fn what_may_have_left_goes_to_those_who_were_written_down() {
        let mail = json!({"sendEmailOnLastDay": {}});
        let once = json!({"sendEmailOnLastDay": {}, "onUncertain": "Skip"});
        let nothing_to_tell = json!({"sendSponsorChangeEmailToCoSponsors": {}});
        let written = r#"send sendSponsorChangeEmailToCoSponsors to "CoSponsors""#;
        let pass = json!({"generateTemporaryAccessPass": {"lifetimeMinutes": 60}});
        let disable = json!({"disableUserAccount": {}});
        let changes = |texts: &[&str]| json!({"changes": texts});
        let full = |texts: &[&str]| json!({"changesDigest": digest(&sent(texts))});
        let partly = json!({"changes": [OTHER], "changesDigest": digest(&sent(&[OTHER, MAIL]))});
        let rows: [Row<'_>; 15] = [
            ("nothing was written down: an older release", &mail, json!({}), Ok(&[MAIL])),
            ("the same was written down", &mail, changes(&[MAIL]), Ok(&[MAIL])),
            ("somebody else was", &mail, changes(&[OTHER]), Ok(&[OTHER])),
            ("the same beside somebody else", &mail, changes(&[OTHER, MAIL]), Ok(&[MAIL])),
            ("the same, and somebody else later", &mail, changes(&[MAIL, OTHER]), Ok(&[MAIL])),
            ("there was nothing to tell at first", &mail, changes(&[]), Ok(&[MAIL])),
            ("there is nothing to tell any more", &nothing_to_tell, changes(&[written]), Ok(&[])),
            ("the same, and there was no room", &mail, full(&[MAIL]), Ok(&[MAIL])),
            ("the same, and there was no room for it beside another", &mail, partly, Ok(&[MAIL])),
            ("somebody else, and there was no room", &mail, full(&[OTHER]), Err(Reason::Uncertain)),
            ("a newer release wrote it", &mail, changes(&["send a letter"]), Err(Reason::Uncertain)),
            ("it is done once only, and has not left", &once, full(&[OTHER]), Ok(&[MAIL])),
            ("the same, and there was room", &once, changes(&[OTHER]), Ok(&[MAIL])),
            ("a pass works as long as was written down", &pass, changes(&[OLDER_PASS]), Ok(&[OLDER_PASS])),
            ("what stays in the house is looked at", &disable, changes(&["disable the account"]), Ok(&[])),
        ];
        for (what, task, entry, expected) in rows {
            let expected = expected.map(|texts| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>());
            assert_eq!(done(task, &entry), expected, "{what}");
        }
    }
}
