//! Evaluations and executions beside a plain client that does the same to the same objects, on one control plane and in one
//! run:
//!
//!     tests/cluster/up -- cargo bench --bench people
//!
//! The plain client creates, lists, or gets and puts one object for each Change, with eight requests at a time, and keeps no
//! books. `TENURE_BENCH_PEOPLE=1000` takes so many people instead of 5,000; figures for 1,000 to 10,000 are the table of
//! docs/scale.md. Each number needs a control plane of its own, for the namespaces are made anew.
//!
//! It writes to loopback addresses only: a kubeconfig that names another server is left alone.

#[path = "../../tests/cluster/definitions.rs"]
mod definitions;
#[path = "../wait/mod.rs"]
mod wait;

mod child;
mod objects;

use std::time::{Duration, Instant};

use futures::{StreamExt, TryStreamExt, stream};
use k8s_openapi::api::core::v1::Namespace;
use kube::api::{Api, ListParams, Patch, PatchParams, PostParams};
use kube::{Client, Config, ResourceExt};
use serde_json::json;
use tenure::api::{Account, Directory, Run, TenantSchedule, User, Workflow, WorkflowVersion};

use child::{Program, Used};

use wait::until;

type Error = Box<dyn std::error::Error>;

/// Requests at the same time: what a Directory bears by default.
const AT_A_TIME: usize = 8;
/// People, unless the environment says otherwise.
const PEOPLE: usize = 5_000;
/// How long anything may take that is not measured.
const PATIENCE: Duration = Duration::from_secs(120);
/// The tenant that Tenure works in, and the namespace of the plain client.
const TENANT: &str = "people";
const PLAIN: &str = "plain";

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let result = runtime.map_err(Error::from).and_then(|runtime| runtime.block_on(bench()));
    if let Err(error) = result {
        eprintln!("people: {error}");
        std::process::exit(1);
    }
}

/// A client of the control plane that the environment names, if it is one of this machine.
async fn local() -> Option<Client> {
    std::env::var_os("KUBECONFIG")?;
    let config = Config::infer().await.ok()?;
    let is_local = config.cluster_url.host().is_some_and(|host| host == "127.0.0.1" || host == "localhost");
    Client::try_from(config).ok().filter(|_| is_local)
}

/// What took how long.
async fn timed<T>(work: impl Future<Output = Result<T, Error>>) -> Result<(f64, T), Error> {
    let began = Instant::now();
    let done = work.await?;
    Ok((began.elapsed().as_secs_f64(), done))
}

#[expect(clippy::cast_precision_loss, reason = "small numbers")]
fn say(what: &str, tenure: f64, plain: f64, people: usize, goal: &str) {
    let rate = |seconds: f64| people as f64 / seconds;
    println!(
        "{what:<34}{tenure:>8.1} s {:>7.0}/s    plain client {plain:>7.1} s {:>7.0}/s    of its speed {:>4.0} %   {goal}",
        rate(tenure),
        rate(plain),
        plain / tenure * 100.0
    );
}

async fn bench() -> Result<(), Error> {
    let Some(client) = local().await else {
        println!("SKIPPED: people: no kubeconfig of a control plane on this machine; tests/cluster/up -- cargo bench --bench people");
        return Ok(());
    };
    let people: usize = std::env::var("TENURE_BENCH_PEOPLE").ok().map_or(Ok(PEOPLE), |text| text.parse())?;
    definitions::apply(&client, PATIENCE).await?;
    warm(&client).await?;
    for namespace in [TENANT, PLAIN] {
        let object = serde_json::from_value(json!({"metadata": {"name": namespace}}))?;
        Api::<Namespace>::all(client.clone()).create(&PostParams::default(), &object).await?;
    }
    let create = PostParams::default();
    Api::<Directory>::namespaced(client.clone(), TENANT).create(&create, &objects::directory()?).await?;
    Api::<TenantSchedule>::namespaced(client.clone(), TENANT).create(&create, &objects::schedule()?).await?;
    let users = Api::<User>::namespaced(client.clone(), TENANT);
    each(people, async |index| {
        users.create(&create, &objects::user(index)?).await?;
        Ok(())
    })
    .await?;

    println!("{people} people, {AT_A_TIME} requests at a time:");
    first_evaluation(&client, people).await?;
    unchanged_evaluation(&client, people).await?;
    off_boarding(&client, people).await
}

/// Everybody gets an Account and is seen for the first time.
async fn first_evaluation(client: &Client, people: usize) -> Result<(), Error> {
    let (create, plain) = (PostParams::default(), Api::<Account>::namespaced(client.clone(), PLAIN));
    let creation = each(people, async |index| {
        plain.create(&create, &objects::account(index)?).await?;
        Ok(())
    });
    let (naive, ()) = timed(creation).await?;
    let (tenure, used) = timed(Program::evaluate(TENANT)?.end()).await?;
    say("first evaluation", tenure, naive, people, "goal 80 %");
    println!("{:<34}{:>8.1} MB at most, {:.1} s of processor", "", used.peak, used.processor);
    Ok(())
}

