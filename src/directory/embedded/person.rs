//! From the record and the account of one person to what rules, triggers and mails read.

use std::collections::BTreeSet;
use std::sync::Arc;

use kube::ResourceExt;

use crate::api::directory::{AttributeMapping, AttributeType, DateOnly as ApiDateOnly};
use crate::api::user::TEXT_ATTRIBUTES;
use crate::api::{Account, DirectorySpec, User};
use crate::domain::dates::{DateOnly, DateValue};
use crate::domain::filler::is_filler;
use crate::domain::keys::Keyring;
use crate::domain::subject::{CREATED, DateReading, DatedValue, Dates, LEAVE_DATE, Oddities, Person};
use crate::domain::trigger::LAST_SIGN_IN;
use crate::rule::{Attributes, OwnedValue};

use super::identity::EMPLOYEE_ID;
use super::sponsors::sponsors;

/// The attributes that are dates without being mapped: those of LCW's triggers.
pub(super) const DATES: [&str; 4] = ["employeeHireDate", "employeeLeaveDateTime", "createdDateTime", LAST_SIGN_IN];

/// How attributes are read.
#[derive(Clone, Debug)]
pub struct Mapping {
    directory: String,
    /// Name of the correlation attribute.
    pub(super) correlation: String,
    pub(super) mapped: Vec<AttributeMapping>,
    /// Names of the dates, shared by all people.
    pub(super) dates: Arc<[Box<str>]>,
    /// The tenant's zone.
    pub(super) time_zone: Option<String>,
}

fn set(attributes: &mut Attributes, name: &str, value: OwnedValue) {
    attributes.set(name, value);
}

impl Mapping {
    /// The mapping of a Directory. `time_zone` is the tenant's, for dates of which nothing nearer says one.
    #[must_use]
    pub fn new(directory: &str, spec: &DirectorySpec, time_zone: Option<&str>) -> Self {
        let mapped = spec.attributes.iter().filter(|mapping| mapping.type_ == AttributeType::DateTime).map(|mapping| mapping.name.as_str());
        let dates: BTreeSet<&str> = DATES.into_iter().chain(mapped).collect();
        let dates = dates.into_iter().map(Box::from).collect();
        let correlation = spec.correlation_attribute.as_deref().unwrap_or(EMPLOYEE_ID).to_owned();
        let time_zone = time_zone.map(str::to_owned);
        Self { directory: directory.to_owned(), correlation, mapped: spec.attributes.clone(), dates, time_zone }
    }

    /// What the Directory says about an attribute.
    pub(super) fn mapping_of(&self, name: &str) -> Option<&AttributeMapping> {
        self.mapped.iter().find(|mapping| mapping.name == name)
    }

    /// The text of an attribute: the account's, where a task wrote it, else the record's. None: not set.
    pub(super) fn text<'a>(user: &'a User, account: &'a Account, name: &str) -> Option<&'a str> {
        let text = match account.spec.attributes.get(name) {
            Some(overlay) => Some(overlay.as_str()),
            None => Self::record_text(user, name),
        };
        text.filter(|text| !text.is_empty())
    }

    /// What the record says of an attribute, whatever tasks wrote.
    pub(super) fn recorded(user: &User, name: &str) -> Option<String> {
        Self::record_text(user, name).filter(|text| !text.is_empty()).map(str::to_owned)
    }

    pub(super) fn record_text<'a>(user: &'a User, name: &str) -> Option<&'a str> {
        if let Some(text) = user.spec.text(name) {
            return text;
        }
        if let Some(attribute) = name.strip_prefix("onPremisesExtensionAttributes/") {
            return user.spec.on_premises_extension_attributes.get(attribute).map(String::as_str);
        }
        match name {
            "employeeOrgData/costCenter" => user.spec.employee_org_data.as_ref()?.cost_center.as_deref(),
            "employeeOrgData/division" => user.spec.employee_org_data.as_ref()?.division.as_deref(),
            _ => user.spec.extension_attributes.get(name).map(String::as_str),
        }
    }

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
            if let Some(text) = Self::text(user, account, attribute) {
                set(&mut attributes, attribute, text_value(text));
            }
        }
        for attribute in ["employeeOrgData/costCenter", "employeeOrgData/division"] {
            if let Some(text) = Self::text(user, account, attribute) {
                set(&mut attributes, attribute, text_value(text));
            }
        }
        let premises = user.spec.on_premises_extension_attributes.keys().map(|name| format!("onPremisesExtensionAttributes/{name}"));
        let further = user.spec.extension_attributes.keys().cloned().chain(account.spec.attributes.keys().cloned());
        for attribute in premises.chain(further) {
            match Self::text(user, account, &attribute) {
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
        Some(Person {
            key: keys.subject(&self.directory, &name),
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
