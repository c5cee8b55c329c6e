//! What comes next of one workflow for the person, in words.

use chrono::{DateTime, TimeDelta, Utc};

use crate::api::{EntryState, ProcessingStatus, reasons};
use crate::domain::decision::Decision;
use crate::domain::subject::DateReading;
use crate::domain::trigger::{INACTIVITY, LAST_SIGN_IN, Trigger};

use super::history::History;
use super::report::Next;
use super::workflow::{Case, end};
use super::{Seen, tick_after};

/// How long before a tick an instant may lie to be dealt with by it.
const AT_THE_LATEST: TimeDelta = TimeDelta::seconds(1);

impl Seen<'_> {
    /// What comes next.
    pub(super) fn next_of(&self, case: &Case<'_>, history: &History) -> Next {
        if let Some((run, status)) = history.open(case.name) {
            let where_ = match status {
                ProcessingStatus::InProgress => "is at work on this person",
                _ => "is planned and has not come to this person yet",
            };
            return Next { due: None, evaluation: None, text: format!("the run {run} {where_}") };
        }
        if let Some(why) = &case.not_evaluated {
            return Next::nothing(why);
        }
        if self.found.is_deleted() {
            return Next::nothing("the account is deleted");
        }
        if case.person.is_none() {
            return Next::nothing("there is no record");
        }
        let all = case.occurrences.iter().filter_map(|occurrence| {
            let decided = case.verdicts.about(&occurrence.attribute)?;
            let due = decided.about.as_ref().map_or(occurrence.due, |about| about.due);
            Some(self.of_one(case, &decided.decision, &occurrence.attribute, due))
        });
        // Something is told before nothing, and the earlier before the later.
        all.min_by_key(|next| (next.due.is_none(), next.due)).unwrap_or_else(|| without_occurrence(case))
    }

    fn of_one(&self, case: &Case<'_>, decision: &Decision, attribute: &str, due: DateTime<Utc>) -> Next {
        match decision {
            Decision::Later | Decision::NotYet { .. } => self.planned(due, "becomes due then, and is planned"),
            Decision::Due { .. } | Decision::DueBeforeReturn { .. } => match &case.verdicts.superseded_by {
                Some(leaver) => self.by_next(due, &format!("is due, and gives way to {leaver}: it is recorded as superseded")),
                None => self.by_next(due, "is due, and is planned"),
            },
            Decision::Missed { reason, .. } => self.by_next(due, &format!("is too late ({reason}), and is recorded as missed")),
            Decision::History => Next::nothing(self.why_history(case, due)),
            Decision::NotDue { reason } => Next::nothing(reasons::in_words(reason).unwrap_or(reason)),
            Decision::Consumed { key } => Next::nothing(self.why_consumed(attribute, key)),
            Decision::OutOfScope => Next::nothing(out_of_scope(case, due, self.tenant.as_of)),
        }
    }

    fn planned(&self, due: DateTime<Utc>, text: &str) -> Next {
        match &self.next {
            Some(_) => Next { due: Some(due), evaluation: tick_after(self.tenant, due - AT_THE_LATEST), text: text.to_owned() },
            None => Next { due: Some(due), evaluation: None, text: format!("{text}, but nothing is evaluated") },
        }
    }

    fn by_next(&self, due: DateTime<Utc>, text: &str) -> Next {
        let text = if self.next.is_some() { text.to_owned() } else { format!("{text}, but nothing is evaluated") };
        Next { due: Some(due), evaluation: self.next, text }
    }

    fn why_history(&self, case: &Case<'_>, due: DateTime<Utc>) -> String {
        let moment = self.tenant.usable.get(case.name).and_then(|usable| usable.moment);
        match moment {
            Some(moment) if due < moment.activated_at => format!(
                "it was due at {}, before the workflow was first evaluated at {}: that is history",
                text(due),
                text(moment.activated_at)
            ),
            Some(moment) => format!(
                "it was due at {}, and its window ended at {} without that the person was to be processed: that is history",
                text(due),
                text(end(due, moment.window))
            ),
            None => "it is history".to_owned(),
        }
    }

    fn why_consumed(&self, attribute: &str, key: &str) -> String {
        let what = match self.tenant.ledger.get(key).map(|row| row.state) {
            Some(EntryState::Missed) => "it was missed",
            Some(EntryState::Superseded) => "the person's leaving took its place",
            _ => "it is done",
        };
        let attribute = if attribute == INACTIVITY { "what the inactivity is counted from" } else { attribute };
        format!("{what}, and comes again only when {attribute} changes")
    }
}

fn out_of_scope(case: &Case<'_>, due: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let window = case.compiled.as_ref().map(|compiled| compiled.window).unwrap_or_default();
    let ends = end(due, window);
    if due > now {
        format!("not in scope; if that changes, it is due at {}", text(due))
    } else {
        format!("not in scope; if that changes by {}, it is due at once", text(ends))
    }
}

/// Why the trigger makes nothing of the person.
fn without_occurrence(case: &Case<'_>) -> Next {
    let date = |attribute: &str| match case.person.as_ref().map(|person| person.date(attribute)) {
        Some(DateReading::Unknown) => Next::nothing(format!("{attribute} cannot be read, and what is unknown is never due")),
        _ => Next::nothing(format!("{attribute} has no value")),
    };
    match case.compiled.as_ref().and_then(|compiled| compiled.trigger.as_ref()) {
        Some(Trigger::Time { attribute, .. }) => date(attribute),
        Some(Trigger::Inactivity { .. }) => date(LAST_SIGN_IN),
        Some(Trigger::Change { attributes }) => {
            let verb = if attributes.len() == 1 { "has" } else { "have" };
            Next::nothing(format!("{} {verb} not changed since the person was first seen", attributes.join(" and ")))
        }
        Some(Trigger::Membership { group, joined }) => {
            let what = if *joined { "joined" } else { "left" };
            Next::nothing(format!("the person has not {what} the group {group} since they were first seen"))
        }
        Some(Trigger::Sponsors { minimum }) => Next::nothing(format!("the person is no guest with fewer sponsors than {minimum}")),
        None => Next::nothing("it has no trigger"),
    }
}

/// An instant in a sentence.
fn text(instant: DateTime<Utc>) -> String {
    instant.format("%-d %B %Y %H:%M UTC").to_string()
}
