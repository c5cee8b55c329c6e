//! What went wrong outside: one taxonomy for directories, mail servers and the Kubernetes API. Whether something is tried
//! again, and when, is asked of the class, never of a text.

use crate::api::reasons::Reason;

/// What an answer means for what comes next.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum FaultClass {
    /// Nothing was done, and trying again can help.
    Transient,
    /// It was said about this very thing that it cannot be done: trying again cannot help.
    Permanent,
    /// We may not do it, or not look at it. Nothing was done, and asking at once cannot help any more, for a server that starts
    /// was given its time; but a right that was taken away may be given back.
    Denied,
    /// It is not known: whether it was done, or what is there. What can be done twice is read again and done again; what
    /// leaves the house once only is uncertain.
    Unknown,
}

impl FaultClass {
    /// Whether trying again can help, now or later.
    #[must_use]
    pub const fn is_passing(self) -> bool {
        match self {
            Self::Transient | Self::Denied | Self::Unknown => true,
            Self::Permanent => false,
        }
    }
}

/// Why something was not done, or could not be read.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{reason}: {message}")]
pub struct Fault {
    /// What it means.
    pub class: FaultClass,
    /// One word for programs.
    pub reason: Reason,
    /// What happened, or is in the way; ids only.
    pub message: String,
}

impl Fault {
    /// Trying again can help.
    #[must_use]
    pub const fn transient(reason: Reason, message: String) -> Self {
        Self { class: FaultClass::Transient, reason, message }
    }

    /// Trying again cannot help.
    #[must_use]
    pub const fn permanent(reason: Reason, message: String) -> Self {
        Self { class: FaultClass::Permanent, reason, message }
    }

    /// We may not.
    #[must_use]
    pub const fn denied(reason: Reason, message: String) -> Self {
        Self { class: FaultClass::Denied, reason, message }
    }

    /// Nobody knows whether it was done.
    #[must_use]
    pub const fn unknown(reason: Reason, message: String) -> Self {
        Self { class: FaultClass::Unknown, reason, message }
    }

    /// This release cannot do the task.
    #[must_use]
    pub fn unavailable(member: &str) -> Self {
        Self::permanent(Reason::TaskUnavailable, format!("this release does not do {member}"))
    }

    /// What is there is not what this program knows: nothing is known of it until somebody mends it.
    #[must_use]
    pub const fn unreadable(message: String) -> Self {
        Self::unknown(Reason::Unreadable, message)
    }

    /// Whether trying again can help, now or later.
    #[must_use]
    pub const fn is_passing(&self) -> bool {
        self.class.is_passing()
    }

    /// Whether it is tried again at once, within the attempt. Rights do not come back as fast, and what cannot be read stays so
    /// until somebody mends it.
    #[must_use]
    pub const fn is_tried_at_once(&self) -> bool {
        match self.class {
            FaultClass::Transient => true,
            FaultClass::Unknown => !matches!(self.reason, Reason::Unreadable),
            FaultClass::Permanent | FaultClass::Denied => false,
        }
    }

    /// Whether somebody has to mend something before trying again can help: a right, or an object.
    #[must_use]
    pub const fn needs_somebody(&self) -> bool {
        match self.class {
            FaultClass::Denied => true,
            FaultClass::Unknown => matches!(self.reason, Reason::Unreadable),
            FaultClass::Transient | FaultClass::Permanent => false,
        }
    }

    /// Whether it leaves anybody to a later attempt whatever the task is: nobody fails for what stands in an object that cannot
    /// be read.
    #[must_use]
    pub fn leaves_anybody(&self) -> bool {
        self.class == FaultClass::Unknown && self.reason == Reason::Unreadable
    }

    /// The same, said of something that was only to be read: that a question has no answer says nothing about the person.
    /// The other classes mean the same of what is read as of what is done.
    #[must_use]
    pub fn unread(&self) -> Self {
        let class = match self.class {
            FaultClass::Permanent => FaultClass::Unknown,
            kept @ (FaultClass::Transient | FaultClass::Denied | FaultClass::Unknown) => kept,
        };
        Self { class, ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_tried_again_and_when() {
        let (unavailable, refused) = (Reason::DirectoryUnavailable, Reason::DirectoryRefused);
        let fault = |class, reason| Fault { class, reason, message: String::new() };
        // (what, the fault, it is tried again, within the attempt, it waits for somebody, and it leaves anybody whatever the task)
        let cases = [
            ("no answer to a question", fault(FaultClass::Transient, unavailable), true, true, false, false),
            ("it cannot be done", fault(FaultClass::Permanent, refused), false, false, false, false),
            ("we may not", fault(FaultClass::Denied, refused), true, false, true, false),
            ("nobody knows whether it was done", fault(FaultClass::Unknown, Reason::TimedOut), true, true, false, false),
            ("an object that is none of ours", Fault::unreadable(String::new()), true, false, true, true),
        ];
        for (what, fault, again, at_once, needs_somebody, leaves_anybody) in cases {
            assert_eq!((fault.is_passing(), fault.is_tried_at_once()), (again, at_once), "{what}");
            assert_eq!((fault.needs_somebody(), fault.leaves_anybody()), (needs_somebody, leaves_anybody), "{what}");
        }
    }

    #[test]
    fn what_a_fault_says_of_what_was_only_to_be_read() {
        let cases = [
            (FaultClass::Transient, FaultClass::Transient),
            (FaultClass::Permanent, FaultClass::Unknown),
            (FaultClass::Denied, FaultClass::Denied),
            (FaultClass::Unknown, FaultClass::Unknown),
        ];
        for (class, expected) in cases {
            let fault = Fault { class, reason: Reason::DirectoryRefused, message: "why".to_owned() };
            assert_eq!(fault.unread(), Fault { class: expected, ..fault.clone() });
            assert!(fault.unread().is_passing(), "{class:?}");
        }
    }
}
