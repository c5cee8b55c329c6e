//! A head has bounds. Who comes too late for a place in it waits and says so; nobody else waits with them.

use std::sync::Arc;

use serde_json::{Value, json};
use tenure::sim::api::{MemoryApi, Verb};

use super::end::{End, list, text};
use super::play::{NS, Play, hired, joiner, timed};

/// The names in a list of the head.
fn remembered<'a>(end: &'a End, of: &str) -> Vec<&'a str> {
    list(end.object("TenantLedger", "default"), of).iter().map(|entry| text(entry, "/name")).collect()
}

#[test]
fn one_directory_more_than_the_head_remembers_keeps_nobody_waiting() {
    let play = Play::new("03-10", "03-12").workflow("joiner", &joiner(0)).user("ann", &hired("2026-03-11"));
    let elsewhere = joiner(0).replacen('{', "{directory: z099, ", 1);
    let play = (0..100).fold(play, |play, number| play.object("Directory", &format!("z{number:03}"), "{embedded: {}}"));
    let end = play.workflow("elsewhere", &elsewhere).run();
    assert!(end.processed().contains(&"joiner ann completed 03-11".to_owned()), "{:?}", end.processed());
    assert_eq!(end.condition("Directory", "z099", "Ready"), "Ready=False TooManyNames");
    assert_eq!(end.condition("Directory", "z098", "Ready"), "Ready=True Usable");
    assert_eq!(end.condition("Workflow", "elsewhere", "Ready"), "Ready=False TooManyNames");
    assert_eq!(end.condition("TenantSchedule", "default", "Stalled"), "Stalled=False NotStalled");
    assert_eq!(remembered(&end, "/directories").len(), 100);
    assert!(end.problems.iter().any(|problem| problem.starts_with("Directory t/z099 is not Ready")), "{:?}", end.problems);
}

#[test]
fn a_directory_that_is_gone_makes_room() {
    let play = Play::new("03-10", "03-13").workflow("joiner", &joiner(0)).user("ann", &hired("2026-03-11"));
    let play = (0..100).fold(play, |play, number| play.object("Directory", &format!("z{number:03}"), "{embedded: {}}"));
    let end = play.delete_at("03-11T10:00", "Directory", "z000").run();
    assert_eq!(end.condition("Directory", "z099", "Ready"), "Ready=True Usable");
    let remembered = remembered(&end, "/directories");
    assert!(!remembered.contains(&"z000") && remembered.contains(&"z099") && remembered.len() == 100, "{remembered:?}");
}

#[test]
fn triggers_that_the_head_has_no_room_for_keep_nobody_waiting() {
    // Ten names of 120 characters each take 1,700 bytes: of 256 KiB there is room for 154.
    let names: Vec<String> = (0..10).map(|number| format!("extension_{number}_{}", "x".repeat(108))).collect();
    let names = names.join(", ");
    let spec = || {
        format!(
            "{{category: mover, isSchedulingEnabled: true, executionConditions: {{scope: {{rule: \"department eq 'lab'\"}}, trigger: \
             {{attributeChange: {{attributes: [{names}]}}}}}}, tasks: [{{name: lab, addUserToGroups: {{groups: [lab]}}}}]}}"
        )
    };
    let play = Play::new("03-10", "03-12").workflow("joiner", &joiner(0)).user("ann", &hired("2026-03-11"));
    let end = (0..156).fold(play, |play, number| play.workflow(&format!("watch-{number:03}"), &spec())).run();
    assert!(end.processed().contains(&"joiner ann completed 03-11".to_owned()), "{:?}", end.processed());
    let is_placeless = |number: usize| end.condition("Workflow", &format!("watch-{number:03}"), "Ready") == "Ready=False TooManyNames";
    assert_eq!((0..156).filter(|number| is_placeless(*number)).collect::<Vec<_>>(), [154, 155]);
    assert_eq!(remembered(&end, "/workflows").len(), 155);
}

