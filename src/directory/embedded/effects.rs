//! What tasks do to one account: every effect is a compare-and-swap of the Account, and done twice it changes no more.

use std::collections::BTreeSet;

use crate::api::account::AccountSpec;
use crate::api::task::AttributeUpdate;
use crate::api::{Account as AccountObject, User};
use crate::cluster::Replaced;
use crate::directory::{DirectoryError, Effect};

use super::{ACCOUNT_NOT_FOUND, Embedded, not_found};

/// How often a write is tried against other writers of the same Account.
const CONFLICTS: u32 = 8;
/// The attribute without which no licence can be assigned.
const USAGE_LOCATION: &str = "usageLocation";

/// A deleted account is given nothing any more; what it has can still be taken.
pub(super) fn require_present(account: &AccountSpec) -> Result<(), DirectoryError> {
    if account.deleted_at.is_some() {
        return Err(DirectoryError::permanent("AccountDeleted", "the account is deleted".to_owned()));
    }
    Ok(())
}

/// The effect of an edit that may have left everything as it was.
pub(super) fn effect(changed: bool, already: &str) -> Effect {
    if changed { Effect::Done } else { Effect::AlreadySo(already.to_owned()) }
}

/// Adds the texts that are not there yet; whether there were any.
pub(super) fn add(list: &mut Vec<String>, texts: &[String]) -> bool {
    let missing: BTreeSet<&String> = texts.iter().filter(|text| !list.contains(text)).collect();
    let changed = !missing.is_empty();
    list.extend(missing.into_iter().cloned());
    list.sort();
    changed
}

/// Removes the texts for which `is_taken` holds; whether there were any.
pub(super) fn remove(list: &mut Vec<String>, is_taken: impl Fn(&String) -> bool) -> bool {
    let before = list.len();
    list.retain(|text| !is_taken(text));
    list.len() != before
}

impl Embedded {
    /// Edits an Account against other writers.
    pub(super) async fn change(
        &self,
        subject: &str,
        edit: impl Fn(&mut AccountSpec) -> Result<Effect, DirectoryError>,
    ) -> Result<Effect, DirectoryError> {
        let mut sent = None;
        for _ in 0..CONFLICTS {
            // That it is missing, or is so already, no compare-and-swap would question: it must not be an older state.
            let mut account: AccountObject = self.cluster.find(subject).await?.ok_or_else(|| not_found(subject))?;
            let effect = edit(&mut account.spec)?;
            if let Effect::AlreadySo(_) = effect {
                // After a lost answer the change is found done: it was this effect that did it.
                return Ok(sent.unwrap_or(effect));
            }
            match self.cluster.replace(&account).await? {
                Replaced::Done(_) => return Ok(effect),
                Replaced::Conflict => sent = Some(effect),
                Replaced::Gone => return Err(not_found(subject)),
            }
        }
        Err(DirectoryError::transient("Conflict", format!("Account {subject:?} was written by others {CONFLICTS} times in a row")))
    }

    /// Edits an Account as [`change`](Self::change) does. What is taken away from an Account that is not there is so already.
    pub(super) async fn take(
        &self,
        subject: &str,
        edit: impl Fn(&mut AccountSpec) -> Result<Effect, DirectoryError>,
    ) -> Result<Effect, DirectoryError> {
        match self.change(subject, edit).await {
            Err(error) if error.reason() == ACCOUNT_NOT_FOUND => Ok(Effect::AlreadySo(format!("there is no Account {subject:?}"))),
            other => other,
        }
    }

    pub(super) async fn enable(&self, subject: &str, enabled: bool) -> Result<Effect, DirectoryError> {
        let set = |account: &mut AccountSpec| {
            let changed = account.account_enabled != enabled;
            account.account_enabled = enabled;
            Ok(effect(changed, &format!("the account was {} already", if enabled { "enabled" } else { "disabled" })))
        };
        if !enabled {
            return self.take(subject, set).await;
        }
        self.give(subject, |account| {
            require_present(account)?;
            set(account)
        })
        .await
    }

    pub(super) async fn delete(&self, subject: &str) -> Result<Effect, DirectoryError> {
        let now = self.cluster.clock().now();
        let user: Option<User> = self.cluster.find(subject).await?;
        self.take(subject, |account| {
            self.require_own(user.as_ref(), account, subject)?;
            let changed = account.deleted_at.is_none();
            account.deleted_at.get_or_insert(now);
            account.account_enabled = false;
            Ok(effect(changed, "the user was deleted already"))
        })
        .await
    }

    pub(super) async fn update(&self, subject: &str, updates: &[AttributeUpdate]) -> Result<Effect, DirectoryError> {
        let now = self.cluster.clock().now().format("%Y-%m-%dT%H:%M:%SZ").to_string();
        self.change(subject, |account| {
            require_present(account)?;
            let before = account.attributes.clone();
            for update in updates {
                let value = if update.value == "system.now" { &now } else { &update.value };
                account.attributes.insert(update.attribute.clone(), value.clone());
            }
            Ok(effect(account.attributes != before, "the attributes had these values already"))
        })
        .await
    }

    pub(super) async fn assign(&self, subject: &str, licenses: &[String]) -> Result<Effect, DirectoryError> {
        let user: User = self.cluster.find(subject).await?.ok_or_else(|| super::no_user(subject))?;
        self.change(subject, |account| {
            require_present(account)?;
            self.require_own(Some(&user), account, subject)?;
            let location = account.attributes.get(USAGE_LOCATION).or(user.spec.usage_location.as_ref());
            if location.is_none_or(String::is_empty) {
                return Err(DirectoryError::permanent("UsageLocationMissing", format!("{subject:?} has no {USAGE_LOCATION}")));
            }
            Ok(effect(add(&mut account.licenses, licenses), "the subject had the licences already"))
        })
        .await
    }

    /// Takes the named licences, or all.
    pub(super) async fn unassign(&self, subject: &str, licenses: Option<&[String]>) -> Result<Effect, DirectoryError> {
        let is_taken = |license: &String| licenses.is_none_or(|licenses| licenses.contains(license));
        let already = if licenses.is_some() { "the subject did not have the licences" } else { "the subject had no licences" };
        self.take(subject, |account| Ok(effect(remove(&mut account.licenses, is_taken), already))).await
    }

    /// Sessions can begin at any time: only those that began since the last end are still there to be ended.
    pub(super) async fn end_sessions(&self, subject: &str) -> Result<Effect, DirectoryError> {
        let now = self.cluster.clock().now();
        self.take(subject, |account| {
            let changed = account.sessions_revoked_at.is_none_or(|revoked| revoked < now);
            account.sessions_revoked_at = account.sessions_revoked_at.max(Some(now));
            Ok(effect(changed, "the sessions were ended already"))
        })
        .await
    }
}
