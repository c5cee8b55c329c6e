//! From the record and the account of one person to what mails tell about them.

use std::collections::BTreeMap;

use kube::ResourceExt;

use crate::api::user::TEXT_ATTRIBUTES;
use crate::api::{Account as AccountObject, User};
use crate::directory::{Dated, Profile, Sponsored};
use crate::domain::dates::DateValue;
use crate::domain::fault::Fault;
use crate::domain::filler::is_filler;
use crate::domain::subject::CREATED;

use super::mapping::Mapping;
use super::sponsors::{sponsored_by, sponsors};
use super::store::Embedded;

/// The extension attributes that every person can have: extensionAttribute1 to extensionAttribute15.
const PREMISES: std::ops::RangeInclusive<u8> = 1..=15;

/// What mails tell about the person.
fn profile(mapping: &Mapping, user: &User, account: &AccountObject) -> Profile {
    Profile {
        name: user.name_any(),
        texts: texts(mapping, user, account),
        recorded: account.spec.attributes.keys().map(|name| (name.clone(), Mapping::recorded(user, name))).collect(),
        dates: dates(mapping, user, account),
        zone: mapping.zone(user, account, None),
        date_names: mapping.dates.iter().map(ToString::to_string).collect(),
        other_mails: user.spec.other_mails.clone(),
        behind: behind(mapping, user),
        manager: mapping.text(user, account, "manager").map(str::to_owned),
        sponsors: sponsors(user, Some(&account.spec)).cloned().unwrap_or_default(),
        is_enabled: account.spec.account_enabled,
        is_deleted: account.spec.deleted_at.is_some(),
    }
}

/// Every attribute that this person has, or that everybody can have.
fn texts(mapping: &Mapping, user: &User, account: &AccountObject) -> BTreeMap<String, Option<String>> {
    let text = |name: &str| mapping.text(user, account, name).map(str::to_owned);
    let everybody = TEXT_ATTRIBUTES.iter().copied().chain(["employeeOrgData/costCenter", "employeeOrgData/division"]).map(str::to_owned);
    let premises = PREMISES.map(|number| format!("onPremisesExtensionAttributes/extensionAttribute{number}"));
    let own = user.spec.extension_attributes.keys().chain(account.spec.attributes.keys()).cloned();
    let mut texts: BTreeMap<String, Option<String>> =
        everybody.chain(premises).chain(own).map(|name| (name.clone(), text(&name))).collect();
    for mapped in &mapping.mapped {
        texts.insert(mapped.name.clone(), text(mapped.source.as_deref().unwrap_or(&mapped.name)));
    }
    for filler in mapping.fillers(user, account) {
        texts.insert(filler.attribute, None);
    }
    texts
}

/// What the record says of each attribute that is read from another one.
fn behind(mapping: &Mapping, user: &User) -> BTreeMap<String, Option<String>> {
    let sourced = mapping.mapped.iter().filter_map(|mapped| Some((mapped.name.clone(), mapped.source.as_deref()?)));
    sourced.map(|(name, source)| (name, Mapping::recorded(user, source))).collect()
}

/// The dates that can be read.
fn dates(mapping: &Mapping, user: &User, account: &AccountObject) -> BTreeMap<String, Dated> {
    let mut dates = BTreeMap::new();
    for name in mapping.dates.iter() {
        let value = match mapping.written(user, account, name).filter(|text| !is_filler(name, text)) {
            Some(text) => DateValue::parse(text).ok(),
            None => account.spec.created_date_time.filter(|_| **name == *CREATED).map(DateValue::Instant),
        };
        if let Some(value) = value {
            let zone = mapping.zone(user, account, mapping.mapping_of(name));
            dates.insert(name.to_string(), Dated { value, zone });
        }
    }
    dates
}

impl Embedded {
    /// What mails tell about a person; None if there is no such User or no Account yet.
    pub(super) async fn find_profile(&self, name: &str) -> Result<Option<Profile>, Fault> {
        let Some(user) = self.cluster.find::<User>(name).await? else { return Ok(None) };
        let Some(account) = self.cluster.find::<AccountObject>(name).await? else { return Ok(None) };
        Ok(Some(profile(&self.mapping, &user, &account)))
    }

    /// Whom the person sponsors, in the order of their names.
    pub(super) async fn find_sponsored(&self, sponsor: &str) -> Result<Vec<Sponsored>, Fault> {
        let everybody = self.everybody().await?;
        let found = sponsored_by(&everybody, sponsor).map(|(name, user, account)| Sponsored {
            name: name.clone(),
            display_name: match account {
                Some(account) => self.mapping.text(user, account, "displayName").map(str::to_owned),
                None => user.spec.display_name.clone(),
            },
            sponsors: sponsors(user, account.map(|account| &account.spec)).cloned().unwrap_or_default(),
        });
        Ok(found.collect())
    }
}
