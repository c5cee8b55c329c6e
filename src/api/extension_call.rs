//! ExtensionCall: one launched call of an extension that waits for its answer.

use chrono::{DateTime, Utc};
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What the extension says about its work: LCW's words.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum OperationStatus {
    /// It is done.
    Completed,
    /// It could not be done: the task fails.
    Failed,
}

/// The answer to a call.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ExtensionAnswer {
    /// What the extension says about its work.
    pub operation_status: OperationStatus,
    /// When it said so.
    pub received_date_time: DateTime<Utc>,
    /// The ServiceAccount that answered; absent: whoever had the token of the call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 63))]
    pub service_account: Option<String>,
}

/// One launched call. Written by a runner; the answer is added once, by whoever of the programs takes it.
#[derive(Clone, CustomResource, Debug, Deserialize, Eq, KubeSchema, PartialEq, Serialize)]
#[kube(
    group = "tenure.dev", version = "v1alpha1", kind = "ExtensionCall", namespaced, no_spec,
    category = "tenure-all", derive = "PartialEq", selectable = ".run", selectable = ".slice",
    doc = "An ExtensionCall is one launched call of a CustomTaskExtension that waits for its answer. The programs write it.",
    printcolumn(name = "Run", type_ = "string", json_path = ".run"),
    printcolumn(name = "Task", type_ = "string", json_path = ".task"),
    printcolumn(name = "Extension", type_ = "string", json_path = ".extension"),
    printcolumn(name = "Deadline", type_ = "string", json_path = ".deadline"),
    printcolumn(name = "Answer", type_ = "string", json_path = ".answer.operationStatus"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"),
    validation = Rule::new("self.run == oldSelf.run && self.slice == oldSelf.slice && self.subjectKey == oldSelf.subjectKey && self.task == oldSelf.task && self.extension == oldSelf.extension && self.launchedDateTime == oldSelf.launchedDateTime && self.deadline == oldSelf.deadline && self.tokenHash == oldSelf.tokenHash && self.allowedServiceAccounts == oldSelf.allowedServiceAccounts").message("an ExtensionCall is immutable but for its answer"),
    validation = Rule::new("!has(oldSelf.answer) || (has(self.answer) && self.answer == oldSelf.answer)").message("an answer is given once").field_path(".answer"),
    validation = Rule::new("self.launchedDateTime < self.deadline").message("deadline must be after launchedDateTime").field_path(".deadline"),
    validation = Rule::new("!has(self.answer) || !has(self.answer.serviceAccount) || self.answer.serviceAccount in self.allowedServiceAccounts").message("the ServiceAccount may not answer this call").field_path(".answer"),
)]
#[serde(rename_all = "camelCase")]
pub struct ExtensionCallData {
    /// Name of the Run.
    #[schemars(length(min = 1, max = 63))]
    pub run: String,
    /// Name of the RunSlice that holds the subject.
    #[schemars(length(min = 1, max = 63))]
    pub slice: String,
    /// Keyed id of the subject, as in the slice.
    #[schemars(length(min = 1, max = 64))]
    pub subject_key: String,
    /// The task.
    #[schemars(length(min = 1, max = 63))]
    pub task: String,
    /// Name of the CustomTaskExtension.
    #[schemars(length(min = 1, max = 63))]
    pub extension: String,
    /// When it was called.
    pub launched_date_time: DateTime<Utc>,
    /// An answer after this instant is too late: the task has failed.
    pub deadline: DateTime<Utc>,
    /// SHA-256 of the token that the call was given, hexadecimal. The token itself is kept nowhere.
    #[schemars(length(min = 64, max = 64), regex(pattern = r"^[0-9a-f]{64}$"))]
    pub token_hash: String,
    /// ServiceAccounts of this namespace that may answer as themselves.
    #[serde(default)]
    #[schemars(length(max = 10), inner(length(min = 1, max = 63)))]
    #[x_kube(merge_strategy = ListMerge::Set)]
    pub allowed_service_accounts: Vec<String>,
    /// The answer; absent: none yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<ExtensionAnswer>,
}
