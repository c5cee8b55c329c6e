//! Which attributes decide over people, and who may write them.
//!
//! A task of the class account writes attributes, and others delete people or make passes for them by what they read. So
//! authority is checked over the data too, and not only over the class of a task: what decides is written by people, and by
//! those workflows alone that the Directory lists. Whoever writes it without being listed is not Ready, and never whoever reads
//! it: else an author without any right could stop an off-boarding.

use std::collections::{BTreeMap, BTreeSet};

use super::attribute::{DATES, is_date};
use super::dates::TIME_ZONE;
use crate::api::directory::AttributeMapping;
use crate::api::workflow::EffectClass;
use crate::api::{DirectorySpec, WorkflowSpec};
use crate::catalog;
use crate::rule::{Known, words};

/// The attribute that names the manager.
const MANAGER: &str = "manager";
/// The correlation attribute of a Directory that names none.
pub const EMPLOYEE_ID: &str = "employeeId";

/// Why an attribute decides, whatever workflows there are.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Ground {
    /// It is a date, by which workflows are timed and by which somebody has left or has not.
    Date,
    /// It names the zone of dates.
    Zone,
    /// It names the manager.
    Manager,
    /// It is an address.
    Address,
    /// It is a login.
    Login,
    /// It is the correlation attribute.
    Identity,
    /// It says whether somebody is a guest.
    Sort,
}

impl Ground {
    /// The reason, for people.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Date => "workflows go by dates",
            Self::Zone => "dates are in the zone that it names",
            Self::Manager => "it names who gets mails and takes over",
            Self::Address => "mails go there",
            Self::Login => "people sign in with it",
            Self::Identity => "people are told apart by it",
            Self::Sort => "it tells guests from members",
        }
    }
}

/// The name under which rules and records know an attribute that has several.
#[must_use]
pub fn canonical(name: &str) -> &str {
    match Known::from_path(name) {
        Some(known) => known.path(),
        None => name,
    }
}

/// Whether two names are names of one attribute.
fn is_same(left: &str, right: &str) -> bool {
    canonical(left) == canonical(right)
}

/// Why the attribute decides by what the Directory says of it; None: it need not.
#[must_use]
pub fn ground(directory: &DirectorySpec, name: &str) -> Option<Ground> {
    let is = |other: &&str| is_same(other, name);
    let dated = || directory.attributes.iter().filter(|mapping| is_date(mapping));
    let correlation = directory.correlation_attribute.as_deref().unwrap_or(EMPLOYEE_ID);
    match canonical(name) {
        _ if DATES.iter().any(|date| is_same(date, name)) || dated().any(|mapping| is_same(&mapping.name, name)) => Some(Ground::Date),
        _ if is(&TIME_ZONE) || dated().filter_map(|mapping| mapping.time_zone_attribute.as_deref()).any(|zone| is(&zone)) => {
            Some(Ground::Zone)
        }
        MANAGER => Some(Ground::Manager),
        "mail" | "otherMails" | "proxyAddresses" => Some(Ground::Address),
        "userPrincipalName" | "mailNickname" => Some(Ground::Login),
        "onPremisesSecurityIdentifier" => Some(Ground::Identity),
        "userType" => Some(Ground::Sort),
        _ if is(&correlation) => Some(Ground::Identity),
        _ => None,
    }
}

/// The attribute itself, and those that the Directory reads from it.
pub fn stands_for<'a>(directory: &'a DirectorySpec, name: &'a str) -> impl Iterator<Item = &'a str> {
    let is_source = move |mapping: &&AttributeMapping| mapping.source.as_deref().is_some_and(|source| is_same(source, name));
    std::iter::once(name).chain(directory.attributes.iter().filter(is_source).map(|mapping| mapping.name.as_str()))
}

/// Who beside people may write the attribute, by the Directory.
fn writers<'a>(directory: &'a DirectorySpec, name: &'a str) -> impl Iterator<Item = &'a str> {
    let is_of = move |mapping: &&AttributeMapping| stands_for(directory, name).any(|known| is_same(known, &mapping.name));
    directory.attributes.iter().filter(is_of).flat_map(|mapping| &mapping.writers).filter_map(|writer| writer.workflow.as_deref())
}

/// Whether the Directory lists the workflow as one that may write the attribute.
#[must_use]
pub fn may_write(directory: &DirectorySpec, workflow: &str, name: &str) -> bool {
    writers(directory, name).any(|writer| writer == workflow)
}

/// The attributes that are read from the record, whatever a task has written: dates with their zones, and the manager. Where
/// the Directory lists a workflow that may write one, what it wrote counts.
#[must_use]
pub fn of_record(directory: &DirectorySpec) -> BTreeSet<String> {
    let mapped = directory.attributes.iter().flat_map(|mapping| {
        let zone = mapping.time_zone_attribute.as_deref().filter(|_| is_date(mapping));
        [Some(mapping.name.as_str()), mapping.source.as_deref(), zone].into_iter().flatten()
    });
    let decides = |name: &&str| {
        stands_for(directory, name).any(|known| matches!(ground(directory, known), Some(Ground::Date | Ground::Zone | Ground::Manager)))
    };
    let all = DATES.into_iter().chain([TIME_ZONE, MANAGER]).chain(mapped);
    all.filter(decides).filter(|name| writers(directory, name).next().is_none()).map(str::to_owned).collect()
}

