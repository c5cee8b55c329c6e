//! A workflow, ready to be asked whether and when a subject is due.

mod inactivity;
mod kind;
mod occurrence;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};

use crate::api::workflow::{ExecutionConditions, MembershipChangeType, NeverSignedIn};
use crate::api::{Category, Closing, Sighting, Task, VersionedSpec, WorkflowSpec};
use crate::rule::{Case, Rule, RuleError, Truth, Vocabulary};

use super::change::{Wanted, wanted};
use super::dates::{DateError, DueRule, due_instant, parse_duration, parse_time_of_day};
use super::employment::Employment;
use super::identity::{DueRuleIdentity, ZoneFacts, digest};
use super::keys::Keyring;
use super::snapshot::{SPONSORS_PREFIX, Tracked, sponsors_mark};
use super::subject::{DateReading, GROUP_PREFIX, HIRE_DATE, LEAVE_DATE, Person};
pub use inactivity::{Counted, CountedFrom};
use inactivity::{counted_from, inactive};
pub use kind::Trigger;
pub use occurrence::{AttributeChange, INACTIVITY, LAST_SIGN_IN, Occurrence, Origin};

/// Whether rows about that are about a state, which is due for as long as it holds.
#[must_use]
pub fn is_state(attribute: &str) -> bool {
    attribute == INACTIVITY || attribute.starts_with(SPONSORS_PREFIX)
}

/// Default catch-up window of joiner and mover workflows: LCW's three days.
pub const DEFAULT_WINDOW: TimeDelta = TimeDelta::days(3);
/// Default catch-up window of leaver workflows (design 2.1): a leaver that is late must still leave.
pub const DEFAULT_LEAVER_WINDOW: TimeDelta = TimeDelta::days(30);

/// Bytes of the digest of a due rule.
const DUE_RULE_BYTES: usize = 8;

/// Why a version cannot be evaluated.
#[derive(Debug, thiserror::Error)]
pub enum CompileError {
    /// The scope rule is wrong.
    #[error("spec.executionConditions.scope.rule: {0}")]
    Rule(#[from] RuleError),
    /// A time of day or an offset is wrong.
    #[error("spec.executionConditions.trigger.timeBasedAttribute: {0}")]
    Time(DateError),
    /// The window is wrong.
    #[error("spec.catchUpWindow: {0}")]
    Window(DateError),
    /// No trigger, or a scope that does not go with it.
    #[error("spec.executionConditions: no trigger that this release knows")]
    NoTrigger,
}

/// One version of one workflow, parsed once.
#[derive(Clone, Debug)]
pub struct CompiledWorkflow {
    /// Name of the workflow.
    pub name: String,
    /// Identity of the workflow.
    pub lineage: String,
    /// Number of the version.
    pub version: i32,
    /// Category.
    pub category: Category,
    /// The scope rule; None: everybody.
    pub scope: Option<Rule>,
    /// The trigger; None: on demand only.
    pub trigger: Option<Trigger>,
    /// The catch-up window.
    pub window: TimeDelta,
    /// Digest of trigger and offset: another one makes old due instants news.
    pub due_rule: String,
    /// The attributes of a person that name the time zones of the dates by which it is timed.
    pub zone_attributes: Vec<String>,
    /// What its enabled tasks do to the account.
    pub tasks: Effects,
}

/// What the enabled tasks of a version do to the account.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Effects {
    /// They enable it.
    pub enables: bool,
    /// They disable or delete it.
    pub closes: bool,
    /// They delete it.
    pub deletes: bool,
}

impl Effects {
    /// What the tasks do.
    #[must_use]
    pub fn of(tasks: &[Task]) -> Self {
        let mut effects = Self::default();
        for wanted in tasks.iter().filter(|task| task.is_enabled).filter_map(wanted) {
            match wanted {
                Wanted::Enabled(true) => effects.enables = true,
                Wanted::Enabled(false) => effects.closes = true,
                Wanted::Deleted => (effects.closes, effects.deletes) = (true, true),
                Wanted::Values(_)
                | Wanted::Joined(..)
                | Wanted::Left(..)
                | Wanted::LeftAll(_)
                | Wanted::Assigned(_)
                | Wanted::Unassigned(_)
                | Wanted::UnassignedAll
                | Wanted::Revoked
                | Wanted::Transferred
                | Wanted::Pass(_)
                | Wanted::Told(..)
                | Wanted::Called(_)
                | Wanted::Unavailable(..) => {}
            }
        }
        effects
    }
}

