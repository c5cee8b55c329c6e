use serde_json::json;

use super::*;
use crate::domain::subject;
use crate::rule::Attributes;

fn plan(counted: i32, scope: i32) -> RunPlan {
    RunPlan {
        epoch: 1,
        hash: format!("{counted} of {scope}"),
        version: 1,
        subjects: counted,
        slices: 1,
        counted,
        scope,
        due_date_time: None,
        reason: None,
    }
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
    let all = limits(json!({"percent": 100}));
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
        ("people of whom nobody is in the scope", &leaver, 1, 0, Some(&half), none, true),
        ("they are allowed to be all of it", &leaver, 51, 0, Some(&all), none, false),
        ("nobody, of an empty scope", &leaver, 0, 0, Some(&half), none, false),
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
        let (execution, version) = (ExecutionType::Scheduled, Some(version));
        let facts = PlanAndLimits { plan: &plan, execution, has_begun: false, is_canceled: false, version, workflow, tenant };
        let found = gate(&facts);
        assert_eq!(found != Gate::Open, held, "{what}: {found:?}");
        // What is held is this plan: an answer to it lets no other one go.
        let hash = match &found {
            Gate::Open => None,
            Gate::Held { hash, .. } => Some(hash),
        };
        assert_eq!(hash, held.then_some(&plan.hash), "{what}");
        assert_eq!(gate(&PlanAndLimits { has_begun: true, ..facts }), Gate::Open, "{what}, and has begun");
        assert_eq!(gate(&PlanAndLimits { is_canceled: true, ..facts }), Gate::Open, "{what}, and is canceled");
    }
    let few = plan(10, 12);
    let facts = PlanAndLimits {
        plan: &few,
        execution: ExecutionType::OnDemand,
        has_begun: false,
        is_canceled: false,
        version: Some(&leaver),
        workflow: Some(&deletions),
        tenant: None,
    };
    assert_eq!(gate(&facts), Gate::Open, "ten whom somebody chose");
    let many = plan(11, 12);
    assert_ne!(gate(&PlanAndLimits { plan: &many, ..facts }), Gate::Open);
    let (elsewhere, percent) = (plan(11, 0), limits(json!({"percent": 5})));
    let of_an_empty_scope = PlanAndLimits { plan: &elsewhere, workflow: None, tenant: Some(&percent), ..facts };
    assert_ne!(gate(&of_an_empty_scope), Gate::Open, "eleven of whom nobody is in the scope");
    let restored = RunPlan { reason: Some(Reason::RestoredWhileRunning.to_string()), ..plan(1, 1) };
    let found = gate(&PlanAndLimits { plan: &restored, ..facts });
    let is_restored = |found: &Gate| matches!(found, Gate::Held { reason: Held::RestoredWhileRunning, hash, .. } if *hash == restored.hash);
    assert!(is_restored(&found), "{found:?}");
    let begun = gate(&PlanAndLimits { plan: &restored, has_begun: true, ..facts });
    assert_eq!(begun, found, "what was under way before is a person's business");
}

#[test]
fn the_numbers_are_told() {
    let (plan, version, ten) = (plan(60, 70), idle(), limits(json!({"count": 10})));
    let facts = PlanAndLimits {
        plan: &plan,
        execution: ExecutionType::Scheduled,
        has_begun: false,
        is_canceled: false,
        version: Some(&version),
        workflow: Some(&ten),
        tenant: None,
    };
    let Gate::Held { message, .. } = gate(&facts) else { panic!("it is held") };
    assert_eq!(message, "60 people are more than 10: spec.executionLimits of the Workflow");
}

#[test]
fn what_has_begun() {
    let status = |status: serde_json::Value| -> RunStatus { serde_json::from_value(status).expect("a status") };
    let shard = json!({"index": 0, "attempt": 1, "updatedDateTime": "2026-03-01T00:00:00Z", "openUsersCount": 3, "counts": {}});
    let cases = [
        ("nothing", json!({}), false),
        ("it waits", json!({"processingStatus": "quarantined"}), false),
        ("a Job was made", json!({"attempt": 1}), true),
        ("a Job has told of itself", json!({"shards": [shard]}), true),
    ];
    for (what, value, begun) in cases {
        assert_eq!(has_begun(&status(value)), begun, "{what}");
    }
}

#[test]
fn who_is_already_so_does_not_count() {
    let person = |enabled: bool, groups: &[&str], licenses: &[&str]| Person {
        attributes: Attributes::new().with("accountEnabled", enabled),
        groups: groups.iter().map(|group| (*group).to_owned()).collect(),
        licenses: licenses.iter().map(|licence| (*licence).to_owned()).collect(),
        ..subject::person(&[])
    };
    let tasks = |tasks: serde_json::Value| -> Vec<Task> { serde_json::from_value(tasks).expect("tasks") };
    let task = |task: serde_json::Value| {
        let mut task = task;
        task["name"] = json!("a");
        tasks(json!([task]))
    };
    let (on, off) = (person(true, &[], &[]), person(false, &[], &[]));
    let (one, both) = (person(true, &["a"], &["x"]), person(true, &["a", "b"], &["x", "y"]));
    // (the task, who is as it wants them, who is not)
    let cases = [
        (json!({"enableUserAccount": {}}), vec![&on], vec![&off]),
        (json!({"disableUserAccount": {}}), vec![&off], vec![&on]),
        (json!({"addUserToGroups": {"groups": ["a", "b"]}}), vec![&both], vec![&on, &one]),
        (json!({"removeUserFromGroups": {"groups": ["a", "b"]}}), vec![&on], vec![&one, &both]),
        (json!({"removeUserFromAllGroups": {}}), vec![&on], vec![&one, &both]),
        (json!({"addUserToTeams": {"teams": ["a", "b"]}}), vec![&both], vec![&on, &one]),
        (json!({"removeUserFromTeams": {"teams": ["b"]}}), vec![&on, &one], vec![&both]),
        (json!({"removeUserFromAllTeams": {}}), vec![&on], vec![&one, &both]),
        (json!({"assignLicenses": {"licenses": ["x", "y"]}}), vec![&both], vec![&on, &one]),
        (json!({"removeLicenses": {"licenses": ["y"]}}), vec![&on, &one], vec![&both]),
        (json!({"removeAllLicenses": {}}), vec![&on], vec![&one, &both]),
        (json!({"sendInactivityEmail": {}}), vec![], vec![&on, &off, &one, &both]),
        (json!({"deleteUser": {}}), vec![], vec![&on, &off]),
        (json!({"revokeRefreshTokens": {}}), vec![], vec![&on, &off]),
    ];
    for (what, so, not_so) in cases {
        let tasks = task(what.clone());
        assert!(so.iter().all(|person| is_already_so(&tasks, person)), "{what}");
        assert!(!not_so.iter().any(|person| is_already_so(&tasks, person)), "{what}");
    }
    let two = tasks(json!([{"name": "a", "disableUserAccount": {}}, {"name": "b", "removeUserFromAllGroups": {}}]));
    assert!(is_already_so(&two, &off));
    assert!(!is_already_so(&two, &person(false, &["staff"], &[])), "every task must find them so");
    let idle = tasks(json!([{"name": "a", "disableUserAccount": {}}, {"name": "b", "sendInactivityEmail": {}, "isEnabled": false}]));
    assert!(is_already_so(&idle, &off), "a disabled task wants nothing");
}
