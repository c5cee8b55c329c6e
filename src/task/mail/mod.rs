//! The tasks that send mails.
//!
//! A text is taken apart before any value is known ([`template`]), values are put in as text ([`render`]), and a mail
//! leaves whole or not at all: a variable that does not exist or has no value fails the task.

mod compose;
mod pass;
mod recipients;
mod render;
mod texts;

#[cfg(test)]
mod tests;

use secrecy::SecretString;
use thiserror::Error;

use crate::api::Action;
use crate::api::task::{EmailArguments, TemporaryAccessPassArguments};
use crate::directory::{Directory, Effect};

use super::account::known;
use super::locale::Locale;
use super::post::{Mail, PostError};
use super::values::{Pass, Style, Values};
use super::{Scene, TaskError};
use crate::domain::identity::MailIdentity;
use crate::domain::template::{self, Unclosed};
use compose::Parts;
use recipients::{Cast, Recipients, Wanted};

pub use texts::Kind;

/// Longest part of a variable's name that a message repeats.
const SHOWN: usize = 64;

/// Why a mail was not sent. The texts hold names of objects and variables, never addresses or values.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum MailError {
    /// The text has a variable that there is not.
    #[error("there is no variable {0}")]
    VariableUnknown(String),
    /// A variable has no value for this subject.
    #[error("the variable {0} has no value")]
    VariableEmpty(String),
    /// A variable of a new value is a date that cannot be read.
    #[error("the variable {0} is a date that cannot be read")]
    DateUnreadable(String),
    /// The directory does not have the subject any more.
    #[error("there is no User {0:?}")]
    SubjectMissing(String),
    /// The subject has no manager.
    #[error("User {0:?} has no manager")]
    ManagerMissing(String),
    /// A recipient is not there.
    #[error("{0}")]
    RecipientMissing(String),
    /// A recipient cannot sign in any more.
    #[error("the account of {0} is disabled")]
    RecipientDisabled(String),
    /// A recipient has no mail address.
    #[error("{0} has no mail address")]
    AddressMissing(String),
    /// What should be an address is none.
    #[error("{0} is no mail address")]
    AddressInvalid(String),
    /// The tenant's sender is no address.
    #[error("spec.mail.from of the TenantSchedule is no mail address")]
    SenderInvalid,
    /// The message could not be built.
    #[error("the message could not be built: {0}")]
    Composition(String),
}

impl From<Unclosed> for MailError {
    fn from(Unclosed(name): Unclosed) -> Self {
        Self::unknown_variable(&name)
    }
}

impl MailError {
    pub(super) fn unknown_variable(name: &str) -> Self {
        Self::VariableUnknown(name.chars().take(SHOWN).collect())
    }

    /// One word for programs.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Self::VariableUnknown(_) => "VariableUnknown",
            Self::VariableEmpty(_) => "VariableEmpty",
            Self::DateUnreadable(_) => "DateUnreadable",
            Self::SubjectMissing(_) => "SubjectNotFound",
            Self::ManagerMissing(_) => "ManagerMissing",
            Self::RecipientMissing(_) => "RecipientMissing",
            Self::RecipientDisabled(_) => "RecipientDisabled",
            Self::AddressMissing(_) => "MailAddressMissing",
            Self::AddressInvalid(_) => "MailAddressInvalid",
            Self::SenderInvalid => "SenderInvalid",
            Self::Composition(_) => "MailInvalid",
        }
    }
}

impl From<MailError> for TaskError {
    fn from(error: MailError) -> Self {
        Self::Impossible { reason: error.reason(), message: error.to_string() }
    }
}

impl From<PostError> for TaskError {
    fn from(error: PostError) -> Self {
        let message = error.to_string();
        match error {
            PostError::Transient(_) => Self::Passing { reason: "MailServerUnavailable", message },
            PostError::Permanent(_) => Self::Impossible { reason: "MailRefused", message },
            PostError::NotConfigured => Self::Impossible { reason: "MailUnavailable", message },
        }
    }
}

/// What the workflow says about a mail; the arguments that all mails share.
struct Arguments<'a> {
    kind: Kind,
    wanted: Wanted<'a>,
    subject: Option<&'a str>,
    body: Option<&'a str>,
    locale: Option<&'a str>,
    pass: Option<Pass<'a>>,
}

/// Which mail a task sends; None: none, or a temporary access pass.
pub(super) fn letter(action: Action<'_>) -> Option<(Kind, &EmailArguments)> {
    match action {
        Action::SendWelcomeEmail(arguments) => Some((Kind::Welcome, arguments)),
        Action::SendOnboardingReminderEmail(arguments) => Some((Kind::OnboardingReminder, arguments)),
        Action::SendEmailToManagerAboutMove(arguments) => Some((Kind::Move, arguments)),
        Action::SendSponsorshipChangeEmailToManager(arguments) => Some((Kind::SponsorshipChange, arguments)),
        Action::SendSponsorChangeEmailToCoSponsors(arguments) => Some((Kind::SponsorChange, arguments)),
        Action::SendEmailToManagerBeforeLastDay(arguments) => Some((Kind::BeforeLastDay, arguments)),
        Action::SendEmailOnLastDay(arguments) => Some((Kind::LastDay, arguments)),
        Action::SendEmailToManagerAfterLastDay(arguments) => Some((Kind::AfterLastDay, arguments)),
        Action::SendInactivityEmail(arguments) => Some((Kind::Inactivity, arguments)),
        Action::SendUnsponsoredGuestRemovalEmail(arguments) => Some((Kind::UnsponsoredGuest, arguments)),
        _ => None,
    }
}

