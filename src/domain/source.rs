//! What a Run executes. There is one kind today; another one is a variant here, and a match that has to be made complete.

use crate::api::{Run, RunSpec};

use super::version::version_name;

/// What a Run executes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Source<'a> {
    /// The tasks of a workflow.
    Workflow {
        /// Its name.
        name: &'a str,
        /// The version that is asked for; None: the newest when the Run is planned.
        version: Option<i32>,
    },
}

impl<'a> Source<'a> {
    /// That of a Run; None: the schema would refuse the object, or a later release has written it.
    #[must_use]
    pub fn of(run: &'a Run) -> Option<Self> {
        Self::of_spec(&run.spec)
    }

    /// That of what a Run says.
    #[must_use]
    pub fn of_spec(spec: &'a RunSpec) -> Option<Self> {
        let workflow = spec.source.workflow.as_ref()?;
        Some(Self::Workflow { name: &workflow.name, version: workflow.version })
    }

    /// Name of the object whose history, limits and schedule the Run is bound by.
    #[must_use]
    pub const fn name(self) -> &'a str {
        match self {
            Self::Workflow { name, .. } => name,
        }
    }

    /// The version that is asked for.
    #[must_use]
    pub const fn version(self) -> Option<i32> {
        match self {
            Self::Workflow { version, .. } => version,
        }
    }

    /// Name of the object that holds what is executed, in the version that was planned.
    #[must_use]
    pub fn pinned(self, version: i32) -> String {
        match self {
            Self::Workflow { name, .. } => version_name(name, version),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_run_executes() {
        let run = |source| Run::new("r", serde_json::from_value(json!({"source": source})).expect("a Run"));
        let (joiner, nothing) = (run(json!({"workflow": {"name": "joiner", "version": 3}})), run(json!({})));
        let source = Source::of(&joiner).expect("a workflow");
        assert_eq!(source, Source::Workflow { name: "joiner", version: Some(3) });
        assert_eq!((source.name(), source.version(), source.pinned(4)), ("joiner", Some(3), "joiner-v4".to_owned()));
        assert_eq!(Source::of(&nothing), None);
    }
}
