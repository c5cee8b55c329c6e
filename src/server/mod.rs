//! What a running program says about itself over HTTP: whether it lives, whether it is ready, and its metrics.

pub mod metrics;

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use thiserror::Error;

pub use metrics::Metrics;

/// What is asked of the program.
pub trait Health: Send + Sync {
    /// Why it should be started again, if it should. Says nothing about the API server.
    fn dead(&self) -> Option<String>;
    /// Why it is not ready, if it is not.
    fn unready(&self) -> Option<String>;
    /// Brings the metrics up to date that are known only when they are asked for.
    fn refresh(&self);
}

/// Why nothing can be said over HTTP.
#[derive(Debug, Error)]
pub enum ServerError {
    /// The address is taken or not ours.
    #[error("{address}: {error}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        error: std::io::Error,
    },
    /// The server ended.
    #[error("the health server ended: {0}")]
    Ended(std::io::Error),
}

#[derive(Clone)]
struct Answers {
    health: Arc<dyn Health>,
    metrics: Arc<Metrics>,
}

/// Serves `/healthz`, `/readyz` and `/metrics`. It does not end by itself.
///
/// # Errors
/// [`ServerError`].
pub async fn serve(address: SocketAddr, health: Arc<dyn Health>, metrics: Arc<Metrics>) -> Result<(), ServerError> {
    let listener = tokio::net::TcpListener::bind(address).await.map_err(|error| ServerError::Listen { address, error })?;
    let address = listener.local_addr().unwrap_or(address);
    tracing::info!(%address, "health and metrics are served");
    axum::serve(listener, routes(health, metrics)).await.map_err(ServerError::Ended)
}

fn routes(health: Arc<dyn Health>, metrics: Arc<Metrics>) -> Router {
    Router::new()
        .route("/healthz", get(async |State(answers): State<Answers>| verdict(answers.health.dead())))
        .route("/readyz", get(async |State(answers): State<Answers>| verdict(answers.health.unready())))
        .route("/metrics", get(async |State(answers): State<Answers>| scrape(&answers)))
        .with_state(Answers { health, metrics })
}

fn verdict(complaint: Option<String>) -> (StatusCode, String) {
    match complaint {
        None => (StatusCode::OK, "ok\n".to_owned()),
        Some(complaint) => (StatusCode::SERVICE_UNAVAILABLE, complaint + "\n"),
    }
}

fn scrape(answers: &Answers) -> impl IntoResponse + use<> {
    answers.health.refresh();
    let kind = [(header::CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")];
    match answers.metrics.text() {
        Ok(text) => (StatusCode::OK, kind, text),
        // Writing to a String cannot fail; a metric that cannot be written is a mistake of this program.
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, kind, error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};

    use super::*;

    struct Patient {
        dead: bool,
        unready: bool,
        metrics: Arc<Metrics>,
    }

    impl Health for Patient {
        fn dead(&self) -> Option<String> {
            self.dead.then(|| "the loop stands still".to_owned())
        }
        fn unready(&self) -> Option<String> {
            self.unready.then(|| "not everything was listed".to_owned())
        }
        fn refresh(&self) {
            self.metrics.set_leader(true);
        }
    }

    async fn ask(health: Patient, path: &str) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let metrics = Arc::clone(&health.metrics);
        let server = tokio::spawn(async move { axum::serve(listener, routes(Arc::new(health), metrics)).await });
        let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
        let ask = move || {
            let mut connection = std::net::TcpStream::connect(address).unwrap();
            connection.write_all(request.as_bytes()).unwrap();
            let mut answer = String::new();
            connection.read_to_string(&mut answer).unwrap();
            answer
        };
        let answer = tokio::task::spawn_blocking(ask).await.unwrap();
        server.abort();
        answer
    }

    #[tokio::test]
    async fn answers() {
        let patient = |dead, unready| Patient { dead, unready, metrics: Arc::new(Metrics::new()) };
        let rows = [
            (patient(false, true), "/healthz", "200", "ok"),
            (patient(true, false), "/healthz", "503", "the loop stands still"),
            (patient(true, false), "/readyz", "200", "ok"),
            (patient(false, true), "/readyz", "503", "not everything was listed"),
            (patient(false, false), "/metrics", "200", "tenure_leader 1"),
            (patient(false, false), "/other", "404", ""),
        ];
        for (health, path, code, text) in rows {
            let answer = ask(health, path).await;
            assert!(answer.starts_with(&format!("HTTP/1.1 {code}")) && answer.contains(text), "{path}: {answer}");
        }
    }
}
