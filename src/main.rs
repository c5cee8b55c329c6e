//! The program `tenure`.

use std::process::ExitCode;

/// Evaluations read thousands of small objects and drop them again: the system's allocator takes a fifth of their time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    tenure::cli::main()
}
