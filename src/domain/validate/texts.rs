//! Whether the variables of a task's texts are some.

use super::problem::Problems;
use crate::api::Task;
use crate::api::reasons::Reason;
use crate::domain::change::Wanted;
use crate::domain::variable::{Place, mistakes, recipient};
use crate::rule::Vocabulary;

/// The texts of a mail.
struct Texts<'a> {
    subject: Option<&'a str>,
    body: Option<&'a str>,
    to: &'a [String],
    cc: &'a [String],
    places: [Place; 2],
}

/// `directory`: what its people can have; None: it is not there, so that any attribute may be one of theirs.
pub(super) fn check(problems: &mut Problems, path: &str, task: &Task, wanted: Wanted<'_>, directory: Option<&Vocabulary>) {
    let plain = Vocabulary::lcw();
    let mistakes = |text: &str, place| mistakes(text, place, directory.unwrap_or(&plain), directory.is_some());
    for (index, update) in wanted.updates().iter().enumerate() {
        say(problems, format!("{path}.attributes[{index}].value"), task, &mistakes(&update.value, Place::Value));
    }
    let Some(texts) = texts(wanted) else { return };
    let named = [("customSubject", texts.subject, texts.places[0]), ("customBody", texts.body, texts.places[1])];
    for (field, text, place) in named {
        say(problems, format!("{path}.{field}"), task, &text.map(|text| mistakes(text, place)).unwrap_or_default());
    }
    for (field, entries) in [("to", texts.to), ("cc", texts.cc)] {
        for (index, entry) in entries.iter().enumerate() {
            let mistake = recipient(entry, directory).and_then(Result::err);
            say(problems, format!("{path}.{field}[{index}]"), task, mistake.as_slice());
        }
    }
}

fn texts(wanted: Wanted<'_>) -> Option<Texts<'_>> {
    let mail = match wanted {
        Wanted::Pass(mail) => {
            return Some(Texts {
                subject: mail.custom_subject.as_deref(),
                body: mail.custom_body.as_deref(),
                to: &mail.to,
                cc: &mail.cc,
                places: [Place::PassSubject, Place::PassBody],
            });
        }
        Wanted::Told(_, mail) => mail,
        Wanted::Enabled(_)
        | Wanted::Deleted
        | Wanted::Values(_)
        | Wanted::Joined(..)
        | Wanted::Left(..)
        | Wanted::LeftAll(_)
        | Wanted::Assigned(_)
        | Wanted::Unassigned(_)
        | Wanted::UnassignedAll
        | Wanted::Revoked
        | Wanted::Transferred
        | Wanted::Called(_)
        | Wanted::Unavailable(..) => return None,
    };
    Some(Texts {
        subject: mail.custom_subject.as_deref(),
        body: mail.custom_body.as_deref(),
        to: &mail.to,
        cc: &mail.cc,
        places: [Place::Subject, Place::Body],
    })
}

fn say(problems: &mut Problems, path: String, task: &Task, mistakes: &[String]) {
    if !mistakes.is_empty() {
        problems.add(path, Reason::VariableUnknown, format!("task {:?}: {}", task.name, mistakes.join(", ")));
    }
}
