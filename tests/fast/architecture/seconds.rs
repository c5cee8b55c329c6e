//! Nothing but `domain/timing.rs` says how long something takes, and for what is no part of Tenure but of a simulated cluster
//! `sim/timing.rs`: no number and no constant becomes a length of time elsewhere. A second is the precision of instants,
//! nothing is zero, and days are kept and not waited: these may stand anywhere.

use super::{Source, complaints, files, has_path, is_word, without_comments};

/// Where pauses and life times stand.
const TIMING: &str = "domain/timing.rs";

/// The files that name seconds all the same, and why.
const ELSEWHERE: [(&str, &str); 7] = [
    ("domain/dates.rs", "arithmetic of calendars; nobody waits for it"),
    ("domain/schedule/mod.rs", "arithmetic of calendars; nobody waits for it"),
    ("domain/schedule/error.rs", "what a value has that was no duration"),
    ("sim/timing.rs", "what a simulated cluster takes, and the simulation itself"),
    ("sim/api/status.rs", "what an API server tells its clients to wait"),
    ("cli/probe.rs", "the patience of a command that a person waits for"),
    ("cli/explain/text.rs", "from how many hours on hours are said"),
];

/// Constants that are named after a unit and may stand where they stand, and why.
const EXCUSED: [(&str, &str, &str); 2] = [
    ("cluster/guard.rs", "MAX_SKEW_SECONDS", "how far clocks may differ; nobody waits for it"),
    ("rule/ast.rs", "MAX_SECONDS", "the longest duration that a rule can write"),
];

/// What makes a length of time, behind `from_`, `try_` or neither, of whatever type it is a function.
const UNITS: [&str; 16] = [
    "secs",
    "secs_f32",
    "secs_f64",
    "millis",
    "millis_f32",
    "millis_f64",
    "micros",
    "nanos",
    "mins",
    "hours",
    "nanoseconds",
    "microseconds",
    "milliseconds",
    "seconds",
    "minutes",
    "timeout",
];
/// Types whose `new` makes a length of time.
const TYPES: [&str; 3] = ["Duration", "SignedDuration", "TimeDelta"];
/// Constants that are no length of time which somebody has thought of here.
const NO_LENGTHS: [&str; 4] = ["MAX", "MIN", "ZERO", "PRODUCTION"];
/// The second that may stand anywhere, but not as a unit that is counted.
const GRAINS: [&str; 2] = ["TimeDelta::seconds(1)", "GRAIN"];

/// Complains of every length of time that is written out.
pub fn check_seconds(source: &Source, code: &str, complaints: &mut Vec<String>) {
    let path = source.path.as_str();
    let is_test = path.ends_with("/tests.rs") || path.contains("/tests/");
    if is_test || path == TIMING || ELSEWHERE.iter().any(|(file, _)| *file == path) {
        return;
    }
    let shipped = shipped(code);
    let found = lengths(path, shipped).into_iter();
    complaints.extend(found.map(|what| format!("{path}: {what}: pauses and life times stand in {TIMING}")));
    for name in TYPES {
        if has_path(shipped, &format!("{name} as")) {
            complaints.push(format!("{path}: {name} is given another name, under which nobody looks for it"));
        }
    }
}

/// The code that is in the programs.
pub fn shipped(code: &str) -> &str {
    code.split_once("#[cfg(test)]\nmod tests {").map_or(code, |(shipped, _)| shipped)
}

/// Every length of time that is written out.
fn lengths(path: &str, code: &str) -> Vec<String> {
    made(code).into_iter().chain(constants(path, code)).chain(fields(code)).chain(counted(code)).collect()
}

/// Calls that make a length of time out of a number or a constant.
fn made(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices('(') {
        let path = ending(&code[..at], |character| is_word(character) || character == ':');
        let (kind, function) = path.rsplit_once("::").unwrap_or(("", path));
        let unit = ["from_", "try_"].iter().find_map(|prefix| function.strip_prefix(prefix)).unwrap_or(function);
        // A method has such a name if it asks for a length, but for the one that bounds a request.
        let is_bound = unit == "timeout" && code[..at - path.len()].ends_with('.');
        let is_unit = UNITS.contains(&unit) && (!kind.is_empty() || is_bound);
        let is_new = function == "new" && TYPES.iter().any(|name| kind.rsplit("::").next() == Some(name));
        let given = inside(&code[at + 1..]);
        let call = format!("{path}({given})");
        if (is_unit || is_new) && !call.ends_with(GRAINS[0]) && says_how_long(given, code) {
            found.push(call);
        }
    }
    found
}

