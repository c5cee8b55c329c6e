//! The table of what a claim makes of a subject.

use serde_json::{Value, json};

use super::*;

fn result(more: &str) -> SubjectResult {
    let mut value = json!({
        "subject": "ann", "subjectKey": "s", "occurrence": "o", "due": "2026-01-05T00:00:00Z", "tasks": [{"name": "t"}],
    });
    let more: Value = serde_json::from_str(more).expect("JSON");
    for (key, more) in more.as_object().expect("an object") {
        value[key] = more.clone();
    }
    serde_json::from_value(value).expect("a result")
}

fn day(day: u32) -> DateTime<Utc> {
    format!("2026-01-{day:02}T00:00:00Z").parse().expect("an instant")
}

const QUEUED: &str = "{}";
const CLAIMED: &str = r#"{"processingStatus": "inProgress", "attempt": 1}"#;
const BEGUN: &str = r#"{"processingStatus": "inProgress", "attempt": 1, "tasks": [{"name": "t", "changes": []}]}"#;
const HALF_DONE: &str = r#"{"attempt": 1, "tasks": [{"name": "t", "processingStatus": "completed"}, {"name": "u", "changes": []}]}"#;
const DONE: &str = r#"{"processingStatus": "completed"}"#;
const MARKED: &str = r#"{"processingStatus": "canceled", "supersededDateTime": "2026-01-06T00:00:00Z"}"#;
const STOPPED: &str =
    r#"{"processingStatus": "canceled", "supersededDateTime": "2026-01-06T00:00:00Z", "stoppedDateTime": "2026-01-06T00:00:01Z"}"#;

