//! One evaluation: allocate an epoch, read everything, decide, write rows, commit by one PUT of the head.

mod decide;
mod departure;
mod draft;
pub mod explain;
mod failed;
mod garbage;
mod head;
mod on_demand;
mod owed;
mod place;
mod plan;
mod quiet;
mod read;
mod release;
mod remember;
mod snapshot;
mod tenant;
mod wanted;
mod write;

use chrono::{DateTime, TimeDelta, Utc};

use super::args::EvaluateArgs;
use super::{Context, PlantedError, RunnerError};

pub use quiet::fold_quiet;

/// What an evaluation tells the process that started it.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Its epoch.
    pub epoch: i64,
    /// Its as-of.
    pub as_of: DateTime<Utc>,
    /// Occurrences that it planned.
    pub planned: usize,
    /// Occurrences that it found too late to plan.
    pub missed: usize,
    /// Occurrences that were planned before, have no result, and were not on their way to one.
    pub without_result: usize,
    /// Nothing becomes due, no window ends and nothing expires before, if no object changes. None: cannot be told.
    pub quiet_until: Option<DateTime<Utc>>,
}

/// Evaluates the tenant once.
///
/// # Errors
/// [`RunnerError`]; whatever was written until then carries an epoch that is never sealed.
pub async fn evaluate(context: &Context, args: &EvaluateArgs) -> Result<Outcome, RunnerError> {
    let result = attempt(context, args).await.map_err(RunnerError::of_evaluation);
    if let Err(error) = &result {
        failed::tell(context, error).await;
    }
    result
}

async fn attempt(context: &Context, args: &EvaluateArgs) -> Result<Outcome, RunnerError> {
    let head = head::allocate(context).await?;
    let (epoch, as_of) = (head.epoch(), head.as_of());
    tracing::info!(namespace = %args.namespace, epoch, runs_only = args.runs_only, "evaluation starts");
    let mut tenant = read::read(context, &head, args.runs_only).await?;
    garbage::remove_abandoned(context, &tenant).await?;
    read::slices(&context.cluster, &mut tenant).await?;
    let snapshots = std::mem::take(&mut tenant.snapshots);
    let (looks, buckets) = snapshot::take(&tenant, &snapshots);
    let life = TimeDelta::from_std(context.cluster.timing().execution_deadline).unwrap_or(TimeDelta::MAX);
    let owed = owed::find(&tenant, life);
    let released = release::release(context, &mut tenant, &looks, &owed.lost).await?;
    let mut draft = decide::decide(&tenant, &looks, buckets, released);
    owed.put(&tenant, &mut draft);
    write::sign(&mut draft, &context.holder);
    if context.planted.is(PlantedError::SnapshotWithoutPredecessor) {
        draft.buckets.iter_mut().flat_map(|bucket| &mut bucket.spec.rows).for_each(|row| row.previous = None);
    }
    let committed = if context.planted.is(PlantedError::CommitBeforeEntries) {
        let committed = head::commit(context, head, &tenant, &draft).await?;
        write::write(context, &tenant, &draft).await?;
        committed
    } else {
        write::write(context, &tenant, &draft).await?;
        head::commit(context, head, &tenant, &draft).await?
    };
    let expiry = garbage::after_seal(context, &tenant, (&looks, &snapshots), &committed, &draft).await?;
    let quiet_until = quiet::quiet_until(&tenant, &draft, expiry);
    tracing::info!(namespace = %args.namespace, epoch, planned = draft.planned(), missed = draft.missed(), "evaluation sealed");
    Ok(Outcome { epoch, as_of, planned: draft.planned(), missed: draft.missed(), without_result: draft.without_result(), quiet_until })
}
