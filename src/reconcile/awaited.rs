//! For what a Run without a plan waits, before an evaluation can do anything about it.

use crate::api::conditions::{READY, is_true};
use crate::api::reasons::Reason;
use crate::api::{Run, Workflow};
use crate::domain::source::Source;

use super::cache::Cache;

/// What is not there yet.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Awaited {
    /// The workflow.
    Workflow,
    /// That it is Ready.
    Readiness,
}

impl Awaited {
    /// What the Run waits for; None: an evaluation plans it or ends it.
    pub fn by(cache: &Cache, run: &Run) -> Option<Self> {
        match cache.workflow(Source::of(run)?.name()) {
            None => Some(Self::Workflow),
            // One that is disabled ends the Run.
            Some(workflow) => (workflow.spec.is_enabled && !is_ready(workflow)).then_some(Self::Readiness),
        }
    }

    /// One word for it.
    pub const fn reason(self) -> Reason {
        match self {
            Self::Workflow => Reason::WorkflowNotFound,
            Self::Readiness => Reason::WorkflowNotReady,
        }
    }

    /// A sentence for it.
    pub fn sentence(self, run: &Run) -> String {
        let name = Source::of(run).map_or("", Source::name);
        match self {
            Self::Workflow => format!("there is no Workflow {name:?}: the Run is planned when there is one"),
            Self::Readiness => format!("the Workflow {name:?} is not Ready: the Run is planned when it is"),
        }
    }
}

/// What it says of itself today.
fn is_ready(workflow: &Workflow) -> bool {
    let status = workflow.status.as_ref().filter(|status| status.observed_generation == workflow.metadata.generation);
    status.is_some_and(|status| is_true(&status.conditions, READY))
}
