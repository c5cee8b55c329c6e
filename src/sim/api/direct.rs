//! Access without a client: for the simulated parts of a cluster, and for applying manifests.

use std::sync::Arc;

use serde_json::{Value, json};

use super::MemoryApi;
use super::meta;
use super::resource::Resource;
use super::state::{Key, Stored, Table};
use super::status::{self, Refusal};
use super::write::{Part, WriteOptions};

impl MemoryApi {
    /// One object, if it is there. `kind` is a kind (`Workflow`) or a plural name (`workflows`).
    #[must_use]
    pub fn get(&self, kind: &str, namespace: &str, name: &str) -> Option<Arc<Value>> {
        let resource = self.find(kind)?;
        let key = self.key(resource, namespace, name);
        self.shared.read(|state| state.get(resource, &key).map(|stored| Arc::clone(&stored.value)))
    }

    /// All objects of a kind in a namespace, or in all of them, in order of namespace and name.
    #[must_use]
    pub fn list(&self, kind: &str, namespace: Option<&str>) -> Vec<Arc<Value>> {
        let Some(resource) = self.find(kind) else { return Vec::new() };
        self.shared.read(|state| {
            let objects = &state.tables[resource].objects;
            let scope = Table::scope(objects, namespace.unwrap_or_default());
            scope.map(|(_, stored)| Arc::clone(&stored.value)).collect()
        })
    }

    /// The revision at which an object of the kind last came, changed or went in the namespace; 0: never.
    pub(in crate::sim) fn newest_change(&self, kind: &str, namespace: &str) -> u64 {
        let Some(resource) = self.find(kind) else { return 0 };
        self.shared.read(|state| state.tables[resource].newest.get(namespace).copied().unwrap_or(0))
    }

    /// Creates an object, or replaces it status and all; a resourceVersion in it is not looked at.
    ///
    /// # Errors
    /// What the server says of an object that is not valid, or of a kind that is not served.
    pub fn put(&self, object: &Value) -> Result<Arc<Value>, Refusal> {
        self.upsert(object, Part::Whole, WriteOptions::default())
    }

    /// What `kubectl replace`, or else `kubectl create`, does with a manifest: spec, labels, annotations, finalizers
    /// and owners become those of the manifest; status, uid and age stay. Unknown fields are refused by name, and
    /// status, uid and resourceVersion in the manifest are not looked at.
    ///
    /// # Errors
    /// What the server says of an object that is not valid, or of a kind that is not served.
    pub fn apply(&self, object: &Value) -> Result<Arc<Value>, Refusal> {
        self.upsert(object, Part::Main, WriteOptions { strict: true, dry_run: false })
    }

    /// The fields for which [`Self::apply`] refuses an object because its kind does not have them, as paths.
    pub(in crate::sim) fn unknown_fields(&self, object: &Value) -> Vec<String> {
        let Ok(resource) = self.find_for(object) else { return Vec::new() };
        let resource = &self.shared.resources[resource];
        let mut object = object.clone();
        let metadata = meta::prune(&mut meta::take(&mut object), true).into_iter().map(|violation| violation.path);
        if let Some(fields) = object.as_object_mut().filter(|_| resource.has_status) {
            fields.remove("status");
        }
        let schema = resource.schema.as_ref();
        metadata.chain(schema.map(|schema| schema.unknown_fields(&object)).unwrap_or_default()).collect()
    }

    /// Takes an object over as another API server has stored it: its UID, its age, its generation, its version and its
    /// status stay. Objects come in the order of their versions, before anything else is stored. Unknown fields are
    /// dropped, as a server drops them when it reads its store under a newer definition.
    ///
    /// # Errors
    /// What the server says of an object that is not valid or is there, of a version that is none or is not newer than
    /// all that is stored, and of a kind that is not served.
    pub fn adopt(&self, object: &Value) -> Result<Arc<Value>, Refusal> {
        let resource = self.find_for(object)?;
        let stored = self.shared.write(|writer| writer.adopt(resource, object.clone()))?;
        Ok(Arc::clone(&stored.value))
    }

    fn upsert(&self, object: &Value, part: Part, options: WriteOptions) -> Result<Arc<Value>, Refusal> {
        let resource = self.find_for(object)?;
        let mut object = object.clone();
        let metadata = &mut object["metadata"];
        let text = |metadata: &Value, field: &str| metadata[field].as_str().unwrap_or_default().to_owned();
        let key = self.key(resource, &text(metadata, "namespace"), &text(metadata, "name"));
        if let Some(metadata) = metadata.as_object_mut() {
            metadata.remove("resourceVersion");
            metadata.remove("uid");
        }
        let stored = self.shared.write(|writer| {
            let Some(current) = writer.state.get(resource, &key) else {
                return writer.create(resource, &key.0, object, part, options);
            };
            object["metadata"]["resourceVersion"] = json!(current.meta("resourceVersion"));
            writer.update(resource, &key, object, part, options)
        })?;
        Ok(Arc::clone(&stored.value))
    }

    /// Deletes an object and, after it, what it owns.
    ///
    /// # Errors
    /// Not found, or a kind that is not served.
    pub fn delete(&self, kind: &str, namespace: &str, name: &str) -> Result<(), Refusal> {
        let resource = self.find(kind).ok_or_else(status::no_such_path)?;
        let key = self.key(resource, namespace, name);
        let options = json!({"propagationPolicy": "Background"});
        self.shared.write(|writer| writer.delete(resource, &key, &options)).map(|_| ())
    }

    /// Every object of every kind, in order of kind, namespace and name.
    #[must_use]
    pub fn dump(&self) -> Vec<Arc<Value>> {
        let mut order: Vec<usize> = (0..self.shared.resources.len()).collect();
        order.sort_by(|left, right| {
            let name = |index: &usize| {
                let Resource { kind, group, version, .. } = &self.shared.resources[*index];
                (kind, group, version)
            };
            name(left).cmp(&name(right))
        });
        self.shared.read(|state| {
            let objects = |index: usize| state.tables[index].objects.values();
            let all = order.into_iter().flat_map(objects);
            all.map(|stored: &Arc<Stored>| Arc::clone(&stored.value)).collect()
        })
    }

    /// The number of changes that there have been: the newest resourceVersion.
    #[must_use]
    pub fn revision(&self) -> u64 {
        self.shared.read(|state| state.revision)
    }

    /// The number of requests that clients have made, refused ones included.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.shared.sequence.load(std::sync::atomic::Ordering::Relaxed)
    }

    fn find(&self, kind: &str) -> Option<usize> {
        self.shared.resources.iter().position(|resource| resource.kind == kind || resource.plural == kind)
    }

    fn find_for(&self, object: &Value) -> Result<usize, Refusal> {
        let text = |field: &str| object[field].as_str().unwrap_or_default();
        let (version, kind) = (text("apiVersion"), text("kind"));
        let mut resources = self.shared.resources.iter();
        resources
            .position(|resource| resource.kind == kind && resource.api_version() == version)
            .ok_or_else(|| status::bad_request(&format!("no matches for kind \"{kind}\" in version \"{version}\"")))
    }

    fn key(&self, resource: usize, namespace: &str, name: &str) -> Key {
        let namespace = if self.shared.resources[resource].namespaced { namespace } else { "" };
        (namespace.to_owned(), name.to_owned())
    }
}
