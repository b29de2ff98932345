//! `/register/{slug}/resources`: what can be booked at a facility.

use axum::Extension;
use axum::extract::{Form, Path};
use axum::response::{IntoResponse, Redirect, Response};
use cloud_kernel::web::{Failure, Visit};
use cloud_ui::{Button, Checkbox, ErrorSummary, Field, Lang, Select, t};
use facilities_domain::{
    Activity, BOAT_CM_MAX, BUFFER_MINUTES_MAX, Boat, PERSONS_MAX, ResourceFacts, ResourceKind, ResourceState,
    Size, State, Wrong, check_slug, read_metres, read_number, slug_of,
};
use http::StatusCode;
use maud::{Markup, html};

use super::history::{over_theirs, written_meanwhile};
use super::{Sent, Work, obstacle, saved, seen_field, summary, wrong_text};
use crate::Ports;
use crate::change::{Wanted, resource_state};
use crate::pages::{activity_name, kinds, metres};
use crate::store::Version;

/// The form's fields as they stand in it.
struct Draft(Sent);

impl Draft {
    fn of(lang: Lang, state: &ResourceState) -> Self {
        let facts = &state.facts;
        let number = |value: Option<u32>| value.map(|value| value.to_string()).unwrap_or_default();
        let length = |cm: Option<u32>| cm.map(|cm| metres(lang, cm)).unwrap_or_default();
        let extent = |range: Option<(u32, u32)>| match range {
            Some((from, to)) if from == to => metres(lang, from),
            Some((from, to)) => format!("{}–{}", metres(lang, from), metres(lang, to)),
            None => String::new(),
        };
        let boat = facts.kind.boat();
        let mut fields = std::collections::BTreeMap::new();
        let mut put = |name: &str, value: String| {
            fields.insert(name.to_owned(), value);
        };
        put("name", facts.name.clone());
        put("kind", facts.kind.key().to_owned());
        put("licence", facts.kind.licence().to_owned());
        put("boat_length_cm", length(boat.length));
        put("boat_beam_cm", length(boat.beam));
        put("boat_draught_cm", length(boat.draught));
        put("persons_max", number(facts.persons_max));
        put("before_minutes", facts.before_minutes.to_string());
        put("after_minutes", facts.after_minutes.to_string());
        put("width", extent(facts.size.map(|size| size.width)));
        put("length", extent(facts.size.map(|size| size.length)));
        put("ceiling", length(facts.size.and_then(|size| size.ceiling)));
        put("description", facts.description.clone());
        put("rules_text", facts.rules_text.clone());
        put("parent", state.parent.clone());
        put("parts", state.parts.join(" "));
        for activity in &facts.activities {
            put(&format!("activity-{}", activity.key()), "yes".to_owned());
        }
        Self(Sent(fields))
    }

    /// The facts; and what is wrong, by field.
    fn read(&self) -> (ResourceFacts, Vec<(&'static str, Wrong)>) {
        let sent = &self.0;
        let mut wrong = Vec::new();
        let mut number = |name: &'static str, from: u32, to: u32| match sent.text(name) {
            "" => None,
            text => read_number(text, from, to).map_err(|reason| wrong.push((name, reason))).ok(),
        };
        let persons_max = number("persons_max", 1, PERSONS_MAX);
        let before_minutes = number("before_minutes", 0, BUFFER_MINUTES_MAX).unwrap_or(0);
        let after_minutes = number("after_minutes", 0, BUFFER_MINUTES_MAX).unwrap_or(0);
        let mut length = |name: &'static str, most: u32| match sent.text(name) {
            "" => None,
            text => {
                let read = read_metres(text).filter(|(_, to)| *to <= most);
                if read.is_none() {
                    wrong.push((name, Wrong::NoNumber { from: 1, to: most / 100 }));
                }
                read
            }
        };
        let boat = Boat {
            length: length("boat_length_cm", BOAT_CM_MAX).map(|(_, to)| to),
            beam: length("boat_beam_cm", BOAT_CM_MAX).map(|(_, to)| to),
            draught: length("boat_draught_cm", BOAT_CM_MAX).map(|(_, to)| to),
        };
        let longest = 200_000;
        let (width, across) = (length("width", longest), length("length", longest));
        let ceiling = length("ceiling", longest).map(|(_, to)| to);
        if width.is_some() != across.is_some() {
            wrong.push((if width.is_some() { "length" } else { "width" }, Wrong::Missing));
        }
        let kind = ResourceKind::with(sent.text("kind"), sent.text("licence"), boat);
        if kind.is_none() {
            wrong.push(("kind", Wrong::Unknown));
        }
        let activities = Activity::ALL.into_iter();
        let facts = ResourceFacts {
            name: sent.text("name").to_owned(),
            kind: kind.unwrap_or_default(),
            persons_max,
            before_minutes,
            after_minutes,
            size: width.zip(across).map(|(width, length)| Size { width, length, ceiling }),
            activities: activities
                .filter(|activity| sent.ticked(&format!("activity-{}", activity.key())))
                .collect(),
            description: sent.long("description"),
            rules_text: sent.long("rules_text"),
        };
        wrong.extend(facts.problems());
        (facts, wrong)
    }

    fn parts(&self) -> Vec<String> {
        let mut codes: Vec<String> = self.0.text("parts").split_whitespace().map(str::to_owned).collect();
        codes.sort_unstable();
        codes.dedup();
        codes
    }
}

