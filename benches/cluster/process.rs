//! The controller as a process of its own, and what the kernel says of processes.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::wait::until;
use crate::{Error, PATIENCE};

/// A controller that works in every namespace; it is killed when this is dropped.
pub struct Controller {
    child: Child,
    address: String,
}

impl Controller {
    /// Starts one and waits until it leads.
    pub async fn start(lease_namespace: &str) -> Result<Self, Error> {
        // Nobody else listens there until the controller does, unless somebody is very quick.
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string();
        let child = Command::new(env!("CARGO_BIN_EXE_tenure"))
            .args(["controller", "--image", "tenure:bench", "--listen", &address, "--lease-namespace", lease_namespace])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()?;
        let controller = Self { child, address };
        until("the controller leads", PATIENCE, async || Ok(controller.get("/metrics")?.contains("\ntenure_leader 1\n"))).await?;
        until("the controller is ready", PATIENCE, async || Ok(!controller.get("/readyz")?.is_empty())).await?;
        Ok(controller)
    }

    /// The body of an answer; empty if nobody answers, or not with 200.
    fn get(&self, path: &str) -> Result<String, Error> {
        let Ok(mut connection) = TcpStream::connect(&self.address) else { return Ok(String::new()) };
        connection.set_read_timeout(Some(Duration::from_secs(5)))?;
        connection.write_all(format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").as_bytes())?;
        let mut answer = String::new();
        connection.read_to_string(&mut answer)?;
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
        Ok(if head.starts_with("HTTP/1.1 200") { body.to_owned() } else { String::new() })
    }

    /// The sum over the lines of a metric that begin with `line`.
    pub fn metric(&self, line: &str) -> Result<f64, Error> {
        let text = self.get("/metrics")?;
        let values = text.lines().filter(|found| found.starts_with(line)).filter_map(|found| found.rsplit(' ').next()?.parse::<f64>().ok());
        Ok(values.sum())
    }

    /// Requests of a method to the API server so far.
    pub fn requests(&self, method: &str) -> Result<f64, Error> {
        self.metric(&format!("tenure_api_requests_total{{method=\"{method}\""))
    }

    /// What the kernel says of it.
    pub fn memory(&self) -> Result<Memory, Error> {
        memory(&format!("/proc/{}", self.child.id()))
    }

    /// Asks it to end, so that the next one gets the lease at once.
    pub async fn end(mut self) -> Result<(), Error> {
        Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status()?;
        while self.child.try_wait()?.is_none() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    }
}

impl Drop for Controller {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Memory and time of a process.
#[derive(Clone, Copy, Default)]
pub struct Memory {
    /// Resident now, in MB of 1,000,000 bytes.
    pub resident: f64,
    /// Resident at most so far, in MB.
    pub peak: f64,
    /// Processor time so far, in seconds.
    pub processor: f64,
}

fn memory(process: &str) -> Result<Memory, Error> {
    let status = fs::read_to_string(format!("{process}/status"))?;
    let megabytes = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        Some(line.split_whitespace().next()?.parse::<f64>().ok()? * 1_024.0 / 1_000_000.0)
    };
    let statistics = fs::read_to_string(format!("{process}/stat"))?;
    // After the name in parentheses come the state and 10 numbers, then the ticks of user and of kernel, 100 a second.
    let fields: Vec<&str> = statistics.rsplit(") ").next().unwrap_or_default().split(' ').collect();
    let ticks = fields.get(11..13).ok_or("/proc names the processor's time")?.iter().filter_map(|ticks| ticks.parse::<f64>().ok());
    Ok(Memory {
        resident: megabytes("VmRSS:").ok_or("/proc names the resident memory")?,
        peak: megabytes("VmHWM:").ok_or("/proc names the peak of memory")?,
        processor: ticks.sum::<f64>() / 100.0,
    })
}

/// A process of the control plane.
pub struct Neighbour(String);

impl Neighbour {
    /// The program that was started with this word among its arguments.
    pub fn find(program: &str, word: &str) -> Option<Self> {
        let is_it = |process: &Path| {
            let command = fs::read_to_string(process.join("cmdline")).unwrap_or_default();
            let mut words = command.split('\0');
            words.next().is_some_and(|found| found.ends_with(program)) && words.any(|found| found == word)
        };
        let mut processes = fs::read_dir("/proc").ok()?.filter_map(|entry| Some(entry.ok()?.path()));
        processes.find(|process| is_it(process)).and_then(|process| Some(Self(process.to_str()?.to_owned())))
    }

    /// What the kernel says of it.
    pub fn memory(&self) -> Result<Memory, Error> {
        memory(&self.0)
    }
}
