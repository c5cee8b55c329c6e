//! What leaves the house, and a crash after which nobody knows whether it has.

use serde_json::json;

use super::spec::Spec;
use super::specs;
use super::tenant::{Strike, simulate};
use super::world::task;

/// Whether and how it ended, and how often the mail was sent.
type Expected = (&'static str, Option<&'static str>, bool, usize);

const DONE: Expected = ("completed", None, false, 1);
const LEFT: Expected = ("completed", None, true, 0);

/// With `Repeat` the runner writes the slice twice, the claim and the result; with the others once more in between.
const CASES: &[(&str, Strike, Expected)] = &[
    ("Repeat", Strike::after(1), DONE),
    ("Repeat", Strike::before(2), ("completed", None, false, 2)),
    ("Repeat", Strike::freeze(2), ("completed", None, false, 2)),
    ("Skip", Strike::after(1), DONE),
    // That it begins is not written, so that it has not begun.
    ("Skip", Strike::before(2), DONE),
    ("Skip", Strike::freeze(2), DONE),
    ("Skip", Strike::after(2), LEFT),
    ("Skip", Strike::before(3), ("completed", None, true, 1)),
    ("Skip", Strike::freeze(3), ("completed", None, true, 1)),
    ("Fail", Strike::before(2), DONE),
    ("Fail", Strike::after(2), ("failed", Some("Uncertain"), true, 0)),
    ("Fail", Strike::before(3), ("failed", Some("Uncertain"), true, 1)),
    ("Fail", Strike::freeze(3), ("failed", Some("Uncertain"), true, 1)),
];

fn spec(member: &str) -> &'static Spec {
    specs().find(|spec| spec.member == member).expect("it is in the table")
}

#[test]
fn mails_are_done_once_only_where_the_workflow_says_so() {
    for spec in specs() {
        for (policy, once) in [("Repeat", false), ("Skip", true), ("Fail", true)] {
            let mut task = task(spec);
            task["onUncertain"] = json!(policy);
            let task = serde_json::from_value(task).expect("the table has tasks");
            assert_eq!(tenure::task::is_once_only(&task), once && spec.mails > 0, "{} {policy}", spec.member);
        }
    }
}

#[test]
fn the_workflow_says_what_to_do_when_it_is_uncertain_whether_a_mail_left() {
    for spec in [spec("sendWelcomeEmail"), spec("generateTemporaryAccessPass")] {
        for (policy, strike, (status, reason, says, mails)) in CASES {
            let what = format!("{} {policy} {strike:?}", spec.member);
            let end = simulate(spec, &json!({"onUncertain": policy}), "{}", Some(*strike));
            let (found, because, words) = end.task();
            assert_eq!((found, because, end.mails.len()), (*status, *reason, *mails), "{what}: {words:?}");
            let told = words.is_some_and(|words| words.ends_with(&format!("is not done again (onUncertain: {policy})")));
            assert_eq!(told, *says, "{what}: {words:?}");
            assert_eq!(end.result["processingStatus"], *status, "{what}");
        }
    }
}

/// An effect in the directory can be done twice, whatever the workflow says.
#[test]
fn what_stays_in_the_house_is_done_again() {
    let spec = spec("disableUserAccount");
    for policy in ["Skip", "Fail"] {
        let end = simulate(spec, &json!({"onUncertain": policy}), "{}", Some(Strike::before(2)));
        assert_eq!(end.task(), ("completed", None, None));
        assert_eq!(end.after["ann"]["accountEnabled"], false);
    }
}
