//! One document: what it says, what it would be stored as, and what there is to say about it.

use std::collections::BTreeSet;

use serde_json::Value;

use super::scalar::Lines;
use crate::api::reasons::Reason;
use crate::rule::nearest;
use crate::sim::load::Document;
use crate::sim::places::Mark;
use crate::sim::schema::{JsonType, Schema, ValueType, Violation, ViolationKind};

/// Most fields that are named to somebody who wrote a field that is none.
const FEW_FIELDS: usize = 8;

/// The field of an object's name.
pub(super) const NAME: &str = "metadata.name";

/// Who says a sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    /// The schema: types, bounds and rules between fields.
    Schema(ViolationKind),
    /// The controller: the object cannot do its work, for this reason.
    Controller(Reason),
    /// The controller: what a rule of the schema at this field says in the same words.
    Rule(&'static str),
    /// Another check of what the field is for.
    Purpose,
    /// A check of what nobody refuses, data for example: a warning.
    Data,
}

/// One sentence about one field.
#[derive(Clone, Debug)]
pub(super) struct Said {
    pub path: String,
    pub mark: Mark,
    pub message: String,
    pub by: By,
}

/// A document under examination.
pub(super) struct Draft<'a> {
    /// Which file it stands in.
    pub source: usize,
    /// The file's name.
    file: &'a str,
    /// The file's text.
    pub lines: &'a Lines<'a>,
    pub document: Document,
    /// Its kind; empty for those that are not examined.
    pub kind: String,
    /// The object with defaults, as the API server would store it if what has an obvious correction were corrected.
    pub admitted: Value,
    /// The fields of it that no program can read.
    pub unreadable: Vec<String>,
    pub said: Vec<Said>,
}

impl<'a> Draft<'a> {
    pub(super) fn new(source: usize, file: &'a str, lines: &'a Lines<'a>, document: Document) -> Self {
        Self { source, file, lines, document, kind: String::new(), admitted: Value::Null, unreadable: Vec::new(), said: Vec::new() }
    }

    pub(super) fn file(&self) -> &str {
        self.file
    }

    pub(super) fn object(&self) -> &Value {
        &self.document.object
    }

    /// The namespace, where `kubectl` would put the object if nobody says.
    pub(super) fn namespace(&self) -> &str {
        let namespace = self.document.key().1;
        if namespace.is_empty() { "default" } else { namespace }
    }

    pub(super) fn name(&self) -> &str {
        self.document.key().2
    }

    /// Says something about a field, or about the closest field around it that is there.
    pub(super) fn say(&mut self, path: &str, message: impl Into<String>) {
        self.said.push(self.about(path, message));
    }

    /// A sentence about a field, not said yet.
    pub(super) fn about(&self, path: &str, message: impl Into<String>) -> Said {
        Said { path: path.to_owned(), mark: self.document.places.of(path), message: message.into(), by: By::Purpose }
    }

    /// Says that the member `key` of the object at `parent` is not known. With a name that it was meant to have, it is
    /// taken for that from now on.
    pub(super) fn correct_field(&mut self, parent: &str, key: &str, meant: Option<&str>) {
        let path = join(parent, key);
        let mark = self.document.places.of_key(&path);
        let advice = meant.map(|meant| format!("; did you mean {meant}?")).unwrap_or_default();
        let message = format!("unknown field {}{advice}", quoted(key));
        self.said.push(Said { path: path.clone(), mark, message, by: By::Schema(ViolationKind::UnknownField) });
        if let Some(meant) = meant
            && let Some(object) = at_mut(&mut self.document.object, parent).and_then(Value::as_object_mut)
            && let Some(value) = object.remove(key)
        {
            object.insert(meant.to_owned(), value);
            self.document.places.rename(&path, &join(parent, meant));
        }
    }

    /// Says what the API server would say about the object, in place of `old`, if it is stored already.
    pub(super) fn admit(&mut self, schema: &Schema, old: Option<&Value>) {
        self.correct_fields(schema);
        loop {
            let (admitted, violations) = schema.examine(self.document.object.clone(), old);
            self.admitted = admitted;
            let (choices, others): (Vec<_>, Vec<_>) =
                violations.into_iter().partition(|violation| self.meant_choice(schema, violation).is_some());
            if choices.is_empty() {
                for violation in others {
                    self.say_violation(&violation);
                }
                return;
            }
            for violation in choices {
                self.correct_choice(schema, &violation);
            }
        }
    }

