//! What `tenure explain` says of a person: the same as evaluations decide, for every reason that there is.

#![expect(clippy::expect_used, clippy::panic, reason = "a test ends by panicking, and so do its helpers")]

use std::path::PathBuf;
use std::process::{Command, Output};

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use serde_json::Value;
use tenure::sim::{Options, Simulation, load};

/// A directory in Berlin time, five workflows, and people for whom each says something else.
const TENANT: &str = r#"
apiVersion: tenure.dev/v1alpha1
kind: Directory
metadata: {name: people, namespace: t}
spec:
  embedded: {}
  attributes: [{name: employeeHireDate, type: dateTime, timeZone: Europe/Berlin}]
---
apiVersion: tenure.dev/v1alpha1
kind: TenantSchedule
metadata: {name: default, namespace: t}
spec: {interval: 3h, directory: people}
---
apiVersion: tenure.dev/v1alpha1
kind: Group
metadata: {name: lab, namespace: t}
spec: {displayName: Laboratory}
---
apiVersion: tenure.dev/v1alpha1
kind: Workflow
metadata: {name: joiner, namespace: t}
spec:
  category: joiner
  isSchedulingEnabled: true
  executionConditions:
    scope: {rule: "department eq 'Sales' and employeeType ne 'Trainee'"}
    trigger: {timeBasedAttribute: {attribute: employeeHireDate, offsetInDays: -2, at: "09:00"}}
  tasks: [{name: enable, enableUserAccount: {}}]
---
apiVersion: tenure.dev/v1alpha1
kind: Workflow
metadata: {name: sleeping, namespace: t}
spec:
  category: joiner
  isEnabled: false
  executionConditions: {trigger: {timeBasedAttribute: {attribute: employeeHireDate}}}
  tasks: [{name: enable, enableUserAccount: {}}]
---
apiVersion: tenure.dev/v1alpha1
kind: Workflow
metadata: {name: asked, namespace: t}
spec: {category: joiner, tasks: [{name: enable, enableUserAccount: {}}]}
---
apiVersion: tenure.dev/v1alpha1
kind: Workflow
metadata: {name: mover, namespace: t}
spec:
  category: mover
  isSchedulingEnabled: true
  executionConditions: {trigger: {attributeChange: {attributes: [department]}}}
  tasks: [{name: lab, addUserToGroups: {groups: [lab]}}]
---
apiVersion: tenure.dev/v1alpha1
kind: Workflow
metadata: {name: leaver, namespace: t}
spec:
  category: leaver
  isSchedulingEnabled: true
  executionConditions: {trigger: {timeBasedAttribute: {attribute: employeeLeaveDateTime}}}
  tasks: [{name: disable, disableUserAccount: {}}]
---
apiVersion: tenure.dev/v1alpha1
kind: Workflow
metadata: {name: broken, namespace: t}
spec:
  category: leaver
  isSchedulingEnabled: true
  executionConditions: {trigger: {timeBasedAttribute: {attribute: employeeLeaveDateTime}}}
  tasks: [{name: none, cancelPendingAccessPackageRequests: {}}]
"#;

fn user(name: &str, at: Option<&str>, spec: &str) -> String {
    let annotations = at.map(|at| format!(", annotations: {{tenure.dev/simulate-at: \"{at}\"}}")).unwrap_or_default();
    format!("---\napiVersion: tenure.dev/v1alpha1\nkind: User\nmetadata: {{name: {name}, namespace: t{annotations}}}\nspec: {{{spec}}}\n")
}

