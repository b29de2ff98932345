//! Figures of this box, for Prometheus: counted in memory, told at a listener of their own.
//!
//! **Invariant:** no figure has a label that names a person, a door or a grant, and counting never waits.

mod distribution;
mod list;
mod listener;

pub(crate) use distribution::Distribution;
pub(crate) use listener::serve;

use std::fmt::Write as _;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

use gateway_fieldbus::{Measured, Observer};
use protocols_wire::{JournalEvent, RefusalReason, StateReport};

use list::{ALL, Figure};

/// Why somebody was refused, by the number of the reason on the wire.
const REASONS: [RefusalReason; 13] = [
    RefusalReason::Unknown,
    RefusalReason::TooEarly,
    RefusalReason::TooLate,
    RefusalReason::WrongDoor,
    RefusalReason::Revoked,
    RefusalReason::LockedOut,
    RefusalReason::Lockdown,
    RefusalReason::ClockUnknown,
    RefusalReason::Version,
    RefusalReason::LeaseEnded,
    RefusalReason::Stale,
    RefusalReason::DoorLost,
    RefusalReason::NotTaken,
];

/// Everything that is counted.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    admitted: AtomicU64,
    refused: [AtomicU64; REASONS.len()],
    pub(crate) decide: Distribution,
    written: Distribution,
    turns: Distribution,
    pub(crate) commits: Distribution,
    journal_waiting: AtomicU64,
    devices_lost: AtomicU64,
    grants: AtomicU64,
    connected: AtomicBool,
}

impl Figures {
    /// Counts a decision; other entries of the journal are none.
    pub(crate) fn note(&self, event: &JournalEvent) {
        match event {
            JournalEvent::Admitted { .. } | JournalEvent::AdmittedOffline { .. } => {
                self.admitted.fetch_add(1, Relaxed);
            }
            JournalEvent::Refused { reason, .. } => {
                let at = REASONS.iter().position(|one| one == reason);
                if let Some(count) = at.and_then(|at| self.refused.get(at)) {
                    count.fetch_add(1, Relaxed);
                }
            }
            JournalEvent::Door { .. }
            | JournalEvent::Device { .. }
            | JournalEvent::Light { .. }
            | JournalEvent::Started
            | JournalEvent::Configured { .. }
            | JournalEvent::GrantsApplied { .. }
            | JournalEvent::ClockStep { .. }
            | JournalEvent::Commanded { .. }
            | JournalEvent::Gap { .. }
            | JournalEvent::PostureChanged { .. }
            | JournalEvent::LeaseEnding { .. }
            | JournalEvent::Trusts { .. }
            | JournalEvent::Certified { .. }
            | JournalEvent::LockedOut { .. }
            | JournalEvent::Disk { .. }
            | JournalEvent::Damaged { .. } => {}
        }
    }

    /// Keeps what the core says of itself.
    pub(crate) fn state(&self, report: &StateReport) {
        self.journal_waiting.store(report.journal_waiting.into(), Relaxed);
        self.devices_lost.store(u64::try_from(report.devices_lost.len()).unwrap_or(u64::MAX), Relaxed);
        self.grants.store(report.grants.into(), Relaxed);
    }

    /// Keeps whether the broker is connected.
    pub(crate) fn connected(&self, connected: bool) {
        self.connected.store(connected, Relaxed);
    }

    /// What the buses tell.
    pub(crate) fn observer(self: std::sync::Arc<Self>) -> Observer {
        Observer::new(move |measured| match measured {
            Measured::Turn(took) => self.turns.add(took),
            Measured::SwitchedOn(took) => self.written.add(took),
        })
    }

    /// All of it in Prometheus' text format, version 0.0.4.
    pub(crate) fn render(&self) -> String {
        let mut text = String::new();
        for figure in ALL {
            // Writing to a string cannot fail.
            _ = writeln!(text, "# HELP {} {}", figure.name, figure.help);
            _ = writeln!(text, "# TYPE {} {}", figure.name, figure.kind.name());
            self.values(figure, &mut text);
        }
        text
    }

