//! From what was seen of a tenant to what is told about it.

use std::collections::BTreeMap;

use kube::ResourceExt as _;

use super::witness::{JobEnd, RunEnd, TenantFacts, Witness};
use crate::api::conditions::{self, COMPLETE, Condition, ConditionStatus, HELD, READY, STALLED};
use crate::api::meta::LABEL_EVALUATION;
use crate::api::reasons::Reason;
use crate::api::{Category, Run};
use crate::domain::source::Source;
use crate::reconcile::progress::is_complete;
use crate::reconcile::{Cache, Seen, jobs};

/// A tenant as it stands.
pub(super) fn tenant(cache: &Cache) -> TenantFacts {
    let head = cache.head().map(|head| &head.spec);
    let status = cache.schedule().and_then(|schedule| schedule.status.as_ref());
    let waits = |run: &&Run| run.status.as_ref().is_some_and(|status| conditions::is_true(&status.conditions, HELD));
    let unreadable = head
        .into_iter()
        .flat_map(|head| &head.directories)
        .flat_map(|directory| directory.unreadable.iter().map(|found| (directory.name.clone(), found.attribute.clone(), found.count)));
    let mut broken = BTreeMap::new();
    for found in cache.broken() {
        *broken.entry(format!("{:?}", found.kind)).or_default() += 1;
    }
    let conflicts = head.into_iter().flat_map(|head| &head.directories).flat_map(|directory| {
        let counts = [(Reason::NameReused, directory.name_reused), (Reason::DuplicateCorrelation, directory.duplicate_correlation)];
        counts.into_iter().filter(|(_, count)| *count > 0).map(|(reason, count)| (directory.name.clone(), reason, count))
    });
    let concerns = head
        .into_iter()
        .flat_map(|head| &head.directories)
        .flat_map(|directory| directory.date_concerns.iter().map(|found| (directory.name.clone(), found.reason.clone(), found.count)));
    TenantFacts {
        broken,
        as_of: head.and_then(|head| head.as_of),
        next_tick: status.and_then(|status| status.next_schedule_run_date_time),
        workflows: cache.workflows().count(),
        not_ready: not_ready(cache),
        open_runs: cache.open_runs().count(),
        held_runs: cache.open_runs().filter(waits).count(),
        stalled: status.and_then(|status| stalled(&status.conditions)),
        unreadable: unreadable.collect(),
        conflicts: conflicts.collect(),
        concerns: concerns.collect(),
    }
}

/// The Workflows that are switched on and to run by themselves, and cannot do their work.
fn not_ready(cache: &Cache) -> BTreeMap<(&'static str, &'static str), usize> {
    let mut found = BTreeMap::new();
    for workflow in cache.workflows().filter(|workflow| workflow.spec.is_enabled && workflow.spec.is_scheduling_enabled) {
        let conditions = workflow.status.as_ref().map(|status| status.conditions.as_slice()).unwrap_or_default();
        if let Some(ready) = conditions.iter().find(|found| found.type_ == READY && found.status == ConditionStatus::False) {
            let reason = Reason::parse(&ready.reason).map_or("", Reason::as_str);
            *found.entry((word(Some(workflow.spec.category)), reason)).or_default() += 1;
        }
    }
    found
}

fn stalled(conditions: &[Condition]) -> Option<String> {
    let stalled = conditions.iter().find(|condition| condition.type_ == STALLED)?;
    (stalled.status == true.into()).then(|| stalled.reason.clone())
}

