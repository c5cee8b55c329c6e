//! A workflow, ready to be asked whether and when a subject is due.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveTime, TimeDelta, Utc};

use crate::api::workflow::{ExecutionConditions, MembershipChangeType};
use crate::api::{Category, Sighting, VersionedSpec, WorkflowSpec};
use crate::rule::{Case, Rule, RuleError, Truth, Vocabulary};

use super::dates::{DateError, DateValue, DueRule, due_instant, parse_duration, parse_time_of_day};
use super::keys::{Keyring, encode};
use super::snapshot::{Tracked, sponsors_mark};
use super::subject::{DateReading, GROUP_PREFIX, Person};

/// The attribute of the inactivity trigger.
pub const LAST_SIGN_IN: &str = "lastSuccessfulSignInDateTime";

/// Default catch-up window of joiner and mover workflows: LCW's three days.
pub const DEFAULT_WINDOW: TimeDelta = TimeDelta::days(3);
/// Default catch-up window of leaver workflows (design 2.1): a leaver that is late must still leave.
pub const DEFAULT_LEAVER_WINDOW: TimeDelta = TimeDelta::days(30);

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

/// What makes a subject due.
#[derive(Clone, Debug)]
pub enum Trigger {
    /// Relative to a date.
    Time {
        /// The date attribute.
        attribute: String,
        /// Days after it.
        offset_in_days: i32,
        /// Time of day in place of the date's own.
        at: Option<NaiveTime>,
    },
    /// A change of one of the attributes.
    Change {
        /// The attributes.
        attributes: Vec<String>,
    },
    /// A change of the membership in a group.
    Membership {
        /// The group.
        group: String,
        /// true: became a member; false: is no longer one.
        joined: bool,
    },
    /// Days since the last sign-in.
    Inactivity {
        /// How many.
        days: i32,
    },
    /// Too few sponsors.
    Sponsors {
        /// How many are enough.
        minimum: i32,
    },
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
}

/// One instance of the trigger for one subject.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Occurrence {
    /// The attribute or group that it is about.
    pub attribute: String,
    /// The due instant.
    pub due: DateTime<Utc>,
    /// What identifies it within workflow, subject and attribute.
    pub source: Source,
}

/// What identifies an occurrence.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Source {
    /// A date value; its canonical text identifies it.
    Date(DateValue),
    /// A change.
    Change {
        /// Change sequence.
        sequence: i64,
        /// Digest of the new value.
        digest: String,
    },
}

impl Occurrence {
    /// The key of the occurrence for the workflow's lineage and the subject.
    #[must_use]
    pub fn key(&self, keys: &Keyring, lineage: &str, subject: &str) -> String {
        match &self.source {
            Source::Date(value) => keys.time_occurrence(lineage, subject, &self.attribute, &value.canonical()),
            Source::Change { sequence, digest } => keys.change_occurrence(lineage, subject, &self.attribute, *sequence, digest),
        }
    }

    /// The change sequence, if it is a change.
    #[must_use]
    pub fn sequence(&self) -> Option<i64> {
        match &self.source {
            Source::Date(_) => None,
            Source::Change { sequence, .. } => Some(*sequence),
        }
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
            Self::Inactivity { .. } => drop(tracked.attributes.insert(LAST_SIGN_IN.to_owned())),
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
        return Ok(Trigger::Inactivity { days: inactivity.inactivity_period_in_days });
    }
    if let Some(sponsor) = &trigger.guest_sponsor {
        return Ok(Trigger::Sponsors { minimum: sponsor.minimum_required_sponsors });
    }
    Err(CompileError::NoTrigger)
}

