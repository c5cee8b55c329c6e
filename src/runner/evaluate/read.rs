//! Reading the tenant: consistently, once.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use kube::ResourceExt;

use crate::api::meta::{DEFAULT_NAME, LABEL_RUN};
use crate::api::reasons::Reason;
use crate::api::tenant_ledger::{TenantLedgerData, UsersSeen};
use crate::api::{
    Directory as DirectoryObject, DirectorySnapshot, EntryState, OccurrenceLedger, Run, RunSlice, TenantSchedule, Workflow, WorkflowSpec,
    WorkflowVersion,
};
use crate::cluster::Cluster;
use crate::cluster::client::{Kind, Selector};
use crate::directory::Embedded;
use crate::directory::embedded::Listing;
use crate::domain::applicants::{Answer, Bytes, without_room};
use crate::domain::authority::Readers;
use crate::domain::due::{Moment, activation};
use crate::domain::epochs::is_valid;
use crate::domain::keys::Keyring;
use crate::domain::ledger::LedgerIndex;
use crate::domain::names;
use crate::domain::person::Who;
use crate::domain::validate::{self, MAX_TENANT_PATTERNS};
use crate::domain::version::versioned;
use crate::runner::compile::{self, newest};
use crate::runner::{Context, RunnerError};

use super::head::Head;
use super::release::held_runs;
use super::tenant::{Reading, Tenant, Usable};

/// Most Runs whose slices one request asks for: their names stay well inside a URL.
const RUNS_PER_REQUEST: usize = 40;

async fn all<K: Kind>(cluster: &Cluster) -> Result<Vec<K>, RunnerError> {
    Ok(cluster.list(&Selector::all()).await?)
}

/// The number at the end of a chunk's name.
pub(super) fn chunk_number(chunk: &OccurrenceLedger) -> i64 {
    chunk.name_any().rsplit('-').next().and_then(|number| number.parse().ok()).unwrap_or(0)
}

/// Reads everything but slices. The ledger, the snapshot and the Runs come first: what the directory says afterwards is
/// never older than they are.
pub(super) async fn read(context: &Context, head: &Head, runs_only: bool) -> Result<Tenant, RunnerError> {
    let cluster = &context.cluster;
    let mut tenant = objects(cluster, (head.data().clone(), head.keys.clone()), head.as_of(), runs_only).await?;
    read_directories(cluster, &mut tenant).await;
    compile_all(&mut tenant);
    Ok(tenant)
}

/// Reads what stands before the directories: nobody has been asked yet who is in them.
pub(super) async fn objects(
    cluster: &Cluster,
    (data, keys): (TenantLedgerData, Keyring),
    as_of: DateTime<Utc>,
    runs_only: bool,
) -> Result<Tenant, RunnerError> {
    let mut chunks: Vec<OccurrenceLedger> = all(cluster).await?;
    chunks.sort_by_key(chunk_number);
    let snapshots: Vec<DirectorySnapshot> = all(cluster).await?;
    let runs: Vec<Run> = all(cluster).await?;
    let newest = chunks.iter().flat_map(|chunk| chunk.spec.entries.iter().map(|row| row.epoch));
    let newest = newest.chain(snapshots.iter().flat_map(|bucket| bucket.spec.rows.iter().map(|row| row.current.epoch))).max();
    check_epoch(newest.unwrap_or(0), &data, cluster).await?;
    let ledger = LedgerIndex::build(&data, chunks.iter().flat_map(|chunk| &chunk.spec.entries));
    let schedule = all::<TenantSchedule>(cluster).await?.into_iter().find(|schedule| schedule.name_any() == DEFAULT_NAME);
    let workflows: BTreeMap<String, Workflow> =
        all::<Workflow>(cluster).await?.into_iter().map(|workflow| (workflow.name_any(), workflow)).collect();
    let directories: BTreeMap<String, DirectoryObject> =
        all::<DirectoryObject>(cluster).await?.into_iter().map(|directory| (directory.name_any(), directory)).collect();
    let placeless = names::Placeless::of(Some(&data), &workflows, &directories);
    let readers = Readers::of(workflows.iter().map(|(name, workflow)| (name.as_str(), &workflow.spec)));
    let mut tenant = Tenant {
        namespace: cluster.namespace().to_owned(),
        epoch: data.epoch,
        as_of,
        runs_only,
        stillness: TimeDelta::from_std(cluster.timing().stillness).unwrap_or(TimeDelta::MAX),
        head_places: data.workflows.iter().enumerate().map(|(place, head)| (head.name.clone(), place)).rev().collect(),
        head: data,
        keys,
        schedule,
        workflows,
        readers,
        versions: all(cluster).await?,
        directories,
        placeless,
        readings: BTreeMap::new(),
        reused_and_deleted: BTreeMap::new(),
        returning_and_deleted: BTreeMap::new(),
        users: None,
        usable: BTreeMap::new(),
        chunks,
        ledger,
        snapshots,
        runs,
        held: BTreeSet::new(),
        slices: BTreeMap::new(),
    };
    tenant.held = held_runs(&tenant);
    Ok(tenant)
}

