//! Where those are written to who get a mail.

use std::collections::BTreeSet;

use lettre::Address;
use lettre::message::Mailbox;

use super::address::{address, mailbox};
use super::error::MailError;
use crate::api::tenant_schedule::MailSettings;
use crate::directory::{Directory, Profile, Sponsored};
use crate::domain::fault::Fault;
use crate::domain::mail::{MailKind, Meant, may_go_to};

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
    /// Where mails of the tenant may go.
    pub settings: &'a MailSettings,
}

/// Somebody to write to.
struct Found {
    mailbox: Mailbox,
    language: Option<String>,
    /// Whether the address stands in a record; else a task, or a workflow, wrote it.
    is_recorded: bool,
}

impl Found {
    /// Refuses who may not get such a mail. `what` says who that is, without the address.
    fn allowed(self, wanted: Addressees<'_>, what: impl FnOnce() -> String) -> Result<Self, MailError> {
        let is_allowed = self.is_recorded || !wanted.kind.is_secret() && may_go_to(wanted.settings, self.mailbox.email.as_ref());
        if is_allowed { Ok(self) } else { Err(MailError::AddressNotAllowed(what())) }
    }
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
        to.extend(meant(directory, people, (wanted, wanted.kind.meant(entry, false)), &format!("to[{index}]")).await?);
    }
    let mut cc = Vec::new();
    for (index, entry) in wanted.cc.iter().enumerate() {
        cc.extend(meant(directory, people, (wanted, wanted.kind.meant(entry, true)), &format!("cc[{index}]")).await?);
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
async fn meant(
    directory: &dyn Directory,
    people: &People,
    (wanted, meant): (Addressees<'_>, Meant<'_>),
    place: &str,
) -> Result<Vec<Found>, Fault> {
    match meant {
        Meant::User => Ok(vec![person(&people.user, wanted)?]),
        Meant::Manager => Ok(vec![manager(people, wanted)?]),
        Meant::Sponsors => several(directory, &people.user.sponsors, wanted).await,
        Meant::CoSponsors => several(directory, &co_sponsors(people), wanted).await,
        Meant::Attribute { attribute, is_old } => {
            let place = if is_old { String::new() } else { format!("{place}: ") };
            Ok(of_attribute(&people.user, attribute, &place, wanted)?)
        }
        Meant::Address(text) => {
            let address = address(text).ok_or_else(|| MailError::AddressInvalid("an entry of to or cc".to_owned()))?;
            let found = Found { mailbox: Mailbox::new(None, address), language: None, is_recorded: false };
            Ok(vec![found.allowed(wanted, || place.to_owned())?])
        }
        Meant::Named(name) => {
            let found = profile(directory, name).await?.filter(|found| !found.is_deleted);
            let found = found.ok_or_else(|| MailError::RecipientMissing(format!("there is no User {name:?}")))?;
            Ok(vec![person(&found, wanted)?])
        }
        Meant::Unknown(variable) => Err(MailError::unknown_variable(variable).into()),
    }
}

/// The subject's addresses in another attribute; `place` stands before what is said of it.
fn of_attribute(user: &Profile, attribute: &str, place: &str, wanted: Addressees<'_>) -> Result<Vec<Found>, MailError> {
    let what = || format!("{place}the attribute {attribute:?} of User {:?}", user.name);
    let texts: Vec<(&str, bool)> = if attribute == "otherMails" {
        user.other_mails.iter().map(|text| (text.as_str(), true)).collect()
    } else {
        text(user, attribute, wanted.kind).into_iter().collect()
    };
    if texts.is_empty() {
        return Err(MailError::AddressMissing(what()));
    }
    let read = |(text, is_recorded)| {
        let address = address(text).ok_or_else(|| MailError::AddressInvalid(what()))?;
        found(user, address, is_recorded).allowed(wanted, what)
    };
    texts.into_iter().map(read).collect()
}

/// The text of an attribute, and whether it is the record's. Of a mail that lets somebody sign in only that counts.
fn text<'a>(profile: &'a Profile, attribute: &str, kind: MailKind) -> Option<(&'a str, bool)> {
    let record = profile.record(attribute);
    let text = if kind.is_secret() { record } else { profile.text(attribute) }?;
    Some((text, record == Some(text)))
}

fn found(profile: &Profile, address: Address, is_recorded: bool) -> Found {
    let language = profile.text("preferredLanguage").map(str::to_owned);
    Found { mailbox: mailbox(profile.text("displayName"), address), language, is_recorded }
}

fn person(profile: &Profile, wanted: Addressees<'_>) -> Result<Found, MailError> {
    let (mail, is_recorded) =
        text(profile, "mail", wanted.kind).ok_or_else(|| MailError::AddressMissing(format!("User {:?}", profile.name)))?;
    let what = || format!("the mail of User {:?}", profile.name);
    let address = address(mail).ok_or_else(|| MailError::AddressInvalid(what()))?;
    found(profile, address, is_recorded).allowed(wanted, what)
}

/// The subject of a mail that is no business of the subject's own, to be told of it: at the record's address, else at the private
/// ones. None: there is none, or all of them get the mail itself.
pub(super) fn bystander(user: &Profile, recipients: &Recipients) -> Option<Recipients> {
    let own = || user.record("mail").into_iter().chain(user.other_mails.iter().map(String::as_str));
    let is_told = |text: &str| recipients.all().any(|mailbox| AsRef::<str>::as_ref(&mailbox.email).eq_ignore_ascii_case(text));
    if own().any(is_told) {
        return None;
    }
    let found = found(user, own().find_map(address)?, true);
    Some(Recipients { to: vec![found.mailbox], cc: Vec::new(), language: found.language })
}

/// The manager, who must still be there: what is said about the subject is for nobody else.
fn manager(people: &People, wanted: Addressees<'_>) -> Result<Found, MailError> {
    let Some(name) = &people.user.manager else { return Err(MailError::ManagerMissing(people.user.name.clone())) };
    match &people.manager {
        Some(manager) if !manager.is_deleted && manager.is_enabled => person(manager, wanted),
        Some(manager) if !manager.is_deleted => {
            Err(MailError::RecipientDisabled(format!("the manager {name:?} of User {:?}", people.user.name)))
        }
        _ => Err(MailError::RecipientMissing(format!("the manager {name:?} of User {:?} has left", people.user.name))),
    }
}

/// Of several people those who can be written to; somebody must be.
async fn several(directory: &dyn Directory, names: &[String], wanted: Addressees<'_>) -> Result<Vec<Found>, Fault> {
    let mut all = Vec::new();
    let mut problem = MailError::RecipientMissing("the subject has no sponsors".to_owned());
    for name in names {
        match profile(directory, name).await? {
            Some(sponsor) if !sponsor.is_deleted && sponsor.is_enabled => match person(&sponsor, wanted) {
                Ok(found) => all.push(found),
                Err(error) => problem = error,
            },
            _ => problem = MailError::RecipientMissing(format!("the sponsor {name:?} has left")),
        }
    }
    if all.is_empty() { Err(problem.into()) } else { Ok(all) }
}
