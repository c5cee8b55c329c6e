//! Names and labels prove nothing: what is called as evaluations call what they make is not taken for it.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tenure::sim::api::{MemoryApi, Verb, Verdict};

use super::end::{list, number, text};
use super::play::{NS, Play, leaver, leaves};

fn tenant() -> Play {
    Play::new("03-10", "03-14").workflow("leaver", &leaver(0)).user("ann", &leaves("2026-03-12"))
}

/// What the next evaluation would call its Run, made before by whoever could: with its labels, canceled from the first.
fn run_of_the_next_epoch(api: &MemoryApi) -> Value {
    let head = api.get("TenantLedger", NS, "default").expect("the head");
    let epoch = number(&head, "/epoch") + 1;
    let name = format!("leaver-v1-e{epoch}");
    let labels = json!({
        "tenure.dev/run": name, "tenure.dev/workflow": "leaver", "tenure.dev/epoch": epoch.to_string(),
        "app.kubernetes.io/managed-by": "tenure",
    });
    json!({
        "apiVersion": "tenure.dev/v1alpha1", "kind": "Run", "metadata": {"name": name, "namespace": NS, "labels": labels},
        "spec": {"source": {"workflow": {"name": "leaver", "version": 1}}, "executionType": "scheduled", "cancel": true},
    })
}

#[test]
fn a_run_that_was_there_before_is_not_taken_for_our_own() {
    let plant = |api: &MemoryApi| drop(api.put(&run_of_the_next_epoch(api)).expect("stored"));
    let end = tenant().act("03-11T23:59", plant).run_broken();
    assert_eq!(end.processed(), ["leaver ann completed 03-12"]);
    assert_eq!(end.account("ann"), (false, vec![]));
    assert!(!list(end.object("TenantLedger", "default"), "/abandoned").is_empty(), "no evaluation met it: the scenario proves nothing");
}

#[test]
fn a_run_with_our_labels_and_content_is_not_ours_either() {
    // Just before the evaluation makes its own, after it has read which Runs there are.
    let seen: Arc<Mutex<Option<String>>> = Arc::default();
    let planted = Arc::clone(&seen);
    let plant = move |api: &MemoryApi| {
        let head = api.get("TenantLedger", NS, "default").expect("the head");
        let mut run = run_of_the_next_epoch(api);
        let epoch = number(&head, "/epoch");
        let name = format!("leaver-v1-e{epoch}");
        run["metadata"]["name"] = json!(name);
        run["metadata"]["labels"]["tenure.dev/run"] = json!(name);
        run["metadata"]["labels"]["tenure.dev/epoch"] = json!(epoch.to_string());
        run["spec"]["cancel"] = json!(false);
        api.put(&run).expect("stored");
        *planted.lock().expect("no panic") = Some(name);
    };
    let end = tenant().on_request("evaluate/", (Verb::Create, "runs"), 1, plant, Verdict::Pass).run_broken();
    let planted = seen.lock().expect("no panic").clone().expect("planted");
    assert_eq!(end.processed(), ["leaver ann completed 03-12"]);
    let run = end.rows().into_iter().find(|row| text(row, "/state") == "planned").map(|row| text(row, "/run").to_owned());
    assert!(run.is_some_and(|run| run != planted), "{planted} was taken for the evaluation's own");
}
