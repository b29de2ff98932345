//! Access to doors: grants from bookings, the gateways that hold them, and what the gateways tell.
//!
//! Five parts: the [`AccessPort`] that other modules call in their transactions, the [`OfflinePort`] that makes what
//! opens doors of gateways that cannot be told, the [`AccessModule`] with its
//! pages, events and jobs, the [`Courier`] that owns the connection to the broker, and [`serve_gateway_api`]
//! where new gateways enrol. [`Trust`] holds the keys of all of them.
//!
//! **Invariant:** a code leaves the database only sealed for one gateway, or for the eyes of those who may enter.
//! Events, jobs and logs carry ids.
//! **Invariant:** what a gateway says counts only with its own signature for that topic, in order.
//!
//! Driven by `cloud-app`.

mod api;
mod broker;
mod courier;
mod enrolment;
mod events;
mod import;
mod ingest;
mod journal;
mod keeper;
mod keys;
mod limiter;
mod observe;
mod offline;
mod pages;
mod port;
mod posture;
mod release;
mod secret_file;
mod store;
mod sync;
#[cfg(test)]
mod tests;
mod trust;

pub use api::listener::serve_gateway_api;
pub use broker::{BrokerFilesError, BrokerRun, broker_process, update_broker_files, write_broker_files};
pub use courier::{BrokerAddress, Courier};
pub use enrolment::enrolment_code;
pub use events::GatewayChanged;
pub use import::import;
pub use ingest::{Answer, IngestError, Received, Refusal, receive};
pub use keeper::{KeeperError, KeysKept, keep_keys};
pub use keys::{REVOKED_TOPIC, Rotation, revoke_gateway, rotate_seal};
pub use offline::OfflinePort;
pub use port::AccessPort;
pub use secret_file::SecretFileError;
pub use trust::{
    CLOUD_NAME, Certified, ChangeOver, KeyView, RequestRefused, Reread, Revoked, ServerNames, Standing,
    Trust, TrustError, TrustView, ceremony,
};

use std::sync::Arc;

use async_trait::async_trait;
use axum::Router;
use cloud_kernel::telemetry::Measures;
use cloud_kernel::{
    Again, Delivery, Event as _, HandlerError, Job, Kernel, MenuItem, Module, Role, TenantTx,
};
use jiff::SignedDuration;
use jiff::tz::TimeZone;
use protocols_ids::GatewayId;

/// The module's name.
pub(crate) const NAME: &str = "access";
/// Sends grants whose time has come within the horizon. Its key is the gateway's id.
pub(crate) const HORIZON_JOB: &str = "access.horizon";
/// Forgets what is no longer good for anything.
pub(crate) const RETENTION_JOB: &str = "access.retention";
/// Grants are kept this long after their end, for questions about a visit.
const KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Months that a journal is kept, where the tenant has not said otherwise.
const JOURNAL_KEPT_MONTHS: i32 = 24;
/// Entries of one journal that are forgotten in one transaction: some seconds' work; the job comes again for more.
const FORGOTTEN_AT_ONCE: u64 = 20_000;

/// Forgets journal entries and alarms that are older than the tenant keeps them. Whether there is more.
async fn forget_journals(tx: &mut TenantTx) -> Result<bool, sqlx::Error> {
    let months = store::journal::kept_months(tx).await?.unwrap_or(JOURNAL_KEPT_MONTHS);
    let Ok(before) = tx.now().to_zoned(TimeZone::UTC).checked_sub(jiff::Span::new().months(months)) else {
        return Ok(false);
    };
    store::alarm::forget(tx, before.timestamp()).await?;
    store::journal::forget(tx, before.timestamp(), FORGOTTEN_AT_ONCE).await
}

/// The module: pages, events and jobs.
#[derive(Clone, Debug)]
pub struct AccessModule {
    trust: Arc<Trust>,
    api_port: u16,
}

impl AccessModule {
    /// `api_port` is where gateways reach the gateway API, for the command that the technician is shown.
    pub fn new(trust: Arc<Trust>, api_port: u16) -> Self {
        Self { trust, api_port }
    }
}

#[async_trait]
impl Module for AccessModule {
    fn name(&self) -> &'static str {
        NAME
    }

    fn routes(&self) -> Router<Kernel> {
        pages::gateways::routes(pages::gateways::Shown {
            fingerprint: self.trust.fingerprint(),
            api_port: self.api_port,
        })
        .merge(pages::doors::routes())
        .merge(pages::journal::routes())
        .merge(pages::keys::routes(Arc::clone(&self.trust)))
    }

    fn menu(&self) -> Vec<MenuItem> {
        let doors = |role| MenuItem { text: "access-menu-doors", path: "/doors", role: Some(role) };
        vec![
            doors(Role::Officer),
            doors(Role::Caretaker),
            doors(Role::Technician),
            MenuItem { text: "access-menu-gateways", path: "/gateways", role: Some(Role::Technician) },
            MenuItem { text: "keys-menu", path: "/keys", role: Some(Role::Technician) },
        ]
    }

    fn subscriptions(&self) -> &'static [&'static str] {
        &[GatewayChanged::KIND]
    }

    async fn on_event(&self, tx: &mut TenantTx, delivery: &Delivery) -> Result<(), HandlerError> {
        if let Some(event) = delivery.read::<GatewayChanged>() {
            sync::build(tx, event?.gateway).await?;
        }
        Ok(())
    }

    async fn measure(&self, tx: &mut TenantTx, measures: &mut Measures) -> Result<(), sqlx::Error> {
        observe::measure(tx, measures).await
    }

    async fn on_job(&self, tx: &mut TenantTx, job: &Job) -> Result<Again, HandlerError> {
        match job.kind.as_str() {
            HORIZON_JOB => {
                let Ok(gateway) = job.key.parse::<GatewayId>() else { return Ok(Again::Never) };
                sync::build(tx, gateway).await?;
                let Some(row) = store::gateway::find(tx, gateway).await? else { return Ok(Again::Never) };
                // What still waits this side of the horizon goes with a confirmation or an enrolment.
                let from = sync::horizon_of(&row, tx.now());
                let next = store::grant::next_opening(tx, gateway, from).await?;
                let due = next.and_then(|opens_at| opens_at.checked_sub(row.horizon).ok());
                Ok(due.map_or(Again::Never, Again::At))
            }
            RETENTION_JOB => {
                let now = tx.now();
                let before = now.saturating_sub(KEPT).unwrap_or(now);
                store::grant::forget(tx, before).await?;
                store::offline::forget(tx, before).await?;
                store::command::forget(tx, before).await?;
                let more = forget_journals(tx).await?;
                // What ended long ago leaves the gateways' tables also where nothing else changes.
                for gateway in store::gateway::all(tx).await? {
                    if gateway.enrolment.is_some() {
                        tx.emit(&GatewayChanged { gateway: gateway.id }).await?;
                    }
                }
                Ok(Again::At(if more { now } else { port::retention_again(now) }))
            }
            other => {
                tracing::error!(kind = other, "job of a kind that is not known");
                Ok(Again::Never)
            }
        }
    }
}
