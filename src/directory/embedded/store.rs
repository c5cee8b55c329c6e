//! The Users, Groups and Accounts of a namespace, and how they are read.

use crate::api::DirectorySpec;
use crate::api::account::AccountSpec;
use crate::api::directory::ProtectedSubjects;
use crate::cluster::Cluster;
use crate::domain::keys::Keyring;

use super::mapping::Mapping;
use super::reading::Reading;

/// The Users, Groups and Accounts of one namespace.
pub struct Embedded {
    pub(super) cluster: Cluster,
    pub(super) keys: Keyring,
    pub(super) mapping: Mapping,
    pub(super) protected: ProtectedSubjects,
    /// Everybody, for all whose sponsorships are looked at.
    pub(super) reading: Reading,
}

impl Embedded {
    /// The embedded directory `name` of the cluster's namespace. `time_zone` is the tenant's.
    #[must_use]
    pub fn new(cluster: Cluster, keys: Keyring, name: &str, spec: &DirectorySpec, time_zone: Option<&str>) -> Self {
        let protected = spec.protected.clone().unwrap_or_default();
        Self { cluster, keys, mapping: Mapping::new(name, spec, time_zone), protected, reading: Reading::default() }
    }

    /// Whether the Directory protects the person.
    pub(super) fn is_protected_account(&self, name: &str, account: &AccountSpec) -> bool {
        self.protected.users.iter().any(|user| user == name) || account.member_of.iter().any(|group| self.protected.groups.contains(group))
    }
}
