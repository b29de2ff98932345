//! What the identity system is answered: resources, lists, and refusals in SCIM's shape (RFC 7644 §3.12).

use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use axum::response::{IntoResponse, Response};
use cloud_kernel::error_chain;
use cloud_kernel::web::Failure;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use staff_domain::Wrong;

/// The media type of SCIM (RFC 7644 §8.1).
const SCIM_JSON: &str = "application/scim+json";
/// Resources of one answer at most; the published clients ask for 100.
const COUNT_MAX: i64 = 200;

/// Why a request is not done.
#[derive(Debug)]
pub(crate) enum Refused {
    NotAuthenticated,
    NotFound,
    OtherMethod,
    TooLarge,
    NotJson,
    /// Something in it cannot be.
    Wrong(Wrong),
    /// Another one has what must be one's own.
    Taken(&'static str),
    /// It has changed since the version that `If-Match` names.
    OtherVersion,
    /// There are as many as there may be.
    Full,
    Failed(Failure),
}

impl From<Wrong> for Refused {
    fn from(wrong: Wrong) -> Self {
        Self::Wrong(wrong)
    }
}

impl From<sqlx::Error> for Refused {
    fn from(error: sqlx::Error) -> Self {
        Self::Failed(error.into())
    }
}

impl From<Failure> for Refused {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl Refused {
    pub(crate) const fn status(&self) -> StatusCode {
        match self {
            Self::NotAuthenticated => StatusCode::UNAUTHORIZED,
            Self::NotFound | Self::Failed(Failure::NotFound) => StatusCode::NOT_FOUND,
            Self::OtherMethod => StatusCode::METHOD_NOT_ALLOWED,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::NotJson | Self::Wrong(_) | Self::Failed(Failure::BadRequest(_)) => StatusCode::BAD_REQUEST,
            Self::Taken(_) => StatusCode::CONFLICT,
            Self::OtherVersion => StatusCode::PRECONDITION_FAILED,
            Self::Full => StatusCode::FORBIDDEN,
            Self::Failed(Failure::Unavailable(_)) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Failed(Failure::SignIn { .. } | Failure::Forbidden { .. } | Failure::Internal(_)) => {
                StatusCode::INTERNAL_SERVER_ERROR
            }
        }
    }

    pub(crate) fn detail(&self) -> String {
        match self {
            Self::NotAuthenticated => "no token that holds".to_owned(),
            Self::NotFound => "there is no such resource".to_owned(),
            Self::OtherMethod => "not with this method".to_owned(),
            Self::TooLarge => "the body is too long".to_owned(),
            Self::NotJson => "the body is not JSON".to_owned(),
            Self::Wrong(wrong) => wrong.to_string(),
            Self::Taken(what) => format!("another one has this {what}"),
            Self::OtherVersion => "it has changed since that version".to_owned(),
            Self::Full => "there are as many as there may be".to_owned(),
            Self::Failed(Failure::Unavailable(_)) => "the service cannot answer now".to_owned(),
            Self::Failed(Failure::BadRequest(what)) => (*what).to_owned(),
            Self::Failed(_) => "the service failed".to_owned(),
        }
    }

    const fn scim_type(&self) -> Option<&'static str> {
        match self {
            Self::Wrong(wrong) => Some(wrong.scim_type()),
            Self::NotJson => Some("invalidSyntax"),
            Self::Taken(_) => Some("uniqueness"),
            Self::NotAuthenticated
            | Self::NotFound
            | Self::OtherMethod
            | Self::TooLarge
            | Self::OtherVersion
            | Self::Full
            | Self::Failed(_) => None,
        }
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let status = self.status();
        if let Self::Failed(failure) = &self
            && status.is_server_error()
        {
            tracing::error!(error = error_chain(failure), "provisioning failed");
        }
        let mut body = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
            "status": status.as_str(),
            "detail": self.detail(),
        });
        if let (Some(kind), Some(body)) = (self.scim_type(), body.as_object_mut()) {
            body.insert("scimType".to_owned(), kind.into());
        }
        let mut response = scim(status, &body);
        if status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

/// A body of SCIM.
pub(crate) fn scim(status: StatusCode, body: &Value) -> Response {
    (status, [(header::CONTENT_TYPE, SCIM_JSON)], body.to_string()).into_response()
}

/// Of which resource an answer is.
pub(crate) struct Meta<'a> {
    pub(crate) kind: &'static str,
    pub(crate) location: &'a str,
    pub(crate) version: i32,
    pub(crate) created_at: Timestamp,
    pub(crate) changed_at: Timestamp,
}

