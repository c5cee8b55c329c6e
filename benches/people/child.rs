//! Tenure's programs as processes of their own, and what they used.

use std::fs;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::Error;

/// One process; it is killed when this is dropped.
pub struct Program {
    child: Child,
    used: Used,
}

/// What a process used until now.
#[derive(Clone, Copy, Default)]
pub struct Used {
    /// Resident memory at most, in MB of 1,000,000 bytes.
    pub peak: f64,
    /// Processor time, in seconds.
    pub processor: f64,
}

impl Program {
    fn start(arguments: &[&str]) -> Result<Self, Error> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tenure"));
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null());
        if std::env::var_os("TENURE_BENCH_LOG").is_none() {
            command.stderr(Stdio::null());
        }
        Ok(Self { child: command.spawn()?, used: Used::default() })
    }

    /// An evaluation.
    pub fn evaluate(namespace: &str) -> Result<Self, Error> {
        Self::start(&["evaluate", "--namespace", namespace])
    }

    /// The first attempt at a Run.
    pub fn execute(namespace: &str, run: &str) -> Result<Self, Error> {
        Self::start(&["execute", "--namespace", namespace, "--run", run, "--attempt", "1"])
    }

    /// A controller: it makes the version of a Workflow. No node runs its Jobs.
    pub fn controller(namespace: &str) -> Result<Self, Error> {
        Self::start(&["controller", "--image", "tenure:bench", "--listen", "127.0.0.1:0", "--lease-namespace", namespace])
    }

    /// Waits for its end; what it used.
    pub async fn end(mut self) -> Result<Used, Error> {
        loop {
            if let Some(status) = self.child.try_wait()? {
                return if status.success() { Ok(self.used) } else { Err(format!("a program ended with {status}").into()) };
            }
            self.look();
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Asks it to end, and waits.
    pub async fn stop(mut self) -> Result<(), Error> {
        Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status()?;
        while self.child.try_wait()?.is_none() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    }

    /// What the kernel says of it, as long as it is there.
    fn look(&mut self) {
        let process = format!("/proc/{}", self.child.id());
        let status = fs::read_to_string(format!("{process}/status")).unwrap_or_default();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.split_whitespace().next()?.parse::<f64>().ok());
        let statistics = fs::read_to_string(format!("{process}/stat")).unwrap_or_default();
        // After the name in parentheses come the state and 10 numbers, then the ticks of user and of kernel, 100 a second.
        let fields: Vec<&str> = statistics.rsplit(") ").next().unwrap_or_default().split(' ').collect();
        let ticks: f64 = fields.get(11..13).unwrap_or_default().iter().filter_map(|ticks| ticks.parse::<f64>().ok()).sum();
        if let Some(peak) = peak {
            self.used = Used { peak: peak * 1_024.0 / 1_000_000.0, processor: ticks / 100.0 };
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
