//! Tenure: joiner-mover-leaver workflows as Kubernetes resources.

pub mod api;
