//! Dates as directories write them, and the instant at which they make a person due.
//!
//! A directory gives dates as text. This file decides which texts are dates ([`DateValue::parse`]), what identifies
//! such a value ([`DateValue::canonical`]) and when an occurrence is due ([`due_instant`]). It reads no clock: the only
//! inputs are the text, the rule and the time zone table.
//!
//! Errors never repeat the text: a hire or leave date is personal data and messages end up in conditions and logs.

use chrono::{DateTime, Duration, LocalResult, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;

use crate::rule::{distance, nearest};

/// The attribute of every record that names the time zone of the person's dates.
pub const TIME_ZONE: &str = "timeZone";

/// First year that a date of a person may have. Anything older is a filler of a source system, such as 1601 or 1899.
pub const MIN_YEAR: i32 = 1900;

/// Last year that a date of a person may have: RFC 3339 has four digits for it.
pub const MAX_YEAR: i32 = 9999;

/// Largest distance in days, before or after the date, of a time-based trigger. Lifecycle Workflows has the same bound.
pub const MAX_OFFSET_IN_DAYS: i32 = 180;

/// Longest duration that [`parse_duration`] accepts, in days: the longest catch-up window.
pub const MAX_DURATION_DAYS: i64 = 365;

/// Characters of the longest name of a time zone.
const LONGEST_ZONE: usize = 32;

const EXPECTED_DATE: &str = "YYYY-MM-DD, an RFC 3339 date-time such as YYYY-MM-DDThh:mm:ssZ, or a local date-time YYYY-MM-DDThh:mm:ss";

/// Why a text is not a date, a time of day, a duration, a time zone or an offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DateError {
    /// The text has another shape.
    #[error("expected {0}")]
    Shape(&'static str),
    /// The shape fits but the calendar has no such day.
    #[error("expected a day that exists in the calendar")]
    NoSuchDay,
    /// The shape fits but the clock has no such time or UTC offset.
    #[error("expected a time of day from 00:00:00 to 23:59:59 and a UTC offset of at most 23:59")]
    NoSuchTime,
    /// The year is outside [`MIN_YEAR`] to [`MAX_YEAR`], as written or in UTC.
    #[error("expected a year from {MIN_YEAR} to {MAX_YEAR}")]
    Year,
    /// A duration is zero or above [`MAX_DURATION_DAYS`].
    #[error("expected a duration from 1m to {MAX_DURATION_DAYS}d")]
    DurationRange,
    /// An offset is beyond [`MAX_OFFSET_IN_DAYS`] in either direction.
    #[error("expected an offset from -{MAX_OFFSET_IN_DAYS} to {MAX_OFFSET_IN_DAYS} days")]
    OffsetRange,
    /// The time zone table has no such name.
    #[error("expected a time zone name of the IANA database such as Europe/Berlin")]
    Zone,
    /// The time zone table has no such name, and a near one.
    #[error("expected a time zone name of the IANA database (did you mean {0}?)")]
    NearZone(&'static str),
    /// It is what Windows calls a zone; the IANA database has another name for it.
    #[error("expected the time zone name {0} of the IANA database in place of the one of Windows")]
    WindowsZone(&'static str),
}

/// A date of a person, as precise as its source wrote it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DateValue {
    /// A calendar day without a time of day.
    Day(NaiveDate),
    /// A date-time without an offset, in whole seconds: wall-clock time in the zone of the attribute.
    Local(NaiveDateTime),
    /// A date-time with an offset, in whole seconds.
    Instant(DateTime<Utc>),
}

impl DateValue {
    /// Reads the date of a person.
    ///
    /// Accepted are `YYYY-MM-DD`, an RFC 3339 date-time with offset or `Z`, and the same without an offset. A fraction
    /// of a second is allowed and dropped, `t` and `z` may be lower case, a leap second counts as the second before it.
    /// Nothing is trimmed and nothing is guessed: a text that could mean two days must not decide when access ends.
    ///
    /// # Errors
    /// [`DateError`] says what was expected instead.
    pub fn parse(text: &str) -> Result<Self, DateError> {
        let shape = DateError::Shape(EXPECTED_DATE);
        let (date, rest) = text.split_at_checked(10).ok_or(shape)?;
        let day = parse_day(date, shape)?;
        if rest.is_empty() {
            return Ok(Self::Day(day));
        }
        let clock = rest.strip_prefix(['T', 't']).ok_or(shape)?;
        let (hms, rest) = clock.split_at_checked(8).ok_or(shape)?;
        let local = day.and_time(parse_clock(hms, shape)?);
        let zone = strip_fraction(rest).ok_or(shape)?;
        match zone {
            "" => Ok(Self::Local(local)),
            "Z" | "z" => Ok(Self::Instant(local.and_utc())),
            _ => {
                // Moving the wall clock by less than a day cannot leave the range of chrono, but it can leave ours.
                let instant = local.checked_sub_signed(parse_offset(zone, shape)?).ok_or(DateError::Year)?;
                check_year(instant.date())?;
                Ok(Self::Instant(instant.and_utc()))
            }
        }
    }

    /// The text that identifies this value in the key of an occurrence.
    ///
    /// A day is its calendar date, a local date-time is its wall-clock text, an instant is RFC 3339 in UTC with whole
    /// seconds; either is the calendar date where its clock shows midnight, so that a source that writes the same day in
    /// another notation makes nobody due again. Offset, time of day and time zone of the trigger have no part in it, so
    /// that editing them never makes a person due a second time; nor has the UTC offset in which a source wrote an instant.
    #[must_use]
    pub fn canonical(&self) -> String {
        match self {
            Self::Day(day) => day.format("%Y-%m-%d").to_string(),
            Self::Local(local) if local.time() == NaiveTime::MIN => local.format("%Y-%m-%d").to_string(),
            Self::Instant(instant) if instant.time() == NaiveTime::MIN => instant.format("%Y-%m-%d").to_string(),
            Self::Local(local) => local.format("%Y-%m-%dT%H:%M:%S").to_string(),
            Self::Instant(instant) => instant.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
        }
    }
}

/// What a value without a time of day means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DateOnly {
    /// 00:00:00 local time, or the first instant after it where the clock skips midnight.
    #[default]
    StartOfDay,
    /// 23:59:59 local time.
    EndOfDay,
}

/// How a trigger turns a date into the instant from which the person is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DueRule {
    offset_in_days: i32,
    at: Option<NaiveTime>,
    date_only: DateOnly,
    zone: Tz,
}

