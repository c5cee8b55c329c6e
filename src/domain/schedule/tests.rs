use std::collections::BTreeSet;

use chrono::{Datelike as _, TimeZone as _, Timelike as _};
use proptest::prelude::*;

use super::*;

const ZONES: [Tz; 4] = [Tz::Europe__Berlin, Tz::America__New_York, Tz::Australia__Lord_Howe, Tz::UTC];

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn cron(expression: &str, zone: Tz) -> Schedule {
    let cadence = Cadence::Cron { expression: expression.to_owned(), zone };
    Schedule::new(&cadence, TimeDelta::zero()).unwrap_or_else(|error| panic!("{expression}: {error}"))
}

/// All ticks in (from, until], found forwards.
fn forwards(schedule: &Schedule, from: DateTime<Utc>, until: DateTime<Utc>) -> Vec<DateTime<Utc>> {
    std::iter::successors(schedule.next_after(from), |tick| schedule.next_after(*tick)).take_while(|tick| *tick <= until).collect()
}

/// All ticks in (from, until], found backwards, put in order.
fn backwards(schedule: &Schedule, from: DateTime<Utc>, until: DateTime<Utc>) -> Vec<DateTime<Utc>> {
    let before = |tick: &DateTime<Utc>| schedule.latest_at_or_before(*tick - TimeDelta::nanoseconds(1));
    let mut ticks: Vec<_> = std::iter::successors(schedule.latest_at_or_before(until), before).take_while(|tick| *tick > from).collect();
    ticks.reverse();
    ticks
}

#[test]
#[rustfmt::skip] // One row a line, or nobody can read the table.
fn interval_ticks_are_aligned_to_1970() {
    // (hours, splay in seconds, instant, latest, next)
    for (hours, splay, instant, latest, next) in [
        (3, 0, "2026-03-29T00:00:00Z", "2026-03-29T00:00:00Z", "2026-03-29T03:00:00Z"),
        (3, 0, "2026-03-29T00:00:00.5Z", "2026-03-29T00:00:00Z", "2026-03-29T03:00:00Z"),
        (3, 0, "2026-03-28T23:59:59.999999999Z", "2026-03-28T21:00:00Z", "2026-03-29T00:00:00Z"),
        (3, 754, "2026-03-29T00:12:33Z", "2026-03-28T21:12:34Z", "2026-03-29T00:12:34Z"),
        (3, 754, "2026-03-29T00:12:34Z", "2026-03-29T00:12:34Z", "2026-03-29T03:12:34Z"),
        (24, 86_399, "2026-03-29T12:00:00Z", "2026-03-28T23:59:59Z", "2026-03-29T23:59:59Z"),
        (1, 0, "1969-12-31T23:30:00Z", "1969-12-31T23:00:00Z", "1970-01-01T00:00:00Z"),
        (7, 0, "1970-01-01T20:59:59Z", "1970-01-01T14:00:00Z", "1970-01-01T21:00:00Z"),
    ] {
        let schedule = Schedule::new(&Cadence::Interval { hours }, TimeDelta::seconds(splay)).unwrap();
        assert_eq!(schedule.latest_at_or_before(at(instant)), Some(at(latest)), "{hours} h before {instant}");
        assert_eq!(schedule.next_after(at(instant)), Some(at(next)), "{hours} h after {instant}");
    }
}

#[test]
fn intervals_are_whole_hours_from_1_to_24() {
    for (minutes, expected) in [(60, Some(1)), (180, Some(3)), (1_440, Some(24))] {
        assert_eq!(Cadence::every(TimeDelta::minutes(minutes)).ok(), expected.map(|hours| Cadence::Interval { hours }));
    }
    for minutes in [-60, 0, 30, 90, 1_441, 1_500, i64::from(i32::MAX)] {
        assert_eq!(Cadence::every(TimeDelta::minutes(minutes)), Err(ScheduleError::Interval), "{minutes}");
    }
    for hours in [0, 25, u32::MAX] {
        let cadence = Cadence::Interval { hours };
        assert_eq!(Schedule::new(&cadence, TimeDelta::zero()), Err(ScheduleError::Interval), "{hours}");
        assert_eq!(Schedule::for_tenant("acme", &cadence), Err(ScheduleError::Interval), "{hours}");
    }
}

