//! The embedded directory: a User is the record, the Account of the same name the effect.

mod person;

use std::collections::{BTreeMap, BTreeSet};

use kube::ResourceExt;
use kube::api::ObjectMeta;

use crate::api::account::AccountSpec;
use crate::api::group::GroupMembership;
use crate::api::run_slice::BeforeImage;
use crate::api::task::AttributeUpdate;
use crate::api::{Account as AccountObject, DirectorySpec, Group, User};
use crate::cluster::client::Selector;
use crate::cluster::{Cluster, ClusterError, Created, Replaced};
use crate::domain::dates::DateValue;
use crate::domain::keys::Keyring;
use crate::domain::subject::Person;

use super::{Account, Directory, DirectoryError, Effect, Lookup};

pub use person::Mapping;

/// How often a write is tried against other writers of the same Account.
const CONFLICTS: u32 = 8;

/// The Users, Groups and Accounts of one namespace.
pub struct Embedded {
    cluster: Cluster,
    keys: Keyring,
    mapping: Mapping,
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

fn not_found(subject: &str) -> DirectoryError {
    DirectoryError::Permanent { reason: "AccountNotFound", message: format!("there is no Account {subject:?}") }
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
            sessions_revoked_at: None,
            deleted_at: None,
            created_date_time: created,
        },
    }
}

impl Embedded {
    /// The embedded directory `name` of the cluster's namespace.
    #[must_use]
    pub fn new(cluster: Cluster, keys: Keyring, name: &str, spec: &DirectorySpec) -> Self {
        Self { cluster, keys, mapping: Mapping::new(name, spec) }
    }

    /// Reads everybody, and gives every User an Account that has none. Only evaluations seed.
    ///
    /// # Errors
    /// [`DirectoryError`] when the API server does not answer, or does not take an Account.
    pub async fn query_and_seed(&self) -> Result<Vec<Person>, DirectoryError> {
        let users: Vec<User> = self.cluster.list(&Selector::all()).await?;
        let mut accounts: Vec<AccountObject> = self.cluster.list(&Selector::all()).await?;
        let known: BTreeSet<String> = accounts.iter().map(ResourceExt::name_any).collect();
        let mut seeded = false;
        for user in users.iter().filter(|user| !known.contains(&user.name_any())) {
            match self.cluster.create(&seed(user)).await? {
                Created::New(_) | Created::Exists => seeded = true,
            }
        }
        if seeded {
            accounts = self.cluster.list(&Selector::all()).await?;
        }
        Ok(self.people(&users, accounts))
    }

    /// The people who have both a record and an account, in the order of their names.
    fn people(&self, users: &[User], accounts: Vec<AccountObject>) -> Vec<Person> {
        let accounts: BTreeMap<String, AccountObject> = accounts.into_iter().map(|account| (account.name_any(), account)).collect();
        let mut people: Vec<Person> =
            users.iter().filter_map(|user| self.mapping.person(user, accounts.get(&user.name_any())?, &self.keys)).collect();
        people.sort_by(|left, right| left.name.cmp(&right.name));
        people
    }

    async fn change(&self, subject: &str, edit: impl Fn(&mut AccountSpec) -> Effect) -> Result<Effect, DirectoryError> {
        let mut done = false;
        for _ in 0..CONFLICTS {
            // That it is missing, or is so already, no compare-and-swap would question: it must not be an older state.
            let mut account: AccountObject = self.cluster.find(subject).await?.ok_or_else(|| not_found(subject))?;
            match edit(&mut account.spec) {
                // After a lost answer the change is found done: it was this effect that did it.
                Effect::AlreadySo(text) => return Ok(if done { Effect::Done } else { Effect::AlreadySo(text) }),
                Effect::Done => {}
            }
            match self.cluster.replace(&account).await? {
                Replaced::Done(_) => return Ok(Effect::Done),
                Replaced::Conflict => done = true,
                Replaced::Gone => return Err(not_found(subject)),
            }
        }
        Err(DirectoryError::Transient {
            reason: "Conflict",
            message: format!("Account {subject:?} was written by others {CONFLICTS} times in a row"),
        })
    }

    async fn group(&self, name: &str) -> Result<Group, DirectoryError> {
        let group: Option<Group> = self.cluster.find(name).await?;
        group.ok_or_else(|| DirectoryError::Permanent { reason: "GroupNotFound", message: format!("there is no Group {name:?}") })
    }

    async fn require_assigned(&self, groups: &[String]) -> Result<(), DirectoryError> {
        for name in groups {
            let group = self.group(name).await?;
            if group.spec.membership != GroupMembership::Assigned {
                return Err(DirectoryError::Permanent {
                    reason: "ManagedElsewhere",
                    message: format!("the members of Group {name:?} are decided elsewhere"),
                });
            }
        }
        Ok(())
    }

