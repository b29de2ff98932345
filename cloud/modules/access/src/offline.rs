//! Off-line PINs and tokens, made when they are shown.
//!
//! **Invariant:** digits and tokens are computed, never stored; what is stored of an off-line PIN is for which time
//! it was given out, so that none is given out twice.

use std::collections::HashMap;
use std::sync::Arc;

use access_domain::{
    GrantView, Link, TokenFor, TokenTime, needs_offline_pin, offline_pins_taken_from, offline_times, token,
    token_time,
};
use async_trait::async_trait;
use cloud_contracts::{
    Offline, OfflineAccess, OfflineCode, OfflineGiven, PortError, QrTime, QrToken, QrTokens, Revealed,
};
use cloud_kernel::TenantTx;
use jiff::Timestamp;
use protocols_access::{OfflineTime, Sealer, offline_pin};
use protocols_ids::{BookingId, GatewayId};
use protocols_wire::{CONTRACT_VERSION, TOKEN_CHARACTERS_MAX, TOKEN_CONTEXT, UnixMs, token_text};
use zeroize::Zeroizing;

use crate::limiter::Limiter;
use crate::store::gateway::{self, Gateway};
use crate::store::offline::{self as rows, LiveGrant};
use crate::store::{calendar_time, keys, site, wire_time};
use crate::sync::seal_secret_context;
use crate::trust::Trust;

/// Off-line PINs of one booking on a page: a week of two times a day, and some. Later times get theirs when the
/// earlier ones are over.
const CODES_SHOWN_MAX: usize = 16;

/// Makes off-line PINs under the gateways' sealing secrets, and tokens under the cloud's signing key.
#[derive(Debug)]
pub struct OfflinePort {
    trust: Arc<Trust>,
    limiter: Limiter<BookingId>,
}

impl OfflinePort {
    /// Tokens are signed with the signing key of `trust`.
    pub fn new(trust: Arc<Trust>) -> Self {
        Self { trust, limiter: Limiter::default() }
    }
}

#[async_trait]
impl Offline for OfflinePort {
    async fn of_booking(&self, tx: &mut TenantTx, booking: BookingId) -> Result<OfflineAccess, PortError> {
        let grants = reachable(tx, booking).await?;
        let now = wire_time(tx.now());
        let mut needed: Vec<&(LiveGrant, Gateway)> = grants
            .iter()
            .filter(|(grant, gateway)| needs_offline_pin(&view(tx, grant, gateway), now))
            .collect();
        // The first ones by time, allocated in the order of the rows.
        let mut times: Vec<UnixMs> = needed.iter().map(|(grant, _)| grant.opens_at).collect();
        times.sort_unstable();
        let last = times.get(CODES_SHOWN_MAX).copied().unwrap_or(UnixMs(i64::MAX));
        needed.retain(|(grant, _)| grant.opens_at < last);
        let mut codes = Vec::with_capacity(needed.len());
        for (grant, gateway) in needed {
            codes.extend(code(tx, grant, gateway).await?);
        }
        codes.sort_by_key(|code| code.opens_at);
        let qr = match next_token(&grants, now) {
            TokenTime::Over => QrTime::Never,
            TokenTime::From(from) => QrTime::From(calendar_time(from)),
            TokenTime::Until(_) => QrTime::Now,
        };
        Ok(OfflineAccess { codes, qr })
    }

    async fn qr_tokens(&self, tx: &mut TenantTx, booking: BookingId) -> Result<QrTokens, PortError> {
        if !self.limiter.allows(booking, tx.now()) {
            return Ok(QrTokens::TooOften);
        }
        let now = wire_time(tx.now());
        let grants = reachable(tx, booking).await?;
        let mut tokens = Vec::new();
        for (grant, gateway) in next_of_each(&grants) {
            let TokenTime::Until(until) = token_time(grant.opens_at, grant.closes_at, now) else { continue };
            tokens.extend(self.qr_token(tx, grant, gateway, now, until).await?);
        }
        Ok(match next_token(&grants, now) {
            _ if !tokens.is_empty() => QrTokens::Shown(tokens),
            TokenTime::From(from) => QrTokens::From(calendar_time(from)),
            // In its last second there is none any more.
            TokenTime::Over | TokenTime::Until(_) => QrTokens::Never,
        })
    }
}

