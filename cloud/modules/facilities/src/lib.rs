//! Facilities: the register of what can be booked, and the public list of it.
//!
//! **Invariant:** a part, once made, keeps its id, and a resource keeps its parts: bookings hang on both.
//! **Invariant:** nothing here knows what is booked. Parts are made known to booking through its
//! [`SpaceRegister`](cloud_contracts::SpaceRegister), in the transaction that makes them.
//!
//! Driven by `cloud-app`, which hands [`FacilityRegister`] to the modules that ask.

mod import;
mod pages;
mod port;
mod store;

pub use import::import;
pub use port::FacilityRegister;

use std::sync::Arc;

use axum::routing::get;
use axum::{Extension, Router};
use cloud_contracts::Prices;
use cloud_kernel::{Kernel, MenuItem, Module};

/// The module.
pub struct FacilitiesModule {
    prices: Arc<dyn Prices>,
}

impl FacilitiesModule {
    /// The module, with the prices that its list shows.
    pub fn new(prices: Arc<dyn Prices>) -> Self {
        Self { prices }
    }
}

impl Module for FacilitiesModule {
    fn name(&self) -> &'static str {
        "facilities"
    }

    fn routes(&self) -> Router<Kernel> {
        Router::new().route("/facilities", get(pages::start::show)).layer(Extension(Arc::clone(&self.prices)))
    }

    fn menu(&self) -> Vec<MenuItem> {
        vec![MenuItem { text: "facilities-title", path: "/facilities", role: None }]
    }
}
