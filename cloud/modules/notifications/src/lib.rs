//! Notifications: tells people what became of their bookings.
//!
//! ```text
//! event ──▶ queued ──job──▶ sent
//!   │          ├──────────▶ failed     the relay will never take it
//!   └──────────┴──────────▶ not_sent   no relay, no address, or overtaken by a cancellation
//! ```
//!
//! A message is recorded with the event and sent by a job of its booking, one after the other, so that a
//! cancellation never arrives before what it cancels. A relay that is away is tried again, with the same
//! message id: a message arrives at least once, and mailboxes know a copy.
//!
//! **Invariant:** a door's code stands in the body of a confirmation and nowhere else: not in subjects,
//! calendars, tables or logs.
//!
//! Wired by `cloud-app`, which names the relay ([`Mail`]) and hands over the ports.

mod letter;
mod relay;
mod store;
#[cfg(test)]
mod tests;

pub use relay::{Mail, MailError, MailSecurity};

use std::sync::Arc;

use async_trait::async_trait;
use axum::Router;
use cloud_contracts::{
    Access, BookingCancelled, BookingChanged, BookingConfirmed, BookingMet, BookingRearranged,
    BookingRefused, BookingRequested, BookingSummary, Bookings, Facilities, Facility, OccurrenceSummary,
    PortError,
};
use cloud_kernel::telemetry::{Story, figures};
use cloud_kernel::{Actor, Again, Delivery, Event as _, HandlerError, Job, Kernel, Module, Tenant, TenantTx};
use cloud_ui::{Lang, When};
use jiff::Timestamp;
use protocols_ids::{BookingId, Uuid};

use self::letter::{About, Letter, TimeTold, Told};
use self::relay::{Outcome, Relay};
use self::store::{Kind, Message, Settled};

/// The module's name, as tenants list it.
const NAME: &str = "notifications";
/// The job that sends what is queued about one booking; its key is the booking's id.
const SEND: &str = "notifications.send";

/// What the module asks of others.
#[derive(Clone)]
pub struct Ports {
    /// Which booking.
    pub bookings: Arc<dyn Bookings>,
    /// Where.
    pub facilities: Arc<dyn Facilities>,
    /// What opens the doors.
    pub access: Arc<dyn Access>,
}

/// The module: messages about bookings, by mail.
pub struct NotificationsModule {
    relay: Option<Relay>,
    ports: Ports,
}

impl NotificationsModule {
    /// The module with the city's relay; without one, messages are recorded as not sent. Nothing is connected
    /// to yet.
    pub fn new(mail: Option<Mail>, ports: Ports) -> Result<Self, MailError> {
        Ok(Self { relay: mail.map(Relay::new).transpose()?, ports })
    }

    /// Records the message of an event, and has it sent.
    async fn record(&self, tx: &mut TenantTx, kind: Kind, booking: BookingId) -> Result<(), HandlerError> {
        self.record_about(tx, kind, None, booking).await
    }

    /// The same of a message about a change of many or a closure.
    async fn record_about(
        &self,
        tx: &mut TenantTx,
        kind: Kind,
        about: Option<Uuid>,
        booking: BookingId,
    ) -> Result<(), HandlerError> {
        let summary = self.ports.bookings.summary(tx, booking).await.map_err(port_error)?;
        let Some(summary) = summary else {
            tracing::warn!(%booking, "event about a booking that does not exist");
            return Ok(());
        };
        let recipient = tx.contact(summary.booker).await?.and_then(|contact| contact.email);
        let settled = match (&self.relay, &recipient) {
            (None, _) => Some(Settled::NotSent("no mail relay")),
            (_, None) => Some(Settled::NotSent("the person has given no address")),
            (Some(_), Some(_)) => None,
        };
        let (person, to) = (summary.booker, recipient.as_deref());
        let new = match about {
            Some(about) => store::record_about(tx, (kind, about), booking, person, to, settled).await?,
            None => store::record(tx, kind, booking, person, to, settled).await?,
        };
        match settled {
            Some(settled) if new => tell(tx, booking, kind, settled),
            None if new => {
                let now = tx.now();
                tx.enqueue(NAME, SEND, &booking.to_string(), now).await?;
            }
            Some(_) | None => {}
        }
        Ok(())
    }

    /// Sends the oldest message that waits about the booking. False when none does.
    async fn send_next(&self, tx: &mut TenantTx, booking: BookingId) -> Result<bool, HandlerError> {
        let Some(message) = store::next_queued(tx, booking).await? else { return Ok(false) };
        let summary = self.ports.bookings.summary(tx, booking).await.map_err(port_error)?;
        let settled = match (&self.relay, summary) {
            (None, _) => Settled::NotSent("no mail relay"),
            (_, None) => Settled::NotSent("the booking does not exist"),
            (_, Some(summary)) if summary.cancelled && message.kind.is_of_what_goes_on() => {
                Settled::NotSent("cancelled before it was sent")
            }
            (Some(relay), Some(summary)) => self.send(tx, relay, &message, &summary).await?,
        };
        store::settle(tx, message.id, settled).await?;
        tell(tx, booking, message.kind, settled);
        Ok(true)
    }

