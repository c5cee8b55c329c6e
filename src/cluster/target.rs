//! What a request is about.

use std::fmt::Debug;

use k8s_openapi::NamespaceResourceScope;
use kube::Resource;
use kube::api::Request;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::error::ClusterError;
use super::object::Undecodable;

/// What a kind must offer.
pub trait Kind: Resource<DynamicType = (), Scope = NamespaceResourceScope> + Clone + Debug + DeserializeOwned + Send + Serialize {}

impl<K> Kind for K where K: Resource<DynamicType = (), Scope = NamespaceResourceScope> + Clone + Debug + DeserializeOwned + Send + Serialize {}

/// Which objects a list has.
#[derive(Clone, Debug, Default)]
pub struct Selector {
    /// Label selector.
    pub labels: Option<String>,
    /// Field selector.
    pub fields: Option<String>,
}

impl Selector {
    /// Everything of the namespace.
    #[must_use]
    pub fn all() -> Self {
        Self::default()
    }

    /// By labels, in the API's syntax.
    #[must_use]
    pub fn labels(labels: impl Into<String>) -> Self {
        Self { labels: Some(labels.into()), fields: None }
    }

    /// Events of one type about one object.
    #[must_use]
    pub fn events(kind: &str, name: &str, type_: &str) -> Self {
        Self { labels: None, fields: Some(format!("involvedObject.kind={kind},involvedObject.name={name},type={type_}")) }
    }
}

/// What a request is about.
pub(super) struct Target {
    pub verb: &'static str,
    pub kind: String,
    /// The object; empty for lists.
    pub name: String,
    /// Where its kind is.
    pub api: Request,
}

impl Target {
    /// The same, of the object of that name.
    pub fn of(mut self, name: &str) -> Self {
        name.clone_into(&mut self.name);
        self
    }

    /// What the API server has is not what this program knows.
    pub fn unreadable(&self, name: &str, why: &Undecodable) -> ClusterError {
        ClusterError::Unreadable { kind: self.kind.clone(), name: name.to_owned(), message: why.to_string() }
    }
}
