//! What is observed of a subject before a claim, with the values that tasks will write: all that it takes to say what they
//! do.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::api::reasons::Reason;
use crate::api::task::AttributeUpdate;
use crate::api::{SubjectResult, Task};
use crate::directory::{Directory, HeldEntry, Profile, Sight, Sponsored};
use crate::domain::change::{GroupFacts, Needs, Observed, Record, Unread, Wanted, recorded, wanted};
use crate::domain::fault::Fault;
use crate::domain::subject::{Person, SubjectRef};
use crate::domain::template::{Piece, line};

use super::mail::MailError;
use super::values::{Style, Values};

/// Most characters of a value: the bound of the schema.
const LONGEST_VALUE: usize = 1_024;
/// The attribute that names the manager.
const MANAGER: &str = "manager";
/// The value that stands for the instant at which the task runs.
const NOW: &str = "system.now";

/// What is asked of a directory about one subject.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The tasks.
    pub tasks: &'a [Task],
    /// What they need to know.
    pub needs: &'a Needs,
    /// The groups that they need to know of, if they can be read.
    pub groups: &'a Result<BTreeMap<String, GroupFacts>, Fault>,
    /// What was written down of the subject so far.
    pub result: Option<&'a SubjectResult>,
    /// The instant.
    pub now: DateTime<Utc>,
}

/// One subject, as it was observed.
#[derive(Clone, Debug)]
pub struct Observation {
    /// As rules and triggers see it; None: it is no subject any more.
    pub person: Option<Person>,
    /// As its tasks see it.
    pub observed: Observed,
    /// Its entry, for the first write.
    pub held: Option<HeldEntry>,
    /// Whether nothing may touch it.
    pub is_protected: bool,
}

/// Observes the subject.
///
/// # Errors
/// [`Fault`]: it cannot be told, and unknown never acts.
pub async fn observe(directory: &dyn Directory, subject: &SubjectRef, asked: Asked<'_>) -> Result<Observation, Fault> {
    let Sight { person, held, has_record, is_protected, sponsored } = directory.observe(subject, asked.needs).await?;
    let values = values(directory, subject, asked).await;
    let (sponsored, successor, unread_sponsored) = match sponsored {
        None => (Vec::new(), None, None),
        Some(Ok((sponsored, successor))) => (sponsored, Some(successor), None),
        Some(Err(fault)) => (Vec::new(), None, Some(fault)),
    };
    let observed = Observed {
        at: asked.now,
        subject: subject.name.clone(),
        entry: held.as_ref().map(|held| held.entry.clone()),
        has_record,
        groups: asked.groups.as_ref().cloned().unwrap_or_default(),
        sponsored,
        successor,
        values,
        unread: Unread { groups: asked.groups.as_ref().err().map(Fault::unread), sponsored: unread_sponsored.as_ref().map(Fault::unread) },
    };
    Ok(Observation { person, observed, held, is_protected })
}

type NewValues = BTreeMap<(String, String), Result<String, Fault>>;

/// The values of all tasks that write some. What an earlier attempt has written down stands: it was made of the person
/// before anything of this occurrence was done.
async fn values(directory: &dyn Directory, subject: &SubjectRef, asked: Asked<'_>) -> NewValues {
    let mut values = NewValues::new();
    let mut to_render = Vec::new();
    for task in asked.tasks {
        for update in updates(task) {
            match written_down(asked.result, task, &update.attribute) {
                Some(value) => drop(values.insert((task.name.clone(), update.attribute.clone()), Ok(value))),
                None => to_render.push((task, update)),
            }
        }
    }
    let rendered = render_all(directory, subject, asked, &to_render).await;
    for ((task, update), value) in to_render.into_iter().zip(rendered) {
        values.insert((task.name.clone(), update.attribute.clone()), value);
    }
    values
}

/// The attributes that the task writes.
fn updates(task: &Task) -> &[AttributeUpdate] {
    wanted(task).map_or(&[][..], Wanted::updates)
}

/// The value that an earlier attempt has written down for the attribute.
fn written_down(result: Option<&SubjectResult>, task: &Task, attribute: &str) -> Option<String> {
    let entry = result?.tasks.iter().find(|entry| entry.name == task.name)?;
    let record = recorded(entry)?;
    record.changes().iter().find_map(|change| change.values()?.get(attribute)?.clone())
}

