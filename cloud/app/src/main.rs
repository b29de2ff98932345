//! `hallport-cloud`: the cloud service in one binary.
//!
//! Reads the configuration once, wires the modules together, serves, migrates, seeds and checks. Nothing here
//! decides anything about bookings or doors.

mod cluster;
mod command;
mod config;
mod databases;
mod demo_provider;
mod figures;
mod health;
mod keeper;
#[cfg(test)]
mod kept;
mod languages;
#[cfg(test)]
mod observed;
mod otlp;
#[cfg(test)]
mod protected;
mod secrets;
mod site;
mod wiring;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use cloud_ui::Untranslated;
use config::{Config, LogFormat};

/// What the program calls itself in figures and traces.
const PROGRAM: &str = "hallport-cloud";

/// Booking of municipal halls, and the doors that open.
#[derive(Parser)]
#[command(version, about)]
struct Arguments {
    /// The configuration file, see docs/configuration.md. It must say how people sign in.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve pages and gateways until stopped.
    Serve,
    /// Bring the database's schema up to date.
    Migrate,
    /// Load a municipality from a directory of import files.
    Seed {
        /// Holds tenant.toml, facilities.toml, tariffs.toml, customers.toml and site.toml, see
        /// docs/import-format.md.
        #[arg(long, value_name = "DIRECTORY")]
        from: PathBuf,
    },
    /// Try a file of facilities, and read it in with --apply. Says line by line what is new, changed and refused.
    Register {
        /// The municipality's host name.
        #[arg(long)]
        host: String,
        /// A .toml, .csv or .geojson file, see docs/import-format.md.
        #[arg(long, value_name = "FILE")]
        file: PathBuf,
        /// Read it in, if nothing of it is refused.
        #[arg(long)]
        apply: bool,
    },
    /// Make an enrolment code for a gateway, as the technician's page does.
    EnrolmentCode {
        /// The municipality's host name.
        #[arg(long)]
        host: String,
        /// The gateway's short name, as in its import file.
        #[arg(long)]
        gateway: String,
    },
    /// The ceremony of the root's key, and gateways' keys; see docs/manual/key-ceremony.md.
    Keys {
        #[command(subcommand)]
        step: command::keys::Keys,
    },
    /// Say whether configuration, secrets, database and broker are as they should be.
    Check,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let config = match Config::read(arguments.config.as_deref()) {
        Ok(config) => config,
        Err(error) => {
            tell(&format!("hallport-cloud: {error:#}"));
            return ExitCode::FAILURE;
        }
    };
    log(config.observability.log_format);
    if rustls::crypto::ring::default_provider().install_default().is_err() {
        tracing::warn!("a provider of cryptography was installed before ours");
    }
    let spoken = match languages::speak(&config.languages) {
        Ok(spoken) => spoken,
        Err(error) => {
            tell(&format!("hallport-cloud: languages: {error:#}"));
            return ExitCode::FAILURE;
        }
    };
    for one in &spoken {
        tracing::info!(language = one.code, missing = one.missing.len(), "a further language is spoken");
    }
    match run(arguments, config, &spoken).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tell(&format!("hallport-cloud: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// Begins the log, on standard error.
fn log(format: LogFormat) {
    let lines = tracing_subscriber::fmt()
        .with_env_filter(
            tracing_subscriber::EnvFilter::builder()
                .with_env_var("HALLPORT_LOG")
                .with_default_directive(tracing::level_filters::LevelFilter::INFO.into())
                .from_env_lossy(),
        )
        .with_writer(std::io::stderr);
    match format {
        LogFormat::Text => lines.init(),
        LogFormat::Json => lines.json().with_span_list(false).init(),
    }
}

async fn run(arguments: Arguments, config: Config, spoken: &[Untranslated]) -> anyhow::Result<()> {
    match arguments.command {
        Command::Serve => command::serve::run(config).await,
        Command::Migrate => command::migrate::run(config).await,
        Command::Seed { from } => command::seed::run(config, &from).await,
        Command::Register { host, file, apply } => command::register::run(config, &host, &file, apply).await,
        Command::EnrolmentCode { host, gateway } => {
            command::enrolment_code::run(config, &host, &gateway).await
        }
        Command::Keys { step } => command::keys::run(config, step).await,
        Command::Check => command::check::run(config, spoken).await,
    }
}

/// The program's own word to whoever started it.
#[expect(
    clippy::print_stderr,
    reason = "errors and progress of a command go to the terminal, beside the log"
)]
fn tell(text: &str) {
    eprintln!("{text}");
}

/// The program's own output, for people and for scripts that wait for it.
#[expect(clippy::print_stdout, reason = "what a command answers goes to standard output")]
fn say(text: &str) {
    println!("{text}");
}
