//! `status`: from the store, and from what the running process leaves beside it.

use anyhow::Context;
use gateway_core::{Identity, Stored};
use gateway_store::{Overview, Store};
use gateway_uplink::Enrolled;
use protocols_access::Lease;
use protocols_wire::{GrantClass, SiteConfig, SitePolicy, UnixMs};

use crate::clock::{self, Clock, shown};
use crate::folder::Folder;
use crate::live::Live;
use crate::out::say;
use crate::told::{class_name, damage, posture};

const HOUR_MS: i64 = 3_600_000;
/// So long before its end a certificate that was not renewed is told: time to find out why.
pub(crate) const CERTIFICATE_WARNING_MS: i64 = 30 * 24 * HOUR_MS;
/// Less room than this on the disk is told.
pub(crate) const FREE_WARNING_BYTES: u64 = 200 * MIB;
const MIB: u64 = 1024 * 1024;

pub(crate) async fn status(folder: &Folder) -> anyhow::Result<()> {
    let now = Clock::start().now().wall;
    let enrolled = Enrolled::load(folder.path())?;
    let identity = enrolled.for_core()?;
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
    say(&format!("cert      {}", certificate(identity.certificate.not_after, now)));
    say(&format!("trust     bundle {}, {} signing keys", identity.trust_serial, identity.trust.len()));
    if !folder.store().exists() {
        say("store     nothing yet: the gateway has not run");
        return Ok(());
    }
    let overview = Store::open_read_only(&folder.store()).await?.overview(clock::boot()?).await?;
    let stored = &overview.stored;

    say(&format!("seals     {}", seals(&identity, stored.seal_id)));
    grants(&overview, live.as_ref());
    leases(stored, now);
    say(&format!("clock     {}", known(stored, live.as_ref())));
    say(&format!(
        "posture   {}",
        posture(stored.posture.map_or_else(Default::default, |posture| posture.mode))
    ));
    say(&format!(
        "journal   generation {}, last entry {}, acknowledged {}, waiting {}, kept {}",
        stored.journal_generation,
        stored.journal_head,
        stored.journal_acknowledged,
        overview.waiting,
        overview.kept
    ));
    disk(folder, live.as_ref());
    for untold in &stored.damage {
        say(&format!(
            "damage    {}: found at the last start, and not yet told in the journal",
            damage(*untold)
        ));
    }
    for aside in folder.put_aside() {
        say(&format!("damage    put aside: {}", aside.display()));
    }
    match &stored.config {
        None => say("site      not configured yet"),
        Some(config) => site(config, live.as_ref()),
    }
    Ok(())
}

fn grants(overview: &Overview, live: Option<&Live>) {
    let position = overview.stored.position;
    say(&format!(
        "grants    {} at epoch {}, revision {}",
        overview.grants, position.epoch, position.revision
    ));
    if overview.taken_back > 0 {
        say(&format!(
            "grants    {} taken back, and remembered until they would have ended",
            overview.taken_back
        ));
    }
    let core = live.and_then(|live| live.core.as_ref());
    if let Some(core) = core.filter(|core| core.grants_taken_back > 0) {
        say(&format!(
            "grants    warning: {} in the table were taken back before and open nothing: the cloud's memory is older \
             than this gateway's",
            core.grants_taken_back
        ));
    }
    if let Some(core) = core.filter(|core| core.grants_not_understood > 0) {
        say(&format!(
            "grants    warning: {} need a newer hallport-gateway and open nothing",
            core.grants_not_understood
        ));
    }
}

/// Until when each class's grants hold; `None` before the cloud was ever heard.
pub(crate) fn lease_ends(stored: &Stored, class: GrantClass) -> Option<UnixMs> {
    stored.heartbeat_at?;
    Some(lease(stored).ends_at(class, &policy(stored)))
}

fn lease(stored: &Stored) -> Lease {
    Lease { heartbeat_at: stored.heartbeat_at, until: stored.lease_until }
}

fn policy(stored: &Stored) -> SitePolicy {
    stored.config.as_ref().map(|config| config.policy).unwrap_or_default()
}

/// A warning where the lease ends soon; `None` where it does not.
pub(crate) fn lease_warning(stored: &Stored, class: GrantClass, now: UnixMs) -> Option<String> {
    let left_ms = lease_ends(stored, class)?.ms_since(now);
    if left_ms <= 0 {
        return Some("ended: these grants open nothing until the cloud is heard".to_owned());
    }
    let warns_at = lease(stored).warns_at(class, &policy(stored))?;
    (now >= warns_at).then(|| format!("ends in {} unless the cloud is heard", span(left_ms)))
}

fn leases(stored: &Stored, now: UnixMs) {
    match stored.heartbeat_at {
        None => say("lease     none yet: the cloud has not been heard"),
        Some(at) => say(&format!("lease     the cloud was last heard at {}", shown(at))),
    }
    for class in [GrantClass::Visitor, GrantClass::Staff, GrantClass::Technician] {
        let Some(ends) = lease_ends(stored, class) else { continue };
        let warning = lease_warning(stored, class, now)
            .map(|warning| format!("; warning: {warning}"))
            .unwrap_or_default();
        say(&format!("lease     {}: until {}{warning}", class_name(class), shown(ends)));
    }
}

