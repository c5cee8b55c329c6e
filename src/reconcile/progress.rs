//! How far a Run is, and where it comes from.

use kube::ResourceExt as _;

use crate::api::Run;
use crate::api::conditions::{self, COMPLETE};
use crate::api::meta::LABEL_EPOCH;

/// Whether a Run has come to its end.
pub(super) fn is_complete(run: &Run) -> bool {
    run.status.as_ref().is_some_and(|status| conditions::is_true(&status.conditions, COMPLETE))
}

/// Whether only an evaluation can have made, or planned, this Run.
pub(super) fn was_planned(run: &Run) -> bool {
    epoch_label(run).is_some() || run.status.as_ref().is_some_and(|status| status.plan.is_some())
}

/// The epoch of a Run that an evaluation made.
pub(super) fn epoch_label(run: &Run) -> Option<i64> {
    run.labels().get(LABEL_EPOCH)?.parse().ok()
}
