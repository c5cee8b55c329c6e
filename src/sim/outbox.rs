//! Where the mails of a simulation go: they are kept, and can be written to a folder.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::future::BoxFuture;
use thiserror::Error;

use crate::runner::post::{Mail, Post, PostError};

/// What a boundary of Tenure's mails begins with: by it the files of an earlier simulation are known.
const OURS: &[u8] = b"boundary=\"tenure-";

/// A mail that was sent.
#[derive(Clone, Debug)]
pub struct SentMail {
    /// The tenant.
    pub namespace: String,
    /// 1 for the first mail with this Message-ID, 2 for its first repetition.
    pub time: usize,
    /// The mail.
    pub mail: Mail,
}

/// The mails of all tenants.
#[derive(Clone, Default)]
pub(super) struct Outbox {
    kept: Arc<Mutex<Kept>>,
}

#[derive(Default)]
struct Kept {
    sent: Vec<SentMail>,
    /// How often each Message-ID was sent.
    times: BTreeMap<String, usize>,
}

/// The mail server of one tenant.
struct MailServer {
    namespace: String,
    outbox: Outbox,
}

impl Outbox {
    /// The mail server of a tenant.
    pub(super) fn of(&self, namespace: &str) -> Arc<dyn Post> {
        Arc::new(MailServer { namespace: namespace.to_owned(), outbox: self.clone() })
    }

    /// All mails, in the order of their times and then of their Message-IDs.
    pub(super) fn mails(&self) -> Vec<SentMail> {
        let mut mails = self.lock().sent.clone();
        mails.sort_by(|left, right| key(left).cmp(&key(right)));
        mails
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn key(sent: &SentMail) -> (chrono::DateTime<chrono::Utc>, &str, usize) {
    (sent.mail.date, &sent.mail.message_id, sent.time)
}

impl Post for MailServer {
    fn send(&self, mail: Mail) -> BoxFuture<'_, Result<(), PostError>> {
        let mut kept = self.outbox.lock();
        let times = kept.times.entry(mail.message_id.clone()).or_default();
        *times += 1;
        let time = *times;
        kept.sent.push(SentMail { namespace: self.namespace.clone(), time, mail });
        Box::pin(std::future::ready(Ok(())))
    }
}

/// Why mails could not be written to a folder.
#[derive(Debug, Error)]
pub enum OutboxError {
    /// The folder or a file in it cannot be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// There is a file that no simulation wrote.
    #[error("{}: the file is there already, and it is no mail of an earlier simulation", .0.display())]
    Foreign(PathBuf),
}

impl OutboxError {
    fn io(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { path, source }
    }
}

/// Writes each mail to a file of its own, for example `0001-2026-02-04T0900Z-sendWelcomeEmail-ava.eml`. The folder is
/// made if it is missing; the mails of an earlier simulation in it are removed, other files are left alone.
///
/// # Errors
/// [`OutboxError`]; nothing is written if a foreign file is in the way.
pub fn write(mails: &[SentMail], folder: &Path) -> Result<(), OutboxError> {
    fs::create_dir_all(folder).map_err(OutboxError::io(folder))?;
    let paths: Vec<PathBuf> = file_names(mails).into_iter().map(|name| folder.join(name)).collect();
    for path in &paths {
        if path.exists() && !is_ours(path).map_err(OutboxError::io(path))? {
            return Err(OutboxError::Foreign(path.clone()));
        }
    }
    for entry in fs::read_dir(folder).map_err(OutboxError::io(folder))? {
        let path = entry.map_err(OutboxError::io(folder))?.path();
        if has_our_name(&path) && is_ours(&path).map_err(OutboxError::io(&path))? {
            fs::remove_file(&path).map_err(OutboxError::io(&path))?;
        }
    }
    for (sent, path) in mails.iter().zip(&paths) {
        let written = fs::File::create_new(path).and_then(|mut file| file.write_all(&sent.mail.bytes));
        written.map_err(OutboxError::io(path))?;
    }
    Ok(())
}

/// The names of the files; with several tenants the tenant's name is part of them.
fn file_names(mails: &[SentMail]) -> Vec<String> {
    let is_one = mails.windows(2).all(|pair| pair[0].namespace == pair[1].namespace);
    let name = |(index, sent): (usize, &SentMail)| {
        let tenant = if is_one { String::new() } else { format!("{}-", sent.namespace) };
        let mail = &sent.mail;
        format!("{:04}-{}-{tenant}{}-{}.eml", index + 1, mail.date.format("%Y-%m-%dT%H%MZ"), mail.task, mail.subject)
    };
    mails.iter().enumerate().map(name).collect()
}

/// Whether the name is one that [`write`] gives: a number, a time and the ending.
fn has_our_name(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let Some((number, rest)) = name.split_once('-') else { return false };
    let is_number = number.len() >= 4 && number.bytes().all(|byte| byte.is_ascii_digit());
    let is_time = rest.as_bytes().get(10..17).is_some_and(|time| time[0] == b'T' && time[5..] == *b"Z-");
    is_number && is_time && path.extension().is_some_and(|ending| ending == "eml")
}

fn is_ours(path: &Path) -> io::Result<bool> {
    Ok(path.is_file() && fs::read(path)?.windows(OURS.len()).any(|window| window == OURS))
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};
    use futures::FutureExt as _;

