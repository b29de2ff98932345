//! Users that the identity system provisions.

use cloud_kernel::TenantTx;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use protocols_ids::Uuid;
use serde_json::Value;
use staff_domain::{Account, account_json};

/// Accounts of one municipality at most: all its staff and more.
pub(crate) const ACCOUNTS_MAX: i64 = 50_000;

/// An account as it is kept.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Kept {
    pub(crate) id: Uuid,
    pub(crate) account: Account,
    pub(crate) version: i32,
    pub(crate) created_at: Timestamp,
    pub(crate) changed_at: Timestamp,
}

struct Row {
    id: Uuid,
    more: Value,
    version: i32,
    created_at: jiff_sqlx::Timestamp,
    changed_at: jiff_sqlx::Timestamp,
}

impl Row {
    fn kept(self) -> Result<Kept, sqlx::Error> {
        Ok(Kept {
            id: self.id,
            account: Account::read(&self.more).map_err(|wrong| sqlx::Error::Decode(wrong.into()))?,
            version: self.version,
            created_at: self.created_at.to_jiff(),
            changed_at: self.changed_at.to_jiff(),
        })
    }
}

/// What accounts are looked for by; nothing is every one.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Sought {
    pub(crate) user_key: Option<String>,
    pub(crate) external_id: Option<String>,
    pub(crate) id: Option<Uuid>,
    pub(crate) active: Option<bool>,
}

/// How many are like this, and those from one on.
pub(crate) async fn list(
    tx: &mut TenantTx,
    sought: &Sought,
    skip: i64,
    count: i64,
) -> Result<(i64, Vec<Kept>), sqlx::Error> {
    let total = sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM staff.account
            WHERE ($1::text IS NULL OR user_key = $1) AND ($2::text IS NULL OR external_id = $2)
              AND ($3::uuid IS NULL OR id = $3) AND ($4::boolean IS NULL OR active = $4)"#,
        sought.user_key,
        sought.external_id,
        sought.id,
        sought.active
    )
    .fetch_one(tx.conn())
    .await?;
    let rows = sqlx::query_as!(
        Row,
        "SELECT id, more, version, created_at, changed_at FROM staff.account
          WHERE ($1::text IS NULL OR user_key = $1) AND ($2::text IS NULL OR external_id = $2)
            AND ($3::uuid IS NULL OR id = $3) AND ($4::boolean IS NULL OR active = $4)
          ORDER BY id OFFSET $5 LIMIT $6",
        sought.user_key,
        sought.external_id,
        sought.id,
        sought.active,
        skip,
        count
    )
    .fetch_all(tx.conn())
    .await?;
    Ok((total, rows.into_iter().map(Row::kept).collect::<Result<_, _>>()?))
}

/// One of them.
pub(crate) async fn find(tx: &mut TenantTx, id: Uuid) -> Result<Option<Kept>, sqlx::Error> {
    let row = sqlx::query_as!(
        Row,
        "SELECT id, more, version, created_at, changed_at FROM staff.account WHERE id = $1",
        id
    )
    .fetch_optional(tx.conn())
    .await?;
    row.map(Row::kept).transpose()
}

/// The account of whom the identity system calls so: by its own id first, by the name of the user otherwise.
pub(crate) async fn of_staff_id(tx: &mut TenantTx, staff_id: &str) -> Result<Option<Kept>, sqlx::Error> {
    let row = sqlx::query_as!(
        Row,
        "SELECT id, more, version, created_at, changed_at FROM staff.account
          WHERE external_id = $1 OR user_key = lower($1) ORDER BY (external_id = $1) DESC NULLS LAST LIMIT 1",
        staff_id
    )
    .fetch_optional(tx.conn())
    .await?;
    row.map(Row::kept).transpose()
}

/// Which of these ids are accounts.
pub(crate) async fn known(tx: &mut TenantTx, ids: &[Uuid]) -> Result<Vec<Uuid>, sqlx::Error> {
    sqlx::query_scalar!("SELECT id FROM staff.account WHERE id = any($1)", ids).fetch_all(tx.conn()).await
}

/// Writes one more; false where its name or its id at the identity system is another's.
pub(crate) async fn make(tx: &mut TenantTx, id: Uuid, account: &Account) -> Result<bool, sqlx::Error> {
    let (tenant, now) = (tx.tenant().uuid(), tx.now().to_sqlx());
    let done = sqlx::query!(
        "INSERT INTO staff.account
           (tenant_id, id, user_name, user_key, external_id, active, more, version, created_at, changed_at)
         VALUES ($1, $2, $3, lower($3), $4, $5, $6, 1, $7, $7) ON CONFLICT DO NOTHING",
        tenant,
        id,
        account.user_name,
        account.external_id,
        account.active,
        account_json(account),
        now
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Whether another one has its name or its id at the identity system.
pub(crate) async fn is_anothers(tx: &mut TenantTx, id: Uuid, account: &Account) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM staff.account WHERE id <> $1 AND (user_key = lower($2) OR external_id = $3)) AS "is!""#,
        id,
        account.user_name,
        account.external_id
    )
    .fetch_one(tx.conn())
    .await
}

/// Writes what is new of one.
pub(crate) async fn change(tx: &mut TenantTx, id: Uuid, account: &Account) -> Result<(), sqlx::Error> {
    let now = tx.now().to_sqlx();
    sqlx::query!(
        "UPDATE staff.account SET user_name = $2, user_key = lower($2), external_id = $3, active = $4, more = $5,
                version = version + 1, changed_at = $6 WHERE id = $1",
        id,
        account.user_name,
        account.external_id,
        account.active,
        account_json(account),
        now
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Erases one.
pub(crate) async fn erase(tx: &mut TenantTx, id: Uuid) -> Result<(), sqlx::Error> {
    sqlx::query!("DELETE FROM staff.account WHERE id = $1", id).execute(tx.conn()).await?;
    Ok(())
}
