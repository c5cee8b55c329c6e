//! What the table says about one task.

/// One task with everything that is known about it. Every field must be filled in, so that no case is forgotten.
pub struct Spec {
    /// Member of the task union.
    pub member: &'static str,
    /// Its arguments, as JSON.
    pub arguments: &'static str,
    /// What the subject's account has besides the common one: a merge patch.
    pub account: &'static str,
    /// What the effect changes: merge patches by account.
    pub changes: &'static [Change],
    /// Mails that leave.
    pub mails: usize,
    /// The before-image; `null` for a task that has nothing to take back.
    pub before: &'static str,
    /// What comes of it.
    pub does_it: Outcome,
    /// What comes of it where everything is as wanted already.
    pub already_so: Case,
    /// What the task names is not there.
    pub target_missing: Case,
    /// What the task names is somebody else's to manage.
    pub managed_elsewhere: Case,
    /// The subject lacks what the task needs.
    pub attribute_missing: Case,
    /// Trying again cannot help.
    pub permanent_failure: Case,
    /// Whatever else there is to know.
    pub further: &'static [When],
}

/// A merge patch of the spec of one account.
pub type Change = (&'static str, &'static str);

/// How an outcome reads: `done`, `done: words`, `already: words`, `fails Reason: words`, `tries again Reason: words`.
pub type Outcome = &'static str;

/// A case of a task.
pub enum Case {
    /// It can come about.
    When(When),
    /// What the effect has left behind is such a state: it is done twice.
    Twice(Outcome),
    /// It cannot, for this reason.
    Never(&'static str),
}

/// A world that differs from the common one, and what comes of the task there.
pub struct When {
    /// Merge patches of objects by kind and name; `null` deletes.
    pub world: &'static [(&'static str, &'static str, &'static str)],
    /// What comes of it.
    pub outcome: Outcome,
    /// What it changes.
    pub changes: &'static [Change],
}

/// A case in which nothing changes.
pub const fn fails(world: &'static [(&'static str, &'static str, &'static str)], outcome: Outcome) -> Case {
    Case::When(When { world, outcome, changes: &[] })
}