/// What the workflows of a tenant read that delete people or make passes for them.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Readers {
    reads: BTreeMap<String, BTreeSet<String>>,
    readers: BTreeMap<String, BTreeSet<String>>,
}

impl Readers {
    /// Of these workflows.
    #[must_use]
    pub fn of<'a>(workflows: impl IntoIterator<Item = (&'a str, &'a WorkflowSpec)>) -> Self {
        let mut readers = Self::default();
        for (name, spec) in workflows {
            readers.put(name, spec);
        }
        readers
    }

    /// Takes in a workflow as it is now.
    pub fn put(&mut self, name: &str, spec: &WorkflowSpec) {
        self.forget(name);
        let reads = reads(spec);
        for attribute in &reads {
            self.readers.entry(attribute.clone()).or_default().insert(name.to_owned());
        }
        if !reads.is_empty() {
            self.reads.insert(name.to_owned(), reads);
        }
    }

    /// Takes out a workflow that is gone.
    pub fn forget(&mut self, name: &str) {
        for attribute in self.reads.remove(name).into_iter().flatten() {
            if let Some(readers) = self.readers.get_mut(&attribute) {
                readers.remove(name);
                if readers.is_empty() {
                    self.readers.remove(&attribute);
                }
            }
        }
    }

    /// Whether it reads something by which it deletes or makes passes.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.reads.contains_key(name)
    }

    /// Whether that is something else now.
    #[must_use]
    pub fn would_change(&self, name: &str, spec: &WorkflowSpec) -> bool {
        self.reads.get(name).unwrap_or(&BTreeSet::new()) != &reads(spec)
    }

    /// A workflow beside `own` that decides by the attribute. Who may change a workflow may use its classes, so that what it
    /// decides by itself is its own matter.
    #[must_use]
    pub fn beside(&self, own: &str, attribute: &str) -> Option<&str> {
        self.readers.get(canonical(attribute))?.iter().map(String::as_str).find(|name| *name != own)
    }
}

/// What the workflow deletes or makes passes by; a task that is switched off counts, as nobody is asked when it is switched on.
/// The words of a rule that are no attributes are attributes nowhere.
fn reads(spec: &WorkflowSpec) -> BTreeSet<String> {
    let class = |name: &str| catalog::by_name(name).map(|definition| definition.effect);
    let classes = spec.tasks.iter().filter_map(|task| class(task.action()?.name()));
    let mut decides = classes.filter(|class| matches!(class, EffectClass::Destructive | EffectClass::Credential));
    let Some(conditions) = spec.execution_conditions.as_ref().filter(|_| decides.next().is_some()) else { return BTreeSet::new() };
    let trigger = &conditions.trigger;
    let timed = trigger.time_based_attribute.iter().map(|timed| timed.attribute.clone());
    let changed = trigger.attribute_change.iter().flat_map(|change| change.attributes.iter().cloned());
    let rule = conditions.scope.iter().filter_map(|scope| scope.rule.as_deref()).flat_map(words);
    timed.chain(changed).chain(rule).map(|name| canonical(&name).to_owned()).collect()
}

