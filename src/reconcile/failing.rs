//! Evaluations that fail one after the other, for whatever reason: nobody is found due any more, and nothing else would say so.

use super::ending::Ending;
use super::memory::Evaluations;
use crate::api::conditions::{ConditionStatus, STALLED};
use crate::api::reasons::Reason;
use crate::api::tenant_schedule::TenantScheduleStatus;
use crate::domain::job;

/// So many in a row are no accident.
const IN_A_ROW: u32 = 3;

/// What is said of a tenant whose evaluations fail; none: they do not, or somebody has suspended them. `sealed`: the epoch that is
/// sealed. What the status says stays until another one is: a controller that has just started has seen no failure.
pub(super) fn said(known: &Evaluations, status: Option<&TenantScheduleStatus>, sealed: i64) -> Option<String> {
    if known.unmade.0 >= IN_A_ROW {
        return Some(format!("nobody is found due any more: the Job of an evaluation cannot be made: {}", known.unmade.1));
    }
    let stands = status.filter(|status| status.sealed_epoch.unwrap_or(0) == sealed).and_then(standing);
    if known.failures < IN_A_ROW && stands.is_none() {
        return None;
    }
    match (&known.ending, stands) {
        (None, Some(message)) => Some(message.to_owned()),
        (ending, _) => Some(format!(
            "nobody is found due any more: evaluations fail one after the other; of the last one: {}",
            ending.as_ref().map_or_else(|| Ending::Unseen.in_words(), why)
        )),
    }
}

/// What the status says of it.
fn standing(status: &TenantScheduleStatus) -> Option<&str> {
    let stalled = status.conditions.iter().find(|found| found.type_ == STALLED && found.status == ConditionStatus::True)?;
    (Reason::parse(&stalled.reason) == Some(Reason::EvaluationFailing)).then_some(stalled.message.as_str())
}

/// Why an evaluation failed, and what helps.
fn why(ending: &Ending) -> String {
    let helps = match ending {
        Ending::Container { word: Some(word), .. } if word == "OOMKilled" => {
            "it needs more memory than the value jobs.resources lets it take"
        }
        Ending::Container { code: job::EXIT_DO_NOT_RETRY, word: None } => {
            "something that it read cannot be used; the log of its pod says what"
        }
        Ending::Container { word: None, .. } => {
            "the log of its pod says why; after an upgrade it may be that the release of the tenant's own chart was not upgraded"
        }
        Ending::Cluster(word) if word == "DeadlineExceeded" => "it takes longer than it may",
        _ => return ending.in_words(),
    };
    format!("{}: {helps}", ending.in_words())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn when_evaluations_are_said_to_fail() {
        let status = |type_: &str, reason: &str, sealed: i64| -> TenantScheduleStatus {
            let condition = json!({"type": type_, "status": "True", "reason": reason, "message": "as before", "lastTransitionTime": "2026-01-01T00:00:00Z"});
            serde_json::from_value(json!({"sealedEpoch": sealed, "conditions": [condition]})).unwrap()
        };
        let oom = || Some(Ending::Container { code: 137, word: Some("OOMKilled".to_owned()) });
        // (what, failures in a row, the end of the last one, the status, the Jobs in a row that could not be made, what is said)
        let rows = [
            ("none", 0, None, None, 0, None),
            ("two", 2, oom(), None, 0, None),
            ("three", 3, oom(), None, 0, Some("137: OOMKilled: it needs more memory")),
            ("three, and nobody has seen an end", 3, None, None, 0, Some("nobody has seen the end")),
            ("a new leader has seen none", 0, None, Some(status("Stalled", "EvaluationFailing", 4)), 0, Some("as before")),
            ("it has seen one", 1, oom(), Some(status("Stalled", "EvaluationFailing", 4)), 0, Some("OOMKilled")),
            ("one was sealed", 0, None, Some(status("Stalled", "EvaluationFailing", 3)), 0, None),
            ("stalled for something else", 1, oom(), Some(status("Stalled", "ClockOff", 4)), 0, None),
            ("Jobs that cannot be made", 0, None, None, 3, Some("cannot be made: Forbidden (403)")),
            ("two of them", 0, None, None, 2, None),
        ];
        for (what, failures, ending, status, unmade, expected) in rows {
            let mut known = Evaluations::default();
            (known.failures, known.ending, known.unmade) = (failures, ending, (unmade, "Forbidden (403)".to_owned()));
            let said = said(&known, status.as_ref(), 4);
            assert_eq!(said.is_some(), expected.is_some(), "{what}: {said:?}");
            assert!(said.iter().zip(expected).all(|(said, part)| said.contains(part)), "{what}: {said:?}");
        }
    }

    #[test]
    fn why_an_evaluation_failed() {
        let container = |code: i32, word: Option<&str>| Ending::Container { code, word: word.map(str::to_owned) };
        let cluster = |word: &str| Ending::Cluster(word.to_owned());
        let rows = [
            (container(1, None), "code 1: the log of its pod says why"),
            (container(64, None), "code 64: something that it read cannot be used"),
            (container(137, Some("OOMKilled")), "OOMKilled: it needs more memory than the value jobs.resources"),
            (container(139, Some("Segfault")), "code 139: Segfault"),
            (cluster("DeadlineExceeded"), "DeadlineExceeded: it takes longer than it may"),
            (cluster("Evicted"), "the cluster ended it: Evicted"),
            (Ending::AskedToEnd, "it was asked to end"),
        ];
        for (ending, expected) in rows {
            assert!(why(&ending).contains(expected), "{}", why(&ending));
        }
    }
}
