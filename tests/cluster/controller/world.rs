//! A namespace on the real API server, with the quickstart in it.

use std::path::Path;
use std::time::{Duration, Instant};

use chrono::{Days, NaiveDate, Utc};
use k8s_openapi::api::core::v1::{Namespace, ServiceAccount};
use kube::api::{Api, ApiResource, DeleteParams, DynamicObject, GroupVersionKind, ListParams, Patch, PatchParams, PostParams};
use kube::{Client, Resource, ResourceExt};
use serde_json::{Value, json};

use super::Error;
use crate::definitions;

/// How long anything may take: it takes seconds on a machine that is not busy.
const PATIENCE: Duration = Duration::from_secs(180);
/// The day on which Ava of the quickstart begins.
const AVA_BEGINS: &str = "2026-01-12";

pub struct World {
    pub client: Client,
    pub namespace: String,
}

impl World {
    /// Applies the definitions and makes a namespace with what a tenant needs before its first object.
    pub async fn prepare() -> Result<Self, Error> {
        let client = Client::try_default().await?;
        definitions::apply(&client, PATIENCE).await?;
        let namespaces: Api<Namespace> = Api::all(client.clone());
        let namespace = serde_json::from_value(json!({"metadata": {"generateName": "controller-"}}))?;
        let namespace = namespaces.create(&PostParams::default(), &namespace).await?.name_any();
        let accounts: Api<ServiceAccount> = Api::namespaced(client.clone(), &namespace);
        let account = serde_json::from_value(json!({"metadata": {"name": "tenure-runner"}}))?;
        accounts.create(&PostParams::default(), &account).await?;
        Ok(Self { client, namespace })
    }

    pub fn api<K>(&self) -> Api<K>
    where
        K: Resource<DynamicType = (), Scope = k8s_openapi::NamespaceResourceScope>,
    {
        Api::namespaced(self.client.clone(), &self.namespace)
    }

    pub async fn list<K>(&self) -> Result<Vec<K>, Error>
    where
        K: Resource<DynamicType = (), Scope = k8s_openapi::NamespaceResourceScope> + Clone + std::fmt::Debug + serde::de::DeserializeOwned,
    {
        Ok(self.api::<K>().list(&ListParams::default()).await?.items)
    }

    /// Applies the quickstart as of the day on which Ava begins, the schedule last: the first evaluation sees all of it.
    pub async fn apply_quickstart(&self) -> Result<(), Error> {
        for file in ["02-groups.yaml", "03-workflows.yaml", "04-users.yaml", "01-tenant.yaml"] {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/quickstart").join(file);
            for object in serde_yaml::from_multiple::<Value>(&shifted(&std::fs::read_to_string(path)?)?)? {
                self.apply(object).await?;
            }
        }
        Ok(())
    }

    pub async fn apply(&self, mut object: Value) -> Result<(), Error> {
        object["metadata"]["namespace"] = json!(self.namespace);
        if let Some(metadata) = object["metadata"].as_object_mut() {
            metadata.remove("annotations");
        }
        let kind = object["kind"].as_str().unwrap_or_default().to_owned();
        let name = object["metadata"]["name"].as_str().unwrap_or_default().to_owned();
        let definitions = tenure::api::crds().into_iter().map(|crd| crd.spec.names);
        let names = definitions.into_iter().find(|names| names.kind == kind).ok_or("a kind of Tenure")?;
        let resource = ApiResource::from_gvk_with_plural(&GroupVersionKind::gvk("tenure.dev", "v1alpha1", &kind), &names.plural);
        let api: Api<DynamicObject> = Api::namespaced_with(self.client.clone(), &self.namespace, &resource);
        api.patch(&name, &PatchParams::apply("tenure-tests").force(), &Patch::Apply(&object)).await?;
        Ok(())
    }

    /// Deletes the namespace; the definitions stay, other tests use them.
    pub async fn clear(&self) -> Result<(), Error> {
        Api::<Namespace>::all(self.client.clone()).delete(&self.namespace, &DeleteParams::default()).await?;
        Ok(())
    }
}

/// Today as the quickstart writes dates.
pub fn today() -> String {
    Utc::now().date_naive().to_string()
}

/// The text with every date moved by as many days as Ava's first day is ago.
fn shifted(text: &str) -> Result<String, Error> {
    let begins: NaiveDate = AVA_BEGINS.parse()?;
    let days = (Utc::now().date_naive() - begins).num_days();
    let days = Days::new(u64::try_from(days)?);
    let date = regex::Regex::new(r"\b\d{4}-\d{2}-\d{2}")?;
    let moved = date.replace_all(text, |found: &regex::Captures<'_>| {
        let date: Option<NaiveDate> = found[0].parse().ok().and_then(|date: NaiveDate| date.checked_add_days(days));
        date.map_or_else(|| found[0].to_owned(), |date| date.to_string())
    });
    Ok(moved.into_owned())
}

/// Asks until the answer is yes, for a while.
pub async fn until<F, Fut>(what: &str, ask: F) -> Result<(), Error>
where
    F: Fn() -> Fut,
    Fut: Future<Output = Result<bool, Error>>,
{
    let began = Instant::now();
    while began.elapsed() < PATIENCE {
        if ask().await? {
            println!("controller: {what}: after {:.1} s", began.elapsed().as_secs_f64());
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Err(format!("{what}: not after {} s", PATIENCE.as_secs()).into())
}