impl DueRule {
    /// A rule: move by `offset_in_days` calendar days (negative is before, at most [`MAX_OFFSET_IN_DAYS`] either way),
    /// then set the time of day to `at` if there is one, all on the wall clock of `zone`.
    ///
    /// # Errors
    /// [`DateError::OffsetRange`] if the offset is out of range.
    pub fn new(offset_in_days: i32, at: Option<NaiveTime>, date_only: DateOnly, zone: Tz) -> Result<Self, DateError> {
        if (-MAX_OFFSET_IN_DAYS..=MAX_OFFSET_IN_DAYS).contains(&offset_in_days) {
            Ok(Self { offset_in_days, at, date_only, zone })
        } else {
            Err(DateError::OffsetRange)
        }
    }
}

/// The instant from which an occurrence with this value may be processed.
///
/// The value is put on the wall clock of the rule's zone, moved by whole calendar days there (so that 09:00 stays 09:00
/// across a change to summer time), and its time of day is replaced by `at` if the rule has one. A local time that the
/// clock skips becomes the first instant after the gap; one that it shows twice is the first of the two.
///
/// The result may lie up to 180 days outside the years that a value may have.
#[must_use]
pub fn due_instant(value: DateValue, rule: &DueRule) -> DateTime<Utc> {
    let local = match value {
        DateValue::Day(day) => day.and_time(match rule.date_only {
            DateOnly::StartOfDay => NaiveTime::MIN,
            DateOnly::EndOfDay => END_OF_DAY,
        }),
        DateValue::Local(local) => local,
        DateValue::Instant(instant) => instant.with_timezone(&rule.zone).naive_local(),
    };
    // Years 1900 to 9999 moved by at most 180 days are far inside the range of chrono, hence no overflow.
    let day = local.date() + Duration::days(i64::from(rule.offset_in_days));
    resolve_local(day.and_time(rule.at.unwrap_or(local.time())), rule.zone)
}

