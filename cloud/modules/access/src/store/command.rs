//! Releases from afar: asked for, sent once, answered by the journal.

use cloud_kernel::TenantTx;
use jiff::Timestamp;
use protocols_ids::{BootId, DoorId, GatewayId, PersonId};

use super::{counted, time};

/// A release that is to be asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NewCommand<'a> {
    pub id: uuid::Uuid,
    pub gateway: GatewayId,
    pub door: DoorId,
    pub boot: BootId,
    pub person: PersonId,
    pub reason: &'a str,
    pub expires_at: Timestamp,
}

/// Writes a command under the gateway's lock; returns its counter.
///
/// The counter is at least the clock's milliseconds: a cloud that was restored from a backup does not count again
/// what the gateway has heard.
pub(crate) async fn insert(tx: &mut TenantTx, new: &NewCommand<'_>) -> Result<u64, sqlx::Error> {
    let (tenant, now) = (tx.tenant().uuid(), tx.now());
    let counter = sqlx::query_scalar!(
        r#"INSERT INTO access.command
             (tenant_id, id, gateway_id, door_id, boot, counter, person_id, reason, made_at, expires_at)
           SELECT $1, $2, $3, $4, $5, greatest(coalesce(max(counter), 0) + 1, $6), $7, $8, $9, $10
             FROM access.command WHERE gateway_id = $3 AND boot = $5
           RETURNING counter"#,
        tenant,
        new.id,
        new.gateway.uuid(),
        new.door.uuid(),
        new.boot.uuid(),
        now.as_millisecond(),
        new.person.uuid(),
        new.reason,
        time(now),
        time(new.expires_at)
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(counted(counter))
}

/// A command that is to be sent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ToSend {
    pub id: uuid::Uuid,
    pub door: DoorId,
    pub boot: BootId,
    pub counter: u64,
    pub expires_at: Timestamp,
}

/// Takes the commands that wait and have not expired. They are marked as sent: none is ever sent twice.
pub(crate) async fn take(tx: &mut TenantTx, gateway: GatewayId) -> Result<Vec<ToSend>, sqlx::Error> {
    let now = time(tx.now());
    let rows = sqlx::query!(
        "UPDATE access.command SET sent_at = $2
          WHERE gateway_id = $1 AND sent_at IS NULL AND expires_at > $2
          RETURNING id, door_id, boot, counter, expires_at",
        gateway.uuid(),
        now
    )
    .fetch_all(tx.conn())
    .await?;
    let mut rows: Vec<ToSend> = rows
        .into_iter()
        .map(|row| ToSend {
            id: row.id,
            door: row.door_id.into(),
            boot: row.boot.into(),
            counter: counted(row.counter),
            expires_at: row.expires_at.to_jiff(),
        })
        .collect();
    rows.sort_unstable_by_key(|row| row.counter);
    Ok(rows)
}

/// The gateway's journal says what came of it.
pub(crate) async fn answered(
    tx: &mut TenantTx,
    gateway: GatewayId,
    id: [u8; 16],
    at: Timestamp,
    done: bool,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE access.command SET answered_at = $3, done = $4
          WHERE id = $1 AND gateway_id = $2 AND answered_at IS NULL",
        uuid::Uuid::from_bytes(id),
        gateway.uuid(),
        time(at),
        done
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// A release as people see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Release {
    pub door: String,
    pub person: String,
    pub reason: String,
    pub made_at: Timestamp,
    pub expires_at: Timestamp,
    pub sent: bool,
    pub answer: Option<(Timestamp, bool)>,
}

/// The last releases of a gateway, the newest first.
pub(crate) async fn latest(
    tx: &mut TenantTx,
    gateway: GatewayId,
    count: i64,
) -> Result<Vec<Release>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT d.name AS door, coalesce(p.name, '') AS "person!", c.reason, c.made_at, c.expires_at, c.sent_at,
                  c.answered_at, c.done
             FROM access.command c
             JOIN access.door d ON d.tenant_id = c.tenant_id AND d.id = c.door_id
             LEFT JOIN pub.person_v1 p ON p.tenant_id = c.tenant_id AND p.id = c.person_id
            WHERE c.gateway_id = $1 ORDER BY c.made_at DESC, c.counter DESC LIMIT $2"#,
        gateway.uuid(),
        count
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Release {
            door: row.door,
            person: row.person,
            reason: row.reason,
            made_at: row.made_at.to_jiff(),
            expires_at: row.expires_at.to_jiff(),
            sent: row.sent_at.is_some(),
            answer: row.answered_at.map(jiff_sqlx::Timestamp::to_jiff).zip(row.done),
        })
        .collect())
}

/// How many commands were made for a gateway since that instant.
pub(crate) async fn since(
    tx: &mut TenantTx,
    gateway: GatewayId,
    since: Timestamp,
) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM access.command WHERE gateway_id = $1 AND made_at > $2"#,
        gateway.uuid(),
        time(since)
    )
    .fetch_one(tx.conn())
    .await
}

/// Forgets what was asked for before that instant. The audit keeps who did what.
pub(crate) async fn forget(tx: &mut TenantTx, before: Timestamp) -> Result<(), sqlx::Error> {
    sqlx::query!("DELETE FROM access.command WHERE made_at < $1", time(before)).execute(tx.conn()).await?;
    Ok(())
}
