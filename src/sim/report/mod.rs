//! What a simulation has come to, for people and for programs.

mod accounts;
mod change;
mod days;
mod html;
mod observer;
mod summary;
mod text;
mod timeline;

use serde_json::{Value, json};

pub use html::page;
pub(super) use observer::Observer;
pub use text::text;
pub use timeline::{Change, Entry, Happening, SubjectOutcome, Timeline};

/// Every object, as `kubectl get -o json` prints several of them.
#[must_use]
pub fn list(objects: &[Value]) -> Value {
    json!({"apiVersion": "v1", "kind": "List", "items": objects, "metadata": {"resourceVersion": ""}})
}

/// What among the objects is not as it should be at the end.
pub(super) fn problems(objects: &[Value]) -> Vec<String> {
    let mut problems = Vec::new();
    for object in objects {
        let metadata = &object["metadata"];
        let name = |kind: &str| format!("{kind} {}/{}", string(&metadata["namespace"]), string(&metadata["name"]));
        match object["kind"].as_str() {
            Some("Workflow") => {
                let ready = condition(object, "Ready");
                if ready.is_none_or(|ready| ready["status"] != "True") {
                    let why = ready.map_or_else(|| "nobody has looked at it".to_owned(), why);
                    problems.push(format!("{} is not Ready: {why}", name("Workflow")));
                }
            }
            Some("TenantSchedule") => {
                if let Some(stalled) = condition(object, "Stalled").filter(|stalled| stalled["status"] == "True") {
                    problems.push(format!("{} is stalled: {}", name("TenantSchedule"), why(stalled)));
                }
            }
            Some("Run") => {
                let failed = object["status"]["failedUsersCount"].as_i64().unwrap_or(0);
                if failed > 0 {
                    let who = if failed == 1 { "1 subject".to_owned() } else { format!("{failed} subjects") };
                    problems.push(format!("{}: {who} failed", name("Run")));
                }
                if condition(object, "Failed").is_some_and(|found| found["status"] == "True") {
                    problems.push(format!("{} failed", name("Run")));
                }
                if let Some(held) = condition(object, "Held").filter(|held| held["status"] == "True") {
                    problems.push(format!("{} is held: {}", name("Run"), why(held)));
                }
            }
            _ => {}
        }
    }
    problems
}

fn condition<'a>(object: &'a Value, type_: &str) -> Option<&'a Value> {
    object["status"]["conditions"].as_array()?.iter().find(|condition| condition["type"] == type_)
}

fn why(condition: &Value) -> String {
    match (string(&condition["reason"]), string(&condition["message"])) {
        (reason, "") => reason.to_owned(),
        (reason, message) => format!("{reason}: {message}"),
    }
}

fn string(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{list, problems};

    #[test]
    fn failures_and_workflows_that_are_not_ready_are_problems() {
        let workflow = |name: &str, status: &str| {
            let condition = json!({"type": "Ready", "status": status, "reason": "Invalid", "message": "no such group"});
            json!({"kind": "Workflow", "metadata": {"namespace": "a", "name": name}, "status": {"conditions": [condition]}})
        };
        let run = |name: &str, failed: i64| json!({"kind": "Run", "metadata": {"namespace": "a", "name": name}, "status": {"failedUsersCount": failed}});
        let objects = [workflow("fine", "True"), workflow("bad", "False"), run("good", 0), run("ill", 2)];
        let wanted = ["Workflow a/bad is not Ready: Invalid: no such group", "Run a/ill: 2 subjects failed"];
        assert_eq!(problems(&objects), wanted);
        assert_eq!(list(&objects)["items"].as_array().map(Vec::len), Some(4));
    }
}
