//! Whom somebody sponsors, and who takes that over.

use std::collections::BTreeMap;

use kube::ResourceExt;

use crate::api::reasons::Reason;
use crate::api::{Account as AccountObject, User};
use crate::cluster::client::Selector;
use crate::domain::change::{Sponsorship, no_account, no_user};
use crate::domain::fault::Fault;
use crate::domain::subject::DateReading;

use super::sponsors::{Everybody, sponsored_by, sponsors};
use super::store::Embedded;

/// The attribute that names the manager.
const MANAGER: &str = "manager";
/// The attribute with the last day.
const LAST_DAY: &str = "employeeLeaveDateTime";

impl Embedded {
    pub(super) async fn everybody(&self) -> Result<Everybody, Fault> {
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

    /// Whom the subject sponsors, as Changes see them, and who takes that over.
    pub(super) async fn sponsorships(&self, subject: &str) -> Result<(Vec<Sponsorship>, Result<String, Fault>), Fault> {
        let now = || self.cluster.clock().now();
        let everybody = self.reading.get(now, self.cluster.timing().sight, self.everybody()).await?;
        let one = |(name, user, account): (&String, &User, Option<&AccountObject>)| Sponsorship {
            of: name.clone(),
            sponsors: sponsors(user, account.map(|account| &account.spec)).cloned().unwrap_or_default(),
            is_protected: account.is_some_and(|account| self.is_protected_account(name, &account.spec)),
            has_account: account.is_some(),
        };
        let sponsored = sponsored_by(&everybody, subject).map(one).collect();
        Ok((sponsored, self.manager(&everybody, subject)))
    }

    /// The subject's manager, if there is one who can take something over.
    fn manager(&self, everybody: &Everybody, subject: &str) -> Result<String, Fault> {
        let missing = |what: &str| Fault::permanent(Reason::ManagerMissing, format!("{subject:?} {what}"));
        let (user, account) = everybody.get(subject).ok_or_else(|| no_user(subject))?;
        let account = account.as_ref().ok_or_else(|| no_account(subject))?;
        let manager = self.mapping.text(user, account, MANAGER).ok_or_else(|| missing("has no manager"))?;
        let found = everybody.get(manager).filter(|_| manager != subject);
        let Some((record, Some(account))) = found else { return Err(missing("has a manager who does not exist")) };
        let person = self.mapping.person(record, account, &|_| false, &self.keys).ok_or_else(|| missing("has a manager who is deleted"))?;
        if !account.spec.account_enabled {
            return Err(missing("has a manager whose account is disabled"));
        }
        match person.date(LAST_DAY) {
            DateReading::Known(last) if last.instant <= self.cluster.clock().now() => Err(missing("has a manager who has left")),
            DateReading::Known(_) | DateReading::Absent | DateReading::Unknown => Ok(manager.to_owned()),
        }
    }
}
