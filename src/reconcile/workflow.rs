//! Workflow: a version that says what it says, and whether it can work in its tenant. A deleted Workflow leaves its
//! last spec and the time of its absence on its newest version.

use std::fmt::Write as _;

use chrono::{DateTime, Utc};
use kube::ResourceExt as _;
use kube::api::ObjectMeta;

use super::cache::Cache;
use super::directory::ready_and_stalled;
use super::memory::Memory;
use super::{Key, Next, ReconcileError, status};
use crate::api::meta::{ANNOTATION_GIT_COMMIT, DEFAULT_NAME, LABEL_MANAGED_BY, LABEL_WORKFLOW, MANAGED_BY};
use crate::api::tenant_ledger::WorkflowHead;
use crate::api::workflow::WorkflowStatus;
use crate::api::workflow_version::{WorkflowVersionSpec, WorkflowVersionStatus};
use crate::api::{TenantLedger, Workflow, WorkflowVersion};
use crate::cluster::events::our_time;
use crate::cluster::{Cluster, Created, Selector};
use crate::domain::validate::{self, Problem, Tenant};
use crate::domain::version::{self, VersionDecision};

/// Everything that decides while the Workflow is there.
struct Observed<'a> {
    namespace: &'a str,
    workflow: &'a Workflow,
    versions: Vec<&'a WorkflowVersion>,
    head: Option<&'a WorkflowHead>,
    tenant: Tenant<'a>,
}

/// What to do.
enum Plan {
    /// It cannot work; no version is made.
    Stall(Vec<Problem>),
    /// It says what this version says.
    Version(VersionDecision),
}

fn observe<'a>(cache: &'a Cache, namespace: &'a str, name: &str) -> Option<Observed<'a>> {
    Some(Observed {
        namespace,
        workflow: cache.workflow(name)?,
        versions: cache.versions_of(name).collect(),
        head: cache.head().and_then(|head| entry(head, name)),
        tenant: tenant(cache),
    })
}

fn entry<'a>(head: &'a TenantLedger, name: &str) -> Option<&'a WorkflowHead> {
    head.spec.workflows.iter().find(|entry| entry.name == name)
}

/// What Workflows refer to.
pub(super) fn tenant(cache: &Cache) -> Tenant<'_> {
    Tenant { schedule: cache.schedule().map(|schedule| &schedule.spec), directories: cache.directories() }
}

fn decide(observed: &Observed<'_>) -> Plan {
    let problems = validate::workflow_problems(&observed.workflow.spec, &observed.tenant);
    if problems.is_empty() { Plan::Version(version(observed)) } else { Plan::Stall(problems) }
}

fn version(observed: &Observed<'_>) -> VersionDecision {
    let name = observed.workflow.name_any();
    let input = version::Input {
        name: &name,
        spec: &observed.workflow.spec,
        versions: &observed.versions,
        head: observed.head,
        status_lineage: observed.workflow.status.as_ref().and_then(|status| status.lineage.as_deref()),
    };
    version::decide_version(&input, || version::new_lineage(observed.namespace, &name, &observed.workflow.uid().unwrap_or_default()))
}

fn desired_status(workflow: &Workflow, plan: &Plan, now: DateTime<Utc>) -> WorkflowStatus {
    let mut desired = workflow.status.clone().unwrap_or_default();
    let generation = workflow.metadata.generation;
    desired.observed_generation = generation;
    match plan {
        Plan::Stall(problems) => ready_and_stalled(&mut desired.conditions, problems, "", String::new(), generation, now),
        Plan::Version(decision) => {
            let (number, name, lineage, foreign) = decision.parts();
            desired.lineage = Some(lineage.to_owned());
            desired.version = Some(number);
            desired.version_name = Some(name.to_owned());
            let mut message = format!("version {number} is in force");
            let reason = if foreign.is_empty() { "VersionInForce" } else { "ForeignVersion" };
            if !foreign.is_empty() {
                // Writing to a String cannot fail.
                let _ = write!(message, "; of another lineage and passed over: {}", foreign.join(", "));
            }
            ready_and_stalled(&mut desired.conditions, &[], reason, message, generation, now);
        }
    }
    desired
}

