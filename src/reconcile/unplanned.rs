//! Why a Run has come to its end with nobody planned, and what whoever asked for it can do about that.

use std::collections::BTreeSet;

use super::cache::Cache;
use crate::api::reasons::Reason;
use crate::api::run::ExecutionType;
use crate::api::workflow::EffectClass;
use crate::api::{Run, RunSpec, Task};
use crate::domain::gate::effect_classes;
use crate::domain::source::Source;

/// The tasks that the Run would have executed: those of the version that it names, else of the newest. Of an older version one task
/// of each class is kept, which is what is asked here.
pub(super) fn tasks<'a>(cache: &'a Cache, run: &Run) -> &'a [Task] {
    let Some(source) = Source::of(run) else { return &[] };
    let version = match source.version() {
        Some(number) => cache.version(&source.pinned(number)),
        None => cache.versions_of(source.name()).max_by_key(|version| version.spec.number),
    };
    version.map(|version| version.spec.template.tasks.as_slice()).unwrap_or_default()
}

/// A sentence for it. `tasks` are those that the Run would have executed. Nothing of people stands in it, since an Event says it too.
pub(super) fn sentence(reason: Reason, run: &RunSpec, tasks: &[Task]) -> String {
    let why = match reason {
        Reason::NotAcknowledged => return unacknowledged(run, &effect_classes(tasks)),
        Reason::NotAvailable => not_available(run),
        Reason::WorkflowDisabled => "the Workflow is disabled; ask by a new Run once its isEnabled is true",
        Reason::VersionNotCurrent => {
            "spec.source.workflow.version is not the newest version of the Workflow; ask by a new Run without it, or with the newest"
        }
        Reason::InvalidRule => "spec.subjects.scope.rule is no rule that can be evaluated; ask by a new Run with one that is",
        _ => return "nobody was planned".to_owned(),
    };
    format!("nobody was planned: {why}")
}

/// Says which classes are missing. The Workflow may be another one by now than it was when the Run was planned.
fn unacknowledged(run: &RunSpec, needed: &BTreeSet<EffectClass>) -> String {
    let list = |classes: &[&str]| classes.join(", ");
    let missing: Vec<&str> = needed.iter().filter(|class| !run.accepts(**class)).map(|class| class.as_str()).collect();
    if missing.is_empty() {
        return "nobody was planned: the Workflow had an enabled task of a class that spec.acknowledges of the Run does not name"
            .to_owned();
    }
    let all: Vec<&str> = needed.iter().map(|class| class.as_str()).collect();
    format!(
        "nobody was planned: the Workflow has enabled tasks of {} that the Run does not acknowledge: {}; ask by a new Run with \
         spec.acknowledges: [{}]",
        if missing.len() == 1 { "a class" } else { "classes" },
        list(&missing),
        list(&all)
    )
}

