//! Aligned columns for people.

use std::fmt::Write as _;

/// How wide a line may be. Half of a large screen, and what fits between margins on paper across.
const WIDTH: usize = 120;
/// Between two columns.
const GAP: &str = "  ";
const BOLD: &str = "\x1b[1m";
const PLAIN: &str = "\x1b[0m";

/// Rows under a header. A column is as wide as its widest cell, and the last one is wrapped between words.
pub(super) struct Table<const N: usize> {
    pub(super) header: [&'static str; N],
    pub(super) rows: Vec<[String; N]>,
}

impl<const N: usize> Table<N> {
    /// The lines, the header in bold.
    pub(super) fn render(&self) -> String {
        let header = self.header.map(str::to_owned);
        let mut widths = [0; N];
        for row in self.rows.iter().chain([&header]) {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = cell.chars().count().max(*width);
            }
        }
        let mut text = String::new();
        let lines = line(&header, &widths);
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{BOLD}{lines}{PLAIN}");
        for row in &self.rows {
            let _ = writeln!(text, "{}", line(row, &widths));
        }
        text
    }
}

/// One row; its last cell may take several lines.
fn line<const N: usize>(row: &[String; N], widths: &[usize; N]) -> String {
    let Some((last, cells)) = row.split_last() else { return String::new() };
    let mut padded = String::new();
    for (cell, width) in cells.iter().zip(widths) {
        // Writing to a String cannot fail.
        let _ = write!(padded, "{cell:width$}{GAP}");
    }
    let indent = padded.chars().count();
    let lines = wrap(last, WIDTH.saturating_sub(indent));
    let separator = format!("\n{:indent$}", "");
    format!("{padded}{}", lines.join(&separator)).trim_end().to_owned()
}

/// Breaks a text between words. A word that is longer than the width stands alone.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let Some(line) = lines.last_mut() else { break };
        if line.is_empty() {
            line.push_str(word);
        } else if line.chars().count() + 1 + word.chars().count() <= width {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::{Table, wrap};

    #[test]
    fn columns_are_aligned_and_the_last_one_is_wrapped() {
        let words = vec!["word,"; 40].join(" ");
        let rows = vec![["a".to_owned(), words.clone()], ["longer".to_owned(), String::new()]];
        let text = Table { header: ["NAME", "WORDS"], rows }.render();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "\x1b[1mNAME    WORDS\x1b[0m");
        assert!(lines[1].starts_with("a       word,") && lines[2].starts_with("        word,"), "{text}");
        assert_eq!(lines.last(), Some(&"longer"));
        assert!(lines.iter().all(|line| line.len() <= 128), "{text}");
        assert_eq!(wrap("a bb ccc", 4), ["a bb", "ccc"]);
        assert_eq!(wrap("longword b", 4), ["longword", "b"]);
    }
}
