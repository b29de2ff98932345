//! Where programs are told of what happens, and what waits to be told.

use cloud_contracts::BookingSummary;
use cloud_kernel::TenantTx;
use jiff::{SignedDuration, Timestamp};
use jiff_sqlx::ToSqlx as _;
use protocols_ids::Uuid;

/// Receivers of one program at most.
pub(crate) const WEBHOOKS_MAX: usize = 5;
/// How long messages are kept, to be told again.
const KEPT: SignedDuration = SignedDuration::from_hours(14 * 24);
/// How long the secret before the last is good beside it.
pub(crate) const EARLIER_KEPT: SignedDuration = SignedDuration::from_hours(24);
/// Characters of an error that are kept.
const ERROR_CHARS_MAX: usize = 500;

/// A receiver.
#[derive(Clone, Debug)]
pub(crate) struct Webhook {
    pub(crate) id: Uuid,
    pub(crate) url: String,
    pub(crate) kinds: Vec<String>,
    /// Sealed; the earlier one as long as it is good.
    pub(crate) secrets: Vec<Vec<u8>>,
    pub(crate) failures: u32,
    pub(crate) last_error: Option<String>,
    pub(crate) last_told_at: Option<Timestamp>,
    pub(crate) parked_at: Option<Timestamp>,
}

/// A message that waits its turn.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    pub(crate) id: Uuid,
    pub(crate) kind: String,
    pub(crate) subject: Uuid,
    pub(crate) happened_at: Timestamp,
}

struct Row {
    id: Uuid,
    url: String,
    kinds: Vec<String>,
    secret_ciphertext: Vec<u8>,
    earlier_ciphertext: Option<Vec<u8>>,
    earlier_until: Option<jiff_sqlx::Timestamp>,
    failures: i32,
    last_error: Option<String>,
    last_told_at: Option<jiff_sqlx::Timestamp>,
    parked_at: Option<jiff_sqlx::Timestamp>,
}

impl Row {
    fn webhook(self, now: Timestamp) -> Webhook {
        let is_good = self.earlier_until.is_some_and(|until| now < until.to_jiff());
        let earlier = self.earlier_ciphertext.filter(|_| is_good);
        Webhook {
            id: self.id,
            url: self.url,
            kinds: self.kinds,
            secrets: [self.secret_ciphertext].into_iter().chain(earlier).collect(),
            failures: self.failures.unsigned_abs(),
            last_error: self.last_error,
            last_told_at: self.last_told_at.map(jiff_sqlx::Timestamp::to_jiff),
            parked_at: self.parked_at.map(jiff_sqlx::Timestamp::to_jiff),
        }
    }
}

/// A program's receivers, the oldest first.
pub(crate) async fn of_client(tx: &mut TenantTx, client: Uuid) -> Result<Vec<Webhook>, sqlx::Error> {
    let now = tx.now();
    let rows = sqlx::query_as!(
        Row,
        "SELECT id, url, kinds, secret_ciphertext, earlier_ciphertext, earlier_until, failures, last_error,
                last_told_at, parked_at
           FROM openapi.webhook WHERE client_id = $1 ORDER BY created_at, id",
        client
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| row.webhook(now)).collect())
}

/// A receiver whose program is still let in.
pub(crate) async fn find(tx: &mut TenantTx, id: Uuid) -> Result<Option<Webhook>, sqlx::Error> {
    let now = tx.now();
    let row = sqlx::query_as!(
        Row,
        "SELECT webhook.id, webhook.url, webhook.kinds, webhook.secret_ciphertext,
                webhook.earlier_ciphertext, webhook.earlier_until, webhook.failures, webhook.last_error,
                webhook.last_told_at, webhook.parked_at
           FROM openapi.webhook webhook
           JOIN openapi.client client ON client.tenant_id = webhook.tenant_id AND client.id = webhook.client_id
          WHERE webhook.id = $1 AND client.taken_back_at IS NULL AND 'webhooks' = any(client.scopes)",
        id
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|row| row.webhook(now)))
}

/// Writes one more, unless the program has as many as one may; whether it was written. Of two that are made at once both
/// are counted.
pub(crate) async fn make(
    tx: &mut TenantTx,
    client: Uuid,
    (id, secret): (Uuid, &[u8]),
    (url, kinds): (&str, &[String]),
) -> Result<bool, sqlx::Error> {
    let (tenant, now) = (tx.tenant().uuid(), tx.now().to_sqlx());
    let lock = format!("webhooks {tenant} {client}");
    sqlx::query!("SELECT pg_advisory_xact_lock(hashtextextended($1, 47))", lock).execute(tx.conn()).await?;
    let made = sqlx::query!(
        "INSERT INTO openapi.webhook (tenant_id, id, client_id, url, kinds, secret_ciphertext, created_at)
         SELECT $1, $2, $3, $4, $5, $6, $7
          WHERE (SELECT count(*) FROM openapi.webhook WHERE client_id = $3) < $8",
        tenant,
        id,
        client,
        url,
        kinds,
        secret,
        now,
        i64::try_from(WEBHOOKS_MAX).unwrap_or(i64::MAX)
    )
    .execute(tx.conn())
    .await?;
    Ok(made.rows_affected() == 1)
}

