//! `hallport-gateway`: the computer in the hall that decides at the door.
//!
//! **Invariant:** this crate owns the clock, the randomness and the folder; it decides nothing. Neither PINs nor keys
//! pressed nor secrets are ever logged.

mod check;
mod clock;
mod config;
mod enrol;
mod figures;
mod folder;
mod journal;
mod live;
mod out;
mod run;
mod status;
mod told;
mod writer;

use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Parser, Subcommand};
use tracing_subscriber::EnvFilter;

use crate::config::{Config, LogFormat};
use crate::folder::Folder;

/// The gateway of a sports hall: decides at its doors, alone where need be.
#[derive(Debug, Parser)]
#[command(name = "hallport-gateway", version, after_help = EXAMPLES)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  hallport-gateway enrol --data /var/lib/hallport
  hallport-gateway check --data /var/lib/hallport
  hallport-gateway run --data /var/lib/hallport
  hallport-gateway status --data /var/lib/hallport";
const JOURNAL_EXAMPLES: &str = "\
Examples:
  hallport-gateway journal verify --data /var/lib/hallport
  hallport-gateway journal export --data /var/lib/hallport --from 2026-11-28 --to 2026-11-29
  hallport-gateway journal export --data /var/lib/hallport --format csv --output november.csv";
const VERIFY_EXAMPLES: &str = "\
Exit code 0 when everything holds, 1 when it does not or cannot be read.

Examples:
  hallport-gateway journal verify --data /var/lib/hallport
  hallport-gateway journal verify --data /var/lib/hallport \\
    --store /var/lib/hallport/gateway.sqlite.damaged-20261128T021500Z";
const EXPORT_EXAMPLES: &str = "\
Doors, grants and devices are told by their ids, never by name; times are UTC, with how well the clock was known
and which run of the program told them.

Examples:
  hallport-gateway journal export --data /var/lib/hallport | head -1
  hallport-gateway journal export --data /var/lib/hallport --from 2026-11-28 --to 2026-11-29
  hallport-gateway journal export --data /var/lib/hallport --format csv --output november.csv";

#[derive(Debug, Subcommand)]
enum Command {
    /// Makes this machine a gateway of the city's, with a code from the cloud. Asks for what is missing.
    Enrol {
        /// Folder of this gateway: identity, journal, grants.
        #[arg(long)]
        data: PathBuf,
        /// The cloud's address, `https://host:port`.
        #[arg(long)]
        cloud: Option<String>,
        /// The enrolment code that the cloud shows; it works once, for 15 minutes.
        #[arg(long)]
        code: Option<String>,
        /// The root's fingerprint, shown beside the code.
        #[arg(long)]
        root: Option<String>,
    },
    /// Runs the gateway until it is told to stop (SIGTERM or Ctrl-C).
    Run(Where),
    /// Tells how the gateway is; works beside a running one.
    Status(Where),
    /// Looks for faults in configuration, profiles, identity, journal, clock, disk and wiring.
    Check(Where),
    /// Verifies the journal on disk, or writes it out; works beside a running gateway.
    #[command(after_help = JOURNAL_EXAMPLES)]
    Journal {
        #[command(subcommand)]
        command: JournalCommand,
    },
}

#[derive(Debug, Subcommand)]
enum JournalCommand {
    /// Walks the journal from the first entry that is kept to the last that was written, and says what holds.
    #[command(after_help = VERIFY_EXAMPLES)]
    Verify(journal::Source),
    /// Writes the journal's entries, oldest first.
    #[command(after_help = EXPORT_EXAMPLES)]
    Export(journal::Export),
}

#[derive(Debug, clap::Args)]
struct Where {
    /// Folder of this gateway: identity, journal, grants.
    #[arg(long)]
    data: PathBuf,
    /// Configuration; without it `gateway.toml` in the data folder if there is one, otherwise the defaults.
    #[arg(long)]
    config: Option<PathBuf>,
}

impl Where {
    fn open(&self) -> anyhow::Result<(Folder, Config)> {
        let folder = Folder::new(self.data.clone());
        let config = Config::load(self.config.as_deref(), &folder)?;
        Ok((folder, config))
    }
}

fn main() -> ExitCode {
    match work(Arguments::parse().command) {
        Ok(code) => code,
        Err(error) => {
            out::remark(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn work(command: Command) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the run time")?;
    match command {
        Command::Enrol { data, cloud, code, root } => {
            runtime.block_on(enrol::enrol(&Folder::new(data), cloud, code, root))?;
        }
        Command::Run(place) => {
            let (folder, config) = place.open()?;
            log(&config)?;
            runtime.block_on(run::run(&folder, &config))?;
        }
        Command::Status(place) => {
            let (folder, _) = place.open()?;
            runtime.block_on(status::status(&folder))?;
        }
        Command::Check(place) => {
            let sound = runtime.block_on(check::check(&place.data, place.config.as_deref()));
            return Ok(exit_code(sound));
        }
        Command::Journal { command: JournalCommand::Verify(source) } => {
            return Ok(exit_code(runtime.block_on(journal::verify(&source))?));
        }
        Command::Journal { command: JournalCommand::Export(wanted) } => {
            runtime.block_on(journal::export(&wanted))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn log(config: &Config) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&config.log.filter)
        .with_context(|| format!("log.filter '{}' is not a filter", config.log.filter))?;
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    match config.log.format {
        LogFormat::Text => log.init(),
        LogFormat::Json => log.json().init(),
    }
    Ok(())
}

fn exit_code(sound: bool) -> ExitCode {
    if sound { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
