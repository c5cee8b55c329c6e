//! What needs neither a network nor a cluster: units of several modules, the program as a person meets it, tables, and
//! small simulations. With `TENURE_REAL_API=1` the tables of [`crds`] and [`conformance`] run on a real API server too.

mod architecture;
mod budget;
mod cli;
mod conformance;
mod crds;
mod explain;
mod foreign;
mod lease;
mod mails;
mod pages;
mod rbac;
mod readme;
mod report;
mod supervise;
mod tasks;
mod validate;
