//! The stored form of rows: a line for each subject, and the names of attributes once for all of them.
//!
//! ```text
//! line     = "1" " " subject " " sighting [ " " sighting ]              the second one is the one before
//! sighting = epoch "," first-seen-at "," [ begun-at ] *( "," mark )
//! mark     = place ":" digest [ ":" sequence [ ":" changed-at ] ]       without a sequence it is 0
//! ```
//!
//! Numbers are decimal, instants as everywhere in JSON, in UTC; a place is that of the mark's name in the list of names, from
//! 0. In subject and digest a separator stands as `%20`, `%2C` or `%3A`, and `%` as `%25`; nothing that programs write has
//! one. The first field is the version of the form: another form needs another one, and readers of both. Whatever is not of
//! this form is refused, and the bucket with it: a row that is left out would be a subject who is seen for the first time.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::str::FromStr;
use std::sync::Arc;

use chrono::{DateTime, SecondsFormat, Utc};
use thiserror::Error;

use super::sighting::{AttributeMark, Sighting, SnapshotRow};

/// The version of the form.
const VERSION: &str = "1";

/// Most names of a bucket. A row has 200 marks at most, and people who came at different times may have different ones.
pub(super) const MOST_NAMES: usize = 1_000;

/// Characters of the longest line that the bounds of the older form allow: a subject of 64, and two sightings of 200 marks;
/// every number as long as it can be, instants to the nanosecond, and nothing but separators in subject and digests.
pub(super) const LONGEST: usize = 42_360;

/// Between fields, between members of a sighting, between members of a mark; and what they are written behind in a text.
const SPECIAL: [char; 4] = [' ', ',', ':', '%'];

/// Why a line cannot be read. It begins as serde's own errors do, so that what is expected is said, and nothing that stands
/// there (`cluster/object.rs`).
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum PackedError {
    /// It is not of this version.
    #[error("invalid value: a line, expected a packed row of version 1")]
    Version,
    /// A field is missing, or there is one more.
    #[error("invalid value: a line, expected a packed row with all of its fields and no other")]
    Fields,
    /// A mark has no name.
    #[error("invalid value: a line, expected a packed row with places of names")]
    Name,
    /// A number is none.
    #[error("invalid value: a line, expected a packed row with whole numbers")]
    Number,
    /// An instant is none.
    #[error("invalid value: a line, expected a packed row with instants")]
    Instant,
    /// A `%` stands before something else than a separator.
    #[error("invalid value: a line, expected a packed row with percent signs before separators only")]
    Text,
}

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
        write_text(&row.subject, &mut line);
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
            write_text(&mark.digest, line);
            if mark.sequence != 0 || mark.changed_at.is_some() {
                let _ = write!(line, ":{}", mark.sequence);
            }
            if let Some(changed_at) = mark.changed_at {
                let _ = write!(line, ":{}", instant(changed_at));
            }
        }
    }
}

fn instant(instant: DateTime<Utc>) -> String {
    instant.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

fn write_text(text: &str, line: &mut String) {
    for character in text.chars() {
        if SPECIAL.contains(&character) {
            let _ = write!(line, "%{:02X}", u32::from(character));
        } else {
            line.push(character);
        }
    }
}

/// The rows of these lines, each name in memory once.
pub(super) fn unpack(names: Vec<String>, lines: Vec<String>) -> Result<Vec<SnapshotRow>, PackedError> {
    let names: Vec<Arc<str>> = names.into_iter().map(Arc::from).collect();
    lines.into_iter().map(|line| read_line(&line, &names)).collect()
}

fn read_line(line: &str, names: &[Arc<str>]) -> Result<SnapshotRow, PackedError> {
    let mut fields = line.split(' ');
    if fields.next() != Some(VERSION) {
        return Err(PackedError::Version);
    }
    let subject = read_text(fields.next().ok_or(PackedError::Fields)?)?.into_owned();
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
        digest: read_text(digest)?.into(),
        sequence: members.next().map_or(Ok(0), read_number)?,
        changed_at: members.next().map(read_instant).transpose()?,
    })
}

fn read_number(text: &str) -> Result<i64, PackedError> {
    read_digits(text, PackedError::Number)
}

/// Without the `+` that Rust reads and nobody writes.
fn read_digits<T: FromStr>(text: &str, refusal: PackedError) -> Result<T, PackedError> {
    text.parse().ok().filter(|_| !text.starts_with('+')).ok_or(refusal)
}

fn read_instant(text: &str) -> Result<DateTime<Utc>, PackedError> {
    text.parse().map_err(|_| PackedError::Instant)
}

fn read_text(text: &str) -> Result<Cow<'_, str>, PackedError> {
    let mut parts = text.split('%');
    let mut read = Cow::Borrowed(parts.next().unwrap_or_default());
    for part in parts {
        let special = SPECIAL.into_iter().find_map(|special| Some((special, part.strip_prefix(&format!("{:02X}", u32::from(special)))?)));
        let (special, rest) = special.ok_or(PackedError::Text)?;
        let read = read.to_mut();
        read.push(special);
        read.push_str(rest);
    }
    Ok(read)
}
