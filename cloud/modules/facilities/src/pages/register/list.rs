//! `/register`: the facilities that somebody maintains.

use axum::Extension;
use cloud_kernel::Role;
use cloud_kernel::web::{Failure, Visit};
use cloud_ui::{Button, EmptyState, LinkCard, t};
use maud::{Markup, html};

use super::maintains;
use crate::{Ports, store};

/// The list.
pub(crate) async fn show(visit: Visit, Extension(ports): Extension<Ports>) -> Result<Markup, Failure> {
    let person = visit.signed_in()?;
    let lang = visit.lang;
    let mut tx = visit.begin().await?;
    let mut mine = Vec::new();
    for (slug, known) in store::known(&mut tx, None).await? {
        if maintains(&visit, &mut tx, &ports, &known).await? {
            mine.push((slug, known));
        }
    }
    tx.commit().await?;
    let staff = person.has(Role::Administrator) || person.has(Role::Officer);
    if mine.is_empty() && !staff {
        return Err(Failure::Forbidden { needs: Role::Officer });
    }
    mine.sort_by(|one, other| one.1.facts.name.cmp(&other.1.facts.name));
    let cards: Vec<LinkCard> = mine
        .iter()
        .map(|(slug, known)| {
            let mut card = LinkCard::new(&known.facts.name, &format!("/register/{slug}"));
            let names: Vec<&str> =
                known.resources.iter().map(|resource| resource.facts.name.as_str()).collect();
            card = card.line(&names.join(", "));
            if !known.facts.owner.is_empty() {
                card = card.line(&t(lang, "facilities-owned-by", &[("owner", &known.facts.owner)]));
            }
            card
        })
        .collect();
    let body = html! {
        @if staff {
            p.actions {
                (Button::quiet(&t(lang, "facilities-new", &[])).href("/register/new"))
                @if person.has(Role::Administrator) {
                    (Button::quiet(&t(lang, "facilities-import", &[])).href("/register/import"))
                    (Button::quiet(&t(lang, "facilities-school", &[])).href("/register/school-year"))
                }
            }
        }
        @if cards.is_empty() {
            (EmptyState::new(&t(lang, "facilities-empty", &[]), &t(lang, "facilities-register-empty-hint", &[])))
        } @else {
            (LinkCard::list(&cards))
        }
        p { a href="/open-data" { (t(lang, "facilities-open-data", &[])) } }
    };
    Ok(visit.page(&t(lang, "facilities-register", &[])).body(body).render())
}
