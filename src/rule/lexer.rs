//! Cuts the text of a rule into tokens.

use std::ops::Range;

use winnow::combinator::{alt, delimited, opt, repeat};
use winnow::error::EmptyError;
use winnow::prelude::*;
use winnow::stream::LocatingSlice;
use winnow::token::{any, one_of, take_while};

type Input<'a> = LocatingSlice<&'a str>;
type Lexed<T> = Result<T, EmptyError>;

/// One token.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token<'a> {
    /// A name, an operator or another word.
    Word(&'a str),
    /// A text in single quotes, where a doubled quote stands for one.
    Text(String),
    /// What begins with a digit: a number, a date or an instant.
    Number(&'a str),
    /// One of `( ) , / :`.
    Mark(char),
    /// A text whose closing quote is missing.
    Unclosed,
    /// Anything that the language does not know, such as `==` or `"text"`.
    Strange(&'a str),
    /// The end of the rule.
    End,
}

/// All tokens with the bytes that they cover; the last one is [`Token::End`].
pub(super) fn tokens(text: &str) -> Vec<(Token<'_>, Range<usize>)> {
    let mut input = LocatingSlice::new(text);
    // `token` takes at least one character of whatever is left, so that this ends only with the text.
    let mut found: Vec<_> = repeat(0.., delimited(space, token.with_span(), space)).parse_next(&mut input).unwrap_or_default();
    found.push((Token::End, text.len()..text.len()));
    found
}

fn space(input: &mut Input<'_>) -> Lexed<()> {
    take_while(0.., char::is_whitespace).void().parse_next(input)
}

fn token<'a>(input: &mut Input<'a>) -> Lexed<Token<'a>> {
    alt((
        word.map(Token::Word),
        quoted.map(Token::Text),
        number.map(Token::Number),
        one_of(['(', ')', ',', '/', ':']).map(Token::Mark),
        ('\'', take_while(0.., |_| true)).value(Token::Unclosed),
        strange.map(Token::Strange),
    ))
    .parse_next(input)
}

fn word<'a>(input: &mut Input<'a>) -> Lexed<&'a str> {
    let first = one_of(|c: char| c.is_ascii_alphabetic() || c == '_');
    let rest = take_while(0.., |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    (first, rest).take().parse_next(input)
}

fn quoted(input: &mut Input<'_>) -> Lexed<String> {
    let part = alt((take_while(1.., |c| c != '\''), "''".value("'")));
    let text = repeat(0.., part).fold(String::new, |mut text, part: &str| {
        text.push_str(part);
        text
    });
    delimited('\'', text, '\'').parse_next(input)
}

fn number<'a>(input: &mut Input<'a>) -> Lexed<&'a str> {
    let first = one_of(|c: char| c.is_ascii_digit());
    let rest = take_while(0.., |c: char| c.is_ascii_alphanumeric() || matches!(c, ':' | '.' | '+' | '-'));
    (opt('-'), first, rest).take().parse_next(input)
}

fn strange<'a>(input: &mut Input<'a>) -> Lexed<&'a str> {
    let in_double_quotes = ('"', take_while(0.., |c| c != '"'), opt('"')).take();
    let hyphenated = ('-', take_while(1.., |c: char| c.is_ascii_alphabetic())).take();
    let symbols = take_while(1.., |c: char| matches!(c, '=' | '!' | '<' | '>' | '&' | '|' | '~' | '-'));
    alt((in_double_quotes, hyphenated, symbols, any.take())).parse_next(input)
}
