//! What is wrong with an object.

use crate::api::reasons::Reason;
use crate::domain::dates;

/// One reason why an object cannot do its work.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Problem {
    /// Where, from the root of the object, for example `spec.tasks[2].directories`.
    pub path: String,
    /// One word for programs.
    pub reason: Reason,
    /// A lower-case fragment for people.
    pub message: String,
    /// What it is about, for who puts it beside what others say.
    pub about: Matter,
}

/// What a problem is about. Whoever shows problems together with those of the schema, or of other objects, decides by this
/// which of them say the same.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Matter {
    /// The field at the path.
    Field,
    /// An attribute that the Directory does not map: without the Directory nobody knows.
    Unmapped(String),
    /// What is wrong with the Directory that is named; it is said of that too.
    Directory,
    /// What a rule of the schema at this field says in the same words, of an object that the API server looks at.
    Rule(&'static str),
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.path, self.message)
    }
}

/// Collects problems.
#[derive(Debug, Default)]
pub(super) struct Problems(pub(super) Vec<Problem>);

impl Problems {
    pub(super) fn add(&mut self, path: impl Into<String>, reason: Reason, message: impl Into<String>) {
        self.add_about(Matter::Field, path, reason, message);
    }

    pub(super) fn add_about(&mut self, about: Matter, path: impl Into<String>, reason: Reason, message: impl Into<String>) {
        self.0.push(Problem { path: path.into(), reason, message: message.into(), about });
    }

    /// An attribute that is not known. `of`: what names it, before what is said of it.
    pub(super) fn add_unknown(&mut self, path: impl Into<String>, of: &str, attribute: &str) {
        let message = format!("{of}the attribute {attribute:?} is not known");
        self.add_about(Matter::Unmapped(attribute.to_owned()), path, Reason::UnknownAttribute, message);
    }

    /// A duration that is there must be one, up to 365 days.
    pub(super) fn check_duration(&mut self, path: &str, text: Option<&str>) {
        if let Some(Err(error)) = text.map(dates::parse_duration) {
            self.add(path, Reason::InvalidDuration, error.to_string());
        }
    }
}
