//! Groups that are gone: who leaves loses what there is, who joins gets the rest, and the name is said.

use super::end::{End, list, text};
use super::play::{Play, hired, timed};

/// Takes the group `lab` away and then disables; the first task must not fail.
fn leaver() -> String {
    timed(
        "leaver",
        "employeeLeaveDateTime",
        0,
        "tasks: [{name: lab, removeUserFromGroups: {groups: [lab]}}, {name: disable, disableUserAccount: {}}]",
    )
}

/// Enables, adds to the group `lab` if it can, and to `all`.
fn joiner() -> String {
    timed(
        "joiner",
        "employeeHireDate",
        0,
        "tasks: [{name: enable, enableUserAccount: {}}, {name: lab, continueOnError: true, addUserToGroups: {groups: [lab]}}, \
         {name: all, addUserToGroups: {groups: [all]}}]",
    )
}

fn resolved(end: &End, workflow: &str) -> (String, String) {
    (end.condition("Workflow", workflow, "ReferencesResolved"), end.condition("Workflow", workflow, "Ready"))
}

#[test]
fn who_leaves_a_group_that_is_gone_is_disabled_and_who_joins_gets_the_rest() {
    let end = Play::new("03-08", "03-15")
        .workflow("joiner", &joiner())
        .workflow("leaver", &leaver())
        .user("ann", "{employeeLeaveDateTime: \"2026-03-11\", initialAccount: {memberOf: [all, lab]}}")
        .user("bob", "{employeeLeaveDateTime: \"2026-03-11\", initialAccount: {memberOf: [all]}}")
        .user("cid", &hired("2026-03-12"))
        .user("early", &hired("2026-03-09"))
        .delete_at("03-10T09:00", "Group", "lab")
        .run();
    let expected = [
        "joiner early completed 03-09",
        "joiner cid completedWithErrors GroupNotFound 03-12",
        "leaver ann completed 03-12",
        "leaver bob completed 03-12",
    ];
    assert_eq!(end.processed(), expected);
    assert_eq!((end.account("ann"), end.account("bob")), ((false, vec!["all"]), (false, vec!["all"])), "the name is struck");
    assert_eq!((end.account("cid"), end.account("early")), ((true, vec!["all"]), (true, vec!["all", "lab"])));
    let broken = ("ReferencesResolved=False ReferenceMissing".to_owned(), "Ready=True VersionInForce".to_owned());
    assert_eq!((resolved(&end, "joiner"), resolved(&end, "leaver")), (broken.clone(), broken));
    let said = "it names what is not there: Group \"lab\"";
    let mut events = end.events("ReferenceMissing");
    events.sort();
    assert_eq!(events, [format!("joiner: {said}"), format!("leaver: {said}")], "each is told once");
    for workflow in ["joiner", "leaver"] {
        let problem = format!("Workflow t/{workflow}: ReferenceMissing: {said}");
        assert!(end.problems.contains(&problem), "{:?}", end.problems);
    }
}

#[test]
fn a_group_that_comes_back_is_resolved_and_its_next_loss_is_told_again() {
    let play = |play: Play| play.workflow("leaver", &leaver()).delete_at("03-09T09:00", "Group", "lab");
    let back = |play: Play| play.object_at("03-10T09:00", "Group", "lab", "{displayName: Laboratory}");
    let end = back(play(Play::new("03-08", "03-12"))).run();
    assert_eq!(resolved(&end, "leaver").0, "ReferencesResolved=True Resolved");
    assert_eq!((end.events("ReferenceMissing").len(), end.problems.len()), (1, 0), "{:?}", end.problems);
    let end = back(play(Play::new("03-08", "03-12"))).delete_at("03-11T09:00", "Group", "lab").run();
    assert_eq!(resolved(&end, "leaver").0, "ReferencesResolved=False ReferenceMissing");
    assert_eq!(end.events("ReferenceMissing").len(), 2);
}

#[test]
fn the_group_of_a_scope_is_a_reference_and_a_workflow_without_any_names_nothing() {
    let follows = "{category: mover, isSchedulingEnabled: true, executionConditions: {scope: {group: club}, trigger: \
                   {membershipChange: {changeType: add}}}, tasks: [{name: all, addUserToGroups: {groups: [all]}}]}";
    let end = Play::new("03-08", "03-10").workflow("follows", follows).workflow("plain", &super::play::leaver(0)).run();
    assert_eq!(resolved(&end, "plain").0, "ReferencesResolved=True Resolved");
    let conditions = list(end.object("Workflow", "follows"), "/status/conditions");
    let found = conditions.iter().find(|condition| text(condition, "/type") == "ReferencesResolved").expect("a condition");
    assert_eq!(text(found, "/message"), "it names what is not there: Group \"club\"");
}

/// Records say what they like: what cannot be the name of an object is nobody's, and nobody waits for it.
#[test]
fn who_cannot_be_anybody_is_not_waited_for() {
    let mail = "{name: tell, sendEmailOnLastDay: {to: [hr@acme.example], customSubject: Last, customBody: Day}}";
    let tell = timed("leaver", "employeeLeaveDateTime", 0, &format!("tasks: [{mail}, {{name: disable, disableUserAccount: {{}}}}]"));
    let leave = "employeeLeaveDateTime: \"2026-03-11T00:00:00Z\"";
    for (what, record) in [
        ("a guest's sponsor", format!("{{userType: Guest, sponsors: [Max Muster], {leave}}}")),
        ("a manager", format!("{{manager: \"Max Muster\", {leave}}}")),
        ("a manager in another notation", format!("{{manager: \"cn=max/ou=people?x\", {leave}}}")),
    ] {
        let end = Play::new("03-10", "03-13").workflow("leaver", &tell).user("gil", &record).run_broken();
        assert_eq!(end.processed(), ["leaver gil completed 03-11"], "{what}");
        assert!(!end.account("gil").0, "{what}");
        assert_eq!(end.mails.len(), 1, "{what}");
    }
}

#[test]
fn a_group_of_an_impossible_name_is_none() {
    let tasks = "tasks: [{name: groups, addUserToGroups: {groups: [Domain Users]}}]";
    let end = Play::new("03-10", "03-13")
        .workflow("joiner", &timed("joiner", "employeeHireDate", 0, tasks))
        .user("ann", "{employeeHireDate: \"2026-03-11\"}")
        .run_broken();
    assert_eq!(end.processed(), ["joiner ann failed GroupNotFound 03-11"]);
}
