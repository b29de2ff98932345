//! What follows from the register of customers.

use cloud_contracts::{CustomerHidden, CustomersMerged};
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

/// A customer has a protected identity: what was booked and asked on their account does not say any more what they were
/// called. The word is the register's, as in what they book from now on.
pub async fn hide(tx: &mut TenantTx, hidden: &CustomerHidden) -> Result<(), sqlx::Error> {
    let customer = hidden.customer.uuid();
    sqlx::query!("UPDATE booking.booking SET customer_name = 'Skyddad' WHERE customer_id = $1", customer)
        .execute(tx.conn())
        .await?;
    sqlx::query!("UPDATE booking.enquiry SET customer_name = 'Skyddad' WHERE customer_id = $1", customer)
        .execute(tx.conn())
        .await?;
    Ok(())
}
