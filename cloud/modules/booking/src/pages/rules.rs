//! `/facilities/{slug}/rules`: a resource's rules in words, and what would happen if. `/rules`: the layers that they
//! come from, for those who change them.

use axum::Extension;
use axum::extract::{Form, Path, Query};
use axum::response::{IntoResponse, Redirect, Response};
use booking_domain::{
    Approval, Asked, Asker, CustomerKind, Layer, Package, Parameters, Place, PurposeKind, Request, Rules,
    SPAN_MINUTES_MAX, Scope, WhyApproval, judge,
};
use cloud_contracts::{Facility, Resource};
use cloud_kernel::web::{Failure, Visit};
use cloud_kernel::{Actor, Role, SignedIn, TenantTx, error_chain};
use cloud_ui::{
    Button, Card, EmptyState, ErrorSummary, Facts, Field, Lang, LinkCard, Notice, Select, Tabs, date_words,
    duration, t,
};
use http::StatusCode;
use jiff::ToSpan as _;
use jiff::civil::{Date, Time};
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use super::when_at;
use super::words::{purpose_kind_name, quota_words, reason_text, whom};
use crate::Ports;
use crate::import::scope;
use crate::place::{layers_of, place_of};
use crate::store::rules::{self, Put, StoredLayer};

/// What is asked on the public page; what cannot be read is as if it were not there.
#[derive(Deserialize)]
pub struct Try {
    resource: Option<String>,
    kind: Option<String>,
    group: Option<String>,
    age: Option<String>,
    purpose: Option<String>,
    date: Option<String>,
    time: Option<String>,
    minutes: Option<String>,
    persons: Option<String>,
}

/// The rules of one facility, in words.
pub async fn explain(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Path(slug): Path<String>,
    Query(query): Query<Try>,
) -> Result<Markup, Failure> {
    let mut tx = visit.begin().await?;
    let facility = ports.facilities.by_slug(&mut tx, &slug).await?.ok_or(Failure::NotFound)?;
    let chosen = facility
        .resources
        .iter()
        .find(|resource| Some(resource.slug.as_str()) == query.resource.as_deref())
        .or(facility.resources.first());
    let today = facility.time_zone.to_datetime(tx.now()).date();
    let date: Date = query.date.as_deref().and_then(|date| date.parse().ok()).unwrap_or(today);
    let last = date.checked_add(7.days()).unwrap_or(date);
    let place = place_of(&mut tx, ports.facilities.as_ref(), &facility, today.min(date), last).await?;
    tx.commit().await?;
    let lang = visit.lang;
    let page = visit.page(&t(lang, "booking-rules-title", &[])).lead(&facility.name);
    let page = page.crumb(&facility.name, &format!("/facilities/{slug}"));
    let Some(resource) = chosen else {
        let empty = EmptyState::new(
            &t(lang, "booking-nothing-here", &[]),
            &t(lang, "booking-nothing-here-hint", &[]),
        );
        return Ok(page.body(html! { (empty) }).render());
    };
    let path = format!("/facilities/{slug}/rules");
    let tabs = facility.resources.iter().fold(Tabs::new(&t(lang, "booking-resources", &[])), |tabs, one| {
        tabs.tab(&one.name, &format!("{path}?resource={}", one.slug), one.id == resource.id)
    });
    let known = place.resource(resource.id).ok_or(Failure::NotFound)?;
    let rules = known.rules.on(today);
    let changes: Vec<(Date, &Rules)> = known
        .rules
        .changes()
        .filter(|change| *change > today)
        .map(|change| (change, known.rules.on(change)))
        .collect();
    let body = html! {
        @if facility.resources.len() > 1 { (tabs) }
        (Card::new("rules", &resource.name, sentences(lang, rules, resource)))
        @for (change, rules) in &changes {
            (Card::new(&format!("from-{change}"), &t(lang, "booking-rules-from", &[("day", &date_words(lang, *change, today))]),
                sentences(lang, rules, resource)))
        }
        (Card::new("try", &t(lang, "booking-try-title", &[]), tried(&visit, &facility, resource, &place, &query, date)))
    };
    Ok(page.body(body).render())
}

