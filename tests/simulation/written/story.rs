//! The tenant that is written down: everything that gives an object a key, a digest or a hash happens in it once.

use serde_json::{Value, json};
use tenure::sim::api::{MemoryApi, Verb, Verdict};

use crate::scenarios::end::{End, text};
use crate::scenarios::play::{NS, Play, restore, timed};

/// Lets newcomers of every department but one in.
fn join() -> String {
    timed(
        "joiner",
        "employeeHireDate",
        0,
        "tasks: [{name: enable, enableUserAccount: {}}, {name: group, addUserToGroups: {groups: [all]}}]",
    )
    .replace("executionConditions: {", "executionConditions: {scope: {rule: \"not (department eq 'Moon')\"}, ")
}

/// Closes the accounts of those who leave a department.
fn off(department: &str, rest: &str) -> String {
    let scope = format!("executionConditions: {{scope: {{rule: \"department eq '{department}'\"}}, ");
    timed("leaver", "employeeLeaveDateTime", 0, &format!("{rest}tasks: [{{name: disable, disableUserAccount: {{}}}}]"))
        .replace("executionConditions: {", &scope)
}

/// A workflow with another trigger than a date, the rest of its conditions, and its tasks.
fn triggered(category: &str, conditions: &str, tasks: &str) -> String {
    format!("{{category: {category}, isSchedulingEnabled: true, executionConditions: {{{conditions}}}, tasks: [{tasks}]}}")
}

/// The workflows: one for each kind of trigger, one with a limit, one on demand, and one that is deleted.
fn workflows() -> Play {
    let moved = "scope: {rule: \"department eq 'Lab'\"}, trigger: {attributeChange: {attributes: [department, jobTitle]}}";
    let club = "scope: {group: club}, trigger: {membershipChange: {changeType: add}}";
    let idle = "trigger: {userInactivity: {inactivityPeriodInDays: 10}}";
    let alone = "trigger: {guestSponsor: {minimumRequiredSponsors: 1}}";
    let (lab, disable) = ("{name: lab, addUserToGroups: {groups: [lab]}}", "{name: disable, disableUserAccount: {}}");
    Play::new("03-01", "03-20")
        .object("Group", "club", "{displayName: Club}")
        .workflow("join", &join())
        .workflow("attic", &join().replace("not (department eq 'Moon')", "department eq 'Attic'"))
        .workflow("move", &triggered("mover", moved, lab))
        .workflow("club", &triggered("mover", club, lab))
        .workflow("off", &off("Board", ""))
        .workflow("depot", &off("Depot", "executionLimits: {count: 1}, "))
        .workflow("idle", &triggered("leaver", idle, disable))
        .workflow("alone", &triggered("leaver", alone, disable))
        .workflow("hand", "{category: joiner, tasks: [{name: all, addUserToGroups: {groups: [all]}}]}")
        .delete_at("03-09", "Workflow", "attic")
}

fn hired(department: &str, date: &str) -> String {
    format!("{{department: {department}, employeeHireDate: \"{date}\", initialAccount: {{accountEnabled: false}}}}")
}

fn leaves(department: &str, date: &str) -> String {
    format!("{{department: {department}, employeeLeaveDateTime: \"{date}\", initialAccount: {{memberOf: [all]}}}}")
}

fn both(department: &str, hire: &str, leave: &str) -> String {
    format!(
        "{{department: {department}, employeeHireDate: \"{hire}\", employeeLeaveDateTime: \"{leave}\", \
         initialAccount: {{accountEnabled: false}}}}"
    )
}

