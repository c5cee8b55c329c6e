//! The embedded directory: a User is the record, the Account of the same name the effect.

mod effects;
mod groups;
mod identity;
mod person;
mod profile;
mod quality;
mod sponsors;
mod zone;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use kube::ResourceExt;
use kube::api::ObjectMeta;

use crate::api::account::AccountSpec;
use crate::api::directory::ProtectedSubjects;
use crate::api::task::AttributeUpdate;
use crate::api::{Account as AccountObject, DirectorySpec, Group, User};
use crate::cluster::client::Selector;
use crate::cluster::{Cluster, ClusterError};
use crate::domain::dates::DateValue;
use crate::domain::keys::Keyring;
use crate::domain::subject::Person;

use super::{Account, Directory, DirectoryError, Effect, GroupKind, Lookup, Profile, Sponsored};

pub use person::Mapping;
pub use quality::{Filler, Unreadable, WrongZone};
pub use sponsors::is_out;

/// The Users, Groups and Accounts of one namespace.
pub struct Embedded {
    cluster: Cluster,
    keys: Keyring,
    mapping: Mapping,
    protected: ProtectedSubjects,
}

/// Everybody in the directory.
#[derive(Clone, Debug, Default)]
pub struct Roll {
    /// The subjects, in the order of their names.
    pub people: Vec<Person>,
    /// Records whose account is deleted and was another person's: no subjects, until somebody says whose it is.
    pub reused_and_deleted: usize,
    /// Records with a hire date after the deletion of the account: no subjects, and no workflow lets them in.
    pub returning_and_deleted: usize,
}

impl From<ClusterError> for DirectoryError {
    fn from(error: ClusterError) -> Self {
        let message = error.to_string();
        if error.is_transient() {
            Self::Transient { reason: "DirectoryUnavailable", message }
        } else {
            Self::Permanent { reason: "DirectoryRefused", message }
        }
    }
}

/// Reason: there is no Account of the subject's name.
const ACCOUNT_NOT_FOUND: &str = "AccountNotFound";

fn not_found(subject: &str) -> DirectoryError {
    DirectoryError::permanent(ACCOUNT_NOT_FOUND, format!("there is no Account {subject:?}"))
}

fn no_user(subject: &str) -> DirectoryError {
    DirectoryError::permanent("UserNotFound", format!("there is no User {subject:?}"))
}

/// The Account that a User begins with.
#[must_use]
pub fn seed(user: &User) -> AccountObject {
    let initial = user.spec.initial_account.clone().unwrap_or_default();
    let created = user.spec.created_date_time.as_deref().and_then(|text| match DateValue::parse(text) {
        Ok(DateValue::Instant(instant)) => Some(instant),
        _ => None,
    });
    let created = created.or_else(|| user.metadata.creation_timestamp.as_ref().map(crate::cluster::events::our_time));
    let mut member_of = initial.member_of;
    member_of.sort();
    AccountObject {
        metadata: ObjectMeta { name: Some(user.name_any()), namespace: user.namespace(), ..ObjectMeta::default() },
        spec: AccountSpec {
            account_enabled: initial.account_enabled,
            member_of,
            licenses: initial.licenses,
            attributes: BTreeMap::new(),
            sponsors: None,
            sessions_revoked_at: None,
            deleted_at: None,
            correlation: BTreeMap::new(),
            released_at: None,
            created_date_time: created,
        },
    }
}

/// Nobody is overlooked in silence: a reading without the account of somebody who has a record is none.
fn require_accounts(users: &[User], accounts: &[AccountObject]) -> Result<(), DirectoryError> {
    let known: BTreeSet<&str> = accounts.iter().filter_map(|account| account.metadata.name.as_deref()).collect();
    let missing = users.iter().filter(|user| !user.metadata.name.as_deref().is_some_and(|name| known.contains(name))).count();
    if missing == 0 {
        return Ok(());
    }
    let message = format!("{missing} Users have no Account although it was made");
    Err(DirectoryError::Transient { reason: "AccountNotMade", message })
}

