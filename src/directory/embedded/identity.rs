//! Whose the Account of a name is: what it remembers of the record, who shares a value, and what people have answered.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use futures::future::BoxFuture;
use futures::stream::{self, StreamExt, TryStreamExt};
use kube::ResourceExt;

use crate::api::account::AccountSpec;
use crate::api::meta::ANNOTATION_IDENTITY;
use crate::api::{Account as AccountObject, User};
use crate::cluster::events::our_time;
use crate::cluster::{Created, Replaced, WRITES};
use crate::domain::correlation::{self, AccountStep, Ownership, step};
use crate::domain::fault::Fault;
use crate::domain::subject::{DateReading, HIRE_DATE};

use super::mapping::Mapping;
use super::seed::seed;
use super::store::Embedded;

impl Mapping {
    /// Name of the attribute by which people are known beyond their names.
    #[must_use]
    pub fn correlation_attribute(&self) -> &str {
        &self.correlation
    }

    /// The record's correlation value. What a task wrote into the account says nothing about the record.
    #[must_use]
    pub fn correlation<'a>(&self, user: &'a User) -> Option<&'a str> {
        let mapping = self.mapped.iter().find(|mapping| mapping.name == self.correlation);
        let source = mapping.and_then(|mapping| mapping.source.as_deref()).unwrap_or(&self.correlation);
        correlation::correlation(Self::record_text(user, source))
    }

    /// What the account remembers.
    fn remembered<'a>(&self, account: &'a AccountSpec) -> Option<&'a str> {
        correlation::correlation(account.correlation.get(&self.correlation).map(String::as_str))
    }

    /// Whose the name is, as far as record and account can tell.
    #[must_use]
    pub fn identity(&self, user: &User, account: &AccountSpec) -> Ownership {
        let is_reused = correlation::is_reused(self.remembered(account), self.correlation(user));
        Ownership { is_reused, is_shared: false, since: account.released_at }
    }

    /// Whether the person is hired after their account was deleted: no subject, of whom somebody must be told.
    #[must_use]
    pub fn returns_after_deletion(&self, user: &User, account: &AccountObject) -> bool {
        let Some(deleted) = account.spec.deleted_at else { return false };
        let is_hired = matches!(self.date(user, account, HIRE_DATE), DateReading::Known(hire) if hire.instant > deleted);
        is_hired && !self.identity(user, &account.spec).is_reused
    }

    /// The correlation values that several subjects have. Who is deleted softly is no subject.
    #[must_use]
    pub fn shared<'a>(&self, users: &'a [User], accounts: &[AccountObject]) -> BTreeSet<&'a str> {
        let deleted: BTreeSet<&str> = accounts
            .iter()
            .filter(|account| account.spec.deleted_at.is_some())
            .filter_map(|account| account.metadata.name.as_deref())
            .collect();
        let is_subject = |user: &&User| user.metadata.name.as_deref().is_some_and(|name| !deleted.contains(name));
        let (mut seen, mut shared) = (BTreeSet::new(), BTreeSet::new());
        for value in users.iter().filter(is_subject).filter_map(|user| self.correlation(user)) {
            if !seen.insert(value) {
                shared.insert(value);
            }
        }
        shared
    }

    fn remember(&self, user: &User, account: &mut AccountSpec) {
        if let Some(value) = self.correlation(user) {
            account.correlation.insert(self.correlation.clone(), value.to_owned());
        }
    }

    /// The Account as it is to be; None: as it is. Everything that another person had is gone with a release.
    fn settled(&self, user: &User, account: &AccountObject, is_shared: bool, as_of: DateTime<Utc>) -> Option<AccountObject> {
        let answer = account.annotations().get(ANNOTATION_IDENTITY).map(String::as_str);
        let mut next = account.clone();
        match step(self.remembered(&account.spec), self.correlation(user), is_shared, answer) {
            AccountStep::Nothing => return None,
            AccountStep::Dismiss => {}
            AccountStep::Remember | AccountStep::Keep => self.remember(user, &mut next.spec),
            AccountStep::Release => {
                next.spec = anew(user, account, as_of);
                self.remember(user, &mut next.spec);
            }
        }
        next.annotations_mut().remove(ANNOTATION_IDENTITY);
        Some(next)
    }
}

/// An Account by its name; None: there is none.
type There = (String, Option<AccountObject>);
/// The same, for many.
type ByName = BTreeMap<String, Option<AccountObject>>;

/// The account of the person who has the name now.
fn anew(user: &User, before: &AccountObject, as_of: DateTime<Utc>) -> AccountSpec {
    let mut spec = seed(user).spec;
    spec.released_at = Some(as_of);
    // A record that was written over is as old as its predecessor's.
    let made = before.metadata.creation_timestamp.as_ref().map(our_time);
    if user.spec.created_date_time.is_none() && spec.created_date_time <= made {
        spec.created_date_time = Some(as_of);
    }
    spec
}

