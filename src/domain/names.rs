//! Whose name has a place in a tenant's head. The head is one object that is sealed by one PUT, so that it has bounds; who comes
//! too late for a place waits until another name is forgotten, and nobody else is kept waiting.

use std::collections::{BTreeMap, BTreeSet};

use super::applicants::{Answer, Applicant, without_room};
use super::snapshot::{ALWAYS, MOST_MARKS};
use super::trigger::{marks, watched};
use super::validate::{Matter, Problem};
use crate::api::reasons::Reason;
use crate::api::tenant_ledger::TriggerAttribute;
use crate::api::{Directory, TenantLedgerData, Workflow, WorkflowSpec};

/// Most Directories of which a head remembers something: its schema's bound.
pub const MOST_DIRECTORIES: usize = 100;
/// Most names of Workflows that a head remembers: its schema's bound.
pub const MOST_WORKFLOWS: usize = 2_000;
/// Most bytes that a head has for what triggers look at. Beside the rest at its bounds it stays below what an API server stores.
pub const MOST_TRIGGER_BYTES: usize = 256 * 1024;
/// Most attributes, groups and dates that the triggers of a tenant's Workflows look at together: what a sighting of a person has
/// marks for, less what is marked of everybody.
pub const MOST_WATCHED: usize = MOST_MARKS - 10;
/// Bytes of an attribute of a trigger beside its name: the instant, and what JSON needs.
const BESIDE_THE_NAME: usize = 50;

/// The bounds.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Names.
    pub names: usize,
    /// Bytes.
    pub bytes: usize,
}

/// Who gets no place, or not the room that it wants. `known`: the names that have a place, with the bytes that they take: they keep
/// both, also where they are gone and not forgotten. `there`: who is there, and the bytes that it wants beside its name.
#[must_use]
pub fn without_place<'a>(
    bounds: Bounds,
    known: impl IntoIterator<Item = (&'a str, usize)>,
    there: impl IntoIterator<Item = (Applicant<'a>, usize)>,
) -> BTreeSet<&'a str> {
    let known: BTreeMap<&str, usize> = known.into_iter().collect();
    let (mut names, mut bytes) = (known.len(), known.values().sum::<usize>());
    let (applicants, wanted): (Vec<_>, BTreeMap<_, _>) = there.into_iter().map(|(who, wants)| (who, (who.name, wants))).unzip();
    without_room(applicants, |applicant| {
        let kept = known.get(applicant.name).copied();
        let wants = wanted.get(applicant.name).copied().unwrap_or(0);
        let more = (usize::from(kept.is_none()), wants.saturating_sub(kept.unwrap_or(0)));
        // What asks for nothing more always has its place.
        if more == (0, 0) {
            return Answer::Room;
        }
        if !applicant.is_new {
            return Answer::Later;
        }
        if names + more.0 > bounds.names || bytes + more.1 > bounds.bytes {
            return Answer::NoRoom;
        }
        (names, bytes) = (names + more.0, bytes + more.1);
        Answer::Room
    })
}

/// Bytes of what a head remembers of a trigger.
fn remembered(trigger: &[TriggerAttribute]) -> usize {
    trigger.iter().map(|attribute| attribute.name.len() + BESIDE_THE_NAME).sum()
}

/// Bytes of what a head would remember of the trigger.
fn wanted(spec: &WorkflowSpec) -> usize {
    watched(spec).iter().map(|name| name.len() + BESIDE_THE_NAME).sum()
}

/// Workflows and Directories for which the head has no place: nobody is due by them, and the seal goes on.
#[derive(Clone, Debug, Default)]
pub struct Placeless {
    /// Names of Workflows.
    pub workflows: BTreeSet<String>,
    /// Names of Directories.
    pub directories: BTreeSet<String>,
}

impl Placeless {
    /// Those of a tenant with this head, or with none yet.
    #[must_use]
    pub fn of(head: Option<&TenantLedgerData>, workflows: &BTreeMap<String, Workflow>, directories: &BTreeMap<String, Directory>) -> Self {
        let owned = |names: BTreeSet<&str>| names.into_iter().map(str::to_owned).collect();
        let without_name = workflows_without_place(head, workflows.values());
        let with_name = workflows.values().filter(|workflow| !without_name.contains(workflow.metadata.name.as_deref().unwrap_or_default()));
        let without_marks = workflows_without_marks(head, with_name);
        Self {
            workflows: owned(without_name.into_iter().chain(without_marks).collect()),
            directories: owned(directories_without_place(head, directories.values())),
        }
    }
}

