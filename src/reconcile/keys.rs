//! Which keys an event concerns.

use kube::ResourceExt as _;

use super::Key;
use super::cache::{self, Cache, Seen, SeenKind};
use crate::api::meta::{LABEL_EVALUATION, LABEL_RUN};

/// The keys that an object concerns which was added, changed or removed. Call it before or after the cache is brought
/// up to date, it does not matter.
#[must_use]
pub fn keys_for(seen: &Seen, cache: &Cache) -> Vec<Key> {
    match seen {
        Seen::Workflow(workflow) => vec![Key::Workflow(workflow.name_any()), Key::TenantSchedule],
        Seen::WorkflowVersion(version) => vec![Key::Workflow(version.spec.workflow.clone())],
        Seen::TenantSchedule(_) | Seen::TenantLedger(_) => {
            let mut keys = workflows(cache);
            keys.extend(open_runs(cache));
            keys.push(Key::TenantSchedule);
            keys
        }
        Seen::Directory(directory) => {
            let mut keys = vec![Key::Directory(directory.name_any())];
            keys.extend(workflows(cache));
            keys.push(Key::TenantSchedule);
            keys
        }
        Seen::Run(run) => {
            let mut keys = vec![Key::Run(run.name_any())];
            if cache::is_complete(run) {
                keys.extend(waiting_runs(cache));
            }
            keys.push(Key::TenantSchedule);
            keys
        }
        Seen::Job(job) => of_job(job.labels(), cache),
        Seen::Pod(pod) => of_job(pod.labels(), cache),
        Seen::UserChanged => vec![Key::TenantSchedule],
    }
}

/// The keys that a removed object concerns of which only kind and name are known.
pub(super) fn keys_for_name(kind: SeenKind, name: &str, cache: &Cache) -> Vec<Key> {
    let seen = match kind {
        SeenKind::WorkflowVersion => cache.version(name).cloned().map(Seen::from),
        SeenKind::Job => cache.job(name).cloned().map(Seen::from),
        SeenKind::Directory => cache.directory(name).cloned().map(Seen::from),
        SeenKind::TenantSchedule => cache.schedule().cloned().map(Seen::from),
        SeenKind::TenantLedger => cache.head().cloned().map(Seen::from),
        SeenKind::Workflow => return vec![Key::Workflow(name.to_owned()), Key::TenantSchedule],
        SeenKind::Run => {
            let mut keys = vec![Key::Run(name.to_owned()), Key::TenantSchedule];
            keys.extend(waiting_runs(cache));
            return keys;
        }
        SeenKind::Pod => cache.pod(name).cloned().map(Seen::from),
        SeenKind::User => Some(Seen::UserChanged),
    };
    seen.map_or_else(Vec::new, |seen| keys_for(&seen, cache))
}

fn of_job(labels: &std::collections::BTreeMap<String, String>, cache: &Cache) -> Vec<Key> {
    let mut keys = Vec::new();
    if let Some(run) = labels.get(LABEL_RUN) {
        keys.push(Key::Run(run.clone()));
        // A Job that ends makes room for a Run that waits.
        keys.extend(waiting_runs(cache));
    }
    if labels.contains_key(LABEL_EVALUATION) {
        keys.push(Key::TenantSchedule);
    }
    keys
}

fn workflows(cache: &Cache) -> Vec<Key> {
    cache.workflows().map(|workflow| Key::Workflow(workflow.name_any())).collect()
}

fn open_runs(cache: &Cache) -> impl Iterator<Item = Key> {
    cache.open_runs().map(|run| Key::Run(run.name_any()))
}

/// Runs that may be waiting for room: those without a Job that has not ended.
fn waiting_runs(cache: &Cache) -> impl Iterator<Item = Key> {
    cache
        .open_runs()
        .filter(|run| cache.jobs_of_run(&run.name_any()).all(super::jobs::is_finished))
        .map(|run| Key::Run(run.name_any()))
}
