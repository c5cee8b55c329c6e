//! The Jobs of a tenant: evaluations and attempts to execute a Run.
//!
//! A Job runs one pod and never a second one because the first failed: whether a successor may start, and when, is
//! decided by who knows what the first one left behind. Only a pod that the cluster itself disrupted is replaced.

use std::collections::BTreeMap;
use std::time::Duration;

use k8s_openapi::api::batch::v1::{
    Job, JobSpec, PodFailurePolicy, PodFailurePolicyOnExitCodesRequirement, PodFailurePolicyOnPodConditionsPattern, PodFailurePolicyRule,
};
use k8s_openapi::api::core::v1::{
    Capabilities, Container, EnvVar, EnvVarSource, ObjectFieldSelector, PodSecurityContext, PodSpec, PodTemplateSpec, ResourceRequirements,
    SeccompProfile, SecurityContext,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference};

use super::identity::{self, AttemptIdentity};
use super::timing::Timing;
use crate::api::meta::{LABEL_ATTEMPT, LABEL_EPOCH, LABEL_EVALUATION, LABEL_MANAGED_BY, LABEL_RUN, LABEL_WORKFLOW, MANAGED_BY};

/// The image of the runner, unless the installation says otherwise; also the name of its container.
pub const IMAGE: &str = "tenure";

/// The service account of every Job, in the tenant's namespace.
pub const SERVICE_ACCOUNT: &str = "tenure-runner";

/// Exit code of a program that must not be started again by the cluster.
pub const EXIT_DO_NOT_RETRY: i32 = 64;

/// Exit code of an evaluation that found rows of an epoch that the head never allocated; another try does not help.
pub const EXIT_TORN_RESTORE: i32 = 65;

/// Exit code of an evaluation that found history but no head; another try does not help.
pub const EXIT_HEAD_MISSING: i32 = 66;

/// Exit code of an evaluation whose clock is too far from the API server's; a later try may find another node.
pub const EXIT_CLOCK_OFF: i32 = 67;

/// Exit code of an evaluation whose tenant's key is missing or another one; another try does not help.
pub const EXIT_KEY_MISSING: i32 = 68;

/// What an evaluation ends with when the API server does not take what it writes: somebody has to look.
pub const EXIT_SEAL_REFUSED: i32 = 69;

/// What an evaluation ends with when an object of the tenant cannot be read.
pub const EXIT_UNREADABLE: i32 = 70;

/// Exit code of a program that was asked to end and did: that of one that SIGTERM has ended. No failure of the program, but
/// none of its Job's results either.
pub const EXIT_ASKED_TO_END: i32 = 143;

/// The argument that tells a runner how many times shorter than in production its times are; without it they are not. Its
/// value follows after `=`. The admission policy on Jobs looks for it.
pub const DIVISOR_FLAG: &str = "--timing-divisor";

const EVALUATION_PREFIX: &str = "tenure-eval-";

const EXECUTION_PREFIX: &str = "tenure-run-";

/// Bytes of the digest in the name of an execution's Job.
const NAME_DIGEST_BYTES: usize = 10;

/// Name of the Job that evaluates, by the number of the epoch that it will allocate first.
#[must_use]
pub fn evaluation_job_name(number: i64) -> String {
    format!("{EVALUATION_PREFIX}{number}")
}

/// The number in the name of an evaluation's Job.
#[must_use]
pub fn evaluation_number(job: &str) -> Option<i64> {
    number(job.strip_prefix(EVALUATION_PREFIX)?)
}

/// Name of the Job of an attempt to execute a Run: under a prefix that is ours alone, and of one length whatever the Run is
/// called. Labels say which Run and which attempt it is.
#[must_use]
pub fn execution_job_name(run: &str, attempt: i32) -> String {
    format!("{EXECUTION_PREFIX}{}", identity::digest(&AttemptIdentity { run, attempt }, NAME_DIGEST_BYTES))
}

/// Which attempt to execute this Run a Job is. A label alone proves nothing: the name has to be the one that goes with it.
/// Jobs of a release before are named after their Run, and have no such label.
#[must_use]
pub fn attempt_of(run: &str, job: &Job) -> Option<i32> {
    let name = job.metadata.name.as_deref()?;
    match job.metadata.labels.as_ref().and_then(|labels| labels.get(LABEL_ATTEMPT)) {
        Some(label) => number(label).filter(|attempt| execution_job_name(run, *attempt) == name),
        None => number(name.strip_prefix(run)?.strip_prefix("-a")?),
    }
}

