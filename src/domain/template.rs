//! Texts as people write them: variables in double braces, and in bodies of mails four tags, entities and line breaks.
//!
//! A text is taken apart before any value is known, so that nothing in a value can ever be a variable or a tag.

/// A variable that begins and does not end.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{{{{ stands without }}}} after it")]
pub struct Unclosed(pub String);

/// What is left of a link's target after which a variable may stand.
const AFTER_HOST: [char; 3] = ['/', '?', '#'];

/// A tag that bodies may have.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Mark {
    /// `b`.
    Bold,
    /// `i`.
    Italic,
    /// `u`.
    Underline,
    /// `a`.
    Link,
}

/// A part of a text.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Piece {
    /// Stands for itself.
    Text(String),
    /// The value of this name.
    Variable(String),
    /// A line ends.
    Break,
    /// A mark begins; not a link.
    Open(Mark),
    /// A link begins; the target is made of texts and variables.
    OpenLink(Vec<Piece>),
    /// The innermost mark ends. Every mark that begins ends, in reverse order.
    Close(Mark),
}

impl Piece {
    /// The names of the variables in the pieces, those in the targets of links as well.
    #[must_use]
    pub fn variables(pieces: &[Self]) -> Vec<&str> {
        let names = pieces.iter().map(|piece| match piece {
            Self::Variable(name) => vec![name.as_str()],
            Self::OpenLink(target) => Self::variables(target),
            Self::Text(_) | Self::Break | Self::Open(_) | Self::Close(_) => Vec::new(),
        });
        names.flatten().collect()
    }
}

/// Takes a text apart that has variables only: a subject, a value, or the target of a link.
///
/// # Errors
/// [`Unclosed`] holds what follows the braces.
pub fn line(text: &str) -> Result<Vec<Piece>, Unclosed> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find("{{") {
        push_text(&mut pieces, &rest[..at]);
        let (name, after) = variable(&rest[at..])?;
        pieces.push(Piece::Variable(name.to_owned()));
        rest = after;
    }
    push_text(&mut pieces, rest);
    Ok(pieces)
}

/// Takes a body apart. Tags other than `b`, `i`, `u`, `a` and `br` are left out and their text kept, and so are links
/// that lead elsewhere than to `https:`, `http:` or `mailto:`. A backslash before an n is a line break as well.
///
/// # Errors
/// [`Unclosed`] holds what follows the braces.
pub fn body(text: &str) -> Result<Vec<Piece>, Unclosed> {
    let mut builder = Builder::default();
    let mut rest = text.trim_end();
    while let Some(at) = rest.find(['{', '<', '&', '\\', '\n', '\r']) {
        builder.text(&rest[..at]);
        rest = builder.special(&rest[at..])?;
    }
    builder.text(rest);
    Ok(builder.finish())
}

/// Reads `{{ name }}` at the beginning of `text`: the name, and what follows.
fn variable(text: &str) -> Result<(&str, &str), Unclosed> {
    let inside = &text[2..];
    let end = inside.find("}}").ok_or_else(|| Unclosed(inside.to_owned()))?;
    Ok((inside[..end].trim(), &inside[end + 2..]))
}

fn push_text(pieces: &mut Vec<Piece>, text: &str) {
    match pieces.last_mut() {
        Some(Piece::Text(last)) => last.push_str(text),
        _ if text.is_empty() => {}
        _ => pieces.push(Piece::Text(text.to_owned())),
    }
}

/// Puts a body together.
#[derive(Default)]
struct Builder {
    pieces: Vec<Piece>,
    open: Vec<Mark>,
}

impl Builder {
    fn text(&mut self, text: &str) {
        push_text(&mut self.pieces, text);
    }