fn not_available(run: &RunSpec) -> &'static str {
    if run.execution_type == ExecutionType::Preview {
        "this release does not execute Runs of executionType preview; tenure simulate shows what would be done"
    } else if run.undo.is_some() {
        "this release does not take back what an earlier Run did (spec.undo)"
    } else {
        "this release executes a Workflow for the users, the group or the scope that spec.subjects names, and not for those of an \
         earlier Run (reprocess)"
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::api::WorkflowVersion;
    use crate::reconcile::Seen;

    fn run(rest: &Value) -> RunSpec {
        let mut spec = json!({"source": {"workflow": {"name": "out"}}, "executionType": "onDemand"});
        spec.as_object_mut().expect("an object").extend(rest.as_object().cloned().expect("an object"));
        serde_json::from_value(spec).expect("a Run")
    }

    fn tasks_of(tasks: &Value) -> Vec<Task> {
        serde_json::from_value(tasks.clone()).expect("tasks")
    }

    #[test]
    fn what_is_said_of_a_run_of_nobody() {
        use Reason::{AlreadyProcessed, InvalidRule, NobodyDue, NotAcknowledged, NotAvailable, VersionNotCurrent, WorkflowDisabled};
        let (users, accepts) = (json!({"subjects": {"users": ["ann"]}}), |classes: &[&str]| json!({"acknowledges": classes}));
        let disable = || json!({"name": "disable", "disableUserAccount": {}});
        let (delete, pass) = (json!({"name": "delete", "deleteUser": {}}), json!({"name": "pass", "generateTemporaryAccessPass": {}}));
        let idle = json!({"name": "idle", "isEnabled": false, "deleteUser": {}});
        let both = json!([disable(), delete]);
        let changed = "the Workflow had an enabled task of a class that spec.acknowledges of the Run does not name";
        let rows = [
            (NobodyDue, users.clone(), both.clone(), ""),
            (AlreadyProcessed, users.clone(), both.clone(), ""),
            (
                NotAcknowledged,
                users.clone(),
                both.clone(),
                "the Workflow has enabled tasks of a class that the Run does not acknowledge: destructive; ask by a new Run with \
                 spec.acknowledges: [account, destructive]",
            ),
            (
                NotAcknowledged,
                accepts(&["destructive"]),
                both.clone(),
                "the Workflow has enabled tasks of a class that the Run does not acknowledge: account; ask by a new Run with \
                 spec.acknowledges: [account, destructive]",
            ),
            (
                NotAcknowledged,
                users.clone(),
                json!([delete, pass, disable()]),
                "the Workflow has enabled tasks of classes that the Run does not acknowledge: credential, destructive; ask by a new Run \
                 with spec.acknowledges: [account, credential, destructive]",
            ),
            (NotAcknowledged, users.clone(), json!([disable(), idle]), changed),
            (NotAcknowledged, users.clone(), json!([]), changed),
            (
                NotAvailable,
                json!({"executionType": "preview"}),
                both.clone(),
                "this release does not execute Runs of executionType preview; tenure simulate shows what would be done",
            ),
            (
                NotAvailable,
                json!({"undo": {"run": "r"}}),
                both.clone(),
                "this release does not take back what an earlier Run did (spec.undo)",
            ),
            (
                NotAvailable,
                json!({"subjects": {"reprocess": {"run": "r"}}}),
                both.clone(),
                "this release executes a Workflow for the users, the group or the scope that spec.subjects names, and not for those of an \
                 earlier Run (reprocess)",
            ),
            (WorkflowDisabled, users.clone(), both.clone(), "the Workflow is disabled; ask by a new Run once its isEnabled is true"),
            (
                VersionNotCurrent,
                users.clone(),
                both.clone(),
                "spec.source.workflow.version is not the newest version of the Workflow; ask by a new Run without it, or with the newest",
            ),
            (InvalidRule, users, both, "spec.subjects.scope.rule is no rule that can be evaluated; ask by a new Run with one that is"),
        ];
        for (reason, spec, tasks, why) in rows {
            let said = sentence(reason, &run(&spec), &tasks_of(&tasks));
            let (head, found) = said.split_once(": ").unwrap_or((said.as_str(), ""));
            assert_eq!((head, found), ("nobody was planned", why), "{reason} {spec} {tasks}");
            // Every refusal is explained, and nothing else is.
            assert_eq!(reason.refuses_a_run(), !why.is_empty(), "{reason}");
        }
    }

    #[test]
    fn whose_tasks_a_run_would_have_executed() {
        let mut cache = Cache::default();
        for (number, task) in [(1, "disableUserAccount"), (2, "deleteUser")] {
            let version: WorkflowVersion = serde_json::from_value(json!({
                "apiVersion": "tenure.dev/v1alpha1", "kind": "WorkflowVersion", "metadata": {"name": format!("out-v{number}")},
                "spec": {"workflow": "out", "number": number, "lineage": "l", "hash": "h",
                    "template": {"category": "leaver", "tasks": [{"name": "t", task: {}}]}},
            }))
            .expect("a version");
            cache.put(Seen::from(version));
        }
        let rows = [
            (json!({"workflow": {"name": "out"}}), Some("deleteUser")),
            (json!({"workflow": {"name": "out", "version": 1}}), Some("disableUserAccount")),
            (json!({"workflow": {"name": "out", "version": 3}}), None),
            (json!({"workflow": {"name": "gone"}}), None),
            (json!({}), None),
        ];
        for (source, expected) in rows {
            let run = Run::new("r", run(&json!({"source": source})));
            let found = tasks(&cache, &run).first().and_then(Task::action).map(|action| action.name());
            assert_eq!(found, expected, "{source}");
        }
    }
}
