//! TenantKey: the secret under which a tenant's ids stand.

use kube::{CustomResource, KubeSchema};
use serde::{Deserialize, Serialize};

/// The key of a tenant: whoever has it can tell from names which ids of the ledger and the snapshot are whose.
#[derive(Clone, CustomResource, Debug, Deserialize, Eq, KubeSchema, PartialEq, Serialize)]
#[kube(
    group = "tenure.dev", version = "v1alpha1", kind = "TenantKey", namespaced, no_spec,
    shortname = "tk", category = "tenure-all", derive = "PartialEq",
    doc = "The TenantKey named default has the key of all ids of its namespace. The first evaluation writes it, only runners read it. Keep it in backups beside the TenantLedger: without it, or with another one, the tenant stands still.",
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"),
    validation = Rule::new("self.metadata.name == 'default'").message("metadata.name must be default: a namespace has one TenantKey"),
    validation = Rule::new("self.key == oldSelf.key").message("the key never changes"),
)]
#[serde(rename_all = "camelCase")]
pub struct TenantKeyData {
    /// Random key of subject ids and occurrence keys, hexadecimal.
    #[schemars(length(min = 64, max = 64))]
    pub key: String,
}