/// How well the clock is known: by the running process, or as far as the store can tell.
fn known(stored: &Stored, live: Option<&Live>) -> String {
    let within = |ms: u64| format!("wrong by at most {}.{} s", ms / 1_000, ms % 1_000 / 100);
    match live.and_then(|live| live.core.as_ref()) {
        Some(core) => match core.clock_uncertainty_ms {
            Some(ms) => format!("{}, {}", core.time_quality, within(ms)),
            None => format!("{}: how far it may be wrong is not known", core.time_quality),
        },
        None => match stored.clock_error_ms {
            Some(ms) => format!("{} when the cloud was last heard", within(ms)),
            None => "nobody has told the time yet".to_owned(),
        },
    }
}

fn disk(folder: &Folder, live: Option<&Live>) {
    let stalled = live.and_then(|live| live.core.as_ref()).is_some_and(|core| core.disk_stalled);
    if stalled {
        say("disk      STALLED: it takes nothing. Doors go on; what happens is kept in memory");
    }
    match folder.free_bytes() {
        Err(error) => say(&format!("disk      {error:#}")),
        Ok(free) if free < FREE_WARNING_BYTES => {
            say(&format!("disk      warning: only {} MiB free", free / MIB));
        }
        Ok(free) => say(&format!("disk      {} MiB free", free / MIB)),
    }
}

fn seals(identity: &Identity, used: u32) -> String {
    let mut ids: Vec<u32> = identity.sealers.iter().map(|(id, _)| *id).collect();
    ids.sort_unstable();
    let held = ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(" and ");
    match used {
        0 => format!("holds {held}"),
        used if ids.contains(&used) => format!("holds {held}; the table uses {used}"),
        used => format!("holds {held}; warning: the table uses {used}, and no code fits"),
    }
}

/// The certificate's end, with a warning before it.
pub(crate) fn certificate(ends: UnixMs, now: UnixMs) -> String {
    let left_ms = ends.0.saturating_sub(now.0);
    if left_ms <= 0 {
        return format!("ENDED at {}: the broker refuses this gateway; enrol it anew", shown(ends));
    }
    let warning = if left_ms < CERTIFICATE_WARNING_MS {
        format!("; warning: ends in {} and was not renewed", span(left_ms))
    } else {
        String::new()
    };
    format!("until {}{warning}", shown(ends))
}

fn site(config: &SiteConfig, live: Option<&Live>) {
    say(&format!("site      {}, configuration {}", config.site, config.revision));
    for door in &config.doors {
        say(&format!("door      {}", door.name));
    }
    for device in &config.devices {
        let answers = match live {
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

/// Days, hours or minutes, rounded down.
fn span(ms: i64) -> String {
    match ms / HOUR_MS {
        0 => format!("{} min", ms / 60_000),
        hours @ 1..=47 => format!("{hours} h"),
        hours => format!("{} days", hours / 24),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocols_ids::{BootId, Uuid};

    fn heard(at: i64, until: Option<i64>) -> Stored {
        let mut stored = Stored::nothing(BootId::new(Uuid::from_u128(7)), 1);
        stored.heartbeat_at = Some(UnixMs(at));
        stored.lease_until = until.map(UnixMs);
        stored
    }

    #[test]
    fn each_class_has_its_own_end_and_none_goes_beyond_the_clouds() {
        let stored = heard(0, Some(10 * 24 * HOUR_MS));
        assert_eq!(lease_ends(&stored, GrantClass::Visitor), Some(UnixMs(7 * 24 * HOUR_MS)));
        assert_eq!(lease_ends(&stored, GrantClass::Staff), Some(UnixMs(10 * 24 * HOUR_MS)));
        assert_eq!(lease_ends(&stored, GrantClass::Technician), Some(UnixMs(24 * HOUR_MS)));
        let never = Stored::nothing(stored.boot, 1);
        assert_eq!(lease_ends(&never, GrantClass::Staff), None);
    }

    #[test]
    fn a_lease_is_warned_of_within_the_time_that_the_policy_names() {
        let stored = heard(0, None);
        let ends = 7 * 24 * HOUR_MS;
        let told = |at| lease_warning(&stored, GrantClass::Visitor, UnixMs(at));
        assert_eq!(told(ends - 25 * HOUR_MS), None);
        let soon = told(ends - 5 * HOUR_MS).unwrap();
        assert!(soon.starts_with("ends in 5 h"), "{soon}");
        assert!(told(ends).unwrap().starts_with("ended"));
        let short = |at| lease_warning(&stored, GrantClass::Technician, UnixMs(at));
        assert_eq!(short(11 * HOUR_MS), None);
        assert!(short(12 * HOUR_MS).is_some());
    }

    #[test]
    fn a_certificate_is_warned_of_a_month_before_its_end() {
        let ends = UnixMs(100 * 24 * HOUR_MS);
        assert!(!certificate(ends, UnixMs(0)).contains("warning"));
        assert!(certificate(ends, UnixMs(80 * 24 * HOUR_MS)).contains("warning: ends in 20 days"));
        assert!(certificate(ends, ends).starts_with("ENDED"));
    }
}
