//! Version 1 of the open interface: its routes, and its description made from them.
//!
//! What is understood is kept: fields and routes are added, and what was there goes on meaning what it meant. What cannot
//! be kept so becomes a folder of its own beside this one, over the same ports.

pub(crate) mod bookings;
pub(crate) mod customers;
pub(crate) mod facilities;
pub(crate) mod shapes;
pub(crate) mod webhooks;

use std::sync::{Arc, LazyLock};

use axum::extract::DefaultBodyLimit;
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use axum::{Extension, Router};
use cloud_kernel::Kernel;
use http::header;
use utoipa::openapi::security::{
    ClientCredentials, Flow, HttpAuthScheme, HttpBuilder, OAuth2, Scopes, SecurityScheme,
};
use utoipa::openapi::{ComponentsBuilder, InfoBuilder, OpenApi, OpenApiBuilder, SecurityRequirement};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::oauth;
use super::problem::{FieldProblem, Kind, Problem, ProblemBody};

/// A body at most: a hundred times with room to spare.
const BODY_BYTES_MAX: usize = 32 * 1024;
/// Where the description is read.
pub(crate) const DESCRIPTION_PATH: &str = "/api/v1/openapi.json";

/// The description, as it is sent.
static DESCRIPTION: LazyLock<Arc<str>> = LazyLock::new(|| {
    let description = described().split_for_parts().1;
    description
        .to_json()
        .unwrap_or_else(|error| {
            tracing::error!(%error, "the description of the interface cannot be written");
            String::new()
        })
        .into()
});

/// The routes.
pub(crate) fn routes() -> Router<Kernel> {
    described()
        .split_for_parts()
        .0
        .route(DESCRIPTION_PATH, get(description))
        .route("/api/v1/{*rest}", any(nothing))
        .method_not_allowed_fallback(other_method)
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
}

fn described() -> OpenApiRouter<Kernel> {
    OpenApiRouter::with_openapi(head())
        .routes(routes!(oauth::token))
        .routes(routes!(facilities::list))
        .routes(routes!(facilities::one))
        .routes(routes!(facilities::resource))
        .routes(routes!(facilities::availability))
        .routes(routes!(customers::list))
        .routes(routes!(bookings::list, bookings::create))
        .routes(routes!(bookings::one))
        .routes(routes!(bookings::confirm))
        .routes(routes!(bookings::change))
        .routes(routes!(bookings::cancel))
        .routes(routes!(webhooks::list, webhooks::create))
        .routes(routes!(webhooks::remove))
        .routes(routes!(webhooks::renew))
        .routes(routes!(webhooks::replay))
}

fn head() -> OpenApi {
    let info = InfoBuilder::new()
        .title("Hallport")
        .version("1")
        .description(Some(
            "Facilities, what is free, and bookings by the rules that people meet. /api tells how to begin.",
        ))
        .build();
    let scopes = openapi_domain::Scope::ALL.map(|scope| (scope.key(), about(scope)));
    let flow = Flow::ClientCredentials(ClientCredentials::new("/api/oauth/token", Scopes::from_iter(scopes)));
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
    let mut openapi = OpenApiBuilder::new()
        .info(info)
        .security(Some([
            SecurityRequirement::new("client", Vec::<String>::new()),
            SecurityRequirement::new("token", Vec::<String>::new()),
        ]))
        .build();
    // Shapes of answers that the routes share are named by them, and told here.
    let shared = ComponentsBuilder::new().schema_from::<ProblemBody>().schema_from::<FieldProblem>();
    let components = openapi.components.insert(shared.build());
    components.add_security_scheme("client", SecurityScheme::OAuth2(OAuth2::new([flow])));
    components.add_security_scheme("token", SecurityScheme::Http(bearer));
    openapi
}

const fn about(scope: openapi_domain::Scope) -> &'static str {
    match scope {
        openapi_domain::Scope::FacilitiesRead => "Read facilities and what is free",
        openapi_domain::Scope::BookingsRead => "Read bookings",
        openapi_domain::Scope::BookingsWrite => "Book, change and cancel",
        openapi_domain::Scope::CustomersRead => "Read for whom the program may act",
        openapi_domain::Scope::Webhooks => "Be told of what happens",
    }
}

/// `GET /api/v1/openapi.json`: the description (OpenAPI 3.1). Needs no token.
async fn description() -> Response {
    let said = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "public, max-age=300")];
    (said, DESCRIPTION.to_string()).into_response()
}

async fn nothing() -> Problem {
    Problem::new(Kind::NotFound)
}

async fn other_method() -> Problem {
    Problem::new(Kind::MethodNotAllowed)
}

/// What the routes stand on is put around them by the module; here only that they are the module's own.
pub(crate) type Ports = Extension<crate::Ports>;
