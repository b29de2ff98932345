//! What goes out of the register for good.

use cloud_kernel::TenantTx;
use protocols_ids::{FacilityId, ResourceId};

/// Takes a resource out of the register with what hangs on it here: closures, exceptions, photos. Its parts stay known.
pub(crate) async fn delete_resource(tx: &mut TenantTx, id: ResourceId) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "WITH closures AS (DELETE FROM facilities.closure WHERE resource_id = $1),
              exceptions AS (DELETE FROM facilities.exception WHERE resource_id = $1),
              photos AS (DELETE FROM facilities.photo WHERE resource_id = $1),
              goes_with AS (DELETE FROM facilities.equipment_resource WHERE resource_id = $1),
              parts AS (DELETE FROM facilities.resource_part WHERE resource_id = $1)
         DELETE FROM facilities.resource WHERE id = $1",
        id.uuid()
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Takes a facility out of the register that has no resources any more.
pub(crate) async fn delete_facility(tx: &mut TenantTx, id: FacilityId) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "WITH closures AS (DELETE FROM facilities.closure WHERE facility_id = $1),
              exceptions AS (DELETE FROM facilities.exception WHERE facility_id = $1),
              photos AS (DELETE FROM facilities.photo WHERE facility_id = $1),
              hours AS (DELETE FROM facilities.opening_hours WHERE facility_id = $1),
              other_ids AS (DELETE FROM facilities.other_id WHERE facility_id = $1),
              equipment AS (DELETE FROM facilities.equipment WHERE facility_id = $1),
              parts AS (DELETE FROM facilities.part WHERE facility_id = $1)
         DELETE FROM facilities.facility WHERE id = $1",
        id.uuid()
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
