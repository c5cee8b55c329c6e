use serde_json::{Value, json};

use super::*;
use crate::api::Directory;

fn directories() -> BTreeMap<String, Directory> {
    let mapped = json!({"embedded": {}, "attributes": [
        {"name": "contractEnd", "type": "dateTime"}, {"name": "level", "type": "integer"}, {"name": "employeeHireDate", "type": "string"}]});
    let rows = [
        ("people", json!({"embedded": {}})),
        ("mapped", mapped),
        ("remote", json!({"scim": {"url": "https://x.example", "secretName": "tenure-x"}})),
    ];
    rows.into_iter().map(|(name, spec)| (name.to_owned(), Directory::new(name, serde_json::from_value(spec).unwrap()))).collect()
}

fn leaver() -> Value {
    json!({
        "category": "leaver", "directory": "people",
        "executionConditions": {
            "scope": {"rule": "department eq 'R&D'"},
            "trigger": {"timeBasedAttribute": {"attribute": "employeeLeaveDateTime", "offsetInDays": -7, "at": "06:00"}},
        },
        "tasks": [{"name": "off", "disableUserAccount": {}}, {"name": "groups", "removeUserFromAllGroups": {}}],
    })
}

/// Puts `value` at `pointer`; null removes.
fn with(mut spec: Value, pointer: &str, value: Value) -> Value {
    let (parent, field) = pointer.rsplit_once('/').unwrap();
    let parent = spec.pointer_mut(parent).unwrap();
    if let (Some(list), Ok(index)) = (parent.as_array_mut(), field.parse::<usize>()) {
        list[index] = value;
    } else if value.is_null() {
        parent.as_object_mut().unwrap().remove(field);
    } else {
        parent[field] = value;
    }
    spec
}

fn found(problems: &[Problem]) -> Vec<(&str, &str)> {
    problems.iter().map(|problem| (problem.path.as_str(), problem.reason)).collect()
}

