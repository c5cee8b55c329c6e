//! Every template at once, as the program prints it, for three people whose dates are not the usual ones: a contract of five
//! days, somebody who comes back while the old leave date still stands, and an offer that is taken back.
//!
//! The outcome is written down by days and people, and by who is written to about whom.

use std::collections::BTreeMap;
use std::process::Command;
use std::sync::{Arc, Mutex};

use chrono::TimeDelta;
use serde_json::{Value, json};
use tenure::catalog::TEMPLATES;
use tenure::sim::load::parse;

use super::end::{End, text};
use super::play::{NS, Play, at};

const FROM: &str = "03-01";
const UNTIL: &str = "04-20";

/// The groups and teams that each template names: as in a house that has read them.
fn named(template: &str) -> (&'static [&'static str], &'static [&'static str]) {
    match template {
        "onboard-new-hire" => (&["staff"], &[]),
        "post-onboarding" => (&["club"], &["crew"]),
        "pre-offboarding" => (&["project"], &["project-crew"]),
        "job-profile-change" => (&["desk"], &["desk-crew"]),
        "group-membership-change" => (&["research"], &["desk-crew"]),
        _ => (&[], &[]),
    }
}

/// The Workflow that `tenure template` prints, scheduled, and about these groups.
fn workflow(template: &str) -> Value {
    let output = Command::new(env!("CARGO_BIN_EXE_tenure")).args(["template", template]).output().expect("the program starts");
    let manifest = String::from_utf8(output.stdout).expect("text");
    let documents = parse(template, &manifest).unwrap_or_else(|problems| panic!("{template}: {problems:?}"));
    let workflow = documents.into_iter().find(|document| document.key().0 == "Workflow").expect("a Workflow");
    let mut spec = workflow.object["spec"].clone();
    spec["directory"] = json!("people");
    let (groups, teams) = named(template);
    if spec["executionConditions"].is_object() {
        spec["isSchedulingEnabled"] = json!(true);
    }
    if spec.pointer("/executionConditions/scope/group").is_some() {
        spec["executionConditions"]["scope"]["group"] = json!(groups[0]);
    }
    for task in spec["tasks"].as_array_mut().expect("tasks") {
        for (argument, names) in [("groups", groups), ("teams", teams)] {
            let members = task.as_object_mut().expect("a task").values_mut().filter(|member| !member[argument].is_null());
            members.for_each(|member| member[argument] = json!(names));
        }
    }
    spec
}

/// A record of the department that every template begins with.
fn record(dates: &str, account: &str) -> String {
    format!(
        "{{displayName: Somebody, mail: somebody@acme.example, department: Marketing, manager: boss, {dates}, initialAccount: {account}}}"
    )
}

/// The days, from the first to the last, on which somebody could sign in at noon.
type Days = BTreeMap<&'static str, Vec<String>>;

const PEOPLE: [&str; 3] = ["short", "back", "offer"];

/// Plays the house: what is there at its end, and who could work on which days.
fn house() -> (End, Days) {
    let schedule = "{interval: 3h, directory: people, mail: {from: people@acme.example}}";
    let mut play = Play::new(FROM, UNTIL).schedule(schedule);
    for group in ["staff", "club", "project", "desk", "research"] {
        play = play.object("Group", group, "{displayName: Some}");
    }
    for team in ["crew", "project-crew", "desk-crew"] {
        play = play.object("Group", team, "{displayName: Some, type: team}");
    }
    for template in &TEMPLATES {
        play = play.workflow(template.name, &workflow(template.name).to_string());
    }
    let works = "{memberOf: [staff, project, project-crew], licenses: [office]}";
    let old =
        "employeeHireDate: \"2024-02-01\", employeeLeaveDateTime: \"2026-03-14\", lastSuccessfulSignInDateTime: \"2025-12-25T09:00:00Z\"";
    let new =
        "employeeHireDate: \"2026-04-06\", employeeLeaveDateTime: \"2026-03-14\", lastSuccessfulSignInDateTime: \"2025-12-25T09:00:00Z\"";
    let is_new = "{accountEnabled: false}";
    let play = play
        .user("boss", "{displayName: Boss, mail: boss@acme.example}")
        .user("short", &record("employeeHireDate: \"2026-03-10\", employeeLeaveDateTime: \"2026-03-14\"", is_new))
        .user("back", &record(old, works))
        .user_at("03-20T09:00", "back", &record(new, works))
        .user("offer", &record("employeeHireDate: \"2026-03-16\"", is_new))
        .user_at("03-11T09:00", "offer", &record("employeeHireDate: \"2026-03-16\", employeeLeaveDateTime: \"2026-03-13\"", is_new));
    let seen: Arc<Mutex<Days>> = Arc::default();
    let mut play = play;
    let mut noon = at(FROM) + TimeDelta::hours(12);
    while noon < at(UNTIL) {
        let seen = Arc::clone(&seen);
        play = play.act(&noon.format("%m-%dT%H:%M").to_string(), move |api| {
            for name in PEOPLE {
                let Some(account) = api.get("Account", NS, name) else { continue };
                if account["spec"]["deletedAt"].is_null() && account["spec"]["accountEnabled"] == true {
                    seen.lock().expect("nobody panics while looking").entry(name).or_default().push(noon.format("%m-%d").to_string());
                }
            }
        });
        noon += TimeDelta::days(1);
    }
    let end = play.run();
    let days = seen.lock().expect("nobody panics while looking").clone();
    (end, days)
}

