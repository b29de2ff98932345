//! Tells open pages that something changed, within this process.
//!
//! A signal carries no data: whoever listens reads the truth anew. Listeners in another replica learn of a
//! change by [`Live::RECHECK`].

use std::time::Duration;

use protocols_ids::TenantId;
use tokio::sync::broadcast;

use crate::telemetry::figures;

/// Signals by tenant and topic, for example `booking:<id>`.
#[derive(Clone, Debug)]
pub struct Live(broadcast::Sender<(TenantId, String)>);

/// Signals that a slow listener may be behind: past that it rereads, which is all that a signal asks for.
const BEHIND_MAX: usize = 1024;

impl Live {
    /// How often a listener reads anew even without a signal.
    pub const RECHECK: Duration = Duration::from_secs(2);

    pub(crate) fn new() -> Self {
        Self(broadcast::Sender::new(BEHIND_MAX))
    }

    /// Wakes those who listen to the topic. Used by [`TenantTx`](crate::TenantTx) after its commit.
    pub(crate) fn signal(&self, tenant: TenantId, topic: String) {
        // No listener is the usual case, not an error.
        drop(self.0.send((tenant, topic)));
    }

    /// Listens to a topic.
    pub fn listen(&self, tenant: TenantId, topic: String) -> Listener {
        self.listen_to_any(tenant, vec![topic])
    }

    /// Listens to several topics, which one page shows.
    pub fn listen_to_any(&self, tenant: TenantId, topics: Vec<String>) -> Listener {
        figures::LIVE_PAGES.change(&[], 1.0);
        Listener { signals: self.0.subscribe(), tenant, topics }
    }

    /// Listens to every topic of every tenant: for what runs beside the pages and has queues of its own.
    pub fn listen_to_all(&self) -> AllSignals {
        AllSignals(self.0.subscribe())
    }
}

/// Waits for signals of all topics.
#[derive(Debug)]
pub struct AllSignals(broadcast::Receiver<(TenantId, String)>);

impl AllSignals {
    /// The next signal; `None` when some were missed, so that the listener looks everywhere.
    pub async fn next(&mut self) -> Option<(TenantId, String)> {
        match self.0.recv().await {
            Ok(signal) => Some(signal),
            Err(broadcast::error::RecvError::Lagged(_)) => None,
            Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
        }
    }
}

/// Waits for signals of one topic, or of any of several.
#[derive(Debug)]
pub struct Listener {
    signals: broadcast::Receiver<(TenantId, String)>,
    tenant: TenantId,
    topics: Vec<String>,
}

impl Listener {
    /// Returns when there may be something new: at a signal, or after [`Live::RECHECK`].
    pub async fn changed(&mut self) {
        self.changed_within(Live::RECHECK).await;
    }

    /// The same with another time, for what many people look at and nobody waits for.
    pub async fn changed_within(&mut self, recheck: Duration) {
        let wait = async {
            loop {
                match self.signals.recv().await {
                    Ok((tenant, topic)) if tenant != self.tenant || !self.topics.contains(&topic) => {}
                    Ok(_) | Err(broadcast::error::RecvError::Lagged(_)) => return,
                    Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
                }
            }
        };
        // Running out of time is the second reason to read anew.
        drop(tokio::time::timeout(recheck, wait).await);
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        figures::LIVE_PAGES.change(&[], -1.0);
    }
}