#[test]
fn workflows() {
    type Row = (&'static str, Value, &'static [(&'static str, &'static str)]);
    const TRIGGER: &str = "/executionConditions/trigger";
    let time = |attribute: &str| json!({"timeBasedAttribute": {"attribute": attribute}});
    let task = |task: Value| json!([task]);
    let rows: Vec<Row> = vec![
        ("/displayName", json!("sound"), &[]),
        ("/executionConditions", Value::Null, &[]),
        ("/directory", Value::Null, &[]),
        ("/directory", json!("gone"), &[("spec.directory", reason::DIRECTORY)]),
        ("/directory", json!("remote"), &[("spec.directory", reason::NOT_AVAILABLE)]),
        ("/executionConditions/scope/rule", json!("departmnt eq 'R&D'"), &[("spec.executionConditions.scope.rule", reason::RULE)]),
        ("/executionConditions/scope/rule", json!("department eq"), &[("spec.executionConditions.scope.rule", reason::RULE)]),
        ("/executionConditions/scope/rule", json!("level gt 3"), &[("spec.executionConditions.scope.rule", reason::RULE)]),
        ("/executionConditions/scope/rule", json!("manager eq 'anna'"), &[]),
        ("/executionConditions/scope", Value::Null, &[]),
        (
            "/executionConditions/scope/group",
            json!("g"),
            &[("spec.executionConditions.scope", reason::UNION), ("spec.executionConditions.trigger", reason::TRIGGER)],
        ),
        (TRIGGER, json!({}), &[("spec.executionConditions.trigger", reason::UNION)]),
        (TRIGGER, json!({"userInactivity": {"inactivityPeriodInDays": 90}}), &[]),
        (TRIGGER, json!({"guestSponsor": {"minimumRequiredSponsors": 1}}), &[]),
        (TRIGGER, json!({"membershipChange": {"changeType": "add"}}), &[("spec.executionConditions.trigger", reason::TRIGGER)]),
        ("/executionConditions", json!({"scope": {"group": "g"}, "trigger": {"membershipChange": {"changeType": "add"}}}), &[]),
        (TRIGGER, time("createdDateTime"), &[]),
        (TRIGGER, time("contractEnd"), &[("spec.executionConditions.trigger.timeBasedAttribute.attribute", reason::TRIGGER)]),
        (TRIGGER, time("department"), &[("spec.executionConditions.trigger.timeBasedAttribute.attribute", reason::TRIGGER)]),
        (
            TRIGGER,
            json!({"timeBasedAttribute": {"attribute": "createdDateTime", "offsetInDays": 181}}),
            &[("spec.executionConditions.trigger.timeBasedAttribute.offsetInDays", reason::TRIGGER)],
        ),
        (
            TRIGGER,
            json!({"timeBasedAttribute": {"attribute": "createdDateTime", "at": "24:00"}}),
            &[("spec.executionConditions.trigger.timeBasedAttribute.at", reason::TRIGGER)],
        ),
        (TRIGGER, json!({"attributeChange": {"attributes": ["department", "manager", "extension_app_x"]}}), &[]),
        (
            TRIGGER,
            json!({"attributeChange": {"attributes": ["departmnt"]}}),
            &[("spec.executionConditions.trigger.attributeChange.attributes", reason::ATTRIBUTE)],
        ),
        ("/catchUpWindow", json!("365d"), &[]),
        ("/catchUpWindow", json!("366d"), &[("spec.catchUpWindow", reason::DURATION)]),
        ("/catchUpWindow", json!("99999h"), &[("spec.catchUpWindow", reason::DURATION)]),
        ("/executionLimits", json!({"count": 5}), &[]),
        ("/approval", json!({"requiredFor": ["destructive"]}), &[("spec.approval", reason::NOT_AVAILABLE)]),
        ("/tasks", task(json!({"name": "t"})), &[("spec.tasks[0]", reason::UNION)]),
        ("/tasks", task(json!({"name": "t", "deleteUser": {}, "disableUserAccount": {}})), &[("spec.tasks[0]", reason::UNION)]),
        (
            "/tasks",
            task(json!({"name": "t", "runCustomTaskExtension": {"extension": "x"}})),
            &[("spec.tasks[0].runCustomTaskExtension", reason::TASK_UNAVAILABLE)],
        ),
        ("/tasks", task(json!({"name": "t", "isEnabled": false, "runCustomTaskExtension": {"extension": "x"}})), &[]),
        ("/tasks", task(json!({"name": "t", "sendEmailOnLastDay": {}})), &[]),
        (
            "/tasks",
            task(json!({"name": "t", "assignLicenses": {"licenses": ["l"]}})),
            &[("spec.tasks[0].assignLicenses", reason::CATEGORY)],
        ),
        (
            "/tasks",
            task(json!({"name": "t", "disableUserAccount": {}, "directories": ["ad"]})),
            &[("spec.tasks[0].directories", reason::NOT_AVAILABLE)],
        ),
        (
            "/tasks",
            task(
                json!({"name": "t", "updateUserAttributes": {"attributes": [{"attribute": "jobTitle"}, {"attribute": "employeeOrgData/costCenter"}]}}),
            ),
            &[],
        ),
        (
            "/tasks",
            task(json!({"name": "t", "updateUserAttributes": {"attributes": [{"attribute": "jobTitel"}]}})),
            &[("spec.tasks[0].updateUserAttributes.attributes", reason::ATTRIBUTE)],
        ),
    ];
    let directories = directories();
    let schedule: TenantScheduleSpec = serde_json::from_value(json!({"directory": "people"})).unwrap();
    let tenant = Tenant { schedule: Some(&schedule), directories: &directories };
    for (pointer, value, expected) in rows {
        let what = format!("{pointer} = {value}");
        let spec = serde_json::from_value(with(leaver(), pointer, value)).unwrap();
        assert_eq!(found(&workflow_problems(&spec, &tenant)), expected, "{what}");
    }
}

#[test]
fn the_directory_s_mapping_decides_what_a_workflow_may_name() {
    let directories = directories();
    let tenant = Tenant { schedule: None, directories: &directories };
    let base = with(leaver(), "/directory", json!("mapped"));
    let trigger = "/executionConditions/trigger/timeBasedAttribute/attribute";
    let rows: [(&str, Value, &[&str]); 4] = [
        (trigger, json!("contractEnd"), &[]),
        (trigger, json!("employeeHireDate"), &[reason::TRIGGER]),
        ("/executionConditions/scope/rule", json!("level ne 3"), &[]),
        ("/directory", Value::Null, &[reason::DIRECTORY]),
    ];
    for (pointer, value, expected) in rows {
        let what = format!("{pointer} = {value}");
        let spec = serde_json::from_value(with(base.clone(), pointer, value)).unwrap();
        let reasons: Vec<_> = workflow_problems(&spec, &tenant).iter().map(|problem| problem.reason).collect();
        assert_eq!(reasons, expected, "{what}");
    }
}

