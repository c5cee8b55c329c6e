//! What a directory can do, as data: one value a provider. A Workflow that needs what its Directory cannot do is not Ready and
//! says which task needs it, and nothing of such a task is begun where it was planned before.
//!
//! A call needs nothing of a directory, and a mail at most that it knows who sponsors whom. What this release does not do at all
//! (`change::UNAVAILABLE_TASKS`) is no matter of a directory either: it is said of every Workflow, whatever its Directory.

use super::change::{Change, GroupKind, Wanted};
use super::fault::Fault;
use super::mail::{MailKind, Meant};
use crate::api::DirectorySpec;
use crate::api::reasons::Reason;
use crate::api::workflow::ExecutionConditions;

/// Something that not every directory can do.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Capability {
    /// It enables and disables accounts.
    Enabling,
    /// It deletes users softly.
    Deletion,
    /// It keeps what tasks write into attributes.
    Attributes,
    /// It has groups, and their members can be changed.
    Groups,
    /// It knows which groups are teams.
    Teams,
    /// It has licences.
    Licences,
    /// It ends sessions.
    Sessions,
    /// It knows who sponsors whom.
    Sponsors,
    /// It takes temporary access passes.
    Passes,
    /// It knows when somebody last signed in.
    SignIns,
}

impl Capability {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Enabling,
        Self::Deletion,
        Self::Attributes,
        Self::Groups,
        Self::Teams,
        Self::Licences,
        Self::Sessions,
        Self::Sponsors,
        Self::Passes,
        Self::SignIns,
    ];

    /// What a directory without it does not do, for people.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Enabling => "enable or disable accounts",
            Self::Deletion => "delete users",
            Self::Attributes => "write attributes",
            Self::Groups => "change who is in a group",
            Self::Teams => "tell which groups are teams",
            Self::Licences => "assign or remove licences",
            Self::Sessions => "end sessions",
            Self::Sponsors => "tell who sponsors whom",
            Self::Passes => "take temporary access passes",
            Self::SignIns => "tell when somebody last signed in",
        }
    }

    /// What the task needs, if it needs anything.
    #[must_use]
    pub fn of_task(wanted: Wanted<'_>) -> Option<Self> {
        match wanted {
            Wanted::Enabled(_) => Some(Self::Enabling),
            Wanted::Deleted => Some(Self::Deletion),
            Wanted::Values(_) => Some(Self::Attributes),
            Wanted::Joined(kind, _) | Wanted::Left(kind, _) | Wanted::LeftAll(kind) => Some(match kind {
                GroupKind::Any => Self::Groups,
                GroupKind::Teams => Self::Teams,
            }),
            Wanted::Assigned(_) | Wanted::Unassigned(_) | Wanted::UnassignedAll => Some(Self::Licences),
            Wanted::Revoked => Some(Self::Sessions),
            Wanted::Transferred => Some(Self::Sponsors),
            Wanted::Pass(_) => Some(Self::Passes),
            Wanted::Told(kind, arguments) => Self::of_mail(kind, &kind.recipients(&arguments.to, &arguments.cc)),
            Wanted::Called(_) | Wanted::Unavailable(..) => None,
        }
    }

    /// What the Change needs, if it needs anything. A team is a group.
    #[must_use]
    pub fn of_change(change: &Change) -> Option<Self> {
        match change {
            Change::SetEnabled(_) => Some(Self::Enabling),
            Change::SetAttributes(_) => Some(Self::Attributes),
            Change::RevokeSessions => Some(Self::Sessions),
            Change::AddMember { .. } | Change::RemoveMember { .. } => Some(Self::Groups),
            Change::AssignLicence { .. } | Change::RemoveLicence { .. } => Some(Self::Licences),
            Change::TransferSponsorship { .. } => Some(Self::Sponsors),
            Change::IssuePass { .. } => Some(Self::Passes),
            Change::Delete => Some(Self::Deletion),
            Change::SendMail { kind, to } => Self::of_mail(*kind, to),
            Change::Call { .. } => None,
        }
    }

    fn of_mail(kind: MailKind, to: &[String]) -> Option<Self> {
        let is_sponsor = |entry: &String| matches!(kind.meant(entry, false), Meant::Sponsors | Meant::CoSponsors);
        (kind.is_of_sponsors() || to.iter().any(is_sponsor)).then_some(Self::Sponsors)
    }

    /// What trigger and scope need, each with the member that needs it.
    #[must_use]
    pub fn of_conditions(conditions: &ExecutionConditions) -> Vec<(Self, &'static str)> {
        let trigger = &conditions.trigger;
        let needs = [
            (Self::Groups, "membershipChange", trigger.membership_change.is_some()),
            (Self::SignIns, "userInactivity", trigger.user_inactivity.is_some()),
            (Self::Sponsors, "guestSponsor", trigger.guest_sponsor.is_some()),
        ];
        needs.into_iter().filter_map(|(capability, member, is_set)| is_set.then_some((capability, member))).collect()
    }
}

