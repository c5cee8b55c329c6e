//! Cases of Workflow and `WorkflowVersion`, but for the task union.

use serde_json::{Value, json};

use super::case::{Case, object, text, texts, with};

/// A workflow of the category with one task that every category allows.
pub fn workflow(category: &str) -> Value {
    let tasks = json!([{"name": "groups", "addUserToGroups": {"groups": ["all-staff"]}}]);
    object("Workflow", "example", json!({"spec": {"category": category, "tasks": tasks}}))
}

/// A workflow that is due at the date attribute.
fn timed(category: &str, attribute: &str) -> Value {
    with(workflow(category), TRIGGER, json!({"timeBasedAttribute": {"attribute": attribute}}))
}

fn version() -> Value {
    let template = workflow("leaver")["spec"].clone();
    let spec = json!({
        "workflow": "example", "number": 12, "lineage": "0b7d4f0e-6f3e-4f5a-9d51-0c3a8e2f7a10",
        "hash": "v1:00", "template": template,
    });
    object("WorkflowVersion", "example-v12", json!({"spec": spec}))
}

const CONDITIONS: &str = "/spec/executionConditions";
const TRIGGER: &str = "/spec/executionConditions/trigger";
const SCOPE: &str = "/spec/executionConditions/scope";
const LIMITS: &str = "/spec/executionLimits";

const ONE_TRIGGER: &str = "exactly one of timeBasedAttribute, attributeChange, membershipChange, userInactivity, guestSponsor must be set";
const GROUP_SCOPE: &str = "scope.group goes with the trigger membershipChange, and only with it";
const ONE_SCOPE: &str = "exactly one of rule, group must be set";
const ATTRIBUTE: &str =
    "a joiner workflow cannot be timed by employeeLeaveDateTime, nor a leaver workflow by employeeHireDate or createdDateTime";

pub fn cases() -> Vec<Case> {
    [basics(), switches(), triggers(), scopes(), dates(), limits(), bounds(), updates(), versions()].concat()
}

fn basics() -> Vec<Case> {
    let unknown = with(workflow("joiner"), "/spec/colour", json!("red"));
    let long = |length| with(workflow("joiner"), "/metadata/name", json!(text(length)));
    vec![
        Case::accepted("workflow: category and tasks are enough", workflow("joiner"))
            .stores("/spec/isEnabled", json!(true))
            .stores("/spec/isSchedulingEnabled", json!(false))
            .stores("/spec/deletionPolicy", json!("Retain"))
            .stores("/spec/tasks/0/isEnabled", json!(true))
            .stores("/spec/tasks/0/continueOnError", json!(false))
            .stores("/spec/tasks/0/onUncertain", json!("Repeat"))
            .stores("/spec/executionConditions", Value::Null),
        Case::refused("workflow: unknown field", unknown, "unknown field \"spec.colour\""),
        Case::refused("workflow: without spec", object("Workflow", "example", json!({})), "spec: Required value"),
        Case::refused(
            "workflow: without category",
            with(workflow("joiner"), "/spec/category", Value::Null),
            "spec.category: Required value",
        ),
        Case::refused("workflow: category of nobody", workflow("visitor"), "Unsupported value: \"visitor\""),
        Case::refused("workflow: without tasks", with(workflow("joiner"), "/spec/tasks", Value::Null), "spec.tasks: Required value"),
        Case::accepted("workflow: name of 36 characters", long(36)),
        Case::refused("workflow: name of 37 characters", long(37), "metadata.name: at most 36 characters"),
    ]
}

fn switches() -> Vec<Case> {
    let scheduled = with(timed("joiner", "employeeHireDate"), "/spec/isSchedulingEnabled", json!(true));
    let disabled = with(scheduled.clone(), "/spec/isEnabled", json!(false));
    let on_demand = with(scheduled.clone(), CONDITIONS, Value::Null);
    vec![
        Case::accepted("workflow: scheduled", scheduled),
        Case::refused("workflow: scheduled but disabled", disabled, "isSchedulingEnabled needs isEnabled"),
        Case::refused("workflow: scheduled on demand", on_demand, "isSchedulingEnabled needs executionConditions"),
        Case::accepted("workflow: disabled", with(workflow("mover"), "/spec/isEnabled", json!(false))),
    ]
}

