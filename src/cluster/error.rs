//! What can go wrong between us and the API server.

use thiserror::Error;

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
    /// Whether trying again later can help.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unavailable { .. } | Self::Stale { .. } | Self::Unreadable { .. } => true,
            Self::Refused { .. } => false,
        }
    }
}
