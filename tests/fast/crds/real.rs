//! The table on a real API server.

use std::time::{Duration, Instant};

use k8s_openapi::api::core::v1::Namespace;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::{Api, ApiResource, DeleteParams, DynamicObject, GroupVersionKind, Patch, PatchParams, PostParams};
use kube::runtime::conditions::is_crd_established;
use kube::runtime::wait::await_condition;
use kube::{Client, ResourceExt};
use serde_json::{Value, json};

use super::case::{Answer, Case, object};

type Error = Box<dyn std::error::Error>;

/// How long a definition may take until it is served; it takes below a second on a machine that is not busy.
const ESTABLISHED: Duration = Duration::from_secs(60);

pub struct Real {
    client: Client,
    namespace: String,
    kinds: Vec<(String, ApiResource)>,
}

impl Real {
    /// Applies the definitions, waits until they are served and makes a namespace.
    pub async fn prepare() -> Result<Self, Error> {
        let client = Client::try_default().await?;
        let definitions: Api<CustomResourceDefinition> = Api::all(client.clone());
        let mut kinds = Vec::new();
        for crd in tenure::api::crds() {
            let name = crd.name_any();
            let parameters = PatchParams::apply("tenure-tests").force();
            definitions.patch(&name, &parameters, &Patch::Apply(&crd)).await?;
            let established = await_condition(definitions.clone(), &name, is_crd_established());
            tokio::time::timeout(ESTABLISHED, established).await??;
            let names = crd.spec.names;
            let kind = GroupVersionKind::gvk(&crd.spec.group, &crd.spec.versions[0].name, &names.kind);
            kinds.push((names.kind, ApiResource::from_gvk_with_plural(&kind, &names.plural)));
        }
        let namespace = json!({"metadata": {"generateName": "crds-"}});
        let namespaces: Api<Namespace> = Api::all(client.clone());
        let namespace = namespaces.create(&PostParams::default(), &serde_json::from_value(namespace)?).await?;
        Ok(Self { client, namespace: namespace.name_any(), kinds })
    }

    fn api(&self, kind: &str) -> Api<DynamicObject> {
        let resource = self.kinds.iter().find(|(known, _)| known == kind).map(|(_, resource)| resource);
        Api::namespaced_with(self.client.clone(), &self.namespace, resource.expect("a kind of the house"))
    }

    async fn write(&self, method: http::Method, path: String, object: &Value) -> kube::Result<Value> {
        let request = http::Request::builder()
            .method(method)
            .uri(format!("{path}?fieldValidation=Strict"))
            .header("content-type", "application/json")
            .body(object.to_string().into_bytes())
            .map_err(kube::Error::HttpError)?;
        self.client.request(request).await
    }

    /// Writes the object of a case and removes it again.
    pub async fn answer(&self, case: &Case) -> Result<Answer, Error> {
        let api = self.api(case.kind);
        let path = api.resource_url().to_owned();
        let name = case.object["metadata"]["name"].as_str().ok_or("an object has a name")?;
        let written = if let Some(before) = &case.before {
            let before = self.write(http::Method::POST, path.clone(), before).await?;
            let mut object = case.object.clone();
            object["metadata"]["resourceVersion"] = before["metadata"]["resourceVersion"].clone();
            let below = if case.in_status { "/status" } else { "" };
            self.write(http::Method::PUT, format!("{path}/{name}{below}"), &object).await
        } else {
            self.write(http::Method::POST, path, &case.object).await
        };
        if written.is_ok() || case.before.is_some() {
            api.delete(name, &DeleteParams::default()).await?;
        }
        match written {
            Ok(stored) => Ok(Ok(stored)),
            Err(kube::Error::Api(status)) if status.code == 422 => {
                let causes = status.details.map(|details| details.causes).unwrap_or_default();
                Ok(Err(causes.into_iter().map(|cause| (cause.field, cause.message)).collect()))
            }
            // Strict decoding comes before validation and tells all in one message.
            Err(kube::Error::Api(status)) if status.code == 400 => {
                let (_, unknown) = status.message.split_once("strict decoding error: ").ok_or(status.message.clone())?;
                let fields = unknown.split(", ").map(|message| {
                    let field = message.split('"').nth(1).unwrap_or_default();
                    (field.to_owned(), message.to_owned())
                });
                Ok(Err(fields.collect()))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Milliseconds of the median create of a workflow with 25 tasks.
    pub async fn measure(&self) -> Result<f64, Error> {
        const CREATES: usize = 41;
        let members = ["disableUserAccount", "removeUserFromAllGroups", "removeAllLicenses", "deleteUser", "sendEmailOnLastDay"];
        let tasks: Vec<Value> =
            (0..25).map(|number| json!({"name": format!("task-{number}"), (members[number % members.len()]): {}})).collect();
        let api = self.api("Workflow");
        let mut times = Vec::new();
        for number in 0..CREATES {
            let spec = json!({"spec": {"category": "leaver", "tasks": tasks}});
            let workflow = object("Workflow", &format!("measured-{number}"), spec);
            let before = Instant::now();
            self.write(http::Method::POST, api.resource_url().to_owned(), &workflow).await?;
            times.push(before.elapsed());
        }
        times.sort();
        Ok(times[CREATES / 2].as_secs_f64() * 1000.0)
    }

    /// Deletes the namespace; the definitions stay, other tests use them.
    pub async fn clear(&self) -> Result<(), Error> {
        let namespaces: Api<Namespace> = Api::all(self.client.clone());
        namespaces.delete(&self.namespace, &DeleteParams::default()).await?;
        Ok(())
    }
}
