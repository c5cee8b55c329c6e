//! Cases of Run.

use serde_json::{Value, json};

use super::case::{Case, object, text, texts, with};

const ONE_OF_TWO: &str = "exactly one of subjects, undo must be set, and neither for executionType scheduled";
const ONE_SUBJECTS: &str = "exactly one of users, group, scope, reprocess must be set";
const RESERVED: &str = "names that end in -vN or -vN-eN are for what evaluations make";
const IMMUTABLE: &str = "a Run is immutable but for cancel";

fn run() -> Value {
    let spec = json!({"source": {"workflow": {"name": "example", "version": 3}}, "subjects": {"users": ["anna"]}});
    object("Run", "example-run", json!({"spec": spec}))
}

fn scheduled() -> Value {
    with(with(run(), "/spec/executionType", json!("scheduled")), "/spec/subjects", Value::Null)
}

fn undo() -> Value {
    with(with(run(), "/spec/subjects", Value::Null), "/spec/undo", json!({"run": "earlier"}))
}

pub fn cases() -> Vec<Case> {
    [creation(), names(), subjects(), updates(), status()].concat()
}

/// What evaluations call their Runs and slices, people do not call theirs.
fn names() -> Vec<Case> {
    let named = |name: &str| with(run(), "/metadata/name", json!(name));
    let refused = ["off-v1", "off-v12", "off-v1-e7", "off-v1-e7-0", "off-v1-e7-a2", "off-v1-e7-0-1"];
    let fine = ["off-v", "off-v1-hotfix", "off-e7", "v1", "off-v1x", "off-v1-e7x"];
    let refused = refused.map(|name| Case::refused(format!("run: called {name}"), named(name), RESERVED));
    let fine = fine.map(|name| Case::accepted(format!("run: called {name}"), named(name)));
    let own = Case::accepted("run: scheduled, called as evaluations do", with(scheduled(), "/metadata/name", json!("off-v1-e7")));
    let canceled = with(scheduled(), "/metadata/name", json!("off-v1-e7"));
    let canceled = Case::accepted("run: scheduled, canceled", with(canceled.clone(), "/spec/cancel", json!(true))).of(canceled);
    [refused.to_vec(), fine.to_vec(), vec![own, canceled]].concat()
}

fn creation() -> Vec<Case> {
    let named = |length: usize| with(run(), "/metadata/name", json!(text(length)));
    let both = with(undo(), "/spec/subjects", json!({"users": ["anna"]}));
    let neither = with(run(), "/spec/subjects", Value::Null);
    let scheduled_undo = with(scheduled(), "/spec/undo", json!({"run": "earlier"}));
    let scheduled_users = with(scheduled(), "/spec/subjects", json!({"users": ["anna"]}));
    let set = |pointer: &str, value: Value| with(run(), pointer, value);
    vec![
        Case::accepted("run: on demand for one", run())
            .stores("/spec/executionType", json!("onDemand"))
            .stores("/spec/priority", json!("normal"))
            .stores("/spec/cancel", json!(false)),
        Case::accepted("run: scheduled", scheduled()),
        Case::accepted("run: undo", undo()),
        Case::accepted("run: preview", set("/spec/executionType", json!("preview"))),
        Case::accepted("run: emergency", set("/spec/priority", json!("emergency"))),
        Case::refused("run: subjects and undo", both, ONE_OF_TWO),
        Case::refused("run: neither subjects nor undo", neither, ONE_OF_TWO),
        Case::refused("run: scheduled undo", scheduled_undo, ONE_OF_TWO),
        Case::refused("run: scheduled for one", scheduled_users, ONE_OF_TWO),
        Case::refused("run: of nothing", set("/spec/source", json!({})), "exactly one of workflow must be set"),
        Case::refused("run: of null", set("/spec/source", json!({"workflow": null})), "exactly one of workflow must be set"),
        Case::refused("run: version 0", set("/spec/source/workflow/version", json!(0)), "should be greater than or equal to 1"),
        Case::refused("run: type of nobody", set("/spec/executionType", json!("later")), "Unsupported value: \"later\""),
        Case::accepted("run: name of 52 characters", named(52)),
        Case::refused("run: name of 53 characters", named(53), "metadata.name: at most 52 characters"),
        Case::accepted("run: acknowledges", set("/spec/acknowledges", json!(["account", "destructive"]))),
        Case::refused("run: acknowledges nothing", set("/spec/acknowledges", json!([])), "should have at least 1 items"),
        Case::refused("run: acknowledges twice", set("/spec/acknowledges", json!(["mail", "mail"])), "Duplicate value: \"mail\""),
        Case::refused("run: acknowledges anything", set("/spec/acknowledges", json!(["all"])), "Unsupported value: \"all\""),
        Case::refused(
            "run: a scheduled one acknowledges",
            with(scheduled(), "/spec/acknowledges", json!(["destructive"])),
            "evaluations acknowledge nothing",
        ),
        Case::refused("run: unknown field", set("/spec/dryRun", json!(true)), "unknown field \"spec.dryRun\""),
    ]
}

