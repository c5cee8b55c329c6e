//! What leaves the house, and attempts that end before they have written down what came of it.

use std::time::Duration;

use tenure::sim::Death;
use tenure::sim::api::{MemoryApi, Verb, Verdict};

use super::end::{End, list, text};
use super::play::{NS, Play, timed};

/// More than one claim has.
const PEOPLE: usize = 24;
/// Most of them of whom it is not known whether their mail left.
const UNCERTAIN: usize = 8;

/// Newcomers whose only task is a mail, in a directory that bears many requests at the same time.
fn newcomers(people: usize, on_uncertain: &str, scope: &str) -> Play {
    let mail = format!("tasks: [{{name: mail, sendWelcomeEmail: {{}}, onUncertain: {on_uncertain}}}]");
    let workflow = timed("joiner", "employeeHireDate", 0, &mail)
        .replace("executionConditions: {", &format!("executionConditions: {{scope: {{rule: \"{scope}\"}}, "));
    let mut play = Play::new("03-09", "03-11")
        .schedule("{interval: 3h, directory: people, maxConcurrentRuns: 1, mail: {from: hr@acme.example}}")
        .object_at("03-09T01:00", "Directory", "people", "{embedded: {}, maxConcurrentRequests: 50}")
        .workflow("tell", &workflow);
    for number in 0..people {
        let name = format!("p{number:02}");
        let record = "department: Lab, employeeHireDate: \"2026-03-10\"";
        play = play.user(&name, &format!("{{displayName: Somebody, mail: {name}@acme.example, {record}}}"));
    }
    play
}

/// What the mail of each subject says, by subject: status and words.
fn mails(end: &End) -> Vec<(&str, &str, &str)> {
    let results = end.of_kind("RunSlice").flat_map(|slice| list(slice, "/results"));
    results
        .map(|result| (text(result, "/subject"), text(result, "/tasks/0/processingStatus"), text(result, "/tasks/0/processingInfo")))
        .collect()
}

#[test]
fn at_most_eight_mails_are_uncertain_after_a_crash() {
    let mut most = 0;
    for nth in 1..=6 {
        for verdict in [Verdict::Die, Verdict::DieAfter] {
            let what = format!("{verdict:?} at write {nth} of a slice");
            let mut play = newcomers(PEOPLE, "Skip", "department eq 'Lab'");
            // While one write is under way others wait for the next one, which they share.
            play.options.latency = Duration::from_millis(5);
            let end = play.on_request("execute/", (Verb::Update, "runslices"), nth, |_| {}, verdict).run();
            let told = mails(&end);
            assert_eq!(told.len(), PEOPLE, "{what}");
            assert!(told.iter().all(|(_, status, _)| *status == "completed"), "{what}: {told:?}");
            let (uncertain, certain): (Vec<_>, Vec<_>) = told.into_iter().partition(|(_, _, words)| words.ends_with("(onUncertain: Skip)"));
            assert!(uncertain.len() <= UNCERTAIN, "{what}: {uncertain:?}");
            most = most.max(uncertain.len());
            // Nobody gets it twice, and whoever is not uncertain has it.
            let sent = |name: &str| end.mails.iter().filter(|sent| sent.mail.subject == name).count();
            assert!(certain.iter().all(|(name, ..)| sent(name) == 1), "{what}");
            assert!(uncertain.iter().all(|(name, ..)| sent(name) <= 1), "{what}");
        }
    }
    assert!(most > UNCERTAIN / 2, "{most}: where hardly anything is in flight at once, the bound is not tried");
}

#[test]
fn no_mail_is_uncertain_where_the_runner_was_asked_to_end() {
    for nth in 1..=6 {
        let mut play = newcomers(PEOPLE, "Skip", "department eq 'Lab'");
        play.options.latency = Duration::from_millis(5);
        play.options.death = Death::Asked;
        let end = play.on_request("execute/", (Verb::Update, "runslices"), nth, |_| {}, Verdict::Freeze { seconds: 0 }).run();
        let told = mails(&end);
        assert_eq!(told.len(), PEOPLE, "{nth}");
        assert!(told.iter().all(|(_, status, words)| *status == "completed" && !words.contains("onUncertain")), "{nth}: {told:?}");
        let sent = |name: &str| end.mails.iter().filter(|sent| sent.mail.subject == name).count();
        assert!(told.iter().all(|(name, ..)| sent(name) == 1), "{nth}");
    }
}

/// With `Repeat` nothing is written down before a mail leaves. Who is not to be begun any more is not carried through for it,
/// but is not taken for untouched.
#[test]
fn who_may_have_got_a_mail_is_not_called_off_as_untouched() {
    let moves = |api: &MemoryApi| {
        let mut user = (*api.get("User", NS, "p00").expect("the record")).clone();
        user["spec"]["department"] = "Sales".into();
        api.put(&user).expect("stored");
    };
    // (the write of the slice at which the attempt ends, what becomes of the write, mails that have left)
    for (nth, verdict, sent) in [(1, Verdict::DieAfter, 0), (2, Verdict::Die, 1)] {
        let end =
            newcomers(1, "Repeat", "department eq 'Lab'").on_request("execute/", (Verb::Update, "runslices"), nth, moves, verdict).run();
        assert_eq!(end.processed(), ["tell p00 canceled OutOfScope 03-10"], "{nth}");
        assert_eq!(mails(&end), [("p00", "canceled", "an attempt that has ended may have done it, or not")], "{nth}");
        assert_eq!(end.mails.len(), sent, "{nth}");
    }
    // Whoever stays is told once more, and nothing is left to be said.
    let end =
        newcomers(1, "Repeat", "department eq 'Lab'").on_request("execute/", (Verb::Update, "runslices"), 2, |_| {}, Verdict::Die).run();
    assert_eq!(mails(&end), [("p00", "completed", "")]);
    assert_eq!(end.mails.len(), 2);
}
