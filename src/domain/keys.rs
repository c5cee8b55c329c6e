//! Keyed identities: who a subject is and which occurrence it is, without personal data (design 3.1 rule 3).

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::api::TenantLedgerData;

use super::hex::{decode, encode};
use super::identity::{self, Identity, Parts};

/// Bytes of a subject's or an occurrence's id.
const ID_BYTES: usize = 16;
/// Bytes of the digest of an attribute's value.
const DIGEST_BYTES: usize = 8;

/// The tenant's key.
#[derive(Clone)]
pub struct Keyring {
    mac: Hmac<Sha256>,
}

impl Keyring {
    /// The key of a head, as it is stored beside it.
    ///
    /// # Errors
    /// It is none, missing or another one than the head's, or what was written under it cannot be read here.
    pub fn of(head: &TenantLedgerData, stored: Option<&str>) -> Result<Self, KeyError> {
        if !identity::is_known(head.key_version) {
            return Err(KeyError::Version(head.key_version));
        }
        match (&head.key, &head.key_fingerprint, stored) {
            // A head of an earlier release has it itself.
            (Some(own), _, stored) if stored.is_none_or(|stored| stored == own) => Self::from_hex(own),
            (None, Some(known), Some(stored)) if *known == fingerprint(stored) => Self::from_hex(stored),
            (None, _, None) => Err(KeyError::Missing),
            _ => Err(KeyError::Another),
        }
    }

    /// The key as it is stored, in hexadecimal.
    ///
    /// # Errors
    /// The text is no hexadecimal number of 32 bytes.
    pub fn from_hex(key: &str) -> Result<Self, KeyError> {
        let bytes = decode(key).filter(|bytes| bytes.len() == 32).ok_or(KeyError::Spoilt)?;
        let mac = Hmac::new_from_slice(&bytes).map_err(|_| KeyError::Spoilt)?;
        Ok(Self { mac })
    }

    fn hash(&self, identity: &impl Identity, bytes: usize) -> String {
        let mut mac = self.mac.clone();
        mac.update(Parts::of(identity).bytes());
        encode(&mac.finalize().into_bytes()[..bytes])
    }

    /// The subject's id: directory and stable id (embedded: the User's name).
    #[must_use]
    pub fn subject(&self, directory: &str, stable_id: &str) -> String {
        self.hash(&Keyed::Subject { directory, stable_id }, ID_BYTES)
    }

    /// The person whom directories know by that correlation value.
    #[must_use]
    pub fn person(&self, correlation: &str) -> String {
        self.hash(&Keyed::Person { correlation }, ID_BYTES)
    }

    /// Digest of a value of an attribute.
    #[must_use]
    pub fn digest(&self, attribute: &str, value: &str) -> String {
        self.hash(&Keyed::Value { attribute, value }, DIGEST_BYTES)
    }

    /// A time occurrence: not the offset, not the time of day, not the zone.
    #[must_use]
    pub fn time_occurrence(&self, lineage: &str, subject: &str, attribute: &str, canonical: &str) -> String {
        self.hash(&Keyed::Time { lineage, subject, attribute, canonical }, ID_BYTES)
    }

    /// A change of an attribute or a membership.
    #[must_use]
    pub fn change_occurrence(&self, lineage: &str, subject: &str, attribute: &str, sequence: i64, digest: &str) -> String {
        self.hash(&Keyed::Change { lineage, subject, attribute, sequence, digest }, ID_BYTES)
    }

    /// The leave date of a person: what joiner and mover work gives way to where no workflow closes the account.
    #[must_use]
    pub fn leave(&self, subject: &str, canonical: &str) -> String {
        self.hash(&Keyed::Leave { subject, canonical }, ID_BYTES)
    }

    /// A hire date that was taken back by a leave date.
    #[must_use]
    pub fn withdrawn(&self, subject: &str, hire: &str, leave: &str) -> String {
        self.hash(&Keyed::Withdrawn { subject, hire, leave }, ID_BYTES)
    }

    /// A subject of an on-demand Run; the subject "" stands for the Run itself.
    #[must_use]
    pub fn run_occurrence(&self, run: &str, spec_hash: &str, subject: &str) -> String {
        self.hash(&Keyed::Run { run, spec_hash, subject }, ID_BYTES)
    }
}

/// By what a head knows its key again, and nobody else learns anything of it.
#[must_use]
pub fn fingerprint(key: &str) -> String {
    identity::digest(&Keyed::Key { key }, ID_BYTES)
}

