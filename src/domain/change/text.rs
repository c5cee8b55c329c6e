//! How a Change reads: one text for people, for results and for plans, stable over releases. Each text is read back as the
//! Change that it was written for, so that no two have the same one.

use std::collections::BTreeMap;
use std::fmt;

use super::Change;
use crate::domain::mail::MailKind;

const ENABLE: &str = "enable the account";
const DISABLE: &str = "disable the account";
const ATTRIBUTES: &str = "set attributes ";
const SESSIONS: &str = "end the sessions";
const JOIN: &str = "add to group ";
const LEAVE: &str = "remove from group ";
const ASSIGN: &str = "assign licence ";
const UNASSIGN: &str = "remove licence ";
const SPONSORSHIP: &str = "transfer sponsorship ";
const PASS: &str = "issue a temporary access pass ";
const DELETE: &str = "delete the user";
const MAIL: &str = "send ";
const CALL: &str = "call extension ";

impl Change {
    /// What it says, for people and for results.
    #[must_use]
    pub fn text(&self) -> String {
        self.to_string()
    }

    /// The Change that a text of this or an older release says; None: a newer release wrote it, or nobody did.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            ENABLE => return Some(Self::SetEnabled(true)),
            DISABLE => return Some(Self::SetEnabled(false)),
            SESSIONS => return Some(Self::RevokeSessions),
            DELETE => return Some(Self::Delete),
            _ => {}
        }
        let one = |prefix: &str| only(quoted(text.strip_prefix(prefix)?)?);
        if let Some(values) = text.strip_prefix(ATTRIBUTES) {
            return Some(Self::SetAttributes(attributes(values)?));
        }
        if let Some(rest) = text.strip_prefix(SPONSORSHIP) {
            let (of, rest) = quoted(rest.strip_prefix("of ")?)?;
            let (from, rest) = quoted(rest.strip_prefix(" from ")?)?;
            let to = only(quoted(rest.strip_prefix(" to ")?)?)?;
            return Some(Self::TransferSponsorship { of, from, to });
        }
        if let Some(rest) = text.strip_prefix(PASS) {
            let (minutes, rest) = rest.strip_prefix("for ")?.split_once(" minutes, ")?;
            let (often, rest) = rest.split_once(" to ")?;
            let is_usable_once = match often {
                "once" => true,
                "reusable" => false,
                _ => return None,
            };
            return Some(Self::IssuePass { lifetime_minutes: number(minutes)?, is_usable_once, to: list(rest)? });
        }
        if let Some(group) = one(JOIN) {
            return Some(Self::AddMember { group });
        }
        if let Some(group) = one(LEAVE) {
            return Some(Self::RemoveMember { group });
        }
        if let Some(sku) = one(ASSIGN) {
            return Some(Self::AssignLicence { sku });
        }
        if let Some(sku) = one(UNASSIGN) {
            return Some(Self::RemoveLicence { sku });
        }
        if let Some(extension) = one(CALL) {
            return Some(Self::Call { extension });
        }
        let (task, to) = text.strip_prefix(MAIL)?.split_once(" to ")?;
        Some(Self::SendMail { kind: MailKind::of_task(task)?, to: list(to)? })
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SetEnabled(true) => f.write_str(ENABLE),
            Self::SetEnabled(false) => f.write_str(DISABLE),
            Self::SetAttributes(values) => {
                write!(f, "{ATTRIBUTES}{{")?;
                for (index, (name, value)) in values.iter().enumerate() {
                    let comma = if index > 0 { ", " } else { "" };
                    match value {
                        Some(value) => write!(f, "{comma}{}: {}", Quoted(name), Quoted(value))?,
                        None => write!(f, "{comma}{}: null", Quoted(name))?,
                    }
                }
                f.write_str("}")
            }
            Self::RevokeSessions => f.write_str(SESSIONS),
            Self::AddMember { group } => write!(f, "{JOIN}{}", Quoted(group)),
            Self::RemoveMember { group } => write!(f, "{LEAVE}{}", Quoted(group)),
            Self::AssignLicence { sku } => write!(f, "{ASSIGN}{}", Quoted(sku)),
            Self::RemoveLicence { sku } => write!(f, "{UNASSIGN}{}", Quoted(sku)),
            Self::TransferSponsorship { of, from, to } => {
                write!(f, "{SPONSORSHIP}of {} from {} to {}", Quoted(of), Quoted(from), Quoted(to))
            }
            Self::IssuePass { lifetime_minutes, is_usable_once, to } => {
                let often = if *is_usable_once { "once" } else { "reusable" };
                write!(f, "{PASS}for {lifetime_minutes} minutes, {often} to {}", List(to))
            }
            Self::Delete => f.write_str(DELETE),
            Self::SendMail { kind, to } => write!(f, "{MAIL}{} to {}", kind.task(), List(to)),
            Self::Call { extension } => write!(f, "{CALL}{}", Quoted(extension)),
        }
    }
}

/// A name between quotes, as JSON writes it.
struct Quoted<'a>(&'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("\"")?;
        for character in self.0.chars() {
            match character {
                '"' => f.write_str("\\\"")?,
                '\\' => f.write_str("\\\\")?,
                '\n' => f.write_str("\\n")?,
                '\r' => f.write_str("\\r")?,
                '\t' => f.write_str("\\t")?,
                other if other.is_control() => write!(f, "\\u{:04x}", u32::from(other))?,
                other => write!(f, "{other}")?,
            }
        }
        f.write_str("\"")
    }
}

/// Names between quotes, with commas.
struct List<'a>(&'a [String]);

impl fmt::Display for List<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, name) in self.0.iter().enumerate() {
            write!(f, "{}{}", if index > 0 { ", " } else { "" }, Quoted(name))?;
        }
        Ok(())
    }
}

/// The name between quotes at the beginning, and what follows it.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut is_escaped = false;
    let end = text.strip_prefix('"')?.char_indices().find_map(|(at, character)| {
        let ends = character == '"' && !is_escaped;
        is_escaped = character == '\\' && !is_escaped;
        ends.then_some(at + 2)
    })?;
    Some((serde_json::from_str(&text[..end]).ok()?, &text[end..]))
}

fn only((name, rest): (String, &str)) -> Option<String> {
    rest.is_empty().then_some(name)
}

fn list(mut text: &str) -> Option<Vec<String>> {
    let mut names = Vec::new();
    while !text.is_empty() {
        let (name, rest) = quoted(text)?;
        names.push(name);
        text = if rest.is_empty() { rest } else { rest.strip_prefix(", ").filter(|rest| !rest.is_empty())? };
    }
    Some(names)
}

fn attributes(text: &str) -> Option<BTreeMap<String, Option<String>>> {
    serde_json::from_str(text).ok()
}

fn number(text: &str) -> Option<i32> {
    text.parse().ok()
}
