//! What comes next of one workflow for the person, in words.

use chrono::{DateTime, TimeDelta, Utc};

use crate::api::{EntryState, LedgerEntry, ProcessingStatus, reasons};
use crate::domain::decision::{Decided, Decision};
use crate::domain::subject::{CREATED, DateReading};
use crate::domain::trigger::{CompiledWorkflow, INACTIVITY, LAST_SIGN_IN, Occurrence, Origin, Trigger, is_state};

use super::basis::{Basis, tick_after};
use super::history::{History, Open, held};
use super::report::{Outlook, WorkStatus, instant};
use super::workflow::{Case, end};

/// How long before a tick an instant may lie to be dealt with by it.
const AT_THE_LATEST: TimeDelta = TimeDelta::seconds(1);

impl Basis<'_> {
    /// What comes next.
    pub(super) fn next_of(&self, case: &Case<'_>, history: &History) -> Outlook {
        if let Some(open) = history.open(case.name) {
            return Outlook::something(None, None, self.under_way(case, open));
        }
        if let Some(why) = &case.not_evaluated {
            return Outlook::nothing(why);
        }
        if self.found.is_deleted() {
            return Outlook::nothing("the account is deleted");
        }
        if case.person.is_none() {
            return Outlook::nothing("there is no record");
        }
        let all = case.occurrences.iter().filter_map(|occurrence| {
            let decided = case.verdicts.about(&occurrence.attribute)?;
            Some(self.of_one(case, history, decided, occurrence))
        });
        // Something is told before nothing, and the earlier before the later.
        all.min_by_key(|next| (next.due.is_none(), next.due)).unwrap_or_else(|| without_occurrence(case))
    }

    /// Where somebody stands in a Run that has not ended for them.
    fn under_way(&self, case: &Case<'_>, open: &Open) -> String {
        let Open { run, standing, occurrence } = open;
        if standing.is_claimed() {
            return format!("the run {run} is at work on this person");
        }
        let Some(held) = held(self.tenant, run) else {
            return format!("the run {run} is planned and has not come to this person yet");
        };
        // On-demand work is about no attribute, and has no window.
        let row = self.tenant.ledger.get(occurrence).filter(|row| !row.attribute.is_empty());
        let ends = row.zip(case.compiled.as_ref()).map(|(row, compiled)| end(counted(row), compiled.window));
        let ends = ends.map(|ends| format!("; if nobody lets it go on by {}, the person is missed", self.text(ends)));
        format!("the run {run} is held ({}: {}){}", held.reason, held.message, ends.unwrap_or_default())
    }

    fn of_one(&self, case: &Case<'_>, history: &History, decided: &Decided, occurrence: &Occurrence) -> Outlook {
        let attribute = occurrence.attribute.as_str();
        let due = decided.about.as_ref().map_or(occurrence.due, |about| about.due);
        match &decided.decision {
            // An evaluation asks the ledger once the instant comes, for who is in scope: what is done is not done again.
            Decision::Later | Decision::NotYet { .. } | Decision::OutOfScope if self.is_settled(case, occurrence) => {
                Outlook::nothing(consumed(case, history, attribute, self.row(case, occurrence)))
            }
            Decision::Later | Decision::NotYet { .. } => {
                let still = self.when_still(case, due);
                self.planned(due, still.as_deref().unwrap_or("becomes due then, and is planned"))
            }
            Decision::Due { .. } | Decision::DueBeforeReturn { .. } => match &case.verdicts.superseded_by {
                Some(leaver) => self.by_next(due, &format!("is due, and gives way to {leaver}: it is recorded as superseded")),
                None => self.by_next(due, "is due, and is planned"),
            },
            Decision::Missed { reason, .. } => self.by_next(due, &format!("is too late ({reason}), and is recorded as missed")),
            Decision::History => match self.row(case, occurrence) {
                Some(row) if row.state != EntryState::Released => Outlook::nothing(consumed(case, history, attribute, Some(row))),
                Some(row) => Outlook::nothing(self.why_let_go(case, row, due)),
                None => Outlook::nothing(self.why_history(case, due)),
            },
            Decision::NotDue { reason } => Outlook::nothing(reason.in_words().unwrap_or(reason.as_str())),
            Decision::Consumed { key } => Outlook::nothing(consumed(case, history, attribute, self.tenant.ledger.get(key))),
            Decision::OutOfScope => Outlook::nothing(self.out_of_scope(case, due)),
        }
    }

    /// What is said of a change that is due once the record has been still; None: it is due for another reason.
    fn when_still(&self, case: &Case<'_>, due: DateTime<Utc>) -> Option<String> {
        case.compiled.as_ref().filter(|compiled| !compiled.is_state())?;
        let changes = case.occurrences.iter().filter(|occurrence| matches!(occurrence.source, Origin::Change { .. }));
        let seen = changes.map(|change| change.due).find(|seen| seen.checked_add_signed(self.tenant.stillness) == Some(due))?;
        let stillness = match self.tenant.stillness.num_seconds() {
            60 => "a minute".to_owned(),
            seconds => format!("{seconds} seconds"),
        };
        let (due, seen) = (self.text(due), self.text(seen));
        Some(format!("due {due}: the change was seen at {seen} and is due when the record has been still for {stillness}; it is planned"))
    }

    fn planned(&self, due: DateTime<Utc>, text: &str) -> Outlook {
        match &self.next {
            Some(_) => Outlook::something(Some(due), tick_after(self.tenant, due - AT_THE_LATEST), text.to_owned()),
            None => Outlook::something(Some(due), None, format!("{text}, but nothing is evaluated")),
        }
    }

    fn by_next(&self, due: DateTime<Utc>, text: &str) -> Outlook {
        let text = if self.next.is_some() { text.to_owned() } else { format!("{text}, but nothing is evaluated") };
        Outlook::something(Some(due), self.next, text)
    }

    fn why_history(&self, case: &Case<'_>, due: DateTime<Utc>) -> String {
        let moment = self.tenant.usable.get(case.name).and_then(|usable| usable.moment);
        match moment {
            Some(moment) if due < moment.activated_at => format!(
                "it was due at {}, before the workflow was first evaluated at {}: that is history",
                self.text(due),
                self.text(moment.activated_at)
            ),
            Some(moment) => format!(
                "it was due at {}, its window ended at {}, and the ledger has nothing of it: that is history",
                self.text(due),
                self.text(end(due, moment.window))
            ),
            None => "it is history".to_owned(),
        }
    }

    /// What was released and did not become due again in its window.
    fn why_let_go(&self, case: &Case<'_>, row: &LedgerEntry, due: DateTime<Utc>) -> String {
        let window = case.compiled.as_ref().map(|compiled| compiled.window).unwrap_or_default();
        format!("it was released{}, and its window ended at {}", why(row.reason.as_deref()), self.text(end(due, window)))
    }

    fn out_of_scope(&self, case: &Case<'_>, due: DateTime<Utc>) -> String {
        let window = case.compiled.as_ref().map(|compiled| compiled.window).unwrap_or_default();
        if due > self.tenant.as_of {
            format!("not in scope; if that changes, it is due at {}", self.text(due))
        } else if case.compiled.as_ref().is_some_and(CompiledWorkflow::is_state) {
            // A state is due for as long as it holds.
            "not in scope; if that changes, it is due at once".to_owned()
        } else {
            format!("not in scope; if that changes by {}, it is due at once", self.text(end(due, window)))
        }
    }

    /// An instant in a sentence.
    fn text(&self, at: DateTime<Utc>) -> String {
        instant(at, self.zone)
    }
}

