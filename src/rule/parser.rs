//! From tokens to a syntax tree, by recursive descent: one function for each level of precedence. `not` binds tighter than
//! `and`, which binds tighter than `or`.

use std::ops::Range;

use super::advice;
use super::ast::{Comparison, Expr, Function, Operand};
use super::attribute::{Kind, Vocabulary};
use super::error::Mistake;
use super::lexer::{Token, tokens};
use super::pattern::Patterns;
use super::program::Case;

/// How deeply parentheses, `not` and `any` may be nested. Our own bound: far above any rule that a person can read, and
/// small enough for any stack.
pub const MAX_DEPTH: usize = 32;
/// Most regular expressions in one rule. How large they may be is said in [`super::pattern`].
pub const MAX_PATTERNS: usize = 10;

pub(super) type Parsed<T> = Result<T, Mistake>;

pub(super) struct Parser<'a> {
    pub(super) text: &'a str,
    pub(super) tokens: Vec<(Token<'a>, Range<usize>)>,
    pub(super) at: usize,
    pub(super) vocabulary: &'a Vocabulary,
    case: Case,
    depth: usize,
    /// How many regular expressions there are so far.
    matches: usize,
    patterns: Patterns,
    /// Inside `any`: the name of the value, and what kind it has.
    element: Option<(&'a str, Kind)>,
}

/// What a name turned out to be.
pub(super) struct Named {
    pub(super) operand: Operand,
    pub(super) kind: Kind,
    pub(super) span: Range<usize>,
    is_any: bool,
}

/// Parses the whole text, and compiles its regular expressions.
pub(super) fn parse(text: &str, vocabulary: &Vocabulary, case: Case) -> Parsed<(Expr, Patterns)> {
    let patterns = Patterns::default();
    let mut parser = Parser { text, tokens: tokens(text), at: 0, vocabulary, case, depth: 0, matches: 0, patterns, element: None };
    let expr = parser.or()?;
    match parser.peek() {
        Token::End => Ok((expr, parser.patterns)),
        _ => Err(parser.unexpected_with("`and`, `or` or the end of the rule", advice::connective(parser.found()))),
    }
}

impl Parser<'_> {
    fn or(&mut self) -> Parsed<Expr> {
        let mut terms = vec![self.and()?];
        while self.take_word("or") {
            terms.push(self.and()?);
        }
        Ok(Expr::or(terms))
    }

    fn and(&mut self) -> Parsed<Expr> {
        let mut terms = vec![self.term()?];
        while self.take_word("and") {
            terms.push(self.term()?);
        }
        Ok(Expr::and(terms))
    }

    fn term(&mut self) -> Parsed<Expr> {
        match self.peek() {
            Token::Word("not") => self.deeper(Self::not),
            Token::Mark('(') => self.deeper(Self::group),
            Token::Word(word) if *self.peek_at(1) == Token::Mark('(') => self.call(word),
            Token::Word(_) => self.test(),
            _ => Err(self.unexpected_with("an attribute, `not` or `(`", advice::term(self.peek(), self.found()))),
        }
    }

    /// `not` takes what is in parentheses, a function or `any`; before a bare comparison readers disagree on what it takes.
    fn not(&mut self) -> Parsed<Expr> {
        self.at += 1;
        if *self.peek() == Token::Mark('(') {
            return Ok(Expr::Not(Box::new(self.group()?)));
        }
        let inner_offset = self.offset();
        let found = self.found().to_owned();
        let inner = self.term()?;
        if matches!(inner, Expr::Compare { .. } | Expr::Relate { .. } | Expr::In { .. }) {
            return Err(Mistake {
                offset: inner_offset,
                found: format!("`{found}`"),
                expected: "`(`".to_owned(),
                message: None,
                unknown: None,
                advice: Some(format!("write not ({})", self.text[inner_offset..self.end_of_last()].trim())),
            });
        }
        Ok(Expr::Not(Box::new(inner)))
    }

    fn group(&mut self) -> Parsed<Expr> {
        self.expect('(')?;
        let inner = self.or()?;
        if *self.peek() != Token::Mark(')') {
            return Err(self.unexpected_with("`and`, `or` or `)`", advice::connective(self.found())));
        }
        self.at += 1;
        Ok(inner)
    }

    fn call(&mut self, word: &str) -> Parsed<Expr> {
        let Some(function) = Function::ALL.into_iter().find(|function| function.word() == word) else {
            return Err(self.unexpected_with("`startsWith`, `endsWith`, `contains` or `matches`", advice::function(word)));
        };
        self.at += 1;
        self.expect('(')?;
        if matches!(self.peek(), Token::Text(_)) {
            return Err(self.unexpected_with("an attribute", Some("the attribute comes first, then the text".into())));
        }
        let named = self.named()?;
        self.refuse_collection(&named)?;
        if !matches!(named.kind, Kind::Text | Kind::Untyped) {
            return Err(Mistake {
                offset: named.span.start,
                found: format!("`{}`", &self.text[named.span.clone()]),
                expected: "an attribute with a text".to_owned(),
                message: None,
                unknown: None,
                advice: Some(format!("{word} tests texts, and this is {}", advice::kind(named.kind))),
            });
        }
        self.expect(',')?;
        let offset = self.offset();
        let Token::Text(text) = self.peek().clone() else {
            return Err(self.unexpected_with("a text in single quotes", advice::text(self.found())));
        };
        self.at += 1;
        if function == Function::Matches {
            self.matches += 1;
            if self.matches > MAX_PATTERNS {
                return Err(advice::too_many_patterns(offset, &text, MAX_PATTERNS));
            }
            self.patterns.add(&text, self.case == Case::Insensitive).map_err(|error| advice::bad_pattern(offset, &text, &error))?;
        }
        self.expect(')')?;
        Ok(Expr::Call { function, operand: named.operand, text })
    }

    fn test(&mut self) -> Parsed<Expr> {
        let named = self.named()?;
        if named.is_any {
            return self.deeper(|parser| parser.any(named));
        }
        self.refuse_collection(&named)?;
        let operator_found = self.found();
        if self.take_word("in") {
            return self.list(named);
        }
        let operator = match self.peek() {
            Token::Word(word) => Comparison::ALL.into_iter().find(|operator| operator.word() == *word),
            _ => None,
        };
        let Some(operator) = operator else {
            let name = &self.text[named.span.clone()];
            let expected = "`eq`, `ne`, `in`, `gt`, `ge`, `lt` or `le`";
            return Err(self.unexpected_with(expected, advice::operator(operator_found, name, named.kind)));
        };
        if operator.is_ordering() && named.kind == Kind::Boolean {
            return Err(self.unexpected_with("`eq`, `ne` or `in`", Some("a boolean has no order".into())));
        }
        self.at += 1;
        if let Some(relation) = self.relation(&named, operator)? {
            return Ok(relation);
        }
        let value = self.literal_for(named.kind, Some(operator))?;
        Ok(Expr::Compare { operand: named.operand, operator, value })
    }

    fn list(&mut self, named: Named) -> Parsed<Expr> {
        if *self.peek() != Token::Mark('(') {
            let advice = Some(format!("write in ({})", self.found()));
            return Err(self.unexpected_with("`(`", advice));
        }
        self.at += 1;
        let mut values = vec![self.literal_for(named.kind, None)?];
        while self.take_mark(',') {
            values.push(self.literal_for(named.kind, None)?);
        }
        if *self.peek() != Token::Mark(')') {
            return Err(self.unexpected("`,` or `)`"));
        }
        self.at += 1;
        Ok(Expr::In { operand: named.operand, values })
    }

    fn any(&mut self, named: Named) -> Parsed<Expr> {
        let element = match named.kind {
            Kind::TextCollection => Kind::Text,
            Kind::Records(_) | Kind::Untyped => named.kind,
            _ => {
                return Err(Mistake {
                    offset: named.span.start,
                    found: format!("`{}`", &self.text[named.span]),
                    expected: "a collection".to_owned(),
                    message: None,
                    unknown: None,
                    advice: Some(format!("any needs many values, and this is {}", advice::kind(named.kind))),
                });
            }
        };
        let Operand::Attribute(collection) = named.operand else {
            return Err(self.unexpected("a test of the value"));
        };
        self.expect('(')?;
        let Token::Word(variable) = *self.peek() else {
            return Err(self.unexpected_with("a name for the value", Some("such as any(p:p eq 'text')".into())));
        };
        if advice::is_reserved(variable) {
            return Err(self.unexpected_with("a name for the value", Some("this word has a meaning of its own".into())));
        }
        self.at += 1;
        self.expect(':')?;
        self.element = Some((variable, element));
        let test = self.or();
        self.element = None;
        let test = Box::new(test?);
        if *self.peek() != Token::Mark(')') {
            return Err(self.unexpected_with("`and`, `or` or `)`", advice::connective(self.found())));
        }
        self.at += 1;
        Ok(Expr::Any { collection, variable: variable.to_owned(), test })
    }

    /// A name with `/` between its parts, resolved. Stops before the parenthesis of `any(`.
    pub(super) fn named(&mut self) -> Parsed<Named> {
        let start = self.offset();
        let Token::Word(first) = *self.peek() else {
            return Err(self.unexpected("an attribute"));
        };
        self.at += 1;
        let mut end = self.end_of_last();
        let mut path = first.to_owned();
        let mut is_any = false;
        while self.take_mark('/') {
            let Token::Word(part) = *self.peek() else {
                return Err(self.unexpected("the name of a member"));
            };
            if *self.peek_at(1) == Token::Mark('(') {
                if part != "any" {
                    return Err(self.unexpected_with("`any`", advice::lambda(part)));
                }
                is_any = true;
                self.at += 1;
                break;
            }
            self.at += 1;
            end = self.end_of_last();
            path.push('/');
            path.push_str(part);
        }
        let span = start..end;
        let (operand, kind) = match self.element {
            Some((variable, kind)) => element_operand(variable, kind, &path, is_any, start)?,
            None => self.attribute(&path, start)?,
        };
        Ok(Named { operand, kind, span, is_any })
    }

    fn attribute(&self, path: &str, offset: usize) -> Parsed<(Operand, Kind)> {
        let resolved = self.vocabulary.resolve(path).map(|(attribute, kind)| (Operand::Attribute(attribute), kind));
        resolved.ok_or_else(|| Mistake {
            offset,
            found: format!("`{path}`"),
            expected: "an attribute of users".to_owned(),
            message: Some(format!("unknown attribute `{path}`")),
            unknown: Some(path.into()),
            advice: advice::unknown_attribute(path, self.found(), self.vocabulary),
        })
    }

    pub(super) fn refuse_collection(&self, named: &Named) -> Parsed<()> {
        let name = &self.text[named.span.clone()];
        let advice = match named.kind {
            _ if named.is_any => "any is a test of its own".to_owned(),
            Kind::TextCollection => format!("it has many values: write {name}/any(p:p eq 'text')"),
            Kind::Records(members) if self.element.is_some() => {
                format!("name a member: {}", members.join(", "))
            }
            Kind::Records(members) => {
                format!("it has many values: write {name}/any(p:p/{} eq 'text')", members.first().unwrap_or(&"name"))
            }
            _ => return Ok(()),
        };
        Err(Mistake {
            offset: named.span.start,
            found: format!("`{name}`"),
            expected: "an attribute with one value".to_owned(),
            message: None,
            unknown: None,
            advice: Some(advice),
        })
    }

    /// Runs a parser of something nested.
    fn deeper<T>(&mut self, parse: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth == MAX_DEPTH {
            let message = format!("nested more than {MAX_DEPTH} deep");
            return Err(Mistake { message: Some(message), ..self.unexpected("a rule that is less nested") });
        }
        self.depth += 1;
        let parsed = parse(self);
        self.depth -= 1;
        parsed
    }
}

