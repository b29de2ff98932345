//! A door released from afar: now or never.

use cloud_kernel::{Actor, TenantTx};
use jiff::{SignedDuration, Timestamp};
use protocols_ids::{DoorId, GatewayId, PersonId};
use serde_json::json;

use crate::events::gateway_topic;
use crate::store::command::{self, NewCommand};
use crate::store::{gateway, names};

/// How long a release counts: at most ten seconds are allowed, and nobody waits longer at a door that was said to
/// open.
const COUNTS_FOR: SignedDuration = SignedDuration::from_secs(10);
/// Releases of one gateway within a minute: a caretaker who lets a party in one by one; more is a script.
const A_MINUTE_MAX: i64 = 20;

/// What came of asking.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Asked {
    /// The command is on its way.
    OnItsWay {
        /// Until when it counts.
        until: Timestamp,
    },
    /// There is no such door.
    NoDoor,
    /// The gateway is not heard: nothing was sent, and nothing will be.
    Silent,
    /// Too many within the minute.
    TooMany,
}

/// Asks the gateway to release a door once.
pub(crate) async fn ask(
    tx: &mut TenantTx,
    id: GatewayId,
    door: DoorId,
    reason: &str,
    person: PersonId,
) -> Result<Asked, sqlx::Error> {
    let Some(gateway) = gateway::lock(tx, id).await? else { return Ok(Asked::NoDoor) };
    if !names::doors(tx, id).await?.iter().any(|(known, _)| *known == door) {
        return Ok(Asked::NoDoor);
    }
    let now = tx.now();
    let Some(report) = gateway.report.as_ref().filter(|_| gateway.speaks(now)) else {
        return Ok(Asked::Silent);
    };
    let minute_ago = now.saturating_sub(SignedDuration::from_mins(1)).unwrap_or(now);
    if command::since(tx, id, minute_ago).await? >= A_MINUTE_MAX {
        return Ok(Asked::TooMany);
    }
    let until = now.saturating_add(COUNTS_FOR).unwrap_or(now);
    let command: uuid::Uuid = tx.new_id();
    let new =
        NewCommand { id: command, gateway: id, door, boot: report.boot, person, reason, expires_at: until };
    let counter = command::insert(tx, &new).await?;
    let detail = json!({ "door": door, "command": command, "counter": counter, "reason": reason });
    tx.audit(Actor::Person(person), "access.door_released", Some(id.uuid()), &detail).await?;
    tx.signal(gateway_topic(id));
    Ok(Asked::OnItsWay { until })
}
