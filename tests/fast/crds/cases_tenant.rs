//! Cases of `TenantSchedule` and Directory.

use serde_json::{Value, json};

use super::case::{Case, specified, text, texts, with};

fn schedule(spec: Value) -> Value {
    specified("TenantSchedule", "default", spec)
}

fn directory(spec: Value) -> Value {
    specified("Directory", "people", spec)
}

const ONE_PROVIDER: &str = "exactly one of embedded, ldap, activeDirectory, scim, keycloak must be set";

pub fn cases() -> Vec<Case> {
    [schedules(), schedule_members(), providers(), attributes()].concat()
}

fn schedules() -> Vec<Case> {
    let interval = |interval: &str| schedule(json!({"interval": interval}));
    let pattern = "should match '^([1-9]|1[0-9]|2[0-4])h$'";
    let cron = json!({"cron": "0 6 * * 1-5", "timeZone": "Europe/Berlin"});
    let named = with(schedule(json!({})), "/metadata/name", json!("nightly"));
    vec![
        Case::accepted("schedule: nothing said", schedule(json!({})))
            .stores("/spec/suspend", json!(false))
            .stores("/spec/evaluateOnChange", json!(true))
            .stores("/spec/maxConcurrentRuns", json!(5)),
        Case::refused("schedule: another name", named, "metadata.name must be default: a namespace has one TenantSchedule"),
        Case::accepted("schedule: every hour", interval("1h")),
        Case::accepted("schedule: every day", interval("24h")),
        Case::refused("schedule: every 25 hours", interval("25h"), pattern),
        Case::refused("schedule: every 0 hours", interval("0h"), pattern),
        Case::refused("schedule: every 30 minutes", interval("30m"), pattern),
        Case::accepted("schedule: cron", schedule(cron.clone())),
        Case::refused(
            "schedule: cron and interval",
            with(schedule(cron), "/spec/interval", json!("3h")),
            "interval and cron exclude each other",
        ),
        Case::accepted("schedule: cron and an interval that is null", schedule(json!({"cron": "0 6 * * *", "interval": null}))),
        Case::accepted("schedule: zone without cron", schedule(json!({"timeZone": "Europe/Berlin"}))),
        Case::refused("schedule: cron of 101 characters", schedule(json!({"cron": text(101)})), "may not be more than 100 bytes"),
        Case::refused("schedule: no run at a time", schedule(json!({"maxConcurrentRuns": 0})), "should be greater than or equal to 1"),
    ]
}

fn schedule_members() -> Vec<Case> {
    let limits = |limits: Value| schedule(json!({"limits": limits}));
    let freeze = |name: &str, from: &str, until: &str| json!({"name": name, "from": from, "until": until});
    let freezes = |windows: Vec<Value>| schedule(json!({"freezeWindows": windows}));
    let window = |from: &str, until: &str| freezes(vec![freeze("a", from, until)]);
    let eve = "2026-12-24T00:00:00Z";
    let twice = freezes(vec![freeze("a", eve, "2026-12-27T00:00:00Z"), freeze("a", eve, "2026-12-28T00:00:00Z")]);
    let order = "from must be before until";
    vec![
        Case::accepted("tenant limits", limits(json!({"percent": 5, "byEffectClass": [{"effectClass": "mail", "percent": 50}]}))),
        Case::refused("tenant limits: none", limits(json!({})), "count, percent or byEffectClass must be set"),
        Case::refused(
            "tenant limits: effect class without bound",
            limits(json!({"byEffectClass": [{"effectClass": "mail"}]})),
            "count or percent must be set",
        ),
        Case::accepted("freeze: Christmas", window(eve, "2026-12-27T00:00:00Z")),
        Case::accepted("freeze: offsets are understood", window("2026-12-24T00:00:00+02:00", "2026-12-23T23:00:00Z")),
        Case::refused("freeze: offsets that lie", window("2026-12-24T01:00:00Z", "2026-12-24T02:00:00+02:00"), order),
        Case::refused("freeze: backwards", window("2026-12-27T00:00:00Z", eve), order),
        Case::refused("freeze: empty", window(eve, eve), order),
        Case::refused("freeze: a date is not an instant", window("2026-12-24", "2026-12-27"), "must be of type date-time"),
        Case::accepted("freeze: nanoseconds", window("2026-01-01T00:00:00.123456789Z", eve)),
        Case::refused("freeze: same name", twice, "Duplicate value: {\"name\":\"a\"}"),
        Case::accepted("catch up: 7d", schedule(json!({"catchUp": {"leaver": "7d"}}))),
        Case::refused("catch up: a week", schedule(json!({"catchUp": {"leaver": "1w"}})), "should match"),
        Case::accepted("mail: secret", schedule(json!({"mail": {"host": "mail.example.com", "port": 587, "secretName": "tenure-mail"}}))),
        Case::refused("mail: secret of others", schedule(json!({"mail": {"secretName": "mail"}})), "should match '^tenure-'"),
        Case::accepted("mail: domains", schedule(json!({"mail": {"allowedDomains": ["acme.example", "mail.acme.example"]}}))),
        Case::accepted("mail: no domain", schedule(json!({"mail": {"allowedDomains": []}}))),
        Case::refused("mail: a domain twice", schedule(json!({"mail": {"allowedDomains": ["a.example", "a.example"]}})), "Duplicate value"),
        Case::refused("mail: an address as a domain", schedule(json!({"mail": {"allowedDomains": ["@acme.example"]}})), "should match"),
        Case::refused("mail: port 65536", schedule(json!({"mail": {"port": 65536}})), "should be less than or equal to 65535"),
        Case::refused("history: 0 days", schedule(json!({"historyLimits": {"days": 0}})), "should be greater than or equal to 1"),
    ]
}

