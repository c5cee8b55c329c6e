use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::*;
use crate::api::{Directory, TenantScheduleSpec};
use crate::domain::capability::Capability;
use crate::domain::change::{UNAVAILABLE_TASKS, unavailable};

fn directories() -> BTreeMap<String, Directory> {
    let mapped = json!({"embedded": {}, "attributes": [
        {"name": "contractEnd", "type": "dateTime"}, {"name": "level", "type": "integer"}, {"name": "employeeHireDate", "type": "string"}]});
    let untyped = json!({"embedded": {}, "attributes": [
        {"name": "employeeHireDate", "timeZone": "Europe/Berlin"}, {"name": "createdDateTime", "dateOnly": "EndOfDay"},
        {"name": "employeeLeaveDateTime", "writers": [{"workflow": "end"}]}, {"name": "contractEnd", "dateOnly": "EndOfDay"}]});
    let rows = [
        ("people", json!({"embedded": {}})),
        ("mapped", mapped),
        ("untyped", untyped),
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

fn found(problems: &[Problem]) -> Vec<(&str, Reason)> {
    problems.iter().map(|problem| (problem.path.as_str(), problem.reason)).collect()
}

#[test]
fn workflows() {
    type Row = (&'static str, Value, &'static [(&'static str, Reason)]);
    const TRIGGER: &str = "/executionConditions/trigger";
    let time = |attribute: &str| json!({"timeBasedAttribute": {"attribute": attribute}});
    let task = |task: Value| json!([task]);
    let rows: Vec<Row> = vec![
        ("/displayName", json!("sound"), &[]),
        ("/executionConditions", Value::Null, &[]),
        ("/directory", Value::Null, &[]),
        ("/directory", json!("gone"), &[("spec.directory", Reason::DirectoryNotFound)]),
        ("/directory", json!("remote"), &[("spec.directory", Reason::NotAvailable)]),
        ("/executionConditions/scope/rule", json!("departmnt eq 'R&D'"), &[("spec.executionConditions.scope.rule", Reason::InvalidRule)]),
        ("/executionConditions/scope/rule", json!("department eq"), &[("spec.executionConditions.scope.rule", Reason::InvalidRule)]),
        ("/executionConditions/scope/rule", json!("level gt 3"), &[("spec.executionConditions.scope.rule", Reason::InvalidRule)]),
        ("/executionConditions/scope/rule", json!("manager eq 'anna'"), &[]),
        ("/executionConditions/scope", Value::Null, &[]),
        (
            "/executionConditions/scope/group",
            json!("g"),
            &[("spec.executionConditions.scope", Reason::ExactlyOne), ("spec.executionConditions.trigger", Reason::InvalidTrigger)],
        ),
        (TRIGGER, json!({}), &[("spec.executionConditions.trigger", Reason::ExactlyOne)]),
        (TRIGGER, json!({"userInactivity": {"inactivityPeriodInDays": 90}}), &[]),
        (TRIGGER, json!({"guestSponsor": {"minimumRequiredSponsors": 1}}), &[]),
        (TRIGGER, json!({"membershipChange": {"changeType": "add"}}), &[("spec.executionConditions.trigger", Reason::InvalidTrigger)]),
        ("/executionConditions", json!({"scope": {"group": "g"}, "trigger": {"membershipChange": {"changeType": "add"}}}), &[]),
        (TRIGGER, time("createdDateTime"), &[]),
        (TRIGGER, time("contractEnd"), &[("spec.executionConditions.trigger.timeBasedAttribute.attribute", Reason::InvalidTrigger)]),
        (TRIGGER, time("department"), &[("spec.executionConditions.trigger.timeBasedAttribute.attribute", Reason::InvalidTrigger)]),
        (
            TRIGGER,
            json!({"timeBasedAttribute": {"attribute": "createdDateTime", "offsetInDays": 181}}),
            &[("spec.executionConditions.trigger.timeBasedAttribute.offsetInDays", Reason::InvalidTrigger)],
        ),
        (
            TRIGGER,
            json!({"timeBasedAttribute": {"attribute": "createdDateTime", "at": "24:00"}}),
            &[("spec.executionConditions.trigger.timeBasedAttribute.at", Reason::InvalidTrigger)],
        ),
        (TRIGGER, json!({"attributeChange": {"attributes": ["department", "manager", "extension_app_x"]}}), &[]),
        (
            TRIGGER,
            json!({"attributeChange": {"attributes": ["departmnt"]}}),
            &[("spec.executionConditions.trigger.attributeChange.attributes", Reason::UnknownAttribute)],
        ),
        ("/catchUpWindow", json!("365d"), &[]),
        ("/catchUpWindow", json!("366d"), &[("spec.catchUpWindow", Reason::InvalidDuration)]),
        ("/catchUpWindow", json!("99999h"), &[("spec.catchUpWindow", Reason::InvalidDuration)]),
        ("/executionLimits", json!({"count": 5}), &[]),
        ("/approval", json!({"requiredFor": ["destructive"]}), &[("spec.approval", Reason::NotAvailable)]),
        ("/tasks", task(json!({"name": "t"})), &[("spec.tasks[0]", Reason::ExactlyOne)]),
        ("/tasks", task(json!({"name": "t", "deleteUser": {}, "disableUserAccount": {}})), &[("spec.tasks[0]", Reason::ExactlyOne)]),
        (
            "/tasks",
            task(json!({"name": "t", "runCustomTaskExtension": {"extension": "x"}})),
            &[("spec.tasks[0].runCustomTaskExtension", Reason::TaskUnavailable)],
        ),
        ("/tasks", task(json!({"name": "t", "isEnabled": false, "runCustomTaskExtension": {"extension": "x"}})), &[]),
        ("/tasks", task(json!({"name": "t", "sendEmailOnLastDay": {}})), &[]),
        (
            "/tasks",
            task(json!({"name": "t", "assignLicenses": {"licenses": ["l"]}})),
            &[("spec.tasks[0].assignLicenses", Reason::TaskNotAllowed)],
        ),
        (
            "/tasks",
            task(json!({"name": "t", "disableUserAccount": {}, "directories": ["ad"]})),
            &[("spec.tasks[0].directories", Reason::NotAvailable)],
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
            &[("spec.tasks[0].updateUserAttributes.attributes", Reason::UnknownAttribute)],
        ),
    ];
    let directories = directories();
    let schedule: TenantScheduleSpec = serde_json::from_value(json!({"directory": "people"})).unwrap();
    let tenant = Referents { schedule: Some(&schedule), directories: &directories };
    for (pointer, value, expected) in rows {
        let what = format!("{pointer} = {value}");
        let spec = serde_json::from_value(with(leaver(), pointer, value)).unwrap();
        assert_eq!(found(&workflow_problems(&spec, &tenant)), expected, "{what}");
    }
}

/// Who shows problems beside others decides by what they are about, and never by their words.
#[test]
fn what_a_problem_is_about() {
    let directories = directories();
    let tenant = Referents { schedule: None, directories: &directories };
    let base = with(leaver(), "/directory", json!("people"));
    let trigger = "/executionConditions/trigger";
    let changed = |attribute: &str| json!({"attributeChange": {"attributes": [attribute]}});
    let time = |attribute: &str| json!({"timeBasedAttribute": {"attribute": attribute}});
    let update = json!([{"name": "t", "updateUserAttributes": {"attributes": [{"attribute": "jobTitel"}]}}]);
    let rows: [(&str, Value, Vec<Matter>); 7] = [
        ("/directory", json!("gone"), vec![Matter::Field]),
        ("/directory", json!("remote"), vec![Matter::Directory]),
        (trigger, time("contractEnd"), vec![Matter::Unmapped("contractEnd".to_owned())]),
        (trigger, changed("departmnt"), vec![Matter::Unmapped("departmnt".to_owned())]),
        ("/tasks", update, vec![Matter::Unmapped("jobTitel".to_owned())]),
        (trigger, json!({"membershipChange": {"changeType": "add"}}), vec![Matter::Rule("spec.executionConditions")]),
        ("/catchUpWindow", json!("366d"), vec![Matter::Field]),
    ];
    for (pointer, value, expected) in rows {
        let what = format!("{pointer} = {value}");
        let spec = serde_json::from_value(with(base.clone(), pointer, value)).unwrap();
        let about: Vec<Matter> = workflow_problems(&spec, &tenant).into_iter().map(|problem| problem.about).collect();
        assert_eq!(about, expected, "{what}");
    }
}

/// A rule that is named says the same in the same words, and nothing else is said at its field.
#[test]
fn a_rule_that_is_checked_twice_is_in_the_schema() {
    let directories = directories();
    let tenant = Referents { schedule: None, directories: &directories };
    let membership = json!({"membershipChange": {"changeType": "add"}});
    let spec = serde_json::from_value(with(leaver(), "/executionConditions/trigger", membership)).unwrap();
    let crd = crate::api::crds().into_iter().find(|crd| crd.spec.names.kind == "Workflow").unwrap();
    let schema = crd.spec.versions[0].schema.as_ref().and_then(|schema| schema.open_api_v3_schema.as_ref()).unwrap();
    let problems = workflow_problems(&spec, &tenant);
    let mut rules = 0;
    for problem in &problems {
        let Matter::Rule(field) = problem.about else { continue };
        let node = field.split('.').fold(schema, |node, name| &node.properties.as_ref().unwrap()[name]);
        let found = node.x_kubernetes_validations.iter().flatten();
        let messages: Vec<&str> = found.map(|rule| rule.message.as_deref().unwrap()).collect();
        assert_eq!(messages, [problem.message.as_str()]);
        rules += 1;
    }
    assert_eq!(rules, 1, "{problems:?}");
}

#[test]
fn the_directory_s_mapping_decides_what_a_workflow_may_name() {
    let directories = directories();
    let tenant = Referents { schedule: None, directories: &directories };
    let base = with(leaver(), "/directory", json!("mapped"));
    let trigger = "/executionConditions/trigger/timeBasedAttribute/attribute";
    let rows: [(&str, Value, &[Reason]); 4] = [
        (trigger, json!("contractEnd"), &[]),
        (trigger, json!("employeeHireDate"), &[Reason::InvalidTrigger]),
        ("/executionConditions/scope/rule", json!("level ne 3"), &[]),
        ("/directory", Value::Null, &[Reason::DirectoryNotFound]),
    ];
    for (pointer, value, expected) in rows {
        let what = format!("{pointer} = {value}");
        let spec = serde_json::from_value(with(base.clone(), pointer, value)).unwrap();
        let reasons: Vec<_> = workflow_problems(&spec, &tenant).iter().map(|problem| problem.reason).collect();
        assert_eq!(reasons, expected, "{what}");
    }
}

/// A mapping that says of a date who may write it, or what a day of it is, leaves it a date; what it is not is said without
/// contradiction.
#[test]
fn what_a_trigger_may_count_from() {
    let directories = directories();
    let tenant = Referents { schedule: None, directories: &directories };
    let rows = [
        ("people", "employeeLeaveDateTime", ""),
        ("untyped", "employeeLeaveDateTime", ""),
        ("untyped", "employeeHireDate", ""),
        ("untyped", "createdDateTime", ""),
        (
            "people",
            "contractEnd",
            "\"contractEnd\" is neither one of employeeHireDate, employeeLeaveDateTime, createdDateTime nor mapped as \
          dateTime by the Directory",
        ),
        (
            "untyped",
            "contractEnd",
            "\"contractEnd\" is no date: its mapping in the Directory says no type, so that it has type: string; write \
          type: dateTime there, or count from another date",
        ),
        (
            "mapped",
            "level",
            "\"level\" is no date: its mapping in the Directory has type: integer; write type: dateTime there, or count from \
          another date",
        ),
        (
            "mapped",
            "employeeHireDate",
            "\"employeeHireDate\" is no date: its mapping in the Directory has type: string; write type: dateTime \
          there, or no type, or count from another date",
        ),
    ];
    for (directory, attribute, expected) in rows {
        let base = with(leaver(), "/directory", json!(directory));
        let pointer = "/executionConditions/trigger/timeBasedAttribute/attribute";
        let spec = serde_json::from_value(with(base, pointer, json!(attribute))).unwrap();
        let messages: Vec<String> = workflow_problems(&spec, &tenant).into_iter().map(|problem| problem.message).collect();
        assert_eq!(messages.join(", "), expected, "{directory} {attribute}");
    }
}

/// What cannot be executed is said, member by member, and of the other members nothing is.
#[test]
fn every_task_is_available_or_named() {
    let directories = directories();
    let tenant = Referents { schedule: None, directories: &directories };
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
            .any(|problem| problem.reason == Reason::TaskUnavailable && problem.message.contains(definition.name));
        assert_eq!(said, unavailable(definition.name).is_some(), "{}", definition.name);
    }
    assert!(UNAVAILABLE_TASKS.iter().all(|(name, _)| crate::catalog::by_name(name).is_some()));
}

type Said<'a> = &'a [(&'a str, Reason)];

/// What the Directory of a Workflow cannot do is said of the Workflow, beside what else is wrong with it.
#[test]
fn a_workflow_needs_what_its_directory_can_do() {
    let directories = directories();
    let tenant = Referents { schedule: None, directories: &directories };
    let (people, nowhere) = (with(leaver(), "/directory", json!("people")), with(leaver(), "/directory", json!("gone")));
    let tasks = json!([{"name": "t", "revokeRefreshTokens": {}}]);
    let revoke = ("spec.tasks[0].revokeRefreshTokens", Reason::DirectoryIncapable);
    let all = Capabilities::EMBEDDED;
    let rows: [(&str, &Value, Option<Capabilities>, Said<'_>); 5] = [
        ("it can", &people, Some(all), &[]),
        ("it cannot", &people, Some(all.without(Capability::Sessions)), &[revoke]),
        ("it cannot do something else", &people, Some(all.without(Capability::Licences)), &[]),
        ("nobody knows what it can do, which is said of the Directory", &people, None, &[]),
        ("it is not there", &nowhere, Some(all.without(Capability::Sessions)), &[("spec.directory", Reason::DirectoryNotFound)]),
    ];
    for (what, base, can, expected) in rows {
        let spec = serde_json::from_value(with(base.clone(), "/tasks", tasks.clone())).unwrap();
        assert_eq!(found(&judge_where(&spec, &tenant, true, |_| can).problems), expected, "{what}");
        let of_embedded = workflow_problems(&spec, &tenant);
        assert!(of_embedded.iter().all(|problem| problem.reason != Reason::DirectoryIncapable), "{what}");
    }
}

#[test]
fn schedules() {
    let rows: Vec<(Value, &[(&str, Reason)])> = vec![
        (json!({}), &[]),
        (json!({"interval": "3h", "directory": "people", "catchUp": {"joiner": "3d"}}), &[]),
        (json!({"directory": "gone"}), &[("spec.directory", Reason::DirectoryNotFound)]),
        (json!({"cron": "0 0 31 4 *"}), &[("spec.cron", Reason::InvalidSchedule)]),
        (json!({"cron": "0 0 * * *", "timeZone": "Nowhere"}), &[("spec.timeZone", Reason::UnknownTimeZone)]),
        (json!({"interval": "25h"}), &[("spec.interval", Reason::InvalidSchedule)]),
        (
            json!({"catchUp": {"joiner": "400d", "mover": "0d", "leaver": "30d"}}),
            &[("spec.catchUp.joiner", Reason::InvalidDuration), ("spec.catchUp.mover", Reason::InvalidDuration)],
        ),
        (json!({"limits": {"count": 5}}), &[]),
        (
            json!({"freezeWindows": [{"name": "w", "from": "2026-01-01T00:00:00Z", "until": "2026-01-02T00:00:00Z"}]}),
            &[("spec.freezeWindows", Reason::NotAvailable)],
        ),
    ];
    let directories = directories();
    let tenant = Referents { schedule: None, directories: &directories };
    for (spec, expected) in rows {
        let what = spec.to_string();
        let spec = serde_json::from_value(spec).unwrap();
        assert_eq!(found(&schedule_problems("acme", &spec, &tenant)), expected, "{what}");
    }
}

#[test]
fn directories_and_their_problems() {
    let rows: Vec<(Value, &[(&str, Reason)])> = vec![
        (json!({"embedded": {}}), &[]),
        (json!({}), &[("spec", Reason::ExactlyOne)]),
        (json!({"scim": {"url": "https://x.example", "secretName": "tenure-x"}}), &[("spec.scim", Reason::NotAvailable)]),
        (json!({"embedded": {}, "guards": {"minimumSubjects": 1}}), &[("spec.guards", Reason::NotAvailable)]),
        (json!({"embedded": {}, "protected": {"users": ["anna"]}}), &[]),
        (json!({"embedded": {}, "attributes": [{"name": "a"}, {"name": "b", "type": "dateTime", "timeZone": "Europe/Berlin"}]}), &[]),
        (
            json!({"embedded": {}, "attributes": [{"name": "a"}, {"name": "b", "timeZone": "Berlin"}]}),
            &[("spec.attributes[1].timeZone", Reason::UnknownTimeZone)],
        ),
    ];
    for (spec, expected) in rows {
        let what = spec.to_string();
        let spec = serde_json::from_value(spec).unwrap();
        assert_eq!(found(&directory_problems(&spec)), expected, "{what}");
    }
}