    async fn send(
        &self,
        tx: &mut TenantTx,
        relay: &Relay,
        message: &Message,
        summary: &BookingSummary,
    ) -> Result<Settled, HandlerError> {
        let kernel = tx.kernel().clone();
        let Some(tenant) = kernel.directory().by_id(tx.tenant(), tx.now()).await? else {
            return Ok(Settled::NotSent("the tenant has no address"));
        };
        let told = self.told(tx, message, summary, &tenant).await?;
        if told.code.is_some() {
            let nothing = serde_json::json!({});
            tx.audit(Actor::Service(NAME), "notifications.code_told", Some(summary.id.uuid()), &nothing)
                .await?;
        }
        let letter = Letter::write(message.kind, &told);
        let id = format!("<{}@{}>", message.id, tenant.host);
        match relay.send(&id, &tenant.name, &message.recipient, tx.now(), &letter).await {
            Outcome::Taken => Ok(Settled::Sent),
            Outcome::Refused(reason) => Ok(Settled::Failed(reason)),
            Outcome::Later(source) => {
                figures::MAILS.count(&["later"]);
                Err(HandlerError::Outside { what: format!("message {} not handed over", message.id), source })
            }
        }
    }

    /// What a letter about the booking tells.
    async fn told(
        &self,
        tx: &mut TenantTx,
        message: &Message,
        summary: &BookingSummary,
        tenant: &Tenant,
    ) -> Result<Told, HandlerError> {
        let lang = message.lang;
        let access = match message.kind {
            Kind::Confirmed | Kind::Changed => {
                self.ports.access.of_booking(tx, summary.id, true).await.map_err(port_error)?
            }
            Kind::Requested
            | Kind::Refused
            | Kind::Cancelled
            | Kind::Rearranged
            | Kind::Closed
            | Kind::Opened => None,
        };
        let service = tx.kernel().service().clone();
        let mut times = Vec::new();
        for occurrence in &summary.occurrences {
            let facility =
                self.ports.facilities.of_resource(tx, occurrence.resource).await.map_err(port_error)?;
            let zone = facility.as_ref().map_or_else(|| tenant.time_zone.clone(), |f| f.time_zone.clone());
            let place = facility.as_ref().map(|facility| {
                let resource = facility.resources.iter().find(|r| r.id == occurrence.resource);
                resource.map_or_else(|| facility.name.clone(), |r| format!("{}, {}", facility.name, r.name))
            });
            times.push(TimeTold {
                uid: format!("{}@{}", occurrence.id, tenant.host),
                starts_at: occurrence.starts_at,
                ends_at: occurrence.ends_at,
                when: When { lang, zone, now: tx.now() },
                place: place.unwrap_or_default(),
                address: facility.and_then(|facility| facility.address),
            });
        }
        Ok(Told {
            lang,
            tenant: tenant.name.clone(),
            home: service.url(&tenant.host, "/"),
            number: summary.number,
            reason: summary.decision_reason.clone().unwrap_or_default(),
            about: self.about(tx, message, summary, tenant).await?,
            page: service.url(&tenant.host, &format!("/bookings/{}", summary.id)),
            code_span: access.as_ref().and_then(|access| Some((access.opens_at?, access.closes_at?))),
            code: access.and_then(|access| access.pin),
            times,
            now: tx.now(),
        })
    }
}

impl NotificationsModule {
    /// What a message about a change of many or a closure tells beside the booking.
    async fn about(
        &self,
        tx: &mut TenantTx,
        message: &Message,
        summary: &BookingSummary,
        tenant: &Tenant,
    ) -> Result<About, HandlerError> {
        let Some(about) = message.about else { return Ok(About::default()) };
        let facilities = self.ports.facilities.all(tx).await.map_err(port_error)?;
        let says = Says { facilities: &facilities, lang: message.lang, tenant, now: tx.now() };
        if message.kind == Kind::Rearranged {
            let found = self.ports.bookings.rearranged(tx, summary.id, about).await.map_err(port_error)?;
            let Some(found) = found else { return Ok(About::default()) };
            let offered =
                found.offered.iter().map(|(time, until)| (says.time(time), says.moment(time, *until)));
            return Ok(About {
                gone: found.gone.iter().map(|time| says.time(time)).collect(),
                came: found.came.iter().map(|time| says.time(time)).collect(),
                offered: offered.collect(),
                reason: found.reason,
            });
        }
        let closure = facilities.iter().flat_map(|one| &one.closures).find(|one| one.id.uuid() == about);
        let reason = closure.map(|closure| closure.reason.clone()).unwrap_or_default();
        Ok(About { reason, ..About::default() })
    }
}

