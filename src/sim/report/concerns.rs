//! Whose dates somebody should look at, at the end.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use kube::ResourceExt;
use serde_json::Value;

use super::object::all;
use crate::api::meta::DEFAULT_NAME;
use crate::api::{Directory, TenantKey, TenantLedger, TenantSchedule};
use crate::runner::concerns::{self, Concern, House};

/// What there is to look at in a tenant, with the names of the people.
pub(super) fn concerned(objects: &[Value], namespace: &str, as_of: DateTime<Utc>) -> Vec<(Concern, Vec<String>)> {
    let here = || objects.iter().filter(|object| object["metadata"]["namespace"] == namespace);
    let schedule = all::<TenantSchedule>(here(), "TenantSchedule").into_iter().find(|schedule| schedule.name_any() == DEFAULT_NAME);
    let house = House {
        directories: all::<Directory>(here(), "Directory").into_iter().map(|directory| (directory.name_any(), directory)).collect(),
        schedule: schedule.map(|schedule| schedule.spec),
        workflows: all(here(), "Workflow"),
        users: all(here(), "User"),
        accounts: all(here(), "Account"),
        head: all::<TenantLedger>(here(), "TenantLedger").into_iter().next().map(|head| head.spec),
        key: all::<TenantKey>(here(), "TenantKey").into_iter().next().map(|stored| stored.spec.key),
        snapshots: all(here(), "DirectorySnapshot"),
        ledger: all(here(), "OccurrenceLedger"),
    };
    let mut found: BTreeMap<Concern, Vec<String>> = BTreeMap::new();
    for concerned in concerns::concerned(&house, as_of) {
        found.entry(concerned.concern).or_default().push(concerned.name);
    }
    found.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn whose_dates_somebody_should_look_at_is_said_by_name() {
        let object = |namespace: &str, kind: &str, name: &str, spec: Value| json!({"apiVersion": "tenure.dev/v1alpha1", "kind": kind, "metadata": {"namespace": namespace, "name": name}, "spec": spec});
        let dates = |hire: &str, leave: &str| json!({"employeeHireDate": hire, "employeeLeaveDateTime": leave});
        let trigger = json!({"timeBasedAttribute": {"attribute": "employeeLeaveDateTime", "offsetInDays": -30}});
        let leave = json!({
            "category": "leaver", "isSchedulingEnabled": true, "executionConditions": {"trigger": trigger},
            "tasks": [{"name": "off", "disableUserAccount": {}}],
        });
        let mut objects = Vec::new();
        for namespace in ["a", "b"] {
            objects.push(object(namespace, "Directory", "people", json!({"embedded": {}})));
            objects.push(object(namespace, "TenantSchedule", "default", json!({"interval": "3h", "directory": "people"})));
            objects.push(object(namespace, "User", "ann", dates("2024-01-01", "2026-06-30")));
            objects.push(object(namespace, "User", "bob", dates("2026-03-02", "2026-01-31")));
            objects.push(object(namespace, "User", "cid", dates("2026-05-01", "2026-05-20")));
            objects.push(object(namespace, "User", "gone", dates("2024-01-01", "2026-06-30")));
            let gone = json!({"accountEnabled": false, "memberOf": [], "deletedAt": "2026-03-01T00:00:00Z"});
            objects.push(object(namespace, "Account", "gone", gone));
        }
        objects.push(object("a", "Workflow", "leave", leave));
        let as_of = "2026-04-01T00:00:00Z".parse().expect("an instant");
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let in_a = [(Concern::ContractTooShort, names(&["cid"])), (Concern::LeaveBeforeHire, names(&["bob"]))];
        assert_eq!(concerned(&objects, "a", as_of), in_a);
        let in_b = [(Concern::LeaveDateUncovered, names(&["ann", "cid"])), (Concern::LeaveBeforeHire, names(&["bob"]))];
        assert_eq!(concerned(&objects, "b", as_of), in_b);
        assert!(concerned(&objects, "c", as_of).is_empty());
    }
}
