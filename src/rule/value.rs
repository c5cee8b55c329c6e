//! What a rule reads from a subject.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::attribute::{Attribute, Known};

/// The value of one attribute of one subject.
#[derive(Clone, Copy)]
pub enum Value<'a> {
    /// The subject has no such attribute, or it is empty.
    Null,
    /// A boolean.
    Bool(bool),
    /// A text.
    Str(&'a str),
    /// A whole number.
    Int(i64),
    /// An instant. What a date without a time means is decided by the directory, before a rule sees it.
    Date(DateTime<Utc>),
    /// Any number of values or records.
    List(&'a dyn Collection),
    /// It could not be read, or does not parse. Never the same as [`Value::Null`].
    Unknown,
}

/// The values of an attribute that has many.
pub trait Collection {
    /// How many there are.
    fn count(&self) -> usize;
    /// The value at a place below [`Collection::count`]; unknown for a record.
    fn element(&self, index: usize) -> Value<'_>;
    /// A member of the record at a place below [`Collection::count`]; unknown for what is no record.
    fn member(&self, _index: usize, _name: &str) -> Value<'_> {
        Value::Unknown
    }
}

impl Collection for Vec<String> {
    fn count(&self) -> usize {
        self.len()
    }

    fn element(&self, index: usize) -> Value<'_> {
        self.get(index).map_or(Value::Unknown, |text| Value::Str(text))
    }
}

/// Somebody whom a rule can be asked about.
pub trait Subject {
    /// The value of one attribute: [`Value::Null`] where there is none, [`Value::Unknown`] where it could not be read.
    fn value(&self, attribute: &Attribute) -> Value<'_>;
}

/// A value that owns what it holds.
#[derive(Debug, Clone, PartialEq)]
pub enum OwnedValue {
    /// See [`Value::Null`].
    Null,
    /// See [`Value::Bool`].
    Bool(bool),
    /// See [`Value::Str`].
    Str(Box<str>),
    /// See [`Value::Int`].
    Int(i64),
    /// See [`Value::Date`].
    Date(DateTime<Utc>),
    /// See [`Value::List`].
    List(Vec<OwnedValue>),
    /// One entry of a list, with the values of its members.
    Record(Vec<(Box<str>, OwnedValue)>),
    /// See [`Value::Unknown`].
    Unknown,
}

impl OwnedValue {
    /// The same value, borrowed. A record outside a list is unknown.
    #[must_use]
    pub fn as_value(&self) -> Value<'_> {
        match self {
            Self::Null => Value::Null,
            Self::Bool(value) => Value::Bool(*value),
            Self::Str(text) => Value::Str(text),
            Self::Int(number) => Value::Int(*number),
            Self::Date(instant) => Value::Date(*instant),
            Self::List(values) => Value::List(values),
            Self::Record(_) | Self::Unknown => Value::Unknown,
        }
    }
}

impl From<&str> for OwnedValue {
    fn from(text: &str) -> Self {
        Self::Str(text.into())
    }
}

impl From<bool> for OwnedValue {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for OwnedValue {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<DateTime<Utc>> for OwnedValue {
    fn from(instant: DateTime<Utc>) -> Self {
        Self::Date(instant)
    }
}

impl Collection for Vec<OwnedValue> {
    fn count(&self) -> usize {
        self.len()
    }

    fn element(&self, index: usize) -> Value<'_> {
        self.get(index).map_or(Value::Unknown, OwnedValue::as_value)
    }

    fn member(&self, index: usize, name: &str) -> Value<'_> {
        let Some(OwnedValue::Record(members)) = self.get(index) else {
            return Value::Unknown;
        };
        members.iter().find(|(member, _)| &**member == name).map_or(Value::Null, |(_, value)| value.as_value())
    }
}

/// A subject that is nothing but its values. It needs room only for those that it has, and finds a [`Known`] one in
/// constant time.
#[derive(Debug, Clone)]
pub struct Attributes {
    /// For each known attribute one more than the place of its value, or 0 where there is none. [`Known::COUNT`] is far
    /// below 255.
    places: [u8; Known::COUNT],
    values: Vec<OwnedValue>,
    /// Sorted by name.
    named: Vec<(Arc<str>, OwnedValue)>,
}

const _: () = assert!(Known::COUNT < u8::MAX as usize, "the places of known attributes are kept in one byte each");

impl Default for Attributes {
    fn default() -> Self {
        Self { places: [0; Known::COUNT], values: Vec::new(), named: Vec::new() }
    }
}

impl Attributes {
    /// A subject without any value.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets an attribute by the name that rules use, and replaces what was there.
    pub fn set(&mut self, path: &str, value: impl Into<OwnedValue>) {
        let value = value.into();
        let Some(known) = Known::from_path(path) else {
            match self.find(path) {
                Ok(place) => self.named[place].1 = value,
                Err(place) => self.named.insert(place, (path.into(), value)),
            }
            return;
        };
        let place = usize::from(self.places[known.index()]);
        if let Some(old) = place.checked_sub(1).and_then(|place| self.values.get_mut(place)) {
            *old = value;
        } else {
            self.values.push(value);
            // There is one value for each known attribute at most, so that the number fits.
            self.places[known.index()] = u8::try_from(self.values.len()).unwrap_or(0);
        }
    }

    fn find(&self, path: &str) -> Result<usize, usize> {
        self.named.binary_search_by(|(name, _)| (**name).cmp(path))
    }

    /// Gives back the room for values that never came. There are many subjects.
    pub fn shrink_to_fit(&mut self) {
        self.values.shrink_to_fit();
        self.named.shrink_to_fit();
    }

    /// Sets an attribute, for building a subject in one expression.
    #[must_use]
    pub fn with(mut self, path: &str, value: impl Into<OwnedValue>) -> Self {
        self.set(path, value);
        self
    }
}

impl Subject for Attributes {
    fn value(&self, attribute: &Attribute) -> Value<'_> {
        let found = match attribute {
            Attribute::Known(known) => usize::from(self.places[known.index()]).checked_sub(1).and_then(|place| self.values.get(place)),
            Attribute::Named(path) => self.find(path).ok().map(|place| &self.named[place].1),
        };
        found.map_or(Value::Null, OwnedValue::as_value)
    }
}
