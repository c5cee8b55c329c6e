//! Values of a record that cannot be read: they are unknown, and unknown never acts, so somebody must be told.

use crate::api::directory::AttributeType;
use crate::api::{Account, User};
use crate::domain::dates::DateValue;

use super::person::{DATES, Mapping, zone};

/// A value that cannot be read. It holds personal data: show it to the person who asked, and never log it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Unreadable {
    /// The attribute, by the name that workflows use.
    pub attribute: String,
    /// What the record, or the account's overlay, says.
    pub text: String,
    /// What was expected.
    pub expected: String,
}

impl Mapping {
    /// The person's date attributes that have a text which is no date, or a time zone which is none.
    #[must_use]
    pub fn unreadable(&self, user: &User, account: &Account) -> Vec<Unreadable> {
        let mapped = self.mapped.iter().filter(|mapping| mapping.type_ == AttributeType::DateTime).map(|mapping| mapping.name.as_str());
        let further = mapped.filter(|name| !DATES.contains(name));
        DATES.into_iter().chain(further).filter_map(|name| self.unreadable_date(user, account, name)).collect()
    }

    fn unreadable_date(&self, user: &User, account: &Account, name: &str) -> Option<Unreadable> {
        let text = self.written(user, account, name)?;
        let mapping = self.mapped.iter().find(|mapping| mapping.name == name);
        let found = |text: &str, expected: String| Unreadable { attribute: name.to_owned(), text: text.to_owned(), expected };
        if let Err(error) = DateValue::parse(text) {
            return Some(found(text, error.to_string()));
        }
        if zone(user, account, mapping).is_some() {
            return None;
        }
        let source = mapping.and_then(|mapping| mapping.time_zone_attribute.as_deref());
        let own = source.and_then(|source| Self::text(user, account, source).map(|text| (source, text)));
        let (source, text) = own.or_else(|| Some(("timeZone of the Directory", mapping?.time_zone.as_deref()?)))?;
        Some(found(text, format!("expected in {source} a time zone name of the IANA database such as Europe/Berlin")))
    }

    /// The text of a date attribute, as its source wrote it. None: not set.
    #[must_use]
    pub fn written<'a>(&self, user: &'a User, account: &'a Account, name: &str) -> Option<&'a str> {
        let mapping = self.mapped.iter().find(|mapping| mapping.name == name);
        Self::text(user, account, mapping.and_then(|mapping| mapping.source.as_deref()).unwrap_or(name))
    }
}
