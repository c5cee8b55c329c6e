//! Hold: a legal hold on people.

use chrono::{DateTime, Utc};
use kube::{CustomResource, KubeSchema};
use serde::{Deserialize, Serialize};

use super::workflow::EffectClass;

/// What must not be done to people while a case is open. Blocked tasks are skipped, and say so.
#[derive(Clone, CustomResource, Debug, Deserialize, Eq, KubeSchema, PartialEq, Serialize)]
#[kube(
    group = "tenure.dev",
    version = "v1alpha1",
    kind = "Hold",
    namespaced,
    category = "tenure",
    derive = "PartialEq",
    doc = "A Hold keeps tasks of some effect classes away from people while a case is open. An account can always be disabled.",
    printcolumn(name = "Case", type_ = "string", json_path = ".spec.caseRef"),
    printcolumn(name = "Blocks", type_ = "string", json_path = ".spec.blockedEffectClasses"),
    printcolumn(name = "From", type_ = "string", json_path = ".spec.from"),
    printcolumn(name = "Until", type_ = "string", json_path = ".spec.until"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp")
)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = Rule::new("!('account' in self.blockedEffectClasses)").message("account cannot be blocked: nothing may keep a leaver's account from being disabled").field_path(".blockedEffectClasses"),
    validation = Rule::new("!has(self.from) || !has(self.until) || self.from < self.until").message("from must be before until").field_path(".until"),
)]
pub struct HoldSpec {
    /// Names of the people.
    #[schemars(length(min = 1, max = 1000), inner(length(min = 1, max = 253)))]
    #[x_kube(merge_strategy = ListMerge::Set)]
    pub subjects: Vec<String>,
    /// Tasks of these effect classes are skipped: mail, access, credential, destructive, extension.
    #[schemars(length(min = 1, max = 6))]
    #[x_kube(merge_strategy = ListMerge::Set)]
    pub blocked_effect_classes: Vec<EffectClass>,
    /// Where the case is kept, for example a file number.
    #[schemars(length(min = 1, max = 253))]
    #[x_kube(validation = Rule::new("self == oldSelf").message("caseRef is immutable: make a new Hold"))]
    pub case_ref: String,
    /// First instant of the hold; absent: at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<DateTime<Utc>>,
    /// First instant after the hold; absent: until the Hold is deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<DateTime<Utc>>,
}
