//! Workflows that are Ready and hardly meant as they are, at the end.

use std::collections::BTreeMap;

use kube::ResourceExt;
use serde_json::Value;

use super::object::all;
use crate::api::meta::DEFAULT_NAME;
use crate::api::{Directory, TenantSchedule, Workflow};
use crate::runner::warnings::of_workflow;

/// Each Workflow of a tenant of which there is something to say, in the order of their names.
pub(super) fn warned(objects: &[Value], namespace: &str) -> BTreeMap<String, Vec<String>> {
    let here = || objects.iter().filter(|object| object["metadata"]["namespace"] == namespace);
    let schedule = all::<TenantSchedule>(here(), "TenantSchedule").into_iter().find(|schedule| schedule.name_any() == DEFAULT_NAME);
    let schedule = schedule.map(|schedule| schedule.spec);
    let directories = all::<Directory>(here(), "Directory").into_iter().map(|directory| (directory.name_any(), directory)).collect();
    let workflows = all::<Workflow>(here(), "Workflow").into_iter();
    let said = workflows.map(|workflow| (workflow.name_any(), of_workflow(&workflow, schedule.as_ref(), &directories)));
    said.filter(|(_, warnings)| !warnings.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_mail_that_will_not_be_sent_is_said() {
        let object = |namespace: &str, kind: &str, name: &str, spec: Value| json!({"apiVersion": "tenure.dev/v1alpha1", "kind": kind, "metadata": {"namespace": namespace, "name": name}, "spec": spec});
        let leave = |cc: &str| {
            let trigger = json!({"timeBasedAttribute": {"attribute": "employeeLeaveDateTime"}});
            json!({"category": "leaver", "isSchedulingEnabled": true, "executionConditions": {"trigger": trigger},
                "tasks": [{"name": "tell", "sendEmailToManagerAfterLastDay": {"cc": [cc]}}]})
        };
        let mut objects = Vec::new();
        for namespace in ["a", "b"] {
            let mail = json!({"from": "tenure@house.example"});
            objects.push(object(namespace, "Directory", "people", json!({"embedded": {}})));
            objects.push(object(namespace, "TenantSchedule", "default", json!({"interval": "3h", "directory": "people", "mail": mail})));
        }
        objects.push(object("a", "Workflow", "leave", leave("helpdesk@provider.example")));
        objects.push(object("a", "Workflow", "fine", leave("helpdesk@house.example")));
        objects.push(object("b", "Workflow", "leave", leave("helpdesk@house.example")));
        let said = warned(&objects, "a");
        assert_eq!(said.keys().collect::<Vec<_>>(), ["leave"]);
        assert!(said["leave"].len() == 1 && said["leave"][0].starts_with("AddressNotAllowed: spec.tasks[0]."), "{said:?}");
        assert!(warned(&objects, "b").is_empty() && warned(&objects, "c").is_empty());
    }
}