/// One pass.
pub(super) async fn reconcile(cache: &Cache, cluster: &Cluster, memory: &mut Memory, name: &str) -> Result<Next, ReconcileError> {
    let mut settled = memory.settled.remove(name);
    let next = pass(cache, cluster, &mut settled, name).await;
    memory.settled.extend(settled.map(|settled| (name.to_owned(), settled)));
    next
}

/// One pass. `settled` is the workflow's entry in [`Memory::settled`], so that passes over different Workflows can be
/// made at the same time.
pub(super) async fn pass(cache: &Cache, cluster: &Cluster, settled: &mut Option<String>, name: &str) -> Result<Next, ReconcileError> {
    // More than one Workflow is passed over without the others' entrance.
    if cache.is_blind(&Key::Workflow(name.to_owned())) {
        return Ok(Next::later(cluster));
    }
    let Some(observed) = observe(cache, cluster.namespace(), name) else {
        *settled = None;
        return absent(cache, cluster, name).await;
    };
    let seen = fingerprint(cache, &observed);
    if settled.as_ref() == Some(&seen) {
        return Ok(Next::IDLE);
    }
    *settled = None;
    let mut plan = decide(&observed);
    if let Plan::Version(VersionDecision::Mint { .. }) = plan {
        plan = Plan::Version(mint(&observed, cluster).await?);
    }
    let now = cluster.clock().now();
    let desired = desired_status(observed.workflow, &plan, now);
    status::write::<Workflow, _>(cluster, name, observed.workflow.status.as_ref(), &desired).await?;
    let mut next = Next::IDLE;
    if let Plan::Version(VersionDecision::Current { name: version, .. }) = &plan {
        next.wake_at = keep_spec(cache, cluster, version, observed.workflow, now).await?;
    }
    // After a write the watch shows what it led to, and that is a pass of its own.
    if observed.workflow.status.as_ref() == Some(&desired) && next == Next::IDLE {
        *settled = Some(seen);
    }
    Ok(next)
}

/// The resource versions of everything that decides: the head changes with every evaluation, and rarely for us.
fn fingerprint(cache: &Cache, observed: &Observed<'_>) -> String {
    let mut text = observed.workflow.resource_version().unwrap_or_default();
    for version in &observed.versions {
        let _ = write!(text, " v{}@{}", version.spec.number, version.metadata.resource_version.as_deref().unwrap_or_default());
    }
    for directory in cache.directories().values() {
        let _ = write!(text, " d{}@{}", directory.name_any(), directory.metadata.resource_version.as_deref().unwrap_or_default());
    }
    if let Some(schedule) = cache.schedule() {
        let _ = write!(text, " s{}@{}", schedule.uid().unwrap_or_default(), schedule.metadata.generation.unwrap_or_default());
    }
    if let Some(head) = observed.head {
        let _ = write!(text, " h{}@{}", head.lineage, head.highest_version);
    }
    text
}

/// Makes the version that is missing, decided again from what the API server has now.
async fn mint(observed: &Observed<'_>, cluster: &Cluster) -> Result<VersionDecision, ReconcileError> {
    let name = observed.workflow.name_any();
    let behind = || ReconcileError::Behind { kind: "Workflow", name: name.clone() };
    let workflow = cluster.find::<Workflow>(&name).await?.ok_or_else(behind)?;
    if workflow.metadata.uid != observed.workflow.metadata.uid || workflow.metadata.generation != observed.workflow.metadata.generation {
        return Err(behind());
    }
    let head = cluster.find::<TenantLedger>(DEFAULT_NAME).await?;
    let selector = Selector { labels: None, fields: Some(format!("spec.workflow={name}")) };
    let versions = cluster.list::<WorkflowVersion>(&selector).await?;
    let now = Observed {
        namespace: observed.namespace,
        workflow: &workflow,
        versions: versions.iter().collect(),
        head: head.as_ref().and_then(|head| entry(head, &name)),
        tenant: observed.tenant,
    };
    let decision = version(&now);
    let VersionDecision::Mint { number, name: version_name, lineage, foreign } = decision else { return Ok(decision) };
    let version = new_version(&workflow, &version_name, number, &lineage, cluster.namespace());
    if let Created::Exists = cluster.create(&version).await? {
        // An earlier try of ours, or somebody else in between: only the same content is the same version.
        let found = cluster.find::<WorkflowVersion>(&version_name).await?;
        if found.is_none_or(|found| found.spec != version.spec) {
            return Err(ReconcileError::Behind { kind: "WorkflowVersion", name: version_name });
        }
    }
    Ok(VersionDecision::Mint { number, name: version_name, lineage, foreign })
}

