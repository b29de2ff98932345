//! `check`: what would go wrong, before it does.

use std::path::Path;

use gateway_fieldbus::{Profiles, speaks_mqtt, warnings};
use gateway_store::{Overview, Store};
use gateway_uplink::Enrolled;
use protocols_wire::{GrantClass, SiteConfig, TimeQuality, UnixMs};

use crate::clock::{self, Clock, shown};
use crate::config::Config;
use crate::folder::Folder;
use crate::out::say;
use crate::status::{CERTIFICATE_WARNING_MS, FREE_WARNING_BYTES, certificate, lease_warning};
use crate::told::class_name;

/// What was found so far.
struct Findings {
    sound: bool,
}

impl Findings {
    fn fault(&mut self, what: &str, error: &anyhow::Error) {
        say(&format!("fault     {what}: {error:#}"));
        self.sound = false;
    }
}

/// Answers whether the gateway can run. Warnings do not keep it from running.
pub(crate) async fn check(data: &Path, named: Option<&Path>) -> bool {
    let folder = Folder::new(data.to_owned());
    let now = Clock::start().now();
    let mut findings = Findings { sound: true };

    let config = match Config::load(named, &folder) {
        Ok(config) => {
            say("good      configuration");
            config
        }
        Err(error) => {
            findings.fault("configuration", &error);
            Config::default()
        }
    };
    let profiles = match config.profiles() {
        Ok(profiles) => {
            say(&format!("good      profiles: {}", profiles.names().collect::<Vec<_>>().join(", ")));
            Some(profiles)
        }
        Err(error) => {
            findings.fault("profiles", &error);
            None
        }
    };
    let login = match config.site_login() {
        Ok(login) => login,
        Err(error) => {
            findings.fault("site_mqtt", &error);
            None
        }
    };
    match Enrolled::load(folder.path()) {
        Ok(enrolled) => {
            say(&format!("good      identity: {} ({})", enrolled.gateway(), enrolled.name()));
            match enrolled.for_core() {
                Ok(identity) => ends(identity.certificate.not_after, now.wall, &mut findings),
                Err(error) => findings.fault("identity", &error.into()),
            }
        }
        Err(error) => findings.fault("identity", &error.into()),
    }
    match store(&folder, &mut findings).await {
        Ok(None) => say("note      store: nothing yet, the gateway has not run"),
        Ok(Some(overview)) => {
            leases(&overview, now.wall);
            behind(&overview, now.wall);
            match &overview.stored.config {
                None => say("note      site: no configuration has come from the cloud yet"),
                Some(site) => wiring(site, profiles.as_ref(), login.is_some()),
            }
        }
        Err(error) => findings.fault("store", &error),
    }
    match now.quality {
        TimeQuality::Synchronised => {
            say(&format!("good      clock: {}, set by the network", shown(now.wall)));
        }
        TimeQuality::Holdover | TimeQuality::Unknown => say(&format!(
            "warning   clock: {}; nobody says that the network has set it since the machine started",
            shown(now.wall)
        )),
    }
    room(&folder);
    findings.sound
}

fn ends(not_after: UnixMs, now: UnixMs, findings: &mut Findings) {
    let told = certificate(not_after, now);
    let left_ms = not_after.0.saturating_sub(now.0);
    if left_ms <= 0 {
        findings.fault("certificate", &anyhow::anyhow!(told));
    } else if left_ms < CERTIFICATE_WARNING_MS {
        say(&format!("warning   certificate: {told}"));
    } else {
        say(&format!("good      certificate: {told}"));
    }
}

/// Reads the store beside a running gateway, and walks its journal.
async fn store(folder: &Folder, findings: &mut Findings) -> anyhow::Result<Option<Overview>> {
    for aside in folder.put_aside() {
        say(&format!("warning   store: was damaged once and put aside: {}", aside.display()));
    }
    if !folder.store().exists() {
        return Ok(None);
    }
    let mut store = Store::open_read_only(&folder.store()).await?;
    let verdict = store.verify_journal().await?;
    match verdict.broken {
        None => say(&format!("good      journal: {} entries hold", verdict.hold)),
        Some(broken) => findings.fault("journal", &broken.into()),
    }
    Ok(Some(store.overview(clock::boot()?).await?))
}

fn leases(overview: &Overview, now: UnixMs) {
    for class in [GrantClass::Visitor, GrantClass::Staff, GrantClass::Technician] {
        if let Some(warning) = lease_warning(&overview.stored, class, now) {
            say(&format!("warning   lease: {}: {warning}", class_name(class)));
        }
    }
}

/// The floor rises by what the cloud says alone: a clock below it is wrong.
fn behind(overview: &Overview, now: UnixMs) {
    let floor = overview.stored.time_floor;
    if now < floor {
        say(&format!(
            "warning   clock: {} is before {}, which the cloud has said: is the clock's battery empty?",
            shown(now),
            shown(floor)
        ));
    }
}

fn room(folder: &Folder) {
    match folder.free_bytes() {
        Ok(free) if free >= FREE_WARNING_BYTES => say("good      disk: there is room"),
        Ok(free) => say(&format!(
            "warning   disk: only {} KiB free. When it is full doors go on, but the journal does not",
            free / 1024
        )),
        Err(error) => say(&format!("warning   disk: {error:#}")),
    }
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
