//! Workflow: who, when, which tasks.

use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::conditions::{self, Condition};
use super::task::Task;

/// What a workflow is for. The order of the variants is the order per person: leaver before mover before joiner.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Category {
    /// Off-boarding.
    Leaver,
    /// A change of the role.
    Mover,
    /// On-boarding.
    Joiner,
}

impl Category {
    /// All categories, in the order of a person's time in the house.
    pub const ALL: [Self; 3] = [Self::Joiner, Self::Mover, Self::Leaver];

    /// The word in manifests.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Leaver => "leaver",
            Self::Mover => "mover",
            Self::Joiner => "joiner",
        }
    }
}

impl std::fmt::Display for Category {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An effect class says what a task can do to a person. mail: sends one. access: gives or takes membership, licences or packages.
/// account: enables, disables or edits the account. credential: makes or ends credentials. destructive: deletes. extension: calls
/// an extension.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum EffectClass {
    /// Sends a mail.
    Mail,
    /// Gives or takes membership, licences or packages.
    Access,
    /// Enables, disables or edits the account.
    Account,
    /// Makes or ends credentials.
    Credential,
    /// Deletes.
    Destructive,
    /// Calls an extension.
    Extension,
}

impl EffectClass {
    /// All classes, in the order in which they are shown.
    pub const ALL: [Self; 6] = [Self::Mail, Self::Access, Self::Account, Self::Credential, Self::Destructive, Self::Extension];

    /// The word in manifests.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Mail => "mail",
            Self::Access => "access",
            Self::Account => "account",
            Self::Credential => "credential",
            Self::Destructive => "destructive",
            Self::Extension => "extension",
        }
    }
}

impl std::fmt::Display for EffectClass {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Which subjects a workflow is for.
#[derive(Clone, Debug, Deserialize, Eq, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("has(self.rule) != has(self.group)").message("exactly one of rule, group must be set"))]
pub struct Scope {
    /// A rule over the subject's attributes, for example: department eq 'Marketing'
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 3072))]
    pub rule: Option<String>,
    /// Name of a group; with the trigger membershipChange, and only there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253))]
    pub group: Option<String>,
    /// Whether the rule compares text with regard to case.
    #[serde(default = "yes")]
    pub case_sensitive: bool,
}

/// Due at an instant relative to a date attribute.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TimeBasedAttributeTrigger {
    /// employeeHireDate, employeeLeaveDateTime, createdDateTime, or a date attribute that the Directory maps.
    #[schemars(length(min = 1, max = 128))]
    pub attribute: String,
    /// Days after the date; negative is before.
    #[serde(default)]
    #[schemars(range(min = -180, max = 180))]
    pub offset_in_days: i32,
    /// Time of day in the attribute's time zone, HH:MM; default: the date's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 5), regex(pattern = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"))]
    pub at: Option<String>,
}

/// Due when an attribute changes.
#[derive(Clone, Debug, Deserialize, Eq, KubeSchema, PartialEq, Serialize)]
pub struct AttributeChangeTrigger {
    /// Names of attributes. All changes of one person that are due in one evaluation are one occurrence, due when the record
    /// has been still for a minute: one form that changes three attributes is done once.
    #[schemars(length(min = 1, max = 10), inner(length(min = 1, max = 128)))]
    #[x_kube(merge_strategy = ListMerge::Set)]
    pub attributes: Vec<String>,
}

/// Which change of a membership counts.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum MembershipChangeType {
    /// The subject became a member.
    Add,
    /// The subject is no longer a member.
    Remove,
}

/// Due when the subject joins or leaves the group of the scope.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MembershipChangeTrigger {
    /// add or remove.
    pub change_type: MembershipChangeType,
}

/// What counts for who never signed in. `SinceCreated`: the days count from `createdDateTime`. Absent: they are never due.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub enum NeverSignedIn {
    /// The creation of the account.
    SinceCreated,
}

/// Due when the subject has not signed in for a while.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UserInactivityTrigger {
    /// Days since the last successful sign-in, or what counts as one.
    #[schemars(range(min = 1, max = 3650))]
    pub inactivity_period_in_days: i32,
    /// What counts for who never signed in; the text of the type is the one that is shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub never_signed_in: Option<NeverSignedIn>,
}