impl Embedded {
    /// The embedded directory `name` of the cluster's namespace. `time_zone` is the tenant's.
    #[must_use]
    pub fn new(cluster: Cluster, keys: Keyring, name: &str, spec: &DirectorySpec, time_zone: Option<&str>) -> Self {
        Self { cluster, keys, mapping: Mapping::new(name, spec, time_zone), protected: spec.protected.clone().unwrap_or_default() }
    }

    /// Reads everybody, gives every User an Account that has none, and settles whose the others are. Only evaluations do.
    ///
    /// # Errors
    /// [`DirectoryError`] when the API server does not answer, or does not take an Account.
    pub async fn query_and_seed(&self, as_of: DateTime<Utc>) -> Result<Roll, DirectoryError> {
        let users: Vec<User> = self.cluster.list(&Selector::all()).await?;
        let mut accounts: Vec<AccountObject> = self.cluster.list(&Selector::all()).await?;
        if self.seed_and_settle(&users, &accounts, as_of).await? {
            accounts = self.cluster.list(&Selector::all()).await?;
            require_accounts(&users, &accounts)?;
        }
        let reused_and_deleted = self.reused_and_deleted(&users, &accounts);
        let returning_and_deleted = self.returning_and_deleted(&users, &accounts);
        Ok(Roll { people: self.people(&users, accounts), reused_and_deleted, returning_and_deleted })
    }

    /// The people who have both a record and an account, in the order of their names.
    fn people(&self, users: &[User], accounts: Vec<AccountObject>) -> Vec<Person> {
        let shared = self.mapping.shared(users, &accounts);
        let accounts: BTreeMap<String, AccountObject> = accounts.into_iter().map(|account| (account.name_any(), account)).collect();
        let is_out = |name: &str| accounts.get(name).is_some_and(|account| sponsors::is_out(&account.spec));
        let person = |user: &User| {
            let mut person = self.mapping.person(user, accounts.get(&user.name_any())?, &is_out, &self.keys)?;
            person.identity.is_shared = self.mapping.correlation(user).is_some_and(|value| shared.contains(value));
            Some(person)
        };
        let mut people: Vec<Person> = users.iter().filter_map(person).collect();
        people.sort_by(|left, right| left.name.cmp(&right.name));
        people
    }

    async fn look_up(&self, subject: &str) -> Result<Option<Person>, DirectoryError> {
        let Some(user) = self.cluster.find::<User>(subject).await? else { return Ok(None) };
        let Some(account) = self.cluster.find::<AccountObject>(subject).await? else { return Ok(None) };
        let mut out = BTreeSet::new();
        for sponsor in sponsors::sponsors(&user, Some(&account.spec)).into_iter().flatten() {
            let found: Option<AccountObject> = self.cluster.find(sponsor).await?;
            out.extend(found.filter(|account| sponsors::is_out(&account.spec)).map(|_| sponsor.as_str()));
        }
        Ok(self.mapping.person(&user, &account, &|name| out.contains(name), &self.keys))
    }

    /// Whether the Directory protects the person.
    fn is_protected_account(&self, name: &str, account: &AccountSpec) -> bool {
        self.protected.users.iter().any(|user| user == name) || account.member_of.iter().any(|group| self.protected.groups.contains(group))
    }
}

impl Directory for Embedded {
    async fn query(&self) -> Result<Vec<Person>, DirectoryError> {
        let users: Vec<User> = self.cluster.list(&Selector::all()).await?;
        let accounts: Vec<AccountObject> = self.cluster.list(&Selector::all()).await?;
        Ok(self.people(&users, accounts))
    }

    async fn get(&self, subject: &str) -> Lookup<Person> {
        match self.look_up(subject).await {
            Ok(Some(person)) => Lookup::Present(person),
            Ok(None) => Lookup::Absent,
            Err(error) => Lookup::Unknown(error.to_string()),
        }
    }

