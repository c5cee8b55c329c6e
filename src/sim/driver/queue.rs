//! What is to be reconciled: each key once, in an order that only the seed decides.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};

use crate::reconcile::Key;

/// The keys to reconcile, and when others are to be looked at again.
#[derive(Debug, Default)]
pub(super) struct Queue {
    seed: u64,
    ready: BTreeSet<(u64, Key)>,
    later: BTreeMap<Key, DateTime<Utc>>,
}

impl Queue {
    /// An empty queue. Seed 0 takes the keys in their natural order, another one shuffles them.
    pub(super) fn new(seed: u64) -> Self {
        Self { seed, ..Self::default() }
    }

    /// Puts the key in, if it is not there.
    pub(super) fn push(&mut self, key: Key) {
        let place = self.place(&key);
        self.ready.insert((place, key));
    }

    fn place(&self, key: &Key) -> u64 {
        if self.seed == 0 {
            return 0;
        }
        let hash = Sha256::digest(format!("order\0{}\0{key:?}", self.seed).as_bytes());
        hash.iter().take(8).fold(0, |place, byte| (place << 8) | u64::from(*byte))
    }

    /// Takes the first key out.
    pub(super) fn pop(&mut self) -> Option<Key> {
        self.ready.pop_first().map(|(_, key)| key)
    }

    /// Looks at the key again at `at`, or not at all by time; what was said before of it is forgotten.
    pub(super) fn wake(&mut self, key: &Key, at: Option<DateTime<Utc>>) {
        match at {
            Some(at) => self.later.insert(key.clone(), at),
            None => self.later.remove(key),
        };
    }

    /// Puts in every key whose time has come.
    pub(super) fn ring(&mut self, now: DateTime<Utc>) {
        let due: Vec<Key> = self.later.iter().filter(|(_, at)| **at <= now).map(|(key, _)| key.clone()).collect();
        for key in due {
            self.later.remove(&key);
            self.push(key);
        }
    }

    /// When which key is to be looked at again.
    pub(super) fn later(&self) -> &BTreeMap<Key, DateTime<Utc>> {
        &self.later
    }
}
