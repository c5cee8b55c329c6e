//! The kind that the cases use, and short ways to write and read it.

use std::time::Duration;

use futures::{StreamExt, TryStreamExt};
use k8s_openapi::api::core::v1::Namespace;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::{Api, ApiResource, DeleteParams, DynamicObject, GroupVersionKind, PostParams, WatchEvent, WatchParams};
use kube::core::Status;
use kube::{Client, ResourceExt};
use serde_json::{Value, json};

use super::Outcome;

pub type Error = Box<dyn std::error::Error>;

/// The definition of the probe kind.
#[expect(clippy::expect_used, reason = "the JSON is a literal of this function")]
pub fn definition() -> CustomResourceDefinition {
    let spec = json!({
        "type": "object",
        "required": ["size"],
        "x-kubernetes-validations": [
            {"rule": "!has(self.low) || self.low <= self.size", "message": "low must not be above size"},
            {"rule": "self.size != 42 || has(self.note)", "message": "size 42 needs a note"},
        ],
        "properties": {
            "size": {"type": "integer", "format": "int32", "minimum": 0, "maximum": 100},
            "low": {"type": "integer", "format": "int32", "minimum": 0, "maximum": 100},
            "color": {"type": "string", "enum": ["red", "green"], "default": "red", "maxLength": 10,
                "x-kubernetes-validations": [{"rule": "self == oldSelf", "message": "color is immutable"}]},
            "note": {"type": "string", "maxLength": 20, "pattern": "^[a-z ]*$", "nullable": true},
            "steps": {
                "type": "array", "maxItems": 3,
                "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"],
                "items": {
                    "type": "object", "required": ["name"],
                    "properties": {
                        "name": {"type": "string", "maxLength": 10},
                        "retries": {"type": "integer", "format": "int32", "default": 2},
                    },
                },
            },
        },
    });
    let schema = json!({
        "type": "object",
        "required": ["spec"],
        "x-kubernetes-validations": [{"rule": "size(self.metadata.name) <= 40", "message": "the name is too long"}],
        "properties": {
            "spec": spec,
            "status": {"type": "object", "properties": {"phase": {"type": "string"}, "count": {"type": "integer"}}},
        },
    });
    let definition = json!({
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "probes.conformance.tenure.dev"},
        "spec": {
            "group": "conformance.tenure.dev",
            "scope": "Namespaced",
            "names": {"kind": "Probe", "listKind": "ProbeList", "plural": "probes", "singular": "probe"},
            "versions": [{
                "name": "v1", "served": true, "storage": true,
                "subresources": {"status": {}},
                "selectableFields": [{"jsonPath": ".spec.color"}],
                "schema": {"openAPIV3Schema": schema},
            }],
        },
    });
    serde_json::from_value(definition).expect("the definition is well formed")
}

/// Where a case works: names are its own, so that cases do not see each other.
#[derive(Clone)]
pub struct Bench {
    pub client: Client,
    pub namespace: String,
    pub probes: Api<DynamicObject>,
    prefix: String,
}

impl Bench {
    pub fn new(client: Client, namespace: String, index: usize) -> Self {
        let kind = GroupVersionKind::gvk("conformance.tenure.dev", "v1", "Probe");
        let resource = ApiResource::from_gvk_with_plural(&kind, "probes");
        let probes = Api::namespaced_with(client.clone(), &namespace, &resource);
        Self { client, namespace, probes, prefix: format!("c{index:02}") }
    }

    /// A name of this case.
    pub fn name(&self, name: &str) -> String {
        format!("{}-{name}", self.prefix)
    }

    /// A label selector for the objects of this case.
    pub fn selector(&self) -> String {
        format!("case={}", self.prefix)
    }

    /// A probe of this case, as JSON.
    pub fn probe(&self, name: &str, spec: &Value) -> Value {
        json!({
            "apiVersion": "conformance.tenure.dev/v1",
            "kind": "Probe",
            "metadata": {"name": self.name(name), "labels": {"case": self.prefix}},
            "spec": spec,
        })
    }

    pub async fn create(&self, object: &Value) -> kube::Result<DynamicObject> {
        self.probes.create(&PostParams::default(), &object_of(object)).await
    }

    pub async fn create_strictly(&self, object: &Value) -> kube::Result<DynamicObject> {
        let path = format!("{}?fieldValidation=Strict", self.probes.resource_url());
        let request = http::Request::post(path).header("content-type", "application/json");
        let request = request.body(object.to_string().into_bytes()).map_err(kube::Error::HttpError)?;
        self.client.request(request).await
    }

    /// PUT of an object as it is.
    pub async fn replace(&self, object: &DynamicObject) -> kube::Result<DynamicObject> {
        self.probes.replace(&object.name_any(), &PostParams::default(), object).await
    }

