use serde_json::json;

use super::*;
use crate::domain::dates::DateValue;
use crate::domain::dates::parse_time_of_day;
use crate::domain::keys::keys;
use crate::domain::plan;
use crate::domain::version::{self, new_lineage, versioned};

fn run(spec: serde_json::Value) -> RunSpec {
    serde_json::from_value(spec).expect("a Run")
}

fn due(trigger: &Trigger, zone: Option<&ZoneFacts>) -> String {
    digest(&DueRuleIdentity { trigger: Some(trigger), zone }, 8)
}

/// A plan of two people in one slice.
fn two<'a>() -> PlanIdentity<'a> {
    PlanIdentity { workflow: "join", version: 3, people: vec![["join-v3-e1-0", "ann", "k1"], ["join-v3-e1-0", "bob", "k2"]] }
}

const GOLDEN: [&str; 19] = [
    "due rule, time: 158a5f8bd6814af3",
    "due rule, time without a mapping: 259ecba2d6593a94",
    "due rule, change: e1429f5b349d2b83",
    "due rule, membership: f2336ae690292b34",
    "due rule, inactivity: fadce8572be08a77",
    "due rule, sponsors: e9cb20f981c11bbe",
    "run of users: 878f2ee142671ced90647eff8abfd489",
    "run of a scope: 4edc982f6e6a639195236132e8ef1907",
    "subject: 9cf5da37d7d2202c96abb54cd8cf6374",
    "person: d29e4d6adf0a7028d30950627f5e4c20",
    "digest: 0bca210b8af93fd8",
    "time occurrence: fc1ec005d33b219edfe5fd6c79b38a1d",
    "change occurrence: b8e5bcbde7141cfacbb8eb32bd91db6a",
    "run occurrence: bba9ef2b18355223890587f48c1646ca",
    "leave: 2deed9a7970bec1745647dc572c19d28",
    "withdrawn: 805749281e050613eabe87fa1b8b5554",
    "plan: sha256:b9854947a015d55ef13467448bf9ba7ec528188e35c8e03a9272db8cf42ea0a6",
    "lineage: b892cb1f-f2ef-8331-9a54-1e629ee0c16b",
    "template: v1:b8ff0df0b4eb7a785892b6ab308c6656f00c036e0601a824bba9ede57dbd6199",
];

/// These texts stand in objects of tenants. Whoever changes one makes people due twice, or misses them.
#[test]
fn golden() {
    let time = Trigger::Time { attribute: "employeeHireDate".to_owned(), offset_in_days: -7, at: parse_time_of_day("06:00").ok() };
    let berlin = ZoneFacts { time_zone: Some("Europe/Berlin".to_owned()), date_only: Some(DateOnly::EndOfDay), ..ZoneFacts::default() };
    let change = Trigger::Change { attributes: vec!["department".to_owned(), "jobTitle".to_owned()] };
    let users = run(json!({"source": {"workflow": {"name": "join"}}, "subjects": {"users": ["ann", "bob"]}}));
    let scope = run(json!({"source": {"workflow": {"name": "join", "version": 3}}, "subjects": {"scope": {"rule": "department eq 'R'"}}}));
    let keys = keys();
    let workflow = json!({"category": "joiner", "executionConditions": {"trigger": {"timeBasedAttribute": {"attribute": "employeeHireDate"}}},
        "tasks": [{"name": "all", "addUserToGroups": {"groups": ["all"]}}]});
    let template = versioned(&serde_json::from_value(workflow).expect("a Workflow"));
    let day = DateValue::parse("2026-03-10").expect("a date").canonical();
    let found = [
        ("due rule, time", due(&time, Some(&berlin))),
        ("due rule, time without a mapping", due(&time, None)),
        ("due rule, change", due(&change, None)),
        ("due rule, membership", due(&Trigger::Membership { group: "staff".to_owned(), joined: true }, None)),
        ("due rule, inactivity", due(&Trigger::Inactivity { days: 90, since_created: true }, None)),
        ("due rule, sponsors", due(&Trigger::Sponsors { minimum: 1 }, None)),
        ("run of users", digest(&users, 16)),
        ("run of a scope", digest(&scope, 16)),
        ("subject", keys.subject("people", "ann")),
        ("person", keys.person("1001")),
        ("digest", keys.digest("department", "Sales")),
        ("time occurrence", keys.time_occurrence("lineage", "s", "employeeHireDate", &day)),
        ("change occurrence", keys.change_occurrence("lineage", "s", "department", 3, "d")),
        ("run occurrence", keys.run_occurrence("run", "hash", "ann")),
        ("leave", keys.leave("s", &day)),
        ("withdrawn", keys.withdrawn("s", &day, &day)),
        ("plan", plan::hash(&two())),
        ("lineage", new_lineage("acme", "join", "7d1b6c1e-0000-4000-a000-000000000001")),
        ("template", version::hash(&template)),
    ];
    let told: Vec<String> = found.iter().map(|(what, text)| format!("{what}: {text}")).collect();
    assert_eq!(told, GOLDEN, "an identity that outlives the process has changed");
}

const GOLDEN_OF_OTHER_FORMS: [&str; 12] = [
    "due rule, time by an attribute: 0872554a8f612d9c",
    "due rule, time of a tenant: f4b15e4f6fbdc555",
    "due rule, membership that ends: d7dc3bfa292ca2fc",
    "due rule, inactivity since the sign-in: 271adfea0b9b9e3f",
    "run of a group: 9039d4bd392b77c27e2bb2354a0b8572",
    "run of everybody in scope: af00ea0ee5c769f11300bb3f143ea67f",
    "run of a preview: ff8aed67f4fae70541370a9ff3abea7f",
    "run again: 015f5fe50d9e7869cd804d56c0a04e16",
    "run again of all: 572c986eb08dc407f8c75ef13cf7b040",
    "run that undoes: 203412419760b982282147d6b3078399",
    "mail: e5da339aa560d658c285e0b9c460c816",
    "attempt: d0da76b88ec49407077d",
];

