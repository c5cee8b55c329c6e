//! Due, missed, history: rule 5 of the protocol (design 3.1).

use chrono::{DateTime, TimeDelta, Utc};

/// What a workflow's evaluation knows about time.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// The instant of the evaluation.
    pub as_of: DateTime<Utc>,
    /// The catch-up window.
    pub window: TimeDelta,
    /// How long a person's attributes must be still before their changes are due.
    pub stillness: TimeDelta,
    /// When scheduling was activated.
    pub activated_at: DateTime<Utc>,
    /// The last sealed evaluation that covered the workflow.
    pub last_sealed_at: Option<DateTime<Utc>>,
}

/// What an occurrence is, as of an instant.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Verdict {
    /// Due later.
    NotYet,
    /// To be planned, unless an entry says that it is consumed.
    Due,
    /// Its window went by although nobody can be blamed for having known: to be recorded.
    Missed,
    /// Older than anything that this workflow answers for.
    History,
}

/// When scheduling counts as activated: at the first evaluation, and anew after the Workflow itself was disabled, not
/// scheduled or absent for longer than its window. A tenant that stood still, and a Workflow that was not Ready, change
/// nothing: who was due meanwhile is missed, not history.
#[must_use]
pub fn activation(
    activated_at: Option<DateTime<Utc>>,
    idle_since: Option<DateTime<Utc>>,
    window: TimeDelta,
    as_of: DateTime<Utc>,
) -> DateTime<Utc> {
    match activated_at {
        Some(activated) if idle_since.is_none_or(|idle| as_of - idle <= window) => activated,
        _ => as_of,
    }
}

/// Judges an occurrence by its due instant. `news`: since the last sealed evaluation the date, the offset or the zone
/// changed, the subject was first seen, or the value had been unknown.
///
/// The window is closed at both ends: as LCW has it, an occurrence that is exactly one window old is still due.
#[must_use]
pub fn judge(due: DateTime<Utc>, news: bool, moment: &Moment) -> Verdict {
    if due > moment.as_of {
        return Verdict::NotYet;
    }
    if due >= moment.as_of - moment.window {
        return Verdict::Due;
    }
    let unseen = news || moment.last_sealed_at.is_some_and(|sealed| due > sealed);
    if due >= moment.activated_at && unseen { Verdict::Missed } else { Verdict::History }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().expect("an instant")
    }

    #[test]
    fn rule_5() {
        let as_of = at("2026-03-10T12:00:00Z");
        let base = Moment {
            as_of,
            window: TimeDelta::days(3),
            stillness: TimeDelta::zero(),
            activated_at: at("2026-01-01T00:00:00Z"),
            last_sealed_at: Some(at("2026-03-05T00:00:00Z")),
        };
        let cases = [
            ("later", "2026-03-10T12:00:01Z", false, Verdict::NotYet),
            ("at the instant", "2026-03-10T12:00:00Z", false, Verdict::Due),
            ("exactly one window old", "2026-03-07T12:00:00Z", false, Verdict::Due),
            ("past the window, after the last evaluation", "2026-03-07T11:59:59Z", false, Verdict::Missed),
            ("past the window, before the last evaluation", "2026-03-04T00:00:00Z", false, Verdict::History),
            ("past the window, before it, but new", "2026-03-04T00:00:00Z", true, Verdict::Missed),
            ("before the activation, though new", "2025-12-31T00:00:00Z", true, Verdict::History),
        ];
        for (name, due, news, expected) in cases {
            assert_eq!(judge(at(due), news, &base), expected, "{name}");
        }
    }

    #[test]
    fn the_examples_of_lcw_5_2() {
        // Offset and days until the hire date (negative: ago) on the day of the evaluation, window three days.
        let as_of = at("2026-03-10T00:00:00Z");
        let moment = Moment { as_of, window: TimeDelta::days(3), stillness: TimeDelta::zero(), activated_at: as_of, last_sealed_at: None };
        for (name, offset, days_until, expected) in [
            ("offset -7, hire date in 10 days: runs when due", -7, 10, Verdict::NotYet),
            ("offset -7, hire date in 7 days", -7, 7, Verdict::Due),
            ("offset -7, hire date in 5 days: two days late", -7, 5, Verdict::Due),
            ("offset -7, hire date in 3 days: does not run", -7, 3, Verdict::History),
            ("offset 0, hired yesterday, account made today", 0, -1, Verdict::Due),
            ("offset -4, hire date one day away: the boundary", -4, 1, Verdict::Due),
            ("offset +7, hired 10 days ago: the boundary", 7, -10, Verdict::Due),
            ("offset +7, hired 8 days ago", 7, -8, Verdict::Due),
        ] {
            let due = as_of + TimeDelta::days(days_until) + TimeDelta::days(offset);
            assert_eq!(judge(due, false, &moment), expected, "{name}");
        }
    }

    #[test]
    fn activation_starts_anew_only_if_the_workflow_itself_was_idle_for_longer_than_its_window() {
        let (start, window) = (at("2026-01-01T00:00:00Z"), TimeDelta::days(3));
        let idle = at("2026-02-01T00:00:00Z");
        let cases = [
            ("never evaluated", None, None, idle, idle),
            ("never idle, however long ago", Some(start), None, at("2027-02-01T00:00:00Z"), start),
            ("idle for its window", Some(start), Some(idle), idle + window, start),
            ("idle for longer", Some(start), Some(idle), idle + window + TimeDelta::seconds(1), idle + window + TimeDelta::seconds(1)),
        ];
        for (what, activated, idle, as_of, expected) in cases {
            assert_eq!(activation(activated, idle, window, as_of), expected, "{what}");
        }
    }
}
