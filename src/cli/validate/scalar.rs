//! Texts as they are written in YAML.

use crate::sim::places::Mark;

/// The lines of a file.
pub(super) struct Lines<'a>(Vec<&'a str>);

impl<'a> Lines<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self(text.strip_prefix('\u{feff}').unwrap_or(text).lines().collect())
    }

    fn line(&self, number: u64) -> Option<&'a str> {
        self.0.get(usize::try_from(number).ok()?.checked_sub(1)?).copied()
    }

    /// The rest of a line from a place on.
    fn rest(&self, mark: Mark) -> Option<&'a str> {
        let line = self.line(mark.line)?;
        let before = usize::try_from(mark.column).ok()?.checked_sub(1)?;
        let at = line.char_indices().map(|(at, _)| at).chain([line.len()]).nth(before)?;
        line.get(at..)
    }

    /// Where the character at the byte `offset` of the text `value` is written, if the text begins at `begin`. None
    /// where that is not certain: in a folded text, or behind a break of the line.
    pub(super) fn within(&self, begin: Mark, value: &str, offset: usize) -> Option<Mark> {
        let before = value.get(..offset)?;
        let rest = self.rest(begin)?;
        // Quotes first: nothing at all stands before the first character, in quotes or not.
        let quoted = match rest.chars().next() {
            Some('\'') => width(before, &rest[1..], single).map(|width| 1 + width),
            Some('"') => width(before, &rest[1..], double).map(|width| 1 + width),
            _ => None,
        };
        let width = quoted.or_else(|| width(before, rest, plain));
        match width {
            Some(width) => Some(Mark { line: begin.line, column: begin.column + width }),
            None => self.within_literal(begin, value, before),
        }
    }

    /// In a text after `|`, which stands as it is but for the indent.
    fn within_literal(&self, begin: Mark, value: &str, before: &str) -> Option<Mark> {
        let start = before.rfind('\n')? + 1;
        let line = begin.line + characters(before.chars().filter(|character| *character == '\n'));
        let wanted = value.get(start..)?.lines().next().unwrap_or_default();
        let written = self.rest(Mark { line, column: begin.column })?;
        let column = begin.column + characters(before.get(start..)?.chars());
        (written == wanted).then_some(Mark { line, column })
    }

    /// What kubectl, which reads YAML 1.1, takes this text for, if not for a text.
    pub(super) fn misread(&self, begin: Mark, value: &str) -> Option<&'static str> {
        const BOOLEANS: [&str; 16] = ["y", "Y", "yes", "Yes", "YES", "on", "On", "ON", "n", "N", "no", "No", "NO", "off", "Off", "OFF"];
        let digits = value.strip_prefix(['-', '+']).unwrap_or(value);
        let kind = if BOOLEANS.contains(&value) {
            "a truth value"
        } else if digits.len() > 1 && digits.starts_with('0') && digits.bytes().all(|byte| byte.is_ascii_digit()) {
            "a number"
        } else {
            return None;
        };
        // A text in quotes begins with the quote.
        self.rest(begin)?.starts_with(value).then_some(kind)
    }
}

fn characters<T>(items: impl Iterator<Item = T>) -> u64 {
    items.map(|_| 1).sum()
}

/// How many characters `text` takes where it is written, if `written` begins with it. `unit` takes the next character
/// of a text off what is written.
fn width(text: &str, written: &str, unit: fn(&str) -> Option<(char, &str)>) -> Option<u64> {
    let mut rest = written;
    for wanted in text.chars() {
        let (found, after) = unit(rest)?;
        if found != wanted {
            return None;
        }
        rest = after;
    }
    Some(characters(written.get(..written.len() - rest.len())?.chars()))
}

fn plain(written: &str) -> Option<(char, &str)> {
    let mut characters = written.chars();
    Some((characters.next()?, characters.as_str()))
}

fn single(written: &str) -> Option<(char, &str)> {
    let (found, rest) = plain(written)?;
    if found == '\'' { Some((found, rest.strip_prefix('\'')?)) } else { Some((found, rest)) }
}

fn double(written: &str) -> Option<(char, &str)> {
    let (found, rest) = plain(written)?;
    if found != '\\' {
        return (found != '"').then_some((found, rest));
    }
    let (escape, rest) = plain(rest)?;
    let code = |digits: usize| {
        let found = u32::from_str_radix(rest.get(..digits)?, 16).ok().and_then(char::from_u32)?;
        Some((found, rest.get(digits..)?))
    };
    match escape {
        '"' | '\\' | '/' | ' ' => Some((escape, rest)),
        'n' => Some(('\n', rest)),
        't' => Some(('\t', rest)),
        'x' => code(2),
        'u' => code(4),
        'U' => code(8),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::Lines;
    use crate::sim::places::Mark;

    fn at(line: u64, column: u64) -> Mark {
        Mark { line, column }
    }

    #[test]
    fn a_character_is_found_where_it_is_written() {
        // The text begins at line 1, column 4; of one after `|` that is where its first line does.
        let rows = [
            ("a: one two", "one two", "two", Some(at(1, 8))),
            ("a: one two", "one two", "one", Some(at(1, 4))),
            ("a: one two", "one two", "", Some(at(1, 11))),
            ("a: 'one two'", "one two", "one", Some(at(1, 5))),
            ("a: \"one two\"", "one two", "one", Some(at(1, 5))),
            ("a: 'it''s two'", "it's two", "two", Some(at(1, 11))),
            ("a: \"\\\"q\\\" \\u00e4 two\"", "\"q\" \u{e4} two", "two", Some(at(1, 18))),
            ("a: \u{1f600} two", "\u{1f600} two", "two", Some(at(1, 6))),
            ("a: one\n    two\n", "one\ntwo\n", "two", None),
            ("|: one\n   two\n", "one\ntwo\n", "two", Some(at(2, 4))),
            ("|: one\n    two\n", "one\n two\n", "two", Some(at(2, 5))),
            ("a: one\n  two\n", "one two", "two", None),
            ("a: 'one\n  two'", "one two", "two", None),
            ("a: other", "one two", "two", None),
        ];
        for (text, value, from, wanted) in rows {
            let offset = value.rfind(from).expect("a part");
            let offset = if from.is_empty() { value.len() } else { offset };
            assert_eq!(Lines::new(text).within(at(1, 4), value, offset), wanted, "{text:?} {from:?}");
        }
    }

    #[test]
    fn words_that_kubectl_takes_for_something_else() {
        let rows = [
            ("a: NO", "NO", Some("a truth value")),
            ("a: 'NO'", "NO", None),
            ("a: nobody", "nobody", None),
            ("a: 007", "007", Some("a number")),
            ("a: \"007\"", "007", None),
            ("a: 0x", "0x", None),
            ("a: 0", "0", None),
        ];
        for (text, value, wanted) in rows {
            assert_eq!(Lines::new(text).misread(at(1, 4), value), wanted, "{text}");
        }
    }
}
