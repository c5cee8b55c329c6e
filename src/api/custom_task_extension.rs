//! CustomTaskExtension: an HTTPS endpoint or a container that the task runCustomTaskExtension calls.

use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An address that is called with one POST for each subject.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ExtensionEndpoint {
    /// The address, https only. Redirects are not followed.
    #[schemars(length(min = 9, max = 512), regex(pattern = r"^https://"))]
    pub url: String,
    /// Secret with token and allowedHosts; its name starts with tenure-.
    #[schemars(length(min = 1, max = 63), regex(pattern = r"^tenure-"))]
    pub secret_name: String,
    /// How long the answer to the request may take, 1s to 20s. The work itself may take longer: see behavior.
    #[serde(default = "five_seconds")]
    #[schemars(length(min = 2, max = 3), regex(pattern = r"^([1-9]|1[0-9]|20)s$"))]
    pub timeout: String,
}

/// A variable of the container's environment.
#[derive(Clone, Debug, Deserialize, Eq, KubeSchema, PartialEq, Serialize)]
#[x_kube(validation = Rule::new("!self.name.startsWith('TENURE_')").message("names that start with TENURE_ describe the call").field_path(".name"))]
pub struct ExtensionVariable {
    /// Its name.
    #[schemars(length(min = 1, max = 128), regex(pattern = r"^[A-Za-z_][A-Za-z0-9_]*$"))]
    pub name: String,
    /// Its value; a secret belongs into the Secret.
    #[serde(default)]
    #[schemars(length(max = 4096))]
    pub value: String,
}

/// What a container gets, and at most.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct ExtensionResources {
    /// Processor time: 1m to 3999m, or 1 to 4.
    #[serde(default = "tenth_of_a_core")]
    #[schemars(length(min = 1, max = 5), regex(pattern = r"^([1-9][0-9]{0,2}m|[1-3][0-9]{3}m|[1-4])$"))]
    pub cpu: String,
    /// Memory: 16Mi to 999Mi, or 1Gi to 8Gi.
    #[serde(default = "some_memory")]
    #[schemars(length(min = 3, max = 5), regex(pattern = r"^(1[6-9]Mi|[2-9][0-9]Mi|[1-9][0-9]{2}Mi|[1-8]Gi)$"))]
    pub memory: String,
}

impl Default for ExtensionResources {
    fn default() -> Self {
        Self { cpu: tenth_of_a_core(), memory: some_memory() }
    }
}

/// A container that runs once for each subject, in a Job of its own under the ServiceAccount tenure-extension.
#[derive(Clone, Debug, Deserialize, Eq, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ExtensionContainer {
    /// The image. It runs without privileges, not as root, and on a read-only file system.
    #[schemars(length(min = 1, max = 512))]
    pub image: String,
    /// What to start in place of the image's own; no shell is put around it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 20), inner(length(max = 1024)))]
    pub command: Vec<String>,
    /// Arguments. What is called for stands in the environment, in variables that start with TENURE_.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 20), inner(length(max = 1024)))]
    pub args: Vec<String>,
    /// Variables of the environment, one an entry.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 50))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["name".into()]))]
    pub env: Vec<ExtensionVariable>,
    /// Secret whose keys become variables of the environment; its name starts with tenure-.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 63), regex(pattern = r"^tenure-"))]
    pub secret_name: Option<String>,
    /// What the container gets, and at most.
    #[serde(default)]
    pub resources: ExtensionResources,
}

/// Whether the next task waits.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum ExtensionBehavior {
    /// The task is done as soon as the call is accepted or the container is created.
    #[default]
    LaunchAndContinue,
    /// The task waits for a callback, or for the end of the container; without one in time it fails.
    LaunchAndWait,
}

/// How long an answer may take, and who may give it.
#[derive(Clone, Debug, Deserialize, Eq, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ExtensionCallback {
    /// How long after the launch, 5m to 180m or 1h to 3h.
    #[serde(default = "half_an_hour")]
    #[schemars(length(min = 2, max = 4), regex(pattern = r"^([5-9]m|[1-9][0-9]m|1[0-7][0-9]m|180m|[1-3]h)$"))]
    pub timeout: String,
    /// ServiceAccounts of this namespace that may answer as themselves. Who has the token of the call may always answer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 10), inner(length(min = 1, max = 63)))]
    #[x_kube(merge_strategy = ListMerge::Set)]
    pub allowed_service_accounts: Vec<String>,
}

fn five_seconds() -> String {
    "5s".to_owned()
}

fn tenth_of_a_core() -> String {
    "100m".to_owned()
}

fn some_memory() -> String {
    "128Mi".to_owned()
}

fn half_an_hour() -> String {
    "30m".to_owned()
}

/// What the task runCustomTaskExtension calls: exactly one of an endpoint and a container.
#[derive(Clone, CustomResource, Debug, Deserialize, Eq, KubeSchema, PartialEq, Serialize)]
#[kube(
    group = "tenure.dev", version = "v1alpha1", kind = "CustomTaskExtension", namespaced,
    shortname = "cte", category = "tenure", derive = "PartialEq",
    doc = "A CustomTaskExtension is an HTTPS endpoint or a container that the task runCustomTaskExtension calls for each subject.",
    printcolumn(name = "Endpoint", type_ = "string", json_path = ".spec.endpoint.url"),
    printcolumn(name = "Image", type_ = "string", json_path = ".spec.container.image"),
    printcolumn(name = "Behavior", type_ = "string", json_path = ".spec.behavior"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"),
    validation = Rule::new("size(self.metadata.name) <= 63").message("metadata.name: at most 63 characters"),
)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = Rule::new("has(self.endpoint) != has(self.container)").message("exactly one of endpoint, container must be set"),
    validation = Rule::new("!has(self.callback) || self.behavior == 'launchAndWait'").message("callback goes with the behavior launchAndWait").field_path(".callback"),
)]
pub struct CustomTaskExtensionSpec {
    /// Name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 128))]
    pub display_name: Option<String>,
    /// Text for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1024))]
    pub description: Option<String>,
    /// An address that is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<ExtensionEndpoint>,
    /// A container that is started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub container: Option<ExtensionContainer>,
    /// Whether the next task waits.
    #[serde(default)]
    pub behavior: ExtensionBehavior,
    /// launchAndWait: how long an answer may take, and who may give it; default 30m, and the token of the call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub callback: Option<ExtensionCallback>,
}
