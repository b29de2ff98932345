//! `hallport-cloud serve`: pages, worker, courier and gateway API until stopped.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use cloud_access::{BrokerRun, Courier, serve_gateway_api, write_broker_files};
use cloud_facilities::FacilityRegister;
use cloud_kernel::telemetry::Sampler;
use cloud_kernel::{Kernel, Worker};
use metrics_exporter_prometheus::PrometheusHandle;
use nix::unistd::Uid;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

use crate::command::migrate::migrate;
use crate::config::Config;
use crate::databases::Databases;
use crate::health::watch_schema;
use crate::otlp::Exporter;
use crate::site::router;
use crate::wiring::{Wired, wire};
use crate::{PROGRAM, figures};

/// How long open pages may go on after the word to stop: a live page would stay open for ever.
const GRACE: Duration = Duration::from_secs(2);

/// Serves until SIGTERM or SIGINT.
pub async fn run(config: Config) -> anyhow::Result<()> {
    // Taken ports are told before anything is started.
    let pages = listen(config.server.listen, "server.listen").await?;
    let gateways = listen(config.gateway_api.listen, "gateway_api.listen").await?;
    let read_at = match config.observability.metrics_listen {
        Some(address) => Some((listen(address, "observability.metrics_listen").await?, figures::install()?)),
        None => None,
    };
    // From here on a signal is kept until it is asked for: what is half started is stopped in order.
    let signals = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let mut databases = Databases::open(&config).await?;
    databases.keep();
    let listeners = Listeners { pages, gateways, read_at };
    let outcome = serve(&config, &databases, listeners, signals).await;
    databases.close().await;
    outcome
}

async fn listen(address: SocketAddr, key: &str) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| format!("cannot listen at {address} ({key})"))
}

/// Where to answer whom.
struct Listeners {
    pages: TcpListener,
    gateways: TcpListener,
    /// Where figures are read, if anywhere.
    read_at: Option<(TcpListener, PrometheusHandle)>,
}

async fn serve(
    config: &Config,
    databases: &Databases,
    Listeners { pages, gateways, read_at }: Listeners,
    (mut terminate, mut interrupt): (Signal, Signal),
) -> anyhow::Result<()> {
    if databases.is_private() {
        migrate(databases).await?;
    }
    let Wired { kernel, trust, broker, more_routes, .. } = wire(config, databases)?;
    let broker_directory = broker_files(config, &trust)?;

    let (stopping, stop) = watch::channel(false);
    let (connected, courier) = Courier::start(kernel.clone(), trust.clone(), &broker, stop.clone())?;
    let gateway_api = serve_gateway_api(kernel.clone(), trust.clone(), broker, gateways, stop.clone())?;
    kernel.health().watch_broker(connected);
    let keeper = crate::keeper::run(
        kernel.clone(),
        trust.clone(),
        broker_directory,
        signal(SignalKind::hangup())?,
        stop.clone(),
    );
    let mut background = vec![
        tokio::spawn(keeper),
        tokio::spawn(Worker::new(kernel.clone()).run(stop.clone())),
        tokio::spawn(courier),
        tokio::spawn(index_where_empty(kernel.clone())),
        tokio::spawn(gateway_api),
        tokio::spawn(watch_schema(kernel.clone(), databases.owner().clone(), stop.clone())),
    ];
    if let Some((listener, handle)) = read_at {
        background.push(tokio::spawn(figures::serve(listener, handle, stop.clone())));
        background.push(tokio::spawn(Sampler::new(kernel.clone(), PROGRAM).run(stop.clone())));
    }
    if let Some(endpoint) = &config.observability.otlp_endpoint {
        let (sender, exporter) = Exporter::new(endpoint, PROGRAM)?;
        kernel.tracer().send_to(sender);
        background.push(tokio::spawn(exporter.run(stop.clone())));
    }
    let mut told = stop.clone();
    let server = axum::serve(pages, router(kernel, more_routes)).with_graceful_shutdown(async move {
        // Ends with the word to stop, and also if whoever would say it is gone.
        drop(told.wait_for(|stop| *stop).await);
    });
    let server = tokio::spawn(server.into_future());
    tracing::info!(listen = %config.server.listen, "pages are served");

    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!("stopping");
    stopping.send_replace(true);
    if tokio::time::timeout(GRACE, server).await.is_err() {
        tracing::debug!("pages that were still open are cut off");
    }
    for task in background {
        if tokio::time::timeout(GRACE, task).await.is_err() {
            tracing::warn!("a task in the background took too long to end");
        }
    }
    Ok(())
}

/// Makes the search index of tenants that have none: of one that has begun to use search since its register changed.
async fn index_where_empty(kernel: Kernel) {
    let made = async {
        for (tenant, host) in kernel.directory().tenants().await? {
            let uses = kernel.directory().tenant(&host, kernel.now()).await?;
            if uses.is_some_and(|tenant| tenant.uses("search")) {
                let mut tx = kernel.begin(tenant).await?;
                cloud_search::rebuild_where_empty(&mut tx, &FacilityRegister).await?;
                tx.commit().await?;
            }
        }
        anyhow::Ok(())
    };
    if let Err(error) = made.await {
        tracing::error!(error = format!("{error:#}"), "the search index was not made where there is none");
    }
}

/// Writes what a broker on this machine is started with.
fn broker_files(config: &Config, trust: &cloud_access::Trust) -> anyhow::Result<PathBuf> {
    let directory = config.server.data_directory.join("broker");
    crate::secrets::private_directory(&directory)?;
    let directory = directory.canonicalize().context("the broker's directory")?;
    let root = Uid::effective().is_root();
    let run = BrokerRun { bind: "127.0.0.1", port: config.broker.port, user: root.then_some("root") };
    write_broker_files(&directory, trust, &run).context("the broker's files")?;
    Ok(directory)
}
