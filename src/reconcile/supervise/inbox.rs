//! What was seen of a tenant and not taken in yet. It holds the newest of each object, so that a tenant which is slow
//! for a while costs no more than its objects do.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::reconcile::{Seen, SeenKind};

/// The newest of an object.
#[derive(Clone, Debug)]
pub(super) enum Arrival {
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
    pub changes: BTreeMap<(SeenKind, String), Arrival>,
    /// Nobody takes anything out any more.
    closed: bool,
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
    ///
    /// # Errors
    /// What was to be put in, if the inbox is closed and it is for a new one.
    pub fn list(&self, kind: SeenKind, seen: Vec<Seen>) -> Result<(), Vec<Seen>> {
        let mut letters = self.letters();
        if letters.closed {
            return Err(seen);
        }
        letters.changes.retain(|(other, _), _| *other != kind);
        letters.lists.insert(kind, seen);
        self.arrived.notify_one();
        Ok(())
    }

    /// One object; false if the inbox is closed, and the change is for a new one.
    #[must_use]
    pub fn change(&self, change: Arrival) -> bool {
        let (Arrival::Put(seen) | Arrival::Gone(seen)) = &change;
        let place = (seen.kind(), seen.name());
        let mut letters = self.letters();
        if !letters.closed {
            letters.changes.insert(place, change);
            self.arrived.notify_one();
        }
        !letters.closed
    }

    /// Whether it is closed.
    pub fn is_closed(&self) -> bool {
        self.letters().closed
    }

    /// Closes it if nothing is in it; whether it did.
    pub fn close_if_empty(&self) -> bool {
        let mut letters = self.letters();
        letters.closed = letters.lists.is_empty() && letters.changes.is_empty();
        letters.closed
    }

    /// Takes everything out.
    pub fn take(&self) -> Letters {
        let mut letters = self.letters();
        let closed = letters.closed;
        std::mem::replace(&mut *letters, Letters { closed, ..Letters::default() })
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
        assert!(inbox.change(Arrival::Put(directory("a"))));
        assert!(inbox.change(Arrival::Put(directory("b"))));
        assert!(inbox.change(Arrival::Gone(directory("a"))));
        assert!(inbox.change(Arrival::Put(Seen::UserChanged)));
        assert!(inbox.change(Arrival::Put(Seen::UserChanged)));
        let letters = inbox.take();
        let kinds: Vec<_> = letters.changes.values().map(|change| matches!(change, Arrival::Gone(_))).collect();
        assert_eq!((kinds, letters.lists.len()), (vec![true, false, false], 0));
        assert!(inbox.change(Arrival::Put(directory("c"))));
        assert!(inbox.list(SeenKind::Directory, vec![directory("d")]).is_ok());
        assert!(inbox.change(Arrival::Put(directory("e"))));
        let letters = inbox.take();
        assert_eq!((letters.lists.len(), letters.changes.len()), (1, 1), "a list replaces what was seen before it");
        assert!(inbox.take().changes.is_empty());
    }

    #[test]
    fn nothing_is_put_into_a_closed_inbox_and_none_is_closed_over_news() {
        let inbox = Inbox::default();
        assert!(inbox.change(Arrival::Put(directory("a"))));
        assert!(!inbox.close_if_empty() && !inbox.is_closed());
        inbox.take();
        assert!(inbox.close_if_empty() && inbox.is_closed());
        assert!(!inbox.change(Arrival::Put(directory("b"))));
        assert!(inbox.list(SeenKind::Directory, Vec::new()).is_err());
        assert!(inbox.take().changes.is_empty());
    }
}