/// Inside `any` only the value and its members can be tested.
fn element_operand(variable: &str, kind: Kind, path: &str, is_any: bool, offset: usize) -> Parsed<(Operand, Kind)> {
    let mistake = |expected: String, advice: Option<String>| Mistake {
        offset,
        found: format!("`{path}`"),
        expected,
        message: None,
        unknown: None,
        advice,
    };
    let (first, member) = path.split_once('/').map_or((path, None), |(first, member)| (first, Some(member)));
    if first != variable || is_any {
        return Err(mistake(format!("`{variable}`"), Some("inside any only its own value can be tested".to_owned())));
    }
    let Some(member) = member else {
        return Ok((Operand::Element, kind));
    };
    match kind {
        Kind::Records(members) if members.contains(&member) => Ok((Operand::Member(member.to_owned()), Kind::Text)),
        Kind::Records(members) => Err(mistake(
            format!("one of {}", members.join(", ")),
            super::spelling::nearest(member, members.iter().copied()).map(|near| format!("did you mean {variable}/{near}?")),
        )),
        Kind::Untyped => Ok((Operand::Member(member.to_owned()), Kind::Untyped)),
        _ => Err(mistake(format!("`{variable}`"), Some("the values are texts and have no members".to_owned()))),
    }
}

/// The stream of tokens.
impl<'a> Parser<'a> {
    pub(super) fn peek(&self) -> &Token<'a> {
        self.peek_at(0)
    }

    pub(super) fn peek_at(&self, distance: usize) -> &Token<'a> {
        self.tokens.get(self.at + distance).map_or(&Token::End, |(token, _)| token)
    }

    fn span(&self) -> Range<usize> {
        self.tokens.get(self.at).map_or(self.text.len()..self.text.len(), |(_, span)| span.clone())
    }

    pub(super) fn offset(&self) -> usize {
        self.span().start
    }

    /// Where the last token that was taken ends.
    fn end_of_last(&self) -> usize {
        self.at.checked_sub(1).and_then(|at| self.tokens.get(at)).map_or(0, |(_, span)| span.end)
    }

    /// The text of the next token; empty at the end.
    pub(super) fn found(&self) -> &'a str {
        &self.text[self.span()]
    }

    pub(super) fn take_word(&mut self, word: &str) -> bool {
        let taken = *self.peek() == Token::Word(word);
        self.at += usize::from(taken);
        taken
    }

    pub(super) fn take_mark(&mut self, mark: char) -> bool {
        let taken = *self.peek() == Token::Mark(mark);
        self.at += usize::from(taken);
        taken
    }

    pub(super) fn expect(&mut self, mark: char) -> Parsed<()> {
        if self.take_mark(mark) { Ok(()) } else { Err(self.unexpected(&format!("`{mark}`"))) }
    }

    pub(super) fn unexpected(&self, expected: &str) -> Mistake {
        self.unexpected_with(expected, None)
    }

    pub(super) fn unexpected_with(&self, expected: &str, advice: Option<String>) -> Mistake {
        let found = match self.peek() {
            Token::End => "the end of the rule".to_owned(),
            Token::Unclosed => "a text without its closing quote".to_owned(),
            _ => format!("`{}`", self.found()),
        };
        Mistake { offset: self.offset(), found, expected: expected.to_owned(), message: None, unknown: None, advice }
    }
}
