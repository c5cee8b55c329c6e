//! Whether the variables of a task's texts are some.

use super::problem::Problems;
use crate::api::Task;
use crate::api::reasons::Reason;
use crate::domain::change::Wanted;
use crate::domain::variable::{Place, mistakes, recipient};
use crate::rule::Vocabulary;

/// `directory`: what its people can have; None: it is not there, so that any attribute may be one of theirs.
pub(super) fn check(problems: &mut Problems, path: &str, task: &Task, wanted: Wanted<'_>, directory: Option<&Vocabulary>) {
    let plain = Vocabulary::lcw();
    let mistakes = |text: &str, place| mistakes(text, place, directory.unwrap_or(&plain), directory.is_some());
    for (index, update) in wanted.updates().iter().enumerate() {
        say(problems, format!("{path}.attributes[{index}].value"), task, &mistakes(&update.value, Place::Value));
    }
    let Some(mail) = wanted.wording() else { return };
    let (subject, body) =
        if matches!(wanted, Wanted::Pass(_)) { (Place::PassSubject, Place::PassBody) } else { (Place::Subject, Place::Body) };
    let named = [("customSubject", mail.subject, subject), ("customBody", mail.body, body)];
    for (field, text, place) in named {
        say(problems, format!("{path}.{field}"), task, &text.map(|text| mistakes(text, place)).unwrap_or_default());
    }
    for (field, entries) in [("to", mail.to), ("cc", mail.cc)] {
        for (index, entry) in entries.iter().enumerate() {
            let mistake = recipient(entry, directory).and_then(Result::err);
            say(problems, format!("{path}.{field}[{index}]"), task, mistake.as_slice());
        }
    }
}

fn say(problems: &mut Problems, path: String, task: &Task, mistakes: &[String]) {
    if !mistakes.is_empty() {
        problems.add(path, Reason::VariableUnknown, format!("task {:?}: {}", task.name, mistakes.join(", ")));
    }
}