/// What one directory can do.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Capabilities(u16);

impl Capabilities {
    /// The embedded directory: everything that tasks and triggers ask for.
    pub const EMBEDDED: Self = Self::of(&Capability::ALL);

    /// Of a directory that can do these.
    #[must_use]
    pub const fn of(capabilities: &[Capability]) -> Self {
        let (mut all, mut index) = (0, 0);
        while index < capabilities.len() {
            all |= 1 << capabilities[index] as u16;
            index += 1;
        }
        Self(all)
    }

    /// Of the Directory, by its provider; None: it has none that this release knows, which is said of the Directory.
    #[must_use]
    pub fn of_directory(spec: &DirectorySpec) -> Option<Self> {
        spec.embedded.as_ref().map(|_| Self::EMBEDDED)
    }

    /// The same without one that a server turned out not to have.
    #[must_use]
    pub const fn without(self, capability: Capability) -> Self {
        Self(self.0 & !Self::of(&[capability]).0)
    }

    /// Whether it can do that.
    #[must_use]
    pub const fn has(self, capability: Capability) -> bool {
        self.0 & Self::of(&[capability]).0 != 0
    }

    /// Whether all of the Changes can be done.
    ///
    /// # Errors
    /// [`Fault`] says what cannot: none of them is begun then.
    pub fn check(self, changes: &[Change]) -> Result<(), Fault> {
        match changes.iter().filter_map(Capability::of_change).find(|capability| !self.has(*capability)) {
            Some(lacking) => {
                let message = format!("the directory cannot {}", lacking.words());
                Err(Fault::permanent(Reason::DirectoryIncapable, message))
            }
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use serde_json::{Value, json};

    use super::*;
    use crate::api::Task;
    use crate::api::task::MEMBERS;
    use crate::domain::change::wanted;

    /// What a task of that member needs, with these arguments.
    fn needed(member: &str, arguments: &Value) -> Option<Capability> {
        let task: Task = serde_json::from_value(json!({"name": "t", member: arguments})).expect("a task");
        Capability::of_task(wanted(&task).expect("it is one of the tasks"))
    }

    /// (the task, arguments that it must have, what it needs)
    #[rustfmt::skip] // One row a line, or nobody can read the table.
    fn tasks() -> Vec<(&'static str, Value, Option<Capability>)> {
        use Capability::{Attributes, Deletion, Enabling, Groups, Licences, Passes, Sessions, Sponsors, Teams};
        vec![
            ("enableUserAccount", json!({}), Some(Enabling)),
            ("disableUserAccount", json!({}), Some(Enabling)),
            ("deleteUser", json!({}), Some(Deletion)),
            ("updateUserAttributes", json!({"attributes": [{"attribute": "jobTitle", "value": "x"}]}), Some(Attributes)),
            ("addUserToGroups", json!({"groups": ["x"]}), Some(Groups)),
            ("removeUserFromGroups", json!({"groups": ["x"]}), Some(Groups)),
            ("removeUserFromAllGroups", json!({}), Some(Groups)),
            ("addUserToTeams", json!({"teams": ["x"]}), Some(Teams)),
            ("removeUserFromTeams", json!({"teams": ["x"]}), Some(Teams)),
            ("removeUserFromAllTeams", json!({}), Some(Teams)),
            ("assignLicenses", json!({"licenses": ["x"]}), Some(Licences)),
            ("removeLicenses", json!({"licenses": ["x"]}), Some(Licences)),
            ("removeAllLicenses", json!({}), Some(Licences)),
            ("revokeRefreshTokens", json!({}), Some(Sessions)),
            ("transferSponsorshipsToManager", json!({}), Some(Sponsors)),
            ("sendSponsorshipChangeEmailToManager", json!({}), Some(Sponsors)),
            ("sendSponsorChangeEmailToCoSponsors", json!({}), Some(Sponsors)),
            ("generateTemporaryAccessPass", json!({}), Some(Passes)),
            ("sendWelcomeEmail", json!({}), None),
            ("sendOnboardingReminderEmail", json!({}), None),
            ("sendEmailToManagerAboutMove", json!({}), None),
            ("sendEmailToManagerBeforeLastDay", json!({}), None),
            ("sendEmailOnLastDay", json!({}), None),
            ("sendEmailToManagerAfterLastDay", json!({}), None),
            ("sendInactivityEmail", json!({}), None),
            ("sendUnsponsoredGuestRemovalEmail", json!({}), None),
            ("runCustomTaskExtension", json!({"extension": "x"}), None),
            ("requestAccessPackageAssignment", json!({"accessPackageId": "p", "assignmentPolicyId": "q"}), None),
            ("removeAccessPackageAssignment", json!({"accessPackageId": "p"}), None),
            ("removeAllAccessPackageAssignments", json!({}), None),
            ("cancelPendingAccessPackageRequests", json!({}), None),
        ]
    }

    #[test]
    fn what_each_task_needs_of_a_directory() {
        let tasks = tasks();
        let told: BTreeSet<&str> = tasks.iter().map(|(member, ..)| *member).collect();
        assert_eq!((told, tasks.len()), (BTreeSet::from(MEMBERS), MEMBERS.len()), "each task has one row");
        for (member, arguments, expected) in tasks {
            assert_eq!(needed(member, &arguments), expected, "{member}");
            assert!(expected.is_none_or(|capability| Capabilities::EMBEDDED.has(capability)), "{member}");
        }
        assert_eq!(needed("sendWelcomeEmail", &json!({"to": ["ben", "Manager"], "cc": ["hr@acme.example"]})), None);
        assert_eq!(needed("sendWelcomeEmail", &json!({"cc": ["Sponsors"]})), Some(Capability::Sponsors));
    }

    #[test]
    fn what_each_change_needs_of_a_directory() {
        let name = || "x".to_owned();
        let to = |to: &str| vec![to.to_owned()];
        let rows = [
            (Change::SetEnabled(true), Some(Capability::Enabling)),
            (Change::SetEnabled(false), Some(Capability::Enabling)),
            (Change::SetAttributes(BTreeMap::new()), Some(Capability::Attributes)),
            (Change::RevokeSessions, Some(Capability::Sessions)),
            (Change::AddMember { group: name() }, Some(Capability::Groups)),
            (Change::RemoveMember { group: name() }, Some(Capability::Groups)),
            (Change::AssignLicence { sku: name() }, Some(Capability::Licences)),
            (Change::RemoveLicence { sku: name() }, Some(Capability::Licences)),
            (Change::TransferSponsorship { of: name(), from: name(), to: name() }, Some(Capability::Sponsors)),
            (Change::IssuePass { lifetime_minutes: 60, is_usable_once: true, to: to("Manager") }, Some(Capability::Passes)),
            (Change::Delete, Some(Capability::Deletion)),
            (Change::SendMail { kind: MailKind::Welcome, to: to("User") }, None),
            (Change::SendMail { kind: MailKind::Welcome, to: to("Sponsors") }, Some(Capability::Sponsors)),
            (Change::SendMail { kind: MailKind::SponsorChange, to: to("CoSponsors") }, Some(Capability::Sponsors)),
            (Change::Call { extension: name() }, None),
        ];
        for (change, needed) in rows {
            assert_eq!(Capability::of_change(&change), needed, "{change}");
            let changes = [Change::Call { extension: name() }, change];
            assert_eq!(Capabilities::EMBEDDED.check(&changes), Ok(()), "{changes:?}");
            for lacking in Capability::ALL {
                let refused = Capabilities::EMBEDDED.without(lacking).check(&changes).map_err(|fault| (fault.reason, fault.message));
                let message = format!("the directory cannot {}", lacking.words());
                let expected = if needed == Some(lacking) { Err((Reason::DirectoryIncapable, message)) } else { Ok(()) };
                assert_eq!(refused, expected, "{changes:?} without {lacking:?}");
            }
        }
    }

    #[test]
    fn one_value_a_provider() {
        let spec = |spec: Value| serde_json::from_value::<DirectorySpec>(spec).expect("a Directory");
        let scim = json!({"scim": {"url": "https://x.example", "secretName": "tenure-x"}});
        assert_eq!(Capabilities::of_directory(&spec(json!({"embedded": {}}))), Some(Capabilities::EMBEDDED));
        assert_eq!(Capabilities::of_directory(&spec(scim)), None);
        for capability in Capability::ALL {
            let alone = Capabilities::of(&[capability]);
            assert!(Capability::ALL.iter().all(|other| alone.has(*other) == (*other == capability)), "{capability:?}");
            assert!(!Capabilities::EMBEDDED.without(capability).has(capability), "{capability:?}");
        }
    }
}