fn people() -> String {
    let sales = "department: Sales, employeeType: Employee";
    [
        user("ann", None, &format!("{sales}, employeeHireDate: \"2026-01-12\"")),
        user("bob", None, "department: Sales, employeeType: Trainee, employeeHireDate: \"2026-01-12\""),
        user("cat", None, &format!("{sales}, employeeHireDate: \"12.1.2026\"")),
        user("dan", None, &format!("{sales}, employeeHireDate: \"2020-01-12\"")),
        user("eva", Some("2026-01-08T10:00:00Z"), &format!("{sales}, employeeHireDate: \"2026-01-05\"")),
        user(
            "fay",
            Some("2026-01-08T10:00:00Z"),
            &format!("{sales}, employeeHireDate: \"2026-01-08\", employeeLeaveDateTime: \"2026-01-08T00:00:00Z\""),
        ),
        user("gil", None, sales),
        user("gil", Some("2026-01-07T10:00:00Z"), "department: Legal, employeeType: Employee"),
        // Nobody knows before the 20th that she ever had a leave date.
        user(
            "ann",
            Some("2026-01-20T00:00:00Z"),
            &format!("{sales}, employeeHireDate: \"2026-01-12\", employeeLeaveDateTime: \"2026-01-21\""),
        ),
    ]
    .concat()
}

fn instant(text: &str) -> DateTime<Utc> {
    text.parse().expect("an instant")
}

/// What is said of a person at an instant, as JSON.
fn explain(text: &str, subject: &str, at: &str) -> Value {
    explain_in(text, subject, at, Some(chrono_tz::UTC))
}

/// The same with instants on the clock of a zone; None: of the tenant.
fn explain_in(text: &str, subject: &str, at: &str, zone: Option<Tz>) -> Value {
    let documents = load::parse("tenant.yaml", text).unwrap_or_else(|problems| panic!("{problems:?}"));
    let from = Some(instant("2026-01-05T00:00:00Z"));
    let options = Options { from, until: Some(instant(at) + TimeDelta::seconds(1)), ..Options::default() };
    let simulation = Simulation::new(documents, options).unwrap_or_else(|problems| panic!("{problems:?}"));
    let found = simulation.explain("t", subject, instant(at), zone).expect("an explanation").expect("somebody of that name");
    serde_json::to_value(found).expect("JSON")
}

fn of<'a>(explanation: &'a Value, workflow: &str) -> &'a Value {
    let found = explanation["workflows"].as_array().expect("workflows").iter().find(|said| said["workflow"] == workflow);
    found.unwrap_or_else(|| panic!("nothing is said of {workflow}"))
}

