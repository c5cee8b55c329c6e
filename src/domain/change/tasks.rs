//! From a task and what was observed to the Changes that it takes.

use std::collections::BTreeSet;

use super::Change;
use super::entry::{Entry, Observed, Sponsorship};
use super::wanted::{Bearing, GroupKind, Wanted, wanted};
use crate::api::Task;
use crate::api::reasons::Reason;
use crate::api::run_slice::BeforeImage;
use crate::domain::fault::Fault;
use crate::domain::mail::MailKind;

/// The attribute without which no licence can be assigned.
const USAGE_LOCATION: &str = "usageLocation";

/// What a task does to one person.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Work {
    /// The Changes, in order; none: it is so already.
    pub changes: Vec<Change>,
    /// What is said where nothing has to be changed.
    pub already: String,
    /// What is left as it was, or what else there is to know.
    pub besides: Option<String>,
}

impl Work {
    /// What there is to say, if something was changed, or if nothing had to be.
    #[must_use]
    pub fn words(&self, changed: bool) -> Option<&str> {
        self.besides.as_deref().or_else(|| (!changed).then_some(self.already.as_str()))
    }
}

/// The record is gone.
#[must_use]
pub fn no_user(subject: &str) -> Fault {
    Fault::permanent(Reason::UserNotFound, format!("there is no User {subject:?}"))
}

/// The account is gone.
#[must_use]
pub fn no_account(subject: &str) -> Fault {
    Fault::permanent(Reason::AccountNotFound, format!("there is no Account {subject:?}"))
}

/// What must be read of a person, beside their record and account, before it can be said what tasks do.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Needs {
    /// Groups by name.
    pub groups: BTreeSet<String>,
    /// Every group.
    pub all_groups: bool,
    /// Whom the person sponsors, and who takes that over.
    pub sponsored: bool,
}

impl Needs {
    /// Those of all the tasks together.
    #[must_use]
    pub fn of(tasks: &[Task]) -> Self {
        let mut needs = Self::default();
        for wanted in tasks.iter().filter_map(wanted) {
            match wanted {
                Wanted::Joined(_, names) | Wanted::Left(_, names) => needs.groups.extend(names.iter().cloned()),
                Wanted::LeftAll(_) => needs.all_groups = true,
                Wanted::Transferred => needs.sponsored = true,
                Wanted::Told(kind, _) => needs.sponsored |= kind.is_of_sponsors(),
                Wanted::Enabled(_)
                | Wanted::Deleted
                | Wanted::Values(_)
                | Wanted::Assigned(_)
                | Wanted::Unassigned(_)
                | Wanted::UnassignedAll
                | Wanted::Revoked
                | Wanted::Pass(_)
                | Wanted::Called(_)
                | Wanted::Unavailable(..) => {}
            }
        }
        needs
    }
}

/// What the tasks do, one after the other: each finds what those before it have done.
/// `is_over`: the task has its result, and nothing is asked of it any more.
pub fn works(tasks: &[Task], observed: &Observed, is_over: impl Fn(&Task) -> bool) -> Vec<Planned> {
    let mut observed = observed.clone();
    let mut planned = Vec::with_capacity(tasks.len());
    for task in tasks.iter().filter(|task| !is_over(task)) {
        let work = changes(task, &observed);
        let mut before = Vec::new();
        for change in work.iter().flat_map(|work| &work.changes) {
            before.push(change.before(&observed));
            observed.apply(change);
        }
        planned.push(Planned { task: task.name.clone(), work, before });
    }
    planned
}

/// One task of a person, as it is planned.
#[derive(Clone, Debug)]
pub struct Planned {
    /// Name of the task.
    pub task: String,
    /// What it does.
    pub work: Result<Work, Fault>,
    /// What there is before each of its Changes.
    pub before: Vec<Option<BeforeImage>>,
}

