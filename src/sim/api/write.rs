//! Create, update and merge patch.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::collect::{self, Propagation};
use super::meta;
use super::resource::Resource;
use super::state::{Key, Stored};
use super::status::{self, Refusal};
use super::writer::Writer;
use crate::sim::schema::{Violation, ViolationKind};

/// The largest object that the store takes, in bytes of JSON: the request limit of etcd.
const MAX_OBJECT: usize = 1_572_864;

/// What a write request says besides its body.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct WriteOptions {
    /// `fieldValidation=Strict`: refuse unknown fields instead of dropping them.
    pub strict: bool,
    /// `dryRun=All`: answer as if, change nothing.
    pub dry_run: bool,
}

/// Which part of an object an update is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Everything but status, if the kind has the subresource; else everything.
    Main,
    /// Only status.
    Status,
    /// Everything; what an operator with full rights reaches with two requests.
    Whole,
}

impl Writer<'_> {
    /// POST.
    pub(super) fn create(
        &mut self,
        resource: usize,
        namespace: &str,
        mut body: Value,
        part: Part,
        options: WriteOptions,
    ) -> Result<Arc<Stored>, Refusal> {
        let kind = &self.resources[resource];
        check_type(kind, &mut body)?;
        let mut metadata = meta::take(&mut body);
        let unknown = meta::prune(&mut metadata, options.strict);
        let key = self.name_for(resource, namespace, &mut metadata)?;
        if self.state.get(resource, &key).is_some() {
            return Err(status::already_exists(kind, &key.1));
        }
        if meta::text(&metadata, "resourceVersion").is_some() {
            return Err(status::version_on_create());
        }
        for field in ["uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "generation"] {
            metadata.remove(field);
        }
        metadata.insert("creationTimestamp".to_owned(), meta::timestamp(self.now));
        if kind.has_generation {
            metadata.insert("generation".to_owned(), json!(1));
        }
        body["metadata"] = Value::Object(metadata);
        if kind.has_status
            && part != Part::Whole
            && let Some(body) = body.as_object_mut()
        {
            body.remove("status");
        }
        let mut admitted = admit(kind, &key.1, body, None, options.strict, unknown)?;
        if options.dry_run {
            return Ok(Arc::new(Stored::new(admitted)));
        }
        admitted["metadata"]["uid"] = Value::String(self.state.mint_uid(resource, &kind.kind, &key));
        let stored = self.state.store(resource, &key, admitted);
        collect::if_orphan(self, resource, &key);
        Ok(stored)
    }

    /// Stores an object with everything that only a server says.
    pub(super) fn adopt(&mut self, resource: usize, mut body: Value) -> Result<Arc<Stored>, Refusal> {
        let kind = &self.resources[resource];
        check_type(kind, &mut body)?;
        let mut metadata = meta::take(&mut body);
        meta::prune(&mut metadata, false);
        let text = |field| meta::text(&metadata, field).unwrap_or_default().to_owned();
        let namespace = if kind.namespaced { text("namespace") } else { String::new() };
        let key = (namespace, text("name"));
        if self.state.get(resource, &key).is_some() {
            return Err(status::already_exists(kind, &key.1));
        }
        let version = text("resourceVersion").parse::<u64>().ok().filter(|version| *version > self.state.revision);
        let Some(version) = version.filter(|_| !text("uid").is_empty()) else {
            return Err(status::bad_request("an object that is taken over has a uid, and a resourceVersion newer than all others"));
        };
        body["metadata"] = Value::Object(metadata);
        let admitted = admit(kind, &key.1, body, None, false, Vec::new())?;
        self.state.revision = version - 1;
        Ok(self.state.store(resource, &key, admitted))
    }

    fn name_for(&mut self, resource: usize, namespace: &str, metadata: &mut Map<String, Value>) -> Result<Key, Refusal> {
        let kind = &self.resources[resource];
        let given = meta::text(metadata, "namespace").unwrap_or_default();
        if kind.namespaced {
            if !given.is_empty() && given != namespace {
                let message = "the namespace of the provided object does not match the namespace sent on the request";
                return Err(status::bad_request(message));
            }
            metadata.insert("namespace".to_owned(), Value::String(namespace.to_owned()));
        } else {
            metadata.remove("namespace");
        }
        let name = match (meta::text(metadata, "name"), meta::text(metadata, "generateName")) {
            (Some(name), _) => name.to_owned(),
            (None, Some(prefix)) => {
                let prefix = prefix.to_owned();
                self.state.generate_name(resource, namespace, &prefix)
            }
            (None, None) => {
                let detail = "name or generateName is required";
                let violation = Violation::plain(ViolationKind::Required, "metadata.name", detail);
                return Err(status::invalid(kind, "", &[violation]));
            }
        };
        metadata.insert("name".to_owned(), Value::String(name.clone()));
        Ok((namespace.to_owned(), name))
    }

    /// PUT, also of the status subresource.
    pub(super) fn update(
        &mut self,
        resource: usize,
        key: &Key,
        mut body: Value,
        part: Part,
        options: WriteOptions,
    ) -> Result<Arc<Stored>, Refusal> {
        let kind = &self.resources[resource];
        check_type(kind, &mut body)?;
        let Some(current) = self.state.get(resource, key).cloned() else {
            return Err(status::not_found(kind, &key.1));
        };
        let mut metadata = meta::take(&mut body);
        let unknown = meta::prune(&mut metadata, options.strict);
        check_identity(kind, key, &metadata)?;
        check_preconditions(kind, key, &metadata, &current, part)?;
        let next = assemble(kind, &current.value, body, metadata, part);
        let admitted = admit(kind, &key.1, next, Some(&current.value), options.strict, unknown)?;
        let admitted = count_generation(kind, &current.value, admitted);
        if options.dry_run {
            return Ok(Arc::new(Stored::new(admitted)));
        }
        if admitted == *current.value {
            return Ok(current);
        }
        if collect::is_released(&admitted) {
            collect::remove(self, resource, key);
            return Ok(Arc::new(Stored::new(admitted)));
        }
        let stored = self.state.store(resource, key, admitted);
        collect::if_orphan(self, resource, key);
        Ok(stored)
    }

    /// Merge PATCH, also of the status subresource.
    pub(super) fn patch(
        &mut self,
        resource: usize,
        key: &Key,
        patch: &Value,
        part: Part,
        options: WriteOptions,
    ) -> Result<Arc<Stored>, Refusal> {
        let kind = &self.resources[resource];
        let Some(current) = self.state.get(resource, key) else {
            return Err(status::not_found(kind, &key.1));
        };
        if !patch.is_object() {
            return Err(status::bad_request("a merge patch must be a JSON object"));
        }
        let mut patched = (*current.value).clone();
        merge(&mut patched, patch);
        self.update(resource, key, patched, part, options)
    }

    /// DELETE.
    pub(super) fn delete(&mut self, resource: usize, key: &Key, options: &Value) -> Result<Option<Arc<Stored>>, Refusal> {
        let kind = &self.resources[resource];
        let Some(current) = self.state.get(resource, key) else {
            return Err(status::not_found(kind, &key.1));
        };
        for (field, what, found) in
            [("uid", "UID", current.meta("uid")), ("resourceVersion", "ResourceVersion", current.meta("resourceVersion"))]
        {
            let wanted = options["preconditions"][field].as_str();
            if let Some(wanted) = wanted
                && wanted != found
            {
                let since = if field == "uid" { "deleted and then recreated" } else { "modified" };
                let why = format!(
                    "the {what} in the precondition ({wanted}) does not match the {what} in record ({found}). \
                     The object might have been {since}"
                );
                return Err(status::conflict(kind, &key.1, &why));
            }
        }
        if options["dryRun"].as_array().is_some_and(|stages| !stages.is_empty()) {
            return Ok(None);
        }
        let propagation = Propagation::choose(options, kind);
        collect::delete(self, resource, key, propagation);
        Ok(self.state.get(resource, key).cloned())
    }
}

