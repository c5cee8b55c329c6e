//! Groups and teams: a team is a Group of type team, its members stand in the Accounts like all others.

use std::collections::BTreeMap;

use kube::ResourceExt;

use crate::api::Group;
use crate::api::group::{GroupMembership, GroupType};
use crate::cluster::client::Selector;
use crate::directory::{DirectoryError, Effect, GroupKind};

use super::Embedded;
use super::effects::{add, effect, remove, require_present};

/// Every Group of the tenant by name.
pub(super) struct Groups(BTreeMap<String, Group>);

impl Groups {
    /// The names that a task for all groups, or all teams, may take away. A group without an object is nobody else's to
    /// manage, and no team.
    pub(super) fn own<'a>(&'a self, kind: GroupKind, names: &'a [String]) -> impl Iterator<Item = &'a String> {
        names.iter().filter(move |name| self.is_of(kind, name) && !self.is_elsewhere(name))
    }

    fn is_of(&self, kind: GroupKind, name: &str) -> bool {
        kind == GroupKind::Any || self.0.get(name).is_some_and(|group| group.spec.type_ == GroupType::Team)
    }

    fn is_elsewhere(&self, name: &str) -> bool {
        self.0.get(name).is_some_and(|group| group.spec.membership != GroupMembership::Assigned)
    }
}

impl Embedded {
    pub(super) async fn groups(&self) -> Result<Groups, DirectoryError> {
        let groups: Vec<Group> = self.cluster.list(&Selector::all()).await?;
        Ok(Groups(groups.into_iter().map(|group| (group.name_any(), group)).collect()))
    }

    /// The groups that a task names must be of the kind, and have members that are assigned one by one. Gives the names of
    /// those that do not exist.
    async fn missing<'a>(&self, kind: GroupKind, names: &'a [String]) -> Result<Vec<&'a str>, DirectoryError> {
        let mut missing = Vec::new();
        for name in names {
            let Some(group) = self.cluster.find::<Group>(name).await? else {
                missing.push(name.as_str());
                continue;
            };
            if kind == GroupKind::Teams && group.spec.type_ != GroupType::Team {
                return Err(DirectoryError::permanent("NotATeam", format!("Group {name:?} is not of type team")));
            }
            if group.spec.membership != GroupMembership::Assigned {
                let message = format!("the members of Group {name:?} are decided elsewhere");
                return Err(DirectoryError::permanent("ManagedElsewhere", message));
            }
        }
        Ok(missing)
    }

    pub(super) async fn join(&self, subject: &str, kind: GroupKind, names: &[String]) -> Result<Effect, DirectoryError> {
        if let Some(name) = self.missing(kind, names).await?.first() {
            return Err(DirectoryError::permanent("GroupNotFound", format!("there is no Group {name:?}")));
        }
        self.give(subject, |account| {
            require_present(account)?;
            Ok(effect(add(&mut account.member_of, names), "the subject was a member already"))
        })
        .await
    }

    /// Leaves the named groups. Nobody is in a group that does not exist: there is nothing to do but to strike its name.
    pub(super) async fn leave(&self, subject: &str, kind: GroupKind, names: &[String]) -> Result<Effect, DirectoryError> {
        let missing = self.missing(kind, names).await?;
        let gone = (!missing.is_empty()).then(|| format!("there is no Group any more of the name {}", missing.join(", ")));
        self.take(subject, |account| {
            let changed = remove(&mut account.member_of, |name| names.contains(name));
            Ok(match (changed, &gone) {
                (true, None) => Effect::Done,
                (true, Some(gone)) => Effect::DoneBut(gone.clone()),
                (false, None) => Effect::AlreadySo("the subject was not a member".to_owned()),
                (false, Some(gone)) => Effect::AlreadySo(gone.clone()),
            })
        })
        .await
    }

    /// Leaves every group, or team, that is not managed elsewhere, and says which ones are.
    pub(super) async fn leave_all(&self, subject: &str, kind: GroupKind) -> Result<Effect, DirectoryError> {
        let groups = self.groups().await?;
        self.take(subject, |account| {
            let elsewhere = |name: &&String| groups.is_of(kind, name) && groups.is_elsewhere(name);
            let left: Vec<&str> = account.member_of.iter().filter(elsewhere).map(String::as_str).collect();
            let left = (!left.is_empty()).then(|| format!("left alone, because they are managed elsewhere: {}", left.join(", ")));
            let changed = remove(&mut account.member_of, |name| groups.is_of(kind, name) && !groups.is_elsewhere(name));
            Ok(match (changed, left) {
                (true, None) => Effect::Done,
                (true, Some(left)) => Effect::DoneBut(left),
                (false, None) => Effect::AlreadySo("the subject was not a member".to_owned()),
                (false, Some(left)) => Effect::AlreadySo(left),
            })
        })
        .await
    }
}