/// The end of the text that is made of such characters.
pub fn ending(text: &str, is_part: impl Fn(char) -> bool) -> &str {
    text.char_indices().rev().take_while(|(_, character)| is_part(*character)).last().map_or("", |(start, _)| &text[start..])
}

/// What stands before the parenthesis that closes.
pub fn inside(code: &str) -> &str {
    let mut depth = 1;
    let end = code.find(|character| {
        depth += i32::from(character == '(') - i32::from(character == ')');
        depth == 0
    });
    end.map_or(code, |end| &code[..end])
}

/// Constants of numbers that are named after a unit of time: others are passed on to it only where one sees it.
fn constants(path: &str, code: &str) -> Vec<String> {
    let words = ["const ", "static "];
    let declared = words.iter().flat_map(|word| code.match_indices(word).map(move |(at, word)| &code[at + word.len()..]));
    let units = ["SECONDS", "SECOND", "SECS", "MILLISECONDS", "MILLIS", "MS", "MINUTES", "MINS", "HOURS"];
    let numbers = ["u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64", "i128", "isize", "f32", "f64"];
    let named = declared.filter_map(|declared| {
        let (name, rest) = declared.split_once(':')?;
        let kind = rest.split('=').next()?.trim();
        let is_time = is_constant(name) && name.split('_').any(|part| units.contains(&part)) && numbers.contains(&kind);
        let is_excused = EXCUSED.iter().any(|(file, excused, _)| (*file, *excused) == (path, name));
        (is_time && !is_excused).then(|| format!("const {name}"))
    });
    named.collect()
}

/// Fields that are named after a unit of time, of Rust and of JSON, and are given a number or a constant.
fn fields(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    for unit in ["econds", "illis"] {
        for (at, _) in code.match_indices(unit) {
            let rest = &code[at + unit.len()..];
            let more = &rest[..rest.find(|character| !is_word(character)).unwrap_or(rest.len())];
            let given =
                rest[more.len()..].trim_start_matches('"').strip_prefix(": ").and_then(|given| given.split([',', '}', '\n']).next());
            if let Some(given) = given.filter(|given| says_how_long(given, code)) {
                found.push(format!("{}{unit}{more}: {given}", ending(&code[..at], is_word)));
            }
        }
    }
    found
}

/// Multiples of the one second.
fn counted(code: &str) -> Vec<String> {
    let multiples = GRAINS.iter().flat_map(|grain| code.match_indices(grain)).filter(|(at, grain)| {
        let (before, after) = (code[..*at].trim_end(), code[at + grain.len()..].trim_start());
        before.ends_with('*') || after.starts_with('*') || after.starts_with(".checked_mul") || after.starts_with(".saturating_mul")
    });
    multiples.map(|(_, grain)| format!("{grain} is multiplied")).collect()
}

/// Whether there is a number among the words, a constant, or a variable that the file gives a number.
fn says_how_long(text: &str, code: &str) -> bool {
    // What follows a dot is a field or a method; but the dot of a number belongs to it.
    text.split(|character| !is_word(character) && character != '.').any(|word| {
        let name = word.split('.').next().unwrap_or_default();
        is_number(word) || (is_constant(name) && !NO_LENGTHS.contains(&name)) || is_given_a_number(name, code)
    })
}

/// A number that is not zero.
fn is_number(word: &str) -> bool {
    word.starts_with(|first: char| first.is_ascii_digit()) && !["0", "0.0"].contains(&word)
}

/// One letter is a parameter of a type.
fn is_constant(name: &str) -> bool {
    let is_loud = |character: char| character.is_ascii_uppercase() || character.is_ascii_digit() || character == '_';
    name.len() > 1 && name.starts_with(|first: char| first.is_ascii_uppercase()) && name.chars().all(is_loud)
}

