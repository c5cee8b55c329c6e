//! Whose a name is: a login name that is given again, a number that is corrected, a number that two people have.

use serde_json::{Value, json};
use tenure::sim::api::MemoryApi;

use super::end::{End, text};
use super::play::{NS, Play, joiner, leaver, mover, timed};

/// Disables, and nothing more: what the person was in stays in the account.
fn disabler() -> String {
    timed("leaver", "employeeLeaveDateTime", 0, "tasks: [{name: disable, disableUserAccount: {}}]")
}

/// Somebody says whose an account is.
fn answer(name: &'static str, answer: &'static str) -> impl FnOnce(&MemoryApi) + Send + 'static {
    move |api| {
        let mut account: Value = (*api.get("Account", NS, name).expect("an account")).clone();
        account["metadata"]["annotations"] = json!({"tenure.dev/identity": answer});
        api.put(&account).unwrap_or_else(|refusal| panic!("{}", refusal.message));
    }
}

/// John leaves, his record is removed, and Jane gets his login name; she begins on the 16th.
fn given_again() -> Play {
    Play::new("03-10", "03-22")
        .workflow("join", &joiner(0))
        .workflow("off", &disabler())
        .user("jo", "{employeeId: \"1\", employeeLeaveDateTime: \"2026-03-10\", initialAccount: {memberOf: [lab]}}")
        .delete_at("03-12T09:00", "User", "jo")
        .user_at("03-13T09:00", "jo", "{employeeId: \"2\", employeeHireDate: \"2026-03-16\", initialAccount: {accountEnabled: false}}")
}

fn quality(end: &End) -> String {
    end.condition("Directory", "people", "DataQuality")
}

fn annotation(end: &End, name: &str) -> String {
    text(end.object("Account", name), "/metadata/annotations/tenure.dev~1identity").to_owned()
}

#[test]
fn who_gets_a_login_name_again_is_given_nothing_until_somebody_says() {
    let end = given_again().run();
    assert_eq!(end.processed(), ["off jo completed 03-11"]);
    assert_eq!(end.account("jo"), (false, vec!["lab"]));
    assert_eq!(end.ledger(), ["off jo planned", "off jo released Changed", "join jo released NameReused", "join jo missed NameReused"]);
    assert_eq!(quality(&end), "DataQuality=False NameReused");
    let problem = "Directory t/people: NameReused: the account of jo remembers another employeeId";
    assert!(end.problems.iter().any(|found| found.starts_with(problem)), "{:?}", end.problems);
}

#[test]
fn a_released_name_begins_anew_and_has_nothing_of_the_other_person() {
    let end = given_again().act("03-17T10:00", answer("jo", "release 2")).run();
    assert_eq!(end.processed(), ["off jo completed 03-11", "join jo completed 03-17"]);
    assert_eq!(end.account("jo"), (true, vec!["all"]));
    assert_eq!(text(end.object("Account", "jo"), "/spec/correlation/employeeId"), "2");
    assert_eq!((annotation(&end, "jo"), quality(&end)), (String::new(), "DataQuality=True Readable".to_owned()));
    assert!(end.problems.is_empty(), "{:?}", end.problems);
}

#[test]
fn an_answer_about_another_number_is_none() {
    let end = given_again().act("03-17T10:00", answer("jo", "release 3")).run();
    assert_eq!(end.processed(), ["off jo completed 03-11"]);
    assert_eq!((end.account("jo"), annotation(&end, "jo")), ((false, vec!["lab"]), String::new()));
}

#[test]
fn a_deleted_account_is_another_person_s_until_it_is_released() {
    let deletes = timed("leaver", "employeeLeaveDateTime", 0, "tasks: [{name: delete, deleteUser: {}}]");
    let play = || given_again().workflow("drop", &deletes);
    let end = play().run();
    assert_eq!(quality(&end), "DataQuality=False NameReused", "nobody looks for somebody who is deleted, but for this");
    let end = play().act("03-17T10:00", answer("jo", "release")).run();
    assert_eq!(end.account("jo"), (true, vec!["all"]));
    assert!(end.object("Account", "jo")["spec"].get("deletedAt").is_none());
}

