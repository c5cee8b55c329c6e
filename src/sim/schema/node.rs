//! The schema as a tree of nodes, with everything that can be prepared once.

use std::collections::BTreeMap;

use regex::Regex;
use serde_json::Value;

use super::rule::Rule;
use super::violation::JsonType;

impl JsonType {
    fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "object" => Self::Object,
            "array" => Self::Array,
            "string" => Self::String,
            "integer" => Self::Integer,
            "number" => Self::Number,
            "boolean" => Self::Boolean,
            _ => return None,
        })
    }
}

/// Which further keys an object may have.
#[derive(Debug)]
pub(super) enum Additional {
    /// None: they are pruned.
    Closed,
    /// Any scalar.
    Any,
    /// What this node describes.
    Schema(Box<Node>),
}

/// How the elements of a list are identified.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum ListType {
    Atomic,
    Set,
    Map(Vec<String>),
}

/// A pattern, or why it cannot be used.
#[derive(Debug)]
pub(super) struct Pattern {
    pub text: String,
    pub regex: Result<Regex, String>,
}

/// Bounds of a value; `None` is unbounded. Lengths count characters, items or properties.
#[derive(Debug, Default)]
pub(super) struct Bounds {
    pub minimum: Option<f64>,
    pub maximum: Option<f64>,
    pub exclusive_minimum: bool,
    pub exclusive_maximum: bool,
    pub multiple_of: Option<f64>,
    pub min_length: Option<usize>,
    pub max_length: Option<usize>,
    pub min_items: Option<usize>,
    pub max_items: Option<usize>,
    pub min_properties: Option<usize>,
    pub max_properties: Option<usize>,
}

/// One node of the schema.
#[expect(clippy::struct_excessive_bools, reason = "independent properties that a schema states one by one")]
#[derive(Debug)]
pub(super) struct Node {
    pub kind: Option<JsonType>,
    pub nullable: bool,
    pub int_or_string: bool,
    pub preserve: bool,
    pub embedded: bool,
    pub properties: BTreeMap<String, Node>,
    pub additional: Additional,
    pub items: Option<Box<Node>>,
    pub required: Vec<String>,
    pub enumeration: Vec<Value>,
    pub pattern: Option<Pattern>,
    pub format: Option<String>,
    pub bounds: Bounds,
    pub all_of: Vec<Node>,
    pub any_of: Vec<Node>,
    pub one_of: Vec<Node>,
    pub not: Option<Box<Node>>,
    pub list: ListType,
    pub default: Option<Value>,
    pub rules: Vec<Rule>,
    /// Whether this node or one below it has rules.
    pub has_rules: bool,
    /// Whether this node or one below it has a rule about the old value.
    pub has_transitions: bool,
    /// Whether a list below (or here) is a set or a map.
    pub has_keyed_lists: bool,
}

impl Node {
    pub(super) fn compile(schema: &Value) -> Self {
        let flag = |key: &str| schema.get(key).and_then(Value::as_bool).unwrap_or(false);
        let branches = |key: &str| -> Vec<Node> {
            let list = schema.get(key).and_then(Value::as_array);
            list.map(|list| list.iter().map(Node::compile).collect()).unwrap_or_default()
        };
        let boxed = |key: &str| schema.get(key).map(|node| Box::new(Node::compile(node)));
        let mut node = Self {
            kind: schema.get("type").and_then(Value::as_str).and_then(JsonType::parse),
            nullable: flag("nullable"),
            int_or_string: flag("x-kubernetes-int-or-string"),
            preserve: flag("x-kubernetes-preserve-unknown-fields"),
            embedded: flag("x-kubernetes-embedded-resource"),
            properties: compile_properties(schema),
            additional: match schema.get("additionalProperties") {
                None | Some(Value::Bool(false)) => Additional::Closed,
                Some(Value::Object(_)) => Additional::Schema(Box::new(Node::compile(&schema["additionalProperties"]))),
                Some(_) => Additional::Any,
            },
            items: boxed("items"),
            required: strings(schema.get("required")),
            enumeration: schema.get("enum").and_then(Value::as_array).cloned().unwrap_or_default(),
            pattern: schema
                .get("pattern")
                .and_then(Value::as_str)
                .map(|text| Pattern { text: text.to_owned(), regex: Regex::new(text).map_err(|error| error.to_string()) }),
            format: schema.get("format").and_then(Value::as_str).map(str::to_owned),
            bounds: compile_bounds(schema),
            all_of: branches("allOf"),
            any_of: branches("anyOf"),
            one_of: branches("oneOf"),
            not: boxed("not"),
            list: match schema.get("x-kubernetes-list-type").and_then(Value::as_str) {
                Some("set") => ListType::Set,
                Some("map") => ListType::Map(strings(schema.get("x-kubernetes-list-map-keys"))),
                _ => ListType::Atomic,
            },
            default: schema.get("default").filter(|value| !value.is_null()).cloned(),
            rules: Rule::compile_all(schema),
            has_rules: false,
            has_transitions: false,
            has_keyed_lists: false,
        };
        node.summarise();
        node
    }

