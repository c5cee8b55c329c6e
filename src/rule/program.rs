//! Evaluation. A program has the shape of the syntax tree; its texts are folded and its patterns compiled once.

use std::borrow::Cow;
use std::cmp::Ordering;

use chrono::{DateTime, TimeDelta, Utc};
use regex_automata::meta::Regex;

use super::ast::{Comparison, Expr, Function, Literal, Operand};
use super::attribute::Attribute;
use super::pattern::{PatternError, Patterns};
use super::truth::Truth;
use super::value::{Collection, Subject, Value};

/// Whether texts that differ in case only are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Case {
    /// They differ. This is how Lifecycle Workflows compares, and the default.
    #[default]
    Sensitive,
    /// They are the same, in every script that has case. A text is compared in the lower case of its upper case, so that
    /// `STRASSE` is `straße`.
    Insensitive,
}

#[derive(Debug, Clone)]
pub(super) enum Node {
    All(Box<[Node]>),
    Any(Box<[Node]>),
    Not(Box<Node>),
    Test { source: Tested, predicate: Predicate },
    Relate { left: Attribute, operator: Comparison, right: Attribute, shift: TimeDelta },
    Exists { collection: Attribute, test: Box<Node> },
}

#[derive(Debug, Clone)]
pub(super) enum Tested {
    Attribute(Attribute),
    Element,
    Member(Box<str>),
}

#[derive(Debug, Clone)]
pub(super) enum Predicate {
    Equal(Constant),
    NotEqual(Constant),
    Order(Comparison, Constant),
    OneOf(Box<[Constant]>),
    StartsWith(Box<str>),
    EndsWith(Box<str>),
    Contains(Box<str>),
    Matches(Box<Regex>),
}

#[derive(Debug, Clone)]
pub(super) enum Constant {
    Null,
    Bool(bool),
    Int(i64),
    Text(Box<str>),
    Date(DateTime<Utc>),
    Now(TimeDelta),
}

/// What a test can look at.
pub(super) struct View<'a, S: ?Sized> {
    pub(super) subject: &'a S,
    pub(super) now: DateTime<Utc>,
    pub(super) case: Case,
    item: Item<'a>,
}

/// The value that `any` is looking at.
#[derive(Clone, Copy)]
enum Item<'a> {
    None,
    Single(Value<'a>),
    At(&'a dyn Collection, usize),
}

/// Compiles an expression. Only a pattern can fail, and the parser has compiled each.
pub(super) fn compile(expr: &Expr, case: Case, patterns: &Patterns) -> Result<Node, PatternError> {
    let all = |terms: &[Expr]| terms.iter().map(|term| compile(term, case, patterns)).collect::<Result<Box<[Node]>, _>>();
    Ok(match expr {
        Expr::And(terms) => Node::All(all(terms)?),
        Expr::Or(terms) => Node::Any(all(terms)?),
        Expr::Not(inner) => Node::Not(Box::new(compile(inner, case, patterns)?)),
        Expr::Compare { operand, operator, value } => {
            let constant = constant(value, case);
            let predicate = match operator {
                Comparison::Equal => Predicate::Equal(constant),
                Comparison::NotEqual => Predicate::NotEqual(constant),
                ordering => Predicate::Order(*ordering, constant),
            };
            Node::Test { source: source(operand), predicate }
        }
        Expr::Relate { left, operator, right, shift } => {
            Node::Relate { left: left.clone(), operator: *operator, right: right.clone(), shift: shift.delta() }
        }
        Expr::In { operand, values } => {
            Node::Test { source: source(operand), predicate: Predicate::OneOf(values.iter().map(|value| constant(value, case)).collect()) }
        }
        Expr::Call { function, operand, text } => {
            let folded = || fold(text, case).into();
            let predicate = match function {
                Function::StartsWith => Predicate::StartsWith(folded()),
                Function::EndsWith => Predicate::EndsWith(folded()),
                Function::Contains => Predicate::Contains(folded()),
                Function::Matches => Predicate::Matches(Box::new(patterns.get(text, case == Case::Insensitive)?)),
            };
            Node::Test { source: source(operand), predicate }
        }
        Expr::Any { collection, test, .. } => {
            Node::Exists { collection: collection.clone(), test: Box::new(compile(test, case, patterns)?) }
        }
    })
}

fn source(operand: &Operand) -> Tested {
    match operand {
        Operand::Attribute(attribute) => Tested::Attribute(attribute.clone()),
        Operand::Element => Tested::Element,
        Operand::Member(name) => Tested::Member(name.as_str().into()),
    }
}

fn constant(literal: &Literal, case: Case) -> Constant {
    match literal {
        Literal::Null => Constant::Null,
        Literal::Bool(value) => Constant::Bool(*value),
        Literal::Int(number) => Constant::Int(*number),
        Literal::Text(text) => Constant::Text(fold(text, case).into()),
        Literal::Date(instant) => Constant::Date(*instant),
        Literal::Now => Constant::Now(TimeDelta::zero()),
        Literal::After(duration) => Constant::Now(duration.delta()),
        Literal::Before(duration) => Constant::Now(-duration.delta()),
    }
}

/// The form in which two texts are compared. Borrows where nothing changes.
fn fold(text: &str, case: Case) -> Cow<'_, str> {
    let is_folded = |text: &str| text.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase());
    if case == Case::Sensitive || is_folded(text) {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(text.chars().flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect())
    }
}

