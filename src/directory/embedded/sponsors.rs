//! Who sponsors whom. The record says it; what tasks change about it stands in the Account and hides the record's word.

use std::collections::BTreeMap;

use crate::api::account::AccountSpec;
use crate::api::{Account as AccountObject, User};

/// The sponsors of a person: the account's, where a task wrote them, else the record's. None: neither says.
pub(super) fn sponsors<'a>(user: &'a User, account: Option<&'a AccountSpec>) -> Option<&'a Vec<String>> {
    account.and_then(|account| account.sponsors.as_ref()).or(user.spec.sponsors.as_ref())
}

/// Whether nobody can sponsor with this account.
#[must_use]
pub fn is_out(account: &AccountSpec) -> bool {
    account.deleted_at.is_some() || !account.account_enabled
}

/// Everybody's record by name, with the account if there is one.
pub(super) type Everybody = BTreeMap<String, (User, Option<AccountObject>)>;

/// The people whom the subject sponsors.
pub(super) fn sponsored_by<'a>(
    everybody: &'a Everybody,
    subject: &str,
) -> impl Iterator<Item = (&'a String, &'a User, Option<&'a AccountObject>)> {
    everybody.iter().map(|(name, (user, account))| (name, user, account.as_ref())).filter(move |(_, user, account)| {
        let spec = account.map(|account| &account.spec);
        let is_deleted = spec.is_some_and(|spec| spec.deleted_at.is_some());
        !is_deleted && sponsors(user, spec).is_some_and(|sponsors| sponsors.iter().any(|sponsor| sponsor == subject))
    })
}