#[test]
fn what_comes_next_has_its_reason() {
    let text = TENANT.to_owned() + &people();
    let cases = [
        ("ann", "2026-01-06T12:00:00Z", "joiner", "becomes due then, and is planned", Some("2026-01-10T08:00:00Z")),
        ("ann", "2026-01-06T12:00:00Z", "leaver", "nothing: employeeLeaveDateTime has no value", None),
        ("ann", "2026-01-06T12:00:00Z", "mover", "nothing: department has not changed since the person was first seen", None),
        ("ann", "2026-01-06T12:00:00Z", "sleeping", "nothing: it is disabled", None),
        ("ann", "2026-01-06T12:00:00Z", "asked", "nothing: it has no conditions, it runs on demand only", None),
        ("ann", "2026-01-06T12:00:00Z", "broken", "nothing: it is not Ready: ", None),
        ("ann", "2026-01-12T12:00:00Z", "joiner", "nothing: it is done, and comes again only when employeeHireDate changes", None),
        ("bob", "2026-01-06T12:00:00Z", "joiner", "nothing: not in scope; if that changes, it is due at 10 January 2026 08:00 UTC", None),
        (
            "bob",
            "2026-01-11T12:00:00Z",
            "joiner",
            "nothing: not in scope; if that changes by 13 January 2026 08:00 UTC, it is due at once",
            None,
        ),
        ("cat", "2026-01-06T12:00:00Z", "joiner", "nothing: employeeHireDate cannot be read, and what is unknown is never due", None),
        (
            "dan",
            "2026-01-06T12:00:00Z",
            "joiner",
            "nothing: it was due at 10 January 2020 08:00 UTC, before the workflow was first evaluated",
            None,
        ),
        // Due on the 3rd, which is before the first evaluation on the 5th.
        ("eva", "2026-01-08T12:00:00Z", "joiner", "nothing: it was due at 3 January 2026 08:00 UTC, before the workflow", None),
        (
            "fay",
            "2026-01-08T10:00:00Z",
            "joiner",
            "is due, and gives way to leaver: it is recorded as superseded",
            Some("2026-01-06T08:00:00Z"),
        ),
        ("fay", "2026-01-08T10:00:00Z", "leaver", "is due, and is planned", Some("2026-01-08T00:00:00Z")),
        ("fay", "2026-01-08T12:00:00Z", "joiner", "nothing: the person's leaving took its place", None),
        (
            "gil",
            "2026-01-07T10:00:00Z",
            "mover",
            "due 7 January 2026 10:01 UTC: the change was seen at 7 January 2026 10:00 UTC and is due when the record has been still for a \
             minute; it is planned",
            Some("2026-01-07T10:01:00Z"),
        ),
        // Long after the end of the window the ledger still says what became of it.
        ("ann", "2026-01-19T12:00:00Z", "joiner", "nothing: it is done, and comes again only when employeeHireDate changes", None),
        ("fay", "2026-01-19T12:00:00Z", "joiner", "nothing: the person's leaving took its place", None),
        ("gil", "2026-01-19T12:00:00Z", "mover", "nothing: it is done, and comes again only when department changes", None),
        ("gil", "2026-01-07T12:00:00Z", "mover", "nothing: it is done, and comes again only when department changes", None),
        ("gil", "2026-01-07T12:00:00Z", "joiner", "nothing: employeeHireDate has no value", None),
    ];
    for (subject, at, workflow, wanted, due) in cases {
        let explanation = explain(&text, subject, at);
        let next = &of(&explanation, workflow)["next"];
        assert!(next["text"].as_str().is_some_and(|text| text.starts_with(wanted)), "{subject} at {at}: {workflow}: {next}");
        assert_eq!(next["due"].as_str(), due, "{subject} at {at}: {workflow}");
        assert_eq!(next["evaluation"].is_string(), due.is_some(), "{subject} at {at}: {workflow}: {next}");
    }
}

#[test]
fn a_person_is_out_of_scope_by_one_clause() {
    let explanation = explain(&(TENANT.to_owned() + &people()), "bob", "2026-01-06T12:00:00Z");
    let scope = &of(&explanation, "joiner")["scope"];
    assert_eq!(scope["holds"], "false");
    assert_eq!(scope["rule"], "department eq 'Sales' and employeeType ne 'Trainee'");
    let because = scope["because"].as_array().expect("reasons");
    assert_eq!(because.len(), 1);
    assert_eq!(because[0]["text"], "employeeType ne 'Trainee'");
    assert_eq!(because[0]["found"], "employeeType is 'Trainee'");
    assert_eq!(of(&explanation, "leaver")["scope"]["holds"], "true");
}

#[test]
fn what_cannot_be_read_is_said_with_what_was_expected() {
    let explanation = explain(&(TENANT.to_owned() + &people()), "cat", "2026-01-06T12:00:00Z");
    let unreadable = explanation["unreadable"].as_array().expect("values");
    assert_eq!(unreadable.len(), 1);
    assert_eq!(unreadable[0]["attribute"], "employeeHireDate");
    assert_eq!(unreadable[0]["text"], "12.1.2026");
    assert!(unreadable[0]["expected"].as_str().is_some_and(|text| text.contains("YYYY-MM-DD")), "{unreadable:?}");
    assert_eq!(of(&explanation, "joiner")["occurrences"], Value::Array(Vec::new()));
}

#[test]
fn an_occurrence_has_its_value_its_zone_and_its_window() {
    let explanation = explain(&(TENANT.to_owned() + &people()), "ann", "2026-01-06T12:00:00Z");
    let joiner = of(&explanation, "joiner");
    assert_eq!(joiner["trigger"], "2 days before employeeHireDate, at 09:00");
    let occurrence = &joiner["occurrences"][0];
    assert_eq!(occurrence["value"], "2026-01-12");
    assert_eq!(occurrence["due"], "2026-01-10T08:00:00Z");
    assert_eq!(occurrence["local"], "2026-01-10T09:00:00 Europe/Berlin");
    assert_eq!(occurrence["windowEnds"], "2026-01-13T08:00:00Z");
    assert_eq!(occurrence["state"], "notYet");
}

