//! What the identity system shows, and what it was refused.

use cloud_kernel::TenantTx;
use jiff::{SignedDuration, Timestamp};
use jiff_sqlx::ToSqlx as _;
use protocols_ids::{PersonId, Uuid};
use staff_domain::SecretHash;

/// Tokens at once at most: the one in use, and the one that takes its place.
pub(crate) const TOKENS_MAX: usize = 2;
/// When a token was last used is written down so often, and no oftener.
const USE_NOTED_EVERY: SignedDuration = SignedDuration::from_mins(1);
/// Refusals that are kept: what fits on a page.
const REFUSALS_MAX: i64 = 20;

/// A token as it is kept.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    pub(crate) id: Uuid,
    pub(crate) hash: Option<SecretHash>,
    pub(crate) created_at: Timestamp,
    pub(crate) last_used_at: Option<Timestamp>,
}

/// A request that was refused.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Refusal {
    pub(crate) at: Timestamp,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) status: i32,
    pub(crate) detail: String,
}

/// All of them, the oldest first.
pub(crate) async fn all(tx: &mut TenantTx) -> Result<Vec<Kept>, sqlx::Error> {
    let rows = sqlx::query!(
        "SELECT id, token_hash, created_at, last_used_at FROM staff.token ORDER BY created_at, id"
    )
    .fetch_all(tx.conn())
    .await?;
    let kept = rows.into_iter().map(|row| Kept {
        id: row.id,
        hash: SecretHash::kept(&row.token_hash),
        created_at: row.created_at.to_jiff(),
        last_used_at: row.last_used_at.map(jiff_sqlx::Timestamp::to_jiff),
    });
    Ok(kept.collect())
}

/// Writes one more.
pub(crate) async fn make(
    tx: &mut TenantTx,
    id: Uuid,
    hash: &SecretHash,
    by: PersonId,
) -> Result<(), sqlx::Error> {
    let (tenant, now) = (tx.tenant().uuid(), tx.now().to_sqlx());
    sqlx::query!(
        "INSERT INTO staff.token (tenant_id, id, token_hash, created_at, created_by) VALUES ($1, $2, $3, $4, $5)",
        tenant,
        id,
        hash.bytes(),
        now,
        by.uuid()
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Takes one back; whether there was one.
pub(crate) async fn erase(tx: &mut TenantTx, id: Uuid) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!("DELETE FROM staff.token WHERE id = $1", id).execute(tx.conn()).await?;
    Ok(done.rows_affected() == 1)
}

/// Writes down that one was used, now and then.
pub(crate) async fn note_use(tx: &mut TenantTx, token: &Kept) -> Result<(), sqlx::Error> {
    let now = tx.now();
    let before = now.checked_sub(USE_NOTED_EVERY).unwrap_or(now);
    if token.last_used_at.is_none_or(|last| last <= before) {
        sqlx::query!("UPDATE staff.token SET last_used_at = $2 WHERE id = $1", token.id, now.to_sqlx())
            .execute(tx.conn())
            .await?;
    }
    Ok(())
}

/// Writes down what was refused; the oldest beyond those that are kept go.
pub(crate) async fn refuse(
    tx: &mut TenantTx,
    (method, path): (&str, &str),
    status: u16,
    detail: &str,
) -> Result<(), sqlx::Error> {
    let (tenant, now) = (tx.tenant().uuid(), tx.now().to_sqlx());
    let cut = |text: &str, most: usize| text.chars().take(most).collect::<String>();
    sqlx::query!(
        "INSERT INTO staff.refusal (tenant_id, at, method, path, status, detail) VALUES ($1, $2, $3, $4, $5, $6)",
        tenant,
        now,
        cut(method, 10),
        cut(path, 200),
        i32::from(status),
        cut(detail, 300)
    )
    .execute(tx.conn())
    .await?;
    sqlx::query!(
        "DELETE FROM staff.refusal WHERE id <= (SELECT id FROM staff.refusal ORDER BY id DESC OFFSET $1 LIMIT 1)",
        REFUSALS_MAX
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// What was refused, the last first.
pub(crate) async fn refusals(tx: &mut TenantTx) -> Result<Vec<Refusal>, sqlx::Error> {
    let rows = sqlx::query!(
        "SELECT at, method, path, status, detail FROM staff.refusal ORDER BY id DESC LIMIT $1",
        REFUSALS_MAX
    )
    .fetch_all(tx.conn())
    .await?;
    let refusals = rows.into_iter().map(|row| Refusal {
        at: row.at.to_jiff(),
        method: row.method,
        path: row.path,
        status: row.status,
        detail: row.detail,
    });
    Ok(refusals.collect())
}
