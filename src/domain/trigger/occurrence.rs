//! One instance of a trigger for one subject, and what identifies it.

use chrono::{DateTime, Utc};

use crate::domain::dates::DateValue;
use crate::domain::keys::Keyring;

/// The attribute of the inactivity trigger.
pub const LAST_SIGN_IN: &str = "lastSuccessfulSignInDateTime";

/// What the rows of an inactivity trigger are about: the value that the days are counted from.
pub const INACTIVITY: &str = "inactivity";

/// One instance of the trigger for one subject.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Occurrence {
    /// The attribute or group that it is about.
    pub attribute: String,
    /// The due instant.
    pub due: DateTime<Utc>,
    /// What identifies it within workflow, subject and attribute.
    pub source: Origin,
    /// Further changes of the same person that are done with it.
    pub also: Vec<AttributeChange>,
}

/// One change of one attribute.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AttributeChange {
    /// The attribute.
    pub attribute: String,
    /// Change sequence.
    pub sequence: i64,
    /// Key of the occurrence.
    pub key: String,
}

/// What identifies an occurrence.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Origin {
    /// A date value; its canonical text identifies it.
    Date(DateValue),
    /// A change.
    Change {
        /// Change sequence.
        sequence: i64,
        /// Digest of the new value.
        digest: String,
    },
}

impl Occurrence {
    /// The key of the occurrence for the workflow's lineage and the subject.
    #[must_use]
    pub fn key(&self, keys: &Keyring, lineage: &str, subject: &str) -> String {
        match &self.source {
            Origin::Date(value) => keys.time_occurrence(lineage, subject, &self.attribute, &value.canonical()),
            Origin::Change { sequence, digest } => keys.change_occurrence(lineage, subject, &self.attribute, *sequence, digest),
        }
    }

    /// The change sequence, if it is a change.
    #[must_use]
    pub fn sequence(&self) -> Option<i64> {
        match &self.source {
            Origin::Date(_) => None,
            Origin::Change { sequence, .. } => Some(*sequence),
        }
    }
}
