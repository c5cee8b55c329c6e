//! How much the regular expressions of a tenant may take, all together: an evaluation has all of them at the same time.

use super::problem::{Matter, Problem};
use super::trigger::RULE;
use crate::api::Workflow;
use crate::api::reasons::Reason;
use crate::domain::applicants::Applicant;

/// Bytes that the regular expressions of a tenant's Workflows may be compiled to.
pub const MAX_TENANT_PATTERNS: usize = 8 << 20;

/// The Workflow among those that want room for a rule, and the bytes that it has for it: what its status says, as it was looked at
/// last.
#[must_use]
pub fn rule_applicant(workflow: &Workflow) -> Option<(Applicant<'_>, Option<usize>)> {
    let has = workflow.status.as_ref().and_then(|status| status.pattern_bytes).and_then(|bytes| usize::try_from(bytes).ok());
    Some((Applicant::of_workflow(workflow, |_| has.is_some())?, has))
}

/// What is wrong with a Workflow for whose rule there is no room.
#[must_use]
pub fn no_room_for_patterns() -> Problem {
    Problem {
        path: RULE.to_owned(),
        reason: Reason::RulesTooLarge,
        message: "the regular expressions of this tenant are too large together: who has room for them keeps it, and of those who want \
                  some leavers come first, then who was there before"
            .to_owned(),
        about: Matter::Field,
    }
}
