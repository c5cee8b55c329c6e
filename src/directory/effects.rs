//! From Changes to writes. Idempotence stands here once: read, compute the entry as it is to be; the same is so already,
//! another one is written if nobody else has written meanwhile. Else whoever asked looks at everything again: what there is to
//! do may be more by now, and less may be allowed.

use chrono::{DateTime, Utc};

use crate::domain::change::{Bearing, Change, forbidden, no_account};
use crate::domain::fault::Fault;

use super::{Directory, HeldEntry, Lookup, Written};

/// What an effect did.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Effect {
    /// It changed something.
    Done,
    /// It changed something; the text says what it left as it was, or what else there is to know.
    DoneBut(String),
    /// Everything was as wanted already; the text says what.
    AlreadySo(String),
}

/// What became of the Changes of one task.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[must_use]
pub enum Applied {
    /// They are in force.
    Done,
    /// An entry has been written since it was read, by somebody else or by an earlier try of this very write: look again.
    Conflict,
}

/// Does the Changes of one task to the subject, those of one entry with one write. `seen`: the subject's entry as it was
/// last read or written, which saves reading it; it is the newest one afterwards.
///
/// # Errors
/// [`Fault`] says whether trying again can help. Changes of entries before the one that failed, or met another writer, are
/// done.
pub async fn apply(
    directory: &dyn Directory,
    subject: &str,
    changes: &[Change],
    seen: &mut Option<HeldEntry>,
    now: DateTime<Utc>,
) -> Result<Applied, Fault> {
    let mut rest = changes;
    while let Some(first) = rest.first() {
        let target = first.target(subject);
        let count = rest.iter().take_while(|change| change.target(subject) == target).count();
        let (together, further) = rest.split_at(count);
        let known = if target == subject { seen.take() } else { None };
        match replace(directory, target, together, known, now).await? {
            EntryWrite::Conflict => return Ok(Applied::Conflict),
            EntryWrite::Done(held) if target == subject => *seen = held.map(|held| *held),
            EntryWrite::Done(_) => {}
        }
        rest = further;
    }
    Ok(Applied::Done)
}

/// What became of the Changes of one entry.
enum EntryWrite {
    /// The entry after them; None: there is none, and nothing to take from it.
    Done(Option<Box<HeldEntry>>),
    /// It has been written meanwhile.
    Conflict,
}

async fn replace(
    directory: &dyn Directory,
    name: &str,
    changes: &[Change],
    known: Option<HeldEntry>,
    now: DateTime<Utc>,
) -> Result<EntryWrite, Fault> {
    let held = match known {
        Some(held) => held,
        None => match directory.entry(name).await {
            Lookup::Present(held) => held,
            Lookup::Absent => return absent(name, changes),
            Lookup::Unknown(fault) => return Err(fault),
        },
    };
    let mut after = held.entry.clone();
    let mut is_another = false;
    for change in changes {
        forbidden(change, &after)?;
        is_another |= after.apply(change, now);
    }
    if !is_another {
        return Ok(EntryWrite::Done(Some(Box::new(held))));
    }
    match directory.write(&held, &after).await? {
        Written::Done(held) => Ok(EntryWrite::Done(Some(held))),
        Written::Conflict => Ok(EntryWrite::Conflict),
        Written::Gone => absent(name, changes),
    }
}

/// What is taken from an entry that is not there is taken already.
fn absent(name: &str, changes: &[Change]) -> Result<EntryWrite, Fault> {
    let is_taken = |change: &Change| change.bearing() == Bearing::Takes || *change == Change::Delete;
    if changes.iter().all(is_taken) { Ok(EntryWrite::Done(None)) } else { Err(no_account(name)) }
}
