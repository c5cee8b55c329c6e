//! Which keys an event concerns.

use kube::ResourceExt as _;

use super::cache::Cache;
use super::key::Key;
use super::progress::is_complete;
use super::watched::{Seen, SeenKind};
use crate::api::Workflow;
use crate::api::meta::{LABEL_EVALUATION, LABEL_RUN};
use crate::api::reasons::Reason;
use crate::domain::references::{Referred, references};

/// What an object concerns that was added, changed or removed.
pub(super) struct Concerned {
    /// The keys, but for those of Runs that wait for room.
    pub keys: Vec<Key>,
    /// Whether it may make room for a Run that waits.
    pub makes_room: bool,
}

impl From<Vec<Key>> for Concerned {
    fn from(keys: Vec<Key>) -> Self {
        Self { keys, makes_room: false }
    }
}

/// The keys that an object concerns which was added, changed or removed. Call it before or after the cache is brought
/// up to date, it does not matter.
#[must_use]
pub fn keys_for(seen: &Seen, cache: &Cache) -> Vec<Key> {
    let Concerned { mut keys, makes_room } = concerned(seen, cache);
    if makes_room {
        keys.extend(waiting_runs(cache));
    }
    keys
}

/// The same, without looking who waits.
pub(super) fn concerned(seen: &Seen, cache: &Cache) -> Concerned {
    let keys = match seen {
        Seen::Workflow(workflow) => {
            let name = workflow.name_any();
            let mut keys = of_workflow(name.clone(), cache);
            // What it deletes people by may not be written by everybody any more.
            if cache.readers().would_change(&name, &workflow.spec) {
                keys.extend(cache.writers());
            }
            keys
        }
        Seen::WorkflowVersion(version) => vec![Key::Workflow(version.spec.workflow.clone())],
        Seen::TenantSchedule(_) | Seen::TenantLedger(_) => {
            let mut keys = workflows(cache);
            keys.extend(open_runs(cache));
            if let Seen::TenantLedger(head) = seen {
                keys.extend(head.spec.directories.iter().map(|directory| Key::Directory(directory.name.clone())));
                // One that had no place may have one now.
                keys.extend(cache.directories().keys().filter(|name| is_waiting(cache, name)).cloned().map(Key::Directory));
            }
            keys.push(Key::TenantSchedule);
            keys
        }
        Seen::Directory(directory) => {
            let mut keys = vec![Key::Directory(directory.name_any())];
            keys.extend(workflows(cache));
            keys.push(Key::TenantSchedule);
            keys
        }
        Seen::Run(run) => {
            if is_complete(run) {
                return of_ended_run(run.name_any());
            }
            vec![Key::Run(run.name_any()), Key::TenantSchedule]
        }
        Seen::EndedRun { name, .. } => return of_ended_run(name.clone()),
        Seen::Job(job) => return of_job(job.labels()),
        Seen::Pod(pod) => return of_job(pod.labels()),
        Seen::Referred { referred, name } => naming(*referred, name, cache),
        Seen::UserChanged | Seen::Users(_) => vec![Key::TenantSchedule],
        Seen::Broken(broken) => {
            let mut found = concerned_by_name(broken.kind, &broken.name, cache);
            found.keys.extend(of_broken(broken.kind, &broken.name));
            return found;
        }
    };
    keys.into()
}

/// Whether a Directory was last said to have no place in the head.
fn is_waiting(cache: &Cache, name: &str) -> bool {
    let conditions = cache.directory(name).and_then(|directory| directory.status.as_ref()).map(|status| status.conditions.as_slice());
    conditions.unwrap_or_default().iter().any(|condition| Reason::parse(&condition.reason) == Some(Reason::TooManyNames))
}

/// Who says that an object cannot be read, also if nothing was known of it before.
fn of_broken(kind: SeenKind, name: &str) -> Vec<Key> {
    match kind {
        SeenKind::Directory => vec![Key::Directory(name.to_owned()), Key::TenantSchedule],
        SeenKind::TenantLedger | SeenKind::TenantSchedule | SeenKind::WorkflowVersion => vec![Key::TenantSchedule],
        _ => Vec::new(),
    }
}

