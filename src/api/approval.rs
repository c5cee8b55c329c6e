//! Approval: a person's decision about one plan.

use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The plan that is decided about.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ApprovedPlan {
    /// Name of the Run.
    #[schemars(length(min = 1, max = 63))]
    pub run: String,
    /// The Run's status.plan.hash: sha256: and 64 hexadecimal digits. Another plan of the same Run needs another Approval.
    #[schemars(length(min = 71, max = 71), regex(pattern = r"^sha256:[0-9a-f]{64}$"))]
    pub plan_hash: String,
}

/// A decision.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum ApprovalDecision {
    /// The plan is carried out as soon as enough people say so.
    Approve,
    /// The plan is not carried out.
    Deny,
}

/// A person's decision about the plan of a Run that is held. Nobody changes it: who errs makes another one.
#[derive(Clone, CustomResource, Debug, Deserialize, Eq, KubeSchema, PartialEq, Serialize)]
#[kube(
    group = "tenure.dev",
    version = "v1alpha1",
    kind = "Approval",
    namespaced,
    category = "tenure",
    derive = "PartialEq",
    selectable = ".spec.for.run",
    doc = "An Approval is a person's decision about the plan of a Run that is held.",
    printcolumn(name = "Run", type_ = "string", json_path = ".spec.for.run"),
    printcolumn(name = "Decision", type_ = "string", json_path = ".spec.decision"),
    printcolumn(name = "By", type_ = "string", json_path = ".spec.approvedBy"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp")
)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = Rule::new("self == oldSelf").message("an Approval is immutable"),
    validation = Rule::new("self.decision == 'approve' || has(self.reason)").message("a denial needs a reason").field_path(".reason"),
)]
pub struct ApprovalSpec {
    /// The plan that is decided about.
    #[serde(rename = "for")]
    pub for_: ApprovedPlan,
    /// approve or deny.
    pub decision: ApprovalDecision,
    /// Who decides: the user name that the API server knows. It is not the one that asked for the Run.
    #[schemars(length(min = 1, max = 253))]
    pub approved_by: String,
    /// Why, for people who look back; required for deny.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 1024))]
    pub reason: Option<String>,
}
