//! Authority is checked over what data flows in, and not only over the class of a task: who may only write attributes and mails
//! deletes nobody, and gets no pass.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tenure::sim::api::MemoryApi;
use tenure::sim::load::parse;
use tenure::sim::{Finished, Options, Simulation};
use tenure::task::post::PASS_NOTICE;

use super::end::{End, list, text};
use super::play::{NS, Play, leaves, timed};

const UNLISTED: &str = "Ready=False WriterNotListed";
const READY: &str = "Ready=True VersionInForce";

/// A hostile tenant, as a file.
fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/simulation/scenarios/hostile").join(name)
}

/// Plays such a file as `tenure simulate` does.
fn play(name: &str) -> Finished {
    let manifests = std::fs::read_to_string(file(name)).expect("the file");
    let documents = parse(name, &manifests).unwrap_or_else(|problems| panic!("{problems:?}"));
    Simulation::new(documents, Options::default()).unwrap_or_else(|problems| panic!("{problems:?}")).run()
}

fn object<'a>(finished: &'a Finished, kind: &str, name: &str) -> &'a Value {
    let is_it = |object: &&Value| text(object, "/kind") == kind && text(object, "/metadata/name") == name;
    finished.objects.iter().find(is_it).unwrap_or_else(|| panic!("there is no {kind} {name}"))
}

/// What the controller says of each Workflow that is not Ready, by name.
fn not_ready(finished: &Finished) -> Vec<(&str, &str, &str)> {
    let workflows = finished.objects.iter().filter(|object| text(object, "/kind") == "Workflow");
    let said = workflows.flat_map(|workflow| {
        let conditions = list(workflow, "/status/conditions").iter();
        let ready = conditions.filter(|condition| text(condition, "/type") == "Ready" && text(condition, "/status") == "False");
        ready.map(|ready| (text(workflow, "/metadata/name"), text(ready, "/reason"), text(ready, "/message")))
    });
    let mut said: Vec<_> = said.collect();
    said.sort_unstable();
    said
}

/// `tenure validate` says of the file what the controller says in the simulation, and `simulate` complains of the same Workflows.
fn all_agree(name: &str, finished: &Finished) {
    let output = Command::new(env!("CARGO_BIN_EXE_tenure")).args(["validate", "--output", "json"]).arg(file(name)).output();
    let output = output.expect("the program starts");
    let answer: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let said = not_ready(finished);
    let mistakes = list(&answer, "/mistakes");
    assert_eq!(mistakes.len(), said.len(), "{answer:#} and {said:?}");
    for mistake in mistakes {
        let words = format!("{}: {}", text(mistake, "/path"), text(mistake, "/message"));
        assert!(said.iter().any(|(.., message)| message.contains(&words)), "{words} and {said:?}");
    }
    for (workflow, reason, _) in said {
        let begin = format!("Workflow acme/{workflow} is not Ready: {reason}: ");
        assert!(finished.problems.iter().any(|problem| problem.starts_with(&begin)), "{begin} {:?}", finished.problems);
    }
}

#[test]
fn who_writes_attributes_deletes_nobody_and_keeps_nobody() {
    const FILE: &str = "attributes-as-authority.yaml";
    let finished = play(FILE);
    let said = not_ready(&finished);
    let reasons: Vec<_> = said.iter().map(|(name, reason, _)| (*name, *reason)).collect();
    // The workflows that read the leave date go on.
    assert_eq!(reasons, [("keep", "WriterNotListed"), ("tidy", "WriterNotListed")]);
    all_agree(FILE, &finished);
    let account = |name: &str| {
        let spec = &object(&finished, "Account", name)["spec"];
        (spec["accountEnabled"] == true, list(spec, "/memberOf").len(), spec["deletedAt"].is_string(), spec["attributes"].is_object())
    };
    assert_eq!(account("ceo"), (true, 1, false, false), "whom HR lets stay is there");
    assert_eq!(account("kira"), (false, 0, true, false), "and who leaves is gone");
}

