//! From what the controller tells to its metrics.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::cluster::guard::Guard;
use crate::cluster::lease::Leadership;
use crate::cluster::{Clock, SystemClock};
use crate::reconcile::supervise::witness::{Evaluated, JobEnd, RunEnd, TenantFacts, Witness};
use crate::reconcile::{Key, ReconcileError};
use crate::server::Metrics;
use crate::server::metrics::{Labels, set};

/// Counts what it is told, and keeps what each tenant was last like.
pub(super) struct Counting {
    metrics: Arc<Metrics>,
    tenants: Mutex<BTreeMap<String, TenantFacts>>,
}

impl Counting {
    pub(super) fn new(metrics: Arc<Metrics>) -> Self {
        Self { metrics, tenants: Mutex::default() }
    }

    fn tenants(&self) -> MutexGuard<'_, BTreeMap<String, TenantFacts>> {
        self.tenants.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Brings the gauges up to date.
    pub(super) fn refresh(&self, standing: &Leadership, guard: &Guard) {
        self.metrics.set_leader(standing.leads());
        self.metrics.skew.set(guard.skew_seconds());
        self.metrics.count_requests(&guard.traffic());
        self.metrics.clear_tenants();
        let now = SystemClock.now();
        for (namespace, facts) in self.tenants().iter().filter(|_| standing.leads()) {
            self.gauges(namespace, facts, now);
        }
    }

    fn gauges(&self, namespace: &str, facts: &TenantFacts, now: DateTime<Utc>) {
        let metrics = &self.metrics;
        let own = [("namespace", namespace)];
        let since = |instant: DateTime<Utc>| (now - instant).as_seconds_f64().max(0.0);
        if let Some(as_of) = facts.as_of {
            set(&metrics.evaluation_age, own, since(as_of));
        }
        if let Some(tick) = facts.next_tick {
            set(&metrics.evaluation_overdue, own, since(tick));
        }
        set(&metrics.workflows, own, count(facts.workflows));
        for ((category, reason), workflows) in &facts.not_ready {
            let labels = [("namespace", namespace), ("category", *category), ("reason", *reason)];
            set(&metrics.workflows_not_ready, labels, count(*workflows));
        }
        set(&metrics.runs_open, own, count(facts.open_runs));
        set(&metrics.runs_held, own, count(facts.held_runs));
        if let Some(reason) = &facts.stalled {
            set(&metrics.stalled, [("namespace", namespace), ("reason", reason)], 1.0);
        }
        for (kind, objects) in &facts.broken {
            set(&metrics.broken, [("namespace", namespace), ("kind", kind)], count(*objects));
        }
        for (directory, attribute, values) in &facts.unreadable {
            let labels = [("namespace", namespace), ("directory", directory), ("attribute", attribute)];
            set(&metrics.unreadable, labels, count(usize::try_from(*values).unwrap_or(0)));
        }
        for (directory, reason, people) in &facts.conflicts {
            let labels = [("namespace", namespace), ("directory", directory), ("reason", reason.as_str())];
            set(&metrics.conflicts, labels, count(usize::try_from(*people).unwrap_or(0)));
        }
        for (directory, reason, people) in &facts.concerns {
            let labels = [("namespace", namespace), ("directory", directory), ("reason", reason)];
            set(&metrics.concerns, labels, count(usize::try_from(*people).unwrap_or(0)));
        }
    }
}

/// A count as a gauge has it.
fn count(number: usize) -> f64 {
    u32::try_from(number).map_or(f64::INFINITY, f64::from)
}

fn kind(key: &Key) -> &'static str {
    match key {
        Key::Directory(_) => "Directory",
        Key::Workflow(_) => "Workflow",
        Key::Run(_) => "Run",
        Key::TenantSchedule => "TenantSchedule",
    }
}

impl Witness for Counting {
    fn passed(&self, namespace: &str, key: &Key, error: Option<&ReconcileError>, took: Duration) {
        self.metrics.pass_time.get_or_create(&Labels::new([("kind", kind(key))])).observe(took.as_secs_f64());
        if error.is_some() {
            self.metrics.errors.get_or_create(&Labels::new([("namespace", namespace), ("kind", kind(key))])).inc();
        }
    }

