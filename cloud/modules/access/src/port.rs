//! What other modules ask of access.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};

use access_domain::{BookedTime, GrantView, Pin, Reach, Standing, open_span, standing};
use async_trait::async_trait;
use cloud_contracts::{
    Access, AccessState, BookingAccess, BookingToOpen, GuestAccess, HandedOver, Passage, PortError,
};
use cloud_kernel::TenantTx;
use jiff::{SignedDuration, Timestamp};
use protocols_ids::{BookingId, CredentialId, GatewayId, GuestId, OccurrenceId, ResourceId};

use crate::events::{GatewayChanged, booking_topic};
use crate::store::grant::{self as grants, HeldView, Holder, NewGrant};
use crate::store::{calendar_time, handing, journal, wire_time};
use crate::sync::{HORIZON_MAX, horizon, pin_context};
use crate::{HORIZON_JOB, NAME, RETENTION_JOB};

/// Codes drawn before giving up. With 1 000 codes in use at a gateway at a time, a draw fails once in 1 000;
/// this many failures do not happen.
const CODES_TRIED_MAX: usize = 16;
/// When what is no longer good for anything is looked for, after a booking.
const RETENTION_EVERY: SignedDuration = SignedDuration::from_hours(24);

/// Gives, takes back and tells about access. Stateless: everything is in the caller's transaction.
#[derive(Clone, Copy, Debug, Default)]
pub struct AccessPort;

#[async_trait]
impl Access for AccessPort {
    async fn issue(&self, tx: &mut TenantTx, booking: &BookingToOpen) -> Result<(), PortError> {
        let times: Vec<uuid::Uuid> = booking.occurrences.iter().map(|one| one.occurrence.uuid()).collect();
        if grants::has_credential(tx, booking.booking, &times).await.map_err(PortError::database)? {
            return Ok(());
        }
        self.change(tx, booking).await
    }

    async fn change(&self, tx: &mut TenantTx, booking: &BookingToOpen) -> Result<(), PortError> {
        let wanted = holders(booking);
        let all = new_grants(tx, booking).await.map_err(PortError::database)?;
        let mut changed = Changed::default();
        let known = grants::holders(tx, booking.booking).await.map_err(PortError::database)?;
        // What lost all its times may have some again, until it is revoked: nothing opens, and the codes stay.
        let keeps_codes = booking.occurrences.is_empty();
        for holder in &known {
            let gateways = if keeps_codes {
                grants::remove_others(tx, *holder, &[]).await
            } else if wanted.iter().any(|(one, _)| one == holder) {
                continue;
            } else {
                grants::withdraw(tx, *holder).await
            };
            changed.gateways.extend(gateways.map_err(PortError::database)?);
        }
        for (holder, times) in wanted.into_iter().filter(|_| !keeps_codes) {
            let own = all.iter().filter(|grant| times.contains(&grant.occurrence)).copied().collect();
            let had_code = known.contains(&holder);
            bring(tx, booking.number, (holder, had_code), own, &mut changed).await?;
        }
        told(tx, booking.booking, changed).await
    }

    async fn hand_over(&self, tx: &mut TenantTx, handed: &HandedOver) -> Result<(), PortError> {
        let codes = read_codes(tx, handed.from).await?;
        let mut gateways = Vec::new();
        for (old, new) in &handed.guests {
            let holder = |booking, guest: &GuestId| Holder { booking, bearer: Some(guest.uuid()) };
            let (from, to) = (holder(handed.from, old), holder(handed.to, new));
            let Some((_, code)) = codes.iter().find(|(one, _)| *one == from) else { continue };
            let moved = handing::move_grants(tx, from, (to, handed.number), &handed.times).await;
            let moved = moved.map_err(PortError::database)?;
            if !moved.is_empty() {
                put_code(tx, to, code).await?;
                gateways.extend(moved);
            }
        }
        told(tx, handed.to, Changed { gateways, new: Vec::new() }).await
    }

    async fn revoke(&self, tx: &mut TenantTx, booking: BookingId) -> Result<(), PortError> {
        for gateway in grants::revoke(tx, booking).await.map_err(PortError::database)? {
            tell(tx, gateway).await.map_err(PortError::database)?;
        }
        tx.signal(booking_topic(booking));
        Ok(())
    }

