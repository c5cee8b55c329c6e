//! How much is asked of the API server for each person who is evaluated or processed. The figures of docs/scale.md are these.

use std::sync::atomic::Ordering;

use tenure::sim::api::{Verb, Verdict};

use super::end::text;
use super::play::{Play, leaver, leaves, works_in};

/// Forty people, two slices of one claim each: what is asked for each person, for each claim, and for the whole attempt.
#[test]
fn an_off_boarding_asks_for_what_it_decides_by_and_writes_once() {
    const PEOPLE: u32 = 40;
    const CLAIMS: u32 = 2;
    // (the request, most for each person, for each claim, and beside that)
    let allowed = [
        (Verb::Get, "users", 1, 0, 0),
        (Verb::Get, "accounts", 1, 0, 0),
        // Disabled and out of all groups: two Changes of one entry.
        (Verb::Update, "accounts", 1, 0, 0),
        // Read once for each bucket, of which there are more than people here.
        (Verb::Get, "directorysnapshots", 1, 0, 0),
        (Verb::Update, "runslices", 0, 2, 0),
        (Verb::List, "runslices", 0, 0, 1),
        (Verb::Get, "runslices", 0, 0, 0),
        (Verb::Get, "workflows", 0, 1, 1),
        (Verb::Get, "workflowversions", 0, 1, 2),
        (Verb::Get, "tenantschedules", 0, 1, 1),
        (Verb::Get, "tenantledgers", 0, 1, 2),
        (Verb::Get, "tenantkeys", 0, 0, 1),
        (Verb::Get, "directories", 0, 1, 2),
        (Verb::Get, "runs", 0, 1, 1),
        // A list waits until the server's cache has seen the last write: none of them comes with each claim.
        (Verb::List, "users", 0, 0, 0),
        (Verb::List, "accounts", 0, 0, 0),
        (Verb::List, "groups", 0, 0, 1),
        (Verb::List, "workflowversions", 0, 0, 1),
        (Verb::List, "occurrenceledgers", 0, 0, 1),
        (Verb::List, "directories", 0, 0, 0),
    ];
    let play = Play::new("03-10", "03-12").workflow("leaver", &leaver(0));
    let mut play = (0..PEOPLE).fold(play, |play, number| play.user(&format!("p{number:02}"), &leaves("2026-03-11")));
    let mut counts = Vec::new();
    for (verb, resource, ..) in allowed {
        let (counted, count) = play.count("execute/leaver", (verb, resource));
        play = counted;
        counts.push(count);
    }
    let end = play.run();
    assert_eq!(end.processed().iter().filter(|line| line.ends_with(" completed 03-11")).count(), PEOPLE as usize);
    for ((verb, resource, person, claim, beside), count) in allowed.into_iter().zip(counts) {
        let most = person * PEOPLE + claim * CLAIMS + beside;
        let asked = count.load(Ordering::SeqCst);
        assert!(asked <= most, "{verb:?} {resource}: {asked} times, and {most} are allowed");
        let is_expected = person > 0 || claim > 0;
        assert!(asked > 0 || !is_expected, "{verb:?} {resource} is not asked for at all: the figure says nothing");
    }
}

/// The first evaluation makes everybody's Account, the one after a change of somebody's record makes none.
#[test]
fn an_evaluation_lists_and_asks_for_nobody_by_name() {
    const PEOPLE: u32 = 40;
    // (the request, how often at least and at most)
    let allowed = [
        (Verb::List, "accounts", 2, u32::MAX),
        (Verb::Create, "accounts", PEOPLE, PEOPLE),
        (Verb::Get, "users", 0, 0),
        (Verb::Get, "accounts", 0, 0),
        (Verb::Update, "accounts", 0, 0),
    ];
    let play = Play::new("03-10", "03-11").workflow("leaver", &leaver(0));
    let play = (0..PEOPLE).fold(play, |play, number| play.user(&format!("p{number:02}"), &works_in("Sales")));
    let mut play = play.user_at("03-10T10:00", "p00", &works_in("Lab"));
    let mut counts = Vec::new();
    for (verb, resource, ..) in allowed {
        let (counted, count) = play.count("evaluate/", (verb, resource));
        play = counted;
        counts.push(count);
    }
    play.run();
    for ((verb, resource, least, most), count) in allowed.into_iter().zip(counts) {
        let asked = count.load(Ordering::SeqCst);
        assert!((least..=most).contains(&asked), "{verb:?} {resource}: {asked} times, and {least} to {most} are right");
    }
}

/// However many Directories there are over the same records, an evaluation lists these once, and the Accounts that it makes for the
/// first one are there for the others.
#[test]
fn several_directories_are_read_by_one_list() {
    const PEOPLE: u32 = 12;
    // (Directories beside the first, how often Users and Accounts are listed for what the first one asks)
    let lists = |more: u32| {
        let play = Play::new("03-10", "03-12").workflow("leaver", &leaver(0));
        let play = (0..PEOPLE).fold(play, |play, number| play.user(&format!("p{number:02}"), &leaves("2026-03-11")));
        let play = (0..more).fold(play, |play, number| {
            let spec = leaver(5).replacen('{', &format!("{{directory: more-{number}, "), 1);
            play.object("Directory", &format!("more-{number}"), "{embedded: {}}").workflow(&format!("later-{number}"), &spec)
        });
        let (play, users) = play.count("evaluate/", (Verb::List, "users"));
        let (play, accounts) = play.count("evaluate/", (Verb::List, "accounts"));
        let (play, created) = play.count("evaluate/", (Verb::Create, "accounts"));
        let (play, heads) = play.count("evaluate/", (Verb::List, "workflows"));
        let end = play.run();
        assert_eq!(end.processed().iter().filter(|line| line.ends_with(" completed 03-11")).count(), PEOPLE as usize);
        assert_eq!(created.load(Ordering::SeqCst), PEOPLE, "nobody's Account is made twice");
        [users, accounts, heads].map(|count| count.load(Ordering::SeqCst))
    };
    for more in [0, 4] {
        let [users, accounts, evaluations] = lists(more);
        // Where there is no head yet, it is asked once whether there are Accounts.
        assert_eq!((users, accounts), (evaluations, evaluations + 1), "with {more} more Directories");
        assert!(evaluations > 1);
    }
}

/// What one Directory could not read is listed anew for the next one, so that one refusal is one Directory's.
#[test]
fn what_one_directory_could_not_read_the_next_one_lists_anew() {
    let play = Play::new("03-10", "03-12").workflow("leaver", &leaver(0)).object("Directory", "zoo", "{embedded: {}}");
    let later = leaver(5).replacen('{', "{directory: zoo, ", 1);
    let play = play.workflow("later", &later).user("ann", &leaves("2026-03-11"));
    let end = play.spoil("evaluate/", (Verb::List, "users"), 1..=1, Verdict::Forbid).run();
    // The first evaluation made it, though not for the first Directory.
    let made = text(end.object("Account", "ann"), "/metadata/creationTimestamp");
    assert!(made < "2026-03-10T01:00:00Z", "{made}");
    assert_eq!(end.processed().iter().filter(|line| line.starts_with("leaver ann completed")).count(), 1, "{:?}", end.processed());
}