    /// The groups among `member_of` whose members are assigned one by one; a group without an object counts as one.
    async fn assigned(&self, member_of: &[String]) -> Result<Vec<String>, DirectoryError> {
        let groups: Vec<Group> = self.cluster.list(&Selector::all()).await?;
        let elsewhere =
            |name: &String| groups.iter().any(|group| &group.name_any() == name && group.spec.membership != GroupMembership::Assigned);
        Ok(member_of.iter().filter(|name| !elsewhere(name)).cloned().collect())
    }

    async fn look_up(&self, subject: &str) -> Result<Option<Person>, DirectoryError> {
        let Some(user) = self.cluster.find::<User>(subject).await? else { return Ok(None) };
        let Some(account) = self.cluster.find::<AccountObject>(subject).await? else { return Ok(None) };
        Ok(self.mapping.person(&user, &account, &self.keys))
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
        let found: Result<Option<AccountObject>, ClusterError> = self.cluster.find(subject).await;
        let account = match found {
            Ok(Some(account)) => account,
            Ok(None) => return Lookup::Absent,
            Err(error) => return Lookup::Unknown(error.to_string()),
        };
        match self.assigned(&account.spec.member_of).await {
            Ok(assigned) => Lookup::Present(Account {
                account_enabled: account.spec.account_enabled,
                assigned,
                deleted: BeforeImage {
                    account_enabled: Some(account.spec.account_enabled),
                    deleted_at: account.spec.deleted_at,
                    ..BeforeImage::default()
                },
                member_of: account.spec.member_of,
                attributes: account.spec.attributes,
            }),
            Err(error) => Lookup::Unknown(error.to_string()),
        }
    }

    async fn members(&self, group: &str) -> Lookup<Vec<String>> {
        match self.group(group).await {
            Ok(_) => {}
            Err(DirectoryError::Permanent { .. }) => return Lookup::Absent,
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
        self.change(subject, |account| {
            if account.account_enabled == enabled {
                return Effect::AlreadySo(format!("the account was {} already", if enabled { "enabled" } else { "disabled" }));
            }
            account.account_enabled = enabled;
            Effect::Done
        })
        .await
    }

    async fn delete_user(&self, subject: &str) -> Result<Effect, DirectoryError> {
        let now = self.cluster.clock().now();
        self.change(subject, |account| {
            if account.deleted_at.is_some() {
                return Effect::AlreadySo("the user was deleted already".to_owned());
            }
            account.deleted_at = Some(now);
            account.account_enabled = false;
            Effect::Done
        })
        .await
    }

    async fn add_to_groups(&self, subject: &str, groups: &[String]) -> Result<Effect, DirectoryError> {
        self.require_assigned(groups).await?;
        self.change(subject, |account| {
            let missing: Vec<&String> = groups.iter().filter(|name| !account.member_of.contains(name)).collect();
            if missing.is_empty() {
                return Effect::AlreadySo("the subject was a member already".to_owned());
            }
            account.member_of.extend(missing.into_iter().cloned().collect::<BTreeSet<_>>());
            account.member_of.sort();
            Effect::Done
        })
        .await
    }

    async fn remove_from_groups(&self, subject: &str, groups: &[String]) -> Result<Effect, DirectoryError> {
        self.require_assigned(groups).await?;
        self.change(subject, |account| remove(account, groups)).await
    }

    async fn remove_from_all_groups(&self, subject: &str) -> Result<Effect, DirectoryError> {
        let account: AccountObject = self.cluster.find(subject).await?.ok_or_else(|| not_found(subject))?;
        let assigned = self.assigned(&account.spec.member_of).await?;
        self.change(subject, |account| remove(account, &assigned)).await
    }

    async fn update_attributes(&self, subject: &str, updates: &[AttributeUpdate]) -> Result<Effect, DirectoryError> {
        let now = self.cluster.clock().now().format("%Y-%m-%dT%H:%M:%SZ").to_string();
        self.change(subject, |account| {
            let before = account.attributes.clone();
            for update in updates {
                let value = if update.value == "system.now" { now.clone() } else { update.value.clone() };
                account.attributes.insert(update.attribute.clone(), value);
            }
            if account.attributes == before {
                Effect::AlreadySo("the attributes had these values already".to_owned())
            } else {
                Effect::Done
            }
        })
        .await
    }
}

fn remove(account: &mut AccountSpec, groups: &[String]) -> Effect {
    let before = account.member_of.len();
    account.member_of.retain(|name| !groups.contains(name));
    if account.member_of.len() == before { Effect::AlreadySo("the subject was not a member".to_owned()) } else { Effect::Done }
}
