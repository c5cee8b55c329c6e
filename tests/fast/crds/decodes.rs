//! Whatever the schemas admit decodes: objects are made from the schemas, and changed from those of the table, with values at
//! every bound and a little beyond. What the API server would store must be what our types read; else one object of one tenant
//! would be in the way of whoever lists its kind.

use std::collections::BTreeMap;

use regex::Regex;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use tenure::api;
use tenure::sim::schema::Schema;

use super::case::{Case, Expected};
use super::{definitions, table};

/// Instants, and what nearly are some. The format of the API server admits some that no type of ours reads.
const INSTANTS: [&str; 18] = [
    "2026-01-01T00:00:00Z",
    "2026-01-01T23:59:59+23:59",
    "2026-01-01T00:00:00-23:59",
    "9999-12-31T23:59:59-23:59",
    "1000-01-01T00:00:00+23:59",
    "2026-02-28T12:00:00.5Z",
    "2026-02-28T12:00:00.123456789Z",
    "2028-02-29T12:00:00Z",
    "2026-02-29T12:00:00Z",
    "0000-01-01T00:00:00Z",
    "2026-01-01T00:00:60Z",
    "2026-01-01t00:00:00z",
    "2026-01-01T00:00:00,5Z",
    "2026-01-01T00:00:00+24:00",
    "2026-01-01T00:00:00+00:99",
    "2026-01-01T00:00:00Zt",
    "2026-01-01T00:00:00.1234567890123Z",
    "2026-01-01",
];

/// Texts for fields with a pattern, and for those without.
const TEXTS: [&str; 22] = [
    "a",
    "Ann",
    "x1",
    "\u{e4}\u{fc}\u{1f600}",
    "",
    " ",
    "null",
    "0",
    "1h",
    "24h",
    "5m",
    "180m",
    "99999d",
    "20s",
    "06:00",
    "23:59",
    "100m",
    "16Mi",
    "tenure-x",
    "https://example.com",
    "ldaps://example.com",
    "default",
];

/// Whole numbers at the bounds of types, and what nearly are some.
fn numbers() -> Vec<Value> {
    let mut numbers: Vec<Value> =
        [0, 1, -1, 60, i64::from(i32::MAX), i64::from(i32::MIN), i64::from(i32::MAX) + 1, i64::MAX, i64::MIN].map(Value::from).into();
    numbers.extend([json!(u64::MAX), json!(5.0), json!(0.5), json!(1e15)]);
    numbers
}

/// Dice that fall alike whenever they are thrown alike.
struct Dice(u64);

impl Dice {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15))
    }

    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        let sides = u64::try_from(sides.max(1)).expect("few sides");
        usize::try_from((self.0 >> 16) % sides).expect("fewer than the sides")
    }

    fn pick<T: Clone>(&mut self, from: &[T]) -> Option<T> {
        from.get(self.roll(from.len())).cloned()
    }
}

fn bound(schema: &Value, word: &str) -> Option<usize> {
    schema[word].as_u64().and_then(|bound| usize::try_from(bound).ok())
}

/// A value that the schema may admit.
fn value(schema: &Value, dice: &mut Dice) -> Value {
    if let Some(choices) = schema["enum"].as_array() {
        return dice.pick(choices).unwrap_or_default();
    }
    match schema["type"].as_str() {
        Some("string") => text(schema, dice).into(),
        Some("integer" | "number") => dice.pick(&numbers()).unwrap_or_default(),
        Some("boolean") => (dice.roll(2) == 0).into(),
        Some("array") => {
            let least = bound(schema, "minItems").unwrap_or(0);
            let count = (least + dice.roll(3)).min(bound(schema, "maxItems").unwrap_or(3));
            (0..count).map(|_| value(&schema["items"], dice)).collect()
        }
        Some("object") => object(schema, dice),
        _ => Value::Null,
    }
}