    /// Takes what begins with a character that can mean something, and gives what follows.
    fn special<'a>(&mut self, text: &'a str) -> Result<&'a str, Unclosed> {
        if text.starts_with("{{") {
            let (name, rest) = variable(text)?;
            self.pieces.push(Piece::Variable(name.to_owned()));
            return Ok(rest);
        }
        for line_end in ["\r\n", "\n", "\r", "\\n"] {
            if let Some(rest) = text.strip_prefix(line_end) {
                self.pieces.push(Piece::Break);
                return Ok(rest);
            }
        }
        if let Some((character, rest)) = entity(text) {
            self.text(character.encode_utf8(&mut [0; 4]));
            return Ok(rest);
        }
        if let Some((tag, rest)) = Tag::read(text) {
            self.tag(&tag)?;
            return Ok(rest);
        }
        // It means nothing here: all of these characters are one byte long.
        let (literal, rest) = text.split_at(1);
        self.text(literal);
        Ok(rest)
    }

    fn tag(&mut self, tag: &Tag<'_>) -> Result<(), Unclosed> {
        let mark = match tag.name.to_ascii_lowercase().as_str() {
            "b" => Mark::Bold,
            "i" => Mark::Italic,
            "u" => Mark::Underline,
            "a" => Mark::Link,
            "br" => {
                self.pieces.push(Piece::Break);
                return Ok(());
            }
            _ => return Ok(()),
        };
        if tag.is_end {
            self.close(mark);
        } else if mark != Mark::Link {
            self.pieces.push(Piece::Open(mark));
            self.open.push(mark);
        } else if let Some(target) = target(tag.rest)?
            && !self.open.contains(&Mark::Link)
        {
            self.pieces.push(Piece::OpenLink(target));
            self.open.push(mark);
        }
        Ok(())
    }

    /// Ends the innermost such mark, and all that began in it; nothing if there is none.
    fn close(&mut self, mark: Mark) {
        if !self.open.contains(&mark) {
            return;
        }
        while let Some(last) = self.open.pop() {
            self.pieces.push(Piece::Close(last));
            if last == mark {
                return;
            }
        }
    }

    fn finish(mut self) -> Vec<Piece> {
        while let Some(last) = self.open.pop() {
            self.pieces.push(Piece::Close(last));
        }
        self.pieces
    }
}

/// A tag; comments and declarations are tags without a name.
struct Tag<'a> {
    is_end: bool,
    name: &'a str,
    rest: &'a str,
}

impl<'a> Tag<'a> {
    /// Reads a tag at the beginning of `text`: the tag, and what follows. None: there is no tag.
    fn read(text: &'a str) -> Option<(Self, &'a str)> {
        let inside = text.strip_prefix('<')?;
        let inside = &inside[..end_of_tag(inside)?];
        let after = &text[inside.len() + 2..];
        if inside.starts_with(['!', '?']) {
            return Some((Self { is_end: false, name: "", rest: "" }, after));
        }
        let named = inside.strip_prefix('/').unwrap_or(inside);
        let name_end = named.find(|c: char| !c.is_ascii_alphanumeric() && c != '-').unwrap_or(named.len());
        let (name, rest) = named.split_at(name_end);
        let begins = name.starts_with(|c: char| c.is_ascii_alphabetic());
        let ends = rest.is_empty() || rest.starts_with(|c: char| c.is_whitespace() || c == '/');
        (begins && ends).then_some((Self { is_end: named.len() < inside.len(), name, rest }, after))
    }
}

/// Where the `>` of a tag stands, outside of quotes.
fn end_of_tag(inside: &str) -> Option<usize> {
    let mut quote = None;
    for (at, c) in inside.char_indices() {
        match (quote, c) {
            (None, '>') => return Some(at),
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), _) if open == c => quote = None,
            _ => {}
        }
    }
    None
}

/// The target of a link, if it is one that mails may have.
fn target(attributes: &str) -> Result<Option<Vec<Piece>>, Unclosed> {
    let Some(text) = href(attributes) else { return Ok(None) };
    let text = decode(text.trim());
    if text.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Ok(None);
    }
    let (scheme, rest) = text.split_once(':').unwrap_or_default();
    let is_allowed = match scheme.to_ascii_lowercase().as_str() {
        "mailto" => true,
        "https" | "http" => rest.strip_prefix("//").is_some_and(|rest| {
            let host = &rest[..rest.find(AFTER_HOST).unwrap_or(rest.len())];
            !host.is_empty() && !host.contains("{{")
        }),
        _ => false,
    };
    if is_allowed { line(&text).map(Some) } else { Ok(None) }
}

/// The value of the attribute `href`.
fn href(attributes: &str) -> Option<&str> {
    let mut rest = attributes.trim_start_matches(|c: char| c.is_whitespace() || c == '/');
    while !rest.is_empty() {
        let name_end = rest.find(|c: char| c.is_whitespace() || c == '=' || c == '/').unwrap_or(rest.len());
        let (name, after) = rest.split_at(name_end);
        let mut value = "";
        rest = after.trim_start();
        if let Some(after) = rest.strip_prefix('=') {
            (value, rest) = attribute_value(after.trim_start());
        }
        if name.eq_ignore_ascii_case("href") {
            return Some(value);
        }
        // Something is always taken away here: a name, a value with its sign, or these characters.
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '/');
    }
    None
}

fn attribute_value(text: &str) -> (&str, &str) {
    for quote in ['"', '\''] {
        if let Some(inside) = text.strip_prefix(quote) {
            return inside.split_once(quote).unwrap_or((inside, ""));
        }
    }
    text.split_at(text.find(char::is_whitespace).unwrap_or(text.len()))
}

/// Replaces the entities of a text.
fn decode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some((character, after)) = entity(rest) {
            out.push(character);
            rest = after;
        } else {
            out.push('&');
            rest = &rest[1..];
        }
    }
    out.push_str(rest);
    out
}

