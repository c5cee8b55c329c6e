//! What may have left the house under a claim whose owner is gone.
//!
//! With `onUncertain: Skip` or `Fail` a mail or a call is written down before it leaves, so that the next attempt reads
//! whether it began. With `Repeat` it is not: that would be one write for each, where a claim of twenty people has one, and
//! nothing is lost by doing it again. So of such a task a lost claim says nothing: it may have left. That is no reason to
//! carry somebody through who is not to be begun any more, for what else the claim wrote down would be done with it; but
//! nobody must take them for untouched.

use crate::api::reasons::Reason;
use crate::api::task::OnUncertain;
use crate::api::{ProcessingStatus, SubjectResult, Task, TaskResult};
use crate::domain::plan::info_room;
use crate::domain::room::cut;

use super::record::recorded;
use super::wanted::{Wanted, wanted};

/// What is said of it.
const WORDS: &str = "an attempt that has ended may have done it, or not";

/// Says so in a result that was claimed by an attempt that has ended.
pub fn say_what_may_have_left(tasks: &[Task], result: &mut SubjectResult) {
    for task in tasks {
        let Some(index) = result.tasks.iter().position(|entry| entry.name == task.name) else { continue };
        if may_have_left(task, &result.tasks[index]) {
            let room = info_room(&result.tasks, index);
            result.tasks[index].processing_info = Some(cut(WORDS, room));
        }
    }
}

/// Whether the task may have left the house under a claim that is gone, of which its result says nothing.
fn may_have_left(task: &Task, entry: &TaskResult) -> bool {
    // What is done once only is written down before it leaves.
    let is_silent = task.on_uncertain == OnUncertain::Repeat && wanted(task).is_some_and(Wanted::leaves_the_house);
    let has_changes = || recorded(entry).is_none_or(|record| !record.is_empty());
    is_silent && is_open(entry) && has_changes()
}

/// Whether nobody has written down what came of it.
fn is_open(entry: &TaskResult) -> bool {
    match entry.processing_status {
        ProcessingStatus::Queued | ProcessingStatus::InProgress | ProcessingStatus::Canceling | ProcessingStatus::Quarantined => true,
        // Called off by somebody who could not know.
        ProcessingStatus::Canceled => entry.reason.is_none() || Reason::of(entry.reason.as_deref()) == Some(Reason::Uncertain),
        ProcessingStatus::Completed | ProcessingStatus::CompletedWithErrors | ProcessingStatus::Failed => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn what_may_have_left_under_a_claim_that_is_gone() {
        let sent = json!({"changes": ["send sendWelcomeEmail to \"User\""]});
        let with = |status: &str, reason: Option<&str>| {
            let mut entry = sent.clone();
            entry["processingStatus"] = json!(status);
            if let Some(reason) = reason {
                entry["reason"] = json!(reason);
            }
            entry
        };
        let nothing = json!({"changes": []});
        let digest = json!({"changesDigest": "ab"});
        let old = json!({});
        let pass = json!({"changes": ["issue a temporary access pass for 480 minutes, once to \"Manager\""]});
        let call = json!({"changes": ["call extension \"ticket\""]});
        let disabled = json!({"changes": ["disable the account"]});
        // (what, the member, onUncertain, its result, whether it may have left)
        let cases: [(&str, &str, &str, Value, bool); 15] = [
            ("a mail", "sendWelcomeEmail", "Repeat", sent.clone(), true),
            ("a mail that an older release had claimed", "sendWelcomeEmail", "Repeat", old, true),
            ("a mail that there was no room to write down", "sendWelcomeEmail", "Repeat", digest, true),
            ("a mail in flight", "sendWelcomeEmail", "Repeat", with("inProgress", None), true),
            ("a mail that a leaver has called off", "sendWelcomeEmail", "Repeat", with("canceled", None), true),
            ("a mail in flight that a leaver has called off", "sendWelcomeEmail", "Repeat", with("canceled", Some("Uncertain")), true),
            ("a mail after a task that failed", "sendWelcomeEmail", "Repeat", with("canceled", Some("EarlierTaskFailed")), false),
            ("a mail with its result", "sendWelcomeEmail", "Repeat", with("completed", None), false),
            ("a mail that was refused", "sendWelcomeEmail", "Repeat", with("failed", Some("MailRefused")), false),
            ("nobody was to be told", "sendWelcomeEmail", "Repeat", nothing, false),
            ("a mail that is written down before it leaves", "sendWelcomeEmail", "Skip", sent.clone(), false),
            ("the same", "sendWelcomeEmail", "Fail", sent.clone(), false),
            ("a pass", "generateTemporaryAccessPass", "Repeat", pass, true),
            ("a call", "runCustomTaskExtension", "Repeat", call, true),
            ("what stays in the house is seen there", "disableUserAccount", "Repeat", disabled, false),
        ];
        for (what, member, on_uncertain, mut entry, expected) in cases {
            entry["name"] = json!("t");
            let arguments = if member == "runCustomTaskExtension" { json!({"extension": "ticket"}) } else { json!({}) };
            let task: Task = serde_json::from_value(json!({"name": "t", member: arguments, "onUncertain": on_uncertain})).expect("a task");
            let before = SubjectResult { tasks: vec![serde_json::from_value(entry).expect("a result")], ..SubjectResult::default() };
            let mut after = before.clone();
            say_what_may_have_left(std::slice::from_ref(&task), &mut after);
            assert_eq!(after.tasks[0].processing_info.as_deref(), expected.then_some(WORDS), "{what}");
            after.tasks[0].processing_info = None;
            assert_eq!(after, before, "{what}: nothing else is said");
        }
    }
}
