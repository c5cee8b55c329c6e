//! Languages of mails, and how dates are written in them.

use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, Timelike};
use chrono_tz::Tz;

use crate::directory::Dated;
use crate::domain::dates::DateValue;

const MONTHS: [[&str; 12]; 2] = [
    ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"],
    ["Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember"],
];

/// A language that there are default texts in.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Language {
    English,
    German,
}

impl Language {
    /// The language tag of the texts.
    pub(super) const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
        }
    }
}

/// The order of day, month and year.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Order {
    /// 12 January 2026, and in German 12. Januar 2026.
    DayFirst,
    /// January 12, 2026.
    MonthFirst,
}

/// How a mail to somebody is written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Locale {
    /// The language of the default texts, and of the names of months.
    pub language: Language,
    order: Order,
}

impl Locale {
    /// The locale of a language tag such as de-AT or `en_US`; a language without default texts is English.
    pub(super) fn new(tag: &str) -> Self {
        let tag = tag.to_ascii_lowercase().replace('_', "-");
        let language = if tag == "de" || tag.starts_with("de-") { Language::German } else { Language::English };
        let order = if tag == "en-us" || tag == "en-ph" { Order::MonthFirst } else { Order::DayFirst };
        Self { language, order }
    }

    /// A date, with its time of day and the name of its zone where it has them.
    pub(super) fn date(self, dated: &Dated) -> String {
        let (day, time, zone) = match dated.value {
            DateValue::Day(day) => return self.day(day),
            DateValue::Local(local) => (local.date(), local.time(), String::new()),
            DateValue::Instant(instant) => {
                let local: DateTime<Tz> = instant.with_timezone(&dated.zone);
                (local.date_naive(), local.time(), format!(" {}", local.format("%Z")))
            }
        };
        format!("{}, {}{zone}", self.day(day), clock(time))
    }

    fn day(self, day: NaiveDate) -> String {
        let month = MONTHS[usize::from(self.language == Language::German)][day.month0() as usize];
        match (self.language, self.order) {
            (Language::German, _) => format!("{}. {month} {}", day.day(), day.year()),
            (Language::English, Order::DayFirst) => format!("{} {month} {}", day.day(), day.year()),
            (Language::English, Order::MonthFirst) => format!("{month} {}, {}", day.day(), day.year()),
        }
    }
}

fn clock(time: NaiveTime) -> String {
    format!("{:02}:{:02}", time.hour(), time.minute())
}

#[cfg(test)]
mod tests {
    use super::{DateValue, Dated, Language, Locale};

    #[test]
    fn dates_are_written_as_the_reader_writes_them() {
        let written = |tag: &str, text: &str| {
            Locale::new(tag).date(&Dated { value: DateValue::parse(text).unwrap(), zone: chrono_tz::Europe::Berlin })
        };
        assert_eq!(written("en", "2026-03-02"), "2 March 2026");
        assert_eq!(written("en-US", "2026-03-02"), "March 2, 2026");
        assert_eq!(written("de_AT", "2026-03-02"), "2. März 2026");
        assert_eq!(written("fr", "2026-03-02"), "2 March 2026");
        assert_eq!(written("de", "2026-03-02T17:00:00"), "2. März 2026, 17:00");
        assert_eq!(written("en", "2026-07-02T17:00:00Z"), "2 July 2026, 19:00 CEST");
    }

    #[test]
    fn a_language_without_texts_is_english() {
        assert_eq!(Locale::new("de-CH").language, Language::German);
        assert_eq!(Locale::new("den").language, Language::English);
        assert_eq!(Locale::new("").language, Language::English);
    }
}