/// Whether a task of the workflow writes attributes.
#[must_use]
pub fn writes(spec: &WorkflowSpec) -> bool {
    spec.tasks.iter().any(|task| task.update_user_attributes.is_some())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn directory(attributes: &Value) -> DirectorySpec {
        serde_json::from_value(json!({"embedded": {}, "attributes": attributes})).expect("a Directory")
    }

    fn workflow(trigger: &Value, rule: &str, task: &str) -> WorkflowSpec {
        let conditions = json!({"trigger": trigger, "scope": {"rule": rule}});
        serde_json::from_value(json!({"category": "leaver", "executionConditions": conditions, "tasks": [{"name": "t", task: {}}]}))
            .expect("a Workflow")
    }

    #[test]
    fn what_decides_whatever_workflows_there_are() {
        let mut plain = directory(&json!([
            {"name": "contractEnd", "source": "endText", "type": "dateTime", "timeZoneAttribute": "office"},
            {"name": "badge", "source": "badgeNumber"},
        ]));
        let rows = [
            ("employeeHireDate", Some(Ground::Date)),
            ("employeeLeaveDateTime", Some(Ground::Date)),
            ("createdDateTime", Some(Ground::Date)),
            ("lastSuccessfulSignInDateTime", Some(Ground::Date)),
            ("signInActivity/lastSuccessfulSignInDateTime", Some(Ground::Date)),
            ("contractEnd", Some(Ground::Date)),
            ("office", Some(Ground::Zone)),
            ("timeZone", Some(Ground::Zone)),
            ("manager", Some(Ground::Manager)),
            ("mail", Some(Ground::Address)),
            ("otherMails", Some(Ground::Address)),
            ("userPrincipalName", Some(Ground::Login)),
            ("mailNickname", Some(Ground::Login)),
            ("employeeId", Some(Ground::Identity)),
            ("onPremisesSecurityIdentifier", Some(Ground::Identity)),
            ("userType", Some(Ground::Sort)),
            ("department", None),
            ("badge", None),
            ("officeLocation", None),
        ];
        for (name, expected) in rows {
            assert_eq!(ground(&plain, name), expected, "{name}");
        }
        assert_eq!(stands_for(&plain, "endText").collect::<Vec<_>>(), ["endText", "contractEnd"]);
        plain.correlation_attribute = Some("badge".to_owned());
        assert_eq!((ground(&plain, "badge"), ground(&plain, "employeeId")), (Some(Ground::Identity), None));
    }

    #[test]
    fn who_may_write_what() {
        let writers = |workflow: &str| json!([{"workflow": workflow}]);
        let listed = directory(&json!([
            {"name": "employeeLeaveDateTime", "type": "dateTime", "writers": writers("extend")},
            {"name": "contractEnd", "source": "endText", "type": "dateTime", "writers": writers("extend")},
            {"name": "mail", "writers": [{"workflow": "other"}, {"workflow": "extend"}]},
        ]));
        let rows = [
            ("extend", "employeeLeaveDateTime", true),
            ("extend", "employeeHireDate", false),
            ("extend", "endText", true),
            ("extend", "contractEnd", true),
            ("extend", "mail", true),
            ("other", "mail", true),
            ("other", "endText", false),
            ("third", "mail", false),
        ];
        for (workflow, name, expected) in rows {
            assert_eq!(may_write(&listed, workflow, name), expected, "{workflow} {name}");
        }
    }

    #[test]
    fn what_is_read_from_the_record() {
        let all = ["createdDateTime", "employeeHireDate", "employeeLeaveDateTime", "lastSuccessfulSignInDateTime", "manager", "timeZone"];
        assert_eq!(of_record(&directory(&json!([]))), all.map(str::to_owned).into());
        let mapped =
            json!([{"name": "contractEnd", "source": "endText", "type": "dateTime", "timeZoneAttribute": "office"}, {"name": "badge"}]);
        let more: BTreeSet<String> = all.into_iter().chain(["contractEnd", "endText", "office"]).map(str::to_owned).collect();
        assert_eq!(of_record(&directory(&mapped)), more);
        let untyped = json!([{"name": "employeeLeaveDateTime", "timeZoneAttribute": "office", "dateOnly": "EndOfDay"}]);
        let zone: BTreeSet<String> = all.into_iter().chain(["office"]).map(str::to_owned).collect();
        assert_eq!(of_record(&directory(&untyped)), zone, "it is a date without saying so");
        let listed = json!([
            {"name": "manager", "writers": [{"workflow": "w"}]},
            {"name": "employeeHireDate", "type": "dateTime", "source": "hired", "writers": [{"workflow": "w"}]},
            {"name": "timeZone", "writers": []},
        ]);
        let fewer: BTreeSet<String> =
            all.into_iter().filter(|name| !["manager", "employeeHireDate"].contains(name)).map(str::to_owned).collect();
        assert_eq!(of_record(&directory(&listed)), fewer);
    }

    #[test]
    fn what_is_read_by_those_who_delete_or_make_passes() {
        let time = json!({"timeBasedAttribute": {"attribute": "employeeLeaveDateTime"}});
        let change = json!({"attributeChange": {"attributes": ["department", "extension_app_x"]}});
        let rule = "jobTitle eq 'city' and (employeeOrgData/costCenter in ('1') or not startsWith(badge, 'x'))";
        let mut readers = Readers::of([
            ("purge", &workflow(&time, rule, "deleteUser")),
            ("pass", &workflow(&change, "country eq 'DE'", "generateTemporaryAccessPass")),
            ("close", &workflow(&time, "state eq 'x'", "disableUserAccount")),
        ]);
        let rows = [
            ("employeeLeaveDateTime", Some("purge")),
            ("jobTitle", Some("purge")),
            ("employeeOrgData/costCenter", Some("purge")),
            ("badge", Some("purge")),
            ("department", Some("pass")),
            ("extension_app_x", Some("pass")),
            ("country", Some("pass")),
            ("city", None),
            ("state", None),
        ];
        for (name, expected) in rows {
            assert_eq!(readers.beside("close", name), expected, "{name}");
        }
        assert_eq!(readers.beside("purge", "jobTitle"), None, "its own matter");
        assert!(readers.has("purge") && !readers.has("close"));
        let harmless = workflow(&time, rule, "disableUserAccount");
        assert!(readers.would_change("purge", &harmless) && !readers.would_change("close", &harmless));
        readers.put("purge", &harmless);
        readers.forget("pass");
        assert_eq!(readers, Readers::default());
    }

    #[test]
    fn a_task_that_is_switched_off_counts() {
        let time = json!({"timeBasedAttribute": {"attribute": "createdDateTime"}});
        let mut spec = workflow(&time, "city eq 'x'", "deleteUser");
        spec.tasks[0].is_enabled = false;
        assert_eq!(Readers::of([("w", &spec)]).beside("", "city"), Some("w"));
    }
}
