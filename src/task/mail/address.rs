//! Addresses, with the names beside them.

use lettre::Address;
use lettre::message::Mailbox;

use crate::task::values::clean;

/// Longest name beside an address, in characters.
const NAME: usize = 200;

/// A mailbox with a clean name, or without one.
pub(super) fn mailbox(name: Option<&str>, address: Address) -> Mailbox {
    // Marks of direction set a text apart in a sentence; here it stands alone.
    let name: String = clean(name.unwrap_or_default()).chars().filter(|c| !matches!(c, '\u{2068}' | '\u{2069}')).take(NAME).collect();
    Mailbox::new(Some(name.trim().to_owned()).filter(|name| !name.is_empty()), address)
}

/// An address of letters, digits and the signs that need no quotes. Others would need an extension of the mail server,
/// or quotes that not every program reads alike.
pub(super) fn address(text: &str) -> Option<Address> {
    let (local, domain) = text.rsplit_once('@')?;
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c);
    let is_host = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
    if local.len() > 64 || domain.len() > 253 || !local.chars().all(is_plain) || !domain.chars().all(is_host) {
        return None;
    }
    Address::new(local, domain).ok()
}

#[cfg(test)]
mod tests {
    use super::{address, mailbox};

    #[test]
    fn addresses_are_plain() {
        for good in ["a@b.example", "o'neill+x@b-c.example", "a.b@c"] {
            assert!(address(good).is_some(), "{good}");
        }
        let bad = [
            "",
            "a",
            "a@",
            "@b",
            "a b@c",
            "a@b@c",
            "a@b.example>",
            "a@b\r\nBcc: x@y",
            "ä@b.example",
            "a@bücher.example",
            "\"a b\"@c",
            "a,b@c",
            "a@[127.0.0.1]",
        ];
        for bad in bad {
            assert!(address(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn a_name_of_nothing_but_marks_is_none() {
        assert_eq!(mailbox(Some(" \u{202e} "), address("a@b").unwrap()).name, None);
    }
}
