//! Run: one execution of one workflow version over a sealed plan of subjects.

use chrono::{DateTime, Utc};
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::conditions::{self, Condition};
use super::processing::ProcessingStatus;
use super::workflow::EffectClass;

/// The workflow, and the version of it.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct WorkflowSource {
    /// Name of the Workflow.
    #[schemars(length(min = 1, max = 36))]
    pub name: String,
    /// Number of the version; absent: the newest when the Run is planned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub version: Option<i32>,
}

/// What is executed: exactly one member.
#[derive(Clone, Debug, Deserialize, Eq, KubeSchema, PartialEq, Serialize)]
#[x_kube(validation = Rule::new("has(self.workflow)").message("exactly one of workflow must be set"))]
pub struct RunSource {
    /// A workflow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workflow: Option<WorkflowSource>,
}

/// Why a Run exists.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum ExecutionType {
    /// An evaluation found subjects that are due. Written by evaluations only.
    Scheduled,
    /// A person asked for it.
    #[default]
    OnDemand,
    /// A person wants to see what would be done; nothing is changed.
    Preview,
}

/// The subjects that the workflow's own scope, or another rule, selects.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct ScopeSubjects {
    /// A rule in place of the workflow's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 3072))]
    pub rule: Option<String>,
}

/// Which subjects of an earlier run.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum UserScope {
    /// All of them.
    AllUsers,
    /// Those that failed.
    #[default]
    FailedUsers,
}

/// Which tasks of an earlier run.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum TaskScope {
    /// All of them.
    AllTasks,
    /// Those that failed or did not run.
    #[default]
    FailedTasks,
}

/// An earlier run to process again.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Reprocess {
    /// Name of the Run.
    #[schemars(length(min = 1, max = 63))]
    pub run: String,
    /// Which subjects.
    #[serde(default)]
    pub user_scope: UserScope,
    /// Which tasks.
    #[serde(default)]
    pub task_scope: TaskScope,
}

/// Whom a Run is for: exactly one member.
#[derive(Clone, Debug, Default, Deserialize, Eq, KubeSchema, PartialEq, Serialize)]
#[x_kube(validation = Rule::new("[has(self.users), has(self.group), has(self.scope), has(self.reprocess)].filter(x, x).size() == 1")
    .message("exactly one of users, group, scope, reprocess must be set"))]
pub struct RunSubjects {
    /// Names of subjects, at most 1,000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 1000), inner(length(min = 1, max = 253)))]
    #[x_kube(merge_strategy = ListMerge::Set)]
    pub users: Option<Vec<String>>,
    /// Name of a group: its members when the Run is planned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253))]
    pub group: Option<String>,
    /// Everybody in the workflow's scope when the Run is planned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<ScopeSubjects>,
    /// Subjects of an earlier run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reprocess: Option<Reprocess>,
}

/// An earlier run whose changes are taken back.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Undo {
    /// Name of the Run.
    #[schemars(length(min = 1, max = 63))]
    pub run: String,
}

/// How urgent a Run is.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Priority {
    /// In its turn.
    #[default]
    Normal,
    /// Before everything else.
    Emergency,
}

