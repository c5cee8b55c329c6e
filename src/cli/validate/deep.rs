//! What the controller would say: whether an object can do its work in its tenant.

use serde_json::{Value, json};

use super::document::{By, Draft, Said, at, quoted};
use super::tenant::{TenantDocuments, spec};
use crate::api::reasons::Reason;
use crate::api::user::TEXT_ATTRIBUTES;
use crate::api::{Directory, DirectorySpec, RunSpec, TenantScheduleSpec, User, UserSpec, WorkflowSpec, form};
use crate::domain::source::Source;
use crate::domain::validate::{self, Matter, Problem};
use crate::rule::{Case, Known, Rule, RuleError, Vocabulary, nearest};
use crate::runner::concerns::Concern;
use crate::runner::quality;
use crate::sim::load::ONLY_EVALUATIONS;

const SCOPE_RULE: &str = "spec.executionConditions.scope.rule";

/// Everything that the controller would say about one document.
pub(super) fn check(draft: &Draft<'_>, tenant: &TenantDocuments<'_>) -> Vec<Said> {
    match draft.kind.as_str() {
        "Workflow" => workflow(draft, tenant),
        "TenantSchedule" => schedule(draft, tenant),
        "Directory" => spec::<DirectorySpec>(draft).map(|spec| plain(draft, validate::directory_problems(&spec))).unwrap_or_default(),
        "Run" => run(draft, tenant),
        "User" => user(draft, tenant),
        _ => Vec::new(),
    }
}

fn plain(draft: &Draft<'_>, problems: Vec<Problem>) -> Vec<Said> {
    problems.into_iter().map(|problem| of(draft, problem)).collect()
}

/// A problem, as the controller says it.
fn of(draft: &Draft<'_>, problem: Problem) -> Said {
    let by = match problem.about {
        Matter::Rule(field) => By::Rule(field),
        Matter::Field | Matter::Unmapped(_) | Matter::Directory => By::Controller(problem.reason),
    };
    Said { by, ..draft.about(&problem.path, problem.message) }
}

fn facts<'a>(tenant: &'a TenantDocuments<'_>) -> validate::Referents<'a> {
    validate::Referents { schedule: tenant.schedule.as_ref(), directories: &tenant.directories }
}

fn schedule(draft: &Draft<'_>, tenant: &TenantDocuments<'_>) -> Vec<Said> {
    let Some(spec) = spec::<TenantScheduleSpec>(draft) else { return Vec::new() };
    let mut said = Vec::new();
    for problem in validate::schedule_problems(tenant.namespace, &spec, &facts(tenant)) {
        if problem.reason == Reason::DirectoryNotFound {
            said.extend(no_directory(draft, tenant, &problem, spec.directory.as_deref()));
        } else {
            said.push(of(draft, problem));
        }
    }
    said
}

fn workflow(draft: &Draft<'_>, tenant: &TenantDocuments<'_>) -> Vec<Said> {
    let (spec, has_category) = match spec::<WorkflowSpec>(draft) {
        Some(spec) => (spec, true),
        None => match without_category(draft) {
            Some(spec) => (spec, false),
            None => return Vec::new(),
        },
    };
    let directory = tenant.directory(spec.directory.as_deref());
    let vocabulary = validate::vocabulary(directory.map(|directory| &directory.spec));
    let mut said = Vec::new();
    let unlisted = validate::authority_problems(draft.name(), &spec, &facts(tenant), tenant.readers());
    for problem in validate::workflow_problems(&spec, &facts(tenant)).into_iter().chain(unlisted) {
        match (problem.reason, &problem.about) {
            (Reason::DirectoryNotFound, _) => said.extend(no_directory(draft, tenant, &problem, spec.directory.as_deref())),
            // That is said where the Directory stands.
            (_, Matter::Directory) => {}
            (Reason::TaskNotAllowed, _) if !has_category => {}
            (Reason::InvalidRule, _) => {
                let insensitive = spec.execution_conditions.as_ref().and_then(|conditions| conditions.scope.as_ref());
                let case = if insensitive.is_some_and(|scope| !scope.case_sensitive) { Case::Insensitive } else { Case::Sensitive };
                said.extend(rule(draft, SCOPE_RULE, &vocabulary, case, directory.is_none()));
            }
            // What the Directory maps is not known without it.
            (_, Matter::Unmapped(_)) if directory.is_none() => {}
            (Reason::UnknownAttribute, Matter::Unmapped(name)) => said.push(attribute(draft, directory, &problem, name)),
            _ => said.push(of(draft, problem)),
        }
    }
    for warning in validate::workflow_warnings(&spec, &facts(tenant)) {
        said.push(Said { by: By::Data, ..draft.about(&warning.path, warning.message) });
    }
    said
}

/// The spec of a Workflow that says no category, so that the rest of it can be looked at. What depends on the category
/// is not to be said then.
fn without_category(draft: &Draft<'_>) -> Option<WorkflowSpec> {
    let mut value = draft.admitted.get("spec")?.clone();
    value.as_object_mut()?.insert("category".to_owned(), json!("mover"));
    form::typed(&value).ok()
}

fn no_directory(draft: &Draft<'_>, tenant: &TenantDocuments<'_>, problem: &Problem, named: Option<&str>) -> Option<Said> {
    let is_of_schedule = named.is_none() && tenant.schedule.as_ref().is_some_and(|schedule| schedule.directory.is_some());
    if tenant.partial || is_of_schedule {
        return None;
    }
    // A Directory that is there and cannot be read has its own mistakes.
    if named.is_some_and(|named| tenant.object("Directory", named).is_some()) {
        return None;
    }
    tenant.misses_others.set(true);
    let near = named.and_then(|named| nearest(named, tenant.names("Directory")));
    let advice = near.map(|near| format!("; did you mean {near}?")).unwrap_or_default();
    Some(draft.about(&problem.path, format!("{}{advice}", problem.message)))
}

