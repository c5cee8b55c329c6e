//! What a simulation has come to, for people and for programs.

mod accounts;
mod change;
mod concerns;
mod days;
mod expired;
mod html;
mod object;
mod observer;
mod summary;
mod text;
mod timeline;
mod warnings;

use chrono_tz::Tz;
use serde_json::{Value, json};

use crate::api::conditions::{COMPLETE, FAILED, HELD, PLANNED, READY, REFERENCES_RESOLVED, STALLED};
use crate::api::reasons::Reason;
use crate::api::{Account, Directory, User};
use crate::runner::quality::{self, Conflict};

use object::{all, condition, holding, string, why};

pub use html::page;
pub(super) use observer::Observer;
pub use text::text;
pub use timeline::{Entry, FieldChange, Happening, SubjectOutcome, Timeline};

/// Every object, as `kubectl get -o json` prints several of them.
#[must_use]
pub fn list(objects: &[Value]) -> Value {
    json!({"apiVersion": "v1", "kind": "List", "items": objects, "metadata": {"resourceVersion": ""}})
}

/// The time zone that all tenants have, else UTC.
pub(super) fn common_zone<'a>(objects: impl Iterator<Item = &'a Value>) -> Tz {
    let schedules = objects.filter(|object| object["kind"] == "TenantSchedule");
    let mut zones: Vec<&str> = schedules.map(|schedule| schedule["spec"]["timeZone"].as_str().unwrap_or("UTC")).collect();
    zones.sort_unstable();
    zones.dedup();
    match zones.as_slice() {
        [zone] => zone.parse().unwrap_or(chrono_tz::UTC),
        _ => chrono_tz::UTC,
    }
}

/// What among the objects is not as it should be at the end.
pub(super) fn problems(objects: &[Value]) -> Vec<String> {
    let mut problems = Vec::new();
    for object in objects {
        let metadata = &object["metadata"];
        let name = |kind: &str| format!("{kind} {}/{}", string(&metadata["namespace"]), string(&metadata["name"]));
        match object["kind"].as_str() {
            Some("Workflow") => {
                if holding(object, READY).is_none() {
                    let why = condition(object, READY).map_or_else(|| "nobody has looked at it".to_owned(), why);
                    problems.push(format!("{} is not Ready: {why}", name("Workflow")));
                }
                if let Some(broken) = condition(object, REFERENCES_RESOLVED).filter(|found| found["status"] == "False") {
                    problems.push(format!("{}: {}", name("Workflow"), why(broken)));
                }
            }
            Some("Directory") => {
                if let Some(unready) = condition(object, READY).filter(|found| found["status"] == "False") {
                    problems.push(format!("{} is not Ready: {}", name("Directory"), why(unready)));
                }
                problems.extend(conflicts(object, objects).into_iter().map(|text| format!("{}: {text}", name("Directory"))));
            }
            Some("TenantSchedule") => {
                if let Some(stalled) = holding(object, STALLED) {
                    problems.push(format!("{} is stalled: {}", name("TenantSchedule"), why(stalled)));
                }
            }
            Some("Run") => problems.extend(of_run(object, &name("Run"))),
            _ => {}
        }
    }
    problems.extend(expired::expired(objects));
    problems
}

/// What of a run is not as it should be.
fn of_run(run: &Value, name: &str) -> Vec<String> {
    let mut problems = Vec::new();
    let failed = run["status"]["failedUsersCount"].as_i64().unwrap_or(0);
    if failed > 0 {
        let who = if failed == 1 { "1 subject".to_owned() } else { format!("{failed} subjects") };
        problems.push(format!("{name}: {who} failed"));
    }
    if holding(run, FAILED).is_some() {
        problems.push(format!("{name} failed"));
    }
    if let Some(held) = holding(run, HELD) {
        problems.push(format!("{name} is held: {}", why(held)));
    }
    let complete = holding(run, COMPLETE);
    if let Some(unplanned) = condition(run, PLANNED).filter(|planned| planned["status"] == "False")
        && complete.is_none()
    {
        problems.push(format!("{name} is not planned: {}", why(unplanned)));
    }
    let is_refused = |complete: &&Value| Reason::parse(string(&complete["reason"])).is_some_and(Reason::refuses_a_run);
    if let Some(refused) = complete.filter(is_refused) {
        problems.push(format!("{name} does nothing: {}", why(refused)));
    }
    problems
}

