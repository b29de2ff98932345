//! `/associations`: for whom one has which role, what one has asked for, and the ways in: an association or company that
//! asks to be in the register, a child, an invitation.

use axum::extract::{Form, Path};
use axum::response::{IntoResponse, Redirect, Response};
use cloud_contracts::CustomerKind;
use cloud_kernel::web::{Failure, Visit};
use cloud_ui::{
    Button, Card, Checkbox, EmptyState, ErrorSummary, Field as Input, Notice, Page, RadioGroup, t,
};
use customers_domain::{Application, Facts, Field, Hold, REASON_CHARS_MAX, guardian_until};
use http::StatusCode;
use maud::{Markup, html};
use protocols_ids::Uuid;

use super::register::acting::refused_words;
use super::register::applications::{asked_words, state_badge};
use super::register::edit::{controls, typed};
use super::words::{
    Sent, days_words, hold_words, kind_words, long_text, role_rights, role_words, standing_badge, summary,
    wrong_words,
};
use crate::applying::{self, Asking, WAITING_MAX, like};
use crate::personal_number::PersonalNumber;
use crate::roles::{self, By, Taken};
use crate::store::applications::{self, Asked, Which};
use crate::store::holds::{self, Held};
use crate::store::invitations::{self, Which as Invited};

/// What somebody is for others, and what they have asked for.
pub(crate) async fn show(visit: Visit) -> Result<Markup, Failure> {
    page(&visit, None).await
}

async fn page(visit: &Visit, error: Option<&str>) -> Result<Markup, Failure> {
    let (lang, person) = (visit.lang, visit.signed_in()?);
    let today = visit.when().today();
    let mut tx = visit.begin().await?;
    let (_, held) = holds::held(&mut tx, person.person).await?;
    let asked = applications::read(&mut tx, Which::Of(person.person)).await?;
    tx.commit().await?;
    let held: Vec<&Held> = held.iter().filter(|held| held.hold != Hold::Own).collect();
    let body = html! {
        @if held.is_empty() {
            (EmptyState::new(&t(lang, "people-mine-none", &[]), &t(lang, "people-mine-none-hint", &[])))
        } @else {
            ul.list {
                @for one in &held {
                    li.link-card {
                        div {
                            a.link-card-title href={ "/customers/" (one.customer.id) } { (one.customer.name) }
                            p { (kind_words(lang, one.customer.kind)) " · " (hold_words(lang, one.hold)) }
                            p.quiet { (days_words(visit, one.during)) }
                        }
                        div.link-card-badges {
                            @if let Some(badge) = standing_badge(lang, one.during.standing(today)) { (badge) }
                        }
                        @if matches!(one.hold, Hold::Role(_)) {
                            (Button::quiet(&t(lang, "people-leave", &[])).about(&one.customer.name)
                                .href(&format!("/associations/leave/{}", one.mandate)))
                        }
                    }
                }
            }
            p { a href="/act-for" { (t(lang, "people-to-act-for", &[])) } }
        }
        @if !asked.is_empty() {
            (Card::new("asked", &t(lang, "people-my-applications", &[]), html! {
                ul.list {
                    @for one in asked.iter().rev() {
                        li.link-card {
                            div {
                                p { strong { (one.facts.name) } " · " (asked_words(lang, one.asked)) }
                                p.quiet { (t(lang, "people-asked-at", &[("when", &visit.when().near_clock(one.asked_at))])) }
                                @if let Application::Refused { reason } = &one.state { p { (reason.as_str()) } }
                            }
                            div.link-card-badges { (state_badge(lang, &one.state)) }
                            @if one.state == Application::Asked {
                                form.inline method="post" action="/associations/withdraw" {
                                    input type="hidden" name="application" value=(one.id);
                                    (Button::quiet(&t(lang, "people-withdraw", &[])).about(&one.facts.name))
                                }
                            }
                        }
                    }
                }
            }))
        }
        p.actions {
            (Button::quiet(&t(lang, "people-apply", &[])).href("/associations/new"))
            (Button::quiet(&t(lang, "people-apply-child", &[])).href("/associations/child"))
        }
    };
    let done =
        visit.uri.query().and_then(|query| query.split('&').find_map(|pair| pair.strip_prefix("done=")));
    let notice = match done {
        Some("asked") => {
            Some(Notice::success(&t(lang, "people-applied", &[])).more(&t(lang, "people-applied-next", &[])))
        }
        Some("left") => Some(Notice::success(&t(lang, "people-left", &[]))),
        Some("withdrawn") => Some(Notice::success(&t(lang, "people-application-withdrawn", &[]))),
        Some("taken") => Some(Notice::success(&t(lang, "people-invitation-accepted", &[]))),
        _ => None,
    };
    let notices = notice.into_iter().chain(error.map(Notice::error));
    Ok(notices.fold(visit.page(&t(lang, "people-mine", &[])), Page::notice).body(body).render())
}

