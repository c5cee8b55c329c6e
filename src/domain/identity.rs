//! Identities that outlive the process: what decides a key, a digest or a hash in an object.
//!
//! They are written by hand, part by part, and golden-tested: renaming a field or adding one must make nobody due again
//! and miss nobody. So there is no derived serialisation here, and no Debug output; clippy forbids the former in this
//! room and in the runner's, and nothing but [`Identity`] is hashed in them. Another form of a text below needs another
//! [`VERSION`], and readers of both.

use std::collections::BTreeSet;

use sha2::{Digest as _, Sha256};

use crate::api::RunSpec;
use crate::api::run::{ExecutionType, TaskScope, UserScope};

use super::dates::{DateOnly, TIME_ZONE};
use super::hex::encode;
use super::trigger::Trigger;

/// The version of all identities: `keyVersion` of the head.
pub const VERSION: i32 = 1;

/// Whether keys and digests of a head's `keyVersion` can be read and written here.
#[must_use]
pub const fn is_known(version: i32) -> bool {
    version == VERSION
}

/// What has an identity.
pub trait Identity {
    /// Writes what identifies it.
    fn write(&self, to: &mut Parts);
}

/// The parts of an identity, each with its length in front, so that they do not run into each other.
#[derive(Debug, Default)]
pub struct Parts(Vec<u8>);

impl Parts {
    /// Those of one identity.
    #[must_use]
    pub fn of(identity: &impl Identity) -> Self {
        let mut parts = Self::default();
        identity.write(&mut parts);
        parts
    }

    /// What is hashed.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// A text.
    pub fn text(&mut self, text: &str) -> &mut Self {
        self.0.extend((text.len() as u64).to_be_bytes());
        self.0.extend(text.as_bytes());
        self
    }

    /// A number.
    pub fn number(&mut self, number: i64) -> &mut Self {
        self.text(&number.to_string())
    }

    /// A text that may be missing; that is another part than an empty one.
    pub fn optional(&mut self, text: Option<&str>) -> &mut Self {
        match text {
            Some(text) => self.text("some").text(text),
            None => self.text("none"),
        }
    }

    /// Several texts, in the order that means something.
    pub fn list<'a>(&mut self, texts: impl ExactSizeIterator<Item = &'a str>) -> &mut Self {
        self.0.extend((texts.len() as u64).to_be_bytes());
        for text in texts {
            self.text(text);
        }
        self
    }
}

/// The SHA-256 of an identity.
#[must_use]
pub fn hash(identity: &impl Identity) -> [u8; 32] {
    Sha256::digest(Parts::of(identity).bytes()).into()
}

/// An identity with the version of all identities in front.
struct Versioned<'a, T>(&'a T);

impl<T: Identity> Identity for Versioned<'_, T> {
    fn write(&self, to: &mut Parts) {
        to.number(i64::from(VERSION));
        self.0.write(to);
    }
}

/// The first `bytes` of the SHA-256 of an identity and its version, in hexadecimal.
#[must_use]
pub fn digest(identity: &impl Identity, bytes: usize) -> String {
    let hash = hash(&Versioned(identity));
    encode(&hash[..bytes.min(hash.len())])
}

/// When a trigger makes people due: its offset, and what of the Directory moves the instants.
#[derive(Clone, Copy, Debug)]
pub struct DueRuleIdentity<'a> {
    /// The trigger.
    pub trigger: Option<&'a Trigger>,
    /// What else moves due instants, in the order of [`ZoneFacts`]' fields.
    pub zone: Option<&'a ZoneFacts>,
}

/// What of a Directory's mapping moves the due instants of an attribute.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ZoneFacts {
    /// The zone of the mapping.
    pub time_zone: Option<String>,
    /// The attribute that names the subject's zone.
    pub time_zone_attribute: Option<String>,
    /// What a date without a time means, if the mapping says so.
    pub date_only: Option<DateOnly>,
    /// The tenant's zone.
    pub tenant: Option<String>,
}

impl Identity for DueRuleIdentity<'_> {
    fn write(&self, to: &mut Parts) {
        match self.trigger {
            None => drop(to.text("on demand")),
            Some(Trigger::Time { attribute, offset_in_days, at }) => {
                let at = at.map(|at| at.format("%H:%M:%S").to_string());
                to.text("time").text(attribute).number(i64::from(*offset_in_days)).optional(at.as_deref());
                self.zone.unwrap_or(&ZoneFacts::default()).write(to);
            }
            Some(Trigger::Change { attributes }) => drop(to.text("change").list(attributes.iter().map(String::as_str))),
            Some(Trigger::Membership { group, joined }) => drop(to.text(if *joined { "joined" } else { "left" }).text(group)),
            Some(Trigger::Inactivity { days, since_created }) => {
                to.text("inactivity").number(i64::from(*days)).text(if *since_created { "since created" } else { "since sign-in" });
            }
            Some(Trigger::Sponsors { minimum }) => drop(to.text("sponsors").number(i64::from(*minimum))),
        }
    }
}

