//! `tenure validate`: what the API server and the controller would say, without either.
//!
//! Everything is said at once. So a mistake with an obvious correction (a misspelt field or choice, another version of
//! the group) is reported and, for the rest of the checks, taken as corrected: it hides nothing and causes no echo.

mod check;
mod deep;
mod document;
mod identity;
mod metadata;
mod references;
mod scalar;
mod tenant;

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use self::check::{Remark, Report};
use super::output::{BAD_INPUT, NOT_FINE, Output, complain, print, show};
use crate::sim::foreign::Foreign;
use crate::sim::load::{self, SourceFile};

/// Says what the API server and the controller would say about manifests, without either.
///
/// Checked are types, bounds and unknown fields, the rules between fields, what keeps a Workflow, a `TenantSchedule` or
/// a Directory from being Ready, and whether everything that is referred to is there. Every mistake is one line
/// `file:line:column: field: message`, in the order of the places. Documents of other API groups are passed over.
/// Not checked is whether there is room for all Workflows and Directories of a tenant together (`RulesTooLarge`,
/// `TooManyNames`): `tenure simulate` says that.
///
/// What nobody refuses and is hardly meant is a warning: a date that cannot be read, a mail of the last day that comes after
/// it, an address to which no mail of the tenant goes. Warnings are written to standard error and counted; they do not change the exit code.
///
/// Exit code 0; 1 if there is a mistake; 2 if a file cannot be read, and then nothing is checked.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:

    tenure validate examples/quickstart
    tenure validate --partial workflows/joiner.yaml   # the groups are in the cluster
    tenure template offboard | tenure validate -
    tenure validate tenant/ --output json | jq -r '.mistakes[].path'")]
pub(super) struct ValidateArgs {
    /// Files with YAML documents, or folders of them (*.yaml, *.yml, *.json); - is standard input.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// The documents are a part of the tenant: what they refer to need not be among them.
    #[arg(long)]
    partial: bool,
    /// A line for each mistake, or an object with mistakes and warnings, each an array of {file, line, column, path, message}.
    #[arg(long, short, value_enum, default_value_t)]
    output: Output,
}

pub(super) fn run(args: &ValidateArgs) -> u8 {
    let sources = match load::sources(&args.paths) {
        Ok(sources) => sources,
        Err(problems) => {
            for problem in problems {
                complain(&problem.to_string());
            }
            return BAD_INPUT;
        }
    };
    let report = check::check(&sources, args.partial);
    for warning in report.warnings.iter().filter(|_| matches!(args.output, Output::Text)) {
        complain(&format!("{} (a warning)", line(&sources, warning)));
    }
    let printed = match args.output {
        Output::Text => show(&text(&sources, &report)),
        Output::Json => print(&format!("{:#}\n", json(&sources, &report))),
    };
    if report.findings.is_empty() { printed } else { NOT_FINE }
}

fn text(sources: &[SourceFile], report: &Report) -> String {
    let mut text = String::new();
    for finding in &report.findings {
        let line = line(sources, finding);
        // The place in bold.
        let (place, rest) = line.split_once(": ").unwrap_or((&line, ""));
        // Writing to a String cannot fail.
        let _ = writeln!(text, "\x1b[1m{place}:\x1b[0m {rest}");
    }
    let documents = count(report.documents, "document");
    let verdict = match report.findings.len() {
        0 => format!("{documents}: fine"),
        mistakes => format!("{documents}: {}", count(mistakes, "mistake")),
    };
    let warnings = if report.warnings.is_empty() { String::new() } else { format!(", {}", count(report.warnings.len(), "warning")) };
    let passed = if report.foreign == 0 { String::new() } else { format!("; {} of other API groups passed over", report.foreign) };
    let hint = if report.misses_others { "; what is in the cluster and not in these files is let pass with --partial" } else { "" };
    let _ = writeln!(text, "{verdict}{warnings}{passed}{hint}");
    text
}

fn line(sources: &[SourceFile], finding: &Remark) -> String {
    let Remark { source, mark, path, message } = finding;
    let file = sources.get(*source).map_or("", |source| &source.file);
    let field = if path.is_empty() { String::new() } else { format!("{path}: ") };
    Foreign(&format!("{}: {field}{message}", load::place(file, *mark))).to_string()
}

fn count(number: usize, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}

fn json(sources: &[SourceFile], report: &Report) -> serde_json::Value {
    let one = |Remark { source, mark, path, message }: &Remark| {
        let file = sources.get(*source).map_or("", |source| &source.file);
        json!({"file": file, "line": mark.line, "column": mark.column, "path": path, "message": message})
    };
    let list = |findings: &[Remark]| findings.iter().map(one).collect::<serde_json::Value>();
    json!({"mistakes": list(&report.findings), "warnings": list(&report.warnings)})
}