#[test]
fn triggers_that_look_at_more_than_a_sighting_has_marks_for_keep_nobody_waiting() {
    let spec = |number: usize| {
        let names: Vec<String> = (0..10).map(|name| format!("extension_{number}_{name}")).collect();
        let names = names.join(", ");
        format!(
            "{{category: mover, isSchedulingEnabled: true, executionConditions: {{scope: {{rule: \"department eq 'lab'\"}}, trigger: \
             {{attributeChange: {{attributes: [{names}]}}}}}}, tasks: [{{name: lab, addUserToGroups: {{groups: [lab]}}}}]}}"
        )
    };
    let play = Play::new("03-10", "03-12").workflow("joiner", &joiner(0)).user("ann", &hired("2026-03-11"));
    let end = (0..21).fold(play, |play, number| play.workflow(&format!("watch-{number:02}"), &spec(number))).run();
    assert!(end.processed().contains(&"joiner ann completed 03-11".to_owned()), "{:?}", end.processed());
    // The zone of the joiner's date is one of 190.
    let is_placeless = |number: usize| end.condition("Workflow", &format!("watch-{number:02}"), "Ready") == "Ready=False TooManyNames";
    assert_eq!((0..21).filter(|number| is_placeless(*number)).collect::<Vec<_>>(), [18, 19, 20]);
    assert_eq!(end.condition("TenantSchedule", "default", "Stalled"), "Stalled=False NotStalled");
}

#[test]
fn who_looks_at_more_than_before_takes_no_room_from_others() {
    let spec = |names: &str| {
        format!(
            "{{category: mover, isSchedulingEnabled: true, executionConditions: {{scope: {{rule: \"department eq 'lab'\"}}, trigger: \
             {{attributeChange: {{attributes: [{names}]}}}}}}, tasks: [{{name: lab, addUserToGroups: {{groups: [lab]}}}}]}}"
        )
    };
    let names = |number: usize| (0..10).map(|name| format!("extension_{number}_{name}")).collect::<Vec<_>>().join(", ");
    let play = Play::new("03-10", "03-14");
    let play = (0..20).fold(play, |play, number| play.workflow(&format!("watch-{number:02}"), &spec("city")));
    // It comes after them, and looks at something of its own.
    let play = play.object_at("03-10T06:00", "Workflow", "younger", &spec("country"));
    let widened =
        |play: Play, number: usize| play.object_at("03-12T06:00", "Workflow", &format!("watch-{number:02}"), &spec(&names(number)));
    let end = (0..20).fold(play, widened).run();
    assert_eq!(end.condition("Workflow", "younger", "Ready"), "Ready=True VersionInForce");
    let ready = (0..20).filter(|number| end.condition("Workflow", &format!("watch-{number:02}"), "Ready") == "Ready=True VersionInForce");
    assert_eq!(ready.count(), 18);
}

#[test]
fn a_name_is_forgotten_when_nothing_of_it_is_left() {
    for (policy, left) in [("Delete", vec!["joiner"]), ("Retain", vec!["gone", "joiner"])] {
        let spec = timed("joiner", "employeeHireDate", 30, "tasks: [{name: enable, enableUserAccount: {}}]");
        let spec = spec.replacen('{', &format!("{{deletionPolicy: {policy}, "), 1);
        let play = Play::new("03-10", "03-20").workflow("joiner", &joiner(0)).user("ann", &hired("2026-03-12"));
        let end = play.object_at("03-10T00:00:01", "Workflow", "gone", &spec).delete_at("03-11T06:00", "Workflow", "gone").run();
        assert_eq!(remembered(&end, "/workflows"), left, "{policy}");
        assert_eq!(end.processed(), ["joiner ann completed 03-12"], "{policy}");
    }
}

#[test]
fn a_name_by_which_somebody_was_processed_is_not_forgotten() {
    let spec = joiner(0).replacen('{', "{deletionPolicy: Delete, ", 1);
    let play = Play::new("03-10", "03-20").workflow("other", &joiner(30)).user("ann", &hired("2026-03-10"));
    let end = play.object_at("03-10T00:00:01", "Workflow", "gone", &spec).delete_at("03-11T06:00", "Workflow", "gone").run();
    assert_eq!((remembered(&end, "/workflows"), end.ledger()), (vec!["gone", "other"], vec!["gone ann planned".to_owned()]));
}