    fn correct_fields(&mut self, schema: &Schema) {
        let mut said = BTreeSet::new();
        loop {
            let mut is_corrected = false;
            for path in schema.unknown_fields(&self.document.object) {
                let Some((parent, key)) = split(&self.document.object, &path) else { continue };
                if !said.insert(path.clone()) {
                    continue;
                }
                let known = schema.fields(parent);
                let taken = at(&self.document.object, parent);
                let free = known.iter().copied().filter(|field| taken.is_none_or(|object| object.get(field).is_none()));
                let meant = nearest(key, free);
                is_corrected |= meant.is_some();
                self.correct_field(parent, key, meant);
                if meant.is_none()
                    && (1..=FEW_FIELDS).contains(&known.len())
                    && let Some(said) = self.said.last_mut()
                {
                    said.message = format!("{}; there are {}", said.message, known.join(", "));
                }
            }
            if !is_corrected {
                return;
            }
        }
    }

    /// The choice that a text was meant to be, if the violation is about choices.
    fn meant_choice(&self, schema: &Schema, violation: &Violation) -> Option<String> {
        if violation.kind != ViolationKind::NotSupported {
            return None;
        }
        let text = at(&self.document.object, &violation.path)?.as_str()?;
        nearest(text, schema.choices(&violation.path).into_iter()).map(str::to_owned)
    }

    fn correct_choice(&mut self, schema: &Schema, violation: &Violation) {
        let Some(meant) = self.meant_choice(schema, violation) else { return };
        let mut said = self.about(&violation.path, format!("{}; did you mean {meant}?", violation.message));
        said.by = By::Schema(violation.kind);
        self.said.push(said);
        if let Some(value) = at_mut(&mut self.document.object, &violation.path) {
            *value = Value::String(meant);
        }
    }

    fn say_violation(&mut self, violation: &Violation) {
        if matches!(violation.kind, ViolationKind::TypeInvalid { .. } | ViolationKind::NotSupported) || is_no_instant(violation) {
            self.unreadable.push(violation.path.clone());
        }
        // Rules of the whole object see nothing of its metadata but the name, and are about that.
        let whole = if violation.kind == ViolationKind::Rule { NAME } else { "" };
        let path = violation.field().unwrap_or(whole);
        let mut said = self.about(path, self.words(violation, path));
        said.by = By::Schema(violation.kind);
        // What is no instant has neither the format nor the pattern of one.
        if !self.said.iter().any(|before| before.path == said.path && before.message == said.message) {
            self.said.push(said);
        }
    }

    /// The API server's words without the field, which stands before them already.
    fn words(&self, violation: &Violation, path: &str) -> String {
        match violation.kind {
            _ if is_no_instant(violation) => "must be an instant such as \"2026-01-05T09:00:00Z\"".to_owned(),
            ViolationKind::TypeInvalid { wanted } => {
                let found = at(&self.document.object, &violation.path).unwrap_or(&Value::Null);
                let is_bare = wanted == ValueType::Json(JsonType::String) && (found.is_number() || found.is_boolean());
                let advice = if is_bare { format!("; write {}", quoted(&found.to_string())) } else { String::new() };
                format!("must be of type {wanted}, not {}{advice}", type_of(found))
            }
            ViolationKind::Rule if violation.field().is_none() => {
                let message = violation.message.replace(&format!("Invalid value: {path}"), "");
                message.trim_start_matches([':', ' ']).to_owned()
            }
            _ => violation.message.replace(&format!("{} in body ", violation.path), ""),
        }
    }
}

/// Whether a text is no instant, as the API server takes one or as our types do.
fn is_no_instant(violation: &Violation) -> bool {
    matches!(violation.kind, ViolationKind::NoInstant | ViolationKind::TypeInvalid { wanted: ValueType::Instant })
}

