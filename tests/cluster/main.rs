//! The programs as processes of their own on a real Kubernetes API server: `TENURE_REAL_API=1`, and the kubeconfig says
//! where. `tests/cluster/up` starts one.

mod controller;
mod definitions;
mod faults;
