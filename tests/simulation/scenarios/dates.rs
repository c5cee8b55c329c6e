//! What dates mean: in whose time zone they are, which of them are none, and how mails tell them.

use chrono::TimeDelta;

use super::end::{End, list, text};
use super::play::{Play, at, hired, joiner, leaver, timed};

/// A record, with something put before the rest of it.
fn with(first: &str, record: &str) -> String {
    record.replacen('{', &format!("{{{first}, "), 1)
}

/// A tenant in New York, which is evaluated every hour.
fn tenant() -> Play {
    Play::new("03-10", "03-14").schedule("{interval: 1h, directory: people, timeZone: America/New_York}")
}

/// Everybody was processed once, within an hour after the instant.
fn assert_due(end: &End, expected: &[(&str, &str, &str)]) {
    for (workflow, who, due) in expected {
        let (when, due) = (end.when(workflow, who), at(due));
        assert!(when.len() == 1 && when[0] >= due && when[0] < due + TimeDelta::minutes(61), "{workflow} {who}: due {due}, done {when:?}");
    }
}

/// What the condition `DataQuality` of the directory says.
fn quality(end: &End) -> String {
    let conditions = list(end.object("Directory", "people"), "/status/conditions");
    let found = conditions.iter().find(|condition| text(condition, "/type") == "DataQuality").expect("a condition");
    format!("{} {}: {}", text(found, "/status"), text(found, "/reason"), text(found, "/message"))
}

#[test]
fn the_zone_of_the_person_or_else_of_the_tenant_decides_when_a_date_is_due() {
    let last = |date: &str| format!("{{employeeLeaveDateTime: \"{date}\"}}");
    let end = tenant()
        .workflow("joiner", &joiner(0))
        .workflow("leaver", &leaver(0))
        .user("tenant", &hired("2026-03-12"))
        .user("own", &with("timeZone: Asia/Tokyo", &hired("2026-03-12")))
        .user("clock", &with("timeZone: Asia/Tokyo", &hired("2026-03-12T09:00:00")))
        .user("instant", &with("timeZone: Asia/Tokyo", &hired("2026-03-12T09:00:00Z")))
        .user("leaves", &last("2026-03-11"))
        .user("away", &with("timeZone: Asia/Tokyo", &last("2026-03-11")))
        .run();
    // In March New York is four hours behind UTC, and Tokyo nine ahead.
    assert_due(
        &end,
        &[
            ("joiner", "tenant", "03-12T04:00"),
            ("joiner", "own", "03-11T15:00"),
            ("joiner", "clock", "03-12T00:00"),
            ("joiner", "instant", "03-12T09:00"),
            ("leaver", "leaves", "03-12T03:59:59"),
            ("leaver", "away", "03-11T14:59:59"),
        ],
    );
    assert!(quality(&end).starts_with("True Readable"), "{}", quality(&end));
}

#[test]
fn a_zone_that_is_none_is_passed_over_and_named() {
    let wrong = |zone: &str| with(&format!("timeZone: {zone}"), &hired("2026-03-12"));
    let end = tenant()
        .workflow("joiner", &joiner(0))
        .user("windows", &wrong("Tokyo Standard Time"))
        .user("typo", &wrong("Asia/Tokio"))
        .user("right", &wrong("Asia/Tokyo"))
        .run();
    assert_due(&end, &[("joiner", "windows", "03-12T04:00"), ("joiner", "typo", "03-12T04:00"), ("joiner", "right", "03-11T15:00")]);
    assert_eq!(quality(&end), "False UnknownTimeZone: time zones that are none, so that another one applies: 2 of timeZone");
}

