//! The snapshot of a tenant in each of its two forms.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use tenure::api::{AttributeMark, DirectorySnapshot, Sighting, form};

use crate::scenarios::end::text;

/// The buckets written anew, as this function says, and everything else as it is.
fn written(objects: &[Value], write: impl Fn(&DirectorySnapshot, &Value) -> Value) -> Vec<Value> {
    let one = |object: &Value| match text(object, "/kind") {
        "DirectorySnapshot" => write(&form::typed(object).expect("a bucket"), object),
        _ => object.clone(),
    };
    objects.iter().map(one).collect()
}

/// As the programs write them.
pub fn packed(objects: &[Value]) -> Vec<Value> {
    written(objects, |bucket, _| form::value(bucket))
}

/// As releases wrote them that had no packed rows.
pub fn unpacked(objects: &[Value]) -> Vec<Value> {
    written(objects, |bucket, object| {
        let row = |row: &tenure::api::SnapshotRow| {
            let mut older = json!({"subject": row.subject, "current": sighting(&row.current)});
            put(&mut older, "previous", row.previous.as_deref().map(sighting));
            older
        };
        json!({
            "apiVersion": object["apiVersion"], "kind": object["kind"], "metadata": object["metadata"],
            "directory": bucket.spec.directory, "rows": bucket.spec.rows.iter().map(row).collect::<Vec<_>>(),
        })
    })
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
