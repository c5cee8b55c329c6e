//! What the eleven mails say unless the workflow says otherwise.
//!
//! The default texts name nothing that a record can well lack, but for what the mail is about: a date that is not there
//! fails the task, and no mail leaves that is half filled.

use crate::domain::mail::MailKind;
use crate::task::locale::Language;

/// A subject and a body, with variables.
#[derive(Clone, Copy, Debug)]
pub(super) struct Words {
    pub subject: &'static str,
    pub body: &'static str,
}

/// What somebody is told for whom a temporary access pass was made. It says nothing that a record can lack, and not who has it.
pub(super) const fn pass_notice(language: Language) -> Words {
    match language {
        Language::English => Words {
            subject: "A temporary access pass for your account",
            body: "Hello,\n\na temporary access pass for your account was made and sent to somebody who hands it over to you, as a rule \
                   your manager.\n\nIf you expected none, please tell your administrators at once.",
        },
        Language::German => Words {
            subject: "Ein befristeter Zugangscode für Ihr Konto",
            body: "Guten Tag,\n\nfür Ihr Konto wurde ein befristeter Zugangscode erstellt und an jemanden geschickt, der ihn Ihnen gibt, \
                   in der Regel an Ihre Führungskraft.\n\nHaben Sie keinen erwartet, so melden Sie sich bitte umgehend bei Ihrer \
                   Administration.",
        },
    }
}

macro_rules! mails {
    ($( $kind:ident { $subject:literal $body:literal } { $subject_de:literal $body_de:literal } )+) => {
        /// What a mail says by default.
        pub(super) const fn words(kind: MailKind, language: Language) -> Words {
            match (kind, language) {
                $(
                    (MailKind::$kind, Language::English) => Words { subject: $subject, body: $body },
                    (MailKind::$kind, Language::German) => Words { subject: $subject_de, body: $body_de },
                )+
            }
        }
    };
}

