//! What stands in a result of the Changes of its tasks, and how much room that takes: before-images and Changes of a
//! subject share 8 `KiB`.

use crate::api::run_slice::BeforeImage;
use crate::api::task::AttributeUpdate;
use crate::api::{SubjectResult, Task, TaskResult};
use crate::domain::fault::Fault;
use crate::domain::room::{stored_bytes, text_bytes};
use crate::domain::standing::Progress;
use crate::domain::template::{Piece, line};

use super::wanted::{Wanted, wanted};
use super::{Change, Observed, Planned, digest};

/// Most bytes of a subject's before-images and Changes.
pub const NOTED_BYTES: usize = 8 * 1024;
/// Most bytes of an attribute's value: 1,024 characters of four bytes.
const VALUE_BYTES: usize = 4 * 1024;
/// Most bytes of a Change beside its names: the longest of those that name one thing, with the quotes of a text within a text.
const CHANGE_BYTES: usize = "remove from group ".len() + 9;

/// What stands in a task's result of what it does.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Record {
    /// The Changes.
    Changes(Vec<Change>),
    /// There were more than there is room for, or a newer release wrote them: those that can be read.
    Digest(Vec<Change>),
}

/// What was written down of a task; None: nothing yet, or an older release claimed the subject.
#[must_use]
pub fn recorded(result: &TaskResult) -> Option<Record> {
    let texts = result.changes.as_deref();
    if texts.is_none() && result.changes_digest.is_none() {
        return None;
    }
    let texts = texts.unwrap_or_default();
    let changes: Vec<Change> = texts.iter().filter_map(|text| Change::parse(text)).collect();
    let is_whole = result.changes_digest.is_none() && changes.len() == texts.len();
    Some(if is_whole { Record::Changes(changes) } else { Record::Digest(changes) })
}

impl Record {
    /// Whether there is anything to do, or was.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Changes(changes) if changes.is_empty())
    }

    /// The Changes, as far as they stand there.
    #[must_use]
    pub fn changes(&self) -> &[Change] {
        match self {
            Self::Changes(changes) | Self::Digest(changes) => changes,
        }
    }
}

/// Whether something of what was written down is done, as far as can be seen: then the subject was begun, and is carried
/// through to the end. Where the result does not say, what is there of the person tells. Each Change is looked at by itself,
/// so that what others did to the person says nothing: it is done if it is in force, and would not be planned again.
/// `planned`: what the tasks would do now. None: it hangs on what cannot be read.
#[must_use]
pub fn is_begun(result: &SubjectResult, observed: &Observed, planned: &[Planned]) -> Option<bool> {
    match Progress::of(result) {
        Progress::NeverBegun => return Some(false),
        Progress::Begun => return Some(true),
        Progress::MayHaveBegun => {}
    }
    let of_task = |entry: &TaskResult| {
        let work = planned.iter().find(|one| one.task == entry.name).map(|one| &one.work);
        let is_unread = work.is_some_and(|work| work.as_ref().is_err_and(Fault::is_passing));
        let again = work.and_then(|work| work.as_ref().ok()).map_or(&[][..], |work| &work.changes);
        match recorded(entry) {
            Some(record) if record.is_empty() => Some(false),
            Some(_) if is_unread => None,
            Some(Record::Changes(changes)) => Some(changes.iter().any(|change| is_in_force(change, observed) && !again.contains(change))),
            // There was no room to say it: as long as all of it is still to be done, nothing is.
            Some(Record::Digest(_)) => Some(entry.changes_digest.as_deref() != Some(digest(again).as_str())),
            // An older release has claimed the subject and said nothing.
            None => Some(true),
        }
    };
    let tasks: Vec<Option<bool>> = result.tasks.iter().map(of_task).collect();
    if tasks.contains(&Some(true)) { Some(true) } else { (!tasks.contains(&None)).then_some(false) }
}

/// Whether the person is as if the Change had been done.
fn is_in_force(change: &Change, observed: &Observed) -> bool {
    let is_so = || observed.entry.as_ref().map(|entry| !entry.clone().apply(change, observed.at));
    match change {
        Change::TransferSponsorship { of, .. } => !observed.sponsored.iter().any(|sponsored| sponsored.of == *of),
        Change::Delete => is_so().unwrap_or(true),
        Change::SetEnabled(_)
        | Change::SetAttributes(_)
        | Change::RevokeSessions
        | Change::AddMember { .. }
        | Change::RemoveMember { .. }
        | Change::AssignLicence { .. }
        | Change::RemoveLicence { .. } => is_so().unwrap_or(false),
        // What leaves the house is seen by its result only.
        Change::IssuePass { .. } | Change::SendMail { .. } | Change::Call { .. } => false,
    }
}

