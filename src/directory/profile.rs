//! What mails tell about a person.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use crate::domain::dates::{DateOnly, DateValue, DueRule, due_instant};

/// A date and the zone that it is shown in.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Dated {
    /// The date as precise as the record has it.
    pub value: DateValue,
    /// Zone of the person's dates.
    pub zone: Tz,
}

impl Dated {
    /// When it is; a day begins with its midnight.
    #[must_use]
    pub fn instant(&self) -> DateTime<Utc> {
        // An offset of 0 is always in range.
        DueRule::new(0, None, DateOnly::StartOfDay, self.zone).map_or(DateTime::<Utc>::MIN_UTC, |rule| due_instant(self.value, &rule))
    }
}

/// A person as mails see them. There is no Debug output: all of it is personal.
#[derive(Clone, Default)]
pub struct Profile {
    /// Name in the directory.
    pub name: String,
    /// Every attribute that the directory knows, by LCW's name; None: it has no value. What tasks wrote hides the record.
    pub texts: BTreeMap<String, Option<String>>,
    /// The attributes that are dates and could be read.
    pub dates: BTreeMap<String, Dated>,
    /// Further addresses.
    pub other_mails: Vec<String>,
    /// Name of the manager.
    pub manager: Option<String>,
    /// Names of the sponsors.
    pub sponsors: Vec<String>,
    /// Whether the person can sign in.
    pub is_enabled: bool,
    /// Whether the person was deleted softly.
    pub is_deleted: bool,
}

impl Profile {
    /// The text of an attribute, if it has one.
    #[must_use]
    pub fn text(&self, attribute: &str) -> Option<&str> {
        self.texts.get(attribute)?.as_deref()
    }
}

/// Somebody with a sponsor.
#[derive(Clone, Default)]
pub struct Sponsored {
    /// Name in the directory.
    pub name: String,
    /// Name for people.
    pub display_name: Option<String>,
    /// Names of all the sponsors.
    pub sponsors: Vec<String>,
}
