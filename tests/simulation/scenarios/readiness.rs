//! Workflows that cannot work do nothing, and say so; others go on. Tenants do not touch each other.

use std::collections::BTreeMap;

use serde_json::Value;

use super::end::{End, number, text};
use super::play::{NS, Play, hired, joiner, leaver, leaves, mover, works_in};

#[test]
fn a_workflow_that_needs_what_this_release_lacks_runs_nothing_and_others_go_on() {
    let with = |field: &str| joiner(0).replacen('{', &format!("{{{field}, "), 1);
    let call = joiner(0).replace("tasks: [", "tasks: [{name: call, runCustomTaskExtension: {extension: x}}, ");
    let rows = [
        ("a task", call, "TaskUnavailable"),
        ("approval", with("approval: {requiredFor: [account]}"), "NotAvailable"),
        (
            "a rule with a typo",
            joiner(0).replace("executionConditions: {", "executionConditions: {scope: {rule: \"departmnt eq 'x'\"}, "),
            "InvalidRule",
        ),
        ("a directory that is not there", with("directory: moon"), "DirectoryNotFound"),
    ];
    for (what, spec, reason) in rows {
        let end = Play::new("03-10", "03-13").workflow("good", &joiner(0)).workflow("bad", &spec).user("ann", &hired("2026-03-11")).run();
        assert_eq!(end.processed(), ["good ann completed 03-11"], "{what}");
        assert_eq!(end.condition("Workflow", "bad", "Ready"), format!("Ready=False {reason}"), "{what}");
        assert_eq!(end.condition("Workflow", "good", "Ready"), "Ready=True VersionInForce", "{what}");
        assert_eq!(end.names("WorkflowVersion"), ["good-v1"], "{what}");
        assert_eq!(end.ledger(), ["good ann planned"], "{what}");
        assert!(end.problems.iter().any(|problem| problem.contains("Workflow t/bad is not Ready")), "{what}: {:?}", end.problems);
    }
}

#[test]
fn workflows_whose_rules_are_too_large_together_are_refused_from_the_last_one_on() {
    let with = |number: u32| {
        let scope = format!("scope: {{rule: \"matches(department, '^\\\\w{{4}}{number:02}$')\"}}, ");
        joiner(0).replace("executionConditions: {", &format!("executionConditions: {{{scope}"))
    };
    let record = |department: &str| hired("2026-03-11").replacen('{', &format!("{{department: {department}, "), 1);
    let play = (0..45).fold(Play::new("03-10", "03-12"), |play, number| play.workflow(&format!("w{number:02}"), &with(number)));
    let end = play.user("ann", &record("Team00")).user("bob", &record("Team44")).run();
    assert_eq!(end.condition("Workflow", "w00", "Ready"), "Ready=True VersionInForce");
    assert_eq!(end.condition("Workflow", "w44", "Ready"), "Ready=False RulesTooLarge");
    assert_eq!(end.processed(), ["w00 ann completed 03-11"]);
}

#[test]
fn a_sound_workflow_that_becomes_unsound_keeps_its_version_and_runs_nothing() {
    let limited = joiner(0).replacen('{', "{approval: {requiredFor: [account]}, ", 1);
    let end = Play::new("03-10", "03-15")
        .workflow("joiner", &joiner(0))
        .object_at("03-11T12:00", "Workflow", "joiner", &limited)
        .user("ann", &hired("2026-03-11"))
        .user("bob", &hired("2026-03-12"))
        .run();
    assert_eq!(end.processed(), ["joiner ann completed 03-11"]);
    assert_eq!(end.condition("Workflow", "joiner", "Ready"), "Ready=False NotAvailable");
    assert_eq!(end.names("WorkflowVersion"), ["joiner-v1"]);
}

