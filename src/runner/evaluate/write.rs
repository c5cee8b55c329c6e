//! Writing the draft: Runs, then slices, rows and snapshot buckets beside each other. All of it carries the epoch, and counts
//! for nothing before the commit.

use std::collections::BTreeMap;

use futures::future::BoxFuture;
use futures::stream::{self, StreamExt, TryStreamExt};
use kube::ResourceExt;
use kube::api::ObjectMeta;

use crate::api::meta::{LABEL_MANAGED_BY, MANAGED_BY};
use crate::api::{DirectorySnapshot, LedgerEntry, OccurrenceLedger, OccurrenceLedgerData, RunSlice};
use crate::cluster::client::Kind;
use crate::cluster::{Created, Replaced, WRITES};
use crate::runner::{Context, RunnerError};

use super::draft::Draft;
use super::read::chunk_number;
use super::tenant::Tenant;

/// Most rows of a chunk (design 2).
const CHUNK_ROWS: usize = 1_000;

/// Writes everything but the head.
#[expect(clippy::disallowed_methods, reason = "a status is written, and nothing is identified")]
pub(super) async fn write(context: &Context, tenant: &Tenant, draft: &Draft) -> Result<(), RunnerError> {
    for run in &draft.runs {
        create_own(context, run).await?;
    }
    let slices = draft.slices.iter().map(|slice| Box::pin(create_own::<RunSlice>(context, slice)) as Write<'_>);
    let rows = appended(tenant, &draft.rows).into_iter().map(|(chunk, part)| Box::pin(store(context, tenant, chunk, part)) as Write<'_>);
    let buckets = draft.buckets.iter().map(|bucket| Box::pin(put_bucket(context, tenant, bucket)) as Write<'_>);
    together(slices.chain(rows).chain(buckets)).await?;
    for (run, plan) in &draft.plans {
        let status = serde_json::json!({ "plan": plan, "scheduledDateTime": tenant.as_of });
        context.cluster.patch_status::<crate::api::Run>(run, &status).await?;
    }
    Ok(())
}

/// One write.
type Write<'a> = BoxFuture<'a, Result<(), RunnerError>>;

/// Writes that do not depend on each other, some at the same time. Before the commit nothing of them counts, so that it does
/// not matter which are done when one fails.
async fn together<'a>(writes: impl Iterator<Item = Write<'a>>) -> Result<(), RunnerError> {
    let writes: Vec<Write<'a>> = writes.collect();
    stream::iter(writes).buffer_unordered(WRITES).try_for_each(|()| std::future::ready(Ok(()))).await
}

/// Creates an object whose name has our epoch: if it exists, an earlier try of this very request made it.
async fn create_own<K: Kind>(context: &Context, object: &K) -> Result<(), RunnerError> {
    match context.cluster.create(object).await? {
        Created::New(_) => Ok(()),
        Created::Exists => {
            let found: Option<K> = context.cluster.find(&object.name_any()).await?;
            let epoch = |object: &K| object.labels().get(crate::api::meta::LABEL_EPOCH).cloned();
            if found.as_ref().and_then(epoch) == epoch(object) {
                Ok(())
            } else {
                Err(RunnerError::Invalid(format!("{} {:?} exists and is not of this evaluation", K::kind(&()), object.name_any())))
            }
        }
    }
}

/// The last chunk with as many of the rows as it has room for, and new ones for the rest; each with what is new in it.
fn appended<'a>(tenant: &Tenant, rows: &'a [LedgerEntry]) -> Vec<(OccurrenceLedger, &'a [LedgerEntry])> {
    let last = tenant.chunks.last();
    let room = last.map_or(0, |chunk| CHUNK_ROWS.saturating_sub(chunk.spec.entries.len()));
    let (first, rest) = rows.split_at(room.min(rows.len()));
    let mut chunks = Vec::new();
    if let Some(mut chunk) = last.filter(|_| !first.is_empty()).cloned() {
        chunk.spec.entries.extend(first.iter().cloned());
        chunks.push((chunk, first));
    }
    let next = last.map_or(1, |chunk| chunk_number(chunk) + 1);
    chunks.extend((next..).zip(rest.chunks(CHUNK_ROWS)).map(|(number, part)| (new_chunk(tenant, number, part), part)));
    chunks
}

fn new_chunk(tenant: &Tenant, number: i64, rows: &[LedgerEntry]) -> OccurrenceLedger {
    let labels = [(LABEL_MANAGED_BY.to_owned(), MANAGED_BY.to_owned())].into_iter().collect();
    let metadata = ObjectMeta {
        name: Some(format!("occurrences-{number}")),
        namespace: Some(tenant.namespace.clone()),
        labels: Some(labels),
        ..ObjectMeta::default()
    };
    OccurrenceLedger { metadata, spec: OccurrenceLedgerData { entries: rows.to_vec() } }
}

/// Stores a chunk with `part` at its end. After a conflict the rows may be there already: then that is it.
async fn store(context: &Context, tenant: &Tenant, chunk: OccurrenceLedger, part: &[LedgerEntry]) -> Result<(), RunnerError> {
    let mut chunk = chunk;
    loop {
        let conflict = if chunk.metadata.resource_version.is_none() {
            match context.cluster.create(&chunk).await? {
                Created::New(_) => return Ok(()),
                Created::Exists => true,
            }
        } else {
            match context.cluster.replace(&chunk).await? {
                Replaced::Done(_) => return Ok(()),
                Replaced::Conflict => true,
                Replaced::Gone => false,
            }
        };
        let found: Option<OccurrenceLedger> = context.cluster.find(&chunk.name_any()).await?;
        let Some(mut found) = found.filter(|_| conflict) else {
            return Err(RunnerError::Overtaken(format!("chunk {:?} of the ledger is gone", chunk.name_any())));
        };
        if found.spec.entries.iter().any(|row| row.epoch > tenant.epoch) {
            return Err(RunnerError::Overtaken("a newer evaluation writes the ledger".to_owned()));
        }
        let mut there: BTreeMap<&str, Vec<&LedgerEntry>> = BTreeMap::new();
        for row in &found.spec.entries {
            there.entry(&row.key).or_default().push(row);
        }
        if part.iter().all(|row| there.get(row.key.as_str()).is_some_and(|rows| rows.contains(&row))) {
            return Ok(());
        }
        if found.spec.entries.len() + part.len() > CHUNK_ROWS {
            // A process of an older, abandoned epoch wrote in between. The next evaluation finds the room.
            return Err(RunnerError::Overtaken("an older evaluation filled the last chunk of the ledger".to_owned()));
        }
        found.spec.entries.extend(part.iter().cloned());
        chunk = found;
    }
}

/// Stores a bucket. Rows of a newer epoch in it end the evaluation; rows that a zombie wrote are put back.
async fn put_bucket(context: &Context, tenant: &Tenant, bucket: &DirectorySnapshot) -> Result<(), RunnerError> {
    let mut bucket = bucket.clone();
    loop {
        let outcome = if bucket.metadata.resource_version.is_none() {
            match context.cluster.create(&bucket).await? {
                Created::New(_) => return Ok(()),
                Created::Exists => Replaced::Conflict,
            }
        } else {
            context.cluster.replace(&bucket).await?
        };
        match outcome {
            Replaced::Done(_) => return Ok(()),
            Replaced::Conflict | Replaced::Gone => {}
        }
        let found: Option<DirectorySnapshot> = context.cluster.find(&bucket.name_any()).await?;
        if found.as_ref().is_some_and(|found| found.spec.rows.iter().any(|row| row.current.epoch > tenant.epoch)) {
            return Err(RunnerError::Overtaken("a newer evaluation writes the snapshot".to_owned()));
        }
        bucket.metadata.resource_version = found.and_then(|found| found.metadata.resource_version);
    }
}
