//! `/register/{slug}/history`: who changed what and when. `…/history/restore`: back to how it was before.

use axum::Extension;
use axum::extract::{Form, Path, Query};
use axum::response::{IntoResponse, Redirect, Response};
use cloud_kernel::web::{Failure, Visit};
use cloud_ui::{Button, Card, EmptyState, ErrorSummary, Lang, Notice, When, date_words, t};
use facilities_domain::{EquipmentFacts, FacilityFacts, Fault, ResourceState, State, differences, merged};
use http::StatusCode;
use maud::{Markup, html};
use protocols_ids::{ExceptionId, ResourceId};
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::affected::Before;
use super::facility::may_give_to;
use super::words::change_list;
use super::{Sent, Work, obstacle, seen_field, undo};
use crate::Ports;
use crate::change::{Obstacle, Wanted, exception_state, resource_state};
use crate::store::{self, KnownException, KnownFacility, Version, WhichVersions};

/// The history.
pub(crate) async fn show(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Path(slug): Path<String>,
) -> Result<Markup, Failure> {
    let mut work = Work::begin(&visit, &ports, &slug).await?;
    let versions = store::versions(&mut work.tx, work.known.id, WhichVersions::default()).await?;
    let (lang, when) = (visit.lang, visit.when());
    let body = html! {
        @if versions.is_empty() {
            (EmptyState::new(&t(lang, "facilities-history-empty", &[]), &t(lang, "facilities-history-empty-hint", &[])))
        }
        @for version in &versions {
            @let title = format!("{}, {}", when.day_and_clock(version.at), author(lang, version));
            @let card = Card::new(&format!("change-{}", version.no), &title, html! {
                p { strong { (subject(lang, &work.known, version, &when)) } ": " (what(lang, version)) }
                (change_list(&when, &differences(version.before.as_ref(), version.after.as_ref())))
            });
            @if comes_back(&work.known, version) && version.before != current(&work.known, version) {
                (card.foot(html! {
                    (Button::quiet(&t(lang, "facilities-restore", &[])).about(&title).href(&undo(&slug, version.no)))
                }))
            } @else { (card) }
        }
    };
    let title = format!("{}: {}", t(lang, "facilities-history", &[]), work.known.facts.name);
    work.finish(&title, ErrorSummary::new(lang), body).await
}

fn author(lang: Lang, version: &Version) -> String {
    version.author.clone().unwrap_or_else(|| t(lang, "facilities-by-file", &[]))
}

/// What a change is about, as people call it.
fn subject(lang: Lang, known: &KnownFacility, version: &Version, when: &When) -> String {
    match version.after.as_ref().or(version.before.as_ref()) {
        Some(State::Facility(_)) | None => t(lang, "facilities-facts", &[]),
        Some(State::Hours(_)) => t(lang, "facilities-hours", &[]),
        Some(State::Resource(resource)) => resource.facts.name.clone(),
        Some(State::Equipment(facts)) => facts.name.clone(),
        Some(State::Exception(exception)) => {
            let about = known.resource(&exception.resource);
            let about =
                about.map_or_else(|| known.facts.name.clone(), |resource| resource.facts.name.clone());
            let date = date_words(lang, exception.first, when.today());
            t(lang, "facilities-history-exception", &[("what", &about), ("date", &date)])
        }
    }
}

fn what(lang: Lang, version: &Version) -> String {
    match (&version.before, &version.after) {
        (None, _) => t(lang, "facilities-history-made", &[]),
        (_, None) => t(lang, "facilities-history-removed", &[]),
        (Some(_), Some(_)) => t(lang, "facilities-history-changed", &[]),
    }
}

/// A notice of what others have written meanwhile, for a form that was made before.
pub(crate) fn written_meanwhile(lang: Lang, when: &When, since: &[Version]) -> Markup {
    html! {
        (Notice::warning(&t(lang, "facilities-meanwhile", &[])).more(&t(lang, "facilities-meanwhile-yours", &[])))
        @for version in since {
            p { (when.day_and_clock(version.at)) ", " (author(lang, version)) ":" }
            (change_list(when, &differences(version.before.as_ref(), version.after.as_ref())))
        }
    }
}

/// What a form says over what others have written since it was made: of what its reader left alone, theirs.
pub(crate) fn over_theirs<T: Serialize + DeserializeOwned>(
    since: &[Version],
    of: fn(&State) -> Option<&T>,
    mine: T,
    theirs: &T,
) -> T {
    let base = since.first().and_then(|first| first.before.as_ref()).and_then(of);
    base.and_then(|base| merged(base, &mine, theirs)).unwrap_or(mine)
}

