//! Cases of the task union: written from the catalogue, so that the schema and the catalogue cannot differ.

use serde_json::{Map, Value, json};
use tenure::api::Category;
use tenure::api::task::MEMBERS;
use tenure::catalog::{TASKS, TaskDefinition};

use super::case::{Case, text, texts, with};
use super::cases_workflow::workflow;

const ONE_TASK: &str = "exactly one task must be set";

/// A workflow whose only task is this one.
fn with_task(category: &str, task: Value) -> Value {
    with(workflow(category), "/spec/tasks", Value::Array(vec![task]))
}

/// A value that the argument may have.
fn sample(argument: &str) -> Value {
    match argument {
        "to" => json!(["Manager"]),
        "cc" => json!(["hr@example.com"]),
        "customSubject" => json!("Welcome {{user.displayName}}"),
        "customBody" => json!("Good morning"),
        "locale" => json!("en-us"),
        "lifetimeMinutes" => json!(60),
        "isUsableOnce" => json!(false),
        "groups" | "teams" | "licenses" => json!(["one", "two"]),
        "attributes" => json!([{"attribute": "department", "value": "Sales"}, {"attribute": "city"}]),
        "extension" => json!("ticket"),
        "accessPackageId" => json!("laptop"),
        "assignmentPolicyId" => json!("default"),
        "daysUntilExpiration" => json!(3),
        other => panic!("the catalogue has an argument {other} that the table does not know"),
    }
}

/// The task with all its arguments, or with the required ones.
fn task(definition: &TaskDefinition, all: bool) -> Value {
    let arguments = definition.arguments.iter().filter(|argument| all || argument.required);
    let arguments: Map<String, Value> = arguments.map(|argument| (argument.name.to_owned(), sample(argument.name))).collect();
    json!({"name": "it", (definition.name): arguments})
}

pub fn cases() -> Vec<Case> {
    [categories(), arguments(), union(), common(), bounds()].concat()
}

fn categories() -> Vec<Case> {
    let names: Vec<&str> = TASKS.iter().map(|definition| definition.name).collect();
    assert_eq!(names, MEMBERS, "the catalogue and the task union have the same members in the same order");
    let pairs = TASKS.iter().flat_map(|definition| Category::ALL.map(|category| (definition, category)));
    let case = |(definition, category): (&TaskDefinition, Category)| {
        let name = format!("category: {} in {category}", definition.name);
        let object = with_task(category.as_str(), task(definition, false));
        if definition.allows(category) {
            Case::accepted(name, object)
        } else {
            Case::refused(name, object, format!("a task does not allow the category {category}"))
        }
    };
    let mut cases: Vec<Case> = pairs.map(case).collect();
    let mut mixed = workflow("leaver");
    mixed["spec"]["tasks"] = json!([
        {"name": "disable", "disableUserAccount": {}}, {"name": "welcome", "sendWelcomeEmail": {}},
    ]);
    cases.push(Case::refused("category: the second task", mixed, "a task does not allow the category leaver"));
    cases
}

fn arguments() -> Vec<Case> {
    let mut cases = Vec::new();
    for definition in &TASKS {
        let name = definition.name;
        let category = definition.categories[0].as_str();
        let full = with_task(category, task(definition, true));
        cases.push(Case::accepted(format!("arguments: all of {name}"), full.clone()));
        let strange = with(full.clone(), &format!("/spec/tasks/0/{name}/taskDefinitionId"), json!("x"));
        let words = format!("unknown field \"spec.tasks[0].{name}.taskDefinitionId\"");
        cases.push(Case::refused(format!("arguments: unknown to {name}"), strange, words));
        for argument in definition.arguments {
            let pointer = format!("/spec/tasks/0/{name}/{}", argument.name);
            let without = with(full.clone(), &pointer, Value::Null);
            let title = format!("arguments: {name} without {}", argument.name);
            cases.push(if argument.required {
                Case::refused(title, without, format!("spec.tasks[0].{name}.{}: Required value", argument.name))
            } else {
                Case::accepted(title, without)
            });
        }
    }
    cases
}

fn union() -> Vec<Case> {
    let two = json!({"name": "it", "addUserToGroups": {"groups": ["a"]}, "addUserToTeams": {"teams": ["a"]}});
    let null = json!({"name": "it", "addUserToGroups": {"groups": ["a"]}, "addUserToTeams": null});
    let misspelt = json!({"name": "it", "addUsersToGroups": {"groups": ["a"]}});
    vec![
        Case::refused("union: no task", with_task("joiner", json!({"name": "it"})), ONE_TASK),
        Case::refused("union: two tasks", with_task("joiner", two), ONE_TASK),
        Case::accepted("union: a member that is null does not count", with_task("joiner", null))
            .stores("/spec/tasks/0/addUserToTeams", Value::Null),
        Case::refused("union: only a null", with_task("joiner", json!({"name": "it", "enableUserAccount": null})), ONE_TASK),
        Case::refused("union: misspelt", with_task("joiner", misspelt), "unknown field \"spec.tasks[0].addUsersToGroups\""),
    ]
}

