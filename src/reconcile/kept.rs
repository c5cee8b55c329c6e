//! What the controller keeps of the objects that it sees, kind by kind, where that is less than the whole: there may be thousands of
//! them, and of most nobody asks again what is in them.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::{Pod, PodSpec, PodTemplateSpec};
use kube::ResourceExt as _;

use super::progress::is_complete;
use crate::api::{Run, WorkflowVersion};
use crate::domain::gate::effect_classes;

/// A Job without which pod it starts.
pub(super) fn job(job: &mut Job) {
    if let Some(spec) = &mut job.spec {
        spec.template = PodTemplateSpec::default();
    }
}

/// Of what is in a pod who it runs as.
pub(super) fn pod(pod: &mut Pod) {
    let account = pod.spec.take().and_then(|spec| spec.service_account_name);
    pod.spec = account.map(|account| PodSpec { service_account_name: Some(account), ..PodSpec::default() });
}

/// A Run without for whom it is, which may be a thousand names. Of one that is complete nobody asks for more than its counts and
/// conditions.
pub(super) fn run(run: &mut Run) {
    run.spec.subjects = None;
    let complete = is_complete(run);
    if let Some(status) = run.status.as_mut().filter(|_| complete) {
        status.shards = Vec::new();
        status.task_reports = Vec::new();
    }
}

/// The newest version of each lineage of each Workflow, of those that were seen: it is kept whole. There are as many versions as
/// Workflows were changed, and each may be as large as those.
#[derive(Clone, Debug, Default)]
pub(super) struct Newest(BTreeMap<[String; 3], (i32, String)>);

impl Newest {
    /// Takes note of a version. Gives the name of the one of its lineage that is not the newest, be it this one or that which
    /// was until now.
    pub fn note(&mut self, version: &WorkflowVersion) -> Option<String> {
        let this = (version.spec.number, version.name_any());
        let newest = self.0.entry(lineage(version)).or_insert_with(|| this.clone());
        if newest.1 == this.1 {
            *newest = this;
            None
        } else if newest.0 > this.0 {
            Some(this.1)
        } else {
            Some(std::mem::replace(newest, this).1)
        }
    }

    /// The version is gone. Those that are left stay as short as they are: who needs one of them whole reads it again.
    pub fn forget(&mut self, version: &WorkflowVersion) {
        let lineage = lineage(version);
        if self.0.get(&lineage).is_some_and(|(_, name)| *name == version.name_any()) {
            self.0.remove(&lineage);
        }
    }
}

fn lineage(version: &WorkflowVersion) -> [String; 3] {
    [version.namespace().unwrap_or_default(), version.spec.workflow.clone(), version.spec.lineage.clone()]
}

/// Takes out of a version that is not the newest what decides over no Run of it: of the tasks one of each effect class is left.
pub(super) fn older_version(version: &mut WorkflowVersion) {
    version.spec.git_commit = None;
    let template = &mut version.spec.template;
    if let Some(conditions) = &mut template.execution_conditions {
        conditions.scope = None;
    }
    let mut classes = BTreeSet::new();
    template.tasks.retain(|task| {
        let before = classes.len();
        classes.extend(effect_classes(std::slice::from_ref(task)));
        classes.len() > before
    });
    template.tasks.shrink_to_fit();
    if let Some(status) = &mut version.status {
        status.last_workflow_spec = None;
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::reconcile::Seen;
    use crate::reconcile::cache::Cache;

    fn version(number: i32, lineage: &str) -> WorkflowVersion {
        let tasks = json!([
            {"name": "off", "disableUserAccount": {}},
            {"name": "on", "enableUserAccount": {}},
            {"name": "not", "isEnabled": false, "deleteUser": {}},
            {"name": "out", "removeUserFromAllGroups": {}},
        ]);
        let conditions = json!({"scope": {"rule": "department eq 'x'"}, "trigger": {"attributeChange": {"attributes": ["mail"]}}});
        let template = json!({"category": "leaver", "executionConditions": conditions, "tasks": tasks});
        serde_json::from_value(json!({
            "apiVersion": "tenure.dev/v1alpha1",
            "kind": "WorkflowVersion",
            "metadata": {"name": format!("leave-v{number}")},
            "spec": {"workflow": "leave", "number": number, "lineage": lineage, "hash": "h", "gitCommit": "c", "template": template},
            "status": {"lastWorkflowSpec": template},
        }))
        .unwrap()
    }

    #[test]
    fn of_each_lineage_the_newest_version_is_kept_whole() {
        // (what, the numbers and lineages in the order in which they are seen, those that are whole at the end)
        type Row<'a> = (&'a str, &'a [(i32, &'a str)], &'a [i32]);
        let rows: [Row<'_>; 5] = [
            ("one after the other", &[(1, "l"), (2, "l"), (3, "l")], &[3]),
            ("in the order of their names", &[(1, "l"), (10, "l"), (2, "l")], &[10]),
            ("the newest comes first", &[(3, "l"), (1, "l")], &[3]),
            ("an old one is seen again", &[(1, "l"), (2, "l"), (1, "l"), (2, "l")], &[2]),
            ("of another lineage", &[(1, "l"), (2, "l"), (3, "m")], &[2, 3]),
        ];
        for (what, seen, expected) in rows {
            let mut cache = Cache::default();
            for (number, lineage) in seen {
                cache.put(Seen::from(version(*number, lineage)));
            }
            let mut whole: Vec<i32> = Vec::new();
            for kept in cache.versions_of("leave") {
                let WorkflowVersion { spec, status, .. } = kept;
                if *kept == version(spec.number, &spec.lineage) {
                    whole.push(spec.number);
                    continue;
                }
                assert_eq!(status.as_ref().unwrap().last_workflow_spec, None, "{what}");
                assert_eq!(spec.template.tasks.iter().map(|task| task.name.as_str()).collect::<Vec<_>>(), ["off", "out"], "{what}");
            }
            whole.sort_unstable();
            assert_eq!(whole, expected, "{what}");
        }
    }

    #[test]
    fn a_short_version_decides_as_the_whole_one() {
        let (whole, mut short) = (version(1, "l").spec, version(1, "l"));
        older_version(&mut short);
        let short = short.spec;
        assert_eq!(effect_classes(&short.template.tasks), effect_classes(&whole.template.tasks));
        assert_eq!(short.template.category, whole.template.category);
        let trigger = |spec: &crate::api::workflow_version::WorkflowVersionSpec| {
            spec.template.execution_conditions.clone().map(|conditions| conditions.trigger)
        };
        assert_eq!(trigger(&short), trigger(&whole));
    }

    #[test]
    fn after_the_newest_is_gone_the_next_one_is_kept_whole() {
        let mut cache = Cache::default();
        for number in [1, 2] {
            cache.put(Seen::from(version(number, "l")));
        }
        cache.remove(&Seen::from(version(2, "l")));
        cache.put(Seen::from(version(1, "l")));
        assert_eq!(cache.version("leave-v1"), Some(&version(1, "l")));
    }
}
