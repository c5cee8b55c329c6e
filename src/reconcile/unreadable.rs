//! Objects that cannot be read: they say so themselves, and so does their tenant. Nothing else is decided about them.

use chrono::{DateTime, Utc};

use super::ReconcileError;
use super::cache::Cache;
use super::key::Key;
use super::watched::{Broken, SeenKind};
use crate::api::conditions::{self, Condition, Finding, READY, STALLED};
use crate::api::meta::DEFAULT_NAME;
use crate::api::reasons::Reason;
use crate::api::{Directory, Run, TenantSchedule, Workflow};
use crate::cluster::client::Kind;
use crate::cluster::{Cluster, ClusterError};

/// Most objects that a tenant's condition names.
const MOST_NAMED: usize = 5;

/// What a tenant says of its objects that cannot be read and that evaluations would have to read; None: there is none.
pub(super) fn of_tenant(cache: &Cache) -> Option<String> {
    let found: Vec<&Broken> = cache.broken().filter(|broken| !matches!(broken.kind, SeenKind::Job | SeenKind::Pod)).collect();
    let named: Vec<String> =
        found.iter().take(MOST_NAMED).map(|broken| format!("{:?} {:?}: {}", broken.kind, broken.name, broken.error)).collect();
    let more = found.len().checked_sub(MOST_NAMED).filter(|more| *more > 0).map(|more| format!("; and {more} more")).unwrap_or_default();
    (!found.is_empty()).then(|| format!("cannot be read, so that nobody is due until somebody mends it: {}{more}", named.join("; ")))
}

/// What the key's own object says of itself, if it cannot be read.
fn own(cache: &Cache, key: &Key) -> Option<String> {
    let (kind, name) = match key {
        Key::Directory(name) => (SeenKind::Directory, name.as_str()),
        Key::Workflow(name) => (SeenKind::Workflow, name.as_str()),
        Key::Run(name) => (SeenKind::Run, name.as_str()),
        Key::TenantSchedule => return of_tenant(cache),
    };
    let broken = cache.broken().find(|broken| broken.kind == kind && broken.name == name)?;
    Some(format!("it cannot be read, and stays as it is until somebody mends it: {}", broken.error))
}

fn findings(message: &str, has_ready: bool, now: DateTime<Utc>) -> Vec<Condition> {
    let mut found = Vec::new();
    let finding = |type_, holds: bool| Finding { type_, status: holds.into(), reason: Reason::Unreadable, message: message.to_owned() };
    if has_ready {
        conditions::upsert(&mut found, finding(READY, false), None, now);
    }
    conditions::upsert(&mut found, finding(STALLED, true), None, now);
    found
}

/// Says it, at the object of a key about which nothing can be decided.
pub(super) async fn tell(cache: &Cache, cluster: &Cluster, key: &Key) -> Result<(), ReconcileError> {
    let Some(message) = own(cache, key) else { return Ok(()) };
    let now = cluster.clock().now();
    match key {
        Key::Directory(name) => mark::<Directory>(cluster, name, &findings(&message, true, now)).await,
        Key::Workflow(name) => mark::<Workflow>(cluster, name, &findings(&message, true, now)).await,
        Key::Run(name) => mark::<Run>(cluster, name, &findings(&message, false, now)).await,
        Key::TenantSchedule => mark::<TenantSchedule>(cluster, DEFAULT_NAME, &findings(&message, true, now)).await,
    }
}

/// An object that is not taken with a condition more stays without: the log and a metric tell of it, too.
async fn mark<K: Kind>(cluster: &Cluster, name: &str, wanted: &[Condition]) -> Result<(), ReconcileError> {
    match cluster.put_conditions::<K>(name, wanted).await {
        Err(error @ ClusterError::Refused { .. }) => {
            tracing::warn!(namespace = cluster.namespace(), %error, "an object that cannot be read does not say so");
            Ok(())
        }
        other => Ok(other?),
    }
}
