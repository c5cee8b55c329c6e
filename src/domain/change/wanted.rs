//! What each of the 31 tasks wants. This is the one match over all of them: what Changes it takes, what must be read for
//! it, how much of a slice it can fill, and what it does to a person follow from here.

use crate::api::task::{AttributeUpdate, EmailArguments, TemporaryAccessPassArguments};
use crate::api::{Action, Task};
use crate::domain::mail::MailKind;

/// Which groups a task is about.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum GroupKind {
    /// All of them: a team is a group.
    Any,
    /// Only teams.
    Teams,
}

/// What a task wants of a person.
#[derive(Clone, Copy, Debug)]
pub enum Wanted<'a> {
    /// That the account is enabled, or disabled.
    Enabled(bool),
    /// That the user is deleted.
    Deleted,
    /// That attributes have values.
    Values(&'a [AttributeUpdate]),
    /// Memberships.
    Joined(GroupKind, &'a [String]),
    /// No memberships in these.
    Left(GroupKind, &'a [String]),
    /// No memberships but those that are managed elsewhere.
    LeftAll(GroupKind),
    /// Licences.
    Assigned(&'a [String]),
    /// None of these licences.
    Unassigned(&'a [String]),
    /// No licences.
    UnassignedAll,
    /// No sessions.
    Revoked,
    /// That the manager sponsors whom the subject sponsored.
    Transferred,
    /// A temporary access pass with the manager.
    Pass(&'a TemporaryAccessPassArguments),
    /// That somebody is told.
    Told(MailKind, &'a EmailArguments),
    /// That an extension is called, by its name.
    Called(&'a str),
    /// What this release cannot do: the member's name.
    Unavailable(&'static str, Bearing),
}

/// How the workflow words a mail, and to whom it sends it.
#[derive(Clone, Copy, Debug)]
pub struct Wording<'a> {
    /// The subject, if it is not the default.
    pub subject: Option<&'a str>,
    /// The body, if it is not the default.
    pub body: Option<&'a str>,
    /// The language, if it is not the recipient's.
    pub locale: Option<&'a str>,
    /// Who gets it, if it is not who gets such mails.
    pub to: &'a [String],
    /// Who gets a copy.
    pub cc: &'a [String],
}

/// What a task or a Change does to what a person has.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Bearing {
    /// It enables, gives or deletes: not for an account that may be another person's.
    Gives,
    /// It takes away: done whoever it is.
    Takes,
    /// It tells, or writes down.
    Neither,
}

/// The tasks that this release does not do, and what they would do to what a person has. An extension is named by its Change
/// already, and is only not called.
pub const UNAVAILABLE_TASKS: [(&str, Bearing); 5] = [
    ("requestAccessPackageAssignment", Bearing::Gives),
    ("runCustomTaskExtension", Bearing::Gives),
    ("removeAccessPackageAssignment", Bearing::Takes),
    ("removeAllAccessPackageAssignments", Bearing::Takes),
    ("cancelPendingAccessPackageRequests", Bearing::Takes),
];

/// The member among the tasks that this release does not do.
#[must_use]
pub fn unavailable(member: &str) -> Option<(&'static str, Bearing)> {
    UNAVAILABLE_TASKS.into_iter().find(|(name, _)| *name == member)
}

/// What the task wants; None: no task is set that this release knows.
#[must_use]
pub fn wanted(task: &Task) -> Option<Wanted<'_>> {
    let told = |kind, arguments| Some(Wanted::Told(kind, arguments));
    match task.action()? {
        Action::EnableUserAccount(_) => Some(Wanted::Enabled(true)),
        Action::DisableUserAccount(_) => Some(Wanted::Enabled(false)),
        Action::DeleteUser(_) => Some(Wanted::Deleted),
        Action::UpdateUserAttributes(arguments) => Some(Wanted::Values(&arguments.attributes)),
        Action::AddUserToGroups(arguments) => Some(Wanted::Joined(GroupKind::Any, &arguments.groups)),
        Action::AddUserToTeams(arguments) => Some(Wanted::Joined(GroupKind::Teams, &arguments.teams)),
        Action::RemoveUserFromGroups(arguments) => Some(Wanted::Left(GroupKind::Any, &arguments.groups)),
        Action::RemoveUserFromTeams(arguments) => Some(Wanted::Left(GroupKind::Teams, &arguments.teams)),
        Action::RemoveUserFromAllGroups(_) => Some(Wanted::LeftAll(GroupKind::Any)),
        Action::RemoveUserFromAllTeams(_) => Some(Wanted::LeftAll(GroupKind::Teams)),
        Action::AssignLicenses(arguments) => Some(Wanted::Assigned(&arguments.licenses)),
        Action::RemoveLicenses(arguments) => Some(Wanted::Unassigned(&arguments.licenses)),
        Action::RemoveAllLicenses(_) => Some(Wanted::UnassignedAll),
        Action::RevokeRefreshTokens(_) => Some(Wanted::Revoked),
        Action::TransferSponsorshipsToManager(_) => Some(Wanted::Transferred),
        Action::GenerateTemporaryAccessPass(arguments) => Some(Wanted::Pass(arguments)),
        Action::RunCustomTaskExtension(arguments) => Some(Wanted::Called(&arguments.extension)),
        Action::SendWelcomeEmail(arguments) => told(MailKind::Welcome, arguments),
        Action::SendOnboardingReminderEmail(arguments) => told(MailKind::OnboardingReminder, arguments),
        Action::SendEmailToManagerAboutMove(arguments) => told(MailKind::Move, arguments),
        Action::SendSponsorshipChangeEmailToManager(arguments) => told(MailKind::SponsorshipChange, arguments),
        Action::SendSponsorChangeEmailToCoSponsors(arguments) => told(MailKind::SponsorChange, arguments),
        Action::SendEmailToManagerBeforeLastDay(arguments) => told(MailKind::BeforeLastDay, arguments),
        Action::SendEmailOnLastDay(arguments) => told(MailKind::LastDay, arguments),
        Action::SendEmailToManagerAfterLastDay(arguments) => told(MailKind::AfterLastDay, arguments),
        Action::SendInactivityEmail(arguments) => told(MailKind::Inactivity, arguments),
        Action::SendUnsponsoredGuestRemovalEmail(arguments) => told(MailKind::UnsponsoredGuest, arguments),
        action @ (Action::RequestAccessPackageAssignment(_)
        | Action::RemoveAccessPackageAssignment(_)
        | Action::RemoveAllAccessPackageAssignments(_)
        | Action::CancelPendingAccessPackageRequests(_)) => {
            unavailable(action.name()).map(|(member, bearing)| Wanted::Unavailable(member, bearing))
        }
    }
}

impl<'a> Wanted<'a> {
    /// What it does to what a person has.
    #[must_use]
    pub const fn bearing(self) -> Bearing {
        match self {
            Self::Enabled(true)
            | Self::Deleted
            | Self::Joined(..)
            | Self::Assigned(_)
            | Self::Pass(_)
            // What it does nobody here knows.
            | Self::Called(_) => Bearing::Gives,
            Self::Enabled(false)
            | Self::Left(..)
            | Self::LeftAll(_)
            | Self::Unassigned(_)
            | Self::UnassignedAll
            | Self::Revoked
            | Self::Transferred => Bearing::Takes,
            Self::Values(_) | Self::Told(..) => Bearing::Neither,
            Self::Unavailable(_, bearing) => bearing,
        }
    }

    /// The attributes that are to have values.
    #[must_use]
    pub const fn updates(self) -> &'a [AttributeUpdate] {
        match self {
            Self::Values(updates) => updates,
            Self::Enabled(_)
            | Self::Deleted
            | Self::Joined(..)
            | Self::Left(..)
            | Self::LeftAll(_)
            | Self::Assigned(_)
            | Self::Unassigned(_)
            | Self::UnassignedAll
            | Self::Revoked
            | Self::Transferred
            | Self::Pass(_)
            | Self::Told(..)
            | Self::Called(_)
            | Self::Unavailable(..) => &[],
        }
    }

    /// How its mail is worded, if it sends one.
    #[must_use]
    pub fn wording(self) -> Option<Wording<'a>> {
        let (subject, body, locale, to, cc) = match self {
            Self::Told(_, mail) => (&mail.custom_subject, &mail.custom_body, &mail.locale, &mail.to, &mail.cc),
            Self::Pass(mail) => (&mail.custom_subject, &mail.custom_body, &mail.locale, &mail.to, &mail.cc),
            Self::Enabled(_)
            | Self::Deleted
            | Self::Values(_)
            | Self::Joined(..)
            | Self::Left(..)
            | Self::LeftAll(_)
            | Self::Assigned(_)
            | Self::Unassigned(_)
            | Self::UnassignedAll
            | Self::Revoked
            | Self::Transferred
            | Self::Called(_)
            | Self::Unavailable(..) => return None,
        };
        Some(Wording { subject: subject.as_deref(), body: body.as_deref(), locale: locale.as_deref(), to, cc })
    }

    /// Which mail it sends, if it sends one.
    #[must_use]
    pub const fn mail(self) -> Option<MailKind> {
        match self {
            Self::Told(kind, _) => Some(kind),
            Self::Pass(_) => Some(MailKind::AccessPass),
            Self::Enabled(_)
            | Self::Deleted
            | Self::Values(_)
            | Self::Joined(..)
            | Self::Left(..)
            | Self::LeftAll(_)
            | Self::Assigned(_)
            | Self::Unassigned(_)
            | Self::UnassignedAll
            | Self::Revoked
            | Self::Transferred
            | Self::Called(_)
            | Self::Unavailable(..) => None,
        }
    }

    /// Whether doing it twice is noticed by somebody outside.
    #[must_use]
    pub const fn leaves_the_house(self) -> bool {
        match self {
            Self::Pass(_) | Self::Told(..) | Self::Called(_) => true,
            Self::Enabled(_)
            | Self::Deleted
            | Self::Values(_)
            | Self::Joined(..)
            | Self::Left(..)
            | Self::LeftAll(_)
            | Self::Assigned(_)
            | Self::Unassigned(_)
            | Self::UnassignedAll
            | Self::Revoked
            | Self::Transferred
            | Self::Unavailable(..) => false,
        }
    }
}