async fn held_by(visit: &Visit, mandate: &str) -> Result<Held, Failure> {
    let person = visit.signed_in()?;
    let mandate: Uuid = mandate.parse().map_err(|_| Failure::NotFound)?;
    let mut tx = visit.begin().await?;
    let (_, held) = holds::held(&mut tx, person.person).await?;
    tx.commit().await?;
    let found = held.into_iter().find(|held| held.mandate == mandate && matches!(held.hold, Hold::Role(_)));
    found.ok_or(Failure::NotFound)
}

/// Asks whether somebody wants to leave a role: they cannot give it back to themselves.
pub(crate) async fn ask_leave(visit: Visit, Path(mandate): Path<String>) -> Result<Markup, Failure> {
    let lang = visit.lang;
    let held = held_by(&visit, &mandate).await?;
    let role = hold_words(lang, held.hold);
    let body = html! {
        p { (t(lang, "people-leave-what", &[("role", &role), ("name", &held.customer.name)])) }
        form method="post" action={ "/associations/leave/" (held.mandate) } {
            (Button::danger(&t(lang, "people-leave-go", &[])))
        }
        p { a href="/associations" { (t(lang, "ui-back", &[])) } }
    };
    let title = t(lang, "people-leave-title", &[("name", &held.customer.name)]);
    Ok(visit.page(&title).crumb(&t(lang, "people-mine", &[]), "/associations").body(body).render())
}

/// Leaves a role.
pub(crate) async fn leave(visit: Visit, Path(mandate): Path<String>) -> Result<Response, Failure> {
    let held = held_by(&visit, &mandate).await?;
    let person = visit.signed_in()?;
    let mut tx = visit.begin().await?;
    let acting = roles::first_row(&mut tx, held.customer.id, held.mandate, person.person, held.hold).await?;
    let by = By::new(person, false, visit.when().today(), &visit.tenant.time_zone);
    match roles::take_back(&mut tx, &by, held.customer.id, acting).await? {
        Ok(()) => {
            tx.commit().await?;
            Ok(Redirect::to("/associations?done=left").into_response())
        }
        Err(refused) => {
            drop(tx);
            let page = page(&visit, Some(&refused_words(visit.lang, refused))).await?;
            Ok((StatusCode::CONFLICT, page).into_response())
        }
    }
}

/// The fields of an application.
const APPLIED: [Field; 9] = Field::ALL;

/// The form by which an association or a company asks to be in the register.
pub(crate) async fn new(visit: Visit) -> Result<Markup, Failure> {
    visit.signed_in()?;
    let nothing = Facts::default();
    Ok(new_page(&visit, Asked::Association, &nothing, "", &ErrorSummary::new(visit.lang), None))
}

fn new_page(
    visit: &Visit,
    asked: Asked,
    facts: &Facts,
    statement: &str,
    errors: &ErrorSummary,
    alike: Option<&[String]>,
) -> Markup {
    let lang = visit.lang;
    let kinds = [Asked::Association, Asked::Company].into_iter().fold(
        RadioGroup::new("kind", &t(lang, "people-apply-kind", &[])).chosen(asked.key()).required(),
        |kinds, asked| kinds.option(asked.key(), &asked_words(lang, asked)),
    );
    let body = html! {
        @if let Some(names) = alike {
            (Notice::warning(&t(lang, "people-like", &[])).more(&t(lang, "people-like-applicant", &[])))
            @if !names.is_empty() { ul { @for name in names { li { (name) } } } }
        }
        form method="post" action="/associations/new" {
            (kinds)
            (controls(lang, &APPLIED, facts, errors))
            (Input::long_text("statement", &t(lang, "people-statement", &[])).hint(&t(lang, "people-statement-hint", &[]))
                .value(statement).error(errors.of("statement")).optional(lang))
            @if alike.is_some() { (Checkbox::new("another", &t(lang, "people-like-another", &[]))) }
            (Button::primary(&t(lang, "people-apply-go", &[])))
        }
    };
    let page = visit.page(&t(lang, "people-apply", &[])).lead(&t(lang, "people-apply-lead", &[]));
    page.crumb(&t(lang, "people-mine", &[]), "/associations").errors(errors.clone()).body(body).render()
}

