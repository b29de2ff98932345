//! Configuration: one optional TOML file, and a default for everything in it.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use sims_devices::{Layout, ScannerLayout, ScannerNetwork};

/// Everything that can be set.
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Config {
    /// Where the page is served.
    pub(crate) listen: SocketAddr,
    /// Where the nodes answer Modbus TCP.
    pub(crate) modbus: SocketAddr,
    /// The hall.
    pub(crate) hall: HallConfig,
}

/// The hall that is drawn: it has two doors and two light zones.
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct HallConfig {
    /// Its name.
    pub(crate) name: String,
    /// The time zone of the log, by its IANA name.
    pub(crate) time_zone: String,
    /// Main entrance and side door.
    #[serde(deserialize_with = "exactly_two")]
    pub(crate) doors: [DoorConfig; 2],
    /// Unit id of the lighting node.
    pub(crate) lighting_unit: u8,
    /// Names of the zones at coils 0 and 1: the court, and the rooms beside it.
    #[serde(deserialize_with = "exactly_two")]
    pub(crate) zones: [String; 2],
    /// The scanner, if there is one.
    pub(crate) scanner: Option<ScannerConfig>,
}

/// A scanner on the site's MQTT.
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ScannerConfig {
    /// Its own name at the broker, and in this page's addresses.
    pub(crate) username: String,
    /// File with its password; relative to this file. The end of its last line does not count.
    pub(crate) password_file: PathBuf,
    /// The broker, `host:port`.
    pub(crate) broker: String,
    /// The root of its topics; `site/` and its name where nothing is said.
    pub(crate) root: Option<String>,
    /// At which door it hangs, counted from 1.
    #[serde(default = "first")]
    pub(crate) door: usize,
}

const fn first() -> usize {
    1
}

impl ScannerConfig {
    fn network(&self) -> Result<ScannerNetwork, ConfigError> {
        let wrong = || ConfigError::Broker { address: self.broker.clone() };
        let (host, port) = self.broker.rsplit_once(':').ok_or_else(wrong)?;
        let port = port.parse().map_err(|_| wrong())?;
        let path = self.password_file.clone();
        let password = fs::read_to_string(&path).map_err(|source| ConfigError::Password { path, source })?;
        Ok(ScannerNetwork {
            host: host.to_owned(),
            port,
            username: self.username.clone(),
            password: password.trim_end_matches(['\r', '\n']).to_owned(),
            root: self.root.clone().unwrap_or_else(|| format!("site/{}", self.username)),
        })
    }
}

/// A door.
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DoorConfig {
    /// Its name.
    pub(crate) name: String,
    /// Unit id of its node.
    pub(crate) unit: u8,
    /// Whether a tag reader hangs on the node.
    #[serde(default)]
    pub(crate) reader: bool,
}

/// An array alone would take the first two of three without a word.
fn exactly_two<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<[T; 2], D::Error> {
    let all = Vec::<T>::deserialize(from)?;
    all.try_into()
        .map_err(|all: Vec<T>| D::Error::invalid_length(all.len(), &"two, as many as the plan shows"))
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8090)),
            modbus: SocketAddr::from((Ipv4Addr::LOCALHOST, 15020)),
            hall: HallConfig::default(),
        }
    }
}

impl Default for HallConfig {
    fn default() -> Self {
        Self {
            name: "Sporthallen".to_owned(),
            time_zone: "Europe/Stockholm".to_owned(),
            doors: [
                DoorConfig { name: "Entré".to_owned(), unit: 1, reader: false },
                DoorConfig { name: "Omklädning".to_owned(), unit: 2, reader: true },
            ],
            lighting_unit: 3,
            zones: ["Hall".to_owned(), "Korridor".to_owned()],
            scanner: None,
        }
    }
}

impl HallConfig {
    /// `start` is another number each time that the program starts.
    pub(crate) fn layout(&self, start: u32) -> Result<Layout, ConfigError> {
        let scanner = match &self.scanner {
            None => None,
            Some(scanner) => {
                let at = scanner.door.checked_sub(1).and_then(|index| self.doors.get(index));
                let door = at.ok_or(ConfigError::ScannerDoor { number: scanner.door })?.unit;
                Some(ScannerLayout { door, start })
            }
        };
        Ok(Layout {
            doors: self.doors.iter().map(|door| door.unit).collect(),
            lighting: self.lighting_unit,
            zones: 2,
            scanner,
        })
    }

