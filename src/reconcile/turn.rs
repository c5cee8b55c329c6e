//! Whose turn it is: whether one more Run may execute beside those that do.

use std::collections::BTreeSet;

use kube::ResourceExt as _;

use super::cache::Cache;
use super::memory::Memory;
use super::room::{Room, is_first, turn};
use crate::api::Run;

/// Most Runs at the same time of a tenant without a schedule: the schedule's default.
const DEFAULT_CONCURRENT_RUNS: i32 = 5;

/// Whether one more Run may execute: the bound is not reached, and none that waits for its first attempt goes before. Leavers have
/// places of their own.
pub(super) fn has_room(cache: &Cache, memory: &Memory, run: &Run) -> bool {
    let is_leaver = cache.say_in(run).is_exempt();
    let bound = bound(cache, memory, is_leaver);
    let Room { places, queue } = cache.room(is_leaver);
    let name = run.name_any();
    let launched = launched(cache, memory);
    let takes_place = |other: &&str| cache.open_run(other).is_some_and(|other| cache.say_in(other).is_exempt() == is_leaver);
    let unseen = launched.iter().copied().filter(|other| !places.contains(*other)).filter(takes_place);
    let taken = places.iter().map(String::as_str).chain(unseen).filter(|other| *other != name).count();
    let left = bound.saturating_sub(taken);
    if !is_first(run) {
        return left > 0;
    }
    let before = queue.range(..turn(run)).map(|(.., other)| other.as_str());
    let ahead = before.filter(|other| *other != name && !launched.contains(other));
    // More than there are places for need not be counted.
    ahead.take(left).count() < left
}

/// How many of them may execute at the same time.
fn bound(cache: &Cache, memory: &Memory, of_leavers: bool) -> usize {
    if of_leavers {
        return memory.ceilings.leavers();
    }
    let allowed = cache.schedule().map_or(DEFAULT_CONCURRENT_RUNS, |schedule| schedule.spec.max_concurrent_runs);
    memory.ceilings.others(usize::try_from(allowed).unwrap_or(1))
}

/// The Runs whose Job was just created and may not have been seen.
fn launched<'a>(cache: &Cache, memory: &'a Memory) -> BTreeSet<&'a str> {
    memory.launched.iter().filter(|(_, job)| cache.job(job).is_none()).map(|(run, _)| run.as_str()).collect()
}

/// How many Jobs of the tenant's Runs are under way.
pub(super) fn under_way(cache: &Cache, memory: &Memory) -> usize {
    let [others, leavers] = [false, true].map(|of_leavers| &cache.room(of_leavers).places);
    let unseen = launched(cache, memory).into_iter().filter(|run| !others.contains(*run) && !leavers.contains(*run));
    unseen.count() + others.len() + leavers.len()
}

#[cfg(test)]
mod tests;
