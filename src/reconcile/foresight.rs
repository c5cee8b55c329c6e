//! What the engine will do next, and whom its ids mean: the same functions that it decides with, asked from outside.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::api::TenantScheduleSpec;
use crate::domain::keys::Keyring;
use crate::domain::{job, tick};

/// The first tick of the tenant after an instant; none where the schedule gives none.
#[must_use]
pub fn next_tick(namespace: &str, schedule: &TenantScheduleSpec, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
    tick::ticks(namespace, schedule).ok()?.next_after(after)
}

/// Name of the Job of the evaluation that takes this epoch.
#[must_use]
pub fn evaluation_job_name(epoch: i64) -> String {
    job::evaluation_job_name(epoch)
}

/// The people's names by their keyed ids, under a head's key; nothing if the key cannot be used.
#[must_use]
pub fn subject_names(key: &str, directories: &[&str], people: &[&str]) -> BTreeMap<String, String> {
    let Ok(keyring) = Keyring::from_hex(key) else { return BTreeMap::new() };
    let pairs = directories.iter().flat_map(|directory| people.iter().map(move |name| (directory, name)));
    pairs.map(|(directory, name)| (keyring.subject(directory, name), (*name).to_owned())).collect()
}
