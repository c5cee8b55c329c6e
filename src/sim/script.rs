//! What happens from outside, and when: documents are applied and deleted, and whatever a test wants to do.

use std::collections::{BTreeSet, VecDeque};

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use chrono_tz::Tz;

use super::api::{MemoryApi, Refusal};
use super::load::{Document, Problem};
use super::report::common_zone;
use crate::runner::evaluate::explain::instant;

/// Something that a test does to the cluster.
pub type Action = Box<dyn FnOnce(&MemoryApi) + Send>;

/// One thing from outside.
pub(super) enum Intervention {
    /// `kubectl replace`, or else `create`.
    Apply(Box<Document>),
    /// `kubectl delete`.
    Delete(Box<Document>),
    /// Whatever it does.
    Act(Action),
}

/// From when to when is played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// The first instant.
    pub from: DateTime<Utc>,
    /// The first instant that is not played any more.
    pub until: DateTime<Utc>,
}

/// How long is played where nobody says.
const DEFAULT_LENGTH: TimeDelta = TimeDelta::days(60);

impl Period {
    /// What the flags say, else what the documents say, else from `now` on for 60 days. `zone`: on whose clock errors say
    /// instants; None: the tenants'.
    ///
    /// # Errors
    /// Documents that do not agree, or an end that is not after the beginning.
    pub fn choose(
        flags: (Option<DateTime<Utc>>, Option<DateTime<Utc>>),
        documents: &[Document],
        now: DateTime<Utc>,
        zone: Option<Tz>,
    ) -> Result<Self, Problem> {
        let from = agreed(documents, flags.0, "simulate-from", |document| document.from)?;
        let until = agreed(documents, flags.1, "simulate-until", |document| document.until)?;
        let from = from.unwrap_or(now).trunc_subsecs(0);
        let until = until.unwrap_or_else(|| from.checked_add_signed(DEFAULT_LENGTH).unwrap_or(from)).trunc_subsecs(0);
        if from < until {
            return Ok(Self { from, until });
        }
        let zone = zone.unwrap_or_else(|| spoken_zone(documents));
        let (from, until) = (instant(from, zone), instant(until, zone));
        let message = format!("the simulation would end at {until}, which is not after its beginning at {from}");
        Err(Problem { place: String::new(), message })
    }
}

/// The time zone that all tenants of the documents have, else UTC.
#[must_use]
pub fn spoken_zone(documents: &[Document]) -> Tz {
    common_zone(documents.iter().map(|document| &document.object))
}

fn agreed(
    documents: &[Document],
    flag: Option<DateTime<Utc>>,
    what: &str,
    said: fn(&Document) -> Option<DateTime<Utc>>,
) -> Result<Option<DateTime<Utc>>, Problem> {
    if flag.is_some() {
        return Ok(flag);
    }
    let mut found: Option<DateTime<Utc>> = None;
    for document in documents {
        let Some(instant) = said(document) else { continue };
        if found.is_some_and(|found| found != instant) {
            let message = format!("tenure.dev/{what}: another document says {}", found.unwrap_or(instant).to_rfc3339());
            return Err(document.problem("metadata.annotations", message));
        }
        found = Some(instant);
    }
    Ok(found)
}

/// All that happens from outside, in order of time.
#[derive(Default)]
pub(super) struct Script {
    steps: VecDeque<(DateTime<Utc>, Intervention)>,
}

impl Script {
    /// The documents in order of time, those of one time in the order given. What has no time, or an earlier one,
    /// happens at the beginning; what comes at the end or later never happens.
    pub(super) fn new(documents: Vec<Document>, period: Period) -> Self {
        let timed = documents.into_iter().map(|document| {
            // Those without a time come before those with an early one, which replace them.
            let order = document.at.unwrap_or(DateTime::<Utc>::MIN_UTC);
            let step =
                if document.is_deletion { Intervention::Delete(Box::new(document)) } else { Intervention::Apply(Box::new(document)) };
            (order, step)
        });
        let mut steps: Vec<(DateTime<Utc>, Intervention)> = timed.filter(|(at, _)| *at < period.until).collect();
        steps.sort_by_key(|(at, _)| *at);
        for (at, _) in &mut steps {
            *at = ceiling(*at).max(period.from);
        }
        Self { steps: steps.into() }
    }

    /// Adds an action after everything else of its time.
    pub(super) fn add(&mut self, at: DateTime<Utc>, action: Action) {
        let place = self.steps.partition_point(|(other, _)| *other <= at);
        self.steps.insert(place, (at, Intervention::Act(action)));
    }

    /// When the next thing happens.
    pub(super) fn next_at(&self) -> Option<DateTime<Utc>> {
        self.steps.front().map(|(at, _)| *at)
    }

    /// The next thing, if its time has come.
    pub(super) fn take(&mut self, now: DateTime<Utc>) -> Option<Intervention> {
        if self.next_at()? > now { None } else { self.steps.pop_front().map(|(_, step)| step) }
    }

    /// The namespaces that the documents name.
    pub(super) fn namespaces(&self) -> BTreeSet<String> {
        let documents = self.steps.iter().filter_map(|(_, step)| match step {
            Intervention::Apply(document) | Intervention::Delete(document) => Some(document.key().1.to_owned()),
            Intervention::Act(_) => None,
        });
        documents.collect()
    }

    /// Plays all documents, one after the other, on an API of their own, and says what it refuses.
    pub(super) fn rehearse(&self, api: &MemoryApi) -> Vec<Problem> {
        let mut problems = Vec::new();
        for (_, step) in &self.steps {
            let (document, result) = match step {
                Intervention::Apply(document) => (document, api.apply(&document.object).map(|_| ())),
                Intervention::Delete(document) => {
                    let (kind, namespace, name) = document.key();
                    (document, api.delete(kind, namespace, name))
                }
                Intervention::Act(_) => continue,
            };
            if let Err(refusal) = result {
                problems.extend(explain(document, &refusal, api));
            }
        }
        problems
    }
}

/// The instant, in whole seconds, not before it.
fn ceiling(at: DateTime<Utc>) -> DateTime<Utc> {
    let whole = at.trunc_subsecs(0);
    if whole < at { whole + TimeDelta::seconds(1) } else { whole }
}

/// One problem for each field that the API complains about.
fn explain(document: &Document, refusal: &Refusal, api: &MemoryApi) -> Vec<Problem> {
    let (kind, namespace, name) = document.key();
    let subject = format!("{kind} {namespace}/{name}");
    let causes = refusal.details.as_ref().map(|details| details.causes.as_slice()).unwrap_or_default();
    if !causes.is_empty() {
        let problem = |field: &str, message: &str| document.problem(field, format!("{subject}: {field}: {message}"));
        return causes.iter().map(|cause| problem(&cause.field, &cause.message)).collect();
    }
    // Fields that are none come without causes.
    let unknown = api.unknown_fields(&document.object);
    if unknown.is_empty() {
        return vec![document.problem("", format!("{subject}: {}", refusal.message))];
    }
    unknown.iter().map(|field| document.problem(field, format!("{subject}: unknown field {field}"))).collect()
}
