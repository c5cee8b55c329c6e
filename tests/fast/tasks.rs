//! Every task in every case: it does it, it is so already, what it names is missing or managed elsewhere, the subject
//! lacks what it needs, a passing and a lasting failure, a crash before the effect and after it.

#![expect(clippy::expect_used, clippy::panic, reason = "a test ends by panicking, and so do its helpers")]

mod access;
mod accounts;
mod crash;
mod mails;
mod protected;
mod spec;
mod tenant;
mod uncertain;
mod variables;
mod world;

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use tenure::api::task::MEMBERS;
use tenure::directory::{Directory, Lookup};
use tenure::domain::change::{Entry, UNAVAILABLE_TASKS};
use tenure::domain::fault::FaultClass;
use tenure::domain::subject::SubjectRef;
use tenure::sim::api::{Interceptor, RequestInfo, Verdict};

use spec::{Case, Spec, When};
use world::{World, changed, parsed, play};

/// Every task that this release can do.
pub fn specs() -> impl Iterator<Item = &'static Spec> {
    [access::GROUPS, access::TEAMS, access::LICENCES, accounts::SPECS, mails::SPECS].into_iter().flatten()
}

#[test]
fn no_task_is_forgotten() {
    let told: BTreeSet<&str> = specs().map(|spec| spec.member).collect();
    assert_eq!(told.len(), specs().count(), "a task is told twice");
    let unavailable: BTreeSet<&str> = UNAVAILABLE_TASKS.into_iter().map(|(name, _)| name).collect();
    assert_eq!(told.union(&unavailable).copied().collect::<BTreeSet<_>>(), BTreeSet::from(MEMBERS));
    assert!(told.is_disjoint(&unavailable));
}

/// A world, what comes of the task in it, and what it changes.
async fn check(spec: &Spec, when: &When, mails: usize) {
    let world = World::new(spec.account, when.world).await;
    let before = world.accounts();
    assert_eq!(world.perform(spec).await, when.outcome, "{}: {:?}", spec.member, when.world);
    assert_eq!(world.accounts(), changed(&before, when.changes), "{}: {:?}", spec.member, when.world);
    assert_eq!(world.mails(), mails, "{}: {:?}", spec.member, when.world);
}

#[test]
fn it_does_it_and_knows_what_was_there_before() {
    for spec in specs() {
        play(async {
            let world = World::new(spec.account, &[]).await;
            assert_eq!(world.before(spec).await, parsed(spec.before), "{}", spec.member);
            check(spec, &When { world: &[], outcome: spec.does_it, changes: spec.changes }, spec.mails).await;
        });
    }
}

#[test]
fn it_is_so_already() {
    for spec in specs() {
        play(async {
            match &spec.already_so {
                Case::When(when) => check(spec, when, 0).await,
                Case::Never(_) => assert!(spec.changes.is_empty(), "{}: an effect that changes something can be so already", spec.member),
                Case::Twice(outcome) => {
                    let world = World::new(spec.account, &[]).await;
                    world.perform(spec).await;
                    let after = world.accounts();
                    let written = world.api.revision();
                    assert_eq!(world.perform(spec).await, *outcome, "{}", spec.member);
                    assert_eq!((world.accounts(), world.api.revision()), (after, written), "{}: nothing is written", spec.member);
                }
            }
        });
    }
}

fn check_all(of: impl Fn(&Spec) -> &Case) {
    for spec in specs() {
        match of(spec) {
            Case::When(when) => play(check(spec, when, 0)),
            Case::Never(why) => assert!(!why.is_empty(), "{}", spec.member),
            Case::Twice(_) => panic!("{}: only what is so already is done twice", spec.member),
        }
    }
}

#[test]
fn what_it_names_is_missing() {
    check_all(|spec| &spec.target_missing);
}

#[test]
fn what_it_names_is_managed_elsewhere() {
    check_all(|spec| &spec.managed_elsewhere);
}

#[test]
fn the_subject_lacks_what_it_needs() {
    check_all(|spec| &spec.attribute_missing);
}

#[test]
fn it_fails_for_good() {
    check_all(|spec| &spec.permanent_failure);
    let is_told = |case: &Case| match case {
        Case::When(when) => when.outcome.starts_with("fails "),
        Case::Never(why) => !why.is_empty(),
        Case::Twice(_) => false,
    };
    assert!(specs().all(|spec| is_told(&spec.permanent_failure)));
}

#[test]
fn what_it_may_not_look_at_or_write_is_neither_done_nor_so_already() {
    for spec in specs() {
        play(async {
            let world = World::new(spec.account, &[]).await;
            let before = world.accounts();
            world.intercept(Obstacle::of(0..u32::MAX, Verdict::Forbid));
            let outcome = world.perform(spec).await;
            assert!(outcome.starts_with("fails ") || outcome.starts_with("tries again "), "{}: {outcome}", spec.member);
            assert_eq!((world.accounts(), world.mails()), (before, 0), "{}", spec.member);
        });
    }
}

