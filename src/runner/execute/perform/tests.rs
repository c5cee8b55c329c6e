use chrono::DateTime;
use futures::FutureExt as _;

use super::*;
use crate::domain::change::Change;
use crate::task::post::Envelope;

#[test]
fn what_comes_after_a_try() {
    let reason = Reason::DirectoryUnavailable;
    let transient = Fault::transient(reason, String::new());
    let permanent = Fault::permanent(reason, String::new());
    let denied = Fault::denied(reason, String::new());
    let unknown = Fault::unknown(Reason::TimedOut, String::new());
    let unreadable = Fault::unreadable(String::new());
    // (what came of the try, what comes after it, and where it is done once only and may have left)
    let cases = [
        (None, After::Over, After::Over),
        (Some(&transient), After::Again, After::Uncertain),
        (Some(&permanent), After::Over, After::Uncertain),
        (Some(&denied), After::Over, After::Uncertain),
        (Some(&unknown), After::Again, After::Uncertain),
        (Some(&unreadable), After::Over, After::Uncertain),
    ];
    for (fault, expected, of_once_only) in cases {
        assert_eq!(after(fault, false, false), expected, "{fault:?}");
        // What may be done again is, also where it may have left.
        assert_eq!(after(fault, false, true), expected, "{fault:?}");
        // What certainly has not left is tried again, also where it is done once only.
        assert_eq!(after(fault, true, false), expected, "{fault:?}");
        assert_eq!(after(fault, true, true), of_once_only, "{fault:?}");
    }
}

/// Answers like that, or never.
struct Server(Option<Result<(), PostError>>);

impl Post for Server {
    fn send(&self, _: Mail) -> BoxFuture<'_, Result<(), PostError>> {
        match &self.0 {
            Some(answer) => Box::pin(std::future::ready(answer.clone())),
            None => Box::pin(std::future::pending()),
        }
    }
}

fn mail() -> Mail {
    let envelope = Envelope { from: "a@b".to_owned(), to: vec!["c@d".to_owned()] };
    let date = DateTime::UNIX_EPOCH;
    Mail { message_id: "1".to_owned(), task: "sendWelcomeEmail", subject: "ann".to_owned(), date, envelope, bytes: Vec::new() }
}

#[test]
fn whether_a_mail_may_have_left() {
    let why = || "why".to_owned();
    // (what the server says, the mail may have left)
    let cases = [
        (Some(Ok(())), true),
        (Some(Err(PostError::Unknown(why()))), true),
        (None, true),
        (Some(Err(PostError::Transient(why()))), false),
        (Some(Err(PostError::Permanent(why()))), false),
        (Some(Err(PostError::Denied(why()))), false),
        (Some(Err(PostError::NotConfigured)), false),
    ];
    for (answer, expected) in cases {
        for before in [false, true] {
            let server = Server(answer.clone());
            let watched = Watched { post: &server, may_have_left: AtomicBool::new(before) };
            assert_eq!(watched.send(mail()).now_or_never(), answer);
            assert_eq!(watched.may_have_left(), before || expected, "{answer:?} after another try: {before}");
        }
    }
    let server = Server(None);
    let watched = Watched { post: &server, may_have_left: AtomicBool::new(false) };
    assert!(!watched.may_have_left(), "nobody has handed it over");
}

#[test]
fn when_certainly_nothing_was_done() {
    let fault = |class| Err(Fault { class, reason: Reason::DirectoryRefused, message: String::new() });
    let (denied, transient, unknown) = (fault(FaultClass::Denied), fault(FaultClass::Transient), fault(FaultClass::Unknown));
    let of = |name: &str| Change::TransferSponsorship { of: name.to_owned(), from: "ann".to_owned(), to: "max".to_owned() };
    let one = vec![Change::SetEnabled(false), Change::RevokeSessions];
    // (what, the Changes, what came of them, nothing was done)
    let cases = [
        ("it is done", one.clone(), Some(Ok(Applied::Done)), false),
        ("another writer, or this very write before", one.clone(), Some(Ok(Applied::Conflict)), false),
        ("we may not", one.clone(), Some(denied.clone()), true),
        ("no answer", one.clone(), Some(transient), false),
        ("nobody knows", one.clone(), Some(unknown), false),
        ("no answer in time", one, None, false),
        ("we may not write the only one", vec![of("gil")], Some(denied.clone()), true),
        ("we may not write one of two", vec![of("gil"), of("gus")], Some(denied), false),
    ];
    for (what, changes, tried, expected) in cases {
        let work = Work { changes, ..Work::default() };
        assert_eq!(is_refused(tried.as_ref(), &work, "ann"), expected, "{what}");
    }
}
