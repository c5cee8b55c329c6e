//! `tenure controller`: the operator.

mod health;
mod leader;
mod span;
mod witness;

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;

use clap::{ArgAction, Args};
use k8s_openapi::api::core::v1::ResourceRequirements;
use thiserror::Error;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use super::log;
use super::output::{FINE, NOT_FINE};
use super::runtime::block_on;
use crate::cluster::connect::{ConnectError, Connection, differing_schemas};
use crate::cluster::guard::Guard;
use crate::cluster::lease::{Answers, Leadership};
use crate::cluster::{Clock, SystemClock};
use crate::domain::job;
use crate::domain::timing::{LeaseTimes, Timing};
use crate::reconcile::places::EVALUATIONS;
use crate::reconcile::supervise::{Permit, Pulse, SuperviseError, Supervisor};
use crate::reconcile::{Ceilings, Memory};
use crate::runner::args::Pace;
use crate::server::{self, Metrics, ServerError};
use health::ControllerHealth;
use leader::{Election, Leader};
use span::Span;
use witness::Counting;

/// The operator: keeps versions, starts what is due, and says what came of it
#[derive(Args, Debug)]
#[command(
    // Further arguments of the chart come last and win.
    args_override_self = true,
    after_help = "Examples:\n\n    tenure controller --image registry.example/tenure@sha256:... --lease-namespace tenure-system\n    \
    tenure controller --namespace acme --leader-election=false --image tenure"
)]
pub(super) struct ControllerArgs {
    /// A namespace to work in; may be repeated. `all`, which is the default: every namespace.
    #[arg(long = "namespace", value_name = "NAMESPACE", default_value = "all", env = "TENURE_NAMESPACES", value_delimiter = ',')]
    namespaces: Vec<String>,
    /// Image of the Jobs, best by digest.
    #[arg(long, env = "TENURE_IMAGE", default_value = job::IMAGE)]
    image: String,
    /// Where health and metrics are served.
    #[arg(long, value_name = "ADDRESS", default_value = "0.0.0.0:8080")]
    listen: SocketAddr,
    /// How long a Job may wait for its container before its tenant is said to be stalled.
    #[arg(long, value_name = "DURATION", default_value_t = Span(Timing::PRODUCTION.stalled_after))]
    stalled_after: Span,
    /// How many tenants are evaluated at the same time. The others wait: whoever has waited for a minute is next, then tenants
    /// with leavers who are due, then the rest.
    #[arg(long, value_name = "NUMBER", default_value_t = EVALUATIONS)]
    concurrent_evaluations: usize,
    /// false: no lease, for one process on a developer's machine.
    #[arg(long, action = ArgAction::Set, default_value_t = true)]
    leader_election: bool,
    /// Namespace of the lease.
    #[arg(long, value_name = "NAMESPACE", env = "TENURE_POD_NAMESPACE", default_value = "tenure-system")]
    lease_namespace: String,
    /// Name of the lease.
    #[arg(long, value_name = "NAME", default_value = "tenure-controller")]
    lease_name: String,
    /// How long others wait after the last renewal that they saw.
    #[arg(long, value_name = "DURATION", default_value_t = Span(Timing::PRODUCTION.lease.duration))]
    lease_duration: Span,
    /// How long the holder trusts a renewal; less than the lease's duration.
    #[arg(long, value_name = "DURATION", default_value_t = Span(Timing::PRODUCTION.lease.renew_deadline))]
    lease_renew_deadline: Span,
    /// Pause between renewals; who waits for the lease looks twice as often.
    #[arg(long, value_name = "DURATION", default_value_t = Span(Timing::PRODUCTION.lease.retry))]
    lease_retry: Span,
    /// Most Jobs that execute Runs of one tenant at the same time; half of them are for leavers alone.
    #[arg(long, value_name = "COUNT", default_value_t = 40, value_parser = clap::value_parser!(u16).range(2..))]
    jobs_per_tenant: u16,
    /// The same of all tenants; a quarter of them is for leavers alone.
    #[arg(long, value_name = "COUNT", default_value_t = 200, value_parser = clap::value_parser!(u16).range(4..))]
    jobs: u16,
    /// What the containers of Jobs ask for and may take, as `resources` of a container, in JSON.
    #[arg(long, value_name = "JSON", value_parser = resources)]
    job_resources: Option<Box<ResourceRequirements>>,
    #[command(flatten)]
    pace: Pace,
}

fn resources(text: &str) -> Result<Box<ResourceRequirements>, String> {
    serde_json::from_str(text).map_err(|error| error.to_string())
}

