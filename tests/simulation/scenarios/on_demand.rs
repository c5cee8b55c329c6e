//! Runs that people make.

use std::sync::{Arc, Mutex};

use chrono::TimeDelta;
use serde_json::Value;
use tenure::sim::api::{MemoryApi, Verb, Verdict};

use super::end::{End, number, text};
use super::play::{NS, Play, at, hired, joiner, leaver, restore, timed, works_in};

const GREET: &str = "{category: joiner, executionConditions: {scope: {rule: \"department eq 'Lab'\"}, trigger: {timeBasedAttribute: {attribute: employeeHireDate}}}, \
                     tasks: [{name: all, addUserToGroups: {groups: [all]}}]}";
const OUT: &str = "{category: leaver, tasks: [{name: disable, disableUserAccount: {}}, {name: groups, removeUserFromAllGroups: {}}]}";

fn run_of(workflow: &str, subjects: &str) -> String {
    format!("{{source: {{workflow: {{name: {workflow}}}}}, subjects: {{{subjects}}}}}")
}

/// A Run that accepts to delete.
fn purge_of(subjects: &str) -> String {
    run_of("purge", subjects).replacen('{', "{acknowledges: [destructive], ", 1)
}

/// One tick a day: what happens in between happens at once.
fn tenant() -> Play {
    let play = Play::new("03-10", "03-14").schedule("{interval: 24h, directory: people}").workflow("greet", GREET).workflow("out", OUT);
    play.user("ann", &works_in("Sales")).user("bob", &works_in("Lab")).user("cid", "{initialAccount: {memberOf: [lab]}}")
}

fn counts(end: &End, run: &str) -> [i64; 4] {
    let run = end.object("Run", run);
    ["total", "successful", "failed", "canceled"].map(|which| number(run, &format!("/status/{which}UsersCount")))
}

fn status<'a>(end: &'a End, run: &str) -> &'a str {
    text(end.object("Run", run), "/status/processingStatus")
}

/// Deletes a Run and restores it: another UID.
fn come_back(api: &MemoryApi, run: &str) {
    let object = (*api.get("Run", NS, run).expect("the Run")).clone();
    api.delete("Run", NS, run).expect("deleted");
    restore(api, &[object]);
}

/// Deletes a Run and applies it again: another UID.
fn apply_again(play: Play, run: &'static str, when: &str) -> Play {
    play.act(when, move |api| {
        come_back(api, run);
    })
}

#[test]
fn named_users_are_processed_at_once_whatever_trigger_and_scope_say() {
    let end = tenant().object_at("03-11T10:00", "Run", "r", &run_of("greet", "users: [ann, nobody]")).run();
    assert_eq!(end.of_run("r"), ["ann completed", "nobody failed SubjectNotFound"]);
    assert_eq!((status(&end, "r"), counts(&end, "r")), ("completedWithErrors", [2, 1, 1, 0]));
    assert_eq!(end.condition("Run", "r", "Complete").split(' ').next(), Some("Complete=True"));
    let when = end.when("greet", "ann");
    assert!(when.len() == 1 && when[0] >= at("03-11T10:00") && when[0] < at("03-11T10:00") + TimeDelta::minutes(2), "{when:?}");
    assert_eq!(end.account("ann").1, ["all"]);
}

#[test]
fn a_group_a_rule_and_the_workflows_own_scope_choose_subjects() {
    let end = tenant()
        .object_at("03-11T10:00", "Run", "group", &run_of("greet", "group: lab"))
        .object_at("03-11T11:00", "Run", "rule", &run_of("greet", "scope: {rule: \"department eq 'Sales'\"}"))
        .object_at("03-11T12:00", "Run", "scope", &run_of("greet", "scope: {}"))
        .object_at("03-11T13:00", "Run", "nobody", &run_of("greet", "scope: {rule: \"department eq 'Moon'\"}"))
        .object_at("03-11T14:00", "Run", "wrong", &run_of("greet", "scope: {rule: \"departmnt eq 'Moon'\"}"))
        .run();
    assert_eq!(end.of_run("group"), ["cid completed"]);
    assert_eq!(end.of_run("rule"), ["ann completed"]);
    assert_eq!(end.of_run("scope"), ["bob completed"]);
    assert_eq!(end.condition("Run", "nobody", "Complete"), "Complete=True NobodyDue");
    assert_eq!(end.condition("Run", "wrong", "Complete"), "Complete=True InvalidRule");
}