/// The catch-up window of a workflow: its own, else the tenant's for the category, else the default.
///
/// # Errors
/// A text is no duration from 1 minute to 365 days.
pub fn window(category: Category, own: Option<&str>, tenant: Option<&str>) -> Result<TimeDelta, CompileError> {
    match own.or(tenant) {
        Some(text) => parse_duration(text).map_err(CompileError::Window),
        None if category == Category::Leaver => Ok(DEFAULT_LEAVER_WINDOW),
        None => Ok(DEFAULT_WINDOW),
    }
}

impl Trigger {
    fn track(&self, tracked: &mut Tracked) {
        match self {
            Self::Time { attribute, .. } => drop(tracked.attributes.insert(attribute.clone())),
            Self::Change { attributes } => tracked.attributes.extend(attributes.iter().cloned()),
            Self::Membership { group, .. } => drop(tracked.attributes.insert(format!("{GROUP_PREFIX}{group}"))),
            // Counted from what stands in the directory, and from the account's own mark.
            Self::Inactivity { .. } => {}
            Self::Sponsors { minimum } => drop(tracked.sponsors.insert(*minimum)),
        }
    }
}

/// What evaluations keep track of for a workflow that they do not evaluate because it is not Ready, disabled or not
/// scheduled. A change of a value or a membership is due when it happens, so it must be seen then: the window decides
/// later, and nothing is missed or taken for new. Dates stand in the directory, and too few sponsors are a state: their
/// first sight is to be the workflow's own.
pub fn track_idle(spec: &WorkflowSpec, tracked: &mut Tracked) {
    if let Some(Ok(trigger @ (Trigger::Change { .. } | Trigger::Membership { .. }))) =
        spec.execution_conditions.as_ref().map(compile_trigger)
    {
        trigger.track(tracked);
    }
}

/// The attributes and groups whose changes a workflow's trigger looks at, by the names of their marks.
#[must_use]
pub fn watched(spec: &WorkflowSpec) -> Vec<String> {
    match spec.execution_conditions.as_ref().map(compile_trigger) {
        Some(Ok(Trigger::Change { attributes })) => attributes,
        Some(Ok(Trigger::Membership { group, .. })) => vec![format!("{GROUP_PREFIX}{group}")],
        Some(Ok(Trigger::Time { .. } | Trigger::Inactivity { .. } | Trigger::Sponsors { .. }) | Err(_)) | None => Vec::new(),
    }
}

/// The marks that evaluations keep of everybody for a workflow's trigger. A date may have one of its zone beside its own.
#[must_use]
pub fn marks(spec: &WorkflowSpec) -> BTreeSet<String> {
    let mut tracked = Tracked::default();
    if let Some(Ok(trigger)) = spec.execution_conditions.as_ref().map(compile_trigger) {
        trigger.track(&mut tracked);
        if let Trigger::Time { attribute, .. } = trigger {
            tracked.zones.insert(format!("{attribute} zone"));
        }
    }
    tracked.names()
}

fn compile_trigger(conditions: &ExecutionConditions) -> Result<Trigger, CompileError> {
    let trigger = &conditions.trigger;
    let group = conditions.scope.as_ref().and_then(|scope| scope.group.clone());
    if let Some(time) = &trigger.time_based_attribute {
        let at = time.at.as_deref().map(parse_time_of_day).transpose().map_err(CompileError::Time)?;
        DueRule::new(time.offset_in_days, at, super::dates::DateOnly::default(), chrono_tz::UTC).map_err(CompileError::Time)?;
        return Ok(Trigger::Time { attribute: time.attribute.clone(), offset_in_days: time.offset_in_days, at });
    }
    if let Some(change) = &trigger.attribute_change {
        return Ok(Trigger::Change { attributes: change.attributes.clone() });
    }
    if let (Some(membership), Some(group)) = (&trigger.membership_change, group) {
        return Ok(Trigger::Membership { group, joined: membership.change_type == MembershipChangeType::Add });
    }
    if let Some(inactivity) = &trigger.user_inactivity {
        return Ok(Trigger::Inactivity {
            days: inactivity.inactivity_period_in_days,
            since_created: inactivity.never_signed_in == Some(NeverSignedIn::SinceCreated),
        });
    }
    if let Some(sponsor) = &trigger.guest_sponsor {
        return Ok(Trigger::Sponsors { minimum: sponsor.minimum_required_sponsors });
    }
    Err(CompileError::NoTrigger)
}

