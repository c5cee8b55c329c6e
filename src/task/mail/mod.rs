//! The tasks that send mails.
//!
//! Which mail it is and who gets it is read from the Change, as it was written down with the claim, and from nothing else
//! (`domain/mail` says why it holds words and no addresses). What a Change must not hold is made here: the text, which the
//! task words, and a temporary access pass, which stands in its mail only.
//!
//! A text is taken apart before any value is known ([`template`]), values are put in as text ([`render`]), and a mail
//! leaves whole or not at all: a variable that does not exist or has no value fails the task.

mod address;
mod compose;
mod error;
mod pass;
mod recipients;
mod render;
mod texts;

#[cfg(test)]
mod tests;

use crate::api::tenant_schedule::MailSettings;
use crate::domain::change::{Wanted, Wording, wanted};
use crate::domain::fault::Fault;
use crate::domain::identity::MailIdentity;
use crate::domain::mail::{MailKind, with_copies};
use crate::domain::template;

use super::locale::Locale;
use super::performance::Performance;
use super::post::{Mail, PASS_NOTICE, PostError};
use super::values::{Pass, Style, Values};
use compose::Parts;
pub use error::MailError;
use recipients::{Addressees, People, Recipients};

/// What a Change says of its mail.
#[derive(Clone, Copy)]
pub(super) struct Ordered<'a> {
    pub kind: MailKind,
    /// Who gets it, copies last.
    pub to: &'a [String],
    /// How long the temporary access pass works that is in it, in minutes.
    pub pass_minutes: Option<i32>,
}

/// Sends the mail of a Change; a temporary access pass is made for it.
///
/// # Errors
/// [`Fault`] says what is in the way, and whether trying again can help.
pub(super) async fn send(performance: &Performance<'_>, ordered: Ordered<'_>) -> Result<(), Fault> {
    let wording = wanted(performance.task).and_then(Wanted::wording);
    let people = people(performance, ordered.kind).await?;
    let (to, cc) = with_copies(ordered.to, wording.map_or(&[], |wording| wording.cc));
    let recipients =
        recipients::recipients(performance.directory, &people, Addressees { kind: ordered.kind, to, cc, settings: performance.mail })
            .await?;
    // The pass stands in the mail and nowhere else, so that another try makes another one; the default text says that the
    // newest counts.
    let pass = ordered.pass_minutes.map(|lifetime_minutes| Pass { secret: pass::pass(&(performance.random)()), lifetime_minutes });
    let frame = Frame {
        tenant: performance.tenant,
        occurrence: performance.occurrence,
        task: &performance.task.name,
        subject: &performance.subject.name,
        now: performance.now,
        mail: performance.mail,
    };
    let told = pass.as_ref().and_then(|_| recipients::bystander(&people.user, &recipients));
    let mail = write(&frame, &people, recipients, Letter { kind: ordered.kind, wording, pass })?;
    if let Some(told) = told {
        tell_subject(performance, &frame, &people, told).await?;
    }
    Ok(performance.post.send(mail).await?)
}

/// Gives the subject a word of it before the pass leaves, so that nobody has one of whom its owner does not know. A mail server that
/// does not take the word, as a new mailbox may not be there yet, keeps no pass back; one that says nothing would not take the pass.
async fn tell_subject(performance: &Performance<'_>, frame: &Frame<'_>, people: &People, recipients: Recipients) -> Result<(), Fault> {
    let words = texts::pass_notice(Locale::new(recipients.language.as_deref().unwrap_or_default()).language);
    let wording = Wording { subject: Some(words.subject), body: Some(words.body), locale: None, to: &[], cc: &[] };
    // It is a mail of its own, and not the other try of one.
    let task = format!("{}/{PASS_NOTICE}", frame.task);
    let letter = Letter { kind: MailKind::AccessPass, wording: Some(wording), pass: None };
    let mail = Mail { task: PASS_NOTICE, ..write(&Frame { task: &task, ..*frame }, people, recipients, letter)? };
    match performance.post.send(mail).await {
        Ok(()) | Err(PostError::Permanent(_) | PostError::Unknown(_)) => Ok(()),
        Err(error @ (PostError::Transient(_) | PostError::Denied(_) | PostError::NotConfigured)) => Err(error.into()),
    }
}

async fn people(performance: &Performance<'_>, kind: MailKind) -> Result<People, Fault> {
    let subject = &performance.subject.name;
    let user = recipients::profile(performance.directory, subject).await?;
    let user = user.ok_or_else(|| MailError::SubjectMissing(subject.clone()))?;
    let manager = match &user.manager {
        Some(name) => recipients::profile(performance.directory, name).await?,
        None => None,
    };
    let sponsored =
        if kind.is_of_sponsors() { performance.directory.sponsored(subject).await.known()?.unwrap_or_default() } else { Vec::new() };
    Ok(People { user, manager, sponsored })
}

/// What a mail has beside its text.
#[derive(Clone, Copy)]
struct Frame<'a> {
    tenant: &'a str,
    occurrence: &'a str,
    task: &'a str,
    subject: &'a str,
    now: chrono::DateTime<chrono::Utc>,
    mail: &'a MailSettings,
}

/// What a mail says.
struct Letter<'a> {
    kind: MailKind,
    wording: Option<Wording<'a>>,
    pass: Option<Pass>,
}

/// Writes the mail. Everything is known by now.
fn write(frame: &Frame<'_>, people: &People, recipients: Recipients, letter: Letter<'_>) -> Result<Mail, MailError> {
    let Letter { kind, wording, pass } = letter;
    let said = |of: fn(Wording<'_>) -> Option<&str>| wording.and_then(of);
    let locale = Locale::new(said(|wording| wording.locale).or(recipients.language.as_deref()).unwrap_or_default());
    let words = texts::words(kind, locale.language);
    let values = Values {
        user: &people.user,
        manager: people.manager.as_ref(),
        sponsored: &people.sponsored,
        pass,
        now: frame.now,
        style: Style::Mail(locale),
    };
    let subject = template::line(said(|wording| wording.subject).unwrap_or(words.subject))?;
    let body = template::body(said(|wording| wording.body).unwrap_or(words.body))?;
    let subject = render::subject(&subject, &|name| values.get_for_subject(name))?;
    let body = render::body(&body, &|name| values.get(name))?;
    let composed = compose::compose(&Parts {
        identity: MailIdentity { tenant: frame.tenant, occurrence: frame.occurrence, task: frame.task },
        sender: compose::sender(frame.mail, frame.tenant)?,
        recipients,
        subject: &subject,
        body: &body,
        language: locale.language.tag(),
        now: frame.now,
    })?;
    Ok(Mail {
        message_id: composed.message_id,
        task: kind.task(),
        subject: frame.subject.to_owned(),
        date: frame.now,
        envelope: composed.envelope,
        bytes: composed.bytes,
    })
}