fn subjects() -> Vec<Case> {
    let subjects = |subjects: Value| with(run(), "/spec/subjects", subjects);
    let users = |count: usize| subjects(json!({"users": texts(count)}));
    vec![
        Case::accepted("subjects: a group", subjects(json!({"group": "rnd"}))),
        Case::accepted("subjects: the scope", subjects(json!({"scope": {}}))),
        Case::accepted("subjects: another rule", subjects(json!({"scope": {"rule": "city eq 'Berlin'"}}))),
        Case::accepted("subjects: of an earlier run", subjects(json!({"reprocess": {"run": "earlier"}})))
            .stores("/spec/subjects/reprocess/userScope", json!("failedUsers"))
            .stores("/spec/subjects/reprocess/taskScope", json!("failedTasks")),
        Case::accepted("subjects: 1000 users", users(1000)),
        Case::refused("subjects: 1001 users", users(1001), "Too many"),
        Case::refused("subjects: no users", users(0), "should have at least 1 items"),
        Case::refused("subjects: a user twice", subjects(json!({"users": ["a", "a"]})), "Duplicate value: \"a\""),
        Case::refused("subjects: nobody", subjects(json!({})), ONE_SUBJECTS),
        Case::refused("subjects: users and group", subjects(json!({"users": ["a"], "group": "b"})), ONE_SUBJECTS),
        Case::accepted("subjects: a member that is null does not count", subjects(json!({"group": "b", "users": null}))),
    ]
}

fn updates() -> Vec<Case> {
    let canceled = with(run(), "/spec/cancel", json!(true));
    let mut cases = vec![
        Case::accepted("run: cancel", canceled.clone()).of(run()),
        Case::accepted("run: cancel a scheduled one", with(scheduled(), "/spec/cancel", json!(true))).of(scheduled()),
        Case::accepted("run: cancel an undo", with(undo(), "/spec/cancel", json!(true))).of(undo()),
        Case::accepted("run: labels of a canceled one", with(canceled.clone(), "/metadata/labels", json!({"a": "b"}))).of(canceled.clone()),
        Case::refused("run: cancel is taken back", run(), "cancel cannot be taken back").of(canceled.clone()),
        Case::refused("run: cancel is left out", with(canceled.clone(), "/spec/cancel", Value::Null), "cancel cannot be taken back")
            .of(canceled),
        Case::refused("run: undo of another", with(undo(), "/spec/undo/run", json!("other")), IMMUTABLE).of(undo()),
        Case::refused("run: undo becomes on demand", run(), IMMUTABLE).of(undo()),
        Case::refused("run: on demand becomes undo", undo(), IMMUTABLE).of(run()),
        Case::refused("run: on demand becomes scheduled", scheduled(), IMMUTABLE).of(run()),
    ];
    let changes = [
        ("/spec/source/workflow/name", json!("other")),
        ("/spec/source/workflow/version", json!(4)),
        ("/spec/source/workflow/version", Value::Null),
        ("/spec/executionType", json!("preview")),
        ("/spec/subjects/users", json!(["anna", "berta"])),
        ("/spec/subjects", json!({"group": "rnd"})),
        ("/spec/priority", json!("emergency")),
        ("/spec/requestedBy", json!("anna")),
        ("/spec/acknowledges", json!(["destructive"])),
    ];
    for (pointer, value) in changes {
        let name = format!("run: {pointer} becomes {value}");
        cases.push(Case::refused(name, with(run(), pointer, value), IMMUTABLE).of(run()));
    }
    let requested = with(run(), "/spec/requestedBy", json!("anna"));
    cases.push(Case::refused("run: requestedBy goes", run(), IMMUTABLE).of(requested.clone()));
    let other = with(requested.clone(), "/spec/requestedBy", json!("berta"));
    cases.push(Case::refused("run: requestedBy changes", other, IMMUTABLE).of(requested));
    cases
}

fn status() -> Vec<Case> {
    let status = |status: Value| with(scheduled(), "/status", status);
    let report = |name: &str| json!({"name": name, "successfulUsersCount": 1});
    let shard =
        |index: i32| json!({"index": index, "attempt": 1, "updatedDateTime": "2026-01-01T00:00:00Z", "counts": {"totalUsersCount": 4}});
    vec![
        Case::accepted("run: status", status(json!({"processingStatus": "inProgress", "attempt": 1, "shards": [shard(0), shard(1)]})))
            .in_status()
            .stores("/status/shards/1/counts/failedUsersCount", json!(0))
            .stores("/status/totalUsersCount", json!(0)),
        Case::refused("run: shard twice", status(json!({"shards": [shard(1), shard(1)]})), "Duplicate value: {\"index\":1}").in_status(),
        Case::refused(
            "run: task report twice",
            status(json!({"taskReports": [report("a"), report("a")]})),
            "Duplicate value: {\"name\":\"a\"}",
        )
        .in_status(),
        Case::refused("run: processing status of nobody", status(json!({"processingStatus": "done"})), "Unsupported value: \"done\"")
            .in_status(),
        Case::refused(
            "run: plan without epoch",
            status(json!({"plan": {"hash": "x", "version": 1, "subjects": 1, "slices": 1}})),
            "status.plan.epoch: Required value",
        )
        .in_status(),
    ]
}