    /// The events of this case after a version, until `count` have come or three seconds have brought none.
    pub async fn events(&self, version: &str, count: usize) -> Result<Vec<(String, DynamicObject)>, Error> {
        let parameters = WatchParams::default().labels(&self.selector()).timeout(60).disable_bookmarks();
        self.events_of(&parameters, version, count).await
    }

    pub async fn events_of(&self, parameters: &WatchParams, version: &str, count: usize) -> Result<Vec<(String, DynamicObject)>, Error> {
        let mut stream = self.probes.watch(parameters, version).await?.boxed();
        let mut seen = Vec::new();
        while seen.len() < count {
            let next = tokio::time::timeout(Duration::from_secs(3), stream.try_next()).await;
            let Ok(next) = next else { break };
            match next? {
                None => break,
                Some(WatchEvent::Added(object)) => seen.push(("ADDED".to_owned(), object)),
                Some(WatchEvent::Modified(object)) => seen.push(("MODIFIED".to_owned(), object)),
                Some(WatchEvent::Deleted(object)) => seen.push(("DELETED".to_owned(), object)),
                Some(WatchEvent::Bookmark(_)) => {}
                Some(WatchEvent::Error(status)) => return Err(Box::new(kube::Error::Api(status))),
            }
        }
        Ok(seen)
    }
}

/// A dynamic object from JSON.
#[expect(clippy::expect_used, reason = "a case that writes something else is to fail at once")]
pub fn object_of(value: &Value) -> DynamicObject {
    serde_json::from_value(value.clone()).expect("a well-formed object")
}

/// The version of an object.
pub fn version(object: &impl ResourceExt) -> String {
    object.resource_version().unwrap_or_default()
}

/// The `Status` with which a request was refused.
pub fn refused<T: std::fmt::Debug>(result: kube::Result<T>) -> Result<Status, Error> {
    match result {
        Err(kube::Error::Api(status)) => Ok(*status),
        Err(other) => Err(format!("failed otherwise: {other}").into()),
        Ok(answer) => Err(format!("was not refused: {answer:?}").into()),
    }
}

/// Fails unless two values are equal.
#[expect(clippy::needless_pass_by_value, reason = "callers compare temporaries")]
pub fn same<T: PartialEq + std::fmt::Debug>(what: &str, found: T, wanted: T) -> Outcome {
    if found == wanted { Ok(()) } else { Err(format!("{what}: found {found:?}, wanted {wanted:?}").into()) }
}

/// Fails unless a text contains another.
pub fn contains(what: &str, text: &str, part: &str) -> Outcome {
    if text.contains(part) { Ok(()) } else { Err(format!("{what}: {text:?} does not contain {part:?}").into()) }
}

/// Fails unless a refusal has a code and a reason.
pub fn refusal(status: &Status, code: u16, reason: &str) -> Outcome {
    same("refusal", (status.code, status.reason.as_str()), (code, reason))
}

/// Asks again until `check` is content, for at most 30 seconds: a real cluster collects when it likes.
pub async fn eventually<F, Fut>(what: &str, check: F) -> Outcome
where
    F: Fn() -> Fut,
    Fut: Future<Output = Result<bool, Error>>,
{
    for _ in 0..60 {
        if check().await? {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    Err(format!("{what}: not after 30 seconds").into())
}

/// Puts the probe kind and a fresh namespace onto a real server, and waits until both are served.
pub async fn prepare(client: &Client) -> Result<String, Error> {
    let definitions: Api<CustomResourceDefinition> = Api::all(client.clone());
    // One that an earlier version of this table left behind would not do.
    let name = definition().name_any();
    if definitions.get_opt(&name).await?.is_some() {
        definitions.delete(&name, &DeleteParams::default()).await?;
        eventually("the old definition is gone", || async { Ok(definitions.get_opt(&name).await?.is_none()) }).await?;
    }
    definitions.create(&PostParams::default(), &definition()).await?;
    let namespaces: Api<Namespace> = Api::all(client.clone());
    let namespace: Namespace = serde_json::from_value(json!({"metadata": {"generateName": "conformance-"}}))?;
    let namespace = namespaces.create(&PostParams::default(), &namespace).await?.name_any();
    let bench = Bench::new(client.clone(), namespace.clone(), 99);
    eventually("the probe kind is served", || async {
        // Writes are served a moment after reads.
        let created = bench.create(&bench.probe("ready", &json!({"size": 1}))).await;
        Ok(created.is_ok() || matches!(created, Err(kube::Error::Api(status)) if status.is_already_exists()))
    })
    .await?;
    Ok(namespace)
}

/// Takes the namespace away again; the definition stays for the next time.
pub async fn clear(client: &Client, namespace: &str) -> Outcome {
    let namespaces: Api<Namespace> = Api::all(client.clone());
    namespaces.delete(namespace, &DeleteParams::default()).await?;
    Ok(())
}
