//! YAML, in and out; the one place that knows the library.
//!
//! Every node keeps its place, so that a complaint about a field can name the line and the column that it is written at.

use std::collections::BTreeSet;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use serde_yaml::Spanned;

use super::places::{Mark, Places};

/// One document of a YAML stream.
#[derive(Clone, Debug)]
pub struct Parsed {
    /// What it says; of a key that occurs twice, what it says last.
    pub value: Value,
    /// Where it says it.
    pub places: Places,
    /// The keys that occur for a second time, by their path.
    pub repeated: Vec<(String, Mark)>,
}

/// Where a text is not YAML, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// The place, as far as it is known.
    pub mark: Mark,
    /// What is wrong.
    pub message: String,
}

/// Reads every document of `text`, empty ones left out. A document that is not YAML does not keep the others from being
/// read.
///
/// As YAML 1.2 has it, only `true` and `false` are booleans; a number that begins with a zero is text, because it was
/// meant as a code and not as octal.
#[must_use]
pub fn parse(text: &str) -> Vec<Result<Parsed, Malformed>> {
    let mut documents = Vec::new();
    for (lines_before, chunk) in chunks(text.strip_prefix('\u{feff}').unwrap_or(text)) {
        match parse_chunk(chunk, lines_before) {
            Ok(parsed) => documents.extend(parsed.into_iter().map(Ok)),
            Err(malformed) => documents.push(Err(malformed)),
        }
    }
    documents
}

/// The text from each line `---` to the next, with the number of lines before it. Such a line ends a document whatever
/// it stands in, also an unfinished text in quotes.
fn chunks(text: &str) -> Vec<(u64, &str)> {
    let mut found = Vec::new();
    let (mut begin, mut begin_line, mut offset, mut line) = (0, 0, 0, 0);
    for whole in text.split_inclusive('\n') {
        let is_marker = whole.strip_prefix("---").is_some_and(|rest| rest.trim_start().len() < rest.len() || rest.is_empty());
        if is_marker && offset > begin {
            found.push((begin_line, &text[begin..offset]));
            (begin, begin_line) = (offset, line);
        }
        offset += whole.len();
        line += 1;
    }
    found.push((begin_line, &text[begin..]));
    found
}

fn parse_chunk(text: &str, lines_before: u64) -> Result<Vec<Parsed>, Malformed> {
    let options = serde_yaml::options! {
        strict_booleans: true,
        leading_zero_numbers_as_strings: true,
        duplicate_keys: serde_yaml::DuplicateKeyPolicy::PassThrough,
    };
    let nodes: Vec<Spanned<Node>> = serde_yaml::from_multiple_with_options(text, options).map_err(|error| {
        let mark = error.location().map(|location| mark(location, lines_before)).unwrap_or_default();
        Malformed { mark, message: words(&error.without_snippet().to_string()) }
    })?;
    let documents = nodes.into_iter().map(|node| {
        let mut reader = Reader { lines_before, places: Places::default(), repeated: Vec::new() };
        let value = reader.read(node, None, String::new());
        Parsed { value, places: reader.places, repeated: reader.repeated }
    });
    Ok(documents.filter(|document| !document.value.is_null()).collect())
}

fn mark(location: serde_yaml::Location, lines_before: u64) -> Mark {
    Mark { line: location.line() + lines_before, column: location.column() }
}

/// Writes one document, with a line break at its end.
///
/// # Errors
/// What the value itself says when it cannot be written.
pub(crate) fn write(value: &Value) -> Result<String, String> {
    serde_yaml::to_string(value).map_err(|error| error.to_string())
}

/// The first line, without the place, which counts from the beginning of the document.
fn words(message: &str) -> String {
    let line = message.lines().next().unwrap_or_default();
    line.rsplit_once(" at line ").map_or(line, |(words, _)| words).to_owned()
}

enum Node {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    List(Vec<Spanned<Node>>),
    Map(Vec<(Spanned<Key>, Spanned<Node>)>),
}

/// Turns the nodes of one document into a value and its places.
struct Reader {
    lines_before: u64,
    places: Places,
    repeated: Vec<(String, Mark)>,
}

impl Reader {
    fn read(&mut self, node: Spanned<Node>, key: Option<Mark>, path: String) -> Value {
        let begin = mark(node.referenced, self.lines_before);
        let is_scalar = matches!(node.value, Node::Bool(_) | Node::Number(_) | Node::Text(_));
        let value = match node.value {
            Node::Null => Value::Null,
            Node::Bool(value) => Value::Bool(value),
            Node::Number(value) => Value::Number(value),
            Node::Text(value) => Value::String(value),
            Node::List(items) => {
                let items = items.into_iter().enumerate().map(|(index, item)| self.read(item, None, format!("{path}[{index}]")));
                Value::Array(items.collect())
            }
            Node::Map(members) => self.read_map(members, &path),
        };
        self.places.add(path, key, begin, is_scalar);
        value
    }

