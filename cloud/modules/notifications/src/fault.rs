//! The letter to somebody who reported a fault and wanted to know: it is mended, or there was none. They have not signed
//! in; nothing is known of them but the address.

use cloud_contracts::FaultLetter;
use cloud_kernel::{HandlerError, TenantTx};
use cloud_ui::{Lang, t};
use notifications_domain::{Channel, fit};
use protocols_ids::Uuid;

use crate::letter::Letter;
use crate::store::{self, About, Kind, Reader, Settled};
use crate::{NotificationsModule, lang, port_error};

impl NotificationsModule {
    /// Records what somebody is told.
    pub(crate) async fn record_fault(&self, tx: &mut TenantTx, answer: Uuid) -> Result<(), HandlerError> {
        let found = self.ports.faults.letter(tx, answer).await.map_err(port_error)?;
        let Some(letter) = found else { return Ok(()) };
        self.record_for(tx, Kind::FaultAnswered, About::FaultAnswer(answer), Reader::Invited, &letter.email)
            .await
    }

    /// Sends the letter. False where none waits.
    pub(crate) async fn send_next_of_fault(
        &self,
        tx: &mut TenantTx,
        answer: Uuid,
        channel: Channel,
    ) -> Result<bool, HandlerError> {
        let about = About::FaultAnswer(answer);
        let Some(message) = store::next_queued(tx, about, channel).await? else { return Ok(false) };
        let kernel = tx.kernel().clone();
        let tenant = kernel.directory().by_id(tx.tenant(), tx.now()).await?;
        let found = self.ports.faults.letter(tx, answer).await.map_err(port_error)?;
        let settled = match (self.carries(channel), found, tenant) {
            (Err(why), ..) => Settled::NotSent(why),
            (_, None, _) => Settled::NotSent("reopened before it was sent"),
            (.., None) => Settled::NotSent("the tenant has no address"),
            (Ok(()), Some(told), Some(tenant)) => {
                let page = kernel.service().url(&tenant.host, &told.path);
                let letter = letter(lang(&told.language), &told, &page, &tenant.name);
                self.hand_over(tx, &message, (&tenant.host, &tenant.name), &letter).await?
            }
        };
        self.settle(tx, &message, about, settled).await?;
        Ok(true)
    }
}

fn letter(lang: Lang, told: &FaultLetter, page: &str, tenant: &str) -> Letter {
    let (place, kind) = (&told.place, t(lang, told.kind, &[]));
    let (subject, lead) = if told.mended {
        (
            t(lang, "faults-letter-mended-subject", &[("place", place)]),
            t(lang, "faults-letter-mended-lead", &[("kind", &kind), ("place", place)]),
        )
    } else {
        (
            t(lang, "faults-letter-no-fault-subject", &[("place", place)]),
            t(lang, "faults-letter-no-fault-lead", &[("kind", &kind), ("place", place)]),
        )
    };
    let short = fit(&[format!("{tenant}: {subject}")], page);
    let paragraphs = [
        t(lang, "notifications-greeting", &[]),
        lead,
        t(lang, "faults-letter-page", &[("url", &page)]),
        t(lang, "notifications-regards", &[("tenant", &tenant)]),
    ];
    Letter { subject, text: paragraphs.join("\n\n") + "\n", short, calendar: None }
}
