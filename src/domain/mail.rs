//! The eleven mails: which task sends one, and who gets it.
//!
//! Who gets a mail is decided here and stands in its Change: in the words of the workflow, or in those of the mail's own
//! audience. Whoever sends it reads them from the Change and asks nobody else. They are words and not addresses on purpose.
//! Who may read results must not read in them where people are written to; and a manager who has left, or is another one by
//! now, must not learn what is meant for the manager. So a word is looked up when the mail leaves, and not before.

use super::variable::recipient;
use crate::api::tenant_schedule::MailSettings;

/// To whom a mail goes unless the workflow says otherwise.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Audience {
    /// The subject.
    User,
    /// The subject's manager.
    Manager,
    /// Who also sponsors somebody whom the subject sponsors.
    CoSponsors,
}

impl Audience {
    /// The word for it: where a workflow can name such recipients, as it names them.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::User => "User",
            Self::Manager => "Manager",
            Self::CoSponsors => "CoSponsors",
        }
    }
}

macro_rules! mails {
    ($( $(#[$doc:meta])* $kind:ident $task:literal $audience:ident, )+) => {
        /// One of the mails.
        #[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
        pub enum MailKind { $( $(#[$doc])* $kind, )+ }

        impl MailKind {
            /// All of them, in the order of the numbers of their tasks.
            pub const ALL: &'static [Self] = &[ $( Self::$kind ),+ ];

            /// The task, as the member of the union is called.
            #[must_use]
            pub const fn task(self) -> &'static str {
                match self { $( Self::$kind => $task, )+ }
            }

            /// To whom it goes by default.
            #[must_use]
            pub const fn audience(self) -> Audience {
                match self { $( Self::$kind => Audience::$audience, )+ }
            }
        }
    };
}

mails! {
    /// Welcomes the new hire.
    Welcome "sendWelcomeEmail" User,
    /// Reminds the manager of somebody who starts.
    OnboardingReminder "sendOnboardingReminderEmail" Manager,
    /// Brings the manager a temporary access pass.
    AccessPass "generateTemporaryAccessPass" Manager,
    /// Tells the manager of a move.
    Move "sendEmailToManagerAboutMove" Manager,
    /// Tells the manager of sponsorships that need somebody else.
    SponsorshipChange "sendSponsorshipChangeEmailToManager" Manager,
    /// Tells the other sponsors that one of them ends.
    SponsorChange "sendSponsorChangeEmailToCoSponsors" CoSponsors,
    /// Tells the manager that somebody's last day comes.
    BeforeLastDay "sendEmailToManagerBeforeLastDay" Manager,
    /// Tells the manager that somebody's last day is today.
    LastDay "sendEmailOnLastDay" Manager,
    /// Tells the manager that somebody has left.
    AfterLastDay "sendEmailToManagerAfterLastDay" Manager,
    /// Tells the manager that somebody does not sign in.
    Inactivity "sendInactivityEmail" Manager,
    /// Tells the manager of a guest without sponsors.
    UnsponsoredGuest "sendUnsponsoredGuestRemovalEmail" Manager,
}

impl MailKind {
    /// Whether it is about those whom the subject sponsors, who must be known before it can be written.
    #[must_use]
    pub const fn is_of_sponsors(self) -> bool {
        match self {
            Self::SponsorshipChange | Self::SponsorChange => true,
            Self::Welcome
            | Self::OnboardingReminder
            | Self::AccessPass
            | Self::Move
            | Self::BeforeLastDay
            | Self::LastDay
            | Self::AfterLastDay
            | Self::Inactivity
            | Self::UnsponsoredGuest => false,
        }
    }

    /// Whether what is in it lets somebody sign in: it goes to addresses of records only.
    #[must_use]
    pub fn is_secret(self) -> bool {
        self == Self::AccessPass
    }

    /// Who gets it, copies last: whom the workflow names, or the mail's own audience.
    #[must_use]
    pub fn recipients(self, to: &[String], copies: &[String]) -> Vec<String> {
        let own = to.is_empty().then(|| self.audience().word().to_owned());
        own.into_iter().chain(to.iter().cloned()).chain(copies.iter().cloned()).collect()
    }

    /// Whom one of its recipients means. `is_copy`: it gets a copy only.
    #[must_use]
    pub fn meant(self, entry: &str, is_copy: bool) -> Meant<'_> {
        match recipient(entry, None) {
            Some(Ok(attribute)) => return Meant::Attribute { attribute, is_old: false },
            Some(Err(_)) => return Meant::Unknown(entry.trim_matches(['{', '}', ' '])),
            None => {}
        }
        match entry {
            "User" => Meant::User,
            "Manager" | "Managers" => Meant::Manager,
            "Sponsors" => Meant::Sponsors,
            "CoSponsors" if self.audience() == Audience::CoSponsors && !is_copy => Meant::CoSponsors,
            _ if entry.contains('@') => Meant::Address(entry),
            _ => match entry.strip_prefix("User/").filter(|_| self == Self::AccessPass && !is_copy) {
                Some(attribute) => Meant::Attribute { attribute, is_old: true },
                None => Meant::Named(entry),
            },
        }
    }

    /// The mail of that task.
    #[must_use]
    pub fn of_task(member: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.task() == member)
    }
}

/// Whom a recipient means.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Meant<'a> {
    /// The subject.
    User,
    /// The subject's manager.
    Manager,
    /// The subject's sponsors.
    Sponsors,
    /// Who also sponsors somebody whom the subject sponsors.
    CoSponsors,
    /// The addresses in an attribute of the subject.
    Attribute {
        /// Its name.
        attribute: &'a str,
        /// Whether it is named in the older form, which only temporary access passes have.
        is_old: bool,
    },
    /// An address.
    Address(&'a str),
    /// The User of that name.
    Named(&'a str),
    /// Nobody: a variable that is no attribute of the subject.
    Unknown(&'a str),
}

/// Whether a mail may go to an address that is in no record: where the tenant lists its domain, or has its sender there and lists
/// none.
#[must_use]
pub fn may_go_to(settings: &MailSettings, address: &str) -> bool {
    let domain_of = |address: &str| address.rsplit_once('@').map(|(_, domain)| domain.to_ascii_lowercase());
    let Some(domain) = domain_of(address) else { return false };
    match (&settings.allowed_domains, &settings.from) {
        (Some(allowed), _) => allowed.iter().any(|one| one.eq_ignore_ascii_case(&domain)),
        (None, Some(from)) => domain_of(from) == Some(domain),
        (None, None) => false,
    }
}

/// The recipients of a Change, and those of them who get a copy only. That stands in the task, as the text does: it says how the
/// mail looks and not who gets it. Who is a copy by the task alone is none here.
#[must_use]
pub fn with_copies<'a>(all: &'a [String], copies: &[String]) -> (&'a [String], &'a [String]) {
    match all.strip_suffix(copies) {
        Some(to) if !to.is_empty() => (to, &all[to.len()..]),
        _ => (all, &[]),
    }
}

#[cfg(test)]
mod tests {
    use super::{MailKind, Meant, may_go_to, with_copies};
    use crate::api::EffectClass;
    use crate::api::tenant_schedule::MailSettings;
    use crate::catalog;

    #[test]
    fn where_mails_go_beside_records() {
        let settings = |from: Option<&str>, allowed: Option<&[&str]>| MailSettings {
            from: from.map(str::to_owned),
            allowed_domains: allowed.map(names),
            ..MailSettings::default()
        };
        let own = Some("hr@acme.example");
        let rows = [
            (settings(own, None), [true, true, false, false]),
            (settings(own, Some(&["partner.example", "Acme.example"])), [true, true, false, true]),
            (settings(own, Some(&["partner.example"])), [false, false, false, true]),
            (settings(own, Some(&[])), [false; 4]),
            (settings(None, None), [false; 4]),
        ];
        for (settings, expected) in rows {
            let found = ["it@acme.example", "IT@ACME.Example", "it@mail.acme.example", "it@partner.example"]
                .map(|address| may_go_to(&settings, address));
            assert_eq!(found, expected, "{settings:?}");
        }
        assert!(!may_go_to(&settings(own, None), "nobody") && !may_go_to(&settings(Some("nobody"), None), "x@nobody"));
    }

    #[test]
    fn every_task_that_sends_something_has_its_mail() {
        for definition in &catalog::TASKS {
            let sends = definition.effect == EffectClass::Mail || definition.name == "generateTemporaryAccessPass";
            assert_eq!(MailKind::of_task(definition.name).is_some(), sends, "{}", definition.name);
        }
        assert_eq!(MailKind::of_task("deleteUser"), None);
    }
    type Names = &'static [&'static str];

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    /// (the mail, to, cc, the recipients, who of them gets a copy)
    #[test]
    fn who_gets_a_mail() {
        use MailKind::{AccessPass, Move, SponsorChange, Welcome};
        let rows: [(MailKind, Names, Names, Names, Names); 7] = [
            (Welcome, &[], &[], &["User"], &[]),
            (Move, &[], &[], &["Manager"], &[]),
            (AccessPass, &[], &["hr@acme.example"], &["Manager", "hr@acme.example"], &["hr@acme.example"]),
            (SponsorChange, &[], &[], &["CoSponsors"], &[]),
            (SponsorChange, &["Manager"], &["User"], &["Manager", "User"], &["User"]),
            (Welcome, &["User"], &["User"], &["User", "User"], &["User"]),
            (Welcome, &["ben", "User"], &["Manager", "ann"], &["ben", "User", "Manager", "ann"], &["Manager", "ann"]),
        ];
        for (kind, to, cc, all, copies) in rows {
            let found = kind.recipients(&names(to), &names(cc));
            assert_eq!(found, names(all), "{} to {to:?}", kind.task());
            let (first, second) = with_copies(&found, &names(cc));
            assert_eq!((first.len() + second.len(), second), (all.len(), names(copies).as_slice()), "{} to {to:?}", kind.task());
        }
    }

    /// Whoever the Change names gets the mail, whatever the task says of copies.
    #[test]
    fn a_task_adds_no_recipient_and_takes_none_away() {
        let rows: [(&[&str], &[&str], usize); 5] = [
            (&["User", "hr"], &["hr"], 1),
            (&["User", "hr"], &["it"], 0),
            (&["User"], &["User"], 0),
            (&["User"], &["hr", "User"], 0),
            (&["User", "hr", "it"], &["hr", "it"], 2),
        ];
        for (all, cc, copies) in rows {
            let all = names(all);
            let (first, second) = with_copies(&all, &names(cc));
            assert_eq!(([first, second].concat(), second.len()), (all.clone(), copies), "{all:?} with {cc:?}");
        }
    }

    #[test]
    fn whom_a_recipient_means() {
        use MailKind::{AccessPass, Move, SponsorChange};
        let attribute = |attribute| Meant::Attribute { attribute, is_old: false };
        let old = Meant::Attribute { attribute: "otherMails", is_old: true };
        // (the mail, the entry, among those to whom it goes, among the copies)
        let rows = [
            (Move, "User", Meant::User, Meant::User),
            (Move, "Manager", Meant::Manager, Meant::Manager),
            (Move, "Managers", Meant::Manager, Meant::Manager),
            (Move, "Sponsors", Meant::Sponsors, Meant::Sponsors),
            (Move, "ben", Meant::Named("ben"), Meant::Named("ben")),
            (Move, "hr@acme.example", Meant::Address("hr@acme.example"), Meant::Address("hr@acme.example")),
            (Move, "{{user.otherMails}}", attribute("otherMails"), attribute("otherMails")),
            (Move, " {{ user.mail }} ", attribute("mail"), attribute("mail")),
            (Move, "{{manager.mail}}", Meant::Unknown("manager.mail"), Meant::Unknown("manager.mail")),
            (Move, "User/otherMails", Meant::Named("User/otherMails"), Meant::Named("User/otherMails")),
            (AccessPass, "User/otherMails", old, Meant::Named("User/otherMails")),
            (SponsorChange, "CoSponsors", Meant::CoSponsors, Meant::Named("CoSponsors")),
            (Move, "CoSponsors", Meant::Named("CoSponsors"), Meant::Named("CoSponsors")),
        ];
        for (kind, entry, to, copy) in rows {
            assert_eq!((kind.meant(entry, false), kind.meant(entry, true)), (to, copy), "{entry}");
        }
        for kind in MailKind::ALL {
            let word = kind.audience().word();
            assert!(!matches!(kind.meant(word, false), Meant::Named(_)), "{word}");
        }
    }
}
