//! What happens to an object before it is checked: pruning and defaults.

use serde_json::Value;

use super::node::{Additional, Node};
use super::violation::Path;

/// The members of every resource that no schema needs to name.
const RESOURCE_FIELDS: [&str; 3] = ["apiVersion", "kind", "metadata"];

/// Removes what the schema does not know and collects its paths. Without a node nothing below is known.
pub(super) fn prune(value: &mut Value, node: Option<&Node>, path: Path<'_>, unknown: &mut Vec<String>) {
    match value {
        Value::Object(map) => map.retain(|key, member| {
            let Some(node) = node else {
                unknown.push(Path::Field(&path, key).to_string());
                return false;
            };
            if node.embedded && RESOURCE_FIELDS.contains(&key.as_str()) {
                return true;
            }
            let below = Path::Field(&path, key);
            if let Some((child, _)) = node.member(key) {
                prune(member, Some(child), below, unknown);
                return true;
            }
            match node.additional {
                _ if node.preserve => true,
                Additional::Any => {
                    prune(member, None, below, unknown);
                    true
                }
                Additional::Closed | Additional::Schema(_) => {
                    unknown.push(below.to_string());
                    false
                }
            }
        }),
        Value::Array(list) => {
            let items = node.and_then(|node| node.items.as_deref());
            if items.is_none() && node.is_some_and(|node| node.preserve) {
                return;
            }
            for (index, element) in list.iter_mut().enumerate() {
                prune(element, items, Path::Index(&path, index), unknown);
            }
        }
        _ => {}
    }
}

/// Fills in defaults. A null that the schema does not allow counts as absent: it takes the default, or goes.
pub(super) fn defaults(value: &mut Value, node: &Node) {
    match value {
        Value::Object(map) => {
            for (name, child) in &node.properties {
                match map.get(name) {
                    Some(Value::Null) if !child.nullable => match &child.default {
                        Some(default) => {
                            map.insert(name.clone(), default.clone());
                        }
                        None => {
                            map.remove(name);
                        }
                    },
                    None => {
                        if let Some(default) = &child.default {
                            map.insert(name.clone(), default.clone());
                        }
                    }
                    Some(_) => {}
                }
            }
            for (key, member) in map.iter_mut() {
                if let Some((child, is_map_key)) = node.member(key) {
                    if is_map_key
                        && member.is_null()
                        && !child.nullable
                        && let Some(default) = &child.default
                    {
                        *member = default.clone();
                    }
                    defaults(member, child);
                }
            }
            if let Additional::Schema(child) = &node.additional
                && !child.nullable
            {
                map.retain(|key, member| !member.is_null() || node.properties.contains_key(key));
            }
        }
        Value::Array(list) => {
            let Some(items) = node.items.as_deref() else { return };
            for element in list {
                if element.is_null()
                    && !items.nullable
                    && let Some(default) = &items.default
                {
                    *element = default.clone();
                }
                defaults(element, items);
            }
        }
        _ => {}
    }
}