/// What the task does to the person who was observed.
///
/// # Errors
/// [`Fault`] says why it cannot be done.
pub fn changes(task: &Task, observed: &Observed) -> Result<Work, Fault> {
    let wanted =
        wanted(task).ok_or_else(|| Fault::permanent(Reason::TaskUnavailable, "no task is set that this release knows".to_owned()))?;
    match wanted {
        Wanted::Enabled(true) => {
            let entry = observed.own()?;
            require_present(entry)?;
            Ok(one(Change::SetEnabled(true), !entry.is_enabled, "the account was enabled already"))
        }
        Wanted::Enabled(false) => {
            Ok(observed.take(|entry| one(Change::SetEnabled(false), entry.is_enabled, "the account was disabled already")))
        }
        Wanted::Deleted => {
            let Some(entry) = &observed.entry else { return Ok(observed.nobody()) };
            require_own(entry)?;
            Ok(one(Change::Delete, entry.deleted_at.is_none(), "the user was deleted already"))
        }
        Wanted::Values(updates) => values(task, updates.iter().map(|update| update.attribute.as_str()), observed),
        Wanted::Joined(kind, names) => joined(observed, kind, names),
        Wanted::Left(kind, names) => left(observed, kind, names),
        Wanted::LeftAll(kind) => left_all(observed, kind),
        Wanted::Assigned(skus) => assigned(observed, skus),
        Wanted::Unassigned(skus) => Ok(observed.take(|entry| unassigned(entry, Some(skus), "the subject did not have the licences"))),
        Wanted::UnassignedAll => Ok(observed.take(|entry| unassigned(entry, None, "the subject had no licences"))),
        Wanted::Revoked => Ok(observed.take(|entry| {
            // Those that began since the last end are still there to be ended.
            let are_there = entry.sessions_revoked_at.is_none_or(|revoked| revoked < observed.at);
            one(Change::RevokeSessions, are_there, "the sessions were ended already")
        })),
        Wanted::Transferred => transferred(observed),
        Wanted::Pass(arguments) => {
            let to = MailKind::AccessPass.recipients(&arguments.to, &arguments.cc);
            let (lifetime_minutes, is_usable_once) = (arguments.lifetime_minutes, arguments.is_usable_once);
            Ok(several(vec![Change::IssuePass { lifetime_minutes, is_usable_once, to }], ""))
        }
        Wanted::Told(kind, arguments) => Ok(match nothing_to_tell(kind, arguments.to.is_empty(), observed)? {
            Some(words) => several(Vec::new(), words),
            None => several(vec![Change::SendMail { kind, to: kind.recipients(&arguments.to, &arguments.cc) }], ""),
        }),
        Wanted::Called(extension) => Ok(several(vec![Change::Call { extension: extension.to_owned() }], "")),
        Wanted::Unavailable(member, _) => Err(Fault::unavailable(member)),
    }
}

/// One Change, if there is something to change.
fn one(change: Change, is_needed: bool, already: &str) -> Work {
    several(if is_needed { vec![change] } else { Vec::new() }, already)
}

/// Changes, or the word that everything is so already.
fn several(changes: Vec<Change>, already: &str) -> Work {
    Work { changes, already: already.to_owned(), besides: None }
}

/// A deleted account is given nothing any more; what it has can still be taken.
pub(super) fn require_present(entry: &Entry) -> Result<(), Fault> {
    if entry.deleted_at.is_some() {
        return Err(Fault::permanent(Reason::AccountDeleted, "the account is deleted".to_owned()));
    }
    Ok(())
}

/// What enables, gives or deletes must not reach another person's account.
pub(super) fn require_own(entry: &Entry) -> Result<(), Fault> {
    let Some(reused) = &entry.reused else { return Ok(()) };
    let (subject, attribute) = (&entry.name, &reused.attribute);
    let message = format!("the account of {subject:?} remembers another {attribute} than the record has: it may be another person's");
    Err(Fault::permanent(Reason::NameReused, message))
}

/// Why a Change must not reach the entry as it is now, whatever was planned.
///
/// # Errors
/// [`Fault`]: the account may be another person's, or is deleted.
pub fn forbidden(change: &Change, entry: &Entry) -> Result<(), Fault> {
    if change.bearing() == Bearing::Gives {
        require_own(entry)?;
    }
    match change {
        Change::SetEnabled(true) | Change::AddMember { .. } | Change::AssignLicence { .. } | Change::SetAttributes(_) => {
            require_present(entry)
        }
        Change::SetEnabled(false)
        | Change::RevokeSessions
        | Change::RemoveMember { .. }
        | Change::RemoveLicence { .. }
        | Change::TransferSponsorship { .. }
        | Change::IssuePass { .. }
        | Change::Delete
        | Change::SendMail { .. }
        | Change::Call { .. } => Ok(()),
    }
}

