//! Whose a name is (design 4): whether record and account of one name are of one person, and what is not done while
//! nobody has said.

use chrono::{DateTime, Utc};

use crate::api::{Category, Task};

use super::change::{Bearing, wanted};

/// What is known of whom a name belongs to.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Ownership {
    /// The account remembers another correlation value than the record has: somebody must say whose it is.
    pub is_reused: bool,
    /// Another subject of the directory has the same correlation value: it identifies neither.
    pub is_shared: bool,
    /// A person said then that the name is another person's now: what was seen and done before is not theirs.
    pub since: Option<DateTime<Utc>>,
}

impl Ownership {
    /// Whether what was seen or done at that instant is of the person who has the name now.
    #[must_use]
    pub fn is_theirs(&self, at: DateTime<Utc>) -> bool {
        self.since.is_none_or(|since| at >= since)
    }

    /// Whether a workflow's work is not for somebody of whom nobody knows whose the account is: joiner and mover work, and
    /// leaver work that would delete or give and takes nothing away.
    #[must_use]
    pub fn forbids(&self, category: Category, tasks: &[Task]) -> bool {
        if !self.is_reused || category != Category::Leaver {
            return self.is_reused;
        }
        let has =
            |bearing: Bearing| tasks.iter().filter(|task| task.is_enabled).filter_map(wanted).any(|wanted| wanted.bearing() == bearing);
        has(Bearing::Gives) && !has(Bearing::Takes)
    }
}

/// A correlation value, if there is one: blanks are none.
#[must_use]
pub fn correlation(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !text.is_empty())
}

/// Whether record and account are known, and of different people.
#[must_use]
pub fn is_reused(remembered: Option<&str>, known: Option<&str>) -> bool {
    matches!((remembered, known), (Some(remembered), Some(known)) if remembered != known)
}

/// What a person says about a reused name.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Answer {
    /// The same person: the value was corrected.
    Keep,
    /// Another person: the account begins anew.
    Release,
}

impl Answer {
    /// The word of the annotation.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Keep => "keep",
            Self::Release => "release",
        }
    }

    /// The text of the annotation: the answer, and the value of the record that it is about.
    #[must_use]
    pub fn text(self, known: &str) -> String {
        format!("{} {known}", self.word())
    }

    /// Reads the annotation; the value may be left out. None: it is no answer, or one about another value.
    #[must_use]
    pub fn read(text: &str, known: Option<&str>) -> Option<Self> {
        let (word, about) = text.trim().split_once(' ').map_or((text.trim(), None), |(word, about)| (word, Some(about.trim())));
        let answer = [Self::Keep, Self::Release].into_iter().find(|answer| answer.word() == word)?;
        (about.is_none() || about == known).then_some(answer)
    }
}

/// What an evaluation does about one account.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum AccountStep {
    /// Nothing.
    Nothing,
    /// The account remembers the record's value: it is the first that is known.
    Remember,
    /// The account takes the record's value.
    Keep,
    /// The account begins anew.
    Release,
    /// An answer that nobody asked for any more is taken away.
    Dismiss,
}

