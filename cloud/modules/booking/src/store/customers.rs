//! What follows from the register of customers.

use cloud_contracts::CustomersMerged;
use cloud_kernel::TenantTx;

/// Two customers are one: what was booked and asked on the account of the one that is gone is the other's. What it was
/// called then stays.
pub async fn merge(tx: &mut TenantTx, merged: &CustomersMerged) -> Result<(), sqlx::Error> {
    let (kept, gone) = (merged.kept.uuid(), merged.gone.uuid());
    sqlx::query!("UPDATE booking.booking SET customer_id = $1 WHERE customer_id = $2", kept, gone)
        .execute(tx.conn())
        .await?;
    sqlx::query!("UPDATE booking.enquiry SET customer_id = $1 WHERE customer_id = $2", kept, gone)
        .execute(tx.conn())
        .await?;
    Ok(())
}
