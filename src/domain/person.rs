//! Who it is about (design 3.3): a person is not a subject.
//!
//! A subject is where something is done, and the keys of occurrences name it for ever: a value that is entered later repeats
//! nobody. Who comes first, what gives way and who has left are questions about the person, whom several directories may
//! have. Ids of people and of subjects are texts of one kind: the person of whom nothing more is known is the subject.

use std::collections::{BTreeMap, BTreeSet};

use crate::api::{LedgerEntry, SubjectResult};

use super::correlation::correlation;
use super::keys::Keyring;

/// Keyed id of a person.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct PersonId(Box<str>);

impl PersonId {
    /// The subject itself: nothing says that another one is the same person.
    #[must_use]
    pub fn of_subject(key: &str) -> Self {
        Self(key.into())
    }

    /// The person of a record: by its correlation value, also where the account of its name remembers another one. A blank
    /// value, and one that another subject of the directory has too, are nobody's: then it is the subject itself.
    #[must_use]
    pub fn of(keys: &Keyring, subject_key: &str, value: Option<&str>, is_shared: bool) -> Self {
        match correlation(value).filter(|_| !is_shared) {
            Some(value) => Self(keys.person(value).into()),
            None => Self::of_subject(subject_key),
        }
    }

    /// As it is stored.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whom something is about: the subject that it is done to, and the person.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Who<'a> {
    /// Keyed id of the subject.
    pub subject: &'a str,
    /// Keyed id of the person.
    pub person: &'a str,
}

impl<'a> Who<'a> {
    /// A subject of whom nothing more is known.
    #[must_use]
    pub fn of_subject(subject: &'a str) -> Self {
        Self { subject, person: subject }
    }

    /// Whom a result is about, as it was planned.
    #[must_use]
    pub fn of_result(result: &'a SubjectResult) -> Self {
        Self { subject: &result.subject_key, person: result.person.as_deref().unwrap_or(&result.subject_key) }
    }

    /// Whom a row is about, as it was written.
    #[must_use]
    pub fn of_row(row: &'a LedgerEntry) -> Self {
        Self { subject: &row.subject, person: row.person.as_deref().unwrap_or(&row.subject) }
    }

    /// Whether both are the same: by subject or by person. A value that was entered between them changes nothing about that
    /// they are of one subject.
    #[must_use]
    pub fn is(&self, other: &Who<'_>) -> bool {
        self.subject == other.subject || self.person == other.person
    }

    /// The person as objects have it: left out where it is the subject itself.
    #[must_use]
    pub fn stored_person(&self) -> Option<String> {
        (self.person != self.subject).then(|| self.person.to_owned())
    }
}

/// Who is who today, in all directories that were read.
#[derive(Clone, Debug, Default)]
pub struct Register<'a> {
    people: BTreeMap<&'a str, &'a str>,
    /// Person and subject.
    subjects: BTreeSet<(&'a str, &'a str)>,
}

impl<'a> Register<'a> {
    /// Of everybody who was read.
    #[must_use]
    pub fn of(everybody: impl IntoIterator<Item = Who<'a>>) -> Self {
        let everybody: Vec<Who<'a>> = everybody.into_iter().collect();
        Self {
            people: everybody.iter().map(|who| (who.subject, who.person)).collect(),
            subjects: everybody.iter().map(|who| (who.person, who.subject)).collect(),
        }
    }

    /// The person behind a subject; None: nobody has read it today.
    #[must_use]
    pub fn today(&self, subject: &str) -> Option<&'a str> {
        self.people.get(subject).copied()
    }

    /// The person of what was written about a subject: by the value that its record has today, so that one that was entered
    /// or corrected later counts; without one, as it was written.
    #[must_use]
    pub fn person<'w>(&self, written: Who<'w>) -> &'w str
    where
        'a: 'w,
    {
        self.today(written.subject).filter(|today| *today != written.subject).unwrap_or(written.person)
    }

    /// The subjects of a person.
    pub fn subjects<'s>(&'s self, person: &'s str) -> impl Iterator<Item = &'s str> {
        self.subjects.range((person, "")..).take_while(move |(of, _)| *of == person).map(|(_, subject)| *subject)
    }

    /// Whether what was written is about the person: about one of their subjects, or about them.
    #[must_use]
    pub fn is_about(&self, written: Who<'_>, person: &str) -> bool {
        self.today(written.subject) == Some(person) || self.person(written) == person
    }
}

/// What was written, found by whom it is about.
#[derive(Clone, Debug)]
pub struct Index<'a, T> {
    entries: Vec<T>,
    /// Places by subject and by person: both are ids of one kind.
    places: BTreeMap<&'a str, Vec<usize>>,
}

impl<T> Default for Index<'_, T> {
    fn default() -> Self {
        Self { entries: Vec::new(), places: BTreeMap::new() }
    }
}

impl<'a, T> Index<'a, T> {
    /// Adds what is about `who`.
    pub fn add(&mut self, who: Who<'a>, entry: T) {
        for id in BTreeSet::from([who.subject, who.person]) {
            self.places.entry(id).or_default().push(self.entries.len());
        }
        self.entries.push(entry);
    }