/// Sends one of the mails, but for the temporary access pass.
///
/// # Errors
/// [`TaskError`] says what is in the way, and whether trying again can help.
pub(super) async fn send<D: Directory>(scene: &Scene<'_, D>, kind: Kind, arguments: &EmailArguments) -> Result<Effect, TaskError> {
    let wanted = Wanted { audience: kind.audience(), to: &arguments.to, cc: &arguments.cc, old_attributes: false };
    let arguments = Arguments {
        kind,
        wanted,
        subject: arguments.custom_subject.as_deref(),
        body: arguments.custom_body.as_deref(),
        locale: arguments.locale.as_deref(),
        pass: None,
    };
    deliver(scene, arguments).await
}

/// Makes a temporary access pass and mails it. The pass stands in the mail and nowhere else, so that another try makes
/// another one; the default text says that the newest counts.
///
/// # Errors
/// As [`send`].
pub(super) async fn access_pass<D: Directory>(scene: &Scene<'_, D>, arguments: &TemporaryAccessPassArguments) -> Result<Effect, TaskError> {
    let kind = Kind::AccessPass;
    let secret: SecretString = pass::pass(&(scene.random)());
    let arguments = Arguments {
        kind,
        wanted: Wanted { audience: kind.audience(), to: &arguments.to, cc: &arguments.cc, old_attributes: true },
        subject: arguments.custom_subject.as_deref(),
        body: arguments.custom_body.as_deref(),
        locale: arguments.locale.as_deref(),
        pass: Some(Pass { secret, arguments }),
    };
    deliver(scene, arguments).await
}

async fn deliver<D: Directory>(scene: &Scene<'_, D>, arguments: Arguments<'_>) -> Result<Effect, TaskError> {
    let cast = cast(scene, arguments.kind).await?;
    if let Some(nothing) = nothing_to_tell(&cast, &arguments) {
        return Ok(Effect::AlreadySo(nothing.to_owned()));
    }
    let recipients = recipients::recipients(scene.directory, &cast, arguments.wanted).await?;
    let mail = write(scene, &cast, recipients, arguments)?;
    scene.post.send(mail).await?;
    Ok(Effect::Done)
}

async fn cast<D: Directory>(scene: &Scene<'_, D>, kind: Kind) -> Result<Cast, TaskError> {
    let user = recipients::profile(scene.directory, scene.subject).await?;
    let user = user.ok_or_else(|| MailError::SubjectMissing(scene.subject.to_owned()))?;
    let manager = match &user.manager {
        Some(name) => recipients::profile(scene.directory, name).await?,
        None => None,
    };
    let sponsored = if matches!(kind, Kind::SponsorshipChange | Kind::SponsorChange) {
        known(scene.directory.sponsored(scene.subject).await)?.unwrap_or_default()
    } else {
        Vec::new()
    };
    Ok(Cast { user, manager, sponsored })
}

/// Why a mail about sponsorships need not be sent.
fn nothing_to_tell(cast: &Cast, arguments: &Arguments<'_>) -> Option<&'static str> {
    let is_alone = || cast.sponsored.iter().all(|guest| guest.sponsors.iter().all(|name| *name == cast.user.name));
    match arguments.kind {
        Kind::SponsorshipChange | Kind::SponsorChange if cast.sponsored.is_empty() => Some("the subject sponsors nobody"),
        Kind::SponsorChange if arguments.wanted.to.is_empty() && is_alone() => Some("there are no other sponsors"),
        _ => None,
    }
}

/// Writes the mail. Everything is known by now.
fn write<D>(scene: &Scene<'_, D>, cast: &Cast, recipients: Recipients, arguments: Arguments<'_>) -> Result<Mail, MailError> {
    let locale = Locale::new(arguments.locale.or(recipients.language.as_deref()).unwrap_or_default());
    let words = arguments.kind.words(locale.language);
    let values = Values {
        user: &cast.user,
        manager: cast.manager.as_ref(),
        sponsored: &cast.sponsored,
        pass: arguments.pass,
        now: scene.now,
        style: Style::Mail(locale),
    };
    let subject = template::line(arguments.subject.unwrap_or(words.subject))?;
    let body = template::body(arguments.body.unwrap_or(words.body))?;
    let subject = render::subject(&subject, &|name| values.get_for_subject(name))?;
    let body = render::body(&body, &|name| values.get(name))?;
    let composed = compose::compose(&Parts {
        identity: MailIdentity { tenant: scene.tenant, occurrence: scene.occurrence, task: &scene.task.name },
        sender: compose::sender(scene.mail, scene.tenant)?,
        recipients,
        subject: &subject,
        body: &body,
        language: locale.language.tag(),
        now: scene.now,
    })?;
    Ok(Mail {
        message_id: composed.message_id,
        task: arguments.kind.task(),
        subject: scene.subject.to_owned(),
        date: scene.now,
        envelope: composed.envelope,
        bytes: composed.bytes,
    })
}
