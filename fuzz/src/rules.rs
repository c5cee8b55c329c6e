//! Rules: no text makes the parser panic, what is printed is parsed to the same, evaluation agrees with the second
//! evaluator, and everything is done in bounded time.
//!
//! An input is the text of a rule, a byte 0, and bytes that choose what the person is like.

use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};

use crate::rule::{Attributes, Case, Expr, Literal, MAX_CHARACTERS, OwnedValue, Rule, Truth, Vocabulary};
use crate::second::naive::{Naive, Person};

/// The longest that a rule may take to be parsed, and to be evaluated for a person. An ordinary one takes microseconds;
/// this is for the worst within the bounds on length, depth and size of patterns, on a slow machine and with counters.
const LONGEST: Duration = Duration::from_secs(10);

/// Checks one input.
///
/// # Panics
///
/// If something does not hold: that is the finding.
pub fn check(data: &[u8]) {
    let end = data.iter().position(|byte| *byte == 0).unwrap_or(data.len());
    let text = String::from_utf8_lossy(&data[..end]);
    let mut choices = Choices(data[end..].iter().skip(1));
    for case in [Case::Sensitive, Case::Insensitive] {
        let start = Instant::now();
        let parsed = Rule::parse_as(&text, &Vocabulary::lcw(), case);
        let elapsed = start.elapsed();
        assert!(elapsed < LONGEST, "{} s to parse: {text}", elapsed.as_secs_f64());
        match parsed {
            Ok(rule) => {
                check_canonical(&rule);
                check_evaluation(&rule, &mut choices);
            }
            Err(error) => {
                let before = text.get(..error.offset).expect("an error points between two characters");
                assert_eq!(error.line, before.matches('\n').count() + 1, "{text}");
                assert!(error.to_string().ends_with('^'), "{error}");
            }
        }
    }
}

fn check_canonical(rule: &Rule) {
    let canonical = rule.to_string();
    if canonical.chars().count() <= MAX_CHARACTERS {
        let again = Rule::parse_as(&canonical, &Vocabulary::lcw(), rule.case());
        assert_eq!(again.as_ref(), Ok(rule), "{canonical}");
        assert_eq!(again.map(|again| again.to_string()), Ok(canonical));
    }
}

fn check_evaluation(rule: &Rule, choices: &mut Choices<'_>) {
    let person = person(rule, choices);
    let mut subject = Attributes::new();
    for (name, value) in &person {
        subject.set(name, value.clone());
    }
    let start = Instant::now();
    let answer = rule.evaluate(&subject, now());
    let elapsed = start.elapsed();
    assert!(elapsed < LONGEST, "{} s to evaluate: {rule}", elapsed.as_secs_f64());
    let expected = match (Naive { person: &person, now: now(), case: rule.case() }).evaluate(rule.expr(), None) {
        Some(true) => Truth::True,
        Some(false) => Truth::False,
        None => Truth::Unknown,
    };
    assert_eq!(answer, expected, "{rule} on {person:?}");
    let explanation = rule.explain(&subject, now());
    assert_eq!(explanation.truth, expected, "{rule} on {person:?}");
    assert!(!explanation.because().is_empty(), "{rule} on {person:?}");
}

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_773_144_000, 0).expect("an instant")
}

/// Bytes that decide; without end, since zeros follow.
struct Choices<'a>(std::iter::Skip<std::slice::Iter<'a, u8>>);

impl Choices<'_> {
    fn below(&mut self, count: usize) -> usize {
        usize::from(self.0.next().copied().unwrap_or(0)) % count
    }
}

/// A value for each attribute that the rule names, close to what the rule asks about.
fn person(rule: &Rule, choices: &mut Choices<'_>) -> Person {
    let near = near_values(rule);
    let value = |choices: &mut Choices<'_>| match choices.below(4) {
        0 => OwnedValue::List((0..choices.below(3)).map(|_| element(&near, choices)).collect()),
        _ => scalar(&near, choices),
    };
    rule.attributes().iter().map(|attribute| (attribute.path().to_owned(), value(choices))).collect()
}

fn element(near: &[OwnedValue], choices: &mut Choices<'_>) -> OwnedValue {
    if choices.below(2) == 0 {
        return scalar(near, choices);
    }
    let members = ["capabilityStatus", "service", "servicePlanId"];
    OwnedValue::Record(members.iter().take(choices.below(4)).map(|member| (Box::from(*member), scalar(near, choices))).collect())
}

fn scalar(near: &[OwnedValue], choices: &mut Choices<'_>) -> OwnedValue {
    match choices.below(8) {
        0 => OwnedValue::Null,
        1 => OwnedValue::Unknown,
        2 => OwnedValue::Bool(choices.below(2) == 0),
        3 => OwnedValue::from("a"),
        _ if near.is_empty() => OwnedValue::Int(0),
        _ => near[choices.below(near.len())].clone(),
    }
}

/// The values of the rule, and their neighbours.
fn near_values(rule: &Rule) -> Vec<OwnedValue> {
    let mut found = Vec::new();
    rule.expr().visit(&mut |expr| match expr {
        Expr::Compare { value, .. } => near_literal(value, &mut found),
        Expr::In { values, .. } => values.iter().for_each(|value| near_literal(value, &mut found)),
        Expr::Call { text, .. } => near_text(text, &mut found),
        _ => {}
    });
    found
}

fn near_literal(literal: &Literal, found: &mut Vec<OwnedValue>) {
    let instant = match literal {
        Literal::Date(instant) => Some(*instant),
        Literal::Now => Some(now()),
        Literal::After(duration) => Some(now() + duration.delta()),
        Literal::Before(duration) => Some(now() - duration.delta()),
        Literal::Int(number) => {
            found.extend([OwnedValue::Int(*number), OwnedValue::Int(number.wrapping_add(1))]);
            None
        }
        Literal::Text(text) => {
            near_text(text, found);
            None
        }
        Literal::Bool(_) | Literal::Null => None,
    };
    let second = TimeDelta::seconds(1);
    found.extend(instant.iter().flat_map(|at| [Some(*at), at.checked_add_signed(second)]).flatten().map(OwnedValue::Date));
}

fn near_text(text: &str, found: &mut Vec<OwnedValue>) {
    let longer = format!("{text}x{text}");
    found.extend([text, &longer, &text.to_uppercase(), &text.to_lowercase()].map(OwnedValue::from));
}
