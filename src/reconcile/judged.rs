//! What there is to say of Workflows, remembered: a rule is compiled once for each version of what decides, also one that cannot be
//! used, and where somebody waits for the loop, beside it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use kube::ResourceExt as _;

use super::cache::Cache;
use super::verdicts::Verdicts;
use crate::api::{Directory, TenantSchedule, Workflow};
use crate::domain::applicants::{Bytes, without_room};
use crate::domain::names;
use crate::domain::validate::{self, MAX_TENANT_PATTERNS, Problem, Referents, Verdict};

/// What Workflows refer to.
pub(super) fn tenant(cache: &Cache) -> Referents<'_> {
    Referents { schedule: cache.schedule().map(|schedule| &schedule.spec), directories: cache.directories() }
}

/// Everything that keeps a Workflow from being Ready in its tenant.
pub(super) fn problems(cache: &Cache, workflow: &Workflow) -> Vec<Problem> {
    let mut problems = verdict(cache, workflow, beside(cache).as_deref()).problems;
    if is_without_room(cache, workflow) {
        problems.push(validate::no_room_for_patterns());
    }
    problems
}

/// Bytes that the regular expressions of the Workflow take, where it may be evaluated.
pub(super) fn pattern_bytes(cache: &Cache, workflow: &Workflow) -> Option<usize> {
    let takes = || verdict(cache, workflow, beside(cache).as_deref()).pattern_bytes;
    (workflow.spec.is_enabled && has_patterns(workflow)).then(takes).filter(|bytes| *bytes > 0)
}

/// What is wrong with a Workflow for which the head has no place, or for whose Directory it has none.
pub(super) fn placeless(cache: &Cache, workflow: &Workflow) -> Vec<Problem> {
    let directory = tenant(cache).directory_name(workflow.spec.directory.as_deref()).filter(|name| cache.is_directory_placeless(name));
    let own = cache.is_workflow_placeless(&workflow.name_any()).then(names::workflow_problem);
    own.into_iter().chain(directory.map(names::problem_of_its_directory)).collect()
}

/// What it writes and may not.
pub(super) fn unlisted(cache: &Cache, workflow: &Workflow) -> Vec<Problem> {
    validate::authority_problems(&workflow.name_any(), &workflow.spec, &tenant(cache), cache.readers())
}

/// Whether there is no room for the rule beside those of others.
pub(super) fn is_without_room(cache: &Cache, workflow: &Workflow) -> bool {
    has_patterns(workflow) && cache.roomless(|| roomless(cache)).contains(&workflow.name_any())
}

/// The Workflows for whose rules there is no room. Nothing is taken by those that cannot work whatever room there is: evaluations
/// leave them out, too.
fn roomless(cache: &Cache) -> BTreeSet<String> {
    let beside = beside(cache);
    let mut wants = BTreeMap::new();
    let mut there = Vec::new();
    for workflow in cache.workflows().filter(|workflow| workflow.spec.is_enabled && has_patterns(workflow)) {
        let Verdict { problems, pattern_bytes } = verdict(cache, workflow, beside.as_deref());
        let is_sound = problems.is_empty() && placeless(cache, workflow).is_empty() && unlisted(cache, workflow).is_empty();
        if let Some((applicant, has)) = validate::rule_applicant(workflow).filter(|_| is_sound) {
            wants.insert(applicant.name, (has, pattern_bytes));
            there.push(applicant);
        }
    }
    let mut room = Bytes::new(MAX_TENANT_PATTERNS);
    let without = without_room(there, |applicant| {
        let (has, wants) = wants.get(applicant.name).copied().unwrap_or_default();
        room.give(applicant, has, wants)
    });
    without.into_iter().map(str::to_owned).collect()
}

/// What was found of the Workflow, or is found now: its rule is compiled then.
fn verdict(cache: &Cache, workflow: &Workflow, beside: Option<&str>) -> Verdict {
    let name = workflow.name_any();
    let find = || validate::judge(&workflow.spec, &tenant(cache));
    let Some(of) = beside.and_then(|beside| identity(workflow, beside)) else { return find() };
    cache.judged().get(&name, &of).unwrap_or_else(|| {
        let verdict = find();
        cache.judged().note(&name, of, verdict.clone());
        verdict
    })
}

/// Whether the rule may have a regular expression: everything else is found in no time.
pub(super) fn has_patterns(workflow: &Workflow) -> bool {
    let scope = workflow.spec.execution_conditions.as_ref().and_then(|conditions| conditions.scope.as_ref());
    scope.and_then(|scope| scope.rule.as_deref()).is_some_and(|rule| rule.contains("matches"))
}

/// Which version of the Workflow and of everything else that decides there is; none for objects that no API server has seen.
fn identity(workflow: &Workflow, beside: &str) -> Option<String> {
    Some(format!("{}{beside}", of(workflow.metadata.uid.as_deref(), workflow.metadata.generation)?))
}