impl ZoneFacts {
    /// The attributes of a person that name the zone of the date, as far as they have a say in it.
    pub fn attributes(&self) -> impl Iterator<Item = &str> {
        self.time_zone_attribute.as_deref().into_iter().chain(self.time_zone.is_none().then_some(TIME_ZONE))
    }
}

impl Identity for ZoneFacts {
    fn write(&self, to: &mut Parts) {
        let date_only = self.date_only.map(|date_only| match date_only {
            DateOnly::StartOfDay => "start",
            DateOnly::EndOfDay => "end",
        });
        to.optional(self.time_zone.as_deref()).optional(self.time_zone_attribute.as_deref());
        to.optional(date_only).optional(self.tenant.as_deref());
    }
}

/// What a Run of a person asks for: the same name with another request is another Run. Who asked, how urgent it is and
/// whether it is canceled have no part in it.
impl Identity for RunSpec {
    fn write(&self, to: &mut Parts) {
        let Self { source, execution_type, subjects, undo, priority: _, requested_by: _, acknowledges, cancel: _ } = self;
        match &source.workflow {
            Some(workflow) => {
                let version = workflow.version.map(|version| version.to_string());
                to.text("workflow").text(&workflow.name).optional(version.as_deref());
            }
            None => drop(to.text("nothing")),
        }
        to.text(match execution_type {
            ExecutionType::Scheduled => "scheduled",
            ExecutionType::OnDemand => "on demand",
            ExecutionType::Preview => "preview",
        });
        let subjects = subjects.clone().unwrap_or_default();
        to.list(subjects.users.iter().flatten().map(String::as_str).collect::<Vec<_>>().into_iter());
        to.optional(subjects.group.as_deref());
        to.optional(subjects.scope.as_ref().map(|scope| scope.rule.as_deref().unwrap_or("")));
        match &subjects.reprocess {
            Some(again) => {
                to.text("reprocess").text(&again.run);
                to.text(match again.user_scope {
                    UserScope::AllUsers => "all users",
                    UserScope::FailedUsers => "failed users",
                });
                to.text(match again.task_scope {
                    TaskScope::AllTasks => "all tasks",
                    TaskScope::FailedTasks => "failed tasks",
                });
            }
            None => drop(to.text("first")),
        }
        to.optional(undo.as_ref().map(|undo| undo.run.as_str()));
        // A Run that says nothing is what it was before there was something to say.
        if let Some(classes) = acknowledges {
            let classes: BTreeSet<&str> = classes.iter().map(|class| class.as_str()).collect();
            to.text("acknowledges").list(classes.into_iter());
        }
    }
}

/// What an approval names: a plan of one version of a workflow, and everybody in it.
#[derive(Clone, Debug)]
pub struct PlanIdentity<'a> {
    /// Name of the workflow.
    pub workflow: &'a str,
    /// Number of the version.
    pub version: i32,
    /// Slice, subject and occurrence of everybody, in the order of the slices.
    pub people: Vec<[&'a str; 3]>,
}

impl Identity for PlanIdentity<'_> {
    fn write(&self, to: &mut Parts) {
        let Self { workflow, version, people } = self;
        to.text("plan 1").text(workflow).number(i64::from(*version));
        for part in people.iter().flatten() {
            to.text(part);
        }
    }
}

/// A workflow that nothing remembers: what its lineage is made of.
#[derive(Clone, Copy, Debug)]
pub struct LineageIdentity<'a> {
    /// The tenant.
    pub namespace: &'a str,
    /// Name of the Workflow.
    pub workflow: &'a str,
    /// UID of the Workflow.
    pub uid: &'a str,
}

impl Identity for LineageIdentity<'_> {
    fn write(&self, to: &mut Parts) {
        let Self { namespace, workflow, uid } = self;
        to.text("tenure.dev lineage").text(namespace).text(workflow).text(uid);
    }
}

/// A mail: the same for every try of one task of one occurrence, so that a mail that is sent again is known by its Message-ID.
#[derive(Clone, Copy, Debug)]
pub struct MailIdentity<'a> {
    /// The tenant.
    pub tenant: &'a str,
    /// Key of the occurrence.
    pub occurrence: &'a str,
    /// Name of the task.
    pub task: &'a str,
}

impl Identity for MailIdentity<'_> {
    fn write(&self, to: &mut Parts) {
        let Self { tenant, occurrence, task } = self;
        to.text("mail").text(tenant).text(occurrence).text(task);
    }
}

/// An attempt to execute a Run: what its Job is named after.
#[derive(Clone, Copy, Debug)]
pub struct AttemptIdentity<'a> {
    /// Name of the Run.
    pub run: &'a str,
    /// Number of the attempt, from 1.
    pub attempt: i32,
}

impl Identity for AttemptIdentity<'_> {
    fn write(&self, to: &mut Parts) {
        let Self { run, attempt } = self;
        to.text("attempt").text(run).number(i64::from(*attempt));
    }
}

#[cfg(test)]
mod tests;
