//! Which resources are served, and what a request path asks for.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{CustomResourceDefinition, CustomResourceDefinitionVersion};
use serde_json::Value;

use crate::sim::schema::Schema;

/// One resource type.
#[expect(clippy::struct_excessive_bools, reason = "independent properties that a definition states one by one")]
#[derive(Debug)]
pub(super) struct Resource {
    /// Empty for the core group.
    pub group: String,
    pub version: String,
    pub kind: String,
    pub plural: String,
    pub namespaced: bool,
    /// Whether `status` is only written through its subresource.
    pub has_status: bool,
    /// Whether `metadata.generation` counts changes.
    pub has_generation: bool,
    /// Whether a PUT may leave out the resourceVersion.
    pub unconditional_update: bool,
    /// Whether dependents outlive a delete that says nothing about them.
    pub orphans_by_default: bool,
    /// Absent for built-in kinds: they are taken as they come.
    pub schema: Option<Schema>,
    /// Field selectors beyond name and namespace: label and JSON pointer.
    pub selectable: Vec<(String, String)>,
}

impl Resource {
    /// `group/version`, or `version` in the core group.
    pub(super) fn api_version(&self) -> String {
        if self.group.is_empty() { self.version.clone() } else { format!("{}/{}", self.group, self.version) }
    }

    /// `plural.group`, as messages name a resource.
    pub(super) fn qualified(&self) -> String {
        if self.group.is_empty() { self.plural.clone() } else { format!("{}.{}", self.plural, self.group) }
    }

    fn from_version(crd: &CustomResourceDefinition, version: &CustomResourceDefinitionVersion) -> Self {
        let schema = version.schema.as_ref().and_then(|schema| schema.open_api_v3_schema.as_ref());
        // The schema type of the client library always becomes JSON; a failure would mean a schema that admits nothing.
        let schema = schema.map(|schema| serde_json::to_value(schema).unwrap_or(Value::Null));
        let selectable = version.selectable_fields.iter().flatten().map(|field| {
            let label = field.json_path.trim_start_matches('.').to_owned();
            let pointer = format!("/{}", label.replace('.', "/"));
            (label, pointer)
        });
        Self {
            group: crd.spec.group.clone(),
            version: version.name.clone(),
            kind: crd.spec.names.kind.clone(),
            plural: crd.spec.names.plural.clone(),
            namespaced: crd.spec.scope == "Namespaced",
            has_status: version.subresources.as_ref().is_some_and(|sub| sub.status.is_some()),
            has_generation: true,
            unconditional_update: false,
            orphans_by_default: false,
            schema: schema.as_ref().map(Schema::compile),
            selectable: selectable.collect(),
        }
    }

    fn built_in(group: &str, kind: &str, plural: &str) -> Self {
        Self {
            group: group.to_owned(),
            version: "v1".to_owned(),
            kind: kind.to_owned(),
            plural: plural.to_owned(),
            namespaced: kind != "Namespace",
            has_status: matches!(kind, "Job" | "Pod" | "Namespace"),
            has_generation: kind == "Job",
            unconditional_update: kind != "Lease",
            orphans_by_default: kind == "Job",
            schema: None,
            selectable: selectable_of(kind),
        }
    }
}

fn selectable_of(kind: &str) -> Vec<(String, String)> {
    let labels: &[&str] = match kind {
        "Job" => &["status.successful"],
        "Pod" => &["status.phase", "spec.nodeName"],
        "Event" => &["involvedObject.name", "involvedObject.kind", "involvedObject.uid", "reason", "type"],
        "Secret" => &["type"],
        _ => &[],
    };
    labels.iter().map(|label| ((*label).to_owned(), format!("/{}", label.replace('.', "/")))).collect()
}

/// All resources: the built-in ones and every served version of the definitions.
pub(super) fn catalogue(crds: &[CustomResourceDefinition]) -> Vec<Resource> {
    let mut resources = vec![
        Resource::built_in("batch", "Job", "jobs"),
        Resource::built_in("", "Pod", "pods"),
        Resource::built_in("", "Event", "events"),
        Resource::built_in("coordination.k8s.io", "Lease", "leases"),
        Resource::built_in("", "ConfigMap", "configmaps"),
        Resource::built_in("", "Secret", "secrets"),
        Resource::built_in("", "Namespace", "namespaces"),
        Resource::built_in("", "ServiceAccount", "serviceaccounts"),
    ];
    for crd in crds {
        let served = crd.spec.versions.iter().filter(|version| version.served);
        resources.extend(served.map(|version| Resource::from_version(crd, version)));
    }
    resources
}

/// What a path names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target {
    /// Index into the catalogue.
    pub resource: usize,
    /// Empty for cluster-wide reads and cluster-scoped kinds.
    pub namespace: String,
    pub name: Option<String>,
    pub status: bool,
}

/// Resolves a request path; `None` if nothing is served there.
pub(super) fn resolve(catalogue: &[Resource], path: &str) -> Option<Target> {
    let parts: Vec<String> = path.split('/').filter(|part| !part.is_empty()).map(decode).collect();
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let (group, version, rest) = match parts.as_slice() {
        ["api", version, rest @ ..] => ("", *version, rest),
        ["apis", group, version, rest @ ..] => (*group, *version, rest),
        _ => return None,
    };
    let find = |plural: &str| {
        let mut resources = catalogue.iter();
        resources.position(|r| r.group == group && r.version == version && r.plural == plural)
    };
    let (namespace, rest) = match rest {
        // `namespaces/x` and `namespaces/x/status` are the namespace itself.
        ["namespaces", namespace, rest @ ..] if !rest.is_empty() && rest != ["status"] => (*namespace, rest),
        rest => ("", rest),
    };
    let (plural, name, status) = match rest {
        [plural] => (*plural, None, false),
        [plural, name] => (*plural, Some((*name).to_owned()), false),
        [plural, name, "status"] => (*plural, Some((*name).to_owned()), true),
        _ => return None,
    };
    let resource = find(plural)?;
    let served = &catalogue[resource];
    let scope_fits = if served.namespaced { name.is_none() || !namespace.is_empty() } else { namespace.is_empty() };
    if !scope_fits || (status && !served.has_status) {
        return None;
    }
    Some(Target { resource, namespace: namespace.to_owned(), name, status })
}

/// The pairs of a query string, decoded.
pub(super) fn query(text: &str) -> Vec<(String, String)> {
    let pairs = text.split('&').filter(|pair| !pair.is_empty());
    let split = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    split.map(|(key, value)| (decode(key), decode(&value.replace('+', " ")))).collect()
}

/// Undoes percent encoding; what is not valid encoding stays as it is.
fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut index = 0;
    while index < bytes.len() {
        let escaped = (bytes[index] == b'%').then(|| text.get(index + 1..index + 3)).flatten();
        if let Some(byte) = escaped.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            decoded.push(byte);
            index += 3;
        } else {
            decoded.push(bytes[index]);
            index += 1;
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}
