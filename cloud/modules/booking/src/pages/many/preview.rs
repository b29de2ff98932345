//! What becomes of each, before anything happens; then it happens.

use axum::Extension;
use axum::extract::Form;
use axum::response::{IntoResponse, Redirect, Response};
use cloud_kernel::Role;
use cloud_kernel::web::{Failure, Visit};
use cloud_ui::{Badge, Button, ErrorSummary, Notice, Table, Tone, t};
use http::StatusCode;
use maud::{Markup, html};
use protocols_ids::BookingId;

use super::super::words::reason_text;
use super::super::{booking_href, when_at};
use super::{Typed, choose, decides, of_space, of_time, time_words};
use crate::Ports;
use crate::mass::carry::{Carried, carry_out as carry};
use crate::mass::{NoPlan, Outcome, Plan, Wanted, plan};
use crate::store::mass::Action;

type Sent = Result<Form<Vec<(String, String)>>, axum::extract::rejection::FormRejection>;

fn read(sent: Sent) -> Result<Typed, Failure> {
    let Form(fields) = sent.map_err(|_| Failure::BadRequest("a change of many that no page of ours has"))?;
    Ok(Typed::read(fields))
}

/// What is wanted, or the page that says what is wrong.
async fn wanted(visit: &Visit, ports: &Ports, typed: &Typed) -> Result<Result<Wanted, Response>, Failure> {
    let officer = visit.staff(Role::Officer)?;
    let mut tx = visit.begin().await?;
    let facility = ports.facilities.by_slug(&mut tx, &typed.facility).await?;
    tx.commit().await?;
    let facility = facility.filter(|one| decides(officer, one)).ok_or(Failure::NotFound)?;
    Ok(match typed.wanted(visit.lang, &facility) {
        Ok(wanted) => Ok(wanted),
        Err(errors) => {
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            Err(choose::answer(visit, ports, typed.clone(), status, &errors).await?)
        }
    })
}

/// The preview.
pub async fn show(visit: Visit, Extension(ports): Extension<Ports>, sent: Sent) -> Result<Response, Failure> {
    let typed = read(sent)?;
    let wanted = match wanted(&visit, &ports, &typed).await? {
        Ok(wanted) => wanted,
        Err(answer) => return Ok(answer),
    };
    let officer = visit.staff(Role::Officer)?;
    let mut tx = visit.begin().await?;
    let planned = plan(&mut tx, &ports, &wanted, |facility| decides(officer, facility)).await?;
    tx.commit().await?;
    match planned {
        Ok(plan) => Ok(shown(&visit, &typed, &plan, StatusCode::OK, &html! {})),
        Err(none) => no_plan(&visit, &ports, typed, &none).await,
    }
}

/// The deed; or, where something has changed since, the preview as it is now.
pub async fn carry_out(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    sent: Sent,
) -> Result<Response, Failure> {
    let typed = read(sent)?;
    let wanted = match wanted(&visit, &ports, &typed).await? {
        Ok(wanted) => wanted,
        Err(answer) => return Ok(answer),
    };
    let officer = visit.staff(Role::Officer)?;
    let may = |facility: &cloud_contracts::Facility| decides(officer, facility);
    match carry(&visit, &ports, officer.person, &wanted, typed.digest, may).await? {
        Carried::Done(change) => Ok(Redirect::to(&super::done::href(change)).into_response()),
        Carried::Stale(plan) => {
            let lang = visit.lang;
            let notice = html! {
                (Notice::warning(&t(lang, "booking-many-stale", &[])).more(&t(lang, "booking-many-stale-next", &[])))
            };
            Ok(shown(&visit, &typed, &plan, StatusCode::CONFLICT, &notice))
        }
        Carried::Not(none) => no_plan(&visit, &ports, typed, &none).await,
    }
}

async fn no_plan(visit: &Visit, ports: &Ports, typed: Typed, none: &NoPlan) -> Result<Response, Failure> {
    let lang = visit.lang;
    let errors = ErrorSummary::new(lang);
    let errors = match none {
        NoPlan::NoFacility => return Err(Failure::NotFound),
        NoPlan::TooManyDisplaced(count) => {
            errors.error("displacing", &t(lang, "booking-many-error-displaced", &[("count", count)]))
        }
        NoPlan::NoClosing => errors.error("close_first", &t(lang, "booking-many-error-closing", &[])),
    };
    choose::answer(visit, ports, typed, StatusCode::UNPROCESSABLE_ENTITY, &errors).await
}

