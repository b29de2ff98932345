//! Gateways: position, batch on its way, last report, refused messages.

use access_domain::Ledger;
use cloud_kernel::{Kernel, TenantTx};
use jiff::{SignedDuration, Timestamp};
use protocols_ids::{BootId, GatewayId, PersonId, TenantId};
use protocols_wire::{PostureMode, StateReport, UnixMs, decode, encode};

use super::{counted, stored, time};

/// A gateway reports every minute; one that has missed three reports is silent.
pub(crate) const SILENT_AFTER: SignedDuration = SignedDuration::from_mins(3);

/// A gateway as the cloud keeps it.
#[derive(Clone, Debug)]
pub(crate) struct Gateway {
    pub id: GatewayId,
    pub name: String,
    pub ledger: Ledger,
    pub wants_snapshot: bool,
    pub config_revision: u64,
    pub posture_counter: u64,
    pub posture: PostureMode,
    pub enrolment: Option<Enrolment>,
    /// When its keys were taken back; there is no enrolment then.
    pub revoked_at: Option<Timestamp>,
    /// The newest sealing secret made for it, fetched by it or not; 0 without any.
    pub newest_seal: u32,
    pub journal: JournalEnd,
    pub journal_broken_at: Option<Timestamp>,
    pub report: Option<StateReport>,
    pub online: bool,
    pub last_heard_at: Option<Timestamp>,
    /// The hash of what it holds at the last revision given; `None` where that is not known.
    pub table_hash: Option<[u8; 32]>,
    /// The hash of what it holds at the last revision acknowledged.
    pub base_hash: Option<[u8; 32]>,
    /// How often its table was not what it should be, and when a snapshot was last sent for that.
    pub hash_mismatches: u64,
    pub hash_mended_at: Option<Timestamp>,
    /// Grants are sent when they open within this.
    pub horizon: SignedDuration,
    pub posture_at: Option<Timestamp>,
    pub posture_reason: Option<String>,
}

impl Gateway {
    /// Whether the gateway is heard.
    pub(crate) fn speaks(&self, now: Timestamp) -> bool {
        self.online && self.last_heard_at.is_some_and(|at| now.duration_since(at) < SILENT_AFTER)
    }
}

/// What enrolment gave the gateway.
#[derive(Clone, Debug)]
pub(crate) struct Enrolment {
    pub public_key: [u8; 32],
    pub seal_id: u32,
    pub seal_secret_ciphertext: Vec<u8>,
}

/// How far the journal is stored.
#[derive(Clone, Copy, Debug)]
pub(crate) struct JournalEnd {
    pub generation: u64,
    pub sequence: u64,
    pub chain: [u8; 32],
}

struct Row {
    id: uuid::Uuid,
    name: String,
    epoch: i64,
    revision: i64,
    acknowledged_revision: i64,
    wants_snapshot: bool,
    config_revision: i64,
    posture_counter: i64,
    posture: String,
    enrolled_at: Option<jiff_sqlx::Timestamp>,
    public_key: Option<Vec<u8>>,
    seal_id: i32,
    seal_secret_ciphertext: Option<Vec<u8>>,
    newest_seal: i32,
    revoked_at: Option<jiff_sqlx::Timestamp>,
    journal_generation: i64,
    journal_stored: i64,
    journal_chain: Vec<u8>,
    journal_broken_at: Option<jiff_sqlx::Timestamp>,
    report: Option<Vec<u8>>,
    online: bool,
    last_heard_at: Option<jiff_sqlx::Timestamp>,
    table_hash: Option<Vec<u8>>,
    base_hash: Option<Vec<u8>>,
    hash_mismatches: i64,
    hash_mended_at: Option<jiff_sqlx::Timestamp>,
    horizon_days: i32,
    posture_at: Option<jiff_sqlx::Timestamp>,
    posture_reason: Option<String>,
}

/// The default horizon in days; also the shortest.
const HORIZON_DAYS: i32 = 14;