/// What stands under the tenant's key, and the key itself. Its first word keeps one kind apart from the others.
#[derive(Clone, Copy, Debug)]
enum Keyed<'a> {
    Subject { directory: &'a str, stable_id: &'a str },
    Person { correlation: &'a str },
    Value { attribute: &'a str, value: &'a str },
    Time { lineage: &'a str, subject: &'a str, attribute: &'a str, canonical: &'a str },
    Change { lineage: &'a str, subject: &'a str, attribute: &'a str, sequence: i64, digest: &'a str },
    Leave { subject: &'a str, canonical: &'a str },
    Withdrawn { subject: &'a str, hire: &'a str, leave: &'a str },
    Run { run: &'a str, spec_hash: &'a str, subject: &'a str },
    Key { key: &'a str },
}

impl Identity for Keyed<'_> {
    fn write(&self, to: &mut Parts) {
        match *self {
            Self::Subject { directory, stable_id } => to.text("subject").text(directory).text(stable_id),
            // Without the attribute and the directory: each may call it by another name.
            Self::Person { correlation } => to.text("person").text(correlation),
            Self::Value { attribute, value } => to.text("value").text(attribute).text(value),
            Self::Time { lineage, subject, attribute, canonical } => {
                to.text("time").text(lineage).text(subject).text(attribute).text(canonical)
            }
            Self::Change { lineage, subject, attribute, sequence, digest } => {
                to.text("change").text(lineage).text(subject).text(attribute).number(sequence).text(digest)
            }
            Self::Leave { subject, canonical } => to.text("leave").text(subject).text(canonical),
            Self::Withdrawn { subject, hire, leave } => to.text("withdrawn").text(subject).text(hire).text(leave),
            Self::Key { key } => to.text("key").text(key),
            Self::Run { run, spec_hash, subject } => to.text("run").text(run).text(spec_hash).text(subject),
        };
    }
}

/// Why a head's key cannot be used.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum KeyError {
    /// It is not 32 bytes in hexadecimal.
    #[error("the key of the tenant is not 32 bytes in hexadecimal")]
    Spoilt,
    /// It is not there.
    #[error("the TenantKey default is missing: restore it from the backup that the TenantLedger is of")]
    Missing,
    /// It is not the key that the head knows.
    #[error("the TenantKey default is another one than the TenantLedger knows: restore both from one backup")]
    Another,
    /// Another version of Tenure wrote keys of this version under it.
    #[error("the TenantLedger has keys of version {0}, which this version of Tenure cannot read")]
    Version(i32),
}

/// The key of a tenant, for tests of decisions.
#[cfg(test)]
pub(super) fn keys() -> Keyring {
    Keyring::from_hex(&"ab".repeat(32)).expect("a key")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_do_not_run_into_each_other() {
        let keys = keys();
        assert_ne!(keys.subject("a", "bc"), keys.subject("ab", "c"));
        assert_ne!(keys.time_occurrence("l", "s", "a", "v"), keys.change_occurrence("l", "s", "a", 0, "v"));
        assert_eq!(keys.subject("people", "ann").len(), 2 * ID_BYTES);
        assert_eq!(keys.digest("department", "Sales").len(), 2 * DIGEST_BYTES);
    }

    #[test]
    fn keys_of_another_version_are_refused() {
        let key = "ab".repeat(32);
        let head = |key_version| TenantLedgerData { key_fingerprint: Some(fingerprint(&key)), key_version, ..TenantLedgerData::default() };
        assert!(Keyring::of(&head(identity::VERSION), Some(&key)).is_ok());
        for other in [0, identity::VERSION + 1] {
            assert_eq!(Keyring::of(&head(other), Some(&key)).err(), Some(KeyError::Version(other)));
        }
    }

    #[test]
    fn only_the_key_that_the_head_knows_is_used() {
        let (key, other) = ("ab".repeat(32), "cd".repeat(32));
        let head = |own: Option<&str>, print: Option<String>| TenantLedgerData {
            key: own.map(str::to_owned),
            key_fingerprint: print,
            key_version: identity::VERSION,
            ..TenantLedgerData::default()
        };
        let known = || head(None, Some(fingerprint(&key)));
        let rows = [
            ("as it was made", known(), Some(&key), None),
            ("it is gone", known(), None, Some(KeyError::Missing)),
            ("another one", known(), Some(&other), Some(KeyError::Another)),
            ("of an earlier release", head(Some(&key), None), None, None),
            ("of an earlier release, and moved", head(Some(&key), None), Some(&key), None),
            ("of an earlier release, beside another one", head(Some(&key), None), Some(&other), Some(KeyError::Another)),
            ("a head that knows none", head(None, None), Some(&key), Some(KeyError::Another)),
        ];
        for (what, head, stored, expected) in rows {
            assert_eq!(Keyring::of(&head, stored.map(String::as_str)).err(), expected, "{what}");
        }
        assert!(!fingerprint(&key).contains("abab") && fingerprint(&key) != fingerprint(&other));
    }

    #[test]
    fn a_short_or_spoilt_key_is_refused() {
        assert!(Keyring::from_hex("abcd").is_err());
        assert!(Keyring::from_hex(&"zz".repeat(32)).is_err());
    }
}