fn common() -> Vec<Case> {
    let named = |name: &str| with(workflow("joiner"), "/spec/tasks/0/name", json!(name));
    let pattern = "should match '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$'";
    let many = |count: usize| {
        let tasks: Vec<Value> = texts(count).iter().map(|name| json!({"name": name, "enableUserAccount": {}})).collect();
        with(workflow("joiner"), "/spec/tasks", json!(tasks))
    };
    let twice = json!([{"name": "a", "enableUserAccount": {}}, {"name": "a", "sendWelcomeEmail": {}}]);
    let set = |member: &str, value: Value| with(workflow("joiner"), &format!("/spec/tasks/0/{member}"), value);
    vec![
        Case::accepted("task: 25", many(25)),
        Case::refused("task: 26", many(26), "Too many"),
        Case::refused("task: none", many(0), "should have at least 1 items"),
        Case::refused("task: same name", with(workflow("joiner"), "/spec/tasks", twice), "Duplicate value: {\"name\":\"a\"}"),
        Case::accepted("task: name of 63 characters", named(&text(63))),
        Case::refused("task: name of 64 characters", named(&text(64)), "may not be more than 63 bytes"),
        Case::refused("task: empty name", named(""), "should be at least 1 chars long"),
        Case::refused("task: name in capitals", named("Enable"), pattern),
        Case::refused("task: name ends with a dash", named("enable-"), pattern),
        Case::refused("task: without name", set("name", Value::Null), "spec.tasks[0].name: Required value"),
        Case::accepted("task: onUncertain Fail", set("onUncertain", json!("Fail"))),
        Case::refused("task: onUncertain Maybe", set("onUncertain", json!("Maybe")), "Unsupported value: \"Maybe\""),
        Case::accepted("task: 10 directories", set("directories", json!(texts(10)))),
        Case::refused("task: 11 directories", set("directories", json!(texts(11))), "Too many"),
    ]
}

fn bounds() -> Vec<Case> {
    let arguments = |member: &str, arguments: Value| with_task("joiner", json!({"name": "it", (member): arguments}));
    let pass = |minutes: i32| arguments("generateTemporaryAccessPass", json!({"lifetimeMinutes": minutes}));
    let groups = |count: usize| arguments("addUserToGroups", json!({"groups": texts(count)}));
    let update = |names: Vec<String>, value: &str| {
        let updates: Vec<Value> = names.iter().map(|name| json!({"attribute": name, "value": value})).collect();
        arguments("updateUserAttributes", json!({"attributes": updates}))
    };
    let body = |length: usize| arguments("sendWelcomeEmail", json!({"customBody": text(length)}));
    let days = |days: i32| {
        let task = json!({"name": "it", "removeAllAccessPackageAssignments": {"daysUntilExpiration": days}});
        with_task("leaver", task)
    };
    vec![
        Case::accepted("pass: default", arguments("generateTemporaryAccessPass", json!({})))
            .stores("/spec/tasks/0/generateTemporaryAccessPass/lifetimeMinutes", json!(480))
            .stores("/spec/tasks/0/generateTemporaryAccessPass/isUsableOnce", json!(true)),
        Case::accepted("pass: 10 minutes", pass(10)),
        Case::refused("pass: 9 minutes", pass(9), "should be greater than or equal to 10"),
        Case::accepted("pass: 43200 minutes", pass(43200)),
        Case::refused("pass: 43201 minutes", pass(43201), "should be less than or equal to 43200"),
        Case::accepted("groups: 100", groups(100)),
        Case::refused("groups: 101", groups(101), "Too many"),
        Case::refused("groups: none", groups(0), "should have at least 1 items"),
        Case::refused("groups: as one text", arguments("addUserToGroups", json!({"groups": "a,b"})), "must be of type array"),
        Case::accepted("attributes: 10", update(texts(10), "x")),
        Case::refused("attributes: 11", update(texts(11), "x"), "Too many"),
        Case::refused("attributes: one twice", update(vec![text(1), text(1)], "x"), "Duplicate value: {\"attribute\":\"a\"}"),
        Case::accepted("attributes: value of 1024 characters", update(texts(1), &text(1024))),
        Case::refused("attributes: value of 1025 characters", update(texts(1), &text(1025)), "may not be more than 1024 bytes"),
        Case::accepted("mail: text of 16384 characters", body(16384)),
        Case::refused("mail: text of 16385 characters", body(16385), "may not be more than 16384 bytes"),
        Case::accepted("packages: 3660 days", days(3660)),
        Case::refused("packages: 3661 days", days(3661), "should be less than or equal to 3660"),
        Case::refused("packages: a day ago", days(-1), "should be greater than or equal to 0"),
    ]
}
