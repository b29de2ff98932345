//! Notifications: tells people what became of their bookings, by the channels that they chose.
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
//! **Invariant:** a door's code stands in the body of a letter to the one who enters by it and nowhere else: not in
//! subjects, calendars, tables or logs. A guest is told the guest's own code and no other.
//!
//! **Invariant:** in a short message a code stands only where its holder chose that. An address that a person names is
//! written to once the person has shown that it is theirs.
//!
//! Wired by `cloud-app`, which names the relay ([`Mail`]) and the provider of short messages ([`Sms`]), and hands over the
//! ports.

mod customers;
mod enquiry;
mod fault;
mod happened;
mod letter;
mod pages;
mod person;
mod prove;
mod records;
mod relay;
mod reported;
mod sms;
mod store;
#[cfg(test)]
mod tests;
mod watched;

pub use records::MessageRecords;
pub use relay::{Mail, MailError, MailSecurity};
pub use sms::{Sms, SmsError};

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use axum::routing::{get, post};
use axum::{Extension, Router};
use cloud_contracts::{
    Access, BookingCancelled, BookingChanged, BookingConfirmed, BookingContact, BookingGuest, BookingMet,
    BookingRearranged, BookingRefused, BookingRequested, BookingSummary, BookingWritten, Bookings,
    ContactsChosen, CustomerLetters, CustomerTold, EnquiryTold, Facilities, FaultAnswered, FaultLetters,
    GuestLetIn, GuestTakenBack, PortError, ReportAnswered, ReportLetters, Watches, WatchesFound,
};
use cloud_kernel::telemetry::{Story, figures};
use cloud_kernel::{
    Actor, Again, Delivery, Event as _, HandlerError, Job, Kernel, MenuItem, Module, Role, TenantTx,
};
use cloud_ui::{Lang, When};
use notifications_domain::{Channel, Planned};
use protocols_ids::{BookingId, ContactId, EquipmentId, GuestId, Uuid};

use self::letter::{ForStaff, Letter, TimeTold, Told};
use self::relay::{Outcome, Relay};
use self::sms::Provider;
use self::store::{About, Kind, Message, New, Reader, Settled};

/// The module's name, as tenants list it.
const NAME: &str = "notifications";
/// The job that sends what is queued about one booking by one channel; see [`job_key`].
const SEND: &str = "notifications.send";

/// Why a guest is not told.
const TAKEN_BACK: &str = "taken back before it was sent";

/// Why what nobody carries is not sent.
const NO_RELAY: &str = "no mail relay";
/// The same for short messages.
const NO_PROVIDER: &str = "no provider of short messages";
/// Why somebody who cannot be reached is not told.
const NO_ADDRESS: &str = "the person has given no address";

/// What a job's key begins with where it is about an enquiry.
const ENQUIRY_KEY: &str = "enquiry:";
/// And where it is about the register of customers.
const CUSTOMER_KEY: &str = "customer:";
/// What a job's key begins with where it is about what was found together.
const WATCH_KEY: &str = "watch:";
/// What a job's key begins with where it is about a fault.
const FAULT_KEY: &str = "fault:";
/// What a job's key begins with where it sends short messages.
const SMS_KEY: &str = "sms:";

/// What the module asks of others.
#[derive(Clone)]
pub struct Ports {
    /// Which booking.
    pub bookings: Arc<dyn Bookings>,
    /// Where.
    pub facilities: Arc<dyn Facilities>,
    /// What opens the doors.
    pub access: Arc<dyn Access>,
    /// What is told of the register of customers.
    pub customers: Arc<dyn CustomerLetters>,
    /// Who follows what.
    pub watches: Arc<dyn Watches>,
    /// What is told of faults.
    pub faults: Arc<dyn FaultLetters>,
    /// Who reported that something is hard to use.
    pub reports: Arc<dyn ReportLetters>,
}

/// What carries messages; what is not there carries none, and messages are recorded as not sent.
#[derive(Clone, Debug, Default)]
pub struct Carriers {
    /// The city's relay.
    pub mail: Option<Mail>,
    /// The provider of short messages.
    pub sms: Option<Sms>,
}