impl From<Row> for Gateway {
    fn from(row: Row) -> Self {
        let enrolment = match (row.enrolled_at, row.public_key, row.seal_secret_ciphertext) {
            (Some(_), Some(key), Some(seal_secret_ciphertext)) => {
                key.try_into().ok().map(|public_key| Enrolment {
                    public_key,
                    seal_id: u32::try_from(row.seal_id).unwrap_or(0),
                    seal_secret_ciphertext,
                })
            }
            _ => None,
        };
        Self {
            id: row.id.into(),
            name: row.name,
            ledger: Ledger {
                epoch: counted(row.epoch),
                revision: counted(row.revision),
                acknowledged: counted(row.acknowledged_revision),
            },
            wants_snapshot: row.wants_snapshot,
            config_revision: counted(row.config_revision),
            posture_counter: counted(row.posture_counter),
            posture: match row.posture.as_str() {
                "lockdown" => PostureMode::Lockdown,
                "emergency" => PostureMode::Emergency,
                _ => PostureMode::Normal,
            },
            enrolment,
            revoked_at: row.revoked_at.map(jiff_sqlx::Timestamp::to_jiff),
            newest_seal: u32::try_from(row.newest_seal).unwrap_or(0),
            journal: JournalEnd {
                generation: counted(row.journal_generation),
                sequence: counted(row.journal_stored),
                chain: row.journal_chain.try_into().unwrap_or_default(),
            },
            journal_broken_at: row.journal_broken_at.map(jiff_sqlx::Timestamp::to_jiff),
            report: row.report.and_then(|bytes| decode(&bytes).ok()),
            online: row.online,
            last_heard_at: row.last_heard_at.map(jiff_sqlx::Timestamp::to_jiff),
            table_hash: row.table_hash.and_then(|hash| hash.try_into().ok()),
            base_hash: row.base_hash.and_then(|hash| hash.try_into().ok()),
            hash_mismatches: counted(row.hash_mismatches),
            hash_mended_at: row.hash_mended_at.map(jiff_sqlx::Timestamp::to_jiff),
            horizon: SignedDuration::from_hours(24 * i64::from(row.horizon_days.max(HORIZON_DAYS))),
            posture_at: row.posture_at.map(jiff_sqlx::Timestamp::to_jiff),
            posture_reason: row.posture_reason,
        }
    }
}

/// The tenant of a gateway: the one question that is asked before a tenant is known.
pub(crate) async fn tenant_of(kernel: &Kernel, gateway: GatewayId) -> Result<Option<TenantId>, sqlx::Error> {
    let tenant = sqlx::query_scalar!(
        "SELECT tenant_id FROM access.gateway_directory WHERE gateway_id = $1",
        gateway.uuid()
    )
    .fetch_optional(kernel.database().application())
    .await?;
    Ok(tenant.map(TenantId::new))
}

/// Every gateway of every tenant.
pub(crate) async fn everywhere(kernel: &Kernel) -> Result<Vec<(TenantId, GatewayId)>, sqlx::Error> {
    let rows = sqlx::query!(
        "SELECT tenant_id, gateway_id FROM access.gateway_directory ORDER BY tenant_id, gateway_id"
    )
    .fetch_all(kernel.database().application())
    .await?;
    Ok(rows.into_iter().map(|row| (row.tenant_id.into(), row.gateway_id.into())).collect())
}

/// The gateway, locked until the transaction ends: whoever holds it assigns its revisions. Grants that refer to
/// it can be written meanwhile.
pub(crate) async fn lock(tx: &mut TenantTx, gateway: GatewayId) -> Result<Option<Gateway>, sqlx::Error> {
    let row = sqlx::query_as!(
        Row,
        r#"SELECT id, name, epoch, revision, acknowledged_revision, wants_snapshot, config_revision, posture_counter,
                posture, enrolled_at, public_key, seal_id, seal_secret_ciphertext,
                coalesce(next_seal_id, seal_id) AS "newest_seal!", revoked_at, journal_generation,
                journal_stored, journal_chain, journal_broken_at, report, online, last_heard_at, table_hash, base_hash,
                hash_mismatches, hash_mended_at, horizon_days, posture_at, posture_reason
           FROM access.gateway WHERE id = $1 FOR NO KEY UPDATE"#,
        gateway.uuid()
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(Gateway::from))
}

