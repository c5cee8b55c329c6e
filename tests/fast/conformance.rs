//! What Tenure relies on in a Kubernetes API, as one table of cases.
//!
//! Every case runs against the in-memory API, and, if `TENURE_REAL_API=1`, against the API server that the
//! kubeconfig names, in a namespace of its own: what the simulation answers is what a cluster answers.

mod cases_read;
mod cases_write;
mod probe;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use chrono::DateTime;
use tenure::sim::api::MemoryApi;

use probe::Bench;

/// The outcome of a case; the text says what differed.
type Outcome = Result<(), Box<dyn std::error::Error>>;

/// A case: its name and what it does.
type Case = (&'static str, fn(Bench) -> Pin<Box<dyn Future<Output = Outcome>>>);

/// Makes a row of the table from an `async fn`.
macro_rules! case {
    ($module:ident :: $name:ident) => {
        (stringify!($name), |bench| Box::pin($module::$name(bench)))
    };
}

const CASES: &[Case] = &[
    case!(cases_write::create_sets_what_only_the_server_knows),
    case!(cases_write::create_of_a_taken_name_is_refused),
    case!(cases_write::generated_names_begin_with_the_prefix),
    case!(cases_write::other_types_are_refused),
    case!(cases_write::bad_names_are_refused),
    case!(cases_write::bad_labels_are_refused),
    case!(cases_write::update_replaces_and_counts),
    case!(cases_write::update_of_an_old_version_conflicts),
    case!(cases_write::update_needs_a_version_and_an_object),
    case!(cases_write::update_without_a_change_changes_nothing),
    case!(cases_write::update_of_another_uid_conflicts),
    case!(cases_write::main_writes_leave_status_alone),
    case!(cases_write::status_writes_leave_the_rest_alone),
    case!(cases_write::merge_patch_merges_and_null_removes),
    case!(cases_write::merge_patch_with_an_old_version_conflicts),
    case!(cases_write::other_patches_of_nothing_are_refused),
    case!(cases_write::defaults_are_filled_in),
    case!(cases_write::unknown_fields_are_pruned_or_refused),
    case!(cases_write::structure_is_checked),
    case!(cases_write::rules_are_checked_on_create),
    case!(cases_write::transition_rules_are_checked_on_update),
    case!(cases_write::list_keys_are_unique),
    case!(cases_write::dry_run_changes_nothing),
    case!(cases_write::delete_removes),
    case!(cases_write::delete_checks_preconditions),
    case!(cases_write::finalizers_hold_an_object),
    case!(cases_write::dependents_go_with_their_owner),
    case!(cases_write::a_dependent_with_another_owner_stays),
    case!(cases_write::orphans_stay),
    case!(cases_write::owner_references_must_be_complete),
    case!(cases_write::a_selected_collection_can_be_deleted),
    case!(cases_write::jobs_have_a_status_of_their_own),
    case!(cases_read::labels_select),
    case!(cases_read::fields_select),
    case!(cases_read::unknown_fields_do_not_select),
    case!(cases_read::pages_are_one_list),
    case!(cases_read::a_list_at_a_version_is_as_it_was),
    case!(cases_read::metadata_alone_can_be_read),
    case!(cases_read::metadata_alone_can_be_watched),
    case!(cases_read::watch_gives_exactly_what_came_later),
    case!(cases_read::watch_without_a_version_begins_with_all),
    case!(cases_read::watch_sees_selection_change),
    case!(cases_read::impossible_versions_fail),
    case!(cases_read::not_found_is_not_found),
];

/// Runs every case and reports all that failed.
async fn run(server: &str, bench: impl Fn(usize) -> Bench) {
    let mut failures = Vec::new();
    for (index, (name, case)) in CASES.iter().enumerate() {
        if let Err(error) = case(bench(index)).await {
            failures.push(format!("{name}: {error}"));
        }
    }
    println!("conformance on {server}: {} cases, {} failed", CASES.len(), failures.len());
    assert!(failures.is_empty(), "{server}:\n{}", failures.join("\n"));
}

fn memory() -> MemoryApi {
    let epoch = DateTime::UNIX_EPOCH;
    MemoryApi::new(&[probe::definition()], Arc::new(move || epoch))
}

#[test]
fn the_in_memory_api_conforms() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.expect("a runtime").block_on(async {
        let api = memory();
        let client = api.client("conformance");
        run("the in-memory API", |index| Bench::new(client.clone(), "conformance".to_owned(), index)).await;
    });
}

#[test]
fn a_real_api_server_conforms() {
    if std::env::var("TENURE_REAL_API").as_deref() != Ok("1") {
        println!("SKIPPED: conformance on a real API server: TENURE_REAL_API is not set");
        return;
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let client = kube::Client::try_default().await.expect("a kubeconfig");
        let namespace = probe::prepare(&client).await.expect("the probe kind and a namespace");
        run("a real API server", |index| Bench::new(client.clone(), namespace.clone(), index)).await;
        probe::clear(&client, &namespace).await.expect("the namespace can be deleted");
    });
}

/// Cases that only the in-memory API can prove, because a real server forgets when it likes.
#[test]
fn the_in_memory_api_forgets_and_says_so() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.expect("a runtime").block_on(async {
        let client = memory().with_history(3, usize::MAX).client("conformance");
        let bench = Bench::new(client, "conformance".to_owned(), 0);
        cases_read::a_forgotten_version_is_expired(bench).await.expect("410");
    });
}
