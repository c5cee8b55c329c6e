//! What becomes of a person's occurrences of one workflow, as of one instant (design 3.1 rules 3 and 5).
//!
//! Everything that is asked here is in the parameters. Most people are not due, so what is cheap to tell comes first:
//! the attribute's instant without zone arithmetic, then the due instant, then the scope rule, then the keyed id.

use chrono::{DateTime, TimeDelta, Utc};

use crate::api::{EntryState, Sighting};
use crate::rule::Truth;

use super::due::{Moment, Verdict, judge};
use super::keys::Keyring;
use super::ledger::LedgerIndex;
use super::snapshot::is_news;
use super::subject::{DateReading, Person};
use super::trigger::{CompiledWorkflow, LAST_SIGN_IN, Occurrence, Trigger};

/// Why an occurrence is missed of which nothing else is known.
pub const WINDOW_ENDED: &str = "WindowEnded";

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
}

/// What was seen of one person.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// This evaluation's sighting.
    pub now: &'a Sighting,
    /// The newest sealed sighting.
    pub before: Option<&'a Sighting>,
    /// Some occurrence of theirs was released and not planned again.
    pub has_released: bool,
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
    /// To be recorded as missed.
    Missed {
        /// What is missed.
        occurrence: Occurrence,
        /// Its key.
        key: String,
        /// Why, in one word: [`WINDOW_ENDED`], or that of the release.
        reason: String,
    },
    /// Older than anything that the workflow answers for.
    History,
    /// Planned, missed or superseded before.
    Consumed,
    /// The person is not in the scope, or it is not known whether they are.
    OutOfScope,
}

/// One occurrence, decided.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Decided {
    /// What becomes of it.
    pub decision: Decision,
    /// The instant after the as-of at which the decision may be another one: it becomes due, or its window ends.
    pub next: Option<DateTime<Utc>>,
}

impl From<Decision> for Decided {
    fn from(decision: Decision) -> Self {
        Self { decision, next: None }
    }
}

impl<'a> Facts<'a> {
    /// `moved`: the trigger, its offset or its zone is another one than at the last sealed evaluation.
    #[must_use]
    pub fn new(workflow: &'a CompiledWorkflow, moment: Moment, moved: bool) -> Self {
        let date = match &workflow.trigger {
            Some(Trigger::Time { attribute, offset_in_days, .. }) => {
                Some((attribute.as_str(), TimeDelta::days(i64::from(*offset_in_days))))
            }
            Some(Trigger::Inactivity { days }) => Some((LAST_SIGN_IN, TimeDelta::days(i64::from(*days)))),
            _ => None,
        };
        Self { workflow, moment, moved, date }
    }

