//! What one person is told: by the channels that they chose, and when nothing rings not before morning.

use cloud_contracts::BookingSummary;
use cloud_kernel::{HandlerError, TenantTx};
use cloud_ui::Lang;
use jiff::Timestamp;
use notifications_domain::{Channel, Planned, Reach, is_urgent, plan};
use protocols_ids::PersonId;

use crate::store::{self, About, Kind, New, Reader, Settled};
use crate::{NO_ADDRESS, NotificationsModule, port_error};

impl NotificationsModule {
    /// Records what a person is told about something that concerns a time that begins then.
    pub(crate) async fn record_for_person(
        &self,
        tx: &mut TenantTx,
        (kind, about): (Kind, About),
        person: PersonId,
        starts_at: Option<Timestamp>,
    ) -> Result<(), HandlerError> {
        let known = store::person::known(tx, &[person]).await?.remove(&person);
        let Some(known) = known else { return Ok(()) };
        let told = tx.contact(person).await?.and_then(|contact| contact.email);
        let email = known.email.clone().or(told);
        let reach: Reach = [(Channel::Email, email.is_some()), (Channel::Sms, known.sms.is_some())]
            .into_iter()
            .filter_map(|(channel, leads)| leads.then_some(channel))
            .collect();
        let kernel = tx.kernel().clone();
        let tenant = kernel.directory().by_id(tx.tenant(), tx.now()).await?;
        let zone = tenant.map_or(jiff::tz::TimeZone::UTC, |tenant| tenant.time_zone.clone());
        let now = tx.now();
        let urgent = is_urgent(starts_at, now, &zone);
        let planned = plan(kind.topic(), &known.wishes(), &reach, urgent, (now, &zone));
        let reader = Reader::Person(person);
        if planned.is_empty() && kind.topic().must_reach() {
            let planned = Planned { channel: Channel::Email, at: now };
            let new = New { kind, about, reader, recipient: None, planned };
            return self.record_new(tx, &new).await;
        }
        for planned in planned {
            let recipient = match planned.channel {
                Channel::Email => email.as_deref(),
                Channel::Sms => known.sms.as_deref(),
            };
            self.record_new(tx, &New { kind, about, reader, recipient, planned }).await?;
        }
        Ok(())
    }

    /// Records a message, and has it sent when it may be.
    pub(crate) async fn record_new(&self, tx: &mut TenantTx, new: &New<'_>) -> Result<(), HandlerError> {
        let settled = match (self.carries(new.planned.channel), new.recipient) {
            (Err(why), _) => Some(Settled::NotSent(why)),
            (_, None) => Some(Settled::NotSent(NO_ADDRESS)),
            (Ok(()), Some(_)) => None,
        };
        let is_new = store::record(tx, new, settled).await?;
        match settled {
            Some(settled) if is_new => crate::tell(tx, new.about, new.kind, settled),
            None if is_new => {
                let key = crate::job_key(new.about, new.planned.channel);
                tx.enqueue(crate::NAME, crate::SEND, &key, new.planned.at).await?;
            }
            Some(_) | None => {}
        }
        Ok(())
    }

    /// When the first of the times begins that a message is about.
    pub(crate) async fn first_concerned(
        &self,
        tx: &mut TenantTx,
        kind: Kind,
        summary: &BookingSummary,
    ) -> Result<Option<Timestamp>, HandlerError> {
        let now = tx.now();
        let coming = summary.occurrences.iter().filter(|time| time.ends_at > now);
        match kind {
            Kind::Rearranged(change) => {
                let found =
                    self.ports.bookings.rearranged(tx, summary.id, change).await.map_err(port_error)?;
                Ok(found.and_then(|found| found.gone.iter().map(|time| time.starts_at).min()))
            }
            Kind::Closed(_) | Kind::Opened(_) => {
                let kernel = tx.kernel().clone();
                let Some(tenant) = kernel.directory().by_id(tx.tenant(), now).await? else { return Ok(None) };
                let happened = self.happened(tx, kind, summary, (&tenant, Lang::default())).await?;
                let met = happened.met.unwrap_or_default();
                Ok(coming.filter(|time| met.contains(&time.id)).map(|time| time.starts_at).min())
            }
            Kind::Requested
            | Kind::Confirmed
            | Kind::Refused
            | Kind::Changed
            | Kind::Cancelled
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
            | Kind::FaultAnswered => Ok(coming.map(|time| time.starts_at).min()),
        }
    }
}
