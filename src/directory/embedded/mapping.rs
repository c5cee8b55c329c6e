//! How the attributes of a person are read, as the Directory says.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::api::directory::AttributeMapping;
use crate::api::{Account, DirectorySpec, User};
use crate::domain::attribute::{DATES, is_date};
use crate::domain::authority::{EMPLOYEE_ID, of_record};

/// How attributes are read.
#[derive(Clone, Debug)]
pub struct Mapping {
    pub(super) directory: String,
    /// Name of the correlation attribute.
    pub(super) correlation: String,
    pub(super) mapped: Vec<AttributeMapping>,
    /// Names of the dates, shared by all people.
    pub(super) dates: Arc<[Box<str>]>,
    /// The attributes that are read from the record, whatever a task has written.
    of_record: BTreeSet<String>,
    /// The tenant's zone.
    pub(super) time_zone: Option<String>,
}

impl Mapping {
    /// The mapping of a Directory. `time_zone` is the tenant's, for dates of which nothing nearer says one.
    #[must_use]
    pub fn new(directory: &str, spec: &DirectorySpec, time_zone: Option<&str>) -> Self {
        let mapped = spec.attributes.iter().filter(|mapping| is_date(mapping)).map(|mapping| mapping.name.as_str());
        let dates: BTreeSet<&str> = DATES.into_iter().chain(mapped).collect();
        let dates = dates.into_iter().map(Box::from).collect();
        let correlation = spec.correlation_attribute.as_deref().unwrap_or(EMPLOYEE_ID).to_owned();
        let time_zone = time_zone.map(str::to_owned);
        Self { directory: directory.to_owned(), correlation, mapped: spec.attributes.clone(), dates, of_record: of_record(spec), time_zone }
    }

    /// What the Directory says about an attribute.
    pub(super) fn mapping_of(&self, name: &str) -> Option<&AttributeMapping> {
        self.mapped.iter().find(|mapping| mapping.name == name)
    }

    /// The text of an attribute: the account's, where a task wrote it, else the record's; the record's in any case where others
    /// decide by it. None: not set.
    pub(super) fn text<'a>(&self, user: &'a User, account: &'a Account, name: &str) -> Option<&'a str> {
        let text = match account.spec.attributes.get(name).filter(|_| !self.of_record.contains(name)) {
            Some(overlay) => Some(overlay.as_str()),
            None => Self::record_text(user, name),
        };
        text.filter(|text| !text.is_empty())
    }

    /// What the record says of an attribute, whatever tasks wrote.
    pub(super) fn recorded(user: &User, name: &str) -> Option<String> {
        Self::record_text(user, name).filter(|text| !text.is_empty()).map(str::to_owned)
    }

    pub(super) fn record_text<'a>(user: &'a User, name: &str) -> Option<&'a str> {
        if let Some(text) = user.spec.text(name) {
            return text;
        }
        if let Some(attribute) = name.strip_prefix("onPremisesExtensionAttributes/") {
            return user.spec.on_premises_extension_attributes.get(attribute).map(String::as_str);
        }
        match name {
            "employeeOrgData/costCenter" => user.spec.employee_org_data.as_ref()?.cost_center.as_deref(),
            "employeeOrgData/division" => user.spec.employee_org_data.as_ref()?.division.as_deref(),
            _ => user.spec.extension_attributes.get(name).map(String::as_str),
        }
    }
}
