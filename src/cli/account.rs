//! `tenure account`.

use std::sync::Arc;

use clap::{Args, Subcommand};
use kube::{Client, ResourceExt};
use thiserror::Error;

use super::output::{BAD_INPUT, NOT_FINE, complain, print};
use super::runtime::block_on;
use crate::api::meta::ANNOTATION_IDENTITY;
use crate::api::{Account, Directory, User};
use crate::cluster::connect::{ConnectError, Connection};
use crate::cluster::guard::Guard;
use crate::cluster::{Cluster, ClusterError, Replaced, Selector, SystemClock};
use crate::directory::embedded::Mapping;
use crate::domain::correlation::Answer;
use crate::domain::timing::Timing;

/// Says whose an Account is, where a name was given again.
///
/// An Account of the embedded directory remembers the first value that its User had in the Directory's correlation attribute
/// (employeeId, unless the Directory names another one). A User of the same name with another value may be another person:
/// until somebody says, nothing enables the account, gives it anything or deletes it, while whoever leaves still loses what
/// there is. The answer is an annotation on the Account; the next evaluation obeys it.
///
/// Exit code 0; 1 if the API server does not answer or refuses; 2 if there is nothing to say about that Account.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:

    tenure account keep ann --namespace acme        # Ann's number was corrected
    tenure account release jsmith --namespace acme  # John has left, and Jane Smith has his login name")]
pub(super) struct AccountArgs {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// The same person, whose value was corrected: the Account takes the record's value and stays as it is
    Keep(Whose),
    /// Another person: the Account begins anew from initialAccount, and what the other person had is gone; history stays
    Release(Whose),
}

#[derive(Args, Debug)]
struct Whose {
    /// Name of the Account, which is that of the User.
    #[arg(value_name = "NAME")]
    name: String,
    /// The tenant; default: the namespace of the kubeconfig's context.
    #[arg(long, short, value_name = "NAME")]
    namespace: Option<String>,
}

/// Why nothing was said.
#[derive(Debug, Error)]
enum AccountError {
    #[error(transparent)]
    Connect(#[from] ConnectError),
    #[error(transparent)]
    Request(#[from] ClusterError),
    #[error("there is no {kind} {name:?} in the namespace {namespace}")]
    Missing { kind: &'static str, name: String, namespace: String },
    #[error("there is nothing to say: no embedded Directory of the namespace {namespace} finds that record and account of {name:?} differ")]
    Settled { name: String, namespace: String },
}

impl AccountError {
    fn exit_code(&self) -> u8 {
        match self {
            Self::Connect(_) | Self::Request(_) => NOT_FINE,
            Self::Missing { .. } | Self::Settled { .. } => BAD_INPUT,
        }
    }
}

pub(super) fn run(args: &AccountArgs) -> u8 {
    let (answer, whose) = match &args.command {
        Command::Keep(whose) => (Answer::Keep, whose),
        Command::Release(whose) => (Answer::Release, whose),
    };
    block_on(async {
        match answered(whose, answer).await {
            Ok(attribute) => print(&promise(answer, &whose.name, &attribute)),
            Err(error) => {
                complain(&error.to_string());
                error.exit_code()
            }
        }
    })
}

async fn answered(whose: &Whose, answer: Answer) -> Result<String, AccountError> {
    let client = connect().await?;
    let namespace = whose.namespace.clone().unwrap_or_else(|| client.default_namespace().to_owned());
    say(&Cluster::new(client, &namespace, Arc::new(SystemClock)), &whose.name, answer).await
}

fn promise(answer: Answer, name: &str, attribute: &str) -> String {
    match answer {
        Answer::Keep => format!("{name}: the next evaluation keeps the account, with the {attribute} of the record\n"),
        Answer::Release => format!("{name}: the next evaluation begins the account anew, for the {attribute} of the record\n"),
    }
}

async fn connect() -> Result<Client, ConnectError> {
    let guard = Guard::new(Arc::new(SystemClock));
    Connection::infer(&guard, Timing::PRODUCTION).await?.requests()
}

/// Writes the answer beside the Account, if there is a question; the attribute that it is about.
async fn say(cluster: &Cluster, name: &str, answer: Answer) -> Result<String, AccountError> {
    let namespace = || cluster.namespace().to_owned();
    let missing = |kind: &'static str| AccountError::Missing { kind, name: name.to_owned(), namespace: namespace() };
    let settled = || AccountError::Settled { name: name.to_owned(), namespace: namespace() };
    loop {
        let mut account: Account = cluster.find(name).await?.ok_or_else(|| missing("Account"))?;
        let user: User = cluster.find(name).await?.ok_or_else(|| missing("User"))?;
        let directories: Vec<Directory> = cluster.list(&Selector::all()).await?;
        let embedded = directories.iter().filter(|directory| directory.spec.embedded.is_some());
        let mut mappings = embedded.map(|directory| Mapping::new(&directory.name_any(), &directory.spec, None));
        let mapping = mappings.find(|mapping| mapping.identity(&user, &account.spec).is_reused).ok_or_else(settled)?;
        let known = mapping.correlation(&user).ok_or_else(settled)?;
        account.annotations_mut().insert(ANNOTATION_IDENTITY.to_owned(), answer.text(known));
        match cluster.replace(&account).await? {
            Replaced::Done(_) => return Ok(mapping.correlation_attribute().to_owned()),
            // Somebody wrote in between: perhaps there is no question any more.
            Replaced::Conflict => {}
            Replaced::Gone => return Err(missing("Account")),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::cluster::clock::Clock;
    use crate::sim::api::MemoryApi;

    fn api() -> MemoryApi {
        let api = MemoryApi::tenure(Arc::new(|| SystemClock.now()));
        let put = |kind: &str, name: &str, spec: Value| {
            let object = json!({
                "apiVersion": "tenure.dev/v1alpha1", "kind": kind, "metadata": {"namespace": "a", "name": name}, "spec": spec,
            });
            api.put(&object).unwrap_or_else(|refusal| panic!("{kind} {name}: {}", refusal.message));
        };
        put("Directory", "people", json!({"embedded": {}}));
        for (name, id, remembered) in [("ann", "8", "7"), ("bob", "8", "8"), ("gone", "", "7")] {
            put("User", name, json!({"employeeId": id}));
            put("Account", name, json!({"correlation": {"employeeId": remembered}}));
        }
        put("Account", "alone", json!({}));
        api
    }

    fn answer(api: &MemoryApi, name: &str, answer: Answer) -> Result<String, u8> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let said = runtime.block_on(async { say(&Cluster::new(api.client("person"), "a", Arc::new(SystemClock)), name, answer).await });
        said.map_err(|error| error.exit_code())
    }

    #[test]
    fn an_answer_is_written_where_there_is_a_question() {
        let api = api();
        let note =
            |name: &str| api.get("Account", "a", name).map(|account| account["metadata"]["annotations"][ANNOTATION_IDENTITY].clone());
        assert_eq!(answer(&api, "ann", Answer::Release), Ok("employeeId".to_owned()));
        assert_eq!(note("ann"), Some(json!("release 8")));
        assert_eq!(answer(&api, "ann", Answer::Keep), Ok("employeeId".to_owned()));
        assert_eq!(note("ann"), Some(json!("keep 8")), "the last word counts");
        for name in ["bob", "gone", "alone", "nobody"] {
            assert_eq!(answer(&api, name, Answer::Keep), Err(BAD_INPUT), "{name}");
            assert!(note(name).is_none_or(|note| note.is_null()), "{name}");
        }
    }
}
