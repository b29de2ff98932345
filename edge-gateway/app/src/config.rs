//! `gateway.toml`. Everything about the site comes from the cloud; this is about the machine.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use gateway_fieldbus::{Profiles, SiteLogin};
use rustls::pki_types::pem::PemObject;
use serde::Deserialize;

use crate::folder::Folder;

/// The whole file. Every section and field may be left out; what is not known here is refused.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Config {
    pub(crate) fieldbus: FieldbusConfig,
    pub(crate) site_mqtt: Option<SiteMqttConfig>,
    pub(crate) log: LogConfig,
    pub(crate) observability: ObservabilityConfig,
}

/// `[site_mqtt]`: as whom the gateway speaks to the site's broker, whose address the cloud knows. Default: none;
/// devices behind a broker are not driven then.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SiteMqttConfig {
    /// The gateway's own name there.
    pub(crate) username: String,
    /// File with its password; relative to this file. The end of its last line does not count.
    pub(crate) password_file: PathBuf,
    /// File with the authority that certifies the broker, PEM; relative to this file. Default: none, and the
    /// connection is not encrypted.
    pub(crate) authority_file: Option<PathBuf>,
}

/// `[fieldbus]`
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct FieldbusConfig {
    /// A folder with further device profiles, `<name>.toml` each; relative to this file. Default: none beyond the
    /// profiles of our own nodes.
    pub(crate) profiles_folder: Option<PathBuf>,
}

/// `[observability]`
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ObservabilityConfig {
    /// Address and port at which Prometheus reads figures, at `/metrics`. Without one there is none. Default:
    /// none.
    pub(crate) metrics_listen: Option<SocketAddr>,
}

/// `[log]`
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct LogConfig {
    /// What is logged, as `level` or `module=level,…`. Default: `info`.
    pub(crate) filter: String,
    /// `text` or `json`. Default: `text`.
    pub(crate) format: LogFormat,
}

/// How log lines look.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LogFormat {
    #[default]
    Text,
    Json,
}

impl Default for LogConfig {
    fn default() -> Self {
        Self { filter: "info".into(), format: LogFormat::Text }
    }
}

impl Config {
    /// Reads the file that was named, or the data folder's if there is one; otherwise the defaults.
    pub(crate) fn load(named: Option<&Path>, folder: &Folder) -> anyhow::Result<Self> {
        let own = folder.config();
        let path = match named {
            Some(path) => path,
            None if own.exists() => &own,
            None => return Ok(Self::default()),
        };
        let text =
            std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        let mut config: Self =
            toml::from_str(&text).with_context(|| format!("{} is wrong", path.display()))?;
        if let (Some(profiles), Some(beside)) = (&mut config.fieldbus.profiles_folder, path.parent()) {
            *profiles = beside.join(&*profiles);
        }
        if let (Some(site), Some(beside)) = (&mut config.site_mqtt, path.parent()) {
            site.password_file = beside.join(&site.password_file);
            site.authority_file = site.authority_file.as_ref().map(|file| beside.join(file));
        }
        Ok(config)
    }

    /// Name and password for the site's broker, read from their files.
    pub(crate) fn site_login(&self) -> anyhow::Result<Option<SiteLogin>> {
        let Some(site) = &self.site_mqtt else { return Ok(None) };
        let shown = site.password_file.display();
        let password = std::fs::read_to_string(&site.password_file)
            .with_context(|| format!("cannot read site_mqtt.password_file {shown}"))?;
        let password = password.trim_end_matches(['\r', '\n']);
        if site.username.is_empty() || password.is_empty() {
            bail!("site_mqtt: the username or the password in {shown} is empty");
        }
        let authority_pem = match &site.authority_file {
            Some(file) => Some(
                std::fs::read(file)
                    .with_context(|| format!("cannot read site_mqtt.authority_file {}", file.display()))?,
            ),
            None => None,
        };
        if authority_pem.as_ref().is_some_and(|pem| !has_certificate(pem)) {
            bail!("site_mqtt.authority_file holds no certificate in PEM");
        }
        let (username, password) = (site.username.clone(), password.to_owned());
        Ok(Some(SiteLogin { username, password, authority_pem }))
    }

    /// Our own profiles and those of the folder.
    pub(crate) fn profiles(&self) -> anyhow::Result<Profiles> {
        let mut profiles = Profiles::built_in()?;
        if let Some(folder) = &self.fieldbus.profiles_folder {
            profiles.add_folder(folder)?;
        }
        Ok(profiles)
    }
}

fn has_certificate(pem: &[u8]) -> bool {
    rustls::pki_types::CertificateDer::pem_slice_iter(pem).next().is_some_and(|first| first.is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sites_login_is_read_from_its_files_and_said_to_be_wrong_in_words() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("gateway.toml");
        let load = |site: &str| {
            std::fs::write(&path, format!("[site_mqtt]\nusername = \"gateway\"\n{site}")).unwrap();
            Config::load(Some(&path), &Folder::new("/nowhere".into())).and_then(|config| config.site_login())
        };
        std::fs::write(folder.path().join("password"), "s3cret \r\n").unwrap();
        let login = load("password_file = \"password\"\n").unwrap().unwrap();
        assert_eq!((&*login.username, &*login.password, login.authority_pem), ("gateway", "s3cret ", None));
        let error = |site: &str| format!("{:#}", load(site).unwrap_err());
        assert!(error("").contains("password_file"));
        assert!(error("password_file = \"missing\"\n").contains("missing"));
        assert!(
            error("password_file = \"password\"\nauthority_file = \"password\"\n").contains("no certificate")
        );
        std::fs::write(folder.path().join("empty"), "\n").unwrap();
        assert!(error("password_file = \"empty\"\n").contains("is empty"));
        assert_eq!(Config::default().site_login().unwrap(), None);
    }

    #[test]
    fn an_empty_file_is_the_default_and_what_is_unknown_is_refused() {
        assert_eq!(toml::from_str::<Config>("").unwrap(), Config::default());
        let error = toml::from_str::<Config>("[fieldbus]\nprofile_folder = \"x\"\n").unwrap_err().to_string();
        assert!(error.contains("profile_folder") && error.contains("profiles_folder"), "{error}");
        assert!(toml::from_str::<Config>("[log]\nformat = \"xml\"\n").is_err());
        assert!(toml::from_str::<Config>("[observability]\nmetrics_listen = \"9465\"\n").is_err());
    }

    #[test]
    fn the_folder_of_profiles_lies_beside_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("machine.toml");
        std::fs::write(&path, "[fieldbus]\nprofiles_folder = \"profiles\"\n[log]\nfilter = \"debug\"\n")
            .unwrap();
        let config = Config::load(Some(&path), &Folder::new("/nowhere".into())).unwrap();
        assert_eq!(config.fieldbus.profiles_folder, Some(folder.path().join("profiles")));
        assert_eq!(config.log.filter, "debug");
    }
}