/// Reads an entity at the beginning of `text`: the character, and what follows.
fn entity(text: &str) -> Option<(char, &str)> {
    let (name, rest) = text.strip_prefix('&')?.split_once(';')?;
    let character = match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => '\u{a0}',
        _ => {
            let number = name.strip_prefix('#')?;
            let hexadecimal = number.strip_prefix(['x', 'X']);
            let code = hexadecimal.map_or_else(|| number.parse(), |digits| u32::from_str_radix(digits, 16));
            char::from_u32(code.ok()?).filter(|c| !c.is_control())?
        }
    };
    Some((character, rest))
}

#[cfg(test)]
mod tests {
    use super::{Mark, Piece, body, line};

    fn text(text: &str) -> Piece {
        Piece::Text(text.to_owned())
    }

    fn variable(name: &str) -> Piece {
        Piece::Variable(name.to_owned())
    }

    #[test]
    fn a_line_has_variables_and_nothing_else() {
        assert_eq!(
            line("Hello {{ user.x }}{{y}} <b> \\n &amp;").unwrap(),
            [text("Hello "), variable("user.x"), variable("y"), text(" <b> \\n &amp;")]
        );
        assert!(line("Hello {{user.x").is_err());
        assert_eq!(line("{ {x} }} {").unwrap(), [text("{ {x} }} {")]);
    }

    #[test]
    fn marks_are_closed_in_order() {
        let wanted = [
            Piece::Open(Mark::Bold),
            Piece::Open(Mark::Italic),
            text("x"),
            Piece::Close(Mark::Italic),
            Piece::Close(Mark::Bold),
            text("y"),
            Piece::Open(Mark::Underline),
            Piece::Close(Mark::Underline),
        ];
        assert_eq!(body("<b><I>x</b>y</i><u>").unwrap(), wanted);
    }

    #[test]
    fn other_tags_are_left_out_and_their_text_is_kept() {
        let cases = [
            ("<p class='a>b'>x</p>", "x"),
            ("<script>alert(1)</script>", "alert(1)"),
            ("<!-- no --><?php no ?>x", "x"),
            ("1 < 2 > 0 <3", "1 < 2 > 0 <3"),
            ("<hr@acme.example>", "<hr@acme.example>"),
            ("&lt;b&gt; &amp;lt; &#x41;&#66; &#0; &unknown; &", "<b> &lt; AB &#0; &unknown; &"),
            ("a \\ b {c} \n", "a \\ b {c}"),
        ];
        for (given, wanted) in cases {
            assert_eq!(body(given).unwrap(), [text(wanted)], "{given}");
        }
    }

    #[test]
    fn lines_end_in_several_spellings() {
        let wanted = [text("a"), Piece::Break, text("b"), Piece::Break, text("c"), Piece::Break, text("d")];
        assert_eq!(body("a\nb\\nc\r\nd").unwrap(), wanted);
        assert_eq!(body("a<br>b<BR/>c<br />d\n\n").unwrap(), wanted);
    }

    #[test]
    fn links_lead_to_the_web_or_to_a_mailbox() {
        let target = |given: &str| match body(given).unwrap().into_iter().next() {
            Some(Piece::OpenLink(target)) => Some(target),
            _ => None,
        };
        let good = |given: &str, wanted: &[Piece]| assert_eq!(target(given).as_deref(), Some(wanted), "{given}");
        good("<a href=\"https://a.example/?x=1&amp;y={{user.mail}}\">x</a>", &[text("https://a.example/?x=1&y="), variable("user.mail")]);
        good("<a class=b HREF = 'HTTP://a.example'>x</a>", &[text("HTTP://a.example")]);
        good("<a href=mailto:{{managerEmail}}>x</a>", &[text("mailto:"), variable("managerEmail")]);
        for bad in [
            "<a href='javascript:alert(1)'>x</a>",
            "<a href='&#106;avascript:alert(1)'>x</a>",
            "<a href='data:text/html,x'>x</a>",
            "<a href='//a.example'>x</a>",
            "<a href='https://'>x</a>",
            "<a href='https://{{user.x}}.example/'>x</a>",
            "<a href='https:a.example'>x</a>",
            "<a href='https://a.example/ b'>x</a>",
            "<a href='{{user.x}}'>x</a>",
            "<a>x</a>",
        ] {
            assert_eq!(body(bad).unwrap(), [text("x")], "{bad}");
        }
        let nested = body("<a href=https://a.example>x<a href=https://b.example>y</a></a>").unwrap();
        assert_eq!(nested, [Piece::OpenLink(vec![text("https://a.example")]), text("xy"), Piece::Close(Mark::Link)]);
    }
}
