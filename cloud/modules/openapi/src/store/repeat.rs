//! What was answered to a request with an idempotency key.

use cloud_kernel::TenantTx;
use jiff::{SignedDuration, Timestamp};
use jiff_sqlx::ToSqlx as _;
use protocols_ids::Uuid;

/// How long an answer is given again.
const KEPT: SignedDuration = SignedDuration::from_hours(24);

/// What is known of an earlier request with the key.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    pub(crate) request_hash: Vec<u8>,
    pub(crate) begun_at: Timestamp,
    pub(crate) answer: Option<Answer>,
}

/// An answer as it was given.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) content_type: String,
    pub(crate) body: String,
}

/// Begins with a request, if nobody has; otherwise what is known of the earlier one, locked until the transaction ends.
/// Answers that are a day old are forgotten first: nobody keeps a key for longer.
pub(crate) async fn begin(
    tx: &mut TenantTx,
    holder: Uuid,
    key: &str,
    request_hash: &[u8],
) -> Result<Option<Known>, sqlx::Error> {
    let (tenant, now) = (tx.tenant().uuid(), tx.now());
    let old = now.checked_sub(KEPT).unwrap_or(now);
    sqlx::query!("DELETE FROM openapi.repeat WHERE holder = $1 AND begun_at < $2", holder, old.to_sqlx())
        .execute(tx.conn())
        .await?;
    let begun = sqlx::query!(
        "INSERT INTO openapi.repeat (tenant_id, holder, key, request_hash, begun_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT DO NOTHING",
        tenant,
        holder,
        key,
        request_hash,
        now.to_sqlx()
    )
    .execute(tx.conn())
    .await?;
    if begun.rows_affected() == 1 {
        return Ok(None);
    }
    let row = sqlx::query!(
        "SELECT request_hash, begun_at, status, content_type, body FROM openapi.repeat
          WHERE holder = $1 AND key = $2 FOR UPDATE",
        holder,
        key
    )
    .fetch_one(tx.conn())
    .await?;
    let answer = row.status.zip(row.content_type).zip(row.body).map(|((status, content_type), body)| {
        Answer { status: u16::try_from(status).unwrap_or(200), content_type, body }
    });
    Ok(Some(Known { request_hash: row.request_hash, begun_at: row.begun_at.to_jiff(), answer }))
}

/// Begins anew with a request that nobody has come back to.
pub(crate) async fn take_over(tx: &mut TenantTx, holder: Uuid, key: &str) -> Result<(), sqlx::Error> {
    let now = tx.now().to_sqlx();
    sqlx::query!("UPDATE openapi.repeat SET begun_at = $3 WHERE holder = $1 AND key = $2", holder, key, now)
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// Keeps the answer.
pub(crate) async fn answered(
    tx: &mut TenantTx,
    holder: Uuid,
    key: &str,
    answer: &Answer,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE openapi.repeat SET status = $3, content_type = $4, body = $5 WHERE holder = $1 AND key = $2",
        holder,
        key,
        i32::from(answer.status),
        answer.content_type,
        answer.body
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Forgets a request that failed by our own fault: its repetition is done anew.
pub(crate) async fn forget(tx: &mut TenantTx, holder: Uuid, key: &str) -> Result<(), sqlx::Error> {
    sqlx::query!("DELETE FROM openapi.repeat WHERE holder = $1 AND key = $2", holder, key)
        .execute(tx.conn())
        .await?;
    Ok(())
}
