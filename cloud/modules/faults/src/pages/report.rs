//! `/report/{slug}` and `/report/{slug}/{place}`: where a label on the wall leads. Nobody signs in.

use axum::Extension;
use axum::extract::{Multipart, Path};
use axum::response::{IntoResponse, Redirect, Response};
use cloud_contracts::Facility;
use cloud_kernel::TenantTx;
use cloud_kernel::web::{Failure, FileForm, Visit};
use cloud_photos::{PhotoError, Studio};
use cloud_ui::{Button, ErrorSummary, Field, Notice, PhotoField, RadioGroup, t};
use faults_domain::{Kind, Report, Typed};
use http::StatusCode;
use maud::html;
use protocols_ids::FaultId;

use super::{kind_name, receipt, when_at, wrong_words};
use crate::Ports;
use crate::reporting::{self, Of};
use crate::store::{self, Fault, Place};

/// Where one is, and what is known to be wrong there.
struct Here {
    facility: Facility,
    place: Option<Place>,
    known: Vec<Fault>,
}

impl Here {
    /// A place whose label has been taken away is the facility.
    async fn read(tx: &mut TenantTx, ports: &Ports, slug: &str, no: Option<i16>) -> Result<Self, Failure> {
        let facility = ports.facilities.by_slug(tx, slug).await?.ok_or(Failure::NotFound)?;
        let places = store::places(tx, facility.id).await?;
        let place = no.and_then(|no| places.into_iter().find(|place| place.no == no));
        let mut known = store::open(tx, &[facility.id]).await?;
        let at = place.as_ref().map(|place| place.no);
        known.retain(|fault| fault.place.as_ref().map(|place| place.no) == at);
        Ok(Self { facility, place, known })
    }

    fn href(&self) -> String {
        match &self.place {
            Some(place) => format!("/report/{}/{}", self.facility.slug, place.no),
            None => format!("/report/{}", self.facility.slug),
        }
    }

    /// The form, and above it what is wrong with what was typed.
    fn answer(
        &self,
        visit: &Visit,
        status: StatusCode,
        (typed, same): (&Typed, &str),
        errors: ErrorSummary,
    ) -> Response {
        let lang = visit.lang;
        let when = when_at(visit, &self.facility);
        let known = self.known.iter().fold(
            RadioGroup::new("same", &t(lang, "faults-same", &[]))
                .option("", &t(lang, "faults-same-new", &[]))
                .chosen(same),
            |group, fault| {
                let since = when.near_clock(fault.reported_at);
                let text =
                    t(lang, "faults-same-as", &[("kind", &kind_name(lang, fault.kind)), ("time", &since)]);
                group.option(&fault.id.to_string(), &text)
            },
        );
        let kinds = Kind::ALL.into_iter().fold(
            RadioGroup::new("kind", &t(lang, "faults-what", &[]))
                .chosen(&typed.kind)
                .error(errors.of("kind")),
            |group, kind| group.option(kind.key(), &kind_name(lang, kind)),
        );
        let body = html! {
            (Notice::info(&t(lang, "faults-report-danger", &[])))
            form.one-thumb method="post" action=(self.href()) enctype="multipart/form-data" {
                @if !self.known.is_empty() { (known) }
                (kinds)
                (Field::long_text("words", &t(lang, "faults-words", &[])).hint(&t(lang, "faults-words-hint", &[]))
                    .value(&typed.words).error(errors.of("words")).optional(lang))
                (Field::email("email", &t(lang, "faults-email", &[])).hint(&t(lang, "faults-email-hint", &[]))
                    .value(&typed.email).error(errors.of("email")).optional(lang))
                // Last: what follows a file that is too large is not read.
                (PhotoField::new("file", &t(lang, "faults-photo", &[])).hint(&t(lang, "photos-file-hint", &[]))
                    .error(errors.of("file")).taken_now().optional(lang))
                p.actions { (Button::primary(&t(lang, "faults-send", &[]))) }
            }
            p.quiet { (t(lang, "faults-report-kept", &[])) }
        };
        let lead = super::place_words(Some(&self.facility), self.place.as_ref());
        let page = visit.page(&t(lang, "faults-report-title", &[])).lead(&lead).errors(errors).body(body);
        (status, page.render()).into_response()
    }
}

