//! Faults on a real Kubernetes API server: `TENURE_REAL_API=1`, and the kubeconfig says where.
//!
//! Every scenario of the crash sweep is told in real seconds, by the real programs as processes of their own, behind a
//! proxy that makes one request go wrong; afterwards everything has come to what the undisturbed run comes to.
//!
//! `TENURE_FAULTS` is how many requests of each scenario and fault are tried (default 1), `TENURE_SEED` chooses them,
//! `TENURE_FAULTS_PARALLEL` is how many stories are told at once, `TENURE_FAULTS_ONLY=scenario[/fault[/who/k]]` takes
//! only those. Logs and objects of each case are left in the target directory, under `tmp/faults`.
#![expect(clippy::expect_used, clippy::panic, reason = "a test ends where it cannot go on")]

mod fault;
mod kubelet;
mod lifecycle;
#[path = "../simulation/crash_sweep/only.rs"]
mod only;
#[path = "../simulation/crash_sweep/oracle.rs"]
mod oracle;
mod play;
mod proxy;
#[path = "../simulation/crash_sweep/rows.rs"]
mod rows;
mod scenario;
mod story;
mod sweep;
mod tenant;
mod writers;

use tenant::Ground;

type Error = Box<dyn std::error::Error>;

/// Whether there is a real API server; says so if not.
fn has_api(what: &str) -> bool {
    let has = std::env::var("TENURE_REAL_API").as_deref() == Ok("1");
    if !has {
        println!("SKIPPED: {what}: TENURE_REAL_API is not set");
    }
    has
}

/// Does the work with a stand-in kubelet beside it.
fn on_the_ground(work: impl AsyncFnOnce(&Ground) -> Result<(), Error>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let result = runtime.block_on(async {
        let ground = Ground::prepare().await?;
        tokio::select! {
            result = work(&ground) => result,
            result = ground.kubelet().run() => result.and(Err("the kubelet ended".into())),
        }
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}

#[test]
fn every_fault_on_a_real_api_server_converges() {
    if has_api("faults on a real API server") {
        on_the_ground(sweep::sweep);
    }
}

#[test]
fn a_tenant_on_a_real_api_server_outlives_kubernetes_own_ways() {
    if has_api("deletes, restores and GitOps on a real API server") {
        on_the_ground(lifecycle::lifecycle);
    }
}
