//! `/customers/{customer}/posts`: its board and other posts.

use axum::extract::{Form, Path};
use axum::response::{IntoResponse, Redirect, Response};
use cloud_contracts::CustomerKind;
use cloud_kernel::Actor;
use cloud_kernel::web::{Failure, Visit};
use cloud_ui::{Button, Card, EmptyState, ErrorSummary, Field as Input, Lang, Select, t};
use customers_domain::{Facts, Field};
use http::StatusCode;
use maud::{Markup, html};
use protocols_ids::Uuid;
use serde_json::json;

use super::{For, Work};
use crate::pages::words::{Sent, days_fields, days_words, read_days, standing_badge, wrong_words};
use crate::store::posts::{self, POSTS_MAX, Post};

/// All posts, as they are stored.
const POSTS: [&str; 9] = [
    "chair",
    "vice_chair",
    "secretary",
    "treasurer",
    "member",
    "deputy",
    "auditor",
    "nominations",
    "contact",
];

pub(crate) fn post_words(lang: Lang, post: &str) -> String {
    match post {
        "chair" => t(lang, "people-post-chair", &[]),
        "vice_chair" => t(lang, "people-post-vice-chair", &[]),
        "secretary" => t(lang, "people-post-secretary", &[]),
        "treasurer" => t(lang, "people-post-treasurer", &[]),
        "deputy" => t(lang, "people-post-deputy", &[]),
        "auditor" => t(lang, "people-post-auditor", &[]),
        "nominations" => t(lang, "people-post-nominations", &[]),
        "contact" => t(lang, "people-post-contact", &[]),
        _ => t(lang, "people-post-member", &[]),
    }
}

/// What stands in the form.
#[derive(Default)]
struct Typed {
    post: String,
    name: String,
    email: String,
    telephone: String,
    days: (String, String),
}

/// The posts, and a form for whoever keeps them.
pub(crate) async fn show(visit: Visit, Path(id): Path<String>) -> Result<Markup, Failure> {
    let work = Work::begin(&visit, &id, For::Reading).await?;
    page(work, &Typed::default(), ErrorSummary::new(visit.lang)).await
}

async fn page(mut work: Work<'_>, typed: &Typed, errors: ErrorSummary) -> Result<Markup, Failure> {
    let (visit, lang) = (work.visit, work.visit.lang);
    if work.card.kind == CustomerKind::Person {
        return Err(Failure::NotFound);
    }
    let (today, all) = (visit.when().today(), posts::posts(&mut work.tx, work.card.id).await?);
    let keeps = work.staff || work.leads;
    let select = POSTS.into_iter().fold(
        Select::new("post", &t(lang, "people-post", &[])).chosen(&typed.post).error(errors.of("post")),
        |select, post| select.option(post, &post_words(lang, post)),
    );
    let body = html! {
        @if all.is_empty() {
            (EmptyState::new(&t(lang, "people-no-posts", &[]), &t(lang, "people-no-posts-hint", &[])))
        } @else {
            ul.list {
                @for post in &all {
                    li.link-card {
                        div {
                            p { strong { (post.name) } " – " (post_words(lang, &post.kind)) }
                            p.quiet { (days_words(visit, post.during)) }
                            @if !post.email.is_empty() { p { a href={ "mailto:" (post.email) } { (post.email) } } }
                            @if !post.telephone.is_empty() { p { (post.telephone) } }
                        }
                        div.link-card-badges {
                            @if let Some(badge) = standing_badge(lang, post.during.standing(today)) { (badge) }
                        }
                        @if keeps {
                            form.inline method="post" action=(work.href("/posts/remove")) {
                                input type="hidden" name="post_id" value=(post.id);
                                (Button::danger(&t(lang, "people-remove", &[])).about(&post.name))
                            }
                        }
                    }
                }
            }
        }
        @if keeps {
            (Card::new("add", &t(lang, "people-post-add", &[]), html! {
                p.quiet { (t(lang, "people-post-hint", &[])) }
                form method="post" action=(work.href("/posts")) {
                    (select)
                    (Input::text("name", &t(lang, "people-person-name", &[])).value(&typed.name).error(errors.of("name")).autocomplete("off").required())
                    (Input::email("email", &t(lang, "people-email", &[])).autocomplete("off").value(&typed.email).error(errors.of("email")).optional(lang))
                    (Input::telephone("telephone", &t(lang, "people-telephone", &[])).autocomplete("off").value(&typed.telephone).error(errors.of("telephone")).optional(lang))
                    (days_fields(lang, "", (&typed.days.0, &typed.days.1), &errors))
                    (Button::primary(&t(lang, "people-add", &[])))
                }
            }))
        }
    };
    let title = t(lang, "people-posts-title", &[("name", &work.name())]);
    work.finish(&title, errors, Vec::new(), body).await
}

