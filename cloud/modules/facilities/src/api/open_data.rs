//! The register as open data: everybody may read it, and use it for anything.

use axum::response::{IntoResponse, Response};
use cloud_contracts::{ClosureKind, Facilities as _, Facility};
use cloud_kernel::web::{Failure, Visit};
use cloud_ui::t;
use facilities_domain::{
    ClosedKind, ClosureEntry, ClosureRow, ResourceRow, hours_words, write_closures, write_geojson,
    write_resources,
};
use http::{HeaderValue, header};
use jiff::Timestamp;
use maud::{Markup, html};
use serde_json::{Value, json};

use crate::FacilityRegister;
use crate::store::{self, KnownFacility};

/// How long a copy may be used before it is asked for again.
const CACHE: HeaderValue = HeaderValue::from_static("public, max-age=300");

fn answer(content_type: &'static str, body: String) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(content_type)),
        (header::CACHE_CONTROL, CACHE),
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*")),
    ];
    (headers, body).into_response()
}

async fn register(visit: &Visit) -> Result<Vec<(String, KnownFacility)>, Failure> {
    let mut tx = visit.begin().await?;
    let known = store::known(&mut tx, None).await?;
    tx.commit().await?;
    Ok(known.into_iter().collect())
}

/// `GET /open-data`: what there is, in words.
pub(crate) async fn index(visit: Visit) -> Markup {
    let lang = visit.lang;
    let body = html! {
        p { (t(lang, "facilities-open-data-about", &[])) }
        ul.list {
            li { a href="/open-data/facilities.json" { "facilities.json" } p { (t(lang, "facilities-open-data-json", &[])) } }
            li { a href="/open-data/facilities.geojson" { "facilities.geojson" } p { (t(lang, "facilities-open-data-geojson", &[])) } }
            li { a href="/open-data/facilities.csv" { "facilities.csv" } p { (t(lang, "facilities-open-data-csv", &[])) } }
            li { a href="/open-data/closures.csv" { "closures.csv" } p { (t(lang, "facilities-open-data-closures", &[])) } }
            @if visit.tenant.uses("customers") {
                li { a href="/open-data/associations.json" { "associations.json" } p { (t(lang, "facilities-open-data-associations", &[])) } }
                li { a href="/open-data/associations.csv" { "associations.csv" } p { (t(lang, "facilities-open-data-associations-csv", &[])) } }
            }
        }
    };
    visit.page(&t(lang, "facilities-open-data", &[])).body(body).render()
}

/// `GET /open-data/facilities.json`.
pub(crate) async fn json(visit: Visit) -> Result<Response, Failure> {
    let facilities: Vec<Value> =
        register(&visit).await?.iter().map(|(slug, known)| facility(&visit, slug, known)).collect();
    let body = json!({ "publisher": visit.tenant.name, "facilities": facilities });
    Ok(answer("application/json", body.to_string()))
}

fn facility(visit: &Visit, slug: &str, known: &KnownFacility) -> Value {
    let facts: serde_json::Map<String, Value> =
        known.facts.fields().into_iter().map(|(key, value)| (key.to_owned(), json!(value))).collect();
    let resources: Vec<Value> = known
        .resources
        .iter()
        .map(|resource| {
            let mut all: serde_json::Map<String, Value> = resource
                .facts
                .fields()
                .into_iter()
                .map(|(key, value)| (key.to_owned(), json!(value)))
                .collect();
            all.insert("slug".to_owned(), json!(resource.slug));
            all.insert("parent".to_owned(), json!(resource.parent.and_then(|id| known.slug_of(id))));
            Value::Object(all)
        })
        .collect();
    let equipment: Vec<Value> = known
        .equipment
        .iter()
        .map(|one| json!({ "slug": one.slug, "name": one.facts.name, "stock": one.facts.stock }))
        .collect();
    let mut all = facts;
    let path = format!("/facilities/{slug}/about");
    all.insert("slug".to_owned(), json!(slug));
    all.insert("url".to_owned(), json!(visit.kernel.service().url(&visit.tenant.host, &path)));
    all.insert(
        "position".to_owned(),
        json!(known.facts.position.map(|at| json!({ "latitude": at.latitude, "longitude": at.longitude }))),
    );
    all.insert("opening_hours".to_owned(), json!(hours_words(&known.hours)));
    all.insert("resources".to_owned(), json!(resources));
    all.insert("equipment".to_owned(), json!(equipment));
    Value::Object(all)
}

/// `GET /open-data/facilities.geojson`.
pub(crate) async fn geojson(visit: Visit) -> Result<Response, Failure> {
    let all = register(&visit).await?;
    let body = write_geojson(all.iter().map(|(slug, known)| (slug.as_str(), &known.facts)));
    Ok(answer("application/geo+json", body.to_string()))
}

/// `GET /open-data/facilities.csv`: a resource a line, in the form that the import reads.
pub(crate) async fn csv(visit: Visit) -> Result<Response, Failure> {
    let all = register(&visit).await?;
    let rows: Vec<ResourceRow> = all.iter().flat_map(|(slug, known)| rows(slug, known)).collect();
    Ok(answer("text/csv; charset=utf-8; header=present", write_resources(&rows)))
}

fn rows(slug: &str, known: &KnownFacility) -> Vec<ResourceRow> {
    let row = |resource: &store::KnownResource| {
        let taken = known.parts.iter().filter(|(_, id)| resource.parts.contains(id));
        let mut parts: Vec<String> = taken.map(|(code, _)| code.clone()).collect();
        parts.sort_unstable();
        ResourceRow {
            facility: slug.to_owned(),
            slug: resource.slug.clone(),
            parent: resource.parent.and_then(|id| known.slug_of(id)).unwrap_or_default().to_owned(),
            parts,
            facts: resource.facts.clone(),
        }
    };
    known.resources.iter().map(row).collect()
}

/// `GET /open-data/closures.csv`: what is closed now and later, in the form that the import reads.
pub(crate) async fn closures(visit: Visit) -> Result<Response, Failure> {
    let mut tx = visit.begin().await?;
    let now = tx.now();
    let facilities = FacilityRegister.all(&mut tx).await?;
    tx.commit().await?;
    let rows: Vec<ClosureRow> = facilities.iter().flat_map(|facility| closed(facility, now)).collect();
    Ok(answer("text/csv; charset=utf-8; header=present", write_closures(&rows)))
}

fn closed(facility: &Facility, now: Timestamp) -> impl Iterator<Item = ClosureRow> {
    let holding = facility.closures.iter().filter(move |closure| closure.ends_at.is_none_or(|end| end > now));
    holding.map(|closure| {
        let clock = |at: Timestamp| at.to_zoned(facility.time_zone.clone()).datetime();
        let resource = closure.resource.and_then(|id| facility.resource(id));
        let entry = ClosureEntry {
            line: 0,
            resource: resource.map(|resource| resource.slug.clone()),
            kind: match closure.kind {
                ClosureKind::Closed => ClosedKind::Closed,
                ClosureKind::Unplayable => ClosedKind::Unplayable,
            },
            from: clock(closure.starts_at),
            to: closure.ends_at.map(clock),
            reason: closure.reason.clone(),
        };
        ClosureRow { facility: facility.slug.clone(), closure: entry }
    })
}
