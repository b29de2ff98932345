//! `/bookings/{id}/accessories`: equipment and services of a booking, chosen anew.

use axum::Extension;
use axum::extract::{Form, Path};
use axum::response::{IntoResponse, Redirect, Response};
use booking_domain::{ACCESSORIES_MAX, ACCESSORY_COUNT_MAX, Span};
use cloud_kernel::web::{Failure, Visit};
use cloud_ui::{Button, ErrorSummary, t};
use http::StatusCode;
use maud::html;
use protocols_ids::BookingId;

use super::booking_href;
use super::change::{Seen, page};
use super::fields::{About, Asks, accessory_field};
use super::when_at;
use super::words::reason_text;
use crate::Ports;
use crate::change::{Changed, equip};
use crate::extras;

/// The form.
pub async fn show(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Path(id): Path<BookingId>,
) -> Result<Response, Failure> {
    let seen = Seen::read(&visit, &ports, id).await?;
    let asks = asks_of(&visit, &seen).await?;
    if !seen.can_change(&visit) || asks.equipment.is_empty() {
        return Ok(Redirect::to(&booking_href(id)).into_response());
    }
    let mut tx = visit.begin().await?;
    let accessories = extras::of_booking(&mut tx, &seen.coming(&visit)).await?;
    tx.commit().await?;
    let chosen = accessories.iter().map(|one| (one.equipment, one.count.to_string())).collect();
    let about = About { accessories: chosen, ..About::default() };
    Ok(form(&visit, &seen, &asks, &about, StatusCode::OK, &ErrorSummary::new(visit.lang)))
}

/// Chooses.
pub async fn choose(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Path(id): Path<BookingId>,
    sent: Result<Form<Vec<(String, String)>>, axum::extract::rejection::FormRejection>,
) -> Result<Response, Failure> {
    const FOREIGN: &str = "a form of accessories that no page of ours has";
    let Form(fields) = sent.map_err(|_| Failure::BadRequest(FOREIGN))?;
    let mut about = About::default();
    for (name, value) in fields {
        about.take(&name, value);
    }
    let person = visit.signed_in()?.person;
    let seen = Seen::read(&visit, &ports, id).await?;
    let lang = visit.lang;
    let errors = ErrorSummary::new(lang);
    let (status, errors) = match about.counted() {
        Err(wrong) => {
            let text = t(lang, "booking-error-accessory", &[("most", &ACCESSORY_COUNT_MAX)]);
            let wrong = wrong.iter().fold(errors, |errors, one| errors.error(&accessory_field(*one), &text));
            (StatusCode::UNPROCESSABLE_ENTITY, wrong)
        }
        Ok(accessories) => {
            let tx = visit.begin().await?;
            match equip(tx, &ports, id, (person, seen.officer), &accessories).await? {
                Changed::Done | Changed::Gone => return Ok(Redirect::to(&booking_href(id)).into_response()),
                Changed::Short(short) => {
                    let short = short.iter().fold(errors, |errors, short| {
                        let text = t(lang, "booking-error-short", &[("left", &short.left)]);
                        errors.error(&accessory_field(short.equipment), &text)
                    });
                    (StatusCode::CONFLICT, short)
                }
                Changed::Refused(refusals) => {
                    let when = when_at(&visit, seen.places.first());
                    let refused = refusals.iter().fold(errors, |errors, refusal| {
                        errors.error("accessories", &reason_text(lang, &when, &refusal.reason))
                    });
                    (StatusCode::UNPROCESSABLE_ENTITY, refused)
                }
                Changed::TooLate | Changed::NeedsOfficer | Changed::Clash { .. } => {
                    let text = t(lang, "booking-change-late", &[]);
                    (StatusCode::UNPROCESSABLE_ENTITY, errors.error("accessories", &text))
                }
            }
        }
    };
    let asks = asks_of(&visit, &seen).await?;
    Ok(form(&visit, &seen, &asks, &about, status, &errors))
}

/// What can be had with the times that have not ended, and how much of it, this booking's own counted as left.
async fn asks_of(visit: &Visit, seen: &Seen) -> Result<Asks, Failure> {
    let coming = seen.coming(visit);
    let equipment = extras::equipment_with(seen.places.all(), coming.iter().map(|time| time.resource));
    let equipment: Vec<_> = equipment.into_iter().take(ACCESSORIES_MAX).cloned().collect();
    let counted: Vec<_> = equipment.iter().filter(|one| one.stock.is_some()).map(|one| one.id).collect();
    let spans: Vec<Span> = coming.iter().map(|time| time.span).collect();
    let mut tx = visit.begin().await?;
    let left = extras::left(&mut tx, &counted, &spans, &[seen.booking.id]).await?;
    tx.commit().await?;
    Ok(Asks { peculiar: Vec::new(), equipment, left })
}

fn form(
    visit: &Visit,
    seen: &Seen,
    asks: &Asks,
    about: &About,
    status: StatusCode,
    errors: &ErrorSummary,
) -> Response {
    let (lang, href) = (visit.lang, booking_href(seen.booking.id));
    let body = html! {
        form #accessories method="post" action={ (href) "/accessories" } {
            @for one in &asks.equipment { (about.how_many(lang, one, asks, errors)) }
            (Button::primary(&t(lang, "booking-accessories-save", &[])))
        }
        p.actions { (Button::quiet(&t(lang, "booking-keep-as-is", &[])).href(&href)) }
    };
    let page = page(visit, seen, &t(lang, "booking-accessories-title", &[]));
    (status, page.errors(errors.clone()).body(body).render()).into_response()
}
