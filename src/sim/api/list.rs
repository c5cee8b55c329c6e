//! Reading: one object, a collection, a page of it, now or as it was.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::{BufMut, Bytes, BytesMut};
use serde_json::{Value, json};

use super::resource::Resource;
use super::select::Selector;
use super::state::{Key, State, Stored, Table};
use super::status::{self, Refusal};

/// A list, as asked for.
#[derive(Debug, Default)]
pub(super) struct ListRequest {
    /// Empty for all namespaces.
    pub namespace: String,
    pub selector: Selector,
    /// Zero for no limit.
    pub limit: usize,
    pub continue_from: Option<String>,
    pub version: Option<u64>,
    pub exact: bool,
    /// Only metadata.
    pub partial: bool,
    /// How many changes to go back.
    pub back: u64,
}

/// The JSON of an object, or of its metadata only.
pub(super) fn render(stored: &Stored, partial: bool) -> Bytes {
    if partial { partial_of(&stored.value) } else { stored.bytes.clone() }
}

/// The `PartialObjectMetadata` of an object.
pub(super) fn partial_of(value: &Value) -> Bytes {
    let partial = json!({
        "apiVersion": "meta.k8s.io/v1",
        "kind": "PartialObjectMetadata",
        "metadata": value["metadata"],
    });
    Bytes::from(partial.to_string())
}

/// GET of one object.
pub(super) fn get(
    state: &State,
    resource: &Resource,
    index: usize,
    key: &Key,
    version: Option<u64>,
    back: u64,
) -> Result<Arc<Stored>, Refusal> {
    if let Some(version) = version
        && version > state.revision
    {
        return Err(status::version_too_large(version, state.revision));
    }
    let found = if back == 0 {
        state.get(index, key).cloned()
    } else {
        let table = &state.tables[index];
        table.at(table.revision_back(back, state.revision)).and_then(|objects| objects.get(key).cloned())
    };
    found.ok_or_else(|| status::not_found(resource, &key.1))
}

/// GET of a collection.
pub(super) fn list(state: &State, resource: &Resource, index: usize, request: &ListRequest) -> Result<Bytes, Refusal> {
    let table = &state.tables[index];
    let (revision, after) = position(state, table, request)?;
    let objects = snapshot(table, revision).ok_or_else(|| too_old(request, revision))?;
    let mut matching = Table::scope(&objects, &request.namespace)
        .filter(|(key, stored)| after.as_ref().is_none_or(|after| *key > after) && request.selector.matches(&stored.value));
    let limit = if request.limit == 0 { usize::MAX } else { request.limit };
    let page: Vec<(&Key, &Arc<Stored>)> = matching.by_ref().take(limit).collect();
    let remaining = matching.count();

    let mut metadata = json!({"resourceVersion": revision.to_string()});
    if remaining > 0
        && let Some(((namespace, name), _)) = page.last()
    {
        metadata["continue"] = Value::String(format!("{revision}/{namespace}/{name}"));
        if request.selector.is_empty() {
            metadata["remainingItemCount"] = json!(remaining);
        }
    }
    let items = page.into_iter().map(|(_, stored)| render(stored, request.partial));
    Ok(assemble(resource, request.partial, &metadata, items))
}

fn assemble(resource: &Resource, partial: bool, metadata: &Value, items: impl Iterator<Item = Bytes>) -> Bytes {
    let (version, kind) = if partial {
        ("meta.k8s.io/v1".to_owned(), "PartialObjectMetadataList".to_owned())
    } else {
        (resource.api_version(), format!("{}List", resource.kind))
    };
    let head = format!("{{\"apiVersion\":\"{version}\",\"kind\":\"{kind}\",\"metadata\":{metadata},\"items\":[");
    let mut text = BytesMut::with_capacity(4096);
    text.put_slice(head.as_bytes());
    for (index, item) in items.enumerate() {
        if index > 0 {
            text.put_u8(b',');
        }
        text.put_slice(&item);
    }
    text.put_slice(b"]}");
    text.freeze()
}

/// The revision that is asked for, and the key after which the page begins.
fn position(state: &State, table: &Table, request: &ListRequest) -> Result<(u64, Option<Key>), Refusal> {
    if let Some(token) = &request.continue_from {
        let mut parts = token.splitn(3, '/');
        let revision = parts.next().and_then(|revision| revision.parse().ok());
        let (Some(revision), Some(namespace), Some(name)) = (revision, parts.next(), parts.next()) else {
            return Err(status::bad_request("continue key is not valid"));
        };
        return Ok((revision, Some((namespace.to_owned(), name.to_owned()))));
    }
    if request.back > 0 {
        return Ok((table.revision_back(request.back, state.revision), None));
    }
    match request.version {
        Some(version) if version > state.revision => Err(status::version_too_large(version, state.revision)),
        Some(version) if request.exact => Ok((version, None)),
        Some(_) | None => Ok((state.revision, None)),
    }
}

/// The objects at a revision, without a copy if nothing changed since; `None` if that is forgotten.
fn snapshot(table: &Table, revision: u64) -> Option<Cow<'_, BTreeMap<Key, Arc<Stored>>>> {
    let unchanged = table.since(revision)?.next().is_none();
    if unchanged { Some(Cow::Borrowed(&table.objects)) } else { table.at(revision).map(Cow::Owned) }
}

fn too_old(request: &ListRequest, revision: u64) -> Refusal {
    if request.continue_from.is_some() {
        status::expired(
            "The provided continue parameter is too old to display a consistent list result. You can start a new list \
             without the continue parameter.",
        )
    } else {
        status::expired(&format!("too old resource version: {revision}"))
    }
}
