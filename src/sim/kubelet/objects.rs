//! What the cluster writes about Jobs and pods.

use std::sync::Arc;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde_json::{Value, json};

use super::death::Death;
use crate::sim::api::MemoryApi;

/// The code of a process that was killed: 128 and the number of SIGKILL.
const KILLED: i32 = 137;

/// How a Job's one process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// By itself, with this code.
    Exited(i32),
    /// It died.
    Died(Death),
    /// The Job's deadline passed.
    OutOfTime,
}

/// A pod, as far as its process knows it.
#[derive(Clone, Debug)]
pub(super) struct Pod {
    pub name: String,
    pub uid: String,
}

fn instant(at: DateTime<Utc>) -> Value {
    Value::String(at.to_rfc3339_opts(SecondsFormat::Secs, true))
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Whether the Job is Complete or Failed.
pub(super) fn is_finished(job: &Value) -> bool {
    finish_time(job).is_some()
}

fn finish_time(job: &Value) -> Option<DateTime<Utc>> {
    let conditions = job["status"]["conditions"].as_array()?;
    let finished = conditions
        .iter()
        .find(|condition| condition["status"] == "True" && (condition["type"] == "Complete" || condition["type"] == "Failed"))?;
    finished["lastTransitionTime"].as_str()?.parse().ok()
}

/// When the finished Job is removed, if it says so.
pub(super) fn expiry(job: &Value) -> Option<DateTime<Utc>> {
    let seconds = job["spec"]["ttlSecondsAfterFinished"].as_i64()?;
    finish_time(job)?.checked_add_signed(TimeDelta::try_seconds(seconds)?)
}

/// Creates the Job's pod, running.
pub(super) fn start_pod(api: &MemoryApi, job: &Value, now: DateTime<Utc>) -> Option<Pod> {
    let template = &job["spec"]["template"];
    let name = text(&job["metadata"]["name"]);
    let mut labels = template["metadata"]["labels"].as_object().cloned().unwrap_or_default();
    labels.insert("job-name".to_owned(), json!(name));
    labels.insert("batch.kubernetes.io/job-name".to_owned(), json!(name));
    let mut spec = template["spec"].clone();
    spec["nodeName"] = json!("simulated");
    let containers = spec["containers"].as_array().cloned().unwrap_or_default();
    let statuses: Vec<Value> = containers
        .iter()
        .map(|container| {
            let (name, image) = (&container["name"], &container["image"]);
            json!({"name": name, "image": image, "ready": true, "restartCount": 0, "started": true,
                "state": {"running": {"startedAt": instant(now)}}})
        })
        .collect();
    let owner = json!({
        "apiVersion": "batch/v1", "kind": "Job", "name": name, "uid": job["metadata"]["uid"],
        "controller": true, "blockOwnerDeletion": true,
    });
    let pod = json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "generateName": format!("{name}-"),
            "namespace": job["metadata"]["namespace"],
            "labels": labels,
            "annotations": template["metadata"]["annotations"],
            "ownerReferences": [owner],
        },
        "spec": spec,
        "status": {"phase": "Running", "startTime": instant(now), "containerStatuses": statuses},
    });
    let stored = put(api, &without_nulls(pod))?;
    Some(Pod { name: text(&stored["metadata"]["name"]), uid: text(&stored["metadata"]["uid"]) })
}

fn without_nulls(mut object: Value) -> Value {
    if let Some(metadata) = object["metadata"].as_object_mut() {
        metadata.retain(|_, value| !value.is_null());
    }
    object
}

/// Writes how the pod ended, or takes it away.
pub(super) fn end_pod(api: &MemoryApi, namespace: &str, pod: &Pod, end: End, now: DateTime<Utc>) {
    if matches!(end, End::Died(Death::Lost | Death::Zombie | Death::Asked) | End::OutOfTime) {
        // Somebody may have deleted it before.
        let _ = api.delete("Pod", namespace, &pod.name);
        return;
    }
    let code = if let End::Exited(code) = end { code } else { KILLED };
    let Some(current) = api.get("Pod", namespace, &pod.name).filter(|current| current["metadata"]["uid"] == pod.uid.as_str()) else {
        return;
    };
    let mut next = (*current).clone();
    next["status"]["phase"] = json!(if code == 0 { "Succeeded" } else { "Failed" });
    for status in next["status"]["containerStatuses"].as_array_mut().into_iter().flatten() {
        let reason = if code == 0 { "Completed" } else { "Error" };
        status["ready"] = json!(false);
        status["started"] = json!(false);
        status["state"] = json!({"terminated": {"exitCode": code, "reason": reason,
            "startedAt": status["state"]["running"]["startedAt"], "finishedAt": instant(now)}});
    }
    put(api, &next);
}

/// Changes the Job's status.
pub(super) fn update_job(api: &MemoryApi, job: &Value, change: impl FnOnce(&mut Value)) {
    let mut next = job.clone();
    if !next["status"].is_object() {
        next["status"] = json!({});
    }
    change(&mut next["status"]);
    put(api, &next);
}

/// The status of a Job whose pod runs.
pub(super) fn started(status: &mut Value, now: DateTime<Utc>) {
    status["startTime"] = instant(now);
    status["active"] = json!(1);
    status["ready"] = json!(1);
}

/// The status of a Job whose pod ended.
pub(super) fn ended(status: &mut Value, end: End, now: DateTime<Utc>) {
    if let Some(status) = status.as_object_mut() {
        status.remove("active");
    }
    status["ready"] = json!(0);
    let condition = |type_: &str, reason: &str, message: &str| {
        json!({"type": type_, "status": "True", "reason": reason, "message": message,
            "lastProbeTime": instant(now), "lastTransitionTime": instant(now)})
    };
    if end == End::Exited(0) {
        status["succeeded"] = json!(1);
        status["completionTime"] = instant(now);
        let message = "Reached expected number of succeeded pods";
        status["conditions"] =
            json!([condition("SuccessCriteriaMet", "CompletionsReached", message), condition("Complete", "CompletionsReached", message),]);
        return;
    }
    status["failed"] = json!(1);
    let (reason, message) = match end {
        End::OutOfTime => ("DeadlineExceeded", "Job was active longer than specified deadline"),
        End::Exited(_) | End::Died(_) => ("BackoffLimitExceeded", "Job has reached the specified backoff limit"),
    };
    status["conditions"] = json!([condition("FailureTarget", reason, message), condition("Failed", reason, message)]);
}

fn put(api: &MemoryApi, object: &Value) -> Option<Arc<Value>> {
    match api.put(object) {
        Ok(stored) => Some(stored),
        Err(refusal) => {
            tracing::warn!(message = refusal.message, "the simulated cluster could not write");
            None
        }
    }
}
