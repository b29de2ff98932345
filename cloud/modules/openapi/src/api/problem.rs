//! What a program is told when something cannot be done (RFC 9457).

use axum::response::{IntoResponse, Response};
use cloud_contracts::{PortError, Standing, WrongField};
use cloud_kernel::error_chain;
use cloud_kernel::web::Failure;
use http::{HeaderValue, StatusCode, header};
use openapi_domain::{Scope, Wait};
use serde::Serialize;
use utoipa::ToSchema;

/// The media type of problems.
pub(crate) const PROBLEM_JSON: &str = "application/problem+json";

/// The sorts of problem, each with a page of its own at `/api/problems/{key}`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// No token, or one that does not hold.
    NotAuthenticated,
    /// A token that is not good for this.
    NotAllowed,
    /// There is nothing here, for this program.
    NotFound,
    /// Not with this method.
    MethodNotAllowed,
    /// Some of the times are taken.
    Taken,
    /// The booking does not stand so that it could be done.
    Standing,
    /// A request with the same idempotency key is being worked on.
    UnderWay,
    /// The body is too long.
    TooLarge,
    /// The body is not JSON.
    NotJson,
    /// Something in the request cannot be, or is against the rules.
    Invalid,
    /// The idempotency key was another request's.
    KeyUsed,
    /// Asked too often.
    TooOften,
    /// Something that this needs does not answer now.
    Unavailable,
    /// Our own mistake.
    Internal,
}

impl Kind {
    pub(crate) const ALL: [Self; 14] = [
        Self::NotAuthenticated,
        Self::NotAllowed,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::Taken,
        Self::Standing,
        Self::UnderWay,
        Self::TooLarge,
        Self::NotJson,
        Self::Invalid,
        Self::KeyUsed,
        Self::TooOften,
        Self::Unavailable,
        Self::Internal,
    ];

    /// As its page is called.
    pub(crate) const fn key(self) -> &'static str {
        match self {
            Self::NotAuthenticated => "not-authenticated",
            Self::NotAllowed => "not-allowed",
            Self::NotFound => "not-found",
            Self::MethodNotAllowed => "method-not-allowed",
            Self::Taken => "taken",
            Self::Standing => "standing",
            Self::UnderWay => "under-way",
            Self::TooLarge => "too-large",
            Self::NotJson => "not-json",
            Self::Invalid => "invalid",
            Self::KeyUsed => "key-used",
            Self::TooOften => "too-often",
            Self::Unavailable => "unavailable",
            Self::Internal => "internal",
        }
    }

    /// The sort with this key.
    pub(crate) fn parse(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.key() == key)
    }

    pub(crate) const fn status(self) -> StatusCode {
        match self {
            Self::NotAuthenticated => StatusCode::UNAUTHORIZED,
            Self::NotAllowed => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::Taken | Self::Standing | Self::UnderWay => StatusCode::CONFLICT,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::NotJson => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Invalid | Self::KeyUsed => StatusCode::UNPROCESSABLE_ENTITY,
            Self::TooOften => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    const fn title(self) -> &'static str {
        match self {
            Self::NotAuthenticated => "No token that holds",
            Self::NotAllowed => "The token is not good for this",
            Self::NotFound => "There is nothing here",
            Self::MethodNotAllowed => "Not with this method",
            Self::Taken => "Times are taken",
            Self::Standing => "The booking does not allow it now",
            Self::UnderWay => "The same request is being worked on",
            Self::TooLarge => "The body is too long",
            Self::NotJson => "The body is not JSON",
            Self::Invalid => "Something in the request cannot be",
            Self::KeyUsed => "The idempotency key belongs to another request",
            Self::TooOften => "Asked too often",
            Self::Unavailable => "The service cannot answer now",
            Self::Internal => "The service failed",
        }
    }
}

/// A problem on its way to a program.
#[derive(Debug)]
pub(crate) struct Problem {
    kind: Kind,
    detail: Option<String>,
    errors: Vec<FieldProblem>,
    retry_after: Option<u64>,
}

/// What is wrong with a request.
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct ProblemBody {
    /// The sort of problem: the path of a page that explains it.
    #[schema(example = "/api/problems/not-found")]
    r#type: String,
    /// The sort of problem in words.
    title: &'static str,
    /// The answer's status.
    status: u16,
    /// What is particular this time.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    detail: Option<String>,
    /// What is wrong with which field.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldProblem>,
}

/// What is wrong with a field.
#[derive(Serialize, ToSchema, Debug)]
pub(crate) struct FieldProblem {
    /// Which field.
    field: &'static str,
    /// With which of the request's times, from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    time: Option<usize>,
    /// What is wrong, for programs.
    code: &'static str,
    /// What is wrong, for those who write programs.
    message: String,
}

impl Problem {
    /// A problem of this sort.
    pub(crate) const fn new(kind: Kind) -> Self {
        Self { kind, detail: None, errors: Vec::new(), retry_after: None }
    }

    /// What is particular about it.
    pub(crate) fn detail(mut self, text: impl Into<String>) -> Self {
        self.detail = Some(text.into());
        self
    }

    /// One field is wrong.
    pub(crate) fn field(field: &'static str, code: &'static str, message: impl Into<String>) -> Self {
        let mut problem = Self::new(Kind::Invalid);
        problem.errors.push(FieldProblem { field, time: None, code, message: message.into() });
        problem
    }

