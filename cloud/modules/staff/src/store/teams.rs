//! Groups that the identity system provisions.

use std::collections::BTreeSet;

use cloud_kernel::TenantTx;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use protocols_ids::Uuid;

/// Groups of one municipality at most.
pub(crate) const TEAMS_MAX: i64 = 2_000;

/// A group as it is kept, without its members.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Kept {
    pub(crate) id: Uuid,
    pub(crate) display_name: String,
    pub(crate) external_id: Option<String>,
    pub(crate) version: i32,
    pub(crate) created_at: Timestamp,
    pub(crate) changed_at: Timestamp,
    /// How many are in it.
    pub(crate) count: i64,
}

struct Row {
    id: Uuid,
    display_name: String,
    external_id: Option<String>,
    version: i32,
    created_at: jiff_sqlx::Timestamp,
    changed_at: jiff_sqlx::Timestamp,
    count: i64,
}

impl Row {
    fn kept(self) -> Kept {
        Kept {
            id: self.id,
            display_name: self.display_name,
            external_id: self.external_id,
            version: self.version,
            created_at: self.created_at.to_jiff(),
            changed_at: self.changed_at.to_jiff(),
            count: self.count,
        }
    }
}

/// What groups are looked for by; nothing is every one.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Sought {
    pub(crate) display_name: Option<String>,
    pub(crate) external_id: Option<String>,
    pub(crate) id: Option<Uuid>,
    pub(crate) member: Option<Uuid>,
}

/// How many are like this, and those from one on.
pub(crate) async fn list(
    tx: &mut TenantTx,
    sought: &Sought,
    skip: i64,
    count: i64,
) -> Result<(i64, Vec<Kept>), sqlx::Error> {
    let total = sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM staff.team
            WHERE ($1::text IS NULL OR display_name = $1) AND ($2::text IS NULL OR external_id = $2)
              AND ($3::uuid IS NULL OR id = $3)
              AND ($4::uuid IS NULL OR EXISTS (SELECT FROM staff.member m WHERE m.team_id = team.id AND m.account_id = $4))"#,
        sought.display_name,
        sought.external_id,
        sought.id,
        sought.member
    )
    .fetch_one(tx.conn())
    .await?;
    let rows = sqlx::query_as!(
        Row,
        r#"SELECT id, display_name, external_id, version, created_at, changed_at,
                  (SELECT count(*) FROM staff.member m WHERE m.team_id = team.id) AS "count!"
             FROM staff.team
            WHERE ($1::text IS NULL OR display_name = $1) AND ($2::text IS NULL OR external_id = $2)
              AND ($3::uuid IS NULL OR id = $3)
              AND ($4::uuid IS NULL OR EXISTS (SELECT FROM staff.member m WHERE m.team_id = team.id AND m.account_id = $4))
            ORDER BY id OFFSET $5 LIMIT $6"#,
        sought.display_name,
        sought.external_id,
        sought.id,
        sought.member,
        skip,
        count
    )
    .fetch_all(tx.conn())
    .await?;
    Ok((total, rows.into_iter().map(Row::kept).collect()))
}

/// One of them.
pub(crate) async fn find(tx: &mut TenantTx, id: Uuid) -> Result<Option<Kept>, sqlx::Error> {
    let sought = Sought { id: Some(id), ..Sought::default() };
    Ok(list(tx, &sought, 0, 1).await?.1.pop())
}

/// Who is in it.
pub(crate) async fn members(tx: &mut TenantTx, team: Uuid) -> Result<BTreeSet<Uuid>, sqlx::Error> {
    let rows = sqlx::query_scalar!("SELECT account_id FROM staff.member WHERE team_id = $1", team)
        .fetch_all(tx.conn())
        .await?;
    Ok(rows.into_iter().collect())
}

/// By what the groups of an account are known: their names, and what the identity system calls them.
pub(crate) async fn names_of(tx: &mut TenantTx, account: Uuid) -> Result<BTreeSet<String>, sqlx::Error> {
    let rows = sqlx::query!(
        "SELECT team.display_name, team.external_id FROM staff.member member
           JOIN staff.team team ON team.tenant_id = member.tenant_id AND team.id = member.team_id
          WHERE member.account_id = $1",
        account
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().flat_map(|row| [Some(row.display_name), row.external_id]).flatten().collect())
}

/// Writes one more; false where its name or its id at the identity system is another's.
pub(crate) async fn make(
    tx: &mut TenantTx,
    id: Uuid,
    (display_name, external_id): (&str, Option<&str>),
) -> Result<bool, sqlx::Error> {
    let (tenant, now) = (tx.tenant().uuid(), tx.now().to_sqlx());
    let done = sqlx::query!(
        "INSERT INTO staff.team (tenant_id, id, display_name, external_id, version, created_at, changed_at)
         VALUES ($1, $2, $3, $4, 1, $5, $5) ON CONFLICT DO NOTHING",
        tenant,
        id,
        display_name,
        external_id,
        now
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Whether another one has its name or its id at the identity system.
pub(crate) async fn is_anothers(
    tx: &mut TenantTx,
    id: Uuid,
    (display_name, external_id): (&str, Option<&str>),
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM staff.team WHERE id <> $1 AND (display_name = $2 OR external_id = $3)) AS "is!""#,
        id,
        display_name,
        external_id
    )
    .fetch_one(tx.conn())
    .await
}

/// Writes what is new of one.
pub(crate) async fn change(
    tx: &mut TenantTx,
    id: Uuid,
    (display_name, external_id): (&str, Option<&str>),
) -> Result<(), sqlx::Error> {
    let now = tx.now().to_sqlx();
    sqlx::query!(
        "UPDATE staff.team SET display_name = $2, external_id = $3, version = version + 1, changed_at = $4 WHERE id = $1",
        id,
        display_name,
        external_id,
        now
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Lets these be in it, and those not any more.
pub(crate) async fn set_members(
    tx: &mut TenantTx,
    team: Uuid,
    new: &[Uuid],
    gone: &[Uuid],
) -> Result<(), sqlx::Error> {
    let tenant = tx.tenant().uuid();
    sqlx::query!("DELETE FROM staff.member WHERE team_id = $1 AND account_id = any($2)", team, gone)
        .execute(tx.conn())
        .await?;
    sqlx::query!(
        "INSERT INTO staff.member (tenant_id, team_id, account_id) SELECT $1, $2, * FROM unnest($3::uuid[])
         ON CONFLICT DO NOTHING",
        tenant,
        team,
        new
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Erases one, with who is in it.
pub(crate) async fn erase(tx: &mut TenantTx, id: Uuid) -> Result<(), sqlx::Error> {
    sqlx::query!("DELETE FROM staff.team WHERE id = $1", id).execute(tx.conn()).await?;
    Ok(())
}
