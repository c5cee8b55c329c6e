//! A subject as an evaluation sees it: typed values, each present, absent or unknown.

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;

use crate::api::SubjectResult;
use crate::rule::{Attribute, Attributes, Known, Subject as RuleSubject, Value};

use super::correlation::Ownership;
use super::dates::{DateOnly, DateValue, DueRule, due_instant};
use super::person::{PersonId, Who};

/// The attribute with the first day of a person's employment.
pub const HIRE_DATE: &str = "employeeHireDate";
/// The attribute with its last day.
pub const LEAVE_DATE: &str = "employeeLeaveDateTime";
/// The attribute with the instant of the account's creation.
pub const CREATED: &str = "createdDateTime";
/// The attribute that says whether the person can sign in.
pub const ACCOUNT_ENABLED: &str = "accountEnabled";

/// Where something is done: one subject of one directory. Who it is about is another question.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct SubjectRef {
    /// Name of the Directory.
    pub directory: String,
    /// What the directory knows the subject by for ever; embedded: the name.
    pub id: String,
    /// What people know the subject by.
    pub name: String,
}

impl SubjectRef {
    /// A subject of a directory that knows people by their names.
    #[must_use]
    pub fn by_name(directory: &str, name: &str) -> Self {
        Self { directory: directory.to_owned(), id: name.to_owned(), name: name.to_owned() }
    }

    /// The subject of a result.
    #[must_use]
    pub fn of_result(directory: &str, result: &SubjectResult) -> Self {
        let id = result.id.clone().unwrap_or_else(|| result.subject.clone());
        Self { directory: directory.to_owned(), id, name: result.subject.clone() }
    }
}

/// What could be learned about a date.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum DateReading {
    /// The subject has none.
    Absent,
    /// There is a text that is no date, or the directory could not say: it never acts.
    Unknown,
    /// A date, and how its wall clock reads.
    Known(DatedValue),
}

/// A date with what its zone and its missing time of day mean.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct DatedValue {
    /// As precise as the source wrote it.
    pub value: DateValue,
    /// The attribute's time zone.
    pub zone: Tz,
    /// What a date without a time means.
    pub date_only: DateOnly,
    /// The instant without offset, for quick comparisons.
    pub instant: DateTime<Utc>,
}

impl DatedValue {
    /// A date in its zone.
    #[must_use]
    pub fn new(value: DateValue, zone: Tz, date_only: DateOnly) -> Self {
        // An offset of zero is always in range.
        let instant = DueRule::new(0, None, date_only, zone).map_or(DateTime::UNIX_EPOCH, |rule| due_instant(value, &rule));
        Self { value, zone, date_only, instant }
    }

    /// The calendar day in its zone.
    #[must_use]
    pub fn day(&self) -> NaiveDate {
        match self.value {
            DateValue::Day(day) => day,
            DateValue::Local(local) => local.date(),
            DateValue::Instant(instant) => instant.with_timezone(&self.zone).date_naive(),
        }
    }
}

/// What was read of a record although it is odd: nothing acts on it, and somebody must be told.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Oddities {
    /// Dates whose text says that there is none.
    pub fillers: Vec<Box<str>>,
    /// Attributes that name a time zone which is none, so that another one applies.
    pub zones: Vec<Box<str>>,
}

/// The dates of one subject. Their names are the same for all subjects of a directory.
#[derive(Clone, Debug)]
pub struct Dates {
    names: Arc<[Box<str>]>,
    readings: Box<[DateReading]>,
    /// Few people have any.
    oddities: Option<Box<Oddities>>,
}

impl Dates {
    /// One reading a name.
    #[must_use]
    pub fn new(names: Arc<[Box<str>]>, readings: Box<[DateReading]>) -> Self {
        Self { names, readings, oddities: None }
    }

    /// The same, with what is odd about them.
    #[must_use]
    pub fn with_oddities(mut self, oddities: Oddities) -> Self {
        self.oddities = (oddities != Oddities::default()).then(|| Box::new(oddities));
        self
    }

    /// What is odd about them.
    #[must_use]
    pub fn oddities(&self) -> Option<&Oddities> {
        self.oddities.as_deref()
    }

    /// The date of that name, if that is one.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<DateReading> {
        let place = self.names.iter().position(|known| &**known == name)?;
        self.readings.get(place).copied()
    }

    /// Every date with its name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, DateReading)> {
        self.names.iter().map(|name| &**name).zip(self.readings.iter().copied())
    }
}

