//! What the benchmark applies.

use k8s_openapi::api::apps::v1::Deployment;
use kube::ResourceExt;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tenure::api::{Directory, Run, TenantLedger, TenantSchedule, Workflow};

use crate::Error;

fn typed<K: DeserializeOwned>(value: Value) -> Result<K, Error> {
    Ok(serde_json::from_value(value)?)
}

/// A Deployment of no pods.
pub fn deployment(index: usize) -> Result<Deployment, Error> {
    let labels = json!({"app": format!("app-{index}")});
    typed(json!({
        "metadata": {"name": name(index), "labels": labels},
        "spec": {"replicas": 0, "selector": {"matchLabels": labels}, "template": {
            "metadata": {"labels": labels},
            "spec": {"containers": [{"name": "app", "image": "app:1", "ports": [{"containerPort": 8080}],
                "env": [{"name": "LOG", "value": "info"}], "resources": {"requests": {"cpu": "100m", "memory": "64Mi"}}}]},
        }},
    }))
}

/// Name of the n-th object.
pub fn name(index: usize) -> String {
    format!("bench-{index:04}")
}

/// A workflow for leavers of one department, with three tasks.
pub fn workflow(index: usize) -> Result<Workflow, Error> {
    typed(json!({
        "metadata": {"name": name(index)},
        "spec": {
            "category": "leaver",
            "displayName": format!("Pre-offboarding of department {index}"),
            "isSchedulingEnabled": true,
            "executionConditions": {
                "scope": {"rule": format!("department eq 'Department {index}' and employeeType in ('Employee', 'Temp')")},
                "trigger": {"timeBasedAttribute": {"attribute": "employeeLeaveDateTime", "offsetInDays": -7, "at": "06:00"}},
            },
            "tasks": [
                {"name": "leave-groups", "removeUserFromGroups": {"groups": [format!("department-{index}"), "projects"]}, "continueOnError": true},
                {"name": "tell-manager", "sendEmailToManagerBeforeLastDay": {"cc": ["people@acme.example"]}},
                {"name": "disable", "disableUserAccount": {}},
            ],
        },
    }))
}

pub fn directory() -> Result<Directory, Error> {
    typed(json!({"metadata": {"name": "people"}, "spec": {"embedded": {}}}))
}

/// A schedule that starts nothing: the benchmark has no node that could evaluate.
pub fn schedule() -> Result<TenantSchedule, Error> {
    typed(
        json!({"metadata": {"name": "default"}, "spec": {"directory": "people", "suspend": true, "mail": {"from": "people@acme.example"}}}),
    )
}

/// A head that has sealed one epoch, of a tenant whose workflows it has not seen.
pub fn head() -> Result<TenantLedger, Error> {
    typed(json!({"metadata": {"name": "default"}, "epoch": 1, "sealedEpoch": 1, "asOf": AS_OF, "key": "0".repeat(64)}))
}

/// What the head says of workflows once an evaluation has seen them.
pub fn heads(workflows: &[Workflow]) -> Value {
    let entry = |workflow: &Workflow| {
        let lineage = workflow.status.as_ref().and_then(|status| status.lineage.clone());
        json!({"name": workflow.name_any(), "lineage": lineage, "highestVersion": 1,
            "activatedAt": AS_OF, "lastSealedAt": AS_OF, "dueRule": "0".repeat(32)})
    };
    workflows.iter().map(entry).collect()
}

const AS_OF: &str = "2026-01-12T06:00:00Z";

/// A Run of a workflow as an evaluation makes it.
pub fn run(workflow: usize, index: usize) -> Result<Run, Error> {
    let workflow = name(workflow);
    typed(json!({
        "metadata": {"name": format!("{workflow}-v1-e{}", index + 1), "labels": {
            "app.kubernetes.io/managed-by": "tenure", "tenure.dev/workflow": workflow, "tenure.dev/epoch": "1"}},
        "spec": {"source": {"workflow": {"name": workflow, "version": 1}}, "executionType": "scheduled"},
    }))
}

/// What a Run says of itself when all of its 20 people are done.
pub fn run_status() -> Value {
    let tasks: Vec<Value> = ["leave-groups", "tell-manager", "disable"]
        .iter()
        .map(|name| json!({"name": name, "successfulUsersCount": 20, "failedUsersCount": 0, "unprocessedUsersCount": 0}))
        .collect();
    let counts = json!({"totalUsersCount": 20, "successfulUsersCount": 20, "failedUsersCount": 0, "canceledUsersCount": 0,
        "totalTasksCount": 60, "failedTasksCount": 0, "totalUnprocessedTasksCount": 0});
    let condition = |kind: &str, status: &str, reason: &str, message: &str| json!({"type": kind, "status": status, "reason": reason, "message": message, "observedGeneration": 1, "lastTransitionTime": AS_OF});
    let mut status = json!({
        "observedGeneration": 1,
        "plan": {"epoch": 1, "hash": format!("sha256:{}", "0".repeat(64)), "version": 1, "subjects": 20, "slices": 1},
        "processingStatus": "completed", "attempt": 1,
        "scheduledDateTime": AS_OF, "startedDateTime": AS_OF, "completedDateTime": AS_OF,
        "taskReports": tasks,
        "shards": [{"index": 0, "attempt": 1, "updatedDateTime": AS_OF, "started": true, "finished": true, "counts": counts, "tasks": tasks}],
        "conditions": [
            condition("Planned", "True", "Sealed", "the plan of epoch 1 is in force"),
            condition("Held", "False", "NotHeld", "nothing holds it"),
            condition("Complete", "True", "Completed", "every subject is done"),
            condition("Failed", "False", "Completed", "every subject is done"),
        ],
    });
    if let (Some(status), Some(counts)) = (status.as_object_mut(), counts.as_object()) {
        status.extend(counts.clone());
    }
    json!({ "status": status })
}