/// Why the operator ended.
#[derive(Debug, Error)]
enum ControllerError {
    #[error(transparent)]
    Connect(#[from] ConnectError),
    #[error(transparent)]
    Supervise(#[from] SuperviseError),
    #[error(transparent)]
    Server(#[from] ServerError),
    #[error("signals: {0}")]
    Signals(#[from] std::io::Error),
    #[error("{0} must be less than {1}")]
    Times(&'static str, &'static str),
    #[error("no thread for the lease: {0}")]
    Thread(std::io::Error),
    #[error("the lease was lost")]
    LeaseLost,
}

pub(super) fn run(args: &ControllerArgs) -> u8 {
    log::start();
    block_on(async {
        match control(args).await {
            Ok(()) => FINE,
            Err(error) => {
                tracing::error!(%error, "the controller ends");
                NOT_FINE
            }
        }
    })
}

impl ControllerArgs {
    fn timing(&self) -> Result<Timing, ControllerError> {
        let lease = LeaseTimes { duration: self.lease_duration.0, renew_deadline: self.lease_renew_deadline.0, retry: self.lease_retry.0 };
        if lease.renew_deadline >= lease.duration {
            return Err(ControllerError::Times("--lease-renew-deadline", "--lease-duration"));
        }
        if lease.retry >= lease.renew_deadline || lease.retry.is_zero() {
            return Err(ControllerError::Times("--lease-retry", "--lease-renew-deadline, and above zero"));
        }
        Ok(Timing { stalled_after: self.stalled_after.0, lease, ..self.pace.timing() })
    }

    fn namespaces(&self) -> BTreeSet<String> {
        if self.namespaces.iter().any(|namespace| namespace == "all") {
            return BTreeSet::new();
        }
        self.namespaces.iter().cloned().collect()
    }

    fn election(&self, connection: &Connection, timing: &Timing, standing: &Arc<Leadership>, answers: Answers) -> Election {
        Election {
            connection: connection.clone(),
            place: (self.lease_namespace.clone(), self.lease_name.clone()),
            identity: identity(),
            times: timing.lease,
            standing: Arc::clone(standing),
            answers,
        }
    }

    fn memory(&self, timing: &Timing) -> Memory {
        let mut memory = Memory::default().with_evaluations(self.concurrent_evaluations);
        memory.image.clone_from(&self.image);
        memory.timing = *timing;
        memory.resources = self.job_resources.as_deref().cloned();
        memory.ceilings = Ceilings::new(self.jobs_per_tenant.into(), self.jobs.into());
        memory
    }
}

/// A process that nobody else is: the pod's name, and something random.
fn identity() -> String {
    let name = std::env::var("TENURE_POD_NAME").or_else(|_| std::env::var("HOSTNAME")).unwrap_or_else(|_| "tenure".to_owned());
    format!("{name}_{:016x}", rand::random::<u64>())
}

async fn control(args: &ControllerArgs) -> Result<(), ControllerError> {
    let timing = args.timing()?;
    let guard = Guard::new(Arc::new(SystemClock));
    let standing = Leadership::new(Arc::new(SystemClock));
    let connection = Connection::infer(&guard, timing).await?;
    let (pulse, metrics) = (Arc::new(Pulse::default()), Arc::new(Metrics::new()));
    pulse.beat();
    let witness = Arc::new(Counting::new(Arc::clone(&metrics)));
    let health = Arc::new(ControllerHealth::new(&pulse, &standing, &guard, &witness, &timing));
    let fence = Arc::clone(&standing);
    let supervisor = Supervisor {
        watches: connection.watches()?,
        requests: connection.fenced(Arc::new(move || fence.leads()))?,
        namespaces: args.namespaces(),
        memory: args.memory(&timing),
        guard: Arc::clone(&guard),
        witness: Arc::clone(&witness) as _,
        pulse: Arc::clone(&pulse),
    };
    let plain = connection.requests()?;
    let (permit, permitted) = watch::channel(Permit::Watch);
    let mut leader = None;
    let lead = async {
        await_schemas(&plain, &health, &timing).await;
        if args.leader_election {
            let pulse = Arc::clone(&pulse);
            let answers: Answers = Arc::new(move || pulse.beats(timing.loop_silence));
            leader = Some(Leader::start(args.election(&connection, &timing, &standing, answers)).map_err(ControllerError::Thread)?);
        }
        Err::<(), _>(lead(leader.as_mut(), &standing, &permit).await)
    };
    let serve = async { server::serve(args.listen, Arc::clone(&health) as _, Arc::clone(&metrics)).await.map_err(Into::into) };
    let mut work = std::pin::pin!(supervisor.run(permitted));
    let ended = tokio::select! {
        biased;
        ended = asked_to_end() => ended,
        lost = lead => lost,
        ended = serve => ended,
        ended = &mut work => ended.map_err(ControllerError::from),
    };
    if ended.is_ok() {
        permit.send_replace(Permit::Finish);
        work.await?;
    }
    if let Some(leader) = leader {
        leader.release().await;
    }
    ended
}

/// Leads as soon as it may; ends when it may no longer.
async fn lead(leader: Option<&mut Leader>, standing: &Leadership, permit: &watch::Sender<Permit>) -> ControllerError {
    let Some(leader) = leader else {
        standing.lead_alone();
        tracing::info!("this process leads, without a lease");
        permit.send_replace(Permit::Work);
        return std::future::pending().await;
    };
    leader.acquired().await;
    if standing.leads() {
        tracing::info!("this process leads");
        permit.send_replace(Permit::Work);
    }
    leader.lost().await;
    // Whatever is under way is cut off before anybody hears of it.
    permit.send_replace(Permit::Watch);
    ControllerError::LeaseLost
}

/// Ends when somebody asks the process to.
async fn asked_to_end() -> Result<(), ControllerError> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
    tracing::info!("asked to end");
    Ok(())
}

/// Ends when the definitions that are served are those of this release.
async fn await_schemas(client: &kube::Client, health: &ControllerHealth, timing: &Timing) {
    loop {
        match differing_schemas(client).await {
            Ok(differing) if differing.is_empty() => return health.schemas(None),
            Ok(differing) => {
                let complaint = format!("definitions of another release: {}", differing.join(", "));
                tracing::warn!(complaint, "waiting for the definitions of this release");
                health.schemas(Some(complaint));
            }
            Err(error) => tracing::warn!(%error, "the definitions could not be read"),
        }
        SystemClock.sleep(timing.schema_pause).await;
    }
}