#[test]
fn a_corrected_number_is_kept_with_everything() {
    let record = |id: &str| {
        format!("{{employeeId: \"{id}\", employeeHireDate: \"2026-03-12\", initialAccount: {{accountEnabled: false, memberOf: [lab]}}}}")
    };
    let end = Play::new("03-10", "03-16")
        .workflow("join", &joiner(0))
        .user("ann", &record("1"))
        .user_at("03-11T09:00", "ann", &record("11"))
        .act("03-13T10:00", answer("ann", "keep"))
        .run();
    assert_eq!(end.processed(), ["join ann completed 03-13"]);
    assert_eq!(end.account("ann"), (true, vec!["all", "lab"]));
    assert_eq!(quality(&end), "DataQuality=True Readable");
}

#[test]
fn a_leaver_under_an_unsettled_name_is_disabled_but_given_nothing_and_not_deleted() {
    let tasks = "tasks: [{name: give, addUserToGroups: {groups: [lab]}}, {name: drop, deleteUser: {}}, {name: off, disableUserAccount: {}}, \
                 {name: out, removeUserFromAllGroups: {}}]";
    let only_deletes = timed("leaver", "employeeLeaveDateTime", 0, "tasks: [{name: drop, deleteUser: {}}]");
    let record = |id: &str, leaves: &str| format!("{{employeeId: \"{id}\", {leaves}initialAccount: {{memberOf: [all]}}}}");
    let play = || {
        Play::new("03-10", "03-16")
            .workflow("off", &timed("leaver", "employeeLeaveDateTime", 0, tasks))
            .workflow("purge", &only_deletes)
            .user("ann", &record("1", ""))
            .user_at("03-11T09:00", "ann", &record("2", "employeeLeaveDateTime: \"2026-03-12\", "))
    };
    let end = play().run();
    assert_eq!(end.processed(), ["off ann completedWithErrors NameReused 03-13"]);
    assert_eq!(end.account("ann"), (false, vec![]));
    assert!(end.object("Account", "ann")["spec"].get("deletedAt").is_none());
    let end = play().act("03-14T10:00", answer("ann", "keep 2")).run();
    assert_eq!(end.processed(), ["off ann completedWithErrors NameReused 03-13", "purge ann completed 03-14"]);
    assert!(end.object("Account", "ann")["spec"].get("deletedAt").is_some(), "what was put off comes once somebody has said");
}

#[test]
fn nobody_is_processed_on_demand_under_an_unsettled_name() {
    let run = "{source: {workflow: {name: join}}, subjects: {users: [jo]}}";
    let end = given_again().object_at("03-14T10:00", "Run", "now", run).run();
    assert_eq!(end.of_run("now"), ["jo canceled NameReused"]);
    let disables = "{source: {workflow: {name: off}}, subjects: {users: [jo]}}";
    let end = given_again().object_at("03-14T10:00", "Run", "now", disables).run();
    assert_eq!(end.of_run("now"), ["jo completed"]);
}

#[test]
fn a_name_that_is_reused_after_the_plan_is_found_before_the_start() {
    let record =
        |id: &str| format!("{{employeeId: \"{id}\", employeeHireDate: \"2026-03-11\", initialAccount: {{accountEnabled: false}}}}");
    let end = Play::new("03-10", "03-16")
        .workflow("join", &joiner(0))
        .outage("03-11T00:00", "03-11T04:00", "execute/")
        .user("ann", &record("1"))
        .user_at("03-11T03:30", "ann", &record("2"))
        .run();
    assert_eq!(end.processed(), ["join ann canceled NameReused 03-11"]);
    assert_eq!(end.account("ann"), (false, vec![]));
    assert_eq!(end.ledger(), ["join ann planned", "join ann released NameReused", "join ann missed NameReused"]);
}

