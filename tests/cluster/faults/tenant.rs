//! A namespace on the real API server, with a controller of its own that reaches it through the proxy.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Timelike, Utc};
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::api::core::v1::{Namespace, ServiceAccount};
use kube::api::{Api, ApiResource, DeleteParams, DynamicObject, GroupVersionKind, ListParams, Patch, PatchParams, PostParams};
use kube::{Client, ResourceExt};
use serde_json::{Value, json};
use tenure::api::conditions::is_true;
use tenure::api::{DirectorySnapshot, ProcessingStatus, Run, RunSlice, TenantLedger, Workflow};
use tenure::domain::job::DIVISOR_FLAG;
use tenure::domain::schedule::{Cadence, splay};
use tokio::sync::Semaphore;

use super::Error;
use super::fault::{Record, Who};
use super::kubelet::{Kubelet, Namespaces};
use super::proxy::Proxy;
use crate::definitions;

/// The program under test.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_tenure");

/// How long anything of a story may take: with production's times a fault costs at most two and a half minutes, and a
/// machine may be busy.
const PATIENCE: Duration = Duration::from_secs(420);

/// How many times shorter than in production the programs wait.
pub const DIVISOR: u32 = 6;

/// Tenants that may start at the same time.
const STARTS: usize = 4;

/// Pause between looks at a tenant.
const LOOK: Duration = Duration::from_millis(700);

/// Where the programs of a namespace log.
fn diaries(namespace: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("faults").join(namespace)
}

/// The log of a process.
pub fn diary(namespace: &str, process: &str) -> Result<File, Error> {
    let directory = diaries(namespace);
    std::fs::create_dir_all(&directory)?;
    Ok(File::options().create(true).append(true).open(directory.join(format!("{process}.log")))?)
}

/// What all tenants of a test share.
#[derive(Clone)]
pub struct Ground {
    pub client: Client,
    pub proxy: Arc<Proxy>,
    pub namespaces: Namespaces,
    /// Tenants that start at the same time: a start is the only thing that takes a processor for long.
    pub gate: Arc<Semaphore>,
}

impl Ground {
    /// Applies the definitions and starts the proxy.
    pub async fn prepare() -> Result<Self, Error> {
        let client = Client::try_default().await?;
        definitions::apply(&client, PATIENCE).await?;
        Ok(Self { client, proxy: Proxy::start().await?, namespaces: Namespaces::default(), gate: Arc::new(Semaphore::new(STARTS)) })
    }

    pub fn kubelet(&self) -> Kubelet {
        Kubelet { client: self.client.clone(), proxy: Arc::clone(&self.proxy), namespaces: Arc::clone(&self.namespaces) }
    }

    /// A namespace with what a tenant needs before its first object. Its minutely ticks come so many seconds after
    /// `start`.
    pub async fn tenant(&self, name: &str, start: DateTime<Utc>, first_tick: i64, record: Arc<Record>) -> Result<TestedTenant, Error> {
        let second = (i64::from(start.second()) + first_tick).rem_euclid(60);
        let cadence = Cadence::Cron { expression: "* * * * *".to_owned(), zone: chrono_tz::UTC };
        // The tick of a namespace follows from its name.
        let names = (0..10_000).map(|_| format!("faults-{name}-{:08x}", rand::random::<u32>()));
        let namespace = names.into_iter().find(|name| splay(name, &cadence).num_seconds() == second).ok_or("there is such a name")?;
        self.namespace(&namespace).await?;
        Ok(self.tenant_of(namespace, record))
    }

    /// The tenant of a namespace that is there.
    pub fn tenant_of(&self, namespace: String, record: Arc<Record>) -> TestedTenant {
        self.namespaces.lock().expect("nobody panics with it").insert(namespace.clone(), Arc::clone(&record));
        TestedTenant {
            ground: self.clone(),
            namespace,
            record,
            stillness: None,
            restarts: AtomicU32::new(0),
            is_over: AtomicBool::new(false),
        }
    }

    /// Makes a namespace.
    pub async fn namespace(&self, name: &str) -> Result<(), Error> {
        let namespaces: Api<Namespace> = Api::all(self.client.clone());
        let namespace = serde_json::from_value(json!({"metadata": {"name": name}}))?;
        namespaces.create(&PostParams::default(), &namespace).await?;
        let accounts: Api<ServiceAccount> = Api::namespaced(self.client.clone(), name);
        let account = serde_json::from_value(json!({"metadata": {"name": "tenure-runner"}}))?;
        accounts.create(&PostParams::default(), &account).await?;
        Ok(())
    }
}

/// Kinds of ours and their plurals: the definitions are made from the types, which takes a while.
pub fn kinds() -> &'static BTreeMap<String, String> {
    static KINDS: OnceLock<BTreeMap<String, String>> = OnceLock::new();
    KINDS.get_or_init(|| tenure::api::crds().into_iter().map(|crd| (crd.spec.names.kind, crd.spec.names.plural)).collect())
}

