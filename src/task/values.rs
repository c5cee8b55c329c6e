//! What the variables of a mail, or of a new value, stand for.

use chrono::{DateTime, NaiveDate, Utc};
use secrecy::{ExposeSecret as _, SecretString};

use super::locale::Locale;
use super::mail::MailError;
use crate::directory::{Dated, Profile, Sponsored};
use crate::domain::dates::DateValue;
use crate::domain::variable::{PASS, today};

const SIGN_IN: &str = "lastSuccessfulSignInDateTime";
/// LCW's own name of the last sign-in.
const SIGN_IN_NESTED: &str = "signInActivity/lastSuccessfulSignInDateTime";

/// A pass and how long it works.
pub(super) struct Pass {
    pub secret: SecretString,
    pub lifetime_minutes: i32,
}

/// The people that a mail or a new value is about.
pub(super) struct Values<'a> {
    pub user: &'a Profile,
    pub manager: Option<&'a Profile>,
    /// Whom the user sponsors.
    pub sponsored: &'a [Sponsored],
    pub pass: Option<Pass>,
    pub now: DateTime<Utc>,
    pub style: Style,
}

/// How values are written.
#[derive(Clone, Copy)]
pub(super) enum Style {
    /// For readers of that language.
    Mail(Locale),
    /// Within a new value of an attribute: dates are days, such as 2026-03-31.
    Value,
    /// The whole of a new value: dates are copied as the record has them, so that none becomes an earlier or a later one.
    Copy,
}

impl Style {
    /// `written`: the text of the record, where it stands in one.
    fn date(self, dated: &Dated, written: Option<&str>) -> String {
        match self {
            Self::Mail(locale) => locale.date(dated),
            Self::Value => day(dated).format("%Y-%m-%d").to_string(),
            Self::Copy => written.map_or_else(|| exact(dated.value), str::to_owned),
        }
    }

    fn clean(self, value: &str) -> String {
        match self {
            Self::Mail(_) => clean(value),
            Self::Value | Self::Copy => one_line(value),
        }
    }
}

/// The day of a date in its zone.
fn day(dated: &Dated) -> NaiveDate {
    match dated.value {
        DateValue::Day(day) => day,
        DateValue::Local(local) => local.date(),
        DateValue::Instant(instant) => instant.with_timezone(&dated.zone).date_naive(),
    }
}

/// A date with its time of day, also where that is midnight.
fn exact(value: DateValue) -> String {
    match value {
        DateValue::Day(day) => day.format("%Y-%m-%d").to_string(),
        DateValue::Local(local) => local.format("%Y-%m-%dT%H:%M:%S").to_string(),
        DateValue::Instant(instant) => instant.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
    }
}

impl Values<'_> {
    /// The value of a variable, clean and never empty.
    ///
    /// # Errors
    /// [`MailError::VariableUnknown`] and [`MailError::VariableEmpty`]; in new values [`MailError::DateUnreadable`].
    pub(super) fn get(&self, name: &str) -> Result<String, MailError> {
        match self.find(name)?.map(|value| self.style.clean(&value)).filter(|value| !value.is_empty()) {
            Some(value) => Ok(value),
            None => Err(MailError::VariableEmpty(name.to_owned())),
        }
    }

    /// As [`Values::get`], but not the pass: a subject stands in the logs of every server on the way.
    pub(super) fn get_for_subject(&self, name: &str) -> Result<String, MailError> {
        if name == PASS { Err(MailError::unknown_variable(name)) } else { self.get(name) }
    }

    /// The value as it stands in the record; None: there is none.
    fn find(&self, name: &str) -> Result<Option<String>, MailError> {
        let name = today(name);
        if let Some(attribute) = name.strip_prefix("user.") {
            return self.attribute(self.user, attribute, name);
        }
        if let Some(attribute) = name.strip_prefix("manager.") {
            // Whether the attribute exists is the same for everybody who has it in their record, the user before all.
            let Some(manager) = self.manager else { return self.attribute(self.user, attribute, name).map(|_| None) };
            return self.attribute(manager, attribute, name);
        }
        match (name, &self.pass) {
            (PASS, Some(pass)) => Ok(Some(pass.secret.expose_secret().to_owned())),
            ("temporaryAccessPassLifetimeInMinutes", Some(pass)) => Ok(Some(pass.lifetime_minutes.to_string())),
            ("temporaryAccessPassStartDateTime", Some(_)) => Ok(Some(self.pass_start())),
            ("daysSinceLastSignIn", _) => Ok(self.days_since_sign_in()),
            ("sponsoredUsers", _) => Ok(Some(self.sponsored_names())),
            _ => Err(MailError::unknown_variable(name)),
        }
    }

    /// The value of an attribute, which `variable` asks for.
    fn attribute(&self, profile: &Profile, attribute: &str, variable: &str) -> Result<Option<String>, MailError> {
        let attribute = if attribute == SIGN_IN_NESTED { SIGN_IN } else { attribute };
        let written = profile.text(attribute);
        if let Some(dated) = profile.dates.get(attribute) {
            return Ok(Some(self.style.date(dated, written)));
        }
        // What cannot be read is unknown, and is not spread.
        let is_copied = !matches!(self.style, Style::Mail(_));
        if is_copied && written.is_some() && profile.date_names.contains(attribute) {
            return Err(MailError::DateUnreadable(variable.to_owned()));
        }
        profile.texts.get(attribute).cloned().ok_or_else(|| MailError::unknown_variable(variable))
    }

    /// The pass works from the first day on, or from now on if that has begun.
    fn pass_start(&self) -> String {
        let hired = self.user.dates.get("employeeHireDate");
        let now = Dated { value: DateValue::Instant(self.now), zone: hired.map_or(self.user.zone, |hired| hired.zone) };
        self.style.date(hired.filter(|hired| hired.instant() > self.now).unwrap_or(&now), None)
    }

    fn days_since_sign_in(&self) -> Option<String> {
        let last = self.user.dates.get(SIGN_IN)?.instant();
        Some((self.now - last).num_days().max(0).to_string())
    }

    fn sponsored_names(&self) -> String {
        let names: Vec<&str> = self.sponsored.iter().map(|guest| guest.display_name.as_deref().unwrap_or(&guest.name)).collect();
        names.join(", ")
    }
}

