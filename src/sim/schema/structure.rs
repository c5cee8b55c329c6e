//! The structure of an object: types, bounds, patterns, required and enumerated values.

use std::fmt::Display;
use std::sync::LazyLock;

use regex::Regex;
use serde_json::{Number, Value};

use crate::api::DATE_TIME;

use super::node::Node;
use super::violation::{JsonType, Path, ValueType, Violation, ViolationKind};

/// Checks `value` and everything below it. What equals its old value is not held against an update.
pub(super) fn check(node: &Node, value: &Value, old: Option<&Value>, path: Path<'_>, found: &mut Vec<Violation>) {
    if old == Some(value) {
        return;
    }
    if !check_type(node, value, path, found) {
        return;
    }
    check_enumeration(node, value, path, found);
    match value {
        Value::String(text) => check_string(node, value, text, path, found),
        Value::Number(number) => check_number(node, value, number, path, found),
        Value::Array(list) => check_array(node, list, old, path, found),
        Value::Object(_) => check_object(node, value, old, path, found),
        Value::Null | Value::Bool(_) => {}
    }
    check_branches(node, value, path, found);
}

fn invalid(path: Path<'_>, value: &Value, claim: impl Display, found: &mut Vec<Violation>) {
    let detail = format!("{path} in body {claim}");
    found.push(Violation::of_value(ViolationKind::Invalid, path, value, &detail));
}

fn check_type(node: &Node, value: &Value, path: Path<'_>, found: &mut Vec<Violation>) -> bool {
    let actual = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_i64() || number.is_u64() => "integer",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let wanted = match node.kind {
        _ if node.int_or_string => ValueType::IntegerOrString,
        Some(json) => ValueType::Json(json),
        None => return true,
    };
    let fits = match value {
        Value::Null => node.nullable,
        Value::Number(number) if node.int_or_string || node.kind == Some(JsonType::Integer) => is_integral(number),
        Value::Number(_) => node.kind == Some(JsonType::Number),
        Value::String(_) if node.int_or_string => true,
        Value::Object(_) => node.kind == Some(JsonType::Object),
        Value::Array(_) => node.kind == Some(JsonType::Array),
        Value::String(_) => node.kind == Some(JsonType::String),
        Value::Bool(_) => node.kind == Some(JsonType::Boolean),
    };
    if !fits {
        let detail = format!("{path} in body must be of type {wanted}: \"{actual}\"");
        let shown = Value::String(actual.to_owned());
        found.push(Violation::of_value(ViolationKind::TypeInvalid { wanted }, path, &shown, &detail));
    }
    fits
}

fn is_integral(number: &Number) -> bool {
    // What no whole number of the server holds is a float to it, and of those only these are whole.
    number.is_i64() || number.as_f64().is_some_and(|float| float.fract() == 0.0 && float.abs() <= 9_007_199_254_740_991.0)
}

fn check_enumeration(node: &Node, value: &Value, path: Path<'_>, found: &mut Vec<Violation>) {
    if node.enumeration.is_empty() || node.enumeration.contains(value) {
        return;
    }
    let allowed: Vec<String> = node
        .enumeration
        .iter()
        .map(|allowed| match allowed {
            Value::String(text) => format!("{text:?}"),
            other => format!("{:?}", other.to_string()),
        })
        .collect();
    let detail = format!("supported values: {}", allowed.join(", "));
    found.push(Violation::of_value(ViolationKind::NotSupported, path, value, &detail));
}

fn check_string(node: &Node, value: &Value, text: &str, path: Path<'_>, found: &mut Vec<Violation>) {
    let bounds = &node.bounds;
    // A string has at most as many characters as bytes: counting is only needed for long ones.
    if let Some(max) = bounds.max_length
        && text.len() > max
        && text.chars().count() > max
    {
        let unit = if max == 1 { "byte" } else { "bytes" };
        let detail = format!("may not be more than {max} {unit}");
        found.push(Violation::plain(ViolationKind::TooLong, path, &detail));
    }
    if let Some(min) = bounds.min_length
        && text.chars().count() < min
    {
        invalid(path, value, format_args!("should be at least {min} chars long"), found);
    }
    if let Some(pattern) = &node.pattern {
        match &pattern.regex {
            Ok(regex) if regex.is_match(text) => {}
            Ok(_) => {
                let kind = if pattern.text == DATE_TIME { ViolationKind::NoInstant } else { ViolationKind::Invalid };
                let detail = format!("{path} in body should match '{}'", pattern.text);
                found.push(Violation::of_value(kind, path, value, &detail));
            }
            Err(error) => {
                let claim = format!("should match '{}, but pattern is invalid: {error}'", pattern.text);
                invalid(path, value, claim, found);
            }
        }
    }
    if let Some(wanted) = node.format.as_deref().and_then(|format| unmet_format(format, text)) {
        let detail = format!("{path} in body must be of type {wanted}: {value}");
        found.push(Violation::of_value(ViolationKind::TypeInvalid { wanted }, path, value, &detail));
    }
}

/// The format if it is one of those that are checked here and `text` has not got it; of others nothing is said.
fn unmet_format(format: &str, text: &str) -> Option<ValueType> {
    let (format, is_met) = match format {
        "date-time" => (ValueType::Instant, is_date_time(text)),
        "datetime" => (ValueType::Format("datetime"), is_date_time(text)),
        "date" => (ValueType::Format("date"), is_date(text)),
        "uuid" => {
            let groups: Vec<&str> = text.split('-').collect();
            let is_met = groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
                && groups.iter().all(|group| group.bytes().all(|byte| byte.is_ascii_hexdigit()));
            (ValueType::Format("uuid"), is_met)
        }
        _ => return None,
    };
    (!is_met).then_some(format)
}

