//! The ledger as decisions read it: the newest valid row of every key.

use std::borrow::Borrow;
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::api::tenant_ledger::TenantLedgerData;
use crate::api::{EntryState, LedgerEntry};

use super::epochs::is_valid;
use super::person::Who;

/// The newest valid row of every key, and what follows from them. New rows can be added while an evaluation decides.
#[derive(Clone, Debug, Default)]
pub struct LedgerIndex {
    newest: BTreeSet<By<Arc<LedgerEntry>>>,
    /// Each subject's rows in the order of keys.
    by_subject: BTreeSet<By<Vec<Arc<LedgerEntry>>>>,
    /// Those of each person who is not the subject itself, in the same order.
    by_person: BTreeSet<By<OfPerson>>,
    sequences: BTreeMap<(String, String), i64>,
    runs: BTreeSet<String>,
}

/// What has a name of its own in it. There are many rows, so that no name of theirs is kept twice.
trait Named {
    fn name(&self) -> &str;
}

impl Named for Arc<LedgerEntry> {
    fn name(&self) -> &str {
        &self.key
    }
}

impl Named for Vec<Arc<LedgerEntry>> {
    fn name(&self) -> &str {
        self.first().map_or("", |row| &row.subject)
    }
}

/// Rows of one person.
#[derive(Clone, Debug)]
struct OfPerson(Vec<Arc<LedgerEntry>>);

impl Named for OfPerson {
    fn name(&self) -> &str {
        self.0.first().and_then(|row| row.person.as_deref()).unwrap_or("")
    }
}

/// In the order of names, of which there is one each.
#[derive(Clone, Debug)]
struct By<T>(T);

impl<T: Named> Borrow<str> for By<T> {
    fn borrow(&self) -> &str {
        self.0.name()
    }
}

impl<T: Named> Ord for By<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.name().cmp(other.0.name())
    }
}

impl<T: Named> PartialOrd for By<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T: Named> PartialEq for By<T> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl<T: Named> Eq for By<T> {}

impl LedgerIndex {
    /// Reads rows in the order in which they were written; those of epochs that do not count are left out.
    #[must_use]
    pub fn build<'a>(head: &TenantLedgerData, rows: impl IntoIterator<Item = &'a LedgerEntry>) -> Self {
        let mut valid: Vec<&LedgerEntry> = rows.into_iter().filter(|row| is_valid(head, row.epoch)).collect();
        // Chunks are appended to one after the other, and within an epoch the written order decides.
        valid.sort_by_key(|row| row.epoch);
        let mut index = Self::default();
        for row in valid {
            index.add(row.clone());
        }
        index
    }

    /// Takes `row` as the newest of its key.
    pub fn add(&mut self, row: LedgerEntry) {
        if let Some(sequence) = row.sequence {
            let highest = self.sequences.entry((row.subject.clone(), row.attribute.clone())).or_default();
            *highest = (*highest).max(sequence);
        }
        if let Some(run) = &row.run {
            self.runs.insert(run.clone());
        }
        let row = Arc::new(row);
        let rows = self.by_subject.take(row.subject.as_str()).map_or_else(|| Vec::with_capacity(1), |rows| rows.0);
        self.by_subject.insert(By(with(rows, &row)));
        if let Some(person) = row.person.as_deref() {
            let rows = self.by_person.take(person).map_or_else(|| Vec::with_capacity(1), |rows| rows.0.0);
            self.by_person.insert(By(OfPerson(with(rows, &row))));
        }
        let (key, person) = (row.key.clone(), row.person.clone());
        if let Some(By(before)) = self.newest.replace(By(row)).filter(|before| before.0.person != person) {
            self.forget(&key, before.person.as_deref());
        }
    }

    /// The row of that key is another person's now.
    fn forget(&mut self, key: &str, person: Option<&str>) {
        let Some(By(OfPerson(mut rows))) = person.and_then(|person| self.by_person.take(person)) else { return };
        rows.retain(|row| row.key != key);
        if !rows.is_empty() {
            self.by_person.insert(By(OfPerson(rows)));
        }
    }

    /// The newest valid row of `key`.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&LedgerEntry> {
        self.newest.get(key).map(|row| &*row.0)
    }

    /// Whether the occurrence may not be planned any more.
    #[must_use]
    pub fn is_consumed(&self, key: &str) -> bool {
        self.get(key).is_some_and(|row| row.state != EntryState::Released)
    }

    /// The newest rows of a subject, in the order of their keys.
    pub fn of_subject(&self, subject: &str) -> impl Iterator<Item = &LedgerEntry> {
        self.by_subject.get(subject).into_iter().flat_map(|rows| &rows.0).map(|row| &**row)
    }

    /// The newest rows of a person that say so; what was written about the person as a subject is not among them.
    pub fn of_person(&self, person: &str) -> impl Iterator<Item = &LedgerEntry> {
        self.by_person.get(person).into_iter().flat_map(|rows| &rows.0.0).map(|row| &**row)
    }

    /// The newest rows about somebody, by subject or by person, once each.
    pub fn of<'s>(&'s self, who: Who<'s>) -> impl Iterator<Item = &'s LedgerEntry> {
        let further = self.of_person(who.person).filter(move |row| row.subject != who.subject);
        self.of_subject(who.subject).chain(further)
    }

    /// All newest rows, in the order of their keys.
    pub fn rows(&self) -> impl Iterator<Item = &LedgerEntry> {
        self.newest.iter().map(|row| &*row.0)
    }

    /// The highest sequence that the ledger knows of a subject's attribute.
    #[must_use]
    pub fn highest_sequence(&self, subject: &str, attribute: &str) -> i64 {
        self.sequences.get(&(subject.to_owned(), attribute.to_owned())).copied().unwrap_or(0)
    }

    /// Whether any row names the Run.
    #[must_use]
    pub fn names_run(&self, run: &str) -> bool {
        self.runs.contains(run)
    }
}

