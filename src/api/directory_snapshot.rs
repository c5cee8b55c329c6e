//! DirectorySnapshot: what evaluations last saw of the tracked attributes, without personal data.
//!
//! Programs know rows. In the store a row is one line (`packed.rs`): an API server decodes and checks an object member by
//! member, and a row of nested maps has up to a hundred of them. Rows of the older form are read as well; a bucket is never
//! written for its form alone.

mod packed;
mod sighting;

use std::collections::BTreeSet;

use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize, Serializer};

use super::packed::PackedError;
use packed::{LONGEST, MOST_NAMES, pack, unpack};

pub use sighting::{AttributeMark, Sighting, SnapshotRow};

/// One hash bucket of subjects. Written by evaluations only.
#[derive(Clone, CustomResource, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq)]
#[kube(
    group = "tenure.dev",
    version = "v1alpha1",
    kind = "DirectorySnapshot",
    namespaced,
    no_spec,
    shortname = "dsnap",
    category = "tenure-all",
    derive = "PartialEq",
    doc = "A DirectorySnapshot holds hashes of what evaluations last saw, to notice changes. It has no personal data. The programs write it.",
    printcolumn(name = "Directory", type_ = "string", json_path = ".directory"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp")
)]
#[serde(try_from = "Stored")]
#[schemars(with = "Stored")]
pub struct DirectorySnapshotData {
    /// Name of the Directory.
    pub directory: String,
    /// One row a subject.
    pub rows: Vec<SnapshotRow>,
}

/// A bucket as it is stored.
#[derive(Deserialize, JsonSchema)]
struct Stored {
    /// Name of the Directory.
    #[schemars(length(max = 63))]
    directory: String,
    /// Attributes, and groups behind `group:`. Rows name them by their places in this list, which begin at 0.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = MOST_NAMES), inner(length(max = 260)))]
    names: Vec<String>,
    /// One line a subject: version of the form, keyed id, newest sighting, and the one before as long as the newest may not be
    /// sealed. A sighting: epoch, first seen at, begun at, and for each attribute place:digest:sequence:changed at.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 5000), inner(length(max = LONGEST)))]
    packed: Vec<String>,
    /// One row a subject, as older releases wrote it: read where `packed` has no row of the subject, and not written any more.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 5000))]
    rows: Vec<SnapshotRow>,
}

impl TryFrom<Stored> for DirectorySnapshotData {
    type Error = PackedError;

    fn try_from(stored: Stored) -> Result<Self, PackedError> {
        let Stored { directory, names, packed, rows: mut older } = stored;
        let mut rows = unpack(names, packed)?;
        let known: BTreeSet<&str> = rows.iter().map(|row| row.subject.as_str()).collect();
        older.retain(|row| !known.contains(row.subject.as_str()));
        if rows.is_empty() {
            rows = older;
        } else if !older.is_empty() {
            rows.append(&mut older);
            // Whoever adds a row looks for its place.
            rows.sort_by(|left, right| left.subject.cmp(&right.subject));
        }
        Ok(Self { directory, rows })
    }
}

// Not derived: a derived form would copy all rows before it packs them.
impl Serialize for DirectorySnapshotData {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Written<'a> {
            directory: &'a str,
            #[serde(skip_serializing_if = "Vec::is_empty")]
            names: Vec<&'a str>,
            #[serde(skip_serializing_if = "Vec::is_empty")]
            packed: Vec<String>,
        }
        let (names, packed) = pack(&self.rows);
        Written { directory: &self.directory, names, packed }.serialize(serializer)
    }
}

#[cfg(test)]
mod tests;
