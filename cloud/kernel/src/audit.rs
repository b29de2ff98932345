//! Who did what.

use jiff::Timestamp;
use protocols_ids::PersonId;
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use crate::TenantTx;
use crate::db::jiff_time;

/// Who acted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Actor {
    /// A person who signed in.
    Person(PersonId),
    /// The service itself, by the name of the part that acted.
    Service(&'static str),
}

/// Something that was done, as it was written down.
#[derive(Clone, PartialEq, Debug)]
pub struct Audited {
    /// When.
    pub at: Timestamp,
    /// Who, and what they are called; `None` where it was the service itself.
    pub by: Option<(PersonId, String)>,
    /// What.
    pub action: String,
    /// More about it.
    pub detail: Value,
}

/// What was done to a subject, newest first.
pub(crate) async fn of(tx: &mut TenantTx, subject: Uuid, most: i64) -> Result<Vec<Audited>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT done.at, done.person_id, done.action, done.detail, person.name AS "name?"
             FROM kernel.audit done
             LEFT JOIN kernel.person person ON person.tenant_id = done.tenant_id AND person.id = done.person_id
            WHERE done.subject = $1 ORDER BY done.id DESC LIMIT $2"#,
        subject,
        most
    )
    .fetch_all(tx.conn())
    .await?;
    let audited =
        |person: Option<Uuid>, name: Option<String>| Some((person?.into(), name.unwrap_or_default()));
    Ok(rows
        .into_iter()
        .map(|row| Audited {
            at: row.at.to_jiff(),
            by: audited(row.person_id, row.name),
            action: row.action,
            detail: row.detail,
        })
        .collect())
}

pub(crate) async fn write(
    tx: &mut TenantTx,
    actor: Actor,
    action: &'static str,
    subject: Option<Uuid>,
    detail: &impl Serialize,
) -> Result<(), sqlx::Error> {
    let (person, name) = match actor {
        Actor::Person(person) => (Some(person.uuid()), "person"),
        Actor::Service(part) => (None, part),
    };
    let detail = serde_json::to_value(detail).map_err(|error| sqlx::Error::Encode(error.into()))?;
    let (tenant, now) = (tx.tenant().uuid(), jiff_time(tx.now()));
    sqlx::query!(
        "INSERT INTO kernel.audit (tenant_id, at, person_id, actor, action, subject, detail)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        tenant,
        now,
        person,
        name,
        action,
        subject,
        detail
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