/// Due when a guest has too few sponsors.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GuestSponsorTrigger {
    /// A guest with fewer sponsors is due.
    #[schemars(range(min = 1, max = 5))]
    pub minimum_required_sponsors: i32,
}

/// When a workflow runs for a subject: exactly one member.
#[derive(Clone, Debug, Default, Deserialize, Eq, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("[has(self.timeBasedAttribute), has(self.attributeChange), has(self.membershipChange), has(self.userInactivity), has(self.guestSponsor)].filter(x, x).size() == 1")
    .message("exactly one of timeBasedAttribute, attributeChange, membershipChange, userInactivity, guestSponsor must be set"))]
pub struct Trigger {
    /// Relative to a date of the subject.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_based_attribute: Option<TimeBasedAttributeTrigger>,
    /// On a change of an attribute from one evaluation to the next: the first one after the Workflow was applied only
    /// notes the values. A change while the Workflow is not Ready, disabled or not scheduled is noted too, and counts
    /// afterwards for as long as the catch-up window holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attribute_change: Option<AttributeChangeTrigger>,
    /// On a change of membership in the scope's group from one evaluation to the next: the first one after the Workflow
    /// was applied only notes who is a member. A change while the Workflow is not Ready, disabled or not scheduled is
    /// noted too, and counts afterwards for as long as the catch-up window holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub membership_change: Option<MembershipChangeTrigger>,
    /// When the subject has not signed in for a while, for as long as that is so: whoever is inactive when the Workflow is
    /// scheduled is due with the first evaluation. The days count from the latest of the last sign-in, a hire date that has
    /// come, and the instant at which the account was seen to be enabled again; with a hire date ahead nobody is due.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_inactivity: Option<UserInactivityTrigger>,
    /// When a guest has too few sponsors.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guest_sponsor: Option<GuestSponsorTrigger>,
}

/// Who is due, and when.
#[derive(Clone, Debug, Deserialize, Eq, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("has(self.trigger.membershipChange) == (has(self.scope) && has(self.scope.group))")
    .message("scope.group goes with the trigger membershipChange, and only with it"))]
pub struct ExecutionConditions {
    /// Which subjects; absent: everybody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<Scope>,
    /// When.
    pub trigger: Trigger,
}

/// Bounds of one effect class.
#[derive(Clone, Debug, Deserialize, Eq, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("has(self.count) || has(self.percent)").message("count or percent must be set"))]
pub struct EffectClassLimit {
    /// The effect class.
    pub effect_class: EffectClass,
    /// Most subjects of one run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 10_000_000))]
    pub count: Option<i32>,
    /// Most subjects of one run, in percent of the people in the workflow's scope; 100 is no bound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 100))]
    pub percent: Option<i32>,
}

/// How many subjects one run may have.
#[derive(Clone, Debug, Deserialize, Eq, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("has(self.count) || has(self.percent) || has(self.byEffectClass)").message("count, percent or byEffectClass must be set"))]
pub struct ExecutionLimits {
    /// Most subjects of one run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 10_000_000))]
    pub count: Option<i32>,
    /// Most subjects of one run, in percent of the people in the workflow's scope; 100 is no bound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 100))]
    pub percent: Option<i32>,
    /// Narrower bounds for what a task can do to a person.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 6))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["effectClass".into()]))]
    pub by_effect_class: Vec<EffectClassLimit>,
}

/// Which runs wait for an Approval.
#[derive(Clone, Debug, Deserialize, Eq, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ApprovalPolicy {
    /// Runs with a task of one of these effect classes wait.
    #[schemars(length(min = 1, max = 6))]
    #[x_kube(merge_strategy = ListMerge::Set)]
    pub required_for: Vec<EffectClass>,
    /// How many different people must approve.
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = 5))]
    pub approvals: i32,
}

/// What becomes of the history when the Workflow is deleted.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub enum DeletionPolicy {
    /// History stays 30 days; until then the workflow can be restored.
    #[default]
    Retain,
    /// Results and versions go with the workflow; who was processed is remembered all the same.
    Delete,
}

