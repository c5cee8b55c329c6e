use serde_json::json;

use super::*;
use crate::domain::subject;
use crate::rule::Attributes;

fn plan(counted: i32, scope: i32) -> RunPlan {
    RunPlan { epoch: 1, hash: String::new(), version: 1, subjects: counted, slices: 1, counted, scope, due_date_time: None, reason: None }
}

#[expect(clippy::needless_pass_by_value, reason = "the rows read better")]
fn version(category: &str, trigger: serde_json::Value, tasks: serde_json::Value) -> VersionedSpec {
    serde_json::from_value(json!({"category": category, "executionConditions": {"trigger": trigger}, "tasks": tasks})).expect("a version")
}

fn idle() -> VersionedSpec {
    version("leaver", json!({"userInactivity": {"inactivityPeriodInDays": 90}}), json!([{"name": "a", "disableUserAccount": {}}]))
}

fn leaver() -> VersionedSpec {
    let trigger = json!({"timeBasedAttribute": {"attribute": "employeeLeaveDateTime"}});
    version("leaver", trigger, json!([{"name": "a", "deleteUser": {}}, {"name": "b", "disableUserAccount": {}, "isEnabled": false}]))
}

fn limits(text: serde_json::Value) -> ExecutionLimits {
    serde_json::from_value(text).expect("limits")
}

#[test]
fn what_is_held() {
    let (idle, leaver) = (idle(), leaver());
    let ten = limits(json!({"count": 10}));
    let half = limits(json!({"percent": 50}));
    let deletions = limits(json!({"byEffectClass": [{"effectClass": "destructive", "count": 3}]}));
    let accounts = limits(json!({"byEffectClass": [{"effectClass": "account", "count": 3}]}));
    let open = limits(json!({"count": 10_000}));
    let none = None;
    // (what, the version, counted, scope, limits of the workflow, of the tenant, it is held)
    let cases = [
        ("nothing is configured", &leaver, 5_000, 5_000, none, none, false),
        ("at the count", &leaver, 10, 5_000, Some(&ten), none, false),
        ("above the count", &leaver, 11, 5_000, Some(&ten), none, true),
        ("at the percentage", &leaver, 50, 100, Some(&half), none, false),
        ("above the percentage", &leaver, 51, 100, Some(&half), none, true),
        ("a scope that nobody counted", &leaver, 51, 0, Some(&half), none, false),
        ("the tenant's count", &leaver, 11, 5_000, none, Some(&ten), true),
        ("the workflow allows what the tenant does not", &leaver, 11, 5_000, Some(&open), Some(&ten), true),
        ("the tenant allows what the workflow does not", &leaver, 11, 5_000, Some(&ten), Some(&open), true),
        ("a class that it has", &leaver, 4, 5_000, Some(&deletions), none, true),
        ("a class that only a disabled task has", &leaver, 4, 5_000, Some(&accounts), none, false),
        ("a clean-up of fifty in a large house", &idle, 50, 5_000, none, none, false),
        ("a clean-up of more", &idle, 51, 5_000, none, none, true),
        ("a clean-up of ten in a small house", &idle, 10, 12, none, none, false),
        ("a clean-up of more in a small house", &idle, 11, 12, none, none, true),
        ("a clean-up of eleven in a larger one", &idle, 11, 110, none, none, false),
        ("a clean-up that says otherwise", &idle, 5_000, 5_000, Some(&open), none, false),
        ("the tenant still binds it", &idle, 5_000, 5_000, Some(&open), Some(&half), true),
    ];
    for (what, version, counted, scope, workflow, tenant, held) in cases {
        let plan = plan(counted, scope);
        let facts = Facts { plan: &plan, execution: ExecutionType::Scheduled, version: Some(version), workflow, tenant };
        let found = gate(&facts);
        assert_eq!(found != Gate::Open, held, "{what}: {found:?}");
    }
    let few = plan(10, 12);
    let facts = Facts { plan: &few, execution: ExecutionType::OnDemand, version: Some(&leaver), workflow: Some(&deletions), tenant: None };
    assert_eq!(gate(&facts), Gate::Open, "ten whom somebody chose");
    let many = plan(11, 12);
    assert_ne!(gate(&Facts { plan: &many, ..facts }), Gate::Open);
    let restored = RunPlan { reason: Some(RESTORED_WHILE_RUNNING.to_owned()), ..plan(1, 1) };
    let found = gate(&Facts { plan: &restored, ..facts });
    assert!(matches!(found, Gate::Held { reason: Held::RestoredWhileRunning, .. }), "{found:?}");
}

#[test]
fn the_numbers_are_told() {
    let (plan, version, ten) = (plan(60, 70), idle(), limits(json!({"count": 10})));
    let facts = Facts { plan: &plan, execution: ExecutionType::Scheduled, version: Some(&version), workflow: Some(&ten), tenant: None };
    let Gate::Held { message, .. } = gate(&facts) else { panic!("it is held") };
    assert_eq!(message, "60 people are more than 10: spec.executionLimits of the Workflow");
}

#[test]
fn who_is_already_so_does_not_count() {
    let person = |enabled: bool, groups: &[&str]| Person {
        attributes: Attributes::new().with("accountEnabled", enabled),
        groups: groups.iter().map(|group| (*group).to_owned()).collect(),
        ..subject::person(&[])
    };
    let tasks = |tasks: serde_json::Value| -> Vec<Task> { serde_json::from_value(tasks).expect("tasks") };
    let off = tasks(json!([{"name": "a", "disableUserAccount": {}}, {"name": "b", "removeUserFromAllGroups": {}}]));
    let off_and_mail = tasks(json!([{"name": "a", "disableUserAccount": {}}, {"name": "b", "sendInactivityEmail": {}}]));
    assert!(is_already_so(&off, &person(false, &[])));
    assert!(!is_already_so(&off, &person(true, &[])));
    assert!(!is_already_so(&off, &person(false, &["staff"])));
    assert!(!is_already_so(&off_and_mail, &person(false, &[])), "a mail is sent each time");
}
