//! What other modules ask of access.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use access_domain::{BookedTime, GrantView, Pin, Reach, Standing, open_span, standing};
use async_trait::async_trait;
use cloud_contracts::{Access, AccessState, BookingAccess, BookingToOpen, Passage, PortError};
use cloud_kernel::TenantTx;
use jiff::{SignedDuration, Timestamp};
use protocols_ids::{BookingId, CredentialId, GatewayId, ResourceId};

use crate::events::{GatewayChanged, booking_topic};
use crate::store::grant::{self as grants, NewGrant};
use crate::store::{calendar_time, journal, wire_time};
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
        if grants::has_credential(tx, booking.booking).await.map_err(PortError::database)? {
            return Ok(());
        }
        let new = new_grants(tx, booking).await.map_err(PortError::database)?;
        if new.is_empty() {
            return Ok(());
        }
        let pin = take_code(tx, booking, &new).await?;
        store_code(tx, booking.booking, &pin).await?;
        let gateways = new.iter().map(|grant| grant.gateway).collect();
        told(tx, booking.booking, gateways, &new).await
    }

    async fn change(&self, tx: &mut TenantTx, booking: &BookingToOpen) -> Result<(), PortError> {
        if !grants::has_credential(tx, booking.booking).await.map_err(PortError::database)? {
            return self.issue(tx, booking).await;
        }
        let live = grants::live_index(tx, booking.booking).await.map_err(PortError::database)?;
        // A booking that had lost all its times and has some again opens by the code that it had.
        let index = match live {
            Some(index) => index,
            None => match read_code(tx, booking.booking).await? {
                Some(code) => index_of(tx, &code),
                None => return self.recode(tx, booking).await,
            },
        };
        let keep = occurrences(booking);
        let mut gateways =
            grants::remove_others(tx, booking.booking, &keep).await.map_err(PortError::database)?;
        let there = grants::live(tx, booking.booking).await.map_err(PortError::database)?;
        let new: Vec<NewGrant> = new_grants(tx, booking)
            .await
            .map_err(PortError::database)?
            .into_iter()
            .filter(|grant| !there.contains(&(grant.gateway, grant.occurrence)))
            .collect();
        let taken = grants::insert(tx, booking.booking, booking.number, &index, &new)
            .await
            .map_err(PortError::database)?;
        if taken < new.len() {
            grants::discard_new(tx, booking.booking, &new).await.map_err(PortError::database)?;
            return self.recode(tx, booking).await;
        }
        gateways.extend(new.iter().map(|grant| grant.gateway));
        told(tx, booking.booking, gateways, &new).await
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
        let views = grants::views(tx, &[booking.uuid()]).await.map_err(PortError::database)?;
        let views: Vec<GrantView> = views.into_iter().map(|(_, view)| view).collect();
        if views.is_empty() {
            return Ok(None);
        }
        let pin = if with_pin { read_code(tx, booking).await? } else { None };
        let doors = grants::door_names(tx, booking).await.map_err(PortError::database)?;
        // Of a booking that was changed what holds now; of one that was taken back, what held.
        let all_removed = views.iter().all(|view| view.removed);
        let shown = views.iter().filter(|view| all_removed || !view.removed);
        Ok(Some(BookingAccess {
            state: state(tx, &views),
            pin,
            doors,
            opens_at: shown.clone().map(|view| view.opens_at).min().map(calendar_time),
            closes_at: shown.map(|view| view.closes_at).max().map(calendar_time),
        }))
    }

    async fn states(
        &self,
        tx: &mut TenantTx,
        bookings: &[BookingId],
    ) -> Result<Vec<(BookingId, AccessState)>, PortError> {
        let ids: Vec<uuid::Uuid> = bookings.iter().map(|booking| booking.uuid()).collect();
        let mut views: HashMap<BookingId, Vec<GrantView>> = HashMap::new();
        for (booking, view) in grants::views(tx, &ids).await.map_err(PortError::database)? {
            views.entry(booking).or_default().push(view);
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
            })
            .collect())
    }

    fn topic(&self, booking: BookingId) -> String {
        booking_topic(booking)
    }
}

