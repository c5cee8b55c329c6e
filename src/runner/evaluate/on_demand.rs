//! Runs that people made: planned by the same evaluation and sealed by the same PUT (design 3.1 rule 9).

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use kube::ResourceExt;

use crate::api::reasons::{ALREADY_PROCESSED, NOT_AVAILABLE, RESTORED_WHILE_RUNNING, WORKFLOW_DISABLED};
use crate::api::run::{ExecutionType, RunPlan, RunSubjects};
use crate::api::{Category, EntryState, Run};
use crate::cluster::events::our_time;
use crate::domain::epochs::is_valid;
use crate::domain::identity::digest;
use crate::domain::subject::Person;
use crate::domain::validate::vocabulary;
use crate::rule::{Rule, Truth};

use super::decide::is_scheduled;
use super::departure::People;
use super::draft::Draft;
use super::place::{Fitness, Wanted, plan_of};
use super::tenant::{Reading, Tenant, Usable};

/// Bytes of the hash of what a Run asks for.
const SPEC_HASH_BYTES: usize = 16;

/// Whether the plan in the status counts.
fn in_force(tenant: &Tenant, run: &Run) -> bool {
    run.status.as_ref().and_then(|status| status.plan.as_ref()).is_some_and(|plan| is_valid(&tenant.head, plan.epoch))
}

/// Wants the subjects of every Run that has no plan yet, and repairs plans that were lost with a status.
pub(super) fn want(tenant: &Tenant, people: &People<'_>, draft: &mut Draft, wanted: &mut Vec<Wanted>) {
    for run in &tenant.runs {
        if in_force(tenant, run) {
            continue;
        }
        let name = run.name_any();
        if is_scheduled(run) {
            if let Some(plan) = repaired(tenant, &name, None) {
                draft.plans.insert(name, plan);
            }
            continue;
        }
        want_run(tenant, people, run, &name, draft, wanted);
    }
}

/// The plan as the Run's valid slices have it.
fn repaired(tenant: &Tenant, run: &str, reason: Option<&str>) -> Option<RunPlan> {
    let mut slices: Vec<_> = tenant.slices.values().filter(|slice| slice.spec.run == run).collect();
    let newest = slices.iter().map(|slice| slice.spec.epoch).max()?;
    slices.retain(|slice| slice.spec.epoch == newest);
    slices.sort_by_key(|slice| slice.spec.index);
    Some(plan_of(&slices.into_iter().cloned().collect::<Vec<_>>(), reason))
}

fn empty_plan(tenant: &Tenant, version: i32, reason: &str) -> RunPlan {
    let reason = Some(reason.to_owned());
    RunPlan { epoch: tenant.epoch, hash: String::new(), version, subjects: 0, slices: 0, counted: 0, scope: 0, due_date_time: None, reason }
}

fn want_run(tenant: &Tenant, people: &People<'_>, run: &Run, name: &str, draft: &mut Draft, wanted: &mut Vec<Wanted>) {
    let hash = digest(&run.spec, SPEC_HASH_BYTES);
    let uid = run.uid().unwrap_or_default();
    let own_key = tenant.keys.run_occurrence(name, &hash, "");
    let version = run.spec.source.workflow.as_ref().and_then(|source| source.version).unwrap_or(0);
    if let Some(row) = tenant.ledger.get(&own_key) {
        let same = row.run_uid.as_deref() == Some(uid.as_str());
        let slices = tenant.slices.values().filter(|slice| slice.spec.run == name);
        let unfinished = slices.flat_map(|slice| &slice.spec.results).any(|result| !result.processing_status.is_final());
        let plan = match (same, unfinished) {
            (true, _) => repaired(tenant, name, None)
                .unwrap_or_else(|| empty_plan(tenant, version, row.reason.as_deref().unwrap_or(ALREADY_PROCESSED))),
            (false, true) => {
                repaired(tenant, name, Some(RESTORED_WHILE_RUNNING)).unwrap_or_else(|| empty_plan(tenant, version, RESTORED_WHILE_RUNNING))
            }
            (false, false) => empty_plan(tenant, version, ALREADY_PROCESSED),
        };
        draft.plans.insert(name.to_owned(), plan);
        return;
    }
    let subjects = match choose(tenant, run) {
        Ok(subjects) => subjects,
        Err(reason) => {
            if let Some(reason) = reason {
                draft.plans.insert(name.to_owned(), empty_plan(tenant, version, reason));
                own_row(tenant, run, &own_key, &uid, reason, draft);
            }
            return;
        }
    };
    own_row(tenant, run, &own_key, &uid, "NobodyDue", draft);
    if subjects.names.is_empty() {
        draft.plans.insert(name.to_owned(), empty_plan(tenant, subjects.usable.compiled.version, "NobodyDue"));
        return;
    }
    let by_name: BTreeMap<&str, &Person> = subjects.people.iter().map(|person| (person.name.as_str(), person)).collect();
    for subject in &subjects.names {
        let person = by_name.get(subject.as_str()).copied();
        let key = tenant.keys.subject(&subjects.usable.directory, subject);
        let occurrence = tenant.keys.run_occurrence(name, &hash, subject);
        let fitness = match person {
            None => Fitness::Nobody,
            Some(person) if subjects.usable.is_forbidden_for(person) => Fitness::OfAnother,
            Some(_) if is_kept(people, &subjects, &key) => Fitness::MayReturn,
            Some(_) => on_leave(tenant, people, run, &subjects, &key),
        };
        wanted.push(Wanted::on_demand(subjects.usable, run, subject, key, occurrence, fitness, tenant.as_of));
    }
}