    fn read_map(&mut self, members: Vec<(Spanned<Key>, Spanned<Node>)>, path: &str) -> Value {
        let mut map = Map::new();
        let mut seen = BTreeSet::new();
        for (key, member) in members {
            let Key(name) = key.value;
            let at = mark(key.referenced, self.lines_before);
            let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            if !seen.insert(name.clone()) {
                self.repeated.push((path.clone(), at));
            }
            let value = self.read(member, Some(at), path);
            map.insert(name, value);
        }
        Value::Object(map)
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("what JSON can hold")
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_none<E>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        Node::deserialize(deserializer)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
        Ok(Node::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
        Ok(Node::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Node, E> {
        Ok(Node::Number(value.into()))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Node, E> {
        Number::from_f64(value).map(Node::Number).ok_or_else(|| E::custom("a number that JSON cannot hold"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Node, E> {
        Ok(Node::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Node, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = sequence.next_element()? {
            items.push(item);
        }
        Ok(Node::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        let mut members = Vec::new();
        while let Some(key) = map.next_key::<Spanned<Key>>()? {
            members.push((key, map.next_value()?));
        }
        Ok(Node::Map(members))
    }
}

/// A key: text, or a scalar that is written like one.
struct Key(String);

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Node::deserialize(deserializer)? {
            Node::Text(text) => Ok(Self(text)),
            Node::Number(number) => Ok(Self(number.to_string())),
            Node::Bool(value) => Ok(Self(value.to_string())),
            Node::Null | Node::List(_) | Node::Map(_) => Err(D::Error::custom("a key must be text")),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Malformed, Mark, Parsed, parse};

    fn good(text: &str) -> Vec<Parsed> {
        parse(text).into_iter().collect::<Result<_, _>>().expect("yaml")
    }

    fn mark(line: u64, column: u64) -> Mark {
        Mark { line, column }
    }

    #[test]
    fn values_are_those_of_json() {
        let parsed = good("a: yes\nb: 010\nc: true\nd: 1.5\ne: [1, null]\nf: 2026-01-05\ng: '1'\nh: -3\n");
        let wanted = json!({"a": "yes", "b": "010", "c": true, "d": 1.5, "e": [1, null], "f": "2026-01-05", "g": "1", "h": -3});
        assert_eq!(parsed[0].value, wanted);
    }

    #[test]
    fn lines_count_over_the_whole_stream() {
        let parsed = good("# first\na: 1\n---\n--- # third\n\nb:\n  - c: 1\n  - {c: 2,\n     d: 3}\n");
        assert_eq!(parsed.len(), 2);
        assert_eq!(parsed[0].places.of("a"), mark(2, 4));
        assert_eq!(parsed[1].places.of("b"), mark(6, 1));
        assert_eq!(parsed[1].places.of("b[0]"), mark(7, 5));
        assert_eq!(parsed[1].places.of("b[0].c"), mark(7, 8));
        assert_eq!(parsed[1].places.of_key("b[0].c"), mark(7, 5));
        assert_eq!(parsed[1].places.of("b[1].d"), mark(9, 9));
        assert_eq!(parsed[1].places.of_key("b[1].d"), mark(9, 6));
    }

    #[test]
    fn columns_count_characters() {
        let parsed = good("{\u{e4}\u{1f600}: 1, b: 'x'}\n");
        assert_eq!((parsed[0].places.of("\u{e4}\u{1f600}"), parsed[0].places.of("b")), (mark(1, 6), mark(1, 12)));
    }

    #[test]
    fn a_line_of_dashes_ends_every_document() {
        let found = parse("a: [1\n---\nb: 'x\n---\nc: |\n  ---\n  x\n---\nd: 1\n");
        let lines: Vec<Option<u64>> = found.iter().map(|found| found.as_ref().err().map(|malformed| malformed.mark.line)).collect();
        assert_eq!(lines, [Some(1), Some(3), None, None], "{found:?}");
        assert!(found[2].as_ref().is_ok_and(|parsed| parsed.value == json!({"c": "---\nx\n"})), "{found:?}");
        assert_eq!(good("--- {a: 1}\n--- {b: 2}\n").len(), 2);
        assert_eq!(good("\u{feff}a: 1\r\n---\r\nb: 2\r\n").len(), 2);
    }

    #[test]
    fn what_is_no_yaml_is_refused_with_its_place() {
        let rows = [
            ("a: 1\nb: [1\n", 2, 4, "unclosed bracket"),
            ("a:\n\tb: 2\n", 2, 2, "tabs disallowed"),
            ("a: 'x\n", 1, 4, "unclosed quote"),
            ("a: *b\n", 1, 4, "unknown anchor"),
            ("a: b: c\n", 1, 5, "mapping values are not allowed"),
            ("a: @b\n", 1, 4, "unexpected character"),
            ("a: .inf\n", 1, 4, "non-finite"),
            ("[a]: 1\n", 1, 1, "a key must be text"),
        ];
        for (text, line, column, words) in rows {
            let found: Vec<Malformed> = parse(text).into_iter().filter_map(Result::err).collect();
            assert!(found.len() == 1 && found[0].mark == mark(line, column), "{text:?}: {found:?}");
            assert!(found[0].message.contains(words) && !found[0].message.contains(" at line "), "{text:?}: {found:?}");
        }
    }

    #[test]
    fn keys_that_occur_twice_are_all_found() {
        let parsed = good("a: 1\na: 2\nb: {c: 1, c: 2, c: 3}\n");
        assert_eq!(parsed[0].value, json!({"a": 2, "b": {"c": 3}}));
        let wanted = [("a".to_owned(), mark(2, 1)), ("b.c".to_owned(), mark(3, 11)), ("b.c".to_owned(), mark(3, 17))];
        assert_eq!(parsed[0].repeated, wanted);
    }

    #[test]
    fn anchors_and_merges_are_followed() {
        let parsed = good("a: &x {b: 1}\nc: *x\nd:\n  <<: *x\n  e: 2\n");
        assert_eq!(parsed[0].value, json!({"a": {"b": 1}, "c": {"b": 1}, "d": {"b": 1, "e": 2}}));
        assert_eq!((parsed[0].places.of("d.e"), parsed[0].places.of("d.b")), (mark(5, 6), mark(4, 7)));
    }
}