/// The keys that an object concerns which was removed. Call it before the cache is brought up to date.
#[must_use]
pub fn keys_for_gone(seen: &Seen, cache: &Cache) -> Vec<Key> {
    let mut keys = keys_for(seen, cache);
    if seen.kind() == SeenKind::Workflow && cache.readers().has(&seen.name()) {
        keys.extend(cache.writers());
    }
    keys
}

/// A Workflow has limits, by which its open Runs are held or go on.
fn of_workflow(name: String, cache: &Cache) -> Vec<Key> {
    let mut keys: Vec<Key> = cache.open_runs_of(&name).map(|run| Key::Run(run.name_any())).collect();
    keys.extend([Key::Workflow(name), Key::TenantSchedule]);
    keys
}

/// The Workflows that name an object.
fn naming(referred: Referred, name: &str, cache: &Cache) -> Vec<Key> {
    let names = |workflow: &&Workflow| references(&workflow.spec, true).contains(&(referred, name));
    cache.workflows().filter(names).map(|workflow| Key::Workflow(workflow.name_any())).collect()
}

/// What a removed object concerns of which only kind and name are known.
pub(super) fn concerned_by_name(kind: SeenKind, name: &str, cache: &Cache) -> Concerned {
    let seen = match kind {
        SeenKind::WorkflowVersion => cache.version(name).cloned().map(Seen::from),
        SeenKind::Job => cache.job(name).cloned().map(Seen::from),
        SeenKind::Directory => cache.directory(name).cloned().map(Seen::from),
        SeenKind::TenantSchedule => cache.schedule().cloned().map(Seen::from),
        SeenKind::TenantLedger => cache.head().cloned().map(Seen::from),
        SeenKind::Workflow => {
            let mut keys = of_workflow(name.to_owned(), cache);
            if cache.readers().has(name) {
                keys.extend(cache.writers());
            }
            return keys.into();
        }
        SeenKind::Run => return of_ended_run(name.to_owned()),
        SeenKind::Pod => cache.pod(name).cloned().map(Seen::from),
        SeenKind::Group => Some(Seen::group(name.to_owned())),
        SeenKind::CustomTaskExtension => Some(Seen::extension(name.to_owned())),
        SeenKind::User => Some(Seen::UserChanged),
    };
    seen.map_or_else(|| Vec::new().into(), |seen| concerned(&seen, cache))
}

/// A Run that has ended, or is gone, makes room for one that waits.
fn of_ended_run(name: String) -> Concerned {
    Concerned { keys: vec![Key::Run(name), Key::TenantSchedule], makes_room: true }
}

/// A Job that ends makes room for a Run that waits.
fn of_job(labels: &std::collections::BTreeMap<String, String>) -> Concerned {
    let run = labels.get(LABEL_RUN);
    let mut keys: Vec<Key> = run.map(|run| Key::Run(run.clone())).into_iter().collect();
    if labels.contains_key(LABEL_EVALUATION) {
        keys.push(Key::TenantSchedule);
    }
    Concerned { keys, makes_room: run.is_some() }
}

fn workflows(cache: &Cache) -> Vec<Key> {
    cache.workflows().map(|workflow| Key::Workflow(workflow.name_any())).collect()
}

fn open_runs(cache: &Cache) -> impl Iterator<Item = Key> {
    cache.open_runs().map(|run| Key::Run(run.name_any()))
}

