//! RunSlice: part of a run's plan and results.
//!
//! Programs know every result whole. In the store a slice names its tasks once, and somebody of whom nothing is known but the
//! plan is one line (`packed.rs`): an API server decodes and checks an object member by member, and a plan of thousands of
//! people is written before the first effect. A release that does not know these lines cannot read the slice, and does nothing
//! for it. Slices that such a release made are written as they were made: it may be at work on them.

mod packed;
mod result;
mod stored;

use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize, Serializer};

use super::run::ExecutionType;
use super::workflow::Category;
use stored::{StoredResult, WrittenResult};

pub use result::{BeforeImage, Claim, SubjectResult, TaskResult};

/// Part of a run's plan and results. Evaluations plan it, runners fill it in.
#[derive(Clone, CustomResource, Debug, Deserialize, Eq, JsonSchema, PartialEq)]
#[kube(
    group = "tenure.dev",
    version = "v1alpha1",
    kind = "RunSlice",
    namespaced,
    no_spec,
    shortname = "rs-tenure",
    category = "tenure-all",
    derive = "PartialEq",
    selectable = ".run",
    doc = "A RunSlice holds part of a Run's plan and results. The programs write it.",
    printcolumn(name = "Run", type_ = "string", json_path = ".run"),
    printcolumn(name = "Epoch", type_ = "integer", json_path = ".epoch"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp")
)]
#[serde(from = "Stored")]
#[schemars(with = "Stored")]
pub struct RunSliceData {
    /// Name of the Run.
    pub run: String,
    /// UID of the Run when it was planned.
    pub run_uid: String,
    /// Why the Run exists.
    pub execution_type: ExecutionType,
    /// Name of the Workflow.
    pub workflow: String,
    /// Category of the workflow.
    pub category: Category,
    /// Identity of the workflow.
    pub lineage: String,
    /// Number of the workflow version.
    pub version: i32,
    /// Epoch of the evaluation that planned it; the slice is in force if that epoch is sealed and not abandoned.
    pub epoch: i64,
    /// Position in the Run, from 0.
    pub index: i32,
    /// People in the workflow's scope when it was planned.
    pub scope: i32,
    /// Which attempt works on it.
    pub claim: Option<Claim>,
    /// Names of the tasks, in the order of execution; none: an older release planned it, and every result has them itself.
    pub tasks: Vec<String>,
    /// One result a subject, each with its tasks.
    pub results: Vec<SubjectResult>,
}

/// A slice as it is read.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Stored {
    /// Name of the Run.
    #[schemars(length(min = 1, max = 63))]
    run: String,
    /// UID of the Run when it was planned.
    #[schemars(length(max = 64))]
    run_uid: String,
    /// Why the Run exists.
    execution_type: ExecutionType,
    /// Name of the Workflow.
    #[schemars(length(min = 1, max = 36))]
    workflow: String,
    /// Category of the workflow.
    category: Category,
    /// Identity of the workflow.
    #[schemars(length(max = 36))]
    lineage: String,
    /// Number of the workflow version.
    #[schemars(range(min = 1))]
    version: i32,
    /// Epoch of the evaluation that planned it; the slice is in force if that epoch is sealed and not abandoned.
    epoch: i64,
    /// Position in the Run, from 0.
    index: i32,
    /// People in the workflow's scope when it was planned.
    #[serde(default)]
    scope: i32,
    /// Which attempt works on it.
    #[serde(default)]
    claim: Option<Claim>,
    /// Names of the tasks, in the order of execution. A result without tasks of its own has these, and none of them has begun.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 25), inner(length(min = 1, max = 63)))]
    tasks: Vec<String>,
    /// One result a subject.
    #[serde(default)]
    #[schemars(length(max = 100))]
    results: Vec<StoredResult>,
}

impl From<Stored> for RunSliceData {
    fn from(stored: Stored) -> Self {
        #[rustfmt::skip]
        let Stored {
            run, run_uid, execution_type, workflow, category, lineage, version, epoch, index, scope, claim, tasks, results,
        } = stored;
        let results = results.into_iter().map(|result| result.whole(&tasks)).collect();
        Self { run, run_uid, execution_type, workflow, category, lineage, version, epoch, index, scope, claim, tasks, results }
    }
}

/// A slice as it is written.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Written<'a> {
    run: &'a str,
    run_uid: &'a str,
    execution_type: ExecutionType,
    workflow: &'a str,
    category: Category,
    lineage: &'a str,
    version: i32,
    epoch: i64,
    index: i32,
    scope: i32,
    #[serde(skip_serializing_if = "Option::is_none")]
    claim: Option<&'a Claim>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    tasks: &'a [String],
    results: Vec<WrittenResult<'a>>,
}

impl<'a> Written<'a> {
    fn of(slice: &'a RunSliceData) -> Self {
        #[rustfmt::skip]
        let RunSliceData {
            run, run_uid, execution_type, workflow, category, lineage, version, epoch, index, scope, claim, tasks, results,
        } = slice;
        Self {
            run,
            run_uid,
            execution_type: *execution_type,
            workflow,
            category: *category,
            lineage,
            version: *version,
            epoch: *epoch,
            index: *index,
            scope: *scope,
            claim: claim.as_ref(),
            tasks,
            results: results.iter().map(|result| WrittenResult::of(tasks, result)).collect(),
        }
    }
}

// Not derived: a derived form would copy all results before it packs them.
impl Serialize for RunSliceData {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Written::of(self).serialize(serializer)
    }
}

#[cfg(test)]
mod tests;
