//! `status`: from the store, and from what the running process leaves beside it.

use anyhow::Context;
use gateway_store::Store;
use gateway_uplink::Enrolled;
use protocols_wire::{PostureMode, UnixMs};

use crate::clock::{self, Clock, shown};
use crate::folder::Folder;
use crate::live::Live;
use crate::say;

pub(crate) async fn status(folder: &Folder) -> anyhow::Result<()> {
    let enrolled = Enrolled::load(folder.path())?;
    let (host, port) = enrolled.broker();
    say(&format!("gateway   {} ({})", enrolled.gateway(), enrolled.name()));
    say(&format!("broker    {host}:{port}"));

    let live = running(folder)?;
    match &live {
        None => say("running   no"),
        Some(live) => say(&format!(
            "running   yes, {}",
            if live.connected { "connected to the broker" } else { "not connected to the broker" }
        )),
    }
    if !folder.store().exists() {
        say("store     nothing yet: the gateway has not run");
        return Ok(());
    }
    let mut store = Store::open_read_only(&folder.store()).await?;
    let stored = store.load(clock::boot()?).await?;

    say(&format!(
        "grants    {} at epoch {}, revision {}",
        stored.grants.len(),
        stored.position.epoch,
        stored.position.revision
    ));
    say(&format!("lease     {}", lease(stored.lease_until, Clock::start().now().wall)));
    let posture = match stored.posture.map(|posture| posture.mode) {
        None | Some(PostureMode::Normal) => "normal",
        Some(PostureMode::Lockdown) => "lockdown",
        Some(PostureMode::Emergency) => "emergency",
    };
    say(&format!("posture   {posture}"));
    say(&format!(
        "journal   generation {}, last entry {}, acknowledged {}, waiting {}",
        stored.journal_generation,
        stored.journal_head,
        stored.journal_acknowledged,
        stored.unacknowledged.len()
    ));
    let Some(config) = stored.config else {
        say("site      not configured yet");
        return Ok(());
    };
    say(&format!("site      {}, configuration {}", config.site, config.revision));
    for door in &config.doors {
        say(&format!("door      {}", door.name));
    }
    for device in &config.devices {
        let answers = match &live {
            None => "not asked",
            Some(live) if live.answering.contains(&device.id) => "answers",
            Some(_) => "does not answer",
        };
        let place = match device.unit {
            // No device on a bus has this unit: it is behind the site's broker.
            0 => format!("topic {}", device.address),
            unit => format!("{}, unit {unit}", device.address),
        };
        say(&format!("device    {}: {answers} ({place}, {})", device.name, device.profile));
    }
    Ok(())
}

/// What the running process says of itself; `None` when none runs.
fn running(folder: &Folder) -> anyhow::Result<Option<Live>> {
    if folder.lock().is_ok() {
        return Ok(None);
    }
    let path = folder.live();
    let text = std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(Some(serde_json::from_slice(&text).with_context(|| format!("{} is damaged", path.display()))?))
}

fn lease(until: Option<UnixMs>, now: UnixMs) -> String {
    match until {
        None => "none yet".into(),
        Some(until) if until > now => format!("until {}", shown(until)),
        Some(until) => format!("ended at {}", shown(until)),
    }
}