/// What the window of a row is counted from: a state has none, but its plan has.
fn counted(row: &LedgerEntry) -> DateTime<Utc> {
    if is_state(&row.attribute) { row.at } else { row.due }
}

/// What became of an occurrence that is not planned again.
fn consumed(case: &Case<'_>, history: &History, attribute: &str, row: Option<&LedgerEntry>) -> String {
    let why = |reason: Option<&String>| why(reason.map(String::as_str));
    let planned = |row: &LedgerEntry| {
        let past = history.in_run(case.name, row.run.as_deref()?)?;
        match past.status? {
            WorkStatus::Result(ProcessingStatus::Failed) => Some("it failed".to_owned()),
            WorkStatus::Result(ProcessingStatus::Canceled) => Some(format!("it was canceled{}", why(past.reason.as_ref()))),
            _ => None,
        }
    };
    let what = match row.map(|row| (row.state, row)) {
        Some((EntryState::Missed, row)) => format!("it was missed{}", why(row.reason.as_ref())),
        Some((EntryState::Superseded, _)) => "the person's leaving took its place".to_owned(),
        Some((_, row)) => planned(row).unwrap_or_else(|| "it is done".to_owned()),
        None => "it is done".to_owned(),
    };
    let attribute = if attribute == INACTIVITY { "what the inactivity is counted from" } else { attribute };
    format!("{what}, and comes again only when {attribute} changes")
}

/// A reason behind what it is the reason of.
fn why(reason: Option<&str>) -> String {
    reason.map_or_else(String::new, |reason| format!(" ({})", reasons::with_words(reason)))
}

/// Why the trigger makes nothing of the person.
fn without_occurrence(case: &Case<'_>) -> Outlook {
    let reading = |attribute: &str| case.person.as_ref().map_or(DateReading::Absent, |person| person.date(attribute));
    let date = |attribute: &str| match reading(attribute) {
        DateReading::Unknown => Outlook::nothing(format!("{attribute} cannot be read, and what is unknown is never due")),
        _ => Outlook::nothing(format!("{attribute} has no value")),
    };
    match case.compiled.as_ref().and_then(|compiled| compiled.trigger.as_ref()) {
        Some(Trigger::Time { attribute, .. }) => date(attribute),
        Some(Trigger::Inactivity { since_created, .. }) => {
            let absent = matches!(reading(LAST_SIGN_IN), DateReading::Absent);
            let from = if absent && *since_created { CREATED } else { LAST_SIGN_IN };
            match reading(from) {
                DateReading::Known(_) => Outlook::nothing("the hire date is ahead, and nobody is inactive before it"),
                _ => date(from),
            }
        }
        Some(Trigger::Change { attributes }) => {
            let verb = if attributes.len() == 1 { "has" } else { "have" };
            Outlook::nothing(format!("{} {verb} not changed since the person was first seen", attributes.join(" and ")))
        }
        Some(Trigger::Membership { group, joined }) => {
            let what = if *joined { "joined" } else { "left" };
            Outlook::nothing(format!("the person has not {what} the group {group} since they were first seen"))
        }
        Some(Trigger::Sponsors { minimum }) => Outlook::nothing(format!("the person is no guest with fewer sponsors than {minimum}")),
        None => Outlook::nothing("it has no trigger"),
    }
}