/// Whether a Job was made for that owner: what controls it has this UID, and its pods run as ours do. Its name and its labels
/// do not tell.
#[must_use]
pub fn is_made_for(job: &Job, owner_uid: &str) -> bool {
    let pod = job.spec.as_ref().and_then(|spec| spec.template.spec.as_ref());
    is_controlled_by(job, owner_uid) && pod.and_then(|pod| pod.service_account_name.as_deref()) == Some(SERVICE_ACCOUNT)
}

/// The same as far as it can be told of a Job that was watched: what its pods are is not kept. Whoever makes a Job writes its
/// owner, too, so that nobody else may make one with our names, labels or account: policies refuse it.
#[must_use]
pub fn is_controlled_by(job: &Job, owner_uid: &str) -> bool {
    let owners = job.metadata.owner_references.as_deref().unwrap_or_default();
    owners.iter().any(|owner| owner.controller == Some(true) && owner.uid == owner_uid)
}

/// A number from 1 as our names have it: without sign and leading zeros.
fn number<N: std::str::FromStr>(text: &str) -> Option<N> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    if plain { text.parse().ok() } else { None }
}

/// The object that a Job goes with.
#[derive(Clone, Copy, Debug)]
pub struct Owner<'a> {
    /// Its kind, of our group.
    pub kind: &'a str,
    /// Its name.
    pub name: &'a str,
    /// Its UID.
    pub uid: &'a str,
}

/// A Job that evaluates a tenant.
#[derive(Clone, Copy, Debug)]
pub struct Evaluation<'a> {
    /// The tenant's namespace.
    pub namespace: &'a str,
    /// The last allocated epoch and one.
    pub number: i64,
    /// Only Runs are planned that wait for a plan; the time up to which the tenant is evaluated stays.
    pub runs_only: bool,
    /// Seconds to the next tick, if there is one.
    pub seconds_to_next_tick: Option<i64>,
    /// The `TenantSchedule`.
    pub schedule: Owner<'a>,
    /// Deadlines, and what the runner is told of its times.
    pub timing: &'a Timing,
    /// The image.
    pub image: &'a str,
}

/// A Job that executes a Run.
#[derive(Clone, Copy, Debug)]
pub struct Execution<'a> {
    /// The tenant's namespace.
    pub namespace: &'a str,
    /// The Run.
    pub run: Owner<'a>,
    /// Name of the Workflow.
    pub workflow: &'a str,
    /// From 1.
    pub attempt: i32,
    /// The attempt before is known to have stopped: its claims need not run out.
    pub take_over: bool,
    /// Deadlines, and what the runner is told of its times.
    pub timing: &'a Timing,
    /// The image.
    pub image: &'a str,
}

/// The Job of an evaluation.
#[must_use]
pub fn evaluation_job(evaluation: &Evaluation<'_>) -> Job {
    let mut args = strings(&["evaluate", "--namespace", evaluation.namespace]);
    if evaluation.runs_only {
        args.push("--runs-only".to_owned());
    }
    let (shortest, longest) = (seconds(evaluation.timing.shortest_evaluation_deadline), seconds(evaluation.timing.evaluation_deadline));
    let deadline = evaluation.seconds_to_next_tick.unwrap_or(longest).clamp(shortest, longest);
    let labels = [(LABEL_EVALUATION, "true".to_owned()), (LABEL_EPOCH, evaluation.number.to_string())];
    job(Parts {
        name: evaluation_job_name(evaluation.number),
        namespace: evaluation.namespace,
        labels: &labels,
        owner: evaluation.schedule,
        args: timed(args, evaluation.timing),
        deadline,
        image: evaluation.image,
    })
}

/// The Job of an attempt to execute a Run.
#[must_use]
pub fn execution_job(execution: &Execution<'_>) -> Job {
    let attempt = execution.attempt.to_string();
    let mut args = strings(&["execute", "--namespace", execution.namespace, "--run", execution.run.name, "--attempt", &attempt]);
    if execution.take_over {
        args.push("--take-over".to_owned());
    }
    let labels =
        [(LABEL_RUN, execution.run.name.to_owned()), (LABEL_WORKFLOW, execution.workflow.to_owned()), (LABEL_ATTEMPT, attempt.clone())];
    job(Parts {
        name: execution_job_name(execution.run.name, execution.attempt),
        namespace: execution.namespace,
        labels: &labels,
        owner: execution.run,
        args: timed(args, execution.timing),
        deadline: seconds(execution.timing.execution_deadline),
        image: execution.image,
    })
}

