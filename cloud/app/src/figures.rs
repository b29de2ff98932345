//! Where Prometheus reads: a listener of its own, never a page's.

use std::time::Duration;

use anyhow::Context;
use axum::Router;
use axum::extract::State;
use axum::response::IntoResponse;
use axum::routing::get;
use cloud_kernel::telemetry::{Kind, describe_all, figures};
use http::header;
use metrics_exporter_prometheus::{
    BuildError, Matcher, PrometheusBuilder, PrometheusHandle, PrometheusRecorder,
};
use tokio::net::TcpListener;
use tokio::sync::watch;

/// How often recorded times are put into their buckets, so that they do not pile up where nobody reads.
const UPKEEP_EVERY: Duration = Duration::from_secs(5);
/// Prometheus' text format, version 0.0.4.
const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// A recorder that knows every distribution's buckets.
pub fn recorder() -> Result<PrometheusRecorder, BuildError> {
    let mut builder = PrometheusBuilder::new();
    for metric in figures::ALL {
        if let Kind::Histogram(buckets) = metric.kind {
            builder = builder.set_buckets_for_metric(Matcher::Full(metric.name.to_owned()), buckets)?;
        }
    }
    Ok(builder.build_recorder())
}

/// From now on this process keeps figures.
pub fn install() -> anyhow::Result<PrometheusHandle> {
    let recorder = recorder().context("figures")?;
    let handle = recorder.handle();
    metrics::set_global_recorder(recorder).context("figures are kept already")?;
    describe_all();
    Ok(handle)
}

/// Answers `GET /metrics` until `stop` becomes true.
pub async fn serve(listener: TcpListener, handle: PrometheusHandle, stop: watch::Receiver<bool>) {
    match listener.local_addr() {
        Ok(address) if !address.ip().is_loopback() => {
            tracing::warn!(%address, "figures can be read from other machines");
        }
        Ok(_) | Err(_) => {}
    }
    let (mut told, mut stopped) = (stop.clone(), stop);
    let router = Router::new().route("/metrics", get(show)).with_state(handle.clone());
    // Both end with the word to stop, and also if whoever would say it is gone.
    let serving = axum::serve(listener, router).with_graceful_shutdown(async move {
        drop(told.wait_for(|stop| *stop).await);
    });
    let upkeep = async {
        let mut tick = tokio::time::interval(UPKEEP_EVERY);
        loop {
            tokio::select! {
                _ = tick.tick() => handle.run_upkeep(),
                _ = stopped.wait_for(|stop| *stop) => return,
            }
        }
    };
    let (served, ()) = tokio::join!(serving.into_future(), upkeep);
    if let Err(error) = served {
        tracing::error!(error = &error as &dyn std::error::Error, "figures are served no longer");
    }
}

async fn show(State(handle): State<PrometheusHandle>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, CONTENT_TYPE)], handle.render())
}