#[test]
fn another_zone_is_news_of_the_date_and_repeats_nobody() {
    let (west, east) = ("timeZone: America/Los_Angeles", "timeZone: Asia/Tokyo");
    let narrow = with("catchUpWindow: 6h", &joiner(0));
    let play = |from: &str, zone: &str, date: &str| {
        let play = Play::new("03-10", "03-14")
            .schedule("{interval: 3h, directory: people, timeZone: America/Los_Angeles}")
            .workflow("joiner", &narrow)
            .user("ann", &if from.is_empty() { hired(date) } else { with(from, &hired(date)) });
        let again = if zone.is_empty() { hired(date) } else { with(zone, &hired(date)) };
        let end = play.user_at("03-12T05:30", "ann", &again).run();
        (end.processed(), end.ledger())
    };
    let (done, missed) = (vec!["joiner ann completed 03-12".to_owned()], vec!["joiner ann missed WindowEnded".to_owned()]);
    // 12 March begins at 07:00 UTC in Los Angeles, and there it would be due after this. In Tokyo it began at 15:00 the day
    // before, longer ago than the window.
    for (what, from, zone) in [
        ("from the west to the east", west, east),
        ("from the tenant's to the east", "", east),
        ("to another name of it", "timeZone: US/Pacific", east),
    ] {
        assert_eq!(play(from, zone, "2026-03-12"), (vec![], missed.clone()), "{what}");
    }
    let planned = vec!["joiner ann planned".to_owned()];
    // The 13th in Tokyo begins within the 12th of UTC.
    for (what, from, zone, date) in [
        ("nothing but another name of the zone", west, "timeZone: US/Pacific", "2026-03-12"),
        ("the person's is that of the tenant", west, "", "2026-03-12"),
        ("from the west to the east, in time", west, east, "2026-03-13"),
    ] {
        assert_eq!(play(from, zone, date), (done.clone(), planned.clone()), "{what}");
    }
    // Who was processed before is not processed again, and not missed.
    let before = vec!["joiner ann completed 03-11".to_owned()];
    assert_eq!(play(east, west, "2026-03-12"), (before.clone(), planned.clone()), "from the east to the west, after it was done");
    assert_eq!(play(east, "timeZone: Asia/Seoul", "2026-03-12"), (before, planned), "the same instant in another zone");
}

#[test]
fn fillers_do_nothing_and_are_counted() {
    let idle = |rest: &str| {
        format!(
            "{{category: leaver, isSchedulingEnabled: true, executionConditions: {{scope: {{rule: \"department eq 'Guests'\"}}, trigger: \
             {{userInactivity: {{inactivityPeriodInDays: 30{rest}}}}}}}, tasks: [{{name: off, disableUserAccount: {{}}}}]}}"
        )
    };
    let guest = |sign_in: &str| {
        format!("{{department: Guests, createdDateTime: \"2026-01-15T00:00:00Z\", lastSuccessfulSignInDateTime: \"{sign_in}\"}}")
    };
    let play = |rest: &str| {
        Play::new("03-10", "03-13")
            .workflow("joiner", &joiner(0))
            .workflow("leaver", &leaver(-180))
            .workflow("idle", &idle(rest))
            .user("forever", "{employeeLeaveDateTime: \"9999-12-31\"}")
            .user("forever-too", "{employeeLeaveDateTime: \"9999-12-31T23:59:59Z\"}")
            .user("someday", &hired("9999-12-31T00:00:00"))
            .user("windows", &guest("1601-01-01T00:00:00Z"))
            .user("unix", &guest("1970-01-01T00:00:00Z"))
            .user("real", &guest("2026-02-01T00:00:00Z"))
            .run()
    };
    let end = play("");
    assert_eq!(end.processed(), ["idle real completed 03-10"]);
    assert_eq!(end.ledger(), ["idle real planned"]);
    let counted = "True Readable: every value could be read; dates that stand for no value: 1 of employeeHireDate, 2 of \
                   employeeLeaveDateTime, 2 of lastSuccessfulSignInDateTime";
    assert_eq!(quality(&end), counted);
    // Who never signed in is counted from the creation, if that is asked for: a filler is no sign-in.
    let end = play(", neverSignedIn: SinceCreated");
    let mut processed = end.processed();
    processed.sort();
    assert_eq!(processed, ["idle real completed 03-10", "idle unix completed 03-10", "idle windows completed 03-10"]);
}

/// The recipients, the subject and the text of the mails about somebody.
fn mails(end: &End, subject: &str) -> Vec<(Vec<String>, String)> {
    let own = end.mails.iter().filter(|sent| sent.mail.subject == subject);
    let told = own.map(|sent| {
        let to = sent.mail.envelope.to.iter().map(ToString::to_string).collect();
        let text = String::from_utf8_lossy(&sent.mail.bytes);
        let line = text.lines().find_map(|line| line.strip_prefix("Subject: ")).expect("a subject").to_owned();
        (to, line)
    });
    told.collect()
}

