//! What one controller process remembers of a tenant. Losing it costs work and spacing, never a decision.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use k8s_openapi::api::core::v1::ResourceRequirements;

use super::ceilings::Ceilings;
use super::ending::Ending;
use crate::api::TenantLedger;
use crate::domain::job;
use crate::domain::timing::Timing;

use super::places::{EVALUATIONS, Places};

/// Jobs of which it is remembered that they were counted: more do not last.
const COUNTED: usize = 64;

/// What one controller process remembers of one tenant.
#[derive(Clone, Debug)]
pub struct Memory {
    /// Image of the Jobs.
    pub image: String,
    /// What the containers of the Jobs ask for, and may take.
    pub resources: Option<ResourceRequirements>,
    /// How many Jobs execute Runs at the same time.
    pub ceilings: Ceilings,
    /// How long it waits for what.
    pub timing: Timing,
    /// Seconds that our clock is ahead of the API server's, if that is too far to say who is due.
    pub clock_skew: Option<i64>,
    /// Shared by all tenants of a process.
    pub(super) places: Places,
    pub(super) evaluations: Evaluations,
    /// Since when the Job of a Run's newest attempt is not there.
    pub(super) missing_since: BTreeMap<String, DateTime<Utc>>,
    /// The Job that was created last for a Run, until a watch shows it.
    pub(super) launched: BTreeMap<String, String>,
    /// What the last pass over a Workflow that changed nothing had seen.
    pub(super) settled: BTreeMap<String, String>,
}

impl Default for Memory {
    fn default() -> Self {
        Self {
            image: job::IMAGE.to_owned(),
            resources: None,
            ceilings: Ceilings::default(),
            timing: Timing::PRODUCTION,
            clock_skew: None,
            places: Places::new(EVALUATIONS),
            evaluations: Evaluations::default(),
            missing_since: BTreeMap::new(),
            launched: BTreeMap::new(),
            settled: BTreeMap::new(),
        }
    }
}

impl Memory {
    /// So many tenants are evaluated at the same time: of those whose memories are clones of this one.
    #[must_use]
    pub fn with_evaluations(self, most: usize) -> Self {
        Self { places: Places::new(most), ..self }
    }
}

/// Evaluations that this process started, and what they have dealt with.
#[derive(Clone, Debug, Default)]
pub(super) struct Evaluations {
    /// The last one that was started.
    pub started: Option<Started>,
    /// How many changes of Users sealed evaluations have seen; none at first, so that every tenant counts as changed.
    pub covered_changes: Option<u64>,
    /// The value of the annotation that a sealed evaluation has answered.
    pub answered: Option<String>,
    /// Runs that waited for a plan when a sealed evaluation started.
    pub asked: BTreeSet<WaitingRun>,
    /// Evaluations in a row that were seen to fail.
    pub failures: u32,
    /// Since when a Workflow waits for its pass.
    pub unsettled_since: Option<DateTime<Utc>>,
    /// UIDs of the Jobs that were last counted as failed, the newest last.
    counted: Vec<String>,
    /// The epoch that was sealed when the last of them was counted.
    failed_at: i64,
    /// How the last evaluation ended that failed, as far as it was seen.
    pub ending: Option<Ending>,
    /// How many Jobs of evaluations in a row could not be made, and why the last one could not.
    pub unmade: (u32, String),
    /// What the last evaluation ended with that refused to evaluate, until one is sealed.
    pub refused: Option<i32>,
    /// The next evaluation's Job, if another Job has its name.
    pub taken: Option<String>,
    /// The epoch that was sealed when it refused.
    refused_at: i64,
}

/// A Run that waits for a plan.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct WaitingRun {
    pub name: String,
    pub uid: String,
    /// Its workflow is there and Ready, or disabled: an evaluation plans the Run, or ends it.
    pub has_workflow: bool,
}

/// An evaluation that this process started, and what it will have dealt with once it is sealed.
#[derive(Clone, Debug)]
pub(super) struct Started {
    pub at: DateTime<Utc>,
    pub number: i64,
    /// UID of the head that its number was counted from; None: there was none.
    pub head: Option<String>,
    pub runs_only: bool,
    pub changes: u64,
    pub evaluate_now: Option<String>,
    pub runs: BTreeSet<WaitingRun>,
}

impl Started {
    /// Whether the head says that it is done: an epoch of its number or a later one is sealed. One that was put back meanwhile
    /// has epochs of its own, and knows nothing of this evaluation.
    fn is_done(&self, head: &TenantLedger) -> bool {
        let is_same = match &self.head {
            Some(uid) => head.metadata.uid.as_ref() == Some(uid),
            // The evaluation itself made the head, and no other has been here since.
            None => head.spec.own_uid.is_none(),
        };
        is_same && self.number <= head.spec.sealed_epoch
    }
}

impl Evaluations {
    /// Takes note of what is sealed: the evaluation that was started last may be done.
    pub fn note_sealed(&mut self, head: &TenantLedger) {
        if let Some(started) = self.started.as_ref().filter(|started| started.is_done(head)) {
            self.asked.clone_from(&started.runs);
            (self.failures, self.ending) = (0, None);
            if !started.runs_only {
                self.covered_changes = self.covered_changes.max(Some(started.changes));
                self.answered.clone_from(&started.evaluate_now);
            }
        }
    }

    /// Takes note of the exit code of an evaluation that refused, and forgets it once a later one was sealed.
    pub fn note_refused(&mut self, refusal: Option<i32>, sealed_epoch: i64) {
        if refusal.is_some() {
            self.refused = refusal;
            self.refused_at = sealed_epoch;
        } else if sealed_epoch > self.refused_at {
            self.refused = None;
        }
    }

    /// Takes note of the epoch that is sealed, whoever started its evaluation.
    pub fn note_epoch(&mut self, sealed_epoch: i64) {
        if sealed_epoch > self.failed_at {
            (self.failures, self.ending) = (0, None);
        }
    }

    /// Takes note that a Job ended whose epoch is not sealed. Several such Jobs may be there at the same time, and each is counted
    /// once.
    pub fn note_failed(&mut self, uid: &str, sealed_epoch: i64) {
        if !self.counted.iter().any(|counted| counted == uid) {
            self.counted.push(uid.to_owned());
            let older = self.counted.len().saturating_sub(COUNTED);
            self.counted.drain(..older);
            self.failed_at = sealed_epoch;
            self.failures = self.failures.saturating_add(1);
            // It found no head, and made none that lasts: what is there later was put back, and has dealt with nothing of this.
            if self.started.as_ref().is_some_and(|started| started.head.is_none()) {
                self.started = None;
            }
        }
    }
}
