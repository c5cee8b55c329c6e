//! In which time zone the dates of a person are.

use chrono_tz::Tz;

use crate::api::directory::AttributeMapping;
use crate::api::{Account, User};
use crate::domain::dates::{TIME_ZONE, parse_zone, read_zone};

use super::mapping::Mapping;
use super::quality::WrongZone;

/// A place that names a time zone.
struct Named<'a> {
    place: Place<'a>,
    text: &'a str,
}

#[derive(Clone, Copy, PartialEq)]
enum Place<'a> {
    /// An attribute of the person.
    Attribute(&'a str),
    Directory,
    Tenant,
}

impl Mapping {
    /// The places that name a zone for a date, in the order in which they count. What no place names is UTC.
    fn named_zones<'a>(
        &'a self,
        user: &'a User,
        account: &'a Account,
        date: Option<&'a AttributeMapping>,
    ) -> impl Iterator<Item = Named<'a>> {
        let of = |name: &'a str| self.text(user, account, name).map(|text| Named { place: Place::Attribute(name), text });
        let mapped = date.and_then(|mapping| mapping.time_zone_attribute.as_deref()).and_then(of);
        let directory = date.and_then(|mapping| mapping.time_zone.as_deref()).map(|text| Named { place: Place::Directory, text });
        let tenant = self.time_zone.as_deref().map(|text| Named { place: Place::Tenant, text });
        [mapped, directory, of(TIME_ZONE), tenant].into_iter().flatten()
    }

    /// The zone of a date: the first that is one.
    pub(super) fn zone(&self, user: &User, account: &Account, date: Option<&AttributeMapping>) -> Tz {
        self.named_zones(user, account, date).find_map(|named| parse_zone(named.text).ok()).unwrap_or(chrono_tz::UTC)
    }

    /// The attributes of the person that name a zone which is none, although a date of theirs asks for it.
    #[must_use]
    pub fn wrong_zones(&self, user: &User, account: &Account) -> Vec<WrongZone> {
        let found = self.odd_zones(user, account).into_iter();
        let one = |(date, attribute, text): (&str, &str, &str)| {
            let expected = read_zone(text).err()?.to_string();
            let applies = self.zone(user, account, self.mapping_of(date)).name();
            Some(WrongZone { attribute: attribute.to_owned(), text: text.to_owned(), expected, applies })
        };
        found.filter_map(one).collect()
    }

    /// For each attribute that names a zone which is none: a date that asks for it, the attribute, its text.
    pub(super) fn odd_zones<'a>(&'a self, user: &'a User, account: &'a Account) -> Vec<(&'a str, &'a str, &'a str)> {
        let mut found: Vec<(&str, &str, &str)> = Vec::new();
        for name in self.dates.iter().filter(|name| self.written(user, account, name).is_some()) {
            for named in self.named_zones(user, account, self.mapping_of(name)) {
                if parse_zone(named.text).is_ok() {
                    break;
                }
                let Place::Attribute(attribute) = named.place else { continue };
                if !found.iter().any(|(_, known, _)| *known == attribute) {
                    found.push((name, attribute, named.text));
                }
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::seed;
    use super::*;

    /// The mapping's attribute, the mapping, the person, the tenant, the zone, the attributes that are named as wrong.
    type Case<'a> = (Option<&'a str>, Option<&'a str>, Option<&'a str>, Option<&'a str>, &'a str, &'a [&'a str]);

    #[test]
    #[rustfmt::skip] // One row a line, or nobody can read the table.
    fn which_zone_counts() {
        let (attribute, directory, person, tenant) = ("Asia/Tokyo", "America/New_York", "Europe/Berlin", "Europe/Lisbon");
        let wrong = "W. Europe Standard Time";
        let cases: [Case<'_>; 10] = [
            (None, None, None, None, "UTC", &[]),
            (None, None, None, Some(tenant), tenant, &[]),
            (None, None, Some(person), Some(tenant), person, &[]),
            (None, Some(directory), Some(person), Some(tenant), directory, &[]),
            (Some(attribute), Some(directory), Some(person), Some(tenant), attribute, &[]),
            (Some(wrong), Some(directory), Some(person), Some(tenant), directory, &["office"]),
            (Some(wrong), None, Some(person), Some(tenant), person, &["office"]),
            (None, None, Some(wrong), Some(tenant), tenant, &["timeZone"]),
            (Some(wrong), None, Some("Europe/Bonn"), None, "UTC", &["office", "timeZone"]),
            (None, Some(directory), Some(wrong), None, directory, &[]),
        ];
        for (office, mapped, own, tenant, zone, named) in cases {
            let mut mapping = json!({"name": "employeeHireDate", "type": "dateTime", "timeZoneAttribute": "office"});
            if let Some(mapped) = mapped {
                mapping["timeZone"] = json!(mapped);
            }
            let spec = serde_json::from_value(json!({"embedded": {}, "attributes": [mapping]})).unwrap();
            let mut record: Value = json!({"employeeHireDate": "2026-03-01", "extensionAttributes": {}});
            if let Some(own) = own {
                record["timeZone"] = json!(own);
            }
            if let Some(office) = office {
                record["extensionAttributes"]["office"] = json!(office);
            }
            let user = User::new("ann", serde_json::from_value(record).unwrap());
            let (mapping, account) = (Mapping::new("people", &spec, tenant), seed(&user));
            assert_eq!(mapping.zone(&user, &account, mapping.mapping_of("employeeHireDate")).name(), zone);
            let wrong = mapping.wrong_zones(&user, &account);
            assert!(wrong.iter().all(|found| found.applies == zone), "{wrong:?}");
            let wrong: Vec<String> = wrong.into_iter().map(|found| found.attribute).collect();
            assert_eq!(wrong, named, "{zone}");
        }
    }
}
