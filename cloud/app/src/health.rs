//! `/health/live` and `/health/ready`, for proxies and for whoever watches. Served to everybody: they name
//! parts and how they are, no versions, addresses or errors.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use cloud_kernel::telemetry::Readiness;
use cloud_kernel::{Kernel, Owner, PgConnectOptions};
use http::{StatusCode, header};
use serde_json::{Map, Value, json};
use tokio::sync::watch;

/// How often to look whether missing migrations have been applied.
const SCHEMA_EVERY: Duration = Duration::from_secs(10);

/// `GET /health/live`: the process answers. Whoever restarts processes asks this one.
pub async fn live() -> Response {
    ([(header::CACHE_CONTROL, "no-store")], Json(json!({ "live": true }))).into_response()
}

/// `GET /health/ready`: whether pages can be served, and how each part is. 503 when they cannot. Whoever
/// spreads visitors over processes asks this one.
pub async fn ready(State(kernel): State<Kernel>) -> Response {
    let readiness = kernel.readiness().await;
    let status = if readiness.is_ready() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, [(header::CACHE_CONTROL, "no-store")], Json(told(readiness))).into_response()
}

fn told(readiness: Readiness) -> Value {
    let parts: Map<String, Value> =
        readiness.parts.iter().map(|(part, state)| (part.name().to_owned(), state.name().into())).collect();
    json!({ "ready": readiness.is_ready(), "degraded": readiness.is_degraded(), "parts": parts })
}

/// Looks as the owner whether the schema has every migration that this program needs, until it has: it does
/// not lose any again.
pub async fn watch_schema(kernel: Kernel, owner: PgConnectOptions, mut stop: watch::Receiver<bool>) {
    loop {
        match is_behind(&owner).await {
            Ok(behind) => {
                kernel.health().schema_is_behind(behind);
                if !behind {
                    return;
                }
                tracing::error!("the database lacks migrations that this program needs: run migrate");
            }
            Err(error) => tracing::warn!(error = format!("{error:#}"), "the schema cannot be looked at"),
        }
        tokio::select! {
            () = tokio::time::sleep(SCHEMA_EVERY) => {}
            // The word to stop, or nobody left to say it.
            _ = stop.changed() => return,
        }
    }
}

async fn is_behind(owner: &PgConnectOptions) -> anyhow::Result<bool> {
    let mut owner = Owner::connect(owner).await?;
    let behind = owner.is_behind().await?;
    owner.close().await?;
    Ok(behind)
}