/// The gateway of that short name.
pub(crate) async fn named(tx: &mut TenantTx, slug: &str) -> Result<Option<GatewayId>, sqlx::Error> {
    let id = sqlx::query_scalar!("SELECT id FROM access.gateway WHERE slug = $1", slug)
        .fetch_optional(tx.conn())
        .await?;
    Ok(id.map(GatewayId::new))
}

/// The gateway as it is.
pub(crate) async fn find(tx: &mut TenantTx, gateway: GatewayId) -> Result<Option<Gateway>, sqlx::Error> {
    let row = sqlx::query_as!(
        Row,
        r#"SELECT id, name, epoch, revision, acknowledged_revision, wants_snapshot, config_revision, posture_counter,
                posture, enrolled_at, public_key, seal_id, seal_secret_ciphertext,
                coalesce(next_seal_id, seal_id) AS "newest_seal!", revoked_at, journal_generation,
                journal_stored, journal_chain, journal_broken_at, report, online, last_heard_at, table_hash, base_hash,
                hash_mismatches, hash_mended_at, horizon_days, posture_at, posture_reason
           FROM access.gateway WHERE id = $1"#,
        gateway.uuid()
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(Gateway::from))
}

/// Every gateway of the tenant, by name.
pub(crate) async fn all(tx: &mut TenantTx) -> Result<Vec<Gateway>, sqlx::Error> {
    let rows = sqlx::query_as!(
        Row,
        r#"SELECT id, name, epoch, revision, acknowledged_revision, wants_snapshot, config_revision, posture_counter,
                posture, enrolled_at, public_key, seal_id, seal_secret_ciphertext,
                coalesce(next_seal_id, seal_id) AS "newest_seal!", revoked_at, journal_generation,
                journal_stored, journal_chain, journal_broken_at, report, online, last_heard_at, table_hash, base_hash,
                hash_mismatches, hash_mended_at, horizon_days, posture_at, posture_reason
           FROM access.gateway ORDER BY name, id"#
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(Gateway::from).collect())
}

/// A batch that waits to be acknowledged.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct StoredBatch {
    pub base: u64,
    pub revision: u64,
    /// How many parts it has.
    pub parts: u16,
}

/// The batch on its way to a gateway.
pub(crate) async fn batch(tx: &mut TenantTx, gateway: GatewayId) -> Result<Option<StoredBatch>, sqlx::Error> {
    let row = sqlx::query!(
        r#"SELECT base, revision, cardinality(parts) AS "parts!" FROM access.batch WHERE gateway_id = $1"#,
        gateway.uuid()
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|row| StoredBatch {
        base: counted(row.base),
        revision: counted(row.revision),
        parts: u16::try_from(row.parts).unwrap_or(u16::MAX),
    }))
}

/// Parts of the batch to that revision, from part `first` (0 is the first), at most `count`; unsigned. None when
/// another batch has taken its place.
pub(crate) async fn parts(
    tx: &mut TenantTx,
    gateway: GatewayId,
    revision: u64,
    first: u16,
    count: u16,
) -> Result<Vec<Vec<u8>>, sqlx::Error> {
    let (from, to) = (i32::from(first) + 1, i32::from(first) + i32::from(count));
    let parts = sqlx::query_scalar!(
        r#"SELECT parts[$3:$4] AS "parts!" FROM access.batch WHERE gateway_id = $1 AND revision = $2"#,
        gateway.uuid(),
        stored(revision),
        from,
        to
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(parts.unwrap_or_default())
}

/// What the gateway's table hashes to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Hashes {
    /// At the new revision.
    pub at_revision: Option<[u8; 32]>,
    /// At the revision that was acknowledged last.
    pub at_acknowledged: Option<[u8; 32]>,
}

