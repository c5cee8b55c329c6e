//! A second evaluator that is as simple as can be: no folding ahead, no program, no short cuts, no trait.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::super::{Case, Comparison, Expr, Function, Literal, Operand, OwnedValue, Shift};

/// All values of a subject by name.
pub type Person = BTreeMap<String, OwnedValue>;

/// `Some(true)`, `Some(false)` or unknown.
pub type Answer = Option<bool>;

pub struct Naive<'a> {
    pub person: &'a Person,
    pub now: DateTime<Utc>,
    pub case: Case,
}

impl Naive<'_> {
    pub fn evaluate(&self, expr: &Expr, element: Option<&OwnedValue>) -> Answer {
        match expr {
            Expr::And(terms) => and(&terms.iter().map(|term| self.evaluate(term, element)).collect::<Vec<_>>()),
            Expr::Or(terms) => or(&terms.iter().map(|term| self.evaluate(term, element)).collect::<Vec<_>>()),
            Expr::Not(inner) => self.evaluate(inner, element).map(|answer| !answer),
            Expr::Compare { operand, operator: Comparison::NotEqual, value } => {
                let equal = Expr::Compare { operand: operand.clone(), operator: Comparison::Equal, value: value.clone() };
                self.evaluate(&equal, element).map(|answer| !answer)
            }
            Expr::Compare { operand, operator, value } => self.some(operand, element, |found| self.compare(found, *operator, value)),
            Expr::Relate { left, operator: Comparison::NotEqual, right, shift } => {
                let equal = Expr::Relate { left: left.clone(), operator: Comparison::Equal, right: right.clone(), shift: *shift };
                self.evaluate(&equal, None).map(|answer| !answer)
            }
            Expr::Relate { left, operator, right, shift } => {
                let one = Operand::Attribute(left.clone());
                let other = Operand::Attribute(right.clone());
                self.some(&one, None, |one| self.some(&other, None, |other| self.relate(one, *operator, other, *shift)))
            }
            Expr::In { operand, values } => self.some(operand, element, |found| {
                let answers: Vec<_> = values.iter().map(|value| self.compare(found, Comparison::Equal, value)).collect();
                or(&answers)
            }),
            Expr::Call { function, operand, text } => self.some(operand, element, |found| self.call(*function, found, text)),
            Expr::Any { collection, test, .. } => match self.lookup(collection.path()) {
                OwnedValue::Unknown => None,
                OwnedValue::Null => Some(false),
                OwnedValue::List(values) => or(&values.iter().map(|value| self.evaluate(test, Some(value))).collect::<Vec<_>>()),
                value => self.evaluate(test, Some(&value)),
            },
        }
    }

    fn lookup(&self, path: &str) -> OwnedValue {
        self.person.get(path).cloned().unwrap_or(OwnedValue::Null)
    }

    /// At least one value of the operand passes the test.
    fn some(&self, operand: &Operand, element: Option<&OwnedValue>, test: impl Fn(&OwnedValue) -> Answer) -> Answer {
        let found = match (operand, element) {
            (Operand::Attribute(attribute), _) => self.lookup(attribute.path()),
            (Operand::Element, Some(element)) => element.clone(),
            (Operand::Member(name), Some(OwnedValue::Record(members))) => {
                let member = members.iter().find(|(member, _)| **member == **name);
                member.map_or(OwnedValue::Null, |(_, value)| value.clone())
            }
            _ => OwnedValue::Unknown,
        };
        match found {
            OwnedValue::List(values) if values.is_empty() => test(&OwnedValue::Null),
            OwnedValue::List(values) => or(&values.iter().map(test).collect::<Vec<_>>()),
            value => test(&value),
        }
    }

    fn fold(&self, text: &str) -> String {
        match self.case {
            Case::Sensitive => text.to_owned(),
            Case::Insensitive => text.chars().flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect(),
        }
    }

    fn compare(&self, found: &OwnedValue, operator: Comparison, literal: &Literal) -> Answer {
        let instant = match literal {
            Literal::Date(instant) => Some(*instant),
            Literal::Now => Some(self.now),
            Literal::After(duration) => Some(self.now + duration.delta()),
            Literal::Before(duration) => Some(self.now - duration.delta()),
            _ => None,
        };
        match (found, literal) {
            (OwnedValue::Unknown | OwnedValue::Record(_) | OwnedValue::List(_), _) => None,
            (found, Literal::Null) => Some(*found == OwnedValue::Null),
            (OwnedValue::Null, _) => Some(false),
            (OwnedValue::Bool(found), Literal::Bool(value)) => Some(holds(operator, found, value)),
            (OwnedValue::Int(found), Literal::Int(value)) => Some(holds(operator, found, value)),
            (OwnedValue::Str(found), Literal::Text(text)) => Some(holds(operator, &self.fold(found), &self.fold(text))),
            (OwnedValue::Date(found), _) => instant.map(|value| holds(operator, found, &value)),
            _ => None,
        }
    }

    /// What stands on the right is written down as it was found, and compared with.
    fn relate(&self, found: &OwnedValue, operator: Comparison, other: &OwnedValue, shift: Shift) -> Answer {
        let literal = match other {
            OwnedValue::Null if operator.is_ordering() => {
                return if matches!(found, OwnedValue::Unknown | OwnedValue::Record(_) | OwnedValue::List(_)) { None } else { Some(false) };
            }
            OwnedValue::Null => Literal::Null,
            OwnedValue::Bool(value) => Literal::Bool(*value),
            OwnedValue::Int(number) => Literal::Int(*number),
            OwnedValue::Str(text) => Literal::Text(text.to_string()),
            OwnedValue::Date(instant) => Literal::Date(instant.checked_add_signed(shift.delta())?),
            OwnedValue::List(_) | OwnedValue::Record(_) | OwnedValue::Unknown => return None,
        };
        self.compare(found, operator, &literal)
    }

    fn call(&self, function: Function, found: &OwnedValue, text: &str) -> Answer {
        let OwnedValue::Str(found) = found else {
            return (*found == OwnedValue::Null).then_some(false);
        };
        let (haystack, needle) = (self.fold(found), self.fold(text));
        Some(match function {
            Function::StartsWith => haystack.find(&needle) == Some(0),
            Function::EndsWith => haystack.strip_suffix(&needle).is_some(),
            Function::Contains => haystack.split(&needle).count() > 1,
            Function::Matches => {
                let flags = if self.case == Case::Insensitive { "(?i)" } else { "" };
                regex::Regex::new(&format!("{flags}{text}")).expect("a pattern").is_match(found)
            }
        })
    }
}

fn holds<T: PartialOrd>(operator: Comparison, left: &T, right: &T) -> bool {
    match operator {
        Comparison::Equal => left == right,
        Comparison::NotEqual => left != right,
        Comparison::Greater => left > right,
        Comparison::GreaterOrEqual => left >= right,
        Comparison::Less => left < right,
        Comparison::LessOrEqual => left <= right,
    }
}

fn and(answers: &[Answer]) -> Answer {
    if answers.contains(&Some(false)) {
        Some(false)
    } else if answers.contains(&None) {
        None
    } else {
        Some(true)
    }
}

fn or(answers: &[Answer]) -> Answer {
    and(&answers.iter().map(|answer| answer.map(|answer| !answer)).collect::<Vec<_>>()).map(|answer| !answer)
}
