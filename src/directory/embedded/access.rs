//! The entry of a person: what an Account says of it, and an Account that says what it is to be.

use std::collections::{BTreeMap, BTreeSet};

use kube::ResourceExt;

use crate::api::group::{GroupMembership, GroupType};
use crate::api::{Account as AccountObject, Group, User};
use crate::cluster::Replaced;
use crate::cluster::client::Selector;
use crate::directory::port::ProviderState;
use crate::directory::{HeldEntry, Written};
use crate::domain::change::{Entry, GroupFacts, Needs, Reused};
use crate::domain::fault::Fault;

use super::mapping::Mapping;
use super::store::Embedded;

impl Mapping {
    /// The entry as the Account has it, and the record beside it.
    fn entry(&self, user: Option<&User>, account: &AccountObject) -> Entry {
        let spec = &account.spec;
        let is_reused = user.is_some_and(|user| self.identity(user, spec).is_reused);
        let record_sponsors = user.and_then(|user| user.spec.sponsors.as_ref());
        Entry {
            name: account.name_any(),
            is_enabled: spec.account_enabled,
            deleted_at: spec.deleted_at,
            member_of: spec.member_of.clone(),
            licenses: spec.licenses.clone(),
            attributes: spec.attributes.clone(),
            sponsors: spec.sponsors.as_ref().or(record_sponsors).cloned().unwrap_or_default(),
            sessions_revoked_at: spec.sessions_revoked_at,
            recorded_usage_location: user.and_then(|user| user.spec.usage_location.clone()),
            reused: is_reused.then(|| Reused { attribute: self.correlation_attribute().to_owned() }),
        }
    }

    /// The entry, and the Account that a write is compared with.
    pub(super) fn held(&self, user: Option<&User>, account: AccountObject) -> HeldEntry {
        HeldEntry { entry: self.entry(user, &account), state: ProviderState::Embedded(Box::new(account)) }
    }
}

/// Takes over into the Account what differs from the entry that it was.
fn put(before: &Entry, after: &Entry, account: &mut AccountObject) {
    let spec = &mut account.spec;
    spec.account_enabled = after.is_enabled;
    spec.deleted_at = after.deleted_at;
    spec.member_of.clone_from(&after.member_of);
    spec.licenses.clone_from(&after.licenses);
    spec.attributes.clone_from(&after.attributes);
    spec.sessions_revoked_at = after.sessions_revoked_at;
    if before.sponsors != after.sponsors {
        spec.sponsors = Some(after.sponsors.clone());
    }
}

fn facts(group: &Group) -> GroupFacts {
    GroupFacts { is_team: group.spec.type_ == GroupType::Team, is_elsewhere: group.spec.membership != GroupMembership::Assigned }
}

impl Embedded {
    /// The entry of that name, with the record as it is now; None: there is no Account.
    pub(super) async fn find_entry(&self, name: &str) -> Result<Option<HeldEntry>, Fault> {
        let user: Option<User> = self.cluster.find(name).await?;
        let account: Option<AccountObject> = self.cluster.find(name).await?;
        Ok(account.map(|account| self.mapping.held(user.as_ref(), account)))
    }

    pub(super) async fn replace_entry(&self, held: &HeldEntry, after: &Entry) -> Result<Written, Fault> {
        let ProviderState::Embedded(account) = &held.state;
        let mut account = account.clone();
        put(&held.entry, after, &mut account);
        let is_of_sponsors = held.entry.sponsors != after.sponsors;
        if is_of_sponsors {
            // Also where nobody waits for the answer.
            self.reading.outdate();
        }
        let replaced = self.cluster.replace(&*account).await;
        if is_of_sponsors || !matches!(replaced, Ok(Replaced::Done(_))) {
            self.reading.outdate();
        }
        Ok(match replaced? {
            Replaced::Done(account) => Written::Done(Box::new(HeldEntry { entry: after.clone(), state: ProviderState::Embedded(account) })),
            Replaced::Conflict => Written::Conflict,
            Replaced::Gone => Written::Gone,
        })
    }

    /// The groups that tasks need to know of: all of them with one list, few by name.
    pub(super) async fn group_facts(&self, needs: &Needs) -> Result<BTreeMap<String, GroupFacts>, Fault> {
        if needs.all_groups {
            let groups: Vec<Group> = self.cluster.list(&Selector::all()).await?;
            return Ok(groups.iter().map(|group| (group.name_any(), facts(group))).collect());
        }
        let mut found = BTreeMap::new();
        let names: BTreeSet<&String> = needs.groups.iter().collect();
        for name in names {
            if let Some(group) = self.cluster.find::<Group>(name).await? {
                found.insert(name.clone(), facts(&group));
            }
        }
        Ok(found)
    }
}
