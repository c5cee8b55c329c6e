//! What changed since the last sealed evaluation: sightings, baselines and change sequences (design 3.1 rules 2 and 3).

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::api::tenant_ledger::TenantLedgerData;
use crate::api::{AttributeMark, Sighting, SnapshotRow};

use super::employment::{DatesSeen, Employment};
use super::epochs::is_valid;
use super::keys::Keyring;
use super::ledger::LedgerIndex;
use super::subject::{ACCOUNT_ENABLED, DateReading, HIRE_DATE, LEAVE_DATE, Person};

/// What is tracked of everybody: it says who has left, who is hired again, and what inactivity counts from.
pub const ALWAYS: [&str; 3] = [ACCOUNT_ENABLED, HIRE_DATE, LEAVE_DATE];

/// Which attributes and groups are tracked, and which of them are states (a first sight of a state that holds is an
/// occurrence, not a baseline).
#[derive(Clone, Debug, Default)]
pub struct Tracked {
    /// Attributes, and groups behind `group:`.
    pub attributes: BTreeSet<String>,
    /// Numbers of sponsors of which guests may have too few.
    pub sponsors: BTreeSet<i32>,
    /// Attributes that name the time zone of a date.
    pub zones: BTreeSet<String>,
}

/// Most marks of a sighting: its schema's bound.
pub const MOST_MARKS: usize = 200;

impl Tracked {
    /// The names of all its marks.
    #[must_use]
    pub fn names(&self) -> BTreeSet<String> {
        let own = self.attributes.iter().chain(&self.zones).cloned();
        own.chain(self.sponsors.iter().map(|minimum| sponsors_mark(*minimum))).collect()
    }
}

/// Before the number in the name of "fewer sponsors than".
pub const SPONSORS_PREFIX: &str = "sponsors<";

/// The name under which "fewer sponsors than" is tracked.
#[must_use]
pub fn sponsors_mark(minimum: i32) -> String {
    format!("{SPONSORS_PREFIX}{minimum}")
}

/// When an evaluation saw the person's account become enabled; None: it is not enabled, or was so at the first sight.
#[must_use]
pub fn enabled_since(sighting: &Sighting, person: &Person) -> Option<DateTime<Utc>> {
    let mark = sighting.marks.iter().find(|mark| &*mark.name == ACCOUNT_ENABLED)?;
    mark.changed_at.filter(|_| person.is_enabled() == Some(true))
}

/// Buckets of a directory: 10,000 people with ten marks each stay below 200 kB a bucket.
const BUCKETS: u32 = 64;

/// The name of the bucket that has the subject's row.
#[must_use]
pub fn bucket_name(directory: &str, subject: &str) -> String {
    let number = u32::from_str_radix(subject.get(..4).unwrap_or("0"), 16).unwrap_or(0) % BUCKETS;
    format!("{directory}-{number}")
}

/// The newest sighting of a row that counts.
#[must_use]
pub fn sealed_sighting<'a>(head: &TenantLedgerData, row: &'a SnapshotRow) -> Option<&'a Sighting> {
    if is_valid(head, row.current.epoch) {
        return Some(&row.current);
    }
    row.previous.as_deref().filter(|sighting| is_valid(head, sighting.epoch))
}

