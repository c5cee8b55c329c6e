//! The one currency (design 3.3): what is done to a person, as data.
//!
//! A [`Change`] is one idempotent write about one person in one system. What a task will do is computed by [`changes`] from
//! what was observed before its claim, is written down with the claim, and is done by whoever holds the claim. Before-images,
//! plans, limits and reports speak of Changes; nothing else says what happens to somebody.

mod before;
mod doubt;
mod entry;
mod record;
mod resume;
mod tasks;
mod text;
mod together;
mod wanted;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use crate::api::EffectClass;

use super::identity::{self, Identity, Parts};
use super::mail::MailKind;

pub use doubt::say_what_may_have_left;
pub use entry::{Entry, GroupFacts, Observed, Reused, Sponsorship, Unread};
pub use record::{NOTED_BYTES, Record, excuse_bytes, is_begun, noted_bytes, recorded, write_down};
pub use resume::resume;
pub use tasks::{Needs, Planned, Work, changes, forbidden, no_account, no_user, works};
pub use together::in_one_write;
pub use wanted::{Bearing, GroupKind, UNAVAILABLE_TASKS, Wanted, Wording, unavailable, wanted};

/// One idempotent write about one person in one system.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Change {
    /// The person can sign in from now on, or cannot.
    SetEnabled(bool),
    /// Values of attributes, by name. An empty text clears, None lets the record's own value be seen again.
    SetAttributes(BTreeMap<String, Option<String>>),
    /// The sessions that have begun end.
    RevokeSessions,
    /// The person becomes a member of the group.
    AddMember {
        /// Name of the group; a team is a group.
        group: String,
    },
    /// The person is a member of the group no more.
    RemoveMember {
        /// Name of the group; a team is a group.
        group: String,
    },
    /// The person gets the licence.
    AssignLicence {
        /// SKU id.
        sku: String,
    },
    /// The person has the licence no more.
    RemoveLicence {
        /// SKU id.
        sku: String,
    },
    /// Somebody else sponsors a person whom the subject sponsored.
    TransferSponsorship {
        /// Who is sponsored: it is their entry that changes.
        of: String,
        /// The sponsor until now.
        from: String,
        /// The sponsor from now on.
        to: String,
    },
    /// A temporary access pass is made and mailed.
    IssuePass {
        /// How long it works.
        lifetime_minutes: i32,
        /// Whether it works once only.
        is_usable_once: bool,
        /// To whom it goes, as in mails.
        to: Vec<String>,
    },
    /// The user is deleted softly.
    Delete,
    /// A mail leaves.
    SendMail {
        /// Which one.
        kind: MailKind,
        /// To whom, copies last: as the workflow names them, or the mail's own audience.
        to: Vec<String>,
    },
    /// An extension is called.
    Call {
        /// Name of the `CustomTaskExtension`.
        extension: String,
    },
}

/// Bytes of a Change's digest.
const DIGEST_BYTES: usize = 16;

impl Change {
    /// What kind of harm it can do.
    #[must_use]
    pub const fn class(&self) -> EffectClass {
        match self {
            Self::SetEnabled(_) | Self::SetAttributes(_) | Self::RevokeSessions | Self::TransferSponsorship { .. } => EffectClass::Account,
            Self::AddMember { .. } | Self::RemoveMember { .. } | Self::AssignLicence { .. } | Self::RemoveLicence { .. } => {
                EffectClass::Access
            }
            Self::IssuePass { .. } => EffectClass::Credential,
            Self::Delete => EffectClass::Destructive,
            Self::SendMail { .. } => EffectClass::Mail,
            Self::Call { .. } => EffectClass::Extension,
        }
    }

    /// What it does to what the person has.
    #[must_use]
    pub const fn bearing(&self) -> Bearing {
        match self {
            Self::SetEnabled(true)
            | Self::AddMember { .. }
            | Self::AssignLicence { .. }
            | Self::IssuePass { .. }
            | Self::Delete
            // What it does nobody here knows.
            | Self::Call { .. } => Bearing::Gives,
            Self::SetEnabled(false)
            | Self::RemoveMember { .. }
            | Self::RemoveLicence { .. }
            | Self::RevokeSessions
            | Self::TransferSponsorship { .. } => Bearing::Takes,
            Self::SetAttributes(_) | Self::SendMail { .. } => Bearing::Neither,
        }
    }

