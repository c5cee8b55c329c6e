//! The one person of an explanation, read as evaluations read everybody.

use std::collections::BTreeSet;

use crate::api::{Account, User};
use crate::cluster::Cluster;
use crate::directory::embedded::{Mapping, is_out, seed};
use crate::domain::person::PersonId;
use crate::domain::subject::Person;
use crate::runner::RunnerError;
use crate::runner::evaluate::tenant::{Reading, Tenant};

use super::report::AccountState;

/// Record and account.
pub(super) struct Found {
    pub user: Option<User>,
    /// The account that is there.
    pub account: Option<Account>,
    /// Sponsors of the record or the account who are none, as their own accounts are deleted or disabled.
    out: BTreeSet<String>,
}

impl Found {
    /// Reads both.
    pub async fn read(cluster: &Cluster, subject: &str) -> Result<Self, RunnerError> {
        let user: Option<User> = cluster.find(subject).await?;
        let account: Option<Account> = cluster.find(subject).await?;
        let own = account.iter().flat_map(|account| &account.spec.sponsors);
        let mut out = BTreeSet::new();
        for sponsor in own.chain(user.iter().flat_map(|user| &user.spec.sponsors)).flatten() {
            if cluster.find::<Account>(sponsor).await?.is_some_and(|account| is_out(&account.spec)) {
                out.insert(sponsor.clone());
            }
        }
        Ok(Self { user, account, out })
    }

    pub fn is_deleted(&self) -> bool {
        self.account.as_ref().is_some_and(|account| account.spec.deleted_at.is_some())
    }

    /// The account as the next evaluation sees it: it gives one to every record that has none.
    pub fn seen_account(&self) -> Option<Account> {
        self.account.clone().or_else(|| self.user.as_ref().map(seed))
    }

    pub fn state(&self, tenant: &Tenant) -> Option<AccountState> {
        let spec = &self.account.as_ref()?.spec;
        let state = match (spec.deleted_at, spec.account_enabled) {
            (Some(_), _) => "deleted",
            (None, true) => "enabled",
            (None, false) => "disabled",
        };
        let mut groups = spec.member_of.clone();
        groups.sort();
        Some(AccountState { state, groups, remembers_another: self.remembers_another(tenant) })
    }

    /// The correlation attribute of which the account remembers another value than the record has.
    fn remembers_another(&self, tenant: &Tenant) -> Option<String> {
        let (user, account) = self.user.as_ref().zip(self.account.as_ref())?;
        let embedded = tenant.directories.iter().filter(|(_, directory)| directory.spec.embedded.is_some());
        let mut mappings = embedded.map(|(name, directory)| Mapping::new(name, &directory.spec, tenant.time_zone()));
        let mapping = mappings.find(|mapping| mapping.identity(user, &account.spec).is_reused)?;
        Some(mapping.correlation_attribute().to_owned())
    }

    /// Puts the person into every embedded directory of the tenant, alone. A deleted one is in none.
    pub fn enter(&self, tenant: &mut Tenant) {
        let reading = |name: &String| match self.user.as_ref().zip(self.seen_account()) {
            _ if tenant.directories[name].spec.embedded.is_none() => Reading::elsewhere(),
            Some((user, account)) => Reading::People(Vec::from_iter(self.person(tenant, name, user, &account))),
            None => Reading::People(Vec::new()),
        };
        tenant.readings = tenant.directories.keys().map(|name| (name.clone(), reading(name))).collect();
    }

    /// The person as rules and triggers would see them if the account were not deleted.
    pub fn if_there(&self, tenant: &Tenant, directory: &str) -> Option<Person> {
        let mut account = self.seen_account()?;
        account.spec.deleted_at = None;
        self.person(tenant, directory, self.user.as_ref()?, &account)
    }

    fn person(&self, tenant: &Tenant, directory: &str, user: &User, account: &Account) -> Option<Person> {
        let spec = &tenant.directories.get(directory)?.spec;
        let mapping = Mapping::new(directory, spec, tenant.time_zone());
        let mut person = mapping.person(user, account, &|name| self.out.contains(name), &tenant.keys)?;
        // Nobody else is read here. Where a row about this name has the value's person, an evaluation found that nobody else
        // has the value.
        let known = PersonId::of(&tenant.keys, &person.key, mapping.correlation(user), false);
        let is_own = |subject: &str| tenant.directories.keys().any(|name| tenant.keys.subject(name, &person.name) == subject);
        if tenant.ledger.of_person(known.as_str()).any(|row| is_own(&row.subject)) {
            person.person = known;
        }
        Some(person)
    }

    /// The text of a date attribute as its source wrote it.
    pub fn written(&self, tenant: &Tenant, directory: &str, attribute: &str) -> Option<String> {
        let spec = &tenant.directories.get(directory)?.spec;
        let account = self.seen_account()?;
        Mapping::new(directory, spec, tenant.time_zone()).written(self.user.as_ref()?, &account, attribute).map(str::to_owned)
    }
}