/// The form of a new one.
pub(crate) async fn new(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Path(slug): Path<String>,
) -> Result<Markup, Failure> {
    let work = Work::begin(&visit, &ports, &slug).await?;
    page(work, None, &Draft(Sent::default()), ErrorSummary::new(visit.lang), &[]).await
}

/// The form of one that is there.
pub(crate) async fn show(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Path((slug, resource)): Path<(String, String)>,
) -> Result<Markup, Failure> {
    let work = Work::begin(&visit, &ports, &slug).await?;
    let now = state(&work, &resource).ok_or(Failure::NotFound)?;
    let draft = Draft::of(visit.lang, &now);
    page(work, Some(&resource), &draft, ErrorSummary::new(visit.lang), &[]).await
}

fn facts_of(state: &State) -> Option<&ResourceFacts> {
    state.resource().map(|resource| &resource.facts)
}

/// A resource as it is.
fn state(work: &Work<'_>, slug: &str) -> Option<ResourceState> {
    resource_state(&work.known, work.known.resource(slug)?).resource().cloned()
}

async fn page(
    mut work: Work<'_>,
    resource: Option<&str>,
    draft: &Draft,
    errors: ErrorSummary,
    since: &[Version],
) -> Result<Markup, Failure> {
    let (lang, when) = (work.visit.lang, work.visit.when());
    let id = resource.and_then(|slug| work.known.resource(slug)).map(|resource| resource.id.uuid());
    let seen = match id {
        Some(id) => Some(work.seen((id, "resource")).await?),
        None => None,
    };
    let sent = &draft.0;
    let action = match resource {
        Some(resource) => format!("/register/{}/resources/{resource}", work.slug),
        None => format!("/register/{}/resources", work.slug),
    };
    let text =
        |name: &str, label: &str| Field::text(name, label).value(sent.text(name)).error(errors.of(name));
    let number =
        |name: &str, label: &str| Field::number(name, label).value(sent.text(name)).error(errors.of(name));
    let lines =
        |name: &str, label: &str| Field::long_text(name, label).value(sent.text(name)).error(errors.of(name));
    let chosen = if sent.text("kind").is_empty() { "hall" } else { sent.text("kind") };
    let kind = kinds(lang).iter().fold(
        Select::new("kind", &t(lang, "facilities-kind", &[])).chosen(chosen).error(errors.of("kind")),
        |select, (key, name)| select.option(key, name),
    );
    let parent = work.known.resources.iter().filter(|other| Some(other.slug.as_str()) != resource).fold(
        Select::new("parent", &t(lang, "facilities-part-of", &[]))
            .option("", &t(lang, "facilities-part-of-none", &[]))
            .chosen(sent.text("parent"))
            .error(errors.of("parent")),
        |select, other| select.option(&other.slug, &other.facts.name),
    );
    let body = html! {
        @if !since.is_empty() { (written_meanwhile(lang, &when, since)) }
        form method="post" action=(action) {
            @if let Some(seen) = seen { (seen_field(seen)) }
            (text("name", &t(lang, "facilities-name", &[])).required())
            (kind)
            (lines("description", &t(lang, "facilities-description", &[])).optional(lang))
            (lines("rules_text", &t(lang, "facilities-rules", &[])).hint(&t(lang, "facilities-rules-hint", &[])).optional(lang))
            (number("persons_max", &t(lang, "facilities-persons-name", &[])).optional(lang))
            (number("before_minutes", &t(lang, "facilities-before-minutes", &[])).optional(lang))
            (number("after_minutes", &t(lang, "facilities-after-minutes", &[])).optional(lang))
            fieldset.field {
                legend { (t(lang, "facilities-activities", &[])) }
                @for activity in Activity::ALL {
                    @let name = format!("activity-{}", activity.key());
                    (Checkbox::new(&name, &activity_name(lang, activity)).checked(sent.ticked(&name)))
                }
            }
            (text("width", &t(lang, "facilities-width", &[])).hint(&t(lang, "facilities-metres-hint", &[])).optional(lang))
            (text("length", &t(lang, "facilities-length", &[])).optional(lang))
            (text("ceiling", &t(lang, "facilities-ceiling-metres", &[])).optional(lang))
            details open[["berth", "vehicle"].contains(&chosen) || errors.of("boat_length_cm").is_some()] {
                summary { (t(lang, "facilities-peculiar", &[])) }
                (text("licence", &t(lang, "facilities-licence", &[])).optional(lang))
                (text("boat_length_cm", &t(lang, "facilities-boat-length-metres", &[])).optional(lang))
                (text("boat_beam_cm", &t(lang, "facilities-boat-beam-metres", &[])).optional(lang))
                (text("boat_draught_cm", &t(lang, "facilities-boat-draught-metres", &[])).optional(lang))
            }
            (parent)
            (text("parts", &t(lang, "facilities-parts-name", &[])).hint(&t(lang, "facilities-parts-hint", &[])).optional(lang))
            (Button::primary(&t(lang, "facilities-save", &[])))
        }
    };
    let body = html! {
        (body)
        @if let Some(slug) = resource.filter(|_| work.decides) {
            p.actions {
                (Button::danger(&t(lang, "facilities-remove-resource", &[]))
                    .href(&format!("/register/{}/resources/{slug}/remove", work.slug)))
            }
        }
    };
    let title = match resource.and_then(|resource| work.known.resource(resource)) {
        Some(known) => known.facts.name.clone(),
        None => t(lang, "facilities-resource-new", &[]),
    };
    work.finish(&title, errors, body).await
}