fn yes() -> bool {
    true
}

fn one() -> i32 {
    1
}

/// Joiner, mover or leaver workflow: who, when, which tasks.
#[derive(Clone, CustomResource, Debug, Deserialize, Eq, KubeSchema, PartialEq, Serialize)]
#[kube(
    group = "tenure.dev", version = "v1alpha1", kind = "Workflow", namespaced, status = "WorkflowStatus",
    shortname = "wf", category = "tenure", derive = "PartialEq", selectable = ".spec.category",
    doc = "A Workflow says for whom, when and which tasks run when people join, move or leave.",
    printcolumn(name = "Category", type_ = "string", json_path = ".spec.category"),
    printcolumn(name = "Scheduled", type_ = "boolean", json_path = ".spec.isSchedulingEnabled"),
    printcolumn(name = "Version", type_ = "integer", json_path = ".status.version"),
    printcolumn(name = "Ready", type_ = "string", json_path = ".status.conditions[?(@.type=='Ready')].status"),
    printcolumn(name = "Reason", type_ = "string", json_path = ".status.conditions[?(@.type=='Ready')].reason", priority = 1),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"),
    validation = Rule::new("size(self.metadata.name) <= 36").message("metadata.name: at most 36 characters, because versions, runs and jobs are named after it"),
)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = Rule::new("!self.isSchedulingEnabled || self.isEnabled").message("isSchedulingEnabled needs isEnabled").field_path(".isSchedulingEnabled"),
    validation = Rule::new("!self.isSchedulingEnabled || has(self.executionConditions)").message("isSchedulingEnabled needs executionConditions: a workflow without them runs on demand only").field_path(".isSchedulingEnabled"),
    validation = Rule::new("self.category != 'joiner' || self.tasks.all(t, has(t.sendWelcomeEmail) || has(t.sendOnboardingReminderEmail) || has(t.generateTemporaryAccessPass) || has(t.requestAccessPackageAssignment) || has(t.assignLicenses) || has(t.addUserToGroups) || has(t.addUserToTeams) || has(t.updateUserAttributes) || has(t.enableUserAccount) || has(t.runCustomTaskExtension) || has(t.removeUserFromGroups) || has(t.removeUserFromTeams))")
        .message("a task does not allow the category joiner (tenure tasks lists the categories)").field_path(".tasks"),
    validation = Rule::new("self.category != 'mover' || self.tasks.all(t, has(t.sendEmailToManagerAboutMove) || has(t.requestAccessPackageAssignment) || has(t.assignLicenses) || has(t.addUserToGroups) || has(t.addUserToTeams) || has(t.updateUserAttributes) || has(t.runCustomTaskExtension) || has(t.removeUserFromGroups) || has(t.removeUserFromTeams) || has(t.removeAccessPackageAssignment) || has(t.removeAllAccessPackageAssignments) || has(t.removeLicenses) || has(t.revokeRefreshTokens) || has(t.sendSponsorshipChangeEmailToManager) || has(t.sendSponsorChangeEmailToCoSponsors) || has(t.transferSponsorshipsToManager))")
        .message("a task does not allow the category mover (tenure tasks lists the categories)").field_path(".tasks"),
    validation = Rule::new("self.category != 'leaver' || self.tasks.all(t, has(t.addUserToGroups) || has(t.addUserToTeams) || has(t.updateUserAttributes) || has(t.enableUserAccount) || has(t.runCustomTaskExtension) || has(t.disableUserAccount) || has(t.removeUserFromGroups) || has(t.removeUserFromAllGroups) || has(t.removeUserFromTeams) || has(t.removeUserFromAllTeams) || has(t.removeAccessPackageAssignment) || has(t.removeAllAccessPackageAssignments) || has(t.cancelPendingAccessPackageRequests) || has(t.removeLicenses) || has(t.revokeRefreshTokens) || has(t.sendSponsorshipChangeEmailToManager) || has(t.sendSponsorChangeEmailToCoSponsors) || has(t.transferSponsorshipsToManager) || has(t.removeAllLicenses) || has(t.deleteUser) || has(t.sendEmailToManagerBeforeLastDay) || has(t.sendEmailOnLastDay) || has(t.sendEmailToManagerAfterLastDay) || has(t.sendInactivityEmail) || has(t.sendUnsponsoredGuestRemovalEmail))")
        .message("a task does not allow the category leaver (tenure tasks lists the categories)").field_path(".tasks"),
    validation = Rule::new("!has(self.executionConditions) || !has(self.executionConditions.trigger.timeBasedAttribute) || (self.category == 'joiner' ? self.executionConditions.trigger.timeBasedAttribute.attribute != 'employeeLeaveDateTime' : self.category == 'leaver' ? !(self.executionConditions.trigger.timeBasedAttribute.attribute in ['employeeHireDate', 'createdDateTime']) : true)")
        .message("a joiner workflow cannot be timed by employeeLeaveDateTime, nor a leaver workflow by employeeHireDate or createdDateTime").field_path(".executionConditions.trigger.timeBasedAttribute"),
)]
pub struct WorkflowSpec {
    /// joiner, mover or leaver; immutable. It decides which tasks are allowed, and who goes first when one person has several.
    #[x_kube(validation = Rule::new("self == oldSelf").message("category is immutable: make a new Workflow"))]
    pub category: Category,
    /// Name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 128))]
    pub display_name: Option<String>,
    /// Text for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1024))]
    pub description: Option<String>,
    /// false: nothing runs, not even on demand, and what is queued is canceled.
    #[serde(default = "yes")]
    pub is_enabled: bool,
    /// true: evaluations find who is due. Needs isEnabled and executionConditions.
    #[serde(default)]
    pub is_scheduling_enabled: bool,
    /// Name of the Directory; default: the tenant's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 63))]
    pub directory: Option<String>,
    /// For whom and when; absent: on demand only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub execution_conditions: Option<ExecutionConditions>,
    /// The tasks, in the order in which they run for a subject.
    #[schemars(length(min = 1, max = 25))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["name".into()]))]
    pub tasks: Vec<Task>,
    /// How late a subject may still be processed after the due instant, for example 3d; default 3d, leaver 30d.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 2, max = 6), regex(pattern = r"^[1-9][0-9]{0,4}[mhd]$"))]
    pub catch_up_window: Option<String>,
    /// How many subjects one run may have; limits of the TenantSchedule bind it too. A scheduled run that is above either is held
    /// before its first effect, and goes on by itself once the limits are raised or fewer people are left in it; on demand the
    /// same holds above 10 subjects. Default: none, but for leaver workflows with the trigger userInactivity or guestSponsor,
    /// which are held above 50 people, or above 10 that are more than 10 % of the people in scope; whoever is already as every
    /// task wants them does not count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub execution_limits: Option<ExecutionLimits>,
    /// Which runs wait for an Approval.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval: Option<ApprovalPolicy>,
    /// What becomes of the history when the Workflow is deleted.
    #[serde(default)]
    pub deletion_policy: DeletionPolicy,
}

impl WorkflowSpec {
    /// Whether it has nothing to do: all its tasks are disabled.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.tasks.iter().all(|task| !task.is_enabled)
    }

    /// Whether evaluations are to find who is due, apart from `isEnabled`. A workflow without enabled tasks waits for some.
    #[must_use]
    pub fn is_scheduled(&self) -> bool {
        self.is_scheduling_enabled && self.execution_conditions.is_some() && !self.is_idle()
    }
}

/// What was observed of a Workflow.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WorkflowStatus {
    /// The generation that was looked at last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// Identity of the workflow; survives deletion and re-creation under the same name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 36))]
    pub lineage: Option<String>,
    /// Number of the newest version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<i32>,
    /// Name of the newest WorkflowVersion.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 63))]
    pub version_name: Option<String>,
    /// Bytes of the regular expressions of its rule, among those that the tenant's Workflows may have together; absent: it has none,
    /// or no room for them. Who has room keeps it as long as the Workflow is Ready and asks for no more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub pattern_bytes: Option<i64>,
    /// What was observed, one entry an aspect.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "conditions::schema")]
    pub conditions: Vec<Condition>,
}
