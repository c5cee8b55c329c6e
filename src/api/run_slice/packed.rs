//! The stored form of somebody of whom nothing is known but the plan.
//!
//! ```text
//! line = "1" " " subject " " due " " occurrence " " subject-key " " [ "o" ] [ "s" ] " " [ person ] " " [ id ]
//! ```
//!
//! `o`: it off-boards; `s`: it is so already. How instants and texts are written is said in `api/packed.rs`. Who waits for
//! others, takes the place of others' work or has more than one occurrence is no line: that is seldom, and lists are long.

use crate::api::packed::{PackedError, VERSION, fields, instant, read_instant, read_text, write_text};
use crate::api::processing::ProcessingStatus;

use super::result::SubjectResult;

/// Characters of the longest line: version and spaces; subject and id, occurrence, subject's and person's key, of nothing but
/// separators; an instant to the nanosecond; and both letters.
pub(super) const LONGEST: usize = VERSION.len() + FIELDS + 3 * (2 * 253 + 3 * 64) + 30 + 2;

/// Fields behind the version.
const FIELDS: usize = 7;
/// Between fields, and what it is written behind in a text.
const SPECIAL: [char; 2] = [' ', '%'];

/// The line of a result, whose tasks have not begun; none if something is known that has no place in it.
pub(super) fn pack(result: &SubjectResult) -> Option<String> {
    // By name, so that no member is forgotten.
    #[rustfmt::skip]
    let SubjectResult {
        subject, id, subject_key, person, occurrence, due, processing_status, reason, waits_for, supersedes, also, off_boards,
        already_so, attempt, started_date_time, completed_date_time, stopped_date_time, superseded_date_time, tasks: _,
    } = result;
    let instants = [started_date_time, completed_date_time, stopped_date_time, superseded_date_time];
    let is_mere_plan = *processing_status == ProcessingStatus::Queued
        && reason.is_none()
        && attempt.is_none()
        && instants.iter().all(|instant| instant.is_none())
        && [waits_for, supersedes, also].iter().all(|names| names.is_empty());
    // An empty text would be read as none.
    let optional = [person, id].map(Option::as_deref);
    if !is_mere_plan || subject.is_empty() || optional.contains(&Some("")) {
        return None;
    }
    let letters =
        [(*off_boards, "o"), (*already_so, "s")].into_iter().filter_map(|(is_so, letter)| is_so.then_some(letter)).collect::<String>();
    let mut line = VERSION.to_owned();
    let [person, id] = optional.map(Option::unwrap_or_default);
    for field in [subject, instant(*due).as_str(), occurrence, subject_key, letters.as_str(), person, id] {
        line.push(' ');
        write_text(field, &SPECIAL, &mut line);
    }
    Some(line)
}

/// The result of a line, without tasks.
pub(super) fn unpack(line: &str) -> Result<SubjectResult, PackedError> {
    let mut found = fields(line)?;
    let mut parts = [""; FIELDS];
    for part in &mut parts {
        *part = found.next().ok_or(PackedError::Fields)?;
    }
    if found.next().is_some() {
        return Err(PackedError::Fields);
    }
    let [subject, due, occurrence, subject_key, letters, person, id] = parts;
    let (off_boards, already_so) = match letters {
        "" => (false, false),
        "o" => (true, false),
        "s" => (false, true),
        "os" => (true, true),
        _ => return Err(PackedError::Word),
    };
    Ok(SubjectResult {
        subject: Some(text(subject)?).filter(|subject| !subject.is_empty()).ok_or(PackedError::Fields)?,
        id: optional(id)?,
        subject_key: text(subject_key)?,
        person: optional(person)?,
        occurrence: text(occurrence)?,
        due: read_instant(due)?,
        off_boards,
        already_so,
        ..SubjectResult::default()
    })
}

fn text(field: &str) -> Result<String, PackedError> {
    read_text(field, &SPECIAL).map(std::borrow::Cow::into_owned)
}

fn optional(field: &str) -> Result<Option<String>, PackedError> {
    Ok(Some(text(field)?).filter(|text| !text.is_empty()))
}
