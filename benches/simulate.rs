//! How long the examples take, from reading their files to the report.

#![expect(clippy::expect_used, reason = "an example that cannot be played ends by panicking")]

use std::path::PathBuf;
use std::time::Instant;

use tenure::sim::{Options, Simulation, load, report};

/// The program's allocator, so that the figures are the program's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The examples, and how many seconds each may take.
const EXAMPLES: [(&str, f64); 2] = [("quickstart", 1.0), ("adventure-works", 10.0)];

/// Plays an example once: seconds, objects at the end, problems.
fn play(name: &str) -> (f64, usize, usize) {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("examples").join(name);
    let start = Instant::now();
    let documents = load::read(&[folder]).expect("an example that can be read");
    let finished = Simulation::new(documents, Options::default()).expect("an example without mistakes").run();
    let text = report::text(&finished);
    assert!(!text.is_empty(), "{name} has a report");
    (start.elapsed().as_secs_f64(), finished.objects.len(), finished.problems.len())
}

fn main() {
    for (name, goal) in EXAMPLES {
        let (seconds, objects, problems) = play(name);
        println!("{name:<16}{seconds:>8.2} s    goal {goal} s, ratio {:.2}    {objects} objects, {problems} problems", seconds / goal);
    }
}
