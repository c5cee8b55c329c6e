//! Cases of the embedded directory: User, Group and Account.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tenure::api::user::TEXT_ATTRIBUTES;

use super::case::{Case, object, specified, text, texts, with};

fn user(spec: Value) -> Value {
    specified("User", "anna", spec)
}

fn account(spec: Value) -> Value {
    specified("Account", "anna", spec)
}

fn group(spec: Value) -> Value {
    specified("Group", "rnd", spec)
}

/// So many attributes.
fn map(count: usize, value: &str) -> BTreeMap<String, String> {
    texts(count).into_iter().map(|name| (name, value.to_owned())).collect()
}

pub fn cases() -> Vec<Case> {
    [users(), dates(), accounts(), groups()].concat()
}

fn users() -> Vec<Case> {
    let all = TEXT_ATTRIBUTES.iter().map(|name| ((*name).to_owned(), json!("x")));
    let further = json!({
        "onPremisesSyncEnabled": false, "sponsors": ["berta"], "otherMails": ["a@example.com"],
        "proxyAddresses": ["SMTP:a@example.com"], "employeeOrgData": {"costCenter": "4711", "division": "North"},
        "onPremisesExtensionAttributes": {"extensionAttribute1": "x"}, "extensionAttributes": {"shoeSize": "42"},
        "initialAccount": {"accountEnabled": false, "memberOf": ["all"], "licenses": ["E5"]},
    });
    let seed = |seed: Value| user(json!({"initialAccount": seed}));
    vec![
        Case::accepted("user: nothing is known", user(json!({}))),
        Case::accepted("user: every text attribute", user(Value::Object(all.collect()))),
        Case::accepted("user: everything else", user(further)),
        Case::refused("user: unknown attribute", user(json!({"shoeSize": "42"})), "unknown field \"spec.shoeSize\""),
        Case::accepted("user: initial account", seed(json!({}))).stores("/spec/initialAccount/accountEnabled", json!(true)),
        Case::refused("user: in a group twice", seed(json!({"memberOf": ["a", "a"]})), "Duplicate value: \"a\""),
        Case::accepted("user: in 1000 groups", seed(json!({"memberOf": texts(1000)}))),
        Case::refused("user: in 1001 groups", seed(json!({"memberOf": texts(1001)})), "Too many"),
        Case::accepted("user: 200 further attributes", user(json!({"extensionAttributes": map(200, "x")}))),
        Case::refused("user: 201 further attributes", user(json!({"extensionAttributes": map(201, "x")})), "Too many"),
        Case::refused(
            "user: further attribute of 1025 characters",
            user(json!({"extensionAttributes": map(1, &text(1025))})),
            "may not be more than 1024 bytes",
        ),
        Case::refused("user: 21 sponsors", user(json!({"sponsors": texts(21)})), "Too many"),
        Case::accepted("user: an attribute that is null is not set", user(json!({"department": null})))
            .stores("/spec/department", Value::Null),
        Case::refused("user: department of 257 characters", user(json!({"department": text(257)})), "may not be more than 256 bytes"),
        Case::refused("user: department as a list", user(json!({"department": ["a"]})), "must be of type string"),
    ]
}

/// The schema never refuses a date: what cannot be read is unknown, and evaluations say so.
fn dates() -> Vec<Case> {
    let values = ["2026-03-01", "2026-03-01T09:00:00+01:00", "next Monday", "2026-02-30", ""];
    let names = ["employeeHireDate", "employeeLeaveDateTime", "createdDateTime", "lastSuccessfulSignInDateTime"];
    let pairs = names.into_iter().flat_map(|name| values.map(|value| (name, value)));
    pairs.map(|(name, value)| Case::accepted(format!("user: {name} `{value}`"), user(json!({(name): value})))).collect()
}

fn accounts() -> Vec<Case> {
    let full = json!({
        "accountEnabled": false, "memberOf": ["a", "b"], "licenses": ["E5"], "attributes": {"department": ""},
        "sessionsRevokedAt": "2026-01-01T00:00:00Z", "deletedAt": "2026-01-01T00:00:00.123456Z",
        "createdDateTime": "2026-01-01T00:00:00+01:00",
    });
    let set = |pointer: &str, value: Value| with(account(json!({})), pointer, value);
    vec![
        Case::accepted("account: nothing said", account(json!({})))
            .stores("/spec/accountEnabled", json!(true))
            .stores("/spec/memberOf", json!([])),
        Case::accepted("account: everything said", account(full.clone())).of(account(json!({}))),
        Case::accepted("account: a null counts as nothing", set("/spec", json!({"deletedAt": null, "memberOf": null})))
            .stores("/spec/deletedAt", Value::Null)
            .stores("/spec/memberOf", json!([])),
        Case::refused("account: deleted some day", set("/spec/deletedAt", json!("some day")), "must be of type date-time"),
        Case::refused("account: in a group twice", set("/spec/memberOf", json!(["a", "a"])), "Duplicate value: \"a\""),
        Case::refused("account: licence twice", set("/spec/licenses", json!(["a", "a"])), "Duplicate value: \"a\""),
        Case::refused("account: in 1001 groups", set("/spec/memberOf", json!(texts(1001))), "Too many"),
        Case::refused("account: group without name", set("/spec/memberOf", json!([""])), "should be at least 1 chars long"),
        Case::refused("account: group name of 254 characters", set("/spec/memberOf", json!([text(254)])), "may not be more than 253 bytes"),
        Case::refused("account: 201 attributes", set("/spec/attributes", json!(map(201, "x"))), "Too many"),
        Case::refused("account: without spec", object("Account", "anna", json!({})), "spec: Required value"),
    ]
}

fn groups() -> Vec<Case> {
    vec![
        Case::accepted("group: nothing said", group(json!({})))
            .stores("/spec/type", json!("security"))
            .stores("/spec/membership", json!("assigned")),
        Case::accepted("group: team", group(json!({"displayName": "Research", "type": "team", "membership": "dynamic"}))),
        Case::refused("group: type of nobody", group(json!({"type": "club"})), "Unsupported value: \"club\""),
        Case::refused("group: membership of nobody", group(json!({"membership": "free"})), "Unsupported value: \"free\""),
        Case::refused("group: name of 257 characters", group(json!({"displayName": text(257)})), "may not be more than 256 bytes"),
        Case::refused("group: members stand in the accounts", group(json!({"members": ["anna"]})), "unknown field \"spec.members\""),
    ]
}
