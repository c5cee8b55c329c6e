//! Five-field cron expressions on the wall clock of a time zone.

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use chrono_tz::Tz;
use croner::parser::{CronParser, Seconds, Year};
use croner::{Cron, Weekday};

use super::error::ScheduleError;

/// Longest expression that is read, in bytes. A list of all minutes of an hour has 169.
pub const MAX_EXPRESSION_BYTES: usize = 256;

/// Years in which ticks are looked for. The cron library ends its search in year 5000.
const YEARS: std::ops::Range<i32> = 1900..4900;

const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
const FIELDS: [&str; 5] = ["minute", "hour", "day of month", "month", "day of week"];

/// A cron expression that fires at least once, with its time zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ZonedCron {
    cron: Cron,
    zone: Tz,
}

impl ZonedCron {
    /// Reads an expression and proves that it fires.
    pub(super) fn parse(expression: &str, zone: Tz) -> Result<Self, ScheduleError> {
        check_fields(expression)?;
        let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed);
        // Steps from a number, such as 5/15, are read as Kubernetes reads them: from 5 to the end of the field.
        let cron = parser
            .sloppy_ranges(true)
            .build()
            .parse(expression)
            .map_err(|error| ScheduleError::Cron { reason: error.to_string().to_lowercase() })?;
        if !fires(&cron) {
            return Err(ScheduleError::NeverFires);
        }
        Ok(Self { cron, zone })
    }

    /// The first tick after `instant`; none outside the years that are searched.
    pub(super) fn next_after(&self, instant: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let local = self.local(instant)?;
        self.cron.find_next_occurrence(&local, false).ok().map(|tick| tick.to_utc())
    }

    /// The last tick that is not later than `instant`; none outside the years that are searched.
    pub(super) fn latest_at_or_before(&self, instant: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let local = self.local(instant)?;
        self.cron.find_previous_occurrence(&local, true).ok().map(|tick| tick.to_utc())
    }

    /// The wall clock at `instant` in whole seconds. Ticks are whole seconds, so a fraction decides nothing, but the
    /// library counts the whole second of its start as reached.
    fn local(&self, instant: DateTime<Utc>) -> Option<DateTime<Tz>> {
        let whole = DateTime::from_timestamp(instant.timestamp(), 0)?;
        YEARS.contains(&whole.year()).then(|| whole.with_timezone(&self.zone))
    }
}

/// Whether any day matches. A leap year followed by three others shows every day of the year and every weekday of every
/// month, and a day of month and a weekday that are both restricted match by either of them, so four years decide. The
/// library by itself would search until year 5000.
fn fires(cron: &Cron) -> bool {
    NaiveDate::from_ymd_opt(2000, 1, 1).into_iter().flat_map(|first| first.iter_days()).take_while(|day| day.year() < 2004).any(|day| {
        let weekday = Weekday::from_days_from_sunday(day.weekday().num_days_from_sunday());
        let matches_day = cron.pattern.day_match(day.year(), day.month(), day.day(), weekday);
        let matches_month = cron.pattern.month_match(day.month());
        matches!((matches_day, matches_month), (Ok(true), Ok(true)))
    })
}

/// Refuses what the cron library would accept beyond the five fields of Kubernetes: nicknames, a zone inside the
/// expression, seconds, years, and the letters and signs of other dialects (`L`, `W`, `#`, `+`).
fn check_fields(expression: &str) -> Result<(), ScheduleError> {
    if expression.len() > MAX_EXPRESSION_BYTES {
        return Err(ScheduleError::Cron { reason: format!("longer than {MAX_EXPRESSION_BYTES} bytes") });
    }
    let fields: Vec<&str> = expression.split_ascii_whitespace().collect();
    if fields.len() != FIELDS.len() {
        return Err(ScheduleError::Cron {
            reason: format!("expected five fields (minute, hour, day of month, month, day of week), found {}", fields.len()),
        });
    }
    for (index, (field, name)) in fields.iter().zip(FIELDS).enumerate() {
        let names: &[&str] = match index {
            3 => &MONTHS,
            4 => &WEEKDAYS,
            _ => &[],
        };
        let any_day = *field == "?" && (index == 2 || index == 4);
        if !any_day && !field.split(',').all(|part| is_plain_part(part, names)) {
            return Err(ScheduleError::Cron { reason: format!("unknown text in the field {name}") });
        }
    }
    Ok(())
}

/// Whether a part of a field is `*`, a value or a range of two values, each with an optional step above zero.
fn is_plain_part(part: &str, names: &[&str]) -> bool {
    let is_number = |text: &str| !text.is_empty() && text.len() <= 2 && text.bytes().all(|b| b.is_ascii_digit());
    let is_value = |text: &str| is_number(text) || names.iter().any(|name| text.eq_ignore_ascii_case(name));
    let (range, step) = match part.split_once('/') {
        Some((range, step)) => (range, Some(step)),
        None => (part, None),
    };
    let range_is_plain = match range.split_once('-') {
        Some((from, to)) => is_value(from) && is_value(to),
        None => range == "*" || is_value(range),
    };
    range_is_plain && step.is_none_or(|step| is_number(step) && step.bytes().any(|b| b != b'0'))
}