/// What an evaluation sees of a subject, given what was seen before; borrowed if that is the same, as for most people at
/// most times.
#[must_use]
pub fn look<'a>(
    person: &Person,
    before: Option<&'a Sighting>,
    tracked: &Tracked,
    keys: &Keyring,
    ledger: &LedgerIndex,
    epoch: i64,
    as_of: DateTime<Utc>,
) -> Cow<'a, Sighting> {
    let mut changed = Vec::new();
    let always = ALWAYS.iter().copied().filter(|name| !tracked.attributes.contains(*name));
    for attribute in tracked.attributes.iter().map(String::as_str).chain(always) {
        let value = person.tracked_value(attribute);
        let digest = value.map(|value| if value.is_empty() { String::new() } else { keys.digest(attribute, &value) });
        changed.extend(next_mark(attribute, digest, before, || ledger.highest_sequence(&person.key, attribute), as_of));
    }
    for attribute in tracked.zones.iter().filter(|name| !tracked.attributes.contains(*name)) {
        changed.extend(zone_mark(person, attribute, before, keys, || ledger.highest_sequence(&person.key, attribute), as_of));
    }
    for minimum in &tracked.sponsors {
        let name = sponsors_mark(*minimum);
        let digest = person.lacks_sponsors(*minimum).map(|few| if few { "few".to_owned() } else { String::new() });
        let mut mark = next_mark(&name, digest, before, || ledger.highest_sequence(&person.key, &name), as_of);
        if let Some(mark) = mark.as_mut().filter(|mark| &*mark.digest == "few" && mark.changed_at.is_none()) {
            // Having too few sponsors is a state: its first sight counts.
            mark.sequence += 1;
            mark.changed_at = Some(as_of);
        }
        changed.extend(mark);
    }
    let begun_at = |now: &Sighting| now.begun_at.or_else(|| employment(person, now, before, keys, ledger).begun_at(as_of));
    if let Some(before) = before.filter(|before| changed.is_empty() && begun_at(before) == before.begun_at) {
        return Cow::Borrowed(before);
    }
    // Marks that nobody tracks today are kept: whoever tracks them again finds the changes in between.
    let kept = before.into_iter().flat_map(|before| &before.marks).filter(|old| changed.iter().all(|mark| mark.name != old.name));
    let mut marks: Vec<AttributeMark> = kept.cloned().chain(changed.iter().cloned()).collect();
    if marks.len() > MOST_MARKS {
        let names = tracked.names();
        let is_tracked = |mark: &AttributeMark| ALWAYS.contains(&&*mark.name) || names.contains(&*mark.name);
        // Of those that nobody tracks, what has not changed for longest is forgotten.
        marks.sort_by_key(|mark| (!is_tracked(mark), std::cmp::Reverse(mark.changed_at)));
        marks.truncate(MOST_MARKS);
    }
    marks.sort_by(|left, right| left.name.cmp(&right.name));
    let first_seen_at = before.map_or(as_of, |sighting| sighting.first_seen_at);
    let mut now = Sighting { epoch, first_seen_at, begun_at: before.and_then(|before| before.begun_at), marks };
    now.begun_at = begun_at(&now);
    Cow::Owned(now)
}

/// The person's dates, read together, as of this sighting. `before`: the one before it.
#[must_use]
pub fn employment(person: &Person, now: &Sighting, before: Option<&Sighting>, keys: &Keyring, ledger: &LedgerIndex) -> Employment {
    let seen = DatesSeen {
        first_seen_at: before.map(|before| before.first_seen_at),
        begun_at: before.and_then(|before| before.begun_at),
        ..DatesSeen::of(now, was_withdrawn(person, keys, ledger))
    };
    Employment::of(person, &seen)
}

/// Key of the row that says that these two dates are a hire that was taken back.
#[must_use]
pub fn withdrawn_key(person: &Person, keys: &Keyring) -> Option<String> {
    match (person.date(HIRE_DATE), person.date(LEAVE_DATE)) {
        (DateReading::Known(hire), DateReading::Known(leave)) if leave.day() <= hire.day() => {
            Some(keys.withdrawn(&person.key, &hire.value.canonical(), &leave.value.canonical()))
        }
        _ => None,
    }
}

fn was_withdrawn(person: &Person, keys: &Keyring, ledger: &LedgerIndex) -> bool {
    withdrawn_key(person, keys).is_some_and(|key| ledger.is_consumed(&key))
}

/// The mark of one attribute; None: it stays as it is. `digest`: None if the value is unknown today.
fn next_mark(
    name: &str,
    digest: Option<String>,
    before: Option<&Sighting>,
    highest: impl FnOnce() -> i64,
    as_of: DateTime<Utc>,
) -> Option<AttributeMark> {
    let old = before.and_then(|sighting| sighting.marks.iter().find(|mark| &*mark.name == name));
    let mark = |digest: String, sequence, changed_at| {
        let name = old.map_or_else(|| name.into(), |old| Arc::clone(&old.name));
        Some(AttributeMark { name, digest: digest.into(), sequence, changed_at })
    };
    match (old, digest) {
        // Unknown never acts: what was known stays, and a first sight waits for a value.
        (Some(_), None) => None,
        (None, None) => mark(AttributeMark::UNKNOWN.to_owned(), 0, None),
        (None, Some(digest)) => mark(digest, highest(), None),
        // The first value after an unknown one is a baseline for changes, but it is news for dates.
        (Some(old), Some(digest)) if old.is_unknown() => mark(digest, highest(), None),
        (Some(old), Some(digest)) if *old.digest == digest => None,
        (Some(old), Some(digest)) => mark(digest, old.sequence.max(highest()) + 1, Some(as_of)),
    }
}