#[test]
fn what_happened_is_told_with_run_tasks_and_reasons() {
    let text = TENANT.to_owned() + &people();
    let explanation = explain(&text, "ann", "2026-01-12T12:00:00Z");
    let happened = of(&explanation, "joiner")["happened"].as_array().expect("what happened").clone();
    assert_eq!(happened.len(), 1);
    assert_eq!((&happened[0]["what"], &happened[0]["status"], &happened[0]["version"]), (&"run".into(), &"completed".into(), &1.into()));
    assert!(happened[0]["run"].as_str().is_some_and(|run| run.starts_with("joiner-v1-e")));
    assert_eq!(happened[0]["tasks"][0]["name"], "enable");
    let explanation = explain(&text, "fay", "2026-01-08T12:00:00Z");
    let superseded = &of(&explanation, "joiner")["happened"][0];
    assert_eq!((&superseded["what"], &superseded["by"]), (&"superseded".into(), &"leaver".into()));
}

#[test]
fn what_gives_way_to_a_leaver_in_another_directory_is_told() {
    let staff = r"---
apiVersion: tenure.dev/v1alpha1
kind: Directory
metadata: {name: staff, namespace: t}
spec: {embedded: {}, attributes: [{name: contractEnd, type: dateTime}]}
---
apiVersion: tenure.dev/v1alpha1
kind: Workflow
metadata: {name: gone, namespace: t}
spec: {category: leaver, directory: staff, isSchedulingEnabled: true, executionConditions: {trigger: {timeBasedAttribute: {attribute: contractEnd}}},
  tasks: [{name: disable, disableUserAccount: {}}]}
";
    let spec =
        "department: Sales, employeeType: Employee, employeeHireDate: \"2026-01-10\", extensionAttributes: {contractEnd: \"2026-01-07\"}";
    for (number, wanted) in [("7", "is due, and gives way to gone: it is recorded as superseded"), ("", "is due, and is planned")] {
        let text = TENANT.to_owned() + staff + &user("hob", None, &format!("{spec}, employeeId: \"{number}\""));
        let explanation = explain(&text, "hob", "2026-01-08T08:00:00Z");
        assert_eq!(of(&explanation, "joiner")["next"]["text"].as_str().map(|text| text.starts_with(wanted)), Some(true), "{explanation}");
    }
}

#[test]
fn a_missed_occurrence_is_told() {
    // Her date is corrected to one whose window is long over: nobody could have known.
    let hired = user("ivy", None, "department: Sales, employeeType: Employee, employeeHireDate: \"2026-01-15\"");
    let late = user("ivy", Some("2026-01-20T10:00:00Z"), "department: Sales, employeeType: Employee, employeeHireDate: \"2026-01-10\"");
    let text = TENANT.to_owned() + &hired + &late;
    let explanation = explain(&text, "ivy", "2026-01-20T10:00:00Z");
    let next = &of(&explanation, "joiner")["next"];
    assert_eq!(next["text"], "is too late (WindowEnded), and is recorded as missed", "{next}");
    let explanation = explain(&text, "ivy", "2026-01-20T12:00:00Z");
    let joiner = of(&explanation, "joiner");
    assert_eq!(
        joiner["next"]["text"],
        "nothing: it was missed (WindowEnded: it was known too late), and comes again only when employeeHireDate changes"
    );
    let missed = joiner["happened"].as_array().and_then(|happened| happened.last()).expect("what happened");
    assert_eq!((&missed["what"], &missed["reason"]), (&"missed".into(), &"WindowEnded".into()));
}