/// Asks, or says what is wrong or which ones it could be already.
pub(crate) async fn apply(visit: Visit, Form(sent): Form<Sent>) -> Result<Response, Failure> {
    let (lang, person) = (visit.lang, visit.signed_in()?);
    let asked = Asked::parse(sent.text("kind")).filter(|asked| *asked != Asked::Child);
    let asked = asked.ok_or(Failure::BadRequest("no kind of applicant"))?;
    let facts = typed(&sent, APPLIED.into_iter(), &Facts::default());
    let mut errors = summary(lang, facts.problems());
    let statement = long_text(sent.text("statement"), REASON_CHARS_MAX);
    if let Err(wrong) = statement {
        errors = errors.error("statement", &wrong_words(lang, wrong));
    }
    let (Ok(statement), true) = (statement, errors.is_empty()) else {
        let page = new_page(&visit, asked, &facts, sent.text("statement"), &errors, None);
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
    };
    let mut tx = visit.begin().await?;
    if !sent.ticked("another") {
        let alike = like(&mut tx, &facts).await?;
        if !alike.is_empty() {
            // Only those are named whom everybody may know.
            let names: Vec<String> = alike
                .into_iter()
                .filter(|(_, kind, ..)| matches!(kind, CustomerKind::Association | CustomerKind::Unit))
                .map(|(_, _, name, _)| name)
                .collect();
            let page = new_page(&visit, asked, &facts, &statement, &errors, Some(&names));
            return Ok((StatusCode::CONFLICT, page).into_response());
        }
    }
    let asking = Asking { asked, facts: &facts, statement: &statement, number: None };
    if applying::ask(&mut tx, person.person, &asking).await?.is_none() {
        let errors = errors.error("name", &t(lang, "people-wrong-waiting", &[("most", &WAITING_MAX)]));
        let page = new_page(&visit, asked, &facts, &statement, &errors, None);
        return Ok((StatusCode::CONFLICT, page).into_response());
    }
    tx.commit().await?;
    Ok(Redirect::to("/associations?done=asked").into_response())
}

/// The form by which a guardian asks to act for a child.
pub(crate) async fn child(visit: Visit) -> Result<Markup, Failure> {
    visit.signed_in()?;
    Ok(child_page(&visit, "", "", &ErrorSummary::new(visit.lang)))
}

fn child_page(visit: &Visit, name: &str, statement: &str, errors: &ErrorSummary) -> Markup {
    let lang = visit.lang;
    let body = html! {
        form method="post" action="/associations/child" {
            (Input::text("name", &t(lang, "people-child-name", &[])).value(name).error(errors.of("name")).autocomplete("off").required())
            (Input::text("personal_number", &t(lang, "people-child-number", &[])).hint(&t(lang, "people-personal-number-hint", &[]))
                .error(errors.of("personal_number")).autocomplete("off").required())
            (Input::long_text("statement", &t(lang, "people-statement", &[])).hint(&t(lang, "people-child-statement-hint", &[]))
                .value(statement).error(errors.of("statement")).optional(lang))
            (Checkbox::new("guardian", &t(lang, "people-child-assure", &[])).error(errors.of("guardian")).required())
            (Button::primary(&t(lang, "people-child-go", &[])))
        }
    };
    let page = visit.page(&t(lang, "people-apply-child", &[])).lead(&t(lang, "people-child-lead", &[]));
    page.crumb(&t(lang, "people-mine", &[]), "/associations").errors(errors.clone()).body(body).render()
}