/// Which versions there are of what decides about all Workflows.
fn beside(cache: &Cache) -> Option<String> {
    let mut text = String::new();
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
        let of = identity(workflow, &beside(cache)?).filter(|of| !cache.judged().is_known(name, of))?;
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

    fn identity_of(cache: &Cache, workflow: &Workflow) -> Option<String> {
        identity(workflow, &beside(cache)?)
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
            cache.judged().note("a", identity_of(&cache, &object).expect("an identity"), other);
            assert_eq!((problems(&cache, &object), pattern_bytes(&cache, &object)), (Vec::new(), Some(3)), "{rule}");
            // Another version is looked at.
            let changed = workflow("a", 2, FIRST, rule);
            cache.put(Seen::from(changed.clone()));
            assert!(Unjudged::of(&cache, "a").is_some() && !problems(&cache, &changed).is_empty(), "{rule}: there is no Directory");
            cache.forget(crate::reconcile::SeenKind::Workflow, "a");
            assert!(cache.judged().get("a", &identity_of(&cache, &changed).expect("an identity")).is_none(), "{rule}");
        }
        cache.put(Seen::from(workflow("a", 1, FIRST, "city eq 'x'")));
        assert!(Unjudged::of(&cache, "a").is_none(), "nothing to compile");
    }

    /// What a Workflow was looked at with: its category, the bytes that its rule takes, and those that its status says it has.
    type Row<'a> = (&'a str, &'a str, usize, Option<usize>);

    #[test]
    fn who_has_no_room_for_its_rule_is_said() {
        const HALF: usize = MAX_TENANT_PATTERNS / 2;
        // (what, the Workflows from the first that was made to the last, those without room)
        let rows: &[(&str, &[Row<'_>], &[&str])] = &[
            ("who came last", &[("z", "mover", HALF, None), ("a", "mover", HALF + 1, None)], &["a"]),
            (
                "an older mover grows after a younger leaver is in force",
                &[("a", "mover", HALF + 1, Some(1)), ("z", "leaver", HALF, Some(HALF))],
                &["a"],
            ),
            ("a leaver comes before a mover who is new", &[("a", "mover", HALF + 1, None), ("z", "leaver", HALF, None)], &["a"]),
            ("and after one who is in force", &[("a", "leaver", HALF + 1, None), ("z", "mover", HALF, Some(HALF))], &["a"]),
        ];
        for (what, there, expected) in rows {
            let mut cache = directory();
            let mut objects = Vec::new();
            for ((name, category, wants, has), created) in there.iter().zip([FIRST, SECOND]) {
                let mut object = workflow(name, 1, created, &format!("matches(city, '{name}')"));
                object.spec.category = serde_json::from_value(json!(category)).expect("a category");
                object.spec.directory = Some("people".to_owned());
                object.status = serde_json::from_value(json!({"patternBytes": has})).expect("a status");
                cache.put(Seen::from(object.clone()));
                objects.push((object, *wants));
            }
            for (object, wants) in &objects {
                let verdict = Verdict { problems: Vec::new(), pattern_bytes: *wants };
                cache.judged().note(&object.name_any(), identity_of(&cache, object).expect("an identity"), verdict);
            }
            let said = |object: &Workflow| (problems(&cache, object).len(), is_without_room(&cache, object));
            let without = objects.iter().filter(|(object, _)| said(object) == (1, true)).map(|(object, _)| object.name_any());
            assert_eq!(without.collect::<Vec<_>>(), *expected, "{what}");
            let with = objects.iter().filter(|(object, _)| said(object) == (0, false)).count();
            assert_eq!(with + expected.len(), objects.len(), "{what}");
        }
    }

    #[test]
    fn who_cannot_work_takes_no_room() {
        let mut cache = directory();
        let (old, new) = (workflow("z", 1, FIRST, "matches(city, 'x')"), workflow("a", 1, SECOND, "matches(city, 'y')"));
        for (object, is_sound) in [(&old, false), (&new, true)] {
            cache.put(Seen::from(object.clone()));
            let problems = if is_sound { Vec::new() } else { vec![validate::no_room_for_patterns()] };
            let verdict = Verdict { problems, pattern_bytes: MAX_TENANT_PATTERNS };
            cache.judged().note(&object.name_any(), identity_of(&cache, object).expect("an identity"), verdict);
        }
        assert_eq!((is_without_room(&cache, &old), is_without_room(&cache, &new)), (false, false));
    }

    fn directory() -> Cache {
        let object = json!({
            "apiVersion": "tenure.dev/v1alpha1", "kind": "Directory",
            "metadata": {"name": "people", "uid": "d", "generation": 1}, "spec": {"embedded": {}},
        });
        let mut cache = Cache::default();
        cache.put(Seen::from(serde_json::from_value::<Directory>(object).expect("a Directory")));
        cache
    }
}
