//! The attributes that a rule may name, and the kind of value each of them has.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use super::spelling::nearest;

/// What kind of values an attribute has. Rules are checked against it when they are parsed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// One text.
    Text,
    /// `true` or `false`.
    Boolean,
    /// One whole number.
    Integer,
    /// One instant.
    Date,
    /// Any number of texts, tested with `any`.
    TextCollection,
    /// Any number of records with these members, tested with `any`.
    Records(&'static [&'static str]),
    /// Not known before a subject is read. A test that does not fit the value found is unknown.
    Untyped,
}

/// The members of one entry of `assignedPlans` that rules can test.
const ASSIGNED_PLAN: &[&str] = &["capabilityStatus", "service", "servicePlanId"];

macro_rules! known_attributes {
    ($($variant:ident $path:literal $kind:expr;)*) => {
        /// An attribute that every directory can have. Its number is its place in [`Known::ALL`], so that a subject can
        /// keep its values in an array.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u16)]
        pub enum Known { $(#[doc = concat!("`", $path, "`.")] $variant,)* }

        impl Known {
            /// All of them, in the order of their numbers.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];
            const TABLE: &'static [(&'static str, Kind)] = &[$(($path, $kind),)*];

            /// The attribute of that name, which must match exactly. The last sign-in has its trigger's short name too.
            #[must_use]
            pub fn from_path(path: &str) -> Option<Self> {
                match path {
                    $($path => Some(Self::$variant),)*
                    "lastSuccessfulSignInDateTime" => Some(Self::LastSuccessfulSignInDateTime),
                    _ => None,
                }
            }
        }
    };
}

// The properties of Lifecycle Workflows' rule-based subject set (resource `ruleBasedSubjectSet`, 2025-10), then the dates
// that its triggers know.
known_attributes! {
    AccountEnabled "accountEnabled" Kind::Boolean;
    AssignedPlans "assignedPlans" Kind::Records(ASSIGNED_PLAN);
    City "city" Kind::Text;
    CompanyName "companyName" Kind::Text;
    Country "country" Kind::Text;
    Department "department" Kind::Text;
    DisplayName "displayName" Kind::Text;
    EmployeeId "employeeId" Kind::Text;
    EmployeeType "employeeType" Kind::Text;
    CostCenter "employeeOrgData/costCenter" Kind::Text;
    Division "employeeOrgData/division" Kind::Text;
    FaxNumber "faxNumber" Kind::Text;
    GivenName "givenName" Kind::Text;
    JobTitle "jobTitle" Kind::Text;
    Mail "mail" Kind::Text;
    MailNickname "mailNickname" Kind::Text;
    MobilePhone "mobilePhone" Kind::Text;
    OfficeLocation "officeLocation" Kind::Text;
    ExtensionAttribute1 "onPremisesExtensionAttributes/extensionAttribute1" Kind::Text;
    ExtensionAttribute2 "onPremisesExtensionAttributes/extensionAttribute2" Kind::Text;
    ExtensionAttribute3 "onPremisesExtensionAttributes/extensionAttribute3" Kind::Text;
    ExtensionAttribute4 "onPremisesExtensionAttributes/extensionAttribute4" Kind::Text;
    ExtensionAttribute5 "onPremisesExtensionAttributes/extensionAttribute5" Kind::Text;
    ExtensionAttribute6 "onPremisesExtensionAttributes/extensionAttribute6" Kind::Text;
    ExtensionAttribute7 "onPremisesExtensionAttributes/extensionAttribute7" Kind::Text;
    ExtensionAttribute8 "onPremisesExtensionAttributes/extensionAttribute8" Kind::Text;
    ExtensionAttribute9 "onPremisesExtensionAttributes/extensionAttribute9" Kind::Text;
    ExtensionAttribute10 "onPremisesExtensionAttributes/extensionAttribute10" Kind::Text;
    ExtensionAttribute11 "onPremisesExtensionAttributes/extensionAttribute11" Kind::Text;
    ExtensionAttribute12 "onPremisesExtensionAttributes/extensionAttribute12" Kind::Text;
    ExtensionAttribute13 "onPremisesExtensionAttributes/extensionAttribute13" Kind::Text;
    ExtensionAttribute14 "onPremisesExtensionAttributes/extensionAttribute14" Kind::Text;
    ExtensionAttribute15 "onPremisesExtensionAttributes/extensionAttribute15" Kind::Text;
    OnPremisesSecurityIdentifier "onPremisesSecurityIdentifier" Kind::Text;
    OnPremisesSyncEnabled "onPremisesSyncEnabled" Kind::Boolean;
    OtherMails "otherMails" Kind::TextCollection;
    PostalCode "postalCode" Kind::Text;
    PreferredLanguage "preferredLanguage" Kind::Text;
    ProxyAddresses "proxyAddresses" Kind::TextCollection;
    State "state" Kind::Text;
    StreetAddress "streetAddress" Kind::Text;
    Surname "surname" Kind::Text;
    UsageLocation "usageLocation" Kind::Text;
    UserPrincipalName "userPrincipalName" Kind::Text;
    UserType "userType" Kind::Text;
    EmployeeHireDate "employeeHireDate" Kind::Date;
    EmployeeLeaveDateTime "employeeLeaveDateTime" Kind::Date;
    CreatedDateTime "createdDateTime" Kind::Date;
    LastSuccessfulSignInDateTime "signInActivity/lastSuccessfulSignInDateTime" Kind::Date;
}

