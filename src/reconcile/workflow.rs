//! Workflow: a version that says what it says, and whether it can work in its tenant. A deleted Workflow leaves its
//! last spec and the time of its absence on its newest version.

use std::fmt::Write as _;
use std::time::Duration;

use chrono::{DateTime, Utc};
use kube::ResourceExt as _;
use kube::api::ObjectMeta;

use super::cache::Cache;
use super::directory::ready_and_stalled;
use super::judged::{self, tenant};
use super::memory::Memory;
use super::news::{self, About};
use super::{Key, Next, ReconcileError, status, unreadable};
use crate::api::conditions::{self, Finding, REFERENCES_RESOLVED};
use crate::api::meta::{ANNOTATION_GIT_COMMIT, DEFAULT_NAME, LABEL_MANAGED_BY, LABEL_WORKFLOW, MANAGED_BY};
use crate::api::reasons::Reason;
use crate::api::tenant_ledger::WorkflowHead;
use crate::api::workflow::{WorkflowSpec, WorkflowStatus};
use crate::api::workflow_version::{WorkflowVersionSpec, WorkflowVersionStatus};
use crate::api::{TenantLedger, Workflow, WorkflowVersion};
use crate::cluster::events::our_time;
use crate::cluster::{Cluster, Created, Selector};
use crate::domain::references;
use crate::domain::validate::Problem;
use crate::domain::version::{self, VersionDecision};

/// Everything that decides while the Workflow is there.
struct Observed<'a> {
    namespace: &'a str,
    workflow: &'a Workflow,
    versions: Vec<&'a WorkflowVersion>,
    head: Option<&'a WorkflowHead>,
    /// The head has no place for it, or for its Directory.
    placeless: Vec<Problem>,
    /// What it writes and may not.
    unlisted: Vec<Problem>,
    /// What the Workflow names and what is not there.
    missing: Vec<String>,
}

/// What to do.
enum WorkflowDecision {
    /// It cannot work; no version is made.
    Stall(Vec<Problem>),
    /// It says what this version says.
    Version(VersionDecision),
}

fn observe<'a>(cache: &'a Cache, namespace: &'a str, name: &str) -> Option<Observed<'a>> {
    let (workflow, tenant) = (cache.workflow(name)?, tenant(cache));
    let directory = tenant.directory_name(workflow.spec.directory.as_deref()).and_then(|name| cache.directory(name));
    let is_embedded = directory.is_some_and(|directory| directory.spec.embedded.is_some());
    Some(Observed {
        namespace,
        workflow,
        versions: cache.versions_of(name).collect(),
        head: cache.head().and_then(|head| entry(head, name)),
        placeless: judged::placeless(cache, workflow),
        unlisted: judged::unlisted(cache, workflow),
        missing: references::missing(&workflow.spec, is_embedded, |referred, name| cache.is_there(referred, name)),
    })
}

fn entry<'a>(head: &'a TenantLedger, name: &str) -> Option<&'a WorkflowHead> {
    head.spec.workflows.iter().find(|entry| entry.name == name)
}

fn decide(observed: &Observed<'_>, problems: Vec<Problem>) -> WorkflowDecision {
    let problems: Vec<Problem> = observed.placeless.iter().chain(&observed.unlisted).cloned().chain(problems).collect();
    if problems.is_empty() { WorkflowDecision::Version(version(observed)) } else { WorkflowDecision::Stall(problems) }
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

/// Whether everything that the Workflow names is there. It stays Ready without: who leaves loses what they have all the same,
/// and who is given something that is not there fails with its name.
fn resolved(missing: &[String]) -> Finding<'static> {
    let (reason, message) = if missing.is_empty() {
        (Reason::Resolved, "everything that it names is there".to_owned())
    } else {
        (Reason::ReferenceMissing, format!("it names what is not there: {}", missing.join(", ")))
    };
    Finding { type_: REFERENCES_RESOLVED, status: missing.is_empty().into(), reason, message }
}

