//! Booking: the schedule, taking a time, the booking's own page, the officer's day.
//!
//! **Invariant:** two bookings never take the same part at the same time, whatever path writes: every write
//! goes through [`store`], and the table's exclusion constraint stands behind it.
//! **Invariant:** public pages name associations and the municipality's own units, and nobody else; what a booking is
//! for they tell by a word of ours. Codes are read for those who may enter, and each reading is audited.
//!
//! Driven by `cloud-app`, which hands over the other modules' ports. A tenant without the access module books
//! all the same: its [`Access`] answers that there are no doors.

mod api;
mod availability;
mod book;
mod booked_times;
mod change;
mod closures;
mod contacts;
mod desk;
mod enquiries;
mod extras;
mod freed;
mod guests;
mod hold;
mod import;
mod mass;
mod pages;
mod place;
mod places;
mod port;
mod records;
mod refused;
mod run_out;
mod split;
mod store;
mod terms;

pub use availability::FreeTimes;
pub use booked_times::CalendarTimes;
pub use contacts::import as import_contacts;
pub use desk::Desk;
pub use import::import;
pub use port::{BookingAnswers, PartRegister};
pub use records::BookingRecords;

use std::sync::Arc;

use async_trait::async_trait;
use axum::routing::{get, post};
use axum::{Extension, Router};
use cloud_contracts::{
    Access, Closures, CustomerHidden, Customers, CustomersMerged, Facilities, Faults, Offline, Prices,
    PublicNames, ResourceClosed, ResourceOpened,
};
use cloud_kernel::{
    Again, Delivery, Event as _, HandlerError, Job, Kernel, MenuItem, Module, Role, TenantTx,
};
use tokio::sync::Semaphore;

/// Confirmation pages that listen for the door at once, at most: each asks the database every two seconds. One
/// more is told to come back later, and shows what it knew when it was opened.
const LIVE_PAGES_MAX: usize = 512;

/// The other modules, as booking asks them.
#[derive(Clone)]
pub struct Ports {
    /// What can be booked.
    pub facilities: Arc<dyn Facilities>,
    /// What closes and opens it.
    pub closures: Arc<dyn Closures>,
    /// For whom.
    pub customers: Arc<dyn Customers>,
    /// Who may be named to everybody.
    pub names: Arc<dyn PublicNames>,
    /// At what price.
    pub prices: Arc<dyn Prices>,
    /// What opens the doors.
    pub access: Arc<dyn Access>,
    /// What opens the doors of a hall that cannot be told.
    pub offline: Arc<dyn Offline>,
    /// What is wrong on site.
    pub faults: Arc<dyn Faults>,
}

/// The module.
pub struct Booking {
    ports: Ports,
    live_pages: Arc<Semaphore>,
    schedule_pages: pages::schedule::SchedulePages,
}

impl Booking {
    /// The module over the others' ports.
    pub fn new(ports: Ports) -> Self {
        let live_pages = Arc::new(Semaphore::new(LIVE_PAGES_MAX));
        Self { ports, live_pages, schedule_pages: pages::schedule::SchedulePages::default() }
    }
}

