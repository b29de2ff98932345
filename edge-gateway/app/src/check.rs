//! `check`: what would go wrong, before it does.

use std::path::Path;

use gateway_fieldbus::{Profiles, speaks_mqtt, warnings};
use gateway_store::Store;
use gateway_uplink::Enrolled;
use protocols_wire::{SiteConfig, TimeQuality};

use crate::clock::{self, Clock, shown};
use crate::config::Config;
use crate::folder::Folder;
use crate::say;

/// Answers whether the gateway can run. Warnings do not keep it from running.
pub(crate) async fn check(data: &Path, named: Option<&Path>) -> bool {
    let folder = Folder::new(data.to_owned());
    let mut sound = true;
    let mut fault = |what: &str, error: &anyhow::Error| {
        say(&format!("fault     {what}: {error:#}"));
        sound = false;
    };

    let config = match Config::load(named, &folder) {
        Ok(config) => {
            say("good      configuration");
            config
        }
        Err(error) => {
            fault("configuration", &error);
            Config::default()
        }
    };
    let profiles = match config.profiles() {
        Ok(profiles) => {
            say(&format!("good      profiles: {}", profiles.names().collect::<Vec<_>>().join(", ")));
            Some(profiles)
        }
        Err(error) => {
            fault("profiles", &error);
            None
        }
    };
    let login = match config.site_login() {
        Ok(login) => login,
        Err(error) => {
            fault("site_mqtt", &error);
            None
        }
    };
    match Enrolled::load(folder.path()) {
        Ok(enrolled) => say(&format!("good      identity: {} ({})", enrolled.gateway(), enrolled.name())),
        Err(error) => fault("identity", &error.into()),
    }
    match site(&folder).await {
        Ok(None) => say("note      site: no configuration has come from the cloud yet"),
        Ok(Some(site)) => wiring(&site, profiles.as_ref(), login.is_some()),
        Err(error) => fault("store", &error),
    }
    let now = Clock::start().now();
    match now.quality {
        TimeQuality::Synchronised => {
            say(&format!("good      clock: {}, set by the network", shown(now.wall)));
        }
        TimeQuality::Holdover | TimeQuality::Unknown => say(&format!(
            "warning   clock: {}; nobody says that the network has set it since the machine started",
            shown(now.wall)
        )),
    }
    sound
}

async fn site(folder: &Folder) -> anyhow::Result<Option<SiteConfig>> {
    if !folder.store().exists() {
        return Ok(None);
    }
    let mut store = Store::open_read_only(&folder.store()).await?;
    Ok(store.load(clock::boot()?).await?.config)
}

fn wiring(site: &SiteConfig, profiles: Option<&Profiles>, has_login: bool) {
    let Some(profiles) = profiles else { return };
    let mut warnings = warnings(site, profiles);
    if speaks_mqtt(site, profiles) && !has_login {
        warnings.push("devices on the site's MQTT are not driven: [site_mqtt] is missing".into());
    }
    if warnings.is_empty() {
        say(&format!("good      site: {}, configuration {}", site.site, site.revision));
    }
    for warning in warnings {
        say(&format!("warning   site: {warning}"));
    }
}
