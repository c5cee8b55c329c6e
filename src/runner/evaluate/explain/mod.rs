//! What every workflow says about one person, and why.
//!
//! It reads and decides as an evaluation does, about this one person and without writing anything: the same versions, the
//! same sightings, the same [`Facts`](crate::domain::decision::Facts), the same placing. So what it says about the next
//! evaluation is what that evaluation will do, as long as nothing changes before.

mod basis;
mod history;
mod next;
mod person;
mod report;
mod verdicts;
mod workflow;

use chrono_tz::Tz;

use crate::api::meta::DEFAULT_NAME;
use crate::api::{TenantLedger, conditions};
use crate::cluster::Cluster;
use crate::domain::dates::parse_zone;
use crate::domain::keys::Keyring;
use crate::runner::RunnerError;
use crate::runner::keyring::keyring;
use crate::runner::quality::quality;

use super::read;
use super::snapshot;
use super::tenant::Tenant;

use basis::{Basis, tick_after};
use history::History;
use person::Found;
pub use report::{
    AccountState, Became, Clause, Explanation, FillerValue, OccurrenceState, Outlook, Past, PastTask, ScopeExplanation, UnreadableValue,
    WorkStatus, WorkflowExplanation, WrongZoneValue, instant,
};
use verdicts::verdicts;

/// Explains the person, as of the cluster's clock. `zone`: on whose clock sentences say instants; None: the tenant's. The
/// result is None where there is no record, no account and no history of that name.
///
/// # Errors
/// [`RunnerError`] when something cannot be read. Nothing is written.
pub async fn explain(cluster: &Cluster, subject: &str, zone: Option<Tz>) -> Result<Option<Explanation>, RunnerError> {
    let now = cluster.clock().now();
    let head = cluster.find::<TenantLedger>(DEFAULT_NAME).await?.map(|head| head.spec);
    let keys = match &head {
        Some(head) => keyring(cluster, head).await?,
        // Before the first evaluation there is no key. Any will do: nothing is looked up that was written under another.
        None => Keyring::from_hex(&"00".repeat(32))?,
    };
    let mut tenant = read::objects(cluster, (head.unwrap_or_default(), keys), now, false).await?;
    let found = Found::read(cluster, subject).await?;
    found.enter(&mut tenant);
    read::compile_all(&mut tenant);
    read::slices(cluster, &mut tenant).await?;
    let mut history = History::read(cluster, &tenant, subject).await?;
    if found.user.is_none() && found.account.is_none() && history.is_empty() {
        return Ok(None);
    }
    let stopped = stopped(&tenant);
    let (last, next) = (tenant.head.as_of, tick_after(&tenant, now).filter(|_| stopped.is_none()));
    let snapshots = std::mem::take(&mut tenant.snapshots);
    let (looks, _) = snapshot::take(&tenant, &snapshots);
    let own = || tenant.time_zone().and_then(|zone| parse_zone(zone).ok());
    let zone = zone.or_else(own).unwrap_or(chrono_tz::UTC);
    let basis = Basis { verdicts: verdicts(&tenant, &looks), looks: &looks, next, found: &found, tenant: &tenant, zone };
    let mut workflows: Vec<WorkflowExplanation> =
        tenant.workflows.iter().map(|(name, workflow)| basis.explain(name, workflow, &mut history)).collect();
    for name in history.rest() {
        workflows.push(workflow::deleted(&name, history.take(&name)));
    }
    let directories: Vec<_> = tenant.directories.values().cloned().collect();
    let values =
        found.user.as_ref().map(|user| quality(&directories, tenant.time_zone(), user, found.account.as_ref())).unwrap_or_default();
    Ok(Some(Explanation {
        namespace: tenant.namespace.clone(),
        subject: subject.to_owned(),
        display_name: found.user.as_ref().and_then(|user| user.spec.display_name.clone()),
        at: now,
        last_evaluation: last,
        next_evaluation: next,
        stopped,
        has_record: found.user.is_some(),
        account: found.state(&tenant),
        unreadable: values.unreadable.into_iter().map(Into::into).collect(),
        fillers: values.fillers.into_iter().map(Into::into).collect(),
        zones: values.zones.into_iter().map(Into::into).collect(),
        time_zone: tenant.time_zone().map(str::to_owned),
        workflows,
    }))
}

/// Why no evaluation takes place.
fn stopped(tenant: &Tenant) -> Option<String> {
    let Some(schedule) = &tenant.schedule else { return Some("there is no TenantSchedule".to_owned()) };
    if schedule.spec.suspend {
        return Some("the TenantSchedule is suspended".to_owned());
    }
    let conditions = schedule.status.as_ref().map(|status| status.conditions.as_slice()).unwrap_or_default();
    let stalled = conditions.iter().find(|condition| condition.type_ == conditions::STALLED)?;
    conditions::is_true(conditions, conditions::STALLED).then(|| format!("the tenant is stalled: {}: {}", stalled.reason, stalled.message))
}