    fn summarise(&mut self) {
        let mut rules = !self.rules.is_empty();
        let mut transitions = self.rules.iter().any(Rule::is_transition);
        let mut keyed = self.list != ListType::Atomic;
        for child in self.children() {
            rules |= child.has_rules;
            transitions |= child.has_transitions;
            keyed |= child.has_keyed_lists;
        }
        self.has_rules = rules;
        self.has_transitions = transitions;
        self.has_keyed_lists = keyed;
    }

    fn children(&self) -> impl Iterator<Item = &Node> {
        let additional = match &self.additional {
            Additional::Schema(node) => Some(&**node),
            Additional::Closed | Additional::Any => None,
        };
        self.properties.values().chain(self.items.as_deref()).chain(additional)
    }

    /// The node that describes the value under `key`, and whether `key` is a map key rather than a property.
    pub(super) fn member(&self, key: &str) -> Option<(&Node, bool)> {
        if let Some(node) = self.properties.get(key) {
            return Some((node, false));
        }
        match &self.additional {
            Additional::Schema(node) => Some((node, true)),
            Additional::Closed | Additional::Any => None,
        }
    }

    /// The element of `old` that corresponds to `element`: only lists that are maps tell which one that is.
    pub(super) fn old_element<'a>(&self, element: &Value, old: Option<&'a Value>) -> Option<&'a Value> {
        let ListType::Map(keys) = &self.list else { return None };
        let old = old?.as_array()?;
        old.iter().find(|candidate| keys.iter().all(|key| candidate.get(key) == element.get(key)))
    }
}

fn compile_properties(schema: &Value) -> BTreeMap<String, Node> {
    let properties = schema.get("properties").and_then(Value::as_object);
    let compiled = properties.map(|map| map.iter().map(|(name, node)| (name.clone(), Node::compile(node))).collect());
    compiled.unwrap_or_default()
}

fn compile_bounds(schema: &Value) -> Bounds {
    let number = |key: &str| schema.get(key).and_then(Value::as_f64);
    let count = |key: &str| schema.get(key).and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok());
    let flag = |key: &str| schema.get(key).and_then(Value::as_bool).unwrap_or(false);
    Bounds {
        minimum: number("minimum"),
        maximum: number("maximum"),
        exclusive_minimum: flag("exclusiveMinimum"),
        exclusive_maximum: flag("exclusiveMaximum"),
        multiple_of: number("multipleOf"),
        min_length: count("minLength"),
        max_length: count("maxLength"),
        min_items: count("minItems"),
        max_items: count("maxItems"),
        min_properties: count("minProperties"),
        max_properties: count("maxProperties"),
    }
}

fn strings(list: Option<&Value>) -> Vec<String> {
    let list = list.and_then(Value::as_array);
    let strings = list.map(|list| list.iter().filter_map(Value::as_str).map(str::to_owned).collect());
    strings.unwrap_or_default()
}
