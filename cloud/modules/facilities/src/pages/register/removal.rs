//! `…/remove`: asks before something goes out of the register, and says why it stays.

use axum::Extension;
use axum::extract::Path;
use axum::response::{IntoResponse, Redirect, Response};
use cloud_kernel::Role;
use cloud_kernel::web::{Failure, Visit};
use cloud_ui::{Button, ErrorSummary, Lang, Notice, t};
use http::StatusCode;
use maud::html;

use super::Work;
use crate::Ports;
use crate::removal::Stays;

/// Asks about a resource.
pub(crate) async fn ask_resource(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Path((slug, resource)): Path<(String, String)>,
) -> Result<Response, Failure> {
    question(staff(Work::begin(&visit, &ports, &slug).await?)?, Some(&resource), None).await
}

/// Takes a resource away.
pub(crate) async fn resource(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Path((slug, resource)): Path<(String, String)>,
) -> Result<Response, Failure> {
    let mut work = staff(Work::begin_change(&visit, &ports, &slug).await?)?;
    let (mut register, known) = work.register();
    match register.remove_resource(known, &resource).await {
        Ok(_) => {
            work.tx.commit().await?;
            Ok(Redirect::to(&format!("/register/{slug}?done=saved")).into_response())
        }
        Err(stays) => question(work, Some(&resource), Some(stays)).await,
    }
}

/// Asks about a facility.
pub(crate) async fn ask_facility(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Path(slug): Path<String>,
) -> Result<Response, Failure> {
    question(staff(Work::begin(&visit, &ports, &slug).await?)?, None, None).await
}

/// Takes a facility away.
pub(crate) async fn facility(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Path(slug): Path<String>,
) -> Result<Response, Failure> {
    let mut work = staff(Work::begin_change(&visit, &ports, &slug).await?)?;
    let (mut register, known) = work.register();
    match register.remove_facility(known, &slug).await {
        Ok(()) => {
            work.tx.commit().await?;
            Ok(Redirect::to("/register").into_response())
        }
        Err(stays) => question(work, None, Some(stays)).await,
    }
}

/// What is taken away is the staff's to decide.
fn staff(work: Work<'_>) -> Result<Work<'_>, Failure> {
    if work.decides { Ok(work) } else { Err(Failure::Forbidden { needs: Role::Officer }) }
}

async fn question(work: Work<'_>, resource: Option<&str>, stays: Option<Stays>) -> Result<Response, Failure> {
    let lang = work.visit.lang;
    let (name, at) = match resource {
        Some(slug) => {
            let known = work.known.resource(slug).ok_or(Failure::NotFound)?;
            (known.facts.name.clone(), format!("/register/{}/resources/{slug}", work.slug))
        }
        None => (work.known.facts.name.clone(), format!("/register/{}", work.slug)),
    };
    let status = if stays.is_some() { StatusCode::CONFLICT } else { StatusCode::OK };
    let why = stays.map(|stays| reason(lang, stays)).transpose()?;
    let body = html! {
        @match &why {
            Some(why) => (Notice::warning(&t(lang, "facilities-stays", &[("name", &name)])).more(why)),
            None => {
                p { (t(lang, "facilities-remove-effect", &[])) }
                form method="post" action={ (at) "/remove" } {
                    (Button::danger(&t(lang, "facilities-remove-it", &[("name", &name)])))
                }
            }
        }
        p.actions { (Button::quiet(&t(lang, "facilities-remove-keep", &[])).href(&at)) }
    };
    let title = t(lang, "facilities-remove-title", &[("name", &name)]);
    let page = work.finish(&title, ErrorSummary::new(lang), body).await?;
    Ok((status, page).into_response())
}

/// Why something stays, and what to do about it; what is our own mistake is a failure.
fn reason(lang: Lang, stays: Stays) -> Result<String, Failure> {
    Ok(match stays {
        Stays::Awaited => t(lang, "facilities-stays-awaited", &[]),
        Stays::Whole(names) => t(lang, "facilities-stays-whole", &[("names", &names)]),
        Stays::Equipment(names) => t(lang, "facilities-stays-equipment", &[("names", &names)]),
        Stays::Resources(names) => t(lang, "facilities-stays-resources", &[("names", &names)]),
        Stays::Database(error) => return Err(error.into()),
        Stays::Port(error) => return Err(error.into()),
    })
}
