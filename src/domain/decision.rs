//! What becomes of a person's occurrences of one workflow, as of one instant (design 3.1 rules 3 and 5, and 3.1.1).
//!
//! Everything that is asked here is in the parameters. Most people are not due, so what is cheap to tell comes first:
//! the attribute's instant without zone arithmetic, then the due instant, then the scope rule, then the keyed id.

use chrono::{DateTime, TimeDelta, Utc};

use crate::api::reasons::Reason;
use crate::api::tenant_ledger::TriggerAttribute;
use crate::api::{Category, EntryState, LedgerEntry, Sighting};
use crate::rule::Truth;

use super::due::{Moment, Verdict, judge};
use super::employment::{Employment, LeaveWork, Rehired, Relation};
use super::keys::Keyring;
use super::ledger::LedgerIndex;
use super::snapshot::{is_another_zone, is_news};
use super::subject::{DateReading, HIRE_DATE, LEAVE_DATE, Person};
use super::trigger::{AttributeChange, CompiledWorkflow, Occurrence, Origin, Trigger};

/// How far a due instant can be from its date's instant moved by the trigger's offset in days of 24 hours. The time of
/// day moves it by less than 24 hours; the zone's distance from UTC changes by at most 26 hours; a local time that the
/// clock skips, by at most 24 hours.
const MARGIN: TimeDelta = TimeDelta::days(4);

/// What is the same for all people of one workflow.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    workflow: &'a CompiledWorkflow,
    moment: Moment,
    moved: bool,
    /// The date attribute of the trigger, and the days after it.
    date: Option<(&'a str, TimeDelta)>,
    /// Since when the attributes are in the lineage's trigger, as the head has it.
    since: &'a [TriggerAttribute],
}

/// What was seen of one person.
#[derive(Clone, Copy, Debug)]
pub struct PersonView<'a> {
    /// This evaluation's sighting.
    pub now: &'a Sighting,
    /// The newest sealed sighting.
    pub before: Option<&'a Sighting>,
    /// The person's dates, read together.
    pub employment: &'a Employment,
    /// Some occurrence of theirs was released and not planned again.
    pub has_released: bool,
    /// Work of the hire that enables the account was planned: they were let in for their return.
    pub is_let_in: bool,
}

/// What was written before, under which keys.
#[derive(Clone, Copy)]
pub struct Books<'a> {
    /// The tenant's key.
    pub keys: &'a Keyring,
    /// Which occurrences are consumed or released.
    pub ledger: &'a LedgerIndex,
}

/// What becomes of one occurrence.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Decision {
    /// Due at the horizon or later; nobody asked whether the person is in scope.
    Later,
    /// The person is in scope and due later.
    NotYet {
        /// The due instant, after the as-of.
        at: DateTime<Utc>,
    },
    /// To be planned.
    Due {
        /// What is due.
        occurrence: Occurrence,
        /// Its key.
        key: String,
    },
    /// Leaver work of an earlier employment, whose return has come: due only if work of the hire that enables the account
    /// is due in the same evaluation, and runs after it.
    DueBeforeReturn {
        /// What is due.
        occurrence: Occurrence,
        /// Its key.
        key: String,
    },
    /// Not due, for as long as the person's dates are to each other what they are, or cannot be read.
    NotDue {
        /// Why, in one word.
        reason: Reason,
    },
    /// To be recorded as missed.
    Missed {
        /// What is missed.
        occurrence: Occurrence,
        /// Its key.
        key: String,
        /// Why, in one word: [`Reason::WindowEnded`], or that of the release, as it stands in the row.
        reason: String,
    },
    /// Older than anything that the workflow answers for.
    History,
    /// Planned, missed or superseded before.
    Consumed {
        /// Its key.
        key: String,
    },
    /// The person is not in the scope, or it is not known whether they are.
    OutOfScope,
}

/// What a decision is about.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct About {
    /// The attribute or group.
    pub attribute: String,
    /// The due instant.
    pub due: DateTime<Utc>,
}

/// One occurrence, decided.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Decided {
    /// What it is about; None: a glance was enough to tell.
    pub about: Option<About>,
    /// What becomes of it.
    pub decision: Decision,
    /// The instant after the as-of at which the decision may be another one: it becomes due, or its window ends.
    pub next: Option<DateTime<Utc>>,
}

