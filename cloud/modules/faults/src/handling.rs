//! What the staff does with a fault: each step in one transaction with its line in the history and in the audit. Whoever
//! wants an answer gets one when it ends.

use cloud_contracts::{Closing, ClosureKind, FaultAnswered, PortError};
use cloud_kernel::{Actor, TenantTx};
use faults_domain::{NotNow, Step};
use protocols_ids::{PersonId, ResourceId};
use serde_json::json;
use uuid::Uuid;

use crate::Ports;
use crate::store::{self, Fault};

/// The fault is as the caller read it in `tx`, locked.
pub async fn carry_out(
    tx: &mut TenantTx,
    by: PersonId,
    fault: &Fault,
    step: Step,
) -> Result<Result<(), NotNow>, sqlx::Error> {
    let state = match fault.state.after(step) {
        Ok(state) => state,
        Err(not_now) => return Ok(Err(not_now)),
    };
    store::set_state(tx, fault.id, state).await?;
    let (entry, action) = match step {
        Step::Take(_) => ("taken", "faults.taken"),
        Step::Mend => ("mended", "faults.mended"),
        Step::Dismiss => ("no_fault", "faults.dismissed"),
        Step::Reopen => ("reopened", "faults.reopened"),
        Step::Join(_) => ("joined", "faults.joined"),
    };
    store::write(tx, fault.id, Some(by), entry, "").await?;
    let into = match step {
        Step::Join(other) => Some(other),
        Step::Take(_) | Step::Mend | Step::Dismiss | Step::Reopen => None,
    };
    let detail = json!({ "from": fault.state.as_str(), "into": into });
    tx.audit(Actor::Person(by), action, Some(fault.id.uuid()), &detail).await?;
    match step {
        Step::Take(_) => {}
        Step::Mend | Step::Dismiss => {
            for report in store::waiting(tx, fault.id).await? {
                let answer: Uuid = tx.new_id();
                store::answer(tx, report, answer).await?;
                tx.emit(&FaultAnswered { answer }).await?;
            }
        }
        Step::Reopen => store::take_answers_back(tx, fault.id).await?,
        Step::Join(other) => {
            store::move_reports(tx, fault.id, other).await?;
            store::write(tx, other, Some(by), "received", "").await?;
        }
    }
    Ok(Ok(()))
}

/// Writes what there is to remember of a fault.
pub async fn note(tx: &mut TenantTx, by: PersonId, fault: &Fault, text: &str) -> Result<(), sqlx::Error> {
    store::write(tx, fault.id, Some(by), "noted", text).await?;
    tx.audit(Actor::Person(by), "faults.noted", Some(fault.id.uuid()), &json!({})).await
}

/// Closes what cannot be used because of a fault, until it is opened again. The fault is locked.
pub async fn close(
    tx: &mut TenantTx,
    ports: &Ports,
    by: PersonId,
    fault: &Fault,
    (resource, name, reason): (Option<ResourceId>, &str, String),
) -> Result<(), PortError> {
    let closing = Closing {
        facility: fault.facility,
        resource,
        kind: ClosureKind::Closed,
        reason,
        starts_at: tx.now(),
        ends_at: None,
    };
    let closure = ports.closures.close(tx, by, &closing).await?;
    store::set_closure(tx, fault.id, Some(closure)).await.map_err(PortError::database)?;
    written(tx, by, fault, ("closed", "faults.closed"), name).await
}

/// Opens what was closed because of a fault. The fault is locked.
pub async fn open(
    tx: &mut TenantTx,
    ports: &Ports,
    by: PersonId,
    fault: &Fault,
    name: &str,
) -> Result<(), PortError> {
    let Some(closure) = fault.closure else { return Ok(()) };
    ports.closures.open_again(tx, by, fault.facility, closure).await?;
    store::set_closure(tx, fault.id, None).await.map_err(PortError::database)?;
    written(tx, by, fault, ("opened", "faults.opened"), name).await
}

async fn written(
    tx: &mut TenantTx,
    by: PersonId,
    fault: &Fault,
    (entry, action): (&str, &'static str),
    name: &str,
) -> Result<(), PortError> {
    store::write(tx, fault.id, Some(by), entry, name).await.map_err(PortError::database)?;
    let detail = json!({ "closure": fault.closure });
    tx.audit(Actor::Person(by), action, Some(fault.id.uuid()), &detail).await.map_err(PortError::database)
}
