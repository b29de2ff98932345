//! What comes in with a request: a form or JSON, and in which language the answer is.

use axum::extract::{Form, FromRequest, FromRequestParts, Json, Request};
use axum::http::header::{ACCEPT, CONTENT_TYPE, COOKIE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName};
use axum::response::{IntoResponse, Response};
use core::convert::Infallible;
use serde::de::DeserializeOwned;

use crate::words::Lang;

/// Cookies know no ports: the name says which program's it is.
pub(crate) const LANG_COOKIE: &str = "hallport_sim_lang";

/// What the client wants back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Wants {
    /// The page again: a form was sent without script.
    Page,
    /// The new state.
    Json,
}

impl Wants {
    fn of(headers: &HeaderMap) -> Self {
        if names_json(headers, &ACCEPT) || names_json(headers, &CONTENT_TYPE) {
            Self::Json
        } else {
            Self::Page
        }
    }
}

fn names_json(headers: &HeaderMap, name: &HeaderName) -> bool {
    headers
        .get(name)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.contains("application/json"))
}

impl<S: Sync> FromRequestParts<S> for Wants {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.headers))
    }
}

/// A body as a form or as JSON, by its content type.
pub(crate) struct Body<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        if names_json(request.headers(), &CONTENT_TYPE) {
            let Json(value) =
                Json::from_request(request, state).await.map_err(IntoResponse::into_response)?;
            Ok(Self(value))
        } else {
            let Form(value) =
                Form::from_request(request, state).await.map_err(IntoResponse::into_response)?;
            Ok(Self(value))
        }
    }
}

impl<S: Sync> FromRequestParts<S> for Lang {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(chosen(&parts.headers).unwrap_or_default())
    }
}

fn chosen(headers: &HeaderMap) -> Option<Lang> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, _)| *name == LANG_COOKIE)
        .and_then(|(_, code)| Lang::from_code(code))
}
