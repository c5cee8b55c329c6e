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

impl From<ClusterError> for Fault {
    /// What a request says to somebody who asked for a person: one that was refused for who we are is denied, a write without
    /// an answer may be done, and what stands in an object that cannot be read is unknown, however often it is asked for.
    fn from(error: ClusterError) -> Self {
        let message = error.to_string();
        match error {
            ClusterError::Refused { code: 401 | 403, .. } => Self::denied(Reason::DirectoryRefused, message),
            ClusterError::Refused { .. } => Self::permanent(Reason::DirectoryRefused, message),
            ClusterError::Unavailable { may_be_done: true, .. } => Self::unknown(Reason::DirectoryUnavailable, message),
            ClusterError::Unavailable { may_be_done: false, .. } | ClusterError::Stale { .. } => {
                Self::transient(Reason::DirectoryUnavailable, message)
            }
            ClusterError::Unreadable { .. } => Self::unreadable(message),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fault::FaultClass;

    #[test]
    fn what_an_error_says_of_a_person() {
        let refused = |code| ClusterError::Refused {
            verb: "get",
            kind: "User".to_owned(),
            name: "ann".to_owned(),
            code,
            reason: "Why".to_owned(),
            message: String::new(),
        };
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
            (refused(403), FaultClass::Denied, Reason::DirectoryRefused),
            (refused(401), FaultClass::Denied, Reason::DirectoryRefused),
            (refused(422), FaultClass::Permanent, Reason::DirectoryRefused),
            (unreadable, FaultClass::Unknown, Reason::Unreadable),
        ];
        for (error, class, reason) in cases {
            let said = error.to_string();
            let fault = Fault::from(error);
            assert_eq!((fault.class, fault.reason, fault.message.as_str()), (class, reason, said.as_str()));
        }
    }
}
