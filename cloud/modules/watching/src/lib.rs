//! Watching: people follow a resource, an activity or a taken time, and hear of it once it can be booked.
//!
//! ```text
//! TimesFreed, ResourceOpened ──▶ who follows it? ──▶ what can be booked now? ──▶ hits ──▶ WatchesFound
//! ```
//!
//! Everybody who follows a time is told at the same time, and whoever books first has it. Just before a message goes, it
//! is asked again whether the time can still be booked: nobody is told of what somebody else has by then.
//!
//! **Invariant:** a time is told once a wish, unless it was told more than a day ago. Nobody sees what another follows, nor
//! whose time it was.
//!
//! Driven by `cloud-app`, which hands over the other modules' ports.

mod matching;
mod pages;
mod port;
mod records;
mod store;
#[cfg(test)]
mod tests;

pub use port::WatchAnswers;
pub use records::WatchRecords;

use std::sync::Arc;

use async_trait::async_trait;
use axum::routing::{get, post};
use axum::{Extension, Router};
use cloud_contracts::{Availability, Facilities, ResourceOpened, TimesFreed};
use cloud_kernel::{Again, Delivery, Event as _, HandlerError, Job, Kernel, MenuItem, Module, TenantTx};

/// The module's name, as tenants list it.
const NAME: &str = "watching";
/// The job that erases what is over; its key is [`ALL`].
const SWEEP: &str = "watching.sweep";
/// The only key of that: one job a municipality.
const ALL: &str = "all";

/// The other modules, as watching asks them.
#[derive(Clone)]
pub struct Ports {
    /// What can be booked.
    pub facilities: Arc<dyn Facilities>,
    /// What is free.
    pub availability: Arc<dyn Availability>,
}

/// The module.
pub struct Watching {
    ports: Ports,
}

impl Watching {
    /// The module over the others' ports.
    pub fn new(ports: Ports) -> Self {
        Self { ports }
    }
}

#[async_trait]
impl Module for Watching {
    fn name(&self) -> &'static str {
        NAME
    }

    fn routes(&self) -> Router<Kernel> {
        Router::new()
            .route("/watches", get(pages::list::show).post(pages::new::send))
            .route("/watches/new", get(pages::new::show))
            .route("/watches/{id}/{state}", post(pages::list::turn))
            .route("/watches/{id}/stop/{proof}", get(pages::stop::ask).post(pages::stop::stop))
            .layer(Extension(self.ports.clone()))
    }

    fn menu(&self) -> Vec<MenuItem> {
        vec![MenuItem { text: "watching-title", path: "/watches", role: None }]
    }

    fn subscriptions(&self) -> &'static [&'static str] {
        &[TimesFreed::KIND, ResourceOpened::KIND]
    }

    async fn on_event(&self, tx: &mut TenantTx, delivery: &Delivery) -> Result<(), HandlerError> {
        if let Some(event) = delivery.read::<TimesFreed>() {
            return matching::on_freed(tx, &self.ports, &event?).await;
        }
        if let Some(event) = delivery.read::<ResourceOpened>() {
            return matching::on_opened(tx, &self.ports, &event?).await;
        }
        Ok(())
    }

    async fn on_job(&self, tx: &mut TenantTx, job: &Job) -> Result<Again, HandlerError> {
        match job.kind.as_str() {
            SWEEP => matching::sweep(tx).await,
            _ => Ok(Again::Never),
        }
    }
}
