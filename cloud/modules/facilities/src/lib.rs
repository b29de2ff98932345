//! Facilities: the register of what can be booked, its public pages, and the pages on which it is maintained.
//!
//! **Invariant:** a part, once made, keeps its id, and a resource keeps its parts while times from now on are booked on
//! it.
//! **Invariant:** nothing here keeps what is booked; how much is free is asked for when a page shows it. Parts and stock are made known to booking through its
//! [`SpaceRegister`](cloud_contracts::SpaceRegister), in the transaction that makes them.
//!
//! Driven by `cloud-app`, which hands [`FacilityRegister`] to the modules that ask.

mod affected;
mod api;
mod change;
mod closing;
mod import;
mod pages;
mod port;
mod removal;
mod store;

pub use change::Outcome;
pub use import::{FileError, Format, Report, ReportLine, import, read_file};
pub use port::FacilityRegister;

use std::sync::Arc;

use async_trait::async_trait;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use axum::{Extension, Router};
use cloud_contracts::{Availability, Customers, CustomersMerged, Prices, SpaceRegister};
use cloud_kernel::{Delivery, Event as _, HandlerError, Kernel, MenuItem, Module, Role, TenantTx};
use cloud_photos::{Studio, UPLOAD_BYTES_MAX};
use cloud_ui::Tiles;

use crate::pages::{about, closures, photos, register, start};

/// What the module asks of others.
#[derive(Clone)]
pub struct Ports {
    /// What an hour costs.
    pub prices: Arc<dyn Prices>,
    /// Booking's rows of parts and stock.
    pub space: Arc<dyn SpaceRegister>,
    /// Who acts for the owner of a facility, and for whom somebody looks.
    pub customers: Arc<dyn Customers>,
    /// How much of what can be booked is free.
    pub availability: Arc<dyn Availability>,
}

/// The module.
pub struct FacilitiesModule {
    ports: Ports,
    photos: Studio,
    tiles: Option<Tiles>,
}

impl FacilitiesModule {
    /// The module, with what it asks of others.
    pub fn new(ports: Ports) -> Self {
        Self { ports, photos: Studio::default(), tiles: None }
    }

    /// With the studio in which photos are drawn, where others have theirs drawn too.
    #[must_use]
    pub fn with_studio(self, photos: Studio) -> Self {
        Self { photos, ..self }
    }

    /// With the pictures that the maps of its pages are drawn on; without them there are no maps.
    #[must_use]
    pub fn with_tiles(self, tiles: Option<Tiles>) -> Self {
        Self { tiles, ..self }
    }
}

#[async_trait]
impl Module for FacilitiesModule {
    fn name(&self) -> &'static str {
        "facilities"
    }

    fn routes(&self) -> Router<Kernel> {
        let large = |bytes: usize| DefaultBodyLimit::max(bytes);
        Router::new()
            .route("/facilities", get(start::show))
            .route("/facilities/{slug}/about", get(about::facility))
            .route("/facilities/{slug}/{resource}", get(about::resource))
            .route("/photos/{photo}/{width}", get(photos::image))
            .route("/open-data", get(api::open_data::index))
            .route("/open-data/facilities.json", get(api::open_data::json))
            .route("/open-data/facilities.geojson", get(api::open_data::geojson))
            .route("/open-data/facilities.csv", get(api::open_data::csv))
            .route("/open-data/closures.csv", get(api::open_data::closures))
            .route("/closures", get(closures::show))
            .route("/closures/{slug}/close", post(closures::close))
            .route("/closures/{slug}/open", post(closures::open))
            .route("/register", get(register::list::show))
            .route("/register/new", get(register::facility::new).post(register::facility::make))
            .route("/register/school-year", get(register::school::show).post(register::school::add))
            .route("/register/school-year/remove", post(register::school::remove))
            .route("/register/import", get(register::import::show))
            .route(
                "/register/import",
                post(register::import::send).layer(large(register::import::BODY_BYTES_MAX)),
            )
            .route("/register/{slug}", get(register::facility::show).post(register::facility::save))
            .route(
                "/register/{slug}/remove",
                get(register::removal::ask_facility).post(register::removal::facility),
            )
            .route(
                "/register/{slug}/resources/{resource}/remove",
                get(register::removal::ask_resource).post(register::removal::resource),
            )
            .route("/register/{slug}/hours", get(register::hours::show).post(register::hours::add))
            .route("/register/{slug}/hours/remove", post(register::hours::remove))
            .route("/register/{slug}/exceptions", post(register::hours::add_exception))
            .route("/register/{slug}/exceptions/remove", post(register::hours::remove_exception))
            .route("/register/{slug}/closures", get(register::closures::show).post(register::closures::add))
            .route(
                "/register/{slug}/equipment",
                get(register::equipment::show).post(register::equipment::save),
            )
            .route("/register/{slug}/resources", get(register::resource::new).post(register::resource::make))
            .route(
                "/register/{slug}/resources/{resource}",
                get(register::resource::show).post(register::resource::save),
            )
            .route("/register/{slug}/history", get(register::history::show))
            .route(
                "/register/{slug}/history/restore",
                get(register::history::ask).post(register::history::restore),
            )
            .route("/register/{slug}/photos", get(photos::show))
            .route("/register/{slug}/photos", post(photos::send).layer(large(UPLOAD_BYTES_MAX)))
            .route("/register/{slug}/photos/remove", post(photos::remove))
            .layer(Extension(self.ports.clone()))
            .layer(Extension(self.photos.clone()))
            .layer(Extension(self.tiles.clone()))
    }

    fn menu(&self) -> Vec<MenuItem> {
        let item = |text, path, role| MenuItem { text, path, role };
        vec![
            item("facilities-title", "/facilities", None),
            item("facilities-closures-menu", "/closures", Some(Role::Caretaker)),
            item("facilities-closures-menu", "/closures", Some(Role::Officer)),
            item("facilities-closures-menu", "/closures", Some(Role::Administrator)),
            item("facilities-register-menu", "/register", Some(Role::Officer)),
            item("facilities-register-menu", "/register", Some(Role::Administrator)),
        ]
    }

    fn subscriptions(&self) -> &'static [&'static str] {
        &[CustomersMerged::KIND]
    }

    async fn on_event(&self, tx: &mut TenantTx, delivery: &Delivery) -> Result<(), HandlerError> {
        if let Some(event) = delivery.read::<CustomersMerged>() {
            store::owner::merge(tx, &event?).await?;
        }
        Ok(())
    }
}
