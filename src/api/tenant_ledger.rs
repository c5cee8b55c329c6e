//! TenantLedger: the head of a tenant.

use chrono::{DateTime, Utc};
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::workflow::DeletionPolicy;

/// A range of epochs, both ends included.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct EpochRange {
    /// First epoch.
    pub from: i64,
    /// Last epoch.
    pub to: i64,
}

/// Since when an attribute or a group is in a workflow's trigger.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct TriggerAttribute {
    /// Attribute, or group: and the group's name.
    #[schemars(length(max = 260))]
    pub name: String,
    /// As-of of the evaluation that first found it there: a change seen before that is history.
    pub since: DateTime<Utc>,
}

/// What a tenant remembers of a workflow, by its name, also after the Workflow is gone.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WorkflowHead {
    /// Name of the Workflow.
    #[schemars(length(min = 1, max = 36))]
    pub name: String,
    /// Identity of the workflow; empty before its first version.
    #[schemars(length(max = 36))]
    pub lineage: String,
    /// Highest version number ever seen.
    pub highest_version: i32,
    /// When its scheduling was activated: nothing older is missed, it is history.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activated_at: Option<DateTime<Utc>>,
    /// The last sealed as-of at which it was Ready, scheduled and its directory fully read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_sealed_at: Option<DateTime<Utc>>,
    /// Digest of trigger, offset and zone at that evaluation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub due_rule: Option<String>,
    /// As-of of the evaluation that first found the Workflow disabled, not scheduled or gone; absent while it is scheduled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idle_since: Option<DateTime<Utc>>,
    /// What the trigger looks at for changes, and since when.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 10))]
    pub trigger: Vec<TriggerAttribute>,
    /// As-of of the evaluation that first found the Workflow gone; absent while it is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted_at: Option<DateTime<Utc>>,
    /// What becomes of its history once it is gone, as the Workflow last said.
    #[serde(default)]
    pub deletion_policy: DeletionPolicy,
}

impl WorkflowHead {
    /// Of a Workflow of which nothing else is known yet.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            lineage: String::new(),
            highest_version: 0,
            activated_at: None,
            last_sealed_at: None,
            due_rule: None,
            idle_since: None,
            trigger: Vec::new(),
            deleted_at: None,
            deletion_policy: DeletionPolicy::default(),
        }
    }
}

/// The head of a tenant: which evaluations count. Losing it stalls the tenant; it is never made anew while Runs exist.
#[derive(Clone, CustomResource, Debug, Default, Deserialize, Eq, KubeSchema, PartialEq, Serialize)]
#[kube(
    group = "tenure.dev", version = "v1alpha1", kind = "TenantLedger", namespaced, no_spec,
    shortname = "tl", category = "tenure-all", derive = "PartialEq",
    doc = "The TenantLedger named default says which evaluations of its namespace count. The programs write it; keep it in backups.",
    printcolumn(name = "Epoch", type_ = "integer", json_path = ".epoch"),
    printcolumn(name = "Sealed", type_ = "integer", json_path = ".sealedEpoch"),
    printcolumn(name = "AsOf", type_ = "date", json_path = ".asOf"),
    validation = Rule::new("self.metadata.name == 'default'").message("metadata.name must be default: a namespace has one TenantLedger"),
    validation = Rule::new("has(self.key) != has(self.keyFingerprint)").message("exactly one of key, keyFingerprint must be set"),
    validation = Rule::new("self.epoch >= oldSelf.epoch && self.sealedEpoch >= oldSelf.sealedEpoch && (has(oldSelf.keyFingerprint) ? has(self.keyFingerprint) && self.keyFingerprint == oldSelf.keyFingerprint : !has(self.key) || (has(oldSelf.key) && self.key == oldSelf.key))").message("epochs never go back, and the key never changes"),
)]
#[serde(rename_all = "camelCase")]
pub struct TenantLedgerData {
    /// The last epoch that was allocated; each belongs to one process.
    #[serde(default)]
    pub epoch: i64,
    /// The last epoch that was sealed.
    #[serde(default)]
    pub sealed_epoch: i64,
    /// Epochs that were allocated and never sealed; what they wrote does not count.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 10000))]
    pub abandoned: Vec<EpochRange>,
    /// The instant as of which the last sealed epoch was evaluated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_of: Option<DateTime<Utc>>,
    /// How long that evaluation took, in milliseconds, from the allocation of its epoch until it was sealed. The next change of
    /// a record is evaluated after ten times as long, at least 5 s and at most an hour.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub evaluation_milliseconds: Option<i64>,
    /// The instant as of which the last allocated epoch evaluates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allocated_as_of: Option<DateTime<Utc>>,
    /// When the last sealed evaluation wants another one, before the next tick: changes that must first have been still for
    /// a minute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub look_again_at: Option<DateTime<Utc>>,
    /// When the first person who is known to leave is to be off-boarded, as the last sealed evaluation saw it: of many tenants
    /// those with leavers who are due are evaluated first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_leaver_at: Option<DateTime<Utc>>,
    /// The Users as the last sealed evaluation read them; absent: it did not read them all. Whoever lists the same Users has
    /// nothing to evaluate for a change's sake.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub users: Option<UsersSeen>,
    /// UID of this object when an evaluation last wrote it: another one says that it was restored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub own_uid: Option<String>,
    /// Fingerprint of the key of subject ids and occurrence keys, which stands in the TenantKey default: another key would make
    /// everybody due again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 32, max = 64))]
    pub key_fingerprint: Option<String>,
    /// The key itself, as earlier releases wrote it here; the next evaluation moves it to the TenantKey.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 64, max = 64))]
    pub key: Option<String>,
    /// Version of the keys and digests that are written under it.
    #[serde(default = "first_version")]
    #[schemars(range(min = 1))]
    pub key_version: i32,
    /// Scheduled Runs that had not ended when the last evaluation was sealed. One that is gone by the next is made again from its
    /// slices, or its people are due again. Absent: an earlier release sealed it, and whatever was planned in the 30 days before is
    /// looked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 2000), inner(length(max = 63)))]
    pub open_runs: Option<Vec<String>>,
    /// What the last full reading of each directory found.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 100))]
    pub directories: Vec<DirectoryHead>,
    /// One entry a workflow name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 2000))]
    pub workflows: Vec<WorkflowHead>,
}