mails! {
    Welcome {
        "Welcome, {{user.displayName}}"
        "Hello {{user.displayName}},\n\nwelcome! We are glad that you are joining us, and wish you a good start."
    } {
        "Willkommen, {{user.displayName}}"
        "Guten Tag {{user.displayName}},\n\nherzlich willkommen! Wir freuen uns auf Sie und wünschen Ihnen einen guten Start."
    }
    OnboardingReminder {
        "{{user.displayName}} starts on {{user.employeeHireDate}}"
        "Hello,\n\n<b>{{user.displayName}}</b>, who reports to you, starts on {{user.employeeHireDate}}.\n\nPlease see to it that everything is ready: the workplace, the equipment, and somebody who shows the way."
    } {
        "{{user.displayName}} beginnt am {{user.employeeHireDate}}"
        "Guten Tag,\n\n<b>{{user.displayName}}</b> beginnt am {{user.employeeHireDate}} in Ihrem Bereich.\n\nBitte sorgen Sie dafür, dass alles bereit ist: der Arbeitsplatz, die Ausstattung und jemand, der den Weg zeigt."
    }
    AccessPass {
        "Temporary access pass for {{user.displayName}}"
        "Hello,\n\nwith this temporary access pass <b>{{user.displayName}}</b> can sign in for the first time:\n\n{{temporaryAccessPass}}\n\nIt works from {{temporaryAccessPassStartDateTime}} on, for {{temporaryAccessPassLifetimeInMinutes}} minutes. Please hand it over in person, and forward this mail to nobody. If you get more than one pass for the same person, the newest one counts."
    } {
        "Befristeter Zugangscode für {{user.displayName}}"
        "Guten Tag,\n\nmit diesem befristeten Zugangscode kann <b>{{user.displayName}}</b> sich zum ersten Mal anmelden:\n\n{{temporaryAccessPass}}\n\nEr gilt ab {{temporaryAccessPassStartDateTime}} für {{temporaryAccessPassLifetimeInMinutes}} Minuten. Bitte geben Sie ihn persönlich weiter und leiten Sie diese Nachricht nicht weiter. Bekommen Sie für dieselbe Person mehrere Codes, gilt der neueste."
    }
    Move {
        "{{user.displayName}} changes position"
        "Hello,\n\nthe position of <b>{{user.displayName}}</b>, who reports to you, has changed.\n\nPlease check what access and equipment the new work needs, and what is not needed any more."
    } {
        "{{user.displayName}} wechselt die Stelle"
        "Guten Tag,\n\ndie Stelle von <b>{{user.displayName}}</b> in Ihrem Bereich hat sich geändert.\n\nBitte prüfen Sie, welche Zugänge und welche Ausstattung für die neue Aufgabe nötig sind und welche nicht mehr gebraucht werden."
    }
    SponsorshipChange {
        "Whom {{user.displayName}} sponsors"
        "Hello,\n\n<b>{{user.displayName}}</b>, who reports to you, will not be able to go on as a sponsor of: {{sponsoredUsers}}.\n\nPlease find somebody who takes over, or tell us that this access is not needed any more."
    } {
        "Patenschaften von {{user.displayName}}"
        "Guten Tag,\n\n<b>{{user.displayName}}</b> aus Ihrem Bereich kann die Patenschaft nicht weiterführen für: {{sponsoredUsers}}.\n\nBitte finden Sie jemanden, der sie übernimmt, oder teilen Sie uns mit, dass diese Zugänge nicht mehr gebraucht werden."
    }
    SponsorChange {
        "{{user.displayName}} will not be a sponsor any more"
        "Hello,\n\n<b>{{user.displayName}}</b>, who is a sponsor as you are, will not be able to go on as a sponsor of: {{sponsoredUsers}}.\n\nPlease check whether they still need a second sponsor."
    } {
        "{{user.displayName}} beendet Patenschaften"
        "Guten Tag,\n\n<b>{{user.displayName}}</b> ist wie Sie Pate und kann die Patenschaft nicht weiterführen für: {{sponsoredUsers}}.\n\nBitte prüfen Sie, ob ein zweiter Pate nötig ist."
    }
    BeforeLastDay {
        "The last day of {{user.displayName}} is near"
        "Hello,\n\nthe last day of <b>{{user.displayName}}</b>, who reports to you, is {{user.employeeLeaveDateTime}}.\n\nPlease see to it that work and documents are handed over in time. Access ends with the last day."
    } {
        "Der letzte Tag von {{user.displayName}} steht bevor"
        "Guten Tag,\n\nder letzte Tag von <b>{{user.displayName}}</b> in Ihrem Bereich ist: {{user.employeeLeaveDateTime}}.\n\nBitte sorgen Sie dafür, dass Arbeit und Unterlagen rechtzeitig übergeben werden. Die Zugänge enden mit dem letzten Tag."
    }
    LastDay {
        "Today is the last day of {{user.displayName}}"
        "Hello,\n\ntoday is the last day of <b>{{user.displayName}}</b>, who reports to you. Access ends today.\n\nPlease take back keys and equipment."
    } {
        "Heute ist der letzte Tag von {{user.displayName}}"
        "Guten Tag,\n\nheute ist der letzte Tag von <b>{{user.displayName}}</b> in Ihrem Bereich. Die Zugänge enden heute.\n\nBitte nehmen Sie Schlüssel und Ausstattung zurück."
    }
    AfterLastDay {
        "The account of {{user.displayName}} is being removed"
        "Hello,\n\n<b>{{user.displayName}}</b>, who reported to you, has left, and the account is being removed today.\n\nPlease tell us at once if something in it is still needed."
    } {
        "Das Konto von {{user.displayName}} wird entfernt"
        "Guten Tag,\n\n<b>{{user.displayName}}</b> aus Ihrem Bereich ist ausgeschieden; das Konto wird heute entfernt.\n\nBitte melden Sie sich umgehend, falls daraus noch etwas gebraucht wird."
    }
    Inactivity {
        "{{user.displayName}} has not signed in for {{daysSinceLastSignIn}} days"
        "Hello,\n\n<b>{{user.displayName}}</b>, who reports to you, last signed in on {{user.lastSuccessfulSignInDateTime}}, {{daysSinceLastSignIn}} days ago.\n\nPlease tell us whether the account is still needed. Unused accounts are switched off."
    } {
        "{{user.displayName}} hat sich seit {{daysSinceLastSignIn}} Tagen nicht angemeldet"
        "Guten Tag,\n\n<b>{{user.displayName}}</b> aus Ihrem Bereich hat sich zuletzt vor {{daysSinceLastSignIn}} Tagen angemeldet: {{user.lastSuccessfulSignInDateTime}}.\n\nBitte teilen Sie uns mit, ob das Konto noch gebraucht wird. Ungenutzte Konten werden abgeschaltet."
    }
    UnsponsoredGuest {
        "Guest without a sponsor: {{user.displayName}}"
        "Hello,\n\nthe guest <b>{{user.displayName}}</b> has no sponsor any more, and the guest's access is being removed.\n\nIf it is still needed, please name a sponsor."
    } {
        "Gast ohne Paten: {{user.displayName}}"
        "Guten Tag,\n\nder Gast <b>{{user.displayName}}</b> hat keinen Paten mehr; sein Zugang wird entfernt.\n\nWird er noch gebraucht, benennen Sie bitte einen Paten."
    }
}
