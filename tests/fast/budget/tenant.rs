//! A simulated tenant: people who begin on one day, move on another and leave on a third.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use tenure::sim::api::Interceptor;
use tenure::sim::load::parse;
use tenure::sim::{Finished, Options, Simulation};

/// Any instant, as it is written.
pub const INSTANT: &str = "2026-01-12T06:00:00Z";

const OBJECTS: &str = r#"
apiVersion: tenure.dev/v1alpha1
kind: Directory
metadata: {name: people, namespace: acme}
spec: {embedded: {}}
---
apiVersion: tenure.dev/v1alpha1
kind: Group
metadata: {name: everyone, namespace: acme}
spec: {displayName: Everybody}
---
apiVersion: tenure.dev/v1alpha1
kind: TenantSchedule
metadata: {name: default, namespace: acme}
spec: {interval: 3h, directory: people, mail: {from: people@acme.example}}
---
apiVersion: tenure.dev/v1alpha1
kind: Workflow
metadata: {name: first-day-at-work, namespace: acme}
spec:
  category: joiner
  displayName: First day at work
  isSchedulingEnabled: true
  executionConditions:
    scope: {rule: "employeeType in ('Employee', 'Temp')"}
    trigger: {timeBasedAttribute: {attribute: employeeHireDate, offsetInDays: 0}}
  tasks:
    - {name: enable, enableUserAccount: {}}
    - {name: join-everyone, addUserToGroups: {groups: [everyone]}}
    - {name: welcome, sendWelcomeEmail: {}}
---
"#;

const LATER: &str = r#"
apiVersion: tenure.dev/v1alpha1
kind: Workflow
metadata: {name: move-to-engineering, namespace: acme}
spec:
  category: mover
  displayName: Move to Engineering
  isSchedulingEnabled: true
  executionConditions:
    scope: {rule: "department eq 'Engineering'"}
    trigger: {attributeChange: {attributes: [department, jobTitle, manager]}}
  tasks:
    - {name: join-everyone, addUserToGroups: {groups: [everyone]}}
    - {name: engineering, updateUserAttributes: {attributes: [{attribute: officeLocation, value: Building 7}]}}
---
apiVersion: tenure.dev/v1alpha1
kind: Workflow
metadata: {name: last-day-at-work, namespace: acme}
spec:
  category: leaver
  displayName: Last day at work
  isSchedulingEnabled: true
  executionConditions:
    scope: {rule: "employeeType in ('Employee', 'Temp')"}
    trigger: {timeBasedAttribute: {attribute: employeeLeaveDateTime, offsetInDays: 0}}
  tasks:
    - {name: disable, disableUserAccount: {}}
    - {name: leave-groups, removeUserFromAllGroups: {}}
    - {name: sign-out, revokeRefreshTokens: {}}
---
"#;

/// So many people.
pub struct Population {
    people: usize,
    joiners_only: bool,
}

impl Population {
    pub fn new(people: usize) -> Self {
        Self { people, joiners_only: false }
    }

    /// Nobody moves or leaves.
    pub fn joiners_only(mut self) -> Self {
        self.joiners_only = true;
        self
    }

    /// The record of a person, from an instant on.
    fn user(text: &mut String, number: usize, department: &str, at: Option<&str>, leaves: Option<&str>) {
        let annotations = at.map(|at| format!(", annotations: {{tenure.dev/simulate-at: \"{at}\"}}")).unwrap_or_default();
        let leaves = leaves.map(|date| format!("\n  employeeLeaveDateTime: \"{date}\"")).unwrap_or_default();
        write!(
            text,
            "apiVersion: tenure.dev/v1alpha1
kind: User
metadata: {{name: person-{number:05}, namespace: acme{annotations}}}
spec:
  displayName: Annegret Musterfrau-{number:05}
  givenName: Annegret
  surname: Musterfrau-{number:05}
  mail: annegret.musterfrau-{number:05}@acme.example
  userPrincipalName: annegret.musterfrau-{number:05}@acme.example
  employeeId: \"{number:08}\"
  employeeType: Employee
  employeeHireDate: \"2026-03-02\"{leaves}
  department: {department}
  companyName: Acme Manufacturing
  jobTitle: Senior Process Engineer
  officeLocation: Building 4, Floor 2
  city: Hamburg
  country: Germany
  usageLocation: DE
  preferredLanguage: de-de
  mobilePhone: \"+49 40 5550{number:05}\"
  manager: person-00000
  initialAccount: {{accountEnabled: false}}
---
"
        )
        .expect("a text can be written to");
    }

    /// Plays it; every answer of the API takes so long.
    pub fn play(&self, latency: Duration, interceptor: Option<Arc<dyn Interceptor>>) -> Finished {
        let mut text = OBJECTS.to_owned();
        for number in 0..self.people {
            Self::user(&mut text, number, "Sales", None, None);
        }
        if !self.joiners_only {
            text.push_str(LATER);
            for number in 0..self.people {
                Self::user(&mut text, number, "Engineering", Some("2026-03-10T09:30:00Z"), Some("2026-03-20"));
            }
        }
        let documents = parse("budget.yaml", &text).unwrap_or_else(|problems| panic!("{problems:?}"));
        let at = |text: &str| Some(text.parse().unwrap_or_else(|error| panic!("{text}: {error}")));
        let until = if self.joiners_only { "2026-03-03T00:00:00Z" } else { "2026-03-22T00:00:00Z" };
        let options = Options { from: at("2026-03-01T00:00:00Z"), until: at(until), latency, ..Options::default() };
        let simulation = Simulation::new(documents, options).unwrap_or_else(|problems| panic!("{problems:?}"));
        match interceptor {
            Some(interceptor) => simulation.with_interceptor(interceptor),
            None => simulation,
        }
        .run()
    }
}