    async fn of_booking(
        &self,
        tx: &mut TenantTx,
        booking: BookingId,
        with_pin: bool,
    ) -> Result<Option<BookingAccess>, PortError> {
        let views: Vec<GrantView> = views_of(tx, booking)
            .await?
            .into_iter()
            .filter(|held| held.guest.is_none())
            .map(|held| held.view)
            .collect();
        if views.is_empty() {
            return Ok(None);
        }
        let codes = if with_pin { read_codes(tx, booking).await? } else { Vec::new() };
        let (mut pin, mut pins) = (None, Vec::new());
        for (holder, code) in codes {
            match holder.bearer {
                None => pin = Some(code),
                Some(bearer) => pins.push((OccurrenceId::new(bearer), code)),
            }
        }
        // Guests' codes are not among those of the booking's times.
        let times = grants::live(tx, booking).await.map_err(PortError::database)?;
        pins.retain(|(time, _)| times.contains(time));
        let doors = grants::door_names(tx, booking).await.map_err(PortError::database)?;
        let (opens_at, closes_at) = span_shown(&views);
        Ok(Some(BookingAccess { state: state(tx, &views), pin, pins, doors, opens_at, closes_at }))
    }

    async fn of_guests(
        &self,
        tx: &mut TenantTx,
        booking: BookingId,
        with_pin: bool,
    ) -> Result<Vec<GuestAccess>, PortError> {
        let mut views: BTreeMap<GuestId, Vec<GrantView>> = BTreeMap::new();
        for held in views_of(tx, booking).await? {
            if let Some(guest) = held.guest {
                views.entry(guest).or_default().push(held.view);
            }
        }
        let codes = if with_pin && !views.is_empty() { read_codes(tx, booking).await? } else { Vec::new() };
        let mut codes: HashMap<GuestId, String> =
            codes.into_iter().filter_map(|(holder, code)| Some((holder.bearer?.into(), code))).collect();
        let shown = views.into_iter().map(|(guest, views)| {
            let (opens_at, closes_at) = span_shown(&views);
            GuestAccess { guest, state: state(tx, &views), pin: codes.remove(&guest), opens_at, closes_at }
        });
        Ok(shown.collect())
    }

    async fn states(
        &self,
        tx: &mut TenantTx,
        bookings: &[BookingId],
    ) -> Result<Vec<(BookingId, AccessState)>, PortError> {
        let ids: Vec<uuid::Uuid> = bookings.iter().map(|booking| booking.uuid()).collect();
        let mut views: HashMap<BookingId, Vec<GrantView>> = HashMap::new();
        for held in grants::views(tx, &ids).await.map_err(PortError::database)? {
            if held.guest.is_none() {
                views.entry(held.booking).or_default().push(held.view);
            }
        }
        let of = |booking: &BookingId| views.get(booking).map_or(&[][..], Vec::as_slice);
        Ok(bookings.iter().map(|booking| (*booking, state(tx, of(booking)))).collect())
    }

    async fn passages(&self, tx: &mut TenantTx, bookings: &[BookingId]) -> Result<Vec<Passage>, PortError> {
        let ids: Vec<uuid::Uuid> = bookings.iter().map(|booking| booking.uuid()).collect();
        let rows = journal::passages(tx, &ids).await.map_err(PortError::database)?;
        Ok(rows
            .into_iter()
            .map(|row| Passage {
                booking: row.booking,
                occurrence: row.occurrence,
                at: row.at,
                door: row.door,
                guest: row.guest,
            })
            .collect())
    }

    fn topic(&self, booking: BookingId) -> String {
        booking_topic(booking)
    }
}

/// Who shall have a code, and for which times.
fn holders(booking: &BookingToOpen) -> Vec<(Holder, Vec<OccurrenceId>)> {
    let holder = |bearer: Option<uuid::Uuid>| Holder { booking: booking.booking, bearer };
    let times: Vec<OccurrenceId> = booking.occurrences.iter().map(|one| one.occurrence).collect();
    let mut holders: Vec<(Holder, Vec<OccurrenceId>)> = if booking.code_each_time {
        times.iter().map(|time| (holder(Some(time.uuid())), vec![*time])).collect()
    } else {
        vec![(holder(None), times)]
    };
    holders.extend(
        booking.guests.iter().map(|guest| (holder(Some(guest.guest.uuid())), guest.occurrences.clone())),
    );
    holders
}

/// What a change has to be sent for.
#[derive(Default)]
struct Changed {
    gateways: Vec<GatewayId>,
    new: Vec<NewGrant>,
}

