//! Directory: where subjects live and tasks write.

use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::conditions::{self, Condition};
use super::task::NoArguments;

/// An LDAP directory or an Active Directory.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LdapProvider {
    /// ldaps://host:port, or ldap://host:port with `StartTLS`.
    #[schemars(length(min = 8, max = 512), regex(pattern = r"^ldaps?://"))]
    pub url: String,
    /// Secret with bindDN, password, ca and allowedHosts; its name starts with tenure-.
    #[schemars(length(min = 1, max = 63), regex(pattern = r"^tenure-"))]
    pub secret_name: String,
    /// Where people are, for example ou=people,dc=example,dc=org
    #[schemars(length(min = 3, max = 512))]
    pub user_base: String,
    /// Where groups are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 3, max = 512))]
    pub group_base: Option<String>,
    /// Filter of people, for example (objectClass=inetOrgPerson)
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 3, max = 1024))]
    pub user_filter: Option<String>,
}

/// A SCIM 2.0 service.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ScimProvider {
    /// Base address, https only.
    #[schemars(length(min = 9, max = 512), regex(pattern = r"^https://"))]
    pub url: String,
    /// Secret with token and allowedHosts; its name starts with tenure-.
    #[schemars(length(min = 1, max = 63), regex(pattern = r"^tenure-"))]
    pub secret_name: String,
}

/// A Keycloak realm.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct KeycloakProvider {
    /// Base address, https only.
    #[schemars(length(min = 9, max = 512), regex(pattern = r"^https://"))]
    pub url: String,
    /// Realm.
    #[schemars(length(min = 1, max = 128))]
    pub realm: String,
    /// Secret with clientId, clientSecret and allowedHosts; its name starts with tenure-.
    #[schemars(length(min = 1, max = 63), regex(pattern = r"^tenure-"))]
    pub secret_name: String,
}

/// Type of an attribute.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum AttributeType {
    /// Text.
    String,
    /// true or false.
    Boolean,
    /// A whole number.
    Integer,
    /// A date, with or without a time.
    DateTime,
    /// Several texts.
    StringList,
}

impl AttributeType {
    /// The word in manifests.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Boolean => "boolean",
            Self::Integer => "integer",
            Self::DateTime => "dateTime",
            Self::StringList => "stringList",
        }
    }
}

/// What a date without a time of day means; default: `EndOfDay` for `employeeLeaveDateTime`, whose day is the last one of work,
/// and `StartOfDay` for all others. A date-time at 00:00:00 is a time of day like any other.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub enum DateOnly {
    /// 00:00:00 of that day.
    StartOfDay,
    /// 23:59:59 of that day.
    EndOfDay,
}

/// Who beside people may write an attribute: exactly one member.
#[derive(Clone, Debug, Default, Deserialize, Eq, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("has(self.workflow)").message("workflow must be set: it is the only kind of writer that this release knows"))]
pub struct AttributeWriter {
    /// Name of a Workflow whose tasks write the attribute. Whoever may change that Workflow decides what they write.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 36))]
    pub workflow: Option<String>,
}

/// How an attribute is read, and who may write it.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AttributeMapping {
    /// The name that workflows use.
    #[schemars(length(min = 1, max = 128))]
    pub name: String,
    /// The name in the directory; default: the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 128))]
    pub source: Option<String>,
    /// Type of the value; default: what the attribute is without a mapping, dateTime for employeeHireDate,
    /// employeeLeaveDateTime, createdDateTime and lastSuccessfulSignInDateTime, and string for what the record does not know.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub type_: Option<AttributeType>,
    /// What a date without a time of day means; the text of the type is the one that is shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date_only: Option<DateOnly>,
    /// Time zone of dates without an offset, for example Europe/Berlin; default: the person's timeZone, else the
    /// TenantSchedule's, else UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub time_zone: Option<String>,
    /// Attribute of the subject that names the time zone and counts before all others; where it is empty or names none, timeZone
    /// above.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 128))]
    pub time_zone_attribute: Option<String>,
    /// Who beside people may write the attribute, where it is one by which others decide: a date or what names its zone, manager,
    /// mail addresses, logins, the correlation attribute, userType, and what trigger or scope of a Workflow reads that deletes users
    /// or generates access passes. A Workflow that writes such an attribute and is not listed is not Ready. Dates, their zones and
    /// the manager are read from the record unless a Workflow is listed here; a temporary access pass goes to an address of the
    /// record in any case.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 20))]
    pub writers: Vec<AttributeWriter>,
}

