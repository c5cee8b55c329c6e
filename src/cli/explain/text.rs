//! An explanation for people.

use std::fmt::Write;

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;

use crate::api::{ProcessingStatus, reasons, sentence};
use crate::domain::trigger::LAST_SIGN_IN;
use crate::rule::Truth;
use crate::runner::evaluate::explain::{
    Became, Clause, Explanation, OccurrenceState, Outlook, Past, PastTask, ScopeExplanation, WorkStatus, WorkflowExplanation, instant,
};
use crate::sim::foreign::Foreign;

const BOLD: &str = "\x1b[1m";
const RED: &str = "\x1b[31m";
const PLAIN: &str = "\x1b[0m";

/// Where what is said of a workflow begins.
const INDENT: usize = 13;

/// The whole of it, in the zone that was asked for, else the tenant's.
pub(super) fn text(explanation: &Explanation, zone: Option<Tz>) -> String {
    let own = || explanation.time_zone.as_deref().and_then(|zone| zone.parse().ok());
    let zone = zone.or_else(own).unwrap_or(chrono_tz::UTC);
    let mut out = String::new();
    head(explanation, zone, &mut out);
    let (busy, quiet): (Vec<_>, Vec<_>) = explanation.workflows.iter().partition(|workflow| has_news(workflow));
    for workflow in busy.into_iter().chain(quiet) {
        tell(workflow, explanation.at, zone, &mut out);
    }
    if explanation.workflows.is_empty() {
        out.push_str("\nThere is no workflow.\n");
    }
    out
}

/// Whether something happened, or is about to.
fn has_news(workflow: &WorkflowExplanation) -> bool {
    !workflow.happened.is_empty() || !workflow.next.is_nothing
}

fn head(explanation: &Explanation, zone: Tz, out: &mut String) {
    let name = match &explanation.display_name {
        Some(display) => format!("{display} ({})", explanation.subject),
        None => explanation.subject.clone(),
    };
    // Writing to a text cannot fail, here and below.
    let _ =
        writeln!(out, "{BOLD}{}{PLAIN} in {}, as of {}", Foreign(&name), Foreign(&explanation.namespace), instant(explanation.at, zone));
    if !explanation.has_record {
        out.push_str("There is no record of this person any more.\n");
    }
    match &explanation.account {
        None => out.push_str("There is no account yet: the next evaluation makes it.\n"),
        Some(account) => {
            let groups = if account.groups.is_empty() { "in no group".to_owned() } else { format!("in {}", account.groups.join(", ")) };
            let _ = writeln!(out, "The account is {}, {}.", account.state, Foreign(&groups));
            if let Some(attribute) = &account.remembers_another {
                let (name, attribute) = (Foreign(&explanation.subject), Foreign(attribute));
                let _ = writeln!(
                    out,
                    "{RED}It remembers another {attribute} than the record has.{PLAIN} Until somebody says whose it is, nothing enables it, gives \
                     or deletes: tenure account keep {name} (the same person), tenure account release {name} (another one)."
                );
            }
        }
    }
    let last =
        explanation.last_evaluation.map_or_else(|| "Never evaluated".to_owned(), |at| format!("Last evaluated at {}", instant(at, zone)));
    let rest = match (&explanation.stopped, explanation.next_evaluation) {
        (Some(why), _) => format!("{RED}nothing is evaluated: {}{PLAIN}", Foreign(why)),
        (None, Some(next)) => format!("the schedule has the next evaluation at {}", instant(next, zone)),
        (None, None) => "the schedule has no further evaluation".to_owned(),
    };
    let _ = writeln!(out, "{last}; {rest}.");
    for value in &explanation.unreadable {
        let _ = writeln!(
            out,
            "{RED}{} cannot be read:{PLAIN} it is {:?}, {}.",
            Foreign(&value.attribute),
            value.text,
            Foreign(&value.expected)
        );
    }
    odd(explanation, out);
}

/// What of the record says nothing, or not what it should.
fn odd(explanation: &Explanation, out: &mut String) {
    for value in &explanation.zones {
        let _ = writeln!(
            out,
            "{RED}{} is no time zone:{PLAIN} it is {:?}, {}; {} applies in its place.",
            Foreign(&value.attribute),
            value.text,
            Foreign(&value.expected),
            Foreign(value.applies)
        );
    }
    for value in &explanation.fillers {
        let _ = writeln!(out, "{} has no value: {:?} stands for none.", Foreign(&value.attribute), value.text);
    }
}

fn tell(workflow: &WorkflowExplanation, now: DateTime<Utc>, zone: Tz, out: &mut String) {
    let version = workflow.version.map(|version| format!(" v{version}")).unwrap_or_default();
    let about = workflow.display_name.as_ref().map(|name| format!("  {}", Foreign(name))).unwrap_or_default();
    let _ = writeln!(out, "\n{BOLD}{}{PLAIN}{version}{about}", Foreign(&workflow.workflow));
    if let Some(why) = &workflow.not_evaluated {
        foreign_line("evaluated", &format!("no: {why}"), out);
    }
    if let Some(scope) = &workflow.scope {
        for (index, text) in scope_lines(scope).into_iter().enumerate() {
            foreign_line(if index == 0 { "in scope" } else { "" }, &text, out);
        }
    }
    for (index, text) in due(workflow, now, zone).into_iter().enumerate() {
        foreign_line(if index == 0 { "due" } else { "" }, &text, out);
    }
    for (index, past) in workflow.happened.iter().enumerate() {
        for (further, text) in past_lines(past, zone).into_iter().enumerate() {
            line(if index == 0 && further == 0 { "happened" } else { "" }, &text, out);
        }
    }
    foreign_line("next", &next(&workflow.next, zone), out);
}

