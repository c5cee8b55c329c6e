//! Which values of a record evaluations cannot read, and whose names and values are not one person's: the same reading that
//! they decide with, asked from outside.

use std::collections::BTreeMap;

use kube::ResourceExt;

use crate::api::reasons::{DUPLICATE_CORRELATION, NAME_REUSED};
use crate::api::{Account, Directory, User};
use crate::directory::embedded::{Mapping, seed};

pub use crate::directory::embedded::Unreadable;

/// The values of the record that no embedded directory among `directories` can read, each once. Without an account it is
/// read as at the first evaluation.
#[must_use]
pub fn unreadable(directories: &[Directory], user: &User, account: Option<&Account>) -> Vec<Unreadable> {
    let seeded = if account.is_none() { Some(seed(user)) } else { None };
    let Some(account) = account.or(seeded.as_ref()) else { return Vec::new() };
    let mut found: Vec<Unreadable> = Vec::new();
    for directory in directories.iter().filter(|directory| directory.spec.embedded.is_some()) {
        for value in Mapping::new(&directory.name_any(), &directory.spec).unreadable(user, account) {
            if !found.contains(&value) {
                found.push(value);
            }
        }
    }
    found
}

/// A name, or a value, that is not one person's.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Conflict {
    /// Name of the User.
    pub name: String,
    /// `NameReused` or `DuplicateCorrelation`.
    pub reason: &'static str,
    /// The correlation attribute.
    pub attribute: String,
}

/// Whose name, or correlation value, is not theirs alone in a directory; nobody in one that is not embedded.
#[must_use]
pub fn conflicts(directory: &Directory, users: &[User], accounts: &[Account]) -> Vec<Conflict> {
    if directory.spec.embedded.is_none() {
        return Vec::new();
    }
    let mapping = Mapping::new(&directory.name_any(), &directory.spec);
    let shared = mapping.shared(users, accounts);
    let by_name: BTreeMap<String, &Account> = accounts.iter().map(|account| (account.name_any(), account)).collect();
    let mut found = Vec::new();
    for user in users {
        let account = by_name.get(&user.name_any()).map(|account| &account.spec);
        let is_reused = account.is_some_and(|account| mapping.identity(user, account).is_reused);
        let is_subject = account.is_none_or(|account| account.deleted_at.is_none());
        let is_shared = is_subject && mapping.correlation(user).is_some_and(|value| shared.contains(value));
        for reason in [is_reused.then_some(NAME_REUSED), is_shared.then_some(DUPLICATE_CORRELATION)].into_iter().flatten() {
            found.push(Conflict { name: user.name_any(), reason, attribute: mapping.correlation_attribute().to_owned() });
        }
    }
    found
}
