//! What can go wrong between us and the API server.

use thiserror::Error;

use crate::api::reasons::Reason;
use crate::domain::fault::Fault;

/// A request that did not give what was asked, after the retries that make sense.
#[derive(Debug, Error)]
pub enum ClusterError {
    /// The API server could not be reached, or kept refusing for a passing reason.
    #[error("{verb} {kind} {name:?}: no answer from the API server after {attempts} attempts: {message}")]
    Unavailable {
        /// The request's verb.
        verb: &'static str,
        /// The kind.
        kind: String,
        /// The object; empty for lists.
        name: String,
        /// How often it was tried.
        attempts: u32,
        /// It would have changed something, and one of the tries had no answer that says that it did not.
        may_be_done: bool,
        /// The last answer.
        message: String,
    },
    /// The API server said no for good.
    #[error("{verb} {kind} {name:?}: {reason} ({code}): {message}")]
    Refused {
        /// The request's verb.
        verb: &'static str,
        /// The kind.
        kind: String,
        /// The object; empty for lists.
        name: String,
        /// The HTTP status.
        code: u16,
        /// The machine-readable reason.
        reason: String,
        /// The API server's sentence.
        message: String,
    },
    /// Lists kept coming from a state older than what this process has already seen.
    #[error("list {kind}: the answer's resourceVersion {seen} stays below {floor}, which this process has already seen")]
    Stale {
        /// The kind.
        kind: String,
        /// The answer's version.
        seen: u64,
        /// The version that this process knows of.
        floor: u64,
    },
    /// What the API server has is not what this program knows of the kind, until somebody mends it.
    #[error("{kind} {name:?} cannot be read: {message}")]
    Unreadable {
        /// The kind.
        kind: String,
        /// The object.
        name: String,
        /// Why, without any value of it.
        message: String,
    },
}

impl ClusterError {
    /// Whether a quota of the namespace is used up. It is refused as if a right were missing, and only the sentence tells: there
    /// is no word for it.
    #[must_use]
    pub fn exceeds_quota(&self) -> bool {
        matches!(self, Self::Refused { code: 403, message, .. } if message.contains("exceeded quota"))
    }
}

impl From<ClusterError> for Fault {
    /// What a request says to somebody who asked for a person: one that was refused for who we are is denied, a write without
    /// an answer may be done, and what stands in an object that cannot be read is unknown, however often it is asked for.
    /// Nobody fails for good by the word of a proxy, of a server that starts or of one that is full.
    fn from(error: ClusterError) -> Self {
        let message = error.to_string();
        match error {
            ClusterError::Refused { code: 401 | 403, .. } => Self::denied(Reason::DirectoryRefused, message),
            ClusterError::Refused { code, ref reason, .. } if is_final(code, reason) => Self::permanent(Reason::DirectoryRefused, message),
            ClusterError::Refused { verb: "get" | "list", .. } => Self::transient(Reason::DirectoryUnavailable, message),
            ClusterError::Refused { .. } | ClusterError::Unavailable { may_be_done: true, .. } => {
                Self::unknown(Reason::DirectoryUnavailable, message)
            }
            ClusterError::Unavailable { may_be_done: false, .. } | ClusterError::Stale { .. } => {
                Self::transient(Reason::DirectoryUnavailable, message)
            }
            ClusterError::Unreadable { .. } => Self::unreadable(message),
        }
    }
}

/// Whether the API server itself says that this very request can never be granted: its reason is beside the code then, which
/// no page of something on the way has. That a kind does not know a verb is not final: it is said of one that is being replaced.
fn is_final(code: u16, reason: &str) -> bool {
    matches!(
        (code, reason),
        (400, "BadRequest") | (406, "NotAcceptable") | (413, "RequestEntityTooLarge") | (415, "UnsupportedMediaType") | (422, "Invalid")
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fault::FaultClass;

    #[test]
    fn what_an_error_says_of_a_person() {
        let refused = |verb, code, reason: &str| {
            let (kind, name) = ("User".to_owned(), "ann".to_owned());
            ClusterError::Refused { verb, kind, name, code, reason: reason.to_owned(), message: String::new() }
        };
        // What the client says of an answer that is no Status.
        let page = "Failed to parse error data";
        let unavailable = |verb, may_be_done| {
            let (kind, name) = ("Account".to_owned(), "ann".to_owned());
            ClusterError::Unavailable { verb, kind, name, attempts: 6, may_be_done, message: String::new() }
        };
        let unreadable = ClusterError::Unreadable { kind: "User".to_owned(), name: "ann".to_owned(), message: "why".to_owned() };
        let cases = [
            (unavailable("get", false), FaultClass::Transient, Reason::DirectoryUnavailable),
            (unavailable("replace", false), FaultClass::Transient, Reason::DirectoryUnavailable),
            (unavailable("replace", true), FaultClass::Unknown, Reason::DirectoryUnavailable),
            (ClusterError::Stale { kind: "User".to_owned(), seen: 1, floor: 2 }, FaultClass::Transient, Reason::DirectoryUnavailable),
            (refused("get", 403, "Forbidden"), FaultClass::Denied, Reason::DirectoryRefused),
            (refused("get", 401, "Unauthorized"), FaultClass::Denied, Reason::DirectoryRefused),
            (refused("get", 400, "BadRequest"), FaultClass::Permanent, Reason::DirectoryRefused),
            (refused("replace", 422, "Invalid"), FaultClass::Permanent, Reason::DirectoryRefused),
            (refused("replace", 406, "NotAcceptable"), FaultClass::Permanent, Reason::DirectoryRefused),
            (refused("replace", 413, "RequestEntityTooLarge"), FaultClass::Permanent, Reason::DirectoryRefused),
            (refused("replace", 415, "UnsupportedMediaType"), FaultClass::Permanent, Reason::DirectoryRefused),
            (refused("get", 400, page), FaultClass::Transient, Reason::DirectoryUnavailable),
            (refused("replace", 400, page), FaultClass::Unknown, Reason::DirectoryUnavailable),
            (refused("replace", 413, page), FaultClass::Unknown, Reason::DirectoryUnavailable),
            (refused("replace", 422, ""), FaultClass::Unknown, Reason::DirectoryUnavailable),
            (refused("create", 405, "MethodNotAllowed"), FaultClass::Unknown, Reason::DirectoryUnavailable),
            (refused("create", 404, "NotFound"), FaultClass::Unknown, Reason::DirectoryUnavailable),
            (refused("create", 409, page), FaultClass::Unknown, Reason::DirectoryUnavailable),
            (refused("list", 410, "Expired"), FaultClass::Transient, Reason::DirectoryUnavailable),
            (refused("get", 421, page), FaultClass::Transient, Reason::DirectoryUnavailable),
            (refused("get", 431, page), FaultClass::Transient, Reason::DirectoryUnavailable),
            (refused("replace", 501, page), FaultClass::Unknown, Reason::DirectoryUnavailable),
            (refused("replace", 522, page), FaultClass::Unknown, Reason::DirectoryUnavailable),
            (unreadable, FaultClass::Unknown, Reason::Unreadable),
        ];
        for (error, class, reason) in cases {
            let said = error.to_string();
            let fault = Fault::from(error);
            assert_eq!((fault.class, fault.reason, fault.message.as_str()), (class, reason, said.as_str()));
        }
    }
}