/// Writes down what the tasks will do, and what there was before. What an earlier attempt wrote stands and has its room
/// first, and what is found besides is added. What there is no room for is marked: a task whose image is too large cannot be
/// undone, and of Changes that are too many there is a digest.
pub fn write_down(tasks: &[Task], planned: &[Planned], result: &mut SubjectResult) {
    let taken: usize =
        result.tasks.iter().map(|entry| image_bytes(entry.before.as_ref()) + entry.changes.as_deref().map_or(0, texts_bytes)).sum();
    let mut left = noted_bytes(tasks).saturating_sub(taken);
    // Whoever it has claimed may have been begun, also where nothing was written down.
    let is_of_older_release = Progress::of(result).is_claimed() && result.tasks.iter().all(|entry| recorded(entry).is_none());
    let own: Vec<Change> = result.tasks.iter().filter_map(recorded).flat_map(|record| record.changes().to_vec()).collect();
    let mut found = Vec::new();
    for one in planned {
        let Some(entry) = result.tasks.iter_mut().find(|entry| entry.name == one.task) else { continue };
        let record = recorded(entry);
        // That nothing can be done is written down as well; and of what there was no room for nothing more is known.
        let (Ok(work), false) = (&one.work, matches!(record, Some(Record::Digest(_)))) else {
            if record.is_none() && !is_of_older_release {
                entry.changes = Some(Vec::new());
            }
            continue;
        };
        let known = record.as_ref().map_or(&[][..], Record::changes);
        let new = work.changes.iter().zip(&one.before).filter(|(change, _)| !known.contains(change));
        let (changes, images): (Vec<Change>, Vec<Option<BeforeImage>>) = new.map(|(change, image)| (change.clone(), image.clone())).unzip();
        // Before an older release wrote Changes, its image was of the whole task. And what this Run has itself done to the
        // person was not there before it.
        let is_whole = record.is_none() && entry.before.is_some();
        let images = changes.iter().zip(images).filter(|(change, _)| !change.opposite().is_some_and(|opposite| own.contains(&opposite)));
        let images = images.filter_map(|(_, image)| image).map(|image| without_written(image, known));
        let image = images.reduce(merged).filter(|_| !is_whole);
        if let Some(image) = image {
            entry.before = Some(grown(entry.before.take(), image, &mut left));
        }
        found.push((one.task.as_str(), changes));
    }
    for (task, changes) in found {
        let Some(entry) = result.tasks.iter_mut().find(|entry| entry.name == task) else { continue };
        let texts: Vec<String> = changes.iter().map(Change::text).collect();
        let bytes = texts_bytes(&texts);
        if bytes > left {
            let all: Vec<Change> = recorded(entry).iter().flat_map(Record::changes).cloned().chain(changes).collect();
            entry.changes_digest = Some(digest(&all));
        } else {
            left -= bytes;
            entry.changes.get_or_insert_default().extend(texts);
        }
    }
}

fn texts_bytes(texts: &[String]) -> usize {
    texts.iter().map(|text| text_bytes(text) + 3).sum()
}

/// Bytes of an image; the word that there was no room for one is counted elsewhere.
fn image_bytes(image: Option<&BeforeImage>) -> usize {
    image.filter(|image| **image != unkept()).map_or(0, stored_bytes)
}

fn unkept() -> BeforeImage {
    BeforeImage { not_undoable: Some(true), ..BeforeImage::default() }
}

/// The image with what was found besides, or the word that there was no room for all of it.
fn grown(image: Option<BeforeImage>, more: BeforeImage, left: &mut usize) -> BeforeImage {
    let before = image_bytes(image.as_ref());
    if image.as_ref().is_some_and(|image| image.not_undoable == Some(true)) {
        return image.unwrap_or_else(unkept);
    }
    let all = image.clone().into_iter().chain([more]).reduce(merged).unwrap_or_default();
    let growth = stored_bytes(&all).saturating_sub(before);
    if growth > *left {
        return BeforeImage { not_undoable: Some(true), ..image.unwrap_or_default() };
    }
    *left -= growth;
    all
}

