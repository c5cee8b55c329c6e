//! What a request asks for.

use std::sync::Arc;

use bytes::Bytes;
use http::{Method, header, request};
use serde_json::Value;

use super::fault::Verb;
use super::list::ListRequest;
use super::resource::{self, Target};
use super::select::Selector;
use super::shared::Shared;
use super::status::{self, Refusal};
use super::write::{Part, WriteOptions};

/// The service behind one client.
#[derive(Clone)]
pub(super) struct Endpoint {
    pub shared: Arc<Shared>,
    pub process: Arc<str>,
}

/// A request, understood.
pub(super) struct Call {
    pub target: Target,
    pub verb: Verb,
    pub query: Vec<(String, String)>,
    /// Only metadata is wanted.
    pub partial: bool,
    pub content_type: String,
}

impl Call {
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        let found = self.query.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    pub(super) fn flag(&self, name: &str) -> bool {
        matches!(self.parameter(name), Some("true" | "1"))
    }

    pub(super) fn version(&self) -> Result<Option<u64>, Refusal> {
        let Some(text) = self.parameter("resourceVersion") else { return Ok(None) };
        let parsed: Result<u64, _> = text.parse();
        let version = parsed.map_err(|_| status::unreadable_version(text, self.verb == Verb::Watch))?;
        Ok(Some(version).filter(|version| *version > 0))
    }

    /// Whether an older state answers the request as well. One object by name, without a word on its version, is read from
    /// the store itself.
    pub(super) fn asks_for_any(&self) -> bool {
        self.verb != Verb::Get || self.parameter("resourceVersion").is_some()
    }

    pub(super) fn options(&self) -> WriteOptions {
        WriteOptions { strict: self.parameter("fieldValidation") == Some("Strict"), dry_run: self.parameter("dryRun") == Some("All") }
    }

    pub(super) fn part(&self) -> Part {
        if self.target.status { Part::Status } else { Part::Main }
    }
}

impl Endpoint {
    pub(super) fn understand(&self, parts: &request::Parts) -> Result<Call, Refusal> {
        let target = resource::resolve(&self.shared.resources, parts.uri.path()).ok_or_else(status::no_such_path)?;
        let query = resource::query(parts.uri.query().unwrap_or_default());
        let header = |name| parts.headers.get(name).and_then(|value: &http::HeaderValue| value.to_str().ok());
        let is_watch = query.iter().any(|(key, value)| key == "watch" && (value == "true" || value == "1"));
        let verb = match (&parts.method, &target.name) {
            (&Method::GET, _) if is_watch && !target.status => Verb::Watch,
            (&Method::GET, Some(_)) => Verb::Get,
            (&Method::GET, None) => Verb::List,
            (&Method::POST, None) => Verb::Create,
            (&Method::PUT, Some(_)) => Verb::Update,
            (&Method::PATCH, Some(_)) => Verb::Patch,
            (&Method::DELETE, Some(_)) if !target.status => Verb::Delete,
            (&Method::DELETE, None) => Verb::DeleteCollection,
            _ => return Err(status::method_not_allowed()),
        };
        let is_everywhere = self.shared.resources[target.resource].namespaced && target.namespace.is_empty();
        if is_everywhere && verb.is_write() {
            return Err(status::method_not_allowed());
        }
        let partial = header(header::ACCEPT).is_some_and(|accept| accept.contains("as=PartialObjectMetadata"));
        let content_type = header(header::CONTENT_TYPE).unwrap_or_default();
        let content_type = content_type.split(';').next().unwrap_or_default().trim().to_owned();
        Ok(Call { target, verb, query, partial, content_type })
    }

    pub(super) fn selector(&self, call: &Call) -> Result<Selector, Refusal> {
        let text = |name| call.parameter(name).unwrap_or_default();
        Selector::parse(&self.shared.resources[call.target.resource], text("labelSelector"), text("fieldSelector"))
    }

    pub(super) fn list_request(&self, call: &Call, back: u64) -> Result<ListRequest, Refusal> {
        let version_match = call.parameter("resourceVersionMatch");
        if version_match.is_some() && call.parameter("resourceVersion").is_none() {
            return Err(status::list_options("resourceVersionMatch is forbidden unless resourceVersion is provided"));
        }
        Ok(ListRequest {
            namespace: call.target.namespace.clone(),
            selector: self.selector(call)?,
            limit: call.parameter("limit").and_then(|limit| limit.parse().ok()).unwrap_or(0),
            continue_from: call.parameter("continue").map(str::to_owned),
            version: call.version()?,
            exact: version_match == Some("Exact"),
            partial: call.partial,
            back,
        })
    }
}

pub(super) fn parse(body: &Bytes) -> Result<Value, Refusal> {
    serde_json::from_slice(body).map_err(|error| status::bad_request(&format!("the body is not valid JSON: {error}")))
}
