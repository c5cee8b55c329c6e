//! Changes are done as they say, whatever the task says by then, and only by a directory that can.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use futures::future::{BoxFuture, ready};
use serde_json::json;

use super::post::{Mail, PASS_NOTICE, Post, PostError};
use super::{Performance, perform};
use crate::api::Task;
use crate::api::reasons::Reason;
use crate::api::tenant_schedule::MailSettings;
use crate::directory::{Applied, Directory, HeldEntry, Lookup, Profile, Sight, Sponsored, Written};
use crate::domain::capability::{Capabilities, Capability};
use crate::domain::change::{Change, Entry, GroupFacts, Needs};
use crate::domain::fault::Fault;
use crate::domain::mail::MailKind;
use crate::domain::subject::{Person, SubjectRef};

/// A directory that knows what mails tell of people, and of which nothing else can be read.
struct Known {
    capabilities: Capabilities,
    people: Vec<Profile>,
}

fn silent() -> Fault {
    Fault::transient(Reason::DirectoryUnavailable, "it says nothing".to_owned())
}

impl Directory for Known {
    fn capabilities(&self) -> Capabilities {
        self.capabilities
    }

    fn get<'a>(&'a self, _: &'a SubjectRef) -> BoxFuture<'a, Lookup<Person>> {
        Box::pin(ready(Lookup::Unknown(silent())))
    }

    fn observe<'a>(&'a self, _: &'a SubjectRef, _: &'a Needs) -> BoxFuture<'a, Result<Sight, Fault>> {
        Box::pin(ready(Err(silent())))
    }

    fn groups<'a>(&'a self, _: &'a Needs) -> BoxFuture<'a, Result<BTreeMap<String, GroupFacts>, Fault>> {
        Box::pin(ready(Err(silent())))
    }

    fn members<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Lookup<Vec<String>>> {
        Box::pin(ready(Lookup::Unknown(silent())))
    }

    fn profile<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Lookup<Profile>> {
        let found = self.people.iter().find(|person| person.name == name).cloned();
        Box::pin(ready(Ok(found).into()))
    }

    fn sponsored<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Lookup<Vec<Sponsored>>> {
        let guest = Sponsored { name: "gus".to_owned(), display_name: None, sponsors: vec!["ann".to_owned(), "sam".to_owned()] };
        Box::pin(ready(Lookup::Present(vec![guest])))
    }

    fn entry<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Lookup<HeldEntry>> {
        Box::pin(ready(Lookup::Unknown(silent())))
    }

    fn write<'a>(&'a self, _: &'a HeldEntry, _: &'a Entry) -> BoxFuture<'a, Result<Written, Fault>> {
        Box::pin(ready(Err(silent())))
    }
}

/// Keeps the mails that left.
#[derive(Default)]
struct Kept(Mutex<Vec<Mail>>);

impl Post for Kept {
    fn send(&self, mail: Mail) -> BoxFuture<'_, Result<(), PostError>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(mail);
        Box::pin(ready(Ok(())))
    }
}

/// Ann, whose manager is named, and everybody who may be written to.
fn people(manager: &str) -> Vec<Profile> {
    let person = |name: &str| Profile {
        name: name.to_owned(),
        texts: BTreeMap::from([
            ("mail".to_owned(), Some(format!("{name}@acme.example"))),
            ("displayName".to_owned(), Some(name.to_owned())),
        ]),
        is_enabled: true,
        ..Profile::default()
    };
    let mut people: Vec<Profile> = ["ann", "max", "eva", "sam"].into_iter().map(person).collect();
    people[0].manager = Some(manager.to_owned());
    people[0].other_mails = vec!["ann@home.example".to_owned()];
    people
}

/// What comes of the Changes while the task says this and the manager is that one, and the mails that left.
async fn performed(
    task: &serde_json::Value,
    changes: &[Change],
    capabilities: Capabilities,
    manager: &str,
) -> (Result<(), Fault>, Vec<Mail>) {
    performed_by(people(manager), task, changes, capabilities).await
}

