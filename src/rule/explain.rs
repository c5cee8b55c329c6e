//! Why a rule says what it says about a subject.

use std::fmt::{self, Write as _};

use super::ast::{Expr, Operand, write_date, write_text};
use super::program::{Node, Tested, View};
use super::truth::Truth;
use super::value::{Subject, Value};

/// How many values of a collection an explanation shows.
const MAX_SHOWN: usize = 10;

/// What one part of a rule says about a subject. It holds personal data: show it to the person who asked, and never log it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleExplanation {
    /// The part, as canonical text.
    pub text: String,
    /// What it says.
    pub truth: Truth,
    /// What the subject has, such as `department is 'Sales'`; absent where `parts` say it.
    pub found: Option<String>,
    /// The parts of an `and`, an `or` or a `not`.
    pub parts: Vec<RuleExplanation>,
    /// Which of the parts decide.
    deciding: Deciding,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Deciding {
    Itself,
    First(Truth),
    Every(Truth),
    Negated,
}

impl RuleExplanation {
    /// The smallest parts that decide: the first conjunct that fails, all alternatives where none holds.
    #[must_use]
    pub fn because(&self) -> Vec<&Self> {
        match self.deciding {
            Deciding::Itself => vec![self],
            Deciding::First(truth) => self.parts.iter().find(|part| part.truth == truth).map_or_else(Vec::new, Self::because),
            Deciding::Every(truth) => self.parts.iter().filter(|part| part.truth == truth).flat_map(Self::because).collect(),
            Deciding::Negated => self.parts.iter().flat_map(Self::because).collect(),
        }
    }
}

impl fmt::Display for RuleExplanation {
    /// One line for each part that decides.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, part) in self.because().into_iter().enumerate() {
            if index > 0 {
                f.write_char('\n')?;
            }
            write!(f, "{} is {}", part.text, part.truth)?;
            if let Some(found) = &part.found {
                write!(f, ": {found}")?;
            }
        }
        Ok(())
    }
}

/// Explains an expression and the program that was compiled from it.
pub(super) fn explain<S: Subject + ?Sized>(expr: &Expr, node: &Node, view: &View<'_, S>) -> RuleExplanation {
    let truth = node.evaluate(view);
    let text = expr.to_string();
    match (expr, node) {
        (Expr::And(terms), Node::All(nodes)) => {
            let deciding = if truth.is_true() { Deciding::Every(truth) } else { Deciding::First(truth) };
            RuleExplanation { text, truth, found: None, parts: parts(terms, nodes, view), deciding }
        }
        (Expr::Or(terms), Node::Any(nodes)) => {
            let deciding = if truth.is_true() { Deciding::First(truth) } else { Deciding::Every(truth) };
            RuleExplanation { text, truth, found: None, parts: parts(terms, nodes, view), deciding }
        }
        (Expr::Not(inner), Node::Not(node)) => {
            let parts = vec![explain(inner, node, view)];
            RuleExplanation { text, truth, found: None, parts, deciding: Deciding::Negated }
        }
        (_, node) => RuleExplanation { text, truth, found: found(expr, node, view), parts: Vec::new(), deciding: Deciding::Itself },
    }
}

fn parts<S: Subject + ?Sized>(terms: &[Expr], nodes: &[Node], view: &View<'_, S>) -> Vec<RuleExplanation> {
    terms.iter().zip(nodes).map(|(term, node)| explain(term, node, view)).collect()
}

/// What the subject has where a test looks.
fn found<S: Subject + ?Sized>(expr: &Expr, node: &Node, view: &View<'_, S>) -> Option<String> {
    let (name, value) = match (expr, node) {
        (Expr::Relate { left, right, .. }, _) => {
            let said = [left, right].map(|attribute| said(attribute.path(), view.subject.value(attribute)));
            return Some(said.join(", "));
        }
        (Expr::Any { collection, .. }, _) => (collection.path(), view.subject.value(collection)),
        (
            Expr::Compare { operand: Operand::Attribute(attribute), .. }
            | Expr::In { operand: Operand::Attribute(attribute), .. }
            | Expr::Call { operand: Operand::Attribute(attribute), .. },
            Node::Test { source: source @ Tested::Attribute(_), .. },
        ) => (attribute.path(), view.value(source)),
        _ => return None,
    };
    Some(said(name, value))
}

fn said(name: &str, value: Value<'_>) -> String {
    match value {
        Value::Null => format!("{name} has no value"),
        Value::Unknown => format!("{name} could not be read"),
        value => format!("{name} is {}", shown(value)),
    }
}

fn shown(value: Value<'_>) -> String {
    let mut text = String::new();
    // Writing into a string cannot fail.
    let _infallible = match value {
        Value::Null => text.write_str("null"),
        Value::Unknown => text.write_str("a value that could not be read"),
        Value::Bool(value) => write!(text, "{value}"),
        Value::Int(number) => write!(text, "{number}"),
        Value::Str(string) => write_text(&mut text, string),
        Value::Date(instant) => write_date(&mut text, instant),
        Value::List(list) if list.count() == 0 => text.write_str("empty"),
        Value::List(list) if matches!(list.element(0), Value::Unknown) => {
            write!(text, "a collection with {} entries", list.count())
        }
        Value::List(list) => {
            let values: Vec<String> = (0..list.count().min(MAX_SHOWN)).map(|index| shown(list.element(index))).collect();
            let more = if list.count() > MAX_SHOWN { ", ..." } else { "" };
            write!(text, "({}{more})", values.join(", "))
        }
    };
    text
}
