//! An evaluation that trying again does not help says so: who looks at the tenant sees why nobody is due any more.

use crate::api::TenantLedger;
use crate::api::meta::DEFAULT_NAME;
use crate::api::reasons::Reason;
use crate::cluster::ClusterError;
use crate::cluster::events::Notice;
use crate::runner::{Context, RunnerError};

/// One Event for each state that could not be left, however often it is tried.
pub(super) async fn tell(context: &Context, error: &RunnerError) {
    let (reason, word) = match error {
        RunnerError::SealRefused(_) => (Reason::SealRefused, "seal-refused"),
        RunnerError::Unreadable(_) => (Reason::Unreadable, "unreadable"),
        _ => return,
    };
    let Some(message) = said(error) else { return };
    let head = context.cluster.find::<TenantLedger>(DEFAULT_NAME).await;
    let sealed = head.ok().flatten().map_or(0, |head| head.spec.sealed_epoch);
    let notice =
        Notice { kind: "TenantSchedule", name: DEFAULT_NAME, uid: None, warning: true, reason, message, id: format!("{word}-s{sealed}") };
    if let Err(error) = context.cluster.publish(&notice).await {
        tracing::warn!(%error, "nobody is told that the evaluation failed");
    }
}

/// What may be said of it: kinds, and names of what is no person's. The API server repeats values, of which only the head's are
/// nobody's.
fn said(error: &RunnerError) -> Option<String> {
    let name_of = |kind: &str, name: &str| if is_personal(kind) { String::new() } else { format!(" {name:?}") };
    match error {
        RunnerError::SealRefused(ClusterError::Refused { verb, kind, name, code, reason, message }) => {
            let why = if kind == "TenantLedger" { format!(": {message}") } else { String::new() };
            Some(format!(
                "the API server does not take what the evaluation writes, so that nothing is sealed: {verb} {kind}{}: {reason} ({code}){why}",
                name_of(kind, name)
            ))
        }
        RunnerError::Unreadable(ClusterError::Unreadable { kind, name, message }) => {
            Some(format!("{kind}{} cannot be read, so that nobody knows who is due: {message}", name_of(kind, name)))
        }
        _ => None,
    }
}

/// Whether objects of the kind have the names of people.
fn is_personal(kind: &str) -> bool {
    matches!(kind, "User" | "Account")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_names_nobody() {
        let refused = |kind: &str, name: &str| {
            let (kind, name, reason, message) = (kind.to_owned(), name.to_owned(), "Invalid".to_owned(), "spec: ann".to_owned());
            RunnerError::SealRefused(ClusterError::Refused { verb: "replace", kind, name, code: 422, reason, message })
        };
        let unreadable = |kind: &str, name: &str| {
            let (kind, name, message) = (kind.to_owned(), name.to_owned(), "invalid type, expected a string".to_owned());
            RunnerError::Unreadable(ClusterError::Unreadable { kind, name, message })
        };
        let rows = [
            (refused("TenantLedger", "default"), Some("replace TenantLedger \"default\": Invalid (422): spec: ann")),
            (refused("RunSlice", "w-v1-e1-0"), Some("replace RunSlice \"w-v1-e1-0\": Invalid (422)")),
            (refused("Account", "ann"), Some("replace Account: Invalid (422)")),
            (
                unreadable("Workflow", "w"),
                Some("Workflow \"w\" cannot be read, so that nobody knows who is due: invalid type, expected a string"),
            ),
            (unreadable("User", "ann"), Some("User cannot be read, so that nobody knows who is due: invalid type, expected a string")),
            (RunnerError::HeadMissing, None),
        ];
        for (error, expected) in rows {
            let said = said(&error);
            assert_eq!(said.is_some(), expected.is_some(), "{error}");
            assert!(said.iter().zip(expected).all(|(said, expected)| said.ends_with(expected)), "{error}: {said:?}");
        }
    }
}
