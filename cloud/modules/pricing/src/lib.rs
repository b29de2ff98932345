//! Pricing: price lists as they were decided, and what a span costs by them.
//!
//! **Invariant:** where the list is silent there is no price; nothing is free by omission.
//! **Invariant:** a list is kept when another follows it: what something cost on a date can be said afterwards.
//!
//! Driven by `cloud-app`, which hands [`PriceList`] to the modules that ask.

mod import;
mod pages;
mod port;
mod store;

pub use import::import;
pub use port::PriceList;

use std::sync::Arc;

use axum::routing::get;
use axum::{Extension, Router};
use cloud_contracts::Facilities;
use cloud_kernel::{Kernel, MenuItem, Module};

/// The module.
pub struct PricingModule {
    facilities: Arc<dyn Facilities>,
}

impl PricingModule {
    /// The module, with the register that its page names halls by.
    pub fn new(facilities: Arc<dyn Facilities>) -> Self {
        Self { facilities }
    }
}

impl Module for PricingModule {
    fn name(&self) -> &'static str {
        "pricing"
    }

    fn routes(&self) -> Router<Kernel> {
        Router::new()
            .route("/prices", get(pages::prices::show))
            .layer(Extension(Arc::clone(&self.facilities)))
    }

    fn menu(&self) -> Vec<MenuItem> {
        vec![MenuItem { text: "pricing-title", path: "/prices", role: None }]
    }
}