/// The mark of an attribute that names a time zone; None: it stays as it is. Most people name none, and have no mark: a
/// zone that is named later is another one than before.
fn zone_mark(
    person: &Person,
    attribute: &str,
    before: Option<&Sighting>,
    keys: &Keyring,
    highest: impl Fn() -> i64,
    as_of: DateTime<Utc>,
) -> Option<AttributeMark> {
    let value = person.tracked_value(attribute);
    let is_marked = before.is_some_and(|sighting| sighting.marks.iter().any(|mark| &*mark.name == attribute));
    if !is_marked && value.as_ref().is_none_or(String::is_empty) {
        return None;
    }
    let digest = value.map(|value| if value.is_empty() { String::new() } else { keys.digest(attribute, &value) });
    let mut mark = next_mark(attribute, digest, before, &highest, as_of)?;
    if before.is_some() && !is_marked {
        (mark.sequence, mark.changed_at) = (highest() + 1, Some(as_of));
    }
    Some(mark)
}

/// Whether the attribute, which names a time zone, was seen to change since `last_sealed_at`.
#[must_use]
pub fn is_another_zone(now: &Sighting, attribute: &str, last_sealed_at: Option<DateTime<Utc>>) -> bool {
    let changed = now.marks.iter().find(|mark| &*mark.name == attribute).and_then(|mark| mark.changed_at);
    changed.zip(last_sealed_at).is_some_and(|(changed, sealed)| changed > sealed)
}

/// Whether, since `last_sealed_at`, the subject was first seen, or `attribute` changed, was unknown or was not tracked.
#[must_use]
pub fn is_news(now: &Sighting, before: Option<&Sighting>, attribute: &str, last_sealed_at: Option<DateTime<Utc>>) -> bool {
    let Some(before) = before else { return true };
    let Some(sealed) = last_sealed_at else { return true };
    if now.first_seen_at > sealed {
        return true;
    }
    let old = before.marks.iter().find(|mark| &*mark.name == attribute);
    let new = now.marks.iter().find(|mark| &*mark.name == attribute);
    match (old, new) {
        (Some(old), Some(new)) => old.is_unknown() || new.changed_at.is_some_and(|changed| changed > sealed),
        _ => true,
    }
}

