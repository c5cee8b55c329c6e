//! Temporary access passes.

use secrecy::SecretString;

/// Letters and digits without those that look alike: no I, O, 0 and 1. They are 32, so that five bits of a random byte
/// choose one and none is likelier than another.
const ALPHABET: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

/// Characters of a pass: 12 times five bits. Lifecycle Workflows asks for at least 8.
pub(super) const LENGTH: usize = 12;

/// A pass out of random bytes; of the same bytes the same pass.
pub(super) fn pass(random: &[u8; 32]) -> SecretString {
    random[..LENGTH].iter().map(|byte| char::from(ALPHABET[usize::from(byte & 31)])).collect::<String>().into()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use secrecy::ExposeSecret as _;

    use super::{ALPHABET, LENGTH, pass};

    #[test]
    fn every_character_is_as_likely_as_every_other() {
        let mut counts = BTreeMap::new();
        for byte in 0..=255 {
            let pass = pass(&[byte; 32]);
            assert_eq!(pass.expose_secret().len(), LENGTH);
            *counts.entry(pass.expose_secret().chars().next()).or_insert(0) += 1;
        }
        assert_eq!(counts.len(), ALPHABET.len());
        assert!(counts.values().all(|count| *count == 256 / 32));
    }

    #[test]
    fn a_pass_is_not_shown() {
        let pass = pass(&[7; 32]);
        assert!(!format!("{pass:?}").contains(pass.expose_secret()));
    }
}
