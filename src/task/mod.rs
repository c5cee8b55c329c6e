//! What a task does to a subject: it is observed, the Changes follow from that (`domain/change`), and they are done.
//!
//! What stays in the house is written by `directory/effects`; mails leave from here.

mod locale;
mod mail;
mod observe;
mod performance;
pub mod post;
#[cfg(test)]
mod tests;
mod values;

use crate::api::Task;
use crate::api::reasons::Reason;
use crate::api::task::OnUncertain;
use crate::directory::effects::apply;
use crate::directory::{Applied, Effect, HeldEntry};
use crate::domain::change::{Change, Wanted, wanted};
use crate::domain::fault::Fault;
use crate::domain::mail::MailKind;

use mail::Ordered;
pub use observe::{Asked, Observation, observe};
pub use performance::Performance;

/// Whether the task must not be done again when nobody knows whether it was done.
#[must_use]
pub fn is_once_only(task: &Task) -> bool {
    task.on_uncertain != OnUncertain::Repeat && wanted(task).is_some_and(Wanted::leaves_the_house)
}

/// What comes of a task that is done once only, and of which nobody knows whether it was done.
///
/// # Errors
/// [`Fault`] where the task says that it then fails.
pub fn leave_uncertain(task: &Task) -> Result<Effect, Fault> {
    match task.on_uncertain {
        OnUncertain::Repeat | OnUncertain::Skip => {
            Ok(Effect::DoneBut("it may have been done, or not, and is not done again (onUncertain: Skip)".to_owned()))
        }
        OnUncertain::Fail => {
            let message = "it may have been done, or not, and is not done again (onUncertain: Fail)";
            Err(Fault::permanent(Reason::Uncertain, message.to_owned()))
        }
    }
}

/// Does the Changes of one task. `seen`: the subject's entry as it was last read or written; the newest one afterwards. What
/// leaves the house leaves only where what stays is in force.
///
/// # Errors
/// [`Fault`] says whether trying again can help.
pub async fn perform(performance: &Performance<'_>, seen: &mut Option<HeldEntry>) -> Result<Applied, Fault> {
    let Performance { directory, subject, changes, now, .. } = performance;
    directory.capabilities().check(changes)?;
    let (leaves, stays): (Vec<Change>, Vec<Change>) = changes.iter().cloned().partition(Change::leaves_the_house);
    if apply(*directory, &subject.name, &stays, seen, *now).await? == Applied::Conflict {
        return Ok(Applied::Conflict);
    }
    for change in leaves {
        match change {
            Change::SendMail { kind, to } => mail::send(performance, Ordered { kind, to: &to, pass_minutes: None }).await?,
            // Whether it works once only is for a directory to see to; the mail does not say it.
            Change::IssuePass { lifetime_minutes, is_usable_once: _, to } => {
                let (kind, pass_minutes) = (MailKind::AccessPass, Some(lifetime_minutes));
                mail::send(performance, Ordered { kind, to: &to, pass_minutes }).await?;
            }
            Change::Call { .. } => return Err(Fault::unavailable("runCustomTaskExtension")),
            Change::SetEnabled(_)
            | Change::SetAttributes(_)
            | Change::RevokeSessions
            | Change::AddMember { .. }
            | Change::RemoveMember { .. }
            | Change::AssignLicence { .. }
            | Change::RemoveLicence { .. }
            | Change::TransferSponsorship { .. }
            | Change::Delete => {}
        }
    }
    Ok(Applied::Done)
}