    /// The ids of those of whom there is something.
    pub fn ids(&self) -> impl Iterator<Item = &'a str> {
        self.places.keys().copied()
    }

    /// What is about any of these, once each, in the order in which it was added.
    pub fn of<'s>(&'s self, ids: impl IntoIterator<Item = &'s str>) -> impl Iterator<Item = &'s T> {
        let places: BTreeSet<usize> = ids.into_iter().filter_map(|id| self.places.get(id)).flatten().copied().collect();
        places.into_iter().filter_map(|place| self.entries.get(place))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::api::EntryState;
    use crate::domain::keys::keys;
    use crate::domain::ledger::row;
    use crate::domain::subject::SubjectRef;

    fn who<'a>(subject: &'a str, person: &'a str) -> Who<'a> {
        Who { subject, person }
    }

    #[test]
    fn who_a_record_is_about() {
        let (keys, itself) = (keys(), PersonId::of_subject("s"));
        let seven = PersonId(keys.person("7").into());
        // (what, the value, another subject of the directory has it too, who it is)
        let cases = [
            ("a value", Some("7"), false, &seven),
            ("a value with blanks around it", Some(" 7\t"), false, &seven),
            ("no value", None, false, &itself),
            ("an empty value", Some(""), false, &itself),
            ("a blank value", Some(" \t"), false, &itself),
            ("a value of two", Some("7"), true, &itself),
        ];
        for (what, value, is_shared, expected) in cases {
            assert_eq!(&PersonId::of(&keys, "s", value, is_shared), expected, "{what}");
        }
        assert_ne!(PersonId::of(&keys, "s", Some("07"), false), seven, "a value is a text");
        assert_eq!(PersonId::of(&keys, "other", Some("7"), false), seven, "whatever the directory");
    }

    #[test]
    fn two_are_one_by_subject_or_by_person() {
        let cases = [
            ("one subject without a value", who("a", "a"), who("a", "a"), true),
            ("the value came later", who("a", "a"), who("a", "p"), true),
            ("the value was corrected", who("a", "p"), who("a", "q"), true),
            ("two directories", who("a", "p"), who("b", "p"), true),
            ("two people", who("a", "p"), who("b", "q"), false),
            ("two people without a value", who("a", "a"), who("b", "b"), false),
        ];
        for (what, one, other, expected) in cases {
            assert_eq!((one.is(&other), other.is(&one)), (expected, expected), "{what}");
        }
    }

    #[test]
    fn whose_is_what_was_written() {
        // Today: a and b are one person, c has another value than once, d has lost it, e is not read.
        let register = Register::of([who("a", "p"), who("b", "p"), who("c", "q"), who("d", "d")]);
        assert_eq!(register.subjects("p").collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!((register.subjects("q").count(), register.subjects("e").count()), (1, 0));
        // (what, whom it was written about, whose it is, about whom else it is)
        let cases = [
            ("before there was a value", who("a", "a"), "p", vec![]),
            ("as today", who("b", "p"), "p", vec![]),
            ("before the value was corrected", who("c", "p"), "q", vec![]),
            ("before the value was lost", who("d", "p"), "p", vec!["d"]),
            ("never a value", who("d", "d"), "d", vec![]),
            ("in a directory that is not read", who("e", "p"), "p", vec![]),
            ("there, without a value", who("e", "e"), "e", vec![]),
        ];
        for (what, written, expected, further) in cases {
            assert_eq!(register.person(written), expected, "{what}");
            let about = ["a", "b", "c", "d", "e", "p", "q"].into_iter().filter(|id| register.is_about(written, id));
            let all: BTreeSet<&str> = further.into_iter().chain([expected]).collect();
            assert_eq!(about.collect::<BTreeSet<_>>(), all, "{what}");
        }
    }

    #[test]
    fn what_was_written_is_found_by_subject_and_by_person_once() {
        let mut index = Index::default();
        for (entry, of) in [who("a", "p"), who("b", "p"), who("a", "a"), who("c", "q")].into_iter().enumerate() {
            index.add(of, entry);
        }
        let of = |ids: &[&'static str]| index.of(ids.iter().copied()).copied().collect::<Vec<usize>>();
        assert_eq!(index.ids().collect::<Vec<_>>(), ["a", "b", "c", "p", "q"]);
        assert_eq!((of(&["p"]), of(&["a"]), of(&["p", "a", "b"])), (vec![0, 1], vec![0, 2], vec![0, 1, 2]));
        assert_eq!((of(&["q"]), of(&["z"])), (vec![3], vec![]));
    }

    #[test]
    fn a_person_who_is_the_subject_is_left_out() {
        let result: SubjectResult =
            serde_json::from_value(json!({"subject": "ann", "subjectKey": "s", "occurrence": "k", "due": "2026-01-01T00:00:00Z"}))
                .expect("a result");
        let old = row(1, "k", EntryState::Planned);
        assert_eq!((Who::of_result(&result), Who::of_row(&old)), (who("s", "s"), who("s", "s")));
        let (result_now, row_now) = (
            SubjectResult { person: Who::of_result(&result).stored_person(), ..result.clone() },
            LedgerEntry { person: who("s", "s").stored_person(), ..old.clone() },
        );
        for written in [json!(result_now), json!(row_now)] {
            assert_eq!((written.get("person"), written.get("id")), (None, None));
        }
        let of = |id: Option<&str>| SubjectRef::of_result("hr", &SubjectResult { id: id.map(str::to_owned), ..result.clone() });
        assert_eq!(of(None), SubjectRef::by_name("hr", "ann"));
        assert_eq!(of(Some("7f")), SubjectRef { id: "7f".to_owned(), ..SubjectRef::by_name("hr", "ann") });
        let row = LedgerEntry { person: who("s", "p").stored_person(), ..old };
        assert_eq!((Who::of_row(&row), json!(row)["person"].as_str()), (who("s", "p"), Some("p")));
    }
}