const END_OF_DAY: NaiveTime = match NaiveTime::from_hms_opt(23, 59, 59) {
    Some(time) => time,
    None => NaiveTime::MIN,
};

/// The instant at which the clock of `zone` shows `local`: the first one if it does so twice, the first instant after
/// the gap if it never does.
fn resolve_local(local: NaiveDateTime, zone: Tz) -> DateTime<Utc> {
    match zone.from_local_datetime(&local) {
        LocalResult::Single(instant) | LocalResult::Ambiguous(instant, _) => instant.to_utc(),
        LocalResult::None => end_of_gap(local, zone),
    }
}

/// The first instant after the gap that swallows `local`.
///
/// UTC offsets lie between -16 h and +16 h and the longest gap in the time zone table is the day that Samoa left out,
/// so the clock is before `local` 48 hours earlier and after it 48 hours later. In between a bisection over whole
/// seconds finds the jump, in at most 19 steps.
fn end_of_gap(local: NaiveDateTime, zone: Tz) -> DateTime<Utc> {
    let mut before = local.and_utc() - TimeDelta::hours(48);
    let mut after = local.and_utc() + TimeDelta::hours(48);
    while after - before > TimeDelta::seconds(1) {
        let middle = before + TimeDelta::seconds((after - before).num_seconds() / 2);
        if middle.with_timezone(&zone).naive_local() < local {
            before = middle;
        } else {
            after = middle;
        }
    }
    after
}

/// Reads a duration: a whole number without leading zeros and one unit, `m`, `h` or `d` (24 hours), such as `30m`.
///
/// # Errors
/// [`DateError::Shape`] for another shape, combined units included; [`DateError::DurationRange`] for zero and for more
/// than [`MAX_DURATION_DAYS`] days.
pub fn parse_duration(text: &str) -> Result<TimeDelta, DateError> {
    const SHAPE: DateError = DateError::Shape("a duration such as 30m, 12h or 3d");
    let seconds_per_unit: i64 = match text.as_bytes().last() {
        Some(b'm') => 60,
        Some(b'h') => 3_600,
        Some(b'd') => 86_400,
        _ => return Err(SHAPE),
    };
    let digits = text.trim_end_matches(['m', 'h', 'd']);
    if digits.len() + 1 != text.len() {
        return Err(SHAPE);
    }
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) || (digits.starts_with('0') && digits != "0") {
        return Err(SHAPE);
    }
    // Digits that do not fit into an i64 are a number far above the range.
    let amount: i64 = digits.parse().map_err(|_| DateError::DurationRange)?;
    match amount.checked_mul(seconds_per_unit) {
        Some(seconds @ 1..) if seconds <= MAX_DURATION_DAYS * 86_400 => Ok(TimeDelta::seconds(seconds)),
        _ => Err(DateError::DurationRange),
    }
}

/// Reads a time of day, `hh:mm` or `hh:mm:ss`, from 00:00 to 23:59:59.
///
/// # Errors
/// [`DateError::Shape`] or [`DateError::NoSuchTime`].
pub fn parse_time_of_day(text: &str) -> Result<NaiveTime, DateError> {
    const SHAPE: DateError = DateError::Shape("a time of day hh:mm or hh:mm:ss");
    match text.len() {
        5 => parse_clock(&format!("{text}:00"), SHAPE),
        8 if text.ends_with(":60") => Err(DateError::NoSuchTime),
        8 => parse_clock(text, SHAPE),
        _ => Err(SHAPE),
    }
}

/// Reads the name of a time zone. Names are those of the IANA database, in its spelling.
///
/// # Errors
/// [`DateError::Zone`] if there is none of that name; [`DateError::WindowsZone`] if Windows calls one so.
pub fn parse_zone(name: &str) -> Result<Tz, DateError> {
    name.parse().map_err(|_| crate::catalog::iana_name(name).map_or(DateError::Zone, DateError::WindowsZone))
}

