//! `/register/{slug}/equipment`: what can be had with what.

use axum::Extension;
use axum::extract::{Form, Path};
use axum::response::{IntoResponse, Redirect, Response};
use cloud_kernel::web::{Failure, Visit};
use cloud_ui::{Button, Card, Checkbox, EmptyState, ErrorSummary, Field, t};
use facilities_domain::{EquipmentFacts, STOCK_MAX, State, Wrong, check_slug, read_number, slug_of};
use http::StatusCode;
use maud::{Markup, html};

use super::history::{over_theirs, written_meanwhile};
use super::{Sent, Work, obstacle, saved, seen_field, summary};
use crate::Ports;
use crate::store::Version;

/// The page; `?one=<slug>` opens the form of that one.
pub(crate) async fn show(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Path(slug): Path<String>,
    axum::extract::Query(chosen): axum::extract::Query<Chosen>,
) -> Result<Markup, Failure> {
    let work = Work::begin(&visit, &ports, &slug).await?;
    let one = chosen.one.as_deref().unwrap_or_default();
    let facts =
        work.known.equipment.iter().find(|equipment| equipment.slug == one).map(|one| one.facts.clone());
    let one = if facts.is_some() { one } else { "" };
    let facts = facts.unwrap_or_default();
    let stock = facts.stock.map(|stock| stock.to_string()).unwrap_or_default();
    page(work, one, (&facts, &stock), ErrorSummary::new(visit.lang), &[]).await
}

/// Which is being changed.
#[derive(serde::Deserialize)]
pub(crate) struct Chosen {
    one: Option<String>,
}

async fn page(
    mut work: Work<'_>,
    one: &str,
    (facts, stock): (&EquipmentFacts, &str),
    errors: ErrorSummary,
    since: &[Version],
) -> Result<Markup, Failure> {
    let (lang, when) = (work.visit.lang, work.visit.when());
    let id = work.known.equipment.iter().find(|equipment| equipment.slug == one);
    let seen = match id.map(|equipment| equipment.id.uuid()) {
        Some(id) => Some(work.seen((id, "equipment")).await?),
        None => None,
    };
    let action = format!("/register/{}/equipment", work.slug);
    let title = if one.is_empty() {
        t(lang, "facilities-equipment-add", &[])
    } else {
        t(lang, "facilities-equipment-change", &[("name", &facts.name)])
    };
    let body = html! {
        @if !since.is_empty() { (written_meanwhile(lang, &when, since)) }
        @if work.known.equipment.is_empty() {
            (EmptyState::new(&t(lang, "facilities-equipment-empty", &[]), &t(lang, "facilities-equipment-empty-hint", &[])))
        } @else {
            ul.list {
                @for equipment in &work.known.equipment {
                    li.register-row {
                        span {
                            (equipment.facts.name) " "
                            @if let Some(stock) = equipment.facts.stock {
                                span.quiet { (t(lang, "facilities-stock", &[("count", &stock)])) }
                            }
                        }
                        (Button::quiet(&t(lang, "facilities-change", &[])).about(&equipment.facts.name)
                            .href(&format!("{action}?one={}#form", equipment.slug)))
                    }
                }
            }
        }
        (Card::new("form", &title, html! {
            form method="post" action=(action) {
                input type="hidden" name="one" value=(one);
                @if let Some(seen) = seen { (seen_field(seen)) }
                (Field::text("name", &t(lang, "facilities-name", &[])).value(&facts.name).error(errors.of("name")).required())
                (Field::number("stock", &t(lang, "facilities-stock-name", &[])).hint(&t(lang, "facilities-stock-hint", &[]))
                    .value(stock).error(errors.of("stock")).optional(lang))
                (Field::text("description", &t(lang, "facilities-description", &[])).value(&facts.description)
                    .error(errors.of("description")).optional(lang))
                fieldset.field {
                    legend { (t(lang, "facilities-equipment-with", &[])) }
                    span.hint { (t(lang, "facilities-equipment-with-hint", &[])) }
                    @for resource in &work.known.resources {
                        (Checkbox::new(&format!("with-{}", resource.slug), &resource.facts.name)
                            .checked(facts.resources.contains(&resource.slug)))
                    }
                }
                (Button::primary(&t(lang, "facilities-save", &[])))
            }
        }))
    };
    let name = format!("{}: {}", t(lang, "facilities-equipment", &[]), work.known.facts.name);
    work.finish(&name, errors, body).await
}

/// The form's answer.
pub(crate) async fn save(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Path(slug): Path<String>,
    Form(sent): Form<Sent>,
) -> Result<Response, Failure> {
    let lang = visit.lang;
    let mut work = Work::begin_change(&visit, &ports, &slug).await?;
    let known = |one: &str| work.known.equipment.iter().any(|equipment| equipment.slug == one);
    let changed = sent.text("one");
    if !changed.is_empty() && !known(changed) {
        return Err(Failure::NotFound);
    }
    let mut wrong = Vec::new();
    let stock = match sent.text("stock") {
        "" => None,
        text => read_number(text, 0, STOCK_MAX).map_err(|reason| wrong.push(("stock", reason))).ok(),
    };
    let with = |slug: &String| sent.ticked(&format!("with-{slug}"));
    let mut resources: Vec<String> =
        work.known.resources.iter().map(|resource| resource.slug.clone()).filter(with).collect();
    resources.sort_unstable();
    let facts = EquipmentFacts {
        name: sent.text("name").to_owned(),
        stock,
        description: sent.text("description").to_owned(),
        resources,
    };
    wrong.extend(facts.problems());
    let one = if changed.is_empty() { slug_of(&facts.name) } else { changed.to_owned() };
    if changed.is_empty() && wrong.is_empty() {
        if known(&one) {
            wrong.push(("name", Wrong::Taken));
        } else if let Err(reason) = check_slug(&one) {
            wrong.push(("name", reason));
        }
    }
    let mut errors = summary(lang, wrong);
    if let (true, Some(now)) =
        (errors.is_empty(), work.known.equipment.iter().find(|equipment| equipment.slug == one).cloned())
    {
        let since = work.written_since(&sent, (now.id.uuid(), "equipment")).await?;
        if !since.is_empty() && facts != now.facts {
            let both = over_theirs(&since, State::equipment, facts, &now.facts);
            let stock = both.stock.map(|stock| stock.to_string()).unwrap_or_default();
            let page = page(work, changed, (&both, &stock), errors, &since).await?;
            return Ok((StatusCode::CONFLICT, page).into_response());
        }
    }
    if errors.is_empty() {
        let (mut register, known) = work.register();
        match register.equipment(known, &one, &facts).await {
            Ok(_) => {
                // Equipment that is not wanted any more has a stock of none; it does not go.
                let kept = register.kept.filter(|_| !changed.is_empty());
                let to = saved(&format!("/register/{slug}/equipment"), kept);
                work.tx.commit().await?;
                return Ok(Redirect::to(&to).into_response());
            }
            Err(refused) => {
                let (field, text) = obstacle(lang, refused)?;
                errors = errors.error(field, &text);
            }
        }
    }
    let page = page(work, changed, (&facts, sent.text("stock")), errors, &[]).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}
