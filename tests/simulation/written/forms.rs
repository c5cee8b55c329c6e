//! The snapshot and the ledger of a tenant in each of their two forms.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use tenure::api::{AttributeMark, DirectorySnapshot, OccurrenceLedger, Sighting, form};

use crate::crash_sweep::rows::rows_of;
use crate::scenarios::end::{list, text};

/// As the programs write them.
pub fn packed(objects: &[Value]) -> Vec<Value> {
    let one = |object: &Value| match text(object, "/kind") {
        "DirectorySnapshot" => form::value(&form::typed::<DirectorySnapshot>(object).expect("a bucket")),
        "OccurrenceLedger" => form::value(&form::typed::<OccurrenceLedger>(object).expect("a chunk")),
        _ => object.clone(),
    };
    objects.iter().map(one).collect()
}

/// As releases wrote them that had no packed rows.
pub fn unpacked(objects: &[Value]) -> Vec<Value> {
    let members = |object: &Value| json!({"apiVersion": object["apiVersion"], "kind": object["kind"], "metadata": object["metadata"]});
    let one = |object: &Value| match text(object, "/kind") {
        "DirectorySnapshot" => bucket(members(object), &form::typed(object).expect("a bucket")),
        "OccurrenceLedger" => {
            let mut chunk = members(object);
            put(&mut chunk, "entries", Some(Value::Array(rows_of(object))));
            chunk
        }
        _ => object.clone(),
    };
    objects.iter().map(one).collect()
}

/// How many packed rows there are in each object that may have some, in the order of their names.
pub fn packed_rows(objects: &[Value]) -> BTreeMap<&str, usize> {
    let books = objects.iter().filter(|object| ["DirectorySnapshot", "OccurrenceLedger"].contains(&text(object, "/kind")));
    books.map(|object| (text(object, "/metadata/name"), list(object, "/packed").len())).collect()
}

fn bucket(mut members: Value, bucket: &DirectorySnapshot) -> Value {
    let row = |row: &tenure::api::SnapshotRow| {
        let mut older = json!({"subject": row.subject, "current": sighting(&row.current)});
        put(&mut older, "previous", row.previous.as_deref().map(sighting));
        older
    };
    members["directory"] = json!(bucket.spec.directory);
    members["rows"] = bucket.spec.rows.iter().map(row).collect();
    members
}

fn sighting(sighting: &Sighting) -> Value {
    let marks: Vec<Value> = sighting.marks.iter().map(mark).collect();
    let mut older = json!({"epoch": sighting.epoch, "firstSeenAt": sighting.first_seen_at, "marks": marks});
    put(&mut older, "begunAt", sighting.begun_at.map(instant));
    older
}

fn mark(mark: &AttributeMark) -> Value {
    let mut older = json!({"name": &*mark.name, "digest": &*mark.digest, "sequence": mark.sequence});
    put(&mut older, "changedAt", mark.changed_at.map(instant));
    older
}

fn instant(instant: DateTime<Utc>) -> Value {
    json!(instant)
}

/// What is absent is left out.
fn put(object: &mut Value, member: &str, value: Option<Value>) {
    if let Some(value) = value {
        object[member] = value;
    }
}

#[test]
fn the_older_form_is_as_it_was() {
    // Until a release says otherwise, the folder may be written anew, and then has the other form.
    let objects = super::files::read(&super::files::folder("v1"));
    let is_older = |object: &Value| object["packed"].is_null();
    for (object, older) in objects.iter().zip(unpacked(&objects)).filter(|(object, _)| is_older(object)) {
        assert_eq!(object, &older);
    }
}
