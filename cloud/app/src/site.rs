//! The whole of the pages: modules' routes, assets, language, health, and what surrounds them all.

use axum::Router;
use axum::extract::{DefaultBodyLimit, Path, Request};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use cloud_kernel::Kernel;
use cloud_kernel::web::{
    Failure, Personal, Visit, choose_language, choose_theme, know_visitor, observe, only_where_used,
    refuse_cross_origin,
};
use cloud_ui::{Asset, CONTENT_SECURITY_POLICY, EMBED_PATH, asset, embed_script};
use http::{Extensions, HeaderMap, HeaderName, HeaderValue, StatusCode, Version, header};
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, Predicate};

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
        .layer(compressed())
        .merge(
            more.route("/language/{code}", get(choose_language))
                .route("/theme/{code}", get(choose_theme))
                .layer(middleware::from_fn(with_policy)),
        )
        .merge(
            Router::new()
                .route("/assets/{*path}", get(serve_asset))
                .route(EMBED_PATH, get(serve_embed_script))
                .layer(CompressionLayer::new().gzip(true)),
        )
        .route("/health/live", get(health::live))
        .route("/health/ready", get(health::ready))
        .layer(middleware::from_fn_with_state(kernel.clone(), observe))
        .with_state(kernel)
}

/// Compresses answers that may be: docs/decisions/what-is-compressed.md.
fn compressed() -> CompressionLayer<impl Predicate> {
    let nothing_personal =
        |_: StatusCode, _: Version, _: &HeaderMap, more: &Extensions| more.get::<Personal>().is_none();
    CompressionLayer::new().gzip(true).compress_when(DefaultPredicate::new().and(nothing_personal))
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
    match asset(&path) {
        Some(asset) => served(asset, &request),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// The one file that pages of other sites load.
async fn serve_embed_script(request: Request) -> Response {
    let mut response = served(embed_script(), &request);
    let policy = HeaderName::from_static("cross-origin-resource-policy");
    response.headers_mut().insert(policy, HeaderValue::from_static("cross-origin"));
    response
}

fn served(asset: Asset, request: &Request) -> Response {
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
    use axum::Extension;
    use axum::body::Body;
    use cloud_kernel::testing::Bench;
    use http::Request;
    use tower::ServiceExt as _;

    use super::*;

    #[tokio::test]
    async fn what_may_hold_a_code_is_sent_as_it_is_and_the_rest_compressed() {
        let long = || "Hall ".repeat(1000);
        let pages: Router = Router::new()
            .route("/public", get(move || async move { long() }))
            .route("/mine", get(move || async move { (Extension(Personal), long()) }))
            .layer(compressed());
        for (path, encoding) in [("/public", Some("gzip")), ("/mine", None)] {
            let request =
                Request::get(path).header(header::ACCEPT_ENCODING, "gzip").body(Body::empty()).unwrap();
            let answer = pages.clone().oneshot(request).await.unwrap();
            let found = answer.headers().get(header::CONTENT_ENCODING).map(|value| value.to_str().unwrap());
            assert_eq!(found, encoding, "{path}");
        }
    }

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
