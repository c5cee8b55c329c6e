//! Quiet times: until when nothing can happen, and what evaluations in between would have written.

use chrono::{DateTime, Utc};

use crate::api::tenant_ledger::TenantLedgerData;

use super::draft::Draft;
use super::tenant::Tenant;

/// Until when an evaluation would find nothing, if no object changes; None: cannot be told.
pub(super) fn quiet_until(tenant: &Tenant, draft: &Draft, expiry: Option<DateTime<Utc>>) -> Option<DateTime<Utc>> {
    // Whatever was planned or released now makes the next evaluation look again.
    if tenant.runs_only
        || draft.restless
        || !draft.rows.is_empty()
        || tenant.usable.len() != tenant.workflows.values().filter(|workflow| workflow.spec.is_enabled).count()
    {
        return None;
    }
    Some([draft.next, expiry].into_iter().flatten().min().unwrap_or(DateTime::<Utc>::MAX_UTC))
}

/// Writes into the head what quiet evaluations, one at each instant, would have written: each would have taken an
/// epoch, found nothing and sealed it. Only simulation leaves evaluations out.
pub fn fold_quiet(data: &mut TenantLedgerData, as_ofs: &[DateTime<Utc>]) {
    let Some(last) = as_ofs.last() else { return };

    let count = i64::try_from(as_ofs.len()).unwrap_or(i64::MAX);
    let before = data.as_of;
    data.epoch += count;
    data.sealed_epoch = data.epoch;
    data.as_of = Some(*last);
    data.allocated_as_of = Some(*last);
    // Virtual time stands still while one works.
    data.evaluation_milliseconds = Some(0);
    for workflow in data.workflows.iter_mut().filter(|workflow| workflow.last_sealed_at == before) {
        workflow.last_sealed_at = Some(*last);
    }
}