/// `bytes`: what its rule takes of the room for rules, if it gets any.
fn desired_status(
    workflow: &Workflow,
    decision: &WorkflowDecision,
    missing: &[String],
    bytes: Option<usize>,
    now: DateTime<Utc>,
) -> WorkflowStatus {
    let mut desired = workflow.status.clone().unwrap_or_default();
    let generation = workflow.metadata.generation;
    desired.observed_generation = generation;
    desired.pattern_bytes = None;
    match decision {
        WorkflowDecision::Stall(problems) => {
            ready_and_stalled(&mut desired.conditions, problems, Reason::VersionInForce, String::new(), generation, now);
        }
        WorkflowDecision::Version(decision) => {
            let (number, name, lineage, foreign) = decision.parts();
            desired.lineage = Some(lineage.to_owned());
            desired.pattern_bytes = bytes.and_then(|bytes| i64::try_from(bytes).ok());
            desired.version = Some(number);
            desired.version_name = Some(name.to_owned());
            let mut message = format!("version {number} is in force");
            let reason = if foreign.is_empty() { Reason::VersionInForce } else { Reason::ForeignVersion };
            if !foreign.is_empty() {
                // Writing to a String cannot fail.
                let _ = write!(message, "; of another lineage and passed over: {}", foreign.join(", "));
            }
            ready_and_stalled(&mut desired.conditions, &[], reason, message, generation, now);
        }
    }
    conditions::upsert(&mut desired.conditions, resolved(missing), generation, now);
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
    let key = Key::Workflow(name.to_owned());
    if cache.is_blind(&key) {
        unreadable::tell(cache, cluster, &key).await?;
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
    let mut decision = decide(&observed, judged::problems(cache, observed.workflow));
    if let WorkflowDecision::Version(VersionDecision::Mint { .. }) = decision {
        decision = WorkflowDecision::Version(mint(&observed, cluster).await?);
    }
    let now = cluster.clock().now();
    let bytes = judged::pattern_bytes(cache, observed.workflow);
    let desired = desired_status(observed.workflow, &decision, &observed.missing, bytes, now);
    let current = observed.workflow.status.as_ref();
    let news = news::of_workflow(current, &desired, is_new(&observed, &decision));
    news::tell(cluster, &About { kind: "Workflow", name, uid: observed.workflow.metadata.uid.as_deref() }, &news).await?;
    status::write::<Workflow, _>(cluster, name, current, &desired).await?;
    let mut next = Next::IDLE;
    if let WorkflowDecision::Version(VersionDecision::Current { name: version, .. }) = &decision {
        next.wake_at = keep_spec(cache, cluster, version, observed.workflow, now).await?;
    }
    // After a write the watch shows what it led to, and that is a pass of its own.
    if observed.workflow.status.as_ref() == Some(&desired) && next == Next::IDLE {
        *settled = Some(seen);
    }
    Ok(next)
}

/// Whether the version in force was made for this very Workflow, and not for an earlier one of its name.
fn is_new(observed: &Observed<'_>, decision: &WorkflowDecision) -> bool {
    let made = |name: &str| observed.versions.iter().find(|version| version.name_any() == name)?.creation_timestamp();
    match decision {
        WorkflowDecision::Stall(_) => false,
        WorkflowDecision::Version(VersionDecision::Mint { .. }) => true,
        WorkflowDecision::Version(VersionDecision::Current { name, .. }) => made(name) >= observed.workflow.creation_timestamp(),
    }
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
    for unlisted in &observed.unlisted {
        let _ = write!(text, " u{unlisted}");
    }
    for missing in &observed.missing {
        let _ = write!(text, " m{missing}");
    }
    for problem in &observed.placeless {
        let _ = write!(text, " n{}", problem.path);
    }
    if judged::is_without_room(cache, observed.workflow) {
        text.push_str(" o");
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
        placeless: Vec::new(),
        unlisted: Vec::new(),
        missing: Vec::new(),
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

/// What is to be done so that a version has beside it the whole spec, and that the Workflow is there.
#[derive(Debug, PartialEq)]
enum Keeping {
    /// It has.
    Kept,
    /// Nothing before that instant.
    Later(DateTime<Utc>),
    /// This is written.
    Write(Box<WorkflowVersionStatus>),
}

fn keeping(version: &WorkflowVersion, spec: &WorkflowSpec, pause: Duration, now: DateTime<Utc>) -> Keeping {
    let desired = WorkflowVersionStatus { last_workflow_spec: Some(spec.clone()), absent_since: None };
    if version.status.as_ref() == Some(&desired) {
        return Keeping::Kept;
    }
    let time = version.creation_timestamp().map(|created| our_time(&created) + pause).filter(|time| *time > now);
    time.map_or_else(|| Keeping::Write(Box::new(desired)), Keeping::Later)
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
    match keeping(version, &workflow.spec, cluster.timing().keep_pause, now) {
        Keeping::Kept => Ok(None),
        Keeping::Later(time) => Ok(Some(time)),
        Keeping::Write(desired) => {
            status::write::<WorkflowVersion, _>(cluster, &version.name_any(), version.status.as_ref(), &*desired).await?;
            Ok(None)
        }
    }
}

/// What the newest version of a Workflow that is not there says from now on; none: it says so already.
fn absence(newest: &WorkflowVersion, now: DateTime<Utc>) -> Option<WorkflowVersionStatus> {
    let status = newest.status.clone().unwrap_or_default();
    status.absent_since.is_none().then_some(WorkflowVersionStatus { absent_since: Some(now), ..status })
}

/// One pass over a Workflow that is not there.
async fn absent(cache: &Cache, cluster: &Cluster, name: &str) -> Result<Next, ReconcileError> {
    let newest = newest(cache, name).and_then(|newest| Some((newest, absence(newest, cluster.clock().now())?)));
    let Some((newest, desired)) = newest else { return Ok(Next::IDLE) };
    if cluster.find::<Workflow>(name).await?.is_some() {
        return Err(ReconcileError::Behind { kind: "Workflow", name: name.to_owned() });
    }
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn workflow(conditions: &serde_json::Value) -> Workflow {
        let object = json!({
            "apiVersion": "tenure.dev/v1alpha1",
            "kind": "Workflow",
            "metadata": {"name": "leave", "uid": "u"},
            "spec": {"category": "leaver", "tasks": []},
            "status": {"conditions": conditions},
        });
        serde_json::from_value(object).expect("a Workflow")
    }

    /// A version that was made at the beginning of time, with this beside it.
    fn version(status: &serde_json::Value) -> WorkflowVersion {
        let object = json!({
            "apiVersion": "tenure.dev/v1alpha1",
            "kind": "WorkflowVersion",
            "metadata": {"name": "leave-v1", "creationTimestamp": "1970-01-01T00:00:00Z"},
            "spec": {
                "workflow": "leave", "number": 1, "lineage": "l", "hash": "h",
                "template": {"category": "leaver", "tasks": []},
            },
            "status": status,
        });
        serde_json::from_value(object).expect("a WorkflowVersion")
    }

    #[test]
    fn the_spec_is_kept_after_a_while_and_written_once() {
        let at = |seconds| DateTime::UNIX_EPOCH + Duration::from_secs(seconds);
        let spec = workflow(&json!([])).spec;
        let desired = WorkflowVersionStatus { last_workflow_spec: Some(spec.clone()), absent_since: None };
        let kept = serde_json::to_value(&desired).expect("a status");
        let write = || Keeping::Write(Box::new(desired.clone()));
        let absent = json!({"absentSince": "1970-01-01T00:00:05Z"});
        // (what, what stands beside the version, the seconds since it was made, what is done)
        let rows = [
            ("just made", json!(null), 0, Keeping::Later(at(60))),
            ("not time yet", json!(null), 59, Keeping::Later(at(60))),
            ("it is time", json!(null), 60, write()),
            ("it is kept", kept, 0, Keeping::Kept),
            ("it was gone", absent, 60, write()),
        ];
        for (what, status, seconds, expected) in rows {
            assert_eq!(keeping(&version(&status), &spec, Duration::from_secs(60), at(seconds)), expected, "{what}");
        }
    }

    #[test]
    fn that_it_is_gone_is_written_once() {
        let now = DateTime::UNIX_EPOCH + Duration::from_secs(9);
        let spec = workflow(&json!([])).spec;
        let kept = WorkflowVersionStatus { last_workflow_spec: Some(spec), absent_since: None };
        let with = |status: &WorkflowVersionStatus| version(&serde_json::to_value(status).expect("a status"));
        let gone = WorkflowVersionStatus { absent_since: Some(now), ..kept.clone() };
        assert_eq!(absence(&with(&kept), now), Some(gone.clone()), "what was kept stays");
        assert_eq!(absence(&with(&gone), now + Duration::from_secs(1)), None);
        assert_eq!(absence(&version(&json!(null)), now).and_then(|status| status.absent_since), Some(now));
    }
}