/// An evaluator that meets a row of a higher epoch stops: somebody overtook it, or a backup was torn.
async fn check_epoch(row: i64, data: &TenantLedgerData, cluster: &Cluster) -> Result<(), RunnerError> {
    if row <= data.epoch {
        return Ok(());
    }
    let head: Option<crate::api::TenantLedger> = cluster.find(DEFAULT_NAME).await?;
    let now = head.map_or(0, |head| head.spec.epoch);
    if now >= row {
        Err(RunnerError::Overtaken(format!("there are rows of epoch {row}")))
    } else {
        Err(RunnerError::TornRestore { row, head: now })
    }
}

async fn read_directories(cluster: &Cluster, tenant: &mut Tenant) {
    let names: Vec<String> = tenant.directories.keys().cloned().collect();
    let time_zone = tenant.time_zone().map(str::to_owned);
    let mut users: Vec<Option<UsersSeen>> = Vec::new();
    let mut listing = Listing::default();
    for name in names {
        let object = &tenant.directories[&name];
        let reading = if tenant.placeless.directories.contains(&name) {
            Reading::placeless()
        } else if object.spec.embedded.is_some() {
            let directory = Embedded::new(cluster.clone(), tenant.keys.clone(), &name, &object.spec, time_zone.as_deref());
            match directory.query_and_seed(&mut listing, tenant.as_of).await {
                Ok(roll) => {
                    tenant.reused_and_deleted.insert(name.clone(), roll.reused_and_deleted);
                    tenant.returning_and_deleted.insert(name.clone(), roll.returning_and_deleted);
                    users.push(roll.users);
                    Reading::People(roll.people)
                }
                Err(fault) => {
                    users.push(None);
                    Reading::Unknown(fault.unread())
                }
            }
        } else {
            Reading::elsewhere()
        };
        if let Reading::Unknown(fault) = &reading {
            let (reason, message) = (fault.reason.as_str(), fault.message.as_str());
            tracing::warn!(directory = name, class = ?fault.class, reason, message, "the directory could not be read: nobody in it is due");
        }
        tenant.readings.insert(name, reading);
    }
    // Where one directory saw a change that another did not see, there is one to look at.
    tenant.users = users.first().copied().flatten().filter(|first| users.iter().all(|users| users.as_ref() == Some(first)));
}

/// The workflows that have a version of what they say today, are sound, have room for their rules, and whose directory was read in
/// full. Their rules are compiled in the order in which they get room, and what gets none is let go of at once: there is never more
/// of it than one.
pub(super) fn compile_all(tenant: &mut Tenant) {
    let (mut candidates, mut applicants) = (BTreeMap::new(), Vec::new());
    let skip = |name: &str, reason: &str| tracing::info!(workflow = name, reason, "the workflow is not evaluated");
    for (name, workflow) in &tenant.workflows {
        match (candidate(tenant, name, workflow), validate::rule_applicant(workflow)) {
            (Ok(candidate), Some((applicant, has))) => {
                candidates.insert(applicant.name, (candidate, has));
                applicants.push(applicant);
            }
            (Err(reason), _) => skip(name, &reason),
            (Ok(_), None) => {}
        }
    }
    let mut usable = BTreeMap::new();
    let mut room = Bytes::new(MAX_TENANT_PATTERNS);
    let without = without_room(applicants, |applicant| {
        let Some((candidate, has)) = candidates.get(applicant.name) else { return Answer::NoRoom };
        let found = match candidate.compile(tenant) {
            Ok(found) => found,
            Err(reason) => {
                skip(applicant.name, &reason);
                return Answer::Room;
            }
        };
        let answer = match found.compiled.pattern_bytes() {
            0 => Answer::Room,
            wants => room.give(applicant, *has, wants),
        };
        if answer == Answer::Room {
            // Its rule has its room also where nobody is asked who is due.
            match candidate.read(tenant) {
                Ok(()) => drop(usable.insert(applicant.name.to_owned(), found)),
                Err(reason) => skip(applicant.name, &reason),
            }
        }
        answer
    });
    for name in without {
        skip(name, Reason::RulesTooLarge.as_str());
    }
    tenant.usable = usable;
}

/// Why the workflow is not usable; None: it is, as far as there is room for its rule.
pub(super) fn unusable(tenant: &Tenant, name: &str, workflow: &Workflow) -> Option<String> {
    let candidate = candidate(tenant, name, workflow);
    candidate.and_then(|candidate| candidate.compile(tenant).and_then(|_| candidate.read(tenant))).err()
}

/// A workflow whose rule is still to be compiled.
struct Candidate<'t> {
    name: &'t str,
    spec: &'t WorkflowSpec,
    version: &'t WorkflowVersion,
    directory: &'t str,
}