fn triggers() -> Vec<Case> {
    let trigger = |trigger: Value| with(workflow("leaver"), TRIGGER, trigger);
    let days = |days: i32| trigger(json!({"userInactivity": {"inactivityPeriodInDays": days}}));
    let sponsors = |count: i32| trigger(json!({"guestSponsor": {"minimumRequiredSponsors": count}}));
    let change = |attributes: Vec<String>| trigger(json!({"attributeChange": {"attributes": attributes}}));
    let offset = |days: i32| trigger(json!({"timeBasedAttribute": {"attribute": "employeeLeaveDateTime", "offsetInDays": days}}));
    let at = |at: &str| trigger(json!({"timeBasedAttribute": {"attribute": "employeeLeaveDateTime", "at": at}}));
    let two = json!({"userInactivity": {"inactivityPeriodInDays": 90}, "guestSponsor": {"minimumRequiredSponsors": 1}});
    let null = json!({"userInactivity": {"inactivityPeriodInDays": 90}, "guestSponsor": null});
    let member = |change: &str| {
        let conditions = json!({"scope": {"group": "rnd"}, "trigger": {"membershipChange": {"changeType": change}}});
        with(workflow("mover"), CONDITIONS, conditions)
    };
    vec![
        Case::refused("trigger: none", trigger(json!({})), ONE_TRIGGER),
        Case::refused("trigger: two", trigger(two), ONE_TRIGGER),
        Case::accepted("trigger: a member that is null does not count", trigger(null))
            .stores("/spec/executionConditions/trigger/guestSponsor", Value::Null),
        Case::refused(
            "trigger: missing",
            with(workflow("leaver"), CONDITIONS, json!({})),
            "spec.executionConditions.trigger: Required value",
        ),
        Case::accepted("trigger: inactive for 1 day", days(1)),
        Case::accepted("trigger: inactive for 3650 days", days(3650)),
        Case::refused("trigger: inactive for 0 days", days(0), "should be greater than or equal to 1"),
        Case::refused("trigger: inactive for 3651 days", days(3651), "should be less than or equal to 3650"),
        Case::accepted("trigger: 5 sponsors", sponsors(5)),
        Case::refused("trigger: 6 sponsors", sponsors(6), "should be less than or equal to 5"),
        Case::refused("trigger: 0 sponsors", sponsors(0), "should be greater than or equal to 1"),
        Case::accepted("trigger: change of 10 attributes", change(texts(10))),
        Case::refused("trigger: change of 11 attributes", change(texts(11)), "Too many"),
        Case::refused("trigger: change of no attribute", change(texts(0)), "should have at least 1 items"),
        Case::refused("trigger: change of one attribute twice", change(vec![text(3), text(3)]), "Duplicate value: \"aaa\""),
        Case::accepted("trigger: 180 days after", offset(180)),
        Case::accepted("trigger: 180 days before", offset(-180)),
        Case::refused("trigger: 181 days after", offset(181), "should be less than or equal to 180"),
        Case::refused("trigger: 181 days before", offset(-181), "should be greater than or equal to -180"),
        Case::accepted("trigger: at 23:59", at("23:59")),
        Case::refused("trigger: at 24:00", at("24:00"), "should match '^([01][0-9]|2[0-3]):[0-5][0-9]$'"),
        Case::refused("trigger: at 6:00", at("6:00"), "should match"),
        Case::accepted("trigger: member added", member("add")),
        Case::accepted("trigger: member removed", member("remove")),
        Case::refused("trigger: member moved", member("move"), "Unsupported value: \"move\""),
    ]
}

fn scopes() -> Vec<Case> {
    let scope = |scope: Value| with(timed("joiner", "employeeHireDate"), SCOPE, scope);
    let rule = |length: usize| scope(json!({"rule": text(length)}));
    let alone = with(workflow("joiner"), TRIGGER, json!({"membershipChange": {"changeType": "add"}}));
    let by_rule = with(alone.clone(), SCOPE, json!({"rule": "department eq 'R&D'"}));
    let by_group = with(alone.clone(), SCOPE, json!({"group": "rnd"}));
    vec![
        Case::accepted("scope: rule", scope(json!({"rule": "department eq 'R&D'"})))
            .stores("/spec/executionConditions/scope/caseSensitive", json!(true)),
        Case::accepted("scope: rule of 3072 characters", rule(3072)),
        Case::refused("scope: rule of 3073 characters", rule(3073), "may not be more than 3072 bytes"),
        Case::refused("scope: empty rule", rule(0), "should be at least 1 chars long"),
        Case::refused("scope: neither", scope(json!({})), ONE_SCOPE),
        Case::refused("scope: both", with(by_group.clone(), &format!("{SCOPE}/rule"), json!("true")), ONE_SCOPE),
        Case::accepted("scope: group with membershipChange", by_group),
        Case::refused("scope: group without membershipChange", scope(json!({"group": "rnd"})), GROUP_SCOPE),
        Case::refused("scope: membershipChange without scope", alone, GROUP_SCOPE),
        Case::refused("scope: membershipChange with a rule", by_rule, GROUP_SCOPE),
    ]
}

