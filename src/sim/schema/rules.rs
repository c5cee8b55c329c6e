//! The CEL rules of a schema (`x-kubernetes-validations`).
//!
//! Rules are compiled once by the Kubernetes client library; this file walks the object, gives each rule its `self`
//! and `oldSelf`, and words the result. The walk only enters parts of the schema that have rules.

use std::collections::HashMap;
use std::sync::Arc;

use kube::core::cel::cel::objects::{Key, Map, OptionalValue};
use kube::core::cel::cel::{Context, ExecutionError, Value as Cel};
use kube::core::cel::{CompilationResult, KubeCelExt};
use serde_json::Value;

use super::node::{Additional, Node};
use super::rule::Rule;
use super::violation::{JsonType, NO_FIELD, Path, Violation, ViolationKind};

thread_local! {
    // Registering the Kubernetes functions costs far more than evaluating a rule.
    static FUNCTIONS: Context<'static> = functions();
}

fn functions() -> Context<'static> {
    let mut functions = Context::default().with_all();
    // Everything is dynamic here; the API server asks for the word where it would else insist on a declared type.
    functions.add_function("dyn", |value: Cel| Ok::<_, ExecutionError>(value));
    functions
}

/// Checks all rules of an object. A rule that cannot be decided, because a value is missing or of another type, is a
/// violation, but for `decided_only`.
pub(super) fn check(root: &Node, object: &Value, old: Option<&Value>, decided_only: bool, found: &mut Vec<Violation>) {
    FUNCTIONS.with(|functions| Walk { functions, decided_only, found }.walk(root, object, old, Path::Root));
}

/// A walk over an object.
struct Walk<'a> {
    functions: &'a Context<'static>,
    decided_only: bool,
    found: &'a mut Vec<Violation>,
}

impl Walk<'_> {
    fn walk(&mut self, node: &Node, value: &Value, old: Option<&Value>, path: Path<'_>) {
        if !node.has_rules || value.is_null() {
            return;
        }
        // What did not change was admitted before; only rules that compare with the old value run again.
        let unchanged = old == Some(value);
        if unchanged && !node.has_transitions {
            return;
        }
        self.evaluate(node, value, old, unchanged, path);
        match value {
            Value::Object(map) => {
                for (key, member) in map {
                    if let Some((child, is_map_key)) = node.member(key) {
                        let below = if is_map_key { Path::Key(&path, key) } else { Path::Field(&path, key) };
                        let old_member = old.and_then(|old| old.get(key)).filter(|old| !old.is_null());
                        self.walk(child, member, old_member, below);
                    }
                }
            }
            Value::Array(list) => {
                let Some(items) = node.items.as_deref() else { return };
                for (index, element) in list.iter().enumerate() {
                    let old_element = node.old_element(element, old);
                    self.walk(items, element, old_element, Path::Index(&path, index));
                }
            }
            _ => {}
        }
    }

    fn evaluate(&mut self, node: &Node, value: &Value, old: Option<&Value>, unchanged: bool, path: Path<'_>) {
        let applies = |rule: &Rule| match &rule.compiled {
            Ok(rule) if rule.is_transition_rule => old.is_some() || rule.rule.optional_old_self == Some(true),
            Ok(_) | Err(_) => !unchanged,
        };
        if !node.rules.iter().any(applies) {
            return;
        }
        let is_root = matches!(path, Path::Root);
        let mut scope = self.functions.new_inner_scope();
        scope.add_variable_from_value("self", convert(node, value, is_root));
        let before = old.map(|old| convert(node, old, is_root));
        scope.add_variable_from_value("oldSelf", before.clone().unwrap_or(Cel::Null));
        // A rule that is asked for what is new as well has to ask whether there was anything.
        let mut may_be_new = scope.new_inner_scope();
        let before = before.map_or_else(OptionalValue::none, OptionalValue::of);
        may_be_new.add_variable_from_value("oldSelf", Cel::Opaque(Arc::new(before)));
        for rule in node.rules.iter().filter(|rule| applies(rule)) {
            match &rule.compiled {
                Ok(rule) if rule.rule.optional_old_self == Some(true) => self.run(rule, node, value, path, &may_be_new),
                Ok(rule) => self.run(rule, node, value, path, &scope),
                Err(error) => {
                    let detail = format!("rule compile error: {error}");
                    self.found.push(Violation::of_value(ViolationKind::Invalid, path, &type_name(node), &detail));
                }
            }
        }
    }

    fn run(&mut self, rule: &CompilationResult, node: &Node, value: &Value, path: Path<'_>, scope: &Context<'_>) {
        let text = rule.rule.message.as_deref().map_or(rule.rule.rule.trim(), str::trim);
        let problem = match rule.program.execute(scope) {
            Ok(Cel::Bool(true)) => return,
            Ok(Cel::Bool(false)) => None,
            Ok(_) => Some(format!("rule did not evaluate to bool: {text}")),
            Err(_) if self.decided_only => return,
            Err(error) => Some(format!("{error} evaluating rule: {text}")),
        };
        self.found.push(match problem {
            Some(detail) => Violation::of_value(ViolationKind::Invalid, path, &type_name(node), &detail),
            None => refusal(rule, value, path, scope),
        });
    }
}

