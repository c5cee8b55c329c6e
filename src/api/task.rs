//! One task of a workflow: a union of the 31 task definitions with typed arguments.

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What to do when it is not known whether an effect that cannot be repeated harmlessly took place.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub enum OnUncertain {
    /// Do it again: at least once.
    #[default]
    Repeat,
    /// Do not do it again and go on: at most once.
    Skip,
    /// Do not do it again; the task fails.
    Fail,
}

/// A task without arguments.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct NoArguments {}

/// Whom a mail goes to and what it says; without arguments the default text in the recipient's language.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EmailArguments {
    /// Recipients instead of the task's own: User, Manager, Sponsors, the name of a User, an address with @, or an attribute
    /// of the subject that holds addresses, such as {{user.otherMails}}.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 20), inner(length(min = 1, max = 320)))]
    pub to: Vec<String>,
    /// Copies, named as in to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 20), inner(length(min = 1, max = 320)))]
    pub cc: Vec<String>,
    /// Subject with variables such as {{user.displayName}}; tenure variables lists them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 512))]
    pub custom_subject: Option<String>,
    /// Text with variables, \n for a line break and the tags b, i, u and a.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 16384))]
    pub custom_body: Option<String>,
    /// Language tag such as en-us; overrides the recipient's preferredLanguage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 2, max = 35))]
    pub locale: Option<String>,
}

/// A temporary access pass, mailed to the manager.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TemporaryAccessPassArguments {
    /// How long the pass is valid, in minutes.
    #[serde(default = "eight_hours")]
    #[schemars(range(min = 10, max = 43200))]
    pub lifetime_minutes: i32,
    /// Whether the pass works once only.
    #[serde(default = "yes")]
    pub is_usable_once: bool,
    /// Recipients instead of the manager, as in other mails.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 20), inner(length(min = 1, max = 320)))]
    pub to: Vec<String>,
    /// Copies, named as in to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 20), inner(length(min = 1, max = 320)))]
    pub cc: Vec<String>,
    /// Subject with variables.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 512))]
    pub custom_subject: Option<String>,
    /// Text with variables; the pass stands only where {{temporaryAccessPass}} is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 16384))]
    pub custom_body: Option<String>,
    /// Language tag such as en-us.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 2, max = 35))]
    pub locale: Option<String>,
}

fn eight_hours() -> i32 {
    480
}

fn yes() -> bool {
    true
}

/// An access package and the policy to request it by.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AccessPackageRequestArguments {
    /// The access package.
    #[schemars(length(min = 1, max = 253))]
    pub access_package_id: String,
    /// The assignment policy of the package.
    #[schemars(length(min = 1, max = 253))]
    pub assignment_policy_id: String,
}

/// One access package.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AccessPackageArguments {
    /// The access package.
    #[schemars(length(min = 1, max = 253))]
    pub access_package_id: String,
}

/// When assignments end.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AccessPackageExpiryArguments {
    /// Days until the assignments end; 0 ends them at once.
    #[serde(default)]
    #[schemars(range(min = 0, max = 3660))]
    pub days_until_expiration: i32,
}

/// Licences by their SKU id.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct LicensesArguments {
    /// SKU ids.
    #[schemars(length(min = 1, max = 100), inner(length(min = 1, max = 253)))]
    pub licenses: Vec<String>,
}

/// Groups by name.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct GroupsArguments {
    /// Group names in the directory; embedded: names of Group objects.
    #[schemars(length(min = 1, max = 100), inner(length(min = 1, max = 253)))]
    pub groups: Vec<String>,
}

/// Teams by name.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct TeamsArguments {
    /// Names of the groups underneath the teams.
    #[schemars(length(min = 1, max = 100), inner(length(min = 1, max = 253)))]
    pub teams: Vec<String>,
}

/// A new value of one attribute.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct AttributeUpdate {
    /// The attribute, for example department or onPremisesExtensionAttributes/extensionAttribute1.
    #[schemars(length(min = 1, max = 128))]
    pub attribute: String,
    /// The value; empty clears; system.now is the time at which the task runs. It may have the variables of mails, such as
    /// ZZ {{user.displayName}}: they stand for what was there before the run (tenure variables lists them).
    #[serde(default)]
    #[schemars(length(max = 1024))]
    pub value: String,
}

/// Attributes to write.
#[derive(Clone, Debug, Deserialize, Eq, KubeSchema, PartialEq, Serialize)]
pub struct AttributesArguments {
    /// At most 10 updates, one an attribute.
    #[schemars(length(min = 1, max = 10))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["attribute".into()]))]
    pub attributes: Vec<AttributeUpdate>,
}

/// The extension to call.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct ExtensionArguments {
    /// Name of a CustomTaskExtension in this namespace.
    #[schemars(length(min = 1, max = 63))]
    pub extension: String,
}

