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
    // (what the runner may not do, how often an attempt asks for it: six times the first time, for a server that starts denies
    // what it will allow; and the leaver has two tasks that write, together and then each alone)
    for (request, asked) in [((Verb::Get, "users"), 6), ((Verb::Update, "accounts"), 8)] {
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
        .spoil("execute/", (Verb::Update, "accounts"), 1..=7, Verdict::Forbid)
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
fn whoever_is_let_in_waits_for_a_right_until_the_window_ends() {
    // (until when it is denied, what comes of it: the window of a joiner is three days)
    for (until, expected) in [("03-11T10:00", "joiner ann completed "), ("03-15T10:00", "joiner ann failed DirectoryRefused ")] {
        let play = Play::new("03-09", "03-16").workflow("joiner", &joiner(0)).user("ann", &hired("2026-03-10")).deny(
            ("03-09T12:00", until),
            "execute/",
            (Verb::Update, "accounts"),
            &Arc::new(AtomicU32::new(0)),
        );
        let (play, noted) = note(play, "03-11T09:00", only_result);
        let end = play.run();
        let (status, reason) = noted.lock().expect("nobody panics here").take().expect("it was noted");
        assert_eq!((status.as_str(), reason.as_str()), ("queued", "DirectoryRefused"), "{until}");
        let lines = end.processed();
        assert!(lines.len() == 1 && lines[0].starts_with(expected), "{until}: {lines:?}");
        assert_eq!(end.account("ann").0, expected.contains("completed"), "{until}");
    }
}

#[test]
fn a_server_that_starts_denies_for_a_moment_and_nobody_notices() {
    // (what is denied twice, whoever asks for it)
    let requests = [
        (Verb::Get, "runs"),
        (Verb::Get, "tenantledgers"),
        (Verb::Get, "users"),
        (Verb::Get, "accounts"),
        (Verb::Update, "accounts"),
        (Verb::Update, "runslices"),
        (Verb::List, "users"),
        (Verb::Update, "tenantledgers"),
    ];
    for request in requests {
        let end = Play::new("03-09", "03-13")
            .workflow("joiner", &joiner(0))
            .workflow("leaver", &leaver(0))
            .user("ann", &hired("2026-03-10"))
            .user("bob", &leaves("2026-03-11"))
            .spoil("execute/", request, 1..=2, Verdict::Forbid)
            .spoil("evaluate/", request, 1..=2, Verdict::Forbid)
            .run();
        assert_eq!(end.processed(), ["joiner ann completed 03-10", "leaver bob completed 03-11"], "{request:?}");
        let attempts: Vec<i64> = end.of_kind("Run").map(|run| number(run, "/status/attempt")).collect();
        assert_eq!(attempts, [1, 1], "{request:?}: no attempt ended for it");
    }
}

#[test]
fn four_restarts_of_the_server_in_a_run_of_four_hundred_cost_nobody_a_group() {
    const PEOPLE: usize = 400;
    let play = Play::new("03-10", "03-12").workflow("leaver", &leaver(0));
    let mut play = (0..PEOPLE).fold(play, |play, number| play.user(&format!("p{number:03}"), &leaves("2026-03-11")));
    // A server that ends answers nothing, and one that starts denies everything for a moment: here to those whose turn it is, and
    // once for longer than that is borne.
    for (first, last, verdict) in
        [(50, 60, Verdict::Refuse), (60, 75, Verdict::Forbid), (150, 170, Verdict::Forbid), (230, 330, Verdict::Forbid)]
    {
        play = play.spoil("execute/", (Verb::Update, "accounts"), first..=last, verdict);
    }
    let play = play
        .spoil("execute/", (Verb::Get, "users"), 340..=350, Verdict::Forbid)
        .spoil("execute/", (Verb::Get, "tenantledgers"), 15..=18, Verdict::Forbid)
        .spoil("execute/", (Verb::Update, "runslices"), 18..=20, Verdict::Forbid);
    let end = play.run();
    let lines = end.processed();
    let done = lines.iter().filter(|line| line.starts_with("leaver p") && line.contains(" completed ")).count();
    assert_eq!((done, lines.len()), (PEOPLE, PEOPLE), "{lines:?}");
    for number in 0..PEOPLE {
        let name = format!("p{number:03}");
        assert_eq!(end.account(&name), (false, vec![]), "{name}");
    }
}