fn dates() -> Vec<Case> {
    let allowed = [
        ("joiner", "employeeHireDate"),
        ("joiner", "createdDateTime"),
        ("joiner", "contractStart"),
        ("mover", "employeeHireDate"),
        ("mover", "employeeLeaveDateTime"),
        ("mover", "createdDateTime"),
        ("leaver", "employeeLeaveDateTime"),
        ("leaver", "contractEnd"),
    ];
    let denied = [("joiner", "employeeLeaveDateTime"), ("leaver", "employeeHireDate"), ("leaver", "createdDateTime")];
    let accepted =
        allowed.map(|(category, attribute)| Case::accepted(format!("dates: {category} by {attribute}"), timed(category, attribute)));
    let refused = denied
        .map(|(category, attribute)| Case::refused(format!("dates: {category} by {attribute}"), timed(category, attribute), ATTRIBUTE));
    accepted.into_iter().chain(refused).collect()
}

fn limits() -> Vec<Case> {
    let limits = |limits: Value| with(workflow("leaver"), LIMITS, limits);
    let class = |class: Value| limits(json!({"byEffectClass": [class]}));
    let twice = json!([{"effectClass": "mail", "count": 1}, {"effectClass": "mail", "count": 2}]);
    let approval = |approval: Value| with(workflow("leaver"), "/spec/approval", approval);
    vec![
        Case::accepted("limits: count", limits(json!({"count": 50}))),
        Case::accepted("limits: percent", limits(json!({"percent": 5}))),
        Case::accepted("limits: by effect class", class(json!({"effectClass": "destructive", "count": 1}))),
        Case::refused("limits: none", limits(json!({})), "count, percent or byEffectClass must be set"),
        Case::refused("limits: only null", limits(json!({"count": null})), "count, percent or byEffectClass must be set"),
        Case::refused("limits: effect class without bound", class(json!({"effectClass": "mail"})), "count or percent must be set"),
        Case::refused("limits: effect class twice", limits(json!({"byEffectClass": twice})), "Duplicate value: {\"effectClass\":\"mail\"}"),
        Case::refused("limits: effect class of nobody", class(json!({"effectClass": "fun", "count": 1})), "Unsupported value: \"fun\""),
        Case::refused("limits: 0", limits(json!({"count": 0})), "should be greater than or equal to 1"),
        Case::refused("limits: 101 percent", limits(json!({"percent": 101})), "should be less than or equal to 100"),
        Case::refused("limits: 2.5 percent", limits(json!({"percent": 2.5})), "must be of type int").worded_differently(),
        Case::refused("limits: a text for percent", limits(json!({"percent": "5"})), "must be of type integer: \"string\""),
        Case::refused("limits: more than 10 million", limits(json!({"count": 10_000_001})), "should be less than or equal to"),
        Case::accepted("approval: destructive", approval(json!({"requiredFor": ["destructive"]})))
            .stores("/spec/approval/approvals", json!(1)),
        Case::refused("approval: for nothing", approval(json!({"requiredFor": []})), "should have at least 1 items"),
        Case::refused("approval: by 6", approval(json!({"requiredFor": ["mail"], "approvals": 6})), "should be less than or equal to 5"),
    ]
}

