//! User: the record of one person in the embedded directory.

use std::collections::BTreeMap;

use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::account::attribute_map;

/// Cost centre and division.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EmployeeOrgData {
    /// Cost centre.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub cost_center: Option<String>,
    /// Division.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub division: Option<String>,
}

fn yes() -> bool {
    true
}

/// What the Account is seeded with, once.
#[derive(Clone, Debug, Deserialize, Eq, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct InitialAccount {
    /// Whether the person can sign in.
    #[serde(default = "yes")]
    pub account_enabled: bool,
    /// Names of Groups.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 1000), inner(length(min = 1, max = 253)))]
    #[x_kube(merge_strategy = ListMerge::Set)]
    pub member_of: Vec<String>,
    /// Licences by SKU id.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 100), inner(length(min = 1, max = 253)))]
    #[x_kube(merge_strategy = ListMerge::Set)]
    pub licenses: Vec<String>,
}

impl Default for InitialAccount {
    fn default() -> Self {
        Self { account_enabled: true, member_of: Vec::new(), licenses: Vec::new() }
    }
}

/// Declares the text attributes once: the struct's fields and the look-up by attribute name.
macro_rules! user {
    ($( $(#[$doc:meta])* $field:ident / $wire:literal / $max:literal ),+ $(,)?) => {
        /// The record of one person, as HR has it. What tasks change stands in the Account of the same name.
        #[derive(Clone, CustomResource, Debug, Default, Deserialize, Eq, KubeSchema, PartialEq, Serialize)]
        #[kube(
            group = "tenure.dev", version = "v1alpha1", kind = "User", namespaced,
            category = "tenure", derive = "PartialEq",
            doc = "A User is the record of one person, as HR has it. What tasks change stands in the Account of the same name.",
            printcolumn(name = "Display", type_ = "string", json_path = ".spec.displayName"),
            printcolumn(name = "Department", type_ = "string", json_path = ".spec.department"),
            printcolumn(name = "Hired", type_ = "string", json_path = ".spec.employeeHireDate"),
            printcolumn(name = "Leaves", type_ = "string", json_path = ".spec.employeeLeaveDateTime"),
        )]
        #[serde(rename_all = "camelCase")]
        pub struct UserSpec {
            $(
                $(#[$doc])*
                #[serde(default, rename = $wire, skip_serializing_if = "Option::is_none")]
                #[schemars(length(max = $max))]
                pub $field: Option<String>,
            )+
            /// Whether the person comes from a directory on premises.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub on_premises_sync_enabled: Option<bool>,
            /// Names of the Users who sponsor this guest; [] says that nobody does. Absent: not known, which the
            /// trigger guestSponsor takes for no reason to act.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            #[schemars(length(max = 20), inner(length(min = 1, max = 253)))]
            pub sponsors: Option<Vec<String>>,
            /// Further mail addresses.
            #[serde(default, skip_serializing_if = "Vec::is_empty")]
            #[schemars(length(max = 50), inner(length(min = 1, max = 320)))]
            pub other_mails: Vec<String>,
            /// Proxy addresses.
            #[serde(default, skip_serializing_if = "Vec::is_empty")]
            #[schemars(length(max = 50), inner(length(min = 1, max = 320)))]
            pub proxy_addresses: Vec<String>,
            /// Cost centre and division.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub employee_org_data: Option<EmployeeOrgData>,
            /// extensionAttribute1 to extensionAttribute15.
            #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
            #[schemars(schema_with = "attribute_map")]
            pub on_premises_extension_attributes: BTreeMap<String, String>,
            /// Further attributes of the house, by name.
            #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
            #[schemars(schema_with = "attribute_map")]
            pub extension_attributes: BTreeMap<String, String>,
            /// What the Account is seeded with when the person is first seen; later changes do nothing.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub initial_account: Option<InitialAccount>,
        }

        impl UserSpec {
            /// The text attribute `name`, LCW's spelling; outer None: no such attribute, inner None: not set.
            #[must_use]
            pub fn text(&self, name: &str) -> Option<Option<&str>> {
                match name { $( $wire => Some(self.$field.as_deref()), )+ _ => None }
            }
        }

        /// Names of the text attributes.
        pub const TEXT_ATTRIBUTES: &[&str] = &[ $( $wire ),+ ];
    };
}

user! {
    /// Name for people.
    display_name / "displayName" / 256,
    /// First name.
    given_name / "givenName" / 256,
    /// Family name.
    surname / "surname" / 256,
    /// Mail address.
    mail / "mail" / 320,
    /// Mail alias.
    mail_nickname / "mailNickname" / 256,
    /// Sign-in name.
    user_principal_name / "userPrincipalName" / 320,
    /// Member or Guest.
    user_type / "userType" / 64,
    /// Number of the employee.
    employee_id / "employeeId" / 64,
    /// Kind of employment.
    employee_type / "employeeType" / 128,
    /// First day: a date, which begins that day, or a date with a time. A year of 9999 stands for no date. What cannot be read is unknown, and unknown never acts.
    employee_hire_date / "employeeHireDate" / 1024,
    /// Last day: a date, which is that day's end, or a date with a time of day, of which 00:00:00 is one: it is over before that day has begun. A year of 9999 stands for no end. What cannot be read is unknown, and unknown never acts.
    employee_leave_date_time / "employeeLeaveDateTime" / 1024,
    /// When the account came into being; default: when the User was first seen.
    created_date_time / "createdDateTime" / 1024,
    /// Last successful sign-in; absent: unknown. Year 1, 1601 and 1900 and 1970-01-01 stand for none.
    last_successful_sign_in_date_time / "lastSuccessfulSignInDateTime" / 1024,
    /// Department.
    department / "department" / 256,
    /// Company.
    company_name / "companyName" / 256,
    /// Job title.
    job_title / "jobTitle" / 256,
    /// Office.
    office_location / "officeLocation" / 256,
    /// Street address.
    street_address / "streetAddress" / 1024,
    /// City.
    city / "city" / 256,
    /// State or province.
    state / "state" / 256,
    /// Postal code.
    postal_code / "postalCode" / 64,
    /// Country.
    country / "country" / 128,
    /// Two-letter country in which licences are used.
    usage_location / "usageLocation" / 16,
    /// Language tag, for example de-DE.
    preferred_language / "preferredLanguage" / 35,
    /// Mobile phone.
    mobile_phone / "mobilePhone" / 64,
    /// Fax number.
    fax_number / "faxNumber" / 64,
    /// Security identifier on premises.
    on_premises_security_identifier / "onPremisesSecurityIdentifier" / 256,
    /// Time zone of the person's dates, for example Europe/Berlin, where the Directory maps no other; default: the
    /// TenantSchedule's.
    time_zone / "timeZone" / 64,
    /// Name of the manager's User.
    manager / "manager" / 253,
}