#[test]
fn the_ends_of_the_calendar_have_no_tick_and_no_panic() {
    let every_hour = Schedule::new(&Cadence::Interval { hours: 1 }, TimeDelta::seconds(5)).unwrap();
    for schedule in [every_hour, cron("0 0 * * *", Tz::Australia__Lord_Howe)] {
        assert_eq!(schedule.next_after(DateTime::<Utc>::MAX_UTC), None);
        assert_eq!(schedule.latest_at_or_before(DateTime::<Utc>::MIN_UTC), None);
    }
}

#[test]
fn splay_is_bounded_constant_and_differs_between_tenants() {
    // SHA-256 of "acme" begins with 822b33ad87c148a0 (sha256sum), here modulo 10,800 s and 60 s.
    let hash: u64 = 0x822b_33ad_87c1_48a0;
    let three_hours = Cadence::Interval { hours: 3 };
    let daily = Cadence::Cron { expression: "0 6 * * *".to_owned(), zone: Tz::UTC };
    assert_eq!(splay("acme", &three_hours).num_seconds().unsigned_abs(), hash % 10_800);
    assert_eq!(splay("acme", &daily).num_seconds().unsigned_abs(), hash % 60);

    let tenants = || (0..200).map(|n| format!("tenant-{n}"));
    let spread: BTreeSet<_> = tenants().map(|name| splay(&name, &three_hours)).collect();
    assert!(spread.len() > 190, "{} different delays among 200 tenants", spread.len());
    let minutes: BTreeSet<_> = tenants().map(|name| splay(&name, &daily)).collect();
    assert!(minutes.len() > 50 && minutes.iter().all(|delay| *delay < TimeDelta::seconds(60)));

    let six = Schedule::for_tenant("acme", &daily).unwrap().next_after(at("2026-05-01T00:00:00Z")).unwrap();
    assert_eq!(six - at("2026-05-01T06:00:00Z"), splay("acme", &daily));
}

#[test]
fn splay_outside_its_bound_is_refused() {
    let three_hours = Cadence::Interval { hours: 3 };
    let daily = Cadence::Cron { expression: "0 6 * * *".to_owned(), zone: Tz::UTC };
    for (cadence, longest) in [(three_hours, 10_799), (daily, 59)] {
        let longest_splay = TimeDelta::seconds(i64::from(longest));
        assert!(Schedule::new(&cadence, longest_splay).is_ok());
        let one_second_more = longest_splay + TimeDelta::seconds(1);
        for splay in [one_second_more, TimeDelta::seconds(-1), TimeDelta::milliseconds(1)] {
            assert_eq!(Schedule::new(&cadence, splay), Err(ScheduleError::Splay { longest }), "{splay}");
        }
    }
}

#[test]
fn cron_ticks_on_days() {
    // (expression, the first ticks after 2026-01-31T12:00:00Z, a Saturday, in UTC)
    for (expression, ticks) in [
        ("0 6 * * 0", ["2026-02-01T06:00", "2026-02-08T06:00"]),
        ("0 6 * * 7", ["2026-02-01T06:00", "2026-02-08T06:00"]),
        ("0 6 * * sun", ["2026-02-01T06:00", "2026-02-08T06:00"]),
        ("0 6 * * 5-7", ["2026-02-01T06:00", "2026-02-06T06:00"]),
        ("0 6 ? * MON-FRI", ["2026-02-02T06:00", "2026-02-03T06:00"]),
        ("0 6 1 * ?", ["2026-02-01T06:00", "2026-03-01T06:00"]),
        ("0 6 15 * 1", ["2026-02-02T06:00", "2026-02-09T06:00"]),
        ("0 6 2 * 1", ["2026-02-02T06:00", "2026-02-09T06:00"]),
        ("0 0 29 2 *", ["2028-02-29T00:00", "2032-02-29T00:00"]),
        ("0 0 31 jan,mar *", ["2026-03-31T00:00", "2027-01-31T00:00"]),
        ("59 23 31 12 *", ["2026-12-31T23:59", "2027-12-31T23:59"]),
        ("  */20   12  *  *  *  ", ["2026-01-31T12:20", "2026-01-31T12:40"]),
        ("25/20 12 * * *", ["2026-01-31T12:25", "2026-01-31T12:45"]),
        ("0 0 30 2 1", ["2026-02-02T00:00", "2026-02-09T00:00"]),
    ] {
        let schedule = cron(expression, Tz::UTC);
        let first = schedule.next_after(at("2026-01-31T12:00:00Z")).unwrap();
        let second = schedule.next_after(first).unwrap();
        let found = [first, second].map(|tick| tick.format("%Y-%m-%dT%H:%M").to_string());
        assert_eq!(found, ticks, "{expression}");
    }
}