/// Stores a batch in the place of any other, and gives the gateway its revision.
pub(crate) async fn put_batch(
    tx: &mut TenantTx,
    gateway: GatewayId,
    base: u64,
    ledger: Ledger,
    parts: &[Vec<u8>],
    hashes: Hashes,
) -> Result<(), sqlx::Error> {
    let (tenant, now) = (tx.tenant().uuid(), time(tx.now()));
    sqlx::query!(
        "INSERT INTO access.batch (tenant_id, gateway_id, epoch, base, revision, parts, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (tenant_id, gateway_id) DO UPDATE
           SET epoch = excluded.epoch, base = excluded.base, revision = excluded.revision,
               parts = excluded.parts, created_at = excluded.created_at",
        tenant,
        gateway.uuid(),
        stored(ledger.epoch),
        stored(base),
        stored(ledger.revision),
        parts,
        now
    )
    .execute(tx.conn())
    .await?;
    sqlx::query!(
        "UPDATE access.gateway SET epoch = $2, revision = $3, acknowledged_revision = $4, wants_snapshot = false,
                table_hash = $5, base_hash = $6
          WHERE id = $1",
        gateway.uuid(),
        stored(ledger.epoch),
        stored(ledger.revision),
        stored(ledger.acknowledged),
        hashes.at_revision.as_ref().map(|hash| &hash[..]),
        hashes.at_acknowledged.as_ref().map(|hash| &hash[..])
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Keeps what the gateway said it has; a batch that it has is done with.
pub(crate) async fn acknowledge(
    tx: &mut TenantTx,
    gateway: GatewayId,
    revision: u64,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE access.gateway
            SET acknowledged_revision = $2,
                base_hash = CASE WHEN $2 = revision THEN table_hash
                                 WHEN $2 = acknowledged_revision THEN base_hash END
          WHERE id = $1",
        gateway.uuid(),
        stored(revision)
    )
    .execute(tx.conn())
    .await?;
    sqlx::query!(
        "DELETE FROM access.batch WHERE gateway_id = $1 AND revision <= $2",
        gateway.uuid(),
        stored(revision)
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// From now on the gateway is taken to have nothing: the next batch is a snapshot, in this epoch, above this
/// revision.
pub(crate) async fn begin_anew(
    tx: &mut TenantTx,
    gateway: GatewayId,
    epoch: u64,
    after_revision: u64,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE access.gateway
            SET epoch = $2, revision = $3, acknowledged_revision = 0, wants_snapshot = true, table_hash = NULL,
                base_hash = NULL
          WHERE id = $1",
        gateway.uuid(),
        stored(epoch),
        stored(after_revision)
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Keeps a state report.
pub(crate) async fn report(
    tx: &mut TenantTx,
    gateway: GatewayId,
    report: &StateReport,
) -> Result<(), sqlx::Error> {
    let now = time(tx.now());
    sqlx::query!(
        "UPDATE access.gateway
            SET report = $2, online = $3, contract_version = $4, last_heard_at = $5
          WHERE id = $1",
        gateway.uuid(),
        encode(report),
        report.online,
        i32::from(report.contract_version),
        now
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The gateway said goodbye, or its connection did: the report before stays.
pub(crate) async fn went_silent(tx: &mut TenantTx, gateway: GatewayId) -> Result<(), sqlx::Error> {
    sqlx::query!("UPDATE access.gateway SET online = false WHERE id = $1", gateway.uuid())
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// Something else than a report was heard.
pub(crate) async fn heard(tx: &mut TenantTx, gateway: GatewayId) -> Result<(), sqlx::Error> {
    let now = time(tx.now());
    sqlx::query!("UPDATE access.gateway SET last_heard_at = $2 WHERE id = $1", gateway.uuid(), now)
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// Counts a message that changed nothing.
pub(crate) async fn count_refused(
    tx: &mut TenantTx,
    gateway: GatewayId,
    reason: &'static str,
) -> Result<(), sqlx::Error> {
    let (tenant, now) = (tx.tenant().uuid(), time(tx.now()));
    sqlx::query!(
        "INSERT INTO access.refused_message AS refused (tenant_id, gateway_id, reason, count, last_at)
         VALUES ($1, $2, $3, 1, $4)
         ON CONFLICT (tenant_id, gateway_id, reason)
           DO UPDATE SET count = refused.count + 1, last_at = excluded.last_at",
        tenant,
        gateway.uuid(),
        reason,
        now
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// How many messages of each gateway changed nothing.
pub(crate) async fn refused(tx: &mut TenantTx) -> Result<Vec<(GatewayId, String, i64)>, sqlx::Error> {
    let rows = sqlx::query!(
        "SELECT gateway_id, reason, count FROM access.refused_message ORDER BY gateway_id, reason"
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| (row.gateway_id.into(), row.reason, row.count)).collect())
}

/// Notes that a gateway's table is not what it should be; `mended` when a snapshot is sent for it.
pub(crate) async fn table_differs(
    tx: &mut TenantTx,
    gateway: GatewayId,
    mended: bool,
) -> Result<(), sqlx::Error> {
    let now = time(tx.now());
    sqlx::query!(
        "UPDATE access.gateway
            SET hash_mismatches = hash_mismatches + 1, hash_mismatch_at = $2,
                hash_mended_at = CASE WHEN $3 THEN $2 ELSE hash_mended_at END
          WHERE id = $1",
        gateway.uuid(),
        now,
        mended
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// How a run of a gateway's program stands to those heard before.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Run {
    /// The one that is heard, or a new one.
    Current,
    /// One that ended, with a report that is older than what it said last.
    Old,
    /// One that another had followed, and that goes on all the same: two boxes.
    Returned,
}

/// Runs that are remembered of a gateway: more restarts than a week of a failing power supply has.
const RUNS_MAX: i64 = 256;

/// Notes a report of a run, by the gateway's clock.
pub(crate) async fn heard_run(
    tx: &mut TenantTx,
    gateway: GatewayId,
    boot: BootId,
    current: Option<BootId>,
    at: UnixMs,
) -> Result<Run, sqlx::Error> {
    let known = sqlx::query_scalar!(
        "SELECT reported_ms FROM access.gateway_boot WHERE gateway_id = $1 AND boot = $2",
        gateway.uuid(),
        boot.uuid()
    )
    .fetch_optional(tx.conn())
    .await?;
    let run = match known {
        Some(last) if current.is_some_and(|current| current != boot) => {
            if at.0 <= last {
                return Ok(Run::Old);
            }
            Run::Returned
        }
        Some(_) | None => Run::Current,
    };
    let (tenant, now) = (tx.tenant().uuid(), time(tx.now()));
    sqlx::query!(
        "INSERT INTO access.gateway_boot (tenant_id, gateway_id, boot, first_heard_at, reported_ms)
         VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (tenant_id, gateway_id, boot) DO UPDATE SET reported_ms = excluded.reported_ms",
        tenant,
        gateway.uuid(),
        boot.uuid(),
        now,
        at.0
    )
    .execute(tx.conn())
    .await?;
    if known.is_none() {
        sqlx::query!(
            "DELETE FROM access.gateway_boot WHERE gateway_id = $1 AND boot IN
               (SELECT boot FROM access.gateway_boot WHERE gateway_id = $1
                 ORDER BY first_heard_at DESC, boot OFFSET $2)",
            gateway.uuid(),
            RUNS_MAX
        )
        .execute(tx.conn())
        .await?;
    }
    Ok(run)
}

/// Sets the posture, with its counter.
pub(crate) async fn set_posture(
    tx: &mut TenantTx,
    gateway: GatewayId,
    mode: PostureMode,
    counter: u64,
    person: Option<PersonId>,
    reason: &str,
) -> Result<(), sqlx::Error> {
    let now = time(tx.now());
    let mode = match mode {
        PostureMode::Normal => "normal",
        PostureMode::Lockdown => "lockdown",
        PostureMode::Emergency => "emergency",
    };
    sqlx::query!(
        "UPDATE access.gateway
            SET posture = $2, posture_counter = $3, posture_by = $4, posture_at = $5, posture_reason = $6
          WHERE id = $1",
        gateway.uuid(),
        mode,
        stored(counter),
        person.map(PersonId::uuid),
        now,
        reason
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The posture is sent anew, under the next counter.
pub(crate) async fn raise_posture(tx: &mut TenantTx, gateway: GatewayId) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE access.gateway SET posture_counter = posture_counter + 1 WHERE id = $1",
        gateway.uuid()
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The configuration is sent anew, above this revision.
pub(crate) async fn raise_configuration(
    tx: &mut TenantTx,
    gateway: GatewayId,
    above: u64,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE access.gateway SET config_revision = greatest(config_revision, $2) + 1 WHERE id = $1",
        gateway.uuid(),
        stored(above)
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