/// One execution of one workflow version over a sealed plan of subjects.
#[derive(Clone, CustomResource, Debug, Deserialize, Eq, KubeSchema, PartialEq, Serialize)]
#[kube(
    group = "tenure.dev", version = "v1alpha1", kind = "Run", namespaced, status = "RunStatus",
    category = "tenure", derive = "PartialEq", selectable = ".spec.source.workflow.name", selectable = ".spec.executionType",
    doc = "A Run executes one version of a workflow for the subjects of its plan. Evaluations make them, or people: on demand, preview, reprocess, undo.",
    printcolumn(name = "Workflow", type_ = "string", json_path = ".spec.source.workflow.name"),
    printcolumn(name = "Type", type_ = "string", json_path = ".spec.executionType"),
    printcolumn(name = "Status", type_ = "string", json_path = ".status.processingStatus"),
    printcolumn(name = "Subjects", type_ = "integer", json_path = ".status.totalUsersCount"),
    printcolumn(name = "Failed", type_ = "integer", json_path = ".status.failedUsersCount"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"),
    validation = Rule::new("size(self.metadata.name) <= 52").message("metadata.name: at most 52 characters, because slices are named after it"),
    validation = Rule::new("oldSelf.hasValue() || self.spec.executionType == 'scheduled' || !self.metadata.name.matches('-v[0-9]+(-e[0-9]+(-a?[0-9]+)*)?$')")
        .optional_old_self(true)
        .message("metadata.name: names that end in -vN or -vN-eN are for what evaluations make"),
)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = Rule::new("self.source == oldSelf.source && self.executionType == oldSelf.executionType && has(self.subjects) == has(oldSelf.subjects) && (!has(self.subjects) || self.subjects == oldSelf.subjects) && has(self.undo) == has(oldSelf.undo) && (!has(self.undo) || self.undo == oldSelf.undo) && self.priority == oldSelf.priority && has(self.requestedBy) == has(oldSelf.requestedBy) && (!has(self.requestedBy) || self.requestedBy == oldSelf.requestedBy) && has(self.acknowledges) == has(oldSelf.acknowledges) && (!has(self.acknowledges) || self.acknowledges == oldSelf.acknowledges)")
        .message("a Run is immutable but for cancel"),
    validation = Rule::new("!oldSelf.cancel || self.cancel").message("cancel cannot be taken back").field_path(".cancel"),
    validation = Rule::new("self.executionType == 'scheduled' ? !has(self.subjects) && !has(self.undo) : has(self.subjects) != has(self.undo)")
        .message("exactly one of subjects, undo must be set, and neither for executionType scheduled"),
    validation = Rule::new("self.executionType != 'scheduled' || !has(self.acknowledges)").field_path(".acknowledges")
        .message("evaluations acknowledge nothing: what a scheduled Run may do is decided with its Workflow"),
)]
pub struct RunSpec {
    /// What is executed.
    pub source: RunSource,
    /// Why the Run exists.
    #[serde(default)]
    pub execution_type: ExecutionType,
    /// Whom it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subjects: Option<RunSubjects>,
    /// An earlier run whose changes are taken back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undo: Option<Undo>,
    /// How urgent it is.
    #[serde(default)]
    pub priority: Priority,
    /// Who asked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253))]
    pub requested_by: Option<String>,
    /// Effect classes that whoever asks accepts, of these six: mail, access, account, credential, destructive, extension. The list
    /// takes the place of the default, which is mail, access and account: name every class that is accepted. A workflow that has an
    /// enabled task of another class when the Run is planned is not executed by it, whoever has added the task meanwhile. To name
    /// credential, destructive or extension takes the right to use that class (the role use-CLASS).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 6))]
    #[x_kube(merge_strategy = ListMerge::Set)]
    pub acknowledges: Option<Vec<EffectClass>>,
    /// true: subjects that are not started are canceled; what is done stays.
    #[serde(default)]
    pub cancel: bool,
}

/// What a Run accepts that does not say.
pub const ACKNOWLEDGED: [EffectClass; 3] = [EffectClass::Mail, EffectClass::Access, EffectClass::Account];

impl RunSpec {
    /// Whether an evaluation made it.
    #[must_use]
    pub fn is_scheduled(&self) -> bool {
        self.execution_type == ExecutionType::Scheduled
    }

    /// Whether whoever asked for it accepts tasks of the class.
    #[must_use]
    pub fn accepts(&self, class: EffectClass) -> bool {
        self.acknowledges.as_deref().unwrap_or(&ACKNOWLEDGED).contains(&class)
    }
}

/// The plan of a Run, written by the evaluation. It is in force once its epoch is sealed.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RunPlan {
    /// Epoch of the evaluation that wrote it.
    pub epoch: i64,
    /// sha256: and the hash over version, subjects, occurrences and slices.
    #[schemars(length(max = 80))]
    pub hash: String,
    /// Number of the workflow version.
    pub version: i32,
    /// How many subjects.
    pub subjects: i32,
    /// How many slices.
    pub slices: i32,
    /// Subjects that count against limits: who is as every task wants them already does not.
    #[serde(default)]
    pub counted: i32,
    /// People in the workflow's scope when it was planned.
    #[serde(default)]
    pub scope: i32,
    /// The earliest due instant of its subjects: who has waited longest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_date_time: Option<DateTime<Utc>>,
    /// Why nobody was planned, where nobody was: for example AlreadyProcessed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 128))]
    pub reason: Option<String>,
}