#[test]
fn leap_days_are_found_across_the_year_2100() {
    let schedule = cron("0 0 29 2 *", Tz::Europe__Berlin);
    assert_eq!(schedule.next_after(at("2096-03-01T00:00:00Z")), Some(at("2104-02-28T23:00:00Z")));
    assert_eq!(schedule.latest_at_or_before(at("2104-02-28T00:00:00Z")), Some(at("2096-02-28T23:00:00Z")));
}

#[test]
#[rustfmt::skip] // One row a line, or nobody can read the table.
fn refused_expressions() {
    for expression in [
        "", "*", "* * * *", "0 * * * * *", "0 0 * * * * 2026", "@daily", "@every 1h", "TZ=UTC 0 0 * * *",
        "CRON_TZ=Europe/Berlin 0 0 * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * 32 * *", "* * * 0 *",
        "* * * 13 *", "* * * * 8", "-1 * * * *", "*/0 * * * *", "*/00 * * * *", "/5 * * * *", "5-1 * * * *",
        "1,,2 * * * *", "1- * * * *", "? * * * *", "* ? * * *", "0 0 L * *", "0 0 15W * *", "0 0 * * 5L",
        "0 0 * * 1#2", "0 0 1 * +1", "0 0 * * monday", "0 0 * mon *", "0 0 * * jan", "0 0 jan * *", "a * * * *",
        "1.5 * * * *", "1/2/3 * * * *", "1-2-3 * * * *", "001 * * * *",
    ] {
        let cadence = Cadence::Cron { expression: expression.to_owned(), zone: Tz::UTC };
        let result = Schedule::new(&cadence, TimeDelta::zero());
        assert!(matches!(result, Err(ScheduleError::Cron { .. })), "{expression:?}: {result:?}");
    }
    let long = format!("{} * * * *", ["1"; 200].join(","));
    let cadence = Cadence::Cron { expression: long, zone: Tz::UTC };
    assert!(matches!(Schedule::new(&cadence, TimeDelta::zero()), Err(ScheduleError::Cron { .. })));
}

#[test]
fn expressions_that_never_fire_are_refused() {
    for expression in ["0 0 30 2 *", "0 0 31 2,4,6,9,11 *", "*/5 * 30-31 feb ?"] {
        for zone in ZONES {
            let cadence = Cadence::Cron { expression: expression.to_owned(), zone };
            assert_eq!(Schedule::new(&cadence, TimeDelta::zero()), Err(ScheduleError::NeverFires), "{expression}");
        }
    }
}

