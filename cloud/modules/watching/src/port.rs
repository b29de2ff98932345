//! What watching answers other modules.

use async_trait::async_trait;
use cloud_contracts::{FoundTime, PortError, ToTell, Watches};
use cloud_kernel::TenantTx;
use uuid::Uuid;
use watching_domain::Span;

use crate::pages::stop;
use crate::{Ports, matching, store};

/// Answers about what people follow.
#[derive(Clone)]
pub struct WatchAnswers {
    ports: Ports,
}

impl WatchAnswers {
    /// By what these ports say is free.
    pub fn new(ports: Ports) -> Self {
        Self { ports }
    }
}

#[async_trait]
impl Watches for WatchAnswers {
    async fn to_tell(&self, tx: &mut TenantTx, notice: Uuid) -> Result<Vec<ToTell>, PortError> {
        let rows = store::to_tell(tx, notice).await.map_err(PortError::database)?;
        Ok(rows.into_iter().map(|(hit, person, starts_at)| ToTell { hit, person, starts_at }).collect())
    }

    async fn found(&self, tx: &mut TenantTx, hit: Uuid) -> Result<Option<FoundTime>, PortError> {
        let Some(row) = store::hit(tx, hit).await.map_err(PortError::database)? else { return Ok(None) };
        let span = Span::new(row.starts_at, row.ends_at);
        let still = match span.filter(|_| row.followed) {
            Some(span) => matching::still(tx, &self.ports, row.resource, span).await?,
            None => false,
        };
        Ok(Some(FoundTime {
            watch: row.watch,
            person: row.person,
            facility: row.facility,
            resource: row.resource,
            starts_at: row.starts_at,
            ends_at: row.ends_at,
            still,
            stop_path: stop::href(tx.kernel(), row.watch),
        }))
    }
}
