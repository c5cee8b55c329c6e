//! Tasks on the account itself.

use crate::api::task::{AttributeUpdate, AttributesArguments};
use crate::directory::{Directory, DirectoryError, Effect, Lookup, Profile, Sponsored};
use crate::domain::template::{Piece, line};

use super::mail::MailError;
use super::values::{Style, Values};
use super::{Scene, TaskError};

/// Most characters of a value: the bound of the schema.
const LONGEST_VALUE: usize = 1_024;

/// enableUserAccount and disableUserAccount.
pub(super) async fn set_enabled<D: Directory>(scene: &Scene<'_, D>, enabled: bool) -> Result<Effect, TaskError> {
    Ok(scene.directory.set_account_enabled(scene.subject, enabled).await?)
}

/// deleteUser.
pub(super) async fn delete<D: Directory>(scene: &Scene<'_, D>) -> Result<Effect, TaskError> {
    Ok(scene.directory.delete_user(scene.subject).await?)
}

/// updateUserAttributes.
pub(super) async fn update<D: Directory>(scene: &Scene<'_, D>, arguments: &AttributesArguments) -> Result<Effect, TaskError> {
    let rendered = rendered(scene, &arguments.attributes).await?;
    Ok(scene.directory.update_attributes(scene.subject, &rendered).await?)
}

/// The updates with values in the place of variables: those of the person before anything of this occurrence was written,
/// so that a task that is done again writes the same again.
async fn rendered<D: Directory>(scene: &Scene<'_, D>, updates: &[AttributeUpdate]) -> Result<Vec<AttributeUpdate>, TaskError> {
    let parsed = updates.iter().map(|update| line(&update.value)).collect::<Result<Vec<_>, _>>().map_err(MailError::from)?;
    let names: Vec<&str> = parsed.iter().flat_map(|pieces| Piece::variables(pieces)).collect();
    if names.is_empty() {
        return Ok(updates.to_vec());
    }
    let user = known(scene.directory.profile(scene.subject).await)?;
    let mut user = user.ok_or_else(|| MailError::SubjectMissing(scene.subject.to_owned()))?;
    take_back(scene, &mut user)?;
    let manager: Option<Profile> = match &user.manager {
        Some(manager) if names.iter().any(|name| name.starts_with("manager")) => known(scene.directory.profile(manager).await)?,
        _ => None,
    };
    let sponsored: Vec<Sponsored> = if names.contains(&"sponsoredUsers") {
        known(scene.directory.sponsored(scene.subject).await)?.unwrap_or_default()
    } else {
        Vec::new()
    };
    let one = |(update, pieces): (&AttributeUpdate, &Vec<Piece>)| {
        let style = if matches!(pieces.as_slice(), [Piece::Variable(_)]) { Style::Copy } else { Style::Value };
        let values = Values { user: &user, manager: manager.as_ref(), sponsored: &sponsored, pass: None, now: scene.now, style };
        let value = render(pieces, &values)?;
        Ok(AttributeUpdate { attribute: update.attribute.clone(), value })
    };
    updates.iter().zip(&parsed).map(one).collect()
}

/// Makes the person what it was before the first attempt. An image that was too large to be kept leaves open whether the
/// value is marked already, and then nothing is written.
fn take_back<D>(scene: &Scene<'_, D>, user: &mut Profile) -> Result<(), TaskError> {
    for before in scene.before {
        let overlay = before.overlay.ok_or_else(|| TaskError::Impossible {
            reason: "BeforeImageMissing",
            message: "what was there before was too large to keep, so that it cannot be told whether this was done already".to_owned(),
        })?;
        for update in &before.arguments.attributes {
            user.restore(&update.attribute, overlay.get(&update.attribute).map(String::as_str));
        }
    }
    // Who the manager is may have been written as well.
    if scene.before.iter().any(|before| before.arguments.attributes.iter().any(|update| update.attribute == "manager")) {
        user.manager = user.text("manager").map(str::to_owned);
    }
    Ok(())
}

fn render(pieces: &[Piece], values: &Values<'_>) -> Result<String, TaskError> {
    let mut out = String::new();
    for piece in pieces {
        match piece {
            Piece::Text(text) => out.push_str(text),
            Piece::Variable(name) => out.push_str(&values.get(name)?),
            Piece::Break | Piece::Open(_) | Piece::OpenLink(_) | Piece::Close(_) => {}
        }
    }
    if out.chars().count() > LONGEST_VALUE {
        let message = format!("a value has more than {LONGEST_VALUE} characters with its variables");
        return Err(TaskError::Impossible { reason: "ValueTooLong", message });
    }
    Ok(out)
}

/// What a look-up found.
pub(super) fn known<T>(lookup: Lookup<T>) -> Result<Option<T>, TaskError> {
    match lookup {
        Lookup::Present(found) => Ok(Some(found)),
        Lookup::Absent => Ok(None),
        Lookup::Unknown(message) => Err(TaskError::Directory(DirectoryError::Transient { reason: "DirectoryUnavailable", message })),
    }
}