fn bounds() -> Vec<Case> {
    let window = |window: &str| with(workflow("joiner"), "/spec/catchUpWindow", json!(window));
    let pattern = "should match '^[1-9][0-9]{0,4}[mhd]$'";
    let named = |length: usize| with(workflow("joiner"), "/spec/displayName", json!(text(length)));
    vec![
        Case::accepted("window: 30m", window("30m")),
        Case::accepted("window: 12h", window("12h")),
        Case::accepted("window: 99999d", window("99999d")),
        Case::refused("window: 0d", window("0d"), pattern),
        Case::refused("window: 3", window("3"), "should be at least 2 chars long"),
        Case::refused("window: 30", window("30"), pattern),
        Case::refused("window: 3w", window("3w"), pattern),
        Case::refused("window: 100000d", window("100000d"), "may not be more than 6 bytes"),
        Case::accepted("workflow: display name of 128 characters", named(128)),
        Case::refused("workflow: display name of 129 characters", named(129), "may not be more than 128 bytes"),
        Case::refused(
            "workflow: deletion policy of nobody",
            with(workflow("joiner"), "/spec/deletionPolicy", json!("Forget")),
            "Unsupported value: \"Forget\"",
        ),
        Case::refused(
            "workflow: a word where a switch is",
            with(workflow("joiner"), "/spec/isEnabled", json!("yes")),
            "must be of type boolean",
        ),
    ]
}

fn updates() -> Vec<Case> {
    let renamed = with(workflow("mover"), "/spec/displayName", json!("Moves"));
    let condition = json!({
        "type": "Ready", "status": "True", "lastTransitionTime": "2026-01-01T00:00:00Z", "reason": "Valid", "message": "",
    });
    let status = |conditions: Value| with(workflow("mover"), "/status", json!({"version": 3, "conditions": conditions}));
    let undated = with(condition.clone(), "/lastTransitionTime", json!("yesterday"));
    vec![
        Case::accepted("workflow: update", renamed).of(workflow("mover")),
        Case::refused("workflow: category changes", workflow("leaver"), "category is immutable: make a new Workflow").of(workflow("mover")),
        Case::accepted("workflow: status", status(json!([condition]))).in_status().stores("/status/version", json!(3)),
        Case::refused("workflow: two conditions of a type", status(json!([condition, condition])), "Duplicate value: {\"type\":\"Ready\"}")
            .in_status(),
        Case::refused("workflow: condition without a time", status(json!([undated])), "must be of type date-time").in_status(),
    ]
}

fn versions() -> Vec<Case> {
    let named = |name: &str| with(version(), "/metadata/name", json!(name));
    let name = "metadata.name must be <workflow>-v<number>";
    let template = |pointer: &str, value: Value| {
        let pointer = pointer.replacen("/spec", "/spec/template", 1);
        with(version(), &pointer, value)
    };
    let trigger = json!({"timeBasedAttribute": {"attribute": "employeeLeaveDateTime"}});
    let conditions = |scope: Value| template(CONDITIONS, json!({"scope": scope, "trigger": trigger}));
    let mut dashed = with(version(), "/spec/workflow", json!("leave-v1"));
    dashed["metadata"]["name"] = json!("leave-v1-v12");
    let copy = |category: &str| {
        let mut version = version();
        version["status"] = json!({"lastWorkflowSpec": workflow(category)["spec"]});
        version
    };
    vec![
        Case::accepted("version: as the controller writes it", version()),
        Case::accepted("version: of a workflow whose name looks like one", dashed),
        Case::refused("version: name of another number", named("example-v13"), name),
        Case::refused("version: name of another workflow", named("other-v12"), name),
        Case::refused("version: name without number", named("example-v"), name),
        Case::refused("version: name with a leading zero", named("example-v012"), name),
        Case::refused("version: name with more behind", named("example-v12x"), name),
        Case::refused("version: name that begins alike", named("example-v1"), name),
        Case::refused("version: number 0", with(version(), "/spec/number", json!(0)), "should be greater than or equal to 1"),
        Case::refused(
            "version: lineage of 35 characters",
            with(version(), "/spec/lineage", json!(text(35))),
            "should be at least 36 chars long",
        ),
        Case::accepted("version: labels change", with(version(), "/metadata/labels", json!({"a": "b"}))).of(version()),
        Case::refused("version: spec changes", with(version(), "/spec/hash", json!("v1:01")), "a WorkflowVersion is immutable")
            .of(version()),
        Case::refused("version: template changes", template("/spec/tasks/0/name", json!("other")), "a WorkflowVersion is immutable")
            .of(version()),
        Case::accepted("version: conditions", conditions(json!({"rule": "true"}))),
        // The rules of Workflow were asked when the Workflow was admitted; a later release may have others.
        Case::accepted("version: no trigger", template(TRIGGER, json!({}))),
        Case::accepted("version: no task", template("/spec/tasks", json!([{"name": "nothing"}]))),
        Case::accepted("version: the last spec", copy("leaver")).in_status(),
        Case::accepted("version: the last spec of another category", copy("joiner")).of(copy("leaver")),
    ]
}
