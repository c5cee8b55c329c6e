//! Deletion: finalizers, owner references, and what goes along.
//!
//! A real cluster collects dependents some moments after their owner is gone; here it happens in the same instant,
//! in the order of kind, namespace and name.

use serde_json::{Value, json};

use super::meta;
use super::resource::Resource;
use super::state::{Key, State, owners};
use super::writer::Writer;

const FOREGROUND: &str = "foregroundDeletion";
const ORPHAN: &str = "orphan";

/// What becomes of the dependents of a deleted object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Propagation {
    /// They go after it.
    Background,
    /// They go before it.
    Foreground,
    /// They stay.
    Orphan,
}

impl Propagation {
    /// What the request says, or the kind's default.
    pub(super) fn choose(options: &Value, kind: &Resource) -> Self {
        match options["propagationPolicy"].as_str() {
            Some("Foreground") => Self::Foreground,
            Some("Orphan") => Self::Orphan,
            None if options["orphanDependents"] == json!(true) => Self::Orphan,
            None if kind.orphans_by_default && options["orphanDependents"].is_null() => Self::Orphan,
            Some(_) | None => Self::Background,
        }
    }
}

/// Deletes an object, or marks it if finalizers hold it.
pub(super) fn delete(writer: &mut Writer<'_>, resource: usize, key: &Key, propagation: Propagation) {
    let Some(current) = writer.state.get(resource, key).cloned() else { return };
    let uid = current.meta("uid").to_owned();
    let mut finalizers = finalizers(&current.value);
    match propagation {
        Propagation::Background => {}
        Propagation::Orphan => release_dependents(writer.state, &uid),
        Propagation::Foreground => {
            if !finalizers.iter().any(|name| name == FOREGROUND) && has_dependents(writer.state, &uid) {
                finalizers.push(FOREGROUND.to_owned());
            }
        }
    }
    if finalizers.is_empty() {
        remove(writer, resource, key);
        return;
    }
    let mut marked = (*current.value).clone();
    let is_new = marked["metadata"]["deletionTimestamp"].is_null();
    marked["metadata"]["finalizers"] = json!(finalizers);
    if is_new {
        marked["metadata"]["deletionTimestamp"] = meta::timestamp(writer.now);
        marked["metadata"]["deletionGracePeriodSeconds"] = json!(0);
        if let Some(generation) = marked["metadata"]["generation"].as_i64() {
            marked["metadata"]["generation"] = json!(generation + 1);
        }
    }
    if marked != *current.value {
        writer.state.store(resource, key, marked);
    }
    if propagation == Propagation::Foreground {
        for (resource, key) in dependents(writer.state, &uid) {
            delete(writer, resource, &key, Propagation::Foreground);
        }
        settle(writer, &uid);
    }
}

/// Whether an object is being deleted and its last finalizer is gone.
pub(super) fn is_released(value: &Value) -> bool {
    !value["metadata"]["deletionTimestamp"].is_null() && finalizers(value).is_empty()
}

/// After a write: an object all of whose owners are gone goes too.
pub(super) fn if_orphan(writer: &mut Writer<'_>, resource: usize, key: &Key) {
    let Some(current) = writer.state.get(resource, key).cloned() else { return };
    let named: Vec<&str> = owners(&current.value).collect();
    let is_abandoned = !named.is_empty() && !named.iter().any(|uid| writer.state.living.contains_key(*uid));
    if is_abandoned && current.value["metadata"]["deletionTimestamp"].is_null() {
        delete(writer, resource, key, Propagation::Background);
    }
}

/// Removes an object for good, and then what depended on it.
pub(super) fn remove(writer: &mut Writer<'_>, resource: usize, key: &Key) {
    let Some(gone) = writer.state.remove(resource, key) else { return };
    let uid = gone.meta("uid").to_owned();
    for (resource, key) in dependents(writer.state, &uid) {
        forget_owner(writer.state, resource, &key, &uid);
        if_orphan(writer, resource, &key);
    }
    for owner in owners(&gone.value) {
        settle(writer, owner);
    }
    if writer.resources[resource].kind == "Namespace" && writer.resources[resource].group.is_empty() {
        empty_namespace(writer, &key.1);
    }
}

/// Drops the reference to a vanished owner if another owner lives; the last reference stays and dooms the object.
fn forget_owner(state: &mut State, resource: usize, key: &Key, uid: &str) {
    let Some(current) = state.get(resource, key) else { return };
    if !owners(&current.value).any(|owner| state.living.contains_key(owner)) {
        return;
    }
    let mut value = (*current.value).clone();
    drop_reference(&mut value, uid);
    state.store(resource, key, value);
}

fn release_dependents(state: &mut State, uid: &str) {
    for (resource, key) in dependents(state, uid) {
        let Some(current) = state.get(resource, &key) else { continue };
        let mut value = (*current.value).clone();
        drop_reference(&mut value, uid);
        state.store(resource, &key, value);
    }
}

fn drop_reference(value: &mut Value, uid: &str) {
    let Some(metadata) = value["metadata"].as_object_mut() else { return };
    let Some(references) = metadata.get_mut("ownerReferences").and_then(Value::as_array_mut) else { return };
    references.retain(|reference| reference["uid"] != uid);
    if references.is_empty() {
        metadata.remove("ownerReferences");
    }
}

/// Lets an owner go that waits in the foreground and has nobody left who blocks it.
fn settle(writer: &mut Writer<'_>, uid: &str) {
    let Some((resource, key)) = writer.state.living.get(uid).cloned() else { return };
    let Some(current) = writer.state.get(resource, &key).cloned() else { return };
    let waiting = finalizers(&current.value);
    let is_waiting = !current.value["metadata"]["deletionTimestamp"].is_null();
    if !is_waiting || !waiting.iter().any(|name| name == FOREGROUND) || has_dependents(writer.state, uid) {
        return;
    }
    let left: Vec<String> = waiting.into_iter().filter(|name| name != FOREGROUND && name != ORPHAN).collect();
    if left.is_empty() {
        remove(writer, resource, &key);
        return;
    }
    let mut value = (*current.value).clone();
    value["metadata"]["finalizers"] = json!(left);
    writer.state.store(resource, &key, value);
}

/// Whether a dependent is left that keeps its owner in the foreground.
fn has_dependents(state: &State, uid: &str) -> bool {
    dependents(state, uid).iter().any(|(resource, key)| {
        let references = state.get(*resource, key).and_then(|stored| stored.value["metadata"]["ownerReferences"].as_array());
        references.into_iter().flatten().any(|reference| reference["uid"] == uid && reference["blockOwnerDeletion"] == true)
    })
}

fn dependents(state: &State, uid: &str) -> Vec<(usize, Key)> {
    state.dependents.get(uid).into_iter().flatten().cloned().collect()
}

fn finalizers(value: &Value) -> Vec<String> {
    let list = value["metadata"]["finalizers"].as_array().into_iter().flatten();
    list.filter_map(Value::as_str).map(str::to_owned).collect()
}

fn empty_namespace(writer: &mut Writer<'_>, namespace: &str) {
    for resource in 0..writer.resources.len() {
        if !writer.resources[resource].namespaced {
            continue;
        }
        let objects = &writer.state.tables[resource].objects;
        let inside: Vec<Key> = objects.keys().filter(|key| key.0 == namespace).cloned().collect();
        for key in inside {
            delete(writer, resource, &key, Propagation::Background);
        }
    }
}