/// The Job, whose containers ask for so much, and may take no more: a tenant with a quota of memory or processor has no pods
/// otherwise.
#[must_use]
pub fn with_resources(mut job: Job, resources: Option<&ResourceRequirements>) -> Job {
    for container in job.spec.iter_mut().filter_map(|spec| spec.template.spec.as_mut()).flat_map(|pod| &mut pod.containers) {
        container.resources = resources.cloned();
    }
    job
}

/// The arguments, and what tells the runner of times that are not those of production.
fn timed(mut args: Vec<String>, timing: &Timing) -> Vec<String> {
    if timing.divisor != 1 {
        args.push(format!("{DIVISOR_FLAG}={}", timing.divisor));
    }
    args
}

fn seconds(time: Duration) -> i64 {
    i64::try_from(time.as_secs()).unwrap_or(i64::MAX)
}

fn strings(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

struct Parts<'a> {
    name: String,
    namespace: &'a str,
    labels: &'a [(&'a str, String)],
    owner: Owner<'a>,
    args: Vec<String>,
    deadline: i64,
    image: &'a str,
}

fn job(parts: Parts<'_>) -> Job {
    let mut labels: BTreeMap<_, _> = parts.labels.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect();
    labels.insert(LABEL_MANAGED_BY.to_owned(), MANAGED_BY.to_owned());
    Job {
        metadata: ObjectMeta {
            name: Some(parts.name),
            namespace: Some(parts.namespace.to_owned()),
            labels: Some(labels.clone()),
            owner_references: Some(vec![OwnerReference {
                api_version: format!("{}/{}", crate::api::meta::GROUP, crate::api::meta::VERSION),
                kind: parts.owner.kind.to_owned(),
                name: parts.owner.name.to_owned(),
                uid: parts.owner.uid.to_owned(),
                controller: Some(true),
                // Nobody waits for a Job when its owner is deleted in the foreground.
                block_owner_deletion: None,
            }]),
            ..ObjectMeta::default()
        },
        spec: Some(JobSpec {
            parallelism: Some(1),
            completions: Some(1),
            backoff_limit: Some(0),
            active_deadline_seconds: Some(parts.deadline),
            pod_failure_policy: Some(failure_policy()),
            pod_replacement_policy: Some("Failed".to_owned()),
            template: PodTemplateSpec {
                metadata: Some(ObjectMeta { labels: Some(labels), ..ObjectMeta::default() }),
                spec: Some(pod(parts.args, parts.image)),
            },
            ..JobSpec::default()
        }),
        status: None,
    }
}

fn failure_policy() -> PodFailurePolicy {
    PodFailurePolicy {
        rules: vec![
            PodFailurePolicyRule {
                action: "FailJob".to_owned(),
                on_exit_codes: Some(PodFailurePolicyOnExitCodesRequirement {
                    container_name: Some(IMAGE.to_owned()),
                    operator: "In".to_owned(),
                    values: vec![EXIT_DO_NOT_RETRY, EXIT_TORN_RESTORE, EXIT_HEAD_MISSING, EXIT_KEY_MISSING],
                }),
                on_pod_conditions: None,
            },
            PodFailurePolicyRule {
                action: "Ignore".to_owned(),
                on_exit_codes: None,
                on_pod_conditions: Some(vec![PodFailurePolicyOnPodConditionsPattern {
                    type_: "DisruptionTarget".to_owned(),
                    status: "True".to_owned(),
                }]),
            },
        ],
    }
}

fn pod(args: Vec<String>, image: &str) -> PodSpec {
    PodSpec {
        restart_policy: Some("Never".to_owned()),
        service_account_name: Some(SERVICE_ACCOUNT.to_owned()),
        enable_service_links: Some(false),
        security_context: Some(PodSecurityContext {
            run_as_non_root: Some(true),
            seccomp_profile: Some(SeccompProfile { type_: "RuntimeDefault".to_owned(), localhost_profile: None }),
            ..PodSecurityContext::default()
        }),
        containers: vec![Container {
            name: IMAGE.to_owned(),
            image: Some(image.to_owned()),
            args: Some(args),
            env: Some(vec![field("TENURE_POD_NAME", "metadata.name"), field("TENURE_POD_UID", "metadata.uid")]),
            security_context: Some(SecurityContext {
                allow_privilege_escalation: Some(false),
                read_only_root_filesystem: Some(true),
                run_as_non_root: Some(true),
                capabilities: Some(Capabilities { drop: Some(vec!["ALL".to_owned()]), add: None }),
                ..SecurityContext::default()
            }),
            ..Container::default()
        }],
        ..PodSpec::default()
    }
}

