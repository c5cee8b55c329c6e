//! The controller on a real Kubernetes API server: `TENURE_REAL_API=1`, and the kubeconfig says where.
//!
//! The controllers, evaluations and executions are processes of the program as it is built; a part of the test stands in
//! for the kubelet. The cluster needs a kube-controller-manager, which makes the pods of Jobs.

mod kubelet;
mod process;
mod world;

use std::collections::BTreeMap;

use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::ResourceExt;
use kube::api::{Api, Patch, PatchParams};
use serde_json::json;

use process::Controller;
use tenure::api::conditions::is_true;
use tenure::api::{Account, EntryState, OccurrenceLedger, Run, TenantLedger, User, Workflow, WorkflowVersion};
use world::{World, today, until};

type Error = Box<dyn std::error::Error>;

#[test]
fn the_controller_works_on_a_real_api_server() {
    if std::env::var("TENURE_REAL_API").as_deref() != Ok("1") {
        println!("SKIPPED: the controller on a real API server: TENURE_REAL_API is not set");
        return;
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let result = runtime.map_err(Error::from).and_then(|runtime| {
        runtime.block_on(async {
            let world = World::prepare().await?;
            let result = tokio::select! {
                result = scenes(&world) => result,
                result = kubelet::run(world.client.clone(), world.namespace.clone()) => result,
            };
            world.clear().await?;
            result
        })
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}

async fn scenes(world: &World) -> Result<(), Error> {
    definitions_of_another_release(world).await?;
    let mut first = Controller::start(&world.namespace, "controller")?;
    until("the first controller is ready", async || Ok(first.get("/readyz").await.0 == 200)).await?;
    until("the first controller leads", async || Ok(first.leads().await)).await?;
    let mut second = Controller::start(&world.namespace, "controller")?;
    until("the second controller is ready", async || Ok(second.get("/readyz").await.0 == 200)).await?;
    assert!(!second.leads().await && first.leads().await, "one of two leads");
    somebody_begins(world).await?;
    metrics(world, &first).await?;
    first.kill()?;
    next_one_takes_over(world, &second).await?;
    let third = Controller::start(&world.namespace, "controller")?;
    until("the third controller is ready", async || Ok(third.get("/readyz").await.0 == 200)).await?;
    hand_over(world, &mut second, &third).await?;
    nobody_twice(world).await
}

/// A controller whose definitions are not those that are served is not ready, does not lead, and says why.
async fn definitions_of_another_release(world: &World) -> Result<(), Error> {
    let definitions: Api<CustomResourceDefinition> = Api::all(world.client.clone());
    let annotate = async |hash: &str| {
        let patch = json!({"metadata": {"annotations": {"tenure.dev/schema-hash": hash}}});
        definitions.patch("holds.tenure.dev", &PatchParams::default(), &Patch::Merge(patch)).await.map(|_| ())
    };
    let hash = definitions.get("holds.tenure.dev").await?.annotations().get("tenure.dev/schema-hash").cloned();
    annotate("sha256:0").await?;
    let controller = Controller::start(&world.namespace, "schemas")?;
    until("a controller of another release says so", async || {
        let (code, body) = controller.get("/readyz").await;
        Ok(code == 503 && body.contains("holds.tenure.dev"))
    })
    .await?;
    assert!(!controller.leads().await && controller.get("/healthz").await.0 == 200, "it lives and does not lead");
    annotate(&hash.ok_or("the definitions carry their hash")?).await?;
    until("it is ready once the definitions are its own", async || Ok(controller.get("/readyz").await.0 == 200)).await?;
    Ok(())
}

/// Whether the account of somebody is enabled.
async fn is_enabled(world: &World, name: &str) -> Result<bool, Error> {
    let account = world.api::<Account>().get_opt(name).await?;
    Ok(account.is_some_and(|account| account.spec.account_enabled))
}

/// Whether there are Runs, and all are complete.
async fn all_complete(world: &World) -> Result<bool, Error> {
    let runs = world.list::<Run>().await?;
    let is_complete = |run: &Run| run.status.as_ref().is_some_and(|status| is_true(&status.conditions, "Complete"));
    Ok(!runs.is_empty() && runs.iter().all(is_complete))
}

/// From the first `kubectl apply` to an account that is enabled.
async fn somebody_begins(world: &World) -> Result<(), Error> {
    world.apply_quickstart().await?;
    let workflows = world.list::<Workflow>().await?.len();
    until("every workflow has its version", async || Ok(world.list::<WorkflowVersion>().await?.len() == workflows)).await?;
    until("an evaluation is sealed", async || Ok(world.list::<TenantLedger>().await?.iter().any(|head| head.spec.sealed_epoch > 0)))
        .await?;
    until("Ava's account is enabled", async || is_enabled(world, "ava").await).await?;
    until("every Run is complete", async || all_complete(world).await).await?;
    assert!(!is_enabled(world, "ben").await?, "Ben begins next week");
    let jobs: Vec<String> = world.list::<Job>().await?.iter().map(ResourceExt::name_any).collect();
    assert!(jobs.iter().any(|job| job.starts_with("tenure-eval-")) && jobs.iter().any(|job| job.starts_with("tenure-run-")), "{jobs:?}");
    Ok(())
}

async fn metrics(world: &World, controller: &Controller) -> Result<(), Error> {
    let namespace = &world.namespace;
    let lines = [
        format!("tenure_runs_total{{namespace=\"{namespace}\",category=\"joiner\",outcome=\"Completed\"}} "),
        format!("tenure_subjects_total{{namespace=\"{namespace}\",category=\"joiner\",outcome=\"succeeded\"}} "),
        format!("tenure_evaluation_age_seconds{{namespace=\"{namespace}\"}} "),
        format!("tenure_occurrences_planned_total{{namespace=\"{namespace}\"}} "),
        format!("tenure_directory_unreadable_values{{namespace=\"{namespace}\",directory=\"people\",attribute=\"employeeHireDate\"}} 1"),
        "tenure_job_duration_seconds_count{kind=\"evaluation\",outcome=\"succeeded\"} ".to_owned(),
        "tenure_job_duration_seconds_count{kind=\"execution\",outcome=\"succeeded\"} ".to_owned(),
        "tenure_run_plan_to_start_seconds_count{category=\"joiner\"} ".to_owned(),
        "tenure_run_due_to_first_effect_seconds_count{category=\"joiner\"} ".to_owned(),
        "tenure_run_due_to_done_seconds_count{category=\"joiner\"} ".to_owned(),
        "tenure_api_requests_total{method=\"POST\",code=\"201\"} ".to_owned(),
    ];
    until("the metrics tell of it", async || {
        let text = controller.get("/metrics").await.1;
        Ok(lines.iter().all(|line| text.contains(line)))
    })
    .await
    .map_err(|error| format!("{error}: {lines:#?}"))?;
    let text = controller.get("/metrics").await.1;
    let people = ["ava", "ben", "mia", "Lindqvist", "@acme"];
    assert!(people.iter().all(|name| !text.contains(name)), "metrics name no people: {text}");
    Ok(())
}

/// After the death of the leader.
async fn next_one_takes_over(world: &World, second: &Controller) -> Result<(), Error> {
    let today = json!({"spec": {"employeeHireDate": today()}});
    world.api::<User>().patch("ben", &PatchParams::default(), &Patch::Merge(today)).await?;
    until("the second controller leads", async || Ok(second.leads().await)).await?;
    until("Ben's account is enabled", async || is_enabled(world, "ben").await).await?;
    until("every Run is complete", async || all_complete(world).await).await?;
    Ok(())
}

/// A leader that is asked to end gives the lease back.
async fn hand_over(world: &World, second: &mut Controller, third: &Controller) -> Result<(), Error> {
    let lease = async || Ok::<_, Error>(world.api::<Lease>().get("controller").await?.spec.ok_or("a lease without spec")?);
    let before = lease().await?;
    assert_eq!(second.terminate().await?, Some(0), "a controller that is asked to end ends well");
    assert_ne!(lease().await?.holder_identity, before.holder_identity, "nobody has to wait for its end");
    until("the third controller leads", async || Ok(third.leads().await)).await?;
    assert_eq!(lease().await?.lease_transitions, before.lease_transitions.map(|times| times + 1), "transitions are counted");
    Ok(())
}

/// Every occurrence is planned once, by an evaluation that counts.
async fn nobody_twice(world: &World) -> Result<(), Error> {
    let head = world.api::<TenantLedger>().get("default").await?;
    let counts = |epoch: i64| {
        let abandoned = head.spec.abandoned.iter().any(|range| (range.from..=range.to).contains(&epoch));
        epoch <= head.spec.sealed_epoch && !abandoned
    };
    let mut planned = BTreeMap::<String, usize>::new();
    for chunk in world.list::<OccurrenceLedger>().await? {
        for row in chunk.spec.entries.iter().filter(|row| row.state == EntryState::Planned && counts(row.epoch)) {
            *planned.entry(row.key.clone()).or_default() += 1;
        }
    }
    println!("controller: {} occurrences were planned", planned.len());
    assert!(planned.len() >= 2 && planned.values().all(|times| *times == 1), "{planned:?}");
    Ok(())
}
