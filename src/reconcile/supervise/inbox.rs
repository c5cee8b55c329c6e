//! What was seen of a tenant and not taken in yet. It holds the newest of each object, so that a tenant which is slow
//! for a while costs no more than its objects do.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::reconcile::{Seen, SeenKind};

/// The newest of an object.
#[derive(Clone, Debug)]
pub(super) enum Change {
    /// It is there.
    Put(Seen),
    /// It is gone.
    Gone(Seen),
}

/// What a tenant has to take in: first the lists, each in place of everything of its kind, then the changes.
#[derive(Debug, Default)]
pub(super) struct Letters {
    /// By kind.
    pub lists: BTreeMap<SeenKind, Vec<Seen>>,
    /// By kind and name.
    pub changes: BTreeMap<(SeenKind, String), Change>,
}

/// A tenant's letters; the dispatcher puts in, the tenant takes out.
#[derive(Debug, Default)]
pub(super) struct Inbox {
    letters: Mutex<Letters>,
    arrived: Notify,
}

impl Inbox {
    fn letters(&self) -> MutexGuard<'_, Letters> {
        self.letters.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Everything of a kind.
    pub fn list(&self, kind: SeenKind, seen: Vec<Seen>) {
        let mut letters = self.letters();
        letters.changes.retain(|(other, _), _| *other != kind);
        letters.lists.insert(kind, seen);
        self.arrived.notify_one();
    }

    /// One object.
    pub fn change(&self, change: Change) {
        let (Change::Put(seen) | Change::Gone(seen)) = &change;
        let place = (seen.kind(), seen.name());
        self.letters().changes.insert(place, change);
        self.arrived.notify_one();
    }

    /// Takes everything out.
    pub fn take(&self) -> Letters {
        std::mem::take(&mut *self.letters())
    }

    /// Ends when something has arrived since the last time.
    pub async fn arrival(&self) {
        self.arrived.notified().await;
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::api::Directory;

    fn directory(name: &str) -> Seen {
        Directory::new(name, serde_json::from_value(json!({"embedded": {}})).unwrap()).into()
    }

    #[test]
    fn the_newest_of_each_object_is_kept() {
        let inbox = Inbox::default();
        inbox.change(Change::Put(directory("a")));
        inbox.change(Change::Put(directory("b")));
        inbox.change(Change::Gone(directory("a")));
        inbox.change(Change::Put(Seen::UserChanged));
        inbox.change(Change::Put(Seen::UserChanged));
        let letters = inbox.take();
        let kinds: Vec<_> = letters.changes.values().map(|change| matches!(change, Change::Gone(_))).collect();
        assert_eq!((kinds, letters.lists.len()), (vec![true, false, false], 0));
        inbox.change(Change::Put(directory("c")));
        inbox.list(SeenKind::Directory, vec![directory("d")]);
        inbox.change(Change::Put(directory("e")));
        let letters = inbox.take();
        assert_eq!((letters.lists.len(), letters.changes.len()), (1, 1), "a list replaces what was seen before it");
        assert!(inbox.take().changes.is_empty());
    }
}
