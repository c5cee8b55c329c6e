//! Bytes as text in hexadecimal.

/// Bytes in hexadecimal, lower case.
#[must_use]
pub fn encode(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.push(char::from(DIGITS[usize::from(byte >> 4)]));
        text.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    text
}

/// The bytes of a text in hexadecimal; None: it is none.
#[must_use]
pub fn decode(text: &str) -> Option<Vec<u8>> {
    // What reads numbers takes a sign as well.
    if !text.len().is_multiple_of(2) || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    (0..text.len()).step_by(2).map(|index| u8::from_str_radix(&text[index..index + 2], 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_read_back() {
        for (bytes, text) in [(&[][..], ""), (&[0, 0x0f, 0xa0, 0xff], "000fa0ff")] {
            assert_eq!((encode(bytes).as_str(), decode(text).as_deref()), (text, Some(bytes)));
        }
        assert_eq!(decode("A0"), Some(vec![0xa0]));
        for text in ["0", "zz", "0x", "+a", "äa", "é"] {
            assert_eq!(decode(text), None, "{text}");
        }
    }
}
