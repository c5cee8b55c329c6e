//! What a Workflow names of its tenant, and whether it is there. A name that leads nowhere keeps no Workflow from working:
//! leavers lose what they have all the same, and a task that gives says for each person what is missing.

use crate::api::WorkflowSpec;

use super::change::{Wanted, wanted};

/// What is named.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Referred {
    /// A Group, also as a team.
    Group,
    /// A CustomTaskExtension.
    Extension,
}

impl Referred {
    /// Its kind.
    #[must_use]
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Group => "Group",
            Self::Extension => "CustomTaskExtension",
        }
    }
}

/// Everything that the Workflow names, each once, in the order of kinds and names. People and groups are objects of the
/// tenant only in an embedded directory.
#[must_use]
pub fn references(spec: &WorkflowSpec, is_embedded: bool) -> Vec<(Referred, &str)> {
    let scope = spec.execution_conditions.as_ref().and_then(|conditions| conditions.scope.as_ref()?.group.as_deref());
    let mut found: Vec<(Referred, &str)> = scope.into_iter().map(|group| (Referred::Group, group)).collect();
    for task in &spec.tasks {
        match wanted(task) {
            Some(Wanted::Joined(_, groups) | Wanted::Left(_, groups)) => {
                found.extend(groups.iter().map(|group| (Referred::Group, group.as_str())));
            }
            Some(Wanted::Called(extension)) => found.push((Referred::Extension, extension)),
            Some(
                Wanted::Enabled(_)
                | Wanted::Deleted
                | Wanted::Values(_)
                | Wanted::LeftAll(_)
                | Wanted::Assigned(_)
                | Wanted::Unassigned(_)
                | Wanted::UnassignedAll
                | Wanted::Revoked
                | Wanted::Transferred
                | Wanted::Pass(_)
                | Wanted::Told(..)
                | Wanted::Unavailable(..),
            )
            | None => {}
        }
    }
    found.retain(|(referred, _)| is_embedded || *referred != Referred::Group);
    found.sort_unstable();
    found.dedup();
    found
}

/// What of it is not there, in words.
#[must_use]
pub fn missing(spec: &WorkflowSpec, is_embedded: bool, is_there: impl Fn(Referred, &str) -> bool) -> Vec<String> {
    let named = references(spec, is_embedded).into_iter().filter(|(referred, name)| !is_there(*referred, name));
    named.map(|(referred, name)| format!("{} {name:?}", referred.kind())).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_workflow_names_and_what_of_it_is_not_there() {
        let spec: WorkflowSpec = serde_json::from_value(json!({
            "category": "leaver",
            "executionConditions": {"scope": {"group": "lab"}, "trigger": {"membershipChange": {"changeType": "remove"}}},
            "tasks": [
                {"name": "a", "removeUserFromGroups": {"groups": ["lab", "all"]}},
                {"name": "b", "isEnabled": false, "removeUserFromTeams": {"teams": ["crew"]}},
                {"name": "c", "addUserToGroups": {"groups": ["alumni"]}},
                {"name": "d", "runCustomTaskExtension": {"extension": "lab"}},
                {"name": "e", "removeUserFromAllGroups": {}},
            ],
        }))
        .expect("a Workflow");
        let there = |referred, name: &str| (referred, name) == (Referred::Group, "lab");
        let rows: [(&str, bool, &[&str]); 2] = [
            ("embedded", true, &["Group \"all\"", "Group \"alumni\"", "Group \"crew\"", "CustomTaskExtension \"lab\""]),
            ("another directory knows its groups itself", false, &["CustomTaskExtension \"lab\""]),
        ];
        for (what, is_embedded, expected) in rows {
            assert_eq!(missing(&spec, is_embedded, there), expected, "{what}");
        }
        assert!(missing(&spec, true, |_, _| true).is_empty());
    }
}
