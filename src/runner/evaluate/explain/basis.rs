//! What the explanation of each workflow rests on.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use crate::domain::tick;
use crate::runner::evaluate::snapshot::Looks;
use crate::runner::evaluate::tenant::Tenant;

use super::person::Found;
use super::verdicts::Verdicts;

/// Everything that the explanation of one workflow looks at.
pub(super) struct Basis<'a> {
    /// By workflow.
    pub verdicts: BTreeMap<String, Verdicts>,
    pub looks: &'a Looks<'a>,
    /// The schedule's next evaluation.
    pub next: Option<DateTime<Utc>>,
    pub found: &'a Found,
    pub tenant: &'a Tenant,
    /// On whose clock instants are said.
    pub zone: Tz,
}

/// The first tick after an instant.
pub(super) fn tick_after(tenant: &Tenant, instant: DateTime<Utc>) -> Option<DateTime<Utc>> {
    tick::ticks(&tenant.namespace, &tenant.schedule.as_ref()?.spec).ok()?.next_after(instant)
}