#[test]
fn what_is_done_is_not_announced_again() {
    let joiner = |scope: &str, offset: i32| {
        format!(
            "---\napiVersion: tenure.dev/v1alpha1\nkind: Workflow\nmetadata: {{name: joiner, namespace: t, annotations: \
             {{tenure.dev/simulate-at: \"2026-01-14T10:00:00Z\"}}}}\nspec:\n  category: joiner\n  isSchedulingEnabled: true\n  \
             executionConditions:\n    scope: {{rule: \"{scope}\"}}\n    trigger: {{timeBasedAttribute: {{attribute: employeeHireDate, \
             offsetInDays: {offset}}}}}\n  tasks: [{{name: enable, enableUserAccount: {{}}}}]\n"
        )
    };
    for (what, scope, offset) in [("another offset", "department eq 'Sales'", 10), ("and another scope", "department eq 'Moon'", 10)] {
        let explanation = explain(&(TENANT.to_owned() + &people() + &joiner(scope, offset)), "ann", "2026-01-14T12:00:00Z");
        let joiner = of(&explanation, "joiner");
        assert_eq!(joiner["next"]["text"], "nothing: it is done, and comes again only when employeeHireDate changes", "{what}");
        assert_eq!((&joiner["next"]["due"], &joiner["occurrences"][0]["state"]), (&Value::Null, &"consumed".into()), "{what}");
    }
}

#[test]
fn instants_are_said_on_the_clock_of_a_zone() {
    let tokyo = TENANT.replace("{interval: 3h, directory: people}", "{interval: 3h, directory: people, timeZone: Asia/Tokyo}");
    let cases = [
        (TENANT, Some(chrono_tz::UTC), "10 January 2026 08:00 UTC"),
        (TENANT, Some(chrono_tz::Europe::Berlin), "10 January 2026 09:00 CET"),
        (TENANT, None, "10 January 2026 08:00 UTC"),
        (tokyo.as_str(), None, "10 January 2026 17:00 JST"),
        (tokyo.as_str(), Some(chrono_tz::UTC), "10 January 2026 08:00 UTC"),
    ];
    for (tenant, zone, wanted) in cases {
        let explanation = explain_in(&(tenant.to_owned() + &people()), "bob", "2026-01-06T12:00:00Z", zone);
        let wanted = format!("nothing: not in scope; if that changes, it is due at {wanted}");
        assert_eq!(of(&explanation, "joiner")["next"]["text"], wanted, "{zone:?}");
    }
}

#[test]
fn a_change_is_due_when_it_has_been_still() {
    let explanation = explain(&(TENANT.to_owned() + &people()), "gil", "2026-01-07T10:00:00Z");
    let occurrence = &of(&explanation, "mover")["occurrences"][0];
    assert_eq!(occurrence["due"], "2026-01-07T10:01:00Z");
    assert_eq!(occurrence["windowEnds"], "2026-01-10T10:01:00Z");
    assert_eq!(occurrence["state"], "notYet");
}

/// Joiner work of more people than the Workflow allows at once, and somebody whom it does not hold.
const HELD: &str = r#"
---
apiVersion: tenure.dev/v1alpha1
kind: Workflow
metadata: {name: few, namespace: t}
spec:
  category: joiner
  isSchedulingEnabled: true
  executionLimits: {count: 1}
  executionConditions:
    scope: {rule: "department eq 'Few'"}
    trigger: {timeBasedAttribute: {attribute: employeeHireDate}}
  tasks: [{name: group, addUserToGroups: {groups: [lab]}}]
"#;

#[test]
fn a_run_that_is_held_says_by_what_and_until_when() {
    let hired = |name: &str| user(name, None, "department: Few, employeeHireDate: \"2026-01-07\"");
    let text = TENANT.to_owned() + HELD + &hired("joy") + &hired("kim");
    let explanation = explain(&text, "joy", "2026-01-07T12:00:00Z");
    let few = of(&explanation, "few");
    let next = few["next"]["text"].as_str().expect("a text");
    for wanted in [
        "the run few-v1-e",
        "is held (LimitExceeded: 2 people are more than 1: spec.executionLimits of the Workflow)",
        "if nobody lets it go on by 9 January 2026 23:00 UTC, the person is missed",
    ] {
        assert!(next.contains(wanted), "{wanted}: {next}");
    }
    assert_eq!(few["happened"][0]["status"], "held");
    // Afterwards it was missed, and no longer waits.
    let explanation = explain(&text, "joy", "2026-01-15T12:00:00Z");
    let next = &of(&explanation, "few")["next"]["text"];
    let wanted =
        "nothing: it was missed (PlanExpired: its window ended before it began), and comes again only when employeeHireDate changes";
    assert_eq!(next, wanted);
}

