//! Stands in for the scheduler and the kubelet, of which the control plane of these tests has none: it runs the
//! container of each pod as a process on this machine, with the environment that the kubelet would give it, and writes
//! the pod's status as the kubelet would. Jobs and their pods are made by the real controller of Jobs.

use std::collections::BTreeSet;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use k8s_openapi::api::core::v1::Pod;
use kube::api::{Api, ListParams, Patch, PatchParams};
use kube::{Client, ResourceExt};
use serde_json::{Value, json};

use super::Error;
use super::process::PROGRAM;

/// How often it looks at the pods and processes.
const LOOK: Duration = Duration::from_millis(200);

struct Running {
    pod: String,
    child: Child,
    words: tempfile::NamedTempFile,
}

impl Drop for Running {
    fn drop(&mut self) {
        // It has ended, or nobody waits for it any more.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs the pods of the namespace for as long as it is polled.
pub async fn run(client: Client, namespace: String) -> Result<(), Error> {
    let pods: Api<Pod> = Api::namespaced(client, &namespace);
    let mut seen = BTreeSet::new();
    let mut running: Vec<Running> = Vec::new();
    loop {
        for pod in pods.list(&ListParams::default()).await? {
            let uid = pod.uid().unwrap_or_default();
            if pod.metadata.deletion_timestamp.is_none() && seen.insert(uid) {
                running.push(start(&pods, &pod).await?);
            }
        }
        for mut process in std::mem::take(&mut running) {
            match process.child.try_wait()? {
                Some(status) => end(&pods, &process, status.code().unwrap_or(137)).await?,
                None => running.push(process),
            }
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// The value of an environment variable, of which the Jobs have two with fields of the pod.
fn value(variable: &k8s_openapi::api::core::v1::EnvVar, pod: &Pod) -> String {
    let field = variable.value_from.as_ref().and_then(|from| from.field_ref.as_ref()).map(|field| field.field_path.as_str());
    match field {
        Some("metadata.name") => pod.name_any(),
        Some("metadata.uid") => pod.uid().unwrap_or_default(),
        _ => variable.value.clone().unwrap_or_default(),
    }
}

async fn start(pods: &Api<Pod>, pod: &Pod) -> Result<Running, Error> {
    let name = pod.name_any();
    let container = pod.spec.as_ref().and_then(|spec| spec.containers.first()).ok_or("a pod has a container")?;
    let words = tempfile::NamedTempFile::new()?;
    let child = Command::new(PROGRAM)
        .args(container.args.iter().flatten())
        .envs(container.env.iter().flatten().map(|variable| (variable.name.clone(), value(variable, pod))))
        .env("TENURE_TERMINATION_LOG", words.path())
        .stdin(Stdio::null())
        .spawn()?;
    write(pods, &name, "Running", &json!({"running": {"startedAt": now()}})).await?;
    Ok(Running { pod: name, child, words })
}

async fn end(pods: &Api<Pod>, process: &Running, code: i32) -> Result<(), Error> {
    let phase = if code == 0 { "Succeeded" } else { "Failed" };
    let message = std::fs::read_to_string(process.words.path())?;
    let terminated = json!({"exitCode": code, "reason": if code == 0 { "Completed" } else { "Error" }, "message": message,
        "startedAt": now(), "finishedAt": now()});
    write(pods, &process.pod, phase, &json!({"terminated": terminated})).await
}

async fn write(pods: &Api<Pod>, name: &str, phase: &str, state: &Value) -> Result<(), Error> {
    let is_running = phase == "Running";
    let status = json!({"phase": phase, "startTime": now(), "containerStatuses": [{
        "name": "tenure", "image": "tenure:test", "imageID": "", "ready": is_running, "started": is_running, "restartCount": 0, "state": state,
    }]});
    match pods.patch_status(name, &PatchParams::default(), &Patch::Merge(json!({"status": status}))).await {
        // Somebody has deleted the pod.
        Err(kube::Error::Api(status)) if status.code == 404 => Ok(()),
        other => Ok(other.map(|_| ())?),
    }
}

fn now() -> String {
    chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}