/// Tells what comes to its end with an object that is about to be taken in.
pub(super) fn tell(witness: &dyn Witness, namespace: &str, cache: &Cache, seen: &Seen) {
    match seen {
        Seen::Run(run) if is_complete(run) && cache.open_run(&run.name_any()).is_some() => {
            let Some(status) = &run.status else { return };
            let complete = status.conditions.iter().find(|condition| condition.type_ == COMPLETE);
            let outcome = complete.map_or("", |condition| condition.reason.as_str());
            witness.run_ended(namespace, RunEnd { category: category(cache, run), outcome, status });
        }
        Seen::Job(job) if cache.is_ours(job) => {
            let is_new = cache.job(&job.name_any()).is_some_and(|before| before.uid() == job.uid() && !jobs::is_finished(before));
            if let Some(ended) = jobs::ended(job).filter(|_| is_new) {
                let took = (ended.at - jobs::created(job)).to_std().unwrap_or_default();
                let is_evaluation = job.labels().contains_key(LABEL_EVALUATION);
                witness.job_ended(namespace, JobEnd { is_evaluation, succeeded: ended.succeeded, took });
            }
        }
        Seen::Pod(pod) if cache.evaluates(pod) => {
            let is_new = cache.pod(&pod.name_any()).is_none_or(|before| jobs::last_words(before).is_none());
            let words = jobs::last_words(pod).filter(|_| is_new).and_then(|words| serde_json::from_str(words).ok());
            if let Some(evaluated) = words {
                witness.evaluated(namespace, evaluated);
            }
        }
        _ => {}
    }
}

/// The category of the version that a Run executes.
fn category(cache: &Cache, run: &Run) -> &'static str {
    let source = Source::of(run);
    let plan = run.status.as_ref().and_then(|status| status.plan.as_ref());
    let version = source.zip(plan).and_then(|(source, plan)| cache.version(&source.pinned(plan.version)));
    let workflow = || Some(cache.workflow(source?.name())?.spec.category);
    word(version.map(|version| version.spec.template.category).or_else(workflow))
}

