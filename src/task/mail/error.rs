//! Why a mail was not sent.

use thiserror::Error;

use crate::api::reasons::Reason;
use crate::domain::fault::Fault;
use crate::domain::template::Unclosed;

/// Longest part of a variable's name that a message repeats.
const SHOWN: usize = 64;

/// Why a mail was not sent. The texts hold names of objects and variables, never addresses or values.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum MailError {
    /// The text has a variable that there is not.
    #[error("there is no variable {0}")]
    VariableUnknown(String),
    /// A variable has no value for this subject.
    #[error("the variable {0} has no value")]
    VariableEmpty(String),
    /// A variable of a new value is a date that cannot be read.
    #[error("the variable {0} is a date that cannot be read")]
    DateUnreadable(String),
    /// The directory does not have the subject any more.
    #[error("there is no User {0:?}")]
    SubjectMissing(String),
    /// The subject has no manager.
    #[error("User {0:?} has no manager")]
    ManagerMissing(String),
    /// A recipient is not there.
    #[error("{0}")]
    RecipientMissing(String),
    /// A recipient cannot sign in any more.
    #[error("the account of {0} is disabled")]
    RecipientDisabled(String),
    /// A recipient has no mail address.
    #[error("{0} has no mail address")]
    AddressMissing(String),
    /// What should be an address is none.
    #[error("{0} is no mail address")]
    AddressInvalid(String),
    /// What a task or a workflow wrote is no address to which such a mail may go.
    #[error("{0} is no address of a record, and in no domain to which such mails go")]
    AddressNotAllowed(String),
    /// The tenant's sender is no address.
    #[error("spec.mail.from of the TenantSchedule is no mail address")]
    SenderInvalid,
    /// The message could not be built.
    #[error("the message could not be built: {0}")]
    Composition(String),
}

impl From<Unclosed> for MailError {
    fn from(Unclosed(name): Unclosed) -> Self {
        Self::unknown_variable(&name)
    }
}

impl MailError {
    pub(in crate::task) fn unknown_variable(name: &str) -> Self {
        Self::VariableUnknown(name.chars().take(SHOWN).collect())
    }

    /// One word for programs.
    #[must_use]
    pub const fn reason(&self) -> Reason {
        match self {
            Self::VariableUnknown(_) => Reason::VariableUnknown,
            Self::VariableEmpty(_) => Reason::VariableEmpty,
            Self::DateUnreadable(_) => Reason::DateUnreadable,
            Self::SubjectMissing(_) => Reason::SubjectNotFound,
            Self::ManagerMissing(_) => Reason::ManagerMissing,
            Self::RecipientMissing(_) => Reason::RecipientMissing,
            Self::RecipientDisabled(_) => Reason::RecipientDisabled,
            Self::AddressMissing(_) => Reason::MailAddressMissing,
            Self::AddressInvalid(_) => Reason::MailAddressInvalid,
            Self::AddressNotAllowed(_) => Reason::AddressNotAllowed,
            Self::SenderInvalid => Reason::SenderInvalid,
            Self::Composition(_) => Reason::MailInvalid,
        }
    }
}

impl From<MailError> for Fault {
    fn from(error: MailError) -> Self {
        Self::permanent(error.reason(), error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fault::FaultClass;

    /// What stands in the workflow or in a record stays so however often a mail is tried.
    #[test]
    fn what_is_wrong_with_a_mail_is_wrong_for_good() {
        let text = || "x".to_owned();
        let cases = [
            (MailError::VariableUnknown(text()), Reason::VariableUnknown),
            (MailError::VariableEmpty(text()), Reason::VariableEmpty),
            (MailError::DateUnreadable(text()), Reason::DateUnreadable),
            (MailError::SubjectMissing(text()), Reason::SubjectNotFound),
            (MailError::ManagerMissing(text()), Reason::ManagerMissing),
            (MailError::RecipientMissing(text()), Reason::RecipientMissing),
            (MailError::RecipientDisabled(text()), Reason::RecipientDisabled),
            (MailError::AddressMissing(text()), Reason::MailAddressMissing),
            (MailError::AddressInvalid(text()), Reason::MailAddressInvalid),
            (MailError::AddressNotAllowed(text()), Reason::AddressNotAllowed),
            (MailError::SenderInvalid, Reason::SenderInvalid),
            (MailError::Composition(text()), Reason::MailInvalid),
        ];
        for (error, reason) in cases {
            let said = error.to_string();
            let fault = Fault::from(error);
            assert_eq!((fault.class, fault.reason, fault.message.as_str()), (FaultClass::Permanent, reason, said.as_str()));
        }
    }
}