#[test]
#[rustfmt::skip] // One row a line, or nobody can read the table.
fn cron_on_the_days_of_a_clock_change() {
    use Tz::{America__New_York as NewYork, Australia__Lord_Howe as LordHowe, Europe__Berlin as Berlin};
    // (expression, zone, day, ticks of that local day in UTC)
    let rows: &[(&str, Tz, &str, &[&str])] = &[
        // Berlin, 29 March 2026: 02:00 becomes 03:00 at 01:00Z. 25 October: 03:00 becomes 02:00 at 01:00Z.
        ("30 2 * * *", Berlin, "2026-03-29", &["03-29T01:00"]),
        ("0 2 * * *", Berlin, "2026-03-29", &["03-29T01:00"]),
        ("0 3 * * *", Berlin, "2026-03-29", &["03-29T01:00"]),
        ("30 1 * * *", Berlin, "2026-03-29", &["03-29T00:30"]),
        ("30 2,14 * * *", Berlin, "2026-03-29", &["03-29T12:30"]),
        ("*/30 1-3 * * *", Berlin, "2026-03-29", &["03-29T00:00", "03-29T00:30", "03-29T01:00", "03-29T01:30"]),
        ("30 2 * * *", Berlin, "2026-10-25", &["10-25T00:30"]),
        ("0 3 * * *", Berlin, "2026-10-25", &["10-25T02:00"]),
        ("30 2,14 * * *", Berlin, "2026-10-25", &["10-25T00:30", "10-25T01:30", "10-25T13:30"]),
        ("0 1-3 * * *", Berlin, "2026-10-25", &["10-24T23:00", "10-25T00:00", "10-25T01:00", "10-25T02:00"]),
        // New York, 8 March 2026: 02:00 becomes 03:00 at 07:00Z. 1 November: 02:00 becomes 01:00 at 06:00Z.
        ("15 2 * * *", NewYork, "2026-03-08", &["03-08T07:00"]),
        ("15 1-3 * * *", NewYork, "2026-03-08", &["03-08T06:15", "03-08T07:15"]),
        ("15 1 * * *", NewYork, "2026-11-01", &["11-01T05:15"]),
        ("15 1-2 * * *", NewYork, "2026-11-01", &["11-01T05:15", "11-01T06:15", "11-01T07:15"]),
        // Lord Howe moves by half an hour. 4 October 2026: 02:00 becomes 02:30 at 15:30Z of the day before.
        // 5 April: 02:00 becomes 01:30 at 15:00Z of the day before.
        ("15 2 * * *", LordHowe, "2026-10-04", &["10-03T15:30"]),
        ("*/15 2 * * *", LordHowe, "2026-10-04", &["10-03T15:30", "10-03T15:45"]),
        ("45 1 * * *", LordHowe, "2026-04-05", &["04-04T14:45"]),
        ("*/15 1 * * *", LordHowe, "2026-04-05", &["04-04T14:00", "04-04T14:15", "04-04T14:30", "04-04T14:45", "04-04T15:00", "04-04T15:15"]),
        ("30 2 * * *", Tz::UTC, "2026-03-29", &["03-29T02:30"]),
    ];
    for (expression, zone, day, ticks) in rows {
        let expected: Vec<_> = ticks.iter().map(|tick| at(&format!("2026-{tick}:00Z"))).collect();
        let midnight = format!("{day}T00:00:00").parse::<chrono::NaiveDateTime>().unwrap();
        let from = zone.from_local_datetime(&midnight).unwrap().to_utc() - TimeDelta::seconds(1);
        let next_midnight = midnight + TimeDelta::days(1);
        let until = zone.from_local_datetime(&next_midnight).unwrap().to_utc() - TimeDelta::seconds(1);
        let schedule = cron(expression, *zone);
        assert_eq!(forwards(&schedule, from, until), expected, "{expression} {zone} {day}, forwards");
        assert_eq!(backwards(&schedule, from, until), expected, "{expression} {zone} {day}, backwards");
    }
}

/// One quarter of an hour of a year: all clock changes of [`ZONES`] and all expressions below fall on quarters.
struct Quarter {
    instant: DateTime<Utc>,
    local: chrono::NaiveDateTime,
    /// The wall-clock quarters that are skipped between the previous instant and this one.
    skipped: Vec<chrono::NaiveDateTime>,
    /// The clock has shown this time before.
    again: bool,
}

fn quarters_of_2026(zone: Tz) -> Vec<Quarter> {
    let quarter = |instant: DateTime<Utc>| {
        let local = instant.with_timezone(&zone).naive_local();
        let previous = (instant - TimeDelta::minutes(15)).with_timezone(&zone).naive_local();
        let skipped = (1..(local - previous).num_minutes() / 15).map(|n| previous + TimeDelta::minutes(15 * n));
        let again = zone.from_local_datetime(&local).earliest().is_some_and(|earliest| earliest < instant);
        Quarter { instant, local, skipped: skipped.collect(), again }
    };
    (0..366 * 96).map(|n| quarter(at("2026-01-01T00:00:00Z") + TimeDelta::minutes(15) * n)).collect()
}

/// What the documentation of the module promises: an instant is a tick if the clock shows a matching time, but a single
/// time of day ticks at its first pass only, and at the end of the gap that skips it.
fn expected(quarters: &[Quarter], minutes: &[u32], hours: &[u32], weekday: Option<u32>) -> Vec<DateTime<Utc>> {
    let single = minutes.len() == 1 && hours.len() == 1;
    let matches = |local: &chrono::NaiveDateTime| {
        minutes.contains(&local.minute())
            && hours.contains(&local.hour())
            && weekday.is_none_or(|day| local.weekday().num_days_from_sunday() == day)
    };
    quarters
        .iter()
        .filter(|q| (matches(&q.local) && !(single && q.again)) || (single && q.skipped.iter().any(matches)))
        .map(|q| q.instant)
        .collect()
}

