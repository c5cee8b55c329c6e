//! What one controller process remembers of a tenant. Losing it costs work and spacing, never a decision.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use crate::domain::job;
use crate::domain::timing::Timing;

/// What one controller process remembers of one tenant.
#[derive(Clone, Debug)]
pub struct Memory {
    /// Image of the Jobs.
    pub image: String,
    /// How long it waits for what.
    pub timing: Timing,
    /// Seconds that our clock is ahead of the API server's, if that is too far to say who is due.
    pub clock_skew: Option<i64>,
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
            timing: Timing::PRODUCTION,
            clock_skew: None,
            evaluations: Evaluations::default(),
            missing_since: BTreeMap::new(),
            launched: BTreeMap::new(),
            settled: BTreeMap::new(),
        }
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
    /// Runs, by name and UID, that waited for a plan when a sealed evaluation started.
    pub asked: BTreeSet<(String, String)>,
    /// Evaluations in a row that were seen to fail.
    pub failures: u32,
    /// Since when a Workflow waits for its pass.
    pub unsettled_since: Option<DateTime<Utc>>,
    /// UID of the Job that was last counted as failed.
    pub counted: Option<String>,
    /// What the last evaluation ended with that refused to evaluate, until one is sealed.
    pub refused: Option<i32>,
    /// The epoch that was sealed when it refused.
    refused_at: i64,
}

/// An evaluation that this process started, and what it will have dealt with once it is sealed.
#[derive(Clone, Debug)]
pub(super) struct Started {
    pub at: DateTime<Utc>,
    pub number: i64,
    pub runs_only: bool,
    pub changes: u64,
    pub evaluate_now: Option<String>,
    pub runs: BTreeSet<(String, String)>,
}

impl Evaluations {
    /// Takes note that an epoch was sealed: an evaluation that was started with that number or a lower one is done.
    pub fn note_sealed(&mut self, sealed_epoch: i64) {
        if let Some(started) = self.started.as_ref().filter(|started| started.number <= sealed_epoch) {
            self.asked.clone_from(&started.runs);
            self.failures = 0;
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

    /// Takes note that a Job ended whose epoch is not sealed.
    pub fn note_failed(&mut self, uid: &str) {
        if self.counted.as_deref() != Some(uid) {
            self.counted = Some(uid.to_owned());
            self.failures = self.failures.saturating_add(1);
        }
    }
}
