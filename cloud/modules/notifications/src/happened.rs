//! What a change of many or a closure did, in words.

use std::collections::BTreeSet;

use cloud_contracts::{BookingSummary, Closure, Facility, OccurrenceSummary};
use cloud_kernel::{HandlerError, Tenant, TenantTx};
use cloud_ui::{Lang, When};
use jiff::{SignedDuration, Timestamp};
use protocols_ids::{OccurrenceId, PartId};

use crate::letter::Happened;
use crate::store::Kind;
use crate::{NotificationsModule, port_error};

/// How far ahead times are named that something closed without an end, or open again, is about.
const AHEAD: SignedDuration = SignedDuration::from_hours(48);

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
                met: None,
            });
        }
        let known = facilities.iter().find_map(|facility| {
            let closure = facility.closures.iter().find(|closure| closure.id.uuid() == id)?;
            Some((facility, closure))
        });
        let Some((facility, closure)) = known else { return Ok(Happened::default()) };
        let met = met(facility, closure, &summary.occurrences, tx.now());
        Ok(Happened { reason: closure.reason.clone(), met: Some(met), ..Happened::default() })
    }
}

/// The times to come that a closure is about: those within it, of one without an end those of the next days; where there
/// is none of these, the next one.
fn met(
    facility: &Facility,
    closure: &Closure,
    times: &[OccurrenceSummary],
    now: Timestamp,
) -> BTreeSet<OccurrenceId> {
    let parts = |id| facility.resource(id).map(|resource| &resource.parts);
    let concerns = |time: &&OccurrenceSummary| {
        let (own, closed) = (parts(time.resource), closure.resource.map(parts));
        let shares = |closed: Option<&Vec<PartId>>| {
            own.zip(closed).is_some_and(|(own, closed)| own.iter().any(|part| closed.contains(part)))
        };
        own.is_some() && closed.is_none_or(shares)
    };
    let mut coming: Vec<&OccurrenceSummary> =
        times.iter().filter(concerns).filter(|time| time.ends_at > now).collect();
    coming.sort_by_key(|time| time.starts_at);
    let soon = now.checked_add(AHEAD).unwrap_or(now);
    let ends = closure.ends_at.filter(|ends| *ends > now).unwrap_or(soon);
    let within = |time: &&OccurrenceSummary| time.starts_at < ends && time.ends_at > closure.starts_at;
    let met: BTreeSet<OccurrenceId> = coming.iter().copied().filter(within).map(|time| time.id).collect();
    if met.is_empty() { coming.first().map(|time| time.id).into_iter().collect() } else { met }
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