#[test]
fn a_pass_goes_to_the_record_s_manager_and_its_owner_is_told() {
    const FILE: &str = "pass-to-a-foreign-address.yaml";
    let finished = play(FILE);
    let reasons: Vec<_> = not_ready(&finished).iter().map(|(name, reason, _)| (*name, *reason)).collect();
    assert_eq!(reasons, [("tidy", "WriterNotListed")]);
    all_agree(FILE, &finished);
    let slices = finished.objects.iter().filter(|object| text(object, "/kind") == "RunSlice" && text(object, "/workflow") == "leak");
    let failed: Vec<_> = slices.flat_map(|slice| list(slice, "/results")).flat_map(|result| list(result, "/tasks")).collect();
    assert!(failed.len() == 1 && text(failed[0], "/reason") == "AddressNotAllowed", "its mail is not sent: {failed:?}");
    let mut sent: Vec<_> = finished.mails.iter().map(|sent| (sent.mail.task, sent.mail.envelope.to.join(", "))).collect();
    sent.sort_unstable();
    let pass = ("generateTemporaryAccessPass", "boss@acme.example".to_owned());
    assert_eq!(sent, [pass, (PASS_NOTICE, "newhire@acme.example".to_owned())]);
}

/// What worked before mails had domains goes on, but for the mail.
#[test]
fn an_off_boarding_with_a_copy_to_others_disables_whoever_leaves() {
    const TASKS: &str = "tasks: [{name: out, disableUserAccount: {}}, {name: tell, sendEmailOnLastDay: {to: [helpdesk@acme.example], \
                         cc: [helpdesk@provider.example], customSubject: x, customBody: x}}]";
    let play = |mail: &str| {
        Play::new("03-10", "03-14")
            .schedule(&format!("{{interval: 6h, directory: people, mail: {mail}}}"))
            .workflow("leaver", &timed("leaver", "employeeLeaveDateTime", 0, TASKS))
            .user("ann", &leaves("2026-03-12"))
            .run()
    };
    // (the mails of the tenant, how many are sent)
    for (mail, sent) in [("{from: hr@acme.example}", 0), ("{from: hr@acme.example, allowedDomains: [acme.example, provider.example]}", 1)] {
        let end = play(mail);
        assert_eq!(end.condition("Workflow", "leaver", "Ready"), READY, "{mail}");
        assert_eq!((end.account("ann").0, end.mails.len()), (false, sent), "{mail}");
        let is_said = end.of_kind("RunSlice").any(|slice| slice.to_string().contains("AddressNotAllowed"));
        assert_eq!(is_said, sent == 0, "{mail}");
    }
}

/// Writes over attributes of somebody's Account, as a task did before it was refused.
fn overlay(api: &MemoryApi, name: &str, attributes: &Value) {
    let mut account = (*api.get("Account", NS, name).unwrap_or_else(|| panic!("no Account {name}"))).clone();
    account["spec"]["attributes"] = attributes.clone();
    api.put(&account).unwrap_or_else(|refusal| panic!("{name}: {}", refusal.message));
}

fn is_deleted(end: &End, name: &str) -> bool {
    !text(end.object("Account", name), "/spec/deletedAt").is_empty()
}

const PURGE: &str = "tasks: [{name: delete, deleteUser: {}}]";

#[test]
fn what_was_written_before_moves_no_date_no_manager_and_no_pass() {
    let pass = timed("joiner", "employeeHireDate", 0, "tasks: [{name: pass, generateTemporaryAccessPass: {}}]");
    let mail = |name: &str| format!("displayName: Somebody, mail: {name}@acme.example");
    let end = Play::new("03-08", "03-16")
        .workflow("pass", &pass)
        .workflow("purge", &timed("leaver", "employeeLeaveDateTime", 1, PURGE))
        .user("new", &format!("{{{}, manager: boss, employeeHireDate: \"2026-03-12\"}}", mail("new")))
        .user("boss", &format!("{{{}}}", mail("boss")))
        .user("mallory", &format!("{{{}}}", mail("mallory")))
        .user("goes", "{employeeLeaveDateTime: \"2026-03-12\"}")
        .act("03-09T10:00", |api| {
            overlay(api, "new", &json!({"manager": "mallory", "mail": "drop@evil.example", "timeZone": "Pacific/Auckland"}));
            overlay(api, "boss", &json!({"mail": "drop@evil.example", "employeeLeaveDateTime": "2026-03-10"}));
            overlay(api, "goes", &json!({"employeeLeaveDateTime": ""}));
        })
        .run();
    let sent: Vec<_> = end.mails.iter().map(|sent| (sent.mail.task, sent.mail.envelope.to.join(", "), sent.mail.date)).collect();
    // Mails of one instant come in no order.
    let to: BTreeSet<_> = sent.iter().map(|(task, to, _)| (*task, to.as_str())).collect();
    assert_eq!(to, BTreeSet::from([(PASS_NOTICE, "new@acme.example"), ("generateTemporaryAccessPass", "boss@acme.example")]));
    assert!(sent.iter().all(|(.., date)| *date >= super::play::at("03-12")), "the day begins where the record says: {sent:?}");
    assert_eq!((is_deleted(&end, "boss"), is_deleted(&end, "goes")), (false, true));
}

