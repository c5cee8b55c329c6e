//! The stored form of rows: a line each.
//!
//! ```text
//! line = "1" 19 * ( " " field )
//! ```
//!
//! The fields are the members of a row in their order, and what is absent is empty. An optional text that is there and is empty
//! is a `%` alone. How numbers, instants and texts are written is said in `api/packed.rs`: a row that is left out would be an
//! occurrence that is planned once more.

use crate::api::packed::{PackedError, VERSION, fields, instant, read_instant, read_number, read_text, write_text};
use crate::api::workflow::Category;

use super::entry::{Closing, EntryState, LedgerEntry};

/// Members of a row.
const FIELDS: usize = 19;

/// Characters of the longest line that the bounds of the older form allow: version and spaces; key, subject, person, UID of the
/// Run and key of the leaver, attribute, workflow, Run and slice, reason and hire, of nothing but separators; two numbers as long
/// as they can be; three instants to the nanosecond; and the longest words for category, state and closing.
pub(super) const LONGEST: usize = VERSION.len()
    + FIELDS
    + 3 * (5 * 64 + 260 + 36 + 2 * 63 + 128 + 16)
    + 2 * 20
    + 3 * 30
    + ("leaver".len() + "superseded".len() + "leaving".len());

/// Between fields, and what it is written behind in a text.
const SPECIAL: [char; 2] = [' ', '%'];

/// What stands for a text that is there and is empty, where nothing stands for none: `%` is before a code everywhere else.
const EMPTY: &str = "%";

/// A line a row.
pub(super) fn pack(rows: &[LedgerEntry]) -> Vec<String> {
    rows.iter().map(line).collect()
}

fn line(row: &LedgerEntry) -> String {
    // By name, so that no member is forgotten.
    #[rustfmt::skip]
    let LedgerEntry {
        epoch, key, subject, person, attribute, workflow, category, state, due, at,
        run, run_uid, slice, by, reason, done, closes, hire, sequence,
    } = row;
    let mut line = Line(VERSION.to_owned());
    line.word(&epoch.to_string());
    line.text(key);
    line.text(subject);
    line.optional(person.as_deref());
    line.text(attribute);
    line.text(workflow);
    line.word(category.as_str());
    line.word(state.as_str());
    line.word(&instant(*due));
    line.word(&instant(*at));
    for text in [run, run_uid, slice, by, reason] {
        line.optional(text.as_deref());
    }
    line.word(&done.map(instant).unwrap_or_default());
    line.word(closes.map_or("", Closing::as_str));
    line.optional(hire.as_deref());
    line.word(&sequence.map(|sequence| sequence.to_string()).unwrap_or_default());
    line.0
}

struct Line(String);

impl Line {
    fn word(&mut self, word: &str) {
        self.0.push(' ');
        self.0.push_str(word);
    }

    fn text(&mut self, text: &str) {
        self.0.push(' ');
        write_text(text, &SPECIAL, &mut self.0);
    }

    fn optional(&mut self, text: Option<&str>) {
        match text {
            None => self.word(""),
            Some("") => self.word(EMPTY),
            Some(text) => self.text(text),
        }
    }
}

/// The rows of these lines.
pub(super) fn unpack(lines: &[String]) -> Result<Vec<LedgerEntry>, PackedError> {
    lines.iter().map(|line| read_line(line)).collect()
}

fn read_line(line: &str) -> Result<LedgerEntry, PackedError> {
    let mut found = fields(line)?;
    let mut parts = [""; FIELDS];
    for part in &mut parts {
        *part = found.next().ok_or(PackedError::Fields)?;
    }
    if found.next().is_some() {
        return Err(PackedError::Fields);
    }
    let [epoch, key, subject, person, attribute, workflow, category, state, due, at, rest @ ..] = parts;
    let [run, run_uid, slice, by, reason, done, closes, hire, sequence] = rest;
    Ok(LedgerEntry {
        epoch: read_number(epoch)?,
        key: text(key)?,
        subject: text(subject)?,
        person: optional(person)?,
        attribute: text(attribute)?,
        workflow: text(workflow)?,
        category: word(category, &Category::ALL, Category::as_str)?,
        state: word(state, &EntryState::ALL, EntryState::as_str)?,
        due: read_instant(due)?,
        at: read_instant(at)?,
        run: optional(run)?,
        run_uid: optional(run_uid)?,
        slice: optional(slice)?,
        by: optional(by)?,
        reason: optional(reason)?,
        done: present(done).map(read_instant).transpose()?,
        closes: present(closes).map(|text| word(text, &Closing::ALL, Closing::as_str)).transpose()?,
        hire: optional(hire)?,
        sequence: present(sequence).map(read_number).transpose()?,
    })
}

fn present(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}

fn text(text: &str) -> Result<String, PackedError> {
    read_text(text, &SPECIAL).map(std::borrow::Cow::into_owned)
}

fn optional(field: &str) -> Result<Option<String>, PackedError> {
    match field {
        "" => Ok(None),
        EMPTY => Ok(Some(String::new())),
        field => text(field).map(Some),
    }
}

/// One of the words that this release knows.
fn word<T: Copy>(text: &str, known: &[T], of: impl Fn(T) -> &'static str) -> Result<T, PackedError> {
    known.iter().copied().find(|known| of(*known) == text).ok_or(PackedError::Word)
}
