//! What an explanation says.

use std::fmt;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde::{Serialize, Serializer};

use crate::api::{Category, ProcessingStatus};
use crate::directory::embedded::{Filler, Unreadable, WrongZone};
use crate::rule::{RuleExplanation, Truth};

/// Everything about one person as of one instant. It holds personal data: show it to the person who asked, and never
/// log it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Explanation {
    /// The tenant.
    pub namespace: String,
    /// The person's name in the directory.
    pub subject: String,
    /// The person's name for people, where the record has one.
    pub display_name: Option<String>,
    /// As of when.
    pub at: DateTime<Utc>,
    /// As of when the tenant was last evaluated.
    pub last_evaluation: Option<DateTime<Utc>>,
    /// When the schedule has the next one.
    pub next_evaluation: Option<DateTime<Utc>>,
    /// Why nothing is evaluated at all.
    pub stopped: Option<String>,
    /// Whether there is a record.
    pub has_record: bool,
    /// The account, once the first evaluation has made it.
    pub account: Option<AccountState>,
    /// What of the record cannot be read.
    pub unreadable: Vec<UnreadableValue>,
    /// Dates of the record that stand for no value.
    pub fillers: Vec<FillerValue>,
    /// Time zones that are none, so that another one applies.
    pub zones: Vec<WrongZoneValue>,
    /// The tenant's time zone, if it has one.
    pub time_zone: Option<String>,
    /// Every workflow, and those of the past that the person has a history with.
    pub workflows: Vec<WorkflowExplanation>,
}

/// An account.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountState {
    /// enabled, disabled or deleted.
    pub state: &'static str,
    /// Names of the groups.
    pub groups: Vec<String>,
    /// The attribute of which the account remembers another value than the record has: it may be another person's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remembers_another: Option<String>,
}

/// A value that cannot be read.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UnreadableValue {
    /// The attribute.
    pub attribute: String,
    /// What it says.
    pub text: String,
    /// What was expected.
    pub expected: String,
}

impl From<Unreadable> for UnreadableValue {
    fn from(Unreadable { attribute, text, expected }: Unreadable) -> Self {
        Self { attribute, text, expected }
    }
}

/// A time zone that is none.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WrongZoneValue {
    /// The attribute.
    pub attribute: String,
    /// What it says.
    pub text: String,
    /// What was expected.
    pub expected: String,
    /// The zone that applies in its place.
    pub applies: &'static str,
}

impl From<WrongZone> for WrongZoneValue {
    fn from(WrongZone { attribute, text, expected, applies }: WrongZone) -> Self {
        Self { attribute, text, expected, applies }
    }
}

/// A date that stands for no value.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FillerValue {
    /// The attribute.
    pub attribute: String,
    /// What it says.
    pub text: String,
}

impl From<Filler> for FillerValue {
    fn from(Filler { attribute, text }: Filler) -> Self {
        Self { attribute, text }
    }
}

/// One workflow and the person.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WorkflowExplanation {
    /// The workflow.
    pub workflow: String,
    /// Its name for people.
    pub display_name: Option<String>,
    /// Its category.
    pub category: Option<Category>,
    /// Number of the version that decides.
    pub version: Option<i32>,
    /// Why it is not evaluated.
    pub not_evaluated: Option<String>,
    /// Whether the person is in scope; absent where nobody can tell.
    pub scope: Option<ScopeExplanation>,
    /// When it is due, in words.
    pub trigger: Option<String>,
    /// What the trigger makes of the person: at most one an attribute.
    pub occurrences: Vec<OccurrenceState>,
    /// What happened, in order of time.
    pub happened: Vec<Past>,
    /// What comes next.
    pub next: Outlook,
}

/// Whether a person is in a scope.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ScopeExplanation {
    /// true, false or unknown.
    #[serde(serialize_with = "in_words")]
    pub holds: Truth,
    /// The rule; absent: everybody.
    pub rule: Option<String>,
    /// The smallest parts of the rule that decide.
    pub because: Vec<Clause>,
}

/// A part of a rule.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Clause {
    /// The part.
    pub text: String,
    /// true, false or unknown.
    #[serde(serialize_with = "in_words")]
    pub holds: Truth,
    /// What the person has.
    pub found: Option<String>,
}

impl ScopeExplanation {
    pub(super) fn everybody() -> Self {
        Self { holds: Truth::True, rule: None, because: Vec::new() }
    }

