//! The kinds of the group `tenure.dev`, version `v1alpha1`: data, bounds and CEL rules, no behaviour that decides.
//!
//! A doc comment on a field is its `kubectl explain` text. Everything is bounded, integers are signed, a union is a
//! struct of optional members with a rule "exactly one" (so that a member this release does not know fails closed).

pub mod account;
pub mod approval;
pub mod conditions;
pub mod custom_task_extension;
mod definition;
pub mod directory;
pub mod directory_snapshot;
pub mod extension_call;
pub mod form;
pub mod group;
pub mod hold;
pub mod meta;
pub mod occurrence_ledger;
mod packed;
mod processing;
pub mod reasons;
pub mod run;
pub mod run_slice;
pub mod sentence;
pub mod task;
pub mod tenant_key;
pub mod tenant_ledger;
pub mod tenant_schedule;
pub mod user;
pub mod workflow;
pub mod workflow_version;

pub use account::{Account, AccountSpec};
pub use approval::{Approval, ApprovalSpec};
pub use conditions::{Condition, ConditionStatus};
pub use custom_task_extension::{CustomTaskExtension, CustomTaskExtensionSpec};
pub use directory::{Directory, DirectorySpec};
pub use directory_snapshot::{AttributeMark, DirectorySnapshot, DirectorySnapshotData, Sighting, SnapshotRow};
pub use extension_call::{ExtensionCall, ExtensionCallData};
pub use group::{Group, GroupSpec};
pub use hold::{Hold, HoldSpec};
pub use occurrence_ledger::{Closing, EntryState, LedgerEntry, OccurrenceLedger, OccurrenceLedgerData};
pub use packed::PackedError;
pub use processing::ProcessingStatus;
pub use run::{Run, RunSpec, RunStatus};
pub use run_slice::{RunSlice, RunSliceData, SubjectResult, TaskResult};
pub use task::{Action, Task};
pub use tenant_key::{TenantKey, TenantKeyData};
pub use tenant_ledger::{TenantLedger, TenantLedgerData};
pub use tenant_schedule::{TenantSchedule, TenantScheduleSpec};
pub use user::{User, UserSpec};
pub use workflow::{Category, EffectClass, Workflow, WorkflowSpec};
pub use workflow_version::{VersionedSpec, WorkflowVersion};

pub use definition::{DATE_TIME, crds};
