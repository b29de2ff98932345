//! Around every request: its id, its span, its one line in the log, its figures.
//!
//! **Invariant:** the query is never logged, counted or traced, and of the path only the route's template:
//! both may hold what somebody typed.

use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use tracing::Instrument as _;

use super::visit::{host, is_host_name};
use crate::Kernel;
use crate::telemetry::{Attribute, Span, SpanKind, SpanRef, figures, in_span, read_traceparent};

/// The header in which a proxy may give a request its id, and in which every answer tells it.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The longest id that is taken over: a UUID with hyphens has 36 characters, some proxies add a prefix.
const REQUEST_ID_CHARS_MAX: usize = 64;
/// Stands for the route of requests that no route answers, so that invented paths make no new series.
const NO_ROUTE: &str = "none";

/// Middleware: outermost, so that the line and the figures tell what the visitor got.
pub async fn observe(State(kernel): State<Kernel>, request: Request, next: Next) -> Response {
    let (began, clock) = (Instant::now(), kernel.now());
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| NO_ROUTE.to_owned(), |path| path.as_str().to_owned());
    let method = known(request.method());
    let id = request_id(request.headers()).unwrap_or_else(|| short_id(&kernel));
    let host = Some(host(request.headers())).filter(|name| is_host_name(name)).unwrap_or_default();
    let caller =
        request.headers().get("traceparent").and_then(|value| value.to_str().ok()).and_then(read_traceparent);
    let here = SpanRef {
        trace: caller.map_or_else(|| kernel.random().bytes(), |caller| caller.trace),
        span: kernel.random().bytes(),
    };

    let logged = tracing::info_span!("request", id, host);
    let mut response = in_span(here, next.run(request)).instrument(logged.clone()).await;

    let (status, took) = (response.status(), began.elapsed());
    let millis = took.as_secs_f64() * 1000.0;
    logged.in_scope(|| {
        if is_routine(&route) {
            tracing::debug!(method, route, status = status.as_u16(), ms = millis, "answered");
        } else {
            tracing::info!(method, route, status = status.as_u16(), ms = millis, "answered");
        }
    });
    figures::HTTP_REQUESTS.count(&[method, &route, status.as_str()]);
    figures::HTTP_SECONDS.took(&[method, &route], took);
    if kernel.tracer().is_on() && !is_routine(&route) {
        kernel.tracer().tell(Span {
            at: here,
            parent: caller.map(|caller| caller.span),
            name: format!("{method} {route}"),
            kind: SpanKind::Server,
            began: clock,
            ended: kernel.now().max(clock),
            attributes: vec![
                ("http.request.method", Attribute::Name(method.to_owned())),
                ("http.route", Attribute::Name(route)),
                ("http.response.status_code", Attribute::Number(i64::from(status.as_u16()))),
                ("server.address", Attribute::Name(host)),
                ("hallport.request_id", Attribute::Name(id.clone())),
            ],
            links: Vec::new(),
            failed: status.is_server_error(),
        });
    }
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}

/// What is asked for all the time and says nothing: logged at `debug` only, and not traced.
fn is_routine(route: &str) -> bool {
    route.starts_with("/health/") || route.starts_with("/assets/")
}

/// A method by its name; anybody may invent methods, and each would be a new series.
fn known(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        _ => "other",
    }
}

/// The proxy's id, if it is one that can stand in a log line.
fn request_id(headers: &HeaderMap) -> Option<String> {
    let id = headers.get(REQUEST_ID)?.to_str().ok()?;
    let fits = (1..=REQUEST_ID_CHARS_MAX).contains(&id.len())
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    fits.then(|| id.to_owned())
}

fn short_id(kernel: &Kernel) -> String {
    data_encoding::HEXLOWER.encode(&kernel.random().bytes::<8>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxys_id_is_taken_over_unless_it_could_deceive_a_reader() {
        let with = |text: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(REQUEST_ID, HeaderValue::from_static(text));
            request_id(&headers)
        };
        assert_eq!(with("a1-B_2").as_deref(), Some("a1-B_2"));
        let long: &'static str = Box::leak("a".repeat(65).into_boxed_str());
        for unfit in ["", "a b", "a\"b", "status=200", long] {
            assert_eq!(with(unfit), None, "{unfit}");
        }
        assert_eq!(known(&Method::from_bytes(b"BREW").unwrap()), "other");
    }
}