const fn word(category: Option<Category>) -> &'static str {
    match category {
        Some(Category::Joiner) => "joiner",
        Some(Category::Mover) => "mover",
        Some(Category::Leaver) => "leaver",
        None => "",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// What is told of a tenant whose head remembers that of the directory `people`.
    fn told(of_people: &Value) -> TenantFacts {
        let mut directory = json!({"name": "people", "subjects": 9});
        for (name, value) in of_people.as_object().unwrap() {
            directory[name] = value.clone();
        }
        let head = json!({"apiVersion": "tenure.dev/v1alpha1", "kind": "TenantLedger", "metadata": {"name": "default"},
            "epoch": 4, "sealedEpoch": 4, "key": "0", "directories": [directory]});
        let mut cache = Cache::default();
        cache.put(Seen::TenantLedger(Box::new(serde_json::from_value(head).unwrap())));
        tenant(&cache)
    }

    #[test]
    fn what_is_told_of_a_directory() {
        let people = || "people".to_owned();
        let count = |reason: &str, count: i64| json!({"dateConcerns": [{"reason": reason, "count": count}]});
        let cases = [
            (json!({}), TenantFacts::default()),
            (
                json!({"unreadable": [{"attribute": "employeeHireDate", "count": 2}]}),
                TenantFacts { unreadable: vec![(people(), "employeeHireDate".to_owned(), 2)], ..TenantFacts::default() },
            ),
            (json!({"nameReused": 3}), TenantFacts { conflicts: vec![(people(), Reason::NameReused, 3)], ..TenantFacts::default() }),
            (
                json!({"nameReused": 1, "duplicateCorrelation": 2}),
                TenantFacts {
                    conflicts: vec![(people(), Reason::NameReused, 1), (people(), Reason::DuplicateCorrelation, 2)],
                    ..TenantFacts::default()
                },
            ),
            (
                count("ContractTooShort", 4),
                TenantFacts { concerns: vec![(people(), "ContractTooShort".to_owned(), 4)], ..TenantFacts::default() },
            ),
        ];
        for (directory, expected) in cases {
            assert_eq!(told(&directory), expected, "{directory}");
        }
    }

    #[test]
    fn the_workflows_that_cannot_do_their_work_are_counted() {
        let workflow = |name: &str, category: &str, enabled: bool, scheduled: bool, ready: Option<(&str, &str)>| {
            let conditions: Vec<_> = ready.iter().map(|(status, reason)| json!({"type": "Ready", "status": status, "reason": reason, "message": "", "lastTransitionTime": "2026-01-01T00:00:00Z"})).collect();
            let spec = json!({"category": category, "isEnabled": enabled, "isSchedulingEnabled": scheduled, "tasks": []});
            let workflow = json!({"apiVersion": "tenure.dev/v1alpha1", "kind": "Workflow", "metadata": {"name": name}, "spec": spec, "status": {"conditions": conditions}});
            Seen::from(serde_json::from_value::<crate::api::Workflow>(workflow).expect("a Workflow"))
        };
        let refused = Some(("False", "TooManyNames"));
        // (what, category, enabled, scheduled, Ready, where it is counted)
        let rows = [
            ("a leaver", "leaver", true, true, refused, Some(("leaver", "TooManyNames"))),
            ("a mover", "mover", true, true, Some(("False", "InvalidRule")), Some(("mover", "InvalidRule"))),
            ("a word of another release", "joiner", true, true, Some(("False", "Xyz")), Some(("joiner", ""))),
            ("it is ready", "leaver", true, true, Some(("True", "VersionInForce")), None),
            ("nobody has looked at it", "leaver", true, true, None, None),
            ("nobody knows", "leaver", true, true, Some(("Unknown", "TooManyNames")), None),
            ("switched off", "leaver", false, true, refused, None),
            ("for Runs on demand only", "leaver", true, false, refused, None),
        ];
        for (what, category, enabled, scheduled, ready, expected) in rows {
            let mut cache = Cache::default();
            cache.put(workflow("w", category, enabled, scheduled, ready));
            assert_eq!(tenant(&cache).not_ready, expected.map(|labels| (labels, 1)).into_iter().collect(), "{what}");
        }
        let mut cache = Cache::default();
        cache.put(workflow("a", "leaver", true, true, refused));
        cache.put(workflow("b", "leaver", true, true, refused));
        assert_eq!(tenant(&cache).not_ready, BTreeMap::from([(("leaver", "TooManyNames"), 2)]));
    }

    #[test]
    fn the_runs_that_wait_for_a_person_are_counted() {
        let run = |name: &str, conditions: &[(&str, &str)]| {
            let condition = |(type_, status): &(&str, &str)| json!({"type": type_, "status": status, "reason": "x", "message": "", "lastTransitionTime": "2026-01-01T00:00:00Z"});
            let conditions: Vec<_> = conditions.iter().map(condition).collect();
            let run = json!({
                "apiVersion": "tenure.dev/v1alpha1", "kind": "Run", "metadata": {"name": name},
                "spec": {"source": {"workflow": {"name": "w"}}, "executionType": "scheduled"}, "status": {"conditions": conditions},
            });
            Seen::from(serde_json::from_value::<Run>(run).expect("a Run"))
        };
        let mut cache = Cache::default();
        let held = |cache: &Cache| (tenant(cache).open_runs, tenant(cache).held_runs);
        cache.put(run("new", &[]));
        assert_eq!(held(&cache), (1, 0));
        for (name, conditions, wanted) in [
            ("a", vec![("Held", "True")], (2, 1)),
            ("b", vec![("Planned", "True"), ("Held", "True")], (3, 2)),
            ("c", vec![("Held", "False")], (4, 2)),
            ("d", vec![("Held", "True"), ("Complete", "True")], (4, 2)),
            ("a", vec![("Held", "False")], (4, 1)),
            ("b", vec![("Held", "False"), ("Complete", "True")], (3, 0)),
        ] {
            cache.put(run(name, &conditions));
            assert_eq!(held(&cache), wanted, "{name} {conditions:?}");
        }
    }
}