/// Why messages cannot be carried this way.
#[derive(Debug, thiserror::Error)]
pub enum CarrierError {
    /// Mail.
    #[error("mail")]
    Mail(#[from] MailError),
    /// Short messages.
    #[error("sms")]
    Sms(#[from] SmsError),
}

/// The module: messages about bookings, by mail and by short message.
pub struct NotificationsModule {
    relay: Option<Relay>,
    provider: Option<Provider>,
    ports: Ports,
}

impl NotificationsModule {
    /// The module with what carries its messages. Nothing is connected to yet.
    pub fn new(carriers: Carriers, ports: Ports) -> Result<Self, CarrierError> {
        Ok(Self {
            relay: carriers.mail.map(Relay::new).transpose()?,
            provider: carriers.sms.map(Provider::new).transpose()?,
            ports,
        })
    }

    /// Whether anything carries messages by a channel; otherwise why they are not sent.
    const fn carries(&self, channel: Channel) -> Result<(), &'static str> {
        match channel {
            Channel::Email if self.relay.is_none() => Err(NO_RELAY),
            Channel::Sms if self.provider.is_none() => Err(NO_PROVIDER),
            Channel::Email | Channel::Sms => Ok(()),
        }
    }

    /// Records the message of an event, and has it sent.
    async fn record(&self, tx: &mut TenantTx, kind: Kind, booking: BookingId) -> Result<(), HandlerError> {
        let summary = self.ports.bookings.summary(tx, booking).await.map_err(port_error)?;
        let Some(summary) = summary else {
            tracing::warn!(%booking, "event about a booking that does not exist");
            return Ok(());
        };
        let starts_at = self.first_concerned(tx, kind, &summary).await?;
        self.record_for_person(tx, (kind, About::Booking(booking)), summary.booker, starts_at).await
    }

    /// Records a letter of an event for a reader who does not sign in.
    async fn record_for(
        &self,
        tx: &mut TenantTx,
        kind: Kind,
        about: About,
        reader: Reader,
        recipient: &str,
    ) -> Result<(), HandlerError> {
        let planned = Planned { channel: Channel::Email, at: tx.now() };
        self.record_new(tx, &New { kind, about, reader, recipient: Some(recipient), planned }).await
    }

    /// Records what one guest is told; a guest without an address hears it from the booker.
    async fn record_for_guest(
        &self,
        tx: &mut TenantTx,
        kind: Kind,
        booking: BookingId,
        guest: &BookingGuest,
    ) -> Result<(), HandlerError> {
        let Some(email) = &guest.email else { return Ok(()) };
        self.record_for(tx, kind, About::Booking(booking), Reader::Guest(guest.id), email).await
    }

    /// Records what the guests of a booking are told when it is changed or cancelled.
    async fn record_for_guests(
        &self,
        tx: &mut TenantTx,
        kind: Kind,
        booking: BookingId,
    ) -> Result<(), HandlerError> {
        let guests = self.ports.bookings.guests(tx, booking).await.map_err(port_error)?;
        for guest in guests.iter().filter(|guest| !guest.taken_back) {
            self.record_for_guest(tx, kind, booking, guest).await?;
        }
        Ok(())
    }

    /// Records what one guest is told.
    async fn record_guest(
        &self,
        tx: &mut TenantTx,
        kind: Kind,
        booking: BookingId,
        guest: GuestId,
    ) -> Result<(), HandlerError> {
        let guests = self.ports.bookings.guests(tx, booking).await.map_err(port_error)?;
        match guests.iter().find(|one| one.id == guest) {
            Some(guest) => self.record_for_guest(tx, kind, booking, guest).await,
            None => Ok(()),
        }
    }

    /// Records what one of those who must know is told.
    async fn record_for_contact(
        &self,
        tx: &mut TenantTx,
        kind: Kind,
        booking: BookingId,
        contact: &BookingContact,
    ) -> Result<(), HandlerError> {
        let (about, reader) = (About::Booking(booking), Reader::Contact(contact.id));
        self.record_for(tx, kind, about, reader, &contact.email).await
    }

    /// Records what those who must know are told.
    async fn record_for_contacts(
        &self,
        tx: &mut TenantTx,
        kind: Kind,
        booking: BookingId,
    ) -> Result<(), HandlerError> {
        let known = self.ports.bookings.must_know(tx, booking).await.map_err(port_error)?;
        for contact in known.contacts.iter().filter(|contact| contact.must_know) {
            self.record_for_contact(tx, kind, booking, contact).await?;
        }
        Ok(())
    }

    /// Records what everybody is told of whom a change of many is about: what is left, or that nothing is.
    async fn record_rearranged(
        &self,
        tx: &mut TenantTx,
        booking: BookingId,
        change: Uuid,
    ) -> Result<(), HandlerError> {
        self.record(tx, Kind::Rearranged(change), booking).await?;
        let summary = self.ports.bookings.summary(tx, booking).await.map_err(port_error)?;
        let (guests, contacts) = if summary.is_some_and(|summary| summary.cancelled) {
            (Kind::GuestTakenBack, Kind::ContactCancelled)
        } else {
            (Kind::GuestChanged, Kind::ContactChanged)
        };
        self.record_for_guests(tx, guests, booking).await?;
        self.record_for_contacts(tx, contacts, booking).await
    }

    /// Records what follows from an officer's choice of those who must know.
    async fn record_choice(&self, tx: &mut TenantTx, chosen: &ContactsChosen) -> Result<(), HandlerError> {
        let booking = chosen.booking;
        let known = self.ports.bookings.must_know(tx, booking).await.map_err(port_error)?;
        for contact in &known.contacts {
            let kind = if chosen.added.contains(&contact.id) {
                Kind::ContactConfirmed
            } else if chosen.released.contains(&contact.id) {
                Kind::ContactReleased
            } else if chosen.anew && contact.must_know {
                Kind::ContactChanged
            } else {
                continue;
            };
            self.record_for_contact(tx, kind, booking, contact).await?;
        }
        Ok(())
    }

    /// Sends the oldest message that waits about the booking. False when none does.
    async fn send_next(
        &self,
        tx: &mut TenantTx,
        booking: BookingId,
        channel: Channel,
    ) -> Result<bool, HandlerError> {
        let about = About::Booking(booking);
        let Some(message) = store::next_queued(tx, about, channel).await? else { return Ok(false) };
        let summary = self.ports.bookings.summary(tx, booking).await.map_err(port_error)?;
        let settled = match (self.carries(channel), summary) {
            (Err(why), _) => Settled::NotSent(why),
            (_, None) => Settled::NotSent("the booking does not exist"),
            (_, Some(summary)) if summary.cancelled && message.kind.is_of_what_goes_on() => {
                Settled::NotSent("cancelled before it was sent")
            }
            (Ok(()), Some(summary)) => match message.reader {
                Reader::Person(person) => {
                    let contact = tx.contact(person).await?;
                    let lang = contact.map(|contact| lang(&contact.language)).unwrap_or_default();
                    let mut told = self.told(tx, &message, &summary, lang).await?;
                    if let Some(told) = told.as_mut().filter(|_| channel == Channel::Sms) {
                        let known = store::person::known(tx, &[person]).await?.remove(&person);
                        if !known.is_some_and(|known| known.codes_by_sms) {
                            told.keep_codes_back();
                        }
                    }
                    self.send(tx, &message, told, about).await?
                }
                Reader::Guest(guest) => match self.told_guest(tx, &message, &summary, guest).await? {
                    Ok(told) => self.send(tx, &message, Some(told), about).await?,
                    Err(why) => Settled::NotSent(why),
                },
                Reader::Contact(contact) => match self.told_contact(tx, &message, &summary, contact).await? {
                    Some(told) => self.send(tx, &message, Some(told), about).await?,
                    None => Settled::NotSent("need not know any more"),
                },
                Reader::Invited => Settled::NotSent("nobody is invited to a booking"),
            },
        };
        self.settle(tx, &message, about, settled).await?;
        Ok(true)
    }

    /// Writes what became of a message that was not handed over here.
    async fn settle(
        &self,
        tx: &mut TenantTx,
        message: &Message,
        about: About,
        settled: Settled,
    ) -> Result<(), HandlerError> {
        if !matches!(settled, Settled::Sent) {
            store::settle(tx, message.id, settled, None).await?;
        }
        tell(tx, about, message.kind, settled);
        Ok(())
    }

    async fn send(
        &self,
        tx: &mut TenantTx,
        message: &Message,
        told: Option<Told>,
        about: About,
    ) -> Result<Settled, HandlerError> {
        let Some(told) = told else { return Ok(Settled::NotSent("the tenant has no address")) };
        if told.code.is_some() || told.times.iter().any(|time| time.code.is_some()) {
            let nothing = serde_json::json!({});
            tx.audit(Actor::Service(NAME), "notifications.code_told", Some(about.uuid()), &nothing).await?;
        }
        // Words of the municipality's own are for who has booked.
        let words = match message.reader {
            Reader::Person(_) => store::template::find(tx, message.kind.as_str(), told.lang.code()).await?,
            Reader::Guest(_) | Reader::Contact(_) | Reader::Invited => None,
        };
        let letter = Letter::write(message.kind, &told, words.as_ref());
        self.hand_over(tx, message, (&told.host, &told.tenant), &letter).await
    }

    /// Hands a letter, or its short text, to whoever carries it, and writes that they have it; the tenant is told by its
    /// host name and name.
    async fn hand_over(
        &self,
        tx: &mut TenantTx,
        message: &Message,
        (host, tenant): (&str, &str),
        letter: &Letter,
    ) -> Result<Settled, HandlerError> {
        let outcome = match (message.channel, &self.relay, &self.provider) {
            (Channel::Email, Some(relay), _) => {
                let id = format!("<{}@{host}>", message.id);
                relay.send(&id, tenant, &message.recipient, tx.now(), letter).await
            }
            (Channel::Sms, _, Some(provider)) => {
                let kernel = tx.kernel();
                let report = kernel.service().url(host, &pages::delivered::href(kernel, message.id));
                provider.send(&message.recipient, &letter.short, Some(&report)).await
            }
            (Channel::Email, None, _) => return Ok(Settled::NotSent(NO_RELAY)),
            (Channel::Sms, _, None) => return Ok(Settled::NotSent(NO_PROVIDER)),
        };
        match outcome {
            Outcome::Taken(provider_id) => {
                store::settle(tx, message.id, Settled::Sent, provider_id.as_deref()).await?;
                Ok(Settled::Sent)
            }
            Outcome::Refused(reason) => Ok(Settled::Failed(reason)),
            Outcome::Later(source) => {
                figures::MAILS.count(&["later"]);
                Err(HandlerError::Outside { what: format!("message {} not handed over", message.id), source })
            }
        }
    }

    /// What a letter to a guest tells: the guest's own code and times. Or why there is nothing to tell: the right
    /// was taken back meanwhile, unless that is what it tells.
    async fn told_guest(
        &self,
        tx: &mut TenantTx,
        message: &Message,
        summary: &BookingSummary,
        guest: GuestId,
    ) -> Result<Result<Told, &'static str>, HandlerError> {
        let guests = self.ports.bookings.guests(tx, summary.id).await.map_err(port_error)?;
        let Some(guest) = guests.into_iter().find(|one| one.id == guest) else { return Ok(Err(TAKEN_BACK)) };
        let lets_in = message.kind.is_of_what_goes_on();
        if lets_in && guest.taken_back {
            return Ok(Err(TAKEN_BACK));
        }
        let Some(mut told) = self.told(tx, message, summary, lang(&guest.language)).await? else {
            return Ok(Err("the tenant has no address"));
        };
        told.times.retain(|time| guest.occurrences.contains(&time.occurrence));
        let by_closure = matches!(message.kind, Kind::Closed(_) | Kind::Opened(_));
        if by_closure && told.times.is_empty() {
            return Ok(Err("not at any of these times"));
        }
        told.guest = Some((guest.name, summary.customer_name.clone()));
        told.accessories.clear();
        // A guest has no page of the booking.
        told.page.clone_from(&told.home);
        told.reason.clear();
        if lets_in && !by_closure {
            let doors = self.ports.access.of_guests(tx, summary.id, true).await.map_err(port_error)?;
            let door = doors.into_iter().find(|door| door.guest == guest.id);
            told.code_span = door.as_ref().and_then(|door| Some((door.opens_at?, door.closes_at?)));
            told.code = door.and_then(|door| door.pin);
        }
        Ok(Ok(told))
    }

