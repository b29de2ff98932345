//! Requests that are done once, however often they are sent: `Idempotency-Key`.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use openapi_domain::{Earlier, Repeated, hash_of, repeated};
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::caller::Caller;
use super::problem::{Kind, PROBLEM_JSON, Problem};
use crate::store::repeat::{self as rows, Answer};

/// The header.
const KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// Says that an answer is an earlier one's.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
/// Characters of a key at most.
const KEY_CHARS_MAX: usize = 255;

/// A request that changes something, with its body as it came.
pub(crate) struct Request {
    body: Bytes,
    key: Option<String>,
    hash: [u8; 32],
}

impl Request {
    /// Reads the body, which must be JSON where there is to be one, and the key.
    pub(crate) fn read(
        path: &str,
        headers: &HeaderMap,
        body: Result<Bytes, BytesRejection>,
        wants_json: bool,
    ) -> Result<Self, Problem> {
        if wants_json && !is_json(headers) {
            return Err(Problem::new(Kind::NotJson));
        }
        let body = body.map_err(|rejection| {
            let too_large = rejection.status() == StatusCode::PAYLOAD_TOO_LARGE;
            Problem::new(if too_large { Kind::TooLarge } else { Kind::Invalid }).detail(rejection.body_text())
        })?;
        let key = match headers.get(KEY) {
            None => None,
            Some(value) => {
                let text = value.to_str().ok().filter(|text| (1..=KEY_CHARS_MAX).contains(&text.len()));
                let problem = || {
                    let message = format!("must be from 1 to {KEY_CHARS_MAX} visible characters");
                    Problem::field("Idempotency-Key", "unusable", message)
                };
                Some(text.ok_or_else(problem)?.to_owned())
            }
        };
        let hash = hash_of(&[path.as_bytes(), &body]);
        Ok(Self { body, key, hash })
    }

    /// The body, understood.
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        serde_json::from_slice(&self.body)
            .map_err(|error| Problem::field("body", "unreadable", error.to_string()))
    }

    /// The same for a repetition of the request, and nobody else's.
    pub(crate) fn request_key(&self, caller: &Caller) -> Uuid {
        match &self.key {
            Some(key) => Uuid::new_v5(&caller.holder(), key.as_bytes()),
            None => caller.visit.kernel.new_id(),
        }
    }

    /// Does the request, or gives the answer that an earlier one with its key got.
    pub(crate) async fn once(
        &self,
        caller: &Caller,
        work: impl Future<Output = Result<Answer, Problem>> + Send,
    ) -> Result<Response, Problem> {
        let Some(key) = &self.key else {
            return Ok(sent(&work.await?, false));
        };
        let holder = caller.holder();
        let mut tx = caller.begin().await?;
        if let Some(known) = rows::begin(&mut tx, holder, key, &self.hash).await? {
            let earlier = Earlier {
                request_hash: &known.request_hash,
                begun_at: known.begun_at,
                answered: known.answer.is_some(),
            };
            match (repeated(earlier, &self.hash, tx.now()), known.answer) {
                (Repeated::Answer, Some(answer)) => return Ok(sent(&answer, true)),
                (Repeated::Another, _) => return Err(Problem::new(Kind::KeyUsed)),
                (Repeated::UnderWay, _) => return Err(Problem::new(Kind::UnderWay)),
                (Repeated::TakeOver | Repeated::Answer, _) => {
                    rows::take_over(&mut tx, holder, key).await?;
                }
            }
        }
        tx.commit().await?;
        let answer = match work.await {
            Ok(answer) => answer,
            Err(problem) if problem.kind().status().is_server_error() => {
                let mut tx = caller.begin().await?;
                rows::forget(&mut tx, holder, key).await?;
                tx.commit().await?;
                return Err(problem);
            }
            Err(problem) => Answer {
                status: problem.kind().status().as_u16(),
                content_type: PROBLEM_JSON.to_owned(),
                body: problem.body(),
            },
        };
        let mut tx = caller.begin().await?;
        rows::answered(&mut tx, holder, key, &answer).await?;
        tx.commit().await?;
        Ok(sent(&answer, false))
    }
}

/// An answer in JSON.
pub(crate) fn json(status: StatusCode, body: &impl Serialize) -> Result<Answer, Problem> {
    let body = serde_json::to_string(body).map_err(|error| {
        tracing::error!(%error, "an answer cannot be written");
        Problem::new(Kind::Internal)
    })?;
    Ok(Answer { status: status.as_u16(), content_type: "application/json".to_owned(), body })
}

fn sent(answer: &Answer, replayed: bool) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let kind = HeaderValue::from_str(&answer.content_type)
        .unwrap_or(HeaderValue::from_static("application/octet-stream"));
    let mut response = (status, [(header::CONTENT_TYPE, kind)], answer.body.clone()).into_response();
    if replayed {
        response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    }
    response
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    kind.eq_ignore_ascii_case("application/json")
}