#[test]
fn the_same_workflow_may_run_for_the_same_person_as_often_as_people_ask() {
    let end = tenant()
        .object_at("03-11T10:00", "Run", "one", &run_of("greet", "users: [ann]"))
        .object_at("03-11T11:00", "Run", "two", &run_of("greet", "users: [ann]"))
        .run();
    assert_eq!(end.of_run("one"), ["ann completed"]);
    assert_eq!(end.of_run("two"), ["ann completed"]);
}

#[test]
fn a_run_applied_again_from_git_is_already_processed() {
    let empty = |api: &MemoryApi| {
        let mut account = (*api.get("Account", NS, "ann").expect("the account")).clone();
        account["spec"]["memberOf"] = serde_json::json!([]);
        api.put(&account).expect("stored");
    };
    let play = tenant().object_at("03-11T10:00", "Run", "r", &run_of("greet", "users: [ann]")).act("03-11T12:00", empty);
    let end = apply_again(play, "r", "03-11T14:00").run();
    assert_eq!(end.condition("Run", "r", "Complete"), "Complete=True AlreadyProcessed");
    assert_eq!(end.account("ann").1, [""; 0], "nothing was done again");
    assert_eq!(end.ledger().iter().filter(|row| row.contains("ann planned")).count(), 1);
}

#[test]
fn a_run_of_that_name_with_another_spec_is_another_run() {
    let play = tenant().object_at("03-11T10:00", "Run", "r", &run_of("greet", "users: [ann]"));
    let end = play.delete_at("03-11T12:00", "Run", "r").object_at("03-11T14:00", "Run", "r", &run_of("greet", "users: [ann, bob]")).run();
    assert_eq!(end.condition("Run", "r", "Complete").split(' ').next(), Some("Complete=True"));
    assert_eq!(end.when("greet", "bob").len(), 1);
    assert_eq!(end.account("bob").1, ["all"]);
}

#[test]
fn a_run_restored_while_it_ran_is_held() {
    // One person is done; then pod, Job and Run are gone, and the Run comes back as a new object.
    let deed = |api: &MemoryApi| come_back(api, "r");
    let play = (0..25).fold(tenant(), |play, index| play.user(&format!("p{index:02}"), "{department: Board}"));
    let run = run_of("greet", "scope: {rule: \"department eq 'Board'\"}");
    let end = play
        .object_at("03-11T10:00", "Run", "r", &run)
        .on_request("execute/", (Verb::Update, "accounts"), 5, deed, Verdict::Die)
        .run_broken();
    assert_eq!(end.condition("Run", "r", "Held"), "Held=True RestoredWhileRunning");
    assert_eq!(end.of_kind("Account").filter(|account| account["spec"]["memberOf"] == serde_json::json!(["all"])).count(), 4);
}

#[test]
fn a_held_run_neither_delays_a_leaver_nor_undoes_it() {
    // As before; then one whom the lost claim has, and one whom nobody claimed yet, leave.
    let deed = |api: &MemoryApi| come_back(api, "r");
    let play = (0..25).fold(tenant(), |play, index| play.user(&format!("p{index:02}"), "{department: Board}"));
    let run = run_of("greet", "scope: {rule: \"department eq 'Board'\"}");
    let gone = "{department: Board, employeeLeaveDateTime: \"2026-03-12T12:00:00Z\"}";
    let end = play
        .workflow("leaver", &leaver(0))
        .object_at("03-11T10:00", "Run", "r", &run)
        .on_request("execute/r", (Verb::Update, "accounts"), 5, deed, Verdict::Die)
        .user_at("03-12", "p10", gone)
        .user_at("03-12", "p22", gone)
        .run_broken();
    assert_eq!(end.condition("Run", "r", "Held"), "Held=True RestoredWhileRunning");
    for name in ["p10", "p22"] {
        assert!(end.processed().contains(&format!("leaver {name} completed 03-12")), "{:?}", end.processed());
        assert_eq!(end.account(name), (false, vec![]));
    }
    let superseded = end.of_run("r").into_iter().filter(|line| line.ends_with("canceled Superseded")).count();
    assert_eq!(superseded, 2, "{:?}", end.of_run("r"));
}

#[test]
fn an_off_boarded_person_gets_no_joiner_unless_named_after_it() {
    let end = tenant()
        .object_at("03-11T10:00", "Run", "leave", &run_of("out", "users: [cid]"))
        .object_at("03-11T12:00", "Run", "scoped", &run_of("greet", "scope: {rule: \"not (department eq 'Moon')\"}"))
        .object_at("03-11T14:00", "Run", "named", &run_of("greet", "users: [cid]"))
        .run();
    assert_eq!(end.of_run("leave"), ["cid completed"]);
    let scoped = end.of_run("scoped");
    assert!(scoped.contains(&"ann completed".to_owned()) && !scoped.iter().any(|line| line == "cid completed"), "{scoped:?}");
    assert_eq!(end.of_run("named"), ["cid completed"]);
}

