//! What there is to say of Workflows, remembered: a rule is compiled once for each version of what decides, also one that cannot be
//! used, and where somebody waits for the loop, beside it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use kube::ResourceExt as _;

use super::cache::Cache;
use super::verdicts::Verdicts;
use crate::api::{Directory, TenantSchedule, Workflow};
use crate::domain::validate::{self, Problem, Referents, Verdict};

/// What Workflows refer to.
pub(super) fn tenant(cache: &Cache) -> Referents<'_> {
    Referents { schedule: cache.schedule().map(|schedule| &schedule.spec), directories: cache.directories() }
}

/// Everything that keeps a Workflow from being Ready in its tenant.
pub(super) fn problems(cache: &Cache, workflow: &Workflow) -> Vec<Problem> {
    let name = workflow.name_any();
    let find = || validate::judge(&workflow.spec, &tenant(cache));
    let verdict = match identity(cache, workflow) {
        None => find(),
        Some(of) => cache.judged().get(&name, &of).unwrap_or_else(|| {
            let verdict = find();
            cache.judged().note(&name, of, verdict.clone());
            verdict
        }),
    };
    let Verdict { mut problems, pattern_bytes } = verdict;
    if pattern_bytes > 0 && workflow.spec.is_enabled {
        problems.extend(validate::no_room_for_patterns(pattern_bytes, older(cache, workflow)));
    }
    problems
}

/// Whether the rule is too large beside those of older Workflows, as far as is known.
pub(super) fn is_without_room(cache: &Cache, workflow: &Workflow) -> bool {
    let own = cache.judged().pattern_bytes(&workflow.name_any());
    own > 0 && workflow.spec.is_enabled && validate::no_room_for_patterns(own, older(cache, workflow)).is_some()
}

/// Bytes of the regular expressions of the Workflows that were made before it.
fn older(cache: &Cache, workflow: &Workflow) -> usize {
    let age = |workflow: &Workflow| (workflow.creation_timestamp().map(|time| time.0), workflow.name_any());
    let own = age(workflow);
    let older = cache.workflows().filter(|other| other.spec.is_enabled && has_patterns(other) && age(other) < own);
    older.map(|other| cache.judged().pattern_bytes(&other.name_any())).fold(0, usize::saturating_add)
}

/// Whether the rule may have a regular expression: everything else is found in no time.
fn has_patterns(workflow: &Workflow) -> bool {
    let scope = workflow.spec.execution_conditions.as_ref().and_then(|conditions| conditions.scope.as_ref());
    scope.and_then(|scope| scope.rule.as_deref()).is_some_and(|rule| rule.contains("matches"))
}

/// Which version of everything that decides there is; none for objects that no API server has seen.
fn identity(cache: &Cache, workflow: &Workflow) -> Option<String> {
    let mut text = of(workflow.metadata.uid.as_deref(), workflow.metadata.generation)?;
    for directory in cache.directories().values() {
        // Writing to a String cannot fail.
        let _ = write!(text, " {}", of(directory.metadata.uid.as_deref(), directory.metadata.generation)?);
    }
    if let Some(schedule) = cache.schedule() {
        let _ = write!(text, " s{}", of(schedule.metadata.uid.as_deref(), schedule.metadata.generation)?);
    }
    Some(text)
}

fn of(uid: Option<&str>, generation: Option<i64>) -> Option<String> {
    Some(format!("{}@{}", uid?, generation?))
}

/// A Workflow of which nobody has found yet what there is to say, and all that decides.
pub(super) struct Unjudged {
    name: String,
    of: String,
    workflow: Workflow,
    schedule: Option<TenantSchedule>,
    directories: BTreeMap<String, Directory>,
}

