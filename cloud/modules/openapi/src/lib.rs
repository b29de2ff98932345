//! The interface for programs: calendars that read somebody's times, and the open API with its clients and tokens.
//!
//! **Invariant:** no code that opens a door passes through here, and no name that the public schedule does not say
//! reaches anybody but whose it is.
//! **Invariant:** secrets are shown once, when they are made, and lie as hashes.
//! **Invariant:** nothing is booked here: booking does it, through [`BookingDesk`], by the rules that people meet.
//!
//! Driven by `cloud-app`, which hands over the other modules' ports.

mod acting;
mod api;
mod feed;
mod limits;
mod pages;
mod records;
mod store;
mod webhooks;

pub use acting::ClientCustomers;
pub use records::ProgramRecords;
pub use webhooks::Receivers;

use std::sync::Arc;

use async_trait::async_trait;
use axum::routing::{get, post};
use axum::{Extension, Router};
use cloud_contracts::{
    Availability, BookedTimes, BookingDesk, Bookings, CustomerBook, Customers, Facilities, PublicNames,
};
use cloud_kernel::{Delivery, HandlerError, Kernel, MenuItem, Module, Role, TenantTx};

use crate::api::feeds::PublicFeeds;
use crate::limits::Limits;

/// Characters of a secret at most: ours have fewer, and longer ones need not be hashed to be known as nobody's.
const SECRET_CHARS_MAX: usize = 64;
/// What our tokens begin with, so that whoever finds one in a repository knows what it is.
const TOKEN_PREFIX: &str = "hpt_";
/// The same for clients' secrets.
const SECRET_PREFIX: &str = "hps_";

fn new_token(kernel: &Kernel) -> String {
    format!("{TOKEN_PREFIX}{}", kernel.random().token())
}

fn new_secret(kernel: &Kernel) -> String {
    format!("{SECRET_PREFIX}{}", kernel.random().token())
}

/// The other modules, as programs ask them.
#[derive(Clone)]
pub struct Ports {
    /// What can be booked.
    pub facilities: Arc<dyn Facilities>,
    /// What is free.
    pub availability: Arc<dyn Availability>,
    /// For whom somebody acts.
    pub customers: Arc<dyn Customers>,
    /// Whom there is to act for.
    pub book: Arc<dyn CustomerBook>,
    /// Who may be named to everybody.
    pub names: Arc<dyn PublicNames>,
    /// What is booked.
    pub times: Arc<dyn BookedTimes>,
    /// What became of a booking.
    pub bookings: Arc<dyn Bookings>,
    /// Who books.
    pub desk: Arc<dyn BookingDesk>,
}

/// The module.
pub struct OpenApi {
    ports: Ports,
    feeds: PublicFeeds,
    limits: Arc<Limits>,
    receivers: Receivers,
}

impl OpenApi {
    /// The module over the others' ports.
    pub fn new(ports: Ports) -> Self {
        Self { ports, feeds: PublicFeeds::default(), limits: Arc::default(), receivers: Receivers::default() }
    }

    /// The module with other receivers of messages than those on the open internet.
    #[must_use]
    pub fn with_receivers(self, receivers: Receivers) -> Self {
        Self { receivers, ..self }
    }
}

#[async_trait]
impl Module for OpenApi {
    fn name(&self) -> &'static str {
        "openapi"
    }

    fn routes(&self) -> Router<Kernel> {
        Router::new()
            .route("/calendars", get(pages::calendars::show).post(pages::calendars::make))
            .route("/calendars/mine/{id}/renew", post(pages::calendars::renew))
            .route("/calendars/mine/{id}/take-back", post(pages::calendars::take_back))
            .route("/calendars/{secret}/calendar.ics", get(api::feeds::private))
            .route("/facilities/{slug}/calendar", get(pages::facility_calendar::show))
            .route("/facilities/{slug}/calendar.ics", get(api::feeds::facility))
            .route("/facilities/{slug}/{resource}/calendar.ics", get(api::feeds::resource))
            .route("/api", get(pages::guide::show))
            .route("/api/problems/{key}", get(pages::problems::show))
            .route("/api/clients", get(pages::clients::list).post(pages::clients::make))
            .route("/api/clients/new", get(pages::clients::new))
            .route("/api/clients/{id}", get(pages::clients::one).post(pages::clients::save))
            .route("/api/clients/{id}/renew", post(pages::clients::renew))
            .route("/api/clients/{id}/take-back", post(pages::clients::take_back))
            .route("/api/tokens", get(pages::tokens::show).post(pages::tokens::make))
            .route("/api/tokens/{id}/take-back", post(pages::tokens::take_back))
            .merge(api::v1::routes())
            .layer(Extension(self.ports.clone()))
            .layer(Extension(self.feeds.clone()))
            .layer(Extension(Arc::clone(&self.limits)))
            .layer(Extension(self.receivers))
    }

    fn menu(&self) -> Vec<MenuItem> {
        vec![MenuItem {
            text: "openapi-clients-title",
            path: "/api/clients",
            role: Some(Role::Administrator),
        }]
    }

    fn subscriptions(&self) -> &'static [&'static str] {
        &webhooks::SUBSCRIPTIONS
    }

    async fn on_event(&self, tx: &mut TenantTx, delivery: &Delivery) -> Result<(), HandlerError> {
        webhooks::on_event(tx, &self.ports.bookings, self.receivers, delivery).await
    }
}
