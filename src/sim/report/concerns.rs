//! Whose dates somebody should look at, at the end.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use kube::ResourceExt;
use serde_json::Value;

use super::all;
use crate::api::meta::DEFAULT_NAME;
use crate::api::{Directory, TenantLedger, TenantSchedule};
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
        snapshots: all(here(), "DirectorySnapshot"),
        ledger: all(here(), "OccurrenceLedger"),
    };
    let mut found: BTreeMap<Concern, Vec<String>> = BTreeMap::new();
    for concerned in concerns::concerned(&house, as_of) {
        found.entry(concerned.concern).or_default().push(concerned.name);
    }
    found.into_iter().collect()
}
