//! Whether the tasks of a workflow may write the attributes that they write, and its mails may go where they go.

use super::problem::{Problem, Problems};
use super::tenant::Referents;
use crate::api::reasons::Reason;
use crate::api::{DirectorySpec, WorkflowSpec};
use crate::domain::authority::{Readers, ground, may_write, stands_for};
use crate::domain::change::{Wanted, wanted};
use crate::domain::mail::{Meant, may_go_to};

/// Every attribute that decides over people and that the Directory does not let this Workflow write. `readers`: what Workflows of
/// the tenant delete or make passes by. It keeps the Workflow that writes from being Ready, and never the one that reads.
#[must_use]
pub fn authority_problems(name: &str, spec: &WorkflowSpec, tenant: &Referents<'_>, readers: &Readers) -> Vec<Problem> {
    let mut problems = Problems::default();
    let Some(directory) = tenant.directory_name(spec.directory.as_deref()) else { return problems.0 };
    let Some(listing) = tenant.directories.get(directory).map(|directory| &directory.spec) else { return problems.0 };
    for (index, task) in spec.tasks.iter().enumerate().filter(|(_, task)| task.is_enabled) {
        for (place, update) in wanted(task).map_or(&[][..], Wanted::updates).iter().enumerate() {
            let attribute = update.attribute.as_str();
            let Some(why) = why_it_decides(name, attribute, tenant, readers).filter(|_| !may_write(listing, name, attribute)) else {
                continue;
            };
            let message = format!(
                "task {:?}: others decide by {attribute}: {why}; attributes[].writers of the Directory {directory:?} does not list this \
                 Workflow for it",
                task.name
            );
            problems.add(
                format!("spec.tasks[{index}].updateUserAttributes.attributes[{place}].attribute"),
                Reason::WriterNotListed,
                message,
            );
        }
    }
    problems.0
}

/// Directories of one tenant can have the same accounts, so that each of them has a say.
fn why_it_decides(own: &str, attribute: &str, tenant: &Referents<'_>, readers: &Readers) -> Option<String> {
    let directories = || tenant.directories.values().map(|directory| &directory.spec);
    let of = |directory: &DirectorySpec| {
        let mut names = stands_for(directory, attribute);
        names.find_map(|name| {
            let read = || readers.beside(own, name).map(|reader| format!("the Workflow {reader:?} deletes users or makes passes by it"));
            ground(directory, name).map(|ground| ground.words().to_owned()).or_else(read)
        })
    };
    directories().find_map(of)
}

