//! Directory: is it one that this release can work on.

use chrono::{DateTime, Utc};
use kube::ResourceExt as _;

use super::cache::Cache;
use super::{Next, ReconcileError, status};
use crate::api::Directory;
use crate::api::conditions::{self, Finding, READY, STALLED};
use crate::api::directory::DirectoryStatus;
use crate::cluster::Cluster;
use crate::domain::validate::{self, Problem};

/// Everything that decides.
struct Observed<'a> {
    directory: &'a Directory,
}

fn observe<'a>(cache: &'a Cache, name: &str) -> Option<Observed<'a>> {
    Some(Observed { directory: cache.directory(name)? })
}

fn decide(observed: &Observed<'_>, now: DateTime<Utc>) -> DirectoryStatus {
    let directory = observed.directory;
    let mut desired = directory.status.clone().unwrap_or_default();
    desired.observed_generation = directory.metadata.generation;
    let problems = validate::directory_problems(&directory.spec);
    ready_and_stalled(
        &mut desired.conditions,
        &problems,
        "Usable",
        "workflows can work on it".to_owned(),
        directory.metadata.generation,
        now,
    );
    desired
}

/// Ready if there are no problems, else Stalled for the reason of the first.
pub(super) fn ready_and_stalled(
    conditions: &mut Vec<conditions::Condition>,
    problems: &[Problem],
    reason: &str,
    message: String,
    generation: Option<i64>,
    now: DateTime<Utc>,
) {
    let said = problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
    let (reason, message) = problems.first().map_or((reason, message), |problem| (problem.reason, said));
    let stalled = !problems.is_empty();
    conditions::upsert(conditions, Finding { type_: READY, status: (!stalled).into(), reason, message: message.clone() }, generation, now);
    conditions::upsert(conditions, Finding { type_: STALLED, status: stalled.into(), reason, message }, generation, now);
}

/// One pass.
pub(super) async fn reconcile(cache: &Cache, cluster: &Cluster, name: &str) -> Result<Next, ReconcileError> {
    let Some(observed) = observe(cache, name) else { return Ok(Next::IDLE) };
    let desired = decide(&observed, cluster.clock().now());
    status::write::<Directory, _>(cluster, &observed.directory.name_any(), observed.directory.status.as_ref(), &desired).await?;
    Ok(Next::IDLE)
}
