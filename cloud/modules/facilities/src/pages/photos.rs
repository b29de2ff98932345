//! Photos: shown, sent, taken away.

use axum::Extension;
use axum::extract::{Form, Multipart, Path};
use axum::response::{IntoResponse, Redirect, Response};
use cloud_kernel::Actor;
use cloud_kernel::web::{Failure, FileForm, Visit};
use cloud_photos::{PhotoError, Studio};
use cloud_ui::{Button, Card, EmptyState, ErrorSummary, Field, PhotoField, t};
use facilities_domain::{LINE_CHARS_MAX, check_text};
use http::{HeaderValue, StatusCode, header};
use maud::{Markup, html};
use protocols_ids::PhotoId;
use serde_json::json;

use super::register::{Sent, Work, wrong_text};
use crate::store::Shown;
use crate::{Ports, store};

/// Photos of one facility at most: what a visitor looks through, and some.
const PHOTOS_MAX: usize = 40;
/// Prints never change; a removed one may be seen by those who have seen it for another day.
const CACHE: HeaderValue = HeaderValue::from_static("public, max-age=86400, immutable");

/// A photo in the page; the browser takes the print that fits.
pub(crate) fn figure(photo: &Shown) -> Markup {
    let set: Vec<String> =
        photo.sizes.iter().map(|(width, _)| format!("{} {width}w", photo.path(*width))).collect();
    let (width, height) = photo.sizes.last().copied().unwrap_or((1, 1));
    html! {
        img.photo src=(photo.src()) srcset=(set.join(", ")) sizes="(min-width: 46rem) 44rem, 100vw"
            width=(width) height=(height) alt=(photo.alt) decoding="async";
    }
}

/// `GET /photos/{photo}/{width}`.
pub(crate) async fn image(
    visit: Visit,
    Path((photo, width)): Path<(PhotoId, i32)>,
) -> Result<Response, Failure> {
    let mut tx = visit.begin().await?;
    let jpeg = store::print(&mut tx, photo, width).await?.ok_or(Failure::NotFound)?;
    tx.commit().await?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("image/jpeg")),
        (header::CACHE_CONTROL, CACHE),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        // Opened on its own it is a picture and nothing else.
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox")),
    ];
    Ok((headers, jpeg).into_response())
}

/// `GET /register/{slug}/photos`.
pub(crate) async fn show(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Path(slug): Path<String>,
) -> Result<Markup, Failure> {
    let work = Work::begin(&visit, &ports, &slug).await?;
    page(work, &Draft::default(), ErrorSummary::new(visit.lang)).await
}

/// What was written in the form.
#[derive(Default)]
struct Draft {
    alt: String,
    resource: String,
}

async fn page(mut work: Work<'_>, draft: &Draft, errors: ErrorSummary) -> Result<Markup, Failure> {
    let photos = store::photos(&mut work.tx, work.known.id).await?;
    let lang = work.visit.lang;
    let action = format!("/register/{}/photos", work.slug);
    let whose = |photo: &Shown| match photo.resource.and_then(|id| work.known.slug_of(id)) {
        Some(slug) => {
            work.known.resource(slug).map(|resource| resource.facts.name.clone()).unwrap_or_default()
        }
        None => work.known.facts.name.clone(),
    };
    let body = html! {
        @if photos.is_empty() {
            (EmptyState::new(&t(lang, "facilities-photos-empty", &[]), &t(lang, "facilities-photos-empty-hint", &[])))
        }
        @for photo in &photos {
            figure.photo-kept {
                (figure(photo))
                figcaption { (whose(photo)) ": " (photo.alt) }
                form.inline method="post" action={ (action) "/remove" } {
                    input type="hidden" name="photo" value=(photo.id.to_string());
                    (Button::danger(&t(lang, "facilities-remove", &[])).about(&photo.alt))
                }
            }
        }
        (Card::new("add", &t(lang, "facilities-photo-add", &[]), html! {
            form method="post" action=(action) enctype="multipart/form-data" {
                (PhotoField::new("file", &t(lang, "facilities-photo-file", &[]))
                    .hint(&t(lang, "photos-file-hint", &[])).error(errors.of("file")).required())
                (Field::text("alt", &t(lang, "facilities-photo-alt", &[]))
                    .hint(&t(lang, "facilities-photo-alt-hint", &[])).value(&draft.alt).error(errors.of("alt")).required())
                (work.resource_select("resource", &draft.resource))
                (Button::primary(&t(lang, "facilities-photo-send", &[])))
            }
        }))
    };
    work.finish(&t(lang, "facilities-photos", &[]), errors, body).await
}