/// Those whose triggers look at more than there is room for beside those of the others. `kept`: what those look at who have room
/// already; whoever asks for nothing more keeps it. `there`: who is there, and what it looks at.
fn without_marks<'a>(
    most: usize,
    kept: BTreeSet<String>,
    there: impl IntoIterator<Item = (Applicant<'a>, BTreeSet<String>)>,
) -> BTreeSet<&'a str> {
    let mut looked_at = kept;
    let (applicants, wanted): (Vec<_>, BTreeMap<_, _>) = there.into_iter().map(|(who, own)| (who, (who.name, own))).unzip();
    without_room(applicants, |applicant| {
        let own = wanted.get(applicant.name).into_iter().flatten();
        let more: Vec<&String> = own.filter(|name| !looked_at.contains(*name)).collect();
        if more.is_empty() {
            return Answer::Room;
        }
        if !applicant.is_new {
            return Answer::Later;
        }
        if looked_at.len() + more.len() > most {
            return Answer::NoRoom;
        }
        let more: Vec<String> = more.into_iter().cloned().collect();
        looked_at.extend(more);
        Answer::Room
    })
}

fn workflows_without_marks<'a>(head: Option<&'a TenantLedgerData>, there: impl Iterator<Item = &'a Workflow>) -> BTreeSet<&'a str> {
    let known: BTreeMap<&str, &[TriggerAttribute]> =
        head.into_iter().flat_map(|head| &head.workflows).map(|head| (head.name.as_str(), head.trigger.as_slice())).collect();
    let mut kept = BTreeSet::new();
    let mut applicants: Vec<(Applicant<'a>, BTreeSet<String>)> = Vec::new();
    for workflow in there {
        let Some(applicant) = Applicant::of_workflow(workflow, |name| known.contains_key(name)) else { continue };
        let own: BTreeSet<String> = marks(&workflow.spec).into_iter().filter(|mark| !ALWAYS.contains(&mark.as_str())).collect();
        if let Some(remembered) = known.get(applicant.name) {
            // The head remembers what it looked at for changes; dates and sponsors it may always have looked at.
            let changes = watched(&workflow.spec);
            let stays = |mark: &&String| !changes.contains(mark) || remembered.iter().any(|attribute| attribute.name == **mark);
            kept.extend(own.iter().filter(stays).cloned());
        }
        applicants.push((applicant, own));
    }
    without_marks(MOST_WATCHED, kept, applicants)
}

fn workflows_without_place<'a>(head: Option<&'a TenantLedgerData>, there: impl Iterator<Item = &'a Workflow>) -> BTreeSet<&'a str> {
    let known = head.into_iter().flat_map(|head| &head.workflows).map(|head| (head.name.as_str(), remembered(&head.trigger)));
    let known: BTreeMap<&str, usize> = known.collect();
    let there = there.filter_map(|workflow| {
        let applicant = Applicant::of_workflow(workflow, |name| known.contains_key(name))?;
        Some((applicant, wanted(&workflow.spec)))
    });
    let there: Vec<_> = there.collect();
    without_place(Bounds { names: MOST_WORKFLOWS, bytes: MOST_TRIGGER_BYTES }, known, there)
}

fn directories_without_place<'a>(head: Option<&'a TenantLedgerData>, there: impl Iterator<Item = &'a Directory>) -> BTreeSet<&'a str> {
    let known: BTreeMap<&str, usize> = head.into_iter().flat_map(|head| &head.directories).map(|head| (head.name.as_str(), 0)).collect();
    let there = there.filter_map(|directory| Some((Applicant::of_directory(directory, |name| known.contains_key(name))?, 0)));
    let there: Vec<_> = there.collect();
    without_place(Bounds { names: MOST_DIRECTORIES, bytes: 0 }, known, there)
}

/// What is wrong with a Workflow that has no place.
#[must_use]
pub fn workflow_problem() -> Problem {
    problem(format!(
        "the tenant remembers {MOST_WORKFLOWS} names of workflows at most, and {} KiB and {MOST_WATCHED} names of what their triggers \
         look at: it works as soon as another one is gone and forgotten",
        MOST_TRIGGER_BYTES / 1024
    ))
}

/// What is wrong with a Directory that has no place.
#[must_use]
pub fn directory_problem() -> Problem {
    problem(format!("a tenant has {MOST_DIRECTORIES} Directories at most: it is read as soon as another one is gone"))
}

/// What is wrong with a Workflow whose Directory has no place.
#[must_use]
pub fn problem_of_its_directory(directory: &str) -> Problem {
    let Problem { message, .. } = directory_problem();
    let message = format!("Directory {directory:?}: {message}");
    Problem { path: "spec.directory".to_owned(), about: Matter::Directory, ..problem(message) }
}

fn problem(message: String) -> Problem {
    Problem { path: "metadata.name".to_owned(), reason: Reason::TooManyNames, message, about: Matter::Field }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_no_place() {
        // (what, names that have a place and their bytes, who is there: when it was made, its name, its bytes; who gets none)
        type Row<'a> = (&'a str, &'a [(&'a str, usize)], &'a [(i64, &'a str, usize)], &'a [&'a str]);
        let rows: &[Row<'_>] = &[
            ("nobody is there", &[], &[], &[]),
            ("there is room", &[("a", 0)], &[(1, "a", 0), (2, "b", 0), (3, "c", 0)], &[]),
            ("who comes last has none", &[], &[(1, "d", 0), (2, "c", 0), (3, "b", 0), (4, "a", 0)], &["a"]),
            ("those of one instant go by name", &[], &[(1, "d", 0), (1, "c", 0), (1, "b", 0), (1, "a", 0)], &["d"]),
            (
                "who has a place keeps it, however late it is made anew",
                &[("z", 0)],
                &[(1, "a", 0), (1, "b", 0), (1, "c", 0), (9, "z", 0)],
                &["c"],
            ),
            ("who is gone and not forgotten has one too", &[("x", 0), ("y", 0), ("z", 0)], &[(1, "a", 0), (9, "z", 0)], &["a"]),
            (
                "more names than there are places, from before",
                &[("w", 0), ("x", 0), ("y", 0), ("z", 0)],
                &[(1, "a", 0), (2, "w", 0)],
                &["a"],
            ),
            ("room for its trigger", &[("a", 4)], &[(1, "a", 4), (2, "b", 6)], &[]),
            ("no room for its trigger", &[("a", 4)], &[(1, "a", 4), (2, "b", 7)], &["b"]),
            ("the next one needs less", &[("a", 4)], &[(1, "a", 4), (2, "b", 7), (3, "c", 6)], &["b"]),
            ("who has a place asks for more than there is", &[("a", 4), ("b", 4)], &[(1, "a", 7), (2, "b", 4), (3, "c", 2)], &["a"]),
            ("who asks for less frees nothing before it is written", &[("a", 10)], &[(1, "a", 0), (2, "b", 1)], &["b"]),
            ("who asks for nothing more stays, however full it is", &[("a", 40)], &[(1, "a", 40), (2, "b", 0)], &["b"]),
        ];
        for (what, known, there, expected) in rows {
            let is_new = |name: &str| known.iter().all(|(other, _)| *other != name);
            let there = there.iter().map(|(created, name, bytes)| {
                (Applicant { is_new: is_new(name), is_no_leaver: true, created: Some(*created), name }, *bytes)
            });
            let found = without_place(Bounds { names: 3, bytes: 10 }, known.iter().copied(), there);
            assert_eq!(found.into_iter().collect::<Vec<_>>(), *expected, "{what}");
        }
    }

    #[test]
    fn who_looks_at_too_much() {
        // (what, what those look at who have room, who is there and what they look at, who gets no room)
        type Row<'a> = (&'a str, &'a [&'a str], &'a [(&'a str, &'a [&'a str])], &'a [&'a str]);
        let rows: &[Row<'_>] = &[
            ("there is room", &[], &[("a", &["1", "2"]), ("b", &["3"])], &[]),
            ("for what another one looks at as well there is always room", &[], &[("a", &["1", "2", "3"]), ("b", &["2"])], &[]),
            ("the last one has none", &[], &[("a", &["1", "2"]), ("b", &["3", "4"])], &["b"]),
            ("the next one looks at less", &[], &[("a", &["1", "2"]), ("b", &["3", "4"]), ("c", &["1", "3"])], &["b"]),
            ("who looks at nothing needs none", &[], &[("a", &["1", "2", "3"]), ("b", &[])], &[]),
            ("who asks for more takes nothing from who has room", &["3"], &[("a", &["1", "2", "4"]), ("b", &["3"])], &["a"]),
        ];
        for (what, kept, there, expected) in rows {
            let there = there.iter().zip(0..).map(|((name, own), created)| {
                let applicant = Applicant { is_new: true, is_no_leaver: true, created: Some(created), name };
                (applicant, own.iter().map(|own| (*own).to_owned()).collect())
            });
            assert_eq!(
                without_marks(3, kept.iter().map(|kept| (*kept).to_owned()).collect(), there).into_iter().collect::<Vec<_>>(),
                *expected,
                "{what}"
            );
        }
    }
}