async fn render_all(
    directory: &dyn Directory,
    subject: &SubjectRef,
    asked: Asked<'_>,
    updates: &[(&Task, &AttributeUpdate)],
) -> Vec<Result<String, Fault>> {
    let parsed: Vec<Result<Vec<Piece>, Fault>> =
        updates.iter().map(|(_, update)| line(&update.value).map_err(|unclosed| MailError::from(unclosed).into())).collect();
    let names: Vec<&str> = parsed.iter().flatten().flat_map(|pieces| Piece::variables(pieces)).collect();
    let people = if names.is_empty() { None } else { Some(People::read(directory, subject, asked, &names).await) };
    let one = |((_, update), pieces): (&(&Task, &AttributeUpdate), Result<Vec<Piece>, Fault>)| {
        let pieces = pieces?;
        if update.value == NOW {
            return Ok(asked.now.format("%Y-%m-%dT%H:%M:%SZ").to_string());
        }
        if Piece::variables(&pieces).is_empty() {
            return Ok(update.value.clone());
        }
        match &people {
            Some(Ok(people)) => people.render(&pieces, asked.now),
            Some(Err(fault)) => Err(fault.clone()),
            None => Ok(update.value.clone()),
        }
    };
    updates.iter().zip(parsed).map(one).collect()
}

/// The people whom variables of new values are about, as they were before the first attempt.
struct People {
    user: Profile,
    manager: Option<Profile>,
    sponsored: Vec<Sponsored>,
}

impl People {
    async fn read(directory: &dyn Directory, subject: &SubjectRef, asked: Asked<'_>, names: &[&str]) -> Result<Self, Fault> {
        let unread = |fault: Fault| fault.unread();
        let user = directory.profile(&subject.name).await.known().map_err(unread)?;
        let mut user = user.ok_or_else(|| MailError::SubjectMissing(subject.name.clone()))?;
        take_back(asked, &mut user)?;
        let manager = match &user.manager {
            Some(manager) if names.iter().any(|name| name.starts_with(MANAGER)) => {
                directory.profile(manager).await.known().map_err(unread)?
            }
            Some(_) | None => None,
        };
        let sponsored = if names.contains(&"sponsoredUsers") {
            directory.sponsored(&subject.name).await.known().map_err(unread)?.unwrap_or_default()
        } else {
            Vec::new()
        };
        Ok(Self { user, manager, sponsored })
    }

    fn render(&self, pieces: &[Piece], now: DateTime<Utc>) -> Result<String, Fault> {
        let style = if matches!(pieces, [Piece::Variable(_)]) { Style::Copy } else { Style::Value };
        let values = Values { user: &self.user, manager: self.manager.as_ref(), sponsored: &self.sponsored, pass: None, now, style };
        let mut out = String::new();
        for piece in pieces {
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Variable(name) => out.push_str(&values.get(name)?),
                Piece::Break | Piece::Open(_) | Piece::OpenLink(_) | Piece::Close(_) => {}
            }
        }
        if out.chars().count() > LONGEST_VALUE {
            let message = format!("a value has more than {LONGEST_VALUE} characters with its variables");
            return Err(Fault::permanent(Reason::ValueTooLong, message));
        }
        Ok(out)
    }
}

/// Makes the person what it was before the first attempt. An image that was too large to be kept leaves open whether the
/// value is marked already, and then nothing is written.
fn take_back(asked: Asked<'_>, user: &mut Profile) -> Result<(), Fault> {
    // The last one first: what it found is what those before it had written.
    for task in asked.tasks.iter().rev() {
        let updates = updates(task);
        let entry = asked.result.and_then(|result| result.tasks.iter().find(|entry| entry.name == task.name));
        // A task that writes nothing has changed nothing. And where nobody has claimed the subject before, it is as it was.
        let entry = entry.filter(|_| !updates.is_empty());
        let Some(entry) = entry.filter(|entry| entry.before.is_some() || matches!(recorded(entry), Some(Record::Digest(_)))) else {
            continue;
        };
        let overlay = entry.before.as_ref().and_then(|before| before.attributes.as_ref()).ok_or_else(|| {
            let message = "what was there before was too large to keep, so that it cannot be told whether this was done already";
            Fault::permanent(Reason::BeforeImageMissing, message.to_owned())
        })?;
        let wrote = |attribute: &str| match recorded(entry) {
            Some(Record::Changes(changes)) => changes.iter().any(|change| change.writes(attribute)),
            Some(Record::Digest(_)) | None => true,
        };
        for update in updates.iter().filter(|update| wrote(&update.attribute)) {
            user.restore(&update.attribute, overlay.get(&update.attribute).map(String::as_str));
        }
        // Who the manager is may have been written as well.
        if updates.iter().any(|update| update.attribute == MANAGER) {
            user.manager = user.text(MANAGER).map(str::to_owned);
        }
    }
    Ok(())
}
