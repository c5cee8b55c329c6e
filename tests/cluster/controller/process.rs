//! Controllers as processes of their own.

use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::Error;

/// The program under test.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_tenure");

/// A controller; it is killed when this is dropped.
pub struct Controller {
    child: Child,
    address: String,
}

impl Controller {
    /// Starts one that competes for a lease of the namespace; the lease's times are short, the test waits for them.
    pub fn start(namespace: &str, lease: &str) -> Result<Self, Error> {
        // Nobody else listens there until the controller does, unless somebody is very quick.
        let address = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string();
        let child = Command::new(PROGRAM)
            .args(["controller", "--namespace", namespace, "--image", "tenure:test", "--listen", &address])
            .args(["--lease-namespace", namespace, "--lease-name", lease])
            .args(["--lease-duration", "5s", "--lease-renew-deadline", "3s", "--lease-retry", "1s"])
            .stdin(Stdio::null())
            .spawn()?;
        Ok(Self { child, address })
    }

    /// The first line's code and the body of an answer; code 0 while nobody answers.
    pub async fn get(&self, path: &str) -> (u16, String) {
        let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
        let address = self.address.clone();
        let ask = move || {
            let mut connection = std::net::TcpStream::connect(address)?;
            connection.set_read_timeout(Some(Duration::from_secs(5)))?;
            connection.write_all(request.as_bytes())?;
            let mut answer = String::new();
            connection.read_to_string(&mut answer)?;
            Ok::<_, std::io::Error>(answer)
        };
        let answer = tokio::task::spawn_blocking(ask).await.ok().and_then(Result::ok).unwrap_or_default();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
        let code = head.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0);
        (code, body.to_owned())
    }

    /// Whether it says that it leads.
    pub async fn leads(&self) -> bool {
        self.get("/metrics").await.1.contains("\ntenure_leader 1\n")
    }

    /// Ends it as a power cut would.
    pub fn kill(&mut self) -> Result<(), Error> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Asks it to end; its exit code.
    pub async fn terminate(&mut self) -> Result<Option<i32>, Error> {
        let asked = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status()?;
        assert!(asked.success(), "the signal was sent");
        let began = Instant::now();
        while began.elapsed() < Duration::from_secs(20) {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status.code());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Err("the controller does not end".into())
    }
}

impl Drop for Controller {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
