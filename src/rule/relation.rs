//! Two attributes of one subject that are compared with each other.

use super::advice;
use super::ast::{Comparison, Expr, Operand};
use super::attribute::Kind;
use super::error::Mistake;
use super::lexer::Token;
use super::literal::expected;
use super::parser::{Named, Parsed, Parser};

impl Parser<'_> {
    /// The right side, if it is an attribute. What nobody knows is no attribute, but perhaps a text without quotes.
    pub(super) fn relation(&mut self, named: &Named, operator: Comparison) -> Parsed<Option<Expr>> {
        let Operand::Attribute(left) = &named.operand else { return Ok(None) };
        if self.vocabulary.resolve(&self.path_ahead()).is_none() {
            return Ok(None);
        }
        let other = self.named()?;
        self.refuse_collection(&other)?;
        let Operand::Attribute(right) = other.operand else { return Ok(None) };
        let (left_name, right_name) = (&self.text[named.span.clone()], &self.text[other.span.clone()]);
        let misfit = |advice: String| Mistake {
            offset: other.span.start,
            found: format!("`{right_name}`"),
            expected: expected(named.kind).to_owned(),
            message: None,
            unknown: None,
            advice: Some(advice),
        };
        if named.kind != other.kind && named.kind != Kind::Untyped && other.kind != Kind::Untyped {
            return Err(misfit(advice::other_kind(left_name, named.kind, right_name, other.kind)));
        }
        if operator.is_ordering() && other.kind == Kind::Boolean {
            return Err(misfit("a boolean has no order".to_owned()));
        }
        let can_move = [named.kind, other.kind].iter().all(|kind| matches!(kind, Kind::Date | Kind::Untyped));
        if !can_move && matches!(self.peek(), Token::Word("add" | "sub") | Token::Strange("+" | "-")) {
            let advice = Some("only dates can be moved by a duration".to_owned());
            return Err(self.unexpected_with("`and`, `or` or the end of the rule", advice));
        }
        let shift = self.shift(right_name)?;
        Ok(Some(Expr::Relate { left: left.clone(), operator, right, shift }))
    }

    /// The name that stands here, without taking it; empty if there is none.
    fn path_ahead(&self) -> String {
        let Token::Word(first) = *self.peek() else { return String::new() };
        let mut path = first.to_owned();
        let mut distance = 1;
        while let (Token::Mark('/'), Token::Word(part)) = (self.peek_at(distance), self.peek_at(distance + 1)) {
            if *self.peek_at(distance + 2) == Token::Mark('(') {
                break;
            }
            path.push('/');
            path.push_str(part);
            distance += 2;
        }
        path
    }

    /// A word where a value should stand: a text without quotes, or a name that is misspelt.
    pub(super) fn no_value(&self, expected: &str, kind: Kind) -> Mistake {
        let advice = advice::literal(self.peek(), self.found());
        let is_text = matches!(kind, Kind::Text | Kind::TextCollection | Kind::Records(_));
        let is_plain = advice::is_plain_word(self.peek(), self.found());
        let name = if is_text || !is_plain { None } else { self.vocabulary.advice(&self.path_ahead()) };
        self.unexpected_with(expected, name.or(advice))
    }
}
