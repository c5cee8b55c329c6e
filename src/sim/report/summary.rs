//! How much happened in one tenant, in numbers.

use serde_json::Value;

use super::timeline::{Entry, Happening};
use crate::sim::Finished;

/// What is counted, and how many there are.
pub(super) fn numbers(finished: &Finished, namespace: &str, entries: &[&Entry]) -> [(&'static str, usize); 12] {
    let objects = &finished.objects;
    let here = |object: &&Value| object["metadata"]["namespace"] == namespace;
    let count = |kind: &str| objects.iter().filter(here).filter(|object| object["kind"] == kind).count();
    let head = objects.iter().filter(here).find(|object| object["kind"] == "TenantLedger");
    let evaluations = head.and_then(|head| head["sealedEpoch"].as_u64()).and_then(|epoch| usize::try_from(epoch).ok());
    let subjects = |wanted: &[&str]| -> usize {
        let of = |entry: &&Entry| match &entry.what {
            Happening::Run { subjects, .. } => subjects.iter().filter(|subject| wanted.contains(&subject.status.as_str())).count(),
            _ => 0,
        };
        entries.iter().map(of).sum()
    };
    let rows = |wanted: &str| -> usize {
        let of = |entry: &&Entry| match &entry.what {
            Happening::Ledger { state, count, .. } if state == wanted => *count,
            _ => 0,
        };
        entries.iter().map(of).sum()
    };
    let events = |wanted: fn(&Happening) -> bool| entries.iter().filter(|entry| wanted(&entry.what)).count();
    [
        ("people on record", count("User")),
        ("workflows", count("Workflow")),
        ("versions made", events(|what| matches!(what, Happening::Version { .. }))),
        ("evaluations", evaluations.unwrap_or_default()),
        ("runs", events(|what| matches!(what, Happening::Run { .. }))),
        ("subjects completed", subjects(&["completed"])),
        ("subjects failed", subjects(&["failed", "completedWithErrors"])),
        ("subjects canceled", subjects(&["canceled"])),
        ("mails sent", finished.mails.iter().filter(|sent| sent.namespace == namespace).count()),
        ("occurrences missed", rows("missed")),
        ("occurrences superseded", rows("superseded")),
        ("occurrences released", rows("released")),
    ]
}
