//! Who gets a mail.

use std::collections::BTreeSet;

use lettre::Address;
use lettre::message::Mailbox;

use super::MailError;
use super::compose::{address, mailbox};
use super::texts::Audience;
use crate::directory::{Directory, Profile, Sponsored};
use crate::domain::variable::recipient;
use crate::task::TaskError;
use crate::task::account::known;

/// The people that a mail is about, as the directory has them now.
pub(super) struct Cast {
    pub user: Profile,
    /// The manager; None: there is none, or the manager is not in the directory.
    pub manager: Option<Profile>,
    /// Whom the user sponsors; read only for mails about it.
    pub sponsored: Vec<Sponsored>,
}

/// Recipients with their names, each address once.
pub(super) struct Recipients {
    pub to: Vec<Mailbox>,
    pub cc: Vec<Mailbox>,
    /// Language of the first recipient who has one.
    pub language: Option<String>,
}

impl Recipients {
    /// All of them, copies last.
    pub(super) fn all(&self) -> impl Iterator<Item = &Mailbox> {
        self.to.iter().chain(&self.cc)
    }
}

/// What a workflow says about the recipients of a mail.
#[derive(Clone, Copy)]
pub(super) struct Wanted<'a> {
    /// Who gets it if `to` is empty.
    pub audience: Audience,
    pub to: &'a [String],
    pub cc: &'a [String],
    /// Whether `to` can name attributes of the subject in the older form `User/otherMails`: for temporary access passes only.
    pub old_attributes: bool,
}

/// Somebody to write to.
struct Found {
    mailbox: Mailbox,
    language: Option<String>,
}

/// A profile by name.
///
/// # Errors
/// [`TaskError::Directory`] if it is not known whether there is one.
pub(super) async fn profile<D: Directory>(directory: &D, name: &str) -> Result<Option<Profile>, TaskError> {
    known(directory.profile(name).await)
}

/// The recipients of a mail. Whoever is named must be there and have an address; of several sponsors those who cannot be
/// written to are left out, as long as there are others.
pub(super) async fn recipients<D: Directory>(directory: &D, cast: &Cast, wanted: Wanted<'_>) -> Result<Recipients, TaskError> {
    let mut to = Vec::new();
    if wanted.to.is_empty() {
        match wanted.audience {
            Audience::User => to.push(person(&cast.user)?),
            Audience::Manager => to.push(manager(cast)?),
            Audience::CoSponsors => to.extend(several(directory, &co_sponsors(cast)).await?),
        }
    }
    for (index, entry) in wanted.to.iter().enumerate() {
        to.extend(named(directory, cast, entry, wanted.old_attributes, &format!("to[{index}]")).await?);
    }
    let mut cc = Vec::new();
    for (index, entry) in wanted.cc.iter().enumerate() {
        cc.extend(named(directory, cast, entry, false, &format!("cc[{index}]")).await?);
    }
    let language = to.iter().find_map(|found| found.language.clone());
    let mut seen = BTreeSet::new();
    let mut once = |found: Vec<Found>| -> Vec<Mailbox> {
        let mailboxes = found.into_iter().map(|found| found.mailbox);
        mailboxes.filter(|mailbox| seen.insert(mailbox.email.to_string().to_ascii_lowercase())).collect()
    };
    Ok(Recipients { to: once(to), cc: once(cc), language })
}

/// Who sponsors somebody beside the user.
fn co_sponsors(cast: &Cast) -> Vec<String> {
    let others = cast.sponsored.iter().flat_map(|guest| &guest.sponsors).filter(|name| **name != cast.user.name);
    others.cloned().collect::<BTreeSet<_>>().into_iter().collect()
}

