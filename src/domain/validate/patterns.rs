//! How much the regular expressions of a tenant may take, all together: an evaluation has all of them at the same time.

use super::problem::{Matter, Problem};
use super::trigger::RULE;
use crate::api::reasons::Reason;

/// Bytes that the regular expressions of a tenant's Workflows may be compiled to.
pub const MAX_TENANT_PATTERNS: usize = 8 << 20;

/// What is wrong with a Workflow whose regular expressions take `own` bytes, where those of the Workflows that were made before it
/// take `older`. Who comes last is refused, so that nobody stops a Workflow that works by adding others.
#[must_use]
pub fn no_room_for_patterns(own: usize, older: usize) -> Option<Problem> {
    let all = own.saturating_add(older);
    (own > 0 && all > MAX_TENANT_PATTERNS).then(|| Problem {
        path: RULE.to_owned(),
        reason: Reason::RulesTooLarge,
        message: "the regular expressions of this tenant are too large together, and there are older ones".to_owned(),
        about: Matter::Field,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_comes_last_has_no_room() {
        let cases = [
            (1, MAX_TENANT_PATTERNS - 1, false),
            (1, MAX_TENANT_PATTERNS, true),
            (MAX_TENANT_PATTERNS, 0, false),
            (MAX_TENANT_PATTERNS + 1, 0, true),
            // Without a regular expression it is in nobody's way.
            (0, usize::MAX, false),
            (usize::MAX, usize::MAX, true),
        ];
        for (own, older, expected) in cases {
            assert_eq!(no_room_for_patterns(own, older).is_some(), expected, "{own} beside {older}");
        }
    }
}