impl Meta<'_> {
    fn etag(&self) -> String {
        etag(self.version)
    }

    /// A resource with what the server says of it.
    pub(crate) fn with(&self, id: &str, mut resource: Value) -> Value {
        if let Some(object) = resource.as_object_mut() {
            object.insert("id".to_owned(), id.into());
            object.insert(
                "meta".to_owned(),
                json!({
                    "resourceType": self.kind,
                    "created": self.created_at,
                    "lastModified": self.changed_at,
                    "location": self.location,
                    "version": self.etag(),
                }),
            );
        }
        resource
    }

    /// The answer of one resource.
    pub(crate) fn answer(&self, status: StatusCode, resource: &Value) -> Response {
        let mut response = scim(status, resource);
        let headers = response.headers_mut();
        for (name, value) in [(header::ETAG, self.etag().as_str()), (header::LOCATION, self.location)] {
            if name != header::LOCATION || status == StatusCode::CREATED {
                headers.extend(HeaderValue::from_str(value).ok().map(|value| (name, value)));
            }
        }
        response
    }
}

fn etag(version: i32) -> String {
    format!("W/\"{version}\"")
}

/// Whether `If-Match` names another version than this one.
pub(crate) fn matched(headers: &HeaderMap, version: i32) -> Result<(), Refused> {
    let wanted = headers.get(header::IF_MATCH).and_then(|value| value.to_str().ok());
    let same = |wanted: &str| wanted.split(',').map(str::trim).any(|one| one == "*" || one == etag(version));
    if wanted.is_none_or(same) { Ok(()) } else { Err(Refused::OtherVersion) }
}

/// Whether whoever asks has this version already.
pub(crate) fn has_already(headers: &HeaderMap, version: i32) -> bool {
    headers.get(header::IF_NONE_MATCH).is_some_and(|value| value.as_bytes() == etag(version).as_bytes())
}

/// What a list is asked for with.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Asked {
    pub(crate) filter: Option<String>,
    start_index: Option<i64>,
    count: Option<i64>,
    excluded_attributes: Option<String>,
}

/// A query as it came.
pub(crate) type AskedWith = Result<Query<Asked>, QueryRejection>;

impl Asked {
    /// Reads it.
    pub(crate) fn read(asked: AskedWith) -> Result<Self, Refused> {
        let wrong =
            |_| Refused::Wrong(Wrong::Syntax("startIndex and count are numbers, and each is named once"));
        asked.map(|Query(asked)| asked).map_err(wrong)
    }

    /// From which one on, beginning with 1, and how many (RFC 7644 §3.4.2.4).
    pub(crate) fn page(&self) -> (i64, i64) {
        (self.start_index.unwrap_or(1).max(1), self.count.unwrap_or(COUNT_MAX).clamp(0, COUNT_MAX))
    }

    /// Whether members are asked for.
    pub(crate) fn with_members(&self) -> bool {
        let without = self.excluded_attributes.as_deref().unwrap_or_default();
        !without.split(',').any(|name| name.trim().eq_ignore_ascii_case("members"))
    }
}

/// A list of resources.
pub(crate) fn list(total: i64, start: i64, resources: &[Value]) -> Response {
    let body = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
        "totalResults": total,
        "startIndex": start,
        "itemsPerPage": resources.len(),
        "Resources": resources,
    });
    scim(StatusCode::OK, &body)
}
