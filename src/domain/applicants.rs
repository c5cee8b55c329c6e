//! Who gets room where there is not enough for all: for names and what triggers look at in a tenant's head, and for the rules that
//! an evaluation has at the same time. The controller, which says who is not Ready, and the evaluation, which leaves them out, ask
//! here.

use std::collections::BTreeSet;

use crate::api::{Category, Directory, Workflow};

/// Somebody who wants room. In the order in which they get it: who has room keeps it, so that nobody new takes anything from
/// anybody; leavers come before others, for nothing is worse than somebody who stays; then whoever was there first.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Applicant<'a> {
    /// Has no room yet.
    pub is_new: bool,
    /// Off-boards nobody.
    pub is_no_leaver: bool,
    /// The second in which it was created.
    pub created: Option<i64>,
    /// Its name.
    pub name: &'a str,
}

impl<'a> Applicant<'a> {
    /// A Workflow, if it has a name.
    #[must_use]
    pub fn of_workflow(workflow: &'a Workflow, has_room: impl FnOnce(&str) -> bool) -> Option<Self> {
        let name = workflow.metadata.name.as_deref()?;
        let created = workflow.metadata.creation_timestamp.as_ref().map(|time| time.0.as_second());
        Some(Self { is_new: !has_room(name), is_no_leaver: workflow.spec.category != Category::Leaver, created, name })
    }

    /// A Directory, if it has a name.
    #[must_use]
    pub fn of_directory(directory: &'a Directory, has_room: impl FnOnce(&str) -> bool) -> Option<Self> {
        let name = directory.metadata.name.as_deref()?;
        let created = directory.metadata.creation_timestamp.as_ref().map(|time| time.0.as_second());
        Some(Self { is_new: !has_room(name), is_no_leaver: false, created, name })
    }
}

/// What somebody gets whose turn it is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Answer {
    /// Room: what it takes is not there for those who come after.
    Room,
    /// None: nothing is taken, and who comes after may need less.
    NoRoom,
    /// It asks for more than it has, and comes again among those who are new.
    Later,
}

/// Asks for each, in their order, whether there is room; gives the names of those who get none.
pub fn without_room<'a>(
    there: impl IntoIterator<Item = Applicant<'a>>,
    mut ask: impl FnMut(&Applicant<'a>) -> Answer,
) -> BTreeSet<&'a str> {
    let mut waiting: BTreeSet<Applicant<'a>> = there.into_iter().collect();
    let mut without = BTreeSet::new();
    while let Some(applicant) = waiting.pop_first() {
        match ask(&applicant) {
            Answer::Room => {}
            Answer::Later if !applicant.is_new => drop(waiting.insert(Applicant { is_new: true, ..applicant })),
            Answer::NoRoom | Answer::Later => drop(without.insert(applicant.name)),
        }
    }
    without
}

/// Room that is measured in bytes, for who says in its status how much of it it has.
#[derive(Clone, Copy, Debug)]
pub struct Bytes {
    left: usize,
}

impl Bytes {
    /// So many, all of them free.
    #[must_use]
    pub const fn new(most: usize) -> Self {
        Self { left: most }
    }

    /// Somebody wants `wants`, of which it has `has`. Who wants nothing is in nobody's way.
    pub fn give(&mut self, applicant: &Applicant<'_>, has: Option<usize>, wants: usize) -> Answer {
        if !applicant.is_new && has.is_none_or(|has| has < wants) {
            return Answer::Later;
        }
        match self.left.checked_sub(wants) {
            Some(left) => {
                self.left = left;
                Answer::Room
            }
            None => Answer::NoRoom,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What somebody is, wants, and has.
    type Row<'a> = (&'a str, i64, &'a str, usize, Option<usize>);

    #[test]
    fn who_gets_no_room() {
        // (what, who is there: the name, when it was made, its category, what it wants of ten bytes, what it has; who gets none)
        let rows: &[(&str, &[Row<'_>], &[&str])] = &[
            ("nobody is there", &[], &[]),
            ("there is room", &[("a", 1, "mover", 5, None), ("b", 2, "mover", 5, None)], &[]),
            ("who comes last has none", &[("b", 1, "mover", 6, None), ("a", 2, "mover", 5, None)], &["a"]),
            ("those of one second go by name", &[("b", 1, "mover", 6, None), ("a", 1, "mover", 6, None)], &["b"]),
            (
                "a leaver comes before others",
                &[("a", 1, "mover", 6, None), ("b", 2, "joiner", 6, None), ("z", 3, "leaver", 6, None)],
                &["a", "b"],
            ),
            ("of two leavers the first", &[("a", 2, "leaver", 6, None), ("z", 1, "leaver", 6, None)], &["a"]),
            ("who has room keeps it, however late it is made anew", &[("a", 1, "mover", 6, None), ("z", 9, "mover", 6, Some(6))], &["a"]),
            ("also from a leaver", &[("a", 1, "leaver", 6, None), ("z", 9, "mover", 6, Some(6))], &["a"]),
            (
                "an older mover grows after a younger leaver is in force",
                &[("a", 1, "mover", 7, Some(2)), ("z", 9, "leaver", 6, Some(6))],
                &["a"],
            ),
            (
                "an older mover grows beside a younger mover that is in force",
                &[("a", 1, "mover", 7, Some(2)), ("z", 9, "mover", 6, Some(6))],
                &["a"],
            ),
            ("who grows and finds room has it", &[("a", 1, "mover", 4, Some(2)), ("z", 9, "leaver", 6, Some(6))], &[]),
            ("who grows comes after a leaver who is new", &[("a", 1, "mover", 7, Some(2)), ("z", 9, "leaver", 6, None)], &["a"]),
            ("who asks for less keeps what it asks for", &[("a", 1, "leaver", 6, None), ("z", 9, "mover", 5, Some(6))], &["a"]),
            ("the next one needs less", &[("a", 1, "mover", 6, None), ("b", 2, "mover", 5, None), ("c", 3, "mover", 4, None)], &["b"]),
            ("who wants nothing needs none", &[("a", 1, "mover", 10, Some(10)), ("b", 2, "mover", 0, None)], &[]),
            ("alone and too large", &[("a", 1, "leaver", 11, None)], &["a"]),
            ("more have room than there is: leavers keep it", &[("a", 1, "mover", 6, Some(6)), ("z", 9, "leaver", 6, Some(6))], &["a"]),
            (
                "more have room than there is: then who was there first",
                &[("a", 1, "mover", 6, Some(6)), ("z", 9, "mover", 6, Some(6))],
                &["z"],
            ),
        ];
        for (what, there, expected) in rows {
            let find = |name: &str| there.iter().find(|row| row.0 == name).expect("it is there");
            let applicants = there.iter().map(|(name, created, category, _, has)| Applicant {
                is_new: has.is_none(),
                is_no_leaver: *category != "leaver",
                created: Some(*created),
                name,
            });
            let mut room = Bytes::new(10);
            let found = without_room(applicants, |applicant| {
                let (.., wants, has) = find(applicant.name);
                room.give(applicant, *has, *wants)
            });
            assert_eq!(found.into_iter().collect::<Vec<_>>(), *expected, "{what}");
        }
    }
}
