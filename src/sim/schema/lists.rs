//! Sets and list maps: no element or key may occur twice.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::node::{ListType, Node};
use super::violation::{Path, Violation, ViolationKind};

/// Checks every set and list map at and below `value`.
pub(super) fn check(node: &Node, value: &Value, path: Path<'_>, found: &mut Vec<Violation>) {
    if !node.has_keyed_lists {
        return;
    }
    match value {
        Value::Object(map) => {
            for (key, member) in map {
                if let Some((child, is_map_key)) = node.member(key) {
                    let below = if is_map_key { Path::Key(&path, key) } else { Path::Field(&path, key) };
                    check(child, member, below, found);
                }
            }
        }
        Value::Array(list) => {
            match &node.list {
                ListType::Atomic => {}
                ListType::Set => {
                    for index in repeated(list.iter().map(Value::to_string)) {
                        let at = Path::Index(&path, index);
                        found.push(Violation::of_value(ViolationKind::Duplicate, at, &list[index], ""));
                    }
                }
                ListType::Map(keys) => check_map(keys, list, path, found),
            }
            if let Some(items) = node.items.as_deref() {
                for (index, element) in list.iter().enumerate() {
                    check(items, element, Path::Index(&path, index), found);
                }
            }
        }
        _ => {}
    }
}

fn check_map(keys: &[String], list: &[Value], path: Path<'_>, found: &mut Vec<Violation>) {
    let key_of = |element: &Value| {
        let present = keys.iter().filter_map(|key| Some((key.clone(), element.get(key)?.clone())));
        Value::Object(present.collect::<Map<String, Value>>())
    };
    for index in repeated(list.iter().map(|element| key_of(element).to_string())) {
        let at = Path::Index(&path, index);
        found.push(Violation::of_value(ViolationKind::Duplicate, at, &key_of(&list[index]), ""));
    }
}

/// The index at which each repeated element occurs for the second time.
fn repeated(elements: impl Iterator<Item = String>) -> Vec<usize> {
    let mut seen: HashMap<String, usize> = HashMap::new();
    let mut second = Vec::new();
    for (index, element) in elements.enumerate() {
        let times = seen.entry(element).or_insert(0);
        *times += 1;
        if *times == 2 {
            second.push(index);
        }
    }
    second
}
