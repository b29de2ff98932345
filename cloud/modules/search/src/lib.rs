//! Finding: what can be booked, when and where, what happens today, and what is closed; the start page.
//!
//! **Invariant:** what this module owns can be made anew from the others' at any time. It writes its own index and
//! nothing else, reads free times from booking's [`Availability`], and keeps nobody's position.
//! **Invariant:** no private person is named here, and no booker's own words are shown.
//!
//! Driven by `cloud-app`, which hands over the other modules' ports.

mod city;
mod index;
mod pages;
mod store;

pub use index::{rebuild, rebuild_where_empty};

use std::sync::Arc;

use async_trait::async_trait;
use axum::routing::get;
use axum::{Extension, Router};
use cloud_contracts::{Availability, Customers, Facilities, Prices, PublicNames, RegisterChanged};
use cloud_kernel::{Delivery, Event as _, HandlerError, Kernel, MenuItem, Module, TenantTx};
use cloud_ui::Tiles;

/// The other modules, as finding asks them.
#[derive(Clone)]
pub struct Ports {
    /// What can be booked.
    pub facilities: Arc<dyn Facilities>,
    /// What is free, and what happens.
    pub availability: Arc<dyn Availability>,
    /// At what price.
    pub prices: Arc<dyn Prices>,
    /// For whom somebody acts, and so at whose price.
    pub customers: Arc<dyn Customers>,
    /// Who may be named.
    pub names: Arc<dyn PublicNames>,
}

/// The module.
pub struct Search {
    ports: Ports,
    tiles: Option<Tiles>,
}

impl Search {
    /// The module over the others' ports; without tiles the map has a plain ground.
    pub fn new(ports: Ports, tiles: Option<Tiles>) -> Self {
        Self { ports, tiles }
    }
}

#[async_trait]
impl Module for Search {
    fn name(&self) -> &'static str {
        "search"
    }

    fn routes(&self) -> Router<Kernel> {
        Router::new()
            .route("/", get(pages::start::show))
            .route("/find", get(pages::find::show))
            .route("/find/today", get(pages::today::show))
            .layer(Extension(self.ports.clone()))
            .layer(Extension(self.tiles.clone()))
    }

    fn menu(&self) -> Vec<MenuItem> {
        vec![MenuItem { text: "search-title", path: "/find", role: None }]
    }

    fn subscriptions(&self) -> &'static [&'static str] {
        &[RegisterChanged::KIND]
    }

    async fn on_event(&self, tx: &mut TenantTx, delivery: &Delivery) -> Result<(), HandlerError> {
        if let Some(changed) = delivery.read::<RegisterChanged>() {
            let RegisterChanged {} = changed?;
            rebuild(tx, self.ports.facilities.as_ref()).await.map_err(|source| HandlerError::Outside {
                what: "the register could not be read into the index".to_owned(),
                source: Box::new(source),
            })?;
        }
        Ok(())
    }
}
