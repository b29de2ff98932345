//! Messages about what people follow: recorded many at a time, sent by several workers at once.

use cloud_kernel::TenantTx;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use notifications_domain::Channel;
use protocols_ids::PersonId;
use uuid::Uuid;

use super::{Kind, Message, Reader};

/// A message about what was found for somebody.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct NewFound {
    pub(crate) hit: Uuid,
    pub(crate) person: PersonId,
    pub(crate) recipient: String,
    pub(crate) channel: Channel,
    /// Not before then.
    pub(crate) at: Timestamp,
}

/// Records what is told of what was found together, by one statement.
pub(crate) async fn record(tx: &mut TenantTx, notice: Uuid, new: &[NewFound]) -> Result<(), sqlx::Error> {
    let (tenant, now) = (tx.tenant().uuid(), tx.now().to_sqlx());
    let ids: Vec<Uuid> = new.iter().map(|_| tx.new_id()).collect();
    let hits: Vec<Uuid> = new.iter().map(|one| one.hit).collect();
    let persons: Vec<Uuid> = new.iter().map(|one| one.person.uuid()).collect();
    let recipients: Vec<String> = new.iter().map(|one| one.recipient.clone()).collect();
    let channels: Vec<String> = new.iter().map(|one| one.channel.as_str().to_owned()).collect();
    let at: Vec<_> = new.iter().map(|one| one.at.to_sqlx()).collect();
    sqlx::query!(
        "INSERT INTO notifications.message
           (tenant_id, id, kind, notice_id, hit_id, person_id, recipient, status, created_at, channel, send_at)
         SELECT $1, new.id, 'watch_found', $2, new.hit_id, new.person_id, new.recipient, 'queued', $3, new.channel,
                new.send_at
           FROM unnest($4::uuid[], $5::uuid[], $6::uuid[], $7::text[], $8::text[], $9::timestamptz[])
                AS new (id, hit_id, person_id, recipient, channel, send_at)
         ON CONFLICT DO NOTHING",
        tenant,
        notice,
        now,
        &ids,
        &hits,
        &persons,
        &recipients,
        &channels,
        &at as _
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The oldest message that may be sent now of what was found together and that nobody else is sending, with what was found;
/// locked.
pub(crate) async fn next_queued(
    tx: &mut TenantTx,
    notice: Uuid,
    channel: Channel,
) -> Result<Option<(Message, Uuid)>, sqlx::Error> {
    let now = tx.now().to_sqlx();
    let row = sqlx::query!(
        r#"SELECT id, hit_id AS "hit_id!", person_id AS "person_id!", recipient AS "recipient!"
             FROM notifications.message
            WHERE notice_id = $1 AND channel = $2 AND status = 'queued' AND (send_at IS NULL OR send_at <= $3)
            ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED"#,
        notice,
        channel.as_str(),
        now
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|row| {
        let message = Message {
            id: row.id,
            kind: Kind::WatchFound,
            reader: Reader::Person(row.person_id.into()),
            channel,
            recipient: row.recipient,
        };
        (message, row.hit_id)
    }))
}
