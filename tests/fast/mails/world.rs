//! A tenant in which a Workflow sends one mail to one person, as often as a test likes.

use serde_json::{Value, json};
use tenure::sim::load::parse;
use tenure::sim::{Finished, Options, SentMail, Simulation};
use tenure::task::post::PASS_NOTICE;

/// The namespace of everything.
pub const NS: &str = "acme";

/// A tenant that is being described.
pub struct World {
    documents: Vec<Value>,
}

impl World {
    /// A directory, a schedule, and the managers Lena, Max (who is disabled), Ulf (without an address) and Eva (deleted).
    pub fn new() -> Self {
        let mut world = Self { documents: Vec::new() };
        world.add("Directory", "people", &json!({"embedded": {}}));
        let mail = json!({"from": "people@acme.example", "fromName": "Acme People"});
        world.add("TenantSchedule", "default", &json!({"interval": "24h", "directory": "people", "mail": mail}));
        world.add("User", "lena", &json!({"displayName": "Lena Novak", "mail": "lena@acme.example"}));
        world.add("User", "max", &json!({"displayName": "Max", "mail": "max@acme.example", "initialAccount": {"accountEnabled": false}}));
        world.add("User", "ulf", &json!({"displayName": "Ulf"}));
        world.add("User", "eva", &json!({"displayName": "Eva", "mail": "eva@acme.example"}));
        let deleted = json!({"accountEnabled": false, "memberOf": [], "deletedAt": "2026-01-01T00:00:00Z"});
        world.add_at("2026-02-04T06:30:00Z", "Account", "eva", &deleted);
        world
    }

    /// An object that is there from the start.
    pub fn add(&mut self, kind: &str, name: &str, spec: &Value) {
        self.add_at("2026-02-04T06:00:00Z", kind, name, spec);
    }

    /// An object that is applied at an instant: a tenant whose first evaluation finds Accounts already is no new one.
    fn add_at(&mut self, at: &str, kind: &str, name: &str, spec: &Value) {
        let metadata = json!({"name": name, "namespace": NS, "annotations": {"tenure.dev/simulate-at": at}});
        self.documents.push(json!({"apiVersion": "tenure.dev/v1alpha1", "kind": kind, "metadata": metadata, "spec": spec}));
    }

    /// A User `name`, a Workflow `name` with one task `mail`, and a Run `name` of it for the User.
    pub fn mail(&mut self, name: &str, category: &str, task: &str, arguments: &Value, user: &Value) {
        self.add("User", name, user);
        self.add("Workflow", name, &json!({"category": category, "tasks": [{"name": "mail", task: arguments}]}));
        self.add_at(
            "2026-02-04T07:00:00Z",
            "Run",
            name,
            &json!({"source": {"workflow": {"name": name}}, "subjects": {"users": [name]}, "acknowledges": ["mail", "credential"]}),
        );
    }

    /// Plays three hours.
    pub fn play(self) -> Played {
        let text = self.documents.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n---\n");
        let documents = parse("mails.yaml", &text).unwrap_or_else(|problems| panic!("{problems:?}"));
        let at = |text: &str| text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
        let options = Options { from: Some(at("2026-02-04T06:00:00Z")), until: Some(at("2026-02-04T09:00:00Z")), ..Options::default() };
        let simulation = Simulation::new(documents, options).unwrap_or_else(|problems| panic!("{problems:?}"));
        Played(simulation.run())
    }
}

/// Whether it only tells somebody of a pass that was made for them.
pub fn is_notice(sent: &SentMail) -> bool {
    sent.mail.task == PASS_NOTICE
}

/// What became of it.
pub struct Played(pub Finished);

impl Played {
    /// The result of the task `mail` of the Run `name`: status, reason and message.
    pub fn task(&self, name: &str) -> [String; 3] {
        let slice = self.0.objects.iter().find(|object| object["kind"] == "RunSlice" && object["run"] == name);
        let result = slice.unwrap_or_else(|| panic!("{name} has no slice: {:?}", self.0.problems))["results"][0].clone();
        let task = &result["tasks"][0];
        ["processingStatus", "reason", "processingInfo"].map(|field| task[field].as_str().unwrap_or_default().to_owned())
    }

    /// The mails about the person `name`, but for the words to whom a pass is for.
    pub fn mails(&self, name: &str) -> Vec<&SentMail> {
        self.0.mails.iter().filter(|sent| sent.mail.subject == name && !is_notice(sent)).collect()
    }
}
