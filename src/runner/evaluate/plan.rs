//! The plan of a Run, as its slices have it: what an approval names and what limits count.

use kube::ResourceExt;

use crate::api::reasons::Reason;
use crate::api::run::RunPlan;
use crate::api::{RunSlice, SubjectResult};
use crate::domain::identity::PlanIdentity;
use crate::domain::plan::hash;
use crate::domain::standing::{Outcome, Progress, Standing};

/// The plan that slices make: of all their people, but for those who left it before they began.
pub(super) fn plan_of(slices: &[&RunSlice], reason: Option<Reason>) -> RunPlan {
    plan_without(slices, reason.map(Reason::as_str), |_| false)
}

/// The same, without those of whom `has_left` says that they have left it, whatever the slices say.
pub(super) fn plan_without(slices: &[&RunSlice], reason: Option<&str>, has_left: impl Fn(&SubjectResult) -> bool) -> RunPlan {
    let stays = |result: &&SubjectResult| !was_let_go(result) && !has_left(result);
    let results = || slices.iter().flat_map(|slice| &slice.spec.results).filter(stays);
    let first = slices.first().map(|slice| &slice.spec);
    let (workflow, version, epoch, scope) =
        first.map_or(("", 0, 0, 0), |data| (data.workflow.as_str(), data.version, data.epoch, data.scope));
    let names: Vec<(String, &RunSlice)> = slices.iter().map(|slice| (slice.name_any(), *slice)).collect();
    let people = names.iter().flat_map(|(name, slice)| {
        slice.spec.results.iter().filter(stays).map(|result| [name.as_str(), result.subject.as_str(), result.occurrence.as_str()])
    });
    let identity = PlanIdentity { workflow, version, people: people.collect() };
    let count = |count: usize| i32::try_from(count).unwrap_or(i32::MAX);
    RunPlan {
        epoch,
        hash: hash(&identity),
        version,
        subjects: count(results().count()),
        slices: count(slices.len()),
        counted: count(results().filter(|result| !result.already_so).count()),
        scope,
        due_date_time: results().map(|result| result.due).min(),
        reason: reason.map(str::to_owned),
    }
}

/// Whether the subject was canceled before it began because its occurrence is released, or because a leaver's work took the
/// place of a plan that stood.
fn was_let_go(result: &SubjectResult) -> bool {
    let was_let_go = match Standing::of(result) {
        Standing::Superseded { .. } => true,
        Standing::Done(Outcome::Canceled(reason)) => reason.is_some_and(Reason::is_releasable),
        Standing::Queued
        | Standing::Claimed
        | Standing::Begun
        | Standing::Done(Outcome::Completed | Outcome::CompletedWithErrors | Outcome::Failed) => false,
    };
    was_let_go && !Progress::of(result).is_claimed()
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use kube::api::ObjectMeta;

    use super::*;
    use crate::api::RunSliceData;
    use crate::api::run::ExecutionType;
    use crate::api::{Category, ProcessingStatus};

    fn slice(index: i32, people: &[(&str, &str)]) -> RunSlice {
        let result = |(subject, key): &(&str, &str)| SubjectResult {
            subject: (*subject).to_owned(),
            occurrence: (*key).to_owned(),
            processing_status: ProcessingStatus::Queued,
            ..SubjectResult::default()
        };
        let spec = RunSliceData {
            run: "join-v3-e1".to_owned(),
            run_uid: String::new(),
            execution_type: ExecutionType::Scheduled,
            workflow: "join".to_owned(),
            category: Category::Joiner,
            lineage: "l".to_owned(),
            version: 3,
            epoch: 1,
            index,
            scope: 10,
            claim: None,
            tasks: Vec::new(),
            results: people.iter().map(result).collect(),
        };
        RunSlice { metadata: ObjectMeta { name: Some(format!("join-v3-e1-{index}")), ..ObjectMeta::default() }, spec }
    }

    type Alteration = fn(&mut Vec<RunSlice>);

    /// Two slices, after a change.
    fn plan(change: Alteration) -> RunPlan {
        let mut slices = vec![slice(0, &[("ann", "k1"), ("bob", "k2")]), slice(1, &[("cid", "k3")])];
        change(&mut slices);
        plan_of(&slices.iter().collect::<Vec<_>>(), None)
    }

    #[test]
    fn the_hash_of_a_plan_is_over_version_subjects_occurrences_and_slices() {
        let own = plan(|_| {});
        assert_eq!((own.subjects, own.slices, own.version), (3, 2, 3));
        let cases: [(&str, Alteration, bool); 15] = [
            ("another workflow", |slices| slices.iter_mut().for_each(|slice| slice.spec.workflow = "off".to_owned()), false),
            ("another version", |slices| slices.iter_mut().for_each(|slice| slice.spec.version = 4), false),
            ("another subject", |slices| slices[0].spec.results[1].subject = "dee".to_owned(), false),
            ("another occurrence", |slices| slices[0].spec.results[1].occurrence = "k4".to_owned(), false),
            ("another slice", |slices| slices[1].metadata.name = Some("join-v3-e1-2".to_owned()), false),
            ("another order of slices", |slices| slices.swap(0, 1), false),
            ("somebody more", |slices| slices.push(slice(2, &[("dee", "k4")])), false),
            ("somebody less", |slices| drop(slices.pop()), false),
            ("somebody canceled by a person", |slices| cancel(slices, Reason::CanceledByRequest), true),
            ("somebody let go by an evaluation", |slices| cancel(slices, Reason::Changed), false),
            ("somebody whose turn a leaver took when it was planned", |slices| cancel(slices, Reason::Superseded), true),
            ("somebody whose place a leaver took", |slices| supersede(slices), false),
            ("progress", |slices| slices[0].spec.results[0].processing_status = ProcessingStatus::Completed, true),
            ("who waits for whom", |slices| slices[0].spec.results[0].waits_for = vec!["off-v1-e1-0".to_owned()], true),
            ("how large the scope is", |slices| slices[0].spec.scope = 11, true),
        ];
        for (what, change, is_same) in cases {
            assert_eq!(plan(change).hash == own.hash, is_same, "{what}");
        }
        let less = plan(|slices| drop(slices[0].spec.results.pop()));
        assert_eq!(plan(|slices| cancel(slices, Reason::Changed)).hash, less.hash, "who was let go is as if never planned");
        assert_eq!(plan(|slices| supersede(slices)).hash, less.hash, "nor whose place was taken");
        let slices = [slice(0, &[("ann", "k1"), ("bob", "k2")]), slice(1, &[("cid", "k3")])];
        let without = plan_without(&slices.each_ref(), Some("why"), |result| result.subject == "bob");
        assert_eq!((without.hash, without.subjects, without.reason.as_deref()), (less.hash, 2, Some("why")));
    }

    /// A leaver takes the place of what was planned for Bob.
    fn supersede(slices: &mut [RunSlice]) {
        cancel(slices, Reason::Superseded);
        slices[0].spec.results[1].superseded_date_time = Some(DateTime::UNIX_EPOCH);
    }

    /// Bob is canceled before he began.
    fn cancel(slices: &mut [RunSlice], reason: Reason) {
        let result = &mut slices[0].spec.results[1];
        result.processing_status = ProcessingStatus::Canceled;
        result.reason = Some(reason.to_string());
    }
}
