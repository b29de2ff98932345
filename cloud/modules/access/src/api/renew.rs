//! `POST /gateway/v1/renew`.

use axum::extract::{Extension, Json, State};
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use jiff::Timestamp;
use protocols_wire::{EnrolRefusal, RenewRequest};
use rustls::pki_types::CertificateDer;
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::api::enrol::Peer;
use crate::api::listener::Gate;
use crate::keys::{Asking, RenewError, renew};
use crate::store::gateway;

/// The certificate that the client showed in the handshake; TLS has verified that it is under our root and holds now.
#[derive(Clone, Debug)]
pub(crate) struct Shown(pub Option<CertificateDer<'static>>);

type Refusal = (StatusCode, &'static str);
const UNAVAILABLE: Refusal =
    (StatusCode::SERVICE_UNAVAILABLE, "The service cannot answer now. It is asked again by itself.");

pub(crate) async fn post(
    State(gate): State<Gate>,
    Extension(Peer(address)): Extension<Peer>,
    Extension(Shown(certificate)): Extension<Shown>,
    Json(request): Json<RenewRequest>,
) -> Response {
    let answered = match certificate.as_ref().and_then(asking) {
        Some(asking) => answer(&gate, &asking, &request).await,
        None if gate.limiter.allows(address, gate.kernel.now()) => {
            Err((StatusCode::UNAUTHORIZED, "Renewal needs the gateway's own certificate."))
        }
        None => Err((StatusCode::TOO_MANY_REQUESTS, "Too many tries. Wait a minute.")),
    };
    match answered {
        Ok(response) => response,
        Err((status, error)) => {
            let error = error.to_owned();
            (status, [(header::CACHE_CONTROL, "no-store")], Json(EnrolRefusal { error })).into_response()
        }
    }
}

/// Who shows this certificate: one common name, a gateway's id, and an Ed25519 key.
fn asking(certificate: &CertificateDer<'static>) -> Option<Asking> {
    let (_, certificate) = X509Certificate::from_der(certificate).ok()?;
    let mut names = certificate.subject().iter_common_name();
    let gateway = names.next()?.as_str().ok()?.parse().ok()?;
    if names.next().is_some() {
        return None;
    }
    let public_key = certificate.public_key().subject_public_key.data.as_ref().try_into().ok()?;
    // Sixteen bytes, as they were given out: the encoding drops zeros in front and adds one before a high bit.
    let raw = certificate.raw_serial();
    let digits = raw.strip_prefix(&[0]).filter(|rest| rest.len() >= 16).unwrap_or(raw);
    let serial = format!("{:0>32}", data_encoding::HEXLOWER.encode(digits));
    let expires_at = Timestamp::from_second(certificate.validity().not_after.timestamp()).ok()?;
    Some(Asking { gateway, serial, public_key, expires_at })
}

async fn answer(gate: &Gate, asking: &Asking, request: &RenewRequest) -> Result<Response, Refusal> {
    let kernel = &gate.kernel;
    let unavailable = |error: sqlx::Error| {
        tracing::warn!(error = &error as &dyn std::error::Error, "renewal could not be looked up");
        UNAVAILABLE
    };
    let unknown = (StatusCode::FORBIDDEN, "This certificate is not known here. Enrol the gateway anew.");
    let tenant = gateway::tenant_of(kernel, asking.gateway).await.map_err(unavailable)?.ok_or(unknown)?;
    if !gate.renewals.allows(asking.gateway, kernel.now()) {
        let mut tx = kernel.begin(tenant).await.map_err(unavailable)?;
        gateway::count_refused(&mut tx, asking.gateway, "renewal_too_often").await.map_err(unavailable)?;
        tx.commit().await.map_err(unavailable)?;
        return Err((StatusCode::TOO_MANY_REQUESTS, "Too many renewals. Wait a minute."));
    }
    let mut tx = kernel.begin(tenant).await.map_err(unavailable)?;
    match renew(&mut tx, &gate.trust, asking, request).await {
        Ok(response) => {
            tx.commit().await.map_err(unavailable)?;
            let certificate = response.certificate_chain_pem.is_some();
            let seals = response.seals.len();
            tracing::info!(gateway = %asking.gateway, certificate, seals, "renewed");
            Ok(([(header::CACHE_CONTROL, "no-store")], Json(response)).into_response())
        }
        Err(error) => {
            drop(tx);
            if let Some(reason) = error.name() {
                tracing::warn!(gateway = %asking.gateway, reason, "renewal refused");
                let mut tx = kernel.begin(tenant).await.map_err(unavailable)?;
                if gateway::lock(&mut tx, asking.gateway).await.map_err(unavailable)?.is_some() {
                    gateway::count_refused(&mut tx, asking.gateway, reason).await.map_err(unavailable)?;
                }
                tx.commit().await.map_err(unavailable)?;
            }
            Err(refusal(&error))
        }
    }
}

fn refusal(error: &RenewError) -> Refusal {
    match error {
        RenewError::Revoked => {
            (StatusCode::FORBIDDEN, "This gateway's keys were taken back. Enrol it anew with a new code.")
        }
        RenewError::Unknown => {
            (StatusCode::FORBIDDEN, "This certificate is not known here. Enrol the gateway anew.")
        }
        RenewError::OtherKey => {
            (StatusCode::UNPROCESSABLE_ENTITY, "Another key is a new enrolment: it needs a code.")
        }
        RenewError::Request(_) => {
            (StatusCode::UNPROCESSABLE_ENTITY, "The certificate request is not one for an Ed25519 key.")
        }
        RenewError::Internal(cause) => {
            tracing::error!(error = cause as &dyn std::error::Error, "renewal failed");
            (StatusCode::INTERNAL_SERVER_ERROR, "Renewal failed here. It is asked again by itself.")
        }
    }
}