fn text(schema: &Value, dice: &mut Dice) -> String {
    if schema["format"] == "date-time" {
        return dice.pick(&INSTANTS).unwrap_or_default().to_owned();
    }
    let pattern = schema["pattern"].as_str().map(|pattern| Regex::new(pattern).expect("a pattern of ours"));
    let hexadecimal = "0a".repeat(32);
    let long = "x".repeat(bound(schema, "maxLength").unwrap_or(8).min(300));
    let digest = format!("sha256:{hexadecimal}");
    let fits = |text: &&str| pattern.as_ref().is_none_or(|pattern| pattern.is_match(text));
    let known = TEXTS.iter().copied().chain([hexadecimal.as_str(), long.as_str(), digest.as_str()]);
    let fitting: Vec<&str> = known.filter(fits).collect();
    dice.pick(&fitting).unwrap_or("x").to_owned()
}

fn object(schema: &Value, dice: &mut Dice) -> Value {
    let mut made = Map::new();
    let none = Map::new();
    let properties = schema["properties"].as_object().unwrap_or(&none);
    let required: Vec<&str> = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    // Of a union one member is right; of other objects any number is.
    let (way, only) = (dice.roll(3), dice.roll(properties.len()));
    for (place, (name, property)) in properties.iter().enumerate() {
        let wanted = match way {
            0 => place == only,
            1 => dice.roll(2) == 0,
            _ => dice.roll(6) == 0,
        };
        if wanted || required.contains(&name.as_str()) {
            made.insert(name.clone(), value(property, dice));
        }
    }
    if schema["additionalProperties"].is_object() {
        for _ in 0..dice.roll(3) {
            made.insert(dice.pick(&TEXTS).unwrap_or_default().to_owned(), value(&schema["additionalProperties"], dice));
        }
    }
    made.into()
}

