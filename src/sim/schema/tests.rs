//! One table: what is given, and what the server would keep of it or say about it.

use serde_json::{Value, json};

use super::Schema;

fn schema() -> Schema {
    let mut schema = definition();
    schema["properties"]["spec"]["properties"]["kept"] = json!({"type": "string", "x-kubernetes-validations": [
        {"rule": "oldSelf.hasValue() || self != 'old'", "optionalOldSelf": true, "message": "old is for what is there"}]});
    Schema::compile(&schema)
}

fn definition() -> Value {
    json!({
        "type": "object",
        "required": ["spec"],
        "x-kubernetes-validations": [{"rule": "size(self.metadata.name) <= 8", "message": "name too long"}],
        "properties": {
            "apiVersion": {"type": "string"}, "kind": {"type": "string"}, "metadata": {"type": "object"},
            "spec": {
                "type": "object",
                "required": ["size"],
                "x-kubernetes-validations": [
                    {"rule": "!has(self.low) || self.low <= self.size", "messageExpression": "'low must not be above ' + string(self.size)", "fieldPath": ".low"}
                ],
                "properties": {
                    "size": {"type": "integer", "format": "int32", "minimum": 0, "maximum": 100},
                    "low": {"type": "integer", "nullable": true},
                    "color": {"type": "string", "enum": ["red", "green"], "default": "red",
                        "x-kubernetes-validations": [{"rule": "self == oldSelf", "message": "color is immutable"}]},
                    "name": {"type": "string", "maxLength": 4, "minLength": 1, "pattern": "^[a-z]*$"},
                    "port": {"x-kubernetes-int-or-string": true},
                    "tags": {"type": "array", "x-kubernetes-list-type": "set", "maxItems": 3, "items": {"type": "string"}},
                    "labels": {"type": "object", "additionalProperties": {"type": "string"}},
                    "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": true},
                    "steps": {
                        "type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"],
                        "items": {
                            "type": "object", "required": ["name"],
                            "x-kubernetes-validations": [{"rule": "[has(self.job), has(self.hook)].filter(x, x).size() == 1", "message": "exactly one of job, hook must be set"}],
                            "properties": {
                                "name": {"type": "string"},
                                "job": {"type": "object", "properties": {"retries": {"type": "integer", "default": 2}}},
                                "hook": {"type": "string", "nullable": true,
                                    "x-kubernetes-validations": [{"rule": "self == oldSelf", "message": "hook is immutable"}]}
                            }
                        }
                    }
                }
            }
        }
    })
}

fn object(spec: &Value) -> Value {
    json!({"apiVersion": "g/v1", "kind": "K", "metadata": {"name": "a"}, "spec": spec})
}

fn complaints(spec: &Value, old: Option<&Value>, strict: bool) -> Vec<String> {
    let old = old.map(object);
    let result = schema().admit(object(spec), old.as_ref(), strict);
    result.err().unwrap_or_default().iter().map(ToString::to_string).collect()
}