/// Rules as a list of sentences.
fn sentences(lang: Lang, rules: &Rules, resource: &Resource) -> Markup {
    html! { ul { @for sentence in words(lang, rules, resource) { li { (sentence) } } } }
}

/// Each rule that says something, in a sentence.
fn words(lang: Lang, rules: &Rules, resource: &Resource) -> Vec<String> {
    let mut said = Vec::new();
    if let Some(nights) = rules.nights {
        said.push(t(
            lang,
            "booking-error-stay",
            &[
                ("arrive", &nights.arrive.to_string()),
                ("leave", &nights.leave.to_string()),
                ("most", &nights.most),
            ],
        ));
    }
    if !rules.packages.is_empty() {
        let names: Vec<&str> = rules.packages.iter().map(Package::name).collect();
        said.push(t(lang, "booking-error-package", &[("names", &names.join(", "))]));
    }
    if rules.by_step() {
        said.push(t(lang, "booking-error-length-step", &[("minutes", &rules.step())]));
        let (shortest, longest) = (duration(lang, rules.shortest()), duration(lang, rules.longest()));
        said.push(t(lang, "booking-rule-lengths", &[("shortest", &shortest), ("longest", &longest)]));
    }
    if resource.before_minutes > 0 || resource.after_minutes > 0 {
        let (before, after) = (resource.before_minutes, resource.after_minutes);
        said.push(t(lang, "booking-rule-buffer", &[("before", &before), ("after", &after)]));
    }
    if rules.lead_minutes > 0 {
        said.push(t(lang, "booking-rule-lead", &[("length", &duration(lang, rules.lead_minutes))]));
    }
    if rules.lead_working_days > 0 {
        said.push(t(lang, "booking-error-working-days", &[("days", &rules.lead_working_days)]));
    }
    said.push(t(lang, "booking-rule-horizon", &[("days", &(rules.horizon_minutes / 1440))]));
    for early in rules.early.iter() {
        let rule = t(lang, "booking-rule-horizon", &[("days", &early.horizon_days)]);
        said.push(t(lang, "booking-rule-for", &[("rule", &rule), ("who", &whom(lang, &early.who))]));
    }
    if !rules.who.is_empty() {
        said.push(t(lang, "booking-error-who", &[("who", &whom(lang, &rules.who))]));
    }
    if !rules.purposes.is_empty() {
        let names: Vec<String> =
            rules.purposes.iter().map(|kind| purpose_kind_name(lang, *kind).to_lowercase()).collect();
        said.push(t(lang, "booking-error-purposes", &[("purposes", &names.join(", "))]));
    }
    if let Some(age) = rules.booker_age_min {
        said.push(t(lang, "booking-error-age", &[("age", &age)]));
    }
    if let Some(most) = resource.persons_max {
        said.push(t(lang, "booking-error-too-many", &[("most", &most)]));
    }
    match &rules.approval {
        Approval::Never => said.push(t(lang, "booking-rule-direct", &[])),
        Approval::Always => said.push(t(lang, "booking-rule-approval", &[])),
        Approval::Unless(who) => {
            said.push(t(lang, "booking-rule-approval-unless", &[("who", &whom(lang, who))]));
        }
    }
    if let Some((usual, new)) = rules.decided_within.filter(|_| rules.approval != Approval::Never) {
        said.push(t(lang, "booking-rule-decided", &[("days", &usual), ("new", &new)]));
    }
    said.extend(rules.quotas.iter().map(|(_, quota)| quota_words(lang, quota)));
    for blocked in rules.blocked.iter() {
        said.push(t(lang, "booking-error-blocked", &[("why", &blocked.reason)]));
    }
    said.extend(rules.conditions.iter().map(|condition| condition.say.clone()));
    if rules.cancel_minutes > 0 {
        said.push(t(lang, "booking-rule-cancel", &[("length", &duration(lang, rules.cancel_minutes))]));
    }
    said
}

