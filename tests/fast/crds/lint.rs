//! The rules of the house for definitions: everything is bounded, explained and of a type that survives JSON.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

/// Short names that `kubectl` already knows; ours would hide them or be hidden.
const TAKEN: [&str; 27] = [
    "cj", "cm", "crd", "cs", "csr", "deploy", "ds", "ep", "ev", "hpa", "ing", "limits", "netpol", "no", "ns", "pc", "pdb", "po", "pv",
    "pvc", "quota", "rc", "rs", "sa", "sc", "sts", "svc",
];

/// What the programs keep for themselves, by the thousand: `kubectl get tenure` does not list it.
const BOOKS: [&str; 6] = ["DirectorySnapshot", "ExtensionCall", "OccurrenceLedger", "RunSlice", "TenantKey", "TenantLedger"];

/// The words of a schema that the rules below understand. Another one needs a thought before it is used.
const KNOWN: [&str; 22] = [
    // Which of two forms an item has; members are named beside it, as the API server wants.
    "anyOf",
    "additionalProperties",
    "default",
    "description",
    "enum",
    "format",
    "items",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minItems",
    "minLength",
    "minimum",
    "pattern",
    "properties",
    "required",
    "title",
    "type",
    "x-kubernetes-list-map-keys",
    "x-kubernetes-list-type",
    "x-kubernetes-validations",
];

/// Everything that is wrong with the definitions.
pub fn check(definitions: &[(String, Value)]) -> Vec<String> {
    let mut complaints = Vec::new();
    let mut names: BTreeMap<String, String> = TAKEN.map(|name| (name.to_owned(), "Kubernetes".to_owned())).into();
    for (_, definition) in definitions {
        let spec = &definition["spec"];
        let kind = spec["names"]["kind"].as_str().unwrap_or("?");
        let mut say = |text: String| complaints.push(format!("{kind}: {text}"));
        if spec["scope"] != "Namespaced" {
            say("is not namespaced".to_owned());
        }
        let category = if BOOKS.contains(&kind) { "tenure-all" } else { "tenure" };
        if spec["names"]["categories"] != json!([category]) {
            say(format!("is not of the category {category}"));
        }
        let own = spec["names"]["shortNames"].as_array().into_iter().flatten();
        for name in own.chain([&spec["names"]["plural"], &spec["names"]["singular"]]) {
            if let Some(other) = names.insert(name.as_str().unwrap_or("?").to_owned(), kind.to_owned()) {
                say(format!("the name {name} belongs to {other}"));
            }
        }
        let version = &spec["versions"][0];
        let schema = &version["schema"]["openAPIV3Schema"];
        if schema["properties"]["status"].is_object() != version["subresources"]["status"].is_object() {
            say("a status goes with its subresource".to_owned());
        }
        if version["additionalPrinterColumns"].as_array().is_none_or(Vec::is_empty) {
            say("has no printer columns".to_owned());
        }
        let mut found = Vec::new();
        node(schema, "", &mut found);
        complaints.extend(found.into_iter().map(|text| format!("{kind}{text}")));
    }
    complaints
}

fn node(schema: &Value, path: &str, found: &mut Vec<String>) {
    let Some(schema) = schema.as_object() else {
        found.push(format!("{path}: is not a schema"));
        return;
    };
    let mut say = |text: &str| found.push(format!("{path}: {text}"));
    for word in schema.keys().filter(|word| !KNOWN.contains(&word.as_str())) {
        say(&format!("{word} is not used in this house"));
    }
    for rule in schema.get("x-kubernetes-validations").and_then(Value::as_array).into_iter().flatten() {
        if rule["message"].as_str().is_none_or(str::is_empty) {
            say("a rule has no message");
        }
    }
    match schema.get("type").and_then(Value::as_str) {
        Some("string") => string(schema, &mut say),
        Some("integer") => {
            if !["int32", "int64"].map(Value::from).iter().any(|format| schema.get("format") == Some(format)) {
                say("an integer is int32 or int64");
            }
        }
        Some("boolean") => {}
        Some("array") => {
            if !schema.contains_key("maxItems") {
                say("a list has maxItems");
            }
            node(schema.get("items").unwrap_or(&Value::Null), &format!("{path}[]"), found);
        }
        Some("object") => object(schema, path, found),
        other => say(&format!("the type {other:?} is not used in this house")),
    }
}

