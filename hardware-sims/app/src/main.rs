//! `hallport-sim`: a sports hall on the screen, with real node logic behind real Modbus TCP and MQTT.
//!
//! **Invariant:** the page shows and touches the hall; it decides nothing and knows no codes.

mod app;
mod assets;
mod config;
mod page;
mod request;
mod routes;
mod state;
mod words;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Parser;
use sims_devices::{Hall, ScannerNetwork};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

use crate::app::App;

/// A simulated sports hall: two doors with keypads and two light zones, behind Modbus TCP and on a page.
#[derive(Parser)]
#[command(name = "hallport-sim", version)]
struct Args {
    /// TOML file; everything in it has a default.
    #[arg(long)]
    config: Option<PathBuf>,
    /// Address of the page [default: 127.0.0.1:8090].
    #[arg(long)]
    listen: Option<SocketAddr>,
    /// Address of the nodes' Modbus TCP [default: 127.0.0.1:15020].
    #[arg(long)]
    modbus: Option<SocketAddr>,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error);
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::print_stderr, reason = "the program's own last word, also where logging is turned off")]
fn complain(error: &anyhow::Error) {
    eprintln!("hallport-sim: {error:#}");
}

async fn run() -> anyhow::Result<()> {
    tracing_subscriber::fmt()
        .with_env_filter(
            EnvFilter::builder().with_default_directive(tracing::Level::INFO.into()).from_env_lossy(),
        )
        .with_writer(std::io::stderr)
        .init();
    let args = Args::parse();
    let config = config::load(args.config.as_deref())?;
    let zone = config.hall.zone()?;
    let mut interrupted = signal(SignalKind::interrupt())?;
    let mut terminated = signal(SignalKind::terminate())?;

    let page = listen(args.listen.unwrap_or(config.listen), "the page", "--listen").await?;
    let bus = listen(args.modbus.unwrap_or(config.modbus), "Modbus", "--modbus").await?;
    let (page_address, bus_address) = (page.local_addr()?, bus.local_addr()?);

    #[expect(clippy::disallowed_methods, reason = "this is the driver: its clock dates the log")]
    let began = jiff::Timestamp::now();
    // A real node counts its starts in flash; two starts of this program lie seconds apart.
    let start = u32::try_from(began.as_second().rem_euclid(i64::from(u32::MAX))).unwrap_or_default();
    let hall = Hall::new(&config.hall.layout(start)?)?;
    let network = config.hall.scanner_network()?;
    let app = App::new(hall.clone(), config.hall, zone, began, bus_address.to_string());
    announce(page_address, bus_address);

    // Whatever ends first ends the program, and every connection with it.
    tokio::select! {
        () = hall.run() => Ok(()),
        () = scanner(&hall, network) => Ok(()),
        ended = hall.serve_modbus(bus) => ended.context("the nodes can no longer be reached"),
        ended = axum::serve(page, routes::router(app)) => ended.context("the page can no longer be served"),
        _ = interrupted.recv() => Ok(()),
        _ = terminated.recv() => Ok(()),
    }
}

/// Keeps the scanner connected, where there is one; never ends.
async fn scanner(hall: &Hall, network: Option<ScannerNetwork>) {
    match network {
        Some(network) => hall.connect_scanner(network).await,
        None => core::future::pending().await,
    }
}

async fn listen(address: SocketAddr, what: &str, option: &str) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| {
        format!("{what} cannot be served at {address}; another program may be using it: give another with {option}")
    })
}

#[expect(clippy::print_stdout, reason = "the program's own word that it is ready, with the address to open")]
fn announce(page: SocketAddr, bus: SocketAddr) {
    println!("The simulated hall is open: http://{page}/ (Modbus TCP at {bus})");
}
