//! `/register/{slug}`: what is known of a facility; `/register/new`: a new one.

use axum::Extension;
use axum::extract::{Form, Path};
use axum::response::{IntoResponse, Redirect, Response};
use cloud_kernel::web::{Failure, Visit};
use cloud_kernel::{Actor, Role, SignedIn, Viewer};
use cloud_ui::{Button, Card, Checkbox, ErrorSummary, Field, Lang, LinkCard, Select, t};
use facilities_domain::{Accessibility, FacilityFacts, Position, State, Wrong, check_slug, slug_of};
use http::StatusCode;
use maud::{Markup, html};

use super::history::{over_theirs, written_meanwhile};
use super::{Sent, Work, obstacle, saved, seen_field, summary, wrong_text};
use crate::change::Register;
use crate::pages::{accessibility_name, kind_name};
use crate::store::Version;
use crate::{Ports, store};

/// The form.
pub(crate) async fn show(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Path(slug): Path<String>,
) -> Result<Markup, Failure> {
    let work = Work::begin(&visit, &ports, &slug).await?;
    let facts = work.known.facts.clone();
    let position = position_texts(&facts);
    page(work, &facts, &position, ErrorSummary::new(visit.lang), &[]).await
}

/// Latitude and longitude as they stand in the form.
fn position_texts(facts: &FacilityFacts) -> (String, String) {
    facts.position.map_or_else(Default::default, |at| (at.latitude.to_string(), at.longitude.to_string()))
}

/// The choices that only staff has.
struct Choices {
    authorities: Vec<(String, String)>,
    owners: Vec<(String, String)>,
}

async fn page(
    mut work: Work<'_>,
    facts: &FacilityFacts,
    position: &(String, String),
    errors: ErrorSummary,
    since: &[Version],
) -> Result<Markup, Failure> {
    let (lang, when) = (work.visit.lang, work.visit.when());
    let seen = work.seen((work.known.id.uuid(), "facility")).await?;
    let choices = if work.decides {
        let authorities = store::authorities(&mut work.tx).await?;
        Some(Choices {
            authorities: authorities.into_iter().map(|(_, slug, name)| (slug, name)).collect(),
            owners: store::organisations(&mut work.tx).await?,
        })
    } else {
        None
    };
    let cards: Vec<LinkCard> = work
        .known
        .resources
        .iter()
        .map(|resource| {
            let href = format!("/register/{}/resources/{}", work.slug, resource.slug);
            LinkCard::new(&resource.facts.name, &href).line(&kind_name(lang, resource.facts.kind.key()))
        })
        .collect();
    let body = html! {
        @if !since.is_empty() { (written_meanwhile(lang, &when, since)) }
        (Card::new("resources", &t(lang, "facilities-what-is-there", &[]), html! {
            @if !cards.is_empty() { (LinkCard::list(&cards)) }
        }).foot(html! {
            (Button::quiet(&t(lang, "facilities-resource-new", &[])).href(&format!("/register/{}/resources", work.slug)))
        }))
        @if work.visit.tenant.uses("booking") || work.visit.tenant.uses("faults") {
            (Card::new("on-site", &t(lang, "facilities-on-site", &[]), html! {
                p.actions {
                    @if work.visit.tenant.uses("booking") {
                        (Button::quiet(&t(lang, "facilities-screen", &[])).href(&format!("/screens/{}", work.slug)))
                    }
                    @if work.visit.tenant.uses("faults") && work.decides {
                        (Button::quiet(&t(lang, "faults-labels-title", &[])).href(&format!("/faults/places/{}", work.slug)))
                    }
                }
                @if work.visit.tenant.uses("booking") { p.quiet { (t(lang, "facilities-screen-hint", &[])) } }
            }))
        }
        h2 { (t(lang, "facilities-facts", &[])) }
        form method="post" action={ "/register/" (work.slug) } {
            (seen_field(seen))
            (fields(lang, facts, position, choices.as_ref(), &errors))
            (Button::primary(&t(lang, "facilities-save", &[])))
        }
        @if work.decides {
            p.actions {
                (Button::danger(&t(lang, "facilities-remove-facility", &[])).href(&format!("/register/{}/remove", work.slug)))
            }
        }
    };
    let title = format!("{}: {}", t(lang, "facilities-facts", &[]), work.known.facts.name);
    work.finish_with(&title, errors, body, Some("find.js")).await
}

