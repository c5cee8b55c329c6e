//! The syntax tree of a rule. It is plain data, so that a directory can translate it into its own filter language.

use std::fmt::{self, Write as _};

use chrono::{DateTime, NaiveTime, SecondsFormat, TimeDelta, Timelike as _, Utc};

use super::attribute::Attribute;

/// One expression. The parser never puts an `And` directly into an `And`, an `Or` into an `Or`, and gives both at least
/// two terms; [`Expr::and`] and [`Expr::or`] keep that.
#[derive(Debug, Clone, PartialEq)]
pub enum Expr {
    /// All terms hold.
    And(Vec<Expr>),
    /// At least one term holds.
    Or(Vec<Expr>),
    /// The term does not hold.
    Not(Box<Expr>),
    /// `department eq 'Sales'`.
    Compare {
        /// What is compared.
        operand: Operand,
        /// How.
        operator: Comparison,
        /// With what.
        value: Literal,
    },
    /// `employeeHireDate le employeeLeaveDateTime sub duration'P30D'`.
    Relate {
        /// What is compared.
        left: Attribute,
        /// How.
        operator: Comparison,
        /// With what.
        right: Attribute,
        /// How far the right one is moved first.
        shift: Shift,
    },
    /// `department in ('Sales', 'Marketing')`.
    In {
        /// What is compared.
        operand: Operand,
        /// With what; at least one.
        values: Vec<Literal>,
    },
    /// `startsWith(jobTitle, 'Senior')`.
    Call {
        /// Which test.
        function: Function,
        /// What is tested.
        operand: Operand,
        /// The text or the pattern.
        text: String,
    },
    /// `otherMails/any(p:endsWith(p, '@example.com'))`.
    Any {
        /// The attribute whose values are tested.
        collection: Attribute,
        /// The name of one value inside the test.
        variable: String,
        /// The test; its operands are [`Operand::Element`] and [`Operand::Member`] only.
        test: Box<Expr>,
    },
}

/// What a test looks at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operand {
    /// An attribute of the subject.
    Attribute(Attribute),
    /// Inside `any`: the value itself.
    Element,
    /// Inside `any`: a member of the record.
    Member(String),
}

/// A comparison. Texts are ordered by code point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// `eq`.
    Equal,
    /// `ne`.
    NotEqual,
    /// `gt`.
    Greater,
    /// `ge`.
    GreaterOrEqual,
    /// `lt`.
    Less,
    /// `le`.
    LessOrEqual,
}

impl Comparison {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Equal, Self::NotEqual, Self::Greater, Self::GreaterOrEqual, Self::Less, Self::LessOrEqual];

    /// The word that rules use.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Equal => "eq",
            Self::NotEqual => "ne",
            Self::Greater => "gt",
            Self::GreaterOrEqual => "ge",
            Self::Less => "lt",
            Self::LessOrEqual => "le",
        }
    }

    /// Whether it asks which of two values is greater.
    #[must_use]
    pub const fn is_ordering(self) -> bool {
        !matches!(self, Self::Equal | Self::NotEqual)
    }
}

/// A test of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Function {
    /// `startsWith`.
    StartsWith,
    /// `endsWith`.
    EndsWith,
    /// `contains`.
    Contains,
    /// `matches`: a regular expression is found anywhere in the text; `^` and `$` anchor it.
    Matches,
}

impl Function {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::StartsWith, Self::EndsWith, Self::Contains, Self::Matches];

    /// The word that rules use.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::StartsWith => "startsWith",
            Self::EndsWith => "endsWith",
            Self::Contains => "contains",
            Self::Matches => "matches",
        }
    }
}

/// A value that a rule writes down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Literal {
    /// `null`: the subject has no value.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A text in single quotes.
    Text(String),
    /// `2026-01-31`, which is the start of that day in UTC, or `2026-01-31T09:30:00+01:00`.
    Date(DateTime<Utc>),
    /// `now()`: the instant for which the rule is evaluated.
    Now,
    /// `now() add duration'P7D'`.
    After(Duration),
    /// `now() sub duration'P7D'`.
    Before(Duration),
}

/// An `OData` duration, as written: days, hours, minutes and seconds, in total at most [`Duration::MAX_SECONDS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Duration {
    /// Days of 24 hours.
    pub days: u32,
    /// Hours; may be more than 23.
    pub hours: u32,
    /// Minutes; may be more than 59.
    pub minutes: u32,
    /// Seconds; may be more than 59.
    pub seconds: u32,
}

impl Duration {
    /// 36,525 days, a hundred years: longer than any working life, and far from the end of the calendar.
    pub const MAX_SECONDS: i64 = 36_525 * 86_400;

    /// The length in seconds.
    #[must_use]
    pub fn total_seconds(self) -> i64 {
        i64::from(self.days) * 86_400 + i64::from(self.hours) * 3_600 + i64::from(self.minutes) * 60 + i64::from(self.seconds)
    }

    /// The same as a difference of instants.
    #[must_use]
    pub fn delta(self) -> TimeDelta {
        TimeDelta::seconds(self.total_seconds())
    }
}

/// How far an instant is moved before it is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Shift {
    /// Not at all.
    #[default]
    None,
    /// `add duration'P7D'`.
    Later(Duration),
    /// `sub duration'P7D'`.
    Earlier(Duration),
}

impl Shift {
    /// What is added.
    #[must_use]
    pub fn delta(self) -> TimeDelta {
        match self {
            Self::None => TimeDelta::zero(),
            Self::Later(duration) => duration.delta(),
            Self::Earlier(duration) => -duration.delta(),
        }
    }
}

