//! Crashes on both sides of every effect, in whole simulations.

use serde_json::{Value, json};

use super::spec::Spec;
use super::specs;
use super::tenant::{End, Strike, simulate};
use super::world::{changed, parsed};

/// What an outcome of the table says beside its first word.
fn words(outcome: &str) -> Option<&str> {
    outcome.split_once(": ").map(|(_, words)| words)
}

fn check(spec: &Spec, end: &End, outcome: &str, mails: usize) {
    assert_eq!(end.result["processingStatus"], "completed", "{}: {:#}", spec.member, end.result);
    assert_eq!(end.task(), ("completed", None, words(outcome)), "{}", spec.member);
    assert_eq!(end.after, changed(&end.before, spec.changes), "{}", spec.member);
    assert_eq!(end.mails.len(), mails, "{}", spec.member);
    assert!(end.mails.windows(2).all(|two| two[0] == two[1]), "{}: a repeated mail is the same mail", spec.member);
    let before = end.result["tasks"][0].get("before").unwrap_or(&Value::Null);
    assert_eq!(*before, parsed(spec.before), "{}: as it was before the first attempt", spec.member);
}

#[test]
fn undisturbed() {
    for spec in specs() {
        check(spec, &simulate(spec, &json!({}), "{}", None), spec.does_it, spec.mails);
    }
}

/// The claim is written, the effect has not begun.
#[test]
fn before_the_effect() {
    for spec in specs() {
        check(spec, &simulate(spec, &json!({}), "{}", Some(Strike::after(1))), spec.does_it, spec.mails);
    }
}

/// The effect is done, its result is not written: it is done again. What stays in the house is found done, and the claim
/// says that it was this Run that did it.
#[test]
fn after_the_effect() {
    for spec in specs() {
        check(spec, &simulate(spec, &json!({}), "{}", Some(Strike::before(2))), spec.does_it, 2 * spec.mails);
    }
}
