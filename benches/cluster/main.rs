//! The controller beside Kubernetes' own controllers, on one control plane and in one run:
//!
//!     TENURE_CLUSTER_QPS=1000 tests/cluster/up -- cargo bench --bench cluster
//!
//! 1,000 Workflows applied at once until each has its version and is Ready, beside 1,000 Deployments without pods until
//! each has its `ReplicaSet` and says so; then the memory of both controllers with those and 10,000 finished Runs.
//! `TENURE_BENCH_SCALE=0.1` takes a tenth of everything.
//!
//! It writes to loopback addresses only: a kubeconfig that names another server is left alone.

#[path = "../../tests/cluster/definitions.rs"]
mod definitions;
#[path = "../wait/mod.rs"]
mod wait;

mod objects;
mod process;
mod race;

use std::time::Duration;

use futures::{StreamExt, TryStreamExt, stream};
use k8s_openapi::api::core::v1::Namespace;
use kube::api::{Api, ListParams, Patch, PatchParams, PostParams};
use kube::{Client, Config, ResourceExt};
use serde_json::json;
use tenure::api::{Run, TenantLedger, Workflow};

use process::{Controller, Memory, Neighbour};
use race::{CLIENTS, Times, race};

use wait::until;

type Error = Box<dyn std::error::Error>;

/// Workflows, and Deployments.
const OBJECTS: f64 = 1_000.0;
/// Finished Runs.
const RUNS: f64 = 10_000.0;
/// Memory that the controller may have, in MB.
const GOAL_MEGABYTES: f64 = 100.0;
/// How long anything but a race may take.
const PATIENCE: Duration = Duration::from_secs(120);

/// How long a controller has for what need not be done at once.
const LATER: Duration = Duration::from_secs(45);

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let result = runtime.map_err(Error::from).and_then(|runtime| runtime.block_on(bench()));
    if let Err(error) = result {
        eprintln!("cluster: {error}");
        std::process::exit(1);
    }
}

