//! Routes for the identity system: SCIM 2.0 (RFC 7644).

mod answer;
mod caller;
mod groups;
mod kinds;
mod users;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{any, get};
use cloud_kernel::Kernel;

use self::answer::Refused;
use self::caller::Caller;

/// A body at most: a group with all the members that one may have.
const BODY_BYTES_MAX: usize = 1024 * 1024;

/// The routes.
pub(crate) fn routes() -> Router<Kernel> {
    Router::new()
        .route("/scim/v2/ServiceProviderConfig", get(kinds::config))
        .route("/scim/v2/ResourceTypes", get(kinds::types))
        .route("/scim/v2/ResourceTypes/{name}", get(kinds::one_type))
        .route("/scim/v2/Schemas", get(kinds::schemas))
        .route("/scim/v2/Schemas/{name}", get(kinds::schema))
        .route("/scim/v2/Users", get(users::list).post(users::make))
        .route(
            "/scim/v2/Users/{id}",
            get(users::one).put(users::replace).patch(users::change).delete(users::erase),
        )
        .route("/scim/v2/Groups", get(groups::list).post(groups::make))
        .route(
            "/scim/v2/Groups/{id}",
            get(groups::one).put(groups::replace).patch(groups::change).delete(groups::erase),
        )
        .route("/scim/v2/{*rest}", any(nothing))
        .method_not_allowed_fallback(other_method)
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
}

async fn nothing(_: Caller) -> Refused {
    Refused::NotFound
}

async fn other_method(_: Caller) -> Refused {
    Refused::OtherMethod
}
