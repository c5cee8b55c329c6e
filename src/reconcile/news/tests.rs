use serde_json::{Value, json};

use super::*;

fn status<S: serde::de::DeserializeOwned>(value: &Value) -> S {
    serde_json::from_value(value.clone()).unwrap()
}

/// A condition that has been so since that minute of the new year.
fn condition(type_: &str, status: &str, reason: &str, message: &str, minute: i32) -> Value {
    let at = format!("2026-01-01T00:{minute:02}:00Z");
    json!({"type": type_, "status": status, "reason": reason, "message": message, "lastTransitionTime": at})
}

fn ready(status: &str, reason: &str, minute: i32) -> Value {
    condition("Ready", status, reason, "Ann Example", minute)
}

/// What is new, as ids without their digests, and the words of the Events.
fn said(news: &[News]) -> Vec<(String, Reason)> {
    news.iter()
        .map(|each| {
            let id = each.id("u");
            (id.rsplit_once('-').unwrap().0.to_owned(), each.reason())
        })
        .collect()
}

fn expected(rows: &[(&str, Reason)]) -> Vec<(String, Reason)> {
    rows.iter().map(|(id, reason)| ((*id).to_owned(), *reason)).collect()
}

#[test]
fn what_is_new_about_a_workflow() {
    type Row<'a> = (&'a str, Option<Value>, Value, bool, &'a [(&'a str, Reason)]);
    let fine = json!({"version": 1, "conditions": [ready("True", "VersionInForce", 1)]});
    let second = json!({"version": 2, "conditions": [ready("True", "VersionInForce", 1)]});
    let wrong = json!({"version": 1, "conditions": [ready("False", "InvalidRule", 2)]});
    let worse = json!({"version": 1, "conditions": [ready("False", "NotAvailable", 2)]});
    let broken = |said: &str| {
        let conditions = [ready("True", "VersionInForce", 1), condition("ReferencesResolved", "False", "ReferenceMissing", said, 3)];
        json!({"version": 1, "conditions": conditions})
    };
    let made = |number: &'static str| (number, Reason::VersionMade);
    let (first, next) = (made("version-1"), made("version-2"));
    let rows: [Row<'_>; 12] = [
        ("applied", None, fine.clone(), true, &[first]),
        ("its version was made, and the status says so", Some(fine.clone()), fine.clone(), true, &[]),
        ("another version", Some(fine.clone()), second.clone(), true, &[next]),
        ("applied again, and its version is as old as the first", None, fine.clone(), false, &[]),
        ("applied, and it is wrong", None, json!({"conditions": wrong["conditions"]}), false, &[("ready", Reason::InvalidRule)]),
        ("it becomes wrong", Some(fine.clone()), wrong.clone(), true, &[("ready", Reason::InvalidRule)]),
        ("it stays wrong", Some(wrong.clone()), wrong.clone(), true, &[]),
        ("it is wrong for another reason", Some(wrong.clone()), worse, true, &[("ready", Reason::NotAvailable)]),
        ("it is mended", Some(wrong), fine.clone(), true, &[]),
        ("it names what is gone", Some(fine.clone()), broken("a"), true, &[("references", Reason::ReferenceMissing)]),
        ("it is still gone", Some(broken("a")), broken("a"), true, &[]),
        ("more is gone", Some(broken("a")), broken("a, b"), true, &[("references", Reason::ReferenceMissing)]),
    ];
    for (what, before, after, is_new, wanted) in rows {
        let before: Option<WorkflowStatus> = before.as_ref().map(status);
        assert_eq!(said(&of_workflow(before.as_ref(), &status(&after), is_new)), expected(wanted), "{what}");
    }
}