#[test]
fn a_group_run_skips_the_off_boarded_with_a_reason() {
    let back = |api: &MemoryApi| {
        let mut account = (*api.get("Account", NS, "cid").expect("the account")).clone();
        account["spec"]["memberOf"] = serde_json::json!(["lab"]);
        api.put(&account).expect("stored");
    };
    let end = tenant()
        .object_at("03-11T10:00", "Run", "leave", &run_of("out", "users: [cid]"))
        .act("03-11T11:00", back)
        .object_at("03-11T12:00", "Run", "r", &run_of("greet", "group: lab"))
        .run();
    assert_eq!(end.of_run("r"), ["cid canceled OffBoarded"]);
    assert_eq!(end.account("cid"), (false, vec!["lab"]));
}

#[test]
fn an_on_demand_leaver_keeps_a_joiner_that_catches_up_from_enabling() {
    let end = Play::new("03-10", "03-16")
        .workflow("out", OUT)
        .user("ann", &hired("2026-03-11"))
        .object_at("03-11T10:00", "Run", "leave", &run_of("out", "users: [ann]"))
        .object_at("03-12T10:00", "Workflow", "joiner", &joiner(0))
        .run();
    assert_eq!(end.processed(), ["out ann completed 03-11"]);
    assert!(end.ledger().contains(&"joiner ann superseded Superseded".to_owned()), "{:?}", end.ledger());
    assert!(!end.account("ann").0);
}

#[test]
fn a_disabled_workflow_runs_for_nobody() {
    let disabled = GREET.replacen('{', "{isEnabled: false, ", 1);
    let end = tenant()
        .object_at("03-11T09:00", "Workflow", "greet", &disabled)
        .object_at("03-11T10:00", "Run", "r", &run_of("greet", "users: [ann]"))
        .run();
    assert_eq!(end.condition("Run", "r", "Complete"), "Complete=True WorkflowDisabled");
    assert_eq!(end.processed(), [""; 0]);
    assert_eq!(end.account("ann").1, [""; 0]);
}

#[test]
fn a_run_of_a_workflow_that_is_not_ready_waits_until_it_is() {
    let wrong = GREET.replace("department eq", "departmnt eq");
    let end = tenant()
        .object_at("03-11T09:00", "Workflow", "greet", &wrong)
        .object_at("03-11T10:00", "Run", "r", &run_of("greet", "users: [ann]"))
        .object_at("03-11T18:00", "Workflow", "greet", GREET)
        .run();
    assert_eq!(end.of_run("r"), ["ann completed"]);
    assert!(end.when("greet", "ann")[0] >= at("03-11T18:00"));
}

#[test]
fn what_this_release_does_not_have_is_said_and_not_done() {
    let preview = "{source: {workflow: {name: greet}}, executionType: preview, subjects: {users: [ann]}}";
    let again = run_of("greet", "reprocess: {run: one}");
    let end = tenant().object_at("03-11T10:00", "Run", "preview", preview).object_at("03-11T11:00", "Run", "again", &again).run();
    for run in ["preview", "again"] {
        assert_eq!(end.condition("Run", run, "Complete"), "Complete=True NotAvailable", "{run}");
    }
    assert_eq!(end.processed(), [""; 0]);
}

/// Who asks knows of the workflow what it was; what it has become meanwhile is decided when the Run is planned.
#[test]
fn what_whoever_asks_does_not_accept_is_not_done() {
    let goes = "{category: leaver, tasks: [{name: disable, disableUserAccount: {}}, {name: delete, deleteUser: {}}]}";
    let idle = goes.replace("name: delete,", "name: delete, isEnabled: false,");
    let accepts =
        |classes: &str| format!("{{source: {{workflow: {{name: goes}}}}, subjects: {{users: [bob]}}, acknowledges: [{classes}]}}");
    let rows = [
        ("absent, and the deletion is disabled", run_of("idle", "users: [ann]"), "Complete=True Completed", 1, ""),
        ("absent", run_of("goes", "users: [bob]"), "Complete=True NotAcknowledged", 0, "destructive"),
        ("less than it takes", accepts("destructive"), "Complete=True NotAcknowledged", 0, "account"),
        ("all that it takes", accepts("account, destructive"), "Complete=True Completed", 1, ""),
    ];
    for (what, run, condition, done, missing) in rows {
        let end = tenant().workflow("goes", goes).workflow("idle", &idle).object_at("03-11T10:00", "Run", "r", &run).run();
        assert_eq!((end.condition("Run", "r", "Complete").as_str(), end.of_run("r").len()), (condition, done), "{what}");
        let refused = format!(
            "Run {NS}/r does nothing: NotAcknowledged: nobody was planned: the Workflow has enabled tasks of a class that the Run does \
             not acknowledge: {missing}; ask by a new Run with spec.acknowledges: [account, destructive]"
        );
        assert_eq!(end.problems.contains(&refused), !missing.is_empty(), "{what} {:?}", end.problems);
    }
}

