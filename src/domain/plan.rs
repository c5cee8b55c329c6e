//! Slicing a plan and hashing it (design 2.3): fixed at planning, so that a slice never grows past its bound.
//!
//! What a result has in names is measured, for it is known when it is planned. What an execution adds to it is bounded
//! here: words and instants by their length, what tasks say by [`info_room`], before-images by [`before_bytes`].

use crate::api::{Action, SubjectResult, Task, TaskResult};

use super::identity::{self, PlanIdentity};
use super::keys::encode;

/// Most subjects of a slice.
pub const SLICE_SUBJECTS: usize = 100;
/// Most bytes of a slice in the worst case, as the API server stores it.
pub const SLICE_BYTES: usize = 256 * 1024;
/// Most bytes of a subject's before-images.
pub const BEFORE_BYTES: usize = 8 * 1024;
/// Most subjects of one claim: what a crash can repeat (design 3.1 rule 6).
pub const CLAIM_SUBJECTS: usize = 20;

/// Bytes of a slice without its results: its names, its claim (a holder has 320), and what the API server notes in its
/// metadata.
const ENVELOPE_BYTES: usize = 4 * 1024;
/// Bytes by which a result grows without its tasks: a longer status (13), a reason (76), the attempt (24), four instants
/// with nanoseconds (60 each), and the names of its two lists (32).
const RESULT_GROWTH: usize = 13 + 76 + 24 + 4 * 60 + 32;
/// Bytes by which a task's result grows: a longer status (13), a reason (76), the names of what it says and of its
/// before-image (20 and 11), and the word that it cannot be undone (20). Reasons are words of this program: 64 bytes are
/// twice the longest.
const TASK_GROWTH: usize = 13 + 76 + 20 + 11 + 20;
/// Bytes of the name of a slice in a list.
const NAME_BYTES: usize = 63 + 3;
/// Bytes of what all tasks of a subject say together.
const INFO_BYTES: usize = 1024;
/// Bytes that each task may say at least, whatever the others said.
const INFO_LEAST: usize = 64;
/// Most bytes of an attribute's value: 1,024 characters of four bytes.
const VALUE_BYTES: usize = 4 * 1024;

/// Bytes of a character of a text in the store. The API server also escapes what means something in HTML.
fn character_bytes(character: char) -> usize {
    match character {
        '"' | '\\' | '\n' | '\r' | '\t' => 2,
        '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\0'..='\u{1f}' => 6,
        _ => character.len_utf8(),
    }
}

/// Bytes of a text in the store, without its quotes.
fn text_bytes(text: &str) -> usize {
    text.chars().map(character_bytes).sum()
}

/// Bytes of a value in the store; a value that cannot be written has no end.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "a size, which identifies nothing")]
pub fn stored_bytes<T: serde::Serialize>(value: &T) -> usize {
    // Quotes and backslashes are escaped already.
    let bytes = |character| if matches!(character, '"' | '\\') { 1 } else { character_bytes(character) };
    serde_json::to_string(value).map_or(usize::MAX, |text| text.chars().map(bytes).sum())
}

fn list_bytes(names: &[String]) -> usize {
    names.iter().map(|name| text_bytes(name) + 3).sum::<usize>() + "{'memberOf':[]}".len()
}

/// The most that the before-image of a task can take; 0: it has none. What is not listed by name may be as much as a
/// subject may have.
fn image_bytes(task: &Task) -> usize {
    match task.action() {
        Some(Action::EnableUserAccount(_) | Action::DisableUserAccount(_)) => 32,
        Some(Action::DeleteUser(_)) => 96,
        Some(Action::AddUserToGroups(arguments) | Action::RemoveUserFromGroups(arguments)) => list_bytes(&arguments.groups),
        Some(Action::AddUserToTeams(arguments) | Action::RemoveUserFromTeams(arguments)) => list_bytes(&arguments.teams),
        Some(Action::AssignLicenses(arguments) | Action::RemoveLicenses(arguments)) => list_bytes(&arguments.licenses),
        Some(Action::UpdateUserAttributes(arguments)) => {
            let entry = |name: &str| text_bytes(name) + VALUE_BYTES + 6;
            arguments.attributes.iter().map(|update| entry(&update.attribute)).sum::<usize>() + "{'attributes':{}}".len()
        }
        Some(
            Action::RemoveUserFromAllGroups(_)
            | Action::RemoveUserFromAllTeams(_)
            | Action::RemoveAllLicenses(_)
            | Action::TransferSponsorshipsToManager(_),
        ) => BEFORE_BYTES,
        _ => 0,
    }
}

/// Most bytes of a subject's before-images, if it has these tasks: at most [`BEFORE_BYTES`]. Past them a task cannot be
/// undone.
#[must_use]
pub fn before_bytes(tasks: &[Task]) -> usize {
    tasks.iter().map(image_bytes).sum::<usize>().min(BEFORE_BYTES)
}

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

/// As much of a text as fits into so many bytes of the store.
#[must_use]
pub fn cut(text: &str, room: usize) -> String {
    let mut taken = 0;
    text.chars()
        .take_while(|character| {
            taken += character_bytes(*character);
            taken <= room
        })
        .collect()
}

/// Most bytes that a result can come to have: as it is planned, with the names of so many slices that it is yet to get.
#[must_use]
pub fn result_bytes(planned: &SubjectResult, names: usize, tasks: &[Task]) -> usize {
    // The comma between results.
    let growth = 1 + RESULT_GROWTH + tasks.len() * TASK_GROWTH + info_bytes(tasks.len()) + before_bytes(tasks);
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
        // 93 would fit.
        assert_eq!(parts(&[2_770; 250]), [80, 80, 90]);
        assert_eq!(parts(&[10_000; 60]), [20, 20, 20]);
        // Fewer than a claim fit, and one always has a slice.
        assert_eq!(parts(&[20_000; 30]), [12, 12, 6]);
        assert_eq!(parts(&[usize::MAX, 1, SLICE_BYTES]), [1, 1, 1]);
        for size in (1_000..30_000).step_by(37) {
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

    #[test]
    fn a_text_is_cut_as_it_is_stored() {
        assert_eq!(cut("no answer", 100), "no answer");
        assert_eq!(cut("no answer", 2), "no");
        assert_eq!(cut("äöü", 5), "äö");
        assert_eq!(cut("<<<", 17), "<<");
        assert_eq!(cut("\"a\"", 4), "\"a");
        for text in ["plain", "\"quoted\" and \\", "<a&b>", "line\nline\u{1}", "日本語\u{2028}"] {
            assert_eq!(stored_bytes(&text), text_bytes(text) + 2, "{text:?}");
        }
    }
}