fn is_given_a_number(name: &str, code: &str) -> bool {
    let given = |declared: String| {
        code.match_indices(&declared).any(|(at, _)| {
            let rest = &code[at + declared.len()..];
            let value = rest.split(';').next().and_then(|rest| rest.split_once('=')).map_or("", |(_, value)| value.trim());
            rest.starts_with([' ', ':']) && is_number(value)
        })
    };
    !name.is_empty() && (given(format!("let {name}")) || given(format!("let mut {name}")))
}

#[test]
fn seconds_are_noticed() {
    let cases = [
        ("runner/execute/mod.rs", "const WAIT: Duration = Duration::from_secs(5);", "Duration::from_secs(5): pauses"),
        ("reconcile/run.rs", "let late = now + TimeDelta::minutes(5);", "TimeDelta::minutes(5): pauses"),
        ("reconcile/run.rs", "let late = now + TimeDelta::seconds(10);", "TimeDelta::seconds(10): pauses"),
        ("cli/controller/mod.rs", "sleep(std::time::Duration::from_millis(200)).await;", "stand in domain/timing.rs"),
        ("cli/controller/span.rs", "sleep(Duration::from_mins(1)).await;", "Duration::from_mins(1): pauses"),
        ("server/mod.rs", "sleep(Duration::from_secs_f64(1.5)).await;", "Duration::from_secs_f64(1.5): pauses"),
        ("api/run.rs", "let late = now + TimeDelta::minutes(5);", "TimeDelta::minutes(5): pauses"),
        ("rule/ast.rs", "const PAUSE_SECONDS: i64 = 5;", "const PAUSE_SECONDS: pauses"),
        ("sim/driver/mod.rs", "let late = now + TimeDelta::seconds(10);", "TimeDelta::seconds(10): pauses"),
        ("cli/jobs.rs", "sleep(Duration::from_secs(5)).await;", "Duration::from_secs(5): pauses"),
        ("main.rs", "sleep(Duration::from_secs(5)).await;", "Duration::from_secs(5): pauses"),
        // Other ways to make one.
        ("cluster/lease.rs", "let wait = Duration::new(5, 0);", "Duration::new(5, 0): pauses"),
        ("cluster/lease.rs", "let wait = std::time::Duration::new(0, 500_000_000);", "Duration::new(0, 500_000_000): pauses"),
        ("cluster/lease.rs", "let wait = TimeDelta::new(5, 0);", "TimeDelta::new(5, 0): pauses"),
        ("cluster/lease.rs", "let wait = chrono::TimeDelta::try_seconds(5);", "TimeDelta::try_seconds(5): pauses"),
        ("cluster/lease.rs", "let wait = TimeDelta::microseconds(5_000_000);", "TimeDelta::microseconds(5_000_000): pauses"),
        ("cluster/lease.rs", "let wait = chrono::Duration::hours(2);", "Duration::hours(2): pauses"),
        ("cluster/lease.rs", "type Pause = Duration;\nlet wait = Pause::from_secs(5);", "Pause::from_secs(5): pauses"),
        ("cluster/lease.rs", "use std::time::Duration as Pause;", "Duration is given another name"),
        ("cluster/lease.rs", "let wait = Duration::from_secs(\n    u64::from(5_u32),\n);", "from_secs("),
        ("cluster/lease.rs", "let wait = Duration::from_secs(2 * minutes);", "Duration::from_secs(2 * minutes): pauses"),
        ("cluster/watch.rs", "let watched = WatchParams::default().timeout(290);", "timeout(290): pauses"),
        // By a name.
        ("cluster/lease.rs", "let wait = Duration::from_secs(WAIT);", "Duration::from_secs(WAIT): pauses"),
        (
            "cluster/lease.rs",
            "let wait = TimeDelta::seconds(i64::from(super::WAIT));",
            "TimeDelta::seconds(i64::from(super::WAIT)): pauses",
        ),
        ("cluster/lease.rs", "let wait = 5;\nlet until = Duration::from_secs(wait);", "Duration::from_secs(wait): pauses"),
        ("cluster/lease.rs", "let mut wait: u64 = 5;\nlet until = Duration::from_secs(wait);", "Duration::from_secs(wait): pauses"),
        ("domain/order.rs", "pub const WAIT_SECONDS: u64 = 5;", "const WAIT_SECONDS: pauses"),
        ("domain/order.rs", "static PAUSE_MS: u32 = 500;", "const PAUSE_MS: pauses"),
        ("domain/order.rs", "pub const MAX_SKEW_SECONDS: i64 = 60;", "const MAX_SKEW_SECONDS: pauses"),
        // Where Kubernetes waits.
        ("domain/job.rs", "active_deadline_seconds: Some(300),", "active_deadline_seconds: Some(300): pauses"),
        ("reconcile/jobs.rs", "json!({\"spec\": {\"activeDeadlineSeconds\": LIFE}})", "activeDeadlineSeconds: LIFE: pauses"),
        ("reconcile/jobs.rs", "json!({\"spec\": {\"ttlSecondsAfterFinished\": 300}})", "ttlSecondsAfterFinished: 300: pauses"),
        // The second that may stand anywhere.
        ("domain/order.rs", "let late = now + TimeDelta::seconds(1) * 30;", "TimeDelta::seconds(1) is multiplied"),
        ("reconcile/run.rs", "let late = now + 30 * GRAIN;", "GRAIN is multiplied"),
    ];
    for (path, text, complaint) in cases {
        let found = complaints(path, text);
        assert!(found.contains(complaint), "{path}: {text}: `{found}` lacks `{complaint}`");
    }
}