/// How the thing of a change is now; `None` where it is not there.
fn current(known: &KnownFacility, version: &Version) -> Option<State> {
    match version.after.as_ref().or(version.before.as_ref())? {
        State::Facility(_) => Some(State::Facility(known.facts.clone())),
        State::Hours(_) => Some(State::Hours(known.hours.clone())),
        State::Resource(_) => {
            let resource = known.resources.iter().find(|resource| resource.id.uuid() == version.subject)?;
            Some(resource_state(known, resource))
        }
        State::Equipment(_) => {
            let equipment =
                known.equipment.iter().find(|equipment| equipment.id.uuid() == version.subject)?;
            Some(State::Equipment(equipment.facts.clone()))
        }
        State::Exception(_) => {
            let exception =
                known.exceptions.iter().find(|exception| exception.id.uuid() == version.subject)?;
            Some(exception_state(known, exception))
        }
    }
}

/// Whether it can become as it was before a change. What was made then goes out of the register on pages of its own, and
/// what has gone out since does not come back; other hours come and go.
fn comes_back(known: &KnownFacility, version: &Version) -> bool {
    match (&version.before, current(known, version)) {
        (None, Some(State::Exception(_))) | (Some(State::Exception(_)), _) | (Some(_), Some(_)) => true,
        (None, _) | (Some(_), None) => false,
    }
}

/// Before which change.
#[derive(serde::Deserialize)]
pub(crate) struct Which {
    no: i64,
}

/// The change that is meant, of those of this facility.
async fn version(work: &mut Work<'_>, no: i64) -> Result<Version, Failure> {
    let which = WhichVersions { no: Some(no), ..WhichVersions::default() };
    let found = store::versions(&mut work.tx, work.known.id, which).await?.pop();
    found.filter(|version| comes_back(&work.known, version)).ok_or(Failure::NotFound)
}

fn of(version: &Version) -> (Uuid, &'static str) {
    let about = version.after.as_ref().or(version.before.as_ref()).map_or("facility", State::about);
    (version.subject, about)
}

/// What going back changes, and the button.
pub(crate) async fn ask(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Path(slug): Path<String>,
    Query(which): Query<Which>,
) -> Result<Markup, Failure> {
    let mut work = Work::begin(&visit, &ports, &slug).await?;
    let version = version(&mut work, which.no).await?;
    question(work, &version, ErrorSummary::new(visit.lang), &[]).await
}

