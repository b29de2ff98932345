//! What the gateways told: stored once, in order, with its chain.

use access_domain::JournalPlace;
use cloud_kernel::TenantTx;
use jiff::Timestamp;
use protocols_ids::{BookingId, DoorId, GatewayId, GrantId, GuestId, OccurrenceId, ResourceId};
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
    pub door: Option<DoorId>,
    pub grant: Option<GrantId>,
    /// The numbers of an off-line PIN: the cloud knows whose it is by these.
    pub offline: Option<OfflineSaid>,
    /// Whether somebody should look.
    pub alarm: bool,
    /// A command's id, and whether it was carried out.
    pub command: Option<([u8; 16], bool)>,
}

/// What a gateway tells of an off-line PIN that opened.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OfflineSaid {
    pub group: ResourceId,
    pub start_slot: u64,
    pub length: u8,
    pub serial: u8,
}

/// When an entry arrived, and whether that was late.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Arrival {
    pub at: Timestamp,
    pub historical: bool,
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

/// Stores an entry that follows the last one; returns the booking that it belongs to. An answer to a command is an
/// entry of the door that the command was for.
pub(crate) async fn append(
    tx: &mut TenantTx,
    gateway: GatewayId,
    generation: u64,
    link: &Link<'_>,
    arrival: Arrival,
) -> Result<Option<BookingId>, sqlx::Error> {
    let tenant = tx.tenant().uuid();
    let owner = owner(tx, gateway, &link.told).await?;
    let (booking, occurrence) = owner.unzip();
    let command = link.told.command.map(|(id, _)| uuid::Uuid::from_bytes(id));
    sqlx::query!(
        "INSERT INTO access.journal
           (tenant_id, gateway_id, generation, sequence, chain, entry, at, kind, door_id, grant_id, booking_id,
            occurrence_id, received_at, historical, alarm)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8,
                 coalesce($9, (SELECT door_id FROM access.command WHERE id = $16 AND gateway_id = $2)),
                 $10, $11, $12, $13, $14, $15)",
        tenant,
        gateway.uuid(),
        stored(generation),
        stored(link.frame.sequence),
        &link.chain[..],
        link.bytes,
        time(calendar_time(link.frame.at)),
        link.told.kind,
        link.told.door.map(DoorId::uuid),
        link.told.grant.map(GrantId::uuid),
        booking,
        occurrence,
        time(arrival.at),
        arrival.historical,
        link.told.alarm,
        command
    )
    .execute(tx.conn())
    .await?;
    Ok(booking.map(BookingId::new))
}

/// Booking and occurrence that an entry belongs to.
async fn owner(
    tx: &mut TenantTx,
    gateway: GatewayId,
    told: &Told,
) -> Result<Option<(uuid::Uuid, uuid::Uuid)>, sqlx::Error> {
    if let Some(said) = told.offline {
        let row = sqlx::query!(
            "SELECT booking_id, occurrence_id FROM access.offline_pin
              WHERE gateway_id = $1 AND group_id = $2 AND start_slot = $3 AND length = $4 AND serial = $5",
            gateway.uuid(),
            said.group.uuid(),
            stored(said.start_slot),
            i16::from(said.length),
            i16::from(said.serial)
        )
        .fetch_optional(tx.conn())
        .await?;
        return Ok(row.map(|row| (row.booking_id, row.occurrence_id)));
    }
    let Some(grant) = told.grant else { return Ok(None) };
    let row = sqlx::query!(
        "SELECT booking_id, occurrence_id FROM access.access_grant WHERE id = $1 AND gateway_id = $2",
        grant.uuid(),
        gateway.uuid()
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|row| (row.booking_id, row.occurrence_id)))
}

/// The journal is stored up to here.
pub(crate) async fn stored_to(
    tx: &mut TenantTx,
    gateway: GatewayId,
    place: JournalPlace,
    chain: &[u8; 32],
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE access.gateway SET journal_generation = $2, journal_stored = $3, journal_chain = $4 WHERE id = $1",
        gateway.uuid(),
        stored(place.generation),
        stored(place.sequence),
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

/// Why entries are not here.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Missing {
    /// The cloud was restored from a backup.
    Restored,
    /// They were kept for as long as they shall be.
    Retention,
}

