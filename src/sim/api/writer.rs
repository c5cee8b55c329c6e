//! A change of the store under way.

use chrono::{DateTime, Utc};

use super::resource::Resource;
use super::state::State;

/// A change of the store under way: the parts that every operation needs.
pub(super) struct Writer<'a> {
    pub state: &'a mut State,
    pub resources: &'a [Resource],
    pub now: DateTime<Utc>,
}
