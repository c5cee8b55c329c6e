//! People whose records are not like everybody's: handled, or reported, and nobody else is affected.

use super::play::{Play, joiner, leaver};

/// A joiner who also mails the person and the manager, so that names go through rules, results and mails.
const GREETING: &str = "{category: joiner, isSchedulingEnabled: true, executionConditions: {scope: {rule: \"companyName eq 'Acme'\"}, \
     trigger: {timeBasedAttribute: {attribute: employeeHireDate, offsetInDays: 0}}}, tasks: [{name: enable, enableUserAccount: {}}, \
     {name: welcome, sendWelcomeEmail: {customSubject: 'Hello {{user.displayName}}', customBody: 'Dear {{user.displayName}}'}, \
     continueOnError: true}, {name: remind, sendOnboardingReminderEmail: {}, continueOnError: true}]}";

/// A record that is complete but for what a case says.
fn record(name: &str, rest: &str) -> String {
    format!(
        "{{displayName: {}, companyName: Acme, mail: someone@acme.example, employeeHireDate: \"2026-03-10\", \
         initialAccount: {{accountEnabled: false}}{rest}}}",
        serde_json::to_string(name).expect("a text")
    )
}

fn tenant() -> Play {
    Play::new("03-10", "03-13")
        .workflow("greeting", GREETING)
        .workflow("leaver", &leaver(0))
        .user("boss", "{displayName: Boss, mail: boss@acme.example}")
        .user("plain", &record("Plain", ", manager: boss"))
}

#[test]
fn names_of_all_kinds_are_handled() {
    let long = "Maximiliane ".repeat(17).chars().take(200).collect::<String>();
    let names =
        ["Conan O'Brien", "Jörg Müßig-Öztürk", "محمد عبد الله", "\u{202e}evil\u{202c} txt", "李小龍 👩‍🚀", long.trim(), "A <b>B</b> & \"C\""];
    let play =
        names.iter().enumerate().fold(tenant(), |play, (index, name)| play.user(&format!("p{index}"), &record(name, ", manager: boss")));
    let end = play.run();
    let mut expected: Vec<String> = (0..names.len()).map(|index| format!("greeting p{index} completed 03-10")).collect();
    expected.push("greeting plain completed 03-10".to_owned());
    let mut processed = end.processed();
    processed.sort();
    expected.sort();
    assert_eq!(processed, expected);
    // Two mails for each of them and for the one whom nothing sets apart.
    assert_eq!(end.mails.len(), 2 * (names.len() + 1));
    for (index, name) in names.iter().enumerate() {
        assert!(end.account(&format!("p{index}")).0, "{name}");
    }
}

#[test]
fn who_has_no_manager_fails_in_that_task_alone() {
    for (what, rest, reason) in [
        ("no manager", "", "ManagerMissing"),
        ("a manager nobody knows", ", manager: ghost", "RecipientMissing"),
        ("a manager who left", ", manager: gone", "RecipientDisabled"),
    ] {
        let end = tenant()
            .user("gone", "{displayName: Gone, mail: gone@acme.example, initialAccount: {accountEnabled: false}}")
            .user("ann", &record("Ann", rest))
            .run_broken();
        let mut processed = end.processed();
        processed.sort();
        assert_eq!(processed, [&format!("greeting ann completedWithErrors {reason} 03-10"), "greeting plain completed 03-10"], "{what}");
        assert!(end.account("ann").0 && end.account("plain").0, "{what}");
    }
}

#[test]
fn a_date_that_does_not_parse_stops_its_owner_alone() {
    for date in ["tomorrow", "2026-02-30", "10.03.2026", "2026-3-1", "\u{661}\u{660}/03/2026"] {
        let bad = format!("{{companyName: Acme, employeeHireDate: \"{date}\", initialAccount: {{accountEnabled: false}}}}");
        let end = tenant().workflow("joiner", &joiner(0)).user("ann", &bad).run();
        assert!(end.processed().iter().all(|line| !line.contains(" ann ")), "{date}: {:?}", end.processed());
        assert!(end.account("plain").0 && !end.account("ann").0, "{date}");
        assert_eq!(end.condition("Directory", "people", "DataQuality"), "DataQuality=False Unreadable", "{date}");
    }
}
