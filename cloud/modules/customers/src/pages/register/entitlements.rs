//! `/customers/{customer}/entitlements`: which price group it is entitled to, from when until when, and why.

use axum::extract::{Form, Path};
use axum::response::{IntoResponse, Redirect, Response};
use cloud_kernel::Actor;
use cloud_kernel::web::{Failure, Visit};
use cloud_ui::{Button, Card, EmptyState, ErrorSummary, Facts as Rows, Field as Input, t};
use customers_domain::{Reason, Standing, one_line};
use http::StatusCode;
use maud::{Markup, html};
use serde_json::json;

use super::{For, Work};
use crate::pages::words::{Sent, days_fields, days_words, read_days, standing_badge, wrong_words};
use crate::store::register;

/// Characters of a price group's code at most.
const GROUP_CHARS_MAX: usize = 40;

#[derive(Default)]
struct Typed {
    group: String,
    days: (String, String),
    reason: String,
}

/// What it is and was entitled to.
pub(crate) async fn show(visit: Visit, Path(id): Path<String>) -> Result<Markup, Failure> {
    let work = Work::begin(&visit, &id, For::Staff).await?;
    page(work, &Typed::default(), ErrorSummary::new(visit.lang)).await
}

async fn page(mut work: Work<'_>, typed: &Typed, errors: ErrorSummary) -> Result<Markup, Failure> {
    let (visit, lang) = (work.visit, work.visit.lang);
    let today = visit.when().today();
    let all = register::entitlements(&mut work.tx, work.card.id).await?;
    let none = t(lang, "people-group-default", &[]);
    let body = html! {
        (Rows::new().row(&t(lang, "people-group-otherwise", &[]), work.card.price_group.as_deref().unwrap_or(&none)))
        @if all.is_empty() {
            (EmptyState::new(&t(lang, "people-no-entitlements", &[]), &t(lang, "people-no-entitlements-hint", &[])))
        } @else {
            ul.list {
                @for one in &all {
                    @let standing = one.during.standing(today);
                    li.link-card {
                        div {
                            p { strong { (one.price_group) } }
                            p.quiet { (days_words(visit, one.during)) }
                            p { (one.reason) }
                        }
                        div.link-card-badges { @if let Some(badge) = standing_badge(lang, standing) { (badge) } }
                        @if standing != Standing::Over {
                            form.inline method="post" action=(work.href("/entitlements/end")) {
                                input type="hidden" name="entitlement" value=(one.id);
                                (Button::danger(&t(lang, "people-entitlement-end", &[])).about(&one.price_group))
                            }
                        }
                    }
                }
            }
        }
        (Card::new("add", &t(lang, "people-entitlement-add", &[]), html! {
            form method="post" action=(work.href("/entitlements")) {
                (Input::text("group", &t(lang, "people-group", &[])).hint(&t(lang, "people-group-hint", &[]))
                    .value(&typed.group).error(errors.of("group")).required())
                (days_fields(lang, "", (&typed.days.0, &typed.days.1), &errors))
                (Input::long_text("reason", &t(lang, "people-reason", &[])).value(&typed.reason).error(errors.of("reason")).required())
                (Button::primary(&t(lang, "people-entitlement-give", &[])))
            }
        }))
    };
    let title = t(lang, "people-entitlements-title", &[("name", &work.name())]);
    work.finish(&title, errors, Vec::new(), body).await
}

/// Entitles it to a price group; from today where no day is said.
pub(crate) async fn give(
    visit: Visit,
    Path(id): Path<String>,
    Form(sent): Form<Sent>,
) -> Result<Response, Failure> {
    let lang = visit.lang;
    let mut work = Work::begin(&visit, &id, For::Staff).await?;
    let (during, mut errors) = read_days(lang, "", &sent, ErrorSummary::new(lang));
    let group = one_line(sent.text("group"));
    if group.is_empty() {
        errors = errors.error("group", &t(lang, "people-wrong-missing", &[]));
    } else if group.chars().count() > GROUP_CHARS_MAX {
        errors = errors.error("group", &t(lang, "people-wrong-long", &[("most", &GROUP_CHARS_MAX)]));
    }
    let from = during.from().unwrap_or_else(|| visit.when().today());
    if during.to().is_some_and(|to| to < from) {
        errors = errors.error("to", &t(lang, "people-wrong-backwards", &[]));
    }
    let reason = Reason::parse(sent.text("reason"));
    if let Err(wrong) = &reason {
        errors = errors.error("reason", &wrong_words(lang, *wrong));
    }
    let (Ok(reason), true) = (&reason, errors.is_empty()) else {
        let typed = Typed {
            group,
            days: (sent.text("from").to_owned(), sent.text("to").to_owned()),
            reason: sent.text("reason").to_owned(),
        };
        let page = page(work, &typed, errors).await?;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
    };
    let by = work.person.person;
    let given = (group.as_str(), from, during.to());
    register::entitle(&mut work.tx, work.card.id, given, reason.as_str(), by).await?;
    let detail = json!({ "group": group, "from": from, "to": during.to() });
    let whom = Some(work.card.id.uuid());
    work.tx.audit(Actor::Person(by), "customers.entitled", whom, &detail).await?;
    let to = format!("{}?done=saved", work.href("/entitlements"));
    work.tx.commit().await?;
    Ok(Redirect::to(&to).into_response())
}

/// Lets an entitlement end with yesterday.
pub(crate) async fn end(
    visit: Visit,
    Path(id): Path<String>,
    Form(sent): Form<Sent>,
) -> Result<Response, Failure> {
    let mut work = Work::begin(&visit, &id, For::Staff).await?;
    let yesterday = visit.when().today().yesterday().map_err(Failure::internal)?;
    let entitlement = sent.id("entitlement")?;
    if register::end_entitlement(&mut work.tx, work.card.id, entitlement, yesterday).await? {
        let (actor, whom) = (Actor::Person(work.person.person), Some(work.card.id.uuid()));
        work.tx.audit(actor, "customers.entitlement_ended", whom, &json!({})).await?;
    }
    let to = format!("{}?done=saved", work.href("/entitlements"));
    work.tx.commit().await?;
    Ok(Redirect::to(&to).into_response())
}