/// Brings a holder's grants to these and no others, with the code that the holder has where that can be.
async fn bring(
    tx: &mut TenantTx,
    number: u64,
    (holder, had_code): (Holder, bool),
    wanted: Vec<NewGrant>,
    changed: &mut Changed,
) -> Result<(), PortError> {
    if wanted.is_empty() {
        let gateways = grants::withdraw(tx, holder).await.map_err(PortError::database)?;
        changed.gateways.extend(gateways);
        return Ok(());
    }
    let index = match grants::live_index(tx, holder).await.map_err(PortError::database)? {
        // Who had lost all times and has some again opens by the code that they had.
        None if had_code => {
            let codes = read_codes(tx, holder.booking).await?;
            codes.iter().find(|(one, _)| *one == holder).map(|(_, code)| index_of(tx, code))
        }
        index => index,
    };
    let keep: Vec<uuid::Uuid> = wanted.iter().map(|grant| grant.occurrence.uuid()).collect();
    let gone = grants::remove_others(tx, holder, &keep).await.map_err(PortError::database)?;
    changed.gateways.extend(gone);
    let there = grants::live_at(tx, holder).await.map_err(PortError::database)?;
    let is_new = |grant: &&NewGrant| !there.contains(&(grant.gateway, grant.occurrence));
    let new: Vec<NewGrant> = wanted.iter().filter(is_new).copied().collect();
    if let Some(index) = index {
        let taken = grants::insert(tx, holder, number, &index, &new).await.map_err(PortError::database)?;
        if taken == new.len() {
            changed.gateways.extend(new.iter().map(|grant| grant.gateway));
            changed.new.extend(new);
            return Ok(());
        }
        grants::discard_new(tx, holder, &new).await.map_err(PortError::database)?;
    }
    code(tx, number, holder, &new).await?;
    changed.gateways.extend(wanted.iter().map(|grant| grant.gateway));
    changed.new.extend(new);
    Ok(())
}

/// Gives a holder a code, or another one: somebody else has the old one at one of the times. Draws until the database
/// takes one for every grant, those that are there and the new ones.
async fn code(tx: &mut TenantTx, number: u64, holder: Holder, new: &[NewGrant]) -> Result<(), PortError> {
    for _ in 0..CODES_TRIED_MAX {
        let random = tx.kernel().random().clone();
        let Some(pin) = Pin::draw(|bound| random.below(bound)) else { break };
        let index = index_of(tx, pin.digits());
        if !grants::recode(tx, holder, &index).await.map_err(PortError::database)? {
            continue;
        }
        let taken = grants::insert(tx, holder, number, &index, new).await.map_err(PortError::database)?;
        if taken == new.len() {
            return put_code(tx, holder, pin.digits()).await;
        }
        grants::discard_new(tx, holder, new).await.map_err(PortError::database)?;
    }
    Err(PortError::Unusable { what: "no free code was found", source: None })
}

/// Sends what changed, and tells whoever looks.
async fn told(tx: &mut TenantTx, booking: BookingId, mut changed: Changed) -> Result<(), PortError> {
    changed.gateways.sort_unstable();
    changed.gateways.dedup();
    for gateway in changed.gateways {
        tell(tx, gateway).await.map_err(PortError::database)?;
    }
    schedule(tx, &changed.new).await.map_err(PortError::database)?;
    tx.signal(booking_topic(booking));
    Ok(())
}

/// From when until when: of a booking that was changed what holds now; of one that was taken back, what held.
fn span_shown(views: &[GrantView]) -> (Option<Timestamp>, Option<Timestamp>) {
    let all_removed = views.iter().all(|view| view.removed);
    let shown = views.iter().filter(|view| all_removed || !view.removed);
    let opens_at = shown.clone().map(|view| view.opens_at).min().map(calendar_time);
    (opens_at, shown.map(|view| view.closes_at).max().map(calendar_time))
}

async fn views_of(tx: &mut TenantTx, booking: BookingId) -> Result<Vec<HeldView>, PortError> {
    grants::views(tx, &[booking.uuid()]).await.map_err(PortError::database)
}

/// What a code is found by.
fn index_of(tx: &TenantTx, digits: &str) -> Vec<u8> {
    let context = format!("access.pin:{}", tx.tenant());
    tx.kernel().vault().index(&context, digits.as_bytes())
}

