//! Jobs whose container does not run: the cluster waits for something that a person has to mend.

use std::time::Duration;

use chrono::{DateTime, Utc};
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt as _;

use super::cache::Cache;
use super::jobs;
use crate::cluster::{Cluster, ClusterError};
use crate::domain::timing::Timing;

/// Longest of the cluster's own words that are quoted, in characters.
const LONGEST_QUOTE: usize = 500;

/// A Job that has not begun.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Waiting {
    /// From when on it is said that it waits: most Jobs have begun by then.
    said_from: DateTime<Utc>,
    /// From when on its tenant, or its Run, stands still.
    late_from: DateTime<Utc>,
    /// The Job, or the pod, whose Events say more than its status does.
    silent: Option<Silent>,
    /// Pause between looks at those.
    look: Duration,
    /// A sentence with the cluster's own word for what is missing.
    pub message: String,
}

/// An object that does not say why it waits.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Silent {
    kind: &'static str,
    name: String,
}

impl Waiting {
    /// The Job of these that has waited longest for its first container; none if all have begun or ended.
    pub fn longest<'a>(cache: &Cache, jobs: impl Iterator<Item = &'a Job>, timing: &Timing) -> Option<Self> {
        let waiting = jobs.filter(|job| !jobs::is_finished(job) && job.metadata.deletion_timestamp.is_none());
        let waiting = waiting.filter_map(|job| {
            let pods: Vec<&Pod> = cache.pods_of_job(job).collect();
            let (obstacle, silent) = obstacle(&job.name_any(), &pods)?;
            let message = format!("Job {} does not start: {obstacle}", job.name_any());
            let late_from = jobs::created(job) + timing.stalled_after;
            let said_from = late_from.min(jobs::created(job) + timing.said_after);
            Some(Self { said_from, late_from, silent, look: timing.obstacle_look, message })
        });
        waiting.min_by_key(|waiting| waiting.late_from)
    }

    /// Reads what the cluster says about a Job of which it is said that it waits: of a quota, a policy, a service account, a volume.
    pub async fn ask(&mut self, cluster: &Cluster) -> Result<(), ClusterError> {
        let Some(silent) = self.silent.as_ref().filter(|_| self.is_said(cluster.clock().now())) else { return Ok(()) };
        if let Some(said) = cluster.newest_warning(silent.kind, &silent.name).await? {
            self.message = format!("{}: {}", self.message, quote(&said));
        }
        Ok(())
    }

    /// When to look again: once it is to be said, once it is late, and in between and after for what the cluster says by that
    /// time.
    pub fn look_at(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let next = [self.said_from, self.late_from].into_iter().filter(|at| *at > now).min();
        let again = self.silent.as_ref().filter(|_| self.is_said(now)).map(|_| now + self.look);
        [next, again].into_iter().flatten().min()
    }

    /// Whether it has waited longer than most Jobs do.
    pub fn is_said(&self, now: DateTime<Utc>) -> bool {
        self.said_from <= now
    }

    /// Whether it has waited too long.
    pub fn is_late(&self, now: DateTime<Utc>) -> bool {
        self.late_from <= now
    }
}

/// The cluster's own words, as far as there is room.
fn quote(said: &str) -> String {
    said.chars().take(LONGEST_QUOTE).collect()
}

