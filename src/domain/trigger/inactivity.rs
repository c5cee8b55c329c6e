//! What the days of an inactivity trigger are counted from.

use chrono::{DateTime, TimeDelta, Utc};

use super::occurrence::{INACTIVITY, LAST_SIGN_IN, Occurrence, Origin};
use crate::api::Sighting;
use crate::domain::dates::DateValue;
use crate::domain::employment::Employment;
use crate::domain::snapshot::enabled_since;
use crate::domain::subject::{CREATED, DateReading, HIRE_DATE, Person};

/// What the days of an inactivity trigger are counted from.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Counted {
    /// The instant.
    pub from: DateTime<Utc>,
    /// The value that has it.
    pub value: DateValue,
    /// Whose value it is.
    pub source: CountedFrom,
}

/// What there is to count inactivity from.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum CountedFrom {
    /// The last sign-in.
    SignIn,
    /// The creation of the account.
    Created,
    /// The hire date.
    Hired,
    /// The evaluation that first saw the account enabled.
    Enabled,
}

impl CountedFrom {
    /// The attribute, or what it is for people.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SignIn => LAST_SIGN_IN,
            Self::Created => CREATED,
            Self::Hired => HIRE_DATE,
            Self::Enabled => "the first evaluation after the account was enabled",
        }
    }
}

/// What inactivity counts from: the latest of the last sign-in (for who never signed in, if asked to, the creation of the
/// account), a hire date that has come, and the instant at which an evaluation saw the account become enabled. None: it
/// cannot be told, or the hire date is ahead.
pub(super) fn counted_from(
    person: &Person,
    sighting: &Sighting,
    employment: &Employment,
    since_created: bool,
    as_of: DateTime<Utc>,
) -> Option<Counted> {
    let known = |reading: DateReading, source| match reading {
        DateReading::Known(date) => Some(Counted { from: date.instant, value: date.value, source }),
        DateReading::Absent | DateReading::Unknown => None,
    };
    let signed_in = match person.date(LAST_SIGN_IN) {
        DateReading::Absent if since_created => known(person.date(CREATED), CountedFrom::Created)?,
        reading => known(reading, CountedFrom::SignIn)?,
    };
    let hired = employment.hired().map(|date| Counted { from: date.instant, value: date.value, source: CountedFrom::Hired });
    if hired.is_some_and(|hired| hired.from > as_of) {
        return None;
    }
    let enabled = enabled_since(sighting, person);
    let enabled = enabled.map(|from| Counted { from, value: DateValue::Instant(from), source: CountedFrom::Enabled });
    [Some(signed_in), hired, enabled].into_iter().flatten().max_by_key(|counted| counted.from)
}

/// The occurrence of somebody who has not signed in for so many days.
pub(super) fn inactive(counted: &Counted, days: i32) -> Option<Occurrence> {
    let due = counted.from.checked_add_signed(TimeDelta::days(i64::from(days)))?;
    Some(Occurrence { attribute: INACTIVITY.to_owned(), due, source: Origin::Date(counted.value), also: Vec::new() })
}