    pub(super) fn of(explanation: &RuleExplanation) -> Self {
        let clause = |part: &RuleExplanation| Clause { text: part.text.clone(), holds: part.truth, found: part.found.clone() };
        let because = explanation.because().into_iter().map(clause).collect();
        Self { holds: explanation.truth, rule: Some(explanation.text.clone()), because }
    }
}

/// As the words that stand for it.
fn in_words<S: Serializer>(value: &impl fmt::Display, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

/// One instance of the trigger.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OccurrenceState {
    /// The attribute or group that it is about.
    pub attribute: String,
    /// Its value, as the source wrote it.
    pub value: Option<String>,
    /// The due instant.
    pub due: DateTime<Utc>,
    /// The same on the wall clock of the attribute's time zone, where that is not UTC.
    pub local: Option<String>,
    /// The end of the window; absent: a state has none.
    pub window_ends: Option<DateTime<Utc>>,
    /// Inactivity: what its days are counted from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub counted_from: Option<&'static str>,
    /// notYet, due, missed, history, consumed, outOfScope or notEvaluated.
    pub state: &'static str,
}

/// What became of an occurrence.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Became {
    /// A Run has it.
    Run,
    /// Its window went by.
    Missed,
    /// A leaver's work took its place.
    Superseded,
    /// It is due again.
    Released,
}

impl fmt::Display for Became {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Run => "run",
            Self::Missed => "missed",
            Self::Superseded => "superseded",
            Self::Released => "released",
        })
    }
}

/// Where work stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum WorkStatus {
    /// As its result says.
    Result(ProcessingStatus),
    /// It waits until somebody decides about the Run.
    Held,
    /// Nobody can tell any more.
    NoLongerKept,
}

impl fmt::Display for WorkStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Result(status) => status.fmt(f),
            Self::Held => f.write_str("held"),
            Self::NoLongerKept => f.write_str("no longer kept"),
        }
    }
}

impl Serialize for WorkStatus {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        in_words(self, serializer)
    }
}

/// Something that happened.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Past {
    /// When: the end where there is one, else the beginning, else when it was written down.
    pub at: DateTime<Utc>,
    /// run, missed, superseded or released.
    pub what: Became,
    /// The Run.
    pub run: Option<String>,
    /// Superseded: the leaver workflow that took its place.
    pub by: Option<String>,
    /// Number of the version.
    pub version: Option<i32>,
    /// Why it ran: scheduled, onDemand or preview.
    pub cause: Option<String>,
    /// Where it stands, in the words of results; held: it waits until somebody decides about the Run.
    pub status: Option<WorkStatus>,
    /// Why, in one word.
    pub reason: Option<String>,
    /// The due instant.
    pub due: DateTime<Utc>,
    /// The tasks.
    pub tasks: Vec<PastTask>,
}

/// A task of a run.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PastTask {
    /// The task.
    pub name: String,
    /// Where it stands.
    pub status: ProcessingStatus,
    /// Why, in one word.
    pub reason: Option<String>,
    /// Why a task that succeeded changed nothing, or what failed.
    pub info: Option<String>,
}

/// What comes next.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Outlook {
    /// The due instant that comes.
    pub due: Option<DateTime<Utc>>,
    /// The evaluation of the schedule that deals with it.
    pub evaluation: Option<DateTime<Utc>>,
    /// What will happen; begins with `nothing` where nothing will.
    pub text: String,
    /// Nothing will happen.
    #[serde(skip)]
    pub is_nothing: bool,
}

/// An instant as it is said everywhere: on the clock of a zone, to the second where it has seconds.
#[must_use]
pub fn instant(at: DateTime<Utc>, zone: Tz) -> String {
    let format = if at.timestamp() % 60 == 0 { "%-d %B %Y %H:%M %Z" } else { "%-d %B %Y %H:%M:%S %Z" };
    at.with_timezone(&zone).format(format).to_string()
}

impl Outlook {
    /// Something will happen.
    pub(super) fn something(due: Option<DateTime<Utc>>, evaluation: Option<DateTime<Utc>>, text: String) -> Self {
        Self { due, evaluation, text, is_nothing: false }
    }

    pub(super) fn nothing(why: impl std::fmt::Display) -> Self {
        Self { due: None, evaluation: None, text: format!("nothing: {why}"), is_nothing: true }
    }
}
