//! How much room a text takes in the store: results are bounded as the API server stores them.

/// Bytes of a character of a text in the store. The API server also escapes what means something in HTML.
fn character_bytes(character: char) -> usize {
    match character {
        '"' | '\\' | '\n' | '\r' | '\t' => 2,
        '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\0'..='\u{1f}' => 6,
        _ => character.len_utf8(),
    }
}

/// Bytes of a text in the store, without its quotes.
#[must_use]
pub fn text_bytes(text: &str) -> usize {
    text.chars().map(character_bytes).sum()
}

/// Bytes of a value in the store; a value that cannot be written has no end.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "a size, which identifies nothing")]
pub fn stored_bytes<T: serde::Serialize>(value: &T) -> usize {
    // Quotes and backslashes are escaped already.
    let bytes = |character| if matches!(character, '"' | '\\') { 1 } else { character_bytes(character) };
    serde_json::to_string(value).map_or(usize::MAX, |text| text.chars().map(bytes).sum())
}

/// As much of a text as fits into so many bytes of the store.
#[must_use]
pub fn cut(text: &str, room: usize) -> String {
    let mut taken = 0;
    text.chars()
        .take_while(|character| {
            taken += character_bytes(*character);
            taken <= room
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{cut, stored_bytes, text_bytes};

    #[test]
    fn a_text_is_cut_as_it_is_stored() {
        assert_eq!(cut("no answer", 100), "no answer");
        assert_eq!(cut("no answer", 2), "no");
        assert_eq!(cut("äöü", 5), "äö");
        assert_eq!(cut("<<<", 17), "<<");
        assert_eq!(cut("\"a\"", 4), "\"a");
        for text in ["plain", "\"quoted\" and \\", "<a&b>", "line\nline\u{1}", "日本語\u{2028}"] {
            assert_eq!(stored_bytes(&text), text_bytes(text) + 2, "{text:?}");
        }
    }
}