/// Entries that are not here, and the chain's hash after the last of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Hole {
    pub generation: u64,
    pub first: u64,
    pub last: u64,
    pub chain: [u8; 32],
    pub why: Missing,
    pub found_at: Timestamp,
}

/// Notes that entries are not here.
pub(crate) async fn miss(tx: &mut TenantTx, gateway: GatewayId, hole: &Hole) -> Result<(), sqlx::Error> {
    let tenant = tx.tenant().uuid();
    let reason = match hole.why {
        Missing::Restored => "restored",
        Missing::Retention => "retention",
    };
    sqlx::query!(
        "INSERT INTO access.journal_missing
           (tenant_id, gateway_id, generation, first_sequence, last_sequence, chain, reason, found_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        tenant,
        gateway.uuid(),
        stored(hole.generation),
        stored(hole.first),
        stored(hole.last),
        &hole.chain[..],
        reason,
        time(hole.found_at)
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// What of a gateway's journal is not here, oldest first.
pub(crate) async fn holes(tx: &mut TenantTx, gateway: GatewayId) -> Result<Vec<Hole>, sqlx::Error> {
    let rows = sqlx::query!(
        "SELECT generation, first_sequence, last_sequence, chain, reason, found_at FROM access.journal_missing
          WHERE gateway_id = $1 ORDER BY generation, first_sequence",
        gateway.uuid()
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Hole {
            generation: counted(row.generation),
            first: counted(row.first_sequence),
            last: counted(row.last_sequence),
            chain: row.chain.try_into().unwrap_or_default(),
            why: if row.reason == "restored" { Missing::Restored } else { Missing::Retention },
            found_at: row.found_at.to_jiff(),
        })
        .collect())
}

/// An alarm that was told before its turn.
#[derive(Clone, Debug)]
pub(crate) struct Ahead {
    pub sequence: u64,
    pub entry: Vec<u8>,
    pub arrival: Arrival,
}

/// Alarms told before their turn, from `first` to `last`.
pub(crate) async fn ahead(
    tx: &mut TenantTx,
    gateway: GatewayId,
    generation: u64,
    first: u64,
    last: u64,
) -> Result<Vec<Ahead>, sqlx::Error> {
    let rows = sqlx::query!(
        "SELECT sequence, entry, historical, received_at FROM access.journal_ahead
          WHERE gateway_id = $1 AND generation = $2 AND sequence BETWEEN $3 AND $4 ORDER BY sequence",
        gateway.uuid(),
        stored(generation),
        stored(first),
        stored(last)
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Ahead {
            sequence: counted(row.sequence),
            entry: row.entry,
            arrival: Arrival { at: row.received_at.to_jiff(), historical: row.historical },
        })
        .collect())
}

/// How many alarms of a gateway wait for their turn.
pub(crate) async fn ahead_count(tx: &mut TenantTx, gateway: GatewayId) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM access.journal_ahead WHERE gateway_id = $1"#,
        gateway.uuid()
    )
    .fetch_one(tx.conn())
    .await
}

