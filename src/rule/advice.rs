//! Advice for people who know another filter language: programming languages, dynamic group rules, SQL.

use super::ast::{Comparison, Function, Literal};
use super::attribute::{Kind, Vocabulary};
use super::error::Mistake;
use super::lexer::Token;
use super::pattern::PatternError;
use super::spelling::nearest;

/// Words that cannot be the name of the value inside `any`.
const RESERVED: [&str; 8] = ["and", "or", "not", "in", "null", "true", "false", "now"];

pub(super) fn is_reserved(word: &str) -> bool {
    RESERVED.contains(&word)
        || Comparison::ALL.iter().any(|operator| operator.word() == word)
        || Function::ALL.iter().any(|function| function.word() == word)
}

fn did_you_mean(word: &str) -> String {
    format!("did you mean {word}?")
}

/// The word without what dynamic group rules put before it and without differences of case.
fn plain(found: &str) -> String {
    found.trim_start_matches('-').to_lowercase()
}

/// Between two terms.
pub(super) fn connective(found: &str) -> Option<String> {
    match plain(found).as_str() {
        "and" | "&&" | "&" => Some(did_you_mean("and")),
        "or" | "||" | "|" => Some(did_you_mean("or")),
        "not" | "!" | "andnot" => Some("write and not (...)".to_owned()),
        _ if found.starts_with('\'') => Some("a quote inside a text is doubled: 'O''Brien'".to_owned()),
        _ => None,
    }
}

/// Where a term should begin.
pub(super) fn term(token: &Token<'_>, found: &str) -> Option<String> {
    match (token, plain(found).as_str()) {
        (_, "!" | "not") => Some(did_you_mean("not")),
        (Token::Strange(text), _) if text.starts_with('[') => Some("write the attribute without brackets".to_owned()),
        (Token::Text(_) | Token::Number(_), _) => Some("the attribute comes first, then the value".to_owned()),
        _ => None,
    }
}

/// A word before a parenthesis that is no function.
pub(super) fn function(word: &str) -> Option<String> {
    match plain(word).as_str() {
        "not" => Some(did_you_mean("not")),
        "matchespattern" | "regex" | "match" | "like" => Some(did_you_mean("matches")),
        "substringof" | "includes" => Some(did_you_mean("contains")),
        "tolower" | "toupper" => Some("set caseSensitive to false instead".to_owned()),
        plain => nearest(plain, Function::ALL.iter().map(|function| function.word())).map(did_you_mean),
    }
}

/// After an attribute.
pub(super) fn operator(found: &str, name: &str, kind: Kind) -> Option<String> {
    let word = match plain(found).as_str() {
        "==" | "=" | "===" | "eq" | "equals" | "is" => "eq",
        "!=" | "<>" | "!==" | "ne" | "neq" => "ne",
        ">" | "gt" => "gt",
        ">=" | "ge" | "gte" => "ge",
        "<" | "lt" => "lt",
        "<=" | "le" | "lte" => "le",
        "in" => "in",
        "startswith" | "notstartswith" => return Some(format!("write startsWith({name}, 'text')")),
        "endswith" | "notendswith" => return Some(format!("write endsWith({name}, 'text')")),
        "contains" | "notcontains" => return Some(format!("write contains({name}, 'text')")),
        "match" | "matches" | "notmatch" | "like" => {
            return Some(format!("write matches({name}, 'pattern')"));
        }
        "notin" | "not" => return Some(format!("write not ({name} in ('text'))")),
        "" | ")" | "and" | "or" if kind == Kind::Boolean => {
            return Some(format!("write {name} eq true"));
        }
        "add" | "sub" | "+" | "-" => return Some(format!("a duration stands at the end: {name} gt now() sub duration'P7D'")),
        "." if name == "user" => return Some("write the attribute without user.".to_owned()),
        _ => return None,
    };
    Some(did_you_mean(word))
}

