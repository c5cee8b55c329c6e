//! Who is in the directory, and what the engine asks of it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use futures::future::{BoxFuture, try_join};

use crate::api::reasons::Reason;
use crate::api::tenant_ledger::UsersSeen;
use crate::api::{Account as AccountObject, Group, User};
use crate::cluster::Cluster;
use crate::cluster::client::Selector;
use crate::directory::{Directory, HeldEntry, Lookup, Profile, Sight, Sponsored, Written};
use crate::domain::capability::Capabilities;
use crate::domain::change::{Entry, GroupFacts, Needs};
use crate::domain::fault::Fault;
use crate::domain::person::PersonId;
use crate::domain::subject::{Person, SubjectRef};

use super::sponsors;
use super::store::Embedded;

/// Everybody in the directory.
#[derive(Clone, Debug, Default)]
pub struct Roll {
    /// The subjects, in the order of their names.
    pub people: Vec<Person>,
    /// Records whose account is deleted and was another person's: no subjects, until somebody says whose it is.
    pub reused_and_deleted: usize,
    /// Records with a hire date after the deletion of the account: no subjects, and no workflow lets them in.
    pub returning_and_deleted: usize,
    /// The records that were read.
    pub users: Option<UsersSeen>,
}

/// The records and accounts of a namespace, for all Directories over them that one evaluation reads: listed for the first one that
/// asks, and then as each has left them. What one could not read, or not write, is listed anew for the next.
#[derive(Default)]
pub struct Listing(Option<(Vec<User>, Vec<AccountObject>)>);

impl Listing {
    async fn take(&mut self, cluster: &Cluster) -> Result<(Vec<User>, Vec<AccountObject>), Fault> {
        match self.0.take() {
            Some(listed) => Ok(listed),
            None => list(cluster).await,
        }
    }
}

/// All records and accounts. Neither list is older than what this process had seen before; which of them is the newer one, nobody
/// relies on: records and accounts are written at any time.
async fn list(cluster: &Cluster) -> Result<(Vec<User>, Vec<AccountObject>), Fault> {
    let all = Selector::all();
    Ok(try_join(cluster.list(&all), cluster.list(&all)).await?)
}

/// Nobody is overlooked in silence: a reading without the account of somebody who has a record is none.
fn require_accounts(users: &[User], accounts: &[AccountObject]) -> Result<(), Fault> {
    let known: BTreeSet<&str> = accounts.iter().filter_map(|account| account.metadata.name.as_deref()).collect();
    let missing = users.iter().filter(|user| !user.metadata.name.as_deref().is_some_and(|name| known.contains(name))).count();
    if missing == 0 {
        return Ok(());
    }
    let message = format!("{missing} Users have no Account although it was made");
    Err(Fault::transient(Reason::AccountNotMade, message))
}

impl Embedded {
    /// Reads everybody, gives every User an Account that has none, and settles whose the others are. Only evaluations do.
    ///
    /// # Errors
    /// [`Fault`] when the API server does not answer, or does not take an Account.
    pub async fn query_and_seed(&self, listing: &mut Listing, as_of: DateTime<Utc>) -> Result<Roll, Fault> {
        let (users, accounts) = listing.take(&self.cluster).await?;
        let accounts = self.seed_and_settle(&users, accounts, as_of).await?;
        require_accounts(&users, &accounts)?;
        let roll = Roll {
            people: self.people(&users, &accounts),
            reused_and_deleted: self.reused_and_deleted(&users, &accounts),
            returning_and_deleted: self.returning_and_deleted(&users, &accounts),
            users: UsersSeen::of(users.iter().map(|user| user.metadata.resource_version.as_deref())),
        };
        listing.0 = Some((users, accounts));
        Ok(roll)
    }

    /// The people who have both a record and an account, in the order of their names.
    fn people(&self, users: &[User], accounts: &[AccountObject]) -> Vec<Person> {
        let shared = self.mapping.shared(users, accounts);
        let accounts: BTreeMap<&str, &AccountObject> =
            accounts.iter().filter_map(|account| Some((account.metadata.name.as_deref()?, account))).collect();
        let is_out = |name: &str| accounts.get(name).is_some_and(|account| sponsors::is_out(&account.spec));
        let person = |user: &User| {
            let mut person = self.mapping.person(user, accounts.get(user.metadata.name.as_deref()?)?, &is_out, &self.keys)?;
            let value = self.mapping.correlation(user);
            person.identity.is_shared = value.is_some_and(|value| shared.contains(value));
            person.person = PersonId::of(&self.keys, &person.key, value, person.identity.is_shared);
            Some(person)
        };
        let mut people: Vec<Person> = users.iter().filter_map(person).collect();
        people.sort_by(|left, right| left.name.cmp(&right.name));
        people
    }

