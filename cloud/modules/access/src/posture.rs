//! What holds for a whole site: ordered by a person, with a reason, until somebody orders something else.

use cloud_kernel::{Actor, TenantTx};
use protocols_ids::{GatewayId, PersonId};
use protocols_wire::PostureMode;
use serde_json::json;

use crate::events::gateway_topic;
use crate::store::gateway;

/// Orders a posture; `false` if there is no such gateway. The counter rises also when the same is ordered again, so
/// that a gateway that missed it is told.
///
/// The counter goes past what the gateway last reported: a cloud that was restored from a backup is heeded.
pub(crate) async fn order(
    tx: &mut TenantTx,
    id: GatewayId,
    mode: PostureMode,
    reason: &str,
    person: PersonId,
) -> Result<bool, sqlx::Error> {
    let Some(gateway) = gateway::lock(tx, id).await? else { return Ok(false) };
    let reported = gateway.report.as_ref().map_or(0, |report| report.posture_counter);
    let counter = gateway.posture_counter.max(reported).saturating_add(1);
    gateway::set_posture(tx, id, mode, counter, Some(person), reason).await?;
    let name = |mode| match mode {
        PostureMode::Normal => "normal",
        PostureMode::Lockdown => "lockdown",
        PostureMode::Emergency => "emergency",
    };
    let detail = json!({ "posture": name(mode), "before": name(gateway.posture), "counter": counter, "reason": reason });
    tx.audit(Actor::Person(person), "access.posture_ordered", Some(id.uuid()), &detail).await?;
    tx.signal(gateway_topic(id));
    Ok(true)
}