/// `POST /register/{slug}/photos`.
pub(crate) async fn send(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Extension(studio): Extension<Studio>,
    Path(slug): Path<String>,
    form: Multipart,
) -> Result<Response, Failure> {
    let lang = visit.lang;
    // Who may not is told before a photo is drawn; no transaction is held meanwhile.
    Work::begin(&visit, &ports, &slug).await?.tx.commit().await?;
    let sent = FileForm::read(form).await?;
    let draft = Draft { alt: sent.text("alt").to_owned(), resource: sent.text("resource").to_owned() };
    let mut errors = ErrorSummary::new(lang);
    let alt = draft.alt.clone();
    if alt.is_empty() {
        errors = errors.error("alt", &t(lang, "facilities-photo-alt-missing", &[]));
    } else if let Err(wrong) = check_text(&alt, LINE_CHARS_MAX) {
        errors = errors.error("alt", &wrong_text(lang, &wrong));
    }
    let prints = match sent.file {
        None => Err(PhotoError::Bytes.words(lang)),
        Some(file) if file.is_empty() => Err(t(lang, "facilities-photo-missing", &[])),
        Some(file) if errors.is_empty() => studio.develop(file).await.map_err(|error| error.words(lang)),
        Some(_) => Ok(Vec::new()),
    };
    let mut work = Work::begin(&visit, &ports, &slug).await?;
    if store::photos(&mut work.tx, work.known.id).await?.len() >= PHOTOS_MAX {
        errors = errors.error("file", &t(lang, "facilities-photo-many", &[("most", &PHOTOS_MAX)]));
    }
    let prints = match prints {
        Ok(prints) if errors.is_empty() => prints,
        outcome => {
            if let Err(text) = outcome {
                errors = errors.error("file", &text);
            }
            let page = page(work, &draft, errors).await?;
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
        }
    };
    let resource = work.known.resource(&draft.resource).map(|resource| resource.id);
    let id: PhotoId = work.tx.new_id();
    store::insert_photo(&mut work.tx, id, work.known.id, resource, &alt, &prints).await?;
    let detail = json!({ "facility": work.slug, "alt": alt, "resource": draft.resource });
    work.tx.audit(Actor::Person(work.person), "facilities.photo_made", Some(id.uuid()), &detail).await?;
    work.tx.commit().await?;
    Ok(Redirect::to(&format!("/register/{slug}/photos")).into_response())
}

/// `POST /register/{slug}/photos/remove`.
pub(crate) async fn remove(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Path(slug): Path<String>,
    Form(sent): Form<Sent>,
) -> Result<Response, Failure> {
    let mut work = Work::begin(&visit, &ports, &slug).await?;
    let id: PhotoId = sent.text("photo").parse().map_err(|_| Failure::BadRequest("no photo's id"))?;
    if store::delete_photo(&mut work.tx, work.known.id, id).await? {
        let detail = json!({ "facility": work.slug });
        work.tx
            .audit(Actor::Person(work.person), "facilities.photo_removed", Some(id.uuid()), &detail)
            .await?;
    }
    work.tx.commit().await?;
    Ok(Redirect::to(&format!("/register/{slug}/photos")).into_response())
}