fn writes(attribute: &str, value: &str) -> String {
    format!(
        "{{category: mover, tasks: [{{name: a, updateUserAttributes: {{attributes: [{{attribute: {attribute}, value: \"{value}\"}}]}}}}]}}"
    )
}

fn run_of(workflow: &str, user: &str) -> String {
    format!("{{source: {{workflow: {{name: {workflow}}}}}, subjects: {{users: [{user}]}}}}")
}

#[test]
fn what_a_workflow_writes_counts_where_the_directory_lists_it() {
    let directory = "{embedded: {}, attributes: [{name: employeeLeaveDateTime, writers: [{workflow: end}]}, {name: manager}]}";
    let end = Play::new("03-08", "03-16")
        .object("Directory", "people", directory)
        .workflow("purge", &timed("leaver", "employeeLeaveDateTime", 1, PURGE))
        .workflow("end", &writes("employeeLeaveDateTime", "2026-03-11"))
        .workflow("another", &writes("employeeLeaveDateTime", "2026-03-11"))
        .workflow("boss", &writes("manager", "bob"))
        .user("ann", "{department: Sales}")
        .user("bob", "{department: Sales}")
        .object_at("03-09T10:00", "Run", "ends", &run_of("end", "ann"))
        .object_at("03-09T10:00", "Run", "other", &run_of("another", "bob"))
        .run_broken();
    let ready = ["purge", "end", "another", "boss"].map(|name| end.condition("Workflow", name, "Ready"));
    assert_eq!(ready, [READY, READY, UNLISTED, UNLISTED]);
    assert_eq!((end.of_run("ends"), end.of_run("other")), (vec!["ann completed".to_owned()], vec![]));
    assert_eq!((is_deleted(&end, "ann"), is_deleted(&end, "bob")), (true, false));
}

/// A Workflow comes that deletes people by what another one writes, is about something else later, comes back, and goes.
#[test]
fn who_writes_is_looked_at_again_when_somebody_begins_to_delete_by_it() {
    let purge = |rule: &str| {
        format!(
            "{{category: leaver, executionConditions: {{scope: {{rule: \"{rule}\"}}, trigger: {{timeBasedAttribute: {{attribute: \
             employeeLeaveDateTime}}}}}}, {PURGE}}}"
        )
    };
    let seen: Arc<Mutex<Vec<String>>> = Arc::default();
    let mut play = Play::new("03-10", "03-15")
        .workflow("moves", &writes("department", "Left"))
        .object_at("03-11", "Workflow", "purge", &purge("department eq 'Left'"))
        .object_at("03-12", "Workflow", "purge", &purge("city eq 'Left'"))
        .object_at("03-13", "Workflow", "purge", &purge("city eq 'Bonn' or department eq 'Left'"))
        .delete_at("03-14", "Workflow", "purge");
    for day in 10..15 {
        let seen = Arc::clone(&seen);
        play = play.act(&format!("03-{day}T12:00"), move |api| {
            let workflow = api.get("Workflow", NS, "moves").expect("the Workflow");
            let ready = list(&workflow, "/status/conditions").iter().find(|condition| text(condition, "/type") == "Ready");
            let reason = ready.map(|ready| text(ready, "/reason").to_owned()).unwrap_or_default();
            seen.lock().expect("nobody panics while looking").push(reason);
        });
    }
    let end = play.run_broken();
    let seen = seen.lock().expect("nobody panics while looking").clone();
    assert_eq!(seen, ["VersionInForce", "WriterNotListed", "VersionInForce", "WriterNotListed", "VersionInForce"]);
    assert_eq!(end.names("WorkflowVersion").iter().filter(|name| name.starts_with("moves-")).count(), 1);
}