/// Whether the workflow deletes, and nobody knows whether the person returns.
fn is_kept(people: &People<'_>, subjects: &Chosen<'_>, key: &str) -> bool {
    subjects.usable.compiled.tasks.deletes && people.get(key).is_some_and(|(_, seen)| seen.employment.forbids_deletion())
}

/// Joiner and mover work is not for who has left, unless the Run names them and was made after they had.
fn on_leave(tenant: &Tenant, people: &People<'_>, run: &Run, subjects: &Chosen<'_>, key: &str) -> Fitness {
    let Some(left) = people.left_at(key).filter(|_| subjects.usable.compiled.category != Category::Leaver) else { return Fitness::Works };
    let created = run.metadata.creation_timestamp.as_ref().map_or(tenant.as_of, our_time);
    if subjects.by_name && created > left { Fitness::Exempt } else { Fitness::Refused }
}

/// One row for the Run itself, so that an empty plan is remembered as well.
fn own_row(tenant: &Tenant, run: &Run, key: &str, uid: &str, reason: &str, draft: &mut Draft) {
    let workflow = run.spec.source.workflow.as_ref().map(|source| source.name.clone()).unwrap_or_default();
    let category = tenant.workflows.get(&workflow).map_or(Category::Mover, |workflow| workflow.spec.category);
    let mut row = tenant.row(key, "", "", &workflow, category, EntryState::Planned, tenant.as_of);
    row.run = Some(run.name_any());
    row.run_uid = Some(uid.to_owned());
    row.reason = Some(reason.to_owned());
    draft.rows.push(row);
}

struct Chosen<'a> {
    usable: &'a Usable,
    people: &'a [Person],
    names: Vec<String>,
    /// The Run names them itself.
    by_name: bool,
}

/// Whom a Run is for. An error with a reason ends the Run, one without waits for another evaluation.
fn choose<'a>(tenant: &'a Tenant, run: &Run) -> Result<Chosen<'a>, Option<&'static str>> {
    let source = run.spec.source.workflow.as_ref().ok_or(Some(NOT_AVAILABLE))?;
    if run.spec.execution_type != ExecutionType::OnDemand || run.spec.undo.is_some() {
        return Err(Some(NOT_AVAILABLE));
    }
    if tenant.workflows.get(&source.name).is_some_and(|workflow| !workflow.spec.is_enabled) {
        return Err(Some(WORKFLOW_DISABLED));
    }
    // Not Ready today may be Ready soon: the Run waits, and its status says so.
    let usable = tenant.usable.get(&source.name).ok_or(None)?;
    if source.version.is_some_and(|version| version != usable.compiled.version) {
        return Err(Some("VersionNotCurrent"));
    }
    let Some(Reading::People(people)) = tenant.readings.get(&usable.directory) else { return Err(None) };
    let subjects = run.spec.subjects.clone().unwrap_or_default();
    let (names, by_name) = match subjects {
        RunSubjects { users: Some(users), .. } => (users.into_iter().collect::<BTreeSet<_>>().into_iter().collect(), true),
        RunSubjects { group: Some(group), .. } => {
            (people.iter().filter(|person| person.groups.contains(&group)).map(|person| person.name.clone()).collect(), false)
        }
        RunSubjects { scope: Some(scope), .. } => (in_scope(tenant, usable, people, scope.rule.as_deref(), tenant.as_of)?, false),
        _ => return Err(Some(NOT_AVAILABLE)),
    };
    Ok(Chosen { usable, people, names, by_name })
}

fn in_scope(
    tenant: &Tenant,
    usable: &Usable,
    people: &[Person],
    rule: Option<&str>,
    now: DateTime<Utc>,
) -> Result<Vec<String>, Option<&'static str>> {
    let vocabulary = vocabulary(Some(&tenant.directories[&usable.directory].spec));
    let own = rule.map(|rule| Rule::parse_with(rule, &vocabulary)).transpose().map_err(|_| Some("InvalidRule"))?;
    let fits = |person: &&Person| match &own {
        Some(rule) => rule.evaluate(&person.attributes, now) == Truth::True,
        None => usable.compiled.in_scope(person, now) == Truth::True,
    };
    Ok(people.iter().filter(fits).map(|person| person.name.clone()).collect())
}