    use super::{Mail, Outbox, OutboxError, SentMail, write};
    use crate::runner::post::Envelope;

    fn mail(id: &str, at: &str, subject: &str) -> Mail {
        Mail {
            message_id: id.to_owned(),
            task: "sendWelcomeEmail",
            subject: subject.to_owned(),
            date: at.parse::<DateTime<Utc>>().unwrap(),
            envelope: Envelope { from: "a@b".to_owned(), to: vec!["c@d".to_owned()] },
            bytes: format!("Content-Type: multipart/alternative; boundary=\"tenure-{id}\"\r\n\r\n").into_bytes(),
        }
    }

    fn sent(mails: &[(&str, &str, &str, &str)]) -> Vec<SentMail> {
        let outbox = Outbox::default();
        for (namespace, id, at, subject) in mails {
            outbox.of(namespace).send(mail(id, at, subject)).now_or_never().unwrap().unwrap();
        }
        outbox.mails()
    }

    fn names(folder: &std::path::Path) -> Vec<String> {
        let mut names: Vec<String> =
            std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn mails_are_in_order_and_repetitions_are_counted() {
        let sent = sent(&[
            ("acme", "2", "2026-02-04T09:00:00Z", "ben"),
            ("acme", "1", "2026-02-04T09:00:00Z", "ava"),
            ("acme", "3", "2026-02-03T09:00:00Z", "mia"),
            ("acme", "2", "2026-02-05T09:00:00Z", "ben"),
        ]);
        let order: Vec<(&str, usize)> = sent.iter().map(|sent| (sent.mail.message_id.as_str(), sent.time)).collect();
        assert_eq!(order, [("3", 1), ("1", 1), ("2", 1), ("2", 2)]);
    }

    #[test]
    fn files_of_others_are_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("new");
        let one = [("acme", "1", "2026-02-04T09:00:00Z", "ava")];
        write(&sent(&[one[0], ("acme", "2", "2026-02-04T09:30:00Z", "ben")]), &folder).unwrap();
        std::fs::write(folder.join("notes.eml"), "mine").unwrap();
        std::fs::write(folder.join("0007-2026-02-04T0900Z-mine.eml"), "mine").unwrap();
        write(&sent(&one), &folder).unwrap();
        assert_eq!(names(&folder), ["0001-2026-02-04T0900Z-sendWelcomeEmail-ava.eml", "0007-2026-02-04T0900Z-mine.eml", "notes.eml"]);
        std::fs::write(folder.join("0001-2026-02-04T0900Z-sendWelcomeEmail-ava.eml"), "mine").unwrap();
        assert!(matches!(write(&sent(&one), &folder), Err(OutboxError::Foreign(_))));
        let two = sent(&[one[0], ("initech", "2", "2026-02-04T09:30:00Z", "ben")]);
        write(&two, &folder).unwrap();
        assert!(names(&folder).contains(&"0002-2026-02-04T0930Z-initech-sendWelcomeEmail-ben.eml".to_owned()));
    }
}