#[async_trait]
impl Module for Booking {
    fn name(&self) -> &'static str {
        "booking"
    }

    fn routes(&self) -> Router<Kernel> {
        Router::new()
            .route("/facilities/{slug}", get(pages::schedule::show))
            .route("/facilities/{slug}/rules", get(pages::rules::explain::explain))
            .route("/authorities/{slug}/rules", get(pages::rules::explain::explain_authority))
            .route("/rules", get(pages::rules::list::show))
            .route("/rules/of", get(pages::rules::list::of))
            .route("/rules/edit", get(pages::rules::form::show).post(pages::rules::form::send))
            .route("/rules/remove", post(pages::rules::list::remove))
            .route("/rules/history", get(pages::rules::history::show))
            .route("/rules/restore", get(pages::rules::history::ask).post(pages::rules::history::restore))
            .route("/rules/file", get(pages::rules::file::show).post(pages::rules::file::send))
            .route("/rules/rules.toml", get(pages::rules::file::download))
            .route("/facilities/{slug}/live", get(pages::schedule::stream))
            .route("/schedule", get(pages::schedule::show_side_by_side))
            .route("/schedule/live", get(pages::schedule::stream_side_by_side))
            .route("/embed/schedule/{slug}", get(pages::schedule::show_embedded))
            .route("/embed/schedule/{slug}/live", get(pages::schedule::stream_embedded))
            .route("/screens/{slug}", get(pages::screens::show))
            .route("/book", get(pages::book::form).post(pages::book::send))
            .route("/book/several", get(pages::several::show).post(pages::several::send))
            .route("/bookings", get(pages::mine::show))
            .route("/bookings/{id}", get(pages::booking::show))
            .route("/bookings/{id}/hold", get(pages::hold::show).post(pages::hold::press))
            .route("/bookings/{id}/change", get(pages::change::show).post(pages::change::carry_out))
            .route("/bookings/{id}/times/{time}", get(pages::change::one).post(pages::change::move_one))
            .route(
                "/bookings/{id}/accessories",
                get(pages::accessories::show).post(pages::accessories::choose),
            )
            .route("/bookings/{id}/decide", get(pages::requests::ask).post(pages::requests::decide))
            .route("/bookings/{id}/notes", post(pages::requests::note))
            .route("/bookings/{id}/cancel", get(pages::cancel::ask).post(pages::cancel::carry_out))
            .route("/bookings/{id}/access/live", get(pages::live::stream))
            .route("/bookings/{id}/access/offline", get(pages::offline::codes))
            .route("/bookings/{id}/qr", get(pages::qr::show))
            .route("/bookings/{id}/guests", get(pages::guests::show).post(pages::guests::add))
            .route("/bookings/{id}/guests/{guest}/take-back", post(pages::guests::remove))
            .route("/bookings/{id}/thread", get(pages::thread::show).post(pages::thread::write))
            .route("/bookings/{id}/told", get(pages::told::show).post(pages::told::choose))
            .route("/enquiries", post(pages::enquiry::send))
            .route("/enquiries/new", get(pages::enquiry::new))
            .route("/enquiries/{id}", get(pages::enquiry::show))
            .route("/enquiries/{id}/messages", post(pages::enquiry::write))
            .route("/enquiries/{id}/close", post(pages::enquiry::close))
            .route("/enquiries/{id}/book", post(pages::enquiry::book))
            .route("/contacts", get(pages::contacts::list).post(pages::contacts::create))
            .route("/contacts/new", get(pages::contacts::new))
            .route("/contacts/{id}", get(pages::contacts::edit).post(pages::contacts::update))
            .route("/contacts/{id}/remove", post(pages::contacts::remove))
            .route("/bookings/{id}/codes", post(pages::guests::codes))
            .route("/bookings/{id}/calendar.ics", get(pages::calendar::file))
            .route("/desk", get(pages::desk::show))
            .route("/desk/requests", get(pages::requests::show))
            .route("/delegations", get(pages::delegations::show).post(pages::delegations::send))
            .route("/delegations/{id}/{way}", post(pages::delegations::turn))
            .route("/decisions", get(pages::delegations::report))
            .route("/desk/many", get(pages::many::choose::show))
            .route("/desk/many/preview", post(pages::many::preview::show))
            .route("/desk/many/carry-out", post(pages::many::preview::carry_out))
            .route("/desk/many/{id}", get(pages::many::done::show))
            .route("/desk/many/{id}/undo", post(pages::many::done::undo_it))
            .route("/desk/many/{id}/tell", post(pages::many::done::tell))
            .route("/bookings/{id}/offers/{time}", post(pages::offers::answer))
            .route("/api/unstable/bookings", post(api::bookings::create).layer(api::bookings::body_limit()))
            .layer(Extension(self.ports.clone()))
            .layer(Extension(Arc::clone(&self.live_pages)))
            .layer(Extension(self.schedule_pages.clone()))
    }

    fn menu(&self) -> Vec<MenuItem> {
        vec![
            MenuItem { text: "booking-mine-title", path: "/bookings", role: None },
            MenuItem { text: "booking-day-title", path: "/desk", role: Some(Role::Officer) },
            MenuItem { text: "booking-day-title", path: "/desk", role: Some(Role::Caretaker) },
            MenuItem { text: "booking-requests-title", path: "/desk/requests", role: Some(Role::Officer) },
            MenuItem { text: "booking-many-title", path: "/desk/many", role: Some(Role::Officer) },
            MenuItem { text: "contacts-title", path: "/contacts", role: Some(Role::Officer) },
            MenuItem { text: "contacts-title", path: "/contacts", role: Some(Role::Administrator) },
            MenuItem { text: "booking-decisions-title", path: "/decisions", role: Some(Role::Officer) },
            MenuItem {
                text: "booking-delegation-title",
                path: "/delegations",
                role: Some(Role::Administrator),
            },
            MenuItem { text: "booking-rules-list-title", path: "/rules", role: Some(Role::Administrator) },
        ]
    }

    fn subscriptions(&self) -> &'static [&'static str] {
        &[ResourceClosed::KIND, ResourceOpened::KIND, CustomersMerged::KIND, CustomerHidden::KIND]
    }

    async fn on_event(&self, tx: &mut TenantTx, delivery: &Delivery) -> Result<(), HandlerError> {
        if let Some(event) = delivery.read::<ResourceClosed>() {
            return closures::on_closed(tx, &self.ports, &event?).await;
        }
        if let Some(event) = delivery.read::<ResourceOpened>() {
            return closures::on_opened(tx, &event?).await;
        }
        if let Some(event) = delivery.read::<CustomersMerged>() {
            store::customers::merge(tx, &event?).await?;
        }
        if let Some(event) = delivery.read::<CustomerHidden>() {
            store::customers::hide(tx, &event?).await?;
        }
        Ok(())
    }

    async fn on_job(&self, tx: &mut TenantTx, job: &Job) -> Result<Again, HandlerError> {
        match job.kind.as_str() {
            mass::settle::SETTLE => mass::settle::on_settle(tx, &job.key).await,
            mass::settle::OFFERS_END => mass::settle::on_offers_end(tx, &self.ports, &job.key).await,
            closures::NEAR => closures::on_job(tx, &self.ports, &job.key, true).await,
            closures::TELL => closures::on_job(tx, &self.ports, &job.key, false).await,
            run_out::ENDS => run_out::on_end(tx, &job.key).await,
            run_out::ERASE => run_out::on_erase(tx).await,
            _ => Ok(Again::Never),
        }
    }
}
