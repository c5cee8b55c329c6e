//! Where subjects live and tasks write: one trait, one file or folder a provider.

pub mod embedded;

use std::future::Future;

use thiserror::Error;

use crate::api::run_slice::BeforeImage;
use crate::api::task::AttributeUpdate;
use crate::domain::subject::Person;

pub use embedded::Embedded;

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
    /// One word for programs.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Transient { reason, .. } | Self::Permanent { reason, .. } => reason,
        }
    }
}

/// What an effect would change, before it does.
#[derive(Clone, Debug, Default)]
pub struct Account {
    /// Whether the person can sign in.
    pub account_enabled: bool,
    /// Every membership, sorted.
    pub member_of: Vec<String>,
    /// The memberships that tasks may take away: not managed elsewhere.
    pub assigned: Vec<String>,
    /// The part of the account that is kept as before-image of attribute updates.
    pub attributes: std::collections::BTreeMap<String, String>,
    /// The before-image of a deletion.
    pub deleted: BeforeImage,
}

/// A directory. Every method of an effect is idempotent: done twice it changes nothing more.
pub trait Directory {
    /// Every subject, in the order of their names.
    fn query(&self) -> impl Future<Output = Result<Vec<Person>, DirectoryError>>;
    /// One subject.
    fn get(&self, subject: &str) -> impl Future<Output = Lookup<Person>>;
    /// The subject's account as tasks change it.
    fn account(&self, subject: &str) -> impl Future<Output = Lookup<Account>>;
    /// Names of the members of a group.
    fn members(&self, group: &str) -> impl Future<Output = Lookup<Vec<String>>>;
    /// Enables or disables the account.
    fn set_account_enabled(&self, subject: &str, enabled: bool) -> impl Future<Output = Result<Effect, DirectoryError>>;
    /// Deletes the user softly.
    fn delete_user(&self, subject: &str) -> impl Future<Output = Result<Effect, DirectoryError>>;
    /// Adds the subject to groups.
    fn add_to_groups(&self, subject: &str, groups: &[String]) -> impl Future<Output = Result<Effect, DirectoryError>>;
    /// Removes the subject from groups.
    fn remove_from_groups(&self, subject: &str, groups: &[String]) -> impl Future<Output = Result<Effect, DirectoryError>>;
    /// Removes the subject from every group that is not managed elsewhere.
    fn remove_from_all_groups(&self, subject: &str) -> impl Future<Output = Result<Effect, DirectoryError>>;
    /// Writes attributes; an empty value clears.
    fn update_attributes(&self, subject: &str, updates: &[AttributeUpdate]) -> impl Future<Output = Result<Effect, DirectoryError>>;
}