impl AccessPort {
    /// Gives a booking that had a code another one, for these times: somebody else has the old one at one of them.
    async fn recode(self, tx: &mut TenantTx, booking: &BookingToOpen) -> Result<(), PortError> {
        let mut gateways = grants::remove_others(tx, booking.booking, &occurrences(booking))
            .await
            .map_err(PortError::database)?;
        let there = grants::live(tx, booking.booking).await.map_err(PortError::database)?;
        let wanted = new_grants(tx, booking).await.map_err(PortError::database)?;
        gateways.extend(wanted.iter().map(|grant| grant.gateway));
        let new: Vec<NewGrant> =
            wanted.into_iter().filter(|grant| !there.contains(&(grant.gateway, grant.occurrence))).collect();
        for _ in 0..CODES_TRIED_MAX {
            let random = tx.kernel().random().clone();
            let Some(pin) = Pin::draw(|bound| random.below(bound)) else { break };
            let index = index_of(tx, pin.digits());
            if !grants::recode(tx, booking.booking, &index).await.map_err(PortError::database)? {
                continue;
            }
            let taken = grants::insert(tx, booking.booking, booking.number, &index, &new)
                .await
                .map_err(PortError::database)?;
            if taken == new.len() {
                put_code(tx, booking.booking, &pin).await?;
                return told(tx, booking.booking, gateways, &new).await;
            }
            grants::discard_new(tx, booking.booking, &new).await.map_err(PortError::database)?;
        }
        Err(PortError::Unusable { what: "no free code was found", source: None })
    }
}

fn occurrences(booking: &BookingToOpen) -> Vec<uuid::Uuid> {
    booking.occurrences.iter().map(|one| one.occurrence.uuid()).collect()
}

/// Sends what changed, and tells whoever looks.
async fn told(
    tx: &mut TenantTx,
    booking: BookingId,
    mut gateways: Vec<GatewayId>,
    new: &[NewGrant],
) -> Result<(), PortError> {
    gateways.sort_unstable();
    gateways.dedup();
    for gateway in gateways {
        tell(tx, gateway).await.map_err(PortError::database)?;
    }
    schedule(tx, new).await.map_err(PortError::database)?;
    tx.signal(booking_topic(booking));
    Ok(())
}

/// What a code is found by.
fn index_of(tx: &TenantTx, digits: &str) -> Vec<u8> {
    let context = format!("access.pin:{}", tx.tenant());
    tx.kernel().vault().index(&context, digits.as_bytes())
}

/// Stores a code in the place of the one that the booking had.
async fn put_code(tx: &mut TenantTx, booking: BookingId, pin: &Pin) -> Result<(), PortError> {
    let Some(id) = grants::credential_of(tx, booking).await.map_err(PortError::database)? else {
        return store_code(tx, booking, pin).await;
    };
    let sealed = sealed(tx, id, pin)?;
    grants::replace_credential(tx, id, &sealed).await.map_err(PortError::database)
}

fn sealed(tx: &TenantTx, id: CredentialId, pin: &Pin) -> Result<Vec<u8>, PortError> {
    let context = pin_context(tx, id);
    let vault = tx.kernel().vault();
    let sealed = vault.seal(tx.kernel().random(), &context, pin.digits().as_bytes());
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

/// Draws codes until the database takes one for every grant.
async fn take_code(tx: &mut TenantTx, booking: &BookingToOpen, new: &[NewGrant]) -> Result<Pin, PortError> {
    for _ in 0..CODES_TRIED_MAX {
        let random = tx.kernel().random().clone();
        let Some(pin) = Pin::draw(|bound| random.below(bound)) else { break };
        let index = index_of(tx, pin.digits());
        let taken = grants::insert(tx, booking.booking, booking.number, &index, new)
            .await
            .map_err(PortError::database)?;
        if taken == new.len() {
            return Ok(pin);
        }
        grants::discard(tx, booking.booking).await.map_err(PortError::database)?;
    }
    Err(PortError::Unusable { what: "no free code was found", source: None })
}

async fn store_code(tx: &mut TenantTx, booking: BookingId, pin: &Pin) -> Result<(), PortError> {
    let id: CredentialId = tx.new_id();
    let sealed = sealed(tx, id, pin)?;
    grants::put_credential(tx, id, booking, &sealed).await.map_err(PortError::database)
}

async fn read_code(tx: &mut TenantTx, booking: BookingId) -> Result<Option<String>, PortError> {
    let unusable = |error: Box<dyn std::error::Error + Send + Sync>| PortError::Unusable {
        what: "a code cannot be read",
        source: Some(error),
    };
    let stored = grants::ciphertexts(tx, &[booking.uuid()]).await.map_err(PortError::database)?;
    let Some(stored) = stored.into_iter().next() else { return Ok(None) };
    let context = pin_context(tx, stored.credential);
    let code = tx.kernel().vault().open(&context, &stored.bytes).map_err(|error| unusable(error.into()))?;
    String::from_utf8(code).map(Some).map_err(|error| unusable(error.into()))
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
