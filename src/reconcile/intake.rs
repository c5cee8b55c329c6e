//! What was seen is taken into the cache, and says which keys it concerns.

use std::collections::BTreeSet;

use super::cache::Cache;
use super::key::Key;
use super::keys;
use super::watched::{Seen, SeenKind};
use crate::api::tenant_ledger::UsersSeen;

impl Cache {
    /// Takes in what was seen and says which keys it concerns.
    pub fn apply(&mut self, seen: Seen) -> Vec<Key> {
        let keys = keys::keys_for(&seen, self);
        self.put(seen);
        keys
    }

    /// Replaces everything of a kind by a new list, and says which keys that concerns. A new list of Users is one
    /// change, and says of itself how new it is; where there are none it is empty.
    pub fn replace_all(&mut self, kind: SeenKind, objects: Vec<Seen>) -> Vec<Key> {
        if kind == SeenKind::User {
            let listed = objects.into_iter().find(|seen| matches!(seen, Seen::Users(_)));
            return self.apply(listed.unwrap_or_else(|| Seen::Users(Some(UsersSeen::default()))));
        }
        let listed: BTreeSet<_> = objects.iter().map(Seen::name).collect();
        let mut keys = BTreeSet::new();
        let mut has_room = false;
        for name in self.names(kind) {
            if !listed.contains(&name) {
                let concerned = keys::concerned_by_name(kind, &name, self);
                has_room |= concerned.makes_room;
                keys.extend(concerned.keys);
                self.forget(kind, &name);
            }
        }
        for seen in objects.into_iter().filter(|seen| seen.kind() == kind) {
            let concerned = keys::concerned(&seen, self);
            has_room |= concerned.makes_room;
            keys.extend(concerned.keys);
            self.put(seen);
        }
        if has_room {
            // Once for the whole list.
            keys.extend(keys::waiting_runs(self));
        }
        keys.into_iter().collect()
    }
}
