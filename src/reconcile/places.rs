//! How many tenants are evaluated at the same time, and whose turn is next.
//!
//! After an outage, or a new leader, there may be something to do in every tenant at once: hundreds of Jobs in a second help
//! nobody. A place is one tenant's until its evaluation has ended, and no longer than [`Timing::place_life`]: what does not
//! start, or takes its time, keeps nobody else waiting. Whoever waits asks again every [`Timing::place_look`].

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::timing::Timing;

/// Tenants that are evaluated at the same time, unless the installation says otherwise.
pub const EVALUATIONS: usize = 10;

/// The places of all tenants of a process.
#[derive(Clone, Debug)]
pub(super) struct Places {
    most: usize,
    turns: Arc<Mutex<Turns>>,
}

impl Places {
    /// So many places, of which none is taken; at least one.
    pub fn new(most: usize) -> Self {
        Self { most: most.max(1), turns: Arc::default() }
    }

    fn turns(&self) -> MutexGuard<'_, Turns> {
        self.turns.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the tenant may be evaluated now. `has_leavers`: somebody is waiting there to be off-boarded.
    pub fn take(&self, namespace: &str, has_leavers: bool, timing: &Timing, now: DateTime<Utc>) -> bool {
        let life = TimeDelta::from_std(timing.place_life).unwrap_or(TimeDelta::MAX);
        self.turns().take(self.most, life, (namespace, has_leavers), now)
    }

    /// The tenant is not evaluated, and does not want to be.
    pub fn give_back(&self, namespace: &str) {
        let mut turns = self.turns();
        turns.taken.remove(namespace);
        turns.asking.remove(namespace);
    }
}

/// Who has a place and who waits for one.
#[derive(Debug, Default)]
struct Turns {
    /// Since when, by namespace.
    taken: BTreeMap<String, DateTime<Utc>>,
    asking: BTreeMap<String, Asking>,
}

#[derive(Clone, Copy, Debug)]
struct Asking {
    has_leavers: bool,
    since: DateTime<Utc>,
    /// When it last did. One that asks no more is gone.
    last: DateTime<Utc>,
}

impl Turns {
    fn take(&mut self, most: usize, life: TimeDelta, (namespace, has_leavers): (&str, bool), now: DateTime<Utc>) -> bool {
        // A clock that was set back ages nobody.
        let is_young = |instant: DateTime<Utc>| now - instant < life;
        self.taken.retain(|_, since| is_young(*since));
        self.asking.retain(|_, asking| is_young(asking.last));
        if self.taken.contains_key(namespace) {
            return true;
        }
        let own = self.asking.entry(namespace.to_owned()).or_insert(Asking { has_leavers, since: now, last: now });
        (own.has_leavers, own.last) = (has_leavers, now);
        // Leavers first; but nobody waits for ever because there are always some elsewhere.
        let turn = |(name, asking): (&str, &Asking)| (is_young(asking.since), !asking.has_leavers, asking.since, name.to_owned());
        let own = turn((namespace, &*own));
        let before = self.asking.iter().filter(|&(name, asking)| turn((name.as_str(), asking)) < own).count();
        let is_next = before < most.saturating_sub(self.taken.len());
        if is_next {
            self.asking.remove(namespace);
            self.taken.insert(namespace.to_owned(), now);
        }
        is_next
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_767_225_600 + seconds, 0).unwrap()
    }

    /// Who asks, with leavers or not, or gives a place back, and when; what is answered.
    type Step = (&'static str, Option<bool>, i64, bool);

    #[test]
    fn whose_turn_it_is() {
        const LEAVERS: bool = true;
        let asks = |name, has_leavers, second, answer| (name, Some(has_leavers), second, answer);
        let gives_back = |name, second| (name, None, second, false);
        let cases: [(&str, Vec<Step>); 6] = [
            ("as many as there are places", vec![asks("a", false, 0, true), asks("b", false, 0, true), asks("c", false, 0, false)]),
            ("who has a place keeps it", vec![asks("a", false, 0, true), asks("b", false, 0, true), asks("a", false, 5, true)]),
            (
                "who waits longest is next",
                vec![
                    asks("a", false, 0, true),
                    asks("b", false, 0, true),
                    asks("d", false, 1, false),
                    asks("c", false, 2, false),
                    gives_back("a", 3),
                    asks("c", false, 3, false),
                    asks("d", false, 3, true),
                    asks("c", false, 4, false),
                ],
            ),
            (
                "but leavers come first",
                vec![
                    asks("a", false, 0, true),
                    asks("b", false, 0, true),
                    asks("c", false, 1, false),
                    asks("d", LEAVERS, 2, false),
                    gives_back("a", 3),
                    asks("c", false, 3, false),
                    asks("d", LEAVERS, 3, true),
                ],
            ),
            (
                "and not for ever",
                vec![
                    asks("a", false, 0, true),
                    asks("b", false, 0, true),
                    asks("c", false, 1, false),
                    asks("c", false, 31, false),
                    asks("a", false, 61, true),
                    asks("b", false, 61, false),
                    asks("d", LEAVERS, 61, false),
                    asks("c", false, 61, true),
                ],
            ),
            (
                "who does not ask any more keeps nobody waiting",
                vec![
                    asks("a", false, 0, true),
                    asks("b", false, 0, true),
                    asks("c", LEAVERS, 1, false),
                    gives_back("c", 2),
                    gives_back("a", 3),
                    asks("d", false, 3, true),
                ],
            ),
        ];
        for (what, steps) in cases {
            let places = Places::new(2);
            for (number, (name, asked, second, answer)) in steps.into_iter().enumerate() {
                match asked {
                    Some(has_leavers) => {
                        let found = places.take(name, has_leavers, &Timing::PRODUCTION, at(second));
                        assert_eq!(found, answer, "{what}: {number}: {name}");
                    }
                    None => places.give_back(name),
                }
            }
        }
    }

    #[test]
    fn what_does_not_end_gives_its_place_up() {
        let places = Places::new(1);
        let life = i64::try_from(Timing::PRODUCTION.place_life.as_secs()).unwrap();
        let take = |name: &str, second| places.take(name, false, &Timing::PRODUCTION, at(second));
        assert_eq!((take("a", 0), take("b", life - 1), take("b", life)), (true, false, true));
    }
}
