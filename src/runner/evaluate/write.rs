//! Writing the draft: Runs, then slices, rows and snapshot buckets beside each other. All of it carries the epoch, and counts
//! for nothing before the commit.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::BoxFuture;
use futures::stream::{self, StreamExt, TryStreamExt};
use kube::ResourceExt;
use kube::api::ObjectMeta;

use crate::api::meta::{ANNOTATION_WRITER, LABEL_MANAGED_BY, MANAGED_BY};
use crate::api::{DirectorySnapshot, EntryState, LedgerEntry, OccurrenceLedger, OccurrenceLedgerData, Run, RunSlice};
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
    check(tenant, draft)?;
    for run in &draft.runs {
        create_own::<Run>(context, run, |found, own| found.spec == own.spec).await?;
    }
    let create = |slice| Box::pin(create_own::<RunSlice>(context, slice, |found, own| found.spec == own.spec)) as Write<'_>;
    let slices = draft.slices.iter().map(create);
    let rows = appended(tenant, &draft.rows).into_iter().map(|(chunk, part)| Box::pin(store(context, tenant, chunk, part)) as Write<'_>);
    let buckets = draft.buckets.iter().map(|bucket| Box::pin(put_bucket(context, tenant, bucket)) as Write<'_>);
    together(slices.chain(rows).chain(buckets)).await?;
    for (run, plan) in &draft.plans {
        let mut status = serde_json::json!({ "plan": plan, "scheduledDateTime": tenant.as_of });
        if let Some(attempt) = draft.attempts.get(run) {
            status["attempt"] = serde_json::json!(attempt);
        }
        context.cluster.patch_status::<Run>(run, &status).await?;
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

/// Notes in everything that is to be made who makes it.
pub(super) fn sign(draft: &mut Draft, holder: &str) {
    let runs = draft.runs.iter_mut().map(|run| &mut run.metadata);
    for metadata in runs.chain(draft.slices.iter_mut().map(|slice| &mut slice.metadata)) {
        metadata.annotations.get_or_insert_default().insert(ANNOTATION_WRITER.to_owned(), holder.to_owned());
    }
}

/// Creates an object whose name has our epoch. If it exists, an earlier try of this very request made it: it has our content and
/// is signed by this process. A name proves nothing, and a label neither.
async fn create_own<K: Kind>(context: &Context, object: &K, has_same: fn(&K, &K) -> bool) -> Result<(), RunnerError> {
    match context.cluster.create(object).await? {
        Created::New(_) => Ok(()),
        Created::Exists => {
            let found: Option<K> = context.cluster.find(&object.name_any()).await?;
            let is_own = found.is_some_and(|found| has_same_marks(&found, object) && has_same(&found, object));
            if is_own { Ok(()) } else { Err(taken(&K::kind(&()), &object.name_any())) }
        }
    }
}

/// Whether both carry what the programs write on what they make.
fn has_same_marks<K: Kind>(found: &K, object: &K) -> bool {
    let writer = |object: &K| object.annotations().get(ANNOTATION_WRITER).cloned();
    found.labels() == object.labels() && writer(found) == writer(object)
}

fn taken(kind: &str, name: &str) -> RunnerError {
    RunnerError::Invalid(format!("{kind} {name:?} exists and is not of this evaluation"))
}

/// What must hold of a draft before anything of it is written: nothing has a name of what it makes, and every row that is
/// planned has its result in the slice that it names. What a later error would leave out of the plan would be consumed and
/// done by nobody.
fn check(tenant: &Tenant, draft: &Draft) -> Result<(), RunnerError> {
    let there: BTreeSet<&str> = tenant.runs.iter().filter_map(|run| run.metadata.name.as_deref()).collect();
    if let Some(run) = draft.runs.iter().filter_map(|run| run.metadata.name.as_deref()).find(|name| there.contains(name)) {
        return Err(taken("Run", run));
    }
    let mut planned: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for slice in &draft.slices {
        let name = slice.metadata.name.as_deref().unwrap_or_default();
        let keys = slice.spec.results.iter().flat_map(|result| std::iter::once(&result.occurrence).chain(&result.also));
        if tenant.slices.contains_key(name) || planned.insert(name, keys.map(String::as_str).collect()).is_some() {
            return Err(taken("RunSlice", name));
        }
    }
    let has_result = |row: &LedgerEntry, slice: &str| match planned.get(slice) {
        Some(keys) => keys.contains(row.key.as_str()),
        None => tenant.result(Some(slice), &row.key).is_some(),
    };
    let lacks = |row: &&LedgerEntry| row.state == EntryState::Planned && row.slice.as_deref().is_some_and(|slice| !has_result(row, slice));
    match draft.rows.iter().find(lacks) {
        Some(row) => Err(RunnerError::Invalid(format!("row {} is planned, and {:?} has no result for it", row.key, row.slice))),
        None => Ok(()),
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
        if found.labels().get(LABEL_MANAGED_BY) != chunk.labels().get(LABEL_MANAGED_BY) {
            return Err(taken("OccurrenceLedger", &chunk.name_any()));
        }
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
