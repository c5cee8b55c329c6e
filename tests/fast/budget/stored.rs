//! How large an object is in the store: as the API server writes it there, with what it adds.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{JSONSchemaProps, JSONSchemaPropsOrArray};
use serde_json::{Map, Value, json};

/// What the store needs for a key beside its name and its value: revision, versions, lease, and its place in two trees.
const KEY_BYTES: usize = 150;

fn schemas() -> &'static BTreeMap<String, JSONSchemaProps> {
    static SCHEMAS: OnceLock<BTreeMap<String, JSONSchemaProps>> = OnceLock::new();
    SCHEMAS.get_or_init(|| {
        let schema = |crd: &k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition| {
            crd.spec.versions.first()?.schema.as_ref()?.open_api_v3_schema.clone()
        };
        tenure::api::crds().into_iter().filter_map(|crd| Some((crd.spec.names.kind.clone(), schema(&crd)?))).collect()
    })
}

/// Bytes of the object in the store, its key and what is noted about who wrote which member included.
pub fn stored(object: &Value) -> usize {
    let kind = object["kind"].as_str().expect("an object has a kind");
    let schema = schemas().get(kind).unwrap_or_else(|| panic!("{kind} is a kind of Tenure"));
    let mut object = object.clone();
    let managed = managed_fields(&object, schema);
    let metadata = object["metadata"].as_object_mut().expect("an object has metadata");
    // The store's own revision takes its place.
    metadata.remove("resourceVersion");
    metadata.insert("uid".to_owned(), json!("00000000-0000-4000-8000-000000000000"));
    metadata.insert("creationTimestamp".to_owned(), json!("2026-01-01T00:00:00Z"));
    metadata.insert("generation".to_owned(), json!(10));
    metadata.insert("managedFields".to_owned(), managed);
    let text = |member: &str| object["metadata"][member].as_str().map_or(0, str::len);
    let key = "/registry/tenure.dev/directorysnapshots//".len() + text("namespace") + text("name");
    object.to_string().len() + key + KEY_BYTES
}

/// Who wrote what: one entry for the object, and one for its status.
fn managed_fields(object: &Value, schema: &JSONSchemaProps) -> Value {
    let entry = |fields: Value| {
        json!({"manager": "tenure", "operation": "Update", "apiVersion": "tenure.dev/v1alpha1", "time": "2026-01-01T00:00:00Z",
            "fieldsType": "FieldsV1", "fieldsV1": fields})
    };
    let members = object.as_object().expect("an object");
    let (status, rest): (Map<_, _>, Map<_, _>) = members
        .iter()
        .filter(|(name, _)| !["apiVersion", "kind", "metadata"].contains(&name.as_str()))
        .map(|(name, value)| (name.clone(), value.clone()))
        .partition(|(name, _)| name == "status");
    let mut own = fields(&Value::Object(rest), Some(schema));
    own["f:metadata"] = fields(&json!({"labels": object["metadata"]["labels"], "annotations": object["metadata"]["annotations"]}), None);
    let mut entries = vec![entry(own)];
    if !status.is_empty() {
        let mut status = entry(fields(&Value::Object(status), Some(schema)));
        status["subresource"] = json!("status");
        entries.push(status);
    }
    Value::Array(entries)
}

/// The set of a value's members: lists are one member each, unless the schema says that they are sets or maps.
fn fields(value: &Value, schema: Option<&JSONSchemaProps>) -> Value {
    match value {
        Value::Object(members) => {
            let of = |name: &str| schema?.properties.as_ref()?.get(name);
            members
                .iter()
                .filter(|(_, value)| !value.is_null())
                .map(|(name, value)| (format!("f:{name}"), fields(value, of(name))))
                .collect()
        }
        Value::Array(items) => {
            let item_schema = schema.and_then(|schema| schema.items.as_ref()).and_then(|items| match items {
                JSONSchemaPropsOrArray::Schema(schema) => Some(schema.as_ref()),
                JSONSchemaPropsOrArray::Schemas(_) => None,
            });
            let keys = schema.and_then(|schema| schema.x_kubernetes_list_map_keys.clone()).unwrap_or_default();
            match schema.and_then(|schema| schema.x_kubernetes_list_type.as_deref()) {
                Some("set") => items.iter().map(|item| (format!("v:{item}"), json!({}))).collect(),
                Some("map") => items.iter().map(|item| (place(item, &keys), with_itself(fields(item, item_schema)))).collect(),
                _ => json!({}),
            }
        }
        _ => json!({}),
    }
}

fn place(item: &Value, keys: &[String]) -> String {
    let keys: Map<String, Value> = keys.iter().map(|key| (key.clone(), item[key].clone())).collect();
    format!("k:{}", Value::Object(keys))
}

fn with_itself(mut fields: Value) -> Value {
    fields["."] = json!({});
    fields
}

#[test]
fn members_are_noted_as_the_api_server_notes_them() {
    let schema = &schemas()["Workflow"];
    let object = json!({"spec": {"category": "leaver", "tasks": [{"name": "a", "addUserToGroups": {"groups": ["g"]}}]}});
    let task = json!({".": {}, "f:name": {}, "f:addUserToGroups": {"f:groups": {}}});
    let noted = fields(&object, Some(schema));
    let tasks = noted["f:spec"]["f:tasks"].as_object().expect("tasks are a map");
    assert_eq!(tasks.keys().collect::<Vec<_>>(), ["k:{\"name\":\"a\"}"]);
    assert_eq!(tasks.values().next().map(|found| (&found["."], &found["f:name"])), Some((&task["."], &task["f:name"])));
    assert_eq!(noted["f:spec"]["f:category"], json!({}));
}
