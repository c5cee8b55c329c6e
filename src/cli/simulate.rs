//! `tenure simulate`.

use std::io::{IsTerminal, Write, stderr};
use std::path::PathBuf;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Instant;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use clap::{Args, ValueEnum};

use super::output::{BAD_INPUT, NOT_FINE, complain, print};
use crate::cluster::{Clock, SystemClock};
use crate::domain::dates::read_zone;
use crate::sim::script::Period;
use crate::sim::{Options, Simulation, load, outbox, report};

/// Plays weeks or years of a tenant in seconds, without a cluster.
///
/// The documents are applied to a Kubernetes API in memory, and the same code as in a cluster does the rest, in virtual
/// time. A document with the annotation `tenure.dev/simulate-at: "2026-02-04T10:00:00Z"` is applied then, and with
/// `tenure.dev/simulate-delete: "true"` beside it, deleted then; the others are applied at the beginning. Beginning and
/// end are the annotations `tenure.dev/simulate-from` and `tenure.dev/simulate-until` of the `TenantSchedule`, or else
/// now and 60 days later.
///
/// Exit code 0; 2 if the documents have to be corrected, before anything is played; 1 if at the end something is not as it
/// should be: a Workflow is not Ready or names what is not there (`ReferenceMissing`), a `TenantSchedule` is stalled, a Run is
/// held or failed, a subject failed, work did not end, an account waits for somebody to say whose it is (`NameReused`), or
/// two people share a number (`DuplicateCorrelation`).
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:

    tenure simulate examples/quickstart
    tenure simulate examples/quickstart --html report.html
    tenure simulate examples/quickstart --mails outbox/
    tenure simulate tenant.yaml people/ --from 2026-01-01 --until 2026-04-01
    tenure simulate examples/quickstart --output json | jq '.items[] | select(.kind == \"Account\") | .spec'")]
pub(super) struct SimulateArgs {
    /// Files with YAML documents, or folders of them (*.yaml, *.yml, *.json, in the order of their names).
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// The first instant, for example 2026-01-05T00:00:00Z or 2026-01-05.
    #[arg(long, value_name = "TIME", value_parser = instant)]
    from: Option<DateTime<Utc>>,
    /// The first instant that is not played any more.
    #[arg(long, value_name = "TIME", value_parser = instant)]
    until: Option<DateTime<Utc>>,
    /// A timeline for people, or every object at the end as `kubectl get -o json` shows them.
    #[arg(long, short, value_enum, default_value_t = Output::Text)]
    output: Output,
    /// Also writes the report as one page for a browser: timeline, people and workflows, with a search.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Also writes every mail to a file of its own in this folder, and removes those of an earlier simulation from it.
    #[arg(long, value_name = "DIR")]
    mails: Option<PathBuf>,
    /// Decides what is left to chance: delays, names, the order of work. The same seed, the same simulation.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// The time zone of the report; default: the tenant's. Objects and --output json stay in UTC.
    #[arg(long, value_name = "ZONE", value_parser = zone)]
    time_zone: Option<Tz>,
    /// Plays every tick, also those in which nothing can happen.
    #[arg(long, hide = true)]
    no_skip: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Output {
    Text,
    Json,
}

/// An instant, or a day's beginning in UTC.
pub(super) fn instant(text: &str) -> Result<DateTime<Utc>, String> {
    let day = format!("{text}T00:00:00Z");
    let found = DateTime::parse_from_rfc3339(text).or_else(|_| DateTime::parse_from_rfc3339(&day));
    found
        .map(|instant| instant.to_utc())
        .map_err(|_| "expected an instant or a day, for example 2026-01-05T09:00:00Z or 2026-01-05".to_owned())
}

/// A time zone by its name in the IANA database.
pub(super) fn zone(text: &str) -> Result<Tz, String> {
    read_zone(text).map_err(|error| error.to_string())
}

/// Reads, plays, reports.
pub(super) fn run(args: &SimulateArgs) -> u8 {
    let options = Options {
        from: args.from,
        until: args.until,
        now: SystemClock.now(),
        seed: args.seed,
        time_zone: args.time_zone,
        skip_quiet: !args.no_skip,
        progress: stderr().is_terminal().then_some(progress as fn(_, _)),
        ..Options::default()
    };
    let simulation = match load::read(&args.paths).and_then(|documents| Simulation::new(documents, options)) {
        Ok(simulation) => simulation,
        Err(problems) => {
            for problem in &problems {
                complain(&problem.to_string());
            }
            return BAD_INPUT;
        }
    };
    let finished = simulation.run();
    if stderr().is_terminal() {
        clear_progress();
    }
    let text = match args.output {
        Output::Text => report::text(&finished),
        Output::Json => format!("{:#}\n", report::list(&finished.objects)),
    };
    let printed = print(&text);
    if let Some(folder) = &args.mails
        && let Err(error) = outbox::write(&finished.mails, folder)
    {
        complain(&error.to_string());
        return NOT_FINE;
    }
    if let Some(file) = &args.html
        && let Err(error) = std::fs::write(file, report::page(&finished))
    {
        complain(&format!("{}: {error}", file.display()));
        return NOT_FINE;
    }
    if finished.problems.is_empty() {
        return printed;
    }
    if matches!(args.output, Output::Json) {
        for problem in &finished.problems {
            complain(problem);
        }
    }
    NOT_FINE
}

/// Milliseconds since the first report of progress at which the last one was shown; -1 before.
static SHOWN: AtomicI64 = AtomicI64::new(-1);

/// Shows how far the simulation is, a few times a second, once it has lasted a second.
fn progress(now: DateTime<Utc>, period: Period) {
    static BEGIN: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
    let elapsed = i64::try_from(BEGIN.get_or_init(Instant::now).elapsed().as_millis()).unwrap_or(i64::MAX);
    if elapsed < 1_000 || elapsed - SHOWN.load(Ordering::Relaxed).max(0) < 200 {
        return;
    }
    SHOWN.store(elapsed, Ordering::Relaxed);
    let (whole, done) = (period.until - period.from, now - period.from);
    let percent = (done.num_seconds() * 100 / whole.num_seconds().max(1)).clamp(0, 100);
    let _ = write!(stderr().lock(), "\r\x1b[K{} {percent:3} %", now.format("%-d %B %Y"));
}

fn clear_progress() {
    if SHOWN.load(Ordering::Relaxed) >= 0 {
        let _ = write!(stderr().lock(), "\r\x1b[K");
    }
}

#[cfg(test)]
mod tests {
    use super::{instant, zone};

    #[test]
    fn a_day_is_its_beginning() {
        assert_eq!(instant("2026-01-05"), instant("2026-01-05T01:00:00+01:00"));
        assert!(instant("01.02.2026").is_err_and(|error| error.contains("2026-01-05T09:00:00Z or 2026-01-05")));
    }

    #[test]
    fn a_zone_of_windows_is_told_its_name() {
        assert_eq!(zone("Europe/Vienna"), Ok(chrono_tz::Europe::Vienna));
        assert!(zone("europe/vienna").is_err_and(|error| error.contains("did you mean Europe/Vienna?")));
        assert!(zone("Romance Standard Time").is_err_and(|error| error.contains("Europe/Paris")));
    }
}