/// The recipients that an entry of `to` or `cc` means; `place` is where it stands.
async fn named<D: Directory>(directory: &D, cast: &Cast, entry: &str, old_attributes: bool, place: &str) -> Result<Vec<Found>, TaskError> {
    if let Some(attribute) = recipient(entry, None) {
        let attribute = attribute.map_err(|_| MailError::unknown_variable(entry.trim_matches(['{', '}', ' '])))?;
        return Ok(of_attribute(&cast.user, attribute, &format!("{place}: "))?);
    }
    match entry {
        "User" => Ok(vec![person(&cast.user)?]),
        "Manager" | "Managers" => Ok(vec![manager(cast)?]),
        "Sponsors" => several(directory, &cast.user.sponsors).await,
        _ => {
            if entry.contains('@') {
                let address = address(entry).ok_or_else(|| MailError::AddressInvalid("an entry of to or cc".to_owned()))?;
                return Ok(vec![Found { mailbox: Mailbox::new(None, address), language: None }]);
            }
            if let Some(attribute) = entry.strip_prefix("User/").filter(|_| old_attributes) {
                return Ok(of_attribute(&cast.user, attribute, "")?);
            }
            let found = profile(directory, entry).await?.filter(|found| !found.is_deleted);
            let found = found.ok_or_else(|| MailError::RecipientMissing(format!("there is no User {entry:?}")))?;
            Ok(vec![person(&found)?])
        }
    }
}

/// The subject's addresses in another attribute; `place` stands before what is said of it.
fn of_attribute(user: &Profile, attribute: &str, place: &str) -> Result<Vec<Found>, MailError> {
    let what = || format!("{place}the attribute {attribute:?} of User {:?}", user.name);
    let texts: Vec<&str> = if attribute == "otherMails" {
        user.other_mails.iter().map(String::as_str).collect()
    } else {
        user.text(attribute).into_iter().collect()
    };
    if texts.is_empty() {
        return Err(MailError::AddressMissing(what()));
    }
    let read = |text| address(text).map(|address| found(user, address)).ok_or_else(|| MailError::AddressInvalid(what()));
    texts.into_iter().map(read).collect()
}

fn found(profile: &Profile, address: Address) -> Found {
    let language = profile.text("preferredLanguage").map(str::to_owned);
    Found { mailbox: mailbox(profile.text("displayName"), address), language }
}

fn person(profile: &Profile) -> Result<Found, MailError> {
    let mail = profile.text("mail").ok_or_else(|| MailError::AddressMissing(format!("User {:?}", profile.name)))?;
    let address = address(mail).ok_or_else(|| MailError::AddressInvalid(format!("the mail of User {:?}", profile.name)))?;
    Ok(found(profile, address))
}

/// The manager, who must still be there: what is said about the subject is for nobody else.
fn manager(cast: &Cast) -> Result<Found, MailError> {
    let Some(name) = &cast.user.manager else { return Err(MailError::ManagerMissing(cast.user.name.clone())) };
    match &cast.manager {
        Some(manager) if !manager.is_deleted && manager.is_enabled => person(manager),
        Some(manager) if !manager.is_deleted => {
            Err(MailError::RecipientDisabled(format!("the manager {name:?} of User {:?}", cast.user.name)))
        }
        _ => Err(MailError::RecipientMissing(format!("the manager {name:?} of User {:?} has left", cast.user.name))),
    }
}

/// Of several people those who can be written to; somebody must be.
async fn several<D: Directory>(directory: &D, names: &[String]) -> Result<Vec<Found>, TaskError> {
    let mut all = Vec::new();
    let mut problem = MailError::RecipientMissing("the subject has no sponsors".to_owned());
    for name in names {
        match profile(directory, name).await? {
            Some(sponsor) if !sponsor.is_deleted && sponsor.is_enabled => match person(&sponsor) {
                Ok(found) => all.push(found),
                Err(error) => problem = error,
            },
            _ => problem = MailError::RecipientMissing(format!("the sponsor {name:?} has left")),
        }
    }
    if all.is_empty() { Err(problem.into()) } else { Ok(all) }
}
