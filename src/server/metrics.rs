//! The metrics of the controller. Labels carry ids of tenants and objects, never of people.
//!
//! Counters begin at zero with each process, and only the process that leads counts, so that their sum over replicas
//! is right.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::sync::{Mutex, PoisonError};

use prometheus_client::encoding::{EncodeLabelSet, LabelSetEncoder};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

/// Bounds of times that a pass takes, in seconds.
const PASS_SECONDS: [f64; 9] = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 20.0];
/// From a due instant: a tick may come 24 h later, and a leaver is caught up with for 30 days.
const DUE_SECONDS: [f64; 11] =
    [1.0, 4.0, 15.0, 60.0, 300.0, 1_800.0, 3.0 * 3_600.0, 12.0 * 3_600.0, 86_400.0, 3.0 * 86_400.0, 30.0 * 86_400.0];
/// Bounds of times that people wait, in seconds: from a second to a day.
const WAIT_SECONDS: [f64; 12] = [1.0, 2.0, 4.0, 10.0, 30.0, 60.0, 180.0, 600.0, 1_800.0, 7_200.0, 21_600.0, 86_400.0];

/// Names and values of a metric's labels, in the order in which they are written.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Labels(Vec<(&'static str, String)>);

impl Labels {
    /// These labels.
    #[must_use]
    pub fn new<const N: usize>(labels: [(&'static str, &str); N]) -> Self {
        Self(labels.into_iter().map(|(name, value)| (name, value.to_owned())).collect())
    }
}

impl EncodeLabelSet for Labels {
    fn encode(&self, encoder: &mut LabelSetEncoder<'_>) -> fmt::Result {
        use prometheus_client::encoding::EncodeLabel as _;
        for (name, value) in &self.0 {
            (*name, value.as_str()).encode(encoder.encode_label())?;
        }
        Ok(())
    }
}

type Counters = Family<Labels, Counter>;
type Gauges = Family<Labels, Gauge<f64, std::sync::atomic::AtomicU64>>;
type Histograms = Family<Labels, Histogram, fn() -> Histogram>;

fn passes() -> Histogram {
    Histogram::new(PASS_SECONDS)
}

fn waits() -> Histogram {
    Histogram::new(WAIT_SECONDS)
}

fn dues() -> Histogram {
    Histogram::new(DUE_SECONDS)
}

/// A family of metrics by name.
macro_rules! families {
    ($($(#[$doc:meta])* $field:ident: $type:ty = $new:expr, $name:literal, $help:literal;)+) => {
        /// What is counted and measured.
        pub struct Metrics {
            registry: Registry,
            /// The requests that were counted up to the last time, to add only the rest.
            counted: Mutex<BTreeMap<(String, u16), u64>>,
            $($(#[$doc])* pub $field: $type,)+
        }

        impl Metrics {
            /// Everything at zero.
            #[must_use]
            pub fn new() -> Self {
                let mut registry = Registry::with_prefix("tenure");
                $(let $field: $type = $new; registry.register($name, $help, $field.clone());)+
                Self { registry, counted: Mutex::default(), $($field,)+ }
            }
        }
    };
}

families! {
    /// Dead man's switch, by namespace.
    evaluation_age: Gauges = Gauges::default(), "evaluation_age_seconds", "Time since the instant as of which the tenant was last evaluated";
    /// By namespace.
    evaluation_overdue: Gauges = Gauges::default(), "evaluation_overdue_seconds", "Time since an evaluation was due by the schedule and has not been sealed; 0 if none is";
    /// By namespace and reason.
    stalled: Gauges = Gauges::default(), "tenant_stalled", "1 for a tenant that stands still, by the reason of its condition";
    /// By namespace.
    workflows: Gauges = Gauges::default(), "workflows", "Workflows of the tenant";
    /// By namespace, category and reason.
    workflows_not_ready: Gauges = Gauges::default(), "workflows_not_ready", "Workflows that are enabled and scheduled and cannot do their work, by the reason of their condition Ready";
    /// By namespace.
    runs_open: Gauges = Gauges::default(), "runs_open", "Runs that are not complete";
    /// By namespace.
    runs_held: Gauges = Gauges::default(), "runs_held", "Runs that wait for a person";
    /// By namespace and kind.
    broken: Gauges = Gauges::default(), "unreadable_objects", "Objects that the controller cannot read: they are not what this release knows of their kind";
    /// By namespace, directory and attribute.
    unreadable: Gauges = Gauges::default(), "directory_unreadable_values", "Values of a directory that the last evaluation could not read";
    /// By namespace, directory and reason.
    conflicts: Gauges = Gauges::default(), "directory_identity_conflicts", "People whose name was another person's, or who share a correlation value";
    /// By namespace, directory and reason.
    concerns: Gauges = Gauges::default(), "directory_date_concerns", "People whose dates are read as they are and hardly meant";
    /// By namespace, category and outcome.
    runs: Counters = Counters::default(), "runs", "Runs that came to their end";
    /// By namespace, category and outcome.
    subjects: Counters = Counters::default(), "subjects", "Subjects of Runs that came to their end";
    /// By namespace.
    planned: Counters = Counters::default(), "occurrences_planned", "Occurrences that evaluations planned";
    /// By namespace.
    missed: Counters = Counters::default(), "occurrences_missed", "Occurrences that evaluations found too late to plan";
    /// By namespace.
    without_result: Counters = Counters::default(), "occurrences_without_result", "Occurrences that evaluations found planned, without a result and not on the way to one";
    /// By category.
    first_effect: Histograms = Histograms::new_with_constructor(waits), "run_plan_to_start_seconds", "Time from the evaluation that planned a Run to the start of its first subject";
    /// By category.
    run_time: Histograms = Histograms::new_with_constructor(waits), "run_plan_to_end_seconds", "Time from the evaluation that planned a Run to the end of its last subject";
    /// By category.
    due_to_first_effect: Histograms = Histograms::new_with_constructor(dues), "run_due_to_first_effect_seconds", "Time from the earliest due instant of a Run's subjects to the start of its first subject";
    /// By category.
    due_to_done: Histograms = Histograms::new_with_constructor(dues), "run_due_to_done_seconds", "Time from the earliest due instant of a Run's subjects to the end of its last subject";
    /// By kind and outcome.
    job_time: Histograms = Histograms::new_with_constructor(waits), "job_duration_seconds", "Time from the creation of a Job to its end";
    /// By kind.
    pass_time: Histograms = Histograms::new_with_constructor(passes), "reconcile_duration_seconds", "Time that a pass over an object takes";
    /// By namespace and kind.
    errors: Counters = Counters::default(), "reconcile_errors", "Passes over an object that failed";
    /// By method and code.
    requests: Counters = Counters::default(), "api_requests", "Requests to the API server; code 0 for those without an answer";
    /// No labels.
    skew: Gauge = Gauge::default(), "clock_skew_seconds", "How far the clock is ahead of the API server's";
    /// No labels.
    leader: Gauge = Gauge::default(), "leader", "1 if this process leads";
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// Everything in the text format of `OpenMetrics`.
    ///
    /// # Errors
    /// When a metric cannot be written.
    pub fn text(&self) -> Result<String, fmt::Error> {
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &self.registry)?;
        text.write_str("")?;
        Ok(text)
    }

    /// Whether this process leads.
    pub fn set_leader(&self, leads: bool) {
        self.leader.set(i64::from(leads));
    }

    /// Counts the requests that came since the last time; `traffic` has all since the start.
    pub fn count_requests(&self, traffic: &BTreeMap<(String, u16), u64>) {
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        for ((method, code), total) in traffic {
            let before = counted.insert((method.clone(), *code), *total).unwrap_or(0);
            let labels = Labels::new([("method", method), ("code", &code.to_string())]);
            self.requests.get_or_create(&labels).inc_by(total.saturating_sub(before));
        }
    }

    /// Forgets what gauges say of tenants, so that what is gone is not said any more.
    pub fn clear_tenants(&self) {
        let gauges = [
            &self.evaluation_age,
            &self.evaluation_overdue,
            &self.stalled,
            &self.workflows,
            &self.workflows_not_ready,
            &self.runs_open,
            &self.runs_held,
            &self.broken,
            &self.unreadable,
            &self.conflicts,
            &self.concerns,
        ];
        for gauge in gauges {
            gauge.clear();
        }
    }
}

/// Sets one member of a family of gauges.
pub fn set<const N: usize>(
    gauges: &Family<Labels, Gauge<f64, std::sync::atomic::AtomicU64>>,
    labels: [(&'static str, &str); N],
    value: f64,
) {
    gauges.get_or_create(&Labels::new(labels)).set(value);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_are_written_by_name_and_label() {
        let metrics = Metrics::new();
        set(&metrics.evaluation_age, [("namespace", "acme")], 12.0);
        metrics.runs.get_or_create(&Labels::new([("namespace", "acme"), ("category", "joiner"), ("outcome", "Completed")])).inc();
        metrics.first_effect.get_or_create(&Labels::new([("category", "joiner")])).observe(3.0);
        metrics.count_requests(&BTreeMap::from([(("GET".to_owned(), 200), 5)]));
        metrics.count_requests(&BTreeMap::from([(("GET".to_owned(), 200), 7)]));
        let text = metrics.text().unwrap();
        for line in [
            "tenure_evaluation_age_seconds{namespace=\"acme\"} 12.0",
            "tenure_runs_total{namespace=\"acme\",category=\"joiner\",outcome=\"Completed\"} 1",
            "tenure_run_plan_to_start_seconds_bucket{le=\"4.0\",category=\"joiner\"} 1",
            "tenure_api_requests_total{method=\"GET\",code=\"200\"} 7",
            "tenure_leader 0",
            "# EOF",
        ] {
            assert!(text.contains(line), "{line} is not in\n{text}");
        }
        metrics.clear_tenants();
        let text = metrics.text().unwrap();
        assert!(!text.contains("age_seconds{") && text.contains("tenure_runs_total{"), "{text}");
    }
}
