//! What a document is: one of ours that people write, or not.

use serde_json::Value;

use super::document::{Draft, quoted};
use crate::api::meta::{GROUP, VERSION};
use crate::rule::nearest;

/// The fields that every object can have.
const ROOT: [&str; 5] = ["apiVersion", "kind", "metadata", "spec", "status"];

/// The kinds that only the programs write.
const PROGRAMS: [&str; 8] =
    ["Account", "DirectorySnapshot", "ExtensionCall", "OccurrenceLedger", "RunSlice", "TenantKey", "TenantLedger", "WorkflowVersion"];

/// Files that Kustomize reads, which need neither apiVersion nor kind there.
const KUSTOMIZATION: [&str; 2] = ["kustomization.yaml", "kustomization.yml"];

/// What a document is.
pub(super) enum Belonging {
    /// An object of another API group.
    Foreign,
    /// One of ours, of this kind.
    Ours(String),
    /// Not to be examined any further; what is wrong has been said.
    Refused,
}

/// Says what the document is. `kinds` are all kinds of the group.
pub(super) fn identify(draft: &mut Draft<'_>, kinds: &[&str]) -> Belonging {
    if !draft.object().is_object() {
        draft.say("", "expected a Kubernetes object: a mapping with apiVersion, kind and metadata");
        return Belonging::Refused;
    }
    let is_there = |draft: &Draft<'_>, field: &str| draft.object().get(field).is_some_and(|value| !value.is_null());
    if !is_there(draft, "apiVersion") && !is_there(draft, "kind") && KUSTOMIZATION.iter().any(|name| draft.file().ends_with(name)) {
        return Belonging::Foreign;
    }
    for field in ["apiVersion", "kind"] {
        if !is_there(draft, field) {
            correct_key(draft, field);
        }
    }
    let (version, kind) = (text(draft, "apiVersion"), text(draft, "kind"));
    for (field, value) in [("apiVersion", &version), ("kind", &kind)] {
        if value.is_none() {
            draft.say(field, format!("Required value: the {field} of the object, as a text"));
        }
    }
    let (Some(version), Some(kind)) = (version, kind) else { return Belonging::Refused };
    let ours = format!("{GROUP}/{VERSION}");
    let group = version.split('/').next().unwrap_or_default();
    if version != ours {
        if group != GROUP && nearest(group, [GROUP].into_iter()).is_none() {
            return Belonging::Foreign;
        }
        draft.say("apiVersion", format!("{} is not served; did you mean {ours}?", quoted(&version)));
    }
    known_kind(draft, kind, kinds)
}

fn text(draft: &Draft<'_>, field: &str) -> Option<String> {
    draft.object().get(field).and_then(Value::as_str).map(str::to_owned)
}

/// Takes a misspelt name of the field for the field.
fn correct_key(draft: &mut Draft<'_>, field: &str) {
    let keys = draft.object().as_object().into_iter().flat_map(|map| map.keys());
    let strange = keys.filter(|key| !ROOT.contains(&key.as_str()));
    let misspelt = strange.into_iter().find(|key| nearest(key, [field].into_iter()).is_some()).cloned();
    if let Some(key) = misspelt {
        draft.correct_field("", &key, Some(field));
    }
}

fn known_kind(draft: &mut Draft<'_>, kind: String, kinds: &[&str]) -> Belonging {
    if PROGRAMS.contains(&kind.as_str()) {
        let instead = match kind.as_str() {
            "Account" => "; what a person begins with is spec.initialAccount of the User",
            "WorkflowVersion" => "; write the Workflow",
            _ => "",
        };
        draft.say("kind", format!("{} is written by the programs only, people read it{instead}", quoted(&kind)));
        return Belonging::Refused;
    }
    if kinds.contains(&kind.as_str()) {
        return Belonging::Ours(kind);
    }
    let people = kinds.iter().copied().filter(|kind| !PROGRAMS.contains(kind));
    if let Some(near) = nearest(&kind, people.clone()) {
        draft.say("kind", format!("there is no kind {}; did you mean {near}?", quoted(&kind)));
        return Belonging::Ours(near.to_owned());
    }
    let all: Vec<&str> = people.collect();
    draft.say("kind", format!("there is no kind {} in {GROUP}; there are {}", quoted(&kind), all.join(", ")));
    Belonging::Refused
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::super::document::NAME;
    use super::PROGRAMS;
    use crate::api;

    /// What a rule of the whole object says is taken for something about its name, of every kind that people write.
    #[test]
    fn rules_of_the_whole_object_are_about_its_name() {
        let mut count = 0;
        for crd in api::crds().into_iter().filter(|crd| !PROGRAMS.contains(&crd.spec.names.kind.as_str())) {
            let schema = crd.spec.versions.into_iter().next().and_then(|version| version.schema?.open_api_v3_schema).expect("a schema");
            let schema = serde_json::to_value(schema).expect("plain data");
            for rule in schema["x-kubernetes-validations"].as_array().into_iter().flatten() {
                let text = |field: &str| rule[field].as_str().unwrap_or_default();
                assert!(rule["fieldPath"] == Value::Null && text("rule").contains("self.metadata.name"), "{rule}");
                assert!(text("message").starts_with(NAME), "{rule}");
                count += 1;
            }
        }
        assert!(count > 2, "{count} rules");
    }
}