impl Embedded {
    /// Gives every User an Account that has none, and does about all others what their records and people's answers ask
    /// for; the Accounts as they are now. What somebody else writes meanwhile is left to the next evaluation.
    pub(super) async fn seed_and_settle(
        &self,
        users: &[User],
        mut accounts: Vec<AccountObject>,
        as_of: DateTime<Utc>,
    ) -> Result<Vec<AccountObject>, Fault> {
        let written = self.write_accounts(users, &accounts, as_of).await?;
        if !written.is_empty() {
            accounts.retain(|account| !written.contains_key(&account.name_any()));
            accounts.extend(written.into_values().flatten());
        }
        Ok(accounts)
    }

    /// The same; what is there now of those that were to be written, by name.
    async fn write_accounts(&self, users: &[User], accounts: &[AccountObject], as_of: DateTime<Utc>) -> Result<ByName, Fault> {
        let shared = self.mapping.shared(users, accounts);
        let known: BTreeMap<&str, &AccountObject> =
            accounts.iter().filter_map(|account| Some((account.metadata.name.as_deref()?, account))).collect();
        let mut writes: Vec<BoxFuture<'_, Result<There, Fault>>> = Vec::new();
        for user in users {
            let is_shared = self.mapping.correlation(user).is_some_and(|value| shared.contains(value));
            match user.metadata.name.as_deref().and_then(|name| known.get(name)) {
                None => {
                    let mut account = seed(user);
                    if !is_shared {
                        self.mapping.remember(user, &mut account.spec);
                    }
                    writes.push(Box::pin(self.create_account(account)));
                }
                Some(account) => {
                    if let Some(settled) = self.mapping.settled(user, account, is_shared, as_of) {
                        writes.push(Box::pin(self.replace_account(settled)));
                    }
                }
            }
        }
        stream::iter(writes).buffer_unordered(WRITES).try_collect().await
    }

    async fn create_account(&self, account: AccountObject) -> Result<There, Fault> {
        let name = account.name_any();
        let there = match self.cluster.create(&account).await? {
            Created::New(account) => Some(*account),
            Created::Exists => self.cluster.find(&name).await?,
        };
        Ok((name, there))
    }

    async fn replace_account(&self, account: AccountObject) -> Result<There, Fault> {
        let name = account.name_any();
        let there = match self.cluster.replace(&account).await? {
            Replaced::Done(account) => Some(*account),
            Replaced::Conflict | Replaced::Gone => self.cluster.find(&name).await?,
        };
        Ok((name, there))
    }

    /// How many records have an account that is deleted and was another person's.
    pub(super) fn reused_and_deleted(&self, users: &[User], accounts: &[AccountObject]) -> usize {
        Self::deleted(users, accounts).filter(|(user, account)| self.mapping.identity(user, &account.spec).is_reused).count()
    }

    /// How many records have an account that is deleted and a hire date after that.
    pub(super) fn returning_and_deleted(&self, users: &[User], accounts: &[AccountObject]) -> usize {
        Self::deleted(users, accounts).filter(|(user, account)| self.mapping.returns_after_deletion(user, account)).count()
    }

    /// Records with their accounts, if these are deleted.
    fn deleted<'a>(users: &'a [User], accounts: &'a [AccountObject]) -> impl Iterator<Item = (&'a User, &'a AccountObject)> {
        let deleted = accounts.iter().filter(|account| account.spec.deleted_at.is_some());
        let deleted: BTreeMap<&str, &AccountObject> =
            deleted.filter_map(|account| Some((account.metadata.name.as_deref()?, account))).collect();
        users.iter().filter_map(move |user| Some((user, *deleted.get(user.metadata.name.as_deref()?)?)))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::api::DirectorySpec;

    fn mapping(spec: Value) -> Mapping {
        let spec: DirectorySpec = serde_json::from_value(spec).expect("a Directory");
        Mapping::new("people", &spec, None)
    }

    fn user(name: &str, spec: Value) -> User {
        let mut user = User::new(name, serde_json::from_value(spec).expect("a User"));
        user.metadata.creation_timestamp = Some(crate::cluster::events::kubernetes_time(at(1)));
        user
    }

    fn account(name: &str, spec: Value) -> AccountObject {
        let mut account = AccountObject::new(name, serde_json::from_value(spec).expect("an Account"));
        account.metadata.creation_timestamp = Some(crate::cluster::events::kubernetes_time(at(2)));
        account
    }

    fn at(hour: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + chrono::TimeDelta::hours(hour)
    }