/// The form of the trial, and its answer where a time was given.
fn tried(
    visit: &Visit,
    facility: &Facility,
    resource: &Resource,
    place: &Place,
    query: &Try,
    date: Date,
) -> Markup {
    let lang = visit.lang;
    let typed = |text: &Option<String>| text.clone().unwrap_or_default();
    let kind = query.kind.as_deref().and_then(kind_named).unwrap_or(CustomerKind::Person);
    let kinds = CustomerKind::ALL
        .into_iter()
        .fold(Select::new("kind", &t(lang, "booking-try-kind", &[])).chosen(kind.key()), |select, kind| {
            select.option(kind.key(), &kind_name(lang, kind))
        });
    let purpose = query.purpose.as_deref().and_then(PurposeKind::parse).unwrap_or(PurposeKind::Training);
    let purposes = PurposeKind::ALL.into_iter().fold(
        Select::new("purpose", &t(lang, "booking-purpose-kind", &[])).chosen(purpose.key()),
        |select, kind| select.option(kind.key(), &purpose_kind_name(lang, kind)),
    );
    let answer = query.time.as_deref().and_then(|time| time.parse::<Time>().ok()).and_then(|time| {
        let starts_at = date.to_datetime(time).to_zoned(facility.time_zone.clone()).ok()?.timestamp();
        let minutes = query.minutes.as_deref().and_then(|minutes| minutes.trim().parse().ok());
        let time =
            Asked { resource: resource.id, starts_at, minutes: minutes.unwrap_or(60).min(SPAN_MINUTES_MAX) };
        let number = |text: &Option<String>| text.as_deref().and_then(|text| text.trim().parse::<u32>().ok());
        let asker = Asker {
            kind,
            group: query.group.clone().filter(|group| !group.trim().is_empty()),
            age: number(&query.age).and_then(|age| u8::try_from(age).ok()),
            known: true,
            used: Vec::new(),
            officer: false,
        };
        let times = [time];
        let request = Request { asker: &asker, purpose, persons: number(&query.persons), asked: &times };
        Some(verdict(visit, facility, judge(place, &request, visit.kernel.now())))
    });
    html! {
        form method="get" action={ "/facilities/" (facility.slug) "/rules#try" } {
            input type="hidden" name="resource" value=(resource.slug);
            (kinds)
            (Field::text("group", &t(lang, "booking-try-group", &[])).value(&typed(&query.group)).optional(lang))
            (Field::number("age", &t(lang, "booking-try-age", &[])).value(&typed(&query.age)).optional(lang))
            (purposes)
            (Field::date("date", &t(lang, "booking-try-date", &[])).value(&date.to_string()))
            (Field::time("time", &t(lang, "booking-starts", &[])).value(&query.time.clone().unwrap_or_else(|| "18:00".to_owned())))
            (Field::number("minutes", &t(lang, "booking-try-minutes", &[])).value(&query.minutes.clone().unwrap_or_else(|| "60".to_owned())))
            (Field::number("persons", &t(lang, "booking-persons", &[])).value(&typed(&query.persons)).optional(lang))
            (Button::quiet(&t(lang, "booking-try", &[])))
        }
        @if let Some(answer) = answer { div role="status" { (answer) } }
    }
}

fn verdict(
    visit: &Visit,
    facility: &Facility,
    judged: Result<booking_domain::Judged, Vec<booking_domain::Refusal>>,
) -> Markup {
    let (lang, when) = (visit.lang, when_at(visit, Some(facility)));
    match judged {
        Ok(judged) if judged.approval.is_empty() => {
            html! { (Notice::success(&t(lang, "booking-try-yes", &[]))) }
        }
        Ok(judged) => {
            let why: Vec<String> = judged
                .approval
                .into_iter()
                .filter_map(|why| match why {
                    WhyApproval::Always => None,
                    WhyApproval::Condition(say) => Some(say),
                })
                .collect();
            html! { (Notice::info(&t(lang, "booking-try-decided", &[])).more(&why.join(" · "))) }
        }
        Err(refusals) => {
            let why: Vec<String> =
                refusals.iter().map(|refusal| reason_text(lang, &when, &refusal.reason)).collect();
            html! {
                (Notice::warning(&t(lang, "booking-try-no", &[])))
                ul { @for reason in &why { li { (reason) } } }
            }
        }
    }
}

