//! What is observed of a person before a claim, and what a Change makes of it. The same function plans what comes next,
//! computes the edit of a directory's entry, and is what an inverse is tested with: idempotence stands here once.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use super::Change;
use crate::domain::fault::Fault;

/// What a directory has of one person, as far as Changes touch it.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Entry {
    /// Name in the directory.
    pub name: String,
    /// Whether the person can sign in.
    pub is_enabled: bool,
    /// When it was deleted softly.
    pub deleted_at: Option<DateTime<Utc>>,
    /// Every group, sorted.
    pub member_of: Vec<String>,
    /// Directly assigned licences, sorted.
    pub licenses: Vec<String>,
    /// The attributes that tasks wrote; an empty text hides the record's value.
    pub attributes: BTreeMap<String, String>,
    /// Who sponsors the person, as a task or the record says.
    pub sponsors: Vec<String>,
    /// Sessions that began before are ended.
    pub sessions_revoked_at: Option<DateTime<Utc>>,
    /// The country in which the record says that licences are used.
    pub recorded_usage_location: Option<String>,
    /// Why the account may be another person's.
    pub reused: Option<Reused>,
}

/// The account remembers another correlation value than the record has.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Reused {
    /// Name of the correlation attribute.
    pub attribute: String,
}

/// What is known of a group.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct GroupFacts {
    /// It is a team.
    pub is_team: bool,
    /// Another system, or a rule, decides who its members are.
    pub is_elsewhere: bool,
}

/// Somebody whom the subject sponsors.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Sponsorship {
    /// Who is sponsored.
    pub of: String,
    /// All their sponsors.
    pub sponsors: Vec<String>,
    /// Nothing may touch them.
    pub is_protected: bool,
    /// Whether there is an account to write to.
    pub has_account: bool,
}

/// What could not be read beside a person's own record and account.
#[derive(Clone, Debug, Default)]
pub struct Unread {
    /// The groups.
    pub groups: Option<Fault>,
    /// Whom the subject sponsors.
    pub sponsored: Option<Fault>,
}

/// What was read of one person before a claim: as much of it as the tasks need.
#[derive(Clone, Debug, Default)]
pub struct Observed {
    /// The instant.
    pub at: DateTime<Utc>,
    /// Name of the subject.
    pub subject: String,
    /// The subject's entry; None: there is none.
    pub entry: Option<Entry>,
    /// Whether there is a record of the person.
    pub has_record: bool,
    /// The groups that are there, by name: all of them, or those that the tasks name.
    pub groups: BTreeMap<String, GroupFacts>,
    /// Whom the subject sponsors, in the order of their names; read only where a task is about it.
    pub sponsored: Vec<Sponsorship>,
    /// Who takes over what the subject sponsors; read only where a task is about it.
    pub successor: Option<Result<String, Fault>>,
    /// What of this cannot be read: the tasks that need it wait, and the others do not.
    pub unread: Unread,
    /// The values that tasks write, by task and attribute.
    pub values: BTreeMap<(String, String), Result<String, Fault>>,
}

impl Observed {
    /// The same after a Change.
    pub fn apply(&mut self, change: &Change) {
        if let Change::TransferSponsorship { of, from, to } = change {
            for sponsored in self.sponsored.iter_mut().filter(|sponsored| sponsored.of == *of) {
                replace(&mut sponsored.sponsors, of, from, to);
            }
            let (subject, transferred) = (self.subject.clone(), of.clone());
            self.sponsored.retain(|sponsored| sponsored.of != transferred || sponsored.sponsors.contains(&subject));
        } else if let Some(entry) = &mut self.entry {
            entry.apply(change, self.at);
        }
    }
}

impl Entry {
    /// The same after a Change; whether it was another one before.
    pub fn apply(&mut self, change: &Change, now: DateTime<Utc>) -> bool {
        match change {
            Change::SetEnabled(enabled) => std::mem::replace(&mut self.is_enabled, *enabled) != *enabled,
            Change::SetAttributes(values) => {
                let before = self.attributes.clone();
                for (name, value) in values {
                    match value {
                        Some(value) => drop(self.attributes.insert(name.clone(), value.clone())),
                        None => drop(self.attributes.remove(name)),
                    }
                }
                self.attributes != before
            }
            // Sessions can begin at any time: only those that began since the last end are still there to be ended.
            Change::RevokeSessions => {
                let changed = self.sessions_revoked_at.is_none_or(|revoked| revoked < now);
                self.sessions_revoked_at = self.sessions_revoked_at.max(Some(now));
                changed
            }
            Change::AddMember { group } => add(&mut self.member_of, group),
            Change::RemoveMember { group } => remove(&mut self.member_of, group),
            Change::AssignLicence { sku } => add(&mut self.licenses, sku),
            Change::RemoveLicence { sku } => remove(&mut self.licenses, sku),
            Change::TransferSponsorship { of, from, to } => *of == self.name && replace(&mut self.sponsors, of, from, to),
            Change::Delete => {
                let changed = self.deleted_at.is_none();
                self.deleted_at.get_or_insert(now);
                self.is_enabled = false;
                changed
            }
            // What leaves the house leaves no trace in a directory.
            Change::IssuePass { .. } | Change::SendMail { .. } | Change::Call { .. } => false,
        }
    }
}

fn add(names: &mut Vec<String>, name: &str) -> bool {
    let is_new = !names.iter().any(|known| known == name);
    if is_new {
        names.push(name.to_owned());
        names.sort();
    }
    is_new
}

fn remove(names: &mut Vec<String>, name: &str) -> bool {
    let before = names.len();
    names.retain(|known| known != name);
    names.len() != before
}

/// Puts one sponsor in the place of another, each once; whether that one was there. Nobody becomes their own sponsor.
fn replace(sponsors: &mut Vec<String>, of: &str, from: &str, to: &str) -> bool {
    if !sponsors.iter().any(|sponsor| sponsor == from) {
        return false;
    }
    let mut seen = BTreeSet::new();
    let after = sponsors.drain(..).map(|sponsor| if sponsor == from { to.to_owned() } else { sponsor });
    let after: Vec<String> = after.filter(|sponsor| sponsor != of && seen.insert(sponsor.clone())).collect();
    *sponsors = after;
    true
}