/// How many Users there are, and how new they are. No two lists of them are alike in both, unless the API server was put back
/// to an earlier state.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct UsersSeen {
    /// How many.
    #[schemars(range(min = 0))]
    pub count: i64,
    /// The newest resource version among them; 0: there are none.
    #[schemars(range(min = 0))]
    pub newest: i64,
}

impl UsersSeen {
    /// Those of these resource versions; None: one is no number, and nobody can say which is newer.
    #[must_use]
    pub fn of<'a>(versions: impl IntoIterator<Item = Option<&'a str>>) -> Option<Self> {
        versions.into_iter().try_fold(Self::default(), Self::with)
    }

    /// And another User of that resource version.
    #[must_use]
    pub fn with(self, version: Option<&str>) -> Option<Self> {
        let version: i64 = version?.parse().ok()?;
        Some(Self { count: self.count.saturating_add(1), newest: self.newest.max(version) })
    }
}

fn first_version() -> i32 {
    1
}

/// What a tenant remembers of a directory.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DirectoryHead {
    /// Name of the Directory.
    #[schemars(length(min = 1, max = 63))]
    pub name: String,
    /// How many subjects the last full reading had.
    pub subjects: i64,
    /// Attributes with values that could not be read. Such a value is unknown, and unknown never acts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 100))]
    pub unreadable: Vec<UnreadableCount>,
    /// Dates that stand for no value, such as an end in 9999: they are read as absent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 100))]
    pub fillers: Vec<UnreadableCount>,
    /// Attributes that name time zones which are none: the next zone in the order applies.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 100))]
    pub zones: Vec<UnreadableCount>,
    /// Subjects whose account remembers another correlation value than their record has, and of whom nobody has said yet
    /// whose the account is.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub name_reused: i64,
    /// Subjects whose correlation value another subject has too.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub duplicate_correlation: i64,
    /// What about the dates of subjects somebody should look at, such as a leave date that no leaver workflow covers. Nothing
    /// is decided by it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16))]
    pub date_concerns: Vec<DateConcern>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks with a reference")]
fn is_zero(number: &i64) -> bool {
    *number == 0
}

/// An attribute with such values.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct UnreadableCount {
    /// Name of the attribute.
    #[schemars(length(min = 1, max = 128))]
    pub attribute: String,
    /// How many subjects have such a value.
    pub count: i64,
}

/// Something about dates, and how often.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct DateConcern {
    /// One word for it.
    #[schemars(length(min = 1, max = 64))]
    pub reason: String,
    /// How many subjects have such dates.
    pub count: i64,
}
