//! `tenure crds`.

use std::path::PathBuf;

use clap::Args;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;

use super::output::{FINE, NOT_FINE, complain, print};
use crate::api;
use crate::sim::yaml;

/// Prints the `CustomResourceDefinition`s of this release, or writes one file for each.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n\n    tenure crds | kubectl apply --server-side -f -\n    tenure crds --out crds")]
pub(super) struct CrdsArgs {
    /// A folder: each definition becomes the file `<plural>.yaml` in it.
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
}

pub(super) fn run(args: &CrdsArgs) -> u8 {
    match write(args) {
        Ok(()) => FINE,
        Err(message) => {
            complain(&message);
            NOT_FINE
        }
    }
}

fn write(args: &CrdsArgs) -> Result<(), String> {
    let Some(folder) = &args.out else {
        let documents = api::crds().iter().map(render).collect::<Result<Vec<_>, _>>()?;
        print(&documents.join("---\n"));
        return Ok(());
    };
    std::fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    for crd in api::crds() {
        let file = folder.join(format!("{}.yaml", crd.spec.names.plural));
        std::fs::write(&file, render(&crd)?).map_err(|error| format!("{}: {error}", file.display()))?;
    }
    Ok(())
}

fn render(crd: &CustomResourceDefinition) -> Result<String, String> {
    let value = serde_json::to_value(crd).map_err(|error| error.to_string());
    value.and_then(|value| yaml::write(&value)).map_err(|error| format!("{}: {error}", crd.spec.names.plural))
}
