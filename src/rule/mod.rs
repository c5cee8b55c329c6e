//! Scope rules: who a workflow is for. Parsed once, checked against the attributes that exist, evaluated for each subject.
//!
//! The language is the one of Lifecycle Workflows' rule-based scopes (`OData` filters over one user), with more operators:
//!
//! ```text
//! department eq 'Sales'                       eq ne gt ge lt le; values: 'text' (a quote inside it is doubled), true,
//!                                             false, null, 42, 2026-01-31, 2026-01-31T09:30:00Z, now()
//! country in ('DE', 'AT', 'CH')
//! startsWith(jobTitle, 'Senior')              startsWith endsWith contains matches (a regular expression)
//! otherMails/any(p:endsWith(p, '@x.example')) values of a collection
//! assignedPlans/any(a:a/service eq 'exchange') members of its records
//! employeeOrgData/costCenter eq '100'         nested properties
//! employeeHireDate ge now() sub duration'P7D' days, hours, minutes, seconds: 'P1DT2H3M4S'
//! validTo gt validFrom                        two attributes of one kind; dates also with add or sub duration'P30D'
//! (a or b) and not (c)                        not before and before or; lower case, as `OData` has it
//! ```
//!
//! Logic has three values. A value that could not be read, or that is of another kind than what the rule compares it with,
//! makes a test unknown, and unknown never acts. No value at all is `null`: `eq 'x'`, the orderings and the functions are
//! false, `ne 'x'` is true. Where an attribute has several values, one that fits is enough, and `ne` means that none is
//! equal.
//!
//! Everything here is pure: no I/O, and the present instant is a parameter.

mod advice;
mod ast;
mod attribute;
mod error;
mod explain;
mod lexer;
mod literal;
mod parser;
mod pattern;
mod program;
mod relation;
mod spelling;
#[cfg(test)]
mod tests;
mod truth;
mod value;

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};

pub use ast::{Comparison, Duration, Expr, Function, Literal, Operand, Shift};
pub use attribute::{Attribute, Kind, Known, Vocabulary};
pub use error::RuleError;
pub use explain::RuleExplanation;
pub use parser::{MAX_DEPTH, MAX_PATTERNS};
pub use pattern::MAX_RULE_SIZE;
pub use program::Case;
pub use spelling::{distance, nearest};
pub use truth::Truth;
pub use value::{Attributes, Collection, OwnedValue, Subject, Value};

use error::Mistake;
use lexer::Token;
use program::{Node, View};

/// How many characters a rule may have. Lifecycle Workflows states no bound; this is the one of dynamic group rules.
pub const MAX_CHARACTERS: usize = 3_072;

/// A rule that is ready to be evaluated.
#[derive(Debug, Clone)]
pub struct Rule {
    expr: Expr,
    case: Case,
    attributes: Box<[Attribute]>,
    program: Node,
    pattern_bytes: usize,
}

impl Rule {
    /// Parses a rule over the attributes of Lifecycle Workflows; texts are case-sensitive.
    ///
    /// # Errors
    ///
    /// What is wrong with the text, and where.
    pub fn parse(text: &str) -> Result<Self, RuleError> {
        Self::parse_with(text, &Vocabulary::lcw())
    }

    /// Parses a rule that may also name what a directory's mapping adds; texts are case-sensitive.
    ///
    /// # Errors
    ///
    /// What is wrong with the text, and where.
    pub fn parse_with(text: &str, vocabulary: &Vocabulary) -> Result<Self, RuleError> {
        Self::parse_as(text, vocabulary, Case::Sensitive)
    }

