//! The Account that a User begins with.

use std::collections::BTreeMap;

use kube::ResourceExt;
use kube::api::ObjectMeta;

use crate::api::account::AccountSpec;
use crate::api::{Account as AccountObject, User};
use crate::domain::dates::DateValue;

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
