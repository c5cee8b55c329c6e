use super::*;
use proptest::prelude::*;

fn due(text: &str, offset: i32, at: Option<&str>, date_only: DateOnly, zone: &str) -> String {
    let at = at.map(|at| parse_time_of_day(at).unwrap());
    let rule = DueRule::new(offset, at, date_only, parse_zone(zone).unwrap()).unwrap();
    due_instant(DateValue::parse(text).unwrap(), &rule).format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[test]
fn accepted_texts_and_their_canonical_form() {
    for (text, canonical) in [
        ("2024-02-29", "2024-02-29"),
        ("1900-01-01", "1900-01-01"),
        ("9999-12-31", "9999-12-31"),
        ("2026-03-01T09:00:00Z", "2026-03-01T09:00:00Z"),
        ("2026-03-01t09:00:00z", "2026-03-01T09:00:00Z"),
        ("2026-03-01T09:00:00.123456789012Z", "2026-03-01T09:00:00Z"),
        ("2026-03-01T00:30:00+01:00", "2026-02-28T23:30:00Z"),
        ("2026-12-31T20:00:00.5-05:30", "2027-01-01T01:30:00Z"),
        ("2026-03-01T09:00:00-00:00", "2026-03-01T09:00:00Z"),
        ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59Z"),
        ("2026-03-01T09:00:00", "2026-03-01T09:00:00"),
        ("2026-03-01t09:00:00.75", "2026-03-01T09:00:00"),
        ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z"),
    ] {
        assert_eq!(DateValue::parse(text).map(|v| v.canonical()).as_deref(), Ok(canonical), "{text}");
    }
}

#[test]
fn refused_texts() {
    let shape = DateError::Shape(EXPECTED_DATE);
    for (text, error) in [
        ("", shape),
        ("tomorrow", shape),
        ("2026-3-1", shape),
        ("01.03.2026", shape),
        ("03/01/2026", shape),
        ("20260301", shape),
        ("2026-03-01 ", shape),
        (" 2026-03-01", shape),
        ("2026-03-01 09:00:00", shape),
        ("2026-03-01T", shape),
        ("2026-03-01T09:00", shape),
        ("2026-03-01T09:00Z", shape),
        ("2026-03-01T09:00:00.", shape),
        ("2026-03-01T09:00:00.Z", shape),
        ("2026-03-01T09:00:00+0100", shape),
        ("2026-03-01T09:00:00+01", shape),
        ("2026-03-01T09:00:00ZZ", shape),
        ("2026-03-01T09:00:00[UTC]", shape),
        ("+002026-03-01", shape),
        ("2026-03-0\u{661}", shape),
        ("\u{fc}\u{fc}\u{fc}\u{fc}\u{fc}\u{fc}", shape),
        ("2023-02-29", DateError::NoSuchDay),
        ("1900-02-29", DateError::NoSuchDay),
        ("2026-00-10", DateError::NoSuchDay),
        ("2026-13-01", DateError::NoSuchDay),
        ("2026-04-31T00:00:00Z", DateError::NoSuchDay),
        ("2026-03-01T24:00:00Z", DateError::NoSuchTime),
        ("2026-03-01T09:60:00", DateError::NoSuchTime),
        ("2026-03-01T09:00:61Z", DateError::NoSuchTime),
        ("2026-03-01T09:00:00+24:00", DateError::NoSuchTime),
        ("2026-03-01T09:00:00+01:60", DateError::NoSuchTime),
        ("1899-12-31", DateError::Year),
        ("0001-01-01T00:00:00Z", DateError::Year),
        ("1900-01-01T00:00:00+01:00", DateError::Year),
        ("9999-12-31T23:59:59-00:01", DateError::Year),
    ] {
        assert_eq!(DateValue::parse(text), Err(error), "{text:?}");
    }
}

#[test]
fn errors_do_not_repeat_the_value() {
    for text in ["1899-11-23", "2023-02-30", "23.11.1984", "2026-03-01T25:11:12Z"] {
        let message = DateValue::parse(text).unwrap_err().to_string();
        assert!(message.starts_with("expected ") && !message.contains(text), "{message}");
    }
}

#[test]
#[rustfmt::skip] // One row a line, or nobody can read the table.
fn due_instants() {
    use DateOnly::{EndOfDay, StartOfDay};
    // (value, offset in days, at, meaning of a date alone, zone, due)
    for (value, offset, at, date_only, zone, expected) in [
        ("2026-03-10", 0, None, StartOfDay, "UTC", "2026-03-10T00:00:00Z"),
        ("2026-03-10", 0, None, EndOfDay, "UTC", "2026-03-10T23:59:59Z"),
        ("2026-03-10", -7, Some("06:00"), EndOfDay, "UTC", "2026-03-03T06:00:00Z"),
        ("2026-03-10T21:30:00Z", 2, None, StartOfDay, "UTC", "2026-03-12T21:30:00Z"),
        // Leap days and the border of the year.
        ("2024-02-28", 1, None, StartOfDay, "UTC", "2024-02-29T00:00:00Z"),
        ("2023-02-28", 1, None, StartOfDay, "UTC", "2023-03-01T00:00:00Z"),
        ("2024-02-29", 180, None, StartOfDay, "UTC", "2024-08-27T00:00:00Z"),
        ("2026-01-01", -1, None, EndOfDay, "Europe/Berlin", "2025-12-31T22:59:59Z"),
        ("2025-12-31", 1, None, StartOfDay, "America/New_York", "2026-01-01T05:00:00Z"),
        // The offset of the text says which instant; the days are counted on the clock of the zone.
        ("2026-01-01T03:00:00Z", 0, Some("08:00"), StartOfDay, "America/New_York", "2025-12-31T13:00:00Z"),
        ("2026-03-10T23:30:00Z", 0, Some("08:00"), StartOfDay, "Europe/Berlin", "2026-03-11T07:00:00Z"),
        // Nine o'clock stays nine o'clock over the change to summer time and back.
        ("2026-03-28T09:00:00", 0, None, StartOfDay, "Europe/Berlin", "2026-03-28T08:00:00Z"),
        ("2026-03-28T09:00:00", 1, None, StartOfDay, "Europe/Berlin", "2026-03-29T07:00:00Z"),
        ("2026-03-28T08:00:00Z", 1, None, StartOfDay, "Europe/Berlin", "2026-03-29T07:00:00Z"),
        ("2026-10-25T09:00:00", -1, None, StartOfDay, "Europe/Berlin", "2026-10-24T07:00:00Z"),
        // Spring: 02:00 to 03:00 does not exist, the first instant after it is 03:00 summer time.
        ("2026-03-29", 0, Some("01:59:59"), StartOfDay, "Europe/Berlin", "2026-03-29T00:59:59Z"),
        ("2026-03-29", 0, Some("02:00"), StartOfDay, "Europe/Berlin", "2026-03-29T01:00:00Z"),
        ("2026-03-29", 0, Some("02:59:59"), StartOfDay, "Europe/Berlin", "2026-03-29T01:00:00Z"),
        ("2026-03-29", 0, Some("03:00"), StartOfDay, "Europe/Berlin", "2026-03-29T01:00:00Z"),
        ("2026-03-08", 0, Some("02:30"), StartOfDay, "America/New_York", "2026-03-08T07:00:00Z"),
        ("2026-10-04", 0, Some("02:15"), StartOfDay, "Australia/Lord_Howe", "2026-10-03T15:30:00Z"),
        // Autumn: the first of the two.
        ("2026-10-25", 0, Some("02:30"), StartOfDay, "Europe/Berlin", "2026-10-25T00:30:00Z"),
        ("2026-11-01", 0, Some("01:30"), StartOfDay, "America/New_York", "2026-11-01T05:30:00Z"),
        ("2026-04-05", 0, Some("01:45"), StartOfDay, "Australia/Lord_Howe", "2026-04-04T14:45:00Z"),
        // Days that begin at 01:00, and one that a country left out.
        ("2018-11-04", 0, None, StartOfDay, "America/Sao_Paulo", "2018-11-04T03:00:00Z"),
        ("2011-12-30", 0, Some("10:00"), StartOfDay, "Pacific/Apia", "2011-12-30T10:00:00Z"),
        ("9999-12-31", 1, None, StartOfDay, "UTC", "+10000-01-01T00:00:00Z"),
    ] {
        assert_eq!(due(value, offset, at, date_only, zone), expected, "{value} {offset} {at:?} {zone}");
    }
}

#[test]
fn offsets_durations_times_and_zones_have_bounds() {
    for (offset, accepted) in [(-181, false), (-180, true), (180, true), (181, false), (i32::MIN, false)] {
        let rule = DueRule::new(offset, None, DateOnly::StartOfDay, Tz::UTC);
        assert_eq!(rule.is_ok(), accepted, "{offset}");
    }
    for (text, minutes) in [("1m", 1), ("30m", 30), ("12h", 720), ("3d", 4_320), ("365d", 525_600), ("525600m", 525_600)] {
        assert_eq!(parse_duration(text), Ok(TimeDelta::minutes(minutes)), "{text}");
    }
    for text in ["", "m", "30", "30s", "1h30m", "-1d", "+1d", "1.5h", " 1h", "1h ", "1H", "03d", "\u{663}d", "PT1H"] {
        assert!(matches!(parse_duration(text), Err(DateError::Shape(_))), "{text:?}");
    }
    for text in ["0m", "366d", "8761h", "525601m", "99999999999999999999d", "9223372036854775807d"] {
        assert_eq!(parse_duration(text), Err(DateError::DurationRange), "{text}");
    }
    assert_eq!(parse_time_of_day("06:05").map(|t| t.to_string()).as_deref(), Ok("06:05:00"));
    assert_eq!(parse_time_of_day("23:59:59").map(|t| t.to_string()).as_deref(), Ok("23:59:59"));
    for text in ["24:00", "12:60", "12:00:60"] {
        assert_eq!(parse_time_of_day(text), Err(DateError::NoSuchTime), "{text}");
    }
    for text in ["", "6:00", "06.00", "06:00:0", "06:00Z", "6 am"] {
        assert!(matches!(parse_time_of_day(text), Err(DateError::Shape(_))), "{text}");
    }
    assert_eq!(parse_zone("Europe/Berlin"), Ok(Tz::Europe__Berlin));
    assert_eq!(parse_zone("Europe/Atlantis"), Err(DateError::Zone));
    assert_eq!(parse_zone("europe/berlin"), Err(DateError::Zone));
    for (text, near) in [
        ("europe/berlin", Some("Europe/Berlin")),
        ("Europe/Berln", Some("Europe/Berlin")),
        ("Berlin", Some("Europe/Berlin")),
        ("Europe/Atlantis", None),
        ("Europe/Bonn", None),
        ("Mars/Phobos", None),
        ("PST", None),
        ("+02:00", None),
        ("", None),
    ] {
        assert_eq!(read_zone(text), Err(near.map_or(DateError::Zone, DateError::NearZone)), "{text}");
    }
    assert!(read_zone(&"x".repeat(100_000)).is_err());
    assert_eq!(read_zone("Europe/Berlin"), Ok(Tz::Europe__Berlin));
    assert_eq!(read_zone("W. Europe Standard Time"), Err(DateError::WindowsZone("Europe/Berlin")));
    let windows = parse_zone("W. Europe Standard Time");
    assert_eq!(windows, Err(DateError::WindowsZone("Europe/Berlin")));
    assert!(windows.unwrap_err().to_string().contains("Europe/Berlin"));
}

/// A day of 1950 to 2060 or a time of it to the second, with or without a zone.
fn values() -> impl Strategy<Value = DateValue> {
    let day = (0..40_177_i64).prop_map(|n| NaiveDate::from_ymd_opt(1950, 1, 1).unwrap() + Duration::days(n));
    (day, 0..86_400_i64, 0..3_usize).prop_map(|(day, second, kind)| {
        let local = day.and_time(NaiveTime::MIN) + TimeDelta::seconds(second);
        [DateValue::Day(day), DateValue::Local(local), DateValue::Instant(local.and_utc())][kind]
    })
}

fn rules() -> impl Strategy<Value = DueRule> {
    let zone = proptest::sample::select(vec![Tz::Europe__Berlin, Tz::America__New_York, Tz::Australia__Lord_Howe, Tz::UTC]);
    let at = proptest::option::of((0..86_400_i64).prop_map(|s| NaiveTime::MIN + TimeDelta::seconds(s)));
    let date_only = prop_oneof![Just(DateOnly::StartOfDay), Just(DateOnly::EndOfDay)];
    (-180..=179, at, date_only, zone).prop_map(|(offset, at, date_only, zone)| DueRule::new(offset, at, date_only, zone).unwrap())
}

proptest! {
    #[test]
    fn one_day_more_is_about_one_day_later(value in values(), rule in rules()) {
        let next = DueRule { offset_in_days: rule.offset_in_days + 1, ..rule };
        let step = due_instant(value, &next) - due_instant(value, &rule);
        prop_assert!(step >= TimeDelta::minutes(22 * 60 + 30) && step <= TimeDelta::minutes(25 * 60 + 30), "{step}");
    }

    #[test]
    fn at_is_the_time_on_the_wall_clock_unless_it_is_skipped(value in values(), rule in rules(), second in 0..86_400_i64) {
        let at = NaiveTime::MIN + TimeDelta::seconds(second);
        let due = due_instant(value, &DueRule { at: Some(at), ..rule });
        let shown = due.with_timezone(&rule.zone).naive_local();
        let just_before = (due - TimeDelta::seconds(1)).with_timezone(&rule.zone).naive_local();
        prop_assert!(shown.time() == at || (just_before.time() < at && shown.time() > at));
    }

    #[test]
    fn canonical_text_is_a_date_again(value in values()) {
        prop_assert_eq!(DateValue::parse(&value.canonical()), Ok(value));
    }

    #[test]
    fn any_text_is_read_without_panic(text in "\\PC{0,30}", digits in "[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt.:Zz+0-9-]{0,20}") {
        let _ = DateValue::parse(&text);
        let _ = parse_duration(&text);
        let _ = parse_time_of_day(&text);
        if let Ok(value) = DateValue::parse(&digits) {
            prop_assert_eq!(DateValue::parse(&value.canonical()), Ok(value));
        }
    }
}
