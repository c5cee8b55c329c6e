//! The program, as people start it.

use std::ffi::OsStr;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use serde::Deserialize;

/// One mistake, as `--output json` has it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Finding {
    pub file: String,
    pub line: usize,
    pub column: usize,
    pub path: String,
    pub message: String,
}

/// What the program says, and its exit code.
pub struct Answer {
    pub code: i32,
    pub findings: Vec<Finding>,
    pub warnings: Vec<Finding>,
}

/// What `--output json` prints.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Printed {
    mistakes: Vec<Finding>,
    warnings: Vec<Finding>,
}

/// Starts the program and gives back its exit code, output and errors.
pub fn run(arguments: &[&OsStr], input: Option<&str>) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tenure"));
    let stdin = if input.is_some() { Stdio::piped() } else { Stdio::null() };
    command.args(arguments).stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    if let (Some(text), Some(mut stdin)) = (input, child.stdin.take()) {
        stdin.write_all(text.as_bytes()).expect("the program reads");
    }
    let output = child.wait_with_output().expect("the program ends");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    (output.status.code().expect("a code"), text(output.stdout), text(output.stderr))
}

/// `tenure validate --output json` of these paths.
pub fn validate(paths: &[&Path], flags: &[&str]) -> Answer {
    let fixed = ["validate", "--output", "json"].into_iter().chain(flags.iter().copied()).map(OsStr::new);
    let arguments: Vec<&OsStr> = fixed.chain(paths.iter().map(|path| path.as_os_str())).collect();
    let (code, text, errors) = run(&arguments, None);
    let printed: Printed = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}{errors}"));
    Answer { code, findings: printed.mistakes, warnings: printed.warnings }
}