/// How many subjects stand where.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Counts {
    /// Subjects of the plan.
    #[serde(default)]
    pub total_users_count: i32,
    /// Subjects whose tasks all succeeded.
    #[serde(default)]
    pub successful_users_count: i32,
    /// Subjects that failed or completed with errors.
    #[serde(default)]
    pub failed_users_count: i32,
    /// Subjects that were canceled.
    #[serde(default)]
    pub canceled_users_count: i32,
    /// Tasks of all subjects.
    #[serde(default)]
    pub total_tasks_count: i32,
    /// Tasks that failed.
    #[serde(default)]
    pub failed_tasks_count: i32,
    /// Tasks that did not run.
    #[serde(default)]
    pub total_unprocessed_tasks_count: i32,
}

/// One task over all subjects.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TaskReport {
    /// The task.
    #[schemars(length(min = 1, max = 63))]
    pub name: String,
    /// Subjects for whom it succeeded.
    #[serde(default)]
    pub successful_users_count: i32,
    /// Subjects for whom it failed.
    #[serde(default)]
    pub failed_users_count: i32,
    /// Subjects for whom it did not run.
    #[serde(default)]
    pub unprocessed_users_count: i32,
}

/// What one pod of the Run's Job last said about its slices.
#[derive(Clone, Debug, Deserialize, Eq, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ShardReport {
    /// Index of the pod in its Job.
    pub index: i32,
    /// Attempt that wrote it.
    pub attempt: i32,
    /// When it was written.
    pub updated_date_time: DateTime<Utc>,
    /// Subjects that have no final result.
    #[serde(default)]
    pub open_users_count: i32,
    /// Some subject had begun.
    #[serde(default)]
    pub started: bool,
    /// The attempt ended by itself.
    #[serde(default)]
    pub finished: bool,
    /// How many subjects stand where.
    pub counts: Counts,
    /// One entry a task.
    #[serde(default)]
    #[schemars(length(max = 25))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["name".into()]))]
    pub tasks: Vec<TaskReport>,
}

/// What was observed of a Run.
#[derive(Clone, Debug, Default, Deserialize, Eq, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RunStatus {
    /// The generation that was looked at last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// The plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<RunPlan>,
    /// Where the Run stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub processing_status: Option<ProcessingStatus>,
    /// Number of the newest Job; 0 before the first.
    #[serde(default)]
    pub attempt: i32,
    /// The evaluation's as-of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheduled_date_time: Option<DateTime<Utc>>,
    /// When the first subject began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_date_time: Option<DateTime<Utc>>,
    /// When the last subject was done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completed_date_time: Option<DateTime<Utc>>,
    /// Subjects of the plan.
    #[serde(default)]
    pub total_users_count: i32,
    /// Subjects whose tasks all succeeded.
    #[serde(default)]
    pub successful_users_count: i32,
    /// Subjects that failed or completed with errors.
    #[serde(default)]
    pub failed_users_count: i32,
    /// Subjects that were canceled.
    #[serde(default)]
    pub canceled_users_count: i32,
    /// Tasks of all subjects.
    #[serde(default)]
    pub total_tasks_count: i32,
    /// Tasks that failed.
    #[serde(default)]
    pub failed_tasks_count: i32,
    /// Tasks that did not run.
    #[serde(default)]
    pub total_unprocessed_tasks_count: i32,
    /// One report a task.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 25))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["name".into()]))]
    pub task_reports: Vec<TaskReport>,
    /// What the pods said, one entry a pod.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 100))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["index".into()]))]
    pub shards: Vec<ShardReport>,
    /// What was observed, one entry an aspect.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "conditions::schema")]
    pub conditions: Vec<Condition>,
}