#[test]
fn what_is_no_pause_is_let_through() {
    let cases = [
        ("domain/timing.rs", "const TRUST: Duration = Duration::from_secs(60);"),
        ("domain/dates.rs", "let before = local.and_utc() - TimeDelta::hours(48);"),
        ("domain/retention.rs", "let oldest = now - TimeDelta::days(90) - TimeDelta::seconds(1);"),
        ("domain/retention.rs", "pub const LEDGER_DAYS: i64 = 400;\nlet kept = TimeDelta::days(LEDGER_DAYS);"),
        ("domain/order.rs", "let next = now.max(then + GRAIN);"),
        ("domain/order.rs", "let none = Duration::ZERO.max(Duration::from_secs(0));"),
        ("domain/order.rs", "let mut waited = 0;\nlet waited = Duration::from_secs(waited);"),
        ("domain/order.rs", "TimeDelta::seconds(i64::try_from(seconds).unwrap_or(i64::MAX))"),
        ("domain/order.rs", "fn f() {}\n#[cfg(test)]\nmod tests {\n    const WAIT: Duration = Duration::from_secs(5);\n}"),
        ("cluster/guard.rs", "pub const MAX_SKEW_SECONDS: i64 = 60;"),
        ("cluster/guard.rs", "let date = now - TimeDelta::seconds(self.1);"),
        ("cluster/lease.rs", "let until = Duration::from_millis(until);"),
        ("cluster/lease.rs", "seconds.map_or(self.times.duration, Duration::from_secs)"),
        ("cluster/lease.rs", "lease_duration_seconds: Some(i32::try_from(self.times.duration.as_secs()).unwrap_or(i32::MAX)),"),
        ("cluster/client.rs", "config.timeout(timing.request_timeout)"),
        ("domain/job.rs", "struct Parts {\n    seconds: i64,\n}"),
        ("domain/schedule/cron.rs", "let parser = CronParser::builder().seconds(Seconds::Disallowed);"),
        ("cli/probe.rs", "const PATIENCE: Duration = Duration::from_secs(20);"),
        ("sim/timing.rs", "const SETTLE: TimeDelta = TimeDelta::seconds(10);"),
        ("rule/ast.rs", "pub const MAX_SECONDS: i64 = 36_525 * 86_400;"),
    ];
    for (path, text) in cases {
        assert_eq!(complaints(path, text), "", "{path}: {text}");
    }
}

#[test]
fn what_is_excused_is_there() {
    let sources = files();
    for (path, name, reason) in EXCUSED {
        let is_there = sources.iter().any(|source| source.path == path && source.text.contains(&format!("const {name}:")));
        assert!(is_there, "{path} has no {name}: {reason}");
    }
    for (path, reason) in ELSEWHERE.into_iter().chain([(TIMING, "it is where they stand")]) {
        let code = sources.iter().find(|source| source.path == path).map(|source| without_comments(&source.text));
        let found = code.map(|code| lengths(path, shipped(&code))).unwrap_or_default();
        assert!(!found.is_empty(), "{path} is not there, or names no seconds: {reason}");
    }
}
