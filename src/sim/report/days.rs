//! The timeline, one line per thing that happened, grouped by day.

use std::collections::BTreeMap;
use std::fmt::Write;

use chrono::NaiveDate;
use chrono_tz::Tz;

use crate::api::reasons::with_words;
use crate::sim::foreign::Foreign;

use super::timeline::{Entry, FieldChange, Happening, SubjectOutcome, Timeline};

/// Where a line is broken.
const WIDTH: usize = 110;
/// Where what happened begins: after the time and what sort of thing it is.
const INDENT: usize = 24;

/// Writes the entries of one namespace, on the clock of a zone.
pub(super) fn write(entries: &[&Entry], zone: Tz, out: &mut String) {
    let mut by_day: BTreeMap<NaiveDate, Vec<&Entry>> = BTreeMap::new();
    for entry in entries {
        by_day.entry(entry.at.with_timezone(&zone).date_naive()).or_default().push(entry);
    }
    for (day, entries) in by_day {
        // Writing to a text cannot fail.
        let _ = writeln!(out, "\n{}", day.format("%A, %-d %B %Y"));
        let mut rest = entries.as_slice();
        while let Some((first, _)) = rest.split_first() {
            let alike = rest.iter().take_while(|entry| entry.at == first.at && is_alike(&entry.what, &first.what)).count().max(1);
            line(&rest[..alike], zone, out);
            rest = &rest[alike..];
        }
    }
}

/// Whether two things of one instant fit into one line.
fn is_alike(left: &Happening, right: &Happening) -> bool {
    match (left, right) {
        (Happening::Version { .. }, Happening::Version { .. }) => true,
        (
            Happening::Applied { kind, is_deletion, changes, refused: None, .. },
            Happening::Applied { kind: other, is_deletion: also, changes: others, refused: None, .. },
        ) => kind == other && is_deletion == also && changes.is_empty() && others.is_empty(),
        _ => false,
    }
}

fn line(entries: &[&Entry], zone: Tz, out: &mut String) {
    let Some(first) = entries.first() else { return };
    let time = first.at.with_timezone(&zone).format("%H:%M:%S");
    let mut put = |word: &str, text: &str| {
        let head = format!("  {time}  {word:<10}  ");
        wrap(&head, text, out);
    };
    match &first.what {
        Happening::Applied { kind, name, is_deletion, changes, refused } => {
            let word = if *is_deletion { "deleted" } else { "applied" };
            match refused {
                Some(why) => put("refused", &format!("{kind} {name}: {why}")),
                None if changes.is_empty() => put(word, &format!("{kind} {}", names(&applied(entries)))),
                None => put("changed", &format!("{kind} {name}: {}", changed(changes))),
            }
        }
        what @ (Happening::Unreadable { .. } | Happening::WrongZone { .. }) => put("unreadable", &unreadable(what)),
        Happening::Version { .. } => put("version", &names(&versions(entries))),
        Happening::Readiness { workflow, is_ready: true, .. } => put("ready", workflow),
        Happening::Readiness { workflow, why, .. } => put("not ready", &format!("{workflow}: {why}")),
        Happening::Held { run, why } => put("held", &format!("{run}: {why}")),
        Happening::Ledger { workflow, state, reason, by, subjects, count } => {
            let why = if by.is_empty() { with_words(reason) } else { format!("by {by}") };
            let workflow = if workflow.is_empty() { String::new() } else { format!("{workflow}: ") };
            put(state, &format!("{workflow}{}{}", people(subjects, *count), parenthesis(&why)));
        }
        Happening::Run { run, workflow, version, cause, reason, subjects } => {
            let title = title(workflow, *version, cause, run);
            if subjects.is_empty() {
                put("run", &format!("{title} nobody{}", parenthesis(reason)));
            }
            for (text, who) in outcomes(subjects) {
                put("run", &format!("{title} {} {text}", names(&who)));
            }
        }
    }
}

/// What was run, and why: of a run of nobody there may be no version.
fn title(workflow: &str, version: Option<i64>, cause: &str, run: &str) -> String {
    let version = version.map(|number| format!(" v{number}")).unwrap_or_default();
    if cause.is_empty() { format!("{workflow}{version}:") } else { format!("{workflow}{version}, {cause} {run}:") }
}

/// What of the records is not as it should be at the end, each with what follows from it.
pub(super) fn odd_values(timeline: &Timeline, namespace: &str) -> Vec<(&'static str, Vec<String>)> {
    let here = || timeline.unreadable.iter().filter(|entry| entry.namespace == namespace);
    let (zones, dates): (Vec<&Entry>, Vec<&Entry>) = here().partition(|entry| matches!(entry.what, Happening::WrongZone { .. }));
    let told = [
        ("Cannot be read at the end, and so makes nobody due", dates),
        ("Time zones that are none at the end, so that another one applies", zones),
    ];
    let in_words = |entries: Vec<&Entry>| entries.into_iter().map(|entry| unreadable(&entry.what)).collect();
    told.into_iter().filter(|(_, entries)| !entries.is_empty()).map(|(title, entries)| (title, in_words(entries))).collect()
}

