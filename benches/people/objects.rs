//! What the benchmark applies.

use chrono::{TimeDelta, Utc};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tenure::api::{Account, Directory, TenantSchedule, User, Workflow};

use crate::Error;

fn typed<K: DeserializeOwned>(value: Value) -> Result<K, Error> {
    Ok(serde_json::from_value(value)?)
}

/// Name of the n-th person.
pub fn name(index: usize) -> String {
    format!("person-{index:05}")
}

pub fn directory() -> Result<Directory, Error> {
    typed(json!({"metadata": {"name": "people"}, "spec": {"embedded": {}}}))
}

/// A schedule that asks for nothing: the benchmark starts every evaluation itself.
pub fn schedule() -> Result<TenantSchedule, Error> {
    typed(json!({"metadata": {"name": "default"}, "spec": {"interval": "24h", "directory": "people", "evaluateOnChange": false}}))
}

/// Somebody with what a record has.
pub fn user(index: usize) -> Result<User, Error> {
    typed(json!({
        "metadata": {"name": name(index)},
        "spec": {
            "displayName": format!("Person {index}"), "givenName": "Person", "surname": index.to_string(),
            "mail": format!("{}@acme.example", name(index)), "userPrincipalName": format!("{}@acme.example", name(index)),
            "department": format!("Department {}", index % 20), "jobTitle": "Engineer", "employeeId": index.to_string(),
            "companyName": "Acme", "usageLocation": "DE", "manager": name(index / 10), "employeeHireDate": "2020-01-01",
            "initialAccount": {"memberOf": ["everybody"], "licenses": ["E1"]},
        },
    }))
}

/// What the evaluation makes of that record.
pub fn account(index: usize) -> Result<Account, Error> {
    typed(json!({
        "metadata": {"name": name(index)},
        "spec": {"accountEnabled": true, "memberOf": ["everybody"], "licenses": ["E1"], "correlation": {"employeeId": index.to_string()},
            "createdDateTime": Utc::now()},
    }))
}

/// Who leaves loses the account and all memberships.
pub fn workflow() -> Result<Workflow, Error> {
    typed(json!({
        "metadata": {"name": "leaver"},
        "spec": {
            "category": "leaver",
            "isSchedulingEnabled": true,
            "executionConditions": {
                "scope": {"rule": "companyName eq 'Acme'"},
                "trigger": {"timeBasedAttribute": {"attribute": "employeeLeaveDateTime", "offsetInDays": 0}},
            },
            "tasks": [{"name": "disable", "disableUserAccount": {}}, {"name": "leave", "removeUserFromAllGroups": {}}],
        },
    }))
}

/// The leave date of everybody: just now.
pub fn leaves() -> Value {
    json!({"spec": {"employeeLeaveDateTime": (Utc::now() - TimeDelta::seconds(1)).format("%Y-%m-%dT%H:%M:%SZ").to_string()}})
}
