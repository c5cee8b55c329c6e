//! What makes a subject due.

use chrono::NaiveTime;

/// What makes a subject due.
#[derive(Clone, Debug)]
pub enum Trigger {
    /// Relative to a date.
    Time {
        /// The date attribute.
        attribute: String,
        /// Days after it.
        offset_in_days: i32,
        /// Time of day in place of the date's own.
        at: Option<NaiveTime>,
    },
    /// A change of one of the attributes.
    Change {
        /// The attributes.
        attributes: Vec<String>,
    },
    /// A change of the membership in a group.
    Membership {
        /// The group.
        group: String,
        /// true: became a member; false: is no longer one.
        joined: bool,
    },
    /// Days since the last sign-in.
    Inactivity {
        /// How many.
        days: i32,
        /// Who never signed in counts from the creation of the account.
        since_created: bool,
    },
    /// Too few sponsors.
    Sponsors {
        /// How many are enough.
        minimum: i32,
    },
}