impl OfflinePort {
    async fn qr_token(
        &self,
        tx: &mut TenantTx,
        grant: &LiveGrant,
        gateway: &Gateway,
        now: UnixMs,
        until: UnixMs,
    ) -> Result<Option<QrToken>, PortError> {
        let of =
            TokenFor { gateway: grant.gateway, grant: grant.id, group: grant.resource, time: grant.time };
        let Some(token) = token(of, now, until) else { return Ok(None) };
        // A gateway that is cut off believes the keys that it had.
        let serial = gateway.report.as_ref().map_or(u64::MAX, |report| report.trust_serial);
        let text = token_text(&self.trust.signer_for(serial).seal(TOKEN_CONTEXT, &token));
        if text.len() > TOKEN_CHARACTERS_MAX {
            return Err(PortError::Unusable { what: "a token is longer than scanners read", source: None });
        }
        let doors = rows::door_names(tx, grant.gateway, grant.resource).await.map_err(PortError::database)?;
        Ok(Some(QrToken {
            text: Revealed::new(text),
            doors,
            starts_at: calendar_time(grant.time.starts_at),
            ends_at: calendar_time(grant.time.ends_at),
            expires_at: calendar_time(UnixMs(i64::from(token.expires_at_s).saturating_mul(1000))),
        }))
    }
}

/// The booking's live grants whose gateway was enrolled and has spoken: any other has no door to open and no
/// configuration to read a code by.
async fn reachable(tx: &mut TenantTx, booking: BookingId) -> Result<Vec<(LiveGrant, Gateway)>, PortError> {
    let grants = rows::live_grants(tx, booking).await.map_err(PortError::database)?;
    if grants.is_empty() {
        return Ok(Vec::new());
    }
    let gateways: HashMap<GatewayId, Gateway> = gateway::all(tx)
        .await
        .map_err(PortError::database)?
        .into_iter()
        .filter(|gateway| gateway.enrolment.is_some() && gateway.report.is_some())
        .map(|gateway| (gateway.id, gateway))
        .collect();
    Ok(grants
        .into_iter()
        .filter_map(|grant| gateways.get(&grant.gateway).map(|gateway| (grant, gateway.clone())))
        .collect())
}

/// The grant as its standing is judged.
fn view(tx: &TenantTx, grant: &LiveGrant, gateway: &Gateway) -> GrantView {
    GrantView {
        removed: false,
        known: grant.known,
        revision: grant.revision,
        acknowledged: gateway.ledger.acknowledged,
        understood: gateway.report.as_ref().is_none_or(|report| report.contract_version >= CONTRACT_VERSION),
        link: if gateway.speaks(tx.now()) {
            Link::Up
        } else {
            Link::Silent { since: gateway.last_heard_at.map(wire_time) }
        },
        // Whether it is near enough is judged without the gateway's horizon.
        sent_from: grant.opens_at,
        opens_at: grant.opens_at,
        closes_at: grant.closes_at,
    }
}

/// The next or current grant of each resource at each gateway: two halls behind one gateway may begin one after the other,
/// or have doors of their own.
fn next_of_each(grants: &[(LiveGrant, Gateway)]) -> Vec<&(LiveGrant, Gateway)> {
    let mut next: Vec<&(LiveGrant, Gateway)> = Vec::new();
    for one in grants {
        let place = |grant: &LiveGrant| (grant.gateway, grant.resource);
        match next.iter_mut().find(|other| place(&other.0) == place(&one.0)) {
            Some(other) if one.0.opens_at < other.0.opens_at => *other = one,
            Some(_) => {}
            None => next.push(one),
        }
    }
    next
}

/// When a token can be shown for the first of the grants.
fn next_token(grants: &[(LiveGrant, Gateway)], now: UnixMs) -> TokenTime {
    let first = grants.iter().min_by_key(|(grant, _)| grant.opens_at);
    first.map_or(TokenTime::Over, |(grant, _)| token_time(grant.opens_at, grant.closes_at, now))
}