/// Whose name or correlation value in a directory is not theirs alone.
fn conflicts(directory: &Value, objects: &[Value]) -> Vec<String> {
    let is_here = |object: &&Value| object["metadata"]["namespace"] == directory["metadata"]["namespace"];
    let Ok(directory) = serde_json::from_value::<Directory>(directory.clone()) else { return Vec::new() };
    let here = || objects.iter().filter(is_here);
    let found = quality::conflicts(&directory, &all::<User>(here(), "User"), &all::<Account>(here(), "Account"));
    let text = |conflict: Conflict| {
        let Conflict { name, reason, attribute } = conflict;
        if reason == Reason::NameReused {
            return format!(
                "{reason}: the account of {name} remembers another {attribute} than the record has; tenure account keep, or release, \
                 says whose it is"
            );
        }
        format!("{reason}: {name} shares the {attribute} with somebody else, so that it identifies neither")
    };
    found.into_iter().map(text).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{common_zone, list, problems};

    #[test]
    fn reports_are_in_the_zone_that_tenants_have_in_common() {
        let schedule = |spec: serde_json::Value| json!({"kind": "TenantSchedule", "spec": spec});
        let berlin = || schedule(json!({"timeZone": "Europe/Berlin"}));
        for (objects, zone) in [
            (vec![], chrono_tz::UTC),
            (vec![berlin()], chrono_tz::Europe::Berlin),
            (vec![berlin(), berlin()], chrono_tz::Europe::Berlin),
            (vec![berlin(), schedule(json!({}))], chrono_tz::UTC),
            (vec![schedule(json!({"timeZone": "Mars/Phobos"}))], chrono_tz::UTC),
        ] {
            assert_eq!(common_zone(objects.iter()), zone, "{objects:?}");
        }
    }

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

    #[test]
    fn runs_that_wait_for_a_person_and_plans_that_expired_are_problems() {
        let run = |name: &str, status: &str| {
            let held = json!({"type": "Held", "status": status, "reason": "LimitExceeded", "message": "3 people are more than 2"});
            json!({"kind": "Run", "metadata": {"namespace": "a", "name": name}, "status": {"conditions": [held]}})
        };
        let line = "1 1 k s   join joiner missed 2026-03-10T00:00:00Z 2026-03-13T00:00:00Z     PlanExpired    ";
        let objects = [
            run("waits", "True"),
            run("goes-on", "False"),
            json!({"kind": "TenantLedger", "metadata": {"namespace": "a", "name": "default"}, "sealedEpoch": 1}),
            json!({"kind": "OccurrenceLedger", "metadata": {"namespace": "a", "name": "occurrences-1"}, "packed": [line]}),
        ];
        let wanted = [
            "Run a/waits is held: LimitExceeded: 3 people are more than 2",
            "Workflow a/join: 1 person was planned and not begun before the window ended: PlanExpired",
        ];
        assert_eq!(problems(&objects), wanted);
    }

    #[test]
    fn runs_that_nobody_could_plan_are_problems() {
        let run = |name: &str, planned: &str, complete: &str| {
            let condition =
                |type_: &str, status: &str| json!({"type": type_, "status": status, "reason": "WorkflowNotFound", "message": "no x"});
            let conditions = [condition("Planned", planned), condition("Complete", complete)];
            json!({"kind": "Run", "metadata": {"namespace": "a", "name": name}, "status": {"conditions": conditions}})
        };
        let objects = [run("waits", "False", "False"), run("done", "True", "True"), run("ended", "False", "True")];
        assert_eq!(problems(&objects), ["Run a/waits is not planned: WorkflowNotFound: no x"]);
    }

    /// Somebody asked for them, and got nothing. One that was here before, or finds nobody, has nothing to do.
    #[test]
    fn runs_that_are_not_done_as_they_were_asked_for_are_problems() {
        let run = |name: &str, reason: &str| {
            let condition = |type_: &str, reason: &str| json!({"type": type_, "status": "True", "reason": reason, "message": "why"});
            let conditions = [condition("Planned", "Sealed"), condition("Complete", reason)];
            json!({"kind": "Run", "metadata": {"namespace": "a", "name": name}, "status": {"conditions": conditions}})
        };
        let objects = [
            run("deletes", "NotAcknowledged"),
            run("looks", "NotAvailable"),
            run("old", "VersionNotCurrent"),
            run("again", "AlreadyProcessed"),
            run("nobody", "NobodyDue"),
            run("done", "Completed"),
            run("later", "OfALaterVersion"),
        ];
        let wanted = [
            "Run a/deletes does nothing: NotAcknowledged: why",
            "Run a/looks does nothing: NotAvailable: why",
            "Run a/old does nothing: VersionNotCurrent: why",
        ];
        assert_eq!(problems(&objects), wanted);
    }

    #[test]
    fn what_a_workflow_names_in_vain_and_who_shares_a_name_are_problems() {
        let object = |kind: &str, name: &str, rest: serde_json::Value| {
            let mut object = json!({
                "apiVersion": "tenure.dev/v1alpha1", "kind": kind, "metadata": {"namespace": "a", "name": name}, "spec": {},
            });
            object.as_object_mut().expect("an object").extend(rest.as_object().cloned().expect("an object"));
            object
        };
        let conditions = json!([
            {"type": "Ready", "status": "True", "reason": "VersionInForce", "message": ""},
            {"type": "ReferencesResolved", "status": "False", "reason": "ReferenceMissing", "message": "it names what is not there: Group \"x\""},
        ]);
        let user = |name: &str, id: &str| object("User", name, json!({"spec": {"employeeId": id}}));
        let objects = [
            object("Workflow", "leave", json!({"status": {"conditions": conditions}})),
            object("Directory", "people", json!({"spec": {"embedded": {}}})),
            object("Directory", "other", json!({"spec": {"scim": {"url": "https://scim.example", "secretName": "tenure-scim"}}})),
            user("ann", "1"),
            user("bob", "2"),
            user("cid", "2"),
            user("dan", "3"),
            object("Account", "ann", json!({"spec": {"correlation": {"employeeId": "9"}}})),
            object("Account", "dan", json!({"spec": {"correlation": {"employeeId": "3"}}})),
        ];
        let found = problems(&objects);
        let wanted = [
            "Workflow a/leave: ReferenceMissing: it names what is not there: Group \"x\"",
            "Directory a/people: NameReused: the account of ann remembers another employeeId",
            "Directory a/people: DuplicateCorrelation: bob shares the employeeId",
            "Directory a/people: DuplicateCorrelation: cid shares the employeeId",
        ];
        assert_eq!(found.len(), wanted.len(), "{found:?}");
        assert!(found.iter().zip(wanted).all(|(found, wanted)| found.starts_with(wanted)), "{found:?}");
    }
}
