//! TenantSchedule: when a tenant is evaluated, and the tenant's defaults.

use chrono::{DateTime, Utc};
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::conditions::{self, Condition};
use super::workflow::{EffectClass, ExecutionLimits};

/// How mails leave.
#[derive(Clone, Debug, Default, Deserialize, Eq, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MailSettings {
    /// Sender address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 3, max = 320))]
    pub from: Option<String>,
    /// Name beside the sender address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 128))]
    pub from_name: Option<String>,
    /// Host of the mail server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253))]
    pub host: Option<String>,
    /// Port of the mail server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 65535))]
    pub port: Option<i32>,
    /// Secret with username, password and allowedHosts; its name starts with tenure-.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 63), regex(pattern = r"^tenure-"))]
    pub secret_name: Option<String>,
    /// Domains to which mails go beside the addresses of the tenant's records, each exactly as it stands after the @; default: the
    /// domain of from. A temporary access pass goes to addresses of records only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 100), inner(length(min = 1, max = 253), regex(pattern = r"^[A-Za-z0-9.-]+$")))]
    #[x_kube(merge_strategy = ListMerge::Set)]
    pub allowed_domains: Option<Vec<String>>,
}

/// Default catch-up windows by category.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CatchUp {
    /// Joiner workflows; default 3d.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 2, max = 6), regex(pattern = r"^[1-9][0-9]{0,4}[mhd]$"))]
    pub joiner: Option<String>,
    /// Mover workflows; default 3d.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 2, max = 6), regex(pattern = r"^[1-9][0-9]{0,4}[mhd]$"))]
    pub mover: Option<String>,
    /// Leaver workflows; default 30d.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 2, max = 6), regex(pattern = r"^[1-9][0-9]{0,4}[mhd]$"))]
    pub leaver: Option<String>,
}

/// A time in which no run starts.
#[derive(Clone, Debug, Deserialize, Eq, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("self.from < self.until").message("from must be before until"))]
pub struct FreezeWindow {
    /// Unique in the schedule.
    #[schemars(length(min = 1, max = 63))]
    pub name: String,
    /// First instant of the window.
    pub from: DateTime<Utc>,
    /// First instant after the window.
    pub until: DateTime<Utc>,
    /// Frozen effect classes; empty: all. Off-boarding is never frozen.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 6))]
    #[x_kube(merge_strategy = ListMerge::Set)]
    pub effect_classes: Vec<EffectClass>,
}

/// How long the history of runs that have ended is kept.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HistoryLimits {
    /// Days after the end of a run; default 90.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 3650))]
    pub days: Option<i32>,
    /// Runs of one workflow; default 1000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 100_000))]
    pub runs_per_workflow: Option<i32>,
}

fn yes() -> bool {
    true
}

fn five() -> i32 {
    5
}

/// When the workflows of a tenant are evaluated. There is one, named default.
#[derive(Clone, CustomResource, Debug, Deserialize, Eq, KubeSchema, PartialEq, Serialize)]
#[kube(
    group = "tenure.dev", version = "v1alpha1", kind = "TenantSchedule", namespaced, status = "TenantScheduleStatus",
    shortname = "ts", category = "tenure", derive = "PartialEq",
    doc = "The TenantSchedule named default says when the workflows of its namespace are evaluated, and holds the tenant's defaults.",
    printcolumn(name = "Interval", type_ = "string", json_path = ".spec.interval"),
    printcolumn(name = "Cron", type_ = "string", json_path = ".spec.cron"),
    printcolumn(name = "Next", type_ = "string", json_path = ".status.nextScheduleRunDateTime"),
    printcolumn(name = "Evaluated", type_ = "date", json_path = ".status.lastEvaluationDateTime"),
    printcolumn(name = "Ready", type_ = "string", json_path = ".status.conditions[?(@.type=='Ready')].status"),
    validation = Rule::new("self.metadata.name == 'default'").message("metadata.name must be default: a namespace has one TenantSchedule"),
)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = Rule::new("!(has(self.interval) && has(self.cron))").message("interval and cron exclude each other"),
)]
pub struct TenantScheduleSpec {
    /// Time between evaluations, 1h to 24h; default 3h.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 2, max = 3), regex(pattern = r"^([1-9]|1[0-9]|2[0-4])h$"))]
    pub interval: Option<String>,
    /// Cron expression with five fields, in place of the interval.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 9, max = 100))]
    pub cron: Option<String>,
    /// The tenant's time zone, for example Europe/Berlin: of the cron expression, of reports, and of dates where neither the
    /// date nor the Directory nor the person's timeZone says another one; default UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub time_zone: Option<String>,
    /// Name of the Directory of workflows that name none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 63))]
    pub directory: Option<String>,
    /// How mails leave.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mail: Option<MailSettings>,
    /// How many subjects each run of the tenant may have; executionLimits of its Workflow bind it too. A scheduled run that is
    /// above either is held before its first effect, and goes on by itself once the limits are raised or fewer people are left
    /// in it; on demand the same holds above 10 subjects. Default: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limits: Option<ExecutionLimits>,
    /// Default catch-up windows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub catch_up: Option<CatchUp>,
    /// Times in which no run starts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 50))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["name".into()]))]
    pub freeze_windows: Vec<FreezeWindow>,
    /// true: no evaluation starts.
    #[serde(default)]
    pub suspend: bool,
    /// true: a changed User asks for an evaluation at once, or, where one has just begun, after ten times as long as that took, at
    /// least 5 s and at most an hour; a tick of the schedule does not wait for that.
    #[serde(default = "yes")]
    pub evaluate_on_change: bool,
    /// Most runs that execute at the same time, up to what the installation allows; runs of leaver workflows have places of their
    /// own.
    #[serde(default = "five")]
    #[schemars(range(min = 1, max = 100))]
    pub max_concurrent_runs: i32,
    /// How long the history of runs that have ended is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub history_limits: Option<HistoryLimits>,
}

/// What was observed of a tenant.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TenantScheduleStatus {
    /// The generation that was looked at last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// When the next evaluation is due by the schedule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_schedule_run_date_time: Option<DateTime<Utc>>,
    /// The instant as of which the tenant was last evaluated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_evaluation_date_time: Option<DateTime<Utc>>,
    /// Epoch of the last evaluation that was sealed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sealed_epoch: Option<i64>,
    /// What was observed, one entry an aspect.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "conditions::schema")]
    pub conditions: Vec<Condition>,
}
