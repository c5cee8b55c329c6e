//! Refusals, as the `Status` objects of a real API server: reason, code and message are its own.

use kube::core::Status;
use kube::core::response::{StatusCause, StatusDetails};

use serde_json::Value;

use super::resource::Resource;
use crate::sim::schema::{Violation, ViolationKind};

/// A request that was refused.
pub type Refusal = Box<Status>;

fn refusal(code: u16, reason: &str, message: &str) -> Refusal {
    Box::new(Status::failure(message, reason).with_code(code))
}

fn about(resource: &Resource, name: &str) -> StatusDetails {
    StatusDetails {
        name: name.to_owned(),
        group: resource.group.clone(),
        kind: resource.plural.clone(),
        uid: String::new(),
        causes: Vec::new(),
        retry_after_seconds: 0,
    }
}

fn with_details(mut refusal: Refusal, details: StatusDetails) -> Refusal {
    refusal.details = Some(details);
    refusal
}

/// The `Status` object as it goes over the wire.
pub(super) fn json(refusal: &Refusal) -> Value {
    // A status is plain data, which always becomes JSON.
    let mut status = serde_json::to_value(refusal).unwrap_or_default();
    status["apiVersion"] = Value::from("v1");
    status["kind"] = Value::from("Status");
    status
}

/// 404: no such object.
pub(super) fn not_found(resource: &Resource, name: &str) -> Refusal {
    let message = format!("{} \"{name}\" not found", resource.qualified());
    with_details(refusal(404, "NotFound", &message), about(resource, name))
}

/// 404: no such path.
pub(super) fn no_such_path() -> Refusal {
    refusal(404, "NotFound", "the server could not find the requested resource")
}

/// 409: the name is taken.
pub(super) fn already_exists(resource: &Resource, name: &str) -> Refusal {
    let message = format!("{} \"{name}\" already exists", resource.qualified());
    with_details(refusal(409, "AlreadyExists", &message), about(resource, name))
}

/// 409: somebody else wrote in between.
pub(super) fn modified(resource: &Resource, name: &str) -> Refusal {
    let why = "the object has been modified; please apply your changes to the latest version and try again";
    conflict(resource, name, why)
}

/// 409 for another reason.
pub(super) fn conflict(resource: &Resource, name: &str, why: &str) -> Refusal {
    let message = format!("Operation cannot be fulfilled on {} \"{name}\": {why}", resource.qualified());
    with_details(refusal(409, "Conflict", &message), about(resource, name))
}

/// 400: the request makes no sense.
pub(super) fn bad_request(message: &str) -> Refusal {
    refusal(400, "BadRequest", message)
}

/// 405: the path does not know this verb.
pub(super) fn method_not_allowed() -> Refusal {
    refusal(405, "MethodNotAllowed", "the server does not allow this method on the requested resource")
}

/// 410: the asked version is older than the history that is kept.
pub(super) fn expired(message: &str) -> Refusal {
    refusal(410, "Expired", message)
}

/// 415: patches other than merge patches are not spoken here.
pub(super) fn unsupported_media_type() -> Refusal {
    let message = "the body of the request was in an unknown format - accepted media types include: \
                   application/merge-patch+json";
    refusal(415, "UnsupportedMediaType", message)
}

/// 422: the object is not valid. Unknown fields under strict validation are a 400 instead, as on the server.
pub(super) fn invalid(resource: &Resource, name: &str, violations: &[Violation]) -> Refusal {
    if violations.iter().any(|violation| violation.kind == ViolationKind::UnknownField) {
        return unknown_fields(resource, violations);
    }
    let all: Vec<String> = violations.iter().map(ToString::to_string).collect();
    let listed = if let [only] = all.as_slice() { only.clone() } else { format!("[{}]", all.join(", ")) };
    let subject = if resource.group.is_empty() { resource.kind.clone() } else { format!("{}.{}", resource.kind, resource.group) };
    let message = format!("{subject} \"{name}\" is invalid: {listed}");
    let mut details = about(resource, name);
    details.kind.clone_from(&resource.kind);
    details.causes = violations
        .iter()
        .map(|violation| StatusCause {
            reason: violation.kind.reason().to_owned(),
            message: violation.message.clone(),
            field: violation.path.clone(),
        })
        .collect();
    with_details(refusal(422, "Invalid", &message), details)
}

fn unknown_fields(resource: &Resource, violations: &[Violation]) -> Refusal {
    let all: Vec<String> = violations.iter().map(ToString::to_string).collect();
    bad_request(&format!(
        "{kind} in version \"{version}\" cannot be handled as a {kind}: strict decoding error: {all}",
        kind = resource.kind,
        version = resource.version,
        all = all.join(", ")
    ))
}

/// 500: larger than the store takes.
pub(super) fn too_large() -> Refusal {
    refusal(500, "", "etcdserver: request is too large")
}

/// 500: a new object cannot have a resourceVersion.
pub(super) fn version_on_create() -> Refusal {
    refusal(500, "", "resourceVersion should not be set on objects to be created")
}

/// 500: what a watch says of a version that is not a number; lists and reads say 400.
pub(super) fn unreadable_version(text: &str, is_watch: bool) -> Refusal {
    let why = format!("resourceVersion: Invalid value: {text:?}: strconv.ParseUint: parsing {text:?}: invalid syntax");
    if is_watch { refusal(500, "", &why) } else { bad_request(&format!("invalid resource version: {why}")) }
}

/// 422: list parameters that contradict each other.
pub(super) fn list_options(why: &str) -> Refusal {
    let message = format!("ListOptions.meta.k8s.io \"\" is invalid: resourceVersionMatch: Forbidden: {why}");
    refusal(422, "Invalid", &message)
}

/// 504: a version that does not exist yet.
pub(super) fn version_too_large(asked: u64, current: u64) -> Refusal {
    let message = format!("Timeout: Too large resource version: {asked}, current: {current}");
    let mut refusal = refusal(504, "Timeout", &message);
    refusal.details = Some(StatusDetails {
        name: String::new(),
        group: String::new(),
        kind: String::new(),
        uid: String::new(),
        causes: vec![StatusCause {
            reason: "ResourceVersionTooLarge".to_owned(),
            message: "Too large resource version".to_owned(),
            field: String::new(),
        }],
        retry_after_seconds: 1,
    });
    refusal
}

/// 503: nobody listens.
pub(super) fn unavailable() -> Refusal {
    refusal(503, "ServiceUnavailable", "the server is currently unable to handle the request")
}

/// 403: not for this one.
pub(super) fn forbidden() -> Refusal {
    refusal(403, "Forbidden", "the user may not do that")
}

/// 504: the answer got lost; what was asked for may have happened.
pub(super) fn answer_lost() -> Refusal {
    refusal(504, "Timeout", "request did not complete within the requested timeout")
}

/// 429: slow down.
pub(super) fn throttled() -> Refusal {
    let details = StatusDetails {
        name: String::new(),
        group: String::new(),
        kind: String::new(),
        uid: String::new(),
        causes: Vec::new(),
        retry_after_seconds: 1,
    };
    let message = "the server has received too many requests and has asked us to try again later";
    with_details(refusal(429, "TooManyRequests", message), details)
}