#[test]
fn what_failed_is_not_said_to_be_done() {
    let group = "---\napiVersion: tenure.dev/v1alpha1\nkind: Group\nmetadata: {name: all, namespace: t}\nspec: {displayName: All, membership: \
                 dynamic}\n";
    let few = HELD.replace("{count: 1}", "{count: 9}").replace("groups: [lab]", "groups: [all]");
    let hired = user("joy", None, "department: Few, employeeHireDate: \"2026-01-07\"");
    let explanation = explain(&(TENANT.to_owned() + group + &few + &hired), "joy", "2026-01-15T12:00:00Z");
    let next = &of(&explanation, "few")["next"]["text"];
    assert_eq!(next, "nothing: it failed, and comes again only when employeeHireDate changes");
}

/// Reminders of those who have not signed in for 30 days: a state, which has no window.
const IDLE: &str = r#"
---
apiVersion: tenure.dev/v1alpha1
kind: Workflow
metadata: {name: idle, namespace: t}
spec:
  category: leaver
  isSchedulingEnabled: true
  executionConditions:
    scope: {rule: "department eq 'Idle'"}
    trigger: {userInactivity: {inactivityPeriodInDays: 30, neverSignedIn: SinceCreated}}
  tasks: [{name: lab, addUserToGroups: {groups: [lab]}}]
"#;

#[test]
fn inactivity_says_what_it_is_counted_from_and_has_no_window() {
    let signed_in = "lastSuccessfulSignInDateTime: \"2025-12-01T09:00:00Z\"";
    let created = "createdDateTime: \"2025-11-01T09:00:00Z\"";
    // (the record, what the days are counted from, when it is due, the beginning of what comes next)
    let cases = [
        (format!("department: Idle, {signed_in}"), Some("lastSuccessfulSignInDateTime"), "is due, and is planned"),
        (format!("department: Idle, {created}"), Some("createdDateTime"), "is due, and is planned"),
        (
            format!("department: Else, {signed_in}"),
            Some("lastSuccessfulSignInDateTime"),
            "nothing: not in scope; if that changes, it is due at once",
        ),
        (format!("department: Idle, {signed_in}, employeeHireDate: \"2026-01-04\""), Some("employeeHireDate"), "becomes due then"),
        (
            format!("department: Idle, {signed_in}, employeeHireDate: \"2026-03-01\""),
            None,
            "nothing: the hire date is ahead, and nobody is inactive before it",
        ),
        (
            "department: Idle, lastSuccessfulSignInDateTime: \"1.12.2025\"".to_owned(),
            None,
            "nothing: lastSuccessfulSignInDateTime cannot be read",
        ),
    ];
    for (record, counted_from, wanted) in cases {
        // The person comes between two evaluations, and nobody has seen the account become enabled.
        let text = TENANT.to_owned() + IDLE + &user("ida", Some("2026-01-06T12:00:00Z"), &record);
        let explanation = explain(&text, "ida", "2026-01-06T12:00:00Z");
        let idle = of(&explanation, "idle");
        assert!(idle["next"]["text"].as_str().is_some_and(|text| text.starts_with(wanted)), "{record}: {}", idle["next"]);
        let occurrence = &idle["occurrences"][0];
        assert_eq!(occurrence["countedFrom"].as_str(), counted_from, "{record}");
        assert!(occurrence["windowEnds"].is_null(), "{record}");
    }
}

