//! Everybody's final account, as a table.

use std::fmt::Write;

use serde_json::Value;

use super::object::string;
use crate::sim::foreign::Foreign;

/// The most characters of the list of groups before it is cut.
const WIDEST_GROUPS: usize = 70;

/// Writes a table of the accounts of a namespace; nothing if there are none.
pub(super) fn table(objects: &[Value], namespace: &str, out: &mut String) {
    let of =
        |kind: &'static str| objects.iter().filter(move |object| object["kind"] == kind && object["metadata"]["namespace"] == namespace);
    let accounts: Vec<[String; 3]> = of("Account")
        .map(|account| {
            let name = string(&account["metadata"]["name"]);
            let has_user = of("User").any(|user| user["metadata"]["name"] == name);
            row(account, has_user)
        })
        .collect();
    if accounts.is_empty() {
        return;
    }
    let width = |column: usize, title: &str| accounts.iter().map(|row| row[column].chars().count()).max().unwrap_or(0).max(title.len());
    let (names, states) = (width(0, "ACCOUNT"), width(1, "STATE"));
    let mut line = |row: [&str; 3]| {
        let text = format!("  {:names$}  {:states$}  {}", row[0], row[1], row[2]);
        // Writing to a text cannot fail.
        let _ = writeln!(out, "{}", Foreign(text.trim_end()));
    };
    line(["ACCOUNT", "STATE", "GROUPS"]);
    for [name, state, groups] in &accounts {
        line([name, state, groups]);
    }
}

fn row(account: &Value, has_user: bool) -> [String; 3] {
    let spec = &account["spec"];
    let mut state = if spec["deletedAt"].is_string() {
        "deleted".to_owned()
    } else if spec["accountEnabled"] == false {
        "disabled".to_owned()
    } else {
        "enabled".to_owned()
    };
    if !has_user {
        state.push_str(", no record");
    }
    let mut groups: Vec<&str> = spec["memberOf"].as_array().into_iter().flatten().map(string).collect();
    groups.sort_unstable();
    [string(&account["metadata"]["name"]).to_owned(), state, shorten(&groups)]
}

fn shorten(groups: &[&str]) -> String {
    if groups.is_empty() {
        return "-".to_owned();
    }
    let mut text = String::new();
    for (index, group) in groups.iter().enumerate() {
        if index > 0 && text.len() + group.len() > WIDEST_GROUPS {
            return format!("{text}, and {} more", groups.len() - index);
        }
        if index > 0 {
            text.push_str(", ");
        }
        text.push_str(group);
    }
    text
}