fn shown(visit: &Visit, typed: &Typed, plan: &Plan, status: StatusCode, notice: &Markup) -> Response {
    let lang = visit.lang;
    let preview = Preview { visit, plan };
    let counts = plan.counts();
    let back = format!("/desk/many?{}", typed.query);
    let undo = t(lang, "booking-many-undo-after", &[("minutes", &plan.undo_minutes)]);
    let heading = match typed.action.as_str() {
        action if action == Action::Move.key() => t(
            lang,
            "booking-many-sum-move",
            &[("moved", &counts.moved), ("displaced", &counts.displaced), ("offered", &counts.offered)],
        ),
        _ => t(lang, "booking-many-sum-cancel", &[("given", &counts.given_up), ("offered", &counts.offered)]),
    };
    let body = html! {
        (notice)
        p.lead.many-sum { (heading) }
        @if counts.staying > 0 {
            (Notice::info(&t(lang, "booking-many-staying", &[("count", &counts.staying)])))
        }
        @if plan.does_something() {
            form method="post" action="/desk/many/carry-out" {
                @for (name, value) in typed.fields() { input type="hidden" name=(name) value=(value); }
                input type="hidden" name="digest" value=(plan.digest.to_string());
                p.quiet { (undo) }
                p.actions {
                    (carry_button(lang, &typed.action, counts))
                    " "
                    (Button::quiet(&t(lang, "booking-many-back", &[])).href(&back))
                }
            }
        } @else {
            (Notice::warning(&t(lang, "booking-many-nothing", &[])))
            p.actions { (Button::quiet(&t(lang, "booking-many-back", &[])).href(&back)) }
        }
        (preview.displaced())
        (preview.chosen())
    };
    let title = t(lang, "booking-many-preview-title", &[]);
    let page = visit.page(&title).crumb(&t(lang, "booking-many-title", &[]), &back);
    (status, page.body(body).render()).into_response()
}

fn carry_button(lang: cloud_ui::Lang, action: &str, counts: crate::mass::Counts) -> Button {
    if action == Action::Move.key() {
        Button::primary(&t(lang, "booking-many-do-move", &[("count", &counts.moved)]))
    } else if action == Action::Cancel.key() {
        Button::danger(&t(lang, "booking-many-do-cancel", &[("count", &counts.given_up)]))
    } else {
        Button::danger(&t(lang, "booking-many-do-close", &[("count", &counts.given_up)]))
    }
}

struct Preview<'a> {
    visit: &'a Visit,
    plan: &'a Plan,
}

impl Preview<'_> {
    fn words(&self, time: (protocols_ids::ResourceId, booking_domain::Span)) -> String {
        let when = when_at(self.visit, Some(&self.plan.facility));
        time_words(self.visit.lang, &when, &self.plan.neighbours, time)
    }

    /// `1005, Hallens IF`, leading to it.
    fn booking(&self, id: BookingId) -> Markup {
        html! {
            @if let Some(booking) = self.plan.bookings.get(&id) {
                span { a href=(booking_href(id)) { (booking.number) } ", " (booking.customer_name) }
            }
        }
    }

    fn chosen(&self) -> Markup {
        let lang = self.visit.lang;
        if self.plan.rows.is_empty() {
            return html! {};
        }
        let heads = [
            t(lang, "booking-time", &[]),
            t(lang, "booking-many-booking", &[]),
            t(lang, "booking-many-becomes", &[]),
        ];
        let heads: Vec<&str> = heads.iter().map(String::as_str).collect();
        let table = Table::new(&t(lang, "booking-many-chosen", &[]), &heads);
        let table = self.plan.rows.iter().fold(table, |table, row| {
            let time = html! { (self.words(of_time(&row.time))) };
            let outcome = html! { span { (self.outcome(&row.outcome)) } };
            table.row([time, self.booking(row.booking), outcome])
        });
        html! { (table) }
    }

    fn outcome(&self, outcome: &Outcome) -> Markup {
        let lang = self.visit.lang;
        let stays = || Badge::new(Tone::Warning, &t(lang, "booking-many-stays", &[]));
        match outcome {
            Outcome::Moved(to) => html! {
                (Badge::new(Tone::Good, &t(lang, "booking-many-moves", &[]))) " " (self.words(of_space(to)))
            },
            Outcome::GivenUp(offer) => html! {
                (Badge::new(Tone::Bad, &t(lang, "booking-many-goes", &[]))) " " (self.offer(offer.as_ref()))
            },
            Outcome::Refused(reasons) => {
                let when = when_at(self.visit, Some(&self.plan.facility));
                html! {
                    (stays()) " "
                    @for reason in reasons { (reason_text(lang, &when, reason)) " " }
                }
            }
            Outcome::Clash(with) => html! {
                (stays()) " " (t(lang, "booking-many-clash", &[])) " "
                @for (index, booking) in with.iter().enumerate() {
                    @if index > 0 { "; " }
                    (self.booking(*booking))
                }
            },
            Outcome::ExcludesOwn(_) => html! { (stays()) " " (t(lang, "booking-many-own", &[])) },
            Outcome::Outside => html! { (stays()) " " (t(lang, "booking-many-outside", &[])) },
        }
    }

    fn offer(&self, offer: Option<&booking_domain::Occurrence>) -> Markup {
        let lang = self.visit.lang;
        html! {
            @match offer {
                Some(offer) => { (t(lang, "booking-many-offered", &[("time", &self.words(of_space(offer)))])) }
                None => { (t(lang, "booking-many-no-offer", &[])) }
            }
        }
    }

    fn displaced(&self) -> Markup {
        let lang = self.visit.lang;
        if self.plan.displaced.is_empty() {
            return html! {};
        }
        let heads = [
            t(lang, "booking-time", &[]),
            t(lang, "booking-many-booking", &[]),
            t(lang, "booking-many-instead", &[]),
        ];
        let heads: Vec<&str> = heads.iter().map(String::as_str).collect();
        let table = Table::new(&t(lang, "booking-many-displaced", &[]), &heads);
        let table = self.plan.displaced.iter().fold(table, |table, one| {
            let time = html! { (self.words(of_time(&one.time))) };
            table.row([time, self.booking(one.booking), self.offer(one.offer.as_ref())])
        });
        html! { (table) }
    }
}
