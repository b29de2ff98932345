//! Faults: people who are there say what is wrong, without signing in; the caretaker sees to it.
//!
//! ```text
//! QR label ──▶ report, with a photo ──▶ fault ──▶ taken, mended ──▶ FaultAnswered ──▶ a letter, where one is wanted
//!                                         └──▶ closes what can be booked, and opens it again
//! ```
//!
//! **Invariant:** what people write and their photos are read by the staff who look after the facility, and by nobody
//! else; everybody else reads of what sort a fault is.
//! **Invariant:** of somebody who reports, nothing is kept but what they write, and that for a season.
//!
//! Driven by `cloud-app`, which hands over the other modules' ports.

mod handling;
mod pages;
mod port;
mod reporting;
mod store;
#[cfg(test)]
mod tests;

pub use port::FaultAnswers;

use std::sync::Arc;

use async_trait::async_trait;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use axum::{Extension, Router};
use cloud_contracts::{BookedTimes, Closures, Facilities};
use cloud_kernel::{Again, HandlerError, Job, Kernel, MenuItem, Module, Role, TenantTx};
use cloud_photos::{Studio, UPLOAD_BYTES_MAX};

/// The module's name, as tenants list it.
const NAME: &str = "faults";
/// The job that forgets what people wrote; its key is [`ALL`].
const FORGET: &str = "faults.forget";
/// The only key of that: one job a municipality.
const ALL: &str = "all";

/// The other modules, as faults ask them.
#[derive(Clone)]
pub struct Ports {
    /// Where something can be wrong.
    pub facilities: Arc<dyn Facilities>,
    /// What closes and opens it.
    pub closures: Arc<dyn Closures>,
    /// Who had a time where.
    pub times: Arc<dyn BookedTimes>,
}

/// The module.
pub struct FaultsModule {
    ports: Ports,
    photos: Studio,
}

impl FaultsModule {
    /// The module over the others' ports, with the studio in which photos are drawn.
    pub fn new(ports: Ports, photos: Studio) -> Self {
        Self { ports, photos }
    }
}

#[async_trait]
impl Module for FaultsModule {
    fn name(&self) -> &'static str {
        NAME
    }

    fn routes(&self) -> Router<Kernel> {
        let with_photo = || DefaultBodyLimit::max(UPLOAD_BYTES_MAX);
        Router::new()
            .route("/report/{slug}", get(pages::report::at_facility))
            .route("/report/{slug}", post(pages::report::send_at_facility).layer(with_photo()))
            .route("/report/{slug}/{place}", get(pages::report::at_place))
            .route("/report/{slug}/{place}", post(pages::report::send_at_place).layer(with_photo()))
            .route("/reports/{report}/{proof}", get(pages::receipt::show))
            .route("/grades", get(pages::grades::show).post(pages::grades::grade))
            .route("/faults", get(pages::list::show))
            .route("/faults/places/{slug}", get(pages::places::show).post(pages::places::make))
            .route("/faults/places/{slug}/remove", post(pages::places::remove))
            .route("/faults/places/{slug}/restore", post(pages::places::restore))
            .route("/faults/places/{slug}/labels", get(pages::labels::show))
            .route("/faults/{id}", get(pages::fault::show))
            .route("/faults/{id}/step", post(pages::fault::step))
            .route("/faults/{id}/note", post(pages::fault::note))
            .route("/faults/{id}/join", post(pages::fault::join))
            .route("/faults/{id}/close", post(pages::fault::close))
            .route("/faults/{id}/open", post(pages::fault::open))
            .route("/faults/{id}/photos/{report}/{width}", get(pages::fault::photo))
            .layer(Extension(self.ports.clone()))
            .layer(Extension(self.photos.clone()))
    }

    fn menu(&self) -> Vec<MenuItem> {
        [Role::Caretaker, Role::Officer, Role::Administrator]
            .map(|role| MenuItem { text: "faults-title", path: "/faults", role: Some(role) })
            .to_vec()
    }

    async fn on_job(&self, tx: &mut TenantTx, job: &Job) -> Result<Again, HandlerError> {
        match job.kind.as_str() {
            FORGET => reporting::forget(tx).await,
            _ => Ok(Again::Never),
        }
    }
}
