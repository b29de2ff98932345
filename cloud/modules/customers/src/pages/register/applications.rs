//! `/customers/applications`: who asks to be in the register, and what an officer answers.

use axum::extract::{Form, Path};
use axum::response::{IntoResponse, Redirect, Response};
use cloud_kernel::web::{Failure, Visit};
use cloud_ui::{
    Badge, Button, Card, EmptyState, ErrorSummary, Facts as Rows, Field as Input, Lang, LinkCard, Notice,
    RadioGroup, Tone, t,
};
use customers_domain::{Application, Because, Field, Reason, guardian_until, whole_years};
use http::StatusCode;
use maud::{Markup, html};
use protocols_ids::CustomerId;

use super::staff;
use crate::applying::{self, Refused, born, like};
use crate::pages::words::{Sent, field_words, kind_words, wrong_words};
use crate::store::applications::{self, Asked, Row, Which};
use crate::store::register::protected_of;

pub(crate) fn asked_words(lang: Lang, asked: Asked) -> String {
    match asked {
        Asked::Association => t(lang, "customers-association", &[]),
        Asked::Company => t(lang, "customers-company", &[]),
        Asked::Child => t(lang, "people-child", &[]),
    }
}

pub(crate) fn because_words(lang: Lang, because: Because) -> String {
    match because {
        Because::Number => t(lang, "people-because-number", &[]),
        Because::Email => t(lang, "people-because-email", &[]),
        Because::Name => t(lang, "people-because-name", &[]),
    }
}

/// The queue, oldest first.
pub(crate) async fn list(visit: Visit) -> Result<Markup, Failure> {
    staff(&visit)?;
    let lang = visit.lang;
    let mut tx = visit.begin().await?;
    let rows = applications::read(&mut tx, Which::Waiting).await?;
    tx.commit().await?;
    let when = visit.when();
    let cards: Vec<LinkCard> = rows
        .iter()
        .map(|row| {
            LinkCard::new(&row.facts.name, &format!("/customers/applications/{}", row.id))
                .line(&asked_words(lang, row.asked))
                .line(&t(lang, "people-asked-at", &[("when", &when.near_clock(row.asked_at))]))
        })
        .collect();
    let done = visit.uri.query().is_some_and(|query| query.contains("done=decided"));
    let page = visit
        .page(&t(lang, "people-queue", &[]))
        .crumb(&t(lang, "people-register", &[]), "/customers")
        .body(html! {
            @if cards.is_empty() {
                (EmptyState::new(&t(lang, "people-queue-empty", &[]), &t(lang, "people-queue-empty-hint", &[])))
            } @else {
                (LinkCard::list(&cards))
            }
        });
    let decided = done.then(|| Notice::success(&t(lang, "people-decided", &[])));
    Ok(decided.into_iter().fold(page, cloud_ui::Page::notice).render())
}

async fn one(visit: &Visit, id: &str) -> Result<(cloud_kernel::TenantTx, Row), Failure> {
    staff(visit)?;
    let id = id.parse().map_err(|_| Failure::NotFound)?;
    let mut tx = visit.begin().await?;
    let row = applications::read(&mut tx, Which::One(id)).await?.pop().ok_or(Failure::NotFound)?;
    Ok((tx, row))
}

/// One application.
pub(crate) async fn show(visit: Visit, Path(id): Path<String>) -> Result<Markup, Failure> {
    let (tx, row) = one(&visit, &id).await?;
    page(&visit, tx, row, ErrorSummary::new(visit.lang)).await
}

