//! What happens is told by Events of the objects concerned: one each, with counts and without anybody's name, whoever dies and
//! whatever is listed again.

use tenure::sim::api::{MemoryApi, Verb, Verdict};

use super::end::{End, text};
use super::play::{NS, Play, hired, joiner};

/// How often each reason was told, in alphabetical order.
fn told(end: &End) -> Vec<(String, usize)> {
    let mut reasons: Vec<String> = end.of_kind("Event").map(|event| text(event, "/reason").to_owned()).collect();
    reasons.sort();
    let mut counts: Vec<(String, usize)> = Vec::new();
    for reason in reasons {
        match counts.last_mut() {
            Some((last, count)) if *last == reason => *count += 1,
            _ => counts.push((reason, 1)),
        }
    }
    counts
}

fn rows(expected: &[(&str, usize)]) -> Vec<(String, usize)> {
    expected.iter().map(|(reason, count)| ((*reason).to_owned(), *count)).collect()
}

/// Two people who begin on one day; a group that one task names is not there.
fn house() -> Play {
    let task = "{name: gone, continueOnError: true, addUserToGroups: {groups: [gone]}}";
    let joiner = joiner(0).replacen("tasks: [", &format!("tasks: [{task}, "), 1);
    assert!(joiner.contains(task), "{joiner}");
    let play = Play::new("03-08", "03-13").workflow("joiner", &joiner);
    ["annabel", "bobby"].into_iter().fold(play, |play, name| play.user(name, &hired("2026-03-10")))
}

/// What a Run of both has to be told of. The name of the group is one of the spec, and not of a person.
const HOUSE: [(&str, usize); 5] =
    [("CompletedWithErrors", 1), ("PeopleFailed", 1), ("ReferenceMissing", 1), ("Started", 1), ("VersionMade", 1)];

fn names_nobody(end: &End) {
    for event in end.of_kind("Event") {
        let all = event.to_string();
        assert!(!all.contains("annabel") && !all.contains("bobby"), "{all}");
        assert!(!text(event, "/involvedObject/uid").is_empty(), "nobody who asks for the object's Events is shown {all}");
    }
}

#[test]
fn each_thing_that_happens_is_told_once_and_names_nobody() {
    let end = house().run();
    assert_eq!(told(&end), rows(&HOUSE));
    names_nobody(&end);
    assert_eq!(end.events("PeopleFailed").iter().filter(|event| event.ends_with(": 2 people failed; their results say why")).count(), 1);
    assert_eq!(end.events("VersionMade"), ["joiner: version 1 was made"]);
}

#[test]
fn a_controller_that_dies_tells_nothing_twice_and_leaves_nothing_out() {
    // Before its first Events arrive, after they took effect, and after each write of a status.
    let requests = [(Verb::Create, "events"), (Verb::Patch, "runs"), (Verb::Patch, "workflows")];
    for request in requests {
        for nth in 1..=3 {
            for verdict in [Verdict::Die, Verdict::DieAfter] {
                let what = format!("{request:?} {nth} {verdict:?}");
                let end = house().spoil(tenure::sim::CONTROLLER, request, nth..=nth, verdict).run();
                assert_eq!(told(&end), rows(&HOUSE), "{what}");
            }
        }
    }
}

#[test]
fn an_attempt_that_dies_is_told_once() {
    let expected = [("AttemptEndedEarly", 1), HOUSE[0], HOUSE[1], HOUSE[2], HOUSE[3], HOUSE[4]];
    for lost in [false, true] {
        let play = house().on_request("execute/", (Verb::Update, "runslices"), 2, |_| {}, Verdict::Die);
        let end = if lost { play.lost_nodes() } else { play }.run();
        assert_eq!(told(&end), rows(&expected), "the node is lost: {lost}");
        names_nobody(&end);
        let said = end.events("AttemptEndedEarly");
        assert!(said[0].contains(": attempt 1 ended early: "), "{said:?}");
    }
}

#[test]
fn an_attempt_that_dies_is_told_once_whenever_the_controller_dies_as_well() {
    let expected = [("AttemptEndedEarly", 1), HOUSE[0], HOUSE[1], HOUSE[2], HOUSE[3], HOUSE[4]];
    for request in [(Verb::Create, "jobs"), (Verb::Create, "events"), (Verb::Patch, "runs")] {
        for nth in 2..=6 {
            for verdict in [Verdict::Die, Verdict::DieAfter] {
                let what = format!("{request:?} {nth} {verdict:?}");
                let play = house().on_request("execute/", (Verb::Update, "runslices"), 2, |_| {}, Verdict::Die);
                let end = play.spoil(tenure::sim::CONTROLLER, request, nth..=nth, verdict).run();
                assert_eq!(told(&end), rows(&expected), "{what}");
            }
        }
    }
}

#[test]
fn a_ledger_that_is_missing_is_told_once() {
    let lose = |api: &MemoryApi| {
        api.delete("TenantLedger", NS, "default").expect("the head");
    };
    let play = Play::new("03-08", "03-13").workflow("joiner", &joiner(0)).user("annabel", &hired("2026-03-10"));
    let end = play.act("03-11T09:00", lose).run_broken();
    assert_eq!(end.condition("TenantSchedule", "default", "Stalled"), "Stalled=True HeadMissing");
    assert_eq!(end.events("HeadMissing"), ["default: it cannot do its work: the condition Ready says why"]);
    names_nobody(&end);
}