/// Whom no task touches, whatever was approved.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct ProtectedSubjects {
    /// Names of users.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 1000), inner(length(min = 1, max = 253)))]
    pub users: Vec<String>,
    /// Names of groups whose members are protected.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 100), inner(length(min = 1, max = 253)))]
    pub groups: Vec<String>,
}

/// When an answer of the directory is not believed.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DirectoryGuards {
    /// Fewer subjects than this are taken for a broken answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 10_000_000))]
    pub minimum_subjects: Option<i32>,
    /// A directory that shrank by more percent since the last evaluation is taken for a broken answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 100))]
    pub maximum_shrink_percent: Option<i32>,
}

/// Where subjects live: exactly one provider.
#[derive(Clone, CustomResource, Debug, Deserialize, Eq, KubeSchema, PartialEq, Serialize)]
#[kube(
    group = "tenure.dev", version = "v1alpha1", kind = "Directory", namespaced, status = "DirectoryStatus",
    shortname = "dir", category = "tenure", derive = "PartialEq",
    doc = "A Directory is where subjects live and tasks write.",
    printcolumn(name = "Ready", type_ = "string", json_path = ".status.conditions[?(@.type=='Ready')].status"),
    printcolumn(name = "DataQuality", type_ = "string", json_path = ".status.conditions[?(@.type=='DataQuality')].status"),
    printcolumn(name = "Subjects", type_ = "integer", json_path = ".status.subjects"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"),
    validation = Rule::new("size(self.metadata.name) <= 63").message("metadata.name: at most 63 characters"),
)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("[has(self.embedded), has(self.ldap), has(self.activeDirectory), has(self.scim), has(self.keycloak)].filter(x, x).size() == 1")
    .message("exactly one of embedded, ldap, activeDirectory, scim, keycloak must be set"))]
pub struct DirectorySpec {
    /// User, Group and Account objects of this namespace; up to 10,000 people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub embedded: Option<NoArguments>,
    /// An LDAP directory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ldap: Option<LdapProvider>,
    /// An Active Directory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub active_directory: Option<LdapProvider>,
    /// A SCIM 2.0 service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scim: Option<ScimProvider>,
    /// A Keycloak realm.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keycloak: Option<KeycloakProvider>,
    /// How attributes are read. One that is not named here is text under its own name; employeeHireDate, employeeLeaveDateTime,
    /// createdDateTime and lastSuccessfulSignInDateTime are dates also where they are not named.
    /// One that is named without a type keeps the type that it has unnamed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 100))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["name".into()]))]
    pub attributes: Vec<AttributeMapping>,
    /// Attribute by which a person is known beyond the name: in another Directory, and when a name is given again; default
    /// employeeId. Each value is one person's; a value that two subjects share identifies neither.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 128))]
    pub correlation_attribute: Option<String>,
    /// Whom no task touches, not even one that disables a leaver: the person's result is failed, reason Protected. Work that had
    /// begun before somebody was named here is finished. Approvals that would let it through are not available yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protected: Option<ProtectedSubjects>,
    /// When an answer is not believed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guards: Option<DirectoryGuards>,
    /// Most requests at the same time; 8, if it is not said. A run of a leaver workflow works on so many people at once; runs of
    /// joiner and mover workflows share the number, by maxConcurrentRuns of the TenantSchedule, and work on one at least.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1000))]
    pub max_concurrent_requests: Option<i32>,
}

/// What was observed of a Directory.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DirectoryStatus {
    /// The generation that was looked at last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// How many subjects the last full reading had.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subjects: Option<i64>,
    /// What was observed, one entry an aspect.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "conditions::schema")]
    pub conditions: Vec<Condition>,
}
