//! From the record and the account of one person to what rules, triggers and mails read.

use std::sync::Arc;

use kube::ResourceExt;

use crate::api::directory::DateOnly as ApiDateOnly;
use crate::api::user::TEXT_ATTRIBUTES;
use crate::api::{Account, User};
use crate::domain::attribute::DATES;
use crate::domain::dates::{DateOnly, DateValue};
use crate::domain::filler::is_filler;
use crate::domain::keys::Keyring;
use crate::domain::person::PersonId;
use crate::domain::subject::{CREATED, DateReading, DatedValue, Dates, LEAVE_DATE, Oddities, Person};
use crate::rule::{Attributes, OwnedValue};

use super::mapping::Mapping;
use super::sponsors::sponsors;

fn set(attributes: &mut Attributes, name: &str, value: OwnedValue) {
    attributes.set(name, value);
}

impl Mapping {
    /// The person; None if softly deleted: then they are no subject any more. `is_out`: whether an account of that name is
    /// deleted or disabled, which makes its owner no sponsor.
    #[must_use]
    pub fn person(&self, user: &User, account: &Account, is_out: &dyn Fn(&str) -> bool, keys: &Keyring) -> Option<Person> {
        if account.spec.deleted_at.is_some() {
            return None;
        }
        let name = user.name_any();
        let mut attributes = Attributes::new();
        for attribute in TEXT_ATTRIBUTES.iter().filter(|name| !DATES.contains(name)) {
            if let Some(text) = self.text(user, account, attribute) {
                set(&mut attributes, attribute, text_value(text));
            }
        }
        for attribute in ["employeeOrgData/costCenter", "employeeOrgData/division"] {
            if let Some(text) = self.text(user, account, attribute) {
                set(&mut attributes, attribute, text_value(text));
            }
        }
        let premises = user.spec.on_premises_extension_attributes.keys().map(|name| format!("onPremisesExtensionAttributes/{name}"));
        let further = user.spec.extension_attributes.keys().cloned().chain(account.spec.attributes.keys().cloned());
        for attribute in premises.chain(further) {
            match self.text(user, account, &attribute) {
                Some(text) => set(&mut attributes, &attribute, text_value(text)),
                None => set(&mut attributes, &attribute, OwnedValue::Null),
            }
        }
        set(&mut attributes, "accountEnabled", OwnedValue::Bool(account.spec.account_enabled));
        if let Some(synced) = user.spec.on_premises_sync_enabled {
            set(&mut attributes, "onPremisesSyncEnabled", OwnedValue::Bool(synced));
        }
        set(&mut attributes, "otherMails", list_value(&user.spec.other_mails));
        set(&mut attributes, "proxyAddresses", list_value(&user.spec.proxy_addresses));
        let dates = self.dates(user, account, &mut attributes);
        attributes.shrink_to_fit();
        let mut groups = account.spec.member_of.clone();
        groups.sort();
        let key = keys.subject(&self.directory, &name);
        Some(Person {
            person: PersonId::of_subject(&key),
            key,
            name,
            attributes,
            dates,
            groups,
            licenses: account.spec.licenses.clone(),
            sponsors: sponsors(user, Some(&account.spec)).map(|names| names.iter().filter(|name| !is_out(name)).count()),
            identity: self.identity(user, &account.spec),
        })
    }

    fn dates(&self, user: &User, account: &Account, attributes: &mut Attributes) -> Dates {
        let readings = self.dates.iter().map(|name| {
            let reading = self.date(user, account, name);
            match reading {
                // What is not set is no value.
                DateReading::Absent => {}
                DateReading::Unknown => set(attributes, name, OwnedValue::Unknown),
                DateReading::Known(date) => set(attributes, name, OwnedValue::Date(date.instant)),
            }
            reading
        });
        let readings = readings.collect();
        let fillers = self.fillers(user, account).into_iter().map(|filler| filler.attribute.into());
        let zones = self.odd_zones(user, account).into_iter().map(|(_, attribute, _)| attribute.into());
        Dates::new(Arc::clone(&self.dates), readings).with_oddities(Oddities { fillers: fillers.collect(), zones: zones.collect() })
    }

    pub(super) fn date(&self, user: &User, account: &Account, name: &str) -> DateReading {
        let mapping = self.mapping_of(name);
        let zone = self.zone(user, account, mapping);
        let Some(text) = self.written(user, account, name).filter(|text| !is_filler(name, text)) else {
            let seen = account.spec.created_date_time.filter(|_| name == CREATED);
            return seen.map_or(DateReading::Absent, |seen| {
                DateReading::Known(DatedValue::new(DateValue::Instant(seen), zone, DateOnly::StartOfDay))
            });
        };
        let Ok(value) = DateValue::parse(text) else { return DateReading::Unknown };
        let date_only = match mapping.and_then(|mapping| mapping.date_only) {
            None if name == LEAVE_DATE => DateOnly::EndOfDay,
            None | Some(ApiDateOnly::StartOfDay) => DateOnly::StartOfDay,
            Some(ApiDateOnly::EndOfDay) => DateOnly::EndOfDay,
        };
        DateReading::Known(DatedValue::new(value, zone, date_only))
    }
}

fn text_value(text: &str) -> OwnedValue {
    OwnedValue::Str(text.into())
}

fn list_value(texts: &[String]) -> OwnedValue {
    OwnedValue::List(texts.iter().map(|text| text_value(text)).collect())
}
