//! A length of time as a flag has it.

use std::fmt::{Display, Formatter, Result as Written};
use std::str::FromStr;
use std::time::Duration;

use crate::domain::dates::parse_duration;

/// A duration as our kinds have it, or seconds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Span(pub Duration);

impl FromStr for Span {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.strip_suffix('s').map(str::parse::<u32>) {
            Some(Ok(seconds @ 1..)) => Ok(Self(Duration::from_secs(seconds.into()))),
            Some(_) => Err("not a number of seconds above 0".to_owned()),
            None => parse_duration(text).map_err(|error| error.to_string()).map(|span| Self(span.to_std().unwrap_or_default())),
        }
    }
}

impl Display for Span {
    fn fmt(&self, f: &mut Formatter<'_>) -> Written {
        match self.0.as_secs() {
            seconds if seconds % 60 == 0 => write!(f, "{}m", seconds / 60),
            seconds => write!(f, "{seconds}s"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_is_what_is_read() {
        for (text, seconds) in [("2s", 2), ("90s", 90), ("5m", 300), ("60m", 3_600)] {
            let span = Span(Duration::from_secs(seconds));
            assert_eq!((text.parse(), span.to_string().as_str()), (Ok(span), text));
        }
        for (text, seconds) in [("60s", 60), ("1h", 3_600), ("2d", 172_800)] {
            assert_eq!(text.parse(), Ok(Span(Duration::from_secs(seconds))), "{text}");
        }
        for text in ["", "s", "0s", "-1s", "5", "1.5s"] {
            assert!(text.parse::<Span>().is_err(), "{text}");
        }
    }
}