/// The facility's form.
pub async fn at_facility(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Path(slug): Path<String>,
) -> Result<Response, Failure> {
    form(&visit, &ports, &slug, None).await
}

/// A place's form.
pub async fn at_place(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Path((slug, place)): Path<(String, i16)>,
) -> Result<Response, Failure> {
    form(&visit, &ports, &slug, Some(place)).await
}

async fn form(visit: &Visit, ports: &Ports, slug: &str, no: Option<i16>) -> Result<Response, Failure> {
    let mut tx = visit.begin().await?;
    let here = Here::read(&mut tx, ports, slug, no).await?;
    tx.commit().await?;
    Ok(here.answer(visit, StatusCode::OK, (&Typed::default(), ""), ErrorSummary::new(visit.lang)))
}

/// What somebody says of the facility.
pub async fn send_at_facility(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Extension(studio): Extension<Studio>,
    Path(slug): Path<String>,
    sent: Multipart,
) -> Result<Response, Failure> {
    send(&visit, (&ports, &studio), (&slug, None), sent).await
}

/// What somebody says of a place.
pub async fn send_at_place(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Extension(studio): Extension<Studio>,
    Path((slug, place)): Path<(String, i16)>,
    sent: Multipart,
) -> Result<Response, Failure> {
    send(&visit, (&ports, &studio), (&slug, Some(place)), sent).await
}

async fn send(
    visit: &Visit,
    (ports, studio): (&Ports, &Studio),
    (slug, no): (&str, Option<i16>),
    sent: Multipart,
) -> Result<Response, Failure> {
    let lang = visit.lang;
    let sent = FileForm::read(sent).await?;
    let mut tx = visit.begin().await?;
    let here = Here::read(&mut tx, ports, slug, no).await?;
    // Before a photo is drawn, which costs more than all else; no transaction is held meanwhile.
    let takes_more = reporting::takes_more(&mut tx, here.facility.id).await?;
    tx.commit().await?;
    let same = sent.text("same").to_owned();
    let known = here.known.iter().find(|fault| fault.id.to_string() == same);
    let text = |name: &str| sent.text(name).to_owned();
    let typed = Typed { kind: text("kind"), words: text("words"), email: text("email") };
    let read = Report::read(&typed, known.map(|fault| fault.kind));
    let mut errors = ErrorSummary::new(lang);
    if !takes_more {
        errors = errors.error("kind", &t(lang, "faults-report-many", &[]));
        return Ok(here.answer(visit, StatusCode::TOO_MANY_REQUESTS, (&typed, &same), errors));
    }
    for (name, wrong) in read.as_ref().err().into_iter().flatten() {
        errors = errors.error(name, &wrong_words(lang, *wrong));
    }
    let prints = match sent.file {
        None => Err(PhotoError::Bytes),
        Some(file) if file.is_empty() || !errors.is_empty() => Ok(Vec::new()),
        Some(file) => studio.develop(file).await,
    };
    let prints = match prints {
        Ok(prints) => prints,
        Err(error) => {
            errors = errors.error("file", &error.words(lang));
            Vec::new()
        }
    };
    let report = match read {
        Ok(report) if errors.is_empty() => report,
        Ok(_) | Err(_) => {
            return Ok(here.answer(visit, StatusCode::UNPROCESSABLE_ENTITY, (&typed, &same), errors));
        }
    };
    let mut tx = visit.begin().await?;
    let of = match known {
        Some(fault) => still_open(&mut tx, fault.id).await?,
        None => None,
    };
    let of = of.map_or(Of::New(here.place.as_ref().map(|place| place.no)), Of::Known);
    let id = reporting::take(&mut tx, here.facility.id, of, &report, (lang.code(), &prints)).await?;
    tx.commit().await?;
    Ok(Redirect::to(&format!("{}?done", receipt::href(&visit.kernel, id))).into_response())
}

/// The fault, locked, unless it has ended since the page was made: then what is reported is new.
async fn still_open(tx: &mut TenantTx, id: FaultId) -> Result<Option<FaultId>, Failure> {
    store::lock(tx, &[id]).await?;
    Ok(store::find(tx, id).await?.filter(|fault| fault.state.is_open()).map(|fault| fault.id))
}
