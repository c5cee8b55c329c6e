//! One workflow and the person: scope, occurrences, and how they were decided.

use chrono::{DateTime, Utc};

use crate::api::conditions::READY;
use crate::api::{ConditionStatus, EntryState, LedgerEntry, Sighting, Workflow, sentence};
use crate::domain::decision::Decision;
use crate::domain::employment::{DatesSeen, Employment};
use crate::domain::subject::{DateReading, Person};
use crate::domain::trigger::{CompiledWorkflow, Counted, INACTIVITY, Occurrence, Origin};
use crate::runner::compile::{compile, newest};
use crate::runner::evaluate::read;
use crate::runner::evaluate::snapshot::Seen;

use super::basis::Basis;
use super::history::History;
use super::report::{OccurrenceState, Outlook, Past, ScopeExplanation, WorkflowExplanation};
use super::verdicts::Verdicts;

/// A workflow that is gone, of which there is a history.
pub(super) fn deleted(name: &str, happened: Vec<Past>) -> WorkflowExplanation {
    WorkflowExplanation {
        workflow: name.to_owned(),
        display_name: None,
        category: None,
        version: None,
        not_evaluated: Some("it is deleted".to_owned()),
        scope: None,
        trigger: None,
        occurrences: Vec::new(),
        happened,
        next: Outlook::nothing("the workflow is deleted"),
    }
}

/// What is known of a workflow that is there.
pub(super) struct Case<'a> {
    pub name: &'a str,
    pub directory: String,
    pub compiled: Option<CompiledWorkflow>,
    pub person: Option<Person>,
    pub not_evaluated: Option<String>,
    pub occurrences: Vec<Occurrence>,
    pub verdicts: &'a Verdicts,
}

