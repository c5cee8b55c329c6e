//! A word for programs stands in one place: who writes one elsewhere has mistyped it one day, and nothing says so. What is said to
//! people is decided upon by nobody: a better word would be another decision.

use std::path::Path;

use tenure::api::reasons::Reason;

use super::seconds::{ending, inside, shipped};
use super::{Source, files, is_word, without_comments};

/// Where the words stand.
const WORDS: &str = "api/reasons.rs";

/// The names of texts: what is said to people, and the reasons that stand beside it.
const TEXTS: [&str; 8] = ["message", "words", "sentence", "complaint", "said", "to_string", "reason", "problem"];

/// What gives a text in another form.
const FORMS: [&str; 9] =
    [".as_str()", ".as_deref()", ".as_ref()", ".clone()", ".trim()", ".to_lowercase()", ".unwrap_or_default()", ".to_owned()", "()"];

/// What looks into a text.
const LOOKS: [&str; 11] =
    ["contains", "starts_with", "ends_with", "strip_prefix", "strip_suffix", "find", "rfind", "split", "split_once", "matches", "eq"];

/// Where fields are named by their paths, and a decision by the letters of a path is one by a name that may change.
const PATHS: [&str; 2] = ["cli/validate/", "domain/validate/"];

/// The files that decide upon the words of others, who say nothing else, and why.
const EXCUSED: [(&str, &str); 5] = [
    ("cluster/error.rs", "a quota that is used up has no word of its own, only a sentence"),
    ("cluster/client.rs", "the reason of a Status is the API server's word"),
    ("cluster/request.rs", "the reason of a Status is the API server's word"),
    ("cluster/object.rs", "serde says what it cannot read in a text, from which the value is cut"),
    ("sim/schema/rules.rs", "the reason of a rule is a word of the schema"),
];

/// The reasons that are written out in the code that is in the programs. What is one plain word has other meanings as well: a
/// Job has Failed, a column is called Scheduled.
fn complaints(source: &Source) -> Vec<String> {
    let path = source.path.as_str();
    let is_test = path.ends_with("/tests.rs") || path.contains("/tests/");
    let is_rust = Path::new(path).extension().is_some_and(|extension| extension == "rs");
    if is_test || !is_rust || path == WORDS {
        return Vec::new();
    }
    let code = without_comments(&source.text);
    let shipped = shipped(&code);
    let is_compound = |reason: &&Reason| reason.as_str().chars().filter(char::is_ascii_uppercase).count() > 1;
    let written = Reason::ALL.iter().filter(is_compound).filter(|reason| shipped.contains(&format!("\"{reason}\"")));
    let written = written.map(|reason| format!("{path}: \"{reason}\": write Reason::{reason}"));
    let is_excused = EXCUSED.iter().any(|(file, _)| *file == path);
    let matched = if is_excused { Vec::new() } else { matched(path, shipped) };
    written.chain(matched.into_iter().map(|what| format!("{path}: {what}: decide from a typed value"))).collect()
}

/// Decisions from what a text says.
fn matched(path: &str, code: &str) -> Vec<String> {
    let in_paths = PATHS.iter().any(|room| path.starts_with(room));
    let is_text = |name: &str| TEXTS.contains(&name);
    let is_path = |name: &str| in_paths && name == "path";
    let is_literal = |code: &str| code.starts_with('"') || code.starts_with("Some(\"");
    let mut found = Vec::new();
    for look in LOOKS {
        for (at, call) in code.match_indices(&format!(".{look}(")) {
            let (of, given) = (name(&code[..at]), inside(&code[at + call.len()..]));
            let is_of_text = is_text(of) || given.starts_with('&') && name(given) == "message";
            if is_of_text || is_path(of) && is_literal(given) {
                found.push(format!("{of}.{look}({given})"));
            }
        }
    }
    for comparison in [" == ", " != "] {
        for (at, _) in code.match_indices(comparison) {
            let (of, other) = (name(&code[..at]), &code[at + comparison.len()..]);
            if (is_text(of) || is_path(of)) && is_literal(other) {
                found.push(format!("{of}{comparison}{}", other.lines().next().unwrap_or_default()));
            }
        }
    }
    for (at, word) in code.match_indices("match ") {
        let (of, arms) = code[at + word.len()..].split_once('{').unwrap_or_default();
        if is_text(name(of)) && is_literal(arms.trim_start()) {
            found.push(format!("match {of}"));
        }
    }
    for (at, word) in code.match_indices("matches!(") {
        let (of, pattern) = inside(&code[at + word.len()..]).split_once(',').unwrap_or_default();
        if is_text(name(of)) && is_literal(pattern.trim_start()) {
            found.push(format!("matches!({of},{pattern})"));
        }
    }
    found
}

