//! OccurrenceLedger: which occurrences are planned, missed, superseded or released.
//!
//! Programs know rows. In the store a row is one line (`packed.rs`): an API server decodes and checks an object member by
//! member, and a row has up to nineteen of them. Rows of the older form are read as well; a chunk is never written for its
//! form alone. For a release that knows the older form only, a row stands there that stops it (`stop`): to it the chunk would
//! be empty, so that it planned everybody once more, or wrote over the rows.

mod entry;
mod packed;

use chrono::DateTime;
use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize, Serializer};

use super::packed::PackedError;
use super::workflow::Category;
use packed::{LONGEST, pack, unpack};

pub use entry::{Closing, EntryState, LedgerEntry};

/// A chunk of at most 1,000 rows. Written by evaluations only.
#[derive(Clone, CustomResource, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq)]
#[kube(
    group = "tenure.dev",
    version = "v1alpha1",
    kind = "OccurrenceLedger",
    namespaced,
    no_spec,
    shortname = "ol",
    category = "tenure-all",
    derive = "PartialEq",
    doc = "An OccurrenceLedger holds up to 1,000 rows about who was planned, missed, superseded or released. The programs write it; keep it in backups.",
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp")
)]
#[serde(try_from = "Stored")]
#[schemars(with = "Stored")]
pub struct OccurrenceLedgerData {
    /// The rows, in the order in which they were written.
    pub entries: Vec<LedgerEntry>,
}

/// A chunk as it is stored.
#[derive(Deserialize, JsonSchema)]
struct Stored {
    /// One line a row, in the order in which they were written: version of the form, and the members of a row, each behind one
    /// space, with nothing for what is absent: epoch, key, subject, person, attribute, workflow, category, state, due, at, run,
    /// runUid, slice, by, reason, done, closes, hire, sequence.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 1000), inner(length(max = LONGEST)))]
    packed: Vec<String>,
    /// The rows as older releases wrote them: read as if they stood before those of `packed`. Today only one is written, of an
    /// epoch that no evaluation has: it counts for nothing, and stops a release that does not know `packed`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 1000))]
    entries: Vec<LedgerEntry>,
}

impl TryFrom<Stored> for OccurrenceLedgerData {
    type Error = PackedError;

    fn try_from(Stored { packed, mut entries }: Stored) -> Result<Self, PackedError> {
        let mut rows = unpack(&packed)?;
        let all = entries.len();
        entries.retain(|row| row.epoch != NO_EPOCH);
        // That row is written beside others only.
        if entries.len() < all && rows.is_empty() {
            return Err(PackedError::Lost);
        }
        // Of two rows of one epoch the later one decides, and the older form was written before.
        if entries.is_empty() {
            entries = rows;
        } else {
            entries.append(&mut rows);
        }
        Ok(Self { entries })
    }
}

// Not derived: a derived form would copy all rows before it packs them.
impl Serialize for OccurrenceLedgerData {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Written {
            #[serde(skip_serializing_if = "Vec::is_empty")]
            packed: Vec<String>,
            #[serde(skip_serializing_if = "Option::is_none")]
            entries: Option<[LedgerEntry; 1]>,
        }
        let stop = (!self.entries.is_empty()).then(|| [stop()]);
        Written { packed: pack(&self.entries), entries: stop }.serialize(serializer)
    }
}

/// Above every epoch that an evaluation comes to, and a whole number for every reader of JSON.
const NO_EPOCH: i64 = (1 << 53) - 1;

/// The row that stops a release which does not know packed rows. Its evaluations end where they meet an epoch above that of
/// the head, before they plan anybody and before they write over a chunk.
fn stop() -> LedgerEntry {
    LedgerEntry::blank(NO_EPOCH, Category::Leaver, EntryState::Missed, DateTime::UNIX_EPOCH)
}

#[cfg(test)]
mod tests;
