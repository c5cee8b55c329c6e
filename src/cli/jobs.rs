//! `tenure evaluate` and `tenure execute`: what the Jobs in a cluster run.

use std::sync::Arc;

use k8s_openapi::apimachinery::pkg::version::Info;
use serde_json::json;
use tokio::signal::unix::{SignalKind, signal};

use crate::cluster::connect::Connection;
use crate::cluster::guard::Guard;
use crate::cluster::{Clock, Cluster, SystemClock};
use crate::domain::job::EXIT_CLOCK_OFF;
use crate::domain::timing::{REQUEST_TRIES, Timing};
use crate::runner::args::{EvaluateArgs, ExecuteArgs};
use crate::runner::{self, Context, Planted, RunnerError, Stop};

use super::log;
use super::output::{FINE, NOT_FINE, complain};
use super::runtime::block_on;

/// Where the kubelet reads what a container says about its end.
const LAST_WORDS: &str = "/dev/termination-log";

pub(super) fn evaluate(args: &EvaluateArgs) -> u8 {
    run(&args.namespace, &args.pace.timing(), async |context, guard| {
        if let Some(code) = clock_off(guard) {
            return Ok(code);
        }
        // Whatever it has not sealed counts for nothing.
        let outcome = context.stop.cuts(runner::evaluate(&context, args)).await?;
        let (planned, missed, without_result) = (outcome.planned, outcome.missed, outcome.without_result);
        say_last(&json!({"epoch": outcome.epoch, "planned": planned, "missed": missed, "withoutResult": without_result}).to_string());
        Ok(FINE)
    })
}

pub(super) fn execute(args: &ExecuteArgs) -> u8 {
    run(&args.namespace, &args.pace.timing(), async |context, _| {
        let outcome = runner::execute(&context, args).await?;
        say_last(&json!({"open": outcome.open}).to_string());
        Ok(FINE)
    })
}

/// Says who is due only with a clock that the API server agrees with.
fn clock_off(guard: &Guard) -> Option<u8> {
    guard.is_clock_off().then(|| {
        complain(&format!("the clock is {} s ahead of the API server's: nobody is evaluated", guard.skew_seconds()));
        u8::try_from(EXIT_CLOCK_OFF).unwrap_or(NOT_FINE)
    })
}

/// Asked to end, as by whoever deletes the pod. The first process of a container is not ended by a signal that it does not look at.
fn stop_when_asked() -> Stop {
    let stop = Stop::default();
    let told = stop.clone();
    match (signal(SignalKind::terminate()), signal(SignalKind::interrupt())) {
        (Ok(mut terminate), Ok(mut interrupt)) => {
            tokio::spawn(async move {
                tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
                tracing::info!("asked to end");
                told.ask();
            });
        }
        (Err(error), _) | (_, Err(error)) => tracing::warn!(%error, "it is not seen when the process is asked to end"),
    }
    stop
}

/// For the controller and for whoever looks at the pod; where there is no kubelet nobody reads it.
fn say_last(words: &str) {
    let place = std::env::var("TENURE_TERMINATION_LOG").unwrap_or_else(|_| LAST_WORDS.to_owned());
    if std::path::Path::new(&place).is_file()
        && let Err(error) = std::fs::write(&place, words)
    {
        tracing::warn!(%error, "the last words could not be written");
    }
}

fn run(namespace: &str, timing: &Timing, work: impl AsyncFnOnce(Context, &Guard) -> Result<u8, RunnerError>) -> u8 {
    log::start();
    block_on(async {
        let guard = Guard::new(Arc::new(SystemClock));
        let client = match Connection::infer(&guard, *timing).await.and_then(|connection| connection.requests()) {
            Ok(client) => client,
            Err(error) => {
                complain(&error.to_string());
                return NOT_FINE;
            }
        };
        if let Err(error) = first_answer(&client, timing).await {
            complain(&format!("no answer from the API server: {error}"));
            return NOT_FINE;
        }
        let cluster = Cluster::new(client, namespace, Arc::new(SystemClock)).with_timing(*timing).bearing_denials();
        let context = Context {
            cluster,
            holder: holder(),
            random: Arc::new(rand::random::<[u8; 32]>),
            post: Arc::new(runner::post::NoPost),
            stop: stop_when_asked(),
            planted: Planted::NONE,
        };
        match work(context, &guard).await {
            Ok(code) => code,
            Err(error) => {
                complain(&error.to_string());
                u8::try_from(error.exit_code()).unwrap_or(u8::MAX)
            }
        }
    })
}

/// The first answer shows the API server's clock. Everybody may ask for the version, but a server that starts may not know that
/// yet.
async fn first_answer(client: &kube::Client, timing: &Timing) -> Result<Info, kube::Error> {
    let mut tries = 1;
    loop {
        match client.apiserver_version().await {
            Err(error) if tries < REQUEST_TRIES => {
                tracing::warn!(%error, "the API server has not answered yet");
                SystemClock.sleep(timing.before_request(tries)).await;
                tries += 1;
            }
            answer => return answer,
        }
    }
}

/// The pod, which the Job names in the environment, and something that no other process has.
fn holder() -> String {
    let name = std::env::var("TENURE_POD_NAME").or_else(|_| std::env::var("HOSTNAME")).unwrap_or_else(|_| "tenure".to_owned());
    let uid = std::env::var("TENURE_POD_UID").unwrap_or_else(|_| format!("{:032x}", rand::random::<u128>()));
    format!("{name}_{uid}")
}
