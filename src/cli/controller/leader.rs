//! The lease, on a thread of its own: however long the controller computes, it is renewed. That a loop which never comes back keeps
//! it is the other danger: when the loop has not gone round for a while the lease is let go of, and nothing of this process
//! leaves any more.

use std::sync::Arc;
use std::thread::JoinHandle;

use tokio::sync::{oneshot, watch};

use crate::cluster::connect::Connection;
use crate::cluster::lease::{Answers, Elector, Leadership};
use crate::domain::timing::LeaseTimes;

/// Where the thread stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Stage {
    Waits,
    Leads,
    Lost,
}

/// Who wants which lease.
pub(super) struct Election {
    pub connection: Connection,
    /// Namespace and name of the lease.
    pub place: (String, String),
    pub identity: String,
    pub times: LeaseTimes,
    pub standing: Arc<Leadership>,
    /// Whether the loop of the controller goes round.
    pub answers: Answers,
}

/// The thread.
pub(super) struct Leader {
    stage: watch::Receiver<Stage>,
    end: oneshot::Sender<()>,
    thread: JoinHandle<()>,
}

impl Leader {
    /// Begins to want the lease.
    pub(super) fn start(election: Election) -> std::io::Result<Self> {
        let (tell, stage) = watch::channel(Stage::Waits);
        let (end, ended) = oneshot::channel();
        let thread = std::thread::Builder::new().name("lease".to_owned()).spawn(move || election.run(&tell, ended));
        Ok(Self { stage, end, thread: thread? })
    }

    /// Ends when the lease is held, or never will be.
    pub(super) async fn acquired(&mut self) {
        // An end of the thread is an end of the lease, of which the next call says so.
        drop(self.stage.wait_for(|stage| *stage != Stage::Waits).await);
    }

    /// Ends when the lease is lost.
    pub(super) async fn lost(&mut self) {
        drop(self.stage.wait_for(|stage| *stage == Stage::Lost).await);
    }

    /// Gives the lease back, if it is held. Call it when nothing acts on it any more.
    pub(super) async fn release(mut self) {
        // Who does not listen has ended.
        let _ = self.end.send(());
        while self.stage.changed().await.is_ok() {}
        if self.thread.join().is_err() {
            tracing::warn!("the thread of the lease broke off");
        }
    }
}

impl Election {
    fn run(self, tell: &watch::Sender<Stage>, ended: oneshot::Receiver<()>) {
        let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
            Ok(runtime) => runtime,
            Err(error) => return tracing::error!(%error, "no runtime for the lease"),
        };
        runtime.block_on(async {
            let client = match self.connection.requests() {
                Ok(client) => client,
                Err(error) => return tracing::error!(%error, "no client for the lease"),
            };
            let place = (self.place.0.as_str(), self.place.1.as_str());
            let mut elector = Elector::new(client, place, self.identity, self.times, &self.standing).while_it(self.answers);
            let work = async {
                elector.acquire().await;
                tell.send_replace(Stage::Leads);
                elector.keep().await;
                tell.send_replace(Stage::Lost);
            };
            tokio::select! {
                biased;
                // Also when who would ask is gone.
                _ = ended => {},
                () = work => return,
            }
            if self.standing.leads() {
                elector.release().await;
            }
        });
        // Nothing that is left of it may keep the process from ending.
        runtime.shutdown_background();
    }
}
