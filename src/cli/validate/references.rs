//! Whether everything that a document names is there.

use serde_json::Value;

use super::document::{Draft, Said, at, quoted};
use super::tenant::TenantDocuments;
use crate::rule::nearest;

/// The recipients of mails that are not names.
const RECIPIENTS: [&str; 3] = ["User", "Manager", "Sponsors"];

/// A name in a document, and what it must be the name of.
struct Reference {
    path: String,
    name: String,
    kind: &'static str,
    /// What the group must be for what is to be done with it.
    group: Needs,
}

#[derive(Clone, Copy, PartialEq)]
enum Needs {
    Nothing,
    /// Members come and go one by one.
    Assigned,
    /// And it is a team.
    Team,
}

/// Everything that the document names and that is not there, or is not what it must be.
pub(super) fn check(draft: &Draft<'_>, tenant: &TenantDocuments<'_>) -> Vec<Said> {
    let references = match draft.kind.as_str() {
        "User" => of_user(draft),
        "Workflow" => of_workflow(draft, tenant),
        "Directory" => of_directory(draft),
        "Run" => of_run(draft, tenant),
        "Hold" => names(draft, "spec.subjects", "User", Needs::Nothing),
        _ => Vec::new(),
    };
    references.into_iter().filter_map(|reference| look_up(draft, tenant, &reference)).collect()
}

fn look_up(draft: &Draft<'_>, tenant: &TenantDocuments<'_>, reference: &Reference) -> Option<Said> {
    let Reference { path, name, kind, group } = reference;
    let Some(target) = tenant.object(kind, name) else {
        if tenant.partial {
            return None;
        }
        tenant.misses_others.set(true);
        let advice = nearest(name, tenant.names(kind)).map(|near| format!("; did you mean {near}?")).unwrap_or_default();
        return Some(draft.about(path, format!("there is no {kind} {} in the namespace {}{advice}", quoted(name), tenant.namespace)));
    };
    let text = |field: &str| at(&target.admitted, field).and_then(Value::as_str);
    match (*group, text("spec.membership"), text("spec.type")) {
        (Needs::Assigned | Needs::Team, Some(membership @ ("dynamic" | "synced")), _) => {
            let message = format!("the members of the Group {} are {membership}: the task would fail", quoted(name));
            Some(draft.about(path, message))
        }
        (Needs::Team, _, Some("security")) => {
            Some(draft.about(path, format!("the Group {} is no team: the task would fail", quoted(name))))
        }
        _ => None,
    }
}

/// The text at a path, or each text of the list there.
fn names(draft: &Draft<'_>, path: &str, kind: &'static str, group: Needs) -> Vec<Reference> {
    let reference = |path: String, name: &str| Reference { path, name: name.to_owned(), kind, group };
    match at(&draft.admitted, path) {
        Some(Value::String(name)) if !name.is_empty() => vec![reference(path.to_owned(), name)],
        Some(Value::Array(list)) => {
            let names = list.iter().enumerate().filter_map(|(index, element)| Some((index, element.as_str()?)));
            names.map(|(index, name)| reference(format!("{path}[{index}]"), name)).collect()
        }
        _ => Vec::new(),
    }
}

fn of_user(draft: &Draft<'_>) -> Vec<Reference> {
    let mut found = names(draft, "spec.manager", "User", Needs::Nothing);
    found.extend(names(draft, "spec.sponsors", "User", Needs::Nothing));
    found.extend(names(draft, "spec.initialAccount.memberOf", "Group", Needs::Nothing));
    found
}

/// Whether people and groups of the workflow are objects of the tenant.
fn is_embedded(workflow: &Draft<'_>, tenant: &TenantDocuments<'_>) -> bool {
    let named = at(&workflow.admitted, "spec.directory").and_then(Value::as_str);
    tenant.directory(named).is_some_and(|directory| directory.spec.embedded.is_some())
}

fn of_workflow(draft: &Draft<'_>, tenant: &TenantDocuments<'_>) -> Vec<Reference> {
    let is_embedded = is_embedded(draft, tenant);
    let mut found = Vec::new();
    if is_embedded {
        found.extend(names(draft, "spec.executionConditions.scope.group", "Group", Needs::Nothing));
    }
    let tasks = at(&draft.admitted, "spec.tasks").and_then(Value::as_array).map_or(0, Vec::len);
    for index in 0..tasks {
        let path = format!("spec.tasks[{index}]");
        found.extend(names(draft, &format!("{path}.directories"), "Directory", Needs::Nothing));
        let members = at(&draft.admitted, &path).and_then(Value::as_object).into_iter().flatten();
        for member in members.filter(|(_, arguments)| arguments.is_object()).map(|(member, _)| format!("{path}.{member}")) {
            found.extend(names(draft, &format!("{member}.extension"), "CustomTaskExtension", Needs::Nothing));
            if is_embedded {
                found.extend(names(draft, &format!("{member}.groups"), "Group", Needs::Assigned));
                found.extend(names(draft, &format!("{member}.teams"), "Group", Needs::Team));
                found.extend(recipients(draft, &member));
            }
        }
    }
    found
}

/// Whom a mail goes to: an entry with @ is an address.
fn recipients(draft: &Draft<'_>, member: &str) -> Vec<Reference> {
    let mut found = names(draft, &format!("{member}.to"), "User", Needs::Nothing);
    found.extend(names(draft, &format!("{member}.cc"), "User", Needs::Nothing));
    found.retain(|reference| !RECIPIENTS.contains(&reference.name.as_str()));
    found.retain(|reference| !reference.name.contains('@') && !reference.name.contains("{{"));
    found
}

fn of_directory(draft: &Draft<'_>) -> Vec<Reference> {
    let mut found = Vec::new();
    let count = |path: &str| at(&draft.admitted, path).and_then(Value::as_array).map_or(0, Vec::len);
    for attribute in (0..count("spec.attributes")).map(|index| format!("spec.attributes[{index}].writers")) {
        for index in 0..count(&attribute) {
            found.extend(names(draft, &format!("{attribute}[{index}].workflow"), "Workflow", Needs::Nothing));
        }
    }
    if at(&draft.admitted, "spec.embedded").is_none() {
        return found;
    }
    found.extend(names(draft, "spec.protected.users", "User", Needs::Nothing));
    found.extend(names(draft, "spec.protected.groups", "Group", Needs::Nothing));
    found
}

fn of_run(draft: &Draft<'_>, tenant: &TenantDocuments<'_>) -> Vec<Reference> {
    let mut found = names(draft, "spec.source.workflow.name", "Workflow", Needs::Nothing);
    let workflow = found.first().and_then(|workflow| tenant.object("Workflow", &workflow.name));
    if workflow.is_none_or(|workflow| is_embedded(workflow, tenant)) {
        found.extend(names(draft, "spec.subjects.users", "User", Needs::Nothing));
        found.extend(names(draft, "spec.subjects.group", "Group", Needs::Nothing));
    }
    found
}