fn fields(
    lang: Lang,
    facts: &FacilityFacts,
    (latitude, longitude): &(String, String),
    choices: Option<&Choices>,
    errors: &ErrorSummary,
) -> Markup {
    let ids: Vec<String> = facts.other_ids.iter().map(|(system, id)| format!("{system} = {id}")).collect();
    html! {
        (Field::text("name", &t(lang, "facilities-name", &[])).value(&facts.name).error(errors.of("name")).required())
        (Field::text("address", &t(lang, "facilities-address", &[])).value(&facts.address).error(errors.of("address")).optional(lang))
        (Field::long_text("description", &t(lang, "facilities-description", &[])).value(&facts.description)
            .error(errors.of("description")).optional(lang))
        (Field::long_text("rules_text", &t(lang, "facilities-rules", &[])).hint(&t(lang, "facilities-rules-hint", &[]))
            .value(&facts.rules_text).error(errors.of("rules_text")).optional(lang))
        (Field::long_text("directions", &t(lang, "facilities-directions", &[])).hint(&t(lang, "facilities-directions-hint", &[]))
            .value(&facts.directions).error(errors.of("directions")).optional(lang))
        fieldset.field {
            legend { (t(lang, "facilities-access", &[])) }
            span.hint { (t(lang, "facilities-access-hint", &[])) }
            @for fact in Accessibility::ALL {
                (Checkbox::new(&format!("accessibility-{}", fact.key()), &accessibility_name(lang, fact))
                    .checked(facts.accessibility.contains(&fact)))
            }
        }
        (Field::long_text("accessibility_notes", &t(lang, "facilities-access-notes", &[])).value(&facts.accessibility_notes)
            .error(errors.of("accessibility_notes")).optional(lang))
        (Field::text("position", &t(lang, "facilities-latitude", &[])).hint(&t(lang, "facilities-position-hint", &[]))
            .value(latitude).error(errors.of("position")).optional(lang))
        (Field::text("longitude", &t(lang, "facilities-longitude", &[])).value(longitude).optional(lang))
        p.actions {
            // Shown by script, where the browser can tell where it is.
            button.button.button-quiet type="button" data-locate="position longitude" hidden
                data-done=(t(lang, "facilities-located", &[])) data-failed=(t(lang, "facilities-located-not", &[])) {
                (t(lang, "facilities-locate", &[]))
            }
        }
        p.quiet role="status" data-located {}
        @if let Some(choices) = choices {
            (choices.authorities.iter().fold(
                Select::new("authority", &t(lang, "facilities-authority", &[])).chosen(&facts.authority).error(errors.of("authority")),
                |select, (slug, name)| select.option(slug, name)))
            (choices.owners.iter().fold(
                Select::new("owner", &t(lang, "facilities-owner", &[])).hint(&t(lang, "facilities-owner-hint", &[]))
                    .option("", &t(lang, "facilities-owner-none", &[])).chosen(&facts.owner).error(errors.of("owner")),
                |select, (slug, name)| select.option(slug, name)))
            (Field::long_text("other_ids", &t(lang, "facilities-other-ids", &[])).hint(&t(lang, "facilities-other-ids-hint", &[]))
                .value(&ids.join("\n")).error(errors.of("other_ids")).optional(lang))
        }
    }
}

/// The facts as the form has them, over those that were; and what is wrong.
fn read(lang: Lang, sent: &Sent, known: &FacilityFacts, decides: bool) -> (FacilityFacts, ErrorSummary) {
    let (position, unreadable) = match Position::read(sent.text("position"), sent.text("longitude")) {
        Ok(position) => (position, None),
        Err(wrong) => (None, Some(wrong)),
    };
    let ticked = |fact: &Accessibility| sent.ticked(&format!("accessibility-{}", fact.key()));
    let mut facts = FacilityFacts {
        name: sent.text("name").to_owned(),
        address: sent.text("address").to_owned(),
        description: sent.long("description"),
        rules_text: sent.long("rules_text"),
        directions: sent.long("directions"),
        accessibility: Accessibility::ALL.into_iter().filter(ticked).collect(),
        accessibility_notes: sent.long("accessibility_notes"),
        position,
        ..known.clone()
    };
    let mut ids_wrong = false;
    if decides {
        sent.text("authority").clone_into(&mut facts.authority);
        sent.text("owner").clone_into(&mut facts.owner);
        facts.other_ids.clear();
        for line in sent.text("other_ids").lines().map(str::trim).filter(|line| !line.is_empty()) {
            match line.split_once('=') {
                Some((system, id)) => {
                    facts.other_ids.insert(system.trim().to_owned(), id.trim().to_owned());
                }
                None => ids_wrong = true,
            }
        }
    }
    let mut errors = summary(lang, facts.problems());
    if let Some(wrong) = unreadable {
        errors = errors.error("position", &wrong_text(lang, &wrong));
    }
    if ids_wrong {
        errors = errors.error("other_ids", &t(lang, "facilities-other-ids-wrong", &[]));
    }
    (facts, errors)
}

/// The form's answer.
pub(crate) async fn save(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Path(slug): Path<String>,
    Form(sent): Form<Sent>,
) -> Result<Response, Failure> {
    let lang = visit.lang;
    let mut work = Work::begin_change(&visit, &ports, &slug).await?;
    let (facts, mut errors) = read(lang, &sent, &work.known.facts, work.decides);
    if work.decides && !may_give_to(&mut work, &facts).await? {
        errors = errors.error("authority", &t(lang, "facilities-wrong-authority", &[]));
    }
    let since = work.written_since(&sent, (work.known.id.uuid(), "facility")).await?;
    if errors.is_empty() && !since.is_empty() && facts != work.known.facts {
        let both = over_theirs(&since, State::facility, facts, &work.known.facts);
        let position = position_texts(&both);
        let page = page(work, &both, &position, errors, &since).await?;
        return Ok((StatusCode::CONFLICT, page).into_response());
    }
    if errors.is_empty() {
        let (mut register, known) = work.register();
        let mut changed = Some(known.clone());
        match register.facility(&mut changed, &slug, &facts).await {
            Ok(_) => {
                let to = saved(&format!("/register/{slug}"), register.kept);
                work.tx.commit().await?;
                return Ok(Redirect::to(&to).into_response());
            }
            Err(refused) => {
                let (field, text) = obstacle(lang, refused)?;
                errors = errors.error(field, &text);
            }
        }
    }
    let position = (sent.text("position").to_owned(), sent.text("longitude").to_owned());
    let page = page(work, &facts, &position, errors, &[]).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}