fn candidate<'t>(tenant: &'t Tenant, name: &'t str, workflow: &'t Workflow) -> Result<Candidate<'t>, String> {
    let spec = &workflow.spec;
    if !spec.is_enabled {
        return Err("it is disabled".to_owned());
    }
    if tenant.placeless.workflows.contains(name) {
        return Err(names::workflow_problem().to_string());
    }
    let lineage = tenant.lineage(name);
    let version = newest(&tenant.versions, name, lineage)
        .filter(|version| version.spec.template == versioned(spec))
        .ok_or("its newest version is another one")?;
    let facts = validate::Referents { schedule: tenant.schedule.as_ref().map(|schedule| &schedule.spec), directories: &tenant.directories };
    let unlisted = validate::authority_problems(name, spec, &facts, &tenant.readers);
    if let Some(problem) = validate::problems_beside_the_rule(spec, &facts).into_iter().chain(unlisted).next() {
        return Err(format!("{}: {}", problem.path, problem.reason));
    }
    let directory = tenant.directory_of(spec).ok_or("it has no directory")?;
    if tenant.placeless.directories.contains(directory) {
        return Err(names::problem_of_its_directory(directory).to_string());
    }
    Ok(Candidate { name, spec, version, directory })
}

impl Candidate<'_> {
    /// Whether its directory was read in full.
    fn read(&self, tenant: &Tenant) -> Result<(), String> {
        let is_read = matches!(tenant.readings.get(self.directory), Some(Reading::People(_)));
        is_read.then_some(()).ok_or_else(|| "its directory could not be read".to_owned())
    }

    fn compile(&self, tenant: &Tenant) -> Result<Usable, String> {
        let Self { name, spec, version, directory } = *self;
        let of_directory = &tenant.directories.get(directory).ok_or("there is no Directory of that name")?.spec;
        let compiled = compile::compile(version, spec, of_directory, tenant.schedule.as_ref().map(|schedule| &schedule.spec))?;
        let scheduled = spec.is_scheduled() && compiled.trigger.is_some();
        let before = tenant.workflow_head(name);
        let last_sealed_at = before.and_then(|head| head.last_sealed_at);
        let moment = scheduled.then(|| Moment {
            as_of: tenant.as_of,
            window: compiled.window,
            stillness: tenant.stillness,
            activated_at: activation(
                before.and_then(|head| head.activated_at),
                before.and_then(|head| head.idle_since),
                compiled.window,
                tenant.as_of,
            ),
            last_sealed_at,
        });
        Ok(Usable { compiled, directory: directory.to_owned(), version: version.clone(), moment })
    }
}

/// Reads the slices that matter. Those of epochs that do not count are left out.
pub(super) async fn slices(cluster: &Cluster, tenant: &mut Tenant) -> Result<(), RunnerError> {
    let gone = tenant.runs_gone().into_iter().map(str::to_owned);
    let names: BTreeSet<String> = tenant.runs_that_matter().into_iter().chain(closed_by(tenant)).chain(gone).collect();
    let names: Vec<String> = names.into_iter().collect();
    for part in names.chunks(RUNS_PER_REQUEST) {
        let selector = Selector::labels(format!("{LABEL_RUN} in ({})", part.join(",")));
        let slices: Vec<RunSlice> = cluster.list(&selector).await?;
        for slice in slices {
            check_epoch(slice.spec.epoch, &tenant.head, cluster).await?;
            if is_valid(&tenant.head, slice.spec.epoch) {
                tenant.slices.insert(slice.name_any(), slice);
            }
        }
    }
    adopt_planned(tenant);
    Ok(())
}

/// The Runs that closed an account that is enabled now: only their results tell whether it was opened again.
fn closed_by(tenant: &Tenant) -> Vec<String> {
    let open = tenant.people().filter(|(_, person)| person.is_enabled() == Some(true));
    let rows = open.flat_map(|(_, person)| tenant.ledger.of(person.who()));
    rows.filter(|row| row.closes.is_some() && row.state == EntryState::Planned).filter_map(|row| row.run.clone()).collect()
}

/// A subject in a valid slice counts as planned even without an entry: a backup may have caught the slice and not the
/// ledger (design 3.1 rule 10).
fn adopt_planned(tenant: &mut Tenant) {
    let mut rows = Vec::new();
    for slice in tenant.slices.values() {
        for result in &slice.spec.results {
            if tenant.ledger.get(&result.occurrence).is_none() {
                let data = &slice.spec;
                let mut row = tenant.row(
                    &result.occurrence,
                    Who::of_result(result),
                    "",
                    &data.workflow,
                    data.category,
                    EntryState::Planned,
                    result.due,
                );
                row.run = Some(data.run.clone());
                row.run_uid = Some(data.run_uid.clone());
                row.slice = Some(slice.name_any());
                rows.push(row);
            }
        }
    }
    for row in rows {
        tenant.ledger.add(row);
    }
}
