//! The tenant's key: made once, before the head, which keeps its fingerprint; read by runners only (design 3.1 rule 1).

use kube::api::ObjectMeta;

use super::{Context, RunnerError};
use crate::api::meta::DEFAULT_NAME;
use crate::api::tenant_key::{TenantKey, TenantKeyData};
use crate::api::tenant_ledger::TenantLedgerData;
use crate::cluster::{Cluster, ClusterError, Created};
use crate::domain::hex::encode;
use crate::domain::keys::{self, Keyring};

/// The key under which everything of the head is written. The right to read it elsewhere comes with the chart of the tenant, which may
/// be upgraded after the operator: until then a head of an earlier release has it itself.
pub(super) async fn keyring(cluster: &Cluster, head: &TenantLedgerData) -> Result<Keyring, RunnerError> {
    let stored = match cluster.find::<TenantKey>(DEFAULT_NAME).await {
        Err(error) if head.key.is_some() && is_forbidden(&error) => None,
        answer => answer?,
    };
    Ok(Keyring::of(head, stored.as_ref().map(|stored| stored.spec.key.as_str()))?)
}

/// The key of a tenant without a head, and its fingerprint for the head. One that is there already is of an evaluation that
/// ended before it made the head; nothing is written under it yet.
pub(super) async fn first(context: &Context) -> Result<(Keyring, String), RunnerError> {
    let key = stored(context, None).await?;
    Ok((Keyring::from_hex(&key)?, keys::fingerprint(&key)))
}

/// Moves the key that an earlier release wrote into the head to where it belongs. Without the right to it stays where it is.
pub(super) async fn move_out(context: &Context, head: &mut TenantLedgerData) -> Result<(), RunnerError> {
    let Some(own) = head.key.clone() else { return Ok(()) };
    let stored = match stored(context, Some(&own)).await {
        Err(RunnerError::Cluster(error)) if is_forbidden(&error) => {
            tracing::warn!("the key stays in the TenantLedger until the chart tenure-tenant of this namespace is upgraded: {error}");
            return Ok(());
        }
        answer => answer?,
    };
    Keyring::of(head, Some(&stored))?;
    head.key = None;
    head.key_fingerprint = Some(keys::fingerprint(&own));
    Ok(())
}

const fn is_forbidden(error: &ClusterError) -> bool {
    matches!(error, ClusterError::Refused { code: 403, .. })
}

/// The key that is stored; if there is none, this one, or a new one.
async fn stored(context: &Context, known: Option<&str>) -> Result<String, RunnerError> {
    let cluster = &context.cluster;
    loop {
        if let Some(found) = cluster.find::<TenantKey>(DEFAULT_NAME).await? {
            return Ok(found.spec.key);
        }
        let metadata =
            ObjectMeta { name: Some(DEFAULT_NAME.to_owned()), namespace: Some(cluster.namespace().to_owned()), ..ObjectMeta::default() };
        let key = known.map_or_else(|| encode(&(context.random)()), str::to_owned);
        if let Created::New(made) = cluster.create(&TenantKey { metadata, spec: TenantKeyData { key } }).await? {
            return Ok(made.spec.key);
        }
    }
}
