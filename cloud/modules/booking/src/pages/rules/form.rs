//! `/rules/edit`: a set of rules as fields; what changes is read in words before it is saved.

use axum::Extension;
use axum::extract::{Form, Query};
use axum::response::{IntoResponse, Redirect, Response};
use booking_domain::{Layer, Parameter, RuleBook, Scope, cut, meets};
use cloud_kernel::web::{Failure, Visit};
use cloud_kernel::{Actor, Role, TenantTx};
use cloud_ui::{Button, Card, ErrorSummary, Field, t};
use http::StatusCode;
use jiff::civil::Date;
use maud::html;
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use super::fields::Fields;
use super::list::done;
use super::typed::{ROWS_MAX, Typed, read, typed};
use super::{Known, href, preview};
use crate::Ports;
use crate::store::rules::{self, StoredLayer};

/// What previews are numbered with, so that only what was seen is saved.
const SEEN: Uuid = Uuid::from_u128(0x7275_6c65_7300_4000_8000_7365_656e_0000);

/// Which rules.
#[derive(Deserialize)]
pub struct Which {
    #[serde(rename = "for")]
    about: String,
    /// The set that is corrected; without it something else is said from a day on.
    set: Option<Uuid>,
}

/// The form.
pub async fn show(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Query(which): Query<Which>,
) -> Result<Response, Failure> {
    let person = visit.staff(Role::Administrator)?;
    let mut tx = visit.begin().await?;
    let known = Known::read(&mut tx, &ports).await?;
    tx.commit().await?;
    let scope = known.of_administrator(person, &which.about)?;
    let today = visit.when().today();
    let corrected = match which.set {
        Some(id) => Some(known.own(scope).find(|stored| stored.id == id).ok_or(Failure::NotFound)?),
        None => None,
    };
    // Something else from a day on begins with what holds now.
    let holding = corrected.or_else(|| known.own(scope).find(|stored| stored.layer.holds_on(today)));
    let mut typed = typed(&holding.map(|stored| stored.layer.parameters.clone()).unwrap_or_default());
    typed.set("for", &which.about);
    if let Some(stored) = corrected {
        typed.set("set", &stored.id);
        typed.set("first", &stored.layer.first);
        typed.set("last", &stored.layer.last.map(|last| last.to_string()).unwrap_or_default());
    } else {
        typed.set("first", &today);
    }
    let screen = Screen { visit: &visit, known: &known, scope, typed: &typed };
    Ok(screen.answer(StatusCode::OK, &ErrorSummary::new(visit.lang), None))
}

/// Shows what changes, and saves it where that has been seen.
pub async fn send(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    sent: Result<Form<Vec<(String, String)>>, axum::extract::rejection::FormRejection>,
) -> Result<Response, Failure> {
    let Form(pairs) = sent.map_err(|_| Failure::BadRequest("a form of rules that no page of ours has"))?;
    let person = visit.staff(Role::Administrator)?;
    let mut typed = Typed::new(pairs);
    let mut tx = visit.begin().await?;
    let known = Known::read(&mut tx, &ports).await?;
    let key = typed.one("for").to_owned();
    let scope = known.of_administrator(person, &key)?;
    if let Some(list) = typed.one("action").strip_prefix("more.").map(str::to_owned) {
        let rows = typed.rows(&list) + 1;
        typed.set(&format!("rows.{list}"), &rows.min(ROWS_MAX));
        let screen = Screen { visit: &visit, known: &known, scope, typed: &typed };
        return Ok(screen.answer(StatusCode::OK, &ErrorSummary::new(visit.lang), None));
    }
    let (layer, errors) = layer(&visit, scope, &typed);
    let Some(layer) = layer.filter(|_| errors.is_empty()) else {
        let screen = Screen { visit: &visit, known: &known, scope, typed: &typed };
        return Ok(screen.answer(StatusCode::UNPROCESSABLE_ENTITY, &errors, None));
    };
    rules::lock(&mut tx, scope).await?;
    let before = rules::of_scope(&mut tx, scope).await?;
    let corrected = typed.one("set").parse::<Uuid>().ok();
    if corrected.is_some_and(|id| !before.iter().any(|stored| stored.id == id)) {
        // Somebody has taken it away meanwhile: what was typed becomes a set of its own.
        typed.set("set", &"");
    }
    let after = planned(&tx, &before, corrected, &layer);
    let seen = seen(&before, &after);
    if typed.one("action") == "save" && typed.one("seen") == seen {
        let undo = rules::replace(&mut tx, &before, &after, person.person).await?;
        let detail = json!({
            "for": key, "first": layer.first, "last": layer.last, "parameters": layer.parameters,
        });
        tx.audit(Actor::Person(person.person), "booking.rules_changed", None, &detail).await?;
        tx.commit().await?;
        return Ok(Redirect::to(&done(&key, "saved", undo)).into_response());
    }
    typed.set("seen", &seen);
    let screen = Screen { visit: &visit, known: &known, scope, typed: &typed };
    Ok(screen.answer(StatusCode::OK, &errors, Some((&before, &after, layer.first))))
}

/// What the form says, and what is wrong with it.
fn layer(visit: &Visit, scope: Scope, typed: &Typed) -> (Option<Layer>, ErrorSummary) {
    let lang = visit.lang;
    let (parameters, mut errors) = read(typed, lang);
    let first: Option<Date> = typed.one("first").parse().ok();
    if first.is_none() {
        errors = errors.error("first", &t(lang, "booking-rules-error-first", &[]));
    }
    let last = match typed.one("last") {
        "" => Ok(None),
        text => text.parse::<Date>().map(Some).map_err(|_| ()),
    };
    if last.is_err() || first.zip(last.unwrap_or(None)).is_some_and(|(first, last)| last < first) {
        errors = errors.error("last", &t(lang, "booking-rules-error-last", &[]));
    }
    let layer = first.zip(last.ok()).map(|(first, last)| Layer { scope, first, last, parameters });
    (layer, errors)
}