async fn page(
    visit: &Visit,
    mut tx: cloud_kernel::TenantTx,
    row: Row,
    errors: ErrorSummary,
) -> Result<Markup, Failure> {
    let lang = visit.lang;
    let waits = row.state == Application::Asked;
    let alike =
        if waits && row.asked != Asked::Child { like(&mut tx, &row.facts).await? } else { Vec::new() };
    let hidden = protected_of(&mut tx, &[row.applicant]).await?.contains(&row.applicant);
    let today = visit.when().today();
    let born = born(&mut tx, &row)?;
    tx.commit().await?;
    let applicant = if hidden { t(lang, "customers-protected", &[]) } else { row.applicant_name.clone() };
    let mut rows = Rows::new()
        .row(&t(lang, "people-kind", &[]), asked_words(lang, row.asked))
        .row(&t(lang, "people-applicant", &[]), applicant)
        .row(&t(lang, "people-asked", &[]), visit.when().day_and_clock(row.asked_at));
    for field in Field::ALL.into_iter().filter(|field| *field != Field::Name) {
        let text = row.facts.get(field);
        if !text.is_empty() {
            rows = rows.row(&field_words(lang, field), text);
        }
    }
    if let Some(age) = born.and_then(|born| whole_years(born, today)) {
        rows = rows.row(&t(lang, "people-age", &[]), t(lang, "people-age-years", &[("years", &age)]));
    }
    if !row.statement.is_empty() {
        rows = rows.row(&t(lang, "people-statement", &[]), &row.statement);
    }
    let no_child =
        row.asked == Asked::Child && waits && born.and_then(|born| guardian_until(born, today)).is_none();
    let at = format!("/customers/applications/{}", row.id);
    let mut same = RadioGroup::new("same", &t(lang, "people-same", &[]))
        .chosen("")
        .option("", &t(lang, "people-same-new", &[]));
    for (id, kind, name, because) in &alike {
        let hint = format!("{} · {}", kind_words(lang, *kind), because_words(lang, *because));
        same = same.option_with_hint(&id.to_string(), name, &hint);
    }
    let body = html! {
        (rows)
        @if waits {
            @if no_child {
                (Notice::warning(&t(lang, "people-no-child", &[])))
            } @else {
                (Card::new("approve", &t(lang, "people-approve", &[]), html! {
                    form method="post" action={ (at) "/approve" } {
                        @if !alike.is_empty() {
                            (Notice::warning(&t(lang, "people-like", &[])).more(&t(lang, "people-like-officer", &[])))
                            (same)
                        }
                        @if row.asked == Asked::Child {
                            p { (t(lang, "people-approve-child", &[])) }
                        } @else {
                            p { (t(lang, "people-approve-what", &[])) }
                        }
                        (Button::primary(&t(lang, "people-approve", &[])))
                    }
                }))
            }
            (Card::new("refuse", &t(lang, "people-refuse", &[]), html! {
                form method="post" action={ (at) "/refuse" } {
                    (Input::long_text("reason", &t(lang, "people-reason", &[])).hint(&t(lang, "people-refuse-hint", &[]))
                        .error(errors.of("reason")).required())
                    (Button::danger(&t(lang, "people-refuse", &[])))
                }
            }))
        } @else {
            p { (state_badge(lang, &row.state)) }
            @if let Some(customer) = row.customer { p { a href={ "/customers/" (customer) } { (row.facts.name) } } }
        }
    };
    let page = visit
        .page(&row.facts.name)
        .crumb(&t(lang, "people-register", &[]), "/customers")
        .crumb(&t(lang, "people-queue", &[]), "/customers/applications");
    Ok(page.errors(errors).body(body).render())
}

pub(crate) fn state_badge(lang: Lang, state: &Application) -> Badge {
    match state {
        Application::Asked => Badge::new(Tone::Waiting, &t(lang, "people-state-asked", &[])),
        Application::Approved => Badge::new(Tone::Good, &t(lang, "people-state-approved", &[])),
        Application::Refused { .. } => Badge::new(Tone::Bad, &t(lang, "people-state-refused", &[])),
        Application::Withdrawn => Badge::new(Tone::Info, &t(lang, "people-state-withdrawn", &[])),
    }
}

fn refused_words(lang: Lang, refused: Refused) -> String {
    match refused {
        Refused::Over => t(lang, "people-refused-over", &[]),
        Refused::NoSuch => t(lang, "people-refused-no-such", &[]),
        Refused::NoChild => t(lang, "people-no-child", &[]),
    }
}

/// Approves it.
pub(crate) async fn approve(
    visit: Visit,
    Path(id): Path<String>,
    Form(sent): Form<Sent>,
) -> Result<Response, Failure> {
    let officer = staff(&visit)?.person;
    let (mut tx, row) = one(&visit, &id).await?;
    let same: Option<CustomerId> = sent.text("same").parse().ok();
    match applying::approve(&mut tx, officer, row, same).await? {
        Ok(_) => {
            tx.commit().await?;
            Ok(Redirect::to("/customers/applications?done=decided").into_response())
        }
        Err(refused) => again(&visit, tx, &id, "same", refused).await,
    }
}

/// The application anew, with why it was not decided so.
async fn again(
    visit: &Visit,
    tx: cloud_kernel::TenantTx,
    id: &str,
    field: &str,
    refused: Refused,
) -> Result<Response, Failure> {
    drop(tx);
    let (tx, row) = one(visit, id).await?;
    let errors = ErrorSummary::new(visit.lang).error(field, &refused_words(visit.lang, refused));
    let page = page(visit, tx, row, errors).await?;
    Ok((StatusCode::CONFLICT, page).into_response())
}

/// Refuses it, with why.
pub(crate) async fn refuse(
    visit: Visit,
    Path(id): Path<String>,
    Form(sent): Form<Sent>,
) -> Result<Response, Failure> {
    let officer = staff(&visit)?.person;
    let (mut tx, row) = one(&visit, &id).await?;
    let reason = match Reason::parse(sent.text("reason")) {
        Ok(reason) => reason,
        Err(wrong) => {
            let errors = ErrorSummary::new(visit.lang).error("reason", &wrong_words(visit.lang, wrong));
            let page = page(&visit, tx, row, errors).await?;
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
        }
    };
    match applying::refuse(&mut tx, officer, row, reason).await? {
        Ok(()) => {
            tx.commit().await?;
            Ok(Redirect::to("/customers/applications?done=decided").into_response())
        }
        Err(refused) => again(&visit, tx, &id, "reason", refused).await,
    }
}
