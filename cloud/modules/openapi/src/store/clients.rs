//! Programs that an administrator lets in, and the customers that each may act for.

use cloud_kernel::TenantTx;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use openapi_domain::{Scopes, SecretHash};
use protocols_ids::{CustomerId, PersonId, Uuid};

/// Programs of one municipality at most.
pub(crate) const CLIENTS_MAX: usize = 200;
/// Customers that one program may act for, at most: a register of associations that speaks for all of its members.
pub(crate) const CUSTOMERS_MAX: usize = 1_000;

/// A program.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    pub(crate) id: Uuid,
    pub(crate) person: PersonId,
    pub(crate) name: String,
    pub(crate) scopes: Scopes,
    pub(crate) rate_per_minute: u32,
    pub(crate) secret: SecretHash,
    pub(crate) created_at: Timestamp,
    pub(crate) renewed_at: Timestamp,
    pub(crate) last_used_at: Option<Timestamp>,
    pub(crate) taken_back_at: Option<Timestamp>,
}

/// A program that is to be written.
#[derive(Debug)]
pub(crate) struct NewClient<'a> {
    pub(crate) id: Uuid,
    pub(crate) person: PersonId,
    pub(crate) by: PersonId,
    pub(crate) name: &'a str,
    pub(crate) scopes: &'a Scopes,
    pub(crate) rate_per_minute: u32,
    pub(crate) secret: &'a SecretHash,
}

struct Row {
    id: Uuid,
    person_id: Uuid,
    name: String,
    scopes: Vec<String>,
    rate_per_minute: i32,
    secret_hash: Vec<u8>,
    created_at: jiff_sqlx::Timestamp,
    renewed_at: jiff_sqlx::Timestamp,
    last_used_at: Option<jiff_sqlx::Timestamp>,
    taken_back_at: Option<jiff_sqlx::Timestamp>,
}

impl Row {
    fn client(self) -> Result<Client, sqlx::Error> {
        let secret = SecretHash::kept(&self.secret_hash)
            .ok_or_else(|| sqlx::Error::Decode("the hash of a secret".into()))?;
        Ok(Client {
            id: self.id,
            person: self.person_id.into(),
            name: self.name,
            scopes: Scopes::from_keys(&self.scopes),
            rate_per_minute: self.rate_per_minute.unsigned_abs(),
            secret,
            created_at: self.created_at.to_jiff(),
            renewed_at: self.renewed_at.to_jiff(),
            last_used_at: self.last_used_at.map(jiff_sqlx::Timestamp::to_jiff),
            taken_back_at: self.taken_back_at.map(jiff_sqlx::Timestamp::to_jiff),
        })
    }
}

