//! `tenure evaluate` and `tenure execute`: what the Jobs in a cluster run.

use std::sync::Arc;

use crate::cluster::{Cluster, SystemClock};
use crate::runner::args::{EvaluateArgs, ExecuteArgs};
use crate::runner::{self, Context, RunnerError};

use super::{FINE, NOT_FINE, complain};

pub(super) fn evaluate(args: &EvaluateArgs) -> u8 {
    run(&args.namespace, async |context| runner::evaluate(&context, args).await.map(|_| ()))
}

pub(super) fn execute(args: &ExecuteArgs) -> u8 {
    run(&args.namespace, async |context| runner::execute(&context, args).await.map(|_| ()))
}

fn run(namespace: &str, work: impl AsyncFnOnce(Context) -> Result<(), RunnerError>) -> u8 {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            complain(&format!("no runtime: {error}"));
            return NOT_FINE;
        }
    };
    runtime.block_on(async {
        let client = match kube::Client::try_default().await {
            Ok(client) => client,
            Err(error) => {
                complain(&format!("no way to an API server: {error}"));
                return NOT_FINE;
            }
        };
        let cluster = Cluster::new(client, namespace, Arc::new(SystemClock));
        let context =
            Context { cluster, holder: holder(), random: Arc::new(rand::random::<[u8; 32]>), post: Arc::new(runner::post::NoPost) };
        match work(context).await {
            Ok(()) => FINE,
            Err(error) => {
                complain(&error.to_string());
                u8::try_from(error.exit_code()).unwrap_or(u8::MAX)
            }
        }
    })
}

/// The pod, which the Job names in the environment, and something that no other process has.
fn holder() -> String {
    let name = std::env::var("TENURE_POD_NAME").or_else(|_| std::env::var("HOSTNAME")).unwrap_or_else(|_| "tenure".to_owned());
    let uid = std::env::var("TENURE_POD_UID").unwrap_or_else(|_| format!("{:032x}", rand::random::<u128>()));
    format!("{name}_{uid}")
}