/// Whether the server takes the text for a day.
fn is_date(text: &str) -> bool {
    let has_shape = text.len() == 10
        && text.bytes().enumerate().all(|(place, byte)| if place == 4 || place == 7 { byte == b'-' } else { byte.is_ascii_digit() });
    has_shape && chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d").is_ok()
}

/// Whether the server takes the text for a date-time: it looks at a day and at what stands between the first and the second `t`,
/// with any character before a fraction and any digits for an offset.
fn is_date_time(text: &str) -> bool {
    static CLOCK: LazyLock<Result<Regex, regex::Error>> =
        LazyLock::new(|| Regex::new("^([0-9]{2}):([0-9]{2}):([0-9]{2})(.[0-9]+)?(z|([+-][0-9]{2}:[0-9]{2}))$"));
    let text = text.to_lowercase();
    let mut parts = text.split('t');
    let (Some(day), Some(clock), Ok(form)) = (parts.next(), parts.next(), &*CLOCK) else { return false };
    let Some(found) = form.captures(clock).filter(|_| is_date(day)) else { return false };
    &found[1] <= "23" && &found[2] <= "59" && &found[3] <= "59"
}

fn check_number(node: &Node, value: &Value, number: &Number, path: Path<'_>, found: &mut Vec<Violation>) {
    let bounds = &node.bounds;
    if node.format.as_deref() == Some("int32") && number.as_i64().is_none_or(|n| i32::try_from(n).is_err()) {
        invalid(path, value, "must be of type int32", found);
    }
    let Some(float) = number.as_f64() else { return };
    if let Some(max) = bounds.maximum {
        let wrong = if bounds.exclusive_maximum { float >= max } else { float > max };
        if wrong {
            let claim = if bounds.exclusive_maximum { "less than" } else { "less than or equal to" };
            invalid(path, value, format_args!("should be {claim} {max}"), found);
        }
    }
    if let Some(min) = bounds.minimum {
        let wrong = if bounds.exclusive_minimum { float <= min } else { float < min };
        if wrong {
            let claim = if bounds.exclusive_minimum { "greater than" } else { "greater than or equal to" };
            invalid(path, value, format_args!("should be {claim} {min}"), found);
        }
    }
    if let Some(factor) = bounds.multiple_of
        && factor > 0.0
        && (float / factor).fract() != 0.0
    {
        invalid(path, value, format_args!("should be a multiple of {factor}"), found);
    }
}

fn too_many(count: usize, max: usize, path: Path<'_>, found: &mut Vec<Violation>) {
    let unit = if max == 1 { "item" } else { "items" };
    let detail = format!("must have at most {max} {unit}");
    found.push(Violation::of_value(ViolationKind::TooMany, path, &Value::from(count), &detail));
}

fn check_array(node: &Node, list: &[Value], old: Option<&Value>, path: Path<'_>, found: &mut Vec<Violation>) {
    if let Some(max) = node.bounds.max_items
        && list.len() > max
    {
        too_many(list.len(), max, path, found);
    }
    if let Some(min) = node.bounds.min_items
        && list.len() < min
    {
        invalid(path, &Value::from(list.len()), format_args!("should have at least {min} items"), found);
    }
    let Some(items) = node.items.as_deref() else { return };
    for (index, element) in list.iter().enumerate() {
        let old_element = node.old_element(element, old);
        check(items, element, old_element, Path::Index(&path, index), found);
    }
}

fn check_object(node: &Node, value: &Value, old: Option<&Value>, path: Path<'_>, found: &mut Vec<Violation>) {
    let Some(map) = value.as_object() else { return };
    if let Some(max) = node.bounds.max_properties
        && map.len() > max
    {
        too_many(map.len(), max, path, found);
    }
    if let Some(min) = node.bounds.min_properties
        && map.len() < min
    {
        invalid(path, &Value::from(map.len()), format_args!("should have at least {min} properties"), found);
    }
    for name in &node.required {
        if !map.contains_key(name) {
            found.push(Violation::plain(ViolationKind::Required, Path::Field(&path, name), ""));
        }
    }
    for (key, member) in map {
        if let Some((child, _)) = node.member(key) {
            let old_member = old.and_then(|old| old.get(key));
            check(child, member, old_member, Path::Field(&path, key), found);
        }
    }
}

fn check_branches(node: &Node, value: &Value, path: Path<'_>, found: &mut Vec<Violation>) {
    for branch in &node.all_of {
        check(branch, value, None, path, found);
    }
    let fits = |branch: &Node| {
        let mut found = Vec::new();
        check(branch, value, None, path, &mut found);
        found.is_empty()
    };
    let mut complain = |claim: String| {
        let detail = format!("\"{path}\" must {claim}");
        found.push(Violation::of_value(ViolationKind::Invalid, path, &Value::String(String::new()), &detail));
    };
    if !node.any_of.is_empty() && !node.any_of.iter().any(fits) {
        complain("validate at least one schema (anyOf)".to_owned());
    }
    if !node.one_of.is_empty() {
        match node.one_of.iter().filter(|branch| fits(branch)).count() {
            1 => {}
            0 => complain("validate one and only one schema (oneOf). Found none valid".to_owned()),
            n => complain(format!("validate one and only one schema (oneOf). Found {n} valid alternatives")),
        }
    }
    if node.not.as_deref().is_some_and(fits) {
        complain("not validate the schema (not)".to_owned());
    }
}