impl Decided {
    /// A decision that time alone does not change.
    fn lasting(about: About, decision: Decision) -> Self {
        Self { about: Some(about), decision, next: None }
    }
}

impl<'a> Facts<'a> {
    /// `moved`: the trigger, its offset or its zone is another one than at the last sealed evaluation.
    #[must_use]
    pub fn new(workflow: &'a CompiledWorkflow, moment: Moment, moved: bool, since: &'a [TriggerAttribute]) -> Self {
        let date = match &workflow.trigger {
            Some(Trigger::Time { attribute, offset_in_days, .. }) => {
                Some((attribute.as_str(), TimeDelta::days(i64::from(*offset_in_days))))
            }
            Some(Trigger::Change { .. } | Trigger::Membership { .. } | Trigger::Inactivity { .. } | Trigger::Sponsors { .. }) | None => {
                None
            }
        };
        Self { workflow, moment, moved, date, since }
    }

    /// Decides about every occurrence of the person: at most one, but for what is missed and older.
    ///
    /// `horizon`: of what is due from then on the caller need not know the instant, as it knows of an earlier one.
    #[must_use]
    pub fn decide(&self, person: &Person, view: PersonView<'_>, books: Books<'_>, horizon: Option<DateTime<Utc>>) -> Vec<Decided> {
        if let Some(decision) = self.glance(person, view, horizon) {
            return vec![Decided { about: None, decision, next: None }];
        }
        let occurrences = self.workflow.occurrences(person, view.now, view.employment, self.moment.as_of);
        match self.workflow.trigger {
            Some(Trigger::Change { .. } | Trigger::Membership { .. }) => self.changes(occurrences, person, view, books),
            Some(Trigger::Time { .. } | Trigger::Inactivity { .. } | Trigger::Sponsors { .. }) | None => {
                occurrences.into_iter().map(|occurrence| self.weigh(occurrence, person, view, books)).collect()
            }
        }
    }

    /// The decision, if the date is so far from the as-of that neither zone nor scope can change it.
    fn glance(&self, person: &Person, view: PersonView<'_>, horizon: Option<DateTime<Utc>>) -> Option<Decision> {
        let (attribute, offset) = self.date?;
        if view.employment.relation != Relation::Ordinary {
            return None;
        }
        let DateReading::Known(date) = person.date(attribute) else { return None };
        let (moment, about) = (&self.moment, date.instant.checked_add_signed(offset)?);
        let (earliest, latest) = (about.checked_sub_signed(MARGIN)?, about.checked_add_signed(MARGIN)?);
        if earliest > moment.as_of {
            return horizon.is_some_and(|horizon| earliest >= horizon).then_some(Decision::Later);
        }
        if view.has_released || latest >= moment.as_of - moment.window - TimeDelta::seconds(1) {
            return None;
        }
        let seen = || moment.last_sealed_at.is_none_or(|sealed| latest <= sealed) && !self.is_news(view, attribute);
        (latest < moment.activated_at || seen()).then_some(Decision::History)
    }

    /// A change of the hire date or the leave date is news for both, and so is one of the zone of either. But the end of an
    /// employment that had begun says nothing new of its beginning: no leave date could have forbidden that.
    fn is_news(&self, view: PersonView<'_>, attribute: &str) -> bool {
        let changed = |name: &str| is_news(view.now, view.before, name, self.moment.last_sealed_at);
        let had_begun = || view.before.is_some_and(|before| before.begun_at.is_some());
        let is_another = changed(attribute)
            || match attribute {
                HIRE_DATE => changed(LEAVE_DATE) && !(view.employment.relation == Relation::Ordinary && had_begun()),
                LEAVE_DATE => changed(HIRE_DATE),
                _ => false,
            };
        let mut zones = self.workflow.zone_attributes.iter();
        self.moved || is_another || zones.any(|zone| is_another_zone(view.now, zone, self.moment.last_sealed_at))
    }