async fn question(
    mut work: Work<'_>,
    version: &Version,
    errors: ErrorSummary,
    since: &[Version],
) -> Result<Markup, Failure> {
    let (lang, when) = (work.visit.lang, work.visit.when());
    let seen = work.seen(of(version)).await?;
    let now = current(&work.known, version);
    let changes = differences(now.as_ref(), version.before.as_ref());
    let body = html! {
        @if !since.is_empty() { (written_meanwhile(lang, &when, since)) }
        @if let Some(error) = errors.of("restore") { div #restore { (Notice::error(error)) } }
        (Card::new("changes", &subject(lang, &work.known, version, &when), html! {
            @if changes.is_empty() { p { (t(lang, "facilities-restore-same", &[])) } }
            (change_list(&when, &changes))
        }))
        @if !changes.is_empty() {
            form method="post" action={ "/register/" (work.slug) "/history/restore" } {
                input type="hidden" name="no" value=(version.no);
                (seen_field(seen))
                (Button::primary(&t(lang, "facilities-restore-now", &[])))
            }
        }
        p.actions {
            (Button::quiet(&t(lang, "facilities-restore-keep", &[])).href(&format!("/register/{}/history", work.slug)))
        }
    };
    let title = format!("{}: {}", t(lang, "facilities-restore", &[]), work.known.facts.name);
    work.finish(&title, errors, body).await
}

/// Goes back.
pub(crate) async fn restore(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Path(slug): Path<String>,
    Form(sent): Form<Sent>,
) -> Result<Response, Failure> {
    let lang = visit.lang;
    let no = sent.text("no").parse().map_err(|_| Failure::BadRequest("no number of a change"))?;
    let mut work = Work::begin_change(&visit, &ports, &slug).await?;
    let version = version(&mut work, no).await?;
    let since = work.written_since(&sent, of(&version)).await?;
    if !since.is_empty() {
        let page = question(work, &version, ErrorSummary::new(lang), &since).await?;
        return Ok((StatusCode::CONFLICT, page).into_response());
    }
    let before = Before::read(&mut work).await?;
    match put_back(&mut work, &version).await {
        Ok(kept) => {
            let history = format!("/register/{slug}/history");
            match before.question(work, &sent, &history).await? {
                Ok(work) => work.tx.commit().await?,
                Err(asks) => return Ok(asks),
            }
            let undo = kept.map(|no| format!("&undo={no}")).unwrap_or_default();
            Ok(Redirect::to(&format!("{}?done=restored{undo}", page_of(&slug, &version))).into_response())
        }
        Err(refused) => {
            let (_, text) = obstacle(lang, refused)?;
            drop(work);
            let work = Work::begin(&visit, &ports, &slug).await?;
            let errors = ErrorSummary::new(lang).error("restore", &text);
            let page = question(work, &version, errors, &[]).await?;
            Ok((StatusCode::CONFLICT, page).into_response())
        }
    }
}

/// Where the thing of a change is maintained.
fn page_of(slug: &str, version: &Version) -> String {
    match version.after.as_ref().or(version.before.as_ref()) {
        Some(State::Hours(_) | State::Exception(_)) => format!("/register/{slug}/hours"),
        Some(State::Equipment(_)) => format!("/register/{slug}/equipment"),
        Some(State::Facility(_)) => format!("/register/{slug}"),
        Some(State::Resource(_)) | None => format!("/register/{slug}/history"),
    }
}

/// Writes what was said before a change; answers its number in the history, where anything became different.
async fn put_back(work: &mut Work<'_>, version: &Version) -> Result<Option<i64>, Obstacle> {
    let slug = work.slug;
    match &version.before {
        Some(State::Facility(facts)) => facility(work, facts).await,
        Some(State::Hours(hours)) => {
            let (mut register, known) = work.register();
            register.hours(known, slug, hours).await?;
            Ok(register.kept)
        }
        Some(State::Resource(state)) => resource(work, ResourceId::new(version.subject), state).await,
        Some(State::Equipment(facts)) => equipment(work, version.subject, facts).await,
        Some(State::Exception(state)) => {
            let about = match state.resource.as_str() {
                "" => None,
                slug => {
                    let found = work.known.resource(slug).map(|resource| resource.id);
                    Some(found.ok_or_else(|| Fault::NoResource(slug.to_owned()))?)
                }
            };
            let wanted = KnownException {
                id: work.tx.new_id(),
                resource: about,
                first: state.first,
                last: state.last,
                hours: state.hours.clone(),
                reason: state.reason.clone(),
            };
            let (mut register, known) = work.register();
            register.exception(known, slug, &wanted).await?;
            Ok(register.kept)
        }
        None => {
            let (mut register, known) = work.register();
            register.remove_exception(known, slug, ExceptionId::new(version.subject)).await?;
            Ok(register.kept)
        }
    }
}

/// Whose a facility is stays as it is where it is not theirs to say who goes back.
async fn facility(work: &mut Work<'_>, earlier: &FacilityFacts) -> Result<Option<i64>, Obstacle> {
    let mut facts = earlier.clone();
    if !work.decides || !may_give_to(work, &facts).await? {
        let now = &work.known.facts;
        facts.authority.clone_from(&now.authority);
        facts.owner.clone_from(&now.owner);
        facts.other_ids.clone_from(&now.other_ids);
    }
    let slug = work.slug;
    let (mut register, known) = work.register();
    register.facility(&mut Some(known.clone()), slug, &facts).await?;
    Ok(register.kept)
}

async fn resource(
    work: &mut Work<'_>,
    id: ResourceId,
    state: &ResourceState,
) -> Result<Option<i64>, Obstacle> {
    let slug = work.known.slug_of(id).unwrap_or_default().to_owned();
    let wanted = Wanted {
        slug: &slug,
        parent: Some(state.parent.as_str()).filter(|parent| !parent.is_empty()),
        parts: &state.parts,
        position: usize::try_from(state.position).ok(),
        facts: &state.facts,
    };
    let (mut register, known) = work.register();
    register.resource(known, &wanted).await?;
    Ok(register.kept)
}

/// It goes with what there still is of what it went with. What went with things that are all gone would go with
/// everything, which nobody has said.
async fn equipment(work: &mut Work<'_>, id: Uuid, earlier: &EquipmentFacts) -> Result<Option<i64>, Obstacle> {
    let slug = work.known.equipment.iter().find(|equipment| equipment.id.uuid() == id);
    let slug = slug.map(|equipment| equipment.slug.clone()).unwrap_or_default();
    let there = |slug: &&String| work.known.resource(slug).is_some();
    let resources: Vec<String> = earlier.resources.iter().filter(there).cloned().collect();
    if let (true, Some(gone)) = (resources.is_empty(), earlier.resources.first()) {
        return Err(Fault::NoResource(gone.clone()).into());
    }
    let facts = EquipmentFacts { resources, ..earlier.clone() };
    let (mut register, known) = work.register();
    register.equipment(known, &slug, &facts).await?;
    Ok(register.kept)
}
