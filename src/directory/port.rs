//! What a provider offers.

use std::collections::BTreeMap;

use futures::future::BoxFuture;

use crate::api::Account as AccountObject;
use crate::domain::capability::Capabilities;
use crate::domain::change::{Entry, GroupFacts, Needs, Sponsorship};
use crate::domain::fault::Fault;
use crate::domain::subject::{Person, SubjectRef};

use super::{Profile, Sponsored};

/// What a look-up found: unknown is neither present nor absent, and unknown never acts.
#[derive(Clone, Debug)]
pub enum Lookup<T> {
    /// It is there.
    Present(T),
    /// It certainly is not there.
    Absent,
    /// It cannot be told, for this reason.
    Unknown(Fault),
}

impl<T> Lookup<T> {
    /// What was found, if that is known.
    ///
    /// # Errors
    /// Why it is not.
    pub fn known(self) -> Result<Option<T>, Fault> {
        match self {
            Self::Present(found) => Ok(Some(found)),
            Self::Absent => Ok(None),
            Self::Unknown(fault) => Err(fault),
        }
    }
}

impl<T> From<Result<Option<T>, Fault>> for Lookup<T> {
    fn from(found: Result<Option<T>, Fault>) -> Self {
        match found {
            Ok(Some(found)) => Self::Present(found),
            Ok(None) => Self::Absent,
            Err(fault) => Self::Unknown(fault),
        }
    }
}

/// An entry as it was read, and what the directory replaces it by.
#[derive(Clone, Debug)]
pub struct HeldEntry {
    /// The entry.
    pub entry: Entry,
    /// What only the provider understands: the state that a write is compared with.
    pub(super) state: ProviderState,
}

/// The state that a provider compares a write with: one variant a provider.
#[derive(Clone, Debug)]
pub(super) enum ProviderState {
    /// The Account with its resource version.
    Embedded(Box<AccountObject>),
}

/// What was read of one subject at once, so that nothing in it is older than anything else, but for whom it sponsors: that may
/// be as old as what was seen is believed.
#[derive(Clone, Debug)]
pub struct Sight {
    /// The subject as rules and triggers see it; None: it is no subject any more, as it was deleted.
    pub person: Option<Person>,
    /// The entry; None: there is none.
    pub held: Option<HeldEntry>,
    /// Whether there is a record.
    pub has_record: bool,
    /// Whether nothing may touch the subject.
    pub is_protected: bool,
    /// Whom the subject sponsors, and who takes that over, if that was asked for and can be read.
    pub sponsored: Option<Result<Sponsorships, Fault>>,
}

/// Whom a subject sponsors, in the order of their names, and who takes that over, or why nobody can.
pub type Sponsorships = (Vec<Sponsorship>, Result<String, Fault>);

/// What became of a write.
#[derive(Clone, Debug)]
pub enum Written {
    /// It is in force; the entry as it is now.
    Done(Box<HeldEntry>),
    /// Somebody else wrote meanwhile: read again.
    Conflict,
    /// The entry is gone.
    Gone,
}

/// A directory.
pub trait Directory: Send + Sync {
    /// What it can do: nothing else is asked of it.
    fn capabilities(&self) -> Capabilities;
    /// One subject.
    fn get<'a>(&'a self, subject: &'a SubjectRef) -> BoxFuture<'a, Lookup<Person>>;
    /// One subject with what tasks need to know of it. Never absent: what there is not is said in it.
    fn observe<'a>(&'a self, subject: &'a SubjectRef, needs: &'a Needs) -> BoxFuture<'a, Result<Sight, Fault>>;
    /// The groups that tasks need to know of, as far as they are there.
    fn groups<'a>(&'a self, needs: &'a Needs) -> BoxFuture<'a, Result<BTreeMap<String, GroupFacts>, Fault>>;
    /// Names of the members of a group.
    fn members<'a>(&'a self, group: &'a str) -> BoxFuture<'a, Lookup<Vec<String>>>;
    /// What mails tell about a person, also one who was deleted softly.
    fn profile<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Lookup<Profile>>;
    /// Whom the person sponsors, in the order of their names.
    fn sponsored<'a>(&'a self, sponsor: &'a str) -> BoxFuture<'a, Lookup<Vec<Sponsored>>>;
    /// The entry of that name, as it is now.
    fn entry<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Lookup<HeldEntry>>;
    /// Replaces the entry, if it is still as it was read.
    fn write<'a>(&'a self, held: &'a HeldEntry, after: &'a Entry) -> BoxFuture<'a, Result<Written, Fault>>;
}
