//! The report that a person reads.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::concerns::concerned;
use super::summary::{Count, numbers};
use super::timeline::{Entry, Timeline};
use super::warnings::warned;
use super::{accounts, days};
use crate::sim::foreign::Foreign;
use crate::sim::simulation::Finished;

/// More values that cannot be read are counted.
const MOST_VALUES: usize = 20;

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
            "Tenant {}, {} to {} (all times {})",
            Foreign(namespace),
            period.from.with_timezone(&finished.zone).format("%-d %B %Y %H:%M"),
            period.until.with_timezone(&finished.zone).format("%-d %B %Y %H:%M"),
            finished.zone
        );
        let entries: Vec<&Entry> = finished.timeline.entries.iter().filter(|entry| entry.namespace == *namespace).collect();
        days::write(&entries, finished.zone, &mut out);
        out.push_str("\nSummary\n");
        for Count { what, number, .. } in numbers(finished, namespace, &entries) {
            let _ = writeln!(out, "  {what:<24}{number:>8}");
        }
        out.push_str("\nAccounts at the end\n");
        accounts::table(&finished.objects, namespace, &mut out);
        unreadable(&finished.timeline, namespace, &mut out);
        concerns(finished, namespace, &mut out);
        warnings(finished, namespace, &mut out);
        out.push('\n');
    }
    if finished.problems.is_empty() {
        out.push_str("No problems.\n");
    } else {
        out.push_str("Problems\n");
        for problem in &finished.problems {
            let _ = writeln!(out, "  {}", Foreign(problem));
        }
    }
    out
}

/// What cannot be read at the end: nobody is due by it, and nobody else says so.
fn unreadable(timeline: &Timeline, namespace: &str, out: &mut String) {
    for (title, values) in days::odd_values(timeline, namespace) {
        let _ = writeln!(out, "\n{title}");
        for value in values.iter().take(MOST_VALUES) {
            let _ = writeln!(out, "  {}", Foreign(value));
        }
        if values.len() > MOST_VALUES {
            let _ = writeln!(out, "  and {} more", values.len() - MOST_VALUES);
        }
    }
}

/// Workflows that are Ready, and a task of which will fail or comes too late.
fn warnings(finished: &Finished, namespace: &str, out: &mut String) {
    let found = warned(&finished.objects, namespace);
    if found.is_empty() {
        return;
    }
    out.push_str("\nWorkflows to look at\n");
    for (workflow, warnings) in found {
        let _ = writeln!(out, "  {}: {}", Foreign(&workflow), Foreign(&warnings.join("; ")));
    }
}

/// Dates that are read as they are, and that somebody should look at all the same.
fn concerns(finished: &Finished, namespace: &str, out: &mut String) {
    let found = concerned(&finished.objects, namespace, finished.period.until);
    if found.is_empty() {
        return;
    }
    out.push_str("\nDates to look at\n");
    for (concern, people) in found {
        let shown: Vec<&str> = people.iter().take(MOST_VALUES).map(String::as_str).collect();
        let more = people.len().saturating_sub(MOST_VALUES);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let _ = writeln!(out, "  {}: {}{more} ({})", concern.reason(), Foreign(&shown.join(", ")), concern.in_words());
    }
}
