//! Refuses requests that change something and come from another site's page.
//!
//! Browsers say where a request comes from: `Sec-Fetch-Site` in all current ones, `Origin` in those before.
//! With `SameSite=Lax` on the session's cookie this needs no token in any form.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, Method, StatusCode, header};

/// Middleware that answers 403 to a cross-origin request with any other method than GET, HEAD or OPTIONS.
pub async fn refuse_cross_origin(request: Request, next: Next) -> Response {
    let safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if safe || same_origin(request.headers()) {
        next.run(request).await
    } else {
        tracing::warn!("cross-origin request refused");
        (StatusCode::FORBIDDEN, "The request came from another site's page.\n").into_response()
    }
}

fn same_origin(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = text(header::HeaderName::from_static("sec-fetch-site")) {
        return matches!(site, "same-origin" | "none");
    }
    match (text(header::ORIGIN), text(header::HOST)) {
        // No browser page: a command line or a program.
        (None, _) => !headers.contains_key(header::ORIGIN),
        (Some(origin), Some(host)) => origin.split_once("://").is_some_and(|(_, from)| from == host),
        (Some(_), None) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(n, v)| (header::HeaderName::from_static(n), v.parse().unwrap())).collect()
    }

    #[test]
    fn only_our_own_pages_and_programs_may_post() {
        assert!(same_origin(&headers(&[("sec-fetch-site", "same-origin")])));
        assert!(!same_origin(&headers(&[("sec-fetch-site", "cross-site"), ("host", "a")])));
        assert!(!same_origin(&headers(&[("sec-fetch-site", "same-site"), ("host", "a")])));
        assert!(same_origin(&headers(&[("origin", "http://a:8080"), ("host", "a:8080")])));
        assert!(!same_origin(&headers(&[("origin", "http://b:8080"), ("host", "a:8080")])));
        assert!(!same_origin(&headers(&[("origin", "null"), ("host", "a:8080")])));
        assert!(same_origin(&headers(&[("host", "a:8080")])));
    }
}