    /// What a letter to somebody who must know tells: never a code. Nothing where they need not know any more, unless
    /// that is what it tells.
    async fn told_contact(
        &self,
        tx: &mut TenantTx,
        message: &Message,
        summary: &BookingSummary,
        contact: ContactId,
    ) -> Result<Option<Told>, HandlerError> {
        let known = self.ports.bookings.must_know(tx, summary.id).await.map_err(port_error)?;
        let Some(contact) = known.contacts.iter().find(|one| one.id == contact) else { return Ok(None) };
        if message.kind.is_of_what_goes_on() && !contact.must_know {
            return Ok(None);
        }
        let Some(mut told) = self.told(tx, message, summary, lang(&contact.language)).await? else {
            return Ok(None);
        };
        told.reason.clear();
        told.staff = Some(ForStaff {
            name: contact.name.clone(),
            customer: summary.customer_name.clone(),
            purpose: known.purpose.clone(),
            persons: known.persons,
            message: known.message.clone(),
        });
        Ok(Some(told))
    }

    /// What a letter about the booking tells; nothing where the tenant has no address.
    async fn told(
        &self,
        tx: &mut TenantTx,
        message: &Message,
        summary: &BookingSummary,
        lang: Lang,
    ) -> Result<Option<Told>, HandlerError> {
        let kernel = tx.kernel().clone();
        let Some(tenant) = kernel.directory().by_id(tx.tenant(), tx.now()).await? else { return Ok(None) };
        let access = match message.kind {
            Kind::Confirmed | Kind::Changed => {
                self.ports.access.of_booking(tx, summary.id, true).await.map_err(port_error)?
            }
            Kind::Requested
            | Kind::Refused
            | Kind::Cancelled
            | Kind::Rearranged(_)
            | Kind::Closed(_)
            | Kind::Opened(_)
            | Kind::GuestLetIn
            | Kind::GuestChanged
            | Kind::GuestTakenBack
            | Kind::ContactConfirmed
            | Kind::ContactChanged
            | Kind::ContactCancelled
            | Kind::ContactReleased
            | Kind::EnquiryReceived
            | Kind::EnquiryAnswered
            | Kind::EnquiryBooked
            | Kind::EnquiryClosed
            | Kind::CustomerInvited
            | Kind::ApplicationReceived
            | Kind::ApplicationApproved
            | Kind::ApplicationRefused
            | Kind::Written(_)
            | Kind::WatchFound
            | Kind::FaultAnswered => None,
        };
        // What an officer wrote is read and answered in the thread.
        let (written, thread) = match message.kind {
            Kind::Written(text) => {
                (self.ports.bookings.written(tx, text).await.map_err(port_error)?, "/thread")
            }
            _ => (None, ""),
        };
        let service = kernel.service().clone();
        let (mut times, mut equipment) = (Vec::new(), BTreeMap::new());
        for occurrence in &summary.occurrences {
            let facility =
                self.ports.facilities.of_resource(tx, occurrence.resource).await.map_err(port_error)?;
            let zone = facility.as_ref().map_or_else(|| tenant.time_zone.clone(), |f| f.time_zone.clone());
            let place = facility.as_ref().map(|facility| {
                let resource = facility.resources.iter().find(|r| r.id == occurrence.resource);
                resource.map_or_else(|| facility.name.clone(), |r| format!("{}, {}", facility.name, r.name))
            });
            let here = facility.iter().flat_map(|facility| &facility.equipment);
            equipment.extend(here.map(|one| (one.id, one.name.clone())));
            let pin = access.as_ref().and_then(|access| {
                access.pins.iter().find(|(time, _)| *time == occurrence.id).map(|(_, pin)| pin.clone())
            });
            times.push(TimeTold {
                occurrence: occurrence.id,
                uid: format!("{}@{}", occurrence.id, tenant.host),
                starts_at: occurrence.starts_at,
                ends_at: occurrence.ends_at,
                when: When { lang, zone, now: tx.now() },
                place: place.unwrap_or_default(),
                address: facility.and_then(|facility| facility.address),
                code: pin,
            });
        }
        let happened = self.happened(tx, message.kind, summary, (&tenant, lang)).await?;
        if let Some(met) = &happened.met {
            times.retain(|time| met.contains(&time.occurrence));
        }
        Ok(Some(Told {
            lang,
            tenant: tenant.name.clone(),
            home: service.url(&tenant.host, "/"),
            host: tenant.host.clone(),
            number: summary.number,
            customer: summary.customer_name.clone(),
            reason: written.or_else(|| summary.decision_reason.clone()).unwrap_or_default(),
            happened,
            page: service.url(&tenant.host, &format!("/bookings/{}{thread}", summary.id)),
            code_span: access.as_ref().and_then(|access| Some((access.opens_at?, access.closes_at?))),
            code: access.and_then(|access| access.pin),
            times,
            accessories: accessories_told(message.kind, summary, &equipment),
            guest: None,
            staff: None,
            now: tx.now(),
        }))
    }
}

