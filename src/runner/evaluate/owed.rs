//! What was planned and is not on its way: Runs and slices that are gone, and Runs of which nothing is heard. The domain says
//! what it is; here it is found, made again or released, and told.

use std::collections::{BTreeMap, BTreeSet};

use chrono::TimeDelta;
use kube::ResourceExt;

use crate::api::conditions::{COMPLETE, is_true};
use crate::api::{EntryState, LedgerEntry, Run, RunSlice};
use crate::domain::owed::{Owed, RunStands, lacks_results, owed};
use crate::domain::standing::Standing;

use super::draft::Draft;
use super::place;
use super::plan::plan_of;
use super::tenant::Tenant;

/// Most Runs that the head remembers as not ended: its schema's bound.
const MOST_OPEN: usize = 2_000;

/// What one evaluation found.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Rows whose results are gone: of what people asked for as well, which is told and not due again.
    pub lost: Vec<LedgerEntry>,
    /// Runs that are made again, and how many of their results are not final.
    again: BTreeMap<String, usize>,
    /// Open Runs of which nothing is heard, and how many of their results are not final.
    silent: BTreeMap<String, usize>,
}

fn has_ended(run: &Run) -> bool {
    run.status.as_ref().is_some_and(|status| is_true(&status.conditions, COMPLETE))
}

/// How a Run stands; none: whether its work is done is no question.
fn stands(tenant: &Tenant, run: &Run) -> Option<RunStands> {
    let status = run.status.as_ref()?;
    if has_ended(run) {
        return lacks_results(status).then_some(RunStands::Ended);
    }
    let heard = status.shards.iter().map(|shard| shard.updated_date_time).chain(status.scheduled_date_time).max()?;
    Some(RunStands::Open { is_held: tenant.held.contains(&run.name_any()), silent: tenant.as_of - heard })
}

/// Looks at every planned row. `life`: how long an attempt lives.
pub(super) fn find(tenant: &Tenant, life: TimeDelta) -> Found {
    let mut found = Found::default();
    if tenant.runs_only {
        return found;
    }
    let known = tenant.runs.iter().filter_map(|run| Some((run.metadata.name.as_deref()?, stands(tenant, run)?)));
    let runs: BTreeMap<&str, RunStands> = known.chain(tenant.runs_gone().into_iter().map(|name| (name, RunStands::Gone))).collect();
    for row in tenant.ledger.rows().filter(|row| row.state == EntryState::Planned) {
        let Some((run, slice)) = row.run.as_deref().zip(row.slice.as_deref()) else { continue };
        let Some(stands) = runs.get(run) else { continue };
        let is_unlisted = *stands == RunStands::Gone && tenant.head.open_runs.is_none();
        match owed(*stands, tenant.result(Some(slice), &row.key).map(Standing::of), life) {
            // Nobody wrote down which Runs were open: this one may have ended, and retention took it with its slices.
            Some(Owed::Released) if is_unlisted => {}
            Some(Owed::Released) => found.lost.push(row.clone()),
            Some(Owed::MadeAgain) => *found.again.entry(run.to_owned()).or_default() += 1,
            Some(Owed::Silent) => *found.silent.entry(run.to_owned()).or_default() += 1,
            None => {}
        }
    }
    found
}

impl Found {
    /// Puts what is made again into the draft, and what is to be told.
    pub fn put(self, tenant: &Tenant, draft: &mut Draft) {
        let slices = tenant.slices_by_run();
        for (name, count) in self.again {
            let Some(of_run) = slices.get(name.as_str()) else { continue };
            let newest = of_run.iter().map(|slice| slice.spec.epoch).max();
            let mut of_run: Vec<&RunSlice> = of_run.iter().copied().filter(|slice| Some(slice.spec.epoch) == newest).collect();
            of_run.sort_by_key(|slice| slice.spec.index);
            let Some(first) = of_run.first() else { continue };
            draft.plans.insert(name.clone(), plan_of(&of_run, None));
            let claims = of_run.iter().filter_map(|slice| slice.spec.claim.as_ref()).map(|claim| claim.attempt);
            let tried = of_run.iter().flat_map(|slice| &slice.spec.results).filter_map(|result| result.attempt);
            // The next attempt is another one than any that may still be under way.
            draft.attempts.extend(claims.chain(tried).max().map(|attempt| (name.clone(), attempt)));
            draft.runs.push(place::made_again(tenant, &name, first));
            *draft.without_result.entry(first.spec.workflow.clone()).or_default() += count;
        }
        for row in &self.lost {
            *draft.without_result.entry(row.workflow.clone()).or_default() += 1;
        }
        draft.silent = self.silent;
        draft.open_runs = open_runs(tenant, draft);
    }
}

/// The scheduled Runs that have not ended, with those that are about to be made: the next evaluation misses them if they go.
fn open_runs(tenant: &Tenant, draft: &Draft) -> Vec<String> {
    let open = tenant.runs.iter().filter(|run| run.spec.is_scheduled() && !has_ended(run));
    let names: BTreeSet<String> = open.chain(&draft.runs).map(ResourceExt::name_any).collect();
    if names.len() > MOST_OPEN {
        tracing::warn!(
            runs = names.len(),
            most = MOST_OPEN,
            "more Runs are open than the head remembers: of the others nobody is told if they go"
        );
    }
    names.into_iter().take(MOST_OPEN).collect()
}