    async fn look_up(&self, subject: &str) -> Result<Option<Person>, Fault> {
        let Some(user) = self.cluster.find::<User>(subject).await? else { return Ok(None) };
        let Some(account) = self.cluster.find::<AccountObject>(subject).await? else { return Ok(None) };
        self.person(&user, &account).await
    }

    async fn person(&self, user: &User, account: &AccountObject) -> Result<Option<Person>, Fault> {
        let mut out = BTreeSet::new();
        for sponsor in sponsors::sponsors(user, Some(&account.spec)).into_iter().flatten() {
            let found: Option<AccountObject> = self.cluster.find(sponsor).await?;
            out.extend(found.filter(|account| sponsors::is_out(&account.spec)).map(|_| sponsor.as_str()));
        }
        Ok(self.mapping.person(user, account, &|name| out.contains(name), &self.keys))
    }
}

impl Embedded {
    async fn everyone(&self) -> Result<Vec<Person>, Fault> {
        let (users, accounts) = list(&self.cluster).await?;
        Ok(self.people(&users, &accounts))
    }

    async fn see(&self, name: &str, needs: &Needs) -> Result<Sight, Fault> {
        let user: Option<User> = self.cluster.find(name).await?;
        let account: Option<AccountObject> = self.cluster.find(name).await?;
        let person = match (&user, &account) {
            (Some(user), Some(account)) => self.person(user, account).await?,
            _ => None,
        };
        let named = || self.protected.users.iter().any(|user| user == name);
        let is_protected = account.as_ref().map_or_else(named, |account| self.is_protected_account(name, &account.spec));
        let sponsored = if needs.sponsored { Some(self.sponsorships(name).await) } else { None };
        let held = account.map(|account| self.mapping.held(user.as_ref(), account));
        Ok(Sight { person, held, has_record: user.is_some(), is_protected, sponsored })
    }

    async fn members_of(&self, group: &str) -> Result<Option<Vec<String>>, Fault> {
        // Only what is certainly not there is absent: who may not look has seen nothing.
        if self.cluster.find::<Group>(group).await?.is_none() {
            return Ok(None);
        }
        let is_member = |person: &Person| person.groups.iter().any(|name| name == group);
        Ok(Some(self.everyone().await?.into_iter().filter(is_member).map(|person| person.name).collect()))
    }
}

impl Directory for Embedded {
    fn capabilities(&self) -> Capabilities {
        Capabilities::EMBEDDED
    }

    fn get<'a>(&'a self, subject: &'a SubjectRef) -> BoxFuture<'a, Lookup<Person>> {
        Box::pin(async { self.look_up(&subject.name).await.into() })
    }

    fn observe<'a>(&'a self, subject: &'a SubjectRef, needs: &'a Needs) -> BoxFuture<'a, Result<Sight, Fault>> {
        Box::pin(self.see(&subject.name, needs))
    }

    fn groups<'a>(&'a self, needs: &'a Needs) -> BoxFuture<'a, Result<BTreeMap<String, GroupFacts>, Fault>> {
        Box::pin(self.group_facts(needs))
    }

    fn members<'a>(&'a self, group: &'a str) -> BoxFuture<'a, Lookup<Vec<String>>> {
        Box::pin(async { self.members_of(group).await.into() })
    }

    fn profile<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Lookup<Profile>> {
        Box::pin(async { self.find_profile(name).await.into() })
    }

    fn sponsored<'a>(&'a self, sponsor: &'a str) -> BoxFuture<'a, Lookup<Vec<Sponsored>>> {
        Box::pin(async { self.find_sponsored(sponsor).await.map(Some).into() })
    }

    fn entry<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Lookup<HeldEntry>> {
        Box::pin(async { self.find_entry(name).await.into() })
    }

    fn write<'a>(&'a self, held: &'a HeldEntry, after: &'a Entry) -> BoxFuture<'a, Result<Written, Fault>> {
        Box::pin(self.replace_entry(held, after))
    }
}