#[test]
fn only_what_is_not_there_is_absent() {
    play(async {
        let world = World::new("{}", &[]).await;
        let directory = world.directory();
        let shown = |found: &Lookup<()>| match found {
            Lookup::Present(()) => "present",
            Lookup::Absent => "absent",
            Lookup::Unknown(_) => "unknown",
        };
        let look = async || {
            let mut words = Vec::new();
            for name in ["all", "ann", "nobody"] {
                words.push(shown(&told(directory.members(name).await)));
                words.push(shown(&told(directory.get(&SubjectRef::by_name("people", name)).await)));
                words.push(shown(&told(directory.entry(name).await)));
                words.push(shown(&told(directory.profile(name).await)));
            }
            words.join(" ")
        };
        assert_eq!(look().await, "present absent absent absent absent present present present absent absent absent absent");
        for verdict in [Verdict::Forbid, Verdict::Astray] {
            world.intercept(Obstacle::of(0..u32::MAX, verdict));
            assert_eq!(look().await, ["unknown"; 12].join(" "), "{verdict:?}");
        }
        // A page of something on the way is no answer: the request is tried again.
        world.intercept(Obstacle::of(0..2, Verdict::Astray));
        assert_eq!(shown(&told(directory.entry("ann").await)), "present");
    });
}

/// What a look-up and a write say that are answered so, as often as they are tried.
#[test]
fn what_an_answer_says_of_a_question_and_of_a_write() {
    use FaultClass::{Denied, Transient, Unknown};
    for (verdict, of_a_question, of_a_write) in [
        (Verdict::Forbid, Denied, Denied),
        (Verdict::Throttle, Transient, Transient),
        // It may come from something between us and the server, after the server was asked.
        (Verdict::Refuse, Transient, Unknown),
    ] {
        play(async {
            let world = World::new("{}", &[]).await;
            let directory = world.directory();
            let Lookup::Present(held) = directory.entry("ann").await else { panic!("she is there") };
            let after = Entry { is_enabled: !held.entry.is_enabled, ..held.entry.clone() };
            world.intercept(Obstacle::of(0..u32::MAX, verdict));
            let Lookup::Unknown(fault) = directory.entry("ann").await else { panic!("nobody answers") };
            assert_eq!(fault.class, of_a_question, "{verdict:?}");
            let fault = directory.write(&held, &after).await.expect_err("nobody answers");
            assert_eq!(fault.class, of_a_write, "{verdict:?}");
        });
    }
}

fn told<T>(found: Lookup<T>) -> Lookup<()> {
    match found {
        Lookup::Present(_) => Lookup::Present(()),
        Lookup::Absent => Lookup::Absent,
        Lookup::Unknown(why) => Lookup::Unknown(why),
    }
}

#[test]
fn whatever_else_there_is() {
    for spec in specs() {
        for when in spec.further {
            play(check(spec, when, 0));
        }
    }
}

/// Requests by number, from 0, and what becomes of them.
struct Obstacle {
    requests: Range<u32>,
    verdict: Verdict,
    seen: AtomicU32,
}

impl Obstacle {
    fn of(requests: Range<u32>, verdict: Verdict) -> Arc<Self> {
        Arc::new(Self { requests, verdict, seen: AtomicU32::new(0) })
    }
}

impl Interceptor for Obstacle {
    fn decide(&self, _: &RequestInfo) -> Verdict {
        let number = self.seen.fetch_add(1, Ordering::SeqCst);
        if self.requests.contains(&number) { self.verdict } else { Verdict::Pass }
    }
}

#[test]
fn it_fails_in_passing_and_then_does_it() {
    for spec in specs() {
        play(async {
            let world = World::new(spec.account, &[]).await;
            let before = world.accounts();
            // As often as a request is tried.
            world.intercept(Obstacle::of(0..6, Verdict::Refuse));
            let outcome = world.perform(spec).await;
            assert!(outcome.starts_with("tries again DirectoryUnavailable: "), "{}: {outcome}", spec.member);
            assert_eq!((world.accounts(), world.mails()), (before.clone(), 0), "{}", spec.member);
            assert_eq!(world.perform(spec).await, spec.does_it, "{}", spec.member);
            assert_eq!((world.accounts(), world.mails()), (changed(&before, spec.changes), spec.mails), "{}", spec.member);
        });
    }
}

/// What stands in an object that is not what it should be is unknown, and unknown never acts. It is looked at again, but by a
/// later attempt.
#[test]
fn what_cannot_be_read_touches_nobody() {
    for (kind, name, patch) in [
        ("User", "ann", r#"{"displayName": 5}"#),
        ("Account", "ann", r#"{"accountEnabled": 5}"#),
        ("Group", "crew", r#"{"type": "choir"}"#),
    ] {
        play(async {
            let world = World::without_schema(kind, &[(kind, name, patch)]).await;
            let before = world.accounts();
            for spec in specs().filter(|spec| kind != "Group" || spec.arguments.contains(name)) {
                let outcome = world.perform(spec).await;
                assert!(
                    outcome.starts_with(&format!("tries again Unreadable: {kind} {name:?} cannot be read: ")),
                    "{}: {outcome}",
                    spec.member
                );
                assert_eq!((world.accounts(), world.mails()), (before.clone(), 0), "{}", spec.member);
            }
        });
    }
}

#[test]
fn nobody_notices_a_request_that_is_throttled_or_loses_its_answer() {
    for spec in specs() {
        for (verdict, number) in [Verdict::Throttle, Verdict::LoseAnswer].into_iter().flat_map(|verdict| (0..6).map(move |k| (verdict, k)))
        {
            play(async {
                let world = World::new(spec.account, &[]).await;
                let before = world.accounts();
                world.intercept(Obstacle::of(number..number + 1, verdict));
                assert_eq!(world.perform(spec).await, spec.does_it, "{} {verdict:?} {number}", spec.member);
                let after = (world.accounts(), world.mails());
                assert_eq!(after, (changed(&before, spec.changes), spec.mails), "{} {verdict:?} {number}", spec.member);
            });
        }
    }
}