impl Basis<'_> {
    /// Explains one workflow.
    pub(super) fn explain(&self, name: &str, workflow: &Workflow, history: &mut History) -> WorkflowExplanation {
        let none = Verdicts::default();
        let case = self.case(name, workflow, self.verdicts.get(name).unwrap_or(&none));
        let conditions = workflow.spec.execution_conditions.as_ref();
        let next = self.next_of(&case, history);
        WorkflowExplanation {
            workflow: name.to_owned(),
            display_name: workflow.spec.display_name.clone(),
            category: Some(workflow.spec.category),
            version: case.compiled.as_ref().map(|compiled| compiled.version),
            scope: self.scope(&case),
            trigger: conditions.map(sentence::trigger),
            occurrences: case.occurrences.iter().map(|occurrence| self.occurrence(&case, occurrence)).collect(),
            happened: history.take(name),
            next,
            not_evaluated: case.not_evaluated,
        }
    }

    fn case<'a>(&'a self, name: &'a str, workflow: &'a Workflow, verdicts: &'a Verdicts) -> Case<'a> {
        let spec = &workflow.spec;
        let default = self.tenant.schedule.as_ref().and_then(|schedule| schedule.spec.directory.clone());
        let directory = spec.directory.clone().or(default).unwrap_or_default();
        let person = self.found.if_there(self.tenant, &directory);
        let compiled = self.compiled(name, workflow, &directory);
        let seen = self.looks.people(self.tenant, &directory).next().map(|(_, seen)| seen);
        let occurrences = person.as_ref().zip(compiled.as_ref()).map(|(person, compiled)| self.occurrences(person, compiled, seen));
        Case {
            name,
            person,
            not_evaluated: self.not_evaluated(name, workflow),
            occurrences: occurrences.unwrap_or_default(),
            directory,
            compiled,
            verdicts,
        }
    }

    /// What the trigger makes of the person, each with the due instant that the dates, read together, give it.
    fn occurrences(&self, person: &Person, compiled: &CompiledWorkflow, seen: Option<&Seen<'_>>) -> Vec<Occurrence> {
        let (sighting, employment) = self.observed(person, seen);
        let mut occurrences = compiled.occurrences(person, &sighting, &employment, self.tenant.as_of);
        for occurrence in &mut occurrences {
            occurrence.due = compiled.read_together(occurrence.due, &employment);
        }
        occurrences
    }

    /// What the ledger has of an occurrence.
    pub(super) fn row(&self, case: &Case<'_>, occurrence: &Occurrence) -> Option<&LedgerEntry> {
        let (compiled, person) = case.compiled.as_ref().zip(case.person.as_ref())?;
        self.tenant.ledger.get(&occurrence.key(&self.tenant.keys, &compiled.lineage, &person.key))
    }

    /// Whether the ledger has it as planned, missed or superseded.
    pub(super) fn is_settled(&self, case: &Case<'_>, occurrence: &Occurrence) -> bool {
        self.row(case, occurrence).is_some_and(|row| row.state != EntryState::Released)
    }

    /// What an inactivity trigger counts from.
    fn counted(&self, case: &Case<'_>) -> Option<Counted> {
        let (compiled, person) = case.compiled.as_ref().zip(case.person.as_ref())?;
        let seen = self.looks.people(self.tenant, &case.directory).next().map(|(_, seen)| seen);
        let (sighting, employment) = self.observed(person, seen);
        compiled.counted_from(person, &sighting, &employment, self.tenant.as_of)
    }

    /// What an evaluation has seen of the person, and how it reads their dates together.
    fn observed(&self, person: &Person, seen: Option<&Seen<'_>>) -> (Sighting, Employment) {
        let nothing_seen = || Sighting { epoch: 0, first_seen_at: self.tenant.as_of, begun_at: None, marks: Vec::new() };
        let sighting = seen.map_or_else(nothing_seen, |seen| seen.now.clone().into_owned());
        (sighting, seen.map_or_else(|| Employment::of(person, &DatesSeen::default()), |seen| seen.employment))
    }

    /// The version that decides, also where nobody asks it because the workflow is disabled or not ready.
    fn compiled(&self, name: &str, workflow: &Workflow, directory: &str) -> Option<CompiledWorkflow> {
        let tenant = self.tenant;
        if let Some(usable) = tenant.usable.get(name) {
            return Some(usable.compiled.clone());
        }
        let lineage = tenant.lineage(name);
        let version = newest(&tenant.versions, name, lineage)?;
        let schedule = tenant.schedule.as_ref().map(|schedule| &schedule.spec);
        compile(version, &workflow.spec, &tenant.directories.get(directory)?.spec, schedule).ok()
    }

    fn not_evaluated(&self, name: &str, workflow: &Workflow) -> Option<String> {
        let conditions = workflow.status.as_ref().map(|status| status.conditions.as_slice()).unwrap_or_default();
        let ready = conditions.iter().find(|condition| condition.type_ == READY && condition.status == ConditionStatus::False);
        if let Some(ready) = ready.filter(|_| workflow.spec.is_enabled) {
            return Some(format!("it is not Ready: {}: {}", ready.reason, ready.message));
        }
        match self.tenant.usable.get(name) {
            None => read::unusable(self.tenant, name, workflow),
            Some(usable) if usable.moment.is_none() => {
                let spec = &workflow.spec;
                Some(match (spec.is_idle(), spec.execution_conditions.is_none()) {
                    (true, _) => "all its tasks are disabled".to_owned(),
                    (false, true) => "it has no conditions, it runs on demand only".to_owned(),
                    (false, false) => "its scheduling is not enabled, it runs on demand only".to_owned(),
                })
            }
            Some(_) => None,
        }
    }

    fn scope(&self, case: &Case<'_>) -> Option<ScopeExplanation> {
        let (compiled, person) = case.compiled.as_ref().zip(case.person.as_ref())?;
        let explain = |rule: &crate::rule::Rule| ScopeExplanation::of(&rule.explain(&person.attributes, self.tenant.as_of));
        Some(compiled.scope.as_ref().map_or_else(ScopeExplanation::everybody, explain))
    }

    fn occurrence(&self, case: &Case<'_>, occurrence: &Occurrence) -> OccurrenceState {
        let decided = case.verdicts.about(&occurrence.attribute);
        // Changes are due when they have been still, which the decision knows.
        let due = decided.and_then(|decided| decided.about.as_ref()).map_or(occurrence.due, |about| about.due);
        let state = match decided.map(|decided| &decided.decision).filter(|_| case.not_evaluated.is_none()) {
            None => "notEvaluated",
            Some(Decision::History | Decision::Later | Decision::NotYet { .. } | Decision::OutOfScope)
                if self.is_settled(case, occurrence) =>
            {
                "consumed"
            }
            Some(decision) => state(decision),
        };
        let value = match occurrence.source {
            Origin::Date(value) if occurrence.attribute == INACTIVITY => Some(value.canonical()),
            Origin::Date(_) => self.found.written(self.tenant, &case.directory, &occurrence.attribute),
            Origin::Change { .. } => case.person.as_ref().and_then(|person| person.tracked_value(&occurrence.attribute)),
        };
        let zone = case.person.as_ref().and_then(|person| match person.date(&occurrence.attribute) {
            DateReading::Known(date) if date.zone != chrono_tz::UTC => Some(date.zone),
            _ => None,
        });
        let window = case.compiled.as_ref().map(|compiled| compiled.window).unwrap_or_default();
        let is_state = case.compiled.as_ref().is_some_and(CompiledWorkflow::is_state);
        OccurrenceState {
            attribute: occurrence.attribute.clone(),
            value,
            due,
            local: zone.map(|zone| format!("{} {}", due.with_timezone(&zone).format("%Y-%m-%dT%H:%M:%S"), zone.name())),
            window_ends: (!is_state).then(|| end(due, window)),
            counted_from: self.counted(case).filter(|_| occurrence.attribute == INACTIVITY).map(|counted| counted.source.as_str()),
            state,
        }
    }
}

/// The end of a window, or the last instant of the calendar.
pub(super) fn end(due: DateTime<Utc>, window: chrono::TimeDelta) -> DateTime<Utc> {
    due.checked_add_signed(window).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

fn state(decision: &Decision) -> &'static str {
    match decision {
        Decision::Later | Decision::NotYet { .. } => "notYet",
        Decision::Due { .. } | Decision::DueBeforeReturn { .. } => "due",
        Decision::NotDue { .. } => "notDue",
        Decision::Missed { .. } => "missed",
        Decision::History => "history",
        Decision::Consumed { .. } => "consumed",
        Decision::OutOfScope => "outOfScope",
    }
}
