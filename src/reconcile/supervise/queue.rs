//! What of a tenant is to be reconciled: each key once, round and round in the keys' order, so that none starves.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::domain::timing::Timing;
use crate::reconcile::Key;

/// The keys to reconcile, and when others are to be looked at again.
#[derive(Debug, Default)]
pub(super) struct Queue {
    ready: BTreeSet<Key>,
    last: Option<Key>,
    later: BTreeMap<Key, DateTime<Utc>>,
    failures: BTreeMap<Key, u32>,
}

impl Queue {
    /// Puts the key in, if it is not there.
    pub fn push(&mut self, key: Key) {
        self.ready.insert(key);
    }

    /// Takes the key out that comes after the one that was taken last. If that is a Workflow's, those of the Workflows
    /// behind it come along, up to `limit` in all: what a pass over one does is no other's business.
    pub fn pop(&mut self, limit: usize) -> Vec<Key> {
        let Some(first) = self.behind().or_else(|| self.ready.first().cloned()) else { return Vec::new() };
        let mut keys = vec![self.take(first)];
        while let Some(next) = self.behind().filter(|next| keys.len() < limit && is_workflow(next) && is_workflow(&keys[0])) {
            keys.push(self.take(next));
        }
        keys
    }

    /// The key behind the one that was taken last.
    fn behind(&self) -> Option<Key> {
        self.ready.range((Bound::Excluded(self.last.as_ref()?), Bound::Unbounded)).next().cloned()
    }

    fn take(&mut self, key: Key) -> Key {
        self.ready.remove(&key);
        self.last = Some(key.clone());
        key
    }

    /// A pass went well: looks at the key again at `at`, or not at all by time.
    pub fn done(&mut self, key: &Key, at: Option<DateTime<Utc>>) {
        self.failures.remove(key);
        self.wake(key, at);
    }

    /// A pass failed: looks at the key again after a pause that doubles; `jitter` from 0 to 1 shortens it by up to a
    /// quarter, so that many tenants do not come back together.
    pub fn failed(&mut self, key: &Key, now: DateTime<Utc>, timing: &Timing, jitter: f64) -> Duration {
        let failures = self.failures.entry(key.clone()).or_default();
        let pause = timing.after_failed_passes(*failures);
        *failures = failures.saturating_add(1);
        let pause = pause.mul_f64(1.0 - jitter.clamp(0.0, 1.0) / 4.0);
        self.wake(key, Some(now + pause));
        pause
    }

    fn wake(&mut self, key: &Key, at: Option<DateTime<Utc>>) {
        match at {
            Some(at) => self.later.insert(key.clone(), at),
            None => self.later.remove(key),
        };
    }

    /// Puts in every key whose time has come.
    pub fn ring(&mut self, now: DateTime<Utc>) {
        if self.next_wake().is_none_or(|at| at > now) {
            return;
        }
        let due: Vec<Key> = self.later.iter().filter(|(_, at)| **at <= now).map(|(key, _)| key.clone()).collect();
        for key in due {
            self.later.remove(&key);
            self.push(key);
        }
    }

    /// When the next key is to be looked at again.
    pub fn next_wake(&self) -> Option<DateTime<Utc>> {
        self.later.values().min().copied()
    }
}

fn is_workflow(key: &Key) -> bool {
    matches!(key, Key::Workflow(_))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pop(queue: &mut Queue) -> Option<Key> {
        let keys = queue.pop(1);
        assert!(keys.len() <= 1);
        keys.into_iter().next()
    }

    fn workflow(name: &str) -> Key {
        Key::Workflow(name.to_owned())
    }

    #[test]
    fn workflows_come_together() {
        let mut queue = Queue::default();
        let all = [Key::Directory("d".to_owned()), workflow("a"), workflow("b"), workflow("c"), run("a"), run("b"), Key::TenantSchedule];
        for key in &all {
            queue.push(key.clone());
        }
        assert_eq!(queue.pop(2), all[..1]);
        assert_eq!(queue.pop(2), all[1..3]);
        // A busy Workflow comes along again only when all others had their turn.
        queue.push(workflow("a"));
        for key in &all[3..] {
            assert_eq!(queue.pop(2), std::slice::from_ref(key));
        }
        assert_eq!((queue.pop(2), queue.pop(2)), (vec![workflow("a")], Vec::new()));
    }

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    fn run(name: &str) -> Key {
        Key::Run(name.to_owned())
    }

    #[test]
    fn a_busy_key_starves_nobody() {
        let mut queue = Queue::default();
        for key in [Key::TenantSchedule, run("a"), run("b"), run("a")] {
            queue.push(key);
        }
        assert_eq!(pop(&mut queue), Some(run("a")));
        queue.push(run("a"));
        assert_eq!(pop(&mut queue), Some(run("b")));
        queue.push(run("a"));
        assert_eq!(pop(&mut queue), Some(Key::TenantSchedule));
        assert_eq!(pop(&mut queue), Some(run("a")));
        assert_eq!(pop(&mut queue), None);
    }

    #[test]
    fn keys_come_back_in_time() {
        let mut queue = Queue::default();
        queue.done(&run("a"), Some(at(10)));
        queue.done(&run("b"), Some(at(5)));
        queue.ring(at(4));
        assert_eq!((pop(&mut queue), queue.next_wake()), (None, Some(at(5))));
        queue.ring(at(5));
        assert_eq!((pop(&mut queue), queue.next_wake()), (Some(run("b")), Some(at(10))));
        queue.done(&run("a"), None);
        assert_eq!(queue.next_wake(), None);
    }

    #[test]
    fn pauses_double_up_to_five_minutes_and_begin_anew() {
        let mut queue = Queue::default();
        let pauses: Vec<u64> = (0..11).map(|_| queue.failed(&run("a"), at(0), &Timing::PRODUCTION, 0.0).as_secs()).collect();
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
        assert_eq!(queue.failed(&run("a"), at(0), &Timing::PRODUCTION, 1.0).as_secs(), 225);
        queue.done(&run("a"), None);
        assert_eq!(queue.failed(&run("a"), at(0), &Timing::PRODUCTION, 0.0).as_secs(), 1);
    }
}
