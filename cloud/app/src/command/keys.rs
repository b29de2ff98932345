//! `hallport-cloud keys`: the ceremony of the root, its state, and what is done to gateways' keys.
//!
//! The ceremony's steps need no database. Each says what it did and what comes next.

use std::io::{IsTerminal, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::Subcommand;
use cloud_access::ceremony::{self, Ask};
use cloud_access::{Rotation, Standing, Trust, revoke_gateway, rotate_seal};
use cloud_kernel::{Clock, SystemClock};
use jiff::Timestamp;
use zeroize::Zeroizing;

use crate::command::keys_target::with_tenant;
use crate::config::Config;
use crate::databases::Databases;
use crate::wiring::{secrets_of_trust, server_names};

/// A passphrase is a line; a longer file is another file.
const PASSPHRASE_BYTES_MAX: u64 = 1024;

/// The steps, in the order of a ceremony.
#[derive(Subcommand)]
pub enum Keys {
    /// On a machine without a network: makes the root. Example: keys root --out /media/root --passphrase-file pass.txt
    Root {
        /// The directory that the root lives in from now on; empty.
        #[arg(long, value_name = "DIRECTORY")]
        out: PathBuf,
        /// A file with the passphrase that the key lies under; `-` reads it from standard input. Without it the key
        /// lies there in the clear, readable by its owner only.
        #[arg(long, value_name = "FILE")]
        passphrase_file: Option<PathBuf>,
    },
    /// On the cloud's machine: writes what the root shall sign.
    Request {
        /// The file to write, for the stick.
        #[arg(long, value_name = "FILE", default_value = "keys-request.json")]
        out: PathBuf,
        /// Ask for a signing key that takes over from the one in force.
        #[arg(long)]
        new_signing_key: bool,
        /// Begin anew under another root: every gateway must be enrolled again.
        #[arg(long, conflicts_with = "new_signing_key")]
        new_root: bool,
    },
    /// On the root's machine: signs what was asked for.
    Sign {
        /// The root's directory.
        #[arg(long, value_name = "DIRECTORY")]
        root: PathBuf,
        /// The request, from the stick.
        #[arg(long, value_name = "FILE", default_value = "keys-request.json")]
        request: PathBuf,
        /// The file to write, for the stick.
        #[arg(long, value_name = "FILE", default_value = "keys-signed.json")]
        out: PathBuf,
        /// A file with the root's passphrase; `-` reads it from standard input.
        #[arg(long, value_name = "FILE")]
        passphrase_file: Option<PathBuf>,
    },
    /// On the cloud's machine: verifies what the root signed, and takes it.
    Install {
        /// What the root signed, from the stick.
        #[arg(long, value_name = "FILE", default_value = "keys-signed.json")]
        from: PathBuf,
        /// The root's fingerprint, as the root's machine showed it; needed where this root is new here.
        #[arg(long, value_name = "FINGERPRINT")]
        root: Option<String>,
    },
    /// Tells where the root is, which keys sign and until when, and what waits.
    Status,
    /// Makes a new sealing secret for a gateway; it fetches it with its next heartbeat, and its doors go on.
    RotateSeal {
        /// The municipality's host name.
        #[arg(long)]
        host: String,
        /// The gateway's short name, as in its import file.
        #[arg(long)]
        gateway: String,
    },
    /// Takes a gateway's keys back. It cannot be undone; the gateway can be enrolled anew.
    Revoke {
        /// The municipality's host name.
        #[arg(long)]
        host: String,
        /// The gateway's short name, as in its import file.
        #[arg(long)]
        gateway: String,
    },
}

/// Takes a step.
pub async fn run(config: Config, step: Keys) -> anyhow::Result<()> {
    let now = SystemClock.now();
    let directory = secrets_of_trust(&config);
    match step {
        Keys::Root { out, passphrase_file } => root(&out, passphrase_file.as_deref(), now),
        Keys::Request { out, new_signing_key, new_root } => {
            request(&directory, &out, Ask { new_signing_key, new_root }, now)
        }
        Keys::Sign { root, request, out, passphrase_file } => {
            sign(&root, &request, &out, passphrase_file.as_deref(), now)
        }
        Keys::Install { from, root } => install(&directory, &from, root.as_deref(), now),
        Keys::Status => status(&config, &directory, now),
        Keys::RotateSeal { host, gateway } => rotate(&config, &host, &gateway).await,
        Keys::Revoke { host, gateway } => revoke(&config, &host, &gateway).await,
    }
}

fn passphrase(file: Option<&Path>) -> anyhow::Result<Option<Zeroizing<String>>> {
    let Some(file) = file else { return Ok(None) };
    let mut text = Zeroizing::new(String::new());
    if file == Path::new("-") {
        if std::io::stdin().is_terminal() {
            crate::tell("Type the passphrase, and Enter, and Ctrl-D. It is shown while it is typed.");
        }
        std::io::stdin().take(PASSPHRASE_BYTES_MAX).read_to_string(&mut text).context("standard input")?;
    } else {
        std::fs::File::open(file)
            .and_then(|opened| opened.take(PASSPHRASE_BYTES_MAX).read_to_string(&mut text))
            .with_context(|| format!("cannot read {}", file.display()))?;
    }
    let line = text.trim_end_matches(['\r', '\n']).to_owned();
    if line.is_empty() {
        bail!("the passphrase is empty");
    }
    Ok(Some(Zeroizing::new(line)))
}

fn root(out: &Path, file: Option<&Path>, now: Timestamp) -> anyhow::Result<()> {
    let passphrase = passphrase(file)?;
    let fingerprint = ceremony::make_root(out, passphrase.as_ref(), now)?;
    crate::say(&format!("Root made in {}.", out.display()));
    crate::say(&format!("Its fingerprint: {fingerprint}"));
    if passphrase.is_none() {
        crate::say("Its key lies there in the clear: whoever has this directory is the root.");
    }
    crate::say("Write the fingerprint down. Next, on the cloud's machine: hallport-cloud keys request");
    Ok(())
}

fn request(directory: &Path, out: &Path, ask: Ask, now: Timestamp) -> anyhow::Result<()> {
    let asked = ceremony::request(directory, ask, now)?;
    ceremony::write_file(out, &asked.file)?;
    crate::say(&format!("Wrote {}.", out.display()));
    crate::say(&format!("The request's fingerprint: {}", asked.fingerprint));
    crate::say(&format!(
        "Carry the file to the root's machine. Next, there: hallport-cloud keys sign --root DIRECTORY --request {}",
        file_name(out)
    ));
    Ok(())
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    ceremony::read_file(path)?.with_context(|| format!("there is no file {}", path.display()))
}

fn sign(root: &Path, request: &Path, out: &Path, file: Option<&Path>, now: Timestamp) -> anyhow::Result<()> {
    let request = read(request)?;
    let passphrase = passphrase(file)?;
    let answer = ceremony::sign(root, &request, passphrase.as_ref(), now)?;
    ceremony::write_file(out, &answer.file)?;
    crate::say(&format!("Signed the request {}", answer.request));
    crate::say("If the cloud's machine showed another fingerprint, throw the signed file away.");
    crate::say(&format!("Root: {}", answer.root));
    crate::say(&format!("Trust bundle {}:", answer.serial));
    for (id, until) in &answer.signing_keys {
        crate::say(&format!("  signing key {id}, until {until}"));
    }
    if answer.authority {
        crate::say("  a certificate for the cloud's authority");
    }
    crate::say(&format!(
        "Wrote {}. Carry it back. Next, on the cloud's machine: hallport-cloud keys install --from {}",
        out.display(),
        file_name(out)
    ));
    Ok(())
}

fn install(directory: &Path, from: &Path, root: Option<&str>, now: Timestamp) -> anyhow::Result<()> {
    let installed = ceremony::install(directory, &read(from)?, root, now)?;
    crate::say(&format!("Installed trust bundle {} of the root {}.", installed.serial, installed.root));
    if installed.waits {
        crate::say(
            "Both keys are believed from now on. The new one signs when every gateway has the bundle, and after 35 \
             days in any case; keys status tells.",
        );
    }
    if installed.old_root_key {
        crate::say("The key of the root before lies in root.key.replaced.pem: keep it off this machine.");
    }
    if installed.needs_start {
        crate::say(
            "Next: start hallport-cloud and the broker anew, and enrol gateways of another root again.",
        );
    } else {
        crate::say("A running service takes it within a minute, or at once on SIGHUP.");
    }
    Ok(())
}

fn status(config: &Config, directory: &Path, now: Timestamp) -> anyhow::Result<()> {
    if !directory.join("root.pem").exists() {
        crate::say(
            "There are no keys yet: the first start makes them, or a ceremony that begins with keys request.",
        );
        return Ok(());
    }
    let view = Trust::open(directory, &server_names(config), now)?.view();
    crate::say(&format!("root          {}", view.fingerprint));
    crate::say(if view.root_key_is_here {
        "root's key    lies on this machine: whoever gets hold of it can become the service"
    } else {
        "root's key    does not lie on this machine"
    });
    let until = |at: Option<Timestamp>| at.map_or_else(|| "unknown".to_owned(), |at| at.to_string());
    crate::say(&format!("root ends     {}", until(view.root_ends)));
    crate::say(&format!("authority     until {}", until(view.authority_ends)));
    crate::say(&format!("trust bundle  {}", view.serial));
    for key in &view.keys {
        let standing = match key.standing {
            Standing::InForce => "signs now",
            Standing::Next => "signs next",
            Standing::Before => "signed before, is still believed",
        };
        crate::say(&format!("signing key   {}, {standing}, until {}", key.id, key.not_after));
    }
    if let Some(change) = view.change_over {
        crate::say(&format!(
            "change-over   when every gateway has bundle {}, at the latest {}",
            change.serial, change.at_the_latest
        ));
    }
    if view.asked {
        crate::say("waits         a request for the root; next: keys sign there, keys install here");
    }
    Ok(())
}

async fn rotate(config: &Config, host: &str, gateway: &str) -> anyhow::Result<()> {
    let databases = Databases::open(config).await?;
    let done = with_tenant(config, &databases, host, async |tx| Ok(rotate_seal(tx, gateway).await?)).await;
    databases.close().await;
    match done?.with_context(|| format!("there is no gateway named {gateway:?} at {host}"))? {
        Rotation::Begun(seal) => crate::say(&format!(
            "Sealing secret {seal} is made. {gateway} fetches it with its next heartbeat; its doors go on meanwhile."
        )),
        Rotation::UnderWay => bail!("{gateway} is taking a new secret already; see the page Keys"),
        Rotation::NotEnrolled => bail!("{gateway} is not enrolled: it gets its secret with its enrolment"),
    }
    Ok(())
}

async fn revoke(config: &Config, host: &str, gateway: &str) -> anyhow::Result<()> {
    let databases = Databases::open(config).await?;
    let done = with_tenant(config, &databases, host, async |tx| Ok(revoke_gateway(tx, gateway).await?)).await;
    databases.close().await;
    if done?.with_context(|| format!("there is no gateway named {gateway:?} at {host}"))? {
        crate::say(&format!(
            "The keys of {gateway} are taken back. A running service tells the broker within a minute, or at once on \
             SIGHUP. To undo it, enrol the gateway anew."
        ));
    } else {
        crate::say(&format!("{gateway} has no keys: it is not enrolled."));
    }
    Ok(())
}