impl CompiledWorkflow {
    /// Parses a version. `zone_facts`: what else moves due instants, by attribute.
    ///
    /// # Errors
    /// [`CompileError`] names the field.
    pub fn compile(
        name: &str,
        lineage: &str,
        version: i32,
        spec: &VersionedSpec,
        window: TimeDelta,
        vocabulary: &Vocabulary,
        zone_facts: &BTreeMap<String, ZoneFacts>,
    ) -> Result<Self, CompileError> {
        let conditions = spec.execution_conditions.as_ref();
        let scope = conditions.and_then(|conditions| conditions.scope.as_ref());
        let scope = scope.and_then(|scope| scope.rule.as_deref().map(|rule| (rule, scope.case_sensitive)));
        let scope = scope
            .map(|(rule, sensitive)| Rule::parse_as(rule, vocabulary, if sensitive { Case::Sensitive } else { Case::Insensitive }))
            .transpose()?;
        let trigger = conditions.map(compile_trigger).transpose()?;
        let zone = match &trigger {
            Some(Trigger::Time { attribute, .. }) => zone_facts.get(attribute),
            Some(Trigger::Change { .. } | Trigger::Membership { .. } | Trigger::Inactivity { .. } | Trigger::Sponsors { .. }) | None => {
                None
            }
        };
        let due_rule = digest(&DueRuleIdentity { trigger: trigger.as_ref(), zone }, DUE_RULE_BYTES);
        Ok(Self {
            name: name.to_owned(),
            lineage: lineage.to_owned(),
            version,
            category: spec.category,
            scope,
            window,
            due_rule,
            zone_attributes: zone_attributes(trigger.as_ref(), zone_facts),
            trigger,
            tasks: Effects::of(&spec.tasks),
        })
    }

    /// Whether the subject is in the scope: the group of a membership trigger is the trigger's business.
    #[must_use]
    pub fn in_scope(&self, person: &Person, now: DateTime<Utc>) -> Truth {
        self.scope.as_ref().map_or(Truth::True, |rule| rule.evaluate(&person.attributes, now))
    }

    /// Bytes that the regular expressions of its rule are compiled to.
    #[must_use]
    pub fn pattern_bytes(&self) -> usize {
        self.scope.as_ref().map_or(0, Rule::pattern_bytes)
    }

    /// What evaluations must keep track of for this workflow.
    pub fn track(&self, tracked: &mut Tracked) {
        if let Some(trigger) = &self.trigger {
            trigger.track(tracked);
            tracked.zones.extend(self.zone_attributes.iter().cloned());
        }
    }

    /// How its work closes the account.
    #[must_use]
    pub fn closing(&self) -> Option<Closing> {
        let closing = if self.is_state() { Closing::State } else { Closing::Leaving };
        (self.category == Category::Leaver && self.tasks.closes).then_some(closing)
    }

    /// Whether it is triggered by a state, which is due for as long as it holds, and not by an event.
    #[must_use]
    pub fn is_state(&self) -> bool {
        matches!(self.trigger, Some(Trigger::Inactivity { .. } | Trigger::Sponsors { .. }))
    }

    /// Whether it is timed by that date.
    #[must_use]
    pub fn is_timed_by(&self, date: &str) -> bool {
        matches!(&self.trigger, Some(Trigger::Time { attribute, .. }) if attribute == date)
    }

    /// The due instant of a trigger that is relative to a date; None if it is none, or the date is absent or unknown.
    #[must_use]
    pub fn date_due(&self, person: &Person) -> Option<DateTime<Utc>> {
        let Some(Trigger::Time { attribute, offset_in_days, at }) = &self.trigger else { return None };
        let DateReading::Known(date) = person.date(attribute) else { return None };
        let rule = DueRule::new(*offset_in_days, *at, date.date_only, date.zone).ok()?;
        Some(due_instant(date.value, &rule))
    }

    /// The subject's occurrences: at most one an attribute.
    #[must_use]
    pub fn occurrences(&self, person: &Person, sighting: &Sighting, employment: &Employment, as_of: DateTime<Utc>) -> Vec<Occurrence> {
        match &self.trigger {
            None => Vec::new(),
            Some(Trigger::Time { attribute, .. }) => self.date_occurrence(person, attribute).into_iter().collect(),
            Some(Trigger::Inactivity { days, since_created }) => {
                let counted = counted_from(person, sighting, employment, *since_created, as_of);
                counted.and_then(|counted| inactive(&counted, *days)).into_iter().collect()
            }
            Some(Trigger::Change { attributes }) => {
                attributes.iter().filter_map(|attribute| change(sighting, attribute, |_| true)).collect()
            }
            Some(Trigger::Membership { group, joined }) => {
                change(sighting, &format!("{GROUP_PREFIX}{group}"), |digest| digest.is_empty() != *joined).into_iter().collect()
            }
            Some(Trigger::Sponsors { minimum }) => {
                change(sighting, &sponsors_mark(*minimum), |digest| digest == "few").into_iter().collect()
            }
        }
    }

