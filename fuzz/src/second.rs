//! The evaluator of the unit tests, which shares nothing with the real one.

#[path = "../../src/rule/tests/naive.rs"]
pub mod naive;