/// Says times of places.
struct Says<'a> {
    facilities: &'a [Facility],
    lang: Lang,
    tenant: &'a Tenant,
    now: Timestamp,
}

impl Says<'_> {
    fn place(&self, time: &OccurrenceSummary) -> Option<&Facility> {
        self.facilities.iter().find(|facility| facility.resource(time.resource).is_some())
    }

    fn when(&self, time: &OccurrenceSummary) -> When {
        let zone =
            self.place(time).map_or_else(|| self.tenant.time_zone.clone(), |one| one.time_zone.clone());
        When { lang: self.lang, zone, now: self.now }
    }

    fn time(&self, time: &OccurrenceSummary) -> String {
        let when = self.when(time).span(time.starts_at, time.ends_at);
        let known = self.place(time).and_then(|place| Some((place, place.resource(time.resource)?)));
        match known {
            Some((place, resource)) => format!("{when}, {}, {}", place.name, resource.name),
            None => when,
        }
    }

    fn moment(&self, time: &OccurrenceSummary, at: Timestamp) -> String {
        self.when(time).day_and_clock(at)
    }
}

/// Counts a message that is settled, and tells it as a step of its booking's story.
fn tell(tx: &mut TenantTx, booking: BookingId, kind: Kind, settled: Settled) {
    figures::MAILS.count(&[settled.status()]);
    let (story, began, ended) = (Story::of(booking.uuid()), tx.now(), tx.kernel().now());
    let step = ("mail", kind.as_str());
    tx.span(story.goes_on(step, story.root(), began, ended).with("hallport.outcome", settled.status()));
}

fn port_error(error: PortError) -> HandlerError {
    HandlerError::Outside { what: "another module's answer".to_owned(), source: error.into() }
}

#[async_trait]
impl Module for NotificationsModule {
    fn name(&self) -> &'static str {
        NAME
    }

    fn routes(&self) -> Router<Kernel> {
        Router::new()
    }

    fn subscriptions(&self) -> &'static [&'static str] {
        &[
            BookingRequested::KIND,
            BookingConfirmed::KIND,
            BookingRefused::KIND,
            BookingChanged::KIND,
            BookingCancelled::KIND,
            BookingRearranged::KIND,
            BookingMet::KIND,
        ]
    }

    async fn on_event(&self, tx: &mut TenantTx, delivery: &Delivery) -> Result<(), HandlerError> {
        if let Some(event) = delivery.read::<BookingConfirmed>() {
            return self.record(tx, Kind::Confirmed, event?.booking).await;
        }
        if let Some(event) = delivery.read::<BookingRequested>() {
            return self.record(tx, Kind::Requested, event?.booking).await;
        }
        if let Some(event) = delivery.read::<BookingRefused>() {
            return self.record(tx, Kind::Refused, event?.booking).await;
        }
        if let Some(event) = delivery.read::<BookingChanged>() {
            return self.record(tx, Kind::Changed, event?.booking).await;
        }
        if let Some(event) = delivery.read::<BookingCancelled>() {
            return self.record(tx, Kind::Cancelled, event?.booking).await;
        }
        if let Some(event) = delivery.read::<BookingRearranged>() {
            let event = event?;
            return self.record_about(tx, Kind::Rearranged, Some(event.change), event.booking).await;
        }
        if let Some(event) = delivery.read::<BookingMet>() {
            let event = event?;
            let kind = if event.open { Kind::Opened } else { Kind::Closed };
            return self.record_about(tx, kind, Some(event.closure.uuid()), event.booking).await;
        }
        Ok(())
    }

    async fn on_job(&self, tx: &mut TenantTx, job: &Job) -> Result<Again, HandlerError> {
        let booking = job.key.parse().map_err(|error: protocols_ids::ParseError| HandlerError::Outside {
            what: format!("the job's key {:?} names no booking", job.key),
            source: error.into(),
        })?;
        // One message a transaction: what was handed over is never rolled back by the next one's failure.
        let sent = self.send_next(tx, booking).await?;
        Ok(if sent { Again::At(tx.now()) } else { Again::Never })
    }
}

impl Kind {
    /// How calendars tell changes of the same time apart.
    const fn sequence(self) -> u32 {
        match self {
            Self::Requested
            | Self::Confirmed
            | Self::Changed
            | Self::Rearranged
            | Self::Closed
            | Self::Opened => 0,
            Self::Refused | Self::Cancelled => 1,
        }
    }

    /// Whether it is about a booking that goes on, so that it is false once the booking does not.
    const fn is_of_what_goes_on(self) -> bool {
        match self {
            Self::Requested | Self::Confirmed | Self::Changed | Self::Closed | Self::Opened => true,
            // What a change of many took away altogether is told too, with what is offered instead.
            Self::Refused | Self::Cancelled | Self::Rearranged => false,
        }
    }
}

/// The language of a person, as the kernel stores it.
fn lang(code: &str) -> Lang {
    Lang::parse(code).unwrap_or_default()
}
