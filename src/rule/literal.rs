//! The values that a rule writes down, and whether they fit the attribute.

use chrono::{DateTime, Datelike as _, NaiveDate, NaiveTime, Utc};

use super::advice;
use super::ast::{Comparison, Duration, Literal, Shift};
use super::attribute::Kind;
use super::error::Mistake;
use super::lexer::Token;
use super::parser::{Parsed, Parser};

impl Parser<'_> {
    /// A value that an attribute of this kind can have. `operator` is absent in the list of an `in`.
    pub(super) fn literal_for(&mut self, kind: Kind, operator: Option<Comparison>) -> Parsed<Literal> {
        let start = self.at;
        let expected = expected(kind);
        let literal = self.literal(expected, kind)?;
        let ordering = operator.is_some_and(Comparison::is_ordering);
        let fits = match (&literal, kind) {
            (Literal::Null, _) | (Literal::Bool(_), Kind::Untyped) => !ordering,
            (_, Kind::Untyped)
            | (Literal::Bool(_), Kind::Boolean)
            | (Literal::Int(_), Kind::Integer)
            | (Literal::Text(_), Kind::Text)
            | (Literal::Date(_) | Literal::Now | Literal::After(_) | Literal::Before(_), Kind::Date) => true,
            _ => false,
        };
        if fits {
            return Ok(literal);
        }
        self.at = start;
        let advice = if ordering && matches!(literal, Literal::Null | Literal::Bool(_)) {
            Some("only eq, ne and in can test this value".to_owned())
        } else {
            advice::misfit(kind, &literal)
        };
        Err(self.unexpected_with(expected, advice))
    }

    fn literal(&mut self, expected: &str, kind: Kind) -> Parsed<Literal> {
        let literal = match self.peek().clone() {
            Token::Text(text) => Literal::Text(text),
            Token::Number(number) => {
                let instant = || date(number).map(Literal::Date);
                let parsed = number.parse().map(Literal::Int).ok().or_else(instant);
                parsed.ok_or_else(|| {
                    let advice = "write dates as 2026-01-31 or 2026-01-31T09:30:00Z, numbers without a fraction";
                    self.unexpected_with(expected, Some(advice.to_owned()))
                })?
            }
            Token::Word("true") => Literal::Bool(true),
            Token::Word("false") => Literal::Bool(false),
            Token::Word("null") => Literal::Null,
            Token::Word("now") => return self.now(),
            Token::Word(_) => return Err(self.no_value(expected, kind)),
            _ => {
                return Err(self.unexpected_with(expected, advice::literal(self.peek(), self.found())));
            }
        };
        self.at += 1;
        Ok(literal)
    }

    /// `now()`, with a duration added or taken away.
    fn now(&mut self) -> Parsed<Literal> {
        self.at += 1;
        self.expect('(')?;
        self.expect(')')?;
        Ok(match self.shift("now()")? {
            Shift::None => Literal::Now,
            Shift::Later(duration) => Literal::After(duration),
            Shift::Earlier(duration) => Literal::Before(duration),
        })
    }

    /// What is added to an instant or taken away from it; `instant` is how the rule writes that.
    pub(super) fn shift(&mut self, instant: &str) -> Parsed<Shift> {
        let build: fn(Duration) -> Shift = if self.take_word("add") {
            Shift::Later
        } else if self.take_word("sub") {
            Shift::Earlier
        } else if matches!(self.peek(), Token::Strange("-" | "+")) {
            let advice = format!("write {instant} add duration'P7D' or {instant} sub duration'P7D'");
            return Err(self.unexpected_with("`add` or `sub`", Some(advice)));
        } else {
            return Ok(Shift::None);
        };
        if !self.take_word("duration") {
            let advice = "write it as duration'P7D' or duration'PT12H'".to_owned();
            return Err(self.unexpected_with("`duration`", Some(advice)));
        }
        let parsed = match self.peek() {
            Token::Text(text) => duration(text),
            _ => None,
        };
        let Some(duration) = parsed else {
            let advice = "such as 'P7D', 'PT12H' or 'P1DT30M', at most 36525 days".to_owned();
            return Err(self.unexpected_with("a duration of days, hours, minutes and seconds", Some(advice)));
        };
        self.at += 1;
        Ok(build(duration))
    }
}

pub(super) fn expected(kind: Kind) -> &'static str {
    match kind {
        Kind::Text | Kind::TextCollection | Kind::Records(_) => "a text in single quotes",
        Kind::Boolean => "`true` or `false`",
        Kind::Integer => "a whole number",
        Kind::Date => "a date or `now()`",
        Kind::Untyped => "a value",
    }
}

/// `OData`'s date and date-time literals with a zone. Years 1 to 9999 in UTC.
fn date(text: &str) -> Option<DateTime<Utc>> {
    let instant = if let Ok(day) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        // Chrono is lenient on missing zeros, `OData` is not.
        (text.len() == 10).then(|| day.and_time(NaiveTime::MIN).and_utc())?
    } else {
        DateTime::parse_from_rfc3339(text).ok()?.to_utc()
    };
    (1..=9999).contains(&instant.year()).then_some(instant)
}

/// `P1DT2H3M4S`, every part optional but at least one.
fn duration(text: &str) -> Option<Duration> {
    let rest = text.strip_prefix('P')?;
    let (days, time) = rest.split_once('T').map_or((rest, None), |(days, time)| (days, Some(time)));
    let mut duration = Duration::default();
    if !days.is_empty() {
        duration.days = number(days.strip_suffix('D')?)?;
    }
    if let Some(mut time) = time {
        for (unit, part) in [('H', &mut duration.hours), ('M', &mut duration.minutes), ('S', &mut duration.seconds)] {
            if let Some((count, rest)) = time.split_once(unit) {
                *part = number(count)?;
                time = rest;
            }
        }
        if !time.is_empty() {
            return None;
        }
    }
    let is_complete = !rest.is_empty() && !rest.ends_with('T');
    (is_complete && duration.total_seconds() <= Duration::MAX_SECONDS).then_some(duration)
}

fn number(digits: &str) -> Option<u32> {
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
}

impl Mistake {
    /// A rule that is longer than it may be.
    pub(super) fn too_long(offset: usize, length: usize, limit: usize) -> Self {
        Self {
            offset,
            found: format!("{length} characters"),
            expected: format!("at most {limit} characters"),
            message: Some(format!("the rule has {length} characters and may have {limit}")),
            unknown: None,
            advice: None,
        }
    }
}
