//! The definitions of the kinds, as the API server gets them.

use std::fmt::Write as _;

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{
    CustomResourceDefinition, JSONSchemaProps, JSONSchemaPropsOrArray, JSONSchemaPropsOrBool,
};
use kube::CustomResourceExt;
use sha2::{Digest, Sha256};

use super::meta::ANNOTATION_SCHEMA_HASH;
use super::{
    Account, Approval, CustomTaskExtension, Directory, DirectorySnapshot, ExtensionCall, Group, Hold, OccurrenceLedger, Run, RunSlice,
    TenantKey, TenantLedger, TenantSchedule, User, Workflow, WorkflowVersion,
};

/// The date-times that our type reads, which are those of RFC 3339 in the years that it can be written in again. The API server
/// checks beside it that the calendar has the day.
pub const DATE_TIME: &str =
    "^[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]{1,9})?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$";

/// Every `CustomResourceDefinition` of this release, in alphabetical order of the kind.
#[must_use]
pub fn crds() -> Vec<CustomResourceDefinition> {
    let mut version = WorkflowVersion::crd();
    // Copies of a spec that was admitted once. Rules about changes have no meaning between two copies, and a rule that
    // a later release tightens must not make a copy unwritable. Types, bounds and patterns stay.
    for schema in schemas(&mut version) {
        for path in [["status", "lastWorkflowSpec"], ["spec", "template"]] {
            let copy = path.into_iter().try_fold(&mut *schema, |schema, name| member(schema, name));
            if let Some(copy) = copy {
                visit(copy, &|schema| schema.x_kubernetes_validations = None);
            }
        }
    }
    let mut crds = vec![
        Account::crd(),
        Approval::crd(),
        CustomTaskExtension::crd(),
        Directory::crd(),
        DirectorySnapshot::crd(),
        ExtensionCall::crd(),
        Group::crd(),
        Hold::crd(),
        OccurrenceLedger::crd(),
        Run::crd(),
        RunSlice::crd(),
        TenantKey::crd(),
        TenantLedger::crd(),
        TenantSchedule::crd(),
        User::crd(),
        Workflow::crd(),
        version,
    ];
    for schema in crds.iter_mut().flat_map(schemas) {
        // What the API server takes for a date-time is more than our type is: a comma before the fraction, an offset of a day.
        visit(schema, &|schema| {
            if schema.format.as_deref() == Some("date-time") {
                schema.pattern = Some(DATE_TIME.to_owned());
            }
        });
        // The derive marks each optional field as nullable. An explicit null would then stay, and `has()` would count
        // a member of a union that is null; without the mark the API server drops it.
        visit(schema, &|schema| schema.nullable = None);
    }
    for crd in &mut crds {
        let hash = schema_hash(crd);
        crd.metadata.annotations.get_or_insert_default().insert(ANNOTATION_SCHEMA_HASH.to_owned(), hash);
    }
    crds
}

/// sha256: and the hash of the definition without its texts for people: a better sentence admits nothing else.
fn schema_hash(crd: &CustomResourceDefinition) -> String {
    let mut crd = crd.clone();
    for schema in schemas(&mut crd) {
        visit(schema, &|schema| schema.description = None);
    }
    // The types hold no map with keys other than text, so that they always serialize; maps are sorted.
    let text = serde_json::to_value(&crd.spec).unwrap_or_default().to_string();
    Sha256::digest(text.as_bytes()).iter().fold("sha256:".to_owned(), |mut hash, byte| {
        // Writing to a String cannot fail.
        let _ = write!(hash, "{byte:02x}");
        hash
    })
}

fn schemas(crd: &mut CustomResourceDefinition) -> impl Iterator<Item = &mut JSONSchemaProps> {
    crd.spec.versions.iter_mut().filter_map(|version| version.schema.as_mut()?.open_api_v3_schema.as_mut())
}

fn member<'a>(schema: &'a mut JSONSchemaProps, name: &str) -> Option<&'a mut JSONSchemaProps> {
    schema.properties.as_mut()?.get_mut(name)
}

/// Changes a schema and everything below it.
fn visit(schema: &mut JSONSchemaProps, change: &impl Fn(&mut JSONSchemaProps)) {
    change(schema);
    for property in schema.properties.iter_mut().flat_map(|properties| properties.values_mut()) {
        visit(property, change);
    }
    match &mut schema.items {
        Some(JSONSchemaPropsOrArray::Schema(items)) => visit(items, change),
        Some(JSONSchemaPropsOrArray::Schemas(items)) => items.iter_mut().for_each(|items| visit(items, change)),
        None => {}
    }
    if let Some(JSONSchemaPropsOrBool::Schema(values)) = &mut schema.additional_properties {
        visit(values, change);
    }
}
