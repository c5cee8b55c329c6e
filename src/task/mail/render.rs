//! From the parts of a text and the values of its variables to what the recipient reads.

use super::error::MailError;
use crate::domain::template::{Mark, Piece};

/// Longest subject in characters: the line stays below the 998 bytes that mail allows.
const SUBJECT: usize = 800;

/// The value of a variable, or why it has none.
pub(super) type Lookup<'a> = &'a dyn Fn(&str) -> Result<String, MailError>;

/// A body in both its forms.
pub(super) struct Body {
    pub text: String,
    /// What stands between the tags of the document's body.
    pub html: String,
}

/// A subject: one line, at most 800 characters.
pub(super) fn subject(pieces: &[Piece], value: Lookup<'_>) -> Result<String, MailError> {
    let mut out = String::new();
    for piece in pieces {
        match piece {
            Piece::Text(text) => out.push_str(text),
            Piece::Variable(name) => out.push_str(&value(name)?),
            Piece::Break | Piece::Open(_) | Piece::OpenLink(_) | Piece::Close(_) => {}
        }
    }
    let line: Vec<&str> = out.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()).collect();
    let line = line.join(" ");
    match line.char_indices().nth(SUBJECT - 1) {
        Some((end, _)) if line.chars().count() > SUBJECT => Ok(format!("{}…", &line[..end])),
        _ => Ok(line),
    }
}

/// A body: as text, and as HTML with the four tags and everything else escaped.
pub(super) fn body(pieces: &[Piece], value: Lookup<'_>) -> Result<Body, MailError> {
    let mut body = Body { text: String::new(), html: String::new() };
    // Where the text of the open link begins, and its target.
    let mut link: Option<(usize, String)> = None;
    for piece in pieces {
        match piece {
            Piece::Text(text) => body.push(text),
            Piece::Variable(name) => body.push(&value(name)?),
            Piece::Break => {
                body.text.push('\n');
                body.html.push_str("<br>\n");
            }
            Piece::Open(mark) => body.mark(&format!("<{}>", tag(*mark))),
            Piece::OpenLink(pieces) => {
                let target = target(pieces, value)?;
                body.mark(&format!("<a href=\"{}\">", escape(&target)));
                link = Some((body.text.len(), target));
            }
            Piece::Close(mark) => {
                body.mark(&format!("</{}>", tag(*mark)));
                if let (Mark::Link, Some((begin, target))) = (mark, link.take_if(|_| *mark == Mark::Link)) {
                    let shown = target.strip_prefix("mailto:").unwrap_or(&target);
                    if body.text[begin..] != *shown {
                        body.text.extend([" (", shown, ")"]);
                    }
                }
            }
        }
    }
    Ok(body)
}

impl Body {
    fn mark(&mut self, html: &str) {
        self.html.push_str(html);
    }

    fn push(&mut self, text: &str) {
        self.text.push_str(text);
        self.html.push_str(&escape(text));
    }
}

const fn tag(mark: Mark) -> &'static str {
    match mark {
        Mark::Bold => "b",
        Mark::Italic => "i",
        Mark::Underline => "u",
        Mark::Link => "a",
    }
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// A target with its values percent-encoded, so that they are one part of it.
fn target(pieces: &[Piece], value: Lookup<'_>) -> Result<String, MailError> {
    let mut out = String::new();
    for piece in pieces {
        match piece {
            Piece::Text(text) => out.push_str(text),
            Piece::Variable(name) => {
                for byte in value(name)?.bytes() {
                    match byte {
                        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'@' => out.push(char::from(byte)),
                        byte => out.extend(["%", &format!("{byte:02X}")]),
                    }
                }
            }
            Piece::Break | Piece::Open(_) | Piece::OpenLink(_) | Piece::Close(_) => {}
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::{MailError, SUBJECT, body, subject};
    use crate::domain::template;

    fn value(name: &str) -> Result<String, MailError> {
        match name {
            "x" => Ok("<i>\"{{y}}\"</i> & 'z'".to_owned()),
            "mail" => Ok("ava@acme.example".to_owned()),
            "long" => Ok("l".repeat(1_024)),
            _ => Err(MailError::unknown_variable(name)),
        }
    }

    #[test]
    fn values_are_text_in_both_forms() {
        let body = body(&template::body("<b>Hi</b> {{x}}\nbye").unwrap(), &value).unwrap();
        assert_eq!(body.text, "Hi <i>\"{{y}}\"</i> & 'z'\nbye");
        assert_eq!(body.html, "<b>Hi</b> &lt;i&gt;&quot;{{y}}&quot;&lt;/i&gt; &amp; &#39;z&#39;<br>\nbye");
    }

    #[test]
    fn links_show_where_they_lead() {
        let read = |text: &str| body(&template::body(text).unwrap(), &value).unwrap();
        let search = read("<a href='https://a.example/?q={{x}}&b'>Search</a>");
        assert_eq!(search.text, "Search (https://a.example/?q=%3Ci%3E%22%7B%7By%7D%7D%22%3C%2Fi%3E%20%26%20%27z%27&b)");
        assert!(search.html.starts_with("<a href=\"https://a.example/?q=%3Ci"), "{}", search.html);
        assert!(search.html.ends_with("&amp;b\">Search</a>"), "{}", search.html);
        assert_eq!(read("<a href='mailto:{{mail}}'>{{mail}}</a>").text, "ava@acme.example");
        assert_eq!(read("<a href='https://a.example'>https://a.example</a>").text, "https://a.example");
    }

    #[test]
    fn a_subject_is_one_short_line() {
        let read = |text: &str| subject(&template::line(text).unwrap(), &value).unwrap();
        assert_eq!(read(" a\r\nBcc: b "), "a Bcc: b");
        assert_eq!(read("{{long}}").chars().count(), SUBJECT);
        assert_eq!(read(&"s".repeat(SUBJECT)), "s".repeat(SUBJECT));
    }
}
