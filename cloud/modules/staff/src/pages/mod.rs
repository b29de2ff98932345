//! The pages of the module, one a file, for administrators.

pub(crate) mod groups;
pub(crate) mod people;
pub(crate) mod provisioning;

use cloud_kernel::Role;
use cloud_kernel::web::Visit;
use cloud_ui::{Lang, Page, Tabs, t};
use maud::{Markup, html};
use protocols_ids::AuthorityId;

fn role_words(lang: Lang, role: Role) -> String {
    match role {
        Role::Officer => t(lang, "staff-role-officer", &[]),
        Role::Caretaker => t(lang, "staff-role-caretaker", &[]),
        Role::Technician => t(lang, "staff-role-technician", &[]),
        Role::Administrator => t(lang, "staff-role-administrator", &[]),
    }
}

/// What an authority is called; one that is gone is said so.
fn authority_name(lang: Lang, names: &[(AuthorityId, String)], id: AuthorityId) -> String {
    let found = names.iter().find(|(known, _)| *known == id).map(|(_, name)| name.clone());
    found.unwrap_or_else(|| t(lang, "staff-authority-gone", &[]))
}

/// A page of the three, and the way to the other two.
fn page(visit: &Visit, title: &str, lead: &str, here: &'static str) -> (Page, Markup) {
    let lang = visit.lang;
    let tabs = Tabs::new(&t(lang, "staff-title", &[]))
        .tab(&t(lang, "staff-people", &[]), "/staff", here == "/staff")
        .tab(&t(lang, "staff-groups-title", &[]), "/staff/groups", here == "/staff/groups")
        .tab(&t(lang, "staff-provisioning-title", &[]), "/staff/provisioning", here == "/staff/provisioning");
    (visit.page(title).lead(lead), html! { (tabs) })
}