/// The image without attributes that the task has set down to write before: what was there then is known, also if it was nothing.
fn without_written(mut image: BeforeImage, known: &[Change]) -> BeforeImage {
    if let Some(attributes) = &mut image.attributes {
        attributes.retain(|name, _| !known.iter().any(|change| change.writes(name)));
    }
    image
}

/// Two images of one task. What the first one says stands.
fn merged(mut first: BeforeImage, second: BeforeImage) -> BeforeImage {
    let BeforeImage { account_enabled, member_of, licenses, attributes, sponsorships, deleted_at, not_undoable } = second;
    first.account_enabled = first.account_enabled.or(account_enabled);
    first.deleted_at = first.deleted_at.or(deleted_at);
    first.not_undoable = first.not_undoable.or(not_undoable);
    for (list, more) in [(&mut first.member_of, member_of), (&mut first.licenses, licenses)] {
        if let Some(more) = more {
            list.get_or_insert_default().extend(more);
        }
    }
    for (name, value) in attributes.into_iter().flatten() {
        first.attributes.get_or_insert_default().entry(name).or_insert(value);
    }
    for (name, sponsors) in sponsorships.into_iter().flatten() {
        first.sponsorships.get_or_insert_default().entry(name).or_insert(sponsors);
    }
    first
}

/// Most bytes of a subject's before-images and Changes, if it has these tasks: at most [`NOTED_BYTES`]. Past them a task
/// cannot be undone, and of its Changes their digest is kept.
#[must_use]
pub fn noted_bytes(tasks: &[Task]) -> usize {
    tasks.iter().map(most_bytes).sum::<usize>().min(NOTED_BYTES)
}

/// Most bytes of the words that stand where there is no room: that a task cannot be undone, and the digest of its Changes.
/// Where everything fits none of them is ever written.
#[must_use]
pub fn excuse_bytes(tasks: &[Task]) -> usize {
    let fits = tasks.iter().map(most_bytes).sum::<usize>() <= NOTED_BYTES;
    if fits { 0 } else { tasks.len() * (20 + 51) }
}

/// The most that before-image and Changes of a task can take; 0: it has none. What is not listed by name may be as much as
/// a subject may have.
#[must_use]
pub fn most_bytes(task: &Task) -> usize {
    let Some(wanted) = wanted(task) else { return 0 };
    match wanted {
        Wanted::Enabled(_) => 32 + 24,
        Wanted::Deleted => 96 + 24,
        Wanted::Revoked => 24,
        Wanted::Joined(_, names) | Wanted::Left(_, names) | Wanted::Assigned(names) | Wanted::Unassigned(names) => {
            let entry = |name: &String| 2 * (text_bytes(name) + 3) + CHANGE_BYTES;
            names.iter().map(entry).sum::<usize>() + "{'memberOf':[]}".len()
        }
        Wanted::Values(updates) => {
            // What was there is anything; what will be there is known, unless a variable stands for it.
            let entry = |update: &AttributeUpdate| 2 * (text_bytes(&update.attribute) + 12) + VALUE_BYTES + written_bytes(&update.value);
            updates.iter().map(entry).sum::<usize>() + "{'attributes':{}}set attributes {}".len() + 4
        }
        Wanted::LeftAll(_) | Wanted::UnassignedAll | Wanted::Transferred => NOTED_BYTES,
        Wanted::Pass(arguments) => addressed(&arguments.to, &arguments.cc),
        Wanted::Told(_, arguments) => addressed(&arguments.to, &arguments.cc),
        Wanted::Called(extension) => text_bytes(extension) + CHANGE_BYTES,
        Wanted::Unavailable(..) => 0,
    }
}

/// Most bytes of a new value, in a text within a text; the instant at which a task runs is longer than its word.
fn written_bytes(value: &str) -> usize {
    let is_known = line(value).is_ok_and(|pieces| Piece::variables(&pieces).is_empty());
    if is_known { 3 * text_bytes(value) + 24 } else { VALUE_BYTES }
}

/// What a mail's Change takes: its task, its words, and those to whom it goes.
fn addressed(to: &[String], copies: &[String]) -> usize {
    to.iter().chain(copies).map(|name| text_bytes(name) + 6).sum::<usize>() + 128
}