/// Declares the task union once: the struct members, the enum that code matches on and the look-ups between them.
macro_rules! tasks {
    ($( $(#[$doc:meta])* $field:ident / $wire:literal / $variant:ident ( $arguments:ty ) ),+ $(,)?) => {
        /// One step of a workflow: a name, how to go on after failures, and exactly one task.
        #[derive(Clone, Debug, Default, Deserialize, Eq, KubeSchema, PartialEq, Serialize)]
        #[serde(rename_all = "camelCase")]
        // The members that are set are counted: the three that have defaults, those of the four others that are there, and
        // one task. The API server makes a map of all members for each has(), and there would be one for each task.
        #[x_kube(validation = Rule::new(
            "size(dyn(self)) == 4 + (has(self.name) ? 1 : 0) + (has(self.displayName) ? 1 : 0) + (has(self.description) ? 1 : 0) + (has(self.directories) ? 1 : 0)")
            .message("exactly one task must be set, for example enableUserAccount or addUserToGroups (kubectl explain wf.spec.tasks)"))]
        pub struct Task {
            /// Unique in the workflow; results are kept by it.
            #[schemars(length(min = 1, max = 63), regex(pattern = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"))]
            pub name: String,
            /// Name for people; changing it makes no new version.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            #[schemars(length(min = 1, max = 128))]
            pub display_name: Option<String>,
            /// Text for people; changing it makes no new version.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            #[schemars(length(max = 1024))]
            pub description: Option<String>,
            /// false: the task is skipped.
            #[serde(default = "yes")]
            pub is_enabled: bool,
            /// true: the next task runs although this one failed.
            #[serde(default)]
            pub continue_on_error: bool,
            /// Mail and extensions: what to do when a crash left it open whether the effect took place.
            #[serde(default)]
            pub on_uncertain: OnUncertain,
            /// Account, access and credential tasks: further Directories to act on, found through the correlation attribute.
            #[serde(default, skip_serializing_if = "Vec::is_empty")]
            #[schemars(length(max = 10), inner(length(min = 1, max = 63)))]
            pub directories: Vec<String>,
            // One is set and thirty are not: side by side they would take two kilobytes of every task that is kept.
            $(
                $(#[$doc])*
                #[serde(default, skip_serializing_if = "Option::is_none")]
                pub $field: Option<Box<$arguments>>,
            )+
        }

        /// The task of a [`Task`], for exhaustive matches.
        #[derive(Clone, Copy, Debug)]
        pub enum Action<'a> {
            $( $(#[$doc])* $variant(&'a $arguments), )+
        }

        impl Action<'_> {
            /// The member's name, as in manifests and in the catalogue.
            #[must_use]
            pub fn name(&self) -> &'static str {
                match self { $( Self::$variant(_) => $wire, )+ }
            }
        }

        impl Task {
            /// The one task that is set; none for an object that the schema would refuse.
            #[must_use]
            pub fn action(&self) -> Option<Action<'_>> {
                $( if let Some(arguments) = &self.$field { return Some(Action::$variant(arguments)); } )+
                None
            }
        }

        /// Names of all members, in the order of the task numbers.
        pub const MEMBERS: [&str; 31] = [ $( $wire ),+ ];
    };
}

