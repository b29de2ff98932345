//! What is kept of messages and of how people want them, and its end.

use cloud_kernel::TenantTx;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use protocols_ids::PersonId;
use uuid::Uuid;

/// Messages of one person that are read at most.
const OF_PERSON_MAX: i64 = 10_000;

/// A message that is kept.
#[derive(Debug)]
pub(crate) struct Kept {
    pub(crate) id: Uuid,
    pub(crate) kind: String,
    pub(crate) channel: String,
    pub(crate) recipient: Option<String>,
    pub(crate) status: String,
    pub(crate) since: Timestamp,
    pub(crate) settled_at: Option<Timestamp>,
}

/// What a person was sent, the oldest first.
pub(crate) async fn of_person(tx: &mut TenantTx, person: PersonId) -> Result<Vec<Kept>, sqlx::Error> {
    let rows = sqlx::query!(
        "SELECT id, kind, channel, recipient, status, created_at, settled_at FROM notifications.message
          WHERE person_id = $1 ORDER BY id LIMIT $2",
        person.uuid(),
        OF_PERSON_MAX
    )
    .fetch_all(tx.conn())
    .await?;
    let kept = rows.into_iter().map(|row| Kept {
        id: row.id,
        kind: row.kind,
        channel: row.channel,
        recipient: row.recipient,
        status: row.status,
        since: row.created_at.to_jiff(),
        settled_at: row.settled_at.map(jiff_sqlx::Timestamp::to_jiff),
    });
    Ok(kept.collect())
}

/// Destroys messages that were sent, or not, before a moment. Returns how many.
pub(crate) async fn destroy(
    tx: &mut TenantTx,
    of: Option<PersonId>,
    settled_before: Timestamp,
    most: u32,
) -> Result<u64, sqlx::Error> {
    let gone = sqlx::query!(
        "DELETE FROM notifications.message gone USING (
           SELECT tenant_id, id FROM notifications.message
            WHERE settled_at < $2 AND ($1::uuid IS NULL OR person_id = $1) ORDER BY id LIMIT $3) old
          WHERE gone.tenant_id = old.tenant_id AND gone.id = old.id",
        of.map(PersonId::uuid),
        settled_before.to_sqlx() as _,
        i64::from(most)
    )
    .execute(tx.conn())
    .await?;
    Ok(gone.rows_affected())
}

/// What a person has said of how to reach them: each address with its channel.
pub(crate) async fn addresses(
    tx: &mut TenantTx,
    person: PersonId,
) -> Result<Vec<(String, String, Timestamp)>, sqlx::Error> {
    let rows = sqlx::query!(
        "SELECT channel, address, verified_at FROM notifications.address WHERE person_id = $1 ORDER BY channel",
        person.uuid()
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| (row.channel, row.address, row.verified_at.to_jiff())).collect())
}

/// Forgets how a person wants to be reached. Returns whether there was anything.
pub(crate) async fn forget(tx: &mut TenantTx, person: PersonId) -> Result<bool, sqlx::Error> {
    let gone = sqlx::query_scalar!(
        r#"WITH addresses AS (DELETE FROM notifications.address WHERE person_id = $1 RETURNING 1),
                proofs AS (DELETE FROM notifications.proof WHERE person_id = $1 RETURNING 1),
                choices AS (DELETE FROM notifications.choice WHERE person_id = $1 RETURNING 1),
                settings AS (DELETE FROM notifications.person_setting WHERE person_id = $1 RETURNING 1)
           SELECT (SELECT count(*) FROM addresses) + (SELECT count(*) FROM proofs)
                + (SELECT count(*) FROM choices) + (SELECT count(*) FROM settings) > 0 AS "gone!""#,
        person.uuid()
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(gone)
}
