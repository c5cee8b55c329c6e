//! What commands run on that ask others and wait for their answers.

use super::output::{NOT_FINE, complain};

/// Does the work on one thread, and says what the process ends with. Nothing that is left of it may keep the process from ending.
pub(super) fn block_on(work: impl Future<Output = u8>) -> u8 {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            complain(&format!("no runtime: {error}"));
            return NOT_FINE;
        }
    };
    let code = runtime.block_on(work);
    runtime.shutdown_background();
    code
}