fn kind_named(key: &str) -> Option<CustomerKind> {
    CustomerKind::ALL.into_iter().find(|kind| kind.key() == key)
}

fn kind_name(lang: Lang, kind: CustomerKind) -> String {
    match kind {
        CustomerKind::Person => t(lang, "booking-try-person", &[]),
        CustomerKind::Association => t(lang, "booking-try-association", &[]),
        CustomerKind::Company => t(lang, "booking-try-company", &[]),
        CustomerKind::Unit => t(lang, "booking-try-unit", &[]),
    }
}

/// Every layer, as whoever changes them sees it.
pub async fn list(visit: Visit, Extension(ports): Extension<Ports>) -> Result<Markup, Failure> {
    visit.staff(Role::Administrator)?;
    let mut tx = visit.begin().await?;
    let facilities = ports.facilities.all(&mut tx).await?;
    let layers = all_layers(&mut tx, &facilities).await?;
    tx.commit().await?;
    let lang = visit.lang;
    let cards: Vec<LinkCard> = layers
        .iter()
        .map(|stored| {
            let about = about_name(lang, &facilities, stored.layer.scope);
            LinkCard::new(&about, &format!("/rules/{}", stored.id))
                .line(&dates(lang, &stored.layer))
                .line(&t(lang, "booking-rules-count", &[("count", &said(&stored.layer.parameters))]))
        })
        .collect();
    let new = Button::primary(&t(lang, "booking-rules-new", &[])).href("/rules/new");
    let body = html! {
        @if cards.is_empty() {
            (EmptyState::new(&t(lang, "booking-rules-empty", &[]), &t(lang, "booking-rules-empty-hint", &[])).action(new))
        } @else {
            (LinkCard::list(&cards))
            p { (new) }
        }
    };
    let lead = t(lang, "booking-rules-list-lead", &[]);
    Ok(visit.page(&t(lang, "booking-rules-list-title", &[])).lead(&lead).body(body).render())
}

/// How many things a layer says.
fn said(parameters: &Parameters) -> usize {
    match serde_json::to_value(parameters) {
        Ok(serde_json::Value::Object(keys)) => keys.len(),
        Ok(_) | Err(_) => 0,
    }
}

fn dates(lang: Lang, layer: &Layer) -> String {
    match layer.last {
        Some(last) => t(
            lang,
            "booking-rules-dates",
            &[("first", &layer.first.to_string()), ("last", &last.to_string())],
        ),
        None => t(lang, "booking-rules-dates-on", &[("first", &layer.first.to_string())]),
    }
}

fn about_name(lang: Lang, facilities: &[Facility], scope: Scope) -> String {
    let gone = || t(lang, "booking-place-gone", &[]);
    match scope {
        Scope::Tenant => t(lang, "booking-rules-tenant", &[]),
        Scope::Authority(_) => t(lang, "booking-rules-authority", &[]),
        Scope::Facility(id) => facilities
            .iter()
            .find(|facility| facility.id == id)
            .map_or_else(gone, |facility| facility.name.clone()),
        Scope::Resource(id) => facilities
            .iter()
            .find_map(|facility| Some(format!("{}, {}", facility.name, facility.resource(id)?.name)))
            .unwrap_or_else(gone),
    }
}

/// What a form writes for what a layer is about, as files write it.
fn about_key(facilities: &[Facility], scope: Scope) -> Option<String> {
    match scope {
        Scope::Tenant => Some("tenant".to_owned()),
        Scope::Authority(_) => None,
        Scope::Facility(id) => {
            let facility = facilities.iter().find(|facility| facility.id == id)?;
            Some(format!("facility:{}", facility.slug))
        }
        Scope::Resource(id) => facilities
            .iter()
            .find_map(|facility| Some(format!("resource:{}/{}", facility.slug, facility.resource(id)?.slug))),
    }
}

