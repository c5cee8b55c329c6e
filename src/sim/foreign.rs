//! Text that somebody else wrote - a name, a value of a record, a file's name - on its way to a terminal or a log.
//!
//! A terminal obeys escape sequences, and shows text with bidirectional controls in another order than it is read; some CI
//! systems obey lines that begin with `::`, and `##[...]` anywhere. Whoever may write a record or open a pull request must
//! not be able to hide a line, to forge one, or to give such an order.
//!
//! What is escaped is written as JSON does, so that it stays the same text inside of JSON.

use std::fmt::{self, Write};

/// What begins the lines that are shown below the message of a rule: an excerpt, and a caret under the place.
const EXCERPT: &str = "    ";

/// Somebody else's text: its `Display` has no control characters and no line breaks.
///
/// One form with line breaks is let through, because messages about rules have it: an indented excerpt and below it a caret.
#[derive(Clone, Copy, Debug)]
pub struct Foreign<'a>(pub &'a str);

impl fmt::Display for Foreign<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0;
        while let Some((line, below)) = rest.split_once('\n') {
            write_plain(f, line)?;
            rest = below;
            match excerpt(below) {
                Some((shown, caret)) => {
                    write!(f, "\n{EXCERPT}")?;
                    write_plain(f, shown)?;
                    write!(f, "\n{EXCERPT}")?;
                    rest = caret;
                }
                None => f.write_str("\\n")?,
            }
        }
        write_plain(f, rest)
    }
}

/// What a rule's message shows, without the indent, and what follows from the caret's line on.
fn excerpt(text: &str) -> Option<(&str, &str)> {
    let (shown, below) = text.strip_prefix(EXCERPT)?.split_once('\n')?;
    let caret = below.strip_prefix(EXCERPT)?;
    caret.trim_start_matches(' ').starts_with('^').then_some((shown, caret))
}

fn write_plain(out: &mut impl Write, text: &str) -> fmt::Result {
    text.chars().try_for_each(|c| if is_told(c) { escape(out, c) } else { out.write_char(c) })
}

/// Whether a terminal might obey the character, or show the text around it otherwise than it is: C0, DEL, C1, the separators
/// of lines and paragraphs, and what changes the direction of writing.
fn is_told(c: char) -> bool {
    let is_bidi = matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    c.is_control() || is_bidi || matches!(c, '\u{2028}' | '\u{2029}')
}

fn escape(out: &mut impl Write, c: char) -> fmt::Result {
    match c {
        '\n' => out.write_str("\\n"),
        '\r' => out.write_str("\\r"),
        '\t' => out.write_str("\\t"),
        other => write!(out, "\\u{:04x}", u32::from(other)),
    }
}

/// The whole of what is written to a terminal, a file or a log, line by line: nothing in it is an order, wherever it comes
/// from. With `colours`, the sequences that choose a colour stay.
#[must_use]
pub fn harmless(text: &str, colours: bool) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        harmless_line(line, colours, &mut out);
    }
    out
}

fn harmless_line(line: &str, colours: bool, out: &mut String) {
    let mut rest = line;
    let mut is_start = true;
    while let Some(c) = rest.chars().next() {
        let colour = if colours { colour(rest) } else { None };
        let length = colour.unwrap_or(c.len_utf8());
        let is_order = is_start && rest.starts_with("::") || is_order(rest);
        // Writing to a text cannot fail.
        let _ = match c {
            _ if is_order => write!(out, "\\u{:04x}", u32::from(c)),
            '\n' | '\t' => out.write_char(c),
            c if is_told(c) && colour.is_none() => escape(out, c),
            _ => out.write_str(&rest[..length]),
        };
        // Readers of lines leave blanks at the beginning out, and colours may be taken out before.
        is_start = is_start && (c.is_whitespace() || colour.is_some());
        rest = &rest[length..];
    }
}

/// Whether the text begins with what CI systems obey in the middle of a line too.
fn is_order(text: &str) -> bool {
    text.strip_prefix("##").is_some_and(|rest| rest.starts_with('[') || rest.starts_with("vso["))
}

/// How long the sequence is that the text begins with, if it is one that chooses a colour and nothing else.
fn colour(text: &str) -> Option<usize> {
    let parameters = text.strip_prefix("\x1b[")?;
    let length = parameters.find(|c: char| !c.is_ascii_digit() && c != ';')?;
    parameters[length..].starts_with('m').then_some(2 + length + 1)
}

#[cfg(test)]
mod tests {
    use super::{Foreign, harmless};

    #[test]
    fn what_a_terminal_obeys_is_told() {
        for (text, told) in [
            ("Ava M\u{fc}ller \u{1f600} \\n", "Ava M\u{fc}ller \u{1f600} \\n"),
            ("a\x1b[2Kb\x07", "a\\u001b[2Kb\\u0007"),
            ("\u{9b}31m\u{7f}", "\\u009b31m\\u007f"),
            ("a\u{202e}b\u{2066}c\u{200f}d\u{61c}", "a\\u202eb\\u2066c\\u200fd\\u061c"),
            ("a\nfine\r\tb\u{2028}c", "a\\nfine\\r\\tb\\u2028c"),
            ("a\n    forged", "a\\n    forged"),
            ("a\n    forged\n  ^", "a\\n    forged\\n  ^"),
            ("bad\n    x eq\x1b 1\n      ^; b\nc", "bad\n    x eq\\u001b 1\n      ^; b\\nc"),
        ] {
            assert_eq!(Foreign(text).to_string(), told, "{text:?}");
        }
    }

    #[test]
    fn nothing_that_is_written_is_an_order() {
        for (text, plain, coloured) in [
            ("a\tb\nc\n", "a\tb\nc\n", "a\tb\nc\n"),
            ("\x1b[1ma\x1b[0m", "\\u001b[1ma\\u001b[0m", "\x1b[1ma\x1b[0m"),
            ("\x1b[2J\x1b[1;31", "\\u001b[2J\\u001b[1;31", "\\u001b[2J\\u001b[1;31"),
            ("a ::b\n::error::c", "a ::b\n\\u003a:error::c", "a ::b\n\\u003a:error::c"),
            ("  ::c", "  \\u003a:c", "  \\u003a:c"),
            ("\x1b[1m::c", "\\u001b[1m::c", "\x1b[1m\\u003a:c"),
            ("x ###[group]##vso[task]# ##x", "x #\\u0023#[group]\\u0023#vso[task]# ##x", "x #\\u0023#[group]\\u0023#vso[task]# ##x"),
            ("\u{85}\u{202e}\r\n", "\\u0085\\u202e\\r\n", "\\u0085\\u202e\\r\n"),
        ] {
            assert_eq!(harmless(text, false), plain, "{text:?}");
            assert_eq!(harmless(text, true), coloured, "{text:?}");
        }
    }

    #[test]
    fn json_says_the_same_afterwards() {
        let value = serde_json::json!({"a": "\u{9b}\u{202e}\x1b ##[x] ::y\n"});
        let text = harmless(&format!("{value:#}"), false);
        assert!(!text.contains(['\u{9b}', '\u{202e}']) && !text.contains("##["), "{text}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).ok(), Some(value));
    }
}