/// What goes with a booking, as a letter says it: by the names of the register, and what left it not at all. Of what ends
/// nothing goes with anything.
fn accessories_told(
    kind: Kind,
    summary: &BookingSummary,
    equipment: &BTreeMap<EquipmentId, String>,
) -> Vec<String> {
    let by_closure = matches!(kind, Kind::Closed(_) | Kind::Opened(_));
    if !kind.is_of_what_goes_on() || by_closure || summary.cancelled {
        return Vec::new();
    }
    let name = |(id, count): &(EquipmentId, u32)| Some(format!("{count} {}", equipment.get(id)?));
    summary.accessories.iter().filter_map(name).collect()
}

/// Counts a message that is settled, and tells it as a step of its booking's story.
fn tell(tx: &mut TenantTx, about: About, kind: Kind, settled: Settled) {
    figures::MAILS.count(&[settled.status()]);
    // An enquiry has no story.
    let About::Booking(booking) = about else { return };
    let (story, began, ended) = (Story::of(booking.uuid()), tx.now(), tx.kernel().now());
    let step = ("mail", kind.as_str());
    tx.span(story.goes_on(step, story.root(), began, ended).with("hallport.outcome", settled.status()));
}

/// The key of the job that sends what waits about something by a channel.
fn job_key(about: About, channel: Channel) -> String {
    let by = match channel {
        Channel::Email => "",
        Channel::Sms => SMS_KEY,
    };
    match about {
        About::Booking(id) => format!("{by}{id}"),
        About::Enquiry(id) => format!("{by}{ENQUIRY_KEY}{id}"),
        About::Notice(id) => format!("{by}{WATCH_KEY}{id}"),
        About::CustomerMatter(id) => format!("{by}{CUSTOMER_KEY}{id}"),
        About::FaultAnswer(id) => format!("{by}{FAULT_KEY}{id}"),
    }
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
        let asks = pages::Asks { ports: self.ports.clone(), sms: self.provider.is_some() };
        Router::new()
            .route("/my/messages", get(pages::mine::show))
            .route("/my/messages/settings", get(pages::settings::show).post(pages::settings::save))
            .route("/my/messages/email", post(pages::settings::ask_email))
            .route("/my/messages/email/remove", post(pages::settings::remove_email))
            .route("/my/messages/email/{token}", get(pages::settings::link).post(pages::settings::open_link))
            .route("/my/messages/mobile", post(pages::settings::ask_mobile))
            .route("/my/messages/mobile/code", post(pages::settings::type_code))
            .route("/my/messages/mobile/remove", post(pages::settings::remove_mobile))
            .route("/desk/messages", get(pages::unsent::show))
            .route("/desk/messages/{id}/again", post(pages::unsent::again))
            .route("/desk/messages/words", get(pages::words::list).post(pages::words::save_quiet))
            .route("/desk/messages/words/{kind}/{language}", get(pages::words::show).post(pages::words::save))
            .route("/messages/{id}/delivered/{proof}", post(pages::delivered::report))
            .layer(Extension(asks))
    }

    fn menu(&self) -> Vec<MenuItem> {
        vec![
            MenuItem { text: "messages-mine-title", path: "/my/messages", role: None },
            MenuItem { text: "messages-unsent-title", path: "/desk/messages", role: Some(Role::Officer) },
            MenuItem {
                text: "messages-words-title",
                path: "/desk/messages/words",
                role: Some(Role::Administrator),
            },
        ]
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
            GuestLetIn::KIND,
            GuestTakenBack::KIND,
            ContactsChosen::KIND,
            EnquiryTold::KIND,
            CustomerTold::KIND,
            WatchesFound::KIND,
            BookingWritten::KIND,
            FaultAnswered::KIND,
            ReportAnswered::KIND,
        ]
    }

    async fn on_event(&self, tx: &mut TenantTx, delivery: &Delivery) -> Result<(), HandlerError> {
        if let Some(event) = delivery.read::<BookingConfirmed>() {
            let booking = event?.booking;
            self.record(tx, Kind::Confirmed, booking).await?;
            return self.record_for_contacts(tx, Kind::ContactConfirmed, booking).await;
        }
        if let Some(event) = delivery.read::<BookingRequested>() {
            return self.record(tx, Kind::Requested, event?.booking).await;
        }
        if let Some(event) = delivery.read::<BookingRefused>() {
            return self.record(tx, Kind::Refused, event?.booking).await;
        }
        if let Some(event) = delivery.read::<BookingChanged>() {
            let booking = event?.booking;
            self.record(tx, Kind::Changed, booking).await?;
            self.record_for_guests(tx, Kind::GuestChanged, booking).await?;
            return self.record_for_contacts(tx, Kind::ContactChanged, booking).await;
        }
        if let Some(event) = delivery.read::<BookingCancelled>() {
            let booking = event?.booking;
            self.record(tx, Kind::Cancelled, booking).await?;
            self.record_for_guests(tx, Kind::GuestTakenBack, booking).await?;
            return self.record_for_contacts(tx, Kind::ContactCancelled, booking).await;
        }
        if let Some(event) = delivery.read::<BookingWritten>() {
            let event = event?;
            return self.record(tx, Kind::Written(event.text), event.booking).await;
        }
        if let Some(event) = delivery.read::<WatchesFound>() {
            return self.record_found(tx, event?.notice).await;
        }
        if let Some(event) = delivery.read::<ReportAnswered>() {
            let report = event?.report.to_string();
            return Ok(tx.enqueue(NAME, reported::SEND, &report, tx.now()).await?);
        }
        if let Some(event) = delivery.read::<EnquiryTold>() {
            return self.record_enquiry(tx, event?).await;
        }
        if let Some(event) = delivery.read::<CustomerTold>() {
            return self.record_customer(tx, event?).await;
        }
        if let Some(event) = delivery.read::<FaultAnswered>() {
            return self.record_fault(tx, event?.answer).await;
        }
        if let Some(event) = delivery.read::<ContactsChosen>() {
            return self.record_choice(tx, &event?).await;
        }
        if let Some(event) = delivery.read::<GuestLetIn>() {
            let event = event?;
            return self.record_guest(tx, Kind::GuestLetIn, event.booking, event.guest).await;
        }
        if let Some(event) = delivery.read::<GuestTakenBack>() {
            let event = event?;
            return self.record_guest(tx, Kind::GuestTakenBack, event.booking, event.guest).await;
        }
        if let Some(event) = delivery.read::<BookingRearranged>() {
            let event = event?;
            return self.record_rearranged(tx, event.booking, event.change).await;
        }
        if let Some(event) = delivery.read::<BookingMet>() {
            let event = event?;
            let closure = event.closure.uuid();
            let kind = if event.open { Kind::Opened(closure) } else { Kind::Closed(closure) };
            self.record(tx, kind, event.booking).await?;
            self.record_for_guests(tx, kind, event.booking).await?;
            return self.record_for_contacts(tx, kind, event.booking).await;
        }
        Ok(())
    }

    async fn on_job(&self, tx: &mut TenantTx, job: &Job) -> Result<Again, HandlerError> {
        if job.kind == prove::PROVE {
            self.send_proof(tx, &job.key).await?;
            return Ok(Again::Never);
        }
        if job.kind == reported::SEND {
            self.send_report_answer(tx, &job.key).await?;
            return Ok(Again::Never);
        }
        let wrong = |error: protocols_ids::ParseError| HandlerError::Outside {
            what: format!("the job's key {:?} names nothing to tell of", job.key),
            source: error.into(),
        };
        let (channel, key) = match job.key.strip_prefix(SMS_KEY) {
            Some(key) => (Channel::Sms, key),
            None => (Channel::Email, job.key.as_str()),
        };
        let about = if let Some(enquiry) = key.strip_prefix(ENQUIRY_KEY) {
            About::Enquiry(enquiry.parse().map_err(wrong)?)
        } else if let Some(matter) = key.strip_prefix(CUSTOMER_KEY) {
            About::CustomerMatter(matter.parse().map_err(wrong)?)
        } else if let Some(answer) = key.strip_prefix(FAULT_KEY) {
            About::FaultAnswer(answer.parse().map_err(wrong)?)
        } else if let Some(notice) = key.strip_prefix(WATCH_KEY) {
            let notice = notice.split(':').next().unwrap_or_default();
            About::Notice(notice.parse().map_err(wrong)?)
        } else {
            About::Booking(key.parse().map_err(wrong)?)
        };
        // One message a transaction: what was handed over is never rolled back by the next one's failure.
        let sent = match about {
            About::Enquiry(enquiry) => self.send_next_of_enquiry(tx, enquiry, channel).await?,
            About::Booking(booking) => self.send_next(tx, booking, channel).await?,
            About::CustomerMatter(matter) => self.send_next_of_customer(tx, matter, channel).await?,
            About::Notice(notice) => self.send_next_found(tx, notice, channel).await?,
            About::FaultAnswer(answer) => self.send_next_of_fault(tx, answer, channel).await?,
        };
        if sent {
            return Ok(Again::At(tx.now()));
        }
        // What waits for the end of quiet hours.
        Ok(store::next_at(tx, about, channel).await?.map_or(Again::Never, Again::At))
    }
}