/// Addresses in `to` and `cc` that are in no domain to which mails of this tenant go. Where there is no schedule nobody knows. Such a
/// mail fails when it is to be sent; the workflow is Ready, so that nobody stays who leaves because of a copy.
pub(super) fn check_addresses(problems: &mut Problems, spec: &WorkflowSpec, tenant: &Referents<'_>) {
    let Some(schedule) = tenant.schedule else { return };
    let mail = schedule.mail.clone().unwrap_or_default();
    for (index, task) in spec.tasks.iter().enumerate().filter(|(_, task)| task.is_enabled) {
        let (Some(wanted), Some(action)) = (wanted(task), task.action()) else { continue };
        let (Some(wording), Some(kind)) = (wanted.wording(), wanted.mail()) else { continue };
        for (field, entries) in [("to", wording.to), ("cc", wording.cc)] {
            for (place, entry) in entries.iter().enumerate() {
                let Meant::Address(address) = kind.meant(entry, field == "cc") else { continue };
                let what = if kind.is_secret() {
                    "a temporary access pass goes to people of the directory only: name a User, or one of their attributes"
                } else if may_go_to(&mail, address) {
                    continue;
                } else {
                    "it is in no domain of spec.mail.allowedDomains of the TenantSchedule, which is that of spec.mail.from where it is absent"
                };
                let path = format!("spec.tasks[{index}].{}.{field}[{place}]", action.name());
                problems.add(path, Reason::AddressNotAllowed, format!("task {:?}: {what}", task.name));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::{Value, json};

    use super::*;
    use crate::api::{Directory, TenantScheduleSpec};

    fn workflow(category: &str, rule: &str, tasks: &Value) -> WorkflowSpec {
        let conditions = json!({"scope": {"rule": rule}, "trigger": {"timeBasedAttribute": {"attribute": "employeeLeaveDateTime"}}});
        serde_json::from_value(json!({"category": category, "executionConditions": conditions, "tasks": tasks})).expect("a Workflow")
    }

    fn update(attribute: &str) -> Value {
        json!([{"name": "a", "updateUserAttributes": {"attributes": [{"attribute": "city", "value": "x"}, {"attribute": attribute}]}}])
    }

    fn tenant(attributes: &Value) -> BTreeMap<String, Directory> {
        let directory = |spec: Value| serde_json::from_value(spec).expect("a Directory");
        BTreeMap::from([
            ("people".to_owned(), Directory::new("people", directory(json!({"embedded": {}, "attributes": attributes})))),
            (
                "other".to_owned(),
                Directory::new(
                    "other",
                    directory(json!({"embedded": {}, "attributes": [{"name": "end", "source": "text", "type": "dateTime"}]})),
                ),
            ),
        ])
    }

    /// (what, what the Directory lists, the attribute, what is said of it; empty: nothing)
    #[test]
    fn what_a_workflow_may_write() {
        let none = json!([]);
        let lists = |name: &str, workflow: &str| json!([{"name": name, "type": "dateTime", "writers": [{"workflow": workflow}]}]);
        let rows = [
            ("what nobody decides by", &none, "jobTitle", ""),
            ("a date", &none, "employeeLeaveDateTime", "workflows go by dates"),
            ("the manager", &none, "manager", "who gets mails"),
            ("an address", &none, "mail", "mails go there"),
            ("a login", &none, "userPrincipalName", "sign in with it"),
            ("the correlation attribute", &none, "employeeId", "told apart by it"),
            ("who is a guest", &none, "userType", "guests"),
            ("the zone of dates", &none, "timeZone", "zone"),
            ("what a workflow deletes by", &none, "department", "the Workflow \"purge\" deletes users or makes passes by it"),
            ("what only an off-boarding reads", &none, "country", ""),
            ("a source of another Directory with the same accounts", &none, "text", "workflows go by dates"),
            ("a workflow that is listed", &lists("employeeLeaveDateTime", "tidy"), "employeeLeaveDateTime", ""),
            ("another one is listed", &lists("employeeLeaveDateTime", "tidy2"), "employeeLeaveDateTime", "workflows go by dates"),
            ("listed for something else", &lists("employeeHireDate", "tidy"), "employeeLeaveDateTime", "workflows go by dates"),
            ("listed for what is deleted by", &lists("department", "tidy"), "department", ""),
        ];
        let purge = workflow("leaver", "department eq 'Left'", &json!([{"name": "d", "deleteUser": {}}]));
        let close = workflow("leaver", "country eq 'DE'", &json!([{"name": "d", "disableUserAccount": {}}]));
        let readers = Readers::of([("purge", &purge), ("close", &close)]);
        for (what, attributes, attribute, said) in rows {
            let directories = tenant(attributes);
            let referents = Referents { schedule: None, directories: &directories };
            let mut spec = workflow("mover", "city eq 'x'", &update(attribute));
            spec.directory = Some("people".to_owned());
            let found = authority_problems("tidy", &spec, &referents, &readers);
            let texts: Vec<String> = found.iter().map(ToString::to_string).collect();
            assert_eq!(texts.is_empty(), said.is_empty(), "{what}: {texts:?}");
            let path = "spec.tasks[0].updateUserAttributes.attributes[1].attribute";
            for problem in &found {
                assert_eq!((problem.path.as_str(), problem.reason), (path, Reason::WriterNotListed), "{what}");
                assert!(problem.message.contains(said), "{what}: {texts:?}");
            }
            // Never who reads it, and nobody whose task is switched off.
            assert!(authority_problems("purge", &purge, &referents, &readers).is_empty(), "{what}");
            spec.tasks[0].is_enabled = false;
            assert!(authority_problems("tidy", &spec, &referents, &readers).is_empty(), "{what}");
        }
    }

    #[test]
    fn where_mails_may_go() {
        let settings = [
            json!({"mail": {"from": "hr@acme.example"}}),
            json!({"mail": {"from": "hr@acme.example", "allowedDomains": ["partner.example"]}}),
            json!({"mail": {"allowedDomains": []}}),
            json!({}),
        ];
        let pass = "generateTemporaryAccessPass";
        // (the task, its entry, whether it is let pass by each of the settings)
        let rows = [
            ("sendWelcomeEmail", "it@ACME.example", [true, false, false, false]),
            ("sendWelcomeEmail", "x@partner.example", [false, true, false, false]),
            ("sendWelcomeEmail", "drop@evil.example", [false; 4]),
            ("sendWelcomeEmail", "x@sub.acme.example", [false; 4]),
            ("sendWelcomeEmail", "Manager", [true; 4]),
            ("sendWelcomeEmail", "ben", [true; 4]),
            ("sendWelcomeEmail", "{{user.otherMails}}", [true; 4]),
            (pass, "it@acme.example", [false; 4]),
            (pass, "Manager", [true; 4]),
            (pass, "User/otherMails", [true; 4]),
        ];
        let directories = tenant(&json!([]));
        for (task, entry, expected) in rows {
            for field in ["to", "cc"] {
                let spec = workflow("joiner", "city eq 'x'", &json!([{"name": "m", task: {field: [entry]}}]));
                let found = settings.clone().map(|schedule| {
                    let schedule: TenantScheduleSpec = serde_json::from_value(schedule).expect("a TenantSchedule");
                    let mut problems = Problems::default();
                    check_addresses(&mut problems, &spec, &Referents { schedule: Some(&schedule), directories: &directories });
                    assert!(problems.0.iter().all(|problem| problem.reason == Reason::AddressNotAllowed));
                    assert!(problems.0.iter().all(|problem| problem.path == format!("spec.tasks[0].{task}.{field}[0]")));
                    assert!(problems.0.iter().all(|problem| !problem.message.contains('@')));
                    problems.0.is_empty()
                });
                assert_eq!(found, expected, "{task} {field} {entry}");
            }
        }
    }
}