impl CompiledWorkflow {
    /// Parses a version. `zone_facts`: what else moves due instants, such as the attribute's zone in the Directory.
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
        zone_facts: &BTreeMap<String, String>,
    ) -> Result<Self, CompileError> {
        let conditions = spec.execution_conditions.as_ref();
        let scope = conditions.and_then(|conditions| conditions.scope.as_ref());
        let scope = scope.and_then(|scope| scope.rule.as_deref().map(|rule| (rule, scope.case_sensitive)));
        let scope = scope
            .map(|(rule, sensitive)| Rule::parse_as(rule, vocabulary, if sensitive { Case::Sensitive } else { Case::Insensitive }))
            .transpose()?;
        let trigger = conditions.map(compile_trigger).transpose()?;
        let facts = match &trigger {
            Some(Trigger::Time { attribute, .. }) => zone_facts.get(attribute).cloned().unwrap_or_default(),
            _ => String::new(),
        };
        let due_rule = digest(&format!("{trigger:?}|{facts}"));
        Ok(Self { name: name.to_owned(), lineage: lineage.to_owned(), version, category: spec.category, scope, trigger, window, due_rule })
    }

    /// Whether the subject is in the scope: the group of a membership trigger is the trigger's business.
    #[must_use]
    pub fn in_scope(&self, person: &Person, now: DateTime<Utc>) -> Truth {
        self.scope.as_ref().map_or(Truth::True, |rule| rule.evaluate(&person.attributes, now))
    }

    /// What evaluations must keep track of for this workflow.
    pub fn track(&self, tracked: &mut Tracked) {
        if let Some(trigger) = &self.trigger {
            trigger.track(tracked);
        }
    }

    /// The due instant of a date-driven trigger; None if the trigger is none, or the date is absent or unknown.
    #[must_use]
    pub fn date_due(&self, person: &Person) -> Option<DateTime<Utc>> {
        let (attribute, offset_in_days, at) = match self.trigger.as_ref()? {
            Trigger::Time { attribute, offset_in_days, at } => (attribute.as_str(), *offset_in_days, *at),
            Trigger::Inactivity { days } => {
                let DateReading::Known(date) = person.date(LAST_SIGN_IN) else { return None };
                return date.instant.checked_add_signed(TimeDelta::days(i64::from(*days)));
            }
            _ => return None,
        };
        let DateReading::Known(date) = person.date(attribute) else { return None };
        let rule = DueRule::new(offset_in_days, at, date.date_only, date.zone).ok()?;
        Some(due_instant(date.value, &rule))
    }

    /// The subject's occurrences: at most one an attribute.
    #[must_use]
    pub fn occurrences(&self, person: &Person, sighting: &Sighting) -> Vec<Occurrence> {
        match &self.trigger {
            None => Vec::new(),
            Some(Trigger::Time { attribute, .. }) => self.date_occurrence(person, attribute),
            Some(Trigger::Inactivity { .. }) => self.date_occurrence(person, LAST_SIGN_IN),
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

    fn date_occurrence(&self, person: &Person, attribute: &str) -> Vec<Occurrence> {
        let DateReading::Known(date) = person.date(attribute) else { return Vec::new() };
        let Some(due) = self.date_due(person) else { return Vec::new() };
        vec![Occurrence { attribute: attribute.to_owned(), due, source: Source::Date(date.value) }]
    }

    /// Whether the trigger still holds for an occurrence that is about to start; None: cannot be told.
    #[must_use]
    pub fn still_holds(&self, person: &Person, attribute: &str, key: &str, keys: &Keyring, now: DateTime<Utc>) -> Option<bool> {
        match self.trigger.as_ref() {
            None => Some(false),
            Some(Trigger::Time { .. } | Trigger::Inactivity { .. }) => match person.date(attribute) {
                DateReading::Unknown => None,
                DateReading::Absent => Some(false),
                DateReading::Known(date) => {
                    let same = keys.time_occurrence(&self.lineage, &person.key, attribute, &date.value.canonical()) == key;
                    Some(same && self.date_due(person).is_some_and(|due| due <= now))
                }
            },
            Some(Trigger::Change { attributes }) => Some(attributes.iter().any(|name| name == attribute)),
            Some(Trigger::Membership { group, joined }) => Some((person.groups.binary_search(group).is_ok()) == *joined),
            Some(Trigger::Sponsors { minimum }) => person.lacks_sponsors(*minimum),
        }
    }
}

fn change(sighting: &Sighting, name: &str, wanted: impl Fn(&str) -> bool) -> Option<Occurrence> {
    let mark = sighting.marks.iter().find(|mark| &*mark.name == name)?;
    let due = mark.changed_at?;
    wanted(&mark.digest).then(|| Occurrence {
        attribute: name.to_owned(),
        due,
        source: Source::Change { sequence: mark.sequence, digest: mark.digest.to_string() },
    })
}

fn digest(text: &str) -> String {
    use sha2::Digest as _;
    encode(&sha2::Sha256::digest(text.as_bytes())[..8])
}

#[cfg(test)]
mod tests;