fn string(schema: &Map<String, Value>, say: &mut impl FnMut(&str)) {
    let bounded = ["maxLength", "enum"].iter().any(|word| schema.contains_key(*word));
    match schema.get("format").and_then(Value::as_str) {
        None if !bounded => say("a string has maxLength, enum or the format date-time"),
        Some("date-time") if !schema.contains_key("pattern") => say("a date-time has a pattern: the format admits more than our type"),
        None | Some("date-time") => {}
        Some(format) => say(&format!("the format {format} is not used in this house")),
    }
    if schema.get("enum").and_then(Value::as_array).is_some_and(|values| !values.iter().all(Value::is_string)) {
        say("a value of an enum is not a string");
    }
}

fn object(schema: &Map<String, Value>, path: &str, found: &mut Vec<String>) {
    for (name, property) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
        let path = format!("{path}.{name}");
        if property["description"].as_str().is_none_or(|text| text.trim().is_empty()) {
            found.push(format!("{path}: a field has a description"));
        }
        if name == "conditions" && property["x-kubernetes-list-type"] != "map" {
            found.push(format!("{path}: conditions are a map list"));
        }
        node(property, &path, found);
    }
    if let Some(values) = schema.get("additionalProperties") {
        if !schema.contains_key("maxProperties") {
            found.push(format!("{path}: a map has maxProperties"));
        }
        node(values, &format!("{path}{{}}"), found);
    }
}

#[test]
fn each_broken_rule_is_noticed() {
    let broken = [
        (json!({"type": "string"}), "a string has maxLength"),
        (json!({"type": "string", "format": "uuid"}), "the format uuid is not used"),
        (json!({"type": "string", "enum": ["a", null]}), "a value of an enum is not a string"),
        (json!({"type": "integer"}), "an integer is int32 or int64"),
        (json!({"type": "integer", "format": "uint32"}), "an integer is int32 or int64"),
        (json!({"type": "number", "format": "double"}), "the type Some(\"number\") is not used"),
        (json!({"type": "boolean", "nullable": true}), "nullable is not used"),
        (json!({"type": "array", "items": {"type": "boolean"}}), "a list has maxItems"),
        (json!({"type": "array", "maxItems": 1, "items": {"type": "string"}}), "[]: a string has maxLength"),
        (json!({"type": "array", "maxItems": 1}), "[]: is not a schema"),
        (json!({"type": "object", "properties": {"a": {"type": "boolean"}}}), ".a: a field has a description"),
        (json!({"type": "object", "additionalProperties": {"type": "boolean"}}), "a map has maxProperties"),
        (json!({"type": "object", "maxProperties": 1, "additionalProperties": true}), "{}: is not a schema"),
        (json!({"type": "boolean", "x-kubernetes-validations": [{"rule": "self"}]}), "a rule has no message"),
        (json!({"x-kubernetes-preserve-unknown-fields": true}), "the type None is not used"),
    ];
    for (schema, complaint) in broken {
        let mut found = Vec::new();
        node(&schema, "", &mut found);
        assert!(found.iter().any(|text| text.contains(complaint)), "{schema}: {found:?} lacks `{complaint}`");
    }
    let names = json!({"spec": {"scope": "Cluster", "names": {"kind": "Pod", "plural": "pods", "singular": "pod", "shortNames": ["po"]}}});
    let found = check(&[("pods".to_owned(), names)]).join("\n");
    for complaint in ["is not namespaced", "category tenure", "the name \"po\" belongs to Kubernetes", "no printer columns"] {
        assert!(found.contains(complaint), "{found} lacks `{complaint}`");
    }
}
