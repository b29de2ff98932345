//! The pages of messages, one a file, and the words that they share.

pub mod delivered;
pub mod mine;
pub mod settings;
pub mod unsent;
pub mod words;

use std::collections::BTreeMap;

use cloud_contracts::CaseHead;
use cloud_kernel::TenantTx;
use cloud_kernel::web::Failure;
use cloud_ui::{Badge, Lang, Tone, When, t};
use notifications_domain::Channel;
use protocols_ids::Uuid;

use crate::store::list::{State, Written};
use crate::store::{About, Kind};
use crate::{NO_ADDRESS, NO_PROVIDER, NO_RELAY, Ports};

/// What the pages ask.
#[derive(Clone)]
pub struct Asks {
    pub(crate) ports: Ports,
    /// Whether anybody carries short messages.
    pub(crate) sms: bool,
}

/// What messages are about, by its id: one statement for all of them.
async fn heads(
    tx: &mut TenantTx,
    asks: &Asks,
    written: &[Written],
) -> Result<BTreeMap<Uuid, CaseHead>, Failure> {
    let (mut bookings, mut enquiries) = (Vec::new(), Vec::new());
    for one in written {
        match one.about {
            About::Booking(id) => bookings.push(id),
            About::Enquiry(id) => enquiries.push(id),
            About::Notice(_) | About::CustomerMatter(_) | About::FaultAnswer(_) => {}
        }
    }
    let heads = asks.ports.bookings.heads(tx, &bookings, &enquiries).await?;
    Ok(heads.into_iter().map(|head| (head.id, head)).collect())
}

/// Where what a message is about is shown.
fn about_href(about: About) -> String {
    match about {
        About::Booking(id) => format!("/bookings/{id}"),
        About::Enquiry(id) => format!("/enquiries/{id}"),
        About::Notice(_) => "/watches".to_owned(),
        About::CustomerMatter(_) => "/act-for".to_owned(),
        About::FaultAnswer(_) => "/faults".to_owned(),
    }
}

/// What a message said, in a line.
fn kind_words(lang: Lang, kind: Kind, number: &str) -> String {
    match kind {
        Kind::Requested => t(lang, "messages-kind-requested", &[("number", &number)]),
        Kind::Confirmed => t(lang, "messages-kind-confirmed", &[("number", &number)]),
        Kind::Refused => t(lang, "messages-kind-refused", &[("number", &number)]),
        Kind::Changed => t(lang, "messages-kind-changed", &[("number", &number)]),
        Kind::Cancelled => t(lang, "messages-kind-cancelled", &[("number", &number)]),
        Kind::Rearranged(_) => t(lang, "messages-kind-rearranged", &[("number", &number)]),
        Kind::Closed(_) => t(lang, "messages-kind-closed", &[("number", &number)]),
        Kind::Opened(_) => t(lang, "messages-kind-opened", &[("number", &number)]),
        Kind::Written(_) => t(lang, "messages-kind-written", &[("number", &number)]),
        Kind::GuestLetIn => t(lang, "messages-kind-guest-let-in", &[("number", &number)]),
        Kind::GuestChanged => t(lang, "messages-kind-guest-changed", &[("number", &number)]),
        Kind::GuestTakenBack => t(lang, "messages-kind-guest-taken-back", &[("number", &number)]),
        Kind::ContactConfirmed | Kind::ContactChanged | Kind::ContactCancelled | Kind::ContactReleased => {
            t(lang, "messages-kind-contact", &[("number", &number)])
        }
        Kind::EnquiryReceived => t(lang, "messages-kind-enquiry-received", &[("number", &number)]),
        Kind::EnquiryAnswered => t(lang, "messages-kind-enquiry-answered", &[("number", &number)]),
        Kind::EnquiryBooked => t(lang, "messages-kind-enquiry-booked", &[("number", &number)]),
        Kind::EnquiryClosed => t(lang, "messages-kind-enquiry-closed", &[("number", &number)]),
        Kind::WatchFound => t(lang, "messages-kind-watch-found", &[]),
        Kind::FaultAnswered => t(lang, "messages-kind-fault-answered", &[]),
        Kind::CustomerInvited => t(lang, "messages-kind-customer-invited", &[]),
        Kind::ApplicationReceived => t(lang, "messages-kind-application-received", &[]),
        Kind::ApplicationApproved => t(lang, "messages-kind-application-approved", &[]),
        Kind::ApplicationRefused => t(lang, "messages-kind-application-refused", &[]),
    }
}

/// What a channel is called, as the way by which something went.
fn channel_words(lang: Lang, channel: Channel) -> String {
    match channel {
        Channel::Email => t(lang, "messages-by-email", &[]),
        Channel::Sms => t(lang, "messages-by-sms", &[]),
    }
}

/// Why something was not sent, for whoever can do something about it.
fn reason_words(lang: Lang, reason: &str) -> String {
    match reason {
        NO_RELAY => t(lang, "messages-why-no-relay", &[]),
        NO_PROVIDER => t(lang, "messages-why-no-provider", &[]),
        NO_ADDRESS => t(lang, "messages-why-no-address", &[]),
        "the address is none" | "the relay refused it" => t(lang, "messages-why-refused", &[]),
        "the provider refused it" => t(lang, "messages-why-number-refused", &[]),
        _ => t(lang, "messages-why-overtaken", &[]),
    }
}

/// What became of a message.
fn state_badge(lang: Lang, when: &When, one: &Written) -> Badge {
    match &one.state {
        State::Queued(Some(at)) if *at > when.now => {
            Badge::new(Tone::Waiting, &t(lang, "messages-state-waits", &[("time", &when.near_clock(*at))]))
        }
        State::Queued(_) => Badge::new(Tone::Waiting, &t(lang, "messages-state-queued", &[])),
        State::Sent(Some(true)) => Badge::new(Tone::Good, &t(lang, "messages-state-arrived", &[])),
        State::Sent(Some(false)) => Badge::new(Tone::Warning, &t(lang, "messages-state-lost", &[])),
        State::Sent(None) => Badge::new(Tone::Good, &t(lang, "messages-state-sent", &[])),
        State::Unsent(reason) => Badge::new(Tone::Warning, &reason_words(lang, reason)),
    }
}
