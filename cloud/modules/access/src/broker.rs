//! Files for a Mosquitto of our own: certificates, access list, revocation list, configuration.
//!
//! Mosquitto reads access list and revocation list anew when it gets SIGHUP. The revocation list keeps a certificate
//! that was taken back from connecting; a connection that is up already is not looked at again. The access list
//! reaches that one: it goes on, and hears and says nothing. [`broker_process`] is whom to tell.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use protocols_ids::GatewayId;

use crate::secret_file::{SecretFileError, read, write};
use crate::trust::{Revoked, Trust, TrustError};

const CONFIGURATION: &str = include_str!("../../../../deploy/broker/mosquitto.conf");
const ACCESS_LIST: &str = include_str!("../../../../deploy/broker/acl");
const ACCESS_FILE: &str = "acl";
const REVOCATION_FILE: &str = "crl.pem";
const CERTIFICATE_FILE: &str = "broker.crt";
const PROCESS_FILE: &str = "mosquitto.pid";
/// The name that the system has for the process.
const PROCESS_NAME: &str = "mosquitto";

/// How the broker shall run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BrokerRun<'a> {
    /// The address to listen at.
    pub bind: &'a str,
    /// The port.
    pub port: u16,
    /// The user that Mosquitto becomes when root starts it; it must own the directory. `None` when somebody
    /// else starts it.
    pub user: Option<&'a str>,
}

/// Why the broker's files could not be written.
#[derive(Debug, thiserror::Error)]
pub enum BrokerFilesError {
    /// A file.
    #[error("broker's files")]
    File(#[from] SecretFileError),
    /// The revocation list could not be signed.
    #[error("broker's revocation list")]
    List(#[from] TrustError),
}

/// Writes everything that Mosquitto needs into `directory`; returns the configuration file, to be started with
/// `mosquitto -c`. Files that are there already are replaced, but for the lists of who was taken back: those are
/// [`update_broker_files`]'s, and only begun here.
pub fn write_broker_files(
    directory: &Path,
    trust: &Trust,
    run: &BrokerRun<'_>,
) -> Result<PathBuf, BrokerFilesError> {
    let (certificate, key) = trust.broker_pem();
    let configuration = CONFIGURATION
        .replace("@DIRECTORY@", &directory.display().to_string())
        .replace("@BIND@", run.bind)
        .replace("@PORT@", &run.port.to_string());
    let configuration = match run.user {
        Some(user) => format!("{configuration}user {user}\n"),
        None => configuration,
    };
    let path = directory.join("mosquitto.conf");
    write(&directory.join("ca.crt"), trust.authorities_pem().as_bytes())?;
    write(&directory.join(CERTIFICATE_FILE), certificate.as_bytes())?;
    write(&directory.join("broker.key"), key.as_bytes())?;
    if read(&directory.join(ACCESS_FILE))?.is_none() || read(&directory.join(REVOCATION_FILE))?.is_none() {
        update_broker_files(directory, trust, &[], &[], trust.opened_at())?;
    }
    write(&path, configuration.as_bytes())?;
    Ok(path)
}

/// Writes the lists of certificates and gateways that were taken back, and the broker's own certificate, where they say
/// something else. Whether they did: then the broker must be told.
pub fn update_broker_files(
    directory: &Path,
    trust: &Trust,
    certificates: &[Revoked],
    gateways: &[GatewayId],
    now: Timestamp,
) -> Result<bool, BrokerFilesError> {
    let mut access = ACCESS_LIST.to_owned();
    for gateway in gateways {
        let id = gateway.to_string();
        for piece in ["\nuser ", &id, "\ntopic deny hp/1/", &id, "/#\n"] {
            access.push_str(piece);
        }
    }
    let mut changed = false;
    let path = directory.join(ACCESS_FILE);
    if read(&path)?.as_deref() != Some(access.as_bytes()) {
        write(&path, access.as_bytes())?;
        changed = true;
    }
    // Its key stays the same.
    let (certificate, _) = trust.broker_pem();
    let path = directory.join(CERTIFICATE_FILE);
    if read(&path)?.as_deref() != Some(certificate.as_bytes()) {
        write(&path, certificate.as_bytes())?;
        changed = true;
    }
    let path = directory.join(REVOCATION_FILE);
    if !read(&path)?.is_some_and(|list| trust.lists(&list, certificates)) {
        write(&path, trust.revocation_list(certificates, now)?.as_bytes())?;
        changed = true;
    }
    Ok(changed)
}

/// The id of the Mosquitto that runs with the files in `directory`, if one does.
pub fn broker_process(directory: &Path) -> Option<i32> {
    let id: i32 = std::fs::read_to_string(directory.join(PROCESS_FILE)).ok()?.trim().parse().ok()?;
    // A file that was left behind may name another program by now.
    let name = std::fs::read_to_string(format!("/proc/{id}/comm")).ok()?;
    (id > 1 && name.trim() == PROCESS_NAME).then_some(id)
}
