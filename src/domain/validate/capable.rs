//! Whether the Directory of a workflow can do what the workflow needs of it.

use super::problem::Problems;
use crate::api::WorkflowSpec;
use crate::api::reasons::Reason;
use crate::domain::capability::{Capabilities, Capability};
use crate::domain::change::wanted;

pub(super) fn check(problems: &mut Problems, spec: &WorkflowSpec, can: Capabilities) {
    for (capability, member) in spec.execution_conditions.iter().flat_map(Capability::of_conditions) {
        if !can.has(capability) {
            let message = format!("the Directory cannot {}, which {member} needs", capability.words());
            problems.add(format!("spec.executionConditions.trigger.{member}"), Reason::DirectoryIncapable, message);
        }
    }
    for (index, task) in spec.tasks.iter().enumerate().filter(|(_, task)| task.is_enabled) {
        let (Some(wanted), Some(action)) = (wanted(task), task.action()) else { continue };
        if let Some(lacking) = Capability::of_task(wanted).filter(|capability| !can.has(*capability)) {
            let member = action.name();
            let message = format!("task {:?}: the Directory cannot {}, which {member} needs", task.name, lacking.words());
            problems.add(format!("spec.tasks[{index}].{member}"), Reason::DirectoryIncapable, message);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// What is said of a Workflow whose Directory lacks these, in the order in which it is said.
    fn said(spec: &WorkflowSpec, lacking: &[Capability]) -> Vec<String> {
        let can = lacking.iter().fold(Capabilities::EMBEDDED, |can, lacking| can.without(*lacking));
        let mut problems = Problems::default();
        check(&mut problems, spec, can);
        assert!(problems.0.iter().all(|problem| problem.reason == Reason::DirectoryIncapable));
        problems.0.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_a_workflow_needs_and_its_directory_cannot_do() {
        let spec = |trigger: &serde_json::Value| -> WorkflowSpec {
            serde_json::from_value(json!({
                "category": "leaver",
                "executionConditions": {"scope": {"rule": "department eq 'Lab'"}, "trigger": trigger},
                "tasks": [
                    {"name": "mail", "sendInactivityEmail": {}},
                    {"name": "end", "revokeRefreshTokens": {}},
                    {"name": "off", "disableUserAccount": {}},
                    {"name": "later", "isEnabled": false, "deleteUser": {}},
                    {"name": "crew", "removeUserFromAllTeams": {}},
                    {"name": "call", "runCustomTaskExtension": {"extension": "x"}},
                ],
            }))
            .expect("a Workflow")
        };
        let leaves = spec(&json!({"timeBasedAttribute": {"attribute": "employeeLeaveDateTime"}}));
        let idle = spec(&json!({"userInactivity": {"inactivityPeriodInDays": 30}}));
        let guest = spec(&json!({"guestSponsor": {"minimumRequiredSponsors": 1}}));
        let moved = spec(&json!({"membershipChange": {"changeType": "remove"}}));
        let end = "spec.tasks[1].revokeRefreshTokens: task \"end\": the Directory cannot end sessions, which revokeRefreshTokens needs";
        let off = "spec.tasks[2].disableUserAccount: task \"off\": the Directory cannot enable or disable accounts, which disableUserAccount needs";
        let crew = "spec.tasks[4].removeUserFromAllTeams: task \"crew\": the Directory cannot tell which groups are teams, \
                    which removeUserFromAllTeams needs";
        let sign_ins = "spec.executionConditions.trigger.userInactivity: the Directory cannot tell when somebody last signed in, \
                        which userInactivity needs";
        let sponsors =
            "spec.executionConditions.trigger.guestSponsor: the Directory cannot tell who sponsors whom, which guestSponsor needs";
        let groups = "spec.executionConditions.trigger.membershipChange: the Directory cannot change who is in a group, \
                      which membershipChange needs";
        let rows: [(&str, &WorkflowSpec, &[Capability], &[&str]); 9] = [
            ("it can do everything", &leaves, &[], &[]),
            ("sessions go on", &leaves, &[Capability::Sessions], &[end]),
            ("two tasks", &leaves, &[Capability::Enabling, Capability::Sessions], &[end, off]),
            ("a group is no team", &leaves, &[Capability::Teams], &[crew]),
            ("a task that is not enabled needs nothing", &leaves, &[Capability::Deletion], &[]),
            ("what no task asks for", &leaves, &[Capability::Licences, Capability::Passes, Capability::SignIns], &[]),
            ("who was there last is not known", &idle, &[Capability::SignIns, Capability::Sessions], &[sign_ins, end]),
            ("who sponsors whom is not known", &guest, &[Capability::Sponsors], &[sponsors]),
            ("there are no groups", &moved, &[Capability::Groups], &[groups]),
        ];
        for (what, spec, lacking, expected) in rows {
            assert_eq!(said(spec, lacking), expected, "{what}");
        }
    }
}