/// Stores a code, in the place of the one that the holder had.
async fn put_code(tx: &mut TenantTx, holder: Holder, digits: &str) -> Result<(), PortError> {
    if let Some(id) = grants::credential_of(tx, holder).await.map_err(PortError::database)? {
        let sealed = sealed(tx, id, digits)?;
        return grants::replace_credential(tx, id, &sealed).await.map_err(PortError::database);
    }
    let id: CredentialId = tx.new_id();
    let sealed = sealed(tx, id, digits)?;
    grants::put_credential(tx, id, holder, &sealed).await.map_err(PortError::database)
}

fn sealed(tx: &TenantTx, id: CredentialId, digits: &str) -> Result<Vec<u8>, PortError> {
    let context = pin_context(tx, id);
    let vault = tx.kernel().vault();
    let sealed = vault.seal(tx.kernel().random(), &context, digits.as_bytes());
    let sealed = sealed.map_err(|error| PortError::Unusable {
        what: "a code could not be encrypted",
        source: Some(error.into()),
    })?;
    Ok(sealed.0)
}

async fn new_grants(tx: &mut TenantTx, booking: &BookingToOpen) -> Result<Vec<NewGrant>, sqlx::Error> {
    let mut new = Vec::new();
    let mut known: HashMap<ResourceId, Vec<(GatewayId, Reach)>> = HashMap::new();
    for occurrence in &booking.occurrences {
        if let Entry::Vacant(vacant) = known.entry(occurrence.resource) {
            vacant.insert(grants::reaches(tx, occurrence.resource).await?);
        }
        let time =
            BookedTime { starts_at: wire_time(occurrence.starts_at), ends_at: wire_time(occurrence.ends_at) };
        for (gateway, reach) in known.get(&occurrence.resource).map_or(&[][..], Vec::as_slice) {
            new.extend(open_span(time, reach).map(|span| NewGrant {
                gateway: *gateway,
                occurrence: occurrence.occurrence,
                resource: occurrence.resource,
                time,
                span,
            }));
        }
    }
    Ok(new)
}

/// Every code of a booking that is there, and whose it is.
async fn read_codes(tx: &mut TenantTx, booking: BookingId) -> Result<Vec<(Holder, String)>, PortError> {
    let unusable = |error: Box<dyn std::error::Error + Send + Sync>| PortError::Unusable {
        what: "a code cannot be read",
        source: Some(error),
    };
    let mut codes = Vec::new();
    for stored in grants::ciphertexts(tx, &[booking.uuid()]).await.map_err(PortError::database)? {
        let context = pin_context(tx, stored.credential);
        let code = tx.kernel().vault().open(&context, &stored.bytes);
        let code = code.map_err(|error| unusable(error.into()))?;
        codes.push((stored.holder, String::from_utf8(code).map_err(|error| unusable(error.into()))?));
    }
    Ok(codes)
}

async fn tell(tx: &mut TenantTx, gateway: GatewayId) -> Result<(), sqlx::Error> {
    tx.emit(&GatewayChanged { gateway }).await
}

/// Work for later: grants beyond the horizon, and what is to be forgotten.
async fn schedule(tx: &mut TenantTx, new: &[NewGrant]) -> Result<(), sqlx::Error> {
    let now = tx.now();
    for grant in new {
        let opens_at = calendar_time(grant.span.opens_at);
        if opens_at >= horizon(now) {
            // The job knows each gateway's own horizon, and comes again when that is shorter.
            let due_at = opens_at.saturating_sub(HORIZON_MAX).unwrap_or(now);
            tx.enqueue(NAME, HORIZON_JOB, &grant.gateway.to_string(), due_at).await?;
        }
    }
    let due_at = now.saturating_add(RETENTION_EVERY).unwrap_or(now);
    tx.enqueue_once(NAME, RETENTION_JOB, "all", due_at).await
}

fn state(tx: &TenantTx, views: &[GrantView]) -> AccessState {
    match standing(views, wire_time(tx.now())) {
        Standing::NoDoors => AccessState::NoDoors,
        Standing::Later { at } => AccessState::Later { at: calendar_time(at) },
        Standing::Issued => AccessState::Issued,
        Standing::SiteSilent { since } => AccessState::SiteSilent { since: since.map(calendar_time) },
        Standing::Delivered => AccessState::Delivered,
        Standing::Refused => AccessState::Refused,
        Standing::Revoking => AccessState::Revoking,
        Standing::Revoked => AccessState::Revoked,
    }
}

/// When the retention job runs again.
pub(crate) fn retention_again(now: Timestamp) -> Timestamp {
    now.saturating_add(RETENTION_EVERY).unwrap_or(now)
}
