//! Who sponsors whom. The record says it; what tasks change about it stands in the Account and hides the record's word.

use std::collections::BTreeMap;

use kube::ResourceExt;

use crate::api::account::AccountSpec;
use crate::api::{Account as AccountObject, User};
use crate::cluster::client::Selector;
use crate::directory::{DirectoryError, Effect};
use crate::domain::subject::DateReading;

use super::effects::effect;
use super::{Embedded, Mapping, not_found};

/// The attribute that names the manager.
const MANAGER: &str = "manager";
/// The attribute with the last day.
const LAST_DAY: &str = "employeeLeaveDateTime";

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

impl Embedded {
    pub(super) async fn everybody(&self) -> Result<Everybody, DirectoryError> {
        let users: Vec<User> = self.cluster.list(&Selector::all()).await?;
        let accounts: Vec<AccountObject> = self.cluster.list(&Selector::all()).await?;
        let mut accounts: BTreeMap<String, AccountObject> = accounts.into_iter().map(|account| (account.name_any(), account)).collect();
        let with_account = |user: User| {
            let name = user.name_any();
            let account = accounts.remove(&name);
            (name, (user, account))
        };
        Ok(users.into_iter().map(with_account).collect())
    }

    /// Puts the manager in the subject's place wherever the subject is a sponsor.
    pub(super) async fn hand_over(&self, subject: &str) -> Result<Effect, DirectoryError> {
        let everybody = self.everybody().await?;
        let manager = self.manager(&everybody, subject)?;
        let mut changed = false;
        let mut left = Vec::new();
        for (name, user, account) in sponsored_by(&everybody, subject) {
            let Some(account) = account else {
                // The next evaluation gives it one.
                return Err(DirectoryError::transient(
                    super::ACCOUNT_NOT_FOUND,
                    format!("{name:?}, whom {subject:?} sponsors, has no Account yet"),
                ));
            };
            if self.is_protected_account(name, &account.spec) {
                left.push(name.as_str());
                continue;
            }
            let replaced = self.change(name, |account| Ok(effect(replace(user, account, subject, &manager), "replaced already"))).await?;
            changed |= replaced == Effect::Done;
        }
        let left = (!left.is_empty()).then(|| format!("left alone, because they are protected: {}", left.join(", ")));
        Ok(match (changed, left) {
            (true, None) => Effect::Done,
            (true, Some(left)) => Effect::DoneBut(left),
            (false, None) => Effect::AlreadySo("the subject sponsors nobody".to_owned()),
            (false, Some(left)) => Effect::AlreadySo(left),
        })
    }

    /// The subject's manager, if there is one who can take something over.
    fn manager(&self, everybody: &Everybody, subject: &str) -> Result<String, DirectoryError> {
        let missing = |what: &str| DirectoryError::permanent("ManagerMissing", format!("{subject:?} {what}"));
        let (user, account) = everybody.get(subject).ok_or_else(|| super::no_user(subject))?;
        let account = account.as_ref().ok_or_else(|| not_found(subject))?;
        let manager = Mapping::text(user, account, MANAGER).ok_or_else(|| missing("has no manager"))?;
        let found = everybody.get(manager).filter(|_| manager != subject);
        let Some((record, Some(account))) = found else { return Err(missing("has a manager who does not exist")) };
        let person = self.mapping.person(record, account, &|_| false, &self.keys).ok_or_else(|| missing("has a manager who is deleted"))?;
        if !account.spec.account_enabled {
            return Err(missing("has a manager whose account is disabled"));
        }
        match person.date(LAST_DAY) {
            DateReading::Known(last) if last.instant <= self.cluster.clock().now() => Err(missing("has a manager who has left")),
            _ => Ok(manager.to_owned()),
        }
    }
}

/// Puts `manager` in the place of `subject`; whether the subject was there. Nobody becomes their own sponsor.
fn replace(user: &User, account: &mut AccountSpec, subject: &str, manager: &str) -> bool {
    let Some(before) = sponsors(user, Some(account)) else { return false };
    let mut after: Vec<String> = Vec::with_capacity(before.len());
    for sponsor in before {
        let sponsor = if sponsor == subject { manager } else { sponsor };
        if sponsor != user.name_any() && !after.iter().any(|known| known == sponsor) {
            after.push(sponsor.to_owned());
        }
    }
    let changed = before.iter().any(|sponsor| sponsor == subject);
    if changed {
        account.sponsors = Some(after);
    }
    changed
}
