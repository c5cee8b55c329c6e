//! Where subjects live and tasks write: one trait, one file or folder a provider.

pub mod embedded;
mod profile;

use std::collections::BTreeMap;
use std::future::Future;

use chrono::{DateTime, Utc};
use thiserror::Error;

use crate::api::task::AttributeUpdate;
use crate::domain::subject::Person;

pub use embedded::Embedded;
pub use profile::{Dated, Profile, Sponsored};

/// What a look-up found: unknown is neither present nor absent, and unknown never acts.
#[derive(Clone, Debug)]
pub enum Lookup<T> {
    /// It is there.
    Present(T),
    /// It certainly is not there.
    Absent,
    /// It cannot be told, for this reason.
    Unknown(String),
}

/// What an effect did.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Effect {
    /// It changed something.
    Done,
    /// It changed something; the text says what it left as it was, or what else there is to know.
    DoneBut(String),
    /// Everything was as wanted already; the text says what.
    AlreadySo(String),
}

/// Why an effect or a reading failed.
#[derive(Debug, Error)]
pub enum DirectoryError {
    /// Trying again can help.
    #[error("{reason}: {message}")]
    Transient {
        /// One word for programs.
        reason: &'static str,
        /// What happened; ids only.
        message: String,
    },
    /// Trying again cannot help.
    #[error("{reason}: {message}")]
    Permanent {
        /// One word for programs.
        reason: &'static str,
        /// What happened; ids only.
        message: String,
    },
}

impl DirectoryError {
    /// An error after which trying again can help.
    #[must_use]
    pub fn transient(reason: &'static str, message: String) -> Self {
        Self::Transient { reason, message }
    }

    /// An error after which trying again cannot help.
    #[must_use]
    pub fn permanent(reason: &'static str, message: String) -> Self {
        Self::Permanent { reason, message }
    }

    /// One word for programs.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Transient { reason, .. } | Self::Permanent { reason, .. } => reason,
        }
    }
}

/// Which groups a task is about.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum GroupKind {
    /// All of them: a team is a group.
    Any,
    /// Only teams.
    Teams,
}

/// What an effect would change, before it does.
#[derive(Clone, Debug, Default)]
pub struct Account {
    /// Whether the person can sign in.
    pub account_enabled: bool,
    /// Every membership, sorted.
    pub member_of: Vec<String>,
    /// The memberships that tasks for all groups take away: not managed elsewhere.
    pub groups: Vec<String>,
    /// Those of them that are teams.
    pub teams: Vec<String>,
    /// Directly assigned licences.
    pub licenses: Vec<String>,
    /// The attributes that tasks wrote.
    pub attributes: BTreeMap<String, String>,
    /// When it was softly deleted.
    pub deleted_at: Option<DateTime<Utc>>,
}

impl<T> From<DirectoryError> for Lookup<T> {
    fn from(error: DirectoryError) -> Self {
        Self::Unknown(error.to_string())
    }
}

/// A directory. Every method of an effect is idempotent: done twice it changes nothing more.
pub trait Directory {
    /// Every subject, in the order of their names.
    fn query(&self) -> impl Future<Output = Result<Vec<Person>, DirectoryError>>;
    /// One subject.
    fn get(&self, subject: &str) -> impl Future<Output = Lookup<Person>>;
    /// The subject's account as tasks change it.
    fn account(&self, subject: &str) -> impl Future<Output = Lookup<Account>>;
    /// What mails tell about a person, also one who was deleted softly.
    fn profile(&self, name: &str) -> impl Future<Output = Lookup<Profile>>;
    /// Whom the person sponsors, in the order of their names.
    fn sponsored(&self, sponsor: &str) -> impl Future<Output = Lookup<Vec<Sponsored>>>;
    /// Names of the members of a group.
    fn members(&self, group: &str) -> impl Future<Output = Lookup<Vec<String>>>;
    /// Whether the subject must not be touched.
    fn is_protected(&self, subject: &str) -> impl Future<Output = Lookup<bool>>;
    /// Enables or disables the account.
    fn set_account_enabled(&self, subject: &str, enabled: bool) -> impl Future<Output = Result<Effect, DirectoryError>>;
    /// Deletes the user softly.
    fn delete_user(&self, subject: &str) -> impl Future<Output = Result<Effect, DirectoryError>>;
    /// Writes attributes; an empty value clears.
    fn update_attributes(&self, subject: &str, updates: &[AttributeUpdate]) -> impl Future<Output = Result<Effect, DirectoryError>>;
    /// Adds the subject to groups of the kind.
    fn add_to_groups(&self, subject: &str, kind: GroupKind, groups: &[String]) -> impl Future<Output = Result<Effect, DirectoryError>>;
    /// Removes the subject from groups of the kind.
    fn remove_from_groups(&self, subject: &str, kind: GroupKind, groups: &[String])
    -> impl Future<Output = Result<Effect, DirectoryError>>;
    /// Removes the subject from every group of the kind that is not managed elsewhere.
    fn remove_from_all_groups(&self, subject: &str, kind: GroupKind) -> impl Future<Output = Result<Effect, DirectoryError>>;
    /// Assigns licences by their SKU ids.
    fn assign_licenses(&self, subject: &str, licenses: &[String]) -> impl Future<Output = Result<Effect, DirectoryError>>;
    /// Takes the licences, or all that are assigned directly.
    fn remove_licenses(&self, subject: &str, licenses: Option<&[String]>) -> impl Future<Output = Result<Effect, DirectoryError>>;
    /// Ends the sessions that have begun.
    fn revoke_sessions(&self, subject: &str) -> impl Future<Output = Result<Effect, DirectoryError>>;
    /// Puts the subject's manager in the subject's place as a sponsor.
    fn transfer_sponsorships(&self, subject: &str) -> impl Future<Output = Result<Effect, DirectoryError>>;
}