/// Decides about one account. `remembered` is the account's value, `known` the record's, `answer` the annotation.
#[must_use]
pub fn step(remembered: Option<&str>, known: Option<&str>, is_shared: bool, answer: Option<&str>) -> AccountStep {
    if let Some(answer) = answer {
        return match Answer::read(answer, known).filter(|_| is_reused(remembered, known)) {
            Some(Answer::Keep) => AccountStep::Keep,
            Some(Answer::Release) => AccountStep::Release,
            None => AccountStep::Dismiss,
        };
    }
    if remembered.is_none() && known.is_some() && !is_shared { AccountStep::Remember } else { AccountStep::Nothing }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_name_is_reused_if_both_values_are_known_and_differ() {
        for (remembered, known, expected) in [
            (None, None, false),
            (None, Some("7"), false),
            (Some("7"), None, false),
            (Some("7"), Some("7"), false),
            (Some("7"), Some("8"), true),
            (Some("7"), Some("07"), true),
        ] {
            assert_eq!(is_reused(remembered, known), expected, "{remembered:?} {known:?}");
        }
        for (text, expected) in [(None, None), (Some(""), None), (Some(" \t"), None), (Some(" 7 "), Some("7"))] {
            assert_eq!(correlation(text), expected, "{text:?}");
        }
    }

    #[test]
    fn what_an_evaluation_does_about_an_account() {
        let rows = [
            ("nothing is known", None, None, false, None, AccountStep::Nothing),
            ("the first value", None, Some("8"), false, None, AccountStep::Remember),
            ("a first value that is another's too", None, Some("8"), true, None, AccountStep::Nothing),
            ("the record lost its value", Some("7"), None, false, None, AccountStep::Nothing),
            ("the same", Some("7"), Some("7"), false, None, AccountStep::Nothing),
            ("the same, and another's too", Some("7"), Some("7"), true, None, AccountStep::Nothing),
            ("nobody has said", Some("7"), Some("8"), false, None, AccountStep::Nothing),
            ("nobody has said, and it is another's too", Some("7"), Some("8"), true, None, AccountStep::Nothing),
            ("the same person", Some("7"), Some("8"), false, Some("keep"), AccountStep::Keep),
            ("the same person, of this very value", Some("7"), Some("8"), false, Some("keep 8"), AccountStep::Keep),
            ("another person", Some("7"), Some("8"), false, Some(" release 8 "), AccountStep::Release),
            ("an answer about a value that is gone", Some("7"), Some("9"), false, Some("release 8"), AccountStep::Dismiss),
            ("an answer to no question", Some("7"), Some("7"), false, Some("release"), AccountStep::Dismiss),
            ("an answer where nothing is known", None, Some("8"), false, Some("release"), AccountStep::Dismiss),
            ("an answer to a record without a value", Some("7"), None, false, Some("keep"), AccountStep::Dismiss),
            ("no answer", Some("7"), Some("8"), false, Some("perhaps"), AccountStep::Dismiss),
        ];
        for (what, remembered, known, is_shared, answer, expected) in rows {
            assert_eq!(step(remembered, known, is_shared, answer), expected, "{what}");
        }
        assert_eq!(Answer::read(&Answer::Keep.text("8 b"), Some("8 b")), Some(Answer::Keep));
    }

    #[test]
    fn what_is_not_done_while_nobody_knows_whose_the_account_is() {
        let task = |member: &str| {
            let arguments = match member {
                "addUserToGroups" | "removeUserFromGroups" => json!({"groups": ["all"]}),
                _ => json!({}),
            };
            let task: Task = serde_json::from_value(json!({"name": "t", member: arguments})).expect("a task");
            task
        };
        let idle = |member: &str| Task { is_enabled: false, ..task(member) };
        let rows = [
            ("joiner", Category::Joiner, vec![task("enableUserAccount")], true),
            ("mover that only takes", Category::Mover, vec![task("removeUserFromGroups")], true),
            ("disables", Category::Leaver, vec![task("disableUserAccount")], false),
            ("disables, and then deletes", Category::Leaver, vec![task("disableUserAccount"), task("deleteUser")], false),
            ("gives, and takes", Category::Leaver, vec![task("addUserToGroups"), task("removeAllLicenses")], false),
            ("deletes", Category::Leaver, vec![task("sendEmailOnLastDay"), task("deleteUser")], true),
            ("deletes, as disabling is disabled", Category::Leaver, vec![idle("disableUserAccount"), task("deleteUser")], true),
            ("tells", Category::Leaver, vec![task("sendEmailOnLastDay")], false),
        ];
        for (what, category, tasks, expected) in rows {
            let identity = |is_reused| Ownership { is_reused, ..Ownership::default() };
            assert_eq!(identity(true).forbids(category, &tasks), expected, "{what}");
            assert!(!identity(false).forbids(category, &tasks), "{what}: the name is settled");
        }
    }

    #[test]
    fn what_was_before_a_release_is_another_person_s() {
        let at = |hour: i64| DateTime::UNIX_EPOCH + chrono::TimeDelta::hours(hour);
        let released = Ownership { since: Some(at(5)), ..Ownership::default() };
        assert_eq!([4, 5, 6].map(|hour| released.is_theirs(at(hour))), [false, true, true]);
        assert!(Ownership::default().is_theirs(at(0)));
    }
}
