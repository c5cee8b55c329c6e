//! Per person one thing at a time: who waits for whom and what a leaver takes the place of (design 3.1 rule 7).

use chrono::{DateTime, Utc};

use crate::api::Category;

use super::subject::DateReading;

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
}

/// A leaver's work of the person that was planned earlier.
#[derive(Clone, Debug)]
pub struct EarlierLeaver {
    /// Key of the occurrence.
    pub key: String,
    /// The due instant.
    pub due: DateTime<Utc>,
}

/// What becomes of a candidate.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Placement {
    /// It is planned after other work: `after` are other candidates, `slices` older slices; `supersedes` are older
    /// slices whose work it takes the place of.
    Planned {
        /// Other candidates that come first.
        after: Vec<usize>,
        /// Older slices that come first.
        slices: Vec<String>,
        /// Keys of older open work that is superseded, with its slice.
        supersedes: Vec<(String, String)>,
    },
    /// A leaver with that key takes its place.
    Superseded {
        /// Key of the leaver's occurrence.
        by: String,
    },
}

/// Orders one person's candidates: leaver before mover before joiner, then due instant, then workflow name. `hired`:
/// the hire date; work of a hire that is later than the leaver's due instant is not the leaver's business.
#[must_use]
pub fn place(candidates: &[Candidate], open: &[OpenWork], earlier: Option<&EarlierLeaver>, hired: DateReading) -> Vec<(usize, Placement)> {
    let mut sorted: Vec<&Candidate> = candidates.iter().collect();
    sorted.sort_by(|left, right| {
        (left.category, left.due, &left.workflow, &left.key).cmp(&(right.category, right.due, &right.workflow, &right.key))
    });
    let leaver = latest_leaver(&sorted, earlier);
    let mut placed = Vec::with_capacity(sorted.len());
    let mut before: Vec<usize> = Vec::new();
    for candidate in sorted {
        let yields = candidate.category != Category::Leaver && !candidate.exempt;
        if let Some(leaver) = leaver.as_ref().filter(|leaver| yields && is_covered(hired, leaver.due)) {
            placed.push((candidate.id, Placement::Superseded { by: leaver.key.clone() }));
            continue;
        }
        let is_superseded = |work: &&OpenWork| {
            candidate.category == Category::Leaver && work.category != Category::Leaver && is_covered(hired, candidate.due)
        };
        let supersedes = open.iter().filter(is_superseded).map(|work| (work.key.clone(), work.slice.clone())).collect();
        let slices = open.iter().filter(|work| !is_superseded(work)).map(|work| work.slice.clone()).collect();
        placed.push((candidate.id, Placement::Planned { after: before.clone(), slices, supersedes }));
        before.push(candidate.id);
    }
    placed
}

fn latest_leaver(sorted: &[&Candidate], earlier: Option<&EarlierLeaver>) -> Option<EarlierLeaver> {
    sorted
        .iter()
        .filter(|candidate| candidate.category == Category::Leaver)
        .map(|candidate| EarlierLeaver { key: candidate.key.clone(), due: candidate.due })
        .chain(earlier.cloned())
        .max_by(|left, right| left.due.cmp(&right.due).then_with(|| left.key.cmp(&right.key)))
}

/// Whether a leaver due at `due` covers the joiner and mover work of a person hired then: unless the hire date is known
/// to be later. Without a hire date, or with one that cannot be read, off-boarding wins.
fn is_covered(hired: DateReading, due: DateTime<Utc>) -> bool {
    match hired {
        DateReading::Known(date) => date.instant <= due,
        DateReading::Absent | DateReading::Unknown => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::dates::{DateOnly, DateValue};
    use crate::domain::subject::DatedValue;

    fn day(number: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + chrono::TimeDelta::days(number)
    }

    fn hired(number: i64) -> DateReading {
        DateReading::Known(DatedValue::new(DateValue::Day(day(number).date_naive()), chrono_tz::UTC, DateOnly::StartOfDay))
    }

    fn candidate(id: usize, category: Category, due: i64) -> Candidate {
        Candidate { id, category, due: day(due), workflow: format!("w{id}"), key: format!("k{id}"), exempt: false }
    }

    #[test]
    fn leaver_takes_the_place_of_mover_and_joiner() {
        let placed = place(
            &[candidate(0, Category::Joiner, 1), candidate(1, Category::Mover, 2), candidate(2, Category::Leaver, 3)],
            &[],
            None,
            hired(1),
        );
        assert_eq!(placed[0].0, 2);
        assert_eq!(placed[1], (1, Placement::Superseded { by: "k2".to_owned() }));
        assert_eq!(placed[2], (0, Placement::Superseded { by: "k2".to_owned() }));
    }

    #[test]
    fn a_later_hire_runs_after_the_leaver() {
        let placed = place(&[candidate(0, Category::Joiner, 5), candidate(1, Category::Leaver, 3)], &[], None, hired(5));
        assert_eq!(placed[1], (0, Placement::Planned { after: vec![1], slices: vec![], supersedes: vec![] }));
    }

    #[test]
    fn an_earlier_leaver_covers_a_joiner_that_catches_up() {
        let earlier = EarlierLeaver { key: "l".to_owned(), due: day(10) };
        for (name, hire, superseded) in [
            ("hired before", hired(9), true),
            ("hired that day", hired(10), true),
            ("hired again", hired(11), false),
            ("no hire date", DateReading::Absent, true),
            ("unreadable", DateReading::Unknown, true),
        ] {
            let placed = place(&[candidate(0, Category::Joiner, 9)], &[], Some(&earlier), hire);
            assert_eq!(matches!(placed[0].1, Placement::Superseded { .. }), superseded, "{name}");
        }
    }

    #[test]
    fn open_work_is_superseded_or_waited_for() {
        let open = [
            OpenWork { key: "j".to_owned(), slice: "sj".to_owned(), category: Category::Joiner },
            OpenWork { key: "l".to_owned(), slice: "sl".to_owned(), category: Category::Leaver },
        ];
        let placed = place(&[candidate(0, Category::Leaver, 3)], &open, None, hired(1));
        assert_eq!(
            placed[0].1,
            Placement::Planned { after: vec![], slices: vec!["sl".to_owned()], supersedes: vec![("j".to_owned(), "sj".to_owned())] }
        );
        let placed = place(&[candidate(0, Category::Joiner, 3)], &open, None, hired(1));
        assert_eq!(placed[0].1, Placement::Planned { after: vec![], slices: vec!["sj".to_owned(), "sl".to_owned()], supersedes: vec![] });
    }

    #[test]
    fn order_is_category_then_due_then_name() {
        let placed = place(
            &[candidate(0, Category::Joiner, 1), candidate(1, Category::Mover, 9), candidate(2, Category::Mover, 8)],
            &[],
            None,
            hired(1),
        );
        assert_eq!(placed.iter().map(|entry| entry.0).collect::<Vec<_>>(), [2, 1, 0]);
        assert_eq!(placed[2].1, Placement::Planned { after: vec![2, 1], slices: vec![], supersedes: vec![] });
    }
}