/// The row to write: the newest sighting, and the newest sealed one before it. None if nothing changed.
#[must_use]
pub fn next_row(head: &TenantLedgerData, row: Option<&SnapshotRow>, sighting: &Sighting, subject: &str) -> Option<SnapshotRow> {
    let sealed = row.and_then(|row| sealed_sighting(head, row));
    let is_same =
        |old: &&Sighting| (&old.marks, old.first_seen_at, old.begun_at) == (&sighting.marks, sighting.first_seen_at, sighting.begun_at);
    if sealed.as_ref().is_some_and(is_same) {
        return None;
    }
    Some(SnapshotRow { subject: subject.to_owned(), current: sighting.clone(), previous: sealed.cloned().map(Box::new) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::keys::keys;
    use crate::domain::subject::person;
    use crate::rule::{Attributes, OwnedValue};

    fn at(day: u32) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + chrono::TimeDelta::days(i64::from(day))
    }

    fn step(before: Option<&Sighting>, digest: Option<&str>, day: u32) -> Sighting {
        let mark = next_mark("department", digest.map(str::to_owned), before, || 0, at(day));
        let marks = mark.into_iter().chain(before.into_iter().flat_map(|old| old.marks.clone())).take(1).collect();
        Sighting { epoch: i64::from(day), first_seen_at: before.map_or(at(day), |old| old.first_seen_at), begun_at: None, marks }
    }

    #[test]
    fn there_and_back_and_there_again_are_three_changes() {
        let first = step(None, Some("sales"), 1);
        assert_eq!((first.marks[0].sequence, first.marks[0].changed_at), (0, None), "the first sight is a baseline");
        let second = step(Some(&first), Some("marketing"), 2);
        let third = step(Some(&second), Some("sales"), 3);
        let fourth = step(Some(&third), Some("marketing"), 4);
        assert_eq!([&second, &third, &fourth].map(|sighting| sighting.marks[0].sequence), [1, 2, 3]);
        assert_eq!(fourth.marks[0].changed_at, Some(at(4)));
    }

    #[test]
    fn what_nobody_tracks_any_more_gives_way() {
        let mark = |name: String, changed_at| AttributeMark { name: name.into(), digest: "d".into(), sequence: 1, changed_at };
        let old = |index: usize| mark(format!("old{index:03}"), Some(at(2)));
        let never = mark("never".to_owned(), None);
        let tracked_since = mark("department".to_owned(), None);
        let marks = (0..MOST_MARKS - 2).map(old).chain([never, tracked_since]).collect();
        let before = Sighting { epoch: 1, first_seen_at: at(1), begun_at: None, marks };
        let tracked = Tracked { attributes: ["department".to_owned(), "city".to_owned()].into(), ..Tracked::default() };
        let text = |text: &str| OwnedValue::Str(text.into());
        let attributes = Attributes::new().with("department", text("Sales")).with("city", text("Bern"));
        let ann = Person { attributes, ..person(&[]) };
        let now = look(&ann, Some(&before), &tracked, &keys(), &LedgerIndex::default(), 2, at(3));
        let has = |name: &str| now.marks.iter().any(|mark| &*mark.name == name);
        assert_eq!(now.marks.len(), MOST_MARKS);
        assert!(has("department") && has("city") && has(ACCOUNT_ENABLED) && !has("never"));
        assert!(now.marks.is_sorted_by(|left, right| left.name < right.name));
    }

    #[test]
    fn an_unknown_value_changes_nothing() {
        let first = step(None, Some("sales"), 1);
        let second = step(Some(&first), None, 2);
        assert_eq!(second.marks, first.marks);
        let third = step(Some(&second), Some("sales"), 3);
        assert_eq!(third.marks[0].sequence, 0);
    }

    #[test]
    fn a_guest_whose_type_is_unknown_for_a_while_lacks_sponsors_once() {
        let tracked = Tracked { sponsors: [1].into(), ..Tracked::default() };
        let see = |user_type: OwnedValue, before: Option<&Sighting>, day: u32| {
            let attributes = Attributes::new().with("userType", user_type);
            let person = Person { attributes, sponsors: Some(0), ..person(&[]) };
            look(&person, before, &tracked, &keys(), &LedgerIndex::default(), i64::from(day), at(day)).into_owned()
        };
        let guest = || OwnedValue::Str("Guest".into());
        let first = see(guest(), None, 1);
        let few = |sighting: &Sighting| sighting.marks.iter().find(|mark| mark.name.starts_with("sponsors")).cloned().expect("a mark");
        assert_eq!((few(&first).sequence, few(&first).changed_at), (1, Some(at(1))), "a first sight of a state counts");
        let second = see(OwnedValue::Unknown, Some(&first), 2);
        let third = see(guest(), Some(&second), 3);
        assert_eq!(third.marks, first.marks, "nothing has begun anew");
        let unknown = see(OwnedValue::Unknown, None, 1);
        let known = see(guest(), Some(&unknown), 2);
        assert_eq!((few(&known).sequence, few(&known).changed_at), (1, Some(at(2))));
    }

    #[test]
    fn a_zone_is_marked_once_somebody_names_one_and_another_one_is_seen() {
        let tracked = Tracked { zones: ["timeZone".to_owned()].into(), ..Tracked::default() };
        let mut before: Option<Sighting> = None;
        // (the zone, the sequence of its mark and the day on which it changed; None: there is no mark)
        for (day, (zone, expected)) in (1..).zip([
            ("", None),
            ("Europe/Berlin", Some((1, Some(2)))),
            ("Europe/Berlin", Some((1, Some(2)))),
            ("Asia/Tokyo", Some((2, Some(4)))),
            ("", Some((3, Some(5)))),
        ]) {
            let attributes = if zone.is_empty() { Attributes::new() } else { Attributes::new().with("timeZone", zone) };
            let person = Person { attributes, ..person(&[]) };
            let ledger = LedgerIndex::default();
            let now = look(&person, before.as_ref(), &tracked, &keys(), &ledger, i64::from(day), at(day)).into_owned();
            let mark = now.marks.iter().find(|mark| &*mark.name == "timeZone");
            assert_eq!(mark.map(|mark| (mark.sequence, mark.changed_at)), expected.map(|(number, day)| (number, day.map(at))), "day {day}");
            let news = is_another_zone(&now, "timeZone", Some(at(day - 1)));
            assert_eq!(news, expected.is_some_and(|(_, changed)| changed == Some(day)), "day {day}");
            before = Some(now);
        }
        let person = Person { attributes: Attributes::new().with("timeZone", "Asia/Tokyo"), ..person(&[]) };
        let first = look(&person, None, &tracked, &keys(), &LedgerIndex::default(), 1, at(1)).into_owned();
        assert!(!is_another_zone(&first, "timeZone", Some(at(0))), "the first sight is a baseline");
    }

    #[test]
    fn a_first_value_after_unknown_is_news_but_no_change() {
        let first = step(None, None, 1);
        let second = step(Some(&first), Some("x"), 2);
        assert_eq!(second.marks[0].changed_at, None);
        assert!(is_news(&second, Some(&first), "department", Some(at(1))));
        let third = step(Some(&second), Some("x"), 3);
        assert!(!is_news(&third, Some(&second), "department", Some(at(2))));
    }

    #[test]
    fn a_lost_snapshot_continues_above_the_ledger() {
        let mark = next_mark("department", Some("sales".to_owned()), None, || 7, at(9)).expect("a first sight");
        assert_eq!((mark.sequence, mark.changed_at), (7, None));
    }
}