/// An officer gives a facility to no board but their own.
pub(crate) async fn may_give_to(work: &mut Work<'_>, facts: &FacilityFacts) -> Result<bool, sqlx::Error> {
    let Viewer::SignedIn(person) = &work.visit.viewer else { return Ok(false) };
    if person.has(Role::Administrator) || facts.authority == work.known.facts.authority {
        return Ok(true);
    }
    let authority = work.tx.authority(&facts.authority).await?;
    Ok(authority.is_none_or(|authority| person.roles.contains(&(authority, Role::Officer))))
}

/// The form of a new facility: a name and whose it is. All else is filled in where it stands then.
pub(crate) async fn new(visit: Visit) -> Result<Markup, Failure> {
    new_page(&visit, "", "", ErrorSummary::new(visit.lang)).await
}

/// The boards for which somebody may make a facility.
async fn own_authorities(visit: &Visit, person: &SignedIn) -> Result<Vec<(String, String)>, Failure> {
    let mut tx = visit.begin().await?;
    let all = store::authorities(&mut tx).await?;
    tx.commit().await?;
    let may = |id| person.has(Role::Administrator) || person.roles.contains(&(id, Role::Officer));
    let own: Vec<_> =
        all.into_iter().filter(|(id, _, _)| may(*id)).map(|(_, slug, name)| (slug, name)).collect();
    if own.is_empty() { Err(Failure::Forbidden { needs: Role::Officer }) } else { Ok(own) }
}

async fn new_page(
    visit: &Visit,
    name: &str,
    authority: &str,
    errors: ErrorSummary,
) -> Result<Markup, Failure> {
    let lang = visit.lang;
    let own = own_authorities(visit, visit.signed_in()?).await?;
    let select = Select::new("authority", &t(lang, "facilities-authority", &[]))
        .chosen(authority)
        .error(errors.of("authority"));
    let body = html! {
        form method="post" action="/register/new" {
            (Field::text("name", &t(lang, "facilities-name", &[])).value(name).error(errors.of("name")).required())
            (own.iter().fold(select, |select, (slug, name)| select.option(slug, name)))
            (Button::primary(&t(lang, "facilities-make", &[])))
        }
    };
    let page = visit
        .page(&t(lang, "facilities-new", &[]))
        .crumb(&t(lang, "facilities-register", &[]), "/register")
        .lead(&t(lang, "facilities-new-lead", &[]));
    Ok(page.errors(errors).body(body).render())
}

/// A new facility.
pub(crate) async fn make(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Form(sent): Form<Sent>,
) -> Result<Response, Failure> {
    let lang = visit.lang;
    let person = visit.signed_in()?;
    let own = own_authorities(&visit, person).await?;
    let (name, authority) = (sent.text("name"), sent.text("authority"));
    let facts = FacilityFacts {
        name: name.to_owned(),
        authority: authority.to_owned(),
        time_zone: visit.tenant.time_zone.iana_name().unwrap_or("Europe/Stockholm").to_owned(),
        ..FacilityFacts::default()
    };
    let mut errors = summary(lang, facts.problems());
    if !own.iter().any(|(slug, _)| slug == authority) {
        errors = errors.error("authority", &wrong_text(lang, &Wrong::Unknown));
    }
    let slug = slug_of(name);
    if errors.is_empty()
        && let Err(wrong) = check_slug(&slug)
    {
        errors = errors.error("name", &wrong_text(lang, &wrong));
    }
    let mut tx = visit.begin().await?;
    store::lock_register(&mut tx).await?;
    if errors.is_empty() && (reserved(&slug) || store::known(&mut tx, Some(&slug)).await?.contains_key(&slug))
    {
        errors = errors.error("name", &wrong_text(lang, &Wrong::Taken));
    }
    if errors.is_empty() {
        let mut register = Register::new(&mut tx, ports.space.as_ref(), Actor::Person(person.person));
        match register.facility(&mut None, &slug, &facts).await {
            Ok(_) => {
                tx.commit().await?;
                return Ok(Redirect::to(&format!("/register/{slug}/resources")).into_response());
            }
            Err(refused) => {
                let (field, text) = obstacle(lang, refused)?;
                errors = errors.error(field, &text);
            }
        }
    }
    drop(tx);
    let page = new_page(&visit, name, authority, errors).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}

/// Short names that the register's own pages have.
fn reserved(slug: &str) -> bool {
    ["import", "school-year"].contains(&slug)
}