    /// The token lacks a scope.
    pub(crate) fn needs(scope: Scope) -> Self {
        Self::new(Kind::NotAllowed).detail(format!("needs the scope {}", scope.key()))
    }

    /// These fields are wrong.
    pub(crate) fn wrong(fields: Vec<WrongField>) -> Self {
        let error = |wrong: WrongField| FieldProblem {
            field: wrong.field,
            time: wrong.time,
            code: wrong.code,
            message: wrong.message,
        };
        Self { errors: fields.into_iter().map(error).collect(), ..Self::new(Kind::Invalid) }
    }

    /// These of the request's times are taken.
    pub(crate) fn taken(times: &[usize]) -> Self {
        let error = |time: &usize| FieldProblem {
            field: "times",
            time: Some(*time),
            code: "taken",
            message: "somebody has it".to_owned(),
        };
        Self { errors: times.iter().map(error).collect(), ..Self::new(Kind::Taken) }
    }

    /// The booking does not allow it.
    pub(crate) fn standing(standing: Standing) -> Self {
        let detail = match standing {
            Standing::RunOut => "the hold has run out",
            Standing::Over => "the booking is over, cancelled or refused, or has no such times",
            Standing::TooLate => "it is too late to do this without an officer",
            Standing::NeedsOfficer => "an officer decides about the new times",
            Standing::TooManyHolds => "as many times are held as one booker may hold",
            Standing::TooFew => "there are too few of something that goes with the booking",
        };
        Self::new(Kind::Standing).detail(detail)
    }

    /// Asked too often.
    pub(crate) fn too_often(wait: Wait) -> Self {
        Self { retry_after: Some(wait.seconds()), ..Self::new(Kind::TooOften) }
    }

    pub(crate) const fn kind(&self) -> Kind {
        self.kind
    }

    /// As it is written.
    pub(crate) fn body(self) -> String {
        let body = ProblemBody {
            r#type: format!("/api/problems/{}", self.kind.key()),
            title: self.kind.title(),
            status: self.kind.status().as_u16(),
            detail: self.detail,
            errors: self.errors,
        };
        serde_json::to_string(&body).unwrap_or_default()
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (kind, retry_after) = (self.kind, self.retry_after);
        let mut response =
            (kind.status(), [(header::CONTENT_TYPE, PROBLEM_JSON)], self.body()).into_response();
        let headers = response.headers_mut();
        if kind == Kind::NotAuthenticated {
            let bearer = HeaderValue::from_static("Bearer realm=\"Hallport\"");
            headers.insert(header::WWW_AUTHENTICATE, bearer);
        }
        let busy = (kind == Kind::Unavailable).then_some(10);
        if let Some(seconds) = retry_after.or(busy) {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        match &failure {
            Failure::NotFound => Self::new(Kind::NotFound),
            Failure::SignIn { .. } => Self::new(Kind::NotAuthenticated),
            Failure::Forbidden { .. } => Self::new(Kind::NotAllowed),
            Failure::BadRequest(what) => Self::new(Kind::Invalid).detail(*what),
            Failure::Unavailable(_) => {
                tracing::warn!(error = error_chain(&failure), "interface unavailable");
                Self::new(Kind::Unavailable)
            }
            Failure::Internal(_) => {
                tracing::error!(error = error_chain(&failure), "interface failed");
                Self::new(Kind::Internal)
            }
        }
    }
}

impl From<PortError> for Problem {
    fn from(error: PortError) -> Self {
        Failure::from(error).into()
    }
}

impl From<sqlx::Error> for Problem {
    fn from(error: sqlx::Error) -> Self {
        Failure::from(error).into()
    }
}

/// What every route answers when it cannot do what was asked; in the description of the interface.
#[derive(utoipa::IntoResponses)]
#[expect(dead_code, reason = "names statuses and shapes for the description only")]
pub(crate) enum Problems {
    /// No token, or one that does not hold.
    #[response(status = 401, content_type = "application/problem+json")]
    NotAuthenticated(ProblemBody),
    /// The token is not good for this.
    #[response(status = 403, content_type = "application/problem+json")]
    NotAllowed(ProblemBody),
    /// There is nothing here, for this program.
    #[response(status = 404, content_type = "application/problem+json")]
    NotFound(ProblemBody),
    /// Something in the request cannot be.
    #[response(status = 422, content_type = "application/problem+json")]
    Invalid(ProblemBody),
    /// Asked too often; `Retry-After` says when again.
    #[response(status = 429, content_type = "application/problem+json")]
    TooOften(ProblemBody),
    /// The service cannot answer now; `Retry-After` says when to try again.
    #[response(status = 503, content_type = "application/problem+json")]
    Unavailable(ProblemBody),
}

/// What routes that change something answer beside [`Problems`].
#[derive(utoipa::IntoResponses)]
#[expect(dead_code, reason = "names statuses and shapes for the description only")]
pub(crate) enum ChangeProblems {
    /// Times are taken, the booking does not allow it, or the same request is being worked on.
    #[response(status = 409, content_type = "application/problem+json")]
    Conflict(ProblemBody),
    /// The body is too long.
    #[response(status = 413, content_type = "application/problem+json")]
    TooLarge(ProblemBody),
    /// The body is not JSON.
    #[response(status = 415, content_type = "application/problem+json")]
    NotJson(ProblemBody),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sort_of_problem_has_a_key_of_its_own() {
        for kind in Kind::ALL {
            assert_eq!(Kind::parse(kind.key()), Some(kind));
            assert!(kind.status().is_client_error() || kind.status().is_server_error());
        }
    }
}