/// Checks apiVersion and kind, or fills them in where the path says it all.
fn check_type(kind: &Resource, body: &mut Value) -> Result<(), Refusal> {
    let Some(map) = body.as_object_mut() else {
        return Err(status::bad_request("the object provided is unrecognized: not a JSON object"));
    };
    let version = kind.api_version();
    for (field, wanted) in [("apiVersion", version.as_str()), ("kind", kind.kind.as_str())] {
        let found = map.get(field).and_then(Value::as_str).unwrap_or_default();
        if found.is_empty() {
            map.insert(field.to_owned(), Value::String(wanted.to_owned()));
        } else if found == wanted {
        } else if field == "kind" {
            let name = map["metadata"]["name"].as_str().unwrap_or_default();
            let shown = Value::String(found.to_owned());
            let violation = Violation::of_value(ViolationKind::Invalid, field, &shown, &format!("must be {wanted}"));
            return Err(status::invalid(kind, name, &[violation]));
        } else {
            let message = format!("the API version in the data ({found}) does not match the expected API version ({wanted})");
            return Err(status::bad_request(&message));
        }
    }
    Ok(())
}

fn check_identity(kind: &Resource, key: &Key, metadata: &Map<String, Value>) -> Result<(), Refusal> {
    let name = meta::text(metadata, "name").unwrap_or_default();
    if name != key.1 {
        let message = format!("the name of the object ({name}) does not match the name on the URL ({})", key.1);
        return Err(status::bad_request(&message));
    }
    if kind.namespaced
        && let Some(namespace) = meta::text(metadata, "namespace")
        && namespace != key.0
    {
        let message = format!("the namespace of the object ({namespace}) does not match the namespace on the request ({})", key.0);
        return Err(status::bad_request(&message));
    }
    Ok(())
}

