//! The 15 workflow templates.
//!
//! Where the material of Lifecycle Workflows disagrees, the tasks and their order are those of its interface with the
//! additions of 2026: "Onboard new hire employee" enables the account first and "Real-time employee termination"
//! deletes last. "Offboard inactive users" is documented with the same tasks as its predecessor, so it has them here.
//! The mover template about sponsorship has no published default; it watches the department, as the other one does.
//! Identifiers that were never published are absent.
//!
//! Every task of a template is enabled and does not continue on error. A required argument without a default here is
//! one that the author has to choose.

use crate::api::Category;

/// Scope rule that every template with a rule-based scope starts from; it is a sample that the author replaces.
pub const SAMPLE_SCOPE_RULE: &str = "department eq 'Marketing'";

/// What starts a workflow that is made from a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DefaultTrigger {
    /// Nothing but a person: such a workflow has no execution conditions.
    OnDemand,
    /// So many days after a date attribute; negative is before.
    TimeBasedAttribute {
        /// The attribute.
        attribute: &'static str,
        /// Days, -180 to 180.
        offset_in_days: i32,
    },
    /// Any change of an attribute.
    AttributeChange {
        /// The attribute.
        attribute: &'static str,
    },
    /// The subject is added to the group of the scope.
    MembershipAdded,
    /// No successful sign-in for so many days.
    UserInactivity {
        /// Days, 1 to 3650.
        inactivity_period_in_days: i32,
    },
    /// A guest has fewer sponsors than this.
    GuestSponsor {
        /// Sponsors, at least 1.
        minimum_required_sponsors: i32,
    },
}

/// The value of a default argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value {
    /// A whole number.
    Number(i32),
    /// Yes or no.
    Flag(bool),
}

/// A default argument of a task in a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TemplateArgument {
    /// Name of the argument, as in the task's definition.
    pub name: &'static str,
    /// Its value.
    pub value: Value,
}

/// A task in a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TemplateTask {
    /// Member name of the task.
    pub task: &'static str,
    /// Arguments that have a default here.
    pub arguments: &'static [TemplateArgument],
}

/// A workflow to start from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Template {
    /// Name in kebab case, short enough for the name of a workflow.
    pub name: &'static str,
    /// Name that Lifecycle Workflows shows.
    pub display_name: &'static str,
    /// `workflowTemplate` id of Lifecycle Workflows in lower case, if it is published.
    pub guid: Option<&'static str>,
    /// Category of the workflow.
    pub category: Category,
    /// What starts it unless the author chooses otherwise.
    pub trigger: DefaultTrigger,
    /// The tasks in order of execution.
    pub tasks: &'static [TemplateTask],
}

/// The template with this name.
#[must_use]
pub fn template_by_name(name: &str) -> Option<&'static Template> {
    TEMPLATES.iter().find(|template| template.name == name)
}

const fn plain(task: &'static str) -> TemplateTask {
    TemplateTask { task, arguments: &[] }
}

const fn on_hire(offset_in_days: i32) -> DefaultTrigger {
    DefaultTrigger::TimeBasedAttribute { attribute: "employeeHireDate", offset_in_days }
}

const fn on_leave(offset_in_days: i32) -> DefaultTrigger {
    DefaultTrigger::TimeBasedAttribute { attribute: "employeeLeaveDateTime", offset_in_days }
}

const fn inactive(inactivity_period_in_days: i32) -> DefaultTrigger {
    DefaultTrigger::UserInactivity { inactivity_period_in_days }
}

const ON_DEPARTMENT: DefaultTrigger = DefaultTrigger::AttributeChange { attribute: "department" };

const ACCESS_PASS: TemplateTask = TemplateTask {
    task: "generateTemporaryAccessPass",
    arguments: &[
        TemplateArgument { name: "lifetimeMinutes", value: Value::Number(480) },
        TemplateArgument { name: "isUsableOnce", value: Value::Flag(true) },
    ],
};

const PACKAGES_END_IN_15_DAYS: TemplateTask = TemplateTask {
    task: "removeAllAccessPackageAssignments",
    arguments: &[TemplateArgument { name: "daysUntilExpiration", value: Value::Number(15) }],
};

