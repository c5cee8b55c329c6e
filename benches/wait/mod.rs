//! Waiting for what a control plane does.

use std::time::{Duration, Instant};

/// How often it is asked.
const PAUSE: Duration = Duration::from_millis(50);

/// Asks until the answer is yes.
///
/// # Errors
/// What the question comes to, or that it was not so within `patience`.
pub async fn until<F, Fut>(what: &str, patience: Duration, ask: F) -> Result<(), Box<dyn std::error::Error>>
where
    F: Fn() -> Fut,
    Fut: Future<Output = Result<bool, Box<dyn std::error::Error>>>,
{
    let began = Instant::now();
    while began.elapsed() < patience {
        if ask().await? {
            return Ok(());
        }
        tokio::time::sleep(PAUSE).await;
    }
    Err(format!("{what}: not after {} s", patience.as_secs()).into())
}