    fn weigh(&self, mut occurrence: Occurrence, person: &Person, view: PersonView<'_>, books: Books<'_>) -> Decided {
        let moment = &self.moment;
        occurrence.due = self.workflow.read_together(occurrence.due, view.employment);
        let due = occurrence.due;
        let about = About { attribute: occurrence.attribute.clone(), due };
        let verdict = self.verdict(&occurrence, view);
        if verdict == Verdict::History && !view.has_released {
            return Decided::lasting(about, Decision::History);
        }
        if self.workflow.in_scope(person, moment.as_of) != Truth::True {
            let decision = if verdict == Verdict::History { Decision::History } else { Decision::OutOfScope };
            return Decided::lasting(about, decision);
        }
        let decision = self.look_up(verdict, occurrence, person, books);
        let decision = self.by_dates(decision, due, person, view, books);
        let next = if due > moment.as_of { due } else { due + moment.window + TimeDelta::seconds(1) };
        // Neither what is consumed nor what its dates forbid has a window that could end; nor has a state.
        let is_settled = matches!(decision, Decision::Consumed { .. } | Decision::NotDue { .. });
        let is_open = !is_settled && (due > moment.as_of || !self.workflow.is_state());
        Decided { about: Some(about), decision, next: (is_open && next > moment.as_of).then_some(next) }
    }

    fn verdict(&self, occurrence: &Occurrence, view: PersonView<'_>) -> Verdict {
        let (moment, due) = (&self.moment, occurrence.due);
        if self.workflow.is_state() {
            // A state is not an event: it is due for as long as it holds.
            return if due > moment.as_of { Verdict::NotYet } else { Verdict::Due };
        }
        // What is news matters only to what is past its window.
        let news = due < moment.as_of - moment.window && self.is_news(view, &occurrence.attribute);
        judge(due, news, moment)
    }

    /// The decision about somebody in scope: whether the occurrence was dealt with before.
    fn look_up(&self, verdict: Verdict, occurrence: Occurrence, person: &Person, books: Books<'_>) -> Decision {
        if verdict == Verdict::NotYet {
            return Decision::NotYet { at: occurrence.due };
        }
        let key = occurrence.key(books.keys, &self.workflow.lineage, &person.key);
        let row = books.ledger.get(&key);
        if row.is_some_and(|row| row.state != EntryState::Released) {
            return Decision::Consumed { key };
        }
        match (verdict, row) {
            (Verdict::Due, row) if !row.is_some_and(|row| self.has_expired(row)) => Decision::Due { occurrence, key },
            (Verdict::Missed, None) => Decision::Missed { occurrence, key, reason: Reason::WindowEnded.to_string() },
            // What was released and not done in time is missed, for the reason of the release.
            (_, Some(row)) => {
                let reason = row.reason.clone().unwrap_or_else(|| Reason::WindowEnded.to_string());
                Decision::Missed { occurrence, key, reason }
            }
            (_, None) => Decision::History,
        }
    }

    /// A state has no window, but its plan has: what expired in it is not tried for ever.
    fn has_expired(&self, row: &LedgerEntry) -> bool {
        self.workflow.is_state() && Reason::of(row.reason.as_deref()) == Some(Reason::PlanExpired)
    }

    /// What the person's two dates, read together, make of a decision (design 3.1.1).
    fn by_dates(&self, decision: Decision, due: DateTime<Utc>, person: &Person, view: PersonView<'_>, books: Books<'_>) -> Decision {
        let employment = view.employment;
        if !matches!(decision, Decision::NotYet { .. } | Decision::Due { .. } | Decision::Missed { .. }) {
            return decision;
        }
        match self.workflow.category {
            Category::Joiner if employment.relation == Relation::Withdrawn => Decision::NotDue { reason: Reason::HireWithdrawn },
            Category::Leaver if self.workflow.tasks.deletes && employment.forbids_deletion() => {
                Decision::NotDue { reason: Reason::HireDateUnknown }
            }
            Category::Leaver if self.workflow.is_timed_by(LEAVE_DATE) => {
                let was_done = view.is_let_in || self.was_done(person, employment, books);
                let work = LeaveWork { deletes: self.workflow.tasks.deletes, due, was_done };
                match (employment.rehired(&work, self.moment.as_of), decision) {
                    (Rehired::No, decision) => decision,
                    // What was done before the return was let go when it came, and is not done again.
                    (Rehired::UnlessOpenedAgain, Decision::Due { occurrence, key }) if books.ledger.get(&key).is_none() => {
                        Decision::DueBeforeReturn { occurrence, key }
                    }
                    (Rehired::Yes | Rehired::UnlessOpenedAgain, _) => Decision::NotDue { reason: Reason::Rehired },
                }
            }
            Category::Joiner | Category::Mover | Category::Leaver => decision,
        }
    }