/// A new one.
pub(crate) async fn make(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Path(slug): Path<String>,
    Form(sent): Form<Sent>,
) -> Result<Response, Failure> {
    let resource = slug_of(sent.text("name"));
    write(&visit, &ports, &slug, &resource, Draft(sent), true).await
}

/// A changed one.
pub(crate) async fn save(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Path((slug, resource)): Path<(String, String)>,
    Form(sent): Form<Sent>,
) -> Result<Response, Failure> {
    write(&visit, &ports, &slug, &resource, Draft(sent), false).await
}

async fn write(
    visit: &Visit,
    ports: &Ports,
    slug: &str,
    resource: &str,
    draft: Draft,
    is_new: bool,
) -> Result<Response, Failure> {
    let lang = visit.lang;
    let mut work = Work::begin_change(visit, ports, slug).await?;
    let there = work.known.resource(resource).is_some();
    if !is_new && !there {
        return Err(Failure::NotFound);
    }
    let (facts, mut wrong) = draft.read();
    if is_new && !facts.name.is_empty() {
        if there {
            wrong.push(("name", Wrong::Taken));
        } else if let Err(reason) = check_slug(resource) {
            wrong.push(("name", reason));
        }
    }
    let mut errors = summary(lang, wrong);
    // Something new that names no part has one of its own.
    let mut codes = draft.parts();
    if codes.is_empty() && is_new {
        codes.push(resource.to_owned());
    }
    if codes.iter().any(|code| code.chars().count() > PART_CHARS_MAX) {
        errors = errors.error("parts", &wrong_text(lang, &Wrong::TooLong { most: PART_CHARS_MAX }));
    }
    if errors.is_empty()
        && let Some(now) = state(&work, resource)
        && let Some(id) = work.known.resource(resource).map(|known| known.id.uuid())
    {
        let since = work.written_since(&draft.0, (id, "resource")).await?;
        let mine = ResourceState {
            parent: draft.0.text("parent").to_owned(),
            parts: if codes.is_empty() { now.parts.clone() } else { codes.clone() },
            position: now.position,
            facts: facts.clone(),
        };
        if !since.is_empty() && mine != now {
            let facts = over_theirs(&since, facts_of, mine.facts.clone(), &now.facts);
            let both = ResourceState { facts, ..over_theirs(&since, State::resource, mine, &now) };
            let page = page(work, Some(resource), &Draft::of(lang, &both), errors, &since).await?;
            return Ok((StatusCode::CONFLICT, page).into_response());
        }
    }
    if errors.is_empty() {
        let parent = Some(draft.0.text("parent")).filter(|parent| !parent.is_empty());
        let (mut register, known) = work.register();
        let wanted = Wanted { slug: resource, parent, parts: &codes, position: None, facts: &facts };
        match register.resource(known, &wanted).await {
            Ok(_) => {
                // What was made now goes out of the register on a page of its own.
                let kept = register.kept.filter(|_| !is_new);
                let to = saved(&format!("/register/{slug}/resources/{resource}"), kept);
                work.tx.commit().await?;
                return Ok(Redirect::to(&to).into_response());
            }
            Err(refused) => {
                let (field, text) = obstacle(lang, refused)?;
                errors = errors.error(field, &text);
            }
        }
    }
    // What a refused change has written is rolled back; the page reads anew.
    drop(work);
    let work = Work::begin(visit, ports, slug).await?;
    let page = page(work, (!is_new).then_some(resource), &draft, errors, &[]).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}

/// A part's code, as people see it in no page but this: `A1`.
const PART_CHARS_MAX: usize = 60;