/// What is wrong with the rule at a path, at the place inside the rule. With `lenient` an attribute that is not known is
/// let pass, because a Directory that is not there can map it.
fn rule(draft: &Draft<'_>, path: &str, vocabulary: &Vocabulary, case: Case, lenient: bool) -> Option<Said> {
    let text = at(&draft.admitted, path)?.as_str()?;
    let error = refused(text, vocabulary, case, lenient)?;
    let begin = draft.document.places.of_scalar(path);
    let mut said = draft.about(path, error.message.as_ref());
    match begin.and_then(|begin| draft.lines.within(begin, text, error.offset)) {
        Some(mark) => said.mark = mark,
        None => said.message = format!("{} (line {}, column {} of the rule)", said.message, error.line, error.column),
    }
    Some(said)
}

fn refused(text: &str, vocabulary: &Vocabulary, case: Case, lenient: bool) -> Option<RuleError> {
    let mut vocabulary = vocabulary.clone();
    loop {
        let error = Rule::parse_as(text, &vocabulary, case).err()?;
        match error.unknown.as_deref().filter(|name| lenient && vocabulary.resolve(name).is_none()) {
            Some(name) => vocabulary = vocabulary.with([name]),
            None => return Some(error),
        }
    }
}

/// Names the element of the list, and the attribute that was meant.
fn attribute(draft: &Draft<'_>, directory: Option<&Directory>, problem: &Problem, unmapped: &str) -> Said {
    let elements = at(&draft.admitted, &problem.path).and_then(Value::as_array).into_iter().flatten().enumerate();
    let named = elements.filter_map(|(index, element)| match element.get("attribute") {
        Some(attribute) => Some((format!("{}[{index}].attribute", problem.path), attribute.as_str()?)),
        None => Some((format!("{}[{index}]", problem.path), element.as_str()?)),
    });
    let Some((path, name)) = named.into_iter().find(|(_, name)| *name == unmapped) else {
        return draft.about(&problem.path, problem.message.as_str());
    };
    let mapped = directory.into_iter().flat_map(|directory| &directory.spec.attributes).map(|mapping| mapping.name.as_str());
    let known = TEXT_ATTRIBUTES.iter().copied().chain(Known::ALL.iter().map(|known| known.path())).chain(mapped);
    let advice = nearest(name, known).map(|near| format!("; did you mean {near}?")).unwrap_or_default();
    draft.about(&path, format!("the attribute {} is not known{advice}", quoted(name)))
}

fn run(draft: &Draft<'_>, tenant: &TenantDocuments<'_>) -> Vec<Said> {
    const PATH: &str = "spec.subjects.scope.rule";
    let Some(spec) = spec::<RunSpec>(draft) else { return Vec::new() };
    if spec.is_scheduled() {
        return vec![draft.about("spec.executionType", ONLY_EVALUATIONS.to_owned())];
    }
    if at(&draft.admitted, PATH).is_none() {
        return Vec::new();
    }
    let workflow = Source::of_spec(&spec).and_then(|source| tenant.object("Workflow", source.name()));
    let named = workflow.and_then(|workflow| at(&workflow.admitted, "spec.directory")?.as_str());
    let directory = tenant.directory(named);
    let vocabulary = validate::vocabulary(directory.map(|directory| &directory.spec));
    rule(draft, PATH, &vocabulary, Case::Sensitive, directory.is_none()).into_iter().collect()
}

/// The dates of a person: one that cannot be read is unknown, and unknown never acts.
fn user(draft: &Draft<'_>, tenant: &TenantDocuments<'_>) -> Vec<Said> {
    let Some(spec) = spec::<UserSpec>(draft) else { return Vec::new() };
    let time_zone = tenant.schedule.as_ref().and_then(|schedule| schedule.time_zone.as_deref());
    let found = quality::quality(&tenant.embedded, time_zone, &User::new(draft.name(), spec), None);
    let unreadable = found.unreadable.into_iter();
    let unreadable =
        unreadable.map(|found| (found.attribute, format!("{}; until then it is unknown, and makes nobody due", found.expected)));
    let zones = found.zones.into_iter();
    let zones = zones.map(|found| (found.attribute, format!("{}; until then {} applies in its place", found.expected, found.applies)));
    let said = unreadable.chain(zones).map(|(name, message)| {
        let name = name.as_str();
        let short = name.rsplit('/').next().unwrap_or(name);
        let paths =
            [format!("spec.{short}"), format!("spec.extensionAttributes.{name}"), format!("spec.onPremisesExtensionAttributes.{short}")];
        let path = paths.iter().find(|path| at(draft.object(), path).is_some()).map_or("spec", String::as_str);
        Said { by: By::Data, ..draft.about(path, message) }
    });
    said.chain(concerns(draft, tenant)).collect()
}

/// What the dates say together and is hardly meant. Of a record that is changed later in a simulation, the first one is read.
fn concerns(draft: &Draft<'_>, tenant: &TenantDocuments<'_>) -> Vec<Said> {
    let is_read = tenant.object("User", draft.name()).is_some_and(|read| std::ptr::eq(read, draft));
    let found = if is_read { tenant.concerns(draft.name()) } else { Vec::new() };
    let said = |concern: Concern| {
        let message = format!("{}: {}", concern.reason(), concern.in_words());
        Said { by: By::Data, ..draft.about("spec.employeeLeaveDateTime", message) }
    };
    found.into_iter().map(said).collect()
}
