//! WorkflowVersion: the immutable copy of what decides about a run.

use chrono::{DateTime, Utc};
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::task::Task;
use super::workflow::{Category, ExecutionConditions, WorkflowSpec};

/// What is versioned of a Workflow: a change of anything else mints no version.
#[derive(Clone, Debug, Deserialize, Eq, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct VersionedSpec {
    /// joiner, mover or leaver.
    pub category: Category,
    /// Name of the Directory; absent: the tenant's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 63))]
    pub directory: Option<String>,
    /// For whom and when; absent: on demand only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub execution_conditions: Option<ExecutionConditions>,
    /// The tasks, without names and texts for people.
    #[schemars(length(min = 1, max = 25))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["name".into()]))]
    pub tasks: Vec<Task>,
}

/// A version of a workflow. Written by the controller; nobody changes it.
#[derive(Clone, CustomResource, Debug, Deserialize, Eq, KubeSchema, PartialEq, Serialize)]
#[kube(
    group = "tenure.dev", version = "v1alpha1", kind = "WorkflowVersion", namespaced, status = "WorkflowVersionStatus",
    shortname = "wfv", category = "tenure", derive = "PartialEq", selectable = ".spec.workflow",
    doc = "A WorkflowVersion is an immutable copy of what decides about the runs of a Workflow. The controller writes it.",
    printcolumn(name = "Workflow", type_ = "string", json_path = ".spec.workflow"),
    printcolumn(name = "Number", type_ = "integer", json_path = ".spec.number"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"),
    validation = Rule::new("self.metadata.name.startsWith(self.spec.workflow + '-v') && self.metadata.name.substring(size(self.spec.workflow) + 2).matches('^[1-9][0-9]{0,9}$') && int(self.metadata.name.substring(size(self.spec.workflow) + 2)) == self.spec.number").message("metadata.name must be <workflow>-v<number>"),
)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("self == oldSelf").message("a WorkflowVersion is immutable"))]
pub struct WorkflowVersionSpec {
    /// Name of the Workflow.
    #[schemars(length(min = 1, max = 36))]
    pub workflow: String,
    /// 1 for the first version; numbers are never used again.
    #[schemars(range(min = 1))]
    pub number: i32,
    /// Identity of the workflow, minted with version 1.
    #[schemars(length(min = 36, max = 36))]
    pub lineage: String,
    /// v1: and the SHA-256 of the canonical JSON, defaults left out: an index for people, not the judge of equality.
    #[schemars(length(max = 80))]
    pub hash: String,
    /// The Git commit that the Workflow was applied from, if it says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 253))]
    pub git_commit: Option<String>,
    /// What is versioned.
    pub template: VersionedSpec,
}

/// What is kept beside a version so that a deleted Workflow can be restored.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WorkflowVersionStatus {
    /// The last full spec that the Workflow had.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_workflow_spec: Option<WorkflowSpec>,
    /// Since when the Workflow is gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub absent_since: Option<DateTime<Utc>>,
}