impl Unjudged {
    /// The Workflow of that name, if there is something to compile.
    pub fn of(cache: &Cache, name: &str) -> Option<Self> {
        let workflow = cache.workflow(name).filter(|workflow| has_patterns(workflow))?;
        let of = identity(cache, workflow).filter(|of| !cache.judged().is_known(name, of))?;
        let directory = tenant(cache).directory_name(workflow.spec.directory.as_deref()).and_then(|name| cache.directory(name));
        let directories = directory.map(|directory| (directory.name_any(), directory.clone()));
        Some(Self {
            name: name.to_owned(),
            of,
            workflow: workflow.clone(),
            schedule: cache.schedule().cloned(),
            directories: directories.into_iter().collect(),
        })
    }

    /// Finds it, which may take a while, and says so.
    pub fn judge(self, judged: &Verdicts) {
        let referents = Referents { schedule: self.schedule.as_ref().map(|schedule| &schedule.spec), directories: &self.directories };
        let verdict = validate::judge(&self.workflow.spec, &referents);
        judged.note(&self.name, self.of, verdict);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::validate::MAX_TENANT_PATTERNS;
    use crate::reconcile::Seen;

    fn workflow(name: &str, generation: i64, created: &str, rule: &str) -> Workflow {
        let object = json!({
            "apiVersion": "tenure.dev/v1alpha1", "kind": "Workflow",
            "metadata": {"name": name, "uid": name, "generation": generation, "creationTimestamp": created},
            "spec": {
                "category": "leaver", "tasks": [],
                "executionConditions": {"scope": {"rule": rule}, "trigger": {"timeBasedAttribute": {"attribute": "employeeLeaveDateTime"}}},
            },
        });
        serde_json::from_value(object).expect("a Workflow")
    }

    const FIRST: &str = "2026-01-01T00:00:00Z";
    const SECOND: &str = "2026-01-02T00:00:00Z";

    #[test]
    fn a_rule_is_compiled_once_for_each_version_also_one_that_cannot_be_used() {
        let mut cache = Cache::default();
        let patterns = "matches(city, 'x')";
        for rule in [patterns, "matches(city, '(')"] {
            let object = workflow("a", 1, FIRST, rule);
            cache.put(Seen::from(object.clone()));
            let unjudged = Unjudged::of(&cache, "a").expect("nobody has looked");
            unjudged.judge(cache.judged());
            assert!(Unjudged::of(&cache, "a").is_none(), "{rule}");
            // What is remembered is said again, also were it not so.
            let other = Verdict { problems: Vec::new(), pattern_bytes: 3 };
            cache.judged().note("a", identity(&cache, &object).expect("an identity"), other);
            assert_eq!((problems(&cache, &object), cache.judged().pattern_bytes("a")), (Vec::new(), 3), "{rule}");
            // Another version is looked at.
            let changed = workflow("a", 2, FIRST, rule);
            cache.put(Seen::from(changed.clone()));
            assert!(Unjudged::of(&cache, "a").is_some() && !problems(&cache, &changed).is_empty(), "{rule}: there is no Directory");
            cache.forget(crate::reconcile::SeenKind::Workflow, "a");
            assert_eq!(cache.judged().pattern_bytes("a"), 0);
        }
        cache.put(Seen::from(workflow("a", 1, FIRST, "city eq 'x'")));
        assert!(Unjudged::of(&cache, "a").is_none(), "nothing to compile");
    }

    #[test]
    fn who_came_last_has_no_room() {
        let mut cache = Cache::default();
        let (old, new) = (workflow("z", 1, FIRST, "matches(city, 'x')"), workflow("a", 1, SECOND, "matches(city, 'y')"));
        for object in [&old, &new] {
            cache.put(Seen::from(object.clone()));
        }
        let large = Verdict { problems: Vec::new(), pattern_bytes: MAX_TENANT_PATTERNS };
        for (object, verdict) in [(&old, large), (&new, Verdict { problems: Vec::new(), pattern_bytes: 1 })] {
            cache.judged().note(&object.name_any(), identity(&cache, object).expect("an identity"), verdict);
        }
        let said = |object: &Workflow| (problems(&cache, object).len(), is_without_room(&cache, object));
        assert_eq!((said(&old), said(&new)), ((0, false), (1, true)));
    }
}
