//! How mails leave the house.

use std::fmt;

use chrono::{DateTime, Utc};
use futures::future::BoxFuture;
use thiserror::Error;

use crate::api::reasons::Reason;
use crate::domain::fault::Fault;

/// What stands in place of the task in a mail that tells somebody that a temporary access pass was made for them.
pub const PASS_NOTICE: &str = "temporaryAccessPassNotice";

/// Sender and recipients of a mail: addresses without names.
#[derive(Clone, Eq, PartialEq)]
pub struct Envelope {
    /// Sender address.
    pub from: String,
    /// Recipient addresses, copies included.
    pub to: Vec<String>,
}

/// A mail, ready to be sent. Its Debug output shows no address and no text: both are personal, and the text can hold a
/// temporary access pass.
#[derive(Clone, Eq, PartialEq)]
pub struct Mail {
    /// Its identity with the angle brackets: the same for every try of the same task of the same occurrence.
    pub message_id: String,
    /// The task, as the member of the union is called, for example sendWelcomeEmail; of the word to the subject of a pass
    /// [`PASS_NOTICE`].
    pub task: &'static str,
    /// Name of the subject that it is about.
    pub subject: String,
    /// When it was written.
    pub date: DateTime<Utc>,
    /// Sender and recipients.
    pub envelope: Envelope,
    /// Headers and body as they go over the wire, lines ending with CR LF.
    pub bytes: Vec<u8>,
}

impl fmt::Debug for Mail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mail")
            .field("message_id", &self.message_id)
            .field("task", &self.task)
            .field("subject", &self.subject)
            .field("date", &self.date)
            .field("recipients", &self.envelope.to.len())
            .field("bytes", &self.bytes.len())
            .finish()
    }
}

/// Why a mail did not leave, or why nobody knows whether it did. The texts hold no address.
///
/// A server takes a mail over with its answer to the end of the text. Before that end is sent the mail certainly did not
/// leave, and an answer of the server says whether it did; without one, after it, nobody knows.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum PostError {
    /// It did not leave, and trying again can help: there was no connection, or the server said so (4yz).
    #[error("the mail did not leave: {0}")]
    Transient(String),
    /// It did not leave, and trying again cannot help: the server said so (5yz).
    #[error("the mail was refused: {0}")]
    Permanent(String),
    /// It did not leave: the server does not take our credentials, or nothing from us (530, 535, 550 to the sender).
    #[error("the mail server refuses us: {0}")]
    Denied(String),
    /// It may have left: the connection broke, or the time was over, after the end of the text was sent.
    #[error("it is not known whether the mail left: {0}")]
    Unknown(String),
    /// There is no mail server.
    #[error("no mail server is configured")]
    NotConfigured,
}

impl PostError {
    /// Whether the mail may have left all the same.
    #[must_use]
    pub const fn may_have_left(&self) -> bool {
        match self {
            Self::Unknown(_) => true,
            Self::Transient(_) | Self::Permanent(_) | Self::Denied(_) | Self::NotConfigured => false,
        }
    }
}

impl From<PostError> for Fault {
    fn from(error: PostError) -> Self {
        let message = error.to_string();
        match error {
            PostError::Transient(_) => Self::transient(Reason::MailServerUnavailable, message),
            PostError::Permanent(_) => Self::permanent(Reason::MailRefused, message),
            PostError::Denied(_) => Self::denied(Reason::MailRefused, message),
            PostError::Unknown(_) => Self::unknown(Reason::Uncertain, message),
            PostError::NotConfigured => Self::permanent(Reason::MailUnavailable, message),
        }
    }
}

/// Takes mails.
pub trait Post: Send + Sync {
    /// Sends one mail; sent twice, it has the same identity.
    fn send(&self, mail: Mail) -> BoxFuture<'_, Result<(), PostError>>;
}

/// A house without a mail server.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoPost;

impl Post for NoPost {
    fn send(&self, _: Mail) -> BoxFuture<'_, Result<(), PostError>> {
        Box::pin(std::future::ready(Err(PostError::NotConfigured)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fault::FaultClass;

    #[test]
    fn what_a_mail_server_says_of_a_mail() {
        let why = || "why".to_owned();
        // (the error, its class, its reason, the mail may have left)
        let cases = [
            (PostError::Transient(why()), FaultClass::Transient, Reason::MailServerUnavailable, false),
            (PostError::Permanent(why()), FaultClass::Permanent, Reason::MailRefused, false),
            (PostError::Denied(why()), FaultClass::Denied, Reason::MailRefused, false),
            (PostError::Unknown(why()), FaultClass::Unknown, Reason::Uncertain, true),
            (PostError::NotConfigured, FaultClass::Permanent, Reason::MailUnavailable, false),
        ];
        for (error, class, reason, may_have_left) in cases {
            assert_eq!(error.may_have_left(), may_have_left, "{error}");
            let said = error.to_string();
            let fault = Fault::from(error);
            assert_eq!((fault.class, fault.reason, fault.message.as_str()), (class, reason, said.as_str()));
        }
    }
}
