//! Account: what tasks change about a person of the embedded directory.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use kube::{CustomResource, KubeSchema};
use serde::{Deserialize, Serialize};

fn yes() -> bool {
    true
}

/// The account of the User of the same name. Written by the programs, never deleted with the User, never reseeded.
#[derive(Clone, CustomResource, Debug, Deserialize, Eq, KubeSchema, PartialEq, Serialize)]
#[kube(
    group = "tenure.dev",
    version = "v1alpha1",
    kind = "Account",
    namespaced,
    shortname = "acct",
    category = "tenure",
    derive = "PartialEq",
    doc = "An Account is what tasks change about the User of the same name. The programs write it; it does not belong in Git.",
    printcolumn(name = "Enabled", type_ = "boolean", json_path = ".spec.accountEnabled"),
    printcolumn(name = "Groups", type_ = "string", json_path = ".spec.memberOf"),
    printcolumn(name = "Deleted", type_ = "date", json_path = ".spec.deletedAt"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp")
)]
#[serde(rename_all = "camelCase")]
pub struct AccountSpec {
    /// Whether the person can sign in.
    #[serde(default = "yes")]
    pub account_enabled: bool,
    /// Names of Groups.
    #[serde(default)]
    #[schemars(length(max = 1000), inner(length(min = 1, max = 253)))]
    #[x_kube(merge_strategy = ListMerge::Set)]
    pub member_of: Vec<String>,
    /// Directly assigned licences by SKU id.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 100), inner(length(min = 1, max = 253)))]
    #[x_kube(merge_strategy = ListMerge::Set)]
    pub licenses: Vec<String>,
    /// Attributes that tasks wrote; they hide those of the User. An empty value hides it as cleared.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("maxProperties" = 200), schema_with = "attribute_map")]
    pub attributes: BTreeMap<String, String>,
    /// Sponsors that a task put in place of those of the User; they hide them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 20), inner(length(min = 1, max = 253)))]
    pub sponsors: Option<Vec<String>>,
    /// Sessions that began before are ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sessions_revoked_at: Option<DateTime<Utc>>,
    /// Softly deleted at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted_at: Option<DateTime<Utc>>,
    /// By which values the person was first known: the Directory's correlationAttribute, and the value that the User had
    /// when it first had one. A User of this name with another value is another person until somebody says that it is not:
    /// nothing enables, gives or deletes, what takes away goes on (tenure account keep, tenure account release).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("maxProperties" = 16), schema_with = "correlation_map")]
    pub correlation: BTreeMap<String, String>,
    /// When somebody said that the name is another person's now, and the account began anew: what was seen and done before
    /// is not theirs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub released_at: Option<DateTime<Utc>>,
    /// When the person was first seen: createdDateTime of rules and triggers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_date_time: Option<DateTime<Utc>>,
}

/// A map of attribute names to texts of at most 1,024 characters.
#[must_use]
pub fn attribute_map(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    schemars::json_schema!({
        "type": "object",
        "maxProperties": 200,
        "additionalProperties": {"type": "string", "maxLength": 1024},
    })
}

/// A map of names of correlation attributes to values.
fn correlation_map(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    schemars::json_schema!({
        "type": "object",
        "maxProperties": 16,
        "additionalProperties": {"type": "string", "maxLength": 1024},
    })
}