#[test]
fn what_is_new_about_a_tenant() {
    let scheduled = || vec![ready("True", "Scheduled", 1)];
    let missing = || vec![ready("False", "HeadMissing", 2)];
    let waits = || vec![ready("Unknown", "JobNotStarting", 2)];
    let stalled = || vec![ready("False", "JobNotStarting", 7)];
    let rows = [
        ("its ledger is missing", scheduled(), missing(), Some(Reason::HeadMissing)),
        ("it is still missing", missing(), missing(), None),
        ("it is there again", missing(), scheduled(), None),
        ("a Job waits", scheduled(), waits(), None),
        ("it has waited too long", waits(), stalled(), Some(Reason::JobNotStarting)),
        ("it waits on", stalled(), stalled(), None),
        ("it has never been looked at", vec![], missing(), Some(Reason::HeadMissing)),
    ];
    for (what, before, after, wanted) in rows {
        let found = of_ready(&status::<Vec<Condition>>(&json!(before)), &status::<Vec<Condition>>(&json!(after)));
        assert_eq!(found.map(|news| news.reason()), wanted, "{what}");
    }
}

#[test]
fn what_is_new_about_a_run() {
    type Row<'a> = (&'a str, Value, Value, Option<(i32, Ending)>, &'a [(&'a str, Reason)]);
    let run = |attempt: i32, failed: i32, conditions: &[&Value]| json!({"attempt": attempt, "totalUsersCount": 3, "failedUsersCount": failed, "conditions": conditions});
    let waits = condition("Complete", "False", "AwaitingAttempt", "", 2);
    let goes_on = condition("Complete", "False", "Executing", "", 2);
    let done = |reason: &str| condition("Complete", "True", reason, "2 of 3", 3);
    let held = |status: &str| condition("Held", status, "LimitExceeded", "too many", 4);
    let crashed = Some((1, Ending::Unseen));
    let gone = Some((1, Ending::Gone));
    let early = ("attempt-1", Reason::AttemptEndedEarly);
    let rows: [Row<'_>; 24] = [
        ("planned", run(0, 0, &[]), run(0, 0, &[]), None, &[]),
        ("its first Job", run(0, 0, &[]), run(1, 0, &[]), None, &[("started", Reason::Started)]),
        ("it goes on", run(1, 0, &[]), run(1, 0, &[]), None, &[]),
        ("an attempt crashed, and the next one is waited for", run(1, 0, &[]), run(1, 0, &[&waits]), crashed.clone(), &[early]),
        ("it is waited for still", run(1, 0, &[&waits]), run(1, 0, &[&waits]), crashed.clone(), &[]),
        ("it begins", run(1, 0, &[&waits]), run(2, 0, &[&goes_on]), crashed.clone(), &[]),
        ("an attempt crashed, and the next one begins at once", run(1, 0, &[]), run(2, 0, &[]), crashed.clone(), &[early]),
        ("the same for the second time", run(1, 0, &[&goes_on]), run(1, 0, &[&waits]), crashed.clone(), &[early]),
        (
            "a controller died before the status knew of it",
            run(0, 0, &[]),
            run(1, 0, &[&waits]),
            crashed.clone(),
            &[("started", Reason::Started), early],
        ),
        ("the next Job was made by one that died", run(1, 0, &[]), run(2, 0, &[]), crashed.clone(), &[early]),
        (
            "it came to its end while nobody led",
            run(1, 0, &[]),
            run(1, 0, &[&done("Completed")]),
            crashed.clone(),
            &[early, ("ended", Reason::Completed)],
        ),
        (
            "it was told of, and the Run came to its end",
            run(1, 0, &[&waits]),
            run(1, 0, &[&done("Completed")]),
            crashed.clone(),
            &[("ended", Reason::Completed)],
        ),
        (
            "it is done, and its Job was never seen",
            run(1, 0, &[]),
            run(1, 0, &[&done("Completed")]),
            gone.clone(),
            &[("ended", Reason::Completed)],
        ),
        ("there is no room for the next one", run(1, 0, &[]), run(1, 0, &[]), crashed, &[]),
        ("a Job that nobody has seen yet", run(1, 0, &[]), run(1, 0, &[&waits]), gone.clone(), &[]),
        ("its Job is gone for good", run(1, 0, &[&waits]), run(2, 0, &[&goes_on]), gone, &[early]),
        ("an attempt has left people", run(1, 0, &[]), run(1, 0, &[&waits]), None, &[]),
        ("held", run(0, 0, &[]), run(0, 0, &[&held("True")]), None, &[("held", Reason::LimitExceeded)]),
        ("held still", run(0, 0, &[&held("True")]), run(0, 0, &[&held("True")]), None, &[]),
        ("let go", run(0, 0, &[&held("True")]), run(0, 0, &[&held("False")]), None, &[]),
        ("done", run(1, 0, &[&goes_on]), run(1, 0, &[&done("Completed")]), None, &[("ended", Reason::Completed)]),
        (
            "done, and somebody failed",
            run(1, 0, &[]),
            run(1, 1, &[&done("CompletedWithErrors")]),
            None,
            &[("ended", Reason::CompletedWithErrors), ("failed", Reason::PeopleFailed)],
        ),
        ("done already", run(1, 1, &[&done("CompletedWithErrors")]), run(1, 1, &[&done("CompletedWithErrors")]), None, &[]),
        ("nobody was planned", run(0, 0, &[]), run(0, 0, &[&done("NobodyDue")]), None, &[("ended", Reason::NobodyDue)]),
    ];
    for (what, before, after, early, wanted) in rows {
        let early: Vec<_> = early.into_iter().collect();
        assert_eq!(said(&of_run(Some(&status(&before)), &status(&after), &early)), expected(wanted), "{what}");
    }
}