/// All days from one to another.
fn days(from: &str, to: &str) -> Vec<String> {
    let (mut day, mut all) = (at(from), Vec::new());
    while day <= at(to) {
        all.push(day.format("%m-%d").to_string());
        day += TimeDelta::days(1);
    }
    all
}

/// Who is written to about whom, by which task, on which day.
fn mails(end: &End) -> Vec<String> {
    let line = |sent: &tenure::sim::SentMail| {
        let to: Vec<String> = sent.mail.envelope.to.iter().map(ToString::to_string).collect();
        format!("{} {} about {} to {}", sent.mail.date.format("%m-%d"), sent.mail.task, sent.mail.subject, to.join(", "))
    };
    let mut lines: Vec<String> = end.mails.iter().map(line).collect();
    lines.sort();
    lines
}

#[test]
fn all_templates_together_are_right_about_a_short_contract_a_return_and_an_offer_that_was_taken_back() {
    let (end, worked) = house();
    assert_eq!(end.names("Workflow").len(), 15);
    for name in end.names("Workflow") {
        assert_eq!(end.condition("Workflow", name, "Ready"), "Ready=True VersionInForce", "{name}");
    }
    // Somebody with a contract works on each of its days and on no other.
    assert_eq!(worked.get("short"), Some(&days("03-10", "03-14")));
    // Who comes back works to the last day of the first employment, and from the first of the second.
    let both: Vec<String> = days("03-01", "03-14").into_iter().chain(days("04-06", "04-19")).collect();
    assert_eq!(worked.get("back"), Some(&both));
    // Who never began never can.
    assert_eq!(worked.get("offer"), None);

    // The manager gets the pass of whoever comes, a week before, who is told of it; whoever comes is greeted on the first day. Nobody else is
    // written to: nobody moves, nobody is called inactive, nobody sponsors anybody.
    let expected = [
        "03-03 generateTemporaryAccessPass about short to boss@acme.example",
        "03-03 temporaryAccessPassNotice about short to somebody@acme.example",
        "03-09 generateTemporaryAccessPass about offer to boss@acme.example",
        "03-09 temporaryAccessPassNotice about offer to somebody@acme.example",
        "03-10 sendWelcomeEmail about short to somebody@acme.example",
        "03-30 generateTemporaryAccessPass about back to boss@acme.example",
        "03-30 temporaryAccessPassNotice about back to somebody@acme.example",
        "04-06 sendWelcomeEmail about back to somebody@acme.example",
    ];
    assert_eq!(mails(&end), expected);

    // A week after the end the account is deleted, but not that of who comes back.
    let deleted = |name: &str| text(end.object("Account", name), "/spec/deletedAt").get(5..10).unwrap_or("").to_owned();
    assert_eq!(PEOPLE.map(deleted), ["03-22", "", "03-21"]);
    // What was taken away at the end is not there again; what a first day and a first week give is.
    assert_eq!(end.account("back"), (true, vec!["club", "crew", "staff"]));
    for name in ["short", "offer"] {
        assert_eq!(end.account(name), (false, vec![]), "{name}");
    }
    let failed = end.processed().into_iter().filter(|line| line.contains(" failed") || line.contains("Errors")).collect::<Vec<_>>();
    assert_eq!(failed, [""; 0]);
}