    /// Whether doing it twice is noticed by somebody outside: it is written down as begun before it begins.
    #[must_use]
    pub const fn leaves_the_house(&self) -> bool {
        match self {
            Self::SendMail { .. } | Self::Call { .. } | Self::IssuePass { .. } => true,
            Self::SetEnabled(_)
            | Self::SetAttributes(_)
            | Self::RevokeSessions
            | Self::AddMember { .. }
            | Self::RemoveMember { .. }
            | Self::AssignLicence { .. }
            | Self::RemoveLicence { .. }
            | Self::TransferSponsorship { .. }
            | Self::Delete => false,
        }
    }

    /// The values of attributes that it writes, by name.
    #[must_use]
    pub const fn values(&self) -> Option<&BTreeMap<String, Option<String>>> {
        match self {
            Self::SetAttributes(values) => Some(values),
            Self::SetEnabled(_)
            | Self::RevokeSessions
            | Self::AddMember { .. }
            | Self::RemoveMember { .. }
            | Self::AssignLicence { .. }
            | Self::RemoveLicence { .. }
            | Self::TransferSponsorship { .. }
            | Self::IssuePass { .. }
            | Self::Delete
            | Self::SendMail { .. }
            | Self::Call { .. } => None,
        }
    }

    /// Whose entry it changes.
    #[must_use]
    pub fn target<'a>(&'a self, subject: &'a str) -> &'a str {
        match self {
            Self::TransferSponsorship { of, .. } => of,
            Self::SetEnabled(_)
            | Self::SetAttributes(_)
            | Self::RevokeSessions
            | Self::AddMember { .. }
            | Self::RemoveMember { .. }
            | Self::AssignLicence { .. }
            | Self::RemoveLicence { .. }
            | Self::IssuePass { .. }
            | Self::Delete
            | Self::SendMail { .. }
            | Self::Call { .. } => subject,
        }
    }

    /// What identifies it beyond the process: of two Changes never the same.
    #[must_use]
    pub fn digest(&self) -> String {
        identity::digest(self, DIGEST_BYTES)
    }
}

/// What identifies all of these, in their order.
#[must_use]
pub fn digest(changes: &[Change]) -> String {
    identity::digest(&All(changes), DIGEST_BYTES)
}

struct All<'a>(&'a [Change]);

impl Identity for All<'_> {
    fn write(&self, to: &mut Parts) {
        to.text("changes").number(i64::try_from(self.0.len()).unwrap_or(i64::MAX));
        for change in self.0 {
            change.write(to);
        }
    }
}

impl Identity for Change {
    fn write(&self, to: &mut Parts) {
        match self {
            Self::SetEnabled(enabled) => to.text("set enabled").text(if *enabled { "true" } else { "false" }),
            Self::SetAttributes(values) => {
                to.text("set attributes").list(values.keys().map(String::as_str));
                for value in values.values() {
                    to.optional(value.as_deref());
                }
                to
            }
            Self::RevokeSessions => to.text("revoke sessions"),
            Self::AddMember { group } => to.text("add member").text(group),
            Self::RemoveMember { group } => to.text("remove member").text(group),
            Self::AssignLicence { sku } => to.text("assign licence").text(sku),
            Self::RemoveLicence { sku } => to.text("remove licence").text(sku),
            Self::TransferSponsorship { of, from, to: next } => to.text("transfer sponsorship").text(of).text(from).text(next),
            Self::IssuePass { lifetime_minutes, is_usable_once, to: recipients } => {
                let once = if *is_usable_once { "once" } else { "often" };
                to.text("issue pass").number(i64::from(*lifetime_minutes)).text(once).list(recipients.iter().map(String::as_str))
            }
            Self::Delete => to.text("delete"),
            Self::SendMail { kind, to: recipients } => to.text("send mail").text(kind.task()).list(recipients.iter().map(String::as_str)),
            Self::Call { extension } => to.text("call").text(extension),
        };
    }
}