fn forty_five() -> Play {
    let play = Play::new("03-10", "03-11").workflow("out", OUT).workflow("joiner", &joiner(0)).workflow("leaver", &leaver(0));
    (0..45).fold(play, |play, index| play.user(&format!("p{index:02}"), "{department: Board}"))
}

fn cancel(api: &MemoryApi) {
    let mut run = (*api.get("Run", NS, "r").expect("the Run")).clone();
    run["spec"]["cancel"] = true.into();
    api.put(&run).expect("stored");
}

#[test]
fn canceling_a_run_leaves_what_is_done_and_cancels_what_has_not_begun() {
    let run = run_of("out", "scope: {rule: \"department eq 'Board'\"}");
    let end = forty_five()
        .object_at("03-10T10:00", "Run", "r", &run)
        .on_request("execute/r", (Verb::Update, "accounts"), 3, cancel, Verdict::Pass)
        .run();
    let results = end.of_run("r");
    let of = |line: &str| results.iter().filter(|result| result.ends_with(line)).count();
    // The first claim has 20 subjects; whoever was claimed is finished.
    assert_eq!((of(" completed"), of(" canceled CanceledByRequest")), (20, 25), "{results:?}");
    assert_eq!((counts(&end, "r"), status(&end, "r")), ([45, 20, 0, 25], "canceled"));
    let disabled = end.of_kind("Account").filter(|account| account["spec"]["accountEnabled"] == false).count();
    assert_eq!(disabled, 20);
}

#[test]
fn a_run_canceled_before_it_began_touches_nobody() {
    let run = run_of("out", "scope: {rule: \"department eq 'Board'\"}");
    let end = forty_five()
        .outage("03-10T10:00", "03-10T10:30", "execute/r")
        .object_at("03-10T10:00", "Run", "r", &run)
        .act("03-10T10:15", cancel)
        .run();
    assert_eq!(end.of_run("r").iter().filter(|result| result.ends_with(" canceled CanceledByRequest")).count(), 45);
    assert_eq!(
        (counts(&end, "r"), status(&end, "r")),
        ([45, 0, 0, 45], "completedWithErrors"),
        "as LCW says of a run that was canceled before it began"
    );
    assert!(end.of_kind("Account").all(|account| account["spec"]["accountEnabled"] == true));
}

#[test]
fn a_canceled_scheduled_run_is_consumed_and_not_planned_again() {
    let names: Arc<Mutex<Vec<String>>> = Arc::default();
    let seen = Arc::clone(&names);
    let stop = move |api: &MemoryApi| {
        for run in api.list("Run", Some(NS)) {
            let mut run: Value = (*run).clone();
            run["spec"]["cancel"] = true.into();
            seen.lock().expect("no panic").push(run["metadata"]["name"].to_string());
            api.put(&run).expect("stored");
        }
    };
    let end = Play::new("03-10", "03-16")
        .workflow("joiner", &joiner(0))
        .outage("03-10", "03-10T01:00", "execute/")
        .user("ann", &hired("2026-03-10"))
        .act("03-10T00:30", stop)
        .run();
    assert_eq!(names.lock().expect("no panic").len(), 1);
    assert_eq!(end.processed(), ["joiner ann canceled CanceledByRequest 03-10"]);
    assert_eq!(end.ledger(), ["joiner ann planned"]);
    assert!(!end.account("ann").0);
}