/// [`one_line`], where text that runs from right to left is set apart, so that what stands after it stays where it belongs.
pub(super) fn clean(value: &str) -> String {
    let out = one_line(value);
    if out.chars().any(is_right_to_left) { format!("\u{2068}{out}\u{2069}") } else { out }
}

/// One line without characters that end lines, control terminals or turn the direction of what follows.
fn one_line(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for word in value.split(|c: char| c.is_whitespace() || c.is_control()) {
        let length = out.len();
        if length > 0 {
            out.push(' ');
        }
        out.extend(word.chars().filter(|c| !turns_direction(*c)));
        if out.len() == length + usize::from(length > 0) {
            out.truncate(length);
        }
    }
    out
}

/// Embeddings, overrides and isolates; and the mark that some programs put before texts.
fn turns_direction(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// The scripts that are written from right to left, by their blocks.
fn is_right_to_left(c: char) -> bool {
    matches!(c, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefe}' | '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}')
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use chrono::DateTime;
    use chrono_tz::Tz;

    use super::{Style, Values, clean};
    use crate::directory::{Dated, Profile};
    use crate::domain::dates::DateValue;

    /// What a variable that is a date stands for alone and within a text, or the reason why for nothing.
    fn dated(text: Option<&str>, value: Option<&str>, zone: Tz) -> [Result<String, &'static str>; 2] {
        const NAME: &str = "employeeLeaveDateTime";
        let mut user = Profile { date_names: BTreeSet::from([NAME.to_owned()]), ..Profile::default() };
        user.texts = BTreeMap::from([(NAME.to_owned(), text.map(str::to_owned))]);
        let value = value.and_then(|value| DateValue::parse(value).ok());
        user.dates = value.map(|value| (NAME.to_owned(), Dated { value, zone })).into_iter().collect();
        [Style::Copy, Style::Value].map(|style| {
            let values = Values { user: &user, manager: None, sponsored: &[], pass: None, now: DateTime::UNIX_EPOCH, style };
            values.get("user.employeeLeaveDateTime").map_err(|error| error.reason().as_str())
        })
    }

    #[test]
    fn a_date_that_is_copied_keeps_its_time_of_day() {
        let berlin = chrono_tz::Europe::Berlin;
        for (text, alone, within) in [
            ("2026-04-10", "2026-04-10", "2026-04-10"),
            ("2026-04-10T00:00:00Z", "2026-04-10T00:00:00Z", "2026-04-10"),
            ("2026-04-10T00:00:00", "2026-04-10T00:00:00", "2026-04-10"),
            ("2026-04-10T23:00:00Z", "2026-04-10T23:00:00Z", "2026-04-11"),
            ("2026-04-10T17:00:00+02:00", "2026-04-10T17:00:00+02:00", "2026-04-10"),
        ] {
            assert_eq!(dated(Some(text), Some(text), berlin), [Ok(alone.to_owned()), Ok(within.to_owned())], "{text}");
        }
        // The directory knows it, and no record says it.
        let known = "2026-04-10T00:00:00Z";
        assert_eq!(dated(None, Some(known), berlin), [Ok(known.to_owned()), Ok("2026-04-10".to_owned())]);
        assert_eq!(dated(Some("31.03.2026"), None, berlin), [Err("DateUnreadable"), Err("DateUnreadable")]);
        assert_eq!(dated(None, None, berlin), [Err("VariableEmpty"), Err("VariableEmpty")]);
    }

    #[test]
    fn a_value_is_one_clean_line() {
        let cases = [
            ("  a\r\n\tb\u{2028}c\u{0}d\u{85}", "a b c d"),
            ("a\u{202e}b\u{feff}", "ab"),
            ("\u{202e}\r\n", ""),
            ("a \u{2066} b", "a b"),
            ("O'Neill <b>{{x}}</b>", "O'Neill <b>{{x}}</b>"),
            ("שרה", "\u{2068}שרה\u{2069}"),
        ];
        for (given, wanted) in cases {
            assert_eq!(clean(given), wanted, "{given:?}");
        }
    }
}