/// What cannot be read, in words; nothing for anything else.
pub(super) fn unreadable(what: &Happening) -> String {
    match what {
        Happening::Unreadable { person, attribute, text, expected } => format!("{person}: {attribute} is {text:?}; {expected}"),
        Happening::WrongZone { person, attribute, text, expected, applies } => {
            format!("{person}: {attribute} is {text:?}; {expected}; {applies} applies in its place")
        }
        _ => String::new(),
    }
}

fn changed(changes: &[FieldChange]) -> String {
    let told = changes.iter().map(|FieldChange { field, before, after }| match (before, after) {
        (Some(before), Some(after)) => format!("{field} {before} -> {after}"),
        (None, Some(after)) => format!("{field} set to {after}"),
        (Some(before), None) => format!("{field} {before} removed"),
        (None, None) => field.clone(),
    });
    told.collect::<Vec<_>>().join(", ")
}

fn applied(entries: &[&Entry]) -> Vec<String> {
    let name = |entry: &&Entry| match &entry.what {
        Happening::Applied { name, .. } => Some(name.clone()),
        _ => None,
    };
    entries.iter().filter_map(name).collect()
}

fn versions(entries: &[&Entry]) -> Vec<String> {
    let name = |entry: &&Entry| match &entry.what {
        Happening::Version { workflow, number } => Some(format!("{workflow} v{number}")),
        _ => None,
    };
    entries.iter().filter_map(name).collect()
}

/// Who had which outcome: one line for those who had the same.
fn outcomes(subjects: &[SubjectOutcome]) -> Vec<(String, Vec<String>)> {
    let mut grouped: Vec<(String, Vec<String>)> = Vec::new();
    for subject in subjects {
        let text = outcome(subject);
        match grouped.iter_mut().find(|(other, _)| *other == text) {
            Some((_, who)) => who.push(subject.subject.clone()),
            None => grouped.push((text, vec![subject.subject.clone()])),
        }
    }
    grouped
}

fn outcome(subject: &SubjectOutcome) -> String {
    let status = match subject.status.as_str() {
        "completed" => "completed",
        "completedWithErrors" => "COMPLETED WITH ERRORS",
        "failed" => "FAILED",
        "canceled" => "canceled",
        other => other,
    };
    let failed = if subject.failed.is_empty() { String::new() } else { format!(" in {}", subject.failed.join(", ")) };
    let done = if subject.done.is_empty() { String::new() } else { format!(": {}", subject.done.join(", ")) };
    // The task that failed has said it.
    let reason = if failed.contains(&subject.reason) { "" } else { &subject.reason };
    format!("{status}{failed}{}{done}", parenthesis(reason))
}

fn parenthesis(reason: &str) -> String {
    if reason.is_empty() { String::new() } else { format!(" ({reason})") }
}

fn people(subjects: &[String], count: usize) -> String {
    match count - subjects.len().min(count) {
        0 => names(subjects),
        others if subjects.is_empty() => format!("{others} {}", if others == 1 { "person" } else { "people" }),
        others => format!("{} and {others} more", names(subjects)),
    }
}

/// Names in a row; very many are counted.
fn names(names: &[String]) -> String {
    const MOST: usize = 40;
    if names.len() <= MOST {
        return names.join(", ");
    }
    format!("{} and {} more", names[..MOST].join(", "), names.len() - MOST)
}

fn wrap(head: &str, text: &str, out: &mut String) {
    let text = Foreign(text).to_string();
    let mut line = head.to_owned();
    let mut is_empty = true;
    for word in text.split(' ') {
        if !is_empty && line.chars().count() + 1 + word.chars().count() > WIDTH {
            out.push_str(&line);
            out.push('\n');
            line = " ".repeat(INDENT);
            is_empty = true;
        }
        if !is_empty {
            line.push(' ');
        }
        line.push_str(word);
        is_empty = false;
    }
    out.push_str(&line);
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use super::title;

    #[test]
    fn what_a_line_about_a_run_begins_with() {
        for (version, cause, said) in [
            (Some(2), "", "out v2:"),
            (Some(2), "onDemand", "out v2, onDemand clean-up:"),
            (None, "onDemand", "out, onDemand clean-up:"),
            (None, "", "out:"),
        ] {
            assert_eq!(title("out", version, cause, "clean-up"), said);
        }
    }
}
