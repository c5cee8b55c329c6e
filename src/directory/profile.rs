//! What mails tell about a person.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use crate::domain::dates::{DateOnly, DateValue, DueRule, due_instant};
use crate::domain::filler::is_filler;

/// A date and the zone that it is shown in.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Dated {
    /// The date as precise as the record has it.
    pub value: DateValue,
    /// Zone of the person's dates.
    pub zone: Tz,
}

impl Dated {
    /// When it is; a day begins with its midnight.
    #[must_use]
    pub fn instant(&self) -> DateTime<Utc> {
        // An offset of 0 is always in range.
        DueRule::new(0, None, DateOnly::StartOfDay, self.zone).map_or(DateTime::<Utc>::MIN_UTC, |rule| due_instant(self.value, &rule))
    }
}

/// A person as mails see them. There is no Debug output: all of it is personal.
#[derive(Clone, Default)]
pub struct Profile {
    /// Name in the directory.
    pub name: String,
    /// Every attribute that the directory knows, by LCW's name; None: it has no value. What tasks wrote hides the record.
    pub texts: BTreeMap<String, Option<String>>,
    /// What the record says of each attribute that a task wrote.
    pub recorded: BTreeMap<String, Option<String>>,
    /// What the record says of each attribute that the Directory reads from another one.
    pub behind: BTreeMap<String, Option<String>>,
    /// The attributes that are dates and could be read.
    pub dates: BTreeMap<String, Dated>,
    /// The zone of instants that are no date of the record.
    pub zone: Tz,
    /// The attributes that are dates.
    pub date_names: BTreeSet<String>,
    /// Further addresses.
    pub other_mails: Vec<String>,
    /// Name of the manager.
    pub manager: Option<String>,
    /// Names of the sponsors.
    pub sponsors: Vec<String>,
    /// Whether the person can sign in.
    pub is_enabled: bool,
    /// Whether the person was deleted softly.
    pub is_deleted: bool,
}

impl Profile {
    /// The text of an attribute, if it has one.
    #[must_use]
    pub fn text(&self, attribute: &str) -> Option<&str> {
        self.texts.get(attribute)?.as_deref()
    }

    /// What the record says of an attribute, whatever a task has written.
    #[must_use]
    pub fn record(&self, attribute: &str) -> Option<&str> {
        let known = self.behind.get(attribute).or_else(|| self.recorded.get(attribute)).or_else(|| self.texts.get(attribute));
        known?.as_deref().filter(|text| !text.is_empty())
    }

    /// Takes back what was written to an attribute. `overlay` is what a task had written before; None: nothing.
    pub fn restore(&mut self, attribute: &str, overlay: Option<&str>) {
        let text = match overlay {
            Some(text) => Some(text.to_owned()),
            None => match self.recorded.get(attribute) {
                Some(recorded) => recorded.clone(),
                // Nobody has written to it yet.
                None => return,
            },
        };
        let text = text.filter(|text| !text.is_empty() && !is_filler(attribute, text));
        let zone = self.dates.remove(attribute).map_or(self.zone, |dated| dated.zone);
        if self.date_names.contains(attribute)
            && let Some(Ok(value)) = text.as_deref().map(DateValue::parse)
        {
            self.dates.insert(attribute.to_owned(), Dated { value, zone });
        }
        self.texts.insert(attribute.to_owned(), text);
    }
}

/// Somebody with a sponsor.
#[derive(Clone, Default)]
pub struct Sponsored {
    /// Name in the directory.
    pub name: String,
    /// Name for people.
    pub display_name: Option<String>,
    /// Names of all the sponsors.
    pub sponsors: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_task_wrote_is_taken_back() {
        let recorded = |text: Option<&str>| BTreeMap::from([("displayName".to_owned(), text.map(str::to_owned))]);
        // (what the record says where a task wrote, the before-image, the name then)
        for (recorded, overlay, expected) in [
            (recorded(Some("Joe")), None, Some("Joe")),
            (recorded(Some("Joe")), Some("Joey"), Some("Joey")),
            (recorded(Some("Joe")), Some(""), None),
            (recorded(None), None, None),
            (BTreeMap::new(), None, Some("ZZ Joe")),
        ] {
            let texts = BTreeMap::from([("displayName".to_owned(), Some("ZZ Joe".to_owned()))]);
            let mut profile = Profile { texts, recorded, ..Profile::default() };
            profile.restore("displayName", overlay);
            assert_eq!(profile.text("displayName"), expected, "{overlay:?}");
        }
    }

    #[test]
    fn a_date_that_is_taken_back_is_a_date_again() {
        let name = "employeeLeaveDateTime".to_owned();
        let berlin = Dated { value: DateValue::parse("2026-05-01").unwrap(), zone: chrono_tz::Europe::Berlin };
        let mut profile = Profile {
            dates: BTreeMap::from([(name.clone(), berlin)]),
            date_names: BTreeSet::from([name.clone()]),
            recorded: BTreeMap::from([(name.clone(), Some("2026-03-31".to_owned()))]),
            ..Profile::default()
        };
        profile.restore(&name, None);
        assert_eq!(profile.dates.get(&name), Some(&Dated { value: DateValue::parse("2026-03-31").unwrap(), ..berlin }));
        profile.restore(&name, Some("9999-12-31"));
        assert_eq!((profile.dates.get(&name), profile.text(&name)), (None, None));
    }
}