#[test]
fn a_mail_goes_to_the_private_addresses_that_the_record_has() {
    let tasks = "tasks: [{name: hello, sendWelcomeEmail: {to: ['{{user.otherMails}}'], cc: ['hr@acme.example', '{{user.mail}}'], customSubject: \
                 Hello, customBody: Text}}, {name: note, sendOnboardingReminderEmail: {to: [hr@acme.example], cc: ['{{ user.otherMails }}'], customSubject: Note, customBody: Text}}]";
    let play = Play::new("03-10", "03-13").workflow("hello", &timed("joiner", "employeeHireDate", -7, tasks));
    let ann = "mail: ann@acme.example, otherMails: [ann@home.example, ANN@work.example]";
    let end =
        play.user("ann", &with(ann, &hired("2026-03-18"))).user("bob", &with("mail: bob@acme.example", &hired("2026-03-18"))).run_broken();
    assert_eq!(end.processed(), ["hello ann completed 03-11", "hello bob failed MailAddressMissing 03-11"]);
    let to = |addresses: &[&str]| addresses.iter().map(|address| (*address).to_owned()).collect::<Vec<_>>();
    let hello = (to(&["ann@home.example", "ANN@work.example", "hr@acme.example", "ann@acme.example"]), "Hello".to_owned());
    let note = (to(&["hr@acme.example", "ann@home.example", "ANN@work.example"]), "Note".to_owned());
    let mut found = mails(&end, "ann");
    found.sort_by(|one, other| one.1.cmp(&other.1));
    assert_eq!(found, [hello, note]);
    assert_eq!(mails(&end, "bob"), [], "nothing goes anywhere else");
}

#[test]
fn mails_tell_instants_in_the_zone_of_the_date_and_where_there_is_none_in_the_tenants() {
    let tasks = |text: &str| {
        format!(
            "tasks: [{{name: pass, generateTemporaryAccessPass: {{to: [User], customSubject: '{text}', customBody: Text, lifetimeMinutes: 60}}}}]"
        )
    };
    let from = "from {{temporaryAccessPassStartDateTime}}";
    let moved = "{category: mover, isSchedulingEnabled: true, executionConditions: {trigger: {attributeChange: {attributes: [department]}}}, tasks: \
                 [{name: hello, sendEmailToManagerAboutMove: {to: [User], customSubject: 'since {{user.employeeHireDate}}', customBody: Text}}]}";
    let somebody = "mail: somebody@acme.example, department: Sales";
    let directory = "{embedded: {}, attributes: [{name: employeeHireDate, type: dateTime, timeZoneAttribute: office}]}";
    let office = |zone: &str| format!("{somebody}, extensionAttributes: {{office: {zone}}}");
    let record = |zone: &str, hire: &str| with(&format!("{somebody}{zone}"), &hired(hire));
    let end = tenant()
        .object("Directory", "people", directory)
        .workflow("moved", moved)
        .workflow("pass", &timed("joiner", "employeeHireDate", 0, &tasks(from)))
        .user("mapped", &with(&office("Asia/Tokyo"), &hired("2026-02-11T15:00:00Z")))
        .user("own", &record(", timeZone: Asia/Tokyo", "2026-02-11T15:00:00Z"))
        .user("tenant", &record("", "2026-02-11T15:00:00Z"))
        .user("newcomer", &record("", "2026-03-12"))
        .user("late", &record(", timeZone: Asia/Tokyo", "2026-03-09T00:00:00Z"))
        .user_at("03-12T10:00", "mapped", &with(&office("Asia/Tokyo").replace("Sales", "Lab"), &hired("2026-02-11T15:00:00Z")))
        .user_at("03-12T10:00", "own", &record(", timeZone: Asia/Tokyo", "2026-02-11T15:00:00Z").replace("Sales", "Lab"))
        .user_at("03-12T10:00", "tenant", &record("", "2026-02-11T15:00:00Z").replace("Sales", "Lab"))
        .run();
    let subject = |who: &str| mails(&end, who).into_iter().map(|(_, subject)| subject).collect::<Vec<_>>();
    assert_eq!(subject("mapped"), ["since 12 February 2026, 00:00 JST"]);
    assert_eq!(subject("own"), ["since 12 February 2026, 00:00 JST"]);
    assert_eq!(subject("tenant"), ["since 11 February 2026, 10:00 EST"]);
    // The pass works from the instant of the mail on, which is after the hire date.
    for (who, starts, ends) in [("newcomer", "from 12 March 2026, 00:", " EDT"), ("late", "from 10 March 2026, 09:", " JST")] {
        let found = subject(who);
        assert!(found.len() == 1 && found[0].starts_with(starts) && found[0].ends_with(ends), "{who}: {found:?}");
    }
}