/// What cannot be executed is said, member by member, and of the other members nothing is.
#[test]
fn every_task_is_available_or_named() {
    let directories = directories();
    let tenant = Tenant { schedule: None, directories: &directories };
    for definition in &crate::catalog::TASKS {
        let mut spec: WorkflowSpec = serde_json::from_value(leaver()).unwrap();
        let argument = |name: &str| match name {
            "attributes" => json!([{"attribute": "jobTitle"}]),
            "groups" | "teams" | "licenses" => json!(["x"]),
            _ => json!("x"),
        };
        let required = definition.arguments.iter().filter(|argument| argument.required);
        let arguments: serde_json::Map<_, _> = required.map(|known| (known.name.to_owned(), argument(known.name))).collect();
        spec.tasks = vec![serde_json::from_value(json!({"name": "t", definition.name: arguments})).unwrap()];
        let said = workflow_problems(&spec, &tenant)
            .into_iter()
            .any(|problem| problem.reason == reason::TASK_UNAVAILABLE && problem.message.contains(definition.name));
        assert_eq!(said, UNAVAILABLE_TASKS.contains(&definition.name), "{}", definition.name);
    }
    assert!(UNAVAILABLE_TASKS.iter().all(|name| crate::catalog::by_name(name).is_some()));
}

#[test]
fn schedules() {
    let rows: Vec<(Value, &[(&str, &str)])> = vec![
        (json!({}), &[]),
        (json!({"interval": "3h", "directory": "people", "catchUp": {"joiner": "3d"}}), &[]),
        (json!({"directory": "gone"}), &[("spec.directory", reason::DIRECTORY)]),
        (json!({"cron": "0 0 31 4 *"}), &[("spec.cron", reason::SCHEDULE)]),
        (json!({"cron": "0 0 * * *", "timeZone": "Nowhere"}), &[("spec.timeZone", reason::TIME_ZONE)]),
        (json!({"interval": "25h"}), &[("spec.interval", reason::SCHEDULE)]),
        (
            json!({"catchUp": {"joiner": "400d", "mover": "0d", "leaver": "30d"}}),
            &[("spec.catchUp.joiner", reason::DURATION), ("spec.catchUp.mover", reason::DURATION)],
        ),
        (json!({"limits": {"count": 5}}), &[]),
        (
            json!({"freezeWindows": [{"name": "w", "from": "2026-01-01T00:00:00Z", "until": "2026-01-02T00:00:00Z"}]}),
            &[("spec.freezeWindows", reason::NOT_AVAILABLE)],
        ),
    ];
    let directories = directories();
    let tenant = Tenant { schedule: None, directories: &directories };
    for (spec, expected) in rows {
        let what = spec.to_string();
        let spec = serde_json::from_value(spec).unwrap();
        assert_eq!(found(&schedule_problems("acme", &spec, &tenant)), expected, "{what}");
    }
}

#[test]
fn directories_and_their_problems() {
    let rows: Vec<(Value, &[(&str, &str)])> = vec![
        (json!({"embedded": {}}), &[]),
        (json!({}), &[("spec", reason::UNION)]),
        (json!({"scim": {"url": "https://x.example", "secretName": "tenure-x"}}), &[("spec.scim", reason::NOT_AVAILABLE)]),
        (json!({"embedded": {}, "guards": {"minimumSubjects": 1}}), &[("spec.guards", reason::NOT_AVAILABLE)]),
        (json!({"embedded": {}, "protected": {"users": ["anna"]}}), &[]),
        (json!({"embedded": {}, "attributes": [{"name": "a"}, {"name": "b", "type": "dateTime", "timeZone": "Europe/Berlin"}]}), &[]),
        (
            json!({"embedded": {}, "attributes": [{"name": "a"}, {"name": "b", "timeZone": "Berlin"}]}),
            &[("spec.attributes[1].timeZone", reason::TIME_ZONE)],
        ),
    ];
    for (spec, expected) in rows {
        let what = spec.to_string();
        let spec = serde_json::from_value(spec).unwrap();
        assert_eq!(found(&directory_problems(&spec)), expected, "{what}");
    }
}
