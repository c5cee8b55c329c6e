//! How much happened in one tenant, in numbers.

use serde_json::Value;

use super::timeline::{Entry, Happening};
use crate::api::{EntryState, ProcessingStatus};
use crate::sim::Finished;

/// What is counted, and how many there are.
pub(super) struct Count {
    pub what: &'static str,
    pub number: usize,
    /// Whether there should be none.
    pub is_bad: bool,
}

/// What there is to count.
pub(super) fn numbers(finished: &Finished, namespace: &str, entries: &[&Entry]) -> [Count; 12] {
    let objects = &finished.objects;
    let here = |object: &&Value| object["metadata"]["namespace"] == namespace;
    let count = |kind: &str| objects.iter().filter(here).filter(|object| object["kind"] == kind).count();
    let head = objects.iter().filter(here).find(|object| object["kind"] == "TenantLedger");
    let evaluations = head.and_then(|head| head["sealedEpoch"].as_u64()).and_then(|epoch| usize::try_from(epoch).ok());
    let subjects = |wanted: &[ProcessingStatus]| -> usize {
        let of = |entry: &&Entry| match &entry.what {
            Happening::Run { subjects, .. } => {
                subjects.iter().filter(|subject| wanted.iter().any(|wanted| wanted.as_str() == subject.status)).count()
            }
            _ => 0,
        };
        entries.iter().map(of).sum()
    };
    let rows = |wanted: EntryState| -> usize {
        let of = |entry: &&Entry| match &entry.what {
            Happening::Ledger { state, count, .. } if state == wanted.as_str() => *count,
            _ => 0,
        };
        entries.iter().map(of).sum()
    };
    let events = |wanted: fn(&Happening) -> bool| entries.iter().filter(|entry| wanted(&entry.what)).count();
    let good = |what, number| Count { what, number, is_bad: false };
    let bad = |what, number| Count { what, number, is_bad: true };
    [
        good("people on record", count("User")),
        good("workflows", count("Workflow")),
        good("versions made", events(|what| matches!(what, Happening::Version { .. }))),
        good("evaluations", evaluations.unwrap_or_default()),
        good("runs", events(|what| matches!(what, Happening::Run { .. }))),
        good("subjects completed", subjects(&[ProcessingStatus::Completed])),
        bad("subjects failed", subjects(&[ProcessingStatus::Failed, ProcessingStatus::CompletedWithErrors])),
        good("subjects canceled", subjects(&[ProcessingStatus::Canceled])),
        good("mails sent", finished.mails.iter().filter(|sent| sent.namespace == namespace).count()),
        good("occurrences missed", rows(EntryState::Missed)),
        good("occurrences superseded", rows(EntryState::Superseded)),
        good("occurrences released", rows(EntryState::Released)),
    ]
}
