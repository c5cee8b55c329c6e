//! What listing 10,000 people costs in memory and time, beside the client library's own way of it, which decodes the
//! whole text as the type. Each is measured in a process of its own, over the same API in the same state.

#![expect(clippy::expect_used, reason = "a measurement that cannot be made ends by panicking")]

use std::process::Command;
use std::sync::Arc;
use std::time::Instant;

use kube::Api;
use kube::api::ListParams;
use serde_json::json;
use tenure::api::User;
use tenure::cluster::{Cluster, Selector, SystemClock};
use tenure::sim::api::MemoryApi;

/// The program's allocator, so that the figures are the program's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const PEOPLE: usize = 10_000;
/// How often the list is read.
const TIMES: u32 = 5;
/// How much more memory ours may take.
const BOUND: f64 = 1.05;

/// Megabytes of 1,000,000 bytes: the most that this process ever had.
fn peak() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("a machine with /proc");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a peak");
    let kibibytes: f64 = line.trim().trim_end_matches(" kB").parse().expect("a number");
    kibibytes * 1024.0 / 1e6
}

fn api() -> MemoryApi {
    let api = MemoryApi::tenure(Arc::new(|| "2026-03-10T12:00:00Z".parse().expect("an instant")));
    for number in 0..PEOPLE {
        let name = format!("person-{number}");
        let spec = json!({
            "displayName": format!("Person {number}"), "mail": format!("{name}@acme.example"), "employeeId": format!("{number:06}"),
            "department": format!("Department {}", number % 20), "jobTitle": "Engineer", "employeeHireDate": "2024-02-29",
            "initialAccount": {"enabled": true},
        });
        let user =
            json!({"apiVersion": "tenure.dev/v1alpha1", "kind": "User", "metadata": {"namespace": "acme", "name": name}, "spec": spec});
        api.put(&user).expect("a User");
    }
    api
}

/// Lists in this process: prints how far the peak rose, and the seconds of one list.
async fn measure(way: &str) {
    let client = api().client("bench");
    let cluster = Cluster::new(client.clone(), "acme", Arc::new(SystemClock));
    let users: Api<User> = Api::namespaced(client, "acme");
    let (before, start) = (peak(), Instant::now());
    for _ in 0..TIMES {
        let found = if way == "library" {
            users.list(&ListParams::default()).await.expect("a list").items
        } else {
            cluster.list::<User>(&Selector::all()).await.expect("a list")
        };
        assert_eq!(found.len(), PEOPLE);
    }
    println!("{:.1} {:.3}", peak() - before, start.elapsed().as_secs_f64() / f64::from(TIMES));
}

/// The two figures of the way.
fn ask(way: &str) -> (f64, f64) {
    let own = std::env::current_exe().expect("this program");
    let told = Command::new(own).env("TENURE_LISTING", way).output().expect("a process").stdout;
    let told = String::from_utf8(told).expect("text");
    let (memory, seconds) = told.trim().split_once(' ').expect("two figures");
    (memory.parse().expect("a number"), seconds.parse().expect("a number"))
}

fn main() {
    if let Ok(way) = std::env::var("TENURE_LISTING") {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        return runtime.block_on(measure(&way));
    }
    let ((library, slow), (ours, fast)) = (ask("library"), ask("ours"));
    println!("{PEOPLE} people, the library's way    {library:>8.1} MB at most {slow:>8.3} s");
    println!("{PEOPLE} people, ours                 {ours:>8.1} MB at most {fast:>8.3} s");
    assert!(ours <= library * BOUND, "listing takes more memory than the library's own way");
}