tasks! {
    /// Mails a welcome to the new hire. Joiner.
    send_welcome_email / "sendWelcomeEmail" / SendWelcomeEmail(EmailArguments),
    /// Reminds the manager of the new hire's onboarding. Joiner.
    send_onboarding_reminder_email / "sendOnboardingReminderEmail" / SendOnboardingReminderEmail(EmailArguments),
    /// Makes a temporary access pass and mails it to the manager. Joiner.
    generate_temporary_access_pass / "generateTemporaryAccessPass" / GenerateTemporaryAccessPass(TemporaryAccessPassArguments),
    /// Mails the manager about the move. Mover.
    send_email_to_manager_about_move / "sendEmailToManagerAboutMove" / SendEmailToManagerAboutMove(EmailArguments),
    /// Requests an access package. Joiner, mover.
    request_access_package_assignment / "requestAccessPackageAssignment" / RequestAccessPackageAssignment(AccessPackageRequestArguments),
    /// Assigns licences; the subject needs usageLocation. Joiner, mover.
    assign_licenses / "assignLicenses" / AssignLicenses(LicensesArguments),
    /// Adds the subject to groups. Joiner, leaver, mover.
    add_user_to_groups / "addUserToGroups" / AddUserToGroups(GroupsArguments),
    /// Adds the subject to teams. Joiner, leaver, mover.
    add_user_to_teams / "addUserToTeams" / AddUserToTeams(TeamsArguments),
    /// Writes attributes. Joiner, leaver, mover.
    update_user_attributes / "updateUserAttributes" / UpdateUserAttributes(AttributesArguments),
    /// Enables the account. Joiner, leaver.
    enable_user_account / "enableUserAccount" / EnableUserAccount(NoArguments),
    /// Calls an extension. Joiner, leaver, mover.
    run_custom_task_extension / "runCustomTaskExtension" / RunCustomTaskExtension(ExtensionArguments),
    /// Disables the account. Leaver.
    disable_user_account / "disableUserAccount" / DisableUserAccount(NoArguments),
    /// Removes the subject from the named groups. Joiner, leaver, mover.
    remove_user_from_groups / "removeUserFromGroups" / RemoveUserFromGroups(GroupsArguments),
    /// Removes the subject from every group that is not managed elsewhere. Leaver.
    remove_user_from_all_groups / "removeUserFromAllGroups" / RemoveUserFromAllGroups(NoArguments),
    /// Removes the subject from the named teams. Joiner, leaver, mover.
    remove_user_from_teams / "removeUserFromTeams" / RemoveUserFromTeams(TeamsArguments),
    /// Removes the subject from every team that is not managed elsewhere. Leaver.
    remove_user_from_all_teams / "removeUserFromAllTeams" / RemoveUserFromAllTeams(NoArguments),
    /// Removes the assignment of one access package. Leaver, mover.
    remove_access_package_assignment / "removeAccessPackageAssignment" / RemoveAccessPackageAssignment(AccessPackageArguments),
    /// Removes all access package assignments, now or later. Leaver, mover.
    remove_all_access_package_assignments / "removeAllAccessPackageAssignments" / RemoveAllAccessPackageAssignments(AccessPackageExpiryArguments),
    /// Cancels access package requests that are pending. Leaver.
    cancel_pending_access_package_requests / "cancelPendingAccessPackageRequests" / CancelPendingAccessPackageRequests(NoArguments),
    /// Removes the named licences. Leaver, mover.
    remove_licenses / "removeLicenses" / RemoveLicenses(LicensesArguments),
    /// Ends the subject's sessions. Leaver, mover.
    revoke_refresh_tokens / "revokeRefreshTokens" / RevokeRefreshTokens(NoArguments),
    /// Mails the manager about sponsorships that change. Leaver, mover.
    send_sponsorship_change_email_to_manager / "sendSponsorshipChangeEmailToManager" / SendSponsorshipChangeEmailToManager(EmailArguments),
    /// Mails the other sponsors about the change. Leaver, mover.
    send_sponsor_change_email_to_co_sponsors / "sendSponsorChangeEmailToCoSponsors" / SendSponsorChangeEmailToCoSponsors(EmailArguments),
    /// Makes the manager sponsor in the subject's place. Leaver, mover.
    transfer_sponsorships_to_manager / "transferSponsorshipsToManager" / TransferSponsorshipsToManager(NoArguments),
    /// Removes all directly assigned licences. Leaver.
    remove_all_licenses / "removeAllLicenses" / RemoveAllLicenses(NoArguments),
    /// Deletes the user softly. Leaver.
    delete_user / "deleteUser" / DeleteUser(NoArguments),
    /// Mails the manager before the last day. Leaver.
    send_email_to_manager_before_last_day / "sendEmailToManagerBeforeLastDay" / SendEmailToManagerBeforeLastDay(EmailArguments),
    /// Mails the manager on the last day. Leaver.
    send_email_on_last_day / "sendEmailOnLastDay" / SendEmailOnLastDay(EmailArguments),
    /// Mails the manager after the last day. Leaver.
    send_email_to_manager_after_last_day / "sendEmailToManagerAfterLastDay" / SendEmailToManagerAfterLastDay(EmailArguments),
    /// Mails the manager about inactivity. Leaver.
    send_inactivity_email / "sendInactivityEmail" / SendInactivityEmail(EmailArguments),
    /// Mails about the removal of a guest without sponsors. Leaver.
    send_unsponsored_guest_removal_email / "sendUnsponsoredGuestRemovalEmail" / SendUnsponsoredGuestRemovalEmail(EmailArguments),
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::definition::crds;

    #[test]
    fn the_rule_counts_every_member_that_is_no_task() {
        let workflow = crds().into_iter().find(|crd| crd.spec.names.kind == "Workflow").unwrap();
        let schema = serde_json::to_value(workflow.spec.versions[0].schema.as_ref().unwrap()).unwrap();
        let task = &schema["openAPIV3Schema"]["properties"]["spec"]["properties"]["tasks"]["items"];
        let rules = task["x-kubernetes-validations"].as_array().unwrap();
        let rule = rules.iter().find_map(|rule| rule["rule"].as_str().filter(|rule| rule.starts_with("size("))).unwrap();
        let others = task["properties"].as_object().unwrap().iter().filter(|(name, _)| !MEMBERS.contains(&name.as_str()));
        let (always, sometimes): (Vec<_>, Vec<_>) = others.partition(|(_, property)| property.get("default").is_some());
        assert!(rule.contains(&format!("== {} +", always.len() + 1)), "{rule}");
        assert_eq!(rule.matches("has(").count(), sometimes.len(), "{rule}");
        assert!(sometimes.iter().all(|(name, _)| rule.contains(&format!("has(self.{name})"))), "{rule}");
    }
}