async fn all_layers(tx: &mut TenantTx, facilities: &[Facility]) -> Result<Vec<StoredLayer>, Failure> {
    let mut layers = layers_of(tx, facilities).await?;
    layers.sort_by_key(|stored| (stored.layer.scope, stored.layer.first));
    Ok(layers)
}

/// A layer as it was typed.
#[derive(Deserialize, Default)]
pub struct Typed {
    #[serde(default)]
    about: String,
    #[serde(default)]
    first: String,
    #[serde(default)]
    last: String,
    #[serde(default)]
    parameters: String,
}

/// The form of a new layer.
pub async fn new(visit: Visit, Extension(ports): Extension<Ports>) -> Result<Response, Failure> {
    visit.staff(Role::Administrator)?;
    let mut tx = visit.begin().await?;
    let facilities = ports.facilities.all(&mut tx).await?;
    tx.commit().await?;
    let first = visit.when().today().to_string();
    let typed = Typed { about: "tenant".to_owned(), first, ..Typed::default() };
    Ok(form(&visit, &facilities, None, &typed, StatusCode::OK, &ErrorSummary::new(visit.lang)))
}

/// The form of one that is there.
pub async fn edit(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Path(id): Path<Uuid>,
) -> Result<Response, Failure> {
    visit.staff(Role::Administrator)?;
    let mut tx = visit.begin().await?;
    let facilities = ports.facilities.all(&mut tx).await?;
    let stored = all_layers(&mut tx, &facilities).await?.into_iter().find(|stored| stored.id == id);
    tx.commit().await?;
    let layer = stored.ok_or(Failure::NotFound)?.layer;
    let typed = Typed {
        about: about_key(&facilities, layer.scope).unwrap_or_default(),
        first: layer.first.to_string(),
        last: layer.last.map(|last| last.to_string()).unwrap_or_default(),
        parameters: toml::to_string(&layer.parameters).map_err(Failure::internal)?,
    };
    Ok(form(&visit, &facilities, Some(id), &typed, StatusCode::OK, &ErrorSummary::new(visit.lang)))
}

/// Saves a new layer.
pub async fn create(
    visit: Visit,
    ports: Extension<Ports>,
    sent: Result<Form<Typed>, axum::extract::rejection::FormRejection>,
) -> Result<Response, Failure> {
    save(visit, ports, None, sent).await
}

/// Saves one that is there.
pub async fn update(
    visit: Visit,
    ports: Extension<Ports>,
    Path(id): Path<Uuid>,
    sent: Result<Form<Typed>, axum::extract::rejection::FormRejection>,
) -> Result<Response, Failure> {
    save(visit, ports, Some(id), sent).await
}