fn new_version(workflow: &Workflow, name: &str, number: i32, lineage: &str, namespace: &str) -> WorkflowVersion {
    let template = version::versioned(&workflow.spec);
    let workflow_name = workflow.name_any();
    let labels = [(LABEL_WORKFLOW, workflow_name.as_str()), (LABEL_MANAGED_BY, MANAGED_BY)];
    WorkflowVersion {
        metadata: ObjectMeta {
            name: Some(name.to_owned()),
            namespace: Some(namespace.to_owned()),
            labels: Some(labels.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()),
            ..ObjectMeta::default()
        },
        spec: WorkflowVersionSpec {
            workflow: workflow_name,
            number,
            lineage: lineage.to_owned(),
            hash: version::hash(&template),
            git_commit: workflow.annotations().get(ANNOTATION_GIT_COMMIT).filter(|commit| commit.len() <= 253).cloned(),
            template,
        },
        status: None,
    }
}

/// Keeps the whole spec beside the newest version, and that the Workflow is there; or says when it is time to.
async fn keep_spec(
    cache: &Cache,
    cluster: &Cluster,
    version: &str,
    workflow: &Workflow,
    now: DateTime<Utc>,
) -> Result<Option<DateTime<Utc>>, ReconcileError> {
    let Some(version) = cache.version(version) else { return Ok(None) };
    let desired = WorkflowVersionStatus { last_workflow_spec: Some(workflow.spec.clone()), absent_since: None };
    if version.status.as_ref() == Some(&desired) {
        return Ok(None);
    }
    let time = version.creation_timestamp().map(|created| our_time(&created) + cluster.timing().keep_pause).filter(|time| *time > now);
    if time.is_none() {
        status::write::<WorkflowVersion, _>(cluster, &version.name_any(), version.status.as_ref(), &desired).await?;
    }
    Ok(time)
}

/// One pass over a Workflow that is not there.
async fn absent(cache: &Cache, cluster: &Cluster, name: &str) -> Result<Next, ReconcileError> {
    let Some(newest) = newest(cache, name) else { return Ok(Next::IDLE) };
    if newest.status.as_ref().is_some_and(|status| status.absent_since.is_some()) {
        return Ok(Next::IDLE);
    }
    if cluster.find::<Workflow>(name).await?.is_some() {
        return Err(ReconcileError::Behind { kind: "Workflow", name: name.to_owned() });
    }
    let mut desired = newest.status.clone().unwrap_or_default();
    desired.absent_since = Some(cluster.clock().now());
    status::write::<WorkflowVersion, _>(cluster, &newest.name_any(), newest.status.as_ref(), &desired).await?;
    Ok(Next::IDLE)
}

/// The newest version of the workflow's own lineage.
fn newest<'a>(cache: &'a Cache, name: &str) -> Option<&'a WorkflowVersion> {
    let known = cache.head().and_then(|head| entry(head, name)).map(|entry| entry.lineage.as_str());
    let oldest = || cache.versions_of(name).min_by_key(|version| version.spec.number).map(|version| version.spec.lineage.as_str());
    let lineage = known.or_else(oldest)?;
    cache.versions_of(name).filter(|version| version.spec.lineage == lineage).max_by_key(|version| version.spec.number)
}
