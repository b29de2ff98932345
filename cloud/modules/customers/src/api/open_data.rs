//! The register of associations as open data: everybody may read it. Nothing in it is about a person.

use axum::response::{IntoResponse, Response};
use cloud_kernel::web::{Failure, Visit};
use http::{HeaderValue, header};
use serde_json::{Value, json};

use crate::store::register::{self, Published};

/// How long a copy may be used before it is asked for again.
const CACHE: HeaderValue = HeaderValue::from_static("public, max-age=300");

fn answer(content_type: &'static str, body: Vec<u8>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(content_type)),
        (header::CACHE_CONTROL, CACHE),
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*")),
    ];
    (headers, body).into_response()
}

async fn associations(visit: &Visit) -> Result<Vec<Published>, Failure> {
    let mut tx = visit.begin().await?;
    let all = register::published(&mut tx).await?;
    tx.commit().await?;
    Ok(all)
}

fn list(text: &str) -> Vec<&str> {
    text.split(", ").filter(|one| !one.is_empty()).collect()
}

/// `GET /open-data/associations.json`.
pub(crate) async fn json(visit: Visit) -> Result<Response, Failure> {
    let all: Vec<Value> = associations(&visit)
        .await?
        .iter()
        .map(|one| {
            json!({
                "slug": one.slug, "name": one.name, "organisation_number": one.number, "town": one.town,
                "sports": list(&one.sports), "age_groups": list(&one.ages), "web": one.web,
            })
        })
        .collect();
    let body = json!({ "publisher": visit.tenant.name, "associations": all });
    Ok(answer("application/json", body.to_string().into_bytes()))
}

/// `GET /open-data/associations.csv`: one a line.
pub(crate) async fn csv(visit: Visit) -> Result<Response, Failure> {
    let mut lines = csv::Writer::from_writer(Vec::new());
    let head = ["slug", "name", "organisation_number", "town", "sports", "age_groups", "web"];
    lines.write_record(head).map_err(Failure::internal)?;
    for one in associations(&visit).await? {
        let fields = [&one.slug, &one.name, &one.number, &one.town, &one.sports, &one.ages, &one.web];
        // A cell that begins like a formula is one to a spreadsheet.
        let fields = fields.map(|field| match field.chars().next() {
            Some('=' | '+' | '-' | '@') => format!("'{field}"),
            Some(_) | None => field.clone(),
        });
        lines.write_record(fields).map_err(Failure::internal)?;
    }
    let body = lines.into_inner().map_err(|error| Failure::internal(error.into_error()))?;
    Ok(answer("text/csv; charset=utf-8; header=present", body))
}