    /// Parses a rule and says how texts are compared.
    ///
    /// # Errors
    ///
    /// What is wrong with the text, and where.
    pub fn parse_as(text: &str, vocabulary: &Vocabulary, case: Case) -> Result<Self, RuleError> {
        if let Some((offset, _)) = text.char_indices().nth(MAX_CHARACTERS) {
            return Err(Mistake::too_long(offset, text.chars().count(), MAX_CHARACTERS).in_text(text));
        }
        let (expr, patterns) = parser::parse(text, vocabulary, case).map_err(|mistake| mistake.in_text(text))?;
        let program = program::compile(&expr, case, &patterns).map_err(|error| advice::bad_pattern(0, text, &error).in_text(text))?;
        Ok(Self { attributes: mentioned(&expr), program, expr, case, pattern_bytes: patterns.size() })
    }

    /// What the rule says about a subject at an instant.
    #[must_use]
    pub fn evaluate<S: Subject + ?Sized>(&self, subject: &S, now: DateTime<Utc>) -> Truth {
        self.program.evaluate(&View::new(subject, now, self.case))
    }

    /// The same, with what each part says and what the subject has.
    #[must_use]
    pub fn explain<S: Subject + ?Sized>(&self, subject: &S, now: DateTime<Utc>) -> RuleExplanation {
        explain::explain(&self.expr, &self.program, &View::new(subject, now, self.case))
    }

    /// The attributes that the rule mentions, each once, in the order of their first mention.
    #[must_use]
    pub fn attributes(&self) -> &[Attribute] {
        &self.attributes
    }

    /// The syntax tree, for translation into another filter language.
    #[must_use]
    pub fn expr(&self) -> &Expr {
        &self.expr
    }

    /// Bytes that its regular expressions are compiled to.
    #[must_use]
    pub fn pattern_bytes(&self) -> usize {
        self.pattern_bytes
    }

    /// How texts are compared.
    #[must_use]
    pub fn case(&self) -> Case {
        self.case
    }

    /// Whether the answer can change although the subject does not.
    #[must_use]
    pub fn depends_on_time(&self) -> bool {
        let is_now = |literal: &Literal| matches!(literal, Literal::Now | Literal::After(_) | Literal::Before(_));
        let mut found = false;
        self.expr.visit(&mut |expr| {
            found |= match expr {
                Expr::Compare { value, .. } => is_now(value),
                Expr::In { values, .. } => values.iter().any(is_now),
                _ => false,
            };
        });
        found
    }
}

/// Every attribute once, in the order of first mention.
fn mentioned(expr: &Expr) -> Box<[Attribute]> {
    let mut found: Vec<Attribute> = Vec::new();
    expr.visit(&mut |expr| {
        let (first, second) = match expr {
            Expr::Compare { operand: Operand::Attribute(attribute), .. }
            | Expr::In { operand: Operand::Attribute(attribute), .. }
            | Expr::Call { operand: Operand::Attribute(attribute), .. }
            | Expr::Any { collection: attribute, .. } => (attribute, None),
            Expr::Relate { left, right, .. } => (left, Some(right)),
            _ => return,
        };
        for attribute in std::iter::once(first).chain(second) {
            if !found.contains(attribute) {
                found.push(attribute.clone());
            }
        }
    });
    found.into()
}

/// Every word of a rule that could name an attribute, with the names that it is nested in; also of a rule that is none. What is in
/// quotes is no word.
#[must_use]
pub fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut is_nested = false;
    for (token, _) in lexer::tokens(text) {
        match token {
            Token::Word(word) if is_nested => {
                let path = words.last().map(|whole| format!("{whole}/{word}"));
                words.extend(path);
                is_nested = false;
            }
            Token::Word(word) => words.push(word.to_owned()),
            other => is_nested = other == Token::Mark('/') && !words.is_empty(),
        }
    }
    words
}

impl PartialEq for Rule {
    fn eq(&self, other: &Self) -> bool {
        self.expr == other.expr && self.case == other.case
    }
}

impl FromStr for Rule {
    type Err = RuleError;

    fn from_str(text: &str) -> Result<Self, RuleError> {
        Self::parse(text)
    }
}

impl fmt::Display for Rule {
    /// Canonical text: parsing it gives the same syntax tree. It can be a little longer than what was parsed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.expr.fmt(f)
    }
}