#[test]
fn a_record_that_is_written_over_by_another_person_s_is_no_change_of_a_person() {
    let record = |id: &str, department: &str| format!("{{employeeId: \"{id}\", department: {department}}}");
    let play = || {
        Play::new("03-10", "03-16")
            .workflow("move", &mover("Lab"))
            .user("jo", &record("1", "Sales"))
            .user_at("03-11T09:00", "jo", &record("2", "Lab"))
            .act("03-12T10:00", answer("jo", "release"))
    };
    let end = play().run();
    assert_eq!((end.processed(), end.account("jo")), (Vec::new(), (true, vec![])));
    let end = play().user_at("03-13T09:00", "jo", &record("2", "Sales")).user_at("03-14T09:00", "jo", &record("2", "Lab")).run();
    assert_eq!(end.processed(), ["move jo completed 03-14"], "their own changes are seen");
}

#[test]
fn a_number_of_two_people_identifies_neither_and_stops_nobody() {
    let record =
        |id: &str| format!("{{employeeId: \"{id}\", employeeHireDate: \"2026-03-11\", initialAccount: {{accountEnabled: false}}}}");
    let play = || Play::new("03-10", "03-14").workflow("join", &joiner(0)).user("ann", &record("1")).user("bob", &record(" 1"));
    let end = play().user("cid", &record("")).user("dan", &record("")).run();
    assert_eq!(end.processed().len(), 4);
    assert_eq!(quality(&end), "DataQuality=False DuplicateCorrelation");
    let told = end.problems.iter().filter(|problem| problem.contains("DuplicateCorrelation")).count();
    assert_eq!(told, 2, "{:?}", end.problems);
    assert!(end.object("Account", "ann")["spec"].get("correlation").is_none(), "it is not remembered");
    // One of the two was a mistake; nobody is taken for another.
    let end = play().user_at("03-12T09:00", "bob", &record("2")).run();
    assert_eq!(quality(&end), "DataQuality=True Readable");
    let remembered = ["ann", "bob"].map(|name| text(end.object("Account", name), "/spec/correlation/employeeId").to_owned());
    assert_eq!(remembered, ["1", "2"]);
}

#[test]
fn who_has_no_number_yet_or_no_more_is_the_same_person() {
    let record =
        |id: &str| format!("{{employeeId: \"{id}\", employeeHireDate: \"2026-03-12\", initialAccount: {{accountEnabled: false}}}}");
    let end = Play::new("03-10", "03-14")
        .workflow("join", &joiner(0))
        .user("late", &record(""))
        .user_at("03-11T09:00", "late", &record("5"))
        .user("lost", &record("6"))
        .user_at("03-11T09:00", "lost", &record(""))
        .run();
    assert_eq!(end.processed(), ["join late completed 03-12", "join lost completed 03-12"]);
    assert_eq!(text(end.object("Account", "late"), "/spec/correlation/employeeId"), "5");
}

#[test]
fn a_sponsor_who_is_disabled_or_deleted_is_none() {
    let unsponsored = "{category: leaver, isSchedulingEnabled: true, executionConditions: {trigger: {guestSponsor: \
                       {minimumRequiredSponsors: 1}}}, tasks: [{name: disable, disableUserAccount: {}}]}";
    let deletes = timed("leaver", "employeeLeaveDateTime", 1, "tasks: [{name: delete, deleteUser: {}}]");
    let guest = |sponsors: &str| format!("{{userType: Guest, sponsors: [{sponsors}]}}");
    let end = Play::new("03-10", "03-16")
        .workflow("guests", unsponsored)
        .workflow("leaver", &leaver(0))
        .workflow("purge", &deletes)
        .user("sam", "{employeeLeaveDateTime: \"2026-03-11\"}")
        .user("sue", "{}")
        .user("gus", &guest("sam"))
        .user("gil", &guest("sam, sue"))
        .run();
    let guests: Vec<String> = end.processed().into_iter().filter(|line| line.starts_with("guests ")).collect();
    assert_eq!(guests, ["guests gus completed 03-12"]);
    assert!(!end.account("gus").0 && end.account("gil").0);
}
