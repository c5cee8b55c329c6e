//! What every workflow says about one person, and why.
//!
//! It reads and decides as an evaluation does, about this one person and without writing anything: the same versions, the
//! same sightings, the same [`Facts`](crate::domain::decision::Facts), the same placing. So what it says about the next
//! evaluation is what that evaluation will do, as long as nothing changes before.

mod history;
mod next;
mod person;
mod report;
mod workflow;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::api::meta::DEFAULT_NAME;
use crate::api::tenant_ledger::TenantLedgerData;
use crate::api::{EntryState, TenantLedger, conditions};
use crate::cluster::Cluster;
use crate::domain::decision::{Books, Decided, Decision, View};
use crate::domain::tick;
use crate::runner::RunnerError;
use crate::runner::quality::unreadable;

use super::decide;
use super::draft::Draft;
use super::place::{self, Wanted};
use super::read;
use super::snapshot;
use super::tenant::Tenant;

use history::History;
use person::Found;
pub use report::{AccountState, Clause, Explanation, Next, OccurrenceState, Past, PastTask, Scope, UnreadableValue, WorkflowExplanation};

/// Explains the person, as of the cluster's clock. None: there is no record, no account and no history of that name.
///
/// # Errors
/// [`RunnerError`] when something cannot be read. Nothing is written.
pub async fn explain(cluster: &Cluster, subject: &str) -> Result<Option<Explanation>, RunnerError> {
    let now = cluster.clock().now();
    let head = cluster.find::<TenantLedger>(DEFAULT_NAME).await?.map(|head| head.spec);
    // Before the first evaluation there is no key. Any will do: nothing is looked up that was written under another.
    let head = head.unwrap_or_else(|| TenantLedgerData { key: "00".repeat(32), ..TenantLedgerData::default() });
    let mut tenant = read::objects(cluster, head, now, false).await?;
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
    let (mut looks, _) = snapshot::take(&tenant);
    let looks: Looks<'_> =
        tenant.readings.keys().filter_map(|directory| Some((directory.as_str(), looks.remove(directory.as_str())?.pop()?))).collect();
    let seen = Seen { decisions: decisions(&tenant, &looks), looks, next, found: &found, tenant: &tenant };
    let mut workflows: Vec<WorkflowExplanation> =
        tenant.workflows.iter().map(|(name, workflow)| seen.explain(name, workflow, &mut history)).collect();
    for name in history.rest() {
        workflows.push(workflow::deleted(&name, history.take(&name)));
    }
    let directories: Vec<_> = tenant.directories.values().cloned().collect();
    let values = found.user.iter().flat_map(|user| unreadable(&directories, user, found.account.as_ref()));
    Ok(Some(Explanation {
        namespace: tenant.namespace.clone(),
        subject: subject.to_owned(),
        display_name: found.user.as_ref().and_then(|user| user.spec.display_name.clone()),
        at: now,
        last_evaluation: last,
        next_evaluation: next,
        stopped,
        has_record: found.user.is_some(),
        account: found.state(),
        unreadable: values.map(Into::into).collect(),
        workflows,
    }))
}

/// What an evaluation as of now would make of one workflow and the person.
#[derive(Default)]
struct Verdicts {
    /// One for each occurrence, in their order.
    decided: Vec<Decided>,
    /// The leaver workflow in whose favour a due occurrence would not be planned.
    superseded_by: Option<String>,
}

/// What the next evaluation sees of the person in each directory, and what was seen before.
type Looks<'a> = BTreeMap<&'a str, snapshot::Seen<'a>>;

/// Everything that the explanation of one workflow looks at.
struct Seen<'a> {
    decisions: BTreeMap<String, Verdicts>,
    looks: Looks<'a>,
    /// The schedule's next evaluation.
    next: Option<DateTime<Utc>>,
    found: &'a Found,
    tenant: &'a Tenant,
}

/// Asks every workflow as an evaluation does, and places what is due.
fn decisions(tenant: &Tenant, looks: &Looks<'_>) -> BTreeMap<String, Verdicts> {
    let books = Books { keys: &tenant.keys, ledger: &tenant.ledger };
    let mut verdicts: BTreeMap<String, Verdicts> = BTreeMap::new();
    let mut wanted = Vec::new();
    let mut keys: BTreeMap<String, String> = BTreeMap::new();
    for (directory, seen) in looks {
        let Some(person) = person::of(tenant, directory) else { continue };
        let view = View { now: &seen.now, before: seen.before, has_released: seen.has_released };
        for (usable, facts) in decide::facts(tenant, directory) {
            let name = &usable.compiled.name;
            let decided: Vec<Decided> = facts.decide(person, view, books, None).collect();
            for decided in &decided {
                if let Decision::Due { occurrence, key } = &decided.decision {
                    wanted.push(Wanted::scheduled(usable, person, occurrence.clone(), key.clone()));
                    keys.insert(key.clone(), name.clone());
                }
            }
            verdicts.insert(name.clone(), Verdicts { decided, superseded_by: None });
        }
    }
    let mut draft = Draft::default();
    place::place(tenant, &wanted, &mut draft);
    for row in draft.rows.iter().filter(|row| row.state == EntryState::Superseded) {
        let by = row.by.as_deref().unwrap_or_default();
        let leaver = keys.get(by).cloned().or_else(|| tenant.ledger.get(by).map(|row| row.workflow.clone()));
        if let Some(verdicts) = keys.get(&row.key).and_then(|name| verdicts.get_mut(name)) {
            verdicts.superseded_by = leaver;
        }
    }
    verdicts
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

/// The first tick after an instant.
fn tick_after(tenant: &Tenant, instant: DateTime<Utc>) -> Option<DateTime<Utc>> {
    tick::ticks(&tenant.namespace, &tenant.schedule.as_ref()?.spec).ok()?.next_after(instant)
}