/// The people. What is to be found again was due in the last three days, within every window.
fn people() -> Play {
    let works = |department: &str, title: &str| format!("{{department: {department}, jobTitle: {title}}}");
    let numbered = hired("Board", "2026-03-18")
        .replace('{', "{employeeId: \"1001\", ")
        .replace("initialAccount: {employeeId: \"1001\", ", "initialAccount: {");
    workflows()
        // Joins, and is remembered by a number.
        .user("ann", &numbered)
        .user("ada", &hired("Attic", "2026-03-08"))
        // Comes with a date that is too old: missed.
        .user_at("03-10", "mo", &hired("Board", "2026-03-03"))
        // Comes into the scope when it is too late: history, unless the due instants moved.
        .user("lou", &hired("Moon", "2026-03-05"))
        .user_at("03-15", "lou", &hired("Board", "2026-03-05"))
        // Two changes in one; and a membership.
        .user("mia", &works("Board", "Clerk"))
        .user_at("03-18T10:00", "mia", &works("Lab", "Chemist"))
        .user("kim", &works("Board", "Clerk"))
        .act("03-18T11:00", |api| member_of(api, "kim", &json!(["club"])))
        // Leaves; leaves, and does not after all; two of whom the limit holds both.
        .user("bob", &leaves("Board", "2026-03-12"))
        .user("rex", &leaves("Board", "2026-03-10"))
        .user_at("03-14", "rex", &leaves("Board", "2026-12-31"))
        .user("dan", &leaves("Depot", "2026-03-17"))
        .user("dee", &leaves("Depot", "2026-03-17"))
        // Joiner work gives way to leaver work, and to the leave date alone.
        .user_at("03-18T12:00", "lea", &both("Board", "2026-03-17", "2026-03-18T00:00:00Z"))
        .user_at("03-18T12:00", "sam", &both("Sales", "2026-03-17", "2026-03-18T00:00:00Z"))
        // A hire that is taken back.
        .user("wil", &hired("Sales", "2026-03-25"))
        .user_at("03-16", "wil", &both("Sales", "2026-03-25", "2026-03-16T00:00:00Z"))
        // States.
        .user("ida", "{department: Sales, lastSuccessfulSignInDateTime: \"2026-03-02T08:00:00Z\"}")
        .user("gus", "{department: Sales, userType: Guest, sponsors: []}")
}

/// What a person with a mouse does to an account.
fn member_of(api: &MemoryApi, name: &str, groups: &Value) {
    let mut account = (*api.get("Account", NS, name).expect("the account")).clone();
    account["spec"]["memberOf"] = groups.clone();
    api.put(&account).expect("stored");
}

/// A Run is deleted and applied again from Git.
fn apply_again(api: &MemoryApi, name: &str) {
    let run = (*api.get("Run", NS, name).expect("the Run")).clone();
    api.delete("Run", NS, name).expect("deleted");
    restore(api, &[run]);
}

/// Plays the story and gives what a backup has of the tenant, in the order of the versions.
pub fn play() -> Vec<Value> {
    let run = |users: &str| format!("{{source: {{workflow: {{name: hand}}}}, subjects: {{users: [{users}]}}}}");
    let end: End = people()
        .object_at("03-17T10:00", "Run", "welcome", &run("ann, nobody"))
        .object_at("03-17T12:00", "Run", "again", &run("kim"))
        .act("03-17T15:00", |api| apply_again(api, "again"))
        // It comes back as another object while it is being executed.
        .object_at("03-17T18:00", "Run", "torn", &run("ada, lou, mo"))
        .on_request("execute/torn", (Verb::Update, "accounts"), 1, |api| apply_again(api, "torn"), Verdict::Die)
        .run_broken();
    let mut objects: Vec<Value> = end.objects.into_iter().filter(is_kept).collect();
    objects.sort_by_key(version);
    objects
}

fn is_kept(object: &Value) -> bool {
    text(object, "/metadata/namespace") == NS && !["Job", "Pod", "Event", "Lease"].contains(&text(object, "/kind"))
}

/// The version of an object, which is the order of all objects.
pub fn version(object: &Value) -> u64 {
    text(object, "/metadata/resourceVersion").parse().expect("a version")
}
