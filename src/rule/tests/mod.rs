//! Tests of the rule language.

mod evaluation;
mod forms;
mod mistakes;
mod naive;
mod properties;

use chrono::{DateTime, Utc};

/// An instant in UTC.
fn at(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text).expect("an instant").to_utc()
}