/// All templates.
pub static TEMPLATES: [Template; 15] = [
    Template {
        name: "onboard-pre-hire",
        display_name: "Onboard pre-hire employee",
        guid: Some("77179007-8114-41b5-922e-2e22109df41f"),
        category: Category::Joiner,
        trigger: on_hire(-7),
        tasks: &[ACCESS_PASS],
    },
    Template {
        name: "onboard-new-hire",
        display_name: "Onboard new hire employee",
        guid: Some("4e06785d-7c1d-4b24-b9e1-bba2b890c58b"),
        category: Category::Joiner,
        trigger: on_hire(0),
        tasks: &[plain("enableUserAccount"), plain("sendWelcomeEmail"), plain("addUserToGroups")],
    },
    Template {
        name: "post-onboarding",
        display_name: "Post-Onboarding of an employee",
        guid: Some("dce038a6-482a-46a2-9ee0-675c5e8477b9"),
        category: Category::Joiner,
        trigger: on_hire(7),
        tasks: &[plain("addUserToGroups"), plain("addUserToTeams")],
    },
    Template {
        name: "real-time-change",
        display_name: "Real-time employee change",
        guid: Some("77a82a99-9dfb-471d-a396-107954328b7f"),
        category: Category::Mover,
        trigger: DefaultTrigger::OnDemand,
        tasks: &[plain("runCustomTaskExtension"), PACKAGES_END_IN_15_DAYS],
    },
    Template {
        name: "group-membership-change",
        display_name: "Employee group membership changes",
        guid: Some("56da3093-d105-40d4-9886-fccd074f2f2a"),
        category: Category::Mover,
        trigger: DefaultTrigger::MembershipAdded,
        tasks: &[PACKAGES_END_IN_15_DAYS, plain("removeUserFromTeams"), plain("sendEmailToManagerAboutMove")],
    },
    Template {
        name: "job-profile-change",
        display_name: "Employee job profile change",
        guid: Some("16819b2d-74e9-4fb9-9ba7-48b8a26ab11d"),
        category: Category::Mover,
        trigger: ON_DEPARTMENT,
        tasks: &[
            plain("sendEmailToManagerAboutMove"),
            PACKAGES_END_IN_15_DAYS,
            plain("removeUserFromGroups"),
            plain("removeUserFromTeams"),
            plain("requestAccessPackageAssignment"),
        ],
    },
    Template {
        name: "real-time-termination",
        display_name: "Real-time employee termination",
        guid: Some("145735f1-57cc-48c2-81ec-727f07a10096"),
        category: Category::Leaver,
        trigger: DefaultTrigger::OnDemand,
        tasks: &[plain("removeUserFromAllGroups"), plain("removeUserFromAllTeams"), plain("deleteUser")],
    },
    Template {
        name: "pre-offboarding",
        display_name: "Pre-Offboarding of an employee",
        guid: Some("25abd83d-3b5d-4d6f-bb9a-4ed366fd96b1"),
        category: Category::Leaver,
        trigger: on_leave(-7),
        tasks: &[plain("removeUserFromGroups"), plain("removeUserFromTeams")],
    },
    Template {
        name: "offboard",
        display_name: "Offboard an employee",
        guid: Some("e821c59e-d28c-44d7-902f-5fed05e926f1"),
        category: Category::Leaver,
        trigger: on_leave(0),
        tasks: &[plain("disableUserAccount"), plain("removeUserFromAllGroups"), plain("removeUserFromAllTeams")],
    },
    Template {
        name: "post-offboarding",
        display_name: "Post-Offboarding of an employee",
        guid: Some("50149a4a-7c2d-4fd8-8018-761f4eb915cb"),
        category: Category::Leaver,
        trigger: on_leave(7),
        tasks: &[plain("removeAllLicenses"), plain("removeUserFromAllTeams"), plain("deleteUser")],
    },
    Template {
        name: "pre-offboard-inactive",
        display_name: "Pre-Offboard inactive users",
        guid: None,
        category: Category::Leaver,
        trigger: inactive(90),
        tasks: &[plain("disableUserAccount"), plain("sendInactivityEmail")],
    },
    Template {
        name: "offboard-inactive",
        display_name: "Offboard inactive users",
        guid: None,
        category: Category::Leaver,
        trigger: inactive(120),
        tasks: &[plain("disableUserAccount"), plain("sendInactivityEmail")],
    },
    Template {
        name: "transition-sponsorships-leaver",
        display_name: "Transition agent sponsorships when a sponsor leaves",
        guid: None,
        category: Category::Leaver,
        trigger: on_leave(0),
        tasks: &[
            plain("sendSponsorshipChangeEmailToManager"),
            plain("sendSponsorChangeEmailToCoSponsors"),
            plain("transferSponsorshipsToManager"),
        ],
    },
    Template {
        name: "transition-sponsorships-mover",
        display_name: "Transition agent sponsorships when a sponsor changes roles",
        guid: None,
        category: Category::Mover,
        trigger: ON_DEPARTMENT,
        tasks: &[
            plain("sendSponsorshipChangeEmailToManager"),
            plain("sendSponsorChangeEmailToCoSponsors"),
            plain("transferSponsorshipsToManager"),
        ],
    },
    Template {
        name: "unsponsored-guest-cleanup",
        display_name: "Unsponsored guest cleanup",
        guid: None,
        category: Category::Leaver,
        trigger: DefaultTrigger::GuestSponsor { minimum_required_sponsors: 1 },
        tasks: &[plain("deleteUser")],
    },
];