    #[test]
    fn the_record_s_value_counts_and_not_what_a_task_wrote() {
        let mapping = mapping(json!({"embedded": {}}));
        let account = account("ann", json!({"attributes": {"employeeId": "8"}, "correlation": {"employeeId": "7"}}));
        assert!(!mapping.identity(&user("ann", json!({"employeeId": " 7"})), &account.spec).is_reused);
        assert!(mapping.identity(&user("ann", json!({"employeeId": "8"})), &account.spec).is_reused);
        assert!(!mapping.identity(&user("ann", json!({})), &account.spec).is_reused);
    }

    #[test]
    fn another_attribute_is_another_question() {
        let badge = mapping(json!({
            "embedded": {},
            "correlationAttribute": "badge",
            "attributes": [{"name": "badge", "source": "badgeNumber"}],
        }));
        let ann = user("ann", json!({"employeeId": "8", "extensionAttributes": {"badgeNumber": "b"}}));
        let mut account = account("ann", json!({"correlation": {"employeeId": "7"}}));
        assert!(!badge.identity(&ann, &account.spec).is_reused, "nothing was remembered of badges");
        account = badge.settled(&ann, &account, false, at(9)).expect("it is remembered");
        assert_eq!(json!(account.spec.correlation), json!({"badge": "b", "employeeId": "7"}));
    }

    #[test]
    fn who_is_hired_after_the_deletion_is_told_and_nobody_else() {
        let mapping = mapping(json!({"embedded": {}}));
        let deleted = json!({"deletedAt": "2026-03-20T00:00:00Z", "correlation": {"employeeId": "7"}});
        // (what, the hire date, the number, the account, it is told)
        let cases = [
            ("hired again", "2026-04-15", "7", &deleted, true),
            ("not hired again", "2020-01-01", "7", &deleted, false),
            ("a date that cannot be read", "15.04.2026", "7", &deleted, false),
            ("another person", "2026-04-15", "8", &deleted, false),
            ("an account that is there", "2026-04-15", "7", &json!({}), false),
        ];
        for (what, hire, id, spec, told) in cases {
            let user = user("ann", json!({"employeeId": id, "employeeHireDate": hire}));
            assert_eq!(mapping.returns_after_deletion(&user, &account("ann", spec.clone())), told, "{what}");
        }
    }

    #[test]
    fn a_value_of_two_subjects_is_shared_but_not_with_somebody_deleted() {
        let mapping = mapping(json!({"embedded": {}}));
        let users = [("ann", "7"), ("bob", "7 "), ("cid", "8"), ("dan", "8"), ("eve", ""), ("fay", " ")];
        let users = users.map(|(name, id)| user(name, json!({"employeeId": id})));
        let accounts = [account("dan", json!({"deletedAt": at(0)})), account("ann", json!({}))];
        assert_eq!(mapping.shared(&users, &accounts), BTreeSet::from(["7"]));
    }

    #[test]
    fn a_release_leaves_nothing_of_the_other_person() {
        let mapping = mapping(json!({"embedded": {}}));
        let jane = user("jo", json!({"employeeId": "8", "initialAccount": {"accountEnabled": false, "memberOf": ["lab"]}}));
        let mut before = account(
            "jo",
            json!({
                "memberOf": ["payroll"], "licenses": ["E5"], "attributes": {"mail": "john@acme.example"}, "sponsors": ["max"],
                "sessionsRevokedAt": at(1), "deletedAt": at(1), "createdDateTime": at(0), "correlation": {"employeeId": "7", "badge": "b"},
            }),
        );
        before.annotations_mut().insert(ANNOTATION_IDENTITY.to_owned(), "release 8".to_owned());
        before.annotations_mut().insert("acme.example/note".to_owned(), "x".to_owned());
        let after = mapping.settled(&jane, &before, false, at(9)).expect("it is released");
        let expected = json!({
            "accountEnabled": false, "memberOf": ["lab"], "correlation": {"employeeId": "8"},
            "createdDateTime": at(9), "releasedAt": at(9),
        });
        assert_eq!(json!(after.spec), expected);
        assert_eq!(after.annotations().keys().collect::<Vec<_>>(), ["acme.example/note"]);
        assert_eq!(mapping.settled(&jane, &after, false, at(10)), None);
    }

    #[test]
    fn who_is_kept_keeps_everything() {
        let mapping = mapping(json!({"embedded": {}}));
        let ann = user("ann", json!({"employeeId": "8"}));
        let mut before = account("ann", json!({"memberOf": ["payroll"], "correlation": {"employeeId": "7"}}));
        assert_eq!(mapping.settled(&ann, &before, false, at(9)), None, "nobody has said");
        before.annotations_mut().insert(ANNOTATION_IDENTITY.to_owned(), "keep".to_owned());
        let after = mapping.settled(&ann, &before, false, at(9)).expect("it is kept");
        assert_eq!(json!(after.spec), json!({"accountEnabled": true, "memberOf": ["payroll"], "correlation": {"employeeId": "8"}}));
        assert!(after.annotations().is_empty());
    }
}
