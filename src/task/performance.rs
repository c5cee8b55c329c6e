//! What one task of one subject is performed with.

use chrono::{DateTime, Utc};

use super::post::Post;
use crate::api::Task;
use crate::api::tenant_schedule::MailSettings;
use crate::directory::Directory;
use crate::domain::change::Change;
use crate::domain::subject::SubjectRef;

/// What one task of one subject is performed with.
pub struct Performance<'a> {
    /// Where the subject lives.
    pub directory: &'a dyn Directory,
    /// The subject.
    pub subject: &'a SubjectRef,
    /// Key of the occurrence; with the task's name it makes the identity of a mail.
    pub occurrence: &'a str,
    /// The task.
    pub task: &'a Task,
    /// What is to be done, as it was written down.
    pub changes: &'a [Change],
    /// The tenant: its namespace.
    pub tenant: &'a str,
    /// The instant of the performance.
    pub now: DateTime<Utc>,
    /// Secure source of random bytes; of the seed in simulation.
    pub random: &'a (dyn Fn() -> [u8; 32] + Send + Sync),
    /// Where mails leave.
    pub post: &'a dyn Post,
    /// The tenant's mail settings.
    pub mail: &'a MailSettings,
}