/// A name that nobody knows; `next` is what follows it.
pub(super) fn unknown_attribute(path: &str, next: &str, vocabulary: &Vocabulary) -> Option<String> {
    if path == "user" && next == "." {
        return Some("write the attribute without user.".to_owned());
    }
    vocabulary.advice(path)
}

/// A word other than `any` before the parenthesis of a collection.
pub(super) fn lambda(word: &str) -> Option<String> {
    match plain(word).as_str() {
        "all" => Some("write not name/any(p:not (...))".to_owned()),
        "any" => Some(did_you_mean("any")),
        _ => None,
    }
}

/// Where a value should stand.
pub(super) fn literal(token: &Token<'_>, found: &str) -> Option<String> {
    match token {
        Token::Word(word) => Some(value(word, found).unwrap_or_else(|| format!("a text stands in single quotes: '{found}'"))),
        _ => text(found),
    }
}

/// Whether a word is meant for no value: it is a text without quotes, or a name.
pub(super) fn is_plain_word(token: &Token<'_>, found: &str) -> bool {
    matches!(token, Token::Word(word) if value(word, found).is_none())
}

/// A word that is meant for a value.
fn value(word: &str, found: &str) -> Option<String> {
    match plain(found).as_str() {
        lower @ ("true" | "false" | "null") => Some(did_you_mean(lower)),
        "now" | "today" => Some(did_you_mean("now()")),
        _ if word == "duration" => Some("write now() add duration'P7D'".to_owned()),
        _ => None,
    }
}

/// Two attributes whose values cannot be compared.
pub(super) fn other_kind(left: &str, left_kind: Kind, right: &str, right_kind: Kind) -> String {
    format!("{left} is {}, and {right} is {}", kind(left_kind), kind(right_kind))
}

/// Where a text should stand.
pub(super) fn text(found: &str) -> Option<String> {
    let inner = found.strip_prefix('"')?.trim_end_matches('"');
    Some(format!("a text stands in single quotes: '{}'", inner.replace('\'', "''")))
}

/// A value that the attribute cannot have.
pub(super) fn misfit(attribute: Kind, literal: &Literal) -> Option<String> {
    match (attribute, literal) {
        (Kind::Boolean, Literal::Text(_)) => Some("a boolean stands without quotes".to_owned()),
        (Kind::Date, Literal::Text(_)) => Some("a date stands without quotes: 2026-01-31".to_owned()),
        (Kind::Integer, Literal::Text(_)) => Some("a number stands without quotes".to_owned()),
        (Kind::Text, value) => Some(format!("a text stands in single quotes: '{value}'")),
        _ => None,
    }
}

pub(super) fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Text => "a text",
        Kind::Boolean => "a boolean",
        Kind::Integer => "a number",
        Kind::Date => "a date",
        Kind::TextCollection | Kind::Records(_) => "a collection",
        Kind::Untyped => "not known",
    }
}

/// One regular expression more than a rule may have.
pub(super) fn too_many_patterns(offset: usize, pattern: &str, limit: usize) -> Mistake {
    Mistake {
        offset,
        found: format!("'{pattern}'"),
        expected: format!("at most {limit} regular expressions"),
        message: Some(format!("more than {limit} regular expressions in one rule")),
        unknown: None,
        advice: Some("write several as one, with `|` between them".to_owned()),
    }
}

/// A regular expression that cannot be used.
pub(super) fn bad_pattern(offset: usize, pattern: &str, error: &PatternError) -> Mistake {
    let reason = match error {
        PatternError::TooLarge => "it is too large".to_owned(),
        PatternError::TooLargeTogether => "with those before it, it is too large".to_owned(),
        // The engine's text repeats the pattern over several lines; its last line says what is wrong.
        PatternError::Syntax(text) => text.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned(),
    };
    Mistake {
        offset,
        found: format!("`{pattern}`"),
        expected: "a regular expression".to_owned(),
        message: Some(format!("this is no regular expression that can be used: {reason}")),
        unknown: None,
        advice: None,
    }
}
