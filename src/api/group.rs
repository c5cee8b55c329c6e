//! Group: a group or team of the embedded directory.

use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What kind of group it is.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum GroupType {
    /// Gives access.
    #[default]
    Security,
    /// A team.
    Team,
}

/// Who decides about the members.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum GroupMembership {
    /// Members are assigned one by one.
    #[default]
    Assigned,
    /// Members follow from a rule elsewhere: tasks for all groups leave it alone, tasks that name it fail.
    Dynamic,
    /// Members come from another directory: as dynamic.
    Synced,
}

/// A group of the embedded directory; its members stand in the Accounts.
#[derive(Clone, CustomResource, Debug, Deserialize, Eq, KubeSchema, PartialEq, Serialize)]
#[kube(
    group = "tenure.dev",
    version = "v1alpha1",
    kind = "Group",
    namespaced,
    shortname = "grp",
    category = "tenure",
    derive = "PartialEq",
    doc = "A Group of the embedded directory. Who is a member stands in the Accounts.",
    printcolumn(name = "Display", type_ = "string", json_path = ".spec.displayName"),
    printcolumn(name = "Type", type_ = "string", json_path = ".spec.type"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp")
)]
#[serde(rename_all = "camelCase")]
pub struct GroupSpec {
    /// Name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 256))]
    pub display_name: Option<String>,
    /// Text for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1024))]
    pub description: Option<String>,
    /// security or team.
    #[serde(default, rename = "type")]
    pub type_: GroupType,
    /// Who decides about the members.
    #[serde(default)]
    pub membership: GroupMembership,
}
