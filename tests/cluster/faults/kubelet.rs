//! Stands in for the scheduler and the kubelet of all namespaces of the test: it runs the container of each pod as a
//! process on this machine that reaches the API server through the proxy, and writes the pod's status as the kubelet
//! would. A pod that is deleted loses its process, as on a node.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::stream::FuturesUnordered;
use futures::{FutureExt, StreamExt};
use k8s_openapi::api::core::v1::{EnvVar, Pod};
use kube::api::{Api, DeleteParams, Patch, PatchParams};
use kube::runtime::WatchStreamExt;
use kube::runtime::watcher::{Config, Event, watcher};
use kube::{Client, ResourceExt};
use serde_json::{Value, json};
use tempfile::NamedTempFile;

use super::Error;
use super::fault::{Record, Who};
use super::proxy::{Process, Proxy};
use super::tenant::{PROGRAM, diary};

/// How often it looks at its processes.
const LOOK: Duration = Duration::from_millis(50);

/// The namespaces whose pods it runs, each with its requests.
pub type Namespaces = Arc<Mutex<BTreeMap<String, Arc<Record>>>>;

struct Running {
    namespace: String,
    pod: String,
    process: Arc<Process>,
    words: NamedTempFile,
    /// Removed with the process.
    _kubeconfig: NamedTempFile,
}

pub struct Kubelet {
    pub client: Client,
    pub proxy: Arc<Proxy>,
    pub namespaces: Namespaces,
}

impl Kubelet {
    /// Runs pods for as long as it is polled.
    pub async fn run(self) -> Result<(), Error> {
        let pods: Api<Pod> = Api::all(self.client.clone());
        let ours = Config::default().labels("app.kubernetes.io/managed-by=tenure");
        let mut events = watcher(pods, ours).default_backoff().boxed();
        let mut running: BTreeMap<String, Running> = BTreeMap::new();
        let mut seen = std::collections::BTreeSet::new();
        let mut writes = FuturesUnordered::new();
        let mut look = tokio::time::interval(LOOK);
        loop {
            tokio::select! {
                Some(event) = events.next() => match event {
                    Ok(Event::Apply(pod) | Event::InitApply(pod)) => {
                        let uid = pod.uid().unwrap_or_default();
                        let namespace = pod.namespace().unwrap_or_default();
                        let record = self.namespaces.lock().expect("nobody panics with it").get(&namespace).cloned();
                        if let Some(record) = record.filter(|_| pod.metadata.deletion_timestamp.is_none()) && seen.insert(uid.clone()) {
                            let process = self.start(&pod, &record)?;
                            writes.push(self.write(&process, "Running", &json!({"running": {"startedAt": now()}})).boxed_local());
                            running.insert(uid, process);
                        }
                    }
                    Ok(Event::Delete(pod)) => {
                        if let Some(process) = running.remove(&pod.uid().unwrap_or_default()) {
                            process.process.kill();
                            self.proxy.forget(&process.process);
                        }
                    }
                    Ok(Event::Init | Event::InitDone) => {}
                    Err(error) => println!("faults: the kubelet's watch goes on after: {error}"),
                },
                Some(written) = writes.next(), if !writes.is_empty() => {
                    let written: Result<(), Error> = written;
                    written?;
                }
                _ = look.tick() => {
                    for uid in running.keys().cloned().collect::<Vec<_>>() {
                        let Some(code) = running[&uid].process.exit()? else { continue };
                        let Some(process) = running.remove(&uid) else { continue };
                        self.proxy.forget(&process.process);
                        writes.push(self.end(&process, code)?.boxed_local());
                    }
                }
            }
        }
    }

    fn start(&self, pod: &Pod, record: &Arc<Record>) -> Result<Running, Error> {
        let (namespace, name) = (pod.namespace().unwrap_or_default(), pod.name_any());
        let container = pod.spec.as_ref().and_then(|spec| spec.containers.first()).ok_or("a pod has a container")?;
        let words = NamedTempFile::new()?;
        let evaluates = container.args.iter().flatten().any(|word| word == "evaluate");
        let (process, text) = self.proxy.announce(if evaluates { Who::Evaluate } else { Who::Execute }, &name, record);
        let kubeconfig = NamedTempFile::new()?;
        std::fs::write(kubeconfig.path(), text)?;
        let child = Command::new(PROGRAM)
            .args(container.args.iter().flatten())
            .envs(container.env.iter().flatten().map(|variable| (variable.name.clone(), value(variable, pod))))
            .env("TENURE_TERMINATION_LOG", words.path())
            .env("KUBECONFIG", kubeconfig.path())
            .stdin(Stdio::null())
            .stderr(diary(&namespace, &name)?)
            .spawn()?;
        process.adopt(child);
        Ok(Running { namespace, pod: name, process, words, _kubeconfig: kubeconfig })
    }

    /// What becomes of the pod of a process that has ended.
    fn end(&self, process: &Running, code: i32) -> Result<futures::future::LocalBoxFuture<'static, Result<(), Error>>, Error> {
        if process.process.is_lost() {
            let pods: Api<Pod> = Api::namespaced(self.client.clone(), &process.namespace);
            let name = process.pod.clone();
            return Ok(async move { absent(pods.delete(&name, &DeleteParams::default().grace_period(0)).await.map(|_| ())) }.boxed_local());
        }
        let phase = if code == 0 { "Succeeded" } else { "Failed" };
        let message = std::fs::read_to_string(process.words.path())?;
        let reason = if code == 0 { "Completed" } else { "Error" };
        let state =
            json!({"terminated": {"exitCode": code, "reason": reason, "message": message, "startedAt": now(), "finishedAt": now()}});
        Ok(self.write(process, phase, &state).boxed_local())
    }

    fn write(&self, process: &Running, phase: &'static str, state: &Value) -> impl Future<Output = Result<(), Error>> + use<> {
        let pods: Api<Pod> = Api::namespaced(self.client.clone(), &process.namespace);
        let name = process.pod.clone();
        let is_running = phase == "Running";
        let status = json!({"phase": phase, "startTime": now(), "containerStatuses": [{
            "name": "tenure", "image": "tenure:test", "imageID": "", "ready": is_running, "started": is_running, "restartCount": 0,
            "state": state,
        }]});
        async move { absent(pods.patch_status(&name, &PatchParams::default(), &Patch::Merge(json!({"status": status}))).await.map(|_| ())) }
    }
}

/// Somebody else has deleted the pod: nothing is wrong.
fn absent(result: Result<(), kube::Error>) -> Result<(), Error> {
    match result {
        Err(kube::Error::Api(status)) if status.code == 404 => Ok(()),
        other => Ok(other?),
    }
}

/// The value of an environment variable, of which the Jobs have two with fields of the pod.
fn value(variable: &EnvVar, pod: &Pod) -> String {
    let field = variable.value_from.as_ref().and_then(|from| from.field_ref.as_ref()).map(|field| field.field_path.as_str());
    match field {
        Some("metadata.name") => pod.name_any(),
        Some("metadata.uid") => pod.uid().unwrap_or_default(),
        _ => variable.value.clone().unwrap_or_default(),
    }
}

fn now() -> String {
    chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}