impl Observed {
    /// The entry of somebody whose account must be there.
    fn present(&self) -> Result<&Entry, Fault> {
        self.entry.as_ref().ok_or_else(|| no_account(&self.subject))
    }

    /// The same, if it is certainly theirs.
    fn own(&self) -> Result<&Entry, Fault> {
        let entry = self.present()?;
        require_own(entry)?;
        Ok(entry)
    }

    /// What is taken from an account that is not there is taken already.
    fn take(&self, work: impl FnOnce(&Entry) -> Work) -> Work {
        self.entry.as_ref().map_or_else(|| self.nobody(), work)
    }

    fn nobody(&self) -> Work {
        several(Vec::new(), &format!("there is no Account {:?}", self.subject))
    }

    /// Groups that a task names must be of the kind, and have members that are assigned one by one. Gives the names of
    /// those that do not exist.
    fn missing<'a>(&self, kind: GroupKind, names: &'a [String]) -> Result<Vec<&'a str>, Fault> {
        self.require_groups()?;
        let mut missing = Vec::new();
        for name in names {
            let Some(group) = self.groups.get(name) else {
                missing.push(name.as_str());
                continue;
            };
            if kind == GroupKind::Teams && !group.is_team {
                return Err(Fault::permanent(Reason::NotATeam, format!("Group {name:?} is not of type team")));
            }
            if group.is_elsewhere {
                return Err(Fault::permanent(Reason::ManagedElsewhere, format!("the members of Group {name:?} are decided elsewhere")));
            }
        }
        Ok(missing)
    }

    fn require_groups(&self) -> Result<(), Fault> {
        self.unread.groups.clone().map_or(Ok(()), Err)
    }

    fn require_sponsored(&self) -> Result<(), Fault> {
        self.unread.sponsored.clone().map_or(Ok(()), Err)
    }

    fn is_of(&self, kind: GroupKind, name: &str) -> bool {
        kind == GroupKind::Any || self.groups.get(name).is_some_and(|group| group.is_team)
    }

    /// Nobody else manages a group that is not there.
    fn is_elsewhere(&self, name: &str) -> bool {
        self.groups.get(name).is_some_and(|group| group.is_elsewhere)
    }
}

fn joined(observed: &Observed, kind: GroupKind, names: &[String]) -> Result<Work, Fault> {
    if let Some(name) = observed.missing(kind, names)?.first() {
        return Err(Fault::permanent(Reason::GroupNotFound, format!("there is no Group {name:?}")));
    }
    let entry = observed.own()?;
    require_present(entry)?;
    let new = once(names).filter(|name| !entry.member_of.contains(name));
    Ok(several(new.map(|group| Change::AddMember { group: group.clone() }).collect(), "the subject was a member already"))
}

/// Nobody is in a group that does not exist: there is nothing to do but to strike its name.
fn left(observed: &Observed, kind: GroupKind, names: &[String]) -> Result<Work, Fault> {
    let missing = observed.missing(kind, names)?;
    Ok(observed.take(|entry| {
        let there = once(names).filter(|name| entry.member_of.contains(name));
        let changes = there.map(|group| Change::RemoveMember { group: group.clone() }).collect();
        let mut work = several(changes, "the subject was not a member");
        if !missing.is_empty() {
            work.besides = Some(format!("there is no Group any more of the name {}", missing.join(", ")));
        }
        work
    }))
}

/// Every group, or team, that is not managed elsewhere, and the word which ones are.
fn left_all(observed: &Observed, kind: GroupKind) -> Result<Work, Fault> {
    observed.require_groups()?;
    let Some(entry) = &observed.entry else { return Ok(observed.nobody()) };
    let of_kind = entry.member_of.iter().filter(|name| observed.is_of(kind, name));
    let (elsewhere, own): (Vec<&String>, Vec<&String>) = of_kind.partition(|name| observed.is_elsewhere(name));
    let changes = own.into_iter().map(|group| Change::RemoveMember { group: group.clone() }).collect();
    let mut work = several(changes, "the subject was not a member");
    if !elsewhere.is_empty() {
        let names: Vec<&str> = elsewhere.into_iter().map(String::as_str).collect();
        work.besides = Some(format!("left alone, because they are managed elsewhere: {}", names.join(", ")));
    }
    Ok(work)
}

