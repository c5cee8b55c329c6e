//! What Jobs and pods say, in our words.

use chrono::{DateTime, Utc};
use k8s_openapi::api::batch::v1::{Job, JobCondition};
use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use kube::ResourceExt as _;
use serde_json::json;

use super::ReconcileError;
use crate::cluster::Cluster;
use crate::cluster::events::our_time;
use crate::domain::job;
use crate::domain::tick::JobFacts;

/// How a Job ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct JobOutcome {
    /// When.
    pub at: DateTime<Utc>,
    /// Whether its pod succeeded.
    pub succeeded: bool,
}

/// How the Job ended, if it has.
pub(super) fn ended(job: &Job) -> Option<JobOutcome> {
    let conditions = job.status.as_ref()?.conditions.as_deref().unwrap_or_default();
    let holds = |type_: &str| conditions.iter().find(|condition| condition.type_ == type_ && condition.status == "True");
    let at = |condition: &JobCondition| condition.last_transition_time.as_ref().map_or_else(|| created(job), our_time);
    let complete = holds("Complete").map(|condition| JobOutcome { at: at(condition), succeeded: true });
    complete.or_else(|| holds("Failed").map(|condition| JobOutcome { at: at(condition), succeeded: false }))
}

/// The cluster's word for why the Job failed; none if it has not, or there is no word.
pub(super) fn why_failed(job: &Job) -> Option<&str> {
    let conditions = job.status.as_ref()?.conditions.as_deref().unwrap_or_default();
    conditions.iter().find(|condition| condition.type_ == "Failed" && condition.status == "True")?.reason.as_deref()
}

/// Whether the Job has ended.
pub(super) fn is_finished(job: &Job) -> bool {
    ended(job).is_some()
}

/// When it was created; the beginning of time for an object that no API server has seen.
pub(super) fn created(job: &Job) -> DateTime<Utc> {
    job.creation_timestamp().map_or(DateTime::UNIX_EPOCH, |time| our_time(&time))
}

/// What an evaluation's Job says; none for a Job with another name.
pub(super) fn evaluation_facts(job: &Job) -> Option<JobFacts> {
    Some(JobFacts {
        number: job::evaluation_number(&job.name_any())?,
        uid: job.uid().unwrap_or_default(),
        created_at: created(job),
        finished_at: ended(job).map(|ended| ended.at),
    })
}

/// The UID of the Job that controls a pod. Whoever may create pods may name any owner: only of those that run as the runner it
/// is certain that Kubernetes made them for that Job, for nobody else can start one.
pub(super) fn job_of(pod: &Pod) -> Option<&str> {
    pod.spec.as_ref().filter(|spec| spec.service_account_name.as_deref() == Some(job::SERVICE_ACCOUNT))?;
    let is_job = |owner: &&OwnerReference| owner.controller == Some(true) && owner.kind == "Job" && owner.api_version == "batch/v1";
    pod.owner_references().iter().find(is_job).map(|owner| owner.uid.as_str())
}

/// Whether the kubelet has reported that every container of the pod terminated. A pod that was only marked as failed,
/// because its node was lost, may still be running there.
pub(super) fn is_terminated(pod: &Pod) -> bool {
    let containers = pod.status.as_ref().and_then(|status| status.container_statuses.as_deref()).unwrap_or_default();
    !containers.is_empty() && containers.iter().all(|container| container.state.as_ref().is_some_and(|state| state.terminated.is_some()))
}

/// What the pod's container ended with, as the kubelet reported it.
pub(super) fn exit_code(pod: &Pod) -> Option<i32> {
    let containers = pod.status.as_ref()?.container_statuses.as_deref()?;
    containers.iter().find_map(|container| Some(container.state.as_ref()?.terminated.as_ref()?.exit_code))
}

/// The kubelet's word for how the pod's container ended.
pub(super) fn end_word(pod: &Pod) -> Option<&str> {
    let containers = pod.status.as_ref()?.container_statuses.as_deref()?;
    containers.iter().find_map(|container| container.state.as_ref()?.terminated.as_ref()?.reason.as_deref())
}

/// What the pod's container wrote for whoever asks how it ended.
pub(super) fn last_words(pod: &Pod) -> Option<&str> {
    let containers = pod.status.as_ref()?.container_statuses.as_deref()?;
    containers.iter().find_map(|container| container.state.as_ref()?.terminated.as_ref()?.message.as_deref())
}

/// Whether the cluster will remove the Job by itself.
pub(super) fn has_ttl(job: &Job) -> bool {
    job.spec.as_ref().is_some_and(|spec| spec.ttl_seconds_after_finished.is_some())
}

/// Lets the cluster remove the Job in a while.
pub(super) async fn retire(cluster: &Cluster, job: &str) -> Result<(), ReconcileError> {
    cluster.patch::<Job>(job, &json!({"spec": {"ttlSecondsAfterFinished": cluster.timing().job_life.as_secs()}})).await?;
    Ok(())
}
