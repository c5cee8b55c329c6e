//! `tenure probe`.

use std::time::Duration;

use clap::Args;
use http::{Request, Uri};
use kube::{Client, Config};

use super::output::{BAD_INPUT, FINE, NOT_FINE, complain, print};
use super::runtime::block_on;

/// Longest wait for one good answer. A Service reaches its pods some seconds after they are ready.
const PATIENCE: Duration = Duration::from_secs(20);
/// Pause between tries.
const PAUSE: Duration = Duration::from_millis(500);

/// Asks for pages by HTTP, and says whether each answers well; what `helm test` runs.
///
/// The image has no shell and no other program.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n\n    tenure probe http://tenure.tenure-system:8080/readyz http://tenure.tenure-system:8080/metrics")]
pub(super) struct ProbeArgs {
    /// Where to ask; `http` only.
    #[arg(value_name = "URL", required = true)]
    urls: Vec<Uri>,
}

pub(super) fn run(args: &ProbeArgs) -> u8 {
    if let Some(url) = args.urls.iter().find(|url| url.scheme_str() != Some("http") || url.host().is_none()) {
        complain(&format!("{url}: not an address that begins with http://"));
        return BAD_INPUT;
    }
    block_on(async {
        let mut code = FINE;
        for url in &args.urls {
            match ask(url).await {
                Ok(()) => code = code.max(print(&format!("{url}: fine\n"))),
                Err(why) => {
                    complain(&format!("{url}: {why}"));
                    code = NOT_FINE;
                }
            }
        }
        code
    })
}

/// One request; what is wrong with its answer.
async fn ask(url: &Uri) -> Result<(), String> {
    // The client puts the path behind the address by itself.
    let address =
        Uri::builder().scheme("http").authority(url.authority().map_or("", http::uri::Authority::as_str)).path_and_query("/").build();
    let mut config = Config::new(address.map_err(|error| error.to_string())?);
    config.connect_timeout = Some(PATIENCE);
    config.read_timeout = Some(PATIENCE);
    config.default_retry = false;
    // Nothing here is encrypted; without this the client looks for authorities on the disk, and the image has none.
    config.root_cert = Some(Vec::new());
    let client = Client::try_from(config).map_err(|error| error.to_string())?;
    let path = url.path_and_query().map_or("/", |path| path.as_str());
    let mut last = "no answer".to_owned();
    let good = async {
        loop {
            let request = Request::get(path).body(Vec::new()).map_err(|error| error.to_string())?;
            last = match client.request_text(request).await {
                Ok(_) => return Ok(()),
                Err(kube::Error::Api(status)) => format!("{}: {}", status.code, status.message),
                Err(error) => with_causes(&error),
            };
            tokio::time::sleep(PAUSE).await;
        }
    };
    match tokio::time::timeout(PATIENCE, good).await {
        Ok(answer) => answer,
        Err(_) => Err(format!("{last} (for {} s)", PATIENCE.as_secs())),
    }
}

/// The error and what it came from.
fn with_causes(error: &dyn std::error::Error) -> String {
    std::iter::successors(Some(error), |error| error.source()).map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