/// Whether a text is the same as a folded one. Most texts are ASCII and need no memory for that; so do the next two.
fn same(text: &str, folded: &str, case: Case) -> bool {
    if case == Case::Insensitive && text.is_ascii() {
        return text.eq_ignore_ascii_case(folded);
    }
    *fold(text, case) == *folded
}

fn starts_with(text: &str, folded: &str, case: Case) -> bool {
    if case == Case::Insensitive && text.is_ascii() {
        return text.get(..folded.len()).is_some_and(|start| start.eq_ignore_ascii_case(folded));
    }
    fold(text, case).starts_with(folded)
}

fn ends_with(text: &str, folded: &str, case: Case) -> bool {
    if case == Case::Insensitive && text.is_ascii() {
        let start = text.len().checked_sub(folded.len());
        return start.is_some_and(|start| text[start..].eq_ignore_ascii_case(folded));
    }
    fold(text, case).ends_with(folded)
}

impl<'a, S: Subject + ?Sized> View<'a, S> {
    pub(super) fn new(subject: &'a S, now: DateTime<Utc>, case: Case) -> Self {
        Self { subject, now, case, item: Item::None }
    }

    fn at(&self, item: Item<'a>) -> Self {
        Self { subject: self.subject, now: self.now, case: self.case, item }
    }

    pub(super) fn value(&self, source: &Tested) -> Value<'a> {
        match (source, self.item) {
            (Tested::Attribute(attribute), _) => self.subject.value(attribute),
            (Tested::Element, Item::Single(value)) => value,
            (Tested::Element, Item::At(list, index)) => list.element(index),
            (Tested::Member(name), Item::At(list, index)) => list.member(index, name),
            (Tested::Element | Tested::Member(_), Item::None | Item::Single(_)) => Value::Unknown,
        }
    }
}

impl Node {
    pub(super) fn evaluate<S: Subject + ?Sized>(&self, view: &View<'_, S>) -> Truth {
        match self {
            Self::All(terms) => Truth::all(terms.iter().map(|term| term.evaluate(view))),
            Self::Any(terms) => Truth::any(terms.iter().map(|term| term.evaluate(view))),
            Self::Not(inner) => !inner.evaluate(view),
            Self::Test { source, predicate } => predicate.test(view.value(source), view.now, view.case),
            Self::Relate { left, operator, right, shift } => {
                let (left, right) = (view.subject.value(left), view.subject.value(right));
                let some = |one: Comparison| each(left, |left| each(right, |right| relate(left, one, right, *shift, view.case)));
                if *operator == Comparison::NotEqual { !some(Comparison::Equal) } else { some(*operator) }
            }
            Self::Exists { collection, test } => match view.subject.value(collection) {
                Value::Null => Truth::False,
                Value::Unknown => Truth::Unknown,
                Value::List(list) => Truth::any((0..list.count()).map(|index| test.evaluate(&view.at(Item::At(list, index))))),
                // Some directories give a single value as such.
                single => test.evaluate(&view.at(Item::Single(single))),
            },
        }
    }
}

impl Predicate {
    /// Tests a value; of many values one has to fit. `ne` is the opposite of `eq`, so no value may be equal.
    fn test(&self, value: Value<'_>, now: DateTime<Utc>, case: Case) -> Truth {
        match (self, value) {
            (Self::NotEqual(constant), value) => !each(value, |value| constant.equals(value, now, case)),
            (Self::Equal(constant), value) => each(value, |value| constant.equals(value, now, case)),
            (_, value) => each(value, |value| self.test_one(value, now, case)),
        }
    }

