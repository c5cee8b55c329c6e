//! The table of the 31 tasks.
//!
//! The categories are those of the newest product page of Lifecycle Workflows, and its own material disagrees in three
//! places. Decided here: "Disable user account" is for leavers only (the interface definition says joiner and leaver;
//! nobody's first day needs a disabled account), "Cancel all pending access package assignment requests" is for leavers
//! only (the interface definition adds movers), and "Remove user from selected teams" is for all three (one page says
//! leavers). "Remove all access package assignments" is for leavers and movers (older pages: leavers). In each case
//! Tenure takes the newer page; a workflow that an import finds outside of these categories is reported, not bent.
//!
//! The arguments that extend enabling, disabling and deleting to an on-premises directory have no counterpart: a
//! workflow names its directories instead.

use super::{Argument, TaskDefinition};
use crate::api::{Category, EffectClass};

const JOINER: &[Category] = &[Category::Joiner];
const MOVER: &[Category] = &[Category::Mover];
const LEAVER: &[Category] = &[Category::Leaver];
const JOINER_MOVER: &[Category] = &[Category::Joiner, Category::Mover];
const JOINER_LEAVER: &[Category] = &[Category::Joiner, Category::Leaver];
const MOVER_LEAVER: &[Category] = &[Category::Mover, Category::Leaver];
const ANY: &[Category] = &Category::ALL;

const fn required(name: &'static str, description: &'static str) -> Argument {
    Argument { name, required: true, description }
}

const fn optional(name: &'static str, description: &'static str) -> Argument {
    Argument { name, required: false, description }
}

const TO: Argument = optional("to", "list of recipients instead of the task's own");
const CC: Argument = optional("cc", "list of recipients of a copy");
const SUBJECT: Argument = optional("customSubject", "subject instead of the default, with variables");
const BODY: Argument = optional("customBody", "text instead of the default, with variables and the tags b, i, u and a");
const LOCALE: Argument = optional("locale", "language tag such as en-us, instead of the recipient's language");

const NONE: &[Argument] = &[];
const MAIL: &[Argument] = &[TO, CC, SUBJECT, BODY, LOCALE];
const PASS: &[Argument] = &[
    optional("lifetimeMinutes", "minutes for which the pass is valid, 10 to 43200, default 480"),
    optional("isUsableOnce", "whether the pass works once only, default true"),
    TO,
    CC,
    SUBJECT,
    BODY,
    LOCALE,
];
const GROUPS: &[Argument] = &[required("groups", "list of groups")];
const TEAMS: &[Argument] = &[required("teams", "list of the groups underneath the teams")];
const LICENSES: &[Argument] = &[required("licenses", "list of licence (SKU) ids")];
const ATTRIBUTES: &[Argument] = &[required("attributes", "list of at most 10 {attribute, value}; an empty value clears")];
const EXTENSION: &[Argument] = &[required("extension", "name of a CustomTaskExtension of the namespace")];
const PACKAGE: &[Argument] = &[required("accessPackageId", "the access package")];
const PACKAGE_REQUEST: &[Argument] =
    &[required("accessPackageId", "the access package"), required("assignmentPolicyId", "the assignment policy of the package")];
const PACKAGE_EXPIRY: &[Argument] = &[optional("daysUntilExpiration", "days until the assignments end, 0 to 3660, default 0: at once")];

