//! From a rendered mail to the bytes that go over the wire.

use std::fmt::{self, Write as _};

use chrono::{DateTime, Utc};
use email_encoding::headers::writer::EmailWriter;
use email_encoding::headers::{quoted_string, rfc2047};
use lettre::address::Envelope as LettreEnvelope;
use lettre::message::header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue};
use lettre::message::{Body as MailBody, Mailbox, MultiPart, SinglePart};
use lettre::{Address, Message};

use super::address::{address, mailbox};
use super::error::MailError;
use super::recipients::Recipients;
use super::render::Body;
use crate::api::tenant_schedule::MailSettings;
use crate::domain::identity::{MailIdentity, digest};
use crate::task::post::Envelope;

/// Last second of the year 9999: the Date header has four digits for the year.
const LAST_DATE: i64 = 253_402_300_799;
/// Before the digest in the line between the parts.
pub(super) const BOUNDARY: &str = "=_tenure-";
/// Bytes of a Message-ID before the @.
const ID_BYTES: usize = 16;

/// A mail as it goes over the wire.
pub(super) struct Composed {
    pub message_id: String,
    pub envelope: Envelope,
    pub bytes: Vec<u8>,
}

/// What a mail is put together from.
pub(super) struct Parts<'a> {
    pub identity: MailIdentity<'a>,
    pub sender: Mailbox,
    pub recipients: Recipients,
    pub subject: &'a str,
    pub body: &'a Body,
    /// Language tag of the body.
    pub language: &'a str,
    pub now: DateTime<Utc>,
}

/// Puts the mail together: text and HTML as alternatives, and the headers that keep machines from answering.
pub(super) fn compose(parts: &Parts<'_>) -> Result<Composed, MailError> {
    let digest = digest(&parts.identity, ID_BYTES);
    let message_id = format!("<{digest}@{}>", parts.sender.email.domain());
    let all: Vec<Address> = parts.recipients.all().map(|mailbox| mailbox.email.clone()).collect();
    let envelope = Envelope { from: parts.sender.email.to_string(), to: all.iter().map(ToString::to_string).collect() };
    let refused = |error: &dyn std::error::Error| MailError::Composition(error.to_string());
    let lettre_envelope = LettreEnvelope::new(Some(parts.sender.email.clone()), all).map_err(|error| refused(&error))?;
    let date = DateTime::<Utc>::from_timestamp(parts.now.timestamp().clamp(0, LAST_DATE), 0).unwrap_or_default();
    // The envelope is given and each header is set once: nothing is ever read back from a header's text.
    let mut builder = Message::builder()
        .envelope(lettre_envelope)
        .date(date.into())
        .raw_header(addresses("From", std::slice::from_ref(&parts.sender)))
        .raw_header(addresses("To", &parts.recipients.to));
    if !parts.recipients.cc.is_empty() {
        builder = builder.raw_header(addresses("Cc", &parts.recipients.cc));
    }
    // No person wrote this (RFC 3834); the last one asks Exchange not to answer with absence notes and receipts.
    let builder = builder
        .raw_header(subject(parts.subject))
        .message_id(Some(message_id.clone()))
        .raw_header(plain("Auto-Submitted", "auto-generated"))
        .raw_header(plain("X-Auto-Response-Suppress", "All"));
    let html = format!(
        "<!doctype html>\n<html lang=\"{}\">\n<head><meta charset=\"utf-8\"></head>\n<body>\n{}\n</body>\n</html>\n",
        parts.language, parts.body.html
    );
    let alternatives = MultiPart::alternative()
        .boundary(format!("{BOUNDARY}{digest}"))
        .singlepart(part(ContentType::TEXT_PLAIN, format!("{}\n", parts.body.text))?)
        .singlepart(part(ContentType::TEXT_HTML, html)?);
    let message = builder.multipart(alternatives).map_err(|error| refused(&error))?;
    Ok(Composed { message_id, envelope, bytes: message.formatted() })
}

/// A part in quoted-printable, which writes every `=` in another way: no text can hold the [`BOUNDARY`].
fn part(content: ContentType, text: String) -> Result<SinglePart, MailError> {
    let encoding = ContentTransferEncoding::QuotedPrintable;
    let body = MailBody::new_with_encoding(text, encoding).map_err(|_| MailError::Composition("the text cannot be encoded".to_owned()))?;
    Ok(SinglePart::builder().header(content).body(body))
}

/// The sender of a tenant; without settings an address that nobody can have.
pub(super) fn sender(settings: &MailSettings, tenant: &str) -> Result<Mailbox, MailError> {
    let fallback = format!("tenure@{tenant}.invalid");
    let address = address(settings.from.as_deref().unwrap_or(&fallback)).ok_or(MailError::SenderInvalid)?;
    Ok(mailbox(settings.from_name.as_deref(), address))
}

/// A header of printable ASCII.
fn plain(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
}

/// The Subject header. Text that is not plain ASCII is encoded as a whole, and so is text that looks as if it were
/// encoded already.
fn subject(text: &str) -> HeaderValue {
    const NAME: &str = "Subject";
    if text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) && !text.contains("=?") {
        return plain(NAME, text);
    }
    encoded(NAME, text.to_owned(), |writer| rfc2047::encode(text, writer))
}

/// A header with addresses and their names.
fn addresses(name: &'static str, mailboxes: &[Mailbox]) -> HeaderValue {
    let readable = mailboxes.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    encoded(name, readable, |writer| {
        for (index, mailbox) in mailboxes.iter().enumerate() {
            if index > 0 {
                writer.write_char(',')?;
                writer.space();
            }
            let Some(name) = &mailbox.name else {
                writer.write_str(mailbox.email.as_ref())?;
                continue;
            };
            if name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)) {
                // The encoder leaves these without quotes, which a name with a full stop needs.
                write!(writer, "\"{name}\"")?;
            } else {
                quoted_string::encode(name, writer)?;
            }
            writer.space();
            write!(writer, "<{}>", mailbox.email)?;
        }
        Ok(())
    })
}

/// A header that is encoded here, and what it says.
fn encoded(name: &'static str, readable: String, write: impl FnOnce(&mut EmailWriter<'_>) -> fmt::Result) -> HeaderValue {
    let mut value = String::new();
    // Writing to a text cannot fail.
    let _ = write(&mut EmailWriter::new(&mut value, name.len() + ": ".len(), 0, false));
    HeaderValue::dangerous_new_pre_encoded(HeaderName::new_from_ascii_str(name), readable, value)
}

#[cfg(test)]
mod tests {
    use super::sender;
    use crate::api::tenant_schedule::MailSettings;

    #[test]
    fn the_sender_comes_from_the_settings() {
        let settings = MailSettings {
            from: Some("hr@acme.example".to_owned()),
            from_name: Some("Acme\r\nBcc: x".to_owned()),
            ..MailSettings::default()
        };
        let found = sender(&settings, "acme").unwrap();
        assert_eq!((found.email.to_string().as_str(), found.name.as_deref()), ("hr@acme.example", Some("Acme Bcc: x")));
        assert_eq!(sender(&MailSettings::default(), "acme").unwrap().email.to_string(), "tenure@acme.invalid");
        let settings = MailSettings { from: Some("hr".to_owned()), ..MailSettings::default() };
        assert!(sender(&settings, "acme").is_err());
    }
}