/// The same, where these are the people.
async fn performed_by(
    people: Vec<Profile>,
    task: &serde_json::Value,
    changes: &[Change],
    capabilities: Capabilities,
) -> (Result<(), Fault>, Vec<Mail>) {
    let task: Task = serde_json::from_value(task.clone()).expect("a task");
    let (directory, post) = (Known { capabilities, people }, Kept::default());
    let performance = Performance {
        directory: &directory,
        subject: &SubjectRef::by_name("people", "ann"),
        occurrence: "occurrence",
        task: &task,
        changes,
        tenant: "acme",
        now: chrono::DateTime::UNIX_EPOCH,
        random: &|| [7_u8; 32],
        post: &post,
        mail: &MailSettings { from: Some("people@acme.example".to_owned()), ..MailSettings::default() },
    };
    let done = perform(&performance, &mut None).await.map(|applied| assert_eq!(applied, Applied::Done));
    let mails = post.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
    (done, mails)
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// The text of a header, without what stands around addresses.
fn header(mail: &Mail, name: &str) -> String {
    let text = String::from_utf8_lossy(&mail.bytes).replace("\r\n ", " ");
    let line = text.split("\r\n").find_map(|line| line.strip_prefix(&format!("{name}: "))).unwrap_or_default();
    line.split(", ").map(|one| one.rsplit('<').next().unwrap_or_default().trim_end_matches('>')).collect::<Vec<_>>().join(", ")
}

#[tokio::test]
async fn the_change_says_who_gets_which_mail() {
    let (last, moved) = (MailKind::LastDay, MailKind::Move);
    let mail = |kind, to: &[&str]| Change::SendMail { kind, to: names(to) };
    let plain = json!({"name": "t", "sendEmailOnLastDay": {}});
    let named = json!({"name": "t", "sendEmailOnLastDay": {"to": ["eva"], "cc": ["hr@acme.example"]}});
    let copied = json!({"name": "t", "sendEmailOnLastDay": {"cc": ["hr@acme.example", "User"]}});
    let other = json!({"name": "t", "deleteUser": {}});
    let (max, hr) = ("max@acme.example", "hr@acme.example");
    // (what, the task, the Change, the manager by now, To, Cc)
    let rows = [
        ("as the task says", &plain, mail(last, &["Manager"]), "max", max, ""),
        ("the manager is another one by now", &plain, mail(last, &["Manager"]), "eva", "eva@acme.example", ""),
        ("the task names others by now", &named, mail(last, &["Manager"]), "max", max, ""),
        ("the task names nobody by now", &plain, mail(last, &["sam", hr]), "max", "sam@acme.example, hr@acme.example", ""),
        ("copies", &copied, mail(last, &["Manager", hr, "User"]), "max", max, "hr@acme.example, ann@acme.example"),
        ("whose copies are others", &named, mail(last, &["Manager", "User"]), "max", "max@acme.example, ann@acme.example", ""),
        ("the same copies of others", &named, mail(last, &["Manager", hr]), "max", max, hr),
        ("another mail", &plain, mail(moved, &["Manager"]), "max", max, ""),
        ("a mail of another task", &other, mail(last, &["Manager"]), "max", max, ""),
        ("other sponsors", &plain, mail(MailKind::SponsorChange, &["CoSponsors"]), "max", "sam@acme.example", ""),
    ];
    for (what, task, change, manager, to, cc) in rows {
        let (done, mails) = performed(task, std::slice::from_ref(&change), Capabilities::EMBEDDED, manager).await;
        assert_eq!((done, mails.len()), (Ok(()), 1), "{what}");
        assert_eq!((header(&mails[0], "To").as_str(), header(&mails[0], "Cc").as_str()), (to, cc), "{what}");
        let all: Vec<&str> = to.split(", ").chain(cc.split(", ")).filter(|address| !address.is_empty()).collect();
        assert_eq!(mails[0].envelope.to, all, "{what}");
        let Change::SendMail { kind, .. } = change else { continue };
        assert_eq!(mails[0].task, kind.task(), "{what}");
    }
    let (done, mails) = performed(&plain, &[mail(last, &["Manager"])], Capabilities::EMBEDDED, "nobody").await;
    assert_eq!((done.map_err(|fault| fault.reason), mails.len()), (Err(Reason::RecipientMissing), 0), "a manager who has left");
}

#[tokio::test]
async fn a_pass_works_as_long_as_the_change_says() {
    let pass = |to: &[&str]| Change::IssuePass { lifetime_minutes: 60, is_usable_once: true, to: names(to) };
    let body = "{{temporaryAccessPassLifetimeInMinutes}} minutes";
    let task = json!({"name": "t", "generateTemporaryAccessPass": {"lifetimeMinutes": 480, "customBody": body}});
    // (to whom, their address, whether the subject is told beside them)
    let rows = [
        ("Manager", "max@acme.example", true),
        ("User/otherMails", "ann@home.example", false),
        ("{{user.otherMails}}", "ann@home.example", false),
        ("User", "ann@acme.example", false),
    ];
    for (to, address, is_told) in rows {
        let (done, mut mails) = performed(&task, &[pass(&[to])], Capabilities::EMBEDDED, "max").await;
        let mail = mails.pop().expect("a mail");
        assert_eq!((done, mails.len()), (Ok(()), usize::from(is_told)), "{to}");
        let text = String::from_utf8_lossy(&mail.bytes).into_owned();
        assert!(text.contains("60 minutes") && !text.contains("480 minutes"), "{to}: {text}");
        assert_eq!((mail.envelope.to.as_slice(), mail.task), (names(&[address]).as_slice(), "generateTemporaryAccessPass"), "{to}");
        for told in mails {
            assert_eq!((told.envelope.to.as_slice(), told.task), (names(&["ann@acme.example"]).as_slice(), PASS_NOTICE), "{to}");
            assert_ne!(told.message_id, mail.message_id, "{to}");
        }
    }
}

/// What a task or a workflow wrote is no address of a pass, and of no mail where it is in no domain of the tenant's.
#[tokio::test]
async fn mails_go_to_records_and_to_domains_of_the_tenant() {
    let pass = |to: &[&str]| Change::IssuePass { lifetime_minutes: 60, is_usable_once: true, to: names(to) };
    let mail = |to: &[&str]| Change::SendMail { kind: MailKind::LastDay, to: names(to) };
    let task = json!({"name": "t", "sendEmailOnLastDay": {"customBody": "x"}});
    let refused = Err(Reason::AddressNotAllowed);
    // (the Change, what a task has written over the mail of max, what comes of it, who got the last mail)
    let rows = [
        (mail(&["Manager"]), None, Ok(()), "max@acme.example"),
        (mail(&["hr@acme.example"]), None, Ok(()), "hr@acme.example"),
        (mail(&["drop@evil.example"]), None, refused, ""),
        (mail(&["User", "drop@evil.example"]), None, refused, ""),
        (mail(&["Manager"]), Some("other@acme.example"), Ok(()), "other@acme.example"),
        (mail(&["Manager"]), Some("drop@evil.example"), refused, ""),
        (mail(&["max"]), Some("drop@evil.example"), refused, ""),
        (pass(&["Manager"]), None, Ok(()), "max@acme.example"),
        (pass(&["hr@acme.example"]), None, refused, ""),
        (pass(&["Manager"]), Some("other@acme.example"), Ok(()), "max@acme.example"),
        (pass(&["max"]), Some("drop@evil.example"), Ok(()), "max@acme.example"),
        (pass(&["{{user.privateMail}}"]), None, Err(Reason::MailAddressMissing), ""),
    ];
    for (change, written, expected, address) in rows {
        let mut known = people("max");
        if let Some(written) = written {
            let record = known[1].texts.insert("mail".to_owned(), Some(written.to_owned()));
            known[1].recorded.insert("mail".to_owned(), record.flatten());
        }
        // A task wrote it, and the record has none.
        known[0].texts.insert("privateMail".to_owned(), Some("drop@evil.example".to_owned()));
        known[0].recorded.insert("privateMail".to_owned(), None);
        let (done, mails) = performed_by(known, &task, std::slice::from_ref(&change), Capabilities::EMBEDDED).await;
        let last = mails.last().map(|mail| mail.envelope.to.join(", ")).unwrap_or_default();
        assert_eq!((done.map_err(|fault| fault.reason), last.as_str()), (expected, address), "{change} {written:?}");
    }
}

#[tokio::test]
async fn what_a_directory_cannot_do_is_not_begun() {
    let task = json!({"name": "t", "revokeRefreshTokens": {}});
    let mail = || Change::SendMail { kind: MailKind::LastDay, to: names(&["Manager"]) };
    let all = Capabilities::EMBEDDED;
    // (what it can do, the Changes, the reason, how many mails left)
    let rows = [
        (all, vec![Change::RevokeSessions], Err(Reason::DirectoryUnavailable), 0),
        (all.without(Capability::Sessions), vec![Change::RevokeSessions], Err(Reason::DirectoryIncapable), 0),
        (all.without(Capability::Sessions), vec![mail(), Change::RevokeSessions], Err(Reason::DirectoryIncapable), 0),
        (all.without(Capability::Licences), vec![Change::RevokeSessions], Err(Reason::DirectoryUnavailable), 0),
        (all.without(Capability::Sessions), vec![mail()], Ok(()), 1),
    ];
    for (capabilities, changes, expected, sent) in rows {
        let (done, mails) = performed(&task, &changes, capabilities, "max").await;
        assert_eq!((done.map_err(|fault| fault.reason), mails.len()), (expected, sent), "{changes:?}");
    }
}
