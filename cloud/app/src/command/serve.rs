//! `hallport-cloud serve`: pages, worker, courier and gateway API until stopped.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use cloud_access::{BrokerRun, Courier, serve_gateway_api, write_broker_files};
use cloud_kernel::Worker;
use nix::unistd::Uid;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

use crate::command::migrate::migrate;
use crate::config::Config;
use crate::databases::Databases;
use crate::site::router;
use crate::wiring::{Wired, wire};

/// How long open pages may go on after the word to stop: a live page would stay open for ever.
const GRACE: Duration = Duration::from_secs(2);

/// Serves until SIGTERM or SIGINT.
pub async fn run(config: Config) -> anyhow::Result<()> {
    // Taken ports are told before anything is started.
    let pages = listen(config.server.listen, "server.listen").await?;
    let gateways = listen(config.gateway_api.listen, "gateway_api.listen").await?;
    // From here on a signal is kept until it is asked for: what is half started is stopped in order.
    let signals = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let mut databases = Databases::open(&config).await?;
    databases.keep();
    let outcome = serve(&config, &databases, pages, gateways, signals).await;
    databases.close().await;
    outcome
}

async fn listen(address: SocketAddr, key: &str) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| format!("cannot listen at {address} ({key})"))
}

async fn serve(
    config: &Config,
    databases: &Databases,
    pages: TcpListener,
    gateways: TcpListener,
    (mut terminate, mut interrupt): (Signal, Signal),
) -> anyhow::Result<()> {
    if databases.is_private() {
        migrate(databases).await?;
    }
    let Wired { kernel, trust, broker, more_routes, .. } = wire(config, databases)?;
    let broker_directory = broker_files(config, &trust)?;

    let (stopping, stop) = watch::channel(false);
    let (_, courier) = Courier::start(kernel.clone(), trust.clone(), &broker, stop.clone())?;
    let gateway_api = serve_gateway_api(kernel.clone(), trust.clone(), broker, gateways, stop.clone())?;
    let keeper = crate::keeper::run(
        kernel.clone(),
        trust.clone(),
        broker_directory,
        signal(SignalKind::hangup())?,
        stop.clone(),
    );
    let background = [
        tokio::spawn(keeper),
        tokio::spawn(Worker::new(kernel.clone()).run(stop.clone())),
        tokio::spawn(courier),
        tokio::spawn(gateway_api),
    ];
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
