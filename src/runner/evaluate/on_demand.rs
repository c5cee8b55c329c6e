//! Runs that people made: planned by the same evaluation and sealed by the same PUT (design 3.1 rule 9).

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use kube::ResourceExt;

use crate::api::reasons::Reason;
use crate::api::run::{ExecutionType, RunPlan, RunSubjects};
use crate::api::{Category, EntryState, Run, RunSlice};
use crate::catalog::effect_class;
use crate::cluster::events::our_time;
use crate::domain::epochs::is_valid;
use crate::domain::identity::digest;
use crate::domain::person::Who;
use crate::domain::source::Source;
use crate::domain::standing::Standing;
use crate::domain::subject::Person;
use crate::domain::validate::vocabulary;
use crate::rule::{Rule, Truth};

use super::departure::People;
use super::draft::Draft;
use super::plan::plan_of;
use super::tenant::{Reading, Tenant, Usable};
use super::wanted::{Fitness, WantedSubject};

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
pub(super) fn want(tenant: &Tenant, people: &People<'_>, draft: &mut Draft, wanted: &mut Vec<WantedSubject>) {
    let (slices, mut rolls) = (tenant.slices_by_run(), Rolls::new());
    for run in &tenant.runs {
        if in_force(tenant, run) {
            continue;
        }
        let name = run.name_any();
        if run.spec.is_scheduled() {
            if let Some(plan) = repaired(&slices, &name, None) {
                draft.plans.insert(name, plan);
            }
            continue;
        }
        want_run(tenant, people, run, (&slices, &mut rolls), draft, wanted);
    }
}

/// The plan as the Run's valid slices have it.
fn repaired(slices: &Slices<'_>, run: &str, reason: Option<Reason>) -> Option<RunPlan> {
    let mut slices = slices.get(run)?.clone();
    let newest = slices.iter().map(|slice| slice.spec.epoch).max()?;
    slices.retain(|slice| slice.spec.epoch == newest);
    slices.sort_by_key(|slice| slice.spec.index);
    Some(plan_of(&slices, reason))
}

fn empty_plan(tenant: &Tenant, version: i32, reason: Reason) -> RunPlan {
    let reason = Some(reason.to_string());
    RunPlan { epoch: tenant.epoch, hash: String::new(), version, subjects: 0, slices: 0, counted: 0, scope: 0, due_date_time: None, reason }
}

fn want_run<'t>(
    tenant: &'t Tenant,
    people: &People<'_>,
    run: &Run,
    (slices, rolls): (&Slices<'t>, &mut Rolls<'t>),
    draft: &mut Draft,
    wanted: &mut Vec<WantedSubject>,
) {
    let name = &run.name_any();
    let hash = digest(&run.spec, SPEC_HASH_BYTES);
    let uid = run.uid().unwrap_or_default();
    let own_key = tenant.keys.run_occurrence(name, &hash, "");
    let version = Source::of(run).and_then(Source::version).unwrap_or(0);
    if let Some(row) = tenant.ledger.get(&own_key) {
        let same = row.run_uid.as_deref() == Some(uid.as_str());
        let of_run = slices.get(name.as_str()).into_iter().flatten();
        let unfinished = of_run.flat_map(|slice| &slice.spec.results).any(|result| Standing::of(result).is_open());
        let plan = match (same, unfinished) {
            (true, _) => repaired(slices, name, None)
                .unwrap_or_else(|| empty_plan(tenant, version, Reason::of(row.reason.as_deref()).unwrap_or(Reason::AlreadyProcessed))),
            (false, true) => repaired(slices, name, Some(Reason::RestoredWhileRunning))
                .unwrap_or_else(|| empty_plan(tenant, version, Reason::RestoredWhileRunning)),
            (false, false) => empty_plan(tenant, version, Reason::AlreadyProcessed),
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
    own_row(tenant, run, &own_key, &uid, Reason::NobodyDue, draft);
    if subjects.names.is_empty() {
        draft.plans.insert(name.to_owned(), empty_plan(tenant, subjects.usable.compiled.version, Reason::NobodyDue));
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
        let who = person.map_or_else(|| Who::of_subject(&key), Person::who);
        wanted.push(WantedSubject::on_demand(subjects.usable, run, subject, who, occurrence, fitness, tenant.as_of));
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
fn own_row(tenant: &Tenant, run: &Run, key: &str, uid: &str, reason: Reason, draft: &mut Draft) {
    let workflow = Source::of(run).map_or("", Source::name);
    let category = tenant.workflows.get(workflow).map_or(Category::Mover, |workflow| workflow.spec.category);
    let mut row = tenant.row(key, Who::of_subject(""), "", workflow, category, EntryState::Planned, tenant.as_of);
    row.run = Some(run.name_any());
    row.run_uid = Some(uid.to_owned());
    row.reason = Some(reason.to_string());
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
fn choose<'r, 't>(tenant: &'t Tenant, run: &Run, rolls: &'r mut Rolls<'t>) -> Result<Chosen<'r, 't>, Option<Reason>> {
    let source = Source::of(run).ok_or(Some(Reason::NotAvailable))?;
    if run.spec.execution_type != ExecutionType::OnDemand || run.spec.undo.is_some() {
        return Err(Some(Reason::NotAvailable));
    }
    if tenant.workflows.get(source.name()).is_some_and(|workflow| !workflow.spec.is_enabled) {
        return Err(Some(Reason::WorkflowDisabled));
    }
    // Not Ready today may be Ready soon: the Run waits, and its status says so.
    let usable = tenant.usable.get(source.name()).ok_or(None)?;
    if source.version().is_some_and(|version| version != usable.compiled.version) {
        return Err(Some(Reason::VersionNotCurrent));
    }
    let mut tasks = usable.version.spec.template.tasks.iter().filter(|task| task.is_enabled);
    if !tasks.all(|task| effect_class(task).is_some_and(|class| run.spec.accepts(class))) {
        return Err(Some(Reason::NotAcknowledged));
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
        _ => return Err(Some(Reason::NotAvailable)),
    };
    Ok(Chosen { usable, roll, names, by_name })
}

fn in_scope(
    tenant: &Tenant,
    usable: &Usable,
    people: &[Person],
    rule: Option<&str>,
    now: DateTime<Utc>,
) -> Result<Vec<String>, Option<Reason>> {
    let vocabulary = vocabulary(Some(&tenant.directories[&usable.directory].spec));
    let own = rule.map(|rule| Rule::parse_with(rule, &vocabulary)).transpose().map_err(|_| Some(Reason::InvalidRule))?;
    let fits = |person: &&Person| match &own {
        Some(rule) => rule.evaluate(&person.attributes, now) == Truth::True,
        None => usable.compiled.in_scope(person, now) == Truth::True,
    };
    Ok(people.iter().filter(fits).map(|person| person.name.clone()).collect())
}
