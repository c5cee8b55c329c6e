//! The definitions of the kinds on the real API server.

use std::time::Duration;

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::{Api, Patch, PatchParams};
use kube::runtime::conditions::is_crd_established;
use kube::runtime::wait::await_condition;
use kube::{Client, ResourceExt};

/// Applies all of them, and waits until they are served.
pub async fn apply(client: &Client, patience: Duration) -> Result<(), Box<dyn std::error::Error>> {
    let definitions: Api<CustomResourceDefinition> = Api::all(client.clone());
    for crd in tenure::api::crds() {
        let name = crd.name_any();
        definitions.patch(&name, &PatchParams::apply("tenure-tests").force(), &Patch::Apply(&crd)).await?;
        tokio::time::timeout(patience, await_condition(definitions.clone(), &name, is_crd_established())).await??;
    }
    Ok(())
}
