//! Which values of a record evaluations cannot read, or read as none, and whose names and values are not one person's: the
//! same reading that they decide with, asked from outside.

use std::collections::BTreeMap;

use kube::ResourceExt;

use crate::api::reasons::Reason;
use crate::api::{Account, Directory, User};
use crate::directory::embedded::{Mapping, seed};

pub use crate::directory::embedded::{Filler, Unreadable, WrongZone};

/// What is found in one record, each once.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Quality {
    /// Dates that cannot be read.
    pub unreadable: Vec<Unreadable>,
    /// Dates that say that there is none.
    pub fillers: Vec<Filler>,
    /// Time zones that are none.
    pub zones: Vec<WrongZone>,
}

/// What embedded directories among `directories` find in the record. Without an account it is read as at the first
/// evaluation. `time_zone` is the tenant's.
#[must_use]
pub fn quality(directories: &[Directory], time_zone: Option<&str>, user: &User, account: Option<&Account>) -> Quality {
    let seeded = if account.is_none() { Some(seed(user)) } else { None };
    let mut found = Quality::default();
    let Some(account) = account.or(seeded.as_ref()) else { return found };
    for directory in directories.iter().filter(|directory| directory.spec.embedded.is_some()) {
        let mapping = Mapping::new(&directory.name_any(), &directory.spec, time_zone);
        add(&mut found.unreadable, mapping.unreadable(user, account));
        add(&mut found.fillers, mapping.fillers(user, account));
        add(&mut found.zones, mapping.wrong_zones(user, account));
    }
    found
}

/// A name, or a value, that is not one person's.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Conflict {
    /// Name of the User.
    pub name: String,
    /// `NameReused` or `DuplicateCorrelation`.
    pub reason: Reason,
    /// The correlation attribute.
    pub attribute: String,
}

/// Whose name, or correlation value, is not theirs alone in a directory; nobody in one that is not embedded.
#[must_use]
pub fn conflicts(directory: &Directory, users: &[User], accounts: &[Account]) -> Vec<Conflict> {
    if directory.spec.embedded.is_none() {
        return Vec::new();
    }
    // Nothing here is a date.
    let mapping = Mapping::new(&directory.name_any(), &directory.spec, None);
    let shared = mapping.shared(users, accounts);
    let by_name: BTreeMap<String, &Account> = accounts.iter().map(|account| (account.name_any(), account)).collect();
    let mut found = Vec::new();
    for user in users {
        let account = by_name.get(&user.name_any()).map(|account| &account.spec);
        let is_reused = account.is_some_and(|account| mapping.identity(user, account).is_reused);
        let is_subject = account.is_none_or(|account| account.deleted_at.is_none());
        let is_shared = is_subject && mapping.correlation(user).is_some_and(|value| shared.contains(value));
        for reason in [is_reused.then_some(Reason::NameReused), is_shared.then_some(Reason::DuplicateCorrelation)].into_iter().flatten() {
            found.push(Conflict { name: user.name_any(), reason, attribute: mapping.correlation_attribute().to_owned() });
        }
    }
    found
}

fn add<T: PartialEq>(found: &mut Vec<T>, further: Vec<T>) {
    for value in further {
        if !found.contains(&value) {
            found.push(value);
        }
    }
}
