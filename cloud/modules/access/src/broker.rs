//! Files for a Mosquitto of our own: certificates, access list, configuration.

use std::path::{Path, PathBuf};

use crate::secret_file::{SecretFileError, write};
use crate::trust::Trust;

const CONFIGURATION: &str = include_str!("../../../../deploy/broker/mosquitto.conf");
const ACCESS_LIST: &str = include_str!("../../../../deploy/broker/acl");

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

/// Writes everything that Mosquitto needs into `directory`; returns the configuration file, to be started with
/// `mosquitto -c`. Files that are there already are replaced.
pub fn write_broker_files(
    directory: &Path,
    trust: &Trust,
    run: &BrokerRun<'_>,
) -> Result<PathBuf, SecretFileError> {
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
    write(&directory.join("broker.crt"), certificate.as_bytes())?;
    write(&directory.join("broker.key"), key.as_bytes())?;
    write(&directory.join("acl"), ACCESS_LIST.as_bytes())?;
    write(&path, configuration.as_bytes())?;
    Ok(path)
}