    /// Whether the workflow was planned for another value of the leave date since the hire date was seen. Rows tell: one that
    /// stands is done or under way, for what was not begun was released when the value was gone.
    fn was_done(&self, person: &Person, employment: &Employment, books: Books<'_>) -> bool {
        let Some(seen) = employment.hire_seen_at.filter(|_| employment.relation == Relation::Return) else { return false };
        let DateReading::Known(leave) = employment.leave else { return false };
        let own = books.keys.time_occurrence(&self.workflow.lineage, &person.key, LEAVE_DATE, &leave.value.canonical());
        // A row of another value was released, as changed, when that value was gone.
        let done_at = |row: &LedgerEntry| if row.state == EntryState::Planned { Some(row.at) } else { row.done };
        let is_ours = |row: &&LedgerEntry| row.workflow == self.workflow.name && row.attribute == LEAVE_DATE && row.key != own;
        books.ledger.of_subject(&person.key).filter(is_ours).filter_map(done_at).any(|done| done >= seen)
    }

    /// All changes of one person that are due for the workflow are one occurrence, due when they have been still for a
    /// minute. What is older than anything, or was dealt with, is told for each.
    fn changes(&self, changes: Vec<Occurrence>, person: &Person, view: PersonView<'_>, books: Books<'_>) -> Vec<Decided> {
        let (mut decided, mut due): (Vec<Decided>, Vec<Due>) = (Vec::new(), Vec::new());
        let mut still_at: Option<About> = None;
        for mut change in changes {
            if self.is_history(&change) {
                decided.push(Decided::lasting(About { attribute: change.attribute, due: change.due }, Decision::History));
                continue;
            }
            change.due += self.moment.stillness;
            let key = change.key(books.keys, &self.workflow.lineage, &person.key);
            if books
                .ledger
                .get(&key)
                .is_some_and(|row| row.state == EntryState::Released && Reason::of(row.reason.as_deref()) == Some(Reason::Rehired))
            {
                change.due = view.employment.mover_due(change.due, self.moment.as_of);
            }
            let own = self.weigh(change, person, view, books);
            match own.decision {
                Decision::NotYet { .. } => still_at = [still_at, own.about].into_iter().flatten().max_by_key(|about| about.due),
                Decision::Due { occurrence, key } => due.push(Due { occurrence, key, next: own.next }),
                Decision::Later
                | Decision::DueBeforeReturn { .. }
                | Decision::NotDue { .. }
                | Decision::Missed { .. }
                | Decision::History
                | Decision::Consumed { .. }
                | Decision::OutOfScope => decided.push(own),
            }
        }
        match still_at {
            Some(about) => {
                let at = about.due;
                decided.push(Decided { about: Some(about), decision: Decision::NotYet { at }, next: Some(at) });
            }
            None => decided.extend(together(due)),
        }
        decided
    }

    /// Whether the change was seen before the workflow was scheduled, or before the attribute was in its trigger. The first
    /// evaluation that found it so only notes the values: what it sees to differ has changed at some time before.
    fn is_history(&self, change: &Occurrence) -> bool {
        let since = self.since.iter().find(|entry| entry.name == change.attribute).map_or(self.moment.as_of, |entry| entry.since);
        change.due <= self.moment.activated_at.max(since)
    }
}

/// A change that is due.
struct Due {
    occurrence: Occurrence,
    key: String,
    next: Option<DateTime<Utc>>,
}

/// One occurrence of all changes: named after the newest.
fn together(mut due: Vec<Due>) -> Option<Decided> {
    due.sort_by(|left, right| (left.occurrence.due, &left.occurrence.attribute).cmp(&(right.occurrence.due, &right.occurrence.attribute)));
    let next = due.iter().filter_map(|due| due.next).min();
    let Due { mut occurrence, key, .. } = due.pop()?;
    let change = |due: Due| match due.occurrence.source {
        Origin::Change { sequence, .. } => Some(AttributeChange { attribute: due.occurrence.attribute, sequence, key: due.key }),
        Origin::Date(_) => None,
    };
    occurrence.also = due.into_iter().filter_map(change).collect();
    let about = About { attribute: occurrence.attribute.clone(), due: occurrence.due };
    Some(Decided { about: Some(about), decision: Decision::Due { occurrence, key }, next })
}

#[cfg(test)]
mod tests;