#[test]
fn the_same_news_are_the_same_event_and_others_are_others() {
    let not_ready = |reason: Reason, since: &str| News::NotReady { reason, since: since.to_owned() };
    let id = |news: News, uid: &str| news.id(uid);
    let first = id(not_ready(Reason::HeadMissing, "a"), "u");
    assert_eq!(first, id(not_ready(Reason::HeadMissing, "a"), "u"));
    for (other, uid) in
        [(not_ready(Reason::HeadMissing, "b"), "u"), (not_ready(Reason::TornRestore, "a"), "u"), (not_ready(Reason::HeadMissing, "a"), "v")]
    {
        assert_ne!(id(other, uid), first);
    }
    // Counts that are seen later do not make it another one.
    assert_eq!(id(News::Started { subjects: 1 }, "u"), id(News::Started { subjects: 2 }, "u"));
    assert_ne!(id(News::VersionMade { number: 1 }, "u"), id(News::VersionMade { number: 2 }, "u"));
    let ended = |attempt| News::AttemptEnded { attempt, ending: Ending::Unseen };
    assert_ne!(id(ended(1), "u"), id(ended(2), "u"));
}

#[test]
fn an_event_says_words_and_counts() {
    let since = String::new;
    let rows = [
        (News::VersionMade { number: 3 }, false, "version 3 was made"),
        (News::NotReady { reason: Reason::InvalidRule, since: since() }, true, "it cannot do its work: the condition Ready says why"),
        (News::Started { subjects: 7 }, false, "the first attempt was made; 7 people are planned"),
        (News::AttemptEnded { attempt: 2, ending: Ending::Gone }, true, "attempt 2 ended early: its Job is gone"),
        (News::Ended { reason: Reason::Completed, message: "7 of 7".to_owned() }, false, "7 of 7"),
        (News::Ended { reason: Reason::NobodyDue, message: "nobody".to_owned() }, false, "nobody"),
        (News::Ended { reason: Reason::AlreadyProcessed, message: "nobody".to_owned() }, false, "nobody"),
        (News::Ended { reason: Reason::NotAcknowledged, message: "classes".to_owned() }, true, "classes"),
        (News::Ended { reason: Reason::NotAvailable, message: "preview".to_owned() }, true, "preview"),
        (News::PeopleFailed { count: 2 }, true, "2 people failed; their results say why"),
    ];
    for (news, warning, message) in rows {
        let notice = news.notice(&About { kind: "Run", name: "r", uid: Some("u") });
        assert_eq!((notice.warning, notice.message.as_str(), notice.uid.as_deref()), (warning, message, Some("u")));
    }
}