    fn tenant(&self, namespace: &str, facts: TenantFacts) {
        self.tenants().insert(namespace.to_owned(), facts);
    }

    fn forgotten(&self, namespace: &str) {
        self.tenants().remove(namespace);
    }

    fn run_ended(&self, namespace: &str, RunEnd { category, outcome, status }: RunEnd<'_>) {
        let of = |outcome: &str| Labels::new([("namespace", namespace), ("category", category), ("outcome", outcome)]);
        self.metrics.runs.get_or_create(&of(outcome)).inc();
        let counts = [
            ("succeeded", status.successful_users_count),
            ("failed", status.failed_users_count),
            ("canceled", status.canceled_users_count),
        ];
        for (outcome, subjects) in counts {
            self.metrics.subjects.get_or_create(&of(outcome)).inc_by(u64::try_from(subjects).unwrap_or(0));
        }
        let labels = Labels::new([("category", category)]);
        let due = status.plan.as_ref().and_then(|plan| plan.due_date_time);
        let (started, done) = (status.started_date_time, status.completed_date_time);
        for (histogram, from, to) in [
            (&self.metrics.first_effect, status.scheduled_date_time, started),
            (&self.metrics.run_time, status.scheduled_date_time, done),
            (&self.metrics.due_to_first_effect, due, started),
            (&self.metrics.due_to_done, due, done),
        ] {
            if let (Some(from), Some(to)) = (from, to) {
                histogram.get_or_create(&labels).observe((to - from).as_seconds_f64().max(0.0));
            }
        }
    }

    fn job_ended(&self, _: &str, end: JobEnd) {
        let kind = if end.is_evaluation { "evaluation" } else { "execution" };
        let outcome = if end.succeeded { "succeeded" } else { "failed" };
        self.metrics.job_time.get_or_create(&Labels::new([("kind", kind), ("outcome", outcome)])).observe(end.took.as_secs_f64());
    }

    fn evaluated(&self, namespace: &str, evaluated: Evaluated) {
        let labels = Labels::new([("namespace", namespace)]);
        self.metrics.planned.get_or_create(&labels).inc_by(evaluated.planned);
        self.metrics.missed.get_or_create(&labels).inc_by(evaluated.missed);
        self.metrics.without_result.get_or_create(&labels).inc_by(evaluated.without_result);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::reasons::Reason;

    #[test]
    fn what_a_tenant_is_like_is_told_by_name_and_label() {
        let counting = Counting::new(Arc::new(Metrics::new()));
        let facts = TenantFacts {
            not_ready: BTreeMap::from([(("leaver", "TooManyNames"), 2)]),
            unreadable: vec![("people".to_owned(), "employeeHireDate".to_owned(), 2)],
            conflicts: vec![("people".to_owned(), Reason::NameReused, 3)],
            concerns: vec![("people".to_owned(), "LeaveBeforeHire".to_owned(), 4)],
            ..TenantFacts::default()
        };
        counting.gauges("acme", &facts, SystemClock.now());
        let text = counting.metrics.text().unwrap();
        for line in [
            "tenure_workflows_not_ready{namespace=\"acme\",category=\"leaver\",reason=\"TooManyNames\"} 2.0",
            "tenure_directory_unreadable_values{namespace=\"acme\",directory=\"people\",attribute=\"employeeHireDate\"} 2.0",
            "tenure_directory_identity_conflicts{namespace=\"acme\",directory=\"people\",reason=\"NameReused\"} 3.0",
            "tenure_directory_date_concerns{namespace=\"acme\",directory=\"people\",reason=\"LeaveBeforeHire\"} 4.0",
        ] {
            assert!(text.contains(line), "{line} is not in\n{text}");
        }
        counting.metrics.clear_tenants();
        let text = counting.metrics.text().unwrap();
        assert!(!text.contains("namespace=\"acme\""), "what is gone is not said any more: {text}");
    }
}
