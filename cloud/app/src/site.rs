//! The whole of the pages: modules' routes, assets, language, health, and what surrounds them all.

use axum::Router;
use axum::extract::{DefaultBodyLimit, Path, Request};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use cloud_kernel::Kernel;
use cloud_kernel::web::{
    Failure, Visit, choose_language, know_visitor, observe, only_where_used, refuse_cross_origin,
};
use cloud_ui::{CONTENT_SECURITY_POLICY, asset};
use http::{HeaderName, HeaderValue, StatusCode, header};
use tower_http::compression::CompressionLayer;

use crate::health;

/// The largest form or request: a series of a few hundred times is some tens of kilobytes.
const BODY_BYTES_MAX: usize = 256 * 1024;

/// Every route of the service. `more` are routes of no tenant: a demonstration's sign-in.
pub fn router(kernel: Kernel, more: Router<Kernel>) -> Router {
    let mut pages = Router::new();
    for module in kernel.registry().modules() {
        let routes = module.routes().layer(middleware::from_fn_with_state(module.name(), only_where_used));
        pages = pages.merge(routes);
    }
    pages
        .fallback(|| async { Failure::NotFound })
        .layer(middleware::from_fn(start_elsewhere))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(middleware::from_fn(refuse_cross_origin))
        .layer(middleware::from_fn_with_state(kernel.clone(), know_visitor))
        .layer(middleware::from_fn(with_policy))
        .layer(CompressionLayer::new().gzip(true))
        .merge(more.route("/language/{code}", get(choose_language)).layer(middleware::from_fn(with_policy)))
        .route("/assets/{*path}", get(serve_asset))
        .route("/health/live", get(health::live))
        .route("/health/ready", get(health::ready))
        .layer(middleware::from_fn_with_state(kernel.clone(), observe))
        .with_state(kernel)
}

/// Where a municipality does not use search, which has the start page, one starts at the list of facilities.
async fn start_elsewhere(request: Request, next: Next) -> Response {
    let has_start = |visit: &Visit| visit.tenant.uses("search");
    match request.extensions().get::<Visit>() {
        Some(visit) if request.uri().path() == "/" && !has_start(visit) => {
            Redirect::to("/facilities").into_response()
        }
        Some(_) | None => next.run(request).await,
    }
}

/// What every page is served with. A page that needs another policy sets its own.
async fn with_policy(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (header::CACHE_CONTROL, "no-store"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    ] {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}

async fn serve_asset(Path(path): Path<String>, request: Request) -> Response {
    let Some(asset) = asset(&path) else { return StatusCode::NOT_FOUND.into_response() };
    let seen = request.headers().get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(asset.content_type)),
        (header::CACHE_CONTROL, HeaderValue::from_static(asset.cache_control)),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::ETAG, HeaderValue::from_str(&asset.etag).unwrap_or(HeaderValue::from_static("\"\""))),
    ];
    if seen == Some(asset.etag.as_str()) {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    (headers, asset.bytes).into_response()
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use cloud_kernel::testing::Bench;
    use tower::ServiceExt as _;

    use super::*;

    #[tokio::test]
    async fn where_search_is_not_used_one_starts_at_the_list_of_facilities() {
        let bench = Bench::new().await;
        let start = async || {
            let request = Request::get("/").header(header::HOST, "alfa.localhost").body(Body::empty());
            router(bench.kernel.clone(), Router::new()).oneshot(request.unwrap()).await.unwrap()
        };
        let elsewhere = start().await;
        assert_eq!(elsewhere.status(), StatusCode::SEE_OTHER);
        assert_eq!(elsewhere.headers()[header::LOCATION], "/facilities");
        bench.switch_on("search").await;
        // What a host name is believed to be lasts half a minute.
        bench.clock.advance(jiff::SignedDuration::from_mins(1));
        assert_eq!(
            start().await.status(),
            StatusCode::NOT_FOUND,
            "no module of this test has the start page"
        );
    }
}
