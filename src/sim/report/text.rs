//! The report that a person reads.

use std::collections::BTreeSet;
use std::fmt::Write;

use serde_json::Value;

use super::timeline::{Entry, Happening};
use super::{accounts, days};
use crate::sim::simulation::Finished;

/// The timeline of each tenant, a summary, and everybody's final account.
#[must_use]
pub fn text(finished: &Finished) -> String {
    let mut out = String::new();
    let namespaces: BTreeSet<&str> = finished.timeline.entries.iter().map(|entry| entry.namespace.as_str()).collect();
    for namespace in &namespaces {
        let period = finished.period;
        // Writing to a text cannot fail, here and below.
        let _ = writeln!(
            out,
            "Tenant {namespace}, {} to {} (all times UTC)",
            period.from.format("%-d %B %Y %H:%M"),
            period.until.format("%-d %B %Y %H:%M")
        );
        let entries: Vec<&Entry> = finished.timeline.entries.iter().filter(|entry| entry.namespace == *namespace).collect();
        days::write(&entries, &mut out);
        out.push_str("\nSummary\n");
        summary(&finished.objects, namespace, &entries, &mut out);
        out.push_str("\nAccounts at the end\n");
        accounts::table(&finished.objects, namespace, &mut out);
        out.push('\n');
    }
    if finished.problems.is_empty() {
        out.push_str("No problems.\n");
    } else {
        out.push_str("Problems\n");
        for problem in &finished.problems {
            let _ = writeln!(out, "  {problem}");
        }
    }
    out
}

fn summary(objects: &[Value], namespace: &str, entries: &[&Entry], out: &mut String) {
    let count = |kind: &str| {
        let found = objects.iter().filter(|object| object["kind"] == kind && object["metadata"]["namespace"] == namespace);
        i64::try_from(found.count()).unwrap_or(i64::MAX)
    };
    let head = objects.iter().find(|object| object["kind"] == "TenantLedger" && object["metadata"]["namespace"] == namespace);
    let evaluations = head.and_then(|head| head["sealedEpoch"].as_i64()).unwrap_or_default();
    let subjects = |wanted: &dyn Fn(&str) -> bool| {
        let runs = entries.iter().filter_map(|entry| match &entry.what {
            Happening::Run { subjects, .. } => Some(subjects),
            _ => None,
        });
        let found = runs.flatten().filter(|subject| wanted(&subject.status)).count();
        i64::try_from(found).unwrap_or(i64::MAX)
    };
    let rows = |wanted: &str| {
        let counts = entries.iter().filter_map(|entry| match &entry.what {
            Happening::Ledger { state, count, .. } if state == wanted => Some(*count),
            _ => None,
        });
        i64::try_from(counts.sum::<usize>()).unwrap_or(i64::MAX)
    };
    let runs = entries.iter().filter(|entry| matches!(entry.what, Happening::Run { .. })).count();
    let versions = entries.iter().filter(|entry| matches!(entry.what, Happening::Version { .. })).count();
    let lines = [
        ("people on record", count("User")),
        ("workflows", count("Workflow")),
        ("versions made", i64::try_from(versions).unwrap_or(i64::MAX)),
        ("evaluations", evaluations),
        ("runs", i64::try_from(runs).unwrap_or(i64::MAX)),
        ("subjects completed", subjects(&|status| status == "completed")),
        ("subjects failed", subjects(&|status| status == "failed" || status == "completedWithErrors")),
        ("subjects canceled", subjects(&|status| status == "canceled")),
        ("occurrences missed", rows("missed")),
        ("occurrences superseded", rows("superseded")),
        ("occurrences released", rows("released")),
    ];
    for (what, number) in lines {
        let _ = writeln!(out, "  {what:<24}{number:>8}");
    }
}
