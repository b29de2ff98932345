//! Whose facilities are.

use cloud_contracts::CustomersMerged;
use cloud_kernel::TenantTx;

/// Two customers are one: what the one that is gone owned is the other's.
pub(crate) async fn merge(tx: &mut TenantTx, merged: &CustomersMerged) -> Result<(), sqlx::Error> {
    let (kept, gone) = (merged.kept.uuid(), merged.gone.uuid());
    sqlx::query!("UPDATE facilities.facility SET owner_id = $1 WHERE owner_id = $2", kept, gone)
        .execute(tx.conn())
        .await?;
    Ok(())
}