    /// Decides about every occurrence of the person, at most one an attribute.
    ///
    /// `horizon`: of what is due from then on the caller need not know the instant, as it knows of an earlier one.
    pub fn decide<'b>(
        &'b self,
        person: &'b Person,
        view: View<'b>,
        books: Books<'b>,
        horizon: Option<DateTime<Utc>>,
    ) -> impl Iterator<Item = Decided> + 'b {
        let glance = self.glance(person, view, horizon);
        let occurrences = if glance.is_none() { self.workflow.occurrences(person, view.now) } else { Vec::new() };
        glance
            .map(Decided::from)
            .into_iter()
            .chain(occurrences.into_iter().map(move |occurrence| self.weigh(occurrence, person, view, books)))
    }

    /// The decision, if the date is so far from the as-of that neither zone nor scope can change it.
    fn glance(&self, person: &Person, view: View<'_>, horizon: Option<DateTime<Utc>>) -> Option<Decision> {
        let (attribute, offset) = self.date?;
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

    fn is_news(&self, view: View<'_>, attribute: &str) -> bool {
        self.moved || is_news(view.now, view.before, attribute, self.moment.last_sealed_at)
    }

    fn weigh(&self, occurrence: Occurrence, person: &Person, view: View<'_>, books: Books<'_>) -> Decided {
        let (moment, due) = (&self.moment, occurrence.due);
        // What is news matters only to what is past its window.
        let news = due < moment.as_of - moment.window && self.is_news(view, &occurrence.attribute);
        let verdict = judge(due, news, moment);
        if verdict == Verdict::History && !view.has_released {
            return Decision::History.into();
        }
        if self.workflow.in_scope(person, moment.as_of) != Truth::True {
            return if verdict == Verdict::History { Decision::History } else { Decision::OutOfScope }.into();
        }
        let next = if due > moment.as_of { due } else { due + moment.window + TimeDelta::seconds(1) };
        let decision = self.look_up(verdict, occurrence, person, books);
        // A consumed occurrence has no window that could end.
        let is_open = decision != Decision::Consumed;
        Decided { decision, next: (is_open && next > moment.as_of).then_some(next) }
    }

    /// The decision about somebody in scope: whether the occurrence was dealt with before.
    fn look_up(&self, verdict: Verdict, occurrence: Occurrence, person: &Person, books: Books<'_>) -> Decision {
        if verdict == Verdict::NotYet {
            return Decision::NotYet { at: occurrence.due };
        }
        let key = occurrence.key(books.keys, &self.workflow.lineage, &person.key);
        let row = books.ledger.get(&key);
        if row.is_some_and(|row| row.state != EntryState::Released) {
            return Decision::Consumed;
        }
        match (verdict, row) {
            (Verdict::Due, _) => Decision::Due { occurrence, key },
            (Verdict::Missed, None) => Decision::Missed { occurrence, key, reason: WINDOW_ENDED.to_owned() },
            // What was released and not done in time is missed, for the reason of the release.
            (_, Some(row)) => {
                let reason = row.reason.clone().unwrap_or_else(|| WINDOW_ENDED.to_owned());
                Decision::Missed { occurrence, key, reason }
            }
            (_, None) => Decision::History,
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono_tz::Tz;

    use super::*;
    use crate::api::{AttributeMark, Category, LedgerEntry};
    use crate::domain::dates::{DateOnly, DateValue, parse_time_of_day};
    use crate::domain::keys::keys;
    use crate::domain::ledger::row;
    use crate::domain::subject::{self, DatedValue};
    use crate::rule::{Attributes, Rule};

    const HIRED: &str = "employeeHireDate";
    const PERSON: &str = "s";

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().expect("an instant")
    }

    fn joiner(offset_in_days: i32, time: Option<&str>) -> CompiledWorkflow {
        let time = time.map(|text| parse_time_of_day(text).expect("a time of day"));
        CompiledWorkflow {
            name: "joiner".to_owned(),
            lineage: "lineage".to_owned(),
            version: 1,
            category: Category::Joiner,
            scope: Some(Rule::parse("department eq 'Sales'").expect("a rule")),
            trigger: Some(Trigger::Time { attribute: HIRED.to_owned(), offset_in_days, at: time }),
            window: TimeDelta::days(3),
            due_rule: String::new(),
        }
    }

    fn person(department: &str, hired: DateReading) -> Person {
        let attributes = Attributes::new().with("department", department);
        Person { attributes, ..subject::person(&[(HIRED, hired)]) }
    }

    fn hired(text: &str, zone: Tz) -> DateReading {
        DateReading::Known(DatedValue::new(DateValue::parse(text).expect("a date"), zone, DateOnly::StartOfDay))
    }

    fn sighting(marks: Vec<AttributeMark>) -> Sighting {
        Sighting { epoch: 1, first_seen_at: at("2026-01-01T00:00:00Z"), marks }
    }

    fn steady() -> Sighting {
        sighting(vec![AttributeMark { name: HIRED.into(), digest: "d".into(), sequence: 0, changed_at: None }])
    }

    fn moment() -> Moment {
        Moment {
            as_of: at("2026-03-10T12:00:00Z"),
            window: TimeDelta::days(3),
            activated_at: at("2026-01-01T00:00:00Z"),
            last_sealed_at: Some(at("2026-03-10T09:00:00Z")),
        }
    }

    fn ledger(state: EntryState, key: &str) -> LedgerIndex {
        let mut index = LedgerIndex::default();
        index.add(LedgerEntry { subject: PERSON.to_owned(), reason: Some("RunCanceled".to_owned()), ..row(1, key, state) });
        index
    }

    fn word(decision: &Decision) -> String {
        match decision {
            Decision::Later => "later".to_owned(),
            Decision::NotYet { at } => format!("not yet, at {}", at.format("%d")),
            Decision::Due { .. } => "due".to_owned(),
            Decision::Missed { reason, .. } => format!("missed, {reason}"),
            Decision::History => "history".to_owned(),
            Decision::Consumed => "consumed".to_owned(),
            Decision::OutOfScope => "out of scope".to_owned(),
        }
    }

    #[test]
    fn every_decision_has_its_facts() {
        use EntryState::{Missed, Planned, Released, Superseded};
        let (workflow, keys, before) = (joiner(0, None), keys(), steady());
        let facts = Facts::new(&workflow, moment(), false);
        let moved = Facts::new(&workflow, moment(), true);
        let soon = Some(at("2026-03-11T00:00:00Z"));
        let cases = [
            ("in eleven days", &facts, "Sales", "2026-03-21", None, None, Some("not yet, at 21")),
            ("in eleven days, and something is earlier", &facts, "Sales", "2026-03-21", None, soon, Some("later")),
            ("in eleven days, in another department", &facts, "Legal", "2026-03-21", None, None, Some("out of scope")),
            ("today", &facts, "Sales", "2026-03-10", None, None, Some("due")),
            ("today, in another department", &facts, "Legal", "2026-03-10", None, None, Some("out of scope")),
            ("today, and planned", &facts, "Sales", "2026-03-10", Some(Planned), None, Some("consumed")),
            ("today, and missed", &facts, "Sales", "2026-03-10", Some(Missed), None, Some("consumed")),
            ("today, and superseded", &facts, "Sales", "2026-03-10", Some(Superseded), None, Some("consumed")),
            ("today, and released", &facts, "Sales", "2026-03-10", Some(Released), None, Some("due")),
            ("past the window", &facts, "Sales", "2026-02-10", None, None, Some("history")),
            ("past the window, and released", &facts, "Sales", "2026-02-10", Some(Released), None, Some("missed, RunCanceled")),
            ("past the window, the offset is new", &moved, "Sales", "2026-02-10", None, None, Some("missed, WindowEnded")),
            ("past the window, the offset is new, and planned", &moved, "Sales", "2026-02-10", Some(Planned), None, Some("consumed")),
            ("before the activation, the offset is new", &moved, "Sales", "2025-12-10", None, None, Some("history")),
            ("before the activation, and released", &facts, "Sales", "2025-12-10", Some(Released), None, Some("missed, RunCanceled")),
            ("no day that exists", &facts, "Sales", "2026-02-30", None, None, None),
        ];
        for (name, facts, department, date, state, horizon, expected) in cases {
            let reading = DateValue::parse(date).map_or(DateReading::Unknown, |_| hired(date, Tz::UTC));
            let person = person(department, reading);
            let ledger = state.map(|state| ledger(state, &keys.time_occurrence("lineage", PERSON, HIRED, date))).unwrap_or_default();
            let view = View { now: &before, before: Some(&before), has_released: state == Some(Released) };
            let books = Books { keys: &keys, ledger: &ledger };
            let found: Vec<String> = facts.decide(&person, view, books, horizon).map(|decided| word(&decided.decision)).collect();
            assert_eq!(found, expected.map(str::to_owned).into_iter().collect::<Vec<_>>(), "{name}");
        }
    }

    #[test]
    fn the_end_of_a_window_is_an_instant_to_look_again() {
        let (workflow, keys, before, ledger) = (joiner(0, None), keys(), steady(), LedgerIndex::default());
        let facts = Facts::new(&workflow, moment(), false);
        let view = View { now: &before, before: Some(&before), has_released: false };
        let next = |date: &str| {
            let person = person("Sales", hired(date, Tz::UTC));
            facts.decide(&person, view, Books { keys: &keys, ledger: &ledger }, None).next().and_then(|decided| decided.next)
        };
        assert_eq!(next("2026-03-10"), Some(at("2026-03-13T00:00:01Z")));
        assert_eq!(next("2026-03-12"), Some(at("2026-03-12T00:00:00Z")));
        assert_eq!(next("2026-02-01"), None);
    }

    /// The glance must never say what the due instant to the second would deny.
    #[test]
    fn a_glance_agrees_with_the_due_instant() {
        let (keys, ledger, before) = (keys(), LedgerIndex::default(), steady());
        let unseen = sighting(Vec::new());
        let horizon = at("2026-03-20T00:00:00Z");
        let mut glances = 0;
        for (offset, time) in [(0, None), (-180, Some("23:59:59")), (180, Some("00:00")), (7, Some("09:00"))] {
            let workflow = joiner(offset, time);
            for zone in [Tz::UTC, Tz::Europe__Berlin, Tz::Pacific__Apia, Tz::Pacific__Niue] {
                for day in 0..500 {
                    let date = (moment().as_of + TimeDelta::days(day - 300)).format("%Y-%m-%d").to_string();
                    let person = person("Sales", hired(&date, zone));
                    for (before, moved) in [(&before, false), (&before, true), (&unseen, false)] {
                        let view = View { now: &steady(), before: Some(before), has_released: false };
                        let facts = Facts::new(&workflow, moment(), moved);
                        let Some(glance) = facts.glance(&person, view, Some(horizon)) else { continue };
                        glances += 1;
                        let books = Books { keys: &keys, ledger: &ledger };
                        let exact = facts.weigh(workflow.occurrences(&person, view.now).remove(0), &person, view, books);
                        match (&glance, &exact.decision) {
                            (Decision::Later, Decision::NotYet { at }) => assert!(*at >= horizon, "{date} in {zone}, {offset} days"),
                            (glance, exact) => assert_eq!(glance, exact, "{date} in {zone}, {offset} days"),
                        }
                        assert!(exact.next.is_none_or(|next| next >= horizon), "{date} in {zone}, {offset} days");
                    }
                }
            }
        }
        assert!(glances > 10_000, "{glances} glances show little");
    }
}
