//! What a runner may not do: a right may come back, so that a leaver waits for it and says so, and nobody asks over and over.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::Value;
use tenure::sim::api::{MemoryApi, Verb, Verdict};

use super::end::{list, number, text};
use super::play::{NS, Play, hired, joiner, leaver, leaves};

/// Status and reason of the only result of the only slice.
fn only_result(api: &MemoryApi) -> (String, String) {
    let slices = api.list("RunSlice", Some(NS));
    let results: Vec<&Value> = slices.iter().flat_map(|slice| list(slice, "/results")).collect();
    let [result] = results[..] else { panic!("{} results", results.len()) };
    (text(result, "/processingStatus").to_owned(), text(result, "/reason").to_owned())
}

/// Looks at the tenant at an instant.
fn note<T: Send + 'static>(play: Play, when: &str, look: impl FnOnce(&MemoryApi) -> T + Send + 'static) -> (Play, Arc<Mutex<Option<T>>>) {
    let noted = Arc::new(Mutex::new(None));
    let kept = Arc::clone(&noted);
    (play.act(when, move |api| *kept.lock().expect("nobody panics while noting") = Some(look(api))), noted)
}

#[test]
fn a_leaver_waits_for_a_right_and_says_so() {
    // (what the runner may not do, how often an attempt asks for it: the leaver has two tasks that write, together and then
    // each alone)
    for (request, asked) in [((Verb::Get, "users"), 1), ((Verb::Update, "accounts"), 3)] {
        let denied = Arc::new(AtomicU32::new(0));
        let play = Play::new("03-10", "03-14").workflow("leaver", &leaver(0)).user("bob", &leaves("2026-03-11")).deny(
            ("03-10T12:00", "03-12T10:00"),
            "execute/",
            request,
            &denied,
        );
        let attempts = |api: &MemoryApi| {
            let runs = api.list("Run", Some(NS));
            runs.iter().map(|run| number(run, "/status/attempt")).sum::<i64>()
        };
        let (play, noted) = note(play, "03-12T09:00", move |api| (only_result(api), attempts(api)));
        let end = play.run();
        let ((status, reason), attempts) = noted.lock().expect("nobody panics here").take().expect("it was noted");
        assert_eq!((status.as_str(), reason.as_str()), ("queued", "DirectoryRefused"), "{request:?}");
        assert!(attempts > 10, "{request:?}: it is tried again: {attempts} attempts");
        let denied = i64::from(denied.load(Ordering::SeqCst));
        // Until the right came back there were a few attempts more.
        assert!((asked * attempts..asked * (attempts + 5)).contains(&denied), "{request:?}: {denied} requests by {attempts} attempts");
        assert_eq!(end.account("bob"), (false, vec![]), "{request:?}");
        let lines = end.processed();
        assert!(lines.len() == 1 && lines[0].starts_with("leaver bob completed "), "{request:?}: {lines:?}");
    }
}

#[test]
fn what_a_leaver_may_lose_is_taken_beside_what_is_denied() {
    let groups = Arc::new(Mutex::new(None));
    let noted = Arc::clone(&groups);
    let end = Play::new("03-10", "03-14")
        .workflow("leaver", &leaver(0))
        .user("bob", &leaves("2026-03-11"))
        // That the account is disabled is denied, with the groups and alone; the subject is looked at again and the groups are
        // left in the same attempt, whose results come next.
        .spoil("execute/", (Verb::Update, "accounts"), 1..=2, Verdict::Forbid)
        .on_request(
            "execute/",
            (Verb::Update, "runslices"),
            3,
            move |api| {
                let account = api.get("Account", NS, "bob").expect("the account");
                let is_enabled = account["spec"]["accountEnabled"] == true;
                *noted.lock().expect("nobody panics here") = Some((is_enabled, list(&account, "/spec/memberOf").len()));
            },
            Verdict::Pass,
        )
        .run();
    assert_eq!(*groups.lock().expect("nobody panics here"), Some((true, 0)));
    assert_eq!(end.processed(), ["leaver bob completed 03-11"]);
    assert_eq!(end.account("bob"), (false, vec![]));
}

#[test]
fn whoever_is_let_in_fails_where_the_runner_may_not() {
    let end = Play::new("03-09", "03-14")
        .workflow("joiner", &joiner(0))
        .user("ann", &hired("2026-03-10"))
        .deny(("03-09T12:00", "03-12T10:00"), "execute/", (Verb::Update, "accounts"), &Arc::new(AtomicU32::new(0)))
        .run();
    assert_eq!(end.processed(), ["joiner ann failed DirectoryRefused 03-10"]);
    assert_eq!(end.account("ann"), (false, vec![]));
}
