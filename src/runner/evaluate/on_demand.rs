//! Runs that people made: planned by the same evaluation and sealed by the same PUT (design 3.1 rule 9).

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use kube::ResourceExt;

use crate::api::reasons::{ALREADY_PROCESSED, NOT_AVAILABLE, RESTORED_WHILE_RUNNING, WORKFLOW_DISABLED};
use crate::api::run::{ExecutionType, RunPlan, RunSubjects};
use crate::api::{Category, EntryState, Run, RunSlice};
use crate::cluster::events::our_time;
use crate::domain::epochs::is_valid;
use crate::domain::identity::digest;
use crate::domain::subject::Person;
use crate::domain::validate::vocabulary;
use crate::rule::{Rule, Truth};

use super::decide::is_scheduled;
use super::departure::People;
use super::draft::Draft;
use super::plan::plan_of;
use super::tenant::{Reading, Tenant, Usable};
use super::wanted::{Fitness, Wanted};

/// Bytes of the hash of what a Run asks for.
const SPEC_HASH_BYTES: usize = 16;

/// Whether the plan in the status counts.
fn in_force(tenant: &Tenant, run: &Run) -> bool {
    run.status.as_ref().and_then(|status| status.plan.as_ref()).is_some_and(|plan| is_valid(&tenant.head, plan.epoch))
}

/// The slices of each Run.
type Slices<'t> = BTreeMap<&'t str, Vec<&'t RunSlice>>;

/// The people of a directory as Runs ask for them, found once for all Runs.
struct Roll<'t> {
    by_name: BTreeMap<&'t str, &'t Person>,
    /// The members of each group, in the order of the directory.
    members: BTreeMap<&'t str, Vec<&'t str>>,
}

impl<'t> Roll<'t> {
    fn of(people: &'t [Person]) -> Self {
        let mut members: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for person in people {
            for group in person.groups.iter().collect::<BTreeSet<_>>() {
                members.entry(group).or_default().push(&person.name);
            }
        }
        Self { by_name: people.iter().map(|person| (person.name.as_str(), person)).collect(), members }
    }
}

/// By the name of the directory.
type Rolls<'t> = BTreeMap<&'t str, Roll<'t>>;

/// Wants the subjects of every Run that has no plan yet, and repairs plans that were lost with a status.
pub(super) fn want(tenant: &Tenant, people: &People<'_>, draft: &mut Draft, wanted: &mut Vec<Wanted>) {
    let (slices, mut rolls) = (tenant.slices_by_run(), Rolls::new());
    for run in &tenant.runs {
        if in_force(tenant, run) {
            continue;
        }
        let name = run.name_any();
        if is_scheduled(run) {
            if let Some(plan) = repaired(&slices, &name, None) {
                draft.plans.insert(name, plan);
            }
            continue;
        }
        want_run(tenant, people, run, (&slices, &mut rolls), draft, wanted);
    }
}

/// The plan as the Run's valid slices have it.
fn repaired(slices: &Slices<'_>, run: &str, reason: Option<&str>) -> Option<RunPlan> {
    let mut slices = slices.get(run)?.clone();
    let newest = slices.iter().map(|slice| slice.spec.epoch).max()?;
    slices.retain(|slice| slice.spec.epoch == newest);
    slices.sort_by_key(|slice| slice.spec.index);
    Some(plan_of(&slices, reason))
}

fn empty_plan(tenant: &Tenant, version: i32, reason: &str) -> RunPlan {
    let reason = Some(reason.to_owned());
    RunPlan { epoch: tenant.epoch, hash: String::new(), version, subjects: 0, slices: 0, counted: 0, scope: 0, due_date_time: None, reason }
}

fn want_run<'t>(
    tenant: &'t Tenant,
    people: &People<'_>,
    run: &Run,
    (slices, rolls): (&Slices<'t>, &mut Rolls<'t>),
    draft: &mut Draft,
    wanted: &mut Vec<Wanted>,
) {
    let name = &run.name_any();
    let hash = digest(&run.spec, SPEC_HASH_BYTES);
    let uid = run.uid().unwrap_or_default();
    let own_key = tenant.keys.run_occurrence(name, &hash, "");
    let version = run.spec.source.workflow.as_ref().and_then(|source| source.version).unwrap_or(0);
    if let Some(row) = tenant.ledger.get(&own_key) {
        let same = row.run_uid.as_deref() == Some(uid.as_str());
        let of_run = slices.get(name.as_str()).into_iter().flatten();
        let unfinished = of_run.flat_map(|slice| &slice.spec.results).any(|result| !result.processing_status.is_final());
        let plan = match (same, unfinished) {
            (true, _) => repaired(slices, name, None)
                .unwrap_or_else(|| empty_plan(tenant, version, row.reason.as_deref().unwrap_or(ALREADY_PROCESSED))),
            (false, true) => {
                repaired(slices, name, Some(RESTORED_WHILE_RUNNING)).unwrap_or_else(|| empty_plan(tenant, version, RESTORED_WHILE_RUNNING))
            }
            (false, false) => empty_plan(tenant, version, ALREADY_PROCESSED),
        };
        draft.plans.insert(name.to_owned(), plan);
        return;
    }
    let subjects = match choose(tenant, run, rolls) {
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
    for subject in &subjects.names {
        let person = subjects.roll.by_name.get(subject.as_str()).copied();
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
fn is_kept(people: &People<'_>, subjects: &Chosen<'_, '_>, key: &str) -> bool {
    subjects.usable.compiled.tasks.deletes && people.get(key).is_some_and(|(_, seen)| seen.employment.forbids_deletion())
}

/// Joiner and mover work is not for who has left, unless the Run names them and was made after they had.
fn on_leave(tenant: &Tenant, people: &People<'_>, run: &Run, subjects: &Chosen<'_, '_>, key: &str) -> Fitness {
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

struct Chosen<'r, 't> {
    usable: &'t Usable,
    roll: &'r Roll<'t>,
    names: Vec<String>,
    /// The Run names them itself.
    by_name: bool,
}

/// Whom a Run is for. An error with a reason ends the Run, one without waits for another evaluation.
fn choose<'r, 't>(tenant: &'t Tenant, run: &Run, rolls: &'r mut Rolls<'t>) -> Result<Chosen<'r, 't>, Option<&'static str>> {
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
    let roll = &*rolls.entry(&usable.directory).or_insert_with(|| Roll::of(people));
    let subjects = run.spec.subjects.clone().unwrap_or_default();
    let (names, by_name) = match subjects {
        RunSubjects { users: Some(users), .. } => (users.into_iter().collect::<BTreeSet<_>>().into_iter().collect(), true),
        RunSubjects { group: Some(group), .. } => {
            (roll.members.get(group.as_str()).into_iter().flatten().map(|name| (*name).to_owned()).collect(), false)
        }
        RunSubjects { scope: Some(scope), .. } => (in_scope(tenant, usable, people, scope.rule.as_deref(), tenant.as_of)?, false),
        _ => return Err(Some(NOT_AVAILABLE)),
    };
    Ok(Chosen { usable, roll, names, by_name })
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
