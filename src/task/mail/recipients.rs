//! Where those are written to who get a mail.

use std::collections::BTreeSet;

use lettre::Address;
use lettre::message::Mailbox;

use super::address::{address, mailbox};
use super::error::MailError;
use crate::directory::{Directory, Profile, Sponsored};
use crate::domain::fault::Fault;
use crate::domain::mail::{MailKind, Meant};

/// The people that a mail is about, as the directory has them now.
pub(super) struct People {
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

/// What a Change says about the recipients of a mail.
#[derive(Clone, Copy)]
pub(super) struct Addressees<'a> {
    pub kind: MailKind,
    pub to: &'a [String],
    pub cc: &'a [String],
}

/// Somebody to write to.
struct Found {
    mailbox: Mailbox,
    language: Option<String>,
}

/// A profile by name.
///
/// # Errors
/// [`Fault`] if it is not known whether there is one.
pub(super) async fn profile(directory: &dyn Directory, name: &str) -> Result<Option<Profile>, Fault> {
    directory.profile(name).await.known()
}

/// The recipients of a mail. Whoever is named must be there and have an address; of several sponsors those who cannot be
/// written to are left out, as long as there are others.
pub(super) async fn recipients(directory: &dyn Directory, people: &People, wanted: Addressees<'_>) -> Result<Recipients, Fault> {
    let mut to = Vec::new();
    for (index, entry) in wanted.to.iter().enumerate() {
        to.extend(meant(directory, people, wanted.kind.meant(entry, false), &format!("to[{index}]")).await?);
    }
    let mut cc = Vec::new();
    for (index, entry) in wanted.cc.iter().enumerate() {
        cc.extend(meant(directory, people, wanted.kind.meant(entry, true), &format!("cc[{index}]")).await?);
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
fn co_sponsors(people: &People) -> Vec<String> {
    let others = people.sponsored.iter().flat_map(|guest| &guest.sponsors).filter(|name| **name != people.user.name);
    others.cloned().collect::<BTreeSet<_>>().into_iter().collect()
}

/// Who is meant; `place` is where it stands in the workflow.
async fn meant(directory: &dyn Directory, people: &People, meant: Meant<'_>, place: &str) -> Result<Vec<Found>, Fault> {
    match meant {
        Meant::User => Ok(vec![person(&people.user)?]),
        Meant::Manager => Ok(vec![manager(people)?]),
        Meant::Sponsors => several(directory, &people.user.sponsors).await,
        Meant::CoSponsors => several(directory, &co_sponsors(people)).await,
        Meant::Attribute { attribute, is_old } => {
            let place = if is_old { String::new() } else { format!("{place}: ") };
            Ok(of_attribute(&people.user, attribute, &place)?)
        }
        Meant::Address(text) => {
            let address = address(text).ok_or_else(|| MailError::AddressInvalid("an entry of to or cc".to_owned()))?;
            Ok(vec![Found { mailbox: Mailbox::new(None, address), language: None }])
        }
        Meant::Named(name) => {
            let found = profile(directory, name).await?.filter(|found| !found.is_deleted);
            let found = found.ok_or_else(|| MailError::RecipientMissing(format!("there is no User {name:?}")))?;
            Ok(vec![person(&found)?])
        }
        Meant::Unknown(variable) => Err(MailError::unknown_variable(variable).into()),
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
fn manager(people: &People) -> Result<Found, MailError> {
    let Some(name) = &people.user.manager else { return Err(MailError::ManagerMissing(people.user.name.clone())) };
    match &people.manager {
        Some(manager) if !manager.is_deleted && manager.is_enabled => person(manager),
        Some(manager) if !manager.is_deleted => {
            Err(MailError::RecipientDisabled(format!("the manager {name:?} of User {:?}", people.user.name)))
        }
        _ => Err(MailError::RecipientMissing(format!("the manager {name:?} of User {:?} has left", people.user.name))),
    }
}

/// Of several people those who can be written to; somebody must be.
async fn several(directory: &dyn Directory, names: &[String]) -> Result<Vec<Found>, Fault> {
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