/// Nothing has changed.
async fn unchanged_evaluation(client: &Client, people: usize) -> Result<(), Error> {
    let users = Api::<User>::namespaced(client.clone(), TENANT);
    let accounts = Api::<Account>::namespaced(client.clone(), TENANT);
    let all = ListParams::default();
    let list = async || Ok::<_, Error>(users.list(&all).await?.items.len() + accounts.list(&all).await?.items.len());
    let mut rounds: Vec<(f64, f64, Used)> = Vec::new();
    for _ in 0..3 {
        let (naive, _) = timed(list()).await?;
        let (tenure, used) = timed(Program::evaluate(TENANT)?.end()).await?;
        rounds.push((tenure, naive, used));
    }
    rounds.sort_by(|left, right| left.0.total_cmp(&right.0));
    let Some((tenure, naive, used)) = rounds.into_iter().nth(1) else { return Ok(()) };
    say("unchanged evaluation, listing", tenure, naive, people, "goal 50 %");
    println!("{:<34}{:>8.1} MB at most (goal 150), {:.1} s of processor", "", used.peak, used.processor);
    Ok(())
}

/// Everybody leaves at once: the account is disabled, and all memberships are taken.
async fn off_boarding(client: &Client, people: usize) -> Result<(), Error> {
    let controller = Program::controller(TENANT)?;
    let workflows = Api::<Workflow>::namespaced(client.clone(), TENANT);
    workflows.create(&PostParams::default(), &objects::workflow()?).await?;
    let versions = Api::<WorkflowVersion>::namespaced(client.clone(), TENANT);
    until("the workflow has its version", PATIENCE, async || Ok(versions.get_opt("leaver-v1").await?.is_some())).await?;
    controller.stop().await?;
    // From this evaluation on the workflow is scheduled; who leaves later is due.
    Program::evaluate(TENANT)?.end().await?;
    let users = Api::<User>::namespaced(client.clone(), TENANT);
    let patch = Patch::Merge(objects::leaves());
    each(people, async |index| {
        users.patch(&objects::name(index), &PatchParams::default(), &patch).await?;
        Ok(())
    })
    .await?;
    tokio::time::sleep(Duration::from_secs(2)).await;

    let accounts = Api::<Account>::namespaced(client.clone(), TENANT);
    let began = Instant::now();
    let evaluation = Program::evaluate(TENANT)?.end().await?;
    let evaluated = began.elapsed().as_secs_f64();
    let runs = Api::<Run>::namespaced(client.clone(), TENANT).list(&ListParams::default()).await?.items;
    let run = runs.first().map(ResourceExt::name_any).ok_or("somebody is due")?;
    let execution = Program::execute(TENANT, &run)?;
    until("somebody is off-boarded", PATIENCE, async || {
        let first = accounts.list(&ListParams::default().limit(100)).await?.items;
        Ok(first.iter().any(|account| !account.spec.account_enabled))
    })
    .await?;
    let first = began.elapsed().as_secs_f64();
    let used = execution.end().await?;
    let tenure = began.elapsed().as_secs_f64() - evaluated;
    let done = accounts.list(&ListParams::default()).await?.items;
    let open = done.iter().filter(|account| account.spec.account_enabled || !account.spec.member_of.is_empty()).count();
    if open > 0 {
        return Err(format!("{open} people are not off-boarded").into());
    }
    let (naive, ()) = timed(plain_off_boarding(client, people)).await?;
    say("off-boarding, execution", tenure, naive, people, "goal 80 %");
    println!("{:<34}{:>8.1} MB at most, {:.1} s of processor", "", used.peak, used.processor);
    println!("{:<34}{evaluated:>8.1} s, its evaluation, {:.1} MB at most", "", evaluation.peak);
    println!("{:<34}{first:>8.1} s, {:.0} % of the plain client's time (goal 10 %)", "due to first effect", first / naive * 100.0);
    Ok(())
}

/// The same without books: for each Change one GET and one PUT.
async fn plain_off_boarding(client: &Client, people: usize) -> Result<(), Error> {
    let accounts = Api::<Account>::namespaced(client.clone(), PLAIN);
    each(people, async |index| {
        let name = objects::name(index);
        let mut account = accounts.get(&name).await?;
        account.spec.account_enabled = false;
        accounts.replace(&name, &PostParams::default(), &account).await?;
        let mut account = accounts.get(&name).await?;
        account.spec.member_of.clear();
        accounts.replace(&name, &PostParams::default(), &account).await?;
        Ok(())
    })
    .await
}

/// Does something for each of so many people, some at the same time.
async fn each<Fut>(people: usize, work: impl Fn(usize) -> Fut) -> Result<(), Error>
where
    Fut: Future<Output = Result<(), Error>>,
{
    stream::iter(0..people).map(work).buffer_unordered(AT_A_TIME).try_collect::<()>().await
}

/// Lists each kind once: the server fills its cache of a kind when somebody asks for it first, and refuses until then.
async fn warm(client: &Client) -> Result<(), Error> {
    for definition in tenure::api::crds() {
        let names = definition.spec.names;
        let kind = kube::core::GroupVersionKind::gvk(&definition.spec.group, "v1alpha1", &names.kind);
        let resource = kube::core::ApiResource::from_gvk_with_plural(&kind, &names.plural);
        let api: Api<kube::core::DynamicObject> = Api::all_with(client.clone(), &resource);
        until("the kind is served", PATIENCE, async || Ok(api.list(&ListParams::default()).await.is_ok())).await?;
    }
    Ok(())
}
