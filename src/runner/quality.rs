//! Which values of a record evaluations cannot read: the same reading that they decide with, asked from outside.

use kube::ResourceExt;

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
