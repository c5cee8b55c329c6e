//! Three-valued logic.

use std::fmt;
use std::ops::Not;

/// What a rule says about a subject. Something is only ever done to a subject for which it is [`Truth::True`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Truth {
    /// The subject is in scope.
    True,
    /// The subject is not in scope.
    False,
    /// A value that decides could not be read, or cannot be compared with what the rule asks for.
    Unknown,
}

impl Truth {
    /// Whether something may be done: neither false nor unknown.
    #[must_use]
    pub fn is_true(self) -> bool {
        self == Self::True
    }

    /// Kleene's `and` over any number of terms; it stops at the first false one. No term at all is true.
    pub fn all(terms: impl IntoIterator<Item = Self>) -> Self {
        let mut result = Self::True;
        for term in terms {
            match term {
                Self::False => return Self::False,
                Self::Unknown => result = Self::Unknown,
                Self::True => {}
            }
        }
        result
    }

    /// Kleene's `or` over any number of terms; it stops at the first true one. No term at all is false.
    pub fn any(terms: impl IntoIterator<Item = Self>) -> Self {
        let mut result = Self::False;
        for term in terms {
            match term {
                Self::True => return Self::True,
                Self::Unknown => result = Self::Unknown,
                Self::False => {}
            }
        }
        result
    }
}

impl From<bool> for Truth {
    fn from(value: bool) -> Self {
        if value { Self::True } else { Self::False }
    }
}

impl Not for Truth {
    type Output = Self;

    fn not(self) -> Self {
        match self {
            Self::True => Self::False,
            Self::False => Self::True,
            Self::Unknown => Self::Unknown,
        }
    }
}

impl fmt::Display for Truth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::True => "true",
            Self::False => "false",
            Self::Unknown => "unknown",
        })
    }
}