#[test]
fn nobody_is_deleted_while_the_hire_date_cannot_be_read() {
    let purge = timed("leaver", "employeeLeaveDateTime", 1, "tasks: [{name: delete, deleteUser: {}}]");
    let record = |hire: &str, leave: &str| format!("{{employeeHireDate: \"{hire}\"{leave}}}");
    let left = ", employeeLeaveDateTime: \"2026-03-09\"";
    let end = Play::new("03-10", "03-14")
        .workflow("purge", &purge)
        .user("ann", &record("01.04.2026", left))
        .user("bob", &record("2020-01-01", left))
        .user("cid", &record("2020-01-01", ""))
        .user("dan", &record("2020-01-01", ""))
        .object_at("03-12T09:00", "Run", "now", &purge_of("users: [ann, dan]"))
        // The date cannot be read any more when the Run begins with the person.
        .outage("03-12T14:00", "03-12T15:00", "execute/")
        .object_at("03-12T14:00", "Run", "late", &purge_of("users: [cid]"))
        .user_at("03-12T14:30", "cid", &record("01.04.2026", ""))
        .run();
    assert_eq!(end.of_run("now"), ["ann canceled HireDateUnknown", "dan completed"]);
    assert_eq!(end.of_run("late"), ["cid canceled HireDateUnknown"]);
    assert_eq!(end.processed().iter().filter(|line| line.ends_with("03-11")).collect::<Vec<_>>(), ["purge bob completed 03-11"]);
    for (name, is_there) in [("ann", true), ("bob", false), ("cid", true), ("dan", false)] {
        assert_eq!(end.object("Account", name)["spec"]["deletedAt"].is_null(), is_there, "{name}");
    }
}

#[test]
fn who_cannot_be_read_is_left_for_another_try() {
    let purge = timed("leaver", "employeeLeaveDateTime", 1, "tasks: [{name: delete, deleteUser: {}}]");
    let record = |hire: &str| format!("{{employeeHireDate: \"{hire}\"}}");
    // The first look at the person before the start is not answered: what it would have said counts all the same.
    for (hire, expected) in [("01.04.2026", "cid canceled HireDateUnknown"), ("2020-01-02", "cid completed")] {
        let end = Play::new("03-10", "03-14")
            .workflow("purge", &purge)
            .user("cid", &record("2020-01-01"))
            .outage("03-12T14:00", "03-12T15:00", "execute/")
            .object_at("03-12T14:00", "Run", "r", &purge_of("users: [cid]"))
            .user_at("03-12T14:30", "cid", &record(hire))
            .spoil("execute/r", (Verb::Get, "users"), 1..=6, Verdict::Forbid)
            .run();
        assert_eq!(end.of_run("r"), [expected]);
        assert_eq!(end.object("Account", "cid")["spec"]["deletedAt"].is_null(), expected.contains("canceled"), "{hire}");
    }
}

#[test]
fn who_was_left_queued_is_tried_again_by_the_next_attempt() {
    let end = tenant()
        .spoil("execute/r", (Verb::Get, "users"), 1..=6, Verdict::Forbid)
        .object_at("03-11T10:00", "Run", "r", &run_of("out", "users: [cid]"))
        .run();
    assert_eq!(end.of_run("r"), ["cid completed"]);
    assert_eq!(end.account("cid"), (false, vec![]));
    assert_eq!(number(end.object("Run", "r"), "/status/attempt"), 2, "one attempt does not try over and over");
}

#[test]
fn a_run_waits_for_its_workflow_without_evaluations_and_says_so() {
    // One tick a day, and a look at each Run that is new.
    let end = tenant()
        .object_at("03-11T10:00", "Run", "typo", &run_of("grete", "users: [ann]"))
        .object_at("03-11T11:00", "Run", "early", &run_of("later", "users: [bob]"))
        .object_at("03-12T10:00", "Workflow", "later", GREET)
        .run_broken();
    assert_eq!(end.condition("Run", "typo", "Planned"), "Planned=False WorkflowNotFound");
    let problem = "Run t/typo is not planned: WorkflowNotFound: there is no Workflow \"grete\": the Run is planned when there is one";
    assert_eq!(end.problems, [problem]);
    let head = end.object("TenantLedger", "default");
    assert!(number(head, "/sealedEpoch") < 20, "{head}");
    assert_eq!(end.of_run("early"), ["bob completed"]);
    let when = end.when("later", "bob");
    assert!(when.len() == 1 && when[0] < at("03-12T10:00") + TimeDelta::minutes(2), "{when:?}");
}

#[test]
fn each_run_of_a_name_is_told() {
    let play = tenant().object_at("03-11T10:00", "Run", "r", &run_of("greet", "users: [ann]")).delete_at("03-11T12:00", "Run", "r");
    let end = play.object_at("03-11T14:00", "Run", "r", &run_of("greet", "users: [bob]")).run();
    let told: Vec<&str> = end.runs.iter().filter(|(run, _)| run == "r").flat_map(|(_, subjects)| subjects).map(String::as_str).collect();
    assert_eq!(told, ["ann", "bob"]);
}
