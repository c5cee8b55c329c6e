//! Values of a record that cannot be read, and those that say nothing: somebody must be told.

use crate::api::{Account, User};
use crate::domain::dates::DateValue;
use crate::domain::filler::is_filler;

use super::mapping::Mapping;

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

/// A date that says that there is none. It holds personal data as well.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Filler {
    /// The attribute, by the name that workflows use.
    pub attribute: String,
    /// What the record, or the account's overlay, says.
    pub text: String,
}

/// A time zone of a person that is none.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct WrongZone {
    /// The attribute, by the name that workflows use.
    pub attribute: String,
    /// What the record, or the account's overlay, says.
    pub text: String,
    /// What was expected.
    pub expected: String,
    /// The zone that applies in its place.
    pub applies: &'static str,
}

impl Mapping {
    /// The person's date attributes that have a text which is no date.
    #[must_use]
    pub fn unreadable(&self, user: &User, account: &Account) -> Vec<Unreadable> {
        let one = |(name, text): (&str, &str)| {
            let error = DateValue::parse(text).err().filter(|_| !is_filler(name, text))?;
            Some(Unreadable { attribute: name.to_owned(), text: text.to_owned(), expected: error.to_string() })
        };
        self.written_dates(user, account).filter_map(one).collect()
    }

    /// The person's date attributes that have a text which stands for no value.
    #[must_use]
    pub fn fillers(&self, user: &User, account: &Account) -> Vec<Filler> {
        let filled = self.written_dates(user, account).filter(|(name, text)| is_filler(name, text));
        filled.map(|(name, text)| Filler { attribute: name.to_owned(), text: text.to_owned() }).collect()
    }

    /// Every date attribute that has a text.
    fn written_dates<'a>(&'a self, user: &'a User, account: &'a Account) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.dates.iter().filter_map(|name| Some((&**name, self.written(user, account, name)?)))
    }

    /// The text of a date attribute, as its source wrote it. None: not set.
    #[must_use]
    pub fn written<'a>(&self, user: &'a User, account: &'a Account, name: &str) -> Option<&'a str> {
        self.text(user, account, self.mapping_of(name).and_then(|mapping| mapping.source.as_deref()).unwrap_or(name))
    }
}