/// Gives a program's receiver another secret; the one before is good for a day more. Whether there is such a receiver.
pub(crate) async fn renew(
    tx: &mut TenantTx,
    client: Uuid,
    id: Uuid,
    secret: &[u8],
) -> Result<bool, sqlx::Error> {
    let now = tx.now();
    let until = now.checked_add(EARLIER_KEPT).unwrap_or(now).to_sqlx();
    let renewed = sqlx::query!(
        "UPDATE openapi.webhook
            SET earlier_ciphertext = secret_ciphertext, earlier_until = $4, secret_ciphertext = $3
          WHERE id = $2 AND client_id = $1",
        client,
        id,
        secret,
        until
    )
    .execute(tx.conn())
    .await?;
    Ok(renewed.rows_affected() == 1)
}

/// Takes a program's receiver away, with all that waits for it; whether there was one.
pub(crate) async fn remove(tx: &mut TenantTx, client: Uuid, id: Uuid) -> Result<bool, sqlx::Error> {
    let gone = sqlx::query!("DELETE FROM openapi.webhook WHERE id = $2 AND client_id = $1", client, id)
        .execute(tx.conn())
        .await?;
    Ok(gone.rows_affected() == 1)
}

/// Writes a message for each receiver whose program may know of the booking and wants to be told of this kind; says which
/// receivers. Messages of theirs that have been kept long enough go.
pub(crate) async fn tell(
    tx: &mut TenantTx,
    kind: &str,
    booking: &BookingSummary,
) -> Result<Vec<Uuid>, sqlx::Error> {
    let (tenant, now, id) = (tx.tenant().uuid(), tx.now(), tx.new_id::<Uuid>());
    let old = now.checked_sub(KEPT).unwrap_or(now);
    let told = sqlx::query_scalar!(
        "WITH receiver AS (
           SELECT webhook.id FROM openapi.webhook webhook
             JOIN openapi.client client ON client.tenant_id = webhook.tenant_id AND client.id = webhook.client_id
            WHERE $2 = any(webhook.kinds) AND client.taken_back_at IS NULL AND 'webhooks' = any(client.scopes)
              AND (client.person_id = $3
                   OR EXISTS (SELECT FROM openapi.client_customer may
                               WHERE may.tenant_id = client.tenant_id AND may.client_id = client.id
                                 AND may.customer_id = $4))
         ), swept AS (
           DELETE FROM openapi.webhook_message old USING receiver
            WHERE old.webhook_id = receiver.id AND old.happened_at < $7
         )
         INSERT INTO openapi.webhook_message (tenant_id, webhook_id, id, kind, subject, happened_at)
         SELECT $1, receiver.id, $5, $2, $6, $8 FROM receiver
         RETURNING webhook_id",
        tenant,
        kind,
        booking.booker.uuid(),
        booking.customer.uuid(),
        id,
        booking.id.uuid(),
        old.to_sqlx(),
        now.to_sqlx()
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(told)
}

/// The message whose turn it is.
pub(crate) async fn next(tx: &mut TenantTx, webhook: Uuid) -> Result<Option<Message>, sqlx::Error> {
    let row = sqlx::query!(
        "SELECT id, kind, subject, happened_at FROM openapi.webhook_message
          WHERE webhook_id = $1 AND told_at IS NULL ORDER BY position LIMIT 1",
        webhook
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|row| Message {
        id: row.id,
        kind: row.kind,
        subject: row.subject,
        happened_at: row.happened_at.to_jiff(),
    }))
}

/// Writes that a message was taken.
pub(crate) async fn told(tx: &mut TenantTx, webhook: Uuid, message: Uuid) -> Result<(), sqlx::Error> {
    let now = tx.now().to_sqlx();
    sqlx::query!(
        "WITH told AS (
           UPDATE openapi.webhook_message SET told_at = $3 WHERE webhook_id = $1 AND id = $2
         )
         UPDATE openapi.webhook SET failures = 0, last_error = NULL, last_told_at = $3 WHERE id = $1",
        webhook,
        message,
        now
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Writes that a message was not taken; with `park`, that nothing more is told.
pub(crate) async fn failed(
    tx: &mut TenantTx,
    webhook: Uuid,
    error: &str,
    park: bool,
) -> Result<(), sqlx::Error> {
    let now = tx.now().to_sqlx();
    let error: String = error.chars().take(ERROR_CHARS_MAX).collect();
    sqlx::query!(
        "UPDATE openapi.webhook SET failures = failures + 1, last_error = $2,
                parked_at = CASE WHEN $3 THEN $4 ELSE parked_at END
          WHERE id = $1",
        webhook,
        error,
        park,
        now
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Lets a program's receiver be told again, and with it all that happened in a span; how many messages those are, `None`
/// where there is no such receiver.
pub(crate) async fn again(
    tx: &mut TenantTx,
    client: Uuid,
    id: Uuid,
    (from, to): (Timestamp, Timestamp),
) -> Result<Option<u64>, sqlx::Error> {
    let there = sqlx::query!(
        "UPDATE openapi.webhook SET parked_at = NULL, failures = 0 WHERE id = $2 AND client_id = $1",
        client,
        id
    )
    .execute(tx.conn())
    .await?;
    if there.rows_affected() == 0 {
        return Ok(None);
    }
    let again = sqlx::query!(
        "UPDATE openapi.webhook_message SET told_at = NULL
          WHERE webhook_id = $1 AND happened_at >= $2 AND happened_at < $3",
        id,
        from.to_sqlx(),
        to.to_sqlx()
    )
    .execute(tx.conn())
    .await?;
    Ok(Some(again.rows_affected()))
}