impl Expr {
    /// All of `terms`: nested ones are taken apart, a single one stands for itself.
    #[must_use]
    pub fn and(terms: Vec<Self>) -> Self {
        let terms = terms.into_iter().flat_map(|term| match term {
            Self::And(inner) => inner,
            other => vec![other],
        });
        single_or(terms.collect(), Self::And)
    }

    /// At least one of `terms`: nested ones are taken apart, a single one stands for itself.
    #[must_use]
    pub fn or(terms: Vec<Self>) -> Self {
        let terms = terms.into_iter().flat_map(|term| match term {
            Self::Or(inner) => inner,
            other => vec![other],
        });
        single_or(terms.collect(), Self::Or)
    }

    /// Calls `visit` for this expression and for all inside it, from left to right.
    pub fn visit<'a>(&'a self, visit: &mut impl FnMut(&'a Self)) {
        visit(self);
        match self {
            Self::And(terms) | Self::Or(terms) => terms.iter().for_each(|term| term.visit(visit)),
            Self::Not(inner) | Self::Any { test: inner, .. } => inner.visit(visit),
            Self::Compare { .. } | Self::Relate { .. } | Self::In { .. } | Self::Call { .. } => {}
        }
    }

    /// Writes canonical text. `element` is the name of the value inside `any`.
    pub(super) fn write(&self, f: &mut impl fmt::Write, element: &str) -> fmt::Result {
        match self {
            Self::And(terms) => separated(f, terms, " and ", |f, term| match term {
                Self::Or(_) => parenthesised(f, term, element),
                _ => term.write(f, element),
            }),
            Self::Or(terms) => separated(f, terms, " or ", |f, term| term.write(f, element)),
            Self::Not(inner) => {
                f.write_str("not ")?;
                parenthesised(f, inner, element)
            }
            Self::Compare { operand, operator, value } => {
                operand.write(f, element)?;
                write!(f, " {} {value}", operator.word())
            }
            Self::Relate { left, operator, right, shift } => write!(f, "{left} {} {right}{shift}", operator.word()),
            Self::In { operand, values } => {
                operand.write(f, element)?;
                f.write_str(" in (")?;
                separated(f, values, ", ", |f, value| write!(f, "{value}"))?;
                f.write_char(')')
            }
            Self::Call { function, operand, text } => {
                write!(f, "{}(", function.word())?;
                operand.write(f, element)?;
                f.write_str(", ")?;
                write_text(f, text)?;
                f.write_char(')')
            }
            Self::Any { collection, variable, test } => {
                write!(f, "{collection}/any({variable}:")?;
                test.write(f, variable)?;
                f.write_char(')')
            }
        }
    }
}

fn single_or(mut terms: Vec<Expr>, many: fn(Vec<Expr>) -> Expr) -> Expr {
    match terms.pop() {
        Some(only) if terms.is_empty() => only,
        Some(last) => {
            terms.push(last);
            many(terms)
        }
        None => many(terms),
    }
}

fn separated<W: fmt::Write, T>(f: &mut W, items: &[T], separator: &str, write: impl Fn(&mut W, &T) -> fmt::Result) -> fmt::Result {
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            f.write_str(separator)?;
        }
        write(f, item)?;
    }
    Ok(())
}

fn parenthesised(f: &mut impl fmt::Write, inner: &Expr, element: &str) -> fmt::Result {
    f.write_char('(')?;
    inner.write(f, element)?;
    f.write_char(')')
}

/// Writes a text in single quotes, a quote inside it doubled.
pub(super) fn write_text(f: &mut impl fmt::Write, text: &str) -> fmt::Result {
    write!(f, "'{}'", text.replace('\'', "''"))
}

/// Writes an instant as short as the language allows: the date alone at the start of a day in UTC.
pub(super) fn write_date(f: &mut impl fmt::Write, instant: DateTime<Utc>) -> fmt::Result {
    if instant.time() == NaiveTime::MIN {
        write!(f, "{}", instant.format("%Y-%m-%d"))
    } else if instant.nanosecond() == 0 {
        f.write_str(&instant.to_rfc3339_opts(SecondsFormat::Secs, true))
    } else {
        f.write_str(&instant.to_rfc3339_opts(SecondsFormat::AutoSi, true))
    }
}

impl Operand {
    pub(super) fn write(&self, f: &mut impl fmt::Write, element: &str) -> fmt::Result {
        match self {
            Self::Attribute(attribute) => write!(f, "{attribute}"),
            Self::Element => f.write_str(element),
            Self::Member(name) => write!(f, "{element}/{name}"),
        }
    }
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, "value")
    }
}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Int(number) => write!(f, "{number}"),
            Self::Text(text) => write_text(f, text),
            Self::Date(instant) => write_date(f, *instant),
            Self::Now => f.write_str("now()"),
            Self::After(duration) => write!(f, "now(){}", Shift::Later(*duration)),
            Self::Before(duration) => write!(f, "now(){}", Shift::Earlier(*duration)),
        }
    }
}

impl fmt::Display for Shift {
    /// As it stands after an instant.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => Ok(()),
            Self::Later(duration) => write!(f, " add duration'{duration}'"),
            Self::Earlier(duration) => write!(f, " sub duration'{duration}'"),
        }
    }
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::default() {
            return f.write_str("P0D");
        }
        f.write_char('P')?;
        if self.days > 0 {
            write!(f, "{}D", self.days)?;
        }
        if self.hours > 0 || self.minutes > 0 || self.seconds > 0 {
            f.write_char('T')?;
        }
        for (count, unit) in [(self.hours, 'H'), (self.minutes, 'M'), (self.seconds, 'S')] {
            if count > 0 {
                write!(f, "{count}{unit}")?;
            }
        }
        Ok(())
    }
}
