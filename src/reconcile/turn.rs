//! Whose turn it is: whether one more Run may execute beside those that do.

use std::collections::BTreeSet;

use kube::ResourceExt as _;

use super::cache::Cache;
use super::memory::Memory;
use super::room::{Room, Share, is_first, turn};
use crate::api::Run;

/// Most Runs at the same time of a tenant without a schedule: the schedule's default.
const DEFAULT_CONCURRENT_RUNS: i32 = 5;

/// Whether one more Run may execute: the bound is not reached, and none that waits for its first attempt goes before. Leavers have
/// places of their own, of which those that people ask for take half.
pub(super) fn has_room(cache: &Cache, memory: &Memory, run: &Run) -> bool {
    let share = cache.say_in(run).share(run);
    let queues = Queues { cache, run, launched: launched(cache, memory) };
    let ceilings = &memory.ceilings;
    if share == Share::Others {
        return queues.is_next(share, bound(cache, memory));
    }
    let of_asked = left(ceilings.asked_leavers(), queues.taken(Share::AskedLeavers));
    let of_all = left(ceilings.leavers(), queues.taken(Share::Leavers) + queues.taken(Share::AskedLeavers));
    if !is_first(run) {
        return of_all > 0 && (share == Share::Leavers || of_asked > 0);
    }
    // Those that people ask for stand in the way of as many as they can get places for.
    let asked = queues.ahead(share, Share::AskedLeavers, of_asked);
    let found = queues.ahead(share, Share::Leavers, of_all);
    asked + found < of_all && (share == Share::Leavers || asked < of_asked)
}

fn left(bound: usize, taken: usize) -> usize {
    bound.saturating_sub(taken)
}

/// Who takes the places, and who waits for them, as a Run sees it.
struct Queues<'a> {
    cache: &'a Cache,
    run: &'a Run,
    launched: BTreeSet<&'a str>,
}

impl Queues<'_> {
    /// Whether the Run's turn has come among those of its share, with so many places.
    fn is_next(&self, share: Share, bound: usize) -> bool {
        let left = left(bound, self.taken(share));
        if is_first(self.run) { self.ahead(share, share, left) < left } else { left > 0 }
    }

    /// How many places others have.
    fn taken(&self, share: Share) -> usize {
        let (name, places) = (self.run.name_any(), &self.cache.room(share).places);
        let of_share = |other: &&str| self.cache.open_run(other).is_some_and(|other| self.cache.say_in(other).share(other) == share);
        let unseen = self.launched.iter().copied().filter(|other| !places.contains(*other)).filter(of_share);
        places.iter().map(String::as_str).chain(unseen).filter(|other| *other != name).count()
    }

    /// How many of `queued` that wait for their first attempt go before the Run, which is of `share`. More than there are places
    /// for need not be counted.
    fn ahead(&self, share: Share, queued: Share, places: usize) -> usize {
        let (name, Room { queue, .. }) = (self.run.name_any(), self.cache.room(queued));
        let before = queue.range(..turn(self.run, share)).map(|(.., other)| other.as_str());
        before.filter(|other| *other != name && !self.launched.contains(other)).take(places).count()
    }
}

/// How many that are no leavers may execute at the same time.
fn bound(cache: &Cache, memory: &Memory) -> usize {
    let allowed = cache.schedule().map_or(DEFAULT_CONCURRENT_RUNS, |schedule| schedule.spec.max_concurrent_runs);
    memory.ceilings.others(usize::try_from(allowed).unwrap_or(1))
}

/// The Runs whose Job was just created and may not have been seen.
fn launched<'a>(cache: &Cache, memory: &'a Memory) -> BTreeSet<&'a str> {
    memory.launched.iter().filter(|(_, job)| cache.job(job).is_none()).map(|(run, _)| run.as_str()).collect()
}

/// How many Jobs of the tenant's Runs are under way.
pub(super) fn under_way(cache: &Cache, memory: &Memory) -> usize {
    let places = Share::ALL.map(|share| &cache.room(share).places);
    let unseen = launched(cache, memory).into_iter().filter(|run| !places.iter().any(|places| places.contains(*run)));
    unseen.count() + places.iter().map(|places| places.len()).sum::<usize>()
}

#[cfg(test)]
mod tests;
