//! How mails leave the house.

use std::fmt;

use chrono::{DateTime, Utc};
use futures::future::BoxFuture;
use thiserror::Error;

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
    /// The task, as the member of the union is called, for example sendWelcomeEmail.
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

/// Why a mail did not leave. The texts hold no address.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum PostError {
    /// Trying again can help.
    #[error("the mail did not leave: {0}")]
    Transient(String),
    /// Trying again cannot help.
    #[error("the mail was refused: {0}")]
    Permanent(String),
    /// There is no mail server.
    #[error("no mail server is configured")]
    NotConfigured,
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
