//! The head: allocating an epoch and committing it (design 3.1 rules 1 and 2).
//!
//! Guarantee: an epoch belongs to one process, and only the process that owns the newest epoch can commit. A process
//! that comes back from the dead finds another epoch in the head and stops.

use std::time::Duration;

use chrono::{DateTime, Utc};
use kube::api::ObjectMeta;

use crate::api::meta::DEFAULT_NAME;
use crate::api::tenant_ledger::{EpochRange, TenantLedgerData};
use crate::api::{Account, DirectorySnapshot, OccurrenceLedger, RunSlice, TenantLedger};
use crate::cluster::client::Selector;
use crate::cluster::{Cluster, Created, Replaced};
use crate::domain::identity;
use crate::domain::keys::Keyring;
use crate::runner::{Context, RunnerError, keyring};

use super::draft::Draft;
use super::tenant::Tenant;

/// The head as this process last wrote it.
#[derive(Clone)]
pub(super) struct Head {
    pub object: TenantLedger,
    /// The key under which everything of the tenant is written.
    pub keys: Keyring,
    as_of: DateTime<Utc>,
    /// The process's clock at the same instant: it tells how long the evaluation takes.
    began: Duration,
}

impl Head {
    pub fn epoch(&self) -> i64 {
        self.object.spec.epoch
    }

    pub fn as_of(&self) -> DateTime<Utc> {
        self.as_of
    }

    pub fn data(&self) -> &TenantLedgerData {
        &self.object.spec
    }
}

/// Gives up every epoch that is not sealed, and takes the next.
pub(super) fn next(data: &mut TenantLedgerData, as_of: DateTime<Utc>) {
    if data.epoch > data.sealed_epoch {
        let from = data.sealed_epoch + 1;
        let last = data.abandoned.last().map_or(0, |range| range.to);
        match data.abandoned.last_mut() {
            Some(range) if range.to + 1 >= from => range.to = data.epoch,
            _ => data.abandoned.push(EpochRange { from: from.max(last + 1), to: data.epoch }),
        }
    }
    data.epoch += 1;
    data.allocated_as_of = Some(as_of);
}

async fn has_history(cluster: &Cluster) -> Result<bool, RunnerError> {
    Ok(!cluster.list::<RunSlice>(&Selector::all()).await?.is_empty()
        || !cluster.list::<OccurrenceLedger>(&Selector::all()).await?.is_empty()
        || !cluster.list::<DirectorySnapshot>(&Selector::all()).await?.is_empty()
        // Only evaluations make them, after the head: in a restore they have come first.
        || !cluster.list::<Account>(&Selector::all()).await?.is_empty())
}

/// A head that was restored, or never written by a second evaluation: rows of an epoch above it mean that the backup was
/// torn. This is looked for before an epoch is allocated, or else a few tries would climb up to those rows and seal them.
async fn check_restore(cluster: &Cluster, data: &TenantLedgerData) -> Result<(), RunnerError> {
    let slices = cluster.list::<RunSlice>(&Selector::all()).await?.into_iter().map(|slice| slice.spec.epoch).max();
    let chunks: Vec<OccurrenceLedger> = cluster.list(&Selector::all()).await?;
    let rows = chunks.iter().flat_map(|chunk| chunk.spec.entries.iter().map(|row| row.epoch)).max();
    let buckets: Vec<DirectorySnapshot> = cluster.list(&Selector::all()).await?;
    let sightings = buckets.iter().flat_map(|bucket| bucket.spec.rows.iter().map(|row| row.current.epoch)).max();
    match [slices, rows, sightings].into_iter().flatten().max() {
        Some(row) if row > data.epoch => Err(RunnerError::TornRestore { row, head: data.epoch }),
        _ => Ok(()),
    }
}