/// The head with as many gaps between its epochs as it can have, and an epoch that is not sealed: it has no room for another gap.
fn fill(api: &MemoryApi) {
    let mut head: Value = (*api.get("TenantLedger", NS, "default").expect("the head")).clone();
    let gap = |number: i64| json!({"from": 1_000 + 2 * number, "to": 1_000 + 2 * number});
    head["abandoned"] = (0..10_000).map(gap).collect();
    (head["sealedEpoch"], head["epoch"]) = (json!(30_000), json!(30_001));
    api.put(&head).expect("a head at its bounds");
}

fn empty(api: &MemoryApi) {
    let mut head: Value = (*api.get("TenantLedger", NS, "default").expect("the head")).clone();
    head.as_object_mut().expect("an object").remove("abandoned");
    api.put(&head).expect("a head");
}

fn refused() -> Play {
    Play::new("03-10", "03-16")
        .workflow("joiner", &joiner(0))
        .user("ann", &hired("2026-03-10"))
        .user("bob", &hired("2026-03-13"))
        .act("03-12T10:00", fill)
}

#[test]
fn a_seal_that_is_refused_is_said_once_and_is_a_problem() {
    let end = refused().run_broken();
    assert_eq!(end.processed(), ["joiner ann completed 03-10"]);
    assert_eq!(end.condition("TenantSchedule", "default", "Stalled"), "Stalled=True SealRefused");
    assert_eq!(end.condition("TenantSchedule", "default", "Ready"), "Ready=False SealRefused");
    let events = end.events("SealRefused");
    assert!(events.len() == 1 && events[0].contains("replace TenantLedger") && events[0].contains("abandoned"), "{events:?}");
    assert!(
        end.problems.iter().any(|problem| problem.starts_with("TenantSchedule t/default is stalled: SealRefused")),
        "{:?}",
        end.problems
    );
}

#[test]
fn a_seal_that_is_taken_again_ends_it() {
    let end = refused().act("03-14T10:00", empty).run();
    assert_eq!(end.processed(), ["joiner ann completed 03-10", "joiner bob completed 03-14"]);
    assert_eq!(end.condition("TenantSchedule", "default", "Stalled"), "Stalled=False NotStalled");
}

/// A right that a runner does not have, as after half an upgrade: nothing refuses the seal, and every evaluation ends with an error.
#[test]
fn evaluations_that_fail_for_any_reason_are_said_once_and_end_with_the_next_success() {
    let play = |until: &str| {
        Play::new("03-10", "03-16").workflow("joiner", &joiner(0)).user("ann", &hired("2026-03-10")).user("bob", &hired("2026-03-13")).deny(
            ("03-12T10:00", until),
            "evaluate/",
            (Verb::List, "directorysnapshots"),
            &Arc::default(),
        )
    };
    let end = play("03-20T10:00").run_broken();
    assert_eq!(end.processed(), ["joiner ann completed 03-10"]);
    assert_eq!(end.condition("TenantSchedule", "default", "Stalled"), "Stalled=True EvaluationFailing");
    assert_eq!(end.condition("TenantSchedule", "default", "Ready"), "Ready=False EvaluationFailing");
    let events = end.events("EvaluationFailing");
    assert!(events.len() == 1, "{events:?}");
    assert!(
        end.problems.iter().any(|problem| problem.contains("is stalled: EvaluationFailing") && problem.contains("code 1")),
        "{:?}",
        end.problems
    );
    let end = play("03-14T10:00").run();
    assert_eq!(end.processed(), ["joiner ann completed 03-10", "joiner bob completed 03-14"]);
    assert_eq!(end.condition("TenantSchedule", "default", "Stalled"), "Stalled=False NotStalled");
}