/// A word of the document in quotes, also if it has quotes itself.
pub(super) fn quoted(text: &str) -> String {
    Value::String(text.to_owned()).to_string()
}

pub(super) fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn join(parent: &str, key: &str) -> String {
    if parent.is_empty() { key.to_owned() } else { format!("{parent}.{key}") }
}

/// Whether the path leads to an element of a list, or into one.
pub(super) fn is_in_element(path: &str, list: &str) -> bool {
    path.strip_prefix(list).is_some_and(|rest| rest.starts_with('['))
}

/// The object that has the last field of the path, and that field's name, which can have dots.
fn split<'p>(object: &Value, path: &'p str) -> Option<(&'p str, &'p str)> {
    let dots = path.rmatch_indices('.').map(|(dot, _)| (&path[..dot], &path[dot + 1..]));
    dots.chain([("", path)]).find(|(parent, key)| at(object, parent).is_some_and(|parent| parent.get(key).is_some()))
}

/// The value at a path such as `spec.tasks[0].name`. Names can have dots: the longest one that is there counts.
pub(super) fn at<'v>(value: &'v Value, path: &str) -> Option<&'v Value> {
    if path.is_empty() {
        return Some(value);
    }
    if let Some(rest) = path.strip_prefix('[') {
        let (index, rest) = rest.split_once(']')?;
        return at(value.get(index.parse::<usize>().ok()?)?, rest.strip_prefix('.').unwrap_or(rest));
    }
    let ends = path.match_indices(['.', '[']).map(|(end, _)| end).chain([path.len()]);
    let ends: Vec<usize> = ends.collect();
    ends.into_iter().rev().find_map(|end| {
        let rest = &path[end..];
        at(value.get(&path[..end])?, rest.strip_prefix('.').unwrap_or(rest))
    })
}

/// The same, to be changed.
pub(super) fn at_mut<'v>(value: &'v mut Value, path: &str) -> Option<&'v mut Value> {
    if path.is_empty() {
        return Some(value);
    }
    if let Some(rest) = path.strip_prefix('[') {
        let (index, rest) = rest.split_once(']')?;
        return at_mut(value.get_mut(index.parse::<usize>().ok()?)?, rest.strip_prefix('.').unwrap_or(rest));
    }
    let mut ends: Vec<usize> = path.match_indices(['.', '[']).map(|(end, _)| end).chain([path.len()]).collect();
    ends.reverse();
    let after = |end: usize| path[end..].strip_prefix('.').unwrap_or(&path[end..]);
    let end = ends.into_iter().find(|end| value.get(&path[..*end]).is_some_and(|member| at(member, after(*end)).is_some()))?;
    at_mut(value.get_mut(&path[..end])?, after(end))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{at, at_mut, is_in_element, split};

    #[test]
    fn what_leads_into_an_element_of_a_list() {
        let rows =
            [("spec.tasks[0]", true), ("spec.tasks[12].x", true), ("spec.tasks", false), ("spec.tasksToo[0]", false), ("spec", false)];
        for (path, expected) in rows {
            assert_eq!(is_in_element(path, "spec.tasks"), expected, "{path}");
        }
    }

    #[test]
    fn names_can_have_dots() {
        let mut object = json!({"spec": {"tasks": [{"name": "x"}], "map": {"a.b/c": {"d": 1}}}});
        assert_eq!(at(&object, "spec.tasks[0].name"), Some(&json!("x")));
        assert_eq!(at(&object, "spec.map.a.b/c.d"), Some(&json!(1)));
        assert_eq!(at(&object, "spec.tasks[1]"), None);
        assert_eq!(at(&object, "spec.map.a"), None);
        *at_mut(&mut object, "spec.map.a.b/c.d").expect("there") = json!(2);
        *at_mut(&mut object, "spec.tasks[0].name").expect("there") = json!("y");
        assert_eq!(object, json!({"spec": {"tasks": [{"name": "y"}], "map": {"a.b/c": {"d": 2}}}}));
        assert_eq!(split(&object, "spec.map.a.b/c"), Some(("spec.map", "a.b/c")));
        assert_eq!(split(&object, "spec"), Some(("", "spec")));
    }
}
