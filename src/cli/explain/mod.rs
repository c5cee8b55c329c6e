//! `tenure explain`.

mod text;

use std::path::PathBuf;

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use clap::Args;
use serde_json::Value;

use super::output::{BAD_INPUT, NOT_FINE, Output, complain, print, show};
use super::simulate::{instant, zone};
use crate::cluster::{Clock, SystemClock};
use crate::rule::nearest;
use crate::runner::evaluate::explain::{Explanation, instant as instant_text};
use crate::sim::script::{Period, spoken_zone};
use crate::sim::{Document, Options, Simulation, load};

/// Says what every workflow makes of one person, and why.
///
/// For each workflow: whether the person is in its scope, or which part of the rule says no and what the person has there;
/// when it is due; what happened; what comes next, or why nothing does. And which dates of the person's record cannot be
/// read.
///
/// The documents are played up to the instant and no further: what happens later is not known yet. Then the code that
/// decides in evaluations is asked about this one person.
///
/// Exit code 0; 2 if the documents or the question have to be corrected.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:

    tenure explain noah --simulate examples/quickstart
    tenure explain jonas --simulate examples/quickstart --at 2026-01-20
    tenure explain mia --simulate examples/quickstart --at 2026-01-10T09:00:00Z --output json")]
pub(super) struct ExplainArgs {
    /// The person: the name of the User.
    #[arg(value_name = "SUBJECT")]
    subject: String,
    /// Files with YAML documents, or folders of them, as for `tenure simulate`.
    #[arg(long, required = true, num_args = 1.., value_name = "PATH")]
    simulate: Vec<PathBuf>,
    /// As of when, for example 2026-01-05T09:00:00Z or 2026-01-05; default: the end of the simulation.
    #[arg(long, value_name = "TIME", value_parser = instant)]
    at: Option<DateTime<Utc>>,
    /// The first instant that is played, as for `tenure simulate`.
    #[arg(long, value_name = "TIME", value_parser = instant)]
    from: Option<DateTime<Utc>>,
    /// The tenant, where several have a person of that name.
    #[arg(long, short, value_name = "NAME")]
    namespace: Option<String>,
    /// For people, or for programs.
    #[arg(long, short, value_enum, default_value_t)]
    output: Output,
    /// The time zone of what is said; default: the tenant's. --output json stays in UTC.
    #[arg(long, value_name = "ZONE", value_parser = zone)]
    time_zone: Option<Tz>,
    /// Decides what is left to chance, as for `tenure simulate`.
    #[arg(long, default_value_t = 0)]
    seed: u64,
}

/// Reads, plays up to the instant, explains.
pub(super) fn run(args: &ExplainArgs) -> u8 {
    let explanation = match explain(args) {
        Ok(explanation) => explanation,
        Err(Trouble::Input(problems)) => {
            for problem in &problems {
                complain(problem);
            }
            return BAD_INPUT;
        }
        Err(Trouble::Failed(message)) => {
            complain(&message);
            return NOT_FINE;
        }
    };
    match args.output {
        Output::Text => show(&text::text(&explanation, args.time_zone)),
        Output::Json => match serde_json::to_string_pretty(&explanation) {
            Ok(json) => print(&format!("{json}\n")),
            Err(error) => {
                complain(&error.to_string());
                NOT_FINE
            }
        },
    }
}

/// Why there is no answer.
enum Trouble {
    /// The documents or the question have to be corrected.
    Input(Vec<String>),
    /// It went wrong while it was played.
    Failed(String),
}

impl Trouble {
    fn input(message: impl Into<String>) -> Self {
        Self::Input(vec![message.into()])
    }
}

fn explain(args: &ExplainArgs) -> Result<Explanation, Trouble> {
    let input = |problems: Vec<load::Problem>| Trouble::Input(problems.iter().map(ToString::to_string).collect());
    let documents = load::read(&args.simulate).map_err(input)?;
    let now = SystemClock.now();
    let zone = args.time_zone.unwrap_or_else(|| spoken_zone(&documents));
    let period =
        Period::choose((args.from, None), &documents, now, args.time_zone).map_err(|problem| Trouble::input(problem.to_string()))?;
    let at = args.at.unwrap_or(period.until);
    if at < period.from {
        return Err(Trouble::input(format!(
            "--at {}: the simulation begins at {}",
            instant_text(at, zone),
            instant_text(period.from, zone)
        )));
    }
    let namespace = tenant_of(args, &documents, at, zone)?;
    // The documents of the instant itself count.
    let until = Some(at + TimeDelta::seconds(1));
    let options = Options { from: Some(period.from), until, now, seed: args.seed, ..Options::default() };
    let simulation = Simulation::new(documents, options).map_err(input)?;
    // What programs read is in UTC, also where it is a sentence.
    let spoken = if matches!(args.output, Output::Json) { Some(chrono_tz::UTC) } else { args.time_zone };
    let found = simulation.explain(&namespace, &args.subject, at, spoken).map_err(|error| Trouble::Failed(error.to_string()))?;
    found.ok_or_else(|| Trouble::input(format!("there is nobody of the name {:?} in {namespace} any more", args.subject)))
}

/// The tenant that has a person of that name by then.
fn tenant_of(args: &ExplainArgs, documents: &[Document], at: DateTime<Utc>, zone: Tz) -> Result<String, Trouble> {
    let is_wanted = |document: &&Document| {
        let (kind, namespace, _) = document.key();
        kind == "User"
            && !document.is_deletion
            && document.at.is_none_or(|applied| applied <= at)
            && args.namespace.as_deref().is_none_or(|wanted| wanted == namespace)
    };
    let people: Vec<&Document> = documents.iter().filter(is_wanted).collect();
    let mut namespaces: Vec<&str> = people.iter().map(|user| user.key()).filter(|key| key.2 == args.subject).map(|key| key.1).collect();
    namespaces.sort_unstable();
    namespaces.dedup();
    match namespaces.as_slice() {
        [namespace] => Ok((*namespace).to_owned()),
        [] => Err(Trouble::input(nobody(args, &people, at, zone))),
        several => {
            Err(Trouble::input(format!("{:?} is in several tenants: add --namespace with one of {}", args.subject, several.join(", "))))
        }
    }
}

fn nobody(args: &ExplainArgs, people: &[&Document], at: DateTime<Utc>, zone: Tz) -> String {
    let place = args.namespace.as_ref().map(|namespace| format!(" in {namespace}")).unwrap_or_default();
    let message = format!("there is no User {:?}{place} at {}", args.subject, instant_text(at, zone));
    let wanted = args.subject.to_lowercase();
    let is_meant = |user: &&&Document| {
        let spec = &user.object["spec"];
        let text = |field: &str| spec[field].as_str().map(str::to_lowercase);
        ["displayName", "givenName", "mail", "userPrincipalName"].iter().any(|field| text(field).as_ref() == Some(&wanted))
    };
    let by_other_name = people.iter().find(is_meant).map(|user| user.key().2);
    let meant = by_other_name.or_else(|| nearest(&args.subject, people.iter().map(|user| user.key().2)));
    meant.map_or_else(
        || message.clone(),
        |name| {
            let user = people.iter().find(|user| user.key().2 == name);
            let display = user.and_then(|user| user.object.pointer("/spec/displayName")).and_then(Value::as_str);
            let display = display.map(|display| format!(" ({display})")).unwrap_or_default();
            format!("{message}; did you mean {name}{display}?")
        },
    )
}