#[test]
fn nothing_of_the_future_is_known() {
    let text = TENANT.to_owned() + &people();
    let known = explain(&text, "ann", "2026-01-19T23:59:00Z").to_string();
    assert!(!known.contains("2026-01-21"), "{known}");
    let later = explain(&text, "ann", "2026-01-20T00:00:00Z");
    assert_eq!(of(&later, "leaver")["next"]["due"], "2026-01-21T23:59:59Z");
}

fn simulate(arguments: &[&str]) -> String {
    let example = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("examples/quickstart");
    let mut command = Command::new(env!("CARGO_BIN_EXE_tenure"));
    let output = command.arg("simulate").arg(example).args(arguments).output().expect("the program starts");
    String::from_utf8(output.stdout).expect("text")
}

fn run(arguments: &[&str]) -> Output {
    let example = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("examples/quickstart");
    let mut command = Command::new(env!("CARGO_BIN_EXE_tenure"));
    command.arg("explain").args(arguments).arg("--simulate").arg(example).output().expect("the program starts")
}

#[test]
fn the_quickstart_is_explained_to_a_person() {
    let output = run(&["mia", "--at", "2026-01-10"]);
    let text = String::from_utf8(output.stdout).expect("text");
    assert!(output.status.success(), "{text}");
    for wanted in [
        "Mia Berg (mia) in acme, as of 10 January 2026 00:00 UTC",
        "no: startsWith(jobTitle, 'Chief') is true: jobTitle is 'Chief Executive Officer'",
        "due        8 January 2026 07:45 UTC, 40 hours ago, 90 days after the last sign-in",
    ] {
        assert!(text.contains(wanted), "{wanted}\n{text}");
    }
}

#[test]
fn the_zone_of_the_report_is_the_one_that_was_asked_for() {
    let berlin = ["--time-zone", "Europe/Berlin"];
    let output = run(&[&["mia", "--at", "2026-01-10"], &berlin[..]].concat());
    let text = String::from_utf8(output.stdout).expect("text");
    for wanted in ["as of 10 January 2026 01:00 CET", "due        8 January 2026 08:45 CET"] {
        assert!(text.contains(wanted), "{wanted}\n{text}");
    }
    assert!(!text.contains("UTC"), "{text}");
    let day = ["--until", "2026-01-06"];
    for (arguments, wanted) in [
        (day.to_vec(), "Tenant acme, 5 January 2026 00:00 to 6 January 2026 00:00 (all times UTC)"),
        ([day, berlin].concat(), "Tenant acme, 5 January 2026 01:00 to 6 January 2026 01:00 (all times Europe/Berlin)"),
    ] {
        let report = simulate(&arguments);
        assert!(report.contains(wanted), "{wanted}\n{report}");
    }
    let nobody = run(&[&["noah", "--at", "2026-01-20"], &berlin[..]].concat());
    let complaint = String::from_utf8_lossy(&nobody.stderr).into_owned();
    assert!(complaint.contains("there is no User \"noah\" at 20 January 2026 01:00 CET"), "{complaint}");
    let backwards = run(&[&["ava", "--from", "2027-01-01"], &berlin[..]].concat());
    let complaint = String::from_utf8_lossy(&backwards.stderr).into_owned();
    assert!(complaint.contains("which is not after its beginning at 1 January 2027 01:00 CET"), "{complaint}");
}

#[test]
fn an_unknown_person_is_asked_about() {
    for (arguments, wanted) in [
        (&["Nooah"][..], "did you mean noah (Noah Jansen)?"),
        (&["Ava Lindqvist"], "did you mean ava (Ava Lindqvist)?"),
        (&["noah", "--at", "2026-01-20"], "there is no User \"noah\" at 20 January 2026 00:00 UTC"),
        (&["ava", "--at", "2025-01-20"], "the simulation begins at 5 January 2026 00:00 UTC"),
        (&["ava", "--namespace", "other"], "there is no User \"ava\" in other"),
    ] {
        let output = run(arguments);
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {complaint}");
        assert!(complaint.contains(wanted), "{arguments:?}: {complaint}");
        assert_eq!(complaint.contains("did you mean"), wanted.contains("did you mean"), "{complaint}");
    }
}