#[test]
fn where_it_stands() {
    let digest = r#"{"processingStatus": "inProgress", "tasks": [{"name": "t", "changesDigest": "ab"}]}"#;
    let left = r#"{"startedDateTime": "2026-01-05T00:00:00Z", "tasks": [{"name": "t", "changes": []}]}"#;
    for (what, expected) in [
        (QUEUED, Standing::Queued),
        (left, Standing::Queued),
        (CLAIMED, Standing::Claimed),
        (BEGUN, Standing::Begun),
        (digest, Standing::Begun),
        (DONE, Standing::Done(Outcome::Completed)),
        (r#"{"processingStatus": "completedWithErrors"}"#, Standing::Done(Outcome::CompletedWithErrors)),
        (r#"{"processingStatus": "failed"}"#, Standing::Done(Outcome::Failed)),
        (r#"{"processingStatus": "canceled", "reason": "Changed"}"#, Standing::Done(Outcome::Canceled(Some(Reason::Changed)))),
        (r#"{"processingStatus": "canceled", "reason": "OfALaterVersion"}"#, Standing::Done(Outcome::Canceled(None))),
        (r#"{"processingStatus": "quarantined"}"#, Standing::Queued),
        (MARKED, Standing::Superseded { stopped: false }),
        (STOPPED, Standing::Superseded { stopped: true }),
    ] {
        assert_eq!(Standing::of(&result(what)), expected, "{what}");
    }
}

#[test]
fn what_a_standing_says() {
    let canceled = |reason| Standing::Done(Outcome::Canceled(reason));
    let (superseded, changed) = (Some(Reason::Superseded), Some(Reason::Changed));
    // (it stands so, it is open, claimed, waited for, called off, and why, it came to its end)
    let cases = [
        (Standing::Queued, true, false, false, false, None, false),
        (Standing::Claimed, true, true, false, false, None, false),
        (Standing::Begun, true, true, false, false, None, false),
        (Standing::Superseded { stopped: false }, false, false, true, true, superseded, false),
        (Standing::Superseded { stopped: true }, false, false, false, true, superseded, false),
        (Standing::Done(Outcome::Completed), false, false, false, false, None, true),
        (Standing::Done(Outcome::CompletedWithErrors), false, false, false, false, None, true),
        (Standing::Done(Outcome::Failed), false, false, false, false, None, true),
        (canceled(changed), false, false, false, true, changed, false),
        (canceled(None), false, false, false, true, None, false),
    ];
    for (standing, open, claimed, waited_for, called_off, reason, ended) in cases {
        let found = (standing.is_open(), standing.is_claimed(), standing.is_waited_for(), standing.is_called_off());
        assert_eq!(found, (open, claimed, waited_for, called_off), "{standing:?}");
        assert_eq!((standing.called_off_for(), standing.has_ended()), (reason, ended), "{standing:?}");
    }
}

#[test]
fn what_becomes_of_a_subject() {
    let (no, yes) = (Begun::No, Begun::Yes);
    let gone = |begun| SubjectFinding::Gone(Reason::OutOfScope, begun);
    // An object that is not what it should be, or a directory that says no: either way nothing is known of the person.
    let (broken, denied) = (SubjectFinding::Unreadable(Reason::Unreadable), SubjectFinding::Unreadable(Reason::DirectoryRefused));
    let (leave, leave_claimed) = (Step::Leave(Some(Reason::Unreadable)), Step::LeaveClaimed(Some(Reason::Unreadable)));
    let nothing = BTreeSet::new();
    let calm = Circumstances { now: day(6), is_leaver: true, is_cancel_requested: false, stopped: None, left: &nothing };
    // (the result, what was found, what becomes of it; the window ends on the 8th)
    let cases = [
        (QUEUED, SubjectFinding::NotLookedAt, Step::Nothing),
        (QUEUED, SubjectFinding::Blocked, Step::Nothing),
        (QUEUED, SubjectFinding::Holds(no), Step::Claim),
        (QUEUED, gone(no), Step::Cancel(Reason::OutOfScope)),
        (QUEUED, gone(yes), Step::Claim),
        (QUEUED, SubjectFinding::Protected(no), Step::Refuse),
        (QUEUED, SubjectFinding::Protected(yes), Step::Claim),
        (QUEUED, SubjectFinding::Unknown(no), Step::Leave(None)),
        (QUEUED, SubjectFinding::Unknown(yes), Step::Claim),
        (QUEUED, broken, leave),
        (QUEUED, denied, Step::Leave(Some(Reason::DirectoryRefused))),
        (HALF_DONE, broken, leave),
        (HALF_DONE, gone(yes), Step::Claim),
        (CLAIMED, broken, leave_claimed),
        (CLAIMED, SubjectFinding::NotLookedAt, Step::Nothing),
        (CLAIMED, SubjectFinding::Holds(yes), Step::Claim),
        (CLAIMED, gone(no), Step::Cancel(Reason::OutOfScope)),
        (BEGUN, SubjectFinding::Blocked, Step::Nothing),
        (BEGUN, SubjectFinding::Holds(no), Step::Claim),
        (BEGUN, SubjectFinding::Holds(yes), Step::Claim),
        (BEGUN, gone(no), Step::Cancel(Reason::OutOfScope)),
        (BEGUN, gone(yes), Step::Claim),
        (BEGUN, SubjectFinding::Protected(no), Step::Refuse),
        (BEGUN, SubjectFinding::Protected(yes), Step::Claim),
        (BEGUN, SubjectFinding::Unknown(no), Step::Leave(None)),
        (BEGUN, broken, leave_claimed),
        (DONE, SubjectFinding::Holds(yes), Step::Nothing),
        (MARKED, SubjectFinding::NotLookedAt, Step::SayStopped),
        (STOPPED, SubjectFinding::Holds(yes), Step::Nothing),
    ];
    for (what, finding, expected) in cases {
        let result = result(what);
        let next = |circumstances: &Circumstances<'_>, taken| {
            circumstances.next(&ClaimCandidate { result: &result, taken, finding, window_end: day(8) })
        };
        assert_eq!(next(&calm, None), expected, "{what} {finding:?}");

        // Past its window, what is not known is not tried again, and what cannot be read is said; what is known is done all
        // the same.
        let late = Circumstances { now: day(9), ..calm };
        let given_up = |step| match step {
            Step::Leave(None) => Step::Cancel(Reason::PlanExpired),
            Step::Leave(Some(why)) | Step::LeaveClaimed(Some(why)) => Step::Expire(why),
            other => other,
        };
        let is_carried_through = what == HALF_DONE || matches!(expected, Step::LeaveClaimed(_));
        let of_a_leaver = if is_carried_through { expected } else { given_up(expected) };
        assert_eq!(next(&late, None), of_a_leaver, "{what} {finding:?} after its window");

        // Others than leavers are given up past their window also where something of them may be done.
        let of_another = Circumstances { is_leaver: false, ..late };
        assert_eq!(next(&of_another, None), given_up(expected), "{what} {finding:?} of another after its window");

        // What nobody has begun can be called off, also where a claim has written it down, and what somebody has begun only where it cannot be carried on.
        let standing = Standing::of(&result);
        let is_untouched = standing == Standing::Queued || standing.is_open() && finding == SubjectFinding::Holds(no);
        let called_off = |reason| if is_untouched { Step::Cancel(reason) } else { expected };
        let is_stuck = matches!(expected, Step::LeaveClaimed(_));
        let by_request = if is_stuck { Step::Cancel(Reason::CanceledByRequest) } else { called_off(Reason::CanceledByRequest) };
        let canceled = Circumstances { is_cancel_requested: true, stopped: Some(Reason::WorkflowDisabled), ..calm };
        assert_eq!(next(&canceled, Some(Reason::Changed)), by_request, "{what} {finding:?} canceled");
        let stopped = Circumstances { stopped: Some(Reason::WorkflowDisabled), ..calm };
        assert_eq!(next(&stopped, Some(Reason::Changed)), called_off(Reason::Changed), "{what} {finding:?} taken");
        assert_eq!(next(&stopped, None), called_off(Reason::WorkflowDisabled), "{what} {finding:?} stopped");

        // Whom this attempt has left is for the next one; but a leaver is told that nobody works here.
        let left = BTreeSet::from(["o".to_owned()]);
        let again = if expected == Step::SayStopped { expected } else { Step::Nothing };
        assert_eq!(next(&Circumstances { left: &left, ..calm }, None), again, "{what} {finding:?} left");
    }
}

#[test]
fn only_who_could_be_claimed_is_looked_at() {
    let nothing = BTreeSet::new();
    let calm = Circumstances { now: day(6), is_leaver: true, is_cancel_requested: false, stopped: None, left: &nothing };
    for (what, taken, expected) in [
        (QUEUED, None, true),
        (QUEUED, Some(Reason::Changed), false),
        (BEGUN, Some(Reason::Changed), true),
        (CLAIMED, None, true),
        (DONE, None, false),
        (MARKED, None, false),
    ] {
        assert_eq!(calm.is_candidate(&result(what), taken), expected, "{what} {taken:?}");
    }
}

#[test]
fn what_is_done_stays_when_the_rest_is_called_off() {
    let tasks = r#"{"tasks": [{"name": "a", "processingStatus": "completed"}, {"name": "b"}]}"#;
    let words = |result: &SubjectResult| {
        let tasks: Vec<_> = result.tasks.iter().map(|task| (task.processing_status, task.reason.clone())).collect();
        (result.processing_status, result.reason.clone(), tasks)
    };
    let (completed, canceled) = (ProcessingStatus::Completed, ProcessingStatus::Canceled);
    let mut off = result(tasks);
    cancel(&mut off, Reason::Changed, day(6));
    assert_eq!(words(&off), (canceled, Some("Changed".into()), vec![(completed, None), (canceled, None)]));
    let mut refused = result(QUEUED);
    refuse(&mut refused, day(6));
    let protected = || Some("Protected".to_owned());
    assert_eq!(words(&refused), (ProcessingStatus::Failed, protected(), vec![(canceled, protected())]));
    // Nobody knows what came of a mail that was written down as begun.
    let mut in_flight = result(r#"{"tasks": [{"name": "a", "processingStatus": "inProgress"}, {"name": "b"}]}"#);
    cancel(&mut in_flight, Reason::Changed, day(6));
    let uncertain = Some("Uncertain".to_owned());
    assert_eq!(words(&in_flight), (canceled, Some("Changed".into()), vec![(canceled, uncertain), (canceled, None)]));
    assert!(Progress::of(&in_flight).is_begun());
}

#[test]
fn what_comes_after_a_task_that_failed_is_called_off_but_for_what_is_done() {
    let tasks = r#"{"tasks": [{"name": "a", "processingStatus": "failed", "reason": "NotATeam"}, {"name": "b"},
        {"name": "c", "processingStatus": "completed"}, {"name": "d", "processingStatus": "inProgress"}]}"#;
    let mut result = result(tasks);
    call_off(&mut result.tasks[1..], Some(Reason::EarlierTaskFailed));
    let words: Vec<_> = result.tasks.iter().map(|task| (task.processing_status, task.reason.as_deref())).collect();
    let canceled = ProcessingStatus::Canceled;
    let expected = [
        (ProcessingStatus::Failed, Some("NotATeam")),
        (canceled, Some("EarlierTaskFailed")),
        (ProcessingStatus::Completed, None),
        (canceled, Some("Uncertain")),
    ];
    assert_eq!(words, expected);
}

#[test]
fn a_leaver_takes_the_place_of_work() {
    for (what, stopped) in [("nobody works on it", Some(day(6))), ("its owner has yet to stop", None)] {
        let mut given_up = result(BEGUN);
        supersede(&mut given_up, day(5), stopped, day(6));
        assert_eq!(Standing::of(&given_up), Standing::Superseded { stopped: stopped.is_some() }, "{what}");
        assert_eq!((given_up.superseded_date_time, given_up.stopped_date_time), (Some(day(5)), stopped), "{what}");
        assert_eq!((given_up.reason.as_deref(), given_up.completed_date_time), (Some("Superseded"), Some(day(6))), "{what}");
    }
}

#[test]
fn who_is_left_says_why() {
    let words = |result: &SubjectResult| (result.processing_status, result.reason.clone(), result.tasks[0].reason.clone());
    let (queued, canceled) = (ProcessingStatus::Queued, ProcessingStatus::Canceled);
    let word = |word: &str| Some(word.to_owned());
    let unreadable = Some(Reason::Unreadable);
    // (what, why it waits, the day, it is left, status, reason, and that of its task; the window ends on the 6th)
    let cases = [
        ("nobody could tell", None, 6, true, (queued, None, None)),
        ("it cannot be read", unreadable, 6, true, (queued, word("Unreadable"), None)),
        ("its window has ended", None, 7, false, (canceled, word("PlanExpired"), None)),
        ("its window has ended, and it cannot be read", unreadable, 7, false, (canceled, word("PlanExpired"), word("Unreadable"))),
    ];
    for (what, why, now, is_left, expected) in cases {
        let mut left = result(BEGUN);
        assert_eq!(leave(&mut left, Begun::No, why, day(6), day(now)), is_left, "{what}");
        assert_eq!(words(&left), expected, "{what}");
    }
    // Who was begun stays claimed, so that nobody takes them for untouched.
    let mut begun = result(BEGUN);
    assert!(leave(&mut begun, Begun::Yes, None, day(6), day(7)));
    assert_eq!(begun, result(BEGUN));
    assert!(leave(&mut begun, Begun::Yes, unreadable, day(6), day(7)));
    assert_eq!(words(&begun), (ProcessingStatus::InProgress, word("Unreadable"), None));
}

/// (what, the step, the result is another one by it: what is said again is no news, and is not written)
#[test]
fn a_step_that_changes_nothing_is_not_written() {
    let waiting = r#"{"reason": "Unreadable"}"#;
    let left_claimed = r#"{"processingStatus": "inProgress", "attempt": 1, "reason": "Unreadable"}"#;
    let why = Some(Reason::Unreadable);
    let cases = [
        (QUEUED, Step::Nothing, false),
        (QUEUED, Step::Claim, false),
        (QUEUED, Step::Leave(None), false),
        (QUEUED, Step::Leave(why), true),
        (waiting, Step::Leave(why), false),
        (waiting, Step::Leave(None), true),
        (BEGUN, Step::Leave(None), true),
        (BEGUN, Step::LeaveClaimed(why), true),
        (left_claimed, Step::LeaveClaimed(why), false),
        (QUEUED, Step::Cancel(Reason::Changed), true),
        (QUEUED, Step::Expire(Reason::Unreadable), true),
        (QUEUED, Step::Refuse, true),
        (MARKED, Step::SayStopped, true),
    ];
    for (what, step, is_another) in cases {
        let mut taken = result(what);
        assert_eq!(take(step, &mut taken, day(6)), is_another, "{what} {step:?}");
        assert_eq!(taken != result(what), is_another, "{what} {step:?}");
    }
}
