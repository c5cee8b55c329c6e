//! What a task can do to a person, and sets of it.

/// What a task can do to a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum EffectClass {
    /// Sends a mail.
    Mail,
    /// Gives or takes membership, licences or access packages.
    Access,
    /// Changes the account itself: enabled, attributes, sessions, sponsorship.
    Account,
    /// Makes something to sign in with.
    Credential,
    /// Cannot be brought back by another task.
    Destructive,
    /// Calls something outside of Tenure.
    Extension,
}

impl EffectClass {
    /// All classes, in the order in which they are shown.
    pub const ALL: [Self; 6] = [Self::Mail, Self::Access, Self::Account, Self::Credential, Self::Destructive, Self::Extension];

    /// The word in manifests.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Mail => "mail",
            Self::Access => "access",
            Self::Account => "account",
            Self::Credential => "credential",
            Self::Destructive => "destructive",
            Self::Extension => "extension",
        }
    }

    /// The class of this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.as_str() == word)
    }
}

impl std::fmt::Display for EffectClass {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A set of effect classes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct EffectClasses(u8);

impl EffectClasses {
    /// The set without a class.
    pub const EMPTY: Self = Self(0);

    const fn bit(class: EffectClass) -> u8 {
        1 << class as u8
    }

    /// Adds a class.
    pub const fn insert(&mut self, class: EffectClass) {
        self.0 |= Self::bit(class);
    }

    /// Whether the class is in the set.
    #[must_use]
    pub const fn contains(self, class: EffectClass) -> bool {
        self.0 & Self::bit(class) != 0
    }

    /// Whether the set has no class.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Number of classes in the set.
    #[must_use]
    pub const fn len(self) -> u32 {
        self.0.count_ones()
    }

    /// The classes of either set.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The classes that both sets have.
    #[must_use]
    pub const fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// The classes in the order of [`EffectClass::ALL`].
    pub fn iter(self) -> impl Iterator<Item = EffectClass> {
        EffectClass::ALL.into_iter().filter(move |class| self.contains(*class))
    }
}

impl FromIterator<EffectClass> for EffectClasses {
    fn from_iter<I: IntoIterator<Item = EffectClass>>(classes: I) -> Self {
        let mut set = Self::EMPTY;
        classes.into_iter().for_each(|class| set.insert(class));
        set
    }
}

impl std::fmt::Display for EffectClasses {
    /// Words separated by comma and space; nothing for the empty set.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let words: Vec<_> = self.iter().map(EffectClass::as_str).collect();
        f.write_str(&words.join(", "))
    }
}