/// What the layers of a scope become when one of them is corrected, or another is said: whatever stands in the way gives
/// way on those days and holds on the others.
fn planned(
    tx: &TenantTx,
    before: &[StoredLayer],
    corrected: Option<Uuid>,
    layer: &Layer,
) -> Vec<StoredLayer> {
    let mut after: Vec<StoredLayer> = Vec::new();
    for stored in before.iter().filter(|stored| Some(stored.id) != corrected) {
        if !meets(&stored.layer, layer.first, layer.last) {
            after.push(stored.clone());
            continue;
        }
        let (earlier, rest) = cut(&stored.layer, layer.first, layer.last);
        let keeps = earlier.is_some();
        after.extend(earlier.map(|layer| StoredLayer { id: stored.id, layer }));
        after
            .extend(rest.map(|layer| StoredLayer { id: if keeps { tx.new_id() } else { stored.id }, layer }));
    }
    let id = corrected.filter(|id| before.iter().any(|stored| stored.id == *id));
    after.push(StoredLayer { id: id.unwrap_or_else(|| tx.new_id()), layer: layer.clone() });
    after.sort_by_key(|stored| stored.layer.first);
    after
}

/// A number for a change that was shown: another when the rules, or what was typed, have become other.
fn seen(before: &[StoredLayer], after: &[StoredLayer]) -> String {
    let text = |layers: &[StoredLayer]| {
        let told = layers.iter().map(|stored| {
            let layer = &stored.layer;
            json!([layer.first, layer.last, layer.parameters]).to_string()
        });
        told.collect::<Vec<_>>().join("\n")
    };
    Uuid::new_v5(&SEEN, format!("{}\n\n{}", text(before), text(after)).as_bytes()).to_string()
}

struct Screen<'a> {
    visit: &'a Visit,
    known: &'a Known,
    scope: Scope,
    typed: &'a Typed,
}

impl Screen<'_> {
    /// From where a parameter is inherited on a day: the nearest of the farther layers that says it.
    fn from(&self, parameter: Parameter, day: Date) -> String {
        let lang = self.visit.lang;
        let farther = self.known.over(self.scope).filter(|stored| stored.layer.scope != self.scope);
        let says = farther
            .filter(|stored| stored.layer.holds_on(day) && parameter.is_said(&stored.layer.parameters));
        match says.max_by_key(|stored| stored.layer.scope) {
            Some(stored) => self.known.name(lang, stored.layer.scope),
            None => t(lang, "booking-rules-default", &[]),
        }
    }

    fn answer(
        &self,
        status: StatusCode,
        errors: &ErrorSummary,
        change: Option<(&[StoredLayer], &[StoredLayer], Date)>,
    ) -> Response {
        let (lang, typed) = (self.visit.lang, self.typed);
        let key = typed.one("for");
        let today = self.visit.when().today();
        let day: Date = typed.one("first").parse().unwrap_or(today);
        let book: RuleBook = self.known.book(self.scope, &[]);
        let fields = Fields {
            lang,
            today,
            typed,
            errors,
            inherited: book.on(day),
            from: &|parameter| self.from(parameter, day),
        };
        let look = t(lang, "booking-rules-look", &[]);
        let body = html! {
            form.rules-form method="post" action="/rules/edit" {
                // What the Enter key presses in a field: the first button, and not one that adds an entry or saves.
                button.visually-hidden type="submit" name="action" value="preview" tabindex="-1" aria-hidden="true" {
                    (look)
                }
                input type="hidden" name="for" value=(key);
                input type="hidden" name="set" value=(typed.one("set"));
                @if let Some((before, after, first)) = change {
                    input type="hidden" name="seen" value=(typed.one("seen"));
                    // What is over cannot become other.
                    @let from = first.max(today);
                    @let told = preview::changes(lang, self.known, self.scope, (before, after), (from, today));
                    div data-focus tabindex="-1" {
                        (Card::new("changes", &t(lang, "booking-rules-changes", &[]), told)
                            .foot(html! { (Button::primary(&t(lang, "booking-rules-save", &[])).value("action", "save")) }))
                    }
                }
                (Field::date("first", &t(lang, "booking-rules-first", &[])).hint(&t(lang, "booking-rules-first-hint", &[]))
                    .value(typed.one("first")).error(errors.of("first")).required())
                (Field::date("last", &t(lang, "booking-rules-last", &[])).hint(&t(lang, "booking-rules-last-hint", &[]))
                    .value(typed.one("last")).error(errors.of("last")).optional(lang))
                (fields.all())
                @if change.is_some() {
                    (Button::quiet(&look).value("action", "preview"))
                } @else {
                    (Button::primary(&look).value("action", "preview"))
                }
            }
        };
        let title = t(
            lang,
            if typed.one("set").is_empty() { "booking-rules-change" } else { "booking-rules-edit-title" },
            &[],
        );
        let name = self.known.name(lang, self.scope);
        let page = self
            .visit
            .page(&title)
            .lead(&name)
            .crumb(&t(lang, "booking-rules-list-title", &[]), "/rules")
            .crumb(&name, &href("/rules/of", key));
        (status, page.errors(errors.clone()).body(body).render()).into_response()
    }
}
