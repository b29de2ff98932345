//! Letters to those who follow a time that can be booked now.

use std::collections::{BTreeMap, BTreeSet};

use cloud_contracts::FoundTime;
use cloud_kernel::{Contact, HandlerError, Tenant, TenantTx};
use cloud_ui::{Lang, When, t};
use jiff::Timestamp;
use notifications_domain::{Channel, Reach, Topic, fit, is_urgent, plan};
use protocols_ids::{PersonId, Uuid};

use crate::letter::Letter;
use crate::store::watched::{self as rows, NewFound};
use crate::store::{self, About, Settled};
use crate::{NAME, NotificationsModule, SEND, SMS_KEY, WATCH_KEY, lang, port_error};

/// Jobs that send what was found together, side by side: as many as a worker does at once.
const SIDE_BY_SIDE: usize = 8;

impl NotificationsModule {
    /// Records what everybody is told of whom something was found for: three statements, however many they are.
    pub(crate) async fn record_found(&self, tx: &mut TenantTx, notice: Uuid) -> Result<(), HandlerError> {
        let told = self.ports.watches.to_tell(tx, notice).await.map_err(port_error)?;
        let persons: BTreeSet<PersonId> = told.iter().map(|one| one.person).collect();
        let persons: Vec<PersonId> = persons.into_iter().collect();
        let known = store::person::known(tx, &persons).await?;
        let contacts: BTreeMap<PersonId, Contact> = tx.contacts(&persons).await?.into_iter().collect();
        let kernel = tx.kernel().clone();
        let now = tx.now();
        let Some(tenant) = kernel.directory().by_id(tx.tenant(), now).await? else { return Ok(()) };
        let mut new = Vec::new();
        for one in told {
            let Some(known) = known.get(&one.person) else { continue };
            let email = known.email.clone().or_else(|| contacts.get(&one.person)?.email.clone());
            let address = |channel: Channel| match channel {
                Channel::Email => email.clone(),
                Channel::Sms => known.sms.clone(),
            };
            let reach: Reach = Channel::ALL
                .into_iter()
                .filter(|channel| self.carries(*channel).is_ok() && address(*channel).is_some())
                .collect();
            let urgent = is_urgent(Some(one.starts_at), now, &tenant.time_zone);
            let at = (now, &tenant.time_zone);
            for planned in plan(Topic::Watched, &known.wishes(), &reach, urgent, at) {
                if let Some(recipient) = address(planned.channel) {
                    let (hit, person) = (one.hit, one.person);
                    new.push(NewFound { hit, person, recipient, channel: planned.channel, at: planned.at });
                }
            }
        }
        rows::record(tx, notice, &new).await?;
        for channel in Channel::ALL {
            let of_it = new.iter().filter(|one| one.channel == channel);
            let first: Option<Timestamp> = of_it.clone().map(|one| one.at).min();
            let Some(first) = first else { continue };
            let by = match channel {
                Channel::Email => "",
                Channel::Sms => SMS_KEY,
            };
            for beside in 0..of_it.count().min(SIDE_BY_SIDE) {
                tx.enqueue(NAME, SEND, &format!("{by}{WATCH_KEY}{notice}:{beside}"), first).await?;
            }
        }
        Ok(())
    }

    /// Sends the oldest message about what was found together that nobody else is sending. False when none waits.
    pub(crate) async fn send_next_found(
        &self,
        tx: &mut TenantTx,
        notice: Uuid,
        channel: Channel,
    ) -> Result<bool, HandlerError> {
        let about = About::Notice(notice);
        let Some((message, hit)) = rows::next_queued(tx, notice, channel).await? else { return Ok(false) };
        let found = self.ports.watches.found(tx, hit).await.map_err(port_error)?;
        let kernel = tx.kernel().clone();
        let tenant = kernel.directory().by_id(tx.tenant(), tx.now()).await?;
        let settled = match (self.carries(channel), found, tenant) {
            (Err(why), ..) => Settled::NotSent(why),
            (_, None, _) => Settled::NotSent("it is not followed any more"),
            (_, Some(found), _) if !found.still => {
                Settled::NotSent("taken again, or not followed any more, before it was sent")
            }
            (.., None) => Settled::NotSent("the tenant has no address"),
            (Ok(()), Some(found), Some(tenant)) => {
                let contact = tx.contact(found.person).await?;
                let lang = contact.map(|contact| lang(&contact.language)).unwrap_or_default();
                let letter = self.found_letter(tx, lang, &tenant, &found).await?;
                self.hand_over(tx, &message, (&tenant.host, &tenant.name), &letter).await?
            }
        };
        self.settle(tx, &message, about, settled).await?;
        Ok(true)
    }

    async fn found_letter(
        &self,
        tx: &mut TenantTx,
        lang: Lang,
        tenant: &Tenant,
        found: &FoundTime,
    ) -> Result<Letter, HandlerError> {
        let facility = self.ports.facilities.of_resource(tx, found.resource).await.map_err(port_error)?;
        let zone = facility.as_ref().map_or_else(|| tenant.time_zone.clone(), |one| one.time_zone.clone());
        let when = When { lang, zone, now: tx.now() };
        let place = facility.map_or_else(String::new, |facility| match facility.resource(found.resource) {
            Some(resource) => format!("{}, {}", facility.name, resource.name),
            None => facility.name.clone(),
        });
        let service = tx.kernel().service();
        let minutes = found.ends_at.duration_since(found.starts_at).as_mins();
        let book = format!("/book?resource={}&start={}&minutes={minutes}", found.resource, found.starts_at);
        let book = service.url(&tenant.host, &book);
        let stop = service.url(&tenant.host, &found.stop_path);
        let time = when.span(found.starts_at, found.ends_at);
        let subject = t(lang, "watching-letter-subject", &[("place", &place)]);
        let paragraphs = [
            t(lang, "notifications-greeting", &[]),
            t(lang, "watching-letter-lead", &[]),
            format!("{time}\n{place}"),
            t(lang, "watching-letter-book", &[("url", &book)]),
            t(lang, "watching-letter-stop", &[("url", &stop)]),
            t(lang, "notifications-regards", &[("tenant", &tenant.name)]),
        ];
        let stop_line = t(lang, "watching-letter-stop-short", &[("url", &stop)]);
        let lines = [format!("{}: {subject}", tenant.name), time, book];
        Ok(Letter {
            subject,
            text: paragraphs.join("\n\n") + "\n",
            short: fit(&lines, &stop_line),
            calendar: None,
        })
    }
}