    /// Where the scanner connects, if there is one.
    pub(crate) fn scanner_network(&self) -> Result<Option<ScannerNetwork>, ConfigError> {
        self.scanner.as_ref().map(ScannerConfig::network).transpose()
    }

    pub(crate) fn zone(&self) -> Result<TimeZone, ConfigError> {
        TimeZone::get(&self.time_zone)
            .map_err(|source| ConfigError::TimeZone { name: self.time_zone.clone(), source })
    }
}

/// A configuration that cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigError {
    #[error("cannot read the configuration {}", path.display())]
    Read { path: PathBuf, source: std::io::Error },
    #[error("the configuration {} is not as it should be", path.display())]
    Parse { path: PathBuf, source: Box<toml::de::Error> },
    #[error("hall.scanner.broker {address:?} is not host:port")]
    Broker { address: String },
    #[error("hall.scanner.door is {number}, and the hall has doors 1 and 2")]
    ScannerDoor { number: usize },
    #[error("cannot read hall.scanner.password_file {}", path.display())]
    Password { path: PathBuf, source: std::io::Error },
    #[error("there is no time zone called {name}")]
    TimeZone { name: String, source: jiff::Error },
}

/// Reads the file, or takes the defaults when there is none.
pub(crate) fn load(path: Option<&Path>) -> Result<Config, ConfigError> {
    let Some(path) = path else { return Ok(Config::default()) };
    let text =
        fs::read_to_string(path).map_err(|source| ConfigError::Read { path: path.to_owned(), source })?;
    let mut config: Config = toml::from_str(&text)
        .map_err(|source| ConfigError::Parse { path: path.to_owned(), source: Box::new(source) })?;
    if let (Some(scanner), Some(beside)) = (&mut config.hall.scanner, path.parent()) {
        scanner.password_file = beside.join(&scanner.password_file);
    }
    Ok(config)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_file_leaves_out_keeps_its_default() {
        let config: Config = toml::from_str("[hall]\nname = 'Skolhallen'\n").unwrap();
        let hall = HallConfig { name: "Skolhallen".to_owned(), ..HallConfig::default() };
        assert_eq!(config, Config { hall, ..Config::default() });
    }

    #[test]
    fn an_unknown_key_is_refused() {
        assert!(toml::from_str::<Config>("lissten = '127.0.0.1:1'\n").is_err());
    }

    #[test]
    fn a_third_door_is_refused_because_the_plan_has_two() {
        let door = "[[hall.doors]]\nname = 'x'\nunit = 1\n";
        assert!(toml::from_str::<Config>(&door.repeat(2)).is_ok());
        assert!(toml::from_str::<Config>(&door.repeat(3)).is_err());
        assert!(toml::from_str::<Config>("hall.zones = ['a']").is_err());
    }

    #[test]
    fn the_default_hall_can_be_built() {
        let hall = HallConfig::default();
        sims_devices::Site::new(&hall.layout(1).unwrap()).unwrap();
        assert_eq!(hall.scanner_network().unwrap(), None);
        hall.zone().unwrap();
    }

    #[test]
    fn a_scanner_has_a_name_and_a_password_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("hall.toml");
        fs::write(folder.path().join("scanner.password"), "s3cret\n").unwrap();
        let written = |more: &str| {
            let scanner = "[hall.scanner]\nusername = 'scanner'\npassword_file = 'scanner.password'\n";
            fs::write(&path, format!("{scanner}{more}")).unwrap();
            load(Some(&path)).unwrap().hall
        };
        let hall = written("broker = '127.0.0.1:1883'\n");
        let network = hall.scanner_network().unwrap().unwrap();
        assert_eq!((&*network.host, network.port, &*network.root), ("127.0.0.1", 1883, "site/scanner"));
        assert_eq!(network.password, "s3cret");
        assert!(!format!("{network:?}").contains("s3cret"));
        assert_eq!(hall.layout(4).unwrap().scanner, Some(ScannerLayout { door: 1, start: 4 }));
        let elsewhere = written("broker = 'here'\ndoor = 3\n");
        assert!(matches!(elsewhere.scanner_network(), Err(ConfigError::Broker { .. })));
        assert!(matches!(elsewhere.layout(1), Err(ConfigError::ScannerDoor { number: 3 })));
    }
}