impl Known {
    /// How many there are; every [`Known::index`] is smaller.
    pub const COUNT: usize = Self::ALL.len();

    /// The place of this attribute in an array of [`Known::COUNT`] values.
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }

    /// The name as a rule writes it, with `/` before a nested property.
    #[must_use]
    pub const fn path(self) -> &'static str {
        Self::TABLE[self.index()].0
    }

    /// What values it has.
    #[must_use]
    pub const fn kind(self) -> Kind {
        Self::TABLE[self.index()].1
    }
}

/// An attribute that a rule mentions, resolved when the rule is parsed.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Attribute {
    /// One that every directory can have.
    Known(Known),
    /// One that is looked up by its full path: a directory extension, a custom security attribute, or a name from a
    /// directory's mapping.
    Named(Arc<str>),
}

impl Attribute {
    /// The name as a rule writes it.
    #[must_use]
    pub fn path(&self) -> &str {
        match self {
            Self::Known(known) => known.path(),
            Self::Named(path) => path,
        }
    }
}

impl fmt::Display for Attribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.path())
    }
}

/// The attributes that rules may name: those of Lifecycle Workflows and what a directory's mapping adds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Vocabulary {
    extra: BTreeMap<String, Kind>,
}

impl Vocabulary {
    /// What Lifecycle Workflows knows: [`Known::ALL`], every `extension_<application>_<name>` and every
    /// `customSecurityAttributes/<set>/<name>`.
    #[must_use]
    pub fn lcw() -> Self {
        Self::default()
    }

    /// Adds attributes whose kind is not known before a subject is read.
    #[must_use]
    pub fn with<N: Into<String>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        self.extra.extend(names.into_iter().map(|name| (name.into(), Kind::Untyped)));
        self
    }

    /// Adds an attribute of a certain kind. A name that Lifecycle Workflows knows keeps the kind that it has there.
    #[must_use]
    pub fn with_typed(mut self, name: impl Into<String>, kind: Kind) -> Self {
        self.extra.insert(name.into(), kind);
        self
    }

    /// The names that were added.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.extra.keys().map(String::as_str)
    }

    /// Finds the attribute of that name.
    #[must_use]
    pub fn resolve(&self, path: &str) -> Option<(Attribute, Kind)> {
        if let Some(known) = Known::from_path(path) {
            return Some((Attribute::Known(known), known.kind()));
        }
        let kind = self.extra.get(path).copied().or_else(|| is_extension(path).then_some(Kind::Untyped))?;
        Some((Attribute::Named(path.into()), kind))
    }

    /// A sentence that helps somebody who wrote a name that is not known, if a known one is near.
    pub(super) fn advice(&self, path: &str) -> Option<String> {
        if path.starts_with("customSecurityAttributes") {
            return Some("write customSecurityAttributes/<set>/<name>".to_owned());
        }
        if path.starts_with("extension_") {
            return Some("write extension_<application>_<name>".to_owned());
        }
        let names = || Known::ALL.iter().map(|known| known.path()).chain(self.extra.keys().map(String::as_str));
        let members: Vec<&str> = names().filter(|name| name.strip_prefix(path).is_some_and(|rest| rest.starts_with('/'))).take(3).collect();
        if !members.is_empty() {
            return Some(format!("name one of its members, such as {}", members.join(", ")));
        }
        nearest(path, names()).map(|name| format!("did you mean {name}?"))
    }
}

/// Whether a name has the form of a directory extension or of a custom security attribute.
fn is_extension(path: &str) -> bool {
    if let Some(rest) = path.strip_prefix("extension_") {
        let parts = rest.split_once('_');
        return !path.contains('/') && parts.is_some_and(|(application, name)| !application.is_empty() && !name.is_empty());
    }
    let Some(rest) = path.strip_prefix("customSecurityAttributes/") else {
        return false;
    };
    rest.split_once('/').is_some_and(|(set, name)| !set.is_empty() && !name.is_empty() && !name.contains('/'))
}
