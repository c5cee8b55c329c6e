//! Per person one thing at a time: who waits for whom, and what gives way to an off-boarding (design 3.1 rule 7).

use chrono::{DateTime, Utc};

use crate::api::{Category, Closing};

use super::departure::Closer;

/// Work that an evaluation wants to plan for one person.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// Position in the evaluation's list.
    pub id: usize,
    /// Category of the workflow.
    pub category: Category,
    /// The due instant.
    pub due: DateTime<Utc>,
    /// Name of the workflow.
    pub workflow: String,
    /// Key of the occurrence.
    pub key: String,
    /// Joiner work that is timed by the hire date.
    pub is_of_hire: bool,
    /// What it keeps from being done, if it closes the account.
    pub closer: Option<Closer>,
    /// A person named the subject in an on-demand Run: no leaver keeps it from being done.
    pub exempt: bool,
}

/// Work for the same person that is planned and has no final result.
#[derive(Clone, Debug)]
pub struct OpenWork {
    /// Key of the occurrence.
    pub key: String,
    /// The slice.
    pub slice: String,
    /// Category of the workflow.
    pub category: Category,
    /// The due instant.
    pub due: DateTime<Utc>,
    /// Joiner work that is timed by the hire date that the person has now.
    pub is_of_hire: bool,
    /// A person named the subject in an on-demand Run after the subject had left: only who leaves anew gives it up.
    pub exempt: bool,
}

/// By what the person has left before anything is planned.
#[derive(Clone, Debug, Default)]
pub struct Departure {
    /// Work that closes the account, and stands.
    pub closers: Vec<Closer>,
    /// Key of the leave date, if the person has left by it.
    pub left: Option<String>,
    /// The hire is a return.
    pub is_return: bool,
}

/// What becomes of a candidate.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Placement {
    /// It is planned after other work: `after` are other candidates, `slices` older slices.
    Planned {
        /// Other candidates that come first.
        after: Vec<usize>,
        /// Older slices that come first.
        slices: Vec<String>,
        /// Leaver: older slices whose work gives way.
        supersedes: Vec<String>,
        /// Leaver: the person has left, or it closes the account.
        off_boards: bool,
    },
    /// Work with that key, or the leave date itself, takes its place.
    Superseded {
        /// The key.
        by: String,
    },
}

/// One person's work, placed.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Placed {
    /// The candidates, in their order.
    pub candidates: Vec<(usize, Placement)>,
    /// Open work that gives way: its key, its slice, and the key of what takes its place.
    pub superseded: Vec<(String, String, String)>,
}

/// Orders one person's candidates: leaver before mover before joiner, then due instant, then workflow name. Only who has
/// left gives way, and nobody gives way to leaver work that closes nothing.
#[must_use]
pub fn place(candidates: &[Candidate], open: &[OpenWork], departure: &Departure) -> Placed {
    let mut sorted: Vec<&Candidate> = candidates.iter().collect();
    sorted.sort_by(|left, right| {
        (left.category, left.due, &left.workflow, &left.key).cmp(&(right.category, right.due, &right.workflow, &right.key))
    });
    let closers: Vec<&Closer> = sorted.iter().filter_map(|candidate| candidate.closer.as_ref()).chain(&departure.closers).collect();
    let has_left = departure.left.is_some() || closers.iter().any(|closer| closer.closing == Closing::Leaving);
    let (anew, nothing): (Vec<&Closer>, _) = (sorted.iter().filter_map(|each| each.closer.as_ref()).collect(), Departure::default());
    let mut placed = Placed::default();
    let mut waits = Vec::new();
    for work in open {
        let (closers, departure) = if work.exempt { (&anew, &nothing) } else { (&closers, departure) };
        match gives_way(work.category, work.due, work.is_of_hire, closers, departure) {
            Some(by) => placed.superseded.push((work.key.clone(), work.slice.clone(), by)),
            None => waits.push(work.slice.clone()),
        }
    }
    let mut before: Vec<usize> = Vec::new();
    for candidate in sorted {
        let by = gives_way(candidate.category, candidate.due, candidate.is_of_hire, &closers, departure);
        if let Some(by) = by.filter(|_| !candidate.exempt) {
            placed.candidates.push((candidate.id, Placement::Superseded { by }));
            continue;
        }
        let is_leaver = candidate.category == Category::Leaver;
        let off_boards = is_leaver && (has_left || candidate.closer.is_some());
        let supersedes = placed.superseded.iter().filter(|_| is_leaver).map(|(_, slice, _)| slice.clone()).collect();
        let placement = Placement::Planned { after: before.clone(), slices: waits.clone(), supersedes, off_boards };
        placed.candidates.push((candidate.id, placement));
        before.push(candidate.id);
    }
    placed
}

/// What takes the place of work of that kind, if anything does.
fn gives_way(category: Category, due: DateTime<Utc>, is_of_hire: bool, closers: &[&Closer], departure: &Departure) -> Option<String> {
    if category == Category::Leaver {
        return None;
    }
    let newest = |closers: &mut dyn Iterator<Item = &&Closer>| {
        closers.max_by(|left, right| (left.due, &left.key).cmp(&(right.due, &right.key))).map(|closer| closer.key.clone())
    };
    let leaving = |closer: &&&Closer| closer.closing == Closing::Leaving && !(is_of_hire && closer.spares_the_hire);
    let by_date = || departure.left.clone().filter(|_| !(is_of_hire && departure.is_return));
    // What was closed because nobody used it stays closed against what newcomers were to get before.
    let state = |closer: &&&Closer| closer.closing == Closing::State && category == Category::Joiner && due < closer.due;
    newest(&mut closers.iter().filter(leaving)).or_else(by_date).or_else(|| newest(&mut closers.iter().filter(state)))
}

#[cfg(test)]
mod tests;