/// Runs that may be waiting for room: those without a Job that has not ended.
pub(super) fn waiting_runs(cache: &Cache) -> impl Iterator<Item = Key> {
    cache.open_runs().map(kube::ResourceExt::name_any).filter(|name| !cache.is_under_way(name)).map(Key::Run)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::api::{Directory, Run, TenantLedger, TenantSchedule, WorkflowVersion};
    use crate::reconcile::watched::Broken;
    use k8s_openapi::api::batch::v1::Job;
    use k8s_openapi::api::core::v1::Pod;

    #[expect(clippy::needless_pass_by_value, reason = "a literal at every call")]
    fn object<K: serde::de::DeserializeOwned>(kind: &str, name: &str, labels: Value, rest: Value) -> K {
        let api_version = match kind {
            "Job" => "batch/v1",
            "Pod" => "v1",
            _ => "tenure.dev/v1alpha1",
        };
        // The UID of each is its name, and the Job of a Run is controlled by it.
        let owners =
            json!([{"apiVersion": "tenure.dev/v1alpha1", "kind": "Run", "name": "", "uid": labels["tenure.dev/run"], "controller": true}]);
        let owners = if kind == "Job" && labels["tenure.dev/run"].is_string() { owners } else { json!([]) };
        let metadata = json!({"name": name, "uid": name, "labels": labels, "ownerReferences": owners});
        let mut value = json!({"apiVersion": api_version, "kind": kind, "metadata": metadata});
        for (key, member) in rest.as_object().unwrap() {
            value[key] = member.clone();
        }
        serde_json::from_value(value).unwrap()
    }

    fn workflow(name: &str) -> Seen {
        Seen::from(object::<Workflow>("Workflow", name, json!({}), json!({"spec": {"category": "joiner", "tasks": []}})))
    }

    fn run(name: &str, complete: bool) -> Seen {
        let conditions = if complete {
            json!([{"type": "Complete", "status": "True", "reason": "x", "message": "", "lastTransitionTime": "2026-01-01T00:00:00Z"}])
        } else {
            json!([])
        };
        Seen::from(object::<Run>(
            "Run",
            name,
            json!({}),
            json!({"spec": {"source": {"workflow": {"name": "w"}}, "executionType": "scheduled"}, "status": {"conditions": conditions}}),
        ))
    }

    fn job(name: &str, run: &str) -> Seen {
        Seen::from(object::<Job>("Job", name, json!({"tenure.dev/run": run}), json!({"spec": {"template": {}}})))
    }

    fn directory() -> Seen {
        Seen::from(object::<Directory>("Directory", "d", json!({}), json!({"spec": {"embedded": {}}})))
    }

    fn group(name: &str) -> Seen {
        Seen::group(name.to_owned())
    }

    fn head() -> Seen {
        Seen::from(object::<TenantLedger>("TenantLedger", "default", json!({}), json!({"key": "0"})))
    }

    /// Workflows w and x, open Runs a (with a Job that runs) and b, Run c complete.
    fn tenant() -> Cache {
        let mut cache = Cache::default();
        for seen in [workflow("w"), workflow("x"), run("a", false), run("b", false), run("c", true), job("a-a1", "a")] {
            cache.put(seen);
        }
        cache
    }

    fn names(mut keys: Vec<Key>) -> Vec<String> {
        keys.sort();
        keys.dedup();
        keys.iter()
            .map(|key| match key {
                Key::Directory(name) => format!("d/{name}"),
                Key::Workflow(name) => format!("w/{name}"),
                Key::Run(name) => format!("r/{name}"),
                Key::TenantSchedule => "ts".to_owned(),
            })
            .collect()
    }

    #[test]
    fn what_an_event_concerns() {
        let version = object::<WorkflowVersion>(
            "WorkflowVersion",
            "w-v1",
            json!({}),
            json!({"spec": {"workflow": "w", "number": 1, "lineage": "l", "hash": "", "template": {"category": "joiner", "tasks": []}}}),
        );
        let evaluation = object::<Job>("Job", "tenure-eval-1", json!({"tenure.dev/evaluation": "true"}), json!({"spec": {"template": {}}}));
        let pod = object::<Pod>("Pod", "p", json!({"tenure.dev/run": "a"}), json!({}));
        let schedule = object::<TenantSchedule>("TenantSchedule", "default", json!({}), json!({"spec": {}}));
        let rows: Vec<(Seen, &[&str])> = vec![
            (workflow("w"), &["w/w", "r/a", "r/b", "ts"]),
            (workflow("x"), &["w/x", "ts"]),
            (Seen::from(version), &["w/w"]),
            (head(), &["w/w", "w/x", "r/a", "r/b", "ts"]),
            (Seen::from(schedule), &["w/w", "w/x", "r/a", "r/b", "ts"]),
            (directory(), &["d/d", "w/w", "w/x", "ts"]),
            (run("a", false), &["r/a", "ts"]),
            (run("a", true), &["r/a", "r/b", "ts"]),
            (job("a-a1", "a"), &["r/a", "r/b"]),
            (Seen::from(pod), &["r/a", "r/b"]),
            (Seen::from(evaluation), &["ts"]),
            (Seen::from(object::<Job>("Job", "other", json!({}), json!({"spec": {"template": {}}}))), &[]),
            (Seen::UserChanged, &["ts"]),
        ];
        let cache = tenant();
        for (seen, expected) in rows {
            assert_eq!(names(keys_for(&seen, &cache)), expected, "{:?} {:?}", seen.kind(), seen.name());
        }
    }

    #[test]
    fn a_new_list_concerns_what_is_gone_too() {
        let mut cache = tenant();
        assert_eq!(names(cache.replace_all(SeenKind::Workflow, vec![workflow("w")])), ["w/w", "w/x", "r/a", "r/b", "ts"]);
        assert!(cache.workflow("x").is_none() && cache.workflow("w").is_some());
        assert_eq!(names(cache.replace_all(SeenKind::Workflow, Vec::new())), ["w/w", "r/a", "r/b", "ts"]);
        assert_eq!(names(cache.replace_all(SeenKind::Job, Vec::new())), ["r/a", "r/b"]);
        assert_eq!(cache.jobs_of_run("a").count(), 0);
        cache.replace_all(SeenKind::Run, vec![run("c", false)]);
        assert_eq!(cache.open_runs().map(kube::ResourceExt::name_any).collect::<Vec<_>>(), ["c"]);
        assert_eq!(cache.changes(), 0);
        assert_eq!(names(cache.replace_all(SeenKind::User, Vec::new())), ["ts"]);
        assert_eq!(cache.changes(), 1);
    }

    #[test]
    fn a_scheduled_run_that_goes_before_its_end_asks_for_an_evaluation() {
        let plan = |epoch: i64| json!({"plan": {"epoch": epoch, "hash": "", "version": 1, "subjects": 1, "slices": 1}});
        let complete =
            json!([{"type": "Complete", "status": "True", "reason": "x", "message": "", "lastTransitionTime": "2026-01-01T00:00:00Z"}]);
        let mut ended = plan(1);
        ended["conditions"] = complete;
        // (what, how it came to be, its status, the changes that its end counts as)
        let cases = [
            ("planned, and not at its end", "scheduled", plan(1), 1),
            ("at its end", "scheduled", ended, 0),
            ("of an evaluation that never counted", "scheduled", plan(2), 0),
            ("without a plan", "scheduled", json!({}), 0),
            ("of people", "onDemand", plan(1), 0),
        ];
        for (what, type_, status, expected) in cases {
            let spec = json!({"source": {"workflow": {"name": "w"}}, "executionType": type_});
            let run = || Seen::from(object::<Run>("Run", "r", json!({}), json!({"spec": spec, "status": status})));
            let head = object::<TenantLedger>("TenantLedger", "default", json!({}), json!({"key": "0", "epoch": 2, "sealedEpoch": 1}));
            for is_listed in [true, false] {
                let mut cache = tenant();
                cache.put(Seen::from(head.clone()));
                cache.put(run());
                if is_listed {
                    let others = [self::run("a", false), self::run("b", false), self::run("c", true)];
                    cache.replace_all(SeenKind::Run, others.into());
                } else {
                    cache.remove(&run());
                }
                assert_eq!(cache.changes(), expected, "{what}");
            }
        }
    }

    fn broken(kind: SeenKind, name: &str, version: &str) -> Seen {
        let error = serde_json::from_str::<crate::cluster::object::Raw>("{}").unwrap().decode::<u32>().unwrap_err();
        Seen::Broken(Box::new(Broken { kind, name: name.to_owned(), uid: "u".to_owned(), version: version.to_owned(), error }))
    }

    #[test]
    fn what_cannot_be_read_is_not_gone_and_is_not_decided_upon() {
        let blind = |cache: &Cache| {
            let keys = [
                Key::Workflow("w".into()),
                Key::Workflow("x".into()),
                Key::Run("a".into()),
                Key::Directory("d".into()),
                Key::TenantSchedule,
            ];
            names(keys.into_iter().filter(|key| cache.is_blind(key)).collect())
        };
        let rows: [(SeenKind, &str, &[&str]); 7] = [
            (SeenKind::Workflow, "x", &["w/x"]),
            (SeenKind::Workflow, "w", &["w/w", "r/a"]),
            (SeenKind::Run, "a", &["r/a"]),
            (SeenKind::Directory, "d", &["d/d", "w/w", "w/x", "ts"]),
            (SeenKind::TenantLedger, "default", &["d/d", "w/w", "w/x", "r/a", "ts"]),
            (SeenKind::TenantSchedule, "default", &["w/w", "w/x", "r/a", "ts"]),
            (SeenKind::Pod, "p", &[]),
        ];
        for (kind, name, expected) in rows {
            let mut cache = tenant();
            cache.apply(broken(kind, name, "1"));
            assert_eq!(blind(&cache), expected, "{kind:?}");
            cache.remove(&broken(kind, name, "2"));
            assert!(blind(&cache).is_empty() && cache.broken().next().is_none(), "{kind:?}");
        }
    }

    #[test]
    fn what_cannot_be_read_concerns_what_it_was_until_it_is_mended() {
        let mut cache = tenant();
        let Seen::Broken(first) = broken(SeenKind::Workflow, "x", "1") else { panic!("not broken") };
        assert!(!cache.knows(&first));
        assert_eq!(names(cache.apply(Seen::Broken(first.clone()))), ["w/x", "ts"]);
        assert!(cache.knows(&first) && cache.workflow("x").is_none());
        assert_eq!(
            names(cache.replace_all(SeenKind::Workflow, vec![workflow("w"), Seen::Broken(first.clone())])),
            ["w/w", "w/x", "r/a", "r/b", "ts"]
        );
        assert!(cache.knows(&first));
        assert_eq!(names(cache.apply(workflow("x"))), ["w/x", "ts"]);
        assert!(!cache.knows(&first) && cache.workflow("x").is_some());
        cache.apply(broken(SeenKind::Workflow, "x", "2"));
        assert_eq!(names(cache.replace_all(SeenKind::Workflow, vec![workflow("w")])), ["w/w", "w/x", "r/a", "r/b", "ts"]);
        assert!(cache.broken().next().is_none());
    }

    #[test]
    fn a_group_concerns_the_workflows_that_name_it() {
        let mut cache = tenant();
        let naming = json!({"spec": {"category": "leaver", "tasks": [{"name": "t", "removeUserFromGroups": {"groups": ["all"]}}]}});
        cache.put(Seen::from(object::<Workflow>("Workflow", "y", json!({}), naming)));
        for (seen, expected) in [(group("all"), vec!["w/y"]), (group("x"), vec![]), (Seen::extension("all".to_owned()), vec![])] {
            assert_eq!(names(keys_for(&seen, &cache)), expected, "{seen:?}");
        }
        cache.put(group("all"));
        assert_eq!(names(cache.replace_all(SeenKind::Group, Vec::new())), ["w/y"]);
    }

    #[test]
    fn what_is_there_is_known_by_name_and_when_nothing_is() {
        let mut cache = Cache::default();
        cache.put(Seen::UserChanged);
        assert!(cache.is_empty(), "of people nothing is kept");
        cache.put(group("a"));
        cache.put(Seen::extension("b".to_owned()));
        let there = |cache: &Cache| {
            [(Referred::Group, "a"), (Referred::Extension, "a"), (Referred::Extension, "b")]
                .map(|(referred, name)| cache.is_there(referred, name))
        };
        assert_eq!(there(&cache), [true, false, true]);
        assert!(!cache.is_empty());
        cache.replace_all(SeenKind::Group, Vec::new());
        assert_eq!(there(&cache), [false, false, true]);
        cache.remove(&Seen::extension("b".to_owned()));
        assert!(cache.is_empty());
        let mut cache = tenant();
        for kind in [SeenKind::Workflow, SeenKind::Run] {
            cache.replace_all(kind, Vec::new());
            assert!(!cache.is_empty());
        }
        cache.replace_all(SeenKind::Job, Vec::new());
        assert!(cache.is_empty());
    }

    #[test]
    fn a_run_that_completes_is_no_longer_open() {
        let mut cache = tenant();
        cache.apply(run("a", true));
        assert_eq!(cache.open_runs().count(), 1);
        cache.remove(&run("b", false));
        assert_eq!(cache.open_runs().count(), 0);
        assert!(cache.has_ended("a") && cache.has_ended("c") && !cache.has_ended("b"));
    }
    #[test]
    fn look_ups_follow_what_is_seen() {
        let asked = |name: &str, workflow: &str| {
            let spec = json!({"source": {"workflow": {"name": workflow}}, "executionType": "onDemand"});
            object::<Run>("Run", name, json!({}), json!({"spec": spec}))
        };
        let of = |cache: &Cache, workflow: &str| cache.open_runs_of(workflow).map(kube::ResourceExt::name_any).collect::<Vec<_>>();
        let mut cache = tenant();
        for (workflow, of_w, of_x) in [("w", vec!["a", "b", "z"], vec![]), ("x", vec!["a", "b"], vec!["z"])] {
            cache.put(Seen::from(asked("z", workflow)));
            assert_eq!((of(&cache, "w"), of(&cache, "x")), (as_texts(&of_w), as_texts(&of_x)));
        }
        cache.put(run("a", true));
        cache.remove(&run("b", false));
        assert_eq!((of(&cache, "w"), of(&cache, "x")), (vec![], as_texts(&["z"])));
    }

    fn as_texts(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn a_run_is_under_way_until_its_last_job_has_ended() {
        let ended = |name: &str| {
            let done = json!([{"type": "Complete", "status": "True"}]);
            let rest = json!({"spec": {"template": {}}, "status": {"conditions": done}});
            Seen::from(object::<Job>("Job", name, json!({"tenure.dev/run": "a"}), rest))
        };
        let mut cache = tenant();
        let under_way = |cache: &Cache| (cache.is_under_way("a"), cache.is_under_way("b"));
        cache.put(job("a-a2", "a"));
        cache.put(ended("a-a1"));
        assert_eq!(under_way(&cache), (true, false));
        cache.put(ended("a-a2"));
        assert_eq!(under_way(&cache), (false, false));
        cache.put(job("a-a3", "a"));
        assert_eq!(under_way(&cache), (true, false));
        cache.remove(&job("a-a3", "a"));
        assert_eq!(under_way(&cache), (false, false));
        // Anybody may write a name and a label, and the Jobs of an earlier Run of that name are not its own.
        for owners in
            [json!([]), json!([{"apiVersion": "tenure.dev/v1alpha1", "kind": "Run", "name": "a", "uid": "earlier", "controller": true}])]
        {
            let metadata = json!({"name": "a-a4", "uid": "a-a4", "labels": {"tenure.dev/run": "a"}, "ownerReferences": owners});
            cache.put(Seen::from(object::<Job>("Job", "a-a4", json!({}), json!({"metadata": metadata, "spec": {"template": {}}}))));
            assert_eq!(under_way(&cache), (false, false), "{owners}");
        }
    }
}