async fn code(
    tx: &mut TenantTx,
    grant: &LiveGrant,
    gateway: &Gateway,
) -> Result<Option<OfflineCode>, PortError> {
    let given = match allocate(tx, grant).await.map_err(PortError::database)? {
        Allocated::Time(time) => {
            let Some(sealer) = confirmed_sealer(tx, gateway.id).await? else { return Ok(None) };
            OfflineGiven::Digits {
                digits: Revealed::new(offline_pin(&sealer, grant.gateway, grant.resource, time)),
                taken_from: taken_from(tx, gateway).await.map_err(PortError::database)?,
            }
        }
        Allocated::TooLong => OfflineGiven::TooLong,
        Allocated::NoneLeft => {
            let (gateway, booking) = (grant.gateway, grant.booking);
            tracing::warn!(%gateway, %booking, "no off-line code is left for the time of a booking");
            OfflineGiven::NoneLeft
        }
    };
    Ok(Some(OfflineCode {
        doors: rows::door_names(tx, grant.gateway, grant.resource).await.map_err(PortError::database)?,
        starts_at: calendar_time(grant.time.starts_at),
        ends_at: calendar_time(grant.time.ends_at),
        opens_at: calendar_time(grant.opens_at),
        closes_at: calendar_time(grant.closes_at),
        given,
    }))
}

/// What came of the search for an off-line time.
enum Allocated {
    /// This one is the grant's.
    Time(OfflineTime),
    /// No off-line time covers the grant's.
    TooLong,
    /// Each one that covers it is another's.
    NoneLeft,
}

/// The off-line time of a grant: the one that it was given before, otherwise the first that nobody has.
async fn allocate(tx: &mut TenantTx, grant: &LiveGrant) -> Result<Allocated, sqlx::Error> {
    if let Some(time) = rows::allocated(tx, grant.occurrence, grant.gateway).await? {
        return Ok(Allocated::Time(time));
    }
    let times = offline_times(grant.time);
    for time in &times {
        if rows::allocate(tx, grant, *time).await? {
            return Ok(Allocated::Time(*time));
        }
        // Refused for the time's sake, or because another page gave this booking its own a moment ago.
        if let Some(time) = rows::allocated(tx, grant.occurrence, grant.gateway).await? {
            return Ok(Allocated::Time(time));
        }
    }
    Ok(if times.is_empty() { Allocated::TooLong } else { Allocated::NoneLeft })
}

/// From when the gateway surely takes off-line PINs.
async fn taken_from(tx: &mut TenantTx, gateway: &Gateway) -> Result<Timestamp, sqlx::Error> {
    let policy = site::config(tx, gateway.id).await?.map(|config| config.policy).unwrap_or_default();
    let heard = wire_time(gateway.last_heard_at.unwrap_or(tx.now()));
    Ok(calendar_time(offline_pins_taken_from(heard, policy.silent_after_s)))
}

/// The sealing secret that the gateway last confirmed to hold: the one that its table is sealed under. A newer one
/// takes its place only when the gateway has said that it has it, so that a gateway that fell silent meanwhile still
/// knows the digits.
async fn confirmed_sealer(tx: &mut TenantTx, gateway: GatewayId) -> Result<Option<Sealer>, PortError> {
    let stored = keys::confirmed_seal(tx, gateway).await.map_err(PortError::database)?;
    let Some(stored) = stored else { return Ok(None) };
    let context = seal_secret_context(tx, gateway);
    let secret = tx.kernel().vault().open(&context, &stored.secret_ciphertext);
    let secret = Zeroizing::new(secret.map_err(|error| PortError::Unusable {
        what: "a sealing secret cannot be read",
        source: Some(error.into()),
    })?);
    match <&[u8; 32]>::try_from(secret.as_slice()) {
        Ok(secret) => Ok(Some(Sealer::new(secret))),
        Err(_) => Err(PortError::Unusable { what: "a sealing secret has a wrong length", source: None }),
    }
}