async fn save(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    id: Option<Uuid>,
    sent: Result<Form<Typed>, axum::extract::rejection::FormRejection>,
) -> Result<Response, Failure> {
    let Form(typed) = sent.map_err(|_| Failure::BadRequest("a form of rules that no page of ours has"))?;
    let person = visit.staff(Role::Administrator)?;
    let lang = visit.lang;
    let mut tx = visit.begin().await?;
    let facilities = ports.facilities.all(&mut tx).await?;
    let known = all_layers(&mut tx, &facilities).await?;
    let before = known.iter().find(|stored| Some(stored.id) == id);
    if id.is_some() && before.is_none() {
        return Err(Failure::NotFound);
    }
    let mut errors = ErrorSummary::new(lang);
    // What a layer is about does not change: another one is a layer of its own.
    let about = match before {
        Some(stored) => Some(stored.layer.scope),
        None => scope(&mut tx, &facilities, &typed.about).await.map_err(Failure::internal)?,
    };
    if about.is_none_or(|scope| !may_change(person, &facilities, scope)) {
        errors = errors.error("about", &t(lang, "booking-rules-error-about", &[]));
    }
    let first: Option<Date> = typed.first.trim().parse().ok();
    if first.is_none() {
        errors = errors.error("first", &t(lang, "booking-rules-error-first", &[]));
    }
    let last = match typed.last.trim() {
        "" => Ok(None),
        text => text.parse::<Date>().map(Some).map_err(|_| ()),
    };
    if last.is_err() || first.zip(last.unwrap_or(None)).is_some_and(|(first, last)| last < first) {
        errors = errors.error("last", &t(lang, "booking-rules-error-last", &[]));
    }
    let parameters =
        toml::from_str::<Parameters>(&typed.parameters).map_err(|error| error.to_string()).and_then(
            |parameters| parameters.validate().map(|()| parameters).map_err(|error| error_chain(&error)),
        );
    if let Err(error) = &parameters {
        errors = errors.error("parameters", error);
    }
    if let (true, Some(scope), Some(first), Ok(last), Ok(parameters)) =
        (errors.is_empty(), about, first, last, parameters)
    {
        let layer = Layer { scope, first, last, parameters };
        let new = id.unwrap_or_else(|| tx.new_id());
        if rules::put(&mut tx, new, &layer).await? == Put::Done {
            let action = if id.is_some() { "booking.rules_changed" } else { "booking.rules_made" };
            let detail = json!({ "for": typed.about, "first": layer.first, "parameters": layer.parameters });
            tx.audit(Actor::Person(person.person), action, Some(new), &detail).await?;
            tx.commit().await?;
            return Ok(Redirect::to("/rules").into_response());
        }
        errors = errors.error("first", &t(lang, "booking-rules-error-overlap", &[]));
    }
    Ok(form(&visit, &facilities, id, &typed, StatusCode::UNPROCESSABLE_ENTITY, &errors))
}

/// Takes a layer away.
pub async fn remove(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Path(id): Path<Uuid>,
) -> Result<Redirect, Failure> {
    let person = visit.staff(Role::Administrator)?;
    let mut tx = visit.begin().await?;
    let facilities = ports.facilities.all(&mut tx).await?;
    let stored = all_layers(&mut tx, &facilities).await?.into_iter().find(|stored| stored.id == id);
    let Some(stored) = stored else { return Ok(Redirect::to("/rules")) };
    if !may_change(person, &facilities, stored.layer.scope) {
        return Err(Failure::Forbidden { needs: Role::Administrator });
    }
    rules::remove(&mut tx, id).await?;
    let detail = json!({ "first": stored.layer.first, "parameters": stored.layer.parameters });
    tx.audit(Actor::Person(person.person), "booking.rules_removed", Some(id), &detail).await?;
    tx.commit().await?;
    Ok(Redirect::to("/rules"))
}

/// Whether somebody may change what is about that: administrators of the authority whose it is; what holds everywhere,
/// any administrator.
fn may_change(person: &SignedIn, facilities: &[Facility], scope: Scope) -> bool {
    let of = |authority| person.roles.contains(&(authority, Role::Administrator));
    match scope {
        Scope::Tenant => person.has(Role::Administrator),
        Scope::Authority(authority) => of(authority),
        Scope::Facility(id) => facilities.iter().any(|facility| facility.id == id && of(facility.authority)),
        Scope::Resource(id) => {
            facilities.iter().any(|facility| facility.resource(id).is_some() && of(facility.authority))
        }
    }
}