/// An environment variable with a field of the pod: together they name the process as the holder of what it claims.
fn field(name: &str, path: &str) -> EnvVar {
    EnvVar {
        name: name.to_owned(),
        value: None,
        value_from: Some(EnvVarSource {
            field_ref: Some(ObjectFieldSelector { api_version: None, field_path: path.to_owned() }),
            ..EnvVarSource::default()
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCHEDULE: Owner<'_> = Owner { kind: "TenantSchedule", name: "default", uid: "u1" };
    const EVALUATION: Evaluation<'_> = Evaluation {
        namespace: "acme",
        number: 8,
        runs_only: false,
        seconds_to_next_tick: None,
        schedule: SCHEDULE,
        timing: TIMING,
        image: IMAGE,
    };
    const RUN: Owner<'_> = Owner { kind: "Run", name: "hire-v1-e7", uid: "u2" };

    const TIMING: &Timing = &Timing::PRODUCTION;

    fn args(job: &Job) -> Vec<String> {
        job.spec.as_ref().unwrap().template.spec.as_ref().unwrap().containers[0].args.clone().unwrap()
    }

    #[test]
    fn numbers_in_names() {
        assert_eq!(evaluation_number(&evaluation_job_name(7)), Some(7));
        for name in ["tenure-eval-", "tenure-eval-0", "tenure-eval-01", "tenure-eval-+1", "tenure-eval-1x", "eval-1"] {
            assert_eq!(evaluation_number(name), None, "{name}");
        }
    }

    /// A Job with that name and, if so, the label of an attempt.
    fn named(name: &str, attempt: Option<&str>) -> Job {
        let labels = attempt.map(|attempt| BTreeMap::from([(LABEL_ATTEMPT.to_owned(), attempt.to_owned())]));
        Job { metadata: ObjectMeta { name: Some(name.to_owned()), labels, ..ObjectMeta::default() }, ..Job::default() }
    }

    #[test]
    fn which_attempt_a_job_is() {
        let third = execution_job_name("r", 3);
        // (what, the Run, the Job's name, its label, the attempt)
        let cases = [
            ("ours", "r", third.as_str(), Some("3"), Some(3)),
            ("the label of another attempt", "r", third.as_str(), Some("2"), None),
            ("no number", "r", third.as_str(), Some("03"), None),
            ("another Run's", "rr", third.as_str(), Some("3"), None),
            ("the name alone", "r", third.as_str(), None, None),
            ("a label on any Job", "r", "r-a3", Some("3"), None),
            ("of a release before", "r", "r-a3", None, Some(3)),
            ("the same of another Run", "rr", "r-a3", None, None),
            ("a Run that is called like a Job", "r-a1", "r-a1-a2", None, Some(2)),
            ("the Run after whose Job it is called", "r", "r-a1-a2", None, None),
            ("no attempt", "r", "r-a0", None, None),
            ("too large a number", "r", "r-a99999999999", None, None),
        ];
        for (what, run, name, label, expected) in cases {
            assert_eq!(attempt_of(run, &named(name, label)), expected, "{what}");
        }
        let longest = execution_job_name(&"r".repeat(63), i32::MAX);
        assert!(longest.starts_with("tenure-") && longest.len() <= 52, "{longest}: a pod's name goes on after it");
    }

    type Alteration = fn(&mut Job);

    #[test]
    fn a_job_is_known_by_what_controls_it() {
        let evaluation = Evaluation {
            namespace: "acme",
            number: 2,
            runs_only: false,
            seconds_to_next_tick: None,
            schedule: SCHEDULE,
            timing: TIMING,
            image: IMAGE,
        };
        // (what, what is different, it is made for the owner, the owner controls it)
        let cases: [(&str, Alteration, bool, bool); 5] = [
            ("ours", |_| {}, true, true),
            ("its name and its labels alone", |job| job.metadata.owner_references = None, false, false),
            ("another owner", |job| job.metadata.owner_references.as_mut().unwrap()[0].uid = "u3".to_owned(), false, false),
            ("an owner that does not control it", |job| job.metadata.owner_references.as_mut().unwrap()[0].controller = None, false, false),
            (
                "another account",
                |job| job.spec.as_mut().unwrap().template.spec.as_mut().unwrap().service_account_name = Some("default".to_owned()),
                false,
                true,
            ),
        ];
        for (what, alter, is_made, is_controlled) in cases {
            let mut job = evaluation_job(&evaluation);
            alter(&mut job);
            assert_eq!((is_made_for(&job, "u1"), is_controlled_by(&job, "u1")), (is_made, is_controlled), "{what}");
        }
    }

    #[test]
    fn an_evaluation() {
        let evaluation = EVALUATION;
        let job = evaluation_job(&evaluation);
        assert_eq!(args(&job), ["evaluate", "--namespace", "acme"]);
        assert_eq!(args(&evaluation_job(&Evaluation { runs_only: true, ..evaluation }))[3..], ["--runs-only"]);
        let sixth = Timing::scaled(6).unwrap();
        assert_eq!(args(&evaluation_job(&Evaluation { timing: &sixth, ..evaluation }))[3..], ["--timing-divisor=6"]);
        let value = serde_json::to_value(&job).unwrap();
        assert_eq!(value["metadata"]["name"], "tenure-eval-8");
        assert_eq!(value["metadata"]["ownerReferences"].as_array().unwrap().len(), 1);
        assert_eq!(value["metadata"]["ownerReferences"][0]["uid"], "u1");
        assert_eq!(value["metadata"]["labels"], value["spec"]["template"]["metadata"]["labels"]);
        assert_eq!(value["metadata"]["labels"][LABEL_EVALUATION], "true");
        assert_eq!(value["spec"]["template"]["spec"]["restartPolicy"], "Never");
        assert_eq!(value["spec"]["template"]["spec"]["serviceAccountName"], SERVICE_ACCOUNT);
        assert_eq!(value["spec"]["backoffLimit"], 0);
        assert_eq!(value["spec"]["podReplacementPolicy"], "Failed");
        assert_eq!(value["spec"]["podFailurePolicy"]["rules"][0]["onExitCodes"]["values"][0], EXIT_DO_NOT_RETRY);
        assert_eq!(value["spec"]["podFailurePolicy"]["rules"][1]["action"], "Ignore");
    }

    #[test]
    fn what_a_container_may_take() {
        let evaluation = EVALUATION;
        let asked = serde_json::json!({"requests": {"memory": "64Mi"}, "limits": {"memory": "1Gi"}});
        let resources: ResourceRequirements = serde_json::from_value(asked.clone()).unwrap();
        for (resources, expected) in [(None, serde_json::Value::Null), (Some(&resources), asked)] {
            let job = serde_json::to_value(with_resources(evaluation_job(&evaluation), resources)).unwrap();
            assert_eq!(job["spec"]["template"]["spec"]["containers"][0]["resources"], expected);
        }
    }

    #[test]
    fn deadlines() {
        for (to_next_tick, expected) in [(None, 3_600), (Some(86_400), 3_600), (Some(1_800), 1_800), (Some(5), 300), (Some(-5), 300)] {
            let evaluation = Evaluation {
                namespace: "acme",
                number: 8,
                runs_only: false,
                seconds_to_next_tick: to_next_tick,
                schedule: SCHEDULE,
                timing: TIMING,
                image: IMAGE,
            };
            let deadline = evaluation_job(&evaluation).spec.unwrap().active_deadline_seconds;
            assert_eq!(deadline, Some(expected), "{to_next_tick:?}");
        }
    }

    #[test]
    fn an_execution() {
        let execution = Execution {
            namespace: "acme",
            run: RUN,
            workflow: "hire",
            attempt: 2,
            take_over: true,
            timing: TIMING,
            image: "registry.example/tenure@sha256:0",
        };
        let job = execution_job(&execution);
        assert_eq!(args(&job), ["execute", "--namespace", "acme", "--run", "hire-v1-e7", "--attempt", "2", "--take-over"]);
        assert_eq!(job.metadata.name, Some(execution_job_name("hire-v1-e7", 2)));
        let value = serde_json::to_value(&job).unwrap();
        assert_eq!(value["metadata"]["labels"][LABEL_RUN], "hire-v1-e7");
        assert_eq!(value["metadata"]["labels"][LABEL_WORKFLOW], "hire");
        assert_eq!(value["metadata"]["labels"][LABEL_ATTEMPT], "2");
        assert_eq!(value["spec"]["activeDeadlineSeconds"], 21_600);
        assert_eq!(value["spec"]["template"]["spec"]["containers"][0]["image"], "registry.example/tenure@sha256:0");
        assert!(!args(&execution_job(&Execution { take_over: false, ..execution })).contains(&"--take-over".to_owned()));
        let sixth = Timing::scaled(6).unwrap();
        assert_eq!(args(&execution_job(&Execution { timing: &sixth, ..execution }))[8..], ["--timing-divisor=6"]);
    }
}
