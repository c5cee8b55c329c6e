//! Tenure: joiner-mover-leaver workflows as Kubernetes resources.

pub mod api;
pub mod catalog;
pub mod cluster;
pub mod domain;
pub mod rule;
