//! What programs show with each call.

use cloud_kernel::TenantTx;
use jiff::{SignedDuration, Timestamp};
use jiff_sqlx::ToSqlx as _;
use openapi_domain::{Scopes, SecretHash};
use protocols_ids::{PersonId, Uuid};

/// Tokens that one person has at most.
pub(crate) const TOKENS_MAX: usize = 20;
/// When a token was last used is written down so often, and no oftener.
const USE_NOTED_EVERY: SignedDuration = SignedDuration::from_mins(1);

/// Who shows a token, and what it is good for.
#[derive(Clone, Debug)]
pub(crate) struct Shown {
    pub(crate) token: Uuid,
    /// Whose client it is; `None` where a person made the token.
    pub(crate) client: Option<Uuid>,
    /// As whom it acts.
    pub(crate) person: PersonId,
    /// What the token may do, of what its client may do now.
    pub(crate) scopes: Scopes,
    /// How often a client may ask.
    pub(crate) rate_per_minute: Option<u32>,
    last_used_at: Option<Timestamp>,
}

/// Whose token this is, if it holds.
pub(crate) async fn shown(tx: &mut TenantTx, secret: &SecretHash) -> Result<Option<Shown>, sqlx::Error> {
    let now = tx.now().to_sqlx();
    let row = sqlx::query!(
        r#"SELECT token.id, token.client_id, coalesce(token.person_id, client.person_id) AS "person!",
                  token.scopes, client.scopes AS "client_scopes?", client.rate_per_minute AS "rate_per_minute?",
                  token.last_used_at
             FROM openapi.token token
             LEFT JOIN openapi.client client
               ON client.tenant_id = token.tenant_id AND client.id = token.client_id AND client.taken_back_at IS NULL
            WHERE token.token_hash = $1 AND token.expires_at > $2
              AND (token.client_id IS NULL OR client.id IS NOT NULL)"#,
        secret.bytes(),
        now
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|row| {
        let own = Scopes::from_keys(&row.scopes);
        let scopes = match row.client_scopes {
            Some(client) => {
                let client = Scopes::from_keys(&client);
                Scopes::of(own.iter().filter(|scope| client.has(*scope)))
            }
            None => own,
        };
        Shown {
            token: row.id,
            client: row.client_id,
            person: row.person.into(),
            scopes,
            rate_per_minute: row.rate_per_minute.map(i32::unsigned_abs),
            last_used_at: row.last_used_at.map(jiff_sqlx::Timestamp::to_jiff),
        }
    }))
}

/// Writes down that a token was used, now and then, and with it that its client was.
pub(crate) async fn note_use(tx: &mut TenantTx, shown: &Shown) -> Result<(), sqlx::Error> {
    let now = tx.now();
    let before = now.checked_sub(USE_NOTED_EVERY).unwrap_or(now);
    if shown.last_used_at.is_some_and(|last| last > before) {
        return Ok(());
    }
    sqlx::query!(
        "WITH client AS (UPDATE openapi.client SET last_used_at = $2 WHERE id = $3)
         UPDATE openapi.token SET last_used_at = $2 WHERE id = $1",
        shown.token,
        now.to_sqlx(),
        shown.client
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Writes a client's token, and sweeps away those of its that have run out.
pub(crate) async fn give(
    tx: &mut TenantTx,
    client: Uuid,
    (id, secret): (Uuid, &SecretHash),
    scopes: &Scopes,
    expires_at: Timestamp,
) -> Result<(), sqlx::Error> {
    let (tenant, now) = (tx.tenant().uuid(), tx.now().to_sqlx());
    sqlx::query!("DELETE FROM openapi.token WHERE client_id = $1 AND expires_at <= $2", client, now)
        .execute(tx.conn())
        .await?;
    sqlx::query!(
        "INSERT INTO openapi.token (tenant_id, id, token_hash, client_id, scopes, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        tenant,
        id,
        secret.bytes(),
        client,
        &scopes.keys(),
        now,
        expires_at.to_sqlx()
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// A token of a person, as its maker sees it.
#[derive(Clone, Debug)]
pub(crate) struct Own {
    pub(crate) id: Uuid,
    pub(crate) name: String,
    pub(crate) scopes: Scopes,
    pub(crate) created_at: Timestamp,
    pub(crate) expires_at: Timestamp,
    pub(crate) last_used_at: Option<Timestamp>,
}

/// A person's tokens, the oldest first; also those that have run out, until they are taken back.
pub(crate) async fn of_person(tx: &mut TenantTx, person: PersonId) -> Result<Vec<Own>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT id, name AS "name!", scopes, created_at, expires_at, last_used_at FROM openapi.token
            WHERE person_id = $1 ORDER BY created_at, id"#,
        person.uuid()
    )
    .fetch_all(tx.conn())
    .await?;
    let own = rows.into_iter().map(|row| Own {
        id: row.id,
        name: row.name,
        scopes: Scopes::from_keys(&row.scopes),
        created_at: row.created_at.to_jiff(),
        expires_at: row.expires_at.to_jiff(),
        last_used_at: row.last_used_at.map(jiff_sqlx::Timestamp::to_jiff),
    });
    Ok(own.collect())
}

/// Writes a person's token, unless they have as many as one may; whether it was written. Of two that are made at once
/// both are counted.
pub(crate) async fn make(
    tx: &mut TenantTx,
    person: PersonId,
    (id, secret): (Uuid, &SecretHash),
    (name, scopes): (&str, &Scopes),
    expires_at: Timestamp,
) -> Result<bool, sqlx::Error> {
    let (tenant, now) = (tx.tenant().uuid(), tx.now().to_sqlx());
    let lock = format!("tokens {tenant} {person}");
    sqlx::query!("SELECT pg_advisory_xact_lock(hashtextextended($1, 47))", lock).execute(tx.conn()).await?;
    let made = sqlx::query!(
        "INSERT INTO openapi.token (tenant_id, id, token_hash, person_id, name, scopes, created_at, expires_at)
         SELECT $1, $2, $3, $4, $5, $6, $7, $8
          WHERE (SELECT count(*) FROM openapi.token WHERE person_id = $4) < $9",
        tenant,
        id,
        secret.bytes(),
        person.uuid(),
        name,
        &scopes.keys(),
        now,
        expires_at.to_sqlx(),
        i64::try_from(TOKENS_MAX).unwrap_or(i64::MAX)
    )
    .execute(tx.conn())
    .await?;
    Ok(made.rows_affected() == 1)
}

/// Takes a person's token back; whether there was one.
pub(crate) async fn take_back(tx: &mut TenantTx, person: PersonId, id: Uuid) -> Result<bool, sqlx::Error> {
    let gone = sqlx::query!("DELETE FROM openapi.token WHERE id = $1 AND person_id = $2", id, person.uuid())
        .execute(tx.conn())
        .await?;
    Ok(gone.rows_affected() == 1)
}

/// Takes back every token that a person made. Returns how many.
pub(crate) async fn destroy_of(tx: &mut TenantTx, person: PersonId) -> Result<u64, sqlx::Error> {
    let gone = sqlx::query!("DELETE FROM openapi.token WHERE person_id = $1", person.uuid())
        .execute(tx.conn())
        .await?;
    Ok(gone.rows_affected())
}
