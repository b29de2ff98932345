//! What somebody must look at: found by the cloud, about a gateway.

use cloud_kernel::TenantTx;
use jiff::Timestamp;
use protocols_ids::{GatewayId, PersonId};
use serde_json::Value;

use super::{counted, time};

/// What was found.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum AlarmKind {
    /// The gateway's table is not what the cloud gave it.
    TableDiffers,
    /// The journal contradicts itself.
    JournalBroken,
    /// Entries are missing here: the cloud was restored from a backup.
    JournalMissing,
    /// The journal began anew without an enrolment: the disk was damaged.
    JournalAnew,
    /// Two boxes speak with the same identity.
    TwoBoxes,
    /// The gateway was ahead: the cloud was restored from a backup.
    CloudRestored,
}

impl AlarmKind {
    /// All of them.
    pub(crate) const ALL: [Self; 6] = [
        Self::TableDiffers,
        Self::JournalBroken,
        Self::JournalMissing,
        Self::JournalAnew,
        Self::TwoBoxes,
        Self::CloudRestored,
    ];

    /// As it is stored.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::TableDiffers => "table_differs",
            Self::JournalBroken => "journal_broken",
            Self::JournalMissing => "journal_missing",
            Self::JournalAnew => "journal_anew",
            Self::TwoBoxes => "two_boxes",
            Self::CloudRestored => "cloud_restored",
        }
    }

    fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// An alarm that nobody has seen to yet.
#[derive(Clone, Debug)]
pub(crate) struct Alarm {
    pub id: uuid::Uuid,
    pub gateway: GatewayId,
    pub kind: AlarmKind,
    pub first_at: Timestamp,
    pub last_at: Timestamp,
    pub count: u64,
    /// What explains it; numbers only.
    pub detail: Value,
}

/// Raises an alarm; one of the same kind that nobody has seen to counts up. Also told in the log.
pub(crate) async fn raise(
    tx: &mut TenantTx,
    gateway: GatewayId,
    kind: AlarmKind,
    detail: &Value,
) -> Result<(), sqlx::Error> {
    tracing::error!(%gateway, kind = kind.name(), %detail, "alarm");
    let (tenant, now, id) = (tx.tenant().uuid(), time(tx.now()), tx.new_id::<uuid::Uuid>());
    sqlx::query!(
        "INSERT INTO access.alarm AS alarm (tenant_id, id, gateway_id, kind, first_at, last_at, detail)
         VALUES ($1, $2, $3, $4, $5, $5, $6)
         ON CONFLICT (tenant_id, gateway_id, kind) WHERE seen_at IS NULL
           DO UPDATE SET count = alarm.count + 1, last_at = excluded.last_at, detail = excluded.detail",
        tenant,
        id,
        gateway.uuid(),
        kind.name(),
        now,
        detail
    )
    .execute(tx.conn())
    .await?;
    tx.signal(crate::events::gateway_topic(gateway));
    Ok(())
}

/// Alarms that nobody has seen to, the newest first.
pub(crate) async fn open(tx: &mut TenantTx) -> Result<Vec<Alarm>, sqlx::Error> {
    let rows = sqlx::query!(
        "SELECT id, gateway_id, kind, first_at, last_at, count, detail FROM access.alarm
          WHERE seen_at IS NULL ORDER BY last_at DESC, id"
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .filter_map(|row| {
            Some(Alarm {
                id: row.id,
                gateway: row.gateway_id.into(),
                kind: AlarmKind::parse(&row.kind)?,
                first_at: row.first_at.to_jiff(),
                last_at: row.last_at.to_jiff(),
                count: counted(row.count),
                detail: row.detail,
            })
        })
        .collect())
}

/// Somebody has seen to it; whether it was open.
pub(crate) async fn seen(
    tx: &mut TenantTx,
    gateway: GatewayId,
    id: uuid::Uuid,
    person: PersonId,
) -> Result<bool, sqlx::Error> {
    let now = time(tx.now());
    let done = sqlx::query!(
        "UPDATE access.alarm SET seen_at = $3, seen_by = $4
          WHERE id = $1 AND gateway_id = $2 AND seen_at IS NULL",
        id,
        gateway.uuid(),
        now,
        person.uuid()
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Forgets what was seen to before that instant.
pub(crate) async fn forget(tx: &mut TenantTx, before: Timestamp) -> Result<(), sqlx::Error> {
    sqlx::query!("DELETE FROM access.alarm WHERE seen_at < $1", time(before)).execute(tx.conn()).await?;
    Ok(())
}