/// What keeps the pods of a Job from running, and whose Events say more; none if a container of them runs, or did.
fn obstacle(job: &str, pods: &[&Pod]) -> Option<(String, Option<Silent>)> {
    let Some(pod) = pods.last() else {
        return Some((
            "it has no pod (a quota, a policy or the service account may be in the way)".to_owned(),
            Some(Silent { kind: "Job", name: job.to_owned() }),
        ));
    };
    let statuses = |pod: &&Pod| pod.status.as_ref().and_then(|status| status.container_statuses.clone()).unwrap_or_default();
    let states: Vec<_> = pods.iter().flat_map(statuses).filter_map(|container| container.state).collect();
    if states.iter().any(|state| state.running.is_some() || state.terminated.is_some()) {
        return None;
    }
    let waiting = states.into_iter().find_map(|state| state.waiting).and_then(|waiting| Some((waiting.reason?, waiting.message)));
    let conditions = pod.status.as_ref().and_then(|status| status.conditions.as_deref()).unwrap_or_default();
    let unscheduled = conditions.iter().find(|condition| condition.type_ == "PodScheduled" && condition.status == "False");
    let unscheduled = unscheduled.and_then(|condition| Some((condition.reason.clone()?, condition.message.clone())));
    let (word, said) = waiting.or(unscheduled).unwrap_or_else(|| ("Pending".to_owned(), None));
    let name = pod.name_any();
    Some(match said {
        Some(said) => (format!("pod {name} is {word}: {}", quote(&said)), None),
        None => (format!("pod {name} is {word}"), Some(Silent { kind: "Pod", name })),
    })
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use serde_json::{Value, json};

    use super::*;
    use crate::reconcile::Seen;

    fn job(finished: bool) -> Job {
        let conditions = if finished { json!([{"type": "Failed", "status": "True"}]) } else { json!([]) };
        serde_json::from_value(json!({
            "metadata": {"name": "tenure-eval-1", "uid": "j1", "creationTimestamp": "2026-01-01T00:00:00Z"},
            "spec": {"template": {}}, "status": {"conditions": conditions},
        }))
        .unwrap()
    }

    #[expect(clippy::needless_pass_by_value, reason = "a literal at every call")]
    fn pod(name: &str, status: Value) -> Seen {
        let owner = json!({"apiVersion": "batch/v1", "kind": "Job", "name": "tenure-eval-1", "uid": "j1", "controller": true});
        let metadata = json!({"name": name, "ownerReferences": [owner]});
        let spec = json!({"serviceAccountName": "tenure-runner", "containers": []});
        let pod: Pod = serde_json::from_value(json!({"metadata": metadata, "spec": spec, "status": status})).unwrap();
        pod.into()
    }

    #[expect(clippy::needless_pass_by_value, reason = "a literal at every call")]
    fn container(state: Value) -> Value {
        json!({"containerStatuses": [{"name": "tenure", "image": "", "imageID": "", "ready": false, "restartCount": 0, "state": state}]})
    }

    fn found(finished: bool, pods: Vec<Seen>) -> Option<String> {
        let mut cache = Cache::default();
        for pod in pods {
            cache.put(pod);
        }
        let job = job(finished);
        let waiting = Waiting::longest(&cache, [&job].into_iter(), &Timing::PRODUCTION)?;
        let created: DateTime<Utc> = "2026-01-01T00:00:00Z".parse().unwrap();
        let stands =
            |seconds| (waiting.is_said(created + TimeDelta::seconds(seconds)), waiting.is_late(created + TimeDelta::seconds(seconds)));
        assert_eq!([9, 10, 299, 300].map(stands), [(false, false), (true, false), (true, false), (true, true)]);
        Some(waiting.message)
    }

    #[test]
    fn when_a_job_that_waits_is_looked_at() {
        let created: DateTime<Utc> = "2026-01-01T00:00:00Z".parse().unwrap();
        let job = job(false);
        let mut silent = Cache::default();
        silent.put(pod("p", json!({})));
        let mut told = Cache::default();
        told.put(pod("p", container(json!({"waiting": {"reason": "ErrImagePull", "message": "no such image"}}))));
        let sooner = Timing { stalled_after: std::time::Duration::from_secs(4), ..Timing::PRODUCTION };
        // (what, the tenant, the times, now, when it is looked at again, in seconds since the Job was made)
        let rows = [
            ("until it is said", &silent, &Timing::PRODUCTION, 0, Some(10)),
            ("for what the cluster says by then", &silent, &Timing::PRODUCTION, 10, Some(40)),
            ("until it is late", &silent, &Timing::PRODUCTION, 290, Some(300)),
            ("it is late", &silent, &Timing::PRODUCTION, 300, Some(330)),
            ("its status says it all", &told, &Timing::PRODUCTION, 10, Some(300)),
            ("its status says it all, and it is late", &told, &Timing::PRODUCTION, 300, None),
            ("a flag that wants it sooner", &silent, &sooner, 0, Some(4)),
        ];
        for (what, cache, timing, now, expected) in rows {
            let waiting = Waiting::longest(cache, [&job].into_iter(), timing).unwrap();
            let found = waiting.look_at(created + TimeDelta::seconds(now)).map(|at| (at - created).num_seconds());
            assert_eq!(found, expected, "{what}");
        }
    }

    #[test]
    fn what_keeps_a_job_from_starting() {
        let said = "0/3 nodes are available";
        let unscheduled = json!({"conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": said}]});
        let secret = json!({"waiting": {"reason": "CreateContainerConfigError", "message": "secret \"house\" not found"}});
        let rows = [
            ("no pod", false, vec![], Some("has no pod")),
            (
                "an image that is missing",
                false,
                vec![pod("p", container(json!({"waiting": {"reason": "ImagePullBackOff"}})))],
                Some("pod p is ImagePullBackOff"),
            ),
            (
                "no Secret",
                false,
                vec![pod("p", container(secret))],
                Some("pod p is CreateContainerConfigError: secret \"house\" not found"),
            ),
            ("no node", false, vec![pod("p", unscheduled)], Some("pod p is Unschedulable: 0/3 nodes are available")),
            ("nobody looked at it", false, vec![pod("p", json!({}))], Some("pod p is Pending")),
            ("it runs", false, vec![pod("p", container(json!({"running": {}})))], None),
            ("it ran", false, vec![pod("p", container(json!({"terminated": {"exitCode": 0}}))), pod("q", json!({}))], None),
            ("it has ended", true, vec![], None),
        ];
        for (what, finished, pods, expected) in rows {
            let message = found(finished, pods);
            assert_eq!(message.is_some(), expected.is_some(), "{what}: {message:?}");
            assert!(message.unwrap_or_default().contains(expected.unwrap_or_default()), "{what}");
        }
    }
}