#[test]
fn refusals_are_worded_as_by_the_server() {
    let table = [
        (json!({}), vec!["spec.size: Required value", BLOCKED]),
        (json!({"size": "x"}), vec![r#"spec.size: Invalid value: "string": spec.size in body must be of type integer: "string""#, BLOCKED]),
        (json!({"size": 1.5}), vec![r#"spec.size: Invalid value: "number": spec.size in body must be of type integer: "number""#, BLOCKED]),
        (json!({"size": 101}), vec!["spec.size: Invalid value: 101: spec.size in body should be less than or equal to 100"]),
        (json!({"size": -1}), vec!["spec.size: Invalid value: -1: spec.size in body should be greater than or equal to 0"]),
        (json!({"size": 1, "color": "blue"}), vec![r#"spec.color: Unsupported value: "blue": supported values: "red", "green""#, BLOCKED]),
        (json!({"size": 1, "name": "abcde"}), vec!["spec.name: Too long: may not be more than 4 bytes", BLOCKED]),
        (json!({"size": 1, "name": ""}), vec![r#"spec.name: Invalid value: "": spec.name in body should be at least 1 chars long"#]),
        (json!({"size": 1, "name": "A"}), vec![r#"spec.name: Invalid value: "A": spec.name in body should match '^[a-z]*$'"#]),
        (
            json!({"size": 1, "port": true}),
            vec![r#"spec.port: Invalid value: "boolean": spec.port in body must be of type integer,string: "boolean""#, BLOCKED],
        ),
        (json!({"size": 1, "tags": ["a", "b", "c", "d"]}), vec!["spec.tags: Too many: 4: must have at most 3 items", BLOCKED]),
        (json!({"size": 1, "tags": ["a", "a", "a"]}), vec![r#"spec.tags[1]: Duplicate value: "a""#]),
        (
            json!({"size": 1, "labels": {"k": 1}}),
            vec![r#"spec.labels.k: Invalid value: "integer": spec.labels.k in body must be of type string: "integer""#, BLOCKED],
        ),
        (json!({"size": 1, "low": 2}), vec!["spec.low: Invalid value: low must not be above 1"]),
        (json!({"size": 1, "steps": [{"name": "a"}]}), vec!["spec.steps[0]: Invalid value: exactly one of job, hook must be set"]),
        (
            json!({"size": 1, "steps": [{"name": "a", "job": {}, "hook": "h"}]}),
            vec!["spec.steps[0]: Invalid value: exactly one of job, hook must be set"],
        ),
        (
            json!({"size": 1, "steps": [{"name": "a", "job": {}}, {"name": "a", "job": {}}]}),
            vec![r#"spec.steps[1]: Duplicate value: {"name":"a"}"#],
        ),
    ];
    for (spec, expected) in table {
        assert_eq!(complaints(&spec, None, false), expected, "{spec}");
    }
}

const BLOCKED: &str = "<nil>: Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation";

#[test]
fn what_is_good_is_kept_with_defaults_and_without_the_unknown() {
    let table = [
        (json!({"size": 1}), json!({"size": 1, "color": "red"})),
        (json!({"size": 1, "color": null, "name": null, "low": null}), json!({"size": 1, "color": "red", "low": null})),
        (json!({"size": 1, "x": {"y": 1}, "free": {"x": {"y": 1}}}), json!({"size": 1, "color": "red", "free": {"x": {"y": 1}}})),
        (json!({"size": 1, "port": 8080}), json!({"size": 1, "color": "red", "port": 8080})),
        (json!({"size": 1, "port": "http"}), json!({"size": 1, "color": "red", "port": "http"})),
        (json!({"size": 1, "labels": {"a-b": "c"}}), json!({"size": 1, "color": "red", "labels": {"a-b": "c"}})),
        (
            json!({"size": 1, "steps": [{"name": "a", "job": {"z": 1}, "hook": null}]}),
            json!({"size": 1, "color": "red", "steps": [{"name": "a", "job": {"retries": 2}, "hook": null}]}),
        ),
    ];
    for (given, kept) in table {
        let admitted = schema().admit(object(&given), None, false);
        assert_eq!(admitted, Ok(object(&kept)), "{given}");
    }
}

#[test]
fn a_rule_may_ask_whether_there_was_anything() {
    // (what there was, what there is to be, the complaints)
    let cases = [
        (None, "new", vec![]),
        (None, "old", vec![r#"spec.kept: Invalid value: "old": old is for what is there"#]),
        (Some("old"), "old", vec![]),
        (Some("new"), "old", vec![]),
    ];
    for (before, now, expected) in cases {
        let spec = |kept: &str| json!({"size": 1, "kept": kept});
        assert_eq!(complaints(&spec(now), before.map(spec).as_ref(), false), expected, "{before:?} {now}");
    }
}

#[test]
fn strict_names_every_unknown_field() {
    let spec = json!({"size": 1, "foo": 1, "steps": [{"name": "a", "job": {"bar": {}}}]});
    let expected = [r#"unknown field "spec.foo""#, r#"unknown field "spec.steps[0].job.bar""#];
    assert_eq!(complaints(&spec, None, true), expected);
    assert_eq!(schema().unknown_fields(&object(&spec)), ["spec.foo", "spec.steps[0].job.bar"]);
}

#[test]
fn an_examination_goes_on_after_what_it_finds() {
    let spec = json!({"size": "x", "color": "blue", "steps": [{"name": "a"}, {"nmae": "b", "hook": "h"}], "foo": 1});
    let (kept, found) = schema().examine(object(&spec), None);
    let paths: Vec<&str> = found.iter().map(|violation| violation.path.as_str()).collect();
    assert_eq!(paths, ["spec.color", "spec.size", "spec.steps[1].name", "spec.steps[0]"], "{found:?}");
    assert!(kept["spec"].get("foo").is_none());
    let schema = schema();
    assert_eq!(schema.fields("spec.steps[1]"), ["hook", "job", "name"]);
    assert_eq!(schema.fields(""), ["apiVersion", "kind", "metadata", "spec"]);
    assert_eq!(schema.choices("spec.color"), ["red", "green"]);
    assert!(schema.fields("spec.color").is_empty() && schema.fields("spec.nothing.here").is_empty());
}

#[test]
fn transition_rules_follow_the_keys_of_list_maps() {
    let old = json!({"size": 1, "color": "red", "steps": [{"name": "a", "hook": "x"}, {"name": "b", "hook": "y"}]});
    let swapped = json!({"size": 1, "color": "red", "steps": [{"name": "b", "hook": "y"}, {"name": "a", "hook": "x"}]});
    assert_eq!(complaints(&swapped, Some(&old), false), [""; 0]);
    let changed = json!({"size": 1, "color": "green", "steps": [{"name": "b", "hook": "z"}]});
    let expected =
        [r#"spec.color: Invalid value: "green": color is immutable"#, r#"spec.steps[0].hook: Invalid value: "z": hook is immutable"#];
    assert_eq!(complaints(&changed, Some(&old), false), expected);
}

#[test]
fn what_did_not_change_is_not_held_against_an_update() {
    let old = json!({"size": 101, "name": "A", "color": "red"});
    assert_eq!(complaints(&json!({"size": 101, "name": "b", "color": "red"}), Some(&old), false), [""; 0]);
    let worse = complaints(&json!({"size": 102, "name": "A", "color": "red"}), Some(&old), false);
    assert_eq!(worse, ["spec.size: Invalid value: 102: spec.size in body should be less than or equal to 100"]);
}

#[test]
fn root_rules_see_the_name() {
    let mut long = object(&json!({"size": 1}));
    long["metadata"]["name"] = json!("much-too-long");
    let refused = schema().admit(long, None, false).unwrap_err();
    assert_eq!(refused.iter().map(ToString::to_string).collect::<Vec<_>>(), ["<nil>: Invalid value: name too long"]);
}

#[test]
fn a_rule_that_does_not_compile_admits_nothing() {
    let schema = Schema::compile(&json!({"type": "object", "x-kubernetes-validations": [{"rule": "self.("}]}));
    let refused = schema.admit(json!({}), None, false).unwrap_err();
    assert!(refused[0].message.contains("rule compile error"), "{refused:?}");
}

#[test]
fn a_thousand_rows_without_rules_are_quick() {
    let row = json!({"type": "object", "required": ["key"], "properties": {
        "key": {"type": "string", "maxLength": 64}, "epoch": {"type": "integer", "format": "int64"}, "state": {"type": "string", "enum": ["planned", "missed"]}}});
    let schema = Schema::compile(&json!({"type": "object", "properties": {
        "rows": {"type": "array", "maxItems": 1000, "items": row}}}));
    let rows: Vec<Value> = (0..1000).map(|n| json!({"key": format!("{n:032x}"), "epoch": n, "state": "planned"})).collect();
    let chunk = json!({"rows": rows});
    let begin = std::time::Instant::now();
    for _ in 0..10 {
        assert!(schema.admit(chunk.clone(), None, true).is_ok());
    }
    let each = begin.elapsed() / 10;
    // Measured 3 ms unoptimised; the bound only catches a change of the order of growth.
    assert!(each.as_millis() < 200, "{each:?}");
}
