//! What a change of many or a closure did, in words.

use cloud_contracts::{BookingSummary, Facility, OccurrenceSummary};
use cloud_kernel::{HandlerError, Tenant, TenantTx};
use cloud_ui::{Lang, When};
use jiff::Timestamp;

use crate::letter::Happened;
use crate::store::Kind;
use crate::{NotificationsModule, port_error};

impl NotificationsModule {
    /// What a message about a change of many or a closure tells beside the booking.
    pub(crate) async fn happened(
        &self,
        tx: &mut TenantTx,
        kind: Kind,
        summary: &BookingSummary,
        (tenant, lang): (&Tenant, Lang),
    ) -> Result<Happened, HandlerError> {
        let (Kind::Rearranged(id) | Kind::Closed(id) | Kind::Opened(id)) = kind else {
            return Ok(Happened::default());
        };
        let facilities = self.ports.facilities.all(tx).await.map_err(port_error)?;
        let says = Says { facilities: &facilities, lang, tenant, now: tx.now() };
        if matches!(kind, Kind::Rearranged(_)) {
            let found = self.ports.bookings.rearranged(tx, summary.id, id).await.map_err(port_error)?;
            let Some(found) = found else { return Ok(Happened::default()) };
            let offered =
                found.offered.iter().map(|(time, until)| (says.time(time), says.moment(time, *until)));
            return Ok(Happened {
                gone: found.gone.iter().map(|time| says.time(time)).collect(),
                came: found.came.iter().map(|time| says.time(time)).collect(),
                offered: offered.collect(),
                reason: found.reason,
            });
        }
        let closure = facilities.iter().flat_map(|one| &one.closures).find(|one| one.id.uuid() == id);
        let reason = closure.map(|closure| closure.reason.clone()).unwrap_or_default();
        Ok(Happened { reason, ..Happened::default() })
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