/// What a rule says that is not met.
fn refusal(rule: &CompilationResult, value: &Value, path: Path<'_>, scope: &Context<'_>) -> Violation {
    let computed = rule.message_program.as_ref().and_then(|program| match program.execute(scope) {
        Ok(Cel::String(message)) if !message.trim().is_empty() => Some(message.trim().to_owned()),
        _ => None,
    });
    let detail = computed.unwrap_or_else(|| match &rule.rule.message {
        Some(message) => message.trim().to_owned(),
        None => format!("failed rule: {}", rule.rule.rule.trim()),
    });
    let at = match rule.rule.field_path.as_deref() {
        Some(field) if matches!(path, Path::Root) => field.trim_start_matches('.').to_owned(),
        Some(field) => format!("{path}.{}", field.trim_start_matches('.')),
        None if matches!(path, Path::Root) => NO_FIELD.to_owned(),
        None => path.to_string(),
    };
    match rule.rule.reason.as_deref() {
        Some("FieldValueRequired") => Violation::plain(ViolationKind::Required, at, &detail),
        Some("FieldValueForbidden") => Violation::plain(ViolationKind::Forbidden, at, &detail),
        reason => {
            let kind = if reason == Some("FieldValueDuplicate") { ViolationKind::Duplicate } else { ViolationKind::Rule };
            if matches!(value, Value::Object(_) | Value::Array(_)) {
                Violation::plain(kind, at, &detail)
            } else {
                Violation::of_value(kind, at, value, &detail)
            }
        }
    }
}

fn type_name(node: &Node) -> Value {
    Value::String(node.kind.map_or("", JsonType::name).to_owned())
}

/// The CEL value of a JSON value. Nulls in objects are absent, as on the server; the root shows of its metadata
/// only the name.
fn convert(node: &Node, value: &Value, is_root: bool) -> Cel {
    match value {
        Value::Null => Cel::Null,
        Value::Bool(flag) => Cel::Bool(*flag),
        Value::Number(number) => convert_number(node, number),
        Value::String(text) => convert_string(node, text),
        Value::Array(list) => {
            let items = node.items.as_deref();
            let elements = list.iter().map(|element| items.map_or_else(|| untyped(element), |node| convert(node, element, false)));
            Cel::List(Arc::new(elements.collect()))
        }
        Value::Object(map) => {
            let is_map = !matches!(node.additional, Additional::Closed);
            let mut members = HashMap::with_capacity(map.len());
            for (key, member) in map.iter().filter(|(_, member)| !member.is_null()) {
                let converted = if is_root && key == "metadata" {
                    root_metadata(member)
                } else {
                    node.member(key).map_or_else(|| untyped(member), |(child, _)| convert(child, member, false))
                };
                let name = if is_map { key.clone() } else { escape(key) };
                members.insert(Key::String(Arc::new(name)), converted);
            }
            Cel::Map(Map { map: Arc::new(members) })
        }
    }
}

fn convert_number(node: &Node, number: &serde_json::Number) -> Cel {
    if node.kind == Some(JsonType::Number) {
        return Cel::Float(number.as_f64().unwrap_or(f64::NAN));
    }
    number.as_i64().map_or_else(|| Cel::Float(number.as_f64().unwrap_or(f64::NAN)), Cel::Int)
}

fn convert_string(node: &Node, text: &str) -> Cel {
    if node.format.as_deref() == Some("date-time")
        && !node.int_or_string
        && let Ok(instant) = chrono::DateTime::parse_from_rfc3339(text)
    {
        return Cel::Timestamp(instant);
    }
    Cel::String(Arc::new(text.to_owned()))
}

fn untyped(value: &Value) -> Cel {
    match value {
        Value::Null => Cel::Null,
        Value::Bool(flag) => Cel::Bool(*flag),
        Value::Number(number) => number.as_i64().map_or_else(|| Cel::Float(number.as_f64().unwrap_or(f64::NAN)), Cel::Int),
        Value::String(text) => Cel::String(Arc::new(text.clone())),
        Value::Array(list) => Cel::List(Arc::new(list.iter().map(untyped).collect())),
        Value::Object(map) => {
            let present = map.iter().filter(|(_, member)| !member.is_null());
            let members = present.map(|(key, member)| (Key::String(Arc::new(key.clone())), untyped(member)));
            Cel::Map(Map { map: Arc::new(members.collect()) })
        }
    }
}

fn root_metadata(metadata: &Value) -> Cel {
    let visible = ["name", "generateName"].into_iter().filter_map(|key| {
        let text = metadata.get(key)?.as_str()?;
        Some((Key::String(Arc::new(key.to_owned())), Cel::String(Arc::new(text.to_owned()))))
    });
    Cel::Map(Map { map: Arc::new(visible.collect()) })
}

/// The words of CEL that cannot be field names as they are.
const RESERVED: [&str; 18] = [
    "true",
    "false",
    "null",
    "in",
    "as",
    "break",
    "const",
    "continue",
    "else",
    "for",
    "function",
    "if",
    "import",
    "let",
    "loop",
    "package",
    "namespace",
    "return",
];

/// The name under which a rule sees a property.
fn escape(name: &str) -> String {
    if RESERVED.contains(&name) || ["var", "void", "while"].contains(&name) {
        return format!("__{name}__");
    }
    if !name.contains(['_', '.', '-', '/']) {
        return name.to_owned();
    }
    let mut escaped = String::with_capacity(name.len() * 2);
    let mut rest = name;
    while let Some(character) = rest.chars().next() {
        let (replacement, length) = match character {
            '_' if rest.starts_with("__") => ("__underscores__", 2),
            '.' => ("__dot__", 1),
            '-' => ("__dash__", 1),
            '/' => ("__slash__", 1),
            other => {
                escaped.push(other);
                rest = &rest[other.len_utf8()..];
                continue;
            }
        };
        escaped.push_str(replacement);
        rest = &rest[length..];
    }
    escaped
}