/// The first act of an evaluation: the PUT that makes an epoch its own.
///
/// A lost answer costs an epoch: the next try finds the head changed and takes the one after. That is harmless, and it
/// is simpler than telling one's own write from another's.
pub(super) async fn allocate(context: &Context) -> Result<Head, RunnerError> {
    let cluster = &context.cluster;
    loop {
        let (as_of, began) = (cluster.clock().now(), cluster.clock().elapsed());
        let Some(mut object) = cluster.find::<TenantLedger>(DEFAULT_NAME).await? else {
            if has_history(cluster).await? {
                return Err(RunnerError::HeadMissing);
            }
            let (keys, fingerprint) = keyring::first(context).await?;
            let key_fingerprint = Some(fingerprint);
            let mut data = TenantLedgerData { key_fingerprint, key_version: identity::VERSION, ..TenantLedgerData::default() };
            next(&mut data, as_of);
            let metadata = ObjectMeta {
                name: Some(DEFAULT_NAME.to_owned()),
                namespace: Some(cluster.namespace().to_owned()),
                ..ObjectMeta::default()
            };
            match cluster.create(&TenantLedger { metadata, spec: data }).await? {
                Created::New(object) => return Ok(Head { object: *object, keys, as_of, began }),
                Created::Exists => continue,
            }
        };
        let keys = keyring::keyring(cluster, &object.spec).await?;
        keyring::move_out(context, &mut object.spec).await?;
        if let Some(sealed) = object.spec.as_of.filter(|sealed| *sealed > as_of) {
            return Err(RunnerError::ClockBehind { seconds: (sealed - as_of).num_seconds() });
        }
        if object.spec.own_uid != object.metadata.uid {
            check_restore(cluster, &object.spec).await?;
            object.spec.own_uid.clone_from(&object.metadata.uid);
        }
        next(&mut object.spec, as_of);
        match cluster.replace(&object).await? {
            Replaced::Done(object) => return Ok(Head { object: *object, keys, as_of, began }),
            Replaced::Conflict | Replaced::Gone => {}
        }
    }
}

/// The commit: one PUT of the head. On a conflict it goes on only if the epoch is still its own.
pub(super) async fn commit(context: &Context, head: Head, tenant: &Tenant, draft: &Draft) -> Result<TenantLedgerData, RunnerError> {
    let epoch = head.epoch();
    let Head { mut object, began, .. } = head;
    loop {
        let data = &mut object.spec;
        data.sealed_epoch = epoch;
        if !tenant.runs_only {
            data.as_of = Some(tenant.as_of);
            let took = context.cluster.clock().elapsed().saturating_sub(began);
            data.evaluation_milliseconds = Some(i64::try_from(took.as_millis()).unwrap_or(i64::MAX));
            data.directories.clone_from(&draft.directories);
            data.look_again_at = draft.look_again_at;
            data.open_runs = Some(draft.open_runs.clone());
            data.next_leaver_at = draft.next_leaver;
            data.users = tenant.users;
        }
        data.workflows.clone_from(&draft.workflows);
        match context.cluster.replace(&object).await? {
            Replaced::Done(object) => return Ok(object.spec),
            Replaced::Gone => return Err(RunnerError::HeadMissing),
            Replaced::Conflict => {}
        }
        object = context.cluster.find::<TenantLedger>(DEFAULT_NAME).await?.ok_or(RunnerError::HeadMissing)?;
        if object.spec.epoch != epoch {
            return Err(RunnerError::Overtaken(format!("epoch {epoch} was abandoned for epoch {}", object.spec.epoch)));
        }
        if object.spec.sealed_epoch == epoch {
            return Ok(object.spec);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unsealed_epochs_are_given_up_once() {
        let mut data = TenantLedgerData::default();
        next(&mut data, DateTime::UNIX_EPOCH);
        assert_eq!((data.epoch, data.abandoned.len()), (1, 0));
        next(&mut data, DateTime::UNIX_EPOCH);
        next(&mut data, DateTime::UNIX_EPOCH);
        assert_eq!(data.epoch, 3);
        assert_eq!(data.abandoned, [EpochRange { from: 1, to: 2 }]);
        data.sealed_epoch = 3;
        next(&mut data, DateTime::UNIX_EPOCH);
        assert_eq!(data.abandoned, [EpochRange { from: 1, to: 2 }], "a sealed epoch is not given up");
        next(&mut data, DateTime::UNIX_EPOCH);
        assert_eq!(data.abandoned, [EpochRange { from: 1, to: 2 }, EpochRange { from: 4, to: 4 }]);
    }
}
