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
use chrono_tz::Tz;

use crate::api::meta::DEFAULT_NAME;
use crate::api::reasons::NAME_REUSED;
use crate::api::tenant_ledger::TenantLedgerData;
use crate::api::{EntryState, TenantLedger, conditions};
use crate::cluster::Cluster;
use crate::domain::dates::parse_zone;
use crate::domain::decision::{Books, Decided, Decision};
use crate::domain::tick;
use crate::runner::RunnerError;
use crate::runner::quality::quality;

use super::decide;
use super::departure::People;
use super::draft::Draft;
use super::place;
use super::read;
use super::snapshot::{self, Looks};
use super::tenant::Tenant;
use super::wanted::Wanted;

use history::History;
use person::Found;
pub use report::{
    AccountState, Clause, Explanation, FillerValue, Next, OccurrenceState, Past, PastTask, Scope, UnreadableValue, WorkflowExplanation,
    WrongZoneValue, instant,
};

/// Explains the person, as of the cluster's clock. `zone`: on whose clock sentences say instants; None: the tenant's. The
/// result is None where there is no record, no account and no history of that name.
///
/// # Errors
/// [`RunnerError`] when something cannot be read. Nothing is written.
pub async fn explain(cluster: &Cluster, subject: &str, zone: Option<Tz>) -> Result<Option<Explanation>, RunnerError> {
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
    let snapshots = std::mem::take(&mut tenant.snapshots);
    let (looks, _) = snapshot::take(&tenant, &snapshots);
    let own = || tenant.time_zone().and_then(|zone| parse_zone(zone).ok());
    let zone = zone.or_else(own).unwrap_or(chrono_tz::UTC);
    let seen = Seen { decisions: decisions(&tenant, &looks), looks: &looks, next, found: &found, tenant: &tenant, zone };
    let mut workflows: Vec<WorkflowExplanation> =
        tenant.workflows.iter().map(|(name, workflow)| seen.explain(name, workflow, &mut history)).collect();
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

/// What an evaluation as of now would make of one workflow and the person.
#[derive(Default)]
struct Verdicts {
    /// One for each occurrence, in their order.
    decided: Vec<Decided>,
    /// The leaver workflow in whose favour a due occurrence would not be planned.
    superseded_by: Option<String>,
}

impl Verdicts {
    /// What waited for the account to be opened again in the same evaluation is not due without that.
    fn give_up(&mut self, reason: &'static str) {
        for decided in self.decided.iter_mut().filter(|decided| matches!(decided.decision, Decision::DueBeforeReturn { .. })) {
            decided.decision = Decision::NotDue { reason };
        }
    }

    /// What was decided about an attribute's occurrence: alone, or with other changes.
    fn about(&self, attribute: &str) -> Option<&Decided> {
        let is_own = |decided: &&Decided| decided.about.as_ref().is_some_and(|about| about.attribute == attribute);
        let is_with = |decided: &&Decided| match &decided.decision {
            Decision::Due { occurrence, .. } => occurrence.also.iter().any(|change| change.attribute == attribute),
            // Changes wait for one another.
            Decision::NotYet { .. } => true,
            _ => decided.about.is_none(),
        };
        let all = || self.decided.iter();
        all().find(is_own).or_else(|| all().find(is_with))
    }
}

/// Everything that the explanation of one workflow looks at.
struct Seen<'a> {
    decisions: BTreeMap<String, Verdicts>,
    looks: &'a Looks<'a>,
    /// The schedule's next evaluation.
    next: Option<DateTime<Utc>>,
    found: &'a Found,
    tenant: &'a Tenant,
    /// On whose clock instants are said.
    zone: Tz,
}

/// Asks every workflow as an evaluation does, and places what is due.
fn decisions(tenant: &Tenant, looks: &Looks<'_>) -> BTreeMap<String, Verdicts> {
    let books = Books { keys: &tenant.keys, ledger: &tenant.ledger };
    let mut verdicts: BTreeMap<String, Verdicts> = BTreeMap::new();
    let mut wanted = Vec::new();
    let mut keys: BTreeMap<String, String> = BTreeMap::new();
    let mut due = Vec::new();
    for directory in tenant.readings.keys() {
        for (person, seen) in looks.people(tenant, directory) {
            let view = decide::view(tenant, person, seen);
            for (usable, facts) in decide::facts(tenant, directory) {
                let mut decided = facts.decide(person, view, books, None);
                if usable.is_forbidden_for(person) {
                    put_off(&mut decided);
                }
                due.extend(decided.iter().map(|decided| (usable, person, decided.decision.clone())));
                verdicts.insert(usable.compiled.name.clone(), Verdicts { decided, superseded_by: None });
            }
        }
    }
    decide::settle_returns(&mut due, 0);
    for (usable, person, decision) in due {
        let name = &usable.compiled.name;
        match decision {
            Decision::Due { occurrence, key } => {
                keys.extend(occurrence.also.iter().map(|change| (change.key.clone(), name.clone())));
                keys.insert(key.clone(), name.clone());
                wanted.push(Wanted::scheduled(usable, person, occurrence, key));
            }
            Decision::NotDue { reason } => verdicts.entry(name.clone()).or_default().give_up(reason),
            _ => {}
        }
    }
    let mut draft = Draft::default();
    place::place(tenant, &People::new(tenant, looks), &wanted, &mut draft);
    for row in draft.rows.iter().filter(|row| row.state == EntryState::Superseded) {
        let by = row.by.as_deref().unwrap_or_default();
        let leaver = keys.get(by).cloned().or_else(|| tenant.ledger.get(by).map(|row| row.workflow.clone()));
        let leaver = leaver.or_else(|| Some("the leave date".to_owned()));
        if let Some(verdicts) = keys.get(&row.key).and_then(|name| verdicts.get_mut(name)) {
            verdicts.superseded_by = leaver;
        }
    }
    verdicts
}

/// What is due for somebody of whom nobody knows whose the account is waits until somebody says.
fn put_off(decided: &mut [Decided]) {
    for decided in decided.iter_mut().filter(|decided| matches!(decided.decision, Decision::Due { .. })) {
        decided.decision = Decision::NotDue { reason: NAME_REUSED };
    }
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
