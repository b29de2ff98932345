//! The pages of the module, one a file.

pub(crate) mod edit;
pub(crate) mod report;
pub(crate) mod reports;
pub(crate) mod statement;

use accessibility_domain::{Compliance, Method};
use cloud_kernel::web::{Failure, Visit};
use cloud_kernel::{Role, SignedIn};
use cloud_ui::{Lang, t};

/// Where the authority that supervises the law takes reports.
const DIGG: &str = "https://www.digg.se/tdosanmalan";

/// Who answers reports: officers, and those who keep the statement.
fn answers(visit: &Visit) -> Result<&SignedIn, Failure> {
    visit.staff(Role::Officer).or_else(|_| visit.staff(Role::Administrator))
}

fn compliance_words(lang: Lang, compliance: Compliance) -> String {
    match compliance {
        Compliance::Full => t(lang, "accessibility-full", &[]),
        Compliance::Partial => t(lang, "accessibility-partial", &[]),
        Compliance::None => t(lang, "accessibility-none", &[]),
    }
}

fn method_words(lang: Lang, method: Method) -> String {
    match method {
        Method::Own => t(lang, "accessibility-method-self", &[]),
        Method::External => t(lang, "accessibility-method-external", &[]),
    }
}
