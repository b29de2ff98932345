//! `/faults/places/{slug}`: the places of a facility that labels point at.

use axum::Extension;
use axum::extract::Path;
use axum::response::{IntoResponse, Redirect, Response};
use cloud_contracts::Facility;
use cloud_kernel::Actor;
use cloud_kernel::web::{Failure, Visit};
use cloud_ui::{Button, Card, EmptyState, ErrorSummary, Field, Notice, Select, t};
use faults_domain::name;
use http::StatusCode;
use maud::{Markup, html};
use protocols_ids::ResourceId;
use serde_json::json;

use super::{Sent, field, worked_at, wrong_words};
use crate::Ports;
use crate::store::{self, PLACES_MAX, Place};

/// The list, and the form for one more.
pub async fn show(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Path(slug): Path<String>,
) -> Result<Markup, Failure> {
    let mut tx = visit.begin().await?;
    let (_, facility) = worked_at(&visit, &mut tx, &ports, &slug).await?;
    let places = store::places(&mut tx, facility.id).await?;
    tx.commit().await?;
    Ok(page(&visit, &facility, &places, ("", ErrorSummary::new(visit.lang))))
}

fn page(
    visit: &Visit,
    facility: &Facility,
    places: &[Place],
    (typed, errors): (&str, ErrorSummary),
) -> Markup {
    let lang = visit.lang;
    let href = format!("/faults/places/{}", facility.slug);
    let resources = facility.resources.iter().fold(
        Select::new("resource", &t(lang, "faults-place-resource", &[]))
            .hint(&t(lang, "faults-place-resource-hint", &[]))
            .option("", &t(lang, "faults-place-no-resource", &[])),
        |select, one| select.option(&one.id.to_string(), &one.name),
    );
    let body = html! {
        p.actions { (Button::primary(&t(lang, "faults-labels", &[])).href(&format!("{href}/labels"))) }
        @if places.is_empty() {
            (EmptyState::new(&t(lang, "faults-places-empty", &[]), &t(lang, "faults-places-empty-hint", &[])))
        } @else {
            ul.plain-list { @for place in places {
                li {
                    div {
                        p { strong { (place.name) } }
                        p.quiet { a href={ "/report/" (facility.slug) "/" (place.no) } { "/report/" (facility.slug) "/" (place.no) } }
                    }
                    form.inline method="post" action={ (href) "/remove" } {
                        input type="hidden" name="no" value=(place.no);
                        (Button::danger(&t(lang, "faults-place-remove", &[])).about(&place.name))
                    }
                }
            } }
        }
        (Card::new("add", &t(lang, "faults-place-add", &[]), html! {
            form method="post" action=(href) {
                (Field::text("name", &t(lang, "faults-place-name", &[])).hint(&t(lang, "faults-place-name-hint", &[]))
                    .value(typed).error(errors.of("name")).required())
                @if !facility.resources.is_empty() { (resources) }
                (Button::quiet(&t(lang, "faults-place-save", &[])))
            }
        }))
        p { a href={ "/report/" (facility.slug) } { (t(lang, "faults-see-form", &[])) } }
    };
    let mut page = visit
        .page(&t(lang, "faults-labels-title", &[]))
        .crumb(&t(lang, "faults-title", &[]), "/faults")
        .lead(&facility.name)
        .errors(errors);
    let removed = visit.uri.query().and_then(|query| query.strip_prefix("removed="));
    if let Some(no) = removed.and_then(|no| no.parse::<i16>().ok()) {
        let undo = html! {
            div.notice.notice-good role="status" {
                p { (t(lang, "faults-place-removed", &[])) }
                form.inline method="post" action={ (href) "/restore" } {
                    input type="hidden" name="no" value=(no);
                    (Button::quiet(&t(lang, "faults-undo", &[])))
                }
            }
        };
        return page.body(html! { (undo) (body) }).render();
    }
    if visit.uri.query() == Some("done") {
        page = page.notice(Notice::success(&t(lang, "faults-place-done", &[])));
    }
    page.body(body).render()
}

/// One more.
pub async fn make(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Path(slug): Path<String>,
    sent: Sent,
) -> Result<Response, Failure> {
    let lang = visit.lang;
    let mut tx = visit.begin().await?;
    let (person, facility) = worked_at(&visit, &mut tx, &ports, &slug).await?;
    let typed = field(&sent, "name");
    let resource: Option<ResourceId> =
        field(&sent, "resource").parse().ok().filter(|id| facility.resource(*id).is_some());
    let made = match name(typed) {
        Err(wrong) => Err(wrong_words(lang, wrong)),
        Ok(name) => match store::make_place(&mut tx, facility.id, &name, resource).await? {
            Some(no) => Ok((no, name)),
            None => Err(t(lang, "faults-places-many", &[("most", &PLACES_MAX)])),
        },
    };
    let (no, name) = match made {
        Ok(made) => made,
        Err(text) => {
            let places = store::places(&mut tx, facility.id).await?;
            let errors = ErrorSummary::new(lang).error("name", &text);
            let page = page(&visit, &facility, &places, (typed, errors));
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
        }
    };
    let detail = json!({ "no": no, "name": name, "resource": resource });
    let actor = Actor::Person(person.person);
    tx.audit(actor, "faults.place_made", Some(facility.id.uuid()), &detail).await?;
    tx.commit().await?;
    Ok(Redirect::to(&format!("/faults/places/{slug}?done")).into_response())
}

/// One less: its label leads to the facility's form from now on.
pub async fn remove(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Path(slug): Path<String>,
    sent: Sent,
) -> Result<Redirect, Failure> {
    let mut tx = visit.begin().await?;
    let (person, facility) = worked_at(&visit, &mut tx, &ports, &slug).await?;
    let no: i16 = field(&sent, "no").parse().map_err(|_| Failure::BadRequest("no place's number"))?;
    if store::remove_place(&mut tx, facility.id, no).await? {
        let actor = Actor::Person(person.person);
        tx.audit(actor, "faults.place_removed", Some(facility.id.uuid()), &json!({ "no": no })).await?;
        tx.commit().await?;
    }
    Ok(Redirect::to(&format!("/faults/places/{slug}?removed={no}")))
}

/// It is there again.
pub async fn restore(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Path(slug): Path<String>,
    sent: Sent,
) -> Result<Redirect, Failure> {
    let mut tx = visit.begin().await?;
    let (person, facility) = worked_at(&visit, &mut tx, &ports, &slug).await?;
    let no: i16 = field(&sent, "no").parse().map_err(|_| Failure::BadRequest("no place's number"))?;
    if store::restore_place(&mut tx, facility.id, no).await? {
        let actor = Actor::Person(person.person);
        tx.audit(actor, "faults.place_restored", Some(facility.id.uuid()), &json!({ "no": no })).await?;
        tx.commit().await?;
    }
    Ok(Redirect::to(&format!("/faults/places/{slug}?done")))
}
