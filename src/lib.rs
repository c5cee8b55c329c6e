//! Tenure: joiner-mover-leaver workflows as Kubernetes resources.
//!
//! The rooms, in the order in which they may import (each only those after it): `cli`, `sim`, then `reconcile` and
//! `runner`, then `task`, `directory`, `cluster`, `domain`, then `rule` and `catalog`, then `api`. `ARCHITECTURE.md` says
//! what each is for and where its invariants are tested.

pub mod api;
pub mod catalog;
pub mod cli;
pub mod cluster;
pub mod directory;
pub mod domain;
pub mod reconcile;
pub mod rule;
pub mod runner;
pub mod server;
pub mod sim;
pub mod task;