fn form(
    visit: &Visit,
    facilities: &[Facility],
    id: Option<Uuid>,
    typed: &Typed,
    status: StatusCode,
    errors: &ErrorSummary,
) -> Response {
    let lang = visit.lang;
    let action = match id {
        Some(id) => format!("/rules/{id}"),
        None => "/rules".to_owned(),
    };
    let about = Select::new("about", &t(lang, "booking-rules-about", &[]))
        .error(errors.of("about"))
        .chosen(&typed.about)
        .option("tenant", &t(lang, "booking-rules-tenant", &[]));
    let about = facilities.iter().fold(about, |about, facility| {
        let about = about.option(&format!("facility:{}", facility.slug), &facility.name);
        facility.resources.iter().fold(about, |about, resource| {
            let key = format!("resource:{}/{}", facility.slug, resource.slug);
            about.option(&key, &format!("{}, {}", facility.name, resource.name))
        })
    });
    let body = html! {
        form method="post" action=(action) {
            @if id.is_none() { (about) } @else { (Facts::new().row(&t(lang, "booking-rules-about", &[]), typed.about.clone())) }
            (Field::date("first", &t(lang, "booking-rules-first", &[])).value(&typed.first).error(errors.of("first")).required())
            (Field::date("last", &t(lang, "booking-rules-last", &[])).value(&typed.last).error(errors.of("last")).optional(lang))
            (Field::long_text("parameters", &t(lang, "booking-rules-parameters", &[]))
                .hint(&t(lang, "booking-rules-parameters-hint", &[]))
                .value(&typed.parameters)
                .error(errors.of("parameters")))
            (Button::primary(&t(lang, "booking-rules-save", &[])))
        }
        details {
            summary { (t(lang, "booking-rules-help", &[])) }
            (help(lang))
        }
        @if let Some(id) = id {
            form method="post" action={ "/rules/" (id) "/remove" } {
                (Button::danger(&t(lang, "booking-rules-remove", &[])))
            }
        }
    };
    let title = if id.is_some() { "booking-rules-edit-title" } else { "booking-rules-new" };
    let page = visit.page(&t(lang, title, &[])).crumb(&t(lang, "booking-rules-list-title", &[]), "/rules");
    (status, page.errors(errors.clone()).body(body).render()).into_response()
}

/// Each parameter with an example and what it means.
fn help(lang: Lang) -> Markup {
    let rows = [
        ("step_minutes = 30", "booking-help-step"),
        ("shortest_minutes = 60", "booking-help-shortest"),
        ("longest_minutes = 240", "booking-help-longest"),
        ("lead_minutes = 15", "booking-help-lead"),
        ("lead_working_days = 3", "booking-help-working-days"),
        ("horizon_days = 180", "booking-help-horizon"),
        ("booker_age_min = 18", "booking-help-age"),
        ("who = [\"association\", \"group:taxa-1\"]", "booking-help-who"),
        ("purposes = [\"match\", \"training\"]", "booking-help-purposes"),
        ("approval = \"always\"", "booking-help-approval"),
        ("approval = { unless = [\"association\"] }", "booking-help-unless"),
        ("decided_within_working_days = 3", "booking-help-decided"),
        ("quotas = [{ minutes = 240, per = \"week\", who = [\"person\"] }]", "booking-help-quotas"),
        ("early = [{ who = [\"association\"], horizon_days = 365 }]", "booking-help-early"),
        (
            "blocked = [{ first = \"2026-12-24\", last = \"2026-12-26\", reason = \"Julstängt\" }]",
            "booking-help-blocked",
        ),
        ("nights = { arrive = \"16:00\", leave = \"10:00\", most = 7 }", "booking-help-nights"),
        (
            "packages = [{ name = \"Helg\", weekday = 5, starts = \"15:00\", days = 2, ends = \"18:00\" }]",
            "booking-help-packages",
        ),
        (
            "conditions = [{ when = \"minutes > 120 && customer == 'person'\", then = \"approve\", say = \"Långa tider prövas\" }]",
            "booking-help-conditions",
        ),
        ("cancel_minutes = 4320", "booking-help-cancel"),
        ("undo_minutes = 10", "booking-help-undo"),
        ("answer_days = 5", "booking-help-answer"),
    ];
    html! {
        dl {
            @for (example, meaning) in rows {
                dt { code { (example) } }
                dd { (t(lang, meaning, &[])) }
            }
        }
        p { (t(lang, "booking-help-facts", &[("names", &booking_domain::Facts::NAMES.join(", "))])) }
    }
}
