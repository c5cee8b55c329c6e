//! Group, version, labels and annotations.

/// The API group of every kind.
pub const GROUP: &str = "tenure.dev";
/// The API version of every kind.
pub const VERSION: &str = "v1alpha1";

/// Label on slices, Jobs and pods: the Run that they belong to.
pub const LABEL_RUN: &str = "tenure.dev/run";
/// Label on versions, Runs and slices: the Workflow's name.
pub const LABEL_WORKFLOW: &str = "tenure.dev/workflow";
/// Label on Runs, slices and Jobs that an evaluation made: its epoch.
pub const LABEL_EPOCH: &str = "tenure.dev/epoch";
/// Label on the Jobs that execute a Run: which attempt they are.
pub const LABEL_ATTEMPT: &str = "tenure.dev/attempt";
/// Label on evaluation Jobs.
pub const LABEL_EVALUATION: &str = "tenure.dev/evaluation";
/// Label on every object that the programs make.
pub const LABEL_MANAGED_BY: &str = "app.kubernetes.io/managed-by";
/// Value of [`LABEL_MANAGED_BY`].
pub const MANAGED_BY: &str = "tenure";

/// Annotation on Runs and slices that an evaluation made: its process. What has the name of something that is to be made counts
/// as made only if the same process made it.
pub const ANNOTATION_WRITER: &str = "tenure.dev/writer";
/// Annotation on a Workflow: the Git commit that it was applied from; copied to its versions.
pub const ANNOTATION_GIT_COMMIT: &str = "tenure.dev/git-commit";
/// Annotation on a TenantSchedule: a new value asks for an evaluation at once: it waits for one that is under
/// way, until 5 s after one has begun, and not for the rest that a change of a record leaves the tenant.
pub const ANNOTATION_EVALUATE_NOW: &str = "tenure.dev/evaluate-now";
/// Annotation on an Account under a reused name: whose it is now, `keep` or `release`, and the value of the record that the
/// answer is about, which may be left out. The next evaluation obeys it and takes it away.
pub const ANNOTATION_IDENTITY: &str = "tenure.dev/identity";
/// Annotation on a CustomResourceDefinition: the hash of what it admits, by which programs and definitions of different
/// releases are told apart.
pub const ANNOTATION_SCHEMA_HASH: &str = "tenure.dev/schema-hash";

/// Name of the one TenantSchedule and the one TenantLedger of a tenant.
pub const DEFAULT_NAME: &str = "default";
