//! What a gateway's last report says, in words with what to do.

use cloud_ui::{Lang, Tone, When, t};
use jiff::{SignedDuration, Timestamp};
use protocols_wire::{StateReport, TimeQuality};

use crate::store::calendar_time;
use crate::store::gateway::Gateway;
use crate::store::names::SiteNames;

/// The certificate renews itself at two thirds of its time; ending this soon, it did not.
const CERTIFICATE_SOON: SignedDuration = SignedDuration::from_hours(60 * 24);
/// A heartbeat renews the lease by a month every minute; ending this soon, it has been long without one.
const LEASE_SOON: SignedDuration = SignedDuration::from_hours(7 * 24);
/// A clock that is further off than this, with the minute between two reports taken into account.
const CLOCK_OFF: SignedDuration = SignedDuration::from_mins(5);
/// An uncertainty that is worth a look: half of what visitors are decided by.
const UNCERTAIN_MS: u64 = 30_000;
/// Entries that wait although the gateway is heard.
const WAITING_MANY: u32 = 1000;

/// Something that is not as it should be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Finding {
    pub tone: Tone,
    /// What is the matter.
    pub what: String,
    /// What holds and what to do.
    pub next: String,
}

/// What is not as it should be, worst first.
pub(crate) fn findings(lang: Lang, when: &When, gateway: &Gateway, names: &SiteNames) -> Vec<Finding> {
    let Some(report) = &gateway.report else { return Vec::new() };
    let mut found = Vec::new();
    clock(lang, when, gateway, report, &mut found);
    if report.disk_stalled {
        found.push(Finding {
            tone: Tone::Bad,
            what: t(lang, "access-health-disk", &[]),
            next: t(lang, "access-health-disk-next", &[]),
        });
    }
    if report.grants_not_understood > 0 {
        found.push(Finding {
            tone: Tone::Bad,
            what: t(lang, "access-health-version", &[("count", &report.grants_not_understood)]),
            next: t(lang, "access-health-version-next", &[]),
        });
    }
    if let Some(ends_at) = report.certificate_expires_at.map(calendar_time) {
        found.extend(certificate(lang, when, ends_at));
    }
    if let Some(ends_at) = report.lease_until.map(calendar_time) {
        found.extend(lease(lang, when, ends_at));
    }
    for device in &report.devices_lost {
        let name = names.devices.get(device).cloned().unwrap_or_else(|| device.to_string());
        found.push(Finding {
            tone: Tone::Warning,
            what: t(lang, "access-health-device", &[("device", &name)]),
            next: t(lang, "access-health-device-next", &[]),
        });
    }
    if report.grants_taken_back > 0 {
        found.push(Finding {
            tone: Tone::Warning,
            what: t(lang, "access-health-taken-back", &[("count", &report.grants_taken_back)]),
            next: t(lang, "access-health-taken-back-next", &[]),
        });
    }
    if report.journal_waiting > WAITING_MANY {
        found.push(Finding {
            tone: Tone::Info,
            what: t(lang, "access-health-waiting", &[("count", &report.journal_waiting)]),
            next: t(lang, "access-health-waiting-next", &[]),
        });
    }
    found
}

fn clock(lang: Lang, when: &When, gateway: &Gateway, report: &StateReport, found: &mut Vec<Finding>) {
    let off = gateway.last_heard_at.map(|heard| calendar_time(report.at).duration_since(heard));
    if let Some(off) = off.filter(|off| off.abs() > CLOCK_OFF) {
        let minutes = off.abs().as_mins();
        let what = if off.is_negative() { "access-health-clock-slow" } else { "access-health-clock-fast" };
        found.push(Finding {
            tone: Tone::Bad,
            what: t(lang, what, &[("minutes", &minutes)]),
            next: t(lang, "access-health-clock-off-next", &[]),
        });
    }
    if report.time_quality == TimeQuality::Unknown && gateway.speaks(when.now) {
        found.push(Finding {
            tone: Tone::Bad,
            what: t(lang, "access-health-clock-unknown", &[]),
            next: t(lang, "access-health-clock-unknown-next", &[]),
        });
    } else if let Some(uncertain) = report.clock_uncertainty_ms.filter(|ms| *ms > UNCERTAIN_MS) {
        found.push(Finding {
            tone: Tone::Warning,
            what: t(lang, "access-health-clock-uncertain", &[("seconds", &(uncertain / 1000))]),
            next: t(lang, "access-health-clock-uncertain-next", &[]),
        });
    }
}

fn certificate(lang: Lang, when: &When, ends_at: Timestamp) -> Option<Finding> {
    let left = ends_at.duration_since(when.now);
    if left > CERTIFICATE_SOON {
        return None;
    }
    let date = when.day(ends_at);
    let (tone, what) = if left.is_positive() {
        (Tone::Warning, t(lang, "access-health-certificate-soon", &[("date", &date)]))
    } else {
        (Tone::Bad, t(lang, "access-health-certificate-ended", &[("date", &date)]))
    };
    Some(Finding { tone, what, next: t(lang, "access-health-certificate-next", &[]) })
}

fn lease(lang: Lang, when: &When, ends_at: Timestamp) -> Option<Finding> {
    let left = ends_at.duration_since(when.now);
    if left > LEASE_SOON {
        return None;
    }
    let date = when.day_and_clock(ends_at);
    let (tone, what) = if left.is_positive() {
        (Tone::Warning, t(lang, "access-health-lease-soon", &[("date", &date)]))
    } else {
        (Tone::Bad, t(lang, "access-health-lease-ended", &[("date", &date)]))
    };
    Some(Finding { tone, what, next: t(lang, "access-health-lease-next", &[]) })
}