/// A line without colours.
fn foreign_line(word: &str, text: &str, out: &mut String) {
    line(word, &Foreign(text).to_string(), out);
}

fn line(word: &str, text: &str, out: &mut String) {
    let _ = writeln!(out, "  {word:<width$}{text}", width = INDENT - 2);
}

fn scope_lines(scope: &ScopeExplanation) -> Vec<String> {
    let Some(rule) = &scope.rule else { return vec!["yes: it is for everybody".to_owned()] };
    let answer = match scope.holds {
        Truth::True => return vec![format!("yes: {rule}")],
        Truth::False => "no",
        Truth::Unknown => "not known",
    };
    let clause = |clause: &Clause| match &clause.found {
        Some(found) => format!("{} is {}: {found}", clause.text, clause.holds),
        None => format!("{} is {}", clause.text, clause.holds),
    };
    let because: Vec<String> = scope.because.iter().map(clause).collect();
    let (first, others) = because.split_first().map_or((rule.as_str(), [].as_slice()), |(first, others)| (first.as_str(), others));
    let mut lines = vec![format!("{answer}: {first}")];
    lines.extend(others.iter().map(|other| format!("    and {other}")));
    if scope.because.len() != 1 || scope.because.iter().any(|part| &part.text != rule) {
        lines.push(format!("    of the rule {rule}"));
    }
    lines
}

fn due(workflow: &WorkflowExplanation, now: DateTime<Utc>, zone: Tz) -> Vec<String> {
    let trigger = workflow.trigger.as_deref().unwrap_or("only on demand");
    if workflow.occurrences.is_empty() {
        return if workflow.trigger.is_some() || workflow.not_evaluated.is_none() { vec![trigger.to_owned()] } else { Vec::new() };
    }
    let one = |occurrence: &OccurrenceState| {
        let local = occurrence.local.as_ref().map(|local| format!(" ({local})")).unwrap_or_default();
        let value = match occurrence.value.as_deref() {
            Some("") => format!(": {} has no value", occurrence.attribute),
            Some(value) => format!(": {} is {value}", occurrence.counted_from.unwrap_or(&occurrence.attribute)),
            None => String::new(),
        };
        let trigger = said(trigger, occurrence.counted_from);
        format!("{}{local}, {}, {trigger}{value}", instant(occurrence.due, zone), distance(occurrence.due - now))
    };
    workflow.occurrences.iter().map(one).collect()
}

/// The trigger, with what inactivity is really counted from in place of the last sign-in.
fn said(trigger: &str, counted_from: Option<&str>) -> String {
    match counted_from.filter(|from| *from != LAST_SIGN_IN) {
        Some(from) => trigger.replace(sentence::SIGN_IN, from),
        None => trigger.to_owned(),
    }
}

fn distance(from_now: TimeDelta) -> String {
    let amount = from_now.abs();
    let (number, unit) = match amount {
        amount if amount >= TimeDelta::days(2) => (amount.num_days(), "days"),
        amount if amount >= TimeDelta::hours(2) => (amount.num_hours(), "hours"),
        amount => (amount.num_minutes(), "minutes"),
    };
    match (number, from_now > TimeDelta::zero()) {
        (0, _) if amount < TimeDelta::seconds(1) => "now".to_owned(),
        (0, true) => "in less than a minute".to_owned(),
        (0, false) => "less than a minute ago".to_owned(),
        (number, true) => format!("in {number} {unit}"),
        (number, false) => format!("{number} {unit} ago"),
    }
}

fn past_lines(past: &Past, zone: Tz) -> Vec<String> {
    let at = instant(past.at, zone);
    let why = past.reason.as_deref().map(reason).unwrap_or_default();
    if past.what != Became::Run {
        let by = past.by.as_ref().map(|by| format!(" by {}", Foreign(by))).unwrap_or_default();
        let why = if past.what == Became::Superseded { String::new() } else { why };
        return vec![format!("{at}  {}{by}{why}", past.what)];
    }
    let (run, status) = (past.run.as_deref().unwrap_or_default(), past.status.map(coloured).unwrap_or_default());
    let cause = past.cause.as_ref().map(|cause| format!(" ({})", Foreign(cause))).unwrap_or_default();
    let mut lines = vec![format!("{at}  run {}{cause}: {status}{why}", Foreign(run))];
    lines.extend(past.tasks.iter().map(|task| format!("    {}", task_line(task))));
    lines
}

fn task_line(task: &PastTask) -> String {
    let why = reasons::with_text(task.reason.as_deref().unwrap_or_default(), task.info.as_deref().unwrap_or_default());
    let why = if why.is_empty() { String::new() } else { format!(" ({})", Foreign(&why)) };
    format!("{}: {}{why}", Foreign(&task.name), coloured(WorkStatus::Result(task.status)))
}

fn coloured(status: WorkStatus) -> String {
    let is_bad = matches!(status, WorkStatus::Result(ProcessingStatus::Failed | ProcessingStatus::CompletedWithErrors));
    if is_bad { format!("{RED}{status}{PLAIN}") } else { status.to_string() }
}

fn reason(word: &str) -> String {
    format!(" ({})", Foreign(&reasons::with_words(word)))
}

fn next(next: &Outlook, zone: Tz) -> String {
    match next.evaluation {
        Some(evaluation) => format!("{} by the evaluation of {} at the latest", next.text, instant(evaluation, zone)),
        None => next.text.clone(),
    }
}
