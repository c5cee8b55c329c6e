//! Dates that source systems write where there is none.

use super::dates::DateValue;
use super::trigger::LAST_SIGN_IN;

/// A year that fits every day, for looking at the shape of a date whose own year is none of ours.
const LEAP_YEAR: &str = "2000";

/// The years in which nobody signed in: the first years of calendars and file systems.
const NO_SIGN_IN_YEARS: [&str; 3] = ["0001", "1601", "1900"];

/// Whether a text is what systems fill in where a date attribute has no value: a day in 9999 for an end that nobody knows,
/// and for a sign-in that never was a day in year 1, 1601 or 1900, or the day on which Unix counts from.
#[must_use]
pub fn is_filler(attribute: &str, text: &str) -> bool {
    let Some(year) = text.get(..4).filter(|_| has_shape(text)) else { return false };
    if year == "9999" {
        return true;
    }
    attribute == LAST_SIGN_IN && (NO_SIGN_IN_YEARS.contains(&year) || is_epoch(text))
}

/// Whether it is a date but for its year.
fn has_shape(text: &str) -> bool {
    let year_is_a_number = text.bytes().take(4).all(|byte| byte.is_ascii_digit());
    year_is_a_number && text.get(4..).is_some_and(|rest| DateValue::parse(&format!("{LEAP_YEAR}{rest}")).is_ok())
}

fn is_epoch(text: &str) -> bool {
    let day = match DateValue::parse(text) {
        Ok(DateValue::Day(day)) => day,
        Ok(DateValue::Local(local)) => local.date(),
        Ok(DateValue::Instant(instant)) => instant.date_naive(),
        Err(_) => return false,
    };
    day == chrono::DateTime::UNIX_EPOCH.date_naive()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_a_filler() {
        // (attribute, text, whether it is one)
        for (attribute, text, expected) in [
            ("employeeLeaveDateTime", "9999-12-31", true),
            ("employeeLeaveDateTime", "9999-12-31T23:59:59Z", true),
            ("employeeLeaveDateTime", "9999-12-31T23:59:59-05:00", true),
            ("employeeLeaveDateTime", "9999-01-01T00:00:00", true),
            ("employeeHireDate", "9999-12-31", true),
            ("contractEnd", "9999-06-30T00:00:00.0000000Z", true),
            ("employeeLeaveDateTime", "9998-12-31", false),
            ("employeeLeaveDateTime", "9999-13-31", false),
            ("employeeLeaveDateTime", "9999", false),
            ("employeeLeaveDateTime", "9999 or so", false),
            ("employeeLeaveDateTime", "1601-01-01", false),
            ("employeeHireDate", "1900-01-01", false),
            ("employeeHireDate", "1970-01-01", false),
            (LAST_SIGN_IN, "0001-01-01T00:00:00Z", true),
            (LAST_SIGN_IN, "0001-01-01", true),
            (LAST_SIGN_IN, "1601-01-01T00:00:00Z", true),
            (LAST_SIGN_IN, "1900-01-01T00:00:00", true),
            (LAST_SIGN_IN, "1970-01-01", true),
            (LAST_SIGN_IN, "1970-01-01T00:00:00Z", true),
            (LAST_SIGN_IN, "1970-01-01T01:00:00+01:00", true),
            (LAST_SIGN_IN, "1969-12-31T19:00:00-05:00", true),
            (LAST_SIGN_IN, "1970-01-02", false),
            (LAST_SIGN_IN, "9999-12-31T23:59:59Z", true),
            (LAST_SIGN_IN, "2026-01-01T00:00:00Z", false),
            (LAST_SIGN_IN, "0001-01-01 00:00", false),
            (LAST_SIGN_IN, "", false),
            (LAST_SIGN_IN, "000\u{661}-01-01", false),
        ] {
            assert_eq!(is_filler(attribute, text), expected, "{attribute} {text:?}");
        }
    }
}