#[test]
fn a_new_version_is_minted_by_what_is_versioned_only() {
    let shown = joiner(0).replacen('{', "{displayName: First day, catchUpWindow: 5d, ", 1);
    let other = joiner(0).replace("groups: [all]", "groups: [lab]");
    let end = Play::new("03-10", "03-15")
        .workflow("joiner", &joiner(0))
        .object_at("03-11T12:00", "Workflow", "joiner", &shown)
        .object_at("03-12T12:00", "Workflow", "joiner", &other)
        .user("ann", &hired("2026-03-12"))
        .user("bob", &hired("2026-03-13"))
        .run();
    assert_eq!(end.names("WorkflowVersion"), ["joiner-v1", "joiner-v2"]);
    assert_eq!((end.account("ann").1, end.account("bob").1), (vec!["all"], vec!["lab"]));
    let versions: Vec<i64> = end.of_kind("RunSlice").map(|slice| super::end::number(slice, "/version")).collect();
    assert_eq!(versions, [1, 2]);
}

#[test]
fn queued_people_are_checked_by_the_newest_version_and_run_by_the_pinned_one() {
    let narrow = joiner(0)
        .replace("groups: [all]", "groups: [lab]")
        .replace("executionConditions: {", "executionConditions: {scope: {rule: \"department eq 'Lab'\"}, ");
    let record = |department: &str| {
        format!("{{department: {department}, employeeHireDate: \"2026-03-11\", initialAccount: {{accountEnabled: false}}}}")
    };
    let end = Play::new("03-10", "03-15")
        .workflow("joiner", &joiner(0))
        .outage("03-11T00:00", "03-11T04:00", "execute/")
        .object_at("03-11T03:30", "Workflow", "joiner", &narrow)
        .user("ann", &record("Sales"))
        .user("bob", &record("Lab"))
        .run();
    assert_eq!(end.processed(), ["joiner ann canceled OutOfScope 03-11", "joiner bob completed 03-11"]);
    assert_eq!(end.account("bob").1, ["all"]);
}

/// A tenant's people and workflows.
fn fill(play: Play, namespace: &str, day: u32) -> Play {
    let play = play.object_in(namespace, None, "Workflow", "joiner", &joiner(0));
    let play = play.object_in(namespace, None, "Workflow", "leaver", &leaver(0));
    let play = play.object_in(namespace, None, "Workflow", "mover", &mover("Lab"));
    let play = play.object_in(namespace, None, "User", "ann", &hired(&format!("2026-03-{day}")));
    let play = play.object_in(namespace, None, "User", "bob", &leaves(&format!("2026-03-{day}")));
    let play = play.object_in(namespace, None, "User", "cid", &works_in("Sales"));
    play.object_in(namespace, Some(&format!("03-{}T10:00", day + 1)), "User", "cid", &works_in("Lab"))
}

/// The objects of the tenant, without the numbers that count everybody's requests.
fn own(end: &End) -> BTreeMap<String, Value> {
    let ours = end.objects.iter().filter(|object| text(object, "/metadata/namespace") == NS);
    let named = ours.map(|object| {
        let mut object = object.clone();
        object["metadata"].as_object_mut().expect("metadata").remove("resourceVersion");
        // Which Users an evaluation read is told by a resource version, too.
        if let Some(users) = object["users"].as_object_mut() {
            users.remove("newest");
        }
        (format!("{} {}", text(&object, "/kind"), text(&object, "/metadata/name")), object)
    });
    named.collect()
}

#[test]
fn two_tenants_do_not_touch_each_other() {
    let alone = fill(Play::new("03-10", "03-16"), NS, 11).run();
    let both = fill(fill(Play::new("03-10", "03-16"), NS, 11).tenant("u"), "u", 12)
        .object_in("u", None, "TenantSchedule", "default", "{interval: 6h, directory: people}")
        .delete_all_in("u", "03-14T00:00")
        .run();
    assert_eq!(alone.processed(), ["joiner ann completed 03-11", "leaver bob completed 03-11", "mover cid completed 03-12"]);
    assert_eq!(both.of_kind_in("u", "User").count(), 0, "the other tenant is gone");
    let (alone, both) = (own(&alone), own(&both));
    assert_eq!(alone.keys().collect::<Vec<_>>(), both.keys().collect::<Vec<_>>());
    for (name, object) in &alone {
        assert_eq!(object, &both[name], "{name}");
    }
}

