//! Slicing a plan and hashing it (design 2.3): fixed at planning, so that a slice never grows past its bound.
//!
//! What a result has in names is measured, for it is known when it is planned. What an execution adds to it is bounded
//! here: words and instants by their length, what tasks say by [`info_room`], before-images and Changes by [`noted_bytes`].

use crate::api::{SubjectResult, Task, TaskResult};

use super::change::{excuse_bytes, noted_bytes};
use super::hex::encode;
use super::identity::{self, PlanIdentity};
use super::room::{stored_bytes, text_bytes};

/// Most subjects of a slice.
pub const SLICE_SUBJECTS: usize = 100;
/// Most bytes of a slice in the worst case, as the API server stores it. Few come near: the 8 `KiB` of before-images and Changes
/// that each may have are kept free for all. Smaller slices are more objects to write before the first effect, larger ones more
/// to write with each claim: by `benches/people` half and twice of this miss one of the two goals.
pub const SLICE_BYTES: usize = 512 * 1024;
/// Most subjects of one claim: what a crash can repeat (design 3.1 rule 6).
pub const CLAIM_SUBJECTS: usize = 20;

/// Bytes of a slice without its results: its names, its claim (a holder has 320), and what the API server notes in its
/// metadata.
const ENVELOPE_BYTES: usize = 6 * 1024;
/// Bytes by which a result grows without its tasks: a longer status (13), a reason (52), the attempt (24), four instants
/// with nanoseconds (60 each), and the names of its two lists (32).
const RESULT_GROWTH: usize = 13 + 52 + 24 + 4 * 60 + 32;
/// Bytes by which a task's result grows: a longer status (13), a reason (52), the names of what it says, of its before-image
/// and of its Changes (20, 11 and 13). Reasons are words of this program, of 40 bytes at most.
const TASK_GROWTH: usize = 13 + 52 + 20 + 11 + 13;
/// Bytes of the name of a slice in a list.
const NAME_BYTES: usize = 63 + 3;
/// Bytes of what all tasks of a subject say together.
const INFO_BYTES: usize = 768;
/// Bytes that each task may say at least, whatever the others said.
const INFO_LEAST: usize = 64;

fn info_bytes(tasks: usize) -> usize {
    INFO_BYTES.max(INFO_LEAST * tasks)
}

/// Bytes that the task at `index` may say, so that all tasks of the subject together keep to what was planned and those
/// that come later have some left.
#[must_use]
pub fn info_room(tasks: &[TaskResult], index: usize) -> usize {
    let others = tasks.iter().enumerate().filter(|(other, _)| *other != index);
    let taken: usize = others
        .map(|(other, task)| match &task.processing_info {
            Some(info) => text_bytes(info),
            None if other > index && !task.processing_status.is_final() => INFO_LEAST,
            None => 0,
        })
        .sum();
    info_bytes(tasks.len()).saturating_sub(taken).max(INFO_LEAST)
}

/// Most bytes that a result can come to have: as it is planned, with the names of so many slices that it is yet to get.
#[must_use]
pub fn result_bytes(planned: &SubjectResult, names: usize, tasks: &[Task]) -> usize {
    // The comma between results.
    let growth = 1 + RESULT_GROWTH + tasks.len() * TASK_GROWTH + info_bytes(tasks.len()) + noted_bytes(tasks) + excuse_bytes(tasks);
    stored_bytes(planned).saturating_add(names * NAME_BYTES + growth)
}

/// How many of the results, in their order, each slice has, by the most bytes that they can come to have. A slice that
/// is not the last has whole claims: a claim does not reach into the next one.
#[must_use]
pub fn parts(results: &[usize]) -> Vec<usize> {
    let mut parts = Vec::new();
    let mut rest = results;
    while !rest.is_empty() {
        let mut left = SLICE_BYTES - ENVELOPE_BYTES;
        let fits = |bytes: &&usize| {
            let enough = **bytes <= left;
            left = left.saturating_sub(**bytes);
            enough
        };
        let fitting = rest.iter().take(SLICE_SUBJECTS).take_while(fits).count().max(1);
        let count = if fitting < rest.len() && fitting > CLAIM_SUBJECTS { fitting - fitting % CLAIM_SUBJECTS } else { fitting };
        parts.push(count);
        rest = &rest[count..];
    }
    parts
}

/// The hash that an approval names: workflow and version, and every subject with its slice and its occurrence, in order.
#[must_use]
pub fn hash(plan: &PlanIdentity<'_>) -> String {
    format!("sha256:{}", encode(&identity::hash(plan)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::ProcessingStatus;

    #[test]
    fn slices_have_whole_claims_and_stay_below_their_bounds() {
        assert_eq!(parts(&[]), [0; 0]);
        assert_eq!(parts(&[2_000; 250]), [100, 100, 50]);
        // 94 would fit.
        assert_eq!(parts(&[5_500; 250]), [80, 80, 90]);
        assert_eq!(parts(&[20_000; 60]), [20, 20, 20]);
        // Fewer than a claim fit, and one always has a slice.
        assert_eq!(parts(&[40_000; 30]), [12, 12, 6]);
        assert_eq!(parts(&[usize::MAX, 1, SLICE_BYTES]), [1, 1, 1]);
        for size in (1_000..60_000).step_by(73) {
            for part in parts(&[size; 150]) {
                assert!(part <= SLICE_SUBJECTS && part * size + ENVELOPE_BYTES <= SLICE_BYTES, "{part} of {size} bytes");
            }
        }
    }

    #[test]
    fn what_tasks_say_is_shared() {
        let mut tasks = vec![TaskResult::default(); 3];
        assert_eq!(info_room(&tasks, 0), INFO_BYTES - 2 * INFO_LEAST);
        tasks[0].processing_info = Some("x".repeat(info_room(&tasks, 0)));
        tasks[0].processing_status = ProcessingStatus::Failed;
        assert_eq!(info_room(&tasks, 1), INFO_LEAST);
        tasks[1].processing_status = ProcessingStatus::Completed;
        // The one before had nothing to say.
        assert_eq!(info_room(&tasks, 2), 2 * INFO_LEAST);
        // An older release had 1,024 characters for each task.
        tasks[1].processing_info = Some("x".repeat(1_024));
        assert_eq!(info_room(&tasks, 2), INFO_LEAST);
        assert_eq!(info_room(&[TaskResult::default()], 0), INFO_BYTES);
        assert_eq!(info_room(&vec![TaskResult::default(); 25], 24), 25 * INFO_LEAST);
    }
}