#[test]
fn a_year_of_ticks_is_what_the_clock_shows_and_none_comes_twice() {
    type Row = (&'static str, &'static [u32], &'static [u32], Option<u32>);
    let all_hours: &'static [u32] = &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23];
    let rows: [Row; 6] = [
        ("0 * * * *", &[0], all_hours, None),
        ("30 2 * * *", &[30], &[2], None),
        ("0 2 * * *", &[0], &[2], None),
        ("45 1 * * *", &[45], &[1], None),
        ("15,45 1-2 * * *", &[15, 45], &[1, 2], None),
        ("30 2 * * 7", &[30], &[2], Some(0)),
    ];
    let from = at("2025-12-31T23:59:59Z");
    let until = from + TimeDelta::days(366);
    for zone in ZONES {
        let quarters = quarters_of_2026(zone);
        for (expression, minutes, hours, weekday) in rows {
            let schedule = cron(expression, zone);
            let expected = expected(&quarters, minutes, hours, weekday);
            assert!(expected.windows(2).all(|pair| pair[0] < pair[1]) && expected.len() >= 52, "{expression} {zone}");
            assert!(forwards(&schedule, from, until) == expected, "{expression} {zone}, forwards");
            assert!(backwards(&schedule, from, until) == expected, "{expression} {zone}, backwards");
        }
    }
}

fn cadences() -> impl Strategy<Value = Cadence> {
    let field = |low: u32, high: u32| {
        prop_oneof![
            2 => Just("*".to_owned()),
            3 => (low..=high).prop_map(|n| n.to_string()),
            1 => (1..=high).prop_map(|step| format!("*/{step}")),
            1 => (low..=high, low..=high).prop_map(|(a, b)| format!("{}-{}", a.min(b), a.max(b))),
            1 => (low..=high, low..=high).prop_map(|(a, b)| format!("{a},{b}")),
        ]
    };
    // Small hours are where the clocks change.
    let hour = prop_oneof![field(0, 23), field(0, 3)];
    let fields = (field(0, 59), hour, field(1, 28), field(1, 12), field(0, 7));
    let cron = (fields, proptest::sample::select(ZONES.to_vec())).prop_map(|((minute, hour, day, month, weekday), zone)| Cadence::Cron {
        expression: format!("{minute} {hour} {day} {month} {weekday}"),
        zone,
    });
    prop_oneof![1 => (1..=24_u32).prop_map(|hours| Cadence::Interval { hours }), 3 => cron]
}

/// Instants of 2025 to 2027, half of them within two hours of a clock change of one of the zones.
fn instants() -> impl Strategy<Value = DateTime<Utc>> {
    let changes = [
        "2026-03-29T01:00:00Z",
        "2026-10-25T01:00:00Z",
        "2026-03-08T07:00:00Z",
        "2026-11-01T06:00:00Z",
        "2026-10-03T15:30:00Z",
        "2026-04-04T15:00:00Z",
    ];
    let near = (proptest::sample::select(changes.to_vec()), -7_200_000..7_200_000_i64)
        .prop_map(|(change, milliseconds)| at(change) + TimeDelta::milliseconds(milliseconds));
    let any = (0..94_608_000_i64).prop_map(|second| at("2025-01-01T00:00:00Z") + TimeDelta::seconds(second));
    prop_oneof![near, any]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn next_and_latest_enclose_every_instant(cadence in cadences(), instant in instants(), namespace in "[a-z]{1,8}") {
        let schedule = Schedule::for_tenant(&namespace, &cadence).unwrap();
        let latest = schedule.latest_at_or_before(instant).unwrap();
        let next = schedule.next_after(instant).unwrap();
        prop_assert!(latest <= instant && instant < next, "{latest} {next}");
        prop_assert_eq!(schedule.next_after(latest), Some(next));
        prop_assert_eq!(schedule.latest_at_or_before(latest), Some(latest));
        prop_assert_eq!(schedule.latest_at_or_before(next), Some(next));
        prop_assert_eq!(schedule.latest_at_or_before(next - TimeDelta::nanoseconds(1)), Some(latest));
    }

    #[test]
    fn any_expression_is_read_without_panic(expression in "[0-9*,/?LWa-z#@+ -]{0,40}") {
        let _ = Schedule::new(&Cadence::Cron { expression, zone: Tz::UTC }, TimeDelta::zero());
    }
}