/// Changes one value somewhere in what is there.
fn change(schema: &Value, there: &mut Value, dice: &mut Dice) {
    if dice.roll(6) == 0 {
        *there = value(schema, dice);
        return;
    }
    match there {
        Value::Object(members) => {
            let known = |name: &&String| schema["properties"][name.as_str()].is_object();
            let names: Vec<String> = members.keys().filter(known).cloned().collect();
            if let Some(name) = dice.pick(&names) {
                change(&schema["properties"][name.as_str()], &mut members[name.as_str()], dice);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            let place = dice.roll(items.len());
            change(&schema["items"], &mut items[place], dice);
        }
        other => *other = value(schema, dice),
    }
}

/// A schema without what the API server says itself about an object.
fn own(schema: &Value) -> Value {
    let mut schema = schema.clone();
    for name in ["apiVersion", "kind", "metadata"] {
        schema["properties"].as_object_mut().expect("properties").remove(name);
    }
    schema
}

/// The server writes a whole number without a fraction, however it came.
fn write_numbers(stored: &mut Value) {
    match stored {
        Value::Number(number) if number.is_f64() => {
            if let Some(whole) =
                number.as_f64().filter(|float| float.fract() == 0.0).and_then(|float| format!("{float:.0}").parse::<i64>().ok())
            {
                *stored = whole.into();
            }
        }
        Value::Array(items) => items.iter_mut().for_each(write_numbers),
        Value::Object(members) => members.values_mut().for_each(write_numbers),
        _ => {}
    }
}

fn read<K: DeserializeOwned>(stored: &Value) -> Result<(), String> {
    api::form::typed::<K>(stored).map(|_| ()).map_err(|error| error.to_string())
}

/// What a type says of what is stored.
fn decode(kind: &str, stored: &Value) -> Result<(), String> {
    match kind {
        "Account" => read::<api::Account>(stored),
        "Approval" => read::<api::Approval>(stored),
        "CustomTaskExtension" => read::<api::CustomTaskExtension>(stored),
        "Directory" => read::<api::Directory>(stored),
        "DirectorySnapshot" => read::<api::DirectorySnapshot>(&without_lines(stored)),
        "ExtensionCall" => read::<api::ExtensionCall>(stored),
        "Group" => read::<api::Group>(stored),
        "Hold" => read::<api::Hold>(stored),
        "OccurrenceLedger" => read::<api::OccurrenceLedger>(&without_lines(stored)),
        "Run" => read::<api::Run>(stored),
        "RunSlice" => read::<api::RunSlice>(&without_lines(stored)),
        "TenantKey" => read::<api::TenantKey>(stored),
        "TenantLedger" => read::<api::TenantLedger>(stored),
        "TenantSchedule" => read::<api::TenantSchedule>(stored),
        "User" => read::<api::User>(stored),
        "Workflow" => read::<api::Workflow>(stored),
        "WorkflowVersion" => read::<api::WorkflowVersion>(stored),
        other => panic!("the kind {other} is not read here"),
    }
}

/// Lines are written by programs only, and one of another form is not to be read.
fn without_lines(stored: &Value) -> Value {
    let mut stored = stored.clone();
    stored.as_object_mut().expect("an object").remove("packed");
    if let Some(results) = stored.get_mut("results").and_then(Value::as_array_mut) {
        results.retain(|result| result.get("queued").is_none());
    }
    stored
}

/// Everything that a schema admits and its type does not read; and how many were admitted.
fn undecodable(kind: &str, schema: &Value, cases: &[&Case], seeds: u64) -> (Vec<String>, usize) {
    let (compiled, own) = (Schema::compile(schema), own(schema));
    let (mut found, mut admitted) = (Vec::new(), 0);
    let mut try_one = |made: Value, old: Option<&Value>| {
        if let Ok(mut stored) = compiled.admit(made, old, false) {
            admitted += 1;
            write_numbers(&mut stored);
            found.extend(decode(kind, &stored).err().map(|error| format!("{kind}: {error}: {stored}")));
        }
    };
    for case in cases {
        try_one(case.object.clone(), case.before.as_ref());
    }
    for seed in 0..seeds {
        let mut dice = Dice::new(seed);
        let mut made = value(&own, &mut dice);
        made["apiVersion"] = "tenure.dev/v1alpha1".into();
        made["kind"] = kind.into();
        made["metadata"] = json!({"name": "default", "namespace": "acme"});
        try_one(made, None);
        if let Some(case) = dice.pick(cases) {
            let mut changed = case.object.clone();
            change(&own, &mut changed, &mut dice);
            for field in ["apiVersion", "kind", "metadata"] {
                changed[field] = case.object[field].clone();
            }
            try_one(changed, None);
        }
    }
    (found, admitted)
}

fn schemas() -> BTreeMap<String, Value> {
    let schema = |definition: &Value| definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"].clone();
    let kind = |definition: &Value| definition["spec"]["names"]["kind"].as_str().expect("a kind").to_owned();
    definitions().iter().map(|(_, definition)| (kind(definition), schema(definition))).collect()
}

/// The accepted cases of a kind.
fn accepted<'a>(table: &'a [Case], kind: &str) -> Vec<&'a Case> {
    table.iter().filter(|case| case.kind == kind && matches!(case.expected, Expected::Accepted)).collect()
}

#[test]
fn whatever_the_schemas_admit_decodes() {
    let table = table();
    for (kind, schema) in schemas() {
        let (found, admitted) = undecodable(&kind, &schema, &accepted(&table, &kind), 150);
        println!("crds: {admitted} objects of the kind {kind} were admitted");
        assert!(admitted > 0, "{kind}: nothing was admitted, so that nothing was tried");
        assert!(found.is_empty(), "{}", found.join("\n"));
    }
}

/// Takes the patterns of date-times out.
fn weaken(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            if members.get("format").is_some_and(|format| format == "date-time") {
                members.remove("pattern");
            }
            members.values_mut().for_each(weaken);
        }
        Value::Array(items) => items.iter_mut().for_each(weaken),
        _ => {}
    }
}

#[test]
fn a_schema_that_admits_more_than_its_type_is_found() {
    let (table, mut schema) = (table(), schemas().remove("Hold").expect("the kind Hold"));
    weaken(&mut schema);
    let (found, _) = undecodable("Hold", &schema, &accepted(&table, "Hold"), 2_000);
    assert!(!found.is_empty(), "the format of date-times alone admits what no type of ours reads");
}
