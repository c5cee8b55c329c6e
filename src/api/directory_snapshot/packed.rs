//! The stored form of rows: a line for each subject, and the names of attributes once for all of them.
//!
//! ```text
//! line     = "1" " " subject " " sighting [ " " sighting ]              the second one is the one before
//! sighting = epoch "," first-seen-at "," [ begun-at ] *( "," mark )
//! mark     = place ":" digest [ ":" sequence [ ":" changed-at ] ]       without a sequence it is 0
//! ```
//!
//! A place is that of the mark's name in the list of names, from 0. How numbers, instants and texts are written is said in
//! `api/packed.rs`: a row that is left out would be a subject who is seen for the first time.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use crate::api::packed::{PackedError, VERSION, fields, instant, read_digits, read_instant, read_number, read_text, write_text};

use super::sighting::{AttributeMark, Sighting, SnapshotRow};

/// Most names of a bucket. A row has 200 marks at most, and people who came at different times may have different ones.
pub(super) const MOST_NAMES: usize = 1_000;

/// Characters of the longest line that the bounds of the older form allow: a subject of 64, and two sightings of 200 marks;
/// every number as long as it can be, instants to the nanosecond, and nothing but separators in subject and digests.
pub(super) const LONGEST: usize = 42_360;

/// Between fields, between members of a sighting, between members of a mark; and what they are written behind in a text.
const SPECIAL: [char; 4] = [' ', ',', ':', '%'];

/// The names, in the order of their places, and a line a row.
pub(super) fn pack(rows: &[SnapshotRow]) -> (Vec<&str>, Vec<String>) {
    let mut names = Names::default();
    let lines = rows.iter().map(|row| names.line(row)).collect();
    (names.all, lines)
}

#[derive(Default)]
struct Names<'a> {
    all: Vec<&'a str>,
    places: BTreeMap<&'a str, usize>,
}

impl<'a> Names<'a> {
    fn place(&mut self, name: &'a str) -> usize {
        *self.places.entry(name).or_insert_with(|| {
            self.all.push(name);
            self.all.len() - 1
        })
    }

    fn line(&mut self, row: &'a SnapshotRow) -> String {
        let mut line = format!("{VERSION} ");
        write_text(&row.subject, &SPECIAL, &mut line);
        for sighting in std::iter::once(&row.current).chain(row.previous.as_deref()) {
            line.push(' ');
            self.write_sighting(sighting, &mut line);
        }
        line
    }

    fn write_sighting(&mut self, sighting: &'a Sighting, line: &mut String) {
        // Writing to a String cannot fail, here and below.
        let _ = write!(line, "{},{},", sighting.epoch, instant(sighting.first_seen_at));
        line.extend(sighting.begun_at.map(instant));
        for mark in &sighting.marks {
            let _ = write!(line, ",{}:", self.place(&mark.name));
            write_text(&mark.digest, &SPECIAL, line);
            if mark.sequence != 0 || mark.changed_at.is_some() {
                let _ = write!(line, ":{}", mark.sequence);
            }
            if let Some(changed_at) = mark.changed_at {
                let _ = write!(line, ":{}", instant(changed_at));
            }
        }
    }
}

/// The rows of these lines, each name in memory once.
pub(super) fn unpack(names: Vec<String>, lines: Vec<String>) -> Result<Vec<SnapshotRow>, PackedError> {
    let names: Vec<Arc<str>> = names.into_iter().map(Arc::from).collect();
    lines.into_iter().map(|line| read_line(&line, &names)).collect()
}

fn read_line(line: &str, names: &[Arc<str>]) -> Result<SnapshotRow, PackedError> {
    let mut fields = fields(line)?;
    let subject = read_text(fields.next().ok_or(PackedError::Fields)?, &SPECIAL)?.into_owned();
    let current = read_sighting(fields.next().ok_or(PackedError::Fields)?, names)?;
    let previous = fields.next().map(|sighting| read_sighting(sighting, names)).transpose()?.map(Box::new);
    if fields.next().is_some() {
        return Err(PackedError::Fields);
    }
    Ok(SnapshotRow { subject, current, previous })
}

fn read_sighting(text: &str, names: &[Arc<str>]) -> Result<Sighting, PackedError> {
    let mut members = text.split(',');
    let (Some(epoch), Some(first_seen_at), Some(begun_at)) = (members.next(), members.next(), members.next()) else {
        return Err(PackedError::Fields);
    };
    let begun_at = if begun_at.is_empty() { None } else { Some(read_instant(begun_at)?) };
    // As large as it gets: there are many of them.
    let mut marks = Vec::with_capacity(members.clone().count());
    for mark in members {
        marks.push(read_mark(mark, names)?);
    }
    Ok(Sighting { epoch: read_number(epoch)?, first_seen_at: read_instant(first_seen_at)?, begun_at, marks })
}

fn read_mark(text: &str, names: &[Arc<str>]) -> Result<AttributeMark, PackedError> {
    // An instant has colons of its own, and comes last.
    let mut members = text.splitn(4, ':');
    let (Some(place), Some(digest)) = (members.next(), members.next()) else { return Err(PackedError::Fields) };
    let name = names.get(read_digits::<usize>(place, PackedError::Name)?).ok_or(PackedError::Name)?;
    Ok(AttributeMark {
        name: Arc::clone(name),
        digest: read_text(digest, &SPECIAL)?.into(),
        sequence: members.next().map_or(Ok(0), read_number)?,
        changed_at: members.next().map(read_instant).transpose()?,
    })
}