    fn test_one(&self, value: Value<'_>, now: DateTime<Utc>, case: Case) -> Truth {
        let text = |test: &dyn Fn(&str) -> bool| match value {
            Value::Str(text) => Truth::from(test(text)),
            Value::Null => Truth::False,
            _ => Truth::Unknown,
        };
        match self {
            Self::Equal(constant) => constant.equals(value, now, case),
            Self::NotEqual(constant) => !constant.equals(value, now, case),
            Self::Order(operator, constant) => constant.order(*operator, value, now, case),
            Self::OneOf(constants) => Truth::any(constants.iter().map(|constant| constant.equals(value, now, case))),
            Self::StartsWith(start) => text(&|text| starts_with(text, start, case)),
            Self::EndsWith(end) => text(&|text| ends_with(text, end, case)),
            Self::Contains(part) => text(&|text| fold(text, case).contains(&**part)),
            Self::Matches(pattern) => text(&|text| pattern.is_match(text)),
        }
    }
}

/// Compares two values of a subject as one of them would be compared with the same value written down.
fn relate(left: Value<'_>, operator: Comparison, right: Value<'_>, shift: TimeDelta, case: Case) -> Truth {
    let ordering = match (left, right) {
        (Value::Unknown, _) | (_, Value::Unknown) => None,
        (Value::Null, Value::Null) => return (operator == Comparison::Equal).into(),
        (Value::Null, _) | (_, Value::Null) => return Truth::False,
        (Value::Bool(left), Value::Bool(right)) => Some(left.cmp(&right)),
        (Value::Int(left), Value::Int(right)) => Some(left.cmp(&right)),
        (Value::Str(left), Value::Str(right)) => Some(fold(left, case).cmp(&fold(right, case))),
        (Value::Date(left), Value::Date(right)) => right.checked_add_signed(shift).map(|right| left.cmp(&right)),
        _ => None,
    };
    ordering.map_or(Truth::Unknown, |ordering| holds(operator, ordering).into())
}

fn holds(operator: Comparison, ordering: Ordering) -> bool {
    match operator {
        Comparison::Equal => ordering.is_eq(),
        Comparison::NotEqual => ordering.is_ne(),
        Comparison::Greater => ordering.is_gt(),
        Comparison::GreaterOrEqual => ordering.is_ge(),
        Comparison::Less => ordering.is_lt(),
        Comparison::LessOrEqual => ordering.is_le(),
    }
}

/// Of many values one has to fit; none at all is like no value.
fn each(value: Value<'_>, test: impl Fn(Value<'_>) -> Truth) -> Truth {
    match value {
        Value::List(list) if list.count() == 0 => test(Value::Null),
        Value::List(list) => Truth::any((0..list.count()).map(|index| test(list.element(index)))),
        value => test(value),
    }
}

impl Constant {
    /// A value of another kind is unknown rather than different: `ne` would otherwise act on what was never compared.
    fn equals(&self, value: Value<'_>, now: DateTime<Utc>, case: Case) -> Truth {
        match (self, value) {
            (_, Value::Unknown) => Truth::Unknown,
            (Self::Null, Value::Null) => Truth::True,
            (Self::Null, _) | (_, Value::Null) => Truth::False,
            // Texts are most of what is compared, and equality is cheaper than order.
            (Self::Text(text), Value::Str(value)) => same(value, text, case).into(),
            _ => self.compare(value, now, case).map_or(Truth::Unknown, |ordering| ordering.is_eq().into()),
        }
    }

    /// Nothing is before or after a value that does not exist.
    fn order(&self, operator: Comparison, value: Value<'_>, now: DateTime<Utc>, case: Case) -> Truth {
        if matches!(value, Value::Null) {
            return Truth::False;
        }
        let Some(ordering) = self.compare(value, now, case) else {
            return Truth::Unknown;
        };
        holds(operator, ordering).into()
    }

    /// How the value of a subject stands to this one, if both are of one kind.
    fn compare(&self, value: Value<'_>, now: DateTime<Utc>, case: Case) -> Option<Ordering> {
        match (self, value) {
            (Self::Text(text), Value::Str(value)) => Some((*fold(value, case)).cmp(&**text)),
            (Self::Bool(constant), Value::Bool(value)) => Some(value.cmp(constant)),
            (Self::Int(constant), Value::Int(value)) => Some(value.cmp(constant)),
            (Self::Date(constant), Value::Date(value)) => Some(value.cmp(constant)),
            (Self::Now(delta), Value::Date(value)) => Some(value.cmp(&now.checked_add_signed(*delta)?)),
            _ => None,
        }
    }
}
