//! Addresses that calendars read.

use cloud_kernel::TenantTx;
use jiff::{SignedDuration, Timestamp};
use jiff_sqlx::ToSqlx as _;
use openapi_domain::SecretHash;
use protocols_ids::{CustomerId, PersonId, Uuid};

/// Addresses that one person has at most: one for each device and team, with room to spare.
pub(crate) const FEEDS_MAX: usize = 20;
/// When an address was last read is written down so often, and no oftener.
const READ_NOTED_EVERY: SignedDuration = SignedDuration::from_hours(1);

/// An address.
#[derive(Clone, Debug)]
pub(crate) struct Feed {
    pub(crate) id: Uuid,
    pub(crate) person: PersonId,
    pub(crate) customer: Option<CustomerId>,
    pub(crate) name: Option<String>,
    pub(crate) renewed_at: Timestamp,
    pub(crate) last_read_at: Option<Timestamp>,
}

struct Row {
    id: Uuid,
    person_id: Uuid,
    customer_id: Option<Uuid>,
    name: Option<String>,
    renewed_at: jiff_sqlx::Timestamp,
    last_read_at: Option<jiff_sqlx::Timestamp>,
}

impl Row {
    fn feed(self) -> Feed {
        Feed {
            id: self.id,
            person: self.person_id.into(),
            customer: self.customer_id.map(CustomerId::new),
            name: self.name,
            renewed_at: self.renewed_at.to_jiff(),
            last_read_at: self.last_read_at.map(jiff_sqlx::Timestamp::to_jiff),
        }
    }
}

/// A person's addresses, the oldest first.
pub(crate) async fn of_person(tx: &mut TenantTx, person: PersonId) -> Result<Vec<Feed>, sqlx::Error> {
    let rows = sqlx::query_as!(
        Row,
        "SELECT id, person_id, customer_id, name, renewed_at, last_read_at FROM openapi.feed
          WHERE person_id = $1 ORDER BY created_at, id",
        person.uuid()
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(Row::feed).collect())
}

/// The address with this secret.
pub(crate) async fn by_secret(tx: &mut TenantTx, secret: &SecretHash) -> Result<Option<Feed>, sqlx::Error> {
    let row = sqlx::query_as!(
        Row,
        "SELECT id, person_id, customer_id, name, renewed_at, last_read_at FROM openapi.feed
          WHERE secret_hash = $1",
        secret.bytes()
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(Row::feed))
}

/// Writes down that it was read, now and then.
pub(crate) async fn note_read(tx: &mut TenantTx, feed: &Feed) -> Result<(), sqlx::Error> {
    let now = tx.now();
    let before = now.checked_sub(READ_NOTED_EVERY).unwrap_or(now);
    if feed.last_read_at.is_some_and(|last| last > before) {
        return Ok(());
    }
    sqlx::query!("UPDATE openapi.feed SET last_read_at = $2 WHERE id = $1", feed.id, now.to_sqlx())
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// Writes one more, unless the person has as many as one may; whether it was written. Of two that are made at once both
/// are counted.
pub(crate) async fn make(
    tx: &mut TenantTx,
    person: PersonId,
    (id, secret): (Uuid, &SecretHash),
    customer: Option<CustomerId>,
    name: Option<&str>,
) -> Result<bool, sqlx::Error> {
    let (tenant, now) = (tx.tenant().uuid(), tx.now().to_sqlx());
    let lock = format!("feeds {tenant} {person}");
    sqlx::query!("SELECT pg_advisory_xact_lock(hashtextextended($1, 47))", lock).execute(tx.conn()).await?;
    let most = i64::try_from(FEEDS_MAX).unwrap_or(i64::MAX);
    let made = sqlx::query!(
        "INSERT INTO openapi.feed (tenant_id, id, secret_hash, person_id, customer_id, name, created_at, renewed_at)
         SELECT $1, $2, $3, $4, $5, $6, $7, $7
          WHERE (SELECT count(*) FROM openapi.feed WHERE person_id = $4) < $8",
        tenant,
        id,
        secret.bytes(),
        person.uuid(),
        customer.map(CustomerId::uuid),
        name,
        now,
        most
    )
    .execute(tx.conn())
    .await?;
    Ok(made.rows_affected() == 1)
}

/// Gives a person's address another secret; the address as it is, or nothing where the person has no such.
pub(crate) async fn renew(
    tx: &mut TenantTx,
    person: PersonId,
    id: Uuid,
    secret: &SecretHash,
) -> Result<Option<Feed>, sqlx::Error> {
    let now = tx.now().to_sqlx();
    let row = sqlx::query_as!(
        Row,
        "UPDATE openapi.feed SET secret_hash = $3, renewed_at = $4, last_read_at = NULL
          WHERE id = $1 AND person_id = $2
         RETURNING id, person_id, customer_id, name, renewed_at, last_read_at",
        id,
        person.uuid(),
        secret.bytes(),
        now
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(Row::feed))
}

/// Takes a person's address back; whether there was one.
pub(crate) async fn take_back(tx: &mut TenantTx, person: PersonId, id: Uuid) -> Result<bool, sqlx::Error> {
    let gone = sqlx::query!("DELETE FROM openapi.feed WHERE id = $1 AND person_id = $2", id, person.uuid())
        .execute(tx.conn())
        .await?;
    Ok(gone.rows_affected() == 1)
}

/// Takes back every address of a person. Returns how many.
pub(crate) async fn destroy_of(tx: &mut TenantTx, person: PersonId) -> Result<u64, sqlx::Error> {
    let gone = sqlx::query!("DELETE FROM openapi.feed WHERE person_id = $1", person.uuid())
        .execute(tx.conn())
        .await?;
    Ok(gone.rows_affected())
}
