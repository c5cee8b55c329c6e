//! The one person of an explanation, read as evaluations read everybody.

use crate::api::{Account, User};
use crate::cluster::Cluster;
use crate::directory::embedded::{Mapping, seed};
use crate::domain::subject::Person;
use crate::runner::RunnerError;
use crate::runner::evaluate::tenant::{Reading, Tenant};

use super::report::AccountState;

/// Record and account.
pub(super) struct Found {
    pub user: Option<User>,
    /// The account that is there.
    pub account: Option<Account>,
}

impl Found {
    /// Reads both.
    pub async fn read(cluster: &Cluster, subject: &str) -> Result<Self, RunnerError> {
        Ok(Self { user: cluster.find(subject).await?, account: cluster.find(subject).await? })
    }

    pub fn is_deleted(&self) -> bool {
        self.account.as_ref().is_some_and(|account| account.spec.deleted_at.is_some())
    }

    /// The account as the next evaluation sees it: it gives one to every record that has none.
    pub fn seen_account(&self) -> Option<Account> {
        self.account.clone().or_else(|| self.user.as_ref().map(seed))
    }

    pub fn state(&self) -> Option<AccountState> {
        let spec = &self.account.as_ref()?.spec;
        let state = match (spec.deleted_at, spec.account_enabled) {
            (Some(_), _) => "deleted",
            (None, true) => "enabled",
            (None, false) => "disabled",
        };
        let mut groups = spec.member_of.clone();
        groups.sort();
        Some(AccountState { state, groups })
    }

    /// Puts the person into every embedded directory of the tenant, alone. A deleted one is in none.
    pub fn enter(&self, tenant: &mut Tenant) {
        let reading = |name: &String| match self.user.as_ref().zip(self.seen_account()) {
            _ if tenant.directories[name].spec.embedded.is_none() => {
                Reading::Unknown("this release reads embedded directories only".to_owned())
            }
            Some((user, account)) => Reading::People(Vec::from_iter(person(tenant, name, user, &account))),
            None => Reading::People(Vec::new()),
        };
        tenant.readings = tenant.directories.keys().map(|name| (name.clone(), reading(name))).collect();
    }

    /// The person as rules and triggers would see them if the account were not deleted.
    pub fn if_there(&self, tenant: &Tenant, directory: &str) -> Option<Person> {
        let mut account = self.seen_account()?;
        account.spec.deleted_at = None;
        person(tenant, directory, self.user.as_ref()?, &account)
    }

    /// The text of a date attribute as its source wrote it.
    pub fn written(&self, tenant: &Tenant, directory: &str, attribute: &str) -> Option<String> {
        let spec = &tenant.directories.get(directory)?.spec;
        let account = self.seen_account()?;
        Mapping::new(directory, spec).written(self.user.as_ref()?, &account, attribute).map(str::to_owned)
    }
}

fn person(tenant: &Tenant, directory: &str, user: &User, account: &Account) -> Option<Person> {
    let spec = &tenant.directories.get(directory)?.spec;
    Mapping::new(directory, spec).person(user, account, &tenant.keys)
}

/// The person in a directory as evaluations see them.
pub(super) fn of<'a>(tenant: &'a Tenant, directory: &str) -> Option<&'a Person> {
    match tenant.readings.get(directory)? {
        Reading::People(people) => people.first(),
        Reading::Unknown(_) => None,
    }
}
