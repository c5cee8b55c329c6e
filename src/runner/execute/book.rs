//! Writing slices: what this process did goes into a slice that others may have marked in the meantime. Every write is a
//! compare-and-swap, and renews the claim.

use std::sync::atomic::Ordering;

use kube::ResourceExt;

use crate::api::RunSlice;
use crate::api::run_slice::Claim;
use crate::cluster::Replaced;
use crate::domain::standing::supersede;
use crate::runner::{PlantedError, RunnerError};

use super::attempt::{Attempt, Planning};

fn gone(name: &str) -> RunnerError {
    RunnerError::Overtaken(format!("slice {name:?} is gone"))
}

/// Puts what this process holds into the slice. A result that a leaver has marked stays canceled; it only gets the
/// results of tasks that were done, and the word that its owner has stopped.
pub(super) fn merge(attempt: &Attempt, slice: &mut RunSlice) {
    let now = attempt.context.cluster.clock().now();
    for result in &mut slice.spec.results {
        let Some(mine) = attempt.held(&result.occurrence) else { continue };
        let marked_at = result.superseded_date_time;
        *result = mine;
        if let Some(marked_at) = marked_at {
            let is_active = attempt.mark(&result.occurrence);
            // An effect that is under way is waited for: only after it has the owner stopped.
            supersede(result, marked_at, (!is_active).then_some(now), now);
        }
    }
    slice.spec.claim = Some(Claim { holder: attempt.context.holder.clone(), attempt: attempt.number, renewed_date_time: now });
}

/// Writes what this process holds; also a renewal of its claim. Who asks while another write is under way is served by the
/// next one, together with all who ask meanwhile.
pub(super) async fn write(attempt: &Attempt, name: &str) -> Result<(), RunnerError> {
    let asked = attempt.writes_begun.load(Ordering::SeqCst);
    let mut written = attempt.written.lock().await;
    if *written > asked {
        // It began after what is held here was held.
        return Ok(());
    }
    let number = attempt.writes_begun.fetch_add(1, Ordering::SeqCst) + 1;
    write_now(attempt, name).await?;
    *written = number;
    Ok(())
}

async fn write_now(attempt: &Attempt, name: &str) -> Result<(), RunnerError> {
    let mut slice = attempt.slice(name).ok_or_else(|| gone(name))?;
    loop {
        merge(attempt, &mut slice);
        let sent = attempt.lease.now();
        match attempt.context.cluster.replace(&slice).await? {
            Replaced::Done(stored) => {
                attempt.lease.renew(sent);
                attempt.keep(*stored);
                return Ok(());
            }
            Replaced::Gone => return Err(gone(name)),
            Replaced::Conflict => {}
        }
        slice = attempt.context.cluster.find::<RunSlice>(name).await?.ok_or_else(|| gone(name))?;
        check_holder(attempt, name, &slice)?;
    }
}

/// Writes the claim by compare-and-swap; false: somebody wrote in between, look again.
pub(super) async fn put(attempt: &Attempt, mut slice: RunSlice, claimed: Vec<(String, Planning)>) -> Result<bool, RunnerError> {
    let name = slice.name_any();
    if attempt.context.planted.is(PlantedError::ClaimWithoutResourceVersion) {
        let newest = attempt.context.cluster.find::<RunSlice>(&name).await?;
        slice.metadata.resource_version = newest.and_then(|newest| newest.metadata.resource_version);
    }
    let sent = attempt.lease.now();
    let stored = match attempt.context.cluster.replace(&slice).await? {
        Replaced::Done(stored) => *stored,
        Replaced::Conflict => {
            let fresh: Option<RunSlice> = attempt.context.cluster.find(&name).await?;
            let fresh = fresh.ok_or_else(|| gone(&name))?;
            if fresh.spec.claim != slice.spec.claim || fresh.spec.results != slice.spec.results {
                check_holder(attempt, &name, &fresh)?;
                attempt.keep(fresh);
                return Ok(false);
            }
            // The answer was lost, the claim was not.
            fresh
        }
        Replaced::Gone => return Err(gone(&name)),
    };
    attempt.lease.renew(sent);
    // The results of the last claim stand in the slice; those of the next are held from now on.
    let result = |occurrence: &str| stored.spec.results.iter().find(|result| result.occurrence == occurrence).cloned();
    let held = claimed.into_iter().filter_map(|(occurrence, planning)| Some((result(&occurrence)?, planning)));
    attempt.claim(held.collect());
    attempt.keep(stored);
    Ok(true)
}

/// A claim that passed to another process ends this one, unless that is over (see [`super::dead`]).
pub(super) fn check_holder(attempt: &Attempt, name: &str, fresh: &RunSlice) -> Result<(), RunnerError> {
    let had = attempt.slice(name).and_then(|slice| slice.spec.claim).is_some_and(|claim| claim.holder == attempt.context.holder);
    if attempt.dead.lets_work(&attempt.context.holder, had, fresh.spec.claim.as_ref()) {
        Ok(())
    } else {
        Err(RunnerError::Overtaken(format!("slice {name:?} was claimed by another process")))
    }
}

/// Reads the slice again; whether anybody has written to it.
pub(super) async fn refresh(attempt: &Attempt, name: &str) -> Result<bool, RunnerError> {
    let Some(fresh) = attempt.context.cluster.find::<RunSlice>(name).await? else { return Ok(false) };
    check_holder(attempt, name, &fresh)?;
    let known = attempt.slice(name).and_then(|slice| slice.metadata.resource_version);
    let changed = known != fresh.metadata.resource_version;
    attempt.keep(fresh);
    Ok(changed)
}

/// Writes the results of the last claim, if they are not written. It repeats until they stand there, or the claim is
/// another's.
pub(super) async fn record(attempt: &Attempt, name: &str) -> Result<(), RunnerError> {
    if attempt.holds_any() {
        write(attempt, name).await?;
        attempt.claim(Vec::new());
    }
    Ok(())
}

/// Gives the claim back at the end of a process that is asked to end: what it has done is written, and whose turn has not come is
/// as before. It repeats until that stands there, or the claim is another's.
pub(super) async fn give_back(attempt: &Attempt, name: &str) -> Result<(), RunnerError> {
    attempt.put_back();
    let Some(mut slice) = attempt.slice(name) else { return Ok(()) };
    while slice.spec.claim.as_ref().is_some_and(|claim| claim.holder == attempt.context.holder) {
        merge(attempt, &mut slice);
        slice.spec.claim = None;
        match attempt.context.cluster.replace(&slice).await? {
            Replaced::Done(stored) => {
                attempt.keep(*stored);
                return Ok(());
            }
            Replaced::Gone => return Ok(()),
            Replaced::Conflict => {}
        }
        let Some(fresh) = attempt.context.cluster.find::<RunSlice>(name).await? else { return Ok(()) };
        slice = fresh;
        attempt.keep(slice.clone());
    }
    Ok(())
}
