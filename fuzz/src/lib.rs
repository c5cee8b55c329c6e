//! What is fuzzed, and what must hold.

#[path = "../../src/rule/mod.rs"]
pub mod rule;
pub mod rules;
pub mod second;

// The second evaluator asks its grandparent for these.
use rule::{Case, Comparison, Expr, Function, Literal, Operand, OwnedValue, Shift};