/// The type of a kind of ours.
fn resource(kind: &str) -> Result<ApiResource, Error> {
    let plural = kinds().get(kind).ok_or_else(|| format!("{kind} is no kind of Tenure"))?;
    Ok(ApiResource::from_gvk_with_plural(&GroupVersionKind::gvk("tenure.dev", "v1alpha1", kind), plural))
}

pub struct TestedTenant {
    pub ground: Ground,
    pub namespace: String,
    pub record: Arc<Record>,
    /// How long a change has to be still before it is due; None: nothing of the tenant is about changes.
    pub stillness: Option<TimeDelta>,
    restarts: AtomicU32,
    is_over: AtomicBool,
}

impl TestedTenant {
    pub fn dynamic(&self, kind: &str) -> Result<Api<DynamicObject>, Error> {
        Ok(Api::namespaced_with(self.ground.client.clone(), &self.namespace, &resource(kind)?))
    }

    async fn list<K>(&self) -> Result<Vec<K>, Error>
    where
        K: kube::Resource<DynamicType = (), Scope = k8s_openapi::NamespaceResourceScope>
            + Clone
            + std::fmt::Debug
            + serde::de::DeserializeOwned,
    {
        Ok(Api::<K>::namespaced(self.ground.client.clone(), &self.namespace).list(&ListParams::default()).await?.items)
    }

    /// Applies an object as `GitOps` does.
    pub async fn apply(&self, object: &Value) -> Result<(), Error> {
        let kind = object["kind"].as_str().unwrap_or_default();
        let name = object["metadata"]["name"].as_str().unwrap_or_default();
        self.dynamic(kind)?.patch(name, &PatchParams::apply("gitops").force(), &Patch::Apply(object)).await?;
        Ok(())
    }

    pub async fn delete(&self, kind: &str, name: &str) -> Result<(), Error> {
        self.dynamic(kind)?.delete(name, &DeleteParams::background()).await?;
        Ok(())
    }

