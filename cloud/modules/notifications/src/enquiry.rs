//! Letters to those who ask about what cannot be booked directly.

use cloud_contracts::{EnquiryStep, EnquirySummary, EnquiryTold};
use cloud_kernel::{HandlerError, TenantTx};
use cloud_ui::{Lang, t};
use notifications_domain::{Channel, fit};
use protocols_ids::EnquiryId;

use crate::letter::Letter;
use crate::store::{self, About, Kind, Settled};
use crate::{NotificationsModule, lang, port_error};

impl NotificationsModule {
    /// Records what the one who asked is told.
    pub(crate) async fn record_enquiry(
        &self,
        tx: &mut TenantTx,
        told: EnquiryTold,
    ) -> Result<(), HandlerError> {
        let found = self.ports.bookings.enquiry(tx, told.enquiry).await.map_err(port_error)?;
        let Some(enquiry) = found else { return Ok(()) };
        let kind = match told.step {
            EnquiryStep::Received => Kind::EnquiryReceived,
            EnquiryStep::Answered => Kind::EnquiryAnswered,
            EnquiryStep::Booked => Kind::EnquiryBooked,
            EnquiryStep::Closed => Kind::EnquiryClosed,
        };
        self.record_for_person(tx, (kind, About::Enquiry(enquiry.id)), enquiry.asker, None).await
    }

    /// Sends the oldest message that waits about the enquiry. False when none does.
    pub(crate) async fn send_next_of_enquiry(
        &self,
        tx: &mut TenantTx,
        id: EnquiryId,
        channel: Channel,
    ) -> Result<bool, HandlerError> {
        let about = About::Enquiry(id);
        let Some(message) = store::next_queued(tx, about, channel).await? else { return Ok(false) };
        let enquiry = self.ports.bookings.enquiry(tx, id).await.map_err(port_error)?;
        let kernel = tx.kernel().clone();
        let tenant = kernel.directory().by_id(tx.tenant(), tx.now()).await?;
        let settled = match (self.carries(channel), enquiry, tenant) {
            (Err(why), ..) => Settled::NotSent(why),
            (_, None, _) => Settled::NotSent("the enquiry does not exist"),
            (.., None) => Settled::NotSent("the tenant has no address"),
            (Ok(()), Some(enquiry), Some(tenant)) => {
                let contact = tx.contact(enquiry.asker).await?;
                let lang = contact.map(|contact| lang(&contact.language)).unwrap_or_default();
                let resource = enquiry.resource;
                let facility = self.ports.facilities.of_resource(tx, resource).await.map_err(port_error)?;
                let place = facility.map_or_else(String::new, |facility| {
                    let name = facility.resources.iter().find(|one| one.id == resource);
                    name.map_or_else(
                        || facility.name.clone(),
                        |one| format!("{}, {}", facility.name, one.name),
                    )
                });
                let page = kernel.service().url(&tenant.host, &format!("/enquiries/{id}"));
                let letter = letter(lang, message.kind, &enquiry, (&place, &page, &tenant.name));
                self.hand_over(tx, &message, (&tenant.host, &tenant.name), &letter).await?
            }
        };
        self.settle(tx, &message, about, settled).await?;
        Ok(true)
    }
}

fn letter(
    lang: Lang,
    kind: Kind,
    enquiry: &EnquirySummary,
    (place, page, tenant): (&str, &str, &str),
) -> Letter {
    let number = enquiry.number;
    let said = |text: &Option<String>| {
        text.as_ref().map(|text| t(lang, "notifications-officer-writes", &[("text", text)]))
    };
    let (subject, lead, more) = match kind {
        Kind::EnquiryAnswered => (
            t(lang, "notifications-enquiry-answered-subject", &[("number", &number)]),
            t(lang, "notifications-enquiry-answered-lead", &[("number", &number)]),
            said(&enquiry.answer),
        ),
        Kind::EnquiryBooked => (
            t(lang, "notifications-enquiry-booked-subject", &[("number", &number)]),
            t(lang, "notifications-enquiry-booked-lead", &[("number", &number)]),
            None,
        ),
        Kind::EnquiryClosed => (
            t(lang, "notifications-enquiry-closed-subject", &[("number", &number)]),
            t(lang, "notifications-enquiry-closed-lead", &[("number", &number)]),
            said(&enquiry.end_reason),
        ),
        _ => (
            t(lang, "notifications-enquiry-subject", &[("number", &number)]),
            t(lang, "notifications-enquiry-lead", &[("number", &number)]),
            None,
        ),
    };
    let short = fit(&[format!("{tenant}: {subject}"), place.to_owned()], page);
    let mut paragraphs = vec![t(lang, "notifications-greeting", &[]), lead];
    paragraphs.push(format!("{place}\n{}", enquiry.wished));
    paragraphs.extend(more);
    paragraphs.push(t(lang, "notifications-enquiry-page", &[("url", &page)]));
    paragraphs.push(t(lang, "notifications-regards", &[("tenant", &tenant)]));
    Letter { subject, text: paragraphs.join("\n\n") + "\n", short, calendar: None }
}
