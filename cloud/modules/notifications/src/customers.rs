//! Letters about the register of customers: invitations to act for one, and what became of applications.

use cloud_contracts::{CustomerLetter, CustomerStep, CustomerTold};
use cloud_kernel::{HandlerError, Tenant, TenantTx};
use cloud_ui::{Lang, When, t};
use notifications_domain::{Channel, fit};
use protocols_ids::Uuid;

use crate::letter::Letter;
use crate::store::{self, About, Kind, Reader, Settled};
use crate::{NotificationsModule, lang, port_error};

const fn kind_of(step: CustomerStep) -> Kind {
    match step {
        CustomerStep::Invited => Kind::CustomerInvited,
        CustomerStep::Received => Kind::ApplicationReceived,
        CustomerStep::Approved => Kind::ApplicationApproved,
        CustomerStep::Refused => Kind::ApplicationRefused,
    }
}

/// What a kind of message is about; `None` for those that are not about the register of customers.
fn step_of(kind: Kind) -> Option<CustomerStep> {
    [CustomerStep::Invited, CustomerStep::Received, CustomerStep::Approved, CustomerStep::Refused]
        .into_iter()
        .find(|step| kind_of(*step) == kind)
}

impl NotificationsModule {
    /// Records what somebody is told.
    pub(crate) async fn record_customer(
        &self,
        tx: &mut TenantTx,
        told: CustomerTold,
    ) -> Result<(), HandlerError> {
        let found = self.ports.customers.letter(tx, told).await.map_err(port_error)?;
        let Some(letter) = found else { return Ok(()) };
        let (kind, about) = (kind_of(told.step), About::CustomerMatter(told.matter));
        match (letter.reader, letter.email) {
            (Some(person), _) => self.record_for_person(tx, (kind, about), person, None).await,
            (None, Some(email)) => self.record_for(tx, kind, about, Reader::Invited, &email).await,
            // Nobody is invited without an address.
            (None, None) => Ok(()),
        }
    }

    /// Sends the oldest message that waits about the matter. False when none does.
    pub(crate) async fn send_next_of_customer(
        &self,
        tx: &mut TenantTx,
        matter: Uuid,
        channel: Channel,
    ) -> Result<bool, HandlerError> {
        let about = About::CustomerMatter(matter);
        let Some(message) = store::next_queued(tx, about, channel).await? else { return Ok(false) };
        let kernel = tx.kernel().clone();
        let tenant = kernel.directory().by_id(tx.tenant(), tx.now()).await?;
        let found = match step_of(message.kind) {
            Some(step) => {
                self.ports.customers.letter(tx, CustomerTold { matter, step }).await.map_err(port_error)?
            }
            None => None,
        };
        let settled = match (self.carries(channel), found, tenant) {
            (Err(why), ..) => Settled::NotSent(why),
            (_, None, _) => Settled::NotSent("overtaken before it was sent"),
            (.., None) => Settled::NotSent("the tenant has no address"),
            (Ok(()), Some(told), Some(tenant)) => {
                let page = kernel.service().url(&tenant.host, &told.path);
                let when = When { lang: lang(&told.language), zone: tenant.time_zone.clone(), now: tx.now() };
                let letter = letter(&when, message.kind, &told, &page, &tenant);
                self.hand_over(tx, &message, (&tenant.host, &tenant.name), &letter).await?
            }
        };
        self.settle(tx, &message, about, settled).await?;
        Ok(true)
    }
}

fn letter(when: &When, kind: Kind, told: &CustomerLetter, page: &str, tenant: &Tenant) -> Letter {
    let (lang, name): (Lang, &String) = (when.lang, &told.customer);
    let (subject, lead, more, way) = match kind {
        Kind::CustomerInvited => (
            t(lang, "letters-invited-subject", &[("name", name)]),
            t(lang, "letters-invited-lead", &[("name", name)]),
            told.until.map(|at| t(lang, "letters-invited-until", &[("until", &when.day_and_clock(at))])),
            t(lang, "letters-invited-page", &[("url", &page)]),
        ),
        Kind::ApplicationApproved => (
            t(lang, "letters-approved-subject", &[("name", name)]),
            t(lang, "letters-approved-lead", &[("name", name)]),
            None,
            t(lang, "letters-page", &[("url", &page)]),
        ),
        Kind::ApplicationRefused => (
            t(lang, "letters-refused-subject", &[("name", name)]),
            t(lang, "letters-refused-lead", &[("name", name)]),
            Some(t(lang, "notifications-officer-writes", &[("text", &told.reason)])),
            t(lang, "letters-page", &[("url", &page)]),
        ),
        _ => (
            t(lang, "letters-received-subject", &[("name", name)]),
            t(lang, "letters-received-lead", &[("name", name)]),
            None,
            t(lang, "letters-page", &[("url", &page)]),
        ),
    };
    let short = fit(&[format!("{}: {subject}", tenant.name)], page);
    let mut paragraphs = vec![t(lang, "notifications-greeting", &[]), lead];
    paragraphs.extend(more);
    paragraphs.push(way);
    paragraphs.push(t(lang, "notifications-regards", &[("tenant", &tenant.name)]));
    Letter { subject, text: paragraphs.join("\n\n") + "\n", short, calendar: None }
}