/// As [`parse_zone`], for somebody who wrote the name: with the name that was meant, if one is near. It looks at every zone,
/// which is too much for each person of an evaluation.
///
/// # Errors
/// As [`parse_zone`], and [`DateError::NearZone`].
pub fn read_zone(name: &str) -> Result<Tz, DateError> {
    parse_zone(name).map_err(|error| match error {
        DateError::Zone => near_zone(name).map_or(error, DateError::NearZone),
        error => error,
    })
}

/// The zone that is equal but for case, or else with few letters more, less or exchanged; the city alone is enough.
fn near_zone(name: &str) -> Option<&'static str> {
    let mut zones = chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name());
    if let Some(same) = zones.find(|zone| zone.eq_ignore_ascii_case(name)) {
        return Some(same);
    }
    let length = name.chars().count();
    // Short names are all near to each other, and what is longer than any zone is near to none.
    let most = if length < 5 { 0 } else { 2 };
    if length > LONGEST_ZONE + most {
        return None;
    }
    let near = nearest(name, chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name()))?;
    let (written, whole) = (name.to_lowercase(), near.to_lowercase());
    let city = whole.rsplit('/').next().unwrap_or(&whole);
    (distance(&written, &whole).min(distance(&written, city)) <= most).then_some(near)
}

fn check_year(day: NaiveDate) -> Result<(), DateError> {
    use chrono::Datelike as _;
    if (MIN_YEAR..=MAX_YEAR).contains(&day.year()) { Ok(()) } else { Err(DateError::Year) }
}

fn parse_day(text: &str, shape: DateError) -> Result<NaiveDate, DateError> {
    let [year, month, day] = fields(text, "dddd-dd-dd").ok_or(shape)?;
    let day = i32::try_from(year).ok().and_then(|year| NaiveDate::from_ymd_opt(year, month, day));
    let day = day.ok_or(DateError::NoSuchDay)?;
    check_year(day).map(|()| day)
}

fn parse_clock(text: &str, shape: DateError) -> Result<NaiveTime, DateError> {
    let [hour, minute, second] = fields(text, "dd:dd:dd").ok_or(shape)?;
    let second = if second == 60 { 59 } else { second };
    NaiveTime::from_hms_opt(hour, minute, second).ok_or(DateError::NoSuchTime)
}

fn parse_offset(text: &str, shape: DateError) -> Result<TimeDelta, DateError> {
    let (sign, digits) = match text.split_at_checked(1).ok_or(shape)? {
        ("+", digits) => (1, digits),
        ("-", digits) => (-1, digits),
        _ => return Err(shape),
    };
    let [hours, minutes] = fields(digits, "dd:dd").ok_or(shape)?;
    if hours > 23 || minutes > 59 {
        return Err(DateError::NoSuchTime);
    }
    Ok(TimeDelta::minutes(sign * i64::from(hours * 60 + minutes)))
}

/// What follows an optional fraction of a second; nothing if a point is not followed by a digit.
fn strip_fraction(text: &str) -> Option<&str> {
    let Some(fraction) = text.strip_prefix('.') else {
        return Some(text);
    };
    let rest = fraction.trim_start_matches(|c: char| c.is_ascii_digit());
    (rest.len() < fraction.len()).then_some(rest)
}

/// The `N` numbers of a text that matches a pattern, in which `d` is one digit and all else stands for itself.
fn fields<const N: usize>(text: &str, pattern: &str) -> Option<[u32; N]> {
    if text.len() != pattern.len() {
        return None;
    }
    let mut numbers = [0; N];
    let mut index = 0;
    for (found, expected) in text.bytes().zip(pattern.bytes()) {
        if expected != b'd' {
            index += 1;
        }
        match expected {
            b'd' if found.is_ascii_digit() => {
                let number = numbers.get_mut(index)?;
                *number = *number * 10 + u32::from(found - b'0');
            }
            _ if found == expected && expected != b'd' => {}
            _ => return None,
        }
    }
    Some(numbers)
}

#[cfg(test)]
mod tests;