fn check_preconditions(kind: &Resource, key: &Key, metadata: &Map<String, Value>, current: &Stored, part: Part) -> Result<(), Refusal> {
    let found = current.meta("uid");
    if let Some(wanted) = meta::text(metadata, "uid")
        && wanted != found
    {
        let why = format!("Precondition failed: UID in precondition: {wanted}, UID in object meta: {found}");
        return Err(status::conflict(kind, &key.1, &why));
    }
    match meta::text(metadata, "resourceVersion") {
        Some(version) if version != current.meta("resourceVersion") => Err(status::modified(kind, &key.1)),
        None if !kind.unconditional_update && part != Part::Whole => {
            let detail = "must be specified for an update";
            let path = "metadata.resourceVersion";
            let violation = Violation::of_value(ViolationKind::Invalid, path, &json!(0), detail);
            Err(status::invalid(kind, &key.1, &[violation]))
        }
        Some(_) | None => Ok(()),
    }
}

/// The next version of an object from what the writer sent and what the writer cannot change.
fn assemble(kind: &Resource, current: &Value, body: Value, mut metadata: Map<String, Value>, part: Part) -> Value {
    let (mut next, status_from) = match part {
        Part::Status => {
            let mut next = current.clone();
            set_or_remove(&mut next, "status", body.get("status").cloned());
            return next;
        }
        Part::Main if kind.has_status => (body, Some(current)),
        Part::Main | Part::Whole => (body, None),
    };
    next["metadata"] = Value::Object(meta::merge(current, &mut metadata));
    if let Some(current) = status_from {
        set_or_remove(&mut next, "status", current.get("status").cloned());
    }
    next
}

fn set_or_remove(object: &mut Value, field: &str, value: Option<Value>) {
    let Some(map) = object.as_object_mut() else { return };
    match value {
        Some(value) => map.insert(field.to_owned(), value),
        None => map.remove(field),
    };
}

/// Schema, names, labels, size.
fn admit(
    kind: &Resource,
    name: &str,
    body: Value,
    old: Option<&Value>,
    strict: bool,
    mut violations: Vec<Violation>,
) -> Result<Value, Refusal> {
    if let Some(metadata) = body["metadata"].as_object() {
        violations.extend(meta::check(metadata, kind.kind == "Namespace"));
    }
    let admitted = match &kind.schema {
        None => Ok(body),
        Some(schema) => schema.admit(body, old, strict),
    };
    match admitted {
        Ok(admitted) if violations.is_empty() => {
            // Escapes can make a text longer, so what comes near the limit is measured exactly.
            let is_too_large = rough_size(&admitted) > MAX_OBJECT / 2 && admitted.to_string().len() > MAX_OBJECT;
            if is_too_large { Err(status::too_large()) } else { Ok(admitted) }
        }
        Ok(_) => Err(status::invalid(kind, name, &violations)),
        Err(found) => {
            violations.extend(found);
            if violations.iter().any(|violation| violation.kind == ViolationKind::UnknownField) {
                violations.retain(|violation| violation.kind == ViolationKind::UnknownField);
            }
            Err(status::invalid(kind, name, &violations))
        }
    }
}

/// The length of a value as JSON, without what escapes add.
fn rough_size(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) => 4,
        Value::Number(_) => 8,
        Value::String(text) => text.len() + 3,
        Value::Array(list) => list.iter().map(|element| rough_size(element) + 1).sum::<usize>() + 2,
        Value::Object(map) => map.iter().map(|(key, member)| key.len() + 4 + rough_size(member)).sum::<usize>() + 2,
    }
}

/// Counts the generation up if anything but metadata changed; status is no change where it is a subresource.
fn count_generation(kind: &Resource, current: &Value, mut next: Value) -> Value {
    if !kind.has_generation {
        return next;
    }
    let counts = |field: &String| field != "metadata" && !(kind.has_status && field == "status");
    let fields = |object: &Value| object.as_object().map_or(0, |map| map.keys().filter(|field| counts(field)).count());
    let same = fields(current) == fields(&next)
        && next.as_object().into_iter().flatten().all(|(field, value)| !counts(field) || current.get(field) == Some(value));
    if !same {
        let generation = current["metadata"]["generation"].as_i64().unwrap_or(1);
        next["metadata"]["generation"] = json!(generation + 1);
    }
    next
}

/// RFC 7386.
pub(super) fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Some(map) = target.as_object_mut() else { return };
    for (key, value) in patch {
        if value.is_null() {
            map.remove(key);
        } else {
            merge(map.entry(key.clone()).or_insert(Value::Null), value);
        }
    }
}