#[test]
fn the_same_names_in_two_tenants_are_different_people() {
    let both = fill(fill(Play::new("03-10", "03-16"), NS, 11).tenant("u"), "u", 12)
        .object_in("u", None, "TenantSchedule", "default", "{interval: 6h, directory: people}")
        .run();
    assert_eq!(both.processed_in(NS), ["joiner ann completed 03-11", "leaver bob completed 03-11", "mover cid completed 03-12"]);
    assert_eq!(both.processed_in("u"), ["joiner ann completed 03-12", "leaver bob completed 03-12", "mover cid completed 03-13"]);
    let key = |namespace: &str| both.of_kind_in(namespace, "TenantKey").map(|stored| text(stored, "/key").to_owned()).collect::<Vec<_>>();
    assert_ne!(key(NS), key("u"));
}

#[test]
fn a_workflow_whose_tasks_are_all_disabled_plans_nobody_until_one_is_enabled() {
    let idle = |spec: &str| {
        ["enable", "disable", "group", "groups"]
            .iter()
            .fold(spec.to_owned(), |spec, task| spec.replace(&format!("{{name: {task}, "), &format!("{{name: {task}, isEnabled: false, ")))
    };
    let end = Play::new("03-10", "03-15")
        .workflow("joiner", &idle(&joiner(0)))
        .workflow("leaver", &idle(&leaver(0)))
        .user("ann", &hired("2026-03-11"))
        .user("bob", &leaves("2026-03-11"))
        .object_at("03-12T12:00", "Workflow", "joiner", &joiner(0))
        .run();
    assert_eq!(end.processed(), ["joiner ann completed 03-12"]);
    assert_eq!(end.ledger(), ["joiner ann planned"]);
    assert_eq!(end.of_kind("Run").count(), 1, "{:?}", end.names("Run"));
    assert_eq!(end.account("bob"), (true, vec!["all"]));
}

/// Room for rules is kept by whoever has it, and leavers get it first: an older Workflow that grows stops nobody who works.
#[test]
fn a_rule_that_grows_takes_no_room_from_a_younger_leaver() {
    let scope = |spec: &str, rule: &str| {
        spec.replace("executionConditions: {", &format!("executionConditions: {{scope: {{rule: \"matches(department, '{rule}')\"}}, "))
    };
    let large = |number: u32| format!("^\\\\w{{4}}{number:02}$");
    let older = |rule: &str| scope(&mover("Lab").replace("scope: {rule: \"department eq 'Lab'\"}, ", ""), rule);
    let play = Play::new("03-10", "03-16").workflow("an-older-mover", &older("^Lab$"));
    // More than there is room for: the last ones get none.
    let play = (0..60).fold(play, |play, number| play.workflow(&format!("f{number:02}"), &scope(&joiner(0), &large(number))));
    let play = play.object_at("03-10T06:00", "Workflow", "a-leaver", &scope(&leaver(0), &large(99)));
    let ready = |end: &End, name: &str| end.condition("Workflow", name, "Ready");
    let has_room = |end: &End| (2..60).filter(|number| ready(end, &format!("f{number:02}")) == "Ready=True VersionInForce").count();
    let gone = |play: Play| play.delete_at("03-11T06:00", "Workflow", "f00").delete_at("03-11T06:00", "Workflow", "f01");
    let bob = leaves("2026-03-14").replacen('{', "{department: Team99, ", 1);
    let end = gone(play).object_at("03-12T06:00", "Workflow", "an-older-mover", &older(&large(98))).user("bob", &bob).run();
    assert_eq!(ready(&end, "a-leaver"), "Ready=True VersionInForce", "it comes before joiners that are older and have no room");
    assert_eq!(ready(&end, "an-older-mover"), "Ready=False RulesTooLarge");
    assert_eq!(end.processed(), ["a-leaver bob completed 03-14"]);
    assert!(has_room(&end) > 10, "{}", has_room(&end));
    assert!(number(end.object("Workflow", "a-leaver"), "/status/patternBytes") > 0);
    assert!(end.object("Workflow", "an-older-mover")["status"].get("patternBytes").is_none());
}