/// A client of the control plane that the environment names, if it is one of this machine, its API server and its
/// controllers.
async fn local() -> Option<(Client, [Neighbour; 2])> {
    let kubeconfig = std::env::var_os("KUBECONFIG")?;
    let config = Config::infer().await.ok()?;
    let is_local = config.cluster_url.host().is_some_and(|host| host == "127.0.0.1" || host == "localhost");
    let port = config.cluster_url.port_u16()?.to_string();
    let client = Client::try_from(config).ok().filter(|_| is_local)?;
    let servers = [Neighbour::find("kube-apiserver", &port)?, Neighbour::find("kube-controller-manager", kubeconfig.to_str()?)?];
    Some((client, servers))
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small positive numbers")]
async fn bench() -> Result<(), Error> {
    let Some((client, [server, manager])) = local().await else {
        println!("SKIPPED: cluster: no kubeconfig of a control plane on this machine; tests/cluster/up -- cargo bench --bench cluster");
        return Ok(());
    };
    let scale: f64 = std::env::var("TENURE_BENCH_SCALE").ok().map_or(Ok(1.0), |text| text.parse())?;
    let (objects, runs) = ((OBJECTS * scale).ceil() as usize, (RUNS * scale).ceil() as usize);
    definitions::apply(&client, PATIENCE).await?;
    for namespace in ["bench-lease", "bench-warm", "bench"] {
        let object = serde_json::from_value(json!({"metadata": {"name": namespace}}))?;
        Api::<Namespace>::all(client.clone()).create(&PostParams::default(), &object).await?;
    }
    let controller = Controller::start("bench-lease").await?;
    let empty = controller.memory()?;
    // Caches, connections and the store's pages are warm before anything is measured.
    both(&client, "bench-warm", objects.div_ceil(10), &controller, &server).await?;
    println!("{objects} Deployments without pods, and {objects} Workflows, {CLIENTS} requests at a time:");
    let speed = both(&client, "bench", objects, &controller, &server).await?;
    speed.print(objects);
    let workflows = Api::<Workflow>::namespaced(client.clone(), "bench").list(&ListParams::default()).await?.items;
    let head = Patch::Merge(json!({"workflows": objects::heads(&workflows)}));
    Api::<TenantLedger>::namespaced(client.clone(), "bench").patch("default", &PatchParams::default(), &head).await?;
    finished_runs(&client, "bench", objects, runs).await?;
    until("every Run is seen as complete", PATIENCE, async || Ok(controller.metric("tenure_runs_open{namespace=\"bench\"}")? == 0.0))
        .await?;
    tokio::time::sleep(Duration::from_secs(5)).await;
    println!("{objects} Workflows and {runs} finished Runs:");
    let manager = manager.memory()?;
    let line = |who: &str, memory: Memory| {
        println!("{who:<44}{:>7.1} MB    at most {:>7.1} MB    {:>6.1} s of processor", memory.resident, memory.peak, memory.processor);
    };
    line("kube-controller-manager", manager);
    line("a controller that has seen nothing", empty);
    let seen = controller.memory()?;
    line("the controller that saw all of it come", seen);
    controller.end().await?;
    let controller = Controller::start("bench-lease").await?;
    until("the next controller has seen them", PATIENCE, async || Ok(controller.metric("tenure_workflows{namespace=\"bench\"}")? > 0.0))
        .await?;
    tokio::time::sleep(Duration::from_secs(5)).await;
    let listed = controller.memory()?;
    line("one that was started after it", listed);
    let most = seen.resident.max(listed.resident);
    println!(
        "{:<44}{most:>7.1} MB    goal {GOAL_MEGABYTES} MB, ratio {:.2}; to kube-controller-manager {:.2}",
        "resident",
        most / GOAL_MEGABYTES,
        most / manager.resident
    );
    controller.end().await
}

/// Both races.
struct Speed {
    deployments: Times,
    workflows: Times,
    /// API writes of the controller until the Workflows were ready, and in all.
    writes: [f64; 2],
    reads: f64,
    /// Seconds of processor of the controller.
    processor: f64,
    /// Seconds of processor of the API server for the Deployments and for the Workflows: they do not depend on what else the
    /// machine does.
    served: [f64; 2],
}

impl Speed {
    #[expect(clippy::cast_precision_loss, reason = "small numbers")]
    fn print(&self, objects: usize) {
        let count = objects as f64;
        for (who, times) in [("Deployments, kube-controller-manager", self.deployments), ("Workflows, Tenure", self.workflows)] {
            println!("{who:<44}{:>7.2} s     {:>6.0} a second    applied after {:.2} s", times.done, count / times.done, times.applied);
        }
        println!("{:<44}{:>7.2}       goal at most 1", "ratio", self.workflows.done / self.deployments.done);
        let [deployments, workflows] = self.served.map(|seconds| seconds * 1_000.0 / count);
        println!("{:<44}{workflows:>7.1} ms    {deployments:.1} ms a Deployment", "processor of the API server, a Workflow");
        let [ready, all] = self.writes.map(|writes| writes / count);
        println!("{:<44}{ready:>7.2}       {all:.2} with what comes later", "API writes a Workflow");
        println!("{:<44}{:>7.2}       processor {:.1} ms", "API reads a Workflow", self.reads / count, self.processor * 1_000.0 / count);
    }
}

/// Deployments, then Workflows.
async fn both(client: &Client, namespace: &str, count: usize, controller: &Controller, api_server: &Neighbour) -> Result<Speed, Error> {
    let parameters = PostParams::default();
    Api::namespaced(client.clone(), namespace).create(&parameters, &objects::directory()?).await?;
    Api::namespaced(client.clone(), namespace).create(&parameters, &objects::schedule()?).await?;
    Api::namespaced(client.clone(), namespace).create(&parameters, &objects::head()?).await?;
    let deployments: Vec<_> = (0..count).map(objects::deployment).collect::<Result<_, _>>()?;
    let served = || -> Result<f64, Error> { Ok(api_server.memory()?.processor) };
    let before_all = served()?;
    let deployments = race(client, namespace, &deployments).await?;
    // What the controllers do afterwards does not belong to the next race.
    tokio::time::sleep(Duration::from_secs(3)).await;
    let workflows: Vec<Workflow> = (0..count).map(objects::workflow).collect::<Result<_, _>>()?;
    let count = || -> Result<(f64, f64), Error> {
        let writes: Result<f64, Error> = ["POST", "PUT", "PATCH", "DELETE"].iter().map(|method| controller.requests(method)).sum();
        Ok((writes?, controller.requests("GET")?))
    };
    let (before, processor, before_workflows) = (count()?, controller.memory()?.processor, served()?);
    let workflows = race(client, namespace, &workflows).await?;
    let (ready, served) = (count()?, [before_workflows - before_all, served()? - before_workflows]);
    // The whole spec is kept beside each version when that is 30 s old.
    tokio::time::sleep(LATER).await;
    let after = count()?;
    let processor = controller.memory()?.processor - processor;
    Ok(Speed { deployments, workflows, writes: [ready.0 - before.0, after.0 - before.0], reads: after.1 - before.1, processor, served })
}

/// Runs that are done, as many for each Workflow.
async fn finished_runs(client: &Client, namespace: &str, workflows: usize, runs: usize) -> Result<(), Error> {
    let api: Api<Run> = Api::namespaced(client.clone(), namespace);
    let status = &objects::run_status();
    stream::iter(0..runs)
        .map(|index| {
            let api = &api;
            async move {
                let run = objects::run(index % workflows, index / workflows)?;
                api.create(&PostParams::default(), &run).await?;
                api.patch_status(&run.name_any(), &PatchParams::default(), &Patch::Merge(status)).await?;
                Ok::<_, Error>(())
            }
        })
        .buffer_unordered(CLIENTS)
        .try_collect::<()>()
        .await
}