/// All task definitions, in the order of their numbers.
///
/// Not reversible are mails, extension calls and credentials, because they have left the house; the deletion of a user,
/// because a directory may keep nothing; ended sessions; and whatever goes through requests for access packages,
/// because their approval cannot be repeated on somebody's behalf.
pub static TASKS: [TaskDefinition; 31] = [
    TaskDefinition {
        number: 1,
        name: "sendWelcomeEmail",
        display_name: "Send welcome email to new hire",
        guid: "70b29d51-b59a-4773-9280-8841dfd3f2ea",
        categories: JOINER,
        effect: EffectClass::Mail,
        reversible: false,
        arguments: MAIL,
    },
    TaskDefinition {
        number: 2,
        name: "sendOnboardingReminderEmail",
        display_name: "Send onboarding reminder email",
        guid: "3c860712-2d37-42a4-928f-5c93935d26a1",
        categories: JOINER,
        effect: EffectClass::Mail,
        reversible: false,
        arguments: MAIL,
    },
    TaskDefinition {
        number: 3,
        name: "generateTemporaryAccessPass",
        display_name: "Generate Temporary Access Pass and send via email to user's manager",
        guid: "1b555e50-7f65-41d5-b514-5894a026d10d",
        categories: JOINER,
        effect: EffectClass::Credential,
        reversible: false,
        arguments: PASS,
    },
    TaskDefinition {
        number: 4,
        name: "sendEmailToManagerAboutMove",
        display_name: "Send email to notify manager of user move",
        guid: "aab41899-9972-422a-9d97-f626014578b7",
        categories: MOVER,
        effect: EffectClass::Mail,
        reversible: false,
        arguments: MAIL,
    },
    TaskDefinition {
        number: 5,
        name: "requestAccessPackageAssignment",
        display_name: "Request user access package assignment",
        guid: "c1ec1e76-f374-4375-aaa6-0bb6bd4c60be",
        categories: JOINER_MOVER,
        effect: EffectClass::Access,
        reversible: false,
        arguments: PACKAGE_REQUEST,
    },
    TaskDefinition {
        number: 6,
        name: "assignLicenses",
        display_name: "Assign licenses to user",
        guid: "683c87a4-2ad4-420b-97d4-220d90afcd24",
        categories: JOINER_MOVER,
        effect: EffectClass::Access,
        reversible: true,
        arguments: LICENSES,
    },
    TaskDefinition {
        number: 7,
        name: "addUserToGroups",
        display_name: "Add user to groups",
        guid: "22085229-5809-45e8-97fd-270d28d66910",
        categories: ANY,
        effect: EffectClass::Access,
        reversible: true,
        arguments: GROUPS,
    },
    TaskDefinition {
        number: 8,
        name: "addUserToTeams",
        display_name: "Add user to teams",
        guid: "e440ed8d-25a1-4618-84ce-091ed5be5594",
        categories: ANY,
        effect: EffectClass::Access,
        reversible: true,
        arguments: TEAMS,
    },
    TaskDefinition {
        number: 9,
        name: "updateUserAttributes",
        display_name: "Update user attributes",
        guid: "2c8f4a1b-7d3e-4f9c-8a5b-6e1d2c3f4a5b",
        categories: ANY,
        effect: EffectClass::Account,
        reversible: true,
        arguments: ATTRIBUTES,
    },
    TaskDefinition {
        number: 10,
        name: "enableUserAccount",
        display_name: "Enable user account",
        guid: "6fc52c9d-398b-4305-9763-15f42c1676fc",
        categories: JOINER_LEAVER,
        effect: EffectClass::Account,
        reversible: true,
        arguments: NONE,
    },
    TaskDefinition {
        number: 11,
        name: "runCustomTaskExtension",
        display_name: "Run a custom task extension",
        guid: "4262b724-8dba-4fad-afc3-43fcbb497a0e",
        categories: ANY,
        effect: EffectClass::Extension,
        reversible: false,
        arguments: EXTENSION,
    },
    TaskDefinition {
        number: 12,
        name: "disableUserAccount",
        display_name: "Disable user account",
        guid: "1dfdfcc7-52fa-4c2e-bf3a-e3919cc12950",
        categories: LEAVER,
        effect: EffectClass::Account,
        reversible: true,
        arguments: NONE,
    },
    TaskDefinition {
        number: 13,
        name: "removeUserFromGroups",
        display_name: "Remove user from selected groups",
        guid: "1953a66c-751c-45e5-8bfe-01462c70da3c",
        categories: ANY,
        effect: EffectClass::Access,
        reversible: true,
        arguments: GROUPS,
    },
    TaskDefinition {
        number: 14,
        name: "removeUserFromAllGroups",
        display_name: "Remove users from all groups",
        guid: "b3a31406-2a15-4c9a-b25b-a658fa5f07fc",
        categories: LEAVER,
        effect: EffectClass::Access,
        reversible: true,
        arguments: NONE,
    },
    TaskDefinition {
        number: 15,
        name: "removeUserFromTeams",
        display_name: "Remove user from selected teams",
        guid: "06aa7acb-01af-4824-8899-b14e5ed788d6",
        categories: ANY,
        effect: EffectClass::Access,
        reversible: true,
        arguments: TEAMS,
    },
    TaskDefinition {
        number: 16,
        name: "removeUserFromAllTeams",
        display_name: "Remove user from all teams",
        guid: "81f7b200-2816-4b3b-8c5d-dc556f07b024",
        categories: LEAVER,
        effect: EffectClass::Access,
        reversible: true,
        arguments: NONE,
    },
    TaskDefinition {
        number: 17,
        name: "removeAccessPackageAssignment",
        display_name: "Remove access package assignment for user",
        guid: "4a0b64f2-c7ec-46ba-b117-18f262946c50",
        categories: MOVER_LEAVER,
        effect: EffectClass::Access,
        reversible: false,
        arguments: PACKAGE,
    },
    TaskDefinition {
        number: 18,
        name: "removeAllAccessPackageAssignments",
        display_name: "Remove all access package assignments for user",
        guid: "42ae2956-193d-4f39-be06-691b8ac4fa1d",
        categories: MOVER_LEAVER,
        effect: EffectClass::Access,
        reversible: false,
        arguments: PACKAGE_EXPIRY,
    },
    TaskDefinition {
        number: 19,
        name: "cancelPendingAccessPackageRequests",
        display_name: "Cancel all pending access package assignment requests for user",
        guid: "498770d9-bab7-4e4c-b73d-5ded82a1d0b3",
        categories: LEAVER,
        effect: EffectClass::Access,
        reversible: false,
        arguments: NONE,
    },
    TaskDefinition {
        number: 20,
        name: "removeLicenses",
        display_name: "Remove selected license assignments from user",
        guid: "5fc402a8-daaf-4b7b-9203-da868b05fc5f",
        categories: MOVER_LEAVER,
        effect: EffectClass::Access,
        reversible: true,
        arguments: LICENSES,
    },
    TaskDefinition {
        number: 21,
        name: "revokeRefreshTokens",
        display_name: "Revoke all refresh tokens for user",
        guid: "509589a4-0466-4471-829e-49c5e502bdee",
        categories: MOVER_LEAVER,
        effect: EffectClass::Account,
        reversible: false,
        arguments: NONE,
    },
    TaskDefinition {
        number: 22,
        name: "sendSponsorshipChangeEmailToManager",
        display_name: "Send email to manager about sponsorship changes",
        guid: "b8c4e1f9-3a7d-4b2e-9c5f-8d6a9b1c2e3f",
        categories: MOVER_LEAVER,
        effect: EffectClass::Mail,
        reversible: false,
        arguments: MAIL,
    },
    TaskDefinition {
        number: 23,
        name: "sendSponsorChangeEmailToCoSponsors",
        display_name: "Send email to co-sponsors about sponsor changes",
        guid: "ad3b85cd-75b1-43e7-b4b9-0e52faba3944",
        categories: MOVER_LEAVER,
        effect: EffectClass::Mail,
        reversible: false,
        arguments: MAIL,
    },
    TaskDefinition {
        number: 24,
        name: "transferSponsorshipsToManager",
        display_name: "Transfer agent identity sponsorships to manager",
        guid: "b8f4c3d5-9e7a-4b1c-8f2d-6a5e8b9c7f4a",
        categories: MOVER_LEAVER,
        effect: EffectClass::Account,
        reversible: true,
        arguments: NONE,
    },
    TaskDefinition {
        number: 25,
        name: "removeAllLicenses",
        display_name: "Remove all license assignments from user",
        guid: "8fa97d28-3e52-4985-b3a9-a1126f9b8b4e",
        categories: LEAVER,
        effect: EffectClass::Access,
        reversible: true,
        arguments: NONE,
    },
    TaskDefinition {
        number: 26,
        name: "deleteUser",
        display_name: "Delete user",
        guid: "8d18588d-9ad3-4c0f-99d0-ec215f0e3dff",
        categories: LEAVER,
        effect: EffectClass::Destructive,
        reversible: false,
        arguments: NONE,
    },
    TaskDefinition {
        number: 27,
        name: "sendEmailToManagerBeforeLastDay",
        display_name: "Send email to manager before user's last day",
        guid: "52853a3e-f4e5-4eb8-bb24-1ac09a1da935",
        categories: LEAVER,
        effect: EffectClass::Mail,
        reversible: false,
        arguments: MAIL,
    },
    TaskDefinition {
        number: 28,
        name: "sendEmailOnLastDay",
        display_name: "Send email on user's last day",
        guid: "9c0a1eaf-5bda-4392-9d9e-6e155bb57411",
        categories: LEAVER,
        effect: EffectClass::Mail,
        reversible: false,
        arguments: MAIL,
    },
    TaskDefinition {
        number: 29,
        name: "sendEmailToManagerAfterLastDay",
        display_name: "Send offboarding email to user's manager after their last day",
        guid: "6f22ddd4-b3a5-47a4-a846-0d7c201a49ce",
        categories: LEAVER,
        effect: EffectClass::Mail,
        reversible: false,
        arguments: MAIL,
    },
    TaskDefinition {
        number: 30,
        name: "sendInactivityEmail",
        display_name: "Send email about user inactivity",
        guid: "92f74cb4-f1b6-4ec0-b766-96210f56edc2",
        categories: LEAVER,
        effect: EffectClass::Mail,
        reversible: false,
        arguments: MAIL,
    },
    TaskDefinition {
        number: 31,
        name: "sendUnsponsoredGuestRemovalEmail",
        display_name: "Send email about unsponsored guest removal",
        guid: "a8e4c7f2-9d1b-4a3e-b5c6-8f2e7a9d4c1b",
        categories: LEAVER,
        effect: EffectClass::Mail,
        reversible: false,
        arguments: MAIL,
    },
];
