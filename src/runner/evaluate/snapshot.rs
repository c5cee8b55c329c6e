//! Sightings of every person, and the buckets that change by them.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use kube::ResourceExt;
use kube::api::ObjectMeta;

use crate::api::meta::{LABEL_MANAGED_BY, MANAGED_BY};
use crate::api::{DirectorySnapshot, DirectorySnapshotData, Sighting, SnapshotRow, Workflow};
use crate::domain::employment::Employment;
use crate::domain::snapshot::{Tracked, bucket_name, employment, look, next_row, sealed_sighting};
use crate::domain::subject::Person;
use crate::domain::trigger::track_idle;

use super::tenant::{Reading, Tenant};

/// What is known of one person.
#[derive(Clone, Debug)]
pub(super) struct Seen<'a> {
    pub now: Cow<'a, Sighting>,
    pub before: Option<&'a Sighting>,
    /// The dates, read together.
    pub employment: Employment,
}

/// What is known of everybody, by directory, in the order of its people.
#[derive(Default)]
pub(super) struct Looks<'a> {
    by_directory: BTreeMap<String, Vec<Seen<'a>>>,
}

impl<'a> Looks<'a> {
    /// The people of a directory, each with what is known of them.
    pub fn people<'t>(&'t self, tenant: &'t Tenant, directory: &str) -> impl Iterator<Item = (&'t Person, &'t Seen<'a>)> + use<'a, 't> {
        let people = match tenant.readings.get(directory) {
            Some(Reading::People(people)) => people.as_slice(),
            _ => &[],
        };
        people.iter().zip(self.by_directory.get(directory).into_iter().flatten())
    }

    /// Everybody by their keyed id.
    pub fn by_key<'t>(&'t self, tenant: &'t Tenant) -> BTreeMap<&'t str, (&'t Person, &'t Seen<'a>)> {
        let all = self.by_directory.keys().flat_map(|directory| self.people(tenant, directory));
        all.map(|(person, seen)| (person.key.as_str(), (person, seen))).collect()
    }
}

/// Looks at everybody. Gives the sightings, and the buckets to write.
pub(super) fn take<'a>(tenant: &Tenant, snapshots: &'a [DirectorySnapshot]) -> (Looks<'a>, Vec<DirectorySnapshot>) {
    let mut all = BTreeMap::new();
    let mut buckets = Vec::new();
    for (directory, reading) in &tenant.readings {
        let Reading::People(people) = reading else { continue };
        let mut tracked = Tracked::default();
        let is_tracked = |workflow: &&Workflow| {
            tenant.directory_of(&workflow.spec) == Some(directory) && !tenant.placeless.workflows.contains(&workflow.name_any())
        };
        for workflow in tenant.workflows.values().filter(is_tracked) {
            track_idle(&workflow.spec, &mut tracked);
        }
        for usable in tenant.usable.values().filter(|usable| &usable.directory == directory && usable.moment.is_some()) {
            usable.compiled.track(&mut tracked);
        }
        let old: BTreeMap<String, &DirectorySnapshot> =
            snapshots.iter().filter(|bucket| &bucket.spec.directory == directory).map(|bucket| (bucket.name_any(), bucket)).collect();
        let rows: BTreeMap<&str, &SnapshotRow> =
            old.values().flat_map(|bucket| &bucket.spec.rows).map(|row| (row.subject.as_str(), row)).collect();
        let mut changed: BTreeMap<String, DirectorySnapshot> = BTreeMap::new();
        let mut seen = Vec::with_capacity(people.len());
        for person in people {
            let row = rows.get(person.key.as_str()).copied();
            let before = row.and_then(|row| sealed_sighting(&tenant.head, row));
            // Whoever had the name before is not seen to change into this person.
            let before = before.filter(|before| person.identity.is_theirs(before.first_seen_at));
            let now = look(person, before, &tracked, &tenant.keys, &tenant.ledger, tenant.epoch, tenant.as_of);
            if let Some(next) = next_row(&tenant.head, row, &now, &person.key) {
                let name = bucket_name(directory, &person.key);
                let object = changed
                    .entry(name.clone())
                    .or_insert_with(|| old.get(&name).map_or_else(|| empty(tenant, directory, &name), |&bucket| bucket.clone()));
                put(object, next);
            }
            let employment = employment(person, &now, before, &tenant.keys, &tenant.ledger);
            seen.push(Seen { now, before, employment });
        }
        all.insert(directory.clone(), seen);
        drop_unsealed(tenant, &old, &mut changed);
        buckets.extend(changed.into_values());
    }
    (Looks { by_directory: all }, buckets)
}

fn empty(tenant: &Tenant, directory: &str, name: &str) -> DirectorySnapshot {
    let labels = BTreeMap::from([(LABEL_MANAGED_BY.to_owned(), MANAGED_BY.to_owned())]);
    let metadata = ObjectMeta {
        name: Some(name.to_owned()),
        namespace: Some(tenant.namespace.clone()),
        labels: Some(labels),
        ..ObjectMeta::default()
    };
    DirectorySnapshot { metadata, spec: DirectorySnapshotData { directory: directory.to_owned(), rows: Vec::new() } }
}

fn put(bucket: &mut DirectorySnapshot, row: SnapshotRow) {
    match bucket.spec.rows.binary_search_by(|old| old.subject.cmp(&row.subject)) {
        Ok(index) => bucket.spec.rows[index] = row,
        Err(index) => bucket.spec.rows.insert(index, row),
    }
}

/// Rows whose newest sighting belongs to an abandoned epoch and that nobody looked at anew go back to the sealed one.
fn drop_unsealed(tenant: &Tenant, old: &BTreeMap<String, &DirectorySnapshot>, changed: &mut BTreeMap<String, DirectorySnapshot>) {
    let gone = |row: &SnapshotRow| crate::domain::epochs::is_abandoned(&tenant.head, row.current.epoch);
    let names: BTreeSet<&String> = old.iter().filter(|(_, bucket)| bucket.spec.rows.iter().any(gone)).map(|(name, _)| name).collect();
    for name in names {
        let object = changed.entry(name.clone()).or_insert_with(|| DirectorySnapshot::clone(old[name]));
        object.spec.rows.retain_mut(|row| {
            if !gone(row) {
                return true;
            }
            match row.previous.take() {
                Some(previous) => {
                    row.current = *previous;
                    true
                }
                None => false,
            }
        });
    }
}
