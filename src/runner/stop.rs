//! That a process is asked to end: what is under way is finished and written, what was claimed beside it is given back, and nothing
//! more is begun.

use std::pin::pin;
use std::sync::Arc;

use futures::future::{Either, select};
use tokio::sync::watch;

use super::RunnerError;

/// Whether the process is asked to end, for all who work in it.
#[derive(Clone, Debug)]
pub struct Stop(Arc<watch::Sender<bool>>);

impl Default for Stop {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(false)))
    }
}

impl Stop {
    /// Asks the process to end.
    pub fn ask(&self) {
        self.0.send_replace(true);
    }

    /// An error if the process is asked to end: for where nothing is under way.
    ///
    /// # Errors
    /// [`RunnerError::Asked`].
    pub fn check(&self) -> Result<(), RunnerError> {
        if self.is_asked() { Err(RunnerError::Asked) } else { Ok(()) }
    }

    /// Whether the process is asked to end.
    #[must_use]
    pub fn is_asked(&self) -> bool {
        *self.0.borrow()
    }

    /// What the work gives, if it ends before the process is asked to: for work that may be cut off anywhere.
    ///
    /// # Errors
    /// [`RunnerError::Asked`], or that of the work.
    pub async fn cuts<T>(&self, work: impl Future<Output = Result<T, RunnerError>>) -> Result<T, RunnerError> {
        let mut seen = self.0.subscribe();
        let asked = async {
            // The sender lives as long as this.
            drop(seen.wait_for(|asked| *asked).await);
        };
        match select(pin!(work), pin!(asked)).await {
            Either::Left((done, _)) => done,
            Either::Right(((), _)) => Err(RunnerError::Asked),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use futures::FutureExt as _;

    use super::*;

    #[test]
    fn what_is_cut_off() {
        let stop = Stop::default();
        assert!(stop.check().is_ok());
        assert!(stop.cuts(ready(Ok(1))).now_or_never().is_some_and(|done| done.is_ok_and(|done| done == 1)));
        assert!(stop.cuts(pending::<Result<(), RunnerError>>()).now_or_never().is_none(), "nobody has asked");
        let other = stop.clone();
        other.ask();
        assert!(stop.is_asked() && matches!(stop.check(), Err(RunnerError::Asked)));
        let cut = stop.cuts(pending::<Result<(), RunnerError>>()).now_or_never();
        assert!(matches!(cut, Some(Err(RunnerError::Asked))), "it is cut off");
        assert!(stop.cuts(ready(Ok(1))).now_or_never().is_some_and(|done| done.is_ok()), "what has ended has ended");
    }
}