/// Rows in the order of their keys, with `row` as the one of its key.
fn with(mut rows: Vec<Arc<LedgerEntry>>, row: &Arc<LedgerEntry>) -> Vec<Arc<LedgerEntry>> {
    match rows.binary_search_by(|old| old.key.cmp(&row.key)) {
        Ok(place) => rows[place] = Arc::clone(row),
        Err(place) => rows.insert(place, Arc::clone(row)),
    }
    rows
}

/// A joiner's row of one person, for tests of decisions.
#[cfg(test)]
pub(super) fn row(epoch: i64, key: &str, state: EntryState) -> LedgerEntry {
    LedgerEntry {
        key: key.to_owned(),
        subject: "s".to_owned(),
        attribute: "employeeHireDate".to_owned(),
        workflow: "w".to_owned(),
        ..LedgerEntry::blank(epoch, crate::api::Category::Joiner, state, chrono::DateTime::UNIX_EPOCH)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::tenant_ledger::EpochRange;

    #[test]
    fn rows_of_abandoned_and_unsealed_epochs_do_not_count() {
        let head =
            TenantLedgerData { epoch: 5, sealed_epoch: 4, abandoned: vec![EpochRange { from: 2, to: 3 }], ..TenantLedgerData::default() };
        let rows = [
            row(1, "a", EntryState::Planned),
            row(2, "b", EntryState::Planned),
            row(3, "a", EntryState::Released),
            row(5, "c", EntryState::Planned),
        ];
        let index = LedgerIndex::build(&head, &rows);
        assert!(index.is_consumed("a"), "the release of an abandoned epoch does not count");
        assert!(!index.is_consumed("b"));
        assert!(!index.is_consumed("c"));
    }

    #[test]
    fn the_newest_row_decides_whatever_the_chunk_order() {
        let head = TenantLedgerData { epoch: 3, sealed_epoch: 3, ..TenantLedgerData::default() };
        let rows = [row(3, "a", EntryState::Planned), row(1, "a", EntryState::Planned), row(2, "a", EntryState::Released)];
        assert!(LedgerIndex::build(&head, &rows).is_consumed("a"));
        assert!(!LedgerIndex::build(&head, &rows[1..]).is_consumed("a"));
    }

    #[test]
    fn rows_are_found_by_subject_and_by_person() {
        let about = |epoch, key: &str, subject: &str, person: Option<&str>| LedgerEntry {
            subject: subject.to_owned(),
            person: person.map(str::to_owned),
            ..row(epoch, key, EntryState::Planned)
        };
        // (what, the rows, by which subject and person it is asked, the keys that are found)
        let cases = [
            ("without a value", vec![about(1, "k", "a", None), about(1, "l", "b", None)], ("a", "a"), vec!["k"]),
            ("in two directories", vec![about(1, "k", "a", Some("p")), about(1, "l", "b", Some("p"))], ("b", "p"), vec!["l", "k"]),
            ("the value came between two rows", vec![about(1, "l", "a", None), about(2, "k", "a", Some("p"))], ("a", "p"), vec!["k", "l"]),
            ("other people", vec![about(1, "k", "a", Some("p")), about(1, "l", "b", Some("q"))], ("c", "q"), vec!["l"]),
            ("a row that is written anew", vec![about(1, "k", "a", None), about(2, "k", "a", Some("p"))], ("b", "p"), vec!["k"]),
            ("a value that was corrected", vec![about(1, "k", "a", Some("p")), about(2, "k", "a", Some("q"))], ("b", "p"), vec![]),
            (
                "one of two rows of a value that was corrected",
                vec![about(1, "k", "a", Some("p")), about(1, "l", "a", Some("p")), about(2, "k", "a", Some("q"))],
                ("b", "p"),
                vec!["l"],
            ),
        ];
        let head = TenantLedgerData { epoch: 2, sealed_epoch: 2, ..TenantLedgerData::default() };
        for (what, rows, (subject, person), expected) in cases {
            let index = LedgerIndex::build(&head, &rows);
            let found: Vec<&str> = index.of(Who { subject, person }).map(|row| row.key.as_str()).collect();
            assert_eq!(found, expected, "{what}");
        }
    }
}
