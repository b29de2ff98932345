//! The one place where clocks and randomness are read.

use std::path::Path;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use anyhow::Context;
use gateway_core::Now;
use protocols_ids::BootId;
use protocols_wire::{TimeQuality, UnixMs};
use ring::rand::{SecureRandom, SystemRandom};

/// Made by systemd-timesyncd when it has set the clock since the machine started.
const SYNCHRONISED_MARK: &str = "/run/systemd/timesync/synchronized";

/// The clocks of this run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    began: Instant,
}

impl Clock {
    pub(crate) fn start() -> Self {
        Self { began: Instant::now() }
    }

    /// The wall clock as this machine has it (the core puts the time floor under it), and monotonic time.
    pub(crate) fn now(&self) -> Now {
        Now { wall: wall(), uptime_ms: self.uptime_ms(), quality: quality() }
    }

    pub(crate) fn uptime_ms(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// The instant of an uptime.
    pub(crate) fn instant(&self, uptime_ms: u64) -> tokio::time::Instant {
        (self.began + std::time::Duration::from_millis(uptime_ms)).into()
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the driver's clock")]
fn wall() -> UnixMs {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    UnixMs(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// The kernel's own word (adjtimex) needs a call that safe Rust does not offer here. Where nobody says that the clock was set, it is taken to hold over: the core lowers that further when the cloud's
/// word contradicts it.
pub(crate) fn quality() -> TimeQuality {
    if Path::new(SYNCHRONISED_MARK).exists() { TimeQuality::Synchronised } else { TimeQuality::Holdover }
}

/// A new id for this run.
pub(crate) fn boot() -> anyhow::Result<BootId> {
    let mut bytes = [0; 16];
    SystemRandom::new().fill(&mut bytes).ok().context("this machine has no randomness")?;
    Ok(BootId::new(uuid::Builder::from_random_bytes(bytes).into_uuid()))
}

/// An instant as people read it, in UTC.
pub(crate) fn shown(instant: UnixMs) -> String {
    jiff::Timestamp::from_millisecond(instant.0)
        .map_or_else(|_| format!("{} ms", instant.0), |instant| instant.to_string())
}
