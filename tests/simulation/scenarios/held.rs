//! Runs that wait for a person: nothing of them is done, it is told once, and a person ends the waiting.

use std::sync::{Arc, Mutex};

use chrono::TimeDelta;
use serde_json::json;
use tenure::sim::api::{MemoryApi, Verb, Verdict};

use super::end::{End, number, text};
use super::play::{NS, Play, at, hired, joiner, leaver, timed};

const LIMITED: &str = "{interval: 3h, directory: people, limits: {count: 2}}";
const RAISED: &str = "{interval: 3h, directory: people, limits: {count: 3}}";

/// Three people who come on one day where two may.
fn house() -> Play {
    house_until("03-13")
}

fn house_until(until: &str) -> Play {
    let play = Play::new("03-08", until).schedule(LIMITED).workflow("joiner", &joiner(0));
    ["ann", "bob", "cid"].into_iter().fold(play, |play, name| play.user(name, &hired("2026-03-10")))
}

/// A record of somebody who came with the others and has left since.
fn has_left() -> String {
    hired("2026-03-10").replacen('{', "{employeeLeaveDateTime: \"2026-03-11T09:00:00Z\", ", 1)
}

/// How often the ledger says that.
fn count(end: &End, state_and_reason: &str) -> usize {
    end.ledger().iter().filter(|row| row.ends_with(state_and_reason)).count()
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
    let end = house().object_at("03-11T12:00", "TenantSchedule", "default", RAISED).run();
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

#[test]
fn a_held_run_goes_on_at_once_when_the_limit_of_its_workflow_is_raised() {
    let limited = |count: i32| joiner(0).replacen('{', &format!("{{executionLimits: {{count: {count}}}, "), 1);
    let schedule = "{interval: 3h, directory: people, evaluateOnChange: false}";
    let play = Play::new("03-08", "03-13").schedule(schedule).workflow("joiner", &limited(2));
    let play = ["ann", "bob", "cid"].into_iter().fold(play, |play, name| play.user(name, &hired("2026-03-10")));
    let end = play.object_at("03-11T11:00", "Workflow", "joiner", &limited(3)).run();
    let when = end.when("joiner", "ann");
    assert!(matches!(when[..], [when] if when >= at("03-11T11:00") && when < at("03-11T11:05")), "{when:?}");
}

#[test]
fn who_is_off_boarded_leaves_a_held_plan_and_the_others_go_on() {
    for has_leaver in [true, false] {
        let play = house().user_at("03-11T10:00", "ann", &has_left());
        let end = if has_leaver { play.workflow("leaver", &leaver(0)) } else { play }.run();
        let mut wanted = vec!["joiner ann canceled Superseded 03-11", "joiner bob completed 03-11", "joiner cid completed 03-11"];
        wanted.extend(has_leaver.then_some("leaver ann completed 03-11"));
        assert_eq!(end.processed(), wanted, "with a leaver workflow: {has_leaver}");
        assert_eq!(can_work(&end), [false, true, true]);
    }
}

#[test]
fn a_held_run_of_whom_everybody_is_off_boarded_comes_to_its_end() {
    let play = house().schedule("{interval: 3h, directory: people, evaluateOnChange: false, limits: {count: 2}}");
    let end = ["ann", "bob", "cid"].into_iter().fold(play, |play, name| play.user_at("03-11T10:00", name, &has_left())).run();
    let wanted = ["ann", "bob", "cid"].map(|name| format!("joiner {name} canceled Superseded 03-11"));
    assert_eq!(end.processed(), wanted);
    assert!(!end.problems.iter().any(|problem| problem.contains("is held")), "{:?}", end.problems);
}

#[test]
fn who_changes_or_leaves_the_scope_leaves_a_held_plan_whose_hash_is_made_anew() {
    let record = |date: &str, department: &str| hired(date).replacen('{', &format!("{{department: {department}, "), 1);
    let tasks = "tasks: [{name: enable, enableUserAccount: {}}]";
    let scoped = timed("joiner", "employeeHireDate", 0, tasks).replacen(
        "executionConditions: {",
        "executionConditions: {scope: {rule: \"department eq 'Lab'\"}, ",
        1,
    );
    let mut play = Play::new("03-08", "03-13").schedule(LIMITED).workflow("joiner", &scoped);
    for name in ["ann", "bob", "cid", "dee"] {
        play = play.user(name, &record("2026-03-10", "Lab"));
    }
    play = play.user_at("03-10T12:00", "ann", &record("2026-03-20", "Lab")).user_at("03-11T12:00", "bob", &record("2026-03-10", "Sales"));
    let plans: Arc<Mutex<Vec<(i64, String)>>> = Arc::default();
    for when in ["03-10T06:00", "03-10T18:00", "03-12T06:00"] {
        let plans = Arc::clone(&plans);
        play = play.act(when, move |api| {
            let runs = api.list("Run", Some(NS));
            let [run] = &runs[..] else { panic!("{} Runs", runs.len()) };
            let of = (number(run, "/status/plan/subjects"), text(run, "/status/plan/hash").to_owned());
            plans.lock().expect("nobody panics while noting").push(of);
        });
    }
    let end = play.run();
    let wanted = [
        "joiner ann canceled Changed 03-10",
        "joiner bob canceled OutOfScope 03-11",
        "joiner cid completed 03-11",
        "joiner dee completed 03-11",
    ];
    assert_eq!(end.processed(), wanted);
    let plans = plans.lock().expect("nobody panics while noting").clone();
    let [(four, all), (three, less), (two, least)] = &plans[..] else { panic!("{plans:?}") };
    assert_eq!([four, three, two], [&4, &3, &2]);
    assert!(all != less && less != least && all != least, "{plans:?}");
}

#[test]
fn who_is_due_later_is_in_another_run_that_is_judged_by_itself() {
    let play = house().user("dee", &hired("2026-03-11")).object_at("03-12T12:00", "TenantSchedule", "default", RAISED);
    let end = play.run();
    let wanted = ["joiner dee completed 03-11", "joiner ann completed 03-12", "joiner bob completed 03-12", "joiner cid completed 03-12"];
    assert_eq!(end.processed(), wanted);
    assert_eq!(end.names("Run").len(), 2);
    assert_eq!(told(&end), [MESSAGE]);
}

#[test]
fn an_attribute_that_leaves_the_trigger_takes_nobody_out_of_a_held_plan_who_has_another_one() {
    let mover = |attributes: &str| {
        format!(
            "{{category: mover, isSchedulingEnabled: true, executionConditions: {{trigger: {{attributeChange: {{attributes: [{attributes}]}}}}}}, \
             tasks: [{{name: lab, addUserToGroups: {{groups: [lab]}}}}]}}"
        )
    };
    let record = |department: &str, title: &str| format!("{{department: {department}, jobTitle: {title}}}");
    let mut play = Play::new("03-08", "03-13").schedule(LIMITED).workflow("mover", &mover("department, jobTitle"));
    for (name, title) in [("ann", "Head"), ("bob", "Clerk"), ("cid", "Clerk")] {
        play = play.user(name, &record("Sales", "Clerk")).user_at("03-10T08:00", name, &record("Lab", title));
    }
    let end = play
        .object_at("03-10T12:00", "Workflow", "mover", &mover("department"))
        .object_at("03-11T12:00", "TenantSchedule", "default", RAISED)
        .run();
    assert_eq!(end.processed(), ["ann", "bob", "cid"].map(|name| format!("mover {name} completed 03-11")));
    assert_eq!(count(&end, "released Changed"), 0);
}

#[test]
fn a_held_plan_expires_at_the_first_tick_after_its_window_and_stays_so() {
    for skip_quiet in [true, false] {
        let mut play = house_until("03-20").object_at("03-16T12:00", "TenantSchedule", "default", RAISED);
        play.options.skip_quiet = skip_quiet;
        let end = play.run();
        assert_eq!(end.processed(), ["ann", "bob", "cid"].map(|name| format!("joiner {name} canceled PlanExpired 03-13")));
        assert_eq!((count(&end, "released PlanExpired"), count(&end, "missed PlanExpired")), (3, 3), "{:?}", end.ledger());
        let (ends, next) = (at("03-13"), at("03-13") + TimeDelta::minutes(181));
        for row in end.rows().into_iter().filter(|row| text(row, "/state") == "missed") {
            let when = text(row, "/at").parse::<chrono::DateTime<chrono::Utc>>().expect("an instant");
            assert!(when > ends && when < next, "{when}, quiet ticks left out: {skip_quiet}");
        }
        assert_eq!(can_work(&end), [false; 3]);
        let problem = "Workflow t/joiner: 3 people were planned and not begun before the window ended: PlanExpired";
        assert!(end.problems.iter().any(|found| found == problem), "{:?}", end.problems);
    }
}

#[test]
fn a_limit_that_is_raised_after_the_window_starts_nobody() {
    let suspended = |count: i32| format!("{{interval: 3h, directory: people, suspend: true, limits: {{count: {count}}}}}");
    let raised_at = |when: &str| {
        house_until("03-18")
            .object_at("03-10T12:00", "TenantSchedule", "default", &suspended(2))
            .object_at(when, "TenantSchedule", "default", &suspended(3))
            .object_at("03-15T12:00", "TenantSchedule", "default", RAISED)
            .run()
    };
    let late = raised_at("03-14T12:00");
    assert_eq!(late.processed(), ["ann", "bob", "cid"].map(|name| format!("joiner {name} canceled PlanExpired 03-14")));
    assert_eq!(count(&late, "missed PlanExpired"), 3, "{:?}", late.ledger());
    assert_eq!(can_work(&late), [false; 3]);
    let in_time = raised_at("03-12T12:00");
    assert_eq!(in_time.processed(), ["ann", "bob", "cid"].map(|name| format!("joiner {name} completed 03-12")));
}

#[test]
fn a_limit_that_is_lowered_does_not_hold_what_has_begun() {
    let lower = |api: &MemoryApi| {
        let mut schedule = (*api.get("TenantSchedule", NS, "default").expect("the schedule")).clone();
        schedule["spec"]["limits"]["count"] = json!(1);
        api.put(&schedule).unwrap_or_else(|refusal| panic!("{}", refusal.message));
    };
    // The first write of the runner is its claim.
    let end = house().schedule(RAISED).on_request("execute/", (Verb::Update, "runslices"), 1, lower, Verdict::Pass).run();
    assert_eq!(end.processed(), ["ann", "bob", "cid"].map(|name| format!("joiner {name} completed 03-10")));
    assert!(told(&end).is_empty(), "{:?}", told(&end));
    assert!(!end.problems.iter().any(|problem| problem.contains("is held")), "{:?}", end.problems);
}
