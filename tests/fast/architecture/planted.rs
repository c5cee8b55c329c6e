//! No flag, variable or object plants an error of the protocol: only Rust code that calls the simulation can, and none in `src/`
//! does. Flags, variables and objects are read in `src/` only, so that leaves the tests.
//!
//! The compiler says who can make what is planted: `runner/planted.rs` alone. Every name by which it can be made or handed on
//! has the word in it; so the lines with the word are all there is, and here they stand, with nothing that could
//! give another name to one of them.

use super::{Source, files, without_comments};

/// The module that makes what is planted: all of its code.
const MODULE: (&str, &[&str]) = (
    "runner/planted.rs",
    &[
        "#[derive(Clone, Copy, Debug, Eq, PartialEq)]",
        "pub enum PlantedError {",
        "CommitBeforeEntries,",
        "SnapshotWithoutPredecessor,",
        "ClaimWithoutResourceVersion,",
        "BeforeImageTakenAgain,",
        "}",
        "#[derive(Clone, Copy, Debug)]",
        "pub struct Planted(Option<PlantedError>);",
        "impl Planted {",
        "pub const NONE: Self = Self(None);",
        "#[must_use]",
        "pub fn error(error: PlantedError) -> Self {",
        "Self(Some(error))",
        "}",
        "pub(super) fn is(self, error: PlantedError) -> bool {",
        "self.0 == Some(error)",
        "}",
        "}",
    ],
);

/// Every other line with the word.
const LINES: [(&str, &[&str]); 8] = [
    // A program: nothing is planted.
    ("cli/jobs.rs", &["planted: Planted::NONE,", "use crate::runner::{self, Context, Planted, RunnerError, Stop};"]),
    // The engine: it is handed on and asked.
    ("runner/context.rs", &["pub planted: Planted,", "use super::planted::Planted;"]),
    ("runner/mod.rs", &["mod planted;", "pub use planted::{Planted, PlantedError};"]),
    (
        "runner/evaluate/mod.rs",
        &[
            "if context.planted.is(PlantedError::SnapshotWithoutPredecessor) {",
            "let committed = if context.planted.is(PlantedError::CommitBeforeEntries) {",
            "use super::{Context, PlantedError, RunnerError};",
        ],
    ),
    (
        "runner/execute/book.rs",
        &["if attempt.context.planted.is(PlantedError::ClaimWithoutResourceVersion) {", "use crate::runner::{PlantedError, RunnerError};"],
    ),
    (
        "runner/execute/claim.rs",
        &["if attempt.context.planted.is(PlantedError::BeforeImageTakenAgain) {", "use crate::runner::{PlantedError, RunnerError};"],
    ),
    // Simulation: nothing is planted, unless somebody calls its builder. Nobody does in these lines.
    (
        "sim/kubelet/mod.rs",
        &[
            "*lock(&self.shared.planted) = planted;",
            "let planted = Mutex::new(Planted::NONE);",
            "let shared = Shared { api, clock, seed, hook, fingerprint, jobs, evaluated, finished, outbox, planted };",
            "planted: *lock(&self.shared.planted),",
            "planted: Mutex<Planted>,",
            "pub(super) fn set_planted(&self, planted: Planted) {",
            "use crate::runner::{self, Context, Planted, Stop};",
        ],
    ),
    (
        "sim/simulation.rs",
        &[
            "pub fn with_planted_error(self, error: PlantedError) -> Self {",
            "self.world.kubelet.set_planted(Planted::error(error));",
            "use crate::runner::{self, Planted, PlantedError, RunnerError};",
        ],
    ),
];

/// Lines that are not expected in the source, or are expected and not there.
fn complaints(source: &Source) -> Vec<String> {
    let code = without_comments(&source.text);
    let (module, items) = MODULE;
    let says_so = |line: &str| line.to_lowercase().contains("planted");
    let is_module = source.path == module;
    let mut found: Vec<&str> =
        code.lines().map(str::trim).filter(|line| if is_module { !line.is_empty() } else { says_so(line) }).collect();
    if !is_module {
        found.sort_unstable();
    }
    let others = LINES.iter().find(|(path, _)| *path == source.path).map_or(&[][..], |(_, lines)| lines);
    let expected = if is_module { items } else { others };
    if found == expected { Vec::new() } else { vec![format!("{}: {found:#?} instead of {expected:#?}", source.path)] }
}

#[test]
fn only_a_test_can_plant_an_error() {
    let sources = files();
    for path in LINES.iter().map(|(path, _)| *path).chain([MODULE.0]) {
        assert!(sources.iter().any(|source| source.path == path), "{path} is not there");
    }
    let complaints: Vec<String> = sources.iter().flat_map(complaints).collect();
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

#[test]
fn ways_to_plant_an_error_are_noticed() {
    let cases = [
        // A flag, a variable, an object.
        ("runner/args.rs", "    #[arg(long)]\n    pub planted: bool,"),
        ("cli/jobs.rs", "planted: std::env::var(\"X\").map_or(Planted::NONE, |_| Planted::error(PlantedError::CommitBeforeEntries)),"),
        ("api/run.rs", "pub planted_error: Option<String>,"),
        // A caller, directly or by another name.
        ("cli/simulate.rs", "let simulation = simulation.with_planted_error(error);"),
        ("sim/mod.rs", "pub use crate::runner::Planted as Settings;"),
        // Another way to make one.
        ("runner/planted.rs", "impl std::str::FromStr for PlantedError {"),
        ("runner/planted.rs", "#[derive(Clone, Copy, Debug, Deserialize)]"),
        ("runner/planted.rs", "    pub fn from_environment() -> Self {"),
        ("runner/planted.rs", "    pub(crate) fn from_environment() -> Self {"),
        ("runner/planted.rs", "        if std::env::var_os(\"X\").is_some() { return true; }"),
    ];
    let sources = files();
    for (path, line) in cases {
        let text = sources.iter().find(|source| source.path == path).map_or("", |source| &source.text);
        let source = Source { path: path.to_owned(), text: format!("{text}\n{line}\n") };
        assert_eq!(complaints(&source).len(), 1, "{path}: {line}");
    }
}
