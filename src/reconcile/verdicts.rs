//! What was found of Workflows, as the cache keeps it beside them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::domain::validate::Verdict;

/// What was found, by the names of the Workflows. Copies share it: it says nothing that could not be found again.
#[derive(Clone, Debug, Default)]
pub(super) struct Verdicts(Arc<Mutex<BTreeMap<String, (String, Verdict)>>>);

impl Verdicts {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, (String, Verdict)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes note of a verdict, and of what it was about.
    pub fn note(&self, name: &str, of: String, verdict: Verdict) {
        self.lock().insert(name.to_owned(), (of, verdict));
    }

    /// Forgets the Workflow of that name.
    pub fn forget(&self, name: &str) {
        self.lock().remove(name);
    }

    /// Whether there is one about that.
    pub fn is_known(&self, name: &str, of: &str) -> bool {
        self.lock().get(name).is_some_and(|(before, _)| before == of)
    }

    /// The verdict about that.
    pub fn get(&self, name: &str, of: &str) -> Option<Verdict> {
        self.lock().get(name).filter(|(before, _)| before == of).map(|(_, verdict)| verdict.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verdict_is_about_one_version() {
        let verdicts = Verdicts::default();
        let verdict = Verdict { problems: Vec::new(), pattern_bytes: 7 };
        verdicts.note("a", "u@1".to_owned(), verdict.clone());
        let copy = verdicts.clone();
        let seen = |name: &str, of: &str| (copy.is_known(name, of), copy.get(name, of).map_or(0, |found| found.pattern_bytes));
        assert_eq!([seen("a", "u@1"), seen("a", "u@2"), seen("b", "u@1")], [(true, 7), (false, 0), (false, 0)]);
        verdicts.forget("a");
        assert_eq!(seen("a", "u@1"), (false, 0));
    }
}
