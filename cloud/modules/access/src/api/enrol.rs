//! `POST /gateway/v1/enrol`.

use std::net::IpAddr;

use axum::extract::{Extension, Json, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode, header};
use protocols_wire::{EnrolRefusal, EnrolRequest};

use crate::api::listener::Gate;
use crate::enrolment::{EnrolError, enrol};

/// The address that the connection comes from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer(pub IpAddr);

pub(crate) async fn post(
    State(gate): State<Gate>,
    Extension(Peer(address)): Extension<Peer>,
    headers: HeaderMap,
    Json(request): Json<EnrolRequest>,
) -> Response {
    match answer(&gate, address, &headers, &request).await {
        Ok(response) => response,
        Err((status, error)) => {
            let error = error.to_owned();
            (status, [(header::CACHE_CONTROL, "no-store")], Json(EnrolRefusal { error })).into_response()
        }
    }
}

async fn answer(
    gate: &Gate,
    address: IpAddr,
    headers: &HeaderMap,
    request: &EnrolRequest,
) -> Result<Response, (StatusCode, &'static str)> {
    const UNAVAILABLE: (StatusCode, &str) =
        (StatusCode::SERVICE_UNAVAILABLE, "The service cannot answer now. Try again in a minute.");
    let kernel = &gate.kernel;
    if !gate.limiter.allows(address, kernel.now()) {
        tracing::warn!(%address, "too many tries to enrol");
        return Err((StatusCode::TOO_MANY_REQUESTS, "Too many tries. Wait a minute."));
    }
    let host = headers.get(header::HOST).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let host = host.rsplit_once(':').map_or(host, |(name, _)| name).to_ascii_lowercase();
    let unavailable = |error: sqlx::Error| {
        tracing::warn!(error = &error as &dyn std::error::Error, "enrolment could not be looked up");
        UNAVAILABLE
    };
    let tenant = kernel.directory().tenant(&host, kernel.now()).await.map_err(unavailable)?;
    let tenant = tenant
        .filter(|tenant| tenant.uses(crate::NAME))
        .ok_or((StatusCode::NOT_FOUND, "Nobody enrols gateways at this host name."))?;
    let mut tx = kernel.begin(tenant.id).await.map_err(unavailable)?;
    match enrol(&mut tx, &gate.trust, &gate.broker, request).await {
        Ok(response) => {
            let gateway = response.gateway;
            tx.commit().await.map_err(unavailable)?;
            tracing::info!(%gateway, "gateway enrolled");
            Ok(([(header::CACHE_CONTROL, "no-store")], Json(response)).into_response())
        }
        Err(error) => Err(refusal(&error)),
    }
}

fn refusal(error: &EnrolError) -> (StatusCode, &'static str) {
    match error {
        EnrolError::WrongCode => {
            (StatusCode::FORBIDDEN, "There is no such code here. Check it, or make a new one at /gateways.")
        }
        EnrolError::UsedCode => {
            (StatusCode::FORBIDDEN, "This code has been used. Make a new one at /gateways.")
        }
        EnrolError::ExpiredCode => {
            (StatusCode::FORBIDDEN, "This code is older than 15 minutes. Make a new one at /gateways.")
        }
        EnrolError::Request(cause) => {
            tracing::warn!(error = cause as &dyn std::error::Error, "certificate request refused");
            (StatusCode::UNPROCESSABLE_ENTITY, "The certificate request is not one for an Ed25519 key.")
        }
        EnrolError::Internal(cause) => {
            tracing::error!(error = cause as &dyn std::error::Error, "enrolment failed");
            (StatusCode::INTERNAL_SERVER_ERROR, "Enrolment failed here. Nothing has changed; try again.")
        }
    }
}