fn assigned(observed: &Observed, skus: &[String]) -> Result<Work, Fault> {
    if !observed.has_record {
        return Err(no_user(&observed.subject));
    }
    let entry = observed.present()?;
    require_present(entry)?;
    require_own(entry)?;
    let location = entry.attributes.get(USAGE_LOCATION).or(entry.recorded_usage_location.as_ref());
    if location.is_none_or(String::is_empty) {
        return Err(Fault::permanent(Reason::UsageLocationMissing, format!("{:?} has no {USAGE_LOCATION}", observed.subject)));
    }
    let new = once(skus).filter(|sku| !entry.licenses.contains(sku));
    Ok(several(new.map(|sku| Change::AssignLicence { sku: sku.clone() }).collect(), "the subject had the licences already"))
}

/// The named licences, or all.
fn unassigned(entry: &Entry, skus: Option<&[String]>, already: &str) -> Work {
    let taken = entry.licenses.iter().filter(|sku| skus.is_none_or(|skus| skus.contains(sku)));
    several(taken.map(|sku| Change::RemoveLicence { sku: sku.clone() }).collect(), already)
}

/// The values that are not there yet.
fn values<'a>(task: &Task, attributes: impl Iterator<Item = &'a str>, observed: &Observed) -> Result<Work, Fault> {
    let mut new = std::collections::BTreeMap::new();
    let known = observed.entry.as_ref();
    for attribute in attributes {
        let value = observed.values.get(&(task.name.clone(), attribute.to_owned()));
        let value = value
            .cloned()
            .unwrap_or_else(|| Err(Fault::permanent(Reason::BeforeImageMissing, format!("the value of {attribute:?} was not made"))))?;
        if known.and_then(|entry| entry.attributes.get(attribute)) != Some(&value) {
            new.insert(attribute.to_owned(), Some(value));
        }
    }
    let entry = observed.present()?;
    require_present(entry)?;
    let is_needed = !new.is_empty();
    Ok(one(Change::SetAttributes(new), is_needed, "the attributes had these values already"))
}

/// The manager in the subject's place wherever the subject is a sponsor.
fn transferred(observed: &Observed) -> Result<Work, Fault> {
    observed.require_sponsored()?;
    let unread = || Err(Fault::permanent(Reason::ManagerMissing, format!("{:?} has no manager", observed.subject)));
    let manager = observed.successor.clone().unwrap_or_else(unread)?;
    let mut changes = Vec::new();
    let mut left = Vec::new();
    for Sponsorship { of, is_protected, has_account, .. } in &observed.sponsored {
        if !has_account {
            // The next evaluation gives it one.
            let message = format!("{of:?}, whom {:?} sponsors, has no Account yet", observed.subject);
            return Err(Fault::transient(Reason::AccountNotFound, message));
        }
        if *is_protected {
            left.push(of.as_str());
            continue;
        }
        changes.push(Change::TransferSponsorship { of: of.clone(), from: observed.subject.clone(), to: manager.clone() });
    }
    let mut work = several(changes, "the subject sponsors nobody");
    if !left.is_empty() {
        work.besides = Some(format!("left alone, because they are protected: {}", left.join(", ")));
    }
    Ok(work)
}

/// Why a mail about sponsorships need not be sent.
fn nothing_to_tell(kind: MailKind, has_default_recipients: bool, observed: &Observed) -> Result<Option<&'static str>, Fault> {
    let is_alone = || observed.sponsored.iter().flat_map(|guest| &guest.sponsors).all(|name| *name == observed.subject);
    if !kind.is_of_sponsors() {
        return Ok(None);
    }
    observed.require_sponsored()?;
    if observed.sponsored.is_empty() {
        return Ok(Some("the subject sponsors nobody"));
    }
    Ok((kind == MailKind::SponsorChange && has_default_recipients && is_alone()).then_some("there are no other sponsors"))
}

/// Each name once, in their order.
fn once(names: &[String]) -> impl Iterator<Item = &String> {
    let mut seen = BTreeSet::new();
    names.iter().filter(move |name| seen.insert(name.as_str()))
}
