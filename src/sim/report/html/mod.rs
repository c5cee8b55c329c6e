//! The report as one page that needs nothing else: no network, no font, no script from elsewhere.
//!
//! The page carries its data as JSON. What is on it comes from records that anybody may have written: text is escaped
//! where this file writes it, the script only ever sets text, and the policy in the head lets nothing run or load but
//! the style and the script whose nonce it names. The nonce is the hash of everything on the page, which no text on the
//! page can contain.

mod data;

use std::fmt::Write;

use sha2::{Digest, Sha256};

use data::namespaces;

use super::days;
use super::summary::{Count, numbers};
use super::timeline::Entry;
use crate::sim::simulation::Finished;

const PAGE: &str = include_str!("page.html");
const STYLE: &str = include_str!("style.css");
const SCRIPTS: [&str; 4] = [include_str!("model.js"), include_str!("parts.js"), include_str!("views.js"), include_str!("main.js")];

/// The report of a simulation, as HTML.
#[must_use]
pub fn page(finished: &Finished) -> String {
    let data = embeddable(&data::of(finished).to_string());
    let script = SCRIPTS.concat();
    let overview = overview(finished);
    let nonce = nonce(&[&overview, &data, &script]);
    let title = escape(&title(finished));
    let mut out = String::with_capacity(PAGE.len() + STYLE.len() + script.len() + overview.len() + data.len());
    for (index, piece) in PAGE.split("{{").enumerate() {
        let Some((slot, rest)) = piece.split_once("}}").filter(|_| index > 0) else {
            out.push_str(piece);
            continue;
        };
        out.push_str(match slot {
            "nonce" => &nonce,
            "title" => &title,
            "style" => STYLE,
            "overview" => &overview,
            "data" => &data,
            "script" => &script,
            _ => "",
        });
        out.push_str(rest);
    }
    out
}

fn nonce(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.as_bytes());
    }
    hash.finalize().iter().fold(String::new(), |mut text, byte| {
        // Writing to a text cannot fail, here and below.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn title(finished: &Finished) -> String {
    let names: Vec<&str> = namespaces(finished).into_iter().collect();
    let period = finished.period;
    format!(
        "{}, {} to {}",
        names.join(", "),
        period.from.with_timezone(&finished.zone).format("%-d %B %Y"),
        period.until.with_timezone(&finished.zone).format("%-d %B %Y")
    )
}

/// What can be read without a script: what went wrong, and the numbers.
fn overview(finished: &Finished) -> String {
    let mut out = String::new();
    match finished.problems.len() {
        0 => out.push_str("<p class=\"verdict good\">No problems.</p>\n"),
        1 => out.push_str("<p class=\"verdict bad\">1 problem</p>\n"),
        many => {
            let _ = writeln!(out, "<p class=\"verdict bad\">{many} problems</p>");
        }
    }
    if !finished.problems.is_empty() {
        out.push_str("<ul class=\"problems\">\n");
        for problem in &finished.problems {
            let _ = writeln!(out, "<li>{}</li>", escape(problem));
        }
        out.push_str("</ul>\n");
    }
    if finished.zone != chrono_tz::UTC {
        let _ = writeln!(out, "<p>All times are those of {}.</p>", escape(finished.zone.name()));
    }
    for namespace in namespaces(finished) {
        let entries: Vec<&Entry> = finished.timeline.entries.iter().filter(|entry| entry.namespace == namespace).collect();
        let _ = writeln!(out, "<section class=\"numbers\" data-tenant=\"{0}\"><h2>Tenant {0}</h2><dl>", escape(namespace));
        for Count { what, number, is_bad } in numbers(finished, namespace, &entries) {
            let alarm = if is_bad && number > 0 { " class=\"bad\"" } else { "" };
            let _ = writeln!(out, "<div{alarm}><dt>{what}</dt><dd>{number}</dd></div>");
        }
        out.push_str("</dl>\n");
        unreadable(finished, namespace, &mut out);
        out.push_str("</section>\n");
    }
    out
}

/// Values that cannot be read at the end.
fn unreadable(finished: &Finished, namespace: &str, out: &mut String) {
    for (title, values) in days::odd_values(&finished.timeline, namespace) {
        let _ = writeln!(out, "<h3>{title}</h3>\n<ul class=\"problems\">");
        for value in &values {
            let _ = writeln!(out, "<li>{}</li>", escape(value));
        }
        out.push_str("</ul>\n");
    }
}

/// Text as it may stand in HTML, also within an attribute in quotes.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

/// JSON as it may stand in a script element: nothing in it can end the element or begin a comment.
fn embeddable(json: &str) -> String {
    json.replace('<', "\\u003c")
}

#[cfg(test)]
mod tests {
    use super::{embeddable, escape};

    #[test]
    fn no_text_becomes_a_tag() {
        assert_eq!(escape("<b a=\"x\" b='y'>&"), "&lt;b a=&quot;x&quot; b=&#39;y&#39;&gt;&amp;");
        assert_eq!(embeddable("{\"a\":\"</script><!--\"}"), "{\"a\":\"\\u003c/script>\\u003c!--\"}");
    }
}
