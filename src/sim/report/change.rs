//! What applying a document changed.

use serde_json::Value;

use super::timeline::FieldChange;

/// More characters of a value are cut: a report names a change, it does not print the object.
const LONGEST: usize = 80;

/// The fields of `spec` that differ, in the order of their paths.
pub(super) fn changes(before: &Value, after: &Value) -> Vec<FieldChange> {
    let mut found = Vec::new();
    compare("", &before["spec"], &after["spec"], &mut found);
    found
}

fn compare(path: &str, before: &Value, after: &Value, found: &mut Vec<FieldChange>) {
    if before == after {
        return;
    }
    if let (Value::Object(old), Value::Object(new)) = (before, after) {
        let mut names: Vec<&String> = old.keys().chain(new.keys()).collect();
        names.sort_unstable();
        names.dedup();
        for name in names {
            let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            compare(&path, &before[name.as_str()], &after[name.as_str()], found);
        }
        return;
    }
    found.push(FieldChange { field: path.to_owned(), before: text(before), after: text(after) });
}

fn text(value: &Value) -> Option<String> {
    let text = match value {
        Value::Null => return None,
        Value::String(text) => text.clone(),
        Value::Array(items) if items.iter().all(Value::is_object) => count(items.len()),
        Value::Array(items) => items.iter().filter_map(text).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    };
    if text.chars().count() <= LONGEST {
        return Some(text);
    }
    Some(text.chars().take(LONGEST).chain("...".chars()).collect())
}

fn count(items: usize) -> String {
    if items == 1 { "1 entry".to_owned() } else { format!("{items} entries") }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::changes;

    #[test]
    fn a_change_says_field_before_and_after() {
        let before =
            json!({"spec": {"department": "Sales", "manager": "omar", "org": {"division": "A", "costCenter": "1"}, "tasks": [{}]}});
        let after =
            json!({"spec": {"department": "Engineering", "org": {"division": "B", "costCenter": "1"}, "mail": "x", "tasks": [{}, {}]}});
        let found = changes(&before, &after);
        let told: Vec<_> = found.iter().map(|change| (change.field.as_str(), change.before.as_deref(), change.after.as_deref())).collect();
        let wanted = [
            ("department", Some("Sales"), Some("Engineering")),
            ("mail", None, Some("x")),
            ("manager", Some("omar"), None),
            ("org.division", Some("A"), Some("B")),
            ("tasks", Some("1 entry"), Some("2 entries")),
        ];
        assert_eq!(told, wanted);
    }
}
