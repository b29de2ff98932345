//! Who did what.

use protocols_ids::PersonId;
use serde::Serialize;
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
