//! Dates that are read as they are, and that somebody should look at: a condition counts them and names nobody.

use serde_json::Value;

use super::end::{End, list, text};
use super::play::{Play, joiner, leaver, timed};

/// The condition of the directory, and whether it names one of these people.
fn said(end: &End, people: &[&str]) -> (String, String, bool) {
    let directory = end.object("Directory", "people");
    let is_it = |condition: &&Value| text(condition, "/type") == "DatesPlausible";
    let message = list(directory, "/status/conditions").iter().find(is_it).map(|found| text(found, "/message")).unwrap_or_default();
    let names_somebody = people.iter().any(|name| message.contains(name));
    (end.condition("Directory", "people", "DatesPlausible"), message.to_owned(), names_somebody)
}

fn dates(department: &str, hire: &str, leave: &str, enabled: bool) -> String {
    format!(
        "{{department: {department}, employeeHireDate: \"{hire}\", employeeLeaveDateTime: \"{leave}\", initialAccount: {{accountEnabled: \
         {enabled}}}}}"
    )
}

/// Sales is off-boarded a week ahead; nobody off-boards Legal.
fn house() -> Play {
    let week_ahead = leaver(-7).replacen("trigger:", "scope: {rule: \"department eq 'Sales'\"}, trigger:", 1);
    Play::new("03-08", "03-20").workflow("leaver", &week_ahead)
}

#[test]
fn dates_that_are_hardly_meant_are_counted_and_nobody_is_named() {
    let people = ["xaver", "yvonne", "zacharias", "quirin", "fine"];
    let end = house()
        .user("xaver", &dates("Legal", "2024-01-01", "2026-06-30", true))
        .user("yvonne", &dates("Sales", "2026-04-10", "2026-04-14", false))
        .user("zacharias", &dates("Sales", "2026-03-02", "2026-01-31", true))
        .user("quirin", &dates("Sales", "2026-05-10", "2026-05-01", false))
        .user("fine", &dates("Sales", "2024-01-01", "2026-06-30", true))
        .run();
    let (condition, message, names_somebody) = said(&end, &people);
    assert_eq!(condition, "DatesPlausible=False LeaveDateUncovered");
    for counted in ["LeaveDateUncovered: 1 ", "ContractTooShort: 1 ", "LeaveBeforeHire: 1 ", "DatesContradict: 1 "] {
        assert!(message.contains(counted), "{counted} is not in {message}");
    }
    assert!(!names_somebody, "{message}");
    assert!(end.problems.is_empty(), "nothing failed: {:?}", end.problems);
}

#[test]
fn dates_that_are_mended_are_not_told_any_more() {
    let play = |play: Play| play.user("xaver", &dates("Legal", "2024-01-01", "2026-06-30", true));
    let end = play(house()).user_at("03-12T09:00", "xaver", &dates("Sales", "2024-01-01", "2026-06-30", true)).run();
    assert_eq!(said(&end, &[]).0, "DatesPlausible=True Plausible");
    // A Workflow that is not scheduled covers nobody.
    let idle = leaver(0).replacen("isSchedulingEnabled: true", "isSchedulingEnabled: false", 1);
    assert_eq!(said(&play(house().workflow("all", &idle)).run(), &[]).0, "DatesPlausible=False LeaveDateUncovered");
    assert_eq!(said(&play(house().workflow("all", &leaver(0))).run(), &[]).0, "DatesPlausible=True Plausible");
}

#[test]
fn who_returns_after_the_account_was_deleted_is_told() {
    let purge = timed("leaver", "employeeLeaveDateTime", 1, "tasks: [{name: delete, deleteUser: {}}]");
    let record = |hire: &str| format!("{{employeeHireDate: \"{hire}\", employeeLeaveDateTime: \"2026-03-10\"}}");
    let end = Play::new("03-08", "03-20")
        .workflow("joiner", &joiner(0))
        .workflow("purge", &purge)
        .user("xaver", &record("2020-01-01"))
        .user("yvonne", &record("2020-01-01"))
        .user_at("03-14T09:00", "xaver", &record("2026-03-17"))
        .run();
    assert_eq!(end.processed(), ["purge xaver completed 03-12", "purge yvonne completed 03-12"]);
    let (condition, message, names_somebody) = said(&end, &["xaver", "yvonne"]);
    assert_eq!(condition, "DatesPlausible=False ReturnsAfterDeletion");
    assert!(message.contains("ReturnsAfterDeletion: 1 ") && !names_somebody, "{message}");
}
