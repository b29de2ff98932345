//! What the gateways told: stored once, in order, with its chain.

use cloud_kernel::TenantTx;
use jiff::Timestamp;
use protocols_ids::{BookingId, GatewayId, GrantId, OccurrenceId};
use protocols_wire::JournalFrame;

use super::{calendar_time, counted, stored, time};

/// An entry with the chain's hash after it.
#[derive(Clone, Debug)]
pub(crate) struct Link<'a> {
    pub frame: JournalFrame,
    pub bytes: &'a [u8],
    pub chain: [u8; 32],
    pub told: Told,
}

/// What of an entry is asked for by others.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Told {
    pub kind: &'static str,
    pub door: Option<protocols_ids::DoorId>,
    pub grant: Option<GrantId>,
}

/// The chain's hashes of stored entries, from `first` on, at most `count`.
pub(crate) async fn chains(
    tx: &mut TenantTx,
    gateway: GatewayId,
    generation: u64,
    first: u64,
    count: usize,
) -> Result<Vec<(u64, Vec<u8>)>, sqlx::Error> {
    let rows = sqlx::query!(
        "SELECT sequence, chain FROM access.journal
          WHERE gateway_id = $1 AND generation = $2 AND sequence >= $3 ORDER BY sequence LIMIT $4",
        gateway.uuid(),
        stored(generation),
        stored(first),
        i64::try_from(count).unwrap_or(i64::MAX)
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| (counted(row.sequence), row.chain)).collect())
}

/// Stores an entry that follows the last one; returns the booking that it belongs to.
pub(crate) async fn append(
    tx: &mut TenantTx,
    gateway: GatewayId,
    generation: u64,
    link: &Link<'_>,
) -> Result<Option<BookingId>, sqlx::Error> {
    let (tenant, now) = (tx.tenant().uuid(), time(tx.now()));
    let owner =
        match link.told.grant {
            Some(grant) => sqlx::query!(
                "SELECT booking_id, occurrence_id FROM access.access_grant WHERE id = $1 AND gateway_id = $2",
                grant.uuid(),
                gateway.uuid()
            )
            .fetch_optional(tx.conn())
            .await?,
            None => None,
        };
    let (booking, occurrence) =
        owner.map_or((None, None), |owner| (Some(owner.booking_id), Some(owner.occurrence_id)));
    sqlx::query!(
        "INSERT INTO access.journal
           (tenant_id, gateway_id, generation, sequence, chain, entry, at, kind, door_id, grant_id, booking_id,
            occurrence_id, received_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        tenant,
        gateway.uuid(),
        stored(generation),
        stored(link.frame.sequence),
        &link.chain[..],
        link.bytes,
        time(calendar_time(link.frame.at)),
        link.told.kind,
        link.told.door.map(protocols_ids::DoorId::uuid),
        link.told.grant.map(GrantId::uuid),
        booking,
        occurrence,
        now
    )
    .execute(tx.conn())
    .await?;
    Ok(booking.map(BookingId::new))
}

/// The journal is stored up to here.
pub(crate) async fn stored_to(
    tx: &mut TenantTx,
    gateway: GatewayId,
    sequence: u64,
    chain: &[u8; 32],
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE access.gateway SET journal_stored = $2, journal_chain = $3 WHERE id = $1",
        gateway.uuid(),
        stored(sequence),
        &chain[..]
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// A known entry came again with another content.
pub(crate) async fn broken(tx: &mut TenantTx, gateway: GatewayId) -> Result<(), sqlx::Error> {
    let now = time(tx.now());
    sqlx::query!(
        "UPDATE access.gateway SET journal_broken_at = coalesce(journal_broken_at, $2) WHERE id = $1",
        gateway.uuid(),
        now
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// A passage by the right of a booking.
#[derive(Clone, Debug)]
pub(crate) struct PassageRow {
    pub booking: BookingId,
    pub occurrence: OccurrenceId,
    pub at: Timestamp,
    pub door: String,
}

/// Passages by the right of these bookings, oldest first.
pub(crate) async fn passages(
    tx: &mut TenantTx,
    bookings: &[uuid::Uuid],
) -> Result<Vec<PassageRow>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT j.booking_id AS "booking_id!", j.occurrence_id AS "occurrence_id!", j.at,
                  coalesce(d.name, '') AS "door!"
             FROM access.journal j
             LEFT JOIN access.door d ON d.tenant_id = j.tenant_id AND d.id = j.door_id
            WHERE j.booking_id = ANY($1) AND j.occurrence_id IS NOT NULL AND j.kind = 'admitted'
            ORDER BY j.at, j.sequence"#,
        bookings
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| PassageRow {
            booking: row.booking_id.into(),
            occurrence: row.occurrence_id.into(),
            at: row.at.to_jiff(),
            door: row.door,
        })
        .collect())
}