    fn values(&self, figure: &Figure, text: &mut String) {
        let name = figure.name;
        let mut line = |labels: &str, value: u64| _ = writeln!(text, "{name}{labels} {value}");
        match figure.what {
            list::What::Decisions => {
                line("{outcome=\"admitted\",reason=\"\"}", self.admitted.load(Relaxed));
                for (reason, count) in REASONS.iter().zip(&self.refused) {
                    let labels = format!("{{outcome=\"refused\",reason=\"{}\"}}", reason_name(*reason));
                    line(&labels, count.load(Relaxed));
                }
            }
            list::What::Decide => self.decide.render(name, text),
            list::What::Written => self.written.render(name, text),
            list::What::Turns => self.turns.render(name, text),
            list::What::Commits => self.commits.render(name, text),
            list::What::JournalWaiting => line("", self.journal_waiting.load(Relaxed)),
            list::What::DevicesLost => line("", self.devices_lost.load(Relaxed)),
            list::What::Connected => line("", u64::from(self.connected.load(Relaxed))),
            list::What::Grants => line("", self.grants.load(Relaxed)),
            list::What::Build => line(&format!("{{version=\"{}\"}}", env!("CARGO_PKG_VERSION")), 1),
            list::What::Cpu => line("", list::cpu_seconds().unwrap_or(0)),
            list::What::Memory => line("", list::resident_bytes().unwrap_or(0)),
            list::What::OpenFiles => line("", list::open_files().unwrap_or(0)),
        }
    }
}

const fn reason_name(reason: RefusalReason) -> &'static str {
    match reason {
        RefusalReason::Unknown => "unknown",
        RefusalReason::TooEarly => "too_early",
        RefusalReason::TooLate => "too_late",
        RefusalReason::WrongDoor => "wrong_door",
        RefusalReason::Revoked => "revoked",
        RefusalReason::LockedOut => "locked_out",
        RefusalReason::Lockdown => "lockdown",
        RefusalReason::ClockUnknown => "clock_unknown",
        RefusalReason::Version => "version",
        RefusalReason::LeaseEnded => "lease_ended",
        RefusalReason::Stale => "stale",
        RefusalReason::DoorLost => "door_lost",
        RefusalReason::NotTaken => "not_taken",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocols_ids::{DoorId, GrantId, Uuid};
    use protocols_wire::CredentialKind;
    use std::time::Duration;

    fn document() -> Vec<Vec<String>> {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/observability.md");
        let document = std::fs::read_to_string(path).unwrap();
        let (_, section) = document.split_once("## Figures of a gateway\n").expect("the heading");
        let rows = section.lines().filter(|line| line.starts_with("| `"));
        rows.map(|line| line.trim_matches('|').split(" | ").map(|c| c.trim().replace('`', "")).collect())
            .collect()
    }

    #[test]
    fn every_figure_of_a_gateway_stands_in_the_document_and_the_document_names_no_other() {
        let told = document();
        assert_eq!(told.len(), ALL.len());
        for (told, figure) in told.iter().zip(ALL) {
            let labels = figure.labels.join(", ");
            let declared = [figure.name, figure.kind.name(), &labels, figure.unit, figure.help];
            assert_eq!(told[..5], declared);
            assert!(told[5].len() > 5, "{} says what to do", figure.name);
        }
    }

    #[test]
    fn what_is_read_is_what_was_counted() {
        let figures = std::sync::Arc::new(Figures::default());
        let (door, grant) = (DoorId::new(Uuid::from_u128(1)), GrantId::new(Uuid::from_u128(2)));
        figures.note(&JournalEvent::Admitted { door, grant, kind: CredentialKind::Pin });
        for _ in 0..2 {
            let reason = RefusalReason::TooEarly;
            figures.note(&JournalEvent::Refused { door, kind: CredentialKind::Pin, reason, grant: None });
        }
        figures.note(&JournalEvent::Started);
        figures.connected(true);
        figures.decide.add(Duration::from_micros(300));
        let text = figures.render();
        for line in [
            "hallport_gateway_decisions_total{outcome=\"admitted\",reason=\"\"} 1",
            "hallport_gateway_decisions_total{outcome=\"refused\",reason=\"too_early\"} 2",
            "hallport_gateway_decisions_total{outcome=\"refused\",reason=\"stale\"} 0",
            "hallport_gateway_broker_connected 1",
            "hallport_gateway_decide_seconds_count 1",
            "hallport_gateway_decide_seconds_bucket{le=\"0.0005\"} 1",
            "hallport_gateway_decide_seconds_bucket{le=\"0.00025\"} 0",
            "# TYPE hallport_gateway_bus_turn_seconds histogram",
        ] {
            assert!(text.lines().any(|one| one == line), "{line}\n{text}");
        }
        for figure in ALL {
            assert!(text.contains(&format!("# TYPE {} {}\n", figure.name, figure.kind.name())));
            assert!(text.lines().any(|line| line.starts_with(figure.name)), "{} has a value", figure.name);
        }
    }
}
