//! Runners that are asked to end, as by whoever deletes their pod or empties their node: what is under way is finished, and the next
//! attempt goes on at once.

use std::sync::atomic::Ordering;
use std::time::Duration;

use tenure::domain::job::execution_job_name;
use tenure::sim::Death;
use tenure::sim::api::{Verb, Verdict};

use super::end::{End, number, text};
use super::play::{Play, leaver, leaves};

/// Three claims of one slice.
const PEOPLE: u32 = 60;
/// The process goes on, and hears that it is to end.
const ASKED: Verdict = Verdict::Freeze { seconds: 0 };

/// Seconds from the first subject to the last.
fn span(end: &End) -> i64 {
    let all: Vec<_> = (0..PEOPLE).flat_map(|number| end.when("leaver", &format!("p{number:02}"))).collect();
    let (first, last) = (all.iter().min().expect("somebody"), all.iter().max().expect("somebody"));
    (*last - *first).num_seconds()
}

#[test]
fn an_attempt_that_is_asked_to_end_finishes_what_it_does_and_the_next_one_goes_on_at_once() {
    // (at which request, and at the how manieth of them)
    let accounts = [1, 5, 19, 20, 21, 40].map(|nth| ((Verb::Update, "accounts"), nth));
    let slices = [1, 2, 3].map(|nth| ((Verb::Update, "runslices"), nth));
    let others = [((Verb::Get, "users"), 30), ((Verb::Get, "tenantledgers"), 3)];
    for (request, nth) in accounts.into_iter().chain(slices).chain(others) {
        let what = format!("{request:?} {nth}");
        let play = Play::new("03-10", "03-12").workflow("leaver", &leaver(0));
        let mut play = (0..PEOPLE).fold(play, |play, number| play.user(&format!("p{number:02}"), &leaves("2026-03-11")));
        play.options.death = Death::Asked;
        play.options.latency = Duration::from_millis(5);
        let (play, writes) = play.count("execute/", (Verb::Update, "accounts"));
        let end = play.on_request("execute/leaver", request, nth, |_| {}, ASKED).run();
        let done = end.processed().iter().filter(|line| line.ends_with(" completed 03-11")).count();
        assert_eq!(done, usize::try_from(PEOPLE).expect("few"), "{what}: {:?}", end.processed());
        assert_eq!(writes.load(Ordering::SeqCst), PEOPLE, "{what}: nothing was cut off, and nothing is done twice");
        let attempts: Vec<i64> = end.of_kind("Run").map(|run| number(run, "/status/attempt")).collect();
        assert_eq!(attempts, [2], "{what}");
        let span = span(&end);
        assert!(span < 30, "{what}: {span} s from the first to the last, and nobody was waited for");
        let claims: Vec<_> = end.of_kind("RunSlice").map(|slice| (text(slice, "/run"), text(slice, "/claim/holder"))).collect();
        // Who gives the last claim of a slice back leaves nobody's name in it.
        let is_of_the_next = |(run, holder): &(&str, &str)| holder.is_empty() || holder.contains(&execution_job_name(run, 2));
        assert!(claims.iter().all(is_of_the_next), "{what}: {claims:?}");
    }
}

#[test]
fn an_evaluation_that_is_asked_to_end_is_followed_by_another() {
    for nth in [1, 2] {
        let mut play = Play::new("03-10", "03-12").workflow("leaver", &leaver(0)).user("bob", &leaves("2026-03-11"));
        play.options.death = Death::Asked;
        let end = play.on_request("evaluate/", (Verb::Update, "tenantledgers"), nth, |_| {}, ASKED).run();
        assert_eq!(end.processed(), ["leaver bob completed 03-11"], "{nth}");
        assert_eq!(end.account("bob"), (false, vec![]), "{nth}");
    }
}