impl Kind {
    /// How calendars tell changes of the same time apart.
    const fn sequence(self) -> u32 {
        match self {
            Self::Requested
            | Self::Confirmed
            | Self::Changed
            | Self::Rearranged(_)
            | Self::Closed(_)
            | Self::Opened(_)
            | Self::GuestLetIn
            | Self::GuestChanged
            | Self::ContactConfirmed
            | Self::ContactChanged
            | Self::EnquiryReceived
            | Self::EnquiryAnswered
            | Self::EnquiryBooked
            | Self::EnquiryClosed
            | Self::CustomerInvited
            | Self::ApplicationReceived
            | Self::ApplicationApproved
            | Self::ApplicationRefused
            | Self::Written(_)
            | Self::WatchFound
            | Self::FaultAnswered => 0,
            Self::Refused
            | Self::Cancelled
            | Self::GuestTakenBack
            | Self::ContactCancelled
            | Self::ContactReleased => 1,
        }
    }

    /// Whether it is about a booking that goes on, so that it is false once the booking does not.
    const fn is_of_what_goes_on(self) -> bool {
        match self {
            Self::Requested
            | Self::Confirmed
            | Self::Changed
            | Self::GuestLetIn
            | Self::GuestChanged
            | Self::ContactConfirmed
            | Self::ContactChanged
            | Self::EnquiryReceived
            | Self::EnquiryAnswered
            | Self::EnquiryBooked
            | Self::CustomerInvited
            | Self::ApplicationReceived
            | Self::ApplicationApproved
            | Self::ApplicationRefused
            | Self::WatchFound
            | Self::FaultAnswered
            | Self::Closed(_)
            | Self::Opened(_) => true,
            // What a change of many took away altogether is told too, with what is offered instead.
            Self::Refused
            | Self::Cancelled
            | Self::Rearranged(_)
            | Self::Written(_)
            | Self::GuestTakenBack
            | Self::ContactCancelled
            | Self::ContactReleased
            | Self::EnquiryClosed => false,
        }
    }
}

/// The language of a person, as the kernel stores it.
fn lang(code: &str) -> Lang {
    Lang::parse(code).unwrap_or_default()
}