fn providers() -> Vec<Case> {
    let ldap = json!({"url": "ldaps://ldap.example.com", "secretName": "tenure-ldap", "userBase": "ou=people,dc=example"});
    let scim = json!({"url": "https://scim.example.com/v2", "secretName": "tenure-scim"});
    let keycloak = json!({"url": "https://id.example.com", "realm": "staff", "secretName": "tenure-keycloak"});
    let named = |length: usize| with(directory(json!({"embedded": {}})), "/metadata/name", json!(text(length)));
    let plain = with(directory(json!({"scim": scim})), "/spec/scim/url", json!("http://scim.example.com"));
    let strange = with(directory(json!({"ldap": ldap})), "/spec/ldap/url", json!("http://ldap.example.com"));
    let foreign = with(directory(json!({"scim": scim})), "/spec/scim/secretName", json!("database"));
    vec![
        Case::accepted("directory: embedded", directory(json!({"embedded": {}}))),
        Case::accepted("directory: ldap", directory(json!({"ldap": ldap}))),
        Case::accepted("directory: active directory", directory(json!({"activeDirectory": ldap}))),
        Case::accepted("directory: scim", directory(json!({"scim": scim}))),
        Case::accepted("directory: keycloak", directory(json!({"keycloak": keycloak}))),
        Case::refused("directory: none", directory(json!({})), ONE_PROVIDER),
        Case::refused("directory: two", directory(json!({"embedded": {}, "scim": scim})), ONE_PROVIDER),
        Case::accepted("directory: a member that is null does not count", directory(json!({"embedded": {}, "scim": null}))),
        Case::refused("directory: only a null", directory(json!({"embedded": null})), ONE_PROVIDER),
        Case::refused(
            "directory: embedded has no arguments",
            directory(json!({"embedded": {"url": "x"}})),
            "unknown field \"spec.embedded.url\"",
        ),
        Case::refused("directory: scim without encryption", plain, "should match '^https://'"),
        Case::refused("directory: ldap over http", strange, "should match '^ldaps?://'"),
        Case::refused("directory: secret of others", foreign, "should match '^tenure-'"),
        Case::accepted("directory: name of 63 characters", named(63)),
        Case::refused("directory: name of 64 characters", named(64), "metadata.name: at most 63 characters"),
    ]
}

fn attributes() -> Vec<Case> {
    let attributes = |attributes: Value| directory(json!({"embedded": {}, "attributes": attributes}));
    let writers = |writers: Value| attributes(json!([{"name": "a", "writers": writers}]));
    let guards = |guards: Value| directory(json!({"embedded": {}, "guards": guards}));
    let many = |count: usize| attributes(texts(count).iter().map(|name| json!({"name": name})).collect());
    vec![
        Case::accepted("attribute: name", attributes(json!([{"name": "contractEnd"}]))).stores("/spec/attributes/0/type", Value::Null),
        Case::accepted("attribute: date", attributes(json!([{"name": "contractEnd", "type": "dateTime", "dateOnly": "EndOfDay"}]))),
        Case::refused("attribute: type of nobody", attributes(json!([{"name": "a", "type": "float"}])), "Unsupported value: \"float\""),
        Case::refused("attribute: twice", attributes(json!([{"name": "a"}, {"name": "a"}])), "Duplicate value: {\"name\":\"a\"}"),
        Case::accepted("attribute: 100", many(100)),
        Case::refused("attribute: 101", many(101), "Too many"),
        Case::accepted("attribute: a writer", writers(json!([{"workflow": "extend"}, {"workflow": "end"}]))),
        Case::refused("attribute: nobody as a writer", writers(json!([{}])), "workflow must be set"),
        Case::refused("attribute: a writer of a later release", writers(json!([{"provisioning": "hr"}])), "unknown field"),
        Case::accepted("guards", guards(json!({"minimumSubjects": 100, "maximumShrinkPercent": 10}))),
        Case::refused("guards: 101 percent", guards(json!({"maximumShrinkPercent": 101})), "should be less than or equal to 100"),
        Case::accepted("protected", directory(json!({"embedded": {}, "protected": {"users": ["anna"], "groups": ["admins"]}}))),
    ]
}
