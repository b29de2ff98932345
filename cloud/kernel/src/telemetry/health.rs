//! Whether the service can do its work: parts that it cannot do without, and parts that it only does less
//! well without.
//!
//! ```text
//!   database away, schema behind     ──▶ not ready: no page can be served, send people elsewhere
//!   worker stalled, broker away      ──▶ degraded:  pages are served; what is to be done afterwards waits,
//!                                                   and doors go on by what their gateways know
//! ```

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{OnceLock, PoisonError, RwLock};
use std::time::{Duration, Instant};

use tokio::sync::watch;

use crate::Kernel;

/// How long the database may take to answer before it counts as away.
const DATABASE_WITHIN: Duration = Duration::from_secs(2);
/// A worker that has not looked for so long has stopped or cannot: it looks every 250 ms, and every second
/// while the database is away.
const WORKER_LOOKS_WITHIN: Duration = Duration::from_secs(15);

/// What the parts last said of themselves.
#[derive(Debug, Default)]
pub struct Health {
    schema_behind: AtomicBool,
    worker_looked: RwLock<Option<Instant>>,
    broker: OnceLock<watch::Receiver<BrokerLink>>,
}

/// How this process and the broker stand to each other.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BrokerLink {
    /// Another process carries messages; this one takes over when that ends.
    StandsBy,
    /// This process carries, and has no connection.
    Away,
    /// This process carries, and is connected.
    Connected,
}

/// A part of the service.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Part {
    /// Postgres.
    Database,
    /// The schema.
    Migrations,
    /// The worker of this process.
    Worker,
    /// The connection to the broker.
    Broker,
}

impl Part {
    /// As programs read it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Database => "database",
            Self::Migrations => "migrations",
            Self::Worker => "worker",
            Self::Broker => "broker",
        }
    }

    /// Whether no page can be served without it.
    pub const fn is_needed(self) -> bool {
        match self {
            Self::Database | Self::Migrations => true,
            Self::Worker | Self::Broker => false,
        }
    }
}

/// How a part is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PartState {
    /// As it should be.
    Ok,
    /// It does not answer.
    Away,
    /// The schema lacks migrations that this program needs.
    Behind,
    /// It has not been seen at work for too long.
    Stalled,
    /// Another process does it; this one takes over when that ends.
    StandsBy,
    /// This process does not run it.
    Absent,
}

impl PartState {
    /// As programs read it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Away => "away",
            Self::Behind => "behind",
            Self::Stalled => "stalled",
            Self::StandsBy => "stands_by",
            Self::Absent => "absent",
        }
    }

    const fn is_well(self) -> bool {
        match self {
            Self::Ok | Self::StandsBy | Self::Absent => true,
            Self::Away | Self::Behind | Self::Stalled => false,
        }
    }
}

/// The parts, as they are now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Readiness {
    /// Each part and how it is.
    pub parts: [(Part, PartState); 4],
}

impl Readiness {
    /// Whether pages can be served.
    pub fn is_ready(&self) -> bool {
        self.parts.iter().all(|(part, state)| state.is_well() || !part.is_needed())
    }

    /// Whether pages can be served, and something else cannot be done.
    pub fn is_degraded(&self) -> bool {
        self.is_ready() && self.parts.iter().any(|(_, state)| !state.is_well())
    }
}

impl Health {
    /// Says whether the schema lacks migrations.
    pub fn schema_is_behind(&self, behind: bool) {
        self.schema_behind.store(behind, Ordering::Relaxed);
    }

    /// From now on this says how the broker is connected. Only the first call counts.
    pub fn watch_broker(&self, link: watch::Receiver<BrokerLink>) {
        if self.broker.set(link).is_err() {
            tracing::error!("the broker is watched already; the first watch stays");
        }
    }

    pub(crate) fn worker_looked(&self) {
        *self.worker_looked.write().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// How long ago the worker of this process looked for work; `None` if it never did.
    pub fn worker_looked_ago(&self) -> Option<Duration> {
        self.worker_looked.read().unwrap_or_else(PoisonError::into_inner).map(|at| at.elapsed())
    }

    /// How this process and the broker stand to each other; `None` where nobody tries.
    pub fn broker_link(&self) -> Option<BrokerLink> {
        self.broker.get().map(|link| *link.borrow())
    }

    /// Asks the database, and the others' last word.
    pub(crate) async fn readiness(&self, kernel: &Kernel) -> Readiness {
        let answers = tokio::time::timeout(DATABASE_WITHIN, kernel.database().answers()).await;
        let database = if answers == Ok(true) { PartState::Ok } else { PartState::Away };
        let behind = self.schema_behind.load(Ordering::Relaxed);
        let worker = match self.worker_looked_ago() {
            None => PartState::Absent,
            Some(ago) if ago < WORKER_LOOKS_WITHIN => PartState::Ok,
            Some(_) => PartState::Stalled,
        };
        let broker = match self.broker_link() {
            None => PartState::Absent,
            Some(BrokerLink::Connected) => PartState::Ok,
            Some(BrokerLink::Away) => PartState::Away,
            Some(BrokerLink::StandsBy) => PartState::StandsBy,
        };
        Readiness {
            parts: [
                (Part::Database, database),
                (Part::Migrations, if behind { PartState::Behind } else { PartState::Ok }),
                (Part::Worker, worker),
                (Part::Broker, broker),
            ],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(part: Part, state: PartState) -> Readiness {
        let all = [Part::Database, Part::Migrations, Part::Worker, Part::Broker];
        Readiness { parts: all.map(|one| (one, if one == part { state } else { PartState::Ok })) }
    }

    #[test]
    fn without_the_database_nothing_goes_and_without_the_broker_most_does() {
        assert!(!with(Part::Database, PartState::Away).is_ready());
        assert!(!with(Part::Migrations, PartState::Behind).is_ready());
        for degraded in [with(Part::Worker, PartState::Stalled), with(Part::Broker, PartState::Away)] {
            assert!(degraded.is_ready() && degraded.is_degraded());
        }
        for well in [with(Part::Broker, PartState::Ok), with(Part::Broker, PartState::StandsBy)] {
            assert!(well.is_ready() && !well.is_degraded());
        }
    }
}
