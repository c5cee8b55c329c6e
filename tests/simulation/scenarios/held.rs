//! Runs that wait for a person: nothing of them is done, it is told once, and a person ends the waiting.

use serde_json::json;
use tenure::sim::api::MemoryApi;

use super::end::End;
use super::play::{NS, Play, hired, joiner};

const LIMITED: &str = "{interval: 3h, directory: people, limits: {count: 2}}";

/// Three people who come on one day where two may.
fn house() -> Play {
    let play = Play::new("03-08", "03-13").schedule(LIMITED).workflow("joiner", &joiner(0));
    ["ann", "bob", "cid"].into_iter().fold(play, |play, name| play.user(name, &hired("2026-03-10")))
}

/// The Events about Runs that wait, without their names: those have the number of the evaluation.
fn told(end: &End) -> Vec<String> {
    let events = end.events("LimitExceeded").into_iter();
    events.filter_map(|event| event.split_once(": ").map(|(_, message)| message.to_owned())).collect()
}

fn can_work(end: &End) -> [bool; 3] {
    ["ann", "bob", "cid"].map(|name| end.account(name).0)
}

/// Cancels every Run that there is.
fn cancel(api: &MemoryApi) {
    for run in api.list("Run", Some(NS)) {
        let mut run = (*run).clone();
        run["spec"]["cancel"] = json!(true);
        api.put(&run).unwrap_or_else(|refusal| panic!("{}", refusal.message));
    }
}

const MESSAGE: &str = "3 people are more than 2: spec.limits of the TenantSchedule; nothing is done until a person decides";

#[test]
fn a_held_run_is_told_once_and_goes_on_when_the_limit_is_raised() {
    let raised = "{interval: 3h, directory: people, limits: {count: 3}}";
    let end = house().object_at("03-11T12:00", "TenantSchedule", "default", raised).run();
    assert_eq!(told(&end), [MESSAGE]);
    assert_eq!(can_work(&end), [true; 3]);
    assert_eq!(end.processed(), ["joiner ann completed 03-11", "joiner bob completed 03-11", "joiner cid completed 03-11"]);
}

#[test]
fn a_held_run_that_is_canceled_ends_and_nobody_of_it_is_processed() {
    let end = house().act("03-11T12:00", cancel).run();
    assert_eq!(told(&end), [MESSAGE]);
    assert_eq!(can_work(&end), [false; 3]);
    let lines = end.processed();
    assert!(lines.len() == 3 && lines.iter().all(|line| line.contains(" canceled CanceledByRequest ")), "{lines:?}");
}