    async fn account(&self, subject: &str) -> Lookup<Account> {
        let found = async {
            let Some(account) = self.cluster.find::<AccountObject>(subject).await? else { return Ok(None) };
            Ok::<_, DirectoryError>(Some((account.spec, self.groups().await?)))
        };
        found.await.map_or_else(Lookup::from, |found| {
            found.map_or(Lookup::Absent, |(account, groups)| {
                Lookup::Present(Account {
                    account_enabled: account.account_enabled,
                    groups: groups.own(GroupKind::Any, &account.member_of).cloned().collect(),
                    teams: groups.own(GroupKind::Teams, &account.member_of).cloned().collect(),
                    member_of: account.member_of,
                    licenses: account.licenses,
                    attributes: account.attributes,
                    deleted_at: account.deleted_at,
                })
            })
        })
    }

    async fn is_protected(&self, subject: &str) -> Lookup<bool> {
        if self.protected == ProtectedSubjects::default() {
            return Lookup::Present(false);
        }
        match self.cluster.find::<AccountObject>(subject).await {
            Ok(Some(account)) => Lookup::Present(self.is_protected_account(subject, &account.spec)),
            Ok(None) => Lookup::Present(self.protected.users.iter().any(|user| user == subject)),
            Err(error) => Lookup::Unknown(error.to_string()),
        }
    }

    async fn profile(&self, name: &str) -> Lookup<Profile> {
        match self.find_profile(name).await {
            Ok(Some(profile)) => Lookup::Present(profile),
            Ok(None) => Lookup::Absent,
            Err(error) => error.into(),
        }
    }

    async fn sponsored(&self, sponsor: &str) -> Lookup<Vec<Sponsored>> {
        self.find_sponsored(sponsor).await.map_or_else(Lookup::from, Lookup::Present)
    }

    async fn members(&self, group: &str) -> Lookup<Vec<String>> {
        // Only what is certainly not there is absent: who may not look has seen nothing.
        match self.cluster.find::<Group>(group).await {
            Ok(Some(_)) => {}
            Ok(None) => return Lookup::Absent,
            Err(error) => return Lookup::Unknown(error.to_string()),
        }
        match self.query().await {
            Ok(people) => Lookup::Present(
                people.into_iter().filter(|person| person.groups.iter().any(|name| name == group)).map(|person| person.name).collect(),
            ),
            Err(error) => Lookup::Unknown(error.to_string()),
        }
    }

    async fn set_account_enabled(&self, subject: &str, enabled: bool) -> Result<Effect, DirectoryError> {
        self.enable(subject, enabled).await
    }

    async fn delete_user(&self, subject: &str) -> Result<Effect, DirectoryError> {
        self.delete(subject).await
    }

    async fn update_attributes(&self, subject: &str, updates: &[AttributeUpdate]) -> Result<Effect, DirectoryError> {
        self.update(subject, updates).await
    }

    async fn add_to_groups(&self, subject: &str, kind: GroupKind, groups: &[String]) -> Result<Effect, DirectoryError> {
        self.join(subject, kind, groups).await
    }

    async fn remove_from_groups(&self, subject: &str, kind: GroupKind, groups: &[String]) -> Result<Effect, DirectoryError> {
        self.leave(subject, kind, groups).await
    }

    async fn remove_from_all_groups(&self, subject: &str, kind: GroupKind) -> Result<Effect, DirectoryError> {
        self.leave_all(subject, kind).await
    }

    async fn assign_licenses(&self, subject: &str, licenses: &[String]) -> Result<Effect, DirectoryError> {
        self.assign(subject, licenses).await
    }

    async fn remove_licenses(&self, subject: &str, licenses: Option<&[String]>) -> Result<Effect, DirectoryError> {
        self.unassign(subject, licenses).await
    }

    async fn revoke_sessions(&self, subject: &str) -> Result<Effect, DirectoryError> {
        self.end_sessions(subject).await
    }

    async fn transfer_sponsorships(&self, subject: &str) -> Result<Effect, DirectoryError> {
        self.hand_over(subject).await
    }
}