/// Asks to act for a child.
pub(crate) async fn apply_child(visit: Visit, Form(sent): Form<Sent>) -> Result<Response, Failure> {
    let (lang, person) = (visit.lang, visit.signed_in()?);
    let facts = Facts { name: sent.text("name").to_owned(), ..Facts::default() }.tidy();
    let mut errors = summary(lang, facts.problems());
    let number = PersonalNumber::parse(sent.text("personal_number"));
    let today = visit.when().today();
    let minor =
        |number: &PersonalNumber| number.birth_date().and_then(|born| guardian_until(born, today)).is_some();
    match &number {
        None => errors = errors.error("personal_number", &t(lang, "people-wrong-personal-number", &[])),
        Some(number) if !minor(number) => {
            errors = errors.error("personal_number", &t(lang, "people-no-child", &[]));
        }
        Some(_) => {}
    }
    let statement = long_text(sent.text("statement"), REASON_CHARS_MAX);
    if let Err(wrong) = statement {
        errors = errors.error("statement", &wrong_words(lang, wrong));
    }
    if !sent.ticked("guardian") {
        errors = errors.error("guardian", &t(lang, "people-wrong-assure", &[]));
    }
    let (Some(number), Ok(statement), true) = (number, statement, errors.is_empty()) else {
        let page = child_page(&visit, &facts.name, sent.text("statement"), &errors);
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
    };
    let mut tx = visit.begin().await?;
    let asking = Asking { asked: Asked::Child, facts: &facts, statement: &statement, number: Some(&number) };
    if applying::ask(&mut tx, person.person, &asking).await?.is_none() {
        let errors = errors.error("name", &t(lang, "people-wrong-waiting", &[("most", &WAITING_MAX)]));
        let page = child_page(&visit, &facts.name, &statement, &errors);
        return Ok((StatusCode::CONFLICT, page).into_response());
    }
    tx.commit().await?;
    Ok(Redirect::to("/associations?done=asked").into_response())
}

/// Takes one's own application back.
pub(crate) async fn withdraw(visit: Visit, Form(sent): Form<Sent>) -> Result<Response, Failure> {
    let person = visit.signed_in()?.person;
    let mut tx = visit.begin().await?;
    let row = applications::read(&mut tx, Which::One(sent.id("application")?)).await?.pop();
    let row = row.filter(|row| row.applicant == person).ok_or(Failure::NotFound)?;
    if applying::withdraw(&mut tx, person, row).await?.is_err() {
        drop(tx);
        let page = page(&visit, Some(&t(visit.lang, "people-refused-over", &[]))).await?;
        return Ok((StatusCode::CONFLICT, page).into_response());
    }
    tx.commit().await?;
    Ok(Redirect::to("/associations?done=withdrawn").into_response())
}

/// What an invitation's link leads to, for somebody who has signed in.
pub(crate) async fn invitation(visit: Visit, Path(token): Path<String>) -> Result<Response, Failure> {
    let (lang, _) = (visit.lang, visit.signed_in()?);
    let mut tx = visit.begin().await?;
    let hash = crate::sign_in::hash(&token);
    let found = invitations::open(&mut tx, Invited::OfLink(&hash)).await?.pop();
    tx.commit().await?;
    let Some(found) = found else { return Ok(no_invitation(&visit)) };
    let role = role_words(lang, found.role);
    let until = visit.when().day_and_clock(found.expires_at);
    let body = html! {
        p { (t(lang, "people-invitation-what", &[("role", &role), ("name", &found.customer_name)])) }
        p { (role_rights(lang, found.role)) }
        p.quiet { (days_words(&visit, found.during)) }
        form method="post" action={ "/invitations/" (token) } {
            (Button::primary(&t(lang, "people-invitation-accept", &[])))
        }
        p.quiet { (t(lang, "people-invitation-until", &[("until", &until)])) }
    };
    let title = t(lang, "people-invitation-title", &[("name", &found.customer_name)]);
    Ok(visit.page(&title).body(body).render().into_response())
}

fn no_invitation(visit: &Visit) -> Response {
    let lang = visit.lang;
    let body = html! {
        (Notice::warning(&t(lang, "people-invitation-over", &[])).more(&t(lang, "people-invitation-over-next", &[])))
        p { a href="/associations" { (t(lang, "people-mine", &[])) } }
    };
    let page = visit.page(&t(lang, "people-invitation-gone", &[])).body(body).render();
    (StatusCode::NOT_FOUND, page).into_response()
}

/// Takes an invitation.
pub(crate) async fn accept(visit: Visit, Path(token): Path<String>) -> Result<Response, Failure> {
    let person = visit.signed_in()?;
    let mut tx = visit.begin().await?;
    match roles::take(&mut tx, person.person, &token).await? {
        Taken::Nobody => Ok(no_invitation(&visit)),
        Taken::Acts | Taken::Already => {
            tx.commit().await?;
            Ok(Redirect::to("/associations?done=taken").into_response())
        }
    }
}