    /// What inactivity counts from; None: another trigger, or it cannot be told, or the hire date is ahead.
    #[must_use]
    pub fn counted_from(&self, person: &Person, sighting: &Sighting, employment: &Employment, as_of: DateTime<Utc>) -> Option<Counted> {
        match &self.trigger {
            Some(Trigger::Inactivity { since_created, .. }) => counted_from(person, sighting, employment, *since_created, as_of),
            Some(Trigger::Time { .. } | Trigger::Change { .. } | Trigger::Membership { .. } | Trigger::Sponsors { .. }) | None => None,
        }
    }

    fn date_occurrence(&self, person: &Person, attribute: &str) -> Option<Occurrence> {
        let DateReading::Known(date) = person.date(attribute) else { return None };
        let due = self.date_due(person)?;
        Some(Occurrence { attribute: attribute.to_owned(), due, source: Origin::Date(date.value), also: Vec::new() })
    }

    /// Whether the trigger still holds for an occurrence that is about to start; None: cannot be told. `attributes`: what
    /// its keys are about.
    #[must_use]
    pub fn still_holds(
        &self,
        person: &Person,
        sighting: &Sighting,
        employment: &Employment,
        attributes: &[String],
        (key, keys): (&str, &Keyring),
        now: DateTime<Utc>,
    ) -> Option<bool> {
        match self.trigger.as_ref() {
            None => Some(false),
            Some(Trigger::Time { attribute, .. }) => match person.date(attribute) {
                DateReading::Unknown => None,
                DateReading::Absent => Some(false),
                DateReading::Known(date) => {
                    let same = keys.time_occurrence(&self.lineage, &person.key, attribute, &date.value.canonical()) == key;
                    let due = self.date_due(person).map(|due| self.read_together(due, employment));
                    Some(same && due.is_some_and(|due| due <= now))
                }
            },
            Some(Trigger::Inactivity { .. }) => {
                let found = self.occurrences(person, sighting, employment, now);
                Some(found.iter().any(|occurrence| occurrence.due <= now && occurrence.key(keys, &self.lineage, &person.key) == key))
            }
            Some(Trigger::Change { attributes: own }) => Some(own.iter().any(|name| attributes.contains(name))),
            Some(Trigger::Membership { group, joined }) => Some((person.groups.binary_search(group).is_ok()) == *joined),
            Some(Trigger::Sponsors { minimum }) => person.lacks_sponsors(*minimum),
        }
    }

    /// The due instant of work that is timed by a date, given the person's other date.
    #[must_use]
    pub fn read_together(&self, due: DateTime<Utc>, employment: &Employment) -> DateTime<Utc> {
        if self.category == Category::Joiner && self.is_timed_by(HIRE_DATE) { employment.joiner_due(due) } else { due }
    }
}

/// The attributes that name the time zones of the dates of a trigger: of hire and leave date both, as they are read together.
fn zone_attributes(trigger: Option<&Trigger>, zone_facts: &BTreeMap<String, ZoneFacts>) -> Vec<String> {
    let Some(Trigger::Time { attribute, .. }) = trigger else { return Vec::new() };
    let default = ZoneFacts::default();
    let together = [HIRE_DATE, LEAVE_DATE];
    let dates = if together.contains(&attribute.as_str()) { together.to_vec() } else { vec![attribute.as_str()] };
    let named = dates.into_iter().flat_map(|date| zone_facts.get(date).unwrap_or(&default).attributes());
    named.map(str::to_owned).collect::<BTreeSet<_>>().into_iter().collect()
}

fn change(sighting: &Sighting, name: &str, wanted: impl Fn(&str) -> bool) -> Option<Occurrence> {
    let mark = sighting.marks.iter().find(|mark| &*mark.name == name)?;
    let due = mark.changed_at?;
    wanted(&mark.digest).then(|| Occurrence {
        attribute: name.to_owned(),
        due,
        source: Origin::Change { sequence: mark.sequence, digest: mark.digest.to_string() },
        also: Vec::new(),
    })
}

#[cfg(test)]
mod tests;
