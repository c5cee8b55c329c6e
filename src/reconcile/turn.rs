//! Whose turn it is: whether one more Run may execute beside those that do.

use std::collections::BTreeSet;

use kube::ResourceExt as _;

use super::cache::Cache;
use super::memory::Memory;
use super::room::{Room, is_first, turn};
use crate::api::Run;

/// Most Runs at the same time of a tenant without a schedule: the schedule's default.
const DEFAULT_CONCURRENT_RUNS: i32 = 5;

/// Whether one more Run may execute: the bound is not reached, and none that waits for its first attempt goes before.
pub(super) fn has_room(cache: &Cache, memory: &Memory, run: &Run) -> bool {
    if cache.say_in(run).is_exempt() {
        return true;
    }
    let bound = cache.schedule().map_or(DEFAULT_CONCURRENT_RUNS, |schedule| schedule.spec.max_concurrent_runs);
    let bound = usize::try_from(bound).unwrap_or(1).max(1);
    let Room { places, queue } = cache.room();
    let name = run.name_any();
    // A Job that was just created may not have been seen.
    let launched: BTreeSet<&str> =
        memory.launched.iter().filter(|(_, job)| cache.job(job).is_none()).map(|(run, _)| run.as_str()).collect();
    let takes_place = |other: &&str| cache.open_run(other).is_some_and(|other| !cache.say_in(other).is_exempt());
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

#[cfg(test)]
mod tests;