    /// Runs a controller, and the next one when it ends, until [`Self::over`] is called.
    pub async fn control(&self) -> Result<(), Error> {
        while !self.is_over.load(Ordering::SeqCst) {
            let (process, text) = self.ground.proxy.announce(Who::Controller, "controller", &self.record);
            let kubeconfig = tempfile::NamedTempFile::new()?;
            std::fs::write(kubeconfig.path(), text)?;
            let child = Command::new(PROGRAM)
                .args(["controller", "--namespace", &self.namespace, "--image", "tenure:test", "--listen", "127.0.0.1:0"])
                .args(["--lease-namespace", &self.namespace, "--lease-name", "controller"])
                .args(["--lease-duration", "12s", "--lease-renew-deadline", "9s", "--lease-retry", "2s"])
                .arg(format!("{DIVISOR_FLAG}={}", self.record.timing.divisor))
                .env("KUBECONFIG", kubeconfig.path())
                .stdin(Stdio::null())
                .stderr(diary(&self.namespace, "controller")?)
                .spawn()?;
            process.adopt(child);
            while process.exit()?.is_none() && !self.is_over.load(Ordering::SeqCst) {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            process.kill();
            self.ground.proxy.forget(&process);
            if !self.is_over.load(Ordering::SeqCst) {
                self.restarts.fetch_add(1, Ordering::SeqCst);
                tokio::time::sleep(Duration::from_millis(300)).await;
            }
        }
        Ok(())
    }

    /// Waits until a controller has had the lease.
    pub async fn led(&self) -> Result<(), Error> {
        let leases: Api<Lease> = Api::namespaced(self.ground.client.clone(), &self.namespace);
        let began = Instant::now();
        while leases.get_opt("controller").await?.is_none() {
            if began.elapsed() > PATIENCE {
                return Err(format!("{}: nobody leads after {} s", self.namespace, PATIENCE.as_secs()).into());
            }
            tokio::time::sleep(LOOK).await;
        }
        Ok(())
    }

    /// Ends the controller.
    pub fn over(&self) {
        self.is_over.store(true, Ordering::SeqCst);
    }

    /// How often the controller ended by itself, or by a fault.
    pub fn restarts(&self) -> u32 {
        self.restarts.load(Ordering::SeqCst)
    }

    pub async fn head(&self) -> Result<Option<TenantLedger>, Error> {
        Ok(Api::namespaced(self.ground.client.clone(), &self.namespace).get_opt("default").await?)
    }

    /// The instant of the last change that an evaluation has seen and that is not due by itself as of `as_of`.
    async fn unsettled_change(&self, as_of: Option<DateTime<Utc>>) -> Result<Option<DateTime<Utc>>, Error> {
        let (Some(stillness), Some(as_of)) = (self.stillness, as_of) else { return Ok(None) };
        let snapshots = self.list::<DirectorySnapshot>().await?;
        let marks = snapshots.iter().flat_map(|snapshot| &snapshot.spec.rows).flat_map(|row| &row.current.marks);
        Ok(marks.filter_map(|mark| mark.changed_at).max().filter(|changed| *changed + stillness > as_of))
    }

    /// What still moves; None: nothing does, and everything before `since` was evaluated.
    pub async fn unrest(&self, since: Option<DateTime<Utc>>) -> Result<Option<String>, Error> {
        let head = self.head().await?;
        let as_of = head.as_ref().and_then(|head| head.spec.as_of);
        if let Some(since) = since.filter(|since| as_of.is_none_or(|as_of| as_of <= *since)) {
            return Ok(Some(format!("evaluated as of {as_of:?}, not yet as of {since}")));
        }
        if let Some(changed) = self.unsettled_change(as_of).await? {
            return Ok(Some(format!("evaluated as of {as_of:?}, a change as of {changed} is not due yet")));
        }
        if let Some(head) = head.filter(|head| head.spec.epoch != head.spec.sealed_epoch) {
            return Ok(Some(format!("epoch {} is not sealed", head.spec.epoch)));
        }
        for run in self.list::<Run>().await? {
            if !run.status.as_ref().is_some_and(|status| is_true(&status.conditions, "Complete")) {
                return Ok(Some(format!("Run {} is not complete", run.name_any())));
            }
        }
        for workflow in self.list::<Workflow>().await? {
            let status = workflow.status.as_ref();
            let is_ready = status
                .is_some_and(|status| is_true(&status.conditions, "Ready") && status.observed_generation == workflow.metadata.generation);
            if !is_ready {
                return Ok(Some(format!("Workflow {} is not Ready: {status:?}", workflow.name_any())));
            }
        }
        for job in self.list::<Job>().await? {
            let conditions = job.status.as_ref().and_then(|status| status.conditions.as_ref());
            let has_ended = conditions
                .into_iter()
                .flatten()
                .any(|condition| condition.status == "True" && (condition.type_ == "Complete" || condition.type_ == "Failed"));
            if !has_ended {
                return Ok(Some(format!("Job {} has not ended", job.name_any())));
            }
        }
        Ok(None)
    }

    /// Waits until nothing moves any more, and everything before `since` was evaluated.
    pub async fn quiet(&self, since: Option<DateTime<Utc>>) -> Result<(), Error> {
        let began = Instant::now();
        loop {
            let Some(unrest) = self.unrest(since).await? else { return Ok(()) };
            if began.elapsed() > PATIENCE {
                return Err(format!("{}: no rest after {} s: {unrest}", self.namespace, PATIENCE.as_secs()).into());
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Waits until a Run is planned and not complete; or until a subject is claimed.
    pub async fn open(&self, is_claimed: bool) -> Result<(), Error> {
        let began = Instant::now();
        loop {
            let open = |run: &Run| {
                let status = run.status.as_ref();
                status.is_some_and(|status| status.plan.is_some() && !is_true(&status.conditions, "Complete"))
            };
            let found = if is_claimed {
                let slices = self.list::<RunSlice>().await?;
                let mut results = slices.iter().flat_map(|slice| &slice.spec.results);
                results.any(|result| result.processing_status == ProcessingStatus::InProgress)
            } else {
                self.list::<Run>().await?.iter().any(open)
            };
            if found {
                return Ok(());
            }
            if began.elapsed() > PATIENCE {
                return Err(format!("{}: no open Run after {} s", self.namespace, PATIENCE.as_secs()).into());
            }
            tokio::time::sleep(LOOK / 3).await;
        }
    }

    /// Every object of ours, with its kind.
    pub async fn objects(&self) -> Result<Vec<Value>, Error> {
        let mut objects = Vec::new();
        for kind in kinds().keys() {
            for object in self.dynamic(kind)?.list(&ListParams::default()).await? {
                let mut object = serde_json::to_value(object)?;
                object["kind"] = json!(kind);
                object["apiVersion"] = json!("tenure.dev/v1alpha1");
                objects.push(object);
            }
        }
        Ok(objects)
    }

    /// Asks for the end of the namespace, and does not wait for it.
    pub async fn clear(&self) -> Result<(), Error> {
        self.ground.namespaces.lock().expect("nobody panics with it").remove(&self.namespace);
        Api::<Namespace>::all(self.ground.client.clone()).delete(&self.namespace, &DeleteParams::default()).await?;
        Ok(())
    }

    /// Where its programs logged.
    pub fn diaries(&self) -> PathBuf {
        diaries(&self.namespace)
    }
}