/// Adds a post.
pub(crate) async fn add(
    visit: Visit,
    Path(id): Path<String>,
    Form(sent): Form<Sent>,
) -> Result<Response, Failure> {
    let lang = visit.lang;
    let mut work = Work::begin(&visit, &id, For::Keeping).await?;
    if work.card.kind == CustomerKind::Person {
        return Err(Failure::NotFound);
    }
    let contact = Facts {
        name: sent.text("name").to_owned(),
        email: sent.text("email").to_owned(),
        telephone: sent.text("telephone").to_owned(),
        ..Facts::default()
    };
    let contact = contact.tidy();
    let problems = contact.problems();
    let errors = problems.iter().fold(ErrorSummary::new(lang), |errors, (field, wrong)| {
        errors.error(Field::key(*field), &wrong_words(lang, *wrong))
    });
    let (during, mut errors) = read_days(lang, "", &sent, errors);
    if !POSTS.contains(&sent.text("post")) {
        errors = errors.error("post", &t(lang, "people-wrong-unknown", &[]));
    }
    let full = posts::posts(&mut work.tx, work.card.id).await?.len();
    if i64::try_from(full).unwrap_or(i64::MAX) >= POSTS_MAX {
        errors = errors.error("name", &t(lang, "people-wrong-many", &[("most", &POSTS_MAX)]));
    }
    if !errors.is_empty() {
        let typed = Typed {
            post: sent.text("post").to_owned(),
            name: contact.name,
            email: contact.email,
            telephone: contact.telephone,
            days: (sent.text("from").to_owned(), sent.text("to").to_owned()),
        };
        let page = page(work, &typed, errors).await?;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
    }
    let post = Post {
        id: Uuid::nil(),
        kind: sent.text("post").to_owned(),
        name: contact.name,
        email: contact.email,
        telephone: contact.telephone,
        during,
    };
    posts::add(&mut work.tx, work.card.id, &post).await?;
    let (actor, whom) = (Actor::Person(work.person.person), Some(work.card.id.uuid()));
    work.tx.audit(actor, "customers.post_added", whom, &json!({ "post": post.kind })).await?;
    let to = format!("{}?done=saved", work.href("/posts"));
    work.tx.commit().await?;
    Ok(Redirect::to(&to).into_response())
}

/// Takes a post away.
pub(crate) async fn remove(
    visit: Visit,
    Path(id): Path<String>,
    Form(sent): Form<Sent>,
) -> Result<Response, Failure> {
    let mut work = Work::begin(&visit, &id, For::Keeping).await?;
    let removed = posts::remove(&mut work.tx, work.card.id, sent.id("post_id")?).await?;
    if let Some(post) = removed {
        let (actor, whom) = (Actor::Person(work.person.person), Some(work.card.id.uuid()));
        work.tx.audit(actor, "customers.post_removed", whom, &json!({ "post": post })).await?;
    }
    let to = format!("{}?done=saved", work.href("/posts"));
    work.tx.commit().await?;
    Ok(Redirect::to(&to).into_response())
}