/// All of them, by name; those that were taken back last.
pub(crate) async fn all(tx: &mut TenantTx) -> Result<Vec<Client>, sqlx::Error> {
    let most = i64::try_from(CLIENTS_MAX).unwrap_or(i64::MAX);
    let rows = sqlx::query_as!(
        Row,
        r#"SELECT id, person_id, name, scopes, rate_per_minute, secret_hash, created_at, renewed_at, last_used_at,
                  taken_back_at
             FROM openapi.client ORDER BY taken_back_at IS NOT NULL, name COLLATE "sv-x-icu", id LIMIT $1"#,
        most
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(Row::client).collect()
}

/// One of them.
pub(crate) async fn find(tx: &mut TenantTx, id: Uuid) -> Result<Option<Client>, sqlx::Error> {
    let row = sqlx::query_as!(
        Row,
        "SELECT id, person_id, name, scopes, rate_per_minute, secret_hash, created_at, renewed_at, last_used_at,
                taken_back_at
           FROM openapi.client WHERE id = $1",
        id
    )
    .fetch_optional(tx.conn())
    .await?;
    row.map(Row::client).transpose()
}

/// Writes one more.
pub(crate) async fn make(tx: &mut TenantTx, new: &NewClient<'_>) -> Result<(), sqlx::Error> {
    let (tenant, now) = (tx.tenant().uuid(), tx.now().to_sqlx());
    sqlx::query!(
        "INSERT INTO openapi.client
           (tenant_id, id, person_id, name, scopes, rate_per_minute, secret_hash, created_at, created_by, renewed_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $8)",
        tenant,
        new.id,
        new.person.uuid(),
        new.name,
        &new.scopes.keys(),
        i32::try_from(new.rate_per_minute).unwrap_or(i32::MAX),
        new.secret.bytes(),
        now,
        new.by.uuid()
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Lets it act for these customers and no others.
pub(crate) async fn let_act(
    tx: &mut TenantTx,
    client: Uuid,
    customers: &[CustomerId],
) -> Result<(), sqlx::Error> {
    let (tenant, ids) = (tx.tenant().uuid(), customers.iter().map(|id| id.uuid()).collect::<Vec<_>>());
    sqlx::query!(
        "DELETE FROM openapi.client_customer WHERE client_id = $1 AND customer_id <> all($2)",
        client,
        &ids
    )
    .execute(tx.conn())
    .await?;
    sqlx::query!(
        "INSERT INTO openapi.client_customer (tenant_id, client_id, customer_id)
         SELECT $1, $2, * FROM unnest($3::uuid[]) ON CONFLICT DO NOTHING",
        tenant,
        client,
        &ids
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The customers that it may act for.
pub(crate) async fn customers(tx: &mut TenantTx, client: Uuid) -> Result<Vec<CustomerId>, sqlx::Error> {
    let ids = sqlx::query_scalar!(
        "SELECT customer_id FROM openapi.client_customer WHERE client_id = $1 ORDER BY customer_id",
        client
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(ids.into_iter().map(CustomerId::new).collect())
}

/// Whether whoever this is is a program that may act for the customer now.
pub(crate) async fn may_act(
    tx: &mut TenantTx,
    person: PersonId,
    customer: CustomerId,
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM openapi.client client
                            JOIN openapi.client_customer may
                              ON may.tenant_id = client.tenant_id AND may.client_id = client.id
                           WHERE client.person_id = $1 AND may.customer_id = $2
                             AND client.taken_back_at IS NULL) AS "may!""#,
        person.uuid(),
        customer.uuid()
    )
    .fetch_one(tx.conn())
    .await
}

/// Gives it another secret, and ends what it got for the one before; whether there is such a program.
pub(crate) async fn renew(tx: &mut TenantTx, id: Uuid, secret: &SecretHash) -> Result<bool, sqlx::Error> {
    let now = tx.now().to_sqlx();
    let renewed = sqlx::query!(
        "UPDATE openapi.client SET secret_hash = $2, renewed_at = $3 WHERE id = $1 AND taken_back_at IS NULL",
        id,
        secret.bytes(),
        now
    )
    .execute(tx.conn())
    .await?;
    forget_tokens(tx, id).await?;
    Ok(renewed.rows_affected() == 1)
}

/// Takes it back, with all that it got; whether there was such a program.
pub(crate) async fn take_back(tx: &mut TenantTx, id: Uuid) -> Result<bool, sqlx::Error> {
    let now = tx.now().to_sqlx();
    let gone = sqlx::query!(
        "UPDATE openapi.client SET taken_back_at = $2 WHERE id = $1 AND taken_back_at IS NULL",
        id,
        now
    )
    .execute(tx.conn())
    .await?;
    forget_tokens(tx, id).await?;
    Ok(gone.rows_affected() == 1)
}

async fn forget_tokens(tx: &mut TenantTx, client: Uuid) -> Result<(), sqlx::Error> {
    sqlx::query!("DELETE FROM openapi.token WHERE client_id = $1", client).execute(tx.conn()).await?;
    Ok(())
}

/// Writes what it is called, what it may do and how often; whether there is such a program.
pub(crate) async fn change(
    tx: &mut TenantTx,
    id: Uuid,
    (name, scopes): (&str, &Scopes),
    rate_per_minute: u32,
) -> Result<bool, sqlx::Error> {
    let changed = sqlx::query!(
        "UPDATE openapi.client SET name = $2, scopes = $3, rate_per_minute = $4
          WHERE id = $1 AND taken_back_at IS NULL",
        id,
        name,
        &scopes.keys(),
        i32::try_from(rate_per_minute).unwrap_or(i32::MAX)
    )
    .execute(tx.conn())
    .await?;
    Ok(changed.rows_affected() == 1)
}

/// How many there are that were not taken back. Of two that are made at once both are counted.
pub(crate) async fn count(tx: &mut TenantTx) -> Result<usize, sqlx::Error> {
    let lock = format!("clients {}", tx.tenant());
    sqlx::query!("SELECT pg_advisory_xact_lock(hashtextextended($1, 47))", lock).execute(tx.conn()).await?;
    let count =
        sqlx::query_scalar!(r#"SELECT count(*) AS "count!" FROM openapi.client WHERE taken_back_at IS NULL"#)
            .fetch_one(tx.conn())
            .await?;
    Ok(usize::try_from(count).unwrap_or(usize::MAX))
}