/// One subject.
#[derive(Clone, Debug)]
pub struct Person {
    /// Name in the directory; it stands in results and nowhere else.
    pub name: String,
    /// Keyed id.
    pub key: String,
    /// Who it is about. Only who has read the whole directory knows that nobody else in it has the same correlation value:
    /// in a look-up of one subject it is the subject itself.
    pub person: PersonId,
    /// Values for rules.
    pub attributes: Attributes,
    /// Dates for triggers, by attribute.
    pub dates: Dates,
    /// Groups that the subject is a member of, sorted.
    pub groups: Vec<String>,
    /// Directly assigned licences.
    pub licenses: Vec<String>,
    /// Number of sponsors whose accounts can be used; unknown if the directory does not say.
    pub sponsors: Option<usize>,
    /// Whose the name is.
    pub identity: Ownership,
}

impl Person {
    /// Whom this is about.
    #[must_use]
    pub fn who(&self) -> Who<'_> {
        Who { subject: &self.key, person: self.person.as_str() }
    }

    /// The date of `attribute`.
    #[must_use]
    pub fn date(&self, attribute: &str) -> DateReading {
        self.dates.get(attribute).unwrap_or(DateReading::Absent)
    }

    /// Whether the account can be used; None: it cannot be told.
    #[must_use]
    pub fn is_enabled(&self) -> Option<bool> {
        match self.attributes.value(&Attribute::Known(Known::AccountEnabled)) {
            Value::Bool(enabled) => Some(enabled),
            _ => None,
        }
    }

    /// Whether the subject is a guest with fewer sponsors than that; None: it cannot be told.
    #[must_use]
    pub fn lacks_sponsors(&self, minimum: i32) -> Option<bool> {
        let is_guest = match self.attributes.value(&Attribute::Known(Known::UserType)) {
            Value::Unknown => None,
            value => Some(matches!(value, Value::Str("Guest"))),
        };
        let are_few = self.sponsors.map(|count| i32::try_from(count).is_ok_and(|count| count < minimum));
        match (is_guest, are_few) {
            (Some(false), _) | (_, Some(false)) => Some(false),
            (Some(true), Some(true)) => Some(true),
            _ => None,
        }
    }

    /// The value of a tracked attribute as text; None: unknown. An absent value is the empty text.
    #[must_use]
    pub fn tracked_value(&self, attribute: &str) -> Option<String> {
        if let Some(group) = attribute.strip_prefix(GROUP_PREFIX) {
            let member = self.groups.binary_search_by(|name| name.as_str().cmp(group)).is_ok();
            return Some(if member { "member" } else { "" }.to_owned());
        }
        if let Some(reading) = self.dates.get(attribute) {
            return match reading {
                DateReading::Absent => Some(String::new()),
                DateReading::Unknown => None,
                DateReading::Known(date) => Some(date.value.canonical()),
            };
        }
        let known = Known::from_path(attribute).map_or_else(|| Attribute::Named(attribute.into()), Attribute::Known);
        text_of(&self.attributes.value(&known))
    }
}

/// Before the name of a group in the name of a tracked membership.
pub const GROUP_PREFIX: &str = "group:";

fn text_of(value: &Value<'_>) -> Option<String> {
    match value {
        Value::Null => Some(String::new()),
        Value::Bool(value) => Some(value.to_string()),
        Value::Str(text) => Some((*text).to_owned()),
        Value::Int(number) => Some(number.to_string()),
        Value::Date(instant) => Some(instant.to_rfc3339()),
        // Entries are kept apart by a character that no attribute has.
        Value::List(list) => {
            (0..list.count()).map(|index| text_of(&list.element(index))).collect::<Option<Vec<_>>>().map(|parts| parts.join("\u{1f}"))
        }
        Value::Unknown => None,
    }
}

/// Somebody of whom only these dates are known, for tests of decisions.
#[cfg(test)]
pub(crate) fn person(dates: &[(&str, DateReading)]) -> Person {
    let (names, readings): (Vec<Box<str>>, Vec<_>) = dates.iter().map(|(name, reading)| (Box::from(*name), *reading)).unzip();
    Person {
        name: "ann".to_owned(),
        key: "s".to_owned(),
        person: PersonId::of_subject("s"),
        attributes: Attributes::new(),
        dates: Dates::new(names.into(), readings.into()),
        groups: Vec::new(),
        licenses: Vec::new(),
        sponsors: None,
        identity: Ownership::default(),
    }
}

/// A date that is known, in UTC, for tests of decisions.
#[cfg(test)]
pub(super) fn known(text: &str) -> DateReading {
    DateReading::Known(DatedValue::new(DateValue::parse(text).expect("a date"), Tz::UTC, DateOnly::StartOfDay))
}
