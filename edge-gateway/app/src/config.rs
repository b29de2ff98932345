//! `gateway.toml`. Everything about the site comes from the cloud; this is about the machine.

use std::path::{Path, PathBuf};

use anyhow::Context;
use gateway_fieldbus::Profiles;
use serde::Deserialize;

use crate::folder::Folder;

/// The whole file. Every section and field may be left out; what is not known here is refused.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Config {
    pub(crate) fieldbus: FieldbusConfig,
    pub(crate) log: LogConfig,
}

/// `[fieldbus]`
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct FieldbusConfig {
    /// A folder with further device profiles, `<name>.toml` each; relative to this file. Default: none beyond the
    /// profiles of our own nodes.
    pub(crate) profiles_folder: Option<PathBuf>,
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
        Ok(config)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_file_is_the_default_and_what_is_unknown_is_refused() {
        assert_eq!(toml::from_str::<Config>("").unwrap(), Config::default());
        let error = toml::from_str::<Config>("[fieldbus]\nprofile_folder = \"x\"\n").unwrap_err().to_string();
        assert!(error.contains("profile_folder") && error.contains("profiles_folder"), "{error}");
        assert!(toml::from_str::<Config>("[log]\nformat = \"xml\"\n").is_err());
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
