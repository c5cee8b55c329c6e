//! What the stored forms of rows have in common: a row is one line, and the first field of a line is the version of its form.
//!
//! Numbers are decimal, instants as everywhere in JSON, in UTC. In a text a character that separates stands as `%` and its code
//! (`%20`, `%2C`, `%3A`), and `%` as `%25`; nothing that programs write has one. Another form needs another version, and readers of
//! both. Whatever is not of the form is refused, and the object with it: a row that is left out would be somebody of whom
//! nothing is known.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::str::{FromStr, Split};

use chrono::{DateTime, SecondsFormat, Utc};
use thiserror::Error;

/// The version of the form.
pub(super) const VERSION: &str = "1";

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
    /// A word is not one of those that may stand there.
    #[error("invalid value: a line, expected a packed row with words that this release knows")]
    Word,
    /// There are no lines where there were some: the definition of an older release has taken them away, as it does with every
    /// member that it does not have.
    #[error("invalid value: no line, expected the packed rows that were written")]
    Lost,
    /// A `%` stands before something else than a separator.
    #[error("invalid value: a line, expected a packed row with percent signs before separators only")]
    Text,
}

/// What follows the version.
pub(super) fn fields(line: &str) -> Result<Split<'_, char>, PackedError> {
    let mut fields = line.split(' ');
    if fields.next() == Some(VERSION) { Ok(fields) } else { Err(PackedError::Version) }
}

pub(super) fn instant(instant: DateTime<Utc>) -> String {
    instant.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

/// A text without these characters, of which `%` is one.
pub(super) fn write_text(text: &str, special: &[char], line: &mut String) {
    for character in text.chars() {
        if special.contains(&character) {
            // Writing to a String cannot fail.
            let _ = write!(line, "%{:02X}", u32::from(character));
        } else {
            line.push(character);
        }
    }
}

pub(super) fn read_number(text: &str) -> Result<i64, PackedError> {
    read_digits(text, PackedError::Number)
}

/// Without the `+` that Rust reads and nobody writes.
pub(super) fn read_digits<T: FromStr>(text: &str, refusal: PackedError) -> Result<T, PackedError> {
    text.parse().ok().filter(|_| !text.starts_with('+')).ok_or(refusal)
}

pub(super) fn read_instant(text: &str) -> Result<DateTime<Utc>, PackedError> {
    text.parse().map_err(|_| PackedError::Instant)
}

pub(super) fn read_text<'a>(text: &'a str, special: &[char]) -> Result<Cow<'a, str>, PackedError> {
    let mut parts = text.split('%');
    let mut read = Cow::Borrowed(parts.next().unwrap_or_default());
    for part in parts {
        let code = |special: &char| Some((*special, part.strip_prefix(&format!("{:02X}", u32::from(*special)))?));
        let (special, rest) = special.iter().find_map(code).ok_or(PackedError::Text)?;
        let read = read.to_mut();
        read.push(special);
        read.push_str(rest);
    }
    Ok(read)
}
