//! The gateways' own HTTPS listener: TLS 1.3 with a chain that ends at the root that enrolment pins.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::extract::DefaultBodyLimit;
use axum::routing::post;
use axum::{Extension, Router};
use cloud_kernel::Kernel;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use protocols_ids::GatewayId;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio_rustls::TlsAcceptor;

use crate::api::enrol::{self, Peer};
use crate::api::renew::{self, Shown};
use crate::courier::BrokerAddress;
use crate::limiter::Limiter;
use crate::trust::{Trust, TrustError};

/// The largest request: a code and a certificate request are one kilobyte.
const REQUEST_BYTES_MAX: usize = 16 * 1024;
/// Connections at once; enrolment takes a few milliseconds, and there are few technicians.
const CONNECTIONS_MAX: usize = 64;
/// How long a connection may take, from its handshake to its end.
const CONNECTION_SECONDS_MAX: u64 = 15;

/// What the gateway API stands on.
#[derive(Clone)]
pub(crate) struct Gate {
    pub kernel: Kernel,
    pub trust: Arc<Trust>,
    pub broker: Arc<BrokerAddress>,
    pub limiter: Arc<Limiter<IpAddr>>,
    pub renewals: Arc<Limiter<GatewayId>>,
}

/// The routes, without TLS. Each request needs the extension that says where it comes from.
fn routes(gate: Gate) -> Router {
    Router::new()
        .route("/gateway/v1/enrol", post(enrol::post))
        .route("/gateway/v1/renew", post(renew::post))
        .layer(DefaultBodyLimit::max(REQUEST_BYTES_MAX))
        .with_state(gate)
}

/// Serves the gateway API on `listener` until `stop` becomes true.
pub fn serve_gateway_api(
    kernel: Kernel,
    trust: Arc<Trust>,
    broker: BrokerAddress,
    listener: TcpListener,
    mut stop: watch::Receiver<bool>,
) -> Result<impl Future<Output = ()> + use<>, TrustError> {
    let acceptor = TlsAcceptor::from(trust.api_tls(Arc::clone(kernel.clock()))?);
    let gate =
        Gate { kernel, trust, broker: Arc::new(broker), limiter: Arc::default(), renewals: Arc::default() };
    let routes = routes(gate);
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    Ok(async move {
        while !*stop.borrow() {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                _ = stop.changed() => continue,
            };
            let (stream, peer) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    // Out of file handles, most likely: those that are open will end.
                    tracing::warn!(%error, "gateway API cannot accept");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            };
            let Ok(place) = Arc::clone(&places).try_acquire_owned() else {
                tracing::warn!(%peer, "gateway API is full");
                continue;
            };
            let (acceptor, routes) = (acceptor.clone(), routes.clone());
            tokio::spawn(async move {
                let limit = Duration::from_secs(CONNECTION_SECONDS_MAX);
                if tokio::time::timeout(limit, serve(acceptor, routes, stream, peer)).await.is_err() {
                    tracing::info!(%peer, "gateway API connection took too long");
                }
                drop(place);
            });
        }
    })
}

async fn serve(acceptor: TlsAcceptor, routes: Router, stream: TcpStream, peer: SocketAddr) {
    let stream = match acceptor.accept(stream).await {
        Ok(stream) => stream,
        Err(error) => {
            tracing::info!(%peer, %error, "gateway API handshake failed");
            return;
        }
    };
    let shown = stream.get_ref().1.peer_certificates().and_then(|chain| chain.first());
    let shown = Shown(shown.map(|certificate| certificate.clone().into_owned()));
    let routes = routes.layer(Extension(Peer(peer.ip()))).layer(Extension(shown));
    let service = TowerToHyperService::new(routes);
    let served = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .serve_connection(TokioIo::new(stream), service)
        .await;
    if let Err(error) = served {
        tracing::info!(%peer, %error, "gateway API connection ended early");
    }
}