/// The forms that [`golden`] leaves out: each word that is hashed stands in one of the two.
#[test]
fn golden_of_other_forms() {
    let time = Trigger::Time { attribute: "employeeHireDate".to_owned(), offset_in_days: -7, at: parse_time_of_day("06:00").ok() };
    let own = ZoneFacts { time_zone_attribute: Some("timeZone".to_owned()), date_only: Some(DateOnly::StartOfDay), ..ZoneFacts::default() };
    let tenant = ZoneFacts { tenant: Some("Europe/Vienna".to_owned()), ..ZoneFacts::default() };
    let of = |more: serde_json::Value| {
        let mut spec = json!({"source": {"workflow": {"name": "join"}}});
        for (name, value) in more.as_object().expect("members") {
            spec[name] = value.clone();
        }
        digest(&run(spec), 16)
    };
    let again = json!({"subjects": {"reprocess": {"run": "join-v3-e1", "userScope": "failedUsers", "taskScope": "allTasks"}}});
    let all = json!({"subjects": {"reprocess": {"run": "join-v3-e1", "userScope": "allUsers", "taskScope": "failedTasks"}}});
    let found = [
        ("due rule, time by an attribute", due(&time, Some(&own))),
        ("due rule, time of a tenant", due(&time, Some(&tenant))),
        ("due rule, membership that ends", due(&Trigger::Membership { group: "staff".to_owned(), joined: false }, None)),
        ("due rule, inactivity since the sign-in", due(&Trigger::Inactivity { days: 90, since_created: false }, None)),
        ("run of a group", of(json!({"subjects": {"group": "staff"}}))),
        ("run of everybody in scope", of(json!({"subjects": {"scope": {}}}))),
        ("run of a preview", of(json!({"executionType": "preview", "subjects": {"users": ["ann"]}}))),
        ("run again", of(again)),
        ("run again of all", of(all)),
        ("run that undoes", of(json!({"undo": {"run": "join-v3-e1"}}))),
        ("mail", digest(&MailIdentity { tenant: "acme", occurrence: "k1", task: "welcome" }, 16)),
        ("attempt", digest(&AttemptIdentity { run: "hire-v1-e7", attempt: 2 }, 10)),
    ];
    let told: Vec<String> = found.iter().map(|(what, text)| format!("{what}: {text}")).collect();
    assert_eq!(told, GOLDEN_OF_OTHER_FORMS, "an identity that outlives the process has changed");
}

#[test]
fn a_mail_is_identified_by_each_part() {
    let of = |tenant, occurrence, task| digest(&MailIdentity { tenant, occurrence, task }, 16);
    let own = of("acme", "k1", "welcome");
    assert_eq!(own, of("acme", "k1", "welcome"), "every try of it has the same");
    let others = [of("acme2", "k1", "welcome"), of("acme", "k2", "welcome"), of("acme", "k1", "welcome2"), of("acme", "k1w", "elcome")];
    for other in others {
        assert_ne!(own, other);
    }
}

#[test]
fn what_a_run_asks_for_identifies_it() {
    let base = json!({"source": {"workflow": {"name": "join"}}, "subjects": {"users": ["ann"]}});
    let own = digest(&run(base.clone()), 16);
    let cases = [
        ("/cancel", json!(true), true),
        ("/requestedBy", json!("eve"), true),
        ("/priority", json!("emergency"), true),
        ("/source/workflow/version", json!(1), false),
        ("/subjects/users", json!(["bob"]), false),
        ("/subjects/users", json!(["ann", "bob"]), false),
        ("/subjects", json!({"group": "ann"}), false),
        ("/subjects", json!({"scope": {}}), false),
        ("/executionType", json!("preview"), false),
    ];
    for (path, value, is_same) in cases {
        let mut spec = base.clone();
        let (parent, member) = path.rsplit_once('/').expect("a path");
        spec.pointer_mut(parent).expect("a parent")[member] = value;
        assert_eq!(digest(&run(spec), 16) == own, is_same, "{path}");
    }
    let nobody = digest(&run(json!({"source": {}, "subjects": {"scope": {}}})), 16);
    assert_ne!(nobody, digest(&run(json!({"source": {}})), 16), "everybody is not nobody");
}

#[test]
fn what_is_approved_identifies_a_plan() {
    let own = plan::hash(&two());
    assert_eq!(own, plan::hash(&two()), "the same plan has the same hash");
    let [ann, bob] = [two().people[0], two().people[1]];
    let with = |people: &[[&'static str; 3]]| PlanIdentity { people: people.to_vec(), ..two() };
    let cases = [
        ("another workflow", PlanIdentity { workflow: "joi", ..two() }),
        ("another version", PlanIdentity { version: 4, ..two() }),
        ("another person", with(&[ann, ["join-v3-e1-0", "bo", "k2"]])),
        ("another occurrence of a person", with(&[ann, ["join-v3-e1-0", "bob", "k3"]])),
        ("another slice", with(&[ann, ["join-v3-e1-1", "bob", "k2"]])),
        ("another order", with(&[bob, ann])),
        ("one more", with(&[ann, bob, ["join-v3-e1-0", "cid", "k4"]])),
        ("one less", with(&[ann])),
        ("nobody", with(&[])),
        ("a name that ends elsewhere", with(&[ann, ["join-v3-e1-0b", "ob", "k2"]])),
    ];
    for (what, plan) in cases {
        assert_ne!(plan::hash(&plan), own, "{what}");
    }
}
