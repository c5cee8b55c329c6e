//! Every CEL rule of the definitions, and whether the table has cases for it.

use std::collections::BTreeSet;

use serde_json::Value;

use super::case::{Case, Expected};
use super::local::Local;

/// One rule, where it stands.
#[derive(Debug)]
pub struct Rule {
    kind: String,
    /// Names of members from the root on; `[]` for the elements of a list.
    path: Vec<String>,
    /// The field that its complaint names, with `[]` for an index.
    complaint: String,
    message: String,
    /// It compares with the stored object.
    is_transition: bool,
}

impl std::fmt::Display for Rule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}: {}", self.kind, join(&self.path), self.message)
    }
}

fn join(path: &[String]) -> String {
    path.join(".").replace(".[]", "[]")
}

/// Finds every rule.
pub fn all(definitions: &[(String, Value)]) -> Vec<Rule> {
    let mut rules = Vec::new();
    for (_, definition) in definitions {
        let kind = definition["spec"]["names"]["kind"].as_str().expect("a definition names its kind");
        let schema = &definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"];
        collect(kind, schema, &mut Vec::new(), &mut rules);
    }
    rules
}

fn collect(kind: &str, schema: &Value, path: &mut Vec<String>, rules: &mut Vec<Rule>) {
    for rule in schema["x-kubernetes-validations"].as_array().into_iter().flatten() {
        let field = rule["fieldPath"].as_str().unwrap_or_default();
        let complaint = format!("{}{field}", join(path)).trim_start_matches('.').to_owned();
        rules.push(Rule {
            kind: kind.to_owned(),
            path: path.clone(),
            complaint: if complaint.is_empty() { "<nil>".to_owned() } else { complaint },
            message: rule["message"].as_str().unwrap_or_else(|| panic!("{kind}: {rule} has no message")).to_owned(),
            // What is asked for a new object as well needs no stored one.
            is_transition: rule["rule"].as_str().is_some_and(|text| text.contains("oldSelf")) && rule["optionalOldSelf"] != true,
        });
    }
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        path.push(name.clone());
        collect(kind, property, path, rules);
        path.pop();
    }
    if schema["items"].is_object() {
        path.push("[]".to_owned());
        collect(kind, &schema["items"], path, rules);
        path.pop();
    }
    assert!(
        schema["additionalProperties"]["x-kubernetes-validations"].is_null(),
        "{kind} {path:?}: rules of map values are not looked for here"
    );
}

/// The rules without a case that they refuse, or without one that they are asked about and accept.
pub fn without_cases(rules: &[Rule], table: &[Case], local: &Local) -> Vec<String> {
    let mut fired = BTreeSet::new();
    for case in table {
        // Only what the case is about counts, not what the object is refused for as well.
        let Expected::Refused(words) = &case.expected else { continue };
        for (path, message) in local.answer(case).err().into_iter().flatten() {
            if message.contains(words.as_str()) {
                fired.insert((case.kind.to_owned(), without_indices(&path), message));
            }
        }
    }
    let mut without = Vec::new();
    for rule in rules {
        let refuses =
            fired.iter().any(|(kind, path, message)| *kind == rule.kind && *path == rule.complaint && message.contains(&rule.message));
        if !refuses {
            without.push(format!("{rule}: no case that it refuses"));
        }
        let accepts = table.iter().any(|case| {
            case.kind == rule.kind
                && matches!(case.expected, Expected::Accepted)
                && is_there(&case.object, &rule.path)
                && (!rule.is_transition || case.before.as_ref().is_some_and(|before| is_there(before, &rule.path)))
        });
        if !accepts {
            without.push(format!("{rule}: no case that it accepts"));
        }
    }
    without
}

/// `spec.tasks[3].name` as `spec.tasks[].name`.
fn without_indices(path: &str) -> String {
    let mut result = String::new();
    let mut is_index = false;
    for character in path.chars() {
        is_index &= character != ']';
        if !is_index {
            result.push(character);
        }
        is_index |= character == '[';
    }
    result
}

fn is_there(value: &Value, path: &[String]) -> bool {
    let Some((first, rest)) = path.split_first() else { return !value.is_null() };
    match value {
        Value::Array(list) if first == "[]" => list.iter().any(|element| is_there(element, rest)),
        Value::Object(map) => map.get(first).is_some_and(|member| is_there(member, rest)),
        _ => false,
    }
}