/// Keeps an alarm that was told before its turn.
pub(crate) async fn put_ahead(
    tx: &mut TenantTx,
    gateway: GatewayId,
    generation: u64,
    link: &Link<'_>,
    arrival: Arrival,
) -> Result<(), sqlx::Error> {
    let tenant = tx.tenant().uuid();
    sqlx::query!(
        "INSERT INTO access.journal_ahead
           (tenant_id, gateway_id, generation, sequence, entry, at, kind, door_id, historical, received_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING",
        tenant,
        gateway.uuid(),
        stored(generation),
        stored(link.frame.sequence),
        link.bytes,
        time(calendar_time(link.frame.at)),
        link.told.kind,
        link.told.door.map(DoorId::uuid),
        arrival.historical,
        time(arrival.at)
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// What was told ahead up to there has come in its place.
pub(crate) async fn caught_up(
    tx: &mut TenantTx,
    gateway: GatewayId,
    place: JournalPlace,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "DELETE FROM access.journal_ahead
          WHERE gateway_id = $1 AND (generation < $2 OR generation = $2 AND sequence <= $3)",
        gateway.uuid(),
        stored(place.generation),
        stored(place.sequence)
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Which entries a page shows.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Filter<'a> {
    pub door: Option<DoorId>,
    pub kind: Option<&'a str>,
    pub alarms: bool,
    /// From this instant, and before that one.
    pub from: Option<Timestamp>,
    pub to: Option<Timestamp>,
}

/// An entry as a page shows it.
#[derive(Clone, Debug)]
pub(crate) struct EntryRow {
    pub generation: u64,
    pub sequence: u64,
    pub entry: Vec<u8>,
    pub at: Timestamp,
    pub received_at: Timestamp,
    pub historical: bool,
    pub alarm: bool,
    pub door: Option<String>,
    pub booking_number: Option<u64>,
    /// Told before its turn; what lies before it has not come yet.
    pub ahead: bool,
}

/// Entries that a page looks for: more than anybody turns pages for, and quick however long the journal is.
const FOUND_MAX: i64 = 10_000;

/// Entries of a gateway, the newest first, and how many there are in all, up to [`FOUND_MAX`].
pub(crate) async fn page(
    tx: &mut TenantTx,
    gateway: GatewayId,
    filter: &Filter<'_>,
    offset: i64,
    count: i64,
) -> Result<(Vec<EntryRow>, u64), sqlx::Error> {
    let rows = sqlx::query!(
        r#"WITH entry AS (
             SELECT generation, sequence, entry, at, received_at, historical, alarm, door_id, grant_id, kind,
                    false AS ahead
               FROM access.journal WHERE gateway_id = $1
             UNION ALL
             SELECT generation, sequence, entry, at, received_at, historical, true, door_id, NULL::uuid, kind, true
               FROM access.journal_ahead WHERE gateway_id = $1),
           found AS (
             SELECT * FROM entry e
              WHERE ($2::uuid IS NULL OR e.door_id = $2) AND ($3::text IS NULL OR e.kind = $3)
                AND (NOT $4 OR e.alarm)
                AND ($5::timestamptz IS NULL OR e.at >= $5) AND ($6::timestamptz IS NULL OR e.at < $6)
              ORDER BY e.generation DESC, e.sequence DESC LIMIT $9)
           SELECT e.generation AS "generation!", e.sequence AS "sequence!", e.entry AS "entry!", e.at AS "at!",
                  e.received_at AS "received_at!", e.historical AS "historical!", e.alarm AS "alarm!",
                  e.ahead AS "ahead!", d.name AS "door?", g.booking_number AS "booking_number?",
                  (SELECT count(*) FROM found) AS "total!"
             FROM found e
             LEFT JOIN access.door d ON d.gateway_id = $1 AND d.id = e.door_id
             LEFT JOIN access.access_grant g ON g.gateway_id = $1 AND g.id = e.grant_id
            ORDER BY e.generation DESC, e.sequence DESC OFFSET $7 LIMIT $8"#,
        gateway.uuid(),
        filter.door.map(DoorId::uuid),
        filter.kind,
        filter.alarms,
        filter.from.map(time) as _,
        filter.to.map(time) as _,
        offset,
        count,
        FOUND_MAX
    )
    .fetch_all(tx.conn())
    .await?;
    let total = rows.first().map_or(0, |row| counted(row.total));
    let entries = rows
        .into_iter()
        .map(|row| EntryRow {
            generation: counted(row.generation),
            sequence: counted(row.sequence),
            entry: row.entry,
            at: row.at.to_jiff(),
            received_at: row.received_at.to_jiff(),
            historical: row.historical,
            alarm: row.alarm,
            door: row.door,
            booking_number: row.booking_number.map(counted),
            ahead: row.ahead,
        })
        .collect();
    Ok((entries, total))
}

/// An entry as it is walked past.
#[derive(Clone, Debug)]
pub(crate) struct StoredEntry {
    pub sequence: u64,
    pub entry: Vec<u8>,
    pub chain: Vec<u8>,
}

/// Entries of a generation after a sequence, oldest first.
pub(crate) async fn after(
    tx: &mut TenantTx,
    gateway: GatewayId,
    after: JournalPlace,
    count: i64,
) -> Result<Vec<StoredEntry>, sqlx::Error> {
    let rows = sqlx::query!(
        "SELECT sequence, entry, chain FROM access.journal
          WHERE gateway_id = $1 AND generation = $2 AND sequence > $3 ORDER BY sequence LIMIT $4",
        gateway.uuid(),
        stored(after.generation),
        stored(after.sequence),
        count
    )
    .fetch_all(tx.conn())
    .await?;
    let entry = |sequence, entry, chain| StoredEntry { sequence: counted(sequence), entry, chain };
    Ok(rows.into_iter().map(|row| entry(row.sequence, row.entry, row.chain)).collect())
}

/// The generations of which something is stored, oldest first.
pub(crate) async fn generations(tx: &mut TenantTx, gateway: GatewayId) -> Result<Vec<u64>, sqlx::Error> {
    let rows = sqlx::query_scalar!(
        "SELECT DISTINCT generation FROM access.journal WHERE gateway_id = $1 ORDER BY generation",
        gateway.uuid()
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(counted).collect())
}

/// For how many months a tenant keeps its journals.
pub(crate) async fn kept_months(tx: &mut TenantTx) -> Result<Option<i32>, sqlx::Error> {
    sqlx::query_scalar!("SELECT journal_kept_months FROM access.policy").fetch_optional(tx.conn()).await
}

/// Forgets entries that arrived before that instant, at most `at_most` of each journal; what lies before the oldest
/// that is left is noted with the chain's hash there. Whether there is more.
pub(crate) async fn forget(tx: &mut TenantTx, before: Timestamp, at_most: u64) -> Result<bool, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT gateway_id, generation, min(sequence) AS "first!", max(sequence) AS "last!"
             FROM access.journal WHERE received_at < $1 GROUP BY gateway_id, generation"#,
        time(before)
    )
    .fetch_all(tx.conn())
    .await?;
    let mut more = false;
    for row in rows {
        let (gateway, generation) = (GatewayId::new(row.gateway_id), counted(row.generation));
        let last = counted(row.last).min(counted(row.first).saturating_add(at_most.saturating_sub(1)));
        more |= last < counted(row.last);
        let found = chains(tx, gateway, generation, last, 1).await?;
        let Some((_, chain)) = found.into_iter().find(|(sequence, _)| *sequence == last) else { continue };
        sqlx::query!(
            "DELETE FROM access.journal_missing
              WHERE gateway_id = $1 AND generation = $2 AND last_sequence <= $3",
            gateway.uuid(),
            row.generation,
            stored(last)
        )
        .execute(tx.conn())
        .await?;
        let hole = Hole {
            generation,
            first: 1,
            last,
            chain: chain.try_into().unwrap_or_default(),
            why: Missing::Retention,
            found_at: tx.now(),
        };
        miss(tx, gateway, &hole).await?;
        sqlx::query!(
            "DELETE FROM access.journal WHERE gateway_id = $1 AND generation = $2 AND sequence <= $3",
            gateway.uuid(),
            row.generation,
            stored(last)
        )
        .execute(tx.conn())
        .await?;
    }
    Ok(more)
}

/// A passage by the right of a booking.
#[derive(Clone, Debug)]
pub(crate) struct PassageRow {
    pub booking: BookingId,
    pub occurrence: OccurrenceId,
    pub at: Timestamp,
    pub door: String,
    pub guest: Option<GuestId>,
}

/// Passages by the right of these bookings, oldest first: by code, by token, by off-line code.
pub(crate) async fn passages(
    tx: &mut TenantTx,
    bookings: &[uuid::Uuid],
) -> Result<Vec<PassageRow>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT j.booking_id AS "booking_id!", j.occurrence_id AS "occurrence_id!", j.at,
                  coalesce(d.name, '') AS "door!", nullif(g.bearer_id, g.occurrence_id) AS guest_id
             FROM access.journal j
             LEFT JOIN access.door d ON d.tenant_id = j.tenant_id AND d.id = j.door_id
             LEFT JOIN access.access_grant g ON g.tenant_id = j.tenant_id AND g.id = j.grant_id
            WHERE j.booking_id = ANY($1) AND j.occurrence_id IS NOT NULL
              AND j.kind IN ('admitted', 'admitted_offline')
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
            guest: row.guest_id.map(GuestId::new),
        })
        .collect())
}