/// The name of the value that ends here, in whatever form.
fn name(code: &str) -> &str {
    let mut code = code.trim_end();
    while let Some(shorter) = FORMS.iter().find_map(|form| code.strip_suffix(form)) {
        code = shorter.trim_end();
    }
    ending(code, is_word)
}

#[test]
fn a_reason_is_written_in_one_place() {
    let sources = files();
    assert!(sources.iter().any(|source| source.path == WORDS), "{WORDS} is not there");
    let complaints: Vec<String> = sources.iter().flat_map(complaints).collect();
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

#[test]
fn a_reason_that_is_written_out_is_noticed() {
    let cases = [
        ("domain/x.rs", "row.reason = Some(\"WindowEnded\".to_owned());", 1),
        ("cli/x.rs", "result.reason.as_deref() == Some(\"OutOfScope\")", 2),
        ("domain/x.rs", "const WINDOW_ENDED: &str = Reason::WindowEnded.as_str();", 0),
        ("domain/x.rs", "// as in \"WindowEnded\"", 0),
        ("domain/x.rs", "condition.type_ == \"Failed\"", 0),
        ("domain/x.rs", "#[cfg(test)]\nmod tests {\n    assert_eq!(reason, \"WindowEnded\");\n}", 0),
        ("domain/x/tests.rs", "assert_eq!(reason, \"WindowEnded\");", 0),
        ("sim/report/html/parts.js", "if (reason === \"WindowEnded\") {}", 0),
        (WORDS, "\"WindowEnded\"", 0),
        // What is said to people.
        ("cli/x.rs", "schema.message.contains(&deep.message) || is_union", 1),
        ("cli/x.rs", "if names.iter().any(|name| name.contains(&problem.message)) {}", 1),
        ("cli/x.rs", "problem.message.as_str()\n    .starts_with(\"no Directory\")", 1),
        ("cluster/x.rs", "if error.to_string().contains(\"timed out\") {}", 1),
        ("domain/x.rs", "if message == \"gone\" {}", 1),
        ("domain/x.rs", "if message.trim() != \"gone\" {}", 1),
        ("domain/x.rs", "let rest = error.message.clone().strip_prefix(\"no \");", 1),
        ("domain/x.rs", "let message = format!(\"{message}: gone\");", 0),
        ("domain/x.rs", "let message = message.trim_start_matches(' ');", 0),
        ("domain/x.rs", "before.is_some_and(|before| before.message == message)", 0),
        ("cluster/object.rs", "if said.starts_with(\"missing field\") {}", 0),
        // Reasons of one word.
        ("runner/x.rs", "result.reason.as_deref() == Some(\"Changed\")", 1),
        ("runner/x.rs", "if reason == \"Changed\" {}", 1),
        ("runner/x.rs", "match row.reason.as_deref() {\n    Some(\"Changed\") => 1,\n    _ => 2,\n}", 1),
        ("runner/x.rs", "matches!(reason, \"Failed\" | \"Open\")", 1),
        ("runner/x.rs", "Reason::of(row.reason.as_deref()) == Some(Reason::Changed)", 0),
        ("runner/x.rs", "match reason {\n    Reason::Changed => \"changed\",\n}", 0),
        ("cluster/request.rs", "reason == \"Conflict\"", 0),
        // Paths of fields, where a field has a type.
        ("cli/validate/deep.rs", "Reason::InvalidTrigger if problem.path.ends_with(\".attribute\") => {}", 1),
        ("cli/validate/deep.rs", "_ if problem.path == \"spec.directory\" => {}", 1),
        ("domain/validate/x.rs", "if path.starts_with(\"spec.tasks[\") {}", 1),
        ("cli/validate/check.rs", "other.by != RULE || other.path != TASKS", 0),
        ("rule/x.rs", "if path.starts_with(\"extension_\") {}", 0),
    ];
    for (path, text, count) in cases {
        let source = Source { path: path.to_owned(), text: text.to_owned() };
        assert_eq!(complaints(&source).len(), count, "{path}: {text}");
    }
}

#[test]
fn who_is_excused_decides_upon_words() {
    let sources = files();
    for (path, reason) in EXCUSED {
        let code = sources.iter().find(|source| source.path == path).map(|source| without_comments(&source.text));
        let found = code.map(|code| matched(path, shipped(&code))).unwrap_or_default();
        assert!(!found.is_empty(), "{path} needs no excuse, or is not there: {reason}");
    }
}
